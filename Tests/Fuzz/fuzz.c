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
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
static atomic_int threads_running;

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
static void suspending(struct random *r) {
    HANDLE thread = below(r, 4) ? victims[below(r, SHARED)] : never(r);
    if (SuspendThread(thread) != (DWORD)-1 && below(r, 4)) ResumeThread(thread);
}
static void terminating(struct random *r) {
    HANDLE thread = below(r, 4) ? victims[below(r, SHARED)] : never(r);
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

// ---- memory

static void heaps(struct random *r) {
    HANDLE heap = below(r, 2) ? GetProcessHeap() : HeapCreate(below(r, 4) ? 0 : any_number(r), 0, 0);
    DWORD flags = below(r, 4) ? 0 : any_number(r) & ~(DWORD)HEAP_GENERATE_EXCEPTIONS;
    if (heap) {
        void *memory = HeapAlloc(heap, flags, below(r, 4) ? below(r, 5000) : any_size(r));
        if (memory) {
            HeapSize(heap, flags, memory);
            HeapValidate(heap, 0, memory);
            void *other = HeapReAlloc(heap, flags, memory, below(r, 4) ? below(r, 5000) : any_size(r));
            HeapFree(heap, flags, other ? other : memory);
        }
        HeapFree(heap, flags, NULL);
        if (heap != GetProcessHeap()) HeapDestroy(heap);
    }
    HANDLE none = never(r);
    HeapDestroy(none);
    HeapAlloc(none, 0, 8);
    HeapFree(none, 0, NULL);
    HeapSize(none, 0, NULL);
}
AS(HeapCreate, heaps)
AS(HeapDestroy, heaps)
AS(HeapAlloc, heaps)
AS(HeapReAlloc, heaps)
AS(HeapFree, heaps)
AS(HeapSize, heaps)
AS(HeapValidate, heaps)

static void movable(struct random *r) {
    UINT flags = below(r, 4) ? below(r, 2) * LMEM_MOVEABLE | below(r, 2) * LMEM_ZEROINIT : any_number(r);
    SIZE_T size = below(r, 4) ? below(r, 5000) : any_size(r), other = below(r, 5000);
    HLOCAL local = LocalAlloc(flags, size);
    if (local) {
        void *memory = LocalLock(local);
        LocalSize(local), LocalFlags(local);
        if (memory) LocalHandle(memory);
        LocalUnlock(local);
        HLOCAL moved = LocalReAlloc(local, other, below(r, 4) ? LMEM_MOVEABLE : any_number(r));
        LocalFree(moved ? moved : local);
    }
    LocalFree(NULL);
    HGLOBAL global = GlobalAlloc(flags, size);
    if (global) {
        void *memory = GlobalLock(global);
        GlobalSize(global), GlobalFlags(global);
        if (memory) GlobalHandle(memory);
        GlobalUnlock(global);
        HGLOBAL moved = GlobalReAlloc(global, other, below(r, 4) ? GMEM_MOVEABLE : any_number(r));
        GlobalFree(moved ? moved : global);
    }
    GlobalFree(NULL);
}
AS(LocalAlloc, movable)
AS(LocalReAlloc, movable)
AS(LocalFree, movable)
AS(LocalLock, movable)
AS(LocalUnlock, movable)
AS(LocalSize, movable)
AS(LocalFlags, movable)
AS(LocalHandle, movable)
AS(GlobalAlloc, movable)
AS(GlobalReAlloc, movable)
AS(GlobalFree, movable)
AS(GlobalLock, movable)
AS(GlobalUnlock, movable)
AS(GlobalSize, movable)
AS(GlobalFlags, movable)
AS(GlobalHandle, movable)

static void virtual_memory(struct random *r) {
    static const DWORD kinds[] = {MEM_RESERVE, MEM_COMMIT, MEM_RESERVE | MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE};
    static const DWORD protections[] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE_READ, PAGE_GUARD, 0};
    DWORD old;
    char *memory = VirtualAlloc(below(r, 4) ? NULL : never(r), below(r, 4) ? below(r, 1 << 20) : any_size(r),
                                kinds[below(r, COUNT(kinds))], protections[below(r, COUNT(protections))]);
    if (memory) {
        VirtualAlloc(memory, below(r, 1 << 20), MEM_COMMIT, protections[below(r, COUNT(protections))]);
        VirtualProtect(memory, below(r, 1 << 16), protections[below(r, COUNT(protections))], below(r, 4) ? &old : NULL);
        VirtualQuery(memory + below(r, 1 << 16), any_output(r, sizeof(MEMORY_BASIC_INFORMATION)), any_size(r));
        VirtualFree(memory, below(r, 1 << 16), MEM_DECOMMIT);
        VirtualFree(memory + below(r, 2) * 4096, below(r, 2), MEM_RELEASE);
        VirtualFree(memory, 0, MEM_RELEASE);
    }
    // What VirtualAlloc has not made is refused.
    VirtualFree(scratch(r, 64), 0, MEM_RELEASE);
    VirtualFree(never(r), any_size(r), any_number(r) & ~(DWORD)MEM_DECOMMIT);
}
AS(VirtualAlloc, virtual_memory)
AS(VirtualFree, virtual_memory)
AS(VirtualProtect, virtual_memory)

