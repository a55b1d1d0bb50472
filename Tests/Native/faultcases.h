// faultcases.h: what faults.c has fail. A scenario sets up, arms, does one thing, disarms, looks at what came of it, and
// returns the error of that thing; 0: it has succeeded.

struct scenario {
    const char *name;
    DWORD (*run)(void);
    DWORD also; // an error that it may end with, too
};

static char memory[2 * SIZE] __attribute__((aligned(4096))), other[2 * SIZE] __attribute__((aligned(4096)));

static void fill(char *bytes, size_t count, unsigned salt) {
    for (size_t i = 0; i < count; i++) bytes[i] = (char)(i * 7 + i / 256 + salt);
}

// ---- the end of a request, in the place that was promised

enum way { BY_EVENT, BY_HANDLE, BY_PORT, BY_ROUTINE };

static struct {
    OVERLAPPED overlapped;
    enum way way;
    HANDLE handle, event, port;
    unsigned calls;
    DWORD error, bytes;
} request;

static void CALLBACK file_routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped) {
    CHECK(overlapped == &request.overlapped);
    request.calls++;
    request.error = error, request.bytes = bytes;
}
static void CALLBACK socket_routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped, DWORD flags) {
    (void)flags;
    file_routine(error, bytes, overlapped);
}

static OVERLAPPED *begin_request(HANDLE handle, enum way way) {
    memset(&request, 0, sizeof request);
    request.way = way, request.handle = handle;
    if (way == BY_EVENT) request.overlapped.hEvent = request.event = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (way == BY_PORT) request.port = CreateIoCompletionPort(handle, NULL, 7, 0);
    SetLastError(0);
    return &request.overlapped;
}

static DWORD take_packet(DWORD milliseconds, bool *is_there) {
    ULONG_PTR key = 0;
    OVERLAPPED *overlapped = NULL;
    BOOL done = GetQueuedCompletionStatus(request.port, &request.bytes, &key, &overlapped, milliseconds);
    DWORD error = done ? 0 : GetLastError();
    *is_there = overlapped != NULL;
    if (*is_there) CHECK(overlapped == &request.overlapped && key == 7);
    return error;
}

// `started`: 0, or the error by which the call has said how it goes on. Disarms; returns how the request ended.
static DWORD end_request(DWORD started) {
    const bool is_told = started == 0 || started == ERROR_IO_PENDING;
    bool is_there = false;
    DWORD error = started;
    switch (request.way) {
    case BY_EVENT:
    case BY_HANDLE: {
        HANDLE waited = request.way == BY_EVENT ? request.event : request.handle;
        if (is_told) {
            CHECK(WaitForSingleObject(waited, PATIENCE) == WAIT_OBJECT_0);
            disarm();
            error = GetOverlappedResult(request.handle, &request.overlapped, &request.bytes, FALSE) ? 0 : GetLastError();
        }
        disarm();
        if (request.event && !is_told) CHECK(WaitForSingleObject(request.event, 0) == WAIT_TIMEOUT);
        if (request.event) ResetEvent(request.event);
        break;
    }
    case BY_PORT:
        if (is_told) {
            error = take_packet(PATIENCE, &is_there);
            CHECK(is_there);
        }
        disarm();
        take_packet(0, &is_there);
        CHECK(!is_there);
        break;
    case BY_ROUTINE:
        if (is_told) {
            CHECK(SleepEx(PATIENCE, TRUE) == WAIT_IO_COMPLETION);
            error = request.error;
        }
        disarm();
        CHECK(SleepEx(0, TRUE) == 0);
        CHECK(request.calls == is_told);
        break;
    }
    return error;
}

// The handle is closed now, so nothing comes any more.
static void finish_request(void) {
    bool is_there = false;
    if (request.event) {
        CHECK(WaitForSingleObject(request.event, 0) == WAIT_TIMEOUT);
        CloseHandle(request.event);
    }
    if (request.port) {
        take_packet(0, &is_there);
        CHECK(!is_there);
        CloseHandle(request.port);
    }
    if (request.way == BY_ROUTINE) CHECK(SleepEx(0, TRUE) == 0);
}

static DWORD error_of(BOOL done) { return done ? 0 : GetLastError(); }
static DWORD socket_error_of(int result) { return result == 0 ? 0 : (DWORD)WSAGetLastError(); }

