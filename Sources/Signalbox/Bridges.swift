import CLinux
import Dispatcher

// From tasks to threads that may block, and back.

extension ThreadObject {
    /// Runs a function that may block on a thread of its own, and awaits it: the task pool, which has few threads, is
    /// left alone.
    ///
    /// ```swift
    /// let image = try await ThreadObject.run(name: "decode") { _ in try decodeSlowly(data) }
    /// ```
    ///
    /// Returns when the function has returned, cancelled or not: a function that can end early is told by `stop`, which
    /// is set when the task is cancelled, and which its blocking waits can be for.
    ///
    /// - Parameters:
    ///   - name: shown by `ps -L` and debuggers; Linux keeps the first 15 bytes.
    ///   - stackSize: in bytes; rounded up to 64 KiB.
    ///   - body: runs on the thread.
    /// - Throws: what `body` throws; `ThreadError` if the kernel gives no more threads.
    public static nonisolated(nonsending) func run<R: Sendable>(
        name: String? = nil, stackSize: Int = 1 << 20, _ body: @escaping @Sendable (_ stop: StopEvent) throws -> R
    ) async throws -> R {
        let stop = StopEvent()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    let thread = try ThreadObject.start(name: name, stackSize: stackSize) {
                        continuation.resume(with: Result { try body(stop) })
                        return 0
                    }
                    Arena.local.release(thread)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            stop.set()
        }
    }

    /// Blocks the calling thread until `body`, which runs in a task of its own, has returned. Meanwhile the thread runs
    /// the asynchronous procedure calls that are queued to it, if it waits alertably.
    ///
    /// Traps on the thread of an event loop; on a thread that runs tasks it is reported, see `BlockedTasks`.
    ///
    /// - Parameters:
    ///   - alertable: whether the calls queued to the thread run meanwhile.
    ///   - stop: if it is set first, the task is cancelled; its end is waited for all the same.
    ///   - body: runs in a detached task.
    /// - Throws: what `body` throws.
    @available(*, noasync, message: "blocks the thread: await what body does instead")
    public static func block<R: Sendable>(
        alertable: Bool = true, stop: StopEvent? = nil, on body: @escaping @Sendable () async throws -> R
    ) throws -> R {
        let result = Guarded<Result<R, any Error>?>(nil)
        let isDone = EventObject(.manual)
        let task = Task.detached {
            let ended: Result<R, any Error>
            do { ended = .success(try await body()) } catch { ended = .failure(error) }
            result.withLock { $0 = ended }
            isDone.set()
        }
        var objects = [isDone.object]
        if let stop { objects.append(stop.object) }
        while true {
            let verdict = try objects.withUnsafeBufferPointer { objects in
                try Arena.local.block(
                    on: Names(start: objects.baseAddress, count: objects.count), until: Deadline.never,
                    alertable: alertable)
            }
            switch verdict {
            case .satisfied(0):
                withExtendedLifetime((isDone, stop)) {}
                return try result.withLock { $0! }.get()
            case .satisfied:
                task.cancel()
                objects.removeLast()
            default: continue  // calls have run
            }
        }
    }
}
