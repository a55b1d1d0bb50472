// idle.c: waiting costs nothing. Threads block in every kind of wait; for ten seconds none of them runs, and there is no
// other thread than they.
#include "cases.h"

#include <stdlib.h>

enum { SLEEPERS = 256, SECONDS = 10, HOUR = 3600 * 1000 };

static HANDLE stop, events[8], semaphore, timer, mutex, port;
static LONG volatile ready;

static DWORD WINAPI blocked(void *number) {
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    HANDLE stop_or_other[2] = {stop, events[0]};
    InterlockedIncrement(&ready);
    switch ((ULONG_PTR)number % 9) {
    case 0: return WaitForSingleObject(stop, INFINITE);
    case 1: return WaitForSingleObject(stop, HOUR);
    case 2: return WaitForMultipleObjects(2, stop_or_other, FALSE, HOUR);
    case 3: return WaitForMultipleObjects(8, events, TRUE, INFINITE);
    case 4: return WaitForSingleObjectEx(semaphore, HOUR, TRUE);
    case 5: return WaitForSingleObject(timer, INFINITE);
    case 6: return WaitForSingleObject(mutex, INFINITE);
    case 7: return SignalObjectAndWait(events[1], stop, HOUR, TRUE);
    default: return (DWORD)GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
    }
}

// Context switches of all threads but the calling one, and how many threads those are.
static long long switches(int *threads) {
    long long sum = 0;
    char path[64], line[128];
    DIR *tasks = opendir("/proc/self/task");
    *threads = 0;
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        if (task->d_name[0] == '.' || (DWORD)atoi(task->d_name) == GetCurrentThreadId()) continue;
        snprintf(path, sizeof path, "/proc/self/task/%.16s/status", task->d_name);
        FILE *status = fopen(path, "r");
        ++*threads;
        while (status && fgets(line, sizeof line, status)) {
            long long count;
            if (sscanf(line, "voluntary_ctxt_switches: %lld", &count) == 1 ||
                sscanf(line, "nonvoluntary_ctxt_switches: %lld", &count) == 1)
                sum += count;
        }
        if (status) fclose(status);
    }
    if (tasks) closedir(tasks);
    return sum;
}

static void blocked_threads_never_run(void) {
    HANDLE threads[SLEEPERS];
    LARGE_INTEGER due = {.QuadPart = -10000LL * HOUR};
    stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 8; i++) events[i] = CreateEventA(NULL, TRUE, i > 0, NULL);
    semaphore = CreateSemaphoreA(NULL, 0, SLEEPERS, NULL);
    mutex = CreateMutexA(NULL, TRUE, NULL);
    timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, SLEEPERS);
    for (LONG_PTR i = 0; i < SLEEPERS; i++) REQUIRE(threads[i] = CreateThread(NULL, 65536, blocked, (void *)i, 0, NULL));
    // All have come to rest when nobody has run for a while.
    int count = 0;
    long long before = -1, now;
    while (ready < SLEEPERS || (now = switches(&count)) != before) {
        before = ready < SLEEPERS ? -1 : now;
        Sleep(200);
    }
    EQUAL(count, SLEEPERS);
    Sleep(SECONDS * 1000);
    EQUAL(switches(&count), before);
    EQUAL(count, SLEEPERS);

    // An armed timer has a thread that sleeps for it, which runs no more than the others.
    TRUTH(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    Sleep(200);
    before = switches(&count);
    EQUAL(count, SLEEPERS + 1);
    Sleep(1000);
    EQUAL(switches(&count), before);

    due.QuadPart = 0;
    TRUTH(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    TRUTH(SetEvent(events[0]));
    TRUTH(SetEvent(stop));
    TRUTH(ReleaseSemaphore(semaphore, SLEEPERS, NULL));
    TRUTH(ReleaseMutex(mutex));
    for (int i = 0; i < SLEEPERS; i++) TRUTH(PostQueuedCompletionStatus(port, 0, 0, NULL));
    for (int i = 0; i < SLEEPERS; i++) {
        EQUAL(WaitForSingleObject(threads[i], 20000), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
    }
    for (int i = 0; i < 8; i++) CloseHandle(events[i]);
    CloseHandle(stop), CloseHandle(semaphore), CloseHandle(mutex), CloseHandle(timer), CloseHandle(port);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {CASE(blocked_threads_never_run)};
    return run_cases(cases, COUNT(cases), argc, argv);
}
