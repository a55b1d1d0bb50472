// eventselect.c: events of Winsock, and what sockets report by them: once each, and again after the call that enables it.
#include <winsock2.h>
#include <ws2tcpip.h>
#include "cases.h"
#include "connections.h"

static WSAEVENT new_event(void) {
    WSAEVENT event = WSACreateEvent();
    TRUTH(event != WSA_INVALID_EVENT);
    return event;
}

// Waits for a report, and takes what is reported; the error of that kind, if it is one alone, goes to `error`.
static long wait_and_take(SOCKET s, WSAEVENT event, int *error) {
    WSANETWORKEVENTS events;
    memset(&events, 0x5A, sizeof events);
    if (!EQUAL(WSAWaitForMultipleEvents(1, &event, FALSE, 5000, FALSE), WSA_WAIT_EVENT_0)) return -1;
    EQUAL(WSAEnumNetworkEvents(s, event, &events), 0);
    TRUTH(!is_signaled(event)); // it was reset
    if (error)
        for (int i = 0; i < FD_MAX_EVENTS; i++)
            if (events.lNetworkEvents == 1 << i) *error = events.iErrorCode[i];
    return events.lNetworkEvents;
}

// What is recorded now, without a wait.
static long take(SOCKET s, WSAEVENT event) {
    WSANETWORKEVENTS events;
    EQUAL(WSAEnumNetworkEvents(s, event, &events), 0);
    return events.lNetworkEvents;
}

// Waits until all of these were reported.
static long wait_for(SOCKET s, WSAEVENT event, long wanted) {
    long seen = 0;
    while ((seen & wanted) != wanted) {
        long more = wait_and_take(s, event, NULL);
        if (more <= 0) break;
        seen |= more;
    }
    return seen;
}

// ---- the events themselves

static void events_are_reset_by_hand(void) {
    WSAEVENT events[2] = {new_event(), new_event()};
    EQUAL(WSAWaitForMultipleEvents(1, events, TRUE, 0, FALSE), WSA_WAIT_TIMEOUT);
    TRUTH(WSASetEvent(events[1]));
    EQUAL(WSAWaitForMultipleEvents(2, events, FALSE, 0, FALSE), WSA_WAIT_EVENT_0 + 1);
    EQUAL(WSAWaitForMultipleEvents(2, events, FALSE, 0, FALSE), WSA_WAIT_EVENT_0 + 1);
    EQUAL(WSAWaitForMultipleEvents(2, events, TRUE, 0, FALSE), WSA_WAIT_TIMEOUT);
    TRUTH(WSAResetEvent(events[1]));
    EQUAL(WSAWaitForMultipleEvents(2, events, FALSE, 0, FALSE), WSA_WAIT_TIMEOUT);
    TRUTH(WSACloseEvent(events[0]));
    TRUTH(WSACloseEvent(events[1]));
    FAILS(WSACloseEvent(events[1]), WSA_INVALID_HANDLE);
    FAILS(WSASetEvent(events[1]), WSA_INVALID_HANDLE);
    FAILS(WSAResetEvent(events[1]), WSA_INVALID_HANDLE);
    FAILS_WITH(WSAWaitForMultipleEvents(1, events, FALSE, 0, FALSE), WSA_WAIT_FAILED, WSA_INVALID_HANDLE);
    FAILS_WITH(WSAWaitForMultipleEvents(0, events, FALSE, 0, FALSE), WSA_WAIT_FAILED, WSA_INVALID_PARAMETER);
}

static void bad_selections(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    WSANETWORKEVENTS events;
    FAILS_WITH(WSAEventSelect(pair.ours, NULL, FD_READ), SOCKET_ERROR, WSAEINVAL);
    FAILS_WITH(WSAEventSelect((SOCKET)event, event, FD_READ), SOCKET_ERROR, WSAENOTSOCK);
    FAILS_WITH(WSAEventSelect(INVALID_SOCKET, event, FD_READ), SOCKET_ERROR, WSAENOTSOCK);
    FAILS_WITH(WSAEnumNetworkEvents((SOCKET)event, event, &events), SOCKET_ERROR, WSAENOTSOCK);
#ifndef ON_WINE // which writes there
    FAILS_WITH(WSAEnumNetworkEvents(pair.ours, event, NULL), SOCKET_ERROR, WSAEFAULT);
#endif
    WSACloseEvent(event);
    close_pair(pair);
}

