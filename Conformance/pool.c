// pool.c: the thread pool: work, timers, waits, cleanup groups, and what a callback may ask for.
#include "cases.h"

enum { LONG_TIME = 20000 };

static FILETIME in_ms(LONG milliseconds) {
    ULARGE_INTEGER value;
    FILETIME due;
    value.QuadPart = (ULONGLONG)(-(LONGLONG)milliseconds * 10000);
    due.dwLowDateTime = value.LowPart, due.dwHighDateTime = value.HighPart;
    return due;
}

static FILETIME at_ms(LONG milliseconds) { // by the clock of the day
    ULARGE_INTEGER value;
    FILETIME due;
    GetSystemTimeAsFileTime(&due);
    value.LowPart = due.dwLowDateTime, value.HighPart = due.dwHighDateTime;
    value.QuadPart += (ULONGLONG)((LONGLONG)milliseconds * 10000);
    due.dwLowDateTime = value.LowPart, due.dwHighDateTime = value.HighPart;
    return due;
}

// What callbacks count, and what they wait for.
struct record {
    HANDLE begun;  // a semaphore: released by each callback
    HANDLE go;     // a manual-reset event: what blocking callbacks wait for
    LONG volatile count, most, now;
    LONG wanted;   // how many callbacks are to meet
    void *object;
    DWORD result, thread;
};

static void open_record(struct record *record) {
    memset(record, 0, sizeof *record);
    record->begun = CreateSemaphoreA(NULL, 0, 1000000, NULL);
    record->go = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(record->begun && record->go);
}

static void close_record(struct record *record) { TRUTH(CloseHandle(record->begun) && CloseHandle(record->go)); }

static void begins(struct record *record) { EQUAL(WaitForSingleObject(record->begun, LONG_TIME), WAIT_OBJECT_0); }

static void note(struct record *record) {
    LONG now = InterlockedIncrement(&record->now), most;
    while (now > (most = record->most)) InterlockedCompareExchange(&record->most, now, most);
    record->thread = GetCurrentThreadId();
    InterlockedIncrement(&record->count);
}

// The last that a callback does with a record which is gone when the case has heard of it.
static void tell(struct record *record) { ReleaseSemaphore(record->begun, 1, NULL); }

static VOID CALLBACK counting(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct record *record = context;
    TRUTH(instance != NULL);
    record->object = work;
    note(record);
    InterlockedDecrement(&record->now);
    tell(record);
}

static VOID CALLBACK blocking(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct record *record = context;
    (void)instance, (void)work;
    note(record);
    tell(record);
    EQUAL(WaitForSingleObject(record->go, LONG_TIME), WAIT_OBJECT_0);
    InterlockedDecrement(&record->now);
}

// Returns when as many run at a time as are wanted.
static VOID CALLBACK meeting(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct record *record = context;
    (void)instance, (void)work;
    note(record);
    tell(record);
    if (record->count == record->wanted) TRUTH(SetEvent(record->go));
    EQUAL(WaitForSingleObject(record->go, LONG_TIME), WAIT_OBJECT_0);
}

// As `meeting`, but never in a wait.
static VOID CALLBACK spinning(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct record *record = context;
    (void)instance, (void)work;
    note(record);
    tell(record);
    while (record->count < record->wanted) SwitchToThread();
}

static VOID CALLBACK simple(PTP_CALLBACK_INSTANCE instance, PVOID context) { counting(instance, context, NULL); }

// A pool of so many threads, and an environment for it.
static PTP_POOL pool_of(DWORD threads, TP_CALLBACK_ENVIRON *environment) {
    PTP_POOL pool = CreateThreadpool(NULL);
    TRUTH(pool != NULL);
    SetThreadpoolThreadMaximum(pool, threads);
    InitializeThreadpoolEnvironment(environment);
    SetThreadpoolCallbackPool(environment, pool);
    return pool;
}

// Wine starts a worker when a callback is queued and all workers are busy at that instant, and otherwise none; on Windows
// "the thread pool creates threads as they are needed, up to the maximum" (Thread Pools).
#ifdef ON_WINE
#define NEEDS_GROWTH SKIP("Wine starts no worker for callbacks that are queued already")
#else
#define NEEDS_GROWTH
#endif

// ---- work

static void each_submission_is_a_callback(void) {
    struct record record;
    open_record(&record);
    PTP_WORK work = CreateThreadpoolWork(counting, &record, NULL);
    REQUIRE(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE); // there are none
    EQUAL(record.count, 0);
    for (int i = 0; i < 100; i++) SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 100);
    EQUAL(record.object, work);
    TRUTH(record.thread != GetCurrentThreadId());
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 101);
    CloseThreadpoolWork(work);
    close_record(&record);
}

static void queued_callbacks_outlive_their_work(void) {
    struct record first, second;
    TP_CALLBACK_ENVIRON environment;
    open_record(&first), open_record(&second);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_WORK one = CreateThreadpoolWork(blocking, &first, &environment);
    PTP_WORK two = CreateThreadpoolWork(counting, &second, &environment);
    SubmitThreadpoolWork(one);
    begins(&first);
    for (int i = 0; i < 3; i++) SubmitThreadpoolWork(two);
    CloseThreadpoolWork(two);
    CloseThreadpool(pool);
    EQUAL(second.count, 0);
    TRUTH(SetEvent(first.go));
    for (int i = 0; i < 3; i++) begins(&second);
    EQUAL(second.count, 3);
    WaitForThreadpoolWorkCallbacks(one, FALSE);
    CloseThreadpoolWork(one);
    close_record(&first), close_record(&second);
}

