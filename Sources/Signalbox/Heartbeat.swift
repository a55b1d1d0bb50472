import CLinux
import Dispatcher
import Synchronization

/// The sign of life of one part of a service: while the part works it beats, and a watchdog that hears none for too long
/// does not tell the service manager that all is well.
///
/// ```swift
/// let heartbeat = context.heartbeat("decoder", within: .seconds(2))
/// defer { heartbeat.end() }
/// while let frame = try await frames.next() {
///     heartbeat.beat()
///     decode(frame)
/// }
/// ```
///
/// Who waits for work that may not come for long must beat meanwhile, too, or end it and begin another. A beat costs a few
/// nanoseconds.
public final class Heartbeat: Sendable {
    /// Names the part, in status and journal.
    public let name: String
    /// The longest time between two beats; nil: half of the watchdog's.
    public let limit: Duration?
    /// Which of its registry's it is, for who remembers one that may have ended: no other ever has the same.
    package let number: UInt64
    private let count = Atomic<UInt64>(0)
    /// When the part must have been heard again, however long its limit: nanoseconds of the monotonic clock.
    private let pardon = Atomic<UInt64>(0)
    /// The kernel's id of the thread that beat last: where to look when it beats no more.
    private let thread = Atomic<UInt32>(0)
    private let registry: Heartbeats

    init(_ name: String, _ limit: Duration?, _ registry: Heartbeats) {
        (self.name, self.limit, self.registry, number) = (name, limit, registry, registry.nextNumber())
    }

    /// The part works.
    public func beat() {
        thread.store(signalbox_thread_id(), ordering: .relaxed)
        count.wrappingAdd(1, ordering: .relaxed)
    }

    /// The part works no more, and need not. Idempotent; a heartbeat that is dropped goes on being waited for.
    public func end() { registry.remove(self) }

    /// The part works, and says that it may not beat for that long.
    package func beat(next duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
        pardon.store(signalbox_now() &+ nanoseconds, ordering: .relaxed)
        // Not by which thread: who says so need not be who is waited for.
        count.wrappingAdd(1, ordering: .relaxed)
    }

    /// Whether it need not have been heard by now.
    package var isPardoned: Bool { pardon.load(ordering: .relaxed) > signalbox_now() }
    package var beats: UInt64 { count.load(ordering: .relaxed) }
    package var lastThread: UInt32 { thread.load(ordering: .relaxed) }
}

/// The heartbeats of a process.
package final class Heartbeats: Sendable {
    package static let shared = Heartbeats()
    private let state = Guarded<[Heartbeat]>([])
    private let made = Atomic<UInt64>(0)

    package init() {}

    fileprivate func nextNumber() -> UInt64 { made.wrappingAdd(1, ordering: .relaxed).newValue }

    package var all: [Heartbeat] { state.withLock { $0 } }

    package func add(_ name: String, within limit: Duration? = nil) -> Heartbeat {
        let heartbeat = Heartbeat(name, limit, self)
        heartbeat.beat()
        state.withLock { $0.append(heartbeat) }
        return heartbeat
    }

    /// The heartbeat of that name; made now, if there is none.
    package func named(_ name: String) -> Heartbeat {
        state.withLock { all in
            if let found = all.first(where: { $0.name == name }) { return found }
            let made = Heartbeat(name, nil, self)
            all.append(made)
            return made
        }
    }

    /// Ends the heartbeat of that name; false: there is none.
    package func end(_ name: String) -> Bool {
        state.withLock { all in
            let before = all.count
            all.removeAll { $0.name == name }
            return all.count < before
        }
    }

    fileprivate func remove(_ heartbeat: Heartbeat) { state.withLock { $0.removeAll { $0 === heartbeat } } }

    /// Ends those of a plugin, which has stopped.
    func endAll(of plugin: String) { state.withLock { $0.removeAll { $0.name.hasPrefix("\(plugin): ") } } }
}
