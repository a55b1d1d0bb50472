import CLinux
import Synchronization

// Waits in which neither a thread nor a task sleeps. Such a wait has a waiter as any other, in the line of one object or
// of none (it is a timer then), and a deadline, if it has one. Whoever ends it tells the floor above, with no lock held,
// where he would wake a thread. The waiter goes with the wait: another wait has another one.

/// A registered wait, for as long as it has not ended.
package struct RegisteredWait: Equatable, Sendable {
    let waiter: UInt32
    let number: UInt32

    package init(waiter: UInt32, number: UInt32) { (self.waiter, self.number) = (waiter, number) }
}

/// When a wait times out.
package enum WaitLimit: Sendable {
    case never
    /// A point of CLOCK_MONOTONIC, in nanoseconds.
    case monotonic(UInt64)
    /// Nanoseconds since 1970: it follows when the clock is set.
    case realtime(UInt64)
}

extension WaiterRecord {
    // What a registered wait keeps where others have a port's packet: the clock that may end it.
    static var monotonic: UInt32 { 1 }
    static var realtime: UInt32 { 2 }
}

extension Arena {
    package enum Registration: Equatable, Sendable {
        case waiting(RegisteredWait)
        /// It has ended, and nobody is told: the object was signaled, or the time had come.
        case ended(timedOut: Bool)
    }

    /// Told how a wait has ended, by the one who ended it, while he cannot be stopped. Set once, before the first is registered; the waits publish
    /// it.
    package nonisolated(unsafe) static var waitEnded:
        (@convention(c) (_ context: UInt, _ waiter: UInt32, _ number: UInt32, _ timedOut: Bool) -> Void)?

    /// Waits for the object (or none), once. `context`: an even number that is the caller's own. Mutexes are refused, for
    /// nobody would own them (`needsOwner`).
    package func register(
        on name: ObjectName, until limit: WaitLimit, context: UInt
    ) throws(DispatcherError) -> Registration {
        signalbox_enter()
        defer { signalbox_leave() }
        precondition(isLocal, "the deadlines are those of this process's own arena")
        precondition(context & 1 == 0, "the lowest bit tells the context from a task")
        signalbox_enter()
        defer { signalbox_leave() }
        return try withUnsafePointer(to: name) { name throws(DispatcherError) in
            let names = Names(start: name, count: name.pointee == .none ? 0 : 1)
            if names.count > 0, try poll(names, all: false, owner: .none, isLast: false) != nil {
                return .ended(timedOut: false)
            }
            let waiter = try allocateWaiter()
            self.waiter(waiter).continuation = UInt64(context) | 1
            let number = begin(waiter)
            // Before the wait is published: afterwards it may have ended, and the waiter be another's.
            switch limit {
            case .never: break
            case .monotonic(let deadline):
                self.waiter(waiter).packet = WaiterRecord.monotonic
                Deadlines.monotonic.arm(waiter, wait: number, at: deadline)
            case .realtime(let deadline):
                self.waiter(waiter).packet = WaiterRecord.realtime
                Deadlines.realtime.arm(waiter, wait: number, at: deadline)
            }
            do throws(DispatcherError) {
                let isInLine =
                    try names.count == 0
                    ? publish(waiter, wait: number) : enter(waiter, wait: number, all: false, names) == nil
                if isInLine { return .waiting(RegisteredWait(waiter: waiter, number: number)) }
            } catch {
                disarm(waiter)
                deallocateWaiter(waiter)
                throw error
            }
            return .ended(timedOut: finish(waiter, isInLine: false) == .timedOut)
        }
    }

    /// Ends the wait; nothing was taken, and nobody is told. Returns its context. nil: it has ended otherwise, and that
    /// is told.
    package func cancel(_ wait: RegisteredWait) -> UInt? {
        signalbox_enter()
        defer { signalbox_leave() }
        guard claim(wait.waiter, wait: wait.number, .cancelled) != .lost else { return nil }
        let context = UInt(waiter(wait.waiter).continuation & ~1)
        _ = finish(wait.waiter)
        return context
    }

    /// The calling thread has ended the wait.
    func tellEnd(of waiter: UInt32) {
        signalbox_enter()
        defer { signalbox_leave() }
        let context = UInt(self.waiter(waiter).continuation & ~1)
        let number = Claim(bits: self.waiter(waiter).pointee.claim.load(ordering: .relaxed)).wait
        Arena.waitEnded?(context, waiter, number, finish(waiter) == .timedOut)
    }

    private func finish(_ waiter: UInt32, isInLine: Bool = true) -> Verdict {
        disarm(waiter)
        let verdict = verdict(waiter)
        if isInLine { _ = leave(waiter) }
        deallocateWaiter(waiter)
        return verdict
    }

    private func disarm(_ waiter: UInt32) {
        switch self.waiter(waiter).packet {
        case WaiterRecord.monotonic: Deadlines.monotonic.disarm(waiter)
        case WaiterRecord.realtime: Deadlines.realtime.disarm(waiter)
        default: break
        }
    }
}
