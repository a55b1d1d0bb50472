// datagrams.c: datagram sockets: where datagrams go and come from, those that are too long, those that find nobody, and
// messages with ancillary data.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include "cases.h"
#include "connections.h"

static SOCKET first, second;
static struct sockaddr_in first_name, second_name;

static void open_two(void) {
    first = new_datagrams();
    second = new_datagrams();
    first_name = name_of(first);
    second_name = name_of(second);
}

static void close_two(void) {
    EQUAL(closesocket(first), 0);
    EQUAL(closesocket(second), 0);
}

static int send_to_second(const char *text) {
    return sendto(first, text, (int)strlen(text), 0, (struct sockaddr *)&second_name, sizeof second_name);
}

static HANDLE new_event(void) { return CreateEventA(NULL, TRUE, FALSE, NULL); }

// ---- recvfrom, sendto

static void a_datagram_tells_where_it_came_from(void) {
    struct sockaddr_in from;
    int length = sizeof from;
    char text[16] = "";
    open_two();
    EQUAL(send_to_second("hello"), 5);
    memset(&from, 0, sizeof from);
    EQUAL(recvfrom(second, text, sizeof text, 0, (struct sockaddr *)&from, &length), 5);
    EQUAL(memcmp(text, "hello", 5), 0);
    EQUAL(length, sizeof from);
    EQUAL(from.sin_family, AF_INET);
    EQUAL(from.sin_port, first_name.sin_port);
    EQUAL(from.sin_addr.s_addr, first_name.sin_addr.s_addr);
    EQUAL(send_to_second(""), 0); // one of no bytes is one all the same
    EQUAL(send_to_second("x"), 1);
    EQUAL(recvfrom(second, text, sizeof text, 0, NULL, NULL), 0);
    EQUAL(recv(second, text, sizeof text, 0), 1);
    close_two();
}

static void boundaries_are_kept(void) {
    char text[16];
    open_two();
    EQUAL(send_to_second("one"), 3);
    EQUAL(send_to_second("three"), 5);
    EQUAL(recv(second, text, sizeof text, MSG_PEEK), 3);
    EQUAL(recv(second, text, sizeof text, 0), 3);
    EQUAL(recv(second, text, sizeof text, 0), 5);
    EQUAL(memcmp(text, "three", 5), 0);
    close_two();
}

static void what_is_too_long_is_cut(void) {
    struct sockaddr_in from;
    int length = sizeof from;
    char text[4] = "";
    open_two();
    EQUAL(send_to_second("longdatagram"), 12);
    EQUAL(send_to_second("abcdefgh"), 8);
    EQUAL(send_to_second("next"), 4);
    FAILS_WITH(recv(second, text, 4, 0), SOCKET_ERROR, WSAEMSGSIZE);
    EQUAL(memcmp(text, "long", 4), 0);
    FAILS_WITH(recvfrom(second, text, 4, 0, (struct sockaddr *)&from, &length), SOCKET_ERROR, WSAEMSGSIZE);
    EQUAL(memcmp(text, "abcd", 4), 0);
    EQUAL(recv(second, text, 4, 0), 4); // what did not fit is lost
    EQUAL(memcmp(text, "next", 4), 0);
    close_two();
}

