import Testing

@testable import Dispatcher

extension DispatcherSuites {
    @Suite("Mutexes and semaphores", .leavesNoRecord)
    struct MutexTests {
        let arena = Arena.prepared()

        /// The mutex as it stands: how often it is owned, and whether it was abandoned.
        func state(_ mutex: ObjectName) -> [UInt32] {
            guard let state = arena.mutexState(mutex) else { return [] }
            return [state.recursion, state.isAbandoned ? 1 : 0]
        }

        @Test("an owner takes a mutex as often as it likes, and others get it when it was released as often")
        func recursion() throws {
            let mutex = try arena.makeMutex()
            let (place, refused) = (Place(), Log())
            let (one, other) = (Worker(), Worker())
            for round in 1...3 {
                #expect(one.run { _ = try? Arena.local.block(on: mutex, until: Deadline.never) })
                #expect(state(mutex) == [UInt32(round), 0])
            }
            other.start { place.set(try? Arena.local.block(on: mutex, until: Deadline.never)) }
            #expect(until { arena.queueLength(mutex) == 1 })
            for round in 1...2 {
                #expect(one.run { try? Arena.local.releaseMutex(mutex, owner: Threads.owner()) })
                #expect(state(mutex) == [UInt32(3 - round), 0] && place.verdict == nil)
            }
            #expect(one.run { try? Arena.local.releaseMutex(mutex, owner: Threads.owner()) })
            #expect(until { other.isDone } && place.verdict == .satisfied(0) && state(mutex) == [1, 0])
            // It is the other's now.
            #expect(
                one.run {
                    do { try Arena.local.releaseMutex(mutex, owner: Threads.owner()) } catch DispatcherError.notOwner {
                        refused.add(1)
                    } catch {}
                })
            #expect(refused.entries == [1] && state(mutex) == [1, 0])
            #expect(one.end() && other.end())
            arena.release(mutex)
        }

