import CLinux
import Glibc
import Synchronization

/// A stream socket whose requests are overlapped: they suspend the task, never its thread.
///
/// ```swift
/// let listener = try SocketObject.listen(host: "127.0.0.1", port: 7007)
/// let connection = try await listener.accept()
/// var buffer = PinnedBuffer(capacity: 65536)
/// while try await connection.receive(into: &buffer) > 0 { try await connection.send(buffer) }
/// ```
///
/// Requests of one direction are served in the order they were made; both directions go on side by side. A plugin must
/// provide sockets: start a ``Host`` with `OverlappedIO()` first.
public actor SocketObject {
    nonisolated let socket: any DriverSocket
    private nonisolated let hasStoppedReceiving = Atomic(false)
    /// A transfer that has ended, for the next to be made of; 0: none. Owned.
    private nonisolated let spare = Atomic<UInt>(0)

    init(_ socket: any DriverSocket) { self.socket = socket }

    deinit {
        socket.close()
        let kept = UnsafeRawPointer(bitPattern: spare.load(ordering: .relaxed))
        if let kept { Unmanaged<AwaitedRequest>.fromOpaque(kept).release() }
    }

    /// A socket that listens on the address. Port 0 takes any that is free, see ``localPort``.
    ///
    /// - Parameters:
    ///   - host: an IPv4 address in dotted form, or an IPv6 address.
    ///   - port: 0: one that is free.
    ///   - backlog: connections that the kernel holds for an accept.
    /// - Throws: `IOError`: the address is in use, or none of this machine's.
    public static func listen(host: String = "127.0.0.1", port: UInt16, backlog: Int = 1024) throws -> SocketObject {
        let operation = "listening on \(host):\(port)"
        guard let address = HostAddress(host, port) else {
            throw IOError(.invalidParameter, "\(operation): \"\(host)\" is no IPv4 or IPv6 address; that")
        }
        let socket = try DriverRegistry.shared.sockets().makeSocket(
            family: address.family, type: Int32(SOCK_STREAM.rawValue), protocol: 0)
        var one: Int32 = 1
        setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        if address.family == AF_INET6 { setsockopt(socket.descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, 4) }
        let bound = address.withAddress { bind(socket.descriptor, $0, $1) }
        guard bound == 0, Glibc.listen(socket.descriptor, Int32(clamping: backlog)) == 0 else {
            let code = errno
            socket.close()
            throw IOError(code: code, operation)
        }
        socket.settings.setPhase(.listening)
        return SocketObject(socket)
    }

    /// A socket that is connected to the address.
    ///
    /// - Parameters:
    ///   - host: an IPv4 address in dotted form, or an IPv6 address.
    ///   - port: the peer's.
    /// - Throws: `CancellationError` if the task was cancelled first; `IOError`, as `.connectionRefused`.
    public nonisolated(nonsending) static func connect(host: String, port: UInt16) async throws -> SocketObject {
        let operation = "connecting to \(host):\(port)"
        guard let address = HostAddress(host, port) else {
            throw IOError(.invalidParameter, "\(operation): \"\(host)\" is no IPv4 or IPv6 address; that")
        }
        let made = try DriverRegistry.shared.sockets().makeSocket(
            family: address.family, type: Int32(SOCK_STREAM.rawValue), protocol: 0)
        let socket = SocketObject(made)
        let message = address.withBytes { IOMessage(address: $0) }
        _ = try await socket.perform(.connect, [], operation, message: message)
        return socket
    }

    /// The port that the socket is bound to; nil if it is closed, or has a path instead.
    public nonisolated var localPort: UInt16? { HostAddress.port(of: socket.descriptor) }

    /// The next connection.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first, or ``stopReceiving()`` ended it; `IOError`, among
    ///   others for want of descriptors (`.tooManyOpenFiles`): the connection then waits for the next call.
    public nonisolated(nonsending) func accept() async throws -> SocketObject {
        let accepted = try DriverRegistry.shared.sockets().makeEmptySocket()
        _ = try await perform(.accept(accepted), [], "accepting a connection")
        return SocketObject(accepted)
    }

    /// Waits for bytes, and puts those that are there into the buffer, from its start.
    ///
    /// Cancellation is looked at only if nothing is there: a loop that receives from a busy peer asks for it itself.
    ///
    /// - Returns: their number, at most the buffer's capacity; 0 when the peer has sent its last.
    /// - Throws: `CancellationError` if the task was cancelled first, or ``stopReceiving()`` ended it: no byte was
    ///   taken then; `IOError`, as `.connectionReset`.
    public nonisolated(nonsending) func receive(into buffer: inout PinnedBuffer) async throws -> Int {
        buffer.setCount(0)
        let count = try await transfer(isSend: false, buffer.memory, "receiving")
        buffer.setCount(count)
        return count
    }

    /// Sends everything that the buffer holds.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first: part of it may have been sent; `IOError`.
    public nonisolated(nonsending) func send(_ buffer: borrowing PinnedBuffer) async throws {
        guard buffer.count > 0 else { return }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.memory[..<buffer.count])
        _ = try await transfer(isSend: true, bytes, "sending")
    }

    /// Ends the receives and accepts that are pending, and all that follow, with `CancellationError`. Sends go on.
    public nonisolated func stopReceiving() {
        // In this order: a receive that starts meanwhile is seen by the second, or sees the first.
        hasStoppedReceiving.store(true, ordering: .sequentiallyConsistent)
        socket.cancelReceives()
    }

    /// Receives and discards until the peer has sent its last; also after ``stopReceiving()``. A connection that is
    /// closed with input unread is reset, and what was sent last may be lost with it.
    ///
    /// - Throws: as ``receive(into:)``.
    public nonisolated(nonsending) func discardInput() async throws {
        let buffer = PinnedBuffer(capacity: 65536)
        while try await transfer(isSend: false, buffer.memory, "discarding input", evenIfStopped: true) > 0 {}
    }

    /// Tells the peer that nothing more will be sent. What it sends can be received still.
    public nonisolated func finishSending() { shutdown(socket.descriptor, Int32(SHUT_WR)) }

    /// Sends small messages at once instead of gathering them (TCP_NODELAY).
    public nonisolated func setNoDelay() {
        var one: Int32 = 1
        setsockopt(socket.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    /// Closes the socket: pending requests end with an error. Idempotent; done anyway when the last reference goes.
    public nonisolated func close() { socket.close() }

    // ---- requests

    private nonisolated(nonsending) func perform(
        _ operation: IORequest.Operation, _ buffers: [UnsafeMutableRawBufferPointer], _ what: String,
        message: IOMessage? = nil
    ) async throws -> Int {
        let request = AwaitedRequest(socket, operation, buffers, message: message)
        let isAccept = if case .accept = operation { true } else { false }
        return try await perform(request, from: 0, heedsStop: isAccept, what)
    }

    /// A receive into the memory, or a send of it. What can be done at once is, without a request.
    private nonisolated(nonsending) func transfer(
        isSend: Bool, _ memory: UnsafeMutableRawBufferPointer, _ what: String, evenIfStopped: Bool = false
    ) async throws -> Int {
        // Not even bytes that are there already.
        if !isSend && !evenIfStopped && hasStopped { throw CancellationError() }
        let done = socket.transferNow(isSend: isSend, memory)
        if isSend ? done == memory.count : done >= 0 { return done }
        let request = takeRequest(isSend ? .send : .receive, memory)
        return try await perform(request, from: max(0, done), heedsStop: !isSend && !evenIfStopped, what)
    }

    private nonisolated var hasStopped: Bool { hasStoppedReceiving.load(ordering: .sequentiallyConsistent) }

    @inline(__always) private nonisolated(nonsending) func perform(
        _ request: AwaitedRequest, from done: Int, heedsStop: Bool, _ what: String
    ) async throws -> Int {
        if heedsStop && hasStopped { throw CancellationError() }
        // What withTaskCancellationHandler is made of, without its closures: see `Arena.suspended`.
        let cancellation = signalbox_add_request_cancellation_handler(
            cancelRequest, UInt64(UInt(bitPattern: Unmanaged.passUnretained(request).toOpaque())))
        let end: UInt64 = await withUnsafeContinuation { continuation in
            request.begin(continuation)
            if let (status, bytes) = socket.start(request, from: done) {
                return request.complete(status, bytes: bytes)
            }
            // Cancelled before it had started: the handler found nothing to cancel.
            if Task.isCancelled || heedsStop && hasStopped { socket.cancel(request) }
        }
        signalbox_remove_cancellation_handler(cancellation)
        keepRequest(request)
        let (status, bytes) = (IOStatus(rawValue: UInt32(end >> 32)), Int(end & 0xFFFF_FFFF))
        if status == .success { return bytes }
        if status == .cancelled { throw CancellationError() }
        throw IOError(status, what)
    }

    private nonisolated func takeRequest(
        _ operation: IORequest.Operation, _ memory: UnsafeMutableRawBufferPointer
    ) -> AwaitedRequest {
        let kept = spare.load(ordering: .relaxed) == 0 ? 0 : spare.exchange(0, ordering: .acquiringAndReleasing)
        if let kept = UnsafeRawPointer(bitPattern: kept) {
            var request: AwaitedRequest? = Unmanaged<AwaitedRequest>.fromOpaque(kept).takeRetainedValue()
            // Who has told its end may have it still.
            if isKnownUniquelyReferenced(&request), let request {
                request.renew(operation, over: memory)
                return request
            }
        }
        return AwaitedRequest(socket, operation, over: memory)
    }

    /// Keeps a transfer that has ended for the next to be made of it; one is enough.
    private nonisolated func keepRequest(_ request: AwaitedRequest) {
        guard request.isPlain, spare.load(ordering: .relaxed) == 0 else { return }
        let kept = Unmanaged.passRetained(request)
        let (done, _) = spare.compareExchange(
            expected: 0, desired: UInt(bitPattern: kept.toOpaque()), ordering: .acquiringAndReleasing)
        if !done { kept.release() }
    }
}

/// `@unchecked Sendable`: `continuation` is written before the request is started, and read when it completes.
private final class AwaitedRequest: IORequest, @unchecked Sendable {
    private let socket: any DriverSocket
    @exclusivity(unchecked) private var continuation: UnsafeContinuation<UInt64, Never>?

    init(
        _ socket: any DriverSocket, _ operation: Operation, _ buffers: [UnsafeMutableRawBufferPointer],
        message: IOMessage?
    ) {
        self.socket = socket
        super.init(operation, buffers, message: message)
    }

    init(_ socket: any DriverSocket, _ operation: Operation, over memory: UnsafeMutableRawBufferPointer) {
        self.socket = socket
        super.init(operation, over: memory)
    }

    func begin(_ continuation: UnsafeContinuation<UInt64, Never>) { self.continuation = continuation }

    func cancel() { socket.cancel(self) }

    /// Status in the upper half, bytes in the lower: no request transfers 4 GiB.
    override func complete(_ status: IOStatus, bytes: Int) {
        continuation!.resume(returning: UInt64(status.rawValue) << 32 | UInt64(UInt32(bytes)))
    }
}

/// The request is alive: the task that awaits it removes the handler before it lets the request go.
private func cancelRequest(_ bits: UInt64) {
    let request = Unmanaged<AwaitedRequest>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(bits))!)
    request.takeUnretainedValue().cancel()
}
