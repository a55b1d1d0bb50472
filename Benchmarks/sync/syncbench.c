// syncbench.c - one set of synchronisation workloads, run over several implementations.
//
// -DADAPTER='"ad_xxx.h"' chooses the implementation: each adapter has the same few static inline functions, and AD_HAS
// says which of them are real. The file is valid C11 and C++17, and builds for Windows.
//
// usage: syncbench [-ms N] [-only ROW]     prints a line for each row: adapter, row, nanoseconds, "ns"
//        syncbench -check                  whether the implementation does what Win32 says
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include ADAPTER

#define HAS(what) (((AD_HAS) & (what)) == (what))

static const char *only; // the one row to measure
static int budget_ms = 80;

static int wanted(const char *row) { return !only || !strcmp(only, row); }

static void emit(const char *row, double nanoseconds) {
    printf("%s\t%s\t%.2f\tns\n", AD_NAME, row, nanoseconds);
    fflush(stdout);
}

static void require(int condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "%s: %s\n", AD_NAME, what);
    abort();
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Takes more rounds until they fill a slice of the time for one measurement, then measures as many slices. The fastest
// counts: what slows the others down is the machine, not the implementation.
enum { SLICES = 8 };
static void measure(const char *row, void (*loop)(void *context, long count), void *context) {
    if (!wanted(row)) return;
    const double slice = budget_ms * 1e6 / SLICES;
    double best = 0;
    int measured = 0;
    for (long count = 16; measured < SLICES;) {
        const int64_t start = ad_now();
        loop(context, count);
        const double took = (double)(ad_now() - start), each = took / (double)count;
        if (took < slice / 2) {
            count = took < slice / 16 ? count * 8 : (long)(slice / each) + 1;
        } else {
            if (!measured++ || each < best) best = each;
        }
    }
    emit(row, best);
}

// ---- one thread

struct single {
    ev_t event;
    mx_t mutex;
    sm_t semaphore;
    cs_t section __attribute__((aligned(64))); // where it lies must not decide
    wm_t several;
    int last; // index of the last of the several
};
#define SINGLE(name, body) \
    static void name(void *context, long count) { \
        struct single *s = (struct single *)context; \
        (void)s; \
        for (long i = 0; i < count; i++) { body } \
    }
SINGLE(set_reset, ev_set(s->event); ev_reset(s->event);)
SINGLE(set_wait, ev_set(s->event); if (ev_wait(s->event, -1)) abort();)
SINGLE(mutex_pair, mx_lock(s->mutex); mx_unlock(s->mutex);)
SINGLE(semaphore_pair, sm_wait(s->semaphore); sm_post(s->semaphore);)
SINGLE(section_pair, cs_enter(&s->section); cs_leave(&s->section);)
SINGLE(wait_any, if (wm_any(s->several) != s->last) abort();)
SINGLE(set_wait_any, wm_set(s->several, s->last); if (wm_any(s->several) != s->last) abort();)
SINGLE(set_wait_all, for (int k = 0; k <= s->last; k++) wm_set(s->several, k); wm_all(s->several);)
SINGLE(create_close, ev_t event = ev_new(0, 0); ev_del(event);)
SINGLE(create_join, th_empty();)

