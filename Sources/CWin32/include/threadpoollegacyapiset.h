/* threadpoollegacyapiset.h: timer queues, work items, registered waits. */
#ifndef SIGNALBOX_THREADPOOLLEGACYAPISET_H
#define SIGNALBOX_THREADPOOLLEGACYAPISET_H

#include <processthreadsapi.h>

SIGNALBOX_BEGIN

/* What these functions return is no handle of the table: it can neither be waited for nor closed by CloseHandle. */
SIGNALBOX_API BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags);
SIGNALBOX_API BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent);
SIGNALBOX_API HANDLE WINAPI CreateTimerQueue(void);
SIGNALBOX_API BOOL WINAPI CreateTimerQueueTimer(
    PHANDLE phNewTimer, HANDLE TimerQueue, WAITORTIMERCALLBACK Callback, PVOID Parameter, DWORD DueTime, DWORD Period,
    ULONG Flags);
SIGNALBOX_API BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period);
SIGNALBOX_API BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent);
SIGNALBOX_API BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent);

SIGNALBOX_END

#endif
