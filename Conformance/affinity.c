// affinity.c: the processors that threads run on.
#include "cases.h"

static DWORD_PTR process_mask, system_mask;

static BOOL get_masks(void) {
    process_mask = system_mask = UNTOUCHED;
    return TRUTH(GetProcessAffinityMask(GetCurrentProcess(), &process_mask, &system_mask));
}

static DWORD_PTR lowest(DWORD_PTR mask) { return mask & (~mask + 1); }

#ifndef _WIN32
// As /proc has it: Cpus_allowed, in hexadecimal groups of 32.
static DWORD_PTR kernels_mask(DWORD id) {
    char path[64], line[4096];
    DWORD_PTR mask = 0;
    snprintf(path, sizeof path, "/proc/self/task/%u/status", id);
    FILE *file = fopen(path, "r");
    if (!TRUTH(file != NULL)) return 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "Cpus_allowed:", 13)) continue;
        for (const char *c = line + 13; *c; c++) {
            if (*c >= '0' && *c <= '9') mask = mask << 4 | (DWORD_PTR)(*c - '0');
            if (*c >= 'a' && *c <= 'f') mask = mask << 4 | (DWORD_PTR)(*c - 'a' + 10);
        }
    }
    fclose(file);
    return mask;
}
#endif

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

static void the_process_has_processors_of_the_system(void) {
    SetLastError(UNTOUCHED);
    REQUIRE(get_masks());
    EQUAL(GetLastError(), UNTOUCHED);
    TRUTH(process_mask != 0);
    EQUAL(process_mask & ~system_mask, 0);
#ifndef _WIN32
    EQUAL(process_mask, kernels_mask(GetCurrentThreadId()));
#endif
}

static void a_threads_mask_is_set_and_the_old_one_returned(void) {
    REQUIRE(get_masks());
    HANDLE thread = start_waiter();
    DWORD_PTR one = lowest(process_mask);
    QUIETLY(SetThreadAffinityMask(thread, one), process_mask);
#ifndef _WIN32
    EQUAL(kernels_mask(waiter_id), one);
    EQUAL(kernels_mask(GetCurrentThreadId()), process_mask);
#endif
    EQUAL(SetThreadAffinityMask(thread, process_mask), one);
#ifndef _WIN32
    EQUAL(kernels_mask(waiter_id), process_mask);
#endif
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), one), process_mask);
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), process_mask), one);
    end_waiter(thread);
}

static void wrong_masks_of_a_thread_are_refused(void) {
    REQUIRE(get_masks());
    DWORD_PTR one = lowest(process_mask);
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), one), process_mask);
    FAILS(SetThreadAffinityMask(GetCurrentThread(), 0), ERROR_INVALID_PARAMETER);
    if (~process_mask) {
        FAILS(SetThreadAffinityMask(GetCurrentThread(), ~process_mask), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE // Wine takes what there is of it
        FAILS(SetThreadAffinityMask(GetCurrentThread(), one | lowest(~process_mask)), ERROR_INVALID_PARAMETER);
#endif
    }
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), process_mask), one); // unchanged by these
}

static void a_new_thread_may_run_on_all_of_the_process(void) {
    REQUIRE(get_masks());
    DWORD_PTR one = lowest(process_mask);
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), one), process_mask);
    HANDLE thread = start_waiter();
#ifndef _WIN32
    EQUAL(kernels_mask(waiter_id), process_mask);
#endif
    EQUAL(SetThreadAffinityMask(thread, one), process_mask);
    EQUAL(SetThreadAffinityMask(GetCurrentThread(), process_mask), one);
    end_waiter(thread);
}

static void the_process_mask_moves_all_threads(void) {
    REQUIRE(get_masks());
    DWORD_PTR all = process_mask, one = lowest(process_mask);
    if (all == one) SKIP("there is one processor");
    HANDLE thread = start_waiter();
    QUIETLY(SetProcessAffinityMask(GetCurrentProcess(), one), TRUE);
    REQUIRE(get_masks());
    EQUAL(process_mask, one);
#ifndef _WIN32
    EQUAL(kernels_mask(waiter_id), one);
    EQUAL(kernels_mask(GetCurrentThreadId()), one);
#endif
    FAILS(SetThreadAffinityMask(thread, all & ~one), ERROR_INVALID_PARAMETER); // the process's no longer
    EQUAL(SetThreadAffinityMask(thread, one), one);
    TRUTH(SetProcessAffinityMask(GetCurrentProcess(), all));
    REQUIRE(get_masks());
    EQUAL(process_mask, all);
#ifndef _WIN32
    EQUAL(kernels_mask(waiter_id), all);
    EQUAL(kernels_mask(GetCurrentThreadId()), all);
#endif
    end_waiter(thread);
}

