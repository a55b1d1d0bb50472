// stops.c: suspending, resuming and terminating threads; what can be seen of a thread from outside.
#include "cases.h"
#include <stdlib.h>
#ifndef _WIN32
#include <pthread.h>
#endif
#ifndef ERROR_SIGNAL_REFUSED
#define ERROR_SIGNAL_REFUSED 156
#endif

static LONG volatile spins, is_over;

// A loop of its own, so that a stopped thread's Rip lies in it.
static DWORD __attribute__((noinline)) spin_on(void) {
    while (!is_over) spins++;
    return 3;
}
static DWORD WINAPI spin(LPVOID unused) {
    (void)unused;
    return spin_on();
}

static HANDLE start_spinning(void) {
    spins = is_over = 0;
    HANDLE thread = start(spin, NULL, NULL);
    while (spins == 0) SwitchToThread();
    return thread;
}
static void end_spinning(HANDLE thread) {
    is_over = 1;
    EQUAL(join(thread), 3);
}

static DWORD WINAPI return_argument(LPVOID argument) { return (DWORD)(ULONG_PTR)argument; }
static DWORD WINAPI wait_for_event(LPVOID handle) { return WaitForSingleObject(handle, INFINITE); }

static HANDLE ended_thread(DWORD code) {
    HANDLE thread = start(return_argument, (LPVOID)(ULONG_PTR)code, NULL);
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    return thread;
}

// ---- suspending

static BOOL stands_still(void) {
    for (int i = 0; i < 50; i++) {
        LONG seen = spins;
        for (int j = 0; j < 100; j++) SwitchToThread();
        if (spins != seen) return FALSE;
    }
    return TRUE;
}

static void a_suspended_thread_stands_still(void) {
    HANDLE thread = start_spinning();
    QUIETLY((DWORD)SuspendThread(thread), 0);
    // Windows may still be about to stop it when SuspendThread returns.
#ifdef _WIN32
    Sleep(50);
#endif
    TRUTH(stands_still());
    QUIETLY((DWORD)SuspendThread(thread), 1);
    QUIETLY((DWORD)ResumeThread(thread), 2);
    TRUTH(stands_still());
    LONG seen = spins;
    QUIETLY((DWORD)ResumeThread(thread), 1);
    while (spins == seen) SwitchToThread();
    QUIETLY((DWORD)ResumeThread(thread), 0);
    end_spinning(thread);
}

static void suspensions_are_counted_to_127(void) {
    HANDLE thread = start_spinning();
    for (DWORD i = 0; i < MAXIMUM_SUSPEND_COUNT; i++) EQUAL(SuspendThread(thread), i);
    FAILS_WITH((DWORD)SuspendThread(thread), (DWORD)-1, ERROR_SIGNAL_REFUSED);
#if defined(__x86_64__)
    CONTEXT context;
    context.ContextFlags = CONTEXT_CONTROL;
    QUIETLY(GetThreadContext(thread, &context), TRUE);
#endif
    for (DWORD i = MAXIMUM_SUSPEND_COUNT; i > 0; i--) EQUAL(ResumeThread(thread), i);
    EQUAL(ResumeThread(thread), 0);
    end_spinning(thread);
}

static void a_thread_that_has_ended(void) {
    HANDLE thread = ended_thread(8);
    FAILS_WITH((DWORD)SuspendThread(thread), (DWORD)-1, ERROR_ACCESS_DENIED);
    QUIETLY((DWORD)ResumeThread(thread), 0);
    EQUAL(join(thread), 8);
}

static void no_threads(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), closed = CreateEventA(NULL, TRUE, FALSE, NULL);
    CloseHandle(closed);
    HANDLE bad[] = {event, closed, NULL, (HANDLE)(ULONG_PTR)0x7FFFFFFC};
    FILETIME times[4];
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS_WITH((DWORD)SuspendThread(bad[i]), (DWORD)-1, ERROR_INVALID_HANDLE);
        FAILS_WITH((DWORD)ResumeThread(bad[i]), (DWORD)-1, ERROR_INVALID_HANDLE);
        FAILS(TerminateThread(bad[i], 1), ERROR_INVALID_HANDLE);
        memset(times, 0x5E, sizeof times);
        FAILS(GetThreadTimes(bad[i], &times[0], &times[1], &times[2], &times[3]), ERROR_INVALID_HANDLE);
        EQUAL(times[0].dwLowDateTime, 0x5E5E5E5E);
        EQUAL(times[3].dwHighDateTime, 0x5E5E5E5E);
