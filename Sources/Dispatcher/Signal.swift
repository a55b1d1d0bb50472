import CLinux
public import Synchronization

/// Waiters that were claimed and wait to be woken, first in first out. Performed after every lock is dropped.
struct WakeList {
    private var first: UInt32 = 0
    private var last: UInt32 = 0

    mutating func append(_ waiter: UInt32, in arena: Arena) {
        arena.waiter(waiter).chain = 0
        if last == 0 { first = waiter } else { arena.waiter(last).chain = waiter }
        last = waiter
    }

    func perform(in arena: Arena) {
        if first != 0 { arena.expectNoLock() }
        var waiter = first
        while waiter != 0 {
            // Once woken, the waiter may be at its next wait: read the chain first.
            let next = arena.waiter(waiter).chain
            arena.wake(waiter)
            waiter = next
        }
    }
}

extension UnsafeMutablePointer where Pointee == ObjectRecord {
    /// Changes the word, if it is `word` still.
    @inlinable @inline(__always) func replace(_ word: Word, by new: Word) -> Bool {
        Seam.step()
        return pointee.word.compareExchange(
            expected: word.bits, desired: new.bits, successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed
        ).exchanged
    }
}

extension Arena {
    // ---- fast paths: one compare-and-swap

    /// Sets the event: satisfies one waiter (automatic reset) or all (manual reset), or stays signaled.
    @inlinable package func setEvent(_ name: ObjectName) throws(DispatcherError) {
        let record = object(name.index)
        let word = Word(bits: record.pointee.word.load(ordering: .relaxed))
        if word.isFree && word.isNamed(name, .event) {
            var set = word
            set.signal()
            // An event that is set already is written all the same: the next waiter must see what came before this set.
            if record.replace(word, by: set) { return count(.signals, name.index) }
        }
        try signalSlowly(name, .event)
    }

    @inlinable package func resetEvent(_ name: ObjectName) throws(DispatcherError) {
        let record = object(name.index)
        let word = Word(bits: record.pointee.word.load(ordering: .relaxed))
        if word.isFree && word.isNamed(name, .event) {
            var reset = word
            reset.reset()
            if record.replace(word, by: reset) { return }
        }
        try resetSlowly(name)
    }

    /// Takes what a satisfied wait takes if the object is signaled and nobody else is at it; false if that cannot be
    /// told so simply.
    @inlinable @inline(__always) package func tryWait(_ name: ObjectName, _ owner: Owner) -> Bool {
        tryWaitForPlain(name) || tryWaitForOther(name, owner)
    }

    /// `tryWait` for the plain kinds.
    @inlinable @inline(__always) package func tryWaitForPlain(_ name: ObjectName) -> Bool {
        let (record, word) = (object(name.index), word(name))
        guard word.isReady(named: name) else { return false }
        var taken = word
        if word.bits & Word.manualReset == 0 { taken.reset() }
        let isTaken = taken == word || record.replace(word, by: taken)
        if isTaken { count(.waits, name.index) }
        return isTaken
    }

    /// `tryWait` for kinds that are not plain.
    @inlinable @inline(__always) package func tryWaitForOther(_ name: ObjectName, _ owner: Owner) -> Bool {
        let word = word(name)
        if word.isNamed(name, .mutex) { return tryAcquire(name, word, owner) }
        guard word.isNamed(name, .semaphore) && word.isFree && word.isSignaled else { return false }
        var taken = word
        taken.takeOne()
        let isTaken = object(name.index).replace(word, by: taken)
        if isTaken { count(.waits, name.index) }
        return isTaken
    }

    /// As `tryWait`, for the calling thread.
    @inlinable @inline(__always) package func tryWait(_ name: ObjectName) -> Bool { tryWait(name, threadOwner) }

    // ---- drivers' objects: signaled when a request has ended, reset when the next one starts

