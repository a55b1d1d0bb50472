import CLinux
import CWin32
import Dispatcher
import Signalbox
import Synchronization

/// A request that an `OVERLAPPED` stands for.
///
/// `@unchecked Sendable`: as `IORequest`. The `OVERLAPPED` is the request's until its end is told.
class AnyOverlappedRequest: IORequest, @unchecked Sendable {
    @exclusivity(unchecked) fileprivate(set) final var overlapped: LPOVERLAPPED
    /// The thread that has made the request.
    @exclusivity(unchecked) fileprivate(set) final var threadID = signalbox_thread_id()

    fileprivate init(
        _ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer], message: IOMessage?, _ overlapped: LPOVERLAPPED
    ) {
        self.overlapped = overlapped
        super.init(operation, buffers, message: message)
    }
    fileprivate init(_ operation: Operation, over buffer: UnsafeMutableRawBufferPointer, _ overlapped: LPOVERLAPPED) {
        self.overlapped = overlapped
        super.init(operation, over: buffer)
    }

    /// Whether this `OVERLAPPED` stands for it.
    func isOf(_ overlapped: LPOVERLAPPED) -> Bool { self.overlapped == overlapped }
}

/// A receive or a send over one buffer, of a stream's handle that is bound to a port, with no event: what servers make by
/// the million. When it has ended it is kept, and the handle's next one is made of it.
///
/// `@unchecked Sendable`: as `AnyOverlappedRequest`; `source` is taken away when it ends, which is once.
final class PortTransfer: AnyOverlappedRequest, @unchecked Sendable {
    @exclusivity(unchecked) private var source: SourceObject.Box?
    @exclusivity(unchecked) private var object = ObjectName.none

    static func make(
        isSend: Bool, over buffer: UnsafeMutableRawBufferPointer, _ overlapped: LPOVERLAPPED,
        _ source: SourceObject.Box, _ object: ObjectName
    ) -> PortTransfer {
        // Only transfers are kept as spares.
        var spare = source.takeSpare().map { unsafeDowncast($0, to: PortTransfer.self) }
        let request: PortTransfer
        // Who has told its end may have it still.
        if spare != nil, isKnownUniquelyReferenced(&spare), let spare {
            spare.renew(isSend ? .send : .receive, over: buffer)
            spare.overlapped = overlapped
            spare.threadID = signalbox_thread_id()
            request = spare
        } else {
            request = PortTransfer(isSend ? .send : .receive, over: buffer, overlapped)
        }
        request.source = source
        request.object = object
        Arena.local.resetSource(object)
        overlapped.pointee.InternalHigh = 0
        OverlappedStatus(overlapped).store(.pending)
        return request
    }

    override var isToldByPort: Bool { true }

    override func complete(_ status: IOStatus, bytes: Int) {
        guard let source = source.take() else { preconditionFailure("a request has ended twice") }
        PortTransfer.tell(source, object, overlapped, status, bytes, atOnce: false)
        source.keepSpare(self)
    }

    /// It has failed at once: nobody is told but the caller.
    func refuse(_ status: IOStatus) {
        source = nil
        OverlappedStatus(overlapped).store(status)
    }

    /// Tells the end of such a transfer, whether it was ever pending or not.
    @inline(__always) static func tell(
        _ source: SourceObject.Box, _ object: ObjectName, _ overlapped: LPOVERLAPPED, _ status: IOStatus,
        _ bytes: Int, atOnce: Bool
    ) {
        let skips = source.skips.load(ordering: .relaxed)
        let address = UInt(bitPattern: overlapped)
        overlapped.pointee.InternalHigh = ULONG_PTR(bytes)
        // From here on the memory may be the caller's again.
        OverlappedStatus(overlapped).store(status)
        if skips & UInt8(FILE_SKIP_SET_EVENT_ON_HANDLE) == 0 { Arena.local.signalSource(object) }
        source.tellWaiters(for: address)
        if atOnce && status.isSuccess && skips & UInt8(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0 { return }
        guard let (port, key) = source.binding else { return }
        // A port that is closed takes no packets, and nobody waits for this one.
        try? Arena.local.post(
            port, Packet(key: key, overlapped: UInt64(address), bytes: UInt64(bytes), status: status.rawValue))
    }
}

/// Any other request that an `OVERLAPPED` stands for: its end is written there, and told to the event in it, the socket's
/// object and the socket's port; or to its completion routine alone.
///
/// `@unchecked Sendable`: all fields are constants.
final class OverlappedRequest: AnyOverlappedRequest, @unchecked Sendable {
    /// What is done with the results before anybody is told of them.
    typealias BeforeEnd = @Sendable (OverlappedRequest, IOStatus) -> Void

