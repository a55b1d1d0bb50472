import CLinux
public import CWin32
import Dispatcher
import Signalbox
import Synchronization

/// Requests that are pending, by the thread that has made them: what its end cancels.
///
/// Bound to a port are none of them: those outlive their thread. Source: CancelIo's page, and CreateIoCompletionPort's.
enum PendingRequests {
    private struct Entry {
        let request: OverlappedRequest
        let object: ObjectName
    }
    private final class Shard: Sendable {
        let threads = Guarded<[UInt32: [ObjectIdentifier: Entry]]>([:])
    }
    private static let shards = (0..<16).map { _ in Shard() }

    /// Has threads' ends told of from here on.
    static let isHooked: Void = {
        _ = ThreadEnds.isUsed
        let call: @convention(c) (UInt32) -> Void = { id in
            PendingRequests.threadEnds(id)
            SynchronousRequest.threadEnds(id)
        }
        Dispatcher.Threads.requestsEndCall.store(unsafeBitCast(call, to: UInt.self), ordering: .releasing)
        isUsed.store(true, ordering: .releasing)
    }()
    private static let isUsed = Atomic(false)

    /// The request is pending, or has ended since.
    static func add(_ request: OverlappedRequest, of object: ObjectName) {
        if request.isBoundToPort { return }
        _ = isHooked
        Dispatcher.Threads.atEnd()
        shards[Int(request.threadID % 16)].threads.withLock { threads in
            // Its end is marked before it is taken out.
            if request.hasEnded { return }
            threads[request.threadID, default: [:]][ObjectIdentifier(request)] = Entry(request: request, object: object)
        }
    }

    /// The request, which was pending, has ended; `hasEnded` says so already.
    static func remove(_ request: OverlappedRequest) {
        if request.isBoundToPort { return }
        shards[Int(request.threadID % 16)].threads.withLock { threads in
            guard threads[request.threadID]?.removeValue(forKey: ObjectIdentifier(request)) != nil else { return }
            if threads[request.threadID]?.isEmpty ?? false { threads[request.threadID] = nil }
        }
    }

    /// Cancels what the calling thread has pending, at its end.
    static func threadEnds() {
        guard isUsed.load(ordering: .acquiring) else { return }
        enter()
        defer { leave() }
        threadEnds(signalbox_thread_id())
    }

    private static func threadEnds(_ id: UInt32) {
        let entries = shards[Int(id % 16)].threads.withLock { $0.removeValue(forKey: id) } ?? [:]
        // Bound to a port meanwhile, a handle's requests stay.
        for entry in entries.values where !entry.request.hasEnded && SourceObject.binding(of: entry.object) == nil {
            _ = SourceObject.cancel(of: entry.object, where: { $0 === entry.request })
        }
    }
}

/// A request whose caller waits for it on the spot, and which another thread may cancel (CancelSynchronousIo).
///
/// `@unchecked Sendable`: a constant, and a result under its own lock.
final class SynchronousRequest: IORequest, @unchecked Sendable {
    private let done: ObjectName
    private let result = Guarded<(IOStatus, Int)?>(nil)

    /// What each thread waits for: by its id, its request and how to cancel it.
    private static let current = Guarded<[UInt32: (SynchronousRequest, any DriverFile)]>([:])

    private init(_ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer], done: ObjectName) {
        self.done = done
        super.init(operation, buffers)
    }

    deinit { Arena.local.release(done) }

    override func complete(_ status: IOStatus, bytes: Int) {
        result.withLock { $0 = (status, bytes) }
        try? Arena.local.setEvent(done)
    }

    /// Starts the request and blocks until it has ended.
    static func perform(
        _ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer], on file: any DriverFile,
        _ transfer: FileTransfer
    ) -> (status: IOStatus, bytes: Int) {
        var begun = 0
        switch file.attempt(transfer, buffers, mayWait: false) {
        case .done(let bytes, let status): return (status, bytes)
        case .failed(let status): return (status, 0)
        case .wouldBlock(let bytes): begun = bytes
        case .isBehindOthers: break
        }
        guard let done = try? Arena.prepared().makeObject(.event, manualReset: true) else {
            return (.insufficientResources, 0)
        }
        PendingRequests.isHooked
        Dispatcher.Threads.atEnd()
        let request = SynchronousRequest(operation, buffers, done: done)
        let id = signalbox_thread_id()
        current.withLock { $0[id] = (request, file) }
        defer { current.withLock { $0[id] = nil } }
        if let ended = file.start(request, transfer, done: begun) { return ended }
        _ = try? Arena.local.block(on: done, until: Deadline.never)
        return request.result.withLock { $0 } ?? (.unexpected, 0)
    }

    /// Of a thread that was terminated in the wait: its stack stays until the request has ended.
    static func threadEnds(_ id: UInt32) {
        guard let (request, file) = current.withLock({ $0.removeValue(forKey: id) }) else { return }
        _ = file.cancel { $0 === request }
        while request.result.withLock({ $0 == nil }) {
            _ = try? Arena.local.block(on: request.done, until: Deadline.after(nanoseconds: 1_000_000_000))
        }
    }

    /// Cancels what the thread waits for. False: nothing.
    static func cancel(ofThread id: UInt32) -> Bool {
        guard let (request, file) = current.withLock({ $0[id] }) else { return false }
        return file.cancel { $0 === request } > 0
    }
}

@c(CancelSynchronousIo) @implementation public func __CancelSynchronousIo(_ thread: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    var id: UInt32?
    if value(thread) == Pseudo.thread {
        id = signalbox_thread_id()
    } else {
        let object = HandleTable.find(value(thread), [])
        guard object != .none, Arena.local.kind(of: object) == .thread else { return failure(ERROR_INVALID_HANDLE) }
        id = Threads.id(object)
    }
    guard let id, SynchronousRequest.cancel(ofThread: id) else { return failure(ERROR_NOT_FOUND) }
    return 1
}
