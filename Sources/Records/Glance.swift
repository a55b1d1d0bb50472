public import Synchronization

/// What one look at the objects of a wait for any tells, when all are of kinds that are either signaled or not: without
/// locks, and without a branch for each question. Loads alone, one after the other.
///
/// Two looks prove that the first signaled object was the first: if the sum of the words before it is the same in both,
/// nothing has happened to those objects in between, as whatever signals one counts in its word; and they were not
/// signaled. So at the moment of the first look at it, it was the first that was signaled, and to take it now is to have
/// taken it then, if its word is still the same.
@frozen
@usableFromInline
package struct Glance {
    /// Position of the first object that is signaled; as many as there are, if none is.
    @usableFromInline package var first = 0
    /// Its word.
    @usableFromInline var word: UInt64 = 0
    /// Sum of the words before it.
    @usableFromInline var sum: UInt64 = 0
    /// All words together.
    @usableFromInline var union: UInt64 = 0
    /// Differences between the generations of names and of words, in bits 9–32.
    @usableFromInline var differences: UInt64 = 0

    @inlinable @inline(__always) package init() {}

    /// Looks at them all.
    package init(_ names: UnsafeBufferPointer<ObjectName>, in arena: Arena) {
        while first < names.count && !look(at: names[first], in: arena) { first += 1 }
        for position in min(first + 1, names.count)..<names.count { lookAfter(at: names[position], in: arena) }
    }

    /// Looks at the next object, while none was signaled; returns whether this one is.
    @inlinable @inline(__always)
    package mutating func look(at name: ObjectName, in arena: Arena) -> Bool {
        let word = lookAfter(at: name, in: arena)
        if word & Word.signaled != 0 {
            self.word = word
            return true
        }
        sum &+= word
        return false
    }

    /// Looks at an object after the first that is signaled.
    @discardableResult
    @inlinable @inline(__always)
    package mutating func lookAfter(at name: ObjectName, in arena: Arena) -> UInt64 {
        Seam.step()
        let word = Glance.word(of: name, in: arena).pointee.load(ordering: .acquiring)
        differences |= name.bits &>> 15 ^ word
        union |= word
        return word
    }

    @inlinable @inline(__always)
    static func word(of name: ObjectName, in arena: Arena) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (arena.base + Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: name.bits) &<< 6 & 0x3FFF_FFC0))
            .assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Whether the look tells anything: every name is that of an object, none is locked, and none is of another kind.
    @inlinable @inline(__always)
    package var isPlain: Bool { differences & 0x1_FFFF_FE00 | union & (Word.locked | Word.isNotPlain) == 0 }
}

extension Arena {
    /// The second look: whether the objects before the first are as they were.
    @inline(__always)
    package func confirms(_ glance: Glance, _ names: UnsafePointer<ObjectName>) -> Bool {
        var again: UInt64 = 0
        for position in 0..<glance.first {
            Seam.step()
            again &+= Glance.word(of: names[position], in: self).pointee.load(ordering: .acquiring)
        }
        return again == glance.sum
    }

    /// Takes the object that the glance found to be the first, if it still is. False if that cannot be told so simply.
    package func take(_ glance: Glance, of names: UnsafePointer<ObjectName>) -> Bool {
        let word = Word(bits: glance.word)
        guard word.isFree, confirms(glance, names) else { return false }
        var taken = word
        if word.bits & Word.manualReset == 0 { taken.reset() }
        Seam.step()
        let isTaken =
            taken == word
            || Glance.word(of: names[glance.first], in: self).pointee.compareExchange(
                expected: word.bits, desired: taken.bits, successOrdering: .acquiringAndReleasing,
                failureOrdering: .relaxed
            ).exchanged
        if isTaken { count(.waits, names[glance.first].index) }
        return isTaken
    }
}
