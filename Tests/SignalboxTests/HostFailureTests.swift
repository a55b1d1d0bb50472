import Dispatcher
import ServiceLifecycle
import TestSupport
import Testing

@testable import Signalbox

@Suite("Plugins that misbehave", .serialized, .alone, .timeLimit(.minutes(2)))
struct HostFailureTests {
    private let log = Log<String>()
    /// Ends what hangs, and is left behind, at the end of a test.
    private let release = EventObject(.manual)
    private let witness = Witness()

    // ---- start

    @Test("an optional plugin that throws at start is reported, and the others go on")
    func throwsAtStart() async throws {
        let bad = Puppet(name: "bad", isOptional: true, onStart: { _ in throw Failure(name: "bad") })
        let host = try Host(plugins: [bad, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await witness.isRunning())
            let report = host.health(of: "bad")
            #expect(report.state == .failed)
            #expect(report.lastError == HostError.startFailed("bad", Failure(name: "bad")).description)
            #expect(host.state(of: "witness") == .running)
            #expect(isSignaled(host.readiness.isReady.object))
        }
        #expect(isSignaled(witness.wasStopped.object))
    }

    @Test("a failed start of an optional plugin takes those with it that depend on it, and no others")
    func dependants() async throws {
        let bad = Puppet(name: "bad", isOptional: true, onStart: { _ in throw Failure(name: "bad") })
        let one = Puppet(name: "one", dependencies: ["bad"], onStart: { _ in log.add("one") })
        let two = Puppet(name: "two", dependencies: ["one"], onStart: { _ in log.add("two") })
        let host = try Host(plugins: [bad, one, two, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await witness.isRunning())
            #expect(log.count == 0)
            #expect(["bad", "one", "two"].map { host.state(of: $0) } == [.failed, .failed, .failed])
            #expect(host.health(of: "one").lastError == "needs plugin bad, which has not started")
            #expect(host.health(of: "two").lastError == "needs plugin one, which has not started")
        }
    }

    @Test(
        "a start that hangs is left behind at its limit: an error that names the plugin; others are stopped in reverse")
    func hangsInStart() async throws {
        let hung = Puppet(
            name: "hung", startTimeout: .milliseconds(30), onStart: { _ in await hang(until: release) },
            onStop: { log.add("stop hung") })
        let others = ["a", "b"].map { name in Puppet(name: name, onStop: { log.add("stop \(name)") }) }
        let host = try Host(plugins: others + [hung], configuration: .long, logger: quietLogger)
        await #expect(throws: HostError.startTimedOut("hung", .milliseconds(30))) { try await host.run() }
        #expect(log.entries == ["stop b", "stop a"])
        #expect(host.state(of: "hung") == .failed && host.state(of: "a") == .stopped)
        // It succeeds too late, and is stopped then.
        release.set()
        #expect(await eventually { log.entries.last == "stop hung" })
    }

    @Test("a start of an optional plugin that hangs is left behind, and the others go on")
    func optionalHangsInStart() async throws {
        let hung = Puppet(name: "hung", isOptional: true, onStart: { _ in await hang(until: release) })
        let host = try Host(plugins: [hung, witness], configuration: .short, logger: quietLogger)
        try await running(host) {
            #expect(await witness.isRunning())
            #expect(host.health(of: "hung").lastError == HostError.startTimedOut("hung", .milliseconds(50)).description)
        }
        release.set()
    }

    @Test("a start that hangs is told of its cancellation")
    func startIsCancelled() async throws {
        let never = EventObject()
        let hung = Puppet(
            name: "hung", isOptional: true, startTimeout: .milliseconds(20),
            onStart: { _ in
                do { try await never.wait() } catch { log.add("\(type(of: error))") }
            })
        let host = try Host(plugins: [hung], configuration: .long, logger: quietLogger)
        try await host.start()
        #expect(await eventually { log.entries == ["CancellationError"] })
        await host.stop()
    }

