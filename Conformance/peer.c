// peer.c: see peer.h. A source of its own, for the system's headers and winsock2.h define the same names.
#include "peer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <winsock2.h>
typedef int socket_length;
#define close_socket closesocket
#define NO_SIGNAL 0
#define SHUT_WR SD_SEND
#else
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
typedef socklen_t socket_length;
#define close_socket close
#define NO_SIGNAL MSG_NOSIGNAL
#endif

static void must(int succeeded, const char *what) {
    if (succeeded) return;
    perror(what);
    exit(4);
}

// A connect waits for minutes where too many others wait to be accepted.
static void limit_connect(peer p) {
#ifdef _WIN32
    (void)p;
#else
    struct timeval limit = {5, 0};
    setsockopt(p, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
#endif
}

peer peer_try_connect(unsigned short port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer p = (peer)socket(AF_INET, SOCK_STREAM, 0);
    must(p > 0, "peer: socket");
    limit_connect(p);
    if (connect(p, (struct sockaddr *)&address, sizeof address) == 0) return p;
    close_socket(p);
    return 0;
}

peer peer_connect(unsigned short port) {
    peer p = peer_try_connect(port);
    must(p != 0, "peer: connect");
    return p;
}

void peer_try_send(peer p, const void *bytes, int count) { send(p, (const char *)bytes, count, NO_SIGNAL); }

unsigned short peer_port(peer p) {
    struct sockaddr_in address;
    socket_length length = sizeof address;
    must(getsockname(p, (struct sockaddr *)&address, &length) == 0, "peer: getsockname");
    return ntohs(address.sin_port);
}

void peer_send(peer p, const void *bytes, int count) {
    for (int sent = 0; sent < count;) {
        int now = (int)send(p, (const char *)bytes + sent, count - sent, NO_SIGNAL);
        must(now > 0, "peer: send");
        sent += now;
    }
}

int peer_receive(peer p, void *bytes, int count) {
    int received = 0;
    while (received < count) {
        int now = (int)recv(p, (char *)bytes + received, count - received, 0);
        if (now < 0) return -1;
        if (now == 0) break;
        received += now;
    }
    return received;
}

void peer_finish(peer p) { shutdown(p, SHUT_WR); }

void peer_close(peer p) { close_socket(p); }

void peer_reset(peer p) {
    struct linger linger = {1, 0};
    setsockopt(p, SOL_SOCKET, SO_LINGER, (const char *)&linger, sizeof linger);
    close_socket(p);
}
