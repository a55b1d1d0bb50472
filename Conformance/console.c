// console.c: control handlers. Signals are what tells a program to end; so not for Windows.
//
// Each case runs this program again, with the child's name as argument, sends it a signal when it says that it is
// ready, and looks at what it writes and how it ends.
#include <stdlib.h>
#include <sys/wait.h>
#include "cases.h"

// ---- the children

static HANDLE stop;

static void say(const char *text) {
    if (write(1, text, strlen(text)) < 0) _exit(9);
}

static BOOL WINAPI first(DWORD type) {
    char text[16];
    snprintf(text, sizeof text, "first %u,", type);
    say(text);
    return FALSE;
}

static BOOL WINAPI second(DWORD type) {
    char text[16];
    snprintf(text, sizeof text, "second %u,", type);
    say(text);
    return FALSE;
}

static BOOL WINAPI handling(DWORD type) {
    char text[16];
    snprintf(text, sizeof text, "handled %u,", type);
    say(text);
    SetEvent(stop);
    return TRUE;
}

static BOOL WINAPI stopping(DWORD type) {
    handling(type);
    Sleep(20000); // main ends before
    return TRUE;
}

static BOOL WINAPI waiting_elsewhere(DWORD type) {
    (void)type;
    // A handler runs on a thread of its own, on which everything of this library may be called.
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (WaitForSingleObject(event, 10) == WAIT_TIMEOUT && GetCurrentThreadId() != GetCurrentProcessId()) say("waited,");
    SetEvent(stop);
    return TRUE;
}

static int until_stopped(void) {
    say("ready,");
    WaitForSingleObject(stop, INFINITE);
    say("stopped");
    return 7;
}

static int add(PHANDLER_ROUTINE handler) {
    if (!SetConsoleCtrlHandler(handler, TRUE)) say("refused,");
    return 0;
}

static int child(const char *name) {
    stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    alarm(CASE_SECONDS);
    if (!strcmp(name, "one")) add(handling);
    if (!strcmp(name, "order")) add(handling), add(first), add(second);
    if (!strcmp(name, "covered")) add(first), add(handling);
    if (!strcmp(name, "twice")) add(handling), add(first), add(first);
    if (!strcmp(name, "none-handles")) add(first), add(second);
    if (!strcmp(name, "stopping")) add(stopping);
    if (!strcmp(name, "waiting")) add(waiting_elsewhere);
    if (!strcmp(name, "removed")) {
        add(handling), add(first), add(second);
        if (!SetConsoleCtrlHandler(first, FALSE)) say("refused,");
    }
    if (!strcmp(name, "all-removed")) {
        add(handling);
        if (!SetConsoleCtrlHandler(handling, FALSE)) say("refused,");
    }
    if (!strcmp(name, "ignoring")) {
        add(handling);
        if (!SetConsoleCtrlHandler(NULL, TRUE)) say("refused,");
    }
    if (!strcmp(name, "not-ignoring")) {
        add(handling);
        if (!SetConsoleCtrlHandler(NULL, TRUE) || !SetConsoleCtrlHandler(NULL, FALSE)) say("refused,");
    }
    return until_stopped();
}

// ---- the cases

struct outcome {
    char text[256];
    int status;
};

static void read_until(int from, struct outcome *outcome, size_t *length, const char *text) {
    while (!text || !strstr(outcome->text, text)) {
        ssize_t now = read(from, outcome->text + *length, sizeof outcome->text - 1 - *length);
        if (now <= 0) return;
        *length += (size_t)now;
        outcome->text[*length] = 0;
    }
}

// Runs the child, sends it the signals as soon as it is ready, and waits for its end.
static struct outcome run(const char *name, int number, int then) {
    struct outcome outcome = {"", -1};
    size_t length = 0;
    int ends[2];
    if (!TRUTH(pipe(ends) == 0)) return outcome;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execl("/proc/self/exe", "console", "--child", name, (char *)NULL);
        _exit(8);
    }
    close(ends[1]);
    read_until(ends[0], &outcome, &length, "ready,");
    TRUTH(kill(pid, number) == 0);
    if (then) TRUTH(kill(pid, then) == 0);
    read_until(ends[0], &outcome, &length, NULL);
    close(ends[0]);
    TRUTH(waitpid(pid, &outcome.status, 0) == pid);
    return outcome;
}

static void says(const struct outcome *outcome, const char *text) {
    if (!strcmp(outcome->text, text)) return;
    TRUTH(!"the child says what is expected");
    printf("  it says \"%s\" instead of \"%s\"\n", outcome->text, text);
}

static void exits(const struct outcome *outcome, int code) {
    TRUTH(WIFEXITED(outcome->status));
    if (WIFEXITED(outcome->status)) EQUAL(WEXITSTATUS(outcome->status), code);
}

static void is_killed(const struct outcome *outcome, int number) {
    TRUTH(WIFSIGNALED(outcome->status));
    if (WIFSIGNALED(outcome->status)) EQUAL(WTERMSIG(outcome->status), number);
}

