// What Swift's Glibc module lacks, and the few words that must not cost a call: thread-local state, the arena's base,
// futexes. Everything here is inline but for the storage itself (CLinux.c).
#pragma once
#include <errno.h>
#include <execinfo.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/// Free records of one type that a thread keeps: the first of a list of `count`.
struct signalbox_cache {
    uint32_t first;
    uint32_t count;
};

/// A thread that sleeps on an address of the program's, see addresses.c. Under the lock of the address's bucket, but for
/// `address`, which is the thread's own.
struct signalbox_sleeper {
    const volatile void *_Nullable address; ///< NULL: it does not sleep
    struct signalbox_sleeper *_Nullable next, *_Nullable previous;
    uint32_t state; ///< its futex
    bool isInLine;
};
enum { SIGNALBOX_ASLEEP = 1, SIGNALBOX_WOKEN = 2 };

/// What a thread keeps for itself. `initial-exec`: about 1 ns; pthread_getspecific and __tls_get_addr cost more.
struct signalbox_thread {
    uint32_t waiter;          ///< the thread's own waiter record in the process's arena; 0: not attached
    uint32_t lastError;       ///< GetLastError()
    uint64_t object;          ///< name of the thread's own object; 0: none was asked for
    uint64_t port;            ///< name of the port that counts this thread as running; 0: none
    uint32_t locks;           ///< record locks held (kept in debug builds only)
    uint32_t holdsAllLock;    ///< whether the wait-all lock is held (kept in debug builds only)
    uint32_t id;              ///< the kernel's id of the thread, see signalbox_thread_id; 0: not asked for yet
    void *_Nullable slots;    ///< free handle slots at hand, see `HandleSlots`; NULL: none
    uint64_t loop;            ///< the event loop whose thread this is, which must never be blocked; 0: none
    uint32_t hasEndHook;      ///< whether the dispatcher is told of the thread's end
    volatile uint32_t inside; ///< how often the thread is inside code that it must leave before it is stopped
    volatile uint32_t isDue;  ///< whether the thread is to stop, or to end, as soon as it is not inside
    bool isScheduled;         ///< whether a test's scheduler decides when it runs (debug builds only)
    bool isObserved;          ///< whether the floor above is to be told first when the thread ends
    void *_Nullable worker;   ///< the pool's worker that the thread is, see `ThreadPool`; NULL: none
    struct signalbox_cache caches[4]; ///< by the arena's type of record

    // Other threads read what follows under the registry's lock, or while the thread is stopped.
    bool isRegistered;        ///< whether it is in the registry of threads, see stopping.c
    bool isJoined;            ///< whether the library joins it if it is terminated, as nobody else will
    bool isStoppable;         ///< whether it did not block the stopping signal when it was registered
    bool isInternal;          ///< whether it runs no code of the program's
    bool isMain;              ///< whether it is the process's first thread
    struct signalbox_thread *_Nullable next, *_Nullable previous;
    pthread_t handle;
    uint64_t created;         ///< when it was registered, in nanoseconds since 1970
    uint32_t *_Nullable suspensions;    ///< two words of its object: how it is to stop, see below; and its resumptions
    void *_Nullable volatile context;   ///< where it is stopped: a ucontext_t; NULL: it runs
    void *_Nullable volatile waitingOn; ///< a word of the program's on which it sleeps by futex(2); NULL: none
    volatile uint32_t waitingFor;       ///< what that is, or what it sleeps in line for: SIGNALBOX_CRITICAL_SECTION, …
    volatile uint32_t mayExit;          ///< a terminated thread stays until this is set
    struct signalbox_kept *_Nullable kept; ///< objects that its waits keep, innermost wait first
    void *_Nullable *_Nullable tls;     ///< values of the program's thread-local slots
    void *_Nullable *_Nullable fls;     ///< those of its slots with callbacks
    uint32_t tlsCount, flsCount;
    uint32_t endNumber;       ///< how many threads had left the registry when it had
    struct signalbox_sleeper sleeper;
    uint32_t packets;         ///< how many it was given by ports while it kept its place
    uint64_t ownHandle;       ///< a handle that the thread closes at its end, see _beginthread; 0: none
};

/// What memory of the program's a thread sleeps on.
enum {
    SIGNALBOX_ADDRESS,
    SIGNALBOX_CRITICAL_SECTION,
    SIGNALBOX_EXCLUSIVE_LOCK,
    SIGNALBOX_SHARED_LOCK,
    SIGNALBOX_CONDITION_VARIABLE,
    SIGNALBOX_BARRIER,
    SIGNALBOX_ONE_TIME_INITIALIZATION,
};

