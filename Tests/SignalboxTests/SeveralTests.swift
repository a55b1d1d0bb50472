import Signalbox
import TestSupport
import Testing

@Suite("Waits for several objects", .serialized, .alone, .timeLimit(.minutes(2)))
struct SeveralTests {
    private func events(_ count: Int, signaled: Set<Int> = []) -> [EventObject] {
        (0..<count).map { EventObject(signaled: signaled.contains($0)) }
    }

    private func signaled(_ events: [EventObject]) -> [Int] { events.indices.filter { isSignaled(events[$0].object) } }

    // ---- any

    @Test("of several ready objects the first in the list is taken, and no other")
    func lowestFirst() async throws {
        let events = events(5, signaled: [3, 1])
        #expect(try await waitAny(events) == .satisfied(1))
        #expect(signaled(events) == [3])
        #expect(try await waitAny(events) == .satisfied(3))
        #expect(try await waitAny(events, timeout: .zero) == .timedOut)
    }

    @Test("a suspended task is released by each object of its wait", arguments: [1, 2, 3, 100])
    func anyPosition(count: Int) async throws {
        let events = events(count)
        for position in events.indices {
            let task = Task { try await waitAny(events) }
            #expect(await eventually { isAwaited(events[count - 1].object) })
            events[position].set()
            #expect(try await task.value == .satisfied(position))
            for event in events { #expect(!isAwaited(event.object) && !isSignaled(event.object)) }
        }
    }

    @Test("objects of several kinds can be waited for together")
    func kinds() async throws {
        let (event, stop, thread) = (EventObject(), StopEvent(), try ThreadObject {})
        #expect(try await waitAny(event, stop, thread) == .satisfied(2))
        stop.set()
        event.set()
        #expect(try await waitAll(event, stop, thread) == .satisfied(0))
        #expect(!isSignaled(event.object) && stop.isSet)
    }

    @Test("the same object twice in a wait for any is fine: the first index counts")
    func anyTwice() async throws {
        let event = EventObject()
        let task = Task { try await waitAny(event, event) }
        #expect(await eventually { queueLength(event.object) == 1 })
        event.set()
        #expect(try await task.value == .satisfied(0))
        #expect(!isSignaled(event.object) && !isAwaited(event.object))
    }

    // ---- all

    @Test("a wait for all takes nothing until it can take everything", arguments: permutations(of: 3))
    func everyOrder(order: [Int]) async throws {
        let events = events(3)
        let task = Task { try await waitAll(events) }
        #expect(await eventually { events.allSatisfy { isAwaited($0.object) } })
        for count in 1...2 {
            events[order[count - 1]].set()
            #expect(signaled(events) == order.prefix(count).sorted())
        }
        events[order[2]].set()
        #expect(try await task.value == .satisfied(0))
        #expect(signaled(events) == [] && events.allSatisfy { !isAwaited($0.object) })
    }

    @Test("a wait for all goes on when somebody takes one of its objects away")
    func takenAway() async throws {
        let events = events(2)
        let task = Task { try await waitAll(events) }
        #expect(await eventually { isAwaited(events[1].object) })
        events[0].set()
        #expect(try await events[0].wait(timeout: .zero))
        events[1].set()
        #expect(signaled(events) == [1])
        events[0].set()
        #expect(try await task.value == .satisfied(0))
        #expect(signaled(events) == [])
    }

    @Test("a wait for all leaves manual-reset events set")
    func manualReset() async throws {
        let (manual, automatic) = (EventObject(.manual, signaled: true), EventObject(signaled: true))
        #expect(try await waitAll(manual, automatic) == .satisfied(0))
        #expect(isSignaled(manual.object) && !isSignaled(automatic.object))
    }

    @Test("two waits for all over the same objects do not stand in each other's way")
    func opposed() async throws {
        let events = events(2)
        let (first, second) = (Task { try await waitAll(events) }, Task { try await waitAll(events.reversed()) })
        #expect(await eventually { queueLength(events[0].object) == 2 && queueLength(events[1].object) == 2 })
        for _ in 0..<2 {
            events[0].set()
            events[1].set()
            #expect(await eventually { signaled(events) == [] })
        }
        #expect(try await first.value == .satisfied(0))
        #expect(try await second.value == .satisfied(0))
    }

    @Test("the same object twice in a wait for all is refused, and nothing is taken")
    func allTwice() async throws {
        let (event, other) = (EventObject(signaled: true), EventObject(signaled: true))
        await #expect(throws: WaitError.duplicateObject(2)) { try await waitAll(event, other, event) }
        #expect(isSignaled(event.object) && isSignaled(other.object))
        #expect(WaitError.duplicateObject(2).description.contains("index 2"))
    }

    // ---- both

    @Test("a wait for nothing is refused")
    func empty() async throws {
        await #expect(throws: WaitError.noObjects) { try await waitAny([]) }
        await #expect(throws: WaitError.noObjects) { try await waitAll([], timeout: .zero) }
        #expect(WaitError.noObjects.description.contains("at least one object"))
    }

    @Test("a wait that times out takes nothing, and leaves every queue", arguments: [false, true], [1, 2, 5, 70])
    func timeOut(all: Bool, count: Int) async throws {
        let events = events(count)
        if all && count > 1 { events[0].set() }
        let result =
            all
            ? try await waitAll(events, timeout: .milliseconds(2))
            : try await waitAny(events, timeout: .milliseconds(2))
        #expect(result == .timedOut)
        #expect(signaled(events) == (all && count > 1 ? [0] : []))
        #expect(events.allSatisfy { !isAwaited($0.object) })
    }

    @Test("a task that was cancelled before throws, and takes nothing", arguments: [false, true])
    func cancelledBefore(all: Bool) async throws {
        let (events, gate) = (events(3, signaled: all ? [0, 1] : []), EventObject())
        let task = Task {
            try? await gate.wait()
            return all ? try await waitAll(events) : try await waitAny(events)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(signaled(events) == (all ? [0, 1] : []))
        #expect(events.allSatisfy { !isAwaited($0.object) })
    }

    @Test("a task that is cancelled during the wait throws, and has taken nothing", arguments: [false, true])
    func cancelledDuring(all: Bool) async throws {
        let events = events(3)
        let task = Task { all ? try await waitAll(events) : try await waitAny(events) }
        #expect(await eventually { isAwaited(events[2].object) })
        if all { events[1].set() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(signaled(events) == (all ? [1] : []))
        #expect(events.allSatisfy { !isAwaited($0.object) })
    }

    @Test("signals for a wait for all that race with its cancellation are all taken, or all left")
    func allAgainstCancellation() async throws {
        let events = events(3)
        var generator = SeededGenerator()
        for round in 0..<3_000 {
            let task = Task { try await waitAll(events) }
            if Bool.random(using: &generator) { _ = await eventually { isAwaited(events[2].object) } }
            let order = [0, 1, 2].shuffled(using: &generator)
            async let setting: Void = order.forEach { events[$0].set() }
            task.cancel()
            await setting
            let wasTaken = await (try? task.value) == .satisfied(0)
            #expect(signaled(events) == (wasTaken ? [] : [0, 1, 2]), "round \(round), seed \(generator.seed)")
            events.forEach { $0.reset() }
        }
    }

    @Test("random waits by eight tasks over four events take each signal once")
    func random() async throws {
        let events = events(4)
        let generator = SeededGenerator()
        let taken = Log<Int>()
        let tasks = (0..<8).map { number in
            Task {
                var generator = SeededGenerator(seed: generator.seed + UInt64(number))
                while true {
                    let positions = Array(
                        [0, 1, 2, 3].shuffled(using: &generator).prefix(Int.random(in: 1...4, using: &generator)))
                    let chosen = positions.map { events[$0] }
                    if Bool.random(using: &generator) {
                        guard case .satisfied(let index) = try await waitAny(chosen, timeout: .milliseconds(1)) else {
                            continue
                        }
                        taken.add(positions[index])
                    } else if try await waitAll(chosen, timeout: .milliseconds(1)) == .satisfied(0) {
                        positions.forEach { taken.add($0) }
                    }
                }
            }
        }
        // One signal at a time for each event, so that none is merged with the one before.
        let rounds = 500
        for round in 1...rounds {
            for event in events { event.set() }
            let isDone = await eventually { taken.count == 4 * round }
            #expect(isDone, "round \(round), seed \(generator.seed): \(taken.count) signals were taken")
            if !isDone { break }
        }
        tasks.forEach { $0.cancel() }
        for task in tasks { _ = await task.result }
        for position in 0..<4 {
            #expect(taken.entries.filter { $0 == position }.count == rounds, "seed \(generator.seed)")
        }
    }
}

/// Every order of the numbers below `count`.
func permutations(of count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(of: count - 1).flatMap { rest in
        (0..<count).map { place in
            var order = rest
            order.insert(count - 1, at: place)
            return order
        }
    }
}
