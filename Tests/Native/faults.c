// faults.c: each system call that the library makes in a call of windows.h or winsock2.h fails in turn: the kernel itself
// says so, by a seccomp filter that asks this program first (seccomp_unotify(2)). So what is tested is the library as it
// ships. The call ends as documented, a request is told once in each place that was promised, nothing hangs, and nothing
// is left: no descriptor, no thread.
//
//     faults [-w] [SCENARIO...]
//
// -w, the whole: every errno, up to three failures in a row; else some of that.
//
// A filter concerns the thread that installs it and the threads that it makes later, so the library's, which it makes when
// it is first used. Those made before are the supervisor and the peer of connections.
#include <winsock2.h>
#include <mswsock.h>
#include <stdbool.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { PATIENCE = 20000, SECONDS = 30, HALF = -1, SIZE = 8192, GREETING = 40 };

// ---- what may fail, and how: of each call's errors those that a correct program can meet

struct failing {
    const char *name;
    int number;
    int codes[8]; // HALF: it transfers half of what it could
};
#define CALL(name, ...) {#name, SYS_##name, {__VA_ARGS__}}
static const struct failing table[] = {
    CALL(open, EINTR, ENOMEM, EMFILE, ENOSPC, EIO), CALL(openat, EINTR, ENOMEM, EMFILE, ENOSPC, EIO),
    CALL(read, EINTR, EIO), CALL(write, EINTR, EIO, ENOSPC), CALL(pread64, EINTR, ENOMEM, EIO, HALF),
    CALL(pwrite64, EINTR, ENOMEM, ENOSPC, EIO, HALF), CALL(readv, EINTR, EIO), CALL(writev, EINTR, EIO, ENOSPC),
    CALL(preadv, EINTR, ENOMEM, EIO, HALF), CALL(preadv2, EINTR, ENOMEM, EIO, HALF),
    CALL(pwritev, EINTR, ENOMEM, ENOSPC, EIO, HALF), CALL(pwritev2, EINTR, ENOMEM, ENOSPC, EIO, HALF),
    CALL(fsync, EINTR, ENOSPC, EIO), CALL(fdatasync, EINTR, ENOSPC, EIO), CALL(ftruncate, EINTR, EIO, ENOSPC),
    CALL(fallocate, EINTR, EIO, ENOSPC), CALL(copy_file_range, ENOMEM, ENOSPC, EIO), CALL(sendfile, ENOMEM, EIO),
    CALL(fstat, ENOMEM), CALL(stat, ENOMEM), CALL(lstat, ENOMEM), CALL(newfstatat, ENOMEM), CALL(statx, ENOMEM, EIO),
    CALL(fcntl, EINTR, ENOMEM, EMFILE), CALL(getdents64, ENOMEM, EIO), CALL(rename, ENOMEM, ENOSPC, EIO),
    CALL(renameat, ENOMEM, ENOSPC, EIO), CALL(renameat2, ENOMEM, ENOSPC, EIO), CALL(unlink, ENOMEM, EIO),
    CALL(unlinkat, ENOMEM, EIO), CALL(mkdir, ENOMEM, ENOSPC, EIO), CALL(mkdirat, ENOMEM, ENOSPC, EIO),
    CALL(rmdir, ENOMEM, EIO), CALL(chmod, ENOMEM, EIO), CALL(fchmod, ENOMEM, EIO), CALL(utimensat, ENOMEM, EIO),
    CALL(fsetxattr, ENOMEM, ENOSPC, EIO), CALL(setxattr, ENOMEM, ENOSPC, EIO), CALL(pipe2, EMFILE, ENOMEM),
    CALL(socket, EMFILE, ENOMEM), CALL(bind, ENOMEM), CALL(connect, ENOMEM), CALL(accept4, EINTR, EMFILE, ENOMEM),
    CALL(recvfrom, EINTR, ENOMEM), CALL(recvmsg, EINTR, ENOMEM), CALL(sendto, EINTR, ENOMEM), CALL(sendmsg, EINTR, ENOMEM),
    CALL(poll, EINTR, ENOMEM), CALL(ppoll, EINTR, ENOMEM), CALL(epoll_create1, EMFILE, ENOMEM),
    CALL(epoll_ctl, ENOMEM, ENOSPC), CALL(epoll_wait, EINTR), CALL(epoll_pwait, EINTR), CALL(epoll_pwait2, EINTR),
    CALL(eventfd2, EMFILE, ENOMEM), CALL(io_uring_enter, EINTR, EAGAIN, ENOMEM),
    // EPERM: a filter forbids it, and there is another way.
    CALL(process_vm_readv, ENOMEM, EPERM), CALL(process_vm_writev, ENOMEM, EPERM),
    // glibc says EAGAIN for both.
    CALL(clone, EAGAIN, ENOMEM), CALL(clone3, EAGAIN, ENOMEM),
};
static const int all_codes[] = {EINTR, EAGAIN, ENOMEM, EMFILE, ENOSPC, EIO, EPERM, HALF};
static const int few_codes[] = {EINTR, ENOMEM, EIO, EPERM};

