/// The first word of an object record, as a value: all that the fast paths look at and change.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0 | locked: the record's lock is held |
/// | 1 | contended: someone sleeps on the lock |
/// | 2 | queued: the queue is not empty, so a signal must take the lock |
/// | 3 | signaled |
/// | 4 | manual reset: a satisfied wait leaves the signal |
/// | 8–15 | kind |
/// | 32–55 | generation |
///
/// The transitions (`isSignaled`, `consume`, `signal`, `reset`) are pure; they are run under the record's lock, or by a
/// compare-and-swap of the whole word while it is neither locked nor queued.
@frozen
@usableFromInline
package struct Word: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package var bits: UInt64

    @inlinable package init(bits: UInt64) { self.bits = bits }
    package init(kind: ObjectKind, generation: UInt32, signaled: Bool, manualReset: Bool) {
        bits = UInt64(kind.rawValue) << 8 | UInt64(generation & 0xFF_FFFF) << 32
        if signaled { bits |= Word.signaled }
        if manualReset { bits |= Word.manualReset }
    }

    @inlinable package static var locked: UInt64 { 1 }
    @inlinable package static var contended: UInt64 { 2 }
    @inlinable package static var queued: UInt64 { 4 }
    @inlinable package static var signaled: UInt64 { 8 }
    @inlinable package static var manualReset: UInt64 { 16 }
    @inlinable static var event: UInt64 { 1 << 8 }

    @inlinable package var kind: UInt8 { UInt8(truncatingIfNeeded: bits >> 8) }
    @inlinable package var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) & 0xFF_FFFF }

    /// Whether this is the word of the object that `name` names (a name of index 0 matches no generation).
    @inlinable package func belongs(to name: ObjectName) -> Bool {
        generation == name.generation && kind != 0
    }
    /// Whether it is the word of that event: one compare for kind and generation.
    @inlinable package func isEvent(named name: ObjectName) -> Bool {
        bits & 0x00FF_FFFF_0000_FF00 == UInt64(name.generation) << 32 | Word.event
    }
    /// Neither locked nor queued: a compare-and-swap may change it.
    @inlinable package var isFree: Bool { bits & (Word.locked | Word.queued) == 0 }

    // ---- transitions

    @inlinable package var isSignaled: Bool { bits & Word.signaled != 0 }
    /// Takes what a satisfied wait takes.
    @inlinable package mutating func consume() {
        if bits & Word.manualReset == 0 { bits &= ~Word.signaled }
    }
    @inlinable package mutating func signal() { bits |= Word.signaled }
    @inlinable package mutating func reset() { bits &= ~Word.signaled }
    @inlinable package mutating func setQueued(_ queued: Bool) {
        if queued { bits |= Word.queued } else { bits &= ~Word.queued }
    }
    /// The word of the free record that this object leaves behind: names of it are stale from here on.
    package var retired: Word {
        // Generation 0 is never used, so that a zeroed record belongs to no name.
        let next = (generation &+ 1) & 0xFF_FFFF
        return Word(kind: .none, generation: next == 0 ? 1 : next, signaled: false, manualReset: false)
    }
}
