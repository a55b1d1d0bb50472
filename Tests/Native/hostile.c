// hostile.c: eight threads call everything but ExitProcess and ExitThread, with handles that are random, closed, stale
// or of another kind, and with extreme numbers. Nothing crashes, nothing hangs, and every error is a documented one.
//
//     hostile [SEED [CALLS]]
//
// Memory is real and outlives the requests on it, and counts of array elements are true or refused by every Windows:
// what a program must not do there either is not tried. A call that may rightly block for ever gets a bad handle.
#include <winsock2.h>
#include <mswsock.h>
#include <stdlib.h>
#include <time.h>
#include "cases.h"
#include "peer.h"
#ifndef _WIN32
#include <signalbox.h>
#endif

enum { WORKERS = 8, SHARED = 64, ADDRESS_SIZE = sizeof(struct sockaddr_in) + 16, SCRATCH = 4096, SECONDS = 100 };

static unsigned long long seed;
static LONG calls = 100000;
static LONG volatile calls_left, overlapped_taken, threads_running, working;
static HANDLE volatile handles[SHARED]; // what the threads have made and closed: any thread uses any of them
static OVERLAPPED *overlapped_pool;     // one for each call at most, never used twice
static char scratch[SCRATCH];           // where requests receive, whoever makes them
static const char *volatile now_calling[WORKERS];

// ---- random things

struct random {
    unsigned long long state;
    int worker;
};

