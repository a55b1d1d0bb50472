import Dispatcher
import Signalbox

/// A clock that stands still until a test advances it.
///
/// Give it to code that takes `any Clock<Duration>`, wait until that sleeps, and decide when its time has come:
///
/// ```swift
/// let clock = ManualClock()
/// let retrying = Task { try await retry(every: .seconds(30), on: clock) }
/// try await clock.waitUntilSleeping(count: 1)
/// clock.advance(by: .seconds(30))
/// ```
///
/// It knows nothing of the waits of kernel objects, whose timeouts are real time.
public final class ManualClock: Clock, Sendable {
    /// A moment of a manual clock: the time since it was made.
    public struct Instant: InstantProtocol {
        /// The time since the clock was made.
        public var offset: Duration

        /// The moment at `offset` after the clock was made.
        public init(offset: Duration = .zero) { self.offset = offset }

        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        public static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
    }

    struct Sleeper {
        let deadline: Instant
        let awakening: EventObject
    }

    /// The clock as a value, under the lock; the events that it returns are set when that is dropped.
    struct State {
        var now = Instant()
        /// In the order of their deadlines; of one deadline, in the order in which they came.
        var sleepers: [Sleeper] = []
        var observers = Waitlist()

        mutating func add(_ sleeper: Sleeper) -> [EventObject] {
            let place = sleepers.firstIndex { $0.deadline > sleeper.deadline } ?? sleepers.endIndex
            sleepers.insert(sleeper, at: place)
            return observers.reached(sleepers.count)
        }

        mutating func advance(to instant: Instant) -> [EventObject] {
            now = max(now, instant)
            let count = sleepers.prefix { $0.deadline <= now }.count
            defer { sleepers.removeFirst(count) }
            return sleepers.prefix(count).map(\.awakening)
        }
    }
    private let state = Guarded(State())

    /// A clock that reads zero.
    public init() {}

    /// What the clock reads. Never blocks.
    public var now: Instant { state.withLock { $0.now } }

    /// None: the clock tells any two moments apart.
    public var minimumResolution: Duration { .zero }

    /// How many tasks sleep by this clock at this moment. Never blocks.
    public var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// When the next sleeper is to wake; nil: nobody sleeps. Never blocks.
    public var nextDeadline: Instant? { state.withLock { $0.sleepers.first?.deadline } }

    /// Suspends the task until the clock has been advanced to `deadline`; a deadline that has come returns at once.
    ///
    /// - Parameter tolerance: has no meaning here.
    /// - Throws: `CancellationError` if the task was cancelled first, or before it came.
    public nonisolated(nonsending) func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        try Task.checkCancellation()
        let sleeper = Sleeper(deadline: deadline, awakening: EventObject(.manual))
        let seen = state.withLock { $0.now >= deadline ? nil : $0.add(sleeper) }
        guard let seen else { return }
        for observer in seen { observer.set() }
        do {
            try await sleeper.awakening.wait()
        } catch {
            state.withLock { state in state.sleepers.removeAll { $0.awakening === sleeper.awakening } }
            throw error
        }
    }

    /// Moves the clock on, and wakes whoever's deadline has come, in the order of the deadlines; of one deadline, in the
    /// order in which they fell asleep. Waking makes a task ready; which of several ready tasks runs first is the
    /// runtime's affair. A test that needs one after the other advances to each ``nextDeadline`` in turn.
    ///
    /// The clock jumps: who is woken reads the time to which it was advanced. Never blocks.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "a clock does not go back")
        wake(state.withLock { $0.advance(to: $0.now.advanced(by: duration)) })
    }

    /// Moves the clock on to `instant`, as ``advance(by:)`` does; not if it is there already.
    public func advance(to instant: Instant) { wake(state.withLock { $0.advance(to: instant) }) }

    /// Returns when at least `count` tasks sleep at once: then ``advance(by:)`` reaches all of them.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first.
    public nonisolated(nonsending) func waitUntilSleeping(count: Int) async throws {
        let reached = state.withLock { $0.sleepers.count >= count ? nil : $0.observers.add(until: count) }
        try await Waitlist.wait(for: reached) { event in state.withLock { $0.observers.remove(event) } }
    }

    private func wake(_ awakenings: [EventObject]) {
        for awakening in awakenings { awakening.set() }
    }
}
