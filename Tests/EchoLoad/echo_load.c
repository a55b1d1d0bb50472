// echo_load - loads a TCP echo server with many clients and proves every reply, byte by byte.
//
// It shares no code with what it tests. What a client sends on a connection is a pseudo-random stream that only the
// seed, the client and the connection's number determine, so that each byte that comes back is checked by its position
// alone: a byte that is lost, doubled, swapped or another client's shows at once, and is named.
//
// One thread, one epoll set, no allocation while it runs. A connection is in one of these states:
//
//   idle ──due──> connecting ──> open ──we half-close──> finishing ──end of input──> idle again, or done
//                                  └────the server half-closes (--until-close)────> parting ──closed──> done
//
// "Slow" readers are slow by pattern: a small receive buffer; nothing is read until they can send no more; then small
// bits, one in each turn of the loop, sometimes after a pause of a few milliseconds. Latencies are those of the others.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { maxWindow = 32, chunk = 64 * 1024, slowReceiveBuffer = 8 * 1024 };
static const uint64_t nonReaderLimit = 64u << 20; // what a server may take from a client that never reads

static struct {
    const char *host;
    int port, clients, nonReaders, window, slowWindow;
    uint64_t messages, seed, smallest, largest;
    double disconnect, seconds, reconnectFor, stall;
    bool slowHalf, untilClose, survive, progress, json;
} options = {.host = "127.0.0.1", .clients = 100, .messages = UINT64_MAX, .seed = 1, .smallest = 1, .largest = 65536,
             .window = 1, .slowWindow = 8, .stall = 20};

enum state { idle, connecting, open_, finishing, parting, done };
static const char *const stateNames[] = {"waiting to connect", "connecting", "open", "half-closed by us",
                                         "half-closed by the server", "done"};
enum breakOff { none, reset, closed, halfClosed };

struct message { uint64_t end, started; };

struct client {
    int id, fd;
    enum state state;
    bool slow, nonReader;
    bool again;             // after this connection's end comes another
    bool shut;              // a parting client's half-close is done
    int error;              // what the last send failed with: recv would not say it again
    bool blocked, wasBlocked; // the last send found no room; some send ever did
    uint32_t interest;      // what epoll watches for, ~0 when it watches nothing
    uint64_t plan, habit;   // random states: what is sent, and how it is read
    uint64_t connection;    // number of this client's connection
    uint64_t seed;          // of this connection's stream
    uint64_t sent, received, planned; // positions in the stream; planned: end of the last message begun
    enum breakOff breakOff; // of the message begun last, at position `cut`
    uint64_t cut, extra;    // extra: what a parting client still sends
    struct message inFlight[maxWindow];
    unsigned first, count;  // of inFlight
    unsigned readsLeft;     // a slow reader's small reads until it turns to sending again
    uint64_t answered;
    uint64_t due;           // when to look at it though no event came; 0: never
    uint64_t progressed, connectingSince;
};

static struct client *clients;
static int total, running, epoll_;
static uint64_t now, start, lastAnswer, longestGap;
static struct {
    uint64_t messages, bytesSent, bytesReceived, disconnects, interrupted, connections;
    uint64_t lost, corrupt, failed; // each must stay 0
    uint64_t orderly, resets, nonReadersCut, nonReadersOrderly;
} sum;

