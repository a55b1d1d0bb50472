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
///
/// A process that was not started here is had by its Win32 handle (`open(handle:)`).
public actor ProcessObject: NamedKernelObject {
    public static var kind: ObjectKind { .process }

    public nonisolated let object: ObjectName
    /// The kernel's number of the process; another's once it has ended.
    public nonisolated var processIdentifier: Int32 { process.pid }
    private nonisolated let process: NativeProcess

    /// How a process has ended.
    public enum Exit: Equatable, Sendable {
        /// It returned from `main` or called exit(3) with this code, 0 to 255.
        case exited(Int32)
        /// This signal ended it.
        case signaled(Int32)
        /// Other code of this process has reaped it first (or SIGCHLD is ignored), or it is another's child of which the
        /// kernel does not tell: how it ended is lost.
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
        var start = ProcessStart(path: Array(path.utf8CString))
        start.arguments = ([executable] + arguments).map { Array($0.utf8CString) }
        start.environment = options.environment?.map { Array("\($0.key)=\($0.value)".utf8CString) }
        start.directory = options.workingDirectory.map { Array($0.utf8CString) }
        start.standard = (
            options.standardInput ?? -1, options.standardOutput ?? -1, options.standardError ?? -1
        )
        start.hasOwnGroup = options.hasOwnProcessGroup
        object = try NativeProcess.start(start)
        Arena.local.becomeHandle(object)
        process = NativeProcess.of(object)!  // there is a reference
    }

    public init(adopting object: ObjectName) {
        guard let process = NativeProcess.of(object) else { preconditionFailure("the object is of another kind") }
        (self.object, self.process) = (object, process)
    }

    deinit { Arena.endActor(object) }

    /// How the process has ended; nil while it runs.
    public nonisolated var exitStatus: Exit? { process.state.withLock { $0.exit } }

    /// The exit code as Win32 has it, with all 32 bits if the process was started by `CreateProcess` and told them; nil
    /// while it runs, or if nobody knows it.
    public nonisolated var exitCode: UInt32? {
        if case .ended(let code) = process.status { code } else { nil }
    }

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
        let error = process.send(signal)
        guard error == 0 || error == ESRCH else { throw ProcessError(code: error, process.path) }
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

    package init(code: Int32, _ executable: String) { (self.code, self.executable) = (code, executable) }

    public var description: String { "\(executable): \(errorText(code)) (errno \(code))" }
}
