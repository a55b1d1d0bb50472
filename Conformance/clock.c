// clock.c: clocks, the machine, exceptions that nothing handles, and messages to debuggers.
#include "cases.h"
#ifndef _WIN32
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#endif

static ULONGLONG file_time(void) {
    FILETIME time = {UNTOUCHED, UNTOUCHED};
    GetSystemTimeAsFileTime(&time);
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void tick_counts(void) {
    SetLastError(UNTOUCHED);
    ULONGLONG first = GetTickCount64();
    DWORD middle = GetTickCount();
    ULONGLONG last = GetTickCount64();
    EQUAL(GetLastError(), UNTOUCHED);
    TRUTH(first > 0);
    TRUTH(middle - (DWORD)first <= (DWORD)(last - first) + 20); // the clocks of Windows differ by a tick
    TRUTH(first <= last);
    Sleep(30);
    TRUTH(GetTickCount64() - first >= 15);
}

static void performance_counter(void) {
    LARGE_INTEGER frequency, again, first, second;
    frequency.QuadPart = 0;
    QUIETLY(QueryPerformanceFrequency(&frequency), TRUE);
    TRUTH(frequency.QuadPart >= 1000000);
    TRUTH(QueryPerformanceFrequency(&again));
    EQUAL(again.QuadPart, frequency.QuadPart);
    QUIETLY(QueryPerformanceCounter(&first), TRUE);
    ULONGLONG ticks = GetTickCount64();
    Sleep(50);
    ticks = GetTickCount64() - ticks;
    QUIETLY(QueryPerformanceCounter(&second), TRUE);
    LONGLONG milliseconds = (second.QuadPart - first.QuadPart) * 1000 / frequency.QuadPart;
    TRUTH(milliseconds >= 45);
    TRUTH(milliseconds + 20 >= (LONGLONG)ticks);
}

static void system_time(void) {
    ULONGLONG before = file_time();
    TRUTH(before > 133000000000000000ull); // June 2022, in 100 ns since 1601
    TRUTH(before < 190000000000000000ull);
    Sleep(20);
    TRUTH(file_time() - before >= 100000);
}

static void sleeping(void) {
    ULONGLONG before = GetTickCount64();
    SetLastError(UNTOUCHED);
    Sleep(0);
    Sleep(20);
    EQUAL(GetLastError(), UNTOUCHED);
    TRUTH(GetTickCount64() - before >= 10);
    QUIETLY(SleepEx(0, FALSE), 0);
    QUIETLY(SleepEx(5, TRUE), 0);
    int switched = SwitchToThread();
    TRUTH(switched == TRUE || switched == FALSE);
    YieldProcessor();
}

static void system_info(void) {
    SYSTEM_INFO info;
    memset(&info, 0x5E, sizeof info);
    GetSystemInfo(&info);
    EQUAL(info.dwPageSize, 4096);
    EQUAL(info.dwAllocationGranularity, 65536);
    TRUTH(info.dwNumberOfProcessors >= 1 && info.dwNumberOfProcessors <= 4096);
    TRUTH(info.dwActiveProcessorMask & 1);
#if defined(__x86_64__)
    EQUAL(info.wProcessorArchitecture, PROCESSOR_ARCHITECTURE_AMD64);
    EQUAL(info.dwProcessorType, PROCESSOR_AMD_X8664);
#endif
    EQUAL(info.lpMinimumApplicationAddress, 0x10000);
    TRUTH((ULONG_PTR)info.lpMaximumApplicationAddress > 0x7FF000000000);
    TRUTH((char *)&info < (char *)info.lpMaximumApplicationAddress);
}

static void temporary_path(void) {
    char path[MAX_PATH + 1];
    WCHAR wide[MAX_PATH + 1];
    memset(path, 's', sizeof path);
    memset(wide, 's', sizeof wide);
    DWORD length = GetTempPathA(sizeof path, path);
    REQUIRE(length > 1 && length < MAX_PATH);
    EQUAL(strlen(path), length);
    TRUTH(path[length - 1] == '\\' || path[length - 1] == '/');
    EQUAL(GetTempPathW(COUNT(wide), wide), length);
    for (DWORD i = 0; i <= length; i++) EQUAL(wide[i], (unsigned char)path[i]);
    // no room: what it takes, with the NUL
    EQUAL(GetTempPathA(0, NULL), length + 1);
    EQUAL(GetTempPathW(0, NULL), length + 1);
    EQUAL(GetTempPathA(length, path), length + 1);
    EQUAL(GetTempPathW(length, wide), length + 1);
    EQUAL(GetTempPathA(length + 1, path), length);
#ifndef _WIN32
    TRUTH(SetEnvironmentVariableA("TMP", "/var/tmp"));
    EQUAL(GetTempPathA(sizeof path, path), 9);
    TRUTH(!strcmp(path, "/var/tmp/"));
    setenv("TMP", "/ends/", 1);
    EQUAL(GetTempPathA(sizeof path, path), 6);
    TRUTH(!strcmp(path, "/ends/"));
    unsetenv("TMP");
    unsetenv("TEMP");
    unsetenv("TMPDIR");
    EQUAL(GetTempPathA(sizeof path, path), 5);
    TRUTH(!strcmp(path, "/tmp/"));
#endif
}

// ---- exceptions

static EXCEPTION_RECORD volatile seen;
static DWORD volatile seen_thread;

static LONG WINAPI give_access(PEXCEPTION_POINTERS exception) {
    DWORD old;
    seen = *exception->ExceptionRecord;
    seen_thread = GetCurrentThreadId();
    if (seen.ExceptionCode != EXCEPTION_ACCESS_VIOLATION) return EXCEPTION_CONTINUE_SEARCH;
    VirtualProtect((void *)seen.ExceptionInformation[1], 1, PAGE_READWRITE, &old);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI go_on(PEXCEPTION_POINTERS exception) {
    seen = *exception->ExceptionRecord;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void access_violation(void) {
    char volatile *memory = VirtualAlloc(NULL, 2 * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    REQUIRE(memory);
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(give_access);
    seen.ExceptionCode = 0;
    memory[10] = 'w';
    EQUAL(seen.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    EQUAL(seen.NumberParameters, 2);
    EQUAL(seen.ExceptionInformation[0], 1);
    EQUAL(seen.ExceptionInformation[1], memory + 10);
    EQUAL(seen.ExceptionFlags, 0);
    EQUAL(seen_thread, GetCurrentThreadId());
    TRUTH(seen.ExceptionAddress != NULL);
    EQUAL(memory[10], 'w');
    EQUAL(memory[4096], 0);
    EQUAL(seen.ExceptionInformation[0], 0);
    EQUAL(seen.ExceptionInformation[1], memory + 4096);
    EQUAL(SetUnhandledExceptionFilter(before), give_access);
    TRUTH(VirtualFree((void *)memory, 0, MEM_RELEASE));
}

#if defined(__x86_64__)
static LONG WINAPI step_over(PEXCEPTION_POINTERS exception) {
    seen = *exception->ExceptionRecord;
    if (seen.ExceptionCode != EXCEPTION_BREAKPOINT) return EXCEPTION_CONTINUE_SEARCH;
    EQUAL(exception->ContextRecord->Rip, seen.ExceptionAddress);
    exception->ContextRecord->Rip++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void breakpoint(void) {
    EQUAL(IsDebuggerPresent(), FALSE);
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(step_over);
    seen.ExceptionCode = 0;
    DebugBreak();
    EQUAL(seen.ExceptionCode, EXCEPTION_BREAKPOINT);
    EQUAL(SetUnhandledExceptionFilter(before), step_over);
}

static LONG WINAPI divide_by_two(PEXCEPTION_POINTERS exception) {
    seen = *exception->ExceptionRecord;
    if (seen.ExceptionCode != EXCEPTION_INT_DIVIDE_BY_ZERO) return EXCEPTION_CONTINUE_SEARCH;
    exception->ContextRecord->Rcx = 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void division(void) {
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(divide_by_two);
    int quotient = 10, divisor = 0;
    seen.ExceptionCode = 0;
    __asm__ volatile("cltd; idivl %%ecx" : "+a"(quotient), "+c"(divisor) : : "edx", "cc");
    EQUAL(seen.ExceptionCode, EXCEPTION_INT_DIVIDE_BY_ZERO);
    EQUAL(quotient, 5);
    EQUAL(SetUnhandledExceptionFilter(before), divide_by_two);
}
#endif

static void raised(void) {
    ULONG_PTR values[20] = {11, 22, 33};
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(go_on);
    seen.ExceptionCode = 0;
    RaiseException(0xE0001234, 0, 3, values);
    EQUAL(seen.ExceptionCode, 0xE0001234);
    EQUAL(seen.NumberParameters, 3);
    EQUAL(seen.ExceptionInformation[0], 11);
    EQUAL(seen.ExceptionInformation[2], 33);
    EQUAL(seen.ExceptionFlags & EXCEPTION_NONCONTINUABLE, 0);
    RaiseException(0xE0001235, 0, 20, values); // 15 values at most
    EQUAL(seen.ExceptionCode, 0xE0001235);
    EQUAL(seen.NumberParameters, EXCEPTION_MAXIMUM_PARAMETERS);
    RaiseException(1, 0, 5, NULL);
    EQUAL(seen.ExceptionCode, 1);
    EQUAL(seen.NumberParameters, 0);
    EQUAL(SetUnhandledExceptionFilter(before), go_on);
}

#ifndef _WIN32
static LONG WINAPI do_nothing(PEXCEPTION_POINTERS exception) {
    (void)exception;
    return EXCEPTION_EXECUTE_HANDLER;
}

// The signal that ends a child which does this.
static int end_of(void (*body)(void), LPTOP_LEVEL_EXCEPTION_FILTER filter) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        static const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        SetUnhandledExceptionFilter(filter);
        body();
        _exit(0);
    }
    TRUTH(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void read_null(void) { (void)*(char volatile *)NULL; }
static void send_signal(void) { raise(SIGSEGV); }
static void raise_exception(void) { RaiseException(0xE0000001, 0, 0, NULL); }
static void raise_for_good(void) { RaiseException(0xE0000001, EXCEPTION_NONCONTINUABLE, 0, NULL); }

static void unhandled(void) {
    EQUAL(end_of(read_null, NULL), SIGSEGV);
    EQUAL(end_of(read_null, do_nothing), SIGSEGV);
    EQUAL(end_of(send_signal, do_nothing), SIGSEGV);
    EQUAL(end_of(DebugBreak, NULL), SIGTRAP);
    EQUAL(end_of(DebugBreak, do_nothing), SIGTRAP);
    EQUAL(end_of(raise_exception, NULL), SIGABRT);
    EQUAL(end_of(raise_exception, do_nothing), SIGABRT);
    EQUAL(end_of(raise_exception, go_on), 0);
    EQUAL(end_of(raise_for_good, go_on), SIGABRT);
}

static void debug_strings(void) {
    static const WCHAR wide[] = {'w', 0x20AC, 0xD83D, 0xDE00, '\n', 0};
    char text[64] = {0};
    int ends[2], standard_error = dup(2);
    REQUIRE(pipe(ends) == 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    dup2(ends[1], 2);
    SetLastError(UNTOUCHED);
    OutputDebugStringA("narrow\n");
    OutputDebugStringW(wide);
    OutputDebugStringA("");
    OutputDebugStringA(NULL);
    OutputDebugStringW(NULL);
    EQUAL(GetLastError(), UNTOUCHED);
    dup2(standard_error, 2);
    close(standard_error);
    TRUTH(read(ends[0], text, sizeof text - 1) > 0);
    TRUTH(!strcmp(text, "narrow\nw\xE2\x82\xAC\xF0\x9F\x98\x80\n"));
    close(ends[0]);
    close(ends[1]);
}
#endif

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(tick_counts),
        CASE(performance_counter),
        CASE(system_time),
        CASE(sleeping),
        CASE(system_info),
        CASE(temporary_path),
        CASE(access_violation),
#if defined(__x86_64__)
        CASE(breakpoint),
        CASE(division),
#endif
        CASE(raised),
#ifndef _WIN32
        CASE(unhandled),
        CASE(debug_strings),
#endif
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
