import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Attributes, times, and what else is known of a file.

/// What is known of a file, by its name or its descriptor.
struct FileFacts {
    var found = stat()
    var kept: FileAttributes?
    /// Nanoseconds since 1970; 0: unknown.
    var birth: Int64 = 0
    var isLink = false

    /// nil, with errno set: there is none. A link that leads somewhere is told as that, and as a link.
    init?(_ path: String) {
        guard lstat(path, &found) == 0 else { return nil }
        isLink = found.st_mode & S_IFMT == S_IFLNK
        if isLink {
            var target = stat()
            if stat(path, &target) == 0 { found = target }
        }
        kept = FileAttributes.kept(path)
        birth = signalbox_birth(-1, path, true)
    }

    init?(descriptor: Int32) {
        guard fstat(descriptor, &found) == 0 else { return nil }
        kept = FileAttributes.kept(descriptor)
        birth = signalbox_birth(descriptor, nil, true)
    }

    var isFolder: Bool { found.st_mode & S_IFMT == S_IFDIR }

    var attributes: DWORD {
        var bits = kept?.bits ?? (isFolder ? 0 : DWORD(FILE_ATTRIBUTE_ARCHIVE))
        if isFolder {
            bits |= DWORD(FILE_ATTRIBUTE_DIRECTORY)
        } else if found.st_mode & 0o222 == 0 {
            bits |= DWORD(FILE_ATTRIBUTE_READONLY)
        }
        if isLink { bits |= DWORD(FILE_ATTRIBUTE_REPARSE_POINT) }
        return bits == 0 ? DWORD(FILE_ATTRIBUTE_NORMAL) : bits
    }

    var created: FILETIME {
        if let kept, kept.created != 0 { return FileTimes.of(hundreds: kept.created) }
        return birth != 0 ? FileTimes.of(nanoseconds: birth) : FileTimes.of(found.st_ctim)
    }
    var accessed: FILETIME { FileTimes.of(found.st_atim) }
    var written: FILETIME { FileTimes.of(found.st_mtim) }
    var size: UInt64 { isFolder ? 0 : UInt64(found.st_size) }
}

