// restart_load.c: clients of a service that is killed again and again, and the killer. It shares no code with Signalbox.
//
//     restart_load [--kills N] [--clients N] [--kept N] [--seconds N] PORT...
//
// The service says "hello PID RUN\n" to each connection, RUN being how often it was started. "get\n" it answers by "bye PID\n"
// and the end of the connection; "keep\n" by "kept PID\n" once it has stored the connection, and from then on each "ping N\n"
// by "pong N PID\n".
//
// Clients come and get all the time, evenly to each port. Each kill is in three steps: the service is stopped (SIGSTOP), all
// its threads; clients go on for some milliseconds, so that connections gather in the queues of the listening sockets; then
// /proc/net/tcp says which connections the service has accepted (they have an inode) and which wait in a queue (they have
// none), and the service is killed. So it is known of each connection whether it may break: one that was accepted may, and
// is made again. All others must be served, by whichever run:
//   refused      a client was refused (ECONNREFUSED): must be 0
//   lost         a connection broke that nobody had accepted: must be 0
//   kept broken  a stored connection broke, or did not answer in the next run: must be 0
//   runs missed  RUN did not count up by one at each kill: the stored pipe, in which it is counted, lost something
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLIENTS = 512, MAX_PORTS = 8, LINE = 96, QUEUE_MS = 4 };
enum state { IDLE, CONNECTING, GREETED_NOT, GETTING, KEEPING, KEPT };

static struct client {
    int fd, port_index;
    enum state state;
    int is_kept_kind, may_break;
    unsigned short own_port;
    long long next_ms;
    int pinged, ponged; // numbers of the last
    char line[LINE];
    size_t length;
} clients[MAX_CLIENTS];

static int ports[MAX_PORTS], port_count, client_count = 32, kept_count = 4, kills = 20, epoll;
static long long deadline_ms;
static long long served, refused, lost, broken, kept_broken, missed, waited, accepted_at_kills;
static int pid, run, killed_pid, killed_run, done_kills;
static long long killed_at, longest, served_since;

static long long now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}
static long long now_ms(void) { return now_us() / 1000; }

static void die(const char *what) {
    fprintf(stderr, "restart_load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void drop(struct client *c, long long pause_ms) {
    if (c->fd >= 0) {
        struct linger now = {1, 0}; // no TIME_WAIT: a port may be used again at once
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(c->fd);
    }
    c->fd = -1;
    c->state = IDLE;
    c->may_break = 0;
    c->length = 0;
    c->pinged = c->ponged = 0;
    c->next_ms = now_ms() + pause_ms;
}

static void watch(struct client *c, unsigned events, int op) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll, op, c->fd, &event)) die("epoll_ctl");
}

static void broke(struct client *c, int error) {
    if (error == ECONNREFUSED) {
        refused++;
    } else if (c->state == KEPT) {
        kept_broken++;
        fprintf(stderr, "a kept connection broke: %s\n", strerror(error));
    } else if (c->may_break) {
        broken++;
    } else {
        lost++;
        fprintf(stderr, "a connection broke in state %d that was not accepted when the service was killed: %s\n", c->state,
                error ? strerror(error) : "end of file");
    }
    drop(c, 1);
}

static void begin(struct client *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(ports[c->port_index]),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket");
    c->state = CONNECTING;
    watch(c, EPOLLOUT, EPOLL_CTL_ADD);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) broke(c, errno);
}

static void tell(struct client *c, const char *text) {
    ssize_t sent = send(c->fd, text, strlen(text), MSG_NOSIGNAL);
    if (sent != (ssize_t)strlen(text)) broke(c, sent < 0 ? errno : EIO);
}

