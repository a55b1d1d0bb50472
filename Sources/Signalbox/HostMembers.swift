import CoreMetrics
import Dispatcher
import Logging

extension Host {
    /// A plugin as its host keeps it.
    struct Member {
        let plugin: any Plugin
        let logger: Logger
        let startLimit, stopLimit: Duration
        var policy: RestartPolicy.State
        /// What it has registered; nil unless it is started, or starts.
        var owner: ObjectRegistry.Owner?
        /// Its key among those who observe threads.
        var observer: UInt64?
        var isStarted = false
        /// Set when it is not to be run or restarted any more.
        let isRetiring = EventObject(.manual)
        /// Its stop, while that is going on.
        var stopping: Task<Void, Never>?
        /// What calls its `run`, and sets `runsHaveEnded` when it does so no more.
        var supervisor: Task<Void, Never>?
        var running: Task<Void, any Error>?
        let runsHaveEnded = EventObject(.manual)
        /// A call of its start or stop was left behind at its limit, and may still go on.
        var isLeftBehind = false
        /// Its health is being asked for: a second question waits for nothing.
        var isAsked = false
        private let restarts: Counter
        private let starts, stops: Timer

        init(_ plugin: any Plugin, _ configuration: HostConfiguration, _ logger: Logger) {
            self.plugin = plugin
            var logger = logger
            logger[metadataKey: "plugin"] = "\(plugin.name)"
            self.logger = logger
            startLimit = plugin.startTimeout ?? configuration.startTimeout
            stopLimit = plugin.stopTimeout ?? configuration.stopTimeout
            policy = RestartPolicy.State(plugin.restartPolicy)
            let factory = configuration.metricsFactory ?? MetricsSystem.factory
            let label = [("plugin", plugin.name)]
            restarts = Counter(label: "signalbox_plugin_restarts", dimensions: label, factory: factory)
            starts = Timer(label: "signalbox_plugin_start", dimensions: label, factory: factory)
            stops = Timer(label: "signalbox_plugin_stop", dimensions: label, factory: factory)
        }

        var isRetired: Bool { Arena.local.isSignaled(isRetiring.object) }

        func runs(_ name: String) -> Bool { plugin.name == name && isStarted }

        func countRestart() { restarts.increment() }
        func record(start duration: Duration) { starts.recordNanoseconds(duration.wholeNanoseconds) }
        func record(stop duration: Duration) { stops.recordNanoseconds(duration.wholeNanoseconds) }
    }

    /// Starts a plugin, within its limit.
    func startMember(_ index: Int) async throws {
        let member = members[index]
        let (plugin, logger) = (member.plugin, member.logger)
        let owner = objects.makeOwner(plugin.name)
        members[index].owner = owner
        set(index) { $0.state = $0.state == .restarting ? .restarting : .starting }
        logger.debug("starting plugin \(plugin.name)")
        let context = PluginContext(
            loop: loop, readiness: readiness, logger: logger, objects: objects, owner: owner,
            hostProgress: progress, reloadHost: { [weak self] in try await self?.reload() },
            settings: configuration.settings)
        let began = ContinuousClock.now
        progress.wait(for: plugin.name)
        let outcome = await Bounded.call(
            member.startLimit, unless: [isEnding, member.isRetiring],
            lastProgress: { [progress] in progress.lastTold(by: plugin.name) }
        ) {
            try await plugin.start(in: context)
        } late: {
            logger.warning("plugin \(plugin.name) has started after its time was over: stopping it")
            await plugin.stop()
        }
        member.record(start: .now - began)
        let error: any Error
        switch outcome {
        case .returned:
            members[index].isStarted = true
            if let observer = plugin as? any ThreadObserver { members[index].observer = ThreadObservers.add(observer) }
            set(index) { $0.state = .running }
            return
        case .threw(let thrown): error = HostError.startFailed(plugin.name, thrown)
        case .timedOut:
            members[index].isLeftBehind = true
            error = HostError.startTimedOut(plugin.name, member.startLimit)
        case .interrupted: error = CancellationError()
        }
        withdraw(index)
        logger.error("\(error)")
        set(index) { ($0.state, $0.lastError) = (.failed, "\(error)") }
        throw error
    }

