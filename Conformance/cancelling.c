// cancelling.c: ending the requests of sockets early, by hand and by their thread's end; and packets that are not wanted.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include "cases.h"
#include "connections.h"

// A receive, and what became of it.
struct receive {
    SOCKET socket;
    OVERLAPPED overlapped;
    char byte;
};

static void prepare(struct receive *receive, SOCKET s) {
    memset(receive, 0, sizeof *receive);
    receive->socket = s;
    receive->byte = '-';
    receive->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(receive->overlapped.hEvent != NULL);
}

static int start_receive(struct receive *receive) {
    WSABUF buffer = {1, &receive->byte};
    DWORD flags = 0;
    int result = WSARecv(receive->socket, &buffer, 1, NULL, &flags, &receive->overlapped, NULL);
    return result ? WSAGetLastError() : 0;
}

// Waits for its end; returns its error.
static DWORD end_of(struct receive *receive) {
    DWORD bytes = UNTOUCHED, flags = 0;
    SetLastError(0);
    BOOL result = WSAGetOverlappedResult(receive->socket, &receive->overlapped, &bytes, TRUE, &flags);
    DWORD error = GetLastError();
    EQUAL(result, error == 0);
    if (error) EQUAL(receive->byte, '-');
    TRUTH(CloseHandle((HANDLE)((ULONG_PTR)receive->overlapped.hEvent & ~(ULONG_PTR)1)));
    return error;
}

static int is_pending(struct receive *receive) { return !HasOverlappedIoCompleted(&receive->overlapped); }

// ---- by hand

static DWORD WINAPI receive_and_wait(LPVOID argument) {
    struct receive *receive = argument;
    DWORD code = (DWORD)start_receive(receive);
    EQUAL(code, WSA_IO_PENDING);
    return end_of(receive);
}

static DWORD WINAPI cancel_io(LPVOID argument) { return (DWORD)CancelIo((HANDLE)(SOCKET)(ULONG_PTR)argument); }

static void a_thread_cancels_its_own(void) {
    struct pair pair = connected();
    struct receive mine, other;
    DWORD id;
    prepare(&mine, pair.ours);
    prepare(&other, pair.ours);
    EQUAL(start_receive(&mine), WSA_IO_PENDING);
    // Another thread's CancelIo means none of ours.
    EQUAL(join(start(cancel_io, (void *)(ULONG_PTR)pair.ours, NULL)), TRUE);
    TRUTH(is_pending(&mine));
    HANDLE thread = start(receive_and_wait, &other, &id);
    until_blocked(id);
    EQUAL(CancelIo((HANDLE)pair.ours), TRUE);
    EQUAL(end_of(&mine), WSA_OPERATION_ABORTED);
    TRUTH(is_pending(&other));
    EQUAL(send(pair.theirs, "x", 1, 0), 1);
    EQUAL(join(thread), 0);
    EQUAL(other.byte, 'x');
    close_pair(pair);
}

static void one_is_cancelled_by_its_overlapped(void) {
    struct pair pair = connected();
    struct receive first, second;
    prepare(&first, pair.ours);
    prepare(&second, pair.ours);
#ifndef ON_WINE // "If this function cannot find a request to cancel, the return value is 0 (zero)" (CancelIoEx)
    FAILS(CancelIoEx((HANDLE)pair.ours, NULL), ERROR_NOT_FOUND);
#endif
    FAILS(CancelIoEx((HANDLE)pair.ours, &first.overlapped), ERROR_NOT_FOUND);
    EQUAL(start_receive(&first), WSA_IO_PENDING);
    EQUAL(start_receive(&second), WSA_IO_PENDING);
    EQUAL(CancelIoEx((HANDLE)pair.ours, &second.overlapped), TRUE);
    EQUAL(end_of(&second), WSA_OPERATION_ABORTED);
    TRUTH(is_pending(&first));
    EQUAL(send(pair.theirs, "x", 1, 0), 1);
    EQUAL(end_of(&first), 0);
    EQUAL(first.byte, 'x');
    // It has ended: there is nothing of that OVERLAPPED any more.
    FAILS(CancelIoEx((HANDLE)pair.ours, &first.overlapped), ERROR_NOT_FOUND);
    close_pair(pair);
}

