import CLinux
import Synchronization

/// A point of CLOCK_MONOTONIC in nanoseconds.
package enum Deadline {
    @inlinable package static var never: UInt64 { .max }
    /// Already over: the wait only looks.
    @inlinable package static var now: UInt64 { 0 }
    package static func after(nanoseconds: UInt64) -> UInt64 {
        let (sum, overflow) = signalbox_now().addingReportingOverflow(nanoseconds)
        return overflow ? .max : sum
    }
}

extension Arena {
    /// Refuses what no wait may begin with: a name that names nothing, or (for all) a name twice.
    func check<Names: RandomAccessCollection<ObjectName>>(_ names: Names, all: Bool) throws(DispatcherError) {
        var position = 0
        for name in names {
            guard let kind = kind(of: name) else { throw .noSuchObject(position) }
            // A port's waiters are served packets, and wait by `get` and `next`.
            guard kind != .port else { throw .wrongKind }
            position += 1
        }
        guard all, names.count > 1 else { return }
        var seen = Set<ObjectName>(minimumCapacity: names.count)
        position = 0
        for name in names {
            guard seen.insert(name).inserted else { throw .duplicateObject(position) }
            position += 1
        }
    }

    /// Satisfies the wait at once if that is possible, without a waiter. Lowest position first.
    package func poll<Names: RandomAccessCollection<ObjectName>>(
        _ names: Names, all: Bool
    ) throws(DispatcherError) -> Verdict? where Names.Index == Int {
        if names.count == 1, let name = names.first, tryWait(name) { return .satisfied(0) }
        try check(names, all: all)
        if all && names.count > 1 { return try takeAll(names, orLink: nil) ? .satisfied(0) : nil }
        var position = 0
        for name in names {
            if tryWait(name) { return .satisfied(position) }
            // Somebody stands in line or holds the lock, which is no reason to be turned away.
            let record = object(name.index)
            if Word(bits: record.pointee.word.load(ordering: .acquiring)).isBusyAndMaySatisfy {
                var word = lock(record)
                let taken = word.belongs(to: name) && word.isSignaled
                if taken { word.consume() }
                unlock(record, word)
                if taken { return .satisfied(position) }
            }
            position += 1
        }
        return nil
    }

    /// Enters the waiter into the queues. A verdict, if the wait has ended already; nil, if it is published, and whoever
    /// claims the waiter wakes it.
    func enter<Names: RandomAccessCollection<ObjectName>>(
        _ waiter: UInt32, wait: UInt32, all: Bool, _ names: Names
    ) throws(DispatcherError) -> Verdict? where Names.Index == Int {
        try ensureLinks(waiter, names.count)
        let all = all && names.count > 1
        self.waiter(waiter).pointee.shape = UInt32(names.count) | (all ? WaiterRecord.all : 0)
        var linked = names.count
        if all {
            if try takeAll(names, orLink: waiter) { linked = 0 }
        } else {
            linked = try linkAny(waiter, names)
        }
        if publish(waiter, wait: wait) { return nil }
        unlinkAll(waiter, upTo: linked)
        return verdict(waiter)
    }

    /// Looks at the objects in order, lowest position first, and stands in line at each until one satisfies the wait.
    /// Returns how many it stands in line at.
    private func linkAny<Names: RandomAccessCollection<ObjectName>>(
        _ waiter: UInt32, _ names: Names
    ) throws(DispatcherError) -> Int where Names.Index == Int {
        var linked = 0
        var failure: DispatcherError?
        forEachLink(of: waiter, upTo: names.count) { position, index in
            let name = names[names.startIndex + position]
            let record = object(name.index)
            var word = lock(record)
            defer { unlock(record, word) }
            guard word.belongs(to: name) else {
                // Closed since the caller looked. If no earlier object has satisfied the wait, it ends here.
                if claim(waiter, .cancelled) != .lost { failure = .noSuchObject(position) }
                return false
            }
            if word.isSignaled {
                if claim(waiter, .satisfied, position: position) != .lost { word.consume() }
                return false
            }
            link(index).pointee.object = name.index
            appendLocked(index, to: record, &word)
            linked = position + 1
            return true
        }
        if let failure {
            unlinkAll(waiter, upTo: linked)
            throw failure
        }
        return linked
    }

    /// Takes a waiter that was woken out of the queues in which it still stands.
    func leave(_ waiter: UInt32) -> Verdict {
        let verdict = self.verdict(waiter)
        let (count, all) = (self.waiter(waiter).pointee.count, self.waiter(waiter).pointee.waitsForAll)
        switch verdict {
        case .satisfied where all: break  // the signaller took every link out
        case .satisfied(let position), .abandoned(let position):
            if count > 1 { unlinkAll(waiter, upTo: count, but: position) }
        case .timedOut, .cancelled: unlinkAll(waiter, upTo: count)
        }
        return verdict
    }
}

extension Atomic<UInt64> {
    /// A record's word as its lock's holder sees it: only the contended bit may change under his hands.
    borrowing func loadUnderLock() -> UInt64 { load(ordering: .relaxed) & ~(Word.locked | Word.contended) }
}

extension Word {
    /// Locked, so that it may change any moment; or signaled although somebody stands in line (for other objects, too).
    var isBusyAndMaySatisfy: Bool { bits & Word.locked != 0 || isSignaled }
}
