import Synchronization

/// The least that an automatic-reset event for tasks can be: one word, which is 0, 1 when set, or the continuation of
/// the only waiter. No cancellation, no time-out, no second waiter.
final class BareSignal: Sendable {
    private let word = Atomic<UInt>(0)

    nonisolated(nonsending) func wait() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let waiting = unsafeBitCast(continuation, to: UInt.self)
            if word.compareExchange(expected: 0, desired: waiting, ordering: .acquiringAndReleasing).exchanged {
                return
            }
            word.store(0, ordering: .releasing)
            continuation.resume()
        }
    }

    func set() {
        let (done, original) = word.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing)
        if done || original == 1 { return }
        word.store(0, ordering: .releasing)
        unsafeBitCast(original, to: UnsafeContinuation<Void, Never>.self).resume()
    }
}
