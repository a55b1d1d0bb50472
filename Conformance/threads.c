// threads.c: making threads, waiting for them, and how they end.
#include "cases.h"
#ifndef _WIN32
#include <pthread.h>
#endif

static DWORD WINAPI return_argument(LPVOID argument) { return (DWORD)(ULONG_PTR)argument; }

static DWORD WINAPI wait_for_event(LPVOID handle) { return WaitForSingleObject(handle, INFINITE); }

static DWORD WINAPI own_id(LPVOID unused) {
    (void)unused;
    return GetCurrentThreadId();
}

static void with_and_without_an_id(void) {
    DWORD id = 0;
    HANDLE thread = CreateThread(NULL, 0, own_id, NULL, 0, &id);
    REQUIRE(thread);
    TRUTH(id != 0);
    TRUTH(id != GetCurrentThreadId());
    EQUAL(join(thread), id);
    thread = CreateThread(NULL, 0, return_argument, (LPVOID)(ULONG_PTR)7, 0, NULL);
    REQUIRE(thread);
    EQUAL(join(thread), 7);
}

static void the_parameter_arrives_whole(void) {
    HANDLE gate = CreateEventA(NULL, TRUE, TRUE, NULL);
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    HANDLE thread = CreateThread(&attributes, 0, wait_for_event, gate, 0, NULL);
    REQUIRE(thread);
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(gate);
}

static void exit_codes(void) {
    static const DWORD codes[] = {0, 1, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 258};
    for (size_t i = 0; i < COUNT(codes); i++)
        EQUAL(join(start(return_argument, (LPVOID)(ULONG_PTR)codes[i], NULL)), codes[i]);
}

