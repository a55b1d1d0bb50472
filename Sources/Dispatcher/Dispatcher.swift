// The dispatcher: the one state machine of waiting and signaling.
//
// Who owns what. Every waitable thing is an *object record*, every wait a *waiter record*, and the entry of a waiter in
// an object's queue a *link*. All live in an *arena*, the floor below (Sources/Records): 64-byte records in mapped
// memory whose type never changes, so a stale pointer reads a record of the right type with another generation, and a
// stale name is found out. They refer to each other by index: the same code runs over memory that two processes share.
//
// What keeps what alive. An object record lives while `refs` is not 0 (handles, actors), its queue is not empty, or it
// is a mutex that somebody owns: a wait needs no reference of its own, and closing the last handle ends no wait. A
// waiter record belongs to its thread (one, kept for the thread's life; it also lists the mutexes that the thread owns),
// to a task's token, to one suspended task (from `begin` until the task has resumed), or to one registered wait.
//
// How a wait begins. It looks (Glance.swift, and one compare-and-swap); if that does not satisfy it, it stands in all its
// lines at one moment, with every record held (WaitAll.swift). So there is always one moment at which it has begun.
//
// How a wait ends. Signal, time-out, cancellation, APC and suspension race for the waiter's *claim word* with one
// compare-and-swap (Claim.swift); only the winner may change object state. The signaller completes the wait, under the
// record's lock, and collects it in a `WakeList`; threads are woken, tasks resumed, and ends of registered waits
// told after every lock is dropped. The waiter reads the verdict and takes its other links out of the queues it stands
// in; until it has, signallers pass those links by. A suspended thread, and one whose APCs were withdrawn, begins again.
//
// Lock order, checked in debug builds: the arena's wait-all lock, then an object's record lock. A thread holds one record
// lock at a time, or several under the wait-all lock. A signaller takes the wait-all lock only if the record's
// `allWaiters` says that a wait-all is queued on the object. The lock of a heap of deadlines comes last of all. The lock
// of the registry of threads comes before a record's, and the one that the thread holds which stops another before both.
// Who takes any of them is *inside* (signalbox_enter): he is neither suspended nor terminated before he has left.
//
// Fast paths. Signaled, queued, locked, kind, generation and what is counted share the object's first word (Word.swift),
// so that to set, reset, take or release an object on which nobody waits is one compare-and-swap, which fails if any of
// them changed.

@_exported public import Records

/// The objects of a wait, in the caller's order.
package typealias Names = UnsafeBufferPointer<ObjectName>

/// A point of CLOCK_MONOTONIC in nanoseconds.
@usableFromInline package enum Deadline {
    @inlinable package static var never: UInt64 { .max }
    /// Already over: the wait only looks.
    @inlinable package static var now: UInt64 { 0 }
    package static func after(nanoseconds: UInt64) -> UInt64 {
        let (sum, overflow) = Seam.now.addingReportingOverflow(nanoseconds)
        return overflow ? .max : sum
    }
}

/// How a wait ended. Positions count the objects of the wait from 0.
package enum Verdict: Equatable, Sendable {
    case satisfied(Int)
    /// Satisfied, but the object was left behind by its owner, or (a port) closed. A wait for all says 0.
    case abandoned(Int)
    case timedOut
    case cancelled
    /// Asynchronous procedure calls have run, and nothing was taken.
    case alerted
}
