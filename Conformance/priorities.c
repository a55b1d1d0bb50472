// priorities.c: priorities of threads and of the process, and boosts.
//
// The program runs with and without the right to be more than normal: what the right decides it looks for first.
#include "cases.h"
#ifndef _WIN32
#include <sys/resource.h>
#include <stdlib.h>
#endif

static const int levels[] = {THREAD_PRIORITY_IDLE,          THREAD_PRIORITY_LOWEST, THREAD_PRIORITY_BELOW_NORMAL,
                             THREAD_PRIORITY_NORMAL,        THREAD_PRIORITY_ABOVE_NORMAL, THREAD_PRIORITY_HIGHEST,
                             THREAD_PRIORITY_TIME_CRITICAL};
static const DWORD classes[] = {IDLE_PRIORITY_CLASS,         BELOW_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS,
                                ABOVE_NORMAL_PRIORITY_CLASS, HIGH_PRIORITY_CLASS,         REALTIME_PRIORITY_CLASS};

static HANDLE gate;
static DWORD waiter_id;

static DWORD WINAPI wait_for_gate(LPVOID unused) {
    (void)unused;
    WaitForSingleObject(gate, INFINITE);
    return 0;
}

static HANDLE start_waiter(void) {
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = start(wait_for_gate, NULL, &waiter_id);
    until_blocked(waiter_id);
    return thread;
}

static void end_waiter(HANDLE thread) {
    TRUTH(SetEvent(gate));
    EQUAL(join(thread), 0);
    TRUTH(CloseHandle(gate));
}

// Whether this process may have threads that are more than normal: on Windows any may.
static BOOL may_raise(void) {
#ifdef _WIN32
    return TRUE;
#else
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NICE, &limit) && limit.rlim_cur >= 40) return TRUE;
    int before = getpriority(PRIO_PROCESS, 0);
    if (setpriority(PRIO_PROCESS, 0, before - 1)) return FALSE;
    setpriority(PRIO_PROCESS, 0, before);
    return TRUE;
#endif
}

#ifndef _WIN32
static int nice_of(DWORD id) { return getpriority(PRIO_PROCESS, id); }
static int policy_of(DWORD id) { return sched_getscheduler((pid_t)id); }

// How much the kernel gives to a thread: the higher, the more.
static int rank_of(DWORD id) {
    struct sched_param parameters;
    switch (policy_of(id)) {
    case SCHED_RR: sched_getparam((pid_t)id, &parameters); return 1000 + parameters.sched_priority;
    case SCHED_OTHER: return -nice_of(id);
    case 3 /* SCHED_BATCH */: return -nice_of(id) - 1;
    default: return -1000;
    }
}
#endif

static void every_level_is_read_back(void) {
    BOOL raises = may_raise();
    HANDLE thread = start_waiter();
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < COUNT(levels); i++) {
            if (levels[i] > 0 && !raises) {
                FAILS(SetThreadPriority(thread, levels[i]), ERROR_PRIVILEGE_NOT_HELD);
                EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
                continue;
            }
            QUIETLY(SetThreadPriority(thread, levels[i]), TRUE);
            QUIETLY(GetThreadPriority(thread), levels[i]);
        }
    TRUTH(SetThreadPriority(thread, THREAD_PRIORITY_NORMAL));
    end_waiter(thread);
}

static void what_is_no_level_is_refused(void) {
    static const int none[] = {3, -3, 7, -8, 14, -14, 16, -16, 100, -100, 0x7fffffff};
    HANDLE thread = start_waiter();
    TRUTH(SetThreadPriority(thread, THREAD_PRIORITY_LOWEST));
    for (size_t i = 0; i < COUNT(none); i++) {
        FAILS(SetThreadPriority(thread, none[i]), ERROR_INVALID_PARAMETER);
        EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_LOWEST);
    }
    end_waiter(thread);
}

