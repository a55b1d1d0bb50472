public import CWin32
import Dispatcher
import Signalbox

// GetOverlappedResult and GetOverlappedResultEx.

private func answer(_ overlapped: LPOVERLAPPED, _ status: IOStatus, _ bytes: LPDWORD) -> BOOL {
    bytes.pointee = DWORD(truncatingIfNeeded: overlapped.pointee.InternalHigh)
    return status.isSuccess ? 1 : failure(code(status))
}

private func resultOf(
    _ handle: HANDLE?, _ overlapped: LPOVERLAPPED?, _ bytes: LPDWORD?, _ milliseconds: DWORD, alertable: Bool
) -> BOOL {
    guard let overlapped, let bytes else { return failure(ERROR_INVALID_PARAMETER) }
    var status = OverlappedStatus(overlapped).load()
    if status == .pending && CompletionQueue.take() { status = OverlappedStatus(overlapped).load() }
    if status != .pending { return answer(overlapped, status, bytes) }
    guard milliseconds != 0 else { return failure(ERROR_IO_INCOMPLETE) }
    let until = deadline(milliseconds)
    let event = HandleTable.find(value(overlapped.pointee.hEvent), .synchronize)
    // The object is signaled by whichever request ends; an event of our own tells of this one.
    let object = HandleTable.find(value(handle), [])
    let isOwn = event == .none && object != .none && Arena.local.kind(of: object) == .source
    if event == .none && !isOwn { return failure(ERROR_INVALID_HANDLE) }
    let own = isOwn ? (try? Arena.prepared().makeObject(.event, manualReset: true)) ?? .none : .none
    if isOwn && own == .none { return failure(ERROR_NOT_ENOUGH_MEMORY) }
    if isOwn { Arena.local.noteRequests(own) }
    if isOwn { SourceObject.addWaiter(own, for: UInt(bitPattern: overlapped), of: object) }
    defer {
        if isOwn {
            SourceObject.removeWaiter(own, of: object)
            Arena.local.release(own)
        }
    }
    // It may have ended before the waiter was known.
    if isOwn && OverlappedStatus(overlapped).load() != .pending { try? Arena.local.setEvent(own) }
    let waited = isOwn ? own : event
    guard let verdict = outside({ try? Arena.local.block(on: waited, until: until, alertable: alertable) }) else {
        return failure(ERROR_INVALID_HANDLE)
    }
    switch verdict {
    case .alerted: return failure(Int32(WAIT_IO_COMPLETION))
    case .timedOut, .cancelled: return failure(Int32(WAIT_TIMEOUT))
    case .satisfied, .abandoned: break
    }
    let now = OverlappedStatus(overlapped).load()
    // The event was set by somebody else.
    return now == .pending ? failure(ERROR_IO_INCOMPLETE) : answer(overlapped, now, bytes)
}

@c(GetOverlappedResult) @implementation public func __GetOverlappedResult(
    _ handle: HANDLE?, _ overlapped: LPOVERLAPPED?, _ bytes: LPDWORD?, _ wait: BOOL
) -> BOOL {
    enter()
    defer { leave() }
    return resultOf(handle, overlapped, bytes, wait != 0 ? DWORD(INFINITE) : 0, alertable: false)
}

@c(GetOverlappedResultEx) @implementation public func __GetOverlappedResultEx(
    _ handle: HANDLE?, _ overlapped: LPOVERLAPPED?, _ bytes: LPDWORD?, _ milliseconds: DWORD, _ alertable: BOOL
) -> BOOL {
    enter()
    defer { leave() }
    return resultOf(handle, overlapped, bytes, milliseconds, alertable: alertable != 0)
}
