public import CLinux
public import Synchronization

// Mutexes. The word says who owns one; how often, and which others the owner has, is the owner's own business, so that
// a free mutex is taken and released by one compare-and-swap each, and one that the caller has by none. The list of an
// owner's mutexes is touched by the owner, who does one thing at a time, or by the signaller that has claimed the
// owner's wait, before it wakes him.

extension Arena {
    /// Makes a mutex with one reference; `owner`, if there is one, has it once.
    package func makeMutex(owner: Owner = .none, handles: UInt32 = 0) throws(DispatcherError) -> ObjectName {
        signalbox_enter()
        defer { signalbox_leave() }
        let isFree = owner == .none
        return try makeObject(.mutex, signaled: isFree, count: owner.index, handles: handles) { record in
            if !isFree { noteOwned(record, by: owner) }
        }
    }

    /// A token that owns mutexes; given back by `releaseOwner`.
    package func makeOwner() throws(DispatcherError) -> Owner {
        signalbox_enter()
        defer { signalbox_leave() }
        return Owner(index: try allocateWaiter())
    }

    /// Abandons what the owner has, and frees the token.
    package func releaseOwner(_ owner: Owner) {
        signalbox_enter()
        defer { signalbox_leave() }
        abandonAll(of: owner)
        deallocateWaiter(owner.index)
    }

    /// Takes the mutex if that is simple, its word being `word`.
    @inlinable @inline(__always) func tryAcquire(_ name: ObjectName, _ word: Word, _ owner: Owner) -> Bool {
        guard owner != .none else { return false }
        let record = object(name.index)
        if word.owner == owner {
            guard record.recursion < Arena.recursionLimit else { return false }
            record.recursion &+= 1
            count(.waits, name.index)
            return true
        }
        guard word.isFree && word.isSignaled && !word.isAbandoned else { return false }
        // A mutex that is owned is on its owner's list, or nobody would abandon it.
        signalbox_enter()
        defer { signalbox_leave() }
        var taken = word
        taken.own(by: owner)
        guard record.replace(word, by: taken) else { return false }
        noteOwned(record, by: owner)
        count(.waits, name.index)
        return true
    }

    @inlinable package static var recursionLimit: UInt32 { 0x7FFF_FFFF }

    /// Takes what a satisfied wait takes. Returns whether that was a mutex which its last owner had abandoned.
    func takeLocked(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word, _ owner: Owner) -> Bool {
        count(.waits, index(of: record))
        guard word.kind == .mutex else {
            word.consume(for: owner)
            return false
        }
        if word.owner == owner {
            record.recursion += 1
            return false
        }
        let wasAbandoned = word.isAbandoned
        word.consume(for: owner)
        noteOwned(record, by: owner)
        return wasAbandoned
    }

    /// Gives the mutex back once; with the last time, the next waiter gets it.
    package func releaseMutex(_ name: ObjectName, owner: Owner) throws(DispatcherError) {
        signalbox_enter()
        defer { signalbox_leave() }
        if tryReleaseMutex(name, owner) { return }
        guard try disownOnce(name, owner) else { return }
        try change(name) { record, word, wake throws(DispatcherError) in
            word.disown()
            satisfyLocked(record, &word, &wake)
        }
    }

    /// Gives the mutex back once if that is simple; false: nothing has changed.
    @inlinable @inline(__always) package func tryReleaseMutex(_ name: ObjectName, _ owner: Owner) -> Bool {
        let (record, word) = (object(name.index), word(name))
        guard word.isNamed(name, .mutex) && word.owner == owner && owner != .none else { return false }
        // It is the owner's: nobody else can take it from him.
        let recursion = record.recursion
        if recursion == 1 {
            guard word.isFree else { return false }
            signalbox_enter()
            defer { signalbox_leave() }
            forgetOwned(record, by: owner)
            var released = word
            released.disown()
            if !record.replace(word, by: released) {
                noteOwned(record, by: owner)
                return false
            }
        } else {
            record.recursion = recursion &- 1
        }
        count(.signals, name.index)
        return true
    }

    /// The owner's part of a release. True: it was the last time, and the word is to be disowned.
    func disownOnce(_ name: ObjectName, _ owner: Owner) throws(DispatcherError) -> Bool {
        let (record, word) = (object(name.index), word(name))
        guard word.isNamed(name, .mutex) else { throw word.belongs(to: name) ? .wrongKind : .noSuchObject(0) }
        guard owner != .none && word.owner == owner else { throw .notOwner }
        // It is the owner's from here on: nobody else can take it from him.
        record.recursion -= 1
        count(.signals, name.index)
        if record.recursion > 0 { return false }
        forgetOwned(record, by: owner)
        return true
    }

    /// Takes the mutex off its owner's list; for the owner to call.
    @inlinable @inline(__always) func forgetOwned(_ record: UnsafeMutablePointer<ObjectRecord>, by owner: Owner) {
        let (index, list) = (index(of: record), waiter(owner.index))
        if list.pointee.next.load(ordering: .relaxed) == index {
            list.pointee.next.store(record.nextOwned, ordering: .relaxed)
        } else {
            object(record.previousOwned).nextOwned = record.nextOwned
            if record.nextOwned != 0 { object(record.nextOwned).previousOwned = record.previousOwned }
        }
    }

    @inlinable @inline(__always) func noteOwned(_ record: UnsafeMutablePointer<ObjectRecord>, by owner: Owner) {
        let (index, list) = (index(of: record), waiter(owner.index))
        let next = list.pointee.next.load(ordering: .relaxed)
        record.recursion = 1
        record.nextOwned = next
        if next != 0 { object(next).previousOwned = index }
        list.pointee.next.store(index, ordering: .relaxed)
    }

    /// The owner ends: whoever gets one of its mutexes next is told.
    func abandonAll(of owner: Owner) {
        while case let index = waiter(owner.index).pointee.next.load(ordering: .relaxed), index != 0 {
            let record = object(index)
            let word = Word(bits: record.pointee.word.load(ordering: .relaxed))
            waiter(owner.index).pointee.next.store(record.nextOwned, ordering: .relaxed)
            // An owned mutex is not retired, so it is there.
            try? change(ObjectName(index: index, generation: word.generation)) { record, word, wake in
                record.recursion = 0
                word.abandon()
                satisfyLocked(record, &word, &wake)
            }
        }
    }

    /// Who has the mutex at this moment, and how often; nil if there is no such mutex.
    package func mutexState(_ name: ObjectName) -> (owner: Owner, recursion: UInt32, isAbandoned: Bool)? {
        let state: (Owner, UInt32, Bool)?? = withLock(name) { record, word in
            guard word.kind == .mutex else { return nil }
            return (word.owner, word.owner == .none ? 0 : record.recursion, word.isAbandoned)
        }
        return state ?? nil
    }
}
