import Dispatcher
import Glibc

/// One overlapped request: what is to be done, and who is told when it has ended.
///
/// `@unchecked Sendable`: what is here changes only while nobody but its maker knows of the request, and the memory of the
/// buffers is the driver's alone from the request's start to its completion. Subclasses keep to that: what they add is written before the start, or in
/// `complete`.
open class IORequest: @unchecked Sendable {
    /// What is to be done with the buffers.
    public enum Operation: Sendable {
        /// Receive into the buffers what is there.
        case receive
        /// Complete only when everything is sent.
        case send
        /// Accept a connection into this socket, and then receive into the buffers, if they are not empty.
        case accept(any DriverSocket)
        /// Connect to the address of the message, and then send the buffers, if they are not empty.
        case connect
    }

    /// What is to be done.
    @exclusivity(unchecked) public private(set) final var operation: Operation
    /// Which of them, without what it carries.
    package enum Kind { case receive, send, accept, connect }
    @exclusivity(unchecked) package private(set) final var kind: Kind
    /// The first buffer; most requests have one, and need no array.
    @exclusivity(unchecked) package private(set) final var first: UnsafeMutableRawBufferPointer
    private final let others: [UnsafeMutableRawBufferPointer]
    private final let count: Int
    /// What there is besides bytes: flags, an address, ancillary data. nil: nothing.
    public let message: IOMessage?

    /// Whether its end is told by a packet to a completion port, and by nothing else.
    open var isToldByPort: Bool { false }

    /// Whether system calls in which the thread sleeps that makes the request may be interrupted while it is pending (EINTR).
    open var mayInterrupt: Bool { false }

    /// Makes a request over buffers, which must stay until it has ended.
    public init(
        _ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer], message: IOMessage? = nil
    ) {
        self.operation = operation
        kind = IORequest.kind(of: operation)
        first = buffers.first ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)
        count = buffers.count
        others = buffers.count > 1 ? Array(buffers.dropFirst()) : []
        self.message = message
    }

    /// Makes a request over one buffer, which must stay until it has ended.
    package init(_ operation: Operation, over buffer: UnsafeMutableRawBufferPointer) {
        self.operation = operation
        kind = IORequest.kind(of: operation)
        first = buffer
        count = 1
        others = []
        message = nil
    }

    /// Makes a request that has ended, and of which nobody else knows any more, one over another buffer. It was made over
    /// one.
    package func renew(_ operation: Operation, over buffer: UnsafeMutableRawBufferPointer) {
        self.operation = operation
        kind = IORequest.kind(of: operation)
        first = buffer
    }

    private static func kind(of operation: Operation) -> Kind {
        switch operation {
        case .receive: .receive
        case .send: .send
        case .accept: .accept
        case .connect: .connect
        }
    }
    /// Whether it takes what comes: a receive or an accept.
    package final var isIncoming: Bool { kind == .receive || kind == .accept }

    /// The caller's memory: its own again when the request completes.
    public var buffers: [UnsafeMutableRawBufferPointer] { count == 0 ? [] : [first] + others }
    /// How many buffers there are.
    package final var bufferCount: Int { count }
    /// Whether it moves the bytes of one buffer, and nothing else.
    package final var isPlain: Bool { count == 1 && message == nil }
    /// Bytes in all buffers.
    package final var length: Int { others.reduce(first.count) { $0 + $1.count } }

    /// The request, which was pending, has ended: called once, under no lock, on any thread. The driver does not touch
    /// the buffers any more.
    open func complete(_ status: IOStatus, bytes: Int) {
        preconditionFailure("a request must say who is told of its end")
    }
}

