import Dispatcher
import Glibc

/// What a service manager has put into the environment of the process for it: systemd.exec(5), "Environment variables
/// in spawned processes".
///
/// It is read once, when it is first asked for, or when the `Systemd` plugin starts: what the program does to its
/// environment later changes nothing.
public struct ServiceEnvironment: Sendable {
    /// The address of the socket for messages to the manager (`NOTIFY_SOCKET`); nil: there is no manager that listens.
    public let notifySocket: String?
    /// The unit's `WatchdogSec=`, if this process is the one to be watched (`WATCHDOG_USEC`, `WATCHDOG_PID`).
    public let watchdog: Duration?
    /// The folder of the unit's credentials (`CREDENTIALS_DIRECTORY`); nil: it has none. See ``credential(_:limit:)``.
    public let credentials: String?
    /// See ``folders(_:)``.
    let allFolders: [ServiceFolder: [String]]

    /// Reads an environment.
    ///
    /// - Parameters:
    ///   - process: whose environment it is; what is meant for another process is passed over.
    ///   - variable: the value of a variable; nil: there is none.
    public init(process: Int32, _ variable: (String) -> String?) {
        notifySocket = variable("NOTIFY_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
        // sd_watchdog_enabled(3): without WATCHDOG_PID it is meant for whoever has it.
        let isMeant = variable("WATCHDOG_PID").map { Int32($0) == process } ?? true
        let period = isMeant ? variable("WATCHDOG_USEC").flatMap(Int64.init) ?? 0 : 0
        credentials = variable("CREDENTIALS_DIRECTORY").flatMap { $0.isEmpty ? nil : $0 }
        var folders: [ServiceFolder: [String]] = [:]
        for kind in ServiceFolder.allCases {
            folders[kind] = variable(kind.rawValue)?.split(separator: ":").map { String($0) }
        }
        allFolders = folders
        watchdog = period > 0 && period < .max / 1000 ? .microseconds(period) : nil
    }

    /// Whether a manager wants to hear from the service.
    public var isManaged: Bool { notifySocket != nil }

    private static let read = Guarded<ServiceEnvironment?>(nil)

    /// This process's.
    public static var current: ServiceEnvironment {
        read.withLock { read in
            if let read { return read }
            let environment = ServiceEnvironment(process: getpid()) { getenv($0).map { String(cString: $0) } }
            read = environment
            return environment
        }
    }

    /// Reads this process's environment again: a service begins, in a process that may have run others, as tests do.
    @discardableResult package static func readAgain() -> ServiceEnvironment {
        read.withLock { $0 = nil }
        return current
    }
}
