import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// `make statistics` builds with the trait, and counts.
    @Suite("Statistics", .leavesNoRecord)
    struct StatisticsTests {
        let arena = Arena.prepared()

        #if Statistics
            func statistics(_ name: ObjectName) throws -> [UInt64] {
                let statistics = try #require(arena.statistics(of: name))
                return [statistics.waits, statistics.signals, statistics.contended]
            }

            @Test("each object counts its waits and signals, by whichever way they come")
            func counts() throws {
                let (event, semaphore) = (arena.makeEvent(), try arena.makeSemaphore(count: 0, maximum: 9))
                let (mutex, owner) = (try arena.makeMutex(), try arena.makeOwner())
                #expect(try statistics(event) == [0, 0, 0])
                for _ in 0..<3 { try arena.setEvent(event) }
                _ = try arena.block(on: event, until: Deadline.now)
                _ = try arena.block(on: event, until: Deadline.now)  // takes nothing
                #expect(try statistics(event) == [1, 3, 0])
                try arena.releaseSemaphore(semaphore, count: 2)
                for _ in 0..<2 { _ = try arena.block(on: [event, semaphore], until: Deadline.now) }
                #expect(try statistics(semaphore) == [2, 1, 0])
                for _ in 0..<2 { _ = try arena.block(on: mutex, until: Deadline.now, owner: owner) }
                for _ in 0..<2 { try arena.releaseMutex(mutex, owner: owner) }
                #expect(try statistics(mutex) == [2, 2, 0])
                try arena.setEvent(event)
                try arena.releaseSemaphore(semaphore)
                #expect(try arena.block(on: [event, semaphore], all: true, until: Deadline.now) == .satisfied(0))
                #expect(try statistics(event) == [2, 4, 0] && statistics(semaphore) == [3, 2, 0])
                arena.releaseOwner(owner)
                for object in [event, semaphore, mutex] { arena.release(object) }
                #expect(arena.statistics(of: event) == nil)
            }

            @Test("a wait that sleeps is counted at the object that ends it, with its time")
            func contention() async throws {
                let events = [arena.makeEvent(), arena.makeEvent()]
                let worker = Worker()
                worker.start { _ = try? Arena.local.block(on: events, until: Deadline.never) }
                #expect(until { arena.queueLength(events[1]) == 1 })
                let end = milliseconds(5)
                #expect(until { Seam.now > end })
                try arena.setEvent(events[1])
                #expect(until { worker.isDone })
                #expect(try statistics(events[0]) == [0, 0, 0] && statistics(events[1]) == [1, 1, 1])
                #expect(try #require(arena.statistics(of: events[1])).longestWait >= 5_000_000)
                let task = Task { try await arena.suspend(on: events[0], until: Deadline.never) }
                #expect(await eventually { arena.queueLength(events[0]) == 1 })
                try arena.setEvent(events[0])
                #expect(try await task.value == .satisfied(0))
                #expect(try statistics(events[0]) == [1, 1, 1])
                #expect(worker.end())
                events.forEach { arena.release($0) }
            }
        #else
            @Test("a build without the trait counts nothing, and says so")
            func none() throws {
                let event = arena.makeEvent()
                try arena.setEvent(event)
                #expect(arena.statistics(of: event) == nil)
                arena.release(event)
            }
        #endif
    }
}
