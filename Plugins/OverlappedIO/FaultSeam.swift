import Synchronization

/// Where tests make a call of a driver's engine, or one that a file makes at once, fail: there are failures that no test can
/// bring about otherwise, of a disk for one. Nothing of it is left in a release build.
package final class FaultSeam: Sendable {
    /// Calls until the one that fails; 0: none does.
    private let countdown = Atomic(0)
    private let code = Atomic<Int32>(0)

    init() {}

    /// Has the `number`th call from now on fail with the errno, and those after it succeed again.
    package func fail(call number: Int, with code: Int32) {
        self.code.store(code, ordering: .relaxed)
        countdown.store(number, ordering: .sequentiallyConsistent)
    }

    /// Whether a failure is still to come.
    package var isArmed: Bool { countdown.load(ordering: .sequentiallyConsistent) > 0 }

    /// The errno that this call fails with; nil: it is made.
    @inline(__always) func take() -> Int32? {
        #if DEBUG
            guard countdown.load(ordering: .relaxed) > 0 else { return nil }
            return countdown.subtract(1, ordering: .sequentiallyConsistent).newValue == 0
                ? code.load(ordering: .relaxed) : nil
        #else
            return nil
        #endif
    }
}
