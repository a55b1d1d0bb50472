// apcs.c: user APCs, and the alertable waits in which they run.
#include "cases.h"

static HANDLE event(BOOL manual, BOOL set) {
    HANDLE made = CreateEventA(NULL, manual, set, NULL);
    TRUTH(made != NULL);
    return made;
}

static ULONG_PTR noted[64];
static LONG volatile count;
static DWORD noted_thread;

static VOID CALLBACK note(ULONG_PTR value) {
    LONG index = InterlockedIncrement(&count) - 1;
    if (index < (LONG)COUNT(noted)) noted[index] = value;
    noted_thread = GetCurrentThreadId();
}

// Nothing is queued to this thread, and nothing is noted.
static void begin(void) {
    while (SleepEx(0, TRUE) == WAIT_IO_COMPLETION) {}
    count = 0;
}

static void queue(ULONG_PTR value) { TRUTH(QueueUserAPC(note, GetCurrentThread(), value) != 0); }

// ---- in this thread

static void sleeping_without_any(void) {
    begin();
    ULONGLONG before = GetTickCount64();
    QUIETLY(SleepEx(0, FALSE), 0);
    QUIETLY(SleepEx(0, TRUE), 0);
    QUIETLY(SleepEx(10, FALSE), 0);
    QUIETLY(SleepEx(10, TRUE), 0);
#ifndef _WIN32
    TRUTH(GetTickCount64() - before >= 19); // both readings are rounded down
#else
    (void)before;
#endif
}

