// fuzz.c: eight threads call every function with whatever comes: handles that are random, closed, stale or of another
// kind, no pointer, extreme numbers, time-outs of at most 1 ms. Nothing crashes, hangs, or writes where it may not.
//
//     fuzz [SEED [CALLS [FUNCTION...]]]
//
// Tests/Fuzz/make-calls writes a call for each function whose arguments are told by their types. Functions that take
// what has no random form on any Windows (a critical section that was never initialised, memory that was never
// allocated) are called here, on what the thread itself has made.
//
// The program is run without privileges, in a folder of its own: it changes priorities, and names files.
#include <windows.h>
#include <process.h>
#include <tchar.h>
#include <sddl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// It takes the start of a process for a fork, and puts signals off until a thread calls into it, as one that sleeps never
// does: with it no process is started, and no thread is stopped.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif

enum { WORKERS = 8, SHARED = 256, SECONDS = 60 };

struct random {
    unsigned long long state;
    int worker;
    unsigned made; // calls so far
    // What this call has allocated; freed when it is over.
    void *memory[32];
    int count;
};

struct driver {
    const char *name;
    void (*call)(struct random *);
};

static _Atomic(HANDLE) handles[SHARED];  // what the threads have made and closed: any thread uses any of them
static _Atomic(HANDLE) victims[SHARED];  // threads that may be suspended and ended
static _Atomic unsigned calls_made[WORKERS];
static const char *_Atomic now_calling[WORKERS];
static _Atomic DWORD worker_ids[WORKERS];
static atomic_int threads_running, working = WORKERS;

