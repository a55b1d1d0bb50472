import Dispatcher
import Glibc
import Logging
import Signalbox
import Synchronization

final class Counter: Sendable {
    private let value = Atomic(0)
    func add() { value.wrappingAdd(1, ordering: .relaxed) }
    var count: Int { value.load(ordering: .relaxed) }
}

/// Blocks threads, of the task pool too, until it is opened.
final class Gate: Sendable {
    private let event = EventObject(.manual)
    func block() { _ = try? Arena.local.block(on: event.object, until: Deadline.never) }
    func open() { event.set() }
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
