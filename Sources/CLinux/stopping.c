// Threads that other threads stop: suspended, or terminated.
//
// A thread stops itself, when it is told to: in the handler of one real-time signal, at whatever instruction it is; or,
// if it is inside then (see signalbox_enter), as soon as it has left. So it never stops while it holds a lock of the
// library's, is in an allocation of the library's, or has changed one half of something. How it is to stop stands in a
// word of its object (Sources/Dispatcher/Stopping.swift), which every stop looks at; the signal says only that there is
// something to look at, and a stray one does no harm.
//
// A thread that is to end stops too, for good. What there is to do at its end is done on its behalf by the thread that
// terminates it, which is in its right mind: the victim may have been in the middle of malloc(3). Then it is let go,
// and leaves by the system call. If the terminating thread has given up waiting, the victim does it itself.
#define _GNU_SOURCE // REG_RIP and the others, tgkill
#include "CLinux.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <ucontext.h>

static uint32_t load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static bool change(uint32_t *word, uint32_t seen, uint32_t wanted) {
    return __atomic_compare_exchange_n(word, &seen, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

// ---- stopping

static void (*terminated_body)(void);

void signalbox_set_terminated_body(void (*body)(void)) { __atomic_store_n(&terminated_body, body, __ATOMIC_RELEASE); }

// glibc gives the memory of a thread that was joined to a new one, and takes for granted that it has emptied the values of
// pthread_getspecific(3) itself on the old one's way out.
static void forget_specific(void) {
    for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++) pthread_setspecific(key, NULL);
}

// Here a terminated thread stays until others are done with it. All signals are blocked.
static __attribute__((noreturn)) void stop_for_good(struct signalbox_thread *thread, uint32_t *word) {
    thread->inside = 1; // for good
    while (1) {
        uint32_t seen = load(word);
        if (!(seen & SIGNALBOX_AWAITED)) break;
        if (!change(word, seen, (seen & ~(uint32_t)SIGNALBOX_AWAITED) | SIGNALBOX_HANDED_OVER)) continue;
        forget_specific();
        signalbox_tell_stop(word);
        while (!__atomic_load_n(&thread->mayExit, __ATOMIC_ACQUIRE))
            signalbox_futex_wait((void *)&thread->mayExit, 0, UINT64_MAX, false);
        syscall(SYS_exit, 0);
    }
    __atomic_load_n(&terminated_body, __ATOMIC_ACQUIRE)();
    signalbox_exit_thread();
}

// All signals are blocked: one that is sent to the process goes to a thread that runs.
static void stop(ucontext_t *context) {
    struct signalbox_thread *thread = &signalbox_current;
    uint32_t *word = thread->suspensions;
    const uint32_t asked = SIGNALBOX_SUSPENSIONS | SIGNALBOX_TERMINATED;
    if (!word || !(load(word) & asked)) return;
    // The wake-up that it slept for may have come, and is another's if this one does not run.
    if (thread->waitingOn) signalbox_futex_wake(thread->waitingOn, 1, false);
    void *outer = thread->context;
    thread->context = context;
    while (1) {
        uint32_t resumptions = load(word + 1), seen = load(word);
        if (seen & SIGNALBOX_TERMINATED) {
            stop_for_good(thread, word);
        } else if (!(seen & SIGNALBOX_SUSPENSIONS)) {
            if (change(word, seen, seen & ~(uint32_t)SIGNALBOX_STOPPED)) break;
        } else if (!(seen & SIGNALBOX_STOPPED)) {
            if (change(word, seen, seen | SIGNALBOX_STOPPED)) signalbox_tell_stop(word);
        } else {
            signalbox_futex_wait(word + 1, resumptions, UINT64_MAX, false);
        }
    }
    thread->context = outer;
}

void signalbox_stop_here(void) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    ucontext_t context;
    getcontext(&context);
    stop(&context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void signalbox_act(void) {
    signalbox_current.isDue = 0;
    const uint32_t *word = signalbox_current.suspensions;
    if (word && load(word) & (SIGNALBOX_SUSPENSIONS | SIGNALBOX_TERMINATED)) signalbox_stop_here();
}

static void on_stop(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    int saved = errno;
    if (signalbox_current.inside) signalbox_current.isDue = 1;
    else stop(context);
    errno = saved;
}

// ---- the signal

static int stopping_signal;
static pthread_once_t stopping_once = PTHREAD_ONCE_INIT;

static void install(void) {
    stopping_signal = SIGRTMAX - 2;
    struct sigaction action = {0};
    action.sa_sigaction = on_stop;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(stopping_signal, &action, NULL);
}

int signalbox_stopping_signal(void) {
    pthread_once(&stopping_once, install);
    return stopping_signal;
}

void signalbox_send_stop(uint32_t id) { syscall(SYS_tgkill, getpid(), id, signalbox_stopping_signal()); }

void signalbox_tell_stop(uint32_t *word) { signalbox_futex_wake(word, INT_MAX, false); }

bool signalbox_await_stop(uint32_t *word, uint32_t seen, uint64_t deadline) {
    return signalbox_futex_wait(word, seen, deadline, false) != ETIMEDOUT;
}

// ---- locks. Each word is 0 free, 1 held, 2 held and somebody may sleep on it; who holds one is inside.

static uint32_t stopping_word, registry_word;

static bool take(uint32_t *word, uint32_t wanted) { return __atomic_exchange_n(word, wanted, __ATOMIC_ACQUIRE) == 0; }
static void drop(uint32_t *word) {
    if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2) signalbox_futex_wake(word, 1, false);
}

void signalbox_stopping_lock(void) {
    signalbox_enter();
    if (change(&stopping_word, 0, 1)) return;
    while (!take(&stopping_word, 2)) {
        signalbox_current.waitingFor = SIGNALBOX_ADDRESS;
        signalbox_current.waitingOn = &stopping_word;
        uint32_t inside = signalbox_open();
        signalbox_futex_wait(&stopping_word, 2, UINT64_MAX, false);
        signalbox_close(inside);
        signalbox_current.waitingOn = NULL;
    }
}

void signalbox_stopping_unlock(void) {
    drop(&stopping_word);
    signalbox_leave();
}

void signalbox_registry_lock(void) {
    signalbox_enter();
    if (change(&registry_word, 0, 1)) return;
    while (!take(&registry_word, 2)) signalbox_futex_wait(&registry_word, 2, UINT64_MAX, false);
}

void signalbox_registry_unlock(void) {
    drop(&registry_word);
    signalbox_leave();
}

// ---- the registry: a list, through what each thread keeps for itself

static struct signalbox_thread *first_thread;

// Ids of threads that have ended, or are about to: the system has them still for a while.
static uint32_t ended[64], ended_count;
static bool has_main_ended;

struct signalbox_thread *signalbox_first_thread(void) { return first_thread; }

struct signalbox_thread *signalbox_thread_with_id(uint32_t id) {
    struct signalbox_thread *thread = first_thread;
    while (thread && thread->id != id) thread = thread->next;
    return thread;
}

struct signalbox_thread *signalbox_thread_with_object(uint64_t object) {
    struct signalbox_thread *thread = first_thread;
    while (thread && thread->object != object) thread = thread->next;
    return thread;
}

void signalbox_register(void) {
    struct signalbox_thread *thread = &signalbox_current;
    signalbox_enter();
    if (!thread->isRegistered) {
        sigset_t blocked;
        pthread_sigmask(SIG_BLOCK, NULL, &blocked);
        thread->isStoppable = !sigismember(&blocked, signalbox_stopping_signal());
        thread->id = (uint32_t)signalbox_gettid();
        thread->isMain = (pid_t)thread->id == getpid();
        thread->handle = pthread_self();
        thread->created = signalbox_realtime();
        signalbox_registry_lock();
        thread->isRegistered = true;
        for (int i = 0; i < 64; i++)
            if (ended[i] == thread->id) ended[i] = 0; // it is another's now
        thread->previous = NULL;
        thread->next = first_thread;
        if (first_thread) first_thread->previous = thread;
        first_thread = thread;
        signalbox_registry_unlock();
        signalbox_at_thread_end(NULL);
    }
    signalbox_leave();
}

void signalbox_unregister(struct signalbox_thread *thread) {
    signalbox_registry_lock();
    if (thread->isRegistered) {
        thread->isRegistered = false;
        ended[ended_count++ % 64] = thread->id;
        thread->endNumber = ended_count;
        if (thread->isMain) has_main_ended = true;
        if (thread->next) thread->next->previous = thread->previous;
        if (thread->previous) thread->previous->next = thread->next;
        else first_thread = thread->next;
    }
    thread->id = 0; // a later destructor that asks for it registers the thread again
    signalbox_registry_unlock();
}

void signalbox_free_values(struct signalbox_thread *thread) {
    signalbox_enter();
    free(thread->tls);
    free(thread->fls);
    thread->tls = thread->fls = NULL;
    thread->tlsCount = thread->flsCount = 0;
    signalbox_leave();
}

static bool reserve(void ***values, uint32_t *count, uint32_t wanted, uint32_t limit) {
    if (*count >= wanted) return true;
    signalbox_thread_id();
    signalbox_enter();
    uint32_t size = 64;
    while (size < wanted) size *= 2;
    if (size > limit) size = limit;
    void **larger = calloc(size, sizeof *larger), **old = *values;
    if (larger) {
        signalbox_registry_lock(); // others clear slots that are freed
        if (old) memcpy(larger, old, *count * sizeof *larger);
        *values = larger;
        *count = size;
        signalbox_registry_unlock();
        free(old);
    }
    signalbox_leave();
    return larger != NULL;
}

bool signalbox_reserve_tls(uint32_t count, uint32_t limit) {
    return reserve(&signalbox_current.tls, &signalbox_current.tlsCount, count, limit);
}
bool signalbox_reserve_fls(uint32_t count, uint32_t limit) {
    return reserve(&signalbox_current.fls, &signalbox_current.flsCount, count, limit);
}

void signalbox_clear_tls(uint32_t index) {
    signalbox_registry_lock();
    for (struct signalbox_thread *thread = first_thread; thread; thread = thread->next)
        if (index < thread->tlsCount) signalbox_set_slot_value(&thread->tls[index], NULL);
    signalbox_registry_unlock();
}

size_t signalbox_take_fls(uint32_t index, void **values, size_t limit) {
    size_t count = 0;
    signalbox_registry_lock();
    for (struct signalbox_thread *thread = first_thread; thread && count < limit; thread = thread->next) {
        void *value = index < thread->flsCount ? signalbox_take_slot_value(&thread->fls[index]) : NULL;
        if (value) values[count++] = value;
    }
    signalbox_registry_unlock();
    return count;
}

// The first thread is known from the beginning: others may want to stop it before it has called anything.
__attribute__((constructor)) static void loaded(void) {
    if (signalbox_gettid() == getpid()) signalbox_register();
}

// ---- the end of terminated threads

// Those that nobody waited for, and that are to be joined. The list goes through their own memory, which is there until
// they are joined.
static struct signalbox_thread *terminated;

void signalbox_exit_thread(void) {
    struct signalbox_thread *thread = &signalbox_current;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    forget_specific();
    if (thread->isJoined) {
        thread->next = __atomic_load_n(&terminated, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&terminated, &thread->next, thread, false, __ATOMIC_RELEASE,
                                            __ATOMIC_RELAXED)) {}
    }
    while (1) syscall(SYS_exit, 0);
}

