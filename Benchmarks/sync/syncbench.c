// syncbench.c - one set of synchronisation workloads, run over several implementations.
//
// The implementation is chosen at compile time by -DADAPTER='"ad_xxx.h"'; each adapter
// header supplies the same few static inline functions and a HAS_* mask.  The file is
// valid C11 and C++17 (some adapters wrap C++ libraries), and builds with mingw-w64.
//
// Output: one line per result:   adapter <tab> workload <tab> value <tab> unit
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include ADAPTER

#ifndef __cplusplus
#include <stdbool.h>
#endif

// What an adapter has:
//   A_EVENT events with reset, both kinds      A_EVSIG set/wait usable as auto-reset signal
//   A_MUTEX recursive waitable mutex           A_SEM   counting semaphore
//   A_CS    critical section                   A_CSSPIN critical section with a spin count
//   A_ANY   wait for any of n                  A_ALL   wait for all of n
//   A_BCAST manual-reset wake of many          A_CREATE event create and close
//   A_THREAD thread create and join            A_APC   queue APC to self and run it
//   A_IOCP  completion port                    A_TIMED wait with a timeout
#define HAS(x) (((AD_HAS) & (x)) != 0)

static const char *g_only, *g_group;
static int g_ms = 80;     // time for one measurement

static void emit(const char *w, double v, const char *unit) {
    printf("%s\t%s\t%.2f\t%s\n", AD_NAME, w, v, unit);
    fflush(stdout);
}
static int wanted(const char *w) {      // -only takes a prefix of the workload's name
    return !g_only || strncmp(g_only, w, strlen(g_only)) == 0;
}
static int group(const char *g) { return !g_group || strcmp(g_group, g) == 0; }

typedef void (*loop_fn)(void *ctx, long n);
static void run_loop(const char *name, loop_fn fn, void *ctx, long first) {
    if (!wanted(name)) return;
    long n = first;
    int64_t dt;
    for (;;) {
        int64_t t0 = ad_now();
        fn(ctx, n);
        dt = ad_now() - t0;
        if (dt > (int64_t)g_ms * 1000000 / 8) break;
        n = dt < 1000 ? n * 64 : n * 2;
    }
    double per = (double)dt / (double)n;
    n = (long)((double)g_ms * 1e6 / per);
    if (n < 1) n = 1;
    int64_t t0 = ad_now();
    fn(ctx, n);
    dt = ad_now() - t0;
    emit(name, (double)dt / (double)n, "ns");
}

// ---------------------------------------------------------------- single thread
struct sctx { ev_t e; mx_t m; sm_t s; cs_t *c; wm_t w; int n; };

static void l_setreset(void *p, long n) { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) { ev_set(x->e); ev_reset(x->e); } }
static void l_setwait(void *p, long n)  { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) { ev_set(x->e); if (ev_wait(x->e, -1)) abort(); } }
static void l_mutex(void *p, long n)    { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) { mx_lock(x->m); mx_unlock(x->m); } }
static void l_sem(void *p, long n)      { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) { sm_wait(x->s); sm_post(x->s); } }
static void l_cs(void *p, long n)       { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) { cs_enter(x->c); cs_leave(x->c); } }
static void l_any(void *p, long n)      { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) if (wm_any(x->w) != x->n - 1) abort(); }
static void l_anyauto(void *p, long n)  { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) { wm_set(x->w, x->n - 1); if (wm_any(x->w) != x->n - 1) abort(); } }
static void l_all(void *p, long n)      { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) wm_all(x->w); }
static void l_allauto(void *p, long n)  { struct sctx *x = (struct sctx *)p; for (long i = 0; i < n; i++) { for (int k = 0; k < x->n; k++) wm_set(x->w, k); wm_all(x->w); } }
static void l_create(void *p, long n)   { (void)p; for (long i = 0; i < n; i++) { ev_t e = ev_new(0, 0); ev_del(e); } }
static void l_thread(void *p, long n)   { (void)p; for (long i = 0; i < n; i++) th_empty(); }

