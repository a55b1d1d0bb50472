import Dispatcher
public import Logging
public import ServiceLifecycle

/// A driver, or another part that a host starts, runs and stops.
///
/// The host calls `start` (in the order of dependencies), then `run` of all at once until the graceful shutdown, then
/// `stop` in reverse order.
public protocol Plugin: Service {
    /// Names the plugin among those of its host.
    var name: String { get }
    /// Names of plugins that are started before this one, and stopped after it.
    var dependencies: [String] { get }
    /// Registers what the plugin provides. Returning is the readiness gate: plugins that depend on it start then.
    func start(in context: PluginContext) async throws
    /// Gives back what `start` took.
    func stop() async
}

extension Plugin {
    public var dependencies: [String] { [] }
    public func stop() async {}
    /// Nothing to run: waits for the graceful shutdown.
    public func run() async throws { try await gracefulShutdown() }
}

/// What a host gives its plugins.
public struct PluginContext: Sendable {
    public let loop: EventLoop
    public let readiness: Readiness
    public let logger: Logger
}

/// When a service is ready: once its host has started and every gate was opened.
public final class Readiness: Sendable {
    private struct State {
        var closed: Set<String> = ["the host's start"]
        var isStopping = false
    }
    private let state = Guarded(State())
    /// Set when the last gate is open.
    public let isReady = EventObject(.manual)

    init() {}

    /// Adds a gate. Must be called before the host is started, or readiness may be told too early.
    public func addGate(_ name: String) { state.withLock { _ = $0.closed.insert(name) } }

    /// Opens a gate; idempotent.
    public func open(_ name: String) {
        let isOpen = state.withLock { state in
            state.closed.remove(name) != nil && state.closed.isEmpty
        }
        if isOpen { isReady.set() }
    }

    /// Gates that are still closed.
    public var closed: [String] { state.withLock { $0.closed.sorted() } }

    func hostHasStarted() { open("the host's start") }
}
