import CLinux
import CSystemd
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher
@testable import Signalbox

@Suite("Event loops driven by others, and others driven by event loops", .serialized, .alone, .timeLimit(.minutes(2)))
struct LoopDrivingTests {
    /// Numbers that come to an actor of a loop.
    private actor Sum {
        private let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }
        private(set) var value = 0
        private(set) var threads: Set<Int32> = []
        init(_ loop: EventLoop) { self.loop = loop }
        func add(_ number: Int) {
            loop.executor.checkIsolated()
            value += number
            threads.insert(signalbox_gettid())
        }
    }

    // ---- driven

    @Test("a loop runs on the caller's thread until it exits, and returns its code")
    func callersThread() async throws {
        let loop = try EventLoop(driver: .caller)
        let isOver = EventObject(.manual)
        let code = Log<Int32>()
        let thread = try ThreadObject(name: "caller") {
            #expect(!loop.executor.isOnLoop)
            code.add(loop.runOnCurrentThread())
            #expect(!loop.executor.isOnLoop && signalbox_thread().pointee.loop == 0)
            // It may block again.
            isOver.set()
            _ = try! Arena.local.block(on: isOver.object, until: Deadline.never)
        }
        let sum = Sum(loop)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 { group.addTask { for _ in 0..<1_000 { await sum.add(task) } } }
        }
        #expect(await sum.value == 6_000)
        #expect(await sum.threads.count == 1)
        await loop.exit(code: 9)
        try await thread.wait()
        #expect(code.entries == [9] && loop.hasEnded && loop.exitCode == 9)
    }

    @Test("stopping ends a loop on the caller's thread with 0, before it began too")
    func stopped() throws {
        let loop = try EventLoop(driver: .caller)
        let calls = Counter()
        try loop.withIsolation { loop in
            try loop.addDefer { loop in
                calls.add()
                loop.stop()
            }.keep()
        }
        #expect(try ThreadObject.exitCode { UInt32(loop.runOnCurrentThread()) } == 0 && calls.value == 1)
        let other = try EventLoop(driver: .caller)
        other.stop()
        #expect(try ThreadObject.exitCode { UInt32(other.runOnCurrentThread()) } == 0 && other.hasEnded)
    }

    @Test("a bare epoll loop on a thread drives actors, timers and sources of the loop by its descriptor")
    func bareEpoll() async throws {
        let loop = try EventLoop(driver: .caller)
        let descriptor = loop.descriptor
        let sleeps = Counter()
        let thread = try ThreadObject(name: "foreign-loop") {
            let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
            defer { close(epoll) }
            var interest = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: 1))
            epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &interest)
            while !loop.hasEnded {
                let mayNotSleep = loop.prepare()
                #expect(!loop.executor.isOnLoop)
                var event = epoll_event()
                sleeps.add()
                if epoll_wait(epoll, &event, 1, mayNotSleep ? 0 : -1) > 0 || mayNotSleep { loop.dispatch() }
            }
        }
        let sum = Sum(loop)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 { group.addTask { for _ in 0..<1_000 { await sum.add(task) } } }
        }
        let pipe = Pipe()
        let ticks = Log<TimerTick>()
        let timer = try await loop.addTimer(after: .milliseconds(1), every: .milliseconds(1)) { _, tick in
            ticks.add(tick)
            if ticks.count == 3 { pipe.send("x") }
        }
        let heard = EventObject(.manual)
        let source = try await loop.addIO(pipe.reading, events: .readable) { loop, _ in
            #expect(pipe.receive() == "x")
            heard.set()
        }
        try await heard.wait()
        #expect(await sum.value == 6_000)
        // Tasks that prefer the loop run on its driver's thread, too.
        let there = await Task(executorPreference: loop.taskExecutor) { signalbox_gettid() }.value
        #expect(await sum.threads == [there])
        timer.cancel()
        await loop.exit()
        try await thread.wait()
        #expect(loop.exitCode == 0)
        withExtendedLifetime(source) {}
    }

    @Test("a thread is on the loop only while it drives it")
    func onLoop() throws {
        let loop = try EventLoop(driver: .caller)
        let isOn = Log<Bool>()
        try loop.withIsolation { loop in
            isOn.add(loop.executor.isOnLoop)
            try loop.addDefer { loop in isOn.add(loop.executor.isOnLoop) }.keep()
        }
        isOn.add(loop.executor.isOnLoop)
        #expect(loop.prepare())
        isOn.add(loop.executor.isOnLoop)
        loop.dispatch()
        isOn.add(loop.executor.isOnLoop)
        #expect(isOn.entries == [true, false, false, true, false])
        #expect(signalbox_thread().pointee.loop == 0)
        #expect(loop.executor.threadID == signalbox_thread_id())
    }

    @Test("threads may take turns at driving")
    func threadsTakeTurns() async throws {
        let loop = try EventLoop(driver: .caller)
        let threads = Log<Int32>()
        let source = try loop.withIsolation { loop in
            try loop.addDefer { _ in threads.add(signalbox_gettid()) }
        }
        for number in 1...4 {
            loop.withIsolation { _ in source.mode = .once }
            _ = loop.prepare()
            let thread = try ThreadObject {
                while threads.count < number {
                    loop.dispatch()
                    _ = loop.prepare()
                }
            }
            try await thread.wait()
        }
        #expect(threads.count == 4 && !threads.entries.contains(signalbox_gettid()))
    }

    @Test("a blocking wait traps while a loop is driven")
    func blockingTraps() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(driver: .caller)
            let event = EventObject(signaled: false)
            try loop.withIsolation { loop in
                try loop.addDefer { _ in _ = try? Arena.local.block(on: event.object, until: Deadline.never) }.keep()
            }
            _ = loop.prepare()
            loop.dispatch()
            loop.dispatch()
        }
    }

    @Test("a handler that drives its own loop traps")
    func recursionTraps() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(driver: .caller)
            loop.withIsolation { loop in loop.dispatch() }
        }
    }

    @Test("who drives a loop that has a thread of its own traps")
    func ownThreadTraps() async {
        await #expect(processExitsWith: .failure) { _ = try EventLoop().prepare() }
    }

    @Test("two threads that drive a loop at the same time trap")
    func twoDriversTrap() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(driver: .caller)
            let isInside = EventObject()
            let thread = try ThreadObject {
                loop.withIsolation { _ in
                    isInside.set()
                    while true { sched_yield() }
                }
            }
            try await isInside.wait()
            loop.withIsolation { _ in }
            withExtendedLifetime(thread) {}
        }
    }

    /// Notes that its loop turns.
    private struct Turning: Plugin {
        let name = "turning"
        let thread = Log<Int32>()
        func start(in context: PluginContext) async throws { thread.add(await context.loop.run { signalbox_gettid() }) }
        func stop() async {}
    }

    @Test("a host uses a loop that it was given, and leaves it to who drives it")
    func host() async throws {
        let loop = try EventLoop(driver: .caller)
        let number = Log<Int32>()
        let thread = try ThreadObject {
            number.add(signalbox_gettid())
            number.add(loop.runOnCurrentThread())
        }
        let plugin = Turning()
        let host = try Host(
            plugins: [plugin], loop: loop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(host.loop === loop)
        try await host.start()
        await host.stop()
        #expect(plugin.thread.entries == [number.entries[0]])
        #expect(!loop.hasEnded)
        await loop.exit(code: 4)
        try await thread.wait()
        #expect(number.entries.last == 4)
    }

    // ---- embedded

    /// epoll(7) with a pipe in it, as a foreign loop.
    private final class Foreign: Sendable {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let pipe = Pipe()
        let log = Log<String>()

        init() {
            var interest = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: 7))
            epoll_ctl(epoll, EPOLL_CTL_ADD, pipe.reading, &interest)
        }
        deinit { close(epoll) }

        /// One turn, without waiting.
        func turn() {
            var event = epoll_event()
            log.add(epoll_wait(epoll, &event, 1, 0) == 1 ? "\(event.data.u64) \(pipe.receive())" : "nothing")
        }
    }

    @Test("a foreign epoll loop is a source: it is dispatched when its descriptor is ready")
    func foreignEpoll() throws {
        let (stepper, foreign) = (try Stepper(), Foreign())
        let source = try stepper.loop.withIsolation { loop in
            try loop.embed(descriptor: foreign.epoll, prepare: { _ in .untilReady }, dispatch: { _ in foreign.turn() })
        }
        stepper.settle()
        #expect(foreign.log.entries == [])
        foreign.pipe.send("x")
        stepper.settle()
        #expect(foreign.log.entries == ["7 x"])
        stepper.loop.withIsolation { _ in source.mode = .off }
        foreign.pipe.send("y")
        stepper.settle()
        #expect(foreign.log.count == 1)
        stepper.loop.withIsolation { _ in source.mode = .on }
        stepper.settle()
        #expect(foreign.log.entries == ["7 x", "7 y"])
        source.cancel()
    }

    @Test("a foreign loop that has something to do, or a timer, is dispatched without its descriptor")
    func foreignTimes() throws {
        let (stepper, foreign) = (try Stepper(), Foreign())
        let waits = Shared<[EmbeddedWait]>([.none, .none, .atMost(.milliseconds(2)), .atMost(.seconds(1_000))])
        let source = try stepper.loop.withIsolation { loop in
            let source = try loop.embed(
                descriptor: foreign.epoll,
                prepare: { _ in waits.withLock { $0.first ?? .untilReady } },
                dispatch: { _ in
                    waits.withLock { if !$0.isEmpty { $0.removeFirst() } }
                    foreign.turn()
                })
            try source.setPriority(.important)
            return source
        }
        #expect(stepper.turn { foreign.log.count == 3 })
        stepper.settle()
        #expect(foreign.log.entries == ["nothing", "nothing", "nothing"])
        foreign.pipe.send("z")
        stepper.settle()
        #expect(foreign.log.entries.last == "7 z" && foreign.log.count == 4)
        source.cancel()
    }

    @Test("a foreign loop that throws is off, with all that belongs to it, and is logged")
    func foreignThrows() throws {
        let (stepper, foreign) = (try Stepper(), Foreign())
        let source = try stepper.loop.withIsolation { loop in
            try loop.embed(
                descriptor: foreign.epoll, name: "foreign", prepare: { _ in .none }, dispatch: { _ in throw Refusal() })
        }
        foreign.pipe.send("x")
        stepper.settle()
        #expect(stepper.lines.all == ["error: event source foreign is disabled: its handler threw Refusal()"])
        stepper.loop.withIsolation { _ in
            #expect(source.mode == .off)
            source.cancel()
        }
        let other = try stepper.loop.withIsolation { loop in
            try loop.embed(
                descriptor: foreign.epoll, prepare: { _ in throw CancellationError() }, dispatch: { _ in })
        }
        stepper.settle()
        #expect(other.isCancelled)
    }

    /// A bare sd-event. Sendable: on the loop alone.
    private final class BareEvent: @unchecked Sendable {
        let event: OpaquePointer
        let pipe = Pipe()
        var count = 0

        init() {
            var made: OpaquePointer?
            sd_event_new(&made)
            event = made!
            sd_event_add_io(
                event, nil, pipe.reading, EPOLLIN.rawValue,
                { _, _, _, this in
                    let this = Unmanaged<BareEvent>.fromOpaque(this!).takeUnretainedValue()
                    this.count += this.pipe.receive().utf8.count
                    return 0
                }, Unmanaged.passUnretained(self).toOpaque())
        }
        deinit { sd_event_unref(event) }
    }

    @Test("another sd-event loop is a source")
    func sdEvent() throws {
        let (stepper, inner) = (try Stepper(), BareEvent())
        let source = try stepper.loop.withIsolation { loop in
            try loop.embed(
                descriptor: sd_event_get_fd(inner.event),
                prepare: { _ in
                    if sd_event_get_state(inner.event) == Int32(SD_EVENT_INITIAL) { sd_event_prepare(inner.event) }
                    return sd_event_get_state(inner.event) == Int32(SD_EVENT_PENDING) ? .none : .untilReady
                },
                dispatch: { _ in
                    if sd_event_get_state(inner.event) == Int32(SD_EVENT_ARMED) { sd_event_wait(inner.event, 0) }
                    if sd_event_get_state(inner.event) == Int32(SD_EVENT_PENDING) { sd_event_dispatch(inner.event) }
                })
        }
        stepper.settle()
        for count in 1...3 {
            inner.pipe.send("x")
            stepper.settle()
            #expect(inner.count == count)
        }
        source.cancel()
    }

    @Test("a loop in a loop: handlers of the inner one are on both, and its end removes it")
    func nested() async throws {
        let outer = try EventLoop()
        let inner = try EventLoop(driver: .caller)
        let source = try await outer.embed(inner)
        let sum = Sum(inner)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 { group.addTask { for _ in 0..<500 { await sum.add(task) } } }
        }
        #expect(await sum.value == 3_000)
        let thread = await outer.run { signalbox_gettid() }
        #expect(await sum.threads == [thread])
        #expect(await inner.run { inner.executor.isOnLoop && outer.executor.isOnLoop })
        #expect(await outer.run { !inner.executor.isOnLoop && outer.executor.isOnLoop })
        let fired = EventObject(.manual)
        let timer = try await inner.addTimer(after: .milliseconds(2)) { inner, _ in
            outer.assumeIsolated { $0.executor.checkIsolated() }
            fired.set()
        }
        try await fired.wait()
        await inner.exit(code: 3)
        try await inner.ended.wait()
        #expect(inner.exitCode == 3)
        while !source.isCancelled { await outer.run {} }
        outer.stop()
        withExtendedLifetime(timer) {}
    }
}

extension ThreadObject {
    /// Runs `body` on a thread and waits for what it returns, blocking: for tests that are not asynchronous.
    fileprivate static func exitCode(_ body: @escaping @Sendable () -> UInt32) throws -> UInt32 {
        let thread = ThreadObject(adopting: try start(name: "test", stackSize: 1 << 19, isOurs: true, body))
        _ = try Arena.local.block(on: thread.object, until: Deadline.never)
        return thread.exitCode ?? .max
    }
}
