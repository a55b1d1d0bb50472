// registered.c: registered waits: when their callbacks run, what they take, and how they end.
#include "cases.h"

enum { LONG_TIME = 20000 };

struct record {
    HANDLE begun; // a semaphore: released by each callback
    HANDLE go;    // a manual-reset event: what blocking callbacks wait for
    HANDLE object, wait;
    LONG volatile count, signals, timeouts, now, wanted;
    DWORD thread;
    BOOL volatile result;
    DWORD volatile error;
};

static void open_record(struct record *record) {
    memset(record, 0, sizeof *record);
    record->begun = CreateSemaphoreA(NULL, 0, 1000000, NULL);
    record->go = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(record->begun && record->go);
}

static void close_record(struct record *record) { TRUTH(CloseHandle(record->begun) && CloseHandle(record->go)); }

static void begins(struct record *record) { EQUAL(WaitForSingleObject(record->begun, LONG_TIME), WAIT_OBJECT_0); }

static void note(struct record *record, BOOLEAN timed_out) {
    TRUTH(timed_out == TRUE || timed_out == FALSE);
    InterlockedIncrement(timed_out ? &record->timeouts : &record->signals);
    InterlockedIncrement(&record->count);
    record->thread = GetCurrentThreadId();
    ReleaseSemaphore(record->begun, 1, NULL);
}

static VOID CALLBACK counting(PVOID context, BOOLEAN timed_out) { note(context, timed_out); }

static VOID CALLBACK blocking(PVOID context, BOOLEAN timed_out) {
    struct record *record = context;
    InterlockedIncrement(&record->now);
    note(record, timed_out);
    EQUAL(WaitForSingleObject(record->go, LONG_TIME), WAIT_OBJECT_0);
    InterlockedDecrement(&record->now);
}

static VOID CALLBACK resetting(PVOID context, BOOLEAN timed_out) {
    struct record *record = context;
    TRUTH(ResetEvent(record->object));
    note(record, timed_out);
}

static HANDLE registered(HANDLE object, WAITORTIMERCALLBACK callback, struct record *record, ULONG ms, ULONG flags) {
    HANDLE wait = NULL;
    TRUTH(RegisterWaitForSingleObject(&wait, object, callback, record, ms, flags));
    TRUTH(wait != NULL);
    return wait;
}

static HANDLE automatic(void) { return CreateEventA(NULL, FALSE, FALSE, NULL); }
static HANDLE manual(void) { return CreateEventA(NULL, TRUE, FALSE, NULL); }

// ---- callbacks

static void once_is_once(void) {
    struct record record;
    open_record(&record);
    HANDLE event = manual(), wait = registered(event, counting, &record, INFINITE, WT_EXECUTEONLYONCE);
    EQUAL(WaitForSingleObject(record.begun, 10), WAIT_TIMEOUT);
    TRUTH(SetEvent(event));
    begins(&record);
    EQUAL(WaitForSingleObject(record.begun, 20), WAIT_TIMEOUT);
    EQUAL(record.signals, 1);
    EQUAL(record.timeouts, 0);
    TRUTH(record.thread != GetCurrentThreadId());
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE)); // it must be unregistered all the same
    CloseHandle(event);
    close_record(&record);
}

static void an_object_that_is_signaled_already(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic();
    TRUTH(SetEvent(event));
    HANDLE wait = registered(event, counting, &record, INFINITE, WT_EXECUTEONLYONCE);
    begins(&record);
    TRUTH(!is_signaled(event));
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    CloseHandle(event);
    close_record(&record);
}

static void each_signal_is_a_callback(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic(), wait = registered(event, counting, &record, INFINITE, WT_EXECUTEDEFAULT);
    for (int i = 1; i <= 50; i++) {
        TRUTH(SetEvent(event));
        begins(&record);
        EQUAL(record.count, i);
    }
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    TRUTH(SetEvent(event));
    TRUTH(is_signaled(event)); // nobody waits any more
    EQUAL(record.signals, 50);
    CloseHandle(event);
    close_record(&record);
}

