// ad_pthread.h - what a careful programmer writes with pthread_mutex_t and pthread_cond_t.
#pragma once
#include "ad_common.h"
#include <errno.h>
#define AD_NAME "pthread"
#define AD_HAS (A_EVENT | A_MUTEX | A_SEM | A_CS | A_ANY | A_ALL | A_THREAD)
#define AD_APC 1
#define AD_IOCP 1
#include "ad_pthr.h"
static inline void ad_init(void) {}

// a mutex and a condition, with which everything below begins
struct pt { pthread_mutex_t mutex; pthread_cond_t changed; };
static inline void pt_init(struct pt *p) {
    pthread_condattr_t attributes;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}
static inline void pt_destroy(struct pt *p) {
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
}
static inline void pt_lock(struct pt *p) { pthread_mutex_lock(&p->mutex); }
static inline void pt_unlock(struct pt *p) { pthread_mutex_unlock(&p->mutex); }
static inline void pt_sleep(struct pt *p) { pthread_cond_wait(&p->changed, &p->mutex); }

// events
struct pt_event { struct pt pt; int is_set, manual; };
typedef struct pt_event *ev_t;
static inline ev_t ev_new(int manual, int initial) {
    ev_t event = (ev_t)malloc(sizeof *event);
    pt_init(&event->pt);
    event->is_set = initial;
    event->manual = manual;
    return event;
}
static inline void ev_del(ev_t event) {
    pt_destroy(&event->pt);
    free(event);
}
static inline void ev_set(ev_t event) {
    pt_lock(&event->pt);
    event->is_set = 1;
    if (event->manual) pthread_cond_broadcast(&event->pt.changed);
    else pthread_cond_signal(&event->pt.changed);
    pt_unlock(&event->pt);
}
static inline void ev_reset(ev_t event) {
    pt_lock(&event->pt);
    event->is_set = 0;
    pt_unlock(&event->pt);
}
static inline int ev_wait(ev_t event, int ms) {
    const int64_t end = ms > 0 ? ad_now() + (int64_t)ms * 1000000 : 0;
    const struct timespec deadline = {(time_t)(end / 1000000000), (long)(end % 1000000000)};
    int error = 0;
    pt_lock(&event->pt);
    while (!event->is_set && !error) {
        if (ms < 0) pt_sleep(&event->pt);
        else error = ms ? pthread_cond_timedwait(&event->pt.changed, &event->pt.mutex, &deadline) : ETIMEDOUT;
    }
    const int is_late = !event->is_set;
    if (!is_late && !event->manual) event->is_set = 0;
    pt_unlock(&event->pt);
    return is_late;
}

// recursive mutexes, which are the critical sections as well
typedef pthread_mutex_t cs_t;
static inline void cs_init(cs_t *section) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(section, &attributes);
    pthread_mutexattr_destroy(&attributes);
}
static inline void cs_del(cs_t *section) { pthread_mutex_destroy(section); }
static inline void cs_enter(cs_t *section) { pthread_mutex_lock(section); }
static inline void cs_leave(cs_t *section) { pthread_mutex_unlock(section); }
typedef pthread_mutex_t *mx_t;
static inline mx_t mx_new(void) {
    mx_t mutex = (mx_t)malloc(sizeof *mutex);
    cs_init(mutex);
    return mutex;
}
static inline void mx_del(mx_t mutex) {
    cs_del(mutex);
    free(mutex);
}
static inline void mx_lock(mx_t mutex) { pthread_mutex_lock(mutex); }
static inline void mx_unlock(mx_t mutex) { pthread_mutex_unlock(mutex); }

// semaphores
struct pt_semaphore { struct pt pt; int count, maximum; };
typedef struct pt_semaphore *sm_t;
static inline sm_t sm_new(int initial, int maximum) {
    sm_t semaphore = (sm_t)malloc(sizeof *semaphore);
    pt_init(&semaphore->pt);
    semaphore->count = initial;
    semaphore->maximum = maximum;
    return semaphore;
}
static inline void sm_del(sm_t semaphore) {
    pt_destroy(&semaphore->pt);
    free(semaphore);
}
static inline void sm_wait(sm_t semaphore) {
    pt_lock(&semaphore->pt);
    while (!semaphore->count) pt_sleep(&semaphore->pt);
    semaphore->count--;
    pt_unlock(&semaphore->pt);
}
static inline void sm_post(sm_t semaphore) {
    pt_lock(&semaphore->pt);
    if (semaphore->count < semaphore->maximum) semaphore->count++;
    pthread_cond_signal(&semaphore->pt.changed);
    pt_unlock(&semaphore->pt);
}