/// A socket as its driver has it.
public protocol DriverSocket: AnyObject, Sendable {
    /// The descriptor, for what needs no driver: bind(2), setsockopt(2) and their like. -1 when there is none.
    var descriptor: Int32 { get }
    /// Starts a request, of which `done` bytes are sent already.
    ///
    /// - Returns: how it ended, if it did at once; nil if it is pending, and will end through
    ///   ``IORequest/complete(_:bytes:)`` (maybe before this has returned).
    func start(_ request: IORequest, from done: Int) -> (status: IOStatus, bytes: Int)?
    /// Asks a request to end early: it completes with `.cancelled`, or as it would have.
    func cancel(_ request: IORequest)
    /// As ``cancel(_:)`` for all receives and accepts that are pending.
    func cancelReceives()
    /// As ``cancel(_:)`` for all that are meant; returns how many there are.
    func cancel(where isMeant: (IORequest) -> Bool) -> Int
    /// Does as much of a receive, send, accept or connect as can be done without waiting, from the byte `start` of its
    /// buffers on.
    func attempt(_ request: IORequest, from start: Int) -> IOAttempt
    /// Receives into the buffer what is there, or sends what there is room for, as a request over that buffer would.
    ///
    /// - Returns: bytes; what of a send is left over is for a request. -1 if it would have to wait, or has failed, which a
    ///   request tells; -2 if the socket is not a plain connection, or somebody is told of what it is ready for. Nothing
    ///   has been done then.
    func transferNow(isSend: Bool, _ buffer: UnsafeMutableRawBufferPointer) -> Int
    /// What belongs to the socket rather than to its descriptor.
    var settings: SocketSettings { get }
    /// Keeps the descriptor from being closed, and so its number from being reused, until `letGo`; -1: it is closed.
    func hold() -> Int32
    /// Undoes one `hold`.
    func letGo()
    /// What the socket is ready for now.
    func readiness() -> SocketReadiness
    /// Has ``SocketSettings/readinessMayHaveChanged(of:)`` called whenever it may have, until the socket is closed.
    func watch() throws(IOError)
    /// Puts a new socket that is not connected in place of this one's.
    func renew() throws(IOError)
    /// Takes over a descriptor in place of its own, which has come that far. A socket that is closed closes it, and
    /// returns false.
    func adopt(_ descriptor: Int32, as phase: SocketSettings.Phase) -> Bool
    /// Ends all requests and closes the descriptor. Idempotent.
    func close()
}

extension DriverSocket {
    /// Starts a request.
    public func start(_ request: IORequest) -> (status: IOStatus, bytes: Int)? { start(request, from: 0) }
    /// A copy of the descriptor, which the caller closes; -1, with errno set: it is closed, or cannot be copied.
    package func copyDescriptor() -> Int32 {
        let held = hold()
        guard held >= 0 else { return fcntl(-1, F_DUPFD_CLOEXEC, 3) }  // EBADF
        defer { letGo() }
        return fcntl(held, F_DUPFD_CLOEXEC, 3)
    }
    /// Takes over a connection.
    public func adopt(_ descriptor: Int32) -> Bool { adopt(descriptor, as: .connected) }
}

/// How far a request came without waiting.
public enum IOAttempt: Sendable {
    /// It is done: that many bytes.
    case done(Int, IOStatus = .success)
    /// It failed.
    case failed(IOStatus)
    /// That many bytes are done, and for the next it would have to wait.
    case wouldBlock(Int)
    /// Requests that came before it are pending.
    case isBehindOthers
}

/// Makes sockets.
public protocol SocketDriver: AnyObject, Sendable {
    /// - Throws: `IOError`.
    func makeSocket(family: Int32, type: Int32, protocol: Int32) throws(IOError) -> any DriverSocket
    /// A socket without a descriptor, for an accept to fill.
    func makeEmptySocket() throws(IOError) -> any DriverSocket
    /// As above, of the kind of the listener whose settings these are.
    func makeEmptySocket(like listener: SocketSettings) throws(IOError) -> any DriverSocket
}

/// Tells a service manager how the service is. Each call may be made on any thread, and waits for nothing. False means that
/// the manager could not be told; where there is none a call does nothing, and is true.
public protocol ServiceManager: AnyObject, Sendable {
    /// Whether there is a manager that listens.
    var isManaged: Bool { get }
    /// The service is ready; `status` is a line about it.
    func ready(_ status: String?) -> Bool
    /// A line about the service.
    func status(_ status: String) -> Bool
    /// The service has begun to read its configuration again; ``ready(_:)`` ends that.
    func reloading(_ status: String?) -> Bool
    /// The service has begun to stop.
    func stopping(_ status: String?) -> Bool
    /// The start or stop that is going on may take that long from now, however long the unit says.
    func extendTimeout(by duration: Duration) -> Bool
    /// The service has failed, for the reason that the errno and the line tell. To be told before the process ends.
    func failed(_ code: Int32, _ status: String?) -> Bool
    /// The service's main process is this one from here on.
    func mainProcess(_ process: Int32) -> Bool
    /// Blocks until the manager has read what it was told, for that long at most. False: it has not. To be called before
    /// the process ends: what a process said that is gone may be ignored.
    func flush(within duration: Duration) -> Bool
    /// Has the manager keep a copy of the descriptor, and returns when it has it. `isWatched`: until its other side ends.
    func store(_ descriptor: Int32, as name: String, isWatched: Bool) async throws(DescriptorStoreError)
    /// Has the manager drop what it keeps under the name.
    func removeStored(_ name: String) async throws(DescriptorStoreError)
}

