// ports.c: completion ports: posting, taking, closing; which thread is served, and how many at a time.
#include <winsock2.h>
#include "cases.h"

static HANDLE new_port(DWORD concurrency) {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
    TRUTH(port != NULL);
    return port;
}

struct packet {
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
};

#define OVERLAPPED_AT(address) ((LPOVERLAPPED)(ULONG_PTR)(address))

static BOOL take(HANDLE port, struct packet *packet, DWORD milliseconds) {
    packet->bytes = UNTOUCHED;
    packet->key = UNTOUCHED;
    packet->overlapped = OVERLAPPED_AT(UNTOUCHED);
    return GetQueuedCompletionStatus(port, &packet->bytes, &packet->key, &packet->overlapped, milliseconds);
}

static BOOL is_packet(const struct packet *packet, DWORD bytes, ULONG_PTR key, LPOVERLAPPED overlapped) {
    return EQUAL(packet->bytes, bytes) & EQUAL(packet->key, key) & EQUAL(packet->overlapped, overlapped);
}

static void a_posted_packet_comes_out_whole(void) {
    HANDLE port = new_port(0);
    OVERLAPPED overlapped = {0};
    struct packet packet;
    QUIETLY(PostQueuedCompletionStatus(port, 0xFFFFFFFF, ~(ULONG_PTR)0, &overlapped), TRUE);
    QUIETLY(take(port, &packet, 0), TRUE);
    is_packet(&packet, 0xFFFFFFFF, ~(ULONG_PTR)0, &overlapped);
    EQUAL(overlapped.Internal, 0); // the port does not look at it
    QUIETLY(PostQueuedCompletionStatus(port, 7, 8, OVERLAPPED_AT(1)), TRUE);
    QUIETLY(take(port, &packet, INFINITE), TRUE);
    is_packet(&packet, 7, 8, OVERLAPPED_AT(1));
    FAILS(take(port, &packet, 0), WAIT_TIMEOUT);
    CloseHandle(port);
}

static void a_packet_of_nothing_is_a_success(void) {
    HANDLE port = new_port(0);
    struct packet packet;
    QUIETLY(PostQueuedCompletionStatus(port, 0, 0, NULL), TRUE);
    QUIETLY(take(port, &packet, 0), TRUE);
    is_packet(&packet, 0, 0, NULL);
    CloseHandle(port);
}

static void packets_come_first_in_first_out(void) {
    HANDLE port = new_port(0);
    struct packet packet;
    for (ULONG_PTR i = 0; i < 1000; i++) TRUTH(PostQueuedCompletionStatus(port, (DWORD)i, i, OVERLAPPED_AT(i)));
    for (ULONG_PTR i = 0; i < 1000; i++) {
        TRUTH(take(port, &packet, 0));
        if (!is_packet(&packet, (DWORD)i, i, OVERLAPPED_AT(i))) break;
    }
    FAILS(take(port, &packet, 0), WAIT_TIMEOUT);
    CloseHandle(port);
}

static void a_timeout_gives_no_packet(void) {
    HANDLE port = new_port(0);
    struct packet packet;
    DWORD times[] = {0, 20};
    for (size_t i = 0; i < COUNT(times); i++) {
        ULONGLONG before = GetTickCount64();
        FAILS(take(port, &packet, times[i]), WAIT_TIMEOUT);
        is_packet(&packet, UNTOUCHED, UNTOUCHED, NULL);
#ifndef _WIN32
        TRUTH(GetTickCount64() - before + 1 >= times[i]);
#else
        (void)before;
#endif
    }
    TRUTH(PostQueuedCompletionStatus(port, 1, 2, NULL)); // the wait that timed out takes nothing
    TRUTH(take(port, &packet, 0));
    is_packet(&packet, 1, 2, NULL);
    CloseHandle(port);
}

