import CLinux
import Synchronization

/// A queue of completions that a driver of the floor above has from the kernel, in which a thread can sleep instead of on
/// its own futex: so it takes completions itself, its own mostly, and no thread has to be woken to hand them to it.
///
/// One thread at a time sleeps there; `enter` says whether it is the caller. While it sleeps its waiter's park word says
/// `asleepAtQueue`, so that whoever ends its wait otherwise knows how to wake it. It stays inside meanwhile: a thread that
/// is to stop is woken first, as from any wait, has left the queue, and stops then.
package enum CompletionQueue {
    package struct Calls {
        /// Takes what has completed, without waiting; whether there was something. If the caller is about to sleep there
        /// (`isLast` is false), what only a system call can tell is left to that.
        package let take: @convention(c) (_ isLast: Bool) -> Bool
        /// Whether the caller is to sleep there: what `sleep` and `leave` are given. 0 or 1: on its futex; 1: and it is
        /// counted until `hasWoken`, as somebody who needs others to take completions.
        package let enter: @convention(c) () -> UInt
        /// Sleeps until something has completed, or the caller was woken, or CLOCK_MONOTONIC reads the deadline; and takes
        /// what has completed. May return earlier. 0, ETIMEDOUT, or ECANCELED: the caller must sleep elsewhere.
        package let sleep: @convention(c) (_ place: UInt, _ deadline: UInt64) -> Int32
        package let leave: @convention(c) (_ place: UInt) -> Void
        package let hasWoken: @convention(c) () -> Void
        /// Wakes the thread that sleeps there.
        package let wake: @convention(c) () -> Void

        package init(
            take: @escaping @convention(c) (Bool) -> Bool, enter: @escaping @convention(c) () -> UInt,
            sleep: @escaping @convention(c) (UInt, UInt64) -> Int32, leave: @escaping @convention(c) (UInt) -> Void,
            hasWoken: @escaping @convention(c) () -> Void, wake: @escaping @convention(c) () -> Void
        ) {
            (self.take, self.enter, self.sleep) = (take, enter, sleep)
            (self.leave, self.hasWoken, self.wake) = (leave, hasWoken, wake)
        }
    }

    /// A pointer to the calls, which are never taken back; 0: no driver has such a queue.
    private static let word = Atomic<UInt>(0)

    @inline(__always) static var calls: UnsafePointer<Calls>? {
        UnsafePointer(bitPattern: word.load(ordering: .acquiring))
    }

    /// Once a process.
    package static func set(_ calls: Calls) {
        let memory = UnsafeMutablePointer<Calls>.allocate(capacity: 1)
        memory.initialize(to: calls)
        word.store(UInt(bitPattern: memory), ordering: .releasing)
    }

    /// Takes what has completed, if there is such a queue; whether there was something.
    package static func take(isLast: Bool = true) -> Bool { calls?.pointee.take(isLast) ?? false }
}

extension Arena {
    /// Notes that an event is told of requests: who waits for it may sleep at the queue.
    package func noteRequests(_ event: ObjectName) {
        let mark = object(event.index).isToldOfRequests
        if mark.pointee.load(ordering: .relaxed) == 0 { mark.pointee.store(1, ordering: .relaxed) }
    }

    /// Whether one of the objects that the waiter stands in line for is told of requests.
    func waitsForRequests(_ waiter: UInt32) -> Bool {
        guard CompletionQueue.calls != nil else { return false }
        var isFound = false
        forEachLink(of: waiter, upTo: self.waiter(waiter).count) { _, index in
            let record = object(link(index).pointee.object)
            let kind = Word(bits: record.pointee.word.load(ordering: .relaxed)).kind
            isFound = kind == .source || kind == .event && record.isToldOfRequests.pointee.load(ordering: .relaxed) != 0
            return !isFound
        }
        return isFound
    }

    /// As `park`, for a wait that a completion may end.
    func parkAtQueue(_ waiter: UInt32, until deadline: UInt64) {
        guard isLocal, let calls = CompletionQueue.calls, !Seam.isScheduled else {
            return park(waiter, until: deadline)
        }
        let place = calls.pointee.enter()
        guard place > 1 else {
            park(waiter, until: deadline)
            if place == 1 { calls.pointee.hasWoken() }
            return
        }
        expectMayBlock()
        var deadline = deadline
        let word = self.waiter(waiter)
        var isElsewhere = false
        if word.pointee.park.exchange(Parking.asleepAtQueue, ordering: .acquiringAndReleasing) != Parking.woken {
            while word.pointee.park.load(ordering: .acquiring) != Parking.woken {
                let error = calls.pointee.sleep(place, deadline)
                if word.pointee.park.load(ordering: .acquiring) == Parking.woken { break }
                if error == ECANCELED {
                    isElsewhere = true
                    break
                }
                if error == ETIMEDOUT {
                    if claim(waiter, .timedOut) != .lost { break }
                    deadline = .max  // another has won, and is about to wake us
                }
            }
        }
        calls.pointee.leave(place)
        if isElsewhere { park(waiter, until: deadline) }
    }
}
