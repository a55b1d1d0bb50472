// The Win32 API as Swift on Windows has it: the C names, with `Bool` for BOOL. Sources written for Windows import
// WinSDK and compile; what has no BOOL in it comes from CWin32 under its own name.
//
// An overlay that only re-exported the C functions would not do: `if !CloseHandle(handle)` needs a Bool.

@_exported public import CWin32
// The host and the stock plugins, started on first use.
import SignalboxLibrary

extension Bool {
    fileprivate var winBOOL: BOOL { self ? 1 : 0 }
}

// ---- handles and errors

public func CloseHandle(_ object: HANDLE?) -> Bool { __CloseHandle(object) != 0 }
public func DuplicateHandle(
    _ sourceProcess: HANDLE?, _ source: HANDLE?, _ targetProcess: HANDLE?, _ target: UnsafeMutablePointer<HANDLE?>?,
    _ access: DWORD, _ inherit: Bool, _ options: DWORD
) -> Bool { __DuplicateHandle(sourceProcess, source, targetProcess, target, access, inherit.winBOOL, options) != 0 }
public func CompareObjectHandles(_ first: HANDLE?, _ second: HANDLE?) -> Bool {
    __CompareObjectHandles(first, second) != 0
}
public func GetLastError() -> DWORD { __GetLastError() }
public func SetLastError(_ code: DWORD) { __SetLastError(code) }

/// `(HANDLE)-1`.
public var INVALID_HANDLE_VALUE: HANDLE { HANDLE(bitPattern: -1)! }

// ---- events and waits

public func CreateEventW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: Bool, _ initialState: Bool, _ name: UnsafePointer<WCHAR>?
) -> HANDLE? { __CreateEventW(attributes, manualReset.winBOOL, initialState.winBOOL, name) }
public func CreateEventA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: Bool, _ initialState: Bool, _ name: UnsafePointer<CChar>?
) -> HANDLE? { __CreateEventA(attributes, manualReset.winBOOL, initialState.winBOOL, name) }
public func CreateEventExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: UnsafePointer<WCHAR>?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateEventExW(attributes, name, flags, access) }
public func CreateEventExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: UnsafePointer<CChar>?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateEventExA(attributes, name, flags, access) }
public func SetEvent(_ event: HANDLE?) -> Bool { __SetEvent(event) != 0 }
public func ResetEvent(_ event: HANDLE?) -> Bool { __ResetEvent(event) != 0 }
public func PulseEvent(_ event: HANDLE?) -> Bool { __PulseEvent(event) != 0 }

@available(*, noasync, message: "blocks the thread: await an EventObject instead")
public func WaitForSingleObject(_ handle: HANDLE?, _ milliseconds: DWORD) -> DWORD {
    __WaitForSingleObject(handle, milliseconds)
}
@available(*, noasync, message: "blocks the thread: await waitAny or waitAll instead")
public func WaitForMultipleObjects(
    _ count: DWORD, _ handles: UnsafePointer<HANDLE?>?, _ waitAll: Bool, _ milliseconds: DWORD
) -> DWORD { __WaitForMultipleObjects(count, handles, waitAll.winBOOL, milliseconds) }
@available(*, noasync, message: "blocks the thread: await an EventObject instead")
public func WaitForSingleObjectEx(_ handle: HANDLE?, _ milliseconds: DWORD, _ alertable: Bool) -> DWORD {
    __WaitForSingleObjectEx(handle, milliseconds, alertable.winBOOL)
}
@available(*, noasync, message: "blocks the thread: await waitAny or waitAll instead")
public func WaitForMultipleObjectsEx(
    _ count: DWORD, _ handles: UnsafePointer<HANDLE?>?, _ waitAll: Bool, _ milliseconds: DWORD, _ alertable: Bool
) -> DWORD { __WaitForMultipleObjectsEx(count, handles, waitAll.winBOOL, milliseconds, alertable.winBOOL) }
@available(*, noasync, message: "blocks the thread")
public func SignalObjectAndWait(
    _ signal: HANDLE?, _ object: HANDLE?, _ milliseconds: DWORD, _ alertable: Bool
) -> DWORD { __SignalObjectAndWait(signal, object, milliseconds, alertable.winBOOL) }
@available(*, noasync, message: "blocks the thread: await Task.sleep instead")
public func SleepEx(_ milliseconds: DWORD, _ alertable: Bool) -> DWORD { __SleepEx(milliseconds, alertable.winBOOL) }
@available(*, noasync, message: "blocks the thread: await Task.sleep instead")
public func Sleep(_ milliseconds: DWORD) { __Sleep(milliseconds) }