static void queued_callbacks_are_cancelled(void) {
    struct record first, second;
    TP_CALLBACK_ENVIRON environment;
    open_record(&first), open_record(&second);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_WORK one = CreateThreadpoolWork(blocking, &first, &environment);
    PTP_WORK two = CreateThreadpoolWork(counting, &second, &environment);
    SubmitThreadpoolWork(one);
    begins(&first);
    for (int i = 0; i < 5; i++) SubmitThreadpoolWork(two);
    WaitForThreadpoolWorkCallbacks(two, TRUE); // returns at once: none of them has begun
    EQUAL(second.count, 0);
    SubmitThreadpoolWork(two);
    EQUAL(second.count, 0);
    TRUTH(SetEvent(first.go));
    WaitForThreadpoolWorkCallbacks(two, FALSE);
    EQUAL(second.count, 1);
    WaitForThreadpoolWorkCallbacks(one, TRUE); // one that has begun is waited for
    EQUAL(first.now, 0);
    CloseThreadpoolWork(one), CloseThreadpoolWork(two);
    CloseThreadpool(pool);
    close_record(&first), close_record(&second);
}

static void a_pool_of_one_runs_in_order(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_WORK work = CreateThreadpoolWork(counting, &record, &environment);
    for (int i = 0; i < 200; i++) SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 200);
    EQUAL(record.most, 1);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    close_record(&record);
}

static void the_maximum_bounds_blocked_callbacks(void) {
    NEEDS_GROWTH;
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    PTP_POOL pool = pool_of(3, &environment);
    PTP_WORK work = CreateThreadpoolWork(blocking, &record, &environment);
    for (int i = 0; i < 9; i++) SubmitThreadpoolWork(work);
    for (int i = 0; i < 3; i++) begins(&record);
    EQUAL(WaitForSingleObject(record.begun, 50), WAIT_TIMEOUT);
    EQUAL(record.count, 3);
    TRUTH(SetEvent(record.go));
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 9);
    TRUTH(record.most <= 3);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    close_record(&record);
}

static void a_lower_maximum_holds_for_idle_threads(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    NEEDS_GROWTH;
    open_record(&record);
    PTP_POOL pool = pool_of(8, &environment);
    PTP_WORK work = CreateThreadpoolWork(blocking, &record, &environment);
    for (int i = 0; i < 8; i++) SubmitThreadpoolWork(work);
    for (int i = 0; i < 8; i++) begins(&record);
    TRUTH(SetEvent(record.go));
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    TRUTH(ResetEvent(record.go));
    SetThreadpoolThreadMaximum(pool, 2);
    record.most = 0;
    for (int i = 0; i < 8; i++) SubmitThreadpoolWork(work);
    begins(&record), begins(&record);
    EQUAL(WaitForSingleObject(record.begun, 30), WAIT_TIMEOUT);
    TRUTH(SetEvent(record.go));
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 16);
    EQUAL(record.most, 2);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    close_record(&record);
}

static void meet(PTP_WORK_CALLBACK callback, LONG wanted, PTP_CALLBACK_ENVIRON environment) {
    struct record record;
    open_record(&record);
    record.wanted = wanted;
    PTP_WORK work = CreateThreadpoolWork(callback, &record, environment);
    for (int i = 0; i < wanted; i++) SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, wanted);
    CloseThreadpoolWork(work);
    close_record(&record);
}

static void the_pool_grows_while_callbacks_wait(void) {
    NEEDS_GROWTH;
    meet(meeting, 40, NULL);
}

static void the_pool_grows_while_callbacks_compute(void) {
    NEEDS_GROWTH;
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    meet(spinning, 6, &environment);
}

static void callbacks_that_run_long_have_no_place(void) {
    NEEDS_GROWTH;
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackRunsLong(&environment);
    EQUAL(environment.u.s.LongFunction, 1);
    meet(spinning, 12, &environment);
    DestroyThreadpoolEnvironment(&environment);
}

static void a_minimum_is_there(void) {
    NEEDS_GROWTH;
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = CreateThreadpool(NULL);
    REQUIRE(pool);
#ifndef _WIN32
    int before = entries(THREADS);
#endif
    TRUTH(SetThreadpoolThreadMinimum(pool, 6));
#ifndef _WIN32
    EQUAL(entries(THREADS), before + 6);
#endif
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    meet(spinning, 6, &environment);
    TRUTH(SetThreadpoolThreadMinimum(pool, 0));
    CloseThreadpool(pool);
#ifndef _WIN32
    until_entries(THREADS, before);
    FAILS(SetThreadpoolThreadMinimum(NULL, 1), ERROR_INVALID_PARAMETER);
    REQUIRE(pool = CreateThreadpool(NULL));
    FAILS(SetThreadpoolThreadMinimum(pool, 0x10000), ERROR_NOT_ENOUGH_MEMORY);
    EQUAL(entries(THREADS), before);
    CloseThreadpool(pool);
#endif
}

static LONG volatile order_of_priorities[8], order_length;
static VOID CALLBACK note_priority(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    (void)instance, (void)work;
    order_of_priorities[InterlockedIncrement(&order_length) - 1] = (LONG)(LONG_PTR)context;
}

