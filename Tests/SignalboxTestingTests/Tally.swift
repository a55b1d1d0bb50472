import Dispatcher
import Synchronization

/// A number that threads and tasks count up.
final class Tally: Sendable {
    private let number = Atomic(0)
    func add() { number.add(1, ordering: .acquiringAndReleasing) }
    func set(_ value: Int) { number.store(value, ordering: .releasing) }
    var value: Int { number.load(ordering: .acquiring) }
}

/// What happened, in order.
final class Trace: Sendable {
    private let state = Guarded<[Int]>([])
    func add(_ entry: Int) { state.withLock { $0.append(entry) } }
    var entries: [Int] { state.withLock { $0 } }
}
