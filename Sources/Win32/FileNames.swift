import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Deleting, moving and copying files; making and removing folders.

private func refusal(_ error: IOError) -> BOOL { failure(code(error.status)) }

private func delete(_ name: FileName) -> BOOL {
    guard let path = name.path else { return 0 }
    var found = stat()
    guard lstat(path, &found) == 0 else { return failure(FilePath.status(errno, path)) }
    if path.utf8.last == 0x2F { return failure(ERROR_INVALID_NAME) }
    if found.st_mode & S_IFMT == S_IFDIR || FilePath.isDevice(found) { return failure(ERROR_ACCESS_DENIED) }
    // "If the file … is read-only, the function fails with ERROR_ACCESS_DENIED" (DeleteFile).
    if found.st_mode & S_IFMT == S_IFREG && found.st_mode & 0o222 == 0 { return failure(ERROR_ACCESS_DENIED) }
    do throws(IOError) {
        try DriverRegistry.shared.files().checkSharing(of: path, for: .delete)
    } catch {
        return refusal(error)
    }
    return unlink(path) == 0 ? 1 : failure(FilePath.status(errno, path))
}

@c(DeleteFileA) @implementation public func __DeleteFileA(_ name: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    return delete(FileName(name))
}

@c(DeleteFileW) @implementation public func __DeleteFileW(_ name: LPCWSTR?) -> BOOL {
    enter()
    defer { leave() }
    return delete(FileName(name))
}

// ---- moving

private func move(_ from: FileName, _ to: FileName, _ flags: DWORD) -> BOOL {
    let known = DWORD(MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED | MOVEFILE_WRITE_THROUGH)
    guard flags & ~known == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    guard let source = from.path, let target = to.path else { return 0 }
    let replaces = flags & DWORD(MOVEFILE_REPLACE_EXISTING) != 0
    var found = stat()
    guard lstat(source, &found) == 0 else { return failure(FilePath.status(errno, source)) }
    do throws(IOError) {
        let files = try DriverRegistry.shared.files()
        try files.checkSharing(of: source, for: .delete)
        if replaces, lstat(target, &found) == 0 {
            do throws(IOError) {
                try files.checkSharing(of: target, for: .delete)
            } catch {
                return failure(error.status == .sharingViolation ? ERROR_ACCESS_DENIED : code(error.status))
            }
        }
    } catch {
        return refusal(error)
    }
    var status = FilePath.rename(source, target, replaces: replaces)
    if status == .notSameDevice && !FilePath.isFolder(source) && flags & DWORD(MOVEFILE_COPY_ALLOWED) != 0 {
        guard copy(source, target, failsIfExists: !replaces) != 0 else { return 0 }
        status = unlink(source) == 0 ? .success : FilePath.status(errno, source)
    }
    if status == .success && flags & DWORD(MOVEFILE_WRITE_THROUGH) != 0 { flush(FilePath.folder(of: target)) }
    return result(status)
}

/// Has the folder's entries written to the disk.
private func flush(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}

@c(MoveFileA) @implementation public func __MoveFileA(_ from: LPCSTR?, _ to: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    return move(FileName(from), FileName(to), DWORD(MOVEFILE_COPY_ALLOWED))
}

@c(MoveFileW) @implementation public func __MoveFileW(_ from: LPCWSTR?, _ to: LPCWSTR?) -> BOOL {
    enter()
    defer { leave() }
    return move(FileName(from), FileName(to), DWORD(MOVEFILE_COPY_ALLOWED))
}

@c(MoveFileExA) @implementation
public func __MoveFileExA(_ from: LPCSTR?, _ to: LPCSTR?, _ flags: DWORD) -> BOOL {
    enter()
    defer { leave() }
    return move(FileName(from), FileName(to), flags)
}

@c(MoveFileExW) @implementation
public func __MoveFileExW(_ from: LPCWSTR?, _ to: LPCWSTR?, _ flags: DWORD) -> BOOL {
    enter()
    defer { leave() }
    return move(FileName(from), FileName(to), flags)
}

// ---- copying

/// Copies the bytes, and then the attributes and the time of the last write.
private func copy(_ source: String, _ target: String, failsIfExists: Bool) -> BOOL {
    do throws(IOError) {
        let files = try DriverRegistry.shared.files()
        var options = FileOptions()
        options.sharing = [.read, .write, .delete]
        let (from, _) = try files.openFile(source, options)
        defer { from.close() }
        guard let facts = FileFacts(descriptor: from.descriptor) else { return failure(IOStatus(fileErrno: errno)) }
        var there = stat()
        let exists = stat(target, &there) == 0
        if exists && FilePath.isDevice(there) { return failure(ERROR_ACCESS_DENIED) }
        if exists, there.st_dev == facts.found.st_dev, there.st_ino == facts.found.st_ino {
            return failure(failsIfExists ? ERROR_FILE_EXISTS : ERROR_SHARING_VIOLATION)
        }
        options.disposition = failsIfExists ? .createNew : .createAlways
        options.access = [.write, .append, .writeAttributes]
        options.sharing = []
        let (to, _) = try files.openFile(target, options)
        defer { to.close() }
        if let code = copyBytes(from.descriptor, to.descriptor) {
            unlink(target)
            return failure(IOStatus(fileErrno: code))
        }
        var times = [timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFE), facts.found.st_mtim]  // UTIME_OMIT
        futimens(to.descriptor, &times)
        if let kept = facts.kept { _ = FileAttributes(bits: kept.bits).keep(to.descriptor) }
        fchmod(to.descriptor, facts.found.st_mode & 0o777)
        return 1
    } catch {
        if error.status == .objectNameCollision { return failure(ERROR_FILE_EXISTS) }
        return refusal(error)
    }
}