static void priorities_are_an_order(void) {
    static const TP_CALLBACK_PRIORITY given[] = {TP_CALLBACK_PRIORITY_LOW, TP_CALLBACK_PRIORITY_NORMAL,
                                                 TP_CALLBACK_PRIORITY_HIGH};
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    PTP_WORK work[3];
    open_record(&record);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_WORK blocker = CreateThreadpoolWork(blocking, &record, &environment);
    SubmitThreadpoolWork(blocker);
    begins(&record);
    order_length = 0;
    for (int i = 0; i < 3; i++) {
        SetThreadpoolCallbackPriority(&environment, given[i]);
        REQUIRE(work[i] = CreateThreadpoolWork(note_priority, (void *)(LONG_PTR)given[i], &environment));
        SubmitThreadpoolWork(work[i]);
        SubmitThreadpoolWork(work[i]);
    }
    TRUTH(SetEvent(record.go));
    for (int i = 0; i < 3; i++) {
        WaitForThreadpoolWorkCallbacks(work[i], FALSE);
        CloseThreadpoolWork(work[i]);
    }
    EQUAL(order_length, 6);
    for (int i = 0; i < 6; i++) EQUAL(order_of_priorities[i], i / 2);
    WaitForThreadpoolWorkCallbacks(blocker, FALSE);
    CloseThreadpoolWork(blocker);
    CloseThreadpool(pool);
    close_record(&record);
}

static void simple_callbacks(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    TRUTH(TrySubmitThreadpoolCallback(simple, &record, NULL));
    begins(&record);
    PTP_POOL pool = pool_of(1, &environment);
    for (int i = 0; i < 10; i++) TRUTH(TrySubmitThreadpoolCallback(simple, &record, &environment));
    CloseThreadpool(pool);
    for (int i = 0; i < 10; i++) begins(&record);
    EQUAL(record.count, 11);
    close_record(&record);
}

