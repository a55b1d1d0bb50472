import CLinux
import Glibc
import Synchronization

/// How a thread sleeps: on a futex of its own, so that a wake-up is one call for one thread.
enum Parking {
    static var awake: UInt32 { 0 }
    static var asleep: UInt32 { 1 }
    static var woken: UInt32 { 2 }
}

extension Arena {
    /// Blocks the calling thread until one object (or all) satisfies the wait, or CLOCK_MONOTONIC reads `deadline`.
    @available(*, noasync, message: "blocks the thread: await wait() instead")
    package func block(on names: Names, all: Bool = false, until deadline: UInt64) throws(DispatcherError) -> Verdict {
        if let verdict = try poll(names, all: all) { return verdict }
        if deadline == Deadline.now { return .timedOut }
        let waiter = try ownWaiter()
        defer { releaseOwnWaiter(waiter) }
        if names.count == 1 {
            if try enterOne(waiter, names[0]) { return .satisfied(0) }
        } else {
            let wait = begin(waiter)
            if let verdict = try enter(waiter, wait: wait, all: all, names) { return verdict }
        }
        let place = leavePort()
        park(waiter, until: deadline)
        comeBack(to: place)
        return leave(waiter)
    }

    /// Blocks the calling thread until the object satisfies the wait, or CLOCK_MONOTONIC reads `deadline`.
    @available(*, noasync, message: "blocks the thread: await wait() instead")
    package func block(on name: ObjectName, until deadline: UInt64) throws(DispatcherError) -> Verdict {
        try withUnsafePointer(to: name) { name throws(DispatcherError) in
            try block(on: Names(start: name, count: 1), until: deadline)
        }
    }

    /// Blocks the calling thread until CLOCK_MONOTONIC reads `deadline`.
    @available(*, noasync, message: "blocks the thread: await Task.sleep instead")
    package func sleep(until deadline: UInt64) {
        let place = leavePort()
        var word: UInt32 = 0
        while signalbox_now() < deadline { _ = signalbox_futex_wait(&word, 0, deadline, false) }
        comeBack(to: place)
    }

    /// Sleeps until the waiter is claimed by another, or claims it for the time-out.
    func park(_ waiter: UInt32, until deadline: UInt64) {
        precondition(
            signalbox_thread().pointee.loop == 0,
            "a blocking wait on the event loop's thread would stall every actor of the loop: await instead")
        let word = self.waiter(waiter)
        var deadline = deadline
        if word.pointee.park.exchange(Parking.asleep, ordering: .acquiringAndReleasing) == Parking.woken { return }
        while true {
            let error = signalbox_futex_wait(parkAddress(waiter), Parking.asleep, deadline, isShared)
            if word.pointee.park.load(ordering: .acquiring) == Parking.woken { return }
            if error == ETIMEDOUT {
                if claim(waiter, .timedOut) != .lost { return }
                deadline = .max  // another has won, and is about to wake us
            }
        }
    }

    /// Wakes the thread or resumes the task whose wait the caller has claimed.
    func wake(_ waiter: UInt32) {
        let record = self.waiter(waiter)
        if record.continuation != 0 { return resume(record.continuation) }
        if record.pointee.park.exchange(Parking.woken, ordering: .acquiringAndReleasing) == Parking.asleep {
            signalbox_futex_wake(parkAddress(waiter), 1, isShared)
        }
    }

    private func parkAddress(_ waiter: UInt32) -> UnsafeMutableRawPointer { base + Int(waiter) * 64 + 8 }

    /// Whether this is the process's own arena.
    var isLocal: Bool { base == UnsafeMutableRawPointer(signalbox_arena_base()) }

    /// The calling thread's waiter: its own for life in the process's arena, borrowed for one wait in another.
    func ownWaiter() throws(DispatcherError) -> UInt32 {
        guard isLocal else { return try allocateWaiter() }
        let own = signalbox_thread().pointee.waiter
        return own != 0 ? own : try Threads.attach()
    }

    func releaseOwnWaiter(_ waiter: UInt32) {
        if !isLocal { deallocateWaiter(waiter) }
    }
}