static uint64_t clockNow(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- content --------------------------------------------------------------------------------------------------------

static uint64_t mix(uint64_t x) { // the finalizer of splitmix64
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t word(uint64_t seed, uint64_t index) { return mix(seed + index * 0x9e3779b97f4a7c15u); }

static uint64_t next(uint64_t *state) { return mix(*state += 0x9e3779b97f4a7c15u); }

static double fraction(uint64_t *state) { return (double)(next(state) >> 11) * 0x1p-53; }

// Log-uniform: as many messages between 1 and 2 bytes as between 32 and 64 KiB.
static uint64_t logUniform(uint64_t *state, uint64_t low, uint64_t high) {
    uint64_t n = (uint64_t)((double)low * pow(((double)high + 1) / (double)low, fraction(state)));
    return n < low ? low : n > high ? high : n;
}

static void fill(unsigned char *to, uint64_t seed, uint64_t position, size_t n) {
    for (size_t i = 0; i < n;) {
        uint64_t w = word(seed, (position + i) / 8);
        size_t offset = (position + i) % 8, part = 8 - offset < n - i ? 8 - offset : n - i;
        if (part == 8)
            memcpy(to + i, &w, 8); // the common case, as one store
        else
            memcpy(to + i, (unsigned char *)&w + offset, part);
        i += part;
    }
}

// The first byte that differs from the stream, or n.
static size_t verify(const unsigned char *bytes, uint64_t seed, uint64_t position, size_t n) {
    static unsigned char expected[4 * chunk];
    fill(expected, seed, position, n);
    if (memcmp(bytes, expected, n) == 0) return n;
    size_t i = 0;
    while (bytes[i] == expected[i]) i++;
    return i;
}

// ---- latencies: a histogram of 32 steps in each power of two --------------------------------------------------------

static uint64_t histogram[64 * 32], slowest, measured;

static void recordLatency(uint64_t ns) {
    unsigned power = ns < 32 ? 0 : 63 - (unsigned)__builtin_clzll(ns) - 5;
    histogram[power * 32 + (ns >> power) % 64]++;
    if (ns > slowest) slowest = ns;
    measured++;
}

static double percentile(double p) { // in microseconds
    uint64_t rank = (uint64_t)ceil(p * (double)measured), seen = 0;
    for (unsigned i = 0; i < sizeof histogram / sizeof *histogram; i++) {
        seen += histogram[i];
        if (histogram[i] && seen >= rank) {
            unsigned power = i < 64 ? 0 : i / 32 - 1;
            uint64_t upper = (uint64_t)(i - power * 32 + 1) << power;
            return (double)(upper < slowest ? upper : slowest) / 1000;
        }
    }
    return 0;
}

// ---- findings -------------------------------------------------------------------------------------------------------

static const char *name(const struct client *c) {
    static char text[64];
    snprintf(text, sizeof text, "client %d (%s), connection %" PRIu64, c->id,
             c->nonReader ? "never reads" : c->slow ? "slow" : "fast", c->connection);
    return text;
}

#define complain(...)                                            \
    do {                                                         \
        static int said;                                         \
        if (said++ < 5) fprintf(stderr, "echo_load: " __VA_ARGS__); \
    } while (0)

// Says whose bytes these are, where they belong to a stream near its present place.
static void identify(const struct client *c, const unsigned char *bytes, size_t n, uint64_t position) {
    static unsigned char near_[512 * 1024];
    if (n < 8) return;
    for (int i = 0; i < total; i++) {
        const struct client *other = &clients[(c->id + i) % total]; // this client itself first
        uint64_t from = other->received > sizeof near_ / 2 ? other->received - sizeof near_ / 2 : 0;
        fill(near_, other->seed, from, sizeof near_);
        unsigned char *found = memmem(near_, sizeof near_, bytes, n < 16 ? n : 16);
        if (!found) continue;
        uint64_t at = from + (uint64_t)(found - near_);
        if (other == c)
            fprintf(stderr, "  these are bytes of position %" PRIu64 " of the same stream: %" PRIu64 " %s\n", at,
                    at > position ? at - position : position - at, at > position ? "are missing" : "came twice");
        else
            fprintf(stderr, "  these are bytes of client %d's stream\n", other->id);
        return;
    }
    fprintf(stderr, "  these bytes are of no client's stream near its present place\n");
}

static void reportCorruption(const struct client *c, const unsigned char *bytes, size_t n, uint64_t position) {
    if (sum.corrupt++ >= 5 || n == 0) return;
    unsigned char expected[16];
    size_t shown = n < 16 ? n : 16;
    fill(expected, c->seed, position, shown);
    fprintf(stderr, "echo_load: %s: wrong byte at position %" PRIu64 "\n  expected", name(c), position);
    for (size_t i = 0; i < shown; i++) fprintf(stderr, " %02x", expected[i]);
    fprintf(stderr, "\n  received");
    for (size_t i = 0; i < shown; i++) fprintf(stderr, " %02x", bytes[i]);
    fputc('\n', stderr);
    identify(c, bytes, n, position);
}

static void describe(const struct client *c) {
    fprintf(stderr, "  %s: %s, sent %" PRIu64 ", received %" PRIu64 ", ", name(c), stateNames[c->state], c->sent,
            c->received);
    if (c->state == open_ || c->state == finishing) {
        int unread = 0, unsent = 0;
        ioctl(c->fd, FIONREAD, &unread);
        ioctl(c->fd, TIOCOUTQ, &unsent);
        if (c->count)
            fprintf(stderr, "waits for %" PRIu64 " bytes of the first of %u messages",
                    c->inFlight[c->first].end - c->received, c->count);
        else
            fprintf(stderr, "waits for %s", c->state == finishing ? "the end of the input" : "room to send");
        fprintf(stderr, "%s; kernel: %d unread, %d unacknowledged", c->blocked ? ", can send no more" : "", unread,
                unsent);
    } else {
        fprintf(stderr, "%" PRIu64 " messages answered", c->answered);
    }
    fprintf(stderr, "; %.1f s without progress\n", (double)(now - c->progressed) / 1e9);
}

// ---- connections ----------------------------------------------------------------------------------------------------

static void watch(struct client *c, uint32_t interest) {
    if (c->interest == interest) return;
    struct epoll_event event = {.events = interest, .data.ptr = c};
    epoll_ctl(epoll_, c->interest == ~0u ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, c->fd, &event);
    c->interest = interest;
}

static void unwatch(struct client *c) {
    if (c->interest != ~0u) epoll_ctl(epoll_, EPOLL_CTL_DEL, c->fd, NULL);
    c->interest = ~0u;
}

static void closeSocket(struct client *c, bool abortive) {
    if (abortive) // close then sends RST
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(c->fd);
    c->fd = -1;
    c->interest = ~0u;
}

static void end(struct client *c) {
    if (c->fd >= 0) closeSocket(c, c->nonReader);
    c->state = done;
    c->due = 0;
    running--;
}

static void again(struct client *c, uint64_t delay) {
    if (c->fd >= 0) closeSocket(c, false);
    if (!c->connectingSince) c->connectingSince = now;
    c->state = idle;
    c->due = now + delay;
}

static void fail(struct client *c) { sum.failed++; end(c); }

static void connect_(struct client *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    inet_pton(AF_INET, options.host, &to.sin_addr);
    if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0) {
        perror("echo_load: socket");
        exit(2);
    }
    int one = 1, small = c->nonReader ? 4096 : slowReceiveBuffer;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->slow || c->nonReader) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    c->state = connecting;
    c->due = 0;
    c->interest = ~0u;
    connect(c->fd, (struct sockaddr *)&to, sizeof to); // its outcome is SO_ERROR's
    watch(c, EPOLLOUT);
}