#ifndef _WIN32
// Windows crashes, or raises an exception.
static void wrong_arguments(void) {
    TP_CALLBACK_ENVIRON environment;
    FAILS(TrySubmitThreadpoolCallback(NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateThreadpoolWork(NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateThreadpoolTimer(NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateThreadpoolWait(NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateThreadpool(&environment), ERROR_INVALID_PARAMETER);
    InitializeThreadpoolEnvironment(&environment);
    environment.Version = 2;
    FAILS(CreateThreadpoolWork(counting, NULL, &environment), ERROR_INVALID_PARAMETER);
    environment.Version = 3;
    SetThreadpoolCallbackPriority(&environment, TP_CALLBACK_PRIORITY_INVALID);
    FAILS(CreateThreadpoolWork(counting, NULL, &environment), ERROR_INVALID_PARAMETER);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackLibrary(&environment, (PVOID)0x1230000); // no module lies there
    FAILS(CreateThreadpoolWork(counting, NULL, &environment), ERROR_INVALID_PARAMETER);
    // No object: nothing is done.
    SetThreadpoolThreadMaximum(NULL, 1), CloseThreadpool(NULL);
    SubmitThreadpoolWork(NULL), WaitForThreadpoolWorkCallbacks(NULL, TRUE), CloseThreadpoolWork(NULL);
    SetThreadpoolTimer(NULL, NULL, 0, 0), WaitForThreadpoolTimerCallbacks(NULL, TRUE), CloseThreadpoolTimer(NULL);
    SetThreadpoolWait(NULL, NULL, NULL), WaitForThreadpoolWaitCallbacks(NULL, TRUE), CloseThreadpoolWait(NULL);
    CloseThreadpoolCleanupGroupMembers(NULL, TRUE, NULL), CloseThreadpoolCleanupGroup(NULL);
    QUIETLY(IsThreadpoolTimerSet(NULL), FALSE);
    QUIETLY(SetThreadpoolTimerEx(NULL, NULL, 0, 0), FALSE);
    // No callback is running here.
    FAILS(CallbackMayRunLong(NULL), ERROR_INVALID_PARAMETER);
    SetEventWhenCallbackReturns(NULL, NULL), DisassociateCurrentThreadFromCallback(NULL);
}

static VOID CALLBACK leaving(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct record *record = context;
    SetEventWhenCallbackReturns(instance, record->go);
    counting(instance, context, work);
    ExitThread(7);
}

static void a_callback_may_end_its_thread(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_WORK work = CreateThreadpoolWork(leaving, &record, &environment);
    for (int i = 1; i <= 20; i++) {
        SubmitThreadpoolWork(work);
        WaitForThreadpoolWorkCallbacks(work, FALSE);
        EQUAL(record.count, i);
        TRUTH(is_signaled(record.go));
        TRUTH(ResetEvent(record.go));
    }
    for (int i = 0; i < 5; i++) SubmitThreadpoolWork(work); // queued behind one that ends the thread
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 25);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    close_record(&record);
}

static VOID CALLBACK waiting_for_itself(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    WaitForThreadpoolWorkCallbacks(work, FALSE); // a deadlock on Windows
    counting(instance, context, work);
}

static void a_callback_does_not_wait_for_itself(void) {
    struct record record;
    open_record(&record);
    PTP_WORK work = CreateThreadpoolWork(waiting_for_itself, &record, NULL);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 1);
    CloseThreadpoolWork(work);
    close_record(&record);
}

static void threads_end_with_their_pool(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    int before = entries(THREADS);
    PTP_POOL pool = pool_of(8, &environment);
    record.wanted = 8;
    PTP_WORK work = CreateThreadpoolWork(meeting, &record, &environment);
    for (int i = 0; i < 8; i++) SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CloseThreadpool(pool);
    CloseThreadpoolWork(work);
    until_entries(THREADS, before);
    close_record(&record);
}

static void persistent_callbacks(void) {
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    PTP_POOL pool = CreateThreadpool(NULL);
    SetThreadpoolCallbackPool(&environment, pool);
    SetThreadpoolCallbackPersistent(&environment);
    EQUAL(environment.u.s.Persistent, 1);
    int before = entries(THREADS);
    meet(meeting, 3, &environment);
    CloseThreadpool(pool);
    until_entries(THREADS, before);
}
#endif

static void stack_information(void) {
    TP_CALLBACK_ENVIRON environment;
    TP_POOL_STACK_INFORMATION given = {4 << 20, 1 << 16}, found = {UNTOUCHED, UNTOUCHED};
    struct record record;
    PTP_POOL pool = pool_of(1, &environment);
    TRUTH(SetThreadpoolStackInformation(pool, &given));
    TRUTH(QueryThreadpoolStackInformation(pool, &found));
    EQUAL(found.StackReserve, 4 << 20);
    EQUAL(found.StackCommit, 1 << 16);
    open_record(&record);
    TRUTH(TrySubmitThreadpoolCallback(simple, &record, &environment));
    begins(&record);
    CloseThreadpool(pool);
    close_record(&record);
#ifndef _WIN32
    FAILS(SetThreadpoolStackInformation(NULL, &given), ERROR_INVALID_PARAMETER);
    FAILS(QueryThreadpoolStackInformation(NULL, &found), ERROR_INVALID_PARAMETER);
#endif
}

// ---- what a callback asks for

struct request {
    struct record record;
    HANDLE event, semaphore, mutex;
    CRITICAL_SECTION section;
};

static VOID CALLBACK asking(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct request *request = context;
    (void)work;
    EnterCriticalSection(&request->section);
    EQUAL(WaitForSingleObject(request->mutex, INFINITE), WAIT_OBJECT_0);
    LeaveCriticalSectionWhenCallbackReturns(instance, &request->section);
    ReleaseMutexWhenCallbackReturns(instance, request->mutex);
    ReleaseSemaphoreWhenCallbackReturns(instance, request->semaphore, 3);
    SetEventWhenCallbackReturns(instance, request->event);
    note(&request->record);
    tell(&request->record);
    EQUAL(WaitForSingleObject(request->record.go, LONG_TIME), WAIT_OBJECT_0);
}

static void what_is_done_when_a_callback_returns(void) {
    struct request request;
    LONG previous = UNTOUCHED;
    open_record(&request.record);
    request.event = CreateEventA(NULL, TRUE, FALSE, NULL);
    request.semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
    request.mutex = CreateMutexA(NULL, FALSE, NULL);
    InitializeCriticalSection(&request.section);
    PTP_WORK work = CreateThreadpoolWork(asking, &request, NULL);
    SubmitThreadpoolWork(work);
    begins(&request.record);
    EQUAL(WaitForSingleObject(request.event, 20), WAIT_TIMEOUT);
    EQUAL(WaitForSingleObject(request.semaphore, 0), WAIT_TIMEOUT);
    EQUAL(WaitForSingleObject(request.mutex, 0), WAIT_TIMEOUT);
    TRUTH(!TryEnterCriticalSection(&request.section));
    TRUTH(SetEvent(request.record.go));
    EQUAL(WaitForSingleObject(request.event, LONG_TIME), WAIT_OBJECT_0);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(WaitForSingleObject(request.mutex, 0), WAIT_OBJECT_0); // released, not abandoned
    TRUTH(TryEnterCriticalSection(&request.section));
    TRUTH(ReleaseSemaphore(request.semaphore, 1, &previous));
    EQUAL(previous, 3);
    LeaveCriticalSection(&request.section);
    DeleteCriticalSection(&request.section);
    TRUTH(ReleaseMutex(request.mutex));
    CloseThreadpoolWork(work);
    CloseHandle(request.event), CloseHandle(request.semaphore), CloseHandle(request.mutex);
    close_record(&request.record);
}

static VOID CALLBACK unloading(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct record *record = context;
    FreeLibraryWhenCallbackReturns(instance, (HMODULE)record->object);
    SetEventWhenCallbackReturns(instance, record->go);
    note(record);
    tell(record);
    (void)work;
}

static void a_library_is_freed_or_kept(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    HMODULE module = NULL;
    open_record(&record);
    // A reference to the program, which the callback gives up, and one that the environment asks for.
    TRUTH(GetModuleHandleExA(0, NULL, &module));
    record.object = module;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackLibrary(&environment, module);
    PTP_WORK work = CreateThreadpoolWork(unloading, &record, &environment);
    REQUIRE(work);
    SubmitThreadpoolWork(work);
    EQUAL(WaitForSingleObject(record.go, LONG_TIME), WAIT_OBJECT_0);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.count, 1);
    CloseThreadpoolWork(work);
    EQUAL(GetModuleHandleA(NULL), module);
    close_record(&record);
}

#ifndef _WIN32
static HANDLE victim;
static VOID CALLBACK doomed(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    TRUTH(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &victim, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    blocking(instance, context, work);
}

// Windows leaves the pool in an undefined state; here the callback counts as returned.
static void a_terminated_worker_is_replaced(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_WORK work = CreateThreadpoolWork(doomed, &record, &environment);
    for (int i = 1; i <= 10; i++) {
        SubmitThreadpoolWork(work);
        SubmitThreadpoolWork(work); // queued behind it
        begins(&record);
        HANDLE first = victim;
        TRUTH(TerminateThread(first, 9));
        EQUAL(join(first), 9);
        begins(&record);
        EQUAL(SuspendThread(victim), 0); // suspended in its wait
        EQUAL(ResumeThread(victim), 1);
        TRUTH(SetEvent(record.go));
        WaitForThreadpoolWorkCallbacks(work, FALSE);
        TRUTH(CloseHandle(victim));
        EQUAL(record.count, 2 * i);
        TRUTH(ResetEvent(record.go));
    }
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    close_record(&record);
}

static VOID CALLBACK telling_its_thread(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    TRUTH(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &victim, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    counting(instance, context, work);
}

// The worker is ended between waking up for the callback and beginning it, or in it, or after it.
static void a_worker_that_ends_leaves_no_callback_behind(void) {
    struct record record, told;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    open_record(&told);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_WORK work = CreateThreadpoolWork(counting, &record, &environment);
    PTP_WORK tell = CreateThreadpoolWork(telling_its_thread, &told, &environment);
    for (int i = 0; i < 300; i++) {
        SubmitThreadpoolWork(tell);
        WaitForThreadpoolWorkCallbacks(tell, FALSE);
        SubmitThreadpoolWork(work);
        TRUTH(TerminateThread(victim, 9));
        WaitForThreadpoolWorkCallbacks(work, FALSE);
        EQUAL(join(victim), 9);
    }
    EQUAL(told.count, 300);
    TRUTH(record.count <= 300); // one that was ended in its callback has returned
    CloseThreadpoolWork(tell);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    close_record(&told);
    close_record(&record);
}

// The callback's own references to the pool and the work are lost with its stack.
static void a_pool_ends_though_a_callback_has_ended_its_thread(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    PTP_POOL pool = pool_of(4, &environment);
    TRUTH(SetThreadpoolThreadMinimum(pool, 4)); // they do not end for want of work
    PTP_WORK work = CreateThreadpoolWork(leaving, &record, &environment);
    PTP_WORK tell = CreateThreadpoolWork(telling_its_thread, &record, &environment);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    SubmitThreadpoolWork(tell);
    WaitForThreadpoolWorkCallbacks(tell, FALSE);
    CloseThreadpoolWork(tell);
    CloseThreadpoolWork(work);
    EQUAL(WaitForSingleObject(victim, 0), WAIT_TIMEOUT);
    CloseThreadpool(pool);
    EQUAL(join(victim), 0);
    close_record(&record);
}
#endif

static VOID CALLBACK parting(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    DisassociateCurrentThreadFromCallback(instance);
    DisassociateCurrentThreadFromCallback(instance); // once is enough
    blocking(instance, context, work);
}

static void a_disassociated_thread_is_not_waited_for(void) {
    struct record record;
    open_record(&record);
    PTP_WORK work = CreateThreadpoolWork(parting, &record, NULL);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE); // returns though the callback does not
    begins(&record);
    EQUAL(record.now, 1);
    TRUTH(SetEvent(record.go));
    CloseThreadpoolWork(work);
    while (record.now) SwitchToThread();
    close_record(&record);
}

static VOID CALLBACK asking_for_time(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    struct record *record = context;
    record->result = (DWORD)CallbackMayRunLong(instance);
    counting(instance, context, work);
}

static void callbacks_may_run_long_if_others_can(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    PTP_WORK work = CreateThreadpoolWork(asking_for_time, &record, NULL);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.result, TRUE);
    CloseThreadpoolWork(work);
    PTP_POOL pool = pool_of(1, &environment);
    work = CreateThreadpoolWork(asking_for_time, &record, &environment);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    EQUAL(record.result, FALSE);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    close_record(&record);
}

// ---- timers

static VOID CALLBACK expired(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer) {
    struct record *record = context;
    TRUTH(instance != NULL);
    record->object = timer;
    note(record);
    InterlockedDecrement(&record->now);
    tell(record);
}

static VOID CALLBACK expired_and_blocking(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer) {
    (void)timer;
    blocking(instance, context, NULL);
}

static void a_timer_expires_once(void) {
    struct record record;
    FILETIME now = {0, 0}, soon = in_ms(10), later = at_ms(20), past = at_ms(-1000);
    FILETIME *due[] = {&now, &soon, &later, &past};
    open_record(&record);
    PTP_TIMER timer = CreateThreadpoolTimer(expired, &record, NULL);
    REQUIRE(timer);
    EQUAL(IsThreadpoolTimerSet(timer), FALSE);
    for (int i = 0; i < 4; i++) {
        ULONGLONG began = GetTickCount64();
        if (i == 2) later = at_ms(20);
        SetThreadpoolTimer(timer, due[i], 0, 0);
        EQUAL(IsThreadpoolTimerSet(timer), TRUE);
        begins(&record);
        if (i == 1) TRUTH(GetTickCount64() - began >= 9);
        WaitForThreadpoolTimerCallbacks(timer, FALSE);
        EQUAL(record.count, i + 1);
        EQUAL(record.object, timer);
    }
    EQUAL(WaitForSingleObject(record.begun, 30), WAIT_TIMEOUT);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    EQUAL(IsThreadpoolTimerSet(timer), FALSE);
    CloseThreadpoolTimer(timer);
    close_record(&record);
}

static void a_timer_is_unset_or_set_anew(void) {
    struct record record;
    FILETIME far_away = in_ms(LONG_TIME), soon = in_ms(5);
    open_record(&record);
    PTP_TIMER timer = CreateThreadpoolTimer(expired, &record, NULL);
    SetThreadpoolTimer(timer, &far_away, 0, 0);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE); // a timer that has not expired is not waited for
    EQUAL(record.count, 0);
    SetThreadpoolTimer(timer, &far_away, 1, 0);
    SetThreadpoolTimer(timer, &soon, 0, 0);
    begins(&record);
    EQUAL(WaitForSingleObject(record.begun, 20), WAIT_TIMEOUT); // the period went, too
    EQUAL(record.count, 1);
    SetThreadpoolTimer(timer, &far_away, 0, 0);
    CloseThreadpoolTimer(timer);
    close_record(&record);
}