static void single_rows(void) {
    struct single s;
    memset((void *)&s, 0, sizeof s);
    if (HAS(A_EVENT)) {
        s.event = ev_new(1, 0);
        measure("set_reset", set_reset, &s);
        ev_del(s.event);
        s.event = ev_new(0, 0);
        measure("set_wait_auto", set_wait, &s);
        ev_del(s.event);
    }
    if (HAS(A_MUTEX)) {
        s.mutex = mx_new();
        measure("mutex", mutex_pair, &s);
        mx_lock(s.mutex);
        measure("mutex_recursive", mutex_pair, &s);
        mx_unlock(s.mutex);
        mx_del(s.mutex);
    }
    if (HAS(A_SEM)) {
        s.semaphore = sm_new(1, 1 << 20);
        measure("semaphore", semaphore_pair, &s);
        sm_del(s.semaphore);
    }
    if (HAS(A_CS)) {
        cs_init(&s.section);
        measure("cs", section_pair, &s);
        cs_del(&s.section);
    }
    if (HAS(A_ANY)) {
        s.last = 63;
        s.several = wm_new(64, 0, 1); // manual reset: the last stays set
        wm_set(s.several, s.last);
        measure("wfmo_any_64", wait_any, &s);
        wm_del(s.several);
        s.several = wm_new(64, 0, 0);
        measure("wfmo_any_64_setwait", set_wait_any, &s);
        wm_del(s.several);
    }
    if (HAS(A_ALL)) {
        s.last = 7;
        s.several = wm_new(8, 0, 0);
        measure("wfmo_all_8_setwait", set_wait_all, &s);
        wm_del(s.several);
    }
    if (HAS(A_EVENT)) measure("event_create_close", create_close, &s);
    if (HAS(A_THREAD)) {
        ad_pin(0);
        measure("thread_create_join_1core", create_join, &s);
        ad_pin(-1);
        measure("thread_create_join", create_join, &s);
    }
}

// ---- two threads that wake each other, on the same processor: across two, the machine is what is measured

struct ping_pong {
    ev_t ping, pong;
    wm_t pings, pongs; // or the last of several
    int count;         // how many; 0: the single ones
    long rounds;
};

static void say(struct ping_pong *p, int is_ping) {
    if (p->count) wm_set(is_ping ? p->pings : p->pongs, p->count - 1);
    else ev_set(is_ping ? p->ping : p->pong);
}
static void hear(struct ping_pong *p, int is_ping) {
    if (p->count) wm_any(is_ping ? p->pings : p->pongs);
    else ev_wait(is_ping ? p->ping : p->pong, -1);
}
static void pong(void *context) {
    struct ping_pong *p = (struct ping_pong *)context;
    ad_pin(0);
    for (long i = 0; i < p->rounds; i++) {
        hear(p, 1);
        say(p, 0);
    }
}
enum { WARM_UP = 10 };
static void ping(void *context, long count) {
    struct ping_pong *p = (struct ping_pong *)context;
    p->rounds = count + WARM_UP;
    const th_t peer = th_new(pong, p);
    for (long i = 0; i < p->rounds; i++) {
        say(p, 1);
        hear(p, 0);
    }
    th_join(peer);
}

static void ping_pong_rows(void) {
    struct ping_pong p;
    memset((void *)&p, 0, sizeof p);
    ad_pin(0);
    if (HAS(A_EVENT)) {
        p.ping = ev_new(0, 0);
        p.pong = ev_new(0, 0);
        measure("pingpong_same_core", ping, &p);
        ev_del(p.ping);
        ev_del(p.pong);
    }
    if (HAS(A_ANY)) {
        p.count = 64;
        p.pings = wm_new(64, 0, 0);
        p.pongs = wm_new(64, 0, 0);
        measure("wfmo_pingpong_64_same_core", ping, &p);
        wm_del(p.pings);
        wm_del(p.pongs);
    }
    ad_pin(-1);
}

// ---- a contended critical section
// Thread i is pinned to processor i mod 2: left alone, the scheduler may pack the threads onto one processor, and there
// is no contention to measure.

struct crowd {
    cs_t section __attribute__((aligned(64)));
    char apart[64]; // what follows is on other cache lines
    ev_t go;
    int size, ready;
    long each;
    int64_t begin, end;
    char aside[64];
    volatile long shared;
};
struct member { struct crowd *crowd; int processor; };

static void contend(void *context) {
    struct crowd *c = ((struct member *)context)->crowd;
    ad_pin(((struct member *)context)->processor);
    __atomic_add_fetch(&c->ready, 1, __ATOMIC_SEQ_CST);
    ev_wait(c->go, -1);
    for (long i = 0; i < c->each; i++) {
        cs_enter(&c->section);
        c->shared++;
        cs_leave(&c->section);
    }
    cs_enter(&c->section);
    c->end = ad_now(); // the last one's stays
    cs_leave(&c->section);
}

