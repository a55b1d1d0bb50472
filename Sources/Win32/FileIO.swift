import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Reading and writing files.

/// What a file handle's transfer is asked for.
struct TransferCall {
    let isWrite: Bool
    let buffers: [UnsafeMutableRawBufferPointer]

    init(isWrite: Bool, _ buffer: UnsafeMutableRawPointer?, _ count: DWORD) {
        self.isWrite = isWrite
        // NULL is memory that nobody has, as the kernel will say.
        let start = buffer ?? UnsafeMutableRawPointer(bitPattern: 4096)
        buffers = count == 0 ? [] : [UnsafeMutableRawBufferPointer(start: start, count: Int(count))]
    }

    init(isWrite: Bool, buffers: [UnsafeMutableRawBufferPointer]) {
        (self.isWrite, self.buffers) = (isWrite, buffers)
    }

    var operation: IORequest.Operation { isWrite ? .send : .receive }

    func at(_ offset: Int64) -> FileTransfer {
        // "To write to the end of file, specify both the Offset and OffsetHigh members … as 0xFFFFFFFF" (WriteFile).
        isWrite ? offset == -1 ? .append : .write(at: offset) : .read(at: offset)
    }

    /// As the file was opened, and as this handle to it was granted.
    func isAllowed(_ file: any DriverFile, _ handle: HANDLE?) -> Bool {
        let granted = HandleTable.access(value(handle)) ?? 0
        return isWrite
            ? !file.access.isDisjoint(with: [.write, .append])
                && granted & DWORD(FILE_WRITE_DATA | FILE_APPEND_DATA) != 0
            : file.access.contains(.read) && granted & DWORD(FILE_READ_DATA | FILE_EXECUTE) != 0
    }
}

extension LPOVERLAPPED {
    /// The offset in the file.
    var offset: Int64 { Int64(bitPattern: UInt64(pointee.OffsetHigh) << 32 | UInt64(pointee.Offset)) }
}

/// A transfer without an `OVERLAPPED`, or of a handle that waits: to its end, on the calling thread.
func perform(
    _ file: any DriverFile, _ object: ObjectName, _ transfer: TransferCall, _ overlapped: LPOVERLAPPED?
) -> (status: IOStatus, bytes: Int) {
    if file.isSeekable || file.isFolder {
        return file.transfer(transfer.buffers, isWrite: transfer.isWrite, at: overlapped?.offset)
    }
    return SynchronousRequest.perform(transfer.operation, transfer.buffers, on: file, transfer.at(0))
}

private func transfer(
    _ handle: HANDLE?, _ transfer: TransferCall, _ count: LPDWORD?, _ overlapped: LPOVERLAPPED?, hasTried: Bool
) -> BOOL {
    let object = HandleTable.find(value(handle), [])
    guard object != .none, let file = SourceObject.file(of: object) else {
        if object != .none, SourceObject.driver(of: object) != nil {
            return transferSocket(handle, transfer, count, overlapped)
        }
        return failure(ERROR_INVALID_HANDLE)
    }
    guard count != nil || overlapped != nil else { return failure(ERROR_INVALID_PARAMETER) }
    guard transfer.isAllowed(file, handle) else { return failure(ERROR_ACCESS_DENIED) }
    if file.isOverlapped {
        guard let overlapped else { return failure(ERROR_INVALID_PARAMETER) }
        return begin(file, object, transfer, overlapped, count, nil, hasTried: hasTried)
    }
    if let overlapped {
        if let event = eventOf(overlapped) { try? Arena.local.resetEvent(event) }
        OverlappedStatus(overlapped).store(.pending)
    }
    let (status, bytes) = perform(file, object, transfer, overlapped)
    count?.pointee = DWORD(bytes)
    if let overlapped {
        overlapped.pointee.InternalHigh = ULONG_PTR(bytes)
        OverlappedStatus(overlapped).store(status)
        if !status.isError || status == .endOfFile, let event = eventOf(overlapped) {
            try? Arena.local.setEvent(event)
        }
    }
    // "If the lpOverlapped parameter is NULL … zero bytes read … is a successful read at the end of the file".
    if status == .endOfFile && overlapped == nil { return 1 }
    return status.isSuccess ? 1 : failure(status)
}

private func eventOf(_ overlapped: LPOVERLAPPED) -> ObjectName? {
    let event = HandleTable.find(value(overlapped.pointee.hEvent), .modify)
    return event != .none && Arena.local.kind(of: event) == .event ? event : nil
}

