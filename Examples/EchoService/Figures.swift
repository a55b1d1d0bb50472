import Synchronization

/// What the service counts: for its status text, and its last words.
final class Figures: Sendable {
    private struct State {
        var (connections, served, messages, bytes, cutOff) = (0, 0, 0, 0, 0)
        var (lastMessages, lastTime) = (0, ContinuousClock.now)
    }
    private let state = Mutex(State())

    func opened() { state.withLock { ($0.connections, $0.served) = ($0.connections + 1, $0.served + 1) } }
    func closed() { state.withLock { $0.connections -= 1 } }
    func received(_ bytes: Int) { state.withLock { ($0.messages, $0.bytes) = ($0.messages + 1, $0.bytes + bytes) } }
    func cutOff() { state.withLock { $0.cutOff += 1 } }

    /// The rate is that since the last call.
    func statusLine() -> String {
        state.withLock { state in
            let now = ContinuousClock.now
            let seconds = max(0.001, (now - state.lastTime) / .seconds(1))
            let rate = Int(Double(state.messages - state.lastMessages) / seconds)
            (state.lastMessages, state.lastTime) = (state.messages, now)
            return
                "\(state.connections) connections, \(rate) messages/s, \(state.messages) messages, \(state.cutOff) cut off"
        }
    }

    func lastLine() -> String {
        state.withLock {
            "stopped: \($0.served) connections served, \($0.messages) messages, \($0.bytes) bytes, \($0.cutOff) cut off"
        }
    }
}