static double contended(struct crowd *c, long each) {
    struct member members[16];
    th_t threads[16];
    c->go = ev_new(1, 0);
    c->ready = 0;
    c->each = each;
    c->shared = 0;
    for (int i = 0; i < c->size; i++) {
        members[i].crowd = c;
        members[i].processor = i & 1;
        threads[i] = th_new(contend, &members[i]);
    }
    while (__atomic_load_n(&c->ready, __ATOMIC_SEQ_CST) < c->size) ad_sleep_ms(1);
    ad_sleep_ms(2); // until they wait
    c->begin = ad_now();
    ev_set(c->go);
    for (int i = 0; i < c->size; i++) th_join(threads[i]);
    require(c->shared == c->size * each, "the critical section let two in");
    ev_del(c->go);
    return (double)(c->end - c->begin);
}

static void contention_row(const char *row, int size) {
    if (!HAS(A_CS | A_EVENT) || !wanted(row)) return;
    static struct crowd crowd;
    struct crowd *const c = &crowd;
    c->size = size;
    cs_init(&c->section);
    long each = 2000;
    double took = contended(c, each);
    for (; took < budget_ms * 1e6 / 8 && each < 50000000; took = contended(c, each)) each *= 4;
    each = (long)((double)each * budget_ms * 2e6 / took) + 1000;
    took = contended(c, each);
    cs_del(&c->section);
    emit(row, took / ((double)each * size));
}

// ---- 64 threads that wait for one event: from the set until the last of them runs

enum { SLEEPERS = 64, WAKINGS = 30 };
struct broadcast {
    int processor, blocked, awake;
    int64_t last;
    ev_t events[2]; // in turn
};

static void sleeper(void *context) {
    struct broadcast *b = (struct broadcast *)context;
    ad_pin(b->processor);
    for (int round = 0; round < WAKINGS; round++) {
        __atomic_add_fetch(&b->blocked, 1, __ATOMIC_SEQ_CST);
        ev_wait(b->events[round & 1], -1);
        if (__atomic_add_fetch(&b->awake, 1, __ATOMIC_SEQ_CST) == SLEEPERS)
            __atomic_store_n(&b->last, ad_now(), __ATOMIC_SEQ_CST);
    }
}

static void broadcast_row(const char *row, int processor) {
    if (!HAS(A_EVENT) || !wanted(row)) return;
    struct broadcast b;
    th_t threads[SLEEPERS];
    double took[WAKINGS];
    memset((void *)&b, 0, sizeof b);
    b.processor = processor;
    b.events[0] = ev_new(1, 0);
    b.events[1] = ev_new(1, 0);
    ad_pin(processor);
    for (int i = 0; i < SLEEPERS; i++) threads[i] = th_new(sleeper, &b);
    for (int round = 0; round < WAKINGS; round++) {
        while (__atomic_load_n(&b.blocked, __ATOMIC_SEQ_CST) < SLEEPERS * (round + 1)) ad_sleep_ms(1);
        ad_sleep_ms(4); // until they sleep
        __atomic_store_n(&b.awake, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&b.last, 0, __ATOMIC_SEQ_CST);
        ev_reset(b.events[(round + 1) & 1]);
        const int64_t start = ad_now();
        int64_t end;
        ev_set(b.events[round & 1]);
        while ((end = __atomic_load_n(&b.last, __ATOMIC_SEQ_CST)) == 0) ad_sleep_ms(1);
        took[round] = (double)(end - start);
    }
    for (int i = 0; i < SLEEPERS; i++) th_join(threads[i]);
    ev_del(b.events[0]);
    ev_del(b.events[1]);
    ad_pin(-1);
    qsort(took, WAKINGS, sizeof *took, compare);
    emit(row, took[WAKINGS / 2]);
}

// ---- asynchronous procedure calls

#ifdef AD_APC
static long calls;
static void count_call(uintptr_t argument) { (void)argument, calls++; }
static void queue_and_run(void *context, long count) {
    (void)context;
    const long before = calls;
    for (long i = 0; i < count; i++) {
        apc_self(count_call, 1);
        apc_run();
    }
    require(calls - before == count, "an APC did not run");
}
static void apc_row(void *context) { (void)context, measure("apc_sleepex0", queue_and_run, NULL); }
#endif

