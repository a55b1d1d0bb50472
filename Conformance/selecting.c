// selecting.c: select and WSAPoll: what sockets are ready for.
#include <winsock2.h>
#include <ws2tcpip.h>
#include "cases.h"
#include "connections.h"

static struct timeval no_time = {0, 0};

enum { READS = 1, WRITES = 2, FAILURES = 4 };

// What a socket is ready for now, by a select of its own.
static int ready(SOCKET s) {
    fd_set reads, writes, failures;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&failures);
    FD_SET(s, &reads);
    FD_SET(s, &writes);
    FD_SET(s, &failures);
    int count = select(0, &reads, &writes, &failures, &no_time);
    int result = (FD_ISSET(s, &reads) ? READS : 0) | (FD_ISSET(s, &writes) ? WRITES : 0) |
                 (FD_ISSET(s, &failures) ? FAILURES : 0);
    EQUAL(count, !!(result & READS) + !!(result & WRITES) + !!(result & FAILURES));
    return result;
}

static void sets_of_sockets(void) {
    fd_set set;
    FD_ZERO(&set);
    EQUAL(set.fd_count, 0);
    FD_SET(5, &set);
    FD_SET(7, &set);
    FD_SET(5, &set); // once only
    EQUAL(set.fd_count, 2);
    TRUTH(FD_ISSET(5, &set));
    TRUTH(FD_ISSET(7, &set));
    TRUTH(!FD_ISSET(6, &set));
    FD_CLR(5, &set);
    FD_CLR(6, &set);
    EQUAL(set.fd_count, 1);
    EQUAL(set.fd_array[0], 7);
    for (SOCKET s = 100; s < 100 + 2 * FD_SETSIZE; s++) FD_SET(s, &set);
    EQUAL(set.fd_count, FD_SETSIZE); // and no more
}

static void what_select_refuses(void) {
    fd_set set;
    SOCKET s = new_datagrams();
    struct timeval bad = {-1, 0};
    FAILS_WITH(select(0, NULL, NULL, NULL, &no_time), SOCKET_ERROR, WSAEINVAL);
    FD_ZERO(&set);
    FAILS_WITH(select(0, &set, NULL, NULL, &no_time), SOCKET_ERROR, WSAEINVAL);
    FD_SET(s, &set);
#ifndef ON_WINE // "The time-out value is not valid" (select)
    FAILS_WITH(select(0, &set, NULL, NULL, &bad), SOCKET_ERROR, WSAEINVAL);
#else
    (void)bad;
#endif
    closesocket(s);
    FAILS_WITH(select(0, &set, NULL, NULL, &no_time), SOCKET_ERROR, WSAENOTSOCK);
    FD_ZERO(&set);
    FD_SET(INVALID_SOCKET, &set);
    FAILS_WITH(select(0, NULL, &set, NULL, &no_time), SOCKET_ERROR, WSAENOTSOCK);
    FAILS_WITH(select(0, NULL, NULL, &set, &no_time), SOCKET_ERROR, WSAENOTSOCK);
}

static void a_socket_alone_is_ready_for_nothing(void) {
    SOCKET s = new_stream();
    EQUAL(ready(s), 0);
    closesocket(s);
}

static void a_listener_is_readable_when_a_client_waits(void) {
    SOCKET listener = new_listener(), client = new_stream();
    EQUAL(ready(listener), 0);
    EQUAL(connect_to(client, listener), 0);
    until_readable(listener);
    EQUAL(ready(listener), READS);
    SOCKET accepted = accept(listener, NULL, NULL);
    EQUAL(ready(listener), 0);
    EQUAL(ready(accepted), WRITES);
    EQUAL(ready(client), WRITES);
    closesocket(accepted);
    closesocket(client);
    closesocket(listener);
}

