import CLinux
import Dispatcher
import Glibc
import Signalbox

/// The socket by which a service talks to its manager; the protocol is that of sd_notify(3).
///
/// Not by libsystemd's functions, which read the environment each time: a program may change it meanwhile.
struct NotifySocket: Sendable {
    private let name: sockaddr_un
    private let length: socklen_t

    /// - Parameter address: a path, or a name in the abstract namespace that begins with `@`. To what is neither nothing can
    ///   be sent.
    init(address: String) {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(address.utf8)
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
        guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), bytes.count > 1,
            bytes.count < MemoryLayout<sockaddr_un>.size - start
        else {
            (self.name, length) = (name, 0)
            return
        }
        withUnsafeMutableBytes(of: &name) { name in
            name[start...].copyBytes(from: bytes)
            if first == UInt8(ascii: "@") { name[start] = 0 }  // unix(7)
        }
        self.name = name
        length = socklen_t(start + bytes.count)
    }

    /// Sends lines, and descriptors with them. Waits for nothing: a manager that has no room for one more message does
    /// not read what it has.
    func send(_ text: String, descriptors: [Int32] = []) -> Bool {
        guard length > 0 else { return false }
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var name = name
        var text = text
        return text.withUTF8 { bytes in
            withUnsafeMutablePointer(to: &name) { name in
                var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_name = UnsafeMutableRawPointer(name)
                    message.msg_namelen = length
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    return Self.withControl(descriptors) { control in
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                        while true {
                            if sendmsg(socket, &message, flags) >= 0 { return true }
                            guard errno == EINTR else { return false }
                        }
                    }
                }
            }
        }
    }

    /// A control message of descriptors as cmsg(3) lays it out: a header of 16 bytes, and padding to 8.
    private static func withControl<R>(_ descriptors: [Int32], _ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
        guard !descriptors.isEmpty else { return body(UnsafeMutableRawBufferPointer(start: nil, count: 0)) }
        let header = MemoryLayout<cmsghdr>.size
        let data = descriptors.count * 4
        return withUnsafeTemporaryAllocation(byteCount: (header + data + 7) & ~7, alignment: 8) { control in
            _ = control.initializeMemory(as: UInt8.self, repeating: 0)
            var head = cmsghdr()
            head.cmsg_len = header + data
            head.cmsg_level = SOL_SOCKET
            head.cmsg_type = Int32(SCM_RIGHTS)
            control.storeBytes(of: head, as: cmsghdr.self)
            descriptors.withUnsafeBytes { control[header...].copyBytes(from: $0) }
            return body(control)
        }
    }

    /// Sends a barrier: the descriptor that is returned becomes readable (it hangs up) when the manager has read what came
    /// before; sd_notify_barrier(3). nil: it could not be sent.
    func sendBarrier() -> Int32? {
        var ends: (Int32, Int32) = (-1, -1)
        guard signalbox_pipe(&ends.0, &ends.1, true) == 0 else { return nil }
        let isSent = send("BARRIER=1", descriptors: [ends.1])
        close(ends.1)
        if isSent { return ends.0 }
        close(ends.0)
        return nil
    }
}