#ifndef ON_WINE
// Wine 8 does not have the function.
static void setting_a_timer_tells_of_the_one_before(void) {
    struct record record;
    FILETIME far_away = in_ms(LONG_TIME), soon = in_ms(1);
    open_record(&record);
    PTP_TIMER timer = CreateThreadpoolTimer(expired, &record, NULL);
    EQUAL(SetThreadpoolTimerEx(timer, &far_away, 0, 0), FALSE);
    EQUAL(SetThreadpoolTimerEx(timer, &far_away, 0, 0), TRUE);
    EQUAL(SetThreadpoolTimerEx(timer, &soon, 0, 0), TRUE);
    begins(&record);
    WaitForThreadpoolTimerCallbacks(timer, FALSE);
    EQUAL(SetThreadpoolTimerEx(timer, NULL, 0, 0), FALSE);
    CloseThreadpoolTimer(timer);
    close_record(&record);
}
#endif

static void a_period_repeats(void) {
    struct record record;
    FILETIME soon = in_ms(1);
    open_record(&record);
    PTP_TIMER timer = CreateThreadpoolTimer(expired, &record, NULL);
    ULONGLONG began = GetTickCount64();
    SetThreadpoolTimer(timer, &soon, 5, 0);
    for (int i = 0; i < 20; i++) begins(&record);
    TRUTH(GetTickCount64() - began >= 90);
    EQUAL(IsThreadpoolTimerSet(timer), TRUE);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    LONG count = record.count;
    EQUAL(WaitForSingleObject(record.go, 30), WAIT_TIMEOUT);
    EQUAL(record.count, count);
    CloseThreadpoolTimer(timer);
    close_record(&record);
}

