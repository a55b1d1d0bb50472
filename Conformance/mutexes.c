// mutexes.c: mutexes, their owners, and what becomes of a mutex whose owner ends.
#include "cases.h"
#ifndef _WIN32
#include <pthread.h>
#endif

static HANDLE mutex; // of the case that runs

static HANDLE closed_handle(void) {
    HANDLE closed = CreateMutexA(NULL, FALSE, NULL);
    TRUTH(CloseHandle(closed));
    return closed;
}

static HANDLE duplicate(HANDLE source, DWORD access) {
    HANDLE copy = NULL;
    TRUTH(DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &copy, access, FALSE, 0));
    return copy;
}

// What another thread sees: it takes the mutex if it can, and gives it back.
static DWORD WINAPI take_and_release(LPVOID milliseconds) {
    DWORD result = WaitForSingleObject(mutex, (DWORD)(ULONG_PTR)milliseconds);
    if ((result == WAIT_OBJECT_0 || result == WAIT_ABANDONED) && !ReleaseMutex(mutex)) return 1000;
    return result;
}
static DWORD others_result(void) { return join(start(take_and_release, NULL, NULL)); }
#define OWNED() EQUAL(others_result(), WAIT_TIMEOUT)
#define FREE() EQUAL(others_result(), WAIT_OBJECT_0)

static DWORD WINAPI take_and_end(LPVOID times) {
    for (ULONG_PTR i = 0; i < (ULONG_PTR)times; i++)
        if (WaitForSingleObject(mutex, INFINITE) >= WAIT_TIMEOUT) return 1;
    return 0;
}
static void let_it_be_abandoned(int times) {
    mutex = CreateMutexA(NULL, FALSE, NULL);
    TRUTH(mutex != NULL);
    EQUAL(join(start(take_and_end, (LPVOID)(ULONG_PTR)times, NULL)), 0);
}

// ---- making

static void created_free_or_owned(void) {
    mutex = CreateMutexA(NULL, FALSE, NULL);
    REQUIRE(mutex);
    FREE();
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    TRUTH(CloseHandle(mutex));
    mutex = CreateMutexW(NULL, TRUE, NULL);
    REQUIRE(mutex);
    OWNED();
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FREE();
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER); // the initial owner has it once
    TRUTH(CloseHandle(mutex));
}

