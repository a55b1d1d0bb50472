import Dispatcher
import Logging

/// Decides, at each tick of the loop's timer, whether the service makes progress.
///
/// Canaries fly when the last ones are back; as long as one is missing, nothing is told to the service manager.
final class Watchdog: Sendable {
    private struct State {
        var missing: [TaskPriority.RawValue: Int] = [:]
    }
    private let state = Guarded(State())
    private let bands: [TaskPriority]
    private let logger: Logger
    private let send: @Sendable () -> Void

    init(
        bands: [TaskPriority], logger: Logger,
        send: @escaping @Sendable () -> Void
    ) {
        self.bands = bands
        self.logger = logger
        self.send = send
    }

    /// Runs on the loop: that it does is the loop's own proof.
    func tick() {
        let (isAlive, late) = state.withLock { state -> (Bool, [TaskPriority]) in
            for band in state.missing.keys { state.missing[band]! += 1 }
            // Said once, when half of the time is gone.
            return (
                state.missing.isEmpty, state.missing.filter { $0.value == 2 }.map { TaskPriority(rawValue: $0.key) }
            )
        }
        for band in late {
            logger.error(
                "no task of priority \(band) has run for half of the watchdog's time: do tasks spin or block on all threads?"
            )
        }
        guard isAlive else { return }
        send()
        state.withLock { state in
            for band in bands { state.missing[band.rawValue] = 0 }
        }
        for band in bands {
            Task.detached(priority: band) { self.returned(band) }
        }
    }

    private func returned(_ band: TaskPriority) { state.withLock { _ = $0.missing.removeValue(forKey: band.rawValue) } }
}
