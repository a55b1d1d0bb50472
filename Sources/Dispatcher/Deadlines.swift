import CLinux
import Synchronization

/// The time-outs of suspended tasks: one heap, and one thread that sleeps until the first of them. A thread that blocks
/// gives its time-out to the kernel itself. The sleeping thread is made with the first time-out. While none is armed it
/// sleeps for ever, once the deadline that it slept for is over. O(log n) to arm and to disarm.
///
/// Only waiters of the process's own arena are here. A waiter disarms itself before its record is freed, so a record in
/// the heap is always the wait that armed it.
final class Deadlines: Sendable {
    static let shared = Deadlines()

    private struct Entry {
        var deadline: UInt64
        var waiter: UInt32
        var wait: UInt32
    }
    private struct State {
        var heap: [Entry] = []
        var isRunning = false
    }
    private let state = Guarded(State())
    /// Bumped to tell the sleeper that there is an earlier deadline; its futex. Sendable: an atomic that is never
    /// freed.
    private nonisolated(unsafe) let bell: UnsafeMutablePointer<Atomic<UInt32>>

    private init() {
        bell = .allocate(capacity: 1)
        bell.initialize(to: Atomic(0))
    }

    func arm(_ waiter: UInt32, wait: UInt32, at deadline: UInt64) {
        let isFirst = state.withLock { state in
            state.heap.append(Entry(deadline: deadline, waiter: waiter, wait: wait))
            siftUp(&state.heap, state.heap.count - 1)
            if !state.isRunning {
                state.isRunning = true
                start()
                return false
            }
            return state.heap[0].waiter == waiter
        }
        if isFirst { ring() }
    }

    func disarm(_ waiter: UInt32) {
        state.withLock { state in
            let place = Int(Arena.local.waiter(waiter).heap) - 1
            if place >= 0 { remove(&state.heap, place) }
        }
    }

    /// Armed time-outs.
    var count: Int { state.withLock { $0.heap.count } }

    // ---- the sleeper

    private func start() {
        let error = signalbox_start_thread(256 << 10, { _ in Deadlines.shared.run() }, nil, "signalbox-timer")
        precondition(error == 0, "Signalbox cannot start its timer thread (errno \(error))")
    }

    private func ring() {
        bell.pointee.wrappingAdd(1, ordering: .releasing)
        signalbox_futex_wake(bell, 1, false)
    }

    private func run() {
        var due: [Entry] = []
        while true {
            let seen = bell.pointee.load(ordering: .acquiring)
            let now = signalbox_now()
            let next = state.withLock { state in
                while let first = state.heap.first, first.deadline <= now {
                    remove(&state.heap, 0)
                    due.append(first)
                }
                return state.heap.first?.deadline ?? .max
            }
            // The claim needs no lock: the number tells a wait from a later one on the same record.
            for entry in due where Arena.local.claim(entry.waiter, wait: entry.wait, .timedOut) == .wonWhileWaiting {
                Arena.local.wake(entry.waiter)
            }
            let wasIdle = due.isEmpty
            due.removeAll(keepingCapacity: true)
            if wasIdle { _ = signalbox_futex_wait(bell, seen, next, false) }
        }
    }

    // ---- the heap; all under its lock. A waiter knows its place, for disarming.

    private func put(_ heap: inout [Entry], _ entry: Entry, _ place: Int) {
        heap[place] = entry
        Arena.local.waiter(entry.waiter).heap = UInt32(place + 1)
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
        Arena.local.waiter(heap[place].waiter).heap = 0
        let last = heap.removeLast()
        guard place < heap.count else { return }
        put(&heap, last, place)
        siftUp(&heap, place)
        siftDown(&heap, Int(Arena.local.waiter(last.waiter).heap) - 1)
    }
}
