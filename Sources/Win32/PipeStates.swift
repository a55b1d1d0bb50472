import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Anonymous pipes, and what is asked of the ends of all pipes.

@c(CreatePipe) @implementation public func __CreatePipe(
    _ reading: PHANDLE?, _ writing: PHANDLE?, _ security: LPSECURITY_ATTRIBUTES?, _ size: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let reading, let writing else { return failure(ERROR_INVALID_PARAMETER) }
    guard let ends = AnonymousPipe.makeBoth(size: size) else { return failure(IOStatus(errno: errno)) }
    let inherits = inherits(security)
    let common = DWORD(SYNCHRONIZE | FILE_READ_ATTRIBUTES)
    do throws(DispatcherError) {
        let object = try SourceObject.make(ends.read)
        guard let read = newHandle(object, access: DWORD(GENERIC_READ) | common, inherits: inherits) else {
            return 0
        }
        do throws(DispatcherError) {
            let object = try SourceObject.make(ends.write)
            if let write = newHandle(object, access: DWORD(GENERIC_WRITE) | common, inherits: inherits) {
                (reading.pointee, writing.pointee) = (read, write)
                return 1
            }
            let code = Int32(bitPattern: __GetLastError())
            _ = __CloseHandle(read)
            return failure(code)
        } catch {
            _ = __CloseHandle(read)
            return failure(code(error))
        }
    } catch {
        return failure(code(error))
    }
}

@c(PeekNamedPipe) @implementation public func __PeekNamedPipe(
    _ handle: HANDLE?, _ buffer: LPVOID?, _ size: DWORD, _ read: LPDWORD?, _ available: LPDWORD?, _ left: LPDWORD?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (pipe, _) = pipeOf(handle) else { return 0 }
    guard TransferCall(isWrite: false, buffers: []).isAllowed(pipe, handle) else { return failure(ERROR_ACCESS_DENIED) }
    // "This parameter can be NULL if no data is to be read."
    let room = UnsafeMutableRawBufferPointer(start: buffer, count: buffer == nil ? 0 : Int(size))
    let (status, found) = pipe.peek(into: room)
    guard status == .success else { return failure(status) }
    read?.pointee = DWORD(clamping: found.copied)
    available?.pointee = DWORD(clamping: found.available)
    left?.pointee = DWORD(clamping: found.left)
    return 1
}

/// Whether the handle was granted one of these rights.
private func isGranted(_ handle: HANDLE?, _ rights: Int32) -> Bool {
    (HandleTable.access(value(handle)) ?? 0) & DWORD(bitPattern: rights) != 0
}

@c(SetNamedPipeHandleState) @implementation public func __SetNamedPipeHandleState(
    _ handle: HANDLE?, _ mode: LPDWORD?, _ collection: LPDWORD?, _ timeout: LPDWORD?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (pipe, _) = pipeOf(handle) else { return 0 }
    guard isGranted(handle, FILE_WRITE_ATTRIBUTES) else { return failure(ERROR_ACCESS_DENIED) }
    // "This parameter must be NULL if the … pipe is on the local computer", as here all are.
    guard collection == nil, timeout == nil else { return failure(ERROR_INVALID_PARAMETER) }
    guard let mode = mode?.pointee else { return 1 }
    guard mode & ~DWORD(PIPE_READMODE_MESSAGE | PIPE_NOWAIT) == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    return result(
        pipe.setMode(
            readsMessages: mode & DWORD(PIPE_READMODE_MESSAGE) != 0, waits: mode & DWORD(PIPE_NOWAIT) == 0))
}

private func state(
    _ handle: HANDLE?, _ state: LPDWORD?, _ instances: LPDWORD?, _ collection: LPDWORD?, _ timeout: LPDWORD?,
    hasUser: Bool
) -> BOOL {
    guard let (pipe, _) = pipeOf(handle) else { return 0 }
    guard isGranted(handle, FILE_READ_ATTRIBUTES) else { return failure(ERROR_ACCESS_DENIED) }
    guard collection == nil, timeout == nil else { return failure(ERROR_INVALID_PARAMETER) }
    let facts = pipe.facts
    // Of a client, whom nobody impersonates here, the user is not told (GetNamedPipeHandleState).
    guard !hasUser else {
        return failure(facts.isServer ? ERROR_CANNOT_IMPERSONATE : ERROR_INVALID_PARAMETER)
    }
    state?.pointee =
        DWORD(facts.options.readsMessages ? PIPE_READMODE_MESSAGE : 0) | DWORD(facts.options.waits ? 0 : PIPE_NOWAIT)
    instances?.pointee = facts.instances
    return 1
}

@c(GetNamedPipeHandleStateA) @implementation public func __GetNamedPipeHandleStateA(
    _ handle: HANDLE?, _ flags: LPDWORD?, _ instances: LPDWORD?, _ collection: LPDWORD?, _ timeout: LPDWORD?,
    _ user: LPSTR?, _ size: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    return state(handle, flags, instances, collection, timeout, hasUser: user != nil)
}

@c(GetNamedPipeHandleStateW) @implementation public func __GetNamedPipeHandleStateW(
    _ handle: HANDLE?, _ flags: LPDWORD?, _ instances: LPDWORD?, _ collection: LPDWORD?, _ timeout: LPDWORD?,
    _ user: LPWSTR?, _ size: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    return state(handle, flags, instances, collection, timeout, hasUser: user != nil)
}

@c(GetNamedPipeInfo) @implementation public func __GetNamedPipeInfo(
    _ handle: HANDLE?, _ flags: LPDWORD?, _ outSize: LPDWORD?, _ inSize: LPDWORD?, _ instances: LPDWORD?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (pipe, _) = pipeOf(handle) else { return 0 }
    guard isGranted(handle, FILE_READ_ATTRIBUTES) else { return failure(ERROR_ACCESS_DENIED) }
    let facts = pipe.facts
    flags?.pointee =
        DWORD(facts.isServer ? PIPE_SERVER_END : PIPE_CLIENT_END)
        | DWORD(facts.options.keepsMessages ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE)
    // "…the buffer for outgoing data": what goes out here comes in there.
    outSize?.pointee = facts.isServer ? facts.options.outSize : facts.options.inSize
    inSize?.pointee = facts.isServer ? facts.options.inSize : facts.options.outSize
    instances?.pointee = facts.options.mostInstances
    return 1
}

/// A process that has an end of the pipe.
private func process(_ handle: HANDLE?, _ id: PULONG?, _ which: KeyPath<PipeFacts, UInt32>) -> BOOL {
    guard let (pipe, _) = pipeOf(handle) else { return 0 }
    guard let id else { return failure(ERROR_INVALID_PARAMETER) }
    let found = pipe.facts[keyPath: which]
    guard found != 0 else { return failure(ERROR_NOT_FOUND) }
    id.pointee = found
    return 1
}

@c(GetNamedPipeClientProcessId) @implementation
public func __GetNamedPipeClientProcessId(_ handle: HANDLE?, _ id: PULONG?) -> BOOL {
    enter()
    defer { leave() }
    return process(handle, id, \.clientProcess)
}

@c(GetNamedPipeServerProcessId) @implementation
public func __GetNamedPipeServerProcessId(_ handle: HANDLE?, _ id: PULONG?) -> BOOL {
    enter()
    defer { leave() }
    return process(handle, id, \.serverProcess)
}
