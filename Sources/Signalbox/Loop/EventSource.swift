import CLinux
import CSystemd
import Dispatcher
import Glibc
import Synchronization

/// In which order sources that are ready at the same time are dispatched: lower numbers first.
public struct LoopPriority: RawRepresentable, Hashable, Comparable, Sendable {
    /// Any number; see sd_event_source_set_priority(3).
    public let rawValue: Int64
    /// A priority between or beyond the named ones.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Before all others.
    public static let important = LoopPriority(rawValue: -100)
    /// That of sources of which nothing else was said, and of jobs from other threads.
    public static let normal = LoopPriority(rawValue: 0)
    /// When nothing else is ready.
    public static let idle = LoopPriority(rawValue: 100)

    /// Whether `left` is dispatched first.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Something that an ``EventLoop`` waits for, with the handler that it calls.
///
/// The loop waits for it as long as this object is held: dropping the last reference is ``cancel()``; after ``keep()``
/// it is the loop's. The source holds its handler, with what that has captured, but neither the loop nor the actor for
/// which the handler is called: an actor may hold its sources, and when it goes, they go. A handler that captures its own
/// source keeps it, until it is cancelled.
///
/// A handler that throws is logged, with the source's name, and the source is disabled: setting ``mode`` gives it another
/// chance. One that throws `CancellationError` has its source removed, quietly.
///
/// What says "on the loop" traps elsewhere: call it in a handler, or in an actor of the loop. What a removed source is told
/// has no effect.
public class EventSource: @unchecked Sendable {
    // Sendable: both are set once, in `init`; what they reach is touched on the loop, or atomic.
    let core: SourceCore
    /// nil: the loop is gone, and with it the source. Weak: handlers that hold sources would else keep a loop that nobody
    /// drives.
    private(set) weak var executor: LoopExecutor?
    private let isKept = Guarded(false)

    /// For a core that was installed.
    init(_ core: SourceCore) {
        self.core = core
        executor = core.executor
    }

    deinit { if !isKept.withLock({ $0 }) { cancel() } }

    /// What the log calls it.
    public final var name: String { core.name }

    /// Whether a source is dispatched.
    public enum Mode: Int32, Sendable {
        /// Not at all; what happens meanwhile may be lost, but for what a descriptor still says then.
        case off = 0
        /// Whenever it is ready.
        case on = 1
        /// Once; the source is off before the handler is called.
        case once = -1
    }

    /// Whether the source is dispatched. On the loop. A source that was removed is off.
    public final var mode: Mode {
        get {
            var enabled: Int32 = 0
            guard let source = sourceOnLoop, sd_event_source_get_enabled(source, &enabled) >= 0 else { return .off }
            return Mode(rawValue: enabled) ?? .off
        }
        set { if let source = sourceOnLoop { sd_event_source_set_enabled(source, newValue.rawValue) } }
    }

    /// In which order it is dispatched. On the loop.
    public final var priority: LoopPriority {
        var priority: Int64 = 0
        if let source = sourceOnLoop { sd_event_source_get_priority(source, &priority) }
        return LoopPriority(rawValue: priority)
    }

    /// Sets the priority. On the loop.
    ///
    /// - Throws: `IOError` if the kernel refuses what that needs: another priority is another descriptor for inotify(7)
    ///   and signals.
    public final func setPriority(_ priority: LoopPriority) throws(IOError) {
        guard let source = sourceOnLoop else { return }
        let result = sd_event_source_set_priority(source, priority.rawValue)
        let others = (core.context as? Companions)?.setPriority(priority) ?? 0
        try check(min(result, others), "setting the priority of \(name)")
    }

    /// Whether it is ready, and stands before the loop. On the loop. (Of exit sources not known: false.)
    public final var isPending: Bool {
        guard let source = sourceOnLoop else { return false }
        return sd_event_source_get_pending(source) > 0
    }

    /// Whether the loop exits with the errno, negated, of a handler that throws; else it goes on. On the loop.
    public final var exitsLoopOnFailure: Bool {
        get { sourceOnLoop.map { sd_event_source_get_exit_on_failure($0) > 0 } ?? false }
        set { if let source = sourceOnLoop { sd_event_source_set_exit_on_failure(source, newValue ? 1 : 0) } }
    }

