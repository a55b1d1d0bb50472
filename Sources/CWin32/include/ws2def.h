/* ws2def.h: addresses and the constants of sockets. Programs include winsock2.h. */
#ifndef SIGNALBOX_WS2DEF_H
#define SIGNALBOX_WS2DEF_H

#include <minwindef.h>

/*
 * libc's socket headers name the same structures and constants, with other layouts and other values. A C or C++ source
 * has one of the two. Swift may import both modules, so the structures have tags of their own there, and the constants
 * are variables: Swift gives two macros of one name the same symbol, and then a module can use only one of them.
 */
#if !defined(__swift__) && (defined(_SYS_SOCKET_H) || defined(_NETINET_IN_H))
#error "winsock2.h and <sys/socket.h> define the same names differently: a source file can use one of the two."
#endif
#if defined(__swift__)
#define SIGNALBOX_TAG(name) signalbox_##name
#else
#define SIGNALBOX_TAG(name) name
#endif

/*
 * A character in functions that libc has with the very same type: Swift would take the two for one. These have another
 * type there, which Swift imports alike.
 */
#if !defined(__swift__)
#define SIGNALBOX_CHAR char
#elif defined(__CHAR_UNSIGNED__)
#define SIGNALBOX_CHAR unsigned char
#else
#define SIGNALBOX_CHAR signed char
#endif

#if defined(__swift__)
#define SIGNALBOX_CONSTANT(type, name, value) \
    static const type signalbox_##name __attribute__((swift_name(#name), unused)) = value;
#include <ws2names.h>
#undef SIGNALBOX_CONSTANT
#else
#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 23
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_RDM 4
#define SOCK_SEQPACKET 5

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_ICMPV6 58
#define IPPROTO_RAW 255

#define SOL_SOCKET 0xffff
#define SO_ACCEPTCONN 0x0002
#define SO_REUSEADDR 0x0004
#define SO_KEEPALIVE 0x0008
#define SO_BROADCAST 0x0020
#define SO_LINGER 0x0080
#define SO_EXCLUSIVEADDRUSE ((int)(~SO_REUSEADDR))
#define SO_DONTLINGER ((int)(~SO_LINGER))
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define TCP_NODELAY 0x0001
#define SO_DEBUG 0x0001
#define SO_DONTROUTE 0x0010
#define SO_OOBINLINE 0x0100
#define SO_SNDLOWAT 0x1003
#define SO_RCVLOWAT 0x1004
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006

#define TCP_KEEPIDLE 3
#define TCP_MAXSEG 4
#define TCP_KEEPCNT 16
#define TCP_KEEPINTVL 17

#define IP_OPTIONS 1
#define IP_HDRINCL 2
#define IP_TOS 3
#define IP_TTL 4
#define IP_MULTICAST_IF 9
#define IP_MULTICAST_TTL 10
#define IP_MULTICAST_LOOP 11
#define IP_ADD_MEMBERSHIP 12
#define IP_DROP_MEMBERSHIP 13
#define IP_PKTINFO 19

#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_WAITALL 0x8
#define MSG_TRUNC 0x0100
#define MSG_CTRUNC 0x0200

#define FIONREAD 0x4004667f
#define FIONBIO ((int)0x8004667e)
#define SIOCATMARK 0x40047307

#define POLLERR 0x0001
#define POLLHUP 0x0002
#define POLLNVAL 0x0004
#define POLLWRNORM 0x0010
#define POLLOUT POLLWRNORM
#define POLLWRBAND 0x0020
#define POLLRDNORM 0x0100
#define POLLRDBAND 0x0200
#define POLLIN (POLLRDNORM | POLLRDBAND)
#define POLLPRI 0x0400

#define INADDR_ANY ((ULONG)0x00000000)
#define INADDR_LOOPBACK 0x7f000001
#define INADDR_BROADCAST ((ULONG)0xffffffff)
#define INADDR_NONE 0xffffffff

#define SOMAXCONN 0x7fffffff
#endif

#define IOC_VOID 0x20000000
#define IOC_OUT 0x40000000
#define IOC_IN 0x80000000
#define IOC_INOUT (IOC_IN | IOC_OUT)
#define IOC_WS2 0x08000000
#define _WSAIORW(x, y) (IOC_INOUT | (x) | (y))
#define SIO_GET_EXTENSION_FUNCTION_POINTER 0xC8000006
#define SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER 0xC8000024
#define SIO_KEEPALIVE_VALS 0x98000004
#define SIO_UDP_CONNRESET 0x9800000C
#define SO_CONNECT_TIME 0x700C
#define SO_UPDATE_CONNECT_CONTEXT 0x7010
#define SO_MAX_MSG_SIZE 0x2003
#define SO_PROTOCOL_INFOA 0x2004
#define SO_PROTOCOL_INFOW 0x2005
#define MSG_PARTIAL 0x8000
#define MSG_INTERRUPT 0x10
#define MSG_PUSH_IMMEDIATE 0x20
#define MSG_BCAST 0x0400
#define MSG_MCAST 0x0800

