import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Signalbox

@Suite("The host of plugins", .serialized, .alone, .timeLimit(.minutes(2)))
struct HostTests {
    /// A plugin that logs its life.
    private struct Recorded: Plugin {
        var name: String
        var dependencies: [String] = []
        var log = Log<String>()
        var failsToStart = false
        var failsToRun = false
        /// Set when its start has begun.
        var isStarting = EventObject(.manual)
        /// What its start waits for.
        var mayStart: EventObject?

        func start(in context: PluginContext) async throws {
            isStarting.set()
            try await mayStart?.wait()
            if failsToStart { throw Failure(name: name) }
            log.add("start \(name)")
        }
        func run() async throws {
            log.add("run \(name)")
            if failsToRun { throw Failure(name: name) }
            try await gracefulShutdown()
        }
        func stop() async { log.add("stop \(name)") }
    }

    /// A plugin that leaves to the protocol all that it may.
    private struct Minimal: Plugin {
        let name = "minimal"
        func start(in context: PluginContext) async throws {}
    }

    private let log = Log<String>()
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    // ---- order

    @Test("plugins come after those that they depend on, otherwise as given", arguments: permutations(of: 3))
    func order(given: [Int]) throws {
        // c needs b, b needs a.
        let plugins = [
            Recorded(name: "a"), Recorded(name: "b", dependencies: ["a"]), Recorded(name: "c", dependencies: ["b"]),
        ]
        let ordered = try Host.ordered(given.map { plugins[$0] })
        #expect(ordered.map(\.name) == ["a", "b", "c"])
        let free = given.map { Recorded(name: "\($0)") }
        #expect(try Host.ordered(free).map(\.name) == given.map { "\($0)" })
    }