static unsigned long long next(struct random *r) { // splitmix64
    unsigned long long z = r->state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static unsigned below(struct random *r, unsigned limit) { return (unsigned)(next(r) % limit); }

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- arguments

// Of exactly that size, so that the sanitizer sees what is written beside it.
static void *scratch(struct random *r, size_t size) {
    if (r->count == (int)COUNT(r->memory)) abort();
    unsigned char *memory = malloc(size ? size : 1);
    if (!memory) abort();
    unsigned long long bits = next(r);
    int fill = (int)below(r, 4);
    for (size_t i = 0; i < size; i++) memory[i] = fill == 0 ? 0 : fill == 1 ? 0xFF : (unsigned char)(bits >> i % 8 * 8);
    return r->memory[r->count++] = memory;
}

static void free_scratch(struct random *r) {
    while (r->count) free(r->memory[--r->count]);
}

// Names nothing, whatever is open: the table's handles are below 2^31, and these are no pseudo handles.
static HANDLE never(struct random *r) {
    static const LONG_PTR fixed[] = {0, 1, 2, 3, -7, -100, (LONG_PTR)1 << 31, (LONG_PTR)1 << 47, (LONG_PTR)1 << 62};
    if (below(r, 2)) return (HANDLE)fixed[below(r, COUNT(fixed))];
    return (HANDLE)(ULONG_PTR)(next(r) << 1 | 1ull << 48);
}

static HANDLE any_handle(struct random *r) {
    HANDLE handle = handles[below(r, SHARED)];
    switch (below(r, 20)) {
    case 0: return never(r);
    case 1: return (HANDLE)(ULONG_PTR)(next(r) & 0x7FFFFFFF);
    case 2: return (HANDLE)(LONG_PTR)-2; // the thread
    case 3: return (HANDLE)(LONG_PTR)-1; // the process
    case 4: return (HANDLE)((ULONG_PTR)handle ^ (ULONG_PTR)1 << below(r, 31)); // one bit is wrong
    case 5: return (HANDLE)((ULONG_PTR)handle | below(r, 4));
    case 6: return victims[below(r, SHARED)];
    default: return handle;
    }
}

static const HANDLE *any_handles(struct random *r) {
    if (!below(r, 32)) return NULL;
    HANDLE *array = scratch(r, 64 * sizeof *array);
    for (int i = 0; i < 64; i++) array[i] = any_handle(r);
    return array;
}

// Takes the place of another, which is mostly closed; it may be closed already, and then be another's.
static void made(struct random *r, HANDLE handle) {
    if (!handle || handle == INVALID_HANDLE_VALUE) return;
    HANDLE old = atomic_exchange(&handles[below(r, SHARED)], handle);
    if (old && below(r, 8)) CloseHandle(old);
}

static BOOL any_bool(struct random *r) { return (BOOL)below(r, 2); }
static DWORD any_time(struct random *r) { return below(r, 4) == 0; }

static DWORD any_number(struct random *r) {
    static const DWORD values[] = {0, 1, 2, 3, 4, 63, 64, 65, 260, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF,
                                   SYNCHRONIZE, MAXIMUM_ALLOWED, GENERIC_ALL, EVENT_ALL_ACCESS};
    switch (below(r, 4)) {
    case 0: return (DWORD)next(r);
    case 1: return (DWORD)1 << below(r, 32);
    default: return values[below(r, COUNT(values))];
    }
}

static ULONG_PTR any_size(struct random *r) {
    static const ULONG_PTR values[] = {0, 1, 8, 4096, 65536, 1 << 20, (ULONG_PTR)1 << 47, ~(ULONG_PTR)0 >> 1, ~(ULONG_PTR)0};
    return below(r, 2) ? values[below(r, COUNT(values))] : next(r) >> below(r, 64);
}

static const char *const texts[] = {"", "a", "b", "Local\\a", "Global\\a", "Local\\", "back\\slash", "\xC3\xA4\xE2\x82\xAC",
                                    "\xFF\xFE broken", "/", ".", "/nowhere/at/all", "%s%n%1!s!", "D:(A;;GA;;;WD)", "="};
static const char *any_text(struct random *r) {
    unsigned which = below(r, COUNT(texts) + 2);
    if (which == COUNT(texts)) return NULL;
    if (which < COUNT(texts)) return strcpy(scratch(r, strlen(texts[which]) + 1), texts[which]);
    size_t length = below(r, 400);
    char *text = scratch(r, length + 1);
    memset(text, 'x', length);
    text[length] = 0;
    return text;
}

static LPCWSTR any_wide(struct random *r) {
    const char *text = any_text(r);
    if (!text) return NULL;
    size_t length = strlen(text);
    WCHAR *wide = scratch(r, (length + 1) * sizeof *wide);
    for (size_t i = 0; i <= length; i++) wide[i] = (WCHAR)(unsigned char)text[i];
    if (length > 2 && !below(r, 4)) wide[1] = (WCHAR)(0xD800 + below(r, 0x800)); // half a surrogate pair
    return wide;
}

static void *any_output(struct random *r, size_t size) { return below(r, 8) ? scratch(r, size) : NULL; }
static void *any_buffer(struct random *r, size_t size) { return any_output(r, size); }

// Room for any answer, whatever size is said.
static void *any_room(struct random *r) { return any_output(r, 1 << 16); }

static HMODULE any_module(struct random *r) {
    return below(r, 2) ? NULL : below(r, 2) ? GetModuleHandleA(NULL) : (HMODULE)(ULONG_PTR)(next(r) | 1);
}

static LPSECURITY_ATTRIBUTES any_attributes(struct random *r) {
    if (below(r, 4)) return NULL;
    LPSECURITY_ATTRIBUTES attributes = scratch(r, sizeof *attributes);
    attributes->nLength = below(r, 8) ? sizeof *attributes : any_number(r);
    attributes->lpSecurityDescriptor = NULL;
    attributes->bInheritHandle = any_bool(r);
    return attributes;
}

// ---- what is called back

#define CALLBACK_FOR(type, result, ...) static result callback_##type(__VA_ARGS__)
CALLBACK_FOR(PHANDLER_ROUTINE, BOOL, DWORD event) { return event == 77; }
CALLBACK_FOR(PAPCFUNC, void, ULONG_PTR argument) { (void)argument; }
CALLBACK_FOR(PTIMERAPCROUTINE, void, LPVOID argument, DWORD low, DWORD high) { (void)argument, (void)low, (void)high; }

CALLBACK_FOR(LPHANDLER_FUNCTION, void, DWORD control) { (void)control; }
CALLBACK_FOR(LPHANDLER_FUNCTION_EX, DWORD, DWORD control, DWORD type, LPVOID data, LPVOID context) {
    return control + type + !data + !context;
}

CALLBACK_FOR(PFLS_CALLBACK_FUNCTION, void, PVOID value) { (void)value; }

static DWORD WINAPI short_thread(LPVOID argument) {
    Sleep((DWORD)(ULONG_PTR)argument & 1);
    atomic_fetch_sub(&threads_running, 1);
    return 7;
}

// ---- functions with a form of their own

// That function is called by this one, among others of its family, in places where each makes sense.
#define AS(name, family) static void drive_##name(struct random *r) { family(r); }

static void keep_victim(struct random *r, HANDLE thread) {
    if (!thread) {
        atomic_fetch_sub(&threads_running, 1);
        return;
    }
    if (WaitForSingleObject(thread, 0) == WAIT_TIMEOUT && below(r, 2)) ResumeThread(thread);
    HANDLE old = atomic_exchange(&victims[below(r, SHARED)], thread);
    if (old) {
        while (ResumeThread(old) + 1 > 1) {} // so that it ends: -1 and 0 say that it needs no more
        CloseHandle(old);
    }
}

static unsigned __cdecl_start(void *argument) { return short_thread(argument); }
static void void_start(void *argument) { short_thread(argument); }

static void threads(struct random *r) {
    static const DWORD flags[] = {0, 0, CREATE_SUSPENDED, STACK_SIZE_PARAM_IS_A_RESERVATION, 0x80000000};
    if (atomic_fetch_add(&threads_running, 1) > 64) {
        atomic_fetch_sub(&threads_running, 1);
        return;
    }
    SIZE_T size = below(r, 4) ? 0 : (SIZE_T)1 << below(r, 20);
    DWORD flag = flags[below(r, COUNT(flags))];
    LPTHREAD_START_ROUTINE start = below(r, 16) ? short_thread : NULL;
    switch (below(r, 4)) {
    case 0: keep_victim(r, CreateThread(any_attributes(r), size, start, (LPVOID)next(r), flag, any_output(r, 4))); break;
    case 1:
        keep_victim(r, CreateRemoteThread(below(r, 4) ? GetCurrentProcess() : never(r), any_attributes(r), size, start,
                                          (LPVOID)next(r), flag, any_output(r, 4)));
        break;
    case 2:
        keep_victim(r, (HANDLE)_beginthreadex(any_attributes(r), (unsigned)size, start ? __cdecl_start : NULL,
                                              (void *)next(r), flag, any_output(r, 4)));
        break;
    default: // its handle is the thread's own to close
        if (_beginthread(start ? void_start : NULL, (unsigned)size, (void *)next(r)) == (uintptr_t)-1)
            atomic_fetch_sub(&threads_running, 1);
    }
}
AS(CreateThread, threads)
AS(CreateRemoteThread, threads)
AS(_beginthread, threads)
AS(_beginthreadex, threads)

// Any handle may be that of a thread which works here: what would stop one gets others.
static HANDLE any_victim(struct random *r) {
#ifndef THREAD_SANITIZER
    if (below(r, 4)) return victims[below(r, SHARED)];
#endif
    return never(r);
}
static void suspending(struct random *r) {
    HANDLE thread = any_victim(r);
    if (SuspendThread(thread) != (DWORD)-1 && below(r, 4)) ResumeThread(thread);
}
static void terminating(struct random *r) {
    HANDLE thread = any_victim(r);
    // Those that have not counted themselves out do so no more.
    if (TerminateThread(thread, 9)) {
        DWORD code = 0;
        WaitForSingleObject(thread, 1);
        if (GetExitCodeThread(thread, &code) && code == 9 && atomic_load(&threads_running) > 0)
            atomic_fetch_sub(&threads_running, 1);
    }
}
AS(SuspendThread, suspending)
AS(TerminateThread, terminating)

// A section that no other thread uses, so that each call is in its place.
static void sections(struct random *r) {
    CRITICAL_SECTION section;
    if (below(r, 2)) InitializeCriticalSection(&section);
    else if (below(r, 2)) InitializeCriticalSectionAndSpinCount(&section, any_number(r));
    else if (!InitializeCriticalSectionEx(&section, any_number(r), below(r, 2) ? 0 : CRITICAL_SECTION_NO_DEBUG_INFO)) return;
    SetCriticalSectionSpinCount(&section, any_number(r));
    EnterCriticalSection(&section);
    if (TryEnterCriticalSection(&section)) LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
}
AS(InitializeCriticalSection, sections)
AS(InitializeCriticalSectionAndSpinCount, sections)
AS(InitializeCriticalSectionEx, sections)
AS(SetCriticalSectionSpinCount, sections)
AS(EnterCriticalSection, sections)
AS(TryEnterCriticalSection, sections)
AS(LeaveCriticalSection, sections)
AS(DeleteCriticalSection, sections)

// There is no manager, so none of these begins to dispatch.
static void service_a(DWORD argc, LPSTR *argv) { (void)argc, (void)argv; }
static void service_w(DWORD argc, LPWSTR *argv) { (void)argc, (void)argv; }
static void dispatching(struct random *r) {
    SERVICE_TABLE_ENTRYA table_a[] = {{(LPSTR)any_text(r), below(r, 2) ? service_a : NULL}, {(LPSTR)any_text(r), service_a}, {NULL, NULL}};
    SERVICE_TABLE_ENTRYW table_w[] = {{(LPWSTR)any_wide(r), below(r, 2) ? service_w : NULL}, {(LPWSTR)any_wide(r), service_w}, {NULL, NULL}};
    if (below(r, 2)) StartServiceCtrlDispatcherA(below(r, 8) ? table_a : NULL);
    else StartServiceCtrlDispatcherW(below(r, 8) ? table_w : NULL);
}
AS(StartServiceCtrlDispatcherA, dispatching)
AS(StartServiceCtrlDispatcherW, dispatching)

// ---- the thread pool: its objects are pointers, so each thread uses those that it has made

static void in_callback(PTP_CALLBACK_INSTANCE instance, void *seed) {
    struct random random = {.state = (ULONG_PTR)seed}, *r = &random;
    PTP_CALLBACK_INSTANCE given = below(r, 8) ? instance : (PTP_CALLBACK_INSTANCE)never(r);
    switch (below(r, 16)) {
    case 0: SetEventWhenCallbackReturns(given, any_handle(r)); break;
    case 1: ReleaseSemaphoreWhenCallbackReturns(given, any_handle(r), any_number(r)); break;
    case 2: ReleaseMutexWhenCallbackReturns(given, any_handle(r)); break;
    case 3: LeaveCriticalSectionWhenCallbackReturns(given, NULL); break;
    case 4: FreeLibraryWhenCallbackReturns(given, (HMODULE)never(r)); break;
    case 5: CallbackMayRunLong(given); break;
    case 6: DisassociateCurrentThreadFromCallback(given); break;
    case 7: Sleep(any_time(r)); break;
    case 8: if (!below(r, 8)) ExitThread(any_number(r));
    }
}
static VOID CALLBACK pool_simple(PTP_CALLBACK_INSTANCE instance, PVOID seed) { in_callback(instance, seed); }
static VOID CALLBACK pool_work(PTP_CALLBACK_INSTANCE instance, PVOID seed, PTP_WORK work) {
    // To wait for the work's other callbacks here is a deadlock as soon as two do.
    (void)work;
    in_callback(instance, seed);
}
static VOID CALLBACK pool_timer(PTP_CALLBACK_INSTANCE instance, PVOID seed, PTP_TIMER timer) {
    (void)timer;
    in_callback(instance, seed);
}
static VOID CALLBACK pool_wait(PTP_CALLBACK_INSTANCE instance, PVOID seed, PTP_WAIT wait, TP_WAIT_RESULT result) {
    (void)wait, (void)result;
    in_callback(instance, seed);
}
static VOID CALLBACK pool_cancelled(PVOID context, PVOID cleanup) { (void)context, (void)cleanup; }

static PFILETIME any_due(struct random *r, FILETIME *time) {
    ULARGE_INTEGER due;
    due.QuadPart = below(r, 4) ? (ULONGLONG)-(LONGLONG)below(r, 20000) : any_size(r);
    time->dwLowDateTime = due.LowPart, time->dwHighDateTime = due.HighPart;
    return below(r, 8) ? time : NULL;
}

static void with_pool(struct random *r) {
    TP_CALLBACK_ENVIRON environment;
    TP_POOL_STACK_INFORMATION stack = {any_size(r), any_size(r)};
    FILETIME time;
    InitializeThreadpoolEnvironment(&environment);
    PTP_POOL pool = below(r, 2) ? CreateThreadpool(below(r, 8) ? NULL : r) : NULL;
    PTP_CLEANUP_GROUP group = below(r, 2) ? CreateThreadpoolCleanupGroup() : NULL;
    if (pool) {
        SetThreadpoolThreadMaximum(pool, below(r, 2) ? any_number(r) : below(r, 4));
        SetThreadpoolThreadMinimum(pool, below(r, 16) ? below(r, 3) : 0xFFFFFFFF);
        SetThreadpoolStackInformation(pool, below(r, 4) ? NULL : &stack);
        if (QueryThreadpoolStackInformation(pool, &stack)) {
            stack.StackReserve = stack.StackCommit = below(r, 1 << 20); // the random one need not find its memory
            SetThreadpoolStackInformation(pool, &stack);
        }
        SetThreadpoolCallbackPool(&environment, pool);
    }
    if (group) SetThreadpoolCallbackCleanupGroup(&environment, group, below(r, 2) ? pool_cancelled : NULL);
    if (!below(r, 4)) SetThreadpoolCallbackRunsLong(&environment);
    if (!below(r, 64)) SetThreadpoolCallbackPersistent(&environment);
    if (!below(r, 4)) SetThreadpoolCallbackPriority(&environment, (TP_CALLBACK_PRIORITY)below(r, 5));
    if (!below(r, 8)) SetThreadpoolCallbackLibrary(&environment, (PVOID)(ULONG_PTR)any_number(r));
    PTP_WORK work = CreateThreadpoolWork(below(r, 16) ? pool_work : NULL, (PVOID)next(r), below(r, 4) ? &environment : NULL);
    PTP_TIMER timer = CreateThreadpoolTimer(below(r, 16) ? pool_timer : NULL, (PVOID)next(r), &environment);
    PTP_WAIT wait = CreateThreadpoolWait(below(r, 16) ? pool_wait : NULL, (PVOID)next(r), &environment);
    for (unsigned i = below(r, 8); i; i--) {
        switch (below(r, 10)) {
        case 0: TrySubmitThreadpoolCallback(below(r, 16) ? pool_simple : NULL, (PVOID)next(r), &environment); break;
        case 1: SubmitThreadpoolWork(work); break;
        case 2: WaitForThreadpoolWorkCallbacks(work, any_bool(r)); break;
        case 3: SetThreadpoolTimer(timer, any_due(r, &time), below(r, 3), any_number(r)); break;
        case 4: SetThreadpoolTimerEx(timer, any_due(r, &time), below(r, 3), any_number(r)); break;
        case 5: IsThreadpoolTimerSet(timer); break;
        case 6:
            // One that expires faster than its callbacks run, on a busy machine, always has some outstanding.
            SetThreadpoolTimer(timer, NULL, 0, 0);
            WaitForThreadpoolTimerCallbacks(timer, TRUE);
            break;
        case 7: SetThreadpoolWait(wait, any_handle(r), any_due(r, &time)); break;
        case 8: SetThreadpoolWaitEx(wait, any_handle(r), any_due(r, &time), below(r, 8) ? NULL : r); break;
        case 9: WaitForThreadpoolWaitCallbacks(wait, any_bool(r)); break;
        }
    }
    if (group && below(r, 2)) { // what is no member, or one no more, and the members
        CloseThreadpoolWork(work);
        CloseThreadpoolCleanupGroupMembers(group, any_bool(r), r);
    } else {
        CloseThreadpoolWork(work), CloseThreadpoolTimer(timer), CloseThreadpoolWait(wait);
        CloseThreadpoolCleanupGroupMembers(group, any_bool(r), r);
    }
    CloseThreadpoolCleanupGroup(group);
    CloseThreadpool(pool);
    DestroyThreadpoolEnvironment(&environment);
}
AS(CreateThreadpool, with_pool)
AS(SetThreadpoolThreadMaximum, with_pool)
AS(SetThreadpoolThreadMinimum, with_pool)
AS(SetThreadpoolStackInformation, with_pool)
AS(QueryThreadpoolStackInformation, with_pool)
AS(CloseThreadpool, with_pool)
AS(CreateThreadpoolCleanupGroup, with_pool)
AS(CloseThreadpoolCleanupGroupMembers, with_pool)
AS(CloseThreadpoolCleanupGroup, with_pool)
AS(TrySubmitThreadpoolCallback, with_pool)
AS(CreateThreadpoolWork, with_pool)
AS(SubmitThreadpoolWork, with_pool)
AS(WaitForThreadpoolWorkCallbacks, with_pool)
AS(CloseThreadpoolWork, with_pool)
AS(CreateThreadpoolTimer, with_pool)
AS(SetThreadpoolTimer, with_pool)
AS(SetThreadpoolTimerEx, with_pool)
AS(IsThreadpoolTimerSet, with_pool)
AS(WaitForThreadpoolTimerCallbacks, with_pool)
AS(CloseThreadpoolTimer, with_pool)
AS(CreateThreadpoolWait, with_pool)
AS(SetThreadpoolWait, with_pool)
AS(SetThreadpoolWaitEx, with_pool)
AS(WaitForThreadpoolWaitCallbacks, with_pool)
AS(CloseThreadpoolWait, with_pool)
AS(SetEventWhenCallbackReturns, with_pool)
AS(ReleaseSemaphoreWhenCallbackReturns, with_pool)
AS(ReleaseMutexWhenCallbackReturns, with_pool)
AS(LeaveCriticalSectionWhenCallbackReturns, with_pool)
AS(FreeLibraryWhenCallbackReturns, with_pool)
AS(CallbackMayRunLong, with_pool)
AS(DisassociateCurrentThreadFromCallback, with_pool)
AS(InitializeThreadpoolEnvironment, with_pool)
AS(SetThreadpoolCallbackPool, with_pool)
AS(SetThreadpoolCallbackCleanupGroup, with_pool)
AS(SetThreadpoolCallbackRunsLong, with_pool)
AS(SetThreadpoolCallbackLibrary, with_pool)
AS(SetThreadpoolCallbackPersistent, with_pool)
AS(SetThreadpoolCallbackPriority, with_pool)
AS(DestroyThreadpoolEnvironment, with_pool)

static VOID CALLBACK called_back(PVOID seed, BOOLEAN timed_out) {
    (void)timed_out;
    in_callback(NULL, seed);
}
static DWORD WINAPI work_item(LPVOID seed) {
    in_callback(NULL, seed);
    return 0;
}

// What these give back is kept for the others, too: whoever closes one, the rest is refused.
static _Atomic(HANDLE) waits[SHARED], timers[SHARED];
static HANDLE any_of(struct random *r, _Atomic(HANDLE) *kept) { return below(r, 4) ? kept[below(r, SHARED)] : any_handle(r); }

static void registered(struct random *r) {
    // One that is kept is called once: an object that stays signaled would have it called for ever.
    BOOL is_kept = any_bool(r);
    ULONG flags = (below(r, 16) ? below(r, 0x200) : any_number(r) & 0xFFFF) | (is_kept ? WT_EXECUTEONLYONCE : 0);
    HANDLE completion = below(r, 2) ? INVALID_HANDLE_VALUE : below(r, 2) ? NULL : any_handle(r);
    HANDLE wait = NULL;
    if (RegisterWaitForSingleObject(&wait, any_handle(r), below(r, 16) ? called_back : NULL, (PVOID)next(r),
                                    below(r, 2) ? INFINITE : 1 + below(r, 100), flags)) {
        if (is_kept) wait = atomic_exchange(&waits[below(r, SHARED)], wait);
        else if (below(r, 4)) SwitchToThread();
    }
    if (!UnregisterWaitEx(wait, completion)) UnregisterWait(wait); // refused for the sake of the event, and goes on
    UnregisterWait(any_of(r, waits));
    QueueUserWorkItem(below(r, 16) ? work_item : NULL, (PVOID)next(r), below(r, 8) ? 0 : any_number(r));
}
AS(RegisterWaitForSingleObject, registered)
AS(UnregisterWait, registered)
AS(UnregisterWaitEx, registered)
AS(QueueUserWorkItem, registered)

static void timer_queues(struct random *r) {
    HANDLE queue = below(r, 2) ? NULL : CreateTimerQueue(), timer = NULL;
    HANDLE completion = below(r, 2) ? INVALID_HANDLE_VALUE : below(r, 2) ? NULL : any_handle(r);
    if (CreateTimerQueueTimer(&timer, below(r, 8) ? queue : any_handle(r), below(r, 16) ? called_back : NULL, (PVOID)next(r),
                              below(r, 100), below(r, 2) ? 0 : queue ? below(r, 3) : 1000, below(r, 4) ? 0 : WT_EXECUTEONLYONCE) &&
        !queue)
        timer = atomic_exchange(&timers[below(r, SHARED)], timer);
    ChangeTimerQueueTimer(below(r, 8) ? queue : any_handle(r), any_of(r, timers), below(r, 100), below(r, 2) ? 0 : 1000);
    DeleteTimerQueueTimer(below(r, 8) ? queue : any_handle(r), below(r, 4) ? timer : any_of(r, timers), completion);
    if (queue) {
        if (below(r, 2)) DeleteTimerQueue(queue);
        if (!DeleteTimerQueueEx(queue, completion)) DeleteTimerQueueEx(queue, NULL); // once it is deleted, refused
    }
}
AS(CreateTimerQueue, timer_queues)
AS(CreateTimerQueueTimer, timer_queues)
AS(ChangeTimerQueueTimer, timer_queues)
AS(DeleteTimerQueueTimer, timer_queues)
AS(DeleteTimerQueue, timer_queues)
AS(DeleteTimerQueueEx, timer_queues)

// ---- processes

// A child that may be anything, or nothing; it is ended at once.
static void narrow_processes(struct random *r) {
#ifndef THREAD_SANITIZER
    static const char *const programs[] = {"true", "/bin/true", "/etc/passwd", "\\bin\\true", "/bin/true/x"};
    if (below(r, 64)) return;
    PROCESS_INFORMATION child = {0};
    LPSTARTUPINFOA startup = scratch(r, sizeof *startup);
    memset(startup, 0, sizeof *startup);
    startup->cb = any_number(r);
    startup->dwFlags = any_number(r);
    startup->hStdInput = any_handle(r);
    startup->hStdError = any_handle(r);
    char line[512];
    const char *text = any_text(r), *program = programs[below(r, COUNT(programs))];
    snprintf(line, sizeof line, "%s %s", below(r, 2) ? program : "\"", text ? text : "");
    if (!CreateProcessA(below(r, 2) ? NULL : program, below(r, 8) ? line : NULL, any_attributes(r), any_attributes(r),
                        any_bool(r), below(r, 2) ? any_number(r) : CREATE_SUSPENDED, NULL, below(r, 4) ? NULL : any_text(r),
                        below(r, 16) ? startup : NULL, below(r, 16) ? &child : NULL)) return;
    TerminateProcess(child.hProcess, any_number(r));
    made(r, child.hProcess);
    made(r, child.hThread);
#else
    (void)r;
#endif
}
static void wide_processes(struct random *r) {
    PROCESS_INFORMATION child = {0};
    LPSTARTUPINFOW startup = scratch(r, sizeof *startup);
    memset(startup, 0, sizeof *startup);
    LPCWSTR program = any_wide(r);
    if (CreateProcessW(program, NULL, NULL, NULL, FALSE, any_number(r), NULL, any_wide(r), startup, &child)) abort();
}
static void narrow_variables(struct random *r) {
    DWORD size = below(r, 300);
    GetEnvironmentVariableA(any_text(r), scratch(r, size), size);
}
static void wide_variables(struct random *r) {
    DWORD size = below(r, 300);
    GetEnvironmentVariableW(any_wide(r), scratch(r, size * sizeof(WCHAR)), size);
}
static void narrow_directories(struct random *r) {
    DWORD size = below(r, 300);
    GetCurrentDirectoryA(size, scratch(r, size));
}
static void wide_directories(struct random *r) {
    DWORD size = below(r, 300);
    GetCurrentDirectoryW(size, scratch(r, size * sizeof(WCHAR)));
}
static void narrow_environments(struct random *r) { (void)r, FreeEnvironmentStringsA(GetEnvironmentStringsA()); }
static void wide_environments(struct random *r) { (void)r, FreeEnvironmentStringsW(GetEnvironmentStringsW()); }
static void limits(struct random *r) {
    DWORD size = below(r, 2) ? sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) : below(r, 200);
    SetInformationJobObject(any_handle(r), (JOBOBJECTINFOCLASS)below(r, 12), any_output(r, size), size);
}
static void queries(struct random *r) {
    static const DWORD sizes[] = {48, 64, 144, 16, 24, 8};
    DWORD size = below(r, 4) ? sizes[below(r, COUNT(sizes))] : below(r, 200);
    QueryInformationJobObject(any_handle(r), (JOBOBJECTINFOCLASS)below(r, 12), any_output(r, size), size,
                              any_output(r, sizeof(DWORD)));
}

