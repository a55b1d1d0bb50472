/*
 * winsock2.h: sockets. A SOCKET is a handle: completion ports take it.
 *
 * Functions that libc has too are reached by symbols of our own (see SIGNALBOX_LIBC_NAME); a program that includes this
 * header calls these, a library in the same process goes on calling libc's.
 */
#ifndef SIGNALBOX_WINSOCK2_H
#define SIGNALBOX_WINSOCK2_H

#include <windows.h>
#include <ws2def.h>
#include <ws2ipdef.h>

#if !defined(__swift__)
/*
 * <sys/select.h>, which <stdlib.h> includes, has another fd_set and another select. It comes first here, and the names
 * mean Winsock's from then on. A program's own FD_SETSIZE must be defined before it includes anything; 1024 after one of
 * libc's headers is libc's.
 */
#if defined(FD_SETSIZE) && !defined(_SYS_SELECT_H)
#define SIGNALBOX_OWN_FD_SETSIZE
#pragma push_macro("FD_SETSIZE")
#undef FD_SETSIZE
#endif
#include <sys/select.h>
#include <sys/types.h>
#if defined(SIGNALBOX_OWN_FD_SETSIZE)
#pragma pop_macro("FD_SETSIZE")
#undef SIGNALBOX_OWN_FD_SETSIZE
#elif FD_SETSIZE == 1024
#undef FD_SETSIZE
#endif
#undef FD_CLR
#undef FD_ISSET
#undef FD_SET
#undef FD_ZERO
#define fd_set signalbox_fd_set
#define select signalbox_select
#if !defined(__u_char_defined)
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#endif
/* libc's own u_long has 64 bits, Winsock's 32. */
#define u_long ULONG
#endif
#if !defined(FD_SETSIZE)
#define FD_SETSIZE 64
#endif

typedef UINT_PTR SOCKET;

#define INVALID_SOCKET ((SOCKET)(~(SOCKET)0))
#define SOCKET_ERROR (-1)
#define FROM_PROTOCOL_INFO (-1)

#define SD_RECEIVE 0
#define SD_SEND 1
#define SD_BOTH 2

#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80

/* What the condition function of WSAAccept returns. */
#define CF_ACCEPT 0
#define CF_REJECT 1
#define CF_DEFER 2

#define FD_READ_BIT 0
#define FD_READ (1 << FD_READ_BIT)
#define FD_WRITE_BIT 1
#define FD_WRITE (1 << FD_WRITE_BIT)
#define FD_OOB_BIT 2
#define FD_OOB (1 << FD_OOB_BIT)
#define FD_ACCEPT_BIT 3
#define FD_ACCEPT (1 << FD_ACCEPT_BIT)
#define FD_CONNECT_BIT 4
#define FD_CONNECT (1 << FD_CONNECT_BIT)
#define FD_CLOSE_BIT 5
#define FD_CLOSE (1 << FD_CLOSE_BIT)
#define FD_QOS_BIT 6
#define FD_QOS (1 << FD_QOS_BIT)
#define FD_GROUP_QOS_BIT 7
#define FD_GROUP_QOS (1 << FD_GROUP_QOS_BIT)
#define FD_ROUTING_INTERFACE_CHANGE_BIT 8
#define FD_ROUTING_INTERFACE_CHANGE (1 << FD_ROUTING_INTERFACE_CHANGE_BIT)
#define FD_ADDRESS_LIST_CHANGE_BIT 9
#define FD_ADDRESS_LIST_CHANGE (1 << FD_ADDRESS_LIST_CHANGE_BIT)
#define FD_MAX_EVENTS 10
#define FD_ALL_EVENTS ((1 << FD_MAX_EVENTS) - 1)

#define WSA_IO_PENDING ERROR_IO_PENDING
#define WSA_IO_INCOMPLETE ERROR_IO_INCOMPLETE
#define WSA_INVALID_HANDLE ERROR_INVALID_HANDLE
#define WSA_INVALID_PARAMETER ERROR_INVALID_PARAMETER
#define WSA_NOT_ENOUGH_MEMORY ERROR_NOT_ENOUGH_MEMORY
#define WSA_OPERATION_ABORTED ERROR_OPERATION_ABORTED

#define WSA_INVALID_EVENT ((WSAEVENT)0)
#define WSA_MAXIMUM_WAIT_EVENTS MAXIMUM_WAIT_OBJECTS
#define WSA_INFINITE INFINITE
#define WSA_WAIT_FAILED WAIT_FAILED
#define WSA_WAIT_EVENT_0 WAIT_OBJECT_0
#define WSA_WAIT_IO_COMPLETION WAIT_IO_COMPLETION
#define WSA_WAIT_TIMEOUT WAIT_TIMEOUT

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128
#define WSAPROTOCOL_LEN 255
#define MAX_PROTOCOL_CHAIN 7

