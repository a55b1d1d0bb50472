/*
 * tidy_service: keeps a folder tidy, as a service: what is older than it may be is removed, each minute.
 *
 *     tidy_service FOLDER [MINUTES]
 *
 * One source for both: a Windows service, and under systemd a unit with Type=notify. Control 128 has it tidy up at once.
 * On a console it tidies up once, and ends.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIDY_NOW = 128, PERIOD = 60000 };

static SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_START_PENDING, 0, NO_ERROR, 0, 0, 0};
static SERVICE_STATUS_HANDLE service;
static CRITICAL_SECTION lock; /* what the service says of itself */
static HANDLE stop, now;
static LONG volatile is_paused;
static const char *folder = ".";
static unsigned minutes = 60;

/* Tells the service manager. A pending state is told with a check point, which each call moves on. */
static void tell(DWORD state, DWORD hint) {
    int is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
    EnterCriticalSection(&lock);
    /* What was told to pause while it was told to stop goes on stopping. */
    if (status.dwCurrentState != SERVICE_STOPPED &&
        (status.dwCurrentState != SERVICE_STOP_PENDING || state == SERVICE_STOP_PENDING || state == SERVICE_STOPPED)) {
        status.dwCheckPoint = is_pending ? status.dwCheckPoint + 1 : 0;
        status.dwCurrentState = state;
        status.dwControlsAccepted =
            is_pending || state == SERVICE_STOPPED ? 0 : SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PAUSE_CONTINUE;
        status.dwWaitHint = hint;
        if (service) SetServiceStatus(service, &status);
    }
    LeaveCriticalSection(&lock);
}

/* Removes what is too old. Returns how many files, or -1 if the folder cannot be read. */
static int tidy(void) {
    char path[1024];
    int removed = 0;
    WIN32_FIND_DATAA found;
    ULARGE_INTEGER today, written;
    FILETIME time;
    snprintf(path, sizeof path, "%s\\*", folder);
    HANDLE search = FindFirstFileA(path, &found);
    if (search == INVALID_HANDLE_VALUE) return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : -1;
    GetSystemTimeAsFileTime(&time);
    today.LowPart = time.dwLowDateTime, today.HighPart = time.dwHighDateTime;
    do {
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) continue;
        written.LowPart = found.ftLastWriteTime.dwLowDateTime, written.HighPart = found.ftLastWriteTime.dwHighDateTime;
        if (today.QuadPart < written.QuadPart + minutes * 600000000ull) continue; /* in units of 100 ns */
        snprintf(path, sizeof path, "%s\\%s", folder, found.cFileName);
        if (DeleteFileA(path)) removed++;
    } while (WaitForSingleObject(stop, 0) != WAIT_OBJECT_0 && FindNextFileA(search, &found));
    FindClose(search);
    return removed;
}

static DWORD WINAPI handle(DWORD control, DWORD type, LPVOID data, LPVOID context) {
    (void)type, (void)data, (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
        tell(SERVICE_STOP_PENDING, 5000);
        SetEvent(stop);
        return NO_ERROR;
    case SERVICE_CONTROL_PAUSE:
        InterlockedExchange(&is_paused, 1);
        tell(SERVICE_PAUSED, 0);
        return NO_ERROR;
    case SERVICE_CONTROL_CONTINUE:
        InterlockedExchange(&is_paused, 0);
        tell(SERVICE_RUNNING, 0);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE: return NO_ERROR;
    case TIDY_NOW: return SetEvent(now) ? NO_ERROR : GetLastError();
    default: return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static VOID WINAPI run(DWORD argc, LPSTR *argv) {
    HANDLE both[2];
    (void)argc;
    service = RegisterServiceCtrlHandlerExA(argv[0], handle, NULL);
    if (!service) return;
    both[0] = stop, both[1] = now;
    tell(SERVICE_START_PENDING, 2000);
    /* The folder may be on a disk that is yet to be mounted: it has five seconds to come. */
    for (int patience = 10; GetFileAttributesA(folder) == INVALID_FILE_ATTRIBUTES; patience--) {
        if (!patience) {
            status.dwWin32ExitCode = GetLastError();
            tell(SERVICE_STOPPED, 0);
            return;
        }
        tell(SERVICE_START_PENDING, 2000);
        Sleep(500);
    }
    tell(SERVICE_RUNNING, 0);
    do {
        if (!is_paused && tidy() < 0) status.dwWin32ExitCode = GetLastError(), SetEvent(stop);
    } while (WaitForMultipleObjects(2, both, FALSE, PERIOD) != WAIT_OBJECT_0);
    tell(SERVICE_STOPPED, 0);
}

int main(int argc, char **argv) {
    static char name[] = "tidy";
    SERVICE_TABLE_ENTRYA table[] = {{name, run}, {NULL, NULL}};
    if (argc > 1) folder = argv[1];
    if (argc > 2) minutes = (unsigned)strtoul(argv[2], NULL, 10);
    InitializeCriticalSection(&lock);
    stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    now = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (!stop || !now) return 1;
    if (StartServiceCtrlDispatcherA(table)) return 0;
    if (GetLastError() != ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) return 1;
    int removed = tidy(); /* on a console */
    if (removed < 0) {
        fprintf(stderr, "tidy_service: %s cannot be read (error %u)\n", folder, (unsigned)GetLastError());
        return 1;
    }
    printf("%d removed\n", removed);
    return 0;
}