static const char *name_of(int code) {
    switch (code) {
    case EINTR: return "EINTR";
    case EAGAIN: return "EAGAIN";
    case ENOMEM: return "ENOMEM";
    case EMFILE: return "EMFILE";
    case ENOSPC: return "ENOSPC";
    case EIO: return "EIO";
    case EPERM: return "EPERM";
    default: return "short";
    }
}

// What a function may say then.
static bool is_told_as(int code, DWORD error) {
    switch (code) {
    case EAGAIN:
    case ENOMEM:
        return error == ERROR_NOT_ENOUGH_MEMORY || error == ERROR_NO_SYSTEM_RESOURCES || error == WSAENOBUFS ||
               error == ERROR_OUTOFMEMORY;
    case EMFILE: return error == ERROR_TOO_MANY_OPEN_FILES || error == WSAEMFILE;
    case ENOSPC: return error == ERROR_DISK_FULL || error == ERROR_HANDLE_DISK_FULL || error == WSAENOBUFS;
    case EIO: return error == ERROR_IO_DEVICE;
    default: return false; // it is made again, or goes on
    }
}

// ---- the supervisor

static int listener = -1;
static atomic_int is_armed, countdown, failures, struck, fault;
static _Atomic(const char *) struck_name, current = "start";
static atomic_uint rounds_done;

static const struct failing *entry_of(int number) {
    for (size_t i = 0; i < COUNT(table); i++)
        if (table[i].number == number) return &table[i];
    return NULL;
}

static bool may_say(const struct failing *entry, int code, const struct seccomp_data *data) {
    for (size_t i = 0; i < COUNT(entry->codes) && entry->codes[i]; i++) {
        if (entry->codes[i] != code) continue;
        switch (entry->number) {
        case SYS_fcntl: {
            bool locks = data->args[1] >= 36 && data->args[1] <= 38; // F_OFD_*
            bool unlocks = locks && ((struct flock *)data->args[2])->l_type == F_UNLCK;
            return code == EMFILE ? data->args[1] == F_DUPFD || data->args[1] == F_DUPFD_CLOEXEC : locks && !unlocks;
        }
        case SYS_unlink: return !struck; // what cannot be undone after a failure is left
        case SYS_epoll_ctl: return data->args[1] != 2; // EPOLL_CTL_DEL
        // Few descriptors take no memory.
        case SYS_poll:
        case SYS_ppoll: return code == EINTR || data->args[1] > 32;
        case SYS_io_uring_enter: return code == EINTR || data->args[1] > 0;
        // What does not wait is not interrupted; and timer and event descriptors do not fail.
        case SYS_read: return data->args[2] > 8;
        case SYS_write: return data->args[2] > 8;
        default: return true;
        }
    }
    return false;
}

