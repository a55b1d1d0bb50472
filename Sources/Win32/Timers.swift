import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Waitable timers.

private func createTimer(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, manualReset: Bool, _ access: DWORD? = nil
) -> HANDLE? {
    createObject(.timer, name, attributes, access) { () throws(DispatcherError) in
        try Arena.prepared().makeTimer(manualReset: manualReset, handles: 1)
    }
}

private func createTimerEx(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? {
    // Every timer has the high resolution.
    let known = DWORD(CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION)
    guard flags & ~known == 0 else { return noHandle(ERROR_INVALID_PARAMETER) }
    return createTimer(
        name, attributes, manualReset: flags & DWORD(CREATE_WAITABLE_TIMER_MANUAL_RESET) != 0, access)
}

@c(CreateWaitableTimerA) @implementation public func __CreateWaitableTimerA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: BOOL, _ name: LPCSTR?
) -> HANDLE? { createTimer(GivenName(name), attributes, manualReset: manualReset != 0) }

@c(CreateWaitableTimerW) @implementation public func __CreateWaitableTimerW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: BOOL, _ name: LPCWSTR?
) -> HANDLE? { createTimer(GivenName(name), attributes, manualReset: manualReset != 0) }

@c(CreateWaitableTimerExA) @implementation public func __CreateWaitableTimerExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createTimerEx(GivenName(name), attributes, flags, access) }

@c(CreateWaitableTimerExW) @implementation public func __CreateWaitableTimerExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCWSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createTimerEx(GivenName(name), attributes, flags, access) }

@c(OpenWaitableTimerA) @implementation
public func __OpenWaitableTimerA(_ access: DWORD, _ inherit: BOOL, _ name: LPCSTR?) -> HANDLE? {
    openObject(.timer, GivenName(name), access, inherits: inherit)
}

@c(OpenWaitableTimerW) @implementation
public func __OpenWaitableTimerW(_ access: DWORD, _ inherit: BOOL, _ name: LPCWSTR?) -> HANDLE? {
    openObject(.timer, GivenName(name), access, inherits: inherit)
}

/// A due time of SetWaitableTimer, in 100 ns: negative is relative, positive a FILETIME. What is too far for the clocks
/// is as far as they go.
func due(_ time: LONGLONG) -> TimerDue {
    func nanoseconds(_ ticks: UInt64) -> UInt64 {
        let (product, overflow) = ticks.multipliedReportingOverflow(by: 100)
        return overflow ? .max : product
    }
    if time < 0 { return .relative(nanoseconds: nanoseconds(time.magnitude)) }
    // From 1601 to 1970; what was due before is due.
    return .absolute(realtimeNanoseconds: nanoseconds(UInt64(max(time - FileTime.epoch, 0))))
}

@c(SetWaitableTimer) @implementation public func __SetWaitableTimer(
    _ timer: HANDLE?, _ dueTime: UnsafePointer<LARGE_INTEGER>?, _ period: LONG, _ routine: PTIMERAPCROUTINE?,
    _ argument: LPVOID?, _ resume: BOOL
) -> BOOL {
    guard setTimer(timer, dueTime, period, routine, argument) != 0 else { return 0 }
    // "If the system does not support a restore, the call succeeds, but GetLastError returns ERROR_NOT_SUPPORTED"
    // (SetWaitableTimer).
    if resume != 0 { _ = failure(ERROR_NOT_SUPPORTED) }
    return 1
}

@c(SetWaitableTimerEx) @implementation public func __SetWaitableTimerEx(
    _ timer: HANDLE?, _ dueTime: UnsafePointer<LARGE_INTEGER>?, _ period: LONG, _ routine: PTIMERAPCROUTINE?,
    _ argument: LPVOID?, _ wakeContext: PREASON_CONTEXT?, _ tolerableDelay: ULONG
) -> BOOL {
    // A delay is tolerated, not asked for: there is none.
    setTimer(timer, dueTime, period, routine, argument)
}

private func setTimer(
    _ timer: HANDLE?, _ dueTime: UnsafePointer<LARGE_INTEGER>?, _ period: LONG, _ routine: PTIMERAPCROUTINE?,
    _ argument: LPVOID?
) -> BOOL {
    guard let dueTime else { return failure(ERROR_NOACCESS) }
    guard period >= 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let time = dueTime.pointee.QuadPart
    let call = routine.map {
        // Called with three words in registers, it reads the lower halves of two: x86-64 and aarch64 allow that.
        TimerRoutine(function: unsafeBitCast($0, to: APCRoutine.self), argument: UInt64(UInt(bitPattern: argument)))
    }
    return change(timer, .timer) { object throws(DispatcherError) in
        try Arena.local.setTimer(object, due: due(time), period: UInt64(period) * 1_000_000, routine: call)
    }
}

@c(CancelWaitableTimer) @implementation public func __CancelWaitableTimer(_ timer: HANDLE?) -> BOOL {
    change(timer, .timer) { object throws(DispatcherError) in try Arena.local.cancelTimer(object) }
}
