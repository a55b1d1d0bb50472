// Jobs: which processes belong to one, and how they are killed, also when the job's owner has died. Everything here runs
// in the job's watcher too, which is forked from a process that may have many threads: system calls alone, no malloc.
#define _GNU_SOURCE // pipe2
#include "CLinux.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct member {
    int32_t pid;
    uint64_t start;  // as in `signalbox_process_stat`
    uint64_t cookie; // 0: it has none
};
enum { MEMBER_LIMIT = 1 << 16 };

struct signalbox_job {
    volatile uint32_t kills; // whether the members end with their owner
    volatile uint32_t count;
    volatile int32_t watcher;            // its pid; 0: none
    struct member members[MEMBER_LIMIT]; // pages until touched
};

void signalbox_set_job_kills(struct signalbox_job *job, bool kills) { job->kills = kills; }

struct signalbox_job *signalbox_make_job(void) {
    struct signalbox_job *job = mmap(NULL, sizeof *job, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return job == MAP_FAILED ? NULL : job;
}

void signalbox_drop_job(struct signalbox_job *job) { munmap(job, sizeof *job); }

static bool is_running(int32_t pid, uint64_t start) {
    struct signalbox_process_stat stat;
    return signalbox_read_stat(pid, &stat) && stat.start == start && stat.state != 'Z' && stat.state != 'X';
}

bool signalbox_add_member(struct signalbox_job *job, int32_t pid, uint64_t start, uint64_t cookie) {
    if (job->count == MEMBER_LIMIT) return false;
    job->members[job->count] = (struct member){.pid = pid, .start = start, .cookie = cookie};
    __atomic_store_n(&job->count, job->count + 1, __ATOMIC_RELEASE);
    return true;
}

// ---- who belongs to the job

struct process {
    int32_t pid, parent;
    uint64_t start;
    char state;
    enum { UNKNOWN, MEMBER, STRANGER } is;
};
enum { PROCESS_LIMIT = 1 << 17, ENVIRONMENT_LIMIT = 256 << 10 };
struct scan {
    int count;
    struct process processes[PROCESS_LIMIT]; // pages until touched
    char environment[ENVIRONMENT_LIMIT];
    char entries[32 << 10];
};

static bool has_cookie(const char *list, const struct signalbox_job *job) {
    while (*list) {
        uint64_t cookie = 0;
        for (; *list && *list != '.'; list++) cookie = cookie << 4 | (uint64_t)(*list <= '9' ? *list - '0' : *list - 'a' + 10);
        if (*list) list++;
        for (uint32_t i = 0; cookie && i < job->count; i++)
            if (job->members[i].cookie == cookie) return true;
    }
    return false;
}

// What the environment that the process was started with says: that is never taken from it, while its parent may be gone.
static int judge_environment(struct scan *scan, const struct signalbox_job *job, int folder, const char *name) {
    static const char variable[] = SIGNALBOX_LINEAGE_VARIABLE "=";
    char path[32];
    size_t length = strlen(name);
    memcpy(path, name, length);
    memcpy(path + length, "/environ", 9);
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return UNKNOWN;
    size_t size = 0;
    for (ssize_t done; size < ENVIRONMENT_LIMIT - 1 && (done = read(fd, scan->environment + size, ENVIRONMENT_LIMIT - 1 - size)) > 0;)
        size += (size_t)done;
    close(fd);
    scan->environment[size] = 0;
    for (const char *c = scan->environment; c < scan->environment + size; c += strlen(c) + 1)
        if (!strncmp(c, variable, sizeof variable - 1)) return has_cookie(c + sizeof variable - 1, job) ? MEMBER : STRANGER;
    return UNKNOWN;
}

static void look(struct scan *scan, const struct signalbox_job *job) {
    scan->count = 0;
    int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    for (long size; (size = syscall(SYS_getdents64, folder, scan->entries, sizeof scan->entries)) > 0;)
        for (char *at = scan->entries; at < scan->entries + size; at += ((struct dirent64 *)at)->d_reclen) {
            const char *name = ((struct dirent64 *)at)->d_name;
            int32_t pid = 0;
            const char *c = name;
            for (; *c >= '0' && *c <= '9'; c++) pid = pid * 10 + (*c - '0');
            struct signalbox_process_stat stat;
            if (*c || c == name || strlen(name) > 12 || scan->count == PROCESS_LIMIT || !signalbox_read_stat(pid, &stat)) continue;
            struct process *process = &scan->processes[scan->count++];
            *process = (struct process){pid, stat.parent, stat.start, stat.state, UNKNOWN};
            for (uint32_t i = 0; i < job->count && process->is == UNKNOWN; i++)
                if (job->members[i].pid == pid && job->members[i].start == stat.start) process->is = MEMBER;
            if (process->is == UNKNOWN && stat.state != 'Z') process->is = judge_environment(scan, job, folder, name);
            if (pid == job->watcher) process->is = STRANGER;
        }
    close(folder);
    // Who says nothing of itself belongs where its parent does.
    for (bool is_done = false; !is_done;) {
        is_done = true;
        for (int i = 0; i < scan->count; i++) {
            if (scan->processes[i].is != UNKNOWN) continue;
            for (int j = 0; j < scan->count; j++)
                if (scan->processes[j].pid == scan->processes[i].parent && scan->processes[j].is == MEMBER) {
                    scan->processes[i].is = MEMBER;
                    is_done = false;
                }
        }
    }
}

static struct scan *make_scan(void) {
    struct scan *scan = mmap(NULL, sizeof *scan, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return scan == MAP_FAILED ? NULL : scan;
}

static bool counts(const struct process *process) {
    return process->is == MEMBER && process->state != 'Z' && process->state != 'X';
}

int signalbox_list_job(struct signalbox_job *job, int32_t *pids, int capacity) {
    struct scan *scan = job->count ? make_scan() : NULL;
    if (!scan) return 0;
    look(scan, job);
    int count = 0;
    for (int i = 0; i < scan->count; i++) {
        if (!counts(&scan->processes[i])) continue;
        if (count < capacity) pids[count] = scan->processes[i].pid;
        count++;
    }
    munmap(scan, sizeof *scan);
    return count;
}

bool signalbox_kill_job(struct signalbox_job *job, int32_t spared) {
    struct scan *scan = job->count ? make_scan() : NULL;
    if (!scan) return false;
    bool is_spared_one = false;
    // One that was started after a look is found by the next: its parent was alive then, or its environment tells.
    for (int round = 0, killed = 1; killed && round < 1000; round++) {
        killed = 0;
        look(scan, job);
        for (int i = 0; i < scan->count; i++) {
            struct process *process = &scan->processes[i];
            if (!counts(process)) continue;
            if (process->pid == spared) {
                is_spared_one = true;
                continue;
            }
            int fd = signalbox_open_process(process->pid);
            // The number may be another's by now: the pidfd's stays the same, so that a look at the start decides.
            if (fd >= 0 && is_running(process->pid, process->start) && !signalbox_signal_process(fd, SIGKILL)) killed++;
            process->pid = fd; // for the next loop
            process->parent = -1;
        }
        for (int i = 0; i < scan->count; i++)
            if (scan->processes[i].parent == -1 && scan->processes[i].pid >= 0) {
                struct pollfd ended = {.fd = scan->processes[i].pid, .events = POLLIN};
                poll(&ended, 1, 1000);
                close(scan->processes[i].pid);
            }
    }
    munmap(scan, sizeof *scan);
    return is_spared_one;
}

// ---- the watcher

static _Noreturn void watch(struct signalbox_job *job, int pipe_end, int owner) {
    setsid(); // the terminal's Ctrl-C is not for us
    prctl(PR_SET_NAME, "signalbox-job");
    // Nothing of the owner's stays open by us.
    dup2(pipe_end, 0);
    dup2(owner, 1);
    syscall(SYS_close_range, 2, ~0u, 0);
    if (chdir("/")) {}
    struct pollfd events[2] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLIN}};
    // The pipe's end is closed with the owner; a child that it has forked may hold it, but not its pidfd.
    while (poll(events, 2, -1) <= 0) {}
    job->watcher = 0;
    if (job->kills) signalbox_kill_job(job, (int32_t)syscall(SYS_getpid));
    _exit(0);
}

