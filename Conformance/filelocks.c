// filelocks.c: LockFile, LockFileEx and their undoing.
#include "filecase.h"
#ifndef _WIN32
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

static HANDLE first, second;

static void open_both(DWORD flags) {
    put(at("locked"), "0123456789abcdefghijklmnopqrstuvwxyz");
    first = open_as(at("locked"), RW, SHARE_ALL, OPEN_EXISTING, flags);
    second = open_as(at("locked"), RW, SHARE_ALL, OPEN_EXISTING, flags);
    TRUTH(first != INVALID_HANDLE_VALUE && second != INVALID_HANDLE_VALUE);
}

static void close_both(void) {
    CloseHandle(first);
    CloseHandle(second);
    TRUTH(DeleteFileA(at("locked")));
}

static OVERLAPPED place(DWORD offset) {
    OVERLAPPED overlapped = {0};
    overlapped.Offset = offset;
    return overlapped;
}

static void locks_exclude_where_they_overlap(void) {
    open_both(0);
    TRUTH(LockFile(first, 10, 0, 10, 0));
    FAILS(LockFile(second, 10, 0, 10, 0), ERROR_LOCK_VIOLATION);
    FAILS(LockFile(second, 0, 0, 11, 0), ERROR_LOCK_VIOLATION);
    FAILS(LockFile(second, 19, 0, 1, 0), ERROR_LOCK_VIOLATION);
    FAILS(LockFile(first, 15, 0, 1, 0), ERROR_LOCK_VIOLATION); // by the same handle, too
    QUIETLY(LockFile(second, 0, 0, 10, 0), TRUE);
    QUIETLY(LockFile(second, 20, 0, 10, 0), TRUE);
    QUIETLY(LockFile(second, 0, 1, 10, 0), TRUE); // far beyond the end
    TRUTH(UnlockFile(first, 10, 0, 10, 0));
    TRUTH(LockFile(second, 10, 0, 10, 0));
    close_both();
}

static void an_unlock_names_the_range_exactly(void) {
    OVERLAPPED overlapped;
    open_both(0);
    TRUTH(LockFile(first, 10, 0, 10, 0));
#ifndef ON_WINE // UnlockFile: ERROR_NOT_LOCKED is what STATUS_RANGE_NOT_LOCKED becomes; Wine has no list of its own
    FAILS(UnlockFile(first, 10, 0, 5, 0), ERROR_NOT_LOCKED);
    FAILS(UnlockFile(first, 11, 0, 9, 0), ERROR_NOT_LOCKED);
    FAILS(UnlockFile(second, 10, 0, 10, 0), ERROR_NOT_LOCKED);
    overlapped = place(10);
    FAILS(UnlockFileEx(first, 0, 9, 0, &overlapped), ERROR_NOT_LOCKED);
#endif
    overlapped = place(10);
    TRUTH(UnlockFileEx(first, 0, 10, 0, &overlapped));
#ifndef ON_WINE
    FAILS(UnlockFile(first, 10, 0, 10, 0), ERROR_NOT_LOCKED);
#endif
    close_both();
}

static void shared_locks_share(void) {
    OVERLAPPED overlapped;
    open_both(0);
    overlapped = place(0);
    TRUTH(LockFileEx(first, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &overlapped));
    overlapped = place(5);
    TRUTH(LockFileEx(second, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &overlapped));
    overlapped = place(0);
    FAILS(LockFileEx(second, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &overlapped),
          ERROR_LOCK_VIOLATION);
    TRUTH(UnlockFile(first, 0, 0, 10, 0));
    overlapped = place(0);
    TRUTH(LockFileEx(second, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &overlapped));
    close_both();
}