static void sending_fails(void) {
    static char big[70000];
    struct sockaddr_in name;
    struct sockaddr_in6 six;
    SOCKET stream = new_stream();
    open_two();
    name = second_name;
    FAILS_WITH(sendto(first, big, sizeof big, 0, (struct sockaddr *)&name, sizeof name), SOCKET_ERROR, WSAEMSGSIZE);
#ifndef ON_WINE // which hands it all to Linux as it is
    FAILS_WITH(send(first, "x", 1, 0), SOCKET_ERROR, WSAENOTCONN);
    FAILS_WITH(sendto(stream, "x", 1, 0, (struct sockaddr *)&second_name, sizeof name), SOCKET_ERROR, WSAENOTCONN);
    FAILS_WITH(sendto(first, "x", 1, 0, (struct sockaddr *)&name, 7), SOCKET_ERROR, WSAEFAULT);
    memset(&six, 0, sizeof six);
    six.sin6_family = AF_INET6;
    six.sin6_port = name.sin_port;
    FAILS_WITH(sendto(first, "x", 1, 0, (struct sockaddr *)&six, sizeof six), SOCKET_ERROR, WSAEAFNOSUPPORT);
    name.sin_port = 0;
    FAILS_WITH(sendto(first, "x", 1, 0, (struct sockaddr *)&name, sizeof name), SOCKET_ERROR, WSAEADDRNOTAVAIL);
#else
    (void)six;
#endif
    FAILS_WITH(sendto(first, NULL, 1, 0, (struct sockaddr *)&second_name, sizeof name), SOCKET_ERROR, WSAEFAULT);
    closesocket(stream);
    close_two();
}

static void receiving_fails(void) {
    SOCKET unbound = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in from;
    int length = 4;
    char byte = 'u';
    open_two();
    EQUAL(send_to_second("x"), 1);
#ifndef ON_WINE // which would wait, and receives it all the same
    FAILS_WITH(recvfrom(unbound, &byte, 1, 0, NULL, NULL), SOCKET_ERROR, WSAEINVAL);
    FAILS_WITH(recv(unbound, &byte, 1, 0), SOCKET_ERROR, WSAEINVAL);
    FAILS_WITH(recvfrom(second, &byte, 1, 0, (struct sockaddr *)&from, &length), SOCKET_ERROR, WSAEFAULT);
    EQUAL(length, 4);
    FAILS_WITH(recvfrom(second, &byte, 1, 0, (struct sockaddr *)&from, NULL), SOCKET_ERROR, WSAEFAULT);
    EQUAL(byte, 'u');
    EQUAL(recv(second, &byte, 1, 0), 1);
#else
    (void)from, (void)length, (void)byte;
#endif
    closesocket(unbound);
    close_two();
}

static void a_send_binds_the_socket(void) {
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in from;
    int length = sizeof from;
    char byte;
    open_two();
    EQUAL(sendto(s, "q", 1, 0, (struct sockaddr *)&second_name, sizeof second_name), 1);
    EQUAL(recvfrom(second, &byte, 1, 0, (struct sockaddr *)&from, &length), 1);
    EQUAL(sendto(second, "a", 1, 0, (struct sockaddr *)&from, length), 1);
    EQUAL(recv(s, &byte, 1, 0), 1);
    EQUAL(byte, 'a');
    closesocket(s);
    close_two();
}

static void a_peer_of_its_own(void) {
    SOCKET third = new_datagrams();
    struct sockaddr_in name;
    int length = sizeof name;
    char byte = 0;
    open_two();
    EQUAL(connect(first, (struct sockaddr *)&second_name, sizeof second_name), 0);
    EQUAL(getpeername(first, (struct sockaddr *)&name, &length), 0);
    EQUAL(name.sin_port, second_name.sin_port);
    EQUAL(send(first, "a", 1, 0), 1);
    EQUAL(recv(second, &byte, 1, 0), 1);
    // Others' are not heard.
    EQUAL(sendto(third, "b", 1, 0, (struct sockaddr *)&first_name, sizeof first_name), 1);
    EQUAL(sendto(second, "c", 1, 0, (struct sockaddr *)&first_name, sizeof first_name), 1);
    EQUAL(recv(first, &byte, 1, 0), 1);
    EQUAL(byte, 'c');
    // And no peer again.
    memset(&name, 0, sizeof name);
    name.sin_family = AF_INET;
#ifndef ON_WINE // "If the address member is filled with zeros, the socket is disconnected" (connect)
    EQUAL(connect(first, (struct sockaddr *)&name, sizeof name), 0);
    FAILS_WITH(send(first, "a", 1, 0), SOCKET_ERROR, WSAENOTCONN);
#endif
    closesocket(third);
    close_two();
}

