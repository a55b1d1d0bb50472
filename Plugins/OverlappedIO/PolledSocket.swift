import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// A socket: two queues of requests, incoming (receives, accepts) and outgoing (connects, sends). A request is tried at
/// once, if none is before it; else, and when it would have to wait, it stands in its queue, and the poller tells when to
/// try again. So requests of one direction are served in the order they were made, no buffer is ever the kernel's, and
/// to cancel a request is to take it out of its queue.
///
/// A request is told of its end under no lock. Meanwhile `isTelling` keeps those behind it from being served by others.
///
/// The descriptor has no O_NONBLOCK, but for a listener's, and for the moment of a connect: each call says MSG_DONTWAIT.
/// Whether calls may wait is the business of `settings`.
///
/// Lock order: `settings.events`, then `state`; a listener's before that of a socket that it accepts; the poller's last.
final class PolledSocket: DriverSocket {
    /// A request in a queue, and how many bytes are done.
    struct Pending {
        let request: IORequest
        var transferred: Int
    }
    struct Queue {
        var requests: [Pending] = []
        /// The one that was first is being told of its end.
        var isTelling = false
        /// Whether a call may do something: it has not said since the last edge that it would have to wait.
        var mayGoOn = true
    }
    struct State {
        var descriptor: Int32
        /// The only incoming request, if it is a receive over one buffer of a connection: then `incoming` has none. Owned.
        var lone: Unmanaged<IORequest>?
        var incoming = Queue()
        var outgoing = Queue()
        var isClosed = false
        /// Another process has the socket as well: it is not shut down.
        var isShared = false
        /// The poller knows the descriptor.
        var isPolled = false
        /// The poller has told of an end, an error or urgent data: a receive that brings less than it could does not mean
        /// any more that there is nothing left.
        var hasEnd = false
        /// It is a listener, whose accept(2) does not wait.
        var acceptsNow = false
        /// Callers that use the descriptor without a request: it is not closed meanwhile.
        var holds = 0
        /// Descriptors whose place was taken, and which somebody may hold.
        var retired: [Int32] = []
        /// What `SocketWatch` knows it by; nil: it is not watched.
        var watched: UInt64?
        /// The accept that is to connect it, and the listener. (A cycle until the accept ends.)
        var accept: (listener: PolledSocket, request: IORequest)?
        /// A listener's accepts that have their connection, and wait for its first bytes.
        var firstBytes: [FirstBytes] = []
        /// The errno that ended the connection. The kernel gives it once, and then pretends a graceful end.
        var failure: Int32 = 0
        /// A datagram that was sent found nobody: to be told to the next receive.
        var wasUnreachable = false

        /// Has a lone receive stand in the queue, like any other.
        mutating func settle() {
            guard let lone else { return }
            incoming.requests = [Pending(request: lone.takeRetainedValue(), transferred: 0)]
            self.lone = nil
        }

        subscript(way: Way) -> Queue {
            @inline(__always) _read { if way == .incoming { yield incoming } else { yield outgoing } }
            @inline(__always) _modify { if way == .incoming { yield &incoming } else { yield &outgoing } }
        }
    }
    enum Way { case incoming, outgoing }
    let state: Guarded<State>
    let poller: SocketPoller
    let watcher: SocketWatch
    let settings: SocketSettings
    /// Of those streams a receive that brings less than it could has taken all there was (epoll(7)). A Unix socket's may
    /// have ended at a descriptor that was sent along.
    let isDrainedByShortReceive: Bool
    let isStream: Bool

    init(_ descriptor: Int32, _ poller: SocketPoller, _ watcher: SocketWatch, _ settings: SocketSettings) {
        state = Guarded(State(descriptor: descriptor))
        self.poller = poller
        self.watcher = watcher
        self.settings = settings
        isStream = settings.type == Int32(SOCK_STREAM.rawValue)
        isDrainedByShortReceive = isStream && (settings.family == AF_INET || settings.family == AF_INET6)
    }