static void a_period_does_not_wait_for_the_callback(void) {
    struct record record;
    FILETIME now = {0, 0};
    open_record(&record);
    PTP_TIMER timer = CreateThreadpoolTimer(expired_and_blocking, &record, NULL);
    SetThreadpoolTimer(timer, &now, 5, 0);
    for (int i = 0; i < 4; i++) begins(&record); // at a time
    SetThreadpoolTimer(timer, NULL, 0, 0);
    TRUTH(SetEvent(record.go));
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    EQUAL(record.now, 0);
    CloseThreadpoolTimer(timer);
    close_record(&record);
}

static void many_timers_expire_in_order(void) {
    enum { TIMERS = 300 };
    static PTP_TIMER timers[TIMERS];
    struct record record;
    open_record(&record);
    for (int i = 0; i < TIMERS; i++) {
        FILETIME due = in_ms(1 + i * 7 % 50);
        REQUIRE(timers[i] = CreateThreadpoolTimer(expired, &record, NULL));
        SetThreadpoolTimer(timers[i], &due, 0, 0);
    }
    for (int i = 0; i < TIMERS; i++) begins(&record);
    for (int i = 0; i < TIMERS; i++) CloseThreadpoolTimer(timers[i]);
    EQUAL(record.count, TIMERS);
    close_record(&record);
}

// ---- waits

static VOID CALLBACK satisfied(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait, TP_WAIT_RESULT result) {
    struct record *record = context;
    TRUTH(instance != NULL);
    record->object = wait;
    record->result = result;
    note(record);
    InterlockedDecrement(&record->now);
    tell(record);
}

static VOID CALLBACK satisfied_and_blocking(
    PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait, TP_WAIT_RESULT result) {
    (void)wait, (void)result;
    blocking(instance, context, NULL);
}

static void a_wait_is_satisfied_once(void) {
    for (int is_manual = 0; is_manual < 2; is_manual++) {
        struct record record;
        open_record(&record);
        HANDLE event = CreateEventA(NULL, is_manual, FALSE, NULL);
        PTP_WAIT wait = CreateThreadpoolWait(satisfied, &record, NULL);
        REQUIRE(wait);
        record.result = UNTOUCHED;
        SetThreadpoolWait(wait, event, NULL);
        EQUAL(WaitForSingleObject(record.begun, 10), WAIT_TIMEOUT);
        TRUTH(SetEvent(event));
        begins(&record);
        WaitForThreadpoolWaitCallbacks(wait, FALSE);
        EQUAL(record.result, WAIT_OBJECT_0);
        EQUAL(record.object, wait);
        EQUAL(is_signaled(event), is_manual); // taken as by a thread
        TRUTH(SetEvent(event));               // nobody waits any more
        EQUAL(WaitForSingleObject(record.begun, 20), WAIT_TIMEOUT);
        SetThreadpoolWait(wait, event, NULL); // signaled already
        begins(&record);
        WaitForThreadpoolWaitCallbacks(wait, FALSE);
        EQUAL(record.count, 2);
        EQUAL(is_signaled(event), is_manual);
        CloseThreadpoolWait(wait);
        CloseHandle(event);
        close_record(&record);
    }
}

static void a_wait_times_out(void) {
    struct record record;
    FILETIME now = {0, 0}, soon = in_ms(10), later, past = at_ms(-1000);
    FILETIME *due[] = {&now, &soon, &later, &past};
    open_record(&record);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    PTP_WAIT wait = CreateThreadpoolWait(satisfied, &record, NULL);
    for (int i = 0; i < 4; i++) {
        later = at_ms(10);
        record.result = UNTOUCHED;
        SetThreadpoolWait(wait, event, due[i]);
        begins(&record);
        WaitForThreadpoolWaitCallbacks(wait, FALSE);
        EQUAL(record.result, WAIT_TIMEOUT);
        EQUAL(record.count, i + 1);
    }
#ifndef ON_WINE
    // A signal comes before a time that is over, as in every wait (WaitForSingleObject); Wine looks at the time first.
    TRUTH(SetEvent(event));
    for (int i = 0; i < 4; i++) {
        later = at_ms(-1);
        SetThreadpoolWait(wait, event, due[i]);
        begins(&record);
        WaitForThreadpoolWaitCallbacks(wait, FALSE);
        EQUAL(record.result, WAIT_OBJECT_0);
        EQUAL(is_signaled(event), FALSE);
        TRUTH(SetEvent(event));
    }
#endif
    CloseThreadpoolWait(wait);
    CloseHandle(event);
    close_record(&record);
}

