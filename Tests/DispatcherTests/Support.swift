import CLinux
import Glibc
import Synchronization
import struct SignalboxTesting.LeakCheck
import Testing

@testable import Dispatcher

/// The suites that make records. They run one after another, so that each test can be held to leave none.
@Suite("Dispatcher", .serialized, LeakCheck())
enum DispatcherSuites {}

/// Checks that a test gives back every record that it took. A thread's waiter counts too, so tests block on threads of
/// their own (`TestThread`, `onThread`), never on the runner's, which would keep a waiter for life.
struct LeavesNoRecord: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let arena = Arena.prepared()
        let before = arena.liveRecords
        try await function()
        // A thread gives its records back a moment after its body's end.
        let isClean = await eventually {
            let now = arena.liveRecords
            // Fewer are well: an earlier test's thread may have ended meanwhile.
            return now.objects <= before.objects && now.waiters <= before.waiters && now.blocks <= before.blocks
                && now.packets <= before.packets && Deadlines.monotonic.count == 0 && Deadlines.realtime.count == 0
        }
        #expect(isClean, "left \(arena.liveRecords) after \(before), and \(Deadlines.monotonic.count) time-outs")
    }
}

extension Trait where Self == LeavesNoRecord {
    static var leavesNoRecord: LeavesNoRecord { LeavesNoRecord() }
}

/// A thread that runs `body`, and can be joined.
final class TestThread: Sendable {
    private let object: ObjectName
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
        object = try! Arena.prepared().makeObject(.thread)
        precondition(Arena.local.retain(object))  // the thread's own, dropped at its end
        let argument = Unmanaged.passRetained(self).toOpaque()
        let error = signalbox_start_thread(
            0,
            { argument in
                let thread = Unmanaged<TestThread>.fromOpaque(argument!).takeRetainedValue()
                Threads.adopt(thread.object)
                thread.body()
            }, argument, "test")
        precondition(error == 0)
    }

    /// Waits for the thread's end; false after 20 s.
    func join() -> Bool {
        let hasEnded = until { Arena.local.isSignaled(object) }
        if hasEnded { Arena.local.release(object) }
        return hasEnded
    }

    /// Waits for the thread's end however long that takes: for threads under a `Watchdog`.
    func joined() async {
        while !Arena.local.isSignaled(object) { try? await Task.sleep(nanoseconds: 1_000_000) }
        Arena.local.release(object)
    }
}

/// Runs `body` on a thread of its own, and returns what it returned; nil after 20 s.
func onThread<R: Sendable>(_ body: @escaping @Sendable () -> R) -> R? {
    let result = Box<R?>(nil)
    let thread = TestThread {
        let value = body()
        result.value.withLock { $0 = value }
    }
    return thread.join() ? result.value.withLock { $0 } : nil
}

/// Runs `body`, with its expectations, on a thread of its own.
func onThreadOrFail(_ body: @escaping @Sendable () throws -> Void) {
    let error: String? = onThread {
        do { try body() } catch { return "\(error)" }
        return ""
    }
    #expect(error == "")
}

/// A value under a lock, which closures can share.
final class Box<Value: Sendable>: Sendable {
    let value: Guarded<Value>
    init(_ value: Value) { self.value = Guarded(value) }
}

/// A thread that does what it is told, step by step.
final class Worker: Sendable {
    private let steps = Box<[(@Sendable () -> Void)?]>([])
    private let done = Counter()
    private let begun = Counter()
    private let bell = Bell()
    private let thread: TestThread

    init() {
        let (steps, done, bell) = (steps, done, bell)
        thread = TestThread {
            var next = 0
            while true {
                let heard = bell.heard
                guard steps.value.withLock({ $0.count }) > next else {
                    bell.wait(after: heard)
                    continue
                }
                guard let step = steps.value.withLock({ $0[next] }) else { return }
                step()
                next += 1
                done.add()
            }
        }
    }

