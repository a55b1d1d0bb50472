import CLinux
import Dispatcher
import Glibc
import Synchronization

/// The slots of the handle table that are free.
///
/// They stand in one line, first in first out, under a lock. A thread takes and gives back a batch at a time, and keeps
/// the batch to itself meanwhile (`SlotBatches`), so that making and closing a handle touches nothing that is shared
/// but the slot. What the line promises: a slot that joins it is taken again only after 1024 others.
enum HandleSlots {
    static var total: Int { 1 << 20 }

    private struct Line {
        /// Slots from this one on were never used. Slot 0 never is: no handle is NULL.
        var fresh: UInt32 = 1
        /// A ring of `total` places, so that all slots fit.
        let ring = UnsafeMutablePointer<UInt32>.allocate(capacity: HandleSlots.total)  // untouched until used
        /// Counts of slots that have joined the line and left it.
        var joined = 0
        var left = 0
        /// Batches of the threads that have some.
        var batches: Set<SlotBatches> = []

        var count: Int { joined - left }

        /// Takes up to `limit` slots: those of the line that have waited long enough, then fresh ones, then any.
        mutating func take(_ limit: Int, _ body: (UInt32) -> Void) {
            let rested = min(limit, max(count - 1024, 0))
            takeFirst(rested, body)
            let unused = min(limit - rested, HandleSlots.total - Int(fresh))
            for slot in fresh..<fresh + UInt32(unused) { body(slot) }
            fresh += UInt32(unused)
            if unused == 0 && rested == 0 { takeFirst(min(limit, count), body) }
        }

        private mutating func takeFirst(_ number: Int, _ body: (UInt32) -> Void) {
            for place in left..<left + number { body(ring[place & (HandleSlots.total - 1)]) }
            left += number
        }

        mutating func append(_ slot: UInt32) {
            ring[joined & (HandleSlots.total - 1)] = slot
            joined += 1
        }
    }
    private static let line = Guarded(Line())

    /// A free slot for the caller; nil: a million handles are open.
    @inline(__always) static func take() -> Int? {
        if let batches = SlotBatches.own, let slot = batches.popFree() { return Int(slot) }
        return takeSlowly()
    }

    /// Frees a slot that nobody can reach by a handle any more.
    @inline(__always) static func free(_ slot: Int) {
        if let batches = SlotBatches.own, batches.pushFreed(UInt32(slot)) { return }
        freeSlowly(UInt32(slot))
    }

    @inline(never) private static func takeSlowly() -> Int? {
        let batches = ownBatches()
        return line.withLock { line in
            // Near the end, no thread keeps what another may need.
            let isScarce = line.count + HandleSlots.total - Int(line.fresh) < 1 << 16
            if isScarce { batches.drainFreed { line.append($0) } }
            line.take(isScarce ? 1 : SlotBatches.size) { batches.addFree($0) }
            batches.reverseFree()
            return batches.popFree().map { Int($0) }
        }
    }

    @inline(never) private static func freeSlowly(_ slot: UInt32) {
        let batches = ownBatches()
        line.withLock { line in
            batches.drainFreed { line.append($0) }
            line.append(slot)
        }
    }

    private static func ownBatches() -> SlotBatches {
        if let batches = SlotBatches.own { return batches }
        hook
        let batches = SlotBatches()
        line.withLock { line in _ = line.batches.insert(batches) }
        SlotBatches.own = batches
        Threads.atEnd()
        return batches
    }

    private static let hook: Void = { Threads.giveBackSlots = { HandleSlots.giveBack(of: $0) } }()

    /// Gives back what a thread has at hand that ends, or has been stopped for good.
    private static func giveBack(of thread: UnsafeMutablePointer<signalbox_thread>) {
        guard let batches = SlotBatches.of(thread) else { return }
        thread.pointee.slots = nil
        line.withLock { line in
            batches.drainFreed { line.append($0) }
            batches.drainFree { line.append($0) }
            line.batches.remove(batches)
        }
        batches.deallocate()
    }

