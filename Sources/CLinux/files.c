#define _GNU_SOURCE
#include "CLinux.h"
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

ssize_t signalbox_pwritev2_quietly(int descriptor, const struct iovec *vectors, int count, int64_t offset, int flags) {
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t result = pwritev2(descriptor, vectors, count, offset, flags);
    int code = errno;
    if (result < 0 && code == EPIPE && !sigismember(&pending, SIGPIPE)) {
        const struct timespec now = {0, 0};
        while (sigtimedwait(&pipe, NULL, &now) < 0 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return result;
}

int signalbox_rename_new(const char *from, const char *to) {
    int result = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (result == 0 || errno != EINVAL) return result;
    // The file system does not know that: by a link, which fails if the name exists.
    if (link(from, to) != 0) return -1;
    return unlink(from);
}

int64_t signalbox_birth(int descriptor, const char *path, bool follows) {
    struct statx found;
    int flags = path ? (follows ? 0 : AT_SYMLINK_NOFOLLOW) : AT_EMPTY_PATH;
    if (statx(path ? AT_FDCWD : descriptor, path ? path : "", flags, STATX_BTIME, &found) != 0) return 0;
    if (!(found.stx_mask & STATX_BTIME)) return 0;
    return found.stx_btime.tv_sec * 1000000000LL + found.stx_btime.tv_nsec;
}

ssize_t signalbox_copy_range(int from, int to, size_t count) { return copy_file_range(from, NULL, to, NULL, count, 0); }

int signalbox_reserve(int descriptor, int64_t bytes) { return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, bytes); }

static ssize_t again(ssize_t (*call)(int, void *, size_t), int descriptor, void *memory, size_t count) {
    ssize_t done;
    do done = call(descriptor, memory, count);
    while (done < 0 && errno == EINTR);
    return done;
}
static ssize_t write_from(int descriptor, void *memory, size_t count) { return write(descriptor, memory, count); }

// Through a pipe: what the kernel cannot read or write there is an error of write(2) or read(2), and no signal. (By
// /proc/self/mem it would write to memory that may only be read.)
static int copy_by_pipe(void *target, void *source, size_t count) {
    int ends[2], code = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    while (count > 0 && code == 0) {
        // As much as is sure to have room.
        ssize_t written = again(write_from, ends[1], source, count < PIPE_BUF ? count : PIPE_BUF);
        if (written <= 0) code = written < 0 ? errno : EFAULT;
        for (ssize_t left = written; left > 0 && code == 0;) {
            ssize_t done = again(read, ends[0], target, (size_t)left);
            if (done <= 0) {
                code = done < 0 ? errno : EFAULT;
                break;
            }
            target = (char *)target + done;
            left -= done;
        }
        source = (char *)source + (written > 0 ? written : 0);
        count -= written > 0 ? (size_t)written : 0;
    }
    close(ends[0]);
    close(ends[1]);
    return code;
}

// The pid is that of this process, or of the child of a fork that has not called exec yet: not remembered.
static int copy(void *ours, void *theirs, size_t count, bool writes) {
    while (count > 0) {
        size_t piece = count < 0x40000000 ? count : 0x40000000;
        struct iovec local = {ours, piece}, remote = {theirs, piece};
        ssize_t done = writes ? process_vm_writev(getpid(), &local, 1, &remote, 1, 0)
                              : process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
        // Forbidden, by a seccomp filter.
        if (done < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES))
            return writes ? copy_by_pipe(theirs, ours, count) : copy_by_pipe(ours, theirs, count);
        if (done <= 0) return done < 0 ? errno : EFAULT;
        ours = (char *)ours + done;
        theirs = (char *)theirs + done;
        count -= (size_t)done;
    }
    return 0;
}

int signalbox_copy_to(void *target, const void *source, size_t count) {
    return copy((void *)source, target, count, true);
}

int signalbox_copy_from(void *target, const void *source, size_t count) {
    return copy(target, (void *)source, count, false);
}

ssize_t signalbox_tee(int from, int to, size_t count) { return tee(from, to, count, SPLICE_F_NONBLOCK); }

int signalbox_unread(int descriptor, int *count) { return ioctl(descriptor, FIONREAD, count); }

int signalbox_copy_of_descriptor(int descriptor) {
    struct stat found;
    if (fstat(descriptor, &found) == 0 && S_ISFIFO(found.st_mode)) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
        int own = open(path, (fcntl(descriptor, F_GETFL) & O_ACCMODE) | O_CLOEXEC | O_NONBLOCK);
        if (own >= 0) {
            fcntl(own, F_SETFL, fcntl(own, F_GETFL) & ~O_NONBLOCK);
            int above = own > 2 ? own : fcntl(own, F_DUPFD_CLOEXEC, 3);
            if (above != own) close(own);
            return above;
        }
    }
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

int signalbox_pipe(int *read, int *write, bool blocks) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | (blocks ? 0 : O_NONBLOCK)) != 0) return -1;
    *read = ends[0];
    *write = ends[1];
    return 0;
}
