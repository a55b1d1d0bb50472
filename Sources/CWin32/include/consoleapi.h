/* consoleapi.h: Ctrl-C, and the other ways in which a program is told to end. */
#ifndef SIGNALBOX_CONSOLEAPI_H
#define SIGNALBOX_CONSOLEAPI_H

#include <minwindef.h>

#define CTRL_C_EVENT 0
#define CTRL_BREAK_EVENT 1
#define CTRL_CLOSE_EVENT 2
#define CTRL_LOGOFF_EVENT 5
#define CTRL_SHUTDOWN_EVENT 6

typedef BOOL(WINAPI *PHANDLER_ROUTINE)(DWORD CtrlType);

SIGNALBOX_BEGIN

SIGNALBOX_API BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add);

SIGNALBOX_END

#endif