static void one_that_finds_nobody_fails_a_receive(void) {
    SOCKET gone = new_datagrams();
    struct sockaddr_in name = name_of(gone);
    char byte = 'u';
    closesocket(gone);
    open_two();
#ifndef ON_WINE // which does not ask Linux for it
    EQUAL(sendto(first, "x", 1, 0, (struct sockaddr *)&name, sizeof name), 1);
    // "A previous send operation resulted in an ICMP Port Unreachable message" (recvfrom)
    FAILS_WITH(recv(first, &byte, 1, 0), SOCKET_ERROR, WSAECONNRESET);
    EQUAL(byte, 'u');
    // It harms nothing that follows.
    EQUAL(sendto(second, "y", 1, 0, (struct sockaddr *)&first_name, sizeof first_name), 1);
    EQUAL(recv(first, &byte, 1, 0), 1);
    // Sends never fail by it.
    EQUAL(sendto(first, "x", 1, 0, (struct sockaddr *)&name, sizeof name), 1);
    EQUAL(sendto(first, "x", 1, 0, (struct sockaddr *)&second_name, sizeof second_name), 1);
    EQUAL(recv(second, &byte, 1, 0), 1);
    FAILS_WITH(recv(first, &byte, 1, 0), SOCKET_ERROR, WSAECONNRESET);
#endif
    BOOL report = FALSE;
    DWORD bytes = UNTOUCHED;
    EQUAL(WSAIoctl(first, 0x9800000C /* SIO_UDP_CONNRESET */, &report, sizeof report, NULL, 0, &bytes, NULL, NULL), 0);
    EQUAL(sendto(first, "x", 1, 0, (struct sockaddr *)&name, sizeof name), 1);
    EQUAL(sendto(second, "z", 1, 0, (struct sockaddr *)&first_name, sizeof first_name), 1);
    EQUAL(recv(first, &byte, 1, 0), 1);
    EQUAL(byte, 'z');
    close_two();
}

// ---- overlapped

static void an_overlapped_receive_tells_where_it_came_from(void) {
    struct sockaddr_in from;
    INT length = sizeof from;
    char text[16] = "";
    WSABUF buffer = {sizeof text, text};
    OVERLAPPED overlapped;
    DWORD flags = 0, bytes = UNTOUCHED;
    open_two();
    memset(&from, 0, sizeof from);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = new_event();
    FAILS_WITH(WSARecvFrom(second, &buffer, 1, NULL, &flags, (struct sockaddr *)&from, &length, &overlapped, NULL),
               SOCKET_ERROR, WSA_IO_PENDING);
    EQUAL(from.sin_port, 0);
    EQUAL(send_to_second("dgram"), 5);
    EQUAL(WSAGetOverlappedResult(second, &overlapped, &bytes, TRUE, &flags), TRUE);
    EQUAL(bytes, 5);
    EQUAL(from.sin_port, first_name.sin_port);
    EQUAL(length, sizeof from);
    EQUAL(memcmp(text, "dgram", 5), 0);
    CloseHandle(overlapped.hEvent);
    close_two();
}

static void an_overlapped_receive_that_is_too_short(void) {
    char text[4];
    WSABUF buffer = {sizeof text, text};
    OVERLAPPED overlapped, *told = NULL;
    DWORD flags = 0, bytes = UNTOUCHED;
    ULONG_PTR key = 0;
    open_two();
    HANDLE port = CreateIoCompletionPort((HANDLE)second, NULL, 7, 0);
    for (int is_early = 0; is_early < 2; is_early++) {
        memset(&overlapped, 0, sizeof overlapped);
        if (is_early) {
            EQUAL(send_to_second("longdatagram"), 12);
            until_readable(second);
        }
        int result = WSARecv(second, &buffer, 1, NULL, &flags, &overlapped, NULL);
        if (!is_early) {
            EQUAL(result, SOCKET_ERROR);
            EQUAL(WSAGetLastError(), WSA_IO_PENDING);
            EQUAL(send_to_second("longdatagram"), 12);
        }
        FAILS(GetQueuedCompletionStatus(port, &bytes, &key, &told, INFINITE), ERROR_MORE_DATA);
        EQUAL(bytes, 4);
        EQUAL(key, 7);
        EQUAL(told, &overlapped);
        FAILS(WSAGetOverlappedResult(second, &overlapped, &bytes, FALSE, &flags), WSAEMSGSIZE);
        EQUAL(bytes, 4);
        EQUAL(memcmp(text, "long", 4), 0);
        flags = 0;
    }
    CloseHandle(port);
    close_two();
}

