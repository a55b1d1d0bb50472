/* deadlock.c: two workers with heartbeats that take two locks in opposite order, some time after the service is ready:
   mutexes; with the argument "sections" critical sections, with "slim" SRW locks. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <signalbox.h>

enum { LEDGER, JOURNAL };
static enum { MUTEXES, SECTIONS, SLIM } kind;
static HANDLE mutexes[2];
static CRITICAL_SECTION sections[2];
static SRWLOCK slim[2];
static HANDLE has_one[2];

static void take(int lock) {
    switch (kind) {
    case MUTEXES: WaitForSingleObject(mutexes[lock], INFINITE); break;
    case SECTIONS: EnterCriticalSection(&sections[lock]); break;
    case SLIM: AcquireSRWLockExclusive(&slim[lock]); break;
    }
}

static DWORD WINAPI work(LPVOID argument) {
    const int second = argument != NULL;
    const char *name = second ? "writer" : "reader";
    int turn;
    for (turn = 0; turn < 10; turn++) {
        SignalboxHeartbeat(name);
        Sleep(100);
    }
    SignalboxHeartbeat(name);
    take(second ? JOURNAL : LEDGER);
    SetEvent(has_one[second]);
    WaitForSingleObject(has_one[!second], INFINITE);
    take(second ? LEDGER : JOURNAL);
    return 0;
}

int main(int count, char **arguments) {
    HANDLE threads[2];
    int i;
    if (count > 1) kind = strcmp(arguments[1], "slim") ? SECTIONS : SLIM;
    mutexes[LEDGER] = CreateMutexA(NULL, FALSE, "ledger");
    mutexes[JOURNAL] = CreateMutexA(NULL, FALSE, "journal");
    for (i = 0; i < 2; i++) {
        InitializeCriticalSection(&sections[i]);
        InitializeSRWLock(&slim[i]);
        has_one[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    }
    OutputDebugStringA("two workers, and two locks\n");
    threads[0] = CreateThread(NULL, 0, work, NULL, 0, NULL);
    threads[1] = CreateThread(NULL, 0, work, &kind, 0, NULL);
    if (!SignalboxServiceReady("two workers")) return 1;
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    return 0;
}
