import CLinux
import Dispatcher
import Glibc
public import Signalbox

extension OverlappedIO: FileDriver {
    public func openFile(
        _ path: String, _ options: FileOptions
    ) throws(IOError) -> (file: any DriverFile, existed: Bool) {
        let engine = try engine()
        // Who makes or deletes the file meanwhile has us look again.
        for _ in 0..<8 {
            var found = stat()
            let isThere = kernel.stat(path, &found, ofLink: options.opensLinks) == 0
            let code = errno
            if isThere {
                if let file = try open(path, existing: found, options, engine) { return (file, true) }
            } else {
                guard code == ENOENT else { throw failure(FilePath.status(code, path), path, code) }
                switch options.disposition {
                case .openExisting, .truncateExisting: throw failure(FilePath.status(code, path), path, code)
                case .createNew, .createAlways, .openAlways: break
                }
                if let file = try make(path, options, engine) { return (file, false) }
            }
        }
        throw failure(.sharingViolation, path)
    }

    private func failure(_ status: IOStatus, _ path: String, _ code: Int32 = 0) -> IOError {
        IOError(status, "opening \(path)", code: code)
    }

    /// nil: the file is not there any more.
    private func open(
        _ path: String, existing found: stat, _ options: FileOptions, _ engine: any Engine
    ) throws(IOError) -> RingFile? {
        if options.disposition == .createNew { throw failure(.objectNameCollision, path) }
        let empties = options.disposition == .createAlways || options.disposition == .truncateExisting
        let kind = found.st_mode & S_IFMT
        let wantsWrite = !options.access.isDisjoint(with: [.write, .append])
        if kind == S_IFDIR {
            guard options.allowsFolders, !empties else { throw failure(.fileIsADirectory, path) }
        } else if path.utf8.last == 0x2F {
            throw failure(.objectNameInvalid, path)
        }
        if options.isDeletedOnClose && FilePath.isDevice(found) { throw failure(.cannotDelete, path) }
        if kind == S_IFREG && found.st_mode & 0o222 == 0 {
            // The superuser may write all the same, but FILE_ATTRIBUTE_READONLY is for everybody.
            if wantsWrite || empties { throw failure(.accessDenied, path) }
            if options.isDeletedOnClose { throw failure(.cannotDelete, path) }
        }
        if empties && kind == S_IFREG {
            // "Set if the file has the FILE_ATTRIBUTE_HIDDEN or FILE_ATTRIBUTE_SYSTEM attribute", and the call does not
            // (CreateFile, CREATE_ALWAYS).
            let hidden = (FileAttributes.kept(path)?.bits ?? 0) & 6
            if options.disposition == .createAlways && hidden & ~options.attributes != 0 {
                throw failure(.accessDenied, path)
            }
        }
        let descriptor = try openDescriptor(path, kind, wantsWrite: wantsWrite || empties, options)
        guard descriptor >= 0 else { return nil }
        var now = stat()
        guard kernel.fstat(descriptor, &now) == 0 else {
            let code = errno
            close(descriptor)
            throw failure(IOStatus(fileErrno: code), path, code)
        }
        guard now.st_mode & S_IFMT == kind else {
            close(descriptor)
            return nil
        }
        if kind == S_IFREG || kind == S_IFDIR {
            try claim(descriptor, path, options, alsoNeeds: empties && kind == S_IFREG ? .write : [])
        }
        if empties && kind == S_IFREG {
            guard kernel.ftruncate(descriptor, 0) == 0 else {
                let code = errno
                close(descriptor)
                throw failure(IOStatus(fileErrno: code), path, code)
            }
            if options.disposition == .createAlways {
                setAttributes(descriptor, options)
            }
        }
        return finish(descriptor, now, path, options, engine)
    }

    /// -1: the file is not there any more.
    private func openDescriptor(
        _ path: String, _ kind: mode_t, wantsWrite: Bool, _ options: FileOptions
    ) throws(IOError) -> Int32 {
        // No waiting for a FIFO's other end, or for what it brings: `RingFile` polls.
        var flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        if kind == S_IFDIR { flags |= O_DIRECTORY }
        if options.opensLinks && kind == S_IFLNK { flags |= O_NOFOLLOW | 0o10000000 }  // O_PATH: of the link itself
        if options.isWrittenThrough { flags |= O_DSYNC }
        if options.isUnbuffered && kind == S_IFREG { flags |= 0o40000 }  // O_DIRECT
        let readsToo = options.access.contains(.read)
        // A descriptor that both reads and writes can lock for both.
        var modes: [Int32] = [O_RDONLY]
        if wantsWrite && kind == S_IFREG { modes = readsToo ? [O_RDWR] : [O_RDWR, O_WRONLY] }
        if wantsWrite && kind != S_IFREG && kind != S_IFDIR { modes = [readsToo ? O_RDWR : O_WRONLY] }
        // For attributes alone no right to read is needed.
        if !readsToo && !wantsWrite && kind == S_IFREG { modes = [O_RDONLY, O_WRONLY, 0o10000000] }
        var code: Int32 = 0
        for mode in modes {
            var descriptor = kernel.open(path, flags | mode)
            if descriptor < 0 && errno == EINVAL && flags & 0o40000 != 0 {
                descriptor = kernel.open(path, flags & ~0o40000 | mode)  // no O_DIRECT on this file system
            }
            if descriptor >= 0 {
                return descriptor
            }
            code = errno
            if code == ENOENT { return -1 }
            guard code == EACCES || code == EPERM else { break }
        }
        throw failure(FilePath.status(code, path), path, code)
    }

