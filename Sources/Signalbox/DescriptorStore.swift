import CLinux
import Glibc

/// Descriptors that the service manager keeps for the service, and passes to it when it is started again: after a restart,
/// and after a crash.
///
/// ```swift
/// try await connection.store(as: "player-7")
/// // … killed; and in the next run:
/// let connection = try SocketObject(passedAs: "player-7")
/// ```
///
/// The manager has a copy of the descriptor: what is in a pipe, in a connection or in a listener's queue stays there. It
/// keeps as many as the unit's `FileDescriptorStoreMax=` says, as long as the service runs or is being restarted; a
/// `systemctl stop` ends that, unless the unit has `FileDescriptorStorePreserve=`. It drops by itself a connection that
/// has ended and a pipe whose other end is closed, unless that was asked not to be looked at (`isWatched: false`).
///
/// Where there is no manager nothing is kept, and the functions return false.
public enum DescriptorStore {
    /// Stores a descriptor of any kind. The caller keeps it, and may close it.
    ///
    /// When this returns, the manager has it: it has read the message, and had room. It does not end with the task.
    ///
    /// - Parameters:
    ///   - descriptor: its number.
    ///   - name: 1 to 255 ASCII characters that can be printed, without a colon. Several may have one name,
    ///     and then come back in no certain order: give the ends of a pipe a name each. A file that is stored already keeps
    ///     the name that it has.
    ///   - isWatched: whether the manager drops it when the other side has ended. False needs systemd 246.
    /// - Returns: false: there is no manager.
    /// - Throws: `DescriptorStoreError`.
    @discardableResult
    public static nonisolated(nonsending) func store(
        descriptor: Int32, as name: String, isWatched: Bool = true
    ) async throws(DescriptorStoreError) -> Bool {
        guard isValid(name) else { throw .invalidName(name) }
        // A copy, so that its number means the same to the end.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw .notCopied(name, errno) }
        defer { close(copy) }
        return try await store(own: copy, as: name, isWatched)
    }

    /// As above, of a descriptor that nobody else closes.
    fileprivate static nonisolated(nonsending) func store(
        own copy: Int32, as name: String, _ isWatched: Bool
    ) async throws(DescriptorStoreError) -> Bool {
        guard let manager = DriverRegistry.shared.serviceManager(), manager.isManaged else { return false }
        try await manager.store(copy, as: name, isWatched: isWatched)
        return true
    }

    /// As above, of what `copy` copies, or fails to.
    fileprivate static nonisolated(nonsending) func store(
        copiedAs name: String, _ isWatched: Bool, _ copy: () -> Int32
    ) async throws(DescriptorStoreError) -> Bool {
        guard isValid(name) else { throw .invalidName(name) }
        let copy = copy()
        guard copy >= 0 else { throw .notCopied(name, errno) }
        defer { close(copy) }
        return try await store(own: copy, as: name, isWatched)
    }

    /// Has the manager drop all that were stored under the name, if there are any.
    ///
    /// - Returns: false: there is no manager.
    /// - Throws: `DescriptorStoreError`.
    @discardableResult
    public static nonisolated(nonsending) func remove(_ name: String) async throws(DescriptorStoreError) -> Bool {
        guard isValid(name) else { throw .invalidName(name) }
        guard let manager = DriverRegistry.shared.serviceManager(), manager.isManaged else { return false }
        try await manager.removeStored(name)
        return true
    }

    /// What sd_pid_notify_with_fds(3) says of FDNAME=.
    private static func isValid(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x3A }
            && !name.hasPrefix(PassedDescriptors.probe)
    }
}

/// Why a descriptor is not stored.
public enum DescriptorStoreError: Error, Hashable, CustomStringConvertible {
    /// It is no name for a stored descriptor.
    case invalidName(String)
    /// It was closed.
    case notOpen(String)
    /// The system has refused to copy it, or to make a pipe; its errno.
    case failed(String, code: Int32)
    /// The manager does not keep it: as many as it may are stored, or it may none. `limit`: the unit's
    /// `FileDescriptorStoreMax=`, if the manager says so.
    case refused(String, limit: Int?)
    /// The manager could not be told, or has not read the message in 10 s.
    case notHeard(String)

    fileprivate static func notCopied(_ name: String, _ code: Int32) -> DescriptorStoreError {
        code == EBADF ? .notOpen(name) : .failed(name, code: code)
    }

    public var description: String {
        switch self {
        case .invalidName(let name):
            return "\"\(name)\" is no name for a stored descriptor: 1 to 255 ASCII characters without a colon are"
        case .notOpen(let name): return "\"\(name)\" cannot be stored: it is closed"
        case .failed(let name, let code): return "\"\(name)\" cannot be stored: \(errorText(code))"
        case .refused(let name, let limit):
            let reason =
                limit.map { "its unit has FileDescriptorStoreMax=\($0), and as many are stored" }
                ?? "its unit has no FileDescriptorStoreMax=, or as many are stored"
            return "the service manager does not keep \"\(name)\": \(reason)"
        case .notHeard(let name): return "the service manager could not be told of \"\(name)\": it does not read"
        }
    }
}

extension ListenerObject {
    /// Stores the listening socket. One of a socket unit need not be: the manager has it open anyway.
    ///
    /// - Parameters:
    ///   - name: as for ``DescriptorStore/store(descriptor:as:isWatched:)``; it is passed by that to the next run.
    ///   - isWatched: likewise.
    /// - Returns: false: there is no manager.
    /// - Throws: `DescriptorStoreError`.
    @discardableResult
    public nonisolated(nonsending) func store(
        as name: String, isWatched: Bool = true
    ) async throws(DescriptorStoreError) -> Bool { try await socket.store(as: name, isWatched: isWatched) }
}

extension SocketObject {
    /// Stores the connection. What was received of it is the program's own to keep: the next run goes on with what comes
    /// then. It ends for the peer when it is closed here and the manager has dropped it.
    ///
    /// - Parameters:
    ///   - name: as for ``DescriptorStore/store(descriptor:as:isWatched:)``; it is passed by that to the next run.
    ///   - isWatched: likewise.
    /// - Returns: false: there is no manager.
    /// - Throws: `DescriptorStoreError`.
    @discardableResult
    public nonisolated(nonsending) func store(
        as name: String, isWatched: Bool = true
    ) async throws(DescriptorStoreError) -> Bool {
        try await DescriptorStore.store(copiedAs: name, isWatched) { socket.copyDescriptor() }
    }
}

extension FileObject {
    /// Stores the file, or the end of a pipe. Of a pipe store both ends, or the one whose other end another process has.
    ///
    /// - Parameters:
    ///   - name: as for ``DescriptorStore/store(descriptor:as:isWatched:)``; it is passed by that to the next run.
    ///   - isWatched: likewise.
    /// - Returns: false: there is no manager.
    /// - Throws: `DescriptorStoreError`.
    @discardableResult
    public nonisolated(nonsending) func store(
        as name: String, isWatched: Bool = true
    ) async throws(DescriptorStoreError) -> Bool {
        try await DescriptorStore.store(copiedAs: name, isWatched) { file.copyDescriptor() }
    }
}