AS(CreateProcessA, narrow_processes)
AS(CreateProcessW, wide_processes)
AS(GetEnvironmentVariableA, narrow_variables)
AS(GetEnvironmentVariableW, wide_variables)
AS(GetCurrentDirectoryA, narrow_directories)
AS(GetCurrentDirectoryW, wide_directories)
AS(FreeEnvironmentStringsA, narrow_environments)
AS(FreeEnvironmentStringsW, wide_environments)
AS(SetInformationJobObject, limits)
AS(QueryInformationJobObject, queries)
AS(GetEnvironmentStringsA, narrow_environments)
AS(GetEnvironmentStringsW, wide_environments)

// ---- locks of the program's own memory: shared by all threads, taken and given back in order

static SRWLOCK shared_lock = SRWLOCK_INIT;
static CONDITION_VARIABLE shared_condition = CONDITION_VARIABLE_INIT;
static CRITICAL_SECTION shared_section;
static _Atomic DWORD shared_word;

static void shared_locks(struct random *r) {
    SRWLOCK own;
    CONDITION_VARIABLE condition;
    InitializeSRWLock(&own);
    InitializeConditionVariable(&condition);
    switch (below(r, 6)) {
    case 0:
        AcquireSRWLockExclusive(&shared_lock);
        if (!below(r, 4)) SleepConditionVariableSRW(&shared_condition, &shared_lock, any_time(r), 0);
        ReleaseSRWLockExclusive(&shared_lock);
        break;
    case 1:
        AcquireSRWLockShared(&shared_lock);
        if (!below(r, 4)) SleepConditionVariableSRW(&shared_condition, &shared_lock, any_time(r), CONDITION_VARIABLE_LOCKMODE_SHARED);
        ReleaseSRWLockShared(&shared_lock);
        break;
    case 2:
        if (TryAcquireSRWLockExclusive(&shared_lock)) ReleaseSRWLockExclusive(&shared_lock);
        if (TryAcquireSRWLockShared(&shared_lock)) ReleaseSRWLockShared(&shared_lock);
        break;
    case 3:
        EnterCriticalSection(&shared_section);
        SleepConditionVariableCS(&shared_condition, &shared_section, any_time(r));
        LeaveCriticalSection(&shared_section);
        break;
    case 4: WakeConditionVariable(&shared_condition); break;
    default: WakeAllConditionVariable(&shared_condition);
    }
}
AS(InitializeSRWLock, shared_locks)
AS(AcquireSRWLockExclusive, shared_locks)
AS(AcquireSRWLockShared, shared_locks)
AS(TryAcquireSRWLockExclusive, shared_locks)
AS(TryAcquireSRWLockShared, shared_locks)
AS(ReleaseSRWLockExclusive, shared_locks)
AS(ReleaseSRWLockShared, shared_locks)
AS(InitializeConditionVariable, shared_locks)
AS(SleepConditionVariableCS, shared_locks)
AS(SleepConditionVariableSRW, shared_locks)
AS(WakeConditionVariable, shared_locks)
AS(WakeAllConditionVariable, shared_locks)

