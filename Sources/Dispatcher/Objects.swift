import Synchronization

// Making, keeping and giving up objects.

extension Arena {
    /// Makes an object with one reference.
    package func makeObject(
        _ kind: ObjectKind, signaled: Bool = false, manualReset: Bool = false, a: UInt64 = 0, b: UInt64 = 0
    ) throws(DispatcherError) -> ObjectName {
        let index = try allocate(.object)
        let record = object(index)
        // Locked, although the record is free: who comes with a stale name locks it to look at it, and writes back the
        // word that he saw.
        let old = lock(record)
        let generation = old.generation == 0 ? 1 : old.generation
        record.pointee.next.store(0, ordering: .relaxed)  // not a free record's link, and no stamp
        record.refs = 1
        record.handles = 0
        record.allWaiters = 0
        record.head = 0
        record.tail = 0
        record.a = a
        record.b = b
        record.c = 0
        record.d = 0
        unlock(record, Word(kind: kind, generation: generation, signaled: signaled, manualReset: manualReset))
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

    /// Counts the creator's own reference as a handle.
    package func becomeHandle(_ name: ObjectName) {
        _ = withLock(name) { record, _ in record.handles += 1 }
    }

    /// Drops a reference; with the last one, and no wait queued, the object is gone. Returns whether it was the last
    /// handle.
    @discardableResult
    package func release(_ name: ObjectName, asHandle: Bool = false) -> Bool {
        let record = object(name.index)
        let word = lock(record)
        guard word.belongs(to: name) else {
            unlock(record, word)
            return false
        }
        record.refs -= 1
        var wasLastHandle = false
        if asHandle {
            record.handles -= 1
            wasLastHandle = record.handles == 0
        }
        unlockAndRetire(record, word)
        return wasLastHandle
    }

    /// Whether the object is signaled at this moment; takes nothing. False if there is no such object.
    package func isSignaled(_ name: ObjectName) -> Bool {
        let word = Word(bits: object(name.index).pointee.word.load(ordering: .acquiring))
        return word.belongs(to: name) && word.isSignaled
    }

    package func exists(_ name: ObjectName) -> Bool {
        Word(bits: object(name.index).pointee.word.load(ordering: .acquiring)).belongs(to: name)
    }

    package func kind(of name: ObjectName) -> ObjectKind? {
        let word = Word(bits: object(name.index).pointee.word.load(ordering: .acquiring))
        return word.belongs(to: name) ? ObjectKind(rawValue: word.kind) : nil
    }

    /// Runs `body` under the object's record lock; nil if there is no such object.
    package func withLock<R>(
        _ name: ObjectName, _ body: (UnsafeMutablePointer<ObjectRecord>, inout Word) -> R
    ) -> R? {
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
    func unlockAndRetire(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        // A stale name may have led here: a record that is free already stays so.
        guard record.refs == 0, record.head == 0, word.kind != ObjectKind.none.rawValue else {
            return unlock(record, word)
        }
        let isPort = word.kind == ObjectKind.port.rawValue
        let driver = word.kind == ObjectKind.source.rawValue ? record.a : 0
        var packet = isPort ? Port(record).takeAllLocked() : 0
        unlock(record, word.retired)
        deallocate(.object, index(of: record))
        while packet != 0 {
            let next = self.packet(packet).queueNext
            deallocate(.packet, packet)
            packet = next
        }
        if driver != 0 { Arena.releaseSource?(driver) }
    }

    /// Gives up what a driver's object holds in `a`; may be called under the wait-all lock, so it must not signal. Set
    /// once, before the first such object is made; making one publishes it.
    package nonisolated(unsafe) static var releaseSource: (@convention(c) (UInt64) -> Void)?
}
