/* sysinfoapi.h: the machine, and the time since it started. */
#ifndef SIGNALBOX_SYSINFOAPI_H
#define SIGNALBOX_SYSINFOAPI_H

#include <minwindef.h>

typedef struct _SYSTEM_INFO {
    __extension__ union {
        DWORD dwOemId;
        __extension__ struct {
            WORD wProcessorArchitecture;
            WORD wReserved;
        };
    };
    DWORD dwPageSize;
    LPVOID lpMinimumApplicationAddress;
    LPVOID lpMaximumApplicationAddress;
    DWORD_PTR dwActiveProcessorMask;
    DWORD dwNumberOfProcessors;
    DWORD dwProcessorType;
    DWORD dwAllocationGranularity;
    WORD wProcessorLevel;
    WORD wProcessorRevision;
} SYSTEM_INFO, *LPSYSTEM_INFO;

SIGNALBOX_BEGIN

SIGNALBOX_API void WINAPI GetSystemInfo(LPSYSTEM_INFO lpSystemInfo);
SIGNALBOX_API DWORD WINAPI GetTickCount(void);
SIGNALBOX_API ULONGLONG WINAPI GetTickCount64(void);
SIGNALBOX_API void WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime);

SIGNALBOX_END

#endif
