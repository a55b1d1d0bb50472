import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Named pipes: making, opening and connecting them. What is asked of their ends is in PipeStates.swift; reading and writing
// is as of files.

/// What follows `\\.\pipe\`, of a device's name, in which separators are `/`; nil: it is no pipe's.
func pipeName(_ device: String) -> String? {
    guard device.utf8.count > 5, device.prefix(5).lowercased() == "pipe/" else { return nil }
    return String(device.dropFirst(5)).replacing("/", with: #"\"#)
}

/// The pipe that a name is of; nil, with the last error set: of none.
private func pipeName(_ name: FileName) -> String? {
    switch name {
    // "The entire pipe name string can be up to 256 characters long" (CreateNamedPipe).
    case .device(let device) where device.utf16.count <= 252:
        if let name = pipeName(device) { return name }
        _ = failure(ERROR_INVALID_NAME)
    case .device, .path: _ = failure(ERROR_INVALID_NAME)
    case .invalid(let code): _ = failure(code)
    }
    return nil
}

private func pipeHandle(_ pipe: any DriverPipe, _ access: DWORD, inherits: Bool) -> HANDLE? {
    do throws(DispatcherError) {
        let object = try SourceObject.make(pipe)
        guard let made = newHandle(object, access: access, inherits: inherits) else {
            pipe.close()
            return invalidHandle
        }
        __SetLastError(0)
        return made
    } catch {
        pipe.close()
        return noFile(code(error))
    }
}

/// CreateFile of a pipe.
func openPipe(_ name: String, _ options: FileOptions, _ access: DWORD, inherits: Bool) -> HANDLE? {
    do throws(IOError) {
        let pipe = try DriverRegistry.shared.pipes().openPipe(
            name, options.access, isOverlapped: options.isOverlapped)
        return pipeHandle(pipe, access | DWORD(SYNCHRONIZE | FILE_READ_ATTRIBUTES), inherits: inherits)
    } catch {
        return noFile(code(error.status))
    }
}

private func make(
    _ name: FileName, _ open: DWORD, _ mode: DWORD, _ instances: DWORD, _ outSize: DWORD, _ inSize: DWORD,
    _ milliseconds: DWORD, _ security: LPSECURITY_ATTRIBUTES?
) -> HANDLE? {
    guard let name = pipeName(name) else { return invalidHandle }
    var options = PipeOptions()
    let flags =
        DWORD(FILE_FLAG_FIRST_PIPE_INSTANCE) | DWORD(FILE_FLAG_OVERLAPPED) | DWORD(FILE_FLAG_WRITE_THROUGH)
        | DWORD(WRITE_DAC | WRITE_OWNER) | DWORD(ACCESS_SYSTEM_SECURITY)
    let modes = DWORD(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_NOWAIT | PIPE_REJECT_REMOTE_CLIENTS)
    guard open & ~(flags | DWORD(PIPE_ACCESS_DUPLEX)) == 0, open & DWORD(PIPE_ACCESS_DUPLEX) != 0, mode & ~modes == 0,
        (1...DWORD(PIPE_UNLIMITED_INSTANCES)).contains(instances)
    else { return noFile(ERROR_INVALID_PARAMETER) }
    options.keepsMessages = mode & DWORD(PIPE_TYPE_MESSAGE) != 0
    options.readsMessages = mode & DWORD(PIPE_READMODE_MESSAGE) != 0
    // "An error occurs if this mode is specified together with PIPE_TYPE_BYTE" (PIPE_READMODE_MESSAGE).
    guard options.keepsMessages || !options.readsMessages else { return noFile(ERROR_INVALID_PARAMETER) }
    options.waits = mode & DWORD(PIPE_NOWAIT) == 0
    options.access = []
    var granted = DWORD(SYNCHRONIZE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | READ_CONTROL)
    if open & DWORD(PIPE_ACCESS_INBOUND) != 0 {
        options.access.insert(.read)
        granted |= DWORD(GENERIC_READ)
    }
    if open & DWORD(PIPE_ACCESS_OUTBOUND) != 0 {
        options.access.formUnion([.write, .append])
        granted |= DWORD(GENERIC_WRITE)
    }
    options.mostInstances = instances
    options.outSize = outSize
    options.inSize = inSize
    // "A value of zero will result in a default time-out of 50 milliseconds" (CreateNamedPipe).
    options.milliseconds = milliseconds == 0 ? 50 : milliseconds
    options.isOverlapped = open & DWORD(FILE_FLAG_OVERLAPPED) != 0
    options.mustBeFirst = open & DWORD(FILE_FLAG_FIRST_PIPE_INSTANCE) != 0
    do throws(IOError) {
        let pipe = try DriverRegistry.shared.pipes().makePipe(name, options)
        return pipeHandle(pipe, granted, inherits: inherits(security))
    } catch {
        return noFile(code(error.status))
    }
}

@c(CreateNamedPipeA) @implementation public func __CreateNamedPipeA(
    _ name: LPCSTR?, _ open: DWORD, _ mode: DWORD, _ instances: DWORD, _ outSize: DWORD, _ inSize: DWORD,
    _ milliseconds: DWORD, _ security: LPSECURITY_ATTRIBUTES?
) -> HANDLE? {
    enter()
    defer { leave() }
    return make(FileName(name), open, mode, instances, outSize, inSize, milliseconds, security)
}

@c(CreateNamedPipeW) @implementation public func __CreateNamedPipeW(
    _ name: LPCWSTR?, _ open: DWORD, _ mode: DWORD, _ instances: DWORD, _ outSize: DWORD, _ inSize: DWORD,
    _ milliseconds: DWORD, _ security: LPSECURITY_ATTRIBUTES?
) -> HANDLE? {
    enter()
    defer { leave() }
    return make(FileName(name), open, mode, instances, outSize, inSize, milliseconds, security)
}

// ---- clients come and go

/// The pipe of a handle, with its object; nil, with the last error set: it is none.
func pipeOf(_ handle: HANDLE?) -> (pipe: any DriverPipe, object: ObjectName)? {
    guard let (file, object) = fileOf(handle) else { return nil }
    guard let pipe = file as? any DriverPipe else {
        _ = failure(ERROR_INVALID_FUNCTION)
        return nil
    }
    return (pipe, object)
}

/// Something that is no transfer, with an OVERLAPPED or without.
private func control(
    _ pipe: any DriverPipe, _ object: ObjectName, _ control: PipeControl, _ transfer: TransferCall,
    _ overlapped: LPOVERLAPPED?, _ count: LPDWORD?
) -> BOOL {
    if let overlapped, pipe.isOverlapped {
        return begin(pipe, object, transfer, overlapped, count, nil, as: .control(control))
    }
    let (status, bytes) = SynchronousRequest.perform(
        transfer.operation, transfer.buffers, on: pipe, .control(control))
    if !status.isError { count?.pointee = DWORD(bytes) }
    return status.isSuccess ? 1 : failure(status)
}

@c(ConnectNamedPipe) @implementation
public func __ConnectNamedPipe(_ handle: HANDLE?, _ overlapped: LPOVERLAPPED?) -> BOOL {
    enter()
    defer { leave() }
    guard let (pipe, object) = pipeOf(handle) else { return 0 }
    return control(pipe, object, .listen, TransferCall(isWrite: false, buffers: []), overlapped, nil)
}

@c(DisconnectNamedPipe) @implementation public func __DisconnectNamedPipe(_ handle: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    guard let (pipe, _) = pipeOf(handle) else { return 0 }
    return result(pipe.disconnect())
}

/// Waits until an instance is free. 0, or why there is none.
private func awaitInstance(_ name: String, _ milliseconds: DWORD) -> Int32 {
    let pipes: any PipeDriver
    do throws(IOError) { pipes = try DriverRegistry.shared.pipes() } catch { return code(error.status) }
    var until: UInt64?
    while true {
        guard let changed = try? Arena.prepared().makeObject(.event, manualReset: true) else {
            return ERROR_NOT_ENOUGH_MEMORY
        }
        // Until all who may set it are done with it.
        let event = OwnedEvent(changed)
        let waiter = PipeWaiter { event.set() }
        defer { pipes.forget(waiter, of: name) }
        switch pipes.availability(name, waiter) {
        case .free: return 0
        case .missing: return ERROR_FILE_NOT_FOUND
        case .busy(let usual):
            // 0 and 0xFFFFFFFF stand for the pipe's own limit and for none (WaitNamedPipe).
            until = until ?? deadline(milliseconds == 0 ? usual : milliseconds)
            let verdict = outside { try? Arena.local.block(on: changed, until: until!) }
            guard case .satisfied = verdict else { return ERROR_SEM_TIMEOUT }
        }
    }
}

/// An event that is there for as long as somebody may set it.
private final class OwnedEvent: Sendable {
    private let event: ObjectName
    init(_ event: ObjectName) { self.event = event }
    deinit { Arena.local.release(event) }
    func set() { try? Arena.local.setEvent(event) }
}

private func awaitInstance(_ name: FileName, _ milliseconds: DWORD) -> BOOL {
    guard let name = pipeName(name) else { return 0 }
    let code = awaitInstance(name, milliseconds)
    return code == 0 ? 1 : failure(code)
}

@c(WaitNamedPipeA) @implementation public func __WaitNamedPipeA(_ name: LPCSTR?, _ milliseconds: DWORD) -> BOOL {
    enter()
    defer { leave() }
    return awaitInstance(FileName(name), milliseconds)
}

@c(WaitNamedPipeW) @implementation public func __WaitNamedPipeW(_ name: LPCWSTR?, _ milliseconds: DWORD) -> BOOL {
    enter()
    defer { leave() }
    return awaitInstance(FileName(name), milliseconds)
}

// ---- a message and its answer

@c(TransactNamedPipe) @implementation public func __TransactNamedPipe(
    _ handle: HANDLE?, _ message: LPVOID?, _ size: DWORD, _ answer: LPVOID?, _ room: DWORD, _ count: LPDWORD?,
    _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (pipe, object) = pipeOf(handle) else { return 0 }
    guard count != nil || overlapped != nil else { return failure(ERROR_INVALID_PARAMETER) }
    if pipe.isOverlapped && overlapped == nil { return failure(ERROR_INVALID_PARAMETER) }
    let transfer = TransferCall(isWrite: false, answer, room)
    guard transfer.isAllowed(pipe, handle), TransferCall(isWrite: true, buffers: []).isAllowed(pipe, handle) else {
        return failure(ERROR_ACCESS_DENIED)
    }
    return control(pipe, object, .transact(memory(message, size)), transfer, overlapped, count)
}

/// NULL is memory that nobody has, as the copying will say.
private func memory(_ start: LPVOID?, _ size: DWORD) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start ?? UnsafeMutableRawPointer(bitPattern: 4096), count: Int(size))
}