static BOOL CALLBACK run_once(PINIT_ONCE once, PVOID parameter, PVOID *context) {
    (void)once;
    if (context) *context = NULL;
    return (ULONG_PTR)parameter & 1;
}
static void once(struct random *r) {
    INIT_ONCE own;
    PVOID context;
    BOOL pending;
    InitOnceInitialize(&own);
    InitOnceExecuteOnce(&own, run_once, (PVOID)next(r), below(r, 2) ? &context : NULL);
    if (InitOnceBeginInitialize(&own, below(r, 2) ? INIT_ONCE_ASYNC : any_number(r) | INIT_ONCE_ASYNC, &pending, &context))
        InitOnceComplete(&own, below(r, 2) ? INIT_ONCE_ASYNC : any_number(r), (PVOID)next(r));
}
AS(InitOnceInitialize, once)
AS(InitOnceExecuteOnce, once)
AS(InitOnceBeginInitialize, once)
AS(InitOnceComplete, once)

static void addresses(struct random *r) {
    DWORD seen = atomic_load(&shared_word);
    switch (below(r, 4)) {
    case 0: WaitOnAddress(&shared_word, &seen, below(r, 4) ? sizeof seen : any_size(r) & 7, any_time(r)); break;
    case 1: atomic_fetch_add(&shared_word, 1), WakeByAddressSingle(&shared_word); break;
    case 2: atomic_fetch_add(&shared_word, 1), WakeByAddressAll(&shared_word); break;
    default: WakeByAddressAll(below(r, 2) ? NULL : never(r)); // an address is looked up, not looked at
    }
}
AS(WaitOnAddress, addresses)
AS(WakeByAddressSingle, addresses)
AS(WakeByAddressAll, addresses)

