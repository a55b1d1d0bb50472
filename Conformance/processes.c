// processes.c: starting processes, what they are given, how they end, and what is told of them.
#include "children.h"
#ifndef _WIN32
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <errno.h>
#endif

#define QUERY PROCESS_QUERY_LIMITED_INFORMATION

static const DWORD codes[] = {0, 1, 3, 255, 256, 0x1234, 0x7FFFFFFF, 0x80000000, 0xC0000005, 0xFFFFFFFF};

static DWORD run_with_code(const char *how, DWORD code) {
    char arguments[64];
    snprintf(arguments, sizeof arguments, "%s %lu", how, (unsigned long)code);
    return run_child(arguments);
}

static void exit_codes_of_exit_process(void) {
    for (size_t i = 0; i < COUNT(codes); i++) EQUAL(run_with_code("exit-process", codes[i]), codes[i]);
}

static void exit_codes_of_main(void) {
    for (size_t i = 0; i < COUNT(codes); i++) EQUAL(run_with_code("return", codes[i]), codes[i]);
}

static void exit_codes_of_exit(void) {
    for (size_t i = 0; i < COUNT(codes); i++) EQUAL(run_with_code("exit", codes[i]), codes[i]);
}

static void exit_codes_of_own_termination(void) {
    for (size_t i = 0; i < COUNT(codes); i++) EQUAL(run_with_code("terminate-self", codes[i]), codes[i]);
}

static void exit_codes_of_termination(void) {
    for (size_t i = 0; i < COUNT(codes); i++) {
        PROCESS_INFORMATION child;
        DWORD code = UNTOUCHED;
        REQUIRE(start_child("sleep", 0, &child));
        QUIETLY(GetExitCodeProcess(child.hProcess, &code), TRUE);
        EQUAL(code, STILL_ACTIVE);
        EQUAL(WaitForSingleObject(child.hProcess, 0), WAIT_TIMEOUT);
        EQUAL(WaitForSingleObject(child.hThread, 0), WAIT_TIMEOUT);
        QUIETLY(TerminateProcess(child.hProcess, codes[i]), TRUE);
        EQUAL(end_of(&child), codes[i]);
    }
}

// "No process can be terminated twice": "ERROR_ACCESS_DENIED" (TerminateProcess). Wine says TRUE.
static void a_finished_process_is_not_terminated(void) {
    PROCESS_INFORMATION child;
    DWORD code = UNTOUCHED;
    REQUIRE(start_child("exit-process 7", 0, &child));
    EQUAL(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
#ifndef ON_WINE
    FAILS(TerminateProcess(child.hProcess, 8), ERROR_ACCESS_DENIED);
#endif
    TRUTH(GetExitCodeProcess(child.hProcess, &code));
    EQUAL(code, 7);
    EQUAL(WaitForSingleObject(child.hProcess, 0), WAIT_OBJECT_0); // for good
    EQUAL(WaitForSingleObject(child.hThread, INFINITE), WAIT_OBJECT_0);
    code = UNTOUCHED;
    TRUTH(GetExitCodeThread(child.hThread, &code));
    EQUAL(code, 7);
    QUIETLY(ResumeThread(child.hThread), 0);
    FAILS_WITH(SuspendThread(child.hThread), (DWORD)-1, ERROR_ACCESS_DENIED);
    close_child(&child);
}

static void own_termination_runs_no_handlers(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("terminate-with-handler", 0, &child));
    EQUAL(end_of(&child), 21);
}

#ifndef _WIN32
static void exit_process_runs_handlers(void) {
    EQUAL(run_child("exit-with-handler"), 23);
}

