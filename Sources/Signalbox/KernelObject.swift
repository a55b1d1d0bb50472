public import Dispatcher

/// What can be waited for: an actor that wraps one object of the dispatcher.
///
/// Signal state is reached without a hop: `set`, `reset` and the waits are `nonisolated`. What an actor isolates is
/// what really has a sequence. The object lives as long as the actor, a handle to it, or a wait for it.
public protocol KernelObject: Actor {
    /// The object's name in the dispatcher.
    nonisolated var object: ObjectName { get }
}

/// How a wait for several objects ended.
public enum WaitResult: Equatable, Sendable {
    /// The object at this index satisfied the wait; for all: index 0.
    case satisfied(Int)
    /// As `satisfied`, by an object that its owner left behind.
    case abandoned(Int)
    /// The time was over first; nothing was taken.
    case timedOut
}

/// Why a wait could not begin.
public enum WaitError: Error, Equatable, CustomStringConvertible {
    /// A wait for all lists the object at this index twice.
    case duplicateObject(Int)
    /// There is nothing to wait for.
    case noObjects
    /// A mutex is waited for on nobody's behalf: `MutexObject.withLock`, or a `MutexOwner`, says whose it is to be.
    case needsOwner
    /// The time was over before what a scoped call needs was there; its body has not run.
    case timedOut
    /// 16 million objects and waits are alive.
    case outOfRecords

    public var description: String {
        switch self {
        case .duplicateObject(let index): "the object at index \(index) is listed twice: a wait for all takes each once"
        case .noObjects: "a wait needs at least one object"
        case .needsOwner: "a task that waits for a mutex says for whom: use withLock, or a MutexOwner"
        case .timedOut: "the time was over first"
        case .outOfRecords: "16 million objects and waits are alive; is something leaking them?"
        }
    }
}

extension KernelObject {
    /// Waits until the object is signaled, and takes what a wait takes (an automatic-reset event's signal).
    ///
    /// - Throws: `CancellationError` if the task was cancelled first. Then nothing was taken; a wait that was satisfied
    ///   returns, even if the task is cancelled by then.
    public nonisolated(nonsending) func wait() async throws {
        if Arena.local.tryWait(object, .none) { return }
        do {
            _ = try result(of: await Arena.local.suspend(on: object, until: Deadline.never))
        } catch {
            throw waitError(error)
        }
    }

    /// Waits until the object is signaled, for at most `timeout` on the monotonic clock.
    ///
    /// - Returns: whether it was signaled in time. A timeout of zero or less only looks.
    /// - Throws: `CancellationError` if the task was cancelled first.
    public nonisolated(nonsending) func wait(timeout: Duration) async throws -> Bool {
        do {
            return try result(of: await Arena.local.suspend(on: object, until: Deadline.after(timeout))) != .timedOut
        } catch {
            throw waitError(error)
        }
    }

    /// Waits until the object is signaled, or the clock reads `deadline`; time in which the machine sleeps does not
    /// count. See ``wait(timeout:)``.
    public nonisolated(nonsending) func wait(until deadline: SuspendingClock.Instant) async throws -> Bool {
        try await wait(timeout: SuspendingClock.now.duration(to: deadline))
    }

    /// Waits until the object is signaled, or `deadline` has come. How long that is is looked at when the wait begins:
    /// if the machine sleeps meanwhile, the wait lasts that much longer. See ``wait(timeout:)``.
    public nonisolated(nonsending) func wait(until deadline: ContinuousClock.Instant) async throws -> Bool {
        try await wait(timeout: ContinuousClock.now.duration(to: deadline))
    }
}

/// Waits until one of the objects is signaled; the first in the list if several are.
///
/// - Returns: the index of the object that satisfied the wait: it alone was taken from.
/// - Throws: `CancellationError` if the task was cancelled first.
public nonisolated(nonsending) func waitAny(_ objects: any KernelObject..., timeout: Duration? = nil) async throws
    -> WaitResult
{
    try await waitAny(objects, timeout: timeout)
}

