import Glibc
import ServiceControl

/// What systemctl says of a unit.
struct Unit {
    var mainPID: Int32
    var activeState: String
    var invocation: String
    /// Absolute.
    var runtimeFolders: [String]

    /// nil: systemctl cannot be run, or does not answer; it has said why.
    init?(_ name: String, isUserManager: Bool) {
        let properties = "MainPID,ActiveState,InvocationID,RuntimeDirectory"
        let arguments = (isUserManager ? ["--user"] : []) + ["show", "-p", properties, "--", name]
        guard let output = Unit.output(of: ["systemctl"] + arguments) else { return nil }
        var values: [Substring: Substring] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        mainPID = values["MainPID"].flatMap { Int32($0) } ?? 0
        activeState = values["ActiveState"].map { String($0) } ?? "unknown"
        invocation = values["InvocationID"].map { String($0) } ?? ""
        let base = isUserManager ? getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? "" : "/run"
        runtimeFolders = values["RuntimeDirectory", default: ""].split(separator: " ").map { "\(base)/\($0)" }
    }

    /// Where the service may listen, in the order in which it tries.
    var socketNames: [String] {
        runtimeFolders.prefix(1).map { ControlSocket.path(in: $0) }
            + (invocation.isEmpty ? [] : [ControlSocket.abstractName(invocation: invocation)])
    }

    private static func output(of command: [String]) -> String? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        defer { posix_spawn_file_actions_destroy(&actions) }
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, command[0], &actions, nil, &arguments, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard error == 0 else {
            say("signalbox: \(command[0]) cannot be run: \(String(cString: strerror(error)))\n")
            return nil
        }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
