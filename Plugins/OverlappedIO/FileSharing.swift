import CLinux
import Dispatcher
import Glibc
import Signalbox

/// Share modes, between all handles of all processes: as locks of the file's own, of bytes that no file reaches.
///
/// An opening that uses a file in one of three ways (reads, writes, deletes) locks a byte of a region for users of that
/// way, and one that does not share the way a byte of a region for its deniers. It fails if there is anybody in the
/// region opposite. Users do not exclude each other, nor do deniers: their locks are for reading; or, where the descriptor
/// cannot read, for writing, of a byte taken at random. The locks are those of the open file description (F_OFD_SETLK,
/// fcntl(2)): they go with the descriptor, so with a process that is killed. An opening for nothing but attributes takes no
/// part, as on Windows.
enum FileSharing {
    /// Above every offset that `FileLocks` locks.
    static let firstByte: Int64 = 0x7FFF_0000_0000_0000
    private static let regionLength: Int64 = 1 << 32
    private static let ways: [FileRights] = [.read, .write, .delete]

    private static func users(_ way: Int) -> Int64 { firstByte + Int64(way) * regionLength }
    private static func deniers(_ way: Int) -> Int64 { firstByte + Int64(way + ways.count) * regionLength }

    /// Of one process one opening at a time looks and locks, so only other processes can come in between.
    private static let gate = Guarded<Void>(())

    /// The ways in which the sharing of others is looked at.
    private static func ways(of access: FileRights) -> FileRights {
        access.contains(.append) ? access.union(.write) : access
    }

    /// Takes the locks for an opening, or none, if sharing is violated or the kernel fails.
    ///
    /// - Parameter alsoNeeds: what the opening itself does to the file, besides its handle's access.
    static func claim(
        _ descriptor: Int32, _ access: FileRights, sharing: FileRights, alsoNeeds: FileRights, canReadLock: Bool
    ) -> IOStatus {
        let access = ways(of: access)
        guard !access.isDisjoint(with: [.read, .write, .delete]) else { return status(of: alsoNeeds, descriptor) }
        // Another process may be trying the same, and step back in a moment: who has come to stay is still there then.
        for _ in 0..<4 {
            let result = gate.withLock { _ in
                let needs = access.union(alsoNeeds)
                var result = violation(descriptor, needs, sharing)
                guard result == .success else { return result }
                result = place(descriptor, access, sharing, canReadLock)
                if result == .success { result = violation(descriptor, needs, sharing) }
                if result == .success { return result }
                _ = OpenFileLock.set(descriptor, Int16(F_UNLCK), firstByte, 2 * Int64(ways.count) * regionLength)
                return result
            }
            if result != .sharingViolation { return result }
            sched_yield()
        }
        return .sharingViolation
    }

    /// Whether an opening denies others that use.
    static func status(of access: FileRights, _ descriptor: Int32) -> IOStatus {
        for way in ways.indices where ways(of: access).contains(ways[way]) {
            let status = found(descriptor, deniers(way))
            if status != .success { return status }
        }
        return .success
    }

    private static func violation(_ descriptor: Int32, _ access: FileRights, _ sharing: FileRights) -> IOStatus {
        let denied = status(of: access, descriptor)
        if denied != .success { return denied }
        for way in ways.indices where !sharing.contains(ways[way]) {
            let status = found(descriptor, users(way))
            if status != .success { return status }
        }
        return .success
    }

    /// Success: nobody is in that region.
    private static func found(_ descriptor: Int32, _ region: Int64) -> IOStatus {
        switch OpenFileLock.state(descriptor, region, regionLength) {
        case .free: .success
        case .locked: .sharingViolation
        case .unknown(let code): IOStatus(fileErrno: code)
        }
    }

    private static func place(
        _ descriptor: Int32, _ access: FileRights, _ sharing: FileRights, _ canReadLock: Bool
    ) -> IOStatus {
        for way in ways.indices {
            var code: Int32 = 0
            if access.contains(ways[way]) { code = place(descriptor, users(way), canReadLock) }
            if code == 0 && !sharing.contains(ways[way]) { code = place(descriptor, deniers(way), canReadLock) }
            if code != 0 { return IOStatus(fileErrno: code) }
        }
        return .success
    }

    private static func place(_ descriptor: Int32, _ region: Int64, _ canReadLock: Bool) -> Int32 {
        if canReadLock { return heeded(OpenFileLock.set(descriptor, Int16(F_RDLCK), region, 1)) }
        // A byte of one's own; byte 0 is where the others read-lock.
        for _ in 0..<16 {
            let byte = region + Int64.random(in: 1..<regionLength)
            let code = OpenFileLock.set(descriptor, Int16(F_WRLCK), byte, 1)
            if code != EAGAIN && code != EACCES { return heeded(code) }
        }
        return 0
    }

    /// A file system without locks, or a descriptor that cannot have them, has files that are shared.
    private static func heeded(_ code: Int32) -> Int32 { OpenFileLock.isResourceFailure(code) ? code : 0 }
}

/// Locks of an open file description, see fcntl(2).
enum OpenFileLock {
    private static let getCommand: Int32 = 36  // F_OFD_GETLK
    private static let waitCommand: Int32 = 38  // F_OFD_SETLKW
    private static let setCommand: Int32 = 37  // F_OFD_SETLK

    /// What the kernel says when it fails, and not that there are no locks there.
    static func isResourceFailure(_ code: Int32) -> Bool { [ENOMEM, ENOLCK, EIO, EMFILE, ENOSPC].contains(code) }

    /// Locks or unlocks, without waiting. `length` 0: to the end of all offsets. Returns 0 or errno.
    static func set(_ descriptor: Int32, _ type: Int16, _ start: Int64, _ length: Int64) -> Int32 {
        var lock = flock(l_type: type, l_whence: Int16(SEEK_SET), l_start: Int(start), l_len: Int(length), l_pid: 0)
        while Kernel.lock(descriptor, setCommand, &lock) != 0 {
            if errno != EINTR { return errno }
        }
        return 0
    }

    /// Locks, when nobody else has a lock in the way.
    static func wait(_ descriptor: Int32, _ type: Int16, _ start: Int64, _ length: Int64) {
        var lock = flock(l_type: type, l_whence: Int16(SEEK_SET), l_start: Int(start), l_len: Int(length), l_pid: 0)
        while Kernel.lock(descriptor, waitCommand, &lock) != 0 && errno == EINTR {}
    }

    enum State: Equatable {
        case free
        case locked
        /// The kernel has failed.
        case unknown(Int32)
    }

    /// Whether another open file description has a lock there that excludes one of this type.
    static func state(
        _ descriptor: Int32, _ start: Int64, _ length: Int64, _ type: Int16 = Int16(F_WRLCK)
    ) -> State {
        var lock = flock(l_type: type, l_whence: Int16(SEEK_SET), l_start: Int(start), l_len: Int(length), l_pid: 0)
        while Kernel.lock(descriptor, getCommand, &lock) != 0 {
            if errno != EINTR { return isResourceFailure(errno) ? .unknown(errno) : .free }
        }
        return lock.l_type == Int16(F_UNLCK) ? .free : .locked
    }
}