/// nil, or the errno of what failed.
private func copyBytes(_ from: Int32, _ to: Int32) -> Int32? {
    while true {
        let done = signalbox_copy_range(from, to, 1 << 30)
        if done == 0 { break }
        if done > 0 || errno == EINTR { continue }
        // Not between these file systems: by hand, from where the two descriptors stand.
        guard [EXDEV, EINVAL, EOPNOTSUPP, ENOSYS].contains(errno) else { return errno }
        return copyByHand(from, to)
    }
    return copyByHand(from, to)  // files of procfs say that they are empty
}

private func copyByHand(_ from: Int32, _ to: Int32) -> Int32? {
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
        while true {
            let count = read(from, buffer.baseAddress, buffer.count)
            if count == 0 { return nil }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            var done = 0
            while done < count {
                let written = write(to, buffer.baseAddress! + done, count - done)
                if written < 0 && errno != EINTR { return errno }
                done += max(0, written)
            }
        }
    }
}

private func copy(_ from: FileName, _ to: FileName, _ failsIfExists: BOOL) -> BOOL {
    guard let source = from.path, let target = to.path else { return 0 }
    return copy(source, target, failsIfExists: failsIfExists != 0)
}

@c(CopyFileA) @implementation
public func __CopyFileA(_ from: LPCSTR?, _ to: LPCSTR?, _ failsIfExists: BOOL) -> BOOL {
    enter()
    defer { leave() }
    return copy(FileName(from), FileName(to), failsIfExists)
}

@c(CopyFileW) @implementation
public func __CopyFileW(_ from: LPCWSTR?, _ to: LPCWSTR?, _ failsIfExists: BOOL) -> BOOL {
    enter()
    defer { leave() }
    return copy(FileName(from), FileName(to), failsIfExists)
}

// ---- folders

private func createFolder(_ name: FileName, _ attributes: LPSECURITY_ATTRIBUTES?) -> BOOL {
    guard let path = name.path else { return 0 }
    do throws(SecurityError) {
        if let wanted = try Win32.security(attributes, .source) {
            // To look something up in a folder is to execute it; who may list it may do that.
            let mode = mode_t(wanted.mode | wanted.mode >> 2 & 0o111)
            if mkdir(path, mode) == 0 {
                chmod(path, mode)
                if wanted.owner != geteuid() || wanted.group != getegid() { chown(path, wanted.owner, wanted.group) }
                return 1
            }
        } else if mkdir(path, 0o777) == 0 {
            return 1
        }
    } catch {
        return failure(code(error))
    }
    return errno == EEXIST ? failure(ERROR_ALREADY_EXISTS) : failure(FilePath.status(errno, path))
}

@c(CreateDirectoryA) @implementation
public func __CreateDirectoryA(_ name: LPCSTR?, _ security: LPSECURITY_ATTRIBUTES?) -> BOOL {
    enter()
    defer { leave() }
    return createFolder(FileName(name), security)
}

@c(CreateDirectoryW) @implementation
public func __CreateDirectoryW(_ name: LPCWSTR?, _ security: LPSECURITY_ATTRIBUTES?) -> BOOL {
    enter()
    defer { leave() }
    return createFolder(FileName(name), security)
}

private func removeFolder(_ name: FileName) -> BOOL {
    guard let path = name.path else { return 0 }
    var found = stat()
    guard lstat(path, &found) == 0 else { return failure(FilePath.status(errno, path)) }
    guard found.st_mode & S_IFMT == S_IFDIR else { return failure(ERROR_DIRECTORY) }
    do throws(IOError) {
        try DriverRegistry.shared.files().checkSharing(of: path, for: .delete)
    } catch {
        return refusal(error)
    }
    if rmdir(path) == 0 { return 1 }
    return errno == EEXIST ? failure(ERROR_DIR_NOT_EMPTY) : failure(FilePath.status(errno, path))
}

@c(RemoveDirectoryA) @implementation public func __RemoveDirectoryA(_ name: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    return removeFolder(FileName(name))
}

@c(RemoveDirectoryW) @implementation public func __RemoveDirectoryW(_ name: LPCWSTR?) -> BOOL {
    enter()
    defer { leave() }
    return removeFolder(FileName(name))
}
