// The dispatcher: the one state machine of waiting and signaling.
//
// Who owns what. Every waitable thing is an *object record*, every wait a *waiter record*, and the entry of a waiter in
// an object's queue a *link*. All live in an *arena* (Arena.swift): 64-byte records in mapped memory whose type never
// changes, so a stale pointer reads a record of the right type with another generation, and a stale name is found out.
// They refer to each other by index, never by pointer: the same code runs over memory that two processes share.
//
// What keeps what alive. An object record lives while `refs` is not 0 (handles, actors) or its queue is not empty: a
// wait needs no reference of its own, and closing the last handle ends no wait. A waiter record belongs to its thread
// (one, kept for the thread's life) or to one suspended task (from `begin` until the task has resumed).
//
// How a wait ends. Signal, time-out and cancellation race for the waiter's *claim word* with one compare-and-swap
// (Claim.swift); only the winner may change object state. The signaller completes the wait, under the record's lock,
// and collects it in a `WakeList`; threads are woken and tasks resumed after every lock is dropped. The waiter reads
// the verdict and takes its other links out of the queues it stands in; until it has, signallers pass those links by.
//
// Lock order, checked in debug builds: the arena's wait-all lock, then an object's record lock. A thread holds one
// record lock at a time, or several under the wait-all lock. A signaller takes the wait-all lock only if the record's
// `allWaiters` says that a wait-all is queued on the object. The deadline heap's lock is held with no other.
//
// Fast paths. Signaled, queued, locked, kind and generation share the object's first word (Word.swift), so that
// setting, resetting or consuming an object on which nobody waits is one compare-and-swap, which fails if any of them
// changed.

/// Names an object for as long as it lives: a record's index and the generation it had. A stale name finds nothing.
@frozen
public struct ObjectName: Hashable, Sendable, BitwiseCopyable {
    /// Index in bits 0–23, generation in bits 24–47; 0 names nothing. The bits above are ignored by all but `==`.
    public let bits: UInt64

    @inlinable package init(bits: UInt64) { self.bits = bits }
    @inlinable package init(index: UInt32, generation: UInt32) {
        bits = UInt64(index) | UInt64(generation) << 24
    }

    /// No object.
    @inlinable package static var none: ObjectName { ObjectName(bits: 0) }
    @inlinable package var index: UInt32 { UInt32(truncatingIfNeeded: bits) & 0xFF_FFFF }
    @inlinable package var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 24) & 0xFF_FFFF }
}

/// What an object is: it decides who may signal it and what a satisfied wait takes. Numbers from 8 on are of kinds that
/// are not plain: it takes more than the signal to tell whether a wait is satisfied, or whether one was meanwhile.
@frozen
@usableFromInline
package struct ObjectKind: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package let rawValue: UInt8
    @inlinable init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The record is free.
    @inlinable package static var none: ObjectKind { ObjectKind(rawValue: 0) }
    /// Set, reset and pulsed by anyone; automatic reset takes the signal, manual reset leaves it.
    @inlinable package static var event: ObjectKind { ObjectKind(rawValue: 1) }
    /// Signaled once, when the thread has ended.
    @inlinable package static var thread: ObjectKind { ObjectKind(rawValue: 2) }
    /// A queue of completion packets.
    @inlinable package static var port: ObjectKind { ObjectKind(rawValue: 8) }
    /// A driver's object: a socket, later a file, pipe or console.
    @inlinable package static var source: ObjectKind { ObjectKind(rawValue: 3) }
    /// Owned by a thread or a task, more than once if it likes; abandoned if the owner ends.
    @inlinable package static var mutex: ObjectKind { ObjectKind(rawValue: 9) }
    /// A count, which a satisfied wait takes one from.
    @inlinable package static var semaphore: ObjectKind { ObjectKind(rawValue: 10) }
    /// Signaled when it expires; resets as an event does.
    @inlinable package static var timer: ObjectKind { ObjectKind(rawValue: 4) }
    /// Signaled once, when the process has ended.
    @inlinable package static var process: ObjectKind { ObjectKind(rawValue: 5) }
}

/// Who owns mutexes: a thread, or the token of a task. It is the index of a waiter's record, which lists them.
@frozen
@usableFromInline
package struct Owner: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package let index: UInt32
    @inlinable init(index: UInt32) { self.index = index }
    /// Nobody.
    @inlinable package static var none: Owner { Owner(index: 0) }
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

/// Why a wait or an operation could not begin; nothing was consumed.
@usableFromInline
package enum DispatcherError: Error, Equatable, Sendable {
    /// The name at this position names no object now.
    case noSuchObject(Int)
    /// The object is of another kind.
    case wrongKind
    /// The same object twice in a wait for all.
    case duplicateObject(Int)
    /// The arena has no free record.
    case outOfRecords
    /// The mutex is not the caller's.
    case notOwner
    /// The semaphore would exceed its maximum, the mutex or the suspended thread what can be counted.
    case limitExceeded
    /// The thread has ended.
    case hasEnded
    /// A mutex was waited for on nobody's behalf.
    case needsOwner
}
