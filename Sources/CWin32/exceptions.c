// Exceptions that nothing handles, which are signals here; and debuggers.
#define _GNU_SOURCE // the names of registers
#include "text.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <windows.h>

static _Atomic(LPTOP_LEVEL_EXCEPTION_FILTER) filter;

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
enum { SIGNALS = sizeof signals / sizeof *signals };
static struct sigaction before[SIGNALS]; // what the program had; written once, before the handler is there
static pthread_once_t once = PTHREAD_ONCE_INIT;

static DWORD code_of(int number, const siginfo_t *info) {
    switch (number) {
    case SIGBUS: return info->si_code == BUS_ADRALN ? EXCEPTION_DATATYPE_MISALIGNMENT : EXCEPTION_IN_PAGE_ERROR;
    case SIGILL: return info->si_code == ILL_PRVOPC ? EXCEPTION_PRIV_INSTRUCTION : EXCEPTION_ILLEGAL_INSTRUCTION;
    case SIGTRAP: return info->si_code == TRAP_TRACE ? EXCEPTION_SINGLE_STEP : EXCEPTION_BREAKPOINT;
    case SIGFPE:
        switch (info->si_code) {
        case FPE_INTDIV: return EXCEPTION_INT_DIVIDE_BY_ZERO;
        case FPE_INTOVF: return EXCEPTION_INT_OVERFLOW;
        case FPE_FLTDIV: return EXCEPTION_FLT_DIVIDE_BY_ZERO;
        case FPE_FLTOVF: return EXCEPTION_FLT_OVERFLOW;
        case FPE_FLTUND: return EXCEPTION_FLT_UNDERFLOW;
        case FPE_FLTRES: return EXCEPTION_FLT_INEXACT_RESULT;
        default: return EXCEPTION_FLT_INVALID_OPERATION;
        }
    default: return EXCEPTION_ACCESS_VIOLATION;
    }
}

#if defined(__x86_64__)
static const struct {
    int from;
    size_t to;
} registers[] = {
    {REG_RAX, offsetof(CONTEXT, Rax)}, {REG_RBX, offsetof(CONTEXT, Rbx)}, {REG_RCX, offsetof(CONTEXT, Rcx)},
    {REG_RDX, offsetof(CONTEXT, Rdx)}, {REG_RSI, offsetof(CONTEXT, Rsi)}, {REG_RDI, offsetof(CONTEXT, Rdi)},
    {REG_RBP, offsetof(CONTEXT, Rbp)}, {REG_RSP, offsetof(CONTEXT, Rsp)}, {REG_R8, offsetof(CONTEXT, R8)},
    {REG_R9, offsetof(CONTEXT, R9)},   {REG_R10, offsetof(CONTEXT, R10)}, {REG_R11, offsetof(CONTEXT, R11)},
    {REG_R12, offsetof(CONTEXT, R12)}, {REG_R13, offsetof(CONTEXT, R13)}, {REG_R14, offsetof(CONTEXT, R14)},
    {REG_R15, offsetof(CONTEXT, R15)}, {REG_RIP, offsetof(CONTEXT, Rip)},
};
enum { REGISTERS = sizeof registers / sizeof *registers };

static void read_context(const ucontext_t *from, CONTEXT *to) {
    memset(to, 0, sizeof *to);
    to->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_SEGMENTS;
    for (int i = 0; i < REGISTERS; i++)
        *(DWORD64 *)((char *)to + registers[i].to) = (DWORD64)from->uc_mcontext.gregs[registers[i].from];
    to->EFlags = (DWORD)from->uc_mcontext.gregs[REG_EFL];
    const DWORD64 segments = (DWORD64)from->uc_mcontext.gregs[REG_CSGSFS];
    to->SegCs = (WORD)segments;
    to->SegGs = (WORD)(segments >> 16);
    to->SegFs = (WORD)(segments >> 32);
    to->SegSs = (WORD)(segments >> 48);
    if (from->uc_mcontext.fpregs) {
        // The kernel's area begins as FXSAVE writes it, which is also Windows' form.
        to->ContextFlags |= CONTEXT_FLOATING_POINT;
        memcpy(&to->FltSave, from->uc_mcontext.fpregs, sizeof to->FltSave);
        to->MxCsr = to->FltSave.MxCsr;
    }
}

static void write_context(const CONTEXT *from, ucontext_t *to) {
    for (int i = 0; i < REGISTERS; i++)
        to->uc_mcontext.gregs[registers[i].from] = (greg_t)*(const DWORD64 *)((const char *)from + registers[i].to);
    to->uc_mcontext.gregs[REG_EFL] = (greg_t)from->EFlags;
    if (from->ContextFlags & CONTEXT_FLOATING_POINT & ~CONTEXT_AMD64 && to->uc_mcontext.fpregs) {
        memcpy(to->uc_mcontext.fpregs, &from->FltSave, sizeof from->FltSave - sizeof from->FltSave.Reserved4);
    }
}
#endif

