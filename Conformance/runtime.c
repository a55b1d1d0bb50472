// runtime.c: the threads of the C run-time library.
#include "cases.h"
#include <errno.h>
#include <process.h>
#include <stdlib.h>

static unsigned WINAPI return_it(void *argument) { return (unsigned)(ULONG_PTR)argument; }
static unsigned WINAPI exit_with_it(void *argument) {
    _endthreadex((unsigned)(ULONG_PTR)argument);
    return 1;
}
static unsigned WINAPI own_id(void *unused) {
    (void)unused;
    return GetCurrentThreadId();
}

static void with_an_exit_code(void) {
    unsigned id = 0;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, return_it, (void *)7, 0, &id);
    REQUIRE(thread);
    EQUAL(GetThreadId(thread), id);
    EQUAL(join(thread), 7);
    thread = (HANDLE)_beginthreadex(NULL, 1 << 18, exit_with_it, (void *)0xC0DE, 0, NULL);
    REQUIRE(thread);
    EQUAL(join(thread), 0xC0DE);
}

static void suspended_at_first(void) {
    unsigned id = 0;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, own_id, NULL, CREATE_SUSPENDED, &id);
    REQUIRE(thread);
    TRUTH(id != 0);
    EQUAL(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    EQUAL(ResumeThread(thread), 1);
    EQUAL(join(thread), id);
}

static HANDLE done;
static LONG volatile seen;
static void set_it(void *argument) {
    seen = (LONG)(LONG_PTR)argument;
    SetEvent(done);
}
static void set_it_and_end(void *argument) {
    set_it(argument);
    _endthread();
    seen = -1;
}

static void without_a_handle(void) {
    done = CreateEventA(NULL, FALSE, FALSE, NULL);
    void (*const routines[])(void *) = {set_it, set_it_and_end};
    for (size_t i = 0; i < COUNT(routines); i++) {
        UINT_PTR handle = (UINT_PTR)_beginthread(routines[i], 0, (void *)(ULONG_PTR)(31 + i));
        TRUTH(handle != (UINT_PTR)-1 && handle != 0);
        EQUAL(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
        EQUAL(seen, 31 + i);
    }
    CloseHandle(done);
}

static HANDLE gate;
static void wait_for_the_gate(void *argument) {
    (void)argument;
    WaitForSingleObject(gate, INFINITE);
}

// _endthread closes the thread's handle.
static void its_handle_is_closed_at_its_end(void) {
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE handle = (HANDLE)_beginthread(wait_for_the_gate, 0, NULL), own;
    TRUTH(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &own, 0, FALSE, DUPLICATE_SAME_ACCESS));
    EQUAL(WaitForSingleObject(handle, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(gate));
    EQUAL(join(own), 0);
    FAILS_WITH(WaitForSingleObject(handle, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    CloseHandle(gate);
}

#ifndef _WIN32
static void what_is_refused(void) {
    unsigned id = UNTOUCHED;
    errno = 0;
    EQUAL(_beginthreadex(NULL, 0, NULL, NULL, 0, &id), 0);
    EQUAL(errno, EINVAL);
    EQUAL(id, UNTOUCHED);
    errno = 0;
    EQUAL(_beginthread(NULL, 0, NULL), (UINT_PTR)-1);
    EQUAL(errno, EINVAL);
    errno = 0;
    EQUAL(_beginthreadex(NULL, 0, return_it, NULL, 0x80000000, &id), 0);
    EQUAL(errno, EINVAL);
    EQUAL(id, UNTOUCHED);
}
#endif

static const struct test_case cases[] = {
    CASE(with_an_exit_code),
    CASE(suspended_at_first),
    CASE(without_a_handle),
    CASE(its_handle_is_closed_at_its_end),
#ifndef _WIN32
    CASE(what_is_refused),
#endif
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