    deinit { close() }

    var descriptor: Int32 { state.withLock { $0.isClosed ? -1 : $0.descriptor } }
    var kernel: Kernel { poller.kernel }
    var isConnected: Bool { settings.phase == .connected }

    func hold() -> Int32 {
        state.withLock { state in
            guard !state.isClosed, state.descriptor >= 0 else { return -1 }
            state.holds += 1
            return state.descriptor
        }
    }

    func letGo() {
        state.withLock { $0.holds -= 1 }
        closeIfIdle()
    }

    // ---- requests

    func start(_ request: IORequest, from done: Int) -> (status: IOStatus, bytes: Int)? {
        if request.kind == .receive && isTriedPlainly(request) && startAlone(request) { return nil }
        guard request.kind == .accept, case .accept(let accepted) = request.operation,
            let accepted = accepted as? PolledSocket
        else { return startNow(request, from: done) }
        guard accepted.beginAccept(request, self) else { return (.invalidParameter, 0) }
        guard let ended = startNow(request, from: 0) else { return nil }
        accepted.endAccept()
        return ended
    }

    /// False: it is connected, or another accept has it.
    func beginAccept(_ request: IORequest, _ listener: PolledSocket) -> Bool {
        state.withLock { state in
            guard !state.isClosed, !isConnected, state.accept == nil else { return false }
            state.accept = (listener, request)
            return true
        }
    }
    func endAccept() { state.withLock { $0.accept = nil } }
    func remove(_ first: FirstBytes) { state.withLock { $0.firstBytes.removeAll { $0 === first } } }

    func isTriedPlainly(_ request: IORequest) -> Bool {
        request.isTriedPlainly(isStream) && settings.phase == .connected
    }

    /// What most receives are: there is nothing to receive, as the socket knows, and no other request.
    func startAlone(_ request: IORequest) -> Bool {
        state.withLock { state in
            guard state.isPolled, !state.incoming.mayGoOn, state.lone == nil, state.incoming.requests.isEmpty,
                !state.incoming.isTelling, !state.isClosed, state.failure == 0
            else { return false }
            if !request.isToldByPort { poller.othersHaveCome() }
            state.lone = Unmanaged.passRetained(request)
            return true
        }
    }

    enum Next {
        case nothing
        case complete(IOStatus, Int)
        /// Failed before it was pending, which its kind is told of as if it had been.
        case fail(IOStatus)
    }

    func startNow(_ request: IORequest, from done: Int) -> (status: IOStatus, bytes: Int)? {
        let next: Next = state.withLock { state in
            startLocked(request, from: done, &state)
        }
        switch next {
        case .nothing: return nil
        case .complete(let status, let bytes): return (status, bytes)
        case .fail(let status):
            request.complete(status, bytes: status.isError ? 0 : request.length)
            return nil
        }
    }

    func startLocked(_ request: IORequest, from done: Int, _ state: inout State) -> Next {
        let way: Way = request.isIncoming ? .incoming : .outgoing
        guard !state.isClosed, state.descriptor >= 0 else {
            // Closed when part of it was sent.
            return .complete(done > 0 ? .connectionAborted : .invalidHandle, 0)
        }
        if state.failure != 0 { return .complete(IOStatus(errno: state.failure), 0) }
        if isTooEarlyLocked(request, state) { return .complete(.invalidConnection, 0) }
        var pending = Pending(request: request, transferred: done)
        if way == .incoming { state.settle() }
        let isFirst = state[way].requests.isEmpty && !state[way].isTelling
        if isFirst && state[way].mayGoOn && request.isTriedAtOnce {
            switch attemptLocked(request, from: done, &state) {
            case .done(let bytes, let status):
                if status == .success { return .complete(.success, bytes) }
                // A message that was too long was received: that is told as an end, not as a refusal.
                return .fail(status)
            case .failed(let status):
                return request.kind == .connect ? .fail(status) : .complete(status, 0)
            case .wouldBlock(let bytes): pending.transferred = bytes
            case .isBehindOthers: break
            }
        }
        if !state.isPolled {
            let code = poller.add(state.descriptor, of: self)
            guard code == 0 else { return .complete(IOStatus(errno: code), 0) }
            state.isPolled = true
        }
        if !request.isToldByPort { poller.othersHaveCome() }
        state[way].requests.append(pending)
        return .nothing
    }

