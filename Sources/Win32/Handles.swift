import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Handles: CloseHandle, DuplicateHandle, CompareObjectHandles, Get- and SetHandleInformation; pseudo
// handles.

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
    _ kind: ObjectKind, _ access: DWORD?, inherits: Bool = false, _ make: () throws(DispatcherError) -> ObjectName
) -> HANDLE? {
    enter()
    defer { leave() }
    let object: ObjectName
    do throws(DispatcherError) { object = try make() } catch { return noHandle(code(error)) }
    let granted = access.map { Access(rawValue: $0).mapped(for: kind) } ?? Access.all(of: kind)
    guard let made = HandleTable.insert(object, granted, inherits: inherits, isCounted: true) else {
        Arena.local.release(object, asHandle: true)
        return noHandle(ERROR_NO_SYSTEM_RESOURCES)
    }
    signalbox_thread().pointee.lastError = 0  // success sets it, so that callers can look for ERROR_ALREADY_EXISTS
    return handle(made)
}

/// Makes a handle to an object whose reference the caller gives up, or sets the last error. `access`: as the program
/// asked for it; nil: all rights.
func newHandle(_ object: ObjectName, access: DWORD? = nil, inherits: Bool = false) -> HANDLE? {
    enter()
    defer { leave() }
    let kind = Arena.local.kind(of: object) ?? .none
    let granted = access.map { Access(rawValue: $0).mapped(for: kind) }
    if let made = HandleTable.insert(object, granted, inherits: inherits) { return handle(made) }
    Arena.local.release(object)
    return noHandle(ERROR_NO_SYSTEM_RESOURCES)
}

/// Whether child processes get the handle that is made with these attributes. Windows does not look at nLength.
@inline(__always) func inherits(_ attributes: LPSECURITY_ATTRIBUTES?) -> Bool {
    if let attributes { attributes.pointee.bInheritHandle != 0 } else { false }
}

/// The object that the handle names, if it is of that kind and the handle was granted all of `access`, bits like
/// `THREAD_TERMINATE`; else `.none`, and the last error is set: 6 for another kind, 5 for a missing right.
func object(_ handle: HANDLE?, _ kind: ObjectKind, access: Int32) -> ObjectName {
    let object = HandleTable.find(value(handle), [])
    guard object != .none, Arena.local.kind(of: object) == kind, let granted = HandleTable.access(value(handle)) else {
        _ = failure(ERROR_INVALID_HANDLE)
        return .none
    }
    let needed = UInt32(bitPattern: access)
    if granted & needed == needed { return object }
    _ = failure(ERROR_ACCESS_DENIED)
    return .none
}

