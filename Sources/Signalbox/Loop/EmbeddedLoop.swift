import CSystemd
import Dispatcher
import Glibc

/// How long an embedded loop may wait, as the handler that prepares it tells.
public enum EmbeddedWait: Hashable, Sendable {
    /// Until its descriptor is ready.
    case untilReady
    /// As above, but so long at most: it has a timer of its own.
    case atMost(Duration)
    /// Not at all: it has something to do.
    case none
}

extension EventLoop {
    /// Embeds another loop, which has a descriptor: that of epoll(7), libuv (`uv_backend_fd`), sd-event, …
    ///
    /// ```swift
    /// try loop.embed(
    ///     descriptor: uv_backend_fd(other),
    ///     prepare: { _ in
    ///         let wait = uv_backend_timeout(other)
    ///         return wait < 0 ? .untilReady : wait == 0 ? .none : .atMost(.milliseconds(wait))
    ///     },
    ///     dispatch: { _ in uv_run(other, UV_RUN_NOWAIT) })
    /// ```
    ///
    /// The other loop runs on this one's thread then, so its handlers must not block, either; and it must be driven by
    /// nobody else.
    ///
    /// `descriptor` stays the other loop's, which may close it when the source is gone: on the loop after
    /// ``EventSource/cancel()``, elsewhere after `await` ``EventSource/remove()``.
    /// `prepare` is called each time before this loop sleeps; it may change no sources.
    /// `dispatch` lets the other loop do what it has to do, without waiting.
    ///
    /// - Throws: as ``addIO(_:events:name:priority:handler:)``.
    public func embed(
        descriptor: Int32, events: IOEvents = .readable, name: String = "embedded loop",
        priority: LoopPriority = .normal, prepare: @escaping @Sendable (isolated EventLoop) throws -> EmbeddedWait,
        dispatch: @escaping @Sendable (isolated EventLoop) throws -> Void
    ) throws(IOError) -> EventSource {
        try embed(
            descriptor: descriptor, events: events, name: name, priority: priority, on: self, prepare: prepare,
            dispatch: dispatch)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func embed<Owner: Actor>(
        descriptor: Int32, events: IOEvents = .readable, name: String = "embedded loop",
        priority: LoopPriority = .normal, on owner: Owner,
        prepare: @escaping @Sendable (isolated Owner) throws -> EmbeddedWait,
        dispatch: @escaping @Sendable (isolated Owner) throws -> Void
    ) throws(IOError) -> EventSource {
        let companions = Companions()
        let core = OwnedCore<Owner, EmbeddedTurn>(name, executor, owner) { owner, turn in
            switch turn {
            case .prepare: companions.set(try prepare(owner))
            case .dispatch: try dispatch(owner)
            }
        }
        core.context = companions
        try core.install(priority, "embedding \(name)") { source in
            var result = sd_event_add_io(
                executor.event, &source, descriptor, events.rawValue,
                { _, _, _, core in EventCore<EmbeddedTurn>.at(core).turn(.dispatch) }, core.address)
            if result >= 0 {
                result = sd_event_source_set_prepare(
                    source, { _, core in EventCore<EmbeddedTurn>.at(core).turn(.prepare) })
            }
            if result >= 0 { result = companions.add(executor.event, core.address, priority) }
            return result
        }
        return EventSource(core)
    }

    /// Embeds another loop of this kind, made with `driver: .caller`, which this one drives, and keeps, until it has
    /// ended; then the source is removed.
    ///
    /// - Throws: as ``addIO(_:events:name:priority:handler:)``.
    /// - Precondition: nobody else drives the other loop.
    public func embed(_ other: EventLoop, name: String = "embedded loop", priority: LoopPriority = .normal)
        throws(IOError) -> EventSource
    {
        try embed(
            descriptor: other.descriptor, name: name, priority: priority,
            prepare: { _ in other.prepare() ? .none : .untilReady },
            dispatch: { _ in
                other.dispatch()
                if other.hasEnded { throw CancellationError() }
            })
    }
}

/// Why the handler of an embedded loop is called.
private enum EmbeddedTurn {
    case prepare
    case dispatch
}

extension EventCore<EmbeddedTurn> {
    /// Of whichever source: what becomes of one becomes of all.
    fileprivate func turn(_ turn: EmbeddedTurn) -> Int32 {
        var enabled: Int32 = 0
        guard let source, sd_event_source_get_enabled(source, &enabled) > 0 else { return 0 }
        let result = fire(turn)
        // It may be gone now.
        guard result < 0, let source = self.source else { return result }
        (context as? Companions)?.set(.untilReady)
        sd_event_source_set_enabled(source, Int32(SD_EVENT_OFF))
        if sd_event_source_get_exit_on_failure(source) > 0 { executor.exitOnLoop(result) }
        return result
    }
}

/// The sources that an embedded loop has beside its descriptor's.
///
/// Sendable: on the loop alone, or with the last reference.
final class Companions: @unchecked Sendable {
    private var atOnce: OpaquePointer?
    private var later: OpaquePointer?

    deinit {
        sd_event_source_disable_unref(atOnce)
        sd_event_source_disable_unref(later)
    }

    func add(_ event: OpaquePointer, _ core: UnsafeMutableRawPointer, _ priority: LoopPriority) -> Int32 {
        var results = [
            sd_event_add_defer(
                event, &atOnce, { _, core in EventCore<EmbeddedTurn>.at(core).turn(.dispatch) }, core),
            sd_event_add_time(
                event, &later, CLOCK_MONOTONIC, 0, 1,
                { _, _, core in EventCore<EmbeddedTurn>.at(core).turn(.dispatch) }, core),
        ]
        if results.min()! >= 0 {
            set(.untilReady)
            results.append(setPriority(priority))
        }
        return results.min()!
    }

    func setPriority(_ priority: LoopPriority) -> Int32 {
        min(
            sd_event_source_set_priority(atOnce, priority.rawValue),
            sd_event_source_set_priority(later, priority.rawValue))
    }

    /// sd_event_prepare(3) arms timers, and looks for what is pending, after the callbacks that prepare.
    func set(_ wait: EmbeddedWait) {
        if case .atMost(let time) = wait { sd_event_source_set_time_relative(later, time.loopMicroseconds) }
        sd_event_source_set_enabled(atOnce, Int32(wait == .none ? SD_EVENT_ONESHOT : SD_EVENT_OFF))
        let isTimed = if case .atMost = wait { true } else { false }
        sd_event_source_set_enabled(later, Int32(isTimed ? SD_EVENT_ONESHOT : SD_EVENT_OFF))
    }
}