static void connectFailed(struct client *c, const char *why) {
    if (now - c->connectingSince < (uint64_t)(options.reconnectFor * 1e9)) {
        again(c, 20000000);
        return;
    }
    complain("%s: cannot connect to %s port %d: %s\n", name(c), options.host, options.port, why);
    fail(c);
}

static void pump(struct client *c);

static void connected(struct client *c) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        connectFailed(c, strerror(error));
        return;
    }
    // While nobody listens, a connect from an ephemeral port to that same port meets itself (RFC 9293, 3.5: a
    // simultaneous open), and would echo only too well.
    struct sockaddr_in mine, theirs;
    socklen_t a = sizeof mine, b = sizeof theirs;
    if (getsockname(c->fd, (struct sockaddr *)&mine, &a) == 0 && getpeername(c->fd, (struct sockaddr *)&theirs, &b) == 0
        && mine.sin_port == theirs.sin_port && mine.sin_addr.s_addr == theirs.sin_addr.s_addr) {
        connectFailed(c, "only ourselves are there");
        return;
    }
    c->connectingSince = 0;
    c->state = open_;
    c->again = c->shut = c->blocked = false;
    c->error = 0;
    c->seed = mix(options.seed * 0x2545f4914f6cdd1du + mix((uint64_t)c->id << 32 | c->connection++));
    c->sent = c->received = c->planned = 0;
    c->first = c->count = c->readsLeft = 0;
    c->breakOff = none;
    c->progressed = now;
    sum.connections++;
    pump(c);
}