static void barriers(struct random *r) {
    SYNCHRONIZATION_BARRIER own;
    if (!InitializeSynchronizationBarrier(&own, below(r, 4) ? 1 : -(LONG)below(r, 3), (LONG)below(r, 100) - 1)) return;
    EnterSynchronizationBarrier(&own, below(r, 2) ? 0 : SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY);
    DeleteSynchronizationBarrier(&own);
}
AS(InitializeSynchronizationBarrier, barriers)
AS(EnterSynchronizationBarrier, barriers)
AS(DeleteSynchronizationBarrier, barriers)

static void lists(struct random *r) {
    SLIST_HEADER head;
    SLIST_ENTRY entries[4] __attribute__((aligned(16)));
    InitializeSListHead(&head);
    for (unsigned i = below(r, 5); i; i--) InterlockedPushEntrySList(&head, &entries[i - 1]);
    QueryDepthSList(&head);
    InterlockedPopEntrySList(&head);
    InterlockedFlushSList(&head);
}
AS(InitializeSListHead, lists)
AS(InterlockedPushEntrySList, lists)
AS(InterlockedPopEntrySList, lists)
AS(InterlockedFlushSList, lists)
AS(QueryDepthSList, lists)

// ---- security descriptors

static void descriptors(struct random *r) {
    static const char *const strings[] = {"", "D:", "D:(A;;GA;;;WD)", "O:BAG:SYD:(D;;GR;;;S-1-5-32-544)", "D:(A", "O:x", "D:P(A;OICI;0x1f;;;AU)"};
    SECURITY_DESCRIPTOR own;
    PSECURITY_DESCRIPTOR made_of_text = NULL;
    if (InitializeSecurityDescriptor(&own, below(r, 4) ? SECURITY_DESCRIPTOR_REVISION : any_number(r)))
        SetSecurityDescriptorDacl(&own, any_bool(r), NULL, any_bool(r));
    const char *text = below(r, 4) ? strings[below(r, COUNT(strings))] : any_text(r);
    if (ConvertStringSecurityDescriptorToSecurityDescriptorA(text, below(r, 8) ? SDDL_REVISION_1 : any_number(r), &made_of_text, NULL)) {
        SECURITY_ATTRIBUTES attributes = {sizeof attributes, made_of_text, FALSE};
        made(r, CreateEventA(&attributes, FALSE, FALSE, any_text(r)));
        LocalFree(made_of_text);
    }
    if (ConvertStringSecurityDescriptorToSecurityDescriptorW(any_wide(r), SDDL_REVISION_1, &made_of_text, NULL)) LocalFree(made_of_text);
}
AS(InitializeSecurityDescriptor, descriptors)
AS(SetSecurityDescriptorDacl, descriptors)
AS(ConvertStringSecurityDescriptorToSecurityDescriptorA, descriptors)
AS(ConvertStringSecurityDescriptorToSecurityDescriptorW, descriptors)

// ---- memory and text

#ifdef THREAD_SANITIZER
enum { LARGEST = 40 }; // it keeps books on each byte
#else
enum { LARGEST = 20 };
#endif

// Memory that no other thread touches; what is asked for and released in the wrong way is refused, or this thread's.
static void with_pages(struct random *r) {
#ifdef THREAD_SANITIZER
    if (below(r, 16)) return; // a hundred times as slow with it
#endif
    static const DWORD types[] = {MEM_RESERVE, MEM_COMMIT, MEM_RESERVE | MEM_COMMIT, MEM_RESET, MEM_TOP_DOWN | MEM_RESERVE};
    const SIZE_T size = 65536 * (1 + below(r, 4));
    char *memory = VirtualAlloc(NULL, size, below(r, 2) ? MEM_RESERVE : MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!memory) return;
    for (int i = 0; i < 6; i++) {
        MEMORY_BASIC_INFORMATION information;
        char *at = memory + below(r, (unsigned)size);
        const SIZE_T rest = (SIZE_T)(memory + size - at), part = 1 + below(r, (unsigned)rest);
        DWORD old;
        switch (below(r, 5)) {
        case 0: VirtualAlloc(at, part, MEM_COMMIT, PAGE_READWRITE); break;
        case 1: VirtualFree(at, part, MEM_DECOMMIT); break;
        case 2: VirtualProtect(at, part, below(r, 4) ? PAGE_READONLY : any_number(r), below(r, 8) ? &old : NULL); break;
        case 3: VirtualAlloc(at, any_size(r) >> LARGEST, types[below(r, COUNT(types))] & ~(DWORD)MEM_TOP_DOWN, any_number(r)); break;
        default:
            if (VirtualFree(at, below(r, 4) ? 1 + below(r, 4096) : 0, MEM_RELEASE)) return; // it is others' from now on
        }
        VirtualQuery(below(r, 4) ? at : (void *)any_size(r), &information, below(r, 8) ? sizeof information : below(r, 48));
    }
    VirtualFree(memory, 0, MEM_RELEASE);
}
static void drive_VirtualAlloc(struct random *r) { with_pages(r); }
static void drive_VirtualFree(struct random *r) { with_pages(r); }
static void drive_VirtualProtect(struct random *r) { with_pages(r); }
static void drive_VirtualQuery(struct random *r) { with_pages(r); }

// What there is room for, or never is.
static SIZE_T any_length(struct random *r) { return below(r, 4) ? below(r, 5000) : ~(SIZE_T)0 >> below(r, 17); }

static void with_heap(struct random *r) {
    const HANDLE heap = below(r, 2) ? GetProcessHeap() : HeapCreate(any_number(r) & 5, 0, below(r, 2) ? 0 : below(r, 100000));
    if (!heap) return;
    void *block = HeapAlloc(heap, any_number(r) & HEAP_ZERO_MEMORY, any_length(r));
    for (int i = 0; block && i < 3; i++) {
        const SIZE_T size = HeapSize(heap, 0, block);
        if (size) memset(block, 1, size < 64 ? size : 64);
        void *moved = HeapReAlloc(heap, any_number(r) & (HEAP_ZERO_MEMORY | HEAP_REALLOC_IN_PLACE_ONLY), block,
                                  any_length(r));
        if (moved) block = moved;
        HeapValidate(heap, 0, block);
    }
    if (below(r, 2) || heap == GetProcessHeap()) HeapFree(heap, 0, block);
    HeapFree(any_handle(r), 0, NULL);
    HeapDestroy(heap);
}
static void drive_HeapCreate(struct random *r) { with_heap(r); }
static void drive_HeapDestroy(struct random *r) { with_heap(r); }
static void drive_HeapAlloc(struct random *r) { with_heap(r); }
static void drive_HeapReAlloc(struct random *r) { with_heap(r); }
static void drive_HeapFree(struct random *r) { with_heap(r); }
static void drive_HeapSize(struct random *r) { with_heap(r); }
static void drive_HeapValidate(struct random *r) { with_heap(r); }

