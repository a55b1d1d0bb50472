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
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define TCP_NODELAY 0x0001

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

#endif
