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
        _ file: OpenFileDescription, _ access: FileRights, sharing: FileRights, alsoNeeds: FileRights, canReadLock: Bool
    ) -> IOStatus {
        let access = ways(of: access)
        guard !access.isDisjoint(with: [.read, .write, .delete]) else { return status(of: alsoNeeds, file) }
        // Another process may be trying the same, and step back in a moment: who has come to stay is still there then.
        for _ in 0..<4 {
            let result = gate.withLock { _ in
                let needs = access.union(alsoNeeds)
                var result = violation(file, needs, sharing)
                guard result == .success else { return result }
                result = place(file, access, sharing, canReadLock)
                if result == .success { result = violation(file, needs, sharing) }
                if result == .success { return result }
                _ = file.setLock(Int16(F_UNLCK), firstByte, 2 * Int64(ways.count) * regionLength)
                return result
            }
            if result != .sharingViolation { return result }
            sched_yield()
        }
        return .sharingViolation
    }

    /// Whether an opening denies others that use.
    static func status(of access: FileRights, _ file: OpenFileDescription) -> IOStatus {
        for way in ways.indices where ways(of: access).contains(ways[way]) {
            let status = found(file, deniers(way))
            if status != .success { return status }
        }
        return .success
    }

    private static func violation(_ file: OpenFileDescription, _ access: FileRights, _ sharing: FileRights) -> IOStatus
    {
        let denied = status(of: access, file)
        if denied != .success { return denied }
        for way in ways.indices where !sharing.contains(ways[way]) {
            let status = found(file, users(way))
            if status != .success { return status }
        }
        return .success
    }

    /// Success: nobody is in that region.
    private static func found(_ file: OpenFileDescription, _ region: Int64) -> IOStatus {
        switch file.lockState(region, regionLength) {
        case .free: .success
        case .locked: .sharingViolation
        case .unknown(let code): IOStatus(fileErrno: code)
        }
    }

    private static func place(
        _ file: OpenFileDescription, _ access: FileRights, _ sharing: FileRights, _ canReadLock: Bool
    ) -> IOStatus {
        for way in ways.indices {
            var code: Int32 = 0
            if access.contains(ways[way]) { code = place(file, users(way), canReadLock) }
            if code == 0 && !sharing.contains(ways[way]) { code = place(file, deniers(way), canReadLock) }
            if code != 0 { return IOStatus(fileErrno: code) }
        }
        return .success
    }

    private static func place(_ file: OpenFileDescription, _ region: Int64, _ canReadLock: Bool) -> Int32 {
        if canReadLock { return heeded(file.setLock(Int16(F_RDLCK), region, 1)) }
        // A byte of one's own; byte 0 is where the others read-lock.
        for _ in 0..<16 {
            let byte = region + Int64.random(in: 1..<regionLength)
            let code = file.setLock(Int16(F_WRLCK), byte, 1)
            if code != EAGAIN && code != EACCES { return heeded(code) }
        }
        return 0
    }

    /// A file system without locks, or a descriptor that cannot have them, has files that are shared.
    private static func heeded(_ code: Int32) -> Int32 { OpenFileDescription.isResourceFailure(code) ? code : 0 }
}
