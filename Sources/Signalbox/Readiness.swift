import Dispatcher

/// When a service is ready: once its host has started and every gate was opened.
public final class Readiness: Sendable {
    private struct State {
        var closed: Set<String> = ["the host's start"]
    }
    private let state = Guarded(State())
    /// Set when the last gate is open. It stays set: a service that has told its readiness cannot take it back.
    public let isReady = EventObject(.manual)

    init() {}

    /// Adds a gate. Must be called before the host is started, or by a plugin in its start; later, readiness may have
    /// been told already.
    public func addGate(_ name: String) { state.withLock { _ = $0.closed.insert(name) } }

    /// Opens a gate; idempotent.
    public func open(_ name: String) { open { $0 == name } }

    /// Gates that are still closed.
    public var closed: [String] { state.withLock { $0.closed.sorted() } }

    func hostHasStarted() { open("the host's start") }

    /// Opens the gates of a plugin that will not: the service can be ready without it.
    func openAll(of plugin: String) { open { $0.hasPrefix("\(plugin): ") } }

    private func open(_ isMeant: (String) -> Bool) {
        let isLast = state.withLock { state in
            let before = state.closed.count
            state.closed = state.closed.filter { !isMeant($0) }
            return state.closed.isEmpty && before > 0
        }
        if isLast { isReady.set() }
    }
}
