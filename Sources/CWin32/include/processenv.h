/* processenv.h: the environment, the command line, the current directory. */
#ifndef SIGNALBOX_PROCESSENV_H
#define SIGNALBOX_PROCESSENV_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_API LPSTR WINAPI GetCommandLineA(void);
SIGNALBOX_API LPWSTR WINAPI GetCommandLineW(void);
SIGNALBOX_API LPCH WINAPI GetEnvironmentStringsA(void);
SIGNALBOX_API LPWCH WINAPI GetEnvironmentStringsW(void);
SIGNALBOX_API BOOL WINAPI FreeEnvironmentStringsA(LPCH penv);
SIGNALBOX_API BOOL WINAPI FreeEnvironmentStringsW(LPWCH penv);
SIGNALBOX_API DWORD WINAPI GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize);
SIGNALBOX_API DWORD WINAPI GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize);
SIGNALBOX_API BOOL WINAPI SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue);
SIGNALBOX_API BOOL WINAPI SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue);
SIGNALBOX_API DWORD WINAPI GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer);
SIGNALBOX_API DWORD WINAPI GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer);
SIGNALBOX_API BOOL WINAPI SetCurrentDirectoryA(LPCSTR lpPathName);
SIGNALBOX_API BOOL WINAPI SetCurrentDirectoryW(LPCWSTR lpPathName);

SIGNALBOX_END

#ifdef UNICODE
#define GetCommandLine GetCommandLineW
#define GetEnvironmentStrings GetEnvironmentStringsW
#define FreeEnvironmentStrings FreeEnvironmentStringsW
#define GetEnvironmentVariable GetEnvironmentVariableW
#define SetEnvironmentVariable SetEnvironmentVariableW
#define GetCurrentDirectory GetCurrentDirectoryW
#define SetCurrentDirectory SetCurrentDirectoryW
#else
#define GetCommandLine GetCommandLineA
#define GetEnvironmentStrings GetEnvironmentStringsA
#define FreeEnvironmentStrings FreeEnvironmentStringsA
#define GetEnvironmentVariable GetEnvironmentVariableA
#define SetEnvironmentVariable SetEnvironmentVariableA
#define GetCurrentDirectory GetCurrentDirectoryA
#define SetCurrentDirectory SetCurrentDirectoryA
#endif

#endif
