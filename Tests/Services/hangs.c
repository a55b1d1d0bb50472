/* hangs.c: a service whose handler, at control 128, waits for a critical section that another thread never
   leaves. */
#include <windows.h>

static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_START_PENDING, SERVICE_ACCEPT_STOP, 0, 0, 0, 0};
static CRITICAL_SECTION section;
static HANDLE is_taken, may_stop;

static void say(DWORD state, DWORD check_point, DWORD wait_hint) {
    status.dwCurrentState = state;
    status.dwCheckPoint = check_point;
    status.dwWaitHint = wait_hint;
    SetServiceStatus(handle, &status);
}

static DWORD WINAPI keeper(LPVOID unused) {
    (void)unused;
    EnterCriticalSection(&section);
    SetEvent(is_taken);
    Sleep(INFINITE);
    return 0;
}

static DWORD WINAPI control(DWORD code, DWORD type, LPVOID data, LPVOID context) {
    (void)type, (void)data, (void)context;
    if (code == SERVICE_CONTROL_STOP) {
        say(SERVICE_STOP_PENDING, 1, 1000);
        SetEvent(may_stop);
    } else if (code == 128) {
        EnterCriticalSection(&section);
    }
    return NO_ERROR;
}

static void WINAPI service_main(DWORD count, LPSTR *arguments) {
    (void)count, (void)arguments;
    handle = RegisterServiceCtrlHandlerExA("hangs", control, NULL);
    InitializeCriticalSection(&section);
    is_taken = CreateEventA(NULL, TRUE, FALSE, NULL);
    may_stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    CloseHandle(CreateThread(NULL, 0, keeper, NULL, 0, NULL));
    WaitForSingleObject(is_taken, INFINITE);
    say(SERVICE_RUNNING, 0, 0);
    WaitForSingleObject(may_stop, INFINITE);
    say(SERVICE_STOPPED, 0, 0);
}

int main(void) {
    SERVICE_TABLE_ENTRYA table[] = {{(LPSTR) "hangs", service_main}, {NULL, NULL}};
    return !StartServiceCtrlDispatcherA(table);
}