// "If the same range is locked with an exclusive and a shared lock, two unlock operations are necessary to unlock the
// region; the first unlock operation unlocks the exclusive lock" (LockFileEx).
static void both_kinds_take_two_unlocks(void) {
#ifndef ON_WINE
    OVERLAPPED overlapped;
    open_both(0);
    overlapped = place(0);
    TRUTH(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &overlapped));
    overlapped = place(0);
    TRUTH(LockFileEx(first, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &overlapped));
    TRUTH(UnlockFile(first, 0, 0, 10, 0));
    overlapped = place(0);
    FAILS(LockFileEx(second, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &overlapped),
          ERROR_LOCK_VIOLATION);
    overlapped = place(0);
    TRUTH(LockFileEx(second, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &overlapped));
    TRUTH(UnlockFile(second, 0, 0, 10, 0));
    TRUTH(UnlockFile(first, 0, 0, 10, 0));
    TRUTH(LockFile(second, 0, 0, 10, 0));
    close_both();
#endif
}

static void locks_keep_others_from_reading_and_writing(void) {
#ifndef ON_WINE // LockFile: "If another process attempts to access a region of a file that … is locked, it fails"
    char bytes[8] = "xxxxxxx";
    DWORD count = UNTOUCHED;
    OVERLAPPED overlapped;
    open_both(0);
    TRUTH(LockFile(first, 10, 0, 10, 0));
    overlapped = place(5);
    FAILS(ReadFile(second, bytes, 6, &count, &overlapped), ERROR_LOCK_VIOLATION);
    EQUAL(count, 0);
    overlapped = place(19);
    FAILS(WriteFile(second, bytes, 1, &count, &overlapped), ERROR_LOCK_VIOLATION);
    overlapped = place(5);
    TRUTH(ReadFile(second, bytes, 5, &count, &overlapped));
    overlapped = place(20);
    TRUTH(WriteFile(second, bytes, 1, &count, &overlapped));
    overlapped = place(10);
    TRUTH(ReadFile(first, bytes, 5, &count, &overlapped)); // the owner may
    overlapped = place(10);
    TRUTH(WriteFile(first, bytes, 5, &count, &overlapped));
    TRUTH(UnlockFile(first, 10, 0, 10, 0));
    // A shared lock lets everybody read, and nobody write, the owner neither.
    overlapped = place(0);
    TRUTH(LockFileEx(first, 0, 0, 10, 0, &overlapped));
    overlapped = place(0);
    TRUTH(ReadFile(second, bytes, 5, &count, &overlapped));
    overlapped = place(0);
    FAILS(WriteFile(second, bytes, 5, &count, &overlapped), ERROR_LOCK_VIOLATION);
    overlapped = place(0);
    FAILS(WriteFile(first, bytes, 5, &count, &overlapped), ERROR_LOCK_VIOLATION);
    close_both();
#endif
}

