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
@inlinable public func CancelWaitableTimer(_ hTimer: HANDLE!) -> Bool { __CancelWaitableTimer(hTimer) != 0 }
@inlinable public func CloseHandle(_ hObject: HANDLE!) -> Bool { __CloseHandle(hObject) != 0 }
@inlinable public func CompareObjectHandles(_ hFirstObjectHandle: HANDLE!, _ hSecondObjectHandle: HANDLE!) -> Bool {
    __CompareObjectHandles(hFirstObjectHandle, hSecondObjectHandle) != 0
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
@inlinable public func CreateIoCompletionPort(
    _ FileHandle: HANDLE!, _ ExistingCompletionPort: HANDLE!, _ CompletionKey: ULONG_PTR,
    _ NumberOfConcurrentThreads: DWORD
) -> HANDLE! { __CreateIoCompletionPort(FileHandle, ExistingCompletionPort, CompletionKey, NumberOfConcurrentThreads) }
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
@inlinable public func DeleteCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) {
    __DeleteCriticalSection(lpCriticalSection)
}
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
@inlinable public func ExitProcess(_ uExitCode: UINT) -> Never { __ExitProcess(uExitCode) }
@inlinable public func ExitThread(_ dwExitCode: DWORD) -> Never { __ExitThread(dwExitCode) }
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
@inlinable public func GetCurrentProcess() -> HANDLE! { __GetCurrentProcess() }
@inlinable public func GetCurrentProcessId() -> DWORD { __GetCurrentProcessId() }
@inlinable public func GetCurrentThread() -> HANDLE! { __GetCurrentThread() }
@inlinable public func GetCurrentThreadId() -> DWORD { __GetCurrentThreadId() }
@inlinable public func GetExitCodeThread(_ hThread: HANDLE!, _ lpExitCode: LPDWORD!) -> Bool {
    __GetExitCodeThread(hThread, lpExitCode) != 0
}
@inlinable public func GetHandleInformation(_ hObject: HANDLE!, _ lpdwFlags: LPDWORD!) -> Bool {
    __GetHandleInformation(hObject, lpdwFlags) != 0
}
@inlinable public func GetLastError() -> DWORD { __GetLastError() }
@available(*, noasync, message: "blocks the thread: await PortObject.next() instead")
@inlinable public func GetQueuedCompletionStatus(
    _ CompletionPort: HANDLE!, _ lpNumberOfBytesTransferred: LPDWORD!, _ lpCompletionKey: PULONG_PTR!,
    _ lpOverlapped: UnsafeMutablePointer<LPOVERLAPPED?>!, _ dwMilliseconds: DWORD
) -> Bool {
    __GetQueuedCompletionStatus(
        CompletionPort, lpNumberOfBytesTransferred, lpCompletionKey, lpOverlapped, dwMilliseconds) != 0
}
@inlinable public func GetSystemInfo(_ lpSystemInfo: LPSYSTEM_INFO!) { __GetSystemInfo(lpSystemInfo) }
@inlinable public func GetSystemTimeAsFileTime(_ lpSystemTimeAsFileTime: LPFILETIME!) {
    __GetSystemTimeAsFileTime(lpSystemTimeAsFileTime)
}
@inlinable public func GetThreadId(_ Thread: HANDLE!) -> DWORD { __GetThreadId(Thread) }
@inlinable public func GetTickCount() -> DWORD { __GetTickCount() }
@inlinable public func GetTickCount64() -> ULONGLONG { __GetTickCount64() }
@inlinable public func InitializeCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) {
    __InitializeCriticalSection(lpCriticalSection)
}
@inlinable public func InitializeCriticalSectionAndSpinCount(
    _ lpCriticalSection: LPCRITICAL_SECTION!, _ dwSpinCount: DWORD
) -> Bool { __InitializeCriticalSectionAndSpinCount(lpCriticalSection, dwSpinCount) != 0 }
@inlinable public func InitializeCriticalSectionEx(
    _ lpCriticalSection: LPCRITICAL_SECTION!, _ dwSpinCount: DWORD, _ Flags: DWORD
) -> Bool { __InitializeCriticalSectionEx(lpCriticalSection, dwSpinCount, Flags) != 0 }
@inlinable public func InitializeSecurityDescriptor(_ pSecurityDescriptor: PSECURITY_DESCRIPTOR!, _ dwRevision: DWORD)
    -> Bool
{ __InitializeSecurityDescriptor(pSecurityDescriptor, dwRevision) != 0 }
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
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func LeaveCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) {
    __LeaveCriticalSection(lpCriticalSection)
}
@inlinable public func OpenEventA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCSTR!) -> HANDLE! {
    __OpenEventA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenEventW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCWSTR!) -> HANDLE! {
    __OpenEventW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenMutexA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCSTR!) -> HANDLE! {
    __OpenMutexA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenMutexW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCWSTR!) -> HANDLE! {
    __OpenMutexW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenSemaphoreA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCSTR!) -> HANDLE! {
    __OpenSemaphoreA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenSemaphoreW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpName: LPCWSTR!) -> HANDLE! {
    __OpenSemaphoreW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpName)
}
@inlinable public func OpenWaitableTimerA(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpTimerName: LPCSTR!)
    -> HANDLE!
{ __OpenWaitableTimerA(dwDesiredAccess, bInheritHandle ? 1 : 0, lpTimerName) }
@inlinable public func OpenWaitableTimerW(_ dwDesiredAccess: DWORD, _ bInheritHandle: Bool, _ lpTimerName: LPCWSTR!)
    -> HANDLE!
{ __OpenWaitableTimerW(dwDesiredAccess, bInheritHandle ? 1 : 0, lpTimerName) }
@inlinable public func PostQueuedCompletionStatus(
    _ CompletionPort: HANDLE!, _ dwNumberOfBytesTransferred: DWORD, _ dwCompletionKey: ULONG_PTR,
    _ lpOverlapped: LPOVERLAPPED!
) -> Bool {
    __PostQueuedCompletionStatus(CompletionPort, dwNumberOfBytesTransferred, dwCompletionKey, lpOverlapped) != 0
}
@inlinable public func PulseEvent(_ hEvent: HANDLE!) -> Bool { __PulseEvent(hEvent) != 0 }
@inlinable public func QueryPerformanceCounter(_ lpPerformanceCount: UnsafeMutablePointer<LARGE_INTEGER>!) -> Bool {
    __QueryPerformanceCounter(lpPerformanceCount) != 0
}
@inlinable public func QueryPerformanceFrequency(_ lpFrequency: UnsafeMutablePointer<LARGE_INTEGER>!) -> Bool {
    __QueryPerformanceFrequency(lpFrequency) != 0
}
@inlinable public func QueueUserAPC(_ pfnAPC: PAPCFUNC!, _ hThread: HANDLE!, _ dwData: ULONG_PTR) -> DWORD {
    __QueueUserAPC(pfnAPC, hThread, dwData)
}
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func ReleaseMutex(_ hMutex: HANDLE!) -> Bool { __ReleaseMutex(hMutex) != 0 }
@inlinable public func ReleaseSemaphore(_ hSemaphore: HANDLE!, _ lReleaseCount: LONG, _ lpPreviousCount: LPLONG!)
    -> Bool
{ __ReleaseSemaphore(hSemaphore, lReleaseCount, lpPreviousCount) != 0 }
@inlinable public func ResetEvent(_ hEvent: HANDLE!) -> Bool { __ResetEvent(hEvent) != 0 }
@inlinable public func ResumeThread(_ hThread: HANDLE!) -> DWORD { __ResumeThread(hThread) }
@inlinable public func SetConsoleCtrlHandler(_ HandlerRoutine: PHANDLER_ROUTINE!, _ Add: Bool) -> Bool {
    __SetConsoleCtrlHandler(HandlerRoutine, Add ? 1 : 0) != 0
}
@inlinable public func SetCriticalSectionSpinCount(_ lpCriticalSection: LPCRITICAL_SECTION!, _ dwSpinCount: DWORD)
    -> DWORD
{ __SetCriticalSectionSpinCount(lpCriticalSection, dwSpinCount) }
@inlinable public func SetEvent(_ hEvent: HANDLE!) -> Bool { __SetEvent(hEvent) != 0 }
@inlinable public func SetHandleInformation(_ hObject: HANDLE!, _ dwMask: DWORD, _ dwFlags: DWORD) -> Bool {
    __SetHandleInformation(hObject, dwMask, dwFlags) != 0
}
@inlinable public func SetLastError(_ dwErrCode: DWORD) { __SetLastError(dwErrCode) }
@inlinable public func SetSecurityDescriptorDacl(
    _ pSecurityDescriptor: PSECURITY_DESCRIPTOR!, _ bDaclPresent: Bool, _ pDacl: PACL!, _ bDaclDefaulted: Bool
) -> Bool { __SetSecurityDescriptorDacl(pSecurityDescriptor, bDaclPresent ? 1 : 0, pDacl, bDaclDefaulted ? 1 : 0) != 0 }
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
@inlinable public func SignalboxServiceReady(_ status: LPCSTR!) -> Bool { __SignalboxServiceReady(status) != 0 }
@inlinable public func SignalboxServiceStatus(_ status: LPCSTR!) -> Bool { __SignalboxServiceStatus(status) != 0 }
@available(*, noasync, message: "blocks the thread: await Task.sleep instead")
@inlinable public func Sleep(_ dwMilliseconds: DWORD) { __Sleep(dwMilliseconds) }
@available(*, noasync, message: "blocks the thread: await Task.sleep instead")
@inlinable public func SleepEx(_ dwMilliseconds: DWORD, _ bAlertable: Bool) -> DWORD {
    __SleepEx(dwMilliseconds, bAlertable ? 1 : 0)
}
@inlinable public func SwitchToThread() -> Bool { __SwitchToThread() != 0 }
@available(
    *, noasync,
    message:
        "what a thread has taken, that thread must give back; a task may go on on another: use an actor or a Mutex instead"
)
@inlinable public func TryEnterCriticalSection(_ lpCriticalSection: LPCRITICAL_SECTION!) -> Bool {
    __TryEnterCriticalSection(lpCriticalSection) != 0
}
@inlinable public func WSACleanup() -> Int32 { __WSACleanup() }
@inlinable public func WSAGetLastError() -> Int32 { __WSAGetLastError() }
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
@inlinable public func WSARecv(
    _ s: SOCKET, _ lpBuffers: LPWSABUF!, _ dwBufferCount: DWORD, _ lpNumberOfBytesRecvd: LPDWORD!, _ lpFlags: LPDWORD!,
    _ lpOverlapped: LPWSAOVERLAPPED!, _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 { __WSARecv(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, lpOverlapped, lpCompletionRoutine) }
@inlinable public func WSASend(
    _ s: SOCKET, _ lpBuffers: LPWSABUF!, _ dwBufferCount: DWORD, _ lpNumberOfBytesSent: LPDWORD!, _ dwFlags: DWORD,
    _ lpOverlapped: LPWSAOVERLAPPED!, _ lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE!
) -> Int32 { __WSASend(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, lpOverlapped, lpCompletionRoutine) }
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
@inlinable public func YieldProcessor() { __YieldProcessor() }
@inlinable public func bind(_ s: SOCKET, _ name: UnsafePointer<SOCKADDR>!, _ namelen: Int32) -> Int32 {
    __bind(s, name, namelen)
}
@inlinable public func closesocket(_ s: SOCKET) -> Int32 { __closesocket(s) }
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
@inlinable public func listen(_ s: SOCKET, _ backlog: Int32) -> Int32 { __listen(s, backlog) }
@inlinable public func setsockopt(
    _ s: SOCKET, _ level: Int32, _ optname: Int32, _ optval: UnsafePointer<CChar>!, _ optlen: Int32
) -> Int32 { __setsockopt(s, level, optname, optval, optlen) }
@inlinable public func shutdown(_ s: SOCKET, _ how: Int32) -> Int32 { __shutdown(s, how) }
@inlinable public func socket(_ af: Int32, _ type: Int32, _ `protocol`: Int32) -> SOCKET {
    __socket(af, type, `protocol`)
}
