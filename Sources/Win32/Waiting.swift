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
    // Nobody cancels a thread's wait.
    case .timedOut, .cancelled: DWORD(WAIT_TIMEOUT)
    case .alerted: DWORD(WAIT_IO_COMPLETION)
    }
}

@c(WaitForSingleObject) @implementation
public func __WaitForSingleObject(_ handle: HANDLE?, _ milliseconds: DWORD) -> DWORD {
    let object = HandleTable.find(value(handle), .synchronize)
    if object != .none && Arena.local.tryWait(object) { return DWORD(WAIT_OBJECT_0) }
    return wait(handle, object, milliseconds)
}

@inline(never)
private func wait(_ handle: HANDLE?, _ object: ObjectName, _ milliseconds: DWORD) -> DWORD {
    var object = object
    do throws(DispatcherError) {
        if object == .none {
            switch value(handle) {
            case Pseudo.thread: object = try Threads.ownOrNew()
            case Pseudo.process:  // does not end while somebody in it waits
                Arena.prepared().sleep(until: deadline(milliseconds))
                return DWORD(WAIT_TIMEOUT)
            default: return failedWait(code(forHandle: handle, .synchronize))
            }
        }
        return result(try Arena.local.block(on: object, until: deadline(milliseconds)))
    } catch {
        return failedWait(code(error))
    }
}

@c(WaitForMultipleObjects) @implementation
public func __WaitForMultipleObjects(
    _ count: DWORD, _ handles: UnsafePointer<HANDLE?>?, _ waitAll: BOOL, _ milliseconds: DWORD
) -> DWORD {
    guard (1...DWORD(MAXIMUM_WAIT_OBJECTS)).contains(count), let handles else {
        return failedWait(ERROR_INVALID_PARAMETER)
    }
    return withUnsafeTemporaryAllocation(of: ObjectName.self, capacity: Int(count)) { names in
        for index in 0..<Int(count) {
            let object = HandleTable.find(value(handles[index]), .synchronize)
            guard object != .none else { return failedWait(code(forHandle: handles[index], .synchronize)) }
            names.initializeElement(at: index, to: object)
        }
        do throws(DispatcherError) {
            let names = UnsafeBufferPointer(rebasing: names[..<Int(count)])
            return result(try Arena.local.block(on: names, all: waitAll != 0, until: deadline(milliseconds)))
        } catch {
            return failedWait(code(error))
        }
    }
}

@c(Sleep) @implementation public func __Sleep(_ milliseconds: DWORD) {
    if milliseconds == 0 {
        sched_yield()
    } else {
        Arena.prepared().sleep(until: deadline(milliseconds))
    }
}

@c(SwitchToThread) @implementation public func __SwitchToThread() -> BOOL {
    // Linux does not say whether another thread ran.
    sched_yield()
    return 1
}