static void seen(int its_pid, int its_run) {
    if (its_pid == pid || its_pid == killed_pid) return; // words of the dead arrive late
    if (pid) die("two processes serve");
    pid = its_pid;
    run = its_run;
    served_since = 0;
    if (killed_at) {
        if (now_us() - killed_at > longest) longest = now_us() - killed_at;
        if (run != killed_run + 1) {
            missed++;
            fprintf(stderr, "run %d follows run %d\n", run, killed_run);
        }
    }
}

static void heard(struct client *c, const char *line) {
    int number, its_pid, its_run;
    if (sscanf(line, "hello %d %d", &its_pid, &its_run) == 2 && c->state == GREETED_NOT) {
        seen(its_pid, its_run);
        c->state = c->is_kept_kind ? KEEPING : GETTING;
        tell(c, c->is_kept_kind ? "keep\n" : "get\n");
    } else if (sscanf(line, "bye %d", &its_pid) == 1 && c->state == GETTING) {
        served++;
        served_since++;
        drop(c, rand() % 8);
    } else if (sscanf(line, "kept %d", &its_pid) == 1 && c->state == KEEPING) {
        c->state = KEPT;
    } else if (sscanf(line, "pong %d %d", &number, &its_pid) == 2 && c->state == KEPT && number == c->pinged) {
        seen(its_pid, 0);
        c->ponged = number;
    } else {
        fprintf(stderr, "restart_load: \"%s\" was not expected\n", line);
        exit(2);
    }
}

static void ready(struct client *c, unsigned events) {
    if (c->fd < 0) return;
    if (c->state == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) return broke(c, error);
        if (!(events & EPOLLOUT)) return;
        struct sockaddr_in own;
        size = sizeof own;
        if (getsockname(c->fd, (struct sockaddr *)&own, &size)) die("getsockname");
        c->own_port = ntohs(own.sin_port);
        c->state = GREETED_NOT;
        return watch(c, EPOLLIN, EPOLL_CTL_MOD);
    }
    ssize_t count = recv(c->fd, c->line + c->length, LINE - 1 - c->length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return broke(c, count ? errno : 0);
    c->length += count;
    c->line[c->length] = 0;
    char *end;
    while (c->fd >= 0 && (end = strchr(c->line, '\n'))) {
        char line[LINE];
        *end = 0;
        strcpy(line, c->line);
        c->length -= end + 1 - c->line;
        memmove(c->line, end + 1, c->length + 1);
        heard(c, line);
    }
}

// ---- the clients

static void turn(int patience_ms) {
    struct epoll_event events[64];
    long long now = now_ms();
    for (int i = 0; i < client_count; i++)
        if (clients[i].state == IDLE && clients[i].next_ms <= now) begin(&clients[i]);
    int count = epoll_wait(epoll, events, 64, patience_ms);
    for (int i = 0; i < count; i++) ready(events[i].data.ptr, events[i].events);
    if (now > deadline_ms) {
        fprintf(stderr, "restart_load: out of time: %d of %d kills, pid %d, run %d, killed %d\n", done_kills, kills, pid, run,
                killed_pid);
        for (int i = 0; i < client_count; i++)
            fprintf(stderr, "  client %d: port %d, state %d, pinged %d, ponged %d\n", i, ports[clients[i].port_index],
                    clients[i].state, clients[i].pinged, clients[i].ponged);
        exit(1);
    }
}

// ---- the killer

static int all_stopped(int process) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *tasks = opendir(path);
    if (!tasks) return 0;
    int stopped = 1;
    for (struct dirent *entry; stopped && (entry = readdir(tasks));) {
        if (entry->d_name[0] == '.') continue;
        char name[400];
        snprintf(name, sizeof name, "%s/%s/stat", path, entry->d_name);
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        ssize_t count = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
        if (fd >= 0) close(fd);
        if (count <= 0) continue; // it has ended
        text[count] = 0;
        const char *end = strrchr(text, ')');
        stopped = end && (end[2] == 'T' || end[2] == 't');
    }
    closedir(tasks);
    return stopped;
}

