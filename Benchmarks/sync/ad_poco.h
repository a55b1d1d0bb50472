// ad_poco.h - Poco: Event, Mutex, Semaphore, Thread.
#pragma once
#include "ad_common.h"
#define AD_NAME "poco"
#define AD_HAS (A_EVENT | A_MUTEX | A_SEM | A_CS | A_THREAD)
#include <Poco/Event.h>
#include <Poco/Mutex.h>
#include <Poco/Semaphore.h>
#include <Poco/Thread.h>
#define NO_WM
#include "ad_none.h"
static inline void ad_init() {}

typedef Poco::Event *ev_t;
static inline ev_t ev_new(int manual, int initial) {
    ev_t event = new Poco::Event(manual ? Poco::Event::EVENT_MANUALRESET : Poco::Event::EVENT_AUTORESET);
    if (initial) event->set();
    return event;
}
static inline void ev_del(ev_t event) { delete event; }
static inline void ev_set(ev_t event) { event->set(); }
static inline void ev_reset(ev_t event) { event->reset(); }
static inline int ev_wait(ev_t event, int ms) {
    if (ms >= 0) return !event->tryWait(ms);
    event->wait();
    return 0;
}

typedef Poco::Mutex *mx_t;
static inline mx_t mx_new() { return new Poco::Mutex; }
static inline void mx_del(mx_t mutex) { delete mutex; }
static inline void mx_lock(mx_t mutex) { mutex->lock(); }
static inline void mx_unlock(mx_t mutex) { mutex->unlock(); }
typedef mx_t cs_t;
static inline void cs_init(cs_t *section) { *section = mx_new(); }
static inline void cs_del(cs_t *section) { mx_del(*section); }
static inline void cs_enter(cs_t *section) { (*section)->lock(); }
static inline void cs_leave(cs_t *section) { (*section)->unlock(); }

typedef Poco::Semaphore *sm_t;
static inline sm_t sm_new(int initial, int maximum) { return new Poco::Semaphore(initial, maximum); }
static inline void sm_del(sm_t semaphore) { delete semaphore; }
static inline void sm_wait(sm_t semaphore) { semaphore->wait(); }
static inline void sm_post(sm_t semaphore) { semaphore->set(); }

typedef Poco::Thread *th_t;
struct th_start { void (*function)(void *); void *argument; };
static void th_run(void *parameter) {
    const th_start start = *(th_start *)parameter;
    delete (th_start *)parameter;
    start.function(start.argument);
}
static inline th_t th_new(void (*function)(void *), void *argument) {
    th_t thread = new Poco::Thread;
    thread->start(th_run, new th_start{function, argument});
    return thread;
}
static inline void th_join(th_t thread) {
    thread->join();
    delete thread;
}
static void th_nothing(void *) {}
static inline void th_empty() {
    Poco::Thread thread;
    thread.start(th_nothing, 0);
    thread.join();
}
