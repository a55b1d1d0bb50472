import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// A socket: two queues of requests, incoming (receives, accepts) and outgoing (connects, sends). The first of each
/// queue is with the ring, the others wait for it, so requests of one direction are served in the order they were made.
///
/// The descriptor never has O_NONBLOCK but for the moment of a connect: the ring would give a request back instead of
/// waiting. Whether calls may wait is the business of `settings`.
///
/// Lock order: `settings.events`, then `state`.
final class RingSocket: DriverSocket {
    private struct State {
        var descriptor: Int32
        var incoming: [RingRequest] = []
        var outgoing: [RingRequest] = []
        var isClosed = false
        /// Callers that use the descriptor without a request: it is not closed meanwhile.
        var holds = 0
        /// Descriptors whose place was taken, and on which the kernel may still have requests of ours.
        var retired: [Int32] = []
        /// What `SocketWatch` knows it by; nil: it is not watched.
        var watched: UInt64?
        /// The accept that is to connect it, and the listener. (A cycle until the accept ends.)
        var accept: (listener: RingSocket, request: IORequest)?
        /// A listener's accepts that have their connection, and wait for its first bytes.
        var firstBytes: [FirstBytes] = []
        /// The errno that ended the connection. The kernel gives it once, and then pretends a graceful end.
        var failure: Int32 = 0
        /// A datagram that was sent found nobody: to be told to the next receive.
        var wasUnreachable = false
    }
    private let state: Guarded<State>
    private let ring: any Engine
    private let watcher: SocketWatch
    let settings: SocketSettings

    init(_ descriptor: Int32, _ ring: any Engine, _ watcher: SocketWatch, _ settings: SocketSettings) {
        state = Guarded(State(descriptor: descriptor))
        self.ring = ring
        self.watcher = watcher
        self.settings = settings
    }

    deinit { close() }

    var descriptor: Int32 { state.withLock { $0.isClosed ? -1 : $0.descriptor } }
    var isStream: Bool { settings.type == Int32(SOCK_STREAM.rawValue) }
    private var isConnected: Bool { settings.phase == .connected }

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

