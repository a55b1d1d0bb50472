// ad_win32.h - the Win32 functions, handles and all: the installed Signalbox's, and with -DAD_WINPR FreeRDP's WinPR.
// Compiled for Windows, with whatever runs the program: Wine.
#pragma once
#include "ad_common.h"
#if defined(AD_WINPR)
#include <winpr/handle.h>
#include <winpr/synch.h>
#include <winpr/thread.h>
#include <winpr/wtypes.h>
#define AD_NAME "winpr"
#define AD_THIS_THREAD _GetCurrentThread()
#else
#include <windows.h>
#define AD_THIS_THREAD GetCurrentThread()
#define AD_IOCP 1
#if defined(_WIN32)
#define AD_NAME "wine"
#else
#define AD_NAME "signalbox"
#endif
#endif
#define AD_HAS (A_EVENT | A_MUTEX | A_SEM | A_CS | A_ANY | A_ALL | A_THREAD)
#define AD_APC 1

#if defined(_WIN32)
static LONGLONG ad_frequency;
static inline void ad_init(void) {
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);
    ad_frequency = frequency.QuadPart;
}
static inline int64_t ad_now(void) {
    LARGE_INTEGER count;
    QueryPerformanceCounter(&count);
    return (int64_t)((__int128)count.QuadPart * 1000000000 / ad_frequency);
}
static inline void ad_sleep_ms(int ms) { Sleep((DWORD)ms); }
static inline void ad_pin(int processor) {
    DWORD_PTR all, system;
    GetProcessAffinityMask(GetCurrentProcess(), &all, &system);
    SetThreadAffinityMask(GetCurrentThread(), processor < 0 ? all : (DWORD_PTR)1 << processor);
}
#else
static inline void ad_init(void) {}
#endif

static inline HANDLE w32_made(HANDLE handle) {
    if (!handle) abort();
    return handle;
}
static inline void w32_done(BOOL succeeded) { if (!succeeded) abort(); }

// events
// WinPR 2.11 has no automatic reset (a wait leaves the event set), so its users reset after the wait; so does this.
#if defined(AD_WINPR)
#define W32_MANUAL(manual) TRUE
#define W32_TAKE(manual, event) do { if (!(manual)) ResetEvent(event); } while (0)
#else
#define W32_MANUAL(manual) (manual)
#define W32_TAKE(manual, event) ((void)(manual), (void)(event))
#endif
#if defined(AD_WINPR)
struct w32_event { HANDLE handle; int manual; };
typedef struct w32_event *ev_t;
static inline ev_t ev_new(int manual, int initial) {
    ev_t event = (ev_t)malloc(sizeof *event);
    event->handle = w32_made(CreateEventA(NULL, TRUE, initial, NULL));
    event->manual = manual;
    return event;
}
static inline void ev_del(ev_t event) {
    w32_done(CloseHandle(event->handle));
    free(event);
}
#define W32_HANDLE(event) ((event)->handle)
#define W32_IS_MANUAL(event) ((event)->manual)
#else
typedef HANDLE ev_t;
static inline ev_t ev_new(int manual, int initial) { return w32_made(CreateEventA(NULL, manual, initial, NULL)); }
static inline void ev_del(ev_t event) { w32_done(CloseHandle(event)); }
#define W32_HANDLE(event) (event)
#define W32_IS_MANUAL(event) FALSE
#endif
static inline void ev_set(ev_t event) { SetEvent(W32_HANDLE(event)); }
static inline void ev_reset(ev_t event) { ResetEvent(W32_HANDLE(event)); }
static inline int ev_wait(ev_t event, int ms) {
    if (WaitForSingleObject(W32_HANDLE(event), ms < 0 ? INFINITE : (DWORD)ms) != WAIT_OBJECT_0) return 1;
    W32_TAKE(W32_IS_MANUAL(event), W32_HANDLE(event));
    return 0;
}

