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
#include <sys/types.h>
#if !defined(__u_char_defined)
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#endif
/* libc's own u_long has 64 bits, Winsock's 32. */
#define u_long ULONG
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

typedef void(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(
    DWORD dwError, DWORD cbTransferred, LPWSAOVERLAPPED lpOverlapped, DWORD dwFlags);

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
SIGNALBOX_API int WINAPI shutdown(SOCKET s, int how) SIGNALBOX_LIBC_NAME(shutdown);
SIGNALBOX_API int WINAPI closesocket(SOCKET s);
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
SIGNALBOX_API BOOL WINAPI WSAGetOverlappedResult(
    SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer, BOOL fWait, LPDWORD lpdwFlags);

/* Swift has `bigEndian`. */
#if !defined(__swift__)
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Signalbox needs a little-endian target."
#endif
SIGNALBOX_INLINE USHORT htons(USHORT hostshort) { return (USHORT)(hostshort << 8 | hostshort >> 8); }
SIGNALBOX_INLINE USHORT ntohs(USHORT netshort) { return (USHORT)(netshort << 8 | netshort >> 8); }
SIGNALBOX_INLINE ULONG htonl(ULONG hostlong) { return __builtin_bswap32(hostlong); }
SIGNALBOX_INLINE ULONG ntohl(ULONG netlong) { return __builtin_bswap32(netlong); }
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
