// The least that an echo server can do: one thread, level-triggered epoll(7), a read(2) and a write(2) for each message.
#include "bare.h"
#include <sys/epoll.h>

static int queue;

static void watch(int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event)) fail("epoll_ctl", errno);
}

int main(int argc, char **argv) {
    static char bytes[MESSAGE];
    struct epoll_event events[256];
    int listening = listener(argc, argv, SOCK_NONBLOCK);
    queue = epoll_create1(0);
    watch(listening);
    for (;;) {
        int count = epoll_wait(queue, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == listening) {
                int made = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
                if (made < 0) continue;
                set_no_delay(made);
                watch(made);
            } else {
                ssize_t got = read(descriptor, bytes, sizeof bytes);
                if (got < 0 && errno == EAGAIN) continue;
                if (got <= 0 || write(descriptor, bytes, (size_t)got) != got) close(descriptor);
            }
        }
    }
}