static void a_wait_is_unset(void) {
    struct record record;
    FILETIME far_away = in_ms(LONG_TIME);
    open_record(&record);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), other = CreateEventA(NULL, FALSE, FALSE, NULL);
    PTP_WAIT wait = CreateThreadpoolWait(satisfied, &record, NULL);
    SetThreadpoolWait(wait, event, &far_away);
    SetThreadpoolWait(wait, NULL, NULL);
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    TRUTH(SetEvent(event));
    EQUAL(is_signaled(event), TRUE); // not taken
    SetThreadpoolWait(wait, event, NULL);
    SetThreadpoolWait(wait, other, NULL); // in place of the first
    TRUTH(SetEvent(event));
    EQUAL(is_signaled(event), TRUE);
    TRUTH(SetEvent(other));
    begins(&record);
    EQUAL(record.count, 1);
    SetThreadpoolWait(wait, event, NULL);
    CloseThreadpoolWait(wait); // unsets it, too
    TRUTH(SetEvent(event));
    EQUAL(is_signaled(event), TRUE);
    CloseHandle(event), CloseHandle(other);
    close_record(&record);
}

static DWORD WINAPI until_set(void *event) { return WaitForSingleObject(event, INFINITE); }

static void waits_for_other_kinds(void) {
    struct record record;
    open_record(&record);
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 10, NULL), thread = start(until_set, record.go, NULL);
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due;
    PTP_WAIT wait = CreateThreadpoolWait(satisfied, &record, NULL);
    SetThreadpoolWait(wait, semaphore, NULL);
    TRUTH(ReleaseSemaphore(semaphore, 2, NULL));
    begins(&record);
    EQUAL(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0); // one of two was left
    EQUAL(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    SetThreadpoolWait(wait, thread, NULL);
    TRUTH(SetEvent(record.go));
    begins(&record);
    EQUAL(join(thread), 0);
    due.QuadPart = -10000;
    SetThreadpoolWait(wait, timer, NULL);
    TRUTH(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    begins(&record);
    EQUAL(record.count, 3);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    CloseThreadpoolWait(wait);
    CloseHandle(semaphore), CloseHandle(timer);
    close_record(&record);
}

static void queued_callbacks_of_waits_are_cancelled(void) {
    struct record first, second;
    TP_CALLBACK_ENVIRON environment;
    open_record(&first), open_record(&second);
    PTP_POOL pool = pool_of(1, &environment);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    PTP_WAIT blocker = CreateThreadpoolWait(satisfied_and_blocking, &first, &environment);
    PTP_WAIT wait = CreateThreadpoolWait(satisfied, &second, &environment);
    SetThreadpoolWait(blocker, event, NULL);
    TRUTH(SetEvent(event));
    begins(&first);
    SetThreadpoolWait(wait, event, NULL);
    TRUTH(SetEvent(event));
#ifdef _WIN32
    Sleep(100);
#endif
    EQUAL(is_signaled(event), FALSE); // taken; the callback is queued
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    TRUTH(SetEvent(first.go));
    WaitForThreadpoolWaitCallbacks(blocker, FALSE);
    EQUAL(second.count, 0);
    CloseThreadpoolWait(wait), CloseThreadpoolWait(blocker);
    CloseThreadpool(pool);
    CloseHandle(event);
    close_record(&first), close_record(&second);
}

#ifndef _WIN32
static void wrong_objects_of_waits(void) {
    // Windows raises an exception; "this handle cannot be that of a mutex" is SetThreadpoolWait's.
    struct record record;
    open_record(&record);
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL), event = CreateEventA(NULL, TRUE, FALSE, NULL), weak;
    PTP_WAIT wait = CreateThreadpoolWait(satisfied, &record, NULL);
    TRUTH(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, EVENT_MODIFY_STATE, FALSE, 0));
    FAILS(SetThreadpoolWaitEx(wait, mutex, NULL, NULL), ERROR_INVALID_HANDLE);
    FAILS(SetThreadpoolWaitEx(wait, weak, NULL, NULL), ERROR_ACCESS_DENIED);
    FAILS(SetThreadpoolWaitEx(wait, (HANDLE)0x12344, NULL, NULL), ERROR_INVALID_HANDLE);
    FAILS(SetThreadpoolWaitEx(wait, event, NULL, &record), ERROR_INVALID_PARAMETER);
    QUIETLY(SetThreadpoolWaitEx(wait, event, NULL, NULL), FALSE);
    QUIETLY(SetThreadpoolWaitEx(wait, event, NULL, NULL), TRUE);
    FAILS(SetThreadpoolWaitEx(wait, (HANDLE)0x12344, NULL, NULL), ERROR_INVALID_HANDLE); // and unset
    TRUTH(SetEvent(event));
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    EQUAL(record.count, 0);
    QUIETLY(SetThreadpoolWaitEx(wait, NULL, NULL, NULL), FALSE);
    CloseThreadpoolWait(wait);
    CloseHandle(mutex), CloseHandle(event), CloseHandle(weak);
    close_record(&record);
}
#endif

// ---- cleanup groups

static LONG volatile told;
static void *volatile told_context;
static void *volatile told_cleanup;
static VOID CALLBACK group_cancelled(PVOID context, PVOID cleanup) {
    told_context = context, told_cleanup = cleanup;
    InterlockedIncrement(&told);
}