private func call(
    _ name: FileName, _ message: LPVOID?, _ size: DWORD, _ answer: LPVOID?, _ room: DWORD, _ count: LPDWORD?,
    _ milliseconds: DWORD
) -> BOOL {
    guard let name = pipeName(name) else { return 0 }
    guard let count else { return failure(ERROR_INVALID_PARAMETER) }
    do throws(IOError) {
        let pipes = try DriverRegistry.shared.pipes()
        while true {
            do throws(IOError) {
                let pipe = try pipes.openPipe(name, [.read, .write, .append], isOverlapped: false)
                defer { pipe.close() }
                // "CallNamedPipe fails if the pipe is a byte-type pipe."
                let status = pipe.setMode(readsMessages: true, waits: true)
                guard status == .success else { return failure(status) }
                return control(
                    pipe, .none, .transact(memory(message, size)), TransferCall(isWrite: false, answer, room), nil,
                    count)
            } catch where error.status == .pipeNotAvailable {
                guard milliseconds != DWORD(NMPWAIT_NOWAIT) else { throw error }
                // Another may be quicker than this one when an instance is free.
                let code = awaitInstance(name, milliseconds)
                guard code == 0 else { return failure(code) }
            }
        }
    } catch {
        return failure(error.status)
    }
}

@c(CallNamedPipeA) @implementation public func __CallNamedPipeA(
    _ name: LPCSTR?, _ message: LPVOID?, _ size: DWORD, _ answer: LPVOID?, _ room: DWORD, _ count: LPDWORD?,
    _ milliseconds: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    return call(FileName(name), message, size, answer, room, count, milliseconds)
}

@c(CallNamedPipeW) @implementation public func __CallNamedPipeW(
    _ name: LPCWSTR?, _ message: LPVOID?, _ size: DWORD, _ answer: LPVOID?, _ room: DWORD, _ count: LPDWORD?,
    _ milliseconds: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    return call(FileName(name), message, size, answer, room, count, milliseconds)
}