// ---- files

static void put(const char *path, size_t count) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fill(other, count, 0);
    if (file < 0 || write(file, other, count) != (ssize_t)count) abort();
    close(file);
}

static long size_of(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 ? (long)found.st_size : -1;
}

static bool holds(const char *path, const char *bytes, size_t count) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    static char found[2 * SIZE];
    ssize_t got = file < 0 ? -1 : read(file, found, sizeof found);
    if (file >= 0) close(file);
    return got == (ssize_t)count && memcmp(found, bytes, count) == 0;
}

static HANDLE open_file(DWORD flags) {
    return CreateFileA("file", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, flags, NULL);
}

static DWORD opening(DWORD disposition, DWORD share, DWORD flags, bool is_there) {
    unlink("file");
    if (is_there) put("file", 100);
    arm();
    HANDLE file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, share, NULL, disposition, flags, NULL);
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    if (!error) CHECK(CloseHandle(file));
    disarm();
    if (error == ERROR_ALREADY_EXISTS) error = 0;
    long size = size_of("file");
    bool empties = disposition == CREATE_ALWAYS || disposition == TRUNCATE_EXISTING;
    if (!is_there) CHECK(error ? size == -1 : size == 0);
    else if (empties) CHECK(error ? size == 0 || size == 100 : size == 0);
    else CHECK(size == 100);
    unlink("file");
    return error;
}
static DWORD opening_existing(void) { return opening(OPEN_EXISTING, 0, 0, true); }
static DWORD opening_shared(void) { return opening(OPEN_EXISTING, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_FLAG_OVERLAPPED, true); }
static DWORD opening_always(void) { return opening(OPEN_ALWAYS, 0, FILE_FLAG_NO_BUFFERING, false); }
static DWORD creating(void) { return opening(CREATE_NEW, 0, 0, false); }
static DWORD creating_always(void) { return opening(CREATE_ALWAYS, 0, 0, true); }
static DWORD truncating(void) { return opening(TRUNCATE_EXISTING, FILE_SHARE_READ, 0, true); }
static DWORD opening_unshared(void) {
    put("file", 10);
    HANDLE first = open_file(0);
    arm();
    HANDLE file = CreateFileA("file", GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    DWORD error = GetLastError();
    disarm();
    CHECK(file == INVALID_HANDLE_VALUE); // whatever fails
    CloseHandle(first);
    return error == ERROR_SHARING_VIOLATION ? 0 : error;
}

static DWORD transferring(bool writes, DWORD flags) {
    put("file", SIZE);
    HANDLE file = open_file(flags);
    DWORD bytes = 99, error;
    fill(memory, SIZE, writes ? 5 : 9);
    arm();
    error = error_of(writes ? WriteFile(file, memory, SIZE, &bytes, NULL) : ReadFile(file, memory, SIZE, &bytes, NULL));
    disarm();
    // What failed has not moved the file pointer.
    CHECK(SetFilePointer(file, 0, NULL, FILE_CURRENT) == (error ? 0 : SIZE));
    CHECK(bytes == (error ? 0 : SIZE));
    CloseHandle(file);
    if (!error) {
        fill(other, SIZE, writes ? 5 : 0);
        CHECK(writes ? holds("file", other, SIZE) : memcmp(memory, other, SIZE) == 0);
    }
    return error;
}
static DWORD reading(void) { return transferring(false, 0); }
static DWORD reading_unbuffered(void) { return transferring(false, FILE_FLAG_NO_BUFFERING); }
static DWORD writing(void) { return transferring(true, 0); }
static DWORD writing_through(void) { return transferring(true, FILE_FLAG_WRITE_THROUGH); }

static DWORD requesting(bool writes, DWORD flags, enum way way) {
    put("file", SIZE);
    HANDLE file = open_file(flags | FILE_FLAG_OVERLAPPED);
    fill(memory, SIZE, writes ? 5 : 9);
    OVERLAPPED *overlapped = begin_request(file, way);
    BOOL done;
    arm();
    if (way == BY_ROUTINE)
        done = writes ? WriteFileEx(file, memory, SIZE, overlapped, file_routine) : ReadFileEx(file, memory, SIZE, overlapped, file_routine);
    else
        done = writes ? WriteFile(file, memory, SIZE, NULL, overlapped) : ReadFile(file, memory, SIZE, NULL, overlapped);
    DWORD error = end_request(error_of(done));
    CloseHandle(file);
    finish_request();
    if (!error) {
        CHECK(request.bytes == SIZE);
        fill(other, SIZE, writes ? 5 : 0);
        CHECK(writes ? holds("file", other, SIZE) : memcmp(memory, other, SIZE) == 0);
    }
    return error;
}
#define REQUESTS(name, writes, flags) \
    static DWORD name##_by_event(void) { return requesting(writes, flags, BY_EVENT); } \
    static DWORD name##_by_handle(void) { return requesting(writes, flags, BY_HANDLE); } \
    static DWORD name##_by_port(void) { return requesting(writes, flags, BY_PORT); } \
    static DWORD name##_by_routine(void) { return requesting(writes, flags, BY_ROUTINE); }
REQUESTS(read_cached, false, 0)
REQUESTS(read_disk, false, FILE_FLAG_NO_BUFFERING)
REQUESTS(write_cached, true, 0)
REQUESTS(write_disk, true, FILE_FLAG_NO_BUFFERING | FILE_FLAG_WRITE_THROUGH)

static DWORD flushing(void) {
    put("file", SIZE);
    HANDLE file = open_file(0);
    arm();
    DWORD error = error_of(FlushFileBuffers(file));
    disarm();
    CloseHandle(file);
    return error;
}
static DWORD setting_the_end(void) {
    put("file", SIZE);
    HANDLE file = open_file(0);
    SetFilePointer(file, 100, NULL, FILE_BEGIN);
    arm();
    DWORD error = error_of(SetEndOfFile(file));
    disarm();
    CHECK(size_of("file") == (error ? SIZE : 100));
    CloseHandle(file);
    return error;
}
static DWORD asking_for_the_size(void) {
    put("file", SIZE);
    HANDLE file = open_file(0);
    LARGE_INTEGER size = {.QuadPart = 0};
    arm();
    DWORD error = error_of(GetFileSizeEx(file, &size));
    disarm();
    CHECK(error || size.QuadPart == SIZE);
    CloseHandle(file);
    return error;
}
static DWORD locking(void) {
    put("file", SIZE);
    HANDLE file = open_file(0);
    OVERLAPPED place = {.Offset = 10};
    arm();
    DWORD error = error_of(LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 20, 0, &place));
    disarm();
    CHECK(UnlockFileEx(file, 0, 20, 0, &place) == (error == 0));
    CloseHandle(file);
    return error;
}

