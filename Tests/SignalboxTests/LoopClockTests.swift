import CLinux
import CSystemd
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher
@testable import Signalbox

@Suite("Timers and rates of the event loop", .serialized, .alone, .timeLimit(.minutes(2)))
struct LoopClockTests {
    private let stepper: Stepper
    private let log = Log<TimerTick>()
    private var loop: EventLoop { stepper.loop }

    init() throws { stepper = try Stepper() }

    @Test("a timer on each clock fires once, and not before it is due", arguments: LoopClock.allCases)
    func clocks(clock: LoopClock) throws {
        let log = log
        let begin = clock.now
        do {
            let source = try loop.withIsolation { loop in
                try loop.addTimer(clock, after: .milliseconds(3), accuracy: .zero) { _, tick in
                    #expect(clock.now >= tick.due)
                    log.add(tick)
                }
            }
            #expect(stepper.turn { log.count > 0 })
            stepper.settle()
            #expect(log.count == 1)
            let tick = try #require(log.entries.first)
            #expect(tick.due >= begin + .milliseconds(3) && tick.number == 1 && tick.missed == 0)
            loop.withIsolation { _ in #expect(source.mode == .off) }
        } catch let error as IOError {
            // Whoever may not wake the machine is told what it takes; some machines have no such clock.
            #expect(clock == .realtimeAlarm || clock == .boottimeAlarm)
            #expect(
                error.code == EOPNOTSUPP || error.code == EPERM && error.operation.contains("CAP_WAKE_ALARM"),
                "\(error)")
        }
    }

    @Test("a moment by the wall clock, set again, and to a delay")
    func moments() throws {
        let log = log
        let source = try loop.withIsolation { loop in
            try loop.addTimer(at: .seconds(4_000_000_000)) { _, tick in log.add(tick) }
        }
        #expect(source.name == "timer (realtime)")
        stepper.settle()
        #expect(log.count == 0)
        loop.withIsolation { _ in
            #expect(source.due == .seconds(4_000_000_000))
            source.set(at: .seconds(1_000_000_000))
        }
        stepper.settle()
        #expect(log.entries.map(\.due) == [.seconds(1_000_000_000)])
        loop.withIsolation { _ in source.set(after: .milliseconds(1)) }
        #expect(stepper.turn { log.count == 2 })
        #expect(log.entries.map(\.number) == [1, 2])
        source.cancel()
    }

    @Test("a series keeps its beat, and is one call for what has passed")
    func series() throws {
        let log = log
        // So that ten and a half distances have passed.
        let distance = Duration.seconds(10)
        let first = LoopClock.boottime.now - distance * 10 - .seconds(5)
        let source = try loop.withIsolation { loop in
            try loop.addTimer(.boottime, at: first, every: distance) { _, tick in log.add(tick) }
        }
        stepper.settle()
        let tick = try #require(log.entries.first)
        if first > .zero {
            #expect(log.count == 1 && tick.missed == 10 && tick.number == 11 && tick.due == first + distance * 10)
            loop.withIsolation { _ in
                #expect(source.due == first + distance * 11 && source.mode == .once)
                // The beat is that of the moment that was set.
                source.set(at: first)
            }
            stepper.settle()
            #expect(log.count == 2 && log.entries[1].number == 22 && log.entries[1].missed == 10)
        }
        source.cancel()
    }

    @Test("a series goes on by itself")
    func ticking() throws {
        let log = log
        let source = try loop.withIsolation { loop in
            try loop.addTimer(after: .zero, every: .microseconds(500), accuracy: .zero) { _, tick in log.add(tick) }
        }
        #expect(stepper.turn { log.count >= 5 })
        source.cancel()
        for (one, next) in zip(log.entries, log.entries.dropFirst()) {
            #expect(next.number == one.number + next.missed + 1)
            #expect(next.due - one.due == .microseconds(500) * (next.missed + 1))
        }
    }

    // ---- rates

    @Test("a source is dispatched as often as its rate allows, and is off for the rest of the time")
    func rate() throws {
        let calls = Counter()
        let source = try loop.withIsolation { loop in
            let source = try loop.addDefer { _ in calls.add() }
            source.mode = .on
            #expect(!source.isRateLimited)
            try source.limitRate(to: 3, per: .seconds(1_000))
            return source
        }
        stepper.settle()
        #expect(calls.value == 3)
        loop.withIsolation { _ in
            #expect(source.isRateLimited && source.mode == .on)
            source.removeRateLimit()
            #expect(!source.isRateLimited)
        }
        #expect(stepper.turn { calls.value == 10 })
        source.cancel()
    }

    @Test("when the time is over the handler of the limit's end is called, and the source is on again")
    func rateEnds() throws {
        let (calls, ends) = (Counter(), Counter())
        let source = try loop.withIsolation { loop in
            let source = try loop.addDefer { _ in calls.add() }
            source.mode = .on
            try source.limitRate(to: 2, per: .milliseconds(1)) { loop in
                loop.executor.checkIsolated()
                ends.add()
            }
            return source
        }
        #expect(stepper.turn { ends.value >= 3 && calls.value >= 7 })
        #expect(calls.value <= 2 * (ends.value + 1))
        source.cancel()
    }

    @Test("post and exit sources take no rate")
    func noRate() throws {
        try loop.withIsolation { loop in
            for source in [try loop.addPost { _ in }, try loop.addExit { _ in }] {
                let error = #expect(throws: IOError.self) { try source.limitRate(to: 1, per: .seconds(1)) }
                #expect(error?.code == EDOM && error?.operation == "limiting the rate of \(source.name)")
            }
        }
    }
}