typedef USHORT ADDRESS_FAMILY;

typedef struct SIGNALBOX_TAG(in_addr) {
    union {
        struct {
            UCHAR s_b1, s_b2, s_b3, s_b4;
        } S_un_b;
        struct {
            USHORT s_w1, s_w2;
        } S_un_w;
        ULONG S_addr;
    } S_un;
} IN_ADDR, *PIN_ADDR, *LPIN_ADDR;

#if !defined(__swift__)
#define s_addr S_un.S_addr
#endif

typedef struct SIGNALBOX_TAG(sockaddr) {
    ADDRESS_FAMILY sa_family;
    CHAR sa_data[14];
} SOCKADDR, *PSOCKADDR, *LPSOCKADDR;

typedef struct SIGNALBOX_TAG(sockaddr_in) {
    ADDRESS_FAMILY sin_family;
    USHORT sin_port;
    IN_ADDR sin_addr;
    CHAR sin_zero[8];
} SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;

typedef struct SIGNALBOX_TAG(sockaddr_storage) {
    ADDRESS_FAMILY ss_family;
    CHAR __ss_pad1[6];
    LONGLONG __ss_align;
    CHAR __ss_pad2[112];
} SOCKADDR_STORAGE, *PSOCKADDR_STORAGE, *LPSOCKADDR_STORAGE;

typedef struct _WSABUF {
    ULONG len;
    CHAR *buf;
} WSABUF, *LPWSABUF;

typedef struct _WSAMSG {
    LPSOCKADDR name;
    INT namelen;
    LPWSABUF lpBuffers;
    ULONG dwBufferCount;
    WSABUF Control;
    ULONG dwFlags;
} WSAMSG, *PWSAMSG, *LPWSAMSG;

typedef struct SIGNALBOX_TAG(cmsghdr) {
    SIZE_T cmsg_len;
    INT cmsg_level;
    INT cmsg_type;
} WSACMSGHDR, *PWSACMSGHDR, *LPWSACMSGHDR, CMSGHDR, *PCMSGHDR;

#define WSA_CMSGHDR_ALIGN(length) (((length) + sizeof(SIZE_T) - 1) & ~(sizeof(SIZE_T) - 1))
#define WSA_CMSGDATA_ALIGN(length) WSA_CMSGHDR_ALIGN(length)
#define WSA_CMSG_FIRSTHDR(msg) \
    ((msg)->Control.len >= sizeof(WSACMSGHDR) ? (LPWSACMSGHDR)(void *)(msg)->Control.buf : (LPWSACMSGHDR)NULL)
#define WSA_CMSG_NXTHDR(msg, cmsg) \
    ((cmsg) == NULL \
         ? WSA_CMSG_FIRSTHDR(msg) \
         : ((PUCHAR)(cmsg) + WSA_CMSGHDR_ALIGN((cmsg)->cmsg_len) + sizeof(WSACMSGHDR) > \
                (PUCHAR)(msg)->Control.buf + (msg)->Control.len \
                ? (LPWSACMSGHDR)NULL \
                : (LPWSACMSGHDR)(void *)((PUCHAR)(cmsg) + WSA_CMSGHDR_ALIGN((cmsg)->cmsg_len))))
#define WSA_CMSG_DATA(cmsg) ((PUCHAR)(cmsg) + WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR)))
#define WSA_CMSG_SPACE(length) (WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR) + WSA_CMSGHDR_ALIGN(length)))
#define WSA_CMSG_LEN(length) (WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR)) + (length))

/* Chains of addresses that getaddrinfo finds; freeaddrinfo frees them. */
typedef struct SIGNALBOX_TAG(addrinfo) {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    SIZE_T ai_addrlen;
    char *ai_canonname;
    SOCKADDR *ai_addr;
    struct SIGNALBOX_TAG(addrinfo) *ai_next;
} ADDRINFOA, *PADDRINFOA;

typedef struct SIGNALBOX_TAG(addrinfoW) {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    SIZE_T ai_addrlen;
    PWSTR ai_canonname;
    SOCKADDR *ai_addr;
    struct SIGNALBOX_TAG(addrinfoW) *ai_next;
} ADDRINFOW, *PADDRINFOW;

#endif
