import CLinux
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// An opening of a file. What can be done at once is done by the calling thread; the rest goes to the engine.
///
/// Lock order: `pointer`, then `state`. The descriptor is closed when nobody holds it: neither a call that uses it nor a
/// request.
final class RingFile: DriverFile {
    private struct State {
        var pending: [FileRequest] = []
        var isDeletedOnClose = false
        var path: String
    }
    private let state: Guarded<State>
    private let opened: Int32
    /// Who holds the descriptor; and whether it is closed, for all but them. Who leaves it at `closed` closes it.
    private let holds = Atomic<Int>(0)
    private static let closed = Int.min
    /// Held during transfers at the file pointer, which so come one after the other.
    private let pointer = Guarded<Int64>(0)
    private let engine: any Engine
    private let kernel: Kernel
    private let locks: FileLocks?
    let identity: FileLocks.Identity
    let access: FileRights
    let isOverlapped: Bool
    let isSeekable: Bool
    let isFolder: Bool
    let isPipe: Bool
    private let isDevice: Bool
    let alignment: Int
    private let isUnbuffered: Bool
    private let isWrittenThrough: Bool
    /// Every write goes to the end: the handle may do no other.
    private let onlyAppends: Bool
    /// Others may have it open for writing.
    private let mayMeetWriters: Bool

    init(_ descriptor: Int32, _ status: stat, _ path: String, _ options: FileOptions, _ engine: any Engine) {
        opened = descriptor
        state = Guarded(State(isDeletedOnClose: options.isDeletedOnClose, path: path))
        self.engine = engine
        kernel = engine.kernel
        let kind = status.st_mode & S_IFMT
        identity = FileLocks.Identity(device: status.st_dev, inode: status.st_ino)
        access = options.access
        isOverlapped = options.isOverlapped
        isSeekable = kind == S_IFREG || kind == S_IFBLK
        isFolder = kind == S_IFDIR
        isPipe = kind == S_IFIFO
        isDevice = FilePath.isDevice(status)
        isUnbuffered = options.isUnbuffered && isSeekable
        isWrittenThrough = options.isWrittenThrough
        alignment = isUnbuffered ? 512 : 1
        mayMeetWriters = options.sharing.contains(.write) && isSeekable
        onlyAppends = options.access.contains(.append) && !options.access.contains(.write)
        locks = isSeekable ? FileLocks.open(identity) : nil
    }

    deinit { close() }

    var descriptor: Int32 { holds.load(ordering: .acquiring) < 0 ? -1 : opened }
    private var description: OpenFileDescription { OpenFileDescription(opened, kernel) }
    var path: String { state.withLock { $0.path } }

    /// Keeps the descriptor from being closed until `letGo`; -1: it is closed.
    @inline(__always) private func hold() -> Int32 {
        var seen = holds.load(ordering: .relaxed)
        while seen >= 0 {
            let (done, now) = holds.weakCompareExchange(expected: seen, desired: seen + 1, ordering: .acquiring)
            if done { return opened }
            seen = now
        }
        return -1
    }

    @inline(__always) private func letGo() {
        if holds.subtract(1, ordering: .acquiringAndReleasing).newValue == RingFile.closed { Glibc.close(opened) }
    }

    func copyDescriptor() -> Int32 {
        let descriptor = hold()
        guard descriptor >= 0 else { return fcntl(-1, F_DUPFD_CLOEXEC, 3) }  // EBADF
        defer { letGo() }
        return fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    }

    // ---- transfers

    /// As the handle's access has it.
    private func adjusted(_ transfer: FileTransfer) -> FileTransfer {
        if case .write = transfer, onlyAppends { return .append }
        return transfer
    }

