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
public struct ObjectKind: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package let rawValue: UInt8
    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

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
    /// Processes that are ended together; never signaled, as it has no time limits.
    @inlinable package static var job: ObjectKind { ObjectKind(rawValue: 6) }
}

/// Who owns mutexes: a thread, or the token of a task. It is the index of a waiter's record, which lists them.
@frozen
@usableFromInline
package struct Owner: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package let index: UInt32
    @inlinable package init(index: UInt32) { self.index = index }
    /// Nobody.
    @inlinable package static var none: Owner { Owner(index: 0) }
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
    /// The thread cannot be stopped: it blocks the signal by which that is done.
    case notStoppable
    /// A mutex was waited for on nobody's behalf.
    case needsOwner
}
