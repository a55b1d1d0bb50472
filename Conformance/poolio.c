// poolio.c: the thread pool's I/O: a callback for each request that has ended.
#include "filecase.h"

enum { LONG_TIME = 20000 };

// What callbacks note, and what they wait for.
struct record {
    HANDLE begun; // a semaphore: released by each callback
    HANDLE go;    // a manual-reset event: what blocking callbacks wait for
    LONG volatile count;
    PVOID overlapped, io;
    ULONG result;
    ULONG_PTR bytes;
    DWORD thread;
};

static void open_record(struct record *record) {
    memset(record, 0, sizeof *record);
    record->begun = CreateSemaphoreA(NULL, 0, 1000000, NULL);
    record->go = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(record->begun && record->go);
}

static void close_record(struct record *record) { TRUTH(CloseHandle(record->begun) && CloseHandle(record->go)); }

static void begins(struct record *record) { EQUAL(WaitForSingleObject(record->begun, LONG_TIME), WAIT_OBJECT_0); }

static VOID CALLBACK noting(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped, ULONG result,
                            ULONG_PTR bytes, PTP_IO io) {
    struct record *record = context;
    TRUTH(instance != NULL);
    record->overlapped = overlapped, record->result = result, record->bytes = bytes, record->io = io;
    record->thread = GetCurrentThreadId();
    InterlockedIncrement(&record->count);
    ReleaseSemaphore(record->begun, 1, NULL);
}

static VOID CALLBACK blocking(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped, ULONG result,
                              ULONG_PTR bytes, PTP_IO io) {
    struct record *record = context;
    HANDLE go = record->go;
    (void)instance, (void)overlapped, (void)result, (void)bytes;
    InterlockedIncrement(&record->count);
    ReleaseSemaphore(record->begun, 1, NULL);
    EQUAL(WaitForSingleObject(go, LONG_TIME), WAIT_OBJECT_0);
    record->io = io;
    ReleaseSemaphore(record->begun, 1, NULL);
}

static struct record *volatile bound;

static VOID WINAPI routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped) {
    struct record *record = bound;
    record->result = error, record->bytes = bytes, record->overlapped = overlapped;
    record->thread = GetCurrentThreadId();
    InterlockedIncrement(&record->count);
    ReleaseSemaphore(record->begun, 1, NULL);
}

// Both ends of a pipe; the server's is overlapped.
static void connect_pipe(HANDLE *server, HANDLE *client) {
    static LONG volatile serial;
    char name[80];
    snprintf(name, sizeof name, "\\\\.\\pipe\\poolio-%u-%u", (unsigned)GetCurrentProcessId(),
             (unsigned)InterlockedIncrement(&serial));
    *server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    *client = CreateFileA(name, RW, 0, NULL, OPEN_EXISTING, 0, NULL);
    TRUTH(*server != INVALID_HANDLE_VALUE && *client != INVALID_HANDLE_VALUE);
}

static void write_byte(HANDLE pipe) {
    DWORD count = 0;
    TRUTH(WriteFile(pipe, "x", 1, &count, NULL));
    EQUAL(count, 1);
}

static void begin_read(HANDLE pipe, PTP_IO io, char *byte, OVERLAPPED *request) {
    memset(request, 0, sizeof *request);
    StartThreadpoolIo(io);
    FAILS(ReadFile(pipe, byte, 1, NULL, request), ERROR_IO_PENDING);
}

static void a_request_that_was_pending_has_a_callback(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    char byte = 0;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, NULL);
    REQUIRE(io != NULL);
    begin_read(server, io, &byte, &request);
    EQUAL(record.count, 0);
    write_byte(client);
    begins(&record);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    EQUAL(record.count, 1);
    EQUAL(record.overlapped, &request);
    EQUAL(record.result, NO_ERROR);
    EQUAL(record.bytes, 1);
    EQUAL(record.io, io);
    EQUAL(byte, 'x');
    TRUTH(record.thread != GetCurrentThreadId());
    CloseHandle(server), CloseHandle(client);
    CloseThreadpoolIo(io);
    close_record(&record);
}