    func attempt(_ request: IORequest, from start: Int) -> IOAttempt {
        state.withLock { state in
            guard !state.isClosed, state.descriptor >= 0 else { return .failed(.invalidHandle) }
            if state.failure != 0 { return .failed(IOStatus(errno: state.failure)) }
            if isTooEarlyLocked(request, state) { return .failed(.invalidConnection) }
            let way: Way = request.isIncoming ? .incoming : .outgoing
            state.settle()
            guard state[way].requests.isEmpty, !state[way].isTelling else {
                return .isBehindOthers
            }
            // Who has slept in poll(2) may know more than the poller has told.
            return attemptLocked(request, from: start, &state)
        }
    }

    func attemptLocked(_ request: IORequest, from start: Int, _ state: inout State) -> IOAttempt {
        let outcome = callLocked(request, from: start, &state)
        if case .wouldBlock = outcome { awaitEdgeLocked(request.isIncoming ? .incoming : .outgoing, &state) }
        return outcome
    }

    func callLocked(_ request: IORequest, from start: Int, _ state: inout State) -> IOAttempt {
        switch request.kind {
        case .accept:
            guard case .accept(let accepted) = request.operation else { return .failed(.invalidParameter) }
            return acceptLocked(into: accepted, &state)
        case .connect: return connectLocked(request, from: start, &state)
        case .receive, .send: break
        }
        if request.isIncoming && state.wasUnreachable {
            state.wasUnreachable = false
            return .failed(.portUnreachable)
        }
        while true {
            switch request.attempt(kernel, state.descriptor, from: start, isStream: isStream) {
            case .done(let bytes, let flags):
                if request.isTriedPlainly(isStream), request.isIncoming {
                    noteReceivedLocked(bytes - start, of: request.first.count - start, &state)
                }
                return .done(bytes, status(ofReceived: flags))
            case .wouldBlock(let bytes): return .wouldBlock(bytes)
            case .failed(ECONNREFUSED) where !isStream && !request.isIncoming:
                // An earlier datagram's, and not this one's.
                state.wasUnreachable = true
                drainErrors(state.descriptor)
            case .failed(let code):
                noteFailureLocked(code, &state)
                return .failed(status(of: code, for: request))
            }
        }
    }

    // ---- what the system says, in Windows' words

    func status(of code: Int32, for request: IORequest) -> IOStatus {
        // Linux says EPIPE also of a stream that never was connected.
        if code == EPIPE && isStream && !isConnected { return .invalidConnection }
        if code == ECONNREFUSED && request.kind == .receive { return .portUnreachable }
        return IOStatus(errno: code)
    }

    func status(ofReceived flags: Int32) -> IOStatus {
        !isStream && flags & Int32(MSG_TRUNC) != 0 ? .bufferOverflow : .success
    }

    /// With IP_RECVERR the kernel also keeps the datagrams that were refused; nobody reads them.
    func drainErrors(_ descriptor: Int32) {
        var byte: UInt8 = 0
        while kernel.recv(descriptor, &byte, 1, Int32(MSG_ERRQUEUE) | Int32(MSG_DONTWAIT)) >= 0 {}
    }

    func noteFailureLocked(_ code: Int32, _ state: inout State) {
        if code == ECONNREFUSED && !isStream { return drainErrors(state.descriptor) }
        // Only a connection's: accept(2) gives a listener the errors of others.
        guard isStream, isConnected, state.failure == 0 else { return }
        guard [ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH].contains(code) else { return }
        state.failure = code
        settings.closeError.store(code, ordering: .relaxed)
    }
}
