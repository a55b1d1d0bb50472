import CLinux
import Synchronization
import Testing

@testable import Dispatcher

/// What the routines log: they are C functions, and can carry no context but their three words.
private func log(_ address: UInt64) -> Log {
    Unmanaged<Log>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(address))!).takeUnretainedValue()
}

extension Log {
    fileprivate var address: UInt64 { UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())) }
}

private let note: APCRoutine = { address, number, _ in log(address).add(Int(number)) }

extension DispatcherSuites {
    @Suite("Asynchronous procedure calls, and suspension", .leavesNoRecord)
    struct APCTests {
        let arena = Arena.prepared()

        /// A thread that has an object.
        func worker() -> (Worker, ObjectName) {
            let worker = Worker()
            let object = Box(ObjectName.none)
            _ = worker.run { object.value.withLock { $0 = Threads.own } }
            return (worker, object.value.withLock { $0 })
        }

        @Test("calls run in the order they were queued, those that they queue too, when the thread sleeps alertably")
        func order() throws {
            let (worker, thread) = worker()
            let calls = Log()
            for number in 1...3 { try Threads.queueAPC(to: thread, note, calls.address, UInt64(number)) }
            try Threads.queueAPC(
                to: thread,
                { address, number, _ in
                    log(address).add(Int(number))
                    try? Threads.queueAPC(to: Threads.own, note, address, number + 1)
                }, calls.address, 4)
            #expect(worker.run { Arena.local.sleep(until: Deadline.now) } && calls.entries == [])
            #expect(worker.run { if Arena.local.sleep(until: Deadline.now, alertable: true) { calls.add(99) } })
            #expect(calls.entries == [1, 2, 3, 4, 5, 99])
            #expect(worker.run { if !Arena.local.sleep(until: Deadline.now, alertable: true) { calls.add(0) } })
            #expect(calls.entries.last == 0)
            #expect(worker.end())
        }

        @Test("an object comes before the calls, and the calls before the time-out", arguments: [1, 2])
        func objectsFirst(count: Int) throws {
            let (worker, thread) = worker()
            let events = (0..<count).map { arena.makeEvent(signaled: $0 == count - 1) }
            let (calls, place) = (Log(), Place())
            try Threads.queueAPC(to: thread, note, calls.address, 1)
            for (deadline, verdict) in [
                (Deadline.now, Verdict.satisfied(count - 1)), (Deadline.now, .alerted), (Deadline.now, .timedOut),
            ] {
                #expect(
                    worker.run {
                        place.set(try? Arena.local.block(on: events, until: deadline, alertable: true))
                    })
                #expect(place.verdict == verdict)
                #expect(calls.entries == (verdict == .satisfied(count - 1) ? [] : [1]))
            }
            #expect(worker.end())
            events.forEach { arena.release($0) }
        }