/// Objects that a wait of a thread keeps itself, because it stands in no line that does; on that thread's stack.
struct signalbox_kept {
    struct signalbox_kept *_Nullable outer;
    const void *_Nullable names;
    size_t count;
};

/// The word of a thread's object that says how it is to stop, and has.
enum {
    SIGNALBOX_SUSPENSIONS = 0xFF,  ///< how often it is suspended
    SIGNALBOX_STOPPED = 0x100,     ///< it is suspended, and has stopped
    SIGNALBOX_TERMINATED = 0x200,  ///< it is to stop for good
    SIGNALBOX_AWAITED = 0x400,     ///< another thread waits for that, and will do what there is to do at its end
    SIGNALBOX_HANDED_OVER = 0x800, ///< it has stopped for good, and does nothing more before `mayExit`
    SIGNALBOX_ENDED = 0x1000,      ///< it has ended
};
extern __thread struct signalbox_thread signalbox_current __attribute__((tls_model("initial-exec"), visibility("hidden")));

static inline struct signalbox_thread *_Nonnull signalbox_thread(void) { return &signalbox_current; }

// ---- where a thread may be stopped

/// Does what was put off while the thread was inside: it stops until it is resumed, or for good.
void signalbox_act(void);

/// Stops the calling thread here, inside or not, for as long as its object says.
void signalbox_stop_here(void);

/// The signal by which threads are stopped: SIGRTMAX - 2. Its handler is installed by the first call.
int signalbox_stopping_signal(void);

/// Sends that signal to a thread of this process; it may have ended.
void signalbox_send_stop(uint32_t id);

/// Held by the one thread that stops another. While the caller sleeps for it, it can be stopped itself, and nobody can
/// be stopped while he holds it: of two threads that stop each other one goes on.
void signalbox_stopping_lock(void);
void signalbox_stopping_unlock(void);

/// Sleeps until the word is no longer `seen`, or CLOCK_MONOTONIC reads `deadline`. False: it does.
bool signalbox_await_stop(uint32_t *_Nonnull word, uint32_t seen, uint64_t deadline);
/// After a change of the word that another thread may wait for.
void signalbox_tell_stop(uint32_t *_Nonnull word);

/// Has `body` called on a thread that is terminated while nobody waits for it. Set before any thread can be stopped.
void signalbox_set_terminated_body(void (*_Nonnull body)(void));

/// Ends the calling thread at once, by the system call: nothing runs any more on it. Who has made it joins it.
void signalbox_exit_thread(void) __attribute__((noreturn));
/// Lets a thread go that has stopped for good; if the library joins it, returns when it has gone, and its stack with
/// it.
void signalbox_let_go(struct signalbox_thread *_Nonnull thread);
/// Joins threads that were terminated while nobody waited for them.
void signalbox_join_terminated(void);

/// The calling thread, of which another is told by its id: it is in the registry from here on, until it ends.
void signalbox_register(void);
/// Takes a thread out of the registry.
void signalbox_unregister(struct signalbox_thread *_Nonnull thread);
/// Frees the values of its slots, but for what they point to, after that.
void signalbox_free_values(struct signalbox_thread *_Nonnull thread);
/// The registry's lock: taken before that of a record, and held for short. Nobody is stopped while he holds it.
void signalbox_registry_lock(void);
void signalbox_registry_unlock(void);
/// First thread of the registry; under its lock.
struct signalbox_thread *_Nullable signalbox_first_thread(void);
/// The thread of that id or object in the registry, under its lock; NULL: none.
struct signalbox_thread *_Nullable signalbox_thread_with_id(uint32_t id);
struct signalbox_thread *_Nullable signalbox_thread_with_object(uint64_t object);

/// Whether the process's first thread has ended, and no thread of the program's is left but the caller, which is out of
/// the registry already.
bool signalbox_is_last_thread(void);

/// Registers of a thread that is stopped, or of the caller.
struct signalbox_registers {
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15, rip;
    uint32_t flags;
    uint16_t cs, ds, es, fs, gs, ss;
    uint32_t mxcsr;
    unsigned char fxsave[512] __attribute__((aligned(16)));
};
/// Reads the registers of a thread that is stopped; under the registry's lock. False: it is not.
bool signalbox_stopped_registers(const struct signalbox_thread *_Nonnull thread,
                                 struct signalbox_registers *_Nonnull registers);
/// The caller's registers, as they are in this call.
void signalbox_own_registers(struct signalbox_registers *_Nonnull registers);