// ---- files by their names

static DWORD copying(void) {
    put("file", SIZE);
    unlink("copy");
    arm();
    DWORD error = error_of(CopyFileA("file", "copy", TRUE));
    disarm();
    fill(other, SIZE, 0);
    CHECK(error ? size_of("copy") == -1 : holds("copy", other, SIZE));
    unlink("copy");
    return error;
}
static DWORD moving(void) {
    put("file", SIZE);
    put("moved", 10);
    arm();
    DWORD error = error_of(MoveFileExA("file", "moved", MOVEFILE_REPLACE_EXISTING));
    disarm();
    CHECK(size_of("moved") == (error ? 10 : SIZE) && size_of("file") == (error ? SIZE : -1));
    unlink("moved");
    return error;
}
static DWORD deleting(void) {
    put("file", 10);
    arm();
    DWORD error = error_of(DeleteFileA("file"));
    disarm();
    CHECK(size_of("file") == (error ? 10 : -1));
    unlink("file");
    return error;
}
static DWORD folders(void) {
    arm();
    DWORD error = error_of(CreateDirectoryA("folder", NULL));
    if (!error) error = error_of(RemoveDirectoryA("folder"));
    disarm();
    rmdir("folder");
    return error;
}
static DWORD attributes(void) {
    put("file", 10);
    WIN32_FILE_ATTRIBUTE_DATA data;
    arm();
    DWORD error = error_of(SetFileAttributesA("file", FILE_ATTRIBUTE_HIDDEN));
    if (!error) error = error_of(GetFileAttributesExA("file", GetFileExInfoStandard, &data));
    disarm();
    CHECK(error || data.nFileSizeLow == 10);
    unlink("file");
    return error;
}
static DWORD finding(void) {
    put("found1", 1);
    put("found2", 2);
    WIN32_FIND_DATAA data;
    unsigned count = 0;
    arm();
    HANDLE search = FindFirstFileA("found*", &data);
    DWORD error = search == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    if (!error) {
        do count++;
        while (FindNextFileA(search, &data));
        error = GetLastError() == ERROR_NO_MORE_FILES ? 0 : GetLastError();
        CHECK(FindClose(search));
    }
    disarm();
    CHECK(error || count == 2);
    unlink("found1");
    unlink("found2");
    return error;
}

