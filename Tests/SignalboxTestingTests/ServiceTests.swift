import Logging
import ServiceLifecycle
import Signalbox
import SignalboxTesting
import Systemd
import Testing

/// What Docs/Testing.md shows.
@Suite("The ticker", .serialized, .leavesNothing, .timeLimit(.minutes(1)))
struct TickerTests {
    private struct Ticker: Service {
        let clock: any Clock<Duration>
        let ticks: Trace

        func run() async throws {
            try? await cancelWhenGracefulShutdown {
                for number in 1... {
                    try await clock.sleep(for: .seconds(1))
                    ticks.add(number)
                }
            }
        }
    }

    @Test("it is ready, lives, ticks, and stops when it is asked to")
    func life() async throws {
        let manager = try FakeServiceManager(watchdog: .milliseconds(100))
        manager.superviseThisProcess()
        let (clock, ticks) = (ManualClock(), Trace())
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let host = try Host(plugins: [Systemd()], logger: quiet)
        let group = ServiceGroup(services: [host, Ticker(clock: clock, ticks: ticks)], logger: quiet)
        let running = Task { try await group.run() }

        try await manager.message("READY=1")
        try await manager.message("WATCHDOG=1", times: 2)
        for number in 1...3 {
            try await clock.waitUntilSleeping(count: 1)
            #expect(ticks.entries == Array(1..<number))
            clock.advance(by: .seconds(1))
        }
        try await clock.waitUntilSleeping(count: 1)
        #expect(ticks.entries == [1, 2, 3])

        await group.triggerGracefulShutdown()
        try await manager.message("STOPPING=1")
        try await running.value
        #expect(clock.sleepers == 0)
    }
}