// ---- completion ports

#ifdef AD_IOCP
struct port { io_t port; long count; };

static void post_and_get(void *context, long count) {
    const struct port *p = (struct port *)context;
    for (long i = 0; i < count; i++) {
        io_post(p->port, (uintptr_t)i + 1);
        if (io_get(p->port) != (uintptr_t)i + 1) abort();
    }
}
static void produce(void *context) {
    const struct port *p = (struct port *)context;
    for (long i = 0; i < p->count; i++) io_post(p->port, 1);
}
static void consume(void *context) {
    struct port *p = (struct port *)context;
    long count = 0;
    while (io_get(p->port) == 1) count++;
    p->count = count;
}
enum { SIDE = 4 }; // threads on either side
static void four_to_four(void *context, long count) {
    struct port producer, consumers[SIDE];
    th_t producers[SIDE], threads[SIDE];
    long taken = 0;
    (void)context;
    producer.port = io_new(SIDE);
    producer.count = (count + SIDE - 1) / SIDE;
    for (int i = 0; i < SIDE; i++) {
        consumers[i] = producer;
        threads[i] = th_new(consume, &consumers[i]);
    }
    for (int i = 0; i < SIDE; i++) producers[i] = th_new(produce, &producer);
    for (int i = 0; i < SIDE; i++) th_join(producers[i]);
    for (int i = 0; i < SIDE; i++) io_post(producer.port, 2); // no more
    for (int i = 0; i < SIDE; i++) th_join(threads[i]);
    for (int i = 0; i < SIDE; i++) taken += consumers[i].count;
    require(taken == SIDE * producer.count, "packets were lost or doubled");
    io_del(producer.port);
}
static void port_rows(void) {
    struct port p;
    p.port = io_new(1);
    p.count = 0;
    measure("iocp_post_get", post_and_get, &p);
    io_del(p.port);
    budget_ms *= 2;
    measure("iocp_4x4", four_to_four, NULL);
    budget_ms /= 2;
}
#endif

// ---- does it do what Win32 says?

static void verdict(const char *rule, int holds) { printf("%s\tcheck\t%s\t%s\n", AD_NAME, rule, holds ? "ok" : "WRONG"); }

static void check(void) {
    ev_t event = ev_new(0, 0);
    ev_set(event);
    ev_set(event);
    verdict("automatic reset: set twice satisfies a wait", ev_wait(event, 0) == 0);
    verdict("automatic reset: but not a second", ev_wait(event, 0) == 1);
    ev_set(event);
    ev_reset(event);
    verdict("reset clears", ev_wait(event, 0) == 1);
    ev_del(event);
    event = ev_new(1, 1);
    verdict("manual reset: signaled from the start, and stays so", ev_wait(event, 0) == 0 && ev_wait(event, 0) == 0);
    ev_del(event);
    if (HAS(A_ANY)) {
        wm_t several = wm_new(8, 0, 0);
        wm_set(several, 5);
        wm_set(several, 3);
        verdict("wait-any: the lowest index first", wm_any(several) == 3);
        verdict("wait-any: then the next", wm_any(several) == 5);
        wm_del(several);
    }
}

int main(int argc, char **argv) {
    int is_check = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-ms") && i + 1 < argc) budget_ms = atoi(argv[++i]);
        else if (!strcmp(argv[i], "-only") && i + 1 < argc) only = argv[++i];
        else if (!strcmp(argv[i], "-check")) is_check = 1;
        else return fprintf(stderr, "usage: %s [-ms N] [-only ROW] | -check\n", argv[0]), 2;
    }
    ad_init();
    if (is_check) return check(), 0;
    single_rows();
    ping_pong_rows();
    contention_row("cs_2threads", 2);
    contention_row("cs_8threads", 8);
    broadcast_row("wake_64", -1);
    broadcast_row("wake_64_1core", 0);
#ifdef AD_APC
    th_join(th_new(apc_row, NULL)); // a thread without a past
#endif
#ifdef AD_IOCP
    port_rows();
#endif
    return 0;
}
