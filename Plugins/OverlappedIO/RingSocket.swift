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
        let next: Next = state.withLock { state in
            guard !state.isClosed, state.descriptor >= 0 else { return .complete(.invalidHandle, 0) }
            let queue = request.isIncoming ? \State.incoming : \State.outgoing
            var sent = 0
            if state[keyPath: queue].isEmpty {
                switch request.attempt(state.descriptor) {
                case .done(let bytes): return .complete(.success, bytes)
                case .failed(let code): return .complete(IOStatus(errno: code), 0)
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

    func cancel(_ request: IORequest) { end(.cancelled) { $0.request === request } }

    func cancelReceives() { end(.cancelled) { $0.request.isIncoming } }

    /// Ends those pending requests: what only waits in a queue at once, what the kernel has as soon as it gives it
    /// back.
    private func end(_ status: IOStatus, _ isMeant: (RingRequest) -> Bool) {
        var waiting: [RingRequest] = []
        var inFlight: [RingRequest] = []
        state.withLock { state in
            for queue in [\State.incoming, \State.outgoing] {
                if let first = state[keyPath: queue].first, isMeant(first) {
                    first.endsWith.withLock { $0 = $0 ?? status }
                    inFlight.append(first)
                }
                waiting += state[keyPath: queue].dropFirst().filter(isMeant)
                state[keyPath: queue] =
                    Array(state[keyPath: queue].prefix(1)) + state[keyPath: queue].dropFirst().filter { !isMeant($0) }
            }
        }
        for request in inFlight { ring.order(.cancel(request)) }
        for request in waiting { request.request.complete(status, bytes: 0) }
    }

    func adopt(_ descriptor: Int32) -> Bool {
        let (old, taken) = state.withLock { state -> (Int32, Bool) in
            guard !state.isClosed else { return (descriptor, false) }
            defer { state.descriptor = descriptor }
            return (state.descriptor, true)
        }
        if old >= 0 { Glibc.close(old) }
        return taken
    }

    func close() {
        let wasOpen = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard wasOpen else { return }
        end(.cancelled) { if case .accept = $0.request.operation { true } else { false } }
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

    /// The first request of its queue has ended: the next one's turn.
    func finishedOnLoop(_ request: RingRequest, _ ring: Ring) {
        let next: RingRequest? = state.withLock { state in
            let queue = request.request.isIncoming ? \State.incoming : \State.outgoing
            precondition(state[keyPath: queue].first === request, "a request came back that was not the first")
            state[keyPath: queue].removeFirst()
            return state[keyPath: queue].first
        }
        if let next { ring.submitOnLoop(next) } else { closeIfIdle() }
    }
}
