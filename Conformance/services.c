// services.c: service programs. Without a service manager there is little to see; on Linux the cases are the manager
// themselves: they start this program again with a socket for its messages, signal it, and send it controls.
#include <stdlib.h>
#include "cases.h"

static VOID WINAPI no_service_a(DWORD argc, LPSTR *argv) { (void)argc, (void)argv; }
static VOID WINAPI no_service_w(DWORD argc, LPWSTR *argv) { (void)argc, (void)argv; }
static VOID WINAPI no_handler(DWORD control) { (void)control; }
static DWORD WINAPI no_handler_ex(DWORD control, DWORD type, LPVOID data, LPVOID context) {
    (void)control, (void)type, (void)data, (void)context;
    return NO_ERROR;
}

static char name_a[] = "service";
static WCHAR name_w[] = {'s', 'e', 'r', 'v', 'i', 'c', 'e', 0};
static SERVICE_TABLE_ENTRYA table_a[] = {{name_a, no_service_a}, {NULL, NULL}};
static SERVICE_TABLE_ENTRYW table_w[] = {{name_w, no_service_w}, {NULL, NULL}};

// A program that was started on a console finds out by 1063; a second call is one too many, whatever became of the first
// ("ERROR_SERVICE_ALREADY_RUNNING: The process has already called StartServiceCtrlDispatcher").
static void without_a_manager(void) {
#ifndef ON_WINE // It has 87 for a table without entries, and takes one without a function; "ERROR_INVALID_DATA: The
                // specified dispatch table contains entries that are not in the proper format".
    SERVICE_TABLE_ENTRYA empty_a[] = {{NULL, NULL}}, hollow_a[] = {{name_a, NULL}, {NULL, NULL}};
    SERVICE_TABLE_ENTRYW empty_w[] = {{NULL, NULL}}, hollow_w[] = {{name_w, NULL}, {NULL, NULL}};
    FAILS(StartServiceCtrlDispatcherA(empty_a), ERROR_INVALID_DATA);
    FAILS(StartServiceCtrlDispatcherW(empty_w), ERROR_INVALID_DATA);
    FAILS(StartServiceCtrlDispatcherA(hollow_a), ERROR_INVALID_DATA);
    FAILS(StartServiceCtrlDispatcherW(hollow_w), ERROR_INVALID_DATA);
#endif
    FAILS(StartServiceCtrlDispatcherA(table_a), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
    FAILS(StartServiceCtrlDispatcherA(table_a), ERROR_SERVICE_ALREADY_RUNNING);
    FAILS(StartServiceCtrlDispatcherW(table_w), ERROR_SERVICE_ALREADY_RUNNING);
}

static void handlers_without_a_dispatcher(void) {
#ifdef ON_WINE // "ERROR_SERVICE_NOT_IN_EXE: The service entry was specified incorrectly when the process called the
               // StartServiceCtrlDispatcher function"; Wine has another.
    enum { code = ERROR_SERVICE_DOES_NOT_EXIST };
#else
    enum { code = ERROR_SERVICE_NOT_IN_EXE };
#endif
    FAILS(RegisterServiceCtrlHandlerA("service", no_handler), code);
    FAILS(RegisterServiceCtrlHandlerW(name_w, no_handler), code);
    FAILS(RegisterServiceCtrlHandlerExA("service", no_handler_ex, NULL), code);
    FAILS(RegisterServiceCtrlHandlerExW(name_w, no_handler_ex, NULL), code);
}

static void status_without_a_service(void) {
    SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_RUNNING, 0, NO_ERROR, 0, 0, 0};
    FAILS(SetServiceStatus(NULL, &status), ERROR_INVALID_HANDLE);
#ifndef ON_WINE // It takes the address of any memory for a handle.
    FAILS(SetServiceStatus((SERVICE_STATUS_HANDLE)(ULONG_PTR)0x1234, &status), ERROR_INVALID_HANDLE);
    FAILS(SetServiceStatus((SERVICE_STATUS_HANDLE)(ULONG_PTR)0x7FF00000, &status), ERROR_INVALID_HANDLE);
#endif
}

#ifndef _WIN32
#include <errno.h>
#include <poll.h>
#include <signalbox.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

// ---- the services, in processes of their own

enum { ALL = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE | SERVICE_ACCEPT_PARAMCHANGE };

static struct instance {
    SERVICE_STATUS_HANDLE handle;
    SERVICE_STATUS status;
    HANDLE stop;
} one, two;
static DWORD dispatcher;
static int deaf; // tells of no control