static void closing_a_handle_unlocks(void) {
    HANDLE third;
    open_both(0);
    third = open_as(at("locked"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    TRUTH(LockFile(third, 0, 0, 1, 0));
    FAILS(LockFile(second, 0, 0, 1, 0), ERROR_LOCK_VIOLATION);
    CloseHandle(third);
    TRUTH(LockFile(second, 0, 0, 1, 0));
    close_both();
}

static void wrong_arguments_are_refused(void) {
    OVERLAPPED overlapped = place(0);
    open_both(0);
    HANDLE none = open_as(at("locked"), 0, SHARE_ALL, OPEN_EXISTING, 0);
#ifndef ON_WINE // LockFileEx: "This handle must have been created with either the GENERIC_READ or GENERIC_WRITE access right"
    FAILS(LockFile(none, 0, 0, 1, 0), ERROR_ACCESS_DENIED);
    FAILS(LockFileEx(first, 0, 1, 1, 0, &overlapped), ERROR_INVALID_PARAMETER);
    FAILS(UnlockFileEx(first, 1, 1, 0, &overlapped), ERROR_INVALID_PARAMETER);
    FAILS(LockFile(first, 0xFFFFFFFF, 0xFFFFFFFF, 2, 0), ERROR_INVALID_LOCK_RANGE);
    TRUTH(LockFile(first, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0));
    FAILS(LockFile(second, 0xFFFFFFF0, 0xFFFFFFFF, 0x10, 0), ERROR_LOCK_VIOLATION);
    TRUTH(UnlockFile(first, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0));
#endif
    (void)overlapped;
    CloseHandle(none);
    close_both();
}

// ---- waiting

static DWORD WINAPI lock_and_unlock(void *unused) {
    OVERLAPPED overlapped = place(0);
    (void)unused;
    if (!LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &overlapped)) return GetLastError();
    return UnlockFile(second, 0, 0, 10, 0) ? 0 : GetLastError();
}

static void a_synchronous_lock_waits(void) {
    DWORD id;
    open_both(0);
    TRUTH(LockFile(first, 0, 0, 10, 0));
    HANDLE thread = start(lock_and_unlock, NULL, &id);
    until_blocked(id);
    EQUAL(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    TRUTH(UnlockFile(first, 0, 0, 10, 0));
    EQUAL(join(thread), 0);
    close_both();
}

#ifndef _WIN32
// ---- between processes

// Runs this program again, for one part of a case. The program takes its orders on standard input.
static int peer_part(void) {
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] == 'o') {
            fgets(folder, sizeof folder, stdin);
            folder[strlen(folder) - 1] = 0;
            second = open_as(at("locked"), RW, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0);
            printf("%d\n", second != INVALID_HANDLE_VALUE);
        } else if (line[0] == 'l') {
            printf("%d\n", LockFile(second, 0, 0, 10, 0));
        } else if (line[0] == 'u') {
            printf("%d\n", UnlockFile(second, 0, 0, 10, 0));
        } else {
            break;
        }
        fflush(stdout);
    }
    return 0;
}

static int peer_in, peer_out;

static int peer_does(const char *order) {
    char answer[4] = "";
    if (write(peer_in, order, strlen(order)) < 0) return -1;
    if (read(peer_out, answer, 2) < 1) return -1;
    return answer[0] - '0';
}

static pid_t start_peer(void) {
    int in[2], out[2];
    if (pipe(in) || pipe(out)) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int i = 3; i < 1024; i++) close(i);
        execl("/proc/self/exe", "locks", "peer", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    peer_in = in[1];
    peer_out = out[0];
    return pid;
}

