/* synchapi.h: events, waits, sleeping, critical sections. */
#ifndef SIGNALBOX_SYNCHAPI_H
#define SIGNALBOX_SYNCHAPI_H

#include <winbase.h>

#define CREATE_EVENT_MANUAL_RESET 0x00000001
#define CREATE_EVENT_INITIAL_SET 0x00000002

SIGNALBOX_BEGIN

SIGNALBOX_API HANDLE WINAPI CreateEventA(
    LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateEventW(
    LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateEventExA(
    LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI CreateEventExW(
    LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API BOOL WINAPI SetEvent(HANDLE hEvent);
SIGNALBOX_API BOOL WINAPI ResetEvent(HANDLE hEvent);

SIGNALBOX_API DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
SIGNALBOX_API DWORD WINAPI WaitForMultipleObjects(
    DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds);
SIGNALBOX_API void WINAPI Sleep(DWORD dwMilliseconds);

/* A null pointer is an access violation here, as it is on Windows: these functions have no way to say so. */
SIGNALBOX_API void WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
SIGNALBOX_API BOOL WINAPI InitializeCriticalSectionAndSpinCount(
    LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount);
SIGNALBOX_API BOOL WINAPI InitializeCriticalSectionEx(
    LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount, DWORD Flags);
SIGNALBOX_API DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount);
SIGNALBOX_API void WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
SIGNALBOX_API BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
SIGNALBOX_API void WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
SIGNALBOX_API void WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

SIGNALBOX_END

#if defined(UNICODE)
#define CreateEvent CreateEventW
#define CreateEventEx CreateEventExW
#else
#define CreateEvent CreateEventA
#define CreateEventEx CreateEventExA
#endif

#endif