static void do_single(void) {
    struct sctx x;
    memset((void *)&x, 0, sizeof x);
    if (HAS(A_EVENT)) {
        x.e = ev_new(1, 0); run_loop("set_reset", l_setreset, &x, 64); ev_del(x.e);
    }
    if (HAS(A_EVENT | A_EVSIG)) {
        x.e = ev_new(0, 0); run_loop("set_wait_auto", l_setwait, &x, 64); ev_del(x.e);
    }
    if (HAS(A_MUTEX)) {
        x.m = mx_new();
        run_loop("mutex", l_mutex, &x, 64);
        mx_lock(x.m); run_loop("mutex_recursive", l_mutex, &x, 64); mx_unlock(x.m);
        mx_del(x.m);
    }
    if (HAS(A_SEM)) { x.s = sm_new(1, 1 << 20); run_loop("semaphore", l_sem, &x, 64); sm_del(x.s); }
    if (HAS(A_CS)) {
        cs_t *c = (cs_t *)calloc(1, sizeof *c); cs_init(c, 0); x.c = c;
        run_loop("cs", l_cs, &x, 64);
        cs_del(c); free(c);
    }
    static const int ns[] = { 2, 8, 64 };
    if (HAS(A_ANY)) for (int k = 0; k < 3; k++) {
        char nm[32];
        x.n = ns[k];
        x.w = wm_new(x.n, 0, 1); wm_set(x.w, x.n - 1);
        snprintf(nm, sizeof nm, "wfmo_any_%d", x.n); run_loop(nm, l_any, &x, 16);
        wm_del(x.w);
    }
    if (HAS(A_ANY)) {
        x.n = 64; x.w = wm_new(x.n, 0, 0);
        run_loop("wfmo_any_64_setwait", l_anyauto, &x, 16);
        wm_del(x.w);
    }
    if (HAS(A_ALL)) {
        x.n = 8;
        x.w = wm_new(8, 1, 1); run_loop("wfmo_all_8", l_all, &x, 16); wm_del(x.w);
        x.w = wm_new(8, 0, 0); run_loop("wfmo_all_8_setwait", l_allauto, &x, 16); wm_del(x.w);
    }
    if (HAS(A_CREATE)) run_loop("event_create_close", l_create, &x, 16);
}

// ---------------------------------------------------------------- ping-pong
struct pp { ev_t a, b; wm_t wa, wb; int n; long iters; int cpu; };

static void pp_peer(void *p) {
    struct pp *x = (struct pp *)p;
    ad_pin(x->cpu);
    for (long i = 0; i < x->iters; i++) { ev_wait(x->a, -1); ev_set(x->b); }
}
static int64_t pp_run(long iters, int c0, int c1) {
    struct pp x;
    memset((void *)&x, 0, sizeof x);
    x.a = ev_new(0, 0); x.b = ev_new(0, 0); x.iters = iters + 10; x.cpu = c1;
    ad_pin(c0);
    th_t t = th_new(pp_peer, &x);
    for (int i = 0; i < 10; i++) { ev_set(x.a); ev_wait(x.b, -1); }
    int64_t t0 = ad_now();
    for (long i = 0; i < iters; i++) { ev_set(x.a); ev_wait(x.b, -1); }
    int64_t dt = ad_now() - t0;
    th_join(t);
    ad_pin(-1);
    ev_del(x.a); ev_del(x.b);
    return dt;
}
static void wpp_peer(void *p) {
    struct pp *x = (struct pp *)p;
    ad_pin(x->cpu);
    for (long i = 0; i < x->iters; i++) { wm_any(x->wa); wm_set(x->wb, x->n - 1); }
}
static int64_t wpp_run(int n, long iters, int c0, int c1) {
    struct pp x;
    memset((void *)&x, 0, sizeof x);
    x.n = n; x.wa = wm_new(n, 0, 0); x.wb = wm_new(n, 0, 0); x.iters = iters + 10; x.cpu = c1;
    ad_pin(c0);
    th_t t = th_new(wpp_peer, &x);
    for (int i = 0; i < 10; i++) { wm_set(x.wa, n - 1); wm_any(x.wb); }
    int64_t t0 = ad_now();
    for (long i = 0; i < iters; i++) { wm_set(x.wa, n - 1); wm_any(x.wb); }
    int64_t dt = ad_now() - t0;
    th_join(t);
    ad_pin(-1);
    wm_del(x.wa); wm_del(x.wb);
    return dt;
}
static void do_pp(const char *nm, int c0, int c1, int wn) {
    if (!wanted(nm)) return;
    long n = 500;
    int64_t dt = wn ? wpp_run(wn, n, c0, c1) : pp_run(n, c0, c1);
    n = (long)((double)n * g_ms * 1.5e6 / (double)(dt > 0 ? dt : 1)) + 100;
    dt = wn ? wpp_run(wn, n, c0, c1) : pp_run(n, c0, c1);
    emit(nm, (double)dt / (double)n, "ns");
}

