// What a process shares with the one that has started it, its end, and what /proc tells of others.
#define _GNU_SOURCE // memfd_create, on_exit
#include "CLinux.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MAGIC UINT64_C(0x5342504147450001) // "SBPAGE", version 1
static const char page_name[] = "signalbox-process";

static struct signalbox_page *own_page;

struct signalbox_page *signalbox_own_page(void) { return own_page; }

uint64_t signalbox_make_cookie(void) {
    uint64_t cookie = 0;
    if (getrandom(&cookie, sizeof cookie, 0) != sizeof cookie || !cookie)
        cookie = signalbox_now() << 20 ^ (uint64_t)getpid(); // early in the machine's life, or an old kernel
    return cookie;
}

uint64_t signalbox_own_cookie(void) {
    static volatile uint64_t made;
    if (own_page) return own_page->cookie;
    uint64_t cookie = __atomic_load_n(&made, __ATOMIC_RELAXED);
    if (!cookie) {
        uint64_t mine = signalbox_make_cookie();
        cookie = __atomic_compare_exchange_n(&made, &cookie, mine, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ? mine : cookie;
    }
    return cookie;
}

// ---- the page

static struct signalbox_page *map_page(int fd) {
    struct stat status;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size < (off_t)sizeof(struct signalbox_page)) return NULL;
    // Who could make it shorter could end us with SIGBUS.
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK)) return NULL;
    struct signalbox_page *page = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) return NULL;
    if (page->magic == MAGIC && page->size == (uint64_t)status.st_size) return page;
    munmap(page, (size_t)status.st_size);
    return NULL;
}

struct signalbox_page *signalbox_make_page(uint32_t size, int *descriptor) {
    size = (size + 4095) & ~UINT32_C(4095);
    int made = memfd_create(page_name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0) return NULL;
    int fd = fcntl(made, F_DUPFD_CLOEXEC, 3); // 0, 1 and 2 are others' in the new process
    close(made);
    if (fd < 0) return NULL;
    struct signalbox_page *page = MAP_FAILED;
    if (!ftruncate(fd, size) && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
        page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        close(fd);
        return NULL;
    }
    page->magic = MAGIC;
    page->size = size;
    page->cookie = signalbox_make_cookie();
    *descriptor = fd;
    return page;
}

void signalbox_drop_page(struct signalbox_page *page) { munmap(page, page->size); }

struct signalbox_page *signalbox_find_page(int32_t pid) {
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *folder = opendir(path);
    if (!folder) return NULL;
    struct signalbox_page *found = NULL;
    for (struct dirent *entry; !found && (entry = readdir(folder));) {
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        if (length < 0) continue;
        target[length] = 0;
        if (strncmp(target, "/memfd:", 7) || strncmp(target + 7, page_name, sizeof page_name - 1)) continue;
        int fd = openat(dirfd(folder), entry->d_name, O_RDWR | O_CLOEXEC);
        if (fd < 0) continue;
        found = map_page(fd);
        close(fd);
        // Its own, and not one of a process that it has started.
        if (found && found->pid != (uint32_t)pid) {
            signalbox_drop_page(found);
            found = NULL;
        }
    }
    closedir(folder);
    return found;
}

// ---- the end

void signalbox_tell_end(uint32_t code) {
    // After fork(2) the page is the parent's still.
    if (own_page && own_page->pid == (uint32_t)getpid()) signalbox_set_end(own_page, 0, SIGNALBOX_END_EXIT, code);
}

// The code of a service that has told how it ended, and 1 << 32; 0: there is none.
static uint64_t service_end;

void signalbox_set_service_end(uint32_t code) {
    __atomic_store_n(&service_end, 1ull << 32 | code, __ATOMIC_RELEASE);
}

static _Thread_local bool is_exiting;

// One thread ends the process: exit(3) is not to be called twice at a time. Others stay here.
static void be_the_one_that_ends(void) {
    static volatile uint32_t has_begun;
    if (!is_exiting && __atomic_exchange_n(&has_begun, 1, __ATOMIC_ACQ_REL))
        while (true) pause();
    is_exiting = true;
}

// Runs after the program's own handlers, which were registered later: main has returned, or somebody calls exit(3).
// Registered twice: where main returns while another thread ends the process, each takes one, and the second stays in it.
static void at_exit(int status, void *unused) {
    (void)unused;
    be_the_one_that_ends();
    uint64_t service = __atomic_load_n(&service_end, __ATOMIC_ACQUIRE);
    if (service) { // what main returns says nothing of a service
        int told = signalbox_exit_status((uint32_t)service);
        signalbox_tell_end((uint32_t)service);
        if (told != status) exit(told);
        return;
    }
    signalbox_tell_end((uint32_t)status);
    // glibc goes on with the handlers that are left, and takes the new status. 256 is not to look like 0.
    if (status && !(status & 0xFF)) exit(signalbox_exit_status((uint32_t)status));
}

