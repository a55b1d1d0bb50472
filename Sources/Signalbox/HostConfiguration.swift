public import CoreMetrics

/// What a host is told: limits, and where figures go.
///
/// With `import SignalboxConfiguration` also, as `reader`, where plugins find their settings.
public struct HostConfiguration: Sendable {
    /// How long a plugin's `start`, or its `reload`, may take, unless the plugin says otherwise.
    public var startTimeout: Duration = .seconds(60)
    /// How long a plugin's `run` may take to end when the shutdown begins, and its `stop` to return, unless the plugin
    /// says otherwise.
    public var stopTimeout: Duration = .seconds(10)
    /// How often a running host asks its plugins for their health; nil: only ``Host/checkHealth()`` does, and nothing
    /// wakes up.
    public var healthInterval: Duration?
    /// How long a plugin may take to say how it is.
    public var healthTimeout: Duration = .seconds(1)
    /// Where figures go; nil: to the factory with which the program has set up swift-metrics.
    ///
    /// Labelled with the dimension `plugin`: the counter `signalbox_plugin_restarts`, and the timers
    /// `signalbox_plugin_start` and `signalbox_plugin_stop`, which record failures and time-outs, too.
    public var metricsFactory: (any MetricsFactory)?

    /// What SignalboxConfiguration has plugins read.
    package var settings: (any Sendable)?

    /// The defaults.
    public init() {}
}