// Half of a transfer, made here instead. 0: it cannot be halved.
static long half(const struct seccomp_data *data) {
    const struct iovec *vectors = (const struct iovec *)data->args[1];
    switch (data->nr) {
    case SYS_pread64: return data->args[2] < 1024 ? 0 : pread((int)data->args[0], (void *)data->args[1], data->args[2] / 1024 * 512, (off_t)data->args[3]);
    case SYS_pwrite64: return data->args[2] < 1024 ? 0 : pwrite((int)data->args[0], (void *)data->args[1], data->args[2] / 1024 * 512, (off_t)data->args[3]);
    }
    if (data->args[2] < 1 || vectors->iov_len < 1024) return 0;
    struct iovec first = {vectors->iov_base, vectors->iov_len / 1024 * 512};
    // The offset takes two arguments, of which the second is for 32 bits.
    return syscall(data->nr, data->args[0], &first, 1, data->args[3], data->args[4], data->args[5]);
}

static void *supervise(void *unused) {
    (void)unused;
    while (listener < 0) usleep(1000);
    while (true) {
        struct seccomp_notif asked;
        memset(&asked, 0, sizeof asked);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
            if (errno == EINTR || errno == ENOENT) continue;
            return NULL;
        }
        struct seccomp_notif_resp answer = {.id = asked.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        const struct failing *entry = entry_of(asked.data.nr);
        int code = fault;
        if (is_armed && entry && may_say(entry, code, &asked.data) && --countdown <= 0 && failures > 0) {
            long done = code == HALF ? half(&asked.data) : 0;
            if (code != HALF || done > 0) {
                failures--;
                struck++;
                struck_name = entry->name;
                answer.flags = 0;
                answer.val = done;
                answer.error = code == HALF ? 0 : -code;
            }
        }
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
}

static void install(void) {
    struct sock_filter filter[2 * COUNT(table) + 3];
    size_t count = 0;
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < COUNT(table); i++) {
        filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)table[i].number, 0, 1);
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)count, filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int made = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (made < 0) {
        printf("SKIP: the kernel does not let a filter ask (errno %d)\n", errno);
        exit(0);
    }
    listener = made;
}

// Arms, for what is between that and `disarm`.
static void arm(void) { is_armed = 1; }
static void disarm(void) { is_armed = 0; }

// ---- what is checked

static int failed_checks;
static int now_code, now_number, now_row;
#define CHECK(condition) check(!!(condition), #condition, __LINE__)
static bool check(bool holds, const char *what, int line) {
    if (holds) return true;
    const char *call = struck_name;
    printf("FAIL: %s, call %d, %d times %s (%s): line %d: %s\n", current, now_number, now_row, name_of(now_code),
           struck ? call : "nothing struck", line, what);
    fflush(stdout);
    if (++failed_checks > 60) exit(1);
    return false;
}

static void *watch(void *unused) {
    (void)unused;
    unsigned seen = 0;
    for (int still = 0;; still++) {
        sleep(1);
        if (rounds_done != seen) still = 0;
        seen = rounds_done;
        if (still < SECONDS) continue;
        const char *call = struck_name;
        printf("FAIL: %s hangs, call %d, %d times %s (%s)\n", current, now_number, now_row, name_of(now_code), call ? call : "nothing");
        fflush(stdout);
        abort();
    }
}

static int count_of(const char *folder) {
    DIR *open = opendir(folder);
    int count = 0;
    while (open && readdir(open)) count++;
    if (open) closedir(open);
    return count;
}
static int descriptors(void) { return count_of("/proc/self/fd"); }
static int threads(void) { return count_of("/proc/self/task"); }

// ---- the peer: what it is asked for it does on a thread that no filter concerns

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*body)(void);
} asked_of_peer = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL};