static void with_global(struct random *r) {
    HGLOBAL memory = below(r, 2) ? GlobalAlloc(any_number(r) & 0xFFF, any_length(r))
                                 : LocalAlloc(any_number(r) & 0xFFF, any_length(r));
    if (!memory) return;
    for (int i = 0; i < 4; i++) {
        char *at = below(r, 2) ? GlobalLock(memory) : LocalLock(memory);
        if (at && GlobalSize(memory) && LocalSize(memory)) at[0] = 1;
        if (at) GlobalHandle(at), LocalHandle(at);
        GlobalFlags(memory), LocalFlags(memory);
        if (below(r, 2)) GlobalUnlock(memory), LocalUnlock(memory);
        const SIZE_T size = any_length(r);
        HGLOBAL moved = below(r, 2) ? GlobalReAlloc(memory, size, any_number(r) & 0xFFF)
                                    : LocalReAlloc(memory, size, any_number(r) & 0xFFF);
        if (moved) memory = moved;
    }
    if (below(r, 2)) GlobalFree(memory);
    else LocalFree(memory);
}
static void drive_GlobalAlloc(struct random *r) { with_global(r); }
static void drive_GlobalReAlloc(struct random *r) { with_global(r); }
static void drive_GlobalFree(struct random *r) { with_global(r); }
static void drive_GlobalLock(struct random *r) { with_global(r); }
static void drive_GlobalUnlock(struct random *r) { with_global(r); }
static void drive_GlobalSize(struct random *r) { with_global(r); }
static void drive_GlobalFlags(struct random *r) { with_global(r); }
static void drive_GlobalHandle(struct random *r) { with_global(r); }
static void drive_LocalAlloc(struct random *r) { with_global(r); }
static void drive_LocalReAlloc(struct random *r) { with_global(r); }
static void drive_LocalFree(struct random *r) { with_global(r); }
static void drive_LocalLock(struct random *r) { with_global(r); }
static void drive_LocalUnlock(struct random *r) { with_global(r); }
static void drive_LocalSize(struct random *r) { with_global(r); }
static void drive_LocalFlags(struct random *r) { with_global(r); }
static void drive_LocalHandle(struct random *r) { with_global(r); }

static UINT any_code_page(struct random *r) { return below(r, 4) ? below(r, 2) ? CP_UTF8 : CP_ACP : any_number(r); }

static void drive_MultiByteToWideChar(struct random *r) {
    const char *text = any_text(r);
    const int count = text ? (int)below(r, (unsigned)strlen(text) + 2) : 0, room = (int)below(r, 300);
    MultiByteToWideChar(any_code_page(r), below(r, 4) ? any_number(r) & MB_ERR_INVALID_CHARS : any_number(r), text,
                        below(r, 2) ? count : -1, below(r, 8) ? scratch(r, (size_t)room * 2) : NULL, room);
}
static void drive_WideCharToMultiByte(struct random *r) {
    LPCWSTR text = any_wide(r);
    const int count = text ? (int)below(r, (unsigned)lstrlenW(text) + 2) : 0, room = (int)below(r, 300);
    WideCharToMultiByte(any_code_page(r), below(r, 4) ? any_number(r) & WC_ERR_INVALID_CHARS : any_number(r), text,
                        below(r, 2) ? count : -1, below(r, 8) ? scratch(r, (size_t)room) : NULL, room,
                        below(r, 4) ? NULL : "?", below(r, 4) ? NULL : scratch(r, sizeof(BOOL)));
}

// The arguments are strings, which integers may be taken from as well; no format asks for more of them than there are.
static const char *const definitions[] = {"%1", "%1 %2!8.3s!%n%0", "%3!d! %2!I64x!", "%%%t%r%q", "%1!s", "%!", "%",
                                          "%1!*.*s!", "one two three four five six seven", "%99!s!", "\r\n\n\r", ""};
