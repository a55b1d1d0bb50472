public import Synchronization

// The records, 64 bytes each. "Under the lock" means the record lock in the object's word; `Arena.checkLayout` asserts
// sizes and offsets, which are part of the format that processes share.

/// An event, thread, port or driver's object.
@usableFromInline
package struct ObjectRecord: ~Copyable {
    @usableFromInline package let word: Atomic<UInt64>
    /// Next in the list of free records; in use, the last wait-all that locked the object, see `ArenaHeader.stamp`.
    let next: Atomic<UInt32>
    /// Handles and actors that keep the object; under the lock.
    var refs: UInt32
    /// Handles among them; under the lock.
    var handles: UInt32
    /// Links of wait-alls in the queue; under the lock.
    var allWaiters: UInt32
    /// First and last link of the queue, 0 when empty; under the lock.
    var head: UInt32
    var tail: UInt32
    /// What the kind needs; under the lock. See `Port.swift` and `Threads.swift`.
    package var a: UInt64
    package var b: UInt64
    package var c: UInt64
    package var d: UInt64
}

/// A waiter's place in one object's queue; under that object's lock, but for `object` and `owner`, which do not change
/// during a wait. A link's index is 4 × its record's index + its 16-byte slot in the record.
struct Link {
    var next: UInt32
    /// `Link.unlinked` when it stands in no queue.
    var previous: UInt32
    var object: UInt32
    var owner: UInt32

    static var unlinked: UInt32 { .max }
}

/// One wait of a thread or of a task.
struct WaiterRecord: ~Copyable {
    /// Who decided how the wait ends, see `Claim`.
    let claim: Atomic<UInt64>
    /// The waiter's own futex: `Parking.awake`, `asleep` or `woken`.
    let park: Atomic<UInt32>
    /// Next in the list of free records.
    let next: Atomic<UInt32>
    /// The suspended task, or 0 for a thread. Written before the wait is published, read by the claim's winner.
    var continuation: UInt64
    /// Next in a `WakeList`; owned by the claim's winner.
    var chain: UInt32
    /// Objects waited for in bits 0–23, and `WaiterRecord.all`; the waiter's own.
    var shape: UInt32
    /// Link of the first object.
    var link: Link
    /// Packet that a port handed over; owned by the claim's winner, then the waiter's.
    var packet: UInt32
    /// Position in the deadline heap plus 1; under the heap's lock.
    var heap: UInt32
    /// More links, for the second object and on; the waiter's own.
    var blocks: UInt32
    var spare: UInt32

    static var all: UInt32 { 1 << 31 }
    var count: Int { Int(shape & 0xFF_FFFF) }
    var waitsForAll: Bool { shape & WaiterRecord.all != 0 }
}

/// Three more links of a waiter.
struct LinkBlock: ~Copyable {
    /// Next in the list of free records.
    let next: Atomic<UInt32>
    /// The waiter's next block.
    var nextBlock: UInt32
    /// Position of the first of the three.
    var position: UInt32
    var spare: UInt32
    var links: (Link, Link, Link)
}

/// A completion packet in a port's queue, or on its way to a waiter.
struct PacketRecord: ~Copyable {
    let next: Atomic<UInt32>
    var spare: UInt32
    /// Next in the port's queue; under the port's lock.
    var queueNext: UInt32
    var spare2: UInt32
    var packet: Packet
}

/// What a completion port carries: three words that are the caller's own, and the status of the request.
package struct Packet: Equatable, Sendable, BitwiseCopyable {
    package var key: UInt64
    package var overlapped: UInt64
    package var bytes: UInt64
    /// NT status of the request: 0 is success, the top bits say warning or error.
    package var status: UInt32

    package init(key: UInt64, overlapped: UInt64, bytes: UInt64, status: UInt32 = 0) {
        self.key = key
        self.overlapped = overlapped
        self.bytes = bytes
        self.status = status
    }
}
