import Dispatcher
import Signalbox

/// A scheduler that runs threads one at a time, and decides by a seed after which step which of them goes on.
///
/// A race that shows once in a million runs is one of a few schedules here, and its seed brings it back:
///
/// ```swift
/// for seed in 0..<1_000 {
///     let account = Account()
///     try ControlledScheduler(seed: UInt64(seed)).run(threads: [
///         { account.deposit(10) },
///         { account.deposit(10) },
///     ])
///     #expect(account.balance == 20, "seed \(seed)")
/// }
/// ```
///
/// Another thread may come at the steps of the dispatcher: where a kernel object is looked at, signaled or waited for by
/// a blocking call, such as ``Gate/block(timeout:)``. Between two of them a thread runs undisturbed. Time is the
/// scheduler's own: it stands still while somebody can go on, and then jumps to the next deadline, so that no time-out
/// takes real time.
///
/// What is not the dispatcher's is not scheduled: a body that blocks in a system call or at a lock of another library
/// keeps all others from running, and one that waits for another in a loop without a step never ends. Tasks, and threads
/// that a body starts, run as ever, and a schedule with them cannot be brought back.
///
/// The steps are in debug builds, and in builds with `SCHEDULED` defined (`-Xswiftc -DSCHEDULED`): see ``isAvailable``.
public struct ControlledScheduler: Sendable {
    /// What a run was: equal for equal seeds and bodies.
    public struct Schedule: Equatable, Sendable {
        /// The seed that brings it back.
        public let seed: UInt64
        /// Who went on at each choice: positions of the bodies.
        public let choices: [Int]
        /// How far the scheduler's clock went.
        public let elapsed: Duration
    }

    /// All threads that had not returned slept, none of them until a deadline.
    public struct Deadlock: Error, Equatable, CustomStringConvertible {
        /// The seed that brings it back.
        public let seed: UInt64
        /// Who slept: positions of the bodies.
        public let sleepers: [Int]

        public var description: String { "threads \(sleepers) wait for ever: seed \(seed)" }
    }

    /// Whether this build of Signalbox has the steps: a debug build, or one with `SCHEDULED` defined.
    public static var isAvailable: Bool {
        #if DEBUG || SCHEDULED
            true
        #else
            false
        #endif
    }

    /// Held for the whole of a run: who comes meanwhile sleeps.
    private static let turn = Guarded(())

    /// The seed that decides.
    public let seed: UInt64

    /// A scheduler for the schedule of that seed. Traps in a build without steps.
    public init(seed: UInt64) {
        precondition(
            Self.isAvailable, "ControlledScheduler needs a debug build of Signalbox, or one with SCHEDULED defined")
        self.seed = seed
    }

    /// Runs each body on a thread of its own, one at a time, and blocks the caller until all threads have ended.
    ///
    /// Runs of the whole process come one after another; a body must not begin one. The same seed brings the same
    /// schedule, if the bodies do the same: make their objects anew for each run.
    ///
    /// - Throws: ``Deadlock``; so that the threads end nevertheless, their waits then time out one after another, even
    ///   those for ever. Threads that wait again all the same, or are suspended, are left asleep for the life of the
    ///   process. `ThreadError` if the kernel gives no more threads; then no body has run.
    @available(*, noasync, message: "blocks the thread: call it in a function that is not async")
    @discardableResult
    public func run(threads bodies: [@Sendable () -> Void]) throws -> Schedule {
        #if DEBUG || SCHEDULED
            precondition(Seam.current == nil, "a thread of a controlled scheduler begins a run of another one")
            return try Self.turn.withLock { _ in
                let threads = try ScheduledThreads(count: bodies.count, timePassesEarly: false)
                let began = threads.now
                threads.run(seed: seed) { bodies[$0]() }
                let deadlocked = threads.deadlocked
                let schedule = Schedule(
                    seed: seed, choices: threads.choices, elapsed: .nanoseconds(threads.now - began))
                // By looks: a wait would leave the caller's thread a waiter for life, and be reported if that runs tasks.
                for thread in threads.dismiss() {
                    while !Arena.local.isSignaled(thread.object) {
                        Arena.local.sleep(until: Deadline.after(nanoseconds: 20_000))
                    }
                }
                if let deadlocked { throw Deadlock(seed: seed, sleepers: deadlocked) }
                return schedule
            }
        #else
            preconditionFailure("a scheduler was made in a build without steps")
        #endif
    }
}
