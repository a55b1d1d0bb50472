// queues.c: timer queues and their timers; work items.
#include "cases.h"

enum { LONG_TIME = 20000 };

struct record {
    HANDLE begun; // a semaphore: released by each callback
    HANDLE go;    // a manual-reset event: what blocking callbacks wait for
    HANDLE queue, timer;
    LONG volatile count, now, wanted;
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

static VOID CALLBACK counting(PVOID context, BOOLEAN fired) {
    struct record *record = context;
    EQUAL(fired, TRUE);
    InterlockedIncrement(&record->count);
    record->thread = GetCurrentThreadId();
    ReleaseSemaphore(record->begun, 1, NULL);
}

static VOID CALLBACK blocking(PVOID context, BOOLEAN fired) {
    struct record *record = context;
    InterlockedIncrement(&record->now);
    counting(context, fired);
    EQUAL(WaitForSingleObject(record->go, LONG_TIME), WAIT_OBJECT_0);
    InterlockedDecrement(&record->now);
}

static HANDLE new_queue(void) {
    HANDLE queue = CreateTimerQueue();
    TRUTH(queue != NULL);
    return queue;
}

static HANDLE timer_of(
    HANDLE queue, WAITORTIMERCALLBACK callback, struct record *record, DWORD due, DWORD period, ULONG flags) {
    HANDLE timer = NULL;
    TRUTH(CreateTimerQueueTimer(&timer, queue, callback, record, due, period, flags));
    TRUTH(timer != NULL);
    return timer;
}

// See pool.c.
#ifdef ON_WINE
#define NEEDS_GROWTH SKIP("Wine starts no worker for callbacks that are queued already")
#else
#define NEEDS_GROWTH
#endif

// ---- timers

static void a_timer_fires_once(void) {
    for (int i = 0; i < 2; i++) {
        struct record record;
        open_record(&record);
        HANDLE queue = i ? new_queue() : NULL, timer;
        ULONGLONG began = GetTickCount64();
        timer = timer_of(queue, counting, &record, 20, 0, WT_EXECUTEDEFAULT);
        begins(&record);
        TRUTH(GetTickCount64() - began >= 19);
        EQUAL(WaitForSingleObject(record.begun, 30), WAIT_TIMEOUT);
        EQUAL(record.count, 1);
        TRUTH(record.thread != GetCurrentThreadId());
        QUIETLY(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE), TRUE);
        timer = timer_of(queue, counting, &record, 0, 0, WT_EXECUTEONLYONCE);
        begins(&record);
        TRUTH(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
        EQUAL(record.count, 2);
        if (queue) TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
        close_record(&record);
    }
}

static void a_timer_fires_each_period(void) {
    struct record record;
    open_record(&record);
    HANDLE queue = new_queue();
    ULONGLONG began = GetTickCount64();
    HANDLE timer = timer_of(queue, counting, &record, 10, 5, 0);
    for (int i = 0; i < 11; i++) begins(&record);
    TRUTH(GetTickCount64() - began >= 58);
    TRUTH(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    LONG count = record.count;
    EQUAL(WaitForSingleObject(record.go, 30), WAIT_TIMEOUT);
    EQUAL(record.count, count);
    TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    close_record(&record);
}

static void the_timer_thread_is_one(void) {
    struct record first, second;
    open_record(&first), open_record(&second);
    HANDLE queue = new_queue();
    timer_of(queue, counting, &first, 0, 3, WT_EXECUTEINTIMERTHREAD);
    timer_of(queue, counting, &second, 1, 3, WT_EXECUTEINTIMERTHREAD);
    for (int i = 0; i < 10; i++) {
        begins(&first), begins(&second);
        EQUAL(first.thread, second.thread);
    }
    TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    close_record(&first), close_record(&second);
}

static void a_timer_is_changed(void) {
    struct record record;
    open_record(&record);
    HANDLE queue = new_queue(), timer = timer_of(queue, counting, &record, LONG_TIME, 0, 0);
    QUIETLY(ChangeTimerQueueTimer(queue, timer, 5, 0), TRUE);
    begins(&record);
    QUIETLY(ChangeTimerQueueTimer(queue, timer, 0, 0), TRUE); // expired for good: not updated
    EQUAL(WaitForSingleObject(record.begun, 30), WAIT_TIMEOUT);
    EQUAL(record.count, 1);
    TRUTH(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    timer = timer_of(queue, counting, &record, LONG_TIME, 2, 0);
    TRUTH(ChangeTimerQueueTimer(queue, timer, 1, 2));
    for (int i = 0; i < 5; i++) begins(&record);
    TRUTH(ChangeTimerQueueTimer(queue, timer, LONG_TIME, 1000));
    while (WaitForSingleObject(record.begun, 30) == WAIT_OBJECT_0) {} // what was queued then
    LONG count = record.count;
    EQUAL(WaitForSingleObject(record.begun, 30), WAIT_TIMEOUT);
    EQUAL(record.count, count);
    TRUTH(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    close_record(&record);
}

static void long_functions_have_no_place(void) {
    NEEDS_GROWTH;
    struct record record;
    open_record(&record);
    HANDLE queue = new_queue();
    for (int i = 0; i < 8; i++) timer_of(queue, blocking, &record, 0, 0, WT_EXECUTELONGFUNCTION);
    for (int i = 0; i < 8; i++) begins(&record);
    EQUAL(record.now, 8);
    TRUTH(SetEvent(record.go));
    TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    EQUAL(record.now, 0);
    close_record(&record);
}

// ---- deleting timers

static void a_deleted_timer_does_not_fire(void) {
    struct record record;
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE given[] = {NULL, INVALID_HANDLE_VALUE, done};
    open_record(&record);
    HANDLE queue = new_queue();
    for (int i = 0; i < 3; i++) {
        HANDLE timer = timer_of(queue, counting, &record, 40, 1, 0);
#ifdef ON_WINE
        // Nothing is outstanding (DeleteTimerQueueTimer); Wine's timer thread may be about to look at the timer.
        TRUTH(DeleteTimerQueueTimer(queue, timer, given[i]) || GetLastError() == ERROR_IO_PENDING);
#else
        QUIETLY(DeleteTimerQueueTimer(queue, timer, given[i]), TRUE);
#endif
    }
    EQUAL(WaitForSingleObject(done, LONG_TIME), WAIT_OBJECT_0);
    EQUAL(WaitForSingleObject(record.begun, 60), WAIT_TIMEOUT);
    EQUAL(record.count, 0);
    TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    CloseHandle(done);
    close_record(&record);
}

static void a_running_callback_is_pending(void) {
    struct record record;
    open_record(&record);
    HANDLE queue = new_queue(), done = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE timer = timer_of(queue, blocking, &record, 0, 0, 0);
    begins(&record);
    FAILS(DeleteTimerQueueTimer(queue, timer, NULL), ERROR_IO_PENDING);
    timer = timer_of(queue, blocking, &record, 0, 0, 0);
    begins(&record);
#ifdef ON_WINE
    // It fails if "there are outstanding callback functions and CompletionEvent is NULL" (DeleteTimerQueueTimer).
    FAILS(DeleteTimerQueueTimer(queue, timer, done), ERROR_IO_PENDING);
#else
    QUIETLY(DeleteTimerQueueTimer(queue, timer, done), TRUE);
#endif
    EQUAL(is_signaled(done), FALSE);
    EQUAL(record.now, 2);
    TRUTH(SetEvent(record.go));
    EQUAL(WaitForSingleObject(done, LONG_TIME), WAIT_OBJECT_0);
    while (record.now) SwitchToThread();
    EQUAL(record.count, 2);
    TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    CloseHandle(done);
    close_record(&record);
}

static DWORD WINAPI let_go(void *context) {
    struct record *record = context;
    EQUAL(WaitForSingleObject(record->begun, LONG_TIME), WAIT_OBJECT_0);
    until_blocked((DWORD)record->wanted);
    return SetEvent(record->go);
}

static void a_running_callback_is_waited_for(void) {
    for (int i = 0; i < 2; i++) {
        struct record record;
        open_record(&record);
        record.wanted = (LONG)GetCurrentThreadId();
        HANDLE queue = new_queue(), timer = timer_of(queue, blocking, &record, 0, 0, 0);
        while (!record.now) SwitchToThread();
        HANDLE thread = start(let_go, &record, NULL);
        if (i) TRUTH(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
        TRUTH(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
        EQUAL(record.now, 0);
        EQUAL(record.count, 1);
        EQUAL(join(thread), TRUE);
        close_record(&record);
    }
}

static VOID CALLBACK deleting(PVOID context, BOOLEAN fired) {
    struct record *record = context;
    SetLastError(UNTOUCHED);
    record->result = DeleteTimerQueueTimer(record->queue, record->timer, NULL);
    record->error = GetLastError();
    counting(context, fired);
}

static void a_callback_deletes_its_timer(void) {
    struct record record;
    open_record(&record);
    record.queue = new_queue();
    record.result = UNTOUCHED;
    TRUTH(CreateTimerQueueTimer(&record.timer, record.queue, deleting, &record, 5, 500, 0));
    begins(&record);
    EQUAL(record.result, FALSE);
    EQUAL(record.error, ERROR_IO_PENDING);
    EQUAL(WaitForSingleObject(record.begun, 600), WAIT_TIMEOUT);
    EQUAL(record.count, 1);
    TRUTH(DeleteTimerQueueEx(record.queue, INVALID_HANDLE_VALUE));
    close_record(&record);
}

// ---- deleting queues

static void a_queue_goes_with_its_timers(void) {
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 4; i++) {
        struct record record;
        open_record(&record);
        HANDLE queue = new_queue();
        for (int timer = 0; timer < 20; timer++) timer_of(queue, counting, &record, 60 + (DWORD)timer, 1, 0);
#ifdef ON_WINE
        // Wine says of every deletion that does not block that it is pending.
        TRUTH(DeleteTimerQueueEx(queue, i == 2 ? done : INVALID_HANDLE_VALUE) || i == 2);
#else
        if (i == 0) QUIETLY(DeleteTimerQueue(queue), TRUE);
        else QUIETLY(DeleteTimerQueueEx(queue, i == 1 ? NULL : i == 2 ? done : INVALID_HANDLE_VALUE), TRUE);
#endif
        if (i == 2) EQUAL(WaitForSingleObject(done, LONG_TIME), WAIT_OBJECT_0);
        EQUAL(WaitForSingleObject(record.begun, 90), WAIT_TIMEOUT);
        EQUAL(record.count, 0);
        close_record(&record);
    }
    CloseHandle(done);
}

#ifndef ON_WINE
static void a_queue_with_a_running_callback(void) {
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 3; i++) {
        struct record record;
        open_record(&record);
        HANDLE queue = new_queue();
        timer_of(queue, blocking, &record, 0, 0, 0);
        timer_of(queue, blocking, &record, 0, 0, 0);
        timer_of(queue, blocking, &record, LONG_TIME, 0, 0);
        begins(&record), begins(&record);
        if (i == 0) FAILS(DeleteTimerQueue(queue), ERROR_IO_PENDING);
        else if (i == 1) FAILS(DeleteTimerQueueEx(queue, NULL), ERROR_IO_PENDING);
        else QUIETLY(DeleteTimerQueueEx(queue, done), TRUE);
        EQUAL(is_signaled(done), FALSE);
        TRUTH(SetEvent(record.go));
        if (i == 2) EQUAL(WaitForSingleObject(done, LONG_TIME), WAIT_OBJECT_0);
        while (record.now) SwitchToThread();
        EQUAL(record.count, 2);
        close_record(&record);
    }
    CloseHandle(done);
}
#endif

#ifndef _WIN32
static VOID CALLBACK deleting_all(PVOID context, BOOLEAN fired) {
    struct record *record = context;
    SetLastError(UNTOUCHED);
    record->result = record->wanted ? DeleteTimerQueueEx(record->queue, INVALID_HANDLE_VALUE)
                                    : DeleteTimerQueueTimer(record->queue, record->timer, INVALID_HANDLE_VALUE);
    record->error = GetLastError();
    counting(context, fired);
}

// On Windows a deadlock: "make sure that the callback does not make a blocking call" (DeleteTimerQueueEx).
static void a_callback_does_not_wait_for_itself(void) {
    for (int i = 0; i < 2; i++) {
        struct record record;
        open_record(&record);
        record.queue = new_queue();
        record.wanted = i;
        TRUTH(CreateTimerQueueTimer(&record.timer, record.queue, deleting_all, &record, 0, 0, 0));
        begins(&record);
        EQUAL(record.result, FALSE);
        EQUAL(record.error, ERROR_IO_PENDING);
        if (!i) TRUTH(DeleteTimerQueueEx(record.queue, INVALID_HANDLE_VALUE));
        close_record(&record);
    }
}

static void wrong_names(void) {
    struct record record;
    open_record(&record);
    HANDLE queue = new_queue(), other = new_queue(), timer = timer_of(queue, counting, &record, LONG_TIME, 0, 0);
    HANDLE stale = new_queue(), unwritten = (HANDLE)UNTOUCHED;
    TRUTH(DeleteTimerQueue(stale));
    HANDLE bad[] = {INVALID_HANDLE_VALUE, stale, record.go, timer, (HANDLE)0x123456789ABC,
                    (HANDLE)((ULONG_PTR)queue | 1)};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(CreateTimerQueueTimer(&unwritten, bad[i], counting, &record, 0, 0, 0), ERROR_INVALID_HANDLE);
        FAILS(ChangeTimerQueueTimer(bad[i], timer, 0, 0), ERROR_INVALID_HANDLE);
        FAILS(DeleteTimerQueueTimer(bad[i], timer, NULL), ERROR_INVALID_HANDLE);
        FAILS(DeleteTimerQueue(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(DeleteTimerQueueEx(bad[i], INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
        if (bad[i] != timer) {
            FAILS(ChangeTimerQueueTimer(queue, bad[i], 0, 0), ERROR_INVALID_HANDLE);
            FAILS(DeleteTimerQueueTimer(queue, bad[i], NULL), ERROR_INVALID_HANDLE);
        }
    }
    FAILS(DeleteTimerQueue(NULL), ERROR_INVALID_HANDLE);
    FAILS(DeleteTimerQueueEx(NULL, NULL), ERROR_INVALID_HANDLE);
    FAILS(DeleteTimerQueueTimer(queue, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(ChangeTimerQueueTimer(queue, NULL, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(DeleteTimerQueueTimer(other, timer, NULL), ERROR_INVALID_HANDLE); // of another queue
    FAILS(DeleteTimerQueueTimer(NULL, timer, NULL), ERROR_INVALID_HANDLE);
    FAILS(DeleteTimerQueueTimer(queue, timer, record.begun), ERROR_INVALID_HANDLE);
    FAILS(DeleteTimerQueueEx(queue, record.begun), ERROR_INVALID_HANDLE);
    FAILS(CreateTimerQueueTimer(&unwritten, queue, NULL, &record, 0, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(CreateTimerQueueTimer(NULL, queue, counting, &record, 0, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(CreateTimerQueueTimer(&unwritten, queue, counting, &record, 0, 0, 0x8000), ERROR_INVALID_PARAMETER);
    FAILS(CreateTimerQueueTimer(&unwritten, queue, counting, &record, 0, 1, WT_EXECUTEONLYONCE),
          ERROR_INVALID_PARAMETER);
    EQUAL(unwritten, UNTOUCHED);
    FAILS(CloseHandle(queue), ERROR_INVALID_HANDLE);
    FAILS(CloseHandle(timer), ERROR_INVALID_HANDLE);
    TRUTH(DeleteTimerQueueTimer(queue, timer, NULL));
    FAILS(DeleteTimerQueueTimer(queue, timer, NULL), ERROR_INVALID_HANDLE);
    TRUTH(DeleteTimerQueue(queue) && DeleteTimerQueue(other));
    EQUAL(record.count, 0);
    close_record(&record);
}
#endif

// ---- work items

static DWORD WINAPI item(void *context) {
    counting(context, TRUE);
    return 0;
}

static DWORD WINAPI blocking_item(void *context) {
    blocking(context, TRUE);
    return 0;
}

static void work_items_run(void) {
    static const ULONG flags[] = {WT_EXECUTEDEFAULT, WT_EXECUTEINIOTHREAD, WT_EXECUTEINPERSISTENTTHREAD,
                                  WT_EXECUTELONGFUNCTION, WT_TRANSFER_IMPERSONATION};
    struct record record;
    open_record(&record);
    for (int i = 0; i < 100; i++) QUIETLY(QueueUserWorkItem(item, &record, flags[i % COUNT(flags)]), TRUE);
    for (int i = 0; i < 100; i++) begins(&record);
    EQUAL(record.count, 100);
    TRUTH(record.thread != GetCurrentThreadId());
    close_record(&record);
}

static void work_items_may_block(void) {
    NEEDS_GROWTH;
    struct record record;
    ULONG flags = WT_EXECUTELONGFUNCTION;
    WT_SET_MAX_THREADPOOL_THREADS(flags, 400u);
    open_record(&record);
    for (int i = 0; i < 30; i++) TRUTH(QueueUserWorkItem(blocking_item, &record, flags));
    for (int i = 0; i < 30; i++) begins(&record);
    EQUAL(record.now, 30);
    TRUTH(SetEvent(record.go));
    while (record.now) SwitchToThread();
    close_record(&record);
}

#ifndef _WIN32
static void wrong_work_items(void) {
    FAILS(QueueUserWorkItem(NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(QueueUserWorkItem(item, NULL, 0x8000), ERROR_INVALID_PARAMETER);
}
#endif

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(a_timer_fires_once),
        CASE(a_timer_fires_each_period),
        CASE(the_timer_thread_is_one),
        CASE(a_timer_is_changed),
        CASE(long_functions_have_no_place),
        CASE(a_deleted_timer_does_not_fire),
        CASE(a_running_callback_is_pending),
        CASE(a_running_callback_is_waited_for),
        CASE(a_callback_deletes_its_timer),
        CASE(a_queue_goes_with_its_timers),
#ifndef ON_WINE
        CASE(a_queue_with_a_running_callback),
#endif
#ifndef _WIN32
        CASE(a_callback_does_not_wait_for_itself),
        CASE(wrong_names),
#endif
        CASE(work_items_run),
        CASE(work_items_may_block),
#ifndef _WIN32
        CASE(wrong_work_items),
#endif
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