static void a_handle_of_no_thread_is_refused(void) {
    BOOL MAYBE_UNUSED output = UNTOUCHED;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS(SetThreadPriority(event, 0), ERROR_INVALID_HANDLE);
    FAILS(SetThreadPriority(NULL, 0), ERROR_INVALID_HANDLE);
    FAILS_WITH(GetThreadPriority(event), THREAD_PRIORITY_ERROR_RETURN, ERROR_INVALID_HANDLE);
    FAILS_WITH(GetThreadPriority(NULL), THREAD_PRIORITY_ERROR_RETURN, ERROR_INVALID_HANDLE);
#ifndef ON_WINE // a stub
    FAILS(SetThreadPriorityBoost(event, TRUE), ERROR_INVALID_HANDLE);
    FAILS(GetThreadPriorityBoost(event, &output), ERROR_INVALID_HANDLE);
    EQUAL(output, UNTOUCHED);
    FAILS(SetProcessPriorityBoost(NULL, TRUE), ERROR_INVALID_HANDLE);
    FAILS(GetProcessPriorityBoost(NULL, &output), ERROR_INVALID_HANDLE);
    EQUAL(output, UNTOUCHED);
#endif
    FAILS(SetPriorityClass(NULL, NORMAL_PRIORITY_CLASS), ERROR_INVALID_HANDLE);
    FAILS(GetPriorityClass(NULL), ERROR_INVALID_HANDLE);
    TRUTH(CloseHandle(event));
}

static void a_new_thread_is_normal(void) {
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST));
    HANDLE thread = start_waiter();
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
    EQUAL(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_LOWEST);
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
#ifndef _WIN32
    EQUAL(policy_of(waiter_id), SCHED_OTHER);
    EQUAL(nice_of(waiter_id), nice_of(GetCurrentThreadId()));
#endif
    end_waiter(thread);
}

static void a_suspended_new_thread_keeps_its_level(void) {
    gate = CreateEventA(NULL, TRUE, TRUE, NULL);
    HANDLE thread = CreateThread(NULL, 0, wait_for_gate, NULL, CREATE_SUSPENDED, NULL);
    REQUIRE(thread != NULL);
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
    TRUTH(SetThreadPriority(thread, THREAD_PRIORITY_BELOW_NORMAL));
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_BELOW_NORMAL);
    EQUAL(ResumeThread(thread), 1);
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_BELOW_NORMAL); // after its end too
    TRUTH(CloseHandle(thread));
    TRUTH(CloseHandle(gate));
}

static void lowering_and_restoring_always_works(void) {
#ifndef _WIN32
    int nice_before = nice_of(GetCurrentThreadId());
#endif
    for (int i = 0; i < 3; i++) {
        for (int level = 0; level < 3; level++) {
            TRUTH(SetThreadPriority(GetCurrentThread(), levels[level]));
            EQUAL(GetThreadPriority(GetCurrentThread()), levels[level]);
            TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
            EQUAL(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_NORMAL);
        }
        TRUTH(SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS));
        TRUTH(SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS));
        TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    }
#ifndef _WIN32
    EQUAL(policy_of(GetCurrentThreadId()), SCHED_OTHER);
    EQUAL(nice_of(GetCurrentThreadId()), nice_before);
#endif
}