// ---- critical sections

public func InitializeCriticalSection(_ section: LPCRITICAL_SECTION?) { __InitializeCriticalSection(section) }
public func InitializeCriticalSectionAndSpinCount(_ section: LPCRITICAL_SECTION?, _ spinCount: DWORD) -> Bool {
    __InitializeCriticalSectionAndSpinCount(section, spinCount) != 0
}
public func InitializeCriticalSectionEx(
    _ section: LPCRITICAL_SECTION?, _ spinCount: DWORD, _ flags: DWORD
) -> Bool { __InitializeCriticalSectionEx(section, spinCount, flags) != 0 }
public func SetCriticalSectionSpinCount(_ section: LPCRITICAL_SECTION?, _ spinCount: DWORD) -> DWORD {
    __SetCriticalSectionSpinCount(section, spinCount)
}
@available(*, noasync, message: "the thread that leaves must be the one that entered: use an actor or a Mutex instead")
public func EnterCriticalSection(_ section: LPCRITICAL_SECTION?) { __EnterCriticalSection(section) }
@available(*, noasync, message: "the thread that leaves must be the one that entered: use an actor or a Mutex instead")
public func TryEnterCriticalSection(_ section: LPCRITICAL_SECTION?) -> Bool { __TryEnterCriticalSection(section) != 0 }
@available(*, noasync, message: "the thread that leaves must be the one that entered: use an actor or a Mutex instead")
public func LeaveCriticalSection(_ section: LPCRITICAL_SECTION?) { __LeaveCriticalSection(section) }
public func DeleteCriticalSection(_ section: LPCRITICAL_SECTION?) { __DeleteCriticalSection(section) }

// ---- mutexes and semaphores

public func CreateMutexW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ initialOwner: Bool, _ name: UnsafePointer<WCHAR>?
) -> HANDLE? { __CreateMutexW(attributes, initialOwner.winBOOL, name) }
public func CreateMutexA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ initialOwner: Bool, _ name: UnsafePointer<CChar>?
) -> HANDLE? { __CreateMutexA(attributes, initialOwner.winBOOL, name) }
public func CreateMutexExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: UnsafePointer<WCHAR>?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateMutexExW(attributes, name, flags, access) }
public func CreateMutexExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: UnsafePointer<CChar>?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateMutexExA(attributes, name, flags, access) }
@available(*, noasync, message: "a task may release on another thread than it waited on: use a MutexObject instead")
public func ReleaseMutex(_ mutex: HANDLE?) -> Bool { __ReleaseMutex(mutex) != 0 }

public func CreateSemaphoreW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: UnsafePointer<WCHAR>?
) -> HANDLE? { __CreateSemaphoreW(attributes, count, maximum, name) }
public func CreateSemaphoreA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: UnsafePointer<CChar>?
) -> HANDLE? { __CreateSemaphoreA(attributes, count, maximum, name) }
public func CreateSemaphoreExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: UnsafePointer<WCHAR>?,
    _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateSemaphoreExW(attributes, count, maximum, name, flags, access) }
public func CreateSemaphoreExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: UnsafePointer<CChar>?,
    _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateSemaphoreExA(attributes, count, maximum, name, flags, access) }
public func ReleaseSemaphore(_ semaphore: HANDLE?, _ count: LONG, _ previous: UnsafeMutablePointer<LONG>?) -> Bool {
    __ReleaseSemaphore(semaphore, count, previous) != 0
}

// ---- waitable timers

public func CreateWaitableTimerW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: Bool, _ name: UnsafePointer<WCHAR>?
) -> HANDLE? { __CreateWaitableTimerW(attributes, manualReset.winBOOL, name) }
public func CreateWaitableTimerA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: Bool, _ name: UnsafePointer<CChar>?
) -> HANDLE? { __CreateWaitableTimerA(attributes, manualReset.winBOOL, name) }
public func CreateWaitableTimerExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: UnsafePointer<WCHAR>?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateWaitableTimerExW(attributes, name, flags, access) }
public func CreateWaitableTimerExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: UnsafePointer<CChar>?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { __CreateWaitableTimerExA(attributes, name, flags, access) }
public func SetWaitableTimer(
    _ timer: HANDLE?, _ due: UnsafePointer<LARGE_INTEGER>?, _ period: LONG, _ routine: PTIMERAPCROUTINE?,
    _ argument: UnsafeMutableRawPointer?, _ resume: Bool
) -> Bool { __SetWaitableTimer(timer, due, period, routine, argument, resume.winBOOL) != 0 }
public func SetWaitableTimerEx(
    _ timer: HANDLE?, _ due: UnsafePointer<LARGE_INTEGER>?, _ period: LONG, _ routine: PTIMERAPCROUTINE?,
    _ argument: UnsafeMutableRawPointer?, _ wakeContext: PREASON_CONTEXT?, _ tolerableDelay: ULONG
) -> Bool { __SetWaitableTimerEx(timer, due, period, routine, argument, wakeContext, tolerableDelay) != 0 }
public func CancelWaitableTimer(_ timer: HANDLE?) -> Bool { __CancelWaitableTimer(timer) != 0 }

