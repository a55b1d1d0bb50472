/* debugapi.h: debuggers, and messages to them. */
#ifndef SIGNALBOX_DEBUGAPI_H
#define SIGNALBOX_DEBUGAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

/* SIGTRAP, which ends a program that neither a debugger nor SetUnhandledExceptionFilter watches. */
SIGNALBOX_API void WINAPI DebugBreak(void);
SIGNALBOX_API BOOL WINAPI IsDebuggerPresent(void);
/* The text goes to the standard error, as it is. */
SIGNALBOX_API void WINAPI OutputDebugStringA(LPCSTR lpOutputString);
SIGNALBOX_API void WINAPI OutputDebugStringW(LPCWSTR lpOutputString);

SIGNALBOX_END

#if defined(UNICODE)
#define OutputDebugString OutputDebugStringW
#else
#define OutputDebugString OutputDebugStringA
#endif

#endif
