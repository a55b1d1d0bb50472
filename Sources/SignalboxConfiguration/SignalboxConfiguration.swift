public import Configuration
public import Signalbox

// A target of its own, because swift-configuration brings Foundation, which would double the size of libsignalbox.so.

extension HostConfiguration {
    /// The settings of all plugins: each is given what is under its name. By default environment variables:
    /// `THERMOMETER_PERIOD` is `period` to the plugin `thermometer`.
    public var reader: ConfigReader {
        get { settings as? ConfigReader ?? environment }
        set { settings = newValue }
    }

    /// The default limits, and settings from `reader`.
    public init(reader: ConfigReader) {
        self.init()
        self.reader = reader
    }
}

extension PluginContext {
    /// The plugin's settings: those under its name. See ``Signalbox/HostConfiguration/reader``.
    public var configuration: ConfigReader {
        (settings as? ConfigReader ?? environment).scoped(to: ConfigKey([name]))
    }
}

private let environment = ConfigReader(provider: EnvironmentVariablesProvider())
