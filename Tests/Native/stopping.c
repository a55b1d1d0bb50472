// stopping.c: threads that are suspended and terminated at random instants of whatever they do, and nobody else harmed.
//
//   stopping [COUNT [SEED]]      how many victims are stopped, 1000; and the seed of what happens to them
//
// Victims wait, signal, lock mutexes, sleep, spin, and use ports, timers and calls, each in an endless loop, and are
// suspended and resumed, and in the end terminated. Beside them bystanders do the same, each with a partner, and count
// their rounds: a watchdog ends the program if one of them stands still. Victims call nothing of libc's that locks.
#include "cases.h"
#include <pthread.h>
#include <process.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static DWORD count = 1000;
static unsigned long long seed = 1;

static unsigned next_random(unsigned *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

// ---- what all of them share

enum { MUTEXES = 3, EVENTS = 3 };
static HANDLE mutexes[MUTEXES], events[EVENTS], permits, port, timer;
static CRITICAL_SECTION section; // the bystanders' alone: a victim's would stay locked
static LONG volatile abandoned, corrupt, address;
static DWORD tls, fls;
static LONG volatile guarded[MUTEXES][2]; // under the mutex: equal, unless it was abandoned

static VOID CALLBACK call_nothing(ULONG_PTR unused) { (void)unused; }
static VOID WINAPI note_value(PVOID unused) { (void)unused; }
static VOID CALLBACK timer_call(LPVOID unused, DWORD low, DWORD high) {
    (void)unused;
    (void)low;
    (void)high;
}

// One thing that a program does. Time-outs are short: a wait for what a terminated thread was to signal must end.
static void step(unsigned *state, BOOL is_bystander) {
    unsigned what = next_random(state) % 17, which = next_random(state) % MUTEXES;
    DWORD wait = next_random(state) % 3;
    switch (what) {
    case 0:
    case 1:
    case 2: {
        DWORD result = WaitForSingleObject(mutexes[which], 5000);
        if (result == WAIT_ABANDONED) {
            InterlockedIncrement(&abandoned);
            guarded[which][1] = guarded[which][0];
        } else if (result != WAIT_OBJECT_0 || guarded[which][0] != guarded[which][1]) {
            InterlockedIncrement(&corrupt);
        }
        guarded[which][0]++;
        if (next_random(state) % 8 == 0) SwitchToThread();
        guarded[which][1]++;
        if (result != WAIT_TIMEOUT && !ReleaseMutex(mutexes[which])) InterlockedIncrement(&corrupt);
        break;
    }
    case 3:
        SetEvent(events[which]);
        break;
    case 4:
        WaitForSingleObject(events[which], wait);
        break;
    case 5:
        WaitForMultipleObjects(EVENTS, events, next_random(state) & 1, wait);
        break;
    case 6:
        ReleaseSemaphore(permits, 1, NULL);
        break;
    case 7:
        WaitForSingleObjectEx(permits, wait, TRUE);
        break;
    case 8:
        SleepEx(wait, TRUE);
        break;
    case 9: {
        DWORD bytes;
        ULONG_PTR key;
        LPOVERLAPPED overlapped;
        GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, wait);
        break;
    }
    case 10:
        PostQueuedCompletionStatus(port, 1, 2, NULL);
        break;
    case 11: {
        LARGE_INTEGER due;
        due.QuadPart = -(LONGLONG)(next_random(state) % 20000);
        SetWaitableTimer(timer, &due, 0, next_random(state) & 1 ? timer_call : NULL, NULL, FALSE);
        WaitForSingleObjectEx(timer, wait, TRUE);
        break;
    }
    case 12: {
        HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL);
        WaitForSingleObject(event, 0);
        CloseHandle(event);
        QueueUserAPC(call_nothing, GetCurrentThread(), 0);
        break;
    }
    case 13: {
        LONG seen = address;
        WaitOnAddress(&address, &seen, sizeof seen, wait);
        break;
    }
    case 14:
        InterlockedIncrement(&address);
        if (which) WakeByAddressSingle((PVOID)&address);
        else WakeByAddressAll((PVOID)&address);
        break;
    case 15:
        TlsSetValue(tls, TlsGetValue(tls) ? NULL : state);
        FlsSetValue(fls, state);
        break;
    default:
        if (is_bystander) {
            EnterCriticalSection(&section);
            SwitchToThread();
            LeaveCriticalSection(&section);
        } else {
            SignalObjectAndWait(events[which], events[(which + 1) % EVENTS], wait, TRUE);
        }
    }
}

