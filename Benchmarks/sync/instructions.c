// instructions.c - the two shortest paths, N times, for `instructions` to count.
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s set_reset|set_wait N\n", argv[0]);
        return 2;
    }
    const int waits = strcmp(argv[1], "set_wait") == 0;
    const long count = atol(argv[2]);
    HANDLE event = CreateEventA(NULL, !waits, FALSE, NULL);
    if (!event) return 1;
    for (long i = 0; i < count; i++) {
        if (!SetEvent(event)) return 1;
        if (waits ? WaitForSingleObject(event, INFINITE) != WAIT_OBJECT_0 : !ResetEvent(event)) return 1;
    }
    return !CloseHandle(event);
}