static void say(const char *text) { SignalboxServiceStatus(text); }

static void tell(struct instance *service, DWORD state, DWORD accepted, DWORD check_point, DWORD hint) {
    service->status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    service->status.dwCurrentState = state;
    service->status.dwControlsAccepted = accepted;
    service->status.dwCheckPoint = check_point;
    service->status.dwWaitHint = hint;
    if (!SetServiceStatus(service->handle, &service->status)) say("SetServiceStatus failed");
}

static DWORD WINAPI handle(DWORD control, DWORD type, LPVOID data, LPVOID context) {
    struct instance *service = context;
    char text[64];
    snprintf(text, sizeof text, "%s: control %u%s", service == &one ? "one" : "two", control,
             GetCurrentThreadId() != dispatcher || type || data ? ", wrong" : "");
    if (!deaf) say(text);
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
        tell(service, SERVICE_STOP_PENDING, 0, 1, 3000);
        SetEvent(service->stop);
        return NO_ERROR;
    case SERVICE_CONTROL_PAUSE: tell(service, SERVICE_PAUSED, ALL, 0, 0); return NO_ERROR;
    case SERVICE_CONTROL_CONTINUE: tell(service, SERVICE_RUNNING, ALL, 0, 0); return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
    case SERVICE_CONTROL_PARAMCHANGE: return NO_ERROR;
    case 200: say("released"); SetEvent(service->stop); return NO_ERROR;
    default: return control == 128 ? NO_ERROR : ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static void WINAPI handle_plain(DWORD control) { handle(control, 0, NULL, &one); }

static void begin(struct instance *service, const char *name) {
    service->stop = CreateEventA(NULL, FALSE, FALSE, NULL);
    service->handle = RegisterServiceCtrlHandlerExA(name, handle, service);
    if (!service->handle) say("no handle");
}

static void run_and_stop(struct instance *service, DWORD accepted) {
    tell(service, SERVICE_RUNNING, accepted, 0, 0);
    WaitForSingleObject(service->stop, INFINITE);
    tell(service, SERVICE_STOPPED, 0, 0, 0);
}

static void WINAPI plain_a(DWORD argc, LPSTR *argv) {
    if (argc != 1 || strcmp(argv[0], "one") || argv[1]) say("wrong arguments");
    begin(&one, argv[0]);
    tell(&one, SERVICE_START_PENDING, 0, 1, 2000);
    tell(&one, SERVICE_START_PENDING, 0, 1, 3000); // no progress
    tell(&one, SERVICE_START_PENDING, 0, 2, 4000);
    run_and_stop(&one, ALL);
}

static void WINAPI plain_w(DWORD argc, LPWSTR *argv) {
    static const WCHAR name[] = {'o', 'n', 0xEB, 0};
    if (argc != 1 || lstrcmpW(argv[0], name) || argv[1]) say("wrong arguments");
    one.stop = CreateEventA(NULL, FALSE, FALSE, NULL);
    one.handle = RegisterServiceCtrlHandlerW(argv[0], handle_plain);
    run_and_stop(&one, ALL);
}

static void WINAPI shutdown_only(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&one, argv[0]);
    run_and_stop(&one, SERVICE_ACCEPT_SHUTDOWN);
}

// Starts when it is told to, by a file that is gone.
static void WINAPI slow(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&one, argv[0]);
    tell(&one, SERVICE_START_PENDING, 0, 1, 2000);
    say("begun");
    while (!access(getenv("HOLD"), F_OK)) Sleep(5);
    run_and_stop(&one, ALL);
}

static void WINAPI deaf_to_stop(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&one, argv[0]);
    tell(&one, SERVICE_RUNNING, 0, 0, 0);
    WaitForSingleObject(one.stop, INFINITE); // control 200
    run_and_stop(&one, ALL);
}

static void WINAPI failing(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&one, argv[0]);
    one.status.dwWin32ExitCode = (DWORD)atoi(getenv("EXIT"));
    one.status.dwServiceSpecificExitCode = 77;
    if (getenv("RUN")) tell(&one, SERVICE_RUNNING, ALL, 0, 0);
    tell(&one, SERVICE_STOPPED, 0, 0, 0);
}

// Does not wait for its dispatcher.
static void WINAPI hasty(DWORD argc, LPSTR *argv) {
    failing(argc, argv);
    ExitProcess(0);
}

static void WINAPI orphan(DWORD argc, LPSTR *argv) { (void)argc, (void)argv; }