// ---- sending --------------------------------------------------------------------------------------------------------

static bool timeIsOver(void) { return options.seconds > 0 && now - start >= (uint64_t)(options.seconds * 1e9); }

static bool noMore(const struct client *c) {
    return !options.untilClose && (c->answered + c->count >= options.messages || timeIsOver());
}

static unsigned window(const struct client *c) {
    return c->slow || options.untilClose ? (unsigned)options.slowWindow : (unsigned)options.window;
}

static bool mayBegin(const struct client *c) { return c->count < window(c) && !noMore(c); }

static void begin(struct client *c) {
    uint64_t size = logUniform(&c->plan, options.smallest, options.largest);
    c->planned += size;
    bool breaks = fraction(&c->plan) < options.disconnect;
    if (breaks && !options.untilClose && !c->nonReader) { // breaks off in its midst: does not count
        c->breakOff = reset + next(&c->plan) % 3;
        c->cut = c->sent + next(&c->plan) % (size + 1);
    } else {
        c->inFlight[(c->first + c->count++) % maxWindow] = (struct message){c->planned, clockNow()};
    }
}

static void halfClose(struct client *c, bool again_) {
    shutdown(c->fd, SHUT_WR);
    c->state = finishing;
    c->again = again_;
    c->blocked = false;
    c->progressed = now;
}

// Breaks the connection off; what is unanswered does not count, but after a half-close it must be answered to the byte.
static void breakOff(struct client *c) {
    sum.disconnects++;
    if (c->breakOff == halfClosed) {
        halfClose(c, true);
    } else {
        closeSocket(c, c->breakOff == reset);
        again(c, 0);
    }
    c->progressed = now;
}

// Returns how many bytes went out; -1 when the connection failed.
static ssize_t sendUpTo(struct client *c, uint64_t limit) {
    static unsigned char bytes[chunk];
    size_t n = limit - c->sent < chunk ? limit - c->sent : chunk;
    fill(bytes, c->seed, c->sent, n);
    ssize_t out = n ? send(c->fd, bytes, n, MSG_NOSIGNAL) : 0;
    if (out < 0 && errno != EAGAIN) {
        c->error = errno;
        return -1;
    }
    c->blocked = out < (ssize_t)n;
    c->wasBlocked |= c->blocked;
    if (out <= 0) return 0;
    c->sent += (uint64_t)out;
    sum.bytesSent += (uint64_t)out;
    c->progressed = now;
    return out;
}

static void watchOpen(struct client *c) {
    uint32_t interest = c->blocked ? EPOLLOUT : 0;
    if (c->nonReader)
        interest |= EPOLLRDHUP;
    else if (!c->slow || c->readsLeft)
        interest |= EPOLLIN;
    watch(c, c->due ? 0 : interest); // a pausing reader is deaf to all but errors
}

static void receiveFrom(struct client *c);

// Begins and sends messages until there is no room in the socket or the window.
static void pump(struct client *c) {
    c->blocked = false;
    while (!c->blocked) {
        if (c->sent == c->planned && !c->breakOff) {
            if (!mayBegin(c) && !c->nonReader) break;
            if (c->nonReader) c->count = 0; // its messages are not awaited
            begin(c);
        }
        if (sendUpTo(c, c->breakOff ? c->cut : c->planned) < 0) {
            receiveFrom(c); // what came before the reset is still there to be read, and then the error
            return;
        }
        if (c->breakOff && c->sent == c->cut) {
            breakOff(c);
            if (c->state == finishing) break;
            return;
        }
        if (c->nonReader && c->sent > nonReaderLimit) {
            complain("%s: the server took %" PRIu64 " bytes and cannot have sent them back\n", name(c), c->sent);
            fail(c);
            return;
        }
    }
    if (c->state == open_ && noMore(c) && c->count == 0 && !c->nonReader && c->sent == c->planned) halfClose(c, false);
    if (c->slow && c->readsLeft == 0 && !c->nonReader) {
        c->readsLeft = 1 + next(&c->habit) % 64;
        if (next(&c->habit) % 16 == 0) c->due = now + 1000000 + next(&c->habit) % 4000000;
    }
    watchOpen(c);
}

