import CLinux
import Dispatcher
import Glibc
import Logging
import ServiceLifecycle
import Signalbox
import SignalboxTesting
import Synchronization
import TestSupport
import Testing

@testable import Systemd

@Suite("Which reload is due")
struct ReloadRequestTests {
    private var requests = ReloadRequests()

    private func expect(_ begins: Bool, _ isWanted: Bool, at place: SourceLocation = #_sourceLocation) {
        #expect(begins == isWanted, sourceLocation: place)
    }

    @Test("one at a time; any number that come meanwhile are one more")
    mutating func coalesce() {
        expect(requests.isReady(), false)
        expect(requests.request(), true)
        #expect(requests.isRunning)
        for _ in 0..<3 { expect(requests.request(), false) }
        expect(requests.hasEnded(), true)
        #expect(requests.isRunning)
        expect(requests.hasEnded(), false)
        #expect(!requests.isRunning)
        expect(requests.request(), true)
    }

    @Test("one before the service is ready begins when it is")
    mutating func early() {
        for _ in 0..<2 { expect(requests.request(), false) }
        let begins = requests.isReady()
        #expect(begins && requests.isRunning)
        expect(requests.hasEnded(), false)
    }

    @Test("none begins when the service stops")
    mutating func over() {
        expect(requests.isReady(), false)
        for isFirst in [true, false] { expect(requests.request(), isFirst) }
        requests.isOver()
        expect(requests.hasEnded(), false)
        expect(requests.request(), false)
        expect(requests.isReady(), false)
    }
}

/// A plugin whose reload the test holds back.
private final class Reloading: Plugin {
    let name = "reloading"
    let count = Counter()
    let failure = Shared<IOError?>(nil)
    let gate: Gate?
    init(gate: Gate? = nil) { self.gate = gate }
    func start(in context: PluginContext) async throws {}
    func reload() async throws {
        count.add()
        try await gate?.wait()
        if let failure = failure.value { throw failure }
    }
}

@Suite("Reloading", .serialized, .alone, .timeLimit(.minutes(2)))
struct ReloadTests {
    private let log = LineLog()