// ---------------------------------------------------------------- contended critical section
// Thread i is pinned to processor i mod 2: left alone, the scheduler may pack the threads onto one
// processor, and there is no contention to measure.
struct cc { int cpu; cs_t *c; ev_t go; long iters; volatile long *shared; int *ready; int64_t t_end; };
static void cc_thread(void *p) {
    struct cc *x = (struct cc *)p;
    ad_pin(x->cpu);
    __atomic_add_fetch(x->ready, 1, __ATOMIC_SEQ_CST);
    ev_wait(x->go, -1);
    for (long i = 0; i < x->iters; i++) { cs_enter(x->c); (*x->shared)++; cs_leave(x->c); }
    x->t_end = ad_now();
}
static int64_t cc_run(int nt, long each, int spin) {
    static struct cc xs[16]; th_t t[16];
    cs_t *c = (cs_t *)calloc(1, sizeof *c); cs_init(c, spin);
    volatile long shared = 0; int ready = 0;
    ev_t go = ev_new(1, 0);
    for (int i = 0; i < nt; i++) {
        xs[i].cpu = i & 1; xs[i].c = c; xs[i].go = go; xs[i].iters = each; xs[i].shared = &shared; xs[i].ready = &ready;
        t[i] = th_new(cc_thread, &xs[i]);
    }
    while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < nt) ad_sleep_ms(1);
    ad_sleep_ms(2);
    int64_t t0 = ad_now(), t1 = 0;
    ev_set(go);
    for (int i = 0; i < nt; i++) { th_join(t[i]); if (xs[i].t_end > t1) t1 = xs[i].t_end; }
    if (shared != (long)nt * each) { fprintf(stderr, "%s: lost updates\n", AD_NAME); abort(); }
    ev_del(go); cs_del(c); free(c);
    return t1 - t0;
}
static void do_cc(const char *nm, int nt, int spin) {
    if (!wanted(nm)) return;
    long each = 2000;
    int64_t dt;
    for (;;) {
        dt = cc_run(nt, each, spin);
        if (dt > (int64_t)g_ms * 1000000 / 8 || each > 50000000) break;
        each *= 4;
    }
    each = (long)((double)each * g_ms * 2e6 / (double)dt) + 1000;
    dt = cc_run(nt, each, spin);
    emit(nm, (double)dt / ((double)each * nt), "ns");
}

// ---------------------------------------------------------------- broadcast to 64
#define NB 64
struct bc { int cpu; ev_t ev[2]; int rounds; int *blocked; int *awake; int64_t *last; };
static void bc_thread(void *p) {
    struct bc *x = (struct bc *)p;
    ad_pin(x->cpu);
    for (int r = 0; r < x->rounds; r++) {
        __atomic_add_fetch(x->blocked, 1, __ATOMIC_SEQ_CST);
        ev_wait(x->ev[r & 1], -1);
        if (__atomic_add_fetch(x->awake, 1, __ATOMIC_SEQ_CST) == NB)
            __atomic_store_n(x->last, ad_now(), __ATOMIC_SEQ_CST);
    }
}
static int cmp_d(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return x < y ? -1 : x > y; }
static void do_bc(const char *nm, int cpu) {
    if (!wanted(nm)) return;
    enum { R = 30 };
    int blocked = 0, awake = 0; int64_t last = 0;
    struct bc x; memset((void *)&x, 0, sizeof x);
    x.cpu = cpu; ad_pin(cpu);
    x.ev[0] = ev_new(1, 0); x.ev[1] = ev_new(1, 0); x.rounds = R; x.blocked = &blocked; x.awake = &awake; x.last = &last;
    th_t t[NB];
    double d[R];
    for (int i = 0; i < NB; i++) t[i] = th_new(bc_thread, &x);
    for (int r = 0; r < R; r++) {
        while (__atomic_load_n(&blocked, __ATOMIC_SEQ_CST) < NB * (r + 1)) ad_sleep_ms(1);
        ad_sleep_ms(4);
        __atomic_store_n(&awake, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&last, 0, __ATOMIC_SEQ_CST);
        ev_reset(x.ev[(r + 1) & 1]);
        int64_t t0 = ad_now();
        ev_set(x.ev[r & 1]);
        int64_t l;
        while ((l = __atomic_load_n(&last, __ATOMIC_SEQ_CST)) == 0) ad_sleep_ms(1);
        d[r] = (double)(l - t0);
    }
    for (int i = 0; i < NB; i++) th_join(t[i]);
    ev_del(x.ev[0]); ev_del(x.ev[1]);
    qsort(d, R, sizeof d[0], cmp_d);
    ad_pin(-1);
    emit(nm, d[R / 2], "ns");
}

