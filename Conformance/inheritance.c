// inheritance.c: the handles that a child gets from its parent.
#include <winsock2.h>
#include <mswsock.h>
#include "children.h"
#include "peer.h"

// A socket of ours that is connected to a peer; INVALID_SOCKET if that fails.
static SOCKET connected_to(peer *other) {
    char addresses[2 * (sizeof(struct sockaddr_in) + 16)];
    struct sockaddr_in address;
    int length = sizeof address;
    DWORD bytes = 0, flags = 0;
    OVERLAPPED request;
    memset(&address, 0, sizeof address);
    memset(&request, 0, sizeof request);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET listener = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKET made = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    request.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &length)) return INVALID_SOCKET;
    BOOL is_done = AcceptEx(listener, made, addresses, 0, sizeof addresses / 2, sizeof addresses / 2, &bytes, &request);
    if (!is_done && WSAGetLastError() != WSA_IO_PENDING) return INVALID_SOCKET;
    *other = peer_connect(ntohs(address.sin_port));
    if (!WSAGetOverlappedResult(listener, &request, &bytes, TRUE, &flags)) return INVALID_SOCKET;
    setsockopt(made, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
    CloseHandle(request.hEvent);
    closesocket(listener);
    return made;
}

// One transfer, from its start to its end; -1 if it fails.
static int transfer(SOCKET socket, char *bytes, int count, int is_send) {
    WSABUF buffer = {(ULONG)count, bytes};
    DWORD done = 0, flags = 0;
    OVERLAPPED request;
    memset(&request, 0, sizeof request);
    request.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    int result = is_send ? WSASend(socket, &buffer, 1, NULL, 0, &request, NULL)
                         : WSARecv(socket, &buffer, 1, NULL, &flags, &request, NULL);
    if (result != 0 && WSAGetLastError() != WSA_IO_PENDING) return -1;
    if (!WSAGetOverlappedResult(socket, &request, &done, TRUE, &flags)) return -1;
    CloseHandle(request.hEvent);
    return (int)done;
}

static BOOL start_heir(const char *what, SOCKET given, BOOL inherits, STARTUPINFOA *startup, PROCESS_INFORMATION *child) {
    char line[8192];
    STARTUPINFOA plain;
    memset(&plain, 0, sizeof plain);
    plain.cb = sizeof plain;
    snprintf(line, sizeof line, "\"%s\" %s %lu", own_path, what, (unsigned long)given);
    return CreateProcessA(NULL, line, NULL, NULL, inherits, 0, NULL, NULL, startup ? startup : &plain, child);
}

// Sockets are inherited as other handles are (WSASocket, WSA_FLAG_NO_HANDLE_INHERIT); a receive of the heir's never ends under Wine.
#ifdef ON_WINE
#define SKIP_ON_WINE() SKIP("Wine's heirs do not receive")
#else
#define SKIP_ON_WINE() ((void)0)
#endif

static void inherit(SOCKET socket, DWORD flag) {
    TRUTH(SetHandleInformation((HANDLE)socket, HANDLE_FLAG_INHERIT, flag));
}

static void ask(peer other) {
    char text[4] = "";
    peer_send(other, "ping", 4);
    EQUAL(peer_receive(other, text, 4), 4);
    TRUTH(!memcmp(text, "pong", 4));
}

static void a_socket_keeps_its_value(void) {
    SKIP_ON_WINE();
    peer other;
    PROCESS_INFORMATION child;
    char text[4] = "";
    SOCKET own = connected_to(&other);
    REQUIRE(own != INVALID_SOCKET);
    inherit(own, HANDLE_FLAG_INHERIT);
    REQUIRE(start_heir("talk", own, TRUE, NULL, &child));
    ask(other);
    EQUAL(end_of(&child), 0);
    peer_send(other, "more", 4); // ours is as it was
    EQUAL(transfer(own, text, 4, 0), 4);
    TRUTH(!memcmp(text, "more", 4));
    EQUAL(closesocket(own), 0);
    peer_close(other);
}

static void only_what_is_marked_and_only_if_asked(void) {
    peer other;
    PROCESS_INFORMATION child;
    SOCKET own = connected_to(&other);
    REQUIRE(own != INVALID_SOCKET);
    inherit(own, 0);
    REQUIRE(start_heir("has-none", own, TRUE, NULL, &child));
    EQUAL(end_of(&child), 0);
    inherit(own, HANDLE_FLAG_INHERIT);
    REQUIRE(start_heir("has-none", own, FALSE, NULL, &child));
    EQUAL(end_of(&child), 0);
    closesocket(own);
    peer_close(other);
}

static void several_handles_and_new_ones(void) {
    SKIP_ON_WINE();
    peer others[2];
    SOCKET own[2];
    PROCESS_INFORMATION child;
    char what[64];
    for (int i = 0; i < 2; i++) {
        own[i] = connected_to(&others[i]);
        REQUIRE(own[i] != INVALID_SOCKET);
        inherit(own[i], HANDLE_FLAG_INHERIT);
    }
    snprintf(what, sizeof what, "talk-beside %lu", (unsigned long)own[1]);
    REQUIRE(start_heir(what, own[0], TRUE, NULL, &child));
    ask(others[1]);
    ask(others[0]);
    EQUAL(end_of(&child), 0);
    for (int i = 0; i < 2; i++) {
        closesocket(own[i]);
        peer_close(others[i]);
    }
}

