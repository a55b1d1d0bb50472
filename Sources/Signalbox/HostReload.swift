import Dispatcher
import Logging

extension Host {
    /// Has each plugin that runs read its configuration again, in the order in which they were started: the service stays
    /// what it is meanwhile. Who comes while another reload goes on waits for it, and then has one of its own, for what
    /// changed since the first began.
    ///
    /// All are asked, also if one fails. It is logged which did.
    ///
    /// - Throws: `HostError.reloadFailed` or `HostError.reloadTimedOut` for the first that failed. The plugin goes on as it
    ///   was, and so does the host.
    public func reload() async throws {
        let before = reloading
        let task = Task {
            _ = await before?.result
            try await self.reloadMembers()
        }
        reloading = task
        try await task.value
    }

    private func reloadMembers() async throws {
        progress.isReloading(true)
        defer { progress.isReloading(false) }
        var first: HostError?
        for index in members.indices where members[index].isStarted && !members[index].isRetired {
            do throws(HostError) {
                try await reloadMember(index)
            } catch {
                report(index, error.description)
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    private func reloadMember(_ index: Int) async throws(HostError) {
        let member = members[index]
        let plugin = member.plugin
        progress.wait(for: plugin.name)
        let outcome = await Bounded.call(
            member.startLimit, unless: [isEnding, member.isRetiring],
            lastProgress: { [progress] in progress.lastTold(by: plugin.name) }
        ) {
            try await plugin.reload()
        }
        switch outcome {
        // Who ends need not read anything again.
        case .returned, .interrupted: return
        case .threw(let error): throw .reloadFailed(plugin.name, error)
        case .timedOut: throw .reloadTimedOut(plugin.name, member.startLimit)
        }
    }
}