/// Processor time of a thread of this process, in 100 ns; 0: the caller. Unchanged if it has ended. (The kernel tells
/// another thread's two times in ticks of 10 ms.)
void signalbox_thread_times(uint32_t id, uint64_t *_Nonnull user, uint64_t *_Nonnull kernel);

/// Sets slot `index` of every thread to NULL.
void signalbox_clear_tls(uint32_t index);
/// Takes values of a slot from threads that have some, up to `limit`; returns how many.
size_t signalbox_take_fls(uint32_t index, void *_Nullable *_Nonnull values, size_t limit);

/// Values of a thread's slots, which another thread may clear, or take, meanwhile: the slot may be freed.
static inline void *_Nullable signalbox_slot_value(void *_Nullable *_Nonnull slot) {
    return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}
static inline void signalbox_set_slot_value(void *_Nullable *_Nonnull slot, void *_Nullable value) {
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
}
static inline void *_Nullable signalbox_take_slot_value(void *_Nullable *_Nonnull slot) {
    return __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL);
}

/// Makes room for `count` values of the calling thread's slots, and no more than `limit`; false: there is no memory.
bool signalbox_reserve_tls(uint32_t count, uint32_t limit);
bool signalbox_reserve_fls(uint32_t count, uint32_t limit);

/// From here to `signalbox_leave` the calling thread is neither stopped nor ended, but later: it may hold a lock, or be
/// in the middle of an allocation. Calls nest. Code of the program's never runs inside; see `signalbox_open`.
static inline void signalbox_enter(void) {
    signalbox_current.inside = signalbox_current.inside + 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
static inline void signalbox_leave(void) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    signalbox_current.inside = signalbox_current.inside - 1;
    if (__builtin_expect(signalbox_current.inside == 0 && signalbox_current.isDue, 0)) signalbox_act();
}

/// Around a call of the program's code, or a sleep, within: the thread is not inside meanwhile. Returns what
/// `signalbox_close` takes.
static inline uint32_t signalbox_open(void) {
    uint32_t inside = signalbox_current.inside;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    signalbox_current.inside = 0;
    if (__builtin_expect(signalbox_current.isDue, 0)) signalbox_act();
    return inside;
}
static inline void signalbox_close(uint32_t inside) {
    signalbox_current.inside = inside;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline struct signalbox_cache *_Nonnull signalbox_record_cache(int type) { return &signalbox_current.caches[type]; }
static inline struct signalbox_cache *_Nonnull signalbox_caches(struct signalbox_thread *_Nonnull thread) {
    return thread->caches;
}

/// Base of the process's own arena; a C global, because a Swift one is reached through a lazy initialiser.
extern void *_Nullable signalbox_arena __attribute__((visibility("hidden")));
static inline void *_Nonnull signalbox_arena_base(void) { return signalbox_arena; }
static inline void signalbox_set_arena_base(void *_Nonnull base) { signalbox_arena = base; }

/// Base of the process's handle table, see `HandleTable` in Sources/Signalbox.
extern void *_Nullable signalbox_handles __attribute__((visibility("hidden")));
static inline void *_Nullable signalbox_handles_base(void) { return signalbox_handles; }
static inline void signalbox_set_handles_base(void *_Nonnull base) { signalbox_handles = base; }

/// Claims the process for this copy of the code: two would each have objects, handles and threads that the other knows
/// nothing of. Returns NULL, or the file that another copy came with, which is in use already.
const char *_Nullable signalbox_claim_process(void);

/// CLOCK_MONOTONIC, in nanoseconds.
static inline uint64_t signalbox_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/// CLOCK_REALTIME, in nanoseconds since 1970.
static inline uint64_t signalbox_realtime(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/// A system call of six arguments at most, in line: libc's syscall(2) moves each of them first. Returns -1 with errno, as
/// that does.
static inline long signalbox_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    if ((unsigned long)result < -4095ul) return result;
    errno = (int)-result;
    return -1;
#else
    return syscall(number, a, b, c, d, e, f);
#endif
}

/// futex(2): sleeps while `*word == expected`, until the clock reads `deadline` ns (UINT64_MAX: for ever); `flags` are
/// FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME. Returns 0, or the errno: EAGAIN, EINTR, ETIMEDOUT.
static inline int signalbox_futex_wait_flags(void *_Nonnull word, uint32_t expected, uint64_t deadline, int flags) {
    struct timespec t = {(time_t)(deadline / 1000000000u), (long)(deadline % 1000000000u)};
    int op = FUTEX_WAIT_BITSET | flags;
    long until = deadline == UINT64_MAX ? 0 : (long)&t;
    long r = signalbox_call(SYS_futex, (long)word, op, expected, until, 0, (long)FUTEX_BITSET_MATCH_ANY);
    return r < 0 ? errno : 0;
}

/// As above, by CLOCK_MONOTONIC.
static inline int signalbox_futex_wait(void *_Nonnull word, uint32_t expected, uint64_t deadline, bool shared) {
    return signalbox_futex_wait_flags(word, expected, deadline, shared ? 0 : FUTEX_PRIVATE_FLAG);
}
/// As above, by CLOCK_MONOTONIC or CLOCK_REALTIME, which ends early when that clock is set past the deadline.
static inline int signalbox_futex_wait_clock(void *_Nonnull word, uint32_t expected, uint64_t deadline, bool realtime) {
    return signalbox_futex_wait_flags(word, expected, deadline,
                                      FUTEX_PRIVATE_FLAG | (realtime ? FUTEX_CLOCK_REALTIME : 0));
}

/// futex(2): wakes up to `count` sleepers on `word`. The word may have been reused since; a stray wake does no harm.
static inline void signalbox_futex_wake(void *_Nonnull word, int count, bool shared) {
    signalbox_call(SYS_futex, (long)word, FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG), count, 0, 0, 0);
}