        @Test("a call ends an alertable wait, which takes nothing, and no other", arguments: [1, 2, 3], [false, true])
        func wakes(count: Int, all: Bool) throws {
            let (worker, thread) = worker()
            let events = (0..<count).map { arena.makeEvent(signaled: all && $0 > 0) }
            let (calls, place) = (Log(), Place())
            func start(alertable: Bool) {
                place.set(nil)
                worker.start {
                    place.set(
                        try? Arena.local.block(on: events, all: all, until: Deadline.never, alertable: alertable))
                }
            }
            start(alertable: true)
            #expect(until { arena.queueLength(events[0]) == 1 })
            try Threads.queueAPC(to: thread, note, calls.address, 1)
            #expect(until { place.verdict == .alerted } && calls.entries == [1])
            for event in events { #expect(arena.queueLength(event) == 0) }
            for event in events.dropFirst() { #expect(arena.isSignaled(event) == all) }
            start(alertable: false)
            #expect(until { arena.queueLength(events[0]) == 1 })
            try Threads.queueAPC(to: thread, note, calls.address, 2)
            try arena.setEvent(events[0])
            #expect(until { place.verdict == .satisfied(0) } && calls.entries == [1])
            #expect(worker.end())
            #expect(calls.entries == [1])  // the thread has ended without them
            events.forEach { arena.release($0) }
        }

        @Test("a call may wait, and run other calls, itself")
        func reentrant() throws {
            let (worker, thread) = worker()
            let calls = Log()
            try Threads.queueAPC(
                to: thread,
                { address, _, _ in
                    log(address).add(1)
                    Arena.local.sleep(until: Deadline.after(nanoseconds: 20_000_000_000), alertable: true)
                    log(address).add(3)
                }, calls.address)
            try Threads.queueAPC(to: thread, note, calls.address, 2)
            #expect(worker.run { Arena.local.sleep(until: Deadline.never, alertable: true) })
            #expect(calls.entries == [1, 2, 3])
            #expect(worker.end())
        }

        @Test("calls queued before a thread begins run first; to one that has ended none can be queued")
        func beforeAndAfter() throws {
            let object = try arena.makeObject(.thread, manualReset: true)
            let (calls, event) = (Log(), arena.makeEvent())
            try Threads.queueAPC(to: object, note, calls.address, 1)
            #expect(arena.retain(object))
            let start = Unmanaged.passRetained(Box((object, calls))).toOpaque()
            let error = signalbox_start_thread(
                0,
                { argument in
                    let box = Unmanaged<Box<(ObjectName, Log)>>.fromOpaque(argument!).takeRetainedValue()
                    let (object, calls) = box.value.withLock { $0 }
                    Threads.adopt(object)
                    calls.add(2)
                }, start, "test")
            #expect(error == 0)
            #expect(until { arena.isSignaled(object) } && calls.entries == [1, 2])
            #expect(throws: DispatcherError.hasEnded) { try Threads.queueAPC(to: object, note, calls.address) }
            #expect(throws: DispatcherError.hasEnded) { try Threads.suspend(object) }
            #expect(throws: DispatcherError.wrongKind) { try Threads.queueAPC(to: event, note, calls.address) }
            #expect(throws: DispatcherError.wrongKind) { try Threads.resume(event) }
            arena.release(object)
            arena.release(event)
            #expect(throws: DispatcherError.noSuchObject(0)) { try Threads.queueAPC(to: object, note, 0) }
        }

        @Test("no call is lost or runs twice between a thread that queues and one that waits with a time-out")
        func race() async throws {
            let (worker, thread) = worker()
            let rounds = Scale.rounds(100_000)
            let (calls, event) = (Counter(), arena.makeEvent())
            let watchdog = Watchdog("calls") { calls.value }
            let address = UInt64(UInt(bitPattern: Unmanaged.passUnretained(calls).toOpaque()))
            worker.start {
                while calls.value < rounds {
                    let deadline = Deadline.after(nanoseconds: UInt64(calls.value % 5) * 1_000)
                    _ = try? Arena.local.block(on: event, until: deadline, alertable: true)
                }
            }
            let add: APCRoutine = { address, _, _ in
                Unmanaged<Counter>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(address))!).takeUnretainedValue().add()
            }
            for round in 0..<rounds {
                try Threads.queueAPC(to: thread, add, address)
                if round % 3 == 0 { try arena.setEvent(event) }
                while calls.value + 100 < round { await Task.yield() }
            }
            #expect(await eventually { worker.isDone } && calls.value == rounds)
            await watchdog.end()
            #expect(worker.end())
            arena.release(event)
        }

        // ---- suspension

