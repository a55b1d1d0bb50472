/// The first word of an object record, as a value: all that the fast paths look at and change.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0 | locked: the record's lock is held |
/// | 1 | contended: someone sleeps on the lock |
/// | 2 | queued: a wait is queued, or the last reference is gone, so that a change must take the lock |
/// | 3 | signaled; a mutex: nobody owns it; a semaphore: its count is not 0 |
/// | 4 | manual reset: a satisfied wait leaves the signal |
/// | 5–8 | kind |
/// | 9–32 | generation |
/// | 33–63 | what the kind counts, see below |
///
/// The uppermost bits are a semaphore's count; a mutex's owner (24 bits), and whether the last one abandoned it; and for
/// the others a count of signals, which only rises, and by which a wait for several objects sees that one was signaled
/// and consumed between two looks.
///
/// The transitions are pure; they are run under the record's lock, or by a compare-and-swap of the whole word while it
/// is neither locked nor queued.
@frozen
@usableFromInline
package struct Word: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package var bits: UInt64

    @inlinable package init(bits: UInt64) { self.bits = bits }
    package init(
        kind: ObjectKind, generation: UInt32, signaled: Bool = false, manualReset: Bool = false, count: UInt32 = 0
    ) {
        bits = UInt64(kind.rawValue) << 5 | UInt64(generation & 0xFF_FFFF) << 9 | UInt64(count) << 33
        if signaled { bits |= Word.signaled }
        if manualReset { bits |= Word.manualReset }
    }

    @inlinable package static var locked: UInt64 { 1 }
    @inlinable package static var contended: UInt64 { 2 }
    @inlinable package static var queued: UInt64 { 4 }
    @inlinable package static var signaled: UInt64 { 8 }
    @inlinable package static var manualReset: UInt64 { 16 }
    @inlinable package static var one: UInt64 { 1 << 33 }
    /// The bit of the kinds that are not plain, see `ObjectKind`.
    @inlinable package static var isNotPlain: UInt64 { 1 << 8 }
    private static var abandonedBit: UInt64 { 1 << 57 }

    @inlinable package var kind: ObjectKind { ObjectKind(rawValue: UInt8(truncatingIfNeeded: bits >> 5) & 15) }
    @inlinable package var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 9) & 0xFF_FFFF }
    /// What the kind counts.
    @inlinable package var count: UInt32 { UInt32(truncatingIfNeeded: bits >> 33) }
    /// A mutex's owner.
    @inlinable package var owner: Owner { Owner(index: count & 0xFF_FFFF) }
    /// A mutex: its last owner ended without releasing it.
    @inlinable package var isAbandoned: Bool { kind == .mutex && bits >> 57 & 1 != 0 }
    @inlinable package var isOwned: Bool { kind == .mutex && owner != .none }

    /// Whether this is the word of the object that `name` names (a name of index 0 matches no kind).
    @inlinable package func belongs(to name: ObjectName) -> Bool {
        generation == name.generation && bits & 0x1E0 != 0
    }
    /// Whether it is the word of that object, of this kind: one compare.
    @inlinable package func isNamed(_ name: ObjectName, _ kind: ObjectKind) -> Bool {
        bits & 0x1_FFFF_FFE0 == UInt64(name.generation) << 9 | UInt64(kind.rawValue) << 5
    }
    @inlinable package var isPlain: Bool { bits & Word.isNotPlain == 0 }
    /// Whether it is the word of that object, which is of a plain kind, signaled, and neither locked nor queued: one
    /// compare. (A free record has the generation of no object but its next.)
    @inlinable package func isReady(named name: ObjectName) -> Bool {
        let looked = 0x1_FFFF_FE00 | Word.locked | Word.queued | Word.signaled | Word.isNotPlain
        return bits & looked == UInt64(name.generation) << 9 | Word.signaled
    }
    /// Neither locked nor queued: a compare-and-swap may change it.
    @inlinable package var isFree: Bool { bits & (Word.locked | Word.queued) == 0 }

    // ---- transitions

    @inlinable package var isSignaled: Bool { bits & Word.signaled != 0 }
    /// Whether it satisfies a wait of that owner: his own mutex does.
    @inlinable package func isSignaled(for owner: Owner) -> Bool {
        isSignaled || kind == .mutex && self.owner == owner && owner != .none
    }
    /// Takes what a satisfied wait takes; a mutex, which must be unowned, becomes the owner's.
    @inlinable package mutating func consume(for owner: Owner) {
        if bits & Word.manualReset != 0 { return }
        switch kind {
        case .semaphore: takeOne()
        case .mutex: own(by: owner)
        default: bits &= ~Word.signaled
        }
    }
    /// Takes one of a semaphore's count, which is not 0.
    @inlinable package mutating func takeOne() {
        bits &-= Word.one
        if bits < Word.one { bits &= ~Word.signaled }
    }
    /// Makes a mutex, which must be unowned, the owner's.
    @inlinable package mutating func own(by owner: Owner) {
        bits = bits & 0x1_FFFF_FFF7 | UInt64(owner.index) << 33
    }
    /// Signals what is not counted or owned.
    @inlinable package mutating func signal() { bits = (bits | Word.signaled) &+ Word.one }
    @inlinable package mutating func reset() { bits &= ~Word.signaled }
    /// Adds to a semaphore's count, which must not exceed 31 bits.
    @inlinable package mutating func add(_ count: UInt32) {
        bits &+= UInt64(count) << 33
        if bits >= Word.one { bits |= Word.signaled }
    }
    /// Makes a mutex nobody's.
    @inlinable package mutating func disown() { bits = bits & 0x1_FFFF_FFFF | Word.signaled }
    package mutating func abandon() {
        disown()
        bits |= Word.abandonedBit
    }
    @inlinable package mutating func setQueued(_ queued: Bool) {
        if queued { bits |= Word.queued } else { bits &= ~Word.queued }
    }
    /// The word of the free record that this object leaves behind: names of it are stale from here on.
    package var retired: Word {
        // Generation 0 is never used, so that a zeroed record belongs to no name.
        let next = (generation &+ 1) & 0xFF_FFFF
        return Word(kind: .none, generation: next == 0 ? 1 : next)
    }
}