static void each_count_of_a_semaphore_is_a_callback(void) {
    struct record record;
    open_record(&record);
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1000, NULL);
    HANDLE wait = registered(semaphore, counting, &record, INFINITE, 0);
    TRUTH(ReleaseSemaphore(semaphore, 200, NULL));
    for (int i = 0; i < 200; i++) begins(&record);
    EQUAL(record.signals, 200);
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EQUAL(record.count, 200);
    EQUAL(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    CloseHandle(semaphore);
    close_record(&record);
}

static void callbacks_of_one_wait_may_overlap(void) {
    struct record record;
    open_record(&record);
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
    HANDLE wait = registered(semaphore, blocking, &record, INFINITE, WT_EXECUTELONGFUNCTION);
    for (int i = 0; i < 5; i++) {
        TRUTH(ReleaseSemaphore(semaphore, 1, NULL));
        begins(&record);
    }
    EQUAL(record.now, 5);
    TRUTH(SetEvent(record.go));
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EQUAL(record.now, 0);
    CloseHandle(semaphore);
    close_record(&record);
}

static void timeouts_repeat(void) {
#ifdef ON_WINE
    // "The timer is reset every time the wait operation completes" (RegisterWaitForSingleObject, dwFlags).
    SKIP("Wine's second time-out never comes");
#endif
    struct record record;
    open_record(&record);
    HANDLE event = automatic();
    ULONGLONG began = GetTickCount64();
    HANDLE wait = registered(event, counting, &record, 15, 0);
    for (int i = 0; i < 4; i++) begins(&record);
    TRUTH(GetTickCount64() - began >= 58);
    TRUTH(record.timeouts >= 4);
    EQUAL(record.signals, 0);
    TRUTH(SetEvent(event));
    while (!record.signals) SwitchToThread();
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EQUAL(record.signals, 1);
    LONG count = record.count;
    EQUAL(WaitForSingleObject(record.go, 40), WAIT_TIMEOUT);
    EQUAL(record.count, count);
    CloseHandle(event);
    close_record(&record);
}

static void no_time_at_all(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic(), wait = registered(event, counting, &record, 0, WT_EXECUTEONLYONCE);
    begins(&record);
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EQUAL(record.timeouts, 1);
#ifndef ON_WINE
    // "The function tests the object's state" (RegisterWaitForSingleObject); Wine looks at the time first.
    TRUTH(SetEvent(event));
    wait = registered(event, counting, &record, 0, WT_EXECUTEONLYONCE);
    begins(&record);
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EQUAL(record.signals, 1);
    TRUTH(!is_signaled(event));
#endif
    EQUAL(record.timeouts, 1);
    CloseHandle(event);
    close_record(&record);
}

static void the_wait_thread_is_one(void) {
    struct record first, second;
    open_record(&first), open_record(&second);
    first.object = manual(), second.object = manual();
    HANDLE one = registered(first.object, resetting, &first, INFINITE, WT_EXECUTEINWAITTHREAD);
    HANDLE two = registered(second.object, resetting, &second, INFINITE, WT_EXECUTEINWAITTHREAD);
    for (int i = 1; i <= 20; i++) {
        TRUTH(SetEvent(first.object));
        begins(&first);
        TRUTH(SetEvent(second.object));
        begins(&second);
        EQUAL(first.count, i); // the event was reset before the next wait began
        EQUAL(second.count, i);
        EQUAL(first.thread, second.thread);
    }
    TRUTH(UnregisterWaitEx(one, INVALID_HANDLE_VALUE));
    TRUTH(UnregisterWaitEx(two, INVALID_HANDLE_VALUE));
    CloseHandle(first.object), CloseHandle(second.object);
    close_record(&first), close_record(&second);
}

static VOID CALLBACK meeting(PVOID context, BOOLEAN timed_out) {
    struct record *record = context;
    note(record, timed_out);
    while (record->count < record->wanted) SwitchToThread();
}

static void long_functions_have_no_place(void) {
    enum { WAITS = 10 };
    HANDLE waits[WAITS];
    struct record record;
    open_record(&record);
    record.wanted = WAITS;
    HANDLE event = manual();
    for (int i = 0; i < WAITS; i++)
        waits[i] = registered(event, meeting, &record, INFINITE, WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION);
    TRUTH(SetEvent(event));
    for (int i = 0; i < WAITS; i++) TRUTH(UnregisterWaitEx(waits[i], INVALID_HANDLE_VALUE));
    EQUAL(record.count, WAITS);
    CloseHandle(event);
    close_record(&record);
}

