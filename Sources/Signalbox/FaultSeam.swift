import Synchronization

/// Where tests have a driver's system call, or what the kernel gives back of a request, fail: there are failures that no
/// test can bring about otherwise, of a disk for one. One call fails, the n-th from when the seam was armed on; a few in a
/// row, if wanted. Nothing of it is left in a release build.
///
/// A driver has its own, so that what one test arms never strikes what another does.
package struct FaultSeam: Sendable {
    /// What becomes of the call.
    package enum Fault: Sendable, Hashable {
        /// It fails with this errno.
        case errno(Int32)
        /// It transfers less than it could. Only calls that transfer bytes are counted.
        case short
    }

    #if DEBUG
        private final class State: Sendable {
            /// 1: the next call is the first that fails; below it, those after it do, down to `last`; `idle`: none does.
            let countdown = Atomic(FaultSeam.idle)
            let last = Atomic(0)
            /// An errno, or -1: short.
            let fault = Atomic<Int32>(0)
            let struck = Atomic(0)
        }
        private static let idle = Int.min
        private let state = State()
    #endif

    /// A seam of which no call fails yet.
    package init() {}

    #if DEBUG
        /// Has the `number`th call from now on (1: the next), and as many after it as make up `count`, end so, and those
        /// after them as usual.
        package func arm(call number: Int, _ fault: Fault, count: Int = 1) {
            state.struck.store(0, ordering: .relaxed)
            state.last.store(2 - count, ordering: .relaxed)
            let code: Int32 = if case .errno(let code) = fault { code } else { -1 }
            state.fault.store(code, ordering: .relaxed)
            state.countdown.store(number, ordering: .sequentiallyConsistent)
        }

        /// Returns how many calls the fault has struck.
        @discardableResult package func disarm() -> Int {
            state.countdown.store(FaultSeam.idle, ordering: .sequentiallyConsistent)
            return state.struck.exchange(0, ordering: .sequentiallyConsistent)
        }

        /// Whether it was armed, and not disarmed since.
        package var wasArmed: Bool { isArmed || state.struck.load(ordering: .relaxed) > 0 }

        /// Whether a fault is still to come.
        package var isArmed: Bool { state.countdown.load(ordering: .sequentiallyConsistent) != FaultSeam.idle }
    #endif

    /// The errno that this call fails with; nil: it is made.
    ///
    /// - Parameters:
    ///   - impossible: what this call never says: it is passed over.
    ///   - other: what it does not say either.
    @inline(__always) package func take(not impossible: Int32 = 0, _ other: Int32 = 0) -> Int32? {
        #if DEBUG
            let code = state.fault.load(ordering: .relaxed)
            guard isArmed, code > 0, code != impossible, code != other, strikes() else { return nil }
            return code
        #else
            return nil
        #endif
    }

    /// Whether this call, which transfers bytes, is to transfer less.
    @inline(__always) package func takeShort() -> Bool {
        #if DEBUG
            return isArmed && state.fault.load(ordering: .relaxed) == -1 && strikes()
        #else
            return false
        #endif
    }

    #if DEBUG
        private func strikes() -> Bool {
            while true {
                let now = state.countdown.load(ordering: .sequentiallyConsistent)
                guard now != FaultSeam.idle else { return false }
                let isLast = now <= 1 && now <= state.last.load(ordering: .relaxed)
                let next = isLast ? FaultSeam.idle : now - 1
                let (isOurs, _) = state.countdown.compareExchange(
                    expected: now, desired: next, ordering: .sequentiallyConsistent)
                guard isOurs else { continue }
                if now <= 1 { state.struck.add(1, ordering: .sequentiallyConsistent) }
                return now <= 1
            }
        }
    #endif
}