static void other_processes_are_excluded_too(void) {
    char order[MAX_PATH + 60], bytes[8];
    DWORD id, count;
    int status;
    OVERLAPPED overlapped;
    open_both(0);
    pid_t pid = start_peer();
    REQUIRE(pid > 0);
    snprintf(order, sizeof order, "o\n%s\n", folder);
    EQUAL(peer_does(order), 1);
    // share modes: the peer does not share deleting
    FAILS(DeleteFileA(at("locked")), ERROR_SHARING_VIOLATION);
    FAILS_WITH(open_as(at("locked"), DELETE, SHARE_ALL, OPEN_EXISTING, 0), INVALID_HANDLE_VALUE,
               ERROR_SHARING_VIOLATION);
    // locks, both ways
    EQUAL(peer_does("l\n"), 1);
    FAILS(LockFile(first, 5, 0, 10, 0), ERROR_LOCK_VIOLATION);
    overlapped = place(5);
    FAILS(ReadFile(first, bytes, 1, &count, &overlapped), ERROR_LOCK_VIOLATION);
    overlapped = place(5);
    FAILS(WriteFile(first, bytes, 1, &count, &overlapped), ERROR_LOCK_VIOLATION);
    overlapped = place(10);
    TRUTH(ReadFile(first, bytes, 1, &count, &overlapped));
    HANDLE thread = start(lock_and_unlock, NULL, &id);
    until_blocked(id);
    EQUAL(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    EQUAL(peer_does("u\n"), 1);
    EQUAL(join(thread), 0);
    TRUTH(LockFile(first, 0, 0, 10, 0));
    EQUAL(peer_does("l\n"), 0);
    TRUTH(UnlockFile(first, 0, 0, 10, 0));
    EQUAL(peer_does("l\n"), 1);
    // A process that is killed leaves nothing behind.
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    TRUTH(LockFile(first, 0, 0, 10, 0));
    close(peer_in);
    close(peer_out);
    close_both();
}

static void a_synchronous_lock_is_cancelled(void) {
    DWORD id;
    open_both(0);
    TRUTH(LockFile(first, 0, 0, 10, 0));
    FAILS(CancelSynchronousIo(GetCurrentThread()), ERROR_NOT_FOUND);
    FAILS(CancelSynchronousIo(first), ERROR_INVALID_HANDLE);
    FAILS(CancelSynchronousIo(NULL), ERROR_INVALID_HANDLE);
    HANDLE thread = start(lock_and_unlock, NULL, &id);
    until_blocked(id);
    TRUTH(CancelSynchronousIo(thread));
    EQUAL(join(thread), ERROR_OPERATION_ABORTED);
    close_both();
}
#endif

static void an_overlapped_lock_is_pending(void) {
#ifndef ON_WINE // Wine takes the lock in the call
    OVERLAPPED overlapped = place(0), other = place(0);
    DWORD count;
    open_both(FILE_FLAG_OVERLAPPED);
    overlapped.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL);
    TRUTH(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &other));
    FAILS(LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &overlapped), ERROR_IO_PENDING);
    TRUTH(!is_signaled(overlapped.hEvent));
    TRUTH(!HasOverlappedIoCompleted(&overlapped));
    FAILS(GetOverlappedResult(second, &overlapped, &count, FALSE), ERROR_IO_INCOMPLETE);
    TRUTH(UnlockFile(first, 0, 0, 10, 0));
    EQUAL(WaitForSingleObject(overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetOverlappedResult(second, &overlapped, &count, FALSE));
    FAILS(LockFile(first, 0, 0, 10, 0), ERROR_LOCK_VIOLATION);
    CloseHandle(overlapped.hEvent);
    close_both();
#endif
}

static void a_lock_that_waits_is_cancelled(void) {
#ifndef ON_WINE // Wine waits for the lock in the call
    OVERLAPPED waiting[2], other = place(0);
    DWORD count;
    open_both(FILE_FLAG_OVERLAPPED);
    TRUTH(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &other));
    for (int i = 0; i < 2; i++) {
        waiting[i] = place(0);
        waiting[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        FAILS(LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &waiting[i]), ERROR_IO_PENDING);
    }
    FAILS(CancelIoEx(second, &other), ERROR_NOT_FOUND);
    FAILS(CancelIoEx(first, NULL), ERROR_NOT_FOUND);
    TRUTH(CancelIoEx(second, &waiting[0]));
    FAILS(GetOverlappedResult(second, &waiting[0], &count, TRUE), ERROR_OPERATION_ABORTED);
    EQUAL(waiting[0].Internal, 0xC0000120);
    TRUTH(!HasOverlappedIoCompleted(&waiting[1]));
    TRUTH(UnlockFile(first, 0, 0, 10, 0)); // the one that is left gets it
    TRUTH(GetOverlappedResult(second, &waiting[1], &count, TRUE));
    for (int i = 0; i < 2; i++) CloseHandle(waiting[i].hEvent);
    close_both();
#endif
}

#ifndef ON_WINE
static OVERLAPPED of_thread;

static DWORD WINAPI wait_for_lock(void *port) {
    of_thread = place(0);
    of_thread.hEvent = port ? NULL : CreateEventA(NULL, TRUE, FALSE, NULL);
    return LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &of_thread) ? 0 : GetLastError();
}

static DWORD WINAPI cancel_here(void *unused) {
    (void)unused;
    return (DWORD)CancelIo(second);
}