static void a_request_that_ends_at_once_has_one_too(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    char byte = 0;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, NULL);
    REQUIRE(io != NULL);
    write_byte(client);
    memset(&request, 0, sizeof request);
    StartThreadpoolIo(io);
    TRUTH(ReadFile(server, &byte, 1, NULL, &request) || GetLastError() == ERROR_IO_PENDING);
    begins(&record);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    EQUAL(record.count, 1);
    EQUAL(record.bytes, 1);
    CloseHandle(server), CloseHandle(client);
    CloseThreadpoolIo(io);
    close_record(&record);
}

static void the_callback_is_told_of_failures(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    char byte;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, NULL);
    REQUIRE(io != NULL);
    begin_read(server, io, &byte, &request);
    TRUTH(CancelIoEx(server, &request));
    begins(&record);
    EQUAL(record.result, ERROR_OPERATION_ABORTED);
    EQUAL(record.bytes, 0);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    begin_read(server, io, &byte, &request);
    CloseHandle(client);
    begins(&record);
    EQUAL(record.result, ERROR_BROKEN_PIPE);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    // What fails at once has no callback, and is taken back.
    StartThreadpoolIo(io);
    FAILS(ReadFile(server, &byte, 1, NULL, &request), ERROR_BROKEN_PIPE);
    CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    EQUAL(record.count, 2);
    CloseHandle(server);
    CloseThreadpoolIo(io);
    close_record(&record);
}

static void files_have_callbacks(void) {
    enum { MANY = 64 };
    static OVERLAPPED requests[MANY];
    static char bytes[MANY][512];
    struct record record;
    make_folder();
    open_record(&record);
    HANDLE file = open_as(at("f"), RW, 0, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    PTP_IO io = CreateThreadpoolIo(file, noting, &record, NULL);
    REQUIRE(io != NULL);
    for (int i = 0; i < MANY; i++) {
        memset(&requests[i], 0, sizeof requests[i]);
        memset(bytes[i], i, sizeof bytes[i]);
        requests[i].Offset = (DWORD)(i * sizeof bytes[i]);
        StartThreadpoolIo(io);
        if (!WriteFile(file, bytes[i], sizeof bytes[i], NULL, &requests[i])) EQUAL(GetLastError(), ERROR_IO_PENDING);
    }
    WaitForThreadpoolIoCallbacks(io, FALSE);
    EQUAL(record.count, MANY);
    EQUAL(record.bytes, sizeof bytes[0]);
    EQUAL(record.result, NO_ERROR);
    CloseHandle(file);
    CloseThreadpoolIo(io);
    close_record(&record);
    TRUTH(DeleteFileA(at("f")));
}

// "…the thread pool does not call the callback … the application must call CancelThreadpoolIo" (StartThreadpoolIo).
static void a_success_that_is_not_told_is_taken_back(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    char byte;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, NULL);
    REQUIRE(io != NULL);
    TRUTH(SetFileCompletionNotificationModes(server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    write_byte(client);
    memset(&request, 0, sizeof request);
    StartThreadpoolIo(io);
    if (ReadFile(server, &byte, 1, NULL, &request)) {
        CancelThreadpoolIo(io);
        WaitForThreadpoolIoCallbacks(io, FALSE);
        EQUAL(record.count, 0);
    } else {
        EQUAL(GetLastError(), ERROR_IO_PENDING);
        WaitForThreadpoolIoCallbacks(io, FALSE);
        EQUAL(record.count, 1);
    }
    CloseHandle(server), CloseHandle(client);
    CloseThreadpoolIo(io);
    close_record(&record);
}

static DWORD WINAPI wait_for_io(PVOID io) {
    WaitForThreadpoolIoCallbacks(io, FALSE);
    return 0;
}

static void waiting_is_for_requests_and_callbacks(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    DWORD id;
    char byte;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, blocking, &record, NULL);
    REQUIRE(io != NULL);
    begin_read(server, io, &byte, &request);
    HANDLE waiting = start(wait_for_io, io, &id);
    until_blocked(id);
    write_byte(client);
    begins(&record);
    until_blocked(id);
    EQUAL(WaitForSingleObject(waiting, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(record.go));
    join(waiting);
    CloseHandle(server), CloseHandle(client);
    CloseThreadpoolIo(io);
    close_record(&record);
}

// "…only queued callbacks are canceled. Pending I/O requests are not canceled" (WaitForThreadpoolIoCallbacks).
static void callbacks_are_cancelled_and_requests_are_not(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    DWORD count = 0;
    char byte = 0;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, NULL);
    REQUIRE(io != NULL);
    begin_read(server, io, &byte, &request);
    WaitForThreadpoolIoCallbacks(io, TRUE);
    EQUAL(request.Internal, 0x103);
    write_byte(client);
    TRUTH(GetOverlappedResult(server, &request, &count, TRUE));
    EQUAL(count, 1);
    EQUAL(byte, 'x');
    // The next has its callback again.
    begin_read(server, io, &byte, &request);
    write_byte(client);
    begins(&record);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    EQUAL(record.count, 1);
    CloseHandle(server), CloseHandle(client);
    CloseThreadpoolIo(io);
    close_record(&record);
}

static DWORD WINAPI read_and_end(PVOID argument) {
    static char byte;
    PVOID *given = argument;
    begin_read(given[0], given[1], &byte, given[2]);
    return 0;
}

static void requests_outlive_their_thread(void) {
    static OVERLAPPED request;
    struct record record;
    HANDLE server, client;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, NULL);
    REQUIRE(io != NULL);
    PVOID given[3];
    given[0] = server, given[1] = io, given[2] = &request;
    join(start(read_and_end, given, NULL));
    write_byte(client);
    begins(&record);
    EQUAL(record.result, NO_ERROR);
    EQUAL(record.bytes, 1);
    CloseHandle(server), CloseHandle(client);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    CloseThreadpoolIo(io);
    close_record(&record);
}