static void scattered_and_gathered(void) {
    char one[3], two[8];
    WSABUF in[2] = {{sizeof one, one}, {sizeof two, two}}, out[2] = {{2, (char *)"ab"}, {4, (char *)"cdef"}};
    DWORD bytes = UNTOUCHED, flags = 0;
    struct sockaddr_in from;
    INT length = sizeof from;
    open_two();
    EQUAL(WSASendTo(first, out, 2, &bytes, 0, (struct sockaddr *)&second_name, sizeof second_name, NULL, NULL), 0);
    EQUAL(bytes, 6);
    bytes = UNTOUCHED;
    EQUAL(WSARecvFrom(second, in, 2, &bytes, &flags, (struct sockaddr *)&from, &length, NULL, NULL), 0);
    EQUAL(bytes, 6);
    EQUAL(memcmp(one, "abc", 3), 0);
    EQUAL(memcmp(two, "def", 3), 0);
    EQUAL(from.sin_port, first_name.sin_port);
    // An overlapped send.
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = new_event();
    int result = WSASendTo(first, out, 2, NULL, 0, (struct sockaddr *)&second_name, sizeof second_name, &overlapped,
                           NULL);
    TRUTH(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
    EQUAL(WSAGetOverlappedResult(first, &overlapped, &bytes, TRUE, &flags), TRUE);
    EQUAL(bytes, 6);
    EQUAL(recv(second, two, sizeof two, 0), 6);
    CloseHandle(overlapped.hEvent);
#ifndef ON_WINE
    FAILS_WITH(WSASendTo(first, NULL, 1, &bytes, 0, NULL, 0, NULL, NULL), SOCKET_ERROR, WSAEINVAL);
#endif
    FAILS_WITH(WSARecvFrom(second, in, 2, &bytes, NULL, NULL, NULL, NULL, NULL), SOCKET_ERROR, WSAEFAULT);
    close_two();
}

static DWORD routine_error, routine_bytes, routine_calls;
static LPWSAOVERLAPPED routine_overlapped;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags) {
    (void)flags;
    routine_error = error;
    routine_bytes = bytes;
    routine_overlapped = overlapped;
    routine_calls++;
}

