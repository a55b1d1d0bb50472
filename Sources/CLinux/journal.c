// Sending entries to journald, by the native protocol of its socket: a datagram, or a sealed file for what a datagram
// cannot hold (https://systemd.io/JOURNAL_NATIVE_PROTOCOL). Not by libsystemd's sd_journal_sendv(3), which waits without
// end for a journald that does not read.
//
// Each entry has a socket of its own, as each message to the service manager has: no descriptor that a program could close,
// or mistake for its own.
#define _GNU_SOURCE // dladdr, memfd seals
#include "CLinux.h"

#include <dlfcn.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

// ---- what the service manager has put into the environment (systemd.exec(5)), read before the program changes it

static uint64_t journal_device, journal_inode; // JOURNAL_STREAM; 0: it is not set
static bool is_service;                        // SYSTEMD_EXEC_PID: this process, and not what has started it

static atomic_bool has_sent; // something to journald's own socket

// journald asks /proc which unit a message comes from when it reads it. What a process says last would be no unit's if it
// had ended by then; so it ends when journald has come to a message after those, which is empty and of no account.
static void await_journal(void) {
    if (!atomic_load(&has_sent)) return;
    const struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = SIGNALBOX_JOURNAL};
    const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) return;
    int unread = 0;
    if (sendto(sender, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&name, sizeof name) == 0)
        for (int tries = 0; tries < 5 * SIGNALBOX_JOURNAL_PATIENCE; tries++) {
            const struct timespec pause = {.tv_nsec = 200000};
            if (ioctl(sender, SIOCOUTQ, &unread) || !unread) break;
            nanosleep(&pause, NULL);
        }
    close(sender);
}

__attribute__((constructor)) void signalbox_read_journal_environment(void) {
    const char *stream = getenv("JOURNAL_STREAM"), *process = getenv("SYSTEMD_EXEC_PID");
    char *end = NULL;
    journal_device = stream ? strtoull(stream, &end, 10) : 0;
    journal_inode = stream && *end == ':' ? strtoull(end + 1, NULL, 10) : 0;
    is_service = process && atol(process) == getpid();
    static bool is_registered;
    if ((journal_inode || is_service) && !is_registered) is_registered = atexit(await_journal) == 0;
}

bool signalbox_stderr_is_journal(void) {
    struct stat found;
    // "Services may check whether their stderr is connected to the journal by comparing": it may lead elsewhere by now.
    return journal_inode && !fstat(STDERR_FILENO, &found) && found.st_dev == journal_device &&
           found.st_ino == journal_inode;
}

bool signalbox_is_service(void) { return is_service; }
const char *signalbox_program_name(void) { return program_invocation_short_name; }

// ---- sending

static _Atomic uint32_t lost;     // entries that found no room since the last that did
static atomic_bool is_stuck;      // the last one found none: the next does not wait for it

static int send_message(int socket, struct msghdr *message, int flags) {
    for (int tries = 0; tries < 8; tries++) {
        if (sendmsg(socket, message, flags | MSG_NOSIGNAL) >= 0) return 0;
        if (errno != EINTR) break;
    }
    return errno == EINTR ? EAGAIN : errno;
}

// What is too large for a datagram goes as a file, which nobody can change any more.
static int send_file(int socket, struct msghdr *message, int flags) {
    const int file = (int)syscall(SYS_memfd_create, "signalbox-journal", 3 /* CLOEXEC | ALLOW_SEALING */);
    if (file < 0) return errno;
    int error = 0;
    for (size_t i = 0; i < message->msg_iovlen && !error; i++) {
        const char *bytes = message->msg_iov[i].iov_base;
        for (size_t left = message->msg_iov[i].iov_len; left && !error;) {
            const ssize_t written = write(file, bytes, left);
            if (written >= 0) bytes += written, left -= (size_t)written;
            else if (errno != EINTR) error = errno;
        }
    }
    if (!error && fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)) error = errno;
    if (!error) {
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof file)] = {0};
        struct msghdr whole = {.msg_name = message->msg_name, .msg_namelen = message->msg_namelen,
                               .msg_control = control, .msg_controllen = sizeof control};
        struct cmsghdr *head = CMSG_FIRSTHDR(&whole);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof file);
        memcpy(CMSG_DATA(head), &file, sizeof file);
        error = send_message(socket, &whole, flags);
    }
    close(file);
    return error;
}

static int send_parts(const char *path, const struct iovec *parts, size_t count, int patience) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const size_t length = strlen(path);
    if (length >= sizeof name.sun_path) return ENAMETOOLONG;
    memcpy(name.sun_path, path, length);
    const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) return errno;
    const struct timeval limit = {.tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000};
    const int flags = patience > 0 ? 0 : MSG_DONTWAIT;
    setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = (struct iovec *)parts,
                             .msg_iovlen = count};
    int error = send_message(sender, &message, flags);
    if (error == EMSGSIZE || error == ENOBUFS) error = send_file(sender, &message, flags);
    close(sender);
    if (!error && !strcmp(path, SIGNALBOX_JOURNAL)) atomic_store(&has_sent, true);
    return error;
}

