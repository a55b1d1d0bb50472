// Queues of links, and a waiter's own links. Functions on queues need the record lock of that object.
import Synchronization

extension Arena {
    // ---- queues

    func appendLocked(_ index: UInt32, to record: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word) {
        let link = self.link(index)
        link.pointee.next = 0
        link.pointee.previous = record.tail
        if record.tail == 0 {
            record.head = index
        } else {
            self.link(record.tail).pointee.next = index
        }
        record.tail = index
        word.setQueued(true)
    }

    func prependLocked(_ index: UInt32, to record: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word) {
        let link = self.link(index)
        link.pointee.previous = 0
        link.pointee.next = record.head
        if record.head == 0 {
            record.tail = index
        } else {
            self.link(record.head).pointee.previous = index
        }
        record.head = index
        word.setQueued(true)
    }

    func unlinkLocked(_ index: UInt32, from record: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word) {
        let link = self.link(index)
        let (next, previous) = (link.pointee.next, link.pointee.previous)
        if previous == 0 { record.head = next } else { self.link(previous).pointee.next = next }
        if next == 0 { record.tail = previous } else { self.link(next).pointee.previous = previous }
        link.pointee.previous = Link.unlinked
        word.setQueued(record.head != 0)
    }

    // ---- a waiter's links

    /// The position that a link stands for in its waiter's list of objects.
    func position(ofLink index: UInt32) -> Int {
        let record = index / 4
        if link(index).pointee.owner == record { return 0 }
        return Int(block(record).position + index % 4 - 1)
    }

    /// Calls `body` with each position and link of the waiter, in order, until it returns false.
    @inline(__always) func forEachLink(of waiter: UInt32, upTo count: Int, _ body: (Int, UInt32) -> Bool) {
        guard count > 0 else { return }
        var position = 0
        var index = waiter &* 4 &+ 2
        while body(position, index) {
            position &+= 1
            // After the last link the waiter may be another's already: read nothing of it.
            if position == count { return }
            if position == 1 {
                index = self.waiter(waiter).blocks &* 4 &+ 1
            } else if index & 3 == 3 {
                index = block(index / 4).nextBlock &* 4 &+ 1
            } else {
                index &+= 1
            }
        }
    }

    /// Gives the waiter links for `count` objects; it keeps those that it has, which stand in no queue between waits.
    func ensureLinks(_ waiter: UInt32, _ count: Int) throws(DispatcherError) {
        let record = self.waiter(waiter)
        record.link.pointee.owner = waiter
        record.link.pointee.previous = Link.unlinked
        var position = 1
        var last: UInt32 = 0
        while position < count {
            var next = last == 0 ? record.blocks : block(last).nextBlock
            if next == 0 {
                next = try makeBlock(for: waiter, position)
                if last == 0 { record.blocks = next } else { block(last).nextBlock = next }
            }
            last = next
            position &+= 3
        }
    }

    private func makeBlock(for waiter: UInt32, _ position: Int) throws(DispatcherError) -> UInt32 {
        let index = try allocate(.block)
        block(index).nextBlock = 0
        block(index).position = UInt32(position)
        for slot in UInt32(1)...3 {
            link(index * 4 + slot).pointee.owner = waiter
            link(index * 4 + slot).pointee.previous = Link.unlinked
        }
        return index
    }

    /// Takes the waiter out of every queue in which it still stands, after its wait has ended.
    func unlinkAll(_ waiter: UInt32, upTo count: Int, but settled: Int? = nil) {
        let all = self.waiter(waiter).waitsForAll
        forEachLink(of: waiter, upTo: count) { position, index in
            // The signaller has taken this one out, and let us know by waking us.
            if position == settled { return true }
            let record = object(link(index).pointee.object)
            var word = lock(record)
            if link(index).pointee.previous != Link.unlinked {
                unlinkLocked(index, from: record, &word)
                if all { record.allWaiters -= 1 }
            }
            unlockAndRetire(record, word)
            return true
        }
    }

    /// Adds a reference to every object in whose line the waiter stands.
    func keepObjects(of waiter: UInt32) {
        forEachLink(of: waiter, upTo: self.waiter(waiter).count) { _, index in
            let record = object(link(index).pointee.object)
            let word = lock(record)
            record.refs += 1
            unlock(record, word)
            return true
        }
    }

    // ---- waiters

    func allocateWaiter() throws(DispatcherError) -> UInt32 {
        let index = try allocate(.waiter)
        let record = waiter(index)
        record.pointee.next.store(0, ordering: .relaxed)  // not a free record's link: it owns no mutex yet
        record.continuation = 0
        record.packet = 0
        record.shape = 0
        record.owner = .none
        return index
    }

    func deallocateWaiter(_ index: UInt32) {
        var block = waiter(index).blocks
        waiter(index).blocks = 0
        while block != 0 {
            let next = self.block(block).nextBlock
            deallocate(.block, block)
            block = next
        }
        deallocate(.waiter, index)
    }
}
