// extensions.c: what Microsoft adds to Winsock: ConnectEx, DisconnectEx, TransmitFile; and zero-byte receives.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdlib.h>
#include "cases.h"
#include "connections.h"

#ifdef _WIN32
// Windows gives these by WSAIoctl alone.
static void *extension(GUID id) {
    SOCKET s = new_stream();
    void *found = NULL;
    DWORD bytes = 0;
    EQUAL(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &found, sizeof found, &bytes, NULL, NULL), 0);
    closesocket(s);
    return found;
}
static LPFN_CONNECTEX connect_ex(void) { return (LPFN_CONNECTEX)extension((GUID)WSAID_CONNECTEX); }
static LPFN_DISCONNECTEX disconnect_ex(void) { return (LPFN_DISCONNECTEX)extension((GUID)WSAID_DISCONNECTEX); }
#define ConnectEx connect_ex()
#define DisconnectEx disconnect_ex()
#endif

struct packet {
    BOOL succeeded;
    DWORD error, bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
};

static struct packet take(HANDLE port, DWORD milliseconds) {
    struct packet packet;
    memset(&packet, 0, sizeof packet);
    SetLastError(UNTOUCHED);
    packet.succeeded =
        GetQueuedCompletionStatus(port, &packet.bytes, &packet.key, &packet.overlapped, milliseconds);
    packet.error = GetLastError();
    return packet;
}

static int is_started(BOOL result) { return result || GetLastError() == ERROR_IO_PENDING; }

static SOCKET new_bound(void) {
    SOCKET s = new_stream();
    EQUAL(bind_to(s, 0), 0);
    return s;
}

// ---- ConnectEx

static void connecting(void) {
    SOCKET listener = new_listener(), client = new_bound();
    struct sockaddr_in name = name_of(listener);
    HANDLE port = CreateIoCompletionPort((HANDLE)client, NULL, 20, 0);
    OVERLAPPED overlapped;
    DWORD sent = UNTOUCHED;
    memset(&overlapped, 0, sizeof overlapped);
    TRUTH(is_started(ConnectEx(client, (struct sockaddr *)&name, sizeof name, NULL, 0, &sent, &overlapped)));
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, 0);
    EQUAL(packet.key, 20);
    EQUAL(packet.overlapped, &overlapped);
    EQUAL(setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), 0);
    struct sockaddr_in peer;
    int length = sizeof peer;
    EQUAL(getpeername(client, (struct sockaddr *)&peer, &length), 0);
    EQUAL(peer.sin_port, name.sin_port);
    FAILS(ConnectEx(client, (struct sockaddr *)&name, sizeof name, NULL, 0, &sent, &overlapped), WSAEISCONN);
    SOCKET accepted = accept(listener, NULL, NULL);
    char byte;
    EQUAL(send(client, "x", 1, 0), 1);
    EQUAL(recv(accepted, &byte, 1, 0), 1);
    closesocket(accepted);
    closesocket(client);
    closesocket(listener);
    CloseHandle(port);
}

static void connecting_and_sending(void) {
    SOCKET listener = new_listener(), client = new_bound();
    struct sockaddr_in name = name_of(listener);
    HANDLE port = CreateIoCompletionPort((HANDLE)client, NULL, 0, 0);
    OVERLAPPED overlapped;
    char text[16] = "hello there", received[16] = "";
    memset(&overlapped, 0, sizeof overlapped);
    TRUTH(is_started(ConnectEx(client, (struct sockaddr *)&name, sizeof name, text, 11, NULL, &overlapped)));
    SOCKET accepted = accept(listener, NULL, NULL);
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, 11);
    int total = 0;
    while (total < 11) {
        int got = recv(accepted, received + total, 11 - total, 0);
        REQUIRE(got > 0);
        total += got;
    }
    EQUAL(memcmp(received, text, 11), 0);
    closesocket(accepted);
    closesocket(client);
    closesocket(listener);
    CloseHandle(port);
}

static void a_refusal_is_error_1225(void) {
    SOCKET client = new_bound();
    struct sockaddr_in name = nobody();
    HANDLE port = CreateIoCompletionPort((HANDLE)client, NULL, 21, 0);
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    TRUTH(is_started(ConnectEx(client, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, &overlapped)));
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, FALSE);
    EQUAL(packet.error, ERROR_CONNECTION_REFUSED);
    EQUAL(packet.overlapped, &overlapped);
    DWORD bytes, flags;
    FAILS(WSAGetOverlappedResult(client, &overlapped, &bytes, FALSE, &flags), WSAECONNREFUSED);