static void *returned;
static DWORD WINAPI stand_in(LPVOID unused) {
    (void)unused;
    run_and_stop(&one, ALL);
    return 0;
}
static void WINAPI returning(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&one, argv[0]);
    returned = CreateThread(NULL, 0, stand_in, NULL, 0, NULL);
}

static void WINAPI first_of_two(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&one, argv[0]);
    tell(&one, SERVICE_START_PENDING, 0, 0, 0);
    while (!access(getenv("HOLD"), F_OK)) Sleep(5);
    run_and_stop(&one, ALL);
}
static void WINAPI second_of_two(DWORD argc, LPSTR *argv) {
    (void)argc, (void)argv;
    begin(&two, "TWO"); // whatever the case of its letters
    run_and_stop(&two, ALL);
}

static int wrongs;
static void expect(int holds, const char *what) {
    char text[128];
    if (holds) return;
    wrongs++;
    snprintf(text, sizeof text, "wrong: %s (%u)", what, GetLastError());
    say(text);
}
#define EXPECT(call, code) (SetLastError(0), expect(!(call) && GetLastError() == (code), #call))

static void WINAPI careless(DWORD argc, LPSTR *argv) {
    SERVICE_STATUS status = {SERVICE_WIN32_SHARE_PROCESS, SERVICE_RUNNING, ALL, NO_ERROR, 0, 0, 0}, bad;
    static const WCHAR nobody[] = {'n', 'o', 'b', 'o', 'd', 'y', 0};
    (void)argc;
    EXPECT(StartServiceCtrlDispatcherA(table_a), ERROR_SERVICE_ALREADY_RUNNING);
    EXPECT(RegisterServiceCtrlHandlerA("nobody", no_handler), ERROR_SERVICE_NOT_IN_EXE);
    EXPECT(RegisterServiceCtrlHandlerW(nobody, no_handler), ERROR_SERVICE_NOT_IN_EXE);
    EXPECT(RegisterServiceCtrlHandlerExA("nobody", no_handler_ex, NULL), ERROR_SERVICE_NOT_IN_EXE);
    EXPECT(RegisterServiceCtrlHandlerExW(nobody, no_handler_ex, NULL), ERROR_SERVICE_NOT_IN_EXE);
    EXPECT(RegisterServiceCtrlHandlerA(NULL, no_handler), ERROR_INVALID_NAME);
    EXPECT(RegisterServiceCtrlHandlerA(argv[0], NULL), ERROR_INVALID_PARAMETER);
    begin(&one, argv[0]);
    SERVICE_STATUS_HANDLE again = RegisterServiceCtrlHandlerExA(argv[0], handle, &one);
    expect(again == one.handle, "the same handle");
    EXPECT(SetServiceStatus((SERVICE_STATUS_HANDLE)((char *)again + 400), &status), ERROR_INVALID_HANDLE);
    EXPECT(SetServiceStatus(again, NULL), ERROR_INVALID_DATA);
    bad = status, bad.dwCurrentState = 0;
    EXPECT(SetServiceStatus(again, &bad), ERROR_INVALID_DATA);
    bad = status, bad.dwCurrentState = SERVICE_PAUSED + 1;
    EXPECT(SetServiceStatus(again, &bad), ERROR_INVALID_DATA);
    bad = status, bad.dwServiceType = 0;
    EXPECT(SetServiceStatus(again, &bad), ERROR_INVALID_DATA);
    bad = status, bad.dwServiceType |= SERVICE_KERNEL_DRIVER;
    EXPECT(SetServiceStatus(again, &bad), ERROR_INVALID_DATA);
    bad = status, bad.dwControlsAccepted = 0x80000000;
    EXPECT(SetServiceStatus(again, &bad), ERROR_INVALID_DATA);
    expect(SetServiceStatus(again, &status), "a good status");
    status.dwCurrentState = SERVICE_STOPPED, status.dwWin32ExitCode = wrongs ? 1 : NO_ERROR;
    expect(SetServiceStatus(again, &status), "the last status");
    EXPECT(SetServiceStatus(again, &status), ERROR_INVALID_HANDLE);
}
static void WINAPI ended_at_once(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&two, argv[0]);
    tell(&two, SERVICE_STOPPED, 0, 0, 0);
}