/// Waits until one of the objects is signaled; the first in the list if several are.

/// See ``waitAny(_:timeout:)-(KernelObject...,_)``.
public nonisolated(nonsending) func waitAny(_ objects: [any KernelObject], timeout: Duration? = nil) async throws
    -> WaitResult
{
    try await wait(objects, all: false, timeout)
}

/// Waits until all of the objects are signaled at one moment, and takes from all of them in that moment. Until then,
/// nothing is taken from any.
///
/// - Throws: `CancellationError` if the task was cancelled first; `WaitError.duplicateObject`.
public nonisolated(nonsending) func waitAll(_ objects: any KernelObject..., timeout: Duration? = nil) async throws
    -> WaitResult
{
    try await waitAll(objects, timeout: timeout)
}

/// Waits until all of the objects are signaled at one moment. See ``waitAll(_:timeout:)-(KernelObject...,_)``.
public nonisolated(nonsending) func waitAll(_ objects: [any KernelObject], timeout: Duration? = nil) async throws
    -> WaitResult
{
    try await wait(objects, all: true, timeout)
}

// ---- what these share

nonisolated(nonsending) func wait(
    _ objects: [any KernelObject], all: Bool, _ timeout: Duration?, _ owner: Owner = .none
) async throws -> WaitResult {
    guard !objects.isEmpty else { throw WaitError.noObjects }
    defer { withExtendedLifetime(objects) {} }
    let deadline = timeout.map { Deadline.after($0) } ?? Deadline.never
    do {
        let names = objects.map(\.object)
        return try result(of: await Arena.local.suspend(on: names, all: all, until: deadline, owner: owner))
    } catch {
        throw waitError(error)
    }
}

/// A wait's verdict as its caller sees it.
func result(of verdict: Verdict) throws -> WaitResult {
    switch verdict {
    case .satisfied(let index): return .satisfied(index)
    case .abandoned(let index): return .abandoned(index)
    case .timedOut: return .timedOut
    case .cancelled: throw CancellationError()
    case .alerted: preconditionFailure("a task has no APCs")
    }
}

/// Why a wait could not begin, as its caller sees it.
func waitError(_ error: any Error) -> any Error {
    switch error {
    case DispatcherError.duplicateObject(let index): return WaitError.duplicateObject(index)
    case DispatcherError.outOfRecords: return WaitError.outOfRecords
    case DispatcherError.needsOwner: return WaitError.needsOwner
    case DispatcherError.limitExceeded: return MutexError.tooManyLevels
    case let error as DispatcherError:
        // The actors that the caller holds keep their objects.
        preconditionFailure("an object was gone before its actor: \(error)")
    default: return error
    }
}

extension Deadline {
    /// `duration` from now, in CLOCK_MONOTONIC's nanoseconds; `now` if it is zero or less.
    package static func after(_ duration: Duration) -> UInt64 {
        guard duration > .zero else { return Deadline.now }
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return Deadline.never }
        // Rounded up: a wait never ends early.
        let (sum, tooFar) = whole.addingReportingOverflow(UInt64((attoseconds + 999_999_999) / 1_000_000_000))
        return tooFar ? Deadline.never : Deadline.after(nanoseconds: sum)
    }
}

extension Arena {
    /// An object for an actor, which cannot go on without one; the actor counts as a handle.
    static func makeObject(
        _ kind: ObjectKind, signaled: Bool = false, manualReset: Bool = false
    ) -> ObjectName {
        forActor { arena throws(DispatcherError) in
            try arena.makeObject(kind, signaled: signaled, manualReset: manualReset, handles: 1)
        }
    }

    static func forActor(_ make: (Arena) throws(DispatcherError) -> ObjectName) -> ObjectName {
        do {
            return try make(Arena.prepared())
        } catch {
            fatalError(WaitError.outOfRecords.description)
        }
    }
}
