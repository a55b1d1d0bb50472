import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Handles: CloseHandle, DuplicateHandle, CompareObjectHandles; pseudo handles.

@inline(__always)
func value(_ handle: HANDLE?) -> UInt { UInt(bitPattern: handle) }

func handle(_ value: UInt?) -> HANDLE? { value.flatMap { HANDLE(bitPattern: $0) } }

/// GetCurrentProcess() and GetCurrentThread() are not handles of the table.
enum Pseudo {
    static var process: UInt { UInt(bitPattern: -1) }
    static var thread: UInt { UInt(bitPattern: -2) }
}

/// Makes an object that counts its first handle already, and the handle; or sets the last error. `access`: nil for all.
@inline(__always)
func newHandle(
    _ kind: ObjectKind, _ access: DWORD?, _ make: () throws(DispatcherError) -> ObjectName
) -> HANDLE? {
    enter()
    defer { leave() }
    let object: ObjectName
    do throws(DispatcherError) { object = try make() } catch { return noHandle(code(error)) }
    let rights = access.map { HandleTable.Rights(access: $0, kind) } ?? .all
    guard let made = HandleTable.insert(object, rights, isCounted: true) else {
        Arena.local.release(object, asHandle: true)
        return noHandle(ERROR_NO_SYSTEM_RESOURCES)
    }
    signalbox_thread().pointee.lastError = 0  // success sets it, so that callers can look for ERROR_ALREADY_EXISTS
    return handle(made)
}

/// Makes a handle to an object whose reference the caller gives up, or sets the last error.
func newHandle(_ object: ObjectName, _ rights: HandleTable.Rights = .all) -> HANDLE? {
    enter()
    defer { leave() }
    if let made = HandleTable.insert(object, rights) { return handle(made) }
    Arena.local.release(object)
    return noHandle(ERROR_NO_SYSTEM_RESOURCES)
}

/// Runs `body` with the object of the handle, or sets the last error. `kind` is what `body` takes: it decides only which
/// error there is, for `body` looks itself.
@inline(__always)
func change(
    _ handle: HANDLE?, _ kind: ObjectKind, needing rights: HandleTable.Rights = .modify,
    _ body: (ObjectName) throws(DispatcherError) -> Void
) -> BOOL {
    let object = HandleTable.find(value(handle), rights)
    guard object != .none else { return failure(code(forHandle: handle, rights, kind)) }
    do throws(DispatcherError) {
        try body(object)
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(CloseHandle) @implementation public func __CloseHandle(_ object: HANDLE?) -> BOOL {
    // Closing a pseudo handle has no effect (GetCurrentProcess, GetCurrentThread).
    if value(object) == Pseudo.process || value(object) == Pseudo.thread { return 1 }
    do {
        try HandleTable.close(value(object))
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(DuplicateHandle) @implementation public func __DuplicateHandle(
    _ sourceProcess: HANDLE?, _ source: HANDLE?, _ targetProcess: HANDLE?, _ target: LPHANDLE?,
    _ access: DWORD, _ inherit: BOOL, _ options: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard value(sourceProcess) == Pseudo.process else { return failure(ERROR_INVALID_HANDLE) }
    // "Closes the source handle. This occurs regardless of any error status returned." (DuplicateHandle)
    defer { if options & DWORD(DUPLICATE_CLOSE_SOURCE) != 0 { try? HandleTable.close(value(source)) } }
    guard value(targetProcess) == Pseudo.process else { return failure(ERROR_INVALID_HANDLE) }
    guard options & ~DWORD(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS) == 0 else {
        return failure(ERROR_INVALID_PARAMETER)
    }
    do {
        let isSame = options & DWORD(DUPLICATE_SAME_ACCESS) != 0
        func rights(_ kind: ObjectKind?) -> HandleTable.Rights? {
            isSame ? nil : HandleTable.Rights(access: access, kind ?? .none)
        }
        let made: UInt
        switch value(source) {
        case Pseudo.process: return failure(ERROR_NOT_SUPPORTED)  // there are no process objects yet
        case Pseudo.thread:
            let own = try Threads.ownOrNew()
            _ = Arena.local.retain(own)
            guard let inserted = HandleTable.insert(own, rights(.thread) ?? .all) else {
                Arena.local.release(own)
                throw HandleError.tooMany
            }
            made = inserted
        default:
            let kind = Arena.prepared().kind(of: HandleTable.find(value(source), []))
            made = try HandleTable.duplicate(value(source), rights(kind))
        }
        // Without a place for it, the duplicate would be lost.
        if let target { target.pointee = handle(made) } else { try HandleTable.close(made) }
        return 1
    } catch let error as HandleError {
        return failure(code(error))
    } catch {
        return failure(ERROR_NOT_ENOUGH_MEMORY)
    }
}

@c(CompareObjectHandles) @implementation public func __CompareObjectHandles(_ a: HANDLE?, _ b: HANDLE?) -> BOOL {
    func object(_ handle: HANDLE?) -> ObjectName {
        value(handle) == Pseudo.thread ? (try? Threads.ownOrNew()) ?? .none : HandleTable.find(value(handle), [])
    }
    if value(a) == value(b), value(a) == Pseudo.process || value(a) == Pseudo.thread { return 1 }
    let (first, second) = (object(a), object(b))
    if first == .none || second == .none {
        if value(a) == Pseudo.process || value(b) == Pseudo.process { return failure(ERROR_NOT_SAME_OBJECT) }
        return failure(ERROR_INVALID_HANDLE)
    }
    return first == second ? 1 : failure(ERROR_NOT_SAME_OBJECT)
}

extension HandleTable.Rights {
    /// What an access mask grants for an object of that kind.
    init(access: DWORD, _ kind: ObjectKind) {
        self = []
        if access & (DWORD(MAXIMUM_ALLOWED) | DWORD(GENERIC_ALL)) != 0 { self = .all }
        // What GENERIC_READ stands for includes SYNCHRONIZE for files and sockets only.
        let waiting = DWORD(SYNCHRONIZE) | DWORD(GENERIC_EXECUTE)
        let files = kind == .source ? DWORD(GENERIC_READ) | DWORD(GENERIC_WRITE) : 0
        if access & (waiting | files) != 0 { insert(.synchronize) }
        // Bit 1 says so for all kinds that have it: EVENT_MODIFY_STATE, SEMAPHORE_MODIFY_STATE, TIMER_MODIFY_STATE,
        // THREAD_SUSPEND_RESUME, IO_COMPLETION_MODIFY_STATE, FILE_WRITE_DATA.
        if access & (DWORD(EVENT_MODIFY_STATE) | DWORD(GENERIC_WRITE)) != 0 { insert(.modify) }
        let calling = DWORD(THREAD_SET_CONTEXT) | DWORD(GENERIC_WRITE)
        if kind == .thread, access & calling != 0 { insert(.setContext) }
    }
}