static void on_exception(int number, siginfo_t *info, void *interrupted) {
    ucontext_t *context = interrupted;
    LPTOP_LEVEL_EXCEPTION_FILTER present = atomic_load(&filter);
    const int saved_errno = errno;
#if defined(__x86_64__)
    // Windows' program counter is still at the instruction of a breakpoint; and so it is executed again below.
    if (number == SIGTRAP && info->si_code == SI_KERNEL) context->uc_mcontext.gregs[REG_RIP]--;
#endif
    if (present) {
        EXCEPTION_RECORD record = {.ExceptionCode = code_of(number, info)};
        EXCEPTION_POINTERS pointers = {.ExceptionRecord = &record};
        const bool is_access = number == SIGSEGV || number == SIGBUS;
        if (is_access) {
            record.NumberParameters = number == SIGBUS ? 3 : 2;
            record.ExceptionInformation[1] = (ULONG_PTR)info->si_addr;
        }
#if defined(__x86_64__)
        CONTEXT registers_of_thread;
        read_context(context, &registers_of_thread);
        pointers.ContextRecord = &registers_of_thread;
        record.ExceptionAddress = (PVOID)registers_of_thread.Rip;
        // The processor's error code: bit 1 is a write, bit 4 the fetch of an instruction.
        const greg_t error = context->uc_mcontext.gregs[REG_ERR];
        if (is_access) record.ExceptionInformation[0] = error & 16 ? 8 : error & 2 ? 1 : 0;
#else
        record.ExceptionAddress = info->si_addr;
#endif
        if (present(&pointers) == EXCEPTION_CONTINUE_EXECUTION) {
#if defined(__x86_64__)
            write_context(&registers_of_thread, context);
#endif
            errno = saved_errno;
            return;
        }
    }
    // What would have happened: the instruction is executed again, with the handler that was there before.
    for (int i = 0; i < SIGNALS; i++)
        if (signals[i] == number) sigaction(number, &before[i], NULL);
    if (info->si_code <= 0) raise(number); // it was sent, and will not come again by itself
    errno = saved_errno;
}

static void install(void) {
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction action = {.sa_sigaction = on_exception, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigaction(signals[i], NULL, &before[i]);
        sigaction(signals[i], &action, NULL);
    }
}

LPTOP_LEVEL_EXCEPTION_FILTER SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER wanted) {
    signalbox_enter();
    if (wanted) pthread_once(&once, install);
    LPTOP_LEVEL_EXCEPTION_FILTER previous = atomic_exchange(&filter, wanted);
    signalbox_leave();
    return previous;
}

void RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *values) {
    EXCEPTION_RECORD record = {.ExceptionCode = code, .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE};
    EXCEPTION_POINTERS pointers = {.ExceptionRecord = &record};
    record.ExceptionAddress = __builtin_return_address(0);
    for (; values && record.NumberParameters < count && record.NumberParameters < EXCEPTION_MAXIMUM_PARAMETERS;
         record.NumberParameters++) {
        record.ExceptionInformation[record.NumberParameters] = values[record.NumberParameters];
    }
#if defined(__x86_64__)
    ucontext_t here;
    CONTEXT registers_of_thread;
    getcontext(&here);
    read_context(&here, &registers_of_thread);
    pointers.ContextRecord = &registers_of_thread;
#endif
    LPTOP_LEVEL_EXCEPTION_FILTER present = atomic_load(&filter);
    if (present && present(&pointers) == EXCEPTION_CONTINUE_EXECUTION && !record.ExceptionFlags) return;
    abort();
}

// ---- debuggers

void DebugBreak(void) {
#if defined(__x86_64__)
    __asm__ __volatile__("int3");
#else
    raise(SIGTRAP);
#endif
}

BOOL IsDebuggerPresent(void) {
    signalbox_enter();
    char line[128];
    int tracer = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        if (!strncmp(line, "TracerPid:", 10)) tracer = atoi(line + 10); // (proc_pid_status(5))
    if (status) fclose(status);
    signalbox_leave();
    return tracer != 0;
}

void OutputDebugStringA(LPCSTR text) {
    if (!text) return;
    const int saved_errno = errno;
    for (size_t left = strlen(text); left > 0;) {
        const struct iovec rest = {(void *)text, left};
        const ssize_t written = signalbox_pwritev2_quietly(2, &rest, 1, -1, 0);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        text += written;
        left -= (size_t)written;
    }
    errno = saved_errno;
}

void OutputDebugStringW(LPCWSTR text) {
    if (!text) return;
    char buffer[512];
    size_t length = 0;
    while (*text) {
        length += (size_t)narrow_units(next_of_wide(&text, NULL), buffer + length);
        if (length < sizeof buffer - 5 && *text) continue;
        buffer[length] = 0;
        OutputDebugStringA(buffer);
        length = 0;
    }
}
