package import Glibc

/// Where a service listens for controls.
///
/// In the first of its runtime folders (`RuntimeDirectory=`), which its user alone may enter or write to; a unit without
/// one has an abstract socket that the unit's invocation names. That a name is not an impostor's is for the client to
/// see: the listener's process must be the unit's main process.
package enum ControlSocket {
    /// The longest packet.
    package static let limit = 16384
    /// As long as Windows waits for a handler.
    package static let patience = 30

    package static func path(in folder: String) -> String { folder + "/signalbox-control" }
    package static func abstractName(invocation: String) -> String { "\0signalbox-control/" + invocation }

    /// A new socket: -1 if the kernel has none.
    package static func make(nonblocking: Bool = false) -> Int32 {
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return socket(AF_UNIX, type | (nonblocking ? Int32(SOCK_NONBLOCK.rawValue) : 0), 0)
    }

    /// Calls `body` with the address of that name; -1 (ENAMETOOLONG) if it does not fit.
    package static func withAddress(
        _ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // An abstract name is as long as the address says; a path ends with a NUL.
        let length = MemoryLayout<sa_family_t>.size + bytes.count + (bytes.first == 0 ? 0 : 1)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// Who is at the other end: ucred, unix(7). A listener's is who called listen(2).
    package struct Peer: BitwiseCopyable {
        package var pid: Int32 = 0
        package var user: UInt32 = 0
        package var group: UInt32 = 0
    }

    /// nil: the kernel does not tell.
    package static func peer(of descriptor: Int32) -> Peer? {
        var peer = Peer()
        var length = socklen_t(MemoryLayout<Peer>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer : nil
    }

    /// The next packet; nil: there is none (errno tells), or the other end is closed.
    package static func receive(from descriptor: Int32, flags: Int32 = 0) -> String? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, buffer.count, flags)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Sends a packet; false: the other end has not taken it.
    package static func send(_ text: String, to descriptor: Int32, flags: Int32 = 0) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(descriptor, bytes, bytes.count, flags | Int32(MSG_NOSIGNAL)) == bytes.count
    }
}
