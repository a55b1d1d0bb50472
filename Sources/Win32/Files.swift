import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Opening files. Reading and writing is in FileIO.swift.

/// The file of a handle, with its object; nil, with the last error set, if it is none.
func fileOf(_ handle: HANDLE?) -> (file: any DriverFile, object: ObjectName)? {
    let object = HandleTable.find(value(handle), [])
    guard object != .none, let file = SourceObject.file(of: object) else {
        _ = failure(ERROR_INVALID_HANDLE)
        return nil
    }
    return (file, object)
}

var invalidHandle: HANDLE? { HANDLE(bitPattern: -1) }

func noFile(_ code: Int32) -> HANDLE? {
    _ = failure(code)
    return invalidHandle
}

extension FileRights {
    /// What an access mask asks for.
    init(mask: DWORD) {
        self = []
        let all = mask & DWORD(GENERIC_ALL | MAXIMUM_ALLOWED) != 0
        if all || mask & (DWORD(GENERIC_READ) | DWORD(FILE_READ_DATA)) != 0 { insert(.read) }
        // To sharing, executing is reading.
        if mask & (DWORD(GENERIC_EXECUTE) | DWORD(FILE_EXECUTE)) != 0 { insert(.read) }
        if all || mask & (DWORD(GENERIC_WRITE) | DWORD(FILE_WRITE_DATA)) != 0 { insert(.write) }
        if all || mask & (DWORD(GENERIC_WRITE) | DWORD(FILE_APPEND_DATA)) != 0 { insert(.append) }
        if all || mask & DWORD(DELETE) != 0 { insert(.delete) }
        if all || mask & (DWORD(GENERIC_WRITE) | DWORD(FILE_WRITE_ATTRIBUTES)) != 0 { insert(.writeAttributes) }
    }

    /// What FILE_SHARE_* flags allow.
    init(sharing: DWORD) {
        self = []
        if sharing & DWORD(FILE_SHARE_READ) != 0 { insert(.read) }
        if sharing & DWORD(FILE_SHARE_WRITE) != 0 { insert(.write) }
        if sharing & DWORD(FILE_SHARE_DELETE) != 0 { insert(.delete) }
    }
}

private func disposition(_ value: DWORD) -> FileOptions.Disposition? {
    switch Int32(bitPattern: value) {
    case CREATE_NEW: .createNew
    case CREATE_ALWAYS: .createAlways
    case OPEN_EXISTING: .openExisting
    case OPEN_ALWAYS: .openAlways
    case TRUNCATE_EXISTING: .truncateExisting
    default: nil
    }
}

private func create(
    _ name: FileName, _ access: DWORD, _ share: DWORD, _ security: LPSECURITY_ATTRIBUTES?, _ creation: DWORD,
    _ flags: DWORD
) -> HANDLE? {
    guard let disposition = disposition(creation), share & ~7 == 0 else { return noFile(ERROR_INVALID_PARAMETER) }
    var options = FileOptions()
    options.disposition = disposition
    options.access = FileRights(mask: access)
    options.sharing = FileRights(sharing: share)
    // "The calling process must open the file with the GENERIC_WRITE bit set" (TRUNCATE_EXISTING).
    if disposition == .truncateExisting && !options.access.contains(.write) { return noFile(ERROR_INVALID_PARAMETER) }
    options.isOverlapped = flags & DWORD(FILE_FLAG_OVERLAPPED) != 0
    options.isUnbuffered = flags & DWORD(FILE_FLAG_NO_BUFFERING) != 0
    options.isWrittenThrough = flags & DWORD(FILE_FLAG_WRITE_THROUGH) != 0
    options.isDeletedOnClose = flags & DWORD(FILE_FLAG_DELETE_ON_CLOSE) != 0
    if options.isDeletedOnClose { options.access.insert(.delete) }
    options.allowsFolders = flags & DWORD(FILE_FLAG_BACKUP_SEMANTICS) != 0
    options.opensLinks = flags & DWORD(FILE_FLAG_OPEN_REPARSE_POINT) != 0
    if flags & DWORD(FILE_FLAG_SEQUENTIAL_SCAN) != 0 { options.advice = .sequential }
    if flags & DWORD(FILE_FLAG_RANDOM_ACCESS) != 0 { options.advice = .random }
    options.isReadOnly = flags & DWORD(FILE_ATTRIBUTE_READONLY) != 0
    options.attributes =
        flags
        & DWORD(
            FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_TEMPORARY
                | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)
    let path: String
    switch name {
    case .invalid(let code): return noFile(code)
    case .path(let found): path = found
    case .device(let device):
        if let pipe = pipeName(device) { return openPipe(pipe, options, access, inherits: inherits(security)) }
        if device.utf8.elementsEqual("NUL".utf8) || device.lowercased() == "nul" {
            path = "/dev/null"
            options.disposition = .openExisting
        } else {
            return openNamed(device, access)
        }
    }
    // "If the file already exists, the descriptor is ignored" (CreateFile).
    if disposition != .openExisting && disposition != .truncateExisting {
        do throws(SecurityError) {
            if let wanted = try Win32.security(security, .source) {
                options.mode = wanted.mode
                if wanted.owner != geteuid() || wanted.group != getegid() {
                    options.owner = (wanted.owner, wanted.group)
                }
            }
        } catch {
            return noFile(code(error))
        }
    }
    do throws(IOError) {
        let (file, existed) = try DriverRegistry.shared.files().openFile(path, options)
        do throws(DispatcherError) {
            // "CreateFile … adds SYNCHRONIZE and FILE_READ_ATTRIBUTES": all may be waited for, and asked what they are.
            let granted = access | DWORD(SYNCHRONIZE | FILE_READ_ATTRIBUTES)
            let object = try SourceObject.make(file)
            guard let made = newHandle(object, access: granted, inherits: inherits(security)) else {
                file.close()
                return invalidHandle
            }
            let tells = disposition == .createAlways || disposition == .openAlways
            __SetLastError(tells && existed && options.disposition == disposition ? DWORD(ERROR_ALREADY_EXISTS) : 0)
            return made
        } catch {
            file.close()
            return noFile(code(error))
        }
    } catch {
        if error.status == .objectNameCollision { return noFile(ERROR_FILE_EXISTS) }
        return noFile(code(error.status))
    }
}

