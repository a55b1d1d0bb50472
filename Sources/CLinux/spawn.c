// Processes: clone(2) with a pidfd, which posix_spawn(3) does not give before glibc 2.39. A pidfd that is opened by number
// afterwards may be of another process, if somebody else reaps this program's children.
#define _GNU_SOURCE // clone
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// pthread_sigmask(3) leaves out the two signals that libc keeps for itself, whose handlers must not run in the child either.
static void set_mask(const uint64_t *mask, uint64_t *old) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, old, sizeof *mask);
}

struct child {
    const struct signalbox_spawn *spawn;
    volatile int error; // the child shares the memory
};

// Runs in the child, on a stack of its own in the parent's memory, while the parent's thread waits: only calls that are
// safe after fork(2), and no write to what the parent uses.
static int run_child(void *argument) {
    struct child *child = argument;
    const struct signalbox_spawn *spawn = child->spawn;
    // The handlers are the parent's functions. The child has its own table: no CLONE_SIGHAND.
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) continue;
        memset(&action, 0, sizeof action);
        action.sa_handler = SIG_DFL;
        sigaction(number, &action, NULL);
    }
    const uint64_t none = 0;
    // Moved out of the way first: one may be the other's place.
    int wanted[3] = {spawn->input, spawn->output, spawn->error}, moved[3];
    for (int i = 0; i < 3; i++) {
        if (wanted[i] < 0) {
            int null = open("/dev/null", (i == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
            if (null < 0) goto failed;
            moved[i] = fcntl(null, F_DUPFD_CLOEXEC, 3);
        } else {
            moved[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 3);
        }
        if (moved[i] < 0) goto failed;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(moved[i], i) < 0) goto failed;
    // Whatever else is open, whoever opened it. (4: CLOSE_RANGE_CLOEXEC)
    if (syscall(SYS_close_range, 3, ~0u, 4) && errno != ENOSYS) goto failed;
    if (spawn->page >= 0 && fcntl(spawn->page, F_SETFD, 0)) goto failed;
    for (int i = 0; i < spawn->kept_count; i++)
        if (fcntl(spawn->kept[i], F_SETFD, 0)) goto failed;
    if (spawn->has_own_session) {
        if (setsid() < 0) goto failed;
    } else if (spawn->has_own_group && setpgid(0, 0)) {
        goto failed;
    }
    if (spawn->ignores_interrupts) {
        struct sigaction action = {0};
        action.sa_handler = SIG_IGN;
        sigaction(SIGINT, &action, NULL);
    }
    if (spawn->sets_scheduling) {
        signalbox_set_scheduling(0, spawn->scheduling);
        if (spawn->affinity) signalbox_set_affinity(0, spawn->affinity);
    }
    // Who may not raise the priority leaves it, as Windows does (REALTIME_PRIORITY_CLASS).
    if (spawn->sets_priority) {
        const struct sched_param none = {0};
        sched_setscheduler(0, SCHED_OTHER, &none); // the policy of the thread that starts it is its own
        setpriority(PRIO_PROCESS, 0, spawn->priority);
    }
    if (spawn->directory && chdir(spawn->directory)) goto failed;
    if (spawn->memory) spawn->memory->pid = (uint32_t)syscall(SYS_getpid);
    // "PTRACE_TRACEME ... a SIGTRAP will be sent to it on each execve" (ptrace(2)): see stop().
    if (spawn->is_suspended && ptrace(PTRACE_TRACEME, 0, NULL, NULL)) {
        errno = ENOSYS; // forbidden, as in some containers; EPERM would be taken for execve's
        goto failed;
    }
    set_mask(&none, NULL);
    execve(spawn->path, spawn->arguments, spawn->environment);
failed:
    child->error = errno;
    _exit(127);
}

// The child has run execve(2) and stops for its tracer, this thread, before the first instruction of the program: it is
// let go with SIGSTOP, and so stops for all. A SIGCONT that comes in between takes the stop back: nothing is lost.
static int stop(pid_t pid, int pidfd) {
    siginfo_t info;
    int done;
    while ((done = waitid((idtype_t)3, (id_t)pidfd, &info, WSTOPPED | WEXITED | WNOWAIT)) < 0 && errno == EINTR) {}
    if (done < 0) return errno;
    // Killed meanwhile: it has ended, that is all.
    if (info.si_code != CLD_TRAPPED) return 0;
    return ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)SIGSTOP) ? errno : 0;
}

int signalbox_spawn(const struct signalbox_spawn *spawn, int32_t *pid, int *pidfd) {
    enum { STACK = 64 << 10 };
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return errno;
    struct child child = {.spawn = spawn};
    // No handler may run in the child while it has the parent's memory, nor may this thread be cancelled.
    const uint64_t all = ~(uint64_t)0;
    uint64_t mask;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    set_mask(&all, &mask);
    int fd = -1;
    int made = clone(run_child, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &fd);
    int error = made < 0 ? errno : child.error;
    if (!error && spawn->is_suspended) {
        error = stop(made, fd);
        if (error) signalbox_signal_process(fd, SIGKILL);
    }
    set_mask(&mask, NULL);
    pthread_setcancelstate(state, NULL);
    munmap(stack, STACK);
    if (made >= 0 && error) {
        siginfo_t info;
        while (waitid((idtype_t)3 /* P_PIDFD */, (id_t)fd, &info, WEXITED) < 0 && errno == EINTR) {}
        close(fd);
    }
    if (error) return error;
    *pid = made;
    *pidfd = fd;
    return 0;
}

char *const *signalbox_environment(void) { return environ; }

static uint64_t nanoseconds(struct timeval t) { return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_usec * 1000; }

int signalbox_reap(int pidfd, char *kind, int32_t *code, uint64_t *user, uint64_t *kernel) {
    siginfo_t info = {0};
    struct rusage usage = {0};
    int done;
    // waitid(2): the system call has a fifth argument, which libc does not show.
    while ((done = (int)syscall(SYS_waitid, 3, pidfd, &info, WEXITED | WNOHANG, &usage)) < 0 && errno == EINTR) {}
    if (done == 0 && info.si_pid == 0) return EAGAIN;
    *user = nanoseconds(usage.ru_utime);
    *kernel = nanoseconds(usage.ru_stime);
    if (done < 0) {
        *kind = '?';
        *code = 0;
    } else {
        *kind = info.si_code == CLD_EXITED ? 'e' : 's';
        *code = info.si_status;
    }
    return 0;
}

void signalbox_own_times(uint64_t *user, uint64_t *kernel) {
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    *user = nanoseconds(usage.ru_utime);
    *kernel = nanoseconds(usage.ru_stime);
}

int signalbox_signal_process(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? errno : 0;
}

extern __attribute__((swiftcall)) void *swift_task_getCurrent(void);

bool signalbox_is_in_task(void) { return swift_task_getCurrent() != NULL; }
