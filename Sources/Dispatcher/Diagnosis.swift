import CLinux
import Synchronization

/// What a thread waits for, for whoever has to say why it goes on no more.
package struct WaitReport: Sendable {
    package struct Object: Sendable {
        package let name: ObjectName
        package let kind: ObjectKind
        /// The kernel's id of the thread that owns it; nil: nobody does, or no thread.
        package let owner: UInt32?
        /// Whether anybody owns it.
        package let isOwned: Bool
    }
    package let objects: [Object]
    package let waitsForAll: Bool
}

extension Threads {
    /// What a thread of this process that sleeps in a wait waits for; nil: it does not, or nothing is known of it.
    ///
    /// A look at a thread that runs: what it says was so a moment ago. It reads records of another's wait, whose memory
    /// is never given back, and believes a link only if the object has it in its line.
    package static func waits(ofThread id: UInt32) -> WaitReport? {
        signalbox_enter()
        defer { signalbox_leave() }
        signalbox_registry_lock()
        defer { signalbox_registry_unlock() }
        guard let thread = signalbox_thread_with_id(id) else { return nil }
        let (waiter, arena) = (thread.pointee.waiter, Arena.local)
        guard waiter != 0, waiter != ThreadFields.ended else { return nil }
        let record = arena.waiter(waiter)
        guard record.pointee.park.load(ordering: .acquiring) == Parking.asleep else { return nil }
        var objects: [WaitReport.Object] = []
        arena.forEachLink(of: waiter, upTo: min(record.count, 64)) { _, link in
            if let object = arena.awaited(by: waiter, link) {
                let owner = object.word.isOwned ? object.word.owner : .none
                objects.append(
                    WaitReport.Object(
                        name: object.name, kind: object.word.kind, owner: threadID(of: owner), isOwned: owner != .none))
            }
            return true
        }
        return objects.isEmpty ? nil : WaitReport(objects: objects, waitsForAll: record.waitsForAll)
    }

    /// The id of the thread whose waiter the owner is; under the registry's lock.
    private static func threadID(of owner: Owner) -> UInt32? {
        guard owner != .none else { return nil }
        var next = signalbox_first_thread()
        while let thread = next {
            if thread.pointee.waiter == owner.index { return thread.pointee.id }
            next = thread.pointee.next
        }
        return nil
    }
}

extension Arena {
    /// The object in whose line the waiter's link stands; nil: in none.
    fileprivate func awaited(by waiter: UInt32, _ link: UInt32) -> (name: ObjectName, word: Word)? {
        let index = self.link(link).pointee.object
        guard index != 0, index < base.assumingMemoryBound(to: ArenaHeader.self).records else { return nil }
        let record = object(index)
        let word = lock(record)
        defer { unlock(record, word) }
        var next = record.head
        while next != 0 {
            if next == link { return (ObjectName(index: index, generation: word.generation), word) }
            next = self.link(next).pointee.next
        }
        return nil
    }
}