/// A device that a plugin answers for.
private func openNamed(_ name: String, _ access: DWORD) -> HANDLE? {
    // A host, whose plugins may know the name, is there once files are.
    _ = try? DriverRegistry.shared.files()
    // Registered as it is written, with or without the prefix.
    let names = [#"\\.\"# + name.replacing("/", with: #"\"#), name]
    for name in names {
        guard let registry = DriverRegistry.shared.names(answeringFor: name) else { continue }
        guard let done = try? Arena.prepared().makeObject(.event, manualReset: true) else {
            return noFile(ERROR_NOT_ENOUGH_MEMORY)
        }
        defer { Arena.local.release(done) }
        let result = NamedResult()
        var wanted: ObjectAccess = []
        if FileRights(mask: access).contains(.read) { wanted.insert(.read) }
        if FileRights(mask: access).contains(.write) { wanted.insert(.write) }
        let asked = wanted
        Task.detached {
            do {
                let object = try await registry.open(name, access: asked)
                result.made.withLock { [handle = try object.makeHandle()] in $0 = UInt(bitPattern: handle) }
            } catch {
                result.made.withLock { $0 = nil }
                result.code.withLock { $0 = (error as? IOError).map { code($0.status) } ?? ERROR_FILE_NOT_FOUND }
            }
            try? Arena.local.setEvent(done)
        }
        _ = try? Arena.local.block(on: done, until: Deadline.never)
        guard let made = result.made.withLock({ $0 }) else { return noFile(result.code.withLock { $0 }) }
        __SetLastError(0)
        return handle(made)
    }
    return noFile(ERROR_FILE_NOT_FOUND)
}

private final class NamedResult: Sendable {
    let made = Guarded<UInt?>(nil)
    let code = Guarded<Int32>(0)
}

@c(CreateFileA) @implementation public func __CreateFileA(
    _ name: LPCSTR?, _ access: DWORD, _ share: DWORD, _ security: LPSECURITY_ATTRIBUTES?, _ creation: DWORD,
    _ flags: DWORD, _ template: HANDLE?
) -> HANDLE? {
    enter()
    defer { leave() }
    return create(FileName(name), access, share, security, creation, flags)
}

@c(CreateFileW) @implementation public func __CreateFileW(
    _ name: LPCWSTR?, _ access: DWORD, _ share: DWORD, _ security: LPSECURITY_ATTRIBUTES?, _ creation: DWORD,
    _ flags: DWORD, _ template: HANDLE?
) -> HANDLE? {
    enter()
    defer { leave() }
    return create(FileName(name), access, share, security, creation, flags)
}

@c(GetFileType) @implementation public func __GetFileType(_ handle: HANDLE?) -> DWORD {
    enter()
    defer { leave() }
    let object = HandleTable.find(value(handle), [])
    // "The type is unknown, or the function failed", which the last error tells.
    if object != .none, SourceObject.driver(of: object) != nil { return DWORD(FILE_TYPE_PIPE) }
    guard object != .none, let file = SourceObject.file(of: object) else {
        _ = failure(ERROR_INVALID_HANDLE)
        return DWORD(FILE_TYPE_UNKNOWN)
    }
    __SetLastError(0)
    if file is any DriverPipe { return DWORD(FILE_TYPE_PIPE) }
    var found = stat()
    guard fstat(file.descriptor, &found) == 0 else { return DWORD(FILE_TYPE_UNKNOWN) }
    switch found.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR, S_IFBLK: return DWORD(FILE_TYPE_DISK)
    case S_IFCHR: return DWORD(FILE_TYPE_CHAR)
    case S_IFIFO, S_IFSOCK: return DWORD(FILE_TYPE_PIPE)
    default: return DWORD(FILE_TYPE_UNKNOWN)
    }
}

@c(SetFileCompletionNotificationModes) @implementation
public func __SetFileCompletionNotificationModes(_ handle: HANDLE?, _ flags: UCHAR) -> BOOL {
    enter()
    defer { leave() }
    let object = HandleTable.find(value(handle), [])
    guard object != .none, Arena.local.kind(of: object) == .source else { return failure(ERROR_INVALID_HANDLE) }
    guard flags & ~3 == 0, SourceObject.isOverlapped(object) else { return failure(ERROR_INVALID_PARAMETER) }
    return SourceObject.skip(flags, of: object) ? 1 : failure(ERROR_INVALID_HANDLE)
}