// The child's is the last handle: when the child ends, the connection does.
static void the_connection_lasts_as_long_as_a_handle(void) {
    SKIP_ON_WINE();
    peer other;
    PROCESS_INFORMATION child;
    char text[4];
    SOCKET own = connected_to(&other);
    REQUIRE(own != INVALID_SOCKET);
    inherit(own, HANDLE_FLAG_INHERIT);
    REQUIRE(start_heir("talk", own, TRUE, NULL, &child));
    EQUAL(closesocket(own), 0);
    ask(other);
    EQUAL(peer_receive(other, text, 4), 0);
    EQUAL(end_of(&child), 0);
    peer_close(other);
}

static void standard_handles_are_told(void) {
    peer other;
    PROCESS_INFORMATION child;
    STARTUPINFOA startup;
    SOCKET own = connected_to(&other);
    REQUIRE(own != INVALID_SOCKET);
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdOutput = (HANDLE)own;
    inherit(own, HANDLE_FLAG_INHERIT);
    REQUIRE(start_heir("has-output", own, TRUE, &startup, &child));
    EQUAL(end_of(&child), 0);
    closesocket(own);
    peer_close(other);
}

#ifndef _WIN32
// For programs that are not ours they are 0, 1 and 2; what there is none for is /dev/null.
static void standard_handles_are_descriptors(void) {
    peer other;
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    char text[64] = "", line[] = "sh -c \"read word; echo got $word; readlink /proc/self/fd/2\"";
    SOCKET own = connected_to(&other);
    REQUIRE(own != INVALID_SOCKET);
    inherit(own, HANDLE_FLAG_INHERIT);
    startup.hStdInput = startup.hStdOutput = (HANDLE)own;
    startup.hStdError = INVALID_HANDLE_VALUE;
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child));
    peer_send(other, "it\n", 3);
    EQUAL(end_of(&child), 0);
    EQUAL(closesocket(own), 0);
    EQUAL(peer_receive(other, text, sizeof text - 1), 17);
    TRUTH(!strcmp(text, "got it\n/dev/null\n"));
    peer_close(other);
}
#endif

// ---- the child's side

static int talk(SOCKET given) {
    char text[4];
    for (int got = 0, done; got < 4; got += done)
        if ((done = transfer(given, text + got, 4 - got, 0)) <= 0) return 20;
    if (memcmp(text, "ping", 4)) return 21;
    return transfer(given, (char *)"pong", 4, 1) == 4 ? 0 : 22;
}

static int be_child(int argc, char **argv) {
    SOCKET given = (SOCKET)strtoul(argv[argc - 1], NULL, 10);
    int type = 0, size = sizeof type;
    if (!strcmp(argv[1], "talk")) return talk(given);
    if (!strcmp(argv[1], "has-none")) {
        if (getsockopt(given, SOL_SOCKET, SO_TYPE, (char *)&type, &size) == 0) return 11;
        return WSAGetLastError() == WSAENOTSOCK ? 0 : 12;
    }
    if (!strcmp(argv[1], "talk-beside")) {
        SOCKET other = (SOCKET)strtoul(argv[2], NULL, 10);
        DWORD flags = 0;
        for (int i = 0; i < 3000; i++) {
            HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
            if (!event || (SOCKET)event == given || (SOCKET)event == other) return 13;
        }
        if (!GetHandleInformation((HANDLE)other, &flags) || flags != HANDLE_FLAG_INHERIT) return 14;
        int failed = talk(other);
        if (!failed) failed = talk(given);
        if (closesocket(given) || closesocket(other)) return 15;
        return failed;
    }
    if (!strcmp(argv[1], "has-output")) {
        STARTUPINFOA startup;
        memset(&startup, 0, sizeof startup);
        GetStartupInfoA(&startup);
        if (!(startup.dwFlags & STARTF_USESTDHANDLES)) return 16;
        return startup.hStdOutput == (HANDLE)given ? 0 : 17;
    }
    return 98;
}

static const struct test_case cases[] = {
    CASE(a_socket_keeps_its_value),
    CASE(only_what_is_marked_and_only_if_asked),
    CASE(several_handles_and_new_ones),
    CASE(the_connection_lasts_as_long_as_a_handle),
    CASE(standard_handles_are_told),
#ifndef _WIN32
    CASE(standard_handles_are_descriptors),
#endif
};

int main(int argc, char **argv) {
    WSADATA data;
    find_own_path(argv[0]);
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 97;
    for (size_t i = 0; argc > 1 && i < COUNT(cases); i++)
        if (!strcmp(argv[1], cases[i].name)) return run_cases(cases, COUNT(cases), argc, argv);
    return argc > 1 ? be_child(argc, argv) : run_cases(cases, COUNT(cases), argc, argv);
}
