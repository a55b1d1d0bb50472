/* handleapi.h: closing, duplicating and comparing handles; their flags. */
#ifndef SIGNALBOX_HANDLEAPI_H
#define SIGNALBOX_HANDLEAPI_H

#include <minwindef.h>

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

SIGNALBOX_BEGIN

SIGNALBOX_API BOOL WINAPI CloseHandle(HANDLE hObject);
SIGNALBOX_API BOOL WINAPI DuplicateHandle(
    HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
    DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);
SIGNALBOX_API BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle);

SIGNALBOX_API BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags);
SIGNALBOX_API BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);

SIGNALBOX_END

#endif
