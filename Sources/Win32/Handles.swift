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

/// Makes a handle to a new object, or sets the last error and gives the object up.
func newHandle(_ object: ObjectName, _ rights: HandleTable.Rights = .all) -> HANDLE? {
    if let made = HandleTable.insert(object, rights) { return handle(made) }
    Arena.local.release(object)
    return noHandle(ERROR_NO_SYSTEM_RESOURCES)
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
    guard value(sourceProcess) == Pseudo.process else { return failure(ERROR_INVALID_HANDLE) }
    // "Closes the source handle. This occurs regardless of any error status returned." (DuplicateHandle)
    defer { if options & DWORD(DUPLICATE_CLOSE_SOURCE) != 0 { try? HandleTable.close(value(source)) } }
    guard value(targetProcess) == Pseudo.process else { return failure(ERROR_INVALID_HANDLE) }
    guard options & ~DWORD(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS) == 0 else {
        return failure(ERROR_INVALID_PARAMETER)
    }
    do {
        let rights = options & DWORD(DUPLICATE_SAME_ACCESS) != 0 ? nil : HandleTable.Rights(access: access)
        let made: UInt
        switch value(source) {
        case Pseudo.process: return failure(ERROR_NOT_SUPPORTED)  // there are no process objects yet
        case Pseudo.thread:
            let own = try Threads.ownOrNew()
            _ = Arena.local.retain(own)
            guard let inserted = HandleTable.insert(own, rights ?? .all) else {
                Arena.local.release(own)
                throw HandleError.tooMany
            }
            made = inserted
        default: made = try HandleTable.duplicate(value(source), rights)
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
    /// What an access mask grants. "Modify" is 0x2 for events as for all kinds that have it.
    init(access: DWORD) {
        self = []
        if access & (DWORD(MAXIMUM_ALLOWED) | DWORD(GENERIC_ALL)) != 0 { self = .all }
        if access & (DWORD(SYNCHRONIZE) | DWORD(GENERIC_EXECUTE) | DWORD(GENERIC_READ)) != 0 { insert(.synchronize) }
        if access & (DWORD(EVENT_MODIFY_STATE) | DWORD(GENERIC_WRITE)) != 0 { insert(.modify) }
    }
}
