// sigpipe.c: no call of the library raises SIGPIPE, which would end the program: whoever writes is told by the call.
#include <winsock2.h>
#include <mswsock.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "cases.h"
#include "connections.h"

enum { MUCH = 8 << 20, PATIENCE = 20000 };
static char much[MUCH];

// One that was reset, of which the kernel has told already: from here on each send is answered by SIGPIPE.
static SOCKET broken(void) {
    struct pair pair = connected();
    reset(pair.theirs);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair.ours, &set);
    EQUAL(select(0, &set, NULL, NULL, NULL), 1);
    char byte;
    FAILS_WITH(recv(pair.ours, &byte, 1, 0), SOCKET_ERROR, WSAECONNRESET);
    return pair.ours;
}

static int is_gone(DWORD error) {
    return error == WSAECONNRESET || error == WSAECONNABORTED || error == WSAESHUTDOWN || error == ERROR_NETNAME_DELETED ||
           error == ERROR_CONNECTION_ABORTED || error == WSAEDISCON || error == ERROR_GRACEFUL_DISCONNECT;
}

static DWORD end(HANDLE handle, OVERLAPPED *overlapped, BOOL done) {
    DWORD bytes;
    if (!done && GetLastError() != ERROR_IO_PENDING) return GetLastError();
    return GetOverlappedResultEx(handle, overlapped, &bytes, PATIENCE, FALSE) ? 0 : GetLastError();
}

static OVERLAPPED *fresh(void) {
    static OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    return &overlapped;
}

// ---- sockets

static void sends(void) {
    SOCKET s = broken();
    DWORD bytes;
    WSABUF buffers[2] = {{1, much}, {1, much}};
    for (int i = 0; i < 2; i++) {
        EQUAL(send(s, much, 1, 0), SOCKET_ERROR);
        TRUTH(is_gone(WSAGetLastError()));
        EQUAL(WSASend(s, buffers, 2, &bytes, 0, NULL, NULL), SOCKET_ERROR);
        TRUTH(is_gone(WSAGetLastError()));
        EQUAL(WSASendTo(s, buffers, 1, &bytes, 0, NULL, 0, NULL, NULL), SOCKET_ERROR);
        TRUTH(is_gone(WSAGetLastError()));
        OVERLAPPED *overlapped = fresh();
        TRUTH(is_gone(end((HANDLE)s, overlapped, WSASend(s, buffers, 2, NULL, 0, overlapped, NULL) == 0)));
        overlapped = fresh();
        TRUTH(is_gone(end((HANDLE)s, overlapped, WriteFile((HANDLE)s, much, 10, NULL, overlapped))));
    }
    closesocket(s);
}

static void sends_after_a_shutdown(void) {
    struct pair pair = connected();
    EQUAL(shutdown(pair.ours, SD_SEND), 0);
    EQUAL(send(pair.ours, much, 1, 0), SOCKET_ERROR);
    TRUTH(is_gone(WSAGetLastError()));
    close_pair(pair);
}