static void *serve_peer(void *unused) {
    (void)unused;
    pthread_mutex_lock(&asked_of_peer.lock);
    for (;;) {
        while (!asked_of_peer.body) pthread_cond_wait(&asked_of_peer.changed, &asked_of_peer.lock);
        pthread_mutex_unlock(&asked_of_peer.lock);
        asked_of_peer.body();
        pthread_mutex_lock(&asked_of_peer.lock);
        asked_of_peer.body = NULL;
        pthread_cond_broadcast(&asked_of_peer.changed);
    }
    return NULL;
}
static void start_peer(void (*body)(void)) {
    pthread_mutex_lock(&asked_of_peer.lock);
    asked_of_peer.body = body;
    pthread_cond_broadcast(&asked_of_peer.changed);
    pthread_mutex_unlock(&asked_of_peer.lock);
}
static void finish_peer(void) {
    pthread_mutex_lock(&asked_of_peer.lock);
    while (asked_of_peer.body) pthread_cond_wait(&asked_of_peer.changed, &asked_of_peer.lock);
    pthread_mutex_unlock(&asked_of_peer.lock);
}
static void with_peer(void (*body)(void)) {
    start_peer(body);
    finish_peer();
}

#include "peer.h"
#include "faultcases.h"

// ---- the rounds

static bool runs(const struct scenario *scenario, int argc, char **argv) {
    bool any = true;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') continue;
        any = false;
        if (!strcmp(argv[i], scenario->name)) return true;
    }
    return any;
}

static bool settles(int (*count)(void), int most) {
    for (int i = 0; i < 2000 && count() > most; i++) usleep(1000);
    return count() <= most;
}

int main(int argc, char **argv) {
    bool whole = argc > 1 && !strcmp(argv[1], "-w");
    pthread_t thread;
    pthread_create(&thread, NULL, supervise, NULL);
    pthread_create(&thread, NULL, serve_peer, NULL);
    pthread_create(&thread, NULL, watch, NULL);
    install();
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return 2;
    char folder[] = "/tmp/signalbox-faults-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) return 2;
    unsigned total = 0, ran = 0, strikes = 0;
    for (size_t i = 0; i < COUNT(scenarios); i++) {
        const struct scenario *scenario = &scenarios[i];
        if (!runs(scenario, argc, argv)) continue;
        current = scenario->name;
        ran++;
        now_number = 0;
        failures = 0;
        // Twice without a fault: what the library makes once is there then.
        for (int warm = 0; warm < 2; warm++) CHECK(scenario->run() == 0);
        int open_before = descriptors(), threads_before = threads();
        const int *codes = whole ? all_codes : few_codes;
        size_t code_count = whole ? COUNT(all_codes) : COUNT(few_codes);
        for (size_t c = 0; c < code_count; c++) {
            for (now_row = 1; now_row <= (whole ? 3 : 1); now_row++) {
                now_code = codes[c];
                for (now_number = 1; now_number < 300; now_number++) {
                    fault = now_code;
                    countdown = now_number;
                    failures = now_row;
                    struck = 0;
                    DWORD error = scenario->run();
                    disarm();
                    rounds_done++;
                    total++;
                    if (error && !is_told_as(now_code, error) && !(scenario->also && scenario->also == error)) {
                        printf("FAIL: %s, call %d, %d times %s (%s): error %u\n", current, now_number, now_row,
                               name_of(now_code), struck ? (const char *)struck_name : "nothing struck", (unsigned)error);
                        fflush(stdout);
                        failed_checks++;
                    }
                    if (!struck) break;
                    strikes++;
                }
                CHECK(now_number < 300);
            }
        }
        struck = 0;
        CHECK(settles(descriptors, open_before));
        CHECK(settles(threads, threads_before + 4)); // as many as the engine without a ring may have
        if (failed_checks > 40) break;
    }
    if (chdir("/") == 0) rmdir(folder);
    printf("faults: %u scenarios, %u rounds, %u of them struck, %d failed checks\n", ran, total, strikes, failed_checks);
    return failed_checks || !ran;
}
