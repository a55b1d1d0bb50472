/* An echo server on one completion port and one thread, in Win32: for Windows, and for Linux over Signalbox.
   usage: echo_port PORT */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCEPTS = 8, ADDRESS = sizeof(struct sockaddr_in) + 16, MESSAGE = 2048 };

/* What an OVERLAPPED stands for: each connection has one request at a time. */
typedef struct {
    OVERLAPPED overlapped;
    enum { ACCEPTING, RECEIVING, SENDING } step;
    SOCKET socket;
    WSABUF buffer;
    char bytes[MESSAGE];
} connection;

static HANDLE port;
static SOCKET listener;

static void fail(const char *what, int code) {
    fprintf(stderr, "echo_port: %s failed with %d\n", what, code);
    exit(1);
}

static void drop(connection *c) {
    closesocket(c->socket);
    free(c);
}

static int is_under_way(int result) { return result == 0 || WSAGetLastError() == WSA_IO_PENDING; }

static void receive(connection *c) {
    DWORD flags = 0;
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->step = RECEIVING;
    c->buffer.buf = c->bytes;
    c->buffer.len = MESSAGE;
    if (!is_under_way(WSARecv(c->socket, &c->buffer, 1, NULL, &flags, &c->overlapped, NULL))) drop(c);
}

static void answer(connection *c, DWORD count) {
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->step = SENDING;
    c->buffer.len = count;
    if (!is_under_way(WSASend(c->socket, &c->buffer, 1, NULL, 0, &c->overlapped, NULL))) drop(c);
}

/* Has the port accept one more connection. */
static void accept_one(void) {
    DWORD count;
    connection *c = malloc(sizeof *c);
    if (!c) fail("malloc", 0);
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->step = ACCEPTING;
    c->socket = WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (c->socket == INVALID_SOCKET) fail("WSASocket", WSAGetLastError());
    if (!AcceptEx(listener, c->socket, c->bytes, 0, ADDRESS, ADDRESS, &count, &c->overlapped)
        && WSAGetLastError() != WSA_IO_PENDING)
        fail("AcceptEx", WSAGetLastError());
}

static void begin(connection *c) {
    BOOL one = 1;
    setsockopt(c->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, (char *)&one, sizeof one);
    if (!CreateIoCompletionPort((HANDLE)c->socket, port, 0, 0)) fail("CreateIoCompletionPort", (int)GetLastError());
    receive(c);
}

int main(int argc, char **argv) {
    WSADATA data;
    struct sockaddr_in address;
    BOOL one = 1;
    int i;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((u_short)atoi(argc > 1 ? argv[1] : "0"));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 1;
    listener = WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, (char *)&one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address)) fail("bind", WSAGetLastError());
    if (listen(listener, 4096)) fail("listen", WSAGetLastError());
    port = CreateIoCompletionPort((HANDLE)listener, NULL, 0, 1);
    if (!port) fail("CreateIoCompletionPort", (int)GetLastError());
    for (i = 0; i < ACCEPTS; i++) accept_one();
    for (;;) {
        DWORD count;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL good = GetQueuedCompletionStatus(port, &count, &key, &overlapped, INFINITE);
        connection *c = (connection *)overlapped;
        if (!c) fail("GetQueuedCompletionStatus", (int)GetLastError());
        if (c->step == ACCEPTING) {
            accept_one();
            if (good) begin(c); else drop(c);
        } else if (!good || count == 0) {
            drop(c);
        } else if (c->step == RECEIVING) {
            answer(c, count);
        } else {
            receive(c);
        }
    }
}
