@_exported public import SignalboxTesting
package import Dispatcher
package import Testing

extension Trait where Self == LeakCheck {
    /// The suite has the process for itself while it runs, and leaves nothing behind.
    package static var alone: LeakCheck { LeakCheck() }
}

/// Whether somebody stands in line at the object.
package func isAwaited(_ object: ObjectName) -> Bool {
    Arena.local.withLock(object) { _, word in word.bits & Word.queued != 0 } ?? false
}

/// Whether a wait for the object would be satisfied now; takes nothing.
package func isSignaled(_ object: ObjectName) -> Bool {
    Arena.local.withLock(object) { _, word in word.isSignaled } ?? false
}