static void a_running_thread_is_still_active(void) {
    HANDLE gate = CreateEventA(NULL, TRUE, FALSE, NULL), thread = start(wait_for_event, gate, NULL);
    DWORD code = UNTOUCHED;
    QUIETLY(GetExitCodeThread(thread, &code), TRUE);
    EQUAL(code, STILL_ACTIVE);
    QUIETLY(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(gate));
    QUIETLY(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    QUIETLY(WaitForSingleObject(thread, 0), WAIT_OBJECT_0); // for good
    code = UNTOUCHED;
    QUIETLY(GetExitCodeThread(thread, &code), TRUE);
    EQUAL(code, WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(gate);
}

static void the_own_thread_is_still_active(void) {
    DWORD code = UNTOUCHED;
    QUIETLY(GetExitCodeThread(GetCurrentThread(), &code), TRUE);
    EQUAL(code, STILL_ACTIVE);
}

static BOOL volatile is_deep_enough; // never true: compilers warn of a recursion that only ExitThread ends

static void exit_deep(int depth) {
    volatile char frame[256];
    frame[0] = (char)depth;
    if (is_deep_enough) return;
    if (depth == 0) ExitThread(0xC0DE);
    exit_deep(depth - 1);
    frame[1] = frame[0];
}

static DWORD WINAPI exit_early(LPVOID unused) {
    (void)unused;
    exit_deep(20);
    return 1;
}

static void exit_thread_ends_it_with_a_code(void) { EQUAL(join(start(exit_early, NULL, NULL)), 0xC0DE); }

static DWORD WINAPI leave_an_error(LPVOID unused) {
    (void)unused;
    EQUAL(GetLastError(), 0);
    SetLastError(4711);
    EQUAL(GetLastError(), 4711);
    return GetLastError();
}

static void each_thread_has_its_last_error(void) {
    SetLastError(UNTOUCHED);
    HANDLE thread = CreateThread(NULL, 0, leave_an_error, NULL, 0, NULL);
    REQUIRE(thread);
    EQUAL(join(thread), 4711);
    EQUAL(GetLastError(), UNTOUCHED);
}

static void ids_of_threads(void) {
    HANDLE gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD id = 0;
    HANDLE thread = start(wait_for_event, gate, &id);
    QUIETLY(GetThreadId(thread), id);
    QUIETLY(GetThreadId(GetCurrentThread()), GetCurrentThreadId());
    TRUTH(SetEvent(gate));
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    QUIETLY(GetThreadId(thread), id); // also after its end
    CloseHandle(thread);
    CloseHandle(gate);
}

static void handles_that_are_no_threads(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), closed = CreateEventA(NULL, TRUE, TRUE, NULL);
    CloseHandle(closed);
    HANDLE bad[] = {event, closed, NULL, GetCurrentProcess(), (HANDLE)(ULONG_PTR)0x7FFFFFFC};
    for (size_t i = 0; i < COUNT(bad); i++) {
        DWORD code = UNTOUCHED;
        FAILS(GetExitCodeThread(bad[i], &code), ERROR_INVALID_HANDLE);
        EQUAL(code, UNTOUCHED);
        FAILS(GetThreadId(bad[i]), ERROR_INVALID_HANDLE);
    }
    CloseHandle(event);
}

static void bad_flags(void) {
#ifdef ON_WINE
    SKIP("Wine ignores them");
#endif
    DWORD id = UNTOUCHED;
    FAILS(CreateThread(NULL, 0, return_argument, NULL, 0x1, &id), ERROR_INVALID_PARAMETER);
    FAILS(CreateThread(NULL, 0, return_argument, NULL, 0x80000000, &id), ERROR_INVALID_PARAMETER);
    EQUAL(id, UNTOUCHED);
}

#ifndef _WIN32
static void no_routine(void) { // on Windows the new thread crashes
    DWORD id = UNTOUCHED;
    FAILS(CreateThread(NULL, 0, NULL, NULL, 0, &id), ERROR_INVALID_PARAMETER);
    EQUAL(id, UNTOUCHED);
}
#endif

static void a_stack_that_nobody_has(void) {
    DWORD id = UNTOUCHED;
    FAILS(CreateThread(NULL, (SIZE_T)1 << 50, return_argument, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, &id),
          ERROR_NOT_ENOUGH_MEMORY);
    EQUAL(id, UNTOUCHED);
}

static void a_handle_closed_early_lets_the_thread_run(void) {
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = start((LPTHREAD_START_ROUTINE)(void *)SetEvent, done, NULL);
    CloseHandle(thread);
    EQUAL(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CloseHandle(done);
}

static void many_wait_for_one_thread(void) {
    HANDLE gate = CreateEventA(NULL, TRUE, FALSE, NULL), thread = start(wait_for_event, gate, NULL), waiters[8];
    DWORD id;
    for (int i = 0; i < 8; i++) {
        waiters[i] = start(wait_for_event, thread, &id);
        until_blocked(id);
    }
    EQUAL(WaitForMultipleObjects(8, waiters, FALSE, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(gate));
    for (int i = 0; i < 8; i++) EQUAL(join(waiters[i]), WAIT_OBJECT_0);
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(gate);
}

static DWORD WINAPI give_own_handle(LPVOID argument) {
    HANDLE *handle = argument;
    return DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), handle, 0, FALSE,
                           DUPLICATE_SAME_ACCESS) ? 11 : 12;
}

static void a_thread_gives_out_its_handle(void) {
    HANDLE own = NULL;
    DWORD id, code = UNTOUCHED;
    HANDLE thread = start(give_own_handle, &own, &id);
    EQUAL(join(thread), 11);
    REQUIRE(own);
    TRUTH(is_signaled(own));
    EQUAL(GetThreadId(own), id);
    TRUTH(GetExitCodeThread(own, &code));
    EQUAL(code, 11);
    CloseHandle(own);
}

static void a_thousand_threads_leave_nothing(void) {
    HANDLE threads[50];
    join(start(return_argument, NULL, NULL));
#ifndef _WIN32
    int descriptors = entries(DESCRIPTORS), tasks = entries(THREADS);
#endif
    for (int round = 0; round < 20; round++) {
        for (DWORD i = 0; i < COUNT(threads); i++) threads[i] = start(return_argument, (LPVOID)(ULONG_PTR)i, NULL);
        QUIETLY(WaitForMultipleObjects(COUNT(threads), threads, TRUE, INFINITE), WAIT_OBJECT_0);
        for (DWORD i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), i);
    }
#ifndef _WIN32
    until_entries(THREADS, tasks);
    until_entries(DESCRIPTORS, descriptors);
    EQUAL(entries(THREADS), tasks);
    EQUAL(entries(DESCRIPTORS), descriptors);
#endif
}

// Uses the stack down to `bytes` below, page by page.
static unsigned __attribute__((noinline)) dig(size_t bytes) {
    volatile char frame[1024];
    frame[0] = (char)bytes;
    frame[sizeof frame - 1] = 1;
    if (bytes < 2 * sizeof frame) return (unsigned char)frame[sizeof frame - 1];
    return dig(bytes - sizeof frame - 64) + (unsigned char)frame[sizeof frame - 1];
}

static DWORD WINAPI use_stack(LPVOID bytes) { return dig((size_t)bytes) > 0; }

