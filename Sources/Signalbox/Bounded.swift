import Dispatcher

/// How a call with a limit came out.
enum Bounded<Success: Sendable>: Sendable {
    case returned(Success)
    case threw(any Error)
    /// The limit was reached. The call's task was cancelled and left behind.
    case timedOut
    /// Another event came first. The call's task was cancelled and left behind.
    case interrupted

    private struct Race {
        var result: Result<Success, any Error>?
        var isLeft = false
    }

    /// A lock cannot be captured by a task; a class that holds one can.
    private final class Shared: Sendable {
        let race = Guarded(Race())
    }

    /// Calls `body` in a task of its own, and waits for its end for at most `limit`, or until one of
    /// `interruptions` is set.
    ///
    /// Swift cannot end a task that ignores its cancellation; such a one is left behind, with what it holds. `late` is
    /// called by it if it succeeds then. The calling task must not be cancelled. `lastProgress`: the limit counts from then.
    static func call(
        _ limit: Duration, unless interruptions: [EventObject] = [],
        lastProgress: @Sendable () -> ContinuousClock.Instant? = { nil },
        _ body: @escaping @Sendable () async throws -> Success,
        late: @escaping @Sendable (Success) async -> Void = { _ in }
    ) async -> Bounded {
        let (shared, hasEnded) = (Shared(), EventObject(.manual))
        let task = Task {
            let result: Result<Success, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            let isLate = shared.race.withLock { race in
                race.result = result
                return race.isLeft
            }
            hasEnded.set()
            if isLate, case .success(let value) = result { await late(value) }
        }
        var wait = try? await waitAny([hasEnded] + interruptions, timeout: limit)
        while wait == .timedOut, let last = lastProgress() {
            let left = limit - (.now - last)
            guard left > .zero else { break }
            wait = try? await waitAny([hasEnded] + interruptions, timeout: left)
        }
        let result = shared.race.withLock { race in
            race.isLeft = race.result == nil
            return race.result
        }
        switch result {
        case .success(let value): return .returned(value)
        case .failure(let error): return .threw(error)
        case nil:
            task.cancel()
            return wait == .timedOut ? .timedOut : .interrupted
        }
    }
}
