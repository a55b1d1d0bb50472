/* synchapi.h: events, mutexes, semaphores, waitable timers; waits, sleeping; locks that are no objects. */
#ifndef SIGNALBOX_SYNCHAPI_H
#define SIGNALBOX_SYNCHAPI_H

#include <winbase.h>

#define CREATE_EVENT_MANUAL_RESET 0x00000001
#define CREATE_EVENT_INITIAL_SET 0x00000002
#define CREATE_MUTEX_INITIAL_OWNER 0x00000001
#define CREATE_WAITABLE_TIMER_MANUAL_RESET 0x00000001
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002

typedef RTL_SRWLOCK SRWLOCK, *PSRWLOCK;
#define SRWLOCK_INIT RTL_SRWLOCK_INIT

typedef RTL_CONDITION_VARIABLE CONDITION_VARIABLE, *PCONDITION_VARIABLE;
#define CONDITION_VARIABLE_INIT RTL_CONDITION_VARIABLE_INIT
#define CONDITION_VARIABLE_LOCKMODE_SHARED RTL_CONDITION_VARIABLE_LOCKMODE_SHARED

typedef RTL_RUN_ONCE INIT_ONCE, *PINIT_ONCE, *LPINIT_ONCE;
#define INIT_ONCE_STATIC_INIT RTL_RUN_ONCE_INIT
#define INIT_ONCE_CHECK_ONLY RTL_RUN_ONCE_CHECK_ONLY
#define INIT_ONCE_ASYNC RTL_RUN_ONCE_ASYNC
#define INIT_ONCE_INIT_FAILED RTL_RUN_ONCE_INIT_FAILED
#define INIT_ONCE_CTX_RESERVED_BITS RTL_RUN_ONCE_CTX_RESERVED_BITS
typedef BOOL(WINAPI *PINIT_ONCE_FN)(PINIT_ONCE InitOnce, PVOID Parameter, PVOID *Context);

typedef RTL_BARRIER SYNCHRONIZATION_BARRIER, *PSYNCHRONIZATION_BARRIER, *LPSYNCHRONIZATION_BARRIER;
/* Spinning is bounded here, whatever the flags say: a thread that has spun for some hundred nanoseconds sleeps. */
#define SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY 0x01
#define SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY 0x02
#define SYNCHRONIZATION_BARRIER_FLAGS_NO_DELETE 0x04

/* A timer's completion routine gets its argument, and the time at which it was due as the halves of a FILETIME. */
typedef VOID(APIENTRY *PTIMERAPCROUTINE)(
    LPVOID lpArgToCompletionRoutine, DWORD dwTimerLowValue, DWORD dwTimerHighValue);

SIGNALBOX_BEGIN

