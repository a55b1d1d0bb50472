// events.c: events, and the handles through which they are reached.
#include <winsock2.h>
#include "cases.h"
#ifndef _WIN32
#include <pthread.h>
#endif

#ifdef _WIN32
#ifndef ERROR_NOT_SAME_OBJECT
#define ERROR_NOT_SAME_OBJECT 1656
#endif
// Import libraries of older tool chains lack it.
static BOOL WINAPI compare_handles(HANDLE first, HANDLE second) {
    BOOL(WINAPI *compare)(HANDLE, HANDLE) =
        (BOOL(WINAPI *)(HANDLE, HANDLE))(void *)GetProcAddress(GetModuleHandleA("kernelbase"), "CompareObjectHandles");
    return compare(first, second);
}
#else
#define compare_handles CompareObjectHandles
#endif

static HANDLE closed_handle(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
    TRUTH(CloseHandle(event));
    return event;
}

static HANDLE duplicate(HANDLE source, DWORD access, DWORD options) {
    HANDLE copy = NULL;
    TRUTH(DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &copy, access, FALSE, options));
    return copy;
}

static void created_unset_or_set(void) {
    HANDLE unset = CreateEventA(NULL, TRUE, FALSE, NULL), set = CreateEventA(NULL, TRUE, TRUE, NULL);
    REQUIRE(unset && set);
    QUIETLY(WaitForSingleObject(unset, 0), WAIT_TIMEOUT);
    QUIETLY(WaitForSingleObject(set, 0), WAIT_OBJECT_0);
    TRUTH(CloseHandle(unset));
    TRUTH(CloseHandle(set));
}

static void any_nonzero_flag_is_true(void) {
    HANDLE event = CreateEventA(NULL, 256, -1, NULL);
    REQUIRE(event);
    TRUTH(is_signaled(event));
    TRUTH(is_signaled(event));
    CloseHandle(event);
}

static void creation_sets_last_error_to_0(void) {
    HANDLE event;
    SetLastError(UNTOUCHED);
    TRUTH((event = CreateEventA(NULL, FALSE, FALSE, NULL)) != NULL);
    EQUAL(GetLastError(), 0);
    CloseHandle(event);
    SetLastError(UNTOUCHED);
    TRUTH((event = CreateEventW(NULL, FALSE, FALSE, NULL)) != NULL);
    EQUAL(GetLastError(), 0);
    CloseHandle(event);
    SetLastError(UNTOUCHED);
    TRUTH((event = CreateEventExA(NULL, NULL, 0, EVENT_ALL_ACCESS)) != NULL);
    EQUAL(GetLastError(), 0);
    CloseHandle(event);
    SetLastError(UNTOUCHED);
    TRUTH((event = CreateEventExW(NULL, NULL, 0, EVENT_ALL_ACCESS)) != NULL);
    EQUAL(GetLastError(), 0);
    CloseHandle(event);
}

static void security_attributes_are_taken(void) {
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    HANDLE event = CreateEventA(&attributes, TRUE, TRUE, NULL);
    REQUIRE(event);
    TRUTH(is_signaled(event));
    CloseHandle(event);
}

static void manual_reset_stays_set(void) {
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    REQUIRE(event);
    QUIETLY(SetEvent(event), TRUE);
    TRUTH(is_signaled(event));
    TRUTH(is_signaled(event));
    QUIETLY(SetEvent(event), TRUE);
    TRUTH(is_signaled(event));
    QUIETLY(ResetEvent(event), TRUE);
    TRUTH(!is_signaled(event));
    QUIETLY(ResetEvent(event), TRUE);
    TRUTH(!is_signaled(event));
    CloseHandle(event);
}

static void auto_reset_satisfies_one_wait(void) {
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    REQUIRE(event);
    QUIETLY(SetEvent(event), TRUE);
    QUIETLY(SetEvent(event), TRUE); // two settings are one
    TRUTH(is_signaled(event));
    TRUTH(!is_signaled(event));
    QUIETLY(SetEvent(event), TRUE);
    QUIETLY(ResetEvent(event), TRUE);
    TRUTH(!is_signaled(event));
    CloseHandle(event);
}