// ---- receiving ------------------------------------------------------------------------------------------------------

static void finishMessages(struct client *c) {
    if (c->nonReader || c->count == 0 || c->inFlight[c->first].end > c->received) return;
    uint64_t at = clockNow();
    while (c->count && c->inFlight[c->first].end <= c->received) {
        if (!c->slow) recordLatency(at - c->inFlight[c->first].started);
        c->first = (c->first + 1) % maxWindow;
        c->count--;
        c->answered++;
        sum.messages++;
    }
    if (lastAnswer && at - lastAnswer > longestGap) longestGap = at - lastAnswer;
    lastAnswer = at;
}

// The server closed (error 0) or reset the connection.
static void ended(struct client *c, int error) {
    if (!error) error = c->error;
    if (c->nonReader) {
        if (error) sum.nonReadersCut++; else sum.nonReadersOrderly++;
        end(c);
    } else if (options.untilClose) {
        if (error) {
            sum.resets++;
            complain("%s: not ended in order but reset: %s\n", name(c), strerror(error));
            fail(c);
            return;
        }
        c->state = parting; // every second client goes on sending for a while: the server has to discard that
        c->extra = c->sent + (c->id / 2 % 2 ? 256 * 1024 : 0);
        c->progressed = now;
        unwatch(c);
        c->due = now;
    } else if (c->state == finishing && !error && c->received == c->sent) {
        sum.orderly++;
        if (c->again) again(c, 0); else end(c);
    } else if (options.survive) {
        sum.interrupted += c->count;
        if (noMore(c)) end(c); else again(c, 0);
    } else {
        sum.lost += c->count ? c->count : c->received < c->sent;
        if (error) sum.resets++;
        complain("%s: %s with %u messages (%" PRIu64 " bytes) unanswered\n", name(c),
                 error ? "reset" : "closed by the server", c->count, c->sent - c->received);
        fail(c);
    }
}

static void receiveFrom(struct client *c) {
    static unsigned char bytes[4 * chunk];
    for (;;) {
        size_t room = c->slow && c->readsLeft ? logUniform(&c->habit, 1, 16384) : sizeof bytes;
        ssize_t n = recv(c->fd, bytes, room, 0);
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            ended(c, n < 0 ? errno : 0);
            return;
        }
        size_t right = verify(bytes, c->seed, c->received, (size_t)n);
        if (right < (size_t)n || c->received + (uint64_t)n > c->sent) {
            if (right == (size_t)n) fprintf(stderr, "echo_load: %s: more came back than was sent\n", name(c));
            reportCorruption(c, bytes + right, (size_t)n - right, c->received + right);
            fail(c);
            return;
        }
        c->received += (uint64_t)n;
        sum.bytesReceived += (uint64_t)n;
        c->progressed = now;
        finishMessages(c);
        if (c->slow && c->readsLeft) {
            c->readsLeft--;
            break; // one bit a turn
        }
        if ((size_t)n < room) break;
    }
    if (c->state == finishing) {
        if (c->readsLeft == 0) c->readsLeft = 64;
        watch(c, EPOLLIN);
    } else if (!c->slow || c->readsLeft == 0 || c->received == c->sent) {
        pump(c);
    } else {
        watchOpen(c);
    }
}