static void interrupt_is_control_c(void) {
    struct outcome outcome = run("one", SIGINT, 0);
    says(&outcome, "ready,handled 0,stopped");
    exits(&outcome, 7);
}

static void quit_is_control_break(void) {
    struct outcome outcome = run("one", SIGQUIT, 0);
    says(&outcome, "ready,handled 1,stopped");
    exits(&outcome, 7);
}

static void terminate_is_shutdown(void) {
    struct outcome outcome = run("stopping", SIGTERM, 0);
    says(&outcome, "ready,handled 6,stopped");
    exits(&outcome, 7);
}

static void hang_up_is_close(void) {
    struct outcome outcome = run("stopping", SIGHUP, 0);
    says(&outcome, "ready,handled 2,stopped");
    exits(&outcome, 7);
}

static void the_last_added_is_called_first(void) {
    struct outcome outcome = run("order", SIGINT, 0);
    says(&outcome, "ready,second 0,first 0,handled 0,stopped");
    exits(&outcome, 7);
}

static void who_handles_it_covers_the_others(void) {
    struct outcome outcome = run("covered", SIGINT, 0);
    says(&outcome, "ready,handled 0,stopped");
    exits(&outcome, 7);
}

static void added_twice_is_called_twice(void) {
    struct outcome outcome = run("twice", SIGINT, 0);
    says(&outcome, "ready,first 0,first 0,handled 0,stopped");
}

static void unhandled_it_ends_the_program(void) {
    struct outcome outcome = run("none-handles", SIGINT, 0);
    says(&outcome, "ready,second 0,first 0,");
    is_killed(&outcome, SIGINT);
    outcome = run("none-handles", SIGTERM, 0);
    says(&outcome, "ready,second 6,first 6,");
    is_killed(&outcome, SIGTERM);
}

static void without_handlers_it_ends_the_program(void) {
    struct outcome outcome = run("no-handlers", SIGINT, 0);
    says(&outcome, "ready,");
    is_killed(&outcome, SIGINT);
    outcome = run("all-removed", SIGTERM, 0);
    says(&outcome, "ready,");
    is_killed(&outcome, SIGTERM);
}

static void a_shutdown_that_is_handled_ends_it_too(void) {
    struct outcome outcome = run("covered", SIGTERM, 0); // its handler returns; main may be faster
    TRUTH(strncmp(outcome.text, "ready,handled 6,", 16) == 0);
    TRUTH(WIFEXITED(outcome.status));
    TRUTH(WEXITSTATUS(outcome.status) == 0 || WEXITSTATUS(outcome.status) == 7);
}

static void a_removed_handler_is_not_called(void) {
    struct outcome outcome = run("removed", SIGINT, 0);
    says(&outcome, "ready,second 0,handled 0,stopped");
}

static void control_c_can_be_ignored(void) {
    struct outcome outcome = run("ignoring", SIGINT, SIGQUIT);
    says(&outcome, "ready,handled 1,stopped"); // the other was heard, so the first is over
    outcome = run("not-ignoring", SIGINT, 0);
    says(&outcome, "ready,handled 0,stopped");
}

static void a_handler_may_wait(void) {
    struct outcome outcome = run("waiting", SIGINT, 0);
    says(&outcome, "ready,waited,stopped");
}

static void removing_what_was_not_added(void) {
    FAILS(SetConsoleCtrlHandler(handling, FALSE), ERROR_INVALID_PARAMETER);
    QUIETLY(SetConsoleCtrlHandler(handling, TRUE), TRUE);
    FAILS(SetConsoleCtrlHandler(first, FALSE), ERROR_INVALID_PARAMETER);
    QUIETLY(SetConsoleCtrlHandler(handling, FALSE), TRUE);
    FAILS(SetConsoleCtrlHandler(handling, FALSE), ERROR_INVALID_PARAMETER);
}

static void the_null_handler(void) {
    QUIETLY(SetConsoleCtrlHandler(NULL, TRUE), TRUE);
    QUIETLY(SetConsoleCtrlHandler(NULL, FALSE), TRUE);
    QUIETLY(SetConsoleCtrlHandler(NULL, FALSE), TRUE);
}

static const struct test_case cases[] = {
    CASE(interrupt_is_control_c),
    CASE(quit_is_control_break),
    CASE(terminate_is_shutdown),
    CASE(hang_up_is_close),
    CASE(the_last_added_is_called_first),
    CASE(who_handles_it_covers_the_others),
    CASE(added_twice_is_called_twice),
    CASE(unhandled_it_ends_the_program),
    CASE(without_handlers_it_ends_the_program),
    CASE(a_shutdown_that_is_handled_ends_it_too),
    CASE(a_removed_handler_is_not_called),
    CASE(control_c_can_be_ignored),
    CASE(a_handler_may_wait),
    CASE(removing_what_was_not_added),
    CASE(the_null_handler),
};

int main(int argc, char **argv) {
    SetConsoleCtrlHandler(NULL, FALSE); // a shell starts what it does not wait for with Ctrl-C ignored
    if (argc == 3 && !strcmp(argv[1], "--child")) return child(argv[2]);
    return run_cases(cases, COUNT(cases), argc, argv);
}
