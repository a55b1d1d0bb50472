#define _GNU_SOURCE
#include "CLinux.h"
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

// The system call itself: glibc's functions are cancellation points, which costs two locked instructions a call.
ssize_t signalbox_preadv2(int descriptor, const struct iovec *vectors, int count, int64_t offset, int flags) {
    return syscall(SYS_preadv2, descriptor, vectors, count, offset, offset >> 32, flags);
}

ssize_t signalbox_pwritev2(int descriptor, const struct iovec *vectors, int count, int64_t offset, int flags) {
    return syscall(SYS_pwritev2, descriptor, vectors, count, offset, offset >> 32, flags);
}

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
