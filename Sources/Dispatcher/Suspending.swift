import CLinux
import Synchronization

extension Arena {
    /// Suspends the task until one object (or all) satisfies the wait, CLOCK_MONOTONIC reads `deadline`, or the task is
    /// cancelled; exactly one of them. Cancellation is looked at only if the wait must suspend. `owner` gets the mutexes.
    nonisolated(nonsending) package func suspend(
        on names: [ObjectName], all: Bool = false, until deadline: UInt64, owner: Owner = .none
    ) async throws(DispatcherError) -> Verdict {
        try await suspend(until: deadline, all: all, owner) { body throws(DispatcherError) in
            // withUnsafeBufferPointer carries no typed error.
            try names.withUnsafeBufferPointer { names in Result { () throws(DispatcherError) in try body(names) } }
                .get()
        }
    }

    /// Suspends the task until the object satisfies the wait.
    nonisolated(nonsending) package func suspend(
        on name: ObjectName, until deadline: UInt64, owner: Owner = .none
    ) async throws(DispatcherError) -> Verdict {
        try await suspend(until: deadline, all: false, owner) { body throws(DispatcherError) in
            try withUnsafePointer(to: name) { name throws(DispatcherError) in try body(Names(start: name, count: 1)) }
        }
    }

    private nonisolated(nonsending) func suspend(
        until deadline: UInt64, all: Bool, _ owner: Owner,
        _ withNames: ((Names) throws(DispatcherError) -> Verdict?) throws(DispatcherError) -> Verdict?
    ) async throws(DispatcherError) -> Verdict {
        let isLast = deadline == Deadline.now
        let polled = try withNames { names throws(DispatcherError) in
            try poll(names, all: all, owner: owner, isLast: isLast)
        }
        if let polled { return polled }
        if isLast { return .timedOut }
        let waiter = try allocateWaiter()
        defer { deallocateWaiter(waiter) }
        self.waiter(waiter).owner = owner
        let wait = begin(waiter)
        return try await suspended(waiter, wait, until: deadline) { () throws(DispatcherError) in
            try withNames { names throws(DispatcherError) in try enter(waiter, wait: wait, all: all, names) }
        }
    }

    /// Suspends the task on a waiter that `enter` puts into its queues.
    nonisolated(nonsending) func suspended(
        _ waiter: UInt32, _ wait: UInt32, until deadline: UInt64,
        _ enter: () throws(DispatcherError) -> Verdict?
    ) async throws(DispatcherError) -> Verdict {
        // A continuation means nothing to another process, and the deadlines are those of this arena.
        precondition(isLocal, "a task waits for objects of its own process")
        var early: Result<Verdict, DispatcherError>?
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                // One word, kept as such in the record: whoever claims the published waiter resumes it, once.
                self.waiter(waiter).continuation = unsafeBitCast(continuation, to: UInt64.self)
                if deadline != Deadline.never { Deadlines.monotonic.arm(waiter, wait: wait, at: deadline) }
                do throws(DispatcherError) {
                    guard let verdict = try enter() else { return }
                    early = .success(verdict)
                } catch {
                    early = .failure(error)
                }
                continuation.resume()
            }
        } onCancel: {
            if claim(waiter, wait: wait, .cancelled) == .wonWhileWaiting { wake(waiter) }
        }
        if deadline != Deadline.never { Deadlines.monotonic.disarm(waiter) }
        return try early?.get() ?? leave(waiter)!  // a task is not suspended as a thread is
    }

    func resume(_ continuation: UInt64) {
        unsafeBitCast(continuation, to: UnsafeContinuation<Void, Never>.self).resume()
    }
}