// ---------------------------------------------------------------- APC
#ifdef AD_APC
static long g_apc_hits;
static void apc_cb(uintptr_t p) { (void)p; g_apc_hits++; }
static void l_apc(void *p, long n) {
    (void)p;
    long h0 = g_apc_hits;
    for (long i = 0; i < n; i++) { apc_self(apc_cb, 1); apc_run(); }
    if (g_apc_hits - h0 != n) { fprintf(stderr, "%s: APC %ld of %ld\n", AD_NAME, g_apc_hits - h0, n); abort(); }
}
static void apc_main(void *p) { (void)p; run_loop("apc_sleepex0", l_apc, NULL, 16); }
#endif

// ---------------------------------------------------------------- completion port
#ifdef AD_IOCP
struct io { io_t q; long n; int cpu; };
static void l_iocp(void *p, long n) {
    struct io *x = (struct io *)p;
    for (long i = 0; i < n; i++) { io_post(x->q, (uintptr_t)i + 1); if (io_get(x->q) != (uintptr_t)i + 1) abort(); }
}
static void io_prod(void *p) { struct io *x = (struct io *)p; ad_pin(x->cpu); for (long i = 0; i < x->n; i++) io_post(x->q, 1); }
static void io_cons(void *p) { struct io *x = (struct io *)p; ad_pin(x->cpu); long k = 0; while (io_get(x->q) == 1) k++; x->n = k; }
static int64_t io44(long each, int pinned) {    // pinned: producers on processor 0, consumers on 1
    struct io pr, co[4]; th_t tp[4], tc[4];
    pr.q = io_new(4); pr.n = each; pr.cpu = pinned ? 0 : -1;
    int64_t t0 = ad_now();
    for (int i = 0; i < 4; i++) { co[i] = pr; co[i].cpu = pinned ? 1 : -1; tc[i] = th_new(io_cons, &co[i]); }
    for (int i = 0; i < 4; i++) tp[i] = th_new(io_prod, &pr);
    for (int i = 0; i < 4; i++) th_join(tp[i]);
    for (int i = 0; i < 4; i++) io_post(pr.q, 2);
    for (int i = 0; i < 4; i++) th_join(tc[i]);
    int64_t dt = ad_now() - t0;
    long got = 0; for (int i = 0; i < 4; i++) got += co[i].n;
    if (got != 4 * each) { fprintf(stderr, "%s: IOCP lost packets %ld %ld\n", AD_NAME, got, 4 * each); abort(); }
    io_del(pr.q);
    return dt;
}
static void do_iocp(const char *nm, int pinned) {
    if (!wanted(nm)) return;
    long each = 500; int64_t dt;
    for (;;) { dt = io44(each, pinned); if (dt > (int64_t)g_ms * 1000000 / 4 || each > 4000000) break; each *= 2; }
    each = (long)((double)each * g_ms * 2e6 / (double)dt) + 100;
    dt = io44(each, pinned);
    emit(nm, (double)dt / (4.0 * (double)each), "ns");
}
#endif

// ---------------------------------------------------------------- timeout accuracy
static void do_timeout(const char *nm) {
    if (!wanted(nm)) return;
    char b[64];
    enum { N = 150 };
    double d[N];
    ev_t e = ev_new(0, 0);
    int64_t c0 = ad_cpu(), a0 = ad_cpu_aux();
    for (int i = 0; i < N; i++) {
        int64_t t0 = ad_now();
        int r = ev_wait(e, 1);
        d[i] = (double)(ad_now() - t0);
        if (!r) abort();
    }
    int64_t c1 = ad_cpu(), a1 = ad_cpu_aux();
    ev_del(e);
    qsort(d, N, sizeof d[0], cmp_d);
    snprintf(b, sizeof b, "%s_median", nm); emit(b, d[N / 2], "ns");
    snprintf(b, sizeof b, "%s_min", nm); emit(b, d[0], "ns");
    snprintf(b, sizeof b, "%s_p99", nm); emit(b, d[N - 2], "ns");
    snprintf(b, sizeof b, "%s_cpu", nm); emit(b, (double)(c1 - c0) / N, "ns");
    snprintf(b, sizeof b, "%s_cpu_server", nm); emit(b, (double)(a1 - a0) / N, "ns");
}

