import CLinux
import Synchronization

extension Arena {
    // ---- looking

    /// Satisfies the wait at once if that is possible, without a waiter; lowest position first. Refuses what no wait
    /// may begin with. `isLast`: nil is the wait's result, so there must have been a moment at which no object was
    /// signaled; otherwise the caller goes on to stand in line.
    package func poll(
        _ names: Names, all: Bool, owner: Owner, isLast: Bool
    ) throws(DispatcherError) -> Verdict? {
        if names.count == 1 {
            if tryWait(names[0], owner) { return .satisfied(0) }
            let word = word(names[0])
            try check(names, 0, word, owner)
            guard word.isLocked || word.isSignaled(for: owner) else { return nil }
            return try tryWaitLocked(names, 0, owner)
        }
        if !all, let start = names.baseAddress {
            let glance = Glance(names, in: self)
            if glance.isPlain && glance.first < names.count {
                if take(glance, of: start) { return .satisfied(glance.first) }
            } else if glance.isPlain && (!isLast || confirms(glance, start)) {
                return nil
            }
        }
        if all && names.count > 0 && tryTakeAll(names) { return .satisfied(0) }
        if names.count == 0 { return nil }
        return try takeSeveral(names, all: all, owner: owner, orLink: nil)
    }

    /// Refuses what no wait may begin with; `word` is the word of the object at that position.
    func check(_ names: Names, _ position: Int, _ word: Word, _ owner: Owner) throws(DispatcherError) {
        guard word.belongs(to: names[position]) else { throw .noSuchObject(position) }
        // A port's waiters are served packets, and wait by `get` and `next`.
        if word.kind == .port { throw .wrongKind }
        if word.kind == .mutex {
            if owner == .none { throw .needsOwner }
            if word.owner == owner && object(names[position].index).recursion == Arena.recursionLimit {
                throw .limitExceeded
            }
        }
    }

    /// `tryWait` where somebody stands in line or holds the lock, which is no reason to be turned away.
    private func tryWaitLocked(
        _ names: Names, _ position: Int, _ owner: Owner
    ) throws(DispatcherError) -> Verdict? {
        let record = object(names[position].index)
        var word = lock(record)
        defer { unlock(record, word) }
        guard word.belongs(to: names[position]) else { throw .noSuchObject(position) }
        guard word.isSignaled(for: owner) else { return nil }
        return takeLocked(record, &word, owner) ? .abandoned(position) : .satisfied(position)
    }

    // ---- standing in line

    /// Enters the waiter into the queues, all at one moment. A verdict, if the wait has ended already; nil, if it is
    /// published, and whoever claims the waiter wakes it.
    func enter(_ waiter: UInt32, wait: UInt32, all: Bool, _ names: Names) throws(DispatcherError) -> Verdict? {
        try ensureLinks(waiter, names.count)
        let all = all && names.count > 1
        self.waiter(waiter).shape = UInt32(names.count) | (all ? WaiterRecord.all : 0)
        let isInLine =
            try names.count == 1
            ? linkOne(waiter, names[0])
            : takeSeveral(names, all: all, owner: self.waiter(waiter).owner, orLink: waiter) == nil
        if publish(waiter, wait: wait) { return nil }
        unlinkAll(waiter, upTo: isInLine ? names.count : 0)
        return verdict(waiter)
    }

    /// False: the object satisfies the wait, or would if that had not ended.
    private func linkOne(_ waiter: UInt32, _ name: ObjectName) throws(DispatcherError) -> Bool {
        let (record, owner) = (object(name.index), self.waiter(waiter).owner)
        var word = lock(record)
        defer { unlock(record, word) }
        guard word.belongs(to: name) else { throw .noSuchObject(0) }
        if word.isSignaled(for: owner) {
            if claim(waiter, word.endOfWait) != .lost { _ = takeLocked(record, &word, owner) }
            return false
        }
        link(waiter * 4 + 2).pointee.object = name.index
        appendLocked(waiter * 4 + 2, to: record, &word)
        return true
    }

    /// How a thread's wait has begun.
    enum Entered: Equatable {
        case ended(Verdict)
        /// It stands in line, for the wait of that number: whoever claims the waiter wakes it.
        case inLine(UInt32)
        /// The thread was suspended before it stood in line.
        case again
    }

    /// As `enter`, for a thread that waits for one object. It begins under that object's lock, so that nobody can end
    /// the wait before it stands in line, and it is published from the beginning.
    func enterOne(_ waiter: UInt32, _ name: ObjectName) throws(DispatcherError) -> Entered {
        let object = object(name.index)
        var word = lock(object)
        defer { unlock(object, word) }
        guard word.belongs(to: name) else { throw .noSuchObject(0) }
        let owner = self.waiter(waiter).owner
        if word.isSignaled(for: owner) {
            return .ended(takeLocked(object, &word, owner) ? .abandoned(0) : .satisfied(0))
        }
        return .inLine(standLocked(waiter, object, &word))
    }

    /// Begins a wait for one object that is not signaled.
    func standLocked(
        _ waiter: UInt32, _ object: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word
    ) -> UInt32 {
        let record = self.waiter(waiter)
        record.shape = 1
        record.link.pointee.owner = waiter
        record.link.pointee.object = index(of: object)
        let wait = begin(waiter, .waiting)
        appendLocked(waiter * 4 + 2, to: object, &word)
        return wait
    }

    /// Takes a waiter whose wait has ended out of the queues in which it still stands. nil: its thread was suspended,
    /// and the wait is to begin again.
    func leave(_ waiter: UInt32) -> Verdict? {
        let verdict = self.verdict(waiter)
        let (count, all) = (self.waiter(waiter).count, self.waiter(waiter).waitsForAll)
        switch verdict {
        case .satisfied where all, .abandoned where all: break  // the signaller took every link out
        case .satisfied(let position), .abandoned(let position):
            if count > 1 { unlinkAll(waiter, upTo: count, but: position) }
        case .timedOut, .cancelled, .alerted: unlinkAll(waiter, upTo: count)
        }
        return wasSuspended(waiter) ? nil : verdict
    }
}

extension Atomic<UInt64> {
    /// A record's word as its lock's holder sees it: only the contended bit may change under his hands.
    borrowing func loadUnderLock() -> UInt64 { load(ordering: .relaxed) & ~(Word.locked | Word.contended) }
}

extension Word {
    var isLocked: Bool { bits & Word.locked != 0 }
    /// How a wait ends that this object satisfies.
    var endOfWait: Claim.State { isAbandoned ? .abandoned : .satisfied }
}
