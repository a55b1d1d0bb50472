import CLinux
import Synchronization
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    @Suite("Suspended waits", .leavesNoRecord)
    struct SuspendTests {
        let arena = Arena.prepared()

        /// A task that waits, and stands in line at all of `names` when this returns.
        func waiting(
            on names: [ObjectName], all: Bool = false, until deadline: UInt64 = Deadline.never
        ) async -> Task<Verdict?, Never> {
            let before = names.last.map { arena.queueLength($0) } ?? 0
            let task = Task.detached { [arena] in try? await arena.suspend(on: names, all: all, until: deadline) }
            #expect(await eventually { arena.queueLength(names.last!) > before })
            return task
        }

        // ---- satisfied

        @Test("a signaled event satisfies the wait at once, and is taken")
        func atOnce() async throws {
            let event = arena.makeEvent(signaled: true)
            #expect(try await arena.suspend(on: [event], until: Deadline.never) == .satisfied(0))
            #expect(!arena.isSignaled(event))
            #expect(try await arena.suspend(on: [event], until: Deadline.now) == .timedOut)
            arena.release(event)
        }

        @Test("of several ready objects the first in the list is taken, and no other")
        func lowestFirst() async throws {
            let events = (0..<8).map { arena.makeEvent(signaled: $0 == 3 || $0 == 5) }
            #expect(try await arena.suspend(on: events, until: Deadline.never) == .satisfied(3))
            #expect(!arena.isSignaled(events[3]) && arena.isSignaled(events[5]))
            events.forEach { arena.release($0) }
        }

        @Test("a suspended task is resumed by each object of its wait", arguments: [1, 4, 64])
        func eachPosition(count: Int) async throws {
            let events = (0..<count).map { _ in arena.makeEvent() }
            for position in 0..<count {
                let task = await waiting(on: events)
                try arena.setEvent(events[position])
                #expect(await task.value == .satisfied(position))
                for event in events { #expect(arena.queueLength(event) == 0 && !arena.isSignaled(event)) }
            }
            events.forEach { arena.release($0) }
        }

        @Test("a wait for all takes nothing until it can take everything, and then everything")
        func waitAll() async throws {
            let events = (0..<5).map { _ in arena.makeEvent() }
            let task = await waiting(on: events, all: true)
            for position in [2, 0, 3, 4] {
                try arena.setEvent(events[position])
                #expect(arena.isSignaled(events[position]) && arena.queueLength(events[position]) == 1)
            }
            #expect(!arena.tryWait(events[0]))  // somebody stands in line: not for the fast path
            #expect(try await arena.suspend(on: [events[0]], until: Deadline.now) == .satisfied(0))
            try arena.setEvent(events[1])
            #expect(arena.isSignaled(events[1]) && !arena.isSignaled(events[0]))
            try arena.setEvent(events[0])
            #expect(await task.value == .satisfied(0))
            for event in events { #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0) }
            events.forEach { arena.release($0) }
        }

        @Test("a wait for all whose objects are all signaled takes them at once")
        func waitAllAtOnce() async throws {
            let events = (0..<5).map { arena.makeEvent(signaled: true, manualReset: $0 == 2) }
            #expect(try await arena.suspend(on: events, all: true, until: Deadline.never) == .satisfied(0))
            for position in 0..<5 { #expect(arena.isSignaled(events[position]) == (position == 2)) }
            events.forEach { arena.release($0) }
        }

        @Test("tasks and threads stand in one line, and are served in the order they came")
        func firstInFirstOut() async throws {
            let event = arena.makeEvent()
            let log = Log()
            var (threads, tasks): ([TestThread], [Task<Void, Never>]) = ([], [])
            for number in 0..<8 {
                if number % 2 == 0 {
                    threads.append(
                        TestThread { [arena] in
                            let verdict = try? arena.block(on: [event], until: milliseconds(20_000))
                            if verdict == .satisfied(0) { log.add(number) }
                        })
                } else {
                    tasks.append(
                        Task.detached { [arena] in
                            let verdict = try? await arena.suspend(on: [event], until: milliseconds(20_000))
                            if verdict == .satisfied(0) { log.add(number) }
                        })
                }
                #expect(await eventually { arena.queueLength(event) == number + 1 })
            }
            for number in 0..<8 {
                try arena.setEvent(event)
                #expect(await eventually { log.entries.count == number + 1 })
                #expect(arena.queueLength(event) == 7 - number)
            }
            #expect(log.entries == Array(0..<8))
            for thread in threads { await thread.joined() }
            for task in tasks { await task.value }
            arena.release(event)
        }

        @Test("a manual-reset event releases 10,000 tasks")
        func broadcast() async throws {
            let event = arena.makeEvent(manualReset: true)
            let verdicts = await withTaskGroup(of: Verdict?.self) { group in
                for _ in 0..<10_000 {
                    group.addTask { [arena] in try? await arena.suspend(on: [event], until: Deadline.never) }
                }
                #expect(await eventually { arena.queueLength(event) == 10_000 })
                try? arena.setEvent(event)
                var verdicts: [Verdict?] = []
                for await verdict in group { verdicts.append(verdict) }
                return verdicts
            }
            #expect(verdicts.count == 10_000 && verdicts.allSatisfy { $0 == .satisfied(0) })
            #expect(arena.queueLength(event) == 0 && arena.isSignaled(event))
            arena.release(event)
        }

        @Test("giving up the last reference during a wait does not end the wait")
        func releaseDuringWait() async throws {
            let (first, second) = (arena.makeEvent(), arena.makeEvent())
            let task = await waiting(on: [first, second])
            arena.release(first)
            #expect(arena.exists(first))
            try arena.setEvent(second)
            #expect(await task.value == .satisfied(1))
            #expect(!arena.exists(first))
            arena.release(second)
        }

        @Test("an ended thread satisfies waits for it, again and again")
        func threadObject() async throws {
            let object = try arena.makeObject(.thread, manualReset: true)
            #expect(arena.retain(object))
            let gate = arena.makeEvent()
            let thread = TestThread { [arena] in
                Threads.setExitCode(object, 7)
                _ = try? arena.block(on: [gate], until: milliseconds(20_000))
                try? arena.signalSlowly(object, .thread)
            }
            let task = await waiting(on: [object])
            #expect(Threads.exitCode(object) == .some(nil))
            try arena.setEvent(gate)
            #expect(await task.value == .satisfied(0))
            #expect(try await arena.suspend(on: [object], until: Deadline.now) == .satisfied(0))
            #expect(Threads.exitCode(object) == 7)
            await thread.joined()
            arena.release(object)
            arena.release(object)
            arena.release(gate)
        }

        // ---- timed out

        @Test("a wait that times out takes nothing, and leaves every queue and the heap", arguments: [1, 2, 5, 64])
        func timeOut(count: Int) async throws {
            let events = (0..<count).map { _ in arena.makeEvent() }
            let start = signalbox_now()
            #expect(try await arena.suspend(on: events, until: milliseconds(5)) == .timedOut)
            #expect(signalbox_now() - start >= 5_000_000)
            #expect(Deadlines.monotonic.count == 0)
            for event in events { #expect(arena.queueLength(event) == 0) }
            for event in events { try arena.setEvent(event) }
            for event in events { #expect(arena.isSignaled(event)) }
            events.forEach { arena.release($0) }
        }

        @Test("a wait for all that times out has taken nothing")
        func waitAllTimesOut() async throws {
            let events = (0..<5).map { arena.makeEvent(signaled: $0 != 3) }
            #expect(try await arena.suspend(on: events, all: true, until: milliseconds(3)) == .timedOut)
            for position in 0..<5 { #expect(arena.isSignaled(events[position]) == (position != 3)) }
            events.forEach { arena.release($0) }
        }

        @Test("a satisfied wait takes its time-out out of the heap")
        func disarm() async throws {
            let event = arena.makeEvent()
            let task = await waiting(on: [event], until: milliseconds(20_000))
            #expect(Deadlines.monotonic.count == 1)
            try arena.setEvent(event)
            #expect(await task.value == .satisfied(0))
            #expect(Deadlines.monotonic.count == 0)
            arena.release(event)
        }

        @Test("a deadline that is over already ends the wait")
        func pastDeadline() async throws {
            let event = arena.makeEvent()
            for _ in 0..<1000 { #expect(try await arena.suspend(on: [event], until: 1) == .timedOut) }
            #expect(arena.queueLength(event) == 0 && Deadlines.monotonic.count == 0)
            arena.release(event)
        }

        // ---- cancelled

        @Test("a cancelled task does not suspend", arguments: [1, 3, 64], [false, true])
        func cancelledBefore(count: Int, all: Bool) async throws {
            let events = (0..<count).map { _ in arena.makeEvent() }
            let task = Task.detached { [arena] in
                withUnsafeCurrentTask { $0?.cancel() }
                return try await arena.suspend(on: events, all: all, until: Deadline.never)
            }
            #expect(try await task.value == .cancelled)
            for event in events { #expect(arena.queueLength(event) == 0) }
            for event in events { try arena.setEvent(event) }
            for event in events { #expect(arena.isSignaled(event)) }
            events.forEach { arena.release($0) }
        }

        @Test("a cancelled task's wait is satisfied all the same if it need not suspend")
        func cancelledButReady() async throws {
            let event = arena.makeEvent(signaled: true)
            let task = Task.detached { [arena] in
                withUnsafeCurrentTask { $0?.cancel() }
                return try await arena.suspend(on: [event], until: Deadline.never)
            }
            #expect(try await task.value == .satisfied(0))
            #expect(!arena.isSignaled(event))
            arena.release(event)
        }

        @Test("cancellation ends a suspended wait, which takes nothing", arguments: [1, 3, 64], [false, true])
        func cancelledWhileSuspended(count: Int, all: Bool) async throws {
            let events = (0..<count).map { _ in arena.makeEvent() }
            let task = await waiting(on: events, all: all, until: milliseconds(20_000))
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(Deadlines.monotonic.count == 0)
            for event in events { #expect(arena.queueLength(event) == 0) }
            for event in events { try arena.setEvent(event) }
            for event in events { #expect(arena.isSignaled(event)) }
            events.forEach { arena.release($0) }
        }

        @Test("a signal passes a cancelled waiter by, and goes to the next in line")
        func cancelledIsPassedBy() async throws {
            let event = arena.makeEvent()
            let first = await waiting(on: [event])
            let second = await waiting(on: [event])
            first.cancel()
            #expect(await first.value == .cancelled)
            try arena.setEvent(event)
            #expect(await second.value == .satisfied(0))
            #expect(!arena.isSignaled(event))
            arena.release(event)
        }

        @Test("cancellation that comes late changes nothing")
        func cancelledAfter() async throws {
            let event = arena.makeEvent()
            let task = await waiting(on: [event])
            try arena.setEvent(event)
            #expect(await task.value == .satisfied(0))
            task.cancel()
            #expect(try await arena.suspend(on: [event], until: milliseconds(1)) == .timedOut)
            arena.release(event)
        }

        // ---- refused

        @Test("a closed object is refused wherever it stands, and nothing is taken", arguments: 0..<3, [false, true])
        func closedObject(position: Int, all: Bool) async throws {
            let events = (0..<3).map { arena.makeEvent(signaled: all && $0 != position) }
            arena.release(events[position])
            await #expect(throws: DispatcherError.noSuchObject(position)) {
                try await arena.suspend(on: events, all: all, until: Deadline.never)
            }
            for other in 0..<3 where other != position {
                #expect(arena.isSignaled(events[other]) == all)
                arena.release(events[other])
            }
        }

        @Test("the same object twice is refused in a wait for all")
        func duplicate() async throws {
            let (event, other) = (arena.makeEvent(signaled: true), arena.makeEvent(signaled: true))
            await #expect(throws: DispatcherError.duplicateObject(2)) {
                try await arena.suspend(on: [event, other, event], all: true, until: Deadline.never)
            }
            #expect(arena.isSignaled(event) && arena.isSignaled(other))
            arena.release(event)
            arena.release(other)
        }

        // ---- the heap

        @Test("armed and disarmed at random, the heap keeps its order and its count")
        func heapOrder() throws {
            var random = SeededRandom("heap order")
            let hour: UInt64 = 3_600_000_000_000
            let waiters = try (0..<500).map { _ in try arena.makeOwner().index }
            var deadlines: [UInt32: UInt64] = [:]
            for _ in 0..<5_000 {
                let waiter = waiters.randomElement(using: &random)!
                if deadlines.removeValue(forKey: waiter) != nil {
                    Deadlines.monotonic.disarm(waiter)
                    #expect(Deadlines.monotonic.heapPlace(waiter).pointee == 0)
                } else {
                    // Few different values, so that some are equal.
                    let deadline = signalbox_now() + hour + hour * UInt64.random(in: 0..<100, using: &random)
                    deadlines[waiter] = deadline
                    Deadlines.monotonic.arm(waiter, wait: 0, at: deadline)
                }
                #expect(Deadlines.monotonic.count == deadlines.count)
                // Each waiter knows its place, and none is before the one above it.
                var places = [UInt64?](repeating: nil, count: deadlines.count)
                for (waiter, deadline) in deadlines {
                    places[Int(Deadlines.monotonic.heapPlace(waiter).pointee) - 1] = deadline
                }
                let isOrdered = places.indices.allSatisfy { place in
                    guard let own = places[place], let above = places[place == 0 ? 0 : (place - 1) / 2] else {
                        return false
                    }
                    return above <= own
                }
                #expect(isOrdered)
                if !isOrdered { break }
            }
            for waiter in waiters {
                Deadlines.monotonic.disarm(waiter)
                arena.releaseOwner(Owner(index: waiter))
            }
            #expect(Deadlines.monotonic.count == 0)
        }

        @Test("time-outs come in the order of their deadlines, and none comes early")
        func heapExpiry() async throws {
            var random = SeededRandom("heap expiry")
            let start = signalbox_now()
            var waits: [(waiter: UInt32, wait: UInt32, deadline: UInt64)] = []
            for _ in 0..<300 {
                let waiter = try arena.makeOwner().index
                let deadline = start + 20_000_000 + UInt64.random(in: 0..<30_000_000, using: &random)
                waits.append((waiter, arena.begin(waiter), deadline))
            }
            for wait in waits { Deadlines.monotonic.arm(wait.waiter, wait: wait.wait, at: wait.deadline) }
            waits.sort { $0.deadline < $1.deadline }
            func isOver(_ waiter: UInt32) -> Bool {
                !Claim(bits: arena.waiter(waiter).pointee.claim.load(ordering: .acquiring)).isOpen
            }
            var isAll = false
            let end = start + 20_000_000_000
            while !isAll && signalbox_now() < end {
                // Looked at from the last to the first: behind one that is over, all must be over.
                var mustBeOver = false
                isAll = true
                for wait in waits.reversed() {
                    let isOver = isOver(wait.waiter)
                    let now = signalbox_now()
                    #expect(!isOver || now >= wait.deadline)
                    #expect(isOver || !mustBeOver)
                    mustBeOver = mustBeOver || isOver
                    isAll = isAll && isOver
                }
                await Task.yield()
            }
            #expect(isAll)
            for wait in waits { #expect(arena.verdict(wait.waiter) == .timedOut) }
            for wait in waits {
                Deadlines.monotonic.disarm(wait.waiter)
                arena.releaseOwner(Owner(index: wait.waiter))
            }
        }
    }
}