static void creation_sets_last_error_to_0(void) {
    for (int i = 0; i < 8; i++) {
        SetLastError(UNTOUCHED);
        mutex = i >> 1 == 0   ? CreateMutexA(NULL, i & 1, NULL)
                : i >> 1 == 1 ? CreateMutexW(NULL, i & 1, NULL)
                : i >> 1 == 2 ? CreateMutexExA(NULL, NULL, i & 1 ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS)
                              : CreateMutexExW(NULL, NULL, i & 1 ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
        REQUIRE(mutex);
        EQUAL(GetLastError(), 0);
        EQUAL(others_result(), i & 1 ? WAIT_TIMEOUT : WAIT_OBJECT_0);
        CloseHandle(mutex);
    }
}

static void bad_flags_of_ex(void) {
#ifdef ON_WINE
    SKIP("Wine ignores them");
#endif
    FAILS(CreateMutexExA(NULL, NULL, 2, MUTEX_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    FAILS(CreateMutexExW(NULL, NULL, 0x80000001, MUTEX_ALL_ACCESS), ERROR_INVALID_PARAMETER);
}

// ---- owning

static void an_owner_takes_it_again(void) {
    mutex = CreateMutexA(NULL, FALSE, NULL);
    for (int i = 0; i < 3; i++) QUIETLY(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++) {
        OWNED();
        QUIETLY(ReleaseMutex(mutex), TRUE);
    }
    FREE();
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    CloseHandle(mutex);
}

static void owning_counts_through_every_handle(void) {
    mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE copy = duplicate(mutex, SYNCHRONIZE);
    REQUIRE(copy);
    QUIETLY(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    OWNED();
    QUIETLY(ReleaseMutex(copy), TRUE);
    FREE();
    CloseHandle(copy);
    CloseHandle(mutex);
}

static void an_owner_waits_for_any_and_for_all(void) {
    mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE unset = CreateEventA(NULL, FALSE, FALSE, NULL), set = CreateEventA(NULL, FALSE, TRUE, NULL);
    HANDLE any[2] = {unset, mutex}, all[2] = {set, mutex};
    QUIETLY(WaitForMultipleObjects(2, any, FALSE, 0), WAIT_OBJECT_0 + 1);
    QUIETLY(WaitForMultipleObjects(2, all, TRUE, 0), WAIT_OBJECT_0);
    TRUTH(!is_signaled(set));
    for (int i = 0; i < 3; i++) {
        OWNED();
        QUIETLY(ReleaseMutex(mutex), TRUE);
    }
    FREE();
    CloseHandle(unset);
    CloseHandle(set);
    CloseHandle(mutex);
}

static DWORD WINAPI release(LPVOID unused) {
    (void)unused;
    SetLastError(UNTOUCHED);
    return ReleaseMutex(mutex) ? 0 : GetLastError();
}

static void only_the_owner_releases(void) {
    mutex = CreateMutexA(NULL, TRUE, NULL);
    EQUAL(join(start(release, NULL, NULL)), ERROR_NOT_OWNER);
    OWNED();
    QUIETLY(ReleaseMutex(mutex), TRUE);
    EQUAL(join(start(release, NULL, NULL)), ERROR_NOT_OWNER);
    FREE();
    CloseHandle(mutex);
}

static void only_mutexes_are_released(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    HANDLE bad[] = {event, semaphore, GetCurrentProcess(), GetCurrentThread(), NULL, closed_handle()};
    for (size_t i = 0; i < COUNT(bad); i++) FAILS(ReleaseMutex(bad[i]), ERROR_INVALID_HANDLE);
    mutex = CreateMutexA(NULL, TRUE, NULL);
    FAILS(SetEvent(mutex), ERROR_INVALID_HANDLE);
    FAILS(ResetEvent(mutex), ERROR_INVALID_HANDLE);
    FAILS(PulseEvent(mutex), ERROR_INVALID_HANDLE);
    FAILS(ReleaseSemaphore(mutex, 1, NULL), ERROR_INVALID_HANDLE);
    OWNED();
    CloseHandle(mutex);
    CloseHandle(event);
    CloseHandle(semaphore);
}

static void releasing_takes_no_right(void) {
    mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE waiter = duplicate(mutex, SYNCHRONIZE), other = duplicate(mutex, MUTEX_MODIFY_STATE);
    REQUIRE(waiter && other);
    QUIETLY(WaitForSingleObject(waiter, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(waiter), TRUE);
    FAILS_WITH(WaitForSingleObject(other, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(other), TRUE);
    FREE();
    CloseHandle(waiter);
    CloseHandle(other);
    CloseHandle(mutex);
}

static void the_next_in_line_gets_it(void) {
    DWORD id;
    mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE thread = start(take_and_end, (LPVOID)1, &id);
    until_blocked(id);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0); // again: nobody overtakes an owner
    QUIETLY(ReleaseMutex(mutex), TRUE);
    TRUTH(!is_signaled(thread));
    QUIETLY(ReleaseMutex(mutex), TRUE);
    EQUAL(join(thread), 0);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_ABANDONED); // he had it
    QUIETLY(ReleaseMutex(mutex), TRUE);
    CloseHandle(mutex);
}

static void a_timed_out_wait_does_not_own(void) {
    mutex = CreateMutexA(NULL, TRUE, NULL);
    EQUAL(join(start(take_and_release, (LPVOID)20, NULL)), WAIT_TIMEOUT);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FREE();
    CloseHandle(mutex);
}

static DWORD WINAPI close_it(LPVOID handle) { return CloseHandle(handle); }

static void closing_a_handle_releases_nothing(void) {
    mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE copy = duplicate(mutex, SYNCHRONIZE);
    EQUAL(join(start(close_it, copy, NULL)), TRUE);
    OWNED();
    copy = mutex;
    mutex = duplicate(copy, MAXIMUM_ALLOWED);
    TRUTH(CloseHandle(copy));
    OWNED();
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FREE();
    CloseHandle(mutex);
}

static void the_last_handle_of_an_owned_mutex_is_closed(void) {
    for (int i = 0; i < 100; i++) {
        HANDLE owned = CreateMutexA(NULL, TRUE, NULL);
        TRUTH(CloseHandle(owned));
        FAILS(ReleaseMutex(owned), ERROR_INVALID_HANDLE);
        FAILS_WITH(WaitForSingleObject(owned, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    }
}

// ---- abandoned

static void abandoned_is_told_once(void) {
    let_it_be_abandoned(1);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    OWNED();
    QUIETLY(ReleaseMutex(mutex), TRUE);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FREE();
    CloseHandle(mutex);
}

static void the_heir_has_it_once(void) {
    let_it_be_abandoned(3);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    OWNED();
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    FREE();
    CloseHandle(mutex);
}

static void the_heir_takes_it_again_as_usual(void) {
    let_it_be_abandoned(1);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    OWNED();
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FREE();
    CloseHandle(mutex);
}

static void abandoned_in_a_wait_for_any(void) {
    let_it_be_abandoned(1);
    HANDLE handles[3] = {CreateEventA(NULL, FALSE, FALSE, NULL), mutex, CreateEventA(NULL, FALSE, TRUE, NULL)};
    QUIETLY(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_ABANDONED_0 + 1);
    TRUTH(is_signaled(handles[2]));
    TRUTH(!is_signaled(handles[2]));
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FREE();
    for (int i = 0; i < 3; i++) CloseHandle(handles[i]);
}

static void abandoned_in_a_wait_for_all(void) {
    let_it_be_abandoned(2);
    HANDLE handles[3] = {CreateEventA(NULL, FALSE, TRUE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL), mutex};
    QUIETLY(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_TIMEOUT);
    QUIETLY(WaitForMultipleObjects(3, handles, TRUE, 5), WAIT_TIMEOUT);
    TRUTH(SetEvent(handles[1]));
    QUIETLY(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_ABANDONED); // no index
    TRUTH(!is_signaled(handles[0]));
    TRUTH(!is_signaled(handles[1]));
    OWNED();
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    FREE();
    for (int i = 0; i < 3; i++) CloseHandle(handles[i]);
}

struct owning {
    HANDLE owned, go;
};
static DWORD WINAPI own_until_told(LPVOID argument) {
    struct owning *owning = argument;
    EQUAL(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
    TRUTH(SetEvent(owning->owned));
    return WaitForSingleObject(owning->go, INFINITE);
}

static void an_end_releases_who_waits(void) {
    struct owning owning = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL)};
    DWORD id;
    mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE owner = start(own_until_told, &owning, NULL);
    EQUAL(WaitForSingleObject(owning.owned, INFINITE), WAIT_OBJECT_0);
    HANDLE first = start(take_and_release, (LPVOID)(ULONG_PTR)INFINITE, &id);
    until_blocked(id);
    HANDLE second = start(take_and_release, (LPVOID)(ULONG_PTR)INFINITE, &id);
    until_blocked(id);
    TRUTH(SetEvent(owning.go));
    EQUAL(join(first), WAIT_ABANDONED);
    EQUAL(join(second), WAIT_OBJECT_0);
    EQUAL(join(owner), WAIT_OBJECT_0);
    FREE();
    CloseHandle(owning.owned);
    CloseHandle(owning.go);
    CloseHandle(mutex);
}

static void an_end_completes_a_wait_for_all(void) {
    struct owning owning = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, TRUE, FALSE, NULL)};
    mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE owner = start(own_until_told, &owning, NULL), handles[2] = {owning.go, mutex};
    EQUAL(WaitForSingleObject(owning.owned, INFINITE), WAIT_OBJECT_0);
    TRUTH(SetEvent(owning.go));
    QUIETLY(WaitForMultipleObjects(2, handles, TRUE, INFINITE), WAIT_ABANDONED);
    EQUAL(join(owner), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    CloseHandle(owning.owned);
    CloseHandle(owning.go);
    CloseHandle(mutex);
}

enum { MANY = 50 };
static DWORD WINAPI take_many_and_end(LPVOID argument) {
    HANDLE *mutexes = argument;
    for (int i = 0; i < MANY; i++) {
        if (WaitForSingleObject(mutexes[i], 0) != WAIT_OBJECT_0) return 1;
        if (i % 3 == 0 && !ReleaseMutex(mutexes[i])) return 2; // from the middle of what it owns
    }
    return 0;
}

static void all_that_a_thread_owns_is_abandoned(void) {
    HANDLE mutexes[MANY];
    for (int i = 0; i < MANY; i++) mutexes[i] = CreateMutexA(NULL, FALSE, NULL);
    EQUAL(join(start(take_many_and_end, mutexes, NULL)), 0);
    for (int i = 0; i < MANY; i++) {
        QUIETLY(WaitForSingleObject(mutexes[i], 0), i % 3 == 0 ? WAIT_OBJECT_0 : WAIT_ABANDONED);
        QUIETLY(ReleaseMutex(mutexes[i]), TRUE);
        CloseHandle(mutexes[i]);
    }
}

static DWORD WINAPI take_and_exit(LPVOID unused) {
    (void)unused;
    EQUAL(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
    ExitThread(7);
}

static void exit_thread_abandons(void) {
    mutex = CreateMutexA(NULL, FALSE, NULL);
    EQUAL(join(start(take_and_exit, NULL, NULL)), 7);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    CloseHandle(mutex);
}

#ifndef _WIN32
static void *take_in_a_pthread(void *times) {
    take_and_end(times);
    return NULL;
}

static void a_pthread_abandons_too(void) {
    pthread_t thread;
    mutex = CreateMutexA(NULL, FALSE, NULL);
    EQUAL(pthread_create(&thread, NULL, take_in_a_pthread, (void *)2), 0);
    EQUAL(pthread_join(thread, NULL), 0);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    CloseHandle(mutex);
}
#endif

static void abandoned_before_the_thread_is_signaled(void) {
    for (int i = 0; i < 200; i++) {
        let_it_be_abandoned(1); // joins
        QUIETLY(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
        QUIETLY(ReleaseMutex(mutex), TRUE);
        CloseHandle(mutex);
    }
}

// ---- several threads

enum { ROUNDS = 20000 };
static LONG volatile counter;

static DWORD WINAPI count(LPVOID unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (WaitForSingleObject(mutex, INFINITE) != WAIT_OBJECT_0) return 1;
        LONG seen = counter;
        if (i % 64 == 0) Sleep(0);
        counter = seen + 1;
        if (i % 2 && (WaitForSingleObject(mutex, 0) != WAIT_OBJECT_0 || !ReleaseMutex(mutex))) return 2;
        if (!ReleaseMutex(mutex)) return 3;
    }
    return 0;
}

static void one_owner_at_a_time(void) {
    HANDLE threads[4];
    counter = 0;
    mutex = CreateMutexA(NULL, FALSE, NULL);
    for (int i = 0; i < 4; i++) threads[i] = start(count, NULL, NULL);
    for (int i = 0; i < 4; i++) EQUAL(join(threads[i]), 0);
    EQUAL(counter, 4 * ROUNDS);
    FREE();
    CloseHandle(mutex);
}

static const struct test_case cases[] = {
    CASE(created_free_or_owned),
    CASE(creation_sets_last_error_to_0),
    CASE(bad_flags_of_ex),
    CASE(an_owner_takes_it_again),
    CASE(owning_counts_through_every_handle),
    CASE(an_owner_waits_for_any_and_for_all),
    CASE(only_the_owner_releases),
    CASE(only_mutexes_are_released),
    CASE(releasing_takes_no_right),
    CASE(the_next_in_line_gets_it),
    CASE(a_timed_out_wait_does_not_own),
    CASE(closing_a_handle_releases_nothing),
    CASE(the_last_handle_of_an_owned_mutex_is_closed),
    CASE(abandoned_is_told_once),
    CASE(the_heir_has_it_once),
    CASE(the_heir_takes_it_again_as_usual),
    CASE(abandoned_in_a_wait_for_any),
    CASE(abandoned_in_a_wait_for_all),
    CASE(an_end_releases_who_waits),
    CASE(an_end_completes_a_wait_for_all),
    CASE(all_that_a_thread_owns_is_abandoned),
    CASE(exit_thread_abandons),
#ifndef _WIN32
    CASE(a_pthread_abandons_too),
#endif
    CASE(abandoned_before_the_thread_is_signaled),
    CASE(one_owner_at_a_time),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