/// The object that a pseudo handle stands for, with a reference for the caller.
private func retained(pseudo handle: UInt) throws(DispatcherError) -> ObjectName {
    if handle == Pseudo.process {
        do throws(ProcessError) { return try ProcessTable.own() } catch { throw .outOfRecords }
    }
    let own = try Threads.ownOrNew()
    _ = Arena.local.retain(own)
    return own
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

/// 0 if the handle names this process, and with the right to duplicate its handles; or an error code. Handles of another
/// process are out of reach.
private func codeForDuplicating(_ process: HANDLE?) -> Int32 {
    if value(process) == Pseudo.process { return 0 }
    let object = HandleTable.find(value(process), [])
    guard object != .none, Arena.local.kind(of: object) == .process else { return ERROR_INVALID_HANDLE }
    guard isGranted(process, oneOf: PROCESS_DUP_HANDLE) else { return ERROR_ACCESS_DENIED }
    return ProcessTable.isOwn(object) ? 0 : ERROR_NOT_SUPPORTED
}

@c(DuplicateHandle) @implementation public func __DuplicateHandle(
    _ sourceProcess: HANDLE?, _ source: HANDLE?, _ targetProcess: HANDLE?, _ target: LPHANDLE?,
    _ access: DWORD, _ inherit: BOOL, _ options: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    let sourceCode = codeForDuplicating(sourceProcess)
    guard sourceCode == 0 else { return failure(sourceCode) }
    // "Closes the source handle. This occurs regardless of any error status returned." (DuplicateHandle) One that is
    // protected stays.
    defer { if options & DWORD(DUPLICATE_CLOSE_SOURCE) != 0 { try? HandleTable.close(value(source)) } }
    let targetCode = codeForDuplicating(targetProcess)
    guard targetCode == 0 else { return failure(targetCode) }
    guard options & ~DWORD(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS) == 0 else {
        return failure(ERROR_INVALID_PARAMETER)
    }
    let asked = options & DWORD(DUPLICATE_SAME_ACCESS) != 0 ? nil : Access(rawValue: access)
    do {
        let made: UInt
        if value(source) == Pseudo.process || value(source) == Pseudo.thread {
            let own = try retained(pseudo: value(source))
            let kind = Arena.local.kind(of: own) ?? .none
            guard let inserted = HandleTable.insert(own, asked?.mapped(for: kind), inherits: inherit != 0) else {
                Arena.local.release(own)
                throw HandleError.tooMany
            }
            made = inserted
        } else {
            let object = try HandleTable.name(value(source), [])
            let granted = try asked.map { asked throws(HandleError) in try allowed(asked, value(source), object) }
            made = try HandleTable.duplicate(value(source), granted, inherits: inherit != 0)
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

/// What a duplicate is granted that is asked for `access`: more than its source has only if the object's descriptor
/// allows it, where it was made with one.
private func allowed(_ access: Access, _ source: UInt, _ object: ObjectName) throws(HandleError) -> Access {
    let wanted = access.mapped(for: Arena.local.kind(of: object) ?? .none)
    let had = Access(rawValue: HandleTable.access(source) ?? 0)
    if !wanted.isSubset(of: had), let security = ObjectNames.security(of: object) {
        if access.contains(.maximumAllowed) { return security.allowed.union(had) }
        guard wanted.isSubset(of: security.allowed.union(had)) else { throw .accessDenied }
    }
    return wanted
}

@c(GetHandleInformation) @implementation
public func __GetHandleInformation(_ object: HANDLE?, _ flags: LPDWORD?) -> BOOL {
    let handle = value(object)
    var set: HandleTable.Rights = []  // a pseudo handle is neither inherited nor protected
    if handle != Pseudo.process && handle != Pseudo.thread {
        do { set = try HandleTable.rights(of: handle) } catch { return failure(code(error)) }
    }
    guard let flags else { return failure(ERROR_NOACCESS) }
    flags.pointee =
        (set.contains(.inherit) ? DWORD(HANDLE_FLAG_INHERIT) : 0)
        | (set.contains(.protectFromClose) ? DWORD(HANDLE_FLAG_PROTECT_FROM_CLOSE) : 0)
    return 1
}

@c(SetHandleInformation) @implementation
public func __SetHandleInformation(_ object: HANDLE?, _ mask: DWORD, _ flags: DWORD) -> BOOL {
    // Pseudo handles have no flags that could be set. Bits that are no flag are not looked at, as on Windows.
    if value(object) == Pseudo.process || value(object) == Pseudo.thread { return failure(ERROR_ACCESS_DENIED) }
    func rights(_ flags: DWORD) -> HandleTable.Rights {
        var rights: HandleTable.Rights = []
        if flags & DWORD(HANDLE_FLAG_INHERIT) != 0 { rights.insert(.inherit) }
        if flags & DWORD(HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0 { rights.insert(.protectFromClose) }
        return rights
    }
    do throws(HandleError) {
        try HandleTable.setFlags(value(object), rights(flags), mask: rights(mask))
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(CompareObjectHandles) @implementation public func __CompareObjectHandles(_ a: HANDLE?, _ b: HANDLE?) -> BOOL {
    func object(_ handle: HANDLE?) -> ObjectName {
        switch value(handle) {
        case Pseudo.thread: return (try? Threads.ownOrNew()) ?? .none
        case Pseudo.process:
            guard let own = try? ProcessTable.own() else { return .none }
            Arena.local.release(own)  // only its name is looked at
            return own
        default: return HandleTable.find(value(handle), [])
        }
    }
    if value(a) == value(b), value(a) == Pseudo.process || value(a) == Pseudo.thread { return 1 }
    let (first, second) = (object(a), object(b))
    if first == .none || second == .none {
        if value(a) == Pseudo.process || value(b) == Pseudo.process { return failure(ERROR_NOT_SAME_OBJECT) }
        return failure(ERROR_INVALID_HANDLE)
    }
    return first == second ? 1 : failure(ERROR_NOT_SAME_OBJECT)
}