static DWORD WINAPI be_a_victim(LPVOID argument) {
    unsigned state = (unsigned)(ULONG_PTR)argument | 1;
    while (1) step(&state, FALSE);
    return 0;
}

// ---- bystanders, and their watchdog

enum { BYSTANDERS = 3 };
static LONG volatile rounds[BYSTANDERS];
static LONG volatile is_over;

static DWORD WINAPI be_a_bystander(LPVOID argument) {
    unsigned me = (unsigned)(ULONG_PTR)argument, state = me * 7919 + 1;
    while (!is_over) {
        step(&state, TRUE);
        rounds[me]++;
    }
    return 0;
}

static void *watch(void *unused) {
    LONG seen[BYSTANDERS] = {0};
    for (int standing = 0; !is_over;) {
        for (int i = 0; i < 10 && !is_over; i++) nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        BOOL all = TRUE;
        for (int i = 0; i < BYSTANDERS; i++) {
            if (seen[i] == rounds[i]) all = FALSE;
            seen[i] = rounds[i];
        }
        standing = all ? 0 : standing + 1;
        if (standing < 20 || is_over) continue;
        printf("FAIL: a bystander stands still; seed %llu\n", seed);
        fflush(stdout);
        abort();
    }
    return unused;
}

// Of the address space.
static size_t pages_in_use(void) {
    unsigned long size = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu", &size) != 1) size = 0;
    if (file) fclose(file);
    return size;
}

static void at_random_instants(void) {
    enum { VICTIMS = 4 };
    HANDLE victims[VICTIMS], bystanders[BYSTANDERS];
    unsigned state = (unsigned)(seed * 2654435761u) | 1;
    pthread_t watchdog;
    alarm(0); // the watchdog sees to it
    printf("  %u threads, seed %llu\n", (unsigned)count, seed);
    InitializeCriticalSection(&section);
    for (int i = 0; i < MUTEXES; i++) mutexes[i] = CreateMutexA(NULL, FALSE, NULL);
    for (int i = 0; i < EVENTS; i++) events[i] = CreateEventA(NULL, i == 0, FALSE, NULL);
    permits = CreateSemaphoreA(NULL, 0, 1000000000, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2);
    timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    tls = TlsAlloc();
    fls = FlsAlloc(note_value);
    is_over = 0;
    pthread_create(&watchdog, NULL, watch, NULL);
    for (int i = 0; i < BYSTANDERS; i++) bystanders[i] = start(be_a_bystander, (LPVOID)(ULONG_PTR)i, NULL);
    for (int i = 0; i < VICTIMS; i++) victims[i] = start(be_a_victim, (LPVOID)(ULONG_PTR)next_random(&state), NULL);
    size_t pages = 0;
    int tasks = 0;
    LONGLONG longest = 0, total = 0, stops = 0;
    for (DWORD done = 0; done < count;) {
        int i = (int)(next_random(&state) % VICTIMS);
        for (unsigned spin = next_random(&state) % 2000; spin; spin--) YieldProcessor();
        unsigned what = next_random(&state) % 8;
        if (what < 5) {
            LARGE_INTEGER begun, stopped;
            QueryPerformanceCounter(&begun);
            if (!EQUAL(SuspendThread(victims[i]), 0)) break;
            QueryPerformanceCounter(&stopped);
            stops++;
            if (stopped.QuadPart - begun.QuadPart > longest) longest = stopped.QuadPart - begun.QuadPart;
            total += stopped.QuadPart - begun.QuadPart;
            if (what < 2) QueueUserAPC(call_nothing, victims[i], 0);
#if defined(__x86_64__)
            CONTEXT context;
            context.ContextFlags = CONTEXT_FULL;
            if (what == 2 && TRUTH(GetThreadContext(victims[i], &context))) TRUTH(context.Rip != 0);
#endif
            if (what == 3) SwitchToThread();
            if (what != 4) EQUAL(ResumeThread(victims[i]), 1);
        } else {
            what = 4;
        }
        if (what == 4) { // suspended or not
            DWORD code = UNTOUCHED;
            TRUTH(TerminateThread(victims[i], 1000 + done));
            if (!EQUAL(WaitForSingleObject(victims[i], 20000), WAIT_OBJECT_0)) break;
            TRUTH(GetExitCodeThread(victims[i], &code));
            EQUAL(code, 1000 + done);
            CloseHandle(victims[i]);
            victims[i] = start(be_a_victim, (LPVOID)(ULONG_PTR)next_random(&state), NULL);
            done++;
            if (done == count / 4) pages = pages_in_use(), tasks = entries(THREADS);
        }
        if (failed_checks) break;
    }
    for (int i = 0; i < VICTIMS; i++) {
        TRUTH(TerminateThread(victims[i], 0));
        CloseHandle(victims[i]);
    }
    is_over = 1;
    for (int i = 0; i < BYSTANDERS; i++) join(bystanders[i]);
    pthread_join(watchdog, NULL);
    EQUAL(corrupt, 0);
    // A terminated thread's stack is 1 MiB of address space; what malloc keeps for a thread is little beside that.
    if (pages) TRUTH(pages_in_use() < pages + 64 * 256);
    if (tasks) until_entries(THREADS, tasks);
    printf("  %d mutexes were abandoned; a thread stopped in %lld us, at most %lld\n", (int)abandoned,
           stops ? total / stops / 1000 : 0, longest / 1000);
    for (int i = 0; i < MUTEXES; i++) {
        DWORD result = WaitForSingleObject(mutexes[i], 0);
        TRUTH(result == WAIT_OBJECT_0 || result == WAIT_ABANDONED);
        TRUTH(ReleaseMutex(mutexes[i]));
        CloseHandle(mutexes[i]);
    }
    for (int i = 0; i < EVENTS; i++) CloseHandle(events[i]);
    CloseHandle(permits);
    CloseHandle(port);
    CloseHandle(timer);
    TRUTH(TlsFree(tls));
    TRUTH(FlsFree(fls));
    DeleteCriticalSection(&section);
}

