// jobs.c: processes that are ended together.
#include "children.h"
#ifndef _WIN32
#include <errno.h>
#include <sys/wait.h>
#endif

static BOOL set_limits(HANDLE job, DWORD flags) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = flags;
    return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

static DWORD limits_of(HANDLE job, DWORD expected) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    DWORD size = UNTOUCHED;
    memset(&limits, 0x5A, sizeof limits);
    QUIETLY(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits, &size), TRUE);
    EQUAL(size, sizeof limits);
#ifdef ON_WINE // it does not tell what was set
    return expected;
#else
    (void)expected;
    return limits.BasicLimitInformation.LimitFlags;
#endif
}

static DWORD active_processes(HANDLE job) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION account;
    memset(&account, 0x5A, sizeof account);
    TRUTH(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &account, sizeof account, NULL));
    return account.ActiveProcesses;
}

static void termination_ends_all_members(void) {
    PROCESS_INFORMATION children[3];
    HANDLE job = CreateJobObjectA(NULL, NULL);
    REQUIRE(job);
    for (int i = 0; i < 3; i++) {
        REQUIRE(start_child("sleep", 0, &children[i]));
        QUIETLY(AssignProcessToJobObject(job, children[i].hProcess), TRUE);
        EQUAL(active_processes(job), i + 1);
    }
    QUIETLY(TerminateJobObject(job, 0x12345678), TRUE);
    for (int i = 0; i < 3; i++) EQUAL(end_of(&children[i]), 0x12345678);
    EQUAL(active_processes(job), 0);
    QUIETLY(TerminateJobObject(job, 1), TRUE); // nothing is left to end
#ifndef ON_WINE // "signaled when all of its processes are terminated because the specified end-of-job time limit has been
                // exceeded" (Job Objects), and not otherwise
    EQUAL(WaitForSingleObject(job, 0), WAIT_TIMEOUT);
#endif
    TRUTH(CloseHandle(job));
}

static void others_are_left_alone(void) {
    PROCESS_INFORMATION member, other;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    REQUIRE(start_child("sleep", 0, &member));
    REQUIRE(start_child("sleep", 0, &other));
    TRUTH(AssignProcessToJobObject(job, member.hProcess));
    TRUTH(TerminateJobObject(job, 5));
    EQUAL(end_of(&member), 5);
    EQUAL(WaitForSingleObject(other.hProcess, 0), WAIT_TIMEOUT);
    TRUTH(TerminateProcess(other.hProcess, 6));
    EQUAL(end_of(&other), 6);
    CloseHandle(job);
}

static void closing_ends_members_only_if_it_is_said(void) {
    PROCESS_INFORMATION child;
    HANDLE job = CreateJobObjectA(NULL, NULL), copy = NULL;
    REQUIRE(start_child("sleep", 0, &child));
    TRUTH(AssignProcessToJobObject(job, child.hProcess));
    TRUTH(CloseHandle(job));
    EQUAL(WaitForSingleObject(child.hProcess, 50), WAIT_TIMEOUT);
    // A second job, and two handles: the last close counts.
    job = CreateJobObjectW(NULL, NULL);
    TRUTH(set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE));
    TRUTH(AssignProcessToJobObject(job, child.hProcess));
    TRUTH(DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRUTH(CloseHandle(job));
    EQUAL(WaitForSingleObject(child.hProcess, 50), WAIT_TIMEOUT);
    TRUTH(CloseHandle(copy));
    EQUAL(end_of(&child), 0);
}

static void the_flag_can_be_set_late_and_taken_back(void) {
    PROCESS_INFORMATION first, second;
    HANDLE job = CreateJobObjectA(NULL, NULL), other = CreateJobObjectA(NULL, NULL);
    REQUIRE(start_child("sleep", 0, &first));
    REQUIRE(start_child("sleep", 0, &second));
    TRUTH(AssignProcessToJobObject(job, first.hProcess));
    TRUTH(AssignProcessToJobObject(other, second.hProcess));
    TRUTH(set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE));
    TRUTH(set_limits(other, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE));
    TRUTH(set_limits(other, 0));
    TRUTH(CloseHandle(job));
    TRUTH(CloseHandle(other));
    EQUAL(end_of(&first), 0);
    EQUAL(WaitForSingleObject(second.hProcess, 0), WAIT_TIMEOUT);
    TRUTH(TerminateProcess(second.hProcess, 3));
    EQUAL(end_of(&second), 3);
}