static unsigned long long next(struct random *r) { // splitmix64
    unsigned long long z = r->state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static unsigned below(struct random *r, unsigned limit) { return (unsigned)(next(r) % limit); }

// A handle that names nothing, whatever is open: the table's handles are below 2^31 and no pseudo handles.
static HANDLE never(struct random *r) {
    static const LONG_PTR fixed[] = {0, 1, 2, 3, -7, -100, (LONG_PTR)1 << 31, (LONG_PTR)1 << 47, (LONG_PTR)1 << 62};
    if (below(r, 2)) return (HANDLE)fixed[below(r, COUNT(fixed))];
    return (HANDLE)(ULONG_PTR)(next(r) << 1 | 1ull << 48);
}

static HANDLE any_handle(struct random *r) {
    HANDLE handle = handles[below(r, SHARED)];
    switch (below(r, 16)) {
    case 0: return never(r);
    case 1: return (HANDLE)(ULONG_PTR)(next(r) & 0x7FFFFFFF);
    case 2: return GetCurrentThread();
    case 3: return GetCurrentProcess();
    case 4: return (HANDLE)((ULONG_PTR)handle ^ (ULONG_PTR)1 << below(r, 31)); // one bit is wrong
    case 5: return (HANDLE)((ULONG_PTR)handle | below(r, 4));
    default: return handle;
    }
}

static SOCKET any_socket(struct random *r) { return (SOCKET)any_handle(r); }

static void share(struct random *r, HANDLE handle) {
    HANDLE volatile *place = &handles[below(r, SHARED)];
    HANDLE old = *place;
    *place = handle;
    if (old && below(r, 8)) CloseHandle(old); // it may be closed already, and then be another's
}

static DWORD extreme(struct random *r) {
    static const DWORD values[] = {0, 1, 2, 63, 64, 65, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
    return below(r, 4) ? values[below(r, COUNT(values))] : (DWORD)next(r);
}

static DWORD soon(struct random *r) { return below(r, 3); }

static LPOVERLAPPED fresh_overlapped(struct random *r) {
    LPOVERLAPPED overlapped = &overlapped_pool[InterlockedIncrement(&overlapped_taken) - 1];
    switch (below(r, 4)) {
    case 0: overlapped->hEvent = any_handle(r); break;
    case 1: overlapped->hEvent = (HANDLE)((ULONG_PTR)any_handle(r) | 1); break;
    }
    return overlapped;
}

// ---- checking

static void check_error(struct random *r, const char *call, const DWORD *documented, size_t count) {
    DWORD error = GetLastError();
    for (size_t i = 0; i < count; i++)
        if (documented[i] == error) return;
    InterlockedIncrement(&failed_checks);
    printf("  thread %d: %s fails with %u, which is not documented\n", r->worker, call, (unsigned)error);
}

// If the call has failed, its error must be one of those that follow.
#define CHECK(failed, call, ...) \
    do { \
        static const DWORD documented[] = {__VA_ARGS__}; \
        SetLastError(UNTOUCHED); \
        now_calling[r->worker] = #call; \
        if (failed(call)) check_error(r, #call, documented, COUNT(documented)); \
    } while (0)
#define IS_FALSE(result) !(result)
#define IS_FAILED(result) ((result) == WAIT_FAILED)
#define IS_SOCKET_ERROR(result) ((result) == SOCKET_ERROR)

#define HANDLE_ERRORS ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED
#define RESOURCE_ERRORS ERROR_NOT_ENOUGH_MEMORY, ERROR_NO_SYSTEM_RESOURCES
#define SOCKET_ERRORS WSAENOTSOCK, WSAENOBUFS, WSAEMFILE, WSAEFAULT, WSAEINVAL
#define STREAM_ERRORS \
    SOCKET_ERRORS, WSAENOTCONN, WSAECONNRESET, WSAECONNABORTED, WSAESHUTDOWN, WSAEOPNOTSUPP, WSA_INVALID_HANDLE, \
        WSA_IO_PENDING, WSA_OPERATION_ABORTED, WSAEDESTADDRREQ, WSAEISCONN

static DWORD WINAPI short_thread(LPVOID milliseconds) {
    Sleep((DWORD)(ULONG_PTR)milliseconds);
    InterlockedDecrement(&threads_running);
    return 0;
}

static BOOL WINAPI handler(DWORD type) { return type == 77; }

// ---- the calls

static void call_events(struct random *r) {
    static const DWORD access[] = {0, SYNCHRONIZE, EVENT_MODIFY_STATE, EVENT_ALL_ACCESS, MAXIMUM_ALLOWED};
    HANDLE made = NULL;
    switch (below(r, 6)) {
    case 0: CHECK(IS_FALSE, made = CreateEventA(NULL, below(r, 2), below(r, 2), NULL), RESOURCE_ERRORS); break;
    case 1: CHECK(IS_FALSE, made = CreateEventW(NULL, below(r, 2), below(r, 2), NULL), RESOURCE_ERRORS); break;
    case 2:
        CHECK(IS_FALSE, made = CreateEventExW(NULL, NULL, below(r, 5), access[below(r, COUNT(access))]),
              RESOURCE_ERRORS, ERROR_INVALID_PARAMETER);
        break;
    case 3: CHECK(IS_FALSE, ResetEvent(any_handle(r)), HANDLE_ERRORS); break;
    default: CHECK(IS_FALSE, SetEvent(any_handle(r)), HANDLE_ERRORS); break;
    }
    if (made) share(r, made);
}

static void call_handles(struct random *r) {
    HANDLE made = NULL;
    switch (below(r, 5)) {
    case 0: CHECK(IS_FALSE, CloseHandle(any_handle(r)), HANDLE_ERRORS); break;
    case 1: {
        HANDLE source = any_handle(r);
        if (source == GetCurrentProcess()) break;
        CHECK(IS_FALSE, DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &made, extreme(r),
                                        below(r, 2), below(r, 4)), HANDLE_ERRORS, RESOURCE_ERRORS);
        break;
    }
    case 2:
        CHECK(IS_FALSE, DuplicateHandle(never(r), any_handle(r), any_handle(r), &made, 0, FALSE, 2), HANDLE_ERRORS);
        break;
#ifndef _WIN32
    case 3:
        CHECK(IS_FALSE, CompareObjectHandles(any_handle(r), any_handle(r)), HANDLE_ERRORS, ERROR_NOT_SAME_OBJECT);
        break;
#endif
    default: SetLastError(extreme(r));
    }
    if (made) share(r, made);
}

static LONG volatile calls_back;
static VOID CALLBACK call_back(ULONG_PTR value) {
    if (value != 77) InterlockedIncrement(&failed_checks);
    InterlockedIncrement(&calls_back);
}
static VOID CALLBACK timer_call_back(LPVOID value, DWORD low, DWORD high) {
    if (value != (LPVOID)77 || (low == 0 && high == 0)) InterlockedIncrement(&failed_checks);
    InterlockedIncrement(&calls_back);
}

static void call_other_objects(struct random *r) {
    static const DWORD access[] = {0, SYNCHRONIZE, SEMAPHORE_MODIFY_STATE, GENERIC_WRITE, MAXIMUM_ALLOWED};
    HANDLE made = NULL;
    LONG before = UNTOUCHED;
    LARGE_INTEGER due;
    switch (below(r, 12)) {
    case 0: CHECK(IS_FALSE, made = CreateMutexA(NULL, below(r, 2), NULL), RESOURCE_ERRORS); break;
    case 1:
        CHECK(IS_FALSE, made = CreateMutexExW(NULL, NULL, below(r, 3), access[below(r, COUNT(access))]),
              RESOURCE_ERRORS, ERROR_INVALID_PARAMETER);
        break;
    case 2:
    case 3: CHECK(IS_FALSE, ReleaseMutex(any_handle(r)), HANDLE_ERRORS, ERROR_NOT_OWNER); break;
    case 4:
        CHECK(IS_FALSE, made = CreateSemaphoreExW(NULL, (LONG)extreme(r) % 3, (LONG)extreme(r), NULL, below(r, 8) == 0,
                                                  access[below(r, COUNT(access))]),
              RESOURCE_ERRORS, ERROR_INVALID_PARAMETER);
        break;
    case 5:
    case 6:
        CHECK(IS_FALSE, ReleaseSemaphore(any_handle(r), below(r, 2) ? 1 : (LONG)extreme(r), &before), HANDLE_ERRORS,
              ERROR_INVALID_PARAMETER, ERROR_TOO_MANY_POSTS);
        if (before < 0) InterlockedIncrement(&failed_checks);
        break;
    case 7:
        CHECK(IS_FALSE, made = CreateWaitableTimerExW(NULL, NULL, below(r, 5), access[below(r, COUNT(access))]),
              RESOURCE_ERRORS, ERROR_INVALID_PARAMETER);
        break;
    case 8:
    case 9:
        due.QuadPart = below(r, 2) ? -(LONGLONG)below(r, 20000) : (LONGLONG)next(r);
        CHECK(IS_FALSE, SetWaitableTimer(any_handle(r), &due, below(r, 2) ? (LONG)below(r, 3) : (LONG)extreme(r),
                                         below(r, 2) ? timer_call_back : NULL, (LPVOID)77, FALSE),
              HANDLE_ERRORS, RESOURCE_ERRORS, ERROR_INVALID_PARAMETER);
        break;
    case 10: CHECK(IS_FALSE, CancelWaitableTimer(any_handle(r)), HANDLE_ERRORS); break;
    default: CHECK(IS_FALSE, PulseEvent(any_handle(r)), HANDLE_ERRORS);
    }
    if (made) share(r, made);
}

static void call_alertable_waits(struct random *r) {
    HANDLE array[64];
    switch (below(r, 6)) {
    case 0: SleepEx(soon(r), below(r, 2)); break;
    case 1:
        CHECK(IS_FALSE, QueueUserAPC(call_back, any_handle(r), 77), HANDLE_ERRORS, RESOURCE_ERRORS, ERROR_GEN_FAILURE);
        break;
    case 2: CHECK(IS_FAILED, WaitForSingleObjectEx(any_handle(r), soon(r), below(r, 2)), HANDLE_ERRORS); break;
    case 3:
        for (size_t i = 0; i < COUNT(array); i++) array[i] = handles[below(r, SHARED)];
        CHECK(IS_FAILED, WaitForMultipleObjectsEx(1 + below(r, 64), array, below(r, 2), soon(r), below(r, 2)),
              HANDLE_ERRORS, ERROR_INVALID_PARAMETER);
        break;
    case 4: CHECK(IS_FAILED, ResumeThread(any_handle(r)), HANDLE_ERRORS); break;
    default:
        CHECK(IS_FAILED, SignalObjectAndWait(any_handle(r), any_handle(r), soon(r), below(r, 2)), HANDLE_ERRORS,
              ERROR_NOT_OWNER, ERROR_TOO_MANY_POSTS);
    }
}

static void call_waits(struct random *r) {
    HANDLE array[64];
    if (below(r, 2)) {
        CHECK(IS_FAILED, WaitForSingleObject(any_handle(r), soon(r)), HANDLE_ERRORS);
        return;
    }
    DWORD count = below(r, 4) ? 1 + below(r, 4) : extreme(r);
    for (size_t i = 0; i < COUNT(array); i++)
        array[i] = below(r, 8) ? handles[below(r, SHARED)] : any_handle(r);
    CHECK(IS_FAILED, WaitForMultipleObjects(count, array, below(r, 2), soon(r)), HANDLE_ERRORS,
          ERROR_INVALID_PARAMETER);
}

static void call_threads(struct random *r) {
    DWORD code, id;
    switch (below(r, 6)) {
    case 0: {
        static const SIZE_T sizes[] = {0, 1, 65536, 1 << 20, (SIZE_T)1 << 50, ~(SIZE_T)0, (SIZE_T)1 << 63};
        HANDLE made = NULL;
        if (InterlockedIncrement(&threads_running) < 64)
            CHECK(IS_FALSE, made = CreateThread(NULL, sizes[below(r, COUNT(sizes))], short_thread,
                                                (LPVOID)(ULONG_PTR)soon(r), below(r, 8) ? 0x10000 : extreme(r) & ~4u,
                                                below(r, 2) ? &id : NULL),
                  RESOURCE_ERRORS, ERROR_INVALID_PARAMETER, ERROR_MAX_THRDS_REACHED);
        if (made) share(r, made);
        else InterlockedDecrement(&threads_running);
        break;
    }
    case 1: CHECK(IS_FALSE, GetExitCodeThread(any_handle(r), &code), HANDLE_ERRORS); break;
    case 2: CHECK(IS_FALSE, GetThreadId(any_handle(r)), HANDLE_ERRORS); break;
    case 3: SwitchToThread(); break;
    case 4: Sleep(soon(r)); break;
    default:
        if (!GetCurrentThreadId() || !GetCurrentProcessId()) InterlockedIncrement(&failed_checks);
    }
}

static void call_ports(struct random *r) {
    HANDLE made = NULL;
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    switch (below(r, 6)) {
    case 0:
        CHECK(IS_FALSE, made = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, extreme(r)), RESOURCE_ERRORS);
        if (made) share(r, made);
        break;
    case 1: {
        HANDLE port = any_handle(r);
        CHECK(IS_FALSE, made = CreateIoCompletionPort(any_handle(r), port, next(r), extreme(r)), HANDLE_ERRORS,
              RESOURCE_ERRORS, ERROR_INVALID_PARAMETER);
        if (made && made != port) share(r, made);
        break;
    }
    case 2:
    case 3:
        CHECK(IS_FALSE, PostQueuedCompletionStatus(any_handle(r), extreme(r), next(r), NULL), HANDLE_ERRORS,
              RESOURCE_ERRORS);
        break;
    default:
        CHECK(IS_FALSE, GetQueuedCompletionStatus(any_handle(r), &bytes, &key, &overlapped, soon(r)), HANDLE_ERRORS,
              WAIT_TIMEOUT, ERROR_ABANDONED_WAIT_0, ERROR_NETNAME_DELETED, ERROR_CONNECTION_ABORTED,
              ERROR_OPERATION_ABORTED, ERROR_CONNECTION_REFUSED, ERROR_PORT_UNREACHABLE, ERROR_MORE_DATA);
    }
}

static void call_sockets(struct random *r) {
    static const int levels[] = {SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, 12345};
    static const int names[] = {SO_REUSEADDR, SO_KEEPALIVE, SO_SNDBUF, SO_ERROR, SO_TYPE, TCP_NODELAY, 0x7777};
    SOCKET made;
    struct sockaddr_in address;
    char addresses[128] = {0}, option[8] = {1};
    int length = (int)extreme(r);
    memset(&address, 0, sizeof address);
    address.sin_family = below(r, 8) ? AF_INET : below(r, 100);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    switch (below(r, 9)) {
    case 0:
        SetLastError(UNTOUCHED);
        made = WSASocketW(below(r, 8) ? AF_INET : (int)extreme(r), below(r, 8) ? SOCK_STREAM : (int)extreme(r),
                          below(r, 8) ? 0 : (int)extreme(r), NULL, 0, WSA_FLAG_OVERLAPPED); // others would wait
        static const DWORD documented[] = {WSAEAFNOSUPPORT, WSAEPROTONOSUPPORT, WSAESOCKTNOSUPPORT, WSAEMFILE,
                                           WSAENOBUFS, WSAEPROTOTYPE, WSAEINVAL};
        if (made == INVALID_SOCKET) check_error(r, "WSASocketW", documented, COUNT(documented));
        else share(r, (HANDLE)made);
        break;
    case 1:
        CHECK(IS_SOCKET_ERROR, bind(any_socket(r), (struct sockaddr *)&address, below(r, 4) ? (int)sizeof address
                                                                                    : (int)below(r, 17)),
              SOCKET_ERRORS, WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT, WSAEACCES);
        break;
    case 2:
        CHECK(IS_SOCKET_ERROR, listen(any_socket(r), (int)extreme(r)), SOCKET_ERRORS, WSAEISCONN, WSAEADDRINUSE,
              WSAEOPNOTSUPP);
        break;
    case 3: CHECK(IS_SOCKET_ERROR, shutdown(any_socket(r), (int)extreme(r)), SOCKET_ERRORS, WSAENOTCONN); break;
    case 4: CHECK(IS_SOCKET_ERROR, closesocket(any_socket(r)), SOCKET_ERRORS); break;
    case 5:
        CHECK(IS_SOCKET_ERROR, setsockopt(any_socket(r), levels[below(r, 4)], names[below(r, COUNT(names))], option,
                                   (int)below(r, 9)), SOCKET_ERRORS, WSAENOPROTOOPT);
        break;
    case 6:
        length = (int)below(r, 9);
        CHECK(IS_SOCKET_ERROR, getsockopt(any_socket(r), levels[below(r, 4)], names[below(r, COUNT(names))], option,
                                   &length), SOCKET_ERRORS, WSAENOPROTOOPT);
        break;
    case 7:
        if (length > (int)sizeof addresses) length = sizeof addresses;
        CHECK(IS_SOCKET_ERROR, getsockname(any_socket(r), (struct sockaddr *)addresses, &length), SOCKET_ERRORS);
        break;
    default:
        if (length > (int)sizeof addresses) length = sizeof addresses;
        CHECK(IS_SOCKET_ERROR, getpeername(any_socket(r), (struct sockaddr *)addresses, &length), SOCKET_ERRORS,
              WSAENOTCONN);
    }
}

static void call_requests(struct random *r) {
    static const GUID ids[] = {WSAID_ACCEPTEX, WSAID_GETACCEPTEXSOCKADDRS, {0, 0, 0, {0}}};
    static char accept_buffer[SCRATCH];
    WSABUF buffers[3] = {{below(r, 100), scratch}, {0, NULL}, {below(r, 100), scratch + 2048}};
    LPOVERLAPPED overlapped = fresh_overlapped(r);
    DWORD bytes, flags = below(r, 16) ? 0 : extreme(r);
    void *function;
    switch (below(r, 8)) {
    case 0:
        CHECK(IS_SOCKET_ERROR, WSARecv(any_socket(r), buffers, below(r, 4), NULL, &flags, overlapped, NULL),
              STREAM_ERRORS);
        break;
    case 1:
        CHECK(IS_SOCKET_ERROR, WSASend(any_socket(r), buffers, below(r, 4), NULL, flags, overlapped, NULL),
              STREAM_ERRORS);
        break;
    case 2:
        flags = 0;
        CHECK(IS_SOCKET_ERROR, WSARecv((SOCKET)never(r), buffers, 3, &bytes, &flags, NULL, NULL), WSAENOTSOCK);
        break;
    case 3: CHECK(IS_SOCKET_ERROR, WSASend((SOCKET)never(r), buffers, 3, &bytes, 0, NULL, NULL), WSAENOTSOCK); break;
    case 4:
        CHECK(IS_FALSE, WSAGetOverlappedResult(any_socket(r), &overlapped_pool[below(r, overlapped_taken)], &bytes,
                                               FALSE, &flags), STREAM_ERRORS, WSA_IO_INCOMPLETE);
        break;
    case 5:
        CHECK(IS_SOCKET_ERROR, WSAIoctl(any_socket(r), below(r, 4) ? SIO_GET_EXTENSION_FUNCTION_POINTER : extreme(r),
                                 (LPVOID)&ids[below(r, 3)], below(r, 20), &function, below(r, 12), &bytes, NULL,
                                 NULL), SOCKET_ERRORS, WSAEOPNOTSUPP);
        break;
    case 6: {
        struct sockaddr *local, *remote;
        int local_length, remote_length;
        char empty[64 + 2 * ADDRESS_SIZE] = {0};
        GetAcceptExSockaddrs(empty, 64, ADDRESS_SIZE, ADDRESS_SIZE, &local, &local_length, &remote, &remote_length);
        break;
    }
    default:
        CHECK(IS_FALSE, AcceptEx(any_socket(r), any_socket(r), accept_buffer, below(r, 2) * 64,
                                 below(r, 2) * ADDRESS_SIZE, ADDRESS_SIZE, &bytes, overlapped), STREAM_ERRORS);
    }
}

#define DATAGRAM_ERRORS STREAM_ERRORS, WSAEMSGSIZE, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT, WSAEACCES, WSAEWOULDBLOCK

// A socket that does not wait: whoever uses it waits for nothing, then.
static SOCKET any_quick_socket(struct random *r) {
    static ULONG yes = 1;
    SOCKET s = any_socket(r);
    CHECK(IS_SOCKET_ERROR, ioctlsocket(s, below(r, 9) ? (int)FIONBIO : (int)extreme(r), (void *)&yes), SOCKET_ERRORS,
          WSAEOPNOTSUPP);
    // Only now is it certain that this one does not wait, whatever was asked above.
    ULONG on = 1;
    return ioctlsocket(s, FIONBIO, (void *)&on) == 0 ? s : (SOCKET)never(r);
}

static void call_waiting_sockets(struct random *r) {
    struct sockaddr_in address;
    struct sockaddr *name = (struct sockaddr *)&address;
    char text[64] = {0};
    int length = below(r, 4) ? (int)sizeof address : (int)below(r, 40), size = (int)below(r, 65);
    int flags = below(r, 4) ? 0 : (int)extreme(r);
    SOCKET made, s = any_quick_socket(r);
    memset(&address, 0, sizeof address);
    address.sin_family = below(r, 8) ? AF_INET : below(r, 100);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(below(r, 2) ? 9 : below(r, 65536));
    switch (below(r, 14)) {
    case 0:
        made = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
        if (made != INVALID_SOCKET) share(r, (HANDLE)made);
        break;
    case 1:
        SetLastError(UNTOUCHED);
        made = accept(s, below(r, 2) ? name : NULL, &length);
        static const DWORD documented[] = {SOCKET_ERRORS, WSAEWOULDBLOCK, WSAEOPNOTSUPP, WSAEINTR, WSAECONNRESET};
        if (made == INVALID_SOCKET) check_error(r, "accept", documented, COUNT(documented));
        else share(r, (HANDLE)made);
        break;
    case 2:
        CHECK(IS_SOCKET_ERROR, connect(s, name, length), SOCKET_ERRORS, WSAEWOULDBLOCK, WSAEISCONN, WSAEALREADY,
              WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL, WSAECONNREFUSED, WSAEACCES, WSAECONNABORTED, WSAECONNRESET);
        break;
    case 3: CHECK(IS_SOCKET_ERROR, recv(s, text, size, flags), DATAGRAM_ERRORS, WSAEINTR); break;
    case 4: CHECK(IS_SOCKET_ERROR, send(s, text, size, flags), DATAGRAM_ERRORS, WSAEINTR); break;
    case 5: CHECK(IS_SOCKET_ERROR, recvfrom(s, text, size, flags, name, &length), DATAGRAM_ERRORS, WSAEINTR); break;
    case 6: CHECK(IS_SOCKET_ERROR, sendto(s, text, size, flags, name, length), DATAGRAM_ERRORS, WSAEINTR); break;
    case 7: {
        fd_set sets[3];
        struct timeval soon_over = {0, (int)below(r, 2000)};
        for (int i = 0; i < 3; i++) {
            FD_ZERO(&sets[i]);
            for (unsigned j = below(r, 5); j > 0; j--) FD_SET(below(r, 8) ? s : any_socket(r), &sets[i]);
        }
        CHECK(IS_SOCKET_ERROR, select(0, &sets[0], &sets[1], below(r, 2) ? &sets[2] : NULL, &soon_over),
              SOCKET_ERRORS);
        break;
    }
    case 8: {
        WSAPOLLFD entries[4];
        for (int i = 0; i < 4; i++) {
            entries[i].fd = below(r, 3) ? s : any_socket(r);
            entries[i].events = below(r, 4) ? POLLIN | POLLOUT : (SHORT)next(r);
            entries[i].revents = 0;
        }
        CHECK(IS_SOCKET_ERROR, WSAPoll(entries, below(r, 5), (int)soon(r)), SOCKET_ERRORS);
        break;
    }
    case 9:
        CHECK(IS_SOCKET_ERROR, WSAEventSelect(s, any_handle(r), (int)extreme(r)), SOCKET_ERRORS);
        break;
    case 10: {
        WSANETWORKEVENTS events;
        CHECK(IS_SOCKET_ERROR, WSAEnumNetworkEvents(any_socket(r), any_handle(r), &events), SOCKET_ERRORS);
        break;
    }
    case 11: CHECK(IS_FALSE, CancelIoEx(any_handle(r), NULL), HANDLE_ERRORS, ERROR_NOT_FOUND); break;
    case 12: CHECK(IS_FALSE, CancelIo(any_handle(r)), HANDLE_ERRORS); break;
    default: {
        OVERLAPPED_ENTRY packets[4];
        ULONG taken;
        CHECK(IS_FALSE, GetQueuedCompletionStatusEx(any_handle(r), packets, below(r, 5), &taken, soon(r),
                                                    below(r, 2)), HANDLE_ERRORS, WAIT_TIMEOUT, WAIT_IO_COMPLETION,
              ERROR_ABANDONED_WAIT_0, ERROR_INVALID_PARAMETER);
    }
    }
}

// Requests of datagrams and of Microsoft's extensions.
static void call_more_requests(struct random *r) {
    static struct sockaddr_in addresses[WORKERS]; // requests write there whenever they end
    static INT lengths[WORKERS];
    struct sockaddr_in address;
    struct sockaddr *name = (struct sockaddr *)&address;
    WSABUF buffers[2] = {{below(r, 100), scratch}, {below(r, 100), scratch + 2048}};
    LPOVERLAPPED overlapped = fresh_overlapped(r);
    DWORD flags = below(r, 16) ? 0 : extreme(r);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(below(r, 65536));
    switch (below(r, 4)) {
    case 0:
        lengths[r->worker] = sizeof address;
        CHECK(IS_SOCKET_ERROR, WSARecvFrom(any_socket(r), buffers, below(r, 3), NULL, &flags,
                                           (struct sockaddr *)&addresses[r->worker], &lengths[r->worker], overlapped,
                                           NULL), DATAGRAM_ERRORS);
        break;
    case 1:
        CHECK(IS_SOCKET_ERROR, WSASendTo(any_socket(r), buffers, below(r, 3), NULL, flags, name, (int)below(r, 17),
                                         overlapped, NULL), DATAGRAM_ERRORS);
        break;
#ifndef _WIN32
    case 2:
        CHECK(IS_FALSE, ConnectEx(any_socket(r), name, (int)below(r, 17), scratch, below(r, 100), NULL, overlapped),
              STREAM_ERRORS, WSAEAFNOSUPPORT, WSAEALREADY, WSAEADDRNOTAVAIL);
        break;
    default:
        CHECK(IS_FALSE, DisconnectEx(any_socket(r), overlapped, below(r, 4), 0), STREAM_ERRORS);
        break;
#endif
    }
}

static void call_the_rest(struct random *r) {
    WSADATA data;
    SYSTEM_INFO system;
    LARGE_INTEGER number;
    switch (below(r, 8)) {
    case 0:
        if (WSAStartup((WORD)next(r), &data) == 0) CHECK(IS_SOCKET_ERROR, WSACleanup(), WSANOTINITIALISED);
        break;
    case 1: GetSystemInfo(&system); break;
    case 2: CHECK(IS_FALSE, QueryPerformanceCounter(&number), ERROR_NOACCESS); break;
    case 3: CHECK(IS_FALSE, QueryPerformanceFrequency(&number), ERROR_NOACCESS); break;
    case 4:
        if (GetTickCount64() == 0 && GetTickCount() == 0) InterlockedIncrement(&failed_checks);
        break;
    case 5: CHECK(IS_FALSE, SetConsoleCtrlHandler(handler, below(r, 2)), ERROR_INVALID_PARAMETER); break;
    case 6: WSASetLastError(WSAGetLastError()); break;
#ifndef _WIN32
    default:
        if (below(r, 50) == 0) CHECK(IS_FALSE, SignalboxServiceStatus("hostile"), ERROR_GEN_FAILURE);
        else CHECK(IS_FALSE, SignalboxServiceStatus(NULL), ERROR_INVALID_PARAMETER);
#endif
    }
}

// ---- files

#define FILE_ERRORS HANDLE_ERRORS, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, RESOURCE_ERRORS
#define TRANSFER_ERRORS \
    FILE_ERRORS, ERROR_IO_PENDING, ERROR_HANDLE_EOF, ERROR_LOCK_VIOLATION, ERROR_DISK_FULL, ERROR_FILE_TOO_LARGE, \
        ERROR_OPERATION_ABORTED, ERROR_NETNAME_DELETED, ERROR_CONNECTION_ABORTED, ERROR_BROKEN_PIPE, ERROR_NO_DATA, \
        WSAENOTCONN, ERROR_GRACEFUL_DISCONNECT, ERROR_NOACCESS, WSAENOTSOCK, WSAESHUTDOWN, WSAEINVAL, ERROR_PORT_UNREACHABLE, ERROR_MORE_DATA, ERROR_CONNECTION_REFUSED, \
        ERROR_HOST_UNREACHABLE, ERROR_NETWORK_UNREACHABLE, WSAEMSGSIZE
#define NAME_ERRORS \
    ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_INVALID_NAME, \
        ERROR_ALREADY_EXISTS, ERROR_FILE_EXISTS, ERROR_INVALID_PARAMETER, ERROR_DIRECTORY, ERROR_DIR_NOT_EMPTY, \
        ERROR_TOO_MANY_OPEN_FILES, RESOURCE_ERRORS
#define IS_NO_FILE(result) ((result) == INVALID_HANDLE_VALUE)
#define IS_ALL_ONES(result) ((result) == 0xFFFFFFFF && GetLastError() != 0)

static char file_folder[MAX_PATH + 40];

static const char *any_name(struct random *r) {
    static char names[WORKERS][4][MAX_PATH + 100];
    // No name of a device that there is: a mistake of the library's would cost root the machine's own.
    static const char *const odd[] = {"", "a*b", "no\\where", "\\\\.\\COM9", "\\\\?\\"};
    char *name = names[r->worker][below(r, 4)];
    if (!below(r, 8)) return odd[below(r, COUNT(odd))];
    snprintf(name, sizeof names[0][0], "%s%c", file_folder, 'a' + (int)below(r, 6));
    return name;
}

static void call_files(struct random *r) {
    static const DWORD access[] = {0, GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE, DELETE, FILE_APPEND_DATA};
    static const DWORD flags[] = {0, FILE_FLAG_OVERLAPPED, FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING,
                                  FILE_FLAG_DELETE_ON_CLOSE, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_WRITE_THROUGH};
    LARGE_INTEGER place;
    LONG high = (LONG)extreme(r);
    DWORD count;
    HANDLE made = INVALID_HANDLE_VALUE;
    LPOVERLAPPED overlapped = fresh_overlapped(r);
    BY_HANDLE_FILE_INFORMATION information;
    union {
        FILE_BASIC_INFO basic;
        FILE_STANDARD_INFO standard;
        char room[256];
    } info;
    WIN32_FIND_DATAA found;
    FILETIME time = {extreme(r), extreme(r)};
    memset(&info, (int)below(r, 256), sizeof info);
    place.QuadPart = below(r, 2) ? below(r, 10000) : (LONGLONG)next(r);
    overlapped->Offset = below(r, 2) ? below(r, 10000) : extreme(r);
    overlapped->OffsetHigh = below(r, 8) ? 0 : 0xFFFFFFFF;
    switch (below(r, 26)) {
    case 0:
    case 1:
    case 2:
    case 3:
        CHECK(IS_NO_FILE, made = CreateFileA(any_name(r), access[below(r, COUNT(access))], below(r, 9), NULL, below(r, 7),
                                             flags[below(r, COUNT(flags))], NULL), NAME_ERRORS);
        if (made != INVALID_HANDLE_VALUE) share(r, made);
        break;
    case 4:
    case 5:
        CHECK(IS_FALSE, ReadFile(any_handle(r), scratch, below(r, SCRATCH), &count, overlapped), TRANSFER_ERRORS);
        break;
    case 6:
    case 7:
        CHECK(IS_FALSE, WriteFile(any_handle(r), scratch, below(r, SCRATCH), &count, overlapped), TRANSFER_ERRORS);
        break;
    case 8: {
        static FILE_SEGMENT_ELEMENT pages[WORKERS][2];
        pages[r->worker][0].Buffer = scratch;
        CHECK(IS_FALSE, ReadFileScatter(any_handle(r), pages[r->worker], below(r, 2) * 512, NULL, overlapped),
              TRANSFER_ERRORS);
        break;
    }
    case 9: CHECK(IS_FALSE, SetFilePointerEx(any_handle(r), place, NULL, below(r, 4)), FILE_ERRORS, ERROR_NEGATIVE_SEEK); break;
    case 10: CHECK(IS_ALL_ONES, SetFilePointer(any_handle(r), (LONG)extreme(r), below(r, 2) ? &high : NULL, below(r, 4)),
                   FILE_ERRORS, ERROR_NEGATIVE_SEEK); break;
    case 11: CHECK(IS_ALL_ONES, GetFileSize(any_handle(r), &count), FILE_ERRORS); break;
    case 12: CHECK(IS_FALSE, LockFile(any_handle(r), below(r, 100), below(r, 8) ? 0 : extreme(r), below(r, 50),
                                      below(r, 8) ? 0 : extreme(r)), FILE_ERRORS, ERROR_LOCK_VIOLATION,
                   307 /* ERROR_INVALID_LOCK_RANGE */); break;
    case 13: CHECK(IS_FALSE, LockFileEx(any_handle(r), LOCKFILE_FAIL_IMMEDIATELY | below(r, 8), 0, below(r, 50), 0, overlapped),
                   FILE_ERRORS, ERROR_LOCK_VIOLATION, 307 /* ERROR_INVALID_LOCK_RANGE */, ERROR_IO_PENDING); break;
    case 14: CHECK(IS_FALSE, UnlockFile(any_handle(r), below(r, 100), 0, below(r, 50), 0), FILE_ERRORS, ERROR_NOT_LOCKED); break;
    case 15: CHECK(IS_FALSE, GetFileInformationByHandle(any_handle(r), &information), FILE_ERRORS); break;
    case 16: CHECK(IS_FALSE, GetFileInformationByHandleEx(any_handle(r), (FILE_INFO_BY_HANDLE_CLASS)below(r, 30), &info,
                                                          below(r, sizeof info)), FILE_ERRORS, ERROR_BAD_LENGTH); break;
    case 17: CHECK(IS_FALSE, SetFileInformationByHandle(any_handle(r), (FILE_INFO_BY_HANDLE_CLASS)below(r, 30), &info,
                                                        below(r, sizeof info)), FILE_ERRORS, ERROR_BAD_LENGTH, NAME_ERRORS,
                   ERROR_FILE_TOO_LARGE, ERROR_DISK_FULL); break;
    case 18: CHECK(IS_FALSE, SetFileTime(any_handle(r), &time, NULL, &time), FILE_ERRORS); break;
    case 19: CHECK(IS_FALSE, DeleteFileA(any_name(r)), NAME_ERRORS); break;
    case 20: CHECK(IS_FALSE, MoveFileExA(any_name(r), any_name(r), below(r, 12)), NAME_ERRORS, ERROR_NOT_SAME_DEVICE); break;
    case 21: CHECK(IS_FALSE, CopyFileA(any_name(r), any_name(r), below(r, 2)), NAME_ERRORS, ERROR_INVALID_FUNCTION); break;
    case 22: CHECK(IS_ALL_ONES, GetFileAttributesA(any_name(r)), NAME_ERRORS); break;
    case 23: CHECK(IS_FALSE, GetOverlappedResultEx(any_handle(r), overlapped, &count, soon(r), below(r, 2)),
                   TRANSFER_ERRORS, ERROR_IO_INCOMPLETE, WAIT_TIMEOUT, WAIT_IO_COMPLETION); break;
    case 24:
        CHECK(IS_NO_FILE, made = FindFirstFileA(any_name(r), &found), NAME_ERRORS);
        if (made != INVALID_HANDLE_VALUE) FindClose(made);
        CHECK(IS_FALSE, FindNextFileA(any_handle(r), &found), HANDLE_ERRORS);
        break;
    default: CHECK(IS_FALSE, SetEndOfFile(any_handle(r)), FILE_ERRORS, ERROR_DISK_FULL, ERROR_FILE_TOO_LARGE);
    }
}

static DWORD WINAPI work(LPVOID number) {
    static void (*const families[])(struct random *) = {
        call_events, call_other_objects, call_alertable_waits, call_handles, call_waits, call_threads,
        call_ports,  call_sockets,       call_requests,        call_the_rest, call_waiting_sockets, call_more_requests,
        call_files};
    struct random random = {seed + (ULONG_PTR)number * 0x1234567, (int)(ULONG_PTR)number};
    while (InterlockedDecrement(&calls_left) >= 0) families[below(&random, COUNT(families))](&random);
    now_calling[random.worker] = "nothing";
    InterlockedDecrement(&working);
    return 0;
}

// Listens, lets the threads have the listener, and connects to it, so that their accepts and receives have something to
// do. They will close it sooner or later: then there is another.
static DWORD WINAPI be_a_client(LPVOID unused) {
    struct random random = {seed ^ 0xC11E47, 0};
    unsigned short port = 0;
    unsigned connects = 0;
    char text[64] = {0};
    (void)unused;
    while (calls_left > 0) {
        // Now and then another listener, for most connections are never accepted.
        peer p = port && connects++ % 64 ? peer_try_connect(port) : 0;
        if (p) {
            peer_try_send(p, text, sizeof text);
            if (calls_left & 1) peer_reset(p);
            else peer_close(p);
        } else {
            struct sockaddr_in address;
            int length = sizeof address;
            memset(&address, 0, sizeof address);
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            SOCKET listener = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
            if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 100) == 0 &&
                getsockname(listener, (struct sockaddr *)&address, &length) == 0)
                port = ntohs(address.sin_port);
            share(&random, (HANDLE)listener);
        }
        Sleep(1);
    }
    InterlockedDecrement(&working);
    return 0;
}

