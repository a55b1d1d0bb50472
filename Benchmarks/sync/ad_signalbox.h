// ad_signalbox.h - Signalbox through its installed <windows.h>: what a C program pays, handles and all.
#pragma once
#include "ad_common.h"
#include <windows.h>
#define AD_NAME "signalbox"
#define AD_HAS (A_EVENT | A_ANY | A_ALL | A_BCAST | A_CREATE | A_THREAD | A_TIMED)
#define AD_IOCP 1
#define NO_MUTEX
#define NO_SEM
#define NO_CS
#include "ad_none.h"

static inline void ad_init(void) {}

// events
typedef HANDLE ev_t;
static inline ev_t ev_new(int manual, int initial) {
    HANDLE event = CreateEventA(NULL, manual, initial, NULL);
    if (!event) abort();
    return event;
}
static inline void ev_del(ev_t event) { if (!CloseHandle(event)) abort(); }
static inline void ev_set(ev_t event) { SetEvent(event); }
static inline void ev_reset(ev_t event) { ResetEvent(event); }
static inline int ev_wait(ev_t event, int ms) {
    return WaitForSingleObject(event, ms < 0 ? INFINITE : (DWORD)ms) == WAIT_TIMEOUT;
}

// several events
struct wm { DWORD n; HANDLE h[64]; };
typedef struct wm *wm_t;
static inline wm_t wm_new(int n, int allset, int manual) {
    wm_t w = (wm_t)calloc(1, sizeof *w);
    w->n = (DWORD)n;
    for (int i = 0; i < n; i++) w->h[i] = ev_new(manual, allset);
    return w;
}
static inline void wm_del(wm_t w) {
    for (DWORD i = 0; i < w->n; i++) ev_del(w->h[i]);
    free(w);
}
static inline void wm_set(wm_t w, int i) { SetEvent(w->h[i]); }
static inline int wm_any(wm_t w) { return (int)(WaitForMultipleObjects(w->n, w->h, FALSE, INFINITE) - WAIT_OBJECT_0); }
static inline void wm_all(wm_t w) {
    if (WaitForMultipleObjects(w->n, w->h, TRUE, INFINITE) >= WAIT_OBJECT_0 + w->n) abort();
}

// threads
typedef HANDLE th_t;
struct th_start { void (*fn)(void *); void *arg; };
static DWORD WINAPI th_tramp(LPVOID parameter) {
    struct th_start start = *(struct th_start *)parameter;
    free(parameter);
    start.fn(start.arg);
    return 0;
}
static inline th_t th_new(void (*fn)(void *), void *arg) {
    struct th_start *start = (struct th_start *)malloc(sizeof *start);
    start->fn = fn;
    start->arg = arg;
    HANDLE thread = CreateThread(NULL, 0, th_tramp, start, 0, NULL);
    if (!thread) abort();
    return thread;
}
static inline void th_join(th_t thread) {
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
static DWORD WINAPI th_nothing(LPVOID parameter) { (void)parameter; return 0; }
static inline void th_empty(void) {
    HANDLE thread = CreateThread(NULL, 0, th_nothing, NULL, 0, NULL);
    if (!thread) abort();
    th_join(thread);
}

// completion port
typedef HANDLE io_t;
static inline io_t io_new(int concurrency) {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, (DWORD)concurrency);
    if (!port) abort();
    return port;
}
static inline void io_del(io_t port) { CloseHandle(port); }
static inline void io_post(io_t port, uintptr_t key) { if (!PostQueuedCompletionStatus(port, 0, key, NULL)) abort(); }
static inline uintptr_t io_get(io_t port) {
    DWORD bytes;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped;
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE)) abort();
    return key;
}