// several events
struct w32_group { DWORD count; int manual; HANDLE handles[64]; };
typedef struct w32_group *wm_t;
static inline wm_t wm_new(int count, int initial, int manual) {
    wm_t group = (wm_t)calloc(1, sizeof *group);
    group->count = (DWORD)count;
    group->manual = manual;
    for (int i = 0; i < count; i++) group->handles[i] = w32_made(CreateEventA(NULL, W32_MANUAL(manual), initial, NULL));
    return group;
}
static inline void wm_del(wm_t group) {
    for (DWORD i = 0; i < group->count; i++) w32_done(CloseHandle(group->handles[i]));
    free(group);
}
static inline void wm_set(wm_t group, int index) { SetEvent(group->handles[index]); }
static inline int wm_any(wm_t group) {
    const DWORD index = WaitForMultipleObjects(group->count, group->handles, FALSE, INFINITE) - WAIT_OBJECT_0;
    W32_TAKE(group->manual, group->handles[index]);
    return (int)index;
}
static inline void wm_all(wm_t group) {
    w32_done(WaitForMultipleObjects(group->count, group->handles, TRUE, INFINITE) < WAIT_OBJECT_0 + group->count);
    for (DWORD i = 0; i < group->count; i++) W32_TAKE(group->manual, group->handles[i]);
}

// mutexes and semaphores
typedef HANDLE mx_t;
static inline mx_t mx_new(void) { return w32_made(CreateMutexA(NULL, FALSE, NULL)); }
static inline void mx_del(mx_t mutex) { w32_done(CloseHandle(mutex)); }
static inline void mx_lock(mx_t mutex) { w32_done(WaitForSingleObject(mutex, INFINITE) == WAIT_OBJECT_0); }
static inline void mx_unlock(mx_t mutex) { w32_done(ReleaseMutex(mutex)); }
typedef HANDLE sm_t;
static inline sm_t sm_new(int initial, int maximum) {
    return w32_made(CreateSemaphoreA(NULL, initial, maximum, NULL));
}
static inline void sm_del(sm_t semaphore) { w32_done(CloseHandle(semaphore)); }
static inline void sm_wait(sm_t semaphore) { w32_done(WaitForSingleObject(semaphore, INFINITE) == WAIT_OBJECT_0); }
static inline void sm_post(sm_t semaphore) { w32_done(ReleaseSemaphore(semaphore, 1, NULL)); }

// critical sections
typedef CRITICAL_SECTION cs_t;
static inline void cs_init(cs_t *section) { InitializeCriticalSection(section); }
static inline void cs_del(cs_t *section) { DeleteCriticalSection(section); }
static inline void cs_enter(cs_t *section) { EnterCriticalSection(section); }
static inline void cs_leave(cs_t *section) { LeaveCriticalSection(section); }

// threads
typedef HANDLE th_t;
struct th_start { void (*function)(void *); void *argument; };
static DWORD WINAPI th_run(LPVOID parameter) {
    const struct th_start start = *(struct th_start *)parameter;
    free(parameter);
    start.function(start.argument);
    return 0;
}
static inline th_t th_new(void (*function)(void *), void *argument) {
    struct th_start *start = (struct th_start *)malloc(sizeof *start);
    start->function = function;
    start->argument = argument;
    return w32_made(CreateThread(NULL, 0, th_run, start, 0, NULL));
}
static inline void th_join(th_t thread) {
    WaitForSingleObject(thread, INFINITE);
    w32_done(CloseHandle(thread));
}
static DWORD WINAPI th_nothing(LPVOID parameter) { (void)parameter; return 0; }
static inline void th_empty(void) { th_join(w32_made(CreateThread(NULL, 0, th_nothing, NULL, 0, NULL))); }

// APCs, to the calling thread
static void (*w32_call)(uintptr_t);
static void CALLBACK w32_apc(ULONG_PTR argument) { w32_call((uintptr_t)argument); }
static inline void apc_self(void (*function)(uintptr_t), uintptr_t argument) {
    w32_call = function;
    w32_done(QueueUserAPC(w32_apc, AD_THIS_THREAD, argument) != 0);
}
static inline void apc_run(void) { SleepEx(0, TRUE); }

// completion ports
#if defined(AD_IOCP)
typedef HANDLE io_t;
static inline io_t io_new(int limit) {
    return w32_made(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, (DWORD)limit));
}
static inline void io_del(io_t port) { w32_done(CloseHandle(port)); }
static inline void io_post(io_t port, uintptr_t key) { w32_done(PostQueuedCompletionStatus(port, 0, key, NULL)); }
static inline uintptr_t io_get(io_t port) {
    DWORD bytes;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped;
    w32_done(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE));
    return key;
}
#endif