    private let source: ObjectName
    private let event: ObjectName
    private let target: SourceObject.Binding?
    /// Of a pool: the callback that was announced for it.
    private let announced: UInt64?
    private enum Routine {
        case winsock(LPWSAOVERLAPPED_COMPLETION_ROUTINE)
        case file(LPOVERLAPPED_COMPLETION_ROUTINE)
    }
    private let routine: (routine: Routine, thread: ObjectName)?
    private let beforeEnd: BeforeEnd?
    private let ended = Atomic(false)
    /// Whether its handle is bound to a port, or a pool, which has it outlive its thread.
    let isBoundToPort: Bool

    /// - Throws: `HandleError.invalid` if the `OVERLAPPED` names an event that is none.
    init(
        _ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer], message: IOMessage? = nil,
        _ overlapped: LPOVERLAPPED, source: ObjectName, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE? = nil,
        fileRoutine: LPOVERLAPPED_COMPLETION_ROUTINE? = nil, beforeEnd: BeforeEnd? = nil
    ) throws(HandleError) {
        if let routine = routine.map(Routine.winsock) ?? fileRoutine.map(Routine.file) {
            // The event is the program's own then, and no packet is posted.
            guard let thread = try? Threads.ownOrNew(), Arena.local.retain(thread) else { throw .tooMany }
            self.routine = (routine, thread)
            (event, target, announced, isBoundToPort) = (.none, nil, nil, false)
        } else {
            let eventHandle = value(overlapped.pointee.hEvent)
            event = eventHandle & ~3 == 0 ? .none : try HandleTable.name(eventHandle, .modify)
            // A reference of its own, so that a handle closed meanwhile does no harm.
            guard event == .none || Arena.local.kind(of: event) == .event && Arena.local.retain(event) else {
                throw .invalid
            }
            // Bit 0 of the event says that no packet is wanted.
            let binding = SourceObject.binding(of: source)
            target = eventHandle & 1 == 0 ? binding : nil
            isBoundToPort = binding != nil
            announced = if case .pool(let pool) = target { pool.takeAnnounced() } else { nil }
            self.routine = nil
        }
        self.source = source
        self.beforeEnd = beforeEnd
        super.init(operation, buffers, message: message, overlapped)
        if event != .none {
            Arena.local.noteRequests(event)
            ReuseLocks.of(event).withLock { _ in try? Arena.local.resetEvent(event) }
        } else if isBoundToPort {
            Arena.local.resetSource(source)
        } else if self.routine == nil {
            ReuseLocks.of(source).withLock { _ in Arena.local.resetSource(source) }
        }
        overlapped.pointee.InternalHigh = 0
        store(.pending)
    }

    deinit {
        if event != .none { Arena.local.release(event) }
        if let routine { Arena.local.release(routine.thread) }
    }

    override var isToldByPort: Bool { if case .port = target { event == .none } else { false } }
    override var mayInterrupt: Bool { true }

    override func complete(_ status: IOStatus, bytes: Int) { complete(status, bytes: bytes, atOnce: false) }

    /// Whether it has ended: then nothing is cancelled any more.
    var hasEnded: Bool { ended.load(ordering: .acquiring) }

