public import Testing

/// Suites that look for leaks run one at a time, whichever target they are in: what is counted belongs to the process.
///
/// `@Suite("...", .alone)` takes the turn, counts, runs the suite, waits (bounded) until the counts are back, and gives
/// the turn to the next.
public struct Alone: SuiteTrait, TestScoping {
    public let isRecursive = false

    public init() {}

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Turn.take()
        defer { Turn.give() }
        await Census.warmUp()
        let before = Census()
        try await function()
        if await !eventually({ Census().exceeding(before).isEmpty }) {
            Issue.record("\(test.name) left behind: \(Census().exceeding(before).joined(separator: ", "))")
        }
    }
}

extension Trait where Self == Alone {
    /// See ``Alone``.
    public static var alone: Alone { Alone() }
}