static void a_connection_is_readable_when_bytes_are_there(void) {
    struct pair pair = connected();
    char text[4];
    EQUAL(send(pair.ours, "ab", 2, 0), 2);
    until_readable(pair.theirs);
    EQUAL(ready(pair.theirs), READS | WRITES);
    EQUAL(recv(pair.theirs, text, 1, 0), 1);
    EQUAL(ready(pair.theirs), READS | WRITES); // one is left
    EQUAL(recv(pair.theirs, text, 1, 0), 1);
    EQUAL(ready(pair.theirs), WRITES);
    EQUAL(closesocket(pair.ours), 0);
    until_readable(pair.theirs); // for its end
    TRUTH(ready(pair.theirs) & READS);
    EQUAL(recv(pair.theirs, text, 1, 0), 0);
    TRUTH(ready(pair.theirs) & READS);
    EQUAL(closesocket(pair.theirs), 0);
}

static void a_reset_makes_it_readable(void) {
    struct pair pair = connected();
    reset(pair.ours);
    until_readable(pair.theirs);
    TRUTH(ready(pair.theirs) & READS);
    EQUAL(closesocket(pair.theirs), 0);
}

static void a_full_connection_is_not_writable(void) {
    struct pair pair = connected();
    static char data[1 << 16];
    long long total = 0;
    int count;
    do_not_wait(pair.ours);
    while ((count = send(pair.ours, data, sizeof data, 0)) > 0) total += count;
    EQUAL(WSAGetLastError(), WSAEWOULDBLOCK);
    EQUAL(ready(pair.ours), 0);
    while (total > 0 && (count = recv(pair.theirs, data, sizeof data, 0)) > 0) total -= count;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair.ours, &set);
    EQUAL(select(0, NULL, &set, NULL, NULL), 1);
    close_pair(pair);
}

static void datagrams_are_readable(void) {
    SOCKET first = new_datagrams(), second = new_datagrams();
    struct sockaddr_in name = name_of(second);
    char byte;
    EQUAL(ready(second), WRITES);
    EQUAL(sendto(first, "x", 1, 0, (struct sockaddr *)&name, sizeof name), 1);
    until_readable(second);
    EQUAL(ready(second), READS | WRITES);
    EQUAL(recv(second, &byte, 1, 0), 1);
    EQUAL(ready(second), WRITES);
    closesocket(first);
    closesocket(second);
}

static void sets_keep_what_is_ready(void) {
    SOCKET sockets[4];
    struct sockaddr_in name;
    fd_set reads, writes;
    for (int i = 0; i < 4; i++) sockets[i] = new_datagrams();
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    for (int i = 0; i < 4; i++) FD_SET(sockets[i], &reads);
    EQUAL(select(0, &reads, NULL, NULL, &no_time), 0);
    EQUAL(reads.fd_count, 0); // nothing is left of a set when time is up
    for (int i = 1; i < 4; i += 2) {
        name = name_of(sockets[i]);
        EQUAL(sendto(sockets[0], "x", 1, 0, (struct sockaddr *)&name, sizeof name), 1);
        until_readable(sockets[i]);
    }
    for (int i = 0; i < 4; i++) FD_SET(sockets[i], &reads);
    FD_SET(sockets[2], &writes);
    EQUAL(select(0, &reads, &writes, NULL, NULL), 3);
    EQUAL(reads.fd_count, 2);
    EQUAL(reads.fd_array[0], sockets[1]);
    EQUAL(reads.fd_array[1], sockets[3]);
    EQUAL(writes.fd_count, 1);
    for (int i = 0; i < 4; i++) closesocket(sockets[i]);
}

static DWORD WINAPI select_one(LPVOID argument) {
    SOCKET s = *(SOCKET *)argument;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    return (DWORD)select(0, &set, NULL, NULL, NULL);
}

