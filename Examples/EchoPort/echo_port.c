// echo_port: the classic completion-port server. It sends back what each client sends; the same source runs on Windows.
//
//     echo_port [PORT]          default 7007; 0 takes any free port
//
// Who owns what: a connection has one operation outstanding at a time (accept, receive or send), and belongs to that
// operation; the worker that takes its completion from the port owns it until it starts the next one. The main thread
// reaches connections through the list only, under its lock, and may half-close or close a socket but never frees.
//
// Stopping races with a send that starts. `state` decides: a worker moves it from RECEIVING to SENDING before it sends,
// the main thread from RECEIVING to HALF_CLOSED before it half-closes, each by compare-and-exchange.
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#ifndef _WIN32
#include <signalbox.h>
#endif

enum { BUFFER_SIZE = 65536, ACCEPTS = 16, ADDRESS_SIZE = sizeof(struct sockaddr_in) + 16, MAX_WORKERS = 63 };
enum { ACCEPTING, RECEIVING, SENDING, HALF_CLOSED };

struct connection {
    OVERLAPPED overlapped;
    SOCKET socket;
    LONG volatile state;
    BOOL connected;                     // under the lock
    BOOL closed;                        // under the lock: there is no socket to close
    struct connection *next, *previous; // under the lock
    CHAR buffer[BUFFER_SIZE];
};

static HANDLE port, stop, drained;
static SOCKET listener;
static LPFN_ACCEPTEX accept_ex;
static LONG volatile stopping;   // written under the lock
static LONG64 volatile messages;

static HANDLE lock_event;        // an auto-reset event is a lock: whoever's wait takes the signal holds it
static struct connection *first; // the list, its length, and what it consists of: under the lock
static LONG listed, accepts, connections, served;

static void lock(void) { WaitForSingleObject(lock_event, INFINITE); }
static void unlock(void) { SetEvent(lock_event); }

