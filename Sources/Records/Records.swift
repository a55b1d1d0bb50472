public import Synchronization

// The records, 64 bytes each; their layout is part of the format that processes share. The offsets below are the
// layout; a change of any changes `ArenaHeader.currentFormat`.
//
// Plain fields are reached through the pointer (`record.refs`), not through `pointee`: to write `record.pointee.refs`
// is, for the compiler, to modify the whole record, and so is shown to the thread sanitizer as a race with the atomic
// word at the record's start. "Under the lock" means the record lock in the object's word.

extension UnsafeMutablePointer where Pointee: ~Copyable {
    @inlinable subscript<T: BitwiseCopyable>(at offset: Int) -> T {
        get { UnsafeRawPointer(self).load(fromByteOffset: offset, as: T.self) }
        nonmutating set { UnsafeMutableRawPointer(self).storeBytes(of: newValue, toByteOffset: offset, as: T.self) }
    }
    @inlinable func field<T: ~Copyable>(_ offset: Int, _ type: T.Type = T.self) -> UnsafeMutablePointer<T> {
        (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: T.self)
    }
}

// ---- objects

/// Anything that can be waited for. From offset 12 on: plain fields, see below.
@usableFromInline
package struct ObjectRecord: ~Copyable {
    @usableFromInline package let word: Atomic<UInt64>
    /// Next in the list of free records; in use, the last operation that locked several objects and this among them,
    /// see `ArenaHeader.stamp`.
    @usableFromInline package let next: Atomic<UInt32>
    private var plain: InlineArray<13, UInt32>
}

extension UnsafeMutablePointer where Pointee == ObjectRecord {
    /// Handles and actors that keep the object; under the lock.
    @inlinable package var refs: UInt32 {
        get { self[at: 12] }
        nonmutating set { self[at: 12] = newValue }
    }
    /// Handles among them; under the lock.
    @inlinable package var handles: UInt32 {
        get { self[at: 16] }
        nonmutating set { self[at: 16] = newValue }
    }
    /// Links of wait-alls in the queue; under the lock.
    @inlinable package var allWaiters: UInt32 {
        get { self[at: 20] }
        nonmutating set { self[at: 20] = newValue }
    }
    /// First and last link of the queue, 0 when empty; under the lock.
    @inlinable package var head: UInt32 {
        get { self[at: 24] }
        nonmutating set { self[at: 24] = newValue }
    }
    @inlinable package var tail: UInt32 {
        get { self[at: 28] }
        nonmutating set { self[at: 28] = newValue }
    }

    // What the kind needs, from offset 32 on.

    /// A driver's object, a process, a job: what the floor above keeps for it; under the lock.
    package var driver: UInt64 {
        get { self[at: 32] }
        nonmutating set { self[at: 32] = newValue }
    }
    @inlinable package var thread: UnsafeMutablePointer<ThreadFields> { field(32) }
    /// The first of the packets that are a thread's asynchronous procedure calls, or 0; changed under the lock.
    @inlinable package var firstCall: UnsafeMutablePointer<Atomic<UInt32>> { field(52) }
    /// How often a thread is suspended; changed under the lock.
    @inlinable package var suspensions: UnsafeMutablePointer<Atomic<UInt32>> { field(56) }
    /// Counts the times at which a thread was suspended no longer; the futex that it sleeps on while it is.
    @inlinable package var resumptions: UnsafeMutablePointer<Atomic<UInt32>> { field(60) }
    @inlinable package var port: UnsafeMutablePointer<PortFields> { field(32) }
    @inlinable package var timer: UnsafeMutablePointer<TimerFields> { field(32) }
    /// Name of the thread that gets a timer's call in bits 0–47, and flags of the timer; under the lock.
    @inlinable package var target: UInt64 {
        get { self[at: 56] }
        nonmutating set { self[at: 56] = newValue }
    }
    /// A mutex's neighbours in its owner's list; the owner's, or his who grants the mutex to a waiter. The first has no
    /// previous one.
    @inlinable package var nextOwned: UInt32 {
        get { self[at: 32] }
        nonmutating set { self[at: 32] = newValue }
    }
    @inlinable package var previousOwned: UInt32 {
        get { self[at: 36] }
        nonmutating set { self[at: 36] = newValue }
    }
    /// How often the owner has the mutex: his own, but others may look.
    @inlinable package var recursion: UInt32 {
        get { field(40, Atomic<UInt32>.self).pointee.load(ordering: .relaxed) }
        nonmutating set { field(40, Atomic<UInt32>.self).pointee.store(newValue, ordering: .relaxed) }
    }
    /// The most that a semaphore counts; it does not change.
    @usableFromInline package var maximum: UInt32 {
        get { self[at: 32] }
        nonmutating set { self[at: 32] = newValue }
    }
    /// Of an event: 1 when requests have told it of their end, as they may again.
    @inlinable package var isToldOfRequests: UnsafeMutablePointer<Atomic<UInt32>> { field(32) }
    @inlinable package func clearKindFields() { self[at: 32] = SIMD4<UInt64>.zero }
}

