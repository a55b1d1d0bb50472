// cases.h: what the test programs of this directory share.
//
// A program is a list of cases. It runs all of them, or those whose names are its arguments; it prints PASS or FAIL for
// each, and last how many there were of both. A check that fails is printed, and the case goes on. A case that takes 30
// seconds is named, and ends the program. The programs build for Windows as well; ON_WINE says that Wine will run them,
// and leaves out what Wine does differently from Windows.
#ifndef CASES_H
#define CASES_H

#include <windows.h>
#include <stdio.h>
#include <string.h>
#ifndef _WIN32
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>
#endif

#if defined(__GNUC__)
#define MAYBE_UNUSED __attribute__((unused))
#else
#define MAYBE_UNUSED
#endif

#ifndef CASE_SECONDS
#define CASE_SECONDS 30
#endif
#define UNTOUCHED 0x5EA1ED // what an output holds that must not be written, and the last error before a call

struct test_case {
    const char *name;
    void (*run)(void);
};
#define CASE(function) {#function, function}

static const char *volatile current_case = "start";
static LONG volatile failed_checks;
static LONG volatile is_skipped;

MAYBE_UNUSED static int check_equal(const char *file, int line, const char *what, unsigned long long actual,
                                    unsigned long long expected) {
    if (actual == expected) return 1;
    InterlockedIncrement(&failed_checks);
    fprintf(stdout, "  %s:%d: %s is %lld (0x%llx), expected %lld (0x%llx)\n", file, line, what, (long long)actual,
            actual, (long long)expected, expected);
    return 0;
}

#define EQUAL(actual, expected) \
    check_equal(__FILE__, __LINE__, #actual, (unsigned long long)(ULONG_PTR)(actual), \
                (unsigned long long)(ULONG_PTR)(expected))
#define TRUTH(condition) check_equal(__FILE__, __LINE__, #condition, !!(condition), 1)
// Ends the case if the condition does not hold: nothing that follows would mean anything.
#define REQUIRE(condition) \
    do { \
        if (!TRUTH(condition)) return; \
    } while (0)
#define SKIP(reason) \
    do { \
        printf("SKIP %s: %s\n", current_case, reason); \
        is_skipped = 1; \
        return; \
    } while (0)

// The call gives `result` and sets the last error to `code`.
#define FAILS_WITH(call, result, code) \
    do { \
        SetLastError(UNTOUCHED); \
        unsigned long long result_of_call = (unsigned long long)(ULONG_PTR)(call); \
        DWORD error_of_call = GetLastError(); \
        check_equal(__FILE__, __LINE__, #call, result_of_call, (unsigned long long)(ULONG_PTR)(result)); \
        check_equal(__FILE__, __LINE__, "the last error after " #call, error_of_call, (DWORD)(code)); \
    } while (0)
#define FAILS(call, code) FAILS_WITH(call, 0, code)
// The call gives `result` and leaves the last error alone.
#define QUIETLY(call, result) FAILS_WITH(call, result, UNTOUCHED)

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- threads

MAYBE_UNUSED static HANDLE start(LPTHREAD_START_ROUTINE routine, void *argument, DWORD *id) {
    DWORD own_id;
    HANDLE thread = CreateThread(NULL, 0, routine, argument, 0, id ? id : &own_id);
    TRUTH(thread != NULL);
    return thread;
}

// Waits for the thread's end, closes the handle, and returns the exit code.
MAYBE_UNUSED static DWORD join(HANDLE thread) {
    DWORD code = UNTOUCHED;
    EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeThread(thread, &code));
    TRUTH(CloseHandle(thread));
    return code;
}

// Returns when the thread sleeps in the kernel. Windows does not tell, so it is given time there.
MAYBE_UNUSED static void until_blocked(DWORD id) {
#ifdef _WIN32
    (void)id;
    Sleep(100);
#else
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%u/stat", id);
    for (int asleep = 0; asleep < 20;) {
        FILE *file = fopen(path, "r");
        if (!TRUTH(file != NULL)) return;
        size_t length = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[length] = 0;
        char *name_end = strrchr(text, ')');
        asleep = name_end && name_end[2] == 'S' ? asleep + 1 : 0;
        sched_yield();
    }
#endif
}

MAYBE_UNUSED static int is_signaled(HANDLE handle) { return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0; }

// ---- what a program must not leave behind

#ifndef _WIN32
MAYBE_UNUSED static int entries(const char *path) {
    DIR *directory = opendir(path);
    int count = 0;
    if (!directory) return -1;
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}
#define DESCRIPTORS "/proc/self/fd"
#define THREADS "/proc/self/task"
#endif

// Waits until the directory has as many entries as before: what goes, goes soon. The case's time limit ends it.
MAYBE_UNUSED static void until_entries(const char *path, int count) {
#ifdef _WIN32
    (void)path;
    (void)count;
#else
    while (entries(path) > count) sched_yield();
#endif
}

// ---- running the cases

#ifdef _WIN32
static LONG volatile cases_begun;

static DWORD WINAPI watch(LPVOID unused) {
    (void)unused;
    for (LONG seen = -1, seconds = 0;; Sleep(1000)) {
        seconds = seen == cases_begun ? seconds + 1 : 0;
        seen = cases_begun;
        if (seconds < CASE_SECONDS) continue;
        printf("FAIL %s: hangs\n", current_case);
        fflush(stdout);
        ExitProcess(3);
    }
}

static void begin_case(void) {
    if (InterlockedIncrement(&cases_begun) == 1) CloseHandle(CreateThread(NULL, 0, watch, NULL, 0, NULL));
}
#else
static void on_alarm(int number) {
    static const char before[] = "FAIL ", after[] = ": hangs\n";
    (void)number;
    if (write(1, before, sizeof before - 1) < 0 || write(1, current_case, strlen(current_case)) < 0 ||
        write(1, after, sizeof after - 1) < 0) {}
    _exit(3);
}

static void begin_case(void) {
    signal(SIGALRM, on_alarm);
    alarm(CASE_SECONDS);
}
#endif

static int is_chosen(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name)) return 1;
    return argc < 2;
}

MAYBE_UNUSED static int run_cases(const struct test_case *cases, size_t count, int argc, char **argv) {
    int passed = 0, failed = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (!is_chosen(cases[i].name, argc, argv)) continue;
        current_case = cases[i].name;
        failed_checks = is_skipped = 0;
        begin_case();
        cases[i].run();
        if (is_skipped && !failed_checks) continue;
        printf("%s %s\n", failed_checks ? "FAIL" : "PASS", cases[i].name);
        if (failed_checks) failed++;
        else passed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}

#endif