/// Attributes that SetFileAttributes sets; the others are told of a file, and ignored here.
private let settable = DWORD(
    FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE
        | FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

/// Sets attributes by a name, or by a descriptor; returns 0 or errno.
private func set(_ bits: DWORD, _ facts: FileFacts, _ path: String?, _ descriptor: Int32) -> Int32 {
    if FilePath.isDevice(facts.found) { return EACCES }
    var kept = facts.kept ?? FileAttributes(bits: 0)
    // Who may write a folder is no business of FILE_ATTRIBUTE_READONLY, which is only kept.
    kept.bits = bits & settable & (facts.isFolder ? ~0 : ~DWORD(FILE_ATTRIBUTE_READONLY))
    let before = facts.kept ?? FileAttributes(bits: facts.isFolder ? 0 : DWORD(FILE_ATTRIBUTE_ARCHIVE))
    let mode = facts.found.st_mode & 0o7777
    let isReadOnly = bits & DWORD(FILE_ATTRIBUTE_READONLY) != 0
    func change(_ mode: mode_t) -> Int32 {
        (path.map { chmod($0, mode) } ?? fchmod(descriptor, mode)) == 0 ? 0 : errno
    }
    // While it may be written, for setxattr(2).
    if !facts.isFolder, !isReadOnly, mode & 0o222 == 0 {
        let code = change(mode | 0o200)
        if code != 0 { return code }
    }
    if kept != before {
        let code = path.map { kept.keep($0) } ?? kept.keep(descriptor)
        if code != 0 { return code }
    }
    return !facts.isFolder && isReadOnly && mode & 0o222 != 0 ? change(mode & ~0o222) : 0
}

private func attributes(_ name: FileName) -> DWORD {
    guard let path = name.path else { return DWORD(INVALID_FILE_ATTRIBUTES) }
    guard let facts = FileFacts(path) else {
        _ = failure(FilePath.status(errno, path))
        return DWORD(INVALID_FILE_ATTRIBUTES)
    }
    return facts.attributes
}

@c(GetFileAttributesA) @implementation public func __GetFileAttributesA(_ name: LPCSTR?) -> DWORD {
    enter()
    defer { leave() }
    return attributes(FileName(name))
}

@c(GetFileAttributesW) @implementation public func __GetFileAttributesW(_ name: LPCWSTR?) -> DWORD {
    enter()
    defer { leave() }
    return attributes(FileName(name))
}

private func attributesEx(_ name: FileName, _ level: GET_FILEEX_INFO_LEVELS, _ information: LPVOID?) -> BOOL {
    guard level == GetFileExInfoStandard, let information else { return failure(ERROR_INVALID_PARAMETER) }
    guard let path = name.path else { return 0 }
    guard let facts = FileFacts(path) else { return failure(FilePath.status(errno, path)) }
    information.assumingMemoryBound(to: WIN32_FILE_ATTRIBUTE_DATA.self).pointee = WIN32_FILE_ATTRIBUTE_DATA(
        dwFileAttributes: facts.attributes, ftCreationTime: facts.created, ftLastAccessTime: facts.accessed,
        ftLastWriteTime: facts.written, nFileSizeHigh: DWORD(facts.size >> 32),
        nFileSizeLow: DWORD(truncatingIfNeeded: facts.size))
    return 1
}

@c(GetFileAttributesExA) @implementation public func __GetFileAttributesExA(
    _ name: LPCSTR?, _ level: GET_FILEEX_INFO_LEVELS, _ information: LPVOID?
) -> BOOL {
    enter()
    defer { leave() }
    return attributesEx(FileName(name), level, information)
}

@c(GetFileAttributesExW) @implementation public func __GetFileAttributesExW(
    _ name: LPCWSTR?, _ level: GET_FILEEX_INFO_LEVELS, _ information: LPVOID?
) -> BOOL {
    enter()
    defer { leave() }
    return attributesEx(FileName(name), level, information)
}

private func setAttributes(_ name: FileName, _ bits: DWORD) -> BOOL {
    guard let path = name.path else { return 0 }
    guard let facts = FileFacts(path) else { return failure(FilePath.status(errno, path)) }
    if bits & DWORD(FILE_ATTRIBUTE_DIRECTORY) != 0 && !facts.isFolder { return failure(ERROR_INVALID_PARAMETER) }
    let code = set(bits, facts, path, -1)
    return code == 0 ? 1 : failure(FilePath.status(code, path))
}

@c(SetFileAttributesA) @implementation
public func __SetFileAttributesA(_ name: LPCSTR?, _ attributes: DWORD) -> BOOL {
    enter()
    defer { leave() }
    return setAttributes(FileName(name), attributes)
}

@c(SetFileAttributesW) @implementation
public func __SetFileAttributesW(_ name: LPCWSTR?, _ attributes: DWORD) -> BOOL {
    enter()
    defer { leave() }
    return setAttributes(FileName(name), attributes)
}

// ---- by handle

private func facts(_ handle: HANDLE?) -> (file: any DriverFile, facts: FileFacts)? {
    guard let (file, _) = fileOf(handle) else { return nil }
    guard let facts = FileFacts(descriptor: file.descriptor) else {
        _ = failure(IOStatus(fileErrno: errno))
        return nil
    }
    return (file, facts)
}

@c(GetFileInformationByHandle) @implementation
public func __GetFileInformationByHandle(_ handle: HANDLE?, _ information: LPBY_HANDLE_FILE_INFORMATION?) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, facts) = facts(handle) else { return 0 }
    guard file.isSeekable || file.isFolder else { return failure(ERROR_INVALID_FUNCTION) }
    guard let information else { return failure(ERROR_INVALID_PARAMETER) }
    let inode = UInt64(facts.found.st_ino)
    information.pointee = BY_HANDLE_FILE_INFORMATION(
        dwFileAttributes: facts.attributes, ftCreationTime: facts.created, ftLastAccessTime: facts.accessed,
        ftLastWriteTime: facts.written, dwVolumeSerialNumber: DWORD(truncatingIfNeeded: facts.found.st_dev),
        nFileSizeHigh: DWORD(facts.size >> 32), nFileSizeLow: DWORD(truncatingIfNeeded: facts.size),
        nNumberOfLinks: DWORD(truncatingIfNeeded: facts.found.st_nlink), nFileIndexHigh: DWORD(inode >> 32),
        nFileIndexLow: DWORD(truncatingIfNeeded: inode))
    return 1
}

