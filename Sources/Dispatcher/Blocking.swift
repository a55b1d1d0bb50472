public import CLinux
import Glibc
import Synchronization

/// How a thread sleeps: on a futex of its own, so that a wake-up is one call for one thread.
enum Parking {
    static var awake: UInt32 { 0 }
    static var asleep: UInt32 { 1 }
    static var woken: UInt32 { 2 }
    /// At the queue of completions: see `CompletionQueue`.
    static var asleepAtQueue: UInt32 { 3 }
}

extension Arena {
    /// Blocks the calling thread until one object (or all) satisfies the wait, or CLOCK_MONOTONIC reads `deadline`; or,
    /// if it is `alertable`, until calls were queued to it and have run. `owner` gets the mutexes: the thread, if it is
    /// nil. `isLooked`: the caller has seen a moment ago that no object is signaled, and none is a port or a mutex.
    @available(*, noasync, message: "blocks the thread: await wait() instead")
    package func block(
        on names: Names, all: Bool = false, until deadline: UInt64, alertable: Bool = false, owner: Owner? = nil,
        isLooked: Bool = false
    ) throws(DispatcherError) -> Verdict {
        signalbox_enter()
        defer { signalbox_leave() }
        var kept = signalbox_kept(outer: nil, names: names.baseAddress, count: names.count)
        return try withUnsafeMutablePointer(to: &kept) { kept throws(DispatcherError) in
            try block(
                on: names, all: all, until: deadline, alertable: alertable, owner: owner, isLooked: isLooked, kept)
        }
    }

    private func block(
        on names: Names, all: Bool, until deadline: UInt64, alertable: Bool, owner: Owner?, isLooked: Bool,
        _ kept: UnsafeMutablePointer<signalbox_kept>
    ) throws(DispatcherError) -> Verdict {
        var isLooked = isLooked && deadline != Deadline.now
        var isKept = false
        defer { if isKept { dropKept(kept) } }
        while true {
            if isLocal { Threads.sleepWhileSuspended() }
            let taker = owner ?? threadOwner
            do {
                if !isLooked,
                    let verdict = try poll(names, all: all, owner: taker, isLast: deadline == Deadline.now)
                {
                    return verdict
                }
                isLooked = false
            } catch {
                guard error == .needsOwner, owner == nil, isLocal, taker == .none else { throw error }
                _ = try Threads.attach()
                continue
            }
            if deadline == Deadline.now { return alertable && Threads.runAPCs() ? .alerted : .timedOut }
            let verdict = try wait(for: owner, until: deadline, alertable: alertable, kept, isKept: &isKept) {
                waiter throws(DispatcherError) in
                if names.count == 1 { return try enterOne(waiter, names[0]) }
                let wait = begin(waiter)
                guard let verdict = try enter(waiter, wait: wait, all: all, names) else { return .inLine(wait) }
                return wasSuspended(waiter) ? .again : .ended(verdict)
            }
            if let verdict { return verdict }
        }
    }

    /// Blocks the calling thread until the object satisfies the wait, or CLOCK_MONOTONIC reads `deadline`.
    @available(*, noasync, message: "blocks the thread: await wait() instead")
    package func block(
        on name: ObjectName, until deadline: UInt64, alertable: Bool = false, owner: Owner? = nil
    ) throws(DispatcherError) -> Verdict {
        try withUnsafePointer(to: name) { name throws(DispatcherError) in
            try block(on: Names(start: name, count: 1), until: deadline, alertable: alertable, owner: owner)
        }
    }

    /// One wait of the calling thread, which `enter` puts into its queues. nil: the thread was suspended meanwhile, or
    /// the calls that ended the wait were withdrawn before they ran; the wait is to begin again. `isKept`: the thread
    /// refers to the objects, as it stands in no line that keeps them; the caller is to release them (`dropKept`).
    func wait(
        for owner: Owner?, until deadline: UInt64, alertable: Bool, _ kept: UnsafeMutablePointer<signalbox_kept>,
        isKept: inout Bool,
        _ enter: (UInt32) throws(DispatcherError) -> Entered
    ) throws(DispatcherError) -> Verdict? {
        let waiter = try ownWaiter()
        defer { releaseOwnWaiter(waiter) }
        self.waiter(waiter).owner = owner ?? threadOwner
        let wait: UInt32
        switch try enter(waiter) {
        case .ended(let verdict): return verdict
        case .again: return nil
        case .inLine(let number): wait = number
        }
        // queued or suspended before anyone could know of this wait?
        if let end = isLocal ? Threads.endBeforeSleep(wait, alertable) : nil, claim(waiter, end) != .lost {
            // nobody is to be woken
        } else {
            let (place, began) = (leavePort(), beginOfSleep)
            if alertable || waitsForRequests(waiter) {
                parkAtQueue(waiter, until: deadline)
            } else {
                park(waiter, until: deadline)
            }
            noteSleep(of: waiter, since: began)
            comeBack(to: place)
        }
        if !isKept && mayBeginAgain(waiter) {
            keepObjects(of: waiter)
            isKept = true
            kept.pointee.outer = signalbox_thread().pointee.kept
            signalbox_thread().pointee.kept = kept
        }
        let verdict = leave(waiter)
        return verdict == .alerted && !Threads.runAPCs() ? nil : verdict
    }

