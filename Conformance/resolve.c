// resolve.c: addresses of hosts by name and as text: getaddrinfo, getnameinfo, inet_pton and their like.
#include <winsock2.h>
#include <ws2tcpip.h>
#include "cases.h"

// ---- numbers

static void byte_orders(void) {
    EQUAL(htons(0x1234), 0x3412);
    EQUAL(ntohs(0x3412), 0x1234);
    EQUAL(htonl(0x12345678), 0x78563412);
    EQUAL(ntohl(0x78563412), 0x12345678);
    TRUTH(htonll(0x0102030405060708ULL) == 0x0807060504030201ULL);
    TRUTH(ntohll(0x0807060504030201ULL) == 0x0102030405060708ULL);
}

static void dotted_addresses(void) {
    struct in_addr address;
    EQUAL(inet_addr("127.0.0.1"), htonl(INADDR_LOOPBACK));
    EQUAL(inet_addr("1.2.3.4"), htonl(0x01020304));
    EQUAL(inet_addr("1.2.3"), htonl(0x01020003));
    EQUAL(inet_addr("1.2"), htonl(0x01000002));
    EQUAL(inet_addr("16909060"), htonl(0x01020304));
    EQUAL(inet_addr("0x7f.0.0.01"), htonl(INADDR_LOOPBACK));
    EQUAL(inet_addr("256.0.0.1"), INADDR_NONE);
    EQUAL(inet_addr("one"), INADDR_NONE);
    EQUAL(inet_addr("1.2.3.4.5"), INADDR_NONE);
    address.s_addr = htonl(0x01020304);
    EQUAL(strcmp(inet_ntoa(address), "1.2.3.4"), 0);
}

static void text_to_address(void) {
    unsigned char bytes[16];
    memset(bytes, 0x5A, sizeof bytes);
    EQUAL(inet_pton(AF_INET, "1.2.3.4", bytes), 1);
    EQUAL(memcmp(bytes, "\1\2\3\4\x5A", 5), 0);
    EQUAL(inet_pton(AF_INET, "1.2.3", bytes), 0); // no short forms here
    EQUAL(inet_pton(AF_INET, "1.2.3.256", bytes), 0);
    EQUAL(inet_pton(AF_INET6, "::1", bytes), 1);
    EQUAL(bytes[15], 1);
    EQUAL(bytes[0], 0);
    EQUAL(inet_pton(AF_INET6, "1.2.3.4", bytes), 0);
    EQUAL(inet_pton(AF_INET6, "::ffff:1.2.3.4", bytes), 1);
    EQUAL(memcmp(bytes + 10, "\xFF\xFF\1\2\3\4", 6), 0);
    FAILS_WITH(inet_pton(99, "1.2.3.4", bytes), -1, WSAEAFNOSUPPORT);
    FAILS_WITH(inet_pton(AF_INET, NULL, bytes), -1, WSAEFAULT);
    FAILS_WITH(inet_pton(AF_INET, "1.2.3.4", NULL), -1, WSAEFAULT);
    static const WCHAR wide[] = {'9', '.', '8', '.', '7', '.', '6', 0}, bad[] = {'9', 'x', 0};
    EQUAL(InetPtonW(AF_INET, wide, bytes), 1);
    EQUAL(memcmp(bytes, "\x9\x8\x7\x6", 4), 0);
    EQUAL(InetPtonW(AF_INET, bad, bytes), 0);
    FAILS_WITH(InetPtonW(99, wide, bytes), -1, WSAEAFNOSUPPORT);
    FAILS_WITH(InetPtonW(AF_INET, NULL, bytes), -1, WSAEFAULT);
}

static void address_to_text(void) {
    unsigned char four[4] = {192, 168, 0, 1}, six[16] = {0x20, 0x01, 0x0D, 0xB8};
    char text[65];
    six[15] = 5;
    memset(text, 'u', sizeof text);
    EQUAL(inet_ntop(AF_INET, four, text, sizeof text), text);
    EQUAL(strcmp(text, "192.168.0.1"), 0);
    EQUAL(inet_ntop(AF_INET6, six, text, sizeof text), text);
    EQUAL(strcmp(text, "2001:db8::5"), 0);
    memset(text, 'u', sizeof text);
    EQUAL(inet_ntop(AF_INET, four, text, 12), text); // it fits exactly
    FAILS(inet_ntop(99, four, text, sizeof text), WSAEAFNOSUPPORT);
#ifndef ON_WINE // "ERROR_INVALID_PARAMETER ... or the length ... is not large enough" (inet_ntop)
    memset(text, 'u', sizeof text);
    FAILS(inet_ntop(AF_INET, four, text, 11), ERROR_INVALID_PARAMETER);
    EQUAL(text[0], 'u');
    FAILS(inet_ntop(AF_INET, NULL, text, sizeof text), ERROR_INVALID_PARAMETER);
    FAILS(inet_ntop(AF_INET, four, NULL, sizeof text), ERROR_INVALID_PARAMETER);
#endif
    WCHAR wide[65];
    EQUAL(InetNtopW(AF_INET, four, wide, 65), wide);
    EQUAL(wide[0], '1');
    EQUAL(wide[11], 0);
    FAILS(InetNtopW(99, four, wide, 65), WSAEAFNOSUPPORT);
}

