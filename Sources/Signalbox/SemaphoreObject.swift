public import Dispatcher

/// A Win32 semaphore: a count of permits, of which each wait takes one.
///
/// ```swift
/// let uploads = SemaphoreObject(count: 4)
/// try await uploads.withPermits { try await upload(file) }
/// ```
///
/// Waits are served first in, first out.
public actor SemaphoreObject: NamedKernelObject {
    public static var kind: ObjectKind { .semaphore }
    public nonisolated let object: ObjectName
    /// Who needs several permits collects them alone: two that each had half would wait for each other for ever.
    private nonisolated let collecting = EventObject(signaled: true)

    /// - Parameters:
    ///   - count: permits at first.
    ///   - maximum: the most that there may be, at most 2³¹ - 1; nil: that.
    public init(count: Int, maximum: Int? = nil) {
        let (count, maximum) = SemaphoreObject.checked(count, maximum)
        object = Arena.forActor { arena throws(DispatcherError) in
            try arena.makeSemaphore(count: count, maximum: maximum, handles: 1)
        }
    }

    /// The semaphore of that name; made as the other parameters say if this process has none.
    ///
    /// - Throws: `ObjectNameError.otherKind` if an object of another kind has the name.
    public init(named name: String, count: Int, maximum: Int? = nil) throws(ObjectNameError) {
        let (count, maximum) = SemaphoreObject.checked(count, maximum)
        object = try Arena.openOrMake(name, .semaphore) { () throws(DispatcherError) in
            try Arena.prepared().makeSemaphore(count: count, maximum: maximum, handles: 1)
        }
    }

    public init(adopting object: ObjectName) { self.object = object }

    deinit { Arena.endActor(object) }

    private static func checked(_ count: Int, _ maximum: Int?) -> (UInt32, UInt32) {
        let maximum = maximum ?? Int(Int32.max)
        precondition(1...Int(Int32.max) ~= maximum, "a semaphore's maximum is 1 to 2³¹ - 1")
        precondition(0...maximum ~= count, "a semaphore's count is 0 to its maximum")
        return (UInt32(count), UInt32(maximum))
    }

    /// Adds permits. Never blocks.
    ///
    /// - Returns: how many there were.
    /// - Throws: `SemaphoreError.limitExceeded` if there would be more than the maximum; none was added then.
    @discardableResult
    public nonisolated func release(_ permits: Int = 1) throws(SemaphoreError) -> Int {
        precondition(permits > 0, "at least one permit is released")
        guard let permits = UInt32(exactly: permits) else { throw .limitExceeded }
        do {
            return Int(try Arena.local.releaseSemaphore(object, count: permits))
        } catch {
            throw .limitExceeded  // the actor keeps the object
        }
    }

    /// Permits at this moment.
    public nonisolated var count: Int { Int(Arena.local.semaphoreCount(object) ?? 0) }

    /// Waits for permits, runs `body`, and gives them back, however `body` ends.
    ///
    /// Several are taken one by one, as they come, by one caller of this actor at a time. Who needs more than there ever
    /// are waits for ever.
    ///
    /// - Parameters:
    ///   - permits: how many.
    ///   - timeout: for all of them; nil: for ever.
    ///   - body: runs while the permits are taken.
    /// - Throws: what `body` throws; `WaitError.timedOut`; `CancellationError` if the task was cancelled while it
    ///   waited. In these two cases `body` has not run, and what was taken was given back.
    public nonisolated(nonsending) func withPermits<R>(
        _ permits: Int = 1, timeout: Duration? = nil, _ body: () async throws -> R
    ) async throws -> R {
        precondition(permits > 0, "at least one permit is waited for")
        let deadline = timeout.map { Deadline.after($0) } ?? Deadline.never
        var taken = 0
        defer { if taken > 0 { _ = try? release(taken) } }  // full only if someone released what was not his
        if permits == 1 {
            try await take(object, until: deadline)
            taken = 1
        } else {
            try await take(collecting.object, until: deadline)
            defer { collecting.set() }
            while taken < permits {
                try await take(object, until: deadline)
                taken += 1
            }
        }
        return try await body()
    }

    private nonisolated(nonsending) func take(_ object: ObjectName, until deadline: UInt64) async throws {
        do {
            let end = try result(of: await Arena.local.suspend(on: object, until: deadline))
            if end == .timedOut { throw WaitError.timedOut }
        } catch {
            throw waitError(error)
        }
    }
}

/// What cannot be done with a semaphore.
public enum SemaphoreError: Error, Equatable, CustomStringConvertible {
    /// There would be more permits than the semaphore's maximum.
    case limitExceeded

    public var description: String { "the semaphore would have more permits than its maximum" }
}
