import Dispatcher
import Logging
import ServiceLifecycle
import TestSupport

@testable import Signalbox

/// What the plugins of these tests throw.
struct Failure: Error, Equatable { var name: String }

/// A plugin that does as it is told.
struct Puppet: Plugin {
    var name: String
    var dependencies: [String] = []
    var restartPolicy = RestartPolicy.escalate
    var isOptional = false
    var startTimeout: Duration?
    var stopTimeout: Duration?
    var onStart: @Sendable (PluginContext) async throws -> Void = { _ in }
    var onRun: @Sendable () async throws -> Void = { try await gracefulShutdown() }
    var onStop: @Sendable () async -> Void = {}
    var onHealth: @Sendable () async -> Health = { .healthy }

    func start(in context: PluginContext) async throws { try await onStart(context) }
    func run() async throws { try await onRun() }
    func stop() async { await onStop() }
    func health() async -> Health { await onHealth() }
}

/// A plugin that answers while it runs: the one that is to go on beside those that misbehave.
struct Witness: Plugin {
    let name = "witness"
    private let question = EventObject()
    private let answer = EventObject()
    let wasStopped = EventObject(.manual)

    func start(in context: PluginContext) async throws {}
    func run() async throws {
        let stop = StopEvent()
        try await stop.whileRunning {
            while try await waitAny(stop, question) == .satisfied(1) { answer.set() }
        }
    }
    func stop() async { wasStopped.set() }

    /// Whether it runs: asks it.
    func isRunning() async -> Bool {
        question.set()
        return (try? await answer.wait(timeout: .seconds(20))) ?? false
    }
}

/// Waits for the event whatever becomes of the task: a call that hangs and ignores its cancellation.
func hang(until event: EventObject) async { await Task { try? await event.wait() }.value }

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs the host in a service group, and `body` beside it once the plugins have started; then shuts the group down.
///
/// - Throws: what the group throws, if the body does not.
func running(_ host: Host, _ body: () async throws -> Void) async throws {
    let group = ServiceGroup(services: [host], logger: quietLogger)
    let task = Task { try await group.run() }
    do {
        try await host.waitUntilStarted()
        try await body()
    } catch {
        await group.triggerGracefulShutdown()
        _ = await task.result
        throw error
    }
    await group.triggerGracefulShutdown()
    try await task.value
}

extension Host {
    /// The report on one plugin.
    nonisolated func health(of name: String) -> PluginReport { health.first { $0.name == name }! }
    nonisolated func state(of name: String) -> PluginState { health(of: name).state }
}

extension HostConfiguration {
    /// Limits that a test can wait for.
    static var short: HostConfiguration {
        var configuration = HostConfiguration()
        configuration.startTimeout = .milliseconds(50)
        configuration.stopTimeout = .milliseconds(50)
        configuration.healthTimeout = .milliseconds(30)
        return configuration
    }
    /// Limits that no test reaches unless something hangs.
    static var long: HostConfiguration {
        var configuration = HostConfiguration()
        configuration.startTimeout = .seconds(60)
        configuration.stopTimeout = .seconds(60)
        return configuration
    }
}
