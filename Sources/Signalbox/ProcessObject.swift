import CLinux
public import Dispatcher
import Glibc

/// A process that this one has started: signaled for good when it has ended.
///
/// ```swift
/// let sort = try ProcessObject("sort", arguments: ["-u", path])
/// guard try await sort.exit() == .exited(0) else { throw SortError() }
/// ```
///
/// The process is known by a pidfd, so no signal of ours can reach another that was given its number. Its end is noticed
/// without a handler for SIGCHLD, beside any other code that starts processes. Dropping the actor leaves the process
/// alone.
public actor ProcessObject: KernelObject {
    public nonisolated let object: ObjectName
    /// The kernel's number of the process; another's once it has ended.
    public nonisolated let processIdentifier: Int32
    private nonisolated let child: Child

    /// How a process has ended.
    public enum Exit: Equatable, Sendable {
        /// It returned from `main` or called exit(3) with this code, 0 to 255.
        case exited(Int32)
        /// This signal ended it.
        case signaled(Int32)
        /// Other code of this process has reaped it first (or SIGCHLD is ignored): how it ended is lost.
        case reapedElsewhere
    }

    /// What a new process is given beside its arguments.
    public struct Options: Sendable {
        /// nil: a copy of this process's environment.
        public var environment: [String: String]?
        /// nil: this process's working folder.
        public var workingDirectory: String?
        /// Descriptors for 0, 1 and 2, which stay the caller's; nil: /dev/null. The process gets no others.
        public var standardInput: Int32?
        /// See `standardInput`.
        public var standardOutput: Int32?
        /// See `standardInput`.
        public var standardError: Int32?
        /// Whether it leads a process group of its own, which the terminal's Ctrl-C does not reach.
        public var hasOwnProcessGroup: Bool

        /// Makes options; by default environment, folder and descriptors are those of this process.
        public init(
            environment: [String: String]? = nil, workingDirectory: String? = nil,
            standardInput: Int32? = 0, standardOutput: Int32? = 1,
            standardError: Int32? = 2, hasOwnProcessGroup: Bool = false
        ) {
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.standardInput = standardInput
            self.standardOutput = standardOutput
            self.standardError = standardError
            self.hasOwnProcessGroup = hasOwnProcessGroup
        }
    }

    /// Starts a process. Returns when it runs its own program: what keeps it from that is thrown here.
    ///
    /// - Parameters:
    ///   - executable: a path if it has a slash; otherwise looked for in PATH.
    ///   - arguments: those after the program's own name, which is `executable`.
    ///   - options: environment, working folder, descriptors.
    /// - Throws: `ProcessError` with the errno of execve(2), chdir(2) or clone(2).
    public init(_ executable: String, arguments: [String] = [], options: Options = Options()) throws(ProcessError) {
        guard let path = ProcessObject.resolve(executable) else { throw ProcessError(code: ENOENT, executable) }
        let child = try Child(path, [executable] + arguments, options)
        (self.child, object, processIdentifier) = (child, child.object, child.pid)
        guard Arena.local.retain(object) else { preconditionFailure("the child keeps its object") }
    }

    deinit { Arena.local.release(object) }

    /// How the process has ended; nil while it runs.
    public nonisolated var exitStatus: Exit? { child.exit.withLock { $0 } }

    /// Waits for the end of the process.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first; the process goes on then.
    public nonisolated(nonsending) func exit() async throws -> Exit {
        try await wait()
        return exitStatus!  // it is there before the object is signaled
    }

    /// Sends a signal to the process; does nothing if it has ended.
    ///
    /// - Throws: `ProcessError` with the errno of pidfd_send_signal(2), EPERM or EINVAL.
    public nonisolated func send(signal: Int32) throws(ProcessError) {
        let error = signalbox_signal_process(child.pidfd, signal)
        guard error == 0 || error == ESRCH else { throw ProcessError(code: error, child.path) }
    }

    /// Asks the process to end (SIGTERM), kills it (SIGKILL) if it has not within `grace`, and waits for its end.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first: asked it is by then, killed it may not be.
    public nonisolated(nonsending) func terminate(grace: Duration = .seconds(10)) async throws -> Exit {
        try send(signal: SIGTERM)
        if try await !wait(timeout: grace) { try send(signal: SIGKILL) }
        return try await exit()
    }

    private static func resolve(_ executable: String) -> String? {
        guard !executable.contains("/") else { return executable }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = (folder.isEmpty ? "." : folder) + "/" + executable
            var status = stat()
            guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }
}