// ---------------------------------------------------------------- does it do what Win32 says?
static void say(const char *w, int ok) { printf("%s\tcheck\t%s\t%s\n", AD_NAME, w, ok ? "ok" : "WRONG"); fflush(stdout); }
struct chk { mx_t m; ev_t e; int got; };
static void do_check(void) {
    if (HAS(A_EVENT)) {
        ev_t e = ev_new(0, 0);
        ev_set(e); ev_set(e);
        int a = ev_wait(e, 0), b = ev_wait(e, 0);
        say("auto-reset: set twice, first wait satisfied", a == 0);
        say("auto-reset: second wait times out", b == 1);
        ev_set(e); ev_reset(e); say("reset clears", ev_wait(e, 0) == 1); ev_del(e);
        e = ev_new(1, 0); ev_set(e); a = ev_wait(e, 0); b = ev_wait(e, 0);
        say("manual-reset: stays signaled", a == 0 && b == 0); ev_del(e);
        e = ev_new(0, 1); a = ev_wait(e, 0); b = ev_wait(e, 0); say("auto-reset: initially signaled, consumed once", a == 0 && b == 1); ev_del(e);
    }
    if (HAS(A_ANY)) {
        wm_t w = wm_new(8, 0, 0); wm_set(w, 3); wm_set(w, 5);
        int a = wm_any(w), b = wm_any(w);
        say("wait any: lowest index first, then the next", a == 3 && b == 5); wm_del(w);
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-ms") && i + 1 < argc) g_ms = atoi(argv[++i]);
        else if (!strcmp(argv[i], "-only") && i + 1 < argc) g_only = argv[++i];
        else if (!strcmp(argv[i], "-group") && i + 1 < argc) g_group = argv[++i];
        else { fprintf(stderr, "usage: %s [-ms N] [-group single|thread|cs|pp|wake|iocp|timeout|check] [-only PREFIX]\n", argv[0]); return 2; }
    }
    ad_init();
    if (g_group && !strcmp(g_group, "check")) { do_check(); return 0; }
    if (group("single")) {
        do_single();
#ifdef AD_APC
        th_t t = th_new(apc_main, NULL); th_join(t);
#endif
#ifdef AD_IOCP
        struct io x; x.q = io_new(1); x.n = 0;
        run_loop("iocp_post_get", l_iocp, &x, 16);
        io_del(x.q);
#endif
    }
    if (group("thread") && HAS(A_THREAD)) {
        run_loop("thread_create_join", l_thread, NULL, 4);
        ad_pin(0); run_loop("thread_create_join_1core", l_thread, NULL, 4); ad_pin(-1);
    }
    if (group("cs") && HAS(A_CS)) {
        do_cc("cs_2threads", 2, 0);
        do_cc("cs_8threads", 8, 0);
        if (HAS(A_CSSPIN)) { do_cc("cs_2threads_spin4000", 2, 4000); do_cc("cs_8threads_spin4000", 8, 4000); }
    }
    if (group("pp")) {
        if (HAS(A_EVENT | A_EVSIG)) {
            do_pp("pingpong_same_core", 0, 0, 0);
            do_pp("pingpong_two_cores", 0, 1, 0);
            do_pp("pingpong_unpinned", -1, -1, 0);
        }
        if (HAS(A_ANY)) {
            do_pp("wfmo_pingpong_8_same_core", 0, 0, 8);
            do_pp("wfmo_pingpong_64_same_core", 0, 0, 64);
            do_pp("wfmo_pingpong_8_two_cores", 0, 1, 8);
        }
    }
    if (group("wake") && HAS(A_BCAST)) { do_bc("wake_64", -1); do_bc("wake_64_1core", 0); }
#ifdef AD_IOCP
    if (group("iocp")) { do_iocp("iocp_4x4", 0); do_iocp("iocp_4x4_pinned", 1); }
#endif
    if (group("timeout") && HAS(A_TIMED)) {
        do_timeout("timeout_1ms");
#ifdef AD_SLACK
        prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); do_timeout("timeout_1ms_slack1ns");
#endif
    }
    return 0;
}
