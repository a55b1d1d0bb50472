/* processthreadsapi.h: threads, and the process that they run in. */
#ifndef SIGNALBOX_PROCESSTHREADSAPI_H
#define SIGNALBOX_PROCESSTHREADSAPI_H

#include <winbase.h>

typedef DWORD(WINAPI *PTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;

typedef struct _STARTUPINFOA {
    DWORD cb;
    LPSTR lpReserved;
    LPSTR lpDesktop;
    LPSTR lpTitle;
    DWORD dwX;
    DWORD dwY;
    DWORD dwXSize;
    DWORD dwYSize;
    DWORD dwXCountChars;
    DWORD dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef struct _STARTUPINFOW {
    DWORD cb;
    LPWSTR lpReserved;
    LPWSTR lpDesktop;
    LPWSTR lpTitle;
    DWORD dwX;
    DWORD dwY;
    DWORD dwXSize;
    DWORD dwYSize;
    DWORD dwXCountChars;
    DWORD dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;

typedef struct _PROCESS_INFORMATION {
    HANDLE hProcess;
    HANDLE hThread;
    DWORD dwProcessId;
    DWORD dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;

#ifdef UNICODE
typedef STARTUPINFOW STARTUPINFO;
typedef LPSTARTUPINFOW LPSTARTUPINFO;
#else
typedef STARTUPINFOA STARTUPINFO;
typedef LPSTARTUPINFOA LPSTARTUPINFO;
#endif

#define TLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

SIGNALBOX_BEGIN

SIGNALBOX_API HANDLE WINAPI CreateThread(
    LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize, LPTHREAD_START_ROUTINE lpStartAddress,
    LPVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId);
/* In this process only: hProcess is its pseudo handle, or a handle to it. */
SIGNALBOX_API HANDLE WINAPI CreateRemoteThread(
    HANDLE hProcess, LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
    LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId);
SIGNALBOX_API HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId);
SIGNALBOX_API DECLSPEC_NORETURN void WINAPI ExitThread(DWORD dwExitCode);
SIGNALBOX_API BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode);
SIGNALBOX_API DWORD WINAPI SuspendThread(HANDLE hThread);
SIGNALBOX_API BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
SIGNALBOX_API HANDLE WINAPI GetCurrentThread(void);
SIGNALBOX_API DWORD WINAPI GetCurrentThreadId(void);
SIGNALBOX_API DWORD WINAPI GetThreadId(HANDLE Thread);
SIGNALBOX_API DWORD WINAPI ResumeThread(HANDLE hThread);
#if defined(__x86_64__)
SIGNALBOX_API BOOL WINAPI GetThreadContext(HANDLE hThread, LPCONTEXT lpContext);
#endif
SIGNALBOX_API BOOL WINAPI GetThreadTimes(
    HANDLE hThread, LPFILETIME lpCreationTime, LPFILETIME lpExitTime, LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
SIGNALBOX_API HRESULT WINAPI SetThreadDescription(HANDLE hThread, PCWSTR lpThreadDescription);
/* The caller frees the string, by LocalFree. */
SIGNALBOX_API HRESULT WINAPI GetThreadDescription(HANDLE hThread, PWSTR *ppszThreadDescription);
/*
 * Priorities are mapped in order onto what Linux's limits allow: beyond them these functions fail with
 * ERROR_PRIVILEGE_NOT_HELD. To lower and to restore a priority is always allowed. Boosts and ideal processors are kept,
 * and read back.
 */
SIGNALBOX_API BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority);
SIGNALBOX_API int WINAPI GetThreadPriority(HANDLE hThread);
SIGNALBOX_API BOOL WINAPI SetThreadPriorityBoost(HANDLE hThread, BOOL bDisablePriorityBoost);
SIGNALBOX_API BOOL WINAPI GetThreadPriorityBoost(HANDLE hThread, PBOOL pDisablePriorityBoost);
SIGNALBOX_API DWORD WINAPI SetThreadIdealProcessor(HANDLE hThread, DWORD dwIdealProcessor);
SIGNALBOX_API BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass);
SIGNALBOX_API DWORD WINAPI GetPriorityClass(HANDLE hProcess);
SIGNALBOX_API BOOL WINAPI SetProcessPriorityBoost(HANDLE hProcess, BOOL bDisablePriorityBoost);
SIGNALBOX_API BOOL WINAPI GetProcessPriorityBoost(HANDLE hProcess, PBOOL pDisablePriorityBoost);
SIGNALBOX_API DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);
SIGNALBOX_API BOOL WINAPI SwitchToThread(void);

/* Slots in which each thread has a value of its own. */
SIGNALBOX_API DWORD WINAPI TlsAlloc(void);
SIGNALBOX_API LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
SIGNALBOX_API BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);
SIGNALBOX_API BOOL WINAPI TlsFree(DWORD dwTlsIndex);

SIGNALBOX_API HANDLE WINAPI GetCurrentProcess(void);
SIGNALBOX_API DWORD WINAPI GetCurrentProcessId(void);
SIGNALBOX_API DECLSPEC_NORETURN void WINAPI ExitProcess(UINT uExitCode);
SIGNALBOX_API BOOL WINAPI CreateProcessA(
    LPCSTR lpApplicationName, LPSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes,
    LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPVOID lpEnvironment,
    LPCSTR lpCurrentDirectory, LPSTARTUPINFOA lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation);
SIGNALBOX_API BOOL WINAPI CreateProcessW(
    LPCWSTR lpApplicationName, LPWSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes,
    LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPVOID lpEnvironment,
    LPCWSTR lpCurrentDirectory, LPSTARTUPINFOW lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation);
SIGNALBOX_API HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);
SIGNALBOX_API BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);
SIGNALBOX_API BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode);
SIGNALBOX_API DWORD WINAPI GetProcessId(HANDLE Process);
SIGNALBOX_API BOOL WINAPI GetProcessTimes(
    HANDLE hProcess, LPFILETIME lpCreationTime, LPFILETIME lpExitTime, LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
SIGNALBOX_API void WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo);
SIGNALBOX_API void WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo);

SIGNALBOX_END

#ifdef UNICODE
#define CreateProcess CreateProcessW
#define GetStartupInfo GetStartupInfoW
#else
#define CreateProcess CreateProcessA
#define GetStartupInfo GetStartupInfoA
#endif

#endif