static void flags_are_taken(void) {
    static const ULONG flags[] = {WT_EXECUTEINIOTHREAD, WT_EXECUTEINPERSISTENTTHREAD, WT_EXECUTELONGFUNCTION,
                                  WT_TRANSFER_IMPERSONATION, WT_EXECUTEINWAITTHREAD};
    struct record record;
    open_record(&record);
    HANDLE event = automatic();
    for (size_t i = 0; i < COUNT(flags); i++) {
        HANDLE wait = registered(event, counting, &record, INFINITE, flags[i] | WT_EXECUTEONLYONCE);
        TRUTH(SetEvent(event));
        begins(&record);
        TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    }
    EQUAL(record.signals, (LONG)COUNT(flags));
    CloseHandle(event);
    close_record(&record);
}

static DWORD WINAPI until_set(void *event) { return WaitForSingleObject(event, INFINITE); }

static void threads_and_timers(void) {
    struct record record;
    LARGE_INTEGER due;
    open_record(&record);
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL), thread = start(until_set, record.go, NULL);
    HANDLE one = registered(thread, counting, &record, INFINITE, WT_EXECUTEONLYONCE);
    HANDLE two = registered(timer, counting, &record, INFINITE, 0);
    TRUTH(SetEvent(record.go));
    begins(&record);
    EQUAL(join(thread), 0);
    due.QuadPart = -10000;
    TRUTH(SetWaitableTimer(timer, &due, 5, NULL, NULL, FALSE));
    for (int i = 0; i < 3; i++) begins(&record);
    TRUTH(UnregisterWaitEx(one, INVALID_HANDLE_VALUE) && UnregisterWaitEx(two, INVALID_HANDLE_VALUE));
    EQUAL(record.timeouts, 0);
    CloseHandle(timer);
    close_record(&record);
}

// ---- unregistering

static void an_unregistered_wait_takes_nothing(void) {
    struct record record;
    HANDLE done = manual();
    open_record(&record);
    for (int i = 0; i < 3; i++) {
        HANDLE event = automatic(), wait = registered(event, counting, &record, i == 0 ? 5000 : INFINITE, 0);
        SetLastError(UNTOUCHED);
        TRUTH(i == 0 ? UnregisterWait(wait) : UnregisterWaitEx(wait, i == 1 ? NULL : done));
        EQUAL(GetLastError(), UNTOUCHED);
        TRUTH(SetEvent(event));
        TRUTH(is_signaled(event));
        CloseHandle(event);
    }
    EQUAL(WaitForSingleObject(done, LONG_TIME), WAIT_OBJECT_0);
    EQUAL(record.count, 0);
    CloseHandle(done);
    close_record(&record);
}

static void a_running_callback_is_pending(void) {
    for (int i = 0; i < 3; i++) {
        struct record record;
        open_record(&record);
        HANDLE event = automatic(), done = manual(), wait = registered(event, blocking, &record, INFINITE, 0);
        TRUTH(SetEvent(event));
        begins(&record);
        if (i == 0) FAILS(UnregisterWait(wait), ERROR_IO_PENDING);
        else FAILS(UnregisterWaitEx(wait, i == 1 ? NULL : done), ERROR_IO_PENDING);
        EQUAL(is_signaled(done), FALSE);
        EQUAL(record.now, 1);
        TRUTH(SetEvent(record.go));
        if (i == 2) EQUAL(WaitForSingleObject(done, LONG_TIME), WAIT_OBJECT_0);
        while (record.now) SwitchToThread();
        TRUTH(SetEvent(event)); // unregistered it is
        TRUTH(is_signaled(event));
        EQUAL(record.count, 1);
        CloseHandle(event), CloseHandle(done);
        close_record(&record);
    }
}

static DWORD WINAPI let_go(void *context) {
    struct record *record = context;
    EQUAL(WaitForSingleObject(record->begun, LONG_TIME), WAIT_OBJECT_0);
    until_blocked(record->wanted);
    return SetEvent(record->go);
}