// What a parent that knows nothing of us sees.
static int status_of(const char *how, const char *code) {
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execl(own_path, own_path, how, code, (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid) return -1;
    return status;
}

static void a_unix_parent_sees_no_success_where_there_is_none(void) {
    static const char *const ways[] = {"exit-process", "return", "exit", "terminate-self"};
    for (size_t i = 0; i < COUNT(ways); i++) {
        EQUAL(status_of(ways[i], "0"), 0);
        EQUAL(WEXITSTATUS(status_of(ways[i], "3")), 3);
        EQUAL(WEXITSTATUS(status_of(ways[i], "259")), 3);
        EQUAL(WEXITSTATUS(status_of(ways[i], "256")), 255);
        EQUAL(WEXITSTATUS(status_of(ways[i], "2147483648")), 255);
    }
}

static void signals_become_exit_codes(void) {
    static const struct {
        int signal;
        DWORD code;
    } rows[] = {
        {SIGKILL, 1}, {SIGSEGV, 0xC0000005}, {SIGBUS, 0xC0000006}, {SIGILL, 0xC000001D}, {SIGFPE, 0xC0000094},
        {SIGTRAP, 0x80000003}, {SIGINT, 0xC000013A}, {SIGTERM, 0xC000013A}, {SIGHUP, 0xC000013A}, {SIGABRT, 3},
        {SIGUSR1, 128 + SIGUSR1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        PROCESS_INFORMATION child;
        REQUIRE(start_child("sleep", 0, &child));
        EQUAL(kill((pid_t)child.dwProcessId, rows[i].signal), 0);
        EQUAL(end_of(&child), rows[i].code);
    }
}

static void programs_that_are_not_ours(void) {
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {.cb = sizeof startup};
    char fails[] = "sh -c \"exit 37\"", sleeps[] = "sleep 1000";
    REQUIRE(CreateProcessA(NULL, fails, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    EQUAL(end_of(&child), 37);
    REQUIRE(CreateProcessA(NULL, sleeps, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    TRUTH(TerminateProcess(child.hProcess, 0xABCDEF01));
    EQUAL(end_of(&child), 0xABCDEF01);
}

// A shell between us does not pass its page on.
static void a_grandchild_has_its_own_end(void) {
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[8192];
    snprintf(line, sizeof line, "sh -c \"'%s' exit-process 77; exit 5\"", own_path);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    EQUAL(end_of(&child), 5);
    snprintf(line, sizeof line, "sh -c \"exec '%s' exit-process 65537\"", own_path);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    EQUAL(end_of(&child), 65537);
}

// A process that CreateProcess has not started, or that another has, is opened, awaited and ended all the same.
static void processes_of_others(void) {
    DWORD code = UNTOUCHED;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execl(own_path, own_path, "sleep", (char *)NULL);
        _exit(127);
    }
    HANDLE opened = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)pid), again;
    REQUIRE(opened);
    EQUAL(WaitForSingleObject(opened, 0), WAIT_TIMEOUT);
    QUIETLY(GetExitCodeProcess(opened, &code), TRUE);
    EQUAL(code, STILL_ACTIVE);
    again = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)pid);
    TRUTH(CompareObjectHandles(opened, again));
    CloseHandle(again);
    TRUTH(TerminateProcess(opened, 0x10203040));
    EQUAL(WaitForSingleObject(opened, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeProcess(opened, &code));
    EQUAL(code, 0x10203040);
    EQUAL(waitpid(pid, NULL, 0), pid);
    CloseHandle(opened);
    while ((again = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)pid))) CloseHandle(again); // who has told its end lets it go
    FAILS(OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)pid), ERROR_INVALID_PARAMETER);

    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid = fork();
    if (pid == 0) {
        dup2(ends[0], 0);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", "read line; exit 44", (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    opened = OpenProcess(SYNCHRONIZE | QUERY, FALSE, (DWORD)pid);
    REQUIRE(opened);
    close(ends[1]);
    EQUAL(WaitForSingleObject(opened, INFINITE), WAIT_OBJECT_0);
    code = UNTOUCHED;
    TRUTH(GetExitCodeProcess(opened, &code)); // it is not reaped yet, so that Linux tells
    EQUAL(code, 44);
    EQUAL(waitpid(pid, NULL, 0), pid);
    CloseHandle(opened);
}

// The page of a process that another has started by CreateProcess tells all 32 bits.
static void grandchildren_that_are_opened(void) {
    char text[32] = "";
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    int saved = dup(1);
    fflush(stdout);
    dup2(ends[1], 1); // the child has it as its own
    PROCESS_INFORMATION child;
    BOOL made = start_child("tell-and-wait", 0, &child);
    dup2(saved, 1);
    close(saved);
    close(ends[1]);
    REQUIRE(made);
    TRUTH(read(ends[0], text, sizeof text - 1) > 0);
    DWORD code = UNTOUCHED;
    HANDLE grandchild = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)atoi(text));
    REQUIRE(grandchild);
    TRUTH(TerminateProcess(grandchild, 0xCAFEF00D));
    EQUAL(WaitForSingleObject(grandchild, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeProcess(grandchild, &code));
    EQUAL(code, 0xCAFEF00D);
    CloseHandle(grandchild);
    EQUAL(end_of(&child), 0xCAFEF00D); // which is what its parent was told
    close(ends[0]);
}

// What was opened and never ends is let go with its handle.
static void opened_and_closed(void) {
    run_child("exit-process 0");
    int descriptors = entries(DESCRIPTORS), threads = entries(THREADS);
    for (int i = 0; i < 20; i++) {
        HANDLE parent = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)getppid());
        REQUIRE(parent);
        EQUAL(WaitForSingleObject(parent, 0), WAIT_TIMEOUT);
        TRUTH(CloseHandle(parent));
    }
    until_entries(DESCRIPTORS, descriptors);
    until_entries(THREADS, threads);
}

static void nothing_is_left(void) {
    run_child("exit-process 0");
    int descriptors = entries(DESCRIPTORS), threads = entries(THREADS);
    for (int i = 0; i < 20; i++) EQUAL(run_child("exit-process 1"), 1);
    until_entries(DESCRIPTORS, descriptors);
    until_entries(THREADS, threads);
    EQUAL(waitpid(-1, NULL, WNOHANG), (pid_t)-1); // all are reaped
}

