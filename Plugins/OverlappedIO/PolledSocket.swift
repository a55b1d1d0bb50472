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
    private struct Pending {
        let request: IORequest
        var transferred: Int
    }
    private struct Queue {
        var requests: [Pending] = []
        /// The one that was first is being told of its end.
        var isTelling = false
        /// Whether a call may do something: it has not said since the last edge that it would have to wait.
        var mayGoOn = true
    }
    private struct State {
        var descriptor: Int32
        /// The only incoming request, if it is a receive over one buffer of a connection: then `incoming` has none. Owned.
        var lone: Unmanaged<IORequest>?
        var incoming = Queue()
        var outgoing = Queue()
        var isClosed = false
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
    private enum Way { case incoming, outgoing }
    private let state: Guarded<State>
    private let poller: SocketPoller
    private let watcher: SocketWatch
    let settings: SocketSettings
    /// Of those streams a receive that brings less than it could has taken all there was (epoll(7)). A Unix socket's may
    /// have ended at a descriptor that was sent along.
    private let isDrainedByShortReceive: Bool
    private let isStream: Bool

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
    private func beginAccept(_ request: IORequest, _ listener: PolledSocket) -> Bool {
        state.withLock { state in
            guard !state.isClosed, !isConnected, state.accept == nil else { return false }
            state.accept = (listener, request)
            return true
        }
    }
    func endAccept() { state.withLock { $0.accept = nil } }
    func remove(_ first: FirstBytes) { state.withLock { $0.firstBytes.removeAll { $0 === first } } }

    private func isTriedPlainly(_ request: IORequest) -> Bool {
        request.isTriedPlainly(isStream) && settings.phase == .connected
    }

    /// What most receives are: there is nothing to receive, as the socket knows, and no other request.
    private func startAlone(_ request: IORequest) -> Bool {
        state.withLock { state in
            guard state.isPolled, !state.incoming.mayGoOn, state.lone == nil, state.incoming.requests.isEmpty,
                !state.incoming.isTelling, !state.isClosed, state.failure == 0
            else { return false }
            if !request.isToldByPort { poller.othersHaveCome() }
            state.lone = Unmanaged.passRetained(request)
            return true
        }
    }

    private enum Next {
        case nothing
        case complete(IOStatus, Int)
        /// Failed before it was pending, which its kind is told of as if it had been.
        case fail(IOStatus)
    }

    private func startNow(_ request: IORequest, from done: Int) -> (status: IOStatus, bytes: Int)? {
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

    private func startLocked(_ request: IORequest, from done: Int, _ state: inout State) -> Next {
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

    func transferNow(isSend: Bool, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard isStream, buffer.count > 0, settings.phase == .connected, !settings.isWatched.load(ordering: .relaxed)
        else { return -2 }
        #if DEBUG
            // A call that fails, or is cut short, does not mean what the kernel means by it.
            if FaultSeam.isArmed { return -1 }
        #endif
        return state.withLock { state in
            guard state.descriptor >= 0, !state.isClosed, state.failure == 0 else { return -1 }
            return isSend ? sendNowLocked(buffer, &state) : receiveNowLocked(buffer, &state)
        }
    }

    private func sendNowLocked(_ buffer: UnsafeMutableRawBufferPointer, _ state: inout State) -> Int {
        guard state.outgoing.requests.isEmpty, !state.outgoing.isTelling, state.outgoing.mayGoOn else { return -1 }
        while true {
            let sent = send(state.descriptor, buffer.baseAddress, buffer.count, transferFlags)
            if sent >= 0 { return sent }
            if errno == EAGAIN { state.outgoing.mayGoOn = !state.isPolled }
            // Of a connection that is gone send(2) says so again, but once it may say why.
            if errno != EAGAIN && errno != EINTR { noteFailureLocked(errno, &state) }
            if errno != EINTR { return -1 }
        }
    }

    private func receiveNowLocked(_ buffer: UnsafeMutableRawBufferPointer, _ state: inout State) -> Int {
        guard state.incoming.mayGoOn, state.lone == nil, state.incoming.requests.isEmpty, !state.incoming.isTelling
        else { return -1 }
        while true {
            let count = recv(state.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count >= 0 {
                noteReceivedLocked(count, of: buffer.count, &state)
                return count
            }
            if errno == EAGAIN { state.incoming.mayGoOn = !state.isPolled }
            if errno != EAGAIN && errno != EINTR { noteFailureLocked(errno, &state) }
            if errno != EINTR { return -1 }
        }
    }

    private func noteReceivedLocked(_ count: Int, of room: Int, _ state: inout State) {
        if count < room && isDrainedByShortReceive && state.isPolled && !state.hasEnd && count > 0 {
            state.incoming.mayGoOn = false
        }
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

    /// Whether it is a transfer over a connection that is being made, or could not be. The kernel would let a send wait,
    /// or give it the connect's error, which is to be told otherwise.
    private func isTooEarlyLocked(_ request: IORequest, _ state: State) -> Bool {
        guard isStream else { return false }
        if request.kind == .accept || request.kind == .connect { return false }
        switch finishConnectLocked(state) {
        case .connecting, .failed: return true
        case .idle, .connected, .listening: return false
        }
    }

    private func attemptLocked(_ request: IORequest, from start: Int, _ state: inout State) -> IOAttempt {
        var outcome = callLocked(request, from: start, &state)
        guard case .wouldBlock(let bytes) = outcome, state.isPolled else { return outcome }
        #if DEBUG
            // No edge follows what only tests have brought about.
            if FaultSeam.wasArmed { outcome = callLocked(request, from: bytes, &state) }
        #endif
        if case .wouldBlock = outcome {
            if request.isIncoming { state.incoming.mayGoOn = false } else { state.outgoing.mayGoOn = false }
        }
        return outcome
    }

    private func callLocked(_ request: IORequest, from start: Int, _ state: inout State) -> IOAttempt {
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
            switch request.attempt(state.descriptor, from: start, isStream: isStream) {
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

    private func acceptLocked(into accepted: any DriverSocket, _ state: inout State) -> IOAttempt {
        if !state.acceptsNow {
            // accept(2) has no flag for not waiting.
            _ = fcntl(state.descriptor, F_SETFL, fcntl(state.descriptor, F_GETFL) | O_NONBLOCK)
            state.acceptsNow = true
        }
        while true {
            let made = signalbox_accept(state.descriptor)
            if made >= 0 { return accepted.adopt(made) ? .done(0) : .failed(.cancelled) }
            if errno == EAGAIN { return .wouldBlock(0) }
            if errno != EINTR && errno != ECONNABORTED { return .failed(IOStatus(errno: errno)) }
        }
    }

    private func poll(_ descriptor: Int32, _ events: Int16) -> Int16 {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        return Kernel.poll(&entry, 0) > 0 ? entry.revents : 0
    }

    // ---- connecting

    private func connectLocked(_ request: IORequest, from start: Int, _ state: inout State) -> IOAttempt {
        switch settings.phase {
        case .connecting: _ = finishConnectLocked(state)
        case .connected where start > 0: break
        default: beginConnectLocked(request, state)
        }
        switch settings.phase {
        case .connected:
            guard request.length > 0 else { return .done(0) }
            switch request.attempt(state.descriptor, from: start, isStream: isStream) {
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

    /// Ends those requests that are pending; returns how many there are.
    private func end(_ status: IOStatus, _ isMeant: (IORequest) -> Bool) -> Int {
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

    private func tell(_ request: IORequest, _ status: IOStatus, _ bytes: Int) {
        if request.kind == .accept, case .accept(let accepted) = request.operation {
            (accepted as? PolledSocket)?.endAccept()
        }
        request.complete(status, bytes: bytes)
    }

    func adopt(_ descriptor: Int32, as phase: SocketSettings.Phase) -> Bool {
        let (old, taken) = state.withLock { state -> (Int32, Bool) in
            guard !state.isClosed else { return (descriptor, false) }
            let old = state.descriptor
            replaceLocked(descriptor, &state)
            settings.setPhase(phase)
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
        if state.isPolled { poller.remove(state.descriptor, of: self) }
        (state.isPolled, state.hasEnd, state.acceptsNow) = (false, false, false)
        (state.incoming.mayGoOn, state.outgoing.mayGoOn) = (true, true)
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
    private func closeIfIdle() {
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

    // ---- told by the poller

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
    private func receiveLocked(_ lone: Unmanaged<IORequest>, _ state: inout State) -> Int? {
        guard !state.isClosed, state.failure == 0 else {
            state.settle()
            return nil
        }
        #if DEBUG
            if FaultSeam.wasArmed {
                state.settle()
                return nil
            }
        #endif
        let buffer = lone._withUnsafeGuaranteedRef { $0.first }
        let count = recv(state.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        guard count >= 0 else {
            // An error ends those that come after it, too: as for all others, which the queue sees to.
            if errno == EAGAIN { state.incoming.mayGoOn = false } else { state.settle() }
            if errno != EAGAIN && errno != EINTR { noteFailureLocked(errno, &state) }
            return nil
        }
        noteReceivedLocked(count, of: buffer.count, &state)
        state.lone = nil
        state.incoming.isTelling = true
        return count
    }

    /// What a request that was taken out of its queue is to be told; or, of an accept that waits for bytes still, `first`.
    private struct End {
        let request: IORequest
        let status: IOStatus
        let bytes: Int
        let first: FirstBytes?
    }

    /// Tells the ends of those that are first, one after the other, and nobody else does meanwhile.
    private func goOn(after end: End?, _ way: Way) {
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
    private func serveLocked(_ state: inout State, _ way: Way) -> End? {
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
    private func receiveFirst(_ first: FirstBytes, of request: IORequest) {
        guard case .accept(let accepted) = request.operation else { return }
        (accepted as? PolledSocket)?.endAccept()
        if let (status, bytes) = accepted.start(first) { return first.complete(status, bytes: bytes) }
        // Asked to end before it had started: nothing was found to cancel.
        if first.isToEnd.load(ordering: .sequentiallyConsistent) { accepted.cancel(first) }
    }
}
