public import CLinux
public import Synchronization

// Making, keeping and giving up objects.

extension Arena {
    /// Makes an object with one reference, which counts as a handle if `handles` is 1. `fill` gives the kind's own
    /// fields, which are 0, their values.
    package func makeObject(
        _ kind: ObjectKind, signaled: Bool = false, manualReset: Bool = false, count: UInt32 = 0, handles: UInt32 = 0,
        _ fill: (UnsafeMutablePointer<ObjectRecord>) -> Void
    ) throws(DispatcherError) -> ObjectName {
        try make(kind, signaled: signaled, manualReset: manualReset, count: count, handles: handles, fill)
    }

    /// Makes an object with one reference, which counts as a handle if `handles` is 1; the kind's own fields are 0.
    package func makeObject(
        _ kind: ObjectKind, signaled: Bool = false, manualReset: Bool = false, handles: UInt32 = 0
    ) throws(DispatcherError) -> ObjectName {
        try make(kind, signaled: signaled, manualReset: manualReset, count: 0, handles: handles) { _ in }
    }

    @inline(__always) private func make(
        _ kind: ObjectKind, signaled: Bool, manualReset: Bool, count: UInt32, handles: UInt32,
        _ fill: (UnsafeMutablePointer<ObjectRecord>) -> Void
    ) throws(DispatcherError) -> ObjectName {
        signalbox_enter()
        defer { signalbox_leave() }
        let index = try allocate(.object)
        let record = object(index)
        record.pointee.next.store(0, ordering: .relaxed)  // not a free record's link, and no stamp
        record.refs = 1
        record.handles = handles
        record.allWaiters = 0
        record.head = 0
        record.tail = 0
        record.clearKindFields()
        fill(record)
        clearStatistics(index)
        let free = Word(bits: record.pointee.word.load(ordering: .relaxed))
        let generation = max(free.generation, 1)
        let word = Word(
            kind: kind, generation: generation, signaled: signaled, manualReset: manualReset, count: count)
        // Who comes with a stale name locks even a free record, looks at its word alone, and writes it back.
        let done =
            free.isFree
            && record.pointee.word.compareExchange(expected: free.bits, desired: word.bits, ordering: .releasing)
                .exchanged
        if !done {
            _ = lock(record)
            unlock(record, word)
        }
        return ObjectName(index: index, generation: generation)
    }

    /// Adds a reference. False: no such object.
    package func retain(_ name: ObjectName, asHandle: Bool = false) -> Bool {
        let found: Void? = withLock(name) { record, _ in
            record.refs += 1
            if asHandle { record.handles += 1 }
        }
        return found != nil
    }

    /// Adds a reference that counts as a handle, if there is one that does: by its name an object is reached no longer.
    package func retainAsHandle(_ name: ObjectName) -> Bool {
        let isOpen = withLock(name) { record, _ in
            guard record.handles > 0 else { return false }
            record.refs += 1
            record.handles += 1
            return true
        }
        return isOpen ?? false
    }

    /// Counts the creator's own reference as a handle.
    package func becomeHandle(_ name: ObjectName) {
        _ = withLock(name) { record, _ in record.handles += 1 }
    }

    /// Drops a reference; with the last one, and no wait queued, the object is gone. Returns whether it was the last
    /// handle.
    @discardableResult
    package func release(_ name: ObjectName, asHandle: Bool = false) -> Bool {
        signalbox_enter()
        defer { signalbox_leave() }
        let record = object(name.index)
        let word = lock(record)
        guard word.belongs(to: name) else {
            unlock(record, word)
            return false
        }
        record.refs &-= 1
        var wasLastHandle = false
        if asHandle {
            record.handles &-= 1
            wasLastHandle = record.handles == 0
        }
        unlockAndRetire(record, word)
        return wasLastHandle
    }

    @inlinable package func word(_ name: ObjectName) -> Word {
        Seam.step()
        return Word(bits: object(name.index).pointee.word.load(ordering: .acquiring))
    }
    /// Whether the object is signaled at this moment; takes nothing. False if there is no such object.
    package func isSignaled(_ name: ObjectName) -> Bool { word(name).belongs(to: name) && word(name).isSignaled }
    package func exists(_ name: ObjectName) -> Bool { word(name).belongs(to: name) }
    @inlinable package func kind(of name: ObjectName) -> ObjectKind? {
        let word = word(name)
        return word.belongs(to: name) ? word.kind : nil
    }

    /// Runs `body` under the object's record lock; nil if there is no such object.
    @inlinable @inline(__always) package func withLock<R>(
        _ name: ObjectName, _ body: (UnsafeMutablePointer<ObjectRecord>, inout Word) -> R
    ) -> R? {
        signalbox_enter()
        defer { signalbox_leave() }
        let record = object(name.index)
        var word = lock(record)
        guard word.belongs(to: name) else {
            unlock(record, word)
            return nil
        }
        let result = body(record, &word)
        unlock(record, word)
        return result
    }

    /// Unlocks, and frees the record if nothing refers to it any more.
    @inline(__always) func unlockAndRetire(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        if record.refs != 0 { return unlock(record, word) }
        retire(record, word)
    }

    @inline(never) private func retire(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        if record.head == 0 && word.kind == .event {
            unlock(record, word.retired)
            return deallocate(.object, index(of: record))
        }
        retireSlowly(record, word)
    }

    @inline(never) private func retireSlowly(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        // A stale name may have led here: a record that is free already stays so.
        if word.kind == .none { return unlock(record, word) }
        if record.head == 0 && word.isOwned && word.owner == threadOwner {
            forgetOwned(record, by: word.owner)  // who owns it has closed it
        } else if record.head != 0 || word.isOwned {
            // The last wait to leave, or the owner's release or end, must come by here: no fast path.
            var word = word
            word.setQueued(true)
            return unlock(record, word)
        }
        let kind = word.kind
        let driver = kind == .source || kind == .process || kind == .job ? record.driver : 0
        var packet = kind == .port ? takePacketsLocked(record) : 0
        let call = kind == .timer ? disarmLocked(record) : kind == .thread ? takeTimesLocked(record) : 0
        unlock(record, word.retired)
        deallocate(.object, index(of: record))
        while packet != 0 {
            let next = self.packet(packet).queueNext
            deallocate(.packet, packet)
            packet = next
        }
        if call != 0 { deallocate(.packet, call) }
        if driver != 0 { Arena.releaseSource?(driver) }
    }

    private func takeTimesLocked(_ record: UnsafeMutablePointer<ObjectRecord>) -> UInt32 {
        record.thread.pointee.waiter == ThreadFields.ended ? record.thread.pointee.lastCall : 0
    }

    /// Gives up what the floor above keeps for an object (`ObjectRecord.driver`); may be called under the wait-all lock, so
    /// it must not signal. Set once,
    /// before the first such object is made; making one publishes it.
    package nonisolated(unsafe) static var releaseSource: (@convention(c) (UInt64) -> Void)?
}
