import CLinux
import Dispatcher
import Glibc
import Signalbox

/// journald's end of its socket.
final class FakeJournal {
    let path: String
    /// How many entries came as files.
    private(set) var files = 0
    private let folder: String
    private let socket: Int32

    init() throws {
        var template = Array("/tmp/signalbox-journal-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw IOError(code: errno, "making a folder") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        path = "\(folder)/socket"
        socket = Glibc.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound else { throw IOError(code: errno, "binding \(path)") }
    }

    deinit {
        close(socket)
        unlink(path)
        rmdir(folder)
    }

    /// The next entry's fields; nil: there is none.
    func receive() -> [String: [String]]? {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        var control = [UInt8](repeating: 0, count: 64)
        let (count, file) = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    (message.msg_iov, message.msg_iovlen) = (part, 1)
                    (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
                    let count = recvmsg(socket, &message, Int32(MSG_CMSG_CLOEXEC))
                    let hasFile = count >= 0 && message.msg_controllen > MemoryLayout<cmsghdr>.size
                    return (
                        count,
                        hasFile ? control.loadUnaligned(fromByteOffset: MemoryLayout<cmsghdr>.size, as: Int32.self) : -1
                    )
                }
            }
        }
        guard count >= 0 else { return nil }
        guard file >= 0 else { return FakeJournal.parse(bytes.prefix(count)) }
        defer { close(file) }
        files += 1
        // F_GET_SEALS: all four, or journald refuses it.
        guard fcntl(file, 1034) & 0xF == 0xF else { return nil }
        var content = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        guard pread(file, &content, content.count, 0) == content.count else { return nil }
        return FakeJournal.parse(content[...])
    }

    /// nil: it is not of that form.
    static func parse(_ bytes: ArraySlice<UInt8>) -> [String: [String]]? {
        var (rest, fields) = (bytes, [String: [String]]())
        while !rest.isEmpty {
            guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "\n") }) else {
                return nil
            }
            let name = String(decoding: rest[..<end], as: UTF8.self)
            var value = rest[(end + 1)...]
            if rest[end] == UInt8(ascii: "=") {
                guard let line = value.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                (value, rest) = (value[..<line], value[(line + 1)...])
            } else {
                let size = value.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                value = value.dropFirst(8)
                guard value.count > size else { return nil }
                (value, rest) = (value.prefix(size), value.dropFirst(size + 1))
            }
            fields[name, default: []].append(String(decoding: value, as: UTF8.self))
        }
        return fields
    }
}

/// What `body` writes to the standard error, a few KiB at most.
func standardError(_ body: () throws -> Void) throws -> String {
    var (reading, writing) = (Int32(0), Int32(0))
    guard signalbox_pipe(&reading, &writing, true) == 0 else { throw IOError(code: errno, "making a pipe") }
    defer { close(reading) }
    fflush(nil)
    let before = dup(STDERR_FILENO)
    dup2(writing, STDERR_FILENO)
    close(writing)
    defer { close(before) }
    do {
        defer {
            fflush(nil)
            dup2(before, STDERR_FILENO)
        }
        try body()
    }
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(reading, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}