// ---- pipes

static DWORD anonymous_pipes(void) {
    HANDLE ends[2];
    DWORD bytes;
    arm();
    DWORD error = error_of(CreatePipe(&ends[0], &ends[1], NULL, 0));
    if (!error) {
        error = error_of(WriteFile(ends[1], "hello", 5, &bytes, NULL));
        CHECK(error || bytes == 5);
        memset(memory, 0, 8);
        if (!error) error = error_of(ReadFile(ends[0], memory, 8, &bytes, NULL));
        CHECK(error || (bytes == 5 && !memcmp(memory, "hello", 5)));
        CloseHandle(ends[0]);
        CloseHandle(ends[1]);
    }
    disarm();
    return error;
}

static HANDLE server, client;
static bool make_pipe(void) {
    server = CreateNamedPipeA("\\\\.\\pipe\\faults", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                              1, SIZE, SIZE, 0, NULL);
    client = CreateFileA("\\\\.\\pipe\\faults", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return CHECK(server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
}
static DWORD named_pipes(void) {
    DWORD bytes, mode = PIPE_READMODE_MESSAGE;
    if (!make_pipe()) return 0;
    fill(memory, SIZE, 3);
    OVERLAPPED *overlapped = begin_request(server, BY_EVENT);
    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    arm();
    BOOL done = ReadFile(server, other, SIZE, NULL, overlapped);
    DWORD error = error_of(done);
    DWORD sent = error == ERROR_IO_PENDING || !error ? error_of(WriteFile(client, memory, SIZE, &bytes, NULL)) : 0;
    if (sent) { // nothing has come, so nothing ends
        disarm();
        CHECK(CancelIoEx(server, overlapped));
        CHECK(end_request(error) == ERROR_OPERATION_ABORTED);
        error = sent;
    } else {
        error = end_request(error);
        CHECK(error || (request.bytes == SIZE && !memcmp(memory, other, SIZE)));
    }
    CloseHandle(client);
    CloseHandle(server);
    finish_request();
    return error;
}
static DWORD transacting(void) {
    DWORD bytes, mode = PIPE_READMODE_MESSAGE;
    if (!make_pipe()) return 0;
    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    OVERLAPPED *overlapped = begin_request(server, BY_PORT);
    arm();
    DWORD error = error_of(TransactNamedPipe(server, "question", 8, other, SIZE, NULL, overlapped));
    if (error == ERROR_IO_PENDING) {
        DWORD asked = error_of(ReadFile(client, memory, SIZE, &bytes, NULL));
        CHECK(asked || bytes == 8);
        DWORD answered = asked ? asked : error_of(WriteFile(client, "answer", 6, &bytes, NULL));
        if (answered) {
            disarm();
            CHECK(CancelIoEx(server, overlapped));
            CHECK(end_request(error) == ERROR_OPERATION_ABORTED);
            error = answered;
        } else {
            error = end_request(error);
            CHECK(error || (request.bytes == 6 && !memcmp(other, "answer", 6)));
        }
    } else {
        error = end_request(error);
    }
    CloseHandle(client);
    CloseHandle(server);
    finish_request();
    return error;
}
static DWORD cancelling_a_pipe(void) {
    if (!make_pipe()) return 0;
    OVERLAPPED *overlapped = begin_request(server, BY_PORT);
    arm();
    DWORD error = error_of(ReadFile(server, other, SIZE, NULL, overlapped));
    CHECK(error == ERROR_IO_PENDING && CancelIoEx(server, overlapped));
    error = end_request(error);
    CloseHandle(client);
    CloseHandle(server);
    finish_request();
    return error == ERROR_OPERATION_ABORTED ? 0 : error;
}
// The address of nothing, and one that can only be read.
static DWORD bad_addresses(void) {
    DWORD bytes;
    if (!make_pipe()) return 0;
    char *constant = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READONLY);
    fill(memory, SIZE, 3);
    OVERLAPPED *overlapped = begin_request(server, BY_EVENT);
    CHECK(WriteFile(client, memory, SIZE, &bytes, NULL));
    arm();
    BOOL done = WriteFile(client, (char *)4096, SIZE, &bytes, NULL);
    DWORD error = GetLastError();
    CHECK(!done);
    if (error == ERROR_NOACCESS) {
        done = ReadFile(server, constant, SIZE, NULL, overlapped);
        error = GetLastError();
        CHECK(!done && error != ERROR_IO_PENDING);
    }
    disarm();
    // What could not be read is there still.
    memset(other, 0, SIZE);
    CHECK(end_request(error_of(ReadFile(server, other, SIZE, NULL, overlapped))) == 0 && !memcmp(memory, other, SIZE));
    CloseHandle(client);
    CloseHandle(server);
    finish_request();
    VirtualFree(constant, 0, MEM_RELEASE);
    return error == ERROR_NOACCESS ? 0 : error;
}
static DWORD making_named_pipes(void) {
    arm();
    server = CreateNamedPipeA("\\\\.\\pipe\\faults", PIPE_ACCESS_DUPLEX, 0, 2, 0, 0, 0, NULL);
    DWORD error = server == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    if (!error) {
        client = CreateFileA("\\\\.\\pipe\\faults", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
        error = client == INVALID_HANDLE_VALUE ? GetLastError() : 0;
        if (!error) CloseHandle(client);
        CloseHandle(server);
    }
    disarm();
    return error;
}

// ---- sockets

static unsigned short port_number;
static peer the_peer;
static char peer_bytes[GREETING];
static int peer_got;
static void peer_connects(void) { the_peer = peer_connect(port_number); }
static void peer_sends(void) { peer_send(the_peer, "the peer's forty bytes, which are there.", GREETING); }
static void peer_receives(void) { peer_got = peer_receive(the_peer, peer_bytes, GREETING); }
static void peer_closes(void) { peer_close(the_peer); }

static SOCKET make_listener(int family, struct sockaddr_in *name) {
    int length = sizeof *name;
    memset(name, 0, sizeof *name);
    name->sin_family = AF_INET;
    name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET s = socket(family, SOCK_STREAM, 0);
    CHECK(bind(s, (struct sockaddr *)name, sizeof *name) == 0 && listen(s, 5) == 0);
    CHECK(getsockname(s, (struct sockaddr *)name, &length) == 0);
    port_number = ntohs(name->sin_port);
    return s;
}
static SOCKET make_connection(void) {
    struct sockaddr_in name;
    SOCKET listening = make_listener(AF_INET, &name);
    with_peer(peer_connects);
    SOCKET s = accept(listening, NULL, NULL);
    CHECK(s != INVALID_SOCKET);
    closesocket(listening);
    return s;
}

static DWORD making_sockets(void) {
    struct sockaddr_in name = {.sin_family = AF_INET};
    arm();
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    DWORD error = s == INVALID_SOCKET ? (DWORD)WSAGetLastError() : 0;
    if (!error) {
        error = socket_error_of(bind(s, (struct sockaddr *)&name, sizeof name));
        if (!error) error = socket_error_of(listen(s, 5));
        CHECK(closesocket(s) == 0);
    }
    disarm();
    return error;
}
static DWORD connecting(void) {
    struct sockaddr_in name;
    SOCKET listening = make_listener(AF_INET, &name), s = socket(AF_INET, SOCK_STREAM, 0);
    arm();
    DWORD error = socket_error_of(connect(s, (struct sockaddr *)&name, sizeof name));
    disarm();
    closesocket(s);
    closesocket(listening);
    return error;
}
static DWORD accepting(void) {
    struct sockaddr_in name;
    SOCKET listening = make_listener(AF_INET, &name);
    with_peer(peer_connects);
    arm();
    SOCKET s = accept(listening, NULL, NULL);
    DWORD error = s == INVALID_SOCKET ? (DWORD)WSAGetLastError() : 0;
    disarm();
    if (error) { // the connection is still there
        s = accept(listening, NULL, NULL);
        CHECK(s != INVALID_SOCKET);
    }
    closesocket(s);
    with_peer(peer_closes);
    closesocket(listening);
    return error;
}
static DWORD sending_and_receiving(void) {
    SOCKET s = make_connection();
    fill(memory, GREETING, 1);
    arm();
    int result = send(s, memory, GREETING, 0);
    DWORD error = result < 0 ? (DWORD)WSAGetLastError() : 0;
    CHECK(error || result == GREETING);
    if (!error) {
        with_peer(peer_receives);
        CHECK(peer_got == GREETING && !memcmp(peer_bytes, memory, GREETING));
        with_peer(peer_sends);
        for (int got = 0; !error && got < GREETING; got += result) {
            result = recv(s, memory, SIZE, 0);
            if (result <= 0) {
                error = (DWORD)WSAGetLastError();
                CHECK(result < 0);
                break;
            }
        }
    }
    disarm();
    closesocket(s);
    with_peer(peer_closes);
    return error;
}
static DWORD polling(void) {
    SOCKET s = make_connection();
    with_peer(peer_sends);
    // More than poll(2) has room for on its stack.
    WSAPOLLFD entries[64];
    for (int i = 0; i < 64; i++) entries[i] = (WSAPOLLFD){.fd = s, .events = POLLIN};
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(s, &readable);
    arm();
    int found = WSAPoll(entries, 64, PATIENCE);
    DWORD error = found < 0 ? (DWORD)WSAGetLastError() : 0;
    CHECK(error || found == 64);
    if (!error) {
        found = select(0, &readable, NULL, NULL, NULL);
        error = found < 0 ? (DWORD)WSAGetLastError() : 0;
        CHECK(error || found == 1);
    }
    disarm();
    closesocket(s);
    with_peer(peer_closes);
    return error;
}
static DWORD selecting_events(void) {
    SOCKET s = make_connection();
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events = {0};
    arm();
    DWORD error = socket_error_of(WSAEventSelect(s, event, FD_READ));
    if (!error) {
        with_peer(peer_sends);
        CHECK(WSAWaitForMultipleEvents(1, &event, FALSE, PATIENCE, FALSE) == WSA_WAIT_EVENT_0);
        disarm();
        CHECK(WSAEnumNetworkEvents(s, event, &events) == 0 && events.lNetworkEvents == FD_READ);
    }
    disarm();
    closesocket(s);
    WSACloseEvent(event);
    with_peer(peer_closes);
    return error;
}

static DWORD receiving(enum way way, bool comes_first) {
    SOCKET s = make_connection();
    if (comes_first) with_peer(peer_sends);
    OVERLAPPED *overlapped = begin_request((HANDLE)s, way);
    WSABUF buffer = {SIZE, memory};
    DWORD flags = 0;
    memset(memory, 0, GREETING);
    arm();
    DWORD error = socket_error_of(WSARecv(s, &buffer, 1, NULL, &flags, overlapped, way == BY_ROUTINE ? socket_routine : NULL));
    if (!comes_first) with_peer(peer_sends);
    error = end_request(error);
    CHECK(error || (request.bytes == GREETING && !memcmp(memory, "the peer's", 10)));
    closesocket(s);
    finish_request();
    with_peer(peer_closes);
    return error;
}
static DWORD sending(enum way way) {
    SOCKET s = make_connection();
    OVERLAPPED *overlapped = begin_request((HANDLE)s, way);
    fill(memory, GREETING, 1);
    WSABUF buffers[2] = {{10, memory}, {GREETING - 10, memory + 10}};
    arm();
    DWORD error = end_request(socket_error_of(WSASend(s, buffers, 2, NULL, 0, overlapped, way == BY_ROUTINE ? socket_routine : NULL)));
    if (!error) {
        CHECK(request.bytes == GREETING);
        with_peer(peer_receives);
        CHECK(peer_got == GREETING && !memcmp(peer_bytes, memory, GREETING));
    }
    closesocket(s);
    finish_request();
    with_peer(peer_closes);
    return error;
}
static DWORD receive_early_by_event(void) { return receiving(BY_EVENT, true); }
static DWORD receive_early_by_port(void) { return receiving(BY_PORT, true); }
static DWORD receive_early_by_routine(void) { return receiving(BY_ROUTINE, true); }
static DWORD receive_late_by_event(void) { return receiving(BY_EVENT, false); }
static DWORD receive_late_by_port(void) { return receiving(BY_PORT, false); }
static DWORD receive_late_by_routine(void) { return receiving(BY_ROUTINE, false); }
static DWORD send_by_event(void) { return sending(BY_EVENT); }
static DWORD send_by_port(void) { return sending(BY_PORT); }
static DWORD send_by_routine(void) { return sending(BY_ROUTINE); }

static DWORD cancelling_a_socket(void) {
    SOCKET s = make_connection();
    OVERLAPPED *overlapped = begin_request((HANDLE)s, BY_EVENT);
    WSABUF buffer = {SIZE, memory};
    DWORD flags = 0;
    arm();
    DWORD error = socket_error_of(WSARecv(s, &buffer, 1, NULL, &flags, overlapped, NULL));
    if (error == ERROR_IO_PENDING) CHECK(CancelIoEx((HANDLE)s, overlapped));
    error = end_request(error);
    closesocket(s);
    finish_request();
    with_peer(peer_closes);
    return error == ERROR_OPERATION_ABORTED ? 0 : error;
}

static DWORD accept_ex(DWORD room, enum way way) {
    struct sockaddr_in name;
    SOCKET listening = make_listener(AF_INET, &name), accepted = socket(AF_INET, SOCK_STREAM, 0);
    OVERLAPPED *overlapped = begin_request((HANDLE)listening, way);
    DWORD bytes = 0;
    arm();
    DWORD error = error_of(AcceptEx(listening, accepted, memory, room, 32, 32, &bytes, overlapped));
    if (!error || error == ERROR_IO_PENDING) {
        with_peer(peer_connects);
        with_peer(peer_sends);
        error = end_request(error);
        CHECK(error || request.bytes == room);
        with_peer(peer_closes);
    } else {
        error = end_request(error);
    }
    closesocket(accepted);
    closesocket(listening);
    finish_request();
    return error;
}
static DWORD accept_ex_alone(void) { return accept_ex(0, BY_PORT); }
static DWORD accept_ex_with_bytes(void) { return accept_ex(GREETING, BY_EVENT); }

static DWORD connect_ex(enum way way, DWORD count) {
    struct sockaddr_in name, own = {.sin_family = AF_INET};
    SOCKET listening = make_listener(AF_INET, &name), s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(s, (struct sockaddr *)&own, sizeof own) == 0);
    OVERLAPPED *overlapped = begin_request((HANDLE)s, way);
    arm();
    DWORD error = end_request(error_of(ConnectEx(s, (struct sockaddr *)&name, sizeof name, memory, count, NULL, overlapped)));
    CHECK(error || request.bytes == count);
    closesocket(s);
    closesocket(listening);
    finish_request();
    return error;
}
static DWORD connect_ex_alone(void) { return connect_ex(BY_PORT, 0); }
static DWORD connect_ex_with_bytes(void) { return connect_ex(BY_EVENT, 100); }

static DWORD transmitting(bool waits, enum way way) {
    SOCKET s = make_connection();
    put("file", GREETING);
    HANDLE file = open_file(0);
    OVERLAPPED *overlapped = waits ? NULL : begin_request((HANDLE)s, way);
    arm();
    DWORD error = error_of(TransmitFile(s, file, 0, 0, overlapped, NULL, 0));
    if (!waits) error = end_request(error);
    disarm();
    if (!error) {
        with_peer(peer_receives);
        fill(other, GREETING, 0);
        CHECK(peer_got == GREETING && !memcmp(peer_bytes, other, GREETING));
    }
    closesocket(s);
    CloseHandle(file);
    if (!waits) finish_request();
    with_peer(peer_closes);
    return error;
}
static DWORD transmit(void) { return transmitting(true, BY_EVENT); }
static DWORD transmit_by_port(void) { return transmitting(false, BY_PORT); }

static DWORD file_functions_of_sockets(void) {
    SOCKET s = make_connection();
    with_peer(peer_sends);
    OVERLAPPED *overlapped = begin_request((HANDLE)s, BY_EVENT);
    arm();
    DWORD error = end_request(error_of(ReadFile((HANDLE)s, memory, SIZE, NULL, overlapped)));
    CHECK(error || request.bytes == GREETING);
    closesocket(s);
    finish_request();
    with_peer(peer_closes);
    return error;
}

static DWORD datagrams(void) {
    SOCKET from = socket(AF_INET, SOCK_DGRAM, 0), to = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, sender;
    int length = sizeof name, sender_length = sizeof sender;
    CHECK(bind(to, (struct sockaddr *)&name, sizeof name) == 0 && getsockname(to, (struct sockaddr *)&name, &length) == 0);
    OVERLAPPED *overlapped = begin_request((HANDLE)to, BY_PORT);
    WSABUF buffer = {SIZE, memory}, sent = {5, "hello"};
    DWORD flags = 0, bytes = 0;
    arm();
    DWORD error = socket_error_of(WSARecvFrom(to, &buffer, 1, NULL, &flags, (struct sockaddr *)&sender, &sender_length, overlapped, NULL));
    if (error == ERROR_IO_PENDING) {
        DWORD unsent = socket_error_of(WSASendTo(from, &sent, 1, &bytes, 0, (struct sockaddr *)&name, sizeof name, NULL, NULL));
        if (unsent) {
            disarm();
            CHECK(CancelIoEx((HANDLE)to, overlapped) && end_request(error) == ERROR_OPERATION_ABORTED);
            error = unsent;
        } else {
            error = end_request(error);
            CHECK(error || (request.bytes == 5 && !memcmp(memory, "hello", 5) && sender_length == sizeof sender));
        }
    } else {
        error = end_request(error);
    }
    closesocket(from);
    closesocket(to);
    finish_request();
    return error;
}

#define SCENARIO(function) {#function, function, 0}
static const struct scenario scenarios[] = {
    SCENARIO(opening_existing), SCENARIO(opening_shared), SCENARIO(opening_always), SCENARIO(creating),
    SCENARIO(creating_always), SCENARIO(truncating), SCENARIO(opening_unshared),
    SCENARIO(reading), SCENARIO(reading_unbuffered), SCENARIO(writing), SCENARIO(writing_through),
    SCENARIO(read_cached_by_event), SCENARIO(read_cached_by_handle), SCENARIO(read_cached_by_port), SCENARIO(read_cached_by_routine),
    SCENARIO(read_disk_by_event), SCENARIO(read_disk_by_handle), SCENARIO(read_disk_by_port), SCENARIO(read_disk_by_routine),
    SCENARIO(write_cached_by_event), SCENARIO(write_cached_by_handle), SCENARIO(write_cached_by_port), SCENARIO(write_cached_by_routine),
    SCENARIO(write_disk_by_event), SCENARIO(write_disk_by_handle), SCENARIO(write_disk_by_port), SCENARIO(write_disk_by_routine),
    SCENARIO(flushing), SCENARIO(setting_the_end), SCENARIO(asking_for_the_size), SCENARIO(locking),
    SCENARIO(copying), SCENARIO(moving), SCENARIO(deleting), SCENARIO(folders), SCENARIO(attributes), SCENARIO(finding),
    SCENARIO(anonymous_pipes), SCENARIO(named_pipes), SCENARIO(transacting), SCENARIO(cancelling_a_pipe), SCENARIO(bad_addresses), SCENARIO(making_named_pipes),
    SCENARIO(making_sockets), SCENARIO(connecting), SCENARIO(accepting), SCENARIO(sending_and_receiving), SCENARIO(polling),
    SCENARIO(selecting_events), SCENARIO(receive_early_by_event), SCENARIO(receive_early_by_port), SCENARIO(receive_early_by_routine),
    SCENARIO(receive_late_by_event), SCENARIO(receive_late_by_port), SCENARIO(receive_late_by_routine),
    SCENARIO(send_by_event), SCENARIO(send_by_port), SCENARIO(send_by_routine), SCENARIO(cancelling_a_socket),
    SCENARIO(accept_ex_alone), SCENARIO(accept_ex_with_bytes), SCENARIO(connect_ex_alone), SCENARIO(connect_ex_with_bytes),
    SCENARIO(transmit), SCENARIO(transmit_by_port), SCENARIO(file_functions_of_sockets), SCENARIO(datagrams),
};
