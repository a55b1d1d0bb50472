/* ws2ipdef.h: IPv6 addresses. Programs include winsock2.h or ws2tcpip.h. */
#ifndef SIGNALBOX_WS2IPDEF_H
#define SIGNALBOX_WS2IPDEF_H

#include <ws2def.h>

typedef struct SIGNALBOX_TAG(in6_addr) {
    union {
        UCHAR Byte[16];
        USHORT Word[8];
    } u;
} IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;

#if !defined(__swift__)
#define s6_addr u.Byte
#endif

typedef struct SIGNALBOX_TAG(sockaddr_in6) {
    ADDRESS_FAMILY sin6_family;
    USHORT sin6_port;
    ULONG sin6_flowinfo;
    IN6_ADDR sin6_addr;
    ULONG sin6_scope_id;
} SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;

#endif