static void every_class_is_read_back(void) {
    BOOL raises = may_raise();
    EQUAL(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
    for (size_t i = 0; i < COUNT(classes); i++) {
#ifdef ON_WINE // as an ordinary user Windows makes this HIGH_PRIORITY_CLASS (SetPriorityClass)
        if (classes[i] == REALTIME_PRIORITY_CLASS) continue;
#endif
        if (i > 2 && !raises) {
            FAILS(SetPriorityClass(GetCurrentProcess(), classes[i]), ERROR_PRIVILEGE_NOT_HELD);
            EQUAL(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
            continue;
        }
        QUIETLY(SetPriorityClass(GetCurrentProcess(), classes[i]), TRUE);
        QUIETLY(GetPriorityClass(GetCurrentProcess()), classes[i]);
        EQUAL(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_NORMAL);
    }
    TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    EQUAL(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
}

static void what_is_no_class_is_refused(void) {
    static const DWORD none[] = {0, 1, 0x12345, NORMAL_PRIORITY_CLASS | IDLE_PRIORITY_CLASS, 0xFFFFFFFF};
    for (size_t i = 0; i < COUNT(none); i++) {
        FAILS(SetPriorityClass(GetCurrentProcess(), none[i]), ERROR_INVALID_PARAMETER);
        EQUAL(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
    }
}

#ifndef ON_WINE // knows no such levels
static void the_realtime_class_has_more_levels(void) {
    HANDLE thread = start_waiter();
    FAILS(SetThreadPriority(thread, 6), ERROR_INVALID_PARAMETER);
    if (!may_raise() || !SetPriorityClass(GetCurrentProcess(), REALTIME_PRIORITY_CLASS)) {
        end_waiter(thread);
        SKIP("this user may not have the class");
    }
    static const int more[] = {-7, -6, -5, -4, -3, 3, 4, 5, 6};
    for (size_t i = 0; i < COUNT(more); i++) {
        TRUTH(SetThreadPriority(thread, more[i]));
        EQUAL(GetThreadPriority(thread), more[i]);
    }
    FAILS(SetThreadPriority(thread, 7), ERROR_INVALID_PARAMETER);
    FAILS(SetThreadPriority(thread, -8), ERROR_INVALID_PARAMETER);
    EQUAL(GetThreadPriority(thread), 6);
    TRUTH(SetThreadPriority(thread, THREAD_PRIORITY_NORMAL));
    TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    end_waiter(thread);
}
#endif

#ifndef _WIN32
static void the_kernel_has_levels_and_classes_in_order(void) {
    HANDLE thread = start_waiter();
    BOOL raises = may_raise();
    size_t class_count = raises ? COUNT(classes) : 3, level_count = raises ? COUNT(levels) : 4;
    int of_normal = rank_of(waiter_id);
    for (size_t c = 0; c < class_count; c++) {
        REQUIRE(SetPriorityClass(GetCurrentProcess(), classes[c]));
        int before = -10000;
        for (size_t i = 0; i < level_count; i++) {
            REQUIRE(SetThreadPriority(thread, levels[i]));
            int rank = rank_of(waiter_id);
            // "Base priority" table (Scheduling Priorities): the highest two are both 15 in the class before the last.
            BOOL is_same = classes[c] == HIGH_PRIORITY_CLASS && levels[i] == THREAD_PRIORITY_TIME_CRITICAL;
            TRUTH(raises && !is_same ? rank > before : rank >= before);
            before = rank;
        }
        TRUTH(SetThreadPriority(thread, THREAD_PRIORITY_NORMAL));
    }
    TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    EQUAL(rank_of(waiter_id), of_normal);
    int before = -10000;
    for (size_t c = 0; c < class_count; c++) {
        TRUTH(SetPriorityClass(GetCurrentProcess(), classes[c]));
        TRUTH(raises ? rank_of(waiter_id) > before : rank_of(waiter_id) >= before);
        EQUAL(rank_of(GetCurrentThreadId()), rank_of(waiter_id)); // all threads
        before = rank_of(waiter_id);
    }
    TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    EQUAL(rank_of(waiter_id), of_normal);
    EQUAL(rank_of(GetCurrentThreadId()), of_normal);
    end_waiter(thread);
}

static void a_thread_begins_in_its_process_class(void) {
    TRUTH(SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS));
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_IDLE));
    HANDLE thread = start_waiter();
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
    EQUAL(rank_of(waiter_id), rank_of(GetCurrentThreadId()));
    TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    EQUAL(rank_of(waiter_id), rank_of(GetCurrentThreadId()));
    end_waiter(thread);
}

// The other cases again, as a user without rights.
static void all_holds_without_privilege(void) {
    if (geteuid() != 0) SKIP("this is no privileged user");
    fflush(stdout);
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    REQUIRE(length > 0);
    self[length] = 0;
    char command[8192];
    snprintf(command, sizeof command,
             "exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all -- '%s' every_level_is_read_back "
             "what_is_no_level_is_refused a_new_thread_is_normal lowering_and_restoring_always_works "
             "every_class_is_read_back the_kernel_has_levels_and_classes_in_order "
             "a_thread_begins_in_its_process_class | grep -q '^7 passed, 0 failed'",
             self);
    if (access(self, X_OK) || system("setpriv --reuid=65534 --clear-groups true 2>/dev/null"))
        SKIP("setpriv cannot become another user");
    char try[8192];
    snprintf(try, sizeof try, "setpriv --reuid=65534 --regid=65534 --clear-groups -- test -x '%s'", self);
    if (system(try)) SKIP("that user cannot run this program where it lies");
    EQUAL(system(command), 0);
}
#endif

static void boosts_are_kept(void) {
    BOOL disabled = UNTOUCHED;
    HANDLE thread = start_waiter();
    TRUTH(GetThreadPriorityBoost(thread, &disabled));
    EQUAL(disabled, FALSE);
    TRUTH(SetThreadPriorityBoost(thread, TRUE));
#ifndef ON_WINE // Wine keeps nothing
    TRUTH(GetThreadPriorityBoost(thread, &disabled));
    EQUAL(disabled, TRUE);
    TRUTH(GetThreadPriorityBoost(GetCurrentThread(), &disabled));
    EQUAL(disabled, FALSE);
#endif
    TRUTH(SetThreadPriorityBoost(thread, FALSE));
    TRUTH(GetThreadPriorityBoost(thread, &disabled));
    EQUAL(disabled, FALSE);
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
    end_waiter(thread);
}

#ifndef ON_WINE // Wine keeps nothing
// "for all threads" (SetProcessPriorityBoost)
static void a_process_boost_is_all_its_threads(void) {
    BOOL disabled = UNTOUCHED;
    HANDLE thread = start_waiter();
    QUIETLY(GetProcessPriorityBoost(GetCurrentProcess(), &disabled), TRUE);
    EQUAL(disabled, FALSE);
    QUIETLY(SetProcessPriorityBoost(GetCurrentProcess(), TRUE), TRUE);
    TRUTH(GetProcessPriorityBoost(GetCurrentProcess(), &disabled));
    EQUAL(disabled, TRUE);
    disabled = UNTOUCHED;
    TRUTH(GetThreadPriorityBoost(thread, &disabled));
    EQUAL(disabled, TRUE);
    end_waiter(thread);
    thread = start_waiter();
    TRUTH(GetThreadPriorityBoost(thread, &disabled));
    EQUAL(disabled, TRUE);
    TRUTH(SetProcessPriorityBoost(GetCurrentProcess(), FALSE));
    TRUTH(GetThreadPriorityBoost(thread, &disabled));
    EQUAL(disabled, FALSE);
    end_waiter(thread);
}
#endif

static void handles_need_their_rights(void) {
    BOOL output = UNTOUCHED;
    HANDLE thread = OpenThread(THREAD_QUERY_INFORMATION, FALSE, GetCurrentThreadId());
    REQUIRE(thread != NULL);
    QUIETLY(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
    FAILS(SetThreadPriority(thread, THREAD_PRIORITY_LOWEST), ERROR_ACCESS_DENIED);
    EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_NORMAL);
    TRUTH(CloseHandle(thread));
    thread = OpenThread(THREAD_SET_INFORMATION, FALSE, GetCurrentThreadId());
    REQUIRE(thread != NULL);
    QUIETLY(SetThreadPriority(thread, THREAD_PRIORITY_NORMAL), TRUE);
    FAILS_WITH(GetThreadPriority(thread), THREAD_PRIORITY_ERROR_RETURN, ERROR_ACCESS_DENIED);
    TRUTH(CloseHandle(thread));

    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    REQUIRE(process != NULL);
    QUIETLY(GetPriorityClass(process), NORMAL_PRIORITY_CLASS);
    FAILS(SetPriorityClass(process, IDLE_PRIORITY_CLASS), ERROR_ACCESS_DENIED);
    EQUAL(GetPriorityClass(process), NORMAL_PRIORITY_CLASS);
    TRUTH(GetProcessPriorityBoost(process, &output));
#ifndef ON_WINE // a stub
    FAILS(SetProcessPriorityBoost(process, TRUE), ERROR_ACCESS_DENIED);
#endif
    TRUTH(CloseHandle(process));
    process = OpenProcess(PROCESS_SET_INFORMATION, FALSE, GetCurrentProcessId());
    REQUIRE(process != NULL);
    QUIETLY(SetPriorityClass(process, NORMAL_PRIORITY_CLASS), TRUE);
    FAILS(GetPriorityClass(process), ERROR_ACCESS_DENIED);
    TRUTH(CloseHandle(process));
}

static void another_process_has_its_class(void) {
    char self[4096];
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    REQUIRE(GetModuleFileNameA(NULL, self, sizeof self) != 0);
    REQUIRE(CreateProcessA(self, NULL, NULL, NULL, FALSE, CREATE_SUSPENDED | BELOW_NORMAL_PRIORITY_CLASS, NULL, NULL,
                           &startup, &child));
#ifndef ON_WINE // Wine has no use for the flag
    EQUAL(GetPriorityClass(child.hProcess), BELOW_NORMAL_PRIORITY_CLASS);
#endif
    TRUTH(SetPriorityClass(child.hProcess, IDLE_PRIORITY_CLASS));
    EQUAL(GetPriorityClass(child.hProcess), IDLE_PRIORITY_CLASS);
    EQUAL(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
    FAILS(SetPriorityClass(child.hProcess, 3), ERROR_INVALID_PARAMETER);
    EQUAL(GetPriorityClass(child.hProcess), IDLE_PRIORITY_CLASS);
    TRUTH(TerminateProcess(child.hProcess, 0));
    EQUAL(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
#ifndef ON_WINE // Wine tells of what has ended too
    FAILS(SetPriorityClass(child.hProcess, IDLE_PRIORITY_CLASS), ERROR_ACCESS_DENIED);
#endif
    TRUTH(CloseHandle(child.hThread));
    TRUTH(CloseHandle(child.hProcess));
}

#ifndef ON_WINE // whose processes have the class that Linux gives them
static DWORD class_of_a_child(void) {
    char self[4096];
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    DWORD_PTR own, of_child = UNTOUCHED, system;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    if (!TRUTH(GetModuleFileNameA(NULL, self, sizeof self) != 0) ||
        !TRUTH(CreateProcessA(self, NULL, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &child)))
        return 0;
    DWORD found = GetPriorityClass(child.hProcess);
    TRUTH(GetProcessAffinityMask(GetCurrentProcess(), &own, &system));
    TRUTH(GetProcessAffinityMask(child.hProcess, &of_child, &system));
    EQUAL(of_child, own);
    TRUTH(TerminateProcess(child.hProcess, 0));
    EQUAL(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
    TRUTH(CloseHandle(child.hThread));
    TRUTH(CloseHandle(child.hProcess));
    return found;
}

static void a_child_is_not_as_the_thread_that_has_made_it(void) {
    DWORD_PTR own, system;
    TRUTH(GetProcessAffinityMask(GetCurrentProcess(), &own, &system));
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), own & (~own + 1)), own);
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST));
    EQUAL(class_of_a_child(), NORMAL_PRIORITY_CLASS);
    if (may_raise()) {
        TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL));
        EQUAL(class_of_a_child(), NORMAL_PRIORITY_CLASS);
        TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
        // "Otherwise the default is NORMAL_PRIORITY_CLASS" (CreateProcess): of the lower classes only is there a heritage.
        TRUTH(SetPriorityClass(GetCurrentProcess(), ABOVE_NORMAL_PRIORITY_CLASS));
        EQUAL(class_of_a_child(), NORMAL_PRIORITY_CLASS);
        TRUTH(SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS));
        EQUAL(class_of_a_child(), BELOW_NORMAL_PRIORITY_CLASS);
        TRUTH(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    }
    TRUTH(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), own), own & (~own + 1));
}
#endif

static const struct test_case cases[] = {
    CASE(every_level_is_read_back),
    CASE(what_is_no_level_is_refused),
    CASE(a_handle_of_no_thread_is_refused),
    CASE(a_new_thread_is_normal),
    CASE(a_suspended_new_thread_keeps_its_level),
    CASE(lowering_and_restoring_always_works),
    CASE(every_class_is_read_back),
    CASE(what_is_no_class_is_refused),
#ifndef ON_WINE
    CASE(the_realtime_class_has_more_levels),
#endif
#ifndef _WIN32
    CASE(the_kernel_has_levels_and_classes_in_order),
    CASE(a_thread_begins_in_its_process_class),
    CASE(all_holds_without_privilege),
#endif
    CASE(boosts_are_kept),
    CASE(handles_need_their_rights),
    CASE(another_process_has_its_class),
#ifndef ON_WINE
    CASE(a_child_is_not_as_the_thread_that_has_made_it),
#endif
#ifndef ON_WINE
    CASE(a_process_boost_is_all_its_threads),
#endif
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