/// Under the lock.
@frozen @usableFromInline package struct ThreadFields: BitwiseCopyable {
    @usableFromInline package var exitCode: UInt32
    /// The kernel's id; 0 until it runs.
    @usableFromInline package var id: UInt32
    /// The thread's own waiter; 0 before it waits, and `ended` after its end.
    @usableFromInline package var waiter: UInt32
    /// The number of the alertable wait that the thread is at, or 0.
    @usableFromInline package var alertableWait: UInt32
    /// The last of the packets that are its asynchronous procedure calls, if there are any.
    @usableFromInline package var lastCall: UInt32

    /// The `waiter` of a thread that has ended.
    @inlinable package static var ended: UInt32 { .max }
}

/// Under the lock.
@frozen @usableFromInline package struct PortFields: BitwiseCopyable {
    /// First and last packet.
    @usableFromInline package var head: UInt32
    @usableFromInline package var tail: UInt32
    @usableFromInline package var queued: UInt32
    @usableFromInline package var isClosed: Bool
    /// Threads that may run at a time, and that do.
    @usableFromInline package var limit: UInt32
    @usableFromInline package var running: UInt32
    /// The pool whose workers the port's threads are, or 0.
    @usableFromInline package var pool: UInt64
}

/// Under the lock.
@frozen @usableFromInline package struct TimerFields: BitwiseCopyable {
    /// When it expires, by its clock, in nanoseconds; 0: it is not armed.
    @usableFromInline package var due: UInt64
    /// Nanoseconds; 0: it expires once.
    @usableFromInline package var period: UInt64
    /// The packet that is its call, or 0. (What follows it in the record is as a waiter's: its place in a heap.)
    @usableFromInline package var call: UInt32
}

// ---- waits

/// A waiter's place in one object's queue; under that object's lock, but for `object` and `owner`, which do not change
/// during a wait. A link's index is 4 × its record's index + its 16-byte slot in the record.
@frozen @usableFromInline package struct Link {
    @usableFromInline package var next: UInt32
    /// `Link.unlinked` when it stands in no queue.
    @usableFromInline package var previous: UInt32
    @usableFromInline package var object: UInt32
    @usableFromInline package var owner: UInt32

    @inlinable package static var unlinked: UInt32 { .max }
}

/// One wait of a thread or of a task. From offset 16 on: plain fields, see below.
@usableFromInline package struct WaiterRecord: ~Copyable {
    /// Who decided how the wait ends, see `Claim`.
    @usableFromInline package let claim: Atomic<UInt64>
    /// The waiter's own futex: `Parking.awake`, `asleep` or `woken`.
    @usableFromInline package let park: Atomic<UInt32>
    /// Next in the list of free records; in use, the first mutex that it owns, see Mutexes.swift.
    @usableFromInline package let next: Atomic<UInt32>
    private var plain: InlineArray<6, UInt64>

    /// It waits for all of its objects.
    @inlinable package static var all: UInt32 { 1 << 31 }
    /// It is a thread that counts against a port's limit.
    @inlinable package static var counted: UInt32 { 1 << 30 }
}

extension UnsafeMutablePointer where Pointee == WaiterRecord {
    /// The suspended task, or 0 for a thread. Written before the wait is published, read by the claim's winner.
    @inlinable package var continuation: UInt64 {
        get { self[at: 16] }
        nonmutating set { self[at: 16] = newValue }
    }
    /// Next in a `WakeList`; owned by the claim's winner.
    @inlinable package var chain: UInt32 {
        get { self[at: 24] }
        nonmutating set { self[at: 24] = newValue }
    }
    /// Objects waited for in bits 0–23, `WaiterRecord.all` and `counted`; the waiter's own.
    @inlinable package var shape: UInt32 {
        get { self[at: 28] }
        nonmutating set { self[at: 28] = newValue }
    }
    /// Link of the first object.
    @inlinable package var link: UnsafeMutablePointer<Link> { field(32) }
    /// Packet that a port handed over; owned by the claim's winner, then the waiter's.
    @inlinable package var packet: UInt32 {
        get { self[at: 48] }
        nonmutating set { self[at: 48] = newValue }
    }
    /// More links, for the second object and on; the waiter's own.
    @inlinable package var blocks: UInt32 {
        get { self[at: 56] }
        nonmutating set { self[at: 56] = newValue }
    }
    /// For whom the wait takes mutexes; the waiter's own.
    @inlinable package var owner: Owner {
        get { self[at: 60] }
        nonmutating set { self[at: 60] = newValue }
    }

    @inlinable package var count: Int { Int(shape & 0xFF_FFFF) }
    @inlinable package var waitsForAll: Bool { shape & WaiterRecord.all != 0 }
}