static void tell_of_lost(const char *path) {
    const uint32_t missing = atomic_exchange(&lost, 0);
    if (!missing) return; // another thread tells
    char text[256];
    const int length = snprintf(text, sizeof text,
                                "MESSAGE=%u messages are missing before the last: the journal took none in time\n"
                                "PRIORITY=4\nSYSLOG_IDENTIFIER=%.100s\n", missing, program_invocation_short_name);
    const struct iovec part = {text, (size_t)length};
    if (send_parts(path, &part, 1, 0)) atomic_fetch_add(&lost, missing);
}

int signalbox_journal_send(const char *path, const struct iovec *parts, size_t count, int patience) {
    const int saved_errno = errno;
    const int error = send_parts(path, parts, count, atomic_load(&is_stuck) ? 0 : patience);
    atomic_store(&is_stuck, error == EAGAIN);
    if (error == EAGAIN) atomic_fetch_add(&lost, 1);
    // After the entry: it must not take the only room that there is.
    else if (!error && atomic_load_explicit(&lost, memory_order_relaxed)) tell_of_lost(path);
    errno = saved_errno;
    return error;
}

void signalbox_write_error(const char *text, size_t length) {
    const int saved_errno = errno;
    bool is_socket = true;
    while (length > 0) {
        // A reader that has gone must not end the process by SIGPIPE.
        const struct iovec rest = {(void *)text, length};
        ssize_t written = is_socket ? send(STDERR_FILENO, text, length, MSG_NOSIGNAL | MSG_DONTWAIT)
                                    : signalbox_pwritev2_quietly(STDERR_FILENO, &rest, 1, -1, 0);
        if (written < 0 && errno == ENOTSOCK && is_socket) {
            is_socket = false;
            continue;
        }
        if (written < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
            if (poll(&room, 1, SIGNALBOX_JOURNAL_PATIENCE) == 1) continue;
        }
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        text += written;
        length -= (size_t)written;
    }
    errno = saved_errno;
}

void signalbox_write_error_lines(int priority, const char *text, size_t length) {
    char line[1024];
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t size = end ? (size_t)(end - text) : length;
        const size_t room = sizeof line - 5;
        if (size > room) size = room, end = NULL; // goes on in the next line
        const int prefix = snprintf(line, sizeof line, "<%d>", priority);
        memcpy(line + prefix, text, size);
        line[(size_t)prefix + size] = '\n';
        signalbox_write_error(line, (size_t)prefix + size + 1);
        text += size + (end ? 1 : 0);
        length -= size + (end ? 1 : 0);
    }
}

// ---- what programs say to a debugger

// Whether the text has gone to the journal.
static bool debug_journal(const char *text, size_t length, const void *caller) {
    char name[17] = "", fields[512];
    pthread_getname_np(pthread_self(), name, sizeof name);
    for (char *c = name; *c; c++)
        if (*c == '\n') *c = ' ';
    Dl_info place = {0};
    const bool is_known = caller && dladdr(caller, &place) && place.dli_sname && strlen(place.dli_sname) < 200;
    int size = snprintf(fields, sizeof fields,
                        "\nPRIORITY=7\nSYSLOG_IDENTIFIER=%.100s\nLOGGER=OutputDebugString\nTID=%u\nTHREAD_NAME=%s\n",
                        program_invocation_short_name, signalbox_thread_id(), name);
    if (is_known) size += snprintf(fields + size, sizeof fields - (size_t)size, "CODE_FUNC=%s\n", place.dli_sname);
    const uint64_t little = htole64(length);
    struct iovec parts[] = {
        {"MESSAGE\n", 8}, {(void *)&little, 8}, {(void *)text, length}, {fields, (size_t)size},
    };
    const int error = signalbox_journal_send(SIGNALBOX_JOURNAL, parts, 4, SIGNALBOX_JOURNAL_PATIENCE);
    // What found no room is counted, and told later.
    return error == 0 || error == EAGAIN;
}

void signalbox_debug_output(const char *text, size_t length, const void *caller) {
    if (!length) return;
    const bool is_stream = signalbox_stderr_is_journal();
    if (!is_stream && !is_service) return signalbox_write_error(text, length);
    const char *given = text;
    const size_t all = length;
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
    if (!length) return; // an entry is a line already
    signalbox_enter();
    const bool is_told = debug_journal(text, length, caller);
    signalbox_leave();
    if (is_told) return;
    // Not inside: it may wait for whoever reads it.
    if (is_stream) signalbox_write_error_lines(7, text, length);
    else signalbox_write_error(given, all);
}
