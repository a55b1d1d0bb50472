import Synchronization

// Waits for all: nothing is consumed until everything can be. All of this needs the wait-all lock, whose holder alone
// may hold several record locks; in whatever order, because nobody else ever waits for a second one while holding one.

extension Arena {
    /// Takes every object, and returns true; or takes none, and stands `waiter` in line at each if there is one.
    func takeAll(_ names: Names, orLink waiter: UInt32?) throws(DispatcherError) -> Bool {
        lockAll()
        defer { unlockAll() }
        header.stamp = header.stamp == .max ? 1 : header.stamp + 1
        let stamp = header.stamp
        var locked = 0
        var ready = true
        var failure: DispatcherError?
        while locked < names.count {
            let record = object(names[locked].index)
            // Before the lock is taken, which this thread may hold already. A free record has another number there.
            guard exists(names[locked]) else {
                failure = .noSuchObject(locked)
                break
            }
            guard record.pointee.next.load(ordering: .relaxed) != stamp else {
                failure = .duplicateObject(locked)
                break
            }
            let word = lock(record)
            guard word.belongs(to: names[locked]) else {
                unlock(record, word)
                failure = .noSuchObject(locked)
                break
            }
            record.pointee.next.store(stamp, ordering: .relaxed)
            ready = ready && word.isSignaled
            locked += 1
        }
        if failure == nil, !ready, let waiter {
            forEachLink(of: waiter, upTo: locked) { position, index in
                let record = object(names[position].index)
                var word = Word(bits: record.pointee.word.loadUnderLock())
                link(index).pointee.object = names[position].index
                appendLocked(index, to: record, &word)
                record.allWaiters += 1
                unlock(record, word)
                return true
            }
        } else {
            // A waiter that was cancelled before it began takes nothing.
            let take = failure == nil && ready && (waiter == nil || claim(waiter!, .satisfied) != .lost)
            for position in 0..<locked {
                let record = object(names[position].index)
                var word = Word(bits: record.pointee.word.loadUnderLock())
                if take { word.consume() }
                unlock(record, word)
            }
        }
        if let failure { throw failure }
        return ready
    }

    /// Completes the wait-all if every object is signaled. `record` is locked, and `current` is its word; the others
    /// are locked here. On success the waiter stands in no queue any more.
    func satisfyAllLocked(
        _ waiter: UInt32, signaled record: UnsafeMutablePointer<ObjectRecord>, _ current: inout Word,
        _ wake: inout WakeList
    ) {
        let count = self.waiter(waiter).count
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
                other.allWaiters -= 1
            }
            if other == record { current = word } else { unlockAndRetire(other, word) }
            return true
        }
        if outcome == .wonWhileWaiting { wake.append(waiter, in: self) }
    }
}
