import Synchronization

@testable import Dispatcher

/// What happened, in order.
final class Log<Entry: Sendable>: Sendable {
    private let state = Guarded<[Entry]>([])
    func add(_ entry: Entry) { state.withLock { $0.append(entry) } }
    var entries: [Entry] { state.withLock { $0 } }
    var count: Int { state.withLock { $0.count } }
}

/// Links in the object's queue.
func queueLength(_ name: ObjectName) -> Int {
    Arena.local.withLock(name) { record, _ in
        var (count, index) = (0, record.head)
        while index != 0 { (count, index) = (count + 1, Arena.local.link(index).pointee.next) }
        return count
    } ?? 0
}

/// A number that threads and tasks add to.
final class Counter: Sendable {
    private let number = Atomic(0)
    func add(_ difference: Int = 1) { number.wrappingAdd(difference, ordering: .relaxed) }
    var value: Int { number.load(ordering: .relaxed) }
}