// The server has half-closed. We may still send; then we do the same, and look how the connection ends: a server that
// closes before it has read everything resets it (RFC 1122, 4.2.2.13).
static void part(struct client *c) {
    while (c->sent < c->extra) {
        ssize_t out = sendUpTo(c, c->extra);
        if (out < 0) {
            sum.resets++;
            complain("%s: reset while it was still sending after the server's half-close\n", name(c));
            fail(c);
            return;
        }
        if (c->blocked) break;
    }
    if (c->sent < c->extra) {
        c->due = now + 1000000;
        return;
    }
    if (!c->shut) {
        shutdown(c->fd, SHUT_WR);
        c->shut = true;
    }
    struct tcp_info info;
    socklen_t length = sizeof info;
    getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &length);
    if (info.tcpi_state != TCP_CLOSE) {
        c->due = now + 1000000;
        return;
    }
    int error = 0;
    length = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        sum.resets++;
        complain("%s: reset after the server's half-close\n", name(c));
        fail(c);
    } else {
        sum.orderly++;
        end(c);
    }
}

// ---- the loop -------------------------------------------------------------------------------------------------------

static void onEvent(struct client *c, uint32_t events) {
    if (c->state == connecting) {
        connected(c);
    } else if (c->state == open_ || c->state == finishing) {
        if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
            c->due = 0; // nothing more will come: read on
            receiveFrom(c);
        } else if (events & EPOLLIN) {
            receiveFrom(c);
        } else if (events & EPOLLOUT) {
            pump(c);
        }
    }
}

static void onDue(struct client *c) {
    c->due = 0;
    if (c->state == idle) connect_(c);
    else if (c->state == parting) part(c);
    else if (c->state == finishing) watch(c, EPOLLIN);
    else if (c->state == open_) watchOpen(c);
}

// Looks after what no event announces. Returns the milliseconds until it should be called again.
static int tend(void) {
    uint64_t soonest = now + 100000000;
    for (int i = 0; i < total; i++) {
        struct client *c = &clients[i];
        if (c->due && c->due <= now) onDue(c);
        if (c->due && c->due < soonest) soonest = c->due;
        // Time is over for one that waits for nothing (while it waits, its messages' end will end it).
        if (c->state == open_ && !c->due && !c->blocked && c->count == 0 && noMore(c)) pump(c);
    }
    return soonest <= now ? 0 : (int)((soonest - now + 999999) / 1000000);
}

static bool stalled(void) {
    bool found = false;
    for (int i = 0; i < total; i++) {
        struct client *c = &clients[i];
        uint64_t since = c->state == idle || c->state == connecting ? c->connectingSince : c->progressed;
        if (c->state == done || c->nonReader || now - since < (uint64_t)(options.stall * 1e9)) continue;
        if (!found) fprintf(stderr, "echo_load: stalled:\n");
        describe(c);
        sum.lost += c->count;
        found = true;
    }
    return found;
}

static void showProgress(void) {
    static uint64_t messages, bytes, last;
    if (last) {
        double seconds = (double)(now - last) / 1e9;
        const char *form =
            "  %3.0f s  %9" PRIu64 " messages  %7.0f/s  %6.1f MB/s  p99 %6.0f us  %" PRIu64 " disconnects\n";
        fprintf(stderr, form, (double)(now - start) / 1e9, sum.messages, (double)(sum.messages - messages) / seconds,
                (double)(sum.bytesReceived - bytes) / seconds / 1e6, percentile(0.99), sum.disconnects);
    }
    messages = sum.messages, bytes = sum.bytesReceived, last = now;
}

// Says it once: a script may now stop the server, and will find all clients at work.
static void announceService(void) {
    static bool said;
    for (int i = 0; i < total && !said; i++)
        if (clients[i].nonReader ? !clients[i].wasBlocked : !clients[i].answered) return;
    if (!said) fprintf(stderr, "echo_load: every client is being served\n");
    said = true;
}