SIGNALBOX_API HANDLE WINAPI CreateEventA(
    LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateEventW(
    LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateEventExA(
    LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI CreateEventExW(
    LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
SIGNALBOX_API HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
SIGNALBOX_API BOOL WINAPI SetEvent(HANDLE hEvent);
SIGNALBOX_API BOOL WINAPI ResetEvent(HANDLE hEvent);
SIGNALBOX_API BOOL WINAPI PulseEvent(HANDLE hEvent);

SIGNALBOX_API HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateMutexExA(
    LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI CreateMutexExW(
    LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
SIGNALBOX_API HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
SIGNALBOX_API BOOL WINAPI ReleaseMutex(HANDLE hMutex);

SIGNALBOX_API HANDLE WINAPI CreateSemaphoreA(
    LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateSemaphoreW(
    LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName);
SIGNALBOX_API HANDLE WINAPI CreateSemaphoreExA(
    LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName, DWORD dwFlags,
    DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI CreateSemaphoreExW(
    LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName, DWORD dwFlags,
    DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
SIGNALBOX_API HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
SIGNALBOX_API BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount);

SIGNALBOX_API HANDLE WINAPI CreateWaitableTimerA(
    LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCSTR lpTimerName);
SIGNALBOX_API HANDLE WINAPI CreateWaitableTimerW(
    LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCWSTR lpTimerName);
SIGNALBOX_API HANDLE WINAPI CreateWaitableTimerExA(
    LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI CreateWaitableTimerExW(
    LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
SIGNALBOX_API HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName);
SIGNALBOX_API HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName);
SIGNALBOX_API BOOL WINAPI SetWaitableTimer(
    HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine,
    LPVOID lpArgToCompletionRoutine, BOOL fResume);
SIGNALBOX_API BOOL WINAPI SetWaitableTimerEx(
    HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine,
    LPVOID lpArgToCompletionRoutine, PREASON_CONTEXT WakeContext, ULONG TolerableDelay);
SIGNALBOX_API BOOL WINAPI CancelWaitableTimer(HANDLE hTimer);

SIGNALBOX_API DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
SIGNALBOX_API DWORD WINAPI WaitForMultipleObjects(
    DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds);
SIGNALBOX_API DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
SIGNALBOX_API DWORD WINAPI WaitForMultipleObjectsEx(
    DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds, BOOL bAlertable);
SIGNALBOX_API DWORD WINAPI SignalObjectAndWait(
    HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable);
SIGNALBOX_API void WINAPI Sleep(DWORD dwMilliseconds);
SIGNALBOX_API DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

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

/* Not recursive: a thread that acquires a lock which it holds waits for itself. */
SIGNALBOX_API void WINAPI InitializeSRWLock(PSRWLOCK SRWLock);
SIGNALBOX_API void WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock);
SIGNALBOX_API void WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock);
SIGNALBOX_API BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock);
SIGNALBOX_API BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock);
SIGNALBOX_API void WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock);
SIGNALBOX_API void WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock);

SIGNALBOX_API void WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable);
SIGNALBOX_API BOOL WINAPI SleepConditionVariableCS(
    PCONDITION_VARIABLE ConditionVariable, PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds);
SIGNALBOX_API BOOL WINAPI SleepConditionVariableSRW(
    PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock, DWORD dwMilliseconds, ULONG Flags);
SIGNALBOX_API void WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable);
SIGNALBOX_API void WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable);

SIGNALBOX_API void WINAPI InitOnceInitialize(PINIT_ONCE InitOnce);
SIGNALBOX_API BOOL WINAPI InitOnceExecuteOnce(
    PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter, LPVOID *Context);
SIGNALBOX_API BOOL WINAPI InitOnceBeginInitialize(
    LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending, LPVOID *lpContext);
SIGNALBOX_API BOOL WINAPI InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext);

/* In this process. A wait may also end for no reason. */
SIGNALBOX_API BOOL WINAPI WaitOnAddress(
    volatile VOID *Address, PVOID CompareAddress, SIZE_T AddressSize, DWORD dwMilliseconds);
SIGNALBOX_API void WINAPI WakeByAddressSingle(PVOID Address);
SIGNALBOX_API void WINAPI WakeByAddressAll(PVOID Address);

SIGNALBOX_API BOOL WINAPI InitializeSynchronizationBarrier(
    LPSYNCHRONIZATION_BARRIER lpBarrier, LONG lTotalThreads, LONG lSpinCount);
SIGNALBOX_API BOOL WINAPI EnterSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER lpBarrier, DWORD dwFlags);
SIGNALBOX_API BOOL WINAPI DeleteSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER lpBarrier);

SIGNALBOX_END

#if defined(UNICODE)
#define CreateEvent CreateEventW
#define CreateEventEx CreateEventExW
#define OpenEvent OpenEventW
#define CreateMutex CreateMutexW
#define CreateMutexEx CreateMutexExW
#define OpenMutex OpenMutexW
#define CreateSemaphore CreateSemaphoreW
#define CreateSemaphoreEx CreateSemaphoreExW
#define OpenSemaphore OpenSemaphoreW
#define CreateWaitableTimer CreateWaitableTimerW
#define CreateWaitableTimerEx CreateWaitableTimerExW
#define OpenWaitableTimer OpenWaitableTimerW
#else
#define CreateEvent CreateEventA
#define CreateEventEx CreateEventExA
#define OpenEvent OpenEventA
#define CreateMutex CreateMutexA
#define CreateMutexEx CreateMutexExA
#define OpenMutex OpenMutexA
#define CreateSemaphore CreateSemaphoreA
#define CreateSemaphoreEx CreateSemaphoreExA
#define OpenSemaphore OpenSemaphoreA
#define CreateWaitableTimer CreateWaitableTimerA
#define CreateWaitableTimerEx CreateWaitableTimerExA
#define OpenWaitableTimer OpenWaitableTimerA
#endif

#endif
