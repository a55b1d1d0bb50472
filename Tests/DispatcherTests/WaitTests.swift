import CLinux
import Synchronization
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    @Suite("Blocking waits", .leavesNoRecord)
    struct WaitTests {
        let arena = Arena.prepared()

        @Test("an automatic-reset event satisfies one wait, a manual-reset event every wait")
        func resetKinds() throws {
            let automatic = arena.makeEvent(signaled: true)
            #expect(try arena.block(on: [automatic], until: Deadline.now) == .satisfied(0))
            #expect(try arena.block(on: [automatic], until: Deadline.now) == .timedOut)
            let manual = arena.makeEvent(signaled: true, manualReset: true)
            for _ in 0..<3 { #expect(try arena.block(on: [manual], until: Deadline.now) == .satisfied(0)) }
            try arena.resetEvent(manual)
            #expect(try arena.block(on: [manual], until: Deadline.now) == .timedOut)
            arena.release(automatic)
            arena.release(manual)
        }

        @Test("an event that is set twice satisfies one wait")
        func setTwice() throws {
            let event = arena.makeEvent()
            try arena.setEvent(event)
            try arena.setEvent(event)
            #expect(try arena.block(on: [event], until: Deadline.now) == .satisfied(0))
            #expect(try arena.block(on: [event], until: Deadline.now) == .timedOut)
            arena.release(event)
        }

        @Test("of several ready objects the first in the list is taken, and no other")
        func lowestFirst() throws {
            let events = (0..<8).map { _ in arena.makeEvent() }
            try arena.setEvent(events[5])
            try arena.setEvent(events[3])
            #expect(try arena.block(on: events, until: Deadline.now) == .satisfied(3))
            #expect(arena.isSignaled(events[5]))
            #expect(try arena.block(on: events, until: Deadline.now) == .satisfied(5))
            #expect(try arena.block(on: events, until: Deadline.now) == .timedOut)
            events.forEach { arena.release($0) }
        }

        @Test("a wait that times out takes nothing, and leaves every queue", arguments: [1, 2, 5, 64])
        func timeOut(count: Int) throws {
            let events = (0..<count).map { _ in arena.makeEvent() }
            let start = signalbox_now()
            #expect(onThread { try? arena.block(on: events, until: milliseconds(5)) } == .timedOut)
            #expect(signalbox_now() - start >= 5_000_000)
            for event in events { #expect(arena.queueLength(event) == 0) }
            for event in events { try arena.setEvent(event) }
            for event in events { #expect(arena.isSignaled(event)) }
            events.forEach { arena.release($0) }
        }

        @Test("a blocked thread is woken by each object of its wait", arguments: [1, 4, 64])
        func wake(count: Int) throws {
            let events = (0..<count).map { _ in arena.makeEvent() }
            for position in 0..<count {
                let place = Place()
                let thread = TestThread { place.set(try? arena.block(on: events, until: milliseconds(20_000))) }
                #expect(until { arena.queueLength(events[count - 1]) == 1 })
                try arena.setEvent(events[position])
                #expect(thread.join())
                #expect(place.verdict == .satisfied(position))
                for event in events { #expect(arena.queueLength(event) == 0 && !arena.isSignaled(event)) }
            }
            events.forEach { arena.release($0) }
        }

        @Test("threads that wait for an automatic-reset event are released one at a time, in the order they came")
        func firstInFirstOut() throws {
            let event = arena.makeEvent()
            let log = Log()
            var threads: [TestThread] = []
            for number in 0..<6 {
                threads.append(
                    TestThread {
                        let verdict = try? arena.block(on: [event], until: milliseconds(20_000))
                        if verdict == .satisfied(0) { log.add(number) }
                    })
                #expect(until { arena.queueLength(event) == number + 1 })
            }
            for number in 0..<6 {
                try arena.setEvent(event)
                #expect(until { log.entries.count == number + 1 })
            }
            #expect(log.entries == [0, 1, 2, 3, 4, 5])
            for thread in threads { #expect(thread.join()) }
            arena.release(event)
        }

        @Test("a manual-reset event releases everyone who waits")
        func broadcast() throws {
            let event = arena.makeEvent(manualReset: true)
            let log = Log()
            let threads = (0..<16).map { number in
                TestThread {
                    if (try? arena.block(on: [event], until: milliseconds(20_000))) == .satisfied(0) { log.add(number) }
                }
            }
            #expect(until { arena.queueLength(event) == 16 })
            try arena.setEvent(event)
            for thread in threads { #expect(thread.join()) }
            #expect(log.entries.sorted() == Array(0..<16))
            arena.release(event)
        }

        @Test("a closed object is refused wherever it stands, and nothing is taken", arguments: 0..<3)
        func closedObject(position: Int) throws {
            let events = (0..<3).map { _ in arena.makeEvent(signaled: true) }
            arena.release(events[position])
            for all in [false, true] {
                #expect(throws: DispatcherError.noSuchObject(position)) {
                    try arena.block(on: events, all: all, until: Deadline.now)
                }
                for other in 0..<3 where other != position { #expect(arena.isSignaled(events[other])) }
            }
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.setEvent(events[position]) }
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.resetEvent(events[position]) }
            for other in 0..<3 where other != position { arena.release(events[other]) }
        }

        @Test("an object that is no event is neither set nor reset")
        func wrongKind() throws {
            let port = try arena.makePort(limit: 1)
            #expect(throws: DispatcherError.wrongKind) { try arena.setEvent(port) }
            #expect(throws: DispatcherError.wrongKind) { try arena.resetEvent(port) }
            arena.release(port)
        }

        @Test("giving up the last reference during a wait does not end the wait")
        func releaseDuringWait() throws {
            let (first, second) = (arena.makeEvent(), arena.makeEvent())
            let place = Place()
            let thread = TestThread { place.set(try? arena.block(on: [first, second], until: milliseconds(20_000))) }
            #expect(until { arena.queueLength(second) == 1 })
            arena.release(first)
            #expect(arena.exists(first))
            try arena.setEvent(second)
            #expect(thread.join())
            #expect(place.verdict == .satisfied(1))
            #expect(!arena.exists(first))
            arena.release(second)
        }

        @Test("the same object twice is fine in a wait for any, and refused in a wait for all")
        func duplicates() throws {
            let (event, other) = (arena.makeEvent(), arena.makeEvent(signaled: true))
            let place = Place()
            let thread = TestThread { place.set(try? arena.block(on: [event, event], until: milliseconds(20_000))) }
            #expect(until { arena.queueLength(event) == 1 })
            try arena.setEvent(event)
            #expect(thread.join())
            #expect(place.verdict == .satisfied(0))
            #expect(arena.queueLength(event) == 0 && !arena.isSignaled(event))
            #expect(throws: DispatcherError.duplicateObject(2)) {
                try arena.block(on: [event, other, event], all: true, until: Deadline.now)
            }
            #expect(arena.isSignaled(other))
            arena.release(event)
            arena.release(other)
        }

        @Test("a wait for all takes nothing until it can take everything, and then everything")
        func waitAll() throws {
            let events = (0..<4).map { _ in arena.makeEvent() }
            let place = Place()
            let thread = TestThread { place.set(try? arena.block(on: events, all: true, until: milliseconds(20_000))) }
            #expect(until { arena.queueLength(events[3]) == 1 })
            for position in [2, 0, 3] {
                try arena.setEvent(events[position])
                #expect(arena.isSignaled(events[position]) && place.verdict == nil)
            }
            // Another takes one of them away: the wait goes on.
            #expect(try arena.block(on: [events[0]], until: Deadline.now) == .satisfied(0))
            try arena.setEvent(events[1])
            #expect(place.verdict == nil && arena.isSignaled(events[1]))
            try arena.setEvent(events[0])
            #expect(thread.join())
            #expect(place.verdict == .satisfied(0))
            for event in events { #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0) }
            events.forEach { arena.release($0) }
        }

        @Test("a wait for all that times out has taken nothing")
        func waitAllTimesOut() throws {
            let events = (0..<5).map { arena.makeEvent(signaled: $0 != 3) }
            #expect(onThread { try? arena.block(on: events, all: true, until: milliseconds(3)) } == .timedOut)
            for position in 0..<5 { #expect(arena.isSignaled(events[position]) == (position != 3)) }
            try arena.setEvent(events[3])
            #expect(try arena.block(on: events, all: true, until: Deadline.now) == .satisfied(0))
            for event in events { #expect(!arena.isSignaled(event)) }
            events.forEach { arena.release($0) }
        }

        @Test("waits for any and for all on one object are served in the order they came")
        func mixedOrder() throws {
            let (shared, other) = (arena.makeEvent(), arena.makeEvent(signaled: true))
            let log = Log()
            let all = TestThread {
                let verdict = try? arena.block(on: [shared, other], all: true, until: milliseconds(20_000))
                if verdict == .satisfied(0) { log.add(1) }
            }
            #expect(until { arena.queueLength(shared) == 1 })
            let any = TestThread {
                if (try? arena.block(on: [shared], until: milliseconds(20_000))) == .satisfied(0) { log.add(2) }
            }
            #expect(until { arena.queueLength(shared) == 2 })
            try arena.setEvent(shared)
            #expect(all.join())
            #expect(log.entries == [1] && !arena.isSignaled(shared) && !arena.isSignaled(other))
            try arena.setEvent(shared)
            #expect(any.join())
            arena.release(shared)
            arena.release(other)
        }
    }
}