void signalbox_exit_process(uint32_t code) {
    be_the_one_that_ends();
    signalbox_tell_end(code);
    exit(signalbox_exit_status(code));
}

void signalbox_end_process(uint32_t code) {
    signalbox_tell_end(code);
    _exit(signalbox_exit_status(code));
}

// Before main: takes over what the parent has left for us, so that no process that we start takes it for its own.
// (101: before other constructors, some of which ask for the page.)
__attribute__((constructor(101))) static void adopt(void) {
    on_exit(at_exit, NULL);
    on_exit(at_exit, NULL);
    const char *text = getenv(SIGNALBOX_PAGE_VARIABLE);
    if (!text) return;
    int fd = -1;
    unsigned long long cookie = 0;
    bool is_read = sscanf(text, "%d.%llx", &fd, &cookie) == 2 && fd > 2;
    unsetenv(SIGNALBOX_PAGE_VARIABLE);
    struct signalbox_page *page = is_read ? map_page(fd) : NULL;
    if (!page) return;
    if (page->cookie != cookie) { // another's, by chance
        signalbox_drop_page(page);
    } else if (page->pid != (uint32_t)getpid()) { // our parent's, which knows nothing of it
        signalbox_drop_page(page);
        close(fd);
    } else {
        fcntl(fd, F_SETFD, FD_CLOEXEC); // it stays open for signalbox_find_page
        own_page = page;
    }
}

// ---- other processes

int signalbox_open_process(int32_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

bool signalbox_has_ended(int pidfd) {
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

bool signalbox_read_stat(int32_t pid, struct signalbox_process_stat *stat) {
    char path[32], text[1024];
    // No stdio: the job's watcher, which is forked from a process with many threads, comes by here.
    char *end = path + sizeof path - 1, *at = end;
    memcpy(path, "/proc/", 6);
    *at = 0;
    const char *tail = "/stat";
    at -= 5;
    memcpy(at, tail, 5);
    uint32_t number = (uint32_t)pid;
    do *--at = (char)('0' + number % 10);
    while (number /= 10);
    memmove(path + 6, at, (size_t)(end - at) + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return false;
    text[length] = 0;
    char *c = strrchr(text, ')'); // the name may have any character
    if (!c || c[1] != ' ') return false;
    c += 2;
    stat->state = *c;
    uint64_t fields[53] = {0};
    for (int field = 3; *c && field <= 52; field++) {
        uint64_t value = 0;
        for (; *c && *c != ' '; c++)
            if (*c >= '0' && *c <= '9') value = value * 10 + (uint64_t)(*c - '0');
        fields[field] = value;
        if (*c) c++;
    }
    static uint64_t tick; // every thread would write the same
    uint64_t one = __atomic_load_n(&tick, __ATOMIC_RELAXED);
    if (!one) {
        one = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
        __atomic_store_n(&tick, one, __ATOMIC_RELAXED);
    }
    stat->parent = (int32_t)fields[4];
    stat->user = fields[14] * one;
    stat->kernel = fields[15] * one;
    stat->start = fields[22] * one;
    stat->exit = (int32_t)fields[52];
    return true;
}

// <linux/pidfd.h> of Linux 6.15; older headers have none of it.
struct pidfd_info {
    uint64_t mask, cgroup;
    uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
    int32_t exit_code;
};
#define PIDFD_INFO_EXIT (UINT64_C(1) << 3)
#define PIDFD_GET_INFO _IOWR(0xFF, 11, struct pidfd_info)

void signalbox_foreign_exit(int32_t pid, int pidfd, char *kind, int32_t *code) {
    struct signalbox_process_stat stat;
    struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};
    int status;
    // Until its parent has reaped it /proc tells, to who may trace it; then the pidfd.
    if (signalbox_read_stat(pid, &stat) && stat.state == 'Z') status = stat.exit;
    else if (!ioctl(pidfd, PIDFD_GET_INFO, &info) && info.mask & PIDFD_INFO_EXIT) status = info.exit_code;
    else {
        *kind = '?';
        *code = 0;
        return;
    }
    *kind = WIFSIGNALED(status) ? 's' : 'e';
    *code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}