// ---- names

static struct addrinfo asked(int flags, int family, int type) {
    struct addrinfo hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_flags = flags;
    hints.ai_family = family;
    hints.ai_socktype = type;
    return hints;
}

static void numeric_hosts(void) {
    struct addrinfo hints = asked(AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM), *found = NULL;
    EQUAL(getaddrinfo("1.2.3.4", "80", &hints, &found), 0);
    REQUIRE(found != NULL);
    EQUAL(found->ai_family, AF_INET);
    EQUAL(found->ai_socktype, SOCK_STREAM);
    EQUAL(found->ai_addrlen, sizeof(struct sockaddr_in));
    struct sockaddr_in *name = (struct sockaddr_in *)found->ai_addr;
    EQUAL(name->sin_family, AF_INET);
    EQUAL(name->sin_port, htons(80));
    EQUAL(name->sin_addr.s_addr, htonl(0x01020304));
    EQUAL(found->ai_next, NULL);
    EQUAL(found->ai_canonname, NULL);
    freeaddrinfo(found);
    EQUAL(getaddrinfo("::1", NULL, &hints, &found), 0);
    REQUIRE(found != NULL);
    EQUAL(found->ai_family, AF_INET6);
    EQUAL(found->ai_addrlen, sizeof(struct sockaddr_in6));
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)found->ai_addr;
    EQUAL(six->sin6_family, AF_INET6);
    TRUTH(IN6_IS_ADDR_LOOPBACK(&six->sin6_addr));
    EQUAL(six->sin6_port, 0);
    freeaddrinfo(found);
    found = (struct addrinfo *)&hints;
    EQUAL(getaddrinfo("no.number", NULL, &hints, &found), WSAHOST_NOT_FOUND);
#ifndef ON_WINE
    EQUAL(found, NULL);
#endif
}

static void without_hints(void) {
    struct addrinfo *found = NULL;
    EQUAL(getaddrinfo("127.0.0.1", "7", NULL, &found), 0);
    REQUIRE(found != NULL);
    EQUAL(found->ai_family, AF_INET);
    EQUAL(((struct sockaddr_in *)found->ai_addr)->sin_port, htons(7));
#ifndef ON_WINE // Linux's has one for each type
    EQUAL(found->ai_next, NULL);
    EQUAL(found->ai_socktype, 0);
#endif
    freeaddrinfo(found);
}

