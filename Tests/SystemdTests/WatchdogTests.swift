import CLinux
import Dispatcher
import Glibc
import Logging
import Signalbox
import SignalboxTesting
import TestSupport
import Testing

@testable import Systemd

@Suite("The watchdog", .serialized, .alone, .timeLimit(.minutes(2)))
struct WatchdogTests {
    private let sent = Counter()
    private let errors = LineLog()

    private func makeWatchdog(_ bands: [TaskPriority]) -> Watchdog {
        let sent = sent
        let errors = errors
        return Watchdog(
            bands: bands, logger: Logger(label: "test") { _ in errors },
            processorTime: { _ in ProcessorTime(ran: 0, isReady: false) }
        ) { sent.add() }
    }

    @Test("the first tick tells the service manager at once")
    func firstTick() {
        makeWatchdog([.medium]).tick()
        #expect(sent.count == 1)
    }

    @Test(
        "each tick tells once while the canaries return",
        arguments: [[.medium], [.high, .medium, .low]] as [[TaskPriority]])
    func canariesReturn(bands: [TaskPriority]) async {
        let watchdog = makeWatchdog(bands)
        for number in 1...20 {
            let (sent, watchdog) = (sent, watchdog)
            // A tick that comes before the canaries are back tells nothing; the next does.
            #expect(
                await eventually {
                    if sent.count < number { watchdog.tick() }
                    return sent.count == number
                })
        }
    }

    @Test("without bands each tick tells")
    func noBands() {
        let watchdog = makeWatchdog([])
        for number in 1...5 {
            watchdog.tick()
            #expect(sent.count == number)
        }
    }

    @Test("while a canary is missing nothing is told, and the band is named once; when it is back, the next tick tells")
    func missing() async throws {
        let watchdog = makeWatchdog([.medium])
        // Threads of the pool that are all blocked let no canary fly.
        let isBlocked = Counter()
        let mayGoOn = Gate()
        let width = processorCount()
        let blockers = (0..<width).map { _ in
            Task.detached(priority: .medium) {
                isBlocked.add()
                mayGoOn.blockPool()
            }
        }
        let counts = Guarded<[Int]>([])
        let (sent, errors) = (sent, errors)
        // The pool is not there to run the test meanwhile, so a thread does.
        let thread = try ThreadObject {
            while isBlocked.count < width {}
            let start = ContinuousClock.now
            for number in 0..<6 {
                watchdog.tick(now: start + .milliseconds(500 * number))
                counts.withLock { $0.append(sent.count) }
            }
            mayGoOn.open()
        }
        try await thread.wait()
        for blocker in blockers { await blocker.value }
        #expect(counts.withLock { $0 } == [1, 1, 1, 1, 1, 1])
        #expect(errors.lines.count == 1)
        #expect(errors.lines.first?.contains("no task of priority") == true)
        #expect(
            await eventually {
                if sent.count < 2 { watchdog.tick() }
                return sent.count == 2
            })
    }

    // ---- the loop

    private func makeWatchdog(_ loop: EventLoop) -> Watchdog {
        let (sent, errors) = (sent, errors)
        return Watchdog(
            bands: [], logger: Logger(label: "test") { _ in errors }, loop: loop.executor,
            processorTime: { _ in ProcessorTime(ran: 0, isReady: false) }
        ) { sent.add() }
    }

    @Test("a loop on a thread of its own turns by itself")
    func ownLoop() async throws {
        let loop = try EventLoop()
        let watchdog = makeWatchdog(loop)
        for number in 1...5 {
            let sent = sent
            #expect(
                await eventually {
                    if sent.count < number { watchdog.tick() }
                    return sent.count == number
                })
        }
        #expect(errors.lines == [])
        loop.stop()
    }

    @Test("a loop that another drives is judged by whether that one turns it; the thread that did last is named")
    func embeddedLoop() throws {
        let loop = try EventLoop(driver: .caller)
        func settle() { while loop.prepare() || isReadable(loop.descriptor) { loop.dispatch() } }
        let watchdog = makeWatchdog(loop)
        settle()
        for number in 1...5 {
            watchdog.tick()
            #expect(sent.count == number)
            #expect(isReadable(loop.descriptor))
            settle()
        }
        // Nobody drives it any more.
        let start = ContinuousClock.now
        for number in 0..<4 { watchdog.tick(now: start + .milliseconds(500 * number)) }
        #expect(sent.count == 6)
        #expect(errors.lines.count == 1)
        let line = try #require(errors.lines.first)
        #expect(line.contains("the event loop has not turned (thread \(signalbox_thread_id()) "))
        settle()
        watchdog.tick(now: start + .milliseconds(2000))
        #expect(sent.count == 7 && errors.lines.last == "watchdog: all goes on again")
        settle()
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, 0) == 1
    }
}