typedef HANDLE WSAEVENT, *LPWSAEVENT;
typedef OVERLAPPED WSAOVERLAPPED, *LPWSAOVERLAPPED;
typedef unsigned int GROUP;

typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

typedef struct _WSAPROTOCOLCHAIN {
    int ChainLen;
    DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;

/* The two forms differ in the last member only. */
#define SIGNALBOX_WSAPROTOCOL_INFO(character) \
    DWORD dwServiceFlags1; \
    DWORD dwServiceFlags2; \
    DWORD dwServiceFlags3; \
    DWORD dwServiceFlags4; \
    DWORD dwProviderFlags; \
    GUID ProviderId; \
    DWORD dwCatalogEntryId; \
    WSAPROTOCOLCHAIN ProtocolChain; \
    int iVersion; \
    int iAddressFamily; \
    int iMaxSockAddr; \
    int iMinSockAddr; \
    int iSocketType; \
    int iProtocol; \
    int iProtocolMaxOffset; \
    int iNetworkByteOrder; \
    int iSecurityScheme; \
    DWORD dwMessageSize; \
    DWORD dwProviderReserved; \
    character szProtocol[WSAPROTOCOL_LEN + 1];

typedef struct _WSAPROTOCOL_INFOA {
    SIGNALBOX_WSAPROTOCOL_INFO(CHAR)
} WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;

typedef struct _WSAPROTOCOL_INFOW {
    SIGNALBOX_WSAPROTOCOL_INFO(WCHAR)
} WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;

typedef struct SIGNALBOX_TAG(linger) {
    USHORT l_onoff;
    USHORT l_linger;
} LINGER, *PLINGER, *LPLINGER;

typedef struct SIGNALBOX_TAG(fd_set) {
    UINT fd_count;
    SOCKET fd_array[FD_SETSIZE];
} FD_SET, *PFD_SET, *LPFD_SET;
#if !defined(__swift__)
typedef struct fd_set fd_set;
#endif

/* libc's, whose members have 64 bits: one program has only one. */
#if defined(__swift__)
typedef struct signalbox_timeval {
    long long tv_sec;
    long long tv_usec;
} TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
#else
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
#endif

typedef struct _WSANETWORKEVENTS {
    LONG lNetworkEvents;
    int iErrorCode[FD_MAX_EVENTS];
} WSANETWORKEVENTS, *LPWSANETWORKEVENTS;

typedef struct SIGNALBOX_TAG(pollfd) {
    SOCKET fd;
    SHORT events;
    SHORT revents;
} WSAPOLLFD, *PWSAPOLLFD, *LPWSAPOLLFD;

typedef struct _FLOWSPEC {
    ULONG TokenRate;
    ULONG TokenBucketSize;
    ULONG PeakBandwidth;
    ULONG Latency;
    ULONG DelayVariation;
    ULONG ServiceType;
    ULONG MaxSduSize;
    ULONG MinimumPolicedSize;
} FLOWSPEC, *PFLOWSPEC, *LPFLOWSPEC;

typedef struct _QualityOfService {
    FLOWSPEC SendingFlowspec;
    FLOWSPEC ReceivingFlowspec;
    WSABUF ProviderSpecific;
} QOS, *LPQOS;

typedef void(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(
    DWORD dwError, DWORD cbTransferred, LPWSAOVERLAPPED lpOverlapped, DWORD dwFlags);
typedef int(CALLBACK *LPCONDITIONPROC)(
    LPWSABUF lpCallerId, LPWSABUF lpCallerData, LPQOS lpSQOS, LPQOS lpGQOS, LPWSABUF lpCalleeId, LPWSABUF lpCalleeData,
    GROUP *g, DWORD_PTR dwCallbackData);

SIGNALBOX_BEGIN

SIGNALBOX_API int WINAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
SIGNALBOX_API int WINAPI WSACleanup(void);
SIGNALBOX_API int WINAPI WSAGetLastError(void);
SIGNALBOX_API void WINAPI WSASetLastError(int iError);

SIGNALBOX_API SOCKET WINAPI WSASocketA(
    int af, int type, int protocol, LPWSAPROTOCOL_INFOA lpProtocolInfo, GROUP g, DWORD dwFlags);
SIGNALBOX_API SOCKET WINAPI WSASocketW(
    int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo, GROUP g, DWORD dwFlags);
SIGNALBOX_API SOCKET WINAPI socket(int af, int type, int protocol) SIGNALBOX_LIBC_NAME(socket);
SIGNALBOX_API int WINAPI bind(SOCKET s, const SOCKADDR *name, int namelen) SIGNALBOX_LIBC_NAME(bind);
SIGNALBOX_API int WINAPI listen(SOCKET s, int backlog) SIGNALBOX_LIBC_NAME(listen);
SIGNALBOX_API SOCKET WINAPI accept(SOCKET s, SOCKADDR *addr, int *addrlen) SIGNALBOX_LIBC_NAME(accept);
SIGNALBOX_API int WINAPI connect(SOCKET s, const SOCKADDR *name, int namelen) SIGNALBOX_LIBC_NAME(connect);
SIGNALBOX_API int WINAPI send(SOCKET s, const char *buf, int len, int flags) SIGNALBOX_LIBC_NAME(send);
SIGNALBOX_API int WINAPI recv(SOCKET s, char *buf, int len, int flags) SIGNALBOX_LIBC_NAME(recv);
SIGNALBOX_API int WINAPI sendto(SOCKET s, const char *buf, int len, int flags, const SOCKADDR *to, int tolen)
    SIGNALBOX_LIBC_NAME(sendto);
SIGNALBOX_API int WINAPI recvfrom(SOCKET s, char *buf, int len, int flags, SOCKADDR *from, int *fromlen)
    SIGNALBOX_LIBC_NAME(recvfrom);
SIGNALBOX_API int WINAPI shutdown(SOCKET s, int how) SIGNALBOX_LIBC_NAME(shutdown);
SIGNALBOX_API int WINAPI closesocket(SOCKET s);
SIGNALBOX_API int WINAPI ioctlsocket(SOCKET s, LONG cmd, ULONG *argp);
#if defined(__swift__)
SIGNALBOX_API int WINAPI select(int nfds, FD_SET *readfds, FD_SET *writefds, FD_SET *exceptfds, const TIMEVAL *timeout)
    SIGNALBOX_LIBC_NAME(select);
#else
SIGNALBOX_API int WINAPI signalbox_select(
    int nfds, FD_SET *readfds, FD_SET *writefds, FD_SET *exceptfds, const TIMEVAL *timeout);
#endif
SIGNALBOX_API int WINAPI WSAPoll(LPWSAPOLLFD fdArray, ULONG fds, INT timeout);
SIGNALBOX_API int WINAPI setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen)
    SIGNALBOX_LIBC_NAME(setsockopt);
SIGNALBOX_API int WINAPI getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen)
    SIGNALBOX_LIBC_NAME(getsockopt);
