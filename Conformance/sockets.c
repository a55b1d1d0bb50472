// sockets.c: Winsock: the calls that make and describe sockets, and overlapped accepts, receives and sends.
//
// Every connection of these cases is made by peer.c to a listener of this file.
#include <winsock2.h>
#include <mswsock.h>
#include <stdlib.h>
#ifndef _WIN32
#include <signalbox.h>
#endif
#include "cases.h"
#include "peer.h"

enum { ADDRESS_SIZE = sizeof(struct sockaddr_in) + 16 };

// ---- what the cases start from

static SOCKET new_socket(void) {
    SOCKET made = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    TRUTH(made != INVALID_SOCKET);
    return made;
}

static struct sockaddr_in loopback(unsigned short port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int bind_to(SOCKET socket, unsigned short port) {
    struct sockaddr_in address = loopback(port);
    return bind(socket, (struct sockaddr *)&address, sizeof address);
}

static unsigned short port_of(SOCKET socket) {
    struct sockaddr_in address;
    int length = sizeof address;
    EQUAL(getsockname(socket, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

static SOCKET new_listener(void) {
    SOCKET listener = new_socket();
    EQUAL(bind_to(listener, 0), 0);
    EQUAL(listen(listener, SOMAXCONN), 0);
    return listener;
}

static HANDLE new_event(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(event != NULL);
    return event;
}

// A request with an event of its own.
static void begin(OVERLAPPED *overlapped) {
    memset(overlapped, 0, sizeof *overlapped);
    overlapped->hEvent = new_event();
}

// Waits for the request's end and closes its event; returns the error, 0 for none.
static int finish(SOCKET socket, OVERLAPPED *overlapped, DWORD *bytes) {
    DWORD flags = UNTOUCHED;
    int error = 0;
    *bytes = UNTOUCHED;
    EQUAL(WaitForSingleObject(overlapped->hEvent, INFINITE), WAIT_OBJECT_0);
    if (!WSAGetOverlappedResult(socket, overlapped, bytes, FALSE, &flags)) error = WSAGetLastError();
    else EQUAL(flags, 0);
    CloseHandle(overlapped->hEvent);
    return error;
}

struct connection {
    SOCKET listener, ours;
    peer theirs;
};

static BOOL open_connection(struct connection *c) {
    OVERLAPPED overlapped;
    char addresses[2 * ADDRESS_SIZE];
    DWORD bytes = 0;
    c->listener = new_listener();
    c->ours = new_socket();
    begin(&overlapped);
    BOOL done = AcceptEx(c->listener, c->ours, addresses, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &overlapped);
    TRUTH(done || WSAGetLastError() == ERROR_IO_PENDING);
    c->theirs = peer_connect(port_of(c->listener));
    if (!EQUAL(finish(c->listener, &overlapped, &bytes), 0)) return FALSE;
    return EQUAL(setsockopt(c->ours, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (const char *)&c->listener,
                            sizeof c->listener), 0);
}

static void close_connection(struct connection *c) {
    if (c->theirs) peer_close(c->theirs);
    EQUAL(closesocket(c->ours), 0);
    EQUAL(closesocket(c->listener), 0);
}

// Starts a receive; returns 0 or the error.
static int receive(SOCKET socket, void *buffer, ULONG length, OVERLAPPED *overlapped) {
    WSABUF buffers = {length, buffer};
    DWORD flags = 0;
    return WSARecv(socket, &buffers, 1, NULL, &flags, overlapped, NULL) ? WSAGetLastError() : 0;
}

static int send_bytes(SOCKET socket, const void *bytes, ULONG length, OVERLAPPED *overlapped) {
    WSABUF buffers = {length, (char *)bytes};
    return WSASend(socket, &buffers, 1, NULL, 0, overlapped, NULL) ? WSAGetLastError() : 0;
}

static int is_started(int error) { return error == 0 || error == WSA_IO_PENDING; }

struct packet {
    BOOL succeeded;
    DWORD error, bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
};

static struct packet take(HANDLE port, DWORD milliseconds) {
    struct packet packet = {FALSE, 0, UNTOUCHED, UNTOUCHED, NULL};
    SetLastError(UNTOUCHED);
    packet.succeeded =
        GetQueuedCompletionStatus(port, &packet.bytes, &packet.key, &packet.overlapped, milliseconds);
    packet.error = GetLastError();
    return packet;
}

// ---- starting Winsock

static void nothing_works_before_the_start(void) {
    while (WSACleanup() == 0) {}
    EQUAL(WSAGetLastError(), WSANOTINITIALISED);
    FAILS_WITH(WSACleanup(), SOCKET_ERROR, WSANOTINITIALISED);
    FAILS_WITH(WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0), INVALID_SOCKET, WSANOTINITIALISED);
    FAILS_WITH(WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, 0), INVALID_SOCKET, WSANOTINITIALISED);
    FAILS_WITH(socket(AF_INET, SOCK_STREAM, 0), INVALID_SOCKET, WSANOTINITIALISED);
#ifndef ON_WINE // which looks at the handle only
    FAILS_WITH(closesocket(4), SOCKET_ERROR, WSANOTINITIALISED);
    FAILS_WITH(listen(4, 1), SOCKET_ERROR, WSANOTINITIALISED);
    FAILS_WITH(bind_to(4, 0), SOCKET_ERROR, WSANOTINITIALISED);
#endif
    WSADATA data;
    EQUAL(WSAStartup(MAKEWORD(2, 2), &data), 0);
}

static void starts_are_counted(void) {
    WSADATA data;
    EQUAL(WSAStartup(MAKEWORD(2, 2), &data), 0);
    EQUAL(WSACleanup(), 0);
    SOCKET made = new_socket(); // the first start counts still
    EQUAL(closesocket(made), 0);
}

static void versions(void) {
    static const WORD asked[] = {MAKEWORD(1, 1), MAKEWORD(2, 0), MAKEWORD(2, 2), MAKEWORD(2, 3), MAKEWORD(3, 0)};
    static const WORD given[] = {MAKEWORD(1, 1), MAKEWORD(2, 0), MAKEWORD(2, 2), MAKEWORD(2, 2), MAKEWORD(2, 2)};
    for (size_t i = 0; i < COUNT(asked); i++) {
        WSADATA data;
        memset(&data, 0xFF, sizeof data);
        EQUAL(WSAStartup(asked[i], &data), 0);
        EQUAL(data.wVersion, given[i]);
        EQUAL(data.wHighVersion, MAKEWORD(2, 2));
        EQUAL(WSACleanup(), 0);
    }
    WSADATA data;
    EQUAL(WSAStartup(MAKEWORD(0, 0), &data), WSAVERNOTSUPPORTED);
    EQUAL(WSAStartup(MAKEWORD(2, 2), NULL), WSAEFAULT);
}

static void the_winsock_error_is_the_last_error(void) {
    WSASetLastError(4711);
    EQUAL(GetLastError(), 4711);
    SetLastError(4712);
    EQUAL(WSAGetLastError(), 4712);
}

// ---- sockets

static void making_sockets_fails(void) {
    FAILS_WITH(socket(12345, SOCK_STREAM, 0), INVALID_SOCKET, WSAEAFNOSUPPORT);
    FAILS_WITH(socket(-1, SOCK_STREAM, 0), INVALID_SOCKET, WSAEAFNOSUPPORT);
    FAILS_WITH(socket(AF_INET, 12345, 0), INVALID_SOCKET, WSAESOCKTNOSUPPORT);
    FAILS_WITH(WSASocketW(AF_INET, -1, 0, NULL, 0, 0), INVALID_SOCKET, WSAESOCKTNOSUPPORT);
    FAILS_WITH(socket(AF_INET, SOCK_STREAM, 12345), INVALID_SOCKET, WSAEPROTONOSUPPORT);
    FAILS_WITH(WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_UDP, NULL, 0, 0), INVALID_SOCKET, WSAEPROTONOSUPPORT);
}

static void every_call_wants_a_socket(void) {
    HANDLE event = new_event();
    SOCKET closed = new_socket();
    EQUAL(closesocket(closed), 0);
    SOCKET bad[] = {(SOCKET)event, closed, INVALID_SOCKET, 0, 0x7FFFFFFC, ~(SOCKET)1};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sockaddr_in address = loopback(0);
        int number = 1, length = sizeof number, address_length = sizeof address;
        char addresses[2 * ADDRESS_SIZE], byte;
        WSABUF buffer = {1, &byte};
        DWORD bytes = UNTOUCHED, flags = 0;
        OVERLAPPED overlapped = {0};
        FAILS_WITH(closesocket(bad[i]), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(bind(bad[i], (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(listen(bad[i], 1), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(shutdown(bad[i], SD_SEND), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(setsockopt(bad[i], SOL_SOCKET, SO_KEEPALIVE, (char *)&number, 4), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(getsockopt(bad[i], SOL_SOCKET, SO_TYPE, (char *)&number, &length), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(getsockname(bad[i], (struct sockaddr *)&address, &address_length), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(getpeername(bad[i], (struct sockaddr *)&address, &address_length), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(WSARecv(bad[i], &buffer, 1, &bytes, &flags, NULL, NULL), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(WSARecv(bad[i], &buffer, 1, &bytes, &flags, &overlapped, NULL), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(WSASend(bad[i], &buffer, 1, &bytes, 0, NULL, NULL), SOCKET_ERROR, WSAENOTSOCK);
        FAILS_WITH(WSASend(bad[i], &buffer, 1, &bytes, 0, &overlapped, NULL), SOCKET_ERROR, WSAENOTSOCK);
        FAILS(AcceptEx(bad[i], bad[i], addresses, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &overlapped), WSAENOTSOCK);
#ifndef ON_WINE // which looks at the OVERLAPPED only
        FAILS(WSAGetOverlappedResult(bad[i], &overlapped, &bytes, FALSE, &flags), WSAENOTSOCK);
#endif
#ifndef ON_WINE // which writes 0
        EQUAL(bytes, UNTOUCHED);
#endif
        EQUAL(number, 1);
        EQUAL(length, 4);
    }
    CloseHandle(event);
}

static void closing_twice(void) {
    SOCKET made = new_socket();
    EQUAL(closesocket(made), 0);
    FAILS_WITH(closesocket(made), SOCKET_ERROR, WSAENOTSOCK);
}

static void the_plain_call_makes_it_overlapped(void) {
    SOCKET made = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(made != INVALID_SOCKET);
    HANDLE port = CreateIoCompletionPort((HANDLE)made, NULL, 0, 0);
    TRUTH(port != NULL);
    EQUAL(closesocket(made), 0);
    CloseHandle(port);
}

// ---- addresses

static void binding_names_the_socket(void) {
    SOCKET made = new_socket();
    struct sockaddr_in address;
    int length = sizeof address;
    EQUAL(bind_to(made, 0), 0);
    memset(&address, 0xFF, sizeof address);
    EQUAL(getsockname(made, (struct sockaddr *)&address, &length), 0);
    EQUAL(length, sizeof address);
    EQUAL(address.sin_family, AF_INET);
    EQUAL(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    TRUTH(address.sin_port != 0);
    FAILS_WITH(bind_to(made, 0), SOCKET_ERROR, WSAEINVAL); // bound already
    EQUAL(closesocket(made), 0);
}

static void binding_fails(void) {
    SOCKET made = new_socket();
    struct sockaddr_in address = loopback(0);
    FAILS_WITH(bind(made, NULL, sizeof address), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(bind(made, (struct sockaddr *)&address, 0), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(bind(made, (struct sockaddr *)&address, sizeof address - 1), SOCKET_ERROR, WSAEFAULT);
#ifndef ON_WINE // which takes it for a large number
    FAILS_WITH(bind(made, (struct sockaddr *)&address, -1), SOCKET_ERROR, WSAEFAULT);
#endif
    address.sin_family = AF_INET6;
    FAILS_WITH(bind(made, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, WSAEFAULT);
    address.sin_family = 12345;
    FAILS_WITH(bind(made, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, WSAEAFNOSUPPORT);
    address = loopback(0);
    address.sin_addr.s_addr = htonl(0xC0000201); // 192.0.2.1, which nobody has
    FAILS_WITH(bind(made, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, WSAEADDRNOTAVAIL);
    EQUAL(bind_to(made, 0), 0); // nothing of this has bound it
    EQUAL(closesocket(made), 0);
}

static void an_address_has_one_owner(void) {
    int types[] = {SOCK_STREAM, SOCK_DGRAM};
    for (size_t i = 0; i < COUNT(types); i++) {
        SOCKET first = socket(AF_INET, types[i], 0), second = socket(AF_INET, types[i], 0);
        REQUIRE(first != INVALID_SOCKET && second != INVALID_SOCKET);
        EQUAL(bind_to(first, 0), 0);
        FAILS_WITH(bind_to(second, port_of(first)), SOCKET_ERROR, WSAEADDRINUSE);
        EQUAL(closesocket(first), 0);
        EQUAL(closesocket(second), 0);
    }
    SOCKET listener = new_listener(), other = new_socket();
    FAILS_WITH(bind_to(other, port_of(listener)), SOCKET_ERROR, WSAEADDRINUSE);
    EQUAL(closesocket(listener), 0);
    EQUAL(closesocket(other), 0);
}

static void an_address_is_free_again_at_once(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    unsigned short port = port_of(c.listener);
    shutdown(c.ours, SD_SEND); // we close first: the connection will linger in TIME_WAIT on our side
    char byte;
    EQUAL(peer_receive(c.theirs, &byte, 1), 0);
    close_connection(&c);
    SOCKET again = new_socket();
    EQUAL(bind_to(again, port), 0);
    EQUAL(listen(again, 1), 0);
    EQUAL(closesocket(again), 0);
}

static void names_of_sockets_without_one(void) {
    SOCKET made = new_socket();
    struct sockaddr_in address;
    int length = sizeof address;
    memset(&address, 0x5E, sizeof address);
    FAILS_WITH(getsockname(made, (struct sockaddr *)&address, &length), SOCKET_ERROR, WSAEINVAL);
    FAILS_WITH(getpeername(made, (struct sockaddr *)&address, &length), SOCKET_ERROR, WSAENOTCONN);
    EQUAL(address.sin_family, 0x5E5E);
    EQUAL(length, sizeof address);
    EQUAL(closesocket(made), 0);
}

static void names_want_room(void) {
    SOCKET made = new_socket();
    struct sockaddr_in address;
    int length = sizeof address - 1;
    EQUAL(bind_to(made, 0), 0);
    memset(&address, 0x5E, sizeof address);
    FAILS_WITH(getsockname(made, (struct sockaddr *)&address, &length), SOCKET_ERROR, WSAEFAULT);
    EQUAL(address.sin_family, 0x5E5E);
#ifndef ON_WINE // which crashes
    length = -1;
    FAILS_WITH(getsockname(made, (struct sockaddr *)&address, &length), SOCKET_ERROR, WSAEFAULT);
    length = sizeof address;
    FAILS_WITH(getsockname(made, NULL, &length), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(getsockname(made, (struct sockaddr *)&address, NULL), SOCKET_ERROR, WSAEFAULT);
#endif
    EQUAL(closesocket(made), 0);
}

static void names_of_both_ends(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    struct sockaddr_in address;
    int length = sizeof address;
    EQUAL(getsockname(c.ours, (struct sockaddr *)&address, &length), 0);
    EQUAL(ntohs(address.sin_port), port_of(c.listener));
    EQUAL(getpeername(c.ours, (struct sockaddr *)&address, &length), 0);
    EQUAL(address.sin_family, AF_INET);
    EQUAL(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    EQUAL(ntohs(address.sin_port), peer_port(c.theirs));
    close_connection(&c);
}

static void listening_wants_a_name(void) {
    SOCKET made = new_socket();
    FAILS_WITH(listen(made, 1), SOCKET_ERROR, WSAEINVAL);
    EQUAL(bind_to(made, 0), 0);
    EQUAL(listen(made, 1), 0);
    EQUAL(closesocket(made), 0);
}

static void a_connection_does_not_listen(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
#ifndef ON_WINE // which says WSAEINVAL
    FAILS_WITH(listen(c.ours, 1), SOCKET_ERROR, WSAEISCONN);
#endif
    close_connection(&c);
}

static void version_6_is_not_version_4(void) {
    SOCKET six = socket(AF_INET6, SOCK_STREAM, 0), four = new_socket();
    char address[28] = {AF_INET6, 0}; // any address, any port
    if (six == INVALID_SOCKET || bind(six, (struct sockaddr *)address, sizeof address)) {
        EQUAL(closesocket(four), 0);
        SKIP("there is no IPv6");
    }
    int length = sizeof address;
    EQUAL(getsockname(six, (struct sockaddr *)address, &length), 0);
    EQUAL(address[0], AF_INET6);
    EQUAL(length, sizeof address);
    unsigned short port = (unsigned short)((unsigned char)address[2] << 8 | (unsigned char)address[3]);
    EQUAL(listen(six, 1), 0);
    EQUAL(bind_to(four, port), 0); // an IPv6 socket of Windows takes no IPv4 connections unless told to
    EQUAL(closesocket(six), 0);
    EQUAL(closesocket(four), 0);
}

// ---- options

static void numeric_options(void) {
    static const int names[] = {SO_KEEPALIVE, SO_REUSEADDR};
    SOCKET made = new_socket();
    int number, length;
    for (size_t i = 0; i < COUNT(names); i++) {
        for (int on = 1; on >= 0; on--) {
            EQUAL(setsockopt(made, SOL_SOCKET, names[i], (char *)&on, sizeof on), 0);
            number = UNTOUCHED;
            length = sizeof number;
            EQUAL(getsockopt(made, SOL_SOCKET, names[i], (char *)&number, &length), 0);
            EQUAL(*(char *)&number, on); // BOOL options may come back as one byte
            TRUTH(length == 1 || length == sizeof number);
        }
    }
    int on = 1;
    EQUAL(setsockopt(made, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on), 0);
    number = UNTOUCHED;
    length = sizeof number;
    EQUAL(getsockopt(made, IPPROTO_TCP, TCP_NODELAY, (char *)&number, &length), 0);
    EQUAL(*(char *)&number, 1);
    EQUAL(closesocket(made), 0);
}

static void binding_sets_no_option(void) {
    SOCKET made = new_socket();
    int number = UNTOUCHED, length = sizeof number;
    EQUAL(bind_to(made, 0), 0);
    EQUAL(getsockopt(made, SOL_SOCKET, SO_REUSEADDR, (char *)&number, &length), 0);
    EQUAL(*(char *)&number, 0);
    EQUAL(closesocket(made), 0);
}

static void buffer_sizes_read_back(void) {
    static const int names[] = {SO_SNDBUF, SO_RCVBUF};
    SOCKET made = new_socket();
    for (size_t i = 0; i < COUNT(names); i++) {
        int size = 65536, number = UNTOUCHED, length = sizeof number;
        EQUAL(setsockopt(made, SOL_SOCKET, names[i], (char *)&size, sizeof size), 0);
        EQUAL(getsockopt(made, SOL_SOCKET, names[i], (char *)&number, &length), 0);
        EQUAL(number, size);
    }
    EQUAL(closesocket(made), 0);
}

static void what_a_socket_is(void) {
    SOCKET made = new_socket(), datagrams = socket(AF_INET, SOCK_DGRAM, 0), listener = new_listener();
    int number = UNTOUCHED, length = sizeof number;
    EQUAL(getsockopt(made, SOL_SOCKET, SO_TYPE, (char *)&number, &length), 0);
    EQUAL(number, SOCK_STREAM);
    EQUAL(getsockopt(datagrams, SOL_SOCKET, SO_TYPE, (char *)&number, &length), 0);
    EQUAL(number, SOCK_DGRAM);
    EQUAL(getsockopt(made, SOL_SOCKET, SO_ERROR, (char *)&number, &length), 0);
    EQUAL(number, 0);
#ifndef ON_WINE // which answers by another length
    EQUAL(getsockopt(made, SOL_SOCKET, SO_ACCEPTCONN, (char *)&number, &length), 0);
    EQUAL(number, 0);
    EQUAL(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, (char *)&number, &length), 0);
    EQUAL(number, 1);
#endif
    EQUAL(closesocket(made), 0);
    EQUAL(closesocket(datagrams), 0);
    EQUAL(closesocket(listener), 0);
}

static void lingering(void) {
    SOCKET made = new_socket();
    LINGER linger = {1, 7}, read_back = {0x5E, 0x5E};
    int length = sizeof read_back;
    EQUAL(setsockopt(made, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger), 0);
    EQUAL(getsockopt(made, SOL_SOCKET, SO_LINGER, (char *)&read_back, &length), 0);
    EQUAL(read_back.l_onoff, 1);
    EQUAL(read_back.l_linger, 7);
    EQUAL(length, sizeof read_back);
    FAILS_WITH(setsockopt(made, SOL_SOCKET, SO_LINGER, (char *)&linger, 1), SOCKET_ERROR, WSAEFAULT);
    EQUAL(closesocket(made), 0);
}

static void bad_options(void) {
    SOCKET made = new_socket();
    int number = UNTOUCHED, length = sizeof number;
    FAILS_WITH(setsockopt(made, SOL_SOCKET, 0x7777, (char *)&number, 4), SOCKET_ERROR, WSAENOPROTOOPT);
    FAILS_WITH(getsockopt(made, SOL_SOCKET, 0x7777, (char *)&number, &length), SOCKET_ERROR, WSAENOPROTOOPT);
    FAILS_WITH(setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, NULL, 4), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, (char *)&number, 0), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(getsockopt(made, SOL_SOCKET, SO_TYPE, NULL, &length), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(getsockopt(made, SOL_SOCKET, SO_TYPE, (char *)&number, NULL), SOCKET_ERROR, WSAEFAULT);
    length = 0;
    FAILS_WITH(getsockopt(made, SOL_SOCKET, SO_TYPE, (char *)&number, &length), SOCKET_ERROR, WSAEFAULT);
    EQUAL(number, UNTOUCHED);
    EQUAL(closesocket(made), 0);
}

static void the_accept_context_wants_a_listener(void) {
#ifdef ON_WINE
    SKIP("Wine ignores the option");
#endif
    struct connection c;
    REQUIRE(open_connection(&c));
    SOCKET bad = 0x7FFFFFFC;
    FAILS_WITH(setsockopt(c.ours, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&bad, sizeof bad), SOCKET_ERROR,
               WSAENOTSOCK);
    FAILS_WITH(setsockopt(c.ours, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&c.listener, 2), SOCKET_ERROR,
               WSAEFAULT);
    close_connection(&c);
}

static void extension_functions(void) {
    SOCKET made = new_socket();
    GUID accept = WSAID_ACCEPTEX, addresses = WSAID_GETACCEPTEXSOCKADDRS, none;
    void *function = (void *)(ULONG_PTR)UNTOUCHED;
    DWORD bytes = UNTOUCHED;
    memset(&none, 0x11, sizeof none);
    EQUAL(WSAIoctl(made, SIO_GET_EXTENSION_FUNCTION_POINTER, &none, sizeof none, &function, sizeof function, &bytes,
                   NULL, NULL), SOCKET_ERROR);
    TRUTH(WSAGetLastError() == WSAEOPNOTSUPP || WSAGetLastError() == WSAEINVAL);
    EQUAL(function, UNTOUCHED);
    FAILS_WITH(WSAIoctl(made, 0x12345678, NULL, 0, NULL, 0, &bytes, NULL, NULL), SOCKET_ERROR, WSAEOPNOTSUPP);
    EQUAL(WSAIoctl(made, SIO_GET_EXTENSION_FUNCTION_POINTER, &accept, sizeof accept, &function, sizeof function,
                     &bytes, NULL, NULL), 0);
    EQUAL(bytes, sizeof function);
    TRUTH(function != NULL && function != (void *)(ULONG_PTR)UNTOUCHED);
    EQUAL(WSAIoctl(made, SIO_GET_EXTENSION_FUNCTION_POINTER, &addresses, sizeof addresses, &function,
                     sizeof function, &bytes, NULL, NULL), 0);
    TRUTH(function != NULL);
    EQUAL(closesocket(made), 0);
}

// ---- AcceptEx

struct accept {
    SOCKET listener, accepted;
    OVERLAPPED overlapped;
    char buffer[64 + 2 * ADDRESS_SIZE];
    DWORD room;
};

// Starts an accept that receives into `room` bytes, which must be pending then.
static void begin_accept(struct accept *a, DWORD room) {
    DWORD bytes = UNTOUCHED;
    a->listener = new_listener();
    a->accepted = new_socket();
    a->room = room;
    memset(a->buffer, 0x5E, sizeof a->buffer);
    begin(&a->overlapped);
    FAILS(AcceptEx(a->listener, a->accepted, a->buffer, room, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &a->overlapped),
          ERROR_IO_PENDING);
    EQUAL(a->overlapped.Internal, STATUS_PENDING);
    TRUTH(!is_signaled(a->overlapped.hEvent));
}

static void check_addresses(struct accept *a, peer theirs) {
    struct sockaddr *local = NULL, *remote = NULL;
    int local_length = UNTOUCHED, remote_length = UNTOUCHED;
    GetAcceptExSockaddrs(a->buffer, a->room, ADDRESS_SIZE, ADDRESS_SIZE, &local, &local_length, &remote,
                         &remote_length);
    REQUIRE(local && remote);
    EQUAL(local_length, sizeof(struct sockaddr_in));
    EQUAL(remote_length, sizeof(struct sockaddr_in));
    struct sockaddr_in at_home, away;
    memcpy(&at_home, local, sizeof at_home);
    memcpy(&away, remote, sizeof away);
    EQUAL(at_home.sin_family, AF_INET);
    EQUAL(at_home.sin_port, htons(port_of(a->listener)));
    EQUAL(at_home.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    EQUAL(away.sin_family, AF_INET);
    EQUAL(away.sin_port, htons(peer_port(theirs)));
    EQUAL(away.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

static void an_accept_is_pending_until_a_client_comes(void) {
    struct accept a;
    DWORD bytes;
    begin_accept(&a, 0);
    peer theirs = peer_connect(port_of(a.listener));
    EQUAL(finish(a.listener, &a.overlapped, &bytes), 0);
    EQUAL(bytes, 0);
    check_addresses(&a, theirs);
    EQUAL(setsockopt(a.accepted, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&a.listener, sizeof a.listener), 0);
    peer_close(theirs);
    EQUAL(closesocket(a.accepted), 0);
    EQUAL(closesocket(a.listener), 0);
}

static void an_accept_takes_a_client_that_waits(void) {
    struct accept a = {new_listener(), new_socket(), {0}, {0}, 0};
    peer theirs = peer_connect(port_of(a.listener));
    DWORD bytes = 0;
    begin(&a.overlapped);
    TRUTH(AcceptEx(a.listener, a.accepted, a.buffer, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &a.overlapped) ||
          GetLastError() == ERROR_IO_PENDING);
    EQUAL(finish(a.listener, &a.overlapped, &bytes), 0);
    check_addresses(&a, theirs);
    peer_close(theirs);
    EQUAL(closesocket(a.accepted), 0);
    EQUAL(closesocket(a.listener), 0);
}

static void an_accept_with_a_buffer_waits_for_bytes(void) {
    struct accept a;
    DWORD bytes = UNTOUCHED, flags;
    begin_accept(&a, 64);
    peer theirs = peer_connect(port_of(a.listener));
    EQUAL(WaitForSingleObject(a.overlapped.hEvent, 100), WAIT_TIMEOUT);
    FAILS(WSAGetOverlappedResult(a.listener, &a.overlapped, &bytes, FALSE, &flags), WSA_IO_INCOMPLETE);
    EQUAL(bytes, UNTOUCHED);
    peer_send(theirs, "hello", 5);
    EQUAL(finish(a.listener, &a.overlapped, &bytes), 0);
    EQUAL(bytes, 5);
    EQUAL(memcmp(a.buffer, "hello", 5), 0);
    check_addresses(&a, theirs);
    peer_close(theirs);
    EQUAL(closesocket(a.accepted), 0);
    EQUAL(closesocket(a.listener), 0);
}

static void bad_accepts(void) {
    SOCKET listener = new_listener(), accepted = new_socket(), unbound = new_socket();
    char buffer[2 * ADDRESS_SIZE];
    DWORD bytes = UNTOUCHED;
    OVERLAPPED overlapped = {0};
    FAILS(AcceptEx(listener, accepted, buffer, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, NULL), ERROR_INVALID_PARAMETER);
    FAILS(AcceptEx(listener, accepted, buffer, 0, ADDRESS_SIZE, 0, &bytes, &overlapped), WSAEFAULT);
#ifndef ON_WINE // which takes it
    FAILS(AcceptEx(unbound, accepted, buffer, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &overlapped), WSAEINVAL);
#endif
    FAILS(AcceptEx(listener, INVALID_SOCKET, buffer, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &overlapped), WSAENOTSOCK);
#ifndef ON_WINE // which writes 0
    EQUAL(bytes, UNTOUCHED);
#endif
    EQUAL(closesocket(listener), 0);
    EQUAL(closesocket(accepted), 0);
    EQUAL(closesocket(unbound), 0);
}

static void a_connected_socket_accepts_nothing(void) {
#ifdef ON_WINE
    SKIP("Wine takes it");
#endif
    struct connection c;
    REQUIRE(open_connection(&c));
    char buffer[2 * ADDRESS_SIZE], byte = 0;
    DWORD bytes = UNTOUCHED;
    OVERLAPPED overlapped = {0};
    FAILS(AcceptEx(c.listener, c.ours, buffer, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &overlapped), WSAEINVAL);
    OVERLAPPED sent;
    begin(&sent);
    TRUTH(is_started(send_bytes(c.ours, "x", 1, &sent)));
    EQUAL(finish(c.ours, &sent, &bytes), 0);
    EQUAL(peer_receive(c.theirs, &byte, 1), 1); // the connection is as it was
    EQUAL(byte, 'x');
    close_connection(&c);
}

static void a_socket_waits_for_one_accept(void) {
    struct accept a;
    char buffer[2 * ADDRESS_SIZE];
    DWORD bytes;
    OVERLAPPED second = {0};
    begin_accept(&a, 0);
    FAILS(AcceptEx(a.listener, a.accepted, buffer, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &second), WSAEINVAL);
    EQUAL(closesocket(a.listener), 0);
    EQUAL(WaitForSingleObject(a.overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
    CloseHandle(a.overlapped.hEvent);
    EQUAL(closesocket(a.accepted), 0);
}

static void closing_the_listener_ends_its_accepts(void) {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    SOCKET listener = new_listener(), accepted[3];
    static char buffers[3][2 * ADDRESS_SIZE];
    OVERLAPPED overlapped[3];
    DWORD bytes;
    memset(overlapped, 0, sizeof overlapped);
    EQUAL(CreateIoCompletionPort((HANDLE)listener, port, 5, 0), port);
    for (int i = 0; i < 3; i++) {
        accepted[i] = new_socket();
        FAILS(AcceptEx(listener, accepted[i], buffers[i], 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &overlapped[i]),
              ERROR_IO_PENDING);
    }
    EQUAL(closesocket(listener), 0);
    for (int i = 0; i < 3; i++) {
        struct packet packet = take(port, INFINITE);
        EQUAL(packet.succeeded, FALSE);
        EQUAL(packet.error, ERROR_OPERATION_ABORTED);
        EQUAL(packet.key, 5);
        EQUAL(packet.bytes, 0);
        TRUTH(packet.overlapped >= overlapped && packet.overlapped < overlapped + 3);
    }
    EQUAL(take(port, 0).error, WAIT_TIMEOUT);
    for (int i = 0; i < 3; i++) EQUAL(closesocket(accepted[i]), 0);
    CloseHandle(port);
}

static void closing_the_listener_ends_an_accept_that_waits_for_bytes(void) {
    struct accept a;
    begin_accept(&a, 64);
    peer theirs = peer_connect(port_of(a.listener));
    EQUAL(WaitForSingleObject(a.overlapped.hEvent, 100), WAIT_TIMEOUT);
    EQUAL(closesocket(a.listener), 0);
    EQUAL(WaitForSingleObject(a.overlapped.hEvent, 5000), WAIT_OBJECT_0);
    EQUAL((DWORD)a.overlapped.Internal, 0xC0000120); // STATUS_CANCELLED: error 995
    peer_close(theirs);
    EQUAL(closesocket(a.accepted), 0);
    EQUAL(WaitForSingleObject(a.overlapped.hEvent, INFINITE), WAIT_OBJECT_0); // its memory is ours again
    CloseHandle(a.overlapped.hEvent);
}

static void closing_the_accepting_socket_ends_the_accept(void) {
#ifdef ON_WINE
    SKIP("Wine goes on with the accept");
#endif
    struct accept a;
    begin_accept(&a, 0);
    EQUAL(closesocket(a.accepted), 0);
    EQUAL(WaitForSingleObject(a.overlapped.hEvent, 5000), WAIT_OBJECT_0);
    EQUAL((DWORD)a.overlapped.Internal, 0xC0000120); // STATUS_CANCELLED
    EQUAL(closesocket(a.listener), 0);
    EQUAL(WaitForSingleObject(a.overlapped.hEvent, INFINITE), WAIT_OBJECT_0); // its memory is ours again
    CloseHandle(a.overlapped.hEvent);
}

// ---- receiving and sending

static void a_receive_is_told_to_its_event(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    OVERLAPPED overlapped;
    char buffer[16];
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;
    memset(buffer, 0x5E, sizeof buffer);
    begin(&overlapped);
    TRUTH(SetEvent(overlapped.hEvent));
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSA_IO_PENDING);
    EQUAL(overlapped.Internal, STATUS_PENDING);
    TRUTH(!is_signaled(overlapped.hEvent)); // the start resets it
    FAILS(WSAGetOverlappedResult(c.ours, &overlapped, &bytes, FALSE, &flags), WSA_IO_INCOMPLETE);
    EQUAL(bytes, UNTOUCHED);
    EQUAL(flags, UNTOUCHED);
    peer_send(c.theirs, "abc", 3);
    EQUAL(WSAGetOverlappedResult(c.ours, &overlapped, &bytes, TRUE, &flags), TRUE);
    EQUAL(bytes, 3);
    EQUAL(flags, 0);
    EQUAL(memcmp(buffer, "abc\x5E", 4), 0);
    EQUAL(overlapped.Internal, 0);
    EQUAL(overlapped.InternalHigh, 3);
    EQUAL(finish(c.ours, &overlapped, &bytes), 0);
    EQUAL(bytes, 3);
    close_connection(&c);
}

static void a_receive_without_an_event(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    OVERLAPPED overlapped = {0};
    char buffer[16];
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSA_IO_PENDING);
    peer_send(c.theirs, "abc", 3);
    EQUAL(WSAGetOverlappedResult(c.ours, &overlapped, &bytes, TRUE, &flags), TRUE); // waits for the socket
    EQUAL(bytes, 3);
    close_connection(&c);
}

static void an_event_that_is_none(void) {
#ifdef ON_WINE
    SKIP("Wine says WSAENOTSOCK");
#endif
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), closed = new_event();
    CloseHandle(closed);
    HANDLE bad[] = {port, closed, (HANDLE)c.ours, (HANDLE)(ULONG_PTR)0x7FFFFFFC};
    for (size_t i = 0; i < COUNT(bad); i++) {
        OVERLAPPED overlapped = {0};
        char buffer[16];
        overlapped.hEvent = bad[i];
        EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSA_INVALID_HANDLE);
        EQUAL(send_bytes(c.ours, "x", 1, &overlapped), WSA_INVALID_HANDLE);
    }
    char byte;
    EQUAL(shutdown(c.ours, SD_SEND), 0);
    EQUAL(peer_receive(c.theirs, &byte, 1), 0); // nothing was sent
    CloseHandle(port);
    close_connection(&c);
}

static void a_receive_is_told_to_its_port(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 77, 0);
    OVERLAPPED overlapped;
    char buffer[16];
    DWORD bytes;
    begin(&overlapped);
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSA_IO_PENDING);
    EQUAL(take(port, 0).error, WAIT_TIMEOUT);
    peer_send(c.theirs, "abc", 3);
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.error, UNTOUCHED);
    EQUAL(packet.bytes, 3);
    EQUAL(packet.key, 77);
    EQUAL(packet.overlapped, &overlapped);
    EQUAL(finish(c.ours, &overlapped, &bytes), 0); // and to its event
    CloseHandle(port);
    close_connection(&c);
}

static void what_completes_at_once_gives_a_packet_too(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 77, 0);
    OVERLAPPED overlapped = {0};
    char buffer[16];
    TRUTH(is_started(send_bytes(c.ours, "abc", 3, &overlapped)));
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, 3);
    EQUAL(packet.key, 77);
    EQUAL(packet.overlapped, &overlapped);
    EQUAL(peer_receive(c.theirs, buffer, 3), 3);
    peer_send(c.theirs, "de", 2);
    TRUTH(is_started(receive(c.ours, buffer, sizeof buffer, &overlapped)));
    packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, 2);
    EQUAL(packet.overlapped, &overlapped);
    EQUAL(take(port, 0).error, WAIT_TIMEOUT); // one packet a request
    CloseHandle(port);
    close_connection(&c);
}

static void bit_0_of_the_event_wants_no_packet(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 77, 0), event = new_event();
    OVERLAPPED overlapped = {0};
    char buffer[16];
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSA_IO_PENDING);
    peer_send(c.theirs, "abc", 3);
    EQUAL(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    EQUAL(overlapped.Internal, 0);
    EQUAL(overlapped.InternalHigh, 3);
    EQUAL(take(port, 0).error, WAIT_TIMEOUT);
    TRUTH(is_started(send_bytes(c.ours, "x", 1, &overlapped))); // nor if it completes at once
    EQUAL(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    EQUAL(take(port, 0).error, WAIT_TIMEOUT);
    CloseHandle(event);
    CloseHandle(port);
    close_connection(&c);
}

static void bad_results(void) {
#ifdef ON_WINE
    SKIP("Wine allows most of it");
#endif
    struct connection c;
    REQUIRE(open_connection(&c));
    OVERLAPPED overlapped = {0};
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;
    FAILS(WSAGetOverlappedResult(c.ours, NULL, &bytes, FALSE, &flags), WSAEFAULT);
    FAILS(WSAGetOverlappedResult(c.ours, &overlapped, NULL, FALSE, &flags), WSAEFAULT);
    FAILS(WSAGetOverlappedResult(c.ours, &overlapped, &bytes, FALSE, NULL), WSAEFAULT);
    EQUAL(bytes, UNTOUCHED);
    EQUAL(flags, UNTOUCHED);
    close_connection(&c);
}

static void synchronous_forms(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    char buffer[16];
    WSABUF out = {5, "hello"}, in = {sizeof buffer, buffer};
    DWORD bytes = UNTOUCHED, flags = 0;
    EQUAL(WSASend(c.ours, &out, 1, &bytes, 0, NULL, NULL), 0);
    EQUAL(bytes, 5);
    EQUAL(peer_receive(c.theirs, buffer, 5), 5);
    EQUAL(memcmp(buffer, "hello", 5), 0);
    peer_send(c.theirs, "abc", 3);
    EQUAL(WSARecv(c.ours, &in, 1, &bytes, &flags, NULL, NULL), 0);
    EQUAL(bytes, 3);
    EQUAL(flags, 0);
    EQUAL(memcmp(buffer, "abc", 3), 0);
    peer_finish(c.theirs);
    EQUAL(WSARecv(c.ours, &in, 1, &bytes, &flags, NULL, NULL), 0); // the peer's end
    EQUAL(bytes, 0);
    close_connection(&c);
}

static DWORD WINAPI receive_and_wait(LPVOID argument) {
    char buffer[16];
    WSABUF in = {sizeof buffer, buffer};
    DWORD bytes = UNTOUCHED, flags = 0;
    return WSARecv(*(SOCKET *)argument, &in, 1, &bytes, &flags, NULL, NULL) ? (DWORD)WSAGetLastError() : bytes;
}

static void a_synchronous_receive_blocks(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    DWORD id;
    HANDLE thread = start(receive_and_wait, &c.ours, &id);
    until_blocked(id);
    TRUTH(!is_signaled(thread));
    peer_send(c.theirs, "abcd", 4);
    EQUAL(join(thread), 4);
    close_connection(&c);
}

static void receives_complete_in_the_order_of_posting(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 0, 0);
    OVERLAPPED overlapped[8];
    char buffers[8][2];
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < 8; i++) EQUAL(receive(c.ours, buffers[i], 2, &overlapped[i]), WSA_IO_PENDING);
    peer_send(c.theirs, "aabbccddeeffgghh", 16);
    for (int i = 0; i < 8; i++) {
        struct packet packet = take(port, INFINITE);
        EQUAL(packet.succeeded, TRUE);
        EQUAL(packet.overlapped, &overlapped[i]);
        EQUAL(packet.bytes, 2);
        EQUAL(buffers[i][0], 'a' + i);
        EQUAL(buffers[i][1], 'a' + i);
    }
    CloseHandle(port);
    close_connection(&c);
}

static void several_buffers(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    char first[3], second[1], third[8], buffer[16];
    WSABUF out[4] = {{2, "ab"}, {0, NULL}, {3, "cde"}, {1, "f"}}, in[3] = {{3, first}, {1, second}, {8, third}};
    DWORD bytes = UNTOUCHED, flags = 0;
    EQUAL(WSASend(c.ours, out, 4, &bytes, 0, NULL, NULL), 0);
    EQUAL(bytes, 6);
    EQUAL(peer_receive(c.theirs, buffer, 6), 6);
    EQUAL(memcmp(buffer, "abcdef", 6), 0);
    memset(third, 0x5E, sizeof third);
    peer_send(c.theirs, "123456", 6);
    EQUAL(WSARecv(c.ours, in, 3, &bytes, &flags, NULL, NULL), 0);
    EQUAL(bytes, 6);
    EQUAL(memcmp(first, "123", 3), 0);
    EQUAL(second[0], '4');
    EQUAL(memcmp(third, "56\x5E", 3), 0);
    close_connection(&c);
}

static void buffers_that_are_nowhere(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    WSABUF null = {5, NULL}, wild = {5, (char *)8};
    DWORD bytes = UNTOUCHED, flags = 0;
    FAILS_WITH(WSASend(c.ours, &null, 1, &bytes, 0, NULL, NULL), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(WSASend(c.ours, &wild, 1, &bytes, 0, NULL, NULL), SOCKET_ERROR, WSAEFAULT);
    peer_send(c.theirs, "abc", 3);
    FAILS_WITH(WSARecv(c.ours, &null, 1, &bytes, &flags, NULL, NULL), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(WSARecv(c.ours, &wild, 1, &bytes, &flags, NULL, NULL), SOCKET_ERROR, WSAEFAULT);
    EQUAL(bytes, UNTOUCHED);
    char buffer[16];
    WSABUF in = {sizeof buffer, buffer};
    EQUAL(WSARecv(c.ours, &in, 1, &bytes, &flags, NULL, NULL), 0);
    EQUAL(bytes, 3); // nothing was lost
    close_connection(&c);
}

static void what_is_not_connected_transfers_nothing(void) {
#ifdef ON_WINE
    SKIP("Wine has other errors, and leaves some pending");
#endif
    SOCKET made = new_socket(), listener = new_listener();
    SOCKET sockets[] = {made, listener};
    for (size_t i = 0; i < COUNT(sockets); i++) {
        OVERLAPPED overlapped = {0};
        char buffer[16];
        WSABUF buffers = {sizeof buffer, buffer};
        DWORD bytes = UNTOUCHED, flags = 0;
        EQUAL(receive(sockets[i], buffer, sizeof buffer, &overlapped), WSAENOTCONN);
        EQUAL(send_bytes(sockets[i], "x", 1, &overlapped), WSAENOTCONN);
        FAILS_WITH(WSARecv(sockets[i], &buffers, 1, &bytes, &flags, NULL, NULL), SOCKET_ERROR, WSAENOTCONN);
        FAILS_WITH(WSASend(sockets[i], &buffers, 1, &bytes, 0, NULL, NULL), SOCKET_ERROR, WSAENOTCONN);
        FAILS_WITH(shutdown(sockets[i], SD_SEND), SOCKET_ERROR, WSAENOTCONN);
        EQUAL(bytes, UNTOUCHED);
    }
    SOCKET datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    OVERLAPPED overlapped = {0};
    EQUAL(send_bytes(datagrams, "x", 1, &overlapped), WSAENOTCONN);
    EQUAL(closesocket(datagrams), 0);
    EQUAL(closesocket(made), 0);
    EQUAL(closesocket(listener), 0);
}

static void half_closing_ends_sending(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    OVERLAPPED overlapped = {0};
    char byte;
    EQUAL(shutdown(c.ours, SD_SEND), 0);
    EQUAL(send_bytes(c.ours, "x", 1, &overlapped), WSAESHUTDOWN);
    EQUAL(peer_receive(c.theirs, &byte, 1), 0);
    peer_send(c.theirs, "y", 1);
    EQUAL(receive_and_wait(&c.ours), 1); // the other direction goes on
    FAILS_WITH(shutdown(c.ours, 3), SOCKET_ERROR, WSAEINVAL);
    FAILS_WITH(shutdown(c.ours, -1), SOCKET_ERROR, WSAEINVAL);
    close_connection(&c);
}

static void half_closing_ends_receiving(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    OVERLAPPED overlapped = {0};
    char buffer[16];
    EQUAL(shutdown(c.ours, SD_RECEIVE), 0);
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSAESHUTDOWN);
    EQUAL(send_bytes(c.ours, "x", 1, &overlapped), 0);
    close_connection(&c);
}

// ---- the end of a connection

static void a_graceful_close_is_0_bytes(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 0, 0);
    OVERLAPPED overlapped[2];
    char buffers[2][16];
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < 2; i++) EQUAL(receive(c.ours, buffers[i], 16, &overlapped[i]), WSA_IO_PENDING);
    peer_close(c.theirs);
    c.theirs = 0;
    for (int i = 0; i < 2; i++) {
        struct packet packet = take(port, INFINITE);
        EQUAL(packet.succeeded, TRUE);
        EQUAL(packet.bytes, 0);
        EQUAL(packet.overlapped, &overlapped[i]);
    }
    CloseHandle(port);
    close_connection(&c);
}

static void a_reset_is_error_64(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char buffer[16];
    DWORD bytes, flags;
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSA_IO_PENDING);
    peer_reset(c.theirs);
    c.theirs = 0;
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, FALSE);
    EQUAL(packet.error, ERROR_NETNAME_DELETED);
    EQUAL(packet.bytes, 0);
    EQUAL(packet.overlapped, &overlapped);
    FAILS(WSAGetOverlappedResult(c.ours, &overlapped, &bytes, FALSE, &flags), WSAECONNRESET);
    CloseHandle(port);
    close_connection(&c);
}

static void a_reset_ends_all_that_is_pending(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 0, 0);
    OVERLAPPED overlapped[3];
    char buffers[3][16];
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < 3; i++) EQUAL(receive(c.ours, buffers[i], 16, &overlapped[i]), WSA_IO_PENDING);
    peer_reset(c.theirs);
    c.theirs = 0;
    for (int i = 0; i < 3; i++) {
        struct packet packet = take(port, INFINITE);
        EQUAL(packet.succeeded, FALSE); // not a graceful end
        EQUAL(packet.error, ERROR_NETNAME_DELETED);
    }
    CloseHandle(port);
    close_connection(&c);
}

static void after_a_reset_everything_fails(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    OVERLAPPED overlapped;
    char buffer[16];
    DWORD bytes;
    begin(&overlapped);
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSA_IO_PENDING);
    peer_reset(c.theirs);
    c.theirs = 0;
    EQUAL(finish(c.ours, &overlapped, &bytes), WSAECONNRESET);
    memset(&overlapped, 0, sizeof overlapped);
#ifndef ON_WINE // which pretends a graceful end
    EQUAL(receive(c.ours, buffer, sizeof buffer, &overlapped), WSAECONNRESET);
#endif
    EQUAL(send_bytes(c.ours, "x", 1, &overlapped), WSAECONNRESET);
    close_connection(&c);
}

static void a_local_close_is_error_1236(void) {
#ifdef ON_WINE
    SKIP("Wine has another error");
#endif
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 9, 0);
    OVERLAPPED overlapped[2];
    char buffers[2][16];
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < 2; i++) EQUAL(receive(c.ours, buffers[i], 16, &overlapped[i]), WSA_IO_PENDING);
    EQUAL(closesocket(c.ours), 0);
    for (int i = 0; i < 2; i++) {
        struct packet packet = take(port, INFINITE);
        EQUAL(packet.succeeded, FALSE);
        EQUAL(packet.error, ERROR_CONNECTION_ABORTED);
        EQUAL(packet.bytes, 0);
        EQUAL(packet.key, 9);
        TRUTH(packet.overlapped == &overlapped[0] || packet.overlapped == &overlapped[1]);
    }
    char byte;
    TRUTH(peer_receive(c.theirs, &byte, 1) <= 0);
    peer_close(c.theirs);
    EQUAL(closesocket(c.listener), 0);
    CloseHandle(port);
}

static void a_large_send_completes_whole(void) {
    enum { SIZE = 1 << 20, CHUNK = 4096 };
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 0, 0);
    int small = 8192;
    setsockopt(c.ours, SOL_SOCKET, SO_SNDBUF, (char *)&small, sizeof small);
    char *data = malloc(SIZE), *received = malloc(SIZE);
    OVERLAPPED overlapped = {0};
    REQUIRE(data && received);
    for (int i = 0; i < SIZE; i++) data[i] = (char)(i * 7 + i / 251);
    TRUTH(is_started(send_bytes(c.ours, data, SIZE, &overlapped)));
    int is_whole = 1;
    for (int i = 0; i < SIZE; i += CHUNK) {
        if (i % (64 * CHUNK) == 0) Sleep(1); // a slow reader
        is_whole &= peer_receive(c.theirs, received + i, CHUNK) == CHUNK;
    }
    TRUTH(is_whole);
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, SIZE);
    EQUAL(packet.overlapped, &overlapped);
    EQUAL(memcmp(data, received, SIZE), 0);
    free(data);
    free(received);
    CloseHandle(port);
    close_connection(&c);
}

static void sends_go_out_in_the_order_of_posting(void) {
    enum { SENDS = 32, SIZE = 65536 };
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 0, 0);
    static char data[SENDS][SIZE], received[SIZE];
    static OVERLAPPED overlapped[SENDS];
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < SENDS; i++) {
        memset(data[i], i, SIZE);
        TRUTH(is_started(send_bytes(c.ours, data[i], SIZE, &overlapped[i])));
    }
    for (int i = 0; i < SENDS; i++) {
        EQUAL(peer_receive(c.theirs, received, SIZE), SIZE);
        if (!EQUAL(memcmp(received, data[i], SIZE), 0)) break;
    }
    for (int i = 0; i < SENDS; i++) {
        struct packet packet = take(port, INFINITE);
        EQUAL(packet.succeeded, TRUE);
        EQUAL(packet.bytes, SIZE);
        EQUAL(packet.overlapped, &overlapped[i]);
    }
    CloseHandle(port);
    close_connection(&c);
}