    @Test("a host that is stopped while it starts stops those that have started")
    func stoppedWhileStarting() async throws {
        let isStarting = EventObject(.manual)
        let slow = Puppet(
            name: "slow",
            onStart: { _ in
                isStarting.set()
                await hang(until: release)
            })
        let host = try Host(plugins: [witness, slow], configuration: .long, logger: quietLogger)
        let starting = Task { try await host.start() }
        try await isStarting.wait()
        await host.stop()
        #expect(isSignaled(witness.wasStopped.object))
        await #expect(throws: CancellationError.self) { try await starting.value }
        release.set()
    }

    // ---- stop

    @Test("a stop that hangs is left behind at its limit, and the others are stopped")
    func hangsInStop() async throws {
        let hung = Puppet(name: "hung", onStop: { await hang(until: release) })
        let last = Puppet(name: "last", onStop: { log.add("stop last") })
        let host = try Host(plugins: [witness, hung, last], configuration: .short, logger: quietLogger)
        let clock = ContinuousClock()
        let began = clock.now
        try await running(host) { #expect(await witness.isRunning()) }
        #expect(clock.now - began < .seconds(20))
        #expect(log.entries == ["stop last"] && isSignaled(witness.wasStopped.object))
        #expect(host.health(of: "hung").lastError?.hasPrefix("did not stop within") == true)
        #expect(host.health(of: "witness").lastError == nil)
        release.set()
    }

    @Test("a run that heeds no shutdown is cancelled, and ends by that")
    func ignoresShutdown() async throws {
        let never = EventObject()
        let deaf = Puppet(name: "deaf", onRun: { try await never.wait() }, onStop: { log.add("stop deaf") })
        let host = try Host(plugins: [witness, deaf], configuration: .short, logger: quietLogger)
        try await running(host) { #expect(await witness.isRunning()) }
        #expect(log.entries == ["stop deaf"] && isSignaled(witness.wasStopped.object))
        #expect(host.health(of: "deaf").lastError?.contains("of the shutdown: it is cancelled") == true)
        #expect(host.health(of: "witness").lastError == nil)
    }

    @Test("a run that heeds neither shutdown nor cancellation is left behind, and the others are stopped")
    func hangsInRun() async throws {
        let hung = Puppet(name: "hung", onRun: { await hang(until: release) }, onStop: { log.add("stop hung") })
        let host = try Host(plugins: [witness, hung], configuration: .short, logger: quietLogger)
        try await running(host) { #expect(await witness.isRunning()) }
        #expect(log.entries == ["stop hung"] && isSignaled(witness.wasStopped.object))
        #expect(host.health(of: "hung").lastError?.hasSuffix("its run is left behind") == true)
        release.set()
    }

    // ---- run

    @Test("to stop: a plugin that throws from run is stopped and reported, and the others go on")
    func stopPolicy() async throws {
        let bad = Puppet(
            name: "bad", restartPolicy: .stop, onRun: { throw Failure(name: "bad") }, onStop: { log.add("stop bad") })
        let host = try Host(plugins: [bad, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "bad") == .failed && log.entries == ["stop bad"] })
            #expect(await witness.isRunning())
            #expect(host.health(of: "bad").lastError == HostError.runFailed("bad", Failure(name: "bad")).description)
        }
        #expect(log.entries == ["stop bad"])
        #expect(host.state(of: "bad") == .failed && host.state(of: "witness") == .stopped)
    }

    @Test("to stop: those that depend on the plugin are stopped before it, and the others go on")
    func stopPolicyTakesDependants() async throws {
        let mayFail = EventObject(.manual)
        let bad = Puppet(
            name: "bad", restartPolicy: .stop,
            onRun: {
                try await mayFail.wait()
                throw Failure(name: "bad")
            }, onStop: { log.add("stop bad") })
        let one = Puppet(name: "one", dependencies: ["bad"], onStop: { log.add("stop one") })
        let two = Puppet(name: "two", dependencies: ["one", "bad"], onStop: { log.add("stop two") })
        let host = try Host(plugins: [bad, one, two, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            mayFail.set()
            #expect(await eventually { host.state(of: "bad") == .failed && log.count == 3 })
            #expect(log.entries == ["stop two", "stop one", "stop bad"])
            #expect(host.state(of: "one") == .stopped && host.state(of: "two") == .stopped)
            #expect(host.health(of: "one").lastError == "needs plugin bad, which has failed")
            #expect(await witness.isRunning())
        }
        #expect(log.count == 3)
    }

    @Test("to escalate: the host ends with an error that names the plugin, and stops all in reverse")
    func escalatePolicy() async throws {
        let bad = Puppet(name: "bad", onRun: { throw Failure(name: "bad") }, onStop: { log.add("stop bad") })
        let host = try Host(plugins: [witness, bad], configuration: .long, logger: quietLogger)
        let error = try await #require(throws: HostError.self) { try await host.run() }
        #expect(error.plugin == "bad" && error.underlying as? Failure == Failure(name: "bad"))
        #expect(log.entries == ["stop bad"] && isSignaled(witness.wasStopped.object))
    }

    @Test("to restart: the plugin is stopped and started again, and the others go on")
    func restartPolicy() async throws {
        let runs = Counter()
        let bad = Puppet(
            name: "bad", restartPolicy: .restart(backoff: .none, intensity: .init(2)),
            onStart: { _ in log.add("start") },
            onRun: {
                runs.add()
                if runs.value <= 2 { throw Failure(name: "bad") }
                try await gracefulShutdown()
            }, onStop: { log.add("stop") })
        let host = try Host(plugins: [bad, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { runs.value == 3 })
            #expect(log.entries == ["start", "stop", "start", "stop", "start"])
            let report = host.health(of: "bad")
            #expect(report.restarts == 2 && report.state == .running)
            #expect(report.lastError == HostError.runFailed("bad", Failure(name: "bad")).description)
            #expect(await witness.isRunning())
        }
        #expect(log.count == 6)
    }

    @Test("to restart, but too often: the host ends with the error, or only the plugin does")
    func restartTooOften() async throws {
        func plugin(_ beyond: RestartPolicy.Beyond) -> Puppet {
            Puppet(
                name: "bad", restartPolicy: .restart(backoff: .none, intensity: .init(3), beyond: beyond),
                onRun: { throw Failure(name: "bad") })
        }
        let failing = try Host(plugins: [plugin(.escalate)], configuration: .long, logger: quietLogger)
        await #expect(throws: HostError.runFailed("bad", Failure(name: "bad"))) { try await failing.run() }
        #expect(failing.health(of: "bad").restarts == 3)

        let host = try Host(plugins: [plugin(.stop), witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "bad") == .failed })
            #expect(host.health(of: "bad").restarts == 3)
            #expect(await witness.isRunning())
        }
    }