static void a_selection_makes_it_not_wait(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    ULONG no = 0;
    char byte;
    EQUAL(WSAEventSelect(pair.ours, event, FD_READ), 0);
    FAILS_WITH(recv(pair.ours, &byte, 1, 0), SOCKET_ERROR, WSAEWOULDBLOCK);
    FAILS_WITH(ioctlsocket(pair.ours, FIONBIO, (void *)&no), SOCKET_ERROR, WSAEINVAL);
    EQUAL(WSAEventSelect(pair.ours, NULL, 0), 0);
    FAILS_WITH(recv(pair.ours, &byte, 1, 0), SOCKET_ERROR, WSAEWOULDBLOCK); // until it is told to
    EQUAL(ioctlsocket(pair.ours, FIONBIO, (void *)&no), 0);
    EQUAL(send(pair.theirs, "x", 1, 0), 1);
    EQUAL(recv(pair.ours, &byte, 1, 0), 1);
    TRUTH(!is_signaled(event));
    WSACloseEvent(event);
    close_pair(pair);
}

// ---- FD_READ

static void arrivals_are_reported_once(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    char text[4];
    int error = UNTOUCHED;
    EQUAL(WSAEventSelect(pair.ours, event, FD_READ), 0);
    TRUTH(!is_signaled(event));
    EQUAL(send(pair.theirs, "ab", 2, 0), 2);
    EQUAL(wait_and_take(pair.ours, event, &error), FD_READ);
    EQUAL(error, 0);
    EQUAL(take(pair.ours, event), 0); // taken
    EQUAL(send(pair.theirs, "cd", 2, 0), 2);
    until_readable(pair.ours);
    Sleep(30);
    TRUTH(!is_signaled(event)); // nothing was received since
    EQUAL(recv(pair.ours, text, 3, 0), 3);
    EQUAL(wait_and_take(pair.ours, event, NULL), FD_READ); // and something is left
    EQUAL(recv(pair.ours, text, 4, 0), 1);
    TRUTH(!is_signaled(event)); // nothing is left
    EQUAL(take(pair.ours, event), 0);
    EQUAL(send(pair.theirs, "e", 1, 0), 1);
    EQUAL(wait_and_take(pair.ours, event, NULL), FD_READ);
    WSACloseEvent(event);
    close_pair(pair);
}

static void what_is_there_is_reported_at_once(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    EQUAL(send(pair.theirs, "ab", 2, 0), 2);
    until_readable(pair.ours);
    EQUAL(WSAEventSelect(pair.ours, event, FD_READ | FD_WRITE), 0);
    TRUTH(is_signaled(event));
    EQUAL(take(pair.ours, event), FD_READ | FD_WRITE);
#ifndef ON_WINE
    // "When WSAEventSelect is called, if there is data currently available to receive" (WSAEventSelect)
    EQUAL(WSAEventSelect(pair.ours, event, FD_READ), 0);
    TRUTH(is_signaled(event));
    EQUAL(take(pair.ours, event), FD_READ);
#endif
    WSACloseEvent(event);
    close_pair(pair);
}

static void taking_without_the_event_leaves_it_set(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    WSANETWORKEVENTS events;
    EQUAL(WSAEventSelect(pair.ours, event, FD_WRITE), 0);
    TRUTH(is_signaled(event));
    EQUAL(WSAEnumNetworkEvents(pair.ours, NULL, &events), 0);
    EQUAL(events.lNetworkEvents, FD_WRITE);
    EQUAL(events.iErrorCode[FD_WRITE_BIT], 0);
    TRUTH(is_signaled(event));
    EQUAL(take(pair.ours, event), 0);
    TRUTH(!is_signaled(event));
    WSACloseEvent(event);
    close_pair(pair);
}

static void nothing_is_reported_after_the_end_of_a_selection(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    EQUAL(WSAEventSelect(pair.ours, event, FD_READ), 0);
    EQUAL(WSAEventSelect(pair.ours, NULL, 0), 0);
    EQUAL(send(pair.theirs, "x", 1, 0), 1);
    until_readable(pair.ours);
    Sleep(30);
    TRUTH(!is_signaled(event));
    EQUAL(take(pair.ours, event), 0);
    WSACloseEvent(event);
    close_pair(pair);
}

static void datagrams_are_reported(void) {
    SOCKET first = new_datagrams(), second = new_datagrams();
    struct sockaddr_in name = name_of(second);
    WSAEVENT event = new_event();
    char byte;
    EQUAL(WSAEventSelect(second, event, FD_READ | FD_WRITE), 0);
    EQUAL(wait_and_take(second, event, NULL), FD_WRITE);
    for (int i = 0; i < 2; i++) EQUAL(sendto(first, "x", 1, 0, (struct sockaddr *)&name, sizeof name), 1);
    EQUAL(wait_and_take(second, event, NULL), FD_READ);
    EQUAL(recvfrom(second, &byte, 1, 0, NULL, NULL), 1);
    EQUAL(wait_and_take(second, event, NULL), FD_READ); // of the other
    EQUAL(recvfrom(second, &byte, 1, 0, NULL, NULL), 1);
    TRUTH(!is_signaled(event));
    WSACloseEvent(event);
    closesocket(first);
    closesocket(second);
}

