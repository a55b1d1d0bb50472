// workers.c: how many threads run for a completion port, counted after every step: what frees a thread's place there, who
// gets it, and who must wait.
//
// A worker that has taken a packet runs until it is told what to do: it looks at a word, and blocks nowhere. The threads
// that must not run are waited for until they sleep in the kernel, so what is counted then is what stays.
#include <winsock2.h>
#include "cases.h"
#include "connections.h"
#include "filecase.h"
#ifndef _WIN32
#include <fcntl.h>
#include <sys/stat.h>
#endif

enum command { NOTHING, GET, BLOCK, LEAVE };

struct blocking;

struct worker {
    HANDLE port, thread;
    DWORD id, error;
    const struct blocking *how;
    LONG volatile command, packets, is_blocked;
    ULONG_PTR key; // of the last packet
};

static LONG volatile running, taken;

// One way to block: what the thread does, and what has it go on.
struct blocking {
    const char *name;
    void (*prepare)(void);
    void (*block)(void);
    void (*end)(struct worker *worker);
    int is_brief; // it goes on by itself, or blocks again and again until it is ended
};

static void pause_briefly(void) {
    YieldProcessor();
#ifndef _WIN32
    sched_yield();
#endif
}

static DWORD WINAPI work(LPVOID argument) {
    struct worker *worker = argument;
    while (1) {
        DWORD bytes;
        LPOVERLAPPED overlapped;
        if (!GetQueuedCompletionStatus(worker->port, &bytes, &worker->key, &overlapped, INFINITE)) {
            worker->error = GetLastError();
            return 1;
        }
        InterlockedIncrement(&running);
        InterlockedIncrement(&worker->packets);
        InterlockedIncrement(&taken);
        LONG command = NOTHING;
        while (command != GET) {
            while ((command = InterlockedExchange(&worker->command, NOTHING)) == NOTHING) pause_briefly();
            InterlockedDecrement(&running);
            if (command == LEAVE) return 0;
            if (command != BLOCK) continue;
            InterlockedExchange(&worker->is_blocked, 1);
            worker->how->block();
            InterlockedIncrement(&running);
            InterlockedExchange(&worker->is_blocked, 0);
        }
    }
}

static void tell(struct worker *worker, enum command command) {
    InterlockedExchange(&worker->command, command);
    while (worker->command != NOTHING) pause_briefly();
}

static void until_value(LONG volatile *word, LONG value) {
    while (InterlockedCompareExchange(word, 0, 0) != value) pause_briefly();
}

static void start_worker(struct worker *worker, HANDLE port) {
    memset(worker, 0, sizeof *worker);
    worker->port = port;
    worker->thread = start(work, worker, &worker->id);
    until_blocked(worker->id);
}

static void post(HANDLE port, ULONG_PTR key) { TRUTH(PostQueuedCompletionStatus(port, 0, key, NULL)); }

static HANDLE start_over(DWORD concurrency) {
    running = taken = 0;
    return CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
}

// ---- ways to block

static HANDLE gate, other_gate;
static CRITICAL_SECTION section;
static SRWLOCK lock;
static CONDITION_VARIABLE condition;
static LONG volatile word;
static SOCKET listener, accepted;
static struct pair sockets;
static HANDLE files[2];

static void make_gates(void) {
    gate = CreateEventA(NULL, FALSE, FALSE, NULL);
    other_gate = CreateEventA(NULL, FALSE, FALSE, NULL);
}
static void open_gates(struct worker *worker) {
    (void)worker;
    TRUTH(SetEvent(gate));
    TRUTH(SetEvent(other_gate));
}
static void wait_for_one(void) { EQUAL(WaitForSingleObject(gate, INFINITE), WAIT_OBJECT_0); }
static void wait_for_all(void) {
    HANDLE both[2] = {gate, other_gate};
    EQUAL(WaitForMultipleObjects(2, both, TRUE, INFINITE), WAIT_OBJECT_0);
}
static void signal_and_wait(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    EQUAL(SignalObjectAndWait(event, gate, INFINITE, FALSE), WAIT_OBJECT_0);
    CloseHandle(event);
}

