public import Dispatcher

/// A completion port: a queue of packets, posted by programs and by requests that complete.
///
/// Packets come out in the order they went in. Of the threads that wait, the last to come is served first, and at most
/// `concurrency` of them run at a time; a thread that blocks in a wait of ours frees its place. Tasks are served
/// likewise and not counted, for the pool that they run on has a width of its own.
public actor PortObject {
    /// The port's name in the dispatcher.
    public nonisolated let object: ObjectName

    /// What a request or ``post(key:bytes:overlapped:)`` leaves in the port.
    public struct Packet: Equatable, Sendable {
        /// The key under which a socket was bound to the port, or the poster's own.
        public var key: UInt
        /// Bytes transferred, or the poster's own.
        public var bytes: Int
        /// Tells requests apart: the address of the `OVERLAPPED`, or the poster's own.
        public var overlapped: UInt
        /// How the request ended.
        public var status: IOStatus

        public init(key: UInt, bytes: Int = 0, overlapped: UInt = 0, status: IOStatus = .success) {
            self.key = key
            self.bytes = bytes
            self.overlapped = overlapped
            self.status = status
        }
    }

    /// - Parameter concurrency: threads that may run at a time; 0: as many as there are processors.
    public init(concurrency: Int = 0) {
        do {
            object = try Arena.prepared().makePort(limit: PortObject.limit(concurrency))
        } catch {
            fatalError(WaitError.outOfRecords.description)
        }
    }

    deinit {
        Arena.local.closePort(object)
        Arena.local.release(object)
    }

    /// Queues a packet; whoever waits gets it. Never blocks.
    ///
    /// - Throws: `PortError.closed`; `PortError.outOfRecords` when 16 million packets are queued.
    public nonisolated func post(_ packet: Packet) throws(PortError) {
        do throws(DispatcherError) {
            try Arena.local.post(object, Dispatcher.Packet(packet))
        } catch {
            throw error == .outOfRecords ? .outOfRecords : .closed
        }
    }

    /// The next packet, waited for.
    ///
    /// - Returns: nil if `timeout` was over first.
    /// - Throws: `CancellationError` if the task was cancelled first; `PortError.closed`.
    public nonisolated(nonsending) func next(timeout: Duration? = nil) async throws -> Packet? {
        let deadline = timeout.map { Deadline.after($0) } ?? Deadline.never
        do {
            let (packet, wasCancelled) = try await Arena.local.next(object, until: deadline)
            if wasCancelled { throw CancellationError() }
            return packet.map(Packet.init)
        } catch let error as DispatcherError {
            throw error == .outOfRecords ? PortError.outOfRecords : PortError.closed
        }
    }

    /// Closes the port: whoever waits gets `PortError.closed`, and so does who comes later. Queued packets are dropped.
    public nonisolated func close() { Arena.local.closePort(object) }

    package static func limit(_ concurrency: Int) -> UInt32 {
        concurrency > 0 ? UInt32(clamping: concurrency) : UInt32(clamping: processorCount())
    }
}

/// Why a port took or gave no packet.
public enum PortError: Error, Equatable {
    case closed
    case outOfRecords
}

extension PortObject.Packet {
    init(_ packet: Dispatcher.Packet) {
        self.init(
            key: UInt(packet.key), bytes: Int(packet.bytes), overlapped: UInt(packet.overlapped),
            status: IOStatus(rawValue: packet.status))
    }
}

extension Dispatcher.Packet {
    init(_ packet: PortObject.Packet) {
        self.init(
            key: UInt64(packet.key), overlapped: UInt64(packet.overlapped), bytes: UInt64(packet.bytes),
            status: packet.status.rawValue)
    }
}