    // ---- rates

    /// Lets the source be dispatched at most `count` times in each `interval`; then it is off for the rest of it. On the
    /// loop. A limit that was set is replaced.
    ///
    /// `atEnd` is called each time that the source is on again.
    ///
    /// - Throws: `IOError` with EDOM for post and exit sources, which take no limit.
    public final func limitRate(
        to count: Int, per interval: Duration, atEnd: (@Sendable (isolated EventLoop) throws -> Void)? = nil
    ) throws(IOError) {
        precondition(
            count > 0 && interval > .zero, "a rate is at least one event in some time: \(count) in \(interval)")
        guard let source = sourceOnLoop else { return }
        let operation = "limiting the rate of \(name)"
        try check(
            sd_event_source_set_ratelimit(source, interval.loopMicroseconds, UInt32(clamping: count)), operation)
        core.onRateLimitEnd = atEnd
        try check(
            sd_event_source_set_ratelimit_expire_callback(
                source,
                atEnd == nil
                    ? nil
                    : { _, argument in
                        Unmanaged<SourceCore>.fromOpaque(argument!).takeUnretainedValue().rateLimitEnded()
                    }),
            operation)
    }

    /// Lifts the limit. On the loop.
    public final func removeRateLimit() {
        guard let source = sourceOnLoop else { return }
        sd_event_source_set_ratelimit(source, 0, 0)
        core.onRateLimitEnd = nil
    }

    /// Whether the source is off at this moment because it has reached its limit. On the loop.
    public final var isRateLimited: Bool { sourceOnLoop.map { sd_event_source_is_ratelimited($0) > 0 } ?? false }

    // ---- the end

    /// Removes the source; from any thread, and never blocks. No call of the handler begins after this has returned; on the
    /// loop the source is gone by then, elsewhere a call that has begun may still be running, and the loop still watches a
    /// descriptor: ``remove()`` waits until it does not.
    public final func cancel() {
        if core.isCancelled.exchange(true, ordering: .acquiringAndReleasing) { return }
        guard let executor else { return }
        if executor.isOnLoop { return core.removeOnLoop() }
        let core = core
        executor.post { core.removeOnLoop() }
    }

    /// Removes the source, as ``cancel()`` does, and returns when it is gone: no call of the handler is running, unless this
    /// is called in it, and a descriptor that it watched may be closed. May be called after ``cancel()``, from anywhere.
    ///
    /// Off the loop that takes one of its turns: if nobody drives it, until somebody does, or it is gone. The cancellation
    /// of the task does not cut it short.
    public final func remove() async {
        core.isCancelled.store(true, ordering: .releasing)
        // The executor is not held meanwhile: nobody might drive it any more.
        await withCheckedContinuation { continuation in
            let removal = Removal(continuation)
            // A loop that has ended lets the call go: none of its handlers runs, and nothing can be added to it.
            guard let executor else { return }
            if executor.isOnLoop { return core.removeOnLoop() }
            let core = core
            executor.post { withExtendedLifetime(removal) { core.removeOnLoop() } }
        }
    }

    /// Whether the source was removed, or is about to be.
    public final var isCancelled: Bool { core.isCancelled.load(ordering: .acquiring) }

    /// Leaves the source to the loop, until it is cancelled or the loop ends: this object need not be held any more.
    public final func keep() { isKept.withLock { $0 = true } }

    // ---- for sources of each kind

    /// nil: it was removed.
    final var sourceOnLoop: OpaquePointer? {
        guard let executor else { return nil }
        executor.checkIsolated()
        return core.source
    }

    final func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(IOError) {
        if result < 0 { throw IOError(code: -result, operation()) }
    }
}

/// Who waits for a removal: until the call that removes has run, or was let go.
private final class Removal: Sendable {
    private let continuation: CheckedContinuation<Void, Never>
    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }
    deinit { continuation.resume() }
}

extension Duration {
    /// For sd-event; at least 0, and its infinity for what is too long.
    var loopMicroseconds: UInt64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
        return isTooLong ? .max : whole &+ UInt64(attoseconds / 1_000_000_000_000)
    }

    init(loopMicroseconds: UInt64) { self = .microseconds(Int64(clamping: loopMicroseconds)) }
}
