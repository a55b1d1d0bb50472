import CLinux
import Testing

@testable import Dispatcher

private let note: APCRoutine = { address, low, high in
    let log = Unmanaged<Log>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(address))!).takeUnretainedValue()
    log.add(Int(high << 32 | low))
}

extension DispatcherSuites {
    @Suite("Waitable timers", .leavesNoRecord)
    struct TimerTests {
        let arena = Arena.prepared()
        let hour: UInt64 = 3_600_000_000_000

        func take(_ timer: ObjectName) throws {
            let verdict = try arena.block(on: timer, until: Deadline.never)
            #expect(verdict == .satisfied(0))
        }
        func routine(_ log: Log) -> TimerRoutine {
            TimerRoutine(
                function: note, argument: UInt64(UInt(bitPattern: Unmanaged.passUnretained(log).toOpaque())))
        }

        @Test("a timer expires when it is due, not before; one wait takes it, or all do", arguments: [false, true])
        func once(manualReset: Bool) throws {
            let timer = try arena.makeTimer(manualReset: manualReset)
            #expect(!arena.isSignaled(timer))
            let due = milliseconds(20)
            try arena.setTimer(timer, due: .relative(nanoseconds: 20_000_000))
            onThreadOrFail {
                try take(timer)
                #expect(signalbox_now() >= due)
                #expect(arena.isSignaled(timer) == manualReset)
            }
            // To set it unsignals it.
            try arena.setTimer(timer, due: .relative(nanoseconds: hour))
            #expect(!arena.isSignaled(timer) && Deadlines.monotonic.count == 1)
            try arena.cancelTimer(timer)
            #expect(!arena.isSignaled(timer) && Deadlines.monotonic.count == 0)
            arena.release(timer)
        }

        @Test("an absolute timer expires by the wall clock; one in the past at once")
        func absolute() throws {
            let timer = try arena.makeTimer(manualReset: false)
            for offset in [-1_000_000_000, 0, 30_000_000] {
                let due = UInt64(Int(signalbox_realtime()) + offset)
                try arena.setTimer(timer, due: .absolute(realtimeNanoseconds: due))
                onThreadOrFail {
                    try take(timer)
                    #expect(signalbox_realtime() >= due)
                }
            }
            try arena.setTimer(timer, due: .absolute(realtimeNanoseconds: signalbox_realtime() + hour))
            #expect(Deadlines.realtime.count == 1)
            try arena.setTimer(timer, due: .relative(nanoseconds: hour))
            #expect(Deadlines.realtime.count == 0 && Deadlines.monotonic.count == 1)
            arena.release(timer)
            #expect(Deadlines.monotonic.count == 0)
        }

        @Test("a periodic timer goes on until it is cancelled, an absolute one too", arguments: [false, true])
        func periodic(isAbsolute: Bool) throws {
            let timer = try arena.makeTimer(manualReset: false)
            let start = signalbox_now()
            let due: TimerDue =
                isAbsolute
                ? .absolute(realtimeNanoseconds: signalbox_realtime()) : .relative(nanoseconds: 2_000_000)
            try arena.setTimer(timer, due: due, period: 2_000_000)
            onThreadOrFail {
                for _ in 0..<5 { try take(timer) }
            }
            #expect(signalbox_now() - start >= 8_000_000)
            try arena.cancelTimer(timer)
            let wasSignaled = arena.isSignaled(timer)
            #expect(Deadlines.monotonic.count == 0 && Deadlines.realtime.count == 0)
            #expect(arena.isSignaled(timer) == wasSignaled)
            arena.release(timer)
        }

        @Test("a timer's routine runs on the thread that set it, when that waits alertably, with the time it was due")
        func routine() throws {
            let (worker, calls) = (Worker(), Log())
            let timer = try arena.makeTimer(manualReset: true)
            let before = signalbox_realtime() / 100 + 116_444_736_000_000_000
            #expect(
                worker.run {
                    try? Arena.local.setTimer(timer, due: .relative(nanoseconds: 1_000_000), routine: routine(calls))
                    _ = try? Arena.local.block(on: timer, until: Deadline.never)
                })
            #expect(arena.isSignaled(timer) && calls.entries == [])
            #expect(worker.run { if !Arena.local.sleep(until: Deadline.never, alertable: true) { calls.add(0) } })
            #expect(calls.entries.count == 1)
            let due = calls.entries[0] - Int(before)
            #expect((0..<100_000_000).contains(due), "due \(due) x 100 ns after it was set")
            #expect(worker.end())
            arena.release(timer)
        }

