/// How a plugin is, as it says itself.
public enum Health: Sendable, Equatable {
    /// All is well.
    case healthy
    /// It works, but not as it should; the text says what is amiss.
    case degraded(String)
    /// It does not work; the text says why. The host reports this, and does no more: a plugin that wants to be
    /// restarted throws from `run`.
    case failed(String)
    /// It did not say in time. Given by the host, not by plugins.
    case unresponsive
}

/// Where a plugin is in its life.
public enum PluginState: Sendable, Equatable {
    /// Its turn to start has not come.
    case waiting
    /// Its `start` runs.
    case starting
    /// It has started, and its `run` goes on.
    case running
    /// It failed, and is being stopped, waited for, or started again.
    case restarting
    /// Its `stop` runs, or what it runs is being ended.
    case stopping
    /// It was stopped: by the host's end, or with a plugin that it depends on.
    case stopped
    /// It did not start, or was stopped by its restart policy.
    case failed
}

/// What a host knows of one plugin, at one moment.
public struct PluginReport: Sendable, Equatable {
    /// The plugin's name.
    public let name: String
    /// Where the plugin is in its life.
    public internal(set) var state: PluginState = .waiting
    /// What the plugin said when it was last asked; healthy before that.
    public internal(set) var health: Health = .healthy
    /// How often its restart policy had it started again, successfully or not.
    public internal(set) var restarts = 0
    /// What last went wrong with it, in words; nil if nothing has.
    public internal(set) var lastError: String?
}
