import CWin32
import Dispatcher
import Signalbox
import Synchronization

/// A request that an `OVERLAPPED` stands for: its end is written there, and told to the event in it, the socket's
/// object and the socket's port.
///
/// `@unchecked Sendable`: all fields are constants. The `OVERLAPPED` is the request's until its end is told.
final class OverlappedRequest: IORequest, @unchecked Sendable {
    private let overlapped: LPOVERLAPPED
    private let source: ObjectName
    private let event: ObjectName
    private let port: (port: ObjectName, key: UInt64)?
    private let whenAccepted: (@Sendable () -> Void)?

    /// - Throws: `HandleError.invalid` if the `OVERLAPPED` names an event that is none.
    init(
        _ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer], _ overlapped: LPOVERLAPPED,
        source: ObjectName,
        whenAccepted: (@Sendable () -> Void)? = nil
    ) throws(HandleError) {
        let eventHandle = value(overlapped.pointee.hEvent)
        event = eventHandle & ~3 == 0 ? .none : try HandleTable.name(eventHandle, .modify)
        // A reference of its own, so that a handle closed meanwhile does no harm.
        guard event == .none || Arena.local.kind(of: event) == .event && Arena.local.retain(event) else {
            throw .invalid
        }
        self.overlapped = overlapped
        self.source = source
        self.whenAccepted = whenAccepted
        // Bit 0 of the event says that no packet is wanted.
        port = eventHandle & 1 == 0 ? SourceObject.binding(of: source) : nil
        super.init(operation, buffers)
        if event != .none { try? Arena.local.resetEvent(event) } else { Arena.local.resetSource(source) }
        overlapped.pointee.InternalHigh = 0
        store(.pending)
    }

    deinit {
        if event != .none { Arena.local.release(event) }
    }

    /// The request has ended, at once or later.
    override func complete(_ status: IOStatus, bytes: Int) {
        if !status.isError { whenAccepted?() }
        // A packet lets its receiver reuse the memory, and so does a status other than pending: nothing is written
        // after.
        let address = UInt64(UInt(bitPattern: overlapped))
        overlapped.pointee.InternalHigh = ULONG_PTR(bytes)
        store(status)
        if event != .none {
            try? Arena.local.setEvent(event)
        } else {
            Arena.local.signalSource(source)
            SourceObject.tellWaiters(for: UInt(address), of: source)
        }
        guard let port else { return }
        // A port that is closed takes no packets, and nobody waits for this one.
        try? Arena.local.post(
            port.port, Packet(key: port.key, overlapped: address, bytes: UInt64(bytes), status: status.rawValue))
    }

    /// The request has failed at once: nobody is told but the caller.
    func refuse(_ status: IOStatus) { store(status) }

    private func store(_ status: IOStatus) { OverlappedStatus(overlapped).store(status) }
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

    override init(_ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer]) {
        done = (try? Arena.prepared().makeObject(.event, manualReset: true)) ?? .none
        super.init(operation, buffers)
    }

    deinit { if done != .none { Arena.local.release(done) } }

    override func complete(_ status: IOStatus, bytes: Int) {
        result.withLock { $0 = (status, bytes) }
        try? Arena.local.setEvent(done)
    }

    /// Starts the request and blocks until it has ended.
    func perform(on socket: any DriverSocket) -> (status: IOStatus, bytes: Int) {
        guard done != .none else { return (.insufficientResources, 0) }
        if let ended = socket.start(self) { return ended }
        _ = try? Arena.local.block(on: done, until: Deadline.never)
        return result.withLock { $0 } ?? (.unexpected, 0)
    }
}