    /// nil: somebody else has made it.
    private func make(_ path: String, _ options: FileOptions, _ engine: any Engine) throws(IOError) -> RingFile? {
        if path.utf8.last == 0x2F { throw failure(.objectNameInvalid, path) }
        if options.isReadOnly && options.isDeletedOnClose { throw failure(.cannotDelete, path) }
        var flags = O_CLOEXEC | O_CREAT | O_EXCL | O_RDWR
        if options.isWrittenThrough { flags |= O_DSYNC }
        if options.isUnbuffered { flags |= 0o40000 }
        var mode = mode_t(options.mode ?? 0o666)
        if options.isReadOnly { mode &= ~0o222 }
        var descriptor = kernel.open(path, flags, mode)
        if descriptor < 0 && errno == EINVAL && options.isUnbuffered {
            descriptor = kernel.open(path, flags & ~0o40000, mode)
        }
        guard descriptor >= 0 else {
            let code = errno
            if code == EEXIST {
                var link = stat()
                // A link that leads nowhere; it could be made where that is, but not exclusively.
                if lstat(path, &link) == 0 && link.st_mode & S_IFMT == S_IFLNK && stat(path, &link) != 0 {
                    throw failure(.objectNameCollision, path, code)
                }
                return nil
            }
            throw failure(FilePath.status(code, path), path, code)
        }
        // What was asked for is not for the umask to change.
        if options.mode != nil { fchmod(descriptor, mode) }
        if let owner = options.owner { _ = fchown(descriptor, owner.user, owner.group) }
        var now = stat()
        do throws(IOError) {
            guard kernel.fstat(descriptor, &now) == 0 else {
                let code = errno
                close(descriptor)
                throw failure(IOStatus(fileErrno: code), path, code)
            }
            try claim(descriptor, path, options, alsoNeeds: [])
        } catch {
            // Nobody else has had it: where sharing was violated, others have opened it since, and it stays theirs.
            if error.status != .sharingViolation { unlink(path) }
            throw error
        }
        setAttributes(descriptor, options, isNew: true)
        return finish(descriptor, now, path, options, engine)
    }

    private func setAttributes(_ descriptor: Int32, _ options: FileOptions, isNew: Bool = false) {
        // FILE_ATTRIBUTE_ARCHIVE is what a file has of which nothing is kept.
        let bits = options.attributes | 0x20
        if bits != 0x20 {
            _ = FileAttributes(bits: bits).keep(descriptor)
        } else if !isNew, FileAttributes.kept(descriptor) != nil {
            _ = FileAttributes(bits: bits).keep(descriptor)
        }
        if !isNew && options.isReadOnly { fchmod(descriptor, 0o444) }
    }

    private func claim(
        _ descriptor: Int32, _ path: String, _ options: FileOptions, alsoNeeds: FileRights
    ) throws(IOError) {
        var access = options.access
        if options.isDeletedOnClose { access.insert(.delete) }
        let canRead = fcntl(descriptor, F_GETFL) & O_ACCMODE != O_WRONLY
        let status = FileSharing.claim(
            OpenFileDescription(descriptor, kernel), access, sharing: options.sharing, alsoNeeds: alsoNeeds,
            canReadLock: canRead)
        guard status == .success else {
            close(descriptor)
            throw failure(status, path)
        }
    }

    private func finish(
        _ descriptor: Int32, _ found: stat, _ path: String, _ options: FileOptions, _ engine: any Engine
    ) -> RingFile {
        switch options.advice {
        case .none: break
        case .sequential: posix_fadvise(descriptor, 0, 0, 2)  // POSIX_FADV_SEQUENTIAL
        case .random: posix_fadvise(descriptor, 0, 0, 1)  // POSIX_FADV_RANDOM
        }
        return RingFile(descriptor, found, absolute(path), options, engine)
    }

    public func adoptFile(
        _ descriptor: Int32, _ access: FileRights, isOverlapped: Bool
    ) throws(IOError) -> any DriverFile {
        var found = stat()
        let engine = try engine()
        guard kernel.fstat(descriptor, &found) == 0 else { throw IOError(code: errno, "taking over a descriptor") }
        var options = FileOptions()
        options.access = access
        options.isOverlapped = isOverlapped
        let flags = fcntl(descriptor, F_GETFL)
        options.isUnbuffered = flags & 0o40000 != 0  // O_DIRECT
        options.isWrittenThrough = flags & O_DSYNC != 0
        let kind = found.st_mode & S_IFMT
        // Files poll for what does not come at once.
        if kind == S_IFIFO || kind == S_IFCHR { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
        var name = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/fd/\(descriptor)", &name, name.count - 1)
        let path = String(decoding: name.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let file = RingFile(descriptor, found, path, options, engine)
        if file.isSeekable { _ = file.seek(Int64(lseek(descriptor, 0, SEEK_CUR)), from: .beginning) }
        return file
    }

    /// What still names the file when the current folder is another.
    private func absolute(_ path: String) -> String {
        guard path.utf8.first != 0x2F, let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    public func checkSharing(of path: String, for access: FileRights) throws(IOError) {
        var found = stat()
        guard kernel.stat(path, &found, ofLink: true) == 0 else {
            let code = errno
            throw failure(FilePath.status(code, path), path, code)
        }
        let kind = found.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else { return }
        var descriptor = kernel.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        if descriptor < 0 && kind == S_IFREG { descriptor = kernel.open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) }
        guard descriptor >= 0 else {
            let code = errno
            // Who may neither read nor write it sees no locks; the system says what he may.
            if [EACCES, EPERM, ENOENT, ELOOP].contains(code) { return }
            throw failure(FilePath.status(code, path), path, code)
        }
        defer { close(descriptor) }
        let status = FileSharing.status(of: access, OpenFileDescription(descriptor, kernel))
        if status != .success { throw failure(status, path) }
    }
}
