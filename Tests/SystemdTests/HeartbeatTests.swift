import CLinux
import Dispatcher
import Glibc
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

    /// What the threads of a silent part are said to have had.
    private let time = Shared(ProcessorTime(ran: 0, isReady: false))

    private func makeWatchdog(_ tell: @escaping @Sendable (String?) -> Void = { _ in }) -> Watchdog {
        let (sent, log, time) = (sent, log, time)
        return Watchdog(
            bands: [], logger: Logger(label: "test") { _ in log }, heartbeats: heartbeats, period: .seconds(4),
            processorTime: { _ in time.value }, tell: tell
        ) { sent.add() }
    }

    private func look(_ watchdog: Watchdog, at seconds: Double...) {
        for second in seconds { watchdog.tick(now: start + .seconds(second)) }
    }

    @Test("a part not heard for half of the period stops the telling and is named once; heard again, all goes on")
    func silent() {
        let told = Guarded<[String?]>([])
        let watchdog = makeWatchdog { line in told.withLock { $0.append(line) } }
        let heartbeat = heartbeats.add("pump")
        look(watchdog, at: 0, 1, 2)
        #expect(sent.count == 3 && log.lines.isEmpty)
        look(watchdog, at: 3, 3.25, 4)
        #expect(sent.count == 3)
        #expect(told.withLock { $0.count == 1 && $0[0]?.hasPrefix("stalled: no heartbeat of pump (thread ") == true })
        #expect(log.lines.count == 1)
        heartbeat.beat()
        look(watchdog, at: 5)
        #expect(sent.count == 4)
        #expect(told.withLock { $0.count == 2 && $0[1] == nil })
        #expect(log.lines.last == "watchdog: all goes on again")
    }

    @Test("while something is missing it looks again soon")
    func soon() {
        let watchdog = makeWatchdog()
        let heartbeat = heartbeats.add("pump")
        look(watchdog, at: 0, 1)
        #expect(watchdog.tick(now: start + .seconds(2)) == .seconds(1))
        #expect(watchdog.tick(now: start + .seconds(3)) == .milliseconds(250))
        heartbeat.beat()
        #expect(watchdog.tick(now: start + .seconds(3.25)) == .seconds(1))
        #expect(sent.count == 4)
    }

    @Test("a limit of its own counts instead, and a heartbeat that was ended is not waited for")
    func limits() {
        let watchdog = makeWatchdog()
        let heartbeat = heartbeats.add("slow", within: .seconds(10))
        look(watchdog, at: 0, 2, 4, 6, 8, 10)
        #expect(sent.count == 6)
        look(watchdog, at: 11)
        #expect(sent.count == 6)
        heartbeat.end()
        look(watchdog, at: 12)
        #expect(sent.count == 7 && heartbeats.all.isEmpty)
    }

    @Test("one that is begun where another lay that has ended is not taken for it")
    func reused() throws {
        let watchdog = makeWatchdog()
        var places: [ObjectIdentifier] = []
        for second in 0..<16 {
            let heartbeat = heartbeats.add("request", within: .seconds(2))
            places.append(ObjectIdentifier(heartbeat))
            watchdog.tick(now: start + .seconds(second))
            #expect(sent.count == second + 1)
            heartbeat.end()
        }
        // That it was put to the test: the allocator hands out again what was freed last.
        #expect(Set(places).count < places.count)
        #expect(log.lines.isEmpty)
    }

    @Test("one that has advanced since the manager was told does not hold it up, however long ago that was")
    func advanced() {
        let watchdog = makeWatchdog()
        let (pump, other) = (heartbeats.add("pump"), heartbeats.add("other", within: .seconds(1)))
        look(watchdog, at: 0)
        pump.beat()
        look(watchdog, at: 1)
        #expect(sent.count == 2)
        pump.beat()
        look(watchdog, at: 2, 3, 4)
        #expect(sent.count == 2 && log.lines.count == 1)
        #expect(log.lines.first?.contains("no heartbeat of other") == true)
        other.beat()
        look(watchdog, at: 5)
        #expect(sent.count == 3)
        // Now that the manager was told it must advance again.
        other.beat()
        look(watchdog, at: 5.25)
        #expect(sent.count == 3)
    }

    @Test("who asks for time is not waited for meanwhile")
    func pardon() {
        let watchdog = makeWatchdog()
        let heartbeat = heartbeats.add("pump")
        look(watchdog, at: 0)
        heartbeat.beat(next: .seconds(60))
        look(watchdog, at: 2, 4, 6, 8)
        #expect(sent.count == 5)
        heartbeat.beat(next: .zero)
        look(watchdog, at: 9, 11, 12)
        #expect(sent.count == 7)
    }

    @Test(
        "what was not let run is late for want of a processor: no stall, and in the status only when it is nearly over")
    func starved() {
        let told = Guarded<[String?]>([])
        let watchdog = makeWatchdog { line in told.withLock { $0.append(line) } }
        let heartbeat = heartbeats.add("pump")
        time.value = ProcessorTime(ran: 1_000_000, isReady: true)
        look(watchdog, at: 0, 1, 2)
        time.value = ProcessorTime(ran: 101_000_000, isReady: true)
        look(watchdog, at: 2.5)
        #expect(sent.count == 3 && told.withLock { $0.isEmpty })
        let line =
            "late for want of a processor: pump (ready to run, but had 100 ms of 1500 ms; does something else load the "
            + "machine?)"
        #expect(log.lines == ["watchdog: \(line)"])
        look(watchdog, at: 2.75)
        #expect(told.withLock { $0.isEmpty } && log.lines.count == 1)
        look(watchdog, at: 3, 3.25)
        #expect(told.withLock { $0.count == 1 && $0[0]?.hasPrefix("late for want of a processor: pump (") == true })
        heartbeat.beat()
        look(watchdog, at: 3.5)
        #expect(sent.count == 4 && told.withLock { $0.count == 2 && $0[1] == nil })
    }

    @Test("what computes and never comes to an end is a stall, also if it was taken for late before")
    func computing() {
        let watchdog = makeWatchdog()
        let heartbeat = heartbeats.add("pump")
        time.value = ProcessorTime(ran: 0, isReady: true)
        look(watchdog, at: 0, 1, 2, 2.5)
        time.value = ProcessorTime(ran: 900_000_000, isReady: true)
        look(watchdog, at: 2.75)
        #expect(log.lines.count == 2 && log.lines.last?.contains("no heartbeat of pump") == true)
        heartbeat.end()
    }

    @Test("time in which the watchdog itself did not run counts for nobody")
    func stopped() {
        let watchdog = makeWatchdog()
        let heartbeat = heartbeats.add("pump")
        look(watchdog, at: 0, 1, 1000)
        #expect(log.lines.isEmpty)
        look(watchdog, at: 1000.5)
        heartbeat.beat()
        look(watchdog, at: 1001)
        #expect(sent.count == 5 && log.lines.isEmpty)
    }

    @Test("the processor time of this process's threads")
    func processorTime() throws {
        let before = ProcessorTime(of: [signalbox_thread_id()])
        #expect(before.isReady)
        let end = ContinuousClock.now + .milliseconds(20)
        while ContinuousClock.now < end {}
        #expect(ProcessorTime(of: [signalbox_thread_id()]).ran > before.ran)
        #expect(ProcessorTime(of: [0]) == ProcessorTime(ran: 0, isReady: false))
    }

    @Test(
        "of a thread that waits for a critical section it is told which, and who owns that; of a slim lock who holds it"
    )
    func memory() async throws {
        // RTL_CRITICAL_SECTION, and a lock that three share.
        let thread = Shared(UInt32(0))
        let section = UnsafeMutableRawPointer.allocate(byteCount: 40, alignment: 8)
        section.initializeMemory(as: UInt64.self, repeating: 0, count: 5)
        defer { section.deallocate() }
        let address = UInt(bitPattern: section)
        (section + 16).storeBytes(of: UInt64(getpid()), as: UInt64.self)
        for (offset, value, purpose) in [
            (8, UInt32(7), AddressWaitReport.Purpose.criticalSection), (32, 0x30, .sharedLock),
        ] {
            (section + offset).storeBytes(of: value, as: UInt32.self)
            let sleeper = try ThreadObject(name: "sleeper") {
                thread.value = signalbox_thread_id()
                let word = UnsafeMutableRawPointer(bitPattern: address + UInt(offset))!
                while word.load(as: UInt32.self) == value { AddressWait.sleep(word, while: value, for: purpose) }
            }
            let main = ThreadFiles.name(of: UInt32(getpid()))!
            let expected =
                purpose == .criticalSection
                ? "critical section 0x\(String(address, radix: 16)), owned by thread \(getpid()) \"\(main)\""
                : "SRW lock 0x\(String(address + 32, radix: 16)), shared, which is shared by 3"
            #expect(
                await eventually {
                    let id = thread.value
                    return Stall.place(id) == "thread \(id) \"sleeper\" waits for \(expected)"
                })
            (section + offset).storeBytes(of: 0, as: UInt32.self)
            AddressWait.wakeOne(section + offset)
            try await sleeper.wait()
            #expect(Stall.wait(of: thread.value) == nil)
        }
        // Memory that is gone is not there, and no fault.
        var byte: UInt8 = 0
        #expect(!signalbox_peek(UnsafeRawPointer(bitPattern: 64)!, &byte, 1))
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
