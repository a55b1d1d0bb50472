// timers.c: waitable timers, their time, and their completion routines.
#include "cases.h"

static HANDLE closed_handle(void) {
    HANDLE closed = CreateWaitableTimerA(NULL, FALSE, NULL);
    TRUTH(CloseHandle(closed));
    return closed;
}

static LARGE_INTEGER in_milliseconds(LONG milliseconds) {
    LARGE_INTEGER due;
    due.QuadPart = -(LONGLONG)milliseconds * 10000;
    return due;
}

static LONGLONG file_time(void) {
    FILETIME now;
    ULARGE_INTEGER value;
    GetSystemTimeAsFileTime(&now);
    value.LowPart = now.dwLowDateTime;
    value.HighPart = now.dwHighDateTime;
    return (LONGLONG)value.QuadPart;
}

static LONGLONG nanoseconds(void) {
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (LONGLONG)((double)count.QuadPart * 1e9 / (double)frequency.QuadPart);
}

static BOOL set(HANDLE timer, LONG milliseconds, LONG period) {
    LARGE_INTEGER due = in_milliseconds(milliseconds);
    return SetWaitableTimer(timer, &due, period, NULL, NULL, FALSE);
}

enum { LONG_TIME = 3600 * 1000 };

// ---- making

static void created_unset(void) {
    for (int i = 0; i < 8; i++) {
        DWORD flags = i & 1 ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0;
        SetLastError(UNTOUCHED);
        HANDLE timer = i >> 1 == 0   ? CreateWaitableTimerA(NULL, i & 1, NULL)
                       : i >> 1 == 1 ? CreateWaitableTimerW(NULL, i & 1, NULL)
                       : i >> 1 == 2 ? CreateWaitableTimerExA(NULL, NULL, flags, TIMER_ALL_ACCESS)
                                     : CreateWaitableTimerExW(NULL, NULL, flags, TIMER_ALL_ACCESS);
        REQUIRE(timer);
        EQUAL(GetLastError(), 0);
        QUIETLY(WaitForSingleObject(timer, 0), WAIT_TIMEOUT);
        QUIETLY(WaitForSingleObject(timer, 5), WAIT_TIMEOUT);
        TRUTH(set(timer, 0, 0));
        QUIETLY(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
        EQUAL(is_signaled(timer), i & 1);
        TRUTH(CloseHandle(timer));
    }
}

static void bad_flags_of_ex(void) {
#ifdef ON_WINE
    SKIP("Wine ignores them");
#endif
    FAILS(CreateWaitableTimerExA(NULL, NULL, 4, TIMER_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    FAILS(CreateWaitableTimerExW(NULL, NULL, 0x80000001, TIMER_ALL_ACCESS), ERROR_INVALID_PARAMETER);
}

// ---- errors

static void only_timers_are_set(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE bad[] = {event, mutex, GetCurrentProcess(), GetCurrentThread(), NULL, closed_handle()};
    LARGE_INTEGER due = in_milliseconds(0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(SetWaitableTimer(bad[i], &due, 0, NULL, NULL, FALSE), ERROR_INVALID_HANDLE);
        FAILS(SetWaitableTimerEx(bad[i], &due, 0, NULL, NULL, NULL, 0), ERROR_INVALID_HANDLE);
        FAILS(CancelWaitableTimer(bad[i]), ERROR_INVALID_HANDLE);
    }
    TRUTH(!is_signaled(event));
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    FAILS(SetEvent(timer), ERROR_INVALID_HANDLE);
    FAILS(ResetEvent(timer), ERROR_INVALID_HANDLE);
    FAILS(ReleaseSemaphore(timer, 1, NULL), ERROR_INVALID_HANDLE);
    FAILS(ReleaseMutex(timer), ERROR_INVALID_HANDLE);
    TRUTH(!is_signaled(timer));
    CloseHandle(timer);
    CloseHandle(event);
    CloseHandle(mutex);
}

static void rights(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL), waiter = NULL, setter = NULL;
    LARGE_INTEGER due = in_milliseconds(0);
    TRUTH(DuplicateHandle(GetCurrentProcess(), timer, GetCurrentProcess(), &waiter, SYNCHRONIZE, FALSE, 0));
    TRUTH(DuplicateHandle(GetCurrentProcess(), timer, GetCurrentProcess(), &setter, TIMER_MODIFY_STATE, FALSE, 0));
    FAILS(SetWaitableTimer(waiter, &due, 0, NULL, NULL, FALSE), ERROR_ACCESS_DENIED);
    FAILS(SetWaitableTimerEx(waiter, &due, 0, NULL, NULL, NULL, 0), ERROR_ACCESS_DENIED);
    FAILS(CancelWaitableTimer(waiter), ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(waiter, 5), WAIT_TIMEOUT);
    QUIETLY(SetWaitableTimer(setter, &due, 0, NULL, NULL, FALSE), TRUE);
    FAILS_WITH(WaitForSingleObject(setter, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(waiter, INFINITE), WAIT_OBJECT_0);
    QUIETLY(CancelWaitableTimer(setter), TRUE);
    CloseHandle(waiter);
    CloseHandle(setter);
    CloseHandle(timer);
}

static void bad_arguments_change_nothing(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = in_milliseconds(0);
    TRUTH(set(timer, 0, 0));
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    FAILS(SetWaitableTimer(timer, &due, -1, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
    FAILS(SetWaitableTimer(timer, &due, (LONG)0x80000000, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
    FAILS(SetWaitableTimerEx(timer, &due, -1, NULL, NULL, NULL, 0), ERROR_INVALID_PARAMETER);
#ifndef _WIN32
    FAILS(SetWaitableTimer(timer, NULL, 0, NULL, NULL, FALSE), ERROR_NOACCESS);
    FAILS(SetWaitableTimerEx(timer, NULL, 0, NULL, NULL, NULL, 0), ERROR_NOACCESS);
#endif
    TRUTH(is_signaled(timer)); // setting it would have reset it
    CloseHandle(timer);
}

#ifndef _WIN32
static void waking_the_machine_is_not_supported(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = in_milliseconds(0);
    // It succeeds, and the last error says so (SetWaitableTimer).
    FAILS_WITH(SetWaitableTimer(timer, &due, 0, NULL, NULL, TRUE), TRUE, ERROR_NOT_SUPPORTED);
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    CloseHandle(timer);
}
#endif

// ---- time

static void never_early(void) {
    for (int manual = 0; manual < 2; manual++) {
        HANDLE timer = CreateWaitableTimerA(NULL, manual, NULL);
        for (LONG milliseconds = 1; milliseconds <= 30; milliseconds += 7) {
            LONGLONG before = nanoseconds();
            TRUTH(set(timer, milliseconds, 0));
            QUIETLY(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
            LONGLONG passed = nanoseconds() - before;
#ifndef _WIN32 // Windows counts in ticks of its clock
            TRUTH(passed >= milliseconds * 1000000LL);
#else
            (void)passed;
#endif
            EQUAL(is_signaled(timer), manual);
        }
        CloseHandle(timer);
    }
}

static void due_at_once(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due;
    LONGLONG past[4];
    past[0] = 0; // 1601
    past[1] = 1;
    past[2] = file_time() - 10000000;
    past[3] = -1; // in 100 ns
    for (size_t i = 0; i < COUNT(past); i++) {
        due.QuadPart = past[i];
        QUIETLY(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE), TRUE);
        QUIETLY(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
        TRUTH(!is_signaled(timer));
    }
    CloseHandle(timer);
}

static void due_at_a_time_of_day(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due;
    due.QuadPart = file_time() + 30 * 10000;
    QUIETLY(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE), TRUE);
    TRUTH(!is_signaled(timer) || file_time() >= due.QuadPart);
    TRUTH(set(timer, 0, 0));
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    due.QuadPart = file_time() + 30 * 10000;
    QUIETLY(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE), TRUE);
    QUIETLY(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    TRUTH(file_time() >= due.QuadPart);
    CloseHandle(timer);
}

static void due_in_the_distant_future(void) {
    static const LONGLONG distant[] = {0x7FFFFFFFFFFFFFFF, -0x7FFFFFFFFFFFFFFF - 1, -0x7FFFFFFFFFFFFFFF,
                                       0x7000000000000000, 200000000000000000};
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due;
    for (size_t i = 0; i < COUNT(distant); i++) {
        due.QuadPart = distant[i];
        QUIETLY(SetWaitableTimer(timer, &due, MAXLONG, NULL, NULL, FALSE), TRUE);
        QUIETLY(WaitForSingleObject(timer, 5), WAIT_TIMEOUT);
    }
    QUIETLY(CancelWaitableTimer(timer), TRUE);
    CloseHandle(timer);
}

static void setting_resets_and_replaces(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    TRUTH(set(timer, 0, 0));
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    TRUTH(set(timer, LONG_TIME, 0));
    TRUTH(!is_signaled(timer));
    TRUTH(set(timer, 5, 0));
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    TRUTH(set(timer, 5, 0));
    TRUTH(set(timer, LONG_TIME, 0));
    QUIETLY(WaitForSingleObject(timer, 30), WAIT_TIMEOUT);
    CloseHandle(timer);
}

static void cancelling_leaves_the_signal_as_it_is(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    QUIETLY(CancelWaitableTimer(timer), TRUE); // never set
    TRUTH(!is_signaled(timer));
    TRUTH(set(timer, 10, 0));
    QUIETLY(CancelWaitableTimer(timer), TRUE);
    QUIETLY(WaitForSingleObject(timer, 40), WAIT_TIMEOUT);
    TRUTH(set(timer, 0, 10));
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    QUIETLY(CancelWaitableTimer(timer), TRUE);
    TRUTH(is_signaled(timer));
    QUIETLY(CancelWaitableTimer(timer), TRUE);
    TRUTH(is_signaled(timer));
    CloseHandle(timer);
}

static void a_period(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LONGLONG before = nanoseconds();
    TRUTH(set(timer, 10, 5));
    for (int i = 0; i < 6; i++) QUIETLY(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
#ifndef _WIN32
    TRUTH(nanoseconds() - before >= (10 + 5 * 5) * 1000000LL);
#else
    (void)before;
#endif
    QUIETLY(CancelWaitableTimer(timer), TRUE);
    (void)is_signaled(timer);
    QUIETLY(WaitForSingleObject(timer, 30), WAIT_TIMEOUT);
    CloseHandle(timer);
}

static void a_period_of_manual_reset_stays_signaled(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    TRUTH(set(timer, 1, 1));
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < 1000; i++) TRUTH(is_signaled(timer));
    CloseHandle(timer);
}

// ---- several waits

static DWORD WINAPI wait_for(LPVOID timer) { return WaitForSingleObject(timer, INFINITE); }

static void one_wait_or_all(void) {
    for (int manual = 0; manual < 2; manual++) {
        HANDLE timer = CreateWaitableTimerA(NULL, manual, NULL), threads[3];
        DWORD id;
        for (int i = 0; i < 3; i++) {
            threads[i] = start(wait_for, timer, &id);
            until_blocked(id);
        }
        TRUTH(set(timer, 1, 0));
        if (!manual) {
            for (int left = 3; left > 0; left--) {
                DWORD ended = WaitForMultipleObjects(left, threads, FALSE, INFINITE) - WAIT_OBJECT_0;
                REQUIRE(ended < 3);
                EQUAL(join(threads[ended]), WAIT_OBJECT_0);
                threads[ended] = threads[left - 1];
                TRUTH(!is_signaled(timer));
                if (left > 1) EQUAL(WaitForMultipleObjects(left - 1, threads, FALSE, 0), WAIT_TIMEOUT);
                TRUTH(set(timer, 1, 0));
            }
        } else {
            for (int i = 0; i < 3; i++) EQUAL(join(threads[i]), WAIT_OBJECT_0);
            TRUTH(is_signaled(timer));
        }
        CloseHandle(timer);
    }
}

static void with_other_objects(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL), event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE handles[2] = {event, timer};
    TRUTH(set(timer, 5, 0));
    QUIETLY(WaitForMultipleObjects(2, handles, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    TRUTH(set(timer, 5, 0));
    TRUTH(SetEvent(event));
    QUIETLY(WaitForMultipleObjects(2, handles, TRUE, INFINITE), WAIT_OBJECT_0);
    TRUTH(!is_signaled(event));
    TRUTH(!is_signaled(timer));
    CloseHandle(timer);
    CloseHandle(event);
}

static void many_timers(void) {
    enum { MANY = 60 };
    HANDLE timers[MANY];
    for (int i = 0; i < MANY; i++) {
        timers[i] = CreateWaitableTimerA(NULL, TRUE, NULL);
        TRUTH(set(timers[i], 1 + i * 7 % 20, i % 3));
    }
    QUIETLY(WaitForMultipleObjects(MANY, timers, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < MANY; i++) CloseHandle(timers[i]);
}

static void closed_while_set(void) {
    for (int i = 0; i < 1000; i++) {
        HANDLE timer = CreateWaitableTimerA(NULL, i & 1, NULL);
        TRUTH(set(timer, i % 3, i % 2));
        TRUTH(CloseHandle(timer));
    }
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL); // takes the place of one of them
    QUIETLY(WaitForSingleObject(event, 10), WAIT_TIMEOUT);
    CloseHandle(event);
}

// ---- completion routines

static int calls;
static LPVOID argument;
static LONGLONG due_time;
static DWORD caller;

static VOID CALLBACK note(LPVOID parameter, DWORD low, DWORD high) {
    calls++;
    argument = parameter;
    due_time = (LONGLONG)((ULONGLONG)high << 32 | low);
    caller = GetCurrentThreadId();
}

static BOOL set_with_routine(HANDLE timer, LONG milliseconds, LONG period) {
    LARGE_INTEGER due = in_milliseconds(milliseconds);
    calls = 0;
    return SetWaitableTimer(timer, &due, period, note, &calls, FALSE);
}

static void a_routine_runs_in_an_alertable_wait(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LONGLONG before = file_time();
    TRUTH(set_with_routine(timer, 5, 0));
    QUIETLY(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    Sleep(1);
    EQUAL(calls, 0);
    QUIETLY(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(calls, 1);
    EQUAL(argument, &calls);
    EQUAL(caller, GetCurrentThreadId());
#ifndef _WIN32
    TRUTH(due_time >= before + 5 * 10000 && due_time <= file_time());
#else
    (void)before;
#endif
    QUIETLY(SleepEx(0, TRUE), 0);
    TRUTH(is_signaled(timer));
    CloseHandle(timer);
}

static void a_routine_of_a_time_of_day_is_told_that_time(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due;
    calls = 0;
    due.QuadPart = file_time() + 5 * 10000;
    TRUTH(SetWaitableTimer(timer, &due, 0, note, NULL, FALSE));
    QUIETLY(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(calls, 1);
    EQUAL(argument, NULL);
    TRUTH(due_time >= due.QuadPart);
    CloseHandle(timer);
}

static void a_routine_runs_each_period(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    TRUTH(set_with_routine(timer, 1, 2));
    for (int i = 1; i <= 5; i++) {
        QUIETLY(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
        EQUAL(calls, i);
    }
    Sleep(20); // several periods, and still one call
    QUIETLY(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    EQUAL(calls, 6);
    QUIETLY(CancelWaitableTimer(timer), TRUE);
    (void)SleepEx(0, TRUE);
    CloseHandle(timer);
}

static void what_ends_a_timer_takes_back_its_routine(void) {
    for (int way = 0; way < 4; way++) {
        HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
        TRUTH(set_with_routine(timer, way & 1 ? 0 : 5, 0));
        if (way & 1) EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0); // it is queued by now
        if (way & 2) {
            QUIETLY(CancelWaitableTimer(timer), TRUE);
        } else {
            TRUTH(set(timer, LONG_TIME, 0));
        }
        QUIETLY(SleepEx(20, TRUE), 0);
        EQUAL(calls, 0);
        CloseHandle(timer);
    }
}

static void the_last_close_takes_back_the_routine(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    TRUTH(set_with_routine(timer, 0, 0));
    EQUAL(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    TRUTH(CloseHandle(timer));
    timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    TRUTH(set_with_routine(timer, 5, 0));
    TRUTH(CloseHandle(timer));
    QUIETLY(SleepEx(20, TRUE), 0);
    EQUAL(calls, 0);
}

static HANDLE of_other_thread;
static DWORD WINAPI set_and_sleep(LPVOID alertable) {
    if (!set_with_routine(of_other_thread, 5, 0)) return 1;
    return SleepEx(alertable ? INFINITE : 20, alertable != NULL);
}

static void a_routine_runs_on_the_thread_that_set_it(void) {
    of_other_thread = CreateWaitableTimerA(NULL, TRUE, NULL);
    DWORD id;
    HANDLE thread = start(set_and_sleep, &id, &id);
    QUIETLY(SleepEx(20, TRUE), 0);
    EQUAL(join(thread), WAIT_IO_COMPLETION);
    EQUAL(calls, 1);
    EQUAL(caller, id);
    // Nobody is left to call it.
    EQUAL(join(start(set_and_sleep, NULL, NULL)), 0);
    EQUAL(calls, 0);
    CloseHandle(of_other_thread);
}

static int left;
static VOID CALLBACK set_again(LPVOID timer, DWORD low, DWORD high) {
    (void)low;
    (void)high;
    LARGE_INTEGER due = in_milliseconds(1);
    if (--left > 0) SetWaitableTimer(timer, &due, 0, set_again, timer, FALSE);
}

static void a_routine_sets_its_timer_again(void) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = in_milliseconds(1);
    left = 5;
    TRUTH(SetWaitableTimer(timer, &due, 0, set_again, timer, FALSE));
    while (left > 0) QUIETLY(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    QUIETLY(SleepEx(5, TRUE), 0);
    CloseHandle(timer);
}

static const struct test_case cases[] = {
    CASE(created_unset),
    CASE(bad_flags_of_ex),
    CASE(only_timers_are_set),
    CASE(rights),
    CASE(bad_arguments_change_nothing),
#ifndef _WIN32
    CASE(waking_the_machine_is_not_supported),
#endif
    CASE(never_early),
    CASE(due_at_once),
    CASE(due_at_a_time_of_day),
    CASE(due_in_the_distant_future),
    CASE(setting_resets_and_replaces),
    CASE(cancelling_leaves_the_signal_as_it_is),
    CASE(a_period),
    CASE(a_period_of_manual_reset_stays_signaled),
    CASE(one_wait_or_all),
    CASE(with_other_objects),
    CASE(many_timers),
    CASE(closed_while_set),
    CASE(a_routine_runs_in_an_alertable_wait),
    CASE(a_routine_of_a_time_of_day_is_told_that_time),
    CASE(a_routine_runs_each_period),
    CASE(what_ends_a_timer_takes_back_its_routine),
    CASE(the_last_close_takes_back_the_routine),
    CASE(a_routine_runs_on_the_thread_that_set_it),
    CASE(a_routine_sets_its_timer_again),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