    package func signalSource(_ name: ObjectName) {
        let record = object(name.index)
        let word = Word(bits: record.pointee.word.load(ordering: .relaxed))
        if word.isFree && word.isNamed(name, .source) {
            var signaled = word
            signaled.signal()
            if record.replace(word, by: signaled) { return count(.signals, name.index) }
        }
        try? signalSlowly(name, .source)
    }
    package func resetSource(_ name: ObjectName) {
        let record = object(name.index)
        let word = Word(bits: record.pointee.word.load(ordering: .relaxed))
        if word.isFree && word.isNamed(name, .source) {
            var reset = word
            reset.reset()
            if record.replace(word, by: reset) { return }
        }
        _ = withLock(name) { _, word in word.reset() }
    }
    /// As `signalSource`, where nobody waits who would have to be told of what came before, if it is signaled already.
    @inline(__always) package func signalSourceIfReset(_ name: ObjectName) {
        let word = word(name)
        if word.isFree && word.isNamed(name, .source) && word.isSignaled { return }
        signalSource(name)
    }

    // ---- the whole way

    @usableFromInline func resetSlowly(_ name: ObjectName) throws(DispatcherError) {
        let found = withLock(name) { _, word in
            let right = word.kind == .event
            if right { word.reset() }
            return right
        }
        guard let found else { throw .noSuchObject(0) }
        if !found { throw .wrongKind }
    }

    /// Signals an object and completes the waits that this satisfies.
    @usableFromInline package func signalSlowly(_ name: ObjectName, _ kind: ObjectKind) throws(DispatcherError) {
        try change(name) { record, word, wake throws(DispatcherError) in
            guard word.kind == kind else { throw .wrongKind }
            count(.signals, name.index)
            word.signal()
            satisfyLocked(record, &word, &wake)
        }
    }

    /// Satisfies the waits that stand in line at this instant, as `setEvent` would, and leaves the event reset.
    package func pulseEvent(_ name: ObjectName) throws(DispatcherError) {
        try change(name) { record, word, wake throws(DispatcherError) in
            guard word.kind == .event else { throw .wrongKind }
            count(.signals, name.index)
            word.signal()
            satisfyLocked(record, &word, &wake)
            word.reset()
        }
    }

    /// Runs `body` under the record's lock, and under the wait-all lock if a wait-all is queued on the object. Wakes
    /// after.
    func change(
        _ name: ObjectName,
        _ body: (UnsafeMutablePointer<ObjectRecord>, inout Word, inout WakeList) throws(DispatcherError) -> Void
    ) throws(DispatcherError) {
        signalbox_enter()
        defer { signalbox_leave() }
        let record = object(name.index)
        var wake = WakeList()
        var word = lock(record)
        var failure: DispatcherError?
        let holdsAll = word.belongs(to: name) && record.allWaiters != 0
        if holdsAll {
            unlock(record, word)
            lockAll()
            word = lock(record)
        }
        if word.belongs(to: name) {
            do { try body(record, &word, &wake) } catch { failure = error }
        } else {
            failure = .noSuchObject(0)
        }
        unlockAndRetire(record, word)
        if holdsAll { unlockAll() }
        wake.perform(in: self)
        if let failure { throw failure }
    }

    /// Completes waits from the head of the queue while the object is signaled. Links of waiters that were claimed
    /// elsewhere are passed by: their waiter is about to take them out. Needs the wait-all lock if there are wait-alls.
    func satisfyLocked(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word, _ wake: inout WakeList) {
        var index = record.head
        while index != 0 && word.isSignaled {
            let link = self.link(index)
            let (next, waiter) = (link.pointee.next, link.pointee.owner)
            if self.waiter(waiter).waitsForAll {
                satisfyAllLocked(waiter, signaled: record, &word, &wake)
            } else {
                let outcome = claim(waiter, word.endOfWait, position: position(ofLink: index))
                if outcome != .lost {
                    _ = takeLocked(record, &word, self.waiter(waiter).owner)
                    unlinkLocked(index, from: record, &word)
                    if outcome == .wonWhileWaiting { wake.append(waiter, in: self) }
                }
            }
            index = next
        }
    }
}