/// As `signalbox_futex_wait`, in the process, and woken by those alone that have one of `bits`; or all.
static inline int signalbox_futex_wait_bits(void *_Nonnull word, uint32_t expected, uint64_t deadline, uint32_t bits) {
    struct timespec t = {(time_t)(deadline / 1000000000u), (long)(deadline % 1000000000u)};
    int op = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG;
    long r = syscall(SYS_futex, word, op, expected, deadline == UINT64_MAX ? NULL : &t, NULL, bits);
    return r < 0 ? errno : 0;
}
/// Wakes up to `count` of those who wait with one of `bits`. Returns how many.
static inline int signalbox_futex_wake_bits(void *_Nonnull word, int count, uint32_t bits) {
    return (int)syscall(SYS_futex, word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, count, NULL, NULL, bits);
}

// ---- sleeping on an address of the program's, see addresses.c. The caller is inside.

/// Puts the calling thread into the line of the address, if there are the `size` bytes there that are `compared` (size
/// 0: in any case). Then it must sleep.
bool signalbox_line_up(const volatile void *_Nonnull address, const void *_Nullable compared, size_t size);
/// Sleeps until it is woken, in its turn; or CLOCK_MONOTONIC reads `deadline`: false.
bool signalbox_sleep_in_line(uint64_t deadline);
/// Wakes the first thread in the address's line, or all. Inside or not.
void signalbox_wake_address(const volatile void *_Nonnull address, bool all);
/// Takes a thread out of its line that has stopped for good.
void signalbox_forget_sleep(struct signalbox_thread *_Nonnull thread);

// ---- how threads are scheduled, and where. An id of 0 is the caller's.

/// `nice` counts for SCHED_OTHER and SCHED_BATCH alone, `priority` for SCHED_RR and SCHED_FIFO.
struct signalbox_scheduling {
    int32_t policy, nice;
    uint32_t priority;
};
/// Sets or reads it for a thread. Returns 0 or an errno: EPERM, ESRCH.
int signalbox_set_scheduling(uint32_t id, struct signalbox_scheduling wanted);
int signalbox_get_scheduling(uint32_t id, struct signalbox_scheduling *_Nonnull scheduling);
/// The lowest nice value that RLIMIT_NICE lets a thread without privilege have (20: none).
int signalbox_nice_limit(void);
/// Processors 0 to 63 that a thread may run on; 0 if that cannot be told.
uint64_t signalbox_affinity(uint32_t id);
/// Returns 0 or an errno.
int signalbox_set_affinity(uint32_t id, uint64_t mask);
/// Processors that threads of the process may be allowed to run on.
uint64_t signalbox_system_affinity(void);
/// Kernel's ids of a process's threads, up to `limit`; returns how many.
size_t signalbox_thread_ids(uint32_t process, uint32_t *_Nonnull ids, size_t limit);

// ---- lists without a lock: the header's two words are as in Windows' SLIST_HEADER

/// Returns the entry that was the first.
void *_Nullable signalbox_list_push(void *_Nonnull header, void *_Nonnull entry);
void *_Nullable signalbox_list_pop(void *_Nonnull header);
void *_Nullable signalbox_list_flush(void *_Nonnull header);

static inline int32_t signalbox_gettid(void) { return (int32_t)syscall(SYS_gettid); }

/// The calling thread's id, asked for once a thread. (A child of fork(2) would inherit it, but may only exec.) Whoever
/// knows it can be asked for by it, so the thread is registered.
static inline uint32_t signalbox_thread_id(void) {
    struct signalbox_thread *thread = signalbox_thread();
    if (__builtin_expect(thread->id == 0, 0)) signalbox_register();
    return thread->id;
}

