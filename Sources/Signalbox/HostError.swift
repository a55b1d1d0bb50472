/// Why a host cannot order, start or run its plugins.
public enum HostError: Error, CustomStringConvertible {
    /// Two plugins have this name.
    case duplicateName(String)
    /// The first plugin needs the second, which the host was not given.
    case missingDependency(of: String, String)
    /// Each of these plugins needs the next; the last is the first again.
    case circularDependency([String])
    /// The plugin's `start` threw this.
    case startFailed(String, any Error)
    /// The plugin's `start` took longer than this. Its task was cancelled and left behind.
    case startTimedOut(String, Duration)
    /// The plugin's `reload` threw this; it goes on as it was.
    case reloadFailed(String, any Error)
    /// The plugin's `reload` took longer than this. Its task was cancelled and left behind.
    case reloadTimedOut(String, Duration)
    /// The plugin's `run` threw this.
    case runFailed(String, any Error)
    /// The plugin's `run` returned before the shutdown.
    case returnedEarly(String)

    /// The plugin that the error is about; for a circle the first of it.
    public var plugin: String {
        switch self {
        case .duplicateName(let name), .missingDependency(let name, _), .startFailed(let name, _),
            .startTimedOut(let name, _), .reloadFailed(let name, _), .reloadTimedOut(let name, _),
            .runFailed(let name, _), .returnedEarly(let name):
            name
        case .circularDependency(let path): path[0]
        }
    }

    /// What the plugin threw, if it threw.
    public var underlying: (any Error)? {
        switch self {
        case .startFailed(_, let error), .reloadFailed(_, let error), .runFailed(_, let error): error
        default: nil
        }
    }

    /// A sentence without a full stop, for a log.
    public var description: String {
        switch self {
        case .duplicateName(let name): "two plugins are named \(name)"
        case .missingDependency(let plugin, let name):
            "plugin \(plugin) needs plugin \(name), which the host was not given"
        case .circularDependency(let path): "plugins depend on each other in a circle: \(path.joined(separator: " → "))"
        case .startFailed(let plugin, let error): "plugin \(plugin) did not start: \(error)"
        case .startTimedOut(let plugin, let limit): "plugin \(plugin) did not start within \(limit)"
        case .reloadFailed(let plugin, let error): "plugin \(plugin) did not reload: \(error)"
        case .reloadTimedOut(let plugin, let limit): "plugin \(plugin) did not reload within \(limit)"
        case .runFailed(let plugin, let error): "plugin \(plugin) failed: \(error)"
        case .returnedEarly(let plugin): "plugin \(plugin) returned from run before the shutdown"
        }
    }
}

extension HostError: Equatable {
    /// Whether both say the same: errors that plugins throw need not be equatable, so their texts are compared.
    public static func == (left: HostError, right: HostError) -> Bool { left.description == right.description }
}
