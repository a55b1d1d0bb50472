import Synchronization

/// Where tests have a system call, or what the kernel gives back of a request, fail: there are failures that no test can
/// bring about otherwise, of a disk for one. One call fails, the n-th from when the seam was armed on, of all that drivers
/// make; a few in a row, if wanted. Nothing of it is left in a release build.
///
/// It is the process's: a test that arms it has the process for itself.
package enum FaultSeam {
    /// What becomes of the call.
    package enum Fault: Sendable, Hashable {
        /// It fails with this errno.
        case errno(Int32)
        /// It transfers less than it could. Only calls that transfer bytes are counted.
        case short
    }

    #if DEBUG
        /// 1: the next call is the first that fails; below it, those after it do, down to `last`; `idle`: none does.
        private static let countdown = Atomic(idle)
        private static let idle = Int.min
        private static let last = Atomic(0)
        /// An errno, or -1: short.
        private static let fault = Atomic<Int32>(0)
        private static let struck = Atomic(0)

        /// Has the `number`th call from now on (1: the next), and as many after it as make up `count`, end so, and those
        /// after them as usual.
        package static func arm(call number: Int, _ fault: Fault, count: Int = 1) {
            struck.store(0, ordering: .relaxed)
            last.store(2 - count, ordering: .relaxed)
            let code: Int32 = if case .errno(let code) = fault { code } else { -1 }
            FaultSeam.fault.store(code, ordering: .relaxed)
            countdown.store(number, ordering: .sequentiallyConsistent)
        }

        /// Returns how many calls the fault has struck.
        @discardableResult package static func disarm() -> Int {
            countdown.store(idle, ordering: .sequentiallyConsistent)
            return struck.exchange(0, ordering: .sequentiallyConsistent)
        }

        /// Whether it was armed, and not disarmed since.
        package static var wasArmed: Bool { isArmed || struck.load(ordering: .relaxed) > 0 }

        /// Whether a fault is still to come.
        package static var isArmed: Bool { countdown.load(ordering: .sequentiallyConsistent) != idle }
    #endif

    /// The errno that this call fails with; nil: it is made.
    ///
    /// - Parameters:
    ///   - impossible: what this call never says: it is passed over.
    ///   - other: what it does not say either.
    @inline(__always) package static func take(not impossible: Int32 = 0, _ other: Int32 = 0) -> Int32? {
        #if DEBUG
            let code = fault.load(ordering: .relaxed)
            guard isArmed, code > 0, code != impossible, code != other, strikes() else { return nil }
            return code
        #else
            return nil
        #endif
    }

    /// Whether this call, which transfers bytes, is to transfer less.
    @inline(__always) package static func takeShort() -> Bool {
        #if DEBUG
            return isArmed && fault.load(ordering: .relaxed) == -1 && strikes()
        #else
            return false
        #endif
    }

    #if DEBUG
        private static func strikes() -> Bool {
            while true {
                let now = countdown.load(ordering: .sequentiallyConsistent)
                guard now != idle else { return false }
                let isLast = now <= 1 && now <= last.load(ordering: .relaxed)
                let next = isLast ? idle : now - 1
                guard
                    countdown.compareExchange(expected: now, desired: next, ordering: .sequentiallyConsistent).exchanged
                else { continue }
                if now <= 1 { struck.add(1, ordering: .sequentiallyConsistent) }
                return now <= 1
            }
        }
    #endif
}