// ---- threads

public func CreateThread(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ stackSize: SIZE_T, _ start: LPTHREAD_START_ROUTINE?,
    _ parameter: UnsafeMutableRawPointer?, _ flags: DWORD, _ id: UnsafeMutablePointer<DWORD>?
) -> HANDLE? { __CreateThread(attributes, stackSize, start, parameter, flags, id) }
public func ExitThread(_ code: DWORD) -> Never { __ExitThread(code) }
public func GetExitCodeThread(_ thread: HANDLE?, _ code: UnsafeMutablePointer<DWORD>?) -> Bool {
    __GetExitCodeThread(thread, code) != 0
}
public func GetCurrentThread() -> HANDLE? { __GetCurrentThread() }
public func GetCurrentThreadId() -> DWORD { __GetCurrentThreadId() }
public func ResumeThread(_ thread: HANDLE?) -> DWORD { __ResumeThread(thread) }
public func QueueUserAPC(_ routine: PAPCFUNC?, _ thread: HANDLE?, _ data: ULONG_PTR) -> DWORD {
    __QueueUserAPC(routine, thread, data)
}
public func GetThreadId(_ thread: HANDLE?) -> DWORD { __GetThreadId(thread) }
public func SwitchToThread() -> Bool { __SwitchToThread() != 0 }
public func GetCurrentProcess() -> HANDLE? { __GetCurrentProcess() }
public func GetCurrentProcessId() -> DWORD { __GetCurrentProcessId() }
public func ExitProcess(_ code: UINT) -> Never { __ExitProcess(code) }

// ---- completion ports

public func CreateIoCompletionPort(
    _ file: HANDLE?, _ port: HANDLE?, _ key: ULONG_PTR, _ concurrency: DWORD
) -> HANDLE? { __CreateIoCompletionPort(file, port, key, concurrency) }
public func PostQueuedCompletionStatus(
    _ port: HANDLE?, _ bytes: DWORD, _ key: ULONG_PTR, _ overlapped: LPOVERLAPPED?
) -> Bool { __PostQueuedCompletionStatus(port, bytes, key, overlapped) != 0 }
@available(*, noasync, message: "blocks the thread: await PortObject.next() instead")
public func GetQueuedCompletionStatus(
    _ port: HANDLE?, _ bytes: UnsafeMutablePointer<DWORD>?, _ key: UnsafeMutablePointer<ULONG_PTR>?,
    _ overlapped: UnsafeMutablePointer<LPOVERLAPPED?>?, _ milliseconds: DWORD
) -> Bool { __GetQueuedCompletionStatus(port, bytes, key, overlapped, milliseconds) != 0 }

// ---- the machine, the console

public func GetTickCount() -> DWORD { __GetTickCount() }
public func GetSystemTimeAsFileTime(_ time: LPFILETIME?) { __GetSystemTimeAsFileTime(time) }
public func GetTickCount64() -> ULONGLONG { __GetTickCount64() }
public func QueryPerformanceCounter(_ count: UnsafeMutablePointer<LARGE_INTEGER>?) -> Bool {
    __QueryPerformanceCounter(count) != 0
}
public func QueryPerformanceFrequency(_ frequency: UnsafeMutablePointer<LARGE_INTEGER>?) -> Bool {
    __QueryPerformanceFrequency(frequency) != 0
}
public func GetSystemInfo(_ info: LPSYSTEM_INFO?) { __GetSystemInfo(info) }
public func SetConsoleCtrlHandler(_ handler: PHANDLER_ROUTINE?, _ add: Bool) -> Bool {
    __SetConsoleCtrlHandler(handler, add.winBOOL) != 0
}
