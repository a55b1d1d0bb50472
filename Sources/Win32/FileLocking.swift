public import CWin32
import Dispatcher
import Signalbox

// LockFile, LockFileEx and their undoing.

private func range(_ low: DWORD, _ high: DWORD, _ lengthLow: DWORD, _ lengthHigh: DWORD) -> FileRange? {
    let start = UInt64(high) << 32 | UInt64(low)
    let length = UInt64(lengthHigh) << 32 | UInt64(lengthLow)
    // The last byte must have an offset.
    if length > 0 && start.addingReportingOverflow(length - 1).overflow { return nil }
    return FileRange(start: start, length: length)
}

/// A file that may be locked: "This handle must have been created with either the GENERIC_READ or GENERIC_WRITE access
/// right" (LockFileEx).
private func lockable(_ handle: HANDLE?) -> (file: any DriverFile, object: ObjectName)? {
    guard let (file, object) = fileOf(handle) else { return nil }
    guard !file.access.isDisjoint(with: [.read, .write, .append]) else {
        _ = failure(ERROR_ACCESS_DENIED)
        return nil
    }
    return (file, object)
}

@c(LockFile) @implementation public func __LockFile(
    _ handle: HANDLE?, _ low: DWORD, _ high: DWORD, _ lengthLow: DWORD, _ lengthHigh: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, _) = lockable(handle) else { return 0 }
    guard let range = range(low, high, lengthLow, lengthHigh) else { return failure(ERROR_INVALID_LOCK_RANGE) }
    let transfer = FileTransfer.lock(range, exclusive: true, waits: false)
    return result(file.start(IORequest(.receive, []), transfer, done: 0)?.status ?? .pending)
}

@c(LockFileEx) @implementation public func __LockFileEx(
    _ handle: HANDLE?, _ flags: DWORD, _ reserved: DWORD, _ lengthLow: DWORD, _ lengthHigh: DWORD,
    _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, object) = lockable(handle) else { return 0 }
    guard let overlapped, reserved == 0, flags & ~3 == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let (low, high) = (overlapped.pointee.Offset, overlapped.pointee.OffsetHigh)
    guard let range = range(low, high, lengthLow, lengthHigh) else { return failure(ERROR_INVALID_LOCK_RANGE) }
    let transfer = FileTransfer.lock(
        range, exclusive: flags & DWORD(LOCKFILE_EXCLUSIVE_LOCK) != 0,
        waits: flags & DWORD(LOCKFILE_FAIL_IMMEDIATELY) == 0)
    guard file.isOverlapped else {
        let (status, _) = SynchronousRequest.perform(.receive, [], on: file, transfer)
        overlapped.pointee.InternalHigh = 0
        OverlappedStatus(overlapped).store(status)
        return result(status)
    }
    do throws(HandleError) {
        let request = try OverlappedRequest(.receive, [], overlapped, source: object)
        guard let (status, bytes) = file.start(request, transfer, done: 0) else {
            PendingRequests.add(request, of: object)
            return failure(ERROR_IO_PENDING)
        }
        guard status == .success else {
            request.refuse(status)
            return failure(status)
        }
        request.complete(status, bytes: bytes, atOnce: true)
        return 1
    } catch {
        return failure(ERROR_INVALID_HANDLE)
    }
}

private func unlock(_ handle: HANDLE?, _ low: DWORD, _ high: DWORD, _ lengthLow: DWORD, _ lengthHigh: DWORD) -> BOOL {
    guard let (file, _) = fileOf(handle) else { return 0 }
    guard let range = range(low, high, lengthLow, lengthHigh) else { return failure(ERROR_INVALID_LOCK_RANGE) }
    return file.unlock(range) ? 1 : failure(ERROR_NOT_LOCKED)
}

@c(UnlockFile) @implementation public func __UnlockFile(
    _ handle: HANDLE?, _ low: DWORD, _ high: DWORD, _ lengthLow: DWORD, _ lengthHigh: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    return unlock(handle, low, high, lengthLow, lengthHigh)
}

@c(UnlockFileEx) @implementation public func __UnlockFileEx(
    _ handle: HANDLE?, _ reserved: DWORD, _ lengthLow: DWORD, _ lengthHigh: DWORD, _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    guard let overlapped, reserved == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let (low, high) = (overlapped.pointee.Offset, overlapped.pointee.OffsetHigh)
    guard unlock(handle, low, high, lengthLow, lengthHigh) != 0 else { return 0 }
    overlapped.pointee.InternalHigh = 0
    OverlappedStatus(overlapped).store(.success)
    return 1
}