static void drive_FormatMessageA(struct random *r) {
    ULONG_PTR arguments[100];
    char buffer[300], *made = NULL;
    for (int i = 0; i < 100; i++) arguments[i] = (ULONG_PTR) "text";
    DWORD flags = any_number(r) & 0x3FFF;
    const char *definition = definitions[below(r, COUNT(definitions))];
    if (strchr(definition, '*')) arguments[0] = below(r, 100), arguments[1] = below(r, 100);
    if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY || below(r, 2)) flags |= FORMAT_MESSAGE_ARGUMENT_ARRAY;
    const bool allocates = (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0;
    FormatMessageA(flags, below(r, 16) ? definition : NULL, any_number(r), any_number(r) & 0xFFFF,
                   !below(r, 16) ? NULL : allocates ? (LPSTR)&made : buffer, allocates ? below(r, 5000) : below(r, 300),
                   flags & FORMAT_MESSAGE_ARGUMENT_ARRAY && below(r, 8) ? (va_list *)arguments : NULL);
    LocalFree(made);
}
static void drive_FormatMessageW(struct random *r) {
    ULONG_PTR arguments[100];
    WCHAR buffer[300], wide[64], *made = NULL;
    for (int i = 0; i < 100; i++) arguments[i] = (ULONG_PTR)L"text";
    DWORD flags = (any_number(r) & 0x3FFF) | FORMAT_MESSAGE_ARGUMENT_ARRAY;
    const char *definition = definitions[below(r, COUNT(definitions))];
    for (size_t i = 0; i <= strlen(definition); i++) wide[i] = (unsigned char)definition[i];
    if (strchr(definition, '*')) arguments[0] = below(r, 100), arguments[1] = below(r, 100);
    const bool allocates = (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0;
    FormatMessageW(flags, below(r, 16) ? wide : NULL, any_number(r), any_number(r) & 0xFFFF,
                   !below(r, 16) ? NULL : allocates ? (LPWSTR)&made : buffer, allocates ? below(r, 5000) : below(r, 300),
                   below(r, 8) ? (va_list *)arguments : NULL);
    LocalFree(made);
}

static void with_strings(struct random *r) {
    const char *text = any_text(r), *other = any_text(r);
    LPCWSTR wide = any_wide(r), other_wide = any_wide(r);
    char *buffer = scratch(r, 1025);
    WCHAR *wide_buffer = scratch(r, 1025 * sizeof *wide_buffer);
    buffer[0] = 0;
    lstrcpyA(below(r, 8) ? buffer : NULL, text);
    if (text) lstrcatA(buffer, other);
    lstrcpynA(buffer, other, (int)below(r, 600));
    lstrlenA(text), lstrcmpA(text, other), lstrcmpiA(text, other);
    lstrcpyW(below(r, 8) ? wide_buffer : NULL, wide);
    wide_buffer[0] = 0;
    lstrcatW(wide_buffer, other_wide);
    lstrcpynW(wide_buffer, other_wide, (int)below(r, 600));
    lstrlenW(wide), lstrcmpW(wide, other_wide), lstrcmpiW(wide, other_wide);
    wsprintfA(buffer, "%s %5.3s %d %I64x %ls%c", text, other, (int)any_number(r), (ULONGLONG)next(r), wide, (int)below(r, 256));
    wsprintfW(wide_buffer, L"%s %5.3s %d %I64x %hs%c", wide, other_wide, (int)any_number(r), (ULONGLONG)next(r), text,
              (int)below(r, 65536));
}
static void wvsprintf_both(struct random *r, ...) {
    char *buffer = scratch(r, 1025);
    WCHAR *wide_buffer = scratch(r, 1025 * sizeof *wide_buffer);
    va_list list;
    va_start(list, r);
    wvsprintfA(buffer, "%d %hs %*d", list);
    va_end(list);
    va_start(list, r);
    wvsprintfW(wide_buffer, L"%d %hs %*d", list);
    va_end(list);
}
static void drive_wvsprintfA(struct random *r) { wvsprintf_both(r, (int)any_number(r), any_text(r), (int)below(r, 3000) - 1500, 5); }
static void drive_wvsprintfW(struct random *r) { drive_wvsprintfA(r); }
static void drive_lstrlenA(struct random *r) { with_strings(r); }
static void drive_lstrlenW(struct random *r) { with_strings(r); }
static void drive_lstrcpyA(struct random *r) { with_strings(r); }
static void drive_lstrcpyW(struct random *r) { with_strings(r); }
static void drive_lstrcpynA(struct random *r) { with_strings(r); }
static void drive_lstrcpynW(struct random *r) { with_strings(r); }
static void drive_lstrcatA(struct random *r) { with_strings(r); }
static void drive_lstrcatW(struct random *r) { with_strings(r); }
static void drive_lstrcmpA(struct random *r) { with_strings(r); }
static void drive_lstrcmpW(struct random *r) { with_strings(r); }
static void drive_lstrcmpiA(struct random *r) { with_strings(r); }
static void drive_lstrcmpiW(struct random *r) { with_strings(r); }
static void drive_wsprintfA(struct random *r) { with_strings(r); }
static void drive_wsprintfW(struct random *r) { with_strings(r); }

static void drive_GetTempPathA(struct random *r) {
    const DWORD room = below(r, 20);
    GetTempPathA(room, room || below(r, 2) ? scratch(r, room) : NULL);
}
static void drive_GetTempPathW(struct random *r) {
    const DWORD room = below(r, 20);
    GetTempPathW(room, room || below(r, 2) ? scratch(r, room * 2) : NULL);
}

// ---- files: an OVERLAPPED and a buffer are a request's until its end, so they stay

static struct request {
    OVERLAPPED overlapped;
    char buffer[8192] __attribute__((aligned(4096)));
} requests[WORKERS][64];

static bool has_ended(struct request *request) {
    return __atomic_load_n(&request->overlapped.Internal, __ATOMIC_ACQUIRE) != (ULONG_PTR)STATUS_PENDING;
}

// One that is not under way; NULL: each is.
static struct request *any_request(struct random *r) {
    struct request *request = &requests[r->worker][below(r, 64)];
    if (!has_ended(request)) return NULL;
    request->overlapped.Offset = below(r, 4) ? below(r, 20000) : any_number(r);
    request->overlapped.OffsetHigh = below(r, 8) ? 0 : any_number(r);
    request->overlapped.hEvent = below(r, 4) ? NULL : any_handle(r);
    return request;
}

static HANDLE any_new_file(struct random *r) {
    static const DWORD access[] = {0, GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE, DELETE, FILE_APPEND_DATA};
    static const DWORD flags[] = {0, FILE_FLAG_OVERLAPPED, FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING,
                                  FILE_FLAG_DELETE_ON_CLOSE, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_WRITE_THROUGH};
    const char name[2] = {(char)('a' + below(r, 6)), 0};
    static const char pipe[] = "\\\\.\\pipe\\fuzz";
    switch (below(r, 16)) {
    case 0:
        return CreateNamedPipeA(pipe, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, any_number(r) & 7, 1 + below(r, 4), 100, 100,
                                0, any_attributes(r));
    case 1: return CreateFileA(pipe, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    }
    return CreateFileA(name, access[below(r, COUNT(access))], below(r, 8), any_attributes(r), below(r, 7),
                       flags[below(r, COUNT(flags))], NULL);
}

static void CALLBACK request_ended(DWORD error, DWORD bytes, LPOVERLAPPED overlapped) {
    (void)error, (void)bytes, (void)overlapped;
}

static void with_files(struct random *r) {
    if (!below(r, 4)) made(r, any_new_file(r));
    HANDLE file = any_handle(r);
    struct request *request = any_request(r);
    if (!request) return;
    OVERLAPPED *overlapped = &request->overlapped;
    DWORD size = below(r, 2) ? below(r, sizeof request->buffer + 1) : 512 * below(r, 17);
    LPOVERLAPPED_COMPLETION_ROUTINE routine = below(r, 8) ? request_ended : NULL;
    FILE_SEGMENT_ELEMENT *pages = scratch(r, 3 * sizeof *pages);
    memset(pages, 0, 3 * sizeof *pages);
    for (int i = 0; i < 2; i++) pages[i].Buffer = below(r, 16) ? request->buffer + 4096 * i : NULL;
    switch (below(r, 8)) {
    case 0: ReadFile(file, request->buffer, size, any_output(r, 4), below(r, 4) ? overlapped : NULL); break;
    case 1: WriteFile(file, request->buffer, size, any_output(r, 4), below(r, 4) ? overlapped : NULL); break;
    case 2: ReadFileEx(file, request->buffer, size, overlapped, routine); break;
    case 3: WriteFileEx(file, request->buffer, size, overlapped, routine); break;
    case 4: ReadFileScatter(file, below(r, 16) ? pages : NULL, size, NULL, overlapped); break;
    case 5: WriteFileGather(file, below(r, 16) ? pages : NULL, size, NULL, overlapped); break;
    // A lock that is waited for might be for ever.
    case 6: LockFileEx(file, any_number(r) | LOCKFILE_FAIL_IMMEDIATELY, 0, any_number(r), any_number(r), overlapped); break;
    default: UnlockFileEx(file, 0, any_number(r), any_number(r), overlapped);
    }
    if (!below(r, 4)) CancelIoEx(file, below(r, 2) ? overlapped : NULL);
    if (!below(r, 4)) GetOverlappedResultEx(file, overlapped, any_output(r, 4), any_time(r), any_bool(r));
    if (!below(r, 8)) SleepEx(0, TRUE);
}
AS(ReadFile, with_files)
AS(WriteFile, with_files)
AS(ReadFileEx, with_files)
AS(WriteFileEx, with_files)
AS(ReadFileScatter, with_files)
AS(WriteFileGather, with_files)
AS(LockFileEx, with_files)
AS(UnlockFileEx, with_files)
AS(GetOverlappedResultEx, with_files)
AS(GetOverlappedResult, with_files)

// Room for as many packets as it asks for.
static void drive_GetQueuedCompletionStatusEx(struct random *r) {
    ULONG count = below(r, 8) ? below(r, 20) : 0;
    OVERLAPPED_ENTRY *entries = scratch(r, (count + 1) * sizeof *entries);
    GetQueuedCompletionStatusEx(any_handle(r), below(r, 16) ? entries : NULL, count, any_output(r, 4), any_time(r), any_bool(r));
}

// Requests of files and of pipes that nobody waits for; and a pipe's calls that wait, for at most a millisecond.
static void with_pipes(struct random *r) {
    static const char name[] = "\\\\.\\pipe\\fuzz", odd[] = "\\\\.\\pipe\\";
    const char *text = below(r, 8) ? name : below(r, 2) ? odd : any_text(r);
    const size_t length = text ? strlen(text) : 0;
    WCHAR *wide = text ? scratch(r, (length + 1) * sizeof *wide) : NULL;
    for (size_t i = 0; wide && i <= length; i++) wide[i] = (unsigned char)text[i];
    HANDLE pipe = any_handle(r);
    struct request *request = any_request(r);
    if (!request) return;
    const DWORD in = below(r, 300), out = below(r, 300), time = 1 + below(r, 2);
    switch (below(r, 8)) {
    case 0:
        made(r, below(r, 2) ? CreateNamedPipeA(text, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, any_number(r) & 15,
                                               any_number(r), any_number(r) & 0xFFFF, 100, 1, any_attributes(r))
                            : CreateNamedPipeW(wide, any_number(r) | FILE_FLAG_OVERLAPPED, 0, 1 + below(r, 5), 100, 100, 1,
                                               any_attributes(r)));
        break;
    // With no OVERLAPPED it waits, for ever maybe.
    case 1: ConnectNamedPipe(pipe, &request->overlapped); break;
    case 2: TransactNamedPipe(pipe, request->buffer, in, request->buffer + 4096, out, any_output(r, 4), &request->overlapped); break;
    case 3: PeekNamedPipe(pipe, any_output(r, in), in, any_output(r, 4), any_output(r, 4), any_output(r, 4)); break;
    case 4: if (below(r, 2)) WaitNamedPipeA(text, time); else WaitNamedPipeW(wide, time); break;
    case 5: DisconnectNamedPipe(pipe); break;
    case 6: GetNamedPipeHandleStateA(pipe, any_output(r, 4), any_output(r, 4), any_output(r, 4), any_output(r, 4), scratch(r, in), in); break;
    default: GetNamedPipeHandleStateW(pipe, any_output(r, 4), any_output(r, 4), any_output(r, 4), any_output(r, 4), scratch(r, in * 2), in);
    }
}
static void drive_CreatePipe(struct random *r) {
    HANDLE ends[2] = {NULL, NULL};
    if (!CreatePipe(below(r, 16) ? &ends[0] : NULL, below(r, 16) ? &ends[1] : NULL, any_attributes(r), any_number(r))) return;
    // Who reads from one waits, until the other is closed.
    for (int i = 0; i < 2; i++)
        if (below(r, 8)) CloseHandle(ends[i]);
        else made(r, ends[i]);
}
AS(CreateNamedPipeA, with_pipes)
AS(CreateNamedPipeW, with_pipes)
AS(ConnectNamedPipe, with_pipes)
AS(TransactNamedPipe, with_pipes)
AS(PeekNamedPipe, with_pipes)
AS(WaitNamedPipeA, with_pipes)
AS(WaitNamedPipeW, with_pipes)
AS(DisconnectNamedPipe, with_pipes)
AS(GetNamedPipeHandleStateA, with_pipes)
AS(GetNamedPipeHandleStateW, with_pipes)

static VOID CALLBACK pool_io(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped, ULONG result,
                             ULONG_PTR bytes, PTP_IO io) {
    (void)instance, (void)context, (void)overlapped, (void)result, (void)bytes, (void)io;
}

static void with_pool_io(struct random *r) {
    HANDLE file = any_handle(r);
    if (below(r, 2)) {
        BindIoCompletionCallback(file, below(r, 8) ? request_ended : NULL, any_number(r));
        return;
    }
    PTP_IO io = CreateThreadpoolIo(file, below(r, 8) ? pool_io : NULL, NULL, NULL);
    if (!io) return;
    struct request *request = any_request(r);
    StartThreadpoolIo(io);
    // What is told of needs no cancel; and nothing else may be pending when the object goes.
    if (!request || (!ReadFile(file, request->buffer, 100, NULL, &request->overlapped) && GetLastError() != ERROR_IO_PENDING))
        CancelThreadpoolIo(io);
    else
        CancelIoEx(file, &request->overlapped);
    CloseThreadpoolIo(io);
}
AS(BindIoCompletionCallback, with_pool_io)
AS(CreateThreadpoolIo, with_pool_io)
AS(StartThreadpoolIo, with_pool_io)
AS(CancelThreadpoolIo, with_pool_io)
AS(WaitForThreadpoolIoCallbacks, with_pool_io)
AS(CloseThreadpoolIo, with_pool_io)

static void about_files(struct random *r) {
    HANDLE file = any_handle(r);
    LARGE_INTEGER place;
    place.QuadPart = (LONGLONG)any_size(r);
    const DWORD room = below(r, 600);
    WIN32_FIND_DATAA found;
    WIN32_FIND_DATAW wide_found;
    HANDLE search;
    switch (below(r, 8)) {
    case 0: SetFilePointerEx(file, place, any_output(r, 8), below(r, 4)); break;
    case 1: GetFileInformationByHandleEx(file, (FILE_INFO_BY_HANDLE_CLASS)below(r, 30), any_output(r, room), room); break;
    case 2: SetFileInformationByHandle(file, (FILE_INFO_BY_HANDLE_CLASS)below(r, 30), any_output(r, room), room); break;
    case 3: GetFileAttributesExA(any_text(r), (GET_FILEEX_INFO_LEVELS)below(r, 3), any_output(r, sizeof(WIN32_FILE_ATTRIBUTE_DATA))); break;
    case 4: GetFileAttributesExW(any_wide(r), (GET_FILEEX_INFO_LEVELS)below(r, 3), any_output(r, sizeof(WIN32_FILE_ATTRIBUTE_DATA))); break;
    default:
        if (below(r, 2)) {
            search = below(r, 2) ? FindFirstFileA(below(r, 2) ? "*" : any_text(r), &found)
                                 : FindFirstFileExA("?", (FINDEX_INFO_LEVELS)below(r, 3), below(r, 16) ? &found : NULL,
                                                    (FINDEX_SEARCH_OPS)below(r, 4), NULL, any_number(r) & 3);
            for (int i = 0; search != INVALID_HANDLE_VALUE && i < 3; i++) FindNextFileA(search, &found);
        } else {
            search = below(r, 2) ? FindFirstFileW(any_wide(r), &wide_found)
                                 : FindFirstFileExW(u"[ab]*", (FINDEX_INFO_LEVELS)below(r, 3), &wide_found,
                                                    (FINDEX_SEARCH_OPS)below(r, 4), NULL, any_number(r) & 3);
            for (int i = 0; search != INVALID_HANDLE_VALUE && i < 3; i++) FindNextFileW(search, &wide_found);
        }
        if (search != INVALID_HANDLE_VALUE) FindClose(search);
        FindClose(never(r));
    }
}
AS(SetFilePointerEx, about_files)
AS(GetFileInformationByHandleEx, about_files)
AS(SetFileInformationByHandle, about_files)
AS(GetFileAttributesExA, about_files)
AS(GetFileAttributesExW, about_files)
AS(FindFirstFileA, about_files)
AS(FindFirstFileW, about_files)
AS(FindFirstFileExA, about_files)
AS(FindFirstFileExW, about_files)
AS(FindNextFileA, about_files)
AS(FindNextFileW, about_files)
AS(FindClose, about_files)

#include "calls.h"

// ---- the threads

struct worker {
    unsigned long long seed;
    int index;
    unsigned calls;
    const struct driver *chosen[COUNT(drivers)];
    unsigned count;
};

static DWORD WINAPI work(LPVOID argument) {
    struct worker *worker = argument;
    atomic_store(&worker_ids[worker->index], GetCurrentThreadId());
    struct random r = {.state = worker->seed * 0x9E3779B97F4A7C15 + (unsigned)worker->index, .worker = worker->index};
    for (unsigned i = 0; i < worker->calls; i++) {
        const struct driver *driver = worker->chosen[below(&r, worker->count)];
        atomic_store(&now_calling[worker->index], driver->name);
        driver->call(&r);
        free_scratch(&r);
        atomic_store(&calls_made[worker->index], i + 1);
    }
    atomic_store(&now_calling[worker->index], "nothing more");
    atomic_fetch_sub(&working, 1);
    return 0;
}

static void say_where(const char *what) {
    printf("FAIL: %s\n", what);
    for (int i = 0; i < WORKERS; i++) printf("  thread %d: call %u, %s\n", i, calls_made[i], now_calling[i]);
    fflush(stdout);
}

int main(int argc, char **argv) {
    unsigned long long seed = argc > 1 ? strtoull(argv[1], NULL, 0) : GetTickCount64();
    unsigned calls = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 100000;
    static struct worker workers[WORKERS];
    printf("fuzz: seed %llu, %u calls of %zu functions\n", seed, calls, COUNT(drivers));
    fflush(stdout);
    unsetenv("NOTIFY_SOCKET"); // of who runs this: it is no service
    InitializeCriticalSection(&shared_section);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.seed = seed, .index = i, .calls = calls / WORKERS};
        atomic_store(&now_calling[i], "nothing yet");
        for (size_t d = 0; d < COUNT(drivers); d++) {
            int is_chosen = argc <= 3;
            for (int a = 3; a < argc; a++) is_chosen |= !strcmp(argv[a], drivers[d].name);
            if (is_chosen) workers[i].chosen[workers[i].count++] = &drivers[d];
        }
        if (!workers[i].count) {
            fprintf(stderr, "fuzz: there is no such function.\n");
            return 2;
        }
    }
    // Each function once, on one thread.
    struct random first = {.state = seed, .worker = 0};
    for (unsigned i = 0; i < workers[0].count; i++) {
        atomic_store(&now_calling[0], workers[0].chosen[i]->name);
        workers[0].chosen[i]->call(&first);
        free_scratch(&first);
    }
    for (int i = 0; i < WORKERS; i++)
        if (!CloseHandle(CreateThread(NULL, 0, work, &workers[i], 0, NULL))) return 2;

    // Each thread must go on; how fast is no matter.
    unsigned seen[WORKERS] = {0};
    int stalled[WORKERS] = {0};
    // Not by their handles, which are closed at random like any other.
    while (atomic_load(&working) > 0) {
        sleep(1);
        for (int i = 0; i < WORKERS; i++) {
            unsigned now = calls_made[i];
            stalled[i] = now == seen[i] && now < workers[i].calls ? stalled[i] + 1 : 0;
            seen[i] = now;
            if (stalled[i] >= 2) {
                // Who reads from a pipe that is not overlapped may wait for ever, and rightly.
                HANDLE thread = OpenThread(THREAD_ALL_ACCESS, FALSE, worker_ids[i]);
                CancelSynchronousIo(thread);
                CloseHandle(thread);
            }
            if (stalled[i] == SECONDS) {
                say_where("a thread hangs");
                abort();
            }
        }
    }
    for (int i = 0; i < WORKERS; i++) {
        if (calls_made[i] != workers[i].calls) {
            say_where("a thread ended early");
            return 1;
        }
    }

    // Everything still works.
    for (int i = 0; i < SHARED; i++) {
        while (ResumeThread(victims[i]) + 1 > 1) {}
        CloseHandle(victims[i]);
        CloseHandle(handles[i]);
    }
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (!event || !SetEvent(event) || WaitForSingleObject(event, 1000) != WAIT_OBJECT_0 ||
        WaitForSingleObject(event, 0) != WAIT_TIMEOUT || !CloseHandle(event)) {
        printf("FAIL: an event does not work any more\n");
        return 1;
    }
    printf("fuzz: passed\n");
    return 0;
}
