import Synchronization

// Waits for all: nothing is consumed until everything can be. All of this needs the wait-all lock, whose holder alone may
// hold several record locks; in whatever order, because nobody else ever waits for a second one while holding one.

extension Arena {
    /// Takes every object, and returns true; or takes none, and stands `waiter` in line at each if there is one.
    func takeAll<Names: RandomAccessCollection<ObjectName>>(
        _ names: Names, orLink waiter: UInt32?
    ) throws(DispatcherError) -> Bool where Names.Index == Int {
        lockAll()
        defer { unlockAll() }
        var locked = 0
        var ready = true
        var failure: DispatcherError?
        for name in names where failure == nil {
            let word = lock(object(name.index))
            if word.belongs(to: name) { ready = ready && word.isSignaled } else { failure = .noSuchObject(locked) }
            locked += 1
        }
        if failure == nil, !ready, let waiter {
            forEachLink(of: waiter, upTo: locked) { position, index in
                let record = object(names[names.startIndex + position].index)
                var word = Word(bits: record.pointee.word.loadUnderLock())
                link(index).pointee.object = self.index(of: record)
                appendLocked(index, to: record, &word)
                record.pointee.allWaiters += 1
                unlock(record, word)
                return true
            }
        } else {
            // A waiter that was cancelled before it began takes nothing.
            let take = failure == nil && ready && (waiter == nil || claim(waiter!, .satisfied) != .lost)
            for name in names.prefix(locked) {
                let record = object(name.index)
                var word = Word(bits: record.pointee.word.loadUnderLock())
                if take { word.consume() }
                unlock(record, word)
            }
        }
        if let failure { throw failure }
        return ready
    }

    /// Completes the wait-all if every object is signaled. `record` is locked, and `current` is its word; the others are
    /// locked here. On success the waiter stands in no queue any more.
    func satisfyAllLocked(
        _ waiter: UInt32, signaled record: UnsafeMutablePointer<ObjectRecord>, _ current: inout Word,
        _ wake: inout WakeList
    ) {
        let count = self.waiter(waiter).pointee.count
        guard Claim(bits: self.waiter(waiter).pointee.claim.load(ordering: .acquiring)).isOpen else { return }
        var locked = 0
        var ready = true
        forEachLink(of: waiter, upTo: count) { position, index in
            let other = object(link(index).pointee.object)
            locked = position + 1
            if other != record { ready = lock(other).isSignaled }
            return ready
        }
        let outcome = ready ? claim(waiter, .satisfied) : .lost
        forEachLink(of: waiter, upTo: locked) { _, index in
            let other = object(link(index).pointee.object)
            var word = other == record ? current : Word(bits: other.pointee.word.loadUnderLock())
            if outcome != .lost {
                word.consume()
                unlinkLocked(index, from: other, &word)
                other.pointee.allWaiters -= 1
            }
            if other == record { current = word } else { unlockAndRetire(other, word) }
            return true
        }
        if outcome == .wonWhileWaiting { wake.append(waiter, in: self) }
    }
}