int signalbox_watch_job(struct signalbox_job *job, int *descriptor, int *pidfd) {
    int ends[2], fd = -1;
    int owner = signalbox_open_process(getpid());
    if (owner < 0) return -owner;
    if (pipe2(ends, O_CLOEXEC)) {
        int error = errno;
        close(owner);
        return error;
    }
    // A descriptor that is in the way of 0 and 1 there.
    for (int i = 0; i < 3; i++) {
        int *end = i == 2 ? &owner : &ends[i];
        if (*end > 2) continue;
        int moved = fcntl(*end, F_DUPFD_CLOEXEC, 3);
        close(*end);
        *end = moved;
    }
    const uint64_t all = ~(uint64_t)0;
    uint64_t mask;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof mask); // as fork's handlers do not run, ours must not
    // As fork(2), but without a signal at its end, and not seen by wait(2) of the program's.
    long pid = syscall(SYS_clone, CLONE_PIDFD, NULL, &fd, NULL, NULL);
    if (pid == 0) watch(job, ends[0], owner);
    int error = pid < 0 ? errno : 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
    close(ends[0]);
    close(owner);
    if (error) {
        close(ends[1]);
        return error;
    }
    job->watcher = (int32_t)pid;
    *descriptor = ends[1];
    *pidfd = fd;
    return 0;
}

void signalbox_end_watch(struct signalbox_job *job, int descriptor, int pidfd) {
    job->kills = 0;
    close(descriptor);
    siginfo_t info;
    while (waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR) {}
    close(pidfd);
    job->watcher = 0;
}
