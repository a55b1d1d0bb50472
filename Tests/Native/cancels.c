// cancels.c: requests that are cancelled while they complete. Each is told once: done, with the right bytes, or
// cancelled; and from then on nobody touches its OVERLAPPED or its buffer.
//
//     cancels [ROUNDS [SEED]]
//
// A request that has been told is filled with a pattern and, under the address sanitizer, poisoned. It is kept for a
// while, and then looked at: the kernel, which no sanitizer sees, has written nothing there.
#include <winsock2.h>
#include <afunix.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#define CASE_SECONDS 600
#include "cases.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISON(memory, size) __asan_poison_memory_region(memory, size)
#define UNPOISON(memory, size) __asan_unpoison_memory_region(memory, size)
#endif
#endif
#ifndef POISON
#define POISON(memory, size) ((void)(memory), (void)(size))
#define UNPOISON(memory, size) ((void)(memory), (void)(size))
#endif

enum { MOST = 3, KEPT = 256, PAGE = 4096, TOLD = 0xDD, BLOCKS = 64, SECONDS = 60 };

static unsigned long long seed;
static long rounds = 100000;
static long done, cancelled; // of this way

static unsigned long long next(unsigned long long *state) { // splitmix64
    unsigned long long z = *state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}
static unsigned below(unsigned long long *state, unsigned limit) { return (unsigned)(next(state) % limit); }

static void spin(unsigned count) {
    while (count--) YieldProcessor();
}

// ---- requests

struct request {
    OVERLAPPED overlapped;
    char *buffer;
    DWORD size;
    DWORD place; // in the file
    int is_told;
};

static struct request *kept[KEPT];
static unsigned kept_count;

static struct request *new_request(DWORD size) {
    struct request *request = calloc(1, sizeof *request);
    if (!request || posix_memalign((void **)&request->buffer, PAGE, size)) abort();
    request->size = size;
    memset(request->buffer, 0xEE, size);
    return request;
}

static int is_all(const void *memory, int byte, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)memory)[i] != byte) return 0;
    return 1;
}

static void let_go(struct request *request) {
    UNPOISON(&request->overlapped, sizeof request->overlapped);
    UNPOISON(request->buffer, request->size);
    TRUTH(is_all(request->buffer, TOLD, request->size));
    TRUTH(is_all(&request->overlapped, TOLD, sizeof request->overlapped));
    free(request->buffer);
    free(request);
}

// It has been told: nobody may touch it any more.
static void keep(struct request *request) {
    memset(request->buffer, TOLD, request->size);
    memset(&request->overlapped, TOLD, sizeof request->overlapped);
    POISON(request->buffer, request->size);
    POISON(&request->overlapped, sizeof request->overlapped);
    struct request **slot = &kept[kept_count++ % KEPT];
    if (*slot) let_go(*slot);
    *slot = request;
}

static void let_all_go(void) {
    for (int i = 0; i < KEPT; i++) {
        if (kept[i]) let_go(kept[i]);
        kept[i] = NULL;
    }
}

// ---- the other thread, which sends and cancels

static struct {
    HANDLE file;
    SOCKET peer;
    OVERLAPPED *overlapped[MOST];
    unsigned count, bytes, delay, between, which;
    int sends_first;
} job;
static HANDLE job_is_there, job_is_done;
static unsigned sent;     // bytes of the stream
static int fifo = -1;     // where they go, if not to the peer
static unsigned most = MOST; // requests at a time
static volatile LONG is_over;

static char at_place(unsigned place) { return (char)(place * 2654435761u >> 13 & 0x7F); }

static void send_some(void) {
    char bytes[64];
    for (unsigned i = 0; i < job.bytes; i++) bytes[i] = at_place(sent + i);
    if (job.bytes) EQUAL(fifo < 0 ? send(job.peer, bytes, (int)job.bytes, 0) : write(fifo, bytes, job.bytes), job.bytes);
    sent += job.bytes;
}

static DWORD WINAPI race(LPVOID unused) {
    (void)unused;
    for (;;) {
        WaitForSingleObject(job_is_there, INFINITE);
        if (is_over) return 0;
        spin(job.delay);
        if (job.sends_first) send_some();
        spin(job.between);
        if (job.which < job.count) CancelIoEx(job.file, job.overlapped[job.which]);
        else if (job.which == MOST) CancelIoEx(job.file, NULL);
        if (!job.sends_first) send_some();
        SetEvent(job_is_done);
    }
}