static inline void signalbox_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Calls `body` when the calling thread ends, whoever made it; NULL: what another call has said. Idempotent for a
/// thread.
void signalbox_at_thread_end(void (*_Nullable body)(void));

/// Starts a detached thread with all signals as the caller has them. Returns 0 or an errno.
int signalbox_start_thread(size_t stack_size, void (*_Nonnull body)(void *_Nullable), void *_Nullable argument,
                           const char *_Nullable name);
/// As above, but the thread can be stopped by the signal for that, and if it is terminated the library joins it.
int signalbox_start_stoppable_thread(size_t stack_size, void (*_Nonnull body)(void *_Nullable),
                                     void *_Nullable argument, const char *_Nullable name);
/// Keeps the calling thread on the first processor that it may run on.
void signalbox_pin_to_one_processor(void);

/// Processors that the calling thread may run on; 0 if that cannot be told. (CPU_COUNT(3) is a macro.)
int signalbox_processor_count(void);

/// Has `handler` called with `context` when the calling task is cancelled, at once if it is already; until the record
/// that is returned is removed, by the same task. Whoever cancels may be calling `handler` while it is removed: the
/// removal waits for that.
void *_Nonnull signalbox_add_cancellation_handler(void (*_Nonnull handler)(uint64_t context), uint64_t context);
/// As above, for the handler that cancels requests.
void *_Nonnull signalbox_add_request_cancellation_handler(void (*_Nonnull handler)(uint64_t context), uint64_t context);
void signalbox_remove_cancellation_handler(void *_Nonnull record);

// How many bytes a block of malloc's has room for.
static inline size_t signalbox_usable_size(void *_Nullable block) { return malloc_usable_size(block); }

/// errno, which Swift cannot reach between calls without risk of its being overwritten.
static inline int signalbox_errno(void) { return errno; }

/// memfd_create(2) and pidfd need no more than their numbers, but Glibc's module has neither.
static inline int signalbox_memfd(const char *_Nonnull name) { return (int)syscall(SYS_memfd_create, name, 1 /* CLOEXEC */); }

/// Routes `signal` to `fd`: each arrival adds `amount` to that eventfd, by async-signal-safe calls alone. Returns 0 or errno.
int signalbox_route_signal(int signal, int fd, uint64_t amount);
/// Ends that, if the signal is still routed to `fd`, which may be closed then. The signal is taken and does nothing.
void signalbox_unroute_signal(int signal, int fd);

enum { SIGNALBOX_FRAMES = 48 };
/// Return addresses of a thread of this process, the innermost first; it is interrupted by SIGPROF, and waited for that
/// many nanoseconds. `frames` has room for SIGNALBOX_FRAMES. Returns how many; 0: it did not answer.
int signalbox_stack_of(uint32_t id, uint64_t patience, void *_Nullable *_Nonnull frames);

/// Reads memory of this process that may be gone. False: it is.
bool signalbox_peek(const volatile void *_Nonnull address, void *_Nonnull to, size_t size);

// ---- the journal, see journal.c

#define SIGNALBOX_JOURNAL "/run/systemd/journal/socket"
enum { SIGNALBOX_JOURNAL_PATIENCE = 100 }; ///< milliseconds for which an entry waits for a journal that is full

/// Whether the standard error is the journal's stream (JOURNAL_STREAM).
bool signalbox_stderr_is_journal(void);
/// Whether this process is one that the service manager has started (SYSTEMD_EXEC_PID).
bool signalbox_is_service(void);
/// Reads both variables again; done once when the program begins.
void signalbox_read_journal_environment(void);

/// Sends one entry in the native protocol. It waits that many milliseconds at most if there is no room, and not at all if
/// there was none for the entry before: then it returns EAGAIN, and the next entry that is taken tells how many are
/// missing. Other errors: nobody listens at `path`. 0: it was sent.
int signalbox_journal_send(const char *_Nonnull path, const struct iovec *_Nonnull parts, size_t count, int patience);

/// Writes to the standard error, whole; but a stream that is full for long is given up.
void signalbox_write_error(const char *_Nonnull text, size_t length);
/// Writes lines to the journal's stream, each with its priority: sd-daemon(3).
void signalbox_write_error_lines(int priority, const char *_Nonnull text, size_t length);

/// What a program says to a debugger: to the journal, if the standard error is that, or this is a service; else to the
/// standard error. `caller` is an address in who says it.
void signalbox_debug_output(const char *_Nonnull text, size_t length, const void *_Nullable caller);

