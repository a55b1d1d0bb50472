/* ws2tcpip.h: addresses of hosts, by name and as text. */
#ifndef SIGNALBOX_WS2TCPIP_H
#define SIGNALBOX_WS2TCPIP_H

#include <winsock2.h>
#include <ws2ipdef.h>

/* Further constants, which Swift has by ws2def.h. */
#if !defined(__swift__)
#define AI_PASSIVE 0x0001
#define AI_CANONNAME 0x0002
#define AI_NUMERICHOST 0x0004
#define AI_NUMERICSERV 0x0008
#define AI_ALL 0x0100
#define AI_ADDRCONFIG 0x0400
#define AI_V4MAPPED 0x0800
#define NI_NOFQDN 0x01
#define NI_NUMERICHOST 0x02
#define NI_NAMEREQD 0x04
#define NI_NUMERICSERV 0x08
#define NI_DGRAM 0x10
#define NI_MAXHOST 1025
#define NI_MAXSERV 32
#define EAI_AGAIN WSATRY_AGAIN
#define EAI_BADFLAGS WSAEINVAL
#define EAI_FAIL WSANO_RECOVERY
#define EAI_FAMILY WSAEAFNOSUPPORT
#define EAI_MEMORY WSA_NOT_ENOUGH_MEMORY
#define EAI_NONAME WSAHOST_NOT_FOUND
#define EAI_SERVICE WSATYPE_NOT_FOUND
#define EAI_SOCKTYPE WSAESOCKTNOSUPPORT
#define EAI_NODATA EAI_NONAME
#define INET_ADDRSTRLEN 22
#define INET6_ADDRSTRLEN 65
#endif

SIGNALBOX_BEGIN

SIGNALBOX_API INT WINAPI getaddrinfo(
    PCSTR pNodeName, PCSTR pServiceName, const ADDRINFOA *pHints, PADDRINFOA *ppResult) SIGNALBOX_LIBC_NAME(getaddrinfo);
SIGNALBOX_API INT WINAPI GetAddrInfoW(
    PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints, PADDRINFOW *ppResult);
SIGNALBOX_API void WINAPI freeaddrinfo(PADDRINFOA pAddrInfo) SIGNALBOX_LIBC_NAME(freeaddrinfo);
SIGNALBOX_API void WINAPI FreeAddrInfoW(PADDRINFOW pAddrInfo);
SIGNALBOX_API INT WINAPI getnameinfo(
    const SOCKADDR *pSockaddr, INT SockaddrLength, PCHAR pNodeBuffer, DWORD NodeBufferSize, PCHAR pServiceBuffer,
    DWORD ServiceBufferSize, INT Flags) SIGNALBOX_LIBC_NAME(getnameinfo);
SIGNALBOX_API INT WINAPI GetNameInfoW(
    const SOCKADDR *pSockaddr, INT SockaddrLength, PWCHAR pNodeBuffer, DWORD NodeBufferSize, PWCHAR pServiceBuffer,
    DWORD ServiceBufferSize, INT Flags);
SIGNALBOX_API INT WINAPI inet_pton(INT Family, const SIGNALBOX_CHAR *pszAddrString, PVOID pAddrBuf)
    SIGNALBOX_LIBC_NAME(inet_pton);
SIGNALBOX_API INT WINAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf);
SIGNALBOX_API PCSTR WINAPI inet_ntop(INT Family, const VOID *pAddr, PSTR pStringBuf, SIZE_T StringBufSize)
    SIGNALBOX_LIBC_NAME(inet_ntop);
SIGNALBOX_API PCWSTR WINAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, SIZE_T StringBufSize);

SIGNALBOX_END

#define GetAddrInfoA getaddrinfo
#define FreeAddrInfoA freeaddrinfo
#define GetNameInfoA getnameinfo
#define InetPtonA inet_pton
#define InetNtopA inet_ntop
#if defined(UNICODE)
typedef ADDRINFOW ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo GetAddrInfoW
#define FreeAddrInfo FreeAddrInfoW
#define GetNameInfo GetNameInfoW
#define InetPton InetPtonW
#define InetNtop InetNtopW
#else
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo getaddrinfo
#define FreeAddrInfo freeaddrinfo
#define GetNameInfo getnameinfo
#define InetPton inet_pton
#define InetNtop inet_ntop
#endif

#if !defined(__swift__)
SIGNALBOX_INLINE int IN6_IS_ADDR_UNSPECIFIED(const IN6_ADDR *a) {
    static const IN6_ADDR any = IN6ADDR_ANY_INIT;
    return __builtin_memcmp(a, &any, sizeof any) == 0;
}
SIGNALBOX_INLINE int IN6_IS_ADDR_LOOPBACK(const IN6_ADDR *a) {
    static const IN6_ADDR loopback = IN6ADDR_LOOPBACK_INIT;
    return __builtin_memcmp(a, &loopback, sizeof loopback) == 0;
}
SIGNALBOX_INLINE int IN6_IS_ADDR_V4MAPPED(const IN6_ADDR *a) {
    static const UCHAR prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return __builtin_memcmp(a, prefix, sizeof prefix) == 0;
}
SIGNALBOX_INLINE int IN6_IS_ADDR_LINKLOCAL(const IN6_ADDR *a) {
    return a->s6_addr[0] == 0xfe && (a->s6_addr[1] & 0xc0) == 0x80;
}
SIGNALBOX_INLINE int IN6_IS_ADDR_MULTICAST(const IN6_ADDR *a) { return a->s6_addr[0] == 0xff; }
static const IN6_ADDR in6addr_any __attribute__((unused)) = IN6ADDR_ANY_INIT;
static const IN6_ADDR in6addr_loopback __attribute__((unused)) = IN6ADDR_LOOPBACK_INIT;
#endif

#endif
