import Dispatcher

/// A lock for tasks, first come, first served. Who has it may take it again.
enum Turn {
    private struct State {
        var isTaken = false
        var queue: [CheckedContinuation<Void, Never>] = []
    }
    private static let state = Guarded(State())
    @TaskLocal private static var isMine = false

    nonisolated(nonsending) static func withTurn<R>(_ body: () async throws -> R) async rethrows -> R {
        if isMine { return try await body() }
        await take()
        defer { give() }
        return try await $isMine.withValue(true) { try await body() }
    }

    private static func take() async {
        await withCheckedContinuation { continuation in
            let isMine = state.withLock { state in
                if state.isTaken { state.queue.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isMine { continuation.resume() }
        }
    }

    private static func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.queue.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.queue.removeFirst()
        }
        next?.resume()
    }
}