/// The name by which the program was called, as the C library has it.
const char *_Nonnull signalbox_program_name(void);

// ---- modules: each is known by the address at which its lowest segment lies

/// The module that dlopen(3) has given that handle for; NULL: none.
void *_Nullable signalbox_module_of_handle(void *_Nonnull handle);
/// The module that the address lies in; NULL: none.
void *_Nullable signalbox_module_at(const void *_Nullable address);
/// The module that is the program.
void *_Nullable signalbox_program_module(void);
/// The loaded module whose path, or last part of it, is `name`; NULL: none.
void *_Nullable signalbox_module_named(const char *_Nonnull name);
/// Writes the path of a module, as dlopen(3) takes it. Returns its length; 0: no such module.
size_t signalbox_module_path(const void *_Nonnull module, char *_Nonnull path, size_t size);

// ---- processes

/// What signalbox_spawn needs; strings and lists as execve(2) takes them.
struct signalbox_spawn {
    const char *_Nonnull path;
    char *_Nullable const *_Nonnull arguments;
    char *_Nullable const *_Nonnull environment;
    const char *_Nullable directory; ///< NULL: the caller's
    int input, output, error;        ///< descriptors that become 0, 1 and 2; -1: /dev/null
    bool has_own_group;              ///< whether the process leads a new process group
    bool has_own_session;            ///< whether it leads a new session, without a terminal
    bool ignores_interrupts;         ///< whether SIGINT is ignored
    bool is_suspended;               ///< whether it stops before the first instruction of its program, for SIGCONT to go on
    bool sets_priority;              ///< whether it gets this nice value, if the caller may give it
    int priority;
    bool sets_scheduling;            ///< whether it gets what follows before that, and not what the calling thread has
    struct signalbox_scheduling scheduling;
    uint64_t affinity;               ///< 0: the calling thread's
    int page;                        ///< the descriptor of `memory`, which it keeps; -1: none
    struct signalbox_page *_Nullable memory;
    const int *_Nullable kept;       ///< other descriptors that it keeps, all above 2
    int kept_count;
};

/// Starts a process. It gets no descriptor but those above, no blocked signal, and no handler. Returns 0 and the process
/// with its pidfd, which nobody can have reaped before; or the errno of what failed, execve(2) among it.
int signalbox_spawn(const struct signalbox_spawn *_Nonnull spawn, int32_t *_Nonnull pid, int *_Nonnull pidfd);

/// environ(7) as it stands.
char *_Nullable const *_Nonnull signalbox_environment(void);

/// accept4(2) with SOCK_CLOEXEC. Returns the descriptor, or -1 with errno.
static inline int signalbox_accept(int listener) {
    return (int)syscall(SYS_accept4, listener, NULL, NULL, 02000000);
}

/// recv(2) and send(2), without what libc adds for threads that are cancelled.
static inline ssize_t signalbox_recv(int descriptor, void *_Nullable bytes, size_t count, int flags) {
    return signalbox_call(SYS_recvfrom, descriptor, (long)bytes, (long)count, flags, 0, 0);
}
static inline ssize_t signalbox_send(int descriptor, const void *_Nullable bytes, size_t count, int flags) {
    return signalbox_call(SYS_sendto, descriptor, (long)bytes, (long)count, flags, 0, 0);
}

/// FIONREAD, see ioctl_tty(2): how many bytes a receive would find. Returns 0, or -1 with errno.
static inline int signalbox_readable_bytes(int descriptor, int *_Nonnull count) {
    return (int)syscall(SYS_ioctl, descriptor, 0x541B, count);
}

// ---- files

/// preadv2(2) and pwritev2(2), with the offset whole; -1: of what has none. glibc's functions are cancellation points, which
/// costs two locked instructions a call. The third one without SIGPIPE.
static inline ssize_t signalbox_preadv2(int descriptor, const struct iovec *_Nonnull vectors, int count, int64_t offset,
                                        int flags) {
    return signalbox_call(SYS_preadv2, descriptor, (long)vectors, count, offset, offset >> 32, flags);
}
static inline ssize_t signalbox_pwritev2(int descriptor, const struct iovec *_Nonnull vectors, int count, int64_t offset,
                                         int flags) {
    return signalbox_call(SYS_pwritev2, descriptor, (long)vectors, count, offset, offset >> 32, flags);
}
ssize_t signalbox_pwritev2_quietly(int descriptor, const struct iovec *_Nonnull vectors, int count, int64_t offset,
                                   int flags);