// ---- each way to be told

static HANDLE port;
static struct request *pending[MOST];
static unsigned pending_count;

static unsigned index_of(OVERLAPPED *overlapped) {
    for (unsigned i = 0; i < pending_count; i++)
        if (&pending[i]->overlapped == overlapped) return i;
    return MOST;
}

enum telling { BY_PORT, BY_EVENT, BY_ROUTINE };
static unsigned long long *random_state;
static void (*on_end)(struct request *, DWORD error, DWORD bytes);

static void told(OVERLAPPED *overlapped, DWORD error, DWORD bytes) {
    unsigned index = index_of(overlapped);
    if (!TRUTH(index < MOST && !pending[index]->is_told)) return;
    struct request *request = pending[index];
    request->is_told = 1;
    if (error == ERROR_OPERATION_ABORTED) cancelled++;
    else done++;
    on_end(request, error, bytes);
}

static void CALLBACK file_routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped) { told(overlapped, error, bytes); }
static void CALLBACK socket_routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped, DWORD flags) {
    (void)flags;
    told(overlapped, error, bytes);
}

static unsigned count_told(void) {
    unsigned count = 0;
    for (unsigned i = 0; i < pending_count; i++) count += (unsigned)pending[i]->is_told;
    return count;
}

// Waits for what is told next. False: nothing is.
static BOOL take(HANDLE file, enum telling telling, DWORD milliseconds) {
    OVERLAPPED *overlapped = NULL;
    ULONG_PTR key;
    DWORD bytes = 0;
    switch (telling) {
    case BY_PORT: {
        BOOL result = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, milliseconds);
        if (!overlapped) return FALSE;
        told(overlapped, result ? 0 : GetLastError(), bytes);
        return TRUE;
    }
    case BY_EVENT:
        for (unsigned i = 0; i < pending_count; i++) {
            if (pending[i]->is_told) continue;
            HANDLE event = pending[i]->overlapped.hEvent;
            if (WaitForSingleObject(event, milliseconds) != WAIT_OBJECT_0) return FALSE;
            BOOL result = GetOverlappedResult(file, &pending[i]->overlapped, &bytes, FALSE);
            DWORD error = GetLastError();
            CloseHandle(event);
            told(&pending[i]->overlapped, result ? 0 : error, bytes);
            return TRUE;
        }
        return FALSE;
    default: return SleepEx(milliseconds, TRUE) == WAIT_IO_COMPLETION;
    }
}

// `start` returns 0, or the error of a request that is pending or was refused.
static void run_rounds(long count, HANDLE file, SOCKET peer, enum telling telling, DWORD size,
                       DWORD (*start)(HANDLE, struct request *, enum telling)) {
    unsigned long long *r = random_state;
    for (long round = 0; round < count && failed_checks < 20;) {
        unsigned wanted = 1 + below(r, most);
        pending_count = 0;
        for (unsigned i = 0; i < wanted; i++) {
            struct request *request = pending[i] = new_request(size);
            if (telling == BY_EVENT) request->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
            pending_count++;
            DWORD error = start(file, request, telling);
            TRUTH(error == 0 || error == ERROR_IO_PENDING);
            job.overlapped[i] = &request->overlapped;
        }
        job.file = file, job.peer = peer, job.count = wanted;
        job.bytes = peer || fifo >= 0 ? below(r, 3 * wanted) : 0;
        job.delay = below(r, 4) ? below(r, 300) : 0;
        job.between = below(r, 4) ? below(r, 3000) : 0;
        job.which = below(r, MOST + 1);
        job.sends_first = below(r, 4) != 0;
        SetEvent(job_is_there);
        // This thread's own, too.
        if (!below(r, 8)) spin(below(r, 2000)), CancelIo(file);
        BOOL is_done = FALSE;
        while (count_told() < wanted && !is_done) {
            take(file, telling, 1);
            is_done = WaitForSingleObject(job_is_done, 0) == WAIT_OBJECT_0;
        }
        if (!is_done) EQUAL(WaitForSingleObject(job_is_done, SECONDS * 1000), WAIT_OBJECT_0);
        if (count_told() < wanted) CancelIoEx(file, NULL);
        while (count_told() < wanted)
            if (!TRUTH(take(file, telling, SECONDS * 1000))) abort();
        // Not twice.
        if (telling != BY_EVENT && !below(r, 16)) EQUAL(take(file, telling, 0), FALSE);
        for (unsigned i = 0; i < wanted; i++) keep(pending[i]);
        pending_count = 0;
        round += wanted;
    }
    if (telling != BY_EVENT) EQUAL(take(file, telling, 20), FALSE);
    let_all_go();
}