static void must(BOOL succeeded, const char *what) {
    if (succeeded) return;
    fprintf(stderr, "echo_port: %s failed with error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

// The owner gives the connection up.
static void release(struct connection *c) {
    lock();
    if (c->next) c->next->previous = c->previous;
    if (c->previous) c->previous->next = c->next;
    else first = c->next;
    if (!c->closed) closesocket(c->socket);
    if (c->connected) connections--;
    if (--listed == 0 && stopping) SetEvent(drained);
    unlock();
    free(c);
}

static BOOL post_accept(void) {
    struct connection *c = malloc(sizeof *c);
    if (!c) return FALSE;
    ZeroMemory(c, offsetof(struct connection, buffer));
    c->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    c->state = ACCEPTING;
    c->closed = c->socket == INVALID_SOCKET;
    lock();
    c->next = first;
    if (first) first->previous = c;
    first = c;
    listed++;
    // Under the lock, for the listener must not be closed between the question and the call.
    DWORD bytes;
    BOOL posted = !stopping && !c->closed &&
        (accept_ex(listener, c->socket, c->buffer, 0, ADDRESS_SIZE, ADDRESS_SIZE, &bytes, &c->overlapped) ||
         WSAGetLastError() == WSA_IO_PENDING);
    if (posted) accepts++;
    unlock();
    if (!posted) release(c);
    return posted;
}

// Starts the next operation, to which the connection belongs from then on: one that completes at once gives a packet
// as well. Only a failure leaves the connection with us.
static void start(struct connection *c, DWORD bytes_to_send) {
    WSABUF buffer = {bytes_to_send ? bytes_to_send : BUFFER_SIZE, c->buffer};
    DWORD flags = 0;
    ZeroMemory(&c->overlapped, sizeof c->overlapped);
    int error = bytes_to_send ? WSASend(c->socket, &buffer, 1, NULL, 0, &c->overlapped, NULL)
                              : WSARecv(c->socket, &buffer, 1, NULL, &flags, &c->overlapped, NULL);
    if (error && WSAGetLastError() != WSA_IO_PENDING) release(c);
}

// Nothing is being sent: half-closes if we are stopping and nobody else has.
static void half_close(struct connection *c) {
    if (InterlockedCompareExchange(&c->state, HALF_CLOSED, RECEIVING) == RECEIVING) shutdown(c->socket, SD_SEND);
}

static void next_message(struct connection *c) {
    // First the state, then the flag; the main thread does it the other way round, so one of the two sees the other.
    InterlockedExchange(&c->state, RECEIVING);
    if (stopping) half_close(c);
    start(c, 0);
}

static BOOL connect_accepted(struct connection *c) {
    int on = 1;
    if (setsockopt(c->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (const char *)&listener, sizeof listener) ||
        !CreateIoCompletionPort((HANDLE)c->socket, port, 0, 0))
        return FALSE;
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
    lock();
    c->connected = TRUE;
    connections++;
    served++;
    unlock();
    return TRUE;
}

static DWORD WINAPI work(LPVOID unused) {
    (void)unused;
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key;
        LPOVERLAPPED overlapped = NULL;
        BOOL succeeded = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (!overlapped) return succeeded ? 0 : GetLastError(); // a packet without an operation asks us to end
        struct connection *c = CONTAINING_RECORD(overlapped, struct connection, overlapped);
        switch (c->state) {
        case ACCEPTING:
            lock();
            accepts--;
            unlock();
            if (!stopping) post_accept();
            if (succeeded && connect_accepted(c)) next_message(c);
            else release(c);
            break;
        case SENDING:
            if (succeeded) InterlockedIncrement64(&messages);
            if (succeeded) next_message(c);
            else release(c);
            break;
        default: // RECEIVING or HALF_CLOSED
            if (!succeeded) {
                release(c);
            } else if (bytes == 0) { // the client has sent all that it will, and has been sent all of it
                shutdown(c->socket, SD_SEND);
                release(c);
            } else if (InterlockedCompareExchange(&c->state, SENDING, RECEIVING) == RECEIVING) {
                start(c, bytes);
            } else { // too late to answer; a close with input unread would reset what we sent before
                start(c, 0);
            }
        }
    }
}

static BOOL WINAPI on_control(DWORD type) {
    SetEvent(stop);
    // Windows ends the process when the handler of one of the other events returns; main returns long before that.
    if (type != CTRL_C_EVENT && type != CTRL_BREAK_EVENT) Sleep(10000);
    return TRUE;
}

static void start_listening(unsigned short number) {
    struct sockaddr_in address = {0};
    int length = sizeof address;
    GUID id = WSAID_ACCEPTEX;
    DWORD bytes;
    address.sin_family = AF_INET;
    address.sin_port = htons(number);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    must(listener != INVALID_SOCKET, "WSASocket");
    must(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    must(listen(listener, SOMAXCONN) == 0, "listen");
    must(CreateIoCompletionPort((HANDLE)listener, port, 0, 0) != NULL, "CreateIoCompletionPort");
    must(WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &accept_ex, sizeof accept_ex, &bytes,
                  NULL, NULL) == 0, "WSAIoctl");
    for (int i = 0; i < ACCEPTS; i++) must(post_accept(), "AcceptEx");
    must(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void stop_listening(void) {
    lock();
    InterlockedExchange(&stopping, 1);
    closesocket(listener);
    for (struct connection *c = first; c; c = c->next) half_close(c); // the others do it when their send has ended
    if (listed == 0) SetEvent(drained);
    unlock();
    if (WaitForSingleObject(drained, 3000) == WAIT_OBJECT_0) return;
    lock(); // the clients have had their time
    for (struct connection *c = first; c; c = c->next) {
        closesocket(c->socket);
        c->closed = TRUE;
    }
    unlock();
    WaitForSingleObject(drained, 1000);
}

#ifndef _WIN32
static void report(void) {
    static ULONGLONG last_time;
    static LONG64 last_messages;
    ULONGLONG now = GetTickCount64();
    LONG64 count = messages;
    double seconds = (double)(now - last_time) / 1000;
    char text[128];
    snprintf(text, sizeof text, "%d connections, %.0f messages/s, %.0f messages", (int)connections,
             last_time && seconds > 0 ? (double)(count - last_messages) / seconds : 0, (double)count);
    last_time = now;
    last_messages = count;
    SignalboxServiceStatus(text);
}
#endif

int main(int argc, char **argv) {
    WSADATA data;
    SYSTEM_INFO system;
    HANDLE waits[1 + MAX_WORKERS]; // the stop event, then the workers
    must(WSAStartup(MAKEWORD(2, 2), &data) == 0, "WSAStartup");
    stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    drained = CreateEventW(NULL, TRUE, FALSE, NULL);
    lock_event = CreateEventW(NULL, FALSE, TRUE, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    must(stop && drained && lock_event && port, "creating the kernel objects");
    must(SetConsoleCtrlHandler(on_control, TRUE), "SetConsoleCtrlHandler");
    GetSystemInfo(&system);
    DWORD workers = system.dwNumberOfProcessors < MAX_WORKERS ? system.dwNumberOfProcessors : MAX_WORKERS;
    waits[0] = stop;
    for (DWORD i = 1; i <= workers; i++)
        must((waits[i] = CreateThread(NULL, 0, work, NULL, 0, NULL)) != NULL, "CreateThread");
    start_listening((unsigned short)(argc > 1 ? atoi(argv[1]) : 7007));
#ifndef _WIN32
    SignalboxServiceReady("listening");
#endif

    DWORD woken;
    while ((woken = WaitForMultipleObjects(1 + workers, waits, FALSE, 1000)) == WAIT_TIMEOUT) {
        lock();
        LONG missing = ACCEPTS - accepts; // an accept that could not be posted, for want of memory, is made up for
        unlock();
        while (missing-- > 0 && post_accept()) {}
#ifndef _WIN32
        report();
#endif
    }
    must(woken == WAIT_OBJECT_0, "a worker");

    stop_listening();
    for (DWORD i = 0; i < workers; i++) PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects(workers, waits + 1, TRUE, 3000);
    printf("stopped after %.0f messages on %d connections\n", (double)messages, (int)served);
    for (DWORD i = 0; i <= workers; i++) CloseHandle(waits[i]); // waits[0] is the stop event
    CloseHandle(port);
    CloseHandle(lock_event);
    CloseHandle(drained);
    WSACleanup();
    return 0;
}