    /// Takes these slots, if none was taken before.
    static func reserve(_ slots: Set<UInt32>) -> Bool {
        line.withLock { line in
            guard line.fresh == 1, let last = slots.max(), last > 0, !slots.contains(0) else { return false }
            for slot in 1..<last where !slots.contains(slot) { line.append(slot) }
            line.fresh = last + 1
            return true
        }
    }

    /// Slots from this one on were never used.
    static var reach: Int { line.withLock { Int($0.fresh) } }

    /// Slots that are not free. Exact while no thread takes or frees one.
    static var used: Int {
        line.withLock { line in Int(line.fresh) - 1 - line.count - line.batches.reduce(0) { $0 + $1.count } }
    }
}

/// A thread's free slots: one batch to take from, and one of slots that it has freed, which it does not take from.
///
/// The two counts are read by `HandleSlots.used` on any thread; all else is the thread's own.
struct SlotBatches: Hashable, @unchecked Sendable {
    // Sendable: a pointer; what other threads read through it is atomic.
    private let memory: UnsafeMutableRawPointer

    static var size: Int { 64 }

    init() {
        let bytes = 8 + 8 * SlotBatches.size
        memory = .allocate(byteCount: bytes, alignment: 64)
        memory.initializeMemory(as: UInt32.self, repeating: 0, count: bytes / 4)
    }

    func deallocate() { memory.deallocate() }

    /// Those of the calling thread.
    @inline(__always) static var own: SlotBatches? {
        get { signalbox_thread().pointee.slots.map { SlotBatches(memory: $0) } }
        set { signalbox_thread().pointee.slots = newValue?.memory }
    }

    static func of(_ thread: UnsafeMutablePointer<signalbox_thread>) -> SlotBatches? {
        thread.pointee.slots.map { SlotBatches(memory: $0) }
    }

    private init(memory: UnsafeMutableRawPointer) { self.memory = memory }

    private var counts: UnsafeMutablePointer<Atomic<UInt32>> { memory.assumingMemoryBound(to: Atomic<UInt32>.self) }
    private var free: UnsafeMutablePointer<UInt32> { (memory + 8).assumingMemoryBound(to: UInt32.self) }
    private var freed: UnsafeMutablePointer<UInt32> { free + SlotBatches.size }

    private var freeCount: Int {
        @inline(__always) get { Int(counts[0].load(ordering: .relaxed)) }
        @inline(__always) nonmutating set { counts[0].store(UInt32(truncatingIfNeeded: newValue), ordering: .relaxed) }
    }
    private var freedCount: Int {
        @inline(__always) get { Int(counts[1].load(ordering: .relaxed)) }
        @inline(__always) nonmutating set { counts[1].store(UInt32(truncatingIfNeeded: newValue), ordering: .relaxed) }
    }

    var count: Int { freeCount + freedCount }

    @inline(__always) func popFree() -> UInt32? {
        let count = freeCount
        guard count > 0 else { return nil }
        freeCount = count &- 1
        return free[count &- 1]
    }

    /// False: there is no place for it.
    @inline(__always) func pushFreed(_ slot: UInt32) -> Bool {
        let count = freedCount
        guard count < SlotBatches.size else { return false }
        freed[count] = slot
        freedCount = count &+ 1
        return true
    }

    func addFree(_ slot: UInt32) {
        free[freeCount] = slot
        freeCount += 1
    }

    /// After `addFree`: what was added first is taken first.
    func reverseFree() {
        var slots = UnsafeMutableBufferPointer(start: free, count: freeCount)
        slots.reverse()
    }

    func drainFree(_ body: (UInt32) -> Void) { while let slot = popFree() { body(slot) } }

    func drainFreed(_ body: (UInt32) -> Void) {
        for index in 0..<freedCount { body(freed[index]) }
        freedCount = 0
    }
}