// ---- characters

static void characters(struct random *r) {
    char narrow[1200];
    WCHAR wide[1200];
    const char *text = any_text(r);
    LPCWSTR wide_text = any_wide(r);
    lstrcpyA(narrow, text ? text : ""), lstrcatA(narrow, texts[below(r, COUNT(texts))]);
    lstrcpyW(wide, wide_text ? wide_text : L""), lstrcatW(wide, L"x");
    lstrcpynA(narrow, text, (int)below(r, 1200)), lstrcpynW(wide, wide_text, (int)below(r, 1200));
    wsprintfA(narrow, "%s %d %#x %c %%", text ? text : "", any_number(r), any_number(r), 'c');
    wsprintfW(wide, L"%s %d %#x %c %%", wide_text ? wide_text : L"", any_number(r), any_number(r), 'c');
    int room = (int)below(r, 1200), length = text ? (int)strlen(text) : 0, wide_length = wide_text ? lstrlenW(wide_text) : 0;
    MultiByteToWideChar(below(r, 4) ? CP_UTF8 : any_number(r), below(r, 4) ? 0 : any_number(r), text,
                        below(r, 2) ? -1 : length, below(r, 4) ? wide : NULL, room);
    WideCharToMultiByte(below(r, 4) ? CP_UTF8 : any_number(r), below(r, 4) ? 0 : any_number(r), wide_text,
                        below(r, 2) ? -1 : wide_length, below(r, 4) ? narrow : NULL, room, below(r, 4) ? NULL : "?",
                        below(r, 4) ? NULL : any_output(r, sizeof(BOOL)));
    DWORD flags = (below(r, 2) ? FORMAT_MESSAGE_FROM_SYSTEM : any_number(r)) | FORMAT_MESSAGE_IGNORE_INSERTS;
    flags &= ~(DWORD)(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_HMODULE);
    FormatMessageA(flags, "%1 %2!d!%n", any_number(r), any_number(r), narrow, below(r, 1200), NULL);
    FormatMessageW(flags, L"%1 %2!d!%n", any_number(r), any_number(r), wide, below(r, 1200), NULL);
}
AS(lstrcpyA, characters)
AS(lstrcpyW, characters)
AS(lstrcpynA, characters)
AS(lstrcpynW, characters)
AS(lstrcatA, characters)
AS(lstrcatW, characters)
AS(wsprintfA, characters)
AS(wsprintfW, characters)
AS(wvsprintfA, characters)
AS(wvsprintfW, characters)
AS(MultiByteToWideChar, characters)
AS(WideCharToMultiByte, characters)
AS(FormatMessageA, characters)
AS(FormatMessageW, characters)