        @Test("a suspended thread acquires nothing: signals pass to the next, and it queues again when it is resumed")
        func suspension() throws {
            let (first, thread) = worker()
            let second = Worker()
            let (event, one, other) = (arena.makeEvent(), Place(), Place())
            first.start { one.set(try? Arena.local.block(on: event, until: Deadline.never)) }
            #expect(until { arena.queueLength(event) == 1 })
            second.start { other.set(try? Arena.local.block(on: event, until: Deadline.never)) }
            #expect(until { arena.queueLength(event) == 2 })
            #expect(try Threads.suspend(thread) == 0)
            #expect(try Threads.suspend(thread) == 1)
            #expect(until { arena.queueLength(event) == 1 })
            try arena.setEvent(event)
            #expect(until { other.verdict == .satisfied(0) })
            try arena.setEvent(event)
            #expect(arena.isSignaled(event) && one.verdict == nil)  // nobody is there to take it
            #expect(try Threads.resume(thread) == 2)
            #expect(arena.isSignaled(event) && one.verdict == nil)
            #expect(try Threads.resume(thread) == 1)
            #expect(until { one.verdict == .satisfied(0) } && !arena.isSignaled(event))
            #expect(try Threads.resume(thread) == 0)
            #expect(first.end() && second.end())
            arena.release(event)
        }

        @Test("a suspended thread's calls wait for its resumption; a time-out that has passed ends its wait then")
        func suspendedCalls() throws {
            let (worker, thread) = worker()
            let (event, calls, place) = (arena.makeEvent(), Log(), Place())
            worker.start { place.set(try? Arena.local.block(on: event, until: Deadline.never, alertable: true)) }
            #expect(until { arena.queueLength(event) == 1 })
            _ = try Threads.suspend(thread)
            try Threads.queueAPC(to: thread, note, calls.address, 1)
            #expect(until { arena.queueLength(event) == 0 } && calls.entries == [] && place.verdict == nil)
            _ = try Threads.resume(thread)
            #expect(until { place.verdict == .alerted } && calls.entries == [1])
            let deadline = milliseconds(300)
            worker.start { place.set(try? Arena.local.block(on: [event, event], until: deadline)) }
            #expect(until { arena.queueLength(event) == 1 })
            _ = try Threads.suspend(thread)
            #expect(until { signalbox_now() > deadline })
            #expect(arena.queueLength(event) == 0 && place.verdict == .alerted)
            _ = try Threads.resume(thread)
            #expect(until { place.verdict == .timedOut })
            #expect(worker.end())
            arena.release(event)
        }

        @Test("more suspensions than can be counted are refused")
        func suspensionLimit() throws {
            let object = try arena.makeObject(.thread, manualReset: true)
            for count in 0..<127 { #expect(try Threads.suspend(object) == UInt32(count)) }
            #expect(throws: DispatcherError.limitExceeded) { try Threads.suspend(object) }
            for count in 0..<127 { #expect(try Threads.resume(object) == UInt32(127 - count)) }
            arena.release(object)
        }

        @Test("a thread that is suspended and resumed at random loses no signal, and takes none twice")
        func suspensionRace() async throws {
            let (worker, thread) = worker()
            let rounds = Scale.rounds(100_000)
            let (ping, pong, idle, count) = (arena.makeEvent(), arena.makeEvent(), arena.makeEvent(), Counter())
            let isOver = Counter()
            let watchdog = Watchdog("suspension") { count.value }
            let disturber = TestThread {
                while isOver.value == 0 {
                    _ = try? Threads.suspend(thread)
                    _ = try? Threads.resume(thread)
                }
            }
            worker.start {
                for _ in 0..<rounds {
                    _ = try? Arena.local.block(on: [idle, ping], until: Deadline.never)
                    count.add()
                    try? Arena.local.setEvent(pong)
                }
            }
            let peer = TestThread {
                for _ in 0..<rounds {
                    try? Arena.local.setEvent(ping)
                    _ = try? Arena.local.block(on: pong, until: Deadline.never)
                }
            }
            await peer.joined()
            isOver.add()
            await disturber.joined()
            #expect(await eventually { worker.isDone } && count.value == rounds)
            await watchdog.end()
            #expect(worker.end())
            for object in [ping, pong, idle] { arena.release(object) }
        }
    }
}
