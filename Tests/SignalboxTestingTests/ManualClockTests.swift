import Signalbox
import Synchronization
import Testing

@testable import SignalboxTesting

@Suite("The manual clock", .serialized, .leavesNothing, .timeLimit(.minutes(1)))
struct ManualClockTests {
    private typealias Instant = ManualClock.Instant

    @Test("the clock stands still, and reads the sum of what it was advanced by")
    func now() {
        let clock = ManualClock()
        #expect(clock.now == Instant() && clock.now.offset == .zero)
        clock.advance(by: .seconds(2))
        clock.advance(by: .zero)
        clock.advance(by: .nanoseconds(1))
        #expect(clock.now.offset == .nanoseconds(2_000_000_001))
        clock.advance(to: Instant(offset: .seconds(3)))
        #expect(clock.now.offset == .seconds(3))
        clock.advance(to: Instant(offset: .seconds(1)))
        #expect(clock.now.offset == .seconds(3))
    }

    @Test("a sleep ends when its deadline has come, and not a nanosecond before")
    func deadline() async throws {
        let clock = ManualClock()
        let hasEnded = Atomic(false)
        let task = Task {
            try await clock.sleep(for: .seconds(1))
            hasEnded.store(true, ordering: .releasing)
        }
        try await clock.waitUntilSleeping(count: 1)
        clock.advance(by: .nanoseconds(999_999_999))
        #expect(clock.sleepers == 1)
        #expect(hasEnded.load(ordering: .acquiring) == false)
        clock.advance(by: .nanoseconds(1))
        try await task.value
        #expect(hasEnded.load(ordering: .acquiring) == true)
        #expect(clock.sleepers == 0)
    }

    @Test("a deadline that has come does not suspend")
    func past() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(1))
        try await clock.sleep(until: Instant(offset: .seconds(1)))
        try await clock.sleep(until: Instant(offset: .zero))
        try await clock.sleep(for: .zero)
        #expect(clock.sleepers == 0)
    }

    @Test("sleepers are woken in the order of their deadlines, and of one deadline in the order in which they came")
    func order() {
        var state = ManualClock.State()
        let sleepers = [3, 1, 2, 1, 9].map {
            ManualClock.Sleeper(deadline: Instant(offset: .seconds($0)), awakening: EventObject(.manual))
        }
        for sleeper in sleepers { #expect(state.add(sleeper).isEmpty) }
        func woken(at seconds: Int) -> [Int?] {
            state.advance(to: Instant(offset: .seconds(seconds))).map { event in
                sleepers.firstIndex { $0.awakening === event }
            }
        }
        #expect(woken(at: 0) == [])
        #expect(woken(at: 5) == [1, 3, 2, 0])
        #expect(woken(at: 5) == [])
        #expect(woken(at: 9) == [4])
        #expect(state.sleepers.isEmpty)
    }

    @Test("a test can wake one sleeper after the other")
    func steps() async throws {
        let clock = ManualClock()
        let woken = Trace()
        #expect(clock.nextDeadline == nil)
        let tasks = [3, 1, 2].map { seconds in
            Task {
                try await clock.sleep(until: Instant(offset: .seconds(seconds)))
                woken.add(seconds)
            }
        }
        try await clock.waitUntilSleeping(count: 3)
        for (task, seconds) in [(tasks[1], 1), (tasks[2], 2), (tasks[0], 3)] {
            let next = try #require(clock.nextDeadline)
            #expect(next.offset == .seconds(seconds))
            clock.advance(to: next)
            try await task.value
            #expect(clock.sleepers == 3 - seconds)
        }
        #expect(woken.entries == [1, 2, 3])
    }

    @Test("cancelling a task ends its sleep with CancellationError, and no other")
    func cancellation() async throws {
        let clock = ManualClock()
        let (one, other) = (
            Task { try await clock.sleep(for: .seconds(1)) }, Task { try await clock.sleep(for: .seconds(1)) }
        )
        try await clock.waitUntilSleeping(count: 2)
        one.cancel()
        await #expect(throws: CancellationError.self) { try await one.value }
        #expect(clock.sleepers == 1)
        clock.advance(by: .seconds(1))
        try await other.value
    }

    @Test("a task that was cancelled before does not sleep, though its deadline may have come")
    func cancelledBefore() async throws {
        let clock = ManualClock()
        let gate = Gate()
        for deadline in [Duration.zero, .seconds(1)] {
            let task = Task {
                try? await gate.wait()
                try await clock.sleep(for: deadline)
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(clock.sleepers == 0)
    }

    @Test("a sleep that is cancelled and woken at once ends one way or the other, once")
    func race() async throws {
        var ends = (woken: 0, cancelled: 0)
        for _ in 0..<2_000 {
            let clock = ManualClock()
            let task = Task { try await clock.sleep(for: .seconds(1)) }
            try await clock.waitUntilSleeping(count: 1)
            async let advancing: Void = clock.advance(by: .seconds(1))
            task.cancel()
            await advancing
            switch await task.result {
            case .success: ends.woken += 1
            case .failure: ends.cancelled += 1
            }
            #expect(clock.sleepers == 0)
        }
        #expect(ends.woken + ends.cancelled == 2_000)
    }

    @Test("waiting for sleepers returns when there are so many, and is cancelled as any wait")
    func waiting() async throws {
        let clock = ManualClock()
        let hasReturned = Atomic(false)
        let watcher = Task {
            try await clock.waitUntilSleeping(count: 3)
            hasReturned.store(true, ordering: .releasing)
        }
        let tasks = (0..<2).map { _ in Task { try await clock.sleep(for: .seconds(1)) } }
        try await clock.waitUntilSleeping(count: 2)
        #expect(hasReturned.load(ordering: .acquiring) == false)
        let third = Task { try await clock.sleep(for: .seconds(1)) }
        try await watcher.value
        let hopeless = Task { try await clock.waitUntilSleeping(count: 4) }
        hopeless.cancel()
        await #expect(throws: CancellationError.self) { try await hopeless.value }
        clock.advance(by: .seconds(1))
        for task in tasks + [third] { try await task.value }
    }

    @Test("it is a clock like any other: as `any Clock<Duration>` it measures and sleeps")
    func existential() async throws {
        let manual = ManualClock()
        let clock: any Clock<Duration> = manual
        let task = Task { try await clock.sleep(for: .seconds(60)) }
        try await manual.waitUntilSleeping(count: 1)
        let elapsed = manual.measure { manual.advance(by: .seconds(60)) }
        try await task.value
        #expect(elapsed == .seconds(60) && clock.minimumResolution == .zero)
    }

    @Test("a clock that is to go back traps")
    func back() async {
        await #expect(processExitsWith: .failure) { ManualClock().advance(by: .seconds(-1)) }
    }
}