// ---- ends and begins

static void created_and_terminated(void) {
    size_t pages = 0;
    int tasks = entries(THREADS);
    for (DWORD i = 0; i < count * 10 && !failed_checks; i++) {
        if (i == 200) pages = pages_in_use(); // malloc has by then what it wants for threads
        HANDLE thread = CreateThread(NULL, 0, be_a_victim, NULL, CREATE_SUSPENDED, NULL);
        REQUIRE(thread);
        TRUTH(TerminateThread(thread, i));
        EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
        CloseHandle(thread);
    }
    if (pages) TRUTH(pages_in_use() < pages + 32 * 256); // a stack has 256
    until_entries(THREADS, tasks);
}

static DWORD WINAPI suspend_it(LPVOID other) {
    for (int i = 0; i < 200; i++) {
        SuspendThread(*(HANDLE volatile *)other);
        ResumeThread(*(HANDLE volatile *)other);
    }
    return 7;
}

static void two_that_suspend_each_other(void) {
    for (int i = 0; i < 20; i++) {
        HANDLE volatile threads[2];
        threads[0] = CreateThread(NULL, 0, suspend_it, (LPVOID)&threads[1], CREATE_SUSPENDED, NULL);
        threads[1] = CreateThread(NULL, 0, suspend_it, (LPVOID)&threads[0], CREATE_SUSPENDED, NULL);
        ResumeThread(threads[0]);
        ResumeThread(threads[1]);
        // One may stay suspended by the other, which has ended meanwhile, or is suspended itself.
        while (!is_signaled(threads[0]) || !is_signaled(threads[1])) {
            ResumeThread(threads[0]);
            ResumeThread(threads[1]);
            SwitchToThread();
        }
        EQUAL(join(threads[0]), 7);
        EQUAL(join(threads[1]), 7);
    }
}

static DWORD WINAPI terminate_it(LPVOID other) {
    while (!*(HANDLE volatile *)other) SwitchToThread();
    TerminateThread(*(HANDLE volatile *)other, 5);
    return 7;
}

static void two_that_terminate_each_other(void) {
    for (int i = 0; i < 100; i++) {
        HANDLE volatile threads[2] = {NULL, NULL};
        HANDLE first = CreateThread(NULL, 0, terminate_it, (LPVOID)&threads[1], 0, NULL);
        HANDLE second = CreateThread(NULL, 0, terminate_it, (LPVOID)&threads[0], 0, NULL);
        threads[0] = first;
        threads[1] = second;
        DWORD a = join(first), b = join(second);
        TRUTH((a == 7 && (b == 5 || b == 7)) || (a == 5 && b == 7));
    }
}