void signalbox_join_terminated(void) {
    struct signalbox_thread *thread = __atomic_exchange_n(&terminated, NULL, __ATOMIC_ACQUIRE);
    while (thread) {
        struct signalbox_thread *next = thread->next;
        pthread_join(thread->handle, NULL);
        thread = next;
    }
}

void signalbox_let_go(struct signalbox_thread *thread) {
    // Once it may exit, its memory is its own, or whoever's joins it.
    bool is_joined = thread->isJoined;
    pthread_t handle = thread->handle;
    __atomic_store_n(&thread->mayExit, 1, __ATOMIC_RELEASE);
    signalbox_futex_wake((void *)&thread->mayExit, 1, false);
    if (is_joined) pthread_join(handle, NULL);
}

// ---- the last thread

static bool read_file(int directory, const char *id, const char *name, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", id, name);
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

// Whether it is neither ending, nor the library's own, nor a worker of the task pool's, which block the signal.
static bool is_programs(int directory, const char *id) {
    char text[4096];
    uint32_t number = (uint32_t)strtoul(id, NULL, 10);
    bool has_ended = false;
    signalbox_registry_lock();
    for (int i = 0; i < 64; i++) has_ended = has_ended || ended[i] == number;
    signalbox_registry_unlock();
    if (has_ended) return false;
    if (!read_file(directory, id, "comm", text, sizeof text) || !strncmp(text, "signalbox-", 10)) return false;
    if (!read_file(directory, id, "status", text, sizeof text)) return false;
    const char *state = strstr(text, "\nState:\t"), *blocked = strstr(text, "\nSigBlk:\t");
    if (!state || state[8] == 'Z' || state[8] == 'X') return false;
    // A worker leaves the signals of faults alone; pthread_create(3) lets a thread begin with all blocked.
    unsigned long long mask = blocked ? strtoull(blocked + 9, NULL, 16) : 0;
    return !(mask >> (signalbox_stopping_signal() - 1) & 1) || mask >> (SIGSEGV - 1) & 1;
}

// Of those that end together the one that has left the registry last sees to it.
static bool is_last_to_leave(void) {
    signalbox_registry_lock();
    bool is_it = has_main_ended && signalbox_current.endNumber == ended_count;
    signalbox_registry_unlock();
    return is_it;
}

bool signalbox_is_last_thread(void) {
    if (!is_last_to_leave()) return false;
    signalbox_enter();
    bool is_last = true;
    DIR *directory = opendir("/proc/self/task");
    if (!directory) is_last = false;
    for (struct dirent *entry; is_last && (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != signalbox_gettid() &&
            is_programs(dirfd(directory), entry->d_name))
            is_last = false;
    if (directory) closedir(directory);
    signalbox_leave();
    return is_last && is_last_to_leave();
}

// ---- registers

static void read_registers(const ucontext_t *context, struct signalbox_registers *registers) {
    memset(registers, 0, sizeof *registers);
#if defined(__x86_64__)
    const greg_t *from = context->uc_mcontext.gregs;
    registers->rax = (uint64_t)from[REG_RAX];
    registers->rcx = (uint64_t)from[REG_RCX];
    registers->rdx = (uint64_t)from[REG_RDX];
    registers->rbx = (uint64_t)from[REG_RBX];
    registers->rsp = (uint64_t)from[REG_RSP];
    registers->rbp = (uint64_t)from[REG_RBP];
    registers->rsi = (uint64_t)from[REG_RSI];
    registers->rdi = (uint64_t)from[REG_RDI];
    registers->r8 = (uint64_t)from[REG_R8];
    registers->r9 = (uint64_t)from[REG_R9];
    registers->r10 = (uint64_t)from[REG_R10];
    registers->r11 = (uint64_t)from[REG_R11];
    registers->r12 = (uint64_t)from[REG_R12];
    registers->r13 = (uint64_t)from[REG_R13];
    registers->r14 = (uint64_t)from[REG_R14];
    registers->r15 = (uint64_t)from[REG_R15];
    registers->rip = (uint64_t)from[REG_RIP];
    registers->flags = (uint32_t)from[REG_EFL];
    uint64_t segments = (uint64_t)from[REG_CSGSFS]; // 0 where getcontext(3) has written the context
    __asm__("mov %%ds, %0" : "=r"(registers->ds));
    __asm__("mov %%es, %0" : "=r"(registers->es));
    __asm__("mov %%fs, %0" : "=r"(registers->fs));
    __asm__("mov %%gs, %0" : "=r"(registers->gs));
    __asm__("mov %%cs, %0" : "=r"(registers->cs));
    __asm__("mov %%ss, %0" : "=r"(registers->ss));
    if (segments & 0xFFFF) registers->cs = (uint16_t)segments;
    const void *floating = context->uc_mcontext.fpregs;
    if (floating) memcpy(registers->fxsave, floating, sizeof registers->fxsave);
    memcpy(&registers->mxcsr, registers->fxsave + 24, sizeof registers->mxcsr);
#else
    (void)context;
#endif
}

bool signalbox_stopped_registers(const struct signalbox_thread *thread, struct signalbox_registers *registers) {
    const ucontext_t *context = thread->context;
    if (!thread->suspensions || !(load(thread->suspensions) & SIGNALBOX_STOPPED) || !context) return false;
    read_registers(context, registers);
    // It may have been resumed meanwhile; its stack is there until it has left the registry.
    return load(thread->suspensions) & SIGNALBOX_STOPPED && thread->context == context;
}

void signalbox_own_registers(struct signalbox_registers *registers) {
    ucontext_t context;
    getcontext(&context);
    read_registers(&context, registers);
}

// ---- times

void signalbox_thread_times(uint32_t id, uint64_t *user, uint64_t *kernel) {
    if (id == 0) {
        struct rusage usage;
        getrusage(RUSAGE_THREAD, &usage);
        *user = (uint64_t)usage.ru_utime.tv_sec * 10000000u + (uint64_t)usage.ru_utime.tv_usec * 10u;
        *kernel = (uint64_t)usage.ru_stime.tv_sec * 10000000u + (uint64_t)usage.ru_stime.tv_usec * 10u;
        return;
    }
    char text[512];
    snprintf(text, sizeof text, "/proc/self/task/%u/stat", id);
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return;
    text[length] = 0;
    const char *after_name = strrchr(text, ')'); // the second field, which may hold anything
    unsigned long u, k;
    if (!after_name ||
        sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &k) != 2)
        return;
    uint64_t tick = 10000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    *user = u * tick;
    *kernel = k * tick;
}
