public import Configuration
public import CoreMetrics

/// What a host is told: limits, and where plugins find their settings.
public struct HostConfiguration: Sendable {
    /// How long a plugin's `start` may take, unless the plugin says otherwise.
    public var startTimeout: Duration = .seconds(60)
    /// How long a plugin's `run` may take to end when the shutdown begins, and its `stop` to return, unless the plugin
    /// says otherwise.
    public var stopTimeout: Duration = .seconds(10)
    /// How often a running host asks its plugins for their health; nil: only ``Host/checkHealth()`` does, and nothing
    /// wakes up.
    public var healthInterval: Duration?
    /// How long a plugin may take to say how it is.
    public var healthTimeout: Duration = .seconds(1)
    /// The settings of all plugins: each is given what is under its name. By default environment variables:
    /// `THERMOMETER_INTERVAL` is `interval` to the plugin `thermometer`.
    public var reader: ConfigReader
    /// Where figures go; nil: to the factory with which the program has set up swift-metrics.
    ///
    /// Labelled with the dimension `plugin`: the counter `signalbox_plugin_restarts`, and the timers
    /// `signalbox_plugin_start` and `signalbox_plugin_stop`, which record failures and time-outs, too.
    public var metricsFactory: (any MetricsFactory)?

    /// The defaults; `reader` takes the place of environment variables.
    public init(reader: ConfigReader = ConfigReader(provider: EnvironmentVariablesProvider())) {
        self.reader = reader
    }
}