static void transmissions(void) {
    HANDLE file = CreateFileA("sigpipe.file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DWORD bytes;
    TRUTH(WriteFile(file, much, 10000, &bytes, NULL));
    SOCKET s = broken();
    OVERLAPPED *overlapped = fresh();
    EQUAL(TransmitFile(s, file, 0, 0, NULL, NULL, 0), FALSE);
    TRUTH(is_gone(end((HANDLE)s, overlapped, TransmitFile(s, file, 0, 0, overlapped, NULL, 0))));
    closesocket(s);
    CloseHandle(file);
}

// Requests that the connection's end meets while they wait, so that the driver's threads make the call.
static void sends_that_wait(void) {
    for (int i = 0; i < 3; i++) {
        struct pair pair = connected();
        OVERLAPPED first, second;
        memset(&first, 0, sizeof first);
        memset(&second, 0, sizeof second);
        WSABUF buffer = {MUCH, much};
        FAILS_WITH(WSASend(pair.ours, &buffer, 1, NULL, 0, &first, NULL), SOCKET_ERROR, ERROR_IO_PENDING);
        FAILS_WITH(WSASend(pair.ours, &buffer, 1, NULL, 0, &second, NULL), SOCKET_ERROR, ERROR_IO_PENDING);
        reset(pair.theirs);
        SetLastError(ERROR_IO_PENDING);
        TRUTH(is_gone(end((HANDLE)pair.ours, &first, FALSE)));
        SetLastError(ERROR_IO_PENDING);
        TRUTH(is_gone(end((HANDLE)pair.ours, &second, FALSE)));
        closesocket(pair.ours);
    }
}

// ---- pipes

static void anonymous_pipes(void) {
    HANDLE reads, writes;
    DWORD bytes;
    REQUIRE(CreatePipe(&reads, &writes, NULL, 0));
    CloseHandle(reads);
    FAILS(WriteFile(writes, much, 1, &bytes, NULL), ERROR_NO_DATA);
    FAILS(WriteFile(writes, much, 100000, &bytes, NULL), ERROR_NO_DATA);
    CloseHandle(writes);
}

static DWORD WINAPI close_later(LPVOID handle) {
    Sleep(20);
    CloseHandle(handle);
    return 0;
}
static void an_anonymous_pipe_that_is_full(void) {
    HANDLE reads, writes;
    DWORD bytes;
    REQUIRE(CreatePipe(&reads, &writes, NULL, 0));
    HANDLE thread = start(close_later, reads, NULL);
    FAILS(WriteFile(writes, much, MUCH, &bytes, NULL), ERROR_NO_DATA);
    join(thread);
    CloseHandle(writes);
}

static void named_pipes(void) {
    HANDLE server = CreateNamedPipeA("\\\\.\\pipe\\sigpipe", PIPE_ACCESS_DUPLEX, 0, 1, 100, 100, 0, NULL);
    HANDLE client = CreateFileA("\\\\.\\pipe\\sigpipe", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD bytes;
    CloseHandle(client);
    FAILS(WriteFile(server, much, 1, &bytes, NULL), ERROR_NO_DATA);
    CloseHandle(server);
}

// A pipe of the file system, where requests wait for room.
static void pipes_by_their_paths(void) {
    unlink("sigpipe.fifo");
    REQUIRE(mkfifo("sigpipe.fifo", 0600) == 0);
    int reads = open("sigpipe.fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    HANDLE writes = CreateFileA("sigpipe.fifo", GENERIC_WRITE, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED *overlapped = fresh();
    FAILS(WriteFile(writes, much, MUCH, NULL, overlapped), ERROR_IO_PENDING);
    close(reads);
    SetLastError(ERROR_IO_PENDING);
    EQUAL(end(writes, overlapped, FALSE), ERROR_NO_DATA);
    overlapped = fresh();
    EQUAL(end(writes, overlapped, WriteFile(writes, much, 1, NULL, overlapped)), ERROR_NO_DATA);
    CloseHandle(writes);
    unlink("sigpipe.fifo");
}

static void the_debugger_s_output(void) {
    int ends[2], kept = dup(2);
    REQUIRE(pipe(ends) == 0);
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    OutputDebugStringA("nobody reads this");
    dup2(kept, 2);
    close(kept);
}

static const struct test_case cases[] = {
    CASE(sends), CASE(sends_after_a_shutdown), CASE(transmissions), CASE(sends_that_wait), CASE(anonymous_pipes),
    CASE(an_anonymous_pipe_that_is_full), CASE(named_pipes), CASE(pipes_by_their_paths), CASE(the_debugger_s_output),
};

int main(int argc, char **argv) {
    WSADATA data;
    char folder[] = "/tmp/signalbox-sigpipe-XXXXXX";
    if (WSAStartup(MAKEWORD(2, 2), &data) || !mkdtemp(folder) || chdir(folder)) return 2;
    // Whatever the parent has.
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int result = run_cases(cases, COUNT(cases), argc, argv);
    if (chdir("/") == 0) rmdir(folder);
    return result;
}
