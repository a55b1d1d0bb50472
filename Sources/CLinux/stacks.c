// Where another thread is: it says so itself, in the handler of a signal.
//
// SIGPROF, because the workers of libdispatch block nearly all others. Its handler stays, once it is installed: a signal
// that comes late would end the process otherwise. A program that profiles itself has a handler of its own, and keeps it.
#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

static void *taken[SIGNALBOX_FRAMES];
static int taken_count;
static uint32_t wanted;   // id of the thread that is asked; 0: nobody is
static uint32_t is_taken; // a futex

static void take(int number) {
    (void)number;
    const int saved_errno = errno;
    uint32_t self = (uint32_t)syscall(SYS_gettid);
    if (__atomic_compare_exchange_n(&wanted, &self, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        taken_count = backtrace(taken, SIGNALBOX_FRAMES);
        __atomic_store_n(&is_taken, 1, __ATOMIC_RELEASE);
        signalbox_futex_wake(&is_taken, 1, false);
    }
    errno = saved_errno;
}

int signalbox_stack_of(uint32_t id, uint64_t patience, void **frames) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int count = 0;
    pthread_mutex_lock(&lock);
    struct sigaction action;
    // An answer that never came may come still, into the same memory: nobody is asked any more.
    static bool is_spoiled;
    if (is_spoiled || sigaction(SIGPROF, NULL, &action)) goto end;
    if (action.sa_handler != take) {
        if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) goto end;
        void *one;
        backtrace(&one, 1); // loads the unwinder, which a handler must not
        memset(&action, 0, sizeof action);
        action.sa_handler = take;
        action.sa_flags = SA_RESTART | SA_ONSTACK;
        sigfillset(&action.sa_mask);
        if (sigaction(SIGPROF, &action, NULL)) goto end;
    }
    __atomic_store_n(&is_taken, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&wanted, id, __ATOMIC_RELEASE);
    if (syscall(SYS_tgkill, getpid(), id, SIGPROF)) {
        __atomic_store_n(&wanted, 0, __ATOMIC_RELAXED);
        goto end;
    }
    const uint64_t deadline = signalbox_now() + patience;
    while (!__atomic_load_n(&is_taken, __ATOMIC_ACQUIRE))
        if (signalbox_futex_wait(&is_taken, 0, deadline, false) == ETIMEDOUT) break;
    if (__atomic_load_n(&is_taken, __ATOMIC_ACQUIRE)) {
        count = taken_count;
        memcpy(frames, taken, (size_t)count * sizeof *frames);
    } else {
        uint32_t expected = id; // taken back, unless the thread has begun
        is_spoiled = !__atomic_compare_exchange_n(&wanted, &expected, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
end:
    pthread_mutex_unlock(&lock);
    return count;
}

// By the kernel, which answers EIO where a load would fault. process_vm_readv(2) does that too, but is none of the system
// calls that a sandboxed service may use.
bool signalbox_peek(const volatile void *address, void *to, size_t size) {
    const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (memory < 0) return false;
    const bool is_there = pread(memory, to, size, (off_t)(uintptr_t)address) == (ssize_t)size;
    close(memory);
    return is_there;
}
