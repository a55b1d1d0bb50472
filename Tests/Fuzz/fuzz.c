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

// Memory that no other thread touches; what is asked for and released in the wrong way is refused, or this thread's.
static void with_pages(struct random *r) {
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
        case 3: VirtualAlloc(at, any_size(r) >> 20, types[below(r, COUNT(types))] & ~(DWORD)MEM_TOP_DOWN, any_number(r)); break;
        default: VirtualFree(at, below(r, 4) ? 1 + below(r, 4096) : 0, MEM_RELEASE); break;
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
