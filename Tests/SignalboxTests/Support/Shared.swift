import Dispatcher

/// A value under a lock, which closures can share.
package final class Shared<Value: Sendable>: Sendable {
    private let value: Guarded<Value>
    package init(_ value: Value) { self.value = Guarded(value) }
    package func withLock<R>(_ body: (inout Value) -> R) -> R { value.withLock { body(&$0) } }
}
