import Dispatcher
import Glibc
import Logging
import Signalbox
import Synchronization

/// Messages on their way to the service manager. Each is sent at once, on the caller's thread; if the manager's socket is
/// full it waits in a queue, with all that come after it, and the event loop sends them when there is room. Nobody
/// blocks, and what must arrive does.
///
/// An unconnected socket does not tell when there is room: poll(2) looks at the queue of the peer. So there is a connected
/// one as long as something waits.
final class Outbox: Sendable {
    private struct State {
        var queue = NotifyQueue()
        var loop: LoopExecutor?
        /// What the loop waits for room by.
        var watch: (descriptor: Int32, source: LoopDescriptor)?
        /// The loop will look, or waits.
        var isArmed = false
    }
    private let state = Guarded(State())
    private let socket: NotifySocket
    private let logger: Logger

    init(_ socket: NotifySocket, loop: LoopExecutor?, logger: Logger) {
        self.socket = socket
        self.logger = logger
        state.withLock { $0.loop = loop }
    }

    deinit { discard() }

    /// Sends the messages, or has them wait, with nothing of others' between them.
    ///
    /// - Parameter messages: their descriptors stay the caller's.
    /// - Returns: false: the manager cannot be told.
    func send(_ messages: [NotifyMessage]) -> Bool {
        let (isTold, loop) = state.withLock { state -> (Bool, LoopExecutor?) in
            drainLocked(&state)
            for message in messages {
                guard tellLocked(message, &state) else { return (false, nil) }
            }
            guard !state.queue.isEmpty, !state.isArmed, let loop = state.loop else { return (true, nil) }
            state.isArmed = true
            return (true, loop)
        }
        loop?.post { [self] in waitOnLoop() }
        return isTold
    }

    private func tellLocked(_ message: NotifyMessage, _ state: inout State) -> Bool {
        if state.queue.isEmpty {
            switch socket.send(message) {
            case .sent: return true
            case .failed: return false
            case .full: break
            }
        }
        var waiting = message
        waiting.descriptors = message.descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
        if !waiting.descriptors.contains(-1) && state.queue.add(waiting) { return true }
        Outbox.close(waiting)
        return false
    }

    /// Sends what there is room for.
    private func drainLocked(_ state: inout State) {
        while let message = state.queue.first {
            if message.group?.isLost.load(ordering: .acquiring) == true {
                Outbox.lose(message)
                state.queue.removeFirst()
                continue
            }
            switch socket.send(message) {
            case .full: return
            case .sent: Outbox.close(message)
            case .failed(let code):
                Outbox.lose(message)
                logger.error("a message to the service manager is lost: \(errorText(code))")
            }
            state.queue.removeFirst()
        }
    }

    /// Who waits for the end of a barrier finds that its group is lost.
    private static func lose(_ message: NotifyMessage) {
        message.group?.isLost.store(true, ordering: .releasing)
        close(message)
    }

    private static func close(_ message: NotifyMessage) {
        for descriptor in message.descriptors where descriptor >= 0 { Glibc.close(descriptor) }
    }

    // ---- on the loop

    private func waitOnLoop() {
        guard let loop = state.withLock({ $0.loop }) else { return }
        let connected = socket.connect()
        let source =
            connected < 0
            ? nil
            : try? LoopDescriptor(onLoop: loop, descriptor: connected, forWriting: true) { [self] in drainOnLoop() }
        guard let source else {
            // Nobody is there; or there is no descriptor left, and the next message tries again.
            if connected >= 0 { Glibc.close(connected) }
            return state.withLock { $0.isArmed = false }
        }
        let isStale = state.withLock { state in
            if state.loop != nil { state.watch = (connected, source) }
            return state.loop == nil
        }
        if isStale { end((connected, source)) }
    }

    private func drainOnLoop() {
        let watch = state.withLock { state -> (descriptor: Int32, source: LoopDescriptor)? in
            drainLocked(&state)
            guard state.queue.isEmpty else { return nil }
            state.isArmed = false
            return state.watch.take()
        }
        if let watch { end(watch) }
    }

    private func end(_ watch: (descriptor: Int32, source: LoopDescriptor)) {
        watch.source.cancelOnLoop()
        Glibc.close(watch.descriptor)
    }

    /// The loop will end; from now on what there is no room for waits until the next message, or
    /// ``drain(until:)``.
    func leaveLoop() {
        let watch = state.withLock { state in
            state.loop = nil
            state.isArmed = false
            return state.watch.take()
        }
        if let watch { end(watch) }
    }

    // ---- at the end

    /// Blocks until nothing waits any more, or that instant of CLOCK_MONOTONIC, in ns.
    func drain(until deadline: UInt64) -> Bool {
        func isEmpty() -> Bool {
            state.withLock { state in
                drainLocked(&state)
                return state.queue.isEmpty
            }
        }
        if isEmpty() { return true }
        let connected = socket.connect()
        guard connected >= 0 else { return false }
        defer { Glibc.close(connected) }
        while NotifySocket.wait(connected, Int16(POLLOUT), until: deadline) {
            if isEmpty() { return true }
        }
        return false
    }

    /// Forgets what waits.
    func discard() {
        let messages = state.withLock { state in
            defer { state.queue = NotifyQueue() }
            return state.queue.messages
        }
        for message in messages { Outbox.lose(message) }
    }
}