    /// Why the transfer cannot begin; nil: it can.
    private func refusal(_ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer], _ length: Int)
        -> IOStatus?
    {
        if isFolder { return .invalidDeviceRequest }
        guard isSeekable else { return nil }
        let offset: Int64
        var isWrite = true
        switch transfer {
        case .read(let at): (offset, isWrite) = (at, false)
        case .write(let at): offset = at
        case .append, .lock, .flush, .control: return nil
        }
        if offset < 0 { return .invalidParameter }
        if isUnbuffered {
            // "File access sizes … must be for a number of bytes that is an integer multiple of the volume sector size",
            // and so must offsets and addresses (File Buffering).
            guard Int(offset) % alignment == 0, length % alignment == 0,
                buffers.allSatisfy({ Int(bitPattern: $0.baseAddress) % alignment == 0 })
            else { return .invalidParameter }
        }
        guard length > 0 else { return nil }
        let range = FileRange(start: UInt64(offset), length: UInt64(length))
        if locks?.excludes(range, isWrite: isWrite, owner: self) == true { return .fileLockConflict }
        // Of other processes' locks the kernel knows. Where nobody else may write they are not asked for, at each read.
        guard mayMeetWriters, offset < FileSharing.firstByte - Int64(length) else { return nil }
        let state = description.lockState(
            offset, Int64(length), Int16(isWrite ? F_WRLCK : F_RDLCK))
        switch state {
        case .free: return nil
        case .locked: return .fileLockConflict
        case .unknown(let code): return status(code)
        }
    }

    func transferNow(_ buffer: UnsafeMutableRawPointer, _ count: Int, isWrite: Bool, at offset: Int64) -> NowResult {
        guard isSeekable, !isUnbuffered, !mayMeetWriters, count > 0, offset >= 0 else { return .other }
        if isWrite && (isWrittenThrough || onlyAppends) { return .other }
        if let locks, !locks.isEmpty { return .other }
        guard hold() >= 0 else { return .other }
        defer { letGo() }
        var vector = iovec(iov_base: buffer, iov_len: count)
        let done =
            isWrite
            ? kernel.pwritev2(opened, &vector, 1, offset, 0)
            : kernel.preadv2(opened, &vector, 1, offset, Flags.noWait)
        if done == count { return .done }
        return done < 0 && errno == EAGAIN && !isWrite ? .wouldBlock : .other
    }

    func attempt(_ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer], mayWait: Bool) -> IOAttempt {
        let transfer = adjusted(transfer)
        switch transfer {
        case .lock, .flush, .control: return .wouldBlock(0)
        case .read, .write, .append: break
        }
        let length = buffers.reduce(0) { $0 + $1.count }
        if let refusal = refusal(transfer, buffers, length) { return .failed(refusal) }
        if length == 0 { return .done(0) }
        let descriptor = hold()
        guard descriptor >= 0 else { return .failed(.invalidHandle) }
        defer { letGo() }
        return attempt(transfer, buffers, length, from: 0, descriptor, mayWait: mayWait)
    }

    /// The descriptor is held.
    func attempt(
        _ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer], _ length: Int, from start: Int,
        _ descriptor: Int32, mayWait: Bool
    ) -> IOAttempt {
        // What the page cache does not serve waits for the disk; a write to it is a copy.
        if !mayWait && isUnbuffered { return .wouldBlock(start) }
        var flags: Int32 = 0
        let offset: Int64
        var isRead = false
        switch transfer {
        case .read(let at):
            (offset, isRead) = (at, true)
            if !mayWait && isSeekable { flags = Flags.noWait }
        case .write(let at):
            offset = at
            if !mayWait && isWrittenThrough { return .wouldBlock(start) }
        case .append:
            offset = 0
            if !mayWait && isWrittenThrough { return .wouldBlock(start) }
            if isSeekable { flags = Flags.append }
        case .lock, .flush, .control: return .wouldBlock(0)
        }
        // A thread that waits for the disk gives up its place at its port, if it has one.
        let hasPlace = mayWait && isSeekable && signalbox_thread().pointee.port != 0
        var sleeps = hasPlace && (isUnbuffered || isWrittenThrough && !isRead)
        if hasPlace && isRead && !sleeps { flags = Flags.noWait }
        let capacity = min(max(1, buffers.count), 1024)
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: capacity) { vectors in
            var done = start
            while true {
                let count = fill(vectors, buffers, from: done)
                let at = isSeekable ? offset + Int64(done) : -1
                func call() -> (result: Int, code: Int32) {
                    let result =
                        isRead
                        ? kernel.preadv2(descriptor, vectors.baseAddress!, Int32(count), at, flags)
                        : write(descriptor, vectors, count, at, flags)
                    return (result, errno)
                }
                let (result, code) = sleeps ? Arena.sleeping(isOpen: false, call) : call()
                if result < 0 {
                    switch code {
                    case EINTR: break
                    case EAGAIN where hasPlace && !sleeps, EOPNOTSUPP where hasPlace && !sleeps && isRead:
                        (sleeps, flags) = (true, 0)
                    case EAGAIN where !mayWait || !isSeekable: return .wouldBlock(done)
                    case EOPNOTSUPP where flags != 0: return .wouldBlock(done)
                    // As the engine does: what was transferred before is not told, for it is not what was asked for.
                    default: return .failed(status(code))
                    }
                    continue
                }
                if result == 0 && isRead { return done > 0 ? .done(done) : .failed(isPipe ? .pipeBroken : .endOfFile) }
                done += result
                // Of what has no places, what is there is enough.
                if done == length || isRead && (!isSeekable || endsWithinSector(done)) { return .done(done) }
            }
        }
    }

    /// Whether a read past the page cache that has come so far is at the end of the file: the next would begin within a
    /// sector.
    func endsWithinSector(_ done: Int) -> Bool { done % alignment != 0 }

    /// pwritev2(2) without SIGPIPE.
    private func write(
        _ descriptor: Int32, _ vectors: UnsafeMutableBufferPointer<iovec>, _ count: Int, _ offset: Int64, _ flags: Int32
    ) -> Int {
        if isSeekable { return kernel.pwritev2(descriptor, vectors.baseAddress!, Int32(count), offset, flags) }
        return kernel.pwritev2Quietly(descriptor, vectors.baseAddress!, Int32(count), offset, flags)
    }

    func status(_ code: Int32) -> IOStatus {
        // "is a directory", of a call that has a descriptor
        code == EISDIR ? .invalidDeviceRequest : IOStatus(fileErrno: code)
    }

    private enum Flags {
        static let noWait: Int32 = 8  // RWF_NOWAIT
        static let append: Int32 = 16  // RWF_APPEND
    }

    // ---- requests

    func start(_ request: IORequest, _ transfer: FileTransfer, done: Int) -> (status: IOStatus, bytes: Int)? {
        if case .control = transfer { return (.invalidDeviceRequest, 0) }
        if case .lock(let range, let isExclusive, let waits) = transfer {
            guard let locks else { return (.invalidDeviceRequest, 0) }
            let descriptor = hold()
            guard descriptor >= 0 else { return (.invalidHandle, 0) }
            defer { letGo() }
            let outcome = locks.lock(
                range, isExclusive: isExclusive, owner: self, description, waitingAs: waits ? request : nil)
            switch outcome {
            case .granted: return (.success, 0)
            case .refused: return (.lockNotGranted, 0)
            case .failed(let code): return (status(code), 0)
            case .waiting: return nil
            }
        }
        // Until it has ended.
        guard hold() >= 0 else { return (.invalidHandle, 0) }
        let pending = FileRequest(request, adjusted(transfer), self, opened, transferred: done)
        state.withLock { $0.pending.append(pending) }
        // A close meanwhile found nothing to cancel.
        if holds.load(ordering: .sequentiallyConsistent) < 0 {
            pending.isToEndNow.store(true, ordering: .sequentiallyConsistent)
        }
        engine.order(.submit(pending))
        return nil
    }

    func cancel(where isMeant: (IORequest) -> Bool) -> Int {
        let meant = state.withLock { state in state.pending.filter { isMeant($0.request) } }
        for request in meant {
            request.isToEndNow.store(true, ordering: .sequentiallyConsistent)
            engine.order(.cancel(request))
        }
        return meant.count + (locks?.cancel(owner: self, where: isMeant) ?? 0)
    }

    /// Before the request is told to have ended.
    func finished(_ request: FileRequest) {
        state.withLock { state in
            guard let index = state.pending.firstIndex(where: { $0 === request }) else { return }
            state.pending.swapAt(index, state.pending.count - 1)
            state.pending.removeLast()
        }
        letGo()
    }

    func unlock(_ range: FileRange) -> Bool {
        let descriptor = hold()
        guard descriptor >= 0 else { return false }
        defer { letGo() }
        return locks?.unlock(range, owner: self, description) ?? false
    }

    // ---- the file pointer

    var position: Int64 { pointer.withLock { $0 } }

    func seek(_ distance: Int64, from origin: FileOrigin) -> (status: IOStatus, position: Int64) {
        let descriptor = hold()
        guard descriptor >= 0 else { return (.invalidHandle, 0) }
        defer { letGo() }
        return pointer.withLock { pointer in
            var base: Int64 = 0
            switch origin {
            case .beginning: break
            case .current: base = pointer
            case .end:
                var status = stat()
                guard kernel.fstat(descriptor, &status) == 0 else { return (self.status(errno), pointer) }
                base = Int64(status.st_size)
            }
            let (sum, isBeyond) = base.addingReportingOverflow(distance)
            guard !isBeyond, sum >= 0 else { return (.invalidParameter, pointer) }
            if isUnbuffered && sum % Int64(alignment) != 0 { return (.invalidParameter, pointer) }
            pointer = sum
            return (.success, sum)
        }
    }

    func transfer(
        _ buffers: [UnsafeMutableRawBufferPointer], isWrite: Bool, at offset: Int64?
    ) -> (status: IOStatus, bytes: Int) {
        pointer.withLock { pointer in
            let start = offset ?? pointer
            let isAppend = isWrite && (onlyAppends || offset == -1)
            let outcome = attempt(
                isAppend ? .append : isWrite ? .write(at: start) : .read(at: start), buffers, mayWait: true)
            switch outcome {
            case .done(let bytes, _):
                pointer = start + Int64(bytes)
                if isAppend && isSeekable {
                    var status = stat()
                    if kernel.fstat(self.descriptor, &status) == 0 { pointer = Int64(status.st_size) }
                }
                return (.success, bytes)
            case .failed(let status): return (status, 0)
            case .wouldBlock, .isBehindOthers: return (.unexpected, 0)
            }
        }
    }

    // ---- the file itself

    var isDeletedOnClose: Bool { state.withLock { $0.isDeletedOnClose } }

    func setDeletedOnClose(_ isDeleted: Bool) -> IOStatus {
        guard access.contains(.delete), !isDevice else { return .accessDenied }
        if isDeleted {
            var status = stat()
            guard kernel.fstat(descriptor, &status) == 0 else { return .invalidHandle }
            if !isFolder && status.st_mode & 0o222 == 0 { return .cannotDelete }
            if isFolder && !FilePath.isEmptyFolder(path) { return .directoryNotEmpty }
        }
        state.withLock { $0.isDeletedOnClose = isDeleted }
        return .success
    }

    func rename(to path: String, replaces: Bool) -> IOStatus {
        guard access.contains(.delete), !isDevice else { return .accessDenied }
        let result = FilePath.rename(self.path, path, replaces: replaces)
        if result == .success { state.withLock { $0.path = path } }
        return result
    }

    func close() {
        // Held meanwhile: a request that ends must not close it yet.
        guard hold() >= 0 else { return }
        guard holds.bitwiseOr(RingFile.closed, ordering: .sequentiallyConsistent).oldValue >= 0 else { return letGo() }
        let (isDeleted, path) = state.withLock { ($0.isDeletedOnClose, $0.path) }
        _ = cancel { _ in true }
        locks?.release(owner: self, description)
        if isDeleted && !isDevice { FilePath.delete(path, ifIs: identity.device, identity.inode) }
        if locks != nil { FileLocks.close(identity) }
        letGo()
    }
}

/// Describes the buffers, without their first `skipped` bytes; returns how many vectors that takes.
func fill(
    _ vectors: UnsafeMutableBufferPointer<iovec>, _ buffers: [UnsafeMutableRawBufferPointer], from skipped: Int
) -> Int {
    var (skipped, count) = (skipped, 0)
    for buffer in buffers {
        let gone = min(skipped, buffer.count)
        skipped -= gone
        guard gone < buffer.count, let base = buffer.baseAddress else { continue }
        guard count < vectors.count else { break }
        vectors[count] = iovec(iov_base: base + gone, iov_len: buffer.count - gone)
        count += 1
    }
    return count
}
