import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// The file pointer, the size, and what is on the disk.

private func status(of file: any DriverFile) -> stat? {
    var found = stat()
    return fstat(file.descriptor, &found) == 0 ? found : nil
}

private func seek(_ handle: HANDLE?, _ distance: Int64, _ method: DWORD) -> Int64? {
    guard let (file, _) = fileOf(handle) else { return nil }
    let origin: FileOrigin
    switch Int32(bitPattern: method) {
    case FILE_BEGIN: origin = .beginning
    case FILE_CURRENT: origin = .current
    case FILE_END: origin = .end
    default:
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    // "The hFile parameter must refer to a file stored on a seeking device" (SetFilePointer).
    guard file.isSeekable || file.isFolder else {
        _ = failure(ERROR_INVALID_FUNCTION)
        return nil
    }
    let (status, position) = file.seek(distance, from: origin)
    guard status == .success else {
        _ = failure(status == .invalidParameter && file.alignment == 1 ? ERROR_NEGATIVE_SEEK : code(status))
        return nil
    }
    return position
}

@c(SetFilePointer) @implementation public func __SetFilePointer(
    _ handle: HANDLE?, _ low: LONG, _ high: UnsafeMutablePointer<LONG>?, _ method: DWORD
) -> DWORD {
    enter()
    defer { leave() }
    let distance = high.map { Int64($0.pointee) << 32 | Int64(UInt32(bitPattern: low)) } ?? Int64(low)
    // Without the high half, a place that it would take is an error, and not gone to.
    if high == nil, let (file, _) = fileOf(handle), file.isSeekable {
        var base: Int64 = 0
        if method == DWORD(FILE_CURRENT) { base = file.position }
        if method == DWORD(FILE_END) { base = Int64(status(of: file)?.st_size ?? 0) }
        let (sum, isBeyond) = base.addingReportingOverflow(distance)
        if isBeyond || sum > Int64(UInt32.max) {
            _ = failure(ERROR_INVALID_PARAMETER)
            return DWORD(INVALID_SET_FILE_POINTER)
        }
    }
    guard let position = seek(handle, distance, method) else { return DWORD(INVALID_SET_FILE_POINTER) }
    high?.pointee = LONG(truncatingIfNeeded: position >> 32)
    let result = DWORD(truncatingIfNeeded: position)
    // Only so can the caller tell this from a failure.
    if result == DWORD(INVALID_SET_FILE_POINTER) { __SetLastError(0) }
    return result
}

@c(SetFilePointerEx) @implementation public func __SetFilePointerEx(
    _ handle: HANDLE?, _ distance: LARGE_INTEGER, _ position: PLARGE_INTEGER?, _ method: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let found = seek(handle, distance.QuadPart, method) else { return 0 }
    position?.pointee.QuadPart = found
    return 1
}

private func size(_ handle: HANDLE?) -> Int64? {
    guard let (file, _) = fileOf(handle) else { return nil }
    guard file.isSeekable || file.isFolder else {
        _ = failure(ERROR_INVALID_FUNCTION)
        return nil
    }
    guard let found = status(of: file) else {
        _ = failure(IOStatus(fileErrno: errno))
        return nil
    }
    return Int64(found.st_size)
}

@c(GetFileSize) @implementation public func __GetFileSize(_ handle: HANDLE?, _ high: LPDWORD?) -> DWORD {
    enter()
    defer { leave() }
    guard let size = size(handle) else { return DWORD(INVALID_FILE_SIZE) }
    high?.pointee = DWORD(truncatingIfNeeded: size >> 32)
    let result = DWORD(truncatingIfNeeded: size)
    if result == DWORD(INVALID_FILE_SIZE) { __SetLastError(0) }
    return result
}

@c(GetFileSizeEx) @implementation public func __GetFileSizeEx(_ handle: HANDLE?, _ size: PLARGE_INTEGER?) -> BOOL {
    enter()
    defer { leave() }
    guard let size else { return failure(ERROR_INVALID_PARAMETER) }
    guard let found = Win32.size(handle) else { return 0 }
    size.pointee.QuadPart = found
    return 1
}

/// Sets the size. The file pointer stays.
func setEnd(_ file: any DriverFile, _ size: Int64) -> BOOL {
    guard file.access.contains(.write) else { return failure(ERROR_ACCESS_DENIED) }
    guard file.isSeekable else { return failure(ERROR_INVALID_FUNCTION) }
    guard size >= 0, size % Int64(file.alignment) == 0 || file.alignment == 1 else {
        return failure(ERROR_INVALID_PARAMETER)
    }
    let code = untilDone { ftruncate(file.descriptor, Int(size)) }
    return code == 0 ? 1 : failure(IOStatus(fileErrno: code))
}

@c(SetEndOfFile) @implementation public func __SetEndOfFile(_ handle: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, _) = fileOf(handle) else { return 0 }
    return setEnd(file, file.position)
}

@c(FlushFileBuffers) @implementation public func __FlushFileBuffers(_ handle: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, _) = fileOf(handle) else { return 0 }
    // "The file handle must have the GENERIC_WRITE access right" (FlushFileBuffers).
    guard !file.access.isDisjoint(with: [.write, .append]) else { return failure(ERROR_ACCESS_DENIED) }
    // "…until all buffered information is read from the pipe", of one with a name (FlushFileBuffers).
    if file is any DriverPipe {
        let (status, _) = SynchronousRequest.perform(.send, [], on: file, .flush)
        return status.isSuccess ? 1 : failure(status)
    }
    let code = Arena.sleeping(isOpen: false) { untilDone { fsync(file.descriptor) } }
    // What has no disk has nothing to flush.
    return [0, EINVAL, EROFS].contains(code) ? 1 : failure(IOStatus(fileErrno: code))
}