static void flags_of_ex(void) {
    for (DWORD flags = 0; flags < 4; flags++) {
        HANDLE events[2] = {CreateEventExA(NULL, NULL, flags, EVENT_ALL_ACCESS),
                            CreateEventExW(NULL, NULL, flags, EVENT_ALL_ACCESS)};
        for (int i = 0; i < 2; i++) {
            REQUIRE(events[i]);
            EQUAL(is_signaled(events[i]), (flags & CREATE_EVENT_INITIAL_SET) != 0);
            TRUTH(SetEvent(events[i]));
            TRUTH(is_signaled(events[i]));
            EQUAL(is_signaled(events[i]), (flags & CREATE_EVENT_MANUAL_RESET) != 0);
            CloseHandle(events[i]);
        }
    }
}

static void bad_flags_of_ex(void) {
#ifdef ON_WINE
    SKIP("Wine ignores them");
#endif
    FAILS(CreateEventExA(NULL, NULL, 4, EVENT_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    FAILS(CreateEventExA(NULL, NULL, 0x80000000, EVENT_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    FAILS(CreateEventExW(NULL, NULL, 7, EVENT_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    FAILS(CreateEventExW(NULL, NULL, 0xFFFFFFFF, EVENT_ALL_ACCESS), ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI wait_for(LPVOID handle) { return WaitForSingleObject(handle, INFINITE); }

static void only_events_are_set(void) {
    WSADATA data;
    REQUIRE(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    HANDLE hold = CreateEventA(NULL, TRUE, FALSE, NULL), thread = start(wait_for, hold, NULL);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    SOCKET socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    HANDLE bad[] = {thread,
                    port,
                    (HANDLE)socket,
                    GetCurrentProcess(),
                    GetCurrentThread(),
                    NULL,
                    closed_handle(),
                    (HANDLE)(ULONG_PTR)0x7FFFFFFC,
                    (HANDLE)(ULONG_PTR)0x123456789000};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(SetEvent(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(ResetEvent(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(PulseEvent(bad[i]), ERROR_INVALID_HANDLE);
    }
    TRUTH(!is_signaled(thread));
    TRUTH(SetEvent(hold));
    EQUAL(join(thread), WAIT_OBJECT_0);
    TRUTH(CloseHandle(hold));
    TRUTH(CloseHandle(port));
    EQUAL(closesocket(socket), 0);
    EQUAL(WSACleanup(), 0);
}

// ---- pulses

static void a_pulse_that_nobody_waits_for_is_lost(void) {
    for (int manual = 0; manual < 2; manual++) {
        for (int set = 0; set < 2; set++) {
            HANDLE event = CreateEventA(NULL, manual, set, NULL);
            QUIETLY(PulseEvent(event), TRUE);
            TRUTH(!is_signaled(event));
            QUIETLY(SetEvent(event), TRUE);
            TRUTH(is_signaled(event));
            CloseHandle(event);
        }
    }
}

static void a_pulse_of_manual_reset_releases_all_who_wait_now(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), threads[8], late;
    DWORD id;
    for (int i = 0; i < 8; i++) {
        threads[i] = start(wait_for, event, &id);
        until_blocked(id);
    }
    QUIETLY(PulseEvent(event), TRUE);
    TRUTH(!is_signaled(event));
    late = start(wait_for, event, &id);
    until_blocked(id);
    for (int i = 0; i < 8; i++) EQUAL(join(threads[i]), WAIT_OBJECT_0);
    TRUTH(!is_signaled(late));
    QUIETLY(PulseEvent(event), TRUE);
    EQUAL(join(late), WAIT_OBJECT_0);
    CloseHandle(event);
}

static void a_pulse_of_auto_reset_releases_one(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), threads[4];
    DWORD id, left = 4;
    for (int i = 0; i < 4; i++) {
        threads[i] = start(wait_for, event, &id);
        until_blocked(id);
    }
    while (left > 0) {
        QUIETLY(PulseEvent(event), TRUE);
        TRUTH(!is_signaled(event));
        DWORD ended = WaitForMultipleObjects(left, threads, FALSE, INFINITE) - WAIT_OBJECT_0;
        REQUIRE(ended < left);
        EQUAL(join(threads[ended]), WAIT_OBJECT_0);
        threads[ended] = threads[--left];
        if (left > 0) EQUAL(WaitForMultipleObjects(left, threads, FALSE, 0), WAIT_TIMEOUT);
    }
    CloseHandle(event);
}

static DWORD WINAPI wait_for_both(LPVOID handles) { return WaitForMultipleObjects(2, handles, TRUE, INFINITE); }

static void a_pulse_completes_a_wait_for_all_that_lacks_only_it(void) {
    HANDLE handles[2] = {CreateEventA(NULL, TRUE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL)};
    DWORD id;
    HANDLE thread = start(wait_for_both, handles, &id);
    until_blocked(id);
    QUIETLY(PulseEvent(handles[0]), TRUE); // the other is not signaled: nothing happens
    TRUTH(SetEvent(handles[1]));
    TRUTH(!is_signaled(thread));
    QUIETLY(PulseEvent(handles[0]), TRUE);
    EQUAL(join(thread), WAIT_OBJECT_0);
    TRUTH(!is_signaled(handles[0]));
    TRUTH(!is_signaled(handles[1]));
    CloseHandle(handles[0]);
    CloseHandle(handles[1]);
}

// ---- rights

static void synchronize_alone_may_only_wait(void) {
    HANDLE event = CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET, SYNCHRONIZE);
    REQUIRE(event);
    FAILS(SetEvent(event), ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    FAILS(ResetEvent(event), ERROR_ACCESS_DENIED);
    FAILS(PulseEvent(event), ERROR_ACCESS_DENIED);
    CloseHandle(event);
    event = CreateEventExW(NULL, NULL, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET, SYNCHRONIZE);
    REQUIRE(event);
    FAILS(ResetEvent(event), ERROR_ACCESS_DENIED);
    TRUTH(is_signaled(event));
    CloseHandle(event);
}

static void modify_state_alone_may_not_wait(void) {
    HANDLE event = CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET, EVENT_MODIFY_STATE), copy;
    REQUIRE(event);
    copy = duplicate(event, SYNCHRONIZE, 0);
    FAILS_WITH(WaitForSingleObject(event, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForMultipleObjects(1, &event, FALSE, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(!is_signaled(copy));
    QUIETLY(SetEvent(event), TRUE);
    TRUTH(is_signaled(copy));
    FAILS_WITH(WaitForSingleObject(event, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    QUIETLY(ResetEvent(event), TRUE);
    TRUTH(!is_signaled(copy));
    CloseHandle(event);
    CloseHandle(copy);
}

static void generic_rights(void) {
    HANDLE event = CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET, GENERIC_EXECUTE);
    REQUIRE(event);
    QUIETLY(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    FAILS(SetEvent(event), ERROR_ACCESS_DENIED);
    CloseHandle(event);
    event = CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET, GENERIC_WRITE);
    REQUIRE(event);
    QUIETLY(SetEvent(event), TRUE);
    FAILS_WITH(WaitForSingleObject(event, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    CloseHandle(event);
    event = CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET, GENERIC_READ); // to query: neither of the two
    REQUIRE(event);
    FAILS(SetEvent(event), ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForSingleObject(event, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    CloseHandle(event);
    event = CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET, GENERIC_ALL);
    REQUIRE(event);
    QUIETLY(SetEvent(event), TRUE);
    QUIETLY(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
}

static void all_that_is_allowed_is_all(void) {
    HANDLE event = CreateEventExA(NULL, NULL, 0, MAXIMUM_ALLOWED);
    REQUIRE(event);
    QUIETLY(SetEvent(event), TRUE);
    QUIETLY(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
}

static void duplicate_with_given_access(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(event);
    HANDLE waiter = duplicate(event, SYNCHRONIZE, 0), setter = duplicate(event, EVENT_MODIFY_STATE, 0);
    FAILS(SetEvent(waiter), ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForSingleObject(setter, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(SetEvent(setter));
    TRUTH(is_signaled(waiter));
    TRUTH(is_signaled(event));
    CloseHandle(event);
    CloseHandle(waiter);
    CloseHandle(setter);
}

static void duplicate_with_same_access(void) {
    HANDLE event = CreateEventExA(NULL, NULL, CREATE_EVENT_INITIAL_SET, SYNCHRONIZE);
    REQUIRE(event);
    HANDLE copy = duplicate(event, EVENT_ALL_ACCESS, DUPLICATE_SAME_ACCESS); // the access mask does not count
    TRUTH(copy != event);
    FAILS(SetEvent(copy), ERROR_ACCESS_DENIED);
    TRUTH(is_signaled(copy));
    TRUTH(!is_signaled(event)); // the one object was reset by the wait
    CloseHandle(event);
    CloseHandle(copy);
}

static void duplicate_lives_on(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(event);
    HANDLE copy = duplicate(event, 0, DUPLICATE_SAME_ACCESS);
    TRUTH(CloseHandle(event));
    FAILS(SetEvent(event), ERROR_INVALID_HANDLE);
    QUIETLY(SetEvent(copy), TRUE);
    TRUTH(is_signaled(copy));
    TRUTH(CloseHandle(copy));
    FAILS(CloseHandle(copy), ERROR_INVALID_HANDLE);
}

static void duplicate_closes_its_source(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
    REQUIRE(event);
    HANDLE copy = duplicate(event, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    TRUTH(is_signaled(copy));
    if (copy != event) FAILS(CloseHandle(event), ERROR_INVALID_HANDLE);
    TRUTH(CloseHandle(copy));
}

static void closing_without_a_duplicate(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
    REQUIRE(event);
    TRUTH(DuplicateHandle(GetCurrentProcess(), event, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE) ||
          GetLastError() == ERROR_INVALID_HANDLE);
    // "Closes the source handle. This occurs regardless of any error status returned."
    FAILS_WITH(WaitForSingleObject(event, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
}

static void duplicate_of_nothing(void) {
    HANDLE bad[] = {NULL, closed_handle(), (HANDLE)(ULONG_PTR)0x7FFFFFFC};
    for (size_t i = 0; i < COUNT(bad); i++) {
        HANDLE copy = (HANDLE)(ULONG_PTR)UNTOUCHED;
        FAILS(DuplicateHandle(GetCurrentProcess(), bad[i], GetCurrentProcess(), &copy, 0, FALSE,
                              DUPLICATE_SAME_ACCESS), ERROR_INVALID_HANDLE);
        TRUTH(copy == NULL || copy == (HANDLE)(ULONG_PTR)UNTOUCHED);
    }
}

static void duplicate_by_no_process(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), copy;
    REQUIRE(event);
    FAILS(DuplicateHandle(event, event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
          ERROR_INVALID_HANDLE);
    FAILS(DuplicateHandle(GetCurrentProcess(), event, event, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
          ERROR_INVALID_HANDLE);
    FAILS(DuplicateHandle(NULL, event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
          ERROR_INVALID_HANDLE);
    TRUTH(is_signaled(event));
    CloseHandle(event);
}

static void low_two_bits_are_ignored(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(event);
    EQUAL((ULONG_PTR)event & 3, 0);
    for (ULONG_PTR tag = 1; tag < 4; tag++) {
        HANDLE tagged = (HANDLE)((ULONG_PTR)event | tag);
        QUIETLY(SetEvent(tagged), TRUE);
        TRUTH(is_signaled(tagged));
        EQUAL(WaitForMultipleObjects(1, &tagged, TRUE, 0), WAIT_OBJECT_0);
        HANDLE copy = duplicate(tagged, 0, DUPLICATE_SAME_ACCESS);
        QUIETLY(ResetEvent(copy), TRUE);
        TRUTH(!is_signaled(event));
        TRUTH(CloseHandle((HANDLE)((ULONG_PTR)copy | tag)));
        FAILS(CloseHandle(copy), ERROR_INVALID_HANDLE);
    }
    CloseHandle(event);
}

static void handles_fit_32_bits(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(event);
    EQUAL((HANDLE)(LONG_PTR)(LONG)(LONG_PTR)event, event);
    CloseHandle(event);
}

static void closing_twice(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    QUIETLY(CloseHandle(event), TRUE);
    FAILS(CloseHandle(event), ERROR_INVALID_HANDLE);
    FAILS(CloseHandle(NULL), ERROR_INVALID_HANDLE);
    FAILS(CloseHandle((HANDLE)(ULONG_PTR)0x7FFFFFFC), ERROR_INVALID_HANDLE);
}

static void closing_a_pseudo_handle_does_nothing(void) {
    QUIETLY(CloseHandle(GetCurrentProcess()), TRUE);
    QUIETLY(CloseHandle(GetCurrentThread()), TRUE);
    QUIETLY(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
}

static void comparing_handles(void) {
#ifdef ON_WINE
    SKIP("Wine has no CompareObjectHandles in old versions");
#endif
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), other = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(event && other);
    HANDLE copy = duplicate(event, SYNCHRONIZE, 0);
    QUIETLY(compare_handles(event, event), TRUE);
    QUIETLY(compare_handles(event, copy), TRUE);
    QUIETLY(compare_handles((HANDLE)((ULONG_PTR)copy | 3), event), TRUE);
    FAILS(compare_handles(event, other), ERROR_NOT_SAME_OBJECT);
    FAILS(compare_handles(event, NULL), ERROR_INVALID_HANDLE);
    FAILS(compare_handles(closed_handle(), event), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(other);
    CloseHandle(copy);
}

static DWORD WINAPI compare_own_thread(LPVOID event) {
    // First of all on this thread, whose object nobody has asked for yet.
    FAILS(compare_handles(GetCurrentThread(), event), ERROR_NOT_SAME_OBJECT);
    FAILS(compare_handles(event, GetCurrentThread()), ERROR_NOT_SAME_OBJECT);
    QUIETLY(compare_handles(GetCurrentThread(), GetCurrentThread()), TRUE);
    QUIETLY(compare_handles(GetCurrentProcess(), GetCurrentProcess()), TRUE);
    FAILS(compare_handles(GetCurrentProcess(), GetCurrentThread()), ERROR_NOT_SAME_OBJECT);
    HANDLE own = duplicate(GetCurrentThread(), 0, DUPLICATE_SAME_ACCESS);
    QUIETLY(compare_handles(own, GetCurrentThread()), TRUE);
    FAILS(compare_handles(own, event), ERROR_NOT_SAME_OBJECT);
    CloseHandle(own);
    return 0;
}

#ifndef _WIN32
static void *run_compare(void *event) {
    compare_own_thread(event);
    return NULL;
}
#endif

static void comparing_pseudo_handles(void) {
#ifdef ON_WINE
    SKIP("Wine has no CompareObjectHandles in old versions");
#endif
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE(event);
    join(start(compare_own_thread, event, NULL));
#ifndef _WIN32
    pthread_t thread; // one that the library did not make
    REQUIRE(pthread_create(&thread, NULL, run_compare, event) == 0);
    EQUAL(pthread_join(thread, NULL), 0);
#endif
    CloseHandle(event);
}

#ifndef _WIN32
static void handles_are_not_used_again_at_once(void) {
    HANDLE old = closed_handle();
    for (int i = 0; i < 1000; i++) {
        HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
        REQUIRE(event);
        TRUTH(event != old);
        FAILS(SetEvent(old), ERROR_INVALID_HANDLE);
        CloseHandle(event);
    }
}
#endif

static const struct test_case cases[] = {
    CASE(created_unset_or_set),
    CASE(any_nonzero_flag_is_true),
    CASE(creation_sets_last_error_to_0),
    CASE(security_attributes_are_taken),
    CASE(manual_reset_stays_set),
    CASE(auto_reset_satisfies_one_wait),
    CASE(flags_of_ex),
    CASE(bad_flags_of_ex),
    CASE(only_events_are_set),
    CASE(a_pulse_that_nobody_waits_for_is_lost),
    CASE(a_pulse_of_manual_reset_releases_all_who_wait_now),
    CASE(a_pulse_of_auto_reset_releases_one),
    CASE(a_pulse_completes_a_wait_for_all_that_lacks_only_it),
    CASE(synchronize_alone_may_only_wait),
    CASE(modify_state_alone_may_not_wait),
    CASE(generic_rights),
    CASE(all_that_is_allowed_is_all),
    CASE(duplicate_with_given_access),
    CASE(duplicate_with_same_access),
    CASE(duplicate_lives_on),
    CASE(duplicate_closes_its_source),
    CASE(closing_without_a_duplicate),
    CASE(duplicate_of_nothing),
    CASE(duplicate_by_no_process),
    CASE(low_two_bits_are_ignored),
    CASE(handles_fit_32_bits),
    CASE(closing_twice),
    CASE(closing_a_pseudo_handle_does_nothing),
    CASE(comparing_handles),
    CASE(comparing_pseudo_handles),
#ifndef _WIN32
    CASE(handles_are_not_used_again_at_once),
#endif
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