// A thread that blocks the signal cannot be stopped.
static DWORD foreign_id;
static LONG volatile foreign_is_done;
static void *block_signals(void *unused) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    __atomic_store_n(&foreign_id, GetCurrentThreadId(), __ATOMIC_RELEASE);
    while (!foreign_is_done) sched_yield();
    return unused;
}

static void one_that_blocks_the_signal(void) {
    pthread_t foreign;
    pthread_create(&foreign, NULL, block_signals, NULL);
    while (!__atomic_load_n(&foreign_id, __ATOMIC_ACQUIRE)) sched_yield();
    HANDLE thread = OpenThread(THREAD_ALL_ACCESS, FALSE, foreign_id);
    REQUIRE(thread);
    FAILS_WITH((DWORD)SuspendThread(thread), (DWORD)-1, ERROR_ACCESS_DENIED);
    FAILS(TerminateThread(thread, 1), ERROR_ACCESS_DENIED);
    TRUTH(!is_signaled(thread));
    foreign_is_done = 1;
    pthread_join(foreign, NULL);
    TRUTH(is_signaled(thread));
    CloseHandle(thread);
}

// ---- the last thread ends the process, with its exit code

static HANDLE first;
static DWORD WINAPI outlive_the_first(LPVOID terminate) {
    if (WaitForSingleObject(first, 10000) != WAIT_OBJECT_0) return 100;
    if (terminate) TerminateThread(GetCurrentThread(), 9);
    return 7;
}
static DWORD WINAPI terminate_the_first(LPVOID unused) {
    (void)unused;
    return TerminateThread(first, 5) && WaitForSingleObject(first, 10000) == WAIT_OBJECT_0 ? 6 : 100;
}

// What a process of its own does for the case below.
static int end_of_process(const char *how) {
    HANDLE process = GetCurrentProcess();
    DuplicateHandle(process, GetCurrentThread(), process, &first, 0, FALSE, DUPLICATE_SAME_ACCESS);
    if (!strcmp(how, "alone")) ExitThread(3);
    if (!strcmp(how, "timer")) { // with a thread of the library's own
        HANDLE due = CreateWaitableTimerA(NULL, TRUE, NULL);
        LARGE_INTEGER soon = {.QuadPart = -1};
        SetWaitableTimer(due, &soon, 0, NULL, NULL, FALSE);
        WaitForSingleObject(due, INFINITE);
        ExitThread(4);
    }
    if (!strcmp(how, "first")) {
        start(terminate_the_first, NULL, NULL);
        while (1) YieldProcessor();
    }
    void *terminate = strcmp(how, "terminated") ? NULL : &first;
    for (int i = strcmp(how, "many") ? 1 : 8; i; i--) start(outlive_the_first, terminate, NULL);
    ExitThread(3);
}

static void the_last_thread_ends_the_process(void) {
    static const struct {
        const char *how;
        int code;
    } ends[] = {{"alone", 3}, {"timer", 4}, {"first", 6}, {"one", 7}, {"many", 7}, {"terminated", 9}};
    for (size_t i = 0; i < COUNT(ends); i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            execl("/proc/self/exe", "stopping", "end", ends[i].how, NULL);
            _exit(101);
        }
        EQUAL(waitpid(child, &status, 0), child);
        if (!EQUAL(WIFEXITED(status) ? WEXITSTATUS(status) : -1, ends[i].code)) printf("  %s\n", ends[i].how);
    }
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "end")) {
        alarm(20);
        return end_of_process(argv[2]);
    }
    static const struct test_case cases[] = {
        CASE(created_and_terminated),
        CASE(two_that_suspend_each_other),
        CASE(two_that_terminate_each_other),
        CASE(one_that_blocks_the_signal),
        CASE(the_last_thread_ends_the_process),
        CASE(at_random_instants),
    };
    if (argc > 1) count = (DWORD)strtoul(argv[1], NULL, 10);
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (unsigned long long)time(NULL);
    return run_cases(cases, COUNT(cases), 1, argv);
}