static DWORD WINAPI receive_and_end(LPVOID argument) {
    static char buffer[16];
    void **given = argument;
    return receive(*(SOCKET *)given[0], buffer, sizeof buffer, given[1]);
}

static void a_request_outlives_its_thread_at_a_port(void) {
    struct connection c;
    REQUIRE(open_connection(&c));
    HANDLE port = CreateIoCompletionPort((HANDLE)c.ours, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    void *given[2] = {&c.ours, &overlapped};
    EQUAL(join(start(receive_and_end, given, NULL)), WSA_IO_PENDING);
    EQUAL(take(port, 50).error, WAIT_TIMEOUT);
    peer_send(c.theirs, "abc", 3);
    struct packet packet = take(port, INFINITE);
    EQUAL(packet.succeeded, TRUE);
    EQUAL(packet.bytes, 3);
    CloseHandle(port);
    close_connection(&c);
}

#ifndef _WIN32
// Not descriptors of other kinds: the library's event loop makes some of its own when it first needs them.
static int open_sockets(void) {
    DIR *directory = opendir(DESCRIPTORS);
    struct dirent *entry;
    int count = 0;
    if (!directory) return -1;
    while ((entry = readdir(directory))) {
        char target[16] = "";
        if (readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1) > 0)
            count += strncmp(target, "socket:", 7) == 0;
    }
    closedir(directory);
    return count;
}