    private enum Next {
        case nothing
        case complete(IOStatus, Int)
        /// Failed before it was pending, which its kind is told of as if it had been.
        case fail(IOStatus)
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
            guard !state.isClosed, !isConnected, state.accept == nil else { return false }
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
            if isTooEarlyLocked(request, state) { return .complete(.invalidConnection, 0) }
            let queue = request.isIncoming ? \State.incoming : \State.outgoing
            var sent = 0
            if state[keyPath: queue].isEmpty {
                switch attemptLocked(request, from: 0, &state, acceptsNow: false) {
                case .done(let bytes, let status):
                    if status == .success { return .complete(.success, bytes) }
                    // A message that was too long was received: that is told as an end, not as a refusal.
                    return .fail(status)
                case .failed(let status):
                    if case .connect = request.operation { return .fail(status) }
                    return .complete(status, 0)
                case .wouldBlock(let bytes): sent = bytes
                case .isBehindOthers: break
                }
            }
            let pending = RingRequest(request, self, state.descriptor, transferred: sent)
            state[keyPath: queue].append(pending)
            return state[keyPath: queue].count == 1 ? .submit(pending) : .nothing
        }
        switch next {
        case .nothing: return nil
        case .complete(let status, let bytes): return (status, bytes)
        case .fail(let status):
            request.complete(status, bytes: status.isError ? 0 : request.length)
            return nil
        case .submit(let pending):
            ring.order(.submit(pending))
            return nil
        }
    }

    func attempt(_ request: IORequest, from start: Int) -> IOAttempt {
        state.withLock { state in
            guard !state.isClosed, state.descriptor >= 0 else { return .failed(.invalidHandle) }
            if state.failure != 0 { return .failed(IOStatus(errno: state.failure)) }
            if isTooEarlyLocked(request, state) { return .failed(.invalidConnection) }
            let queue = request.isIncoming ? \State.incoming : \State.outgoing
            guard state[keyPath: queue].isEmpty else { return .isBehindOthers }
            return attemptLocked(request, from: start, &state, acceptsNow: true)
        }
    }

    /// Whether it is a transfer over a connection that is being made, or could not be. The kernel would let a send wait,
    /// or give it the connect's error, which is to be told otherwise.
    private func isTooEarlyLocked(_ request: IORequest, _ state: State) -> Bool {
        guard isStream else { return false }
        switch request.operation {
        case .accept, .connect: return false
        case .receive, .send: break
        }
        switch finishConnectLocked(state) {
        case .connecting, .failed: return true
        case .idle, .connected, .listening: return false
        }
    }

    private func attemptLocked(
        _ request: IORequest, from start: Int, _ state: inout State, acceptsNow: Bool
    ) -> IOAttempt {
        switch request.operation {
        case .accept(let accepted):
            return acceptsNow ? acceptLocked(into: accepted, state.descriptor) : .wouldBlock(0)
        case .connect: return connectLocked(request, &state)
        case .receive, .send: break
        }
        if request.isIncoming && state.wasUnreachable {
            state.wasUnreachable = false
            return .failed(.portUnreachable)
        }
        while true {
            switch request.attempt(state.descriptor, from: start, isStream: isStream) {
            case .done(let bytes, let flags): return .done(bytes, status(ofReceived: flags))
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

    /// accept(2) has no flag for not waiting, and the descriptor must not have one: see above. So it is asked whether
    /// there is a connection; nobody else takes it meanwhile, for that takes the lock, or a request in the queue.
    private func acceptLocked(into accepted: any DriverSocket, _ descriptor: Int32) -> IOAttempt {
        while true {
            guard poll(descriptor, Int16(POLLIN)) & Int16(POLLIN) != 0 else { return .wouldBlock(0) }
            let made = signalbox_accept(descriptor)
            if made >= 0 { return accepted.adopt(made) ? .done(0) : .failed(.cancelled) }
            if errno != EINTR && errno != ECONNABORTED { return .failed(IOStatus(errno: errno)) }
        }
    }

    private func poll(_ descriptor: Int32, _ events: Int16) -> Int16 {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        return Kernel.poll(&entry, 0) > 0 ? entry.revents : 0
    }

    // ---- connecting

    private func connectLocked(_ request: IORequest, _ state: inout State) -> IOAttempt {
        if settings.phase == .connecting { _ = finishConnectLocked(state) } else { beginConnectLocked(request, state) }
        switch settings.phase {
        case .connected:
            guard request.length > 0 else { return .done(0) }
            switch request.attempt(state.descriptor, isStream: isStream) {
            case .done(let bytes, _): return .done(bytes)
            case .wouldBlock(let bytes): return .wouldBlock(bytes)
            case .failed(let code): return .failed(IOStatus(errno: code))
            }
        case .failed(let code): return .failed(IOStatus(errno: code))
        default: return .wouldBlock(0)
        }
    }

    private func beginConnectLocked(_ request: IORequest, _ state: State) {
        guard let message = request.message else { return settings.setPhase(.failed(EDESTADDRREQ)) }
        let flags = fcntl(state.descriptor, F_GETFL)
        _ = fcntl(state.descriptor, F_SETFL, flags | O_NONBLOCK)
        func attempt() -> Int32 {
            message.name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(state.descriptor, $0, message.nameLength) == 0 ? 0 : errno
            }
        }
        var code = attempt()
        // What Linux says once more of an attempt that has failed before.
        if code == ECONNABORTED { code = attempt() }
        _ = fcntl(state.descriptor, F_SETFL, flags)
        switch code {
        case 0: settings.setPhase(.connected)
        case EINPROGRESS, EINTR: settings.setPhase(.connecting)
        // What a Unix socket says whose listener has no room: nothing tells when it has.
        case EAGAIN where settings.family == AF_UNIX: settings.setPhase(.failed(ECONNREFUSED))
        // And at whose path nobody listens any more, or yet.
        case ENOENT: settings.setPhase(.failed(ECONNREFUSED))
        default: settings.setPhase(.failed(code))
        }
    }

    /// Looks whether the connection that is being made is there, or never will be.
    private func finishConnectLocked(_ state: State) -> SocketSettings.Phase {
        guard settings.phase == .connecting else { return settings.phase }
        guard poll(state.descriptor, Int16(POLLOUT)) != 0 else { return .connecting }
        var (code, size): (Int32, socklen_t) = (0, 4)
        getsockopt(state.descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        if code == 0 && !hasPeer(state.descriptor) { code = ECONNREFUSED }  // somebody else was told of the error
        settings.setPhase(code == 0 ? .connected : .failed(code))
        return settings.phase
    }

    private func hasPeer(_ descriptor: Int32) -> Bool {
        var (name, size) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
        return withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) == 0 }
        }
    }

    func finishConnect() -> SocketSettings.Phase {
        let phase = state.withLock { finishConnectLocked($0) }
        if phase != .connecting { settings.readinessMayHaveChanged(of: self) }
        return phase
    }

    // ---- what the system says, in Windows' words

    func status(of code: Int32, for request: IORequest) -> IOStatus {
        // Linux says EPIPE also of a stream that never was connected.
        if code == EPIPE && isStream && !isConnected { return .invalidConnection }
        if code == ECONNREFUSED, case .receive = request.operation { return .portUnreachable }
        return IOStatus(errno: code)
    }

    func status(ofReceived flags: Int32) -> IOStatus {
        !isStream && flags & Int32(MSG_TRUNC) != 0 ? .bufferOverflow : .success
    }

    /// With IP_RECVERR the kernel also keeps the datagrams that were refused; nobody reads them.
    private func drainErrors(_ descriptor: Int32) {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, Int32(MSG_ERRQUEUE) | Int32(MSG_DONTWAIT)) >= 0 {}
    }

    private func noteFailureLocked(_ code: Int32, _ state: inout State) {
        if code == ECONNREFUSED && !isStream { return drainErrors(state.descriptor) }
        // Only a connection's: accept(2) gives a listener the errors of others.
        guard isStream, isConnected, state.failure == 0 else { return }
        guard [ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH].contains(code) else { return }
        state.failure = code
        settings.closeError.store(code, ordering: .relaxed)
    }

    // ---- readiness

    func readiness() -> SocketReadiness {
        state.withLock { state in
            guard !state.isClosed, state.descriptor >= 0 else { return [] }
            if isStream { return streamReadinessLocked(&state) }
            let found = poll(state.descriptor, Int16(POLLIN | POLLOUT))
            var ready: SocketReadiness = []
            if found & Int16(POLLIN | POLLERR) != 0 || state.wasUnreachable { ready.insert(.receive) }
            if found & Int16(POLLOUT) != 0 { ready.insert(.send) }
            return ready
        }
    }

    private func streamReadinessLocked(_ state: inout State) -> SocketReadiness {
        switch finishConnectLocked(state) {
        case .idle, .connecting: return []
        case .failed: return .connect
        case .listening:
            if !settings.deferred.withLock({ $0.isEmpty }) { return .accept }
            return poll(state.descriptor, Int16(POLLIN)) & Int16(POLLIN) != 0 ? .accept : []
        case .connected: break
        }
        var ready: SocketReadiness = .connect
        if state.failure != 0 { return ready.union(.close) }
        let found = poll(state.descriptor, Int16(POLLIN | POLLOUT | POLLPRI))
        if found & Int16(POLLPRI) != 0 { ready.insert(.urgent) }
        if found & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            var byte: UInt8 = 0
            let there = recv(state.descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
            if there > 0 { ready.insert(.receive) }
            if there == 0 { ready.insert(.close) }
            if there < 0 && errno != EAGAIN && errno != EINTR {
                noteFailureLocked(errno, &state)
                return ready.union(.close)
            }
        }
        if found & Int16(POLLOUT) != 0 && found & Int16(POLLHUP | POLLERR) == 0 { ready.insert(.send) }
        return ready
    }

    func watch() throws(IOError) {
        let result: Result<Void, IOError> = state.withLock { state in
            guard !state.isClosed, state.watched == nil, state.descriptor >= 0 else { return .success(()) }
            return Result { () throws(IOError) in state.watched = try watcher.add(state.descriptor, of: self) }
        }
        try result.get()
    }

    // ---- ending

    func cancel(_ request: IORequest) { _ = end(.cancelled) { $0 === request } }

    func cancelReceives() {
        _ = end(.cancelled) { $0.isIncoming }
    }

    func cancel(where isMeant: (IORequest) -> Bool) -> Int { end(.cancelled, isMeant) }

    /// Ends those pending requests: what only waits in a queue at once, what the kernel has as soon as it gives it
    /// back. Returns how many there are.
    private func end(_ status: IOStatus, _ isMeant: (IORequest) -> Bool) -> Int {
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
        return inFlight.count + firstBytes.count + waiting.count
    }

    func adopt(_ descriptor: Int32) -> Bool {
        let (old, taken) = state.withLock { state -> (Int32, Bool) in
            guard !state.isClosed else { return (descriptor, false) }
            let old = state.descriptor
            replaceLocked(descriptor, &state)
            settings.setPhase(.connected)
            return (old, true)
        }
        if old >= 0 { Glibc.close(old) }
        if taken { settings.readinessMayHaveChanged(of: self) }
        return taken
    }

    private func replaceLocked(_ descriptor: Int32, _ state: inout State) {
        if let number = state.watched {
            watcher.remove(number, state.descriptor)
            state.watched = try? watcher.add(descriptor, of: self)
        }
        state.descriptor = descriptor
    }

    func renew() throws(IOError) {
        let made = socket(settings.family, settings.type | Int32(SOCK_CLOEXEC.rawValue), settings.proto)
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
            // Threads that sleep in poll(2) wake up by this alone.
            if !state.isClosed && state.holds > 0 { shutdown(state.descriptor, Int32(SHUT_RDWR)) }
            if let number = state.watched.take() { watcher.remove(number, state.descriptor) }
            return (!state.isClosed, state.accept)
        }
        guard wasOpen else { return }
        if let (listener, request) = accept { listener.cancel(request) }
        _ = end(.cancelled) { if case .accept = $0.operation { true } else { false } }
        _ = end(.connectionAborted) { _ in true }
        closeIfIdle()
    }

    /// Closes descriptors once the kernel has none of our requests on them. The loop never waits for what lingers: the
    /// kernel sends it all the same.
    private func closeIfIdle(onLoop: Bool = false) {
        let unused: [Int32] = state.withLock { state in
            guard state.holds == 0, state.incoming.isEmpty, state.outgoing.isEmpty else { return [] }
            defer { state.retired = [] }
            guard state.isClosed, state.descriptor >= 0 else { return state.retired }
            defer { state.descriptor = -1 }
            return state.retired + [state.descriptor]
        }
        for descriptor in unused {
            var (set, size) = (linger(), socklen_t(MemoryLayout<linger>.size))
            if onLoop, getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &set, &size) == 0, set.l_linger > 0 {
                set.l_onoff = 0
                setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &set, size)
            }
            Glibc.close(descriptor)
        }
    }

    // ---- on the loop

    /// Before the request that failed is told.
    func noteFailure(_ code: Int32) { state.withLock { noteFailureLocked(code, &$0) } }

    /// The first request of its queue has ended: the next one's turn.
    func finishedOnLoop(_ request: RingRequest, _ ring: any Engine) {
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
        if let next { ring.submitOnLoop(next) } else { closeIfIdle(onLoop: true) }
    }
}