/// Starts a request of an overlapped handle.
func begin(
    _ file: any DriverFile, _ object: ObjectName, _ transfer: TransferCall, _ overlapped: LPOVERLAPPED,
    _ count: LPDWORD?, _ routine: LPOVERLAPPED_COMPLETION_ROUTINE?, as control: FileTransfer? = nil,
    hasTried: Bool = false
) -> BOOL {
    do throws(HandleError) {
        let what = control ?? transfer.at(overlapped.offset)
        let request = try OverlappedRequest(
            transfer.operation, transfer.buffers, overlapped, source: object, fileRoutine: routine)
        var done = 0
        switch hasTried ? .wouldBlock(0) : file.attempt(what, transfer.buffers, mayWait: false) {
        case .done(let bytes, let status):
            if routine == nil { count?.pointee = DWORD(bytes) }
            request.complete(status, bytes: bytes, atOnce: true)
            return status.isSuccess ? 1 : failure(status)
        case .failed(let status):
            request.refuse(status)
            return failure(status)
        case .wouldBlock(let bytes): done = bytes
        case .isBehindOthers: break
        }
        guard let (status, bytes) = file.start(request, what, done: done) else {
            PendingRequests.add(request, of: object)
            // A routine is called later anyhow, so the call has done what it was to do.
            return routine == nil ? failure(ERROR_IO_PENDING) : 1
        }
        guard !status.isError else {
            request.refuse(status)
            return failure(status)
        }
        if routine == nil { count?.pointee = DWORD(bytes) }
        request.complete(status, bytes: bytes, atOnce: true)
        return status.isSuccess ? 1 : failure(status)
    } catch {
        return failure(ERROR_INVALID_HANDLE)
    }
}

/// A transfer of an overlapped handle that is done at once, which most are that the page cache serves. Start and end are
/// one moment then: nobody sees it pending, and no object stands for it. nil: nothing is done; `hasTried`: because it
/// would have to wait.
@inline(__always) private func transferAtOnce(
    _ handle: HANDLE?, _ buffer: UnsafeMutableRawPointer?, _ size: DWORD, _ count: LPDWORD?, _ overlapped: LPOVERLAPPED,
    isWrite: Bool, _ hasTried: inout Bool
) -> BOOL? {
    guard let buffer, size > 0 else { return nil }
    let object = HandleTable.find(value(handle), [])
    guard object != .none, let box = SourceObject.box(of: object), let file = box.file, file.isOverlapped, !box.isBoundToPool
    else { return nil }
    let (granted, offset) = (HandleTable.access(value(handle)) ?? 0, overlapped.offset)
    if isWrite {
        guard file.access.contains(.write), granted & DWORD(FILE_WRITE_DATA) != 0, offset != -1 else { return nil }
    } else {
        guard file.access.contains(.read), granted & DWORD(FILE_READ_DATA) != 0 else { return nil }
    }
    let eventHandle = value(overlapped.pointee.hEvent)
    var event = ObjectName.none
    if eventHandle & ~3 != 0 {
        event = HandleTable.find(eventHandle, .modify)
        guard event != .none, Arena.local.kind(of: event) == .event else { return nil }
    }
    switch file.transferNow(buffer, Int(size), isWrite: isWrite, at: offset) {
    case .done: break
    case .wouldBlock:
        hasTried = true
        return nil
    case .other: return nil
    }
    count?.pointee = size
    OverlappedRequest.noteEnd(overlapped, bytes: size, event, source: object, box, wantsPacket: eventHandle & 1 == 0)
    return 1
}

@inline(__always) private func transferBytes(
    _ handle: HANDLE?, _ buffer: UnsafeMutableRawPointer?, _ size: DWORD, _ count: LPDWORD?,
    _ overlapped: LPOVERLAPPED?, isWrite: Bool
) -> BOOL {
    var hasTried = false
    if let overlapped,
        let done = transferAtOnce(handle, buffer, size, count, overlapped, isWrite: isWrite, &hasTried)
    {
        return done
    }
    return transfer(handle, TransferCall(isWrite: isWrite, buffer, size), count, overlapped, hasTried: hasTried)
}

@c(ReadFile) @implementation public func __ReadFile(
    _ handle: HANDLE?, _ buffer: LPVOID?, _ size: DWORD, _ count: LPDWORD?, _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    count?.pointee = 0
    return transferBytes(handle, buffer, size, count, overlapped, isWrite: false)
}

@c(WriteFile) @implementation public func __WriteFile(
    _ handle: HANDLE?, _ buffer: LPCVOID?, _ size: DWORD, _ count: LPDWORD?, _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    count?.pointee = 0
    return transferBytes(handle, UnsafeMutableRawPointer(mutating: buffer), size, count, overlapped, isWrite: true)
}

// ---- completion routines

private func beginWithRoutine(
    _ handle: HANDLE?, _ transfer: TransferCall, _ overlapped: LPOVERLAPPED?,
    _ routine: LPOVERLAPPED_COMPLETION_ROUTINE?
) -> BOOL {
    guard let (file, object) = fileOf(handle) else { return 0 }
    guard let overlapped, let routine, file.isOverlapped else { return failure(ERROR_INVALID_PARAMETER) }
    // A file has one way to tell: a handle that is bound to a port takes no routines.
    guard SourceObject.binding(of: object) == nil else { return failure(ERROR_INVALID_PARAMETER) }
    guard transfer.isAllowed(file, handle) else { return failure(ERROR_ACCESS_DENIED) }
    let isStarted = begin(file, object, transfer, overlapped, nil, routine)
    // "You should call GetLastError … to check for error conditions when the function succeeds" (ReadFileEx).
    if isStarted != 0 { __SetLastError(0) }
    return isStarted
}