// ---- the thread pool

static void CALLBACK on_simple(PTP_CALLBACK_INSTANCE instance, PVOID context) {
    if ((ULONG_PTR)context & 1) CallbackMayRunLong(instance);
    if ((ULONG_PTR)context & 2) DisassociateCurrentThreadFromCallback(instance);
    if ((ULONG_PTR)context & 4) SetEventWhenCallbackReturns(instance, handles[(ULONG_PTR)context >> 3 & (SHARED - 1)]);
    if ((ULONG_PTR)context & 8) ReleaseSemaphoreWhenCallbackReturns(instance, handles[(ULONG_PTR)context >> 4 & (SHARED - 1)], 1);
}
static void CALLBACK on_work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work) {
    (void)work;
    on_simple(instance, context);
}
static void CALLBACK on_timer(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer) {
    (void)timer;
    on_simple(instance, context);
}
static void CALLBACK on_wait(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait, TP_WAIT_RESULT result) {
    (void)wait, (void)result;
    on_simple(instance, context);
}
static void CALLBACK on_legacy(PVOID context, BOOLEAN fired) { (void)context, (void)fired; }
static DWORD WINAPI on_item(LPVOID context) { return (DWORD)(ULONG_PTR)context; }

static PFILETIME any_due(struct random *r) {
    if (!below(r, 4)) return NULL;
    PFILETIME due = scratch(r, sizeof *due);
    LONGLONG ticks = below(r, 2) ? -(LONGLONG)below(r, 20000) : (LONGLONG)next(r);
    *due = (FILETIME){(DWORD)ticks, (DWORD)((ULONGLONG)ticks >> 32)};
    return due;
}