    /// The request has ended, at once, so that the call that made it says so, or later.
    func complete(_ status: IOStatus, bytes: Int, atOnce: Bool) {
        ended.store(true, ordering: .releasing)
        if !atOnce { PendingRequests.remove(self) }
        beforeEnd?(self, status)
        let skips = SourceObject.skips(of: source)
        // A packet lets its receiver reuse the memory, and so does a status other than pending: nothing is written
        // after.
        let address = UInt64(UInt(bitPattern: overlapped))
        overlapped.pointee.InternalHigh = ULONG_PTR(bytes)
        if let routine {
            store(status)
            let call: APCRoutine
            let function: Int
            var failure: Int32 = 0
            switch routine.routine {
            case .winsock(let routine):
                (call, function) = (OverlappedRequest.callWinsock, unsafeBitCast(routine, to: Int.self))
                if !status.isSuccess { failure = winsockCode(status) }
            case .file(let routine):
                (call, function) = (OverlappedRequest.callFile, unsafeBitCast(routine, to: Int.self))
                if !status.isSuccess { failure = code(status) }
            }
            // A thread that has ended runs nothing any more.
            try? Threads.queueAPC(
                to: routine.thread, call, UInt64(UInt(bitPattern: function)), address,
                UInt64(UInt32(bitPattern: failure)) << 32 | UInt64(UInt32(truncatingIfNeeded: bytes)))
            return
        }
        if event != .none {
            ReuseLocks.of(event).withLock { _ in
                store(status)
                try? Arena.local.setEvent(event)
            }
        } else {
            let signals = skips & UInt8(FILE_SKIP_SET_EVENT_ON_HANDLE) == 0
            if isBoundToPort {
                store(status)
                if signals { Arena.local.signalSource(source) }
            } else {
                ReuseLocks.of(source).withLock { _ in
                    store(status)
                    if signals { Arena.local.signalSource(source) }
                }
            }
            SourceObject.tellWaiters(for: UInt(address), of: source)
        }
        // "…returns success immediately without returning ERROR_PENDING" (SetFileCompletionNotificationModes).
        if atOnce && status.isSuccess && skips & UInt8(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0 {
            return giveBackCallback()
        }
        switch target {
        case .port(let port, let key):
            // A port that is closed takes no packets, and nobody waits for this one.
            try? Arena.local.post(
                port, Packet(key: key, overlapped: address, bytes: UInt64(bytes), status: status.rawValue))
        case .pool(let pool):
            pool.requestEnded(
                announced, CallbackResult(code: status.rawValue, bytes: UInt(bytes), address: UInt(address)))
        case nil: break
        }
    }

    /// As `complete` does it at once with success, for a request that was never pending, and needs no object.
    @inline(__always) static func noteEnd(
        _ overlapped: LPOVERLAPPED, bytes: DWORD, _ event: ObjectName, source: ObjectName, _ box: SourceObject.Box,
        wantsPacket: Bool
    ) {
        let (skips, binding) = (box.skips.load(ordering: .relaxed), box.binding)
        let status = OverlappedStatus(overlapped)
        let address = UInt64(UInt(bitPattern: overlapped))
        overlapped.pointee.InternalHigh = ULONG_PTR(bytes)
        if event != .none {
            // A request before it that used the event has set it already, or would set it after this one.
            ReuseLocks.of(event).withLock { _ in
                status.store(.success)
                try? Arena.local.setEvent(event)
            }
        } else {
            let signals = skips & UInt8(FILE_SKIP_SET_EVENT_ON_HANDLE) == 0
            if binding != nil {
                status.store(.success)
                if signals { Arena.local.signalSourceIfReset(source) }
            } else {
                ReuseLocks.of(source).withLock { _ in
                    status.store(.success)
                    if signals { Arena.local.signalSourceIfReset(source) }
                }
            }
            box.tellWaiters(for: UInt(address))
        }
        guard wantsPacket, let binding, skips & UInt8(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) == 0 else { return }
        try? Arena.local.post(
            binding.port,
            Packet(key: binding.key, overlapped: address, bytes: UInt64(bytes), status: IOStatus.success.rawValue))
    }

    /// Calls a completion routine: its address, the `OVERLAPPED`'s, and the error and the bytes in one word.
    private static let callFile: APCRoutine = { routine, overlapped, result in
        let routine = unsafeBitCast(UInt(routine), to: LPOVERLAPPED_COMPLETION_ROUTINE.self)
        routine(DWORD(result >> 32), DWORD(truncatingIfNeeded: result), LPOVERLAPPED(bitPattern: UInt(overlapped)))
    }
    private static let callWinsock: APCRoutine = { routine, overlapped, result in
        let routine = unsafeBitCast(UInt(routine), to: LPWSAOVERLAPPED_COMPLETION_ROUTINE.self)
        routine(
            DWORD(result >> 32), DWORD(truncatingIfNeeded: result), LPWSAOVERLAPPED(bitPattern: UInt(overlapped)), 0)
    }

    /// The request has failed at once: nobody is told but the caller.
    func refuse(_ status: IOStatus) {
        store(status)
        giveBackCallback()
    }

    /// No callback comes of it: CancelThreadpoolIo will say so.
    private func giveBackCallback() {
        if case .pool(let pool) = target { pool.giveBack(announced) }
    }

    private func store(_ status: IOStatus) { OverlappedStatus(overlapped).store(status) }
}

/// Has a request that uses an event, or a file's object, again reset it only when the request before has set it. On Windows
/// a thread cannot see its request's status and use the event for the next before the event is set, for both are done in
/// one APC of that thread. Requests whose packets go to a port do without: nobody waits for the object of theirs.
private enum ReuseLocks {
    private static let locks = (0..<64).map { _ in Lock() }
    final class Lock: Sendable {
        private let guarded = Guarded(())
        @inline(__always) func withLock(_ body: (inout Void) -> Void) { guarded.withLock { body(&$0) } }
    }
    static func of(_ object: ObjectName) -> Lock { locks[Int(truncatingIfNeeded: object.bits) & 63] }
}

/// `OVERLAPPED.Internal`, which one thread polls (HasOverlappedIoCompleted) while another writes it.
struct OverlappedStatus {
    private let word: UnsafeMutablePointer<Atomic<UInt64>>

