public import Dispatcher

/// A completion port: a queue of packets, posted by programs and by requests that complete.
///
/// Packets come out in the order they went in. Of the threads that wait, the last to come is served first, and at most
/// `concurrency` of them run at a time; a thread that blocks in a wait of ours frees its place. Tasks are served
/// likewise and not counted, for the pool that they run on has a width of its own.
public actor PortObject {
    /// The port's name in the dispatcher.
    public nonisolated let object: ObjectName

    /// What a request or ``PortObject/post(_:)`` leaves in the port.
    public struct Packet: Equatable, Sendable {
        /// The key under which a socket was bound to the port, or the poster's own.
        public var key: UInt
        /// Bytes transferred, or the poster's own.
        public var bytes: Int
        /// Tells requests apart: the address of the `OVERLAPPED`, or the poster's own.
        public var overlapped: UInt
        /// How the request ended.
        public var status: IOStatus

        /// Makes a packet to post.
        public init(key: UInt, bytes: Int = 0, overlapped: UInt = 0, status: IOStatus = .success) {
            self.key = key
            self.bytes = bytes
            self.overlapped = overlapped
            self.status = status
        }
    }

    /// - Parameter concurrency: threads that may run at a time; 0: as many as there are processors.
    public init(concurrency: Int = 0) {
        object = Arena.forActor { arena throws(DispatcherError) in
            try arena.makePort(limit: PortObject.limit(concurrency))
        }
        Arena.local.becomeHandle(object)
    }

    fileprivate init(adopting object: ObjectName) { self.object = object }

    // With the last handle and actor the port is closed.
    deinit { Arena.endActor(object) }

    /// Makes a Win32 `HANDLE` to the port; whoever gets it closes it (`CloseHandle`). The port stays open for as long as
    /// there is a handle or an actor.
    ///
    /// - Throws: `HandleError.tooMany` when a million handles are open.
    public nonisolated func makeHandle() throws(HandleError) -> UnsafeMutableRawPointer {
        try Arena.makeHandle(object)
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

    /// The packets, each taken as it comes, shared with whoever else takes some. Ends when the port is closed, or the
    /// task that iterates is cancelled.
    public nonisolated var packets: Packets { Packets(port: self) }

    /// See ``PortObject/packets``.
    public struct Packets: AsyncSequence, Sendable {
        public typealias Element = Packet
        public typealias Failure = Never
        fileprivate let port: PortObject

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(port: port) }

        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let port: PortObject

            /// Waits for the next packet; nil when the port is closed, or the task was cancelled first.
            public mutating func next() async -> Packet? { await next(isolation: #isolation) }

            public mutating func next(isolation actor: isolated (any Actor)?) async -> Packet? {
                do {
                    return try await port.next()
                } catch PortError.outOfRecords {
                    fatalError(WaitError.outOfRecords.description)
                } catch {
                    return nil
                }
            }
        }
    }

    /// Closes the port: whoever waits gets `PortError.closed`, and so does who comes later. Queued packets are dropped.
    public nonisolated func close() { Arena.local.closePort(object) }

    package static func limit(_ concurrency: Int) -> UInt32 {
        concurrency > 0 ? UInt32(clamping: concurrency) : UInt32(clamping: processorCount())
    }
}

extension PortObject {
    /// An actor for the port that a Win32 `HANDLE` names. The handle stays the caller's, and may be closed at once.
    ///
    /// - Throws: `HandleError.invalid` if it names nothing, `.wrongKind` if it names an object of another kind.
    public static func open(handle: UnsafeMutableRawPointer) throws(HandleError) -> PortObject {
        PortObject(adopting: try Arena.retained(handle, .port))
    }
}

/// Why a port took or gave no packet.
public enum PortError: Error, Equatable {
    /// The port is closed.
    case closed
    /// 16 million packets are queued.
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