static void a_completion_routine(void) {
    char text[16];
    WSABUF buffer = {sizeof text, text}, word = {3, (char *)"abc"};
    OVERLAPPED overlapped;
    DWORD flags = 0;
    open_two();
    HANDLE event = new_event();
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = event;
    routine_calls = 0;
    FAILS_WITH(WSARecvFrom(second, &buffer, 1, NULL, &flags, NULL, NULL, &overlapped, routine), SOCKET_ERROR,
               WSA_IO_PENDING);
    EQUAL(send_to_second("apc"), 3);
    EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(routine_calls, 1);
    EQUAL(routine_error, 0);
    EQUAL(routine_bytes, 3);
    EQUAL(routine_overlapped, &overlapped);
    TRUTH(!is_signaled(event)); // it is the program's own
    // One that is done at once calls it as well, and not before the thread waits.
    memset(&overlapped, 0, sizeof overlapped);
    int result = WSASendTo(first, &word, 1, NULL, 0, (struct sockaddr *)&second_name, sizeof second_name, &overlapped,
                           routine);
    TRUTH(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
    EQUAL(routine_calls, 1);
    EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(routine_calls, 2);
    EQUAL(routine_bytes, 3);
    // An end that was asked for.
    EQUAL(recv(second, text, sizeof text, 0), 3);
    memset(&overlapped, 0, sizeof overlapped);
    FAILS_WITH(WSARecv(second, &buffer, 1, NULL, &flags, &overlapped, routine), SOCKET_ERROR, WSA_IO_PENDING);
    EQUAL(CancelIoEx((HANDLE)second, &overlapped), TRUE);
    EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(routine_calls, 3);
    EQUAL(routine_error, WSA_OPERATION_ABORTED);
    EQUAL(routine_bytes, 0);
    CloseHandle(event);
    close_two();
}

static DWORD WINAPI cancel_own(LPVOID argument) { return (DWORD)CancelIo((HANDLE)(SOCKET)argument); }

static void requests_are_cancelled(void) {
    char text[2][16];
    WSABUF buffers[2] = {{sizeof text[0], text[0]}, {sizeof text[1], text[1]}};
    OVERLAPPED overlapped[2];
    DWORD flags = 0, bytes = UNTOUCHED;
    open_two();
#ifndef ON_WINE // "If no matching ... requests are found, ... ERROR_NOT_FOUND" (CancelIoEx)
    FAILS(CancelIoEx((HANDLE)second, NULL), ERROR_NOT_FOUND);
#endif
    EQUAL(CancelIo((HANDLE)second), TRUE);
    FAILS(CancelIoEx((HANDLE)0x7FFFFFFC, NULL), ERROR_INVALID_HANDLE);
    FAILS(CancelIo((HANDLE)0x7FFFFFFC), ERROR_INVALID_HANDLE);
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < 2; i++) {
        overlapped[i].hEvent = new_event();
        FAILS_WITH(WSARecv(second, &buffers[i], 1, NULL, &flags, &overlapped[i], NULL), SOCKET_ERROR, WSA_IO_PENDING);
    }
    EQUAL(join(start(cancel_own, (void *)second, NULL)), TRUE); // another thread's are left alone
    FAILS(WSAGetOverlappedResult(second, &overlapped[0], &bytes, FALSE, &flags), WSA_IO_INCOMPLETE);
    EQUAL(CancelIoEx((HANDLE)second, &overlapped[1]), TRUE);
    FAILS(WSAGetOverlappedResult(second, &overlapped[1], &bytes, TRUE, &flags), WSA_OPERATION_ABORTED);
#ifndef ON_WINE
    FAILS(CancelIoEx((HANDLE)second, &overlapped[1]), ERROR_NOT_FOUND);
#endif
    FAILS(WSAGetOverlappedResult(second, &overlapped[0], &bytes, FALSE, &flags), WSA_IO_INCOMPLETE);
    EQUAL(CancelIo((HANDLE)second), TRUE);
    FAILS(WSAGetOverlappedResult(second, &overlapped[0], &bytes, TRUE, &flags), WSA_OPERATION_ABORTED);
    EQUAL(send_to_second("kept"), 4);
    EQUAL(recv(second, text[0], sizeof text[0], 0), 4);
    for (int i = 0; i < 2; i++) CloseHandle(overlapped[i].hEvent);
    close_two();
}

// ---- messages

typedef INT(WINAPI *receive_message)(SOCKET, LPWSAMSG, LPDWORD, LPWSAOVERLAPPED, LPWSAOVERLAPPED_COMPLETION_ROUTINE);

static receive_message receiver(SOCKET s) {
#ifdef _WIN32
    static const GUID id = {0xf689d7c8, 0x6f1f, 0x436b, {0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22}};
    receive_message found = NULL;
    DWORD bytes;
    EQUAL(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, (void *)&id, sizeof id, &found, sizeof found, &bytes, NULL,
                   NULL), 0);
    return found;
#else
    (void)s;
    return WSARecvMsg;
#endif
}

