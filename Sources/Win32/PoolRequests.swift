import CLinux
public import CWin32
import Dispatcher
import Signalbox

// The thread pool's I/O: a callback in a pool for each request of a handle that has ended.

/// Binds the handle's object; false, with the last error set: it has no overlapped requests, or is bound.
private func bind(_ handle: HANDLE?, to object: PoolObject) -> Bool {
    let source = HandleTable.find(value(handle), [])
    guard source != .none, Arena.local.kind(of: source) == .source else {
        _ = failure(ERROR_INVALID_HANDLE)
        return false
    }
    guard SourceObject.bind(source, to: .pool(object)) else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return false
    }
    return true
}

/// The Win32 error of a request's status.
private func code(_ result: CallbackResult) -> DWORD {
    let status = IOStatus(rawValue: result.code)
    return status == .success ? 0 : DWORD(bitPattern: code(status))
}

@c(CreateThreadpoolIo) @implementation public func __CreateThreadpoolIo(
    _ handle: HANDLE?, _ routine: PTP_WIN32_IO_CALLBACK?, _ context: PVOID?, _ environment: PTP_CALLBACK_ENVIRON?
) -> PTP_IO? {
    enter()
    defer { leave() }
    guard let routine, let environment = Environment(environment) else { return noObject(ERROR_INVALID_PARAMETER) }
    let (address, argument) = (unsafeBitCast(routine, to: UInt.self), UInt(bitPattern: context))
    let object = environment.make(.io, context) { object, instance, result in
        unsafeBitCast(address, to: PTP_WIN32_IO_CALLBACK.self)(
            pointer(instance), PVOID(bitPattern: argument), PVOID(bitPattern: result.address), code(result),
            ULONG_PTR(result.bytes), pointer(object))
    }
    let made = object.pointer()
    guard bind(handle, to: object) else {
        object.close()
        return nil
    }
    return OpaquePointer(made)
}

@c(StartThreadpoolIo) @implementation public func __StartThreadpoolIo(_ io: PTP_IO?) {
    enter()
    defer { leave() }
    if let io { object(io).announceRequest() }
}

@c(CancelThreadpoolIo) @implementation public func __CancelThreadpoolIo(_ io: PTP_IO?) {
    enter()
    defer { leave() }
    if let io { object(io).withdrawRequest() }
}

@c(WaitForThreadpoolIoCallbacks) @implementation
public func __WaitForThreadpoolIoCallbacks(_ io: PTP_IO?, _ cancel: BOOL) {
    enter()
    defer { leave() }
    waitForCallbacks(io, cancel)
}

@c(CloseThreadpoolIo) @implementation public func __CloseThreadpoolIo(_ io: PTP_IO?) {
    enter()
    defer { leave() }
    closeObject(io)
}

@c(BindIoCompletionCallback) @implementation public func __BindIoCompletionCallback(
    _ handle: HANDLE?, _ routine: LPOVERLAPPED_COMPLETION_ROUTINE?, _ flags: ULONG
) -> BOOL {
    enter()
    defer { leave() }
    // "Flags: This parameter must be zero."
    guard let routine, flags == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let address = unsafeBitCast(routine, to: UInt.self)
    let object = PoolObject(.io, in: .shared) { _, _, result in
        unsafeBitCast(address, to: LPOVERLAPPED_COMPLETION_ROUTINE.self)(
            code(result), DWORD(truncatingIfNeeded: result.bytes), LPOVERLAPPED(bitPattern: result.address))
    }
    return bind(handle, to: object) ? 1 : 0
}