// Returns false if it had to give up.
static bool run(void) {
    struct epoll_event events[256];
    uint64_t nextSecond = start;
    int patience = 0;
    while (running) {
        int n = epoll_wait(epoll_, events, 256, patience);
        now = clockNow();
        for (int i = 0; i < n; i++) onEvent(events[i].data.ptr, events[i].events);
        patience = tend();
        announceService();
        int readersLeft = 0;
        for (int i = 0; i < options.clients; i++) readersLeft += clients[i].state != done;
        if (!options.untilClose && readersLeft == 0) return true; // non-readers are ended by us
        if (now < nextSecond) continue;
        nextSecond = now + 1000000000;
        if (options.progress) showProgress();
        if (stalled()) return false;
        if (options.untilClose && timeIsOver()) {
            fprintf(stderr, "echo_load: %d connections are still there after %.0f s:\n", running, options.seconds);
            for (int i = 0; i < total; i++)
                if (clients[i].state != done) describe(&clients[i]);
            return false;
        }
    }
    return true;
}

static void report(bool exact) {
    double seconds = (double)((lastAnswer ? lastAnswer : now) - start) / 1e9;
    const struct { const char *name; double value; int decimals; } fields[] = {
        {"messages", (double)sum.messages, 0},
        {"seconds", seconds, 3},
        {"messages_per_s", seconds > 0 ? (double)sum.messages / seconds : 0, 0},
        {"mb_per_s", seconds > 0 ? (double)sum.bytesReceived / seconds / 1e6 : 0, 1},
        {"p50_us", percentile(0.5), 0}, // latencies are those of the fast readers
        {"p99_us", percentile(0.99), 0},
        {"max_us", (double)slowest / 1000, 0},
        {"longest_gap_ms", (double)longestGap / 1e6, 0}, // without any answer to any client
        {"connections", (double)sum.connections, 0},
        {"disconnects", (double)sum.disconnects, 0},
        {"interrupted", (double)sum.interrupted, 0},
        {"lost", (double)sum.lost, 0},
        {"corrupt", (double)sum.corrupt, 0},
        {"failed_clients", (double)sum.failed, 0},
        {"bytes_sent", (double)sum.bytesSent, 0},
        {"bytes_received", (double)sum.bytesReceived, 0},
        {"orderly", (double)sum.orderly, 0},
        {"resets", (double)sum.resets, 0},
        {"non_readers_cut", (double)sum.nonReadersCut, 0},
        {"non_readers_orderly", (double)sum.nonReadersOrderly, 0},
    };
    if (options.json)
        printf("{\"exact\": %s", exact ? "true" : "false");
    else
        printf("%-20s %15s\n", "exact", exact ? "yes" : "NO");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        printf(options.json ? ", \"%s\": %.*f" : "%-20s %15.*f\n", fields[i].name, fields[i].decimals, fields[i].value);
    if (options.json) puts("}");
}

// ---- the command line -----------------------------------------------------------------------------------------------

static const char usage[] =
    "usage: echo_load --port N [OPTION...]\n"
    "  --host A            IPv4 address of the server (127.0.0.1)\n"
    "  --clients N         clients at once (100)\n"
    "  --messages N        to be answered for each client (10000, unless --seconds is given)\n"
    "  --seconds T         send for T seconds; with --until-close: the longest to wait for the server\n"
    "  --seed S            of contents, sizes and habits (1)\n"
    "  --min B, --max B    message sizes, log-uniform (1 to 65536)\n"
    "  --slow-half         every second client is a slow reader\n"
    "  --window N          messages in flight of a fast client (1; a slow one has 8)\n"
    "  --disconnect P      probability, by message, of disconnecting in its midst and coming back\n"
    "  --until-close       send until the server closes, and look how it does\n"
    "  --non-readers K     K more clients, which send and never read\n"
    "  --reconnect-for S   keep trying to connect for S seconds\n"
    "  --survive           when the server ends a connection, count what it left unanswered as interrupted, not lost,\n"
    "                      and connect again\n"
    "  --stall S           a client without progress for S seconds is a failure (20)\n"
    "  --progress          a line each second, on standard error\n"
    "  --json              the outcome as one JSON object\n"
    "  --free-port         print a port that nobody uses, outside the ephemeral range, and exit\n";

