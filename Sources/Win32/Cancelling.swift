import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Ending requests early: they complete with ERROR_OPERATION_ABORTED, or as they would have.

/// Cancels pending requests of a driver's object that are meant; returns how many there are, or nil, with the last error
/// set, if the handle names none.
private func cancel(_ handle: HANDLE?, where isMeant: (AnyOverlappedRequest) -> Bool) -> Int? {
    let object = HandleTable.find(value(handle), [])
    guard object != .none,
        let count = SourceObject.cancel(
            of: object, where: { request in (request as? AnyOverlappedRequest).map(isMeant) ?? false })
    else {
        _ = failure(ERROR_INVALID_HANDLE)
        return nil
    }
    return count
}

@c(CancelIo) @implementation public func __CancelIo(_ file: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    let thread = signalbox_thread_id()
    return cancel(file, where: { $0.threadID == thread }) == nil ? 0 : 1
}

@c(CancelIoEx) @implementation
public func __CancelIoEx(_ file: HANDLE?, _ overlapped: LPOVERLAPPED?) -> BOOL {
    enter()
    defer { leave() }
    guard let count = cancel(file, where: { request in overlapped.map { request.isOf($0) } ?? true }) else { return 0 }
    return count > 0 ? 1 : failure(ERROR_NOT_FOUND)
}