static void pools(struct random *r) {
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = NULL;
    PTP_CLEANUP_GROUP group = NULL;
    InitializeThreadpoolEnvironment(&environment);
    if (!below(r, 64)) {
        if ((pool = CreateThreadpool(below(r, 8) ? NULL : (PVOID)next(r)))) {
            SetThreadpoolThreadMaximum(pool, below(r, 4));
            SetThreadpoolThreadMinimum(pool, below(r, 2));
            SetThreadpoolCallbackPool(&environment, pool);
        }
    }
    if (!below(r, 4) && (group = CreateThreadpoolCleanupGroup())) SetThreadpoolCallbackCleanupGroup(&environment, group, NULL);
    if (!below(r, 4)) SetThreadpoolCallbackRunsLong(&environment);
    PTP_WORK work = CreateThreadpoolWork(below(r, 16) ? on_work : NULL, (PVOID)next(r), &environment);
    PTP_TIMER timer = CreateThreadpoolTimer(on_timer, (PVOID)next(r), &environment);
    PTP_WAIT wait = CreateThreadpoolWait(on_wait, (PVOID)next(r), &environment);
    TrySubmitThreadpoolCallback(below(r, 16) ? on_simple : NULL, (PVOID)next(r), NULL);
    if (work) {
        for (unsigned i = below(r, 4); i; i--) SubmitThreadpoolWork(work);
        WaitForThreadpoolWorkCallbacks(work, any_bool(r));
    }
    if (timer) {
        SetThreadpoolTimer(timer, any_due(r), below(r, 4) ? 0 : 1000, below(r, 10));
        SetThreadpoolTimerEx(timer, any_due(r), 0, 0);
        IsThreadpoolTimerSet(timer);
        SetThreadpoolTimer(timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(timer, any_bool(r));
    }
    if (wait) {
        SetThreadpoolWait(wait, any_handle(r), any_due(r));
        SetThreadpoolWaitEx(wait, any_handle(r), any_due(r), NULL);
        SetThreadpoolWait(wait, NULL, NULL);
        WaitForThreadpoolWaitCallbacks(wait, any_bool(r));
    }
    if (group) {
        // Its members go with it.
        CloseThreadpoolCleanupGroupMembers(group, any_bool(r), NULL);
        CloseThreadpoolCleanupGroup(group);
        work = NULL, timer = NULL, wait = NULL;
    }
    if (timer) CloseThreadpoolTimer(timer);
    if (wait) CloseThreadpoolWait(wait);
    if (work) CloseThreadpoolWork(work);
    if (pool) CloseThreadpool(pool);
    DestroyThreadpoolEnvironment(&environment);
}
AS(InitializeThreadpoolEnvironment, pools)
AS(SetThreadpoolCallbackPool, pools)
AS(SetThreadpoolCallbackCleanupGroup, pools)
AS(SetThreadpoolCallbackRunsLong, pools)
AS(SetThreadpoolCallbackPersistent, pools)
AS(SetThreadpoolCallbackPriority, pools)
AS(DestroyThreadpoolEnvironment, pools)
AS(CreateThreadpool, pools)
AS(SetThreadpoolThreadMaximum, pools)
AS(SetThreadpoolThreadMinimum, pools)
AS(SetThreadpoolStackInformation, pools)
AS(QueryThreadpoolStackInformation, pools)
AS(CloseThreadpool, pools)
AS(CreateThreadpoolCleanupGroup, pools)
AS(CloseThreadpoolCleanupGroupMembers, pools)
AS(CloseThreadpoolCleanupGroup, pools)
AS(SetEventWhenCallbackReturns, pools)
AS(ReleaseSemaphoreWhenCallbackReturns, pools)
AS(ReleaseMutexWhenCallbackReturns, pools)
AS(LeaveCriticalSectionWhenCallbackReturns, pools)
AS(CallbackMayRunLong, pools)
AS(DisassociateCurrentThreadFromCallback, pools)
AS(TrySubmitThreadpoolCallback, pools)
AS(CreateThreadpoolWork, pools)
AS(SubmitThreadpoolWork, pools)
AS(WaitForThreadpoolWorkCallbacks, pools)
AS(CloseThreadpoolWork, pools)
AS(CreateThreadpoolTimer, pools)
AS(SetThreadpoolTimer, pools)
AS(SetThreadpoolTimerEx, pools)
AS(IsThreadpoolTimerSet, pools)
AS(WaitForThreadpoolTimerCallbacks, pools)
AS(CloseThreadpoolTimer, pools)
AS(CreateThreadpoolWait, pools)
AS(SetThreadpoolWait, pools)
AS(SetThreadpoolWaitEx, pools)
AS(WaitForThreadpoolWaitCallbacks, pools)
AS(CloseThreadpoolWait, pools)

// What these give back is kept for the others, too: whoever closes one, the rest is refused.
static _Atomic(HANDLE) waits[SHARED], timers[SHARED];
static HANDLE any_of(struct random *r, _Atomic(HANDLE) *kept) { return below(r, 4) ? kept[below(r, SHARED)] : any_handle(r); }

static void registered(struct random *r) {
    static const ULONG flags[] = {0, WT_EXECUTEONLYONCE, WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE, WT_EXECUTELONGFUNCTION};
    HANDLE completion = below(r, 2) ? INVALID_HANDLE_VALUE : below(r, 2) ? NULL : any_handle(r);
    HANDLE wait = NULL;
    if (RegisterWaitForSingleObject(&wait, any_handle(r), below(r, 16) ? on_legacy : NULL, (PVOID)next(r),
                                    below(r, 2) ? INFINITE : 1 + below(r, 100), flags[below(r, COUNT(flags))])) {
        wait = atomic_exchange(&waits[below(r, SHARED)], wait);
    }
    if (below(r, 4)) UnregisterWaitEx(below(r, 4) ? wait : any_of(r, waits), completion);
    else UnregisterWait(any_of(r, waits));
    QueueUserWorkItem(below(r, 16) ? on_item : NULL, (PVOID)next(r), below(r, 8) ? 0 : any_number(r));
}
AS(RegisterWaitForSingleObject, registered)
AS(UnregisterWait, registered)
AS(UnregisterWaitEx, registered)
AS(QueueUserWorkItem, registered)

static void timer_queues(struct random *r) {
    HANDLE queue = below(r, 2) ? NULL : CreateTimerQueue(), timer = NULL;
    HANDLE completion = below(r, 2) ? INVALID_HANDLE_VALUE : below(r, 2) ? NULL : any_handle(r);
    if (CreateTimerQueueTimer(&timer, below(r, 8) ? queue : any_handle(r), below(r, 16) ? on_legacy : NULL, (PVOID)next(r),
                              below(r, 100), below(r, 2) ? 0 : 50 + below(r, 1000), below(r, 4) ? 0 : WT_EXECUTEONLYONCE) &&
        !queue)
        timer = atomic_exchange(&timers[below(r, SHARED)], timer);
    ChangeTimerQueueTimer(below(r, 8) ? queue : any_handle(r), any_of(r, timers), below(r, 100), below(r, 2) ? 0 : 1000);
    DeleteTimerQueueTimer(below(r, 8) ? queue : any_handle(r), below(r, 4) ? timer : any_of(r, timers), completion);
    if (queue) {
        if (below(r, 2)) DeleteTimerQueue(queue);
        DeleteTimerQueueEx(queue, completion); // once it is deleted, refused
    }
}
AS(CreateTimerQueue, timer_queues)
AS(CreateTimerQueueTimer, timer_queues)
AS(ChangeTimerQueueTimer, timer_queues)
AS(DeleteTimerQueueTimer, timer_queues)
AS(DeleteTimerQueue, timer_queues)
AS(DeleteTimerQueueEx, timer_queues)

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
    if (!((ULONG_PTR)seed & 63)) WaitForThreadpoolWorkCallbacks(work, TRUE);
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
        case 6: WaitForThreadpoolTimerCallbacks(timer, TRUE); break;
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
static void drive_CreateThreadpool(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolThreadMaximum(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolThreadMinimum(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolStackInformation(struct random *r) { with_pool(r); }
static void drive_QueryThreadpoolStackInformation(struct random *r) { with_pool(r); }
static void drive_CloseThreadpool(struct random *r) { with_pool(r); }
static void drive_CreateThreadpoolCleanupGroup(struct random *r) { with_pool(r); }
static void drive_CloseThreadpoolCleanupGroupMembers(struct random *r) { with_pool(r); }
static void drive_CloseThreadpoolCleanupGroup(struct random *r) { with_pool(r); }
static void drive_TrySubmitThreadpoolCallback(struct random *r) { with_pool(r); }
static void drive_CreateThreadpoolWork(struct random *r) { with_pool(r); }
static void drive_SubmitThreadpoolWork(struct random *r) { with_pool(r); }
static void drive_WaitForThreadpoolWorkCallbacks(struct random *r) { with_pool(r); }
static void drive_CloseThreadpoolWork(struct random *r) { with_pool(r); }
static void drive_CreateThreadpoolTimer(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolTimer(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolTimerEx(struct random *r) { with_pool(r); }
static void drive_IsThreadpoolTimerSet(struct random *r) { with_pool(r); }
static void drive_WaitForThreadpoolTimerCallbacks(struct random *r) { with_pool(r); }
static void drive_CloseThreadpoolTimer(struct random *r) { with_pool(r); }
static void drive_CreateThreadpoolWait(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolWait(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolWaitEx(struct random *r) { with_pool(r); }
static void drive_WaitForThreadpoolWaitCallbacks(struct random *r) { with_pool(r); }
static void drive_CloseThreadpoolWait(struct random *r) { with_pool(r); }
static void drive_SetEventWhenCallbackReturns(struct random *r) { with_pool(r); }
static void drive_ReleaseSemaphoreWhenCallbackReturns(struct random *r) { with_pool(r); }
static void drive_ReleaseMutexWhenCallbackReturns(struct random *r) { with_pool(r); }
static void drive_LeaveCriticalSectionWhenCallbackReturns(struct random *r) { with_pool(r); }
static void drive_FreeLibraryWhenCallbackReturns(struct random *r) { with_pool(r); }
static void drive_CallbackMayRunLong(struct random *r) { with_pool(r); }
static void drive_DisassociateCurrentThreadFromCallback(struct random *r) { with_pool(r); }
static void drive_InitializeThreadpoolEnvironment(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolCallbackPool(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolCallbackCleanupGroup(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolCallbackRunsLong(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolCallbackLibrary(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolCallbackPersistent(struct random *r) { with_pool(r); }
static void drive_SetThreadpoolCallbackPriority(struct random *r) { with_pool(r); }
static void drive_DestroyThreadpoolEnvironment(struct random *r) { with_pool(r); }

// What is registered is unregistered: it would run for ever.
static VOID CALLBACK called_back(PVOID seed, BOOLEAN timed_out) {
    (void)timed_out;
    in_callback(NULL, seed);
}

static HANDLE any_completion(struct random *r) {
    return below(r, 2) ? INVALID_HANDLE_VALUE : below(r, 2) ? NULL : any_handle(r);
}

static void drive_RegisterWaitForSingleObject(struct random *r) {
    HANDLE wait = NULL;
    ULONG flags = below(r, 16) ? below(r, 0x200) : any_number(r) & 0xFFFF;
    if (!RegisterWaitForSingleObject(below(r, 16) ? &wait : NULL, any_handle(r), below(r, 16) ? called_back : NULL,
                                     (PVOID)next(r), any_time(r) ? any_number(r) : below(r, 3), flags)) return;
    if (below(r, 2)) SwitchToThread();
    if (below(r, 2)) UnregisterWaitEx(wait, any_completion(r));
    UnregisterWait(wait);
}

static void drive_CreateTimerQueueTimer(struct random *r) {
    HANDLE timer = NULL, own = below(r, 2) ? CreateTimerQueue() : NULL, queue = below(r, 4) ? own : any_handle(r);
    ULONG flags = below(r, 16) ? below(r, 0x200) : any_number(r) & 0xFFFF;
    if (CreateTimerQueueTimer(below(r, 16) ? &timer : NULL, queue, below(r, 16) ? called_back : NULL, (PVOID)next(r),
                              any_time(r) ? any_number(r) : below(r, 3), below(r, 3), flags)) {
        if (below(r, 2)) ChangeTimerQueueTimer(queue, timer, below(r, 3), below(r, 3));
        if (below(r, 2)) DeleteTimerQueueTimer(queue, timer, any_completion(r));
        DeleteTimerQueueTimer(queue, timer, NULL);
    }
    if (own && below(r, 2)) DeleteTimerQueueEx(own, any_completion(r));
    if (own) DeleteTimerQueue(own);
}

static DWORD WINAPI work_item(LPVOID seed) {
    in_callback(NULL, seed);
    return 0;
}
static void drive_QueueUserWorkItem(struct random *r) {
    QueueUserWorkItem(below(r, 16) ? work_item : NULL, (PVOID)next(r), below(r, 16) ? below(r, 0x200) : any_number(r) & 0xFFFF);
}

// A child that may be anything, or nothing; it is ended at once. (The thread sanitizer takes the start for a fork.)
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STARTS_NOTHING 1
#endif
#endif
static void drive_CreateProcessA(struct random *r) {
#ifndef STARTS_NOTHING
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
static void drive_CreateProcessW(struct random *r) {
    PROCESS_INFORMATION child = {0};
    LPSTARTUPINFOW startup = scratch(r, sizeof *startup);
    memset(startup, 0, sizeof *startup);
    LPCWSTR program = any_wide(r);
    if (CreateProcessW(program, NULL, NULL, NULL, FALSE, any_number(r), NULL, any_wide(r), startup, &child)) abort();
}
static void drive_GetEnvironmentVariableA(struct random *r) {
    DWORD size = below(r, 300);
    GetEnvironmentVariableA(any_text(r), scratch(r, size), size);
}
static void drive_GetEnvironmentVariableW(struct random *r) {
    DWORD size = below(r, 300);
    GetEnvironmentVariableW(any_wide(r), scratch(r, size * sizeof(WCHAR)), size);
}
static void drive_GetCurrentDirectoryA(struct random *r) {
    DWORD size = below(r, 300);
    GetCurrentDirectoryA(size, scratch(r, size));
}
static void drive_GetCurrentDirectoryW(struct random *r) {
    DWORD size = below(r, 300);
    GetCurrentDirectoryW(size, scratch(r, size * sizeof(WCHAR)));
}
static void drive_FreeEnvironmentStringsA(struct random *r) { (void)r, FreeEnvironmentStringsA(GetEnvironmentStringsA()); }
static void drive_FreeEnvironmentStringsW(struct random *r) { (void)r, FreeEnvironmentStringsW(GetEnvironmentStringsW()); }
static void drive_GetEnvironmentStringsA(struct random *r) { drive_FreeEnvironmentStringsA(r); }
static void drive_GetEnvironmentStringsW(struct random *r) { drive_FreeEnvironmentStringsW(r); }
static void drive_SetInformationJobObject(struct random *r) {
    DWORD size = below(r, 2) ? sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) : below(r, 200);
    SetInformationJobObject(any_handle(r), (JOBOBJECTINFOCLASS)below(r, 12), any_output(r, size), size);
}
static void drive_QueryInformationJobObject(struct random *r) {
    static const DWORD sizes[] = {48, 64, 144, 16, 24, 8};
    DWORD size = below(r, 4) ? sizes[below(r, COUNT(sizes))] : below(r, 200);
    QueryInformationJobObject(any_handle(r), (JOBOBJECTINFOCLASS)below(r, 12), any_output(r, size), size,
                              any_output(r, sizeof(DWORD)));
}

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
    struct random r = {.state = worker->seed * 0x9E3779B97F4A7C15 + (unsigned)worker->index, .worker = worker->index};
    for (unsigned i = 0; i < worker->calls; i++) {
        const struct driver *driver = worker->chosen[below(&r, worker->count)];
        atomic_store(&now_calling[worker->index], driver->name);
        driver->call(&r);
        free_scratch(&r);
        atomic_store(&calls_made[worker->index], i + 1);
    }
    atomic_store(&now_calling[worker->index], "nothing more");
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
    HANDLE threads[WORKERS];
    printf("fuzz: seed %llu, %u calls of %zu functions\n", seed, calls, COUNT(drivers));
    fflush(stdout);
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
    for (int i = 0; i < WORKERS; i++)
        if (!(threads[i] = CreateThread(NULL, 0, work, &workers[i], 0, NULL))) return 2;

    // Each thread must go on; how fast is no matter.
    unsigned seen[WORKERS] = {0};
    int stalled[WORKERS] = {0};
    while (WaitForMultipleObjects(WORKERS, threads, TRUE, 1000) == WAIT_TIMEOUT)
        for (int i = 0; i < WORKERS; i++) {
            unsigned now = calls_made[i];
            stalled[i] = now == seen[i] && now < workers[i].calls ? stalled[i] + 1 : 0;
            seen[i] = now;
            if (stalled[i] == SECONDS) {
                say_where("a thread hangs");
                abort();
            }
        }
    for (int i = 0; i < WORKERS; i++) {
        DWORD code = 1;
        if (calls_made[i] != workers[i].calls || !GetExitCodeThread(threads[i], &code) || code != 0) {
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