static void a_running_callback_is_waited_for(void) {
    struct record record;
    open_record(&record);
    record.wanted = (LONG)GetCurrentThreadId();
    HANDLE event = automatic(), wait = registered(event, blocking, &record, INFINITE, 0);
    TRUTH(SetEvent(event));
    while (!record.now) SwitchToThread();
    HANDLE thread = start(let_go, &record, NULL);
    QUIETLY(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE), TRUE);
    EQUAL(record.now, 0);
    EQUAL(record.count, 1);
    EQUAL(join(thread), TRUE);
    CloseHandle(event);
    close_record(&record);
}

static VOID CALLBACK unregistering(PVOID context, BOOLEAN timed_out) {
    struct record *record = context;
    SetLastError(UNTOUCHED);
    record->result = UnregisterWait(record->wait);
    record->error = GetLastError();
    note(record, timed_out);
}

static void a_callback_unregisters_its_wait(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic();
    record.result = UNTOUCHED;
    record.wait = registered(event, unregistering, &record, INFINITE, 0);
    TRUTH(SetEvent(event));
    begins(&record);
    EQUAL(record.result, FALSE); // it is running still
    EQUAL(record.error, ERROR_IO_PENDING);
    TRUTH(SetEvent(event));
    TRUTH(is_signaled(event));
    CloseHandle(event);
    close_record(&record);
}

#ifndef _WIN32
static VOID CALLBACK unregistering_for_good(PVOID context, BOOLEAN timed_out) {
    struct record *record = context;
    SetLastError(UNTOUCHED);
    record->result = UnregisterWaitEx(record->wait, INVALID_HANDLE_VALUE);
    record->error = GetLastError();
    note(record, timed_out);
}

// "Do not make a blocking call from within the callback" (UnregisterWaitEx): on Windows a deadlock.
static void a_callback_does_not_wait_for_itself(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic();
    record.wait = registered(event, unregistering_for_good, &record, INFINITE, 0);
    TRUTH(SetEvent(event));
    begins(&record);
    EQUAL(record.result, FALSE);
    EQUAL(record.error, ERROR_IO_PENDING);
    CloseHandle(event);
    close_record(&record);
}

static DWORD WINAPI set_it(void *event) { return SetEvent(event); }

// A signal and an unregistration at once: either the callback runs, or the signal is left; not both, not neither.
static void no_signal_is_lost_or_doubled(void) {
    enum { ROUNDS = 3000 };
    struct record record;
    LONG taken = 0, left = 0;
    open_record(&record);
    HANDLE event = automatic();
    for (int i = 0; i < ROUNDS; i++) {
        HANDLE wait = registered(event, counting, &record, i & 1 ? INFINITE : LONG_TIME, i & 2 ? WT_EXECUTEONLYONCE : 0);
        LONG before = record.count;
        HANDLE thread = start(set_it, event, NULL);
        for (int spin = 0; spin < i % 200 * 100; spin++) YieldProcessor();
        TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
        EQUAL(join(thread), TRUE);
        LONG ran = record.count - before;
        int is_left = is_signaled(event);
        if (!EQUAL(ran + is_left, 1)) break;
        taken += ran, left += is_left;
    }
    EQUAL(taken + left, ROUNDS);
    EQUAL(record.timeouts, 0);
    CloseHandle(event);
    close_record(&record);
}

