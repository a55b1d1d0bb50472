import Dispatcher

/// What happened, in order.
final class Order: Sendable {
    private let state = Guarded<[Int]>([])
    func add(_ entry: Int) { state.withLock { $0.append(entry) } }
    var entries: [Int] { state.withLock { $0 } }
}
