public import CWin32
import Dispatcher
import Signalbox

// Completion ports.

@c(CreateIoCompletionPort) @implementation public func __CreateIoCompletionPort(
    _ file: HANDLE?, _ port: HANDLE?, _ key: ULONG_PTR, _ concurrency: DWORD
) -> HANDLE? {
    enter()
    defer { leave() }
    let isNew = port == nil
    if value(file) == UInt(bitPattern: -1) {  // INVALID_HANDLE_VALUE: only make a port
        return isNew ? newPort(concurrency) : noHandle(ERROR_INVALID_PARAMETER)
    }
    let object = HandleTable.find(value(file), [])
    guard object != .none else { return noHandle(ERROR_INVALID_HANDLE) }
    let existing = HandleTable.find(value(port), [])
    if !isNew && (existing == .none || Arena.local.kind(of: existing) != .port) {
        return noHandle(ERROR_INVALID_HANDLE)
    }
    guard Arena.local.kind(of: object) == .source else { return noHandle(ERROR_INVALID_HANDLE) }
    guard let result = isNew ? newPort(concurrency) : port else { return nil }
    guard SourceObject.bind(object, to: .port(HandleTable.find(value(result), []), key: key)) else {
        if isNew { _ = __CloseHandle(result) }
        return noHandle(ERROR_INVALID_PARAMETER)
    }
    return result
}

private func newPort(_ concurrency: DWORD) -> HANDLE? {
    do {
        return newHandle(try Arena.prepared().makePort(limit: PortObject.limit(Int(concurrency))))
    } catch {
        return noHandle(code(error))
    }
}

@c(PostQueuedCompletionStatus) @implementation public func __PostQueuedCompletionStatus(
    _ port: HANDLE?, _ bytes: DWORD, _ key: ULONG_PTR, _ overlapped: LPOVERLAPPED?
) -> BOOL {
    let object = HandleTable.find(value(port), .modify)
    guard object != .none else { return failure(code(forHandle: port, .modify)) }
    do {
        let address = UInt64(UInt(bitPattern: overlapped))
        try Arena.local.post(object, Packet(key: key, overlapped: address, bytes: UInt64(bytes)))
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(GetQueuedCompletionStatus) @implementation public func __GetQueuedCompletionStatus(
    _ port: HANDLE?, _ bytes: LPDWORD?, _ key: PULONG_PTR?, _ overlapped: UnsafeMutablePointer<LPOVERLAPPED?>?,
    _ milliseconds: DWORD
) -> BOOL {
    guard let bytes, let key, let overlapped else { return failure(ERROR_INVALID_PARAMETER) }
    overlapped.pointee = nil
    let object = HandleTable.find(value(port), [])
    guard object != .none else { return failure(ERROR_INVALID_HANDLE) }
    let packet: Packet
    do {
        guard let taken = try Arena.local.get(object, until: deadline(milliseconds)) else {
            return failure(Int32(WAIT_TIMEOUT))
        }
        packet = taken
    } catch {
        // The handle was good: the port was closed since.
        if case .noSuchObject = error { return failure(ERROR_ABANDONED_WAIT_0) }
        return failure(code(error))
    }
    bytes.pointee = DWORD(truncatingIfNeeded: packet.bytes)
    key.pointee = packet.key
    overlapped.pointee = LPOVERLAPPED(bitPattern: UInt(packet.overlapped))
    let status = IOStatus(rawValue: packet.status)
    return status.isSuccess ? 1 : failure(code(status))
}

@c(GetQueuedCompletionStatusEx) @implementation public func __GetQueuedCompletionStatusEx(
    _ port: HANDLE?, _ entries: LPOVERLAPPED_ENTRY?, _ count: ULONG, _ removed: PULONG?, _ milliseconds: DWORD,
    _ alertable: BOOL
) -> BOOL {
    guard let entries, let removed, count > 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let object = HandleTable.find(value(port), [])
    guard object != .none else { return failure(ERROR_INVALID_HANDLE) }
    var taken = 0
    do {
        var wasAlerted = false
        // The first is waited for; the others are taken if they are there.
        var until = deadline(milliseconds)
        while taken < Int(count) {
            let isFirst = taken == 0
            guard
                let packet = try Arena.local.get(
                    object, until: until, alertable: isFirst && alertable != 0, wasAlerted: &wasAlerted)
            else { break }
            // No error is told here but by the status, as Windows has it.
            entries[taken] = OVERLAPPED_ENTRY(
                lpCompletionKey: packet.key, lpOverlapped: LPOVERLAPPED(bitPattern: UInt(packet.overlapped)),
                Internal: ULONG_PTR(packet.status), dwNumberOfBytesTransferred: DWORD(truncatingIfNeeded: packet.bytes))
            taken += 1
            until = Deadline.now
        }
        if taken == 0 { return failure(wasAlerted ? Int32(WAIT_IO_COMPLETION) : Int32(WAIT_TIMEOUT)) }
    } catch {
        // Closed since; what was taken before is the caller's.
        if taken == 0 {
            if case .noSuchObject = error { return failure(ERROR_ABANDONED_WAIT_0) }
            return failure(code(error))
        }
    }
    removed.pointee = ULONG(taken)
    return 1
}