    @Test("a dependency that the host was not given is an error that names both")
    func missing() throws {
        let error = try #require(throws: HostError.self) {
            try Host(plugins: [Recorded(name: "a", dependencies: ["b"])])
        }
        #expect(error == .missingDependency(of: "a", "b"))
        #expect(error.description == "plugin a needs plugin b, which the host was not given")
    }

    @Test("two plugins of one name are an error that names it")
    func duplicate() throws {
        let error = try #require(throws: HostError.self) {
            try Host(plugins: [Recorded(name: "a"), Recorded(name: "a")])
        }
        #expect(error == .duplicateName("a"))
        #expect(error.description == "two plugins are named a")
    }

    @Test("plugins that depend on each other are an error that shows the circle")
    func circle() throws {
        let plugins = [
            Recorded(name: "a", dependencies: ["b"]), Recorded(name: "b", dependencies: ["c"]),
            Recorded(name: "c", dependencies: ["a"]),
        ]
        let error = try #require(throws: HostError.self) { try Host(plugins: plugins) }
        #expect(error == .circularDependency(["a", "b", "c", "a"]))
        #expect(error.description.contains("a → b → c → a"))
    }

    @Test("a plugin that depends on itself is a circle")
    func selfDependency() throws {
        #expect(throws: HostError.circularDependency(["a", "a"])) {
            try Host(plugins: [Recorded(name: "a", dependencies: ["a"])])
        }
    }

    // ---- start and stop

    @Test("plugins are started in order and stopped in reverse, each once")
    func startAndStop() async throws {
        let plugins = ["a", "b", "c"].map { Recorded(name: $0, log: log) }
        let host = try Host(plugins: plugins, logger: quiet)
        try await host.start()
        try await host.start()
        #expect(log.entries == ["start a", "start b", "start c"])
        await host.stop()
        await host.stop()
        #expect(log.entries.suffix(3) == ["stop c", "stop b", "stop a"] && log.count == 6)
    }

    @Test("when a plugin does not start, those that were started are stopped in reverse, and the error comes out")
    func failingStart() async throws {
        let plugins = [
            Recorded(name: "a", log: log), Recorded(name: "b", log: log),
            Recorded(name: "c", log: log, failsToStart: true),
            Recorded(name: "d", log: log),
        ]
        let host = try Host(plugins: plugins, logger: quiet)
        await #expect(throws: HostError.startFailed("c", Failure(name: "c"))) { try await host.start() }
        #expect(log.entries == ["start a", "start b", "stop b", "stop a"])
        #expect(!isSignaled(host.readiness.isReady.object))
    }

    @Test("a start after a failed start fails too")
    func startAfterFailure() async throws {
        let host = try Host(plugins: [Recorded(name: "a", log: log, failsToStart: true)], logger: quiet)
        await #expect(throws: HostError.startFailed("a", Failure(name: "a"))) { try await host.start() }
        await #expect(throws: HostError.startFailed("a", Failure(name: "a"))) { try await host.start() }
    }

    @Test("a second start, made during the first, returns when every plugin has started")
    func concurrentStart() async throws {
        let mayStart = EventObject(.manual)
        let plugin = Recorded(name: "slow", log: log, mayStart: mayStart)
        let host = try Host(plugins: [plugin], logger: quiet)
        async let first: Void = host.start()
        try await plugin.isStarting.wait()
        let returned = EventObject()
        let second = Task {
            try await host.start()
            returned.set()
        }
        #expect(try await !returned.wait(timeout: .milliseconds(20)))
        mayStart.set()
        try await first
        try await second.value
        #expect(log.entries == ["start slow"])
        await host.stop()
    }

    @Test("waitUntilStarted waits for the last plugin")
    func waitUntilStarted() async throws {
        let mayStart = EventObject(.manual)
        let host = try Host(
            plugins: [Recorded(name: "a", log: log), Recorded(name: "b", log: log, mayStart: mayStart)], logger: quiet)
        let told = Log<Int>()
        let waiting = Task {
            try await host.waitUntilStarted()
            told.add(log.count)
        }
        async let starting: Void = host.start()
        #expect(await eventually { log.count == 1 })
        #expect(told.count == 0)
        mayStart.set()
        try await starting
        try await waiting.value
        #expect(told.entries == [2])
        await host.stop()
    }

    // ---- run

    @Test("a service group runs the host: start, run, and at the graceful shutdown stop")
    func inServiceGroup() async throws {
        let host = try Host(
            plugins: [Recorded(name: "a", log: log), Minimal(), Recorded(name: "b", log: log)], logger: quiet)
        let group = ServiceGroup(services: [host], logger: quiet)
        async let running: Void = group.run()
        try await host.waitUntilStarted()
        #expect(await eventually { log.count == 4 })
        await group.triggerGracefulShutdown()
        try await running
        #expect(log.entries.prefix(2) == ["start a", "start b"])
        #expect(Set(log.entries[2...3]) == ["run a", "run b"])
        #expect(log.entries.suffix(2) == ["stop b", "stop a"])
    }

    @Test("a plugin that fails while it runs ends the host, which stops all plugins in reverse")
    func failingRun() async throws {
        let host = try Host(
            plugins: [Recorded(name: "a", log: log), Recorded(name: "b", log: log, failsToRun: true)], logger: quiet)
        await #expect(throws: HostError.runFailed("b", Failure(name: "b"))) { try await host.run() }
        #expect(log.entries.suffix(2) == ["stop b", "stop a"])
    }

    @Test("a plugin with nothing to run ends when another fails, even before its own run has begun")
    func failingRunOfAnother() async throws {
        for _ in 0..<100 {
            let host = try Host(plugins: [Recorded(name: "a", failsToRun: true), Minimal()], logger: quiet)
            await #expect(throws: HostError.runFailed("a", Failure(name: "a"))) { try await host.run() }
        }
    }

    @Test("cancelling the task that runs the host stops all plugins")
    func cancelledRun() async throws {
        let host = try Host(plugins: [Recorded(name: "a", log: log), Recorded(name: "b", log: log)], logger: quiet)
        let task = Task { try await host.run() }
        #expect(await eventually { log.count == 4 })
        task.cancel()
        _ = await task.result
        #expect(log.entries.suffix(2) == ["stop b", "stop a"])
    }

    // ---- readiness

    @Test("the service is ready when the host has started and every gate was opened", arguments: permutations(of: 3))
    func gates(order: [Int]) async throws {
        let host = try Host(plugins: [], logger: quiet)
        let readiness = host.readiness
        readiness.addGate("one")
        readiness.addGate("two")
        #expect(readiness.closed == ["one", "the host's start", "two"])
        for step in order {
            #expect(!isSignaled(readiness.isReady.object))
            switch step {
            case 0: readiness.open("one")
            case 1: readiness.open("two")
            default: try await host.start()
            }
        }
        #expect(isSignaled(readiness.isReady.object))
        #expect(readiness.closed.isEmpty)
        await host.stop()
    }

    @Test("opening a gate twice, or one that nobody has added, opens no other")
    func openTwice() async throws {
        let host = try Host(plugins: [], logger: quiet)
        host.readiness.addGate("one")
        host.readiness.addGate("two")
        host.readiness.open("one")
        host.readiness.open("one")
        host.readiness.open("three")
        try await host.start()
        #expect(host.readiness.closed == ["two"] && !isSignaled(host.readiness.isReady.object))
        host.readiness.open("two")
        #expect(isSignaled(host.readiness.isReady.object))
        await host.stop()
    }
}
