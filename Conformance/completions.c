// completions.c: completions come whoever waits for them, though the thread that would have taken them is stopped, ended or
// busy; each comes once, and where it belongs.
#include <winsock2.h>
#include "cases.h"
#include "connections.h"
#include "filecase.h"

struct waiter {
    HANDLE port, thread;
    DWORD id;
    LONG volatile packets, is_released;
    int is_to_spin;
};

struct receive {
    WSAOVERLAPPED overlapped;
    char byte;
};

static void pause_briefly(void) {
    YieldProcessor();
#ifndef _WIN32
    sched_yield();
#endif
}

static DWORD WINAPI take_packets(LPVOID argument) {
    struct waiter *waiter = argument;
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    while (GetQueuedCompletionStatus(waiter->port, &bytes, &key, &overlapped, INFINITE) && key) {
        InterlockedIncrement(&waiter->packets);
        // Runs, and waits for nothing.
        while (waiter->is_to_spin && !waiter->is_released) YieldProcessor();
    }
    return 0;
}

static void start_waiter(struct waiter *waiter, HANDLE port, int is_to_spin) {
    memset(waiter, 0, sizeof *waiter);
    waiter->port = port;
    waiter->is_to_spin = is_to_spin;
    waiter->thread = start(take_packets, waiter, &waiter->id);
    until_blocked(waiter->id);
}

static void begin_receive(struct receive *receive, SOCKET s, HANDLE event) {
    WSABUF buffer = {1, &receive->byte};
    DWORD flags = 0;
    memset(receive, 0, sizeof *receive);
    receive->overlapped.hEvent = event;
    EQUAL(WSARecv(s, &buffer, 1, NULL, &flags, &receive->overlapped, NULL), SOCKET_ERROR);
    EQUAL(WSAGetLastError(), WSA_IO_PENDING);
}

static void send_to(struct pair pair) { EQUAL(send(pair.theirs, "x", 1, 0), 1); }

// A port with a socket of which a receive is pending.
struct scene {
    HANDLE port, event;
    struct pair at_port, with_event;
    struct receive to_port, to_event;
};

static void set_up(struct scene *scene) {
    memset(scene, 0, sizeof *scene);
    scene->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 4);
    scene->event = CreateEventA(NULL, TRUE, FALSE, NULL);
    scene->at_port = connected();
    scene->with_event = connected();
    EQUAL(CreateIoCompletionPort((HANDLE)scene->at_port.ours, scene->port, 1, 0), scene->port);
    begin_receive(&scene->to_port, scene->at_port.ours, NULL);
    begin_receive(&scene->to_event, scene->with_event.ours, scene->event);
}

static void tear_down(struct scene *scene) {
    close_pair(scene->at_port);
    close_pair(scene->with_event);
    CloseHandle(scene->event);
    CloseHandle(scene->port);
}

static void take_one(HANDLE port, struct receive *receive) {
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped = NULL;
    TRUTH(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE));
    EQUAL(bytes, 1);
    EQUAL(key, 1);
    EQUAL(overlapped, &receive->overlapped);
}

static void end_waiter(struct waiter *waiter) {
    TRUTH(PostQueuedCompletionStatus(waiter->port, 0, 0, NULL));
    EQUAL(join(waiter->thread), 0);
}

static void a_thread_that_waits_is_woken_by_a_post(void) {
    struct scene scene;
    struct waiter waiter;
    set_up(&scene);
    for (int i = 1; i <= 100; i++) {
        if (i == 1) start_waiter(&waiter, scene.port, 0);
        until_blocked(waiter.id);
        TRUTH(PostQueuedCompletionStatus(scene.port, 0, 1, NULL));
        while (waiter.packets != i) pause_briefly();
    }
    end_waiter(&waiter);
    tear_down(&scene);
}

static void a_time_out_ends_a_wait_while_requests_are_pending(void) {
    struct scene scene;
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    set_up(&scene);
    for (DWORD milliseconds = 0; milliseconds < 30; milliseconds += 7) {
        ULONGLONG before = GetTickCount64();
        FAILS(GetQueuedCompletionStatus(scene.port, &bytes, &key, &overlapped, milliseconds), WAIT_TIMEOUT);
        TRUTH(GetTickCount64() - before + 16 >= milliseconds);
        EQUAL(WaitForSingleObject(scene.event, milliseconds), WAIT_TIMEOUT);
        FAILS(GetOverlappedResultEx((HANDLE)scene.with_event.ours, (LPOVERLAPPED)&scene.to_event.overlapped, &bytes,
                                    milliseconds, FALSE),
              milliseconds ? WAIT_TIMEOUT : ERROR_IO_INCOMPLETE);
    }
    tear_down(&scene);
}

static void a_terminated_waiter_takes_no_completion_with_it(void) {
    for (int round = 0; round < 20; round++) {
        struct scene scene;
        struct waiter waiter;
        set_up(&scene);
        start_waiter(&waiter, scene.port, 0);
        if (round % 2) send_to(scene.with_event); // maybe while it takes that
        TRUTH(TerminateThread(waiter.thread, 7));
        EQUAL(join(waiter.thread), 7);
        if (round % 2 == 0) send_to(scene.with_event);
        EQUAL(WaitForSingleObject(scene.event, INFINITE), WAIT_OBJECT_0);
        send_to(scene.at_port);
        take_one(scene.port, &scene.to_port);
        tear_down(&scene);
    }
}

