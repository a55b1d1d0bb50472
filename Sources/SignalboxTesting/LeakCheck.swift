public import Testing

/// Fails if a test or a suite leaves descriptors, threads or kernel objects behind.
///
/// ```swift
/// @Suite("The cache", .serialized, .leavesNothing)
/// struct CacheTests { … }
/// ```
///
/// What is counted belongs to the process, so what is checked runs alone among all that is checked, first come, first
/// served. Tests that are not checked must not run beside it: give all suites of a target the trait, and those with more
/// than one test `.serialized`. Within what is checked, another check may be nested.
///
/// Counted are open descriptors, threads, and the dispatcher's records: objects, waits and queued packets. Records are
/// counted in debug builds only. Not counted are what the process makes once and keeps, the task pool's threads, pipes
/// and timer descriptors, and up to 16 waits, for a thread of the task pool that has once blocked keeps one.
public struct LeakCheck: SuiteTrait, TestTrait, TestScoping {
    private let patience: Duration

    /// - Parameter patience: how long what ends by itself may take for it, as threads do, before it counts as left.
    public init(patience: Duration = .seconds(20)) { self.patience = patience }

    public var isRecursive: Bool { false }

    /// Runs `body` alone, and tells what it left behind, in words; nothing, if all is well.
    ///
    /// ```swift
    /// let left = try await LeakCheck().leftovers { try await Cache().fill() }
    /// #expect(left == [])
    /// ```
    ///
    /// - Throws: what `body` throws; then nothing is counted. A task that is cancelled while it waits for its turn waits
    ///   on.
    public nonisolated(nonsending) func leftovers(of body: () async throws -> Void) async rethrows -> [String] {
        try await Turn.withTurn {
            await Census.warmUp()
            let before = Census()
            try await body()
            let isClean = await eventually(within: patience) { Census().exceeding(before).isEmpty }
            return isClean ? [] : Census().exceeding(before)
        }
    }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let left = try await leftovers(of: function)
        if !left.isEmpty { Issue.record("\(test.name) left behind: \(left.joined(separator: ", "))") }
    }
}

extension Trait where Self == LeakCheck {
    /// See ``LeakCheck``.
    public static var leavesNothing: LeakCheck { LeakCheck() }
}
