/* errhandlingapi.h: the last error of the calling thread, and exceptions that nothing handles. */
#ifndef SIGNALBOX_ERRHANDLINGAPI_H
#define SIGNALBOX_ERRHANDLINGAPI_H

#include <minwinbase.h>

typedef LONG(WINAPI *PTOP_LEVEL_EXCEPTION_FILTER)(PEXCEPTION_POINTERS ExceptionInfo);
typedef PTOP_LEVEL_EXCEPTION_FILTER LPTOP_LEVEL_EXCEPTION_FILTER;

SIGNALBOX_BEGIN

SIGNALBOX_API DWORD WINAPI GetLastError(void);
SIGNALBOX_API void WINAPI SetLastError(DWORD dwErrCode);

/*
 * There is no __try: every exception is unhandled. The filter is called, in the thread in which it happened, for SIGSEGV,
 * SIGBUS, SIGFPE, SIGILL and SIGTRAP and for RaiseException. With EXCEPTION_CONTINUE_EXECUTION the thread goes on with
 * the registers of the context; after any other result the signal has the effect that it would have had (so there is a
 * core dump where Windows would end the program with the exception's code), and RaiseException aborts the program. A
 * thread whose stack is full gets to its filter only if it has an alternate signal stack (sigaltstack).
 */
SIGNALBOX_API LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(
    LPTOP_LEVEL_EXCEPTION_FILTER lpTopLevelExceptionFilter);
SIGNALBOX_API void WINAPI RaiseException(
    DWORD dwExceptionCode, DWORD dwExceptionFlags, DWORD nNumberOfArguments, const ULONG_PTR *lpArguments);

SIGNALBOX_END

#endif
