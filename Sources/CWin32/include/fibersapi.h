/* fibersapi.h: slots of a thread's own values, with a callback when the thread ends. There are no fibers. */
#ifndef SIGNALBOX_FIBERSAPI_H
#define SIGNALBOX_FIBERSAPI_H

#include <minwindef.h>

#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

typedef VOID(WINAPI *PFLS_CALLBACK_FUNCTION)(PVOID lpFlsData);

SIGNALBOX_BEGIN

SIGNALBOX_API DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
SIGNALBOX_API PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
SIGNALBOX_API BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
SIGNALBOX_API BOOL WINAPI FlsFree(DWORD dwFlsIndex);

SIGNALBOX_END

#endif