    /// Runs a host with these plugins under a manager of this process until the body returns.
    nonisolated(nonsending) private func run(
        _ plugins: [any Plugin], gated: Bool = false, _ body: (FakeServiceManager, Host) async throws -> Void
    ) async throws {
        let manager = try FakeServiceManager()
        manager.superviseThisProcess()
        let log = log
        let logger = Logger(label: "test") { _ in log }
        let host = try Host(plugins: plugins, logger: logger)
        if gated { host.readiness.addGate("gate") }
        let group = ServiceGroup(services: [host], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        try await host.waitUntilStarted()
        do {
            if !gated { try await manager.message("READY=1") }
            try await body(manager, host)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// Without times and descriptors, which differ.
    private func words(_ manager: FakeServiceManager) -> [String] {
        manager.lines.filter { !$0.hasPrefix("MONOTONIC_USEC=") && !$0.hasPrefix("STATUS=") }
    }

    @Test("SIGHUP: RELOADING with the time of the signal or later, the handlers, and READY")
    func order() async throws {
        let gate = Gate()
        let plugin = Reloading(gate: gate)
        try await run([plugin, Systemd(status: { "fine" })]) { (manager, _) async throws in
            try await manager.message("STATUS=fine")
            let before = signalbox_now() / 1000
            kill(getpid(), SIGHUP)
            let message = try await manager.message("RELOADING=1")
            let time = message.split(separator: "\n").first { $0.hasPrefix("MONOTONIC_USEC=") }?.dropFirst(15)
            #expect(time.flatMap { UInt64($0) }.map { $0 >= before && $0 <= signalbox_now() / 1000 } == true)
            #expect(await eventually { plugin.count.count == 1 })
            #expect(words(manager) == ["READY=1", "RELOADING=1"])
            gate.open()
            #expect(try await manager.message("READY=1", times: 2) == "READY=1\nSTATUS=fine")
            #expect(words(manager) == ["READY=1", "RELOADING=1", "READY=1"])
        }
        #expect(log.lines.contains { $0.hasPrefix("reloaded in ") })
    }

    @Test("SIGHUPs that come while one goes on are one more reload, with words of its own")
    func coalesced() async throws {
        let gate = Gate()
        let plugin = Reloading(gate: gate)
        try await run([plugin, Systemd()]) { (manager, host) async throws in
            kill(getpid(), SIGHUP)
            #expect(await eventually { plugin.count.count == 1 })
            for _ in 0..<5 {
                kill(getpid(), SIGHUP)
                // The loop has seen it.
                for _ in 0..<3 { await host.loop.run {} }
            }
            gate.open()
            try await manager.message("READY=1", times: 3)
            #expect(words(manager) == ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1"])
            #expect(plugin.count.count == 2)
        }
    }

    @Test("a reload that fails says so in status and journal until one succeeds; the service goes on")
    func failing() async throws {
        let (plugin, after) = (Reloading(), Reloading2())
        plugin.failure.value = IOError(code: ENOENT, "reading the rules")
        try await run([plugin, after, Systemd(status: { "fine" })]) { (manager, host) async throws in
            try await manager.message("STATUS=fine")
            kill(getpid(), SIGHUP)
            let message = try await manager.message("READY=1", times: 2)
            #expect(message.contains("STATUS=fine; the last reload failed: plugin reloading did not reload: "))
            #expect(
                log.lines.contains { $0.hasPrefix("the service goes on as it was: plugin reloading did not reload") })
            // The others have reloaded all the same.
            #expect(after.count.count == 1)
            #expect(host.health.allSatisfy { $0.state == .running })
            #expect(host.health.first { $0.name == "reloading" }?.lastError?.contains("reading the rules") == true)
            plugin.failure.value = nil
            kill(getpid(), SIGHUP)
            #expect(try await manager.message("READY=1", times: 3) == "READY=1\nSTATUS=fine")
        }
    }

    @Test("what the program reads again itself comes after the plugins, and may fail as they may")
    func closure() async throws {
        struct NoRules: Error, CustomStringConvertible { let description = "no rules" }
        let plugin = Reloading()
        let systemd = Systemd(reload: {
            #expect(plugin.count.count == 1)
            throw NoRules()
        })
        try await run([plugin, systemd]) { (manager, _) async throws in
            kill(getpid(), SIGHUP)
            #expect(
                try await manager.message("READY=1", times: 2) == "READY=1\nSTATUS=the last reload failed: no rules")
        }
    }

    @Test("a SIGHUP before the service is ready reloads when it is")
    func early() async throws {
        let plugin = Reloading()
        try await run([plugin, Systemd()], gated: true) { (manager, host) async throws in
            kill(getpid(), SIGHUP)
            for _ in 0..<3 { await host.loop.run {} }
            #expect(manager.messages.isEmpty && plugin.count.count == 0)
            host.readiness.open("gate")
            try await manager.message("READY=1", times: 2)
            #expect(words(manager) == ["READY=1", "RELOADING=1", "READY=1"] && plugin.count.count == 1)
        }
    }

    @Test("a service that stops while it reloads tells no READY after STOPPING, and its end is not held up")
    func stopping() async throws {
        let gate = Gate()
        let plugin = Reloading(gate: gate)
        try await run([plugin, Systemd()]) { (manager, _) async throws in
            kill(getpid(), SIGHUP)
            #expect(await eventually { plugin.count.count == 1 })
        }
        gate.open()
        #expect(log.lines.allSatisfy { !$0.contains("left behind") })
    }

    @Test("READY does not wait for a status closure that hangs, at the start or after a reload")
    func hangingStatus() async throws {
        let gate = Gate()
        let plugin = Reloading()
        let systemd = Systemd(status: {
            try? await gate.wait()
            return "fine"
        })
        // It waits for the first READY itself.
        try await run([plugin, systemd]) { (manager, _) async throws in
            kill(getpid(), SIGHUP)
            try await manager.message("READY=1", times: 2)
            #expect(words(manager) == ["READY=1", "RELOADING=1", "READY=1"] && plugin.count.count == 1)
            gate.open()
            try await manager.message("STATUS=fine")
        }
    }

    @Test("neither READY nor RELOADING, nor the closure's status, comes after STOPPING")
    func late() async throws {
        let gate = Gate()
        let isAsked = Counter()
        let systemd = Systemd(status: {
            isAsked.add()
            try? await gate.wait()
            return "fine"
        })
        let kept = Shared<FakeServiceManager?>(nil)
        try await run([systemd]) { (manager, _) async throws in
            kept.value = manager
            #expect(await eventually { isAsked.count == 1 })
            systemd.told.withLock { $0.isStopping = true }
            gate.open()
            systemd.sendUnlessStopping("READY=1", nil)
            systemd.sendUnlessStopping(systemd.reloadingNow, "reloading")
            #expect(await eventually { systemd.told.withLock { $0.answer } == "fine" })
        }
        #expect(kept.value?.lines == ["READY=1"])
    }

    @Test("a stall's line stays the status until it is over; then what was told meanwhile is")
    func stalled() async throws {
        let systemd = Systemd()
        try await run([systemd]) { (manager, _) async throws in
            systemd.tell(stall: "stalled: pump")
            try await manager.message("STATUS=stalled: pump")
            for number in 1...3 { systemd.status("number \(number)") }
            kill(getpid(), SIGHUP)
            #expect(try await manager.message("RELOADING=1").contains("STATUS") == false)
            #expect(try await manager.message("READY=1", times: 2) == "READY=1")
            systemd.status("four")
            #expect(manager.lines.filter { $0.hasPrefix("STATUS=") } == ["STATUS=stalled: pump"])
            systemd.tell(stall: nil)
            try await manager.message("STATUS=four")
            systemd.status("five")
            try await manager.message("STATUS=five")
        }
    }

    @Test("a start that fails keeps nothing: neither its watch for SIGHUP nor its way to the manager")
    func failedStart() async throws {
        let manager = try FakeServiceManager(watchdog: .seconds(10))
        manager.superviseThisProcess()
        let (plugin, systemd) = (Reloading(), Systemd())
        systemd.startThread.withLock {
            $0 = { _, _ in throw IOError(code: EAGAIN, "starting a thread") }
        }
        let host = try Host(plugins: [plugin, systemd], logger: Logger(label: "test") { _ in log })
        await #expect(throws: HostError.self) { try await host.start() }
        #expect(systemd.parts.withLock { $0 == nil } && !systemd.isManaged)
        kill(getpid(), SIGHUP)
        #expect(plugin.count.count == 0 && manager.lines.allSatisfy { $0 != "RELOADING=1" })
    }

    @Test("a reload that hangs is left behind at the limit of a start, and named")
    func hanging() async throws {
        let gate = Gate()
        let plugin = Reloading(gate: gate)
        var configuration = HostConfiguration()
        configuration.startTimeout = .milliseconds(50)
        let host = try Host(plugins: [plugin], configuration: configuration, logger: Logger(label: "test") { _ in log })
        try await host.start()
        await #expect(throws: HostError.reloadTimedOut("reloading", .milliseconds(50))) { try await host.reload() }
        gate.open()
        try await host.reload()
        #expect(plugin.count.count == 2)
        await host.stop()
    }

    @Test("MAINPID, and a flush, which returns when the manager has read what it was told")
    func mainProcess() async throws {
        let systemd = Systemd()
        try await run([systemd]) { (manager, _) async throws in
            #expect(systemd.mainProcess(getpid()))
            #expect(systemd.reloading("by hand"))
            let thread = try ThreadObject(name: "flush") {
                #expect(systemd.flush(within: .seconds(10)))
                #expect(manager.lines.contains("MAINPID=\(getpid())"))
                // Longer than its clock goes.
                for seconds in [1 << 40, Int64.max] { #expect(systemd.flush(within: .seconds(seconds))) }
            }
            try await thread.wait()
            let message = try await manager.message("RELOADING=1")
            #expect(message.hasSuffix("\nSTATUS=by hand") && message.contains("\nMONOTONIC_USEC="))
        }
    }

    @Test("without a manager SIGHUP is the program's, and nothing is told")
    func unmanaged() async throws {
        let manager = try FakeServiceManager()
        manager.superviseThisProcess()
        unsetenv("NOTIFY_SOCKET")
        ServiceEnvironment.readAgain()
        let systemd = Systemd()
        let host = try Host(plugins: [systemd], logger: Logger(label: "test") { _ in log })
        // A handler of the program's, which another would replace.
        var mine = sigaction()
        mine.__sigaction_handler.sa_handler = { _ in }
        var before = sigaction()
        sigaction(SIGHUP, &mine, &before)
        try await host.start()
        var found = sigaction()
        sigaction(SIGHUP, nil, &found)
        #expect(
            unsafeBitCast(found.__sigaction_handler.sa_handler, to: Int.self)
                == unsafeBitCast(mine.__sigaction_handler.sa_handler, to: Int.self))
        #expect(systemd.reloading(nil) && systemd.mainProcess(1) && systemd.flush(within: .zero))
        await host.stop()
        sigaction(SIGHUP, &before, nil)
        #expect(manager.messages.isEmpty)
    }
}

private final class Reloading2: Plugin {
    let name = "after"
    let count = Counter()
    func start(in context: PluginContext) async throws {}
    func reload() async throws { count.add() }
}
