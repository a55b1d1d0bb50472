// activated.c: a Win32 program that systemd starts with sockets, for Tests/Deployment/sockets-test.
//
//     activated PORT      binds to 127.0.0.1:PORT and listens, as on Windows; if systemd holds that socket it takes it over;
//                         it closes the socket after each client, and makes it anew
//     activated datagrams PORT   sends back what comes to 127.0.0.1:PORT, likewise
//     activated by-name   asks for "api" (a Unix socket), "log" (a FIFO), and a pipe that an earlier run has stored
//
// The status line tells what was found; each connection is told "run N", N being how often the program was started.
#include <winsock2.h>
#include <windows.h>
#ifndef _WIN32
#include <signalbox.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int succeeded, const char *what) {
    if (succeeded) return;
    fprintf(stderr, "activated: %s failed with error %u\n", what, (unsigned)GetLastError());
    exit(1);
}

#ifndef _WIN32
// Bytes in the stored pipe, whose ends have a name each, one for each run.
static unsigned count_run(void) {
    HANDLE read = SignalboxServiceHandle("runs"), write = SignalboxServiceHandle("count");
    DWORD done, count = 0;
    if (!read && GetLastError() == ERROR_NOT_FOUND) {
        must(CreatePipe(&read, &write, NULL, 0), "CreatePipe");
        must(SignalboxServiceStore(read, "runs", 0) && SignalboxServiceStore(write, "count", 0), "SignalboxServiceStore");
        // There is room for two.
        if (SignalboxServiceStore(write, "more", 0) || GetLastError() != ERROR_TOO_MANY_OPEN_FILES)
            SignalboxServiceStatus("more was stored than there is room for");
    }
    must(WriteFile(write, "x", 1, &done, NULL), "WriteFile");
    must(PeekNamedPipe(read, NULL, 0, NULL, &count, NULL), "PeekNamedPipe");
    return count;
}

static DWORD WINAPI read_log(LPVOID log) {
    char text[100];
    DWORD count;
    while (ReadFile(log, text, sizeof text - 1, &count, NULL) && count) {
        text[count] = 0;
        SignalboxServiceStatus(text);
    }
    return 0;
}
#endif

static struct sockaddr_in at(int port) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons((u_short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static SOCKET listen_at(int port) {
    struct sockaddr_in address = at(port);
    SOCKET listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    must(listener != INVALID_SOCKET, "socket");
    must(!bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    must(!listen(listener, SOMAXCONN), "listen");
    return listener;
}

static void send_back(int port) {
    struct sockaddr_in address = at(port), peer;
    SOCKET own = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    must(own != INVALID_SOCKET, "socket");
    must(!bind(own, (struct sockaddr *)&address, sizeof address), "bind");
#ifndef _WIN32
    SignalboxServiceReady("serving");
#endif
    for (;;) {
        char text[100];
        int length = sizeof peer, count = recvfrom(own, text, sizeof text, 0, (struct sockaddr *)&peer, &length);
        must(count >= 0, "recvfrom");
        sendto(own, text, count, 0, (struct sockaddr *)&peer, length);
    }
}

static SOCKET listener;
static HANDLE served;
static unsigned runs;

// Until the socket is closed.
static DWORD WINAPI serve(LPVOID unused) {
    (void)unused;
    for (;;) {
        char text[32];
        SOCKET connection = accept(listener, NULL, NULL);
        if (connection == INVALID_SOCKET) return (DWORD)WSAGetLastError();
        snprintf(text, sizeof text, "run %u\n", runs);
        send(connection, text, (int)strlen(text), 0);
        closesocket(connection);
        SetEvent(served);
    }
}

int main(int argc, char **argv) {
    WSADATA data;
    int port = 0, pauses = 0;
    (void)pauses;
    must(!WSAStartup(MAKEWORD(2, 2), &data), "WSAStartup");
    if (argc < 2) return 2;
    if (!strcmp(argv[1], "datagrams")) send_back(argc > 2 ? atoi(argv[2]) : 0);
#ifndef _WIN32
    if (!strcmp(argv[1], "by-name")) {
        HANDLE log = SignalboxServiceHandle("log");
        must(log != NULL, "the pipe");
        must(SignalboxServiceSocket("nothing") == INVALID_SOCKET && GetLastError() == ERROR_NOT_FOUND, "what is not there");
        must(SignalboxServiceSocket("log") == INVALID_SOCKET && WSAGetLastError() == WSAENOTSOCK, "what is no socket");
        must((listener = SignalboxServiceSocket("api")) != INVALID_SOCKET, "the socket");
        must(SignalboxServiceSocket("api") == INVALID_SOCKET && WSAGetLastError() == WSAEADDRINUSE, "a second one");
        runs = count_run();
        CloseHandle(CreateThread(NULL, 0, read_log, log, 0, NULL));
    } else
#endif
    {
        port = atoi(argv[1]);
        listener = listen_at(port);
        // A service that pauses closes its socket, and makes it anew.
        closesocket(listener);
        listener = listen_at(port);
    }
#ifndef _WIN32
    SignalboxServiceReady("serving");
#endif
    must((served = CreateEvent(NULL, FALSE, FALSE, NULL)) != NULL, "CreateEvent");
    for (;;) {
        DWORD code;
        HANDLE server = CreateThread(NULL, 0, serve, NULL, 0, NULL);
        must(server != NULL, "CreateThread");
        // It pauses after each client, with its thread in accept mostly: that one is woken, and nobody else is.
        WaitForSingleObject(served, INFINITE);
        if (!port) WaitForSingleObject(server, INFINITE);
        WaitForSingleObject(server, 20);
        closesocket(listener);
        must(WaitForSingleObject(server, 10000) == WAIT_OBJECT_0, "waking the thread in accept");
        GetExitCodeThread(server, &code);
        SetLastError(code);
        must(code == WSAEINTR || code == WSAENOTSOCK, "accept");
        CloseHandle(server);
#ifndef _WIN32
        // Who comes meanwhile waits in systemd's queue, and is served after the pause.
        if (pauses++ < 3) {
            struct sockaddr_in address = at(port);
            SOCKET client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
            must(!connect(client, (struct sockaddr *)&address, sizeof address), "connecting in a pause");
            closesocket(client);
        }
#endif
        listener = listen_at(port);
    }
}
