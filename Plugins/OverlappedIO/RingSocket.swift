import CUring
import Dispatcher
import Glibc
import Signalbox

/// A socket: two queues of requests, incoming (receives, accepts) and outgoing (sends). The first of each queue is with
/// the ring, the others wait for it, so requests of one direction are served in the order they were made.
final class RingSocket: DriverSocket {
    private struct State {
        var descriptor: Int32
        var incoming: [RingRequest] = []
        var outgoing: [RingRequest] = []
        var isClosed = false
        /// An accept has connected it.
        var isConnected = false
        /// The accept that is to connect it, and the listener. (A cycle until the accept ends.)
        var accept: (listener: RingSocket, request: IORequest)?
        /// A listener's accepts that have their connection, and wait for its first bytes.
        var firstBytes: [FirstBytes] = []
        /// The errno that ended the connection. The kernel gives it once, and then pretends a graceful end.
        var failure: Int32 = 0

        mutating func noteFailure(_ code: Int32) {
            // Only a connection's: accept(2) gives a listener the errors of others.
            guard isConnected, failure == 0 else { return }
            if [ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH].contains(code) { failure = code }
        }
    }
    private let state: Guarded<State>
    private let ring: Ring

    init(_ descriptor: Int32, _ ring: Ring) {
        state = Guarded(State(descriptor: descriptor))
        self.ring = ring
    }

    deinit { close() }

    var descriptor: Int32 { state.withLock { $0.isClosed ? -1 : $0.descriptor } }

    private enum Next {
        case nothing
        case complete(IOStatus, Int)
        case submit(RingRequest)
    }

    func start(_ request: IORequest) -> (status: IOStatus, bytes: Int)? {
        if case .accept(let accepted) = request.operation, let accepted = accepted as? RingSocket {
            guard accepted.beginAccept(request, self) else { return (.invalidParameter, 0) }
        }
        guard let ended = startNow(request) else { return nil }
        if case .accept(let accepted) = request.operation { (accepted as? RingSocket)?.endAccept() }
        return ended
    }

    /// False: it is connected, or another accept has it.
    private func beginAccept(_ request: IORequest, _ listener: RingSocket) -> Bool {
        state.withLock { state in
            guard !state.isClosed, !state.isConnected, state.accept == nil else { return false }
            state.accept = (listener, request)
            return true
        }
    }
    func endAccept() { state.withLock { $0.accept = nil } }
    func add(_ first: FirstBytes) { state.withLock { $0.firstBytes.append(first) } }
    func remove(_ first: FirstBytes) { state.withLock { $0.firstBytes.removeAll { $0 === first } } }

    private func startNow(_ request: IORequest) -> (status: IOStatus, bytes: Int)? {
        let next: Next = state.withLock { state in
            guard !state.isClosed, state.descriptor >= 0 else { return .complete(.invalidHandle, 0) }
            if state.failure != 0 { return .complete(IOStatus(errno: state.failure), 0) }
            let queue = request.isIncoming ? \State.incoming : \State.outgoing
            var sent = 0
            if state[keyPath: queue].isEmpty {
                switch request.attempt(state.descriptor) {
                case .done(let bytes): return .complete(.success, bytes)
                case .failed(let code):
                    state.noteFailure(code)
                    // Linux says EPIPE also of a stream that never was connected.
                    return .complete(IOStatus(errno: code == EPIPE && !state.isConnected ? ENOTCONN : code), 0)
                case .wouldBlock(let bytes): sent = bytes
                }
            }
            let pending = RingRequest(request, self, state.descriptor, transferred: sent)
            state[keyPath: queue].append(pending)
            return state[keyPath: queue].count == 1 ? .submit(pending) : .nothing
        }
        switch next {
        case .nothing: return nil
        case .complete(let status, let bytes): return (status, bytes)
        case .submit(let pending):
            ring.order(.submit(pending))
            return nil
        }
    }

    func cancel(_ request: IORequest) { end(.cancelled) { $0 === request } }

    func cancelReceives() { end(.cancelled) { $0.isIncoming } }

    /// Ends those pending requests: what only waits in a queue at once, what the kernel has as soon as it gives it
    /// back.
    private func end(_ status: IOStatus, _ isMeant: (IORequest) -> Bool) {
        var waiting: [RingRequest] = []
        var inFlight: [RingRequest] = []
        var firstBytes: [FirstBytes] = []
        state.withLock { state in
            for queue in [\State.incoming, \State.outgoing] {
                if let first = state[keyPath: queue].first, isMeant(first.request) {
                    first.endsWith.withLock { $0 = $0 ?? status }
                    inFlight.append(first)
                }
                let others = state[keyPath: queue].dropFirst()
                waiting += others.filter { isMeant($0.request) }
                state[keyPath: queue] =
                    Array(state[keyPath: queue].prefix(1)) + others.filter { !isMeant($0.request) }
            }
            firstBytes = state.firstBytes.filter { isMeant($0.accept) }
        }
        for request in inFlight { ring.order(.cancel(request)) }
        for first in firstBytes { first.end() }
        for request in waiting {
            if case .accept(let accepted) = request.request.operation { (accepted as? RingSocket)?.endAccept() }
            request.request.complete(status, bytes: 0)
        }
    }

    func adopt(_ descriptor: Int32) -> Bool {
        let (old, taken) = state.withLock { state -> (Int32, Bool) in
            guard !state.isClosed else { return (descriptor, false) }
            defer { (state.descriptor, state.isConnected) = (descriptor, true) }
            return (state.descriptor, true)
        }
        if old >= 0 { Glibc.close(old) }
        return taken
    }

    func close() {
        let (wasOpen, accept) = state.withLock { state in
            defer { state.isClosed = true }
            return (!state.isClosed, state.accept)
        }
        guard wasOpen else { return }
        if let (listener, request) = accept { listener.cancel(request) }
        end(.cancelled) { if case .accept = $0.operation { true } else { false } }
        end(.connectionAborted) { _ in true }
        closeIfIdle()
    }

    /// Closes the descriptor once the kernel has none of our requests on it.
    private func closeIfIdle() {
        let descriptor = state.withLock { state -> Int32 in
            guard state.isClosed, state.incoming.isEmpty, state.outgoing.isEmpty else { return -1 }
            defer { state.descriptor = -1 }
            return state.descriptor
        }
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    // ---- on the loop

    /// Before the request that failed is told.
    func noteFailure(_ code: Int32) { state.withLock { $0.noteFailure(code) } }

    /// The first request of its queue has ended: the next one's turn.
    func finishedOnLoop(_ request: RingRequest, _ ring: Ring) {
        var ended: [RingRequest] = []
        var failure: Int32 = 0
        let next: RingRequest? = state.withLock { state in
            let queue = request.request.isIncoming ? \State.incoming : \State.outgoing
            precondition(state[keyPath: queue].first === request, "a request came back that was not the first")
            state[keyPath: queue].removeFirst()
            if state.failure != 0 {
                (failure, ended) = (state.failure, state[keyPath: queue])
                state[keyPath: queue] = []
            }
            return state[keyPath: queue].first
        }
        for request in ended { request.request.complete(IOStatus(errno: failure), bytes: 0) }
        if let next { ring.submitOnLoop(next) } else { closeIfIdle() }
    }
}
