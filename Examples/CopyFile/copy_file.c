// copy_file: copies a file with overlapped reads and writes on a completion port; the same source runs on Windows.
//
//     copy_file [-f] SOURCE TARGET          -f: replace the target, if there is one
//
// The file is cut into blocks. Of a few requests, all in flight, each reads the next block that no other has, writes it to
// the same place, and goes on. One thread takes their ends from the port: it is the disk that has many things to do, and
// what the memory serves is copied no faster by two threads, which would wait for each other at the target's lock.
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

enum { BLOCK = 128 * 1024, REQUESTS = 8 };

struct request {
    OVERLAPPED overlapped;
    BOOL writes;
    DWORD length; // of what it writes
    char *block;
};

static HANDLE source, target;
static const char *source_name, *target_name;
static LONGLONG size, next, copied; // of the file; where the next block is; bytes that are in the target
static int active;                  // requests whose packets will come
static BOOL failed;                 // one has failed, and was told of
static BOOL on_terminal;            // where the progress is shown

// What to do about an error; "" if nothing comes to mind.
static const char *advice(DWORD code) {
    switch (code) {
    case ERROR_FILE_NOT_FOUND: case ERROR_PATH_NOT_FOUND: return " Check how the name is spelled.";
    case ERROR_ACCESS_DENIED: return " Check that it is a file, and that you have the right to it.";
    case ERROR_SHARING_VIOLATION: return " Close the program that has it open, and try again.";
    case ERROR_FILE_EXISTS: return " Choose another name, or replace it with -f.";
    case ERROR_DISK_FULL: return " Make room on the disk of the target, and try again.";
    }
    return "";
}

static void complain(const char *what, const char *name, DWORD code) {
    if (on_terminal) fputc('\n', stderr); // the line of the progress ends
    char text[256] = "Unknown error.";
    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, code, 0, text, sizeof text, NULL);
    text[strcspn(text, "\r\n")] = 0;
    fprintf(stderr, "copy_file: cannot %s \"%s\": %s%s (error %lu)\n", what, name, text, advice(code),
            (unsigned long)code);
}

// The first failure is told; the other requests end with what they are at.
static void fail(BOOL writes, DWORD code) {
    if (!failed) complain(writes ? "write to" : "read from", writes ? target_name : source_name, code);
    failed = TRUE;
}

// On a terminal one line that changes; else a line for every tenth.
static void show(LONGLONG now) {
    static int shown = -1;
    int percent = size ? (int)(now * 100 / size) : 100;
    if (!on_terminal) percent -= percent % 10;
    if (percent == shown) return;
    shown = percent;
    fprintf(stderr, on_terminal ? "\r%3d %% of %lld MiB%s" : "%3d %% of %lld MiB%s\n", percent,
            (long long)((size + 1048575) >> 20), on_terminal && now == size ? "\n" : "");
    fflush(stderr);
}

// Begins what the request says. TRUE: it is done already, and no packet comes; FALSE: one will, or it has failed.
static BOOL begin(struct request *request, LONGLONG offset) {
    memset(&request->overlapped, 0, sizeof request->overlapped);
    request->overlapped.Offset = (DWORD)offset;
    request->overlapped.OffsetHigh = (DWORD)(offset >> 32);
    BOOL is_done = request->writes ? WriteFile(target, request->block, request->length, NULL, &request->overlapped)
                                   : ReadFile(source, request->block, request->length, NULL, &request->overlapped);
    if (is_done) return TRUE;
    DWORD code = GetLastError();
    if (code == ERROR_IO_PENDING) active++;
    else fail(request->writes, code);
    return FALSE;
}

// The request has no block, or one that is copied: on to the next.
static BOOL read_next(struct request *request) {
    LONGLONG offset = next;
    request->writes = FALSE;
    request->length = (DWORD)(size - offset < BLOCK ? size - offset : BLOCK);
    if (failed || request->length == 0) return FALSE;
    next += request->length;
    return begin(request, offset);
}

