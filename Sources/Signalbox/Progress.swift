import Dispatcher

/// What a host is at, for whoever reports it: the step of its start or end that it waits for, and whether there was any
/// progress since one looked last.
package final class Progress: Sendable {
    /// Where a host is in its life.
    package enum Phase: Sendable { case starting, running, reloading, ending }

    package struct Snapshot: Sendable {
        package var phase = Phase.starting
        /// Rises with each step.
        package var steps: UInt64 = 0
        /// When the last step was taken.
        package var last = ContinuousClock.now
        /// The plugin whose start or end the host waits for.
        package var plugin: String?
        /// What the plugins have said of themselves, by name.
        package var texts: [String: String] = [:]
        /// Why the host ends, if it is by an error.
        package var failure: HostError?

        package init() {}
    }

    private struct State {
        var snapshot = Snapshot()
        var onEnd: [@Sendable () -> Void] = []
        /// When each plugin has told of progress in the start or stop that it is at.
        var told: [String: ContinuousClock.Instant] = [:]
    }
    private let state = Guarded(State())

    init() {}

    package var snapshot: Snapshot { state.withLock { $0.snapshot } }

    /// The host waits for this plugin now.
    func wait(for plugin: String?) {
        if let plugin { state.withLock { $0.told[plugin] = nil } }
        step { snapshot in
            snapshot.plugin = plugin
            if let plugin { snapshot.texts[plugin] = nil }
        }
    }

    /// When the plugin last told of progress, in the start or stop that it is at.
    func lastTold(by plugin: String) -> ContinuousClock.Instant? { state.withLock { $0.told[plugin] } }

    /// A plugin says that it has come further, and where it is.
    func told(_ text: String, by plugin: String) {
        state.withLock { $0.told[plugin] = .now }
        step { $0.texts[plugin] = text }
    }

    func hasStarted() {
        step { snapshot in
            snapshot.plugin = nil
            if snapshot.phase == .starting { snapshot.phase = .running }
        }
    }

    /// A reload begins, or is over.
    package func isReloading(_ isReloading: Bool) {
        step { snapshot in
            snapshot.plugin = nil
            let (from, to): (Phase, Phase) = isReloading ? (.running, .reloading) : (.reloading, .running)
            if snapshot.phase == from { snapshot.phase = to }
        }
    }

    func failed(_ error: HostError) { state.withLock { $0.snapshot.failure = $0.snapshot.failure ?? error } }

    /// The host has begun to end; who registered is told, once, unless it ends by an error or by cancellation.
    func ends(isGraceful: Bool = true) {
        let tell = state.withLock { state -> [@Sendable () -> Void] in
            state.snapshot.phase = .ending
            state.snapshot.steps += 1
            state.snapshot.last = .now
            defer { state.onEnd = [] }
            return isGraceful ? state.onEnd : []
        }
        for body in tell { body() }
    }

    /// Has `body` called when the host begins to end; not if it has already.
    package func onEnd(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onEnd.append(body) } }

    private func step(_ change: (inout Snapshot) -> Void) {
        state.withLock { state in
            change(&state.snapshot)
            state.snapshot.steps += 1
            state.snapshot.last = .now
        }
    }
}