static void all_are_cancelled_from_any_thread(void) {
    struct pair pair = connected();
    struct receive mine, other;
    DWORD id;
    prepare(&mine, pair.ours);
    prepare(&other, pair.ours);
    EQUAL(start_receive(&mine), WSA_IO_PENDING);
    HANDLE thread = start(receive_and_wait, &other, &id);
    until_blocked(id);
    EQUAL(CancelIoEx((HANDLE)pair.ours, NULL), TRUE);
    EQUAL(end_of(&mine), WSA_OPERATION_ABORTED);
    EQUAL(join(thread), WSA_OPERATION_ABORTED);
    close_pair(pair);
}

static void a_send_is_cancelled(void) {
    static char much[32 << 20];
    struct pair pair = connected();
    OVERLAPPED overlapped;
    WSABUF buffer = {sizeof much, much};
    DWORD bytes = UNTOUCHED, flags = 0;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS_WITH(WSASend(pair.ours, &buffer, 1, NULL, 0, &overlapped, NULL), SOCKET_ERROR, WSA_IO_PENDING);
    EQUAL(CancelIoEx((HANDLE)pair.ours, &overlapped), TRUE);
    FAILS(WSAGetOverlappedResult(pair.ours, &overlapped, &bytes, TRUE, &flags), WSA_OPERATION_ABORTED);
    CloseHandle(overlapped.hEvent);
    close_pair(pair);
}

static void an_accept_is_cancelled(void) {
    SOCKET listener = new_listener(), accepted = new_stream();
    char output[2 * (sizeof(struct sockaddr_in) + 16)];
    OVERLAPPED overlapped;
    DWORD bytes = UNTOUCHED, flags = 0;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS(AcceptEx(listener, accepted, output, 0, sizeof output / 2, sizeof output / 2, &bytes, &overlapped),
          ERROR_IO_PENDING);
    EQUAL(CancelIo((HANDLE)listener), TRUE);
    FAILS(WSAGetOverlappedResult(listener, &overlapped, &bytes, TRUE, &flags), WSA_OPERATION_ABORTED);
    // Neither socket is the worse for it.
    ResetEvent(overlapped.hEvent);
    FAILS(AcceptEx(listener, accepted, output, 0, sizeof output / 2, sizeof output / 2, &bytes, &overlapped),
          ERROR_IO_PENDING);
    SOCKET client = new_stream();
    EQUAL(connect_to(client, listener), 0);
    EQUAL(WSAGetOverlappedResult(listener, &overlapped, &bytes, TRUE, &flags), TRUE);
    CloseHandle(overlapped.hEvent);
    closesocket(client);
    closesocket(accepted);
    closesocket(listener);
}

static volatile LONG routine_calls;
static DWORD routine_error;
static void CALLBACK count_call(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags) {
    (void)bytes, (void)overlapped, (void)flags;
    routine_error = error;
    routine_calls++;
}

static void a_routine_is_told_of_the_cancel(void) {
    struct pair pair = connected();
    char byte;
    WSABUF buffer = {1, &byte};
    DWORD flags = 0;
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    routine_calls = 0;
    FAILS_WITH(WSARecv(pair.ours, &buffer, 1, NULL, &flags, &overlapped, count_call), SOCKET_ERROR, WSA_IO_PENDING);
    EQUAL(CancelIo((HANDLE)pair.ours), TRUE);
    while (!routine_calls) EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(routine_calls, 1);
    EQUAL(routine_error, WSA_OPERATION_ABORTED);
    close_pair(pair);
}

// ---- by a thread's end

static DWORD WINAPI receive_and_end(LPVOID argument) { return (DWORD)start_receive(argument); }

static void a_threads_end_cancels(void) {
    struct pair pair = connected();
    struct receive receive;
    prepare(&receive, pair.ours);
    EQUAL(join(start(receive_and_end, &receive, NULL)), WSA_IO_PENDING);
    EQUAL(end_of(&receive), WSA_OPERATION_ABORTED);
    close_pair(pair);
}

