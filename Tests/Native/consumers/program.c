// A C program on the installed library.
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

static DWORD WINAPI set(LPVOID event) { return SetEvent(event) ? 3 : 0; }

int main(void) {
    HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL), thread = CreateThread(NULL, 0, set, event, 0, NULL);
    DWORD code = 0;
    if (!event || !thread) return 1;
    if (sizeof(wchar_t) != sizeof(WCHAR)) return 2; // the flags that come with the library
    if (WaitForSingleObject(event, INFINITE) != WAIT_OBJECT_0) return 3;
    if (WaitForSingleObject(thread, INFINITE) != WAIT_OBJECT_0) return 4;
    if (!GetExitCodeThread(thread, &code) || code != 3) return 5;
    if (!CloseHandle(event) || !CloseHandle(thread)) return 6;
    puts("the C program works");
    return 0;
}