    /// Releases what the innermost wait that keeps objects has kept.
    func dropKept(_ kept: UnsafeMutablePointer<signalbox_kept>) {
        signalbox_thread().pointee.kept = kept.pointee.outer
        Arena.releaseKept(kept, in: self)
    }

    static func releaseKept(_ kept: UnsafeMutablePointer<signalbox_kept>, in arena: Arena) {
        let names = kept.pointee.names?.assumingMemoryBound(to: ObjectName.self)
        Names(start: names, count: kept.pointee.count).forEach { arena.release($0) }
    }

    /// Blocks the calling thread until CLOCK_MONOTONIC reads `deadline`, or calls have run. Returns whether they have.
    @available(*, noasync, message: "blocks the thread: await Task.sleep instead")
    @discardableResult
    package func sleep(until deadline: UInt64, alertable: Bool = false) -> Bool {
        if alertable {
            // A wait for nothing: it fails only when there is no record left for the thread's waiter.
            guard let verdict = try? block(on: Names(start: nil, count: 0), until: deadline, alertable: true) else {
                preconditionFailure("Signalbox has no record left for this thread's wait")
            }
            return verdict == .alerted
        }
        signalbox_enter()
        defer { signalbox_leave() }
        let place = leavePort()
        var word: UInt32 = 0
        while Seam.now < deadline {
            if Seam.sleep(until: deadline, { false }) == nil {
                let inside = signalbox_open()
                _ = signalbox_futex_wait(&word, 0, deadline, false)
                signalbox_close(inside)
            }
        }
        comeBack(to: place)
        return false
    }

    /// Before a thread sleeps.
    func expectMayBlock() {
        precondition(
            signalbox_thread().pointee.loop == 0,
            "a blocking wait on the event loop's thread would stall every actor of the loop: await instead")
        if Threads.reportsBlockedTasks.load(ordering: .acquiring) && signalbox_is_in_task() {
            Threads.reportBlockedTask?()
        }
    }

    /// Sleeps until the waiter is claimed by another, or claims it for the time-out.
    func park(_ waiter: UInt32, until deadline: UInt64) {
        expectMayBlock()
        let word = self.waiter(waiter)
        var deadline = deadline
        Seam.step()
        if word.pointee.park.exchange(Parking.asleep, ordering: .acquiringAndReleasing) == Parking.woken { return }
        while true {
            let error: Int32
            if let isReady = Seam.sleep(
                until: deadline, { word.pointee.park.load(ordering: .acquiring) == Parking.woken })
            {
                error = isReady ? 0 : ETIMEDOUT
            } else {
                error = signalbox_futex_wait(parkAddress(waiter), Parking.asleep, deadline, isShared)
            }
            if word.pointee.park.load(ordering: .acquiring) == Parking.woken { return }
            if error == ETIMEDOUT {
                if claim(waiter, .timedOut) != .lost { return }
                deadline = .max  // another has won, and is about to wake us
            }
        }
    }

    /// Wakes the thread or resumes the task whose wait the caller has claimed.
    func wake(_ waiter: UInt32) {
        Seam.step()
        let record = self.waiter(waiter)
        if record.continuation != 0 { return resume(waiter, record.continuation) }
        switch record.pointee.park.exchange(Parking.woken, ordering: .acquiringAndReleasing) {
        case Parking.asleep: signalbox_futex_wake(parkAddress(waiter), 1, isShared)
        // Who wakes itself has just taken the completion that ends its wait.
        case Parking.asleepAtQueue where waiter != signalbox_thread().pointee.waiter:
            CompletionQueue.calls?.pointee.wake()
        default: break
        }
    }

    private func parkAddress(_ waiter: UInt32) -> UnsafeMutableRawPointer { base + Int(waiter) * 64 + 8 }

    /// The calling thread as an owner; `.none` before its first wait, and in other arenas than the process's own.
    @inlinable package var threadOwner: Owner { isLocal ? Owner(index: signalbox_thread().pointee.waiter) : .none }

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
