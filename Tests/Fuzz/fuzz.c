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

static DWORD WINAPI short_thread(LPVOID argument) {
    Sleep((DWORD)(ULONG_PTR)argument & 1);
    atomic_fetch_sub(&threads_running, 1);
    return 7;
}

// ---- functions with a form of their own

static void drive_CreateThread(struct random *r) {
    if (atomic_load(&threads_running) > 64) return;
    static const DWORD flags[] = {0, 0, CREATE_SUSPENDED, STACK_SIZE_PARAM_IS_A_RESERVATION, 0x80000000};
    atomic_fetch_add(&threads_running, 1);
    HANDLE thread = CreateThread(any_attributes(r), below(r, 4) ? 0 : 1 << below(r, 20), below(r, 16) ? short_thread : NULL,
                                 (LPVOID)next(r), flags[below(r, COUNT(flags))], any_output(r, sizeof(DWORD)));
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

// A pair that no other thread uses, so that each call is in its place.
static void with_section(struct random *r) {
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
static void drive_InitializeCriticalSection(struct random *r) { with_section(r); }
static void drive_InitializeCriticalSectionAndSpinCount(struct random *r) { with_section(r); }
static void drive_InitializeCriticalSectionEx(struct random *r) { with_section(r); }
static void drive_SetCriticalSectionSpinCount(struct random *r) { with_section(r); }
static void drive_EnterCriticalSection(struct random *r) { with_section(r); }
static void drive_TryEnterCriticalSection(struct random *r) { with_section(r); }
static void drive_LeaveCriticalSection(struct random *r) { with_section(r); }
static void drive_DeleteCriticalSection(struct random *r) { with_section(r); }

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