    /// Tells the thread to do `step` next, and goes on.
    func start(_ step: @escaping @Sendable () -> Void) {
        begun.add()
        steps.value.withLock { $0.append(step) }
        bell.ring()
    }
    /// Whether everything that was started is done.
    var isDone: Bool { done.value == begun.value }
    /// Has the thread do `step`; false after 20 s.
    func run(_ step: @escaping @Sendable () -> Void) -> Bool {
        start(step)
        return until { isDone }
    }
    /// Lets the thread end when its steps are done; false after 20 s.
    func end() -> Bool {
        steps.value.withLock { $0.append(nil) }
        bell.ring()
        return thread.join()
    }
}

/// A number that threads count up.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add() { count.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}

/// A futex to sleep on until somebody rings: look, and if there is nothing, sleep unless it has rung since.
final class Bell: Sendable {
    // Sendable: an atomic, freed when nobody refers to the bell any more.
    private nonisolated(unsafe) let rings: UnsafeMutablePointer<Atomic<UInt32>>

    init() {
        rings = .allocate(capacity: 1)
        rings.initialize(to: Atomic(0))
    }
    deinit { rings.deallocate() }

    var heard: UInt32 { rings.pointee.load(ordering: .acquiring) }
    func ring() {
        rings.pointee.wrappingAdd(1, ordering: .acquiringAndReleasing)
        signalbox_futex_wake(rings, .max, false)
    }
    func wait(after heard: UInt32, until deadline: UInt64 = .max) {
        for _ in 0..<100 where self.heard == heard { signalbox_pause() }
        _ = signalbox_futex_wait(rings, heard, deadline, false)
    }
}

/// Lets the processor go until `condition` holds; false after 20 s.
func until(_ condition: () -> Bool) -> Bool {
    let end = signalbox_now() + 20_000_000_000
    var looks = 0
    while !condition() {
        if signalbox_now() > end { return false }
        looks += 1
        if looks < 200 { sched_yield() } else { usleep(100) }
    }
    return true
}

/// Lets other tasks run until `condition` holds; false after 20 s.
func eventually(_ condition: () -> Bool) async -> Bool {
    let end = signalbox_now() + 20_000_000_000
    var looks = 0
    while !condition() {
        if signalbox_now() > end { return false }
        looks += 1
        if looks < 20 { await Task.yield() } else { try? await Task.sleep(nanoseconds: 100_000) }
    }
    return true
}

/// Random numbers that a printed seed brings back: SIGNALBOX_SEED=<seed>.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ purpose: String) {
        let wanted = getenv("SIGNALBOX_SEED").flatMap { UInt64(String(cString: $0)) }
        state = wanted ?? signalbox_now()
        print("\(purpose): SIGNALBOX_SEED=\(state)")
    }
    /// A generator for another thread.
    init(seed: UInt64) { state = seed }

    // SplitMix64, https://prng.di.unimi.it/splitmix64.c
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Where a thread leaves its verdict.
final class Place: Sendable {
    private let state = Guarded<Verdict?>(nil)
    func set(_ verdict: Verdict?) { state.withLock { $0 = verdict } }
    var verdict: Verdict? { state.withLock { $0 } }
}

/// What happened, in order.
final class Log: Sendable {
    private let state = Guarded<[Int]>([])
    func add(_ entry: Int) { state.withLock { $0.append(entry) } }
    var entries: [Int] { state.withLock { $0 } }
}

extension Arena {
    func makeEvent(signaled: Bool = false, manualReset: Bool = false) -> ObjectName {
        try! makeObject(.event, signaled: signaled, manualReset: manualReset)
    }
    /// Links in the object's queue, those of claimed waiters included.
    func queueLength(_ name: ObjectName) -> Int {
        withLock(name) { record, _ in
            var (count, index) = (0, record.head)
            while index != 0 { (count, index) = (count + 1, link(index).pointee.next) }
            return count
        } ?? 0
    }
}

/// Milliseconds from now, as a deadline.
func milliseconds(_ count: UInt64) -> UInt64 { Deadline.after(nanoseconds: count * 1_000_000) }

extension Arena {
    func block(
        on names: [ObjectName], all: Bool = false, until deadline: UInt64, alertable: Bool = false, owner: Owner? = nil
    ) throws -> Verdict {
        try names.withUnsafeBufferPointer {
            try block(on: $0, all: all, until: deadline, alertable: alertable, owner: owner)
        }
    }
}