// "All pending I/O initiated by the thread that is not associated with a completion port is canceled" (ExitThread). Wine
// cancels the rest, too.
#ifndef ON_WINE
static void what_is_bound_to_a_port_outlives_its_thread(void) {
    struct pair pair = connected();
    struct receive receive, quiet;
    HANDLE port = CreateIoCompletionPort((HANDLE)pair.ours, NULL, 7, 0);
    OVERLAPPED *found = NULL;
    ULONG_PTR key = UNTOUCHED;
    DWORD bytes = UNTOUCHED;
    prepare(&receive, pair.ours);
    prepare(&quiet, pair.ours);
    // Without a packet it is bound all the same.
    quiet.overlapped.hEvent = (HANDLE)((ULONG_PTR)quiet.overlapped.hEvent | 1);
    EQUAL(join(start(receive_and_end, &receive, NULL)), WSA_IO_PENDING);
    EQUAL(join(start(receive_and_end, &quiet, NULL)), WSA_IO_PENDING);
    EQUAL(send(pair.theirs, "xy", 2, 0), 2);
    TRUTH(GetQueuedCompletionStatus(port, &bytes, &key, &found, INFINITE));
    EQUAL(found, &receive.overlapped);
    EQUAL(bytes, 1);
    EQUAL(key, 7);
    EQUAL(end_of(&quiet), 0);
    EQUAL(quiet.byte, 'y');
    EQUAL(end_of(&receive), 0);
    FAILS(GetQueuedCompletionStatus(port, &bytes, &key, &found, 0), WAIT_TIMEOUT);
    close_pair(pair);
    CloseHandle(port);
}
#endif

// ---- packets that are not wanted

static void packets_of_successes_at_once_are_skipped(void) {
    struct pair pair = connected();
    struct receive receive;
    HANDLE port = CreateIoCompletionPort((HANDLE)pair.ours, NULL, 7, 0);
    OVERLAPPED overlapped, *found = NULL;
    ULONG_PTR key = UNTOUCHED;
    DWORD bytes = UNTOUCHED;
    WSABUF buffer = {3, (char *)"abc"};
    char text[3];
    memset(&overlapped, 0, sizeof overlapped);
    TRUTH(SetFileCompletionNotificationModes((HANDLE)pair.ours, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    if (WSASend(pair.ours, &buffer, 1, &bytes, 0, &overlapped, NULL) == 0) {
        EQUAL(bytes, 3);
        FAILS(GetQueuedCompletionStatus(port, &bytes, &key, &found, 0), WAIT_TIMEOUT);
    } else {
        EQUAL(WSAGetLastError(), WSA_IO_PENDING);
        TRUTH(GetQueuedCompletionStatus(port, &bytes, &key, &found, INFINITE));
        EQUAL(found, &overlapped);
    }
    EQUAL(recv(pair.theirs, text, 3, MSG_WAITALL), 3);
    // What was pending is told.
    prepare(&receive, pair.ours);
    EQUAL(start_receive(&receive), WSA_IO_PENDING);
    EQUAL(send(pair.theirs, "x", 1, 0), 1);
    TRUTH(GetQueuedCompletionStatus(port, &bytes, &key, &found, INFINITE));
    EQUAL(found, &receive.overlapped);
    EQUAL(end_of(&receive), 0);
    close_pair(pair);
    CloseHandle(port);
}

static void successes_at_once_are_told_unless_it_is_said(void) {
    struct pair pair = connected();
    HANDLE port = CreateIoCompletionPort((HANDLE)pair.ours, NULL, 7, 0);
    OVERLAPPED overlapped, *found = NULL;
    ULONG_PTR key = UNTOUCHED;
    DWORD bytes = UNTOUCHED;
    WSABUF buffer = {3, (char *)"abc"};
    memset(&overlapped, 0, sizeof overlapped);
    int result = WSASend(pair.ours, &buffer, 1, NULL, 0, &overlapped, NULL);
    TRUTH(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
    TRUTH(GetQueuedCompletionStatus(port, &bytes, &key, &found, INFINITE));
    EQUAL(found, &overlapped);
    EQUAL(bytes, 3);
    FAILS(GetQueuedCompletionStatus(port, &bytes, &key, &found, 0), WAIT_TIMEOUT);
    close_pair(pair);
    CloseHandle(port);
}

static const struct test_case cases[] = {
    CASE(a_thread_cancels_its_own),
    CASE(one_is_cancelled_by_its_overlapped),
    CASE(all_are_cancelled_from_any_thread),
    CASE(a_send_is_cancelled),
    CASE(an_accept_is_cancelled),
    CASE(a_routine_is_told_of_the_cancel),
    CASE(a_threads_end_cancels),
#ifndef ON_WINE
    CASE(what_is_bound_to_a_port_outlives_its_thread),
#endif
    CASE(packets_of_successes_at_once_are_skipped),
    CASE(successes_at_once_are_told_unless_it_is_said),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
