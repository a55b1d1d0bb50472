import CLinux
import Synchronization

/// The objects of a wait, in the caller's order.
package typealias Names = UnsafeBufferPointer<ObjectName>

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
    /// Satisfies the wait at once if that is possible, without a waiter; lowest position first. Refuses what no wait
    /// may begin with.
    package func poll(_ names: Names, all: Bool) throws(DispatcherError) -> Verdict? {
        if names.count == 1 && tryWait(names[0]) { return .satisfied(0) }
        for position in 0..<names.count {
            let word = Word(bits: object(names[position].index).pointee.word.load(ordering: .relaxed))
            guard word.belongs(to: names[position]) else { throw .noSuchObject(position) }
            // A port's waiters are served packets, and wait by `get` and `next`.
            guard word.kind != ObjectKind.port.rawValue else { throw .wrongKind }
        }
        if all && names.count > 1 { return try takeAll(names, orLink: nil) ? .satisfied(0) : nil }
        for position in 0..<names.count where tryWait(names[position]) || tryWaitLocked(names[position]) {
            return .satisfied(position)
        }
        return nil
    }

    /// `tryWait` where somebody stands in line or holds the lock, which is no reason to be turned away.
    private func tryWaitLocked(_ name: ObjectName) -> Bool {
        let record = object(name.index)
        guard Word(bits: record.pointee.word.load(ordering: .acquiring)).isBusyAndMaySatisfy else { return false }
        var word = lock(record)
        let taken = word.belongs(to: name) && word.isSignaled
        if taken { word.consume() }
        unlock(record, word)
        return taken
    }

    /// Enters the waiter into the queues. A verdict, if the wait has ended already; nil, if it is published, and
    /// whoever claims the waiter wakes it.
    func enter(_ waiter: UInt32, wait: UInt32, all: Bool, _ names: Names) throws(DispatcherError) -> Verdict? {
        try ensureLinks(waiter, names.count)
        let all = all && names.count > 1
        self.waiter(waiter).shape = UInt32(names.count) | (all ? WaiterRecord.all : 0)
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
    private func linkAny(_ waiter: UInt32, _ names: Names) throws(DispatcherError) -> Int {
        var linked = 0
        var failure: DispatcherError?
        forEachLink(of: waiter, upTo: names.count) { position, index in
            let record = object(names[position].index)
            var word = lock(record)
            defer { unlock(record, word) }
            guard word.belongs(to: names[position]) else {
                // Closed since the caller looked. If no earlier object has satisfied the wait, it ends here.
                if claim(waiter, .cancelled) != .lost { failure = .noSuchObject(position) }
                return false
            }
            if word.isSignaled {
                if claim(waiter, .satisfied, position: position) != .lost { word.consume() }
                return false
            }
            link(index).pointee.object = names[position].index
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

    /// As `enter`, for a thread that waits for one object: nobody else knows of its waiter before it stands in line,
    /// and nothing remains to be done after, so that it is published from the beginning.
    func enterOne(_ waiter: UInt32, _ name: ObjectName) throws(DispatcherError) -> Bool {
        let record = self.waiter(waiter)
        record.shape = 1
        record.link.pointee.owner = waiter
        record.link.pointee.object = name.index
        begin(waiter, .waiting)
        let object = object(name.index)
        var word = lock(object)
        let found = word.belongs(to: name)
        let taken = found && word.isSignaled
        if taken {
            word.consume()
        } else if found {
            appendLocked(waiter * 4 + 2, to: object, &word)
        }
        unlock(object, word)
        if !found { throw .noSuchObject(0) }
        return taken
    }

    /// Takes a waiter that was woken out of the queues in which it still stands.
    func leave(_ waiter: UInt32) -> Verdict {
        let verdict = self.verdict(waiter)
        let (count, all) = (self.waiter(waiter).count, self.waiter(waiter).waitsForAll)
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