private func large(_ time: FILETIME) -> LARGE_INTEGER {
    LARGE_INTEGER(QuadPart: Int64(bitPattern: FileTimes.hundreds(time)))
}
private func large(_ value: UInt64) -> LARGE_INTEGER { LARGE_INTEGER(QuadPart: Int64(bitPattern: value)) }

/// Where an information of that type goes; nil, with the last error set, if it does not fit.
private func place<T>(_ information: LPVOID?, _ size: DWORD, _ type: T.Type) -> UnsafeMutablePointer<T>? {
    guard let information else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    guard Int(size) >= MemoryLayout<T>.size else {
        _ = failure(ERROR_BAD_LENGTH)
        return nil
    }
    return information.assumingMemoryBound(to: type)
}

@c(GetFileInformationByHandleEx) @implementation public func __GetFileInformationByHandleEx(
    _ handle: HANDLE?, _ kind: FILE_INFO_BY_HANDLE_CLASS, _ information: LPVOID?, _ size: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, facts) = facts(handle) else { return 0 }
    switch kind {
    case FileBasicInfo:
        guard let place = place(information, size, FILE_BASIC_INFO.self) else { return 0 }
        place.pointee = FILE_BASIC_INFO(
            CreationTime: large(facts.created), LastAccessTime: large(facts.accessed),
            LastWriteTime: large(facts.written), ChangeTime: large(FileTimes.of(facts.found.st_ctim)),
            FileAttributes: facts.attributes)
    case FileStandardInfo:
        guard let place = place(information, size, FILE_STANDARD_INFO.self) else { return 0 }
        place.pointee = FILE_STANDARD_INFO(
            AllocationSize: large(UInt64(facts.found.st_blocks) * 512), EndOfFile: large(facts.size),
            NumberOfLinks: DWORD(truncatingIfNeeded: facts.found.st_nlink),
            DeletePending: file.isDeletedOnClose ? 1 : 0,
            Directory: file.isFolder ? 1 : 0)
    case FileAttributeTagInfo:
        guard let place = place(information, size, FILE_ATTRIBUTE_TAG_INFO.self) else { return 0 }
        let tag = facts.isLink ? DWORD(bitPattern: Int32(truncatingIfNeeded: IO_REPARSE_TAG_SYMLINK)) : 0
        place.pointee = FILE_ATTRIBUTE_TAG_INFO(FileAttributes: facts.attributes, ReparseTag: tag)
    case FileIdInfo:
        guard let place = place(information, size, FILE_ID_INFO.self) else { return 0 }
        place.pointee = FILE_ID_INFO()
        place.pointee.VolumeSerialNumber = ULONGLONG(facts.found.st_dev)
        withUnsafeMutableBytes(of: &place.pointee.FileId) {
            $0.storeBytes(of: UInt64(facts.found.st_ino), as: UInt64.self)
        }
    default: return failure(ERROR_INVALID_PARAMETER)
    }
    return 1
}

/// 0: unchanged; -1 too ("if you specify −1, times are not changed by what follows", which Linux cannot promise).
private func setTimes(
    _ file: any DriverFile, _ facts: FileFacts, created: UInt64, accessed: UInt64, written: UInt64
) -> BOOL {
    if FilePath.isDevice(facts.found) { return failure(ERROR_ACCESS_DENIED) }
    func isGiven(_ time: UInt64) -> Bool { time != 0 && time != ~0 }
    for time in [created, accessed, written] where isGiven(time) && time > UInt64(Int64.max) {
        return failure(ERROR_INVALID_PARAMETER)
    }
    func time(_ time: UInt64) -> timespec {
        isGiven(time) ? FileTimes.system(time) : timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFE)  // UTIME_OMIT
    }
    if isGiven(accessed) || isGiven(written) {
        var times = [time(accessed), time(written)]
        if futimens(file.descriptor, &times) != 0 { return failure(IOStatus(fileErrno: errno)) }
    }
    if isGiven(created) {
        var kept = facts.kept ?? FileAttributes(bits: facts.isFolder ? 0 : DWORD(FILE_ATTRIBUTE_ARCHIVE))
        kept.created = created
        let code = kept.keep(file.descriptor)
        if code != 0 { return failure(IOStatus(fileErrno: code)) }
    }
    return 1
}