static void handles_that_are_no_ports(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), closed = new_port(0);
    CloseHandle(closed);
    HANDLE bad[] = {event, closed, NULL, GetCurrentThread(), GetCurrentProcess(), (HANDLE)(ULONG_PTR)0x7FFFFFFC};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct packet packet;
        FAILS(PostQueuedCompletionStatus(bad[i], 0, 0, NULL), ERROR_INVALID_HANDLE);
        FAILS(take(bad[i], &packet, 0), ERROR_INVALID_HANDLE);
        is_packet(&packet, UNTOUCHED, UNTOUCHED, NULL);
    }
    CloseHandle(event);
}

static void duplicates_are_the_same_port(void) {
    HANDLE port = new_port(0), copy = NULL;
    struct packet packet;
    TRUTH(DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRUTH(PostQueuedCompletionStatus(port, 1, 2, NULL));
    TRUTH(CloseHandle(port));
    TRUTH(take(copy, &packet, 0)); // the port lives until its last handle is closed
    is_packet(&packet, 1, 2, NULL);
    CloseHandle(copy);
}

// ---- threads at a port

struct taker {
    HANDLE port, taken; // the event is set when a packet has come
    HANDLE then;        // waited for after that, if there is one
    struct packet packet;
    BOOL succeeded;
    DWORD error;
    LONG volatile has_taken;
};

static DWORD WINAPI take_one(LPVOID argument) {
    struct taker *taker = argument;
    SetLastError(UNTOUCHED);
    taker->succeeded = take(taker->port, &taker->packet, INFINITE);
    taker->error = GetLastError();
    InterlockedExchange(&taker->has_taken, 1);
    SetEvent(taker->taken);
    if (taker->then) WaitForSingleObject(taker->then, INFINITE);
    return 0;
}

static HANDLE start_taker(struct taker *taker, HANDLE port, HANDLE then) {
    DWORD id;
    memset(taker, 0, sizeof *taker);
    taker->port = port;
    taker->then = then;
    taker->taken = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(take_one, taker, &id);
    until_blocked(id);
    return thread;
}

static void closing_ends_every_wait(void) {
#ifdef ON_WINE
    SKIP("Wine leaves them waiting");
#endif
    HANDLE port = new_port(0), threads[3];
    struct taker takers[3];
    for (int i = 0; i < 3; i++) threads[i] = start_taker(&takers[i], port, NULL);
    TRUTH(CloseHandle(port));
    for (int i = 0; i < 3; i++) {
        EQUAL(join(threads[i]), 0);
        EQUAL(takers[i].succeeded, FALSE);
        EQUAL(takers[i].error, ERROR_ABANDONED_WAIT_0);
        is_packet(&takers[i].packet, UNTOUCHED, UNTOUCHED, NULL);
        CloseHandle(takers[i].taken);
    }
    struct packet packet;
    FAILS(take(port, &packet, 0), ERROR_INVALID_HANDLE);
}

static void the_last_to_come_is_served_first(void) {
#ifdef ON_WINE
    SKIP("Wine serves the first to come");
#endif
    HANDLE port = new_port(8), threads[4];
    struct taker takers[4];
    for (int i = 0; i < 4; i++) threads[i] = start_taker(&takers[i], port, NULL);
    for (int i = 3; i >= 0; i--) {
        TRUTH(PostQueuedCompletionStatus(port, 0, i, NULL));
        EQUAL(WaitForSingleObject(takers[i].taken, INFINITE), WAIT_OBJECT_0);
        for (int other = 0; other < i; other++) EQUAL(takers[other].has_taken, 0);
        EQUAL(takers[i].succeeded, TRUE);
        is_packet(&takers[i].packet, 0, i, NULL);
    }
    for (int i = 0; i < 4; i++) {
        EQUAL(join(threads[i]), 0);
        CloseHandle(takers[i].taken);
    }
    CloseHandle(port);
}

static void the_second_packet_waits_until_the_first_thread_blocks(void) {
#ifdef ON_WINE
    SKIP("Wine counts no threads");
#endif
    HANDLE port = new_port(1);
    struct taker taker;
    struct packet packet;
    HANDLE thread = start_taker(&taker, port, NULL);
    // This thread takes a packet, and runs: it is the one that may.
    TRUTH(PostQueuedCompletionStatus(port, 1, 1, NULL));
    EQUAL(WaitForSingleObject(taker.taken, INFINITE), WAIT_OBJECT_0);
    EQUAL(join(thread), 0);
    TRUTH(PostQueuedCompletionStatus(port, 2, 2, NULL));
    TRUTH(take(port, &packet, 0));
    is_packet(&packet, 2, 2, NULL);
    CloseHandle(taker.taken);
    thread = start_taker(&taker, port, NULL);
    TRUTH(PostQueuedCompletionStatus(port, 3, 3, NULL));
    for (ULONGLONG until = GetTickCount64() + 100; GetTickCount64() < until;) YieldProcessor();
    EQUAL(taker.has_taken, 0);
    EQUAL(WaitForSingleObject(taker.taken, INFINITE), WAIT_OBJECT_0); // blocking frees the place
    EQUAL(join(thread), 0);
    is_packet(&taker.packet, 3, 3, NULL);
    CloseHandle(taker.taken);
    CloseHandle(port);
}

static void the_second_packet_waits_until_the_first_thread_ends(void) {
#ifdef ON_WINE
    SKIP("Wine counts no threads");
#endif
    HANDLE port = new_port(1);
    struct packet packet;
    struct taker first, second;
    HANDLE threads[2] = {start_taker(&first, port, NULL), NULL};
    TRUTH(PostQueuedCompletionStatus(port, 1, 1, NULL));
    EQUAL(join(threads[0]), 0);
    threads[1] = start_taker(&second, port, NULL); // the place of the thread that has ended is free
    TRUTH(PostQueuedCompletionStatus(port, 2, 2, NULL));
    EQUAL(WaitForSingleObject(second.taken, INFINITE), WAIT_OBJECT_0);
    EQUAL(join(threads[1]), 0);
    is_packet(&second.packet, 2, 2, NULL);
    FAILS(take(port, &packet, 0), WAIT_TIMEOUT);
    CloseHandle(first.taken);
    CloseHandle(second.taken);
    CloseHandle(port);
}

static void the_second_packet_waits_until_the_first_thread_comes_back(void) {
    HANDLE port = new_port(1);
    struct packet packet;
    TRUTH(PostQueuedCompletionStatus(port, 1, 1, NULL));
    TRUTH(PostQueuedCompletionStatus(port, 2, 2, NULL));
    TRUTH(take(port, &packet, INFINITE));
    is_packet(&packet, 1, 1, NULL);
    TRUTH(take(port, &packet, INFINITE));
    is_packet(&packet, 2, 2, NULL);
    FAILS(take(port, &packet, 0), WAIT_TIMEOUT);
    CloseHandle(port);
}

// "…or comes back to the port": who would not wait there does not take it from one who does.
static void the_second_packet_is_the_waiting_threads_if_the_first_only_looks(void) {
#ifdef ON_WINE
    SKIP("Wine counts no threads");
#endif
    HANDLE port = new_port(1), thread;
    struct taker taker;
    struct packet packet;
    TRUTH(PostQueuedCompletionStatus(port, 1, 1, NULL));
    TRUTH(take(port, &packet, INFINITE));
    thread = start_taker(&taker, port, NULL);
    TRUTH(PostQueuedCompletionStatus(port, 2, 2, NULL));
    FAILS(take(port, &packet, 0), WAIT_TIMEOUT);
    EQUAL(join(thread), 0);
    is_packet(&taker.packet, 2, 2, NULL);
    CloseHandle(taker.taken);
    CloseHandle(port);
}

static DWORD WINAPI take_many(LPVOID argument) {
    struct taker *taker = argument;
    struct packet packet;
    DWORD sum = 0;
    while (take(taker->port, &packet, INFINITE) && packet.key) sum += packet.bytes;
    return sum;
}

static void every_packet_comes_to_one_thread(void) {
    enum { PACKETS = 20000 };
    for (DWORD concurrency = 1; concurrency <= 4; concurrency++) {
        struct taker taker = {new_port(concurrency), NULL, NULL, {0, 0, NULL}, FALSE, 0, 0};
        HANDLE threads[4];
        DWORD sum = 0;
        for (int i = 0; i < 4; i++) threads[i] = start(take_many, &taker, NULL);
        for (DWORD i = 1; i <= PACKETS; i++) PostQueuedCompletionStatus(taker.port, i, 1, NULL);
        for (int i = 0; i < 4; i++) TRUTH(PostQueuedCompletionStatus(taker.port, 0, 0, NULL));
        for (int i = 0; i < 4; i++) sum += join(threads[i]);
        EQUAL(sum, (DWORD)PACKETS * (PACKETS + 1) / 2);
        CloseHandle(taker.port);
    }
}

// ---- associations

static SOCKET new_socket(DWORD flags) {
    SOCKET made = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, flags);
    TRUTH(made != INVALID_SOCKET);
    return made;
}