// ---- sockets

static unsigned received; // bytes of the stream

static DWORD start_receive(HANDLE file, struct request *request, enum telling telling) {
    WSABUF buffer = {request->size, request->buffer};
    DWORD flags = 0;
    int result = WSARecv((SOCKET)file, &buffer, 1, NULL, &flags, &request->overlapped,
                         telling == BY_ROUTINE ? socket_routine : NULL);
    return result ? (DWORD)WSAGetLastError() : 0;
}

static void receive_ended(struct request *request, DWORD error, DWORD bytes) {
    if (error) {
        EQUAL(error, ERROR_OPERATION_ABORTED);
        TRUTH(is_all(request->buffer, 0xEE, request->size));
        return;
    }
    TRUTH(bytes > 0 && bytes <= request->size);
    for (DWORD i = 0; i < bytes; i++)
        if (!EQUAL(request->buffer[i], at_place(received + i))) break;
    TRUTH(is_all(request->buffer + bytes, 0xEE, request->size - bytes));
    received += bytes;
}

struct ends {
    SOCKET ours, theirs;
};

static struct ends connection(int family) {
    struct ends ends;
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in address;
    SOCKET listener = socket(family, SOCK_STREAM, 0);
    int length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(path.sun_path, sizeof path.sun_path, "/tmp/cancels-%u", (unsigned)GetCurrentProcessId());
    struct sockaddr *name = family == AF_UNIX ? (struct sockaddr *)&path : (struct sockaddr *)&address;
    if (family == AF_UNIX) length = sizeof path;
    EQUAL(bind(listener, name, length), 0);
    EQUAL(listen(listener, 1), 0);
    if (family != AF_UNIX) EQUAL(getsockname(listener, name, &length), 0);
    ends.theirs = socket(family, SOCK_STREAM, 0);
    EQUAL(connect(ends.theirs, name, length), 0);
    ends.ours = accept(listener, NULL, NULL);
    TRUTH(ends.ours != INVALID_SOCKET);
    closesocket(listener);
    if (family == AF_UNIX) unlink(path.sun_path);
    return ends;
}

static void receives(long count, int family, enum telling telling) {
    struct ends ends = connection(family);
    if (telling == BY_PORT) port = CreateIoCompletionPort((HANDLE)ends.ours, NULL, 0, 0);
    sent = received = 0;
    on_end = receive_ended;
    run_rounds(count, (HANDLE)ends.ours, ends.theirs, telling, 4, start_receive);
    // Nothing of the stream was lost.
    char rest[64];
    while (received < sent) {
        int got = recv(ends.ours, rest, (int)(sent - received < sizeof rest ? sent - received : sizeof rest), 0);
        if (!TRUTH(got > 0)) break;
        for (int i = 0; i < got; i++) EQUAL(rest[i], at_place(received + (unsigned)i));
        received += (unsigned)got;
    }
    closesocket(ends.ours);
    closesocket(ends.theirs);
    if (telling == BY_PORT) CloseHandle(port);
}

static DWORD start_send(HANDLE file, struct request *request, enum telling telling) {
    (void)telling;
    WSABUF buffer = {request->size, request->buffer};
    return WSASend((SOCKET)file, &buffer, 1, NULL, 0, &request->overlapped, NULL) ? (DWORD)WSAGetLastError() : 0;
}

static void send_ended(struct request *request, DWORD error, DWORD bytes) {
    if (error) EQUAL(error, ERROR_OPERATION_ABORTED);
    else EQUAL(bytes, request->size);
}

// What is sent is the buffers as they were while the requests were pending.
static DWORD WINAPI read_all(LPVOID socket) {
    static char bytes[65536];
    int got;
    while ((got = recv((SOCKET)(ULONG_PTR)socket, bytes, sizeof bytes, 0)) > 0)
        if (!TRUTH(is_all(bytes, 0xEE, (size_t)got))) break;
    return 0;
}

