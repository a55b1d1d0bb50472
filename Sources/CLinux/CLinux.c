#define _GNU_SOURCE // pthread_setname_np, sched_getaffinity, dl_iterate_phdr
#include "CLinux.h"

#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

__thread struct signalbox_thread signalbox_current;
void *signalbox_arena;
void *signalbox_handles;

// ---- one copy a process ----------------------------------------------------------------------------------------

// Programs and libraries that contain this file say so by a note (elf(5)), which tells where, from its own address, the
// word is that says whether that copy is in use.
atomic_int signalbox_in_use __attribute__((visibility("hidden"), used));
__asm__(".pushsection .note.signalbox, \"a\", @note\n"
        ".balign 4\n"
        ".long 10, 4, 1\n"
        ".asciz \"Signalbox\\0\\0\"\n"
        ".long signalbox_in_use - .\n"
        ".popsection\n");

struct note {
    ElfW(Nhdr) header;
    char name[12];
    int32_t offset;
};

static int find_other(struct dl_phdr_info *info, size_t size, void *result) {
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_NOTE) continue;
        const char *at = (const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        const char *end = at + info->dlpi_phdr[i].p_memsz;
        while (at + sizeof(ElfW(Nhdr)) <= end) {
            const struct note *note = (const struct note *)at;
            if (note->header.n_namesz == 10 && note->header.n_descsz == 4 && !memcmp(note->name, "Signalbox", 10)) {
                atomic_int *in_use = (atomic_int *)((char *)&note->offset + note->offset);
                if (in_use != &signalbox_in_use && atomic_load(in_use)) {
                    *(const char **)result = info->dlpi_name[0] ? info->dlpi_name : "the program itself";
                    return 1;
                }
            }
            at += sizeof(ElfW(Nhdr)) + ((note->header.n_namesz + 3u) & ~3u) + ((note->header.n_descsz + 3u) & ~3u);
        }
    }
    return 0;
}

const char *signalbox_claim_process(void) {
    const char *other = NULL;
    // In this order: of two that come at the same time, one sees the other, or both do.
    atomic_store(&signalbox_in_use, 1);
    dl_iterate_phdr(find_other, &other);
    return other;
}

// ---- thread end ------------------------------------------------------------------------------------------------

static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;
static void (*_Atomic end_body)(void); // the same for every thread, but each one sets it

// glibc calls key destructors for up to PTHREAD_DESTRUCTOR_ITERATIONS rounds; a later destructor that waits again
// attaches the thread again, and so sets the key again.
static void end_destructor(void *unused) {
    (void)unused;
    void (*body)(void) = atomic_load(&end_body);
    if (body) body();
    signalbox_unregister(&signalbox_current); // who has only an id, and values, has no more than that to give back
    signalbox_free_values(&signalbox_current);
    if (signalbox_current.isJoined) pthread_detach(pthread_self());
    signalbox_current.isJoined = false;
}

static void end_create_key(void) { pthread_key_create(&end_key, end_destructor); }

void signalbox_at_thread_end(void (*body)(void)) {
    if (body) atomic_store(&end_body, body);
    pthread_once(&end_once, end_create_key);
    pthread_setspecific(end_key, &end_key);
}

// ---- starting threads ------------------------------------------------------------------------------------------

struct start {
    void (*body)(void *);
    void *argument;
    bool is_stoppable;
    char name[16];
};

static void *start_thread(void *p) {
    struct start s = *(struct start *)p;
    free(p);
    if (s.name[0]) pthread_setname_np(pthread_self(), s.name);
    if (s.is_stoppable) {
        sigset_t stopping;
        sigemptyset(&stopping);
        sigaddset(&stopping, signalbox_stopping_signal());
        pthread_sigmask(SIG_UNBLOCK, &stopping, NULL);
        signalbox_current.isJoined = true;
    }
    s.body(s.argument);
    return NULL;
}