// Which connections are accepted: those at our ports that have an inode.
static void look(void) {
    FILE *table = fopen("/proc/net/tcp", "r");
    if (!table) die("/proc/net/tcp");
    char line[512];
    while (fgets(line, sizeof line, table)) {
        unsigned own, peer, state;
        unsigned long inode;
        if (sscanf(line, "%*d: %*x:%x %*x:%x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", &own, &peer, &state, &inode) != 4) continue;
        int is_ours = 0;
        for (int i = 0; i < port_count; i++) is_ours |= ports[i] == (int)own;
        if (!is_ours || state == 0x0A) continue; // TCP_LISTEN
        for (int i = 0; i < client_count; i++) {
            struct client *c = &clients[i];
            if (c->fd < 0 || c->state == CONNECTING || c->own_port != peer || ports[c->port_index] != (int)own) continue;
            if (inode) accepted_at_kills++;
            else waited++;
            if (inode && c->state != KEPT) c->may_break = 1;
        }
    }
    fclose(table);
}

static int is_ready_to_die(void) {
    if (!pid || served_since < client_count) return 0;
    for (int i = 0; i < client_count; i++) {
        struct client *c = &clients[i];
        if (!c->is_kept_kind) continue;
        if (c->state != KEPT) return 0;
        if (c->pinged != done_kills + 1) {
            char text[32];
            snprintf(text, sizeof text, "ping %d\n", c->pinged = done_kills + 1);
            tell(c, text);
        }
        if (c->state != KEPT || c->ponged != c->pinged) return 0;
    }
    return 1;
}

static void kill_service(void) {
    if (kill(pid, SIGSTOP)) die("SIGSTOP");
    while (!all_stopped(pid)) {
        struct timespec moment = {0, 100000};
        nanosleep(&moment, NULL);
    }
    for (long long end = now_ms() + QUEUE_MS; now_ms() < end;) turn(1);
    look();
    killed_pid = pid;
    killed_run = run;
    pid = 0;
    killed_at = now_us();
    if (kill(killed_pid, SIGKILL)) die("SIGKILL");
    done_kills++;
}

int main(int argc, char **argv) {
    int seconds = 60;
    for (int i = 1; i < argc; i++) {
        int *number = !strcmp(argv[i], "--kills") ? &kills : !strcmp(argv[i], "--clients") ? &client_count
            : !strcmp(argv[i], "--kept") ? &kept_count : !strcmp(argv[i], "--seconds") ? &seconds : NULL;
        if (number && i + 1 < argc) *number = atoi(argv[++i]);
        else if (atoi(argv[i]) > 0 && port_count < MAX_PORTS) ports[port_count++] = atoi(argv[i]);
        else return fprintf(stderr, "usage: restart_load [--kills N] [--clients N] [--kept N] [--seconds N] PORT...\n"), 2;
    }
    if (!port_count || client_count < 1 || client_count > MAX_CLIENTS || kept_count >= client_count) return 2;
    deadline_ms = now_ms() + seconds * 1000LL;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < client_count; i++) {
        clients[i].fd = -1;
        clients[i].port_index = i % port_count;
        clients[i].is_kept_kind = i < kept_count;
    }
    long long began = now_ms();
    while (done_kills < kills) {
        turn(1);
        if (is_ready_to_die()) kill_service();
    }
    while (!is_ready_to_die()) turn(1); // the last run serves, too
    printf("{\"kills\": %d, \"served\": %lld, \"refused\": %lld, \"lost\": %lld, \"kept_broken\": %lld, \"runs_missed\": %lld,"
           " \"waited_in_queue\": %lld, \"accepted_at_kills\": %lld, \"made_again\": %lld, \"longest_gap_ms\": %.1f,"
           " \"milliseconds\": %lld}\n",
           done_kills, served, refused, lost, kept_broken, missed, waited, accepted_at_kills, broken, longest / 1000.0,
           now_ms() - began);
    return refused || lost || kept_broken || missed;
}
