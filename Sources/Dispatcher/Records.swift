public import Synchronization

// The records, 64 bytes each; their layout is part of the format that processes share, and `Arena.checkLayout` asserts
// it.
//
// Plain fields are reached through the pointer (`record.refs`), not through `pointee`: to write `record.pointee.refs`
// is, for the compiler, to modify the whole record, and so is shown to the thread sanitizer as a race with the atomic
// word at the record's start. "Under the lock" means the record lock in the object's word.

/// An event, thread, port or driver's object.
@usableFromInline
package struct ObjectRecord: ~Copyable {
    @usableFromInline package let word: Atomic<UInt64>
    /// Next in the list of free records; in use, the last wait-all that locked the object, see `ArenaHeader.stamp`.
    let next: Atomic<UInt32>
    /// Handles and actors that keep the object; under the lock.
    fileprivate var refs: UInt32
    /// Handles among them; under the lock.
    fileprivate var handles: UInt32
    /// Links of wait-alls in the queue; under the lock.
    fileprivate var allWaiters: UInt32
    /// First and last link of the queue, 0 when empty; under the lock.
    fileprivate var head: UInt32
    fileprivate var tail: UInt32
    /// What the kind needs; under the lock. See `Port.swift` and `Threads.swift`.
    fileprivate var a: UInt64
    fileprivate var b: UInt64
    fileprivate var c: UInt64
    fileprivate var d: UInt64
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
    fileprivate var continuation: UInt64
    /// Next in a `WakeList`; owned by the claim's winner.
    fileprivate var chain: UInt32
    /// Objects waited for in bits 0–23, `WaiterRecord.all` and `counted`; the waiter's own.
    fileprivate var shape: UInt32
    /// Link of the first object.
    fileprivate var link: Link
    /// Packet that a port handed over; owned by the claim's winner, then the waiter's.
    fileprivate var packet: UInt32
    /// Position in the deadline heap plus 1; under the heap's lock.
    fileprivate var heap: UInt32
    /// More links, for the second object and on; the waiter's own.
    fileprivate var blocks: UInt32
    fileprivate var spare: UInt32

    /// It waits for all of its objects.
    static var all: UInt32 { 1 << 31 }
    /// It is a thread that counts against a port's limit.
    static var counted: UInt32 { 1 << 30 }
}

/// Three more links of a waiter.
struct LinkBlock: ~Copyable {
    /// Next in the list of free records.
    let next: Atomic<UInt32>
    /// The waiter's next block.
    fileprivate var nextBlock: UInt32
    /// Position of the first of the three.
    fileprivate var position: UInt32
    fileprivate var spare: UInt32
    fileprivate var links: (Link, Link, Link)
}

/// A completion packet in a port's queue, or on its way to a waiter.
struct PacketRecord: ~Copyable {
    let next: Atomic<UInt32>
    fileprivate var spare: UInt32
    /// Next in the port's queue; under the port's lock.
    fileprivate var queueNext: UInt32
    fileprivate var spare2: UInt32
    fileprivate var packet: Packet
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

// ---- plain fields, by their offsets

extension UnsafeMutablePointer where Pointee: ~Copyable {
    fileprivate func field<T>(_ offset: Int, _ type: T.Type = T.self) -> UnsafeMutablePointer<T> {
        (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: T.self)
    }
}

extension UnsafeMutablePointer where Pointee == ObjectRecord {
    var refs: UInt32 {
        get { field(12).pointee }
        nonmutating set { field(12).pointee = newValue }
    }
    var handles: UInt32 {
        get { field(16).pointee }
        nonmutating set { field(16).pointee = newValue }
    }
    var allWaiters: UInt32 {
        get { field(20).pointee }
        nonmutating set { field(20).pointee = newValue }
    }
    var head: UInt32 {
        get { field(24).pointee }
        nonmutating set { field(24).pointee = newValue }
    }
    var tail: UInt32 {
        get { field(28).pointee }
        nonmutating set { field(28).pointee = newValue }
    }
    package var a: UInt64 {
        get { field(32).pointee }
        nonmutating set { field(32).pointee = newValue }
    }
    package var b: UInt64 {
        get { field(40).pointee }
        nonmutating set { field(40).pointee = newValue }
    }
    package var c: UInt64 {
        get { field(48).pointee }
        nonmutating set { field(48).pointee = newValue }
    }
    package var d: UInt64 {
        get { field(56).pointee }
        nonmutating set { field(56).pointee = newValue }
    }
}

extension UnsafeMutablePointer where Pointee == WaiterRecord {
    var continuation: UInt64 {
        get { field(16).pointee }
        nonmutating set { field(16).pointee = newValue }
    }
    var chain: UInt32 {
        get { field(24).pointee }
        nonmutating set { field(24).pointee = newValue }
    }
    var shape: UInt32 {
        get { field(28).pointee }
        nonmutating set { field(28).pointee = newValue }
    }
    var link: UnsafeMutablePointer<Link> { field(32) }
    var packet: UInt32 {
        get { field(48).pointee }
        nonmutating set { field(48).pointee = newValue }
    }
    var heap: UInt32 {
        get { field(52).pointee }
        nonmutating set { field(52).pointee = newValue }
    }
    var blocks: UInt32 {
        get { field(56).pointee }
        nonmutating set { field(56).pointee = newValue }
    }