static void an_object_closes_with_its_callback(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    char byte;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_IO io = CreateThreadpoolIo(server, blocking, &record, NULL);
    REQUIRE(io != NULL);
    begin_read(server, io, &byte, &request);
    write_byte(client);
    begins(&record);
    // "…freed asynchronously after the outstanding callbacks complete" (CloseThreadpoolIo).
    CloseThreadpoolIo(io);
    TRUTH(SetEvent(record.go));
    begins(&record);
    EQUAL(record.io, io);
    CloseHandle(server), CloseHandle(client);
    close_record(&record);
}

static void a_pool_of_its_own(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    TP_CALLBACK_ENVIRON environment;
    char byte;
    open_record(&record);
    connect_pipe(&server, &client);
    PTP_POOL pool = CreateThreadpool(NULL);
    REQUIRE(pool != NULL);
    SetThreadpoolThreadMaximum(pool, 1);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, &environment);
    REQUIRE(io != NULL);
    begin_read(server, io, &byte, &request);
    write_byte(client);
    begins(&record);
    EQUAL(record.bytes, 1);
    CloseHandle(server), CloseHandle(client);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    CloseThreadpoolIo(io);
    DestroyThreadpoolEnvironment(&environment);
    CloseThreadpool(pool);
    close_record(&record);
}

static PVOID volatile told_context, told_cleanup;
static VOID CALLBACK cancelled(PVOID context, PVOID cleanup) { told_context = context, told_cleanup = cleanup; }

static void groups_close_their_members(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    TP_CALLBACK_ENVIRON environment;
    DWORD count = 0;
    char byte;
    int cleanup;
    open_record(&record);
    for (int cancels = 0; cancels < 2; cancels++) {
        connect_pipe(&server, &client);
        PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
        REQUIRE(group != NULL);
        InitializeThreadpoolEnvironment(&environment);
        SetThreadpoolCallbackCleanupGroup(&environment, group, cancelled);
        record.count = 0, told_context = told_cleanup = NULL;
        PTP_IO io = CreateThreadpoolIo(server, noting, &record, &environment);
        REQUIRE(io != NULL);
        begin_read(server, io, &byte, &request);
        if (!cancels) write_byte(client);
        CloseThreadpoolCleanupGroupMembers(group, cancels, &cleanup);
        EQUAL(record.count, !cancels);
        EQUAL(told_context, cancels ? &record : NULL);
        EQUAL(told_cleanup, cancels ? &cleanup : NULL);
        if (cancels) {
            TRUTH(CancelIoEx(server, &request));
            FAILS(GetOverlappedResult(server, &request, &count, TRUE), ERROR_OPERATION_ABORTED);
        } else {
            begins(&record);
        }
        CloseThreadpoolCleanupGroup(group);
        DestroyThreadpoolEnvironment(&environment);
        CloseHandle(server), CloseHandle(client);
    }
    close_record(&record);
}