static void a_suspended_waiter_holds_up_nobody(void) {
    for (int round = 0; round < 20; round++) {
        struct scene scene;
        struct waiter waiter;
        set_up(&scene);
        start_waiter(&waiter, scene.port, 0);
        if (round % 2) send_to(scene.with_event);
        EQUAL(SuspendThread(waiter.thread), 0);
        if (round % 2 == 0) send_to(scene.with_event);
        EQUAL(WaitForSingleObject(scene.event, INFINITE), WAIT_OBJECT_0);
        // The packet is for who waits: it is suspended, and we take it.
        send_to(scene.at_port);
        take_one(scene.port, &scene.to_port);
        EQUAL(waiter.packets, 0);
        EQUAL(ResumeThread(waiter.thread), 1);
        end_waiter(&waiter);
        tear_down(&scene);
    }
}

static void a_busy_worker_holds_up_nobody(void) {
    struct scene scene;
    struct waiter waiter;
    set_up(&scene);
    start_waiter(&waiter, scene.port, 1);
    send_to(scene.at_port);
    while (waiter.packets != 1) pause_briefly();
    // It runs on. Whoever only looks sees the end of a request, which goes to an event or to the port.
    send_to(scene.with_event);
    while (!HasOverlappedIoCompleted((LPOVERLAPPED)&scene.to_event.overlapped)) pause_briefly();
    EQUAL(WaitForSingleObject(scene.event, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < 20; i++) {
        begin_receive(&scene.to_port, scene.at_port.ours, NULL);
        send_to(scene.at_port);
        if (i % 2) {
            while (!HasOverlappedIoCompleted((LPOVERLAPPED)&scene.to_port.overlapped)) pause_briefly();
        } else {
            DWORD bytes = 0;
            TRUTH(GetOverlappedResult((HANDLE)scene.at_port.ours, (LPOVERLAPPED)&scene.to_port.overlapped, &bytes, TRUE));
            EQUAL(bytes, 1);
        }
        take_one(scene.port, &scene.to_port); // up to four run
    }
    EQUAL(waiter.packets, 1);
    InterlockedExchange(&waiter.is_released, 1);
    end_waiter(&waiter);
    tear_down(&scene);
}

static void another_waiter_is_served_while_the_first_is_busy(void) {
    struct scene scene;
    struct waiter busy, idle;
    set_up(&scene);
    start_waiter(&idle, scene.port, 0);
    start_waiter(&busy, scene.port, 1);
    send_to(scene.at_port);
#ifdef ON_WINE
    while (busy.packets + idle.packets != 1) pause_briefly(); // Wine serves the first to come
#else
    while (busy.packets != 1) pause_briefly();
#endif
    for (LONG i = 1; i <= 100; i++) {
        LONG before = busy.packets + idle.packets;
        begin_receive(&scene.to_port, scene.at_port.ours, NULL);
        send_to(scene.at_port);
        while (busy.packets + idle.packets == before) pause_briefly();
    }
    InterlockedExchange(&busy.is_released, 1);
    TRUTH(PostQueuedCompletionStatus(scene.port, 0, 0, NULL));
    TRUTH(PostQueuedCompletionStatus(scene.port, 0, 0, NULL));
    EQUAL(join(busy.thread), 0);
    EQUAL(join(idle.thread), 0);
    tear_down(&scene);
}

static void CALLBACK note_call(ULONG_PTR count) { ++*(LONG volatile *)count; }

static DWORD WINAPI wait_alertably(LPVOID event) {
    LONG volatile calls = 0;
    QueueUserAPC(note_call, GetCurrentThread(), (ULONG_PTR)&calls);
    EQUAL(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(calls, 1);
    return WaitForSingleObjectEx(event, INFINITE, TRUE);
}

static void events_are_told_while_others_wait_at_ports(void) {
    struct scene scene;
    struct waiter waiter;
    set_up(&scene);
    start_waiter(&waiter, scene.port, 0);
    for (int i = 0; i < 50; i++) {
        DWORD id;
        HANDLE thread = start(wait_alertably, scene.event, &id);
        until_blocked(id);
        send_to(scene.with_event);
        EQUAL(join(thread), WAIT_OBJECT_0);
        TRUTH(HasOverlappedIoCompleted((LPOVERLAPPED)&scene.to_event.overlapped));
        begin_receive(&scene.to_event, scene.with_event.ours, scene.event);
    }
    EQUAL(waiter.packets, 0);
    end_waiter(&waiter);
    tear_down(&scene);
}

// ---- reads past the cache, by threads that are stopped and ended

enum { READERS = 4, SLOTS = 8, READS = 4000, PAGE = 4096, PAGES = 64 };

struct slot {
    OVERLAPPED overlapped;
    LONG volatile ends;
    LONG volatile is_pending;
};

static HANDLE storm_file, storm_port;
static struct slot slots[READERS * SLOTS];
static char *storm_pages;
static LONG volatile begun, ended, storm_is_over;

static void begin_read(struct slot *slot) {
    LONG number = InterlockedIncrement(&begun);
    ptrdiff_t index = slot - slots;
    memset(&slot->overlapped, 0, sizeof slot->overlapped);
    slot->overlapped.Offset = (DWORD)(number % PAGES) * PAGE;
    InterlockedExchange(&slot->is_pending, 1);
    if (!ReadFile(storm_file, storm_pages + index * PAGE, PAGE, NULL, &slot->overlapped))
        EQUAL(GetLastError(), ERROR_IO_PENDING);
}

// A thread that is ended between two of these has taken a packet, and not begun the next read: who looks after it does.
static DWORD WINAPI read_and_take(LPVOID unused) {
    (void)unused;
    while (!storm_is_over) {
        DWORD bytes = 0;
        ULONG_PTR key = 0;
        LPOVERLAPPED overlapped = NULL;
        BOOL good = GetQueuedCompletionStatus(storm_port, &bytes, &key, &overlapped, 100);
        if (!overlapped) continue;
        struct slot *slot = (struct slot *)overlapped;
        TRUTH(good);
        EQUAL(bytes, PAGE);
        EQUAL(InterlockedExchange(&slot->is_pending, 0), 1); // each ends once
        InterlockedIncrement(&ended);
        if (begun < READS) begin_read(slot);
    }
    return 0;
}

static void reads_end_once_though_their_threads_are_stopped(void) {
    DWORD count, seed = 12345, stops = 0;
    HANDLE threads[READERS];
    begun = ended = storm_is_over = 0;
    storm_pages = VirtualAlloc(NULL, READERS * SLOTS * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE writer = open_as(at("storm"), GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS, 0);
    for (int i = 0; i < PAGES; i++) TRUTH(WriteFile(writer, storm_pages, PAGE, &count, NULL));
    TRUTH(FlushFileBuffers(writer));
    CloseHandle(writer);
    storm_file = open_as(at("storm"), GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
    REQUIRE(storm_file != INVALID_HANDLE_VALUE);
    storm_port = CreateIoCompletionPort(storm_file, NULL, 1, READERS);
    for (int i = 0; i < READERS; i++) threads[i] = start(read_and_take, NULL, NULL);
    for (int i = 0; i < READERS * SLOTS; i++) begin_read(&slots[i]);
    while (ended < READS) {
        int victim = (int)((seed = seed * 1103515245u + 12345u) >> 16) % READERS;
        LONG before = ended;
        if (seed >> 28 == 0) {
            // What it was about to begin is begun again by nobody: its slot is left out.
            TRUTH(TerminateThread(threads[victim], 1));
            EQUAL(WaitForSingleObject(threads[victim], INFINITE), WAIT_OBJECT_0);
            CloseHandle(threads[victim]);
            threads[victim] = start(read_and_take, NULL, NULL);
        } else {
            SuspendThread(threads[victim]);
            for (int i = 0; i < 100; i++) pause_briefly();
            ResumeThread(threads[victim]);
        }
        if (++stops % 16 == 0) {
            // Slots that are left out are taken up again, so that there is always something to do.
            Sleep(1);
            if (ended == before) {
                for (int i = 0; i < READERS; i++) SuspendThread(threads[i]);
                for (int i = 0; i < READERS * SLOTS; i++)
                    if (!slots[i].is_pending) begin_read(&slots[i]);
                for (int i = 0; i < READERS; i++) ResumeThread(threads[i]);
            }
        }
        if (ended + READERS * SLOTS >= READS && begun >= READS) break;
    }
    // What is pending still ends, too.
    for (int i = 0; i < READERS * SLOTS; i++)
        while (!HasOverlappedIoCompleted(&slots[i].overlapped)) pause_briefly();
    InterlockedExchange(&storm_is_over, 1);
    for (int i = 0; i < READERS; i++) EQUAL(join(threads[i]), 0);
    CloseHandle(storm_file);
    CloseHandle(storm_port);
    TRUTH(DeleteFileA(at("storm")));
    VirtualFree(storm_pages, 0, MEM_RELEASE);
}

static const struct test_case cases[] = {
    CASE(a_thread_that_waits_is_woken_by_a_post),
    CASE(a_time_out_ends_a_wait_while_requests_are_pending),
    CASE(a_terminated_waiter_takes_no_completion_with_it),
    CASE(a_suspended_waiter_holds_up_nobody),
    CASE(a_busy_worker_holds_up_nobody),
    CASE(another_waiter_is_served_while_the_first_is_busy),
    CASE(events_are_told_while_others_wait_at_ports),
    CASE(reads_end_once_though_their_threads_are_stopped),
    CASE(the_folder_is_empty_in_the_end),
};

int main(int argc, char **argv) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data)) return 2;
    make_folder();
    return run_cases(cases, COUNT(cases), argc, argv);
}
