import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// What the poller has told: requests that are pending go on.
extension PolledSocket {
    func isReady(_ events: UInt32) {
        let ends = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue | EPOLLPRI.rawValue
        let incoming = events & (EPOLLIN.rawValue | ends) != 0
        let outgoing = events & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        var told: Unmanaged<IORequest>?
        var count = 0
        let (hasReceives, hasSends) = state.withLock { state in
            if events & ends != 0 { state.hasEnd = true }
            if outgoing { state.outgoing.mayGoOn = true }
            if incoming {
                state.incoming.mayGoOn = true
                if let lone = state.lone, let done = receiveLocked(lone, &state) { (told, count) = (lone, done) }
            }
            return (
                incoming && told == nil && !state.incoming.requests.isEmpty,
                outgoing && !state.outgoing.requests.isEmpty
            )
        }
        if let told {
            if !told._withUnsafeGuaranteedRef({ $0.isToldByPort }) {
                poller.others.subtract(1, ordering: .sequentiallyConsistent)
            }
            told._withUnsafeGuaranteedRef { $0.complete(.success, bytes: count) }
            told.release()
            let goesOn = state.withLock { state in
                state.incoming.isTelling = false
                return !state.incoming.requests.isEmpty
            }
            if goesOn { goOn(after: nil, .incoming) }
        } else if hasReceives {
            goOn(after: nil, .incoming)
        }
        if hasSends { goOn(after: nil, .outgoing) }
    }

    /// Does a lone receive, whose end is then being told. nil: it must wait still, or it stands in the queue now.
    func receiveLocked(_ lone: Unmanaged<IORequest>, _ state: inout State) -> Int? {
        guard !state.isClosed, state.failure == 0 else {
            state.settle()
            return nil
        }
        let buffer = lone._withUnsafeGuaranteedRef { $0.first }
        let count = kernel.recv(state.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        guard count >= 0 else {
            let code = errno
            // An error ends those that come after it, too: as for all others, which the queue sees to.
            if code == EAGAIN { awaitEdgeLocked(.incoming, &state) } else { state.settle() }
            if code != EAGAIN && code != EINTR { noteFailureLocked(code, &state) }
            return nil
        }
        noteReceivedLocked(count, of: buffer.count, &state)
        state.lone = nil
        state.incoming.isTelling = true
        return count
    }

    /// What a request that was taken out of its queue is to be told; or, of an accept that waits for bytes still, `first`.
    struct End {
        let request: IORequest
        let status: IOStatus
        let bytes: Int
        let first: FirstBytes?
    }

    /// Tells the ends of those that are first, one after the other, and nobody else does meanwhile.
    func goOn(after end: End?, _ way: Way) {
        var next = end
        while true {
            if let end = next {
                if let first = end.first {
                    receiveFirst(first, of: end.request)
                } else {
                    if end.request.kind == .connect { settings.readinessMayHaveChanged(of: self) }
                    tell(end.request, end.status, end.bytes)
                }
            }
            let wasTelling = next != nil
            next = state.withLock { state in
                if wasTelling { state[way].isTelling = false }
                return serveLocked(&state, way)
            }
            if next == nil { return }
        }
    }

    /// Tries the first of a queue. nil: it must wait still, or there is none, or somebody else is telling one of its end.
    func serveLocked(_ state: inout State, _ way: Way) -> End? {
        if way == .incoming { state.settle() }
        guard !state.isClosed, !state[way].isTelling, let pending = state[way].requests.first else { return nil }
        let request = pending.request
        let end: End
        if state.failure != 0 {
            // What ended those before it ends this one, too.
            end = End(request: request, status: IOStatus(errno: state.failure), bytes: pending.transferred, first: nil)
        } else {
            guard state[way].mayGoOn else { return nil }
            switch attemptLocked(request, from: pending.transferred, &state) {
            case .wouldBlock(let bytes):
                state[way].requests[0].transferred = bytes
                return nil
            case .isBehindOthers: return nil
            case .failed(let status):
                end = End(request: request, status: status, bytes: pending.transferred, first: nil)
            case .done(let bytes, let status):
                var first: FirstBytes?
                if request.kind == .accept, case .accept(let accepted) = request.operation, request.length > 0 {
                    first = FirstBytes(of: request, on: accepted, for: self)
                    state.firstBytes.append(first!)
                }
                end = End(request: request, status: status, bytes: bytes, first: first)
            }
        }
        state[way].requests.removeFirst()
        if !request.isToldByPort { poller.others.subtract(1, ordering: .sequentiallyConsistent) }
        state[way].isTelling = true
        return end
    }

    /// An accept has its connection, and is complete with the first bytes; the listener goes on meanwhile.
    func receiveFirst(_ first: FirstBytes, of request: IORequest) {
        guard case .accept(let accepted) = request.operation else { return }
        (accepted as? PolledSocket)?.endAccept()
        if let (status, bytes) = accepted.start(first) { return first.complete(status, bytes: bytes) }
        // Asked to end before it had started: nothing was found to cancel.
        if first.isToEnd.load(ordering: .sequentiallyConsistent) { accepted.cancel(first) }
    }
}