static void runs_in_the_next_alertable_wait(void) {
    HANDLE unset = event(TRUE, FALSE);
    begin();
    SetLastError(UNTOUCHED);
    TRUTH(QueueUserAPC(note, GetCurrentThread(), 0x1122334455667788) != 0);
    EQUAL(GetLastError(), UNTOUCHED);
    QUIETLY(SleepEx(0, FALSE), 0);
    QUIETLY(SleepEx(1, FALSE), 0);
    QUIETLY(WaitForSingleObject(unset, 0), WAIT_TIMEOUT);
    QUIETLY(WaitForSingleObject(unset, 1), WAIT_TIMEOUT);
    QUIETLY(WaitForSingleObjectEx(unset, 1, FALSE), WAIT_TIMEOUT);
    QUIETLY(WaitForMultipleObjects(1, &unset, FALSE, 1), WAIT_TIMEOUT);
    QUIETLY(WaitForMultipleObjectsEx(1, &unset, TRUE, 1, FALSE), WAIT_TIMEOUT);
    EQUAL(count, 0);
    QUIETLY(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    EQUAL(count, 1);
    EQUAL(noted[0], 0x1122334455667788);
    EQUAL(noted_thread, GetCurrentThreadId());
    QUIETLY(SleepEx(0, TRUE), 0);
    EQUAL(count, 1);
    CloseHandle(unset);
}

static void every_alertable_wait_runs_them(void) {
    HANDLE handles[2] = {event(TRUE, FALSE), event(TRUE, FALSE)}, signal = event(TRUE, FALSE);
    static const DWORD times[] = {0, 50, INFINITE};
    for (size_t i = 0; i < COUNT(times); i++) {
        begin();
        queue(1);
        QUIETLY(SleepEx(times[i], TRUE), WAIT_IO_COMPLETION);
        queue(2);
        QUIETLY(WaitForSingleObjectEx(handles[0], times[i], TRUE), WAIT_IO_COMPLETION);
        queue(3);
        QUIETLY(WaitForMultipleObjectsEx(2, handles, FALSE, times[i], TRUE), WAIT_IO_COMPLETION);
        queue(4);
        QUIETLY(WaitForMultipleObjectsEx(2, handles, TRUE, times[i], TRUE), WAIT_IO_COMPLETION);
        queue(5);
        QUIETLY(SignalObjectAndWait(signal, handles[0], times[i], TRUE), WAIT_IO_COMPLETION);
        TRUTH(is_signaled(signal));
        queue(6);
        QUIETLY(WaitForSingleObjectEx(GetCurrentThread(), times[i], TRUE), WAIT_IO_COMPLETION);
        queue(7);
        QUIETLY(WaitForSingleObjectEx(GetCurrentProcess(), times[i], TRUE), WAIT_IO_COMPLETION);
        EQUAL(count, 7);
        for (ULONG_PTR j = 0; j < 7; j++) EQUAL(noted[j], j + 1);
    }
    CloseHandle(handles[0]);
    CloseHandle(handles[1]);
    CloseHandle(signal);
}

static void all_run_first_in_first_out(void) {
    begin();
    for (ULONG_PTR i = 0; i < 50; i++) queue(i);
    QUIETLY(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(count, 50);
    for (ULONG_PTR i = 0; i < 50; i++) EQUAL(noted[i], i);
    QUIETLY(SleepEx(0, TRUE), 0);
}

static void a_signaled_object_comes_first(void) {
    HANDLE set = event(FALSE, TRUE), both[2] = {event(FALSE, FALSE), set};
    begin();
    queue(1);
    QUIETLY(WaitForSingleObjectEx(set, INFINITE, TRUE), WAIT_OBJECT_0);
    EQUAL(count, 0);
    TRUTH(SetEvent(set));
    QUIETLY(WaitForMultipleObjectsEx(2, both, FALSE, INFINITE, TRUE), WAIT_OBJECT_0 + 1);
    EQUAL(count, 0);
    TRUTH(SetEvent(set) && SetEvent(both[0]));
    QUIETLY(WaitForMultipleObjectsEx(2, both, TRUE, INFINITE, TRUE), WAIT_OBJECT_0);
    EQUAL(count, 0);
    TRUTH(SetEvent(set));
    QUIETLY(WaitForMultipleObjectsEx(2, both, TRUE, INFINITE, TRUE), WAIT_IO_COMPLETION); // one of two is not enough
    EQUAL(count, 1);
    TRUTH(is_signaled(set)); // nothing was taken
    CloseHandle(set);
    CloseHandle(both[0]);
}

static void a_wait_that_fails_runs_none(void) {
    begin();
    queue(1);
    FAILS_WITH(WaitForSingleObjectEx(NULL, 0, TRUE), WAIT_FAILED, ERROR_INVALID_HANDLE);
    FAILS_WITH(WaitForMultipleObjectsEx(0, NULL, FALSE, 0, TRUE), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    EQUAL(count, 0);
    QUIETLY(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    EQUAL(count, 1);
}

static VOID CALLBACK queue_the_next(ULONG_PTR value) {
    note(value);
    if (value < 5) TRUTH(QueueUserAPC(queue_the_next, GetCurrentThread(), value + 1) != 0);
}

static void those_queued_meanwhile_run_too(void) {
    begin();
    TRUTH(QueueUserAPC(queue_the_next, GetCurrentThread(), 1) != 0);
    QUIETLY(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    EQUAL(count, 5);
    QUIETLY(SleepEx(0, TRUE), 0);
}

static DWORD nested;
static VOID CALLBACK wait_inside(ULONG_PTR value) {
    note(value);
    nested = SleepEx(0, TRUE);
    note(value + 100);
}

static void an_alertable_wait_inside_of_one(void) {
    begin();
    nested = UNTOUCHED;
    TRUTH(QueueUserAPC(wait_inside, GetCurrentThread(), 1) != 0);
    queue(2);
    QUIETLY(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    EQUAL(nested, WAIT_IO_COMPLETION);
    EQUAL(count, 3);
    EQUAL(noted[0], 1);
    EQUAL(noted[1], 2);
    EQUAL(noted[2], 101);
}

static HANDLE used_inside[2];
static VOID CALLBACK use_the_api(ULONG_PTR value) {
    note(value);
    TRUTH(SetEvent(used_inside[0]));
    EQUAL(WaitForSingleObject(used_inside[0], INFINITE), WAIT_OBJECT_0);
    EQUAL(WaitForSingleObject(used_inside[0], 2), WAIT_TIMEOUT);
    EQUAL(WaitForSingleObject(used_inside[1], 0), WAIT_OBJECT_0);
    TRUTH(ReleaseMutex(used_inside[1]));
    SetLastError(1234);
}

static void a_routine_may_wait_and_signal(void) {
    used_inside[0] = event(FALSE, FALSE);
    used_inside[1] = CreateMutexA(NULL, TRUE, NULL);
    begin();
    TRUTH(QueueUserAPC(use_the_api, GetCurrentThread(), 9) != 0);
    QUIETLY(WaitForSingleObject(used_inside[0], 0), WAIT_TIMEOUT);
    EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(count, 1);
    TRUTH(ReleaseMutex(used_inside[1]));
    FAILS(ReleaseMutex(used_inside[1]), ERROR_NOT_OWNER);
    CloseHandle(used_inside[0]);
    CloseHandle(used_inside[1]);
}

// ---- errors

static DWORD WINAPI nothing(LPVOID unused) {
    (void)unused;
    return 0;
}

static void bad_threads(void) {
    HANDLE closed = event(TRUE, TRUE), other = event(TRUE, TRUE), mutex = CreateMutexA(NULL, FALSE, NULL);
    TRUTH(CloseHandle(closed));
    HANDLE bad[] = {NULL, closed, other, mutex, GetCurrentProcess()};
    for (size_t i = 0; i < COUNT(bad); i++) FAILS(QueueUserAPC(note, bad[i], 0), ERROR_INVALID_HANDLE);
    CloseHandle(other);
    CloseHandle(mutex);
}

static void a_thread_that_has_ended(void) {
    HANDLE thread = start(nothing, NULL, NULL);
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    FAILS(QueueUserAPC(note, thread, 0), ERROR_GEN_FAILURE);
    CloseHandle(thread);
}

#ifndef _WIN32
static void no_routine(void) { FAILS(QueueUserAPC(NULL, GetCurrentThread(), 0), ERROR_INVALID_PARAMETER); }
#endif

static void rights(void) {
    HANDLE waiter = NULL, sender = NULL, self = GetCurrentProcess();
    begin();
    TRUTH(DuplicateHandle(self, GetCurrentThread(), self, &waiter, SYNCHRONIZE | THREAD_SUSPEND_RESUME, FALSE, 0));
    TRUTH(DuplicateHandle(self, GetCurrentThread(), self, &sender, THREAD_SET_CONTEXT, FALSE, 0));
    FAILS(QueueUserAPC(note, waiter, 1), ERROR_ACCESS_DENIED);
    TRUTH(QueueUserAPC(note, sender, 2) != 0);
    QUIETLY(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    EQUAL(count, 1);
    EQUAL(noted[0], 2);
    CloseHandle(waiter);
    CloseHandle(sender);
}

// ---- to another thread

static HANDLE gates[2];

static DWORD WINAPI sleep_alertably(LPVOID unused) {
    (void)unused;
    return SleepEx(INFINITE, TRUE);
}
static DWORD WINAPI wait_for_one(LPVOID alertable) {
    return WaitForSingleObjectEx(gates[0], INFINITE, alertable != NULL);
}
static DWORD WINAPI wait_for_any(LPVOID unused) {
    (void)unused;
    return WaitForMultipleObjectsEx(2, gates, FALSE, INFINITE, TRUE);
}
static DWORD WINAPI wait_for_all(LPVOID unused) {
    (void)unused;
    return WaitForMultipleObjectsEx(2, gates, TRUE, INFINITE, TRUE);
}
static DWORD WINAPI signal_and_wait(LPVOID unused) {
    (void)unused;
    return SignalObjectAndWait(gates[1], gates[0], INFINITE, TRUE);
}

static void ends_a_wait_of_each_kind(void) {
    static const LPTHREAD_START_ROUTINE waits[] = {sleep_alertably, wait_for_one, wait_for_any, wait_for_all,
                                                   signal_and_wait};
    for (size_t i = 0; i < COUNT(waits); i++) {
        gates[0] = event(FALSE, FALSE);
        gates[1] = event(FALSE, FALSE);
        begin();
        DWORD id;
        HANDLE thread = start(waits[i], &id, &id);
        until_blocked(id);
        if (waits[i] == wait_for_all) TRUTH(SetEvent(gates[1]));
        TRUTH(QueueUserAPC(note, thread, 5) != 0);
        EQUAL(join(thread), WAIT_IO_COMPLETION);
        EQUAL(count, 1);
        EQUAL(noted[0], 5);
        EQUAL(noted_thread, id);
        TRUTH(!is_signaled(gates[0]));
        // Of a wait for all nothing was taken; the signal half of signal-and-wait has happened.
        EQUAL(is_signaled(gates[1]), waits[i] == wait_for_all || waits[i] == signal_and_wait);
        CloseHandle(gates[0]);
        CloseHandle(gates[1]);
    }
}

static void leaves_other_waits_alone(void) {
    gates[0] = event(FALSE, FALSE);
    begin();
    DWORD id;
    HANDLE thread = start(wait_for_one, NULL, &id);
    until_blocked(id);
    TRUTH(QueueUserAPC(note, thread, 5) != 0);
    EQUAL(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    TRUTH(SetEvent(gates[0]));
    EQUAL(join(thread), WAIT_OBJECT_0);
    EQUAL(count, 0); // lost with the thread
    CloseHandle(gates[0]);
}

static DWORD WINAPI note_100(LPVOID unused) {
    (void)unused;
    note(100);
    return SleepEx(0, TRUE);
}

static void to_a_thread_not_yet_started(void) {
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, note_100, NULL, CREATE_SUSPENDED, &id);
    REQUIRE(thread);
    begin();
    TRUTH(QueueUserAPC(note, thread, 1) != 0);
    TRUTH(QueueUserAPC(note, thread, 2) != 0);
    QUIETLY(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    EQUAL(count, 0);
    QUIETLY(ResumeThread(thread), 1);
    EQUAL(join(thread), 0);
    EQUAL(count, 3);
    EQUAL(noted[0], 1);
    EQUAL(noted[1], 2);
    EQUAL(noted[2], 100);
}

static void resuming_threads(void) {
    HANDLE closed = event(TRUE, TRUE), thread = start(nothing, NULL, NULL), copy = NULL;
    FAILS_WITH(ResumeThread(closed), (DWORD)-1, ERROR_INVALID_HANDLE);
    CloseHandle(closed);
    FAILS_WITH(ResumeThread(closed), (DWORD)-1, ERROR_INVALID_HANDLE);
    FAILS_WITH(ResumeThread(NULL), (DWORD)-1, ERROR_INVALID_HANDLE);
    QUIETLY(ResumeThread(GetCurrentThread()), 0);
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    QUIETLY(ResumeThread(thread), 0);
    TRUTH(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &copy, SYNCHRONIZE, FALSE, 0));
    FAILS_WITH(ResumeThread(copy), (DWORD)-1, ERROR_ACCESS_DENIED);
    CloseHandle(copy);
    CloseHandle(thread);
}

// ---- races

enum { ROUNDS = 20000 };
static LONG volatile ran;
static VOID CALLBACK count_it(ULONG_PTR unused) {
    (void)unused;
    InterlockedIncrement(&ran);
}
static LONG volatile is_over;
static DWORD WINAPI serve(LPVOID unused) {
    (void)unused;
    DWORD served = 0;
    while (!is_over) {
        DWORD result = WaitForMultipleObjectsEx(2, gates, FALSE, 1, TRUE);
        if (result == WAIT_OBJECT_0) served++;
        else if (result == WAIT_OBJECT_0 + 1) break;
        else if (result != WAIT_IO_COMPLETION && result != WAIT_TIMEOUT) return (DWORD)-1;
    }
    while (SleepEx(0, TRUE) == WAIT_IO_COMPLETION) {}
    while (is_signaled(gates[0])) served++;
    return served;
}
static DWORD WINAPI post(LPVOID semaphore) {
    for (int i = 0; i < ROUNDS; i++)
        if (!ReleaseSemaphore(semaphore, 1, NULL)) return 1;
    return 0;
}

static void none_is_lost_beside_signals_and_time_outs(void) {
    gates[0] = CreateSemaphoreA(NULL, 0, MAXLONG, NULL);
    gates[1] = event(TRUE, FALSE);
    ran = is_over = 0;
    HANDLE server = start(serve, NULL, NULL), poster = start(post, gates[0], NULL);
    LONG queued = 0;
    for (int i = 0; i < ROUNDS; i++)
        if (QueueUserAPC(count_it, server, 0)) queued++;
    EQUAL(join(poster), 0);
    is_over = 1;
    TRUTH(SetEvent(gates[1]));
    EQUAL(join(server), ROUNDS);
    EQUAL(ran, queued);
    EQUAL(queued, ROUNDS);
    CloseHandle(gates[0]);
    CloseHandle(gates[1]);
}

static const struct test_case cases[] = {
    CASE(sleeping_without_any),
    CASE(runs_in_the_next_alertable_wait),
    CASE(every_alertable_wait_runs_them),
    CASE(all_run_first_in_first_out),
    CASE(a_signaled_object_comes_first),
    CASE(a_wait_that_fails_runs_none),
    CASE(those_queued_meanwhile_run_too),
    CASE(an_alertable_wait_inside_of_one),
    CASE(a_routine_may_wait_and_signal),
    CASE(bad_threads),
    CASE(a_thread_that_has_ended),
#ifndef _WIN32
    CASE(no_routine),
#endif
    CASE(rights),
    CASE(ends_a_wait_of_each_kind),
    CASE(leaves_other_waits_alone),
    CASE(to_a_thread_not_yet_started),
    CASE(resuming_threads),
    CASE(none_is_lost_beside_signals_and_time_outs),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