static void making_a_port_takes_no_other(void) {
    HANDLE port = new_port(0);
    FAILS(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(port);
}

static void an_association_returns_the_port(void) {
    HANDLE port = new_port(0);
    SOCKET socket = new_socket(WSA_FLAG_OVERLAPPED);
    EQUAL(CreateIoCompletionPort((HANDLE)socket, port, 1, 0), port);
    EQUAL(closesocket(socket), 0);
    CloseHandle(port);
}

static void one_call_makes_the_port_and_associates(void) {
    SOCKET socket = new_socket(WSA_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort((HANDLE)socket, NULL, 1, 0), other = new_port(0);
    struct packet packet;
    REQUIRE(port);
    TRUTH(PostQueuedCompletionStatus(port, 1, 2, NULL));
    TRUTH(take(port, &packet, 0));
    is_packet(&packet, 1, 2, NULL);
    FAILS(CreateIoCompletionPort((HANDLE)socket, other, 1, 0), ERROR_INVALID_PARAMETER);
    EQUAL(closesocket(socket), 0);
    CloseHandle(port);
    CloseHandle(other);
}

static void a_second_association_fails(void) {
    HANDLE port = new_port(0), other = new_port(0);
    SOCKET socket = new_socket(WSA_FLAG_OVERLAPPED);
    EQUAL(CreateIoCompletionPort((HANDLE)socket, port, 1, 0), port);
    FAILS(CreateIoCompletionPort((HANDLE)socket, port, 1, 0), ERROR_INVALID_PARAMETER);
    FAILS(CreateIoCompletionPort((HANDLE)socket, port, 2, 0), ERROR_INVALID_PARAMETER);
    FAILS(CreateIoCompletionPort((HANDLE)socket, other, 1, 0), ERROR_INVALID_PARAMETER);
    FAILS(CreateIoCompletionPort((HANDLE)socket, NULL, 1, 0), ERROR_INVALID_PARAMETER);
    EQUAL(closesocket(socket), 0);
    CloseHandle(port);
    CloseHandle(other);
}

static void a_socket_that_is_not_overlapped_fails(void) {
    HANDLE port = new_port(0);
    SOCKET socket = new_socket(0);
    FAILS(CreateIoCompletionPort((HANDLE)socket, port, 1, 0), ERROR_INVALID_PARAMETER);
    FAILS(CreateIoCompletionPort((HANDLE)socket, NULL, 1, 0), ERROR_INVALID_PARAMETER);
    EQUAL(closesocket(socket), 0);
    CloseHandle(port);
}

static void only_sockets_are_associated(void) {
    HANDLE port = new_port(0), event = CreateEventA(NULL, TRUE, TRUE, NULL), closed = new_port(0);
    SOCKET socket = new_socket(WSA_FLAG_OVERLAPPED);
    CloseHandle(closed);
    FAILS(CreateIoCompletionPort(event, port, 1, 0), ERROR_INVALID_HANDLE);
    FAILS(CreateIoCompletionPort(event, NULL, 1, 0), ERROR_INVALID_HANDLE);
    FAILS(CreateIoCompletionPort(closed, port, 1, 0), ERROR_INVALID_HANDLE);
    FAILS(CreateIoCompletionPort(NULL, port, 1, 0), ERROR_INVALID_HANDLE);
    FAILS(CreateIoCompletionPort((HANDLE)socket, closed, 1, 0), ERROR_INVALID_HANDLE);
    FAILS(CreateIoCompletionPort((HANDLE)socket, event, 1, 0), ERROR_INVALID_HANDLE);
    EQUAL(CreateIoCompletionPort((HANDLE)socket, port, 1, 0), port); // none of these has bound it
    EQUAL(closesocket(socket), 0);
    CloseHandle(port);
    CloseHandle(event);
}

// ---- several at once

static ULONG take_several(HANDLE port, OVERLAPPED_ENTRY *entries, ULONG count, DWORD milliseconds) {
    ULONG taken = UNTOUCHED;
    memset(entries, 0x5A, count * sizeof *entries);
    SetLastError(UNTOUCHED);
    return GetQueuedCompletionStatusEx(port, entries, count, &taken, milliseconds, FALSE) ? taken : 0;
}

static void several_packets_are_taken_at_once(void) {
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entries[8];
    for (ULONG_PTR i = 0; i < 5; i++) TRUTH(PostQueuedCompletionStatus(port, (DWORD)i, 10 + i, OVERLAPPED_AT(i * 16)));
    EQUAL(take_several(port, entries, 3, INFINITE), 3);
    for (ULONG_PTR i = 0; i < 3; i++) {
        EQUAL(entries[i].dwNumberOfBytesTransferred, i);
        EQUAL(entries[i].lpCompletionKey, 10 + i);
        EQUAL(entries[i].lpOverlapped, OVERLAPPED_AT(i * 16));
    }
    EQUAL(take_several(port, entries, 8, INFINITE), 2); // all there are
    EQUAL(entries[0].lpCompletionKey, 13);
    EQUAL(entries[1].lpCompletionKey, 14);
    CloseHandle(port);
}

static void taking_several_fails(void) {
    HANDLE port = new_port(0), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED_ENTRY entries[2];
    ULONG taken = UNTOUCHED;
    FAILS(GetQueuedCompletionStatusEx(port, entries, 2, &taken, 0, FALSE), WAIT_TIMEOUT);
    FAILS(GetQueuedCompletionStatusEx(port, entries, 2, &taken, 10, FALSE), WAIT_TIMEOUT);
    FAILS(GetQueuedCompletionStatusEx(port, entries, 2, &taken, 0, TRUE), WAIT_TIMEOUT);
#ifndef ON_WINE
    FAILS(GetQueuedCompletionStatusEx(port, entries, 0, &taken, 0, FALSE), ERROR_INVALID_PARAMETER);
#endif
    FAILS(GetQueuedCompletionStatusEx(event, entries, 2, &taken, 0, FALSE), ERROR_INVALID_HANDLE);
    FAILS(GetQueuedCompletionStatusEx(NULL, entries, 2, &taken, 0, FALSE), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(port);
    FAILS(GetQueuedCompletionStatusEx(port, entries, 2, &taken, 0, FALSE), ERROR_INVALID_HANDLE);
}

static DWORD WINAPI wait_for_several(LPVOID port) {
    OVERLAPPED_ENTRY entries[4];
    return take_several(port, entries, 4, INFINITE) ? 0 : GetLastError();
}

static void closing_ends_a_wait_for_several(void) {
#ifdef ON_WINE
    SKIP("Wine goes on waiting");
#endif
    HANDLE port = new_port(0);
    DWORD id;
    HANDLE thread = start(wait_for_several, port, &id);
    until_blocked(id);
    TRUTH(CloseHandle(port));
    EQUAL(join(thread), ERROR_ABANDONED_WAIT_0);
}

static LONG calls_run;
static void CALLBACK count_call(ULONG_PTR amount) { calls_run += (LONG)amount; }

static void calls_end_a_wait_for_several(void) {
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entries[2];
    ULONG taken = UNTOUCHED;
    calls_run = 0;
    TRUTH(QueueUserAPC(count_call, GetCurrentThread(), 1));
    FAILS(GetQueuedCompletionStatusEx(port, entries, 2, &taken, 20, FALSE), WAIT_TIMEOUT);
    EQUAL(calls_run, 0);
    // A packet comes before a call.
    TRUTH(PostQueuedCompletionStatus(port, 1, 2, NULL));
#ifndef ON_WINE
    TRUTH(GetQueuedCompletionStatusEx(port, entries, 2, &taken, INFINITE, TRUE));
    EQUAL(taken, 1);
    EQUAL(calls_run, 0);
#else
    TRUTH(GetQueuedCompletionStatusEx(port, entries, 2, &taken, INFINITE, FALSE));
#endif
    FAILS(GetQueuedCompletionStatusEx(port, entries, 2, &taken, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(calls_run, 1);
    CloseHandle(port);
}

static void CALLBACK post_packet(ULONG_PTR port) { PostQueuedCompletionStatus((HANDLE)port, 3, 4, NULL); }

static DWORD WINAPI wait_alertably(LPVOID port) {
    OVERLAPPED_ENTRY entries[2];
    ULONG taken = 0;
    if (GetQueuedCompletionStatusEx(port, entries, 2, &taken, INFINITE, TRUE)) return 1;
    DWORD error = GetLastError();
    if (!GetQueuedCompletionStatusEx(port, entries, 2, &taken, INFINITE, TRUE)) return 2;
    return taken == 1 && entries[0].lpCompletionKey == 4 ? error : 3;
}

static void a_call_wakes_who_waits_for_several(void) {
    HANDLE port = new_port(0);
    DWORD id;
    HANDLE thread = start(wait_alertably, port, &id);
    until_blocked(id);
    TRUTH(QueueUserAPC(post_packet, thread, (ULONG_PTR)port));
    EQUAL(join(thread), WAIT_IO_COMPLETION);
    CloseHandle(port);
}

static const struct test_case cases[] = {
    CASE(a_posted_packet_comes_out_whole),
    CASE(a_packet_of_nothing_is_a_success),
    CASE(packets_come_first_in_first_out),
    CASE(a_timeout_gives_no_packet),
    CASE(handles_that_are_no_ports),
    CASE(duplicates_are_the_same_port),
    CASE(closing_ends_every_wait),
    CASE(the_last_to_come_is_served_first),
    CASE(the_second_packet_waits_until_the_first_thread_blocks),
    CASE(the_second_packet_waits_until_the_first_thread_ends),
    CASE(the_second_packet_waits_until_the_first_thread_comes_back),
    CASE(the_second_packet_is_the_waiting_threads_if_the_first_only_looks),
    CASE(every_packet_comes_to_one_thread),
    CASE(making_a_port_takes_no_other),
    CASE(an_association_returns_the_port),
    CASE(one_call_makes_the_port_and_associates),
    CASE(a_second_association_fails),
    CASE(a_socket_that_is_not_overlapped_fails),
    CASE(only_sockets_are_associated),
    CASE(several_packets_are_taken_at_once),
    CASE(taking_several_fails),
    CASE(closing_ends_a_wait_for_several),
    CASE(calls_end_a_wait_for_several),
    CASE(a_call_wakes_who_waits_for_several),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