/// Why a process did not start, or took no signal.
public struct ProcessError: Error, Equatable, CustomStringConvertible {
    /// The errno.
    public let code: Int32
    /// The program.
    public let executable: String

    init(code: Int32, _ executable: String) { (self.code, self.executable) = (code, executable) }

    public var description: String { "\(executable): \(errorText(code)) (errno \(code))" }
}

/// A started process, from its start to its end and for as long as an actor asks about it.
final class Child: Sendable {
    let path: String
    let pid: Int32
    let pidfd: Int32
    let object: ObjectName
    let exit = Guarded<ProcessObject.Exit?>(nil)

    init(_ path: String, _ arguments: [String], _ options: ProcessObject.Options) throws(ProcessError) {
        let object: ObjectName
        do {
            object = try Arena.prepared().makeObject(.process, manualReset: true)
        } catch {
            throw ProcessError(code: ENOMEM, path)
        }
        var (pid, pidfd): (Int32, Int32) = (0, -1)
        let error = Child.spawn(path, arguments, options, &pid, &pidfd)
        (self.path, self.pid, self.pidfd, self.object) = (path, pid, pidfd, object)
        guard error == 0 else { throw ProcessError(code: error, path) }
        do {
            try ChildWatch.add(self)
        } catch {
            // Nobody would hear of its end.
            _ = signalbox_signal_process(pidfd, SIGKILL)
            throw ProcessError(code: error.code, path)
        }
    }

    deinit {
        Arena.local.release(object)
        if pidfd >= 0 { close(pidfd) }
    }

    /// Called when the pidfd says that the process has ended.
    func reap() {
        var (kind, code): (CChar, Int32) = (0, 0)
        guard signalbox_reap(pidfd, &kind, &code) == 0 else { return }
        exit.withLock { exit in
            exit =
                switch UInt8(bitPattern: kind) {
                case UInt8(ascii: "e"): .exited(code)
                case UInt8(ascii: "s"): .signaled(code)
                default: .reapedElsewhere
                }
        }
        try! Arena.local.signalSlowly(object, .process)  // it keeps the object
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ options: ProcessObject.Options, _ pid: inout Int32,
        _ pidfd: inout Int32
    ) -> Int32 {
        func list(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] { strings.map { strdup($0) } + [nil] }
        let arguments = list(arguments)
        let environment = options.environment.map { list($0.map { "\($0.key)=\($0.value)" }.sorted()) }
        defer { for string in arguments + (environment ?? []) { free(string) } }
        return arguments.withUnsafeBufferPointer { arguments in
            path.withCString { path in
                func start(
                    _ environment: UnsafePointer<UnsafeMutablePointer<CChar>?>, _ directory: UnsafePointer<CChar>?
                ) -> Int32 {
                    var spawn = signalbox_spawn(
                        path: path, arguments: arguments.baseAddress!, environment: environment, directory: directory,
                        input: options.standardInput ?? -1, output: options.standardOutput ?? -1,
                        error: options.standardError ?? -1, has_own_group: options.hasOwnProcessGroup)
                    return signalbox_spawn(&spawn, &pid, &pidfd)
                }
                func start(_ directory: UnsafePointer<CChar>?) -> Int32 {
                    guard let environment else { return start(signalbox_environment(), directory) }  // now, not a copy
                    return environment.withUnsafeBufferPointer { start($0.baseAddress!, directory) }
                }
                guard let directory = options.workingDirectory else { return start(nil) }
                return directory.withCString { start($0) }
            }
        }
    }
}