static void wrong_masks_of_the_process_are_refused(void) {
    REQUIRE(get_masks());
    DWORD_PTR before = process_mask;
    FAILS(SetProcessAffinityMask(GetCurrentProcess(), 0), ERROR_INVALID_PARAMETER);
    if (~system_mask) {
        FAILS(SetProcessAffinityMask(GetCurrentProcess(), lowest(~system_mask)), ERROR_INVALID_PARAMETER);
        FAILS(SetProcessAffinityMask(GetCurrentProcess(), before | lowest(~system_mask)), ERROR_INVALID_PARAMETER);
    }
    REQUIRE(get_masks());
    EQUAL(process_mask, before);
}

static void wrong_handles_are_refused(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD_PTR process = UNTOUCHED, system = UNTOUCHED;
    FAILS(SetThreadAffinityMask(event, 1), ERROR_INVALID_HANDLE);
    FAILS(SetThreadAffinityMask(NULL, 1), ERROR_INVALID_HANDLE);
    FAILS(GetProcessAffinityMask(NULL, &process, &system), ERROR_INVALID_HANDLE);
    EQUAL(process, UNTOUCHED);
    EQUAL(system, UNTOUCHED);
    FAILS(SetProcessAffinityMask(NULL, 1), ERROR_INVALID_HANDLE);
#ifndef ON_WINE // a stub
    FAILS_WITH(SetThreadIdealProcessor(event, 0), (DWORD)-1, ERROR_INVALID_HANDLE);
#endif
    TRUTH(CloseHandle(event));
}

#ifndef ON_WINE // Wine sets the mask of what has ended
static DWORD WINAPI return_at_once(LPVOID unused) {
    (void)unused;
    return 0;
}

static void a_thread_that_has_ended_has_no_processors(void) {
    REQUIRE(get_masks());
    HANDLE thread = start(return_at_once, NULL, NULL);
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    FAILS(SetThreadAffinityMask(thread, lowest(process_mask)), ERROR_ACCESS_DENIED);
    TRUTH(CloseHandle(thread));
}
#endif

static void handles_need_their_rights(void) {
    DWORD_PTR process_before, system;
    REQUIRE(get_masks());
    HANDLE thread = OpenThread(THREAD_QUERY_INFORMATION, FALSE, GetCurrentThreadId());
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    REQUIRE(thread != NULL && process != NULL);
    FAILS(SetThreadAffinityMask(thread, process_mask), ERROR_ACCESS_DENIED);
    FAILS(SetProcessAffinityMask(process, process_mask), ERROR_ACCESS_DENIED);
    TRUTH(GetProcessAffinityMask(process, &process_before, &system));
    EQUAL(process_before, process_mask);
    TRUTH(CloseHandle(thread));
    TRUTH(CloseHandle(process));
    process = OpenProcess(PROCESS_SET_INFORMATION, FALSE, GetCurrentProcessId());
    REQUIRE(process != NULL);
    process_before = UNTOUCHED;
    FAILS(GetProcessAffinityMask(process, &process_before, &system), ERROR_ACCESS_DENIED);
    EQUAL(process_before, UNTOUCHED);
    TRUTH(SetProcessAffinityMask(process, process_mask));
    TRUTH(CloseHandle(process));
}

static void the_ideal_processor_is_kept(void) {
    HANDLE thread = start_waiter();
    DWORD before = SetThreadIdealProcessor(thread, MAXIMUM_PROCESSORS);
    TRUTH(before < MAXIMUM_PROCESSORS);
    EQUAL(SetThreadIdealProcessor(thread, 0), before);
#ifndef ON_WINE // Wine keeps none
    EQUAL(SetThreadIdealProcessor(thread, MAXIMUM_PROCESSORS), 0);
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    if (info.dwNumberOfProcessors > 1) {
        EQUAL(SetThreadIdealProcessor(thread, 1), 0);
        EQUAL(SetThreadIdealProcessor(thread, MAXIMUM_PROCESSORS), 1);
        EQUAL(SetThreadIdealProcessor(thread, 0), 1);
    }
#endif
    FAILS_WITH(SetThreadIdealProcessor(thread, MAXIMUM_PROCESSORS + 1), (DWORD)-1, ERROR_INVALID_PARAMETER);
    FAILS_WITH(SetThreadIdealProcessor(thread, 0xFFFFFFFF), (DWORD)-1, ERROR_INVALID_PARAMETER);
    end_waiter(thread);
}

static const struct test_case cases[] = {
    CASE(the_process_has_processors_of_the_system),
    CASE(a_threads_mask_is_set_and_the_old_one_returned),
    CASE(wrong_masks_of_a_thread_are_refused),
    CASE(a_new_thread_may_run_on_all_of_the_process),
    CASE(the_process_mask_moves_all_threads),
    CASE(wrong_masks_of_the_process_are_refused),
    CASE(wrong_handles_are_refused),
#ifndef ON_WINE
    CASE(a_thread_that_has_ended_has_no_processors),
#endif
    CASE(handles_need_their_rights),
    CASE(the_ideal_processor_is_kept),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