@c(ReadFileEx) @implementation public func __ReadFileEx(
    _ handle: HANDLE?, _ buffer: LPVOID?, _ size: DWORD, _ overlapped: LPOVERLAPPED?,
    _ routine: LPOVERLAPPED_COMPLETION_ROUTINE?
) -> BOOL {
    enter()
    defer { leave() }
    return beginWithRoutine(handle, TransferCall(isWrite: false, buffer, size), overlapped, routine)
}

@c(WriteFileEx) @implementation public func __WriteFileEx(
    _ handle: HANDLE?, _ buffer: LPCVOID?, _ size: DWORD, _ overlapped: LPOVERLAPPED?,
    _ routine: LPOVERLAPPED_COMPLETION_ROUTINE?
) -> BOOL {
    enter()
    defer { leave() }
    let transfer = TransferCall(isWrite: true, UnsafeMutableRawPointer(mutating: buffer), size)
    return beginWithRoutine(handle, transfer, overlapped, routine)
}

// ---- pages

private let pageSize = 4096

/// A transfer between a file that is not buffered and pages, wherever they are.
private func transferPages(
    _ handle: HANDLE?, isWrite: Bool, _ segments: UnsafeMutablePointer<FILE_SEGMENT_ELEMENT>?, _ size: DWORD,
    _ overlapped: LPOVERLAPPED?
) -> BOOL {
    guard let (file, object) = fileOf(handle) else { return 0 }
    // "The file must have been opened with the FILE_FLAG_OVERLAPPED and FILE_FLAG_NO_BUFFERING flags".
    guard let overlapped, let segments, file.isOverlapped, file.alignment > 1, Int(size) % file.alignment == 0 else {
        return failure(ERROR_INVALID_PARAMETER)
    }
    var buffers: [UnsafeMutableRawBufferPointer] = []
    var left = Int(size)
    var index = 0
    while left > 0 {
        guard let page = segments[index].Buffer, Int(bitPattern: page) % pageSize == 0 else {
            return failure(segments[index].Buffer == nil ? ERROR_NOACCESS : ERROR_INVALID_PARAMETER)
        }
        buffers.append(UnsafeMutableRawBufferPointer(start: page, count: min(left, pageSize)))
        left -= buffers.last!.count
        index += 1
    }
    let transfer = TransferCall(isWrite: isWrite, buffers: buffers)
    guard transfer.isAllowed(file, handle) else { return failure(ERROR_ACCESS_DENIED) }
    return begin(file, object, transfer, overlapped, nil, nil)
}

@c(ReadFileScatter) @implementation public func __ReadFileScatter(
    _ handle: HANDLE?, _ segments: UnsafeMutablePointer<FILE_SEGMENT_ELEMENT>?, _ size: DWORD, _ reserved: LPDWORD?,
    _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    return transferPages(handle, isWrite: false, segments, size, overlapped)
}

@c(WriteFileGather) @implementation public func __WriteFileGather(
    _ handle: HANDLE?, _ segments: UnsafeMutablePointer<FILE_SEGMENT_ELEMENT>?, _ size: DWORD, _ reserved: LPDWORD?,
    _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    return transferPages(handle, isWrite: true, segments, size, overlapped)
}

// ---- sockets

/// ReadFile and WriteFile of a socket: a receive or a send, with the errors of files.
private func transferSocket(
    _ handle: HANDLE?, _ transfer: TransferCall, _ count: LPDWORD?, _ overlapped: LPOVERLAPPED?
) -> BOOL {
    let object = HandleTable.find(value(handle), [])
    guard let socket = SourceObject.driver(of: object) else { return failure(ERROR_INVALID_HANDLE) }
    guard let overlapped else {
        if SourceObject.isOverlapped(object) { return failure(ERROR_INVALID_PARAMETER) }
        switch serve(socket, IORequest(transfer.operation, transfer.buffers)) {
        case .done(let bytes, let status):
            count?.pointee = DWORD(bytes)
            return status.isSuccess ? 1 : failure(status)
        case .failed(let code): return failure(code)
        }
    }
    do throws(HandleError) {
        let request = try OverlappedRequest(transfer.operation, transfer.buffers, overlapped, source: object)
        guard let (status, bytes) = socket.start(request) else {
            PendingRequests.add(request, of: object)
            return failure(ERROR_IO_PENDING)
        }
        guard status.isSuccess else {
            request.refuse(status)
            return failure(status)
        }
        count?.pointee = DWORD(bytes)
        request.complete(status, bytes: bytes, atOnce: true)
        return 1
    } catch {
        return failure(ERROR_INVALID_HANDLE)
    }
}