static void the_stack_is_as_large_as_asked(void) {
    for (SIZE_T size = 64 << 10; size <= 16 << 20; size *= 2) {
        HANDLE thread =
            CreateThread(NULL, size, use_stack, (LPVOID)(size / 4 * 3), STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        REQUIRE(thread);
        EQUAL(join(thread), 1);
    }
    HANDLE thread = CreateThread(NULL, 0, use_stack, (LPVOID)(900 << 10), 0, NULL); // the default: 1 MiB
    REQUIRE(thread);
    EQUAL(join(thread), 1);
    thread = CreateThread(NULL, 64 << 10, use_stack, (LPVOID)(900 << 10), 0, NULL); // committed at first
    REQUIRE(thread);
    EQUAL(join(thread), 1);
    thread = CreateThread(NULL, 100001, use_stack, (LPVOID)(90 << 10), STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    REQUIRE(thread);
    EQUAL(join(thread), 1);
}

#ifndef _WIN32
// ---- threads that the library did not make

struct foreign {
    HANDLE gate, ready, own;
    DWORD id, waited;
};

static void *run_foreign(void *argument) {
    struct foreign *foreign = argument;
    foreign->id = GetCurrentThreadId();
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &foreign->own, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    SetEvent(foreign->ready);
    foreign->waited = WaitForSingleObject(foreign->gate, INFINITE);
    return NULL;
}

static void a_foreign_thread_waits_and_is_waited_for(void) {
    struct foreign foreign = {CreateEventA(NULL, TRUE, FALSE, NULL), CreateEventA(NULL, TRUE, FALSE, NULL), NULL, 0,
                              UNTOUCHED};
    pthread_t thread;
    DWORD code = UNTOUCHED;
    REQUIRE(pthread_create(&thread, NULL, run_foreign, &foreign) == 0);
    EQUAL(WaitForSingleObject(foreign.ready, INFINITE), WAIT_OBJECT_0);
    REQUIRE(foreign.own);
    EQUAL(GetThreadId(foreign.own), foreign.id);
    QUIETLY(WaitForSingleObject(foreign.own, 0), WAIT_TIMEOUT);
    TRUTH(GetExitCodeThread(foreign.own, &code));
    EQUAL(code, STILL_ACTIVE);
    TRUTH(SetEvent(foreign.gate));
    QUIETLY(WaitForSingleObject(foreign.own, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeThread(foreign.own, &code));
    EQUAL(code, 0);
    EQUAL(foreign.waited, WAIT_OBJECT_0);
    EQUAL(pthread_join(thread, NULL), 0);
    CloseHandle(foreign.own);
    CloseHandle(foreign.ready);
    CloseHandle(foreign.gate);
}

static void *exit_foreign(void *argument) {
    struct foreign *foreign = argument;
    run_foreign(foreign);
    ExitThread(33);
}

static void a_foreign_thread_may_exit_with_a_code(void) {
    struct foreign foreign = {CreateEventA(NULL, TRUE, TRUE, NULL), CreateEventA(NULL, TRUE, FALSE, NULL), NULL, 0, 0};
    pthread_t thread;
    DWORD code = UNTOUCHED;
    REQUIRE(pthread_create(&thread, NULL, exit_foreign, &foreign) == 0);
    EQUAL(pthread_join(thread, NULL), 0);
    REQUIRE(foreign.own);
    EQUAL(WaitForSingleObject(foreign.own, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeThread(foreign.own, &code));
    EQUAL(code, 33);
    CloseHandle(foreign.own);
    CloseHandle(foreign.ready);
    CloseHandle(foreign.gate);
}
#endif

static const struct test_case cases[] = {
    CASE(with_and_without_an_id),
    CASE(the_parameter_arrives_whole),
    CASE(exit_codes),
    CASE(a_running_thread_is_still_active),
    CASE(the_own_thread_is_still_active),
    CASE(exit_thread_ends_it_with_a_code),
    CASE(each_thread_has_its_last_error),
    CASE(ids_of_threads),
    CASE(handles_that_are_no_threads),
    CASE(bad_flags),
#ifndef _WIN32
    CASE(no_routine),
#endif
    CASE(a_stack_that_nobody_has),
    CASE(a_handle_closed_early_lets_the_thread_run),
    CASE(many_wait_for_one_thread),
    CASE(a_thread_gives_out_its_handle),
    CASE(a_thousand_threads_leave_nothing),
    CASE(the_stack_is_as_large_as_asked),
#ifndef _WIN32
    CASE(a_foreign_thread_waits_and_is_waited_for),
    CASE(a_foreign_thread_may_exit_with_a_code),
#endif
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
