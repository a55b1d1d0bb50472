public import Glibc

/// What a request has besides its bytes, and what a receive brings besides them.
///
/// `@unchecked Sendable`: the caller writes it before the request starts and reads it after its end; in between it is
/// the driver's.
public final class IOMessage: @unchecked Sendable {
    /// The system's MSG_ flags.
    public let flags: Int32
    /// An address as the system has it: where a send or a connect goes, or where a receive came from.
    public let name: UnsafeMutablePointer<sockaddr_storage>
    /// Its length; of a receive: the room for it before, 0 if it is not wanted.
    public package(set) var nameLength: socklen_t
    /// Ancillary data as the system has it, see cmsg(3).
    public let control: UnsafeMutableRawBufferPointer?
    /// How much of `control` a receive has filled.
    public package(set) var controlLength = 0
    /// What a receive tells, of MSG_TRUNC and MSG_CTRUNC.
    public package(set) var receivedFlags: Int32 = 0

    /// - Parameters:
    ///   - flags: those of send(2) and recv(2): MSG_OOB, MSG_PEEK and so on.
    ///   - address: where it goes; nil for a receive, or if the socket knows.
    ///   - receivesAddress: whether a receive is to tell where it came from.
    ///   - control: ancillary data to send, as cmsg(3) has it.
    ///   - controlCapacity: room for as many bytes of ancillary data, for a receive.
    public init(
        flags: Int32 = 0, address: UnsafeRawBufferPointer? = nil, receivesAddress: Bool = false,
        control: UnsafeRawBufferPointer? = nil, controlCapacity: Int = 0
    ) {
        self.flags = flags
        name = .allocate(capacity: 1)
        name.initialize(to: sockaddr_storage())
        nameLength = 0
        let most = MemoryLayout<sockaddr_storage>.size
        if let address {
            let length = min(address.count, most)
            UnsafeMutableRawPointer(name).copyMemory(from: address.baseAddress!, byteCount: length)
            nameLength = socklen_t(length)
        } else if receivesAddress {
            nameLength = socklen_t(most)
        }
        let size = max(controlCapacity, control?.count ?? 0)
        guard size > 0 else {
            self.control = nil
            return
        }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        if let control { room.copyMemory(from: control) }
        self.control = room
    }

    deinit {
        name.deallocate()
        control?.deallocate()
    }

    /// Describes it for recvmsg(2) or sendmsg(2).
    package func fill(_ header: inout msghdr) {
        if nameLength > 0 {
            header.msg_name = UnsafeMutableRawPointer(name)
            header.msg_namelen = nameLength
        }
        header.msg_control = control?.baseAddress
        header.msg_controllen = control?.count ?? 0
    }

    /// Takes what recvmsg(2) has brought.
    package func take(_ header: msghdr) {
        if nameLength > 0 { nameLength = min(header.msg_namelen, socklen_t(MemoryLayout<sockaddr_storage>.size)) }
        controlLength = min(header.msg_controllen, control?.count ?? 0)
        receivedFlags = header.msg_flags
    }
}
