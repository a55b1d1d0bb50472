import Dispatcher
import CLinux
import Glibc
import TestSupport

/// A service manager that keeps what it is told: a datagram socket in a folder of its own, named by NOTIFY_SOCKET.
///
/// The environment is the process's: only suites that are `.alone` may use it.
final class FakeManager: Sendable {
    private let folder: String
    private let descriptor: Int32
    private let heard = Guarded<[String]>([])

    /// - Parameter watchdog: the unit's `WatchdogSec=`, in microseconds.
    init(watchdog: UInt64? = nil) {
        var template = Array("/tmp/signalbox-notify-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "the test could not make a folder (errno \(errno))")
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_UNIX, flags, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(folder)/notify".utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(result == 0, "the test could not bind a socket (errno \(errno))")
        setenv("NOTIFY_SOCKET", "\(folder)/notify", 1)
        if let watchdog { setenv("WATCHDOG_USEC", "\(watchdog)", 1) } else { unsetenv("WATCHDOG_USEC") }
        setenv("WATCHDOG_PID", "\(getpid())", 1)
    }

    deinit {
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
        close(descriptor)
        unlink("\(folder)/notify")
        rmdir(folder)
    }

    /// Every message so far, in order.
    var messages: [String] {
        heard.withLock { heard in
            var bytes = [UInt8](repeating: 0, count: 4096)
            while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 {
                heard.append(String(decoding: bytes.prefix(count), as: UTF8.self))
            }
            return heard
        }
    }

    /// The lines of every message so far, in order.
    var lines: [String] { messages.flatMap { $0.split(separator: "\n").map(String.init) } }

    /// Waits, bounded, until a line was heard that many times.
    func hears(_ line: String, times: Int = 1) async -> Bool {
        await eventually { self.lines.filter { $0 == line }.count >= times }
    }
}
