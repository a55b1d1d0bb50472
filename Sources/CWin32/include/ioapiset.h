/* ioapiset.h: completion ports, and the end of requests. */
#ifndef SIGNALBOX_IOAPISET_H
#define SIGNALBOX_IOAPISET_H

#include <minwinbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_API HANDLE WINAPI CreateIoCompletionPort(
    HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads);
SIGNALBOX_API BOOL WINAPI GetQueuedCompletionStatus(
    HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred, PULONG_PTR lpCompletionKey, LPOVERLAPPED *lpOverlapped,
    DWORD dwMilliseconds);
SIGNALBOX_API BOOL WINAPI GetQueuedCompletionStatusEx(
    HANDLE CompletionPort, LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount, PULONG ulNumEntriesRemoved,
    DWORD dwMilliseconds, BOOL fAlertable);
SIGNALBOX_API BOOL WINAPI PostQueuedCompletionStatus(
    HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred, ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped);
SIGNALBOX_API BOOL WINAPI GetOverlappedResult(
    HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred, BOOL bWait);
SIGNALBOX_API BOOL WINAPI GetOverlappedResultEx(
    HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds, BOOL bAlertable);
SIGNALBOX_API BOOL WINAPI CancelSynchronousIo(HANDLE hThread);
SIGNALBOX_API BOOL WINAPI CancelIo(HANDLE hFile);
SIGNALBOX_API BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped);

/* The pool of all threads calls the function for each request of the handle; the flags are 0. */
SIGNALBOX_API BOOL WINAPI BindIoCompletionCallback(
    HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function, ULONG Flags);

SIGNALBOX_END

#endif