    init(_ overlapped: LPOVERLAPPED) {
        word = UnsafeMutableRawPointer(overlapped).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    func store(_ status: IOStatus) { word.pointee.store(UInt64(status.rawValue), ordering: .releasing) }
    func load() -> IOStatus { IOStatus(rawValue: UInt32(truncatingIfNeeded: word.pointee.load(ordering: .acquiring))) }
}

/// A request whose caller waits for it on the spot.
///
/// `@unchecked Sendable`: a constant, and a result under its own lock.
final class BlockingRequest: IORequest, @unchecked Sendable {
    private let done: ObjectName
    private let result = Guarded<(IOStatus, Int)?>(nil)

    override init(_ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer], message: IOMessage? = nil) {
        done = (try? Arena.prepared().makeObject(.event, manualReset: true)) ?? .none
        super.init(operation, buffers, message: message)
    }

    deinit { if done != .none { Arena.local.release(done) } }

    override func complete(_ status: IOStatus, bytes: Int) {
        result.withLock { $0 = (status, bytes) }
        try? Arena.local.setEvent(done)
    }

    /// Starts the request and blocks until it has ended; at the deadline it is cancelled.
    func perform(on socket: any DriverSocket, until deadline: UInt64 = Deadline.never) -> (status: IOStatus, bytes: Int)
    {
        guard done != .none else { return (.insufficientResources, 0) }
        if let ended = socket.start(self) { return ended }
        let verdict = outside { try? Arena.local.block(on: done, until: deadline) }
        if verdict == .timedOut {
            socket.cancel(self)
            _ = outside { try? Arena.local.block(on: done, until: Deadline.never) }
            let (status, bytes) = result.withLock { $0 } ?? (.unexpected, 0)
            return status == .cancelled ? (.timedOut, bytes) : (status, bytes)
        }
        return result.withLock { $0 } ?? (.unexpected, 0)
    }
}