        @Test("a thread that ends abandons what it owns: the next owner is told, once, and has it once")
        func abandonment() throws {
            let (first, second) = (try arena.makeMutex(), try arena.makeMutex())
            let (before, after) = (try arena.makeOwner(), try arena.makeOwner())
            let waiting = Place()
            let worker = Worker()
            let end = Worker()
            #expect(
                end.run {
                    for mutex in [first, second, second, second] {
                        _ = try? Arena.local.block(on: mutex, until: Deadline.now)
                    }
                })
            // One has a waiter when it is abandoned, the other none.
            worker.start { waiting.set(try? Arena.local.block(on: first, until: Deadline.never)) }
            #expect(until { arena.queueLength(first) == 1 } && end.end())
            #expect(until { waiting.verdict == .abandoned(0) })
            #expect(state(first) == [1, 0] && state(second) == [0, 1])
            // A wait that takes nothing leaves the abandonment.
            let event = arena.makeEvent()
            #expect(try arena.block(on: [second, event], all: true, until: Deadline.now, owner: before) == .timedOut)
            #expect(state(second) == [0, 1])
            #expect(try arena.block(on: [event, second], until: Deadline.now, owner: before) == .abandoned(1))
            #expect(state(second) == [1, 0])
            try arena.releaseMutex(second, owner: before)
            #expect(throws: DispatcherError.notOwner) { try arena.releaseMutex(second, owner: before) }
            #expect(try arena.block(on: second, until: Deadline.now, owner: after) == .satisfied(0))
            #expect(worker.end())
            arena.releaseOwner(before)
            arena.releaseOwner(after)
            #expect(state(second) == [0, 1])
            for object in [first, second, event] { arena.release(object) }
        }

        @Test("a wait for all with an abandoned mutex takes all, and says so", arguments: [false, true])
        func abandonedInAll(blocks: Bool) throws {
            let (mutex, event) = (try arena.makeMutex(), arena.makeEvent(signaled: !blocks))
            let owner = try arena.makeOwner()
            #expect(try arena.block(on: mutex, until: Deadline.now, owner: owner) == .satisfied(0))
            arena.releaseOwner(owner)
            let place = Place()
            let worker = Worker()
            worker.start { place.set(try? Arena.local.block(on: [event, mutex], all: true, until: Deadline.never)) }
            if blocks {
                #expect(until { arena.queueLength(mutex) == 1 && arena.queueLength(event) == 1 })
                try arena.setEvent(event)
            }
            #expect(until { worker.isDone } && place.verdict == .abandoned(0))
            #expect(!arena.isSignaled(event) && state(mutex) == [1, 0])
            #expect(worker.end())
            arena.release(event)
            arena.release(mutex)
        }

        @Test("an owner's wait for all counts its own mutex as signaled")
        func ownMutexInAll() throws {
            let (mutex, event) = (try arena.makeMutex(), arena.makeEvent())
            let place = Place()
            let worker = Worker()
            worker.start {
                _ = try? Arena.local.block(on: mutex, until: Deadline.now)
                place.set(try? Arena.local.block(on: [mutex, event], all: true, until: Deadline.never))
            }
            #expect(until { arena.queueLength(event) == 1 })
            try arena.setEvent(event)
            #expect(until { worker.isDone } && place.verdict == .satisfied(0) && state(mutex) == [2, 0])
            #expect(worker.end())
            arena.release(event)
            arena.release(mutex)
        }

        @Test(
            "an owned mutex outlives its last reference, until it is released or abandoned", arguments: [false, true])
        func ownedWithoutReference(abandons: Bool) throws {
            let owner = try arena.makeOwner()
            let mutex = try arena.makeMutex(owner: owner)
            arena.release(mutex)
            #expect(arena.exists(mutex) && state(mutex) == [1, 0])
            if !abandons { try arena.releaseMutex(mutex, owner: owner) }
            arena.releaseOwner(owner)
            #expect(!arena.exists(mutex))
        }

        @Test("nobody waits for a mutex on nobody's behalf, and what is no mutex is not released")
        func refusals() async throws {
            let (mutex, event) = (try arena.makeMutex(), arena.makeEvent(signaled: true))
            let owner = try arena.makeOwner()
            await #expect(throws: DispatcherError.needsOwner) {
                try await arena.suspend(on: [event, mutex], until: Deadline.never)
            }
            #expect(arena.isSignaled(event))
            #expect(throws: DispatcherError.wrongKind) { try arena.releaseMutex(event, owner: owner) }
            #expect(throws: DispatcherError.notOwner) { try arena.releaseMutex(mutex, owner: owner) }
            #expect(throws: DispatcherError.notOwner) { try arena.releaseMutex(mutex, owner: .none) }
            arena.release(mutex)
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.releaseMutex(mutex, owner: owner) }
            arena.release(event)
            arena.releaseOwner(owner)
        }

        @Test("a mutex that is owned as often as can be counted is not taken once more")
        func recursionLimit() throws {
            let owner = try arena.makeOwner()
            let mutex = try arena.makeMutex(owner: owner)
            arena.object(mutex.index).recursion = Arena.recursionLimit
            for all in [false, true] {
                let event = arena.makeEvent(signaled: true)
                #expect(throws: DispatcherError.limitExceeded) {
                    try arena.block(on: [event, mutex], all: all, until: Deadline.never, owner: owner)
                }
                #expect(arena.isSignaled(event) && state(mutex) == [Arena.recursionLimit, 0])
                arena.release(event)
            }
            let event = arena.makeEvent(signaled: false)
            onThreadOrFail { [arena] in
                #expect(throws: DispatcherError.limitExceeded) {
                    try arena.signalAndWait(event, mutex, until: Deadline.never, owner: owner)
                }
                let end = try arena.signalAndWait(mutex, mutex, until: Deadline.never, owner: owner)
                #expect(end == .satisfied(0))
            }
            #expect(!arena.isSignaled(event))
            #expect(state(mutex) == [Arena.recursionLimit, 0])
            arena.release(event)
            arena.release(mutex)
            arena.releaseOwner(owner)
        }

        @Test("a task owns a mutex by its token, and hands it to a thread")
        func token() async throws {
            let mutex = try arena.makeMutex()
            let owner = try arena.makeOwner()
            for _ in 0..<2 {
                #expect(try await arena.suspend(on: mutex, until: Deadline.never, owner: owner) == .satisfied(0))
            }
            let place = Place()
            let worker = Worker()
            worker.start { place.set(try? Arena.local.block(on: mutex, until: Deadline.never)) }
            #expect(await eventually { arena.queueLength(mutex) == 1 })
            try arena.releaseMutex(mutex, owner: owner)
            #expect(state(mutex) == [1, 0] && place.verdict == nil)
            let waiting = Task { try await arena.suspend(on: mutex, until: Deadline.never, owner: owner) }
            #expect(try await waiting.value == .satisfied(0))  // it is the token's own
            try arena.releaseMutex(mutex, owner: owner)
            try arena.releaseMutex(mutex, owner: owner)
            #expect(await eventually { worker.isDone } && place.verdict == .satisfied(0))
            // And back, to a task that stands in line.
            let second = Task { try await arena.suspend(on: mutex, until: Deadline.never, owner: owner) }
            #expect(await eventually { arena.queueLength(mutex) == 1 })
            #expect(worker.end())
            #expect(try await second.value == .abandoned(0))
            arena.releaseOwner(owner)
            arena.release(mutex)
        }

        // ---- semaphores

        @Test("a semaphore lets as many in as were released, and refuses to pass its maximum")
        func semaphore() throws {
            let semaphore = try arena.makeSemaphore(count: 1, maximum: 3)
            #expect(try arena.block(on: semaphore, until: Deadline.now) == .satisfied(0))
            #expect(try arena.block(on: semaphore, until: Deadline.now) == .timedOut)
            #expect(try arena.releaseSemaphore(semaphore, count: 2) == 0)
            #expect(arena.semaphoreCount(semaphore) == 2)
            #expect(throws: DispatcherError.limitExceeded) { try arena.releaseSemaphore(semaphore, count: 2) }
            #expect(throws: DispatcherError.limitExceeded) { try arena.releaseSemaphore(semaphore, count: .max) }
            #expect(arena.semaphoreCount(semaphore) == 2)
            #expect(try arena.releaseSemaphore(semaphore) == 2)
            #expect(arena.semaphoreCount(semaphore) == 3)
            let event = arena.makeEvent()
            #expect(throws: DispatcherError.wrongKind) { try arena.releaseSemaphore(event) }
            arena.release(event)
            arena.release(semaphore)
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.releaseSemaphore(semaphore) }
        }

        @Test("a release of several serves as many waiters, in the order they came")
        func semaphoreWaiters() throws {
            let semaphore = try arena.makeSemaphore(count: 0, maximum: 9)
            let served = Log()
            let workers = (0..<4).map { _ in Worker() }
            for (number, worker) in workers.enumerated() {
                worker.start {
                    if (try? Arena.local.block(on: semaphore, until: Deadline.never)) == .satisfied(0) {
                        served.add(number)
                    }
                }
                #expect(until { arena.queueLength(semaphore) == number + 1 })
            }
            #expect(try arena.releaseSemaphore(semaphore, count: 3) == 0)
            #expect(until { workers[..<3].allSatisfy(\.isDone) })
            #expect(Set(served.entries) == [0, 1, 2] && arena.queueLength(semaphore) == 1)
            #expect(try arena.releaseSemaphore(semaphore, count: 3) == 0)
            #expect(until { workers[3].isDone } && arena.semaphoreCount(semaphore) == 2)
            for worker in workers { #expect(worker.end()) }
            arena.release(semaphore)
        }

        // ---- pulse, and signal-and-wait

        @Test("a pulse acts on who stands in line at that instant", arguments: [false, true])
        func pulse(manualReset: Bool) throws {
            let (event, other) = (arena.makeEvent(signaled: true, manualReset: manualReset), arena.makeEvent())
            try arena.pulseEvent(event)
            #expect(!arena.isSignaled(event))  // with nobody waiting it is just reset
            let (log, all) = (Log(), Place())
            let workers = (0..<4).map { _ in Worker() }
            for number in 0..<3 {
                workers[number].start {
                    _ = try? Arena.local.block(on: event, until: Deadline.never)
                    log.add(number)
                }
                #expect(until { arena.queueLength(event) == number + 1 })
            }
            workers[3].start { all.set(try? Arena.local.block(on: [other, event], all: true, until: Deadline.never)) }
            #expect(until { arena.queueLength(event) == 4 })
            try arena.pulseEvent(event)
            #expect(!arena.isSignaled(event))
            if manualReset {
                #expect(until { Set(log.entries) == [0, 1, 2] } && arena.queueLength(event) == 1)
                try arena.setEvent(other)
                #expect(all.verdict == nil && arena.isSignaled(other))  // the pulse is over
                try arena.pulseEvent(event)
            } else {
                #expect(until { log.entries == [0] } && arena.queueLength(event) == 3)
                try arena.setEvent(other)
                for _ in 0..<3 { try arena.pulseEvent(event) }
            }
            #expect(until { all.verdict == .satisfied(0) } && !arena.isSignaled(event) && !arena.isSignaled(other))
            for worker in workers { #expect(worker.end()) }
            let semaphore = try arena.makeSemaphore(count: 0, maximum: 1)
            #expect(throws: DispatcherError.wrongKind) { try arena.pulseEvent(semaphore) }
            for object in [event, other, semaphore] { arena.release(object) }
        }

        @Test("signal-and-wait signals, then waits; what refuses the signal leaves the wait alone")
        func signalAndWait() throws {
            let (event, semaphore) = (arena.makeEvent(), try arena.makeSemaphore(count: 1, maximum: 1))
            let (mutex, set) = (try arena.makeMutex(), arena.makeEvent(signaled: true))
            let port = try arena.makePort(limit: 1)
            let owner = try arena.makeOwner()
            @Sendable func attempt(_ signal: ObjectName, _ wait: ObjectName) throws -> Verdict {
                try arena.signalAndWait(signal, wait, until: Deadline.now, owner: owner)
            }
            let errors: [(ObjectName, DispatcherError)] = [
                (semaphore, .limitExceeded), (mutex, .notOwner), (port, .wrongKind), (.none, .noSuchObject(0)),
            ]
            onThreadOrFail {
                for (signal, error) in errors {
                    #expect(throws: error) { try attempt(signal, set) }
                    #expect(arena.isSignaled(set))
                }
                #expect(throws: DispatcherError.noSuchObject(1)) { try attempt(event, .none) }
                #expect(throws: DispatcherError.wrongKind) { try attempt(event, port) }
                #expect(!arena.isSignaled(event))
                // The same object for both: taken again at once, or the signal stays.
                #expect(try attempt(event, event) == .satisfied(0))
                #expect(!arena.isSignaled(event))
                #expect(try attempt(event, semaphore) == .satisfied(0))
                #expect(arena.isSignaled(event) && arena.semaphoreCount(semaphore) == 0)
                #expect(try attempt(semaphore, set) == .satisfied(0))
                #expect(arena.semaphoreCount(semaphore) == 1)
                // It has signaled although it times out.
                try arena.resetEvent(event)
                #expect(try attempt(event, set) == .timedOut)
                #expect(arena.isSignaled(event))
                #expect(try attempt(set, mutex) == .satisfied(0))
                #expect(try attempt(mutex, mutex) == .satisfied(0))
                #expect(state(mutex) == [1, 0])
                #expect(try attempt(mutex, set) == .satisfied(0))
                #expect(state(mutex) == [0, 0])
            }
            arena.releaseOwner(owner)
            for object in [event, semaphore, mutex, set, port] { arena.release(object) }
        }

        @Test("signal-and-wait wakes a wait for all of both of its objects, and then stands in line behind it")
        func signalAndWaitServesAll() throws {
            let (first, second) = (arena.makeEvent(), arena.makeEvent(signaled: true))
            let (all, place) = (Place(), Place())
            let (one, other) = (Worker(), Worker())
            one.start { all.set(try? Arena.local.block(on: [first, second], all: true, until: Deadline.never)) }
            #expect(until { arena.queueLength(first) == 1 })
            other.start { place.set(try? Arena.local.signalAndWait(first, second, until: Deadline.never)) }
            #expect(until { all.verdict == .satisfied(0) && arena.queueLength(second) == 1 })
            #expect(place.verdict == nil && !arena.isSignaled(first) && !arena.isSignaled(second))
            try arena.setEvent(second)
            #expect(until { place.verdict == .satisfied(0) })
            #expect(one.end() && other.end())
            arena.release(first)
            arena.release(second)
        }

        @Test("who is released by a signal-and-wait finds the signaller in line: no pulse is lost")
        func noLostPulse() async throws {
            let (ready, go) = (arena.makeEvent(), arena.makeEvent())
            let rounds = Scale.rounds(20_000)
            let count = Counter()
            let watchdog = Watchdog("no lost pulse") { count.value }
            let waiter = TestThread {
                for _ in 0..<rounds { _ = try? Arena.local.signalAndWait(ready, go, until: Deadline.never) }
            }
            let pulser = TestThread {
                for _ in 0..<rounds {
                    _ = try? Arena.local.block(on: ready, until: Deadline.never)
                    try? Arena.local.pulseEvent(go)
                    count.add()
                }
            }
            await waiter.joined()
            await pulser.joined()
            await watchdog.end()
            #expect(count.value == rounds)
            arena.release(ready)
            arena.release(go)
        }
    }
}
