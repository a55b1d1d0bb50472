import Dispatcher
import Logging
import ServiceLifecycle

extension Host {
    // ---- run

    /// Has a task call each plugin's `run`; and one ask for their health, if that is wanted.
    func superviseAll() {
        for index in members.indices where members[index].isStarted && members[index].supervisor == nil {
            members[index].supervisor = Task { await self.supervise(index) }
        }
        guard let interval = configuration.healthInterval else { return }
        Task {
            while try await !isEnding.wait(timeout: interval) { await checkHealth() }
        }
    }

    /// Runs a plugin until the host ends, or the plugin's policy gives it up.
    private func supervise(_ index: Int) async {
        let plugin = members[index].plugin
        while !isOver(index) {
            let running = Task { try await plugin.run() }
            members[index].running = running
            let result = await running.result
            members[index].running = nil
            var failure: HostError
            switch result {
            case .failure(let error): failure = .runFailed(plugin.name, error)
            case .success: failure = .returnedEarly(plugin.name)
            }
            // Its plugins see the shutdown a moment before the host may have run.
            if isOver(index) || Task.isShuttingDownGracefully {
                if case .failure(let error) = result, !(error is CancellationError) {
                    await failedInShutdown(index, failure)
                }
                break
            }
            if await recover(index, from: &failure) == false { break }
        }
        members[index].runsHaveEnded.set()
    }

    private func isOver(_ index: Int) -> Bool {
        members[index].isRetired || Arena.local.isSignaled(isEnding.object)
    }

    private func failedInShutdown(_ index: Int, _ failure: HostError) async {
        report(index, failure.description)
        if members[index].policy.policy == .escalate { escalate(failure) }
    }

    private func escalate(_ failure: HostError) {
        escalation = escalation ?? failure
        progress.failed(failure)
        hasEscalated.set()
    }

    /// Does what the policy says about a failure. Returns whether the plugin was started again.
    private func recover(_ index: Int, from failure: inout HostError) async -> Bool {
        while true {
            report(index, failure.description)
            let action = members[index].policy.failed(at: began.duration(to: .now))
            switch members[index].isLeftBehind ? members[index].policy.beyond : action {
            case .escalate:
                escalate(failure)
                return false
            case .stop:
                await retire(index, as: .failed, because: failure.description)
                return false
            case .restart(let delay):
                set(index) { $0.state = .restarting }
                await stopMember(index, then: .restarting)
                if members[index].isLeftBehind { continue }
                if delay > .zero {
                    members[index].logger.notice("restarting plugin \(members[index].plugin.name) in \(delay)")
                    // Unless the host ends, or its dependency does, meanwhile.
                    _ = try? await waitAny(isEnding, members[index].isRetiring, timeout: delay)
                }
                guard !isOver(index) else {
                    set(index) { $0.state = .stopped }
                    return false
                }
                members[index].countRestart()
                set(index) { $0.restarts += 1 }
                do {
                    try await startMember(index)
                    return true
                } catch let error as HostError {
                    failure = error
                } catch {
                    return false
                }
            }
        }
    }

    // ---- the end of all

    /// Waits until every plugin's `run` has ended: in a graceful shutdown by itself first, then by cancellation.
    func endRuns(_ isGraceful: Bool) async {
        let began = ContinuousClock.now
        let supervised = members.indices.filter { members[$0].supervisor != nil }
        if !isGraceful { for index in supervised { members[index].running?.cancel() } }
        if isGraceful {
            for index in supervised {
                let limit = members[index].stopLimit
                progress.wait(for: members[index].plugin.name)
                guard await !hasEnded(index, within: limit - (.now - began)), let running = members[index].running
                else {
                    continue
                }
                report(index, "did not end within \(limit) of the shutdown: it is cancelled")
                running.cancel()
            }
        }
        let cancelled = ContinuousClock.now
        for index in supervised {
            let limit = members[index].stopLimit
            guard await !hasEnded(index, within: limit - (.now - cancelled)) else { continue }
            reportLeft(index, limit)
        }
    }

    // ---- health

    /// Asks every plugin that runs for its health, at once, within the limit of the configuration.
    ///
    /// - Returns: the report with the answers; also ``health``, later.
    @discardableResult public func checkHealth() async -> [PluginReport] {
        await withDiscardingTaskGroup { group in
            for index in members.indices where members[index].isStarted && !members[index].isAsked {
                members[index].isAsked = true
                group.addTask { await self.askHealth(index) }
            }
        }
        return health
    }

    private func askHealth(_ index: Int) async {
        let plugin = members[index].plugin
        // A task of its own: a caller who is cancelled gets an answer, too.
        let outcome = await Task {
            await Bounded.call(configuration.healthTimeout) {
                await plugin.health()
            } late: { health in
                await self.noteHealth(index, health)
            }
        }.value
        switch outcome {
        case .returned(let health): noteHealth(index, health)
        default:
            members[index].logger.warning(
                "plugin \(plugin.name) has not told its health within \(configuration.healthTimeout)")
            set(index) { $0.health = .unresponsive }
        }
    }

    private func noteHealth(_ index: Int, _ health: Health) {
        members[index].isAsked = false
        if health != .healthy, health != self.health[index].health {
            members[index].logger.warning("plugin \(members[index].plugin.name) is \(health)")
        }
        set(index) { $0.health = health }
    }
}