static void no_preparation(void) {}
static void CALLBACK do_nothing(ULONG_PTR unused) { (void)unused; }
static void sleep_alertably(void) { EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION); }
static void call_it(struct worker *worker) { TRUTH(QueueUserAPC(do_nothing, worker->thread, 0)); }
static void sleep_briefly(void) { Sleep(2); }
static void by_itself(struct worker *worker) { until_value(&worker->is_blocked, 0); }

static void hold_section(void) {
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
}
static void enter_section(void) {
    EnterCriticalSection(&section);
    LeaveCriticalSection(&section);
}
static void leave_section(struct worker *worker) {
    (void)worker;
    LeaveCriticalSection(&section);
}

static void hold_lock(void) {
    InitializeSRWLock(&lock);
    AcquireSRWLockExclusive(&lock);
}
static void lock_exclusively(void) {
    AcquireSRWLockExclusive(&lock);
    ReleaseSRWLockExclusive(&lock);
}
static void lock_shared(void) {
    AcquireSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
}
static void unlock(struct worker *worker) {
    (void)worker;
    ReleaseSRWLockExclusive(&lock);
}

static void make_condition(void) {
    InitializeConditionVariable(&condition);
    InitializeCriticalSection(&section);
}
static void sleep_on_condition(void) {
    EnterCriticalSection(&section);
    TRUTH(SleepConditionVariableCS(&condition, &section, INFINITE));
    LeaveCriticalSection(&section);
}
static void wake_condition(struct worker *worker) {
    (void)worker;
    WakeConditionVariable(&condition);
}

static void clear_word(void) { word = 0; }
static void wait_on_word(void) {
    LONG zero = 0;
    while (word == 0) WaitOnAddress(&word, &zero, sizeof zero, INFINITE);
}
static void wake_word(struct worker *worker) {
    (void)worker;
    InterlockedExchange(&word, 1);
    WakeByAddressAll((PVOID)&word);
}

static void connect_sockets(void) { sockets = connected(); }
static void receive_one(void) {
    char byte;
    EQUAL(recv(sockets.ours, &byte, 1, 0), 1);
}
static void select_one(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(sockets.ours, &set);
    EQUAL(select(0, &set, NULL, NULL, NULL), 1);
}
static void send_one(struct worker *worker) {
    (void)worker;
    EQUAL(send(sockets.theirs, "x", 1, 0), 1);
}
static void fill_socket(void) {
    static char bytes[1 << 16];
    connect_sockets();
    u_long on = 1;
    EQUAL(ioctlsocket(sockets.ours, FIONBIO, &on), 0);
    while (send(sockets.ours, bytes, sizeof bytes, 0) > 0) {}
    on = 0;
    EQUAL(ioctlsocket(sockets.ours, FIONBIO, &on), 0);
}
static void send_much(void) {
    static char bytes[1 << 20];
    EQUAL(send(sockets.ours, bytes, sizeof bytes, 0), sizeof bytes);
}
static void receive_much(struct worker *worker) {
    static char bytes[1 << 16];
    u_long on = 1;
    EQUAL(ioctlsocket(sockets.theirs, FIONBIO, &on), 0);
    while (worker->is_blocked)
        if (recv(sockets.theirs, bytes, sizeof bytes, 0) < 0) pause_briefly();
}
static void listen_only(void) { listener = new_listener(); }
static void accept_one(void) {
    accepted = accept(listener, NULL, NULL);
    TRUTH(accepted != INVALID_SOCKET);
}
static void connect_one(struct worker *worker) {
    (void)worker;
    SOCKET client = new_stream();
    EQUAL(connect_to(client, listener), 0);
    EQUAL(closesocket(client), 0);
}

static void lock_file(void) {
    put(at("locked"), "text");
    for (int i = 0; i < 2; i++) files[i] = open_as(at("locked"), RW, SHARE_ALL, OPEN_EXISTING, 0);
    TRUTH(LockFile(files[0], 0, 0, 1, 0));
}
static void wait_for_lock(void) {
    OVERLAPPED range = {0};
    TRUTH(LockFileEx(files[1], LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &range));
}
static void unlock_file(struct worker *worker) {
    (void)worker;
    TRUTH(UnlockFile(files[0], 0, 0, 1, 0));
}

#ifndef _WIN32
// What is read past the page cache waits for the disk.
static char *page;
static LONG volatile is_ended;

