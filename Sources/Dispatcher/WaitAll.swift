import Synchronization

// Operations on several objects at one moment: waits for all, of which nothing is consumed until everything can be.
// They need the wait-all lock, whose holder alone may hold several record locks; in whatever order, because nobody else
// ever waits for a second one while holding one. A record that the operation holds bears its stamp, and its word is in
// memory, locked.

extension Arena {
    /// Begins an operation that holds several records; under the wait-all lock.
    func newStamp() {
        // No index of a record, which a free one bears at the same place, is as high.
        header.stamp = header.stamp < 1 << 24 || header.stamp == .max ? 1 << 24 : header.stamp + 1
    }
    func isHeld(_ record: UnsafeMutablePointer<ObjectRecord>) -> Bool {
        record.pointee.next.load(ordering: .relaxed) == header.stamp
    }
    /// Locks the object's record, unless it is held already; false: there is no such object. (What is free bears other
    /// things than stamps, and is let alone.)
    func hold(_ name: ObjectName) -> Bool {
        let record = object(name.index)
        guard exists(name) else { return false }
        if isHeld(record) { return true }
        let word = lock(record)
        guard word.belongs(to: name) else {
            unlock(record, word)
            return false
        }
        record.pointee.next.store(header.stamp, ordering: .relaxed)
        return true
    }
    func heldWord(_ record: UnsafeMutablePointer<ObjectRecord>) -> Word {
        Word(bits: record.pointee.word.loadUnderLock())
    }
    /// Changes the word of a record, and keeps its lock.
    func keep(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        _ = record.pointee.word.bitwiseXor(record.pointee.word.loadUnderLock() ^ word.bits, ordering: .relaxed)
    }
    func drop(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        record.pointee.next.store(0, ordering: .relaxed)
        unlockAndRetire(record, word)
    }

    /// Takes every object if all are signaled, and there is nothing else to it: then no record is waited for, and the
    /// locks may be held without the wait-all lock. False: it takes a closer look.
    func tryTakeAll(_ names: Names) -> Bool {
        var held = 0
        var isReady = true
        while isReady && held < names.count {
            let record = object(names[held].index)
            let word = Word(bits: record.pointee.word.load(ordering: .relaxed))
            isReady = word.isFree && word.isSignaled && word.belongs(to: names[held]) && word.kind != .mutex
            if isReady { isReady = tryLock(record, word) }
            if isReady { held += 1 }
        }
        for position in 0..<held {
            let record = object(names[position].index)
            var word = heldWord(record)
            if isReady {
                count(.waits, names[position].index)
                word.consume(for: .none)
            }
            unlock(record, word)
        }
        return isReady
    }

    /// Takes every object, or the first that is signaled (not `all`). Or takes none, and returns nil; and stands
    /// `waiter`, if there is one, in line at each. If the waiter's wait has ended already, nothing is taken, whatever is
    /// returned: its claim tells.
    func takeSeveral(
        _ names: Names, all: Bool, owner: Owner, orLink waiter: UInt32?
    ) throws(DispatcherError) -> Verdict? {
        lockAll()
        defer { unlockAll() }
        newStamp()
        var held = 0
        var failure: DispatcherError?
        var first: Int?
        var ready = true
        while held < names.count && failure == nil {
            let record = object(names[held].index)
            if all && isHeld(record) { failure = .duplicateObject(held) }
            guard hold(names[held]) else {
                failure = .noSuchObject(held)
                break
            }
            let word = heldWord(record)
            do throws(DispatcherError) { try check(names, held, word, owner) } catch { failure = failure ?? error }
            let isSignaled = word.isSignaled(for: owner)
            ready = ready && isSignaled
            if isSignaled && first == nil { first = held }
            held += 1
        }
        if all && !ready || failure != nil { first = nil }
        if failure == nil, first == nil, let waiter {
            forEachLink(of: waiter, upTo: held) { position, index in
                let record = object(names[position].index)
                link(index).pointee.object = names[position].index
                guard isHeld(record) else { return true }  // it is there twice, and one link will do
                var word = heldWord(record)
                appendLocked(index, to: record, &word)
                if all { record.allWaiters += 1 }
                drop(record, word)
                return true
            }
            return nil
        }
        // A waiter that was cancelled before it began takes nothing.
        var wasAbandoned = false
        var isTooLate = false
        if let waiter, let position = first {
            let taken = all ? 0..<held : position..<position + 1
            for position in taken where heldWord(object(names[position].index)).isAbandoned { wasAbandoned = true }
            let state: Claim.State = wasAbandoned ? .abandoned : .satisfied
            isTooLate = claim(waiter, state, position: all ? 0 : position) == .lost
        }
        for position in 0..<held {
            let record = object(names[position].index)
            guard isHeld(record) else { continue }  // it is there twice
            var word = heldWord(record)
            let isTaken = first != nil && !isTooLate && (all || position == first)
            if isTaken && takeLocked(record, &word, owner) { wasAbandoned = true }
            drop(record, word)
        }
        if let failure { throw failure }
        guard let first else { return nil }
        let position = all ? 0 : first
        return wasAbandoned ? .abandoned(position) : .satisfied(position)
    }

    /// Completes the wait-all if every object is signaled. `record` is locked, and `current` is its word; the others
    /// are locked here, unless the operation holds them. On success the waiter stands in no queue any more.
    func satisfyAllLocked(
        _ waiter: UInt32, signaled record: UnsafeMutablePointer<ObjectRecord>, _ current: inout Word,
        _ wake: inout WakeList
    ) {
        let (count, owner) = (self.waiter(waiter).count, self.waiter(waiter).owner)
        guard Claim(bits: self.waiter(waiter).pointee.claim.load(ordering: .acquiring)).isOpen else { return }
        var locked = 0
        var ready = true
        var isAbandoned = current.isAbandoned
        forEachLink(of: waiter, upTo: count) { position, index in
            let other = object(link(index).pointee.object)
            locked = position + 1
            if other != record {
                let word = isHeld(other) ? heldWord(other) : lock(other)
                ready = word.isSignaled(for: owner)
                isAbandoned = isAbandoned || word.isAbandoned
            }
            return ready
        }
        let outcome = ready ? claim(waiter, isAbandoned ? .abandoned : .satisfied) : .lost
        forEachLink(of: waiter, upTo: locked) { _, index in
            let other = object(link(index).pointee.object)
            var word = other == record ? current : heldWord(other)
            if outcome != .lost {
                _ = takeLocked(other, &word, owner)
                unlinkLocked(index, from: other, &word)
                other.allWaiters -= 1
            }
            if other == record {
                current = word
            } else if isHeld(other) {
                keep(other, word)
            } else {
                unlockAndRetire(other, word)
            }
            return true
        }
        if outcome == .wonWhileWaiting { wake.append(waiter, in: self) }
    }
}
