/*
 * winbase.h: the constants of waits, of critical sections and of thread creation; registered waits, and the environment
 * of a thread pool's callbacks.
 */
#ifndef SIGNALBOX_WINBASE_H
#define SIGNALBOX_WINBASE_H

#include <minwinbase.h>
#include <winerror.h>

#define INFINITE 0xFFFFFFFF
#define WAIT_FAILED ((DWORD)0xFFFFFFFF)
#define WAIT_OBJECT_0 ((DWORD)0x00000000)
#define WAIT_ABANDONED ((DWORD)0x00000080)
#define WAIT_ABANDONED_0 ((DWORD)0x00000080)
#define WAIT_IO_COMPLETION ((DWORD)0x000000C0)

#define CRITICAL_SECTION_NO_DEBUG_INFO RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO

#define STILL_ACTIVE ((DWORD)0x00000103)

#define CREATE_SUSPENDED 0x00000004
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000

typedef WAITORTIMERCALLBACKFUNC WAITORTIMERCALLBACK;

SIGNALBOX_BEGIN

SIGNALBOX_API BOOL WINAPI RegisterWaitForSingleObject(
    PHANDLE phNewWaitObject, HANDLE hObject, WAITORTIMERCALLBACK Callback, PVOID Context, ULONG dwMilliseconds,
    ULONG dwFlags);
SIGNALBOX_API BOOL WINAPI UnregisterWait(HANDLE WaitHandle);
SIGNALBOX_API BOOL WINAPI DeleteTimerQueue(HANDLE TimerQueue);

/* What the callbacks of a pool's objects are made with. */
SIGNALBOX_INLINE VOID InitializeThreadpoolEnvironment(PTP_CALLBACK_ENVIRON pcbe) {
    __builtin_memset(pcbe, 0, sizeof *pcbe);
    pcbe->Version = 3;
    pcbe->CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL;
    pcbe->Size = (DWORD)sizeof *pcbe;
}
SIGNALBOX_INLINE VOID SetThreadpoolCallbackPool(PTP_CALLBACK_ENVIRON pcbe, PTP_POOL ptpp) { pcbe->Pool = ptpp; }
SIGNALBOX_INLINE VOID SetThreadpoolCallbackCleanupGroup(
    PTP_CALLBACK_ENVIRON pcbe, PTP_CLEANUP_GROUP ptpcg, PTP_CLEANUP_GROUP_CANCEL_CALLBACK pfng) {
    pcbe->CleanupGroup = ptpcg;
    pcbe->CleanupGroupCancelCallback = pfng;
}
SIGNALBOX_INLINE VOID SetThreadpoolCallbackRunsLong(PTP_CALLBACK_ENVIRON pcbe) { pcbe->u.s.LongFunction = 1; }
SIGNALBOX_INLINE VOID SetThreadpoolCallbackPersistent(PTP_CALLBACK_ENVIRON pcbe) { pcbe->u.s.Persistent = 1; }
SIGNALBOX_INLINE VOID SetThreadpoolCallbackPriority(PTP_CALLBACK_ENVIRON pcbe, TP_CALLBACK_PRIORITY Priority) {
    pcbe->CallbackPriority = Priority;
}
SIGNALBOX_INLINE VOID DestroyThreadpoolEnvironment(PTP_CALLBACK_ENVIRON pcbe) { (void)pcbe; }

SIGNALBOX_END

#endif
