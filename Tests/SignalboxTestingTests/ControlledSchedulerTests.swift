import Dispatcher
import Glibc
import Signalbox
import SignalboxTesting
import Synchronization
import Testing

#if DEBUG || SCHEDULED
    @Suite("The controlled scheduler", .serialized, .leavesNothing, .timeLimit(.minutes(2)))
    struct ControlledSchedulerTests {
        /// Two threads add one each, under an event that lets one in; careless: they read before they are let in.
        private func add(seed: UInt64, isCareless: Bool) throws -> (sum: Int, ControlledScheduler.Schedule) {
            let (door, sum) = (EventObject(.automatic, signaled: true), Tally())
            let body: @Sendable () -> Void = {
                var seen = sum.value
                wait(for: door)
                if !isCareless { seen = sum.value }
                sum.set(seen + 1)
                door.set()
            }
            let schedule = try ControlledScheduler(seed: seed).run(threads: [body, body])
            return (sum.value, schedule)
        }

        @Test("a lost update is found within 1,000 seeds, and found again by its seed")
        func lostUpdate() throws {
            #expect(ControlledScheduler.isAvailable)
            let seeds = UInt64(0)..<1_000
            let found = try #require(try seeds.first { try add(seed: $0, isCareless: true).sum == 1 })
            // Not every schedule shows it.
            #expect(try seeds.contains { try add(seed: $0, isCareless: true).sum == 2 })
            let (one, other) = (try add(seed: found, isCareless: true), try add(seed: found, isCareless: true))
            #expect(one.sum == 1)
            #expect(other.sum == 1)
            #expect(one.1 == other.1)
            #expect(one.1.seed == found)
            #expect(Set(one.1.choices) == [0, 1])
        }

        @Test("what has no race shows none")
        func noRace() throws {
            for seed in UInt64(0)..<300 {
                let sum = try add(seed: seed, isCareless: false).sum
                #expect(sum == 2, "seed \(seed)")
            }
        }

        @Test("a deadlock is reported with its seed, and found again by it; the threads end")
        func deadlock() throws {
            func run(seed: UInt64) throws -> ControlledScheduler.Schedule {
                let (left, right) = (EventObject(.automatic, signaled: true), EventObject(.automatic, signaled: true))
                func take(_ first: EventObject, _ second: EventObject) -> @Sendable () -> Void {
                    {
                        wait(for: first)
                        wait(for: second)
                        second.set()
                        first.set()
                    }
                }
                return try ControlledScheduler(seed: seed).run(threads: [take(left, right), take(right, left), {}])
            }
            let found = try #require((UInt64(0)..<1_000).first { seed in (try? run(seed: seed)) == nil })
            let deadlock = #expect(throws: ControlledScheduler.Deadlock.self) { try run(seed: found) }
            #expect(deadlock?.seed == found)
            #expect(deadlock?.sleepers == [0, 1])
            #expect(deadlock?.description == "threads [0, 1] wait for ever: seed \(found)")
            #expect((UInt64(0)..<1_000).contains { seed in (try? run(seed: seed)) != nil })
        }

        @Test("an hour passes at once, when everybody sleeps, and no sooner")
        func time() throws {
            for seed in UInt64(0)..<100 {
                let (gate, late) = (Gate(), Gate())
                let passed = Trace()
                let schedule = try ControlledScheduler(seed: seed).run(threads: [
                    { passed.add(late.block(timeout: .seconds(3_600)) ? 1 : 2) },
                    { passed.add(gate.block(timeout: .seconds(60)) ? 3 : 4) },
                    { gate.open() },
                ])
                #expect(passed.entries == [3, 2], "seed \(seed)")
                #expect(schedule.elapsed == .seconds(3_600), "seed \(seed)")
            }
        }

        @Test("one seed is one schedule, and many seeds are many")
        func replay() throws {
            var seen: Set<[Int]> = []
            for seed in UInt64(0)..<100 {
                let schedule = try add(seed: seed, isCareless: false).1
                #expect(schedule == (try add(seed: seed, isCareless: false).1))
                seen.insert(schedule.choices)
            }
            #expect(seen.count > 10)
        }

        @Test("a thread that will not end after a deadlock is left asleep, and the deadlock is reported")
        func hopeless() async {
            await #expect(processExitsWith: .exitCode(7)) {
                let event = EventObject()
                func run() -> Int32 {
                    do {
                        try ControlledScheduler(seed: 1).run(threads: [{ while true { wait(for: event) } }])
                    } catch {
                        return (error as? ControlledScheduler.Deadlock)?.sleepers == [0] ? 7 : 1
                    }
                    return 0
                }
                exit(run())
            }
        }

        @Test("no threads are no schedule")
        func none() throws {
            let schedule = try ControlledScheduler(seed: 1).run(threads: [])
            #expect(schedule == (try ControlledScheduler(seed: 1).run(threads: [])))
            #expect(schedule.choices == [])
            #expect(schedule.elapsed == .zero)
        }
    }

    private func wait(for event: EventObject) {
        // The event is there; in a deadlock the wait times out, and the thread is to end.
        _ = try! Arena.local.block(on: event.object, until: Deadline.never)
    }
#endif