// It has the environment of a service, and is none.
static void WINAPI parent(DWORD argc, LPSTR *argv) {
    (void)argc;
    begin(&one, argv[0]);
    pid_t pid = fork();
    if (!pid) {
        execl("/proc/self/exe", "services", "--service", "child", (char *)NULL);
        _exit(9);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    one.status.dwWin32ExitCode = (DWORD)(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
    tell(&one, SERVICE_STOPPED, 0, 0, 0);
}

static int service(const char *kind) {
    static char own[] = "one", other[] = "two", none[] = "";
    static WCHAR wide[] = {'o', 'n', 0xEB, 0};
    SERVICE_TABLE_ENTRYA table[3] = {{own, NULL}, {NULL, NULL}, {NULL, NULL}};
    SERVICE_TABLE_ENTRYW table_wide[2] = {{wide, plain_w}, {NULL, NULL}};
    alarm(CASE_SECONDS);
    dispatcher = GetCurrentThreadId();
    if (!strcmp(kind, "wide")) return StartServiceCtrlDispatcherW(table_wide) ? 55 : 56;
    if (!strcmp(kind, "child"))
        return StartServiceCtrlDispatcherA(table_a) || GetLastError() != ERROR_FAILED_SERVICE_CONTROLLER_CONNECT ? 1 : 0;
    if (!strcmp(kind, "plain")) table[0].lpServiceProc = plain_a;
    if (!strcmp(kind, "shutdown")) table[0].lpServiceProc = shutdown_only;
    if (!strcmp(kind, "slow")) table[0].lpServiceProc = slow;
    if (!strcmp(kind, "deaf")) table[0].lpServiceProc = deaf_to_stop;
    if (!strcmp(kind, "failing")) table[0].lpServiceProc = failing;
    if (!strcmp(kind, "hasty")) table[0].lpServiceProc = hasty;
    if (!strcmp(kind, "orphan")) table[0].lpServiceProc = orphan;
    if (!strcmp(kind, "returning")) table[0].lpServiceProc = returning;
    if (!strcmp(kind, "parent")) table[0].lpServiceProc = parent;
    if (!strcmp(kind, "nameless")) table[0].lpServiceName = none, table[0].lpServiceProc = returning;
    if (!strcmp(kind, "two")) {
        table[0].lpServiceProc = first_of_two;
        table[1].lpServiceName = other, table[1].lpServiceProc = second_of_two;
    }
    if (!strcmp(kind, "careless")) {
        table[0].lpServiceProc = careless;
        table[1].lpServiceName = other, table[1].lpServiceProc = ended_at_once;
    }
    return StartServiceCtrlDispatcherA(table) ? 55 : 56; // which nobody sees, for the services have the last word
}

// ---- the manager

static struct {
    char folder[64], path[80], hold[80], invocation[64];
    int socket;
    pid_t pid;
    char heard[16384]; // all messages, each line between two newlines
    size_t length;
} manager;

static int is_deaf; // the manager's queue is full when the service starts

static void fill(const struct sockaddr_un *address) {
    int client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    while (sendto(client, "X=1", 3, 0, (const struct sockaddr *)address, sizeof *address) == 3) {}
    EQUAL(errno, EAGAIN);
    close(client);
}

static int listens(const char *kind, int in_folder) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static int number;
    memset(&manager, 0, sizeof manager);
    strcpy(manager.folder, "/tmp/signalbox-services-XXXXXX");
    if (!TRUTH(mkdtemp(manager.folder) != NULL)) return 0;
    snprintf(manager.path, sizeof manager.path, "%s/notify", manager.folder);
    snprintf(manager.hold, sizeof manager.hold, "%s/hold", manager.folder);
    snprintf(manager.invocation, sizeof manager.invocation, "test-%d-%d", (int)getpid(), ++number);
    fclose(fopen(manager.hold, "w"));
    manager.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strcpy(address.sun_path, manager.path);
    if (!TRUTH(bind(manager.socket, (struct sockaddr *)&address, sizeof address) == 0)) return 0;
    manager.heard[manager.length++] = '\n';
    if (is_deaf) fill(&address);
    manager.pid = fork();
    if (manager.pid == 0) {
        setenv("NOTIFY_SOCKET", manager.path, 1);
        setenv("INVOCATION_ID", manager.invocation, 1);
        setenv("HOLD", manager.hold, 1);
        if (in_folder) setenv("RUNTIME_DIRECTORY", manager.folder, 1);
        else unsetenv("RUNTIME_DIRECTORY");
        execl("/proc/self/exe", "services", "--service", kind, (char *)NULL);
        _exit(9);
    }
    return TRUTH(manager.pid > 0);
}

// One more message; 0: there is none for ten seconds. Descriptors that come with it are closed, for nobody takes them.
static int hears(int milliseconds) {
    struct pollfd poll_fd = {manager.socket, POLLIN, 0};
    if (poll(&poll_fd, 1, milliseconds) != 1) return 0;
    ssize_t count = recv(manager.socket, manager.heard + manager.length, sizeof manager.heard - manager.length - 2, 0);
    if (count <= 0) return 0;
    manager.length += (size_t)count;
    manager.heard[manager.length++] = '\n';
    manager.heard[manager.length] = 0;
    return 1;
}

static const char *has_heard(const char *line) {
    char text[256];
    snprintf(text, sizeof text, "\n%s\n", line);
    return strstr(manager.heard, text);
}

static int until_heard_at(const char *file, int line, const char *text) {
    while (!has_heard(text))
        if (!hears(10000)) {
            check_equal(file, line, text, 0, 1);
            printf("  heard:%s", manager.heard);
            return 0;
        }
    return 1;
}
#define UNTIL_HEARD(text) until_heard_at(__FILE__, __LINE__, text)
#define UNHEARD(text) TRUTH(!has_heard(text))

static void release(void) { TRUTH(unlink(manager.hold) == 0); }

// The exit status of the service; what it has said is heard to the end.
static int ends(void) {
    int status = -1;
    // At its end it waits until it has been heard.
    while (waitpid(manager.pid, &status, WNOHANG) == 0) hears(20);
    while (hears(0)) {}
    close(manager.socket);
    unlink(manager.path);
    unlink(manager.hold);
    TRUTH(rmdir(manager.folder) == 0); // the service has left nothing
    TRUTH(WIFEXITED(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// -1: nobody listens.
static int tries_to_connect(int in_folder) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length, client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (in_folder) length = snprintf(address.sun_path, sizeof address.sun_path, "%s/signalbox-control", manager.folder) + 1;
    else length = 1 + snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "signalbox-control/%s", manager.invocation);
    struct timeval patience = {10, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(client, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length)) == 0)
        return client;
    close(client);
    return -1;
}

static int connected(int in_folder) {
    int client = tries_to_connect(in_folder);
    TRUTH(client >= 0);
    return client;
}

// Sends the request, and returns what begins the answer.
static const char *answer(const char *request) {
    static char text[1024];
    int client = connected(0);
    TRUTH(send(client, request, strlen(request), 0) == (ssize_t)strlen(request));
    ssize_t count = recv(client, text, sizeof text - 1, 0);
    close(client);
    text[count > 0 ? count : 0] = 0;
    return text;
}

static void answers_at(const char *file, int line, const char *request, const char *wanted) {
    const char *text = answer(request);
    if (strcmp(text, wanted)) {
        check_equal(file, line, request, 0, 1);
        printf("  it answers \"%s\" instead of \"%s\"\n", text, wanted);
    }
}
// Its thread may have stopped before the answer is given: stopping or stopped.
#define IS_TOLD_TO_STOP(request) \
    do { \
        const char *text_of_answer = answer(request); \
        TRUTH(!strncmp(text_of_answer, "1 0\n0 16 3 0 ", 13) || !strncmp(text_of_answer, "1 0\n0 16 1 0 ", 13)); \
    } while (0)
#define ANSWERS(request, wanted) answers_at(__FILE__, __LINE__, request, wanted)

// ---- the cases

// What signalbox.h says of programs that were started from a shell.
static void nothing_is_passed_or_stored_without_a_manager(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), read, write;
    char longest[257] = "";
    memset(longest, 'x', 256);
    FAILS(SignalboxServiceHandle(NULL), ERROR_INVALID_PARAMETER);
    FAILS(SignalboxServiceHandle("log"), ERROR_NOT_FOUND);
    TRUTH(CreatePipe(&read, &write, NULL, 0));
    TRUTH(SignalboxServiceStore(read, "pipe", 0) && SignalboxServiceStore(write, "pipe", SIGNALBOX_STORE_UNWATCHED));
    FAILS(SignalboxServiceStore(read, "pipe", 2), ERROR_INVALID_PARAMETER);
    FAILS(SignalboxServiceStore(read, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(SignalboxServiceStore(read, "", 0), ERROR_INVALID_PARAMETER);
    FAILS(SignalboxServiceStore(read, "a:b", 0), ERROR_INVALID_PARAMETER);
    FAILS(SignalboxServiceStore(read, longest, 0), ERROR_INVALID_PARAMETER);
    FAILS(SignalboxServiceStore(event, "event", 0), ERROR_INVALID_HANDLE); // no descriptor stands for it
    TRUTH(CloseHandle(read) && CloseHandle(write) && CloseHandle(event));
    FAILS(SignalboxServiceStore(read, "pipe", 0), ERROR_INVALID_HANDLE);
    TRUTH(SignalboxServiceRemove("pipe"));
    FAILS(SignalboxServiceRemove(NULL), ERROR_INVALID_PARAMETER);
    FAILS(SignalboxServiceRemove("\n"), ERROR_INVALID_PARAMETER);
}

static void a_whole_life(void) {
    REQUIRE(listens("plain", 0));
    UNTIL_HEARD("READY=1");
    UNHEARD("STATUS=wrong arguments");
    TRUTH(has_heard("STATUS=starting, check point 1") && has_heard("STATUS=starting, check point 2"));
    TRUTH(has_heard("STATUS=starting, check point 2") < has_heard("READY=1"));
    TRUTH(has_heard("EXTEND_TIMEOUT_USEC=2000000") && has_heard("EXTEND_TIMEOUT_USEC=4000000"));
    UNHEARD("EXTEND_TIMEOUT_USEC=3000000"); // a check point that stands still is no progress
    UNTIL_HEARD("STATUS=running");
    UNHEARD("STOPPING=1");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STATUS=one: control 1");
    UNTIL_HEARD("STOPPING=1");
    EQUAL(ends(), 0);
    TRUTH(has_heard("EXTEND_TIMEOUT_USEC=3000000") > has_heard("READY=1"));
    TRUTH(has_heard("STATUS=stopped") != NULL);
}

static void a_manager_that_is_deaf_for_a_while(void) {
    is_deaf = 1;
    int listening = listens("plain", 1);
    is_deaf = 0;
    REQUIRE(listening);
    char text[256] = "";
    while (strncmp(text, "1 0\n0 16 4 ", 11)) { // until it runs
        int client = tries_to_connect(1);
        if (client < 0) continue;
        memset(text, 0, sizeof text);
        TRUTH(send(client, "1 4", 3, 0) == 3 && recv(client, text, sizeof text - 1, 0) > 0);
        close(client);
    }
    UNTIL_HEARD("READY=1");
    UNTIL_HEARD("STATUS=running");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STOPPING=1");
    EQUAL(ends(), 0);
}

static void wide_names_and_plain_handlers(void) {
    REQUIRE(listens("wide", 0));
    UNTIL_HEARD("READY=1");
    UNHEARD("STATUS=wrong arguments");
    ANSWERS("1 4 on\xC3\x8B", "1 0\n0 16 4 11 0 0 0 0 on\xC3\xAB");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STATUS=one: control 1");
    EQUAL(ends(), 0);
}

static void controls(void) {
    REQUIRE(listens("plain", 0));
    UNTIL_HEARD("READY=1");
    ANSWERS("1 4", "1 0\n0 16 4 11 0 0 0 0 one");
    UNTIL_HEARD("STATUS=one: control 4");
    ANSWERS("1 2", "1 0\n0 16 7 11 0 0 0 0 one");
    UNTIL_HEARD("STATUS=paused");
    ANSWERS("1 3", "1 0\n0 16 4 11 0 0 0 0 one");
    UNTIL_HEARD("STATUS=one: control 3");
    ANSWERS("1 128", "1 0\n0 16 4 11 0 0 0 0 one");
    ANSWERS("1 255", "1 0\n120 16 4 11 0 0 0 0 one"); // what the handler returns
    ANSWERS("1 6", "1 0\n0 16 4 11 0 0 0 0 one");
    UNHEARD("RELOADING=1"); // the manager, who sent it by a command, waits for the command
    ANSWERS("1 5", "1 0\n1052 16 4 11 0 0 0 0 one"); // not accepted
    ANSWERS("1 127", "1 0\n1052 16 4 11 0 0 0 0 one");
    ANSWERS("1 256", "1 0\n1052 16 4 11 0 0 0 0 one");
    ANSWERS("1 0", "1 0\n1052 16 4 11 0 0 0 0 one");
    ANSWERS("1 4 somebody", "1 1060");
    ANSWERS("2 4", "");
    ANSWERS("nonsense", "");
    int silent = connected(0); // keeps nobody waiting
    IS_TOLD_TO_STOP("1 1");
    close(silent);
    EQUAL(ends(), 0);
    UNHEARD("STATUS=one: control 5");
    UNHEARD("STATUS=one: control 127");
}

static DWORD WINAPI controls_fifty_times(LPVOID results) {
    char text[256];
    for (int i = 0; i < 50; i++) {
        int client = connected(0);
        const char *request = i % 2 ? "1 3" : "1 2";
        memset(text, 0, sizeof text);
        if (send(client, request, 3, 0) == 3 && recv(client, text, sizeof text - 1, 0) > 0 && !strncmp(text, "1 0\n0 16 ", 9))
            InterlockedIncrement(results);
        close(client);
    }
    return 0;
}

// More than it serves at a time.
static void controls_from_many_at_once(void) {
    HANDLE threads[24];
    LONG answered = 0;
    REQUIRE(listens("plain", 0));
    UNTIL_HEARD("READY=1");
    for (int i = 0; i < 24; i++) threads[i] = start(controls_fifty_times, &answered, NULL);
    for (int i = 0; i < 24; i++) {
        while (WaitForSingleObject(threads[i], 20) == WAIT_TIMEOUT)
            while (hears(0)) manager.length = 1; // of these controls nothing is looked for
        CloseHandle(threads[i]);
    }
    EQUAL(answered, 24 * 50);
    manager.length = 1;
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STATUS=one: control 1");
    EQUAL(ends(), 0);
}

static void controls_in_the_runtime_folder(void) {
    char path[128], text[256] = "";
    struct stat stat_of;
    REQUIRE(listens("plain", 1));
    UNTIL_HEARD("READY=1");
    snprintf(path, sizeof path, "%s/signalbox-control", manager.folder);
    TRUTH(stat(path, &stat_of) == 0 && (stat_of.st_mode & 0777) == 0600);
    int client = connected(1);
    TRUTH(send(client, "1 1", 3, 0) == 3);
    TRUTH(recv(client, text, sizeof text - 1, 0) > 0);
    TRUTH(!strncmp(text, "1 0\n0 16 ", 9));
    close(client);
    EQUAL(ends(), 0);
}

static void a_stop_that_comes_early_is_kept(void) {
    REQUIRE(listens("slow", 0));
    UNTIL_HEARD("STATUS=begun");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STATUS=starting, check point 1 (will be told to stop when it accepts that)");
    ANSWERS("1 4", "1 0\n1061 16 2 0 0 0 1 2000 one");
    UNHEARD("STATUS=one: control 1");
    release();
    UNTIL_HEARD("STATUS=one: control 1");
    EQUAL(ends(), 0);
    TRUTH(has_heard("READY=1") < has_heard("STATUS=one: control 1"));
}

static void a_stop_that_is_not_accepted_is_kept(void) {
    REQUIRE(listens("deaf", 0));
    UNTIL_HEARD("READY=1");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STATUS=running (will be told to stop when it accepts that)");
    ANSWERS("1 1", "1 0\n1052 16 4 0 0 0 0 0 one");
    ANSWERS("1 2", "1 0\n1052 16 4 0 0 0 0 0 one");
    UNHEARD("STATUS=one: control 1");
    answer("1 200");
    UNTIL_HEARD("STATUS=one: control 1");
    EQUAL(ends(), 0);
    TRUTH(has_heard("STATUS=released") < has_heard("STATUS=one: control 1"));
}

// The manager ends it whether it wants or not: it is told in the only word that it knows.
static void who_accepts_a_shutdown_only_is_told_that(void) {
    REQUIRE(listens("shutdown", 0));
    UNTIL_HEARD("READY=1");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STATUS=one: control 5");
    EQUAL(ends(), 0);
}

static void reload_is_parameter_change(void) {
    REQUIRE(listens("plain", 0));
    UNTIL_HEARD("READY=1");
    TRUTH(kill(manager.pid, SIGHUP) == 0);
    UNTIL_HEARD("STATUS=one: control 6");
    const char *reloading = has_heard("RELOADING=1");
    TRUTH(reloading && reloading < has_heard("STATUS=one: control 6"));
    TRUTH(strstr(manager.heard, "\nMONOTONIC_USEC=") != NULL);
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    EQUAL(ends(), 0);
    const char *ready = strstr(has_heard("STATUS=one: control 6"), "\nREADY=1\n");
    TRUTH(ready && ready < has_heard("STOPPING=1"));
}

static void a_reload_that_nobody_accepts(void) {
    REQUIRE(listens("shutdown", 0));
    UNTIL_HEARD("READY=1");
    TRUTH(kill(manager.pid, SIGHUP) == 0);
    UNTIL_HEARD("STATUS=running, did not reload");
    UNHEARD("STATUS=one: control 6");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    EQUAL(ends(), 0);
}

static int ends_with(const char *code, int is_to_run) {
    setenv("EXIT", code, 1);
    if (is_to_run) setenv("RUN", "1", 1);
    else unsetenv("RUN");
    return listens("failing", 0) ? ends() : -1;
}

static void the_exit_code_is_the_service_s(void) {
    EQUAL(ends_with("0", 1), 0);
    TRUTH(has_heard("READY=1") && has_heard("STATUS=stopped"));
    EQUAL(ends_with("42", 1), 42);
    TRUTH(has_heard("STOPPING=1") && has_heard("STATUS=stopped, with error 42"));
    EQUAL(ends_with("1066", 1), 77); // ERROR_SERVICE_SPECIFIC_ERROR
    TRUTH(has_heard("STATUS=stopped, with its own code 77") != NULL);
    EQUAL(ends_with("256", 1), 255); // not 0
    EQUAL(ends_with("3", 0), 3);
    UNHEARD("READY=1");
    REQUIRE(listens("hasty", 0));
    EQUAL(ends(), 3);
}

static void a_service_without_a_handler_has_ended(void) {
    REQUIRE(listens("orphan", 0));
    EQUAL(ends(), ERROR_PROCESS_ABORTED & 0xFF);
    UNHEARD("READY=1");
}

static void a_service_outlives_its_main_function(void) {
    REQUIRE(listens("returning", 0));
    UNTIL_HEARD("READY=1");
    IS_TOLD_TO_STOP("1 1");
    EQUAL(ends(), 0);
}

static void a_table_without_a_name(void) {
    REQUIRE(listens("nameless", 0));
    UNTIL_HEARD("READY=1"); // the name of an only service is not looked at
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    EQUAL(ends(), 0);
}

static void two_services(void) {
    REQUIRE(listens("two", 0));
    UNTIL_HEARD("STATUS=one: starting; two: running");
    UNHEARD("READY=1"); // not before both are
    release();
    UNTIL_HEARD("READY=1");
    ANSWERS("1 2 Two", "1 0\n0 16 7 11 0 0 0 0 two");
    UNTIL_HEARD("STATUS=one: running; two: paused");
    UNHEARD("STATUS=one: control 2");
    IS_TOLD_TO_STOP("1 1 two");
    UNTIL_HEARD("STATUS=one: running; two: stopped");
    UNHEARD("STOPPING=1"); // the other goes on
    ANSWERS("1 4", "1 0\n0 16 4 11 0 0 0 0 one\n1062 16 1 0 0 0 0 0 two");
    TRUTH(kill(manager.pid, SIGTERM) == 0);
    UNTIL_HEARD("STATUS=one: control 1");
    EQUAL(ends(), 0);
    TRUTH(has_heard("STOPPING=1") != NULL);
}

static void errors_of_services(void) {
    REQUIRE(listens("careless", 0));
    EQUAL(ends(), 0);
    if (strstr(manager.heard, "wrong")) {
        TRUTH(!"the service finds nothing wrong");
        printf("  heard:%s", manager.heard);
    }
}

static void what_a_service_starts_is_no_service(void) {
    REQUIRE(listens("parent", 0));
    EQUAL(ends(), 0);
}
#endif

static const struct test_case cases[] = {
    CASE(without_a_manager),
    CASE(handlers_without_a_dispatcher),
    CASE(status_without_a_service),
#ifndef _WIN32
    CASE(nothing_is_passed_or_stored_without_a_manager),
    CASE(a_whole_life),
    CASE(a_manager_that_is_deaf_for_a_while),
    CASE(wide_names_and_plain_handlers),
    CASE(controls),
    CASE(controls_from_many_at_once),
    CASE(controls_in_the_runtime_folder),
    CASE(a_stop_that_comes_early_is_kept),
    CASE(a_stop_that_is_not_accepted_is_kept),
    CASE(who_accepts_a_shutdown_only_is_told_that),
    CASE(reload_is_parameter_change),
    CASE(a_reload_that_nobody_accepts),
    CASE(the_exit_code_is_the_service_s),
    CASE(a_service_without_a_handler_has_ended),
    CASE(a_service_outlives_its_main_function),
    CASE(a_table_without_a_name),
    CASE(two_services),
    CASE(errors_of_services),
    CASE(what_a_service_starts_is_no_service),
#endif
};

int main(int argc, char **argv) {
#ifndef _WIN32
    if (argc == 3 && !strcmp(argv[1], "--service")) return service(argv[2]);
    unsetenv("NOTIFY_SOCKET"); // of who runs this
    signal(SIGPIPE, SIG_IGN);
#endif
    return run_cases(cases, COUNT(cases), argc, argv);
}
