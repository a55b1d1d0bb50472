import CLinux
import Dispatcher
import Signalbox
import Synchronization

/// A serial executor that holds each job until a test says that it may run: the test decides the order.
///
/// ```swift
/// actor Counter {
///     let loop: ScriptedLoop
///     nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
///     var count = 0
///     …
/// }
///
/// async let one: Void = counter.add(1)
/// try await loop.waitUntilPending(count: 1)   // the call stands before the actor
/// #expect(loop.runNext())                     // and now it has run
/// ```
///
/// Jobs run on the thread that calls ``runNext()``, and only there. A call of an actor that comes from outside is one
/// job; each time that it suspends and goes on is another one, which comes by way of the task pool: wait for it by
/// ``waitUntilPending(count:)``.
public final class ScriptedLoop: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var observers = Waitlist()
    }
    private let state = Guarded(State())
    /// The thread that runs a job at this moment; 0: none.
    private let runner = Atomic<Int32>(0)

    /// A loop that has no jobs. It must live as long as the actors that use it.
    public init() {}

    /// How many jobs are held at this moment. Never blocks.
    public var pending: Int { state.withLock { $0.jobs.count } }

    /// Runs the job that has been held longest, on the calling thread.
    ///
    /// - Returns: false: there was none.
    @discardableResult
    public func runNext() -> Bool { run { $0.isEmpty ? nil : $0.removeFirst() } }

    /// Runs the job at `index` of those that are held, 0 being the one that has been held longest.
    ///
    /// The jobs of one task come one at a time, so what is reordered is the work of different tasks.
    public func run(at index: Int) {
        run { jobs in
            precondition(jobs.indices.contains(index), "job \(index) is to run, and \(jobs.count) are held")
            return jobs.remove(at: index)
        }
    }

    /// Runs jobs, those that come meanwhile too, until none is held.
    ///
    /// - Returns: how many have run.
    @discardableResult
    public func runAll() -> Int {
        var count = 0
        while runNext() { count += 1 }
        return count
    }

    /// Returns when at least `count` jobs are held.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first.
    public nonisolated(nonsending) func waitUntilPending(count: Int) async throws {
        let reached = state.withLock { $0.jobs.count >= count ? nil : $0.observers.add(until: count) }
        try await Waitlist.wait(for: reached) { event in state.withLock { $0.observers.remove(event) } }
    }

    /// Whether the caller is in a job of this loop.
    public var isRunningHere: Bool { runner.load(ordering: .relaxed) == signalbox_gettid() }

    // ---- for the runtime

    /// Holds the job. Never blocks; the runtime's to call.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let seen = state.withLock { state in
            state.jobs.append(job)
            return state.observers.reached(state.jobs.count)
        }
        for observer in seen { observer.set() }
    }

    /// Traps if the caller is in no job of this loop.
    public func checkIsolated() { precondition(isRunningHere, "this must run in a job of the scripted loop") }

    @discardableResult
    private func run(_ choose: (inout [UnownedJob]) -> UnownedJob?) -> Bool {
        guard let job = state.withLock({ choose(&$0.jobs) }) else { return false }
        let (isFree, _) = runner.compareExchange(expected: 0, desired: signalbox_gettid(), ordering: .acquiring)
        precondition(isFree, "a scripted loop runs one job at a time, and none from within a job")
        job.runSynchronously(on: asUnownedSerialExecutor())
        runner.store(0, ordering: .releasing)
        return true
    }
}