static void wrong_arguments(void) {
    struct record record;
    TP_CALLBACK_ENVIRON environment;
    HANDLE server, client;
    open_record(&record);
    connect_pipe(&server, &client);
    FAILS(CreateThreadpoolIo(NULL, noting, &record, NULL), ERROR_INVALID_HANDLE);
    FAILS(CreateThreadpoolIo(record.go, noting, &record, NULL), ERROR_INVALID_HANDLE);
#ifndef ON_WINE // An access violation when the first request ends.
    FAILS(CreateThreadpoolIo(server, NULL, &record, NULL), ERROR_INVALID_PARAMETER);
    // "…must have been opened for overlapped I/O completion" (CreateThreadpoolIo).
    FAILS(CreateThreadpoolIo(client, noting, &record, NULL), ERROR_INVALID_PARAMETER);
    InitializeThreadpoolEnvironment(&environment);
    environment.Version = 77;
    FAILS(CreateThreadpoolIo(server, noting, &record, &environment), ERROR_INVALID_PARAMETER);
#else
    (void)environment;
#endif
    PTP_IO io = CreateThreadpoolIo(server, noting, &record, NULL);
    REQUIRE(io != NULL);
    FAILS(CreateThreadpoolIo(server, noting, &record, NULL), ERROR_INVALID_PARAMETER);
    FAILS(BindIoCompletionCallback(server, routine, 0), ERROR_INVALID_PARAMETER);
    FAILS(CreateIoCompletionPort(server, NULL, 0, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(server), CloseHandle(client);
    CloseThreadpoolIo(io);
    close_record(&record);
}

static void a_bound_handle_has_its_function_called(void) {
    struct record record;
    OVERLAPPED request;
    HANDLE server, client;
    char byte = 0;
    open_record(&record);
    bound = &record;
    connect_pipe(&server, &client);
    REQUIRE(BindIoCompletionCallback(server, routine, 0));
    memset(&request, 0, sizeof request);
    FAILS(ReadFile(server, &byte, 1, NULL, &request), ERROR_IO_PENDING);
    write_byte(client);
    begins(&record);
    EQUAL(record.overlapped, &request);
    EQUAL(record.result, NO_ERROR);
    EQUAL(record.bytes, 1);
    TRUTH(record.thread != GetCurrentThreadId());
    memset(&request, 0, sizeof request);
    FAILS(ReadFile(server, &byte, 1, NULL, &request), ERROR_IO_PENDING);
    CloseHandle(client);
    begins(&record);
    EQUAL(record.bytes, 0);
#ifndef ON_WINE // "dwErrorCode: the I/O completion status", of which Wine gives the NT status (LPOVERLAPPED_COMPLETION_ROUTINE).
    EQUAL(record.result, ERROR_BROKEN_PIPE);
    FAILS(BindIoCompletionCallback(server, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(BindIoCompletionCallback(record.go, routine, 0), ERROR_INVALID_HANDLE);
#endif
    FAILS(BindIoCompletionCallback(server, routine, 0), ERROR_INVALID_PARAMETER);
    FAILS(BindIoCompletionCallback(NULL, routine, 0), ERROR_INVALID_HANDLE);
    CloseHandle(server);
    close_record(&record);
}

static const struct test_case cases[] = {
    CASE(a_request_that_was_pending_has_a_callback),
    CASE(a_request_that_ends_at_once_has_one_too),
    CASE(the_callback_is_told_of_failures),
    CASE(files_have_callbacks),
    CASE(a_success_that_is_not_told_is_taken_back),
    CASE(waiting_is_for_requests_and_callbacks),
    CASE(callbacks_are_cancelled_and_requests_are_not),
    CASE(requests_outlive_their_thread),
    CASE(an_object_closes_with_its_callback),
    CASE(a_pool_of_its_own),
    CASE(groups_close_their_members),
    CASE(wrong_arguments),
    CASE(a_bound_handle_has_its_function_called),
    CASE(the_folder_is_empty_in_the_end),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