/// rename(2), but for a name that exists: EEXIST.
int signalbox_rename_new(const char *_Nonnull from, const char *_Nonnull to);
/// copy_file_range(2), from where the descriptors stand.
ssize_t signalbox_copy_range(int from, int to, size_t count);
/// Has the file system find room for that many bytes, without a change of the file's size. Returns 0, or -1 with errno.
int signalbox_reserve(int descriptor, int64_t bytes);
/// Copies to, and from, memory that the program has named. Returns 0 or an errno: EFAULT if some of it is none of this
/// process's.
int signalbox_copy_to(void *_Nonnull target, const void *_Nonnull source, size_t count);
int signalbox_copy_from(void *_Nonnull target, const void *_Nonnull source, size_t count);
/// pipe2(2), closed on exec.
int signalbox_pipe(int *_Nonnull read, int *_Nonnull write, bool blocks);
/// tee(2), without waiting.
ssize_t signalbox_tee(int from, int to, size_t count);
/// How many bytes can be read; 0, or -1 with errno.
int signalbox_unread(int descriptor, int *_Nonnull count);
/// A copy above 2, closed on exec, for another process; of a pipe's end, one that blocks whatever this one does: an
/// opening of its own, for O_NONBLOCK belongs to the opening. -1 with errno.
int signalbox_copy_of_descriptor(int descriptor);
/// What statx(2) says of a file's making, in nanoseconds since 1970; 0: nothing. `path` NULL: of the descriptor.
int64_t signalbox_birth(int descriptor, const char *_Nullable path, bool follows);

/// How a child has ended: `kind` is 'e' (exit code in `code`), 's' (signal in `code`), or '?' if another reaped it; and
/// the processor time that it took, in nanoseconds. Returns 0, or EAGAIN while it runs.
int signalbox_reap(int pidfd, char *_Nonnull kind, int32_t *_Nonnull code, uint64_t *_Nonnull user,
                   uint64_t *_Nonnull kernel);

/// As `signalbox_reap`, for a process whose parent is another: `kind` is '?' if the kernel does not tell.
void signalbox_foreign_exit(int32_t pid, int pidfd, char *_Nonnull kind, int32_t *_Nonnull code);

