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

    /// What became of a message.
    enum Outcome {
        case sent
        /// The manager has no room for one more now.
        case full
        /// The errno.
        case failed(Int32)
    }

    /// Sends a message, and waits for nothing.
    func send(_ message: NotifyMessage) -> Outcome {
        guard length > 0 else { return .failed(EADDRNOTAVAIL) }
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return .failed(errno) }
        defer { close(socket) }
        var name = name
        var text = message.text
        return text.withUTF8 { bytes in
            withUnsafeMutablePointer(to: &name) { name in
                var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var header = msghdr()
                    header.msg_name = UnsafeMutableRawPointer(name)
                    header.msg_namelen = length
                    header.msg_iov = part
                    header.msg_iovlen = 1
                    return Self.withControl(message.descriptors) { control in
                        header.msg_control = control.baseAddress
                        header.msg_controllen = control.count
                        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                        while true {
                            if sendmsg(socket, &header, flags) >= 0 { return .sent }
                            switch errno {
                            case EINTR: continue
                            case EAGAIN, ENOBUFS: return .full
                            default: return .failed(errno)
                            }
                        }
                    }
                }
            }
        }
    }

    /// A socket that is writable when the manager has room; -1: nobody is there.
    func connect() -> Int32 {
        guard length > 0 else { return -1 }
        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = socket(AF_UNIX, flags, 0)
        guard socket >= 0 else { return -1 }
        let connected = withUnsafePointer(to: name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket, $0, length) }
        }
        if connected == 0 { return socket }
        close(socket)
        return -1
    }

    /// Blocks until that is so of the descriptor; false: not until that instant of CLOCK_MONOTONIC, in ns.
    static func wait(_ descriptor: Int32, _ events: Int16, until deadline: UInt64) -> Bool {
        while true {
            let now = signalbox_now()
            let rest = deadline > now ? (deadline - now) / 1_000_000 + 1 : 0
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let found = poll(&entry, 1, Int32(clamping: rest))
            if found > 0 { return true }
            if found == 0 || errno != EINTR { return false }
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
}

extension Outbox {
    /// Sends the messages, and a barrier after them: the descriptor that is returned becomes readable (it hangs up) when the
    /// manager has read them; sd_notify_barrier(3). nil: they could not be sent.
    ///
    /// - Parameter group: says, when that is so, whether they were lost instead.
    func sendWithBarrier(_ messages: [NotifyMessage], _ group: NotifyMessage.Group = .init()) -> Int32? {
        var ends: (Int32, Int32) = (-1, -1)
        guard signalbox_pipe(&ends.0, &ends.1, true) == 0 else { return nil }
        var all = messages + [NotifyMessage("BARRIER=1", descriptors: [ends.1])]
        for index in all.indices { all[index].group = group }
        let isSent = send(all)
        close(ends.1)
        if isSent { return ends.0 }
        close(ends.0)
        return nil
    }
}
