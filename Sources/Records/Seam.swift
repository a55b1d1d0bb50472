import CLinux

/// Where the dispatcher meets the platform: sleeping, time, and the steps between which another thread may come. In
/// debug builds, and in builds with SCHEDULED defined, a test's scheduler can take these over for threads of its own, and
/// so decide who runs next. Release builds have nothing of it.
@usableFromInline
package enum Seam {
    #if DEBUG || SCHEDULED
        package protocol Scheduler: Sendable {
            /// The calling thread is about to do something that others can see.
            func step()
            /// Lets others run until `isReady`; false: until the clock reads `deadline`.
            func sleep(until deadline: UInt64, _ isReady: () -> Bool) -> Bool
            var now: UInt64 { get }
        }
        /// Sendable: set before its threads are made, and cleared after they have ended.
        package nonisolated(unsafe) static var scheduler: (any Scheduler)?
        package static var current: (any Scheduler)? { signalbox_thread().pointee.isScheduled ? scheduler : nil }
    #endif

    @inlinable package static func step() {
        #if DEBUG || SCHEDULED
            stepIfScheduled()
        #endif
    }
    #if DEBUG || SCHEDULED
        @usableFromInline static func stepIfScheduled() { current?.step() }
    #endif

    /// Whether a test's scheduler decides when the calling thread runs.
    package static var isScheduled: Bool {
        #if DEBUG || SCHEDULED
            return current != nil
        #else
            return false
        #endif
    }

    /// CLOCK_MONOTONIC, in nanoseconds.
    @usableFromInline package static var now: UInt64 {
        #if DEBUG || SCHEDULED
            if let current { return current.now }
        #endif
        return signalbox_now()
    }

    /// Sleeps as long as the scheduler likes; nil: the caller is none of its threads, and sleeps itself.
    package static func sleep(until deadline: UInt64 = .max, _ isReady: () -> Bool) -> Bool? {
        #if DEBUG || SCHEDULED
            if let current { return current.sleep(until: deadline, isReady) }
        #endif
        return nil
    }
}