#if defined(__x86_64__)
        CONTEXT context;
        context.ContextFlags = CONTEXT_FULL;
        context.Rip = UNTOUCHED;
        FAILS(GetThreadContext(bad[i], &context), ERROR_INVALID_HANDLE);
        EQUAL(context.Rip, UNTOUCHED);
#endif
    }
    CloseHandle(event);
}

static HANDLE about_to_stop;
static DWORD WINAPI suspend_itself(LPVOID unused) {
    (void)unused;
    SetEvent(about_to_stop);
    return SuspendThread(GetCurrentThread()) + 40;
}

static void a_thread_suspends_itself(void) {
    about_to_stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = start(suspend_itself, NULL, NULL);
    EQUAL(WaitForSingleObject(about_to_stop, INFINITE), WAIT_OBJECT_0);
    while (ResumeThread(thread) == 0) SwitchToThread();
    EQUAL(join(thread), 40);
    CloseHandle(about_to_stop);
}

static void a_suspended_wait_is_not_satisfied(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD id;
    HANDLE thread = start(wait_for_event, event, &id);
    until_blocked(id);
    EQUAL(SuspendThread(thread), 0);
    TRUTH(SetEvent(event));
#ifndef _WIN32
    TRUTH(is_signaled(event)); // it was in nobody's line; on Windows the wait may have been satisfied already
    TRUTH(SetEvent(event));
#endif
    EQUAL(WaitForSingleObject(thread, 50), WAIT_TIMEOUT);
    EQUAL(ResumeThread(thread), 1);
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(event);
}

static DWORD WINAPI sleep_long(LPVOID ready) {
    SetEvent(ready);
    Sleep(INFINITE);
    return 1;
}

