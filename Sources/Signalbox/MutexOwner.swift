import Dispatcher
import Synchronization

/// Who owns mutexes in the async world, where a thread is nobody: a token that a task has for as long as it likes.
///
/// What an owner has it may acquire again (`MutexObject.acquire`), and must release as often. A token that is dropped
/// while it owns a mutex abandons it: whoever gets the mutex next is told. A token does one thing at a time.
///
/// ```swift
/// let owner = MutexOwner()
/// switch try await waitAll([ledger, journal], for: owner, timeout: .seconds(1)) {
/// case .satisfied, .abandoned:
///     defer { try? ledger.release(by: owner); try? journal.release(by: owner) }
///     …
/// case .timedOut: break
/// }
/// ```
public struct MutexOwner: ~Copyable {
    let owner: Owner
    private let isBusy = Atomic(false)

    /// Makes a token that owns nothing.
    public init() { owner = MutexOwner.make() }

    deinit { Arena.local.releaseOwner(owner) }

    static func make() -> Owner {
        do {
            return try Arena.prepared().makeOwner()
        } catch {
            fatalError(WaitError.outOfRecords.description)
        }
    }

    /// Marks the token as busy: the dispatcher relies on it that an owner does one thing at a time.
    borrowing func begin() {
        precondition(!isBusy.exchange(true, ordering: .acquiring), "a MutexOwner is used by two tasks at once")
    }
    borrowing func end() { isBusy.store(false, ordering: .releasing) }
}

/// The owner of what a task has by `withLock`, so that it may do so again within. It is the task's alone: a child task,
/// which inherits the value, has another identity.
final class TaskOwner: Sendable {
    let owner = MutexOwner.make()
    private let task = TaskOwner.currentTask

    deinit { Arena.local.releaseOwner(owner) }

    @TaskLocal private static var inherited: TaskOwner?

    private static var currentTask: UInt {
        // Only compared with, and only while the task that it was read from is in `withLock`.
        withUnsafeCurrentTask { task in task.map { unsafeBitCast($0, to: UInt.self) } ?? 0 }
    }

    /// Runs `body` with the owner of the current task, the one that there is or one for this call.
    nonisolated(nonsending) static func withCurrent<R>(_ body: (Owner) async throws -> R) async rethrows -> R {
        if let own = inherited, own.task == currentTask { return try await body(own.owner) }
        let own = TaskOwner()
        return try await $inherited.withValue(own) { try await body(own.owner) }
    }
}
