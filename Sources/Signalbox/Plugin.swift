public import Logging
public import ServiceLifecycle

/// A driver, or another part that a host starts, runs and stops.
///
/// The host calls `start` (in the order of dependencies), then `run` of all at once until the graceful shutdown, then
/// `stop` in reverse order. A plugin that is restarted by its policy goes through all three again, so `start` must cope
/// with having been called before. No two of these calls are made at the same time, unless one was left behind at its
/// limit.
public protocol Plugin: Service {
    /// Names the plugin among those of its host, in its logs, figures and configuration.
    var name: String { get }
    /// Names of plugins that are started before this one, and stopped after it.
    var dependencies: [String] { get }
    /// What the host does when `run` throws, or returns before the shutdown: by default it ends with the error. A
    /// plugin with nothing to run keeps the `run` of the protocol.
    var restartPolicy: RestartPolicy { get }
    /// Whether the host can do without the plugin: then a start that fails takes only those with it that depend on it.
    /// By default it cannot, and does not start.
    var isOptional: Bool { get }
    /// How long `start` may take without telling of progress (``PluginContext/progress(_:)``); nil: what the host's
    /// configuration says. At the limit its task is cancelled and left behind; should it succeed later still, `stop` is
    /// called.
    var startTimeout: Duration? { get }
    /// How long `run` may take to end when the shutdown begins, and `stop` to return; nil: what the host's configuration
    /// says. At the limit `run` is cancelled, and may take as long again; then, as a late `stop`, it is left behind, and
    /// the host goes on.
    var stopTimeout: Duration? { get }
    /// Registers what the plugin provides. Returning is the readiness gate: plugins that depend on it start then.
    ///
    /// What was registered through the context is withdrawn if this throws; the rest is for `start` to give back.
    func start(in context: PluginContext) async throws
    /// Reads its configuration again, while it runs: asked for by ``Host/reload()``, which the `Systemd` plugin calls when
    /// the service is reloaded. By default there is nothing to read. The plugin goes on as it was if this throws, or takes
    /// longer than a start may.
    func reload() async throws
    /// Gives back what `start` took. Called once after each `start` that has returned, when `run` has ended or was
    /// left behind.
    func stop() async
    /// Says how the plugin is. Asked from the host's running on, by one caller at a time; who does not answer within
    /// ``HostConfiguration/healthTimeout`` counts as unresponsive until the answer comes.
    func health() async -> Health
}

extension Plugin {
    public var dependencies: [String] { [] }
    public var restartPolicy: RestartPolicy { .escalate }
    public var isOptional: Bool { false }
    public var startTimeout: Duration? { nil }
    public var stopTimeout: Duration? { nil }
    public func stop() async {}
    public func reload() async throws {}
    public func health() async -> Health { .healthy }
    /// Nothing to run: waits for the graceful shutdown.
    public func run() async throws { try await gracefulShutdown() }
}

/// What a host gives a plugin, for one life from `start` to `stop`.
///
/// With `import SignalboxConfiguration` also, as `configuration`, the plugin's settings.
public struct PluginContext: Sendable {
    /// The host's event loop: plugins may have their actors run on its executor.
    public let loop: EventLoop
    /// The gates of the whole service; the plugin's own are ``addGate(_:)``.
    public let readiness: Readiness
    /// Tells the plugin's name with each message, as the metadata `plugin`.
    public let logger: Logger
    /// The names of all plugins of the host.
    public let objects: ObjectRegistry
    let owner: ObjectRegistry.Owner
    /// What the host is at.
    package let hostProgress: Progress
    /// Calls the host's reload.
    package let reloadHost: @Sendable () async throws -> Void
    /// What SignalboxConfiguration has plugins read.
    package let settings: (any Sendable)?

    /// The plugin's name.
    public var name: String { owner.plugin }

    /// Answers for one name, whatever its case: `COM1`. See ``ObjectRegistry``.
    ///
    /// - Throws: `ObjectRegistryError.conflict`, which tells who has the name; `.emptyName`; `.ownerHasStopped`.
    public func registerName(
        _ name: String, _ open: @escaping ObjectRegistry.Opener
    ) throws(ObjectRegistryError) {
        try objects.register(name, isPrefix: false, owner: owner, open)
    }

    /// Answers for all names that begin with `prefix`, but for those that have a longer one registered: `\\.\pipe\`.
    ///
    /// - Throws: as ``registerName(_:_:)``.
    public func registerPrefix(
        _ prefix: String, _ open: @escaping ObjectRegistry.Opener
    ) throws(ObjectRegistryError) {
        try objects.register(prefix, isPrefix: true, owner: owner, open)
    }

    /// Holds back the service's readiness until ``openGate(_:)``; for `start` to call. Listed by
    /// ``Readiness/closed`` as "plugin: name". A plugin that is stopped by its policy, or did not start and is optional,
    /// holds back nothing.
    public func addGate(_ name: String) { readiness.addGate("\(owner.plugin): \(name)") }

    /// Tells that a slow start, reload or stop gets on, and where it is: a line of a few words. What limits its time counts from
    /// here again, also the service manager's, and `systemctl status` shows the line. May be called often.
    ///
    /// ```swift
    /// for (number, file) in files.enumerated() {
    ///     try await replay(file)
    ///     context.progress("replayed \(number + 1) of \(files.count) files")
    /// }
    /// ```
    public func progress(_ text: String) { hostProgress.told(text, by: owner.plugin) }

    /// Begins a heartbeat of the plugin: from now on the watchdog wants to hear it. It ends with ``Heartbeat/end()``, or
    /// when the plugin is stopped.
    ///
    /// - Parameters:
    ///   - name: of the part that beats; told as "plugin: name".
    ///   - limit: the longest time between two beats; nil: half of the watchdog's.
    public func heartbeat(_ name: String, within limit: Duration? = nil) -> Heartbeat {
        Heartbeats.shared.add("\(owner.plugin): \(name)", within: limit)
    }

    /// Opens a gate of the plugin; idempotent.
    public func openGate(_ name: String) { readiness.open("\(owner.plugin): \(name)") }
}