static void a_group_waits_and_releases(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    FILETIME far_away = in_ms(LONG_TIME);
    open_record(&record);
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    REQUIRE(group);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackCleanupGroup(&environment, group, group_cancelled);
    told = 0;
    PTP_WORK work = CreateThreadpoolWork(counting, &record, &environment);
    PTP_TIMER timer = CreateThreadpoolTimer(expired, &record, &environment);
    PTP_WAIT wait = CreateThreadpoolWait(satisfied, &record, &environment);
    REQUIRE(work && timer && wait);
    SetThreadpoolTimer(timer, &far_away, 0, 0);
    SetThreadpoolWait(wait, record.go, NULL);
    for (int i = 0; i < 50; i++) SubmitThreadpoolWork(work);
    for (int i = 0; i < 50; i++) TRUTH(TrySubmitThreadpoolCallback(simple, &record, &environment));
    CloseThreadpoolCleanupGroupMembers(group, FALSE, NULL);
    EQUAL(record.count, 100); // all have run; the wait and the timer are no more
    EQUAL(told, 0);
    TRUTH(SetEvent(record.go));
    EQUAL(record.count, 100);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, NULL); // nobody is left
    EQUAL(told, 0);
    work = CreateThreadpoolWork(counting, &record, &environment); // it can be used again
    CloseThreadpoolWork(work);                                    // who leaves by himself is no member
    CloseThreadpoolCleanupGroupMembers(group, TRUE, NULL);
    EQUAL(told, 0);
    CloseThreadpoolCleanupGroup(group);
    close_record(&record);
}

static DWORD WINAPI let_go(void *context) {
    struct record *record = context;
    while (!told) SwitchToThread();
    return SetEvent(record->go);
}

static void a_group_cancels(void) {
    struct record first, second;
    TP_CALLBACK_ENVIRON environment, other;
    int cleanup;
    open_record(&first), open_record(&second);
    PTP_POOL pool = pool_of(1, &environment);
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    other = environment;
    PTP_WORK blocker = CreateThreadpoolWork(blocking, &first, &other); // no member
    SubmitThreadpoolWork(blocker);
    begins(&first);
    SetThreadpoolCallbackCleanupGroup(&environment, group, group_cancelled);
    PTP_WORK work = CreateThreadpoolWork(counting, &second, &environment);
    for (int i = 0; i < 10; i++) SubmitThreadpoolWork(work);
    told = 0, told_context = told_cleanup = NULL;
    HANDLE thread = start(let_go, &first, NULL);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, &cleanup);
    EQUAL(told, 1);
    EQUAL(told_context, &second);
    EQUAL(told_cleanup, &cleanup);
    EQUAL(join(thread), TRUE);
    WaitForThreadpoolWorkCallbacks(blocker, FALSE);
    EQUAL(second.count, 0);
    CloseThreadpoolWork(blocker);
    CloseThreadpoolCleanupGroup(group);
    CloseThreadpool(pool);
    close_record(&first), close_record(&second);
}

static void a_group_waits_for_what_has_begun(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    open_record(&record);
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackCleanupGroup(&environment, group, NULL);
    PTP_WORK work = CreateThreadpoolWork(parting, &record, &environment); // disassociated, but the group's still
    SubmitThreadpoolWork(work);
    begins(&record);
    told = 1; // lets go at once
    HANDLE thread = start(let_go, &record, NULL);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, NULL);
    EQUAL(record.now, 0);
    EQUAL(join(thread), TRUE);
    CloseThreadpoolCleanupGroup(group);
    close_record(&record);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(each_submission_is_a_callback),
        CASE(queued_callbacks_outlive_their_work),
        CASE(queued_callbacks_are_cancelled),
        CASE(a_pool_of_one_runs_in_order),
        CASE(the_maximum_bounds_blocked_callbacks),
        CASE(a_lower_maximum_holds_for_idle_threads),
        CASE(the_pool_grows_while_callbacks_wait),
        CASE(the_pool_grows_while_callbacks_compute),
        CASE(callbacks_that_run_long_have_no_place),
        CASE(a_minimum_is_there),
        CASE(priorities_are_an_order),
        CASE(simple_callbacks),
#ifndef _WIN32
        CASE(wrong_arguments),
        CASE(a_callback_may_end_its_thread),
        CASE(a_callback_does_not_wait_for_itself),
        CASE(threads_end_with_their_pool),
        CASE(persistent_callbacks),
#endif
        CASE(stack_information),
        CASE(what_is_done_when_a_callback_returns),
        CASE(a_library_is_freed_or_kept),
#ifndef _WIN32
        CASE(a_terminated_worker_is_replaced),
        CASE(a_worker_that_ends_leaves_no_callback_behind),
        CASE(a_pool_ends_though_a_callback_has_ended_its_thread),
#endif
        CASE(a_disassociated_thread_is_not_waited_for),
        CASE(callbacks_may_run_long_if_others_can),
        CASE(a_timer_expires_once),
        CASE(a_timer_is_unset_or_set_anew),
#ifndef ON_WINE
        CASE(setting_a_timer_tells_of_the_one_before),
#endif
        CASE(a_period_repeats),
        CASE(a_period_does_not_wait_for_the_callback),
        CASE(many_timers_expire_in_order),
        CASE(a_wait_is_satisfied_once),
        CASE(a_wait_times_out),
        CASE(a_wait_is_unset),
        CASE(waits_for_other_kinds),
        CASE(queued_callbacks_of_waits_are_cancelled),
#ifndef _WIN32
        CASE(wrong_objects_of_waits),
#endif
        CASE(a_group_waits_and_releases),
        CASE(a_group_cancels),
        CASE(a_group_waits_for_what_has_begun),
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