// A child that was suspended when it was assigned, with a child of its own: both end.
static void children_of_members_belong(void) {
    PROCESS_INFORMATION child;
    BOOL is_member = UNTOUCHED;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    TRUTH(set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE));
    REQUIRE(start_child("parent", CREATE_SUSPENDED, &child));
    TRUTH(AssignProcessToJobObject(job, child.hProcess));
    EQUAL(ResumeThread(child.hThread), 1);
    while (active_processes(job) < 2) SwitchToThread();
    struct {
        DWORD assigned, listed;
        ULONG_PTR ids[8];
    } list;
    DWORD size = UNTOUCHED;
    memset(&list, 0, sizeof list);
    QUIETLY(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof list, &size), TRUE);
    EQUAL(list.assigned, 2);
    EQUAL(list.listed, 2);
    DWORD grandchild_id = (DWORD)(list.ids[0] == child.dwProcessId ? list.ids[1] : list.ids[0]);
    TRUTH(list.ids[0] == child.dwProcessId || list.ids[1] == child.dwProcessId);
    HANDLE grandchild = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_INFORMATION, FALSE, grandchild_id);
    REQUIRE(grandchild);
    TRUTH(IsProcessInJob(grandchild, job, &is_member));
    EQUAL(is_member, TRUE);
    EQUAL(WaitForSingleObject(grandchild, 0), WAIT_TIMEOUT);
    FAILS(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, 16, &size), ERROR_MORE_DATA);
    EQUAL(list.listed, 1);
    TRUTH(CloseHandle(job));
    EQUAL(WaitForSingleObject(grandchild, INFINITE), WAIT_OBJECT_0);
    CloseHandle(grandchild);
    EQUAL(end_of(&child), 0);
}

// The grandchild lives on when its parent has ended, and belongs still.
static void orphans_belong(void) {
    PROCESS_INFORMATION child;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    REQUIRE(start_child("leave-child", CREATE_SUSPENDED, &child));
    TRUTH(AssignProcessToJobObject(job, child.hProcess));
    EQUAL(ResumeThread(child.hThread), 1);
    EQUAL(end_of(&child), 12);
    EQUAL(active_processes(job), 1);
    TRUTH(TerminateJobObject(job, 1));
    while (active_processes(job) > 0) SwitchToThread();
    CloseHandle(job);
}

// A member that may break away starts a process that does not belong; one that may not is refused.
static void breaking_away(void) {
    PROCESS_INFORMATION child;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    REQUIRE(start_child("break-away", CREATE_SUSPENDED, &child));
    TRUTH(AssignProcessToJobObject(job, child.hProcess));
    ResumeThread(child.hThread);
#ifndef ON_WINE // it has no such limit, see CREATE_BREAKAWAY_FROM_JOB
    EQUAL(end_of(&child), ERROR_ACCESS_DENIED);
#else
    end_of(&child);
#endif
    TRUTH(set_limits(job, JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE));
    REQUIRE(start_child("break-away", CREATE_SUSPENDED, &child));
    TRUTH(AssignProcessToJobObject(job, child.hProcess));
    ResumeThread(child.hThread);
    WaitForSingleObject(child.hProcess, INFINITE);
    DWORD code = 0;
    TRUTH(GetExitCodeProcess(child.hProcess, &code));
    EQUAL(code, 1000);
#ifndef ON_WINE
    EQUAL(active_processes(job), 0);
#endif
    close_child(&child);
    CloseHandle(job);
}

