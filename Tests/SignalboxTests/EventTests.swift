import Signalbox
import TestSupport
import Testing

@Suite("Events", .serialized, .alone, .timeLimit(.minutes(2)))
struct EventTests {
    @Test("an automatic-reset event that is set satisfies one wait")
    func automaticReset() async throws {
        let event = EventObject()
        event.set()
        event.set()
        try await event.wait()
        #expect(try await !event.wait(timeout: .zero))
    }

    @Test("a manual-reset event satisfies every wait until it is reset")
    func manualReset() async throws {
        let event = EventObject(.manual)
        event.set()
        for _ in 0..<3 { #expect(try await event.wait(timeout: .zero)) }
        event.reset()
        #expect(try await !event.wait(timeout: .zero))
    }

    @Test("an event can be made signaled", arguments: [EventObject.Reset.automatic, .manual])
    func madeSignaled(reset: EventObject.Reset) async throws {
        #expect(try await EventObject(reset, signaled: true).wait(timeout: .zero))
        #expect(try await !EventObject(reset).wait(timeout: .zero))
    }

    @Test("a suspended task goes on when the event is set, and has taken the signal")
    func wake() async throws {
        let event = EventObject()
        let task = Task { try await event.wait() }
        #expect(await eventually { isAwaited(event.object) })
        event.set()
        try await task.value
        #expect(!isSignaled(event.object) && !isAwaited(event.object))
    }

    @Test("a wait that times out returns false, and takes no signal that comes later")
    func timeOut() async throws {
        let event = EventObject()
        #expect(try await !event.wait(timeout: .milliseconds(2)))
        #expect(!isAwaited(event.object))
        event.set()
        #expect(isSignaled(event.object))
    }

    @Test("a wait with a timeout never ends before its time", arguments: [1, 999, 1_000_001])
    func neverEarly(nanoseconds: Int) async throws {
        let start = ContinuousClock.now
        #expect(try await !EventObject().wait(timeout: .nanoseconds(nanoseconds)))
        #expect(ContinuousClock.now - start >= .nanoseconds(nanoseconds))
    }

    @Test("a timeout beyond what the clock can tell is none")
    func longTimeout() async throws {
        let event = EventObject()
        let task = Task { try await event.wait(timeout: .seconds(Int64.max)) }
        #expect(await eventually { isAwaited(event.object) })
        event.set()
        #expect(try await task.value)
    }

    @Test("tasks are released one at a time in the order in which they came")
    func firstInFirstOut() async throws {
        let event = EventObject()
        let log = Log<Int>()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<8 {
            tasks.append(
                Task {
                    try await event.wait()
                    log.add(number)
                })
            #expect(await eventually { queueLength(event.object) == number + 1 })
        }
        for number in 0..<8 {
            event.set()
            #expect(await eventually { log.count == number + 1 })
        }
        #expect(log.entries == Array(0..<8))
        for task in tasks { try await task.value }
    }

    @Test("a manual-reset event releases everyone who waits")
    func broadcast() async throws {
        let event = EventObject(.manual)
        let tasks = (0..<100).map { _ in Task { try await event.wait() } }
        #expect(await eventually { queueLength(event.object) == 100 })
        event.set()
        for task in tasks { try await task.value }
    }

    @Test("cancelling a task that waits ends the wait with CancellationError, and takes nothing")
    func cancellation() async throws {
        let event = EventObject()
        let task = Task { try await event.wait() }
        #expect(await eventually { isAwaited(event.object) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!isAwaited(event.object))
        event.set()
        #expect(isSignaled(event.object))
    }

    @Test("a task that was cancelled before does not wait")
    func cancelledBefore() async throws {
        let (event, gate) = (EventObject(), EventObject())
        let task = Task {
            try? await gate.wait()
            try await event.wait()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!isAwaited(event.object))
    }

    @Test("a wait that can be satisfied at once returns even in a cancelled task")
    func satisfiedThoughCancelled() async throws {
        let (event, gate) = (EventObject(signaled: true), EventObject())
        let task = Task {
            try? await gate.wait()
            try await event.wait()
        }
        task.cancel()
        try await task.value
        #expect(!isSignaled(event.object))
    }

    @Test("a signal that races with a cancellation is taken, or left: never both, never neither")
    func signalAgainstCancellation() async throws {
        let event = EventObject()
        var (taken, left) = (0, 0)
        for round in 0..<10_000 {
            let task = Task { try await event.wait() }
            if round % 2 == 0 { _ = await eventually { isAwaited(event.object) } }
            async let setting: Void = event.set()
            task.cancel()
            await setting
            switch await task.result {
            case .success:
                taken += 1
                #expect(!isSignaled(event.object), "round \(round): a taken signal is still there")
            case .failure:
                left += 1
                #expect(isSignaled(event.object), "round \(round): the signal of a cancelled wait is lost")
                event.reset()
            }
        }
        #expect(taken + left == 10_000)
    }

    @Test("a set that races with a time-out is taken, or left: never both, never neither")
    func signalAgainstTimeOut() async throws {
        let event = EventObject()
        for round in 0..<5_000 {
            async let setting: Void = event.set()
            let wasSignaled = try await event.wait(timeout: .microseconds(round % 20))
            await setting
            #expect(isSignaled(event.object) == !wasSignaled, "round \(round)")
            event.reset()
        }
    }

    @Test("a thread's writes before it sets the event are seen by the task that it releases")
    func publication() async throws {
        final class Cell: @unchecked Sendable { var value = 0 }  // handed over by the event
        let (cell, event) = (Cell(), EventObject())
        let thread = try ThreadObject {
            cell.value = 7
            event.set()
        }
        try await event.wait()
        #expect(cell.value == 7)
        try await thread.wait()
    }
}