static int start(size_t stack_size, void (*body)(void *), void *argument, const char *name, bool is_stoppable) {
    struct start *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    s->body = body;
    s->argument = argument;
    s->is_stoppable = is_stoppable;
    for (size_t i = 0; name && name[i] && i + 1 < sizeof s->name; i++) s->name[i] = name[i];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    // One that can be terminated detaches itself when it ends as it should: glibc frees the stack of a detached thread
    // on that thread's way out, which a terminated one does not take.
    if (!is_stoppable) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // pthread_attr_setstacksize(3) refuses what is not a multiple of the page.
    if (stack_size) pthread_attr_setstacksize(&attributes, (stack_size + 65535) & ~(size_t)65535);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, start_thread, s);
    pthread_attr_destroy(&attributes);
    if (error) free(s);
    return error;
}

int signalbox_start_thread(size_t stack_size, void (*body)(void *), void *argument, const char *name) {
    return start(stack_size, body, argument, name, false);
}

int signalbox_start_stoppable_thread(size_t stack_size, void (*body)(void *), void *argument, const char *name) {
    return start(stack_size, body, argument, name, true);
}

void signalbox_pin_to_one_processor(void) {
    cpu_set_t may, one;
    if (sched_getaffinity(0, sizeof may, &may)) return;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &may)) {
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
            return;
        }
}

int signalbox_processor_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 0 : CPU_COUNT(&set);
}

// ---- signals to an eventfd -------------------------------------------------------------------------------------

static atomic_int signal_fds[NSIG]; // descriptor + 1, so that 0 means none
static _Atomic uint64_t signal_amounts[NSIG];

static atomic_int signal_handlers; // how many run now

static void signal_arrived(int signal) {
    atomic_fetch_add(&signal_handlers, 1);
    int saved = errno, fd = atomic_load(&signal_fds[signal]) - 1;
    uint64_t amount = atomic_load(&signal_amounts[signal]);
    if (fd >= 0 && write(fd, &amount, sizeof amount) < 0) { /* the counter is full: the reader has not seen the others yet */ }
    errno = saved;
    atomic_fetch_sub(&signal_handlers, 1);
}

void signalbox_unroute_signal(int signal, int fd) {
    int expected = fd + 1;
    atomic_compare_exchange_strong(&signal_fds[signal], &expected, 0);
    while (atomic_load(&signal_handlers)) sched_yield(); // each a few instructions long
}

int signalbox_route_signal(int signal, int fd, uint64_t amount) {
    if (signal <= 0 || signal >= NSIG) return EINVAL;
    atomic_store(&signal_amounts[signal], amount);
    atomic_store(&signal_fds[signal], fd + 1);
    struct sigaction action = {0};
    action.sa_handler = signal_arrived;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    return sigaction(signal, &action, NULL) ? errno : 0;
}

// ---- cancellation of tasks -------------------------------------------------------------------------------------

// The runtime's entries behind Swift's withTaskCancellationHandler, which every program that uses it calls. The handler
// is a Swift closure there: a function and its context. Ours has 64 bits of context and no memory.
typedef __attribute__((swiftcall)) void closure(__attribute__((swift_context)) void *context);
extern __attribute__((swiftcall)) void *swift_task_addCancellationHandler(closure *function, void *context);
extern __attribute__((swiftcall)) void swift_task_removeCancellationHandler(void *record);

static void (*_Atomic cancellation_handler)(uint64_t context); // the same for every task, but each one sets it

static __attribute__((swiftcall)) void task_cancelled(__attribute__((swift_context)) void *context) {
    atomic_load_explicit(&cancellation_handler, memory_order_relaxed)((uint64_t)(uintptr_t)context);
}

void *signalbox_add_cancellation_handler(void (*handler)(uint64_t context), uint64_t context) {
    atomic_store_explicit(&cancellation_handler, handler, memory_order_relaxed);
    return swift_task_addCancellationHandler(task_cancelled, (void *)(uintptr_t)context);
}

static void (*_Atomic request_handler)(uint64_t context); // as above

static __attribute__((swiftcall)) void request_cancelled(__attribute__((swift_context)) void *context) {
    atomic_load_explicit(&request_handler, memory_order_relaxed)((uint64_t)(uintptr_t)context);
}

void *signalbox_add_request_cancellation_handler(void (*handler)(uint64_t context), uint64_t context) {
    atomic_store_explicit(&request_handler, handler, memory_order_relaxed);
    return swift_task_addCancellationHandler(request_cancelled, (void *)(uintptr_t)context);
}

void signalbox_remove_cancellation_handler(void *record) { swift_task_removeCancellationHandler(record); }
