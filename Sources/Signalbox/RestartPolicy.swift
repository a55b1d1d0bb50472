/// What a host does with a plugin whose `run` fails, or returns before the shutdown.
///
/// A policy is a value. Its ``State`` decides; it has no clock and does nothing itself, so that each decision can be
/// tested alone.
public enum RestartPolicy: Sendable, Equatable {
    /// The plugin is stopped, and those that depend on it before it; the host's others go on.
    case stop
    /// The host stops all plugins and ends with the error.
    case escalate
    /// The plugin is stopped and started again. Those that depend on it go on meanwhile: they find gone what it
    /// provides, and then find it again. A plugin of which a start or stop was left behind at its limit is not started
    /// again, for two of its lives must not meet: that is beyond, too.
    case restart(backoff: Backoff = .exponential(), intensity: Intensity = Intensity(), beyond: Beyond = .escalate)

    /// What is done when restarts have become too many.
    public enum Beyond: Sendable, Equatable {
        /// As ``RestartPolicy/stop``.
        case stop
        /// As ``RestartPolicy/escalate``.
        case escalate
    }

    /// At most so many restarts within a period; the next failure in it is beyond.
    public struct Intensity: Sendable, Equatable {
        /// How many restarts there may be within the period.
        public var restarts: Int
        /// The time over which restarts are counted.
        public var period: Duration

        /// Five restarts a minute, unless told otherwise.
        public init(_ restarts: Int = 5, within period: Duration = .seconds(60)) {
            precondition(restarts >= 0 && period > .zero, "an intensity needs a number of restarts and a period")
            (self.restarts, self.period) = (restarts, period)
        }
    }

    /// How long a restart waits: `initial` the first time, and `factor` times as long each further time within the
    /// period of the intensity, but never longer than `maximum`.
    public struct Backoff: Sendable, Equatable {
        /// The delay before the first restart.
        public var initial: Duration
        /// By what each delay is multiplied for the next.
        public var factor: Int
        /// The longest delay.
        public var maximum: Duration

        /// Restarts at once.
        public static let none = Backoff.constant(.zero)

        /// Waits the same time before each restart.
        public static func constant(_ delay: Duration) -> Backoff {
            Backoff(initial: delay, factor: 1, maximum: delay)
        }

        /// Waits longer before each restart.
        public static func exponential(
            initial: Duration = .milliseconds(100), factor: Int = 2, maximum: Duration = .seconds(30)
        ) -> Backoff {
            Backoff(initial: initial, factor: factor, maximum: maximum)
        }

        private init(initial: Duration, factor: Int, maximum: Duration) {
            precondition(initial >= .zero && factor >= 1 && maximum >= initial, "a backoff grows up to its maximum")
            (self.initial, self.factor, self.maximum) = (initial, factor, maximum)
        }

        /// The delay before the `number`th restart, counted from 1.
        public func delay(before number: Int) -> Duration {
            var delay = initial
            guard factor > 1, delay > .zero else { return delay }
            // Compared before multiplying: no number of restarts overflows.
            for _ in 1..<max(1, number) {
                if delay >= maximum / factor { return maximum }
                delay *= factor
            }
            return delay
        }
    }

    /// What is to be done about a failure.
    public enum Action: Sendable, Equatable {
        /// The plugin is to be stopped, and started again after the delay.
        case restart(after: Duration)
        /// The plugin is to be stopped.
        case stop
        /// The host is to end.
        case escalate
    }

    /// The failures of one plugin, as its policy sees them.
    public struct State: Sendable, Equatable {
        /// What the decisions follow.
        public let policy: RestartPolicy
        /// When the restarts of the last period were decided, oldest first.
        private var recent: [Duration] = []

        /// No failures yet.
        public init(_ policy: RestartPolicy) { self.policy = policy }

        /// What is done about a failure when the plugin must not be restarted.
        public var beyond: Action {
            switch policy {
            case .stop, .restart(_, _, beyond: .stop): .stop
            case .escalate, .restart(_, _, beyond: .escalate): .escalate
            }
        }

        /// Decides about a failure, and remembers the restart if it is one.
        ///
        /// - Parameter now: the time since any fixed moment; it must not go backwards.
        public mutating func failed(at now: Duration) -> Action {
            switch policy {
            case .stop: return .stop
            case .escalate: return .escalate
            case .restart(let backoff, let intensity, _):
                recent.removeAll { now - $0 >= intensity.period }
                guard recent.count < intensity.restarts else { return beyond }
                recent.append(now)
                return .restart(after: backoff.delay(before: recent.count))
            }
        }
    }
}