static void a_select_waits(void) {
    struct pair pair = connected();
    DWORD id;
    struct timeval some = {0, 30000};
    fd_set set;
    HANDLE thread = start(select_one, &pair.theirs, &id);
    until_blocked(id);
    EQUAL(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    EQUAL(send(pair.ours, "x", 1, 0), 1);
    EQUAL(join(thread), 1);
    FD_ZERO(&set);
    FD_SET(pair.ours, &set);
    DWORD before = GetTickCount();
    EQUAL(select(0, &set, NULL, NULL, &some), 0);
    TRUTH(GetTickCount() - before >= 15);
    close_pair(pair);
}

// ---- WSAPoll

static SHORT polled(SOCKET s, SHORT events, int timeout, int expected) {
    WSAPOLLFD entry = {s, events, (SHORT)0x5EED};
    EQUAL(WSAPoll(&entry, 1, timeout), expected);
    return entry.revents;
}

static void what_poll_refuses(void) {
    struct pair pair = connected();
    WSAPOLLFD entry = {pair.ours, POLLIN, 0};
    FAILS_WITH(WSAPoll(NULL, 0, 0), SOCKET_ERROR, WSAEINVAL);
    FAILS_WITH(WSAPoll(&entry, 0, 0), SOCKET_ERROR, WSAEINVAL);
    FAILS_WITH(WSAPoll(NULL, 1, 0), SOCKET_ERROR, WSAEFAULT);
#ifndef ON_WINE // "POLLPRI ... is not supported" and "returned as revents only" (WSAPOLLFD)
    entry.events = POLLERR;
    FAILS_WITH(WSAPoll(&entry, 1, 0), SOCKET_ERROR, WSAEINVAL);
    entry.events = POLLPRI;
    FAILS_WITH(WSAPoll(&entry, 1, 0), SOCKET_ERROR, WSAEINVAL);
#endif
    close_pair(pair);
}

static void polling(void) {
    struct pair pair = connected();
    SOCKET listener = new_listener(), client = new_stream();
    char byte;
    EQUAL(polled(pair.ours, POLLIN | POLLOUT, 0, 1), POLLWRNORM);
    EQUAL(polled(pair.ours, POLLIN, 20, 0), 0);
    EQUAL(send(pair.theirs, "x", 1, 0), 1);
    EQUAL(polled(pair.ours, POLLRDNORM, -1, 1), POLLRDNORM);
    EQUAL(polled(pair.ours, POLLIN | POLLOUT, -1, 1), POLLRDNORM | POLLWRNORM);
    EQUAL(recv(pair.ours, &byte, 1, 0), 1);
    EQUAL(polled(listener, POLLIN, 0, 0), 0);
    EQUAL(connect_to(client, listener), 0);
    EQUAL(polled(listener, POLLIN, -1, 1), POLLRDNORM);
    closesocket(pair.theirs);
    TRUTH(polled(pair.ours, POLLIN, -1, 1) & POLLHUP);
    closesocket(pair.ours);
    closesocket(client);
    closesocket(listener);
}

static void polling_a_failed_connect(void) {
    SOCKET s = new_stream();
    struct sockaddr_in name = nobody();
    do_not_wait(s);
    FAILS_WITH(connect(s, (struct sockaddr *)&name, sizeof name), SOCKET_ERROR, WSAEWOULDBLOCK);
#ifndef ON_WINE // "... (POLLHUP | POLLERR | POLLWRNORM) is indicated" (WSAPoll)
    EQUAL(polled(s, POLLOUT, -1, 1), POLLHUP | POLLERR | POLLWRNORM);
#endif
    closesocket(s);
}

static void polling_several(void) {
    struct pair pair = connected();
    SOCKET gone = new_stream();
    closesocket(gone);
    WSAPOLLFD entries[3] = {{pair.ours, POLLOUT, 0}, {gone, POLLIN, 0}, {pair.theirs, POLLIN, 0x5EED}};
#ifdef ON_WINE // which does not count the one that is no socket
    EQUAL(WSAPoll(entries, 3, -1), 1);
#else
    EQUAL(WSAPoll(entries, 3, -1), 2);
#endif
    EQUAL(entries[0].revents, POLLWRNORM);
    EQUAL(entries[1].revents, POLLNVAL);
    EQUAL(entries[2].revents, 0);
    close_pair(pair);
}

static const struct test_case cases[] = {
    CASE(sets_of_sockets),
    CASE(what_select_refuses),
    CASE(a_socket_alone_is_ready_for_nothing),
    CASE(a_listener_is_readable_when_a_client_waits),
    CASE(a_connection_is_readable_when_bytes_are_there),
    CASE(a_reset_makes_it_readable),
    CASE(a_full_connection_is_not_writable),
    CASE(datagrams_are_readable),
    CASE(sets_keep_what_is_ready),
    CASE(a_select_waits),
    CASE(what_poll_refuses),
    CASE(polling),
    CASE(polling_a_failed_connect),
    CASE(polling_several),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