        @Test("to set or cancel a timer withdraws a call that has not run; the wait that it ended goes on")
        func withdrawn() throws {
            let (worker, calls) = (Worker(), Log())
            let timer = try arena.makeTimer(manualReset: true)
            for setsAgain in [false, true] {
                #expect(
                    worker.run {
                        let due = TimerDue.relative(nanoseconds: 0)
                        try? Arena.local.setTimer(timer, due: due, routine: routine(calls))
                        _ = try? Arena.local.block(on: timer, until: Deadline.never)
                    })
                if setsAgain {
                    try arena.setTimer(timer, due: .relative(nanoseconds: hour))
                } else {
                    try arena.cancelTimer(timer)
                }
                #expect(worker.run { if Arena.local.sleep(until: milliseconds(1), alertable: true) { calls.add(0) } })
                #expect(calls.entries == [])
            }
            #expect(worker.end())
            arena.release(timer)
        }

        @Test("a call that is queued stands for all the periods that pass before it runs")
        func oneCall() throws {
            let (worker, calls) = (Worker(), Log())
            let timer = try arena.makeTimer(manualReset: false)
            #expect(
                worker.run {
                    let due = TimerDue.relative(nanoseconds: 0)
                    try? Arena.local.setTimer(timer, due: due, period: 1_000_000, routine: routine(calls))
                    for _ in 0..<5 { _ = try? Arena.local.block(on: timer, until: Deadline.never) }
                })
            try arena.cancelTimer(timer)
            #expect(worker.run { Arena.local.sleep(until: Deadline.now, alertable: true) })
            #expect(calls.entries == [])
            #expect(
                worker.run {
                    let due = TimerDue.relative(nanoseconds: 0)
                    try? Arena.local.setTimer(timer, due: due, period: 1_000_000, routine: routine(calls))
                    for _ in 0..<5 { _ = try? Arena.local.block(on: timer, until: Deadline.never) }
                    Arena.local.sleep(until: Deadline.now, alertable: true)
                    try? Arena.local.cancelTimer(timer)
                })
            #expect(calls.entries.count == 1)
            #expect(worker.end())
            arena.release(timer)
        }

        @Test("a thread that ends leaves its timer, and a timer that ends leaves its thread")
        func ends() throws {
            let (worker, calls) = (Worker(), Log())
            let (kept, gone) = (try arena.makeTimer(manualReset: false), try arena.makeTimer(manualReset: true))
            #expect(
                worker.run {
                    for timer in [kept, gone] {
                        let due = TimerDue.relative(nanoseconds: 0)
                        try? Arena.local.setTimer(timer, due: due, period: 1_000_000, routine: routine(calls))
                        _ = try? Arena.local.block(on: timer, until: Deadline.never)
                    }
                })
            arena.release(gone)
            #expect(!arena.exists(gone))
            #expect(worker.end())
            #expect(calls.entries == [])
            onThreadOrFail {
                for _ in 0..<3 { try take(kept) }
            }
            arena.release(kept)
        }

        @Test("what is no timer is neither set nor cancelled")
        func refusals() throws {
            let (event, timer) = (arena.makeEvent(), try arena.makeTimer(manualReset: false))
            let due = TimerDue.relative(nanoseconds: 0)
            #expect(throws: DispatcherError.wrongKind) { try arena.setTimer(event, due: due) }
            #expect(throws: DispatcherError.wrongKind) { try arena.cancelTimer(event) }
            #expect(throws: DispatcherError.wrongKind) { try arena.setEvent(timer) }
            arena.release(event)
            arena.release(timer)
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.setTimer(timer, due: due) }
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.cancelTimer(timer) }
        }

        @Test("timers set and cancelled by two threads at once are left armed or not, and never twice in the heap")
        func race() async throws {
            let timers = try (0..<4).map { _ in try arena.makeTimer(manualReset: false) }
            let rounds = Scale.rounds(30_000)
            let count = Counter()
            let watchdog = Watchdog("timers") { count.value }
            let threads = (0..<2).map { seed in
                TestThread {
                    var random = SeededRandom(seed: UInt64(seed))
                    for _ in 0..<rounds {
                        let timer = timers.randomElement(using: &random)!
                        let period = UInt64.random(in: 0...1, using: &random) * 50_000
                        switch Int.random(in: 0..<3, using: &random) {
                        case 0: try? Arena.local.setTimer(timer, due: .relative(nanoseconds: 0), period: period)
                        case 1: try? Arena.local.setTimer(timer, due: .relative(nanoseconds: 10_000), period: period)
                        default: try? Arena.local.cancelTimer(timer)
                        }
                        count.add()
                    }
                }
            }
            for thread in threads { await thread.joined() }
            #expect(Deadlines.monotonic.count <= 4)
            for timer in timers { try arena.cancelTimer(timer) }
            #expect(Deadlines.monotonic.count == 0)
            await watchdog.end()
            timers.forEach { arena.release($0) }
        }
    }
}
