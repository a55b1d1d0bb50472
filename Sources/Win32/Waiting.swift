import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Waits, and Sleep. None sets the last error but for WAIT_FAILED.

/// A time-out in milliseconds as a point of the monotonic clock.
func deadline(_ milliseconds: DWORD) -> UInt64 {
    switch milliseconds {
    case 0: Deadline.now
    case INFINITE: Deadline.never
    default: Deadline.after(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }
}

private func failedWait(_ code: Int32) -> DWORD {
    _ = failure(code)
    return DWORD(WAIT_FAILED)
}

private func result(_ verdict: Verdict) -> DWORD {
    switch verdict {
    case .satisfied(let index): DWORD(WAIT_OBJECT_0) + DWORD(index)
    case .abandoned(let index): DWORD(WAIT_ABANDONED_0) + DWORD(index)
    case .alerted: DWORD(WAIT_IO_COMPLETION)
    // Nobody cancels a thread's wait.
    case .timedOut, .cancelled: DWORD(WAIT_TIMEOUT)
    }
}

// ---- one object

@c(WaitForSingleObject) @implementation
public func __WaitForSingleObject(_ handle: HANDLE?, _ milliseconds: DWORD) -> DWORD {
    let object = HandleTable.find(value(handle), .synchronize)
    if object != .none && Arena.local.tryWaitForPlain(object) { return DWORD(WAIT_OBJECT_0) }
    return waitForOther(handle, object, milliseconds, alertable: false)
}

@c(WaitForSingleObjectEx) @implementation
public func __WaitForSingleObjectEx(_ handle: HANDLE?, _ milliseconds: DWORD, _ alertable: BOOL) -> DWORD {
    let object = HandleTable.find(value(handle), .synchronize)
    if object != .none && Arena.local.tryWaitForPlain(object) { return DWORD(WAIT_OBJECT_0) }
    return waitForOther(handle, object, milliseconds, alertable: alertable != 0)
}

@inline(never)
private func waitForOther(_ handle: HANDLE?, _ object: ObjectName, _ milliseconds: DWORD, alertable: Bool) -> DWORD {
    if object != .none && Arena.local.tryWaitForOther(object, Arena.local.threadOwner) { return DWORD(WAIT_OBJECT_0) }
    return wait(handle, object, milliseconds, alertable: alertable)
}

@inline(never)
private func wait(_ handle: HANDLE?, _ object: ObjectName, _ milliseconds: DWORD, alertable: Bool) -> DWORD {
    var object = object
    do throws(DispatcherError) {
        if object == .none {
            switch value(handle) {
            case Pseudo.thread: object = try Threads.ownOrNew()
            case Pseudo.process: return sleepAsAWait(milliseconds, alertable)
            default: return failedWait(code(forHandle: handle, .synchronize))
            }
        }
        return result(try Arena.local.block(on: object, until: deadline(milliseconds), alertable: alertable))
    } catch {
        return failedWait(waitCode(error))
    }
}

/// A wait for this process, which does not end while somebody in it waits.
private func sleepAsAWait(_ milliseconds: DWORD, _ alertable: Bool) -> DWORD {
    let haveRun = Arena.prepared().sleep(until: deadline(milliseconds), alertable: alertable)
    return haveRun ? DWORD(WAIT_IO_COMPLETION) : DWORD(WAIT_TIMEOUT)
}

// ---- several

@c(WaitForMultipleObjects) @implementation
public func __WaitForMultipleObjects(
    _ count: DWORD, _ handles: UnsafePointer<HANDLE?>?, _ waitAll: BOOL, _ milliseconds: DWORD
) -> DWORD { wait(count, handles, all: waitAll != 0, milliseconds, alertable: false) }

@c(WaitForMultipleObjectsEx) @implementation
public func __WaitForMultipleObjectsEx(
    _ count: DWORD, _ handles: UnsafePointer<HANDLE?>?, _ waitAll: BOOL, _ milliseconds: DWORD, _ alertable: BOOL
) -> DWORD { wait(count, handles, all: waitAll != 0, milliseconds, alertable: alertable != 0) }

private func wait(
    _ count: DWORD, _ handles: UnsafePointer<HANDLE?>?, all: Bool, _ milliseconds: DWORD, alertable: Bool
) -> DWORD {
    guard (1...DWORD(MAXIMUM_WAIT_OBJECTS)).contains(count), let handles else {
        return failedWait(ERROR_INVALID_PARAMETER)
    }
    return withUnsafeTemporaryAllocation(of: ObjectName.self, capacity: Int(MAXIMUM_WAIT_OBJECTS)) { memory in
        let memory = memory.baseAddress!
        var isLooked = false
        if !all, let glance = HandleTable.glance(handles, count: Int(count), .synchronize, names: memory) {
            if glance.first < count {
                if Arena.local.take(glance, of: memory) {
                    return DWORD(WAIT_OBJECT_0) + DWORD(truncatingIfNeeded: glance.first)
                }
            } else {
                isLooked = milliseconds != 0
            }
        }
        return waitSlowly(Int(count), handles, memory, all: all, milliseconds, alertable: alertable, isLooked: isLooked)
    }
}

/// `isLooked`: the names are there, and none of the objects was signaled.
@inline(never)
private func waitSlowly(
    _ count: Int, _ handles: UnsafePointer<HANDLE?>, _ names: UnsafeMutablePointer<ObjectName>, all: Bool,
    _ milliseconds: DWORD, alertable: Bool, isLooked: Bool
) -> DWORD {
    for index in 0..<(isLooked ? 0 : count) {
        let object = HandleTable.find(value(handles[index]), .synchronize)
        guard object != .none else { return failedWait(code(forHandle: handles[index], .synchronize)) }
        names[index] = object
    }
    do throws(DispatcherError) {
        return result(
            try Arena.local.block(
                on: UnsafeBufferPointer(start: names, count: count), all: all, until: deadline(milliseconds),
                alertable: alertable, isLooked: isLooked))
    } catch {
        return failedWait(waitCode(error))
    }
}

// ---- signal and wait

@c(SignalObjectAndWait) @implementation public func __SignalObjectAndWait(
    _ signal: HANDLE?, _ object: HANDLE?, _ milliseconds: DWORD, _ alertable: BOOL
) -> DWORD {
    let signaled = HandleTable.find(value(signal), [])
    let kind = signaled == .none ? nil : Arena.local.kind(of: signaled)
    guard kind == .event || kind == .semaphore || kind == .mutex else { return failedWait(ERROR_INVALID_HANDLE) }
    if kind != .mutex && HandleTable.find(value(signal), .modify) == .none {
        return failedWait(code(forHandle: signal, .modify))
    }
    do throws(DispatcherError) {
        var awaited = HandleTable.find(value(object), .synchronize)
        if awaited == .none {
            guard value(object) == Pseudo.thread || value(object) == Pseudo.process else {
                return failedWait(code(forHandle: object, .synchronize))
            }
            awaited = try Threads.ownOrNew()
        }
        // A thread's object is as good as its process's: neither is signaled while the thread waits.
        let owner = kind == .mutex || Arena.local.kind(of: awaited) == .mutex ? try Threads.owner() : nil
        return result(
            try Arena.local.signalAndWait(
                signaled, awaited, until: deadline(milliseconds), alertable: alertable != 0, owner: owner))
    } catch {
        let isFull = kind == .semaphore && error == .limitExceeded && !isAtItsLimit(value(object))
        return failedWait(isFull ? code(error) : waitCode(error))
    }
}

/// Whether the calling thread owns the mutex as often as can be counted.
private func isAtItsLimit(_ handle: UInt) -> Bool {
    guard let state = Arena.local.mutexState(HandleTable.find(handle, [])) else { return false }
    return state.owner == Arena.local.threadOwner && state.recursion == Arena.recursionLimit
}

// ---- sleeping

@c(Sleep) @implementation public func __Sleep(_ milliseconds: DWORD) {
    if milliseconds == 0 {
        sched_yield()
    } else {
        Arena.prepared().sleep(until: deadline(milliseconds))
    }
}

@c(SleepEx) @implementation public func __SleepEx(_ milliseconds: DWORD, _ alertable: BOOL) -> DWORD {
    guard alertable != 0 else {
        __Sleep(milliseconds)
        return 0
    }
    if milliseconds == 0 {
        if Threads.runAPCs() { return DWORD(WAIT_IO_COMPLETION) }
        sched_yield()
        return 0
    }
    return Arena.prepared().sleep(until: deadline(milliseconds), alertable: true) ? DWORD(WAIT_IO_COMPLETION) : 0
}

@c(SwitchToThread) @implementation public func __SwitchToThread() -> BOOL {
    // Linux does not say whether another thread ran.
    sched_yield()
    return 1
}