static void make_large_file(void) {
    DWORD count;
    is_ended = 0;
    if (!page) page = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    files[0] = open_as(at("large"), RW, SHARE_ALL, CREATE_ALWAYS, FILE_FLAG_NO_BUFFERING);
    files[1] = open_as(at("large"), RW, SHARE_ALL, OPEN_EXISTING, 0);
    TRUTH(WriteFile(files[0], page, 1 << 20, &count, NULL));
}
static void read_from_disk(void) {
    while (!is_ended) {
        DWORD count;
        OVERLAPPED place = {0};
        TRUTH(ReadFile(files[0], page, 1 << 20, &count, &place));
    }
}
static void write_to_disk(void) {
    while (!is_ended) {
        DWORD count;
        OVERLAPPED place = {0};
        TRUTH(WriteFile(files[0], page, 1 << 20, &count, &place));
    }
}
static void flush_to_disk(void) {
    while (!is_ended) {
        DWORD count;
        OVERLAPPED place = {0};
        TRUTH(WriteFile(files[1], page, 4096, &count, &place));
        TRUTH(FlushFileBuffers(files[1]));
    }
}
static void end_it(struct worker *worker) {
    InterlockedExchange(&is_ended, 1);
    until_value(&worker->is_blocked, 0);
}

// A pipe that has nothing to read.
static int writer;
static void make_pipe(void) {
    char path[128];
    snprintf(path, sizeof path, "/tmp/workers-%d", getpid());
    unlink(path);
    TRUTH(mkfifo(path, 0600) == 0);
    writer = open(path, O_RDWR | O_CLOEXEC);
    files[0] = open_as(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    files[1] = open_as(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    TRUTH(files[0] != INVALID_HANDLE_VALUE && files[1] != INVALID_HANDLE_VALUE);
    unlink(path);
}
static void read_pipe(void) {
    char byte;
    DWORD count;
    TRUTH(ReadFile(files[0], &byte, 1, &count, NULL));
    EQUAL(count, 1);
}
static void read_pipe_overlapped(void) {
    char byte;
    DWORD count;
    OVERLAPPED request = {0};
    FAILS(ReadFile(files[1], &byte, 1, NULL, &request), ERROR_IO_PENDING);
    TRUTH(GetOverlappedResult(files[1], &request, &count, TRUE));
    EQUAL(count, 1);
}
static void write_pipe(struct worker *worker) {
    (void)worker;
    TRUTH(write(writer, "x", 1) == 1);
}
#endif

static const struct blocking ways[] = {
    {"WaitForSingleObject", make_gates, wait_for_one, open_gates, 0},
    {"WaitForMultipleObjects", make_gates, wait_for_all, open_gates, 0},
    {"SignalObjectAndWait", make_gates, signal_and_wait, open_gates, 0},
    {"SleepEx", no_preparation, sleep_alertably, call_it, 0},
    {"Sleep", no_preparation, sleep_briefly, by_itself, 1},
    {"EnterCriticalSection", hold_section, enter_section, leave_section, 0},
    {"AcquireSRWLockExclusive", hold_lock, lock_exclusively, unlock, 0},
    {"AcquireSRWLockShared", hold_lock, lock_shared, unlock, 0},
    {"SleepConditionVariableCS", make_condition, sleep_on_condition, wake_condition, 0},
    {"WaitOnAddress", clear_word, wait_on_word, wake_word, 0},
    {"recv", connect_sockets, receive_one, send_one, 0},
    {"send", fill_socket, send_much, receive_much, 0},
    {"select", connect_sockets, select_one, send_one, 0},
    {"accept", listen_only, accept_one, connect_one, 0},
    {"LockFileEx", lock_file, wait_for_lock, unlock_file, 0},
#ifndef _WIN32
    {"ReadFile of a pipe", make_pipe, read_pipe, write_pipe, 0},
    {"GetOverlappedResult", make_pipe, read_pipe_overlapped, write_pipe, 0},
    {"ReadFile from the disk", make_large_file, read_from_disk, end_it, 1},
    {"WriteFile to the disk", make_large_file, write_to_disk, end_it, 1},
    {"FlushFileBuffers", make_large_file, flush_to_disk, end_it, 1},
#endif
};

static void clean_up(void) {
    HANDLE *handles[] = {&gate, &other_gate, &files[0], &files[1]};
    SOCKET *open_sockets[] = {&listener, &accepted, &sockets.ours, &sockets.theirs};
    for (size_t i = 0; i < COUNT(handles); i++) {
        if (*handles[i]) TRUTH(CloseHandle(*handles[i]));
        *handles[i] = NULL;
    }
    for (size_t i = 0; i < COUNT(open_sockets); i++) {
        if (*open_sockets[i]) EQUAL(closesocket(*open_sockets[i]), 0);
        *open_sockets[i] = 0;
    }
#ifndef _WIN32
    if (writer) close(writer);
    writer = 0;
#endif
    DeleteFileA(at("locked"));
    DeleteFileA(at("large"));
}

// How many run, and how many packets were taken, when the threads that do not run are asleep.
static int is_at(const struct blocking *way, int step, LONG runs, LONG packets) {
    int good = running == runs && taken == packets;
    if (!good) {
        printf("  %s, step %d: %ld run (expected %ld), %ld packets are taken (expected %ld)\n", way->name, step,
               (long)running, (long)runs, (long)taken, (long)packets);
    }
    return TRUTH(good);
}

static void block_one_way(const struct blocking *way) {
    HANDLE port = start_over(1);
    struct worker first, last;
    way->prepare();
    start_worker(&first, port);
    start_worker(&last, port);
    is_at(way, 0, 0, 0);
    // a packet comes to the thread that came last
    post(port, 1);
    until_value(&last.packets, 1);
    until_blocked(first.id);
    is_at(way, 1, 1, 1);
    // the next waits: as many run as may
    post(port, 2);
    until_blocked(first.id);
    is_at(way, 2, 1, 1);
    // until the thread blocks
    last.how = way;
    tell(&last, BLOCK);
    until_value(&first.packets, 1);
    if (!way->is_brief) {
        until_blocked(last.id);
        is_at(way, 3, 1, 2);
        EQUAL(last.is_blocked, 1);
    }
    // when it goes on, more run than may
    way->end(&last);
    until_value(&last.is_blocked, 0);
    is_at(way, 4, 2, 2);
    // and nobody gets another packet, not even who asks for it
    post(port, 3);
    is_at(way, 5, 2, 2);
    tell(&first, GET);
    until_blocked(first.id);
    is_at(way, 6, 1, 2);
    EQUAL(first.packets, 1);
    // but for the one that runs, which takes its next packet
    tell(&last, GET);
    until_value(&last.packets, 2);
    until_blocked(first.id);
    is_at(way, 7, 1, 3);
    EQUAL(last.key, 3);
    // when both wait, the one that came last is served
    tell(&last, GET);
    until_blocked(last.id);
    is_at(way, 8, 0, 3);
    post(port, 4);
    until_value(&last.packets, 3);
    until_blocked(first.id);
    is_at(way, 9, 1, 4);
    tell(&last, LEAVE);
    EQUAL(join(last.thread), 0);
    // the place of a thread that has ended is free
    post(port, 5);
    until_value(&first.packets, 2);
    is_at(way, 10, 1, 5);
    tell(&first, GET);
    until_blocked(first.id);
    is_at(way, 11, 0, 5);
    // closing ends the wait that is left
    TRUTH(CloseHandle(port));
    EQUAL(join(first.thread), 1);
    EQUAL(first.error, ERROR_ABANDONED_WAIT_0);
    clean_up();
}

static void what_blocks_frees_the_place(void) {
#ifdef ON_WINE
    SKIP("Wine counts no threads");
#endif
    const char *name = current_case;
    make_folder();
    for (size_t i = 0; i < COUNT(ways); i++) {
        current_case = ways[i].name; // what hangs is named
        begin_case();                // and each has the time of one
        block_one_way(&ways[i]);
    }
    current_case = name;
}

// ---- other ports

static void moving_to_another_port_leaves_the_first(void) {
#ifdef ON_WINE
    SKIP("Wine counts no threads");
#endif
    HANDLE ports[2] = {start_over(1), start_over(1)};
    struct worker first, second;
    start_worker(&first, ports[0]);
    start_worker(&second, ports[0]);
    post(ports[0], 1);
    until_value(&second.packets, 1);
    post(ports[0], 2);
    until_blocked(first.id);
    EQUAL(first.packets, 0);
    EQUAL(running, 1);
    // it asks another port, which has nothing: its place at the first is free
    second.port = ports[1];
    tell(&second, GET);
    until_value(&first.packets, 1);
    until_blocked(second.id);
    EQUAL(first.key, 2);
    EQUAL(running, 1);
    // at the other port it runs beside the first's
    post(ports[1], 3);
    until_value(&second.packets, 2);
    EQUAL(running, 2);
    // back at the first it is one of two again, and must wait
    post(ports[0], 4);
    second.port = ports[0];
    tell(&second, GET);
    until_blocked(second.id);
    EQUAL(second.packets, 2);
    EQUAL(running, 1);
    // and nobody runs for the other, where a packet is taken at once
    struct worker third;
    start_worker(&third, ports[1]);
    post(ports[1], 5);
    until_value(&third.packets, 1);
    EQUAL(running, 2);
    struct worker *all[] = {&third, &first, &second};
    for (int i = 0; i < 3; i++) {
        if (i == 2) until_value(&second.packets, 3); // the place is second's when first has left
        tell(all[i], LEAVE);
        EQUAL(join(all[i]->thread), 0);
    }
    EQUAL(running, 0);
    EQUAL(second.key, 4);
    CloseHandle(ports[0]);
    CloseHandle(ports[1]);
}

static void none_asked_for_is_as_many_as_processors(void) {
#ifdef ON_WINE
    SKIP("Wine counts no threads");
#endif
    enum { LIMIT = 64 };
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    LONG limit = (LONG)system.dwNumberOfProcessors, count = limit + 2;
    if (count > LIMIT) SKIP("too many processors for this test");
    HANDLE port = start_over(0);
    struct worker workers[LIMIT];
    for (LONG i = 0; i < count; i++) start_worker(&workers[i], port);
    for (LONG i = 0; i < count; i++) {
        post(port, (ULONG_PTR)i);
        LONG runs = i < limit ? i + 1 : limit;
        until_value(&taken, runs);
        // last in, first out: those that came first sleep
        for (LONG other = 0; other < count - runs; other++) until_blocked(workers[other].id);
        EQUAL(running, runs);
        for (LONG other = 0; other < count; other++) EQUAL(workers[other].packets, other >= count - runs);
    }
    for (LONG i = count - 1; i >= 0; i--) {
        until_value(&workers[i].packets, 1); // as each leaves, the next has its place
        tell(&workers[i], LEAVE);
        EQUAL(join(workers[i].thread), 0);
    }
    EQUAL(running, 0);
    EQUAL(taken, count);
    CloseHandle(port);
}

static void the_last_close_releases_the_waiters(void) {
#ifdef ON_WINE
    SKIP("Wine leaves them waiting");
#endif
    HANDLE port = start_over(2), copy;
    struct worker workers[3];
    TRUTH(DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    for (int i = 0; i < 3; i++) start_worker(&workers[i], port);
    TRUTH(CloseHandle(copy)); // not the last
    for (int i = 0; i < 3; i++) until_blocked(workers[i].id);
    post(port, 1);
    until_value(&workers[2].packets, 1);
    EQUAL(running, 1);
    TRUTH(CloseHandle(port));
    for (int i = 0; i < 2; i++) {
        EQUAL(join(workers[i].thread), 1);
        EQUAL(workers[i].error, ERROR_ABANDONED_WAIT_0);
    }
    EQUAL(running, 1);
    tell(&workers[2], GET); // whose handle is closed
    EQUAL(join(workers[2].thread), 1);
    EQUAL(workers[2].error, ERROR_INVALID_HANDLE);
    EQUAL(running, 0);
}

static const struct test_case cases[] = {
    CASE(what_blocks_frees_the_place),
    CASE(moving_to_another_port_leaves_the_first),
    CASE(none_asked_for_is_as_many_as_processors),
    CASE(the_last_close_releases_the_waiters),
    CASE(the_folder_is_empty_in_the_end),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    return run_cases(cases, COUNT(cases), argc, argv);
}