    @Test("a restart whose start fails is a failure as well, which the policy counts")
    func restartFailsToStart() async throws {
        let starts = Counter()
        let bad = Puppet(
            name: "bad", restartPolicy: .restart(backoff: .none, intensity: .init(2), beyond: .stop),
            onStart: { _ in
                starts.add()
                if starts.value > 1 { throw Failure(name: "start") }
            }, onRun: { throw Failure(name: "run") }, onStop: { log.add("stop") })
        let host = try Host(plugins: [bad, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "bad") == .failed && starts.value == 3 })
            #expect(
                host.health(of: "bad").lastError == HostError.startFailed("bad", Failure(name: "start")).description)
            #expect(await witness.isRunning())
        }
        // Only the start that succeeded is taken back.
        #expect(log.entries == ["stop"])
    }

    @Test("a plugin whose stop hangs is not restarted, so that two of its lives never meet; the others go on")
    func restartAfterHungStop() async throws {
        let bad = Puppet(
            name: "bad", restartPolicy: .restart(backoff: .none, beyond: .stop), stopTimeout: .milliseconds(20),
            onStart: { _ in log.add("start") }, onRun: { throw Failure(name: "bad") },
            onStop: { await hang(until: release) })
        let host = try Host(plugins: [bad, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "bad") == .failed })
            #expect(log.entries == ["start"] && host.health(of: "bad").restarts == 0)
            #expect(await witness.isRunning())
        }
        release.set()
    }

    @Test("a plugin whose restart hangs in its start is not restarted again; should it succeed late, it is stopped")
    func restartHangsInStart() async throws {
        let starts = Counter()
        let bad = Puppet(
            name: "bad", restartPolicy: .restart(backoff: .none, beyond: .stop), startTimeout: .milliseconds(20),
            onStart: { _ in
                starts.add()
                if starts.value > 1 { await hang(until: release) }
            }, onRun: { throw Failure(name: "bad") }, onStop: { log.add("stop") })
        let host = try Host(plugins: [bad, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "bad") == .failed && log.count == 1 })
            #expect(starts.value == 2 && host.health(of: "bad").restarts == 1)
            #expect(await witness.isRunning())
            release.set()
            #expect(await eventually { log.entries == ["stop", "stop"] })
        }
    }

    @Test("a restart that waits does not hold up the end of the host")
    func endDuringBackoff() async throws {
        let bad = Puppet(
            name: "bad", restartPolicy: .restart(backoff: .constant(.seconds(3600))),
            onRun: { throw Failure(name: "bad") })
        let host = try Host(plugins: [bad, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "bad") == .restarting })
            #expect(await witness.isRunning())
        }
        #expect(isSignaled(witness.wasStopped.object))
        #expect(host.health(of: "bad").restarts == 0 && host.state(of: "bad") == .stopped)
    }

    @Test("a return from run before the shutdown is a failure, and treated by the policy")
    func returnsEarly() async throws {
        let stopping = Puppet(name: "short", restartPolicy: .stop, onRun: {})
        let host = try Host(plugins: [stopping, witness], configuration: .long, logger: quietLogger)
        try await running(host) {
            #expect(await eventually { host.state(of: "short") == .failed })
            #expect(host.health(of: "short").lastError == "plugin short returned from run before the shutdown")
            #expect(await witness.isRunning())
        }
        let escalating = try Host(
            plugins: [Puppet(name: "short", onRun: {})], configuration: .long, logger: quietLogger)
        await #expect(throws: HostError.returnedEarly("short")) { try await escalating.run() }
    }

    @Test(
        "a plugin that fails in the shutdown is not restarted; one that escalates makes the host fail, when all are stopped"
    )
    func failsInShutdown() async throws {
        let restarting = Puppet(
            name: "restarting", restartPolicy: .restart(backoff: .none),
            onRun: {
                try await gracefulShutdown()
                throw Failure(name: "restarting")
            })
        let first = try Host(plugins: [witness, restarting], configuration: .long, logger: quietLogger)
        try await running(first) { #expect(await witness.isRunning()) }
        #expect(first.health(of: "restarting").restarts == 0)
        #expect(first.health(of: "restarting").lastError != nil)

        let escalating = Puppet(
            name: "escalating",
            onRun: {
                try await gracefulShutdown()
                throw Failure(name: "escalating")
            })
        let other = Witness()
        let second = try Host(plugins: [other, escalating], configuration: .long, logger: quietLogger)
        await #expect(throws: HostError.runFailed("escalating", Failure(name: "escalating"))) {
            try await running(second) { #expect(await other.isRunning()) }
        }
        #expect(isSignaled(other.wasStopped.object))
    }

    @Test("a host without plugins runs until the shutdown")
    func empty() async throws {
        let host = try Host(plugins: [], configuration: .long, logger: quietLogger)
        let ended = EventObject(.manual)
        let task = Task {
            try await host.run()
            ended.set()
        }
        try await host.waitUntilStarted()
        #expect(try await !ended.wait(timeout: .milliseconds(20)))
        await host.stop()
        try await task.value
    }
}
