import CLinux
import Dispatcher
import Logging
import Signalbox
import SignalboxTesting
import TestSupport
import Testing

@testable import Systemd

@Suite("Heartbeats", .serialized, .alone, .timeLimit(.minutes(2)))
struct HeartbeatTests {
    private let sent = Counter()
    private let log = LineLog()
    private let heartbeats = Heartbeats()
    private let start = ContinuousClock.now

    private func makeWatchdog(_ tell: @escaping @Sendable (String?) -> Void = { _ in }) -> Watchdog {
        let (sent, log) = (sent, log)
        return Watchdog(
            bands: [], logger: Logger(label: "test") { _ in log }, heartbeats: heartbeats, period: .seconds(4),
            tell: tell
        ) { sent.add() }
    }

    @Test("a part not heard for half of the period stops the telling and is named once; heard again, all goes on")
    func silent() {
        let told = Guarded<[String?]>([])
        let watchdog = makeWatchdog { line in told.withLock { $0.append(line) } }
        let heartbeat = heartbeats.add("pump")
        watchdog.tick(now: start)
        watchdog.tick(now: start + .seconds(2))
        #expect(sent.count == 2 && log.lines.isEmpty)
        watchdog.tick(now: start + .seconds(3))
        watchdog.tick(now: start + .seconds(4))
        #expect(sent.count == 2)
        #expect(told.withLock { $0.count == 1 && $0[0]?.hasPrefix("stalled: no heartbeat of pump (thread ") == true })
        #expect(log.lines.count == 1)
        heartbeat.beat()
        watchdog.tick(now: start + .seconds(5))
        #expect(sent.count == 3)
        #expect(told.withLock { $0.count == 2 && $0[1] == nil })
        #expect(log.lines.last == "watchdog: all goes on again")
    }

    @Test("a limit of its own counts instead, and a heartbeat that was ended is not waited for")
    func limits() {
        let watchdog = makeWatchdog()
        let heartbeat = heartbeats.add("slow", within: .seconds(10))
        watchdog.tick(now: start)
        watchdog.tick(now: start + .seconds(10))
        #expect(sent.count == 2)
        watchdog.tick(now: start + .seconds(11))
        #expect(sent.count == 2)
        heartbeat.end()
        watchdog.tick(now: start + .seconds(12))
        #expect(sent.count == 3 && heartbeats.all.isEmpty)
    }

    @Test("of a thread that waits for a mutex it is told which, and who owns that")
    func owner() async throws {
        let arena = Arena.prepared()
        let mutex = try arena.makeMutex()
        let (isOwned, mayEnd) = (EventObject(.manual), EventObject(.manual))
        let ids = Guarded<[UInt32]>([0, 0])
        let owner = try ThreadObject(name: "owner") {
            ids.withLock { $0[0] = signalbox_thread_id() }
            _ = try? arena.block(on: mutex, until: Deadline.never)
            isOwned.set()
            _ = try? arena.block(on: mayEnd.object, until: Deadline.never)
            try? arena.releaseMutex(mutex, owner: try! Threads.owner())
        }
        try await isOwned.wait()
        let waiting = try ThreadObject(name: "waiting") {
            ids.withLock { $0[1] = signalbox_thread_id() }
            _ = try? arena.block(on: mutex, until: Deadline.never)
            try? arena.releaseMutex(mutex, owner: try! Threads.owner())
        }
        let text = { @Sendable in
            ids.withLock { "thread \($0[1]) \"waiting\" waits for mutex, owned by thread \($0[0]) \"owner\"" }
        }
        #expect(await eventually { Stall.place(ids.withLock { $0[1] }) == text() })
        mayEnd.set()
        try await owner.wait()
        try await waiting.wait()
        arena.release(mutex)
    }
}
