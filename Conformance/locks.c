// locks.c: SRW locks and condition variables.
#include "cases.h"

static SRWLOCK lock = SRWLOCK_INIT;

enum { SHARED = 1, EXCLUSIVE = 2 };

static DWORD WINAPI try_both(LPVOID unused) {
    DWORD got = 0;
    (void)unused;
    if (TryAcquireSRWLockShared(&lock)) {
        got |= SHARED;
        ReleaseSRWLockShared(&lock);
    }
    if (TryAcquireSRWLockExclusive(&lock)) {
        got |= EXCLUSIVE;
        ReleaseSRWLockExclusive(&lock);
    }
    return got;
}

// What another thread could have of the lock now.
static DWORD others_get(void) { return join(start(try_both, NULL, NULL)); }

static void a_lock_is_one_word_and_free_when_zero(void) {
    SRWLOCK made;
    memset(&made, 0x5E, sizeof made);
    InitializeSRWLock(&made);
    EQUAL(sizeof made, sizeof(void *));
    EQUAL(made.Ptr, NULL);
    EQUAL(lock.Ptr, NULL);
    AcquireSRWLockExclusive(&made);
    TRUTH(made.Ptr != NULL);
    ReleaseSRWLockExclusive(&made);
    EQUAL(made.Ptr, NULL);
}

static void many_share_and_one_excludes(void) {
    EQUAL(others_get(), SHARED | EXCLUSIVE);
    AcquireSRWLockShared(&lock);
    EQUAL(others_get(), SHARED);
    AcquireSRWLockShared(&lock);
    EQUAL(others_get(), SHARED);
    ReleaseSRWLockShared(&lock);
    EQUAL(others_get(), SHARED);
    ReleaseSRWLockShared(&lock);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
    AcquireSRWLockExclusive(&lock);
    EQUAL(others_get(), 0);
    ReleaseSRWLockExclusive(&lock);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
    EQUAL(lock.Ptr, NULL);
}