static void membership(void) {
    PROCESS_INFORMATION child;
    BOOL is_member = UNTOUCHED;
    HANDLE job = CreateJobObjectA(NULL, NULL), other = CreateJobObjectA(NULL, NULL);
    REQUIRE(start_child("sleep", 0, &child));
    QUIETLY(IsProcessInJob(child.hProcess, job, &is_member), TRUE);
    EQUAL(is_member, FALSE);
    QUIETLY(AssignProcessToJobObject(job, child.hProcess), TRUE);
    QUIETLY(AssignProcessToJobObject(job, child.hProcess), TRUE); // it belongs already
    QUIETLY(IsProcessInJob(child.hProcess, job, &is_member), TRUE);
    EQUAL(is_member, TRUE);
    QUIETLY(IsProcessInJob(child.hProcess, NULL, &is_member), TRUE);
    EQUAL(is_member, TRUE);
    QUIETLY(IsProcessInJob(child.hProcess, other, &is_member), TRUE);
    EQUAL(is_member, FALSE);
    EQUAL(active_processes(job), 1);
    TRUTH(TerminateProcess(child.hProcess, 4));
    EQUAL(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
    FAILS(AssignProcessToJobObject(other, child.hProcess), ERROR_ACCESS_DENIED); // it has ended
    EQUAL(end_of(&child), 4);
    CloseHandle(job);
    CloseHandle(other);
}

static void the_own_process_can_be_a_member(void) {
    PROCESS_INFORMATION child;
    REQUIRE(start_child("job-of-itself", 0, &child));
    EQUAL(end_of(&child), 0x77777777);
}

static void limits(void) {
    HANDLE job = CreateJobObjectA(NULL, NULL);
    EQUAL(limits_of(job, 0), 0);
    QUIETLY(set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK), TRUE);
    EQUAL(limits_of(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK), JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    QUIETLY(set_limits(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION), TRUE);
    EQUAL(limits_of(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION), JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION);
    FAILS(set_limits(job, 0x80000000), ERROR_INVALID_PARAMETER);
#ifndef _WIN32
    FAILS(set_limits(job, 0x8), ERROR_NOT_SUPPORTED); // JOB_OBJECT_LIMIT_ACTIVE_PROCESS, which has no name here
#endif
    EQUAL(limits_of(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION), JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION);
    JOBOBJECT_BASIC_LIMIT_INFORMATION basic;
    memset(&basic, 0, sizeof basic);
    QUIETLY(SetInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof basic), TRUE);
    basic.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    FAILS(SetInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof basic), ERROR_INVALID_PARAMETER);
    memset(&basic, 0x5A, sizeof basic);
    QUIETLY(QueryInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof basic, NULL), TRUE);
    EQUAL(basic.LimitFlags, 0);
    CloseHandle(job);
}

static void names(void) {
    static const WCHAR wide[] = {'s', 'b', '-', 'j', 'o', 'b', 0};
    PROCESS_INFORMATION child;
    HANDLE job = CreateJobObjectA(NULL, "sb-job"), again, event;
    REQUIRE(job);
    SetLastError(UNTOUCHED);
    again = CreateJobObjectW(NULL, wide);
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    REQUIRE(again && again != job);
    CloseHandle(again);
#ifndef ON_WINE // its server ends by that
    FAILS(CreateEventA(NULL, TRUE, FALSE, "sb-job"), ERROR_INVALID_HANDLE);
    event = CreateEventA(NULL, TRUE, FALSE, "sb-event");
    FAILS(CreateJobObjectA(NULL, "sb-event"), ERROR_INVALID_HANDLE);
    FAILS(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "sb-event"), ERROR_INVALID_HANDLE);
    CloseHandle(event);
#else
    (void)event;
#endif
    again = OpenJobObjectA(JOB_OBJECT_ASSIGN_PROCESS, FALSE, "sb-job");
    REQUIRE(again);
    REQUIRE(start_child("sleep", 0, &child));
    QUIETLY(AssignProcessToJobObject(again, child.hProcess), TRUE);
    FAILS(TerminateJobObject(again, 1), ERROR_ACCESS_DENIED); // it was opened for less
    FAILS(set_limits(again, 0), ERROR_ACCESS_DENIED);
    CloseHandle(again);
    again = OpenJobObjectW(JOB_OBJECT_TERMINATE, FALSE, wide);
    REQUIRE(again);
    FAILS(AssignProcessToJobObject(again, child.hProcess), ERROR_ACCESS_DENIED);
    QUIETLY(TerminateJobObject(again, 6), TRUE);
    EQUAL(end_of(&child), 6);
    CloseHandle(again);
    CloseHandle(job);
#ifndef ON_WINE // it keeps the job
    FAILS(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "sb-job"), ERROR_FILE_NOT_FOUND);
    FAILS(OpenJobObjectW(JOB_OBJECT_QUERY, FALSE, wide), ERROR_FILE_NOT_FOUND);
#endif
    FAILS(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, NULL), ERROR_INVALID_PARAMETER);
}

static void rights_to_assign(void) {
    PROCESS_INFORMATION child;
    HANDLE job = CreateJobObjectA(NULL, NULL), weak;
    REQUIRE(start_child("sleep", 0, &child));
    weak = OpenProcess(PROCESS_TERMINATE, FALSE, child.dwProcessId);
    FAILS(AssignProcessToJobObject(job, weak), ERROR_ACCESS_DENIED);
    CloseHandle(weak);
    weak = OpenProcess(PROCESS_TERMINATE | PROCESS_SET_QUOTA, FALSE, child.dwProcessId);
    QUIETLY(AssignProcessToJobObject(job, weak), TRUE);
    CloseHandle(weak);
    TRUTH(TerminateJobObject(job, 8));
    EQUAL(end_of(&child), 8);
    CloseHandle(job);
}

