import Dispatcher
import Glibc

/// A folder that the service manager makes for a unit, and names in its environment: systemd.exec(5).
public enum ServiceFolder: String, Sendable, CaseIterable {
    /// Under `/run`: gone when the service ends.
    case runtime = "RUNTIME_DIRECTORY"
    /// Under `/var/lib`: what must not be lost.
    case state = "STATE_DIRECTORY"
    /// Under `/var/cache`: what can be made again.
    case cache = "CACHE_DIRECTORY"
    /// Under `/var/log`.
    case logs = "LOGS_DIRECTORY"
    /// Under `/etc`: not made empty by `systemctl clean`, and the service only reads it.
    case configuration = "CONFIGURATION_DIRECTORY"

    /// The unit's setting that gives it.
    public var setting: String {
        switch self {
        case .runtime: "RuntimeDirectory="
        case .state: "StateDirectory="
        case .cache: "CacheDirectory="
        case .logs: "LogsDirectory="
        case .configuration: "ConfigurationDirectory="
        }
    }
}

/// What a unit does not give its service, or a credential that cannot be used. Each says which setting of the unit is
/// meant.
public enum ServiceEnvironmentError: Error, Equatable, CustomStringConvertible {
    /// The unit has no such folder.
    case noFolder(ServiceFolder)
    /// The unit has such folders, but none of that name.
    case noFolderNamed(String, ServiceFolder)
    /// The unit has no credentials.
    case noCredentials(wanted: String)
    /// The unit has credentials, but none of that name.
    case noCredential(String)
    /// That cannot be the name of a credential: it is empty, too long, a path, or has a colon or a control character.
    case invalidName(String)
    /// The credential has more bytes than the caller wants.
    case tooLarge(String, limit: Int)
    /// The credential is not UTF-8.
    case notText(String)
    /// The credential cannot be read, for the reason that the errno tells.
    case unreadable(String, code: Int32)

    /// A sentence without a full stop, for a log.
    public var description: String {
        switch self {
        case .noFolder(let folder):
            "the unit has no \(folder.setting), or this is no service: \(folder.rawValue) is not set"
        case .noFolderNamed(let name, let folder): "the unit's \(folder.setting) does not list \(name)"
        case .noCredentials(let name):
            "the unit has no credentials, or this is no service: LoadCredential=\(name), or SetCredential=, gives \(name)"
        case .noCredential(let name):
            "the unit has no credential \(name): LoadCredential=\(name), or SetCredential=, gives it"
        case .invalidName(let name): "\"\(name)\" cannot be the name of a credential"
        case .tooLarge(let name, let limit): "the credential \(name) has more than \(limit) bytes"
        case .notText(let name): "the credential \(name) is not text in UTF-8"
        case .unreadable(let name, let code):
            "the credential \(name) cannot be read: \(String(cString: strerror(code)))"
        }
    }
}

extension ServiceEnvironment {
    /// The folders of that kind, as the unit lists them; empty: it has none.
    public func folders(_ kind: ServiceFolder) -> [String] { allFolders[kind] ?? [] }

    /// The first folder of that kind: the only one, in most units.
    ///
    /// ```swift
    /// let journal = try ServiceEnvironment.current.folder(.state) + "/journal"
    /// ```
    ///
    /// - Throws: ``ServiceEnvironmentError/noFolder(_:)``, which names the unit's setting.
    public func folder(_ kind: ServiceFolder) throws(ServiceEnvironmentError) -> String {
        guard let first = folders(kind).first else { throw .noFolder(kind) }
        return first
    }

    /// The folder that the unit's setting lists under this name, as in `StateDirectory=tidy tidy/index`.
    ///
    /// - Throws: ``ServiceEnvironmentError/noFolder(_:)``, ``ServiceEnvironmentError/noFolderNamed(_:_:)``.
    public func folder(_ kind: ServiceFolder, named name: String) throws(ServiceEnvironmentError) -> String {
        let all = folders(kind)
        if all.isEmpty { throw .noFolder(kind) }
        // The longest path ends in several names; the shortest that does is meant.
        let found = all.filter { $0 == name || $0.hasSuffix("/\(name)") }.min { $0.utf8.count < $1.utf8.count }
        guard let found, !name.isEmpty else { throw .noFolderNamed(name, kind) }
        return found
    }

    // ---- credentials

    /// The bytes of a credential that the unit gives (`LoadCredential=`, `SetCredential=` and the like): read anew each time,
    /// and kept nowhere.
    ///
    /// - Parameters:
    ///   - name: its name in the unit: a file's, and no path.
    ///   - limit: the most bytes that it may have; systemd's own limit is 1 MiB for all of a unit's.
    /// - Throws: ``ServiceEnvironmentError``, by cause.
    public func credential(_ name: String, limit: Int = 1 << 20) throws(ServiceEnvironmentError) -> [UInt8] {
        guard ServiceEnvironment.isCredentialName(name) else { throw .invalidName(name) }
        guard let credentials else { throw .noCredentials(wanted: name) }
        let path = "\(credentials)/\(name)"
        // Neither a link that leads elsewhere, nor a pipe that has one wait.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            if errno == ENOENT { throw .noCredential(name) }
            throw .unreadable(name, code: errno)
        }
        defer { close(file) }
        var found = stat()
        guard fstat(file, &found) == 0 else { throw .unreadable(name, code: errno) }
        guard found.st_mode & S_IFMT == S_IFREG else { throw .unreadable(name, code: EINVAL) }
        return try ServiceEnvironment.read(file, name, limit)
    }

    /// A credential as text, without the line break at its end that files of one line have.
    ///
    /// - Throws: as ``credential(_:limit:)``; ``ServiceEnvironmentError/notText(_:)``.
    public func credentialText(_ name: String, limit: Int = 1 << 20) throws(ServiceEnvironmentError) -> String {
        var bytes = try credential(name, limit: limit)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText(name) }
        return text
    }

    private static func read(_ file: Int32, _ name: String, _ limit: Int) throws(ServiceEnvironmentError) -> [UInt8] {
        var (bytes, end) = ([UInt8](), false)
        while !end, bytes.count <= limit {
            var chunk = [UInt8](repeating: 0, count: min(65536, limit - bytes.count + 1))
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw .unreadable(name, code: errno) }
            bytes += chunk.prefix(count)
            end = count == 0
        }
        if bytes.count > limit { throw .tooLarge(name, limit: limit) }
        return bytes
    }

    /// As systemd has it: a file's name without colons and control characters.
    private static func isCredentialName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255 && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    }
}
