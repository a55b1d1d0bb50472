import CLinux
import Synchronization

/// The time-outs of suspended tasks and the timers: for each clock one heap, and one thread that sleeps until the first
/// of them, made with the first. O(log n) to arm and to disarm. A thread that blocks gives its time-out to the kernel
/// itself.
///
/// The sleeper is woken only for what is earlier than the deadline it sleeps for: one that is disarmed stays its alarm,
/// and wakes it once for nothing. While none is armed it sleeps for ever.
///
/// Only records of the process's own arena are here. A waiter disarms itself before its record is freed, and a timer is
/// disarmed before it is, so that what is in the heap is what armed it. The heap's lock is taken last of all.
final class Deadlines: Sendable {
    static let monotonic = Deadlines(isRealtime: false)
    static let realtime = Deadlines(isRealtime: true)

    private struct Entry {
        var deadline: UInt64
        /// A waiter, or a timer if bit 31 is set.
        var index: UInt32
        /// The waiter's wait.
        var wait: UInt32

        static var timer: UInt32 { 1 << 31 }
        var record: UInt32 { index & ~Entry.timer }
    }
    private struct State {
        var heap: [Entry] = []
        var isRunning = false
        /// What the sleeper sleeps for, or is about to.
        var alarm = UInt64.max
    }
    private let state = Guarded(State())
    private let isRealtime: Bool
    /// Bumped to tell the sleeper that there is an earlier deadline; its futex. Sendable: an atomic that is never
    /// freed.
    private nonisolated(unsafe) let bell: UnsafeMutablePointer<Atomic<UInt32>>

    private init(isRealtime: Bool) {
        self.isRealtime = isRealtime
        bell = .allocate(capacity: 1)
        bell.initialize(to: Atomic(0))
    }

    /// The clock, in nanoseconds.
    var now: UInt64 { isRealtime ? signalbox_realtime() : Seam.now }

    /// A deadline in 100 ns since 1601.
    func fileTime(_ deadline: UInt64) -> UInt64 {
        let realtime = isRealtime ? deadline : signalbox_realtime() &+ deadline &- now
        return realtime / 100 + 116_444_736_000_000_000
    }

    func arm(_ waiter: UInt32, wait: UInt32, at deadline: UInt64) {
        arm(Entry(deadline: deadline, index: waiter, wait: wait))
    }
    func arm(timer: UInt32, at deadline: UInt64) {
        arm(Entry(deadline: deadline, index: timer | Entry.timer, wait: 0))
    }

    private func arm(_ entry: Entry) {
        let isToRing = state.withLock { state in
            state.heap.append(entry)
            siftUp(&state.heap, state.heap.count - 1)
            if !state.isRunning {
                state.isRunning = true
                start()
            }
            guard entry.deadline < state.alarm else { return false }
            state.alarm = entry.deadline
            return true
        }
        if isToRing {
            bell.pointee.wrappingAdd(1, ordering: .releasing)
            signalbox_futex_wake(bell, 1, false)
        }
    }

    func disarm(_ record: UInt32) {
        state.withLock { state in
            let place = Int(heapPlace(record).pointee) - 1
            if place >= 0 { remove(&state.heap, place) }
        }
    }

    /// Armed time-outs and timers.
    var count: Int { state.withLock { $0.heap.count } }

    // ---- the sleeper

    private func start() {
        let me = Unmanaged.passUnretained(self).toOpaque()  // both live for ever
        let error = signalbox_start_thread(
            256 << 10, { Unmanaged<Deadlines>.fromOpaque($0!).takeUnretainedValue().run() }, me, "signalbox-timer")
        precondition(error == 0, "Signalbox cannot start its timer thread (errno \(error))")
    }

    private func run() {
        Threads.tellBegin(.none)  // it has inherited from whoever was the first to need it
        var due: [Entry] = []
        while true {
            let seen = bell.pointee.load(ordering: .acquiring)
            let now = self.now
            let next = state.withLock { state in
                while let first = state.heap.first, first.deadline <= now {
                    remove(&state.heap, 0)
                    due.append(first)
                }
                state.alarm = state.heap.first?.deadline ?? .max
                return state.alarm
            }
            // A claim needs no lock: the number tells a wait from a later one on the same record.
            for entry in due {
                if entry.index & Entry.timer != 0 {
                    Arena.local.expire(entry.record, of: self)
                } else if Arena.local.claim(entry.index, wait: entry.wait, .timedOut) == .wonWhileWaiting {
                    Arena.local.wake(entry.index)
                }
            }
            let wasIdle = due.isEmpty
            due.removeAll(keepingCapacity: true)
            if wasIdle { _ = signalbox_futex_wait_clock(bell, seen, next, isRealtime) }
        }
    }

    // ---- the heap; all under its lock. A record knows its place, for disarming.

    /// Where waiters and timers alike keep their position in the heap plus 1; under the heap's lock.
    func heapPlace(_ record: UInt32) -> UnsafeMutablePointer<UInt32> {
        (Arena.local.base + Int(record) * 64 + 52).assumingMemoryBound(to: UInt32.self)
    }

    private func put(_ heap: inout [Entry], _ entry: Entry, _ place: Int) {
        heap[place] = entry
        heapPlace(entry.record).pointee = UInt32(place + 1)
    }

    private func siftUp(_ heap: inout [Entry], _ start: Int) {
        var place = start
        let entry = heap[place]
        while place > 0 {
            let parent = (place - 1) / 2
            if heap[parent].deadline <= entry.deadline { break }
            put(&heap, heap[parent], place)
            place = parent
        }
        put(&heap, entry, place)
    }

    private func siftDown(_ heap: inout [Entry], _ start: Int) {
        var place = start
        let entry = heap[place]
        while case var child = 2 * place + 1, child < heap.count {
            if child + 1 < heap.count && heap[child + 1].deadline < heap[child].deadline { child += 1 }
            if entry.deadline <= heap[child].deadline { break }
            put(&heap, heap[child], place)
            place = child
        }
        put(&heap, entry, place)
    }

    private func remove(_ heap: inout [Entry], _ place: Int) {
        heapPlace(heap[place].record).pointee = 0
        let last = heap.removeLast()
        guard place < heap.count else { return }
        put(&heap, last, place)
        siftUp(&heap, place)
        siftDown(&heap, Int(heapPlace(last.record).pointee) - 1)
    }
}
