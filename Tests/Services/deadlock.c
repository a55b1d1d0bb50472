/* deadlock.c: two workers with heartbeats that take two mutexes in opposite order, some time after the service is ready. */
#include <stdio.h>
#include <windows.h>
#include <signalbox.h>

static HANDLE ledger, journal;
static HANDLE has_both[2];

static DWORD WINAPI work(LPVOID argument) {
    const int second = argument != NULL;
    const char *name = second ? "writer" : "reader";
    int turn;
    for (turn = 0; turn < 10; turn++) {
        SignalboxHeartbeat(name);
        Sleep(100);
    }
    SignalboxHeartbeat(name);
    WaitForSingleObject(second ? journal : ledger, INFINITE);
    SetEvent(has_both[second]);
    WaitForSingleObject(has_both[!second], INFINITE);
    WaitForSingleObject(second ? ledger : journal, INFINITE);
    return 0;
}

int main(void) {
    HANDLE threads[2];
    ledger = CreateMutexA(NULL, FALSE, "ledger");
    journal = CreateMutexA(NULL, FALSE, "journal");
    has_both[0] = CreateEventA(NULL, TRUE, FALSE, NULL);
    has_both[1] = CreateEventA(NULL, TRUE, FALSE, NULL);
    threads[0] = CreateThread(NULL, 0, work, NULL, 0, NULL);
    threads[1] = CreateThread(NULL, 0, work, &ledger, 0, NULL);
    if (!SignalboxServiceReady("two workers")) return 1;
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    return 0;
}