    var count: Int { Int(shape & 0xFF_FFFF) }
    var waitsForAll: Bool { shape & WaiterRecord.all != 0 }
}

extension UnsafeMutablePointer where Pointee == LinkBlock {
    var nextBlock: UInt32 {
        get { field(4).pointee }
        nonmutating set { field(4).pointee = newValue }
    }
    var position: UInt32 {
        get { field(8).pointee }
        nonmutating set { field(8).pointee = newValue }
    }
}

extension UnsafeMutablePointer where Pointee == PacketRecord {
    var queueNext: UInt32 {
        get { field(8).pointee }
        nonmutating set { field(8).pointee = newValue }
    }
    var packet: Packet {
        get { field(16).pointee }
        nonmutating set { field(16).pointee = newValue }
    }
}

extension UnsafeMutablePointer where Pointee == ArenaHeader {
    var records: UInt32 {
        get { field(16).pointee }
        nonmutating set { field(16).pointee = newValue }
    }
    var stamp: UInt32 {
        get { field(20).pointee }
        nonmutating set { field(20).pointee = newValue }
    }
    var isShared: UInt32 {
        get { field(24).pointee }
        nonmutating set { field(24).pointee = newValue }
    }
}

/// The arena's first record. Lists of free records follow in the second, counts of live ones in the third.
@usableFromInline
struct ArenaHeader: ~Copyable {
    /// Where an object has its word: 0, so that the name of nothing finds a record of no kind, which may be locked.
    let word: Atomic<UInt64>
    /// The wait-all lock, see Locks.swift.
    let allLock: Atomic<UInt32>
    /// Next record that was never used.
    let fresh: Atomic<UInt32>
    fileprivate var records: UInt32
    /// Number of the last wait-all that locked its objects; under the wait-all lock. An object that bears it already is
    /// listed twice.
    fileprivate var stamp: UInt32
    /// Whether futexes in it are shared between processes.
    fileprivate var isShared: UInt32
    /// Magic and version of the layout: changed with any change to a record.
    let format: Atomic<UInt64>

    static var currentFormat: UInt64 { 0x5349_474E_414C_0002 }  // "SIGNAL", version 2
}

extension Arena {
    static func checkLayout() {
        precondition(MemoryLayout<ObjectRecord>.size == 64 && MemoryLayout<WaiterRecord>.size == 64)
        precondition(MemoryLayout<LinkBlock>.size == 64 && MemoryLayout<PacketRecord>.size <= 64)
        precondition(MemoryLayout<Link>.stride == 16 && MemoryLayout<ArenaHeader>.size <= 64)
        // MemoryLayout.offset(of:) does not take a noncopyable type, so zeroed records are measured.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        memory.initializeMemory(as: UInt64.self, repeating: 0, count: 8)
        defer { memory.deallocate() }
        func expect<T>(_ field: UnsafeMutablePointer<T>, at offset: Int) {
            precondition(UnsafeMutableRawPointer(field) == memory + offset, "a record's layout has changed")
        }
        let object = memory.assumingMemoryBound(to: ObjectRecord.self)
        expect(&object.pointee.refs, at: 12)
        expect(&object.pointee.handles, at: 16)
        expect(&object.pointee.allWaiters, at: 20)
        expect(&object.pointee.head, at: 24)
        expect(&object.pointee.tail, at: 28)
        expect(&object.pointee.a, at: 32)
        expect(&object.pointee.b, at: 40)
        expect(&object.pointee.c, at: 48)
        expect(&object.pointee.d, at: 56)
        let waiter = memory.assumingMemoryBound(to: WaiterRecord.self)
        expect(&waiter.pointee.continuation, at: 16)
        expect(&waiter.pointee.chain, at: 24)
        expect(&waiter.pointee.shape, at: 28)
        expect(&waiter.pointee.link, at: 32)
        expect(&waiter.pointee.packet, at: 48)
        expect(&waiter.pointee.heap, at: 52)
        expect(&waiter.pointee.blocks, at: 56)
        let block = memory.assumingMemoryBound(to: LinkBlock.self)
        expect(&block.pointee.nextBlock, at: 4)
        expect(&block.pointee.position, at: 8)
        expect(&block.pointee.links, at: 16)
        let packet = memory.assumingMemoryBound(to: PacketRecord.self)
        expect(&packet.pointee.queueNext, at: 8)
        expect(&packet.pointee.packet, at: 16)
        let header = memory.assumingMemoryBound(to: ArenaHeader.self)
        expect(&header.pointee.records, at: 16)
        expect(&header.pointee.stamp, at: 20)
        expect(&header.pointee.isShared, at: 24)
    }
}
