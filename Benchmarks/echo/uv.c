// libuv: one loop; each connection has its buffer and its write request, for it has one message at a time.
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { MESSAGE = 2048 };

typedef struct {
    uv_tcp_t stream;
    uv_write_t write;
    char bytes[MESSAGE];
} connection;

static void gone(uv_handle_t *handle) { free(handle); }

static void provide(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
    (void)size;
    *buffer = uv_buf_init(((connection *)handle)->bytes, MESSAGE);
}

static void written(uv_write_t *write, int status) {
    if (status < 0 && !uv_is_closing((uv_handle_t *)write->handle)) uv_close((uv_handle_t *)write->handle, gone);
}

static void arrived(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    connection *c = (connection *)stream;
    if (count < 0) return uv_close((uv_handle_t *)stream, gone);
    if (count == 0) return;
    uv_buf_t answer = uv_buf_init(buffer->base, (unsigned)count);
    uv_write(&c->write, stream, &answer, 1, written);
}

static void connected(uv_stream_t *listener, int status) {
    if (status < 0) return;
    connection *c = malloc(sizeof *c);
    uv_tcp_init(listener->loop, &c->stream);
    if (uv_accept(listener, (uv_stream_t *)&c->stream)) return uv_close((uv_handle_t *)&c->stream, gone);
    uv_tcp_nodelay(&c->stream, 1);
    uv_read_start((uv_stream_t *)&c->stream, provide, arrived);
}

int main(int argc, char **argv) {
    uv_tcp_t listener;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", atoi(argc > 1 ? argv[1] : "0"), &address);
    uv_tcp_init(uv_default_loop(), &listener);
    int code = uv_tcp_bind(&listener, (struct sockaddr *)&address, 0);
    if (!code) code = uv_listen((uv_stream_t *)&listener, 4096, connected);
    if (code) fprintf(stderr, "listen: %s\n", uv_strerror(code));
    return code ? 1 : uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