SIGNALBOX_API int WINAPI getsockname(SOCKET s, SOCKADDR *name, int *namelen) SIGNALBOX_LIBC_NAME(getsockname);
SIGNALBOX_API int WINAPI getpeername(SOCKET s, SOCKADDR *name, int *namelen) SIGNALBOX_LIBC_NAME(getpeername);

SIGNALBOX_API int WINAPI WSAIoctl(
    SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer, LPVOID lpvOutBuffer, DWORD cbOutBuffer,
    LPDWORD lpcbBytesReturned, LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
SIGNALBOX_API int WINAPI WSARecv(
    SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags,
    LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
SIGNALBOX_API int WINAPI WSASend(
    SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent, DWORD dwFlags,
    LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
SIGNALBOX_API int WINAPI WSARecvFrom(
    SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, SOCKADDR *lpFrom,
    LPINT lpFromlen, LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
SIGNALBOX_API int WINAPI WSASendTo(
    SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent, DWORD dwFlags, const SOCKADDR *lpTo,
    int iTolen, LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
SIGNALBOX_API int WINAPI WSASendMsg(
    SOCKET s, LPWSAMSG lpMsg, DWORD dwFlags, LPDWORD lpNumberOfBytesSent, LPWSAOVERLAPPED lpOverlapped,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
SIGNALBOX_API SOCKET WINAPI WSAAccept(
    SOCKET s, SOCKADDR *addr, LPINT addrlen, LPCONDITIONPROC lpfnCondition, DWORD_PTR dwCallbackData);
SIGNALBOX_API int WINAPI WSAConnect(
    SOCKET s, const SOCKADDR *name, int namelen, LPWSABUF lpCallerData, LPWSABUF lpCalleeData, LPQOS lpSQOS,
    LPQOS lpGQOS);
SIGNALBOX_API WSAEVENT WINAPI WSACreateEvent(void);
SIGNALBOX_API BOOL WINAPI WSACloseEvent(WSAEVENT hEvent);
SIGNALBOX_API BOOL WINAPI WSASetEvent(WSAEVENT hEvent);
SIGNALBOX_API BOOL WINAPI WSAResetEvent(WSAEVENT hEvent);
SIGNALBOX_API DWORD WINAPI WSAWaitForMultipleEvents(
    DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll, DWORD dwTimeout, BOOL fAlertable);
SIGNALBOX_API int WINAPI WSAEventSelect(SOCKET s, WSAEVENT hEventObject, LONG lNetworkEvents);
SIGNALBOX_API int WINAPI WSAEnumNetworkEvents(SOCKET s, WSAEVENT hEventObject, LPWSANETWORKEVENTS lpNetworkEvents);
SIGNALBOX_API BOOL WINAPI WSAGetOverlappedResult(
    SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer, BOOL fWait, LPDWORD lpdwFlags);

SIGNALBOX_API ULONG WINAPI inet_addr(const SIGNALBOX_CHAR *cp) SIGNALBOX_LIBC_NAME(inet_addr);
SIGNALBOX_API char *WINAPI inet_ntoa(IN_ADDR in) SIGNALBOX_LIBC_NAME(inet_ntoa);
/* <unistd.h> declares it too, and with this type: a namelen that is none is refused all the same. */
#if defined(__cplusplus)
SIGNALBOX_API int gethostname(SIGNALBOX_CHAR *name, size_t namelen) __THROW SIGNALBOX_LIBC_NAME(gethostname);
#else
SIGNALBOX_API int gethostname(SIGNALBOX_CHAR *name, size_t namelen) SIGNALBOX_LIBC_NAME(gethostname);
#endif

/* Swift has `bigEndian`. */
#if !defined(__swift__)
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Signalbox needs a little-endian target."
#endif
SIGNALBOX_INLINE USHORT htons(USHORT hostshort) { return (USHORT)(hostshort << 8 | hostshort >> 8); }
SIGNALBOX_INLINE USHORT ntohs(USHORT netshort) { return (USHORT)(netshort << 8 | netshort >> 8); }
SIGNALBOX_INLINE ULONG htonl(ULONG hostlong) { return __builtin_bswap32(hostlong); }
SIGNALBOX_INLINE ULONG ntohl(ULONG netlong) { return __builtin_bswap32(netlong); }
__extension__ SIGNALBOX_INLINE ULONGLONG htonll(ULONGLONG hostlonglong) { return __builtin_bswap64(hostlonglong); }
__extension__ SIGNALBOX_INLINE ULONGLONG ntohll(ULONGLONG netlonglong) { return __builtin_bswap64(netlonglong); }

/* Sets of sockets: a set takes a socket once, and no more than FD_SETSIZE. */
SIGNALBOX_INLINE int signalbox_fd_find(SOCKET s, const FD_SET *set) {
    UINT i;
    for (i = 0; i < set->fd_count && set->fd_array[i] != s; i++) {}
    return (int)i;
}
SIGNALBOX_INLINE void signalbox_fd_add(SOCKET s, FD_SET *set) {
    int i = signalbox_fd_find(s, set);
    if (i < (int)set->fd_count || set->fd_count >= FD_SETSIZE) return;
    set->fd_array[set->fd_count++] = s;
}
SIGNALBOX_INLINE void signalbox_fd_remove(SOCKET s, FD_SET *set) {
    UINT i = (UINT)signalbox_fd_find(s, set);
    if (i == set->fd_count) return;
    for (; i + 1 < set->fd_count; i++) set->fd_array[i] = set->fd_array[i + 1];
    set->fd_count--;
}
SIGNALBOX_INLINE int __WSAFDIsSet(SOCKET s, FD_SET *set) { return signalbox_fd_find(s, set) < (int)set->fd_count; }

#define FD_CLR(fd, set) signalbox_fd_remove((SOCKET)(fd), (FD_SET *)(set))
#define FD_SET(fd, set) signalbox_fd_add((SOCKET)(fd), (FD_SET *)(set))
#define FD_ZERO(set) ((void)(((FD_SET *)(set))->fd_count = 0))
#define FD_ISSET(fd, set) __WSAFDIsSet((SOCKET)(fd), (FD_SET *)(set))

#define WSAGETSELECTEVENT(lParam) LOWORD(lParam)
#define WSAGETSELECTERROR(lParam) HIWORD(lParam)
#endif

SIGNALBOX_END

#if defined(UNICODE)
typedef WSAPROTOCOL_INFOW WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#define WSASocket WSASocketW
#else
typedef WSAPROTOCOL_INFOA WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#define WSASocket WSASocketA
#endif

#endif