// The request has ended: what comes of it, until something is pending. What the memory serves goes straight from the one
// file to the other, while the block is in the processor's cache.
static void go_on(struct request *request, DWORD count, DWORD code) {
    BOOL is_done = TRUE;
    while (is_done) {
        LONGLONG offset = (LONGLONG)request->overlapped.OffsetHigh << 32 | request->overlapped.Offset;
        if (code == 0 && count < request->length) code = request->writes ? ERROR_DISK_FULL : ERROR_HANDLE_EOF;
        if (code != 0) {
            fail(request->writes, code);
            return;
        }
        if (request->writes) {
            show(copied += count);
            is_done = read_next(request);
        } else {
            request->writes = TRUE;
            is_done = begin(request, offset);
        }
        if (is_done && !GetOverlappedResult(request->writes ? target : source, &request->overlapped, &count, FALSE))
            code = GetLastError();
    }
}

static BOOL copy(void) {
    struct request requests[REQUESTS];
    LARGE_INTEGER end;
    // The room is asked for in the beginning, and no write has to make the file longer.
    end.QuadPart = size;
    if (!SetFilePointerEx(target, end, NULL, FILE_BEGIN) || !SetEndOfFile(target)) {
        complain("make room for", target_name, GetLastError());
        return FALSE;
    }
    char *blocks = malloc((size_t)REQUESTS * BLOCK);
    HANDLE port = CreateIoCompletionPort(source, NULL, 0, 1);
    if (!blocks || !port || !CreateIoCompletionPort(target, port, 0, 0)) {
        complain("begin to copy", source_name, blocks ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    UCHAR modes = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE;
    if (!SetFileCompletionNotificationModes(source, modes) || !SetFileCompletionNotificationModes(target, modes)) {
        complain("begin to copy", source_name, GetLastError());
        return FALSE;
    }
    on_terminal = isatty(2) != 0;
    show(0);
    for (int i = 0; i < REQUESTS; i++) {
        requests[i].block = blocks + (size_t)i * BLOCK;
        if (read_next(&requests[i])) go_on(&requests[i], (DWORD)requests[i].overlapped.InternalHigh, 0);
    }
    while (active > 0) {
        DWORD count = 0;
        ULONG_PTR key;
        LPOVERLAPPED overlapped;
        BOOL succeeded = GetQueuedCompletionStatus(port, &count, &key, &overlapped, INFINITE);
        active--;
        go_on((struct request *)overlapped, count, succeeded ? 0 : GetLastError());
    }
    CloseHandle(port);
    free(blocks);
    return !failed;
}

int main(int argc, char **argv) {
    BOOL replaces = argc > 1 && !strcmp(argv[1], "-f");
    LARGE_INTEGER length;
    if (argc - replaces != 3) {
        fprintf(stderr, "usage: copy_file [-f] SOURCE TARGET\n\n  -f  replace the target, if there is one\n");
        return 2;
    }
    source_name = argv[1 + replaces], target_name = argv[2 + replaces];
    DWORD flags = FILE_FLAG_OVERLAPPED | FILE_FLAG_SEQUENTIAL_SCAN;
    source = CreateFileA(source_name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, flags, NULL);
    if (source == INVALID_HANDLE_VALUE || !GetFileSizeEx(source, &length)) {
        complain("read", source_name, GetLastError());
        return 1;
    }
    size = length.QuadPart;
    // Nobody else opens it meanwhile; so a source that is the target is not emptied: it is open.
    target = CreateFileA(target_name, GENERIC_WRITE | DELETE, 0, NULL, replaces ? CREATE_ALWAYS : CREATE_NEW, flags, NULL);
    if (target == INVALID_HANDLE_VALUE) {
        complain("make", target_name, GetLastError());
        return 1;
    }
    BOOL copied_all = copy();
    CloseHandle(source);
    CloseHandle(target);
    // Half a copy looks like one.
    if (!copied_all) DeleteFileA(target_name);
    return copied_all ? 0 : 1;
}
