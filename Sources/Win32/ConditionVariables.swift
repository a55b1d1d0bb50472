import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Condition variables. Who sleeps stands in the line of the variable's address before it lets the lock go, so no wake-up
// is lost, and one that comes for nobody is not kept. The variable itself is never written.

@inline(__always) private func address(_ variable: PCONDITION_VARIABLE?) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(variable.unsafelyUnwrapped)
}

/// Sleeps without the lock; inside until it has the lock again, so that a thread which was woken is not stopped before.
private func sleep(
    _ variable: PCONDITION_VARIABLE?, _ milliseconds: DWORD, release: () -> Void, acquire: () -> Void
) -> BOOL {
    enter()
    defer { leave() }
    let deadline = deadline(milliseconds)
    _ = signalbox_line_up(address(variable), nil, 0)
    release()
    let isWoken = AddressWait.sleepInLine(until: deadline, for: .conditionVariable)
    acquire()
    return isWoken ? 1 : failure(ERROR_TIMEOUT)
}

@c(InitializeConditionVariable) @implementation
public func __InitializeConditionVariable(_ variable: PCONDITION_VARIABLE?) {
    variable.unsafelyUnwrapped.initialize(to: CONDITION_VARIABLE())
}

@c(SleepConditionVariableCS) @implementation public func __SleepConditionVariableCS(
    _ variable: PCONDITION_VARIABLE?, _ section: PCRITICAL_SECTION?, _ milliseconds: DWORD
) -> BOOL {
    sleep(
        variable, milliseconds, release: { __LeaveCriticalSection(section) },
        acquire: { __EnterCriticalSection(section) })
}

@c(SleepConditionVariableSRW) @implementation public func __SleepConditionVariableSRW(
    _ variable: PCONDITION_VARIABLE?, _ lock: PSRWLOCK?, _ milliseconds: DWORD, _ flags: ULONG
) -> BOOL {
    guard flags & ~ULONG(CONDITION_VARIABLE_LOCKMODE_SHARED) == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let lock = SharedLock(lock)
    guard flags != 0 else {
        return sleep(variable, milliseconds, release: { lock.releaseExclusive() }, acquire: { lock.acquireExclusive() })
    }
    return sleep(variable, milliseconds, release: { lock.releaseShared() }, acquire: { lock.acquireShared() })
}

@c(WakeConditionVariable) @implementation public func __WakeConditionVariable(_ variable: PCONDITION_VARIABLE?) {
    signalbox_wake_address(address(variable), false)
}

@c(WakeAllConditionVariable) @implementation
public func __WakeAllConditionVariable(_ variable: PCONDITION_VARIABLE?) {
    signalbox_wake_address(address(variable), true)
}