// ---- FD_WRITE

static void room_is_reported_after_a_send_that_failed(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    static char data[1 << 16];
    long long total = 0;
    int count;
    EQUAL(WSAEventSelect(pair.ours, event, FD_WRITE), 0);
    EQUAL(wait_and_take(pair.ours, event, NULL), FD_WRITE);
    EQUAL(send(pair.ours, "x", 1, 0), 1);
    TRUTH(!is_signaled(event)); // there is room still, which is no news
    total++;
    while ((count = send(pair.ours, data, sizeof data, 0)) > 0) total += count;
    EQUAL(WSAGetLastError(), WSAEWOULDBLOCK);
    TRUTH(!is_signaled(event));
    while (total > 0 && (count = recv(pair.theirs, data, sizeof data, 0)) > 0) total -= count;
    EQUAL(total, 0);
    EQUAL(wait_and_take(pair.ours, event, NULL), FD_WRITE);
    EQUAL(send(pair.ours, "y", 1, 0), 1);
    WSACloseEvent(event);
    close_pair(pair);
}

// ---- FD_ACCEPT

static void clients_are_reported(void) {
    SOCKET listener = new_listener(), clients[2] = {new_stream(), new_stream()};
    WSAEVENT event = new_event();
    EQUAL(WSAEventSelect(listener, event, FD_ACCEPT), 0);
    TRUTH(!is_signaled(event));
    for (int i = 0; i < 2; i++) EQUAL(connect_to(clients[i], listener), 0);
    EQUAL(wait_and_take(listener, event, NULL), FD_ACCEPT);
    TRUTH(!is_signaled(event));
    SOCKET first = accept(listener, NULL, NULL);
    TRUTH(first != INVALID_SOCKET);
    EQUAL(wait_and_take(listener, event, NULL), FD_ACCEPT); // of the other
    SOCKET second = accept(listener, NULL, NULL);
    TRUTH(second != INVALID_SOCKET);
    FAILS_WITH(accept(listener, NULL, NULL), INVALID_SOCKET, WSAEWOULDBLOCK);
    TRUTH(!is_signaled(event));
    closesocket(first);
    closesocket(second);
    for (int i = 0; i < 2; i++) closesocket(clients[i]);
    WSACloseEvent(event);
    closesocket(listener);
}

static void an_accepted_socket_reports_as_its_listener(void) {
    SOCKET listener = new_listener(), client = new_stream();
    WSAEVENT event = new_event();
    char byte;
    EQUAL(WSAEventSelect(listener, event, FD_ACCEPT | FD_READ | FD_CLOSE), 0);
    EQUAL(connect_to(client, listener), 0);
    EQUAL(wait_and_take(listener, event, NULL), FD_ACCEPT);
    SOCKET accepted = accept(listener, NULL, NULL);
    REQUIRE(accepted != INVALID_SOCKET);
    EQUAL(send(client, "x", 1, 0), 1);
    EQUAL(wait_and_take(accepted, event, NULL), FD_READ);
    EQUAL(recv(accepted, &byte, 1, 0), 1);
    EQUAL(closesocket(client), 0);
    EQUAL(wait_and_take(accepted, event, NULL), FD_CLOSE);
    closesocket(accepted);
    WSACloseEvent(event);
    closesocket(listener);
}

// ---- FD_CONNECT

static void a_connection_is_reported(void) {
    SOCKET listener = new_listener(), client = new_stream();
    WSAEVENT event = new_event();
    EQUAL(WSAEventSelect(client, event, FD_CONNECT | FD_WRITE | FD_READ | FD_CLOSE), 0);
    TRUTH(!is_signaled(event));
    FAILS_WITH(connect_to(client, listener), SOCKET_ERROR, WSAEWOULDBLOCK);
    EQUAL(wait_for(client, event, FD_CONNECT | FD_WRITE), FD_CONNECT | FD_WRITE);
    EQUAL(take(client, event), 0);
    EQUAL(send(client, "x", 1, 0), 1);
    WSACloseEvent(event);
    closesocket(client);
    closesocket(listener);
}

static void a_refusal_is_reported(void) {
    SOCKET client = new_stream();
    struct sockaddr_in name = nobody();
    WSAEVENT event = new_event();
    int error = UNTOUCHED;
    EQUAL(WSAEventSelect(client, event, FD_CONNECT), 0);
    FAILS_WITH(connect(client, (struct sockaddr *)&name, sizeof name), SOCKET_ERROR, WSAEWOULDBLOCK);
    EQUAL(wait_and_take(client, event, &error), FD_CONNECT);
    EQUAL(error, WSAECONNREFUSED);
    WSACloseEvent(event);
    closesocket(client);
}

// ---- FD_CLOSE

