import Dispatcher
import Glibc
import Signalbox

/// A service manager that keeps what a service tells it: the other end of `NOTIFY_SOCKET`.
///
/// ```swift
/// let manager = try FakeServiceManager(watchdog: .milliseconds(50))
/// manager.superviseThisProcess()
/// let host = try Host(plugins: [Systemd()])
/// let running = Task { try await host.run() }
/// try await manager.message("READY=1")
/// try await manager.message("WATCHDOG=1", times: 3)
/// ```
///
/// A service that runs in a process of its own is given ``environment``. As systemd does, the manager ignores a message
/// of more than 4096 bytes, and answers a barrier (sd_notify_barrier(3)) once it has read what was sent before. It keeps
/// descriptors that are stored (`FDSTORE=1`), up to its limit, until they are to be removed, and closes others that it is
/// sent. It receives on a thread of its own, which ends with it.
public final class FakeServiceManager: Sendable {
    /// What is set when the process is supervised, and was there before.
    private let previous = Guarded<[String: String?]?>(nil)
    private let watchdog: Duration?
    private let folder: String
    private let mailbox: Mailbox
    /// Copies of what the socket units listen on, as it were.
    private let passed = Guarded<[(name: String, number: Int32)]>([])

    /// Makes the socket, in a folder of its own in the folder for temporary files.
    ///
    /// - Parameters:
    ///   - watchdog: the unit's `WatchdogSec=`; nil: it has none. Nobody is restarted when it is over.
    ///   - storeLimit: the unit's `FileDescriptorStoreMax=`. What is stored is kept also when its other side has ended.
    /// - Throws: `IOError` if the kernel gives no folder, socket or thread.
    public init(watchdog: Duration? = nil, storeLimit: Int = 0) throws {
        self.watchdog = watchdog
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/signalbox-notify-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw IOError(code: errno, "making a folder in \(parent)") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        do {
            let mailbox = try Mailbox(path: "\(folder)/notify", storeLimit: storeLimit)
            self.mailbox = mailbox
            _ = try ThreadObject(name: "fake-manager") { mailbox.receiveUntilClosed() }
        } catch {
            unlink("\(folder)/notify")
            rmdir(folder)
            if let error = error as? ThreadError { throw IOError(code: error.code, "starting the manager's thread") }
            throw error
        }
    }

    deinit {
        letGoOfThisProcess()
        mailbox.close()
        for (_, number) in passed.withLock({ $0 }) { close(number) }
        unlink("\(folder)/notify")
        rmdir(folder)
    }

    // ---- the service

    /// What the environment of the service must have: `NOTIFY_SOCKET`, and `WATCHDOG_USEC` if there is a watchdog.
    public var environment: [String: String] {
        var environment = ["NOTIFY_SOCKET": "\(folder)/notify"]
        if let watchdog {
            let (seconds, attoseconds) = watchdog.components
            environment["WATCHDOG_USEC"] = "\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)"
        }
        return environment
    }

    /// Gives this process the ``environment``, until ``letGoOfThisProcess()`` or the manager's end: what runs in it is the
    /// service.
    ///
    /// The environment is the process's, so one test at a time may do this (``LeakCheck`` sees to that), and no other
    /// thread may change the environment meanwhile. Once it is supervised, another call is a restart: the service is
    /// passed what it has stored.
    public func superviseThisProcess() {
        previous.withLock { previous in
            var wanted: [String: String?] = ["WATCHDOG_USEC": nil, "WATCHDOG_PID": nil]
            for (name, value) in environment { wanted[name] = value }
            if watchdog != nil { wanted["WATCHDOG_PID"] = "\(getpid())" }
            if previous == nil {
                previous = Dictionary(
                    uniqueKeysWithValues: wanted.keys.map { name in (name, getenv(name).map { String(cString: $0) }) })
            }
            setEnvironment(wanted, passing: passed.withLock { $0 } + mailbox.look().stored)
        }
    }

    /// Passes a descriptor to the service, as a socket unit with that `FileDescriptorName=` does: at each
    /// ``superviseThisProcess()`` from now on, as `LISTEN_FDS` would. (A process of its own is passed nothing.)
    ///
    /// ```swift
    /// manager.pass(socket, as: "http")
    /// manager.superviseThisProcess()
    /// let listener = try ListenerObject(passedAs: "http")
    /// ```
    ///
    /// - Parameter descriptor: the manager makes a copy; this one stays the caller's.
    public func pass(_ descriptor: Int32, as name: String) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        precondition(copy >= 0, "the descriptor that is to be passed is not open")
        passed.withLock { $0.append((name, copy)) }
    }

    /// Gives the process the environment back that it had. Idempotent; done anyway at the manager's end.
    public func letGoOfThisProcess() {
        previous.withLock { previous in
            if let old = previous.take() { setEnvironment(old) }
        }
    }

    // ---- what it was told

    /// Every message that was sent so far, in order: one or more lines `NAME=value`. Barriers are no messages.
    public var messages: [String] { mailbox.look().messages }

    /// The lines of every message so far, in order.
    public var lines: [String] { messages.flatMap(lines(of:)) }

    /// How many barriers were answered so far.
    public var barriers: Int { mailbox.look().barriers }

    /// The names under which descriptors are stored, the latest first.
    public var stored: [String] { mailbox.look().stored.map(\.name) }

    /// Waits for a message that has this line; one that has come already counts.
    ///
    /// ```swift
    /// try await manager.message("READY=1")
    /// ```
    ///
    /// - Parameter times: how many such messages.
    /// - Returns: the last of them, whole.
    /// - Throws: `CancellationError` if the task was cancelled first; a test's time limit does that.
    @discardableResult
    public nonisolated(nonsending) func message(_ line: String, times: Int = 1) async throws -> String {
        precondition(times > 0, "at least one message is waited for")
        var count = 0
        return try await message { message in
            if lines(of: message).contains(line) { count += 1 }
            return count == times
        }
    }

    /// Waits for a message of which `isWanted` is true; it is asked once about each message, in order, from the first that
    /// was ever sent.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first.
    @discardableResult
    public nonisolated(nonsending) func message(where isWanted: (String) -> Bool) async throws -> String {
        var next = 0
        while true {
            for message in messages.dropFirst(next) {
                if isWanted(message) { return message }
                next += 1
            }
            try await mailbox.waitUntilReceived(count: next + 1)
        }
    }

    private func lines(of message: String) -> [String] { message.split(separator: "\n").map(String.init) }

    private func setEnvironment(
        _ variables: [String: String?], passing descriptors: [(name: String, number: Int32)] = []
    ) {
        for (name, value) in variables {
            if let value { setenv(name, value, 1) } else { unsetenv(name) }
        }
        // Copies: the service closes what it takes.
        ServiceEnvironment.readAgain(passing: descriptors.map { ($0.name, fcntl($0.number, F_DUPFD_CLOEXEC, 3)) })
    }
}
