#pragma once
// First, because liburing.h asks for other features of glibc, with which fd_set differs from that of Swift's Glibc module.
#include <sys/types.h>
// The kernel's, before liburing's copy of it, which has the same guard: swift-system's module has the kernel's, too, and
// one program may not see both.
#include <linux/io_uring.h>
#include <liburing.h>

// ---- what liburing has no inline function for

/// Whether completions are told to the eventfd that is registered.
static inline void signalbox_ring_set_told(struct io_uring *_Nonnull ring, _Bool isTold) {
    if (ring->cq.kflags) __atomic_store_n(ring->cq.kflags, isTold ? 0 : IORING_CQ_EVENTFD_DISABLED, __ATOMIC_SEQ_CST);
}

/// Whether there are completions to take; from any thread.
static inline _Bool signalbox_ring_has_completions(const struct io_uring *_Nonnull ring) {
    if (__atomic_load_n(ring->cq.khead, __ATOMIC_RELAXED) != __atomic_load_n(ring->cq.ktail, __ATOMIC_ACQUIRE)) return 1;
    return __atomic_load_n(ring->sq.kflags, __ATOMIC_RELAXED) & IORING_SQ_CQ_OVERFLOW;
}

/// Sleeps until there is a completion, or for `nanoseconds` (UINT64_MAX: for ever). Returns 0 or a negated errno: ETIME,
/// EINTR.
static inline int signalbox_ring_wait(struct io_uring *_Nonnull ring, uint64_t nanoseconds) {
    if (nanoseconds == UINT64_MAX) {
        int done = io_uring_enter((unsigned)ring->ring_fd, 0, 1, IORING_ENTER_GETEVENTS, NULL);
        return done < 0 ? done : 0;
    }
    struct __kernel_timespec time = {(long long)(nanoseconds / 1000000000u), (long long)(nanoseconds % 1000000000u)};
    struct io_uring_getevents_arg argument = {0, 8, 0, (uint64_t)(uintptr_t)&time};
    int done = io_uring_enter2((unsigned)ring->ring_fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
                               (sigset_t *)&argument, sizeof argument);
    return done < 0 ? done : 0;
}
