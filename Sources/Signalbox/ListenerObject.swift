/// A socket that accepts connections, as a sequence of them.
///
/// ```swift
/// let listener = try ListenerObject(host: "::1", port: 7007)
/// for try await connection in listener.connections {
///     Task { try await serve(connection) }
/// }
/// ```
///
/// A connection is accepted when it is asked for, and not before: those that nobody asks for wait in the kernel, as many
/// as the backlog says, and then clients wait. So who serves few at a time iterates only when there is room for one
/// more. A plugin must provide sockets: start a ``Host`` with `OverlappedIO()` first.
public actor ListenerObject {
    nonisolated let socket: SocketObject

    /// Listens on the address.
    ///
    /// - Parameters:
    ///   - host: an IPv4 address in dotted form, or an IPv6 address; `"::"` takes connections of IPv6 only.
    ///   - port: 0: one that is free, see ``localPort``.
    ///   - backlog: connections that the kernel holds for an accept.
    /// - Throws: `IOError`: the address is in use, or none of this machine's.
    public init(host: String = "127.0.0.1", port: UInt16, backlog: Int = 1024) throws {
        socket = try SocketObject.listen(host: host, port: port, backlog: backlog)
    }

    init(_ socket: SocketObject) { self.socket = socket }

    /// The port that it listens on; nil when it is closed, or has a path instead.
    public nonisolated var localPort: UInt16? { socket.localPort }

    /// The next connection.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first, or ``stop()`` ended it; `IOError`, among others for
    ///   want of descriptors (`.tooManyOpenFiles`): the connection then waits for the next call.
    public nonisolated(nonsending) func accept() async throws -> SocketObject { try await socket.accept() }

    /// Connections, each accepted as it is asked for. Several tasks may iterate: each connection is one task's.
    ///
    /// It ends after ``stop()`` or ``close()``, or when the task that iterates is cancelled. An error of the system's is
    /// thrown, and the sequence can be iterated again.
    public nonisolated var connections: Connections { Connections(listener: self) }

    /// Accepts no more; an accept that is pending ends. What was accepted goes on.
    public nonisolated func stop() { socket.stopReceiving() }

    /// Closes the socket: clients are refused from then on. Idempotent; done anyway when the last reference goes.
    public nonisolated func close() { socket.close() }

    /// See ``ListenerObject/connections``.
    public struct Connections: AsyncSequence, Sendable {
        public typealias Element = SocketObject
        public typealias Failure = any Error
        fileprivate let listener: ListenerObject

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(listener: listener) }

        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let listener: ListenerObject

            /// Waits for the next connection; nil when there will be none.
            public mutating func next() async throws -> SocketObject? { try await next(isolation: #isolation) }

            public mutating func next(isolation actor: isolated (any Actor)?) async throws -> SocketObject? {
                do {
                    return try await listener.accept()
                } catch is CancellationError {
                    return nil
                } catch let error as IOError where error.status == .connectionAborted || error.status == .invalidHandle
                {
                    return nil  // closed
                }
            }
        }
    }
}
