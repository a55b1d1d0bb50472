// overlapped.c: transfers of files with an OVERLAPPED: how they end, and who is told.
#include "filecase.h"
#ifndef _WIN32
#include <sys/stat.h>
#endif

static OVERLAPPED place(DWORD offset, HANDLE event) {
    OVERLAPPED overlapped = {0};
    overlapped.Offset = offset;
    overlapped.hEvent = event;
    overlapped.Internal = UNTOUCHED;
    overlapped.InternalHigh = UNTOUCHED;
    return overlapped;
}

static HANDLE new_file(DWORD flags) {
    HANDLE file = open_as(at("file"), RW, SHARE_ALL, CREATE_ALWAYS, flags | FILE_FLAG_DELETE_ON_CLOSE);
    TRUTH(file != INVALID_HANDLE_VALUE);
    return file;
}

// The error of a request that was begun: 0, what it failed with at once, or what it ended with.
static DWORD finish(HANDLE file, BOOL begun, OVERLAPPED *overlapped, DWORD *count) {
    *count = UNTOUCHED;
    if (!begun && GetLastError() != ERROR_IO_PENDING) return GetLastError();
    return GetOverlappedResult(file, overlapped, count, TRUE) ? 0 : GetLastError();
}

static void write_at(HANDLE file, DWORD offset, const char *text) {
    OVERLAPPED overlapped = place(offset, NULL);
    DWORD count, length = (DWORD)strlen(text);
    EQUAL(finish(file, WriteFile(file, text, length, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, length);
}

static void a_write_and_a_read_at_offsets(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = place(3, event);
    char bytes[16] = "";
    DWORD count;
    EQUAL(finish(file, WriteFile(file, "abc", 3, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, 3);
    EQUAL(overlapped.Internal, 0);
    EQUAL(overlapped.InternalHigh, 3);
    TRUTH(is_signaled(event));
    TRUTH(HasOverlappedIoCompleted(&overlapped));
    overlapped = place(0, event);
    EQUAL(finish(file, ReadFile(file, bytes, sizeof bytes, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, 6); // what there is
    TRUTH(!memcmp(bytes, "\0\0\0abc", 6));
    EQUAL(SetFilePointer(file, 0, NULL, FILE_CURRENT), 0); // not moved
    CloseHandle(event);
    CloseHandle(file);
}

static void offsets_have_64_bits(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = place(5, NULL);
    LARGE_INTEGER size;
    char bytes[4];
    DWORD count;
    overlapped.OffsetHigh = 1;
    EQUAL(finish(file, WriteFile(file, "far", 3, NULL, &overlapped), &overlapped, &count), 0);
    TRUTH(GetFileSizeEx(file, &size));
    EQUAL(size.QuadPart, 0x100000008LL);
    overlapped = place(6, NULL);
    overlapped.OffsetHigh = 1;
    EQUAL(finish(file, ReadFile(file, bytes, 4, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, 2);
    TRUTH(!memcmp(bytes, "ar", 2));
    CloseHandle(file);
}

static void the_end_of_file_is_an_error(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped;
    char byte = 'x';
    DWORD count;
    write_at(file, 0, "abc");
    DWORD offsets[] = {3, 100};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        overlapped = place(offsets[i], NULL);
        EQUAL(finish(file, ReadFile(file, &byte, 1, NULL, &overlapped), &overlapped, &count), ERROR_HANDLE_EOF);
    }
    EQUAL(byte, 'x');
    CloseHandle(file);
    // So it is for a handle that waits, with an OVERLAPPED.
    file = new_file(0);
    overlapped = place(0, NULL);
    count = UNTOUCHED;
    FAILS(ReadFile(file, &byte, 1, &count, &overlapped), ERROR_HANDLE_EOF);
    EQUAL(count, 0);
    CloseHandle(file);
}

static void an_overlapped_handle_needs_an_overlapped(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    DWORD count = UNTOUCHED;
    char byte = 'x';
    FAILS(ReadFile(file, &byte, 1, &count, NULL), ERROR_INVALID_PARAMETER);
    FAILS(WriteFile(file, &byte, 1, &count, NULL), ERROR_INVALID_PARAMETER);
    EQUAL(GetFileSize(file, NULL), 0);
    CloseHandle(file);
}

static void a_synchronous_handle_takes_an_offset_and_moves(void) {
    HANDLE file = new_file(0), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped;
    DWORD count;
    char bytes[4];
    TRUTH(WriteFile(file, "0123456789", 10, &count, NULL));
    overlapped = place(2, event);
    TRUTH(ReadFile(file, bytes, 3, &count, &overlapped));
    EQUAL(count, 3);
    TRUTH(!memcmp(bytes, "234", 3));
    EQUAL(overlapped.Internal, 0);
    EQUAL(overlapped.InternalHigh, 3);
    TRUTH(is_signaled(event));
    EQUAL(SetFilePointer(file, 0, NULL, FILE_CURRENT), 5);
    overlapped = place(8, NULL);
    TRUTH(WriteFile(file, "XYZ", 3, NULL, &overlapped));
    EQUAL(overlapped.InternalHigh, 3);
    EQUAL(SetFilePointer(file, 0, NULL, FILE_CURRENT), 11);
    CloseHandle(event);
    CloseHandle(file);
}

static void all_ones_is_the_end_of_the_file(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = place(0xFFFFFFFF, NULL);
    char bytes[8];
    DWORD count;
    write_at(file, 0, "abc");
    overlapped.OffsetHigh = 0xFFFFFFFF;
    EQUAL(finish(file, WriteFile(file, "de", 2, NULL, &overlapped), &overlapped, &count), 0);
    overlapped = place(0, NULL);
    EQUAL(finish(file, ReadFile(file, bytes, 8, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, 5);
    TRUTH(!memcmp(bytes, "abcde", 5));
    CloseHandle(file);
}

static void an_event_that_is_none_is_refused(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED), closed = CreateEventA(NULL, TRUE, FALSE, NULL);
    CloseHandle(closed);
    OVERLAPPED overlapped = place(0, closed);
#ifndef ON_WINE // NtWriteFile refers to the event before it begins
    FAILS(WriteFile(file, "x", 1, NULL, &overlapped), ERROR_INVALID_HANDLE);
    EQUAL(GetFileSize(file, NULL), 0);
#endif
    (void)overlapped;
    CloseHandle(file);
}

static void the_file_is_signaled_when_there_is_no_event(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = place(0, NULL);
    DWORD count = UNTOUCHED;
    if (!WriteFile(file, "hello", 5, NULL, &overlapped)) EQUAL(GetLastError(), ERROR_IO_PENDING);
    EQUAL(WaitForSingleObject(file, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetOverlappedResult(file, &overlapped, &count, FALSE));
    EQUAL(count, 5);
    CloseHandle(file);
}

static void results_are_what_the_overlapped_says(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = place(0, event);
    DWORD count = UNTOUCHED;
    overlapped.Internal = 0x103;
    TRUTH(!HasOverlappedIoCompleted(&overlapped));
    FAILS(GetOverlappedResult(event, &overlapped, &count, FALSE), ERROR_IO_INCOMPLETE);
    FAILS(GetOverlappedResultEx(event, &overlapped, &count, 0, TRUE), ERROR_IO_INCOMPLETE);
    FAILS(GetOverlappedResultEx(event, &overlapped, &count, 20, FALSE), WAIT_TIMEOUT);
    EQUAL(count, UNTOUCHED);
    struct {
        ULONG_PTR status;
        DWORD error;
    } ends[] = {{0xC0000011, ERROR_HANDLE_EOF}, {0xC0000120, ERROR_OPERATION_ABORTED}, {0xC0000008, ERROR_INVALID_HANDLE},
                {0xC000007F, ERROR_DISK_FULL}, {0xC0000043, ERROR_SHARING_VIOLATION}, {0x80000005, ERROR_MORE_DATA}};
    for (size_t i = 0; i < COUNT(ends); i++) {
        overlapped.Internal = ends[i].status;
        overlapped.InternalHigh = 9;
        FAILS(GetOverlappedResult(event, &overlapped, &count, TRUE), ends[i].error);
    }
    overlapped.Internal = 0;
    overlapped.InternalHigh = 77;
    QUIETLY(GetOverlappedResult(event, &overlapped, &count, FALSE), TRUE);
    EQUAL(count, 77);
    QUIETLY(GetOverlappedResultEx(event, &overlapped, &count, 0, FALSE), TRUE);
    CloseHandle(event);
}

static void CALLBACK count_call(ULONG_PTR calls) { ++*(int *)calls; }

static void waiting_for_a_result_may_be_alertable(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = place(0, event);
    DWORD count;
    int calls = 0;
    overlapped.Internal = 0x103;
    TRUTH(QueueUserAPC(count_call, GetCurrentThread(), (ULONG_PTR)&calls));
    FAILS(GetOverlappedResultEx(event, &overlapped, &count, 0, TRUE), ERROR_IO_INCOMPLETE);
    EQUAL(calls, 0);
    FAILS(GetOverlappedResultEx(event, &overlapped, &count, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(calls, 1);
    CloseHandle(event);
}

static void many_requests_at_once(void) {
    enum { REQUESTS = 32, SIZE = 4096 };
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    static OVERLAPPED overlapped[REQUESTS];
    static char data[REQUESTS][SIZE], back[REQUESTS][SIZE];
    DWORD count;
    for (int i = REQUESTS - 1; i >= 0; i--) {
        memset(data[i], 'a' + i % 26, SIZE);
        overlapped[i] = place((DWORD)i * SIZE, CreateEventA(NULL, TRUE, FALSE, NULL));
        if (!WriteFile(file, data[i], SIZE, NULL, &overlapped[i])) EQUAL(GetLastError(), ERROR_IO_PENDING);
    }
    for (int i = 0; i < REQUESTS; i++) {
        TRUTH(GetOverlappedResult(file, &overlapped[i], &count, TRUE));
        EQUAL(count, SIZE);
    }
    for (int i = 0; i < REQUESTS; i++)
        if (!ReadFile(file, back[i], SIZE, NULL, &overlapped[i])) EQUAL(GetLastError(), ERROR_IO_PENDING);
    for (int i = 0; i < REQUESTS; i++) {
        TRUTH(GetOverlappedResult(file, &overlapped[i], &count, TRUE));
        TRUTH(!memcmp(back[i], data[i], SIZE));
        CloseHandle(overlapped[i].hEvent);
    }
    CloseHandle(file);
}

// ---- past the page cache, where requests are pending

static void unbuffered_requests_end_like_others(void) {
    enum { PAGES = 16, SIZE = 4096 };
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
    char *memory = VirtualAlloc(NULL, 2 * PAGES * SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    OVERLAPPED overlapped[PAGES];
    DWORD count;
    for (int i = 0; i < PAGES; i++) {
        memset(memory + i * SIZE, 'A' + i, SIZE);
        overlapped[i] = place((DWORD)i * SIZE, CreateEventA(NULL, TRUE, TRUE, NULL));
        if (!WriteFile(file, memory + i * SIZE, SIZE, NULL, &overlapped[i])) EQUAL(GetLastError(), ERROR_IO_PENDING);
    }
    for (int i = 0; i < PAGES; i++) {
        TRUTH(GetOverlappedResult(file, &overlapped[i], &count, TRUE));
        EQUAL(count, SIZE);
        EQUAL(overlapped[i].Internal, 0);
    }
    for (int i = 0; i < PAGES; i++)
        if (!ReadFile(file, memory + (PAGES + i) * SIZE, SIZE, NULL, &overlapped[i]))
            EQUAL(GetLastError(), ERROR_IO_PENDING);
    for (int i = 0; i < PAGES; i++) {
        TRUTH(GetOverlappedResult(file, &overlapped[i], &count, TRUE));
        TRUTH(is_signaled(overlapped[i].hEvent));
    }
    TRUTH(!memcmp(memory, memory + PAGES * SIZE, PAGES * SIZE));
    // Beyond the end, and across it.
    overlapped[0].Offset = PAGES * SIZE;
    EQUAL(finish(file, ReadFile(file, memory, SIZE, NULL, &overlapped[0]), &overlapped[0], &count), ERROR_HANDLE_EOF);
    overlapped[0].Offset = (PAGES - 1) * SIZE;
    EQUAL(finish(file, ReadFile(file, memory, 4 * SIZE, NULL, &overlapped[0]), &overlapped[0], &count), 0);
    EQUAL(count, SIZE);
    for (int i = 0; i < PAGES; i++) CloseHandle(overlapped[i].hEvent);
    VirtualFree(memory, 0, MEM_RELEASE);
    CloseHandle(file);
}

static void pages_are_gathered_and_scattered(void) {
    enum { PAGES = 3, SIZE = 4096 };
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
    char *memory = VirtualAlloc(NULL, 2 * PAGES * SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    FILE_SEGMENT_ELEMENT out[PAGES + 1] = {{0}}, in[PAGES + 1] = {{0}};
    OVERLAPPED overlapped = place(0, CreateEventA(NULL, TRUE, FALSE, NULL));
    DWORD count;
    for (int i = 0; i < PAGES; i++) {
        memset(memory + i * SIZE, 'A' + i, SIZE);
        out[i].Buffer = memory + (PAGES - 1 - i) * SIZE;
        in[i].Buffer = memory + (PAGES + i) * SIZE;
    }
    EQUAL(finish(file, WriteFileGather(file, out, PAGES * SIZE, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, PAGES * SIZE);
    EQUAL(finish(file, ReadFileScatter(file, in, PAGES * SIZE, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, PAGES * SIZE);
    for (int i = 0; i < PAGES; i++) EQUAL(memory[(PAGES + i) * SIZE], 'A' + PAGES - 1 - i);
#ifndef ON_WINE // ReadFileScatter: "…must have been created with the FILE_FLAG_OVERLAPPED and FILE_FLAG_NO_BUFFERING flags"
    FAILS(ReadFileScatter(file, in, 100, NULL, &overlapped), ERROR_INVALID_PARAMETER);
    FAILS(ReadFileScatter(file, in, SIZE, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(WriteFileGather(NULL, out, SIZE, NULL, &overlapped), ERROR_INVALID_HANDLE);
    HANDLE other = open_as(at("file"), RW, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    FAILS(ReadFileScatter(other, in, SIZE, NULL, &overlapped), ERROR_INVALID_PARAMETER);
    FAILS(WriteFileGather(other, out, SIZE, NULL, &overlapped), ERROR_INVALID_PARAMETER);
    CloseHandle(other);
#endif
    CloseHandle(overlapped.hEvent);
    VirtualFree(memory, 0, MEM_RELEASE);
    CloseHandle(file);
}

// ---- completion routines

static struct {
    DWORD calls, error, count, thread;
    LPOVERLAPPED overlapped;
} told;

static void CALLBACK routine(DWORD error, DWORD count, LPOVERLAPPED overlapped) {
    told.calls++;
    told.error = error;
    told.count = count;
    told.thread = GetCurrentThreadId();
    told.overlapped = overlapped;
}

static void a_routine_is_called_in_an_alertable_wait(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = place(0, (HANDLE)(ULONG_PTR)0x1234); // the caller's own
    char bytes[8];
    memset(&told, 0, sizeof told);
    SetLastError(UNTOUCHED);
    TRUTH(WriteFileEx(file, "abc", 3, &overlapped, routine));
#ifndef ON_WINE // WriteFileEx: "If the function succeeds … call GetLastError to check for error conditions"
    EQUAL(GetLastError(), 0);
#endif
    EQUAL(told.calls, 0);
    EQUAL(SleepEx(0, FALSE), 0);
    EQUAL(told.calls, 0);
    while (SleepEx(INFINITE, TRUE) != WAIT_IO_COMPLETION) {}
    EQUAL(told.calls, 1);
    EQUAL(told.error, 0);
    EQUAL(told.count, 3);
    EQUAL(told.thread, GetCurrentThreadId());
    EQUAL(told.overlapped, &overlapped);
    EQUAL(overlapped.hEvent, 0x1234);
    overlapped.Offset = 1;
    TRUTH(ReadFileEx(file, bytes, sizeof bytes, &overlapped, routine));
    while (SleepEx(INFINITE, TRUE) != WAIT_IO_COMPLETION) {}
    EQUAL(told.calls, 2);
    EQUAL(told.count, 2);
    TRUTH(!memcmp(bytes, "bc", 2));
    CloseHandle(file);
}

static void a_routine_is_not_called_for_what_fails_at_once(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED), waits = open_as(at("file"), RW, SHARE_ALL, OPEN_EXISTING, 0);
    OVERLAPPED overlapped = place(0, NULL);
    char byte;
    memset(&told, 0, sizeof told);
#ifndef ON_WINE // ReadFileEx: "…must have been opened with the FILE_FLAG_OVERLAPPED flag"
    FAILS(ReadFileEx(waits, &byte, 1, &overlapped, routine), ERROR_INVALID_PARAMETER);
    FAILS(WriteFileEx(waits, &byte, 1, &overlapped, routine), ERROR_INVALID_PARAMETER);
#endif
    FAILS(ReadFileEx(file, &byte, 1, NULL, routine), ERROR_INVALID_PARAMETER);
    FAILS(WriteFileEx(NULL, &byte, 1, &overlapped, routine), ERROR_INVALID_HANDLE);
    FAILS(ReadFileEx(INVALID_HANDLE_VALUE, &byte, 1, &overlapped, routine), ERROR_INVALID_HANDLE);
    EQUAL(SleepEx(0, TRUE), 0);
    EQUAL(told.calls, 0);
    CloseHandle(waits);
    CloseHandle(file);
}

// ---- ports

static void a_port_is_told_of_every_request(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE port = CreateIoCompletionPort(file, NULL, 42, 0);
    OVERLAPPED overlapped = place(0, event), *found = NULL;
    ULONG_PTR key = 0;
    DWORD count = 0;
    REQUIRE(port != NULL);
    if (!WriteFile(file, "abcd", 4, NULL, &overlapped)) EQUAL(GetLastError(), ERROR_IO_PENDING);
    TRUTH(GetQueuedCompletionStatus(port, &count, &key, &found, INFINITE));
    EQUAL(count, 4);
    EQUAL(key, 42);
    EQUAL(found, &overlapped);
    TRUTH(is_signaled(event));
    // Bit 0 of the event wants no packet.
    overlapped = place(4, (HANDLE)((ULONG_PTR)event | 1));
    ResetEvent(event);
    if (!WriteFile(file, "ef", 2, NULL, &overlapped)) EQUAL(GetLastError(), ERROR_IO_PENDING);
    EQUAL(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    FAILS(GetQueuedCompletionStatus(port, &count, &key, &found, 0), WAIT_TIMEOUT);
#ifndef ON_WINE // a request that fails at once is told to its caller alone
    char byte;
    overlapped = place(100, NULL);
    BOOL begun = ReadFile(file, &byte, 1, NULL, &overlapped);
    TRUTH(!begun);
    if (GetLastError() == ERROR_HANDLE_EOF) {
        FAILS(GetQueuedCompletionStatus(port, &count, &key, &found, 0), WAIT_TIMEOUT);
    } else {
        FAILS(GetQueuedCompletionStatus(port, &count, &key, &found, INFINITE), ERROR_HANDLE_EOF);
        EQUAL(found, &overlapped);
    }
    FAILS(ReadFileEx(file, &byte, 1, &overlapped, routine), ERROR_INVALID_PARAMETER);
#endif
    CloseHandle(file);
    CloseHandle(port);
    CloseHandle(event);
}

static void a_port_takes_files_that_are_overlapped(void) {
    HANDLE waits = new_file(0), port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    FAILS(CreateIoCompletionPort(waits, port, 1, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(waits);
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    EQUAL(CreateIoCompletionPort(file, port, 1, 0), port);
    FAILS(CreateIoCompletionPort(file, port, 2, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    CloseHandle(port);
}

static void packets_of_successes_at_once_are_skipped(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED), port = CreateIoCompletionPort(file, NULL, 1, 0);
    OVERLAPPED overlapped = place(0, NULL), *found = NULL;
    ULONG_PTR key;
    DWORD count = UNTOUCHED;
#ifndef ON_WINE
    FAILS(SetFileCompletionNotificationModes(file, 8), ERROR_INVALID_PARAMETER);
#endif
    TRUTH(SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    if (WriteFile(file, "abc", 3, &count, &overlapped)) {
        EQUAL(count, 3);
        FAILS(GetQueuedCompletionStatus(port, &count, &key, &found, 0), WAIT_TIMEOUT);
    } else {
        EQUAL(GetLastError(), ERROR_IO_PENDING);
        TRUTH(GetQueuedCompletionStatus(port, &count, &key, &found, INFINITE));
        EQUAL(found, &overlapped);
    }
    CloseHandle(file);
    CloseHandle(port);
}

static void the_file_is_not_signaled_if_it_shall_not_be(void) {
#ifndef ON_WINE
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = place(0, NULL);
    DWORD count;
    TRUTH(SetFileCompletionNotificationModes(file, FILE_SKIP_SET_EVENT_ON_HANDLE));
    EQUAL(finish(file, WriteFile(file, "abc", 3, NULL, &overlapped), &overlapped, &count), 0);
    EQUAL(count, 3);
    TRUTH(!is_signaled(file));
    CloseHandle(file);
#endif
}

// ---- cancelling

static void nothing_to_cancel(void) {
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = place(0, NULL);
    QUIETLY(CancelIo(file), TRUE);
#ifndef ON_WINE // CancelIoEx: "If this function cannot find a request to cancel … ERROR_NOT_FOUND"
    FAILS(CancelIoEx(file, NULL), ERROR_NOT_FOUND);
#endif
    FAILS(CancelIoEx(file, &overlapped), ERROR_NOT_FOUND);
    CloseHandle(file);
}

#ifndef _WIN32
static HANDLE open_fifo(DWORD access, DWORD flags) {
    char path[MAX_PATH + 300];
    strcpy(path, at("fifo"));
    for (char *c = path; *c; c++)
        if (*c == '\\') *c = '/';
    mkfifo(path, 0600);
    HANDLE fifo = open_as(path, access, SHARE_ALL, OPEN_EXISTING, flags);
    TRUTH(fifo != INVALID_HANDLE_VALUE);
    return fifo;
}

static void a_fifo_is_read_when_something_comes(void) {
    HANDLE fifo = open_fifo(RW, FILE_FLAG_OVERLAPPED), event = CreateEventA(NULL, TRUE, TRUE, NULL);
    HANDLE writer = open_fifo(GENERIC_WRITE, 0);
    OVERLAPPED overlapped = place(0, event);
    char bytes[8];
    DWORD count = UNTOUCHED;
    EQUAL(GetFileType(fifo), FILE_TYPE_PIPE);
    FAILS(SetFilePointer(fifo, 0, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER, ERROR_INVALID_FUNCTION);
    FAILS(ReadFile(fifo, bytes, sizeof bytes, NULL, &overlapped), ERROR_IO_PENDING);
    EQUAL(overlapped.Internal, 0x103);
    TRUTH(!is_signaled(event));
    FAILS(GetOverlappedResult(fifo, &overlapped, &count, FALSE), ERROR_IO_INCOMPLETE);
    TRUTH(WriteFile(writer, "hey", 3, &count, NULL));
    TRUTH(GetOverlappedResult(fifo, &overlapped, &count, TRUE));
    EQUAL(count, 3);
    TRUTH(!memcmp(bytes, "hey", 3));
    CloseHandle(fifo);
    CloseHandle(writer);
    CloseHandle(event);
    TRUTH(DeleteFileA(at("fifo")));
}

static void a_pending_read_is_cancelled(void) {
    HANDLE fifo = open_fifo(RW, FILE_FLAG_OVERLAPPED);
    OVERLAPPED one = place(0, CreateEventA(NULL, TRUE, FALSE, NULL)), two = place(0, CreateEventA(NULL, TRUE, FALSE, NULL));
    char bytes[8];
    DWORD count = UNTOUCHED;
    FAILS(ReadFile(fifo, bytes, sizeof bytes, NULL, &one), ERROR_IO_PENDING);
    FAILS(ReadFile(fifo, bytes, sizeof bytes, NULL, &two), ERROR_IO_PENDING);
    TRUTH(CancelIoEx(fifo, &one));
    FAILS(GetOverlappedResult(fifo, &one, &count, TRUE), ERROR_OPERATION_ABORTED);
    EQUAL(one.Internal, 0xC0000120);
    EQUAL(one.InternalHigh, 0);
    TRUTH(!HasOverlappedIoCompleted(&two));
    TRUTH(CancelIoEx(fifo, NULL));
    FAILS(GetOverlappedResult(fifo, &two, &count, TRUE), ERROR_OPERATION_ABORTED);
    memset(&told, 0, sizeof told);
    TRUTH(ReadFileEx(fifo, bytes, sizeof bytes, &one, routine));
    TRUTH(CancelIo(fifo));
    EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EQUAL(told.calls, 1);
    EQUAL(told.error, ERROR_OPERATION_ABORTED);
    EQUAL(told.count, 0);
    FAILS(ReadFile(fifo, bytes, sizeof bytes, NULL, &one), ERROR_IO_PENDING);
    CloseHandle(fifo);
    EQUAL(WaitForSingleObject(one.hEvent, INFINITE), WAIT_OBJECT_0);
    EQUAL(one.Internal, 0xC0000120);
    CloseHandle(one.hEvent);
    CloseHandle(two.hEvent);
    TRUTH(DeleteFileA(at("fifo")));
}

static DWORD WINAPI read_fifo(void *fifo) {
    char byte;
    DWORD count;
    return ReadFile(fifo, &byte, 1, &count, NULL) ? 0 : GetLastError();
}

static void a_read_that_blocks_is_cancelled(void) {
    HANDLE fifo = open_fifo(RW, 0);
    DWORD id, count;
    HANDLE thread = start(read_fifo, fifo, &id);
    until_blocked(id);
    TRUTH(CancelSynchronousIo(thread));
    EQUAL(join(thread), ERROR_OPERATION_ABORTED);
    thread = start(read_fifo, fifo, &id);
    until_blocked(id);
    TRUTH(WriteFile(fifo, "x", 1, &count, NULL));
    EQUAL(join(thread), 0);
    CloseHandle(fifo);
    TRUTH(DeleteFileA(at("fifo")));
}

static void a_thread_that_is_terminated_leaves_no_read(void) {
    HANDLE fifo = open_fifo(RW, 0);
    DWORD id, count;
    char byte = 0;
    HANDLE thread = start(read_fifo, fifo, &id);
    until_blocked(id);
    TRUTH(TerminateThread(thread, 7));
    EQUAL(join(thread), 7);
    TRUTH(WriteFile(fifo, "x", 1, &count, NULL)); // nobody else takes it
    TRUTH(ReadFile(fifo, &byte, 1, &count, NULL));
    EQUAL(byte, 'x');
    CloseHandle(fifo);
    TRUTH(DeleteFileA(at("fifo")));
}

static void a_fifo_without_another_end_is_broken(void) {
    HANDLE reader = open_fifo(GENERIC_READ, 0), writer = open_fifo(GENERIC_WRITE, 0);
    char byte = 'x';
    DWORD count = UNTOUCHED;
    TRUTH(WriteFile(writer, &byte, 1, &count, NULL));
    CloseHandle(writer);
    TRUTH(ReadFile(reader, &byte, 1, &count, NULL));
    FAILS(ReadFile(reader, &byte, 1, &count, NULL), ERROR_BROKEN_PIPE);
    writer = open_fifo(GENERIC_WRITE, 0);
    CloseHandle(reader);
    FAILS(WriteFile(writer, &byte, 1, &count, NULL), ERROR_NO_DATA); // and no SIGPIPE
    CloseHandle(writer);
    TRUTH(DeleteFileA(at("fifo")));
}

static void no_descriptor_is_left(void) {
    int before = entries(DESCRIPTORS);
    for (int i = 0; i < 50; i++) {
        HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
        OVERLAPPED overlapped = place(0, NULL);
        DWORD count;
        EQUAL(finish(file, WriteFile(file, "x", 1, NULL, &overlapped), &overlapped, &count), 0);
        CloseHandle(file);
        HANDLE fifo = open_fifo(RW, FILE_FLAG_OVERLAPPED);
        char byte;
        FAILS(ReadFile(fifo, &byte, 1, NULL, &overlapped), ERROR_IO_PENDING);
        CloseHandle(fifo);
        while (!HasOverlappedIoCompleted(&overlapped)) sched_yield();
    }
    until_entries(DESCRIPTORS, before);
    TRUTH(DeleteFileA(at("fifo")));
}
#endif

static const struct test_case cases[] = {
    CASE(a_write_and_a_read_at_offsets),
    CASE(offsets_have_64_bits),
    CASE(the_end_of_file_is_an_error),
    CASE(an_overlapped_handle_needs_an_overlapped),
    CASE(a_synchronous_handle_takes_an_offset_and_moves),
    CASE(all_ones_is_the_end_of_the_file),
    CASE(an_event_that_is_none_is_refused),
    CASE(the_file_is_signaled_when_there_is_no_event),
    CASE(results_are_what_the_overlapped_says),
    CASE(waiting_for_a_result_may_be_alertable),
    CASE(many_requests_at_once),
    CASE(unbuffered_requests_end_like_others),
    CASE(pages_are_gathered_and_scattered),
    CASE(a_routine_is_called_in_an_alertable_wait),
    CASE(a_routine_is_not_called_for_what_fails_at_once),
    CASE(a_port_is_told_of_every_request),
    CASE(a_port_takes_files_that_are_overlapped),
    CASE(packets_of_successes_at_once_are_skipped),
    CASE(the_file_is_not_signaled_if_it_shall_not_be),
    CASE(nothing_to_cancel),
#ifndef _WIN32
    CASE(a_fifo_is_read_when_something_comes),
    CASE(a_pending_read_is_cancelled),
    CASE(a_read_that_blocks_is_cancelled),
    CASE(a_thread_that_is_terminated_leaves_no_read),
    CASE(a_fifo_without_another_end_is_broken),
    CASE(no_descriptor_is_left),
#endif
};

RUN_FILE_CASES(cases)