// Closing the handle ends no wait.
static void a_closed_handle_is_waited_for_still(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic(), other;
    TRUTH(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    HANDLE wait = registered(event, counting, &record, INFINITE, 0);
    TRUTH(CloseHandle(event));
    for (int i = 0; i < 3; i++) {
        TRUTH(SetEvent(other));
        begins(&record);
    }
    TRUTH(CloseHandle(other));
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EQUAL(record.count, 3);
    close_record(&record);
}

static void wrong_objects(void) {
    HANDLE event = automatic(), mutex = CreateMutexA(NULL, FALSE, NULL), weak, wait = (HANDLE)UNTOUCHED;
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), closed = automatic();
    TRUTH(CloseHandle(closed));
    TRUTH(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, EVENT_MODIFY_STATE, FALSE, 0));
    HANDLE bad[] = {closed, NULL, INVALID_HANDLE_VALUE, GetCurrentThread(), mutex, port, (HANDLE)0x7FFFFFFC};
    for (size_t i = 0; i < COUNT(bad); i++)
        for (ULONG flags = 0; flags <= WT_EXECUTEONLYONCE; flags += WT_EXECUTEONLYONCE)
            FAILS(RegisterWaitForSingleObject(&wait, bad[i], counting, NULL, 0, flags), ERROR_INVALID_HANDLE);
    FAILS(RegisterWaitForSingleObject(&wait, weak, counting, NULL, 0, 0), ERROR_ACCESS_DENIED);
    FAILS(RegisterWaitForSingleObject(&wait, event, NULL, NULL, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(RegisterWaitForSingleObject(NULL, event, counting, NULL, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(RegisterWaitForSingleObject(&wait, event, counting, NULL, 0, 0x8000), ERROR_INVALID_PARAMETER);
    EQUAL(wait, UNTOUCHED);
    CloseHandle(event), CloseHandle(mutex), CloseHandle(weak), CloseHandle(port);
}

static void stale_and_random_waits(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic(), wait = registered(event, counting, &record, INFINITE, 0);
    HANDLE bad[] = {NULL, INVALID_HANDLE_VALUE, event, (HANDLE)0x123456789ABC, (HANDLE)((ULONG_PTR)wait + 16),
                    (HANDLE)((ULONG_PTR)wait - 16), (HANDLE)((ULONG_PTR)wait | 1)};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(UnregisterWait(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(UnregisterWaitEx(bad[i], NULL), ERROR_INVALID_HANDLE);
        FAILS(UnregisterWaitEx(bad[i], INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
    }
    FAILS(CloseHandle(wait), ERROR_INVALID_HANDLE);
    FAILS_WITH(WaitForSingleObject(wait, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    // An event that is none: the wait stays registered.
    FAILS(UnregisterWaitEx(wait, (HANDLE)0x7FFFFFFC), ERROR_INVALID_HANDLE);
    FAILS(UnregisterWaitEx(wait, record.begun), ERROR_INVALID_HANDLE);
    TRUTH(SetEvent(event));
    begins(&record);
    TRUTH(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    FAILS(UnregisterWait(wait), ERROR_INVALID_HANDLE);
    FAILS(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    close_record(&record);
}

static VOID CALLBACK leaving(PVOID context, BOOLEAN timed_out) {
    note(context, timed_out);
    ExitThread(3);
}

static void a_callback_may_end_its_thread(void) {
    struct record record;
    open_record(&record);
    HANDLE event = automatic();
    HANDLE one = registered(event, leaving, &record, INFINITE, 0), two;
    for (int i = 0; i < 10; i++) {
        TRUTH(SetEvent(event));
        begins(&record);
    }
    TRUTH(UnregisterWaitEx(one, INVALID_HANDLE_VALUE));
    two = registered(event, leaving, &record, INFINITE, WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE);
    TRUTH(SetEvent(event));
    begins(&record);
    TRUTH(UnregisterWaitEx(two, INVALID_HANDLE_VALUE));
    two = registered(event, counting, &record, INFINITE, WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE);
    TRUTH(SetEvent(event));
    begins(&record);
    TRUTH(UnregisterWaitEx(two, INVALID_HANDLE_VALUE));
    EQUAL(record.count, 12);
    CloseHandle(event);
    close_record(&record);
}
#endif

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(once_is_once),
        CASE(an_object_that_is_signaled_already),
        CASE(each_signal_is_a_callback),
        CASE(each_count_of_a_semaphore_is_a_callback),
        CASE(callbacks_of_one_wait_may_overlap),
        CASE(timeouts_repeat),
        CASE(no_time_at_all),
        CASE(the_wait_thread_is_one),
        CASE(long_functions_have_no_place),
        CASE(flags_are_taken),
        CASE(threads_and_timers),
        CASE(an_unregistered_wait_takes_nothing),
        CASE(a_running_callback_is_pending),
        CASE(a_running_callback_is_waited_for),
        CASE(a_callback_unregisters_its_wait),
#ifndef _WIN32
        CASE(a_callback_does_not_wait_for_itself),
        CASE(no_signal_is_lost_or_doubled),
        CASE(a_closed_handle_is_waited_for_still),
        CASE(wrong_objects),
        CASE(stale_and_random_waits),
        CASE(a_callback_may_end_its_thread),
#endif
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
