// pipes.c: named and anonymous pipes.
#include "children.h"
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

#define RW (GENERIC_READ | GENERIC_WRITE)
#define MESSAGES (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)
enum { LONG_TIME = 20000 };

// A name of its own for each case.
static char name[96];
static WCHAR wide_name[96];

static void new_name(void) {
    static unsigned serial;
    snprintf(name, sizeof name, "\\\\.\\pipe\\pipes-%u-%u", (unsigned)GetCurrentProcessId(), serial++);
    MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, COUNT(wide_name));
}

static HANDLE make(DWORD open, DWORD mode, DWORD instances) {
    return CreateNamedPipeA(name, open, mode, instances, 4096, 4096, 0, NULL);
}
static HANDLE come(DWORD flags) { return CreateFileA(name, RW, 0, NULL, OPEN_EXISTING, flags, NULL); }

static HANDLE server, client;
static void connect_pipe(DWORD open, DWORD mode) {
    new_name();
    server = make(PIPE_ACCESS_DUPLEX | open, mode, 1);
    client = come(0);
    TRUTH(server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
}
static void close_pipe(void) { TRUTH(CloseHandle(server) && CloseHandle(client)); }

static void put(HANDLE pipe, const char *text) {
    DWORD count = 0;
    TRUTH(WriteFile(pipe, text, (DWORD)strlen(text), &count, NULL));
    EQUAL(count, strlen(text));
}

static void gets_from(HANDLE pipe, const char *text) {
    char buffer[64] = "";
    DWORD count = UNTOUCHED;
    TRUTH(ReadFile(pipe, buffer, sizeof buffer, &count, NULL));
    EQUAL(count, strlen(text));
    TRUTH(!memcmp(buffer, text, strlen(text)));
}

static void wide_names_are_the_same(void) {
    new_name();
    server = CreateNamedPipeW(wide_name, PIPE_ACCESS_DUPLEX, MESSAGES, 1, 4096, 4096, 0, NULL);
    REQUIRE(server != INVALID_HANDLE_VALUE);
    TRUTH(WaitNamedPipeW(wide_name, 1000));
    client = CreateFileW(wide_name, RW, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE(client != INVALID_HANDLE_VALUE);
    FAILS(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    put(client, "wide");
    gets_from(server, "wide");
    EQUAL(GetFileType(server), FILE_TYPE_PIPE);
    EQUAL(GetFileType(client), FILE_TYPE_PIPE);
    close_pipe();
    FAILS(WaitNamedPipeW(wide_name, 1), ERROR_FILE_NOT_FOUND);
}

static void wrong_arguments_of_making(void) {
    char text[300];
    new_name();
    FAILS_WITH(make(0, 0, 1), INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    FAILS_WITH(CreateNamedPipeA("C:\\pipes", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), INVALID_HANDLE_VALUE,
               ERROR_INVALID_NAME);
    FAILS_WITH(CreateNamedPipeW(L"pipes", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), INVALID_HANDLE_VALUE,
               ERROR_INVALID_NAME);
#ifndef ON_WINE // Of these Wine says nothing (CreateNamedPipe: nMaxInstances, dwOpenMode, lpName).
    FAILS_WITH(make(PIPE_ACCESS_DUPLEX, 0, 0), INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    FAILS_WITH(make(PIPE_ACCESS_DUPLEX, 0, 256), INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    FAILS_WITH(make(PIPE_ACCESS_DUPLEX, 0x100, 1), INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    FAILS_WITH(make(PIPE_ACCESS_DUPLEX | 4, 0, 1), INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    memset(text, 'x', sizeof text - 1), text[sizeof text - 1] = 0;
    memcpy(text, "\\\\.\\pipe\\", 9);
    FAILS_WITH(CreateNamedPipeA(text, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), INVALID_HANDLE_VALUE,
               ERROR_INVALID_NAME);
#else
    (void)text;
#endif
    FAILS_WITH(make(PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1), INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    // Nothing was made.
    FAILS_WITH(come(0), INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND);
}

static void instances_are_of_one_kind(void) {
    HANDLE other;
    new_name();
    server = make(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES);
    REQUIRE(server != INVALID_HANDLE_VALUE);
#ifndef ON_WINE // "The same pipe type … must be specified for each instance", which Wine does not ask for (CreateNamedPipe).
    FAILS_WITH(make(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES), INVALID_HANDLE_VALUE,
               ERROR_ACCESS_DENIED);
#endif
    FAILS_WITH(make(PIPE_ACCESS_INBOUND, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES), INVALID_HANDLE_VALUE,
               ERROR_ACCESS_DENIED);
#ifndef ON_WINE // Wine knows no FILE_FLAG_FIRST_PIPE_INSTANCE (CreateNamedPipe).
    FAILS_WITH(make(PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_MESSAGE, 255), INVALID_HANDLE_VALUE,
               ERROR_ACCESS_DENIED);
#endif
    // How an instance reads and waits is its own.
    other = make(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, MESSAGES | PIPE_NOWAIT, PIPE_UNLIMITED_INSTANCES);
    TRUTH(other != INVALID_HANDLE_VALUE);
    CloseHandle(server), CloseHandle(other);
}

static void a_client_may_do_what_the_server_does_not(void) {
    DWORD count;
    new_name();
    server = make(PIPE_ACCESS_OUTBOUND, 0, 1);
    REQUIRE(server != INVALID_HANDLE_VALUE);
    FAILS_WITH(come(0), INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED);
    client = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE(client != INVALID_HANDLE_VALUE);
    put(server, "out");
    gets_from(client, "out");
    FAILS(WriteFile(client, "x", 1, &count, NULL), ERROR_ACCESS_DENIED);
    FAILS(PeekNamedPipe(server, NULL, 0, NULL, &count, NULL), ERROR_ACCESS_DENIED);
#ifndef ON_WINE // It takes GENERIC_WRITE or FILE_WRITE_ATTRIBUTES, for which Wine does not look (SetNamedPipeHandleState).
    DWORD mode = PIPE_NOWAIT;
    FAILS(SetNamedPipeHandleState(client, &mode, NULL, NULL), ERROR_ACCESS_DENIED);
#endif
    close_pipe();
}

static void what_is_no_pipe(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD n = UNTOUCHED;
    char byte;
    ULONG id = UNTOUCHED;
    HANDLE others[2];
    others[0] = event, others[1] = NULL;
    for (int i = 0; i < 2; i++) {
        HANDLE other = others[i];
        FAILS(ConnectNamedPipe(other, NULL), ERROR_INVALID_HANDLE);
        FAILS(DisconnectNamedPipe(other), ERROR_INVALID_HANDLE);
#ifndef ON_WINE // Of these Wine looks at the object later.
        FAILS(PeekNamedPipe(other, NULL, 0, NULL, &n, NULL), ERROR_INVALID_HANDLE);
        FAILS(TransactNamedPipe(other, &byte, 1, &byte, 1, &n, NULL), ERROR_INVALID_HANDLE);
        FAILS(SetNamedPipeHandleState(other, NULL, NULL, NULL), ERROR_INVALID_HANDLE);
        FAILS(GetNamedPipeHandleStateA(other, &n, NULL, NULL, NULL, NULL, 0), ERROR_INVALID_HANDLE);
        FAILS(GetNamedPipeHandleStateW(other, &n, NULL, NULL, NULL, NULL, 0), ERROR_INVALID_HANDLE);
        FAILS(GetNamedPipeInfo(other, &n, NULL, NULL, NULL), ERROR_INVALID_HANDLE);
        FAILS(GetNamedPipeClientProcessId(other, &id), ERROR_INVALID_HANDLE);
        FAILS(GetNamedPipeServerProcessId(other, &id), ERROR_INVALID_HANDLE);
#else
        (void)byte;
#endif
    }
    EQUAL(n, UNTOUCHED);
    EQUAL(id, UNTOUCHED);
    CloseHandle(event);
}

static void states_and_facts(void) {
    DWORD state = UNTOUCHED, instances = UNTOUCHED, flags = UNTOUCHED, out = UNTOUCHED, in = UNTOUCHED, most = UNTOUCHED;
    DWORD mode = PIPE_READMODE_MESSAGE;
    ULONG id = UNTOUCHED;
    new_name();
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, MESSAGES, 3, 1000, 2000, 0, NULL);
    client = come(0);
    REQUIRE(server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
    TRUTH(GetNamedPipeInfo(server, &flags, &out, &in, &most));
    EQUAL(flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
    EQUAL(out, 1000);
    EQUAL(in, 2000);
    EQUAL(most, 3);
    TRUTH(GetNamedPipeInfo(client, &flags, NULL, NULL, NULL));
    EQUAL(flags, PIPE_CLIENT_END | PIPE_TYPE_MESSAGE);
    TRUTH(GetNamedPipeInfo(client, NULL, NULL, NULL, NULL));
    TRUTH(GetNamedPipeHandleStateW(client, &state, &instances, NULL, NULL, NULL, 0));
    EQUAL(state, PIPE_READMODE_BYTE);
    EQUAL(instances, 1);
    TRUTH(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    TRUTH(GetNamedPipeHandleStateA(client, &state, NULL, NULL, NULL, NULL, 0));
    EQUAL(state, PIPE_READMODE_MESSAGE);
#ifndef ON_WINE // "This parameter must be NULL if …" (SetNamedPipeHandleState, GetNamedPipeHandleState)
    FAILS(SetNamedPipeHandleState(client, NULL, &most, NULL), ERROR_INVALID_PARAMETER);
    FAILS(SetNamedPipeHandleState(client, NULL, NULL, &most), ERROR_INVALID_PARAMETER);
    FAILS(GetNamedPipeHandleStateA(client, NULL, NULL, &most, NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(GetNamedPipeHandleStateA(client, NULL, NULL, NULL, &most, NULL, 0), ERROR_INVALID_PARAMETER);
    char user[8];
    FAILS(GetNamedPipeHandleStateA(server, NULL, NULL, NULL, NULL, user, sizeof user), ERROR_CANNOT_IMPERSONATE);
    FAILS(GetNamedPipeClientProcessId(server, NULL), ERROR_INVALID_PARAMETER);
#endif
    mode = 0x100;
    FAILS(SetNamedPipeHandleState(client, &mode, NULL, NULL), ERROR_INVALID_PARAMETER);
    TRUTH(GetNamedPipeClientProcessId(server, &id));
    EQUAL(id, GetCurrentProcessId());
    id = UNTOUCHED;
    TRUTH(GetNamedPipeServerProcessId(client, &id));
    EQUAL(id, GetCurrentProcessId());
    close_pipe();
}

static void states_before_and_after_a_client(void) {
    char byte;
    DWORD n = UNTOUCHED;
    new_name();
    server = make(PIPE_ACCESS_DUPLEX, MESSAGES, 1);
    REQUIRE(server != INVALID_HANDLE_VALUE);
    FAILS(ReadFile(server, &byte, 1, &n, NULL), ERROR_PIPE_LISTENING);
    FAILS(PeekNamedPipe(server, &byte, 1, NULL, NULL, NULL), ERROR_BAD_PIPE);
    FAILS(DisconnectNamedPipe(server), ERROR_PIPE_LISTENING);
    client = come(0);
    REQUIRE(client != INVALID_HANDLE_VALUE);
    // The client's end is not for the server's calls.
    FAILS(ConnectNamedPipe(client, NULL), ERROR_INVALID_FUNCTION);
#ifndef ON_WINE // ERROR_NOT_SUPPORTED there (DisconnectNamedPipe: "a handle to an instance of a named pipe … created by CreateNamedPipe").
    FAILS(DisconnectNamedPipe(client), ERROR_INVALID_FUNCTION);
#endif
    put(client, "lost");
    TRUTH(DisconnectNamedPipe(server));
    FAILS(ReadFile(server, &byte, 1, &n, NULL), ERROR_PIPE_NOT_CONNECTED);
    FAILS(ReadFile(client, &byte, 1, &n, NULL), ERROR_PIPE_NOT_CONNECTED);
    FAILS(WriteFile(client, &byte, 1, &n, NULL), ERROR_PIPE_NOT_CONNECTED);
    FAILS(PeekNamedPipe(client, &byte, 1, NULL, NULL, NULL), ERROR_PIPE_NOT_CONNECTED);
    FAILS(WaitNamedPipeA(name, 1), ERROR_SEM_TIMEOUT);
    close_pipe();
}

static void peeking_leaves_messages(void) {
    char text[8] = "";
    DWORD read = UNTOUCHED, available = UNTOUCHED, left = UNTOUCHED, n;
    connect_pipe(0, MESSAGES);
    put(client, "12345"), put(client, "67");
    TRUTH(PeekNamedPipe(server, text, 3, &read, &available, &left));
    EQUAL(read, 3);
    EQUAL(available, 7);
    EQUAL(left, 2);
    TRUTH(!memcmp(text, "123", 3));
    // What was read of a message is gone from it.
    FAILS(ReadFile(server, text, 2, &n, NULL), ERROR_MORE_DATA);
    TRUTH(PeekNamedPipe(server, text, 8, &read, &available, &left));
    EQUAL(read, 3);
    EQUAL(available, 5);
    EQUAL(left, 0);
    gets_from(server, "345");
    gets_from(server, "67");
    close_pipe();
}

static void an_empty_message_is_one(void) {
    DWORD n = UNTOUCHED;
    char byte;
    connect_pipe(0, MESSAGES);
    TRUTH(WriteFile(client, NULL, 0, &n, NULL));
    EQUAL(n, 0);
    put(client, "full");
    n = UNTOUCHED;
    TRUTH(ReadFile(server, &byte, 1, &n, NULL));
    EQUAL(n, 0);
    gets_from(server, "full");
    // The last thing before the end, too.
    TRUTH(WriteFile(client, "", 0, &n, NULL));
    CloseHandle(client);
    TRUTH(ReadFile(server, &byte, 1, &n, NULL));
    EQUAL(n, 0);
    FAILS(ReadFile(server, &byte, 1, &n, NULL), ERROR_BROKEN_PIPE);
    CloseHandle(server);
}

static void writes_of_ends_that_do_not_wait(void) {
    static char much[20000];
    DWORD n = UNTOUCHED, mode = PIPE_NOWAIT;
    connect_pipe(0, PIPE_TYPE_BYTE);
    TRUTH(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    FAILS(ReadFile(client, much, 1, &n, NULL), ERROR_NO_DATA);
#ifndef ON_WINE // Wine's buffers have no end.
    // What there is room for is written (Named Pipe Type, Read, and Wait Modes).
    TRUTH(WriteFile(client, much, sizeof much, &n, NULL));
    EQUAL(n, 4096);
    TRUTH(WriteFile(client, much, sizeof much, &n, NULL));
    EQUAL(n, 0);
#endif
    close_pipe();
    connect_pipe(0, MESSAGES);
    TRUTH(SetNamedPipeHandleState(client, &mode, NULL, NULL));
#ifndef ON_WINE
    put(client, "x");
    // Of a message all or nothing.
    TRUTH(WriteFile(client, much, 4096, &n, NULL));
    EQUAL(n, 0);
#endif
    close_pipe();
}

static void pending_requests_end_in_order(void) {
    OVERLAPPED requests[3];
    char bytes[3][4];
    DWORD n;
    memset(requests, 0, sizeof requests);
    connect_pipe(FILE_FLAG_OVERLAPPED, MESSAGES);
    for (int i = 0; i < 3; i++) {
        requests[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        FAILS(ReadFile(server, bytes[i], 4, NULL, &requests[i]), ERROR_IO_PENDING);
    }
    // A later one is cancelled; the others are not.
    TRUTH(CancelIoEx(server, &requests[1]));
    FAILS(GetOverlappedResult(server, &requests[1], &n, TRUE), ERROR_OPERATION_ABORTED);
    EQUAL(WaitForSingleObject(requests[0].hEvent, 0), WAIT_TIMEOUT);
    put(client, "one");
    TRUTH(GetOverlappedResult(server, &requests[0], &n, TRUE));
    EQUAL(n, 3);
    EQUAL(requests[2].Internal, 0x103);
    put(client, "longer");
    FAILS(GetOverlappedResult(server, &requests[2], &n, TRUE), ERROR_MORE_DATA);
    EQUAL(n, 4);
    TRUTH(!memcmp(bytes[0], "one", 3) && !memcmp(bytes[2], "long", 4));
    for (int i = 0; i < 3; i++) CloseHandle(requests[i].hEvent);
    close_pipe();
}

static void a_write_without_room_waits_and_is_cancelled(void) {
#ifdef ON_WINE
    SKIP("Wine's buffers have no end");
#else
    static char much[10000], all[20000];
    OVERLAPPED first, second;
    DWORD n;
    memset(&first, 0, sizeof first), memset(&second, 0, sizeof second);
    connect_pipe(FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE);
    first.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    second.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    memset(much, 'a', sizeof much);
    FAILS(WriteFile(server, much, sizeof much, NULL, &first), ERROR_IO_PENDING);
    memset(much, 'b', sizeof much);
    FAILS(WriteFile(server, much, sizeof much, NULL, &second), ERROR_IO_PENDING);
    TRUTH(CancelIoEx(server, &second));
    FAILS(GetOverlappedResult(server, &second, &n, TRUE), ERROR_OPERATION_ABORTED);
    // When what is unread fits, the write has ended.
    TRUTH(ReadFile(client, all, 5000, &n, NULL));
    EQUAL(WaitForSingleObject(first.hEvent, 0), WAIT_TIMEOUT);
    TRUTH(ReadFile(client, all, 1000, &n, NULL));
    TRUTH(GetOverlappedResult(server, &first, &n, TRUE));
    EQUAL(n, sizeof much);
    TRUTH(ReadFile(client, all, sizeof all, &n, NULL));
    EQUAL(n, 4000);
    EQUAL(all[0], 'a');
    CloseHandle(first.hEvent), CloseHandle(second.hEvent);
    close_pipe();
#endif
}

static void a_pipe_is_signaled_by_its_requests(void) {
    OVERLAPPED request;
    DWORD n;
    char byte;
    memset(&request, 0, sizeof request);
    connect_pipe(FILE_FLAG_OVERLAPPED, 0);
    FAILS(ReadFile(server, &byte, 1, NULL, &request), ERROR_IO_PENDING);
    EQUAL(WaitForSingleObject(server, 0), WAIT_TIMEOUT);
    put(client, "x");
    EQUAL(WaitForSingleObject(server, LONG_TIME), WAIT_OBJECT_0);
    TRUTH(GetOverlappedResult(server, &request, &n, FALSE));
    EQUAL(n, 1);
    close_pipe();
}

static void memory_that_is_none(void) {
#ifdef ON_WINE
    SKIP("Wine's server writes where it is told");
#else
    DWORD n = UNTOUCHED;
    connect_pipe(0, 0);
    FAILS(WriteFile(client, (void *)4096, 10, &n, NULL), ERROR_NOACCESS);
    put(client, "here");
    FAILS(ReadFile(server, (void *)4096, 10, &n, NULL), ERROR_NOACCESS);
    gets_from(server, "here"); // still
    close_pipe();
#endif
}

// ---- messages and answers

static DWORD WINAPI answer(LPVOID unused) {
    char text[32];
    DWORD n = 0;
    (void)unused;
    if (!ConnectNamedPipe(server, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) return 1;
    if (!ReadFile(server, text, sizeof text, &n, NULL)) return 2;
    text[0]++;
    return WriteFile(server, text, n, &n, NULL) ? 0 : 3;
}

static void a_call_is_a_connection(void) {
    char text[8];
    DWORD n = UNTOUCHED;
    new_name();
    FAILS(CallNamedPipeA(name, "abc", 3, text, 8, &n, NMPWAIT_NOWAIT), ERROR_FILE_NOT_FOUND);
    server = make(PIPE_ACCESS_DUPLEX, MESSAGES, 1);
    REQUIRE(server != INVALID_HANDLE_VALUE);
    HANDLE thread = start(answer, NULL, NULL);
    TRUTH(CallNamedPipeW(wide_name, "abc", 3, text, 8, &n, NMPWAIT_WAIT_FOREVER));
    EQUAL(n, 3);
    TRUTH(!memcmp(text, "bbc", 3));
    EQUAL(join(thread), 0);
    TRUTH(DisconnectNamedPipe(server));
    // Nobody listens now.
#ifndef ON_WINE // "Does not wait for the named pipe" (CallNamedPipe, NMPWAIT_NOWAIT); Wine waits for a millisecond.
    FAILS(CallNamedPipeA(name, "abc", 3, text, 8, &n, NMPWAIT_NOWAIT), ERROR_PIPE_BUSY);
#endif
    FAILS(CallNamedPipeA(name, "abc", 3, text, 8, &n, 10), ERROR_SEM_TIMEOUT);
    thread = start(answer, NULL, NULL);
    FAILS(CallNamedPipeA(name, "abc", 3, text, 2, &n, NMPWAIT_WAIT_FOREVER), ERROR_MORE_DATA);
    EQUAL(n, 2);
    EQUAL(join(thread), 0);
    CloseHandle(server);
    new_name();
    server = make(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    FAILS(CallNamedPipeA(name, "abc", 3, text, 8, &n, NMPWAIT_NOWAIT), ERROR_INVALID_PARAMETER);
    CloseHandle(server);
    FAILS(CallNamedPipeA("elsewhere", "abc", 3, text, 8, &n, NMPWAIT_NOWAIT), ERROR_PATH_NOT_FOUND);
}

static void a_transaction_may_be_overlapped(void) {
    OVERLAPPED request;
    char text[8] = "";
    DWORD n = UNTOUCHED, mode = PIPE_READMODE_MESSAGE;
    memset(&request, 0, sizeof request);
    request.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    new_name();
    server = make(PIPE_ACCESS_DUPLEX, MESSAGES, 1);
    client = come(FILE_FLAG_OVERLAPPED);
    REQUIRE(server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
    FAILS(TransactNamedPipe(client, "ask", 3, text, 8, NULL, &request), ERROR_BAD_PIPE);
    TRUTH(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    FAILS(TransactNamedPipe(client, "ask", 3, text, 8, NULL, &request), ERROR_IO_PENDING);
    gets_from(server, "ask");
    put(server, "told");
    TRUTH(GetOverlappedResult(client, &request, &n, TRUE));
    EQUAL(n, 4);
    TRUTH(!memcmp(text, "told", 4));
    // "…if there is any unread data" (TransactNamedPipe)
    put(server, "unread");
    FAILS(TransactNamedPipe(client, "ask", 3, text, 8, NULL, &request), ERROR_PIPE_BUSY);
    CloseHandle(request.hEvent);
    close_pipe();
}

// ---- waiting for an instance

static DWORD WINAPI wait_for_instance(LPVOID unused) {
    (void)unused;
    return WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER) ? 0 : GetLastError();
}

static void waits_end_when_an_instance_listens(void) {
    DWORD id;
    connect_pipe(0, 0);
    FAILS(WaitNamedPipeA(name, NMPWAIT_USE_DEFAULT_WAIT), ERROR_SEM_TIMEOUT);
    HANDLE waiting = start(wait_for_instance, NULL, &id);
    until_blocked(id);
    TRUTH(DisconnectNamedPipe(server));
    HANDLE listening = start(answer, NULL, NULL);
    EQUAL(join(waiting), 0);
    CloseHandle(client);
    client = come(0);
    REQUIRE(client != INVALID_HANDLE_VALUE);
    put(client, "a");
    gets_from(client, "b");
    EQUAL(join(listening), 0);
    close_pipe();
    FAILS(WaitNamedPipeA("elsewhere", 1), ERROR_PATH_NOT_FOUND);
}

static DWORD WINAPI blocked_read(LPVOID pipe) {
    char byte;
    DWORD n;
    return ReadFile(pipe, &byte, 1, &n, NULL) ? 0 : GetLastError();
}

static void a_blocked_read_is_cancelled_or_broken(void) {
    DWORD id;
    connect_pipe(0, 0);
    HANDLE thread = start(blocked_read, client, &id);
    until_blocked(id);
    TRUTH(CancelSynchronousIo(thread));
    EQUAL(join(thread), ERROR_OPERATION_ABORTED);
    thread = start(blocked_read, client, &id);
    until_blocked(id);
    CloseHandle(server);
    EQUAL(join(thread), ERROR_BROKEN_PIPE);
    CloseHandle(client);
}

static DWORD WINAPI flush(LPVOID pipe) { return FlushFileBuffers(pipe) ? 0 : GetLastError(); }

static void a_flush_waits_for_the_reader(void) {
    DWORD id;
    connect_pipe(0, MESSAGES);
    TRUTH(FlushFileBuffers(server));
    put(server, "abc");
    HANDLE thread = start(flush, server, &id);
    until_blocked(id);
    gets_from(client, "abc");
    EQUAL(join(thread), 0);
    close_pipe();
}

// ---- anonymous pipes

static void anonymous_pipes(void) {
    HANDLE reading = NULL, writing = NULL;
    DWORD n = UNTOUCHED, available = UNTOUCHED, left = UNTOUCHED, mode = PIPE_NOWAIT;
    char text[8] = "";
    REQUIRE(CreatePipe(&reading, &writing, NULL, 0));
    EQUAL(GetFileType(reading), FILE_TYPE_PIPE);
    put(writing, "anonymous");
    TRUTH(PeekNamedPipe(reading, text, 4, &n, &available, &left));
    EQUAL(n, 4);
    EQUAL(available, 9);
#ifndef ON_WINE // "…zero for byte-type named pipes" (PeekNamedPipe, lpBytesLeftThisMessage)
    EQUAL(left, 0);
#endif
    TRUTH(!memcmp(text, "anon", 4));
    gets_from(reading, "anonymous");
    TRUTH(GetNamedPipeInfo(reading, &n, NULL, NULL, NULL));
    EQUAL(n & PIPE_TYPE_MESSAGE, 0);
    TRUTH(SetNamedPipeHandleState(writing, NULL, NULL, NULL));
#ifndef ON_WINE // Wine's end that reads may not be changed.
    TRUTH(SetNamedPipeHandleState(reading, &mode, NULL, NULL));
    FAILS(ReadFile(reading, text, 8, &n, NULL), ERROR_NO_DATA);
#else
    (void)mode;
#endif
    FAILS(PeekNamedPipe(writing, NULL, 0, NULL, &n, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(writing);
    FAILS(PeekNamedPipe(reading, NULL, 0, NULL, &n, NULL), ERROR_BROKEN_PIPE);
    FAILS(ReadFile(reading, text, 8, &n, NULL), ERROR_BROKEN_PIPE);
    CloseHandle(reading);
#ifndef ON_WINE
    FAILS(CreatePipe(NULL, &writing, NULL, 0), ERROR_INVALID_PARAMETER);
#endif
}

// Starts a program with these ends as its standard handles.
static BOOL start_with(char *line, HANDLE input, HANDLE output, PROCESS_INFORMATION *child) {
    STARTUPINFOA startup;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = input, startup.hStdOutput = output, startup.hStdError = output;
    return CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, child);
}

// What most programs do with pipes: the child reads one and writes another. The ends of ours are not the child's.
static void a_child_talks_through_pipes(void) {
    static char text[3000], back[4000];
    SECURITY_ATTRIBUTES inherited;
    PROCESS_INFORMATION child;
    HANDLE to_child, from_us, to_us, from_child;
    char line[4200];
    DWORD n, sum = 0;
    memset(&inherited, 0, sizeof inherited);
    inherited.nLength = sizeof inherited, inherited.bInheritHandle = TRUE;
    REQUIRE(CreatePipe(&to_child, &from_us, &inherited, 0) && CreatePipe(&to_us, &from_child, &inherited, 0));
    TRUTH(SetHandleInformation(from_us, HANDLE_FLAG_INHERIT, 0));
    TRUTH(SetHandleInformation(to_us, HANDLE_FLAG_INHERIT, 0));
#ifdef _WIN32
    snprintf(line, sizeof line, "\"%s\" cat", own_path);
#else
    snprintf(line, sizeof line, "cat"); // a program that knows nothing of all this
#endif
    REQUIRE(start_with(line, to_child, from_child, &child));
    TRUTH(CloseHandle(to_child) && CloseHandle(from_child));
    for (DWORD i = 0; i < sizeof text; i++) text[i] = (char)(i * 7 >> 3);
    // As much as fits, whatever the size: who writes does not read meanwhile.
    TRUTH(WriteFile(from_us, text, 3000, &n, NULL));
    CloseHandle(from_us); // the end of what the child reads
    while (sum < 3000 && ReadFile(to_us, back + sum, sizeof back - sum, &n, NULL)) sum += n;
    EQUAL(sum, 3000);
    FAILS(ReadFile(to_us, back + sum, 1, &n, NULL), ERROR_BROKEN_PIPE);
    TRUTH(!memcmp(text, back, 3000));
    EQUAL(end_of(&child), 0);
    CloseHandle(to_us);
}

#ifndef _WIN32
// A child's end blocks, as its program expects, though ours polls: also after ours was used.
static void a_slow_reader_makes_a_program_wait(void) {
    static char back[400000];
    SECURITY_ATTRIBUTES inherited;
    PROCESS_INFORMATION child;
    HANDLE reading, writing;
    char line[] = "head -c 400000 /dev/zero";
    DWORD n, sum = 0;
    memset(&inherited, 0, sizeof inherited);
    inherited.nLength = sizeof inherited, inherited.bInheritHandle = TRUE;
    REQUIRE(CreatePipe(&reading, &writing, &inherited, 0));
    TRUTH(SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0));
    put(writing, "first"); // ours has been used
    REQUIRE(start_with(line, NULL, writing, &child));
    CloseHandle(writing);
    // The pipe is full before anything is read: the child sleeps, or has failed.
    do TRUTH(PeekNamedPipe(reading, NULL, 0, NULL, &n, NULL));
    while (n < 60000 && WaitForSingleObject(child.hProcess, 1) == WAIT_TIMEOUT);
    EQUAL(WaitForSingleObject(child.hProcess, 20), WAIT_TIMEOUT);
    while (ReadFile(reading, back, sizeof back, &n, NULL)) sum += n;
    EQUAL(sum, 400005);
    EQUAL(end_of(&child), 0);
    CloseHandle(reading);
}
#endif

static int act_as_cat(void) {
    static char text[4096];
    size_t count;
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY), _setmode(_fileno(stdout), _O_BINARY);
#endif
    while ((count = fread(text, 1, sizeof text, stdin)) > 0) fwrite(text, 1, count, stdout);
    return fflush(stdout) != 0;
}

static const struct test_case cases[] = {
    CASE(wide_names_are_the_same),
    CASE(wrong_arguments_of_making),
    CASE(instances_are_of_one_kind),
    CASE(a_client_may_do_what_the_server_does_not),
    CASE(what_is_no_pipe),
    CASE(states_and_facts),
    CASE(states_before_and_after_a_client),
    CASE(peeking_leaves_messages),
    CASE(an_empty_message_is_one),
    CASE(writes_of_ends_that_do_not_wait),
    CASE(pending_requests_end_in_order),
    CASE(a_write_without_room_waits_and_is_cancelled),
    CASE(a_pipe_is_signaled_by_its_requests),
    CASE(memory_that_is_none),
    CASE(a_call_is_a_connection),
    CASE(a_transaction_may_be_overlapped),
    CASE(waits_end_when_an_instance_listens),
    CASE(a_blocked_read_is_cancelled_or_broken),
    CASE(a_flush_waits_for_the_reader),
    CASE(anonymous_pipes),
    CASE(a_child_talks_through_pipes),
#ifndef _WIN32
    CASE(a_slow_reader_makes_a_program_wait),
#endif
};

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "cat")) return act_as_cat();
    find_own_path(argv[0]);
    return run_cases(cases, COUNT(cases), argc, argv);
}