#ifndef ON_WINE
    FAILS_WITH(setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), SOCKET_ERROR, WSAENOTCONN);
#endif
    closesocket(client);
    CloseHandle(port);
}

static void what_connecting_refuses(void) {
    SOCKET listener = new_listener(), client = new_stream(), bound = new_bound();
    struct sockaddr_in name = name_of(listener);
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    FAILS(ConnectEx(client, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, &overlapped), WSAEINVAL); // no name
    FAILS(ConnectEx(bound, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, NULL), WSA_INVALID_PARAMETER);
    FAILS(ConnectEx(INVALID_SOCKET, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, &overlapped), WSAENOTSOCK);
#ifndef ON_WINE
    FAILS(ConnectEx(bound, NULL, sizeof name, NULL, 0, NULL, &overlapped), WSAEFAULT);
    FAILS(ConnectEx(bound, (struct sockaddr *)&name, 6, NULL, 0, NULL, &overlapped), WSAEFAULT);
    EQUAL(overlapped.Internal, 0);
#endif
    closesocket(client);
    closesocket(bound);
    closesocket(listener);
}

static void a_connect_is_told_to_its_event(void) {
    SOCKET listener = new_listener(), client = new_bound();
    struct sockaddr_in name = name_of(listener);
    OVERLAPPED overlapped;
    DWORD bytes = UNTOUCHED, flags = 0;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(is_started(ConnectEx(client, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, &overlapped)));
    EQUAL(WaitForSingleObject(overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
    EQUAL(WSAGetOverlappedResult(client, &overlapped, &bytes, TRUE, &flags), TRUE);
    EQUAL(bytes, 0);
    CloseHandle(overlapped.hEvent);
    closesocket(client);
    closesocket(listener);
}

#ifndef _WIN32 // Windows refuses clients for whom there is no room
// Connects until there is no room for another: then they wait.
static int fill(SOCKET *clients, int count, struct sockaddr_in *name) {
    for (int i = 0; i < count; i++) {
        clients[i] = new_stream();
        do_not_wait(clients[i]);
        connect(clients[i], (struct sockaddr *)name, sizeof *name);
        fd_set set;
        struct timeval soon = {0, 50000};
        FD_ZERO(&set);
        FD_SET(clients[i], &set);
        if (select(0, NULL, &set, NULL, &soon) == 0) return i + 1;
    }
    return count;
}

static void a_connect_that_waits_is_ended(void) {
    enum { CLIENTS = 8 };
    SOCKET listener = new_stream(), clients[CLIENTS], first = new_bound(), second = new_bound();
    OVERLAPPED overlapped[2];
    DWORD bytes, flags;
    EQUAL(bind_to(listener, 0), 0);
    EQUAL(listen(listener, 1), 0);
    struct sockaddr_in name = name_of(listener);
    int count = fill(clients, CLIENTS, &name);
    REQUIRE(count < CLIENTS);
    struct timeval no_time = {0, 0};
    fd_set set;
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < 2; i++) {
        overlapped[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        FAILS(ConnectEx(i ? second : first, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, &overlapped[i]),
              ERROR_IO_PENDING);
    }
    FAILS(ConnectEx(first, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, &overlapped[0]), WSAEALREADY);
    FAILS_WITH(send(first, "x", 1, 0), SOCKET_ERROR, WSAENOTCONN);
    FAILS_WITH(connect(clients[count - 1], (struct sockaddr *)&name, sizeof name), SOCKET_ERROR, WSAEALREADY);
    FD_ZERO(&set);
    FD_SET(first, &set);
    EQUAL(select(0, NULL, &set, NULL, &no_time), 0);
    EQUAL(CancelIoEx((HANDLE)first, &overlapped[0]), TRUE);
    FAILS(WSAGetOverlappedResult(first, &overlapped[0], &bytes, TRUE, &flags), WSA_OPERATION_ABORTED);
    EQUAL(closesocket(second), 0);
    EQUAL(WaitForSingleObject(overlapped[1].hEvent, INFINITE), WAIT_OBJECT_0);
    EQUAL(overlapped[1].Internal, 0xC0000241); // the socket was closed here
    for (int i = 0; i < count; i++) closesocket(clients[i]);
    for (int i = 0; i < 2; i++) CloseHandle(overlapped[i].hEvent);
    closesocket(first);
    closesocket(listener);
}
#endif

// ---- DisconnectEx

static void disconnecting(void) {
    struct pair pair = connected();
    HANDLE port = CreateIoCompletionPort((HANDLE)pair.ours, NULL, 5, 0);
    OVERLAPPED overlapped;
    char byte;
    memset(&overlapped, 0, sizeof overlapped);
    TRUTH(is_started(DisconnectEx(pair.ours, &overlapped, 0, 0)));
    EQUAL(recv(pair.theirs, &byte, 1, 0), 0);
    EQUAL(closesocket(pair.theirs), 0);
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, 0);
    EQUAL(packet.overlapped, &overlapped);
    FAILS_WITH(send(pair.ours, "x", 1, 0), SOCKET_ERROR, WSAESHUTDOWN);
    EQUAL(closesocket(pair.ours), 0);
    CloseHandle(port);
}

static void what_disconnecting_refuses(void) {
    SOCKET s = new_stream();
    struct pair pair = connected();
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    FAILS(DisconnectEx(s, &overlapped, 0, 0), WSAENOTCONN);
    FAILS(DisconnectEx(INVALID_SOCKET, &overlapped, 0, 0), WSAENOTSOCK);
#ifndef ON_WINE // "The dwFlags parameter is not zero or TF_REUSE_SOCKET" (DisconnectEx)
    FAILS(DisconnectEx(pair.ours, &overlapped, 0x80, 0), WSAEINVAL);
    FAILS(DisconnectEx(pair.ours, &overlapped, 0, 1), WSAEINVAL);
#endif
    close_pair(pair);
    closesocket(s);
}

static void a_socket_is_used_again(void) {
#ifdef ON_WINE
    SKIP("Wine has no TF_REUSE_SOCKET");
#endif
    SOCKET listener = new_listener(), client = new_bound();
    struct sockaddr_in name = name_of(listener);
    char byte;
    for (int round = 0; round < 3; round++) {
        OVERLAPPED overlapped;
        DWORD bytes, flags = 0;
        memset(&overlapped, 0, sizeof overlapped);
        overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        TRUTH(is_started(ConnectEx(client, (struct sockaddr *)&name, sizeof name, NULL, 0, NULL, &overlapped)));
        EQUAL(WSAGetOverlappedResult(client, &overlapped, &bytes, TRUE, &flags), TRUE);
        EQUAL(setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), 0);
        SOCKET accepted = accept(listener, NULL, NULL);
        EQUAL(send(accepted, "x", 1, 0), 1);
        EQUAL(recv(client, &byte, 1, 0), 1);
        ResetEvent(overlapped.hEvent);
        TRUTH(is_started(DisconnectEx(client, &overlapped, TF_REUSE_SOCKET, 0)));
        EQUAL(recv(accepted, &byte, 1, 0), 0);
        EQUAL(closesocket(accepted), 0);
        EQUAL(WSAGetOverlappedResult(client, &overlapped, &bytes, TRUE, &flags), TRUE);
        CloseHandle(overlapped.hEvent);
        FAILS_WITH(send(client, "x", 1, 0), SOCKET_ERROR, WSAENOTCONN);
    }
    closesocket(client);
    closesocket(listener);
}