static void passive_addresses(void) {
    struct addrinfo hints = asked(AI_PASSIVE, AF_INET, SOCK_STREAM), *found = NULL;
    EQUAL(getaddrinfo(NULL, "5", &hints, &found), 0);
    REQUIRE(found != NULL);
    EQUAL(((struct sockaddr_in *)found->ai_addr)->sin_addr.s_addr, htonl(INADDR_ANY));
    freeaddrinfo(found);
    hints.ai_flags = 0;
    EQUAL(getaddrinfo(NULL, "5", &hints, &found), 0);
    REQUIRE(found != NULL);
    EQUAL(((struct sockaddr_in *)found->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    EQUAL(((struct sockaddr_in *)found->ai_addr)->sin_port, htons(5));
    freeaddrinfo(found);
}

static void this_host(void) {
    struct addrinfo hints = asked(0, AF_INET, SOCK_STREAM), *found = NULL;
    char name[256], small[1];
    EQUAL(getaddrinfo("localhost", "1", &hints, &found), 0);
    REQUIRE(found != NULL);
    EQUAL(((struct sockaddr_in *)found->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    freeaddrinfo(found);
    hints.ai_flags = AI_CANONNAME;
    EQUAL(getaddrinfo("localhost", NULL, &hints, &found), 0);
    REQUIRE(found != NULL);
    TRUTH(found->ai_canonname != NULL && found->ai_canonname[0]);
    freeaddrinfo(found);
    EQUAL(gethostname(name, sizeof name), 0);
    TRUTH(strlen(name) > 0);
    FAILS_WITH(gethostname(small, sizeof small), SOCKET_ERROR, WSAEFAULT);
}

static void lookups_that_fail(void) {
    struct addrinfo hints = asked(0, AF_UNSPEC, SOCK_STREAM), *found = NULL;
    EQUAL(getaddrinfo(NULL, NULL, NULL, &found), WSAHOST_NOT_FOUND);
    EQUAL(WSAGetLastError(), WSAHOST_NOT_FOUND);
#ifndef ON_WINE
    hints.ai_family = 99;
    EQUAL(getaddrinfo("127.0.0.1", NULL, &hints, &found), WSAEAFNOSUPPORT);
    hints = asked(0, AF_UNSPEC, 99);
    EQUAL(getaddrinfo("127.0.0.1", NULL, &hints, &found), WSAESOCKTNOSUPPORT);
    hints = asked(0, AF_UNSPEC, SOCK_STREAM);
    hints.ai_addrlen = 1;
    EQUAL(getaddrinfo("127.0.0.1", NULL, &hints, &found), WSANO_RECOVERY);
    hints = asked(AI_CANONNAME, AF_UNSPEC, SOCK_STREAM);
    EQUAL(getaddrinfo(NULL, "1", &hints, &found), WSAEINVAL);
    hints = asked(0, AF_UNSPEC, SOCK_STREAM);
    EQUAL(getaddrinfo("127.0.0.1", "no-such-service", &hints, &found), WSATYPE_NOT_FOUND);
    hints = asked(AI_NUMERICSERV, AF_UNSPEC, SOCK_STREAM);
    EQUAL(getaddrinfo("127.0.0.1", "http", &hints, &found), WSAHOST_NOT_FOUND);
    hints = asked(0, AF_INET6, SOCK_STREAM);
    EQUAL(getaddrinfo("127.0.0.1", NULL, &hints, &found), WSAHOST_NOT_FOUND);
#else
    (void)hints;
#endif
    freeaddrinfo(NULL);
}

static void wide_names(void) {
    static const WCHAR host[] = {'1', '.', '2', '.', '3', '.', '4', 0}, service[] = {'8', '0', 0};
    ADDRINFOW hints, *found = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    EQUAL(GetAddrInfoW(host, service, &hints, &found), 0);
    REQUIRE(found != NULL);
    EQUAL(found->ai_family, AF_INET);
    EQUAL(((struct sockaddr_in *)found->ai_addr)->sin_port, htons(80));
    WCHAR node[64], port[64];
    EQUAL(GetNameInfoW(found->ai_addr, (int)found->ai_addrlen, node, 64, port, 64, NI_NUMERICHOST | NI_NUMERICSERV), 0);
    EQUAL(memcmp(node, host, sizeof host), 0);
    EQUAL(memcmp(port, service, sizeof service), 0);
    FreeAddrInfoW(found);
    EQUAL(GetAddrInfoW(NULL, NULL, NULL, &found), WSAHOST_NOT_FOUND);
    FreeAddrInfoW(NULL);
}

static void names_of_addresses(void) {
    struct sockaddr_in name;
    char node[64], service[32];
    memset(&name, 0, sizeof name);
    name.sin_family = AF_INET;
    name.sin_port = htons(4711);
    name.sin_addr.s_addr = htonl(0x01020304);
    EQUAL(getnameinfo((struct sockaddr *)&name, sizeof name, node, sizeof node, service, sizeof service,
                      NI_NUMERICHOST | NI_NUMERICSERV), 0);
    EQUAL(strcmp(node, "1.2.3.4"), 0);
    EQUAL(strcmp(service, "4711"), 0);
    memset(service, 'u', sizeof service);
    EQUAL(getnameinfo((struct sockaddr *)&name, sizeof name, node, sizeof node, NULL, 0, NI_NUMERICHOST), 0);
#ifndef ON_WINE
    EQUAL(getnameinfo((struct sockaddr *)&name, sizeof name, NULL, 0, NULL, 0, 0), WSAHOST_NOT_FOUND);
    EQUAL(getnameinfo(NULL, sizeof name, node, sizeof node, NULL, 0, 0), WSAEFAULT);
    EQUAL(getnameinfo((struct sockaddr *)&name, 8, node, sizeof node, NULL, 0, NI_NUMERICHOST), WSAEFAULT);
    name.sin_family = 99;
    EQUAL(getnameinfo((struct sockaddr *)&name, sizeof name, node, sizeof node, NULL, 0, NI_NUMERICHOST),
          WSAEAFNOSUPPORT);
#endif
}

static const struct test_case cases[] = {
    CASE(byte_orders),
    CASE(dotted_addresses),
    CASE(text_to_address),
    CASE(address_to_text),
    CASE(numeric_hosts),
    CASE(without_hints),
    CASE(passive_addresses),
    CASE(this_host),
    CASE(lookups_that_fail),
    CASE(wide_names),
    CASE(names_of_addresses),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