static int sockets_at_first;

static void nothing_is_left(void) {
    while (open_sockets() > sockets_at_first) sched_yield(); // what goes, goes soon; the time limit ends this
    EQUAL(open_sockets(), sockets_at_first);
}
#endif

#ifndef _WIN32
// What signalbox.h says of a program that was started from a shell.
static void no_socket_was_passed(void) {
    while (WSACleanup() == 0) {}
    FAILS_WITH(SignalboxServiceSocket("http"), INVALID_SOCKET, WSANOTINITIALISED);
    WSADATA data;
    EQUAL(WSAStartup(MAKEWORD(2, 2), &data), 0);
    FAILS_WITH(SignalboxServiceSocket(NULL), INVALID_SOCKET, WSAEFAULT);
    FAILS_WITH(SignalboxServiceSocket("http"), INVALID_SOCKET, ERROR_NOT_FOUND);
}
#endif

static const struct test_case cases[] = {
    CASE(nothing_works_before_the_start),
    CASE(starts_are_counted),
    CASE(versions),
    CASE(the_winsock_error_is_the_last_error),
    CASE(making_sockets_fails),
    CASE(every_call_wants_a_socket),
    CASE(closing_twice),
    CASE(the_plain_call_makes_it_overlapped),
    CASE(binding_names_the_socket),
    CASE(binding_fails),
    CASE(an_address_has_one_owner),
    CASE(an_address_is_free_again_at_once),
    CASE(names_of_sockets_without_one),
    CASE(names_want_room),
    CASE(names_of_both_ends),
    CASE(listening_wants_a_name),
    CASE(a_connection_does_not_listen),
    CASE(version_6_is_not_version_4),
    CASE(numeric_options),
    CASE(binding_sets_no_option),
    CASE(buffer_sizes_read_back),
    CASE(what_a_socket_is),
    CASE(lingering),
    CASE(bad_options),
    CASE(the_accept_context_wants_a_listener),
    CASE(extension_functions),
    CASE(an_accept_is_pending_until_a_client_comes),
    CASE(an_accept_takes_a_client_that_waits),
    CASE(an_accept_with_a_buffer_waits_for_bytes),
    CASE(bad_accepts),
    CASE(a_connected_socket_accepts_nothing),
    CASE(a_socket_waits_for_one_accept),
    CASE(closing_the_listener_ends_its_accepts),
    CASE(closing_the_listener_ends_an_accept_that_waits_for_bytes),
    CASE(closing_the_accepting_socket_ends_the_accept),
    CASE(a_receive_is_told_to_its_event),
    CASE(a_receive_without_an_event),
    CASE(an_event_that_is_none),
    CASE(a_receive_is_told_to_its_port),
    CASE(what_completes_at_once_gives_a_packet_too),
    CASE(bit_0_of_the_event_wants_no_packet),
    CASE(bad_results),
    CASE(synchronous_forms),
    CASE(a_synchronous_receive_blocks),
    CASE(receives_complete_in_the_order_of_posting),
    CASE(several_buffers),
    CASE(buffers_that_are_nowhere),
    CASE(what_is_not_connected_transfers_nothing),
    CASE(half_closing_ends_sending),
    CASE(half_closing_ends_receiving),
    CASE(a_graceful_close_is_0_bytes),
    CASE(a_reset_is_error_64),
    CASE(a_reset_ends_all_that_is_pending),
    CASE(after_a_reset_everything_fails),
    CASE(a_local_close_is_error_1236),
    CASE(a_large_send_completes_whole),
    CASE(sends_go_out_in_the_order_of_posting),
    CASE(a_request_outlives_its_thread_at_a_port),
#ifndef _WIN32
    CASE(no_socket_was_passed),
    CASE(nothing_is_left),
#endif
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
#ifndef _WIN32
    sockets_at_first = open_sockets();
#endif
    return run_cases(cases, COUNT(cases), argc, argv);
}
