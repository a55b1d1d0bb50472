import CLinux
import Dispatcher
import Glibc
import Synchronization

/// One end of a pipe of the system's, pipe(7): an anonymous pipe, or one that the process was given.
package final class AnonymousPipe: DriverPipe {
    /// Needs no driver before it is read or written. So the end that is for a child, and is only handed over, is never made
    /// not to block, which the child would see.
    private let file: InheritedFile
    private let size: UInt32
    private let waits = Atomic(true)

    package init(_ descriptor: Int32, _ access: FileRights, isOverlapped: Bool = false, size: UInt32 = 4096) {
        file = InheritedFile(descriptor, access, isOverlapped: isOverlapped)
        self.size = size
    }

    deinit { close() }

    /// Both ends; nil, with errno set: none can be made.
    package static func makeBoth(size: UInt32) -> (read: AnonymousPipe, write: AnonymousPipe)? {
        var ends: (Int32, Int32) = (-1, -1)
        guard signalbox_pipe(&ends.0, &ends.1, true) == 0 else { return nil }
        // "The size is only a suggestion" (CreatePipe).
        if size > 0 { _ = fcntl(ends.1, 1031, Int32(clamping: size)) }  // F_SETPIPE_SZ
        return (AnonymousPipe(ends.0, .read, size: size), AnonymousPipe(ends.1, [.write, .append], size: size))
    }

    package static func isPipe(_ descriptor: Int32) -> Bool {
        var found = stat()
        return fstat(descriptor, &found) == 0 && found.st_mode & S_IFMT == S_IFIFO
    }

    package func copyDescriptor() -> Int32 { file.copyDescriptor() }

    // ---- transfers

    package func attempt(
        _ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer], mayWait: Bool
    ) -> IOAttempt {
        if case .flush = transfer { return .done(0) }
        return file.attempt(transfer, buffers, mayWait: mayWait)
    }

    package func start(_ request: IORequest, _ transfer: FileTransfer, done: Int) -> (status: IOStatus, bytes: Int)? {
        if case .control = transfer { return (.illegalFunction, 0) }
        guard waits.load(ordering: .relaxed) else {
            if case .read = transfer { return (.pipeEmpty, 0) }
            return (.success, done)
        }
        return file.start(request, transfer, done: done)
    }

    package func cancel(where isMeant: (IORequest) -> Bool) -> Int { file.cancel(where: isMeant) }

    // ---- as of named pipes

    package var facts: PipeFacts {
        var options = PipeOptions()
        // The end that reads counts as the server's, as Windows makes them.
        options.access = file.access.contains(.read) ? .read : [.write, .append]
        options.mostInstances = 1
        (options.inSize, options.outSize) = (size, size)
        options.waits = waits.load(ordering: .relaxed)
        let own = UInt32(getpid())
        return PipeFacts(
            options: options, isServer: file.access.contains(.read), instances: 1, serverProcess: own,
            clientProcess: own)
    }

    package func setMode(readsMessages: Bool, waits: Bool) -> IOStatus {
        if readsMessages { return .invalidParameter }
        self.waits.store(waits, ordering: .relaxed)
        return .success
    }

    package func disconnect() -> IOStatus { .illegalFunction }

    package func peek(into buffer: UnsafeMutableRawBufferPointer) -> (status: IOStatus, found: PipePeek) {
        // Meanwhile the descriptor is not closed by another thread.
        let descriptor = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 3)
        guard descriptor >= 0 else { return (IOStatus(errno: errno), PipePeek()) }
        defer { Glibc.close(descriptor) }
        // In this order: what is written before the last writer closes its end is seen.
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&state, 1, 0)
        var available: Int32 = 0
        guard signalbox_unread(descriptor, &available) == 0 else { return (IOStatus(errno: errno), PipePeek()) }
        if available == 0 && Int32(state.revents) & POLLHUP != 0 { return (.pipeBroken, PipePeek()) }
        let wanted = min(buffer.count, Int(available))
        guard wanted > 0 else { return (.success, PipePeek(available: Int(available))) }
        // By tee(2), which leaves what it copies, through a pipe with as many places.
        var ends: (Int32, Int32) = (-1, -1)
        guard signalbox_pipe(&ends.0, &ends.1, false) == 0 else { return (IOStatus(errno: errno), PipePeek()) }
        defer {
            Glibc.close(ends.0)
            Glibc.close(ends.1)
        }
        _ = fcntl(ends.1, 1031, fcntl(descriptor, 1032))  // F_SETPIPE_SZ, F_GETPIPE_SZ
        let copied = signalbox_tee(descriptor, ends.1, wanted)
        // Another has read it meanwhile.
        guard copied > 0 else { return (.success, PipePeek()) }
        var done = 0
        while done < copied {
            let count = read(ends.0, buffer.baseAddress! + done, Int(copied) - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return (count < 0 ? IOStatus(errno: errno) : .success, PipePeek()) }
            done += count
        }
        return (.success, PipePeek(copied: done, available: Int(available)))
    }

    // ---- as of files

    package var descriptor: Int32 { file.descriptor }
    package var path: String { file.path }
    package var access: FileRights { file.access }
    package var isOverlapped: Bool { file.isOverlapped }
    package var isSeekable: Bool { false }
    package var isFolder: Bool { false }
    package var alignment: Int { 1 }
    package var position: Int64 { 0 }
    package func seek(_ distance: Int64, from origin: FileOrigin) -> (status: IOStatus, position: Int64) {
        (.invalidDeviceRequest, 0)
    }
    package func transfer(
        _ buffers: [UnsafeMutableRawBufferPointer], isWrite: Bool, at offset: Int64?
    ) -> (status: IOStatus, bytes: Int) { (.invalidDeviceRequest, 0) }
    package func unlock(_ range: FileRange) -> Bool { false }
    package func setDeletedOnClose(_ isDeleted: Bool) -> IOStatus { .invalidDeviceRequest }
    package var isDeletedOnClose: Bool { false }
    package func rename(to path: String, replaces: Bool) -> IOStatus { .invalidDeviceRequest }
    package func close() { file.close() }
}
