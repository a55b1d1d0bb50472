// The load: CONNECTIONS connections, each with one message of 64 bytes under way, for some time; one thread. It prints
// messages, seconds, and the 50th, 99th and 99.9th percentile and the most of the round trips, in microseconds.
// With SECONDS 0 the connections are idle: it prints "ready" when the server has answered on each once, and they last
// until its standard input ends.
//
// usage: load PORT CONNECTIONS SECONDS
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 64, SAMPLES = 1 << 24 };
static const uint64_t WARM_UP = 300 * 1000 * 1000;

typedef struct {
    int descriptor, received;
    uint64_t sent_at;
} client;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static int connected(int port) {
    int one = 1, made = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)port);
    if (made < 0 || connect(made, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return made;
}

static void send_message(client *c, uint64_t time) {
    char message[SIZE];
    memset(message, 'e', SIZE);
    c->received = 0;
    c->sent_at = time;
    if (send(c->descriptor, message, SIZE, MSG_NOSIGNAL) != SIZE) fail("send");
}

static void be_idle(client *clients, int count) {
    char bytes[SIZE];
    for (int i = 0; i < count; i++) {
        send_message(&clients[i], 0);
        if (recv(clients[i].descriptor, bytes, SIZE, MSG_WAITALL) != SIZE) fail("recv");
    }
    puts("ready");
    fflush(stdout);
    while (read(0, bytes, 1) > 0) {}
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int port = atoi(argv[1]), count = atoi(argv[2]);
    double seconds = atof(argv[3]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    client *clients = calloc((size_t)count, sizeof *clients);
    uint32_t *samples = malloc(SAMPLES * sizeof *samples);
    int queue = epoll_create1(0);
    for (int i = 0; i < count; i++) clients[i].descriptor = connected(port);
    if (seconds == 0) {
        be_idle(clients, count);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        fcntl(clients[i].descriptor, F_SETFL, O_NONBLOCK);
        if (epoll_ctl(queue, EPOLL_CTL_ADD, clients[i].descriptor, &event)) fail("epoll_ctl");
    }
    uint64_t begin = now() + WARM_UP, end = begin + (uint64_t)(seconds * 1e9), time = 0;
    size_t taken = 0, all = 0;
    for (int i = 0; i < count; i++) send_message(&clients[i], now());
    while (time < end && taken < SAMPLES) {
        struct epoll_event events[256];
        int ready = epoll_wait(queue, events, 256, 5000);
        if (ready == 0) {
            fprintf(stderr, "load: no answer came for five seconds\n");
            return 1;
        }
        for (int i = 0; i < ready && taken < SAMPLES; i++) {
            char bytes[SIZE];
            client *c = events[i].data.ptr;
            ssize_t got = recv(c->descriptor, bytes, (size_t)(SIZE - c->received), 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) fail("recv");
            for (ssize_t j = 0; j < got; j++) {
                if (bytes[j] == 'e') continue;
                fprintf(stderr, "load: another byte came back\n");
                return 1;
            }
            if ((c->received += (int)got) < SIZE) continue;
            time = now();
            all++;
            if (time >= begin) samples[taken++] = (uint32_t)(time - c->sent_at);
            send_message(c, time);
        }
    }
    if (!taken) return 1;
    qsort(samples, taken, sizeof *samples, compare);
    printf("%zu %zu %.6f %.1f %.1f %.1f %.1f\n", all, taken, (double)(time - begin) / 1e9, samples[taken / 2] / 1e3,
           samples[taken * 99 / 100] / 1e3, samples[taken * 999 / 1000] / 1e3, samples[taken - 1] / 1e3);
    return 0;
}
