// registrations.c: ten thousand registered waits cost no thread. Each is satisfied once, or times out once; while nothing
// happens, nothing runs; and the pool is idle again afterwards.
#include "cases.h"

#include <stdlib.h>

enum { WAITS = 10000, HOUR = 3600 * 1000, THREADS_OF_OURS = 2 };

static HANDLE events[WAITS], waits[WAITS];
static LONG volatile calls[WAITS], signals, timeouts;
static HANDLE all;

static VOID CALLBACK count(PVOID number, BOOLEAN timed_out) {
    InterlockedIncrement(&calls[(LONG_PTR)number]);
    if (InterlockedIncrement(timed_out ? &timeouts : &signals) == WAITS) SetEvent(all);
}

static void registered(ULONG milliseconds, ULONG flags) {
    for (LONG_PTR i = 0; i < WAITS; i++) {
        calls[i] = 0;
        if (!TRUTH(RegisterWaitForSingleObject(&waits[i], events[i], count, (void *)i, milliseconds, flags))) exit(1);
    }
}

static void unregistered(void) {
    int wrong = 0;
    for (int i = 0; i < WAITS; i++) {
        wrong += calls[i] != 1;
        if (!TRUTH(UnregisterWaitEx(waits[i], INVALID_HANDLE_VALUE))) return;
    }
    EQUAL(wrong, 0);
}

// Context switches of all threads but the calling one.
static long long switches(void) {
    long long sum = 0;
    char path[64], line[128];
    DIR *tasks = opendir(THREADS);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        if (task->d_name[0] == '.' || (DWORD)atoi(task->d_name) == GetCurrentThreadId()) continue;
        snprintf(path, sizeof path, THREADS "/%.16s/status", task->d_name);
        FILE *status = fopen(path, "r");
        while (status && fgets(line, sizeof line, status)) {
            long long switched;
            if (sscanf(line, "voluntary_ctxt_switches: %lld", &switched) == 1) sum += switched;
        }
        if (status) fclose(status);
    }
    if (tasks) closedir(tasks);
    return sum;
}

static void signals_of_many(void) {
    int before = entries(THREADS);
    for (int once = 0; once < 2; once++) {
        signals = timeouts = 0;
        registered(once ? INFINITE : HOUR, once ? WT_EXECUTEONLYONCE : 0);
        until_entries(THREADS, before + THREADS_OF_OURS); // workers of the round before
        for (int i = 0; i < WAITS; i++) TRUTH(SetEvent(events[i]));
        EQUAL(WaitForSingleObject(all, INFINITE), WAIT_OBJECT_0);
        unregistered();
        EQUAL(signals, WAITS);
        EQUAL(timeouts, 0);
    }
    until_entries(THREADS, before + THREADS_OF_OURS);
}

static void time_outs_of_many(void) {
    int before = entries(THREADS);
    signals = timeouts = 0;
    registered(50, WT_EXECUTEONLYONCE);
    EQUAL(WaitForSingleObject(all, INFINITE), WAIT_OBJECT_0);
    unregistered();
    EQUAL(timeouts, WAITS);
    EQUAL(signals, 0);
    until_entries(THREADS, before + THREADS_OF_OURS);
}

static void nothing_runs_meanwhile(void) {
    enum { SECONDS = 3 };
    long long before = -1, now;
    registered(HOUR, 0);
    while ((now = switches()) != before) { // workers that have nothing to do end
        before = now;
        Sleep(1500);
    }
    Sleep(SECONDS * 1000);
    EQUAL(switches(), before);
    for (int i = 0; i < WAITS; i++) TRUTH(UnregisterWait(waits[i]));
    EQUAL(switches(), before);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(signals_of_many),
        CASE(time_outs_of_many),
        CASE(nothing_runs_meanwhile),
    };
    all = CreateEventA(NULL, FALSE, FALSE, NULL);
    for (int i = 0; i < WAITS; i++) events[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
    return run_cases(cases, COUNT(cases), argc, argv);
}
