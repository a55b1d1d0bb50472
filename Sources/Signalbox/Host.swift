import Dispatcher
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
///
/// A plugin that misbehaves has a bounded outcome, which ``health`` tells and the log: each start and stop has a limit;
/// one that fails while it runs is treated as its ``Plugin/restartPolicy`` says. A task that ignores its cancellation
/// cannot be ended: it is left behind, with what it holds.
public actor Host: Service {
    /// Gates that hold back READY.
    public nonisolated let readiness = Readiness()
    /// The event loop that plugins share; it ends with the host, unless it was given one.
    public nonisolated let loop: EventLoop
    /// The names that plugins answer for.
    public nonisolated let objects = ObjectRegistry()

    let configuration: HostConfiguration
    nonisolated let progress = Progress()
    let logger: Logger
    /// In the order of dependencies.
    var members: [Member]
    nonisolated let reports: Guarded<[PluginReport]>
    /// Set when the host begins to stop, or to stop by an error.
    let isEnding = EventObject(.manual)
    let hasEscalated = EventObject(.manual)
    var escalation: HostError?
    /// The policies' time is counted from here.
    let began = ContinuousClock.now
    private var starting: Task<Void, any Error>?
    private var stopping: Task<Void, Never>?
    /// The last reload that was begun.
    var reloading: Task<Void, any Error>?
    private nonisolated let startHasEnded = EventObject(.manual)
    private let endsLoop: Bool

    /// Makes a host, which starts nothing but its event loop.
    ///
    /// `loop` is the event loop that plugins are to share, which stays the caller's: the host does not end it, and
    /// it must be driven until the host has stopped. nil: the host has one with a thread of its own.
    ///
    /// - Throws: `HostError` for dependencies that cannot be met; `IOError` if there is no event loop to be had.
    public init(
        plugins: [any Plugin], configuration: HostConfiguration = HostConfiguration(), loop: EventLoop? = nil,
        logger: Logger = Logger(label: "signalbox")
    ) throws {
        let ordered = try Host.ordered(plugins)
        members = ordered.map { Member($0, configuration, logger) }
        reports = Guarded(ordered.map { PluginReport(name: $0.name) })
        self.configuration = configuration
        self.logger = logger
        endsLoop = loop == nil
        self.loop = try loop ?? EventLoop(logger: logger)
    }

    // ---- what others ask

    /// What is known of each plugin at this moment, in the order in which they are started. Never waits; see
    /// ``checkHealth()``, too.
    public nonisolated var health: [PluginReport] { reports.withLock { $0 } }

    /// Opens an object by a name that a plugin has registered. See ``ObjectRegistry/open(_:access:)``.
    ///
    /// - Throws: `ObjectRegistryError.noSuchName`; else what the plugin's opener throws.
    public nonisolated func open(_ name: String, access: ObjectAccess = [.read, .write]) async throws
        -> any KernelObject
    {
        try await objects.open(name, access: access)
    }

    /// Waits until every plugin has started.
    ///
    /// - Throws: what the start threw, if it has failed; `CancellationError` if the task was cancelled first.
    public nonisolated func waitUntilStarted() async throws {
        try await startHasEnded.wait()
        try await start()  // has ended: tells how
    }

    // ---- start, run, stop

    /// Starts the plugins, and returns when each has; idempotent. One that is optional and does not start is passed
    /// over, with those that depend on it.
    ///
    /// - Throws: `HostError.startFailed` and `HostError.startTimedOut`; those that were started are stopped again.
    ///   `CancellationError` if the host is stopped meanwhile.
    public func start() async throws {
        // Whoever comes while the first is at it waits for the same end.
        let task = starting ?? Task { try await self.startPlugins() }
        starting = task
        try await task.value
    }

    private func startPlugins() async throws {
        defer { startHasEnded.set() }
        BlockedTasks.report()
        for index in members.indices {
            let plugin = members[index].plugin
            if let missing = plugin.dependencies.first(where: { name in !members.contains { $0.runs(name) } }) {
                giveUp(index, .failed, "needs plugin \(missing), which has not started")
                continue
            }
            do {
                try await startMember(index)
            } catch let error as HostError where plugin.isOptional {
                giveUp(index, .failed, error.description)
            } catch {
                if let error = error as? HostError { progress.failed(error) }
                await stopMembers()
                if endsLoop { loop.stop() }
                throw error
            }
        }
        progress.hasStarted()
        readiness.hostHasStarted()
    }

    /// Starts the plugins, runs them until the graceful shutdown, stops them.
    ///
    /// A shutdown that begins before the plugins have started ends the start: they are stopped, and this returns.
    ///
    /// - Throws: as ``start()``; `HostError.runFailed` and `HostError.returnedEarly` for a plugin whose policy is to
    ///   escalate; `CancellationError` if the task was cancelled. In each case the plugins have been stopped.
    public func run() async throws {
        let isEarly = EventObject(.manual)
        do {
            try await withGracefulShutdownHandler {
                try await start()
            } onGracefulShutdown: { [progress, isEnding] in
                // Before the plugin whose start is given up is stopped: who reports it knows it still.
                guard progress.snapshot.phase == .starting else { return }
                isEarly.set()
                progress.ends()
                isEnding.set()
            }
        } catch is CancellationError where Arena.local.isSignaled(isEarly.object) {
            return
        }
        let shutdown = EventObject(.manual)
        let end: Result<WaitResult, any Error> = await withGracefulShutdownHandler {
            // Here, so that the plugins' tasks know of the graceful shutdown, and after this host does.
            superviseAll()
            do {
                return .success(try await waitAny(hasEscalated, isEnding, shutdown))
            } catch {
                return .failure(error)
            }
        } onGracefulShutdown: { [progress] in
            progress.ends()
            shutdown.set()
        }
        await stop(isGraceful: (try? end.get()) == .satisfied(2))
        if let escalation { throw escalation }
        _ = try end.get()
    }

    /// Cancels what the plugins run, stops them, last started first, and ends the loop; idempotent.
    public func stop() async { await stop(isGraceful: false) }

    private func stop(isGraceful: Bool) async {
        // A task of its own: a host that is cancelled stops its plugins in order, too.
        let task = stopping ?? Task { await self.stopAll(isGraceful) }
        stopping = task
        await task.value
    }

    private func stopAll(_ isGraceful: Bool) async {
        if progress.snapshot.phase != .ending { progress.ends(isGraceful: isGraceful) }
        isEnding.set()
        _ = await starting?.result
        await endRuns(isGraceful)
        await stopMembers()
        if endsLoop { loop.stop() }
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
        // Who tells how the service is is there while the others start, and stop.
        for plugin in plugins where plugin is any ServiceManager { try visit(plugin) }
        for plugin in plugins { try visit(plugin) }
        return ordered
    }
}