static void sends(long count, int family) {
    struct ends ends = connection(family);
    int small = 4096;
    EQUAL(setsockopt(ends.ours, SOL_SOCKET, SO_SNDBUF, (char *)&small, sizeof small), 0);
    port = CreateIoCompletionPort((HANDLE)ends.ours, NULL, 0, 0);
    HANDLE reader = start(read_all, (void *)(ULONG_PTR)ends.theirs, NULL);
    on_end = send_ended;
    run_rounds(count, (HANDLE)ends.ours, 0, BY_PORT, 65536, start_send);
    closesocket(ends.ours);
    join(reader);
    closesocket(ends.theirs);
    CloseHandle(port);
}

// ---- files

static unsigned char in_block(DWORD place) { return (unsigned char)(place / PAGE % 100 + 1); }

static DWORD start_read(HANDLE file, struct request *request, enum telling telling) {
    request->place = below(random_state, BLOCKS) * PAGE;
    request->overlapped.Offset = request->place;
    BOOL result = telling == BY_ROUTINE
                      ? ReadFileEx(file, request->buffer, request->size, &request->overlapped, file_routine)
                      : ReadFile(file, request->buffer, request->size, NULL, &request->overlapped);
    return result ? 0 : GetLastError();
}

static void read_ended(struct request *request, DWORD error, DWORD bytes) {
    if (error) {
        EQUAL(error, ERROR_OPERATION_ABORTED);
        return;
    }
    EQUAL(bytes, request->size);
    TRUTH(is_all(request->buffer, in_block(request->place), request->size));
}

// A block says by its number and the number of the write what it holds.
static DWORD start_write(HANDLE file, struct request *request, enum telling telling) {
    (void)telling;
    request->place = below(random_state, BLOCKS) * PAGE;
    request->overlapped.Offset = request->place;
    memset(request->buffer, in_block(request->place), request->size);
    return WriteFile(file, request->buffer, request->size, NULL, &request->overlapped) ? 0 : GetLastError();
}

static void write_ended(struct request *request, DWORD error, DWORD bytes) {
    if (error) EQUAL(error, ERROR_OPERATION_ABORTED);
    else EQUAL(bytes, request->size);
}