// ---- TransmitFile

static void what_stands_around_a_file(void) {
    struct pair pair = connected();
    char text[16] = "";
    TRANSMIT_FILE_BUFFERS buffers = {(void *)"head", 4, (void *)"tail!", 5};
    EQUAL(TransmitFile(pair.ours, NULL, 0, 0, NULL, &buffers, 0), TRUE);
    int total = 0;
    while (total < 9) {
        int got = recv(pair.theirs, text + total, (int)sizeof text - total, 0);
        REQUIRE(got > 0);
        total += got;
    }
    EQUAL(total, 9);
    EQUAL(memcmp(text, "headtail!", 9), 0);
    close_pair(pair);
}

static void the_last_of_a_connection(void) {
    struct pair pair = connected();
    char text[16];
    OVERLAPPED overlapped;
    DWORD bytes = UNTOUCHED, flags = 0;
    TRANSMIT_FILE_BUFFERS buffers = {(void *)"all", 3, NULL, 0};
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(is_started(TransmitFile(pair.ours, NULL, 0, 0, &overlapped, &buffers, TF_DISCONNECT)));
    EQUAL(recv(pair.theirs, text, sizeof text, 0), 3);
#ifndef ON_WINE // which does not disconnect
    EQUAL(recv(pair.theirs, text, sizeof text, 0), 0);
#endif
    EQUAL(WSAGetOverlappedResult(pair.ours, &overlapped, &bytes, TRUE, &flags), TRUE);
    EQUAL(bytes, 3);
    CloseHandle(overlapped.hEvent);
    close_pair(pair);
}

