import Dispatcher
import Glibc

/// What a service manager has put into the environment of the process for it: systemd.exec(5), "Environment variables
/// in spawned processes".
///
/// It is read once, when it is first asked for, or when the `Systemd` plugin starts: what the program does to its
/// environment later changes nothing. Processes that are started by this package are not given it; the plugin takes it
/// out of the environment altogether.
public struct ServiceEnvironment: Sendable {
    /// The address of the socket for messages to the manager (`NOTIFY_SOCKET`); nil: there is no manager that listens.
    public let notifySocket: String?
    /// The unit's `WatchdogSec=`, if this process is the one to be watched (`WATCHDOG_USEC`, `WATCHDOG_PID`).
    public let watchdog: Duration?
    /// What the manager has opened, or kept, for this process (`LISTEN_FDS`, `LISTEN_FDNAMES`, `LISTEN_PID`), in its
    /// order: first what the socket units listen on, then what was stored.
    public internal(set) var descriptors: [PassedDescriptor]
    /// The unit's `FileDescriptorStoreMax=` (`FDSTORE`); nil: it has none, or the manager does not say, as systemd before
    /// version 254.
    public let storeLimit: Int?
    /// Whether descriptors were passed, but to another process (`LISTEN_PID`).
    let isPassedToAnother: Bool
    /// The folder of the unit's credentials (`CREDENTIALS_DIRECTORY`); nil: it has none. See ``credential(_:limit:)``.
    public let credentials: String?
    /// See ``folders(_:)``.
    let allFolders: [ServiceFolder: [String]]

    static let names = [
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS",
        "LISTEN_FDNAMES", "FDSTORE",
    ]

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
        storeLimit = variable("FDSTORE").flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
        // sd_listen_fds(3): without LISTEN_PID they are nobody's. (LISTEN_PIDFDID, of later versions, says the same again.)
        let count = variable("LISTEN_FDS").flatMap(Int32.init) ?? 0
        let isOwn = variable("LISTEN_PID").flatMap { Int32($0) } == process
        isPassedToAnother = count > 0 && !isOwn
        guard isOwn, count > 0, count < 1 << 20 else {
            descriptors = []
            return
        }
        let names = variable("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        descriptors = (0..<count).map { index in
            // What sd_listen_fds_with_names(3) calls them.
            PassedDescriptor(
                name: names?.count == Int(count) ? names![Int(index)] : "unknown",
                number: PassedDescriptor.first + index)
        }
    }

    /// Whether a manager wants to hear from the service.
    public var isManaged: Bool { notifySocket != nil }

    /// Whether something of that name was passed to this process, be it in use by now or not.
    public func isPassed(_ name: String) -> Bool { descriptors.contains { $0.name == name } }

    /// Takes a passed descriptor for oneself, once: one for which there is no object here, as a datagram socket.
    ///
    /// - Returns: the descriptor's number; the caller closes it.
    /// - Throws: `ActivationError`: nothing of that name was passed, or it is in use already.
    public static func takeDescriptor(passedAs name: String) throws(ActivationError) -> Int32 {
        let claim = try PassedDescriptors.shared.claim(named: name, Set(PassedDescriptor.Kind.allCases))
        PassedDescriptors.shared.settle(claim, user: nil)
        return claim.number
    }

    // ---- this process's

    private struct Read {
        let environment: ServiceEnvironment
        /// What it was read from, as environ(7) has it.
        let variables: [String]
    }
    private static let read = Guarded<Read?>(nil)

    /// This process's.
    public static var current: ServiceEnvironment {
        read.withLock { read in
            if let read { return read.environment }
            func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
            var environment = ServiceEnvironment(process: getpid(), value)
            environment.descriptors = PassedDescriptors.shared.begin(with: environment.descriptors)
            let variables = names.compactMap { name in value(name).map { "\(name)=\($0)" } }
            read = Read(environment: environment, variables: variables)
            return environment
        }
    }

    /// Takes what was read out of the environment, so that no process which is started from now on has it.
    ///
    /// Like every change of the environment it must not happen while another thread reads it by other means than ours
    /// and would miss what it looks for (getenv(3)).
    package static func removeFromProcess() {
        _ = current
        for name in names { unsetenv(name) }
    }

    /// Whether the variable stands there as the manager has set it: then it is no child's business.
    package static func isManagers(_ entry: some Collection<UInt8>) -> Bool {
        read.withLock { read in
            read?.variables.contains { $0.utf8.elementsEqual(entry) } ?? false
        }
    }

    /// Whether there is anything of which ``isManagers(_:)`` is true.
    package static var hasManagersVariables: Bool { read.withLock { $0?.variables.isEmpty == false } }

    /// Reads this process's environment again, as it is in tests; with descriptors that were passed, of which this
    /// process is the owner from now on, whatever `LISTEN_FDS` says.
    @discardableResult package static func readAgain(
        passing passed: [(name: String, number: Int32)] = []
    ) -> ServiceEnvironment {
        read.withLock { $0 = nil }
        PassedDescriptors.shared.end()
        _ = current
        return read.withLock { read in
            var environment = read!.environment
            if !passed.isEmpty {
                environment.descriptors = PassedDescriptors.shared.begin(
                    with: passed.map { PassedDescriptor(name: $0.name, number: $0.number) })
                read = Read(environment: environment, variables: read!.variables)
            }
            return environment
        }
    }
}