static void no_call_crashes_or_hangs(void) {
    char temp[MAX_PATH];
    printf("  seed %llu, %ld calls\n", seed, (long)calls);
    GetTempPathA(sizeof temp, temp);
    snprintf(file_folder, sizeof file_folder, "%shostile-%u\\", temp, (unsigned)GetCurrentProcessId());
    TRUTH(CreateDirectoryA(file_folder, NULL));
    overlapped_pool = calloc((size_t)calls + WORKERS + 1, sizeof *overlapped_pool);
    REQUIRE(overlapped_pool);
    overlapped_taken = 1;
    calls_left = calls;
    working = WORKERS + 1;
    for (ULONG_PTR i = 0; i < WORKERS; i++) start(work, (LPVOID)i, NULL);
    start(be_a_client, NULL, NULL);
    // Not by their handles, which they may close themselves.
    for (int seconds = 0; working > 0; seconds++) {
#ifndef _WIN32
        alarm(CASE_SECONDS);
#endif
        for (int i = 0; i < 100 && working > 0; i++) Sleep(10);
        if (seconds < SECONDS) continue;
        for (int i = 0; i < WORKERS; i++) printf("  thread %d: %s\n", i, now_calling[i]);
        REQUIRE(!"the calls end in time");
    }
}

// What the library does after all that.
static void everything_works_still(void) {
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    TRUTH(is_signaled(event));
    TRUTH(!is_signaled(event));
    TRUTH(PostQueuedCompletionStatus(port, 1, 2, NULL));
    TRUTH(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE));
    EQUAL(bytes, 1);
    EQUAL(key, 2);
    CloseHandle(event);
    CloseHandle(port);
}

static void no_file_is_left(void) {
    // Those that are open still are closed first: their share modes hold.
    for (int i = 0; i < SHARED; i++)
        if (handles[i]) CloseHandle(handles[i]);
    for (char name = 'a'; name < 'g'; name++) {
        char path[MAX_PATH + 100];
        snprintf(path, sizeof path, "%s%c", file_folder, name);
        for (char *c = path; *c; c++)
            if (*c == '\\') *c = '/';
        remove(path); // of the C library, which looks at no share mode: handles may be open that nobody knows any more
    }
    TRUTH(RemoveDirectoryA(file_folder));
}

static const struct test_case cases[] = {
    CASE(no_call_crashes_or_hangs),
    CASE(everything_works_still),
    CASE(no_file_is_left),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (unsigned long long)time(NULL) * 1000003 + GetCurrentProcessId();
    if (argc > 2) calls = atol(argv[2]);
    return run_cases(cases, COUNT(cases), 1, argv);
}