static void bad_arguments(void) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    BOOL is_member = UNTOUCHED;
    DWORD size = UNTOUCHED;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), job = CreateJobObjectA(NULL, NULL);
    memset(&limits, 0, sizeof limits);
    FAILS(TerminateJobObject(NULL, 1), ERROR_INVALID_HANDLE);
    FAILS(TerminateJobObject(event, 1), ERROR_INVALID_HANDLE);
    FAILS(AssignProcessToJobObject(event, GetCurrentProcess()), ERROR_INVALID_HANDLE);
    FAILS(AssignProcessToJobObject(job, event), ERROR_INVALID_HANDLE);
    FAILS(AssignProcessToJobObject(job, NULL), ERROR_INVALID_HANDLE);
    FAILS(IsProcessInJob(NULL, job, &is_member), ERROR_INVALID_HANDLE);
    FAILS(IsProcessInJob(GetCurrentProcess(), event, &is_member), ERROR_INVALID_HANDLE);
    EQUAL(is_member, UNTOUCHED);
    FAILS(SetInformationJobObject(event, JobObjectExtendedLimitInformation, &limits, sizeof limits),
          ERROR_INVALID_HANDLE);
#ifndef ON_WINE // it does not look
    FAILS(QueryInformationJobObject(event, JobObjectExtendedLimitInformation, &limits, sizeof limits, &size),
          ERROR_INVALID_HANDLE);
#endif
    FAILS(SetInformationJobObject(job, (JOBOBJECTINFOCLASS)77, &limits, sizeof limits), ERROR_INVALID_PARAMETER);
    FAILS(QueryInformationJobObject(job, (JOBOBJECTINFOCLASS)77, &limits, sizeof limits, &size),
          ERROR_INVALID_PARAMETER);
#ifndef ON_WINE // STATUS_INFO_LENGTH_MISMATCH; Wine has another status
    FAILS(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits - 1), ERROR_BAD_LENGTH);
#endif
    FAILS(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, 4, &size), ERROR_BAD_LENGTH);
    FAILS(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &limits, 8, &size), ERROR_BAD_LENGTH);
    FAILS(OpenJobObjectA(JOB_OBJECT_ALL_ACCESS, FALSE, "no such job"), ERROR_FILE_NOT_FOUND);
    CloseHandle(event);
    TRUTH(CloseHandle(job));
    FAILS(TerminateJobObject(job, 1), ERROR_INVALID_HANDLE);
}

#ifndef _WIN32
static int is_alive(pid_t pid) { return kill(pid, 0) == 0; }

// Starts an owner that makes a job with a child and a grandchild, and tells their ids; then it ends in that way.
static void members_end_with_the_owner(const char *how, int by_signal) {
    int ends[2];
    pid_t ids[2] = {0, 0};
    REQUIRE(pipe(ends) == 0);
    fflush(stdout);
    pid_t owner = fork();
    if (owner == 0) {
        dup2(ends[1], 1);
        execl(own_path, own_path, "own", how, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    char text[64];
    size_t length = 0;
    for (ssize_t done; length < sizeof text - 1 && (done = read(ends[0], text + length, 1)) > 0 && text[length] != '\n';)
        length++;
    text[length] = 0;
    REQUIRE(sscanf(text, "%d %d", &ids[0], &ids[1]) == 2);
    if (by_signal) kill(owner, by_signal);
    EQUAL(waitpid(owner, NULL, 0), owner);
    while (is_alive(ids[0]) || is_alive(ids[1])) sched_yield(); // the case's time limit ends it
    TRUTH(!is_alive(ids[0]) && !is_alive(ids[1]));
    close(ends[0]);
}

static void members_end_with_an_owner_that_is_killed(void) { members_end_with_the_owner("wait", SIGKILL); }
static void members_end_with_an_owner_that_crashes(void) { members_end_with_the_owner("wait", SIGSEGV); }
static void members_end_with_an_owner_that_exits(void) { members_end_with_the_owner("exit", 0); }

static void foreign_programs_as_members(void) {
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[] = "sh -c \"sleep 1000 & sleep 1000 & wait\"";
    HANDLE job = CreateJobObjectA(NULL, NULL);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &child));
    TRUTH(AssignProcessToJobObject(job, child.hProcess));
    EQUAL(ResumeThread(child.hThread), 1);
    while (active_processes(job) < 3) sched_yield();
    TRUTH(TerminateJobObject(job, 99));
    EQUAL(end_of(&child), 99);
    EQUAL(active_processes(job), 0);
    CloseHandle(job);
}

