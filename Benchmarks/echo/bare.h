// What the bare servers have in common.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE = 2048 };

static inline void fail(const char *what, int code) {
    fprintf(stderr, "%s: %s\n", what, strerror(code));
    exit(1);
}

static inline int listener(int argc, char **argv, int flags) {
    int one = 1, made = socket(AF_INET, SOCK_STREAM | flags, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0"));
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(made, (struct sockaddr *)&address, sizeof address) || listen(made, 4096)) fail("listen", errno);
    return made;
}

static inline void set_no_delay(int made) {
    int one = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}
