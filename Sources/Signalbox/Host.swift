public import Logging
public import ServiceLifecycle

/// Starts plugins in the order of their dependencies, runs them, and stops them in reverse.
///
/// A host is a service itself: give it to a `ServiceGroup`, before the services that use its plugins.
///
/// ```swift
/// let host = try Host(plugins: [OverlappedIO(), Systemd()])
/// let group = ServiceGroup(services: [host, service], gracefulShutdownSignals: [.sigterm], logger: logger)
/// try await group.run()
/// ```
public actor Host: Service {
    /// Gates that hold back READY.
    public nonisolated let readiness = Readiness()
    public nonisolated let loop: EventLoop
    private let plugins: [any Plugin]
    private let logger: Logger
    private var started: [any Plugin] = []
    private var starting: Task<Void, any Error>?
    private nonisolated let startHasEnded = EventObject(.manual)

    /// - Throws: `HostError` for dependencies that cannot be met; `IOError` if there is no event loop to be had.
    public init(plugins: [any Plugin], logger: Logger = Logger(label: "signalbox")) throws {
        self.plugins = try Host.ordered(plugins)
        self.logger = logger
        loop = try EventLoop()
    }

    /// Starts the plugins, and returns when each has; idempotent.
    ///
    /// - Throws: what a plugin's start threw; those that were started are stopped again.
    public func start() async throws {
        // Whoever comes while the first is at it waits for the same end.
        let task = starting ?? Task { try await self.startPlugins() }
        starting = task
        try await task.value
    }

    private func startPlugins() async throws {
        defer { startHasEnded.set() }
        for plugin in plugins {
            do {
                logger.debug("starting plugin \(plugin.name)")
                try await plugin.start(in: PluginContext(loop: loop, readiness: readiness, logger: logger))
                started.append(plugin)
            } catch {
                logger.error("plugin \(plugin.name) did not start: \(error)")
                await stop()
                throw error
            }
        }
        readiness.hostHasStarted()
    }

    /// Waits until every plugin has started.
    ///
    /// - Throws: what the start threw, if it has failed; `CancellationError` if the task was cancelled first.
    public nonisolated func waitUntilStarted() async throws {
        try await startHasEnded.wait()
        try await start()  // has ended: tells how
    }

    /// Starts the plugins, runs them until the graceful shutdown, stops them.
    public func run() async throws {
        try await start()
        let plugins = started
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for plugin in plugins { group.addTask { try await plugin.run() } }
                // Not `waitForAll()`, which tells a failure only when everyone has ended.
                while try await group.next() != nil {}
            }
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    /// Stops the plugins, last started first, and ends the loop; idempotent.
    public func stop() async {
        while let plugin = started.popLast() {
            logger.debug("stopping plugin \(plugin.name)")
            await plugin.stop()
        }
        loop.stop()
    }

    /// Orders plugins so that each comes after those it depends on; otherwise as given.
    static func ordered(_ plugins: [any Plugin]) throws(HostError) -> [any Plugin] {
        var byName: [String: any Plugin] = [:]
        for plugin in plugins {
            guard byName.updateValue(plugin, forKey: plugin.name) == nil else { throw .duplicateName(plugin.name) }
        }
        var ordered: [any Plugin] = []
        var visited: Set<String> = []
        var path: [String] = []
        func visit(_ plugin: any Plugin) throws(HostError) {
            guard !visited.contains(plugin.name) else { return }
            guard !path.contains(plugin.name) else { throw .circularDependency(path + [plugin.name]) }
            path.append(plugin.name)
            for name in plugin.dependencies {
                guard let needed = byName[name] else { throw .missingDependency(of: plugin.name, name) }
                try visit(needed)
            }
            path.removeLast()
            visited.insert(plugin.name)
            ordered.append(plugin)
        }
        for plugin in plugins { try visit(plugin) }
        return ordered
    }
}

/// Why a host cannot order its plugins.
public enum HostError: Error, Equatable, CustomStringConvertible {
    case duplicateName(String)
    case missingDependency(of: String, String)
    case circularDependency([String])

    public var description: String {
        switch self {
        case .duplicateName(let name): "two plugins are named \(name)"
        case .missingDependency(let plugin, let name):
            "plugin \(plugin) needs plugin \(name), which the host was not given"
        case .circularDependency(let path): "plugins depend on each other in a circle: \(path.joined(separator: " → "))"
        }
    }
}