static void a_child_gets_no_descriptor_of_ours(void) {
    int fd = open("/dev/null", O_RDONLY);
    char arguments[32];
    snprintf(arguments, sizeof arguments, "has-descriptor %d", fd);
    EQUAL(run_child(arguments), 0);
    close(fd);
}

static void ctrl_c_is_off_in_a_new_group(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("ignores-interrupts", CREATE_NEW_PROCESS_GROUP, &child));
    EQUAL(end_of(&child), 1);
    REQUIRE(start_child("ignores-interrupts", 0, &child));
    EQUAL(end_of(&child), 0);
}

static void sessions_and_groups(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("leads", CREATE_NEW_PROCESS_GROUP, &child));
    EQUAL(end_of(&child), 1);
    REQUIRE(start_child("leads", 0, &child));
    EQUAL(end_of(&child), 0);
    static const DWORD flags[] = {DETACHED_PROCESS, CREATE_NEW_CONSOLE, CREATE_NO_WINDOW};
    for (size_t i = 0; i < COUNT(flags); i++) {
        REQUIRE(start_child("leads", flags[i], &child));
        EQUAL(end_of(&child), 3);
    }
}
#endif

// ---- starting

static void suspended_until_resumed(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("exit-process 9", CREATE_SUSPENDED, &child));
    EQUAL(WaitForSingleObject(child.hProcess, 100), WAIT_TIMEOUT);
    QUIETLY(SuspendThread(child.hThread), 1);
    QUIETLY(ResumeThread(child.hThread), 2);
    EQUAL(WaitForSingleObject(child.hProcess, 50), WAIT_TIMEOUT);
    QUIETLY(ResumeThread(child.hThread), 1);
    EQUAL(end_of(&child), 9);
}

static void a_suspended_process_can_be_terminated(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("exit-process 9", CREATE_SUSPENDED, &child));
    TRUTH(TerminateProcess(child.hProcess, 10));
    EQUAL(end_of(&child), 10);
}

static void a_running_process_is_suspended_by_its_thread(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("sleep", 0, &child));
    QUIETLY(SuspendThread(child.hThread), 0);
    QUIETLY(ResumeThread(child.hThread), 1);
    QUIETLY(ResumeThread(child.hThread), 0);
    TRUTH(TerminateProcess(child.hProcess, 3));
    EQUAL(end_of(&child), 3);
}

static void ids(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("sleep", 0, &child));
    TRUTH(child.dwProcessId != 0 && child.dwProcessId != GetCurrentProcessId());
    TRUTH(child.dwThreadId != 0);
    QUIETLY(GetProcessId(child.hProcess), child.dwProcessId);
    QUIETLY(GetThreadId(child.hThread), child.dwThreadId);
    QUIETLY(GetProcessId(GetCurrentProcess()), GetCurrentProcessId());
    FAILS(GetProcessId(NULL), ERROR_INVALID_HANDLE);
    FAILS(GetProcessId(GetCurrentThread()), ERROR_INVALID_HANDLE);
    TRUTH(TerminateProcess(child.hProcess, 0));
    EQUAL(end_of(&child), 0);
}

// Arguments by the rules of "Parsing C command-line arguments".
static void arguments_arrive(void) {
    static const struct {
        const char *line;
        const char *arguments[5];
    } rows[] = {
        {"\"a b c\" d e", {"a b c", "d", "e"}},
        {"\"ab\\\"c\" \"\\\\\" d", {"ab\"c", "\\", "d"}},
        {"a\\\\\\b d\"e f\"g h", {"a\\\\\\b", "de fg", "h"}},
        {"a\\\\\\\"b c d", {"a\\\"b", "c", "d"}},
        {"a\\\\\\\\\"b c\" d e", {"a\\\\b c", "d", "e"}},
        {"  x \t y  ", {"x", "y"}},
        {"\"\" z", {"", "z"}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[512] = "arguments ";
        int count = 0;
        // The child compares with what it finds in its environment.
        for (; count < 5 && rows[i].arguments[count]; count++) {
            char name[16];
            snprintf(name, sizeof name, "EXPECTED%d", count);
            SetEnvironmentVariableA(name, *rows[i].arguments[count] ? rows[i].arguments[count] : "(empty)");
        }
        strcat(line, rows[i].line);
        if (!EQUAL(run_child(line), count)) printf("    %s\n", rows[i].line);
    }
}

static void the_command_line_arrives_as_it_is(void) {
    SetEnvironmentVariableA("EXPECTED", "command-line  \"quo\"ted \t \\\\x\\\"  ");
    EQUAL(run_child("command-line  \"quo\"ted \t \\\\x\\\"  "), 1);
}

static void without_a_command_line_the_name_is_it(void) {
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {0};
    startup.cb = sizeof startup;
    SetEnvironmentVariableA("DO", "command-is-path");
    BOOL made = CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child);
    SetEnvironmentVariableA("DO", NULL);
    REQUIRE(made);
    EQUAL(end_of(&child), 1);
}

