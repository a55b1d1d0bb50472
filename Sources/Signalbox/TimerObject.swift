public import Dispatcher

/// A Win32 waitable timer: signaled when its time has come, once or again and again.
///
/// ```swift
/// let timer = TimerObject()
/// timer.set(after: .seconds(1), every: .seconds(1))
/// for await _ in timer.ticks { report() }
/// ```
///
/// A timer that nobody waits for stays signaled: expiries that were missed are one tick, not many.
public actor TimerObject: NamedKernelObject {
    public static var kind: ObjectKind { .timer }
    public nonisolated let object: ObjectName

    /// - Parameter reset: automatic: one wait takes the signal of an expiry (a synchronization timer); manual: the timer
    ///   stays signaled until it is set again.
    public init(_ reset: EventObject.Reset = .automatic) {
        object = Arena.forActor { arena throws(DispatcherError) in
            try arena.makeTimer(manualReset: reset == .manual, handles: 1)
        }
    }

    /// The timer of that name; made as `reset` says if this process has none.
    ///
    /// - Throws: `ObjectNameError.otherKind` if an object of another kind has the name.
    public init(named name: String, _ reset: EventObject.Reset = .automatic) throws(ObjectNameError) {
        object = try Arena.openOrMake(name, .timer) { () throws(DispatcherError) in
            try Arena.prepared().makeTimer(manualReset: reset == .manual, handles: 1)
        }
    }

    public init(adopting object: ObjectName) { self.object = object }

    deinit { Arena.endActor(object) }

    /// Arms the timer anew, and takes its signal away. It expires `delay` from now on the monotonic clock, which a
    /// change of the wall clock does not move; at once if that is zero or less.
    ///
    /// - Parameters:
    ///   - delay: from now to the first expiry.
    ///   - period: from one expiry to the next; nil: it expires once. A fraction of a nanosecond counts as one.
    public nonisolated func set(after delay: Duration, every period: Duration? = nil) {
        set(.relative(nanoseconds: TimerObject.nanoseconds(delay)), period)
    }

    /// Arms the timer anew, and takes its signal away. It expires when the wall clock reads that time, and follows when
    /// the clock is set; at once if the time is over. The period is kept by the monotonic clock.
    ///
    /// - Parameters:
    ///   - sinceEpoch: since the start of 1970, UTC.
    ///   - period: from one expiry to the next; nil: it expires once.
    public nonisolated func set(at sinceEpoch: Duration, every period: Duration? = nil) {
        set(.absolute(realtimeNanoseconds: TimerObject.nanoseconds(sinceEpoch)), period)
    }

    /// Disarms the timer, and leaves its signal as it is.
    public nonisolated func cancel() { try! Arena.local.cancelTimer(object) }  // the actor keeps the object

    /// The expiries of an automatic-reset timer, each taken as it comes. See ``Signals``.
    public nonisolated var ticks: Signals<TimerObject> { Signals(of: self) }

    private nonisolated func set(_ due: TimerDue, _ period: Duration?) {
        let period = period.map { max(1, TimerObject.nanoseconds($0)) } ?? 0
        do {
            try Arena.local.setTimer(object, due: due, period: period)
        } catch {
            fatalError(WaitError.outOfRecords.description)  // the actor keeps the object
        }
    }

    /// Rounded up; 0 for what is negative, and about 292 years for what is longer.
    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        guard duration > .zero else { return 0 }
        let (seconds, attoseconds) = duration.components
        guard seconds < Int64.max / 1_000_000_000 else { return UInt64(Int64.max) }
        return UInt64(seconds) * 1_000_000_000 + UInt64((attoseconds + 999_999_999) / 1_000_000_000)
    }
}
