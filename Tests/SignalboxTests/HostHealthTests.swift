import Configuration
import Dispatcher
import Logging
import MetricsTestKit
import SignalboxConfiguration
import TestSupport
import Testing

@testable import Signalbox

@Suite("What a host tells of its plugins, and they of themselves", .serialized, .alone, .timeLimit(.minutes(2)))
struct HostHealthTests {
    private let log = Log<String>()
    private let release = EventObject(.manual)
    private let witness = Witness()

    // ---- health

    @Test("the report lists the plugins in the order of their start, with state and health")
    func report() async throws {
        let plugins = [
            Puppet(name: "b", dependencies: ["a"], onHealth: { .degraded("slow") }),
            Puppet(name: "a"), Puppet(name: "c", onHealth: { .failed("gone") }),
        ]
        let host = try Host(plugins: plugins, configuration: .long, logger: quietLogger)
        #expect(host.health.map(\.name) == ["a", "b", "c"])
        #expect(host.health.allSatisfy { $0.state == .waiting && $0.health == .healthy })
        try await running(host) {
            #expect(host.health.allSatisfy { $0.state == .running && $0.health == .healthy })
            let asked = await host.checkHealth()
            #expect(asked.map(\.health) == [.healthy, .degraded("slow"), .failed("gone")])
            #expect(host.health == asked)
        }
        #expect(host.health.allSatisfy { $0.state == .stopped && $0.restarts == 0 && $0.lastError == nil })
    }

    @Test("a plugin that never tells its health is unresponsive at the limit, and asked but once; the others go on")
    func unresponsive() async throws {
        let silent = Puppet(
            name: "silent",
            onHealth: {
                log.add("asked")
                await hang(until: release)
                return .degraded("late")
            })
        let host = try Host(plugins: [silent, witness], configuration: .short, logger: quietLogger)
        try await running(host) {
            for _ in 0..<3 {
                await host.checkHealth()
                #expect(host.health(of: "silent").health == .unresponsive)
                #expect(host.health(of: "witness").health == .healthy)
            }
            #expect(log.count == 1)
            #expect(await witness.isRunning())
            // An answer that comes late counts.
            release.set()
            #expect(await eventually { host.health(of: "silent").health == .degraded("late") })
        }
    }

    @Test("with an interval, a running host asks by itself, and no more when it has ended")
    func interval() async throws {
        var configuration = HostConfiguration.long
        configuration.healthInterval = .milliseconds(5)
        let plugin = Puppet(
            name: "asked",
            onHealth: {
                log.add("asked")
                return log.count < 3 ? .healthy : .degraded("tired")
            })
        let host = try Host(plugins: [plugin], configuration: configuration, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.health(of: "asked").health == .degraded("tired") })
        }
        let count = log.count
        #expect(count >= 3)
        #expect(try await !EventObject().wait(timeout: .milliseconds(30)))
        #expect(log.count <= count + 1)
    }

    // ---- readiness

    @Test("a plugin's gate holds back readiness, under the plugin's name")
    func gate() async throws {
        let contexts = Log<PluginContext>()
        let plugin = Puppet(
            name: "slow",
            onStart: {
                $0.addGate("first reading")
                contexts.add($0)
            })
        let host = try Host(plugins: [plugin], configuration: .long, logger: quietLogger)
        try await host.start()
        #expect(host.readiness.closed == ["slow: first reading"] && !isSignaled(host.readiness.isReady.object))
        contexts.entries[0].openGate("first reading")
        #expect(isSignaled(host.readiness.isReady.object))
        await host.stop()
    }

    @Test("a plugin that is stopped by its policy, or is optional and does not start, holds back nothing")
    func gateOfTheFailed() async throws {
        let mayFail = EventObject(.manual)
        let stopped = Puppet(
            name: "stopped", restartPolicy: .stop, onStart: { $0.addGate("x") },
            onRun: {
                try await mayFail.wait()
                throw Failure(name: "stopped")
            })
        let optional = Puppet(
            name: "optional", isOptional: true,
            onStart: {
                $0.addGate("y")
                throw Failure(name: "optional")
            })
        let host = try Host(plugins: [stopped, optional], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(host.readiness.closed == ["stopped: x"])
            mayFail.set()
            try await host.readiness.isReady.wait()
        }
    }

    // ---- settings, figures, logs

    @Test("a plugin is given the settings under its name, from the reader of the configuration")
    func settings() async throws {
        let provider = InMemoryProvider(values: [
            ["one", "period"]: 5, ["two", "period"]: 7, ["period"]: 9,
        ])
        let plugins = ["one", "two", "three"].map { name in
            Puppet(name: name, onStart: { log.add("\(name) \($0.configuration.int(forKey: "period", default: 0))") })
        }
        let host = try Host(
            plugins: plugins, configuration: HostConfiguration(reader: ConfigReader(provider: provider)),
            logger: quietLogger)
        try await host.start()
        #expect(log.entries == ["one 5", "two 7", "three 0"])
        await host.stop()
    }

    @Test("starts, stops and restarts are counted, labelled with the plugin")
    func figures() async throws {
        let metrics = TestMetrics()
        var configuration = HostConfiguration.long
        configuration.metricsFactory = metrics
        let runs = Counter()
        let plugin = Puppet(
            name: "bad", restartPolicy: .restart(backoff: .none, intensity: .init(2), beyond: .stop),
            onRun: {
                runs.add()
                throw Failure(name: "bad")
            })
        let host = try Host(plugins: [plugin, witness], configuration: configuration, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "bad") == .failed })
        }
        func count(_ timer: String, _ plugin: String) throws -> Int {
            try metrics.expectTimer(timer, [("plugin", plugin)]).values.count
        }
        #expect(try metrics.expectCounter("signalbox_plugin_restarts", [("plugin", "bad")]).totalValue == 2)
        #expect(try metrics.expectCounter("signalbox_plugin_restarts", [("plugin", "witness")]).totalValue == 0)
        #expect(try count("signalbox_plugin_start", "bad") == 3 && count("signalbox_plugin_stop", "bad") == 3)
        #expect(try count("signalbox_plugin_start", "witness") == 1 && count("signalbox_plugin_stop", "witness") == 1)
    }

    /// Logs the plugin of each message that has one, and the text of what is worse than a notice.
    private struct Handler: LogHandler {
        let log: Log<String>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            guard let plugin = metadata["plugin"], event.level >= .warning else { return }
            log.add("\(plugin): \(event.message)")
        }
    }

    @Test("a plugin's messages, and the host's about it, carry its name")
    func logs() async throws {
        let logger = Logger(label: "test") { _ in Handler(log: log) }
        let plugin = Puppet(
            name: "bad", isOptional: true,
            onStart: {
                $0.logger.warning("oh")
                throw Failure(name: "bad")
            })
        let host = try Host(plugins: [plugin], configuration: .long, logger: logger)
        try await host.start()
        let error = HostError.startFailed("bad", Failure(name: "bad"))
        #expect(
            log.entries == ["bad: oh", "bad: \(error)", "bad: the host goes on without plugin bad: \(error)"])
        await host.stop()
    }
}