static _Noreturn void printFreePort(void) {
    int low = 32768;
    FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    if (range) {
        if (fscanf(range, "%d", &low) != 1 || low < 12000) low = 32768;
        fclose(range);
    }
    uint64_t state = clockNow() ^ (uint64_t)getpid() << 40;
    for (int i = 0; i < 1000; i++) {
        int port = 10000 + (int)(next(&state) % (uint64_t)(low - 10000)), fd = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        if (bind(fd, (struct sockaddr *)&any, sizeof any) == 0) {
            printf("%d\n", port);
            exit(0);
        }
        close(fd);
    }
    exit(1);
}

static void parse(int argc, char **argv) {
    enum { host = 1, port, count, messages, seconds, seed, least, most, slowHalf, windowSize, disconnect, untilClose,
           nonReaders, reconnectFor, survive, stall, progress, json, freePort };
    static const struct option names[] = {
        {"host", 1, 0, host}, {"port", 1, 0, port}, {"clients", 1, 0, count}, {"messages", 1, 0, messages},
        {"seconds", 1, 0, seconds}, {"seed", 1, 0, seed}, {"min", 1, 0, least}, {"max", 1, 0, most},
        {"slow-half", 0, 0, slowHalf}, {"window", 1, 0, windowSize}, {"disconnect", 1, 0, disconnect},
        {"until-close", 0, 0, untilClose}, {"non-readers", 1, 0, nonReaders},
        {"reconnect-for", 1, 0, reconnectFor}, {"survive", 0, 0, survive}, {"stall", 1, 0, stall},
        {"progress", 0, 0, progress}, {"json", 0, 0, json}, {"free-port", 0, 0, freePort}, {0}};
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case host: options.host = optarg; break;
        case port: options.port = atoi(optarg); break;
        case count: options.clients = atoi(optarg); break;
        case messages: options.messages = strtoull(optarg, NULL, 10); break;
        case seconds: options.seconds = atof(optarg); break;
        case seed: options.seed = strtoull(optarg, NULL, 10); break;
        case least: options.smallest = strtoull(optarg, NULL, 10); break;
        case most: options.largest = strtoull(optarg, NULL, 10); break;
        case slowHalf: options.slowHalf = true; break;
        case windowSize: options.window = atoi(optarg); break;
        case disconnect: options.disconnect = atof(optarg); break;
        case untilClose: options.untilClose = true; break;
        case nonReaders: options.nonReaders = atoi(optarg); break;
        case reconnectFor: options.reconnectFor = atof(optarg); break;
        case survive: options.survive = true; break;
        case stall: options.stall = atof(optarg); break;
        case progress: options.progress = true; break;
        case json: options.json = true; break;
        case freePort: printFreePort();
        default: fputs(usage, stderr); exit(2);
        }
    }
    struct in_addr address;
    if (optind < argc || options.port < 1 || options.port > 65535 || options.clients < 1 || options.nonReaders < 0
        || options.window < 1 || options.window > maxWindow || options.smallest < 1
        || options.largest < options.smallest || inet_pton(AF_INET, options.host, &address) != 1) {
        fputs(usage, stderr);
        exit(2);
    }
    if (options.messages == UINT64_MAX && options.seconds <= 0) options.messages = 10000;
    if (options.untilClose && options.seconds <= 0) options.seconds = 60;
}

int main(int argc, char **argv) {
    parse(argc, argv);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    total = running = options.clients + options.nonReaders;
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc((size_t)total, sizeof *clients);
    start = now = clockNow();
    for (int i = 0; i < total; i++) {
        bool nonReader = i >= options.clients;
        clients[i] = (struct client){.id = i, .fd = -1, .interest = ~0u, .nonReader = nonReader,
                                     .slow = !nonReader && options.slowHalf && i % 2, .due = now, .progressed = now,
                                     .connectingSince = now, .plan = mix(options.seed) ^ mix((uint64_t)i + 1),
                                     .habit = ~(mix(options.seed) ^ mix((uint64_t)i + 1))};
    }
    bool finished = run();
    bool exact = finished && !sum.lost && !sum.corrupt && !sum.failed;
    report(exact);
    if (!exact) fprintf(stderr, "echo_load: FAILED (seed %" PRIu64 ")\n", options.seed);
    return exact ? 0 : 1;
}
