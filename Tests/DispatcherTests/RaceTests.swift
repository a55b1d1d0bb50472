import CLinux
import Glibc
import Synchronization
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// 100,000 rounds of each race. Every round ends in exactly one way, and a signal is taken if and only if the wait
    /// says so.
    @Suite("Races", .leavesNoRecord)
    struct RaceTests {
        let arena = Arena.prepared()
        let rounds = Scale.rounds(100_000)

        /// How often each outcome came.
        final class Tally: Sendable {
            private let counts = Box<[String: Int]>([:])
            func add(_ outcome: String) { counts.value.withLock { $0[outcome, default: 0] += 1 } }
            subscript(outcome: String) -> Int { counts.value.withLock { $0[outcome, default: 0] } }
            var total: Int { counts.value.withLock { $0.values.reduce(0, +) } }
            var text: String { counts.value.withLock { "\($0.sorted { $0.key < $1.key }.map { "\($0): \($1)" })" } }
        }

        // ---- threads

        /// Most deadlines are over when the thread would sleep, and it goes on at once; some let it sleep, which takes
        /// the kernel its time.
        func isLong(_ round: Int) -> Bool { round % 32 == 0 }
        func deadline(_ round: Int) -> UInt64 { Deadline.after(nanoseconds: isLong(round) ? 2_000 : 0) }

        @Test("a signal against a time-out, blocking: one of them, and the signal is taken or stays")
        func signalAgainstTimeOut() async throws {
            let event = arena.makeEvent()
            let (place, tally, complaints) = (Place(), Tally(), Complaints())
            let (aims, random) = (
                Box([Aim](repeating: Aim(limit: 200_000), count: 2)), Box(SeededRandom("signal against time-out"))
            )
            await race(
                "signal against time-out", rounds: rounds,
                [
                    { [arena] round in place.set(try? arena.block(on: [event], until: deadline(round))) },
                    { [arena] round in
                        let aim = aims.value.withLock { $0[isLong(round) ? 1 : 0] }
                        spin(nanoseconds: random.value.withLock { aim.delay(&$0) })
                        try! arena.setEvent(event)
                    },
                ]
            ) { [arena] round in
                let isSatisfied = place.verdict == .satisfied(0)
                complaints.expect(isSatisfied || place.verdict == .timedOut, "round \(round): neither")
                complaints.expect(
                    arena.isSignaled(event) != isSatisfied, "round \(round): the signal was lost or doubled")
                complaints.expect(arena.queueLength(event) == 0, "round \(round): left in line")
                aims.value.withLock { $0[isLong(round) ? 1 : 0].learn(hasWon: isSatisfied) }
                tally.add(isSatisfied ? "satisfied" : "timed out")
                try! arena.resetEvent(event)
            }
            print("signal against time-out: \(tally.text)")
            #expect(complaints.all == [])
            #expect(tally.total == rounds && Scale.areBalanced(tally["satisfied"], tally["timed out"]))
            arena.release(event)
        }

        @Test("two signals against a wait for any of two: one is taken, the other stays")
        func twoSignals() async throws {
            let events = [arena.makeEvent(), arena.makeEvent()]
            let (place, tally, complaints) = (Place(), Tally(), Complaints())
            await race(
                "two signals", rounds: rounds,
                [
                    { [arena] _ in place.set(try? arena.block(on: events, until: Deadline.never)) },
                    { [arena] _ in try! arena.setEvent(events[0]) },
                    { [arena] _ in try! arena.setEvent(events[1]) },
                ]
            ) { [arena] round in
                let signaled = events.map { arena.isSignaled($0) }
                switch place.verdict {
                case .satisfied(0): complaints.expect(signaled == [false, true], "round \(round): 0, \(signaled)")
                case .satisfied(1): complaints.expect(signaled == [true, false], "round \(round): 1, \(signaled)")
                default: complaints.expect(false, "round \(round): \(String(describing: place.verdict))")
                }
                for event in events {
                    complaints.expect(arena.queueLength(event) == 0, "round \(round): left in line")
                    try! arena.resetEvent(event)
                }
                tally.add("\(place.verdict!)")
            }
            print("two signals: \(tally.text)")
            #expect(complaints.all == [] && tally.total == rounds)
            events.forEach { arena.release($0) }
        }

        @Test("a wait for all of two against a thief of one: whoever is first takes all of his, and nothing more")
        func thief() async throws {
            let (wanted, other) = (arena.makeEvent(), arena.makeEvent())
            let (all, one, tally, complaints) = (Place(), Place(), Tally(), Complaints())
            await race(
                "wait for all against a thief", rounds: rounds,
                [
                    { [arena] round in
                        try! arena.setEvent(wanted)
                        var spins = 0
                        while all.verdict == nil && one.verdict == nil {
                            spins += 1
                            if spins > 1_000 { sched_yield() }
                        }
                        // One of them has it; another signal is for the other.
                        try! arena.setEvent(wanted)
                    },
                    { [arena] _ in try! arena.setEvent(other) },
                    { [arena] _ in
                        all.set(try? arena.block(on: [wanted, other], all: true, until: Deadline.never))
                        if one.verdict == nil { tally.add("all first") }
                    },
                    { [arena] _ in
                        one.set(try? arena.block(on: [wanted], until: Deadline.never))
                        if all.verdict == nil { tally.add("thief first") }
                    },
                ]
            ) { [arena] round in
                complaints.expect(all.verdict == .satisfied(0) && one.verdict == .satisfied(0), "round \(round)")
                for event in [wanted, other] {
                    complaints.expect(
                        !arena.isSignaled(event), "round \(round): taken twice for one wait, or not at all")
                    complaints.expect(arena.queueLength(event) == 0, "round \(round): left in line")
                }
                all.set(nil)
                one.set(nil)
            }
            print("wait for all against a thief: \(tally.text)")
            #expect(complaints.all == [])
            arena.release(wanted)
            arena.release(other)
        }

        @Test("a wait for all against time-out takes both or none")
        func allAgainstTimeOut() async throws {
            let events = [arena.makeEvent(), arena.makeEvent()]
            let (place, tally, complaints) = (Place(), Tally(), Complaints())
            let (aims, random) = (
                Box([Aim](repeating: Aim(limit: 200_000), count: 2)), Box(SeededRandom("wait for all against time-out"))
            )
            await race(
                "wait for all against time-out", rounds: rounds,
                [
                    { [arena] round in place.set(try? arena.block(on: events, all: true, until: deadline(round))) },
                    { [arena] round in
                        let aim = aims.value.withLock { $0[isLong(round) ? 1 : 0] }
                        spin(nanoseconds: random.value.withLock { aim.delay(&$0) })
                        try! arena.setEvent(events[0])
                        try! arena.setEvent(events[1])
                    },
                ]
            ) { [arena] round in
                let isSatisfied = place.verdict == .satisfied(0)
                complaints.expect(isSatisfied || place.verdict == .timedOut, "round \(round)")
                for event in events {
                    complaints.expect(arena.isSignaled(event) != isSatisfied, "round \(round): not all or nothing")
                    complaints.expect(arena.queueLength(event) == 0, "round \(round): left in line")
                    try! arena.resetEvent(event)
                }
                aims.value.withLock { $0[isLong(round) ? 1 : 0].learn(hasWon: isSatisfied) }
                tally.add(isSatisfied ? "satisfied" : "timed out")
            }
            print("wait for all against time-out: \(tally.text)")
            #expect(complaints.all == [])
            #expect(tally.total == rounds && Scale.areBalanced(tally["satisfied"], tally["timed out"]))
            events.forEach { arena.release($0) }
        }

        @Test("an automatic-reset event hands one token from thread to thread, and what was written before it")
        func token() async throws {
            // Not atomic, on purpose: only who has the token touches it, and thread sanitizer looks on.
            final class Shared: @unchecked Sendable { var count = 0 }
            let (event, shared, progress) = (arena.makeEvent(signaled: true), Shared(), Counter())
            let each = rounds / 4
            let watchdog = Watchdog("token") { progress.value }
            let threads = (0..<4).map { _ in
                TestThread { [arena] in
                    for _ in 0..<each {
                        precondition((try? arena.block(on: [event], until: Deadline.never)) == .satisfied(0))
                        shared.count += 1
                        try! arena.setEvent(event)
                        progress.add()
                    }
                }
            }
            for thread in threads { await thread.joined() }
            await watchdog.end()
            #expect(shared.count == 4 * each)
            #expect(arena.isSignaled(event) && arena.queueLength(event) == 0)
            arena.release(event)
        }

        @Test("set, reset, waits and looks hammer one event, which comes out whole", arguments: [false, true])
        func hammer(manualReset: Bool) async throws {
            let event = arena.makeEvent(manualReset: manualReset)
            let (sets, takes, progress, complaints) = (Counter(), Counter(), Counter(), Complaints())
            let seed = SeededRandom("hammer")
            let each = rounds / 4
            let watchdog = Watchdog("hammer") { progress.value }
            let threads = (0..<4).map { number in
                TestThread { [arena] in
                    var random = seed
                    for _ in 0..<number { _ = random.next() }
                    random = SeededRandom(seed: random.next())
                    for _ in 0..<each {
                        switch random.next() % 8 {
                        case 0, 1, 2:
                            sets.add()  // before, so that takes never run ahead
                            try! arena.setEvent(event)
                        case 3: try! arena.resetEvent(event)
                        case 4: _ = arena.withLock(event) { _, _ in spin(nanoseconds: 500) }
                        case 5: if arena.tryWait(event) { takes.add() }
                        default:
                            let wait = Deadline.after(nanoseconds: 1_000 + random.next() % 20_000)
                            let verdict = try? arena.block(on: [event], until: wait)
                            if verdict == .satisfied(0) { takes.add() }
                            complaints.expect(verdict == .satisfied(0) || verdict == .timedOut, "a wait has failed")
                        }
                        progress.add()
                    }
                }
            }
            for thread in threads { await thread.joined() }
            await watchdog.end()
            #expect(complaints.all == [])
            #expect(arena.queueLength(event) == 0)
            if !manualReset { #expect(takes.value <= sets.value) }
            try arena.resetEvent(event)
            #expect(!arena.isSignaled(event))
            try arena.setEvent(event)
            #expect(arena.tryWait(event) && arena.isSignaled(event) == manualReset)
            let word = arena.object(event.index).pointee.word.load(ordering: .relaxed)
            #expect(word & (Word.locked | Word.contended | Word.queued) == 0)
            arena.release(event)
        }

        @Test("a stale name does no harm to the object that has its record now")
        func staleNames() async throws {
            let (progress, complaints, over) = (Counter(), Complaints(), Counter())
            let name = Box<ObjectName?>(nil)
            let watchdog = Watchdog("stale names") { progress.value }
            let intruders = (0..<2).map { _ in
                TestThread { [arena] in
                    wait { name.value.withLock { $0 } != nil }
                    let stale = name.value.withLock { $0! }
                    while over.value == 0 {
                        complaints.expect((try? arena.setEvent(stale)) == nil, "a stale name was set")
                        complaints.expect((try? arena.resetEvent(stale)) == nil, "a stale name was reset")
                        complaints.expect(!arena.retain(stale), "a stale name was retained")
                        complaints.expect(!arena.release(stale), "a stale name was released")
                    }
                }
            }
            let count = rounds
            let owner = TestThread { [arena] in
                let stale = arena.makeEvent()
                arena.release(stale)
                name.value.withLock { $0 = stale }
                for round in 0..<count {
                    // The list of free records is a stack: this is the same record, again and again.
                    let event = arena.makeEvent()
                    complaints.expect(event.index == stale.index, "round \(round): another record")
                    complaints.expect((try? arena.setEvent(event)) != nil, "round \(round): the event is gone")
                    complaints.expect(arena.isSignaled(event), "round \(round): the signal is gone")
                    complaints.expect(
                        (try? arena.block(on: [event], until: Deadline.now)) == .satisfied(0), "round \(round): kept")
                    arena.release(event)
                    complaints.expect(!arena.exists(event), "round \(round): the event has stayed")
                    progress.add()
                }
                over.add()
            }
            await owner.joined()
            for intruder in intruders { await intruder.joined() }
            await watchdog.end()
            #expect(complaints.all == [])
        }

        // ---- threads, alertable and suspended

        /// What ends a thread's wait, or interrupts it.
        enum Claimant: CaseIterable { case signal, timeOut, call, suspension }

        static let pairs: [[Claimant]] = {
            let all = Claimant.allCases
            let two = all.indices.flatMap { a in all[(a + 1)...].map { [all[a], $0] } }
            return two + [all]
        }()

        /// A call that counts in what its argument points to.
        private static let tellCounter: APCRoutine = { address, _, _ in
            Unmanaged<Counter>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(address))!).takeUnretainedValue().add()
        }

        @Test(
            "of a signal, a time-out, a call and a suspension, any two, or all: each has its effect once",
            arguments: pairs)
        func claimants(_ who: [Claimant]) async throws {
            let (name, rounds) = ("\(who)", Scale.slowRounds(100_000))
            let (event, place, tally, complaints) = (arena.makeEvent(), Place(), Tally(), Complaints())
            let (waiting, calls) = (Box(ObjectName.none), Counter())
            let address = UInt64(UInt(bitPattern: Unmanaged.passUnretained(calls).toOpaque()))
            let aims = Box([Aim](repeating: Aim(limit: 200_000), count: who.count))
            let random = Box(SeededRandom(name))
            let meeting = Meeting(who.contains(.timeOut) ? who.count : who.count + 1)
            var contenders: [@Sendable (Int) -> Void] = [
                { [arena] round in
                    if waiting.value.withLock({ $0 }) == .none {
                        let own = try! Threads.ownOrNew()
                        waiting.value.withLock { $0 = own }
                    }
                    meeting.meet()
                    let limit = aims.value.withLock { aims in
                        who.firstIndex(of: .timeOut).map { place in random.value.withLock { aims[place].delay(&$0) } }
                    }
                    let deadline = limit.map { Deadline.after(nanoseconds: $0) } ?? Deadline.never
                    place.set(try? arena.block(on: event, until: deadline, alertable: true))
                }
            ]
            for (position, claimant) in who.enumerated() where claimant != .timeOut {
                contenders.append { [arena] _ in
                    meeting.meet()
                    let thread = waiting.value.withLock { $0 }
                    spin(
                        nanoseconds: aims.value.withLock { aims in random.value.withLock { aims[position].delay(&$0) } }
                    )
                    switch claimant {
                    case .signal: try! arena.setEvent(event)
                    case .call: try! Threads.queueAPC(to: thread, RaceTests.tellCounter, address)
                    case .suspension:
                        _ = try! Threads.suspend(thread)
                        _ = try! Threads.resume(thread)
                    case .timeOut: break
                    }
                }
            }
            await race(name, rounds: rounds, contenders) { [arena] round in
                let verdict = place.verdict
                let isRight =
                    switch verdict {
                    case .satisfied(0): who.contains(.signal)
                    case .timedOut: who.contains(.timeOut)
                    case .alerted: who.contains(.call)
                    default: false
                    }
                complaints.expect(isRight, "round \(round): \(String(describing: verdict))")
                complaints.expect(
                    arena.isSignaled(event) == (who.contains(.signal) && verdict != .satisfied(0)),
                    "round \(round): the signal was lost or doubled; \(String(describing: verdict))")
                complaints.expect(arena.queueLength(event) == 0, "round \(round): left in line")
                // The thread that judges is the one that waited: a call that lost is run now, and none twice.
                let late = arena.sleep(until: Deadline.now, alertable: true)
                complaints.expect(
                    late == (who.contains(.call) && verdict != .alerted), "round \(round): a call was lost or doubled")
                complaints.expect(
                    calls.value == (who.contains(.call) ? round + 1 : 0), "round \(round): \(calls.value) calls")
                try! arena.resetEvent(event)
                for (position, claimant) in who.enumerated() {
                    let hasWon =
                        switch claimant {
                        case .signal: verdict == .satisfied(0)
                        case .timeOut: verdict == .timedOut
                        case .call: verdict == .alerted
                        case .suspension: round % who.count == 0  // it ends nothing: its moment is random
                        }
                    aims.value.withLock { $0[position].learn(hasWon: hasWon, of: who.count) }
                }
                tally.add(verdict.map { "\($0)" } ?? "an error")
            }
            print("\(name): \(tally.text)")
            #expect(complaints.all == [] && tally.total == rounds)
            let outcomes: [Claimant: String] = [.signal: "satisfied(0)", .timeOut: "timedOut", .call: "alerted"]
            for outcome in who.compactMap({ outcomes[$0] }) { #expect(Scale.areBalanced(tally[outcome])) }
            arena.release(event)
        }

        // ---- tasks

        /// Each round a task waits for the event, and what `contenders` say happens at random moments about the time at
        /// which it gets in line. Returns how often each outcome came.
        func taskRace(_ name: String, signal: Bool, cancel: Bool, timeOut: Bool) async -> Tally {
            let event = arena.makeEvent()
            let (tally, complaints) = (Tally(), Complaints())
            let random = SeededRandom(name)
            let count = rounds
            // Rounds are told to the signaller by number, and it says when it is done.
            let (begun, ended) = (Counter(), Counter())
            let aims = Box(
                (signal: Aim(limit: 20_000), cancel: Aim(limit: 20_000), timeOut: Aim(limit: 20_000)))
            let contenders = [signal, cancel, timeOut].count { $0 }
            let signaller = TestThread { [arena] in
                guard signal else { return }
                var random = SeededRandom(
                    seed: {
                        var seed = random; return seed.next()
                    }())
                for round in 1...count {
                    wait { begun.value >= round }
                    spin(nanoseconds: aims.value.withLock { $0.signal }.delay(&random))
                    try! arena.setEvent(event)
                    ended.add()
                }
            }
            let progress = Counter()
            let watchdog = Watchdog(name) { progress.value }
            let driver = TestThread { [arena] in
                var random = random
                for round in 1...count {
                    let place = Place()
                    let started = Counter()
                    let aim = aims.value.withLock { $0 }
                    let nanoseconds = aim.timeOut.delay(&random)
                    let deadline = timeOut ? Deadline.after(nanoseconds: nanoseconds) : Deadline.never
                    let isEarly = random.next() % 16 == 0
                    if isEarly { begun.add() }
                    let task = Task.detached {
                        started.add()
                        place.set(try? await arena.suspend(on: [event], until: deadline))
                    }
                    if !isEarly {
                        wait { started.value == 1 }
                        begun.add()
                    }
                    if cancel {
                        spin(nanoseconds: aim.cancel.delay(&random))
                        task.cancel()
                    }
                    wait { place.verdict != nil && (!signal || ended.value == round) }
                    let verdict = place.verdict!
                    let isRight =
                        switch verdict {
                        case .satisfied(0): signal
                        case .cancelled: cancel
                        case .timedOut: timeOut
                        default: false
                        }
                    complaints.expect(isRight, "round \(round): \(verdict)")
                    complaints.expect(
                        arena.isSignaled(event) == (signal && verdict != .satisfied(0)),
                        "round \(round): the signal was lost or doubled; \(verdict)")
                    complaints.expect(arena.queueLength(event) == 0, "round \(round): left in line")
                    try! arena.resetEvent(event)
                    aims.value.withLock {
                        $0.signal.learn(hasWon: verdict == .satisfied(0), of: contenders)
                        $0.cancel.learn(hasWon: verdict == .cancelled, of: contenders)
                        $0.timeOut.learn(hasWon: verdict == .timedOut, of: contenders)
                    }
                    tally.add("\(verdict)")
                    progress.add()
                }
            }
            await driver.joined()
            await signaller.joined()
            await watchdog.end()
            print("\(name): \(tally.text)")
            #expect(complaints.all == [] && tally.total == rounds)
            #expect(await eventually { Deadlines.monotonic.count == 0 })
            arena.release(event)
            return tally
        }

        @Test("a signal against cancellation: one of them, and the signal is taken or stays")
        func signalAgainstCancellation() async {
            let tally = await taskRace("signal against cancellation", signal: true, cancel: true, timeOut: false)
            #expect(Scale.areBalanced(tally["satisfied(0)"], tally["cancelled"]))
        }

        @Test("cancellation against a time-out: one of them, and nothing is taken")
        func cancellationAgainstTimeOut() async {
            let tally = await taskRace("cancellation against time-out", signal: false, cancel: true, timeOut: true)
            #expect(Scale.areBalanced(tally["timedOut"], tally["cancelled"]))
        }

        @Test("a signal against a time-out, suspended: one of them, and the signal is taken or stays")
        func suspendedSignalAgainstTimeOut() async {
            let tally = await taskRace("signal against time-out (task)", signal: true, cancel: false, timeOut: true)
            #expect(Scale.areBalanced(tally["satisfied(0)"], tally["timedOut"]))
        }

        @Test("a signal against cancellation against a time-out: exactly one of them")
        func allThree() async {
            let tally = await taskRace("signal, cancellation, time-out", signal: true, cancel: true, timeOut: true)
            #expect(Scale.areBalanced(tally["satisfied(0)"], tally["cancelled"], tally["timedOut"]))
        }
    }
}

/// Spins, then lets others run, until `condition` holds; a `Watchdog` bounds it.
private func wait(_ condition: () -> Bool) {
    var looks = 0
    while !condition() {
        looks += 1
        if looks < 200 { signalbox_pause() } else { sched_yield() }
    }
}
