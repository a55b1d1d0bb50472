// ad_ace.h - ACE: its emulation of Win32 events on POSIX, its recursive mutex, semaphore and threads.
#pragma once
#include "ad_common.h"
#define AD_NAME "ace"
#define AD_HAS (A_EVENT | A_MUTEX | A_SEM | A_CS | A_THREAD)
#include <ace/OS_NS_Thread.h>
#include <ace/OS_NS_sys_time.h>
#include <ace/Recursive_Thread_Mutex.h>
#include <ace/Semaphore.h>
#define NO_WM
#include "ad_none.h"
static inline void ad_init() {}

typedef ACE_event_t *ev_t;
static inline ev_t ev_new(int manual, int initial) {
    ev_t event = new ACE_event_t();
    if (ACE_OS::event_init(event, manual, initial)) abort();
    return event;
}
static inline void ev_del(ev_t event) {
    ACE_OS::event_destroy(event);
    delete event;
}
static inline void ev_set(ev_t event) { ACE_OS::event_signal(event); }
static inline void ev_reset(ev_t event) { ACE_OS::event_reset(event); }
static inline int ev_wait(ev_t event, int ms) {
    ACE_Time_Value time(0, ms * 1000);
    return (ms < 0 ? ACE_OS::event_wait(event) : ACE_OS::event_timedwait(event, &time, 0)) != 0;
}

typedef ACE_Recursive_Thread_Mutex *mx_t;
static inline mx_t mx_new() { return new ACE_Recursive_Thread_Mutex; }
static inline void mx_del(mx_t mutex) { delete mutex; }
static inline void mx_lock(mx_t mutex) { mutex->acquire(); }
static inline void mx_unlock(mx_t mutex) { mutex->release(); }
typedef mx_t cs_t;
static inline void cs_init(cs_t *section) { *section = mx_new(); }
static inline void cs_del(cs_t *section) { mx_del(*section); }
static inline void cs_enter(cs_t *section) { (*section)->acquire(); }
static inline void cs_leave(cs_t *section) { (*section)->release(); }

typedef ACE_Semaphore *sm_t;
static inline sm_t sm_new(int initial, int maximum) {
    return new ACE_Semaphore((u_int)initial, USYNC_THREAD, 0, 0, maximum);
}
static inline void sm_del(sm_t semaphore) { delete semaphore; }
static inline void sm_wait(sm_t semaphore) { semaphore->acquire(); }
static inline void sm_post(sm_t semaphore) { semaphore->release(); }

typedef ACE_hthread_t th_t;
struct th_start { void (*function)(void *); void *argument; };
static inline th_t th_made(ACE_THR_FUNC function, void *argument) {
    ACE_thread_t id;
    th_t thread;
    if (ACE_OS::thr_create(function, argument, THR_JOINABLE | THR_NEW_LWP, &id, &thread)) abort();
    return thread;
}
static ACE_THR_FUNC_RETURN th_run(void *parameter) {
    const th_start start = *(th_start *)parameter;
    delete (th_start *)parameter;
    start.function(start.argument);
    return 0;
}
static inline th_t th_new(void (*function)(void *), void *argument) {
    return th_made(th_run, new th_start{function, argument});
}
static inline void th_join(th_t thread) { ACE_OS::thr_join(thread, 0); }
static ACE_THR_FUNC_RETURN th_nothing(void *) { return 0; }
static inline void th_empty() { th_join(th_made(th_nothing, 0)); }