    /// Stops a plugin, within its limit, unless it is stopped already; who comes while that is going on waits for the
    /// same end.
    func stopMember(_ index: Int, then state: PluginState) async {
        if let stopping = members[index].stopping { return await stopping.value }
        guard members[index].isStarted else { return }
        members[index].isStarted = false
        let stopping = Task { await self.callStop(index, then: state) }
        members[index].stopping = stopping
        await stopping.value
        members[index].stopping = nil
    }

    private func callStop(_ index: Int, then state: PluginState) async {
        set(index) { $0.state = state == .restarting ? .restarting : .stopping }
        withdraw(index)
        let member = members[index]
        let plugin = member.plugin
        member.logger.debug("stopping plugin \(plugin.name)")
        let began = ContinuousClock.now
        progress.wait(for: plugin.name)
        let outcome = await Bounded.call(
            member.stopLimit, lastProgress: { [progress] in progress.lastTold(by: plugin.name) }
        ) {
            await plugin.stop()
        }
        progress.wait(for: nil)
        member.record(stop: .now - began)
        if case .timedOut = outcome {
            members[index].isLeftBehind = true
            report(index, "did not stop within \(member.stopLimit): its stop is left behind")
        }
        set(index) { $0.state = state }
    }

    /// Stops all plugins, last started first.
    func stopMembers() async {
        for index in members.indices.reversed() { await stopMember(index, then: .stopped) }
    }

    /// Stops a plugin for good while others go on; those that depend on it first.
    ///
    /// - Parameter state: `.failed` if its supervisor asks, which has nothing to wait for; else `.stopped`.
    func retire(_ index: Int, as state: PluginState, because reason: String) async {
        if !members[index].isRetired {
            members[index].isRetiring.set()
            giveUp(index, .stopping, reason)
            members[index].running?.cancel()
        }
        let name = members[index].plugin.name
        for other in members.indices.reversed()
        where members[other].supervisor != nil && members[other].plugin.dependencies.contains(name) {
            await retire(other, as: .stopped, because: "needs plugin \(name), which has failed")
        }
        let limit = members[index].stopLimit
        if state == .stopped, await !hasEnded(index, within: limit) { reportLeft(index, limit) }
        await stopMember(index, then: state)
        set(index) { $0.state = state }  // one whose restart failed had nothing to stop
    }

    /// Tells that the host goes on without the plugin.
    func giveUp(_ index: Int, _ state: PluginState, _ reason: String) {
        members[index].logger.error("the host goes on without plugin \(members[index].plugin.name): \(reason)")
        set(index) { ($0.state, $0.lastError) = (state, reason) }
        readiness.openAll(of: members[index].plugin.name)
    }

    /// Whether the plugin's `run` is over and will not be called again, in time.
    func hasEnded(_ index: Int, within limit: Duration) async -> Bool {
        (try? await members[index].runsHaveEnded.wait(timeout: limit)) ?? false
    }

    /// Takes back what a plugin registered.
    private func withdraw(_ index: Int) {
        if let owner = members[index].owner.take() { objects.withdraw(owner) }
        Heartbeats.shared.endAll(of: members[index].plugin.name)
        if let observer = members[index].observer.take() { ThreadObservers.remove(observer) }
    }

    /// Tells that the plugin's `run` ignores its cancellation, if it is that which has not ended.
    func reportLeft(_ index: Int, _ limit: Duration) {
        guard members[index].running != nil else { return }
        report(index, "did not end within \(limit) of its cancellation: its run is left behind")
    }

    func report(_ index: Int, _ problem: String) {
        // Journal and status have the line alone, without the logger's metadata.
        let line = problem.hasPrefix("did not") ? "plugin \(members[index].plugin.name) \(problem)" : problem
        members[index].logger.error("\(line)")
        set(index) { $0.lastError = problem }
    }

    nonisolated func set(_ index: Int, _ change: (inout PluginReport) -> Void) {
        reports.withLock { change(&$0[index]) }
    }
}

extension Duration {
    /// For a metric: an Int64 holds 292 years.
    fileprivate var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
