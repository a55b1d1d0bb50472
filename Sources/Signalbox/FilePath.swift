import CLinux
package import Glibc

/// What is done with files by their names, in Windows' terms; and what Windows knows of a file and Linux does not.
package enum FilePath {
    /// What a call with this path has failed of: ENOENT means the file, or the folder that it would be in.
    package static func status(_ code: Int32, _ path: String) -> IOStatus {
        if code == ENAMETOOLONG && path.utf8.count >= 4096 { return .nameTooLong }
        if code == ENOENT && !isFolder(folder(of: path)) { return .objectPathNotFound }
        return IOStatus(fileErrno: code)
    }

    /// The folder that a path's last part is in.
    package static func folder(of path: String) -> String {
        let bytes = Array(path.utf8)
        var end = bytes.count
        while end > 1, bytes[end - 1] == 0x2F { end -= 1 }
        while end > 0, bytes[end - 1] != 0x2F { end -= 1 }
        while end > 1, bytes[end - 1] == 0x2F { end -= 1 }
        return end == 0 ? "." : String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// Whether that is a device, which nothing here deletes, renames, replaces or changes, whoever asks: Windows' names of
    /// devices are not entries of a folder, either.
    package static func isDevice(_ found: stat) -> Bool {
        found.st_mode & S_IFMT == S_IFCHR || found.st_mode & S_IFMT == S_IFBLK
    }

    package static func isFolder(_ path: String) -> Bool {
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
    }

    package static func isEmptyFolder(_ path: String) -> Bool {
        guard let folder = opendir(path) else { return true }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { return false }
        }
        return true
    }

    /// Renames a file or a folder. A folder is never replaced, nor a file that can only be read.
    package static func rename(_ from: String, _ to: String, replaces: Bool) -> IOStatus {
        var (source, target) = (stat(), stat())
        guard lstat(from, &source) == 0 else { return status(errno, from) }
        if isDevice(source) { return .accessDenied }
        let exists = lstat(to, &target) == 0
        if exists && isDevice(target) { return .accessDenied }
        if exists && !(source.st_dev == target.st_dev && source.st_ino == target.st_ino) {
            guard replaces else { return .objectNameCollision }
            if target.st_mode & S_IFMT == S_IFDIR { return .accessDenied }
            if target.st_mode & S_IFMT == S_IFREG && target.st_mode & 0o222 == 0 { return .accessDenied }
        }
        let result = replaces || exists ? Glibc.rename(from, to) : signalbox_rename_new(from, to)
        if result == 0 { return .success }
        let code = errno
        if code == EINVAL || code == EBUSY { return .sharingViolation }  // into a folder of its own
        return status(code, to)
    }

    /// Deletes what has that name, if it is that file still.
    package static func delete(_ path: String, ifIs device: UInt, _ inode: UInt) {
        var found = stat()
        guard lstat(path, &found) == 0, !isDevice(found) else { return }
        if found.st_mode & S_IFMT == S_IFLNK {
            var target = stat()
            guard stat(path, &target) == 0, target.st_dev == device, target.st_ino == inode else { return }
        } else if found.st_dev != device || found.st_ino != inode {
            return
        }
        if found.st_mode & S_IFMT == S_IFDIR { rmdir(path) } else { unlink(path) }
    }
}

/// Attributes of Windows that a file's mode does not tell, and the time of making that a program has set: an extended
/// attribute of the file. Where the file system keeps none, only what the mode tells can be set.
package struct FileAttributes: Equatable {
    /// FILE_ATTRIBUTE_* bits.
    package var bits: UInt32
    /// 100 ns since 1601; 0: as the file system has it.
    package var created: UInt64

    package init(bits: UInt32, created: UInt64 = 0) { (self.bits, self.created) = (bits, created) }

    private static var name: String { "user.signalbox.attributes" }
    private static var size: Int { 12 }

    /// What is kept with the file; nil: nothing.
    package static func kept(_ path: String) -> FileAttributes? { read { getxattr(path, name, $0, size) } }
    package static func kept(_ descriptor: Int32) -> FileAttributes? { read { fgetxattr(descriptor, name, $0, size) } }

    private static func read(_ get: (UnsafeMutableRawPointer) -> Int) -> FileAttributes? {
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { memory in
            guard get(memory.baseAddress!) == size else { return nil }
            return FileAttributes(
                bits: UInt32(littleEndian: memory.loadUnaligned(as: UInt32.self)),
                created: UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: 4, as: UInt64.self)))
        }
    }

    /// Keeps them with the file. Returns 0 or errno.
    package func keep(_ path: String) -> Int32 { write { setxattr(path, FileAttributes.name, $0, $1, 0) } }
    package func keep(_ descriptor: Int32) -> Int32 { write { fsetxattr(descriptor, FileAttributes.name, $0, $1, 0) } }

    private func write(_ set: (UnsafeRawPointer, Int) -> Int32) -> Int32 {
        withUnsafeTemporaryAllocation(byteCount: FileAttributes.size, alignment: 8) { memory in
            memory.storeBytes(of: bits.littleEndian, as: UInt32.self)
            memory.storeBytes(of: created.littleEndian, toByteOffset: 4, as: UInt64.self)
            return set(UnsafeRawPointer(memory.baseAddress!), FileAttributes.size) == 0 ? 0 : errno
        }
    }
}
