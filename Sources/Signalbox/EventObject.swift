public import Dispatcher

/// A Win32 event: a signal that waits take (automatic reset) or leave (manual reset).
///
/// ```swift
/// let ready = EventObject()
/// Task { try await ready.wait() }
/// ready.set()
/// ```
public actor EventObject: KernelObject {
    public enum Reset: Sendable {
        /// Setting the event satisfies one wait, which resets it; without one it stays set.
        case automatic
        /// Setting the event satisfies every wait until it is reset.
        case manual
    }

    public nonisolated let object: ObjectName

    public init(_ reset: Reset = .automatic, signaled: Bool = false) {
        object = Arena.makeObject(.event, signaled: signaled, manualReset: reset == .manual)
    }

    deinit { Arena.local.release(object) }

    /// Sets the event. What the caller did before is seen by whoever the event releases. Never blocks.
    public nonisolated func set() { try! Arena.local.setEvent(object) }  // the actor keeps the object

    /// Resets the event: waits that follow are not satisfied until it is set. Never blocks.
    public nonisolated func reset() { try! Arena.local.resetEvent(object) }  // the actor keeps the object
}