// several events: flags under one mutex
struct pt_group { struct pt pt; int count, manual; unsigned char is_set[64]; };
typedef struct pt_group *wm_t;
static inline wm_t wm_new(int count, int initial, int manual) {
    wm_t group = (wm_t)malloc(sizeof *group);
    pt_init(&group->pt);
    group->count = count;
    group->manual = manual;
    memset(group->is_set, initial, sizeof group->is_set);
    return group;
}
static inline void wm_del(wm_t group) {
    pt_destroy(&group->pt);
    free(group);
}
static inline void wm_set(wm_t group, int index) {
    pt_lock(&group->pt);
    group->is_set[index] = 1;
    pthread_cond_broadcast(&group->pt.changed);
    pt_unlock(&group->pt);
}
static inline int wm_any(wm_t group) {
    int index = 0;
    pt_lock(&group->pt);
    for (;;) {
        for (index = 0; index < group->count && !group->is_set[index];) index++;
        if (index < group->count) break;
        pt_sleep(&group->pt);
    }
    if (!group->manual) group->is_set[index] = 0;
    pt_unlock(&group->pt);
    return index;
}
static inline void wm_all(wm_t group) {
    pt_lock(&group->pt);
    for (;;) {
        int set = 0;
        for (int i = 0; i < group->count; i++) set += group->is_set[i];
        if (set == group->count) break;
        pt_sleep(&group->pt);
    }
    if (!group->manual) memset(group->is_set, 0, sizeof group->is_set);
    pt_unlock(&group->pt);
}

// APCs and completion ports: queues under a mutex
struct pt_node { struct pt_node *next; void (*function)(uintptr_t); uintptr_t value; };
struct pt_queue { struct pt pt; struct pt_node *head, **tail; };
static inline void pt_append(struct pt_queue *queue, void (*function)(uintptr_t), uintptr_t value) {
    struct pt_node *node = (struct pt_node *)malloc(sizeof *node);
    node->next = NULL;
    node->function = function;
    node->value = value;
    pt_lock(&queue->pt);
    *queue->tail = node;
    queue->tail = &node->next;
    pthread_cond_signal(&queue->pt.changed);
    pt_unlock(&queue->pt);
}
static struct pt_queue pt_calls = {{PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER}, NULL, &pt_calls.head};
static inline void apc_self(void (*function)(uintptr_t), uintptr_t value) { pt_append(&pt_calls, function, value); }
static inline void apc_run(void) {
    pt_lock(&pt_calls.pt);
    struct pt_node *node = pt_calls.head;
    pt_calls.head = NULL;
    pt_calls.tail = &pt_calls.head;
    pt_unlock(&pt_calls.pt);
    while (node) {
        struct pt_node *next = node->next;
        node->function(node->value);
        free(node);
        node = next;
    }
}
typedef struct pt_queue *io_t;
static inline io_t io_new(int limit) {
    io_t queue = (io_t)malloc(sizeof *queue);
    (void)limit;
    pt_init(&queue->pt);
    queue->head = NULL;
    queue->tail = &queue->head;
    return queue;
}
static inline void io_del(io_t queue) {
    pt_destroy(&queue->pt);
    free(queue);
}
static inline void io_post(io_t queue, uintptr_t value) { pt_append(queue, NULL, value); }
static inline uintptr_t io_get(io_t queue) {
    pt_lock(&queue->pt);
    while (!queue->head) pt_sleep(&queue->pt);
    struct pt_node *node = queue->head;
    queue->head = node->next;
    if (!queue->head) queue->tail = &queue->head;
    pt_unlock(&queue->pt);
    const uintptr_t value = node->value;
    free(node);
    return value;
}
