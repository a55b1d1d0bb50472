public import Synchronization

// Semaphores: the count is in the word, the maximum beside it.

extension Arena {
    /// Makes a semaphore with one reference. `maximum` is at most 2³¹ - 1, `count` at most `maximum`.
    package func makeSemaphore(
        count: UInt32, maximum: UInt32, handles: UInt32 = 0
    ) throws(DispatcherError) -> ObjectName {
        precondition(
            (1...0x7FFF_FFFF).contains(maximum) && count <= maximum, "a semaphore counts from 0 to its maximum")
        return try makeObject(.semaphore, signaled: count > 0, count: count, handles: handles) {
            $0.maximum = maximum
        }
    }

    /// Adds to the count, and returns what it was. `limitExceeded`: it would pass the maximum, and is unchanged.
    @discardableResult
    package func releaseSemaphore(_ name: ObjectName, count: UInt32 = 1) throws(DispatcherError) -> UInt32 {
        if let previous = tryReleaseSemaphore(name, count) { return previous }
        var previous: UInt32 = 0
        try change(name) { record, word, wake throws(DispatcherError) in
            previous = word.count
            try addLocked(count, record, &word)
            satisfyLocked(record, &word, &wake)
        }
        return previous
    }

    /// As `releaseSemaphore` if that is simple; nil: nothing has changed.
    @inlinable @inline(__always) package func tryReleaseSemaphore(_ name: ObjectName, _ count: UInt32) -> UInt32? {
        let record = object(name.index)
        let word = Word(bits: record.pointee.word.load(ordering: .acquiring))
        // The maximum may be another object's already; then the compare-and-swap fails.
        if word.isFree && word.isNamed(name, .semaphore) && Int(word.count) + Int(count) <= Int(record.maximum) {
            var released = word
            released.add(count)
            if record.replace(word, by: released) {
                self.count(.signals, name.index)
                return word.count
            }
        }
        return nil
    }

    func addLocked(
        _ count: UInt32, _ record: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word
    ) throws(DispatcherError) {
        guard word.kind == .semaphore else { throw .wrongKind }
        guard count <= record.maximum - word.count else { throw .limitExceeded }
        self.count(.signals, index(of: record))
        word.add(count)
    }

    /// The count at this moment; nil if there is no such semaphore.
    package func semaphoreCount(_ name: ObjectName) -> UInt32? {
        let word = word(name)
        return word.isNamed(name, .semaphore) ? word.count : nil
    }
}