static void cancel_io_cancels_the_threads_own(void) {
    OVERLAPPED other = place(0), waiting = place(0);
    DWORD count;
    open_both(FILE_FLAG_OVERLAPPED);
    waiting.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &other));
    FAILS(LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &waiting), ERROR_IO_PENDING);
    EQUAL(join(start(cancel_here, NULL, NULL)), TRUE);
    TRUTH(!HasOverlappedIoCompleted(&waiting));
    QUIETLY(CancelIo(second), TRUE);
    FAILS(GetOverlappedResult(second, &waiting, &count, TRUE), ERROR_OPERATION_ABORTED);
    QUIETLY(CancelIo(second), TRUE); // there is nothing left, which is no failure
    CloseHandle(waiting.hEvent);
    close_both();
}

static void a_threads_end_cancels_what_it_waits_for(void) {
    OVERLAPPED other = place(0);
    DWORD count;
    open_both(FILE_FLAG_OVERLAPPED);
    TRUTH(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &other));
    EQUAL(join(start(wait_for_lock, NULL, NULL)), ERROR_IO_PENDING);
    FAILS(GetOverlappedResult(second, &of_thread, &count, TRUE), ERROR_OPERATION_ABORTED);
    CloseHandle(of_thread.hEvent);
    close_both();
}

static void a_threads_end_spares_what_is_bound_to_a_port(void) {
    OVERLAPPED other = place(0);
    DWORD count;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    open_both(FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(second, NULL, 7, 0);
    TRUTH(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &other));
    EQUAL(join(start(wait_for_lock, port, NULL)), ERROR_IO_PENDING);
    FAILS(GetQueuedCompletionStatus(port, &count, &key, &overlapped, 0), WAIT_TIMEOUT);
    TRUTH(UnlockFile(first, 0, 0, 10, 0));
    TRUTH(GetQueuedCompletionStatus(port, &count, &key, &overlapped, INFINITE));
    EQUAL(overlapped, &of_thread);
    EQUAL(key, 7);
    CloseHandle(port);
    close_both();
}

static void closing_a_handle_ends_its_waits(void) {
    OVERLAPPED other = place(0), waiting = place(0);
    open_both(FILE_FLAG_OVERLAPPED);
    waiting.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &other));
    FAILS(LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &waiting), ERROR_IO_PENDING);
    CloseHandle(second);
    EQUAL(WaitForSingleObject(waiting.hEvent, INFINITE), WAIT_OBJECT_0);
    EQUAL(waiting.Internal, 0xC0000120);
    second = NULL;
    CloseHandle(waiting.hEvent);
    close_both();
}
#endif

static const struct test_case cases[] = {
    CASE(locks_exclude_where_they_overlap),
    CASE(an_unlock_names_the_range_exactly),
    CASE(shared_locks_share),
    CASE(both_kinds_take_two_unlocks),
    CASE(locks_keep_others_from_reading_and_writing),
    CASE(closing_a_handle_unlocks),
    CASE(wrong_arguments_are_refused),
    CASE(a_synchronous_lock_waits),
#ifndef _WIN32
    CASE(other_processes_are_excluded_too),
    CASE(a_synchronous_lock_is_cancelled),
#endif
    CASE(an_overlapped_lock_is_pending),
    CASE(a_lock_that_waits_is_cancelled),
#ifndef ON_WINE
    CASE(cancel_io_cancels_the_threads_own),
    CASE(a_threads_end_cancels_what_it_waits_for),
    CASE(a_threads_end_spares_what_is_bound_to_a_port),
    CASE(closing_a_handle_ends_its_waits),
#endif
};

#ifndef _WIN32
#define PART(argc, argv) \
    if ((argc) == 2 && !strcmp((argv)[1], "peer")) return peer_part()
#else
#define PART(argc, argv)
#endif
#define main(argc, argv) cases_main(argc, argv)
RUN_FILE_CASES(cases)
#undef main

int main(int argc, char **argv) {
    PART(argc, argv);
    return cases_main(argc, argv);
}