static HANDLE new_file(void) {
    static char block[PAGE] __attribute__((aligned(PAGE)));
    char folder[MAX_PATH], path[MAX_PATH + 20];
    GetTempPathA(sizeof folder, folder);
    snprintf(path, sizeof path, "%scancels-%u", folder, (unsigned)GetCurrentProcessId());
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    TRUTH(file != INVALID_HANDLE_VALUE);
    for (DWORD place = 0; place < BLOCKS * PAGE; place += PAGE) {
        OVERLAPPED overlapped;
        DWORD count;
        memset(&overlapped, 0, sizeof overlapped);
        overlapped.Offset = place;
        memset(block, in_block(place), PAGE);
        TRUTH(WriteFile(file, block, PAGE, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
        TRUTH(GetOverlappedResult(file, &overlapped, &count, TRUE));
    }
    return file;
}

static void transfers(long count, enum telling telling, int is_write) {
    HANDLE file = new_file();
    if (telling == BY_PORT) port = CreateIoCompletionPort(file, NULL, 0, 0);
    on_end = is_write ? write_ended : read_ended;
    run_rounds(count, file, 0, telling, PAGE, is_write ? start_write : start_read);
    // No block holds anything else, whatever writes were cancelled.
    static char block[PAGE] __attribute__((aligned(PAGE)));
    for (DWORD place = 0; place < BLOCKS * PAGE; place += PAGE) {
        OVERLAPPED overlapped;
        DWORD bytes = 0;
        memset(&overlapped, 0, sizeof overlapped);
        overlapped.Offset = place;
        overlapped.hEvent = (HANDLE)((ULONG_PTR)CreateEventA(NULL, TRUE, FALSE, NULL) | 1);
        TRUTH(ReadFile(file, block, PAGE, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
        TRUTH(GetOverlappedResult(file, &overlapped, &bytes, TRUE));
        TRUTH(is_all(block, in_block(place), PAGE));
        CloseHandle((HANDLE)((ULONG_PTR)overlapped.hEvent & ~(ULONG_PTR)1));
    }
    CloseHandle(file);
    if (telling == BY_PORT) CloseHandle(port);
}

// A pipe with a name, which is read as a file is. What several reads of it bring has no order, so there is one.
static void reads_of_a_pipe(long count, enum telling telling) {
    char path[64], rest[64];
    snprintf(path, sizeof path, "/tmp/cancels-%u", (unsigned)GetCurrentProcessId());
    EQUAL(mkfifo(path, 0600), 0);
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, NULL);
    TRUTH(file != INVALID_HANDLE_VALUE);
    fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    unlink(path);
    if (telling == BY_PORT) port = CreateIoCompletionPort(file, NULL, 0, 0);
    sent = received = 0;
    on_end = receive_ended;
    most = 1;
    run_rounds(count, file, 0, telling, 4, start_read);
    most = MOST;
    while (received < sent) {
        ssize_t got = read(fifo, rest, sizeof rest);
        if (!TRUTH(got > 0)) break;
        for (ssize_t i = 0; i < got; i++) EQUAL(rest[i], at_place(received + (unsigned)i));
        received += (unsigned)got;
    }
    close(fifo);
    fifo = -1;
    CloseHandle(file);
    if (telling == BY_PORT) CloseHandle(port);
}

// ---- the ways

static void count_ends(const char *what, int any_wins) {
    printf("  %s: %ld done, %ld cancelled\n", what, done, cancelled);
    // Otherwise nothing has raced. A disk may be faster than any cancellation.
    if (any_wins) TRUTH(done > 0 && cancelled > 0);
    done = cancelled = 0;
}

static void receives_by_tcp_told_to_a_port(void) { receives(rounds / 5, AF_INET, BY_PORT), count_ends("TCP, port", 1); }
static void receives_by_tcp_told_to_events(void) { receives(rounds / 10, AF_INET, BY_EVENT), count_ends("TCP, events", 1); }
static void receives_by_tcp_told_to_a_routine(void) {
    receives(rounds / 10, AF_INET, BY_ROUTINE), count_ends("TCP, routine", 1);
}
static void receives_by_unix_told_to_a_port(void) { receives(rounds / 5, AF_UNIX, BY_PORT), count_ends("Unix, port", 1); }
static void sends_by_tcp(void) { sends(rounds / 20, AF_INET), count_ends("TCP, sends", 1); }
static void sends_by_unix(void) { sends(rounds / 20, AF_UNIX), count_ends("Unix, sends", 1); }
static void reads_of_a_pipe_told_to_a_port(void) { reads_of_a_pipe(rounds / 20, BY_PORT), count_ends("pipe, port", 1); }
static void reads_of_a_pipe_told_to_a_routine(void) {
    reads_of_a_pipe(rounds / 20, BY_ROUTINE), count_ends("pipe, routine", 1);
}
static void reads_told_to_a_port(void) { transfers(rounds / 10, BY_PORT, 0), count_ends("files, port", 0); }
static void reads_told_to_events(void) { transfers(rounds / 20, BY_EVENT, 0), count_ends("files, events", 0); }
static void reads_told_to_a_routine(void) { transfers(rounds / 20, BY_ROUTINE, 0), count_ends("files, routine", 0); }
static void writes(void) { transfers(rounds / 10, BY_PORT, 1), count_ends("files, writes", 0); }

static const struct test_case cases[] = {
    CASE(receives_by_tcp_told_to_a_port), CASE(receives_by_tcp_told_to_events), CASE(receives_by_tcp_told_to_a_routine),
    CASE(receives_by_unix_told_to_a_port), CASE(sends_by_tcp), CASE(sends_by_unix), CASE(reads_told_to_a_port),
    CASE(reads_of_a_pipe_told_to_a_port), CASE(reads_of_a_pipe_told_to_a_routine), CASE(reads_told_to_events), CASE(reads_told_to_a_routine), CASE(writes),
};

int main(int argc, char **argv) {
    WSADATA data;
    unsigned long long state;
    int failed = 0;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    if (argc > 1) rounds = atol(argv[1]);
    state = seed = argc > 2 ? strtoull(argv[2], NULL, 0) : GetTickCount64();
    random_state = &state;
    printf("cancels: %ld rounds, seed %llu\n", rounds, seed);
    job_is_there = CreateEventA(NULL, FALSE, FALSE, NULL);
    job_is_done = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(race, NULL, NULL);
    failed = run_cases(cases, COUNT(cases), 1, argv);
    is_over = 1;
    SetEvent(job_is_there);
    join(thread);
    return failed;
}