static void a_thread_in_a_sleep(void) {
    HANDLE ready = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = start(sleep_long, ready, NULL);
    EQUAL(WaitForSingleObject(ready, INFINITE), WAIT_OBJECT_0);
    EQUAL(SuspendThread(thread), 0);
    EQUAL(ResumeThread(thread), 1);
    EQUAL(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    TRUTH(TerminateThread(thread, 6));
    EQUAL(join(thread), 6);
    CloseHandle(ready);
}

static DWORD WINAPI suspend_and_resume(LPVOID thread) {
    for (int i = 0; i < 100; i++) {
        if (SuspendThread(thread) == (DWORD)-1) return 1;
        if (ResumeThread(thread) == (DWORD)-1) return 2;
    }
    return 0;
}

static void several_suspend_one(void) {
    HANDLE thread = start_spinning(), others[3];
    for (int i = 0; i < 3; i++) others[i] = start(suspend_and_resume, thread, NULL);
    for (int i = 0; i < 3; i++) EQUAL(join(others[i]), 0);
    EQUAL(ResumeThread(thread), 0);
    LONG seen = spins;
    while (spins == seen) SwitchToThread();
    end_spinning(thread);
}

// ---- terminating

static void terminate_one_that_waits(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD id;
    HANDLE thread = start(wait_for_event, event, &id);
    until_blocked(id);
    QUIETLY(TerminateThread(thread, 99), TRUE);
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    TRUTH(SetEvent(event));
    TRUTH(is_signaled(event)); // it is in nobody's line
    EQUAL(join(thread), 99);
    CloseHandle(event);
}

static void terminate_one_that_spins(void) {
    HANDLE thread = start_spinning();
    QUIETLY(TerminateThread(thread, 0xABCD), TRUE);
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    TRUTH(stands_still());
    EQUAL(join(thread), 0xABCD);
}

static void terminate_one_that_is_suspended(void) {
    HANDLE thread = start_spinning();
    EQUAL(SuspendThread(thread), 0);
    TRUTH(TerminateThread(thread, 5));
    EQUAL(join(thread), 5);
    thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
    REQUIRE(thread);
    TRUTH(TerminateThread(thread, 4));
    EQUAL(join(thread), 4);
}

static DWORD WINAPI terminate_itself(LPVOID code) {
    TerminateThread(GetCurrentThread(), (DWORD)(ULONG_PTR)code);
    return 1;
}

static void a_thread_terminates_itself(void) { EQUAL(join(start(terminate_itself, (LPVOID)55, NULL)), 55); }

static void one_that_has_ended_keeps_its_code(void) {
    HANDLE thread = ended_thread(21);
    TerminateThread(thread, 22);
#ifndef ON_WINE
    EQUAL(join(thread), 21);
#else
    join(thread);
#endif
}

static HANDLE owned, owns;
static DWORD WINAPI own_and_spin(LPVOID unused) {
    (void)unused;
    WaitForSingleObject(owned, INFINITE);
    WaitForSingleObject(owned, INFINITE);
    SetEvent(owns);
    return spin_on();
}

static void its_mutexes_are_abandoned(void) {
    owned = CreateMutexA(NULL, FALSE, NULL);
    owns = CreateEventA(NULL, FALSE, FALSE, NULL);
    is_over = 0;
    HANDLE thread = start(own_and_spin, NULL, NULL);
    EQUAL(WaitForSingleObject(owns, INFINITE), WAIT_OBJECT_0);
    EQUAL(WaitForSingleObject(owned, 0), WAIT_TIMEOUT);
    TRUTH(TerminateThread(thread, 1));
    EQUAL(WaitForSingleObject(owned, INFINITE), WAIT_ABANDONED);
    TRUTH(ReleaseMutex(owned));
    FAILS(ReleaseMutex(owned), ERROR_NOT_OWNER);
    EQUAL(WaitForSingleObject(owned, 0), WAIT_OBJECT_0);
    TRUTH(ReleaseMutex(owned));
    join(thread);
    CloseHandle(owned);
    CloseHandle(owns);
}

static CRITICAL_SECTION section;
static DWORD WINAPI enter_and_spin(LPVOID unused) {
    (void)unused;
    EnterCriticalSection(&section);
    SetEvent(owns);
    return spin_on();
}
static DWORD WINAPI enter_and_leave(LPVOID unused) {
    (void)unused;
    EnterCriticalSection(&section);
    LeaveCriticalSection(&section);
    return 0;
}

static void its_critical_section_stays_locked(void) {
    InitializeCriticalSection(&section);
    owns = CreateEventA(NULL, FALSE, FALSE, NULL);
    is_over = 0;
    HANDLE thread = start(enter_and_spin, NULL, NULL);
    EQUAL(WaitForSingleObject(owns, INFINITE), WAIT_OBJECT_0);
    TRUTH(TerminateThread(thread, 1));
    join(thread);
    EQUAL(TryEnterCriticalSection(&section), FALSE);
    HANDLE other = start(enter_and_leave, NULL, NULL);
    EQUAL(WaitForSingleObject(other, 50), WAIT_TIMEOUT);
    TRUTH(TerminateThread(other, 2)); // one that waits for a section can be terminated, too
    EQUAL(join(other), 2);
    CloseHandle(owns);
}

static LONG volatile has_run;
static VOID CALLBACK note(ULONG_PTR unused) {
    (void)unused;
    has_run++;
}

static void calls_to_it_are_dropped(void) {
    HANDLE thread = start_spinning();
    has_run = 0;
    TRUTH(QueueUserAPC(note, thread, 0));
    TRUTH(TerminateThread(thread, 1));
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    FAILS(QueueUserAPC(note, thread, 0), ERROR_GEN_FAILURE);
    join(thread);
    EQUAL(has_run, 0);
}

static DWORD WINAPI be_in_a_call(LPVOID handle) {
    while (1) WaitForSingleObjectEx(handle, INFINITE, TRUE);
    return 0;
}
static VOID CALLBACK spin_in_a_call(ULONG_PTR unused) {
    (void)unused;
    spin_on();
}

static void terminate_one_in_a_call_that_ended_its_wait(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = start(be_in_a_call, event, NULL);
    spins = is_over = 0;
    TRUTH(QueueUserAPC(spin_in_a_call, thread, 0));
    while (spins == 0) SwitchToThread();
    TRUTH(TerminateThread(thread, 17));
    EQUAL(join(thread), 17);
    CloseHandle(event);
}

// ---- opening by id

static void a_thread_is_opened_by_its_id(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD id;
    HANDLE thread = start(wait_for_event, event, &id), opened = OpenThread(THREAD_ALL_ACCESS, FALSE, id);
    REQUIRE(opened);
    TRUTH(opened != thread);
    EQUAL(GetThreadId(opened), id);
    EQUAL(SuspendThread(opened), 0);
    EQUAL(ResumeThread(thread), 1);
    QUIETLY(WaitForSingleObject(opened, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(event));
    EQUAL(WaitForSingleObject(opened, INFINITE), WAIT_OBJECT_0);
    CloseHandle(opened);
    join(thread);
    FAILS(OpenThread(THREAD_ALL_ACCESS, FALSE, 0xFFFFFFF0), ERROR_INVALID_PARAMETER);
    FAILS(OpenThread(THREAD_ALL_ACCESS, FALSE, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(event);
}

static DWORD main_id;
static DWORD WINAPI open_the_first(LPVOID unused) {
    (void)unused;
    HANDLE first = OpenThread(SYNCHRONIZE | THREAD_QUERY_INFORMATION | THREAD_SUSPEND_RESUME, FALSE, main_id);
    if (!first) return 1;
    DWORD result = WaitForSingleObject(first, 0) == WAIT_TIMEOUT && GetThreadId(first) == main_id ? 0 : 2;
    if (SuspendThread(first) != 0 || ResumeThread(first) != 1) result = 3;
    CloseHandle(first);
    return result;
}

static void the_first_thread_is_opened_by_another(void) {
    main_id = GetCurrentThreadId();
    EQUAL(join(start(open_the_first, NULL, NULL)), 0);
}

static void remote_threads_are_this_processs(void) {
    DWORD id = UNTOUCHED;
    HANDLE thread = CreateRemoteThread(GetCurrentProcess(), NULL, 0, return_argument, (LPVOID)12, 0, &id);
    REQUIRE(thread);
    EQUAL(GetThreadId(thread), id);
    EQUAL(join(thread), 12);
    id = UNTOUCHED;
    HANDLE process, event = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &process, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    thread = CreateRemoteThread(process, NULL, 0, return_argument, (LPVOID)13, 0, NULL);
    REQUIRE(thread);
    EQUAL(join(thread), 13);
    CloseHandle(process);
    FAILS(CreateRemoteThread(event, NULL, 0, return_argument, NULL, 0, &id), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    FAILS(CreateRemoteThread(NULL, NULL, 0, return_argument, NULL, 0, &id), ERROR_INVALID_HANDLE);
    EQUAL(id, UNTOUCHED);
}

// ---- rights

static VOID CALLBACK do_nothing(ULONG_PTR unused) { (void)unused; }

// What succeeds through a handle that was opened with these rights, a letter each; in small letters what is refused.
static void permitted(DWORD id, DWORD access, char *letters) {
    HANDLE thread = OpenThread(access, FALSE, id);
    DWORD code;
    FILETIME times[4];
    if (!TRUTH(thread != NULL)) return;
#define TRY(upper, call, failed) \
    do { \
        SetLastError(0); \
        int is_done = (call) != (failed); \
        if (!is_done) EQUAL(GetLastError(), ERROR_ACCESS_DENIED); \
        *letters++ = is_done ? upper : upper + 32; \
    } while (0)
    TRY('S', SuspendThread(thread), (DWORD)-1);
    TRY('R', ResumeThread(thread), (DWORD)-1);
    TRY('C', GetExitCodeThread(thread, &code), FALSE);
    TRY('I', GetThreadId(thread), 0);
    TRY('T', GetThreadTimes(thread, &times[0], &times[1], &times[2], &times[3]), FALSE);
    TRY('A', QueueUserAPC(do_nothing, thread, 0), 0);
    TRY('W', WaitForSingleObject(thread, 0), WAIT_FAILED);
#if defined(__x86_64__)
    CONTEXT context;
    context.ContextFlags = CONTEXT_CONTROL;
    TRY('X', GetThreadContext(thread, &context), FALSE);
#endif
#undef TRY
    *letters = 0;
    CloseHandle(thread);
}

static void rights_of_a_handle(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD id;
    HANDLE thread = start(wait_for_event, event, &id);
    static const struct {
        DWORD access;
        const char *letters;
    } rights[] = {
        {THREAD_SUSPEND_RESUME, "SRcitawx"},     {THREAD_QUERY_INFORMATION, "srCITawx"},
        {THREAD_QUERY_LIMITED_INFORMATION, "srCITawx"}, {THREAD_SET_CONTEXT, "srcitAwx"},
        {SYNCHRONIZE, "srcitaWx"},               {THREAD_GET_CONTEXT | THREAD_SUSPEND_RESUME, "SRcitawX"},
        {THREAD_TERMINATE, "srcitawx"},          {THREAD_ALL_ACCESS, "SRCITAWX"},
    };
    for (size_t i = 0; i < COUNT(rights); i++) {
        char letters[16] = "";
        permitted(id, rights[i].access, letters);
#if !defined(__x86_64__)
        letters[7] = rights[i].letters[7];
#endif
        if (!TRUTH(!strcmp(letters, rights[i].letters))) printf("  %s, expected %s\n", letters, rights[i].letters);
    }
    HANDLE weak = OpenThread(THREAD_ALL_ACCESS & ~THREAD_TERMINATE, FALSE, id);
    FAILS(TerminateThread(weak, 1), ERROR_ACCESS_DENIED);
    EQUAL(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    CloseHandle(weak);
    weak = OpenThread(THREAD_TERMINATE, FALSE, id);
    QUIETLY(TerminateThread(weak, 44), TRUE);
    CloseHandle(weak);
    EQUAL(join(thread), 44);
    CloseHandle(event);
}

// ---- registers

#if defined(__x86_64__)
static void a_spinning_thread_is_in_its_loop(void) {
    HANDLE thread = start_spinning();
    CONTEXT context;
    EQUAL(SuspendThread(thread), 0);
    memset(&context, 0x5E, sizeof context);
    context.ContextFlags = CONTEXT_CONTROL;
    QUIETLY(GetThreadContext(thread, &context), TRUE);
    TRUTH(context.Rip - (ULONG_PTR)spin_on < 256);
    char here;
    TRUTH(context.Rsp != 0 && context.Rsp != (ULONG_PTR)&here);
    EQUAL(context.Rax, 0x5E5E5E5E5E5E5E5E); // not asked for
    EQUAL(context.SegDs, 0x5E5E);
    EQUAL(context.ContextFlags, CONTEXT_CONTROL);
    context.ContextFlags = CONTEXT_INTEGER;
    context.Rip = UNTOUCHED;
    TRUTH(GetThreadContext(thread, &context));
    EQUAL(context.Rip, UNTOUCHED);
    TRUTH(context.Rax != 0x5E5E5E5E5E5E5E5E || context.Rbx != 0x5E5E5E5E5E5E5E5E);
    context.ContextFlags = CONTEXT_FULL;
    TRUTH(GetThreadContext(thread, &context));
    TRUTH(context.Rip - (ULONG_PTR)spin_on < 256);
    EQUAL(context.MxCsr & 0x1F80, 0x1F80); // exceptions masked
    TRUTH(context.SegCs != 0);
    EQUAL(ResumeThread(thread), 1);
    end_spinning(thread);
}

static void a_waiting_thread_has_registers_too(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD id;
    HANDLE thread = start(wait_for_event, event, &id);
    until_blocked(id);
    EQUAL(SuspendThread(thread), 0);
    CONTEXT context;
    context.ContextFlags = CONTEXT_CONTROL;
    context.Rip = context.Rsp = 0;
    TRUTH(GetThreadContext(thread, &context));
    TRUTH(context.Rip != 0 && context.Rsp != 0);
    EQUAL(ResumeThread(thread), 1);
    TRUTH(SetEvent(event));
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(event);
}
#endif

// ---- times

static ULONGLONG ticks(FILETIME time) { return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime; }

static void times_of_a_thread(void) {
    FILETIME before, creation, end, kernel, user, after;
    GetSystemTimeAsFileTime(&before);
    HANDLE thread = start_spinning();
    memset(&end, 0x5E, sizeof end);
    QUIETLY(GetThreadTimes(thread, &creation, &end, &kernel, &user), TRUE);
#ifndef _WIN32
    EQUAL(ticks(end), 0); // "its contents are undefined"
#endif
    TRUTH(ticks(creation) + 1000000 >= ticks(before));
    do TRUTH(GetThreadTimes(thread, &creation, &end, &kernel, &user));
    while (ticks(user) + ticks(kernel) == 0);
    is_over = 1;
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetThreadTimes(thread, &creation, &end, &kernel, &user));
    GetSystemTimeAsFileTime(&after);
    TRUTH(ticks(end) >= ticks(creation));
    TRUTH(ticks(end) <= ticks(after) + 1000000);
#ifndef ON_WINE // which forgets them at the end
    TRUTH(ticks(user) + ticks(kernel) > 0);
#endif
    TRUTH(ticks(user) + ticks(kernel) <= ticks(end) - ticks(creation) + 1000000);
    EQUAL(join(thread), 3);
    TRUTH(GetThreadTimes(GetCurrentThread(), &creation, &end, &kernel, &user));
    TRUTH(ticks(creation) != 0 && ticks(creation) <= ticks(after) + 1000000);
#ifndef _WIN32
    FAILS(GetThreadTimes(GetCurrentThread(), NULL, &end, &kernel, &user), ERROR_NOACCESS);
#endif
}

// ---- descriptions

#if !defined(_WIN32)
static int same(const WCHAR *a, const WCHAR *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static void descriptions(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD id;
    HANDLE thread = start(wait_for_event, event, &id);
    WCHAR name[] = {'s', 'o', 'r', 't', 'e', 'r', ' ', 0xE9, ' ', 'o', 'f', ' ', 'c', 'a', 'r', 'd', 's', 0};
    PWSTR text = NULL;
    QUIETLY(GetThreadDescription(thread, &text), 0);
    REQUIRE(text);
    EQUAL(text[0], 0);
    EQUAL(LocalFree(text), NULL);
    QUIETLY(SetThreadDescription(thread, name), 0);
    QUIETLY(GetThreadDescription(thread, &text), 0);
    REQUIRE(text);
    TRUTH(same(text, name));
    EQUAL(LocalFree(text), NULL);
    char path[64], comm[64] = "";
    snprintf(path, sizeof path, "/proc/self/task/%u/comm", id);
    FILE *file = fopen(path, "r");
    REQUIRE(file);
    TRUTH(fgets(comm, sizeof comm, file) != NULL);
    fclose(file);
    TRUTH(!strcmp(comm, "sorter \xC3\xA9 of ca\n")); // 15 bytes
    EQUAL(SetThreadDescription(thread, NULL), 0);
    EQUAL(GetThreadDescription(thread, &text), 0);
    EQUAL(text[0], 0);
    EQUAL(LocalFree(text), NULL);
    text = (PWSTR)UNTOUCHED;
    QUIETLY(SetThreadDescription(event, name), (HRESULT)0xD0000008);
    QUIETLY(GetThreadDescription(event, &text), (HRESULT)0xD0000008);
    EQUAL(text, UNTOUCHED);
    TRUTH(SetEvent(event));
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(event);
}
#endif

static const struct test_case cases[] = {
    CASE(a_suspended_thread_stands_still),
    CASE(suspensions_are_counted_to_127),
    CASE(a_thread_that_has_ended),
    CASE(no_threads),
    CASE(a_thread_suspends_itself),
    CASE(a_suspended_wait_is_not_satisfied),
    CASE(a_thread_in_a_sleep),
    CASE(several_suspend_one),
    CASE(terminate_one_that_waits),
    CASE(terminate_one_that_spins),
    CASE(terminate_one_that_is_suspended),
    CASE(a_thread_terminates_itself),
    CASE(one_that_has_ended_keeps_its_code),
    CASE(its_mutexes_are_abandoned),
    CASE(its_critical_section_stays_locked),
    CASE(calls_to_it_are_dropped),
    CASE(terminate_one_in_a_call_that_ended_its_wait),
    CASE(a_thread_is_opened_by_its_id),
    CASE(the_first_thread_is_opened_by_another),
    CASE(remote_threads_are_this_processs),
    CASE(rights_of_a_handle),
#if defined(__x86_64__)
    CASE(a_spinning_thread_is_in_its_loop),
    CASE(a_waiting_thread_has_registers_too),
#endif
    CASE(times_of_a_thread),
#ifndef _WIN32
    CASE(descriptions),
#endif
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
