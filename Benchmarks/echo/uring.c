// io_uring without more: a receive, then a send, of each connection; one call submits and waits, completions come in batches.
#include "bare.h"
#include <liburing.h>

typedef struct {
    int descriptor, is_sending;
    char bytes[MESSAGE];
} connection;

static struct io_uring ring;

static struct io_uring_sqe *entry(void) {
    struct io_uring_sqe *made;
    while (!(made = io_uring_get_sqe(&ring))) io_uring_submit(&ring);
    return made;
}

// Sends that many bytes; 0: receives some.
static void transfer(connection *c, unsigned count) {
    struct io_uring_sqe *made = entry();
    c->is_sending = count > 0;
    if (count) {
        io_uring_prep_send(made, c->descriptor, c->bytes, count, 0);
    } else {
        io_uring_prep_recv(made, c->descriptor, c->bytes, MESSAGE, 0);
    }
    io_uring_sqe_set_data(made, c);
}

int main(int argc, char **argv) {
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = 16384};
    int listening = listener(argc, argv, 0);
    int made = io_uring_queue_init_params(4096, &ring, &parameters);
    if (made < 0) fail("io_uring_setup", -made);
    struct io_uring_sqe *accepting = entry();
    io_uring_prep_multishot_accept(accepting, listening, NULL, NULL, 0);
    io_uring_sqe_set_data(accepting, NULL);
    for (;;) {
        struct io_uring_cqe *done[256];
        io_uring_submit_and_wait(&ring, 1);
        unsigned count = io_uring_peek_batch_cqe(&ring, done, 256);
        for (unsigned i = 0; i < count; i++) {
            connection *c = io_uring_cqe_get_data(done[i]);
            int result = done[i]->res;
            if (!c) {
                if (result < 0) fail("accept", -result);
                c = malloc(sizeof *c);
                c->descriptor = result;
                set_no_delay(result);
                transfer(c, 0);
            } else if (result <= 0) {
                close(c->descriptor);
                free(c);
            } else {
                transfer(c, c->is_sending ? 0 : (unsigned)result);
            }
        }
        io_uring_cq_advance(&ring, count);
    }
}