static void the_end_is_reported_after_the_last_bytes(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    char text[8];
    int error = UNTOUCHED;
    EQUAL(WSAEventSelect(pair.ours, event, FD_READ | FD_CLOSE), 0);
    EQUAL(send(pair.theirs, "abc", 3, 0), 3);
    EQUAL(closesocket(pair.theirs), 0);
    long seen = wait_and_take(pair.ours, event, NULL);
    TRUTH(seen & FD_READ);
    EQUAL(recv(pair.ours, text, sizeof text, 0), 3);
    if (!(seen & FD_CLOSE)) {
        EQUAL(wait_and_take(pair.ours, event, &error), FD_CLOSE);
        EQUAL(error, 0);
    }
    EQUAL(recv(pair.ours, text, sizeof text, 0), 0);
    TRUTH(!is_signaled(event)); // once only
    WSACloseEvent(event);
    EQUAL(closesocket(pair.ours), 0);
}

static void a_reset_is_reported(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    int error = UNTOUCHED;
    EQUAL(WSAEventSelect(pair.ours, event, FD_CLOSE), 0);
    reset(pair.theirs);
    EQUAL(wait_and_take(pair.ours, event, &error), FD_CLOSE);
#ifndef ON_WINE
    EQUAL(error, WSAECONNRESET);
#endif
    WSACloseEvent(event);
    EQUAL(closesocket(pair.ours), 0);
}

// ---- FD_OOB

static void urgent_data_is_reported(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    char byte = 0;
    EQUAL(WSAEventSelect(pair.ours, event, FD_OOB), 0);
    EQUAL(send(pair.theirs, "!", 1, MSG_OOB), 1);
    EQUAL(wait_and_take(pair.ours, event, NULL), FD_OOB);
    EQUAL(recv(pair.ours, &byte, 1, MSG_OOB), 1);
    EQUAL(byte, '!');
    EQUAL(send(pair.theirs, "?", 1, MSG_OOB), 1);
    EQUAL(wait_and_take(pair.ours, event, NULL), FD_OOB);
    WSACloseEvent(event);
    close_pair(pair);
}

// ---- whole programs

static void one_event_for_many(void) {
    enum { PAIRS = 8 };
    struct pair pairs[PAIRS];
    WSAEVENT event = new_event();
    int received = 0;
    for (int i = 0; i < PAIRS; i++) {
        pairs[i] = connected();
        EQUAL(WSAEventSelect(pairs[i].ours, event, FD_READ), 0);
    }
    for (int i = 0; i < PAIRS; i++) EQUAL(send(pairs[i].theirs, "x", 1, 0), 1);
    while (received < PAIRS) {
        REQUIRE(WSAWaitForMultipleEvents(1, &event, FALSE, 5000, FALSE) == WSA_WAIT_EVENT_0);
        WSAResetEvent(event);
        for (int i = 0; i < PAIRS; i++) {
            char byte;
            if (take(pairs[i].ours, NULL) & FD_READ && recv(pairs[i].ours, &byte, 1, 0) == 1) received++;
        }
    }
    EQUAL(received, PAIRS);
    for (int i = 0; i < PAIRS; i++) close_pair(pairs[i]);
    WSACloseEvent(event);
}

#ifndef _WIN32
static void the_socket_keeps_the_event(void) {
    struct pair pair = connected();
    WSAEVENT event = new_event();
    EQUAL(WSAEventSelect(pair.ours, event, FD_READ), 0);
    TRUTH(WSACloseEvent(event));
    EQUAL(send(pair.theirs, "x", 1, 0), 1);
    // The report may come a little later than the byte, and there is no event left to wait for.
    long seen = 0;
    for (int i = 0; !seen && i < 5000; i++) {
        seen = take(pair.ours, NULL);
        if (!seen) Sleep(1);
    }
    EQUAL(seen, FD_READ);
    close_pair(pair);
}
#endif

static const struct test_case cases[] = {
    CASE(events_are_reset_by_hand),
    CASE(bad_selections),
    CASE(a_selection_makes_it_not_wait),
    CASE(arrivals_are_reported_once),
    CASE(what_is_there_is_reported_at_once),
    CASE(taking_without_the_event_leaves_it_set),
    CASE(nothing_is_reported_after_the_end_of_a_selection),
    CASE(datagrams_are_reported),
    CASE(room_is_reported_after_a_send_that_failed),
    CASE(clients_are_reported),
    CASE(an_accepted_socket_reports_as_its_listener),
    CASE(a_connection_is_reported),
    CASE(a_refusal_is_reported),
    CASE(the_end_is_reported_after_the_last_bytes),
    CASE(a_reset_is_reported),
    CASE(urgent_data_is_reported),
    CASE(one_event_for_many),
#ifndef _WIN32
    CASE(the_socket_keeps_the_event),
#endif
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