@c(SetFileInformationByHandle) @implementation public func __SetFileInformationByHandle(
    _ handle: HANDLE?, _ kind: FILE_INFO_BY_HANDLE_CLASS, _ information: LPVOID?, _ size: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, facts) = facts(handle) else { return 0 }
    switch kind {
    case FileBasicInfo:
        guard let place = place(information, size, FILE_BASIC_INFO.self) else { return 0 }
        guard file.access.contains(.writeAttributes) else { return failure(ERROR_ACCESS_DENIED) }
        if place.pointee.FileAttributes != 0 {
            let code = set(place.pointee.FileAttributes, facts, nil, file.descriptor)
            if code != 0 { return failure(IOStatus(fileErrno: code)) }
        }
        func quad(_ time: LARGE_INTEGER) -> UInt64 { UInt64(bitPattern: time.QuadPart) }
        return setTimes(
            file, FileFacts(descriptor: file.descriptor) ?? facts, created: quad(place.pointee.CreationTime),
            accessed: quad(place.pointee.LastAccessTime), written: quad(place.pointee.LastWriteTime))
    case FileEndOfFileInfo:
        guard let place = place(information, size, FILE_END_OF_FILE_INFO.self) else { return 0 }
        return setEnd(file, place.pointee.EndOfFile.QuadPart)
    case FileAllocationInfo:
        guard let place = place(information, size, FILE_ALLOCATION_INFO.self) else { return 0 }
        guard file.access.contains(.write) else { return failure(ERROR_ACCESS_DENIED) }
        let bytes = place.pointee.AllocationSize.QuadPart
        guard bytes >= 0 else { return failure(ERROR_INVALID_PARAMETER) }
        // "If the file allocation size is less than the end of file, the end of file moves to it".
        if bytes < Int64(facts.size) { return setEnd(file, bytes) }
        let done = bytes == 0 || signalbox_reserve(file.descriptor, bytes) == 0
        return done || errno == EOPNOTSUPP ? 1 : failure(IOStatus(fileErrno: errno))
    case FileDispositionInfo:
        guard let place = place(information, size, FILE_DISPOSITION_INFO.self) else { return 0 }
        return result(file.setDeletedOnClose(place.pointee.DeleteFileA != 0))
    case FileDispositionInfoEx:
        guard let place = place(information, size, FILE_DISPOSITION_INFO_EX.self) else { return 0 }
        let isDeleted = place.pointee.Flags & DWORD(FILE_DISPOSITION_FLAG_DELETE) != 0
        let status = file.setDeletedOnClose(isDeleted)
        return result(status)
    case FileRenameInfo:
        guard let place = place(information, size, FILE_RENAME_INFO.self) else { return 0 }
        let offset = MemoryLayout<FILE_RENAME_INFO>.offset(of: \.FileName)!
        let bytes = Int(place.pointee.FileNameLength)
        guard bytes > 0, bytes % 2 == 0, offset + bytes <= Int(size) else { return failure(ERROR_INVALID_PARAMETER) }
        var units = (0..<bytes / 2).map {
            UnsafeRawPointer(place).loadUnaligned(fromByteOffset: offset + $0 * 2, as: UInt16.self)
        }
        units.append(0)
        guard let path = units.withUnsafeBufferPointer({ FileName($0.baseAddress) }).path else { return 0 }
        return result(file.rename(to: path, replaces: place.pointee.ReplaceIfExists != 0))
    default: return failure(ERROR_INVALID_PARAMETER)
    }
}

@c(GetFileTime) @implementation public func __GetFileTime(
    _ handle: HANDLE?, _ created: LPFILETIME?, _ accessed: LPFILETIME?, _ written: LPFILETIME?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (_, facts) = facts(handle) else { return 0 }
    created?.pointee = facts.created
    accessed?.pointee = facts.accessed
    written?.pointee = facts.written
    return 1
}

@c(SetFileTime) @implementation public func __SetFileTime(
    _ handle: HANDLE?, _ created: UnsafePointer<FILETIME>?, _ accessed: UnsafePointer<FILETIME>?,
    _ written: UnsafePointer<FILETIME>?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (file, facts) = facts(handle) else { return 0 }
    guard file.access.contains(.writeAttributes) else { return failure(ERROR_ACCESS_DENIED) }
    return setTimes(
        file, facts, created: created.map { FileTimes.hundreds($0.pointee) } ?? 0,
        accessed: accessed.map { FileTimes.hundreds($0.pointee) } ?? 0,
        written: written.map { FileTimes.hundreds($0.pointee) } ?? 0)
}