// A file of `size` bytes, each of which says where it is; it goes when it is closed.
static HANDLE numbered_file(DWORD size, DWORD flags) {
    char folder[MAX_PATH], path[MAX_PATH + 20];
    unsigned char block[4096];
    TRUTH(GetTempPathA(sizeof folder, folder) > 0);
    snprintf(path, sizeof path, "%ssent-%u", folder, (unsigned)GetCurrentProcessId());
    HANDLE file = CreateFileA(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
    TRUTH(file != INVALID_HANDLE_VALUE);
    for (DWORD done = 0, count; done < size; done += count) {
        for (DWORD i = 0; i < sizeof block; i++) block[i] = (unsigned char)((done + i) * 2654435761u >> 13);
        count = size - done < sizeof block ? size - done : (DWORD)sizeof block;
        if (!TRUTH(WriteFile(file, block, count, &count, NULL))) break;
    }
    CloseHandle(file);
    file = CreateFileA(path, GENERIC_READ | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_DELETE_ON_CLOSE | flags, NULL);
    TRUTH(file != INVALID_HANDLE_VALUE);
    return file;
}

// Receives `count` bytes, which must be those of such a file from `start` on.
static int are_numbered(SOCKET s, DWORD start, DWORD count) {
    static unsigned char block[65536];
    for (DWORD done = 0; done < count;) {
        int got = recv(s, (char *)block, (int)(count - done < sizeof block ? count - done : sizeof block), 0);
        if (got <= 0) return 0;
        for (int i = 0; i < got; i++, done++)
            if (block[i] != (unsigned char)((start + done) * 2654435761u >> 13)) return 0;
    }
    return 1;
}

static void a_file_from_where_it_stands(void) {
    struct pair pair = connected();
    HANDLE file = numbered_file(10000, 0);
    char text[5];
    TRANSMIT_FILE_BUFFERS buffers = {(void *)"head", 4, (void *)"tail!", 5};
    EQUAL(SetFilePointer(file, 5000, NULL, FILE_BEGIN), 5000);
    EQUAL(TransmitFile(pair.ours, file, 1000, 0, NULL, &buffers, 0), TRUE);
    EQUAL(recv(pair.theirs, text, 4, MSG_WAITALL), 4);
    EQUAL(memcmp(text, "head", 4), 0);
    TRUTH(are_numbered(pair.theirs, 5000, 1000));
    EQUAL(recv(pair.theirs, text, 5, MSG_WAITALL), 5);
    EQUAL(memcmp(text, "tail!", 5), 0);
#ifndef ON_WINE // which reads at offsets, and leaves the pointer
    EQUAL(SetFilePointer(file, 0, NULL, FILE_CURRENT), 6000);
#endif
    // 0 bytes: all that is left.
    EQUAL(SetFilePointer(file, 6000, NULL, FILE_BEGIN), 6000);
    EQUAL(TransmitFile(pair.ours, file, 0, 0, NULL, NULL, 0), TRUE);
    TRUTH(are_numbered(pair.theirs, 6000, 4000));
    CloseHandle(file);
    close_pair(pair);
}

static void a_long_file_from_an_offset(void) {
    enum { SIZE = 20000000, START = 4097 };
    struct pair pair = connected();
    HANDLE file = numbered_file(SIZE, FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped;
    DWORD bytes = UNTOUCHED, flags = 0;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.Offset = START;
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS(TransmitFile(pair.ours, file, 0, 0, &overlapped, NULL, TF_DISCONNECT), ERROR_IO_PENDING);
    TRUTH(are_numbered(pair.theirs, START, SIZE - START));
    EQUAL(WSAGetOverlappedResult(pair.ours, &overlapped, &bytes, TRUE, &flags), TRUE);
    EQUAL(bytes, SIZE - START);
    CloseHandle(file);
    CloseHandle(overlapped.hEvent);
    close_pair(pair);
}

static void a_transmission_is_cancelled(void) {
#ifdef ON_WINE
    // "…all pending asynchronous I/O operations by the calling thread for the file are canceled" (CancelIo).
    SKIP("Wine's transmission goes on");
#endif
    struct pair pair = connected();
    HANDLE file = numbered_file(20000000, FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped;
    DWORD bytes = UNTOUCHED, flags = 0;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS(TransmitFile(pair.ours, file, 0, 0, &overlapped, NULL, 0), ERROR_IO_PENDING);
    EQUAL(CancelIo((HANDLE)pair.ours), TRUE);
    FAILS(WSAGetOverlappedResult(pair.ours, &overlapped, &bytes, TRUE, &flags), WSA_OPERATION_ABORTED);
    CloseHandle(overlapped.hEvent);
    CloseHandle(file);
    close_pair(pair);
}

static void what_transmitting_refuses(void) {
    SOCKET s = new_stream();
    struct pair pair = connected();
    FAILS(TransmitFile(s, NULL, 0, 0, NULL, NULL, 0), WSAENOTCONN);
    FAILS(TransmitFile(INVALID_SOCKET, NULL, 0, 0, NULL, NULL, 0), WSAENOTSOCK);
#ifndef ON_WINE
    FAILS(TransmitFile(pair.ours, (HANDLE)0x7FFFFFFC, 0, 0, NULL, NULL, 0), ERROR_INVALID_HANDLE);
    FAILS(TransmitFile(pair.ours, NULL, 0, 0, NULL, NULL, 0x8000), WSAEINVAL);
#endif
    close_pair(pair);
    closesocket(s);
}

// ---- receives of no bytes

static void a_receive_of_no_bytes_waits_for_some(void) {
    struct pair pair = connected();
    HANDLE port = CreateIoCompletionPort((HANDLE)pair.ours, NULL, 0, 0);
    OVERLAPPED overlapped;
    WSABUF nothing = {0, NULL};
    DWORD flags = 0;
    char text[4];
    memset(&overlapped, 0, sizeof overlapped);
    FAILS_WITH(WSARecv(pair.ours, &nothing, 1, NULL, &flags, &overlapped, NULL), SOCKET_ERROR, WSA_IO_PENDING);
    EQUAL(take(port, 20).error, WAIT_TIMEOUT);
    EQUAL(send(pair.theirs, "abc", 3, 0), 3);
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, 0);
    EQUAL(recv(pair.ours, text, sizeof text, 0), 3); // nothing was taken
    close_pair(pair);
    CloseHandle(port);
}

static void an_overlapped_receive_for_all(void) {
#ifdef ON_WINE
    SKIP("Wine ignores MSG_WAITALL");
#endif
    struct pair pair = connected();
    HANDLE port = CreateIoCompletionPort((HANDLE)pair.ours, NULL, 0, 0);
    OVERLAPPED overlapped;
    char text[6];
    WSABUF buffer = {sizeof text, text};
    DWORD flags = MSG_WAITALL;
    memset(&overlapped, 0, sizeof overlapped);
    EQUAL(send(pair.theirs, "ab", 2, 0), 2);
    until_readable(pair.ours);
    FAILS_WITH(WSARecv(pair.ours, &buffer, 1, NULL, &flags, &overlapped, NULL), SOCKET_ERROR, WSA_IO_PENDING);
    EQUAL(take(port, 20).error, WAIT_TIMEOUT);
    EQUAL(send(pair.theirs, "cd", 2, 0), 2);
    EQUAL(take(port, 20).error, WAIT_TIMEOUT);
    EQUAL(send(pair.theirs, "ef", 2, 0), 2);
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.bytes, 6);
    EQUAL(memcmp(text, "abcdef", 6), 0);
    close_pair(pair);
    CloseHandle(port);
}

static const struct test_case cases[] = {
    CASE(connecting),
    CASE(connecting_and_sending),
    CASE(a_refusal_is_error_1225),
    CASE(what_connecting_refuses),
    CASE(a_connect_is_told_to_its_event),
#ifndef _WIN32
    CASE(a_connect_that_waits_is_ended),
#endif
    CASE(disconnecting),
    CASE(what_disconnecting_refuses),
    CASE(a_socket_is_used_again),
    CASE(what_stands_around_a_file),
    CASE(the_last_of_a_connection),
    CASE(a_file_from_where_it_stands),
    CASE(a_long_file_from_an_offset),
    CASE(a_transmission_is_cancelled),
    CASE(what_transmitting_refuses),
    CASE(a_receive_of_no_bytes_waits_for_some),
    CASE(an_overlapped_receive_for_all),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
