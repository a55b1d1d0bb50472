import Dispatcher
import Glibc

/// A file that this process was given: it needs a driver, and so a host, when it is read or written, not before.
final class InheritedFile: DriverFile {
    private enum State {
        case untouched(Int32)
        case driven(any DriverFile)
        case closed
    }
    private let state: Guarded<State>
    let access: FileRights
    let isOverlapped: Bool

    init(_ descriptor: Int32, _ access: FileRights, isOverlapped: Bool) {
        state = Guarded(.untouched(descriptor))
        self.isOverlapped = isOverlapped
        self.access = access
    }

    /// What a handle with that access mask may do.
    static func rights(of mask: UInt32) -> FileRights {
        var access: FileRights = []
        // FILE_READ_DATA, FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_WRITE_ATTRIBUTES, DELETE
        for (bit, right) in [(1, .read), (2, .write), (4, .append), (0x100, .writeAttributes), (0x1_0000, .delete)]
            as [(UInt32, FileRights)] where mask & bit != 0
        {
            access.insert(right)
        }
        return access
    }

    /// The driver's; or why there is none.
    private func drive() throws(IOError) -> any DriverFile {
        // A driver may be started now, which takes its time: not under the lock.
        let known = state.withLock { state -> (any DriverFile)? in
            if case .driven(let file) = state { file } else { nil }
        }
        if let known { return known }
        let driver = try DriverRegistry.shared.files()
        return try state.withLock { state throws(IOError) in
            switch state {
            case .driven(let file): return file
            case .closed: throw IOError(.invalidHandle, "using a file that is closed")
            case .untouched(let descriptor):
                let file = try driver.adoptFile(descriptor, access, isOverlapped: isOverlapped)
                state = .driven(file)
                return file
            }
        }
    }

    private var driven: (any DriverFile)? { try? drive() }

    var descriptor: Int32 {
        state.withLock { state in
            switch state {
            case .untouched(let descriptor): descriptor
            case .driven(let file): file.descriptor
            case .closed: -1
            }
        }
    }

    func copyDescriptor() -> Int32 {
        state.withLock { state in
            switch state {
            case .untouched(let descriptor): fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
            case .driven(let file): file.copyDescriptor()
            case .closed: fcntl(-1, F_DUPFD_CLOEXEC, 3)  // EBADF
            }
        }
    }

    private func isKind(_ kinds: mode_t...) -> Bool {
        var found = stat()
        return fstat(descriptor, &found) == 0 && kinds.contains(found.st_mode & S_IFMT)
    }

    var path: String { driven?.path ?? "" }
    var isSeekable: Bool { isKind(S_IFREG, S_IFBLK) }
    var isFolder: Bool { isKind(S_IFDIR) }
    var alignment: Int { driven?.alignment ?? 1 }
    var position: Int64 { driven?.position ?? 0 }
    func seek(_ distance: Int64, from origin: FileOrigin) -> (status: IOStatus, position: Int64) {
        driven?.seek(distance, from: origin) ?? (.invalidHandle, 0)
    }
    func transfer(
        _ buffers: [UnsafeMutableRawBufferPointer], isWrite: Bool, at offset: Int64?
    ) -> (status: IOStatus, bytes: Int) {
        do throws(IOError) {
            return try drive().transfer(buffers, isWrite: isWrite, at: offset)
        } catch {
            return (error.status, 0)
        }
    }
    func attempt(_ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer], mayWait: Bool) -> IOAttempt {
        do throws(IOError) {
            return try drive().attempt(transfer, buffers, mayWait: mayWait)
        } catch {
            return .failed(error.status)
        }
    }
    func start(_ request: IORequest, _ transfer: FileTransfer, done: Int) -> (status: IOStatus, bytes: Int)? {
        do throws(IOError) {
            return try drive().start(request, transfer, done: done)
        } catch {
            return (error.status, 0)
        }
    }
    func cancel(where isMeant: (IORequest) -> Bool) -> Int { driven?.cancel(where: isMeant) ?? 0 }
    func unlock(_ range: FileRange) -> Bool { driven?.unlock(range) ?? false }
    func setDeletedOnClose(_ isDeleted: Bool) -> IOStatus { driven?.setDeletedOnClose(isDeleted) ?? .invalidHandle }
    var isDeletedOnClose: Bool { driven?.isDeletedOnClose ?? false }
    func rename(to path: String, replaces: Bool) -> IOStatus {
        driven?.rename(to: path, replaces: replaces) ?? .invalidHandle
    }

    func close() {
        let before = state.withLock { state in
            defer { state = .closed }
            return state
        }
        switch before {
        case .untouched(let descriptor): Glibc.close(descriptor)
        case .driven(let file): file.close()
        case .closed: break
        }
    }
}
