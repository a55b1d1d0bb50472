import CLinux
import Synchronization

// Each async function has a frame of its own in the task's memory, and a task that waits keeps them all; the first
// kilobyte of that comes with the task. So the way to a suspension is short: what can be a plain function is one, and
// there is one async function that suspends.

extension Arena {
    /// Suspends the task until one object (or all) satisfies the wait, CLOCK_MONOTONIC reads `deadline`, or the task is
    /// cancelled; exactly one of them. Cancellation is looked at only if the wait must suspend. `owner` gets the mutexes.
    nonisolated(nonsending) package func suspend(
        on names: [ObjectName], all: Bool = false, until deadline: UInt64, owner: Owner = .none
    ) async throws(DispatcherError) -> Verdict {
        var ended: Verdict?
        let wait = try names.withNames { names throws(DispatcherError) in
            try lookOrBegin(names, all: all, until: deadline, owner, &ended)
        }
        if let ended { return ended }
        let end = await suspended(wait, until: deadline) {
            Result { () throws(DispatcherError) in
                try names.withNames { names throws(DispatcherError) in
                    try enter(wait.waiter, wait: wait.number, all: all, names)
                }
            }
        }
        return try finish(wait, end)
    }

    /// Suspends the task until the object satisfies the wait.
    nonisolated(nonsending) package func suspend(
        on name: ObjectName, until deadline: UInt64, owner: Owner = .none
    ) async throws(DispatcherError) -> Verdict {
        var ended: Verdict?
        let wait = try lookOrBegin(name, until: deadline, owner, &ended)
        if let ended { return ended }
        let end = await suspended(wait, until: deadline) {
            Result { () throws(DispatcherError) in
                try withUnsafePointer(to: name) { name throws(DispatcherError) in
                    try enter(wait.waiter, wait: wait.number, all: false, Names(start: name, count: 1))
                }
            }
        }
        return try finish(wait, end)
    }

    /// One wait of a task: its waiter, and the number that the waiter has for it.
    struct TaskWait {
        let waiter: UInt32
        let number: UInt32
        /// Both, as the cancellation handler is given them.
        var bits: UInt64 { UInt64(number) << 32 | UInt64(waiter) }
    }

    private func lookOrBegin(
        _ name: ObjectName, until deadline: UInt64, _ owner: Owner, _ ended: inout Verdict?
    ) throws(DispatcherError) -> TaskWait {
        try withUnsafePointer(to: name) { name throws(DispatcherError) in
            try lookOrBegin(Names(start: name, count: 1), all: false, until: deadline, owner, &ended)
        }
    }

    private func lookOrBegin(
        _ names: Names, all: Bool, until deadline: UInt64, _ owner: Owner, _ ended: inout Verdict?
    ) throws(DispatcherError) -> TaskWait {
        signalbox_enter()
        defer { signalbox_leave() }
        let isLast = deadline == Deadline.now
        ended = try poll(names, all: all, owner: owner, isLast: isLast)
        if ended == nil && isLast { ended = .timedOut }
        if ended != nil { return TaskWait(waiter: 0, number: 0) }
        let waiter = try allocateWaiter()
        self.waiter(waiter).owner = owner
        return TaskWait(waiter: waiter, number: begin(waiter))
    }

    private func finish(
        _ wait: TaskWait, _ end: Result<Verdict, DispatcherError>
    ) throws(DispatcherError) -> Verdict {
        signalbox_enter()
        defer { signalbox_leave() }
        deallocateWaiter(wait.waiter)
        return try end.get()
    }

    /// Suspends the task on a waiter that `enter` puts into its queues; how the wait ended.
    @inline(__always) nonisolated(nonsending) func suspended(
        _ wait: TaskWait, until deadline: UInt64, _ enter: () -> Result<Verdict?, DispatcherError>
    ) async -> Result<Verdict, DispatcherError> {
        // A continuation means nothing to another process, and the deadlines are those of this arena.
        precondition(isLocal, "a task waits for objects of its own process")
        var early: Result<Verdict, DispatcherError>?
        // What withTaskCancellationHandler is made of. It takes its body as an async closure, whose frames, and those of
        // the thunks around it, are larger than all else that a waiting task keeps.
        let began = beginOfSleep
        let cancellation = signalbox_add_cancellation_handler(cancelWait, wait.bits)
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            // One word, kept as such in the record: whoever claims the published waiter resumes it, once.
            self.waiter(wait.waiter).continuation = unsafeBitCast(continuation, to: UInt64.self)
            if deadline != Deadline.never { Deadlines.monotonic.arm(wait.waiter, wait: wait.number, at: deadline) }
            signalbox_enter()
            let entered = enter()
            signalbox_leave()
            switch entered {
            case .success(nil): return
            case .success(let verdict?): early = .success(verdict)
            case .failure(let error): early = .failure(error)
            }
            continuation.resume()
        }
        signalbox_remove_cancellation_handler(cancellation)
        if deadline != Deadline.never { Deadlines.monotonic.disarm(wait.waiter) }
        if early == nil { noteSleep(of: wait.waiter, since: began) }
        return early ?? .success(leaveLines(wait.waiter))
    }

    private func leaveLines(_ waiter: UInt32) -> Verdict {
        signalbox_enter()
        defer { signalbox_leave() }
        return leave(waiter)!  // a task is not suspended as a thread is
    }

    func resume(_ waiter: UInt32, _ continuation: UInt64) {
        if continuation & 1 != 0 { return tellEnd(of: waiter) }
        unsafeBitCast(continuation, to: UnsafeContinuation<Void, Never>.self).resume()
    }
}

private func cancelWait(_ bits: UInt64) {
    let waiter = UInt32(truncatingIfNeeded: bits)
    signalbox_enter()
    defer { signalbox_leave() }
    if Arena.local.claim(waiter, wait: UInt32(bits >> 32), .cancelled) == .wonWhileWaiting { Arena.local.wake(waiter) }
}

extension [ObjectName] {
    /// withUnsafeBufferPointer carries no typed error.
    fileprivate func withNames<R>(_ body: (Names) throws(DispatcherError) -> R) throws(DispatcherError) -> R {
        try withUnsafeBufferPointer { names in Result { () throws(DispatcherError) in try body(names) } }.get()
    }
}