/// What clock_gettime(2) says of a clock, in nanoseconds.
static inline uint64_t signalbox_clock(int clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// The processor time that this process took, in nanoseconds.
void signalbox_own_times(uint64_t *_Nonnull user, uint64_t *_Nonnull kernel);

/// pidfd_open(2). Returns a descriptor, or the errno, negated.
int signalbox_open_process(int32_t pid);

/// Whether the process of that pidfd has ended.
bool signalbox_has_ended(int pidfd);

/// What /proc/PID/stat says; times in nanoseconds, the start since the machine's. False if there is no such process.
struct signalbox_process_stat {
    int32_t parent;
    char state;
    int32_t exit; ///< of one that has ended: its status as wait(2) has it
    uint64_t user, kernel, start;
};
bool signalbox_read_stat(int32_t pid, struct signalbox_process_stat *_Nonnull stat);

/// What the parent and a process that it has started by CreateProcess share: an anonymous file, whose descriptor the
/// process is given. It holds what execve(2) cannot hand over, and takes back what wait(2) cannot.
struct signalbox_page {
    uint64_t magic;
    uint64_t cookie;              ///< names the process among all that there ever were
    volatile uint64_t end;        ///< how it ends: a `signalbox_end` in the upper half, the code in the lower; first come
    volatile uint32_t pid;        ///< the process that the page is for, written by itself
    volatile uint32_t job;        ///< `signalbox_job_bits`, written by who assigns it to a job
    uint32_t size;                ///< of the whole file
    uint32_t command, command_length; ///< where the command line stands, a NUL after it
    uint32_t title, desktop;      ///< and these; 0: none
    uint32_t flags, show, x, y, width, height, columns, rows, fill; ///< of STARTUPINFO
    uint32_t handles[3];          ///< of STARTUPINFO
    uint32_t inherited, inherited_count; ///< where the inherited handles stand
};
struct signalbox_inherited {
    uint32_t handle;
    int32_t descriptor;
    uint32_t access;
    uint32_t kind; ///< a SIGNALBOX_INHERITS_…
};
enum {
    SIGNALBOX_INHERITS_SOCKET = 1,
    SIGNALBOX_INHERITS_OVERLAPPED_SOCKET = 2,
    SIGNALBOX_INHERITS_FILE = 3,
    SIGNALBOX_INHERITS_OVERLAPPED_FILE = 4
};
enum signalbox_end { SIGNALBOX_END_NOT = 0, SIGNALBOX_END_EXIT = 1, SIGNALBOX_END_KILL = 2 };
enum signalbox_job_bits {
    SIGNALBOX_IN_JOB = 1,
    SIGNALBOX_MAY_BREAK_AWAY = 2,   ///< CREATE_BREAKAWAY_FROM_JOB is allowed
    SIGNALBOX_BREAKS_AWAY = 4,      ///< new processes do not join
};

/// Makes a page of at least that size. Returns it with its descriptor, above 2; or NULL.
struct signalbox_page *_Nullable signalbox_make_page(uint32_t size, int *_Nonnull descriptor);
/// The page of a process that was started by CreateProcess, whoever its parent is; NULL if it has none that is seen.
struct signalbox_page *_Nullable signalbox_find_page(int32_t pid);
void signalbox_drop_page(struct signalbox_page *_Nonnull page);
static inline uint64_t signalbox_page_end(const struct signalbox_page *_Nonnull page) {
    return __atomic_load_n(&page->end, __ATOMIC_ACQUIRE);
}
/// Writes how the process ends if `before` is what stands there.
static inline bool signalbox_set_end(struct signalbox_page *_Nonnull page, uint64_t before, enum signalbox_end end,
                                     uint32_t code) {
    uint64_t after = (uint64_t)end << 32 | code;
    return __atomic_compare_exchange_n(&page->end, &before, after, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
static inline uint32_t signalbox_page_job(const struct signalbox_page *_Nonnull page) {
    return __atomic_load_n(&page->job, __ATOMIC_ACQUIRE);
}
static inline void signalbox_set_page_job(struct signalbox_page *_Nonnull page, uint32_t bits) {
    __atomic_store_n(&page->job, bits, __ATOMIC_RELEASE);
}

/// The page of this process, taken over before `main`; NULL if it was not started by CreateProcess.
struct signalbox_page *_Nullable signalbox_own_page(void);
/// This process's cookie.
uint64_t signalbox_own_cookie(void);
/// The environment variables that carry the page's descriptor, and the cookies of a process and of those before it.
#define SIGNALBOX_PAGE_VARIABLE "SIGNALBOX_PROCESS"
#define SIGNALBOX_LINEAGE_VARIABLE "SIGNALBOX_LINEAGE"
/// A number that nobody else has.
uint64_t signalbox_make_cookie(void);

/// Tells the parent, if it knows us, with which code this process is about to end, unless it was told one already.
void signalbox_tell_end(uint32_t code);
/// What wait(2) is to say of a process that ends with the code: its low 8 bits, but never 0 for another than 0.
static inline int signalbox_exit_status(uint32_t code) { return code && !(code & 0xFF) ? 255 : (int)(code & 0xFF); }
/// From now on the process ends with this code, whatever main returns or exit(3) is given.
void signalbox_set_service_end(uint32_t code);
/// Ends the process with the code: exit(3). A second thread that calls it sleeps until the process has ended.
_Noreturn void signalbox_exit_process(uint32_t code);
/// Ends the process at once with the code: _exit(2).
_Noreturn void signalbox_end_process(uint32_t code);

// ---- jobs

/// The processes that were assigned to a job: memory that is shared with the job's watcher.
struct signalbox_job;
struct signalbox_job *_Nullable signalbox_make_job(void);
void signalbox_drop_job(struct signalbox_job *_Nonnull job);
/// Adds a member: the caller keeps others out. False: there is no place.
bool signalbox_add_member(struct signalbox_job *_Nonnull job, int32_t pid, uint64_t start, uint64_t cookie);
/// The processes of the job that run, with the descendants of those assigned; the first `capacity` of them. Returns how
/// many there are.
int signalbox_list_job(struct signalbox_job *_Nonnull job, int32_t *_Nullable pids, int capacity);
/// Kills the processes of the job, but not `spared`, until none is left. Returns whether `spared` is one.
bool signalbox_kill_job(struct signalbox_job *_Nonnull job, int32_t spared);
/// Starts the process that kills the members when this one has ended, or `descriptor` is closed. Returns 0 or errno.
int signalbox_watch_job(struct signalbox_job *_Nonnull job, int *_Nonnull descriptor, int *_Nonnull pidfd);
/// Whether the members are killed when this process has ended, if the job is watched.
void signalbox_set_job_kills(struct signalbox_job *_Nonnull job, bool kills);
/// Ends the watcher; the members live on.
void signalbox_end_watch(struct signalbox_job *_Nonnull job, int descriptor, int pidfd);

/// pidfd_send_signal(2). Returns 0 or errno.
int signalbox_signal_process(int pidfd, int signal);

/// Whether the calling thread is at work for a Swift task.
bool signalbox_is_in_task(void);
