/* threadpoolapiset.h: the thread pool. */
#ifndef SIGNALBOX_THREADPOOLAPISET_H
#define SIGNALBOX_THREADPOOLAPISET_H

#include <winbase.h>

SIGNALBOX_BEGIN

/*
 * Pools, objects and groups are pointers, as on Windows: one that was closed is an access violation. A callback instance
 * is used by the thread that runs the callback.
 */
SIGNALBOX_API PTP_POOL WINAPI CreateThreadpool(PVOID reserved);
SIGNALBOX_API VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost);
SIGNALBOX_API BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic);
SIGNALBOX_API BOOL WINAPI SetThreadpoolStackInformation(PTP_POOL ptpp, PTP_POOL_STACK_INFORMATION ptpsi);
SIGNALBOX_API BOOL WINAPI QueryThreadpoolStackInformation(PTP_POOL ptpp, PTP_POOL_STACK_INFORMATION ptpsi);
SIGNALBOX_API VOID WINAPI CloseThreadpool(PTP_POOL ptpp);

SIGNALBOX_API PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(void);
SIGNALBOX_API VOID WINAPI CloseThreadpoolCleanupGroupMembers(
    PTP_CLEANUP_GROUP ptpcg, BOOL fCancelPendingCallbacks, PVOID pvCleanupContext);
SIGNALBOX_API VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg);

SIGNALBOX_API VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt);
SIGNALBOX_API VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem, DWORD crel);
SIGNALBOX_API VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mut);
SIGNALBOX_API VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, PCRITICAL_SECTION pcs);
SIGNALBOX_API VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HMODULE mod);
SIGNALBOX_API BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci);
SIGNALBOX_API VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE pci);

SIGNALBOX_API BOOL WINAPI TrySubmitThreadpoolCallback(
    PTP_SIMPLE_CALLBACK pfns, PVOID pv, PTP_CALLBACK_ENVIRON pcbe);

SIGNALBOX_API PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv, PTP_CALLBACK_ENVIRON pcbe);
SIGNALBOX_API VOID WINAPI SubmitThreadpoolWork(PTP_WORK pwk);
SIGNALBOX_API VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks);
SIGNALBOX_API VOID WINAPI CloseThreadpoolWork(PTP_WORK pwk);

SIGNALBOX_API PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, PVOID pv, PTP_CALLBACK_ENVIRON pcbe);
SIGNALBOX_API VOID WINAPI SetThreadpoolTimer(
    PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod, DWORD msWindowLength);
SIGNALBOX_API BOOL WINAPI SetThreadpoolTimerEx(
    PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod, DWORD msWindowLength);
SIGNALBOX_API BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER pti);
SIGNALBOX_API VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks);
SIGNALBOX_API VOID WINAPI CloseThreadpoolTimer(PTP_TIMER pti);

SIGNALBOX_API PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, PVOID pv, PTP_CALLBACK_ENVIRON pcbe);
SIGNALBOX_API VOID WINAPI SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout);
SIGNALBOX_API BOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout, PVOID Reserved);
SIGNALBOX_API VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks);
SIGNALBOX_API VOID WINAPI CloseThreadpoolWait(PTP_WAIT pwa);

/*
 * Each request of the handle is announced, and has one callback; who makes a request that fails at once, or whose end is
 * not told, takes the announcement back.
 */
typedef VOID(WINAPI *PTP_WIN32_IO_CALLBACK)(
    PTP_CALLBACK_INSTANCE Instance, PVOID Context, PVOID Overlapped, ULONG IoResult, ULONG_PTR NumberOfBytesTransferred,
    PTP_IO Io);
SIGNALBOX_API PTP_IO WINAPI CreateThreadpoolIo(
    HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv, PTP_CALLBACK_ENVIRON pcbe);
SIGNALBOX_API VOID WINAPI StartThreadpoolIo(PTP_IO pio);
SIGNALBOX_API VOID WINAPI CancelThreadpoolIo(PTP_IO pio);
SIGNALBOX_API VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks);
SIGNALBOX_API VOID WINAPI CloseThreadpoolIo(PTP_IO pio);

SIGNALBOX_END

#endif