static void nothing_is_left(void) {
    run_child("exit");
    int descriptors = entries(DESCRIPTORS);
    for (int i = 0; i < 10; i++) {
        PROCESS_INFORMATION child;
        HANDLE job = CreateJobObjectA(NULL, NULL);
        TRUTH(set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE));
        REQUIRE(start_child("sleep", 0, &child));
        TRUTH(AssignProcessToJobObject(job, child.hProcess));
        CloseHandle(job);
        EQUAL(end_of(&child), 0);
    }
    until_entries(DESCRIPTORS, descriptors);
    EQUAL(waitpid(-1, NULL, WNOHANG | __WALL), (pid_t)-1);
    EQUAL(errno, ECHILD);
}
#endif

// ---- the child's side

static int be_child(int argc, char **argv) {
    PROCESS_INFORMATION child;
    const char *what = argv[1];
    if (!strcmp(what, "sleep")) Sleep(100000);
    if (!strcmp(what, "parent")) {
        if (!start_child("sleep", 0, &child)) return 2;
        WaitForSingleObject(child.hProcess, INFINITE);
    }
    if (!strcmp(what, "leave-child")) return start_child("sleep", 0, &child) ? 12 : 2;
    if (!strcmp(what, "break-away")) {
        SetLastError(0);
        if (!start_child("sleep", CREATE_BREAKAWAY_FROM_JOB, &child)) return (int)GetLastError();
        TerminateProcess(child.hProcess, 1);
        WaitForSingleObject(child.hProcess, INFINITE);
        return 1000;
    }
    if (!strcmp(what, "job-of-itself")) {
        BOOL is_member = FALSE;
        HANDLE job = CreateJobObjectA(NULL, NULL);
        if (!AssignProcessToJobObject(job, GetCurrentProcess())) return 2;
        if (!IsProcessInJob(GetCurrentProcess(), job, &is_member) || !is_member) return 3;
        if (!IsProcessInJob(GetCurrentProcess(), NULL, &is_member) || !is_member) return 4;
        TerminateJobObject(job, 0x77777777);
        Sleep(10000);
        return 5;
    }
#ifndef _WIN32
    if (!strcmp(what, "own") && argc > 2) {
        struct {
            DWORD assigned, listed;
            ULONG_PTR ids[4];
        } list;
        HANDLE job = CreateJobObjectA(NULL, NULL);
        if (!set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)) return 2;
        if (!start_child("parent", CREATE_SUSPENDED, &child)) return 3;
        if (!AssignProcessToJobObject(job, child.hProcess)) return 4;
        ResumeThread(child.hThread);
        while (active_processes(job) < 2) sched_yield();
        if (!QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof list, NULL)) return 5;
        printf("%d %d\n", (int)list.ids[0], (int)list.ids[1]);
        fflush(stdout);
        if (!strcmp(argv[2], "wait")) Sleep(100000);
    }
#else
    (void)argc;
#endif
    return 0;
}

static const struct test_case cases[] = {
    CASE(termination_ends_all_members),
    CASE(others_are_left_alone),
    CASE(closing_ends_members_only_if_it_is_said),
    CASE(the_flag_can_be_set_late_and_taken_back),
    CASE(children_of_members_belong),
    CASE(orphans_belong),
    CASE(breaking_away),
    CASE(membership),
    CASE(the_own_process_can_be_a_member),
    CASE(limits),
    CASE(names),
    CASE(rights_to_assign),
    CASE(bad_arguments),
#ifndef _WIN32
    CASE(members_end_with_an_owner_that_is_killed),
    CASE(members_end_with_an_owner_that_crashes),
    CASE(members_end_with_an_owner_that_exits),
    CASE(foreign_programs_as_members),
    CASE(nothing_is_left),
#endif
};

int main(int argc, char **argv) {
    find_own_path(argv[0]);
    for (size_t i = 0; argc > 1 && i < COUNT(cases); i++)
        if (!strcmp(argv[1], cases[i].name)) return run_cases(cases, COUNT(cases), argc, argv);
    return argc > 1 ? be_child(argc, argv) : run_cases(cases, COUNT(cases), argc, argv);
}
