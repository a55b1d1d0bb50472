// Written by Scripts/make-winsdk from the headers in Sources/CWin32/include.

public import CWin32

@inlinable public func AcceptEx(
    _ sListenSocket: SOCKET, _ sAcceptSocket: SOCKET, _ lpOutputBuffer: PVOID!, _ dwReceiveDataLength: DWORD,
    _ dwLocalAddressLength: DWORD, _ dwRemoteAddressLength: DWORD, _ lpdwBytesReceived: LPDWORD!,
    _ lpOverlapped: LPOVERLAPPED!
) -> Bool {
    __AcceptEx(
        sListenSocket, sAcceptSocket, lpOutputBuffer, dwReceiveDataLength, dwLocalAddressLength, dwRemoteAddressLength,
        lpdwBytesReceived, lpOverlapped) != 0
}
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func AcquireSRWLockExclusive(_ SRWLock: PSRWLOCK!) { __AcquireSRWLockExclusive(SRWLock) }
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func AcquireSRWLockShared(_ SRWLock: PSRWLOCK!) { __AcquireSRWLockShared(SRWLock) }
@inlinable public func AssignProcessToJobObject(_ hJob: HANDLE!, _ hProcess: HANDLE!) -> Bool {
    __AssignProcessToJobObject(hJob, hProcess) != 0
}
@inlinable public func BindIoCompletionCallback(
    _ FileHandle: HANDLE!, _ Function: LPOVERLAPPED_COMPLETION_ROUTINE!, _ Flags: ULONG
) -> Bool { __BindIoCompletionCallback(FileHandle, Function, Flags) != 0 }
@available(*, noasync, message: "blocks the thread")
@inlinable public func CallNamedPipeA(
    _ lpNamedPipeName: LPCSTR!, _ lpInBuffer: LPVOID!, _ nInBufferSize: DWORD, _ lpOutBuffer: LPVOID!,
    _ nOutBufferSize: DWORD, _ lpBytesRead: LPDWORD!, _ nTimeOut: DWORD
) -> Bool {
    __CallNamedPipeA(lpNamedPipeName, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, nTimeOut)
        != 0
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func CallNamedPipeW(
    _ lpNamedPipeName: LPCWSTR!, _ lpInBuffer: LPVOID!, _ nInBufferSize: DWORD, _ lpOutBuffer: LPVOID!,
    _ nOutBufferSize: DWORD, _ lpBytesRead: LPDWORD!, _ nTimeOut: DWORD
) -> Bool {
    __CallNamedPipeW(lpNamedPipeName, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, nTimeOut)
        != 0
}
@inlinable public func CallbackMayRunLong(_ pci: PTP_CALLBACK_INSTANCE!) -> Bool { __CallbackMayRunLong(pci) != 0 }
@inlinable public func CancelIo(_ hFile: HANDLE!) -> Bool { __CancelIo(hFile) != 0 }
@inlinable public func CancelIoEx(_ hFile: HANDLE!, _ lpOverlapped: LPOVERLAPPED!) -> Bool {
    __CancelIoEx(hFile, lpOverlapped) != 0
}
@inlinable public func CancelSynchronousIo(_ hThread: HANDLE!) -> Bool { __CancelSynchronousIo(hThread) != 0 }
@inlinable public func CancelThreadpoolIo(_ pio: PTP_IO!) { __CancelThreadpoolIo(pio) }
@inlinable public func CancelWaitableTimer(_ hTimer: HANDLE!) -> Bool { __CancelWaitableTimer(hTimer) != 0 }
@inlinable public func ChangeTimerQueueTimer(_ TimerQueue: HANDLE!, _ Timer: HANDLE!, _ DueTime: ULONG, _ Period: ULONG)
    -> Bool
{ __ChangeTimerQueueTimer(TimerQueue, Timer, DueTime, Period) != 0 }
@inlinable public func CloseHandle(_ hObject: HANDLE!) -> Bool { __CloseHandle(hObject) != 0 }
@inlinable public func CloseThreadpool(_ ptpp: PTP_POOL!) { __CloseThreadpool(ptpp) }
@inlinable public func CloseThreadpoolCleanupGroup(_ ptpcg: PTP_CLEANUP_GROUP!) { __CloseThreadpoolCleanupGroup(ptpcg) }
@inlinable public func CloseThreadpoolCleanupGroupMembers(
    _ ptpcg: PTP_CLEANUP_GROUP!, _ fCancelPendingCallbacks: Bool, _ pvCleanupContext: PVOID!
) { __CloseThreadpoolCleanupGroupMembers(ptpcg, fCancelPendingCallbacks ? 1 : 0, pvCleanupContext) }
@inlinable public func CloseThreadpoolIo(_ pio: PTP_IO!) { __CloseThreadpoolIo(pio) }
@inlinable public func CloseThreadpoolTimer(_ pti: PTP_TIMER!) { __CloseThreadpoolTimer(pti) }
@inlinable public func CloseThreadpoolWait(_ pwa: PTP_WAIT!) { __CloseThreadpoolWait(pwa) }
@inlinable public func CloseThreadpoolWork(_ pwk: PTP_WORK!) { __CloseThreadpoolWork(pwk) }
@inlinable public func CompareObjectHandles(_ hFirstObjectHandle: HANDLE!, _ hSecondObjectHandle: HANDLE!) -> Bool {
    __CompareObjectHandles(hFirstObjectHandle, hSecondObjectHandle) != 0
}
@inlinable public func ConnectEx(
    _ s: SOCKET, _ name: UnsafePointer<SOCKADDR>!, _ namelen: Int32, _ lpSendBuffer: PVOID!, _ dwSendDataLength: DWORD,
    _ lpdwBytesSent: LPDWORD!, _ lpOverlapped: LPOVERLAPPED!
) -> Bool { __ConnectEx(s, name, namelen, lpSendBuffer, dwSendDataLength, lpdwBytesSent, lpOverlapped) != 0 }
@available(*, noasync, message: "blocks the thread")
@inlinable public func ConnectNamedPipe(_ hNamedPipe: HANDLE!, _ lpOverlapped: LPOVERLAPPED!) -> Bool {
    __ConnectNamedPipe(hNamedPipe, lpOverlapped) != 0
}
@inlinable public func ConvertStringSecurityDescriptorToSecurityDescriptorA(
    _ StringSecurityDescriptor: LPCSTR!, _ StringSDRevision: DWORD,
    _ SecurityDescriptor: UnsafeMutablePointer<PSECURITY_DESCRIPTOR?>!, _ SecurityDescriptorSize: PULONG!
) -> Bool {
    __ConvertStringSecurityDescriptorToSecurityDescriptorA(
        StringSecurityDescriptor, StringSDRevision, SecurityDescriptor, SecurityDescriptorSize) != 0
}
@inlinable public func ConvertStringSecurityDescriptorToSecurityDescriptorW(
    _ StringSecurityDescriptor: LPCWSTR!, _ StringSDRevision: DWORD,
    _ SecurityDescriptor: UnsafeMutablePointer<PSECURITY_DESCRIPTOR?>!, _ SecurityDescriptorSize: PULONG!
) -> Bool {
    __ConvertStringSecurityDescriptorToSecurityDescriptorW(
        StringSecurityDescriptor, StringSDRevision, SecurityDescriptor, SecurityDescriptorSize) != 0
}
@inlinable public func CopyFileA(_ lpExistingFileName: LPCSTR!, _ lpNewFileName: LPCSTR!, _ bFailIfExists: Bool) -> Bool
{ __CopyFileA(lpExistingFileName, lpNewFileName, bFailIfExists ? 1 : 0) != 0 }
@inlinable public func CopyFileW(_ lpExistingFileName: LPCWSTR!, _ lpNewFileName: LPCWSTR!, _ bFailIfExists: Bool)
    -> Bool
{ __CopyFileW(lpExistingFileName, lpNewFileName, bFailIfExists ? 1 : 0) != 0 }
@inlinable public func CreateDirectoryA(_ lpPathName: LPCSTR!, _ lpSecurityAttributes: LPSECURITY_ATTRIBUTES!) -> Bool {
    __CreateDirectoryA(lpPathName, lpSecurityAttributes) != 0
}
@inlinable public func CreateDirectoryW(_ lpPathName: LPCWSTR!, _ lpSecurityAttributes: LPSECURITY_ATTRIBUTES!) -> Bool
{ __CreateDirectoryW(lpPathName, lpSecurityAttributes) != 0 }
@inlinable public func CreateEventA(
    _ lpEventAttributes: LPSECURITY_ATTRIBUTES!, _ bManualReset: Bool, _ bInitialState: Bool, _ lpName: LPCSTR!
) -> HANDLE! { __CreateEventA(lpEventAttributes, bManualReset ? 1 : 0, bInitialState ? 1 : 0, lpName) }
@inlinable public func CreateEventExA(
    _ lpEventAttributes: LPSECURITY_ATTRIBUTES!, _ lpName: LPCSTR!, _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! { __CreateEventExA(lpEventAttributes, lpName, dwFlags, dwDesiredAccess) }
@inlinable public func CreateEventExW(
    _ lpEventAttributes: LPSECURITY_ATTRIBUTES!, _ lpName: LPCWSTR!, _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! { __CreateEventExW(lpEventAttributes, lpName, dwFlags, dwDesiredAccess) }
@inlinable public func CreateEventW(
    _ lpEventAttributes: LPSECURITY_ATTRIBUTES!, _ bManualReset: Bool, _ bInitialState: Bool, _ lpName: LPCWSTR!
) -> HANDLE! { __CreateEventW(lpEventAttributes, bManualReset ? 1 : 0, bInitialState ? 1 : 0, lpName) }
@inlinable public func CreateFileA(
    _ lpFileName: LPCSTR!, _ dwDesiredAccess: DWORD, _ dwShareMode: DWORD,
    _ lpSecurityAttributes: LPSECURITY_ATTRIBUTES!, _ dwCreationDisposition: DWORD, _ dwFlagsAndAttributes: DWORD,
    _ hTemplateFile: HANDLE!
) -> HANDLE! {
    __CreateFileA(
        lpFileName, dwDesiredAccess, dwShareMode, lpSecurityAttributes, dwCreationDisposition, dwFlagsAndAttributes,
        hTemplateFile)
}
@inlinable public func CreateFileW(
    _ lpFileName: LPCWSTR!, _ dwDesiredAccess: DWORD, _ dwShareMode: DWORD,
    _ lpSecurityAttributes: LPSECURITY_ATTRIBUTES!, _ dwCreationDisposition: DWORD, _ dwFlagsAndAttributes: DWORD,
    _ hTemplateFile: HANDLE!
) -> HANDLE! {
    __CreateFileW(
        lpFileName, dwDesiredAccess, dwShareMode, lpSecurityAttributes, dwCreationDisposition, dwFlagsAndAttributes,
        hTemplateFile)
}
@inlinable public func CreateIoCompletionPort(
    _ FileHandle: HANDLE!, _ ExistingCompletionPort: HANDLE!, _ CompletionKey: ULONG_PTR,
    _ NumberOfConcurrentThreads: DWORD
) -> HANDLE! { __CreateIoCompletionPort(FileHandle, ExistingCompletionPort, CompletionKey, NumberOfConcurrentThreads) }
@inlinable public func CreateJobObjectA(_ lpJobAttributes: LPSECURITY_ATTRIBUTES!, _ lpName: LPCSTR!) -> HANDLE! {
    __CreateJobObjectA(lpJobAttributes, lpName)
}
@inlinable public func CreateJobObjectW(_ lpJobAttributes: LPSECURITY_ATTRIBUTES!, _ lpName: LPCWSTR!) -> HANDLE! {
    __CreateJobObjectW(lpJobAttributes, lpName)
}
@inlinable public func CreateMutexA(
    _ lpMutexAttributes: LPSECURITY_ATTRIBUTES!, _ bInitialOwner: Bool, _ lpName: LPCSTR!
) -> HANDLE! { __CreateMutexA(lpMutexAttributes, bInitialOwner ? 1 : 0, lpName) }
@inlinable public func CreateMutexExA(
    _ lpMutexAttributes: LPSECURITY_ATTRIBUTES!, _ lpName: LPCSTR!, _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! { __CreateMutexExA(lpMutexAttributes, lpName, dwFlags, dwDesiredAccess) }
@inlinable public func CreateMutexExW(
    _ lpMutexAttributes: LPSECURITY_ATTRIBUTES!, _ lpName: LPCWSTR!, _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! { __CreateMutexExW(lpMutexAttributes, lpName, dwFlags, dwDesiredAccess) }
@inlinable public func CreateMutexW(
    _ lpMutexAttributes: LPSECURITY_ATTRIBUTES!, _ bInitialOwner: Bool, _ lpName: LPCWSTR!
) -> HANDLE! { __CreateMutexW(lpMutexAttributes, bInitialOwner ? 1 : 0, lpName) }
@inlinable public func CreateNamedPipeA(
    _ lpName: LPCSTR!, _ dwOpenMode: DWORD, _ dwPipeMode: DWORD, _ nMaxInstances: DWORD, _ nOutBufferSize: DWORD,
    _ nInBufferSize: DWORD, _ nDefaultTimeOut: DWORD, _ lpSecurityAttributes: LPSECURITY_ATTRIBUTES!
) -> HANDLE! {
    __CreateNamedPipeA(
        lpName, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize, nDefaultTimeOut,
        lpSecurityAttributes)
}
@inlinable public func CreateNamedPipeW(
    _ lpName: LPCWSTR!, _ dwOpenMode: DWORD, _ dwPipeMode: DWORD, _ nMaxInstances: DWORD, _ nOutBufferSize: DWORD,
    _ nInBufferSize: DWORD, _ nDefaultTimeOut: DWORD, _ lpSecurityAttributes: LPSECURITY_ATTRIBUTES!
) -> HANDLE! {
    __CreateNamedPipeW(
        lpName, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize, nDefaultTimeOut,
        lpSecurityAttributes)
}
@inlinable public func CreatePipe(
    _ hReadPipe: PHANDLE!, _ hWritePipe: PHANDLE!, _ lpPipeAttributes: LPSECURITY_ATTRIBUTES!, _ nSize: DWORD
) -> Bool { __CreatePipe(hReadPipe, hWritePipe, lpPipeAttributes, nSize) != 0 }
@inlinable public func CreateProcessA(
    _ lpApplicationName: LPCSTR!, _ lpCommandLine: LPSTR!, _ lpProcessAttributes: LPSECURITY_ATTRIBUTES!,
    _ lpThreadAttributes: LPSECURITY_ATTRIBUTES!, _ bInheritHandles: Bool, _ dwCreationFlags: DWORD,
    _ lpEnvironment: LPVOID!, _ lpCurrentDirectory: LPCSTR!, _ lpStartupInfo: LPSTARTUPINFOA!,
    _ lpProcessInformation: LPPROCESS_INFORMATION!
) -> Bool {
    __CreateProcessA(
        lpApplicationName, lpCommandLine, lpProcessAttributes, lpThreadAttributes, bInheritHandles ? 1 : 0,
        dwCreationFlags, lpEnvironment, lpCurrentDirectory, lpStartupInfo, lpProcessInformation) != 0
}
@inlinable public func CreateProcessW(
    _ lpApplicationName: LPCWSTR!, _ lpCommandLine: LPWSTR!, _ lpProcessAttributes: LPSECURITY_ATTRIBUTES!,
    _ lpThreadAttributes: LPSECURITY_ATTRIBUTES!, _ bInheritHandles: Bool, _ dwCreationFlags: DWORD,
    _ lpEnvironment: LPVOID!, _ lpCurrentDirectory: LPCWSTR!, _ lpStartupInfo: LPSTARTUPINFOW!,
    _ lpProcessInformation: LPPROCESS_INFORMATION!
) -> Bool {
    __CreateProcessW(
        lpApplicationName, lpCommandLine, lpProcessAttributes, lpThreadAttributes, bInheritHandles ? 1 : 0,
        dwCreationFlags, lpEnvironment, lpCurrentDirectory, lpStartupInfo, lpProcessInformation) != 0
}
@inlinable public func CreateRemoteThread(
    _ hProcess: HANDLE!, _ lpThreadAttributes: LPSECURITY_ATTRIBUTES!, _ dwStackSize: SIZE_T,
    _ lpStartAddress: LPTHREAD_START_ROUTINE!, _ lpParameter: LPVOID!, _ dwCreationFlags: DWORD, _ lpThreadId: LPDWORD!
) -> HANDLE! {
    __CreateRemoteThread(
        hProcess, lpThreadAttributes, dwStackSize, lpStartAddress, lpParameter, dwCreationFlags, lpThreadId)
}
@inlinable public func CreateSemaphoreA(
    _ lpSemaphoreAttributes: LPSECURITY_ATTRIBUTES!, _ lInitialCount: LONG, _ lMaximumCount: LONG, _ lpName: LPCSTR!
) -> HANDLE! { __CreateSemaphoreA(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName) }
@inlinable public func CreateSemaphoreExA(
    _ lpSemaphoreAttributes: LPSECURITY_ATTRIBUTES!, _ lInitialCount: LONG, _ lMaximumCount: LONG, _ lpName: LPCSTR!,
    _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! {
    __CreateSemaphoreExA(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName, dwFlags, dwDesiredAccess)
}
@inlinable public func CreateSemaphoreExW(
    _ lpSemaphoreAttributes: LPSECURITY_ATTRIBUTES!, _ lInitialCount: LONG, _ lMaximumCount: LONG, _ lpName: LPCWSTR!,
    _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! {
    __CreateSemaphoreExW(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName, dwFlags, dwDesiredAccess)
}
@inlinable public func CreateSemaphoreW(
    _ lpSemaphoreAttributes: LPSECURITY_ATTRIBUTES!, _ lInitialCount: LONG, _ lMaximumCount: LONG, _ lpName: LPCWSTR!
) -> HANDLE! { __CreateSemaphoreW(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName) }
@inlinable public func CreateThread(
    _ lpThreadAttributes: LPSECURITY_ATTRIBUTES!, _ dwStackSize: SIZE_T, _ lpStartAddress: LPTHREAD_START_ROUTINE!,
    _ lpParameter: LPVOID!, _ dwCreationFlags: DWORD, _ lpThreadId: LPDWORD!
) -> HANDLE! {
    __CreateThread(lpThreadAttributes, dwStackSize, lpStartAddress, lpParameter, dwCreationFlags, lpThreadId)
}
@inlinable public func CreateThreadpool(_ reserved: PVOID!) -> PTP_POOL! { __CreateThreadpool(reserved) }
@inlinable public func CreateThreadpoolCleanupGroup() -> PTP_CLEANUP_GROUP! { __CreateThreadpoolCleanupGroup() }
@inlinable public func CreateThreadpoolIo(
    _ fl: HANDLE!, _ pfnio: PTP_WIN32_IO_CALLBACK!, _ pv: PVOID!, _ pcbe: PTP_CALLBACK_ENVIRON!
) -> PTP_IO! { __CreateThreadpoolIo(fl, pfnio, pv, pcbe) }
@inlinable public func CreateThreadpoolTimer(_ pfnti: PTP_TIMER_CALLBACK!, _ pv: PVOID!, _ pcbe: PTP_CALLBACK_ENVIRON!)
    -> PTP_TIMER!
{ __CreateThreadpoolTimer(pfnti, pv, pcbe) }
@inlinable public func CreateThreadpoolWait(_ pfnwa: PTP_WAIT_CALLBACK!, _ pv: PVOID!, _ pcbe: PTP_CALLBACK_ENVIRON!)
    -> PTP_WAIT!
{ __CreateThreadpoolWait(pfnwa, pv, pcbe) }
@inlinable public func CreateThreadpoolWork(_ pfnwk: PTP_WORK_CALLBACK!, _ pv: PVOID!, _ pcbe: PTP_CALLBACK_ENVIRON!)
    -> PTP_WORK!
{ __CreateThreadpoolWork(pfnwk, pv, pcbe) }
@inlinable public func CreateTimerQueue() -> HANDLE! { __CreateTimerQueue() }
@inlinable public func CreateTimerQueueTimer(
    _ phNewTimer: PHANDLE!, _ TimerQueue: HANDLE!, _ Callback: WAITORTIMERCALLBACK!, _ Parameter: PVOID!,
    _ DueTime: DWORD, _ Period: DWORD, _ Flags: ULONG
) -> Bool { __CreateTimerQueueTimer(phNewTimer, TimerQueue, Callback, Parameter, DueTime, Period, Flags) != 0 }
@inlinable public func CreateWaitableTimerA(
    _ lpTimerAttributes: LPSECURITY_ATTRIBUTES!, _ bManualReset: Bool, _ lpTimerName: LPCSTR!
) -> HANDLE! { __CreateWaitableTimerA(lpTimerAttributes, bManualReset ? 1 : 0, lpTimerName) }
@inlinable public func CreateWaitableTimerExA(
    _ lpTimerAttributes: LPSECURITY_ATTRIBUTES!, _ lpTimerName: LPCSTR!, _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! { __CreateWaitableTimerExA(lpTimerAttributes, lpTimerName, dwFlags, dwDesiredAccess) }
@inlinable public func CreateWaitableTimerExW(
    _ lpTimerAttributes: LPSECURITY_ATTRIBUTES!, _ lpTimerName: LPCWSTR!, _ dwFlags: DWORD, _ dwDesiredAccess: DWORD
) -> HANDLE! { __CreateWaitableTimerExW(lpTimerAttributes, lpTimerName, dwFlags, dwDesiredAccess) }
@inlinable public func CreateWaitableTimerW(
    _ lpTimerAttributes: LPSECURITY_ATTRIBUTES!, _ bManualReset: Bool, _ lpTimerName: LPCWSTR!
) -> HANDLE! { __CreateWaitableTimerW(lpTimerAttributes, bManualReset ? 1 : 0, lpTimerName) }
@inlinable public func DebugBreak() { __DebugBreak() }
@inlinable public func DeleteCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) {
    __DeleteCriticalSection(lpCriticalSection)
}
@inlinable public func DeleteFileA(_ lpFileName: LPCSTR!) -> Bool { __DeleteFileA(lpFileName) != 0 }
@inlinable public func DeleteFileW(_ lpFileName: LPCWSTR!) -> Bool { __DeleteFileW(lpFileName) != 0 }
@inlinable public func DeleteSynchronizationBarrier(_ lpBarrier: LPSYNCHRONIZATION_BARRIER!) -> Bool {
    __DeleteSynchronizationBarrier(lpBarrier) != 0
}
@inlinable public func DeleteTimerQueue(_ TimerQueue: HANDLE!) -> Bool { __DeleteTimerQueue(TimerQueue) != 0 }
@inlinable public func DeleteTimerQueueEx(_ TimerQueue: HANDLE!, _ CompletionEvent: HANDLE!) -> Bool {
    __DeleteTimerQueueEx(TimerQueue, CompletionEvent) != 0
}
@inlinable public func DeleteTimerQueueTimer(_ TimerQueue: HANDLE!, _ Timer: HANDLE!, _ CompletionEvent: HANDLE!)
    -> Bool
{ __DeleteTimerQueueTimer(TimerQueue, Timer, CompletionEvent) != 0 }
@inlinable public func DestroyThreadpoolEnvironment(_ pcbe: PTP_CALLBACK_ENVIRON!) {
    __DestroyThreadpoolEnvironment(pcbe)
}
@inlinable public func DisableThreadLibraryCalls(_ hLibModule: HMODULE!) -> Bool {
    __DisableThreadLibraryCalls(hLibModule) != 0
}
@inlinable public func DisassociateCurrentThreadFromCallback(_ pci: PTP_CALLBACK_INSTANCE!) {
    __DisassociateCurrentThreadFromCallback(pci)
}
@inlinable public func DisconnectEx(_ s: SOCKET, _ lpOverlapped: LPOVERLAPPED!, _ dwFlags: DWORD, _ dwReserved: DWORD)
    -> Bool
{ __DisconnectEx(s, lpOverlapped, dwFlags, dwReserved) != 0 }
@inlinable public func DisconnectNamedPipe(_ hNamedPipe: HANDLE!) -> Bool { __DisconnectNamedPipe(hNamedPipe) != 0 }
@inlinable public func DuplicateHandle(
    _ hSourceProcessHandle: HANDLE!, _ hSourceHandle: HANDLE!, _ hTargetProcessHandle: HANDLE!,
    _ lpTargetHandle: LPHANDLE!, _ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ dwOptions: DWORD
) -> Bool {
    __DuplicateHandle(
        hSourceProcessHandle, hSourceHandle, hTargetProcessHandle, lpTargetHandle, dwDesiredAccess,
        bInheritHandle ? 1 : 0, dwOptions) != 0
}
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func EnterCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) {
    __EnterCriticalSection(lpCriticalSection)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func EnterSynchronizationBarrier(_ lpBarrier: LPSYNCHRONIZATION_BARRIER!, _ dwFlags: DWORD) -> Bool {
    __EnterSynchronizationBarrier(lpBarrier, dwFlags) != 0
}
@inlinable public func ExitProcess(_ uExitCode: UINT) -> Never { __ExitProcess(uExitCode) }
@inlinable public func ExitThread(_ dwExitCode: DWORD) -> Never { __ExitThread(dwExitCode) }
@inlinable public func FindClose(_ hFindFile: HANDLE!) -> Bool { __FindClose(hFindFile) != 0 }
@inlinable public func FindFirstFileA(_ lpFileName: LPCSTR!, _ lpFindFileData: LPWIN32_FIND_DATAA!) -> HANDLE! {
    __FindFirstFileA(lpFileName, lpFindFileData)
}
@inlinable public func FindFirstFileExA(
    _ lpFileName: LPCSTR!, _ fInfoLevelId: FINDEX_INFO_LEVELS, _ lpFindFileData: LPVOID!,
    _ fSearchOp: FINDEX_SEARCH_OPS, _ lpSearchFilter: LPVOID!, _ dwAdditionalFlags: DWORD
) -> HANDLE! {
    __FindFirstFileExA(lpFileName, fInfoLevelId, lpFindFileData, fSearchOp, lpSearchFilter, dwAdditionalFlags)
}
@inlinable public func FindFirstFileExW(
    _ lpFileName: LPCWSTR!, _ fInfoLevelId: FINDEX_INFO_LEVELS, _ lpFindFileData: LPVOID!,
    _ fSearchOp: FINDEX_SEARCH_OPS, _ lpSearchFilter: LPVOID!, _ dwAdditionalFlags: DWORD
) -> HANDLE! {
    __FindFirstFileExW(lpFileName, fInfoLevelId, lpFindFileData, fSearchOp, lpSearchFilter, dwAdditionalFlags)
}
@inlinable public func FindFirstFileW(_ lpFileName: LPCWSTR!, _ lpFindFileData: LPWIN32_FIND_DATAW!) -> HANDLE! {
    __FindFirstFileW(lpFileName, lpFindFileData)
}
@inlinable public func FindNextFileA(_ hFindFile: HANDLE!, _ lpFindFileData: LPWIN32_FIND_DATAA!) -> Bool {
    __FindNextFileA(hFindFile, lpFindFileData) != 0
}
@inlinable public func FindNextFileW(_ hFindFile: HANDLE!, _ lpFindFileData: LPWIN32_FIND_DATAW!) -> Bool {
    __FindNextFileW(hFindFile, lpFindFileData) != 0
}
@inlinable public func FlsAlloc(_ lpCallback: PFLS_CALLBACK_FUNCTION!) -> DWORD { __FlsAlloc(lpCallback) }
@inlinable public func FlsFree(_ dwFlsIndex: DWORD) -> Bool { __FlsFree(dwFlsIndex) != 0 }
@available(*, noasync, message: "each thread has its own; a task may go on on another: use a TaskLocal instead")
@inlinable public func FlsGetValue(_ dwFlsIndex: DWORD) -> PVOID! { __FlsGetValue(dwFlsIndex) }
@available(*, noasync, message: "each thread has its own; a task may go on on another: use a TaskLocal instead")
@inlinable public func FlsSetValue(_ dwFlsIndex: DWORD, _ lpFlsData: PVOID!) -> Bool {
    __FlsSetValue(dwFlsIndex, lpFlsData) != 0
}
@available(*, noasync, message: "blocks the thread: await FileObject.flush() instead")
@inlinable public func FlushFileBuffers(_ hFile: HANDLE!) -> Bool { __FlushFileBuffers(hFile) != 0 }
@inlinable public func FormatMessageA(
    _ dwFlags: DWORD, _ lpSource: LPCVOID!, _ dwMessageId: DWORD, _ dwLanguageId: DWORD, _ lpBuffer: LPSTR!,
    _ nSize: DWORD, _ Arguments: UnsafeMutablePointer<va_list>!
) -> DWORD { __FormatMessageA(dwFlags, lpSource, dwMessageId, dwLanguageId, lpBuffer, nSize, Arguments) }
@inlinable public func FormatMessageW(
    _ dwFlags: DWORD, _ lpSource: LPCVOID!, _ dwMessageId: DWORD, _ dwLanguageId: DWORD, _ lpBuffer: LPWSTR!,
    _ nSize: DWORD, _ Arguments: UnsafeMutablePointer<va_list>!
) -> DWORD { __FormatMessageW(dwFlags, lpSource, dwMessageId, dwLanguageId, lpBuffer, nSize, Arguments) }
@inlinable public func FreeAddrInfoW(_ pAddrInfo: PADDRINFOW!) { __FreeAddrInfoW(pAddrInfo) }
@inlinable public func FreeEnvironmentStringsA(_ penv: LPCH!) -> Bool { __FreeEnvironmentStringsA(penv) != 0 }
@inlinable public func FreeEnvironmentStringsW(_ penv: LPWCH!) -> Bool { __FreeEnvironmentStringsW(penv) != 0 }
@inlinable public func FreeLibrary(_ hLibModule: HMODULE!) -> Bool { __FreeLibrary(hLibModule) != 0 }
@inlinable public func FreeLibraryWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE!, _ mod: HMODULE!) {
    __FreeLibraryWhenCallbackReturns(pci, mod)
}
@inlinable public func GetACP() -> UINT { __GetACP() }
@inlinable public func GetAcceptExSockaddrs(
    _ lpOutputBuffer: PVOID!, _ dwReceiveDataLength: DWORD, _ dwLocalAddressLength: DWORD,
    _ dwRemoteAddressLength: DWORD, _ LocalSockaddr: UnsafeMutablePointer<UnsafeMutablePointer<SOCKADDR>?>!,
    _ LocalSockaddrLength: LPINT!, _ RemoteSockaddr: UnsafeMutablePointer<UnsafeMutablePointer<SOCKADDR>?>!,
    _ RemoteSockaddrLength: LPINT!
) {
    __GetAcceptExSockaddrs(
        lpOutputBuffer, dwReceiveDataLength, dwLocalAddressLength, dwRemoteAddressLength, LocalSockaddr,
        LocalSockaddrLength, RemoteSockaddr, RemoteSockaddrLength)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func GetAddrInfoW(
    _ pNodeName: PCWSTR!, _ pServiceName: PCWSTR!, _ pHints: UnsafePointer<ADDRINFOW>!,
    _ ppResult: UnsafeMutablePointer<PADDRINFOW?>!
) -> INT { __GetAddrInfoW(pNodeName, pServiceName, pHints, ppResult) }
@inlinable public func GetCommandLineA() -> LPSTR! { __GetCommandLineA() }
@inlinable public func GetCommandLineW() -> LPWSTR! { __GetCommandLineW() }
@inlinable public func GetCurrentDirectoryA(_ nBufferLength: DWORD, _ lpBuffer: LPSTR!) -> DWORD {
    __GetCurrentDirectoryA(nBufferLength, lpBuffer)
}
@inlinable public func GetCurrentDirectoryW(_ nBufferLength: DWORD, _ lpBuffer: LPWSTR!) -> DWORD {
    __GetCurrentDirectoryW(nBufferLength, lpBuffer)
}
@inlinable public func GetCurrentProcess() -> HANDLE! { __GetCurrentProcess() }
@inlinable public func GetCurrentProcessId() -> DWORD { __GetCurrentProcessId() }
@inlinable public func GetCurrentThread() -> HANDLE! { __GetCurrentThread() }
@inlinable public func GetCurrentThreadId() -> DWORD { __GetCurrentThreadId() }
@inlinable public func GetEnvironmentStringsA() -> LPCH! { __GetEnvironmentStringsA() }
@inlinable public func GetEnvironmentStringsW() -> LPWCH! { __GetEnvironmentStringsW() }
@inlinable public func GetEnvironmentVariableA(_ lpName: LPCSTR!, _ lpBuffer: LPSTR!, _ nSize: DWORD) -> DWORD {
    __GetEnvironmentVariableA(lpName, lpBuffer, nSize)
}
@inlinable public func GetEnvironmentVariableW(_ lpName: LPCWSTR!, _ lpBuffer: LPWSTR!, _ nSize: DWORD) -> DWORD {
    __GetEnvironmentVariableW(lpName, lpBuffer, nSize)
}
@inlinable public func GetExitCodeProcess(_ hProcess: HANDLE!, _ lpExitCode: LPDWORD!) -> Bool {
    __GetExitCodeProcess(hProcess, lpExitCode) != 0
}
@inlinable public func GetExitCodeThread(_ hThread: HANDLE!, _ lpExitCode: LPDWORD!) -> Bool {
    __GetExitCodeThread(hThread, lpExitCode) != 0
}
@inlinable public func GetFileAttributesA(_ lpFileName: LPCSTR!) -> DWORD { __GetFileAttributesA(lpFileName) }
@inlinable public func GetFileAttributesExA(
    _ lpFileName: LPCSTR!, _ fInfoLevelId: GET_FILEEX_INFO_LEVELS, _ lpFileInformation: LPVOID!
) -> Bool { __GetFileAttributesExA(lpFileName, fInfoLevelId, lpFileInformation) != 0 }
@inlinable public func GetFileAttributesExW(
    _ lpFileName: LPCWSTR!, _ fInfoLevelId: GET_FILEEX_INFO_LEVELS, _ lpFileInformation: LPVOID!
) -> Bool { __GetFileAttributesExW(lpFileName, fInfoLevelId, lpFileInformation) != 0 }
@inlinable public func GetFileAttributesW(_ lpFileName: LPCWSTR!) -> DWORD { __GetFileAttributesW(lpFileName) }
@inlinable public func GetFileInformationByHandle(_ hFile: HANDLE!, _ lpFileInformation: LPBY_HANDLE_FILE_INFORMATION!)
    -> Bool
{ __GetFileInformationByHandle(hFile, lpFileInformation) != 0 }
@inlinable public func GetFileInformationByHandleEx(
    _ hFile: HANDLE!, _ FileInformationClass: FILE_INFO_BY_HANDLE_CLASS, _ lpFileInformation: LPVOID!,
    _ dwBufferSize: DWORD
) -> Bool { __GetFileInformationByHandleEx(hFile, FileInformationClass, lpFileInformation, dwBufferSize) != 0 }
@inlinable public func GetFileSize(_ hFile: HANDLE!, _ lpFileSizeHigh: LPDWORD!) -> DWORD {
    __GetFileSize(hFile, lpFileSizeHigh)
}
@inlinable public func GetFileSizeEx(_ hFile: HANDLE!, _ lpFileSize: PLARGE_INTEGER!) -> Bool {
    __GetFileSizeEx(hFile, lpFileSize) != 0
}
@inlinable public func GetFileTime(
    _ hFile: HANDLE!, _ lpCreationTime: LPFILETIME!, _ lpLastAccessTime: LPFILETIME!, _ lpLastWriteTime: LPFILETIME!
) -> Bool { __GetFileTime(hFile, lpCreationTime, lpLastAccessTime, lpLastWriteTime) != 0 }
@inlinable public func GetFileType(_ hFile: HANDLE!) -> DWORD { __GetFileType(hFile) }
@inlinable public func GetHandleInformation(_ hObject: HANDLE!, _ lpdwFlags: LPDWORD!) -> Bool {
    __GetHandleInformation(hObject, lpdwFlags) != 0
}
@inlinable public func GetLastError() -> DWORD { __GetLastError() }
@inlinable public func GetModuleFileNameA(_ hModule: HMODULE!, _ lpFilename: LPSTR!, _ nSize: DWORD) -> DWORD {
    __GetModuleFileNameA(hModule, lpFilename, nSize)
}
@inlinable public func GetModuleFileNameW(_ hModule: HMODULE!, _ lpFilename: LPWSTR!, _ nSize: DWORD) -> DWORD {
    __GetModuleFileNameW(hModule, lpFilename, nSize)
}
@inlinable public func GetModuleHandleA(_ lpModuleName: LPCSTR!) -> HMODULE! { __GetModuleHandleA(lpModuleName) }
@inlinable public func GetModuleHandleExA(
    _ dwFlags: DWORD, _ lpModuleName: LPCSTR!, _ phModule: UnsafeMutablePointer<HMODULE?>!
) -> Bool { __GetModuleHandleExA(dwFlags, lpModuleName, phModule) != 0 }
@inlinable public func GetModuleHandleExW(
    _ dwFlags: DWORD, _ lpModuleName: LPCWSTR!, _ phModule: UnsafeMutablePointer<HMODULE?>!
) -> Bool { __GetModuleHandleExW(dwFlags, lpModuleName, phModule) != 0 }
@inlinable public func GetModuleHandleW(_ lpModuleName: LPCWSTR!) -> HMODULE! { __GetModuleHandleW(lpModuleName) }
@available(*, noasync, message: "blocks the thread")
@inlinable public func GetNameInfoW(
    _ pSockaddr: UnsafePointer<SOCKADDR>!, _ SockaddrLength: INT, _ pNodeBuffer: PWCHAR!, _ NodeBufferSize: DWORD,
    _ pServiceBuffer: PWCHAR!, _ ServiceBufferSize: DWORD, _ Flags: INT
) -> INT {
    __GetNameInfoW(pSockaddr, SockaddrLength, pNodeBuffer, NodeBufferSize, pServiceBuffer, ServiceBufferSize, Flags)
}
@inlinable public func GetNamedPipeClientProcessId(_ Pipe: HANDLE!, _ ClientProcessId: PULONG!) -> Bool {
    __GetNamedPipeClientProcessId(Pipe, ClientProcessId) != 0
}
@inlinable public func GetNamedPipeHandleStateA(
    _ hNamedPipe: HANDLE!, _ lpState: LPDWORD!, _ lpCurInstances: LPDWORD!, _ lpMaxCollectionCount: LPDWORD!,
    _ lpCollectDataTimeout: LPDWORD!, _ lpUserName: LPSTR!, _ nMaxUserNameSize: DWORD
) -> Bool {
    __GetNamedPipeHandleStateA(
        hNamedPipe, lpState, lpCurInstances, lpMaxCollectionCount, lpCollectDataTimeout, lpUserName, nMaxUserNameSize)
        != 0
}
@inlinable public func GetNamedPipeHandleStateW(
    _ hNamedPipe: HANDLE!, _ lpState: LPDWORD!, _ lpCurInstances: LPDWORD!, _ lpMaxCollectionCount: LPDWORD!,
    _ lpCollectDataTimeout: LPDWORD!, _ lpUserName: LPWSTR!, _ nMaxUserNameSize: DWORD
) -> Bool {
    __GetNamedPipeHandleStateW(
        hNamedPipe, lpState, lpCurInstances, lpMaxCollectionCount, lpCollectDataTimeout, lpUserName, nMaxUserNameSize)
        != 0
}
@inlinable public func GetNamedPipeInfo(
    _ hNamedPipe: HANDLE!, _ lpFlags: LPDWORD!, _ lpOutBufferSize: LPDWORD!, _ lpInBufferSize: LPDWORD!,
    _ lpMaxInstances: LPDWORD!
) -> Bool { __GetNamedPipeInfo(hNamedPipe, lpFlags, lpOutBufferSize, lpInBufferSize, lpMaxInstances) != 0 }
@inlinable public func GetNamedPipeServerProcessId(_ Pipe: HANDLE!, _ ServerProcessId: PULONG!) -> Bool {
    __GetNamedPipeServerProcessId(Pipe, ServerProcessId) != 0
}
@inlinable public func GetOEMCP() -> UINT { __GetOEMCP() }
@available(*, noasync, message: "blocks the thread, if it is to wait: await the object instead")
@inlinable public func GetOverlappedResult(
    _ hFile: HANDLE!, _ lpOverlapped: LPOVERLAPPED!, _ lpNumberOfBytesTransferred: LPDWORD!, _ bWait: Bool
) -> Bool { __GetOverlappedResult(hFile, lpOverlapped, lpNumberOfBytesTransferred, bWait ? 1 : 0) != 0 }
@available(*, noasync, message: "blocks the thread, if it is to wait: await the object instead")
@inlinable public func GetOverlappedResultEx(
    _ hFile: HANDLE!, _ lpOverlapped: LPOVERLAPPED!, _ lpNumberOfBytesTransferred: LPDWORD!, _ dwMilliseconds: DWORD,
    _ bAlertable: Bool
) -> Bool {
    __GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred, dwMilliseconds, bAlertable ? 1 : 0) != 0
}
@inlinable public func GetPriorityClass(_ hProcess: HANDLE!) -> DWORD { __GetPriorityClass(hProcess) }
@inlinable public func GetProcAddress(_ hModule: HMODULE!, _ lpProcName: LPCSTR!) -> FARPROC! {
    __GetProcAddress(hModule, lpProcName)
}
@inlinable public func GetProcessAffinityMask(
    _ hProcess: HANDLE!, _ lpProcessAffinityMask: PDWORD_PTR!, _ lpSystemAffinityMask: PDWORD_PTR!
) -> Bool { __GetProcessAffinityMask(hProcess, lpProcessAffinityMask, lpSystemAffinityMask) != 0 }
@inlinable public func GetProcessHeap() -> HANDLE! { __GetProcessHeap() }
@inlinable public func GetProcessId(_ Process: HANDLE!) -> DWORD { __GetProcessId(Process) }
@inlinable public func GetProcessPriorityBoost(_ hProcess: HANDLE!, _ pDisablePriorityBoost: PBOOL!) -> Bool {
    __GetProcessPriorityBoost(hProcess, pDisablePriorityBoost) != 0
}
@inlinable public func GetProcessTimes(
    _ hProcess: HANDLE!, _ lpCreationTime: LPFILETIME!, _ lpExitTime: LPFILETIME!, _ lpKernelTime: LPFILETIME!,
    _ lpUserTime: LPFILETIME!
) -> Bool { __GetProcessTimes(hProcess, lpCreationTime, lpExitTime, lpKernelTime, lpUserTime) != 0 }
@available(*, noasync, message: "blocks the thread: await PortObject.next() instead")
@inlinable public func GetQueuedCompletionStatus(
    _ CompletionPort: HANDLE!, _ lpNumberOfBytesTransferred: LPDWORD!, _ lpCompletionKey: PULONG_PTR!,
    _ lpOverlapped: UnsafeMutablePointer<LPOVERLAPPED?>!, _ dwMilliseconds: DWORD
) -> Bool {
    __GetQueuedCompletionStatus(
        CompletionPort, lpNumberOfBytesTransferred, lpCompletionKey, lpOverlapped, dwMilliseconds) != 0
}
@available(*, noasync, message: "blocks the thread: await PortObject.next() instead")
@inlinable public func GetQueuedCompletionStatusEx(
    _ CompletionPort: HANDLE!, _ lpCompletionPortEntries: LPOVERLAPPED_ENTRY!, _ ulCount: ULONG,
    _ ulNumEntriesRemoved: PULONG!, _ dwMilliseconds: DWORD, _ fAlertable: Bool
) -> Bool {
    __GetQueuedCompletionStatusEx(
        CompletionPort, lpCompletionPortEntries, ulCount, ulNumEntriesRemoved, dwMilliseconds, fAlertable ? 1 : 0) != 0
}
@inlinable public func GetStartupInfoA(_ lpStartupInfo: LPSTARTUPINFOA!) { __GetStartupInfoA(lpStartupInfo) }
@inlinable public func GetStartupInfoW(_ lpStartupInfo: LPSTARTUPINFOW!) { __GetStartupInfoW(lpStartupInfo) }
@inlinable public func GetSystemInfo(_ lpSystemInfo: LPSYSTEM_INFO!) { __GetSystemInfo(lpSystemInfo) }
@inlinable public func GetSystemTimeAsFileTime(_ lpSystemTimeAsFileTime: LPFILETIME!) {
    __GetSystemTimeAsFileTime(lpSystemTimeAsFileTime)
}
@inlinable public func GetTempPathA(_ nBufferLength: DWORD, _ lpBuffer: LPSTR!) -> DWORD {
    __GetTempPathA(nBufferLength, lpBuffer)
}
@inlinable public func GetTempPathW(_ nBufferLength: DWORD, _ lpBuffer: LPWSTR!) -> DWORD {
    __GetTempPathW(nBufferLength, lpBuffer)
}
@inlinable public func GetThreadContext(_ hThread: HANDLE!, _ lpContext: LPCONTEXT!) -> Bool {
    __GetThreadContext(hThread, lpContext) != 0
}
@inlinable public func GetThreadDescription(_ hThread: HANDLE!, _ ppszThreadDescription: UnsafeMutablePointer<PWSTR?>!)
    -> HRESULT
{ __GetThreadDescription(hThread, ppszThreadDescription) }
@inlinable public func GetThreadId(_ Thread: HANDLE!) -> DWORD { __GetThreadId(Thread) }
@inlinable public func GetThreadPriority(_ hThread: HANDLE!) -> Int32 { __GetThreadPriority(hThread) }
@inlinable public func GetThreadPriorityBoost(_ hThread: HANDLE!, _ pDisablePriorityBoost: PBOOL!) -> Bool {
    __GetThreadPriorityBoost(hThread, pDisablePriorityBoost) != 0
}
@inlinable public func GetThreadTimes(
    _ hThread: HANDLE!, _ lpCreationTime: LPFILETIME!, _ lpExitTime: LPFILETIME!, _ lpKernelTime: LPFILETIME!,
    _ lpUserTime: LPFILETIME!
) -> Bool { __GetThreadTimes(hThread, lpCreationTime, lpExitTime, lpKernelTime, lpUserTime) != 0 }
@inlinable public func GetTickCount() -> DWORD { __GetTickCount() }
@inlinable public func GetTickCount64() -> ULONGLONG { __GetTickCount64() }
@inlinable public func GlobalAlloc(_ uFlags: UINT, _ dwBytes: SIZE_T) -> HGLOBAL! { __GlobalAlloc(uFlags, dwBytes) }
@inlinable public func GlobalFlags(_ hMem: HGLOBAL!) -> UINT { __GlobalFlags(hMem) }
@inlinable public func GlobalFree(_ hMem: HGLOBAL!) -> HGLOBAL! { __GlobalFree(hMem) }
@inlinable public func GlobalHandle(_ pMem: LPCVOID!) -> HGLOBAL! { __GlobalHandle(pMem) }
@inlinable public func GlobalLock(_ hMem: HGLOBAL!) -> LPVOID! { __GlobalLock(hMem) }
@inlinable public func GlobalReAlloc(_ hMem: HGLOBAL!, _ dwBytes: SIZE_T, _ uFlags: UINT) -> HGLOBAL! {
    __GlobalReAlloc(hMem, dwBytes, uFlags)
}
@inlinable public func GlobalSize(_ hMem: HGLOBAL!) -> SIZE_T { __GlobalSize(hMem) }
@inlinable public func GlobalUnlock(_ hMem: HGLOBAL!) -> Bool { __GlobalUnlock(hMem) != 0 }
@inlinable public func HeapAlloc(_ hHeap: HANDLE!, _ dwFlags: DWORD, _ dwBytes: SIZE_T) -> LPVOID! {
    __HeapAlloc(hHeap, dwFlags, dwBytes)
}
@inlinable public func HeapCreate(_ flOptions: DWORD, _ dwInitialSize: SIZE_T, _ dwMaximumSize: SIZE_T) -> HANDLE! {
    __HeapCreate(flOptions, dwInitialSize, dwMaximumSize)
}
@inlinable public func HeapDestroy(_ hHeap: HANDLE!) -> Bool { __HeapDestroy(hHeap) != 0 }
@inlinable public func HeapFree(_ hHeap: HANDLE!, _ dwFlags: DWORD, _ lpMem: LPVOID!) -> Bool {
    __HeapFree(hHeap, dwFlags, lpMem) != 0
}
@inlinable public func HeapReAlloc(_ hHeap: HANDLE!, _ dwFlags: DWORD, _ lpMem: LPVOID!, _ dwBytes: SIZE_T) -> LPVOID! {
    __HeapReAlloc(hHeap, dwFlags, lpMem, dwBytes)
}
@inlinable public func HeapSize(_ hHeap: HANDLE!, _ dwFlags: DWORD, _ lpMem: LPCVOID!) -> SIZE_T {
    __HeapSize(hHeap, dwFlags, lpMem)
}
@inlinable public func HeapValidate(_ hHeap: HANDLE!, _ dwFlags: DWORD, _ lpMem: LPCVOID!) -> Bool {
    __HeapValidate(hHeap, dwFlags, lpMem) != 0
}
@inlinable public func InetNtopW(
    _ Family: INT, _ pAddr: UnsafeRawPointer!, _ pStringBuf: PWSTR!, _ StringBufSize: SIZE_T
) -> PCWSTR! { __InetNtopW(Family, pAddr, pStringBuf, StringBufSize) }
@inlinable public func InetPtonW(_ Family: INT, _ pszAddrString: PCWSTR!, _ pAddrBuf: PVOID!) -> INT {
    __InetPtonW(Family, pszAddrString, pAddrBuf)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func InitOnceBeginInitialize(
    _ lpInitOnce: LPINIT_ONCE!, _ dwFlags: DWORD, _ fPending: PBOOL!, _ lpContext: UnsafeMutablePointer<LPVOID?>!
) -> Bool { __InitOnceBeginInitialize(lpInitOnce, dwFlags, fPending, lpContext) != 0 }
@inlinable public func InitOnceComplete(_ lpInitOnce: LPINIT_ONCE!, _ dwFlags: DWORD, _ lpContext: LPVOID!) -> Bool {
    __InitOnceComplete(lpInitOnce, dwFlags, lpContext) != 0
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func InitOnceExecuteOnce(
    _ InitOnce: PINIT_ONCE!, _ InitFn: PINIT_ONCE_FN!, _ Parameter: PVOID!, _ Context: UnsafeMutablePointer<LPVOID?>!
) -> Bool { __InitOnceExecuteOnce(InitOnce, InitFn, Parameter, Context) != 0 }
@inlinable public func InitOnceInitialize(_ InitOnce: PINIT_ONCE!) { __InitOnceInitialize(InitOnce) }
@inlinable public func InitializeConditionVariable(_ ConditionVariable: PCONDITION_VARIABLE!) {
    __InitializeConditionVariable(ConditionVariable)
}
@inlinable public func InitializeCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) {
    __InitializeCriticalSection(lpCriticalSection)
}
@inlinable public func InitializeCriticalSectionAndSpinCount(
    _ lpCriticalSection: LPCRITICAL_SECTION!, _ dwSpinCount: DWORD
) -> Bool { __InitializeCriticalSectionAndSpinCount(lpCriticalSection, dwSpinCount) != 0 }
@inlinable public func InitializeCriticalSectionEx(
    _ lpCriticalSection: LPCRITICAL_SECTION!, _ dwSpinCount: DWORD, _ Flags: DWORD
) -> Bool { __InitializeCriticalSectionEx(lpCriticalSection, dwSpinCount, Flags) != 0 }
@inlinable public func InitializeSListHead(_ ListHead: PSLIST_HEADER!) { __InitializeSListHead(ListHead) }
@inlinable public func InitializeSRWLock(_ SRWLock: PSRWLOCK!) { __InitializeSRWLock(SRWLock) }
@inlinable public func InitializeSecurityDescriptor(_ pSecurityDescriptor: PSECURITY_DESCRIPTOR!, _ dwRevision: DWORD)
    -> Bool
{ __InitializeSecurityDescriptor(pSecurityDescriptor, dwRevision) != 0 }
@inlinable public func InitializeSynchronizationBarrier(
    _ lpBarrier: LPSYNCHRONIZATION_BARRIER!, _ lTotalThreads: LONG, _ lSpinCount: LONG
) -> Bool { __InitializeSynchronizationBarrier(lpBarrier, lTotalThreads, lSpinCount) != 0 }
@inlinable public func InitializeThreadpoolEnvironment(_ pcbe: PTP_CALLBACK_ENVIRON!) {
    __InitializeThreadpoolEnvironment(pcbe)
}
@inlinable public func InterlockedAdd(_ addend: UnsafeMutablePointer<LONG>!, _ value: LONG) -> LONG {
    __InterlockedAdd(addend, value)
}
@inlinable public func InterlockedAdd64(_ addend: UnsafeMutablePointer<LONG64>!, _ value: LONG64) -> LONG64 {
    __InterlockedAdd64(addend, value)
}
@inlinable public func InterlockedAnd(_ destination: UnsafeMutablePointer<LONG>!, _ value: LONG) -> LONG {
    __InterlockedAnd(destination, value)
}
@inlinable public func InterlockedAnd16(_ destination: UnsafeMutablePointer<SHORT>!, _ value: SHORT) -> SHORT {
    __InterlockedAnd16(destination, value)
}
@inlinable public func InterlockedAnd64(_ destination: UnsafeMutablePointer<LONG64>!, _ value: LONG64) -> LONG64 {
    __InterlockedAnd64(destination, value)
}
@inlinable public func InterlockedAnd8(_ destination: UnsafeMutablePointer<CChar>!, _ value: CChar) -> CChar {
    __InterlockedAnd8(destination, value)
}
@inlinable public func InterlockedBitTestAndComplement(_ base: UnsafeMutablePointer<LONG>!, _ bit: LONG) -> BOOLEAN {
    __InterlockedBitTestAndComplement(base, bit)
}
@inlinable public func InterlockedBitTestAndComplement64(_ base: UnsafeMutablePointer<LONG64>!, _ bit: LONG64)
    -> BOOLEAN
{ __InterlockedBitTestAndComplement64(base, bit) }
@inlinable public func InterlockedBitTestAndReset(_ base: UnsafeMutablePointer<LONG>!, _ bit: LONG) -> BOOLEAN {
    __InterlockedBitTestAndReset(base, bit)
}
@inlinable public func InterlockedBitTestAndReset64(_ base: UnsafeMutablePointer<LONG64>!, _ bit: LONG64) -> BOOLEAN {
    __InterlockedBitTestAndReset64(base, bit)
}
@inlinable public func InterlockedBitTestAndSet(_ base: UnsafeMutablePointer<LONG>!, _ bit: LONG) -> BOOLEAN {
    __InterlockedBitTestAndSet(base, bit)
}
@inlinable public func InterlockedBitTestAndSet64(_ base: UnsafeMutablePointer<LONG64>!, _ bit: LONG64) -> BOOLEAN {
    __InterlockedBitTestAndSet64(base, bit)
}
@inlinable public func InterlockedCompareExchange(
    _ destination: UnsafeMutablePointer<LONG>!, _ exchange: LONG, _ comperand: LONG
) -> LONG { __InterlockedCompareExchange(destination, exchange, comperand) }
@inlinable public func InterlockedCompareExchange128(
    _ destination: UnsafeMutablePointer<LONG64>!, _ exchange_high: LONG64, _ exchange_low: LONG64,
    _ comparand_result: UnsafeMutablePointer<LONG64>!
) -> BOOLEAN { __InterlockedCompareExchange128(destination, exchange_high, exchange_low, comparand_result) }
@inlinable public func InterlockedCompareExchange16(
    _ destination: UnsafeMutablePointer<SHORT>!, _ exchange: SHORT, _ comperand: SHORT
) -> SHORT { __InterlockedCompareExchange16(destination, exchange, comperand) }
@inlinable public func InterlockedCompareExchange64(
    _ destination: UnsafeMutablePointer<LONG64>!, _ exchange: LONG64, _ comperand: LONG64
) -> LONG64 { __InterlockedCompareExchange64(destination, exchange, comperand) }
@inlinable public func InterlockedCompareExchangePointer(
    _ destination: UnsafeMutablePointer<PVOID?>!, _ exchange: PVOID!, _ comperand: PVOID!
) -> PVOID! { __InterlockedCompareExchangePointer(destination, exchange, comperand) }
@inlinable public func InterlockedDecrement(_ addend: UnsafeMutablePointer<LONG>!) -> LONG {
    __InterlockedDecrement(addend)
}
@inlinable public func InterlockedDecrement16(_ addend: UnsafeMutablePointer<SHORT>!) -> SHORT {
    __InterlockedDecrement16(addend)
}
@inlinable public func InterlockedDecrement64(_ addend: UnsafeMutablePointer<LONG64>!) -> LONG64 {
    __InterlockedDecrement64(addend)
}
@inlinable public func InterlockedExchange(_ target: UnsafeMutablePointer<LONG>!, _ value: LONG) -> LONG {
    __InterlockedExchange(target, value)
}
@inlinable public func InterlockedExchange16(_ target: UnsafeMutablePointer<SHORT>!, _ value: SHORT) -> SHORT {
    __InterlockedExchange16(target, value)
}
@inlinable public func InterlockedExchange64(_ target: UnsafeMutablePointer<LONG64>!, _ value: LONG64) -> LONG64 {
    __InterlockedExchange64(target, value)
}
@inlinable public func InterlockedExchange8(_ target: UnsafeMutablePointer<CChar>!, _ value: CChar) -> CChar {
    __InterlockedExchange8(target, value)
}
@inlinable public func InterlockedExchangeAdd(_ addend: UnsafeMutablePointer<LONG>!, _ value: LONG) -> LONG {
    __InterlockedExchangeAdd(addend, value)
}
@inlinable public func InterlockedExchangeAdd16(_ addend: UnsafeMutablePointer<SHORT>!, _ value: SHORT) -> SHORT {
    __InterlockedExchangeAdd16(addend, value)
}
@inlinable public func InterlockedExchangeAdd64(_ addend: UnsafeMutablePointer<LONG64>!, _ value: LONG64) -> LONG64 {
    __InterlockedExchangeAdd64(addend, value)
}
@inlinable public func InterlockedExchangeAdd8(_ addend: UnsafeMutablePointer<CChar>!, _ value: CChar) -> CChar {
    __InterlockedExchangeAdd8(addend, value)
}
@inlinable public func InterlockedExchangePointer(_ target: UnsafeMutablePointer<PVOID?>!, _ value: PVOID!) -> PVOID! {
    __InterlockedExchangePointer(target, value)
}
@inlinable public func InterlockedFlushSList(_ ListHead: PSLIST_HEADER!) -> PSLIST_ENTRY! {
    __InterlockedFlushSList(ListHead)
}
@inlinable public func InterlockedIncrement(_ addend: UnsafeMutablePointer<LONG>!) -> LONG {
    __InterlockedIncrement(addend)
}
@inlinable public func InterlockedIncrement16(_ addend: UnsafeMutablePointer<SHORT>!) -> SHORT {
    __InterlockedIncrement16(addend)
}
@inlinable public func InterlockedIncrement64(_ addend: UnsafeMutablePointer<LONG64>!) -> LONG64 {
    __InterlockedIncrement64(addend)
}
@inlinable public func InterlockedOr(_ destination: UnsafeMutablePointer<LONG>!, _ value: LONG) -> LONG {
    __InterlockedOr(destination, value)
}
@inlinable public func InterlockedOr16(_ destination: UnsafeMutablePointer<SHORT>!, _ value: SHORT) -> SHORT {
    __InterlockedOr16(destination, value)
}
@inlinable public func InterlockedOr64(_ destination: UnsafeMutablePointer<LONG64>!, _ value: LONG64) -> LONG64 {
    __InterlockedOr64(destination, value)
}
@inlinable public func InterlockedOr8(_ destination: UnsafeMutablePointer<CChar>!, _ value: CChar) -> CChar {
    __InterlockedOr8(destination, value)
}
@inlinable public func InterlockedPopEntrySList(_ ListHead: PSLIST_HEADER!) -> PSLIST_ENTRY! {
    __InterlockedPopEntrySList(ListHead)
}
@inlinable public func InterlockedPushEntrySList(_ ListHead: PSLIST_HEADER!, _ ListEntry: PSLIST_ENTRY!)
    -> PSLIST_ENTRY!
{ __InterlockedPushEntrySList(ListHead, ListEntry) }
@inlinable public func InterlockedXor(_ destination: UnsafeMutablePointer<LONG>!, _ value: LONG) -> LONG {
    __InterlockedXor(destination, value)
}
@inlinable public func InterlockedXor16(_ destination: UnsafeMutablePointer<SHORT>!, _ value: SHORT) -> SHORT {
    __InterlockedXor16(destination, value)
}
@inlinable public func InterlockedXor64(_ destination: UnsafeMutablePointer<LONG64>!, _ value: LONG64) -> LONG64 {
    __InterlockedXor64(destination, value)
}
@inlinable public func InterlockedXor8(_ destination: UnsafeMutablePointer<CChar>!, _ value: CChar) -> CChar {
    __InterlockedXor8(destination, value)
}
@inlinable public func IsDebuggerPresent() -> Bool { __IsDebuggerPresent() != 0 }
@inlinable public func IsProcessInJob(_ ProcessHandle: HANDLE!, _ JobHandle: HANDLE!, _ Result: PBOOL!) -> Bool {
    __IsProcessInJob(ProcessHandle, JobHandle, Result) != 0
}
@inlinable public func IsThreadpoolTimerSet(_ pti: PTP_TIMER!) -> Bool { __IsThreadpoolTimerSet(pti) != 0 }
@inlinable public func IsValidCodePage(_ CodePage: UINT) -> Bool { __IsValidCodePage(CodePage) != 0 }
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func LeaveCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) {
    __LeaveCriticalSection(lpCriticalSection)
}
@inlinable public func LeaveCriticalSectionWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE!, _ pcs: PCRITICAL_SECTION!)
{ __LeaveCriticalSectionWhenCallbackReturns(pci, pcs) }
@inlinable public func LoadLibraryA(_ lpLibFileName: LPCSTR!) -> HMODULE! { __LoadLibraryA(lpLibFileName) }
@inlinable public func LoadLibraryW(_ lpLibFileName: LPCWSTR!) -> HMODULE! { __LoadLibraryW(lpLibFileName) }
@inlinable public func LocalAlloc(_ uFlags: UINT, _ uBytes: SIZE_T) -> HLOCAL! { __LocalAlloc(uFlags, uBytes) }
@inlinable public func LocalFlags(_ hMem: HLOCAL!) -> UINT { __LocalFlags(hMem) }
@inlinable public func LocalFree(_ hMem: HLOCAL!) -> HLOCAL! { __LocalFree(hMem) }
@inlinable public func LocalHandle(_ pMem: LPCVOID!) -> HLOCAL! { __LocalHandle(pMem) }
@inlinable public func LocalLock(_ hMem: HLOCAL!) -> LPVOID! { __LocalLock(hMem) }
@inlinable public func LocalReAlloc(_ hMem: HLOCAL!, _ uBytes: SIZE_T, _ uFlags: UINT) -> HLOCAL! {
    __LocalReAlloc(hMem, uBytes, uFlags)
}
@inlinable public func LocalSize(_ hMem: HLOCAL!) -> SIZE_T { __LocalSize(hMem) }
@inlinable public func LocalUnlock(_ hMem: HLOCAL!) -> Bool { __LocalUnlock(hMem) != 0 }
@inlinable public func LockFile(
    _ hFile: HANDLE!, _ dwFileOffsetLow: DWORD, _ dwFileOffsetHigh: DWORD, _ nNumberOfBytesToLockLow: DWORD,
    _ nNumberOfBytesToLockHigh: DWORD
) -> Bool {
    __LockFile(hFile, dwFileOffsetLow, dwFileOffsetHigh, nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh) != 0
}
@available(*, noasync, message: "blocks the thread, unless the file is overlapped: await FileObject.withLock instead")
@inlinable public func LockFileEx(
    _ hFile: HANDLE!, _ dwFlags: DWORD, _ dwReserved: DWORD, _ nNumberOfBytesToLockLow: DWORD,
    _ nNumberOfBytesToLockHigh: DWORD, _ lpOverlapped: LPOVERLAPPED!
) -> Bool {
    __LockFileEx(hFile, dwFlags, dwReserved, nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh, lpOverlapped) != 0
}
@inlinable public func MoveFileA(_ lpExistingFileName: LPCSTR!, _ lpNewFileName: LPCSTR!) -> Bool {
    __MoveFileA(lpExistingFileName, lpNewFileName) != 0
}
@inlinable public func MoveFileExA(_ lpExistingFileName: LPCSTR!, _ lpNewFileName: LPCSTR!, _ dwFlags: DWORD) -> Bool {
    __MoveFileExA(lpExistingFileName, lpNewFileName, dwFlags) != 0
}
@inlinable public func MoveFileExW(_ lpExistingFileName: LPCWSTR!, _ lpNewFileName: LPCWSTR!, _ dwFlags: DWORD) -> Bool
{ __MoveFileExW(lpExistingFileName, lpNewFileName, dwFlags) != 0 }
@inlinable public func MoveFileW(_ lpExistingFileName: LPCWSTR!, _ lpNewFileName: LPCWSTR!) -> Bool {
    __MoveFileW(lpExistingFileName, lpNewFileName) != 0
}
@inlinable public func MultiByteToWideChar(
    _ CodePage: UINT, _ dwFlags: DWORD, _ lpMultiByteStr: LPCCH!, _ cbMultiByte: Int32, _ lpWideCharStr: LPWSTR!,
    _ cchWideChar: Int32
) -> Int32 { __MultiByteToWideChar(CodePage, dwFlags, lpMultiByteStr, cbMultiByte, lpWideCharStr, cchWideChar) }
@inlinable public func OpenEventA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCSTR!) -> HANDLE! {
    __OpenEventA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenEventW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCWSTR!) -> HANDLE! {
    __OpenEventW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenJobObjectA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCSTR!) -> HANDLE! {
    __OpenJobObjectA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenJobObjectW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCWSTR!) -> HANDLE! {
    __OpenJobObjectW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenMutexA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCSTR!) -> HANDLE! {
    __OpenMutexA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenMutexW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCWSTR!) -> HANDLE! {
    __OpenMutexW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenProcess(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ dwProcessId: DWORD) -> HANDLE! {
    __OpenProcess(dwDesiredAccess, bInheritHandle ? 1 : 0, dwProcessId)
}
@inlinable public func OpenSemaphoreA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCSTR!) -> HANDLE! {
    __OpenSemaphoreA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenSemaphoreW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCWSTR!) -> HANDLE! {
    __OpenSemaphoreW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenThread(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ dwThreadId: DWORD) -> HANDLE! {
    __OpenThread(dwDesiredAccess, bInheritHandle ? 1 : 0, dwThreadId)
}
@inlinable public func OpenWaitableTimerA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpTimerName: LPCSTR!)
    -> HANDLE!
{ __OpenWaitableTimerA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpTimerName) }
@inlinable public func OpenWaitableTimerW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpTimerName: LPCWSTR!)
    -> HANDLE!
{ __OpenWaitableTimerW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpTimerName) }
@inlinable public func OutputDebugStringA(_ lpOutputString: LPCSTR!) { __OutputDebugStringA(lpOutputString) }
@inlinable public func OutputDebugStringW(_ lpOutputString: LPCWSTR!) { __OutputDebugStringW(lpOutputString) }
@inlinable public func PeekNamedPipe(
    _ hNamedPipe: HANDLE!, _ lpBuffer: LPVOID!, _ nBufferSize: DWORD, _ lpBytesRead: LPDWORD!,
    _ lpTotalBytesAvail: LPDWORD!, _ lpBytesLeftThisMessage: LPDWORD!
) -> Bool {
    __PeekNamedPipe(hNamedPipe, lpBuffer, nBufferSize, lpBytesRead, lpTotalBytesAvail, lpBytesLeftThisMessage) != 0
}
@inlinable public func PostQueuedCompletionStatus(
    _ CompletionPort: HANDLE!, _ dwNumberOfBytesTransferred: DWORD, _ dwCompletionKey: ULONG_PTR,
    _ lpOverlapped: LPOVERLAPPED!
) -> Bool {
    __PostQueuedCompletionStatus(CompletionPort, dwNumberOfBytesTransferred, dwCompletionKey, lpOverlapped) != 0
}
@inlinable public func PulseEvent(_ hEvent: HANDLE!) -> Bool { __PulseEvent(hEvent) != 0 }
@inlinable public func QueryDepthSList(_ ListHead: PSLIST_HEADER!) -> USHORT { __QueryDepthSList(ListHead) }
@inlinable public func QueryInformationJobObject(
    _ hJob: HANDLE!, _ JobObjectInformationClass: JOBOBJECTINFOCLASS, _ lpJobObjectInformation: LPVOID!,
    _ cbJobObjectInformationLength: DWORD, _ lpReturnLength: LPDWORD!
) -> Bool {
    __QueryInformationJobObject(
        hJob, JobObjectInformationClass, lpJobObjectInformation, cbJobObjectInformationLength, lpReturnLength) != 0
}
@inlinable public func QueryPerformanceCounter(_ lpPerformanceCount: UnsafeMutablePointer<LARGE_INTEGER>!) -> Bool {
    __QueryPerformanceCounter(lpPerformanceCount) != 0
}
@inlinable public func QueryPerformanceFrequency(_ lpFrequency: UnsafeMutablePointer<LARGE_INTEGER>!) -> Bool {
    __QueryPerformanceFrequency(lpFrequency) != 0
}
@inlinable public func QueryThreadpoolStackInformation(_ ptpp: PTP_POOL!, _ ptpsi: PTP_POOL_STACK_INFORMATION!) -> Bool
{ __QueryThreadpoolStackInformation(ptpp, ptpsi) != 0 }
@inlinable public func QueueUserAPC(_ pfnAPC: PAPCFUNC!, _ hThread: HANDLE!, _ dwData: ULONG_PTR) -> DWORD {
    __QueueUserAPC(pfnAPC, hThread, dwData)
}
@inlinable public func QueueUserWorkItem(_ Function: LPTHREAD_START_ROUTINE!, _ Context: PVOID!, _ Flags: ULONG) -> Bool
{ __QueueUserWorkItem(Function, Context, Flags) != 0 }
@inlinable public func RaiseException(
    _ dwExceptionCode: DWORD, _ dwExceptionFlags: DWORD, _ nNumberOfArguments: DWORD,
    _ lpArguments: UnsafePointer<ULONG_PTR>!
) { __RaiseException(dwExceptionCode, dwExceptionFlags, nNumberOfArguments, lpArguments) }
@inlinable public func ReadFile(
    _ hFile: HANDLE!, _ lpBuffer: LPVOID!, _ nNumberOfBytesToRead: DWORD, _ lpNumberOfBytesRead: LPDWORD!,
    _ lpOverlapped: LPOVERLAPPED!
) -> Bool { __ReadFile(hFile, lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead, lpOverlapped) != 0 }
@inlinable public func ReadFileEx(
    _ hFile: HANDLE!, _ lpBuffer: LPVOID!, _ nNumberOfBytesToRead: DWORD, _ lpOverlapped: LPOVERLAPPED!,
    _ lpCompletionRoutine: LPOVERLAPPED_COMPLETION_ROUTINE!
) -> Bool { __ReadFileEx(hFile, lpBuffer, nNumberOfBytesToRead, lpOverlapped, lpCompletionRoutine) != 0 }
@inlinable public func ReadFileScatter(
    _ hFile: HANDLE!, _ aSegmentArray: UnsafeMutablePointer<FILE_SEGMENT_ELEMENT>!, _ nNumberOfBytesToRead: DWORD,
    _ lpReserved: LPDWORD!, _ lpOverlapped: LPOVERLAPPED!
) -> Bool { __ReadFileScatter(hFile, aSegmentArray, nNumberOfBytesToRead, lpReserved, lpOverlapped) != 0 }
@inlinable public func RegisterServiceCtrlHandlerA(_ lpServiceName: LPCSTR!, _ lpHandlerProc: LPHANDLER_FUNCTION!)
    -> SERVICE_STATUS_HANDLE!
{ __RegisterServiceCtrlHandlerA(lpServiceName, lpHandlerProc) }
@inlinable public func RegisterServiceCtrlHandlerExA(
    _ lpServiceName: LPCSTR!, _ lpHandlerProc: LPHANDLER_FUNCTION_EX!, _ lpContext: LPVOID!
) -> SERVICE_STATUS_HANDLE! { __RegisterServiceCtrlHandlerExA(lpServiceName, lpHandlerProc, lpContext) }
@inlinable public func RegisterServiceCtrlHandlerExW(
    _ lpServiceName: LPCWSTR!, _ lpHandlerProc: LPHANDLER_FUNCTION_EX!, _ lpContext: LPVOID!
) -> SERVICE_STATUS_HANDLE! { __RegisterServiceCtrlHandlerExW(lpServiceName, lpHandlerProc, lpContext) }
@inlinable public func RegisterServiceCtrlHandlerW(_ lpServiceName: LPCWSTR!, _ lpHandlerProc: LPHANDLER_FUNCTION!)
    -> SERVICE_STATUS_HANDLE!
{ __RegisterServiceCtrlHandlerW(lpServiceName, lpHandlerProc) }
@inlinable public func RegisterWaitForSingleObject(
    _ phNewWaitObject: PHANDLE!, _ hObject: HANDLE!, _ Callback: WAITORTIMERCALLBACK!, _ Context: PVOID!,
    _ dwMilliseconds: ULONG, _ dwFlags: ULONG
) -> Bool { __RegisterWaitForSingleObject(phNewWaitObject, hObject, Callback, Context, dwMilliseconds, dwFlags) != 0 }
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func ReleaseMutex(_ hMutex: HANDLE!) -> Bool { __ReleaseMutex(hMutex) != 0 }
@inlinable public func ReleaseMutexWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE!, _ mut: HANDLE!) {
    __ReleaseMutexWhenCallbackReturns(pci, mut)
}
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func ReleaseSRWLockExclusive(_ SRWLock: PSRWLOCK!) { __ReleaseSRWLockExclusive(SRWLock) }
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func ReleaseSRWLockShared(_ SRWLock: PSRWLOCK!) { __ReleaseSRWLockShared(SRWLock) }
@inlinable public func ReleaseSemaphore(_ hSemaphore: HANDLE!, _ lReleaseCount: LONG, _ lpPreviousCount: LPLONG!)
    -> Bool
{ __ReleaseSemaphore(hSemaphore, lReleaseCount, lpPreviousCount) != 0 }
@inlinable public func ReleaseSemaphoreWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE!, _ sem: HANDLE!, _ crel: DWORD)
{ __ReleaseSemaphoreWhenCallbackReturns(pci, sem, crel) }
@inlinable public func RemoveDirectoryA(_ lpPathName: LPCSTR!) -> Bool { __RemoveDirectoryA(lpPathName) != 0 }
@inlinable public func RemoveDirectoryW(_ lpPathName: LPCWSTR!) -> Bool { __RemoveDirectoryW(lpPathName) != 0 }
@inlinable public func ResetEvent(_ hEvent: HANDLE!) -> Bool { __ResetEvent(hEvent) != 0 }
@inlinable public func ResumeThread(_ hThread: HANDLE!) -> DWORD { __ResumeThread(hThread) }
@inlinable public func RtlSecureZeroMemory(_ target: PVOID!, _ size: SIZE_T) -> PVOID! {
    __RtlSecureZeroMemory(target, size)
}
@inlinable public func SetConsoleCtrlHandler(_ HandlerRoutine: PHANDLER_ROUTINE!, _ Add: Bool) -> Bool {
    __SetConsoleCtrlHandler(HandlerRoutine, Add ? 1 : 0) != 0
}
@inlinable public func SetCriticalSectionSpinCount(_ lpCriticalSection: LPCRITICAL_SECTION!, _ dwSpinCount: DWORD)
    -> DWORD
{ __SetCriticalSectionSpinCount(lpCriticalSection, dwSpinCount) }
@inlinable public func SetCurrentDirectoryA(_ lpPathName: LPCSTR!) -> Bool { __SetCurrentDirectoryA(lpPathName) != 0 }
@inlinable public func SetCurrentDirectoryW(_ lpPathName: LPCWSTR!) -> Bool { __SetCurrentDirectoryW(lpPathName) != 0 }
@inlinable public func SetEndOfFile(_ hFile: HANDLE!) -> Bool { __SetEndOfFile(hFile) != 0 }
@inlinable public func SetEnvironmentVariableA(_ lpName: LPCSTR!, _ lpValue: LPCSTR!) -> Bool {
    __SetEnvironmentVariableA(lpName, lpValue) != 0
}
@inlinable public func SetEnvironmentVariableW(_ lpName: LPCWSTR!, _ lpValue: LPCWSTR!) -> Bool {
    __SetEnvironmentVariableW(lpName, lpValue) != 0
}
@inlinable public func SetEvent(_ hEvent: HANDLE!) -> Bool { __SetEvent(hEvent) != 0 }
@inlinable public func SetEventWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE!, _ evt: HANDLE!) {
    __SetEventWhenCallbackReturns(pci, evt)
}
@inlinable public func SetFileAttributesA(_ lpFileName: LPCSTR!, _ dwFileAttributes: DWORD) -> Bool {
    __SetFileAttributesA(lpFileName, dwFileAttributes) != 0
}
@inlinable public func SetFileAttributesW(_ lpFileName: LPCWSTR!, _ dwFileAttributes: DWORD) -> Bool {
    __SetFileAttributesW(lpFileName, dwFileAttributes) != 0
}
@inlinable public func SetFileCompletionNotificationModes(_ FileHandle: HANDLE!, _ Flags: UCHAR) -> Bool {
    __SetFileCompletionNotificationModes(FileHandle, Flags) != 0
}
@inlinable public func SetFileInformationByHandle(
    _ hFile: HANDLE!, _ FileInformationClass: FILE_INFO_BY_HANDLE_CLASS, _ lpFileInformation: LPVOID!,
    _ dwBufferSize: DWORD
) -> Bool { __SetFileInformationByHandle(hFile, FileInformationClass, lpFileInformation, dwBufferSize) != 0 }
@inlinable public func SetFilePointer(
    _ hFile: HANDLE!, _ lDistanceToMove: LONG, _ lpDistanceToMoveHigh: UnsafeMutablePointer<LONG>!,
    _ dwMoveMethod: DWORD
) -> DWORD { __SetFilePointer(hFile, lDistanceToMove, lpDistanceToMoveHigh, dwMoveMethod) }
@inlinable public func SetFilePointerEx(
    _ hFile: HANDLE!, _ liDistanceToMove: LARGE_INTEGER, _ lpNewFilePointer: PLARGE_INTEGER!, _ dwMoveMethod: DWORD
) -> Bool { __SetFilePointerEx(hFile, liDistanceToMove, lpNewFilePointer, dwMoveMethod) != 0 }
@inlinable public func SetFileTime(
    _ hFile: HANDLE!, _ lpCreationTime: UnsafePointer<FILETIME>!, _ lpLastAccessTime: UnsafePointer<FILETIME>!,
    _ lpLastWriteTime: UnsafePointer<FILETIME>!
) -> Bool { __SetFileTime(hFile, lpCreationTime, lpLastAccessTime, lpLastWriteTime) != 0 }
@inlinable public func SetHandleInformation(_ hObject: HANDLE!, _ dwMask: DWORD, _ dwFlags: DWORD) -> Bool {
    __SetHandleInformation(hObject, dwMask, dwFlags) != 0
}
@inlinable public func SetInformationJobObject(
    _ hJob: HANDLE!, _ JobObjectInformationClass: JOBOBJECTINFOCLASS, _ lpJobObjectInformation: LPVOID!,
    _ cbJobObjectInformationLength: DWORD
) -> Bool {
    __SetInformationJobObject(hJob, JobObjectInformationClass, lpJobObjectInformation, cbJobObjectInformationLength)
        != 0
}
@inlinable public func SetLastError(_ dwErrCode: DWORD) { __SetLastError(dwErrCode) }
@inlinable public func SetNamedPipeHandleState(
    _ hNamedPipe: HANDLE!, _ lpMode: LPDWORD!, _ lpMaxCollectionCount: LPDWORD!, _ lpCollectDataTimeout: LPDWORD!
) -> Bool { __SetNamedPipeHandleState(hNamedPipe, lpMode, lpMaxCollectionCount, lpCollectDataTimeout) != 0 }
@inlinable public func SetPriorityClass(_ hProcess: HANDLE!, _ dwPriorityClass: DWORD) -> Bool {
    __SetPriorityClass(hProcess, dwPriorityClass) != 0
}
@inlinable public func SetProcessAffinityMask(_ hProcess: HANDLE!, _ dwProcessAffinityMask: DWORD_PTR) -> Bool {
    __SetProcessAffinityMask(hProcess, dwProcessAffinityMask) != 0
}
@inlinable public func SetProcessPriorityBoost(_ hProcess: HANDLE!, _ bDisablePriorityBoost: Bool) -> Bool {
    __SetProcessPriorityBoost(hProcess, bDisablePriorityBoost ? 1 : 0) != 0
}
@inlinable public func SetSecurityDescriptorDacl(
    _ pSecurityDescriptor: PSECURITY_DESCRIPTOR!, _ bDaclPresent: Bool, _ pDacl: PACL!, _ bDaclDefaulted: Bool
) -> Bool { __SetSecurityDescriptorDacl(pSecurityDescriptor, bDaclPresent ? 1 : 0, pDacl, bDaclDefaulted ? 1 : 0) != 0 }
@inlinable public func SetServiceStatus(_ hServiceStatus: SERVICE_STATUS_HANDLE!, _ lpServiceStatus: LPSERVICE_STATUS!)
    -> Bool
{ __SetServiceStatus(hServiceStatus, lpServiceStatus) != 0 }
@inlinable public func SetThreadAffinityMask(_ hThread: HANDLE!, _ dwThreadAffinityMask: DWORD_PTR) -> DWORD_PTR {
    __SetThreadAffinityMask(hThread, dwThreadAffinityMask)
}
@inlinable public func SetThreadDescription(_ hThread: HANDLE!, _ lpThreadDescription: PCWSTR!) -> HRESULT {
    __SetThreadDescription(hThread, lpThreadDescription)
}
@inlinable public func SetThreadIdealProcessor(_ hThread: HANDLE!, _ dwIdealProcessor: DWORD) -> DWORD {
    __SetThreadIdealProcessor(hThread, dwIdealProcessor)
}
@inlinable public func SetThreadPriority(_ hThread: HANDLE!, _ nPriority: Int32) -> Bool {
    __SetThreadPriority(hThread, nPriority) != 0
}
@inlinable public func SetThreadPriorityBoost(_ hThread: HANDLE!, _ bDisablePriorityBoost: Bool) -> Bool {
    __SetThreadPriorityBoost(hThread, bDisablePriorityBoost ? 1 : 0) != 0
}
@inlinable public func SetThreadpoolCallbackCleanupGroup(
    _ pcbe: PTP_CALLBACK_ENVIRON!, _ ptpcg: PTP_CLEANUP_GROUP!, _ pfng: PTP_CLEANUP_GROUP_CANCEL_CALLBACK!
) { __SetThreadpoolCallbackCleanupGroup(pcbe, ptpcg, pfng) }
@inlinable public func SetThreadpoolCallbackLibrary(_ pcbe: PTP_CALLBACK_ENVIRON!, _ mod: PVOID!) {
    __SetThreadpoolCallbackLibrary(pcbe, mod)
}
@inlinable public func SetThreadpoolCallbackPersistent(_ pcbe: PTP_CALLBACK_ENVIRON!) {
    __SetThreadpoolCallbackPersistent(pcbe)
}
@inlinable public func SetThreadpoolCallbackPool(_ pcbe: PTP_CALLBACK_ENVIRON!, _ ptpp: PTP_POOL!) {
    __SetThreadpoolCallbackPool(pcbe, ptpp)
}
@inlinable public func SetThreadpoolCallbackPriority(_ pcbe: PTP_CALLBACK_ENVIRON!, _ Priority: TP_CALLBACK_PRIORITY) {
    __SetThreadpoolCallbackPriority(pcbe, Priority)
}
@inlinable public func SetThreadpoolCallbackRunsLong(_ pcbe: PTP_CALLBACK_ENVIRON!) {
    __SetThreadpoolCallbackRunsLong(pcbe)
}
@inlinable public func SetThreadpoolStackInformation(_ ptpp: PTP_POOL!, _ ptpsi: PTP_POOL_STACK_INFORMATION!) -> Bool {
    __SetThreadpoolStackInformation(ptpp, ptpsi) != 0
}
@inlinable public func SetThreadpoolThreadMaximum(_ ptpp: PTP_POOL!, _ cthrdMost: DWORD) {
    __SetThreadpoolThreadMaximum(ptpp, cthrdMost)
}
@inlinable public func SetThreadpoolThreadMinimum(_ ptpp: PTP_POOL!, _ cthrdMic: DWORD) -> Bool {
    __SetThreadpoolThreadMinimum(ptpp, cthrdMic) != 0
}
@inlinable public func SetThreadpoolTimer(
    _ pti: PTP_TIMER!, _ pftDueTime: PFILETIME!, _ msPeriod: DWORD, _ msWindowLength: DWORD
) { __SetThreadpoolTimer(pti, pftDueTime, msPeriod, msWindowLength) }
@inlinable public func SetThreadpoolTimerEx(
    _ pti: PTP_TIMER!, _ pftDueTime: PFILETIME!, _ msPeriod: DWORD, _ msWindowLength: DWORD
) -> Bool { __SetThreadpoolTimerEx(pti, pftDueTime, msPeriod, msWindowLength) != 0 }
@inlinable public func SetThreadpoolWait(_ pwa: PTP_WAIT!, _ h: HANDLE!, _ pftTimeout: PFILETIME!) {
    __SetThreadpoolWait(pwa, h, pftTimeout)
}
@inlinable public func SetThreadpoolWaitEx(_ pwa: PTP_WAIT!, _ h: HANDLE!, _ pftTimeout: PFILETIME!, _ Reserved: PVOID!)
    -> Bool
{ __SetThreadpoolWaitEx(pwa, h, pftTimeout, Reserved) != 0 }
@inlinable public func SetUnhandledExceptionFilter(_ lpTopLevelExceptionFilter: LPTOP_LEVEL_EXCEPTION_FILTER!)
    -> LPTOP_LEVEL_EXCEPTION_FILTER!
{ __SetUnhandledExceptionFilter(lpTopLevelExceptionFilter) }
@inlinable public func SetWaitableTimer(
    _ hTimer: HANDLE!, _ lpDueTime: UnsafePointer<LARGE_INTEGER>!, _ lPeriod: LONG,
    _ pfnCompletionRoutine: PTIMERAPCROUTINE!, _ lpArgToCompletionRoutine: LPVOID!, _ fResume: Bool
) -> Bool {
    __SetWaitableTimer(hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine, fResume ? 1 : 0) != 0
}
@inlinable public func SetWaitableTimerEx(
    _ hTimer: HANDLE!, _ lpDueTime: UnsafePointer<LARGE_INTEGER>!, _ lPeriod: LONG,
    _ pfnCompletionRoutine: PTIMERAPCROUTINE!, _ lpArgToCompletionRoutine: LPVOID!, _ WakeContext: PREASON_CONTEXT!,
    _ TolerableDelay: ULONG
) -> Bool {
    __SetWaitableTimerEx(
        hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine, WakeContext, TolerableDelay) != 0
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func SignalObjectAndWait(
    _ hObjectToSignal: HANDLE!, _ hObjectToWaitOn: HANDLE!, _ dwMilliseconds: DWORD, _ bAlertable: Bool
) -> DWORD { __SignalObjectAndWait(hObjectToSignal, hObjectToWaitOn, dwMilliseconds, bAlertable ? 1 : 0) }
@inlinable public func SignalboxHeartbeat(_ component: LPCSTR!) -> Bool { __SignalboxHeartbeat(component) != 0 }
@inlinable public func SignalboxHeartbeatEnd(_ component: LPCSTR!) -> Bool { __SignalboxHeartbeatEnd(component) != 0 }
@inlinable public func SignalboxServiceHandle(_ name: LPCSTR!) -> HANDLE! { __SignalboxServiceHandle(name) }
@inlinable public func SignalboxServiceReady(_ status: LPCSTR!) -> Bool { __SignalboxServiceReady(status) != 0 }
@inlinable public func SignalboxServiceRemove(_ name: LPCSTR!) -> Bool { __SignalboxServiceRemove(name) != 0 }
@inlinable public func SignalboxServiceSocket(_ name: LPCSTR!) -> UINT_PTR { __SignalboxServiceSocket(name) }
@inlinable public func SignalboxServiceStatus(_ status: LPCSTR!) -> Bool { __SignalboxServiceStatus(status) != 0 }
@inlinable public func SignalboxServiceStore(_ object: HANDLE!, _ name: LPCSTR!, _ flags: DWORD) -> Bool {
    __SignalboxServiceStore(object, name, flags) != 0
}
@available(*, noasync, message: "blocks the thread: await Task.sleep instead")
@inlinable public func Sleep(_ dwMilliseconds: DWORD) { __Sleep(dwMilliseconds) }
@available(*, noasync, message: "blocks the thread")
@inlinable public func SleepConditionVariableCS(
    _ ConditionVariable: PCONDITION_VARIABLE!, _ CriticalSection: PCRITICAL_SECTION!, _ dwMilliseconds: DWORD
) -> Bool { __SleepConditionVariableCS(ConditionVariable, CriticalSection, dwMilliseconds) != 0 }
@available(*, noasync, message: "blocks the thread")
@inlinable public func SleepConditionVariableSRW(
    _ ConditionVariable: PCONDITION_VARIABLE!, _ SRWLock: PSRWLOCK!, _ dwMilliseconds: DWORD, _ Flags: ULONG
) -> Bool { __SleepConditionVariableSRW(ConditionVariable, SRWLock, dwMilliseconds, Flags) != 0 }
@available(*, noasync, message: "blocks the thread: await Task.sleep instead")
@inlinable public func SleepEx(_ dwMilliseconds: DWORD, _ bAlertable: Bool) -> DWORD {
    __SleepEx(dwMilliseconds, bAlertable ? 1 : 0)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func StartServiceCtrlDispatcherA(_ lpServiceStartTable: UnsafePointer<SERVICE_TABLE_ENTRYA>!) -> Bool
{ __StartServiceCtrlDispatcherA(lpServiceStartTable) != 0 }
@available(*, noasync, message: "blocks the thread")
@inlinable public func StartServiceCtrlDispatcherW(_ lpServiceStartTable: UnsafePointer<SERVICE_TABLE_ENTRYW>!) -> Bool
{ __StartServiceCtrlDispatcherW(lpServiceStartTable) != 0 }
@inlinable public func StartThreadpoolIo(_ pio: PTP_IO!) { __StartThreadpoolIo(pio) }
@inlinable public func StringCbCatA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<CHAR>!
) -> HRESULT { __StringCbCatA(pszDest, cbDest, pszSrc) }
@inlinable public func StringCbCatNA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<CHAR>!, _ cbToAppend: Int
) -> HRESULT { __StringCbCatNA(pszDest, cbDest, pszSrc, cbToAppend) }
@inlinable public func StringCbCatNW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<WCHAR>!, _ cbToAppend: Int
) -> HRESULT { __StringCbCatNW(pszDest, cbDest, pszSrc, cbToAppend) }
@inlinable public func StringCbCatW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<WCHAR>!
) -> HRESULT { __StringCbCatW(pszDest, cbDest, pszSrc) }
@inlinable public func StringCbCopyA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<CHAR>!
) -> HRESULT { __StringCbCopyA(pszDest, cbDest, pszSrc) }
@inlinable public func StringCbCopyNA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<CHAR>!, _ cbToCopy: Int
) -> HRESULT { __StringCbCopyNA(pszDest, cbDest, pszSrc, cbToCopy) }
@inlinable public func StringCbCopyNW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<WCHAR>!, _ cbToCopy: Int
) -> HRESULT { __StringCbCopyNW(pszDest, cbDest, pszSrc, cbToCopy) }
@inlinable public func StringCbCopyW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cbDest: Int, _ pszSrc: UnsafePointer<WCHAR>!
) -> HRESULT { __StringCbCopyW(pszDest, cbDest, pszSrc) }
@inlinable public func StringCbLengthA(
    _ psz: UnsafePointer<CHAR>!, _ cbMax: Int, _ pcbLength: UnsafeMutablePointer<Int>!
) -> HRESULT { __StringCbLengthA(psz, cbMax, pcbLength) }
@inlinable public func StringCbLengthW(
    _ psz: UnsafePointer<WCHAR>!, _ cbMax: Int, _ pcbLength: UnsafeMutablePointer<Int>!
) -> HRESULT { __StringCbLengthW(psz, cbMax, pcbLength) }
@inlinable public func StringCbVPrintfA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cbDest: Int, _ pszFormat: UnsafePointer<CHAR>!, _ argList: CVaListPointer
) -> HRESULT { __StringCbVPrintfA(pszDest, cbDest, pszFormat, argList) }
@inlinable public func StringCbVPrintfW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cbDest: Int, _ pszFormat: UnsafePointer<WCHAR>!,
    _ argList: CVaListPointer
) -> HRESULT { __StringCbVPrintfW(pszDest, cbDest, pszFormat, argList) }
@inlinable public func StringCchCatA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<CHAR>!
) -> HRESULT { __StringCchCatA(pszDest, cchDest, pszSrc) }
@inlinable public func StringCchCatNA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<CHAR>!, _ cchToAppend: Int
) -> HRESULT { __StringCchCatNA(pszDest, cchDest, pszSrc, cchToAppend) }
@inlinable public func StringCchCatNW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<WCHAR>!, _ cchToAppend: Int
) -> HRESULT { __StringCchCatNW(pszDest, cchDest, pszSrc, cchToAppend) }
@inlinable public func StringCchCatW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<WCHAR>!
) -> HRESULT { __StringCchCatW(pszDest, cchDest, pszSrc) }
@inlinable public func StringCchCopyA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<CHAR>!
) -> HRESULT { __StringCchCopyA(pszDest, cchDest, pszSrc) }
@inlinable public func StringCchCopyNA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<CHAR>!, _ cchToCopy: Int
) -> HRESULT { __StringCchCopyNA(pszDest, cchDest, pszSrc, cchToCopy) }
@inlinable public func StringCchCopyNW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<WCHAR>!, _ cchToCopy: Int
) -> HRESULT { __StringCchCopyNW(pszDest, cchDest, pszSrc, cchToCopy) }
@inlinable public func StringCchCopyW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cchDest: Int, _ pszSrc: UnsafePointer<WCHAR>!
) -> HRESULT { __StringCchCopyW(pszDest, cchDest, pszSrc) }
@inlinable public func StringCchLengthA(
    _ psz: UnsafePointer<CHAR>!, _ cchMax: Int, _ pcchLength: UnsafeMutablePointer<Int>!
) -> HRESULT { __StringCchLengthA(psz, cchMax, pcchLength) }
@inlinable public func StringCchLengthW(
    _ psz: UnsafePointer<WCHAR>!, _ cchMax: Int, _ pcchLength: UnsafeMutablePointer<Int>!
) -> HRESULT { __StringCchLengthW(psz, cchMax, pcchLength) }
@inlinable public func StringCchVPrintfA(
    _ pszDest: UnsafeMutablePointer<CHAR>!, _ cchDest: Int, _ pszFormat: UnsafePointer<CHAR>!, _ argList: CVaListPointer
) -> HRESULT { __StringCchVPrintfA(pszDest, cchDest, pszFormat, argList) }
@inlinable public func StringCchVPrintfW(
    _ pszDest: UnsafeMutablePointer<WCHAR>!, _ cchDest: Int, _ pszFormat: UnsafePointer<WCHAR>!,
    _ argList: CVaListPointer
) -> HRESULT { __StringCchVPrintfW(pszDest, cchDest, pszFormat, argList) }
@inlinable public func SubmitThreadpoolWork(_ pwk: PTP_WORK!) { __SubmitThreadpoolWork(pwk) }
@inlinable public func SuspendThread(_ hThread: HANDLE!) -> DWORD { __SuspendThread(hThread) }
@inlinable public func SwitchToThread() -> Bool { __SwitchToThread() != 0 }
@inlinable public func TerminateJobObject(_ hJob: HANDLE!, _ uExitCode: UINT) -> Bool {
    __TerminateJobObject(hJob, uExitCode) != 0
}
@inlinable public func TerminateProcess(_ hProcess: HANDLE!, _ uExitCode: UINT) -> Bool {
    __TerminateProcess(hProcess, uExitCode) != 0
}
@inlinable public func TerminateThread(_ hThread: HANDLE!, _ dwExitCode: DWORD) -> Bool {
    __TerminateThread(hThread, dwExitCode) != 0
}
@inlinable public func TlsAlloc() -> DWORD { __TlsAlloc() }
@inlinable public func TlsFree(_ dwTlsIndex: DWORD) -> Bool { __TlsFree(dwTlsIndex) != 0 }
@available(*, noasync, message: "each thread has its own; a task may go on on another: use a TaskLocal instead")
@inlinable public func TlsGetValue(_ dwTlsIndex: DWORD) -> LPVOID! { __TlsGetValue(dwTlsIndex) }
@available(*, noasync, message: "each thread has its own; a task may go on on another: use a TaskLocal instead")
@inlinable public func TlsSetValue(_ dwTlsIndex: DWORD, _ lpTlsValue: LPVOID!) -> Bool {
    __TlsSetValue(dwTlsIndex, lpTlsValue) != 0
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func TransactNamedPipe(
    _ hNamedPipe: HANDLE!, _ lpInBuffer: LPVOID!, _ nInBufferSize: DWORD, _ lpOutBuffer: LPVOID!,
    _ nOutBufferSize: DWORD, _ lpBytesRead: LPDWORD!, _ lpOverlapped: LPOVERLAPPED!
) -> Bool {
    __TransactNamedPipe(hNamedPipe, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, lpOverlapped)
        != 0
}
@inlinable public func TransmitFile(
    _ hSocket: SOCKET, _ hFile: HANDLE!, _ nNumberOfBytesToWrite: DWORD, _ nNumberOfBytesPerSend: DWORD,
    _ lpOverlapped: LPOVERLAPPED!, _ lpTransmitBuffers: LPTRANSMIT_FILE_BUFFERS!, _ dwReserved: DWORD
) -> Bool {
    __TransmitFile(
        hSocket, hFile, nNumberOfBytesToWrite, nNumberOfBytesPerSend, lpOverlapped, lpTransmitBuffers, dwReserved) != 0
}
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func TryAcquireSRWLockExclusive(_ SRWLock: PSRWLOCK!) -> BOOLEAN {
    __TryAcquireSRWLockExclusive(SRWLock)
}
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func TryAcquireSRWLockShared(_ SRWLock: PSRWLOCK!) -> BOOLEAN { __TryAcquireSRWLockShared(SRWLock) }
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func TryEnterCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) -> Bool {
    __TryEnterCriticalSection(lpCriticalSection) != 0
}
@inlinable public func TrySubmitThreadpoolCallback(
    _ pfns: PTP_SIMPLE_CALLBACK!, _ pv: PVOID!, _ pcbe: PTP_CALLBACK_ENVIRON!
) -> Bool { __TrySubmitThreadpoolCallback(pfns, pv, pcbe) != 0 }
@inlinable public func UnlockFile(
    _ hFile: HANDLE!, _ dwFileOffsetLow: DWORD, _ dwFileOffsetHigh: DWORD, _ nNumberOfBytesToUnlockLow: DWORD,
    _ nNumberOfBytesToUnlockHigh: DWORD
) -> Bool {
    __UnlockFile(hFile, dwFileOffsetLow, dwFileOffsetHigh, nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh) != 0
}
@inlinable public func UnlockFileEx(
    _ hFile: HANDLE!, _ dwReserved: DWORD, _ nNumberOfBytesToUnlockLow: DWORD, _ nNumberOfBytesToUnlockHigh: DWORD,
    _ lpOverlapped: LPOVERLAPPED!
) -> Bool {
    __UnlockFileEx(hFile, dwReserved, nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh, lpOverlapped) != 0
}
@inlinable public func UnregisterWait(_ WaitHandle: HANDLE!) -> Bool { __UnregisterWait(WaitHandle) != 0 }
@inlinable public func UnregisterWaitEx(_ WaitHandle: HANDLE!, _ CompletionEvent: HANDLE!) -> Bool {
    __UnregisterWaitEx(WaitHandle, CompletionEvent) != 0
}
@inlinable public func VirtualAlloc(
    _ lpAddress: LPVOID!, _ dwSize: SIZE_T, _ flAllocationType: DWORD, _ flProtect: DWORD
) -> LPVOID! { __VirtualAlloc(lpAddress, dwSize, flAllocationType, flProtect) }
@inlinable public func VirtualFree(_ lpAddress: LPVOID!, _ dwSize: SIZE_T, _ dwFreeType: DWORD) -> Bool {
    __VirtualFree(lpAddress, dwSize, dwFreeType) != 0
}
@inlinable public func VirtualProtect(
    _ lpAddress: LPVOID!, _ dwSize: SIZE_T, _ flNewProtect: DWORD, _ lpflOldProtect: PDWORD!
) -> Bool { __VirtualProtect(lpAddress, dwSize, flNewProtect, lpflOldProtect) != 0 }
@inlinable public func VirtualQuery(_ lpAddress: LPCVOID!, _ lpBuffer: PMEMORY_BASIC_INFORMATION!, _ dwLength: SIZE_T)
    -> SIZE_T
{ __VirtualQuery(lpAddress, lpBuffer, dwLength) }
@available(*, noasync, message: "blocks the thread: await SocketObject.accept() instead")
@inlinable public func WSAAccept(
    _ s: SOCKET, _ addr: UnsafeMutablePointer<SOCKADDR>!, _ addrlen: LPINT!, _ lpfnCondition: LPCONDITIONPROC!,
    _ dwCallbackData: DWORD_PTR
) -> SOCKET { __WSAAccept(s, addr, addrlen, lpfnCondition, dwCallbackData) }
@inlinable public func WSACleanup() -> Int32 { __WSACleanup() }
@inlinable public func WSACloseEvent(_ hEvent: WSAEVENT!) -> Bool { __WSACloseEvent(hEvent) != 0 }
@available(*, noasync, message: "blocks the thread")
@inlinable public func WSAConnect(
    _ s: SOCKET, _ name: UnsafePointer<SOCKADDR>!, _ namelen: Int32, _ lpCallerData: LPWSABUF!,
    _ lpCalleeData: LPWSABUF!, _ lpSQOS: LPQOS!, _ lpGQOS: LPQOS!
) -> Int32 { __WSAConnect(s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS) }
@inlinable public func WSACreateEvent() -> WSAEVENT! { __WSACreateEvent() }
@inlinable public func WSAEnumNetworkEvents(
    _ s: SOCKET, _ hEventObject: WSAEVENT!, _ lpNetworkEvents: LPWSANETWORKEVENTS!
) -> Int32 { __WSAEnumNetworkEvents(s, hEventObject, lpNetworkEvents) }
@inlinable public func WSAEventSelect(_ s: SOCKET, _ hEventObject: WSAEVENT!, _ lNetworkEvents: LONG) -> Int32 {
    __WSAEventSelect(s, hEventObject, lNetworkEvents)
}
@inlinable public func WSAGetLastError() -> Int32 { __WSAGetLastError() }
@available(*, noasync, message: "blocks the thread, if it is to wait: await the object instead")
@inlinable public func WSAGetOverlappedResult(
    _ s: SOCKET, _ lpOverlapped: LPWSAOVERLAPPED!, _ lpcbTransfer: LPDWORD!, _ fWait: Bool, _ lpdwFlags: LPDWORD!
) -> Bool { __WSAGetOverlappedResult(s, lpOverlapped, lpcbTransfer, fWait ? 1 : 0, lpdwFlags) != 0 }
@inlinable public func WSAIoctl(
    _ s: SOCKET, _ dwIoControlCode: DWORD, _ lpvInBuffer: LPVOID!, _ cbInBuffer: DWORD, _ lpvOutBuffer: LPVOID!,
    _ cbOutBuffer: DWORD, _ lpcbBytesReturned: LPDWORD!, _ lpOverlapped: LPWSAOVERLAPPED!,
    _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 {
    __WSAIoctl(
        s, dwIoControlCode, lpvInBuffer, cbInBuffer, lpvOutBuffer, cbOutBuffer, lpcbBytesReturned, lpOverlapped,
        lpCompletionRoutine)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WSAPoll(_ fdArray: LPWSAPOLLFD!, _ fds: ULONG, _ timeout: INT) -> Int32 {
    __WSAPoll(fdArray, fds, timeout)
}
@inlinable public func WSARecv(
    _ s: SOCKET, _ lpBuffers: LPWSABUF!, _ dwBufferCount: DWORD, _ lpNumberOfBytesRecvd: LPDWORD!, _ lpFlags: LPDWORD!,
    _ lpOverlapped: LPWSAOVERLAPPED!, _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 { __WSARecv(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, lpOverlapped, lpCompletionRoutine) }
@inlinable public func WSARecvFrom(
    _ s: SOCKET, _ lpBuffers: LPWSABUF!, _ dwBufferCount: DWORD, _ lpNumberOfBytesRecvd: LPDWORD!, _ lpFlags: LPDWORD!,
    _ lpFrom: UnsafeMutablePointer<SOCKADDR>!, _ lpFromlen: LPINT!, _ lpOverlapped: LPWSAOVERLAPPED!,
    _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 {
    __WSARecvFrom(
        s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, lpFrom, lpFromlen, lpOverlapped, lpCompletionRoutine
    )
}
@inlinable public func WSARecvMsg(
    _ s: SOCKET, _ lpMsg: LPWSAMSG!, _ lpdwNumberOfBytesRecvd: LPDWORD!, _ lpOverlapped: LPWSAOVERLAPPED!,
    _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 { __WSARecvMsg(s, lpMsg, lpdwNumberOfBytesRecvd, lpOverlapped, lpCompletionRoutine) }
@inlinable public func WSAResetEvent(_ hEvent: WSAEVENT!) -> Bool { __WSAResetEvent(hEvent) != 0 }
@inlinable public func WSASend(
    _ s: SOCKET, _ lpBuffers: LPWSABUF!, _ dwBufferCount: DWORD, _ lpNumberOfBytesSent: LPDWORD!, _ dwFlags: DWORD,
    _ lpOverlapped: LPWSAOVERLAPPED!, _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 { __WSASend(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, lpOverlapped, lpCompletionRoutine) }
@inlinable public func WSASendMsg(
    _ s: SOCKET, _ lpMsg: LPWSAMSG!, _ dwFlags: DWORD, _ lpNumberOfBytesSent: LPDWORD!,
    _ lpOverlapped: LPWSAOVERLAPPED!, _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 { __WSASendMsg(s, lpMsg, dwFlags, lpNumberOfBytesSent, lpOverlapped, lpCompletionRoutine) }
@inlinable public func WSASendTo(
    _ s: SOCKET, _ lpBuffers: LPWSABUF!, _ dwBufferCount: DWORD, _ lpNumberOfBytesSent: LPDWORD!, _ dwFlags: DWORD,
    _ lpTo: UnsafePointer<SOCKADDR>!, _ iTolen: Int32, _ lpOverlapped: LPWSAOVERLAPPED!,
    _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 {
    __WSASendTo(
        s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, lpTo, iTolen, lpOverlapped, lpCompletionRoutine)
}
@inlinable public func WSASetEvent(_ hEvent: WSAEVENT!) -> Bool { __WSASetEvent(hEvent) != 0 }
@inlinable public func WSASetLastError(_ iError: Int32) { __WSASetLastError(iError) }
@inlinable public func WSASocketA(
    _ af: Int32, _ type: Int32, _ `protocol`: Int32, _ lpProtocolInfo: LPWSAPROTOCOL_INFOA!, _ g: GROUP,
    _ dwFlags: DWORD
) -> SOCKET { __WSASocketA(af, type, `protocol`, lpProtocolInfo, g, dwFlags) }
@inlinable public func WSASocketW(
    _ af: Int32, _ type: Int32, _ `protocol`: Int32, _ lpProtocolInfo: LPWSAPROTOCOL_INFOW!, _ g: GROUP,
    _ dwFlags: DWORD
) -> SOCKET { __WSASocketW(af, type, `protocol`, lpProtocolInfo, g, dwFlags) }
@inlinable public func WSAStartup(_ wVersionRequested: WORD, _ lpWSAData: LPWSADATA!) -> Int32 {
    __WSAStartup(wVersionRequested, lpWSAData)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WSAWaitForMultipleEvents(
    _ cEvents: DWORD, _ lphEvents: UnsafePointer<WSAEVENT?>!, _ fWaitAll: Bool, _ dwTimeout: DWORD, _ fAlertable: Bool
) -> DWORD { __WSAWaitForMultipleEvents(cEvents, lphEvents, fWaitAll ? 1 : 0, dwTimeout, fAlertable ? 1 : 0) }
@available(*, noasync, message: "blocks the thread: await waitAny or waitAll instead")
@inlinable public func WaitForMultipleObjects(
    _ nCount: DWORD, _ lpHandles: UnsafePointer<HANDLE?>!, _ bWaitAll: Bool, _ dwMilliseconds: DWORD
) -> DWORD { __WaitForMultipleObjects(nCount, lpHandles, bWaitAll ? 1 : 0, dwMilliseconds) }
@available(*, noasync, message: "blocks the thread: await waitAny or waitAll instead")
@inlinable public func WaitForMultipleObjectsEx(
    _ nCount: DWORD, _ lpHandles: UnsafePointer<HANDLE?>!, _ bWaitAll: Bool, _ dwMilliseconds: DWORD, _ bAlertable: Bool
) -> DWORD { __WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll ? 1 : 0, dwMilliseconds, bAlertable ? 1 : 0) }
@available(*, noasync, message: "blocks the thread: await the object instead")
@inlinable public func WaitForSingleObject(_ hHandle: HANDLE!, _ dwMilliseconds: DWORD) -> DWORD {
    __WaitForSingleObject(hHandle, dwMilliseconds)
}
@available(*, noasync, message: "blocks the thread: await the object instead")
@inlinable public func WaitForSingleObjectEx(_ hHandle: HANDLE!, _ dwMilliseconds: DWORD, _ bAlertable: Bool) -> DWORD {
    __WaitForSingleObjectEx(hHandle, dwMilliseconds, bAlertable ? 1 : 0)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WaitForThreadpoolIoCallbacks(_ pio: PTP_IO!, _ fCancelPendingCallbacks: Bool) {
    __WaitForThreadpoolIoCallbacks(pio, fCancelPendingCallbacks ? 1 : 0)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WaitForThreadpoolTimerCallbacks(_ pti: PTP_TIMER!, _ fCancelPendingCallbacks: Bool) {
    __WaitForThreadpoolTimerCallbacks(pti, fCancelPendingCallbacks ? 1 : 0)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WaitForThreadpoolWaitCallbacks(_ pwa: PTP_WAIT!, _ fCancelPendingCallbacks: Bool) {
    __WaitForThreadpoolWaitCallbacks(pwa, fCancelPendingCallbacks ? 1 : 0)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WaitForThreadpoolWorkCallbacks(_ pwk: PTP_WORK!, _ fCancelPendingCallbacks: Bool) {
    __WaitForThreadpoolWorkCallbacks(pwk, fCancelPendingCallbacks ? 1 : 0)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WaitNamedPipeA(_ lpNamedPipeName: LPCSTR!, _ nTimeOut: DWORD) -> Bool {
    __WaitNamedPipeA(lpNamedPipeName, nTimeOut) != 0
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WaitNamedPipeW(_ lpNamedPipeName: LPCWSTR!, _ nTimeOut: DWORD) -> Bool {
    __WaitNamedPipeW(lpNamedPipeName, nTimeOut) != 0
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func WaitOnAddress(
    _ Address: UnsafeMutableRawPointer!, _ CompareAddress: PVOID!, _ AddressSize: SIZE_T, _ dwMilliseconds: DWORD
) -> Bool { __WaitOnAddress(Address, CompareAddress, AddressSize, dwMilliseconds) != 0 }
@inlinable public func WakeAllConditionVariable(_ ConditionVariable: PCONDITION_VARIABLE!) {
    __WakeAllConditionVariable(ConditionVariable)
}
@inlinable public func WakeByAddressAll(_ Address: PVOID!) { __WakeByAddressAll(Address) }
@inlinable public func WakeByAddressSingle(_ Address: PVOID!) { __WakeByAddressSingle(Address) }
@inlinable public func WakeConditionVariable(_ ConditionVariable: PCONDITION_VARIABLE!) {
    __WakeConditionVariable(ConditionVariable)
}
@inlinable public func WideCharToMultiByte(
    _ CodePage: UINT, _ dwFlags: DWORD, _ lpWideCharStr: LPCWCH!, _ cchWideChar: Int32, _ lpMultiByteStr: LPSTR!,
    _ cbMultiByte: Int32, _ lpDefaultChar: LPCCH!, _ lpUsedDefaultChar: LPBOOL!
) -> Int32 {
    __WideCharToMultiByte(
        CodePage, dwFlags, lpWideCharStr, cchWideChar, lpMultiByteStr, cbMultiByte, lpDefaultChar, lpUsedDefaultChar)
}
@inlinable public func WriteFile(
    _ hFile: HANDLE!, _ lpBuffer: LPCVOID!, _ nNumberOfBytesToWrite: DWORD, _ lpNumberOfBytesWritten: LPDWORD!,
    _ lpOverlapped: LPOVERLAPPED!
) -> Bool { __WriteFile(hFile, lpBuffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten, lpOverlapped) != 0 }
@inlinable public func WriteFileEx(
    _ hFile: HANDLE!, _ lpBuffer: LPCVOID!, _ nNumberOfBytesToWrite: DWORD, _ lpOverlapped: LPOVERLAPPED!,
    _ lpCompletionRoutine: LPOVERLAPPED_COMPLETION_ROUTINE!
) -> Bool { __WriteFileEx(hFile, lpBuffer, nNumberOfBytesToWrite, lpOverlapped, lpCompletionRoutine) != 0 }
@inlinable public func WriteFileGather(
    _ hFile: HANDLE!, _ aSegmentArray: UnsafeMutablePointer<FILE_SEGMENT_ELEMENT>!, _ nNumberOfBytesToWrite: DWORD,
    _ lpReserved: LPDWORD!, _ lpOverlapped: LPOVERLAPPED!
) -> Bool { __WriteFileGather(hFile, aSegmentArray, nNumberOfBytesToWrite, lpReserved, lpOverlapped) != 0 }
@inlinable public func YieldProcessor() { __YieldProcessor() }
@inlinable public func _atoi64(_ string: UnsafePointer<CChar>!) -> LONGLONG { ___atoi64(string) }
@inlinable public func _beginthread(
    _ start_address: _beginthread_proc_type!, _ stack_size: UInt32, _ arglist: UnsafeMutableRawPointer!
) -> UINT_PTR { ___beginthread(start_address, stack_size, arglist) }
@inlinable public func _beginthreadex(
    _ security: UnsafeMutableRawPointer!, _ stack_size: UInt32, _ start_address: _beginthreadex_proc_type!,
    _ arglist: UnsafeMutableRawPointer!, _ initflag: UInt32, _ thrdaddr: UnsafeMutablePointer<UInt32>!
) -> UINT_PTR { ___beginthreadex(security, stack_size, start_address, arglist, initflag, thrdaddr) }
@inlinable public func _endthread() -> Never { ___endthread() }
@inlinable public func _endthreadex(_ retval: UInt32) -> Never { ___endthreadex(retval) }
@inlinable public func _get_invalid_parameter_handler() -> _invalid_parameter_handler! {
    ___get_invalid_parameter_handler()
}
@inlinable public func _i64toa(_ value: LONGLONG, _ buffer: UnsafeMutablePointer<CChar>!, _ radix: Int32)
    -> UnsafeMutablePointer<CChar>!
{ ___i64toa(value, buffer, radix) }
@inlinable public func _i64toa_s(_ value: LONGLONG, _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___i64toa_s(value, buffer, size, radix) }
@inlinable public func _i64tow(_ value: LONGLONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ radix: Int32)
    -> UnsafeMutablePointer<WCHAR>!
{ ___i64tow(value, buffer, radix) }
@inlinable public func _i64tow_s(_ value: LONGLONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___i64tow_s(value, buffer, size, radix) }
@inlinable public func _itoa(_ value: Int32, _ buffer: UnsafeMutablePointer<CChar>!, _ radix: Int32)
    -> UnsafeMutablePointer<CChar>!
{ ___itoa(value, buffer, radix) }
@inlinable public func _itoa_s(_ value: Int32, _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___itoa_s(value, buffer, size, radix) }
@inlinable public func _itow(_ value: Int32, _ buffer: UnsafeMutablePointer<WCHAR>!, _ radix: Int32)
    -> UnsafeMutablePointer<WCHAR>!
{ ___itow(value, buffer, radix) }
@inlinable public func _itow_s(_ value: Int32, _ buffer: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___itow_s(value, buffer, size, radix) }
@inlinable public func _ltoa(_ value: LONG, _ buffer: UnsafeMutablePointer<CChar>!, _ radix: Int32)
    -> UnsafeMutablePointer<CChar>!
{ ___ltoa(value, buffer, radix) }
@inlinable public func _ltoa_s(_ value: LONG, _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___ltoa_s(value, buffer, size, radix) }
@inlinable public func _ltow(_ value: LONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ radix: Int32)
    -> UnsafeMutablePointer<WCHAR>!
{ ___ltow(value, buffer, radix) }
@inlinable public func _ltow_s(_ value: LONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___ltow_s(value, buffer, size, radix) }
@inlinable public func _putws(_ string: UnsafePointer<WCHAR>!) -> Int32 { ___putws(string) }
@inlinable public func _set_invalid_parameter_handler(_ handler: _invalid_parameter_handler!)
    -> _invalid_parameter_handler!
{ ___set_invalid_parameter_handler(handler) }
@inlinable public func _strdup(_ string: UnsafePointer<CChar>!) -> UnsafeMutablePointer<CChar>! { ___strdup(string) }
@inlinable public func _stricmp(_ first: UnsafePointer<CChar>!, _ second: UnsafePointer<CChar>!) -> Int32 {
    ___stricmp(first, second)
}
@inlinable public func _strlwr(_ string: UnsafeMutablePointer<CChar>!) -> UnsafeMutablePointer<CChar>! {
    ___strlwr(string)
}
@inlinable public func _strlwr_s(_ string: UnsafeMutablePointer<CChar>!, _ size: Int) -> errno_t {
    ___strlwr_s(string, size)
}
@inlinable public func _strnicmp(_ first: UnsafePointer<CChar>!, _ second: UnsafePointer<CChar>!, _ count: Int) -> Int32
{ ___strnicmp(first, second, count) }
@inlinable public func _strtoi64(
    _ string: UnsafePointer<CChar>!, _ end: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!, _ base: Int32
) -> LONGLONG { ___strtoi64(string, end, base) }
@inlinable public func _strtoui64(
    _ string: UnsafePointer<CChar>!, _ end: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!, _ base: Int32
) -> ULONGLONG { ___strtoui64(string, end, base) }
@inlinable public func _strupr(_ string: UnsafeMutablePointer<CChar>!) -> UnsafeMutablePointer<CChar>! {
    ___strupr(string)
}
@inlinable public func _strupr_s(_ string: UnsafeMutablePointer<CChar>!, _ size: Int) -> errno_t {
    ___strupr_s(string, size)
}
@inlinable public func _ui64toa(_ value: ULONGLONG, _ buffer: UnsafeMutablePointer<CChar>!, _ radix: Int32)
    -> UnsafeMutablePointer<CChar>!
{ ___ui64toa(value, buffer, radix) }
@inlinable public func _ui64toa_s(
    _ value: ULONGLONG, _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ radix: Int32
) -> errno_t { ___ui64toa_s(value, buffer, size, radix) }
@inlinable public func _ui64tow(_ value: ULONGLONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ radix: Int32)
    -> UnsafeMutablePointer<WCHAR>!
{ ___ui64tow(value, buffer, radix) }
@inlinable public func _ui64tow_s(
    _ value: ULONGLONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ radix: Int32
) -> errno_t { ___ui64tow_s(value, buffer, size, radix) }
@inlinable public func _ultoa(_ value: ULONG, _ buffer: UnsafeMutablePointer<CChar>!, _ radix: Int32)
    -> UnsafeMutablePointer<CChar>!
{ ___ultoa(value, buffer, radix) }
@inlinable public func _ultoa_s(_ value: ULONG, _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___ultoa_s(value, buffer, size, radix) }
@inlinable public func _ultow(_ value: ULONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ radix: Int32)
    -> UnsafeMutablePointer<WCHAR>!
{ ___ultow(value, buffer, radix) }
@inlinable public func _ultow_s(_ value: ULONG, _ buffer: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ radix: Int32)
    -> errno_t
{ ___ultow_s(value, buffer, size, radix) }
@inlinable public func _vscprintf(_ format: UnsafePointer<CChar>!, _ arguments: CVaListPointer) -> Int32 {
    ___vscprintf(format, arguments)
}
@inlinable public func _vscwprintf(_ format: UnsafePointer<WCHAR>!, _ arguments: CVaListPointer) -> Int32 {
    ___vscwprintf(format, arguments)
}
@inlinable public func _vsnprintf(
    _ buffer: UnsafeMutablePointer<CChar>!, _ count: Int, _ format: UnsafePointer<CChar>!, _ arguments: CVaListPointer
) -> Int32 { ___vsnprintf(buffer, count, format, arguments) }
@inlinable public func _vsnprintf_s(
    _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ count: Int, _ format: UnsafePointer<CChar>!,
    _ arguments: CVaListPointer
) -> Int32 { ___vsnprintf_s(buffer, size, count, format, arguments) }
@inlinable public func _vsnwprintf(
    _ buffer: UnsafeMutablePointer<WCHAR>!, _ count: Int, _ format: UnsafePointer<WCHAR>!, _ arguments: CVaListPointer
) -> Int32 { ___vsnwprintf(buffer, count, format, arguments) }
@inlinable public func _vsnwprintf_s(
    _ buffer: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ count: Int, _ format: UnsafePointer<WCHAR>!,
    _ arguments: CVaListPointer
) -> Int32 { ___vsnwprintf_s(buffer, size, count, format, arguments) }
@inlinable public func _vswprintf(
    _ buffer: UnsafeMutablePointer<WCHAR>!, _ format: UnsafePointer<WCHAR>!, _ arguments: CVaListPointer
) -> Int32 { ___vswprintf(buffer, format, arguments) }
@inlinable public func _wcsdup(_ string: UnsafePointer<WCHAR>!) -> UnsafeMutablePointer<WCHAR>! { ___wcsdup(string) }
@inlinable public func _wcsicmp(_ first: UnsafePointer<WCHAR>!, _ second: UnsafePointer<WCHAR>!) -> Int32 {
    ___wcsicmp(first, second)
}
@inlinable public func _wcslwr(_ string: UnsafeMutablePointer<WCHAR>!) -> UnsafeMutablePointer<WCHAR>! {
    ___wcslwr(string)
}
@inlinable public func _wcslwr_s(_ string: UnsafeMutablePointer<WCHAR>!, _ size: Int) -> errno_t {
    ___wcslwr_s(string, size)
}
@inlinable public func _wcsnicmp(_ first: UnsafePointer<WCHAR>!, _ second: UnsafePointer<WCHAR>!, _ count: Int) -> Int32
{ ___wcsnicmp(first, second, count) }
@inlinable public func _wcstoi64(
    _ string: UnsafePointer<WCHAR>!, _ end: UnsafeMutablePointer<UnsafeMutablePointer<WCHAR>?>!, _ base: Int32
) -> LONGLONG { ___wcstoi64(string, end, base) }
@inlinable public func _wcstoui64(
    _ string: UnsafePointer<WCHAR>!, _ end: UnsafeMutablePointer<UnsafeMutablePointer<WCHAR>?>!, _ base: Int32
) -> ULONGLONG { ___wcstoui64(string, end, base) }
@inlinable public func _wcsupr(_ string: UnsafeMutablePointer<WCHAR>!) -> UnsafeMutablePointer<WCHAR>! {
    ___wcsupr(string)
}
@inlinable public func _wcsupr_s(_ string: UnsafeMutablePointer<WCHAR>!, _ size: Int) -> errno_t {
    ___wcsupr_s(string, size)
}
@inlinable public func _wtof(_ string: UnsafePointer<WCHAR>!) -> Double { ___wtof(string) }
@inlinable public func _wtoi(_ string: UnsafePointer<WCHAR>!) -> Int32 { ___wtoi(string) }
@inlinable public func _wtoi64(_ string: UnsafePointer<WCHAR>!) -> LONGLONG { ___wtoi64(string) }
@inlinable public func _wtol(_ string: UnsafePointer<WCHAR>!) -> LONG { ___wtol(string) }
@available(*, noasync, message: "blocks the thread: await SocketObject.accept() instead")
@inlinable public func accept(
    _ s: SOCKET, _ addr: UnsafeMutablePointer<SOCKADDR>!, _ addrlen: UnsafeMutablePointer<Int32>!
) -> SOCKET { __accept(s, addr, addrlen) }
@inlinable public func bind(_ s: SOCKET, _ name: UnsafePointer<SOCKADDR>!, _ namelen: Int32) -> Int32 {
    __bind(s, name, namelen)
}
@inlinable public func closesocket(_ s: SOCKET) -> Int32 { __closesocket(s) }
@available(*, noasync, message: "blocks the thread")
@inlinable public func connect(_ s: SOCKET, _ name: UnsafePointer<SOCKADDR>!, _ namelen: Int32) -> Int32 {
    __connect(s, name, namelen)
}
@inlinable public func freeaddrinfo(_ pAddrInfo: PADDRINFOA!) { __freeaddrinfo(pAddrInfo) }
@available(*, noasync, message: "blocks the thread")
@inlinable public func getaddrinfo(
    _ pNodeName: PCSTR!, _ pServiceName: PCSTR!, _ pHints: UnsafePointer<ADDRINFOA>!,
    _ ppResult: UnsafeMutablePointer<PADDRINFOA?>!
) -> INT { __getaddrinfo(pNodeName, pServiceName, pHints, ppResult) }
@inlinable public func gethostname(_ name: UnsafeMutablePointer<Int8>!, _ namelen: Int) -> Int32 {
    __gethostname(name, namelen)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func getnameinfo(
    _ pSockaddr: UnsafePointer<SOCKADDR>!, _ SockaddrLength: INT, _ pNodeBuffer: PCHAR!, _ NodeBufferSize: DWORD,
    _ pServiceBuffer: PCHAR!, _ ServiceBufferSize: DWORD, _ Flags: INT
) -> INT {
    __getnameinfo(pSockaddr, SockaddrLength, pNodeBuffer, NodeBufferSize, pServiceBuffer, ServiceBufferSize, Flags)
}
@inlinable public func getpeername(
    _ s: SOCKET, _ name: UnsafeMutablePointer<SOCKADDR>!, _ namelen: UnsafeMutablePointer<Int32>!
) -> Int32 { __getpeername(s, name, namelen) }
@inlinable public func getsockname(
    _ s: SOCKET, _ name: UnsafeMutablePointer<SOCKADDR>!, _ namelen: UnsafeMutablePointer<Int32>!
) -> Int32 { __getsockname(s, name, namelen) }
@inlinable public func getsockopt(
    _ s: SOCKET, _ level: Int32, _ optname: Int32, _ optval: UnsafeMutablePointer<CChar>!,
    _ optlen: UnsafeMutablePointer<Int32>!
) -> Int32 { __getsockopt(s, level, optname, optval, optlen) }
@inlinable public func inet_addr(_ cp: UnsafePointer<Int8>!) -> ULONG { __inet_addr(cp) }
@inlinable public func inet_ntoa(_ `in`: IN_ADDR) -> UnsafeMutablePointer<CChar>! { __inet_ntoa(`in`) }
@inlinable public func inet_ntop(
    _ Family: INT, _ pAddr: UnsafeRawPointer!, _ pStringBuf: PSTR!, _ StringBufSize: SIZE_T
) -> PCSTR! { __inet_ntop(Family, pAddr, pStringBuf, StringBufSize) }
@inlinable public func inet_pton(_ Family: INT, _ pszAddrString: UnsafePointer<Int8>!, _ pAddrBuf: PVOID!) -> INT {
    __inet_pton(Family, pszAddrString, pAddrBuf)
}
@inlinable public func ioctlsocket(_ s: SOCKET, _ cmd: LONG, _ argp: UnsafeMutablePointer<ULONG>!) -> Int32 {
    __ioctlsocket(s, cmd, argp)
}
@inlinable public func listen(_ s: SOCKET, _ backlog: Int32) -> Int32 { __listen(s, backlog) }
@inlinable public func lstrcatA(_ lpString1: LPSTR!, _ lpString2: LPCSTR!) -> LPSTR! {
    __lstrcatA(lpString1, lpString2)
}
@inlinable public func lstrcatW(_ lpString1: LPWSTR!, _ lpString2: LPCWSTR!) -> LPWSTR! {
    __lstrcatW(lpString1, lpString2)
}
@inlinable public func lstrcmpA(_ lpString1: LPCSTR!, _ lpString2: LPCSTR!) -> Int32 {
    __lstrcmpA(lpString1, lpString2)
}
@inlinable public func lstrcmpW(_ lpString1: LPCWSTR!, _ lpString2: LPCWSTR!) -> Int32 {
    __lstrcmpW(lpString1, lpString2)
}
@inlinable public func lstrcmpiA(_ lpString1: LPCSTR!, _ lpString2: LPCSTR!) -> Int32 {
    __lstrcmpiA(lpString1, lpString2)
}
@inlinable public func lstrcmpiW(_ lpString1: LPCWSTR!, _ lpString2: LPCWSTR!) -> Int32 {
    __lstrcmpiW(lpString1, lpString2)
}
@inlinable public func lstrcpyA(_ lpString1: LPSTR!, _ lpString2: LPCSTR!) -> LPSTR! {
    __lstrcpyA(lpString1, lpString2)
}
@inlinable public func lstrcpyW(_ lpString1: LPWSTR!, _ lpString2: LPCWSTR!) -> LPWSTR! {
    __lstrcpyW(lpString1, lpString2)
}
@inlinable public func lstrcpynA(_ lpString1: LPSTR!, _ lpString2: LPCSTR!, _ iMaxLength: Int32) -> LPSTR! {
    __lstrcpynA(lpString1, lpString2, iMaxLength)
}
@inlinable public func lstrcpynW(_ lpString1: LPWSTR!, _ lpString2: LPCWSTR!, _ iMaxLength: Int32) -> LPWSTR! {
    __lstrcpynW(lpString1, lpString2, iMaxLength)
}
@inlinable public func lstrlenA(_ lpString: LPCSTR!) -> Int32 { __lstrlenA(lpString) }
@inlinable public func lstrlenW(_ lpString: LPCWSTR!) -> Int32 { __lstrlenW(lpString) }
@inlinable public func mbstowcs_s(
    _ converted: UnsafeMutablePointer<Int>!, _ target: UnsafeMutablePointer<WCHAR>!, _ size: Int,
    _ source: UnsafePointer<CChar>!, _ count: Int
) -> errno_t { __mbstowcs_s(converted, target, size, source, count) }
@inlinable public func memcpy_s(
    _ target: UnsafeMutableRawPointer!, _ size: Int, _ source: UnsafeRawPointer!, _ count: Int
) -> errno_t { __memcpy_s(target, size, source, count) }
@inlinable public func memmove_s(
    _ target: UnsafeMutableRawPointer!, _ size: Int, _ source: UnsafeRawPointer!, _ count: Int
) -> errno_t { __memmove_s(target, size, source, count) }
@available(*, noasync, message: "blocks the thread")
@inlinable public func recv(_ s: SOCKET, _ buf: UnsafeMutablePointer<CChar>!, _ len: Int32, _ flags: Int32) -> Int32 {
    __recv(s, buf, len, flags)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func recvfrom(
    _ s: SOCKET, _ buf: UnsafeMutablePointer<CChar>!, _ len: Int32, _ flags: Int32,
    _ from: UnsafeMutablePointer<SOCKADDR>!, _ fromlen: UnsafeMutablePointer<Int32>!
) -> Int32 { __recvfrom(s, buf, len, flags, from, fromlen) }
@available(*, noasync, message: "blocks the thread")
@inlinable public func select(
    _ nfds: Int32, _ readfds: UnsafeMutablePointer<FD_SET>!, _ writefds: UnsafeMutablePointer<FD_SET>!,
    _ exceptfds: UnsafeMutablePointer<FD_SET>!, _ timeout: UnsafePointer<TIMEVAL>!
) -> Int32 { __select(nfds, readfds, writefds, exceptfds, timeout) }
@available(*, noasync, message: "blocks the thread")
@inlinable public func send(_ s: SOCKET, _ buf: UnsafePointer<CChar>!, _ len: Int32, _ flags: Int32) -> Int32 {
    __send(s, buf, len, flags)
}
@available(*, noasync, message: "blocks the thread")
@inlinable public func sendto(
    _ s: SOCKET, _ buf: UnsafePointer<CChar>!, _ len: Int32, _ flags: Int32, _ to: UnsafePointer<SOCKADDR>!,
    _ tolen: Int32
) -> Int32 { __sendto(s, buf, len, flags, to, tolen) }
@inlinable public func setsockopt(
    _ s: SOCKET, _ level: Int32, _ optname: Int32, _ optval: UnsafePointer<CChar>!, _ optlen: Int32
) -> Int32 { __setsockopt(s, level, optname, optval, optlen) }
@inlinable public func shutdown(_ s: SOCKET, _ how: Int32) -> Int32 { __shutdown(s, how) }
@inlinable public func socket(_ af: Int32, _ type: Int32, _ `protocol`: Int32) -> SOCKET {
    __socket(af, type, `protocol`)
}
@inlinable public func strcat_s(_ target: UnsafeMutablePointer<CChar>!, _ size: Int, _ source: UnsafePointer<CChar>!)
    -> errno_t
{ __strcat_s(target, size, source) }
@inlinable public func strcpy_s(_ target: UnsafeMutablePointer<CChar>!, _ size: Int, _ source: UnsafePointer<CChar>!)
    -> errno_t
{ __strcpy_s(target, size, source) }
@inlinable public func strncat_s(
    _ target: UnsafeMutablePointer<CChar>!, _ size: Int, _ source: UnsafePointer<CChar>!, _ count: Int
) -> errno_t { __strncat_s(target, size, source, count) }
@inlinable public func strncpy_s(
    _ target: UnsafeMutablePointer<CChar>!, _ size: Int, _ source: UnsafePointer<CChar>!, _ count: Int
) -> errno_t { __strncpy_s(target, size, source, count) }
@inlinable public func strnlen_s(_ string: UnsafePointer<CChar>!, _ size: Int) -> Int { __strnlen_s(string, size) }
@inlinable public func strtok_s(
    _ string: UnsafeMutablePointer<CChar>!, _ delimiters: UnsafePointer<CChar>!,
    _ context: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> UnsafeMutablePointer<CChar>! { __strtok_s(string, delimiters, context) }
@inlinable public func vfprintf_s(
    _ file: UnsafeMutableRawPointer!, _ format: UnsafePointer<CChar>!, _ arguments: CVaListPointer
) -> Int32 { __vfprintf_s(file, format, arguments) }
@inlinable public func vfwprintf_s(
    _ file: UnsafeMutableRawPointer!, _ format: UnsafePointer<WCHAR>!, _ arguments: CVaListPointer
) -> Int32 { __vfwprintf_s(file, format, arguments) }
@inlinable public func vprintf_s(_ format: UnsafePointer<CChar>!, _ arguments: CVaListPointer) -> Int32 {
    __vprintf_s(format, arguments)
}
@inlinable public func vsprintf_s(
    _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ format: UnsafePointer<CChar>!, _ arguments: CVaListPointer
) -> Int32 { __vsprintf_s(buffer, size, format, arguments) }
@inlinable public func vswprintf_s(
    _ buffer: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ format: UnsafePointer<WCHAR>!, _ arguments: CVaListPointer
) -> Int32 { __vswprintf_s(buffer, size, format, arguments) }
@inlinable public func vwprintf_s(_ format: UnsafePointer<WCHAR>!, _ arguments: CVaListPointer) -> Int32 {
    __vwprintf_s(format, arguments)
}
@inlinable public func wcscat_s(_ target: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ source: UnsafePointer<WCHAR>!)
    -> errno_t
{ __wcscat_s(target, size, source) }
@inlinable public func wcscpy_s(_ target: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ source: UnsafePointer<WCHAR>!)
    -> errno_t
{ __wcscpy_s(target, size, source) }
@inlinable public func wcsncat_s(
    _ target: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ source: UnsafePointer<WCHAR>!, _ count: Int
) -> errno_t { __wcsncat_s(target, size, source, count) }
@inlinable public func wcsncpy_s(
    _ target: UnsafeMutablePointer<WCHAR>!, _ size: Int, _ source: UnsafePointer<WCHAR>!, _ count: Int
) -> errno_t { __wcsncpy_s(target, size, source, count) }
@inlinable public func wcsnlen_s(_ string: UnsafePointer<WCHAR>!, _ size: Int) -> Int { __wcsnlen_s(string, size) }
@inlinable public func wcstok_s(
    _ string: UnsafeMutablePointer<WCHAR>!, _ delimiters: UnsafePointer<WCHAR>!,
    _ context: UnsafeMutablePointer<UnsafeMutablePointer<WCHAR>?>!
) -> UnsafeMutablePointer<WCHAR>! { __wcstok_s(string, delimiters, context) }
@inlinable public func wcstombs_s(
    _ converted: UnsafeMutablePointer<Int>!, _ target: UnsafeMutablePointer<CChar>!, _ size: Int,
    _ source: UnsafePointer<WCHAR>!, _ count: Int
) -> errno_t { __wcstombs_s(converted, target, size, source, count) }
@inlinable public func wvsprintfA(_ lpOut: LPSTR!, _ lpFmt: LPCSTR!, _ arglist: CVaListPointer) -> Int32 {
    __wvsprintfA(lpOut, lpFmt, arglist)
}
@inlinable public func wvsprintfW(_ lpOut: LPWSTR!, _ lpFmt: LPCWSTR!, _ arglist: CVaListPointer) -> Int32 {
    __wvsprintfW(lpOut, lpFmt, arglist)
}