/// Three more links of a waiter.
@usableFromInline package struct LinkBlock: ~Copyable {
    /// Next in the list of free records.
    @usableFromInline package let next: Atomic<UInt32>
    private var plain: InlineArray<15, UInt32>
}

extension UnsafeMutablePointer where Pointee == LinkBlock {
    /// The waiter's next block.
    @inlinable package var nextBlock: UInt32 {
        get { self[at: 4] }
        nonmutating set { self[at: 4] = newValue }
    }
    /// Position of the first of the three.
    @inlinable package var position: UInt32 {
        get { self[at: 8] }
        nonmutating set { self[at: 8] = newValue }
    }
}

// ---- packets

/// A completion packet in a port's queue, or on its way to a waiter; or an asynchronous procedure call in a thread's.
@usableFromInline package struct PacketRecord: ~Copyable {
    @usableFromInline package let next: Atomic<UInt32>
    private var plain: InlineArray<15, UInt32>
}

/// What a completion port carries: three words that are the caller's own, and the status of the request.
@frozen
@usableFromInline
package struct Packet: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package var key: UInt64
    @usableFromInline package var overlapped: UInt64
    @usableFromInline package var bytes: UInt64
    /// NT status of the request: 0 is success, the top bits say warning or error.
    @usableFromInline package var status: UInt32

    @inlinable package init(key: UInt64, overlapped: UInt64, bytes: UInt64, status: UInt32 = 0) {
        self.key = key
        self.overlapped = overlapped
        self.bytes = bytes
        self.status = status
    }
}

/// A function to be called with three words that are the caller's own.
@usableFromInline package typealias APCRoutine = @convention(c) (UInt64, UInt64, UInt64) -> Void

@frozen
@usableFromInline
package struct APC: BitwiseCopyable {
    @usableFromInline package var function: APCRoutine
    @usableFromInline package var arguments: (UInt64, UInt64, UInt64)

    @inlinable package init(function: @escaping APCRoutine, arguments: (UInt64, UInt64, UInt64)) {
        (self.function, self.arguments) = (function, arguments)
    }
}

extension UnsafeMutablePointer where Pointee == PacketRecord {
    /// The timer whose call it is, or 0.
    @inlinable package var timer: UInt32 {
        get { self[at: 4] }
        nonmutating set { self[at: 4] = newValue }
    }
    /// Next in the queue; under the lock of the queue's object.
    @inlinable package var queueNext: UInt32 {
        get { self[at: 8] }
        nonmutating set { self[at: 8] = newValue }
    }
    @inlinable package var packet: Packet {
        get { self[at: 16] }
        nonmutating set { self[at: 16] = newValue }
    }
    @inlinable package var call: APC {
        get { self[at: 16] }
        nonmutating set { self[at: 16] = newValue }
    }
}

// ---- the arena's head

/// The arena's first record. Lists of free records follow in the second, counts of live ones in the third.
@usableFromInline
package struct ArenaHeader: ~Copyable {
    /// Where an object has its word: 0, so that the name of nothing finds a record of no kind, which may be locked.
    @usableFromInline package let word: Atomic<UInt64>
    /// The wait-all lock, see Locks.swift.
    @usableFromInline package let allLock: Atomic<UInt32>
    /// Next record that was never used.
    @usableFromInline package let fresh: Atomic<UInt32>
    /// Magic and version of the layout: changed with any change to a record.
    @usableFromInline package let format: Atomic<UInt64>

    @inlinable package static var currentFormat: UInt64 { 0x5349_474E_414C_0005 }  // "SIGNAL", version 5
}

extension UnsafeMutablePointer where Pointee == ArenaHeader {
    @inlinable package var records: UInt32 {
        get { self[at: 24] }
        nonmutating set { self[at: 24] = newValue }
    }
    /// Number of the last operation that locked several objects; under the wait-all lock. An object that bears it
    /// already is listed twice.
    @inlinable package var stamp: UInt32 {
        get { self[at: 28] }
        nonmutating set { self[at: 28] = newValue }
    }
    /// Whether futexes in it are shared between processes.
    @inlinable package var isShared: UInt32 {
        get { self[at: 32] }
        nonmutating set { self[at: 32] = newValue }
    }
}

extension Arena {
    static func checkLayout() {
        precondition(MemoryLayout<ObjectRecord>.size == 64 && MemoryLayout<WaiterRecord>.size == 64)
        precondition(MemoryLayout<LinkBlock>.size == 64 && MemoryLayout<PacketRecord>.size == 64)
        precondition(MemoryLayout<Link>.stride == 16 && MemoryLayout<ArenaHeader>.size == 24)
        precondition(MemoryLayout<ThreadFields>.size <= 20 && MemoryLayout<PortFields>.size <= 32)
        precondition(MemoryLayout<TimerFields>.size <= 20 && MemoryLayout<Packet>.size <= 32)
    }
}
