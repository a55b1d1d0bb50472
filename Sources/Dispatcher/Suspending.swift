import CLinux
import Synchronization

extension Arena {
    /// Suspends the task until one object (or all) satisfies the wait, CLOCK_MONOTONIC reads `deadline`, or the task is
    /// cancelled; exactly one of them. Cancellation is looked at only if the wait must suspend.
    nonisolated(nonsending) package func suspend<Names: RandomAccessCollection<ObjectName> & Sendable>(
        on names: Names, all: Bool = false, until deadline: UInt64
    ) async throws(DispatcherError) -> Verdict where Names.Index == Int {
        if let verdict = try poll(names, all: all) { return verdict }
        if deadline == Deadline.now { return .timedOut }
        let waiter = try allocateWaiter()
        defer { deallocateWaiter(waiter) }
        let wait = begin(waiter)
        return try await suspended(waiter, wait, until: deadline) { () throws(DispatcherError) in
            try enter(waiter, wait: wait, all: all, names)
        }
    }

    /// Suspends the task on a waiter that `enter` puts into its queues.
    nonisolated(nonsending) func suspended(
        _ waiter: UInt32, _ wait: UInt32, until deadline: UInt64,
        _ enter: () throws(DispatcherError) -> Verdict?
    ) async throws(DispatcherError) -> Verdict {
        var early: Result<Verdict, DispatcherError>?
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                // One word, kept as such in the record: whoever claims the published waiter resumes it, once.
                self.waiter(waiter).pointee.continuation = unsafeBitCast(continuation, to: UInt64.self)
                if deadline != Deadline.never { Deadlines.shared.arm(waiter, wait: wait, at: deadline) }
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
        if deadline != Deadline.never { Deadlines.shared.disarm(waiter) }
        return try early?.get() ?? leave(waiter)
    }

    func resume(_ continuation: UInt64) {
        unsafeBitCast(continuation, to: UnsafeContinuation<Void, Never>.self).resume()
    }
}
