public import Dispatcher

/// A Win32 event: a signal that waits take (automatic reset) or leave (manual reset).
///
/// ```swift
/// let ready = EventObject()
/// Task { try await ready.wait() }
/// ready.set()
/// ```
public actor EventObject: NamedKernelObject {
    public static var kind: ObjectKind { .event }

    /// How an event or a timer ceases to be signaled.
    public enum Reset: Sendable {
        /// Setting the event satisfies one wait, which resets it; without one it stays set.
        case automatic
        /// Setting the event satisfies every wait until it is reset.
        case manual
    }

    public nonisolated let object: ObjectName

    /// Makes an event without a name.
    public init(_ reset: Reset = .automatic, signaled: Bool = false) {
        object = Arena.makeObject(.event, signaled: signaled, manualReset: reset == .manual)
    }

    /// The event of that name; made as the other parameters say if this process has none.
    ///
    /// - Throws: `ObjectNameError.otherKind` if an object of another kind has the name.
    public init(named name: String, _ reset: Reset = .automatic, signaled: Bool = false) throws(ObjectNameError) {
        object = try Arena.openOrMake(name, .event) { () throws(DispatcherError) in
            try Arena.prepared().makeObject(.event, signaled: signaled, manualReset: reset == .manual, handles: 1)
        }
    }

    public init(adopting object: ObjectName) { self.object = object }

    deinit { Arena.endActor(object) }

    /// Sets the event. What the caller did before is seen by whoever the event releases. Never blocks.
    public nonisolated func set() { try! Arena.local.setEvent(object) }  // the actor keeps the object

    /// Resets the event: waits that follow are not satisfied until it is set. Never blocks.
    public nonisolated func reset() { try! Arena.local.resetEvent(object) }  // the actor keeps the object

    /// Sets the event for the waits that stand in line at this moment, and leaves it reset. A task or thread that is
    /// about to wait misses it: `set` is almost always what is meant. Never blocks.
    public nonisolated func pulse() { try! Arena.local.pulseEvent(object) }  // the actor keeps the object

    /// The signals of an automatic-reset event, each taken as it comes. See ``Signals``.
    public nonisolated var signals: Signals<EventObject> { Signals(of: self) }
}
