import CLinux
import Glibc

/// A descriptor that the service manager has passed to this process: one that a socket unit listens on, a connection of a
/// unit with `Accept=yes`, or one that an earlier run of the service has stored (``DescriptorStore``).
public struct PassedDescriptor: Hashable, Sendable, CustomStringConvertible {
    /// What a descriptor stands for.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A socket that accepts connections: ``ListenerObject/init(passedAs:)``.
        case listener
        /// A stream socket that has a peer: ``SocketObject/init(passedAs:)``.
        case connection
        /// A socket for datagrams or packets: ``ServiceEnvironment/takeDescriptor(passedAs:)``.
        case datagrams
        /// A pipe, with a path (`ListenFIFO=`) or without: ``FileObject/init(passedAs:)``.
        case pipe
        /// A file, a device or memory: ``FileObject/init(passedAs:)``.
        case file
        /// Something else.
        case other
    }

    /// The socket unit's `FileDescriptorName=`, by default the unit's name, as "http.socket"; "connection" for one that
    /// was accepted; or the name that it was stored under.
    public let name: String
    /// The number of the descriptor. It belongs to what takes it.
    public let number: Int32
    /// What it is.
    public let kind: Kind
    /// What it is bound to, as `127.0.0.1:80`, `[::1]:80`, `/run/socket` or `@abstract`; of a pipe or file the path.
    /// Empty: nothing is known.
    public let address: String

    /// SD_LISTEN_FDS_START
    static let first: Int32 = 3

    init(name: String, number: Int32) {
        (self.name, self.number) = (name, number)
        kind = PassedDescriptor.kind(of: number)
        address = PassedDescriptor.address(of: number, kind)
    }

    public var description: String {
        "\"\(name)\" (\(kind.rawValue)\(address.isEmpty ? "" : " \(address)"))"
    }

    /// An address as the system has it, in words; empty: it is none.
    package static func text(of address: UnsafeRawBufferPointer) -> String { HostAddress.text(address) }

    private static func kind(of number: Int32) -> Kind {
        var found = stat()
        guard fstat(number, &found) == 0 else { return .other }
        switch found.st_mode & S_IFMT {
        case S_IFSOCK: break
        case S_IFIFO: return .pipe
        case S_IFREG, S_IFCHR, S_IFBLK: return .file
        default: return .other
        }
        let settings = SocketSettings(of: number)
        guard settings.type == Int32(SOCK_STREAM.rawValue) else { return .datagrams }
        switch settings.phase {
        case .listening: return .listener
        case .connected: return .connection
        default: return .other
        }
    }

    private static func address(of number: Int32, _ kind: Kind) -> String {
        if kind == .pipe || kind == .file {
            var name = [CChar](repeating: 0, count: 4096)
            let length = readlink("/proc/self/fd/\(number)", &name, name.count)
            return String(decoding: name.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        var (name, size) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
        let isFound = withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) == 0 }
        }
        guard isFound else { return "" }
        return withUnsafeBytes(of: name) { HostAddress.text(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(size)))) }
    }
}

/// Why what was to be passed to the service could not be taken. The description is a sentence for the operator: it says
/// what was passed instead.
public enum ActivationError: Error, Hashable, CustomStringConvertible {
    /// No descriptor of that name was passed; those that were. `isAnothers`: something was, to another process.
    case notPassed(String, passed: [PassedDescriptor], isAnothers: Bool)
    /// All of that name are in use.
    case inUse(String)
    /// What has the name is something else than what is wanted.
    case wrongKind(PassedDescriptor, wanted: [PassedDescriptor.Kind])
    /// The system has refused to copy the descriptor; its errno.
    case failed(String, code: Int32)

    public var description: String {
        switch self {
        case .notPassed(let name, let passed, let isAnothers):
            if isAnothers {
                return
                    "\"\(name)\" was not passed to this process: LISTEN_PID is that of another, the unit's main process"
            }
            guard !passed.isEmpty else {
                return
                    "\"\(name)\" was not passed to this process, nor anything else: it was not started by a socket unit"
                    + " (Sockets= in the service, Service= in the socket unit), and has stored nothing"
            }
            return
                "\"\(name)\" was not passed to this process, but \(passed.map(\.description).joined(separator: ", "));"
                + " the socket unit's FileDescriptorName= is the name"
        case .inUse(let name): return "\"\(name)\" was passed to this process, and is in use already"
        case .wrongKind(let passed, let wanted):
            return "\(passed) is not what is wanted: a \(wanted.map(\.rawValue).joined(separator: " or "))"
        case .failed(let name, let code): return "\"\(name)\" could not be copied: \(errorText(code))"
        }
    }
}