static void a_lock_is_not_recursive(void) {
    AcquireSRWLockExclusive(&lock);
    TRUTH(!TryAcquireSRWLockExclusive(&lock));
    TRUTH(!TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
    TRUTH(TryAcquireSRWLockShared(&lock));
    TRUTH(!TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    EQUAL(lock.Ptr, NULL);
}

static DWORD WINAPI release_shared(LPVOID unused) {
    (void)unused;
    ReleaseSRWLockShared(&lock);
    return 0;
}

static void another_thread_may_release(void) {
    AcquireSRWLockShared(&lock);
    EQUAL(join(start(release_shared, NULL, NULL)), 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static void no_lock_touches_the_last_error(void) {
    SetLastError(UNTOUCHED);
    AcquireSRWLockExclusive(&lock);
    TRUTH(!TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
    AcquireSRWLockShared(&lock);
    TRUTH(!TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    EQUAL(GetLastError(), UNTOUCHED);
}

// ---- threads that wait

static LONG volatile writers_in, readers_in;
static LONG volatile may_leave;

static DWORD WINAPI write_once(LPVOID unused) {
    (void)unused;
    AcquireSRWLockExclusive(&lock);
    InterlockedIncrement(&writers_in);
    ReleaseSRWLockExclusive(&lock);
    return 0;
}

static DWORD WINAPI read_together(LPVOID readers) {
    AcquireSRWLockShared(&lock);
    InterlockedIncrement(&readers_in);
    // Comes back only if all hold it at once.
    while (readers_in < *(LONG *)readers) Sleep(0);
    ReleaseSRWLockShared(&lock);
    return 0;
}

static void a_writer_waits_for_every_reader(void) {
    DWORD id;
    writers_in = 0;
    AcquireSRWLockShared(&lock);
    AcquireSRWLockShared(&lock);
    HANDLE writer = start(write_once, NULL, &id);
    until_blocked(id);
    ReleaseSRWLockShared(&lock);
    until_blocked(id);
    EQUAL(writers_in, 0);
    ReleaseSRWLockShared(&lock);
    EQUAL(join(writer), 0);
    EQUAL(writers_in, 1);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static void readers_that_wait_come_in_together(void) {
    HANDLE threads[4];
    DWORD ids[4];
    LONG count = COUNT(threads);
    readers_in = 0;
    AcquireSRWLockExclusive(&lock);
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(read_together, &count, &ids[i]);
    for (size_t i = 0; i < COUNT(threads); i++) until_blocked(ids[i]);
    EQUAL(readers_in, 0);
    ReleaseSRWLockExclusive(&lock);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static void every_waiting_writer_comes_in(void) {
    HANDLE threads[6];
    DWORD ids[6];
    writers_in = 0;
    AcquireSRWLockExclusive(&lock);
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(write_once, NULL, &ids[i]);
    for (size_t i = 0; i < COUNT(threads); i++) until_blocked(ids[i]);
    ReleaseSRWLockExclusive(&lock);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(writers_in, COUNT(threads));
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static void a_reader_waits_behind_a_waiting_writer(void) {
    DWORD writer_id, reader_id;
    LONG one = 1;
    writers_in = readers_in = 0;
    AcquireSRWLockShared(&lock);
    HANDLE writer = start(write_once, NULL, &writer_id);
    until_blocked(writer_id);
    TRUTH(!TryAcquireSRWLockShared(&lock));
    HANDLE reader = start(read_together, &one, &reader_id);
    until_blocked(reader_id);
    EQUAL(readers_in, 0);
    ReleaseSRWLockShared(&lock);
    EQUAL(join(writer), 0);
    EQUAL(join(reader), 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static DWORD WINAPI read_all_the_time(LPVOID unused) {
    (void)unused;
    while (!may_leave) {
        AcquireSRWLockShared(&lock);
        for (int volatile i = 0; i < 2000; i++) {}
        ReleaseSRWLockShared(&lock);
    }
    return 0;
}

static void writers_do_not_starve(void) {
    HANDLE threads[4];
    may_leave = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(read_all_the_time, NULL, NULL);
    for (int i = 0; i < 100; i++) {
        AcquireSRWLockExclusive(&lock);
        ReleaseSRWLockExclusive(&lock);
    }
    may_leave = 1;
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static DWORD WINAPI write_all_the_time(LPVOID unused) {
    (void)unused;
    while (!may_leave) {
        AcquireSRWLockExclusive(&lock);
        for (int volatile i = 0; i < 2000; i++) {}
        ReleaseSRWLockExclusive(&lock);
    }
    return 0;
}

static void readers_do_not_starve(void) {
    HANDLE threads[3];
    may_leave = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(write_all_the_time, NULL, NULL);
    for (int i = 0; i < 20; i++) {
        AcquireSRWLockShared(&lock);
        ReleaseSRWLockShared(&lock);
    }
    may_leave = 1;
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static LONG first_half, second_half; // equal whenever nobody writes
static LONG volatile seen_unequal;
enum { ROUNDS = 30000 };

static DWORD WINAPI write_rounds(LPVOID unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        AcquireSRWLockExclusive(&lock);
        first_half++;
        second_half++;
        ReleaseSRWLockExclusive(&lock);
    }
    return 0;
}

static DWORD WINAPI read_rounds(LPVOID unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 3 == 0) {
            if (!TryAcquireSRWLockShared(&lock)) continue;
        } else {
            AcquireSRWLockShared(&lock);
        }
        if (*(LONG volatile *)&first_half != *(LONG volatile *)&second_half) InterlockedIncrement(&seen_unequal);
        ReleaseSRWLockShared(&lock);
    }
    return 0;
}

static void readers_see_no_half_of_a_change(void) {
    HANDLE threads[6];
    first_half = second_half = seen_unequal = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(i & 1 ? read_rounds : write_rounds, NULL, NULL);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(first_half, COUNT(threads) / 2 * ROUNDS);
    EQUAL(second_half, first_half);
    EQUAL(seen_unequal, 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

// ---- threads that are stopped while they wait

static void a_terminated_writer_keeps_nobody_out(void) {
    DWORD id, reader_id;
    LONG one = 1;
    readers_in = 0;
    AcquireSRWLockShared(&lock);
    HANDLE writer = start(write_once, NULL, &id);
    until_blocked(id);
    HANDLE reader = start(read_together, &one, &reader_id); // behind the writer
    until_blocked(reader_id);
    TRUTH(TerminateThread(writer, 7));
    EQUAL(join(writer), 7);
    ReleaseSRWLockShared(&lock);
#ifndef ON_WINE // which has no way to know of the writer's end
    EQUAL(join(reader), 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
#else
    TerminateThread(reader, 0);
    join(reader);
    InitializeSRWLock(&lock);
#endif
}

#ifndef _WIN32 // On Windows the next of the queue has to run before others do.
static void a_suspended_writer_lets_others_by(void) {
    DWORD ids[2];
    writers_in = 0;
    AcquireSRWLockExclusive(&lock);
    HANDLE first = start(write_once, NULL, &ids[0]);
    until_blocked(ids[0]);
    HANDLE second = start(write_once, NULL, &ids[1]);
    until_blocked(ids[1]);
    EQUAL(SuspendThread(first), 0);
    ReleaseSRWLockExclusive(&lock);
    EQUAL(join(second), 0);
    EQUAL(writers_in, 1);
    EQUAL(ResumeThread(first), 1);
    EQUAL(join(first), 0);
    EQUAL(writers_in, 2);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}
#endif

// ---- condition variables

static CONDITION_VARIABLE variable = CONDITION_VARIABLE_INIT;
static CRITICAL_SECTION section;
static LONG tokens;
static LONG volatile waiting, woken;

static void a_variable_is_one_word(void) {
    CONDITION_VARIABLE made;
    memset(&made, 0x5E, sizeof made);
    InitializeConditionVariable(&made);
    EQUAL(sizeof made, sizeof(void *));
    EQUAL(made.Ptr, NULL);
    EQUAL(variable.Ptr, NULL);
}

static DWORD WINAPI try_section(LPVOID unused) {
    (void)unused;
    if (!TryEnterCriticalSection(&section)) return FALSE;
    LeaveCriticalSection(&section);
    return TRUE;
}

static void a_timed_out_sleep_holds_the_section_again(void) {
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
#ifndef ON_WINE // which may end a sleep for the sake of an earlier wait ("spurious wakeups", Condition Variables)
    FAILS(SleepConditionVariableCS(&variable, &section, 0), ERROR_TIMEOUT);
    EQUAL(join(start(try_section, NULL, NULL)), FALSE);
#endif
    ULONGLONG before = GetTickCount64();
    FAILS(SleepConditionVariableCS(&variable, &section, 30), ERROR_TIMEOUT);
    TRUTH(GetTickCount64() - before >= 15);
    EQUAL(join(start(try_section, NULL, NULL)), FALSE);
    LeaveCriticalSection(&section);
    EQUAL(join(start(try_section, NULL, NULL)), TRUE);
    DeleteCriticalSection(&section);
}

static void a_timed_out_sleep_holds_the_lock_again(void) {
    AcquireSRWLockExclusive(&lock);
    FAILS(SleepConditionVariableSRW(&variable, &lock, 5, 0), ERROR_TIMEOUT);
    EQUAL(others_get(), 0);
    ReleaseSRWLockExclusive(&lock);
    AcquireSRWLockShared(&lock);
    FAILS(SleepConditionVariableSRW(&variable, &lock, 5, CONDITION_VARIABLE_LOCKMODE_SHARED), ERROR_TIMEOUT);
    EQUAL(others_get(), SHARED);
    ReleaseSRWLockShared(&lock);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

#ifndef ON_WINE // Wine takes any flag for CONDITION_VARIABLE_LOCKMODE_SHARED
static void an_unknown_lock_mode_is_refused(void) {
    AcquireSRWLockExclusive(&lock);
    FAILS(SleepConditionVariableSRW(&variable, &lock, 5, 2), ERROR_INVALID_PARAMETER);
    EQUAL(others_get(), 0);
    ReleaseSRWLockExclusive(&lock);
}
#endif

static DWORD WINAPI take_token_in_section(LPVOID unused) {
    (void)unused;
    EnterCriticalSection(&section);
    InterlockedIncrement(&waiting);
    while (tokens == 0)
        if (!SleepConditionVariableCS(&variable, &section, INFINITE)) return 99;
    tokens--;
    LeaveCriticalSection(&section);
    InterlockedIncrement(&woken);
    return 0;
}

// Starts threads of which each waits for a token, and returns when all sleep.
static void start_waiters(HANDLE *threads, DWORD *ids, size_t count, LPTHREAD_START_ROUTINE routine) {
    tokens = waiting = woken = 0;
    for (size_t i = 0; i < count; i++) threads[i] = start(routine, NULL, &ids[i]);
    while (waiting < (LONG)count) Sleep(0);
    for (size_t i = 0; i < count; i++) until_blocked(ids[i]);
}

static void a_wake_without_sleepers_is_not_kept(void) {
    InitializeCriticalSection(&section);
    SetLastError(UNTOUCHED);
    WakeConditionVariable(&variable);
    WakeAllConditionVariable(&variable);
    EQUAL(GetLastError(), UNTOUCHED);
    EnterCriticalSection(&section);
    FAILS(SleepConditionVariableCS(&variable, &section, 5), ERROR_TIMEOUT);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
}

static void one_wake_is_one_threads(void) {
    HANDLE threads[3];
    DWORD ids[3];
    InitializeCriticalSection(&section);
    start_waiters(threads, ids, COUNT(threads), take_token_in_section);
    for (LONG i = 1; i <= 3; i++) {
        EnterCriticalSection(&section);
        tokens = 1;
        LeaveCriticalSection(&section);
        WakeConditionVariable(&variable);
        while (woken < i) Sleep(0);
        EnterCriticalSection(&section);
        EQUAL(tokens, 0);
        LeaveCriticalSection(&section);
    }
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    DeleteCriticalSection(&section);
}

static void wake_all_is_everybodys(void) {
    HANDLE threads[40];
    DWORD ids[40];
    InitializeCriticalSection(&section);
    start_waiters(threads, ids, COUNT(threads), take_token_in_section);
    EnterCriticalSection(&section);
    tokens = COUNT(threads);
    LeaveCriticalSection(&section);
    WakeAllConditionVariable(&variable);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(tokens, 0);
    DeleteCriticalSection(&section);
}

static DWORD WINAPI wait_for_tokens(LPVOID is_shared) {
    DWORD result = 0;
    if (is_shared) AcquireSRWLockShared(&lock);
    else AcquireSRWLockExclusive(&lock);
    InterlockedIncrement(&waiting);
    while (tokens == 0 && !result)
        if (!SleepConditionVariableSRW(&variable, &lock, INFINITE, is_shared ? CONDITION_VARIABLE_LOCKMODE_SHARED : 0))
            result = 99;
    if (is_shared) ReleaseSRWLockShared(&lock);
    else ReleaseSRWLockExclusive(&lock);
    return result;
}

static void sleepers_hold_the_lock_as_they_had_it(void) {
    HANDLE threads[4];
    DWORD ids[4];
    tokens = waiting = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(wait_for_tokens, i & 1 ? &tokens : NULL, &ids[i]);
    while (waiting < (LONG)COUNT(threads)) Sleep(0);
    for (size_t i = 0; i < COUNT(threads); i++) until_blocked(ids[i]);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
    AcquireSRWLockExclusive(&lock);
    tokens = 1;
    WakeAllConditionVariable(&variable);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(WaitForSingleObject(threads[i], 0), WAIT_TIMEOUT);
    ReleaseSRWLockExclusive(&lock);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(others_get(), SHARED | EXCLUSIVE);
}

static DWORD WINAPI pass_the_ball(LPVOID parity) {
    for (int i = 0; i < 5000; i++) {
        EnterCriticalSection(&section);
        while ((tokens & 1) != (LONG)(LONG_PTR)parity)
            if (!SleepConditionVariableCS(&variable, &section, 20000)) return 99;
        tokens++;
        LeaveCriticalSection(&section);
        WakeConditionVariable(&variable);
    }
    return 0;
}

static void no_wake_up_is_lost(void) {
    tokens = 0;
    InitializeCriticalSection(&section);
    HANDLE even = start(pass_the_ball, (LPVOID)0, NULL), odd = start(pass_the_ball, (LPVOID)1, NULL);
    EQUAL(join(even), 0);
    EQUAL(join(odd), 0);
    EQUAL(tokens, 10000);
    DeleteCriticalSection(&section);
}

static void a_terminated_sleeper_takes_no_wake_up(void) {
    HANDLE threads[3];
    DWORD ids[3];
    InitializeCriticalSection(&section);
    start_waiters(threads, ids, COUNT(threads), take_token_in_section);
    TRUTH(TerminateThread(threads[0], 7));
    EQUAL(join(threads[0]), 7);
    EnterCriticalSection(&section);
    tokens = 2;
    LeaveCriticalSection(&section);
#ifdef ON_WINE // which may have the ended thread in its line still
    WakeAllConditionVariable(&variable);
#else
    WakeConditionVariable(&variable);
    WakeConditionVariable(&variable);
#endif
    EQUAL(join(threads[1]), 0);
    EQUAL(join(threads[2]), 0);
    EQUAL(tokens, 0);
    DeleteCriticalSection(&section);
}

static const struct test_case cases[] = {
    CASE(a_lock_is_one_word_and_free_when_zero),
    CASE(many_share_and_one_excludes),
    CASE(a_lock_is_not_recursive),
    CASE(another_thread_may_release),
    CASE(no_lock_touches_the_last_error),
    CASE(a_writer_waits_for_every_reader),
    CASE(readers_that_wait_come_in_together),
    CASE(every_waiting_writer_comes_in),
    CASE(a_reader_waits_behind_a_waiting_writer),
    CASE(writers_do_not_starve),
    CASE(readers_do_not_starve),
    CASE(readers_see_no_half_of_a_change),
    CASE(a_terminated_writer_keeps_nobody_out),
#ifndef _WIN32
    CASE(a_suspended_writer_lets_others_by),
#endif
    CASE(a_variable_is_one_word),
    CASE(a_timed_out_sleep_holds_the_section_again),
    CASE(a_timed_out_sleep_holds_the_lock_again),
#ifndef ON_WINE
    CASE(an_unknown_lock_mode_is_refused),
#endif
    CASE(a_wake_without_sleepers_is_not_kept),
    CASE(one_wake_is_one_threads),
    CASE(wake_all_is_everybodys),
    CASE(sleepers_hold_the_lock_as_they_had_it),
    CASE(no_wake_up_is_lost),
    CASE(a_terminated_sleeper_takes_no_wake_up),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
