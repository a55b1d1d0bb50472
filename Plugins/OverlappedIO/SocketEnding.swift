import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// How requests end early, and how a descriptor takes another's place or is closed.
extension PolledSocket {
    func cancel(_ request: IORequest) { _ = end(.cancelled) { $0 === request } }

    func cancelReceives() {
        _ = end(.cancelled) { $0.isIncoming }
    }

    func cancel(where isMeant: (IORequest) -> Bool) -> Int { end(.cancelled, isMeant) }

    /// Ends those requests that are pending; returns how many there are.
    func end(_ status: IOStatus, _ isMeant: (IORequest) -> Bool) -> Int {
        var ended: [Pending] = []
        var firstBytes: [FirstBytes] = []
        state.withLock { state in
            state.settle()
            for way in [Way.incoming, .outgoing] {
                guard state[way].requests.contains(where: { isMeant($0.request) }) else { continue }
                ended += state[way].requests.filter { isMeant($0.request) }
                state[way].requests.removeAll { isMeant($0.request) }
            }
            if !state.firstBytes.isEmpty { firstBytes = state.firstBytes.filter { isMeant($0.accept) } }
        }
        for first in firstBytes { first.end() }
        for pending in ended {
            if !pending.request.isToldByPort { poller.others.subtract(1, ordering: .sequentiallyConsistent) }
            tell(pending.request, status, pending.transferred)
        }
        return ended.count + firstBytes.count
    }

    func tell(_ request: IORequest, _ status: IOStatus, _ bytes: Int) {
        if request.kind == .accept, case .accept(let accepted) = request.operation {
            (accepted as? PolledSocket)?.endAccept()
        }
        request.complete(status, bytes: bytes)
    }

    func adopt(_ descriptor: Int32, as phase: SocketSettings.Phase) -> Bool {
        let (old, taken) = state.withLock { state -> (Int32, Bool) in
            guard !state.isClosed else { return (descriptor, false) }
            var old = state.descriptor
            if state.holds > 0 && old >= 0 {
                // Who sleeps on it wakes up by this, and lets it go.
                if !state.isShared { shutdown(old, Int32(SHUT_RDWR)) }
                state.retired.append(old)
                old = -1
            }
            replaceLocked(descriptor, &state)
            state.isShared = settings.closing.load(ordering: .acquiring) >= 0
            settings.setPhase(phase)
            return (old, true)
        }
        if old >= 0 { Glibc.close(old) }
        if taken { settings.readinessMayHaveChanged(of: self) }
        // Not of an accept's, which comes under the listener's lock: what is not connected yet has no transfers.
        if taken && phase == .idle { goOnAfterAdopting() }
        return taken
    }

    /// Requests that were made of the descriptor before wait for the new one.
    private func goOnAfterAdopting() {
        let (isAny, code) = state.withLock { state -> (Bool, Int32) in
            state.settle()
            let isAny = !state.incoming.requests.isEmpty || !state.outgoing.requests.isEmpty
            guard isAny, !state.isClosed, !state.isPolled else { return (isAny, 0) }
            let code = poller.add(state.descriptor, of: self)
            state.isPolled = code == 0
            return (isAny, code)
        }
        guard isAny else { return }
        if code != 0 { _ = end(IOStatus(errno: code)) { _ in true } }
        goOn(after: nil, .incoming)
        goOn(after: nil, .outgoing)
    }

    func replaceLocked(_ descriptor: Int32, _ state: inout State) {
        if let number = state.watched {
            watcher.remove(number, state.descriptor)
            state.watched = try? watcher.add(descriptor, of: self)
        }
        if state.isPolled { poller.remove(state.descriptor, of: self) }
        (state.isPolled, state.hasEnd, state.acceptsNow) = (false, false, false)
        (state.incoming.mayGoOn, state.outgoing.mayGoOn) = (true, true)
        state.descriptor = descriptor
        state.isShared = false
    }

    func renew() throws(IOError) {
        let made = kernel.socket(settings.family, settings.type | Int32(SOCK_CLOEXEC.rawValue), settings.proto)
        guard made >= 0 else { throw IOError(code: errno, "making a socket") }
        let unused: Int32 = state.withLock { state in
            guard !state.isClosed else { return made }
            state.retired.append(state.descriptor)
            replaceLocked(made, &state)
            state.failure = 0
            settings.closeError.store(0, ordering: .relaxed)
            settings.setPhase(.idle)
            settings.wasRenewed.store(true, ordering: .relaxed)
            return -1
        }
        if unused >= 0 { Glibc.close(unused) }
        closeIfIdle()
    }

    func close() {
        let (wasOpen, accept) = state.withLock { state in
            defer { state.isClosed = true }
            if !state.isClosed && state.holds > 0 {
                // Threads that sleep in poll(2) wake up by this alone. A socket that another process has, too, is not shut
                // down: a listener would listen for nobody any more.
                let closing = settings.closing.load(ordering: .acquiring)
                if closing >= 0 { eventfd_write(closing, 1) }
                if !state.isShared { shutdown(state.descriptor, Int32(SHUT_RDWR)) }
            }
            if let number = state.watched.take() { watcher.remove(number, state.descriptor) }
            return (!state.isClosed, state.accept)
        }
        guard wasOpen else { return }
        if let (listener, request) = accept { listener.cancel(request) }
        _ = end(.cancelled) { $0.kind == .accept }
        _ = end(.connectionAborted) { _ in true }
        closeIfIdle()
    }

    /// The driver stops: nobody tells the socket of anything any more.
    func pollingHasEnded() {
        state.withLock { state in
            if state.isPolled { poller.remove(state.descriptor, of: self) }
            state.isPolled = false
        }
        _ = end(.cancelled) { _ in true }
    }

    /// Closes descriptors once nobody holds them.
    func closeIfIdle() {
        let unused: [Int32] = state.withLock { state in
            guard state.holds == 0 else { return [] }
            let retired = state.retired
            if !retired.isEmpty { state.retired = [] }
            guard state.isClosed, state.descriptor >= 0 else { return retired }
            if state.isPolled { poller.remove(state.descriptor, of: self) }
            state.isPolled = false
            defer { state.descriptor = -1 }
            return retired + [state.descriptor]
        }
        for descriptor in unused { Glibc.close(descriptor) }
        if !unused.isEmpty { poller.letRemovedGo() }
    }
}
