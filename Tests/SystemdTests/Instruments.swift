import Dispatcher
import Glibc
import Logging
import SignalboxTesting
import Synchronization

final class Counter: Sendable {
    private let value = Atomic(0)
    func add() { value.wrappingAdd(1, ordering: .relaxed) }
    var count: Int { value.load(ordering: .relaxed) }
}

/// A value that closures share.
final class Shared<Value: Sendable>: Sendable {
    private let state: Guarded<Value>
    init(_ value: Value) { state = Guarded(value) }
    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

extension Gate {
    /// Blocks the thread until the gate is open, though it may be one of the task pool: that is what these tests want.
    func blockPool() { block() }
}

/// Keeps what is logged.
struct LineLog: LogHandler {
    private final class Lines: Sendable { let state = Guarded<[String]>([]) }
    private let kept = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    var lines: [String] { kept.state.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { kept.state.withLock { $0.append("\(event.message)") } }
}
