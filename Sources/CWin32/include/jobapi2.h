/* jobapi2.h: jobs. */
#ifndef SIGNALBOX_JOBAPI2_H
#define SIGNALBOX_JOBAPI2_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_API HANDLE WINAPI CreateJobObjectW(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCWSTR lpName);
SIGNALBOX_API HANDLE WINAPI OpenJobObjectW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
SIGNALBOX_API BOOL WINAPI AssignProcessToJobObject(HANDLE hJob, HANDLE hProcess);
SIGNALBOX_API BOOL WINAPI TerminateJobObject(HANDLE hJob, UINT uExitCode);
SIGNALBOX_API BOOL WINAPI SetInformationJobObject(
    HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass, LPVOID lpJobObjectInformation,
    DWORD cbJobObjectInformationLength);
SIGNALBOX_API BOOL WINAPI QueryInformationJobObject(
    HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass, LPVOID lpJobObjectInformation,
    DWORD cbJobObjectInformationLength, LPDWORD lpReturnLength);

SIGNALBOX_END

#ifdef UNICODE
#define CreateJobObject CreateJobObjectW
#define OpenJobObject OpenJobObjectW
#endif

#endif