extension ServiceManager {
    /// The service has begun to stop.
    public func stopping() { _ = stopping("stopping") }
}

/// What plugins have registered; the facade and the actors ask here, and know no driver.
package final class DriverRegistry: Sendable {
    package static let shared = DriverRegistry()

    private struct State {
        /// The last that was registered serves; those before it come back when it is gone.
        var sockets: [any SocketDriver] = []
        var files: [any FileDriver] = []
        var pipes: [any PipeDriver] = []
        /// Of hosts whose plugins answer for names.
        var names: [ObjectRegistry] = []
        var serviceManagers: [any ServiceManager] = []
        var onDemand: (@Sendable () -> Void)?
    }
    private let state = Guarded(State())

    package func register(_ driver: any SocketDriver) { state.withLock { $0.sockets.append(driver) } }
    package func register(names: ObjectRegistry) {
        state.withLock { state in
            if !state.names.contains(where: { $0 === names }) { state.names.append(names) }
        }
    }
    package func unregister(names: ObjectRegistry) { state.withLock { $0.names.removeAll { $0 === names } } }

    /// The registry of a running host in which a plugin answers for the name; nil: there is none.
    package func names(answeringFor name: String) -> ObjectRegistry? {
        state.withLock { $0.names }.last { $0.answers(for: name) }
    }

    package func register(files driver: any FileDriver) { state.withLock { $0.files.append(driver) } }
    package func unregister(files driver: any FileDriver) {
        state.withLock { $0.files.removeAll { $0 === driver } }
    }
    package func register(pipes driver: any PipeDriver) { state.withLock { $0.pipes.append(driver) } }
    package func unregister(pipes driver: any PipeDriver) {
        state.withLock { $0.pipes.removeAll { $0 === driver } }
    }
    package func register(_ manager: any ServiceManager) { state.withLock { $0.serviceManagers.append(manager) } }
    package func unregister(_ manager: any ServiceManager) {
        state.withLock { $0.serviceManagers.removeAll { $0 === manager } }
    }
    package func unregister(_ driver: any SocketDriver) {
        state.withLock { $0.sockets.removeAll { $0 === driver } }
    }

    /// What starts a host when a driver is first asked for and none is there: a composition root's.
    package func setOnDemand(_ start: @escaping @Sendable () -> Void) { state.withLock { $0.onDemand = start } }

    package func startOnDemand() { state.withLock { $0.onDemand }?() }

    /// The service manager's plugin, if one runs already.
    package func runningServiceManager() -> (any ServiceManager)? { state.withLock { $0.serviceManagers.last } }

    /// The service manager's plugin; nil if there is none.
    package func serviceManager() -> (any ServiceManager)? {
        if let manager = runningServiceManager() { return manager }
        startOnDemand()
        return runningServiceManager()
    }

    package func files() throws(IOError) -> any FileDriver {
        if let driver = state.withLock({ $0.files.last }) { return driver }
        startOnDemand()
        if let driver = state.withLock({ $0.files.last }) { return driver }
        throw IOError(
            .notSupported, "no plugin provides files: start a Host with OverlappedIO() first; opening a file")
    }

    package func pipes() throws(IOError) -> any PipeDriver {
        if let driver = state.withLock({ $0.pipes.last }) { return driver }
        startOnDemand()
        if let driver = state.withLock({ $0.pipes.last }) { return driver }
        throw IOError(
            .notSupported, "no plugin provides pipes: start a Host with NamedPipes() first; making or opening a pipe")
    }

    package func sockets() throws(IOError) -> any SocketDriver {
        if let driver = state.withLock({ $0.sockets.last }) { return driver }
        startOnDemand()
        if let driver = state.withLock({ $0.sockets.last }) { return driver }
        throw IOError(
            .notSupported, "no plugin provides sockets: start a Host with OverlappedIO() first; making a socket")
    }
}
