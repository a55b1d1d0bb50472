public import Dispatcher

/// A Win32 mutex: owned by one thread or task at a time, more than once if it likes, and known to be abandoned when its
/// owner has gone without releasing it.
///
/// ```swift
/// let ledger = MutexObject()
/// try await ledger.withLock { wasAbandoned in
///     if wasAbandoned { try repair() }
///     try await book(entry)
/// }
/// ```
///
/// Waits are served first in, first out. A mutex may be held across an `await`; the tasks of an actor interleave there,
/// which a mutex keeps out and the actor does not.
public actor MutexObject: NamedKernelObject {
    public static var kind: ObjectKind { .mutex }
    public nonisolated let object: ObjectName

    /// A mutex that nobody owns.
    public init() {
        object = Arena.forActor { arena throws(DispatcherError) in try arena.makeMutex(handles: 1) }
    }

    /// The mutex of that name; a new one that nobody owns if this process has none.
    ///
    /// - Throws: `ObjectNameError.otherKind` if an object of another kind has the name.
    public init(named name: String) throws(ObjectNameError) {
        object = try Arena.openOrMake(name, .mutex) { () throws(DispatcherError) in
            try Arena.prepared().makeMutex(handles: 1)
        }
    }

    public init(adopting object: ObjectName) { self.object = object }

    deinit { Arena.endActor(object) }

    /// Waits for the mutex, runs `body` while the task owns it, and releases it, however `body` ends. Within `body` the
    /// same task may do so again; its child tasks wait as strangers do.
    ///
    /// - Parameters:
    ///   - timeout: nil: for ever.
    ///   - body: is told whether the last owner abandoned the mutex, and what it guards may be half changed.
    /// - Throws: what `body` throws; `WaitError.timedOut`; `CancellationError` if the task was cancelled while it
    ///   waited. In these two cases `body` has not run.
    public nonisolated(nonsending) func withLock<R>(
        timeout: Duration? = nil, _ body: (_ wasAbandoned: Bool) async throws -> R
    ) async throws -> R {
        try await TaskOwner.withCurrent { owner in
            let result = try await acquire(for: owner, timeout)
            if result == .timedOut { throw WaitError.timedOut }
            defer { try! Arena.local.releaseMutex(object, owner: owner) }  // it was acquired just now
            return try await body(result == .abandoned(0))
        }
    }

    /// Waits until `owner` has the mutex; at once if it has it already.
    ///
    /// - Parameters:
    ///   - owner: whose the mutex is to be.
    ///   - timeout: nil: for ever; zero or less: only looks.
    /// - Returns: `.satisfied(0)`; `.abandoned(0)` if it is the owner's, and the last one abandoned it; `.timedOut`.
    /// - Throws: `CancellationError` if the task was cancelled first; `MutexError.tooManyLevels`.
    public nonisolated(nonsending) func acquire(
        by owner: borrowing MutexOwner, timeout: Duration? = nil
    ) async throws -> WaitResult {
        owner.begin()
        defer { owner.end() }
        return try await acquire(for: owner.owner, timeout)
    }

    /// Gives the mutex back once; with the last time, the next in line gets it. Never blocks.
    ///
    /// - Throws: `MutexError.notOwner`.
    public nonisolated func release(by owner: borrowing MutexOwner) throws(MutexError) {
        owner.begin()
        defer { owner.end() }
        do {
            try Arena.local.releaseMutex(object, owner: owner.owner)
        } catch {
            throw .notOwner  // the actor keeps the object
        }
    }

    /// Whether somebody owns the mutex at this moment.
    public nonisolated var isOwned: Bool { Arena.local.word(object).isOwned }

    private nonisolated(nonsending) func acquire(for owner: Owner, _ timeout: Duration?) async throws -> WaitResult {
        let deadline = timeout.map { Deadline.after($0) } ?? Deadline.never
        do {
            return try result(of: await Arena.local.suspend(on: object, until: deadline, owner: owner))
        } catch {
            throw waitError(error)
        }
    }
}

/// What an owner cannot do with a mutex.
public enum MutexError: Error, Equatable, CustomStringConvertible {
    /// The mutex is not this owner's.
    case notOwner
    /// The owner has the mutex two thousand million times.
    case tooManyLevels

    public var description: String {
        switch self {
        case .notOwner: "the mutex is not owned by the one that releases it"
        case .tooManyLevels: "the mutex was acquired more often than can be counted"
        }
    }
}

/// Waits until one of the objects is signaled, mutexes among them, which `owner` gets.

/// See ``waitAny(_:timeout:)-(KernelObject...,_)``.
public nonisolated(nonsending) func waitAny(
    _ objects: [any KernelObject], for owner: borrowing MutexOwner, timeout: Duration? = nil
) async throws -> WaitResult {
    owner.begin()
    defer { owner.end() }
    return try await wait(objects, all: false, timeout, owner.owner)
}

/// Waits until all of the objects are signaled at one moment, mutexes among them, which `owner` gets.
///
/// - Returns: `.abandoned(0)` if a mutex was abandoned. See ``waitAll(_:timeout:)-(KernelObject...,_)``.
public nonisolated(nonsending) func waitAll(
    _ objects: [any KernelObject], for owner: borrowing MutexOwner, timeout: Duration? = nil
) async throws -> WaitResult {
    owner.begin()
    defer { owner.end() }
    return try await wait(objects, all: true, timeout, owner.owner)
}