static void messages_tell_where_they_arrived(void) {
    struct sockaddr_in from;
    char text[16] = "", control[64];
    WSABUF buffer = {sizeof text, text};
    WSAMSG message = {(struct sockaddr *)&from, sizeof from, &buffer, 1, {sizeof control, control}, 0};
    DWORD bytes = UNTOUCHED;
    int yes = 1;
    open_two();
    EQUAL(setsockopt(second, IPPROTO_IP, IP_PKTINFO, (char *)&yes, sizeof yes), 0);
    EQUAL(send_to_second("m"), 1);
    EQUAL(receiver(second)(second, &message, &bytes, NULL, NULL), 0);
    EQUAL(bytes, 1);
    EQUAL(from.sin_port, first_name.sin_port);
    EQUAL(message.namelen, sizeof from);
    EQUAL(message.dwFlags, 0);
    WSACMSGHDR *header = WSA_CMSG_FIRSTHDR(&message);
    REQUIRE(header != NULL);
    EQUAL(header->cmsg_level, IPPROTO_IP);
    EQUAL(header->cmsg_type, IP_PKTINFO);
    IN_PKTINFO info;
    memcpy(&info, WSA_CMSG_DATA(header), sizeof info);
    EQUAL(info.ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
    TRUTH(info.ipi_ifindex > 0);
    EQUAL(WSA_CMSG_NXTHDR(&message, header), NULL);
    close_two();
}

static void messages_wait_and_are_cut(void) {
    struct sockaddr_in from;
    char text[4] = "";
    WSABUF buffer = {sizeof text, text};
    WSAMSG message = {(struct sockaddr *)&from, sizeof from, &buffer, 1, {0, NULL}, 0};
    DWORD bytes = UNTOUCHED, flags = 0;
    OVERLAPPED overlapped;
    open_two();
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = new_event();
    EQUAL(receiver(second)(second, &message, NULL, &overlapped, NULL), SOCKET_ERROR);
    EQUAL(WSAGetLastError(), WSA_IO_PENDING);
    EQUAL(send_to_second("message"), 7);
    FAILS(WSAGetOverlappedResult(second, &overlapped, &bytes, TRUE, &flags), WSAEMSGSIZE);
    EQUAL(bytes, 4);
    EQUAL(from.sin_port, first_name.sin_port);
#ifndef ON_WINE
    TRUTH(message.dwFlags & MSG_TRUNC);
#endif
    CloseHandle(overlapped.hEvent);
    close_two();
}

static void messages_are_sent(void) {
    char text[16] = "";
    WSABUF buffers[2] = {{2, (char *)"ab"}, {1, (char *)"c"}};
    WSAMSG message;
    DWORD bytes = UNTOUCHED;
    open_two();
    memset(&message, 0, sizeof message);
    message.name = (struct sockaddr *)&second_name;
    message.namelen = sizeof second_name;
    message.lpBuffers = buffers;
    message.dwBufferCount = 2;
    EQUAL(WSASendMsg(first, &message, 0, &bytes, NULL, NULL), 0);
    EQUAL(bytes, 3);
    EQUAL(recv(second, text, sizeof text, 0), 3);
    EQUAL(memcmp(text, "abc", 3), 0);
#ifndef ON_WINE
    SOCKET stream = new_stream();
    FAILS_WITH(WSASendMsg(first, NULL, 0, &bytes, NULL, NULL), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(WSASendMsg(stream, &message, 0, &bytes, NULL, NULL), SOCKET_ERROR, WSAEINVAL);
    closesocket(stream);
#endif
    close_two();
}

#ifndef _WIN32
static void the_function_for_messages(void) {
    char text[4];
    WSABUF buffer = {sizeof text, text};
    WSAMSG message = {NULL, 0, &buffer, 1, {0, NULL}, 0};
    DWORD bytes = UNTOUCHED;
    SOCKET stream = new_stream();
    open_two();
    EQUAL(send_to_second("four"), 4);
    EQUAL(WSARecvMsg(second, &message, &bytes, NULL, NULL), 0);
    EQUAL(bytes, 4);
    FAILS_WITH(WSARecvMsg(second, NULL, &bytes, NULL, NULL), SOCKET_ERROR, WSAEFAULT);
    FAILS_WITH(WSARecvMsg(stream, &message, &bytes, NULL, NULL), SOCKET_ERROR, WSAEOPNOTSUPP);
    FAILS_WITH(WSARecvMsg(0, &message, &bytes, NULL, NULL), SOCKET_ERROR, WSAENOTSOCK);
    closesocket(stream);
    close_two();
}
#endif

// ---- groups and all

static void broadcasting_wants_leave(void) {
    struct sockaddr_in address = loopback(9);
    int yes = 1, read = 0, length = sizeof read;
    open_two();
    address.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    FAILS_WITH(sendto(first, "x", 1, 0, (struct sockaddr *)&address, sizeof address), SOCKET_ERROR, WSAEACCES);
    EQUAL(setsockopt(first, SOL_SOCKET, SO_BROADCAST, (char *)&yes, sizeof yes), 0);
    EQUAL(getsockopt(first, SOL_SOCKET, SO_BROADCAST, (char *)&read, &length), 0);
    TRUTH(read);
    close_two();
}

static void options_of_groups(void) {
    int value = 3, read = 0, length = sizeof read;
    open_two();
    EQUAL(setsockopt(first, IPPROTO_IP, IP_MULTICAST_TTL, (char *)&value, sizeof value), 0);
    EQUAL(getsockopt(first, IPPROTO_IP, IP_MULTICAST_TTL, (char *)&read, &length), 0);
    EQUAL(read, 3);
    value = 0;
    EQUAL(setsockopt(first, IPPROTO_IP, IP_MULTICAST_LOOP, (char *)&value, sizeof value), 0);
    EQUAL(getsockopt(first, IPPROTO_IP, IP_MULTICAST_LOOP, (char *)&read, &length), 0);
    EQUAL(read, 0);
    struct ip_mreq group;
    group.imr_multiaddr.s_addr = htonl(0xEF010203);
    group.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
    EQUAL(setsockopt(second, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&group, sizeof group), 0);
    EQUAL(setsockopt(second, IPPROTO_IP, IP_DROP_MEMBERSHIP, (char *)&group, sizeof group), 0);
#ifndef ON_WINE // which has an address of its own for the interface
    FAILS_WITH(setsockopt(second, IPPROTO_IP, IP_DROP_MEMBERSHIP, (char *)&group, sizeof group), SOCKET_ERROR,
               WSAEADDRNOTAVAIL);
#endif
    unsigned most = 0;
    length = sizeof most;
    EQUAL(getsockopt(first, SOL_SOCKET, 0x2003 /* SO_MAX_MSG_SIZE */, (char *)&most, &length), 0);
    TRUTH(most >= 65507);
    close_two();
}

static void how_much_can_be_received(void) {
    ULONG bytes = UNTOUCHED;
    open_two();
    EQUAL(ioctlsocket(second, FIONREAD, (void *)&bytes), 0);
    EQUAL(bytes, 0);
    EQUAL(send_to_second("12345"), 5);
    until_readable(second);
    EQUAL(ioctlsocket(second, FIONREAD, (void *)&bytes), 0);
    EQUAL(bytes, 5);
    close_two();
}

static const struct test_case cases[] = {
    CASE(a_datagram_tells_where_it_came_from),
    CASE(boundaries_are_kept),
    CASE(what_is_too_long_is_cut),
    CASE(sending_fails),
    CASE(receiving_fails),
    CASE(a_send_binds_the_socket),
    CASE(a_peer_of_its_own),
    CASE(one_that_finds_nobody_fails_a_receive),
    CASE(an_overlapped_receive_tells_where_it_came_from),
    CASE(an_overlapped_receive_that_is_too_short),
    CASE(scattered_and_gathered),
    CASE(a_completion_routine),
    CASE(requests_are_cancelled),
    CASE(messages_tell_where_they_arrived),
    CASE(messages_wait_and_are_cut),
    CASE(messages_are_sent),
#ifndef _WIN32
    CASE(the_function_for_messages),
#endif
    CASE(broadcasting_wants_leave),
    CASE(options_of_groups),
    CASE(how_much_can_be_received),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
