import Dispatcher
import Glibc
import Logging
import ServiceLifecycle
import Signalbox
import SignalboxTesting
import Synchronization
import Systemd
import TestSupport
import Testing

@Suite("What the service manager is told", .serialized, .alone, .timeLimit(.minutes(2)))
struct NotificationTests {
    private static let gate = "the test's gate"
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A manager of this process.
    private func supervisor(watchdog: Duration? = nil) throws -> FakeServiceManager {
        let manager = try FakeServiceManager(watchdog: watchdog)
        manager.superviseThisProcess()
        return manager
    }

    /// Runs a host with the plugin until the body returns, and then through a graceful shutdown.
    nonisolated(nonsending) private func run(
        _ plugin: Systemd, gated: Bool = false, _ body: (Host) async throws -> Void
    ) async throws {
        let host = try Host(plugins: [plugin], logger: NotificationTests.quiet)
        if gated { host.readiness.addGate(NotificationTests.gate) }
        let group = ServiceGroup(services: [host], logger: NotificationTests.quiet)
        let running = Task { try await group.run() }
        try await host.waitUntilStarted()
        do {
            try await body(host)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    @Test("READY is told once, after the last gate was opened, and not before")
    func ready() async throws {
        let manager = try supervisor()
        try await run(Systemd(), gated: true) { host in
            // The plugin stands in line for readiness: it has had its chance to be early.
            #expect(await eventually { isAwaited(host.readiness.isReady.object) })
            #expect(manager.messages.isEmpty)
            host.readiness.open(NotificationTests.gate)
            try await manager.message("READY=1")
        }
        #expect(manager.lines.filter { $0 == "READY=1" }.count == 1)
    }

    @Test("READY is told without gates when the host has started")
    func readyWithoutGates() async throws {
        let manager = try supervisor()
        try await run(Systemd()) { _ in try await manager.message("READY=1") }
    }

    @Test("STOPPING is told when the graceful shutdown begins, after READY, and is the last word")
    func stopping() async throws {
        let manager = try supervisor()
        try await run(Systemd(status: { "fine" })) { _ in
            try await manager.message("STATUS=fine")
            #expect(!manager.lines.contains("STOPPING=1"))
        }
        #expect(manager.lines == ["READY=1", "STATUS=fine", "STOPPING=1", "STATUS=stopping"])
        #expect(manager.barriers == 1)
    }

    @Test("a shutdown before the service was ready tells STOPPING and no READY")
    func stoppingBeforeReady() async throws {
        let manager = try supervisor()
        try await run(Systemd(), gated: true) { host in
            #expect(await eventually { isAwaited(host.readiness.isReady.object) })
        }
        #expect(
            manager.lines == [
                "STOPPING=1", "STATUS=stopped before it was ready; it was starting: waiting for the test's gate",
            ])
        #expect(manager.barriers == 1)
    }

    @Test("the status follows READY, and again each time it has changed")
    func status() async throws {
        let manager = try supervisor()
        let text = Guarded("one")
        let calls = Atomic(0)
        let plugin = Systemd(status: {
            calls.wrappingAdd(1, ordering: .relaxed)
            return text.withLock { $0 }
        })
        try await run(plugin) { _ in
            #expect(await eventually { manager.messages == ["READY=1", "STATUS=one"] })
            // Asked twice more, it says the same: nothing is told.
            let asked = calls.load(ordering: .relaxed)
            #expect(await eventually { calls.load(ordering: .relaxed) >= asked + 2 })
            text.withLock { $0 = "two" }
            try await manager.message("STATUS=two")
            #expect(manager.messages == ["READY=1", "STATUS=one", "STATUS=two"])
        }
    }

    @Test("cancelling the service tells no STOPPING, and leaves nothing behind")
    func cancelled() async throws {
        let manager = try supervisor()
        let host = try Host(plugins: [Systemd()], logger: NotificationTests.quiet)
        let running = Task { try await host.run() }
        try await manager.message("READY=1")
        running.cancel()
        _ = await running.result
        #expect(manager.lines == ["READY=1"])
    }

    @Test("WATCHDOG is told again and again while the service lives, and no more after its end")
    func watchdog() async throws {
        let manager = try supervisor(watchdog: .milliseconds(40))
        try await run(Systemd()) { _ in
            try await manager.message("WATCHDOG=1", times: 5)
        }
        let last = manager.lines.count
        _ = try await EventObject().wait(timeout: .milliseconds(50))
        #expect(manager.lines.count == last)
    }

    @Test("WATCHDOG is told before the service is ready, too")
    func watchdogBeforeReady() async throws {
        let manager = try supervisor(watchdog: .milliseconds(40))
        try await run(Systemd(), gated: true) { _ in
            try await manager.message("WATCHDOG=1", times: 2)
            #expect(!manager.lines.contains("READY=1"))
        }
    }

    @Test(
        "a unit without WatchdogSec=, or whose watchdog is another process's, is told no WATCHDOG",
        arguments: [false, true])
    func noWatchdog(isAnothers: Bool) async throws {
        let manager = try supervisor(watchdog: isAnothers ? .milliseconds(40) : nil)
        if isAnothers {
            setenv("WATCHDOG_PID", "1", 1)
            ServiceEnvironment.readAgain()
        }
        try await run(Systemd()) { host in
            try await manager.message("READY=1")
            for _ in 0..<10 { await host.loop.run {} }
            #expect(manager.lines == ["READY=1"])
        }
    }

    @Test("without NOTIFY_SOCKET nothing is sent, and the plugin ends with the graceful shutdown")
    func unmanaged() async throws {
        let manager = try supervisor(watchdog: .milliseconds(40))
        unsetenv("NOTIFY_SOCKET")
        ServiceEnvironment.readAgain()
        let calls = Atomic(0)
        let plugin = Systemd(status: {
            calls.wrappingAdd(1, ordering: .relaxed)
            return ""
        })
        try await run(plugin) { host in
            for _ in 0..<10 { await host.loop.run {} }
        }
        #expect(manager.messages.isEmpty && calls.load(ordering: .relaxed) == 0)
    }
}
