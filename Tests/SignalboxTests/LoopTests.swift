import CLinux
import Dispatcher
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Signalbox

@Suite("The event loop", .serialized, .alone, .timeLimit(.minutes(2)))
struct LoopTests {
    /// An actor that lives on the loop.
    private actor Tenant {
        let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }
        private(set) var numbers: [Int] = []
        private(set) var threads: Set<Int32> = []

        init(_ loop: EventLoop) { self.loop = loop }

        func add(_ number: Int) {
            loop.executor.checkIsolated()
            numbers.append(number)
            threads.insert(signalbox_gettid())
        }

        func isIsolatedToLoopToo() -> Bool {
            loop.assumeIsolated { loop in loop.executor.isOnLoop }
        }
    }

    #if DEBUG || SCHEDULED
        /// Calls an actor of its own loop again and again.
        private actor Caller {
            private let loop: EventLoop
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }

            init(_ loop: EventLoop) { self.loop = loop }

            /// - Returns: the jobs that came to the loop meanwhile, and the threads on which this was.
            func call(_ tenant: Tally, times: Int) async -> (jobs: Int, threads: Set<Int32>) {
                let before = loop.executor.enqueued
                var threads: Set = [signalbox_gettid()]
                for number in 0..<times {
                    await tenant.add(number)
                    if number % 1_000 == 0 { threads.insert(signalbox_gettid()) }
                }
                threads.insert(signalbox_gettid())
                return (loop.executor.enqueued - before, threads)
            }
        }

        /// Adds up what it is sent, and notes each change of thread.
        private actor Tally {
            private let executor: UnownedSerialExecutor
            nonisolated var unownedExecutor: UnownedSerialExecutor { executor }
            private(set) var sum = 0
            private(set) var count = 0
            private(set) var threads: [Int32] = []

            init(_ executor: UnownedSerialExecutor) { self.executor = executor }

            func add(_ number: Int) {
                sum += number
                count += 1
                let thread = signalbox_gettid()
                if thread != threads.last { threads.append(thread) }
            }
        }

        @Test(
            "a million messages to an actor from its own loop are a million calls, without a job or a change of thread")
        func noHop() async throws {
            let loop = try EventLoop()
            let tally = Tally(loop.unownedExecutor)
            let (jobs, threads) = await Caller(loop).call(tally, times: 1_000_000)
            #expect(jobs == 0)
            #expect(await tally.count == 1_000_000)
            #expect(await tally.sum == 499_999_500_000)
            let loopThread = await loop.run { signalbox_gettid() }
            #expect(await tally.threads == [loopThread])
            #expect(threads == [loopThread])
            loop.stop()
        }

        @Test("a message from another loop is a job there, and one back: so hops are counted")
        func hop() async throws {
            let (loop, other) = (try EventLoop(), try EventLoop())
            let tally = Tally(other.unownedExecutor)
            let (jobs, threads) = await Caller(loop).call(tally, times: 100)
            #expect(jobs == 100)
            #expect(await tally.threads == [await other.run { signalbox_gettid() }])
            #expect(threads == [await loop.run { signalbox_gettid() }])
            #expect(other.executor.enqueued >= 100)
            loop.stop()
            other.stop()
        }
    #endif

    private static func loopThreads(_ name: String) -> Int { Census.threadNames().filter { $0 == name }.count }

    @Test("actors of the loop run on its thread, in the order of the calls")
    func order() async throws {
        let loop = try EventLoop()
        let tenants = [Tenant(loop), Tenant(loop)]
        for number in 0..<1_000 { await tenants[number % 2].add(number) }
        #expect(await tenants[0].numbers == Array(stride(from: 0, to: 1_000, by: 2)))
        #expect(await tenants[1].numbers == Array(stride(from: 1, to: 1_000, by: 2)))
        let threads = await tenants[0].threads.union(tenants[1].threads)
        #expect(threads.count == 1 && !threads.contains(signalbox_gettid()))
        loop.stop()
    }

    @Test("on the loop one is isolated to it, and elsewhere not")
    func isolation() async throws {
        let loop = try EventLoop()
        #expect(await Tenant(loop).isIsolatedToLoopToo())
        #expect(await loop.run { loop.executor.isOnLoop })
        #expect(!loop.executor.isOnLoop)
        loop.stop()
    }

    @Test("two loops are two threads, and not each other's")
    func twoLoops() async throws {
        let (one, two) = (try EventLoop(), try EventLoop())
        #expect(await one.run { !two.executor.isOnLoop })
        let threads = (await one.run { signalbox_gettid() }, await two.run { signalbox_gettid() })
        #expect(threads.0 != threads.1)
        one.stop()
        two.stop()
    }

    @Test("what runs on the loop can throw")
    func throwing() async throws {
        let loop = try EventLoop()
        await #expect(throws: IOError(.timedOut, "test")) { try await loop.run { throw IOError(.timedOut, "test") } }
        loop.stop()
    }

    @Test("code off the loop that says it is on it traps")
    func checkTraps() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop()
            loop.executor.checkIsolated()
        }
    }

    @Test("a blocking wait on the loop's thread traps")
    func blockingTraps() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop()
            let event = EventObject()
            await loop.run { _ = try? Arena.local.block(on: event.object, until: Deadline.never) }
        }
    }

    @Test("a hundred thousand jobs of four tasks all run")
    func manyJobs() async throws {
        let loop = try EventLoop()
        let tenant = Tenant(loop)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask { for number in 0..<25_000 { await tenant.add(task * 25_000 + number) } }
            }
        }
        let numbers = await tenant.numbers
        #expect(numbers.count == 100_000 && Set(numbers).count == 100_000)
        // Those of one task are in its order.
        for task in 0..<4 {
            let own = numbers.filter { $0 / 25_000 == task }
            #expect(own == own.sorted())
        }
        #expect(await tenant.threads.count == 1)
        loop.stop()
    }

    @Test("stopping ends the thread and closes the loop's descriptors, once what was asked for before is done")
    func stop() async throws {
        let before = Census().descriptors.count
        let done = Counter()
        do {
            let loop = try EventLoop(name: "loop-to-stop")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 { group.addTask { await loop.run { done.add() } } }
            }
            #expect(LoopTests.loopThreads("loop-to-stop") >= 1)
            loop.stop()
            loop.stop()
        }
        #expect(done.value == 100)
        #expect(await eventually { LoopTests.loopThreads("loop-to-stop") == 0 })
        #expect(await eventually { Census().descriptors.count <= before })
    }

    @Test("a loop that nobody holds any more ends by itself")
    func forgotten() async throws {
        let before = Census().descriptors.count
        do {
            let loop = try EventLoop(name: "forgotten-loop")
            await loop.run {}
        }
        #expect(await eventually { LoopTests.loopThreads("forgotten-loop") == 0 })
        #expect(await eventually { Census().descriptors.count <= before })
    }

    @Test("fifty loops one after the other leave nothing behind")
    func fifty() async throws {
        let before = Census().descriptors.count
        for _ in 0..<50 {
            let loop = try EventLoop()
            await loop.run {}
            loop.stop()
        }
        #expect(await eventually { Census().descriptors.count <= before })
    }

    @Test("without descriptors there is no loop, but an error that says what failed", arguments: 0..<4)
    func noDescriptors(spare: Int) async throws {
        let before = Census().descriptors.count
        // The first descriptors that are free, and not one more.
        let probe = (0...spare).map { _ in dup(0) }
        probe.forEach { close($0) }
        var old = rlimit()
        getrlimit(__rlimit_resource_t(7), &old)  // RLIMIT_NOFILE
        var tight = rlimit(rlim_cur: rlim_t(probe[spare]), rlim_max: old.rlim_max)
        setrlimit(__rlimit_resource_t(7), &tight)
        var failure: (any Error)?
        do {
            try EventLoop().stop()
        } catch {
            failure = error
        }
        setrlimit(__rlimit_resource_t(7), &old)
        // One for epoll, one for the eventfd, and sd-event may want a third.
        if spare < 2 { #expect(failure != nil) }
        if let failure {
            let error = try #require(failure as? IOError)
            #expect(spare < 3 && error.status == .tooManyOpenFiles && error.code == EMFILE)
            #expect(error.description.contains("making an event"))
        }
        #expect(await eventually { Census().descriptors.count <= before })
    }

    /// Comes back to the loop again and again.
    private actor Spinner {
        private let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }

        init(_ loop: EventLoop) { self.loop = loop }

        func spin(_ times: Int, _ rounds: Counter) async {
            for _ in 0..<times {
                rounds.add()
                await Task.yield()
            }
        }
    }

    // In a process of their own: the task that is left behind holds its loop.
    @Test("a loop whose actor yields without end is ended by a stop")
    func endlessStop() async {
        await #expect(processExitsWith: .success) { try LoopTests.endEndless { $0.stop() } }
    }

    @Test("a loop whose actor yields without end is ended by an exit")
    func endlessExit() async {
        await #expect(processExitsWith: .success) {
            let loop = try LoopTests.endEndless { loop in loop.withIsolation { $0.exit(code: 4) } }
            #expect(loop.exitCode == 4)
        }
    }

    @discardableResult
    private static func endEndless(_ end: (EventLoop) -> Void) throws -> EventLoop {
        let (stepper, most) = (try Stepper(), 1_000_000)
        let (loop, rounds, done) = (stepper.loop, Counter(), Counter())
        Task(executorPreference: loop.taskExecutor) { await Spinner(loop).spin(most, rounds) }
        #expect(stepper.turn { rounds.value > 10 })
        // What is asked for before the end is done, in more than a hundred turns, and what comes of it.
        for _ in 0..<60_000 {
            Task(executorPreference: loop.taskExecutor) {
                await Spinner(loop).spin(2, rounds)
                done.add()
            }
        }
        end(loop)
        stepper.settle()
        #expect(loop.hasEnded && done.value == 60_000 && rounds.value < most / 2)
        let lines = stepper.lines.all
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("warning: the event loop ends with jobs left that never run (1):") == true)
        return loop
    }

    @Test("what is posted while jobs of a burst are left is called without another wake-up", arguments: [769, 1_024])
    func postedDuringBurst(jobs: Int) throws {
        let (stepper, done) = (try Stepper(), Counter())
        for _ in 0..<jobs { Task(executorPreference: stepper.loop.taskExecutor) { done.add() } }
        #expect(stepper.loop.prepare() || Stepper.isReadable(stepper.loop.descriptor, 0))
        stepper.loop.dispatch()
        // 256 by the wake-up, as many after it; and so again in the turn that takes the next wake-up.
        #expect(done.value == 512)
        let posted = Counter()
        stepper.loop.executor.post { posted.add() }
        stepper.settle()
        #expect(done.value == jobs && posted.value == 1)
    }

    @Test("a timer of the loop fires at once, and again until it is cancelled")
    func timer() async throws {
        let loop = try EventLoop()
        let ticks = Atomic(0)
        let timer = try await loop.run {
            try LoopTimer(onLoop: loop.executor, every: 1_000) { _ = ticks.wrappingAdd(1, ordering: .relaxed) }
        }
        #expect(await eventually { ticks.load(ordering: .relaxed) >= 5 })
        await loop.run { timer.cancelOnLoop() }
        let last = ticks.load(ordering: .relaxed)
        for _ in 0..<10 { await loop.run {} }
        #expect(ticks.load(ordering: .relaxed) == last)
        loop.stop()
    }

    @Test("what is signaled to a notifier runs the body on the loop, and no signal is lost")
    func notifier() async throws {
        let loop = try EventLoop()
        let wanted = Atomic(0)
        let seen = Atomic(0)
        let notifier = try await loop.run {
            try LoopNotifier(onLoop: loop.executor) {
                loop.executor.checkIsolated()
                seen.store(wanted.load(ordering: .acquiring), ordering: .releasing)
            }
        }
        for number in 1...2_000 {
            wanted.store(number, ordering: .releasing)
            notifier.signal()
            if number % 50 == 0 { #expect(await eventually { seen.load(ordering: .acquiring) == number }) }
        }
        await loop.run { notifier.cancelOnLoop() }
        loop.stop()
    }
}