static void wide_form(void) {
    PROCESS_INFORMATION child;
    STARTUPINFOW startup;
    WCHAR line[8192], path[4096];
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    size_t length = 0;
    for (; own_path[length]; length++) path[length] = (unsigned char)own_path[length];
    path[length] = 0;
    static const char rest[] = " exit-process 4711";
    line[0] = '"';
    memcpy(line + 1, path, length * sizeof *path);
    line[length + 1] = '"';
    for (size_t i = 0; i < sizeof rest; i++) line[length + 2 + i] = (unsigned char)rest[i];
    REQUIRE(CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    EQUAL(end_of(&child), 4711);
    REQUIRE(CreateProcessW(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    EQUAL(end_of(&child), 4711);
}

static void errors_of_starting(void) {
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {0};
    startup.cb = sizeof startup;
    memset(&child, 0x5A, sizeof child);
    char missing[] = "no-such-program-anywhere with arguments", quoted[] = "\"no-such program\" x", line[8192];
    snprintf(line, sizeof line, "\"%s\" exit-process 0", own_path);
    FAILS(CreateProcessA(NULL, missing, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_FILE_NOT_FOUND);
    FAILS(CreateProcessA(NULL, quoted, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_FILE_NOT_FOUND);
    FAILS(CreateProcessA("no-such-program", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child),
          ERROR_FILE_NOT_FOUND);
    FAILS(CreateProcessA("/no-such-folder/program", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child),
          ERROR_PATH_NOT_FOUND);
    FAILS(CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, "/no-such-folder", &startup, &child),
          ERROR_DIRECTORY);
    FAILS(CreateProcessA("", line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_PATH_NOT_FOUND);
#ifndef ON_WINE
    // "This flag cannot be used with DETACHED_PROCESS" (CREATE_NEW_CONSOLE).
    FAILS(CreateProcessA(own_path, line, NULL, NULL, FALSE, CREATE_NEW_CONSOLE | DETACHED_PROCESS, NULL, NULL, &startup,
                         &child), ERROR_INVALID_PARAMETER);
#endif
#ifndef _WIN32 // Windows reads through these
    FAILS(CreateProcessA(NULL, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_INVALID_PARAMETER);
    FAILS(CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, NULL, NULL, &child), ERROR_INVALID_PARAMETER);
    FAILS(CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateProcessA("/usr", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_ACCESS_DENIED);
    // No program by its content, whether it is marked as one or not; and a program that may not be run.
    char path[] = "/tmp/not-a-program-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    TRUTH(write(fd, "hello\n", 6) == 6);
    close(fd);
    FAILS(CreateProcessA(path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_BAD_EXE_FORMAT);
    chmod(path, 0755);
    FAILS(CreateProcessA(path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_BAD_EXE_FORMAT);
    chmod(path, 0644);
    fd = open(path, O_WRONLY | O_TRUNC);
    TRUTH(write(fd, "#!/bin/sh\n", 10) == 10);
    close(fd);
    FAILS(CreateProcessA(path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child), ERROR_ACCESS_DENIED);
    unlink(path);
    EQUAL(((unsigned char *)&child)[0], 0x5A); // unwritten; Windows clears it
    EQUAL(((unsigned char *)&child)[sizeof child - 1], 0x5A);
#endif
}

static void an_environment_block(void) {
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {0};
    startup.cb = sizeof startup;
    char line[8192];
    snprintf(line, sizeof line, "\"%s\" has-variable", own_path);
    SetEnvironmentVariableA("SURPRISE", "here");
    EQUAL(run_child("has-variable"), 2);
    char block[512] = "ALPHA=beta";
    size_t at = strlen(block) + 1;
#ifdef _WIN32 // without these no program starts
    static const char *const kept[] = {"SystemRoot", "WINEPREFIX", "PATH"};
    for (size_t i = 0; i < COUNT(kept); i++) {
        char value[300];
        DWORD length = GetEnvironmentVariableA(kept[i], value, sizeof value);
        if (length && length < sizeof value && at + length + 32 < sizeof block)
            at += (size_t)sprintf(block + at, "%s=%s", kept[i], value) + 1;
    }
#endif
    block[at] = 0;
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, block, NULL, &startup, &child));
    EQUAL(end_of(&child), 1);
    WCHAR wide[512];
    for (size_t i = 0; i <= at; i++) wide[i] = (unsigned char)block[i];
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_UNICODE_ENVIRONMENT, wide, NULL, &startup, &child));
    EQUAL(end_of(&child), 1);
    SetEnvironmentVariableA("SURPRISE", NULL);
}

static void a_current_directory(void) {
    char here[4096], there[4096];
    STARTUPINFOA startup = {0};
    PROCESS_INFORMATION child;
    startup.cb = sizeof startup;
    TRUTH(GetCurrentDirectoryA(sizeof here, here) > 0);
#ifdef _WIN32
    strcpy(there, "C:\\windows");
#else
    strcpy(there, "/usr");
#endif
    SetEnvironmentVariableA("EXPECTED", there);
    char line[8192];
    snprintf(line, sizeof line, "\"%s\" directory", own_path);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, there, &startup, &child));
    EQUAL(end_of(&child), 1);
    SetEnvironmentVariableA("EXPECTED", here);
    EQUAL(run_child("directory"), 1);
}

static void startup_information_arrives(void) {
    STARTUPINFOA startup = {0};
    PROCESS_INFORMATION child;
    char line[8192], title[] = "a title";
    startup.cb = sizeof startup;
    startup.lpTitle = title;
    startup.dwFlags = STARTF_USEPOSITION | STARTF_USESHOWWINDOW;
    startup.dwX = 17;
    startup.dwY = 19;
    startup.wShowWindow = 5;
    snprintf(line, sizeof line, "\"%s\" startup", own_path);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    EQUAL(end_of(&child), 0);
}

// ---- handles

static void opening(void) {
    PROCESS_INFORMATION child;
    DWORD code = UNTOUCHED;
    REQUIRE(start_child("sleep", 0, &child));
    HANDLE opened = OpenProcess(PROCESS_ALL_ACCESS, FALSE, child.dwProcessId);
    REQUIRE(opened);
    EQUAL(GetProcessId(opened), child.dwProcessId);
#ifndef _WIN32 // of Windows 10; Wine 8 has it in no import library
    TRUTH(CompareObjectHandles(opened, child.hProcess));
#endif
    EQUAL(WaitForSingleObject(opened, 0), WAIT_TIMEOUT);
    TRUTH(TerminateProcess(opened, 0xFEDCBA98));
    EQUAL(WaitForSingleObject(opened, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeProcess(opened, &code));
    EQUAL(code, 0xFEDCBA98);
    TRUTH(CloseHandle(opened));
    EQUAL(end_of(&child), 0xFEDCBA98);
    FAILS(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0), ERROR_INVALID_PARAMETER);
    FAILS(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7FFFFFF0), ERROR_INVALID_PARAMETER);
}

static void the_own_process(void) {
    DWORD code = UNTOUCHED;
    EQUAL(GetCurrentProcess(), (HANDLE)(LONG_PTR)-1);
    QUIETLY(GetExitCodeProcess(GetCurrentProcess(), &code), TRUE);
    EQUAL(code, STILL_ACTIVE);
    EQUAL(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT);
    HANDLE real = NULL;
    TRUTH(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &real, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    TRUTH(real != NULL && real != GetCurrentProcess());
    EQUAL(GetProcessId(real), GetCurrentProcessId());
    EQUAL(WaitForSingleObject(real, 0), WAIT_TIMEOUT);
    HANDLE opened = OpenProcess(QUERY | SYNCHRONIZE, FALSE, GetCurrentProcessId());
    REQUIRE(opened);
    EQUAL(GetProcessId(opened), GetCurrentProcessId());
    // A real handle to this process is as good as the pseudo handle.
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), copy = NULL;
    TRUTH(DuplicateHandle(real, event, real, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRUTH(is_signaled(copy));
    CloseHandle(copy);
    CloseHandle(event);
    CloseHandle(opened);
    TRUTH(CloseHandle(real));
    FAILS(GetExitCodeProcess(real, &code), ERROR_INVALID_HANDLE);
}

static void bad_handles(void) {
    DWORD code = UNTOUCHED;
    FILETIME times[4];
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE bad[] = {NULL, event, (HANDLE)(ULONG_PTR)0x7FFFFFF0};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(GetExitCodeProcess(bad[i], &code), ERROR_INVALID_HANDLE);
        FAILS(TerminateProcess(bad[i], 1), ERROR_INVALID_HANDLE);
        FAILS(GetProcessId(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(GetProcessTimes(bad[i], &times[0], &times[1], &times[2], &times[3]), ERROR_INVALID_HANDLE);
    }
    EQUAL(code, UNTOUCHED);
    CloseHandle(event);
}

static void rights(void) {
    PROCESS_INFORMATION child;
    DWORD code = UNTOUCHED;
    FILETIME t[4];
    HANDLE copy = NULL;
    REQUIRE(start_child("sleep", 0, &child));
    HANDLE waits = OpenProcess(SYNCHRONIZE, FALSE, child.dwProcessId), asks, ends;
    HANDLE query = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, child.dwProcessId);
    REQUIRE(waits && query);
    EQUAL(WaitForSingleObject(waits, 0), WAIT_TIMEOUT);
    FAILS(GetExitCodeProcess(waits, &code), ERROR_ACCESS_DENIED);
    FAILS(GetProcessTimes(waits, &t[0], &t[1], &t[2], &t[3]), ERROR_ACCESS_DENIED);
    FAILS(GetProcessId(waits), ERROR_ACCESS_DENIED);
    FAILS(TerminateProcess(waits, 1), ERROR_ACCESS_DENIED);
    EQUAL(code, UNTOUCHED);
    FAILS_WITH(WaitForSingleObject(query, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    QUIETLY(GetExitCodeProcess(query, &code), TRUE);
    EQUAL(code, STILL_ACTIVE);
    EQUAL(GetProcessId(query), child.dwProcessId);
    FAILS(TerminateProcess(query, 1), ERROR_ACCESS_DENIED);
    asks = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, child.dwProcessId);
    QUIETLY(GetExitCodeProcess(asks, &code), TRUE);
    ends = OpenProcess(PROCESS_TERMINATE, FALSE, child.dwProcessId);
    FAILS(GetExitCodeProcess(ends, &code), ERROR_ACCESS_DENIED);
    // A copy with fewer rights has just these.
    TRUTH(DuplicateHandle(GetCurrentProcess(), child.hProcess, GetCurrentProcess(), &copy, SYNCHRONIZE, FALSE, 0));
    FAILS(TerminateProcess(copy, 1), ERROR_ACCESS_DENIED);
    EQUAL(WaitForSingleObject(copy, 0), WAIT_TIMEOUT);
    QUIETLY(TerminateProcess(ends, 5), TRUE);
    CloseHandle(copy);
    CloseHandle(waits);
    CloseHandle(query);
    CloseHandle(asks);
    CloseHandle(ends);
    EQUAL(end_of(&child), 5);
}

static void handles_of_other_processes(void) {
    PROCESS_INFORMATION child;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = (HANDLE)(ULONG_PTR)UNTOUCHED;
    HANDLE own = OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId());
    FAILS(DuplicateHandle(own, event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
          ERROR_ACCESS_DENIED);
#ifndef _WIN32 // each process has its objects to itself yet
    REQUIRE(start_child("sleep", 0, &child));
    FAILS(DuplicateHandle(GetCurrentProcess(), event, child.hProcess, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
          ERROR_NOT_SUPPORTED);
    FAILS(DuplicateHandle(child.hProcess, event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
          ERROR_NOT_SUPPORTED);
    TRUTH(TerminateProcess(child.hProcess, 0));
    end_of(&child);
    EQUAL(copy, (HANDLE)(ULONG_PTR)UNTOUCHED);
#else
    (void)child;
#endif
    CloseHandle(own);
    CloseHandle(event);
}

static void inherit_flags_of_what_is_made(void) {
    SECURITY_ATTRIBUTES inherits = {sizeof inherits, NULL, TRUE};
    STARTUPINFOA startup = {0};
    PROCESS_INFORMATION child;
    DWORD flags = UNTOUCHED;
    char line[8192];
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "\"%s\" exit-process 4", own_path);
#ifndef ON_WINE // it loses the flags
    REQUIRE(CreateProcessA(NULL, line, &inherits, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    TRUTH(GetHandleInformation(child.hProcess, &flags));
    EQUAL(flags, HANDLE_FLAG_INHERIT);
    TRUTH(GetHandleInformation(child.hThread, &flags));
    EQUAL(flags, 0);
    EQUAL(end_of(&child), 4);
    REQUIRE(CreateProcessA(NULL, line, NULL, &inherits, FALSE, 0, NULL, NULL, &startup, &child));
    TRUTH(GetHandleInformation(child.hProcess, &flags));
    EQUAL(flags, 0);
    TRUTH(GetHandleInformation(child.hThread, &flags));
    EQUAL(flags, HANDLE_FLAG_INHERIT);
    EQUAL(end_of(&child), 4);
#else
    (void)child;
#endif
    HANDLE own = OpenProcess(SYNCHRONIZE, TRUE, GetCurrentProcessId());
    TRUTH(GetHandleInformation(own, &flags));
    EQUAL(flags, HANDLE_FLAG_INHERIT);
    CloseHandle(own);
}

static ULONGLONG ticks(FILETIME time) { return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime; }

static void times(void) {
    PROCESS_INFORMATION child;
    FILETIME created, ended, kernel, user, now;
    REQUIRE(start_child("burn", 0, &child));
    GetSystemTimeAsFileTime(&now);
    EQUAL(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
    QUIETLY(GetProcessTimes(child.hProcess, &created, &ended, &kernel, &user), TRUE);
    TRUTH(ticks(created) < ticks(now) + 1000000 && ticks(created) + 600000000 > ticks(now));
    TRUTH(ticks(ended) > ticks(created));
    TRUTH(ticks(user) + ticks(kernel) >= 300000); // it has burnt 50 ms, and a little is lost on the way
    TRUTH(ticks(user) + ticks(kernel) < 300000000);
    EQUAL(end_of(&child), 0);
    QUIETLY(GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user), TRUE);
    GetSystemTimeAsFileTime(&now);
    TRUTH(ticks(created) < ticks(now));
}

static void waits_for_several(void) {
    PROCESS_INFORMATION first, second;
    REQUIRE(start_child("sleep", 0, &first));
    REQUIRE(start_child("exit-process 2", 0, &second));
    HANDLE both[] = {first.hProcess, second.hProcess};
    EQUAL(WaitForMultipleObjects(2, both, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    EQUAL(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_TIMEOUT);
    TRUTH(TerminateProcess(first.hProcess, 1));
    EQUAL(WaitForMultipleObjects(2, both, TRUE, INFINITE), WAIT_OBJECT_0);
    EQUAL(end_of(&first), 1);
    EQUAL(end_of(&second), 2);
}

#ifndef _WIN32 // Wine's classes are its server's
static DWORD class_of_child(DWORD flags) {
    PROCESS_INFORMATION child;
    if (!TRUTH(start_child("class", flags, &child))) return 0;
    return end_of(&child);
}

static void priority_classes(void) {
    EQUAL(class_of_child(IDLE_PRIORITY_CLASS), IDLE_PRIORITY_CLASS);
    EQUAL(class_of_child(BELOW_NORMAL_PRIORITY_CLASS), BELOW_NORMAL_PRIORITY_CLASS);
    EQUAL(class_of_child(NORMAL_PRIORITY_CLASS), NORMAL_PRIORITY_CLASS);
    EQUAL(class_of_child(0), NORMAL_PRIORITY_CLASS);
    if (geteuid() != 0) SKIP("only root may do the rest"); // lowering is final for others, who must be able to come back
    EQUAL(class_of_child(HIGH_PRIORITY_CLASS), HIGH_PRIORITY_CLASS);
    TRUTH(SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS));
    EQUAL(class_of_child(0), NORMAL_PRIORITY_CLASS);
    TRUTH(SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS));
    EQUAL(class_of_child(0), IDLE_PRIORITY_CLASS);
    TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_IDLE));
    EQUAL(class_of_child(0), NORMAL_PRIORITY_CLASS);
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
}
#endif

static void flags_and_priorities(void) {
    static const DWORD flags[] = {
        IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS,
        HIGH_PRIORITY_CLASS, CREATE_DEFAULT_ERROR_MODE, CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, DETACHED_PROCESS,
    };
    for (size_t i = 0; i < COUNT(flags); i++) {
        PROCESS_INFORMATION child;
        REQUIRE(start_child("exit-process 6", flags[i], &child));
        EQUAL(end_of(&child), 6);
    }
}

// ---- the child's side

static void bump_exit_code(void) { ExitProcess(99); }
static void write_23(void) {
#ifndef _WIN32
    _exit(23);
#endif
}

static int be_child(int argc, char **argv) {
    const char *what = argv[1];
    DWORD code = argc > 2 ? (DWORD)strtoul(argv[2], NULL, 10) : 0;
    if (!strcmp(what, "exit-process")) ExitProcess(code);
    if (!strcmp(what, "return")) return (int)code;
    if (!strcmp(what, "exit")) exit((int)code);
    if (!strcmp(what, "terminate-self")) {
        TerminateProcess(GetCurrentProcess(), code);
        return 1;
    }
    if (!strcmp(what, "terminate-with-handler")) {
        atexit(bump_exit_code);
        TerminateProcess(GetCurrentProcess(), 21);
        return 1;
    }
    if (!strcmp(what, "exit-with-handler")) {
        atexit(write_23);
        ExitProcess(0);
    }
    if (!strcmp(what, "sleep")) {
        Sleep(100000);
        return 0;
    }
    if (!strcmp(what, "burn")) {
        FILETIME created, ended, kernel, user;
        do GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
        while (ticks(kernel) + ticks(user) < 500000);
        return 0;
    }
    if (!strcmp(what, "arguments")) {
        int right = 0;
        for (int i = 2; i < argc; i++) {
            char name[32], value[256];
            snprintf(name, sizeof name, "EXPECTED%d", i - 2);
            if (!GetEnvironmentVariableA(name, value, sizeof value)) break;
            if (!strcmp(value, *argv[i] ? argv[i] : "(empty)")) right++;
        }
        return argc - 2 == right ? right : 100 + argc;
    }
    if (!strcmp(what, "command-line")) {
        char expected[256];
        const char *line = GetCommandLineA();
        GetEnvironmentVariableA("EXPECTED", expected, sizeof expected);
        size_t length = strlen(line), wanted = strlen(expected);
        if (length < wanted || strcmp(line + length - wanted, expected)) return 2;
        const WCHAR *wide = GetCommandLineW();
        for (size_t i = 0; i <= length; i++)
            if ((unsigned char)line[i] < 128 && wide[i] != (WCHAR)line[i]) return 3;
        return line == GetCommandLineA() && wide == GetCommandLineW() ? 1 : 4;
    }
    if (!strcmp(what, "has-variable")) {
        char value[32];
        if (GetEnvironmentVariableA("SURPRISE", value, sizeof value)) return strcmp(value, "here") ? 3 : 2;
        if (!GetEnvironmentVariableA("ALPHA", value, sizeof value)) return 4;
        return strcmp(value, "beta") ? 5 : 1;
    }
    if (!strcmp(what, "directory")) {
        char expected[4096], here[4096];
        GetEnvironmentVariableA("EXPECTED", expected, sizeof expected);
        GetCurrentDirectoryA(sizeof here, here);
        return _stricmp(expected, here) ? 2 : 1;
    }
    if (!strcmp(what, "startup")) {
        STARTUPINFOA narrow;
        STARTUPINFOW wide;
        memset(&narrow, 0, sizeof narrow);
        memset(&wide, 0, sizeof wide);
        GetStartupInfoA(&narrow);
        GetStartupInfoW(&wide);
        if (narrow.cb != sizeof narrow || wide.cb != sizeof wide) return 2;
        if (strcmp(narrow.lpTitle, "a title") || wide.lpTitle[2] != 't') return 3;
        if (narrow.dwX != 17 || wide.dwY != 19 || narrow.wShowWindow != 5) return 4;
        return narrow.dwFlags == (STARTF_USEPOSITION | STARTF_USESHOWWINDOW) ? 0 : 5;
    }
#ifndef _WIN32
    if (!strcmp(what, "has-descriptor")) {
        char path[64], target[64];
        snprintf(path, sizeof path, "/proc/self/fd/%s", argv[2]);
        ssize_t length = readlink(path, target, sizeof target - 1);
        return length > 0 && !strncmp(target, "/dev/null", 9);
    }
    if (!strcmp(what, "tell-and-wait")) {
        PROCESS_INFORMATION child;
        if (!start_child("sleep", 0, &child)) return 2;
        printf("%u\n", child.dwProcessId);
        fflush(stdout);
        WaitForSingleObject(child.hProcess, INFINITE);
        GetExitCodeProcess(child.hProcess, &code);
        return (int)code;
    }
    if (!strcmp(what, "ignores-interrupts")) {
        struct sigaction action;
        sigaction(SIGINT, NULL, &action);
        return action.sa_handler == SIG_IGN;
    }
    if (!strcmp(what, "class")) return (int)GetPriorityClass(GetCurrentProcess());
    if (!strcmp(what, "leads")) return (getpgid(0) == getpid()) | (getsid(0) == getpid()) << 1;
#endif
    return 98;
}

static const struct test_case cases[] = {
    CASE(exit_codes_of_exit_process),
    CASE(exit_codes_of_main),
    CASE(exit_codes_of_exit),
    CASE(exit_codes_of_own_termination),
    CASE(exit_codes_of_termination),
    CASE(a_finished_process_is_not_terminated),
    CASE(own_termination_runs_no_handlers),
#ifndef _WIN32
    CASE(exit_process_runs_handlers),
    CASE(a_unix_parent_sees_no_success_where_there_is_none),
    CASE(signals_become_exit_codes),
    CASE(programs_that_are_not_ours),
    CASE(a_grandchild_has_its_own_end),
    CASE(priority_classes),
    CASE(processes_of_others),
    CASE(grandchildren_that_are_opened),
    CASE(opened_and_closed),
    CASE(nothing_is_left),
    CASE(a_child_gets_no_descriptor_of_ours),
    CASE(ctrl_c_is_off_in_a_new_group),
    CASE(sessions_and_groups),
#endif
    CASE(suspended_until_resumed),
    CASE(a_suspended_process_can_be_terminated),
    CASE(a_running_process_is_suspended_by_its_thread),
    CASE(ids),
    CASE(arguments_arrive),
    CASE(the_command_line_arrives_as_it_is),
    CASE(without_a_command_line_the_name_is_it),
    CASE(wide_form),
    CASE(errors_of_starting),
    CASE(an_environment_block),
    CASE(a_current_directory),
    CASE(startup_information_arrives),
    CASE(opening),
    CASE(the_own_process),
    CASE(bad_handles),
    CASE(rights),
    CASE(handles_of_other_processes),
    CASE(inherit_flags_of_what_is_made),
    CASE(times),
    CASE(waits_for_several),
    CASE(flags_and_priorities),
};

int main(int argc, char **argv) {
    char what[32];
    find_own_path(argv[0]);
    if (GetEnvironmentVariableA("DO", what, sizeof what) && !strcmp(what, "command-is-path"))
        return strstr(GetCommandLineA(), own_path) != NULL;
    for (size_t i = 0; argc > 1 && i < COUNT(cases); i++)
        if (!strcmp(argv[1], cases[i].name)) return run_cases(cases, COUNT(cases), argc, argv);
    return argc > 1 ? be_child(argc, argv) : run_cases(cases, COUNT(cases), argc, argv);
}
