import CLinux
import CSystemd
import Dispatcher
import Glibc
import Synchronization

/// A clock by which an ``EventLoop`` can wait; see clock_gettime(2) and timerfd_create(2).
public enum LoopClock: Int32, CaseIterable, Sendable {
    /// Seconds since 1970, UTC, as the clock is set: a timer follows when somebody sets it.
    case realtime = 0
    /// Goes on evenly, but stands while the machine sleeps.
    case monotonic = 1
    /// As `monotonic`, but goes on while the machine sleeps.
    case boottime = 7
    /// As `realtime`, and a timer wakes the machine. Needs CAP_WAKE_ALARM.
    case realtimeAlarm = 8
    /// As `boottime`, and a timer wakes the machine. Needs CAP_WAKE_ALARM.
    case boottimeAlarm = 9

    /// The time since the clock's zero: 1970, or the start of the machine.
    public var now: Duration { Duration(loopMicroseconds: microseconds) }

    fileprivate var microseconds: UInt64 {
        // Those that wake the machine show the same time, but not on every machine.
        let shown: LoopClock =
            switch self {
            case .realtimeAlarm: .realtime
            case .boottimeAlarm: .boottime
            default: self
            }
        return signalbox_clock(shown.rawValue) / 1_000
    }
}

/// A timer that was due.
public struct TimerTick: Hashable, Sendable {
    /// When it was due, since the clock's zero.
    public let due: Duration
    /// Its number in its series, from 1; numbers that were due while the loop did other work are left out.
    public let number: Int
    /// How many were left out before this one.
    public let missed: Int
}

/// A timer of an ``EventLoop``: a moment, or a series of moments at equal distances.
public final class TimerSource: EventSource, @unchecked Sendable {  // Sendable: as EventSource
    private var series: Series? { core.context as? Series }

    /// When it is due next, since the clock's zero. On the loop.
    public var due: Duration {
        var time: UInt64 = 0
        if let source = sourceOnLoop { sd_event_source_get_time(source, &time) }
        return Duration(loopMicroseconds: time)
    }

    /// Sets the timer to a time since the clock's zero, from which a series goes on at its distance. On the loop.
    public func set(at time: Duration) { set(time.loopMicroseconds) }

    /// Sets the timer to a time from now. On the loop.
    public func set(after delay: Duration) {
        guard let series else { return }
        set(series.clock.microseconds.adding(delay))
    }

    private func set(_ time: UInt64) {
        guard let source = sourceOnLoop else { return }
        sd_event_source_set_time(source, time)
        mode = .once
    }
}

/// What a timer's callback needs. On the loop.
private final class Series {
    let clock: LoopClock
    /// 0: a single moment.
    let interval: UInt64
    var number = 0

    init(_ clock: LoopClock, _ interval: UInt64) {
        self.clock = clock
        self.interval = interval
    }

    /// The tick that was due, and when the next is; nil: there is none.
    func tick(_ due: UInt64, _ now: UInt64) -> (TimerTick, next: UInt64?) {
        var missed: UInt64 = 0
        if interval > 0 && now > due { missed = (now - due) / interval }
        let last = due + missed * interval
        number += Int(missed) + 1
        let tick = TimerTick(due: Duration(loopMicroseconds: last), number: number, missed: Int(missed))
        return (tick, interval > 0 ? last &+ interval : nil)
    }
}

extension EventCore<TimerTick> {
    fileprivate func expired(_ due: UInt64) -> Int32 {
        if isCancelled.load(ordering: .relaxed) { return 0 }
        let series = unsafeDowncast(context!, to: Series.self)
        let (tick, next) = series.tick(due, series.clock.microseconds)
        if let next {
            // The handler may set another.
            sd_event_source_set_time(source, next)
            sd_event_source_set_enabled(source, Int32(SD_EVENT_ONESHOT))
        }
        return fire(tick)
    }
}

extension EventLoop {
    /// Calls `handler`, isolated to the loop, when a time has passed, and then in equal distances if `interval` is given.
    ///
    /// A series keeps its beat: each moment is a multiple of `interval` after the first. Those that pass while the loop does
    /// other work are one call, which tells how many it missed.
    ///
    /// `accuracy` is how much later it may be, so that several timers are one wake-up; never earlier. At least 1 µs.
    ///
    /// - Throws: `IOError` with EPERM if the clock wakes the machine, and the process may not; EOPNOTSUPP if there is no
    ///   such clock.
    public func addTimer(
        _ clock: LoopClock = .monotonic, after delay: Duration, every interval: Duration? = nil,
        accuracy: Duration = .milliseconds(1), name: String? = nil, priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop, TimerTick) throws -> Void
    ) throws(IOError) -> TimerSource {
        try addTimer(
            clock, after: delay, every: interval, accuracy: accuracy, name: name, priority: priority, on: self,
            handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addTimer<Owner: Actor>(
        _ clock: LoopClock = .monotonic, after delay: Duration, every interval: Duration? = nil,
        accuracy: Duration = .milliseconds(1), name: String? = nil, priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner, TimerTick) throws -> Void
    ) throws(IOError) -> TimerSource {
        try addTimer(
            clock, at: Duration(loopMicroseconds: clock.microseconds.adding(delay)), every: interval,
            accuracy: accuracy,
            name: name, priority: priority, on: owner, handler: handler)
    }

    /// As ``addTimer(_:after:every:accuracy:name:priority:handler:)``, but at a time since the clock's zero.
    public func addTimer(
        _ clock: LoopClock = .realtime, at time: Duration, every interval: Duration? = nil,
        accuracy: Duration = .milliseconds(1), name: String? = nil, priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop, TimerTick) throws -> Void
    ) throws(IOError) -> TimerSource {
        try addTimer(
            clock, at: time, every: interval, accuracy: accuracy, name: name, priority: priority, on: self,
            handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addTimer<Owner: Actor>(
        _ clock: LoopClock = .realtime, at time: Duration, every interval: Duration? = nil,
        accuracy: Duration = .milliseconds(1), name: String? = nil, priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner, TimerTick) throws -> Void
    ) throws(IOError) -> TimerSource {
        let distance = interval.map { max($0.loopMicroseconds, 1) } ?? 0
        let core = OwnedCore(name ?? "timer (\(clock))", executor, owner, handler)
        core.context = Series(clock, distance)
        do {
            try core.install(priority, "arming \(core.name)") { source in
                sd_event_add_time(
                    executor.event, &source, clock.rawValue, time.loopMicroseconds, max(accuracy.loopMicroseconds, 1),
                    { _, due, core in EventCore<TimerTick>.at(core).expired(due) }, core.address)
            }
        } catch  where error.code == EPERM {
            throw IOError(
                code: EPERM, "arming \(core.name), which needs CAP_WAKE_ALARM (of systemd: AmbientCapabilities=),")
        }
        return TimerSource(core)
    }
}

extension UInt64 {
    /// Microseconds later; the end of time if there is no such time.
    fileprivate func adding(_ delay: Duration) -> UInt64 {
        let (sum, isTooLate) = addingReportingOverflow(delay.loopMicroseconds)
        return isTooLate ? .max : sum
    }
}
