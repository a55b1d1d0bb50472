import CLinux
public import CWin32
import Glibc
import Signalbox
import Synchronization

// Socket options, whose numbers and some of whose shapes differ from Linux's.

/// A Winsock option that is a number of the same meaning on Linux.
private func linuxOption(_ level: Int32, _ name: Int32) -> (level: Int32, name: Int32)? {
    switch level {
    case CWin32.SOL_SOCKET: socketOption(name).map { (Glibc.SOL_SOCKET, $0) }
    case CWin32.IPPROTO_TCP: streamOption(name).map { (CWin32.IPPROTO_TCP, $0) }
    case CWin32.IPPROTO_IP: addressOption(name).map { (CWin32.IPPROTO_IP, $0) }
    case CWin32.IPPROTO_IPV6: address6Option(name).map { (CWin32.IPPROTO_IPV6, $0) }
    default: nil
    }
}

private func socketOption(_ name: Int32) -> Int32? {
    switch name {
    case CWin32.SO_DEBUG: Glibc.SO_DEBUG
    case CWin32.SO_REUSEADDR: Glibc.SO_REUSEADDR
    case CWin32.SO_KEEPALIVE: Glibc.SO_KEEPALIVE
    case CWin32.SO_DONTROUTE: Glibc.SO_DONTROUTE
    case CWin32.SO_BROADCAST: Glibc.SO_BROADCAST
    case CWin32.SO_OOBINLINE: Glibc.SO_OOBINLINE
    case CWin32.SO_SNDBUF: Glibc.SO_SNDBUF
    case CWin32.SO_RCVBUF: Glibc.SO_RCVBUF
    case CWin32.SO_TYPE: Glibc.SO_TYPE
    case CWin32.SO_ACCEPTCONN: Glibc.SO_ACCEPTCONN
    default: nil
    }
}

private func streamOption(_ name: Int32) -> Int32? {
    switch name {
    case CWin32.TCP_NODELAY: Glibc.TCP_NODELAY
    case CWin32.TCP_KEEPIDLE: Glibc.TCP_KEEPIDLE
    case CWin32.TCP_KEEPINTVL: Glibc.TCP_KEEPINTVL
    case CWin32.TCP_KEEPCNT: Glibc.TCP_KEEPCNT
    case CWin32.TCP_MAXSEG: Glibc.TCP_MAXSEG
    default: nil
    }
}

private func addressOption(_ name: Int32) -> Int32? {
    switch name {
    case CWin32.IP_HDRINCL: Glibc.IP_HDRINCL
    case CWin32.IP_TOS: Glibc.IP_TOS
    case CWin32.IP_TTL: Glibc.IP_TTL
    case CWin32.IP_MULTICAST_TTL: Glibc.IP_MULTICAST_TTL
    case CWin32.IP_MULTICAST_LOOP: Glibc.IP_MULTICAST_LOOP
    case CWin32.IP_PKTINFO: Glibc.IP_PKTINFO
    default: nil
    }
}

private func address6Option(_ name: Int32) -> Int32? {
    switch name {
    case CWin32.IPV6_V6ONLY: Glibc.IPV6_V6ONLY
    case CWin32.IPV6_UNICAST_HOPS: Glibc.IPV6_UNICAST_HOPS
    case CWin32.IPV6_MULTICAST_HOPS: Glibc.IPV6_MULTICAST_HOPS
    case CWin32.IPV6_MULTICAST_LOOP: Glibc.IPV6_MULTICAST_LOOP
    case CWin32.IPV6_MULTICAST_IF: Glibc.IPV6_MULTICAST_IF
    // On Linux IPV6_PKTINFO is the address of each datagram that is sent; this one asks for those received.
    case CWin32.IPV6_PKTINFO: Glibc.IPV6_RECVPKTINFO
    default: nil
    }
}

/// Options whose value is a structure, the same one on Linux.
private func linuxStructure(_ level: Int32, _ name: Int32) -> (name: Int32, size: Int32)? {
    switch (level, name) {
    case (CWin32.IPPROTO_IP, CWin32.IP_ADD_MEMBERSHIP): (Glibc.IP_ADD_MEMBERSHIP, 8)
    case (CWin32.IPPROTO_IP, CWin32.IP_DROP_MEMBERSHIP): (Glibc.IP_DROP_MEMBERSHIP, 8)
    case (CWin32.IPPROTO_IP, CWin32.IP_MULTICAST_IF): (Glibc.IP_MULTICAST_IF, 4)
    case (CWin32.IPPROTO_IPV6, CWin32.IPV6_ADD_MEMBERSHIP): (Glibc.IPV6_JOIN_GROUP, 20)
    case (CWin32.IPPROTO_IPV6, CWin32.IPV6_DROP_MEMBERSHIP): (Glibc.IPV6_LEAVE_GROUP, 20)
    default: nil
    }
}

private func optionFailure() -> Int32 {
    socketFailure(errno == ENOPROTOOPT || errno == EOPNOTSUPP ? WSAENOPROTOOPT : winsockCode(IOStatus(errno: errno)))
}

@c(setsockopt) @implementation public func __setsockopt(
    _ s: SOCKET, _ level: Int32, _ name: Int32, _ value: UnsafePointer<CChar>?, _ length: Int32
) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    if level == CWin32.SOL_SOCKET && name == SO_UPDATE_CONNECT_CONTEXT {
        // It takes no value: a socket that ConnectEx has connected is complete as it is.
        return socket.settings.phase == .connected ? 0 : socketFailure(WSAENOTCONN)
    }
    guard let value else { return socketFailure(WSAEFAULT) }
    if level == CWin32.SOL_SOCKET && name == SO_UPDATE_ACCEPT_CONTEXT {
        // An accepted socket is complete as it is; but the value must be its listener.
        guard length >= 8 else { return socketFailure(WSAEFAULT) }
        let listener = UnsafeRawPointer(value).loadUnaligned(as: SOCKET.self)
        return socketOf(listener) == nil ? -1 : 0
    }
    if level == CWin32.SOL_SOCKET && name == CWin32.SO_LINGER {
        guard length >= 4 else { return socketFailure(WSAEFAULT) }
        let given = UnsafeRawPointer(value).loadUnaligned(as: LINGER.self)
        var ours = linger(l_onoff: Int32(given.l_onoff), l_linger: Int32(given.l_linger))
        return systemCall(s) {
            Glibc.setsockopt($0, Glibc.SOL_SOCKET, Glibc.SO_LINGER, &ours, socklen_t(MemoryLayout<linger>.size))
        }
    }
    if let (linuxName, size) = linuxStructure(level, name) {
        guard length >= size else { return socketFailure(WSAEFAULT) }
        guard Glibc.setsockopt(socket.descriptor, level, linuxName, value, socklen_t(size)) == 0 else {
            return optionFailure()
        }
        return 0
    }
    // A flag may be given as one byte.
    guard length == 1 || length >= 4 else { return socketFailure(WSAEFAULT) }
    var number =
        length == 1 ? Int32(UInt8(bitPattern: value.pointee)) : UnsafeRawPointer(value).loadUnaligned(as: Int32.self)
    if level == CWin32.SOL_SOCKET && setOwnOption(socket, name, number) { return 0 }
    guard let option = linuxOption(level, name), name != CWin32.SO_TYPE || level != CWin32.SOL_SOCKET,
        name != CWin32.SO_ACCEPTCONN || level != CWin32.SOL_SOCKET
    else { return socketFailure(WSAENOPROTOOPT) }
    guard Glibc.setsockopt(socket.descriptor, option.level, option.name, &number, 4) == 0 else {
        return optionFailure()
    }
    return 0
}

/// Options that Linux has in another form, or not at all. False: it is none of them.
private func setOwnOption(_ socket: any DriverSocket, _ name: Int32, _ number: Int32) -> Bool {
    switch name {
    // Calls that wait heed them, and no others: those of the kernel would end requests, too.
    case CWin32.SO_RCVTIMEO: socket.settings.receiveTimeout.store(UInt32(bitPattern: number), ordering: .relaxed)
    case CWin32.SO_SNDTIMEO: socket.settings.sendTimeout.store(UInt32(bitPattern: number), ordering: .relaxed)
    // An address of one's own, shared with nobody: Linux's default.
    case CWin32.SO_EXCLUSIVEADDRUSE: break
    case CWin32.SO_DONTLINGER:
        var ours = linger(l_onoff: number == 0 ? 1 : 0, l_linger: 0)
        Glibc.setsockopt(
            socket.descriptor, Glibc.SOL_SOCKET, Glibc.SO_LINGER, &ours, socklen_t(MemoryLayout<linger>.size))
    default: return false
    }
    return true
}

@c(getsockopt) @implementation public func __getsockopt(
    _ s: SOCKET, _ level: Int32, _ name: Int32, _ value: UnsafeMutablePointer<CChar>?,
    _ length: UnsafeMutablePointer<Int32>?
) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    guard let value, let length, length.pointee >= 4 else { return socketFailure(WSAEFAULT) }
    func give(_ number: Int32) -> Int32 {
        UnsafeMutableRawPointer(value).storeBytes(of: number, as: Int32.self)
        length.pointee = 4
        return 0
    }
    if level == CWin32.SOL_SOCKET && (name == CWin32.SO_LINGER || name == CWin32.SO_DONTLINGER) {
        var ours = linger()
        var size = socklen_t(MemoryLayout<linger>.size)
        guard Glibc.getsockopt(socket.descriptor, Glibc.SOL_SOCKET, Glibc.SO_LINGER, &ours, &size) == 0 else {
            return socketFailure(winsockCode(IOStatus(errno: errno)))
        }
        if name == CWin32.SO_DONTLINGER { return give(ours.l_onoff == 0 ? 1 : 0) }
        let given = LINGER(l_onoff: USHORT(clamping: ours.l_onoff), l_linger: USHORT(clamping: ours.l_linger))
        UnsafeMutableRawPointer(value).storeBytes(of: given, as: LINGER.self)
        length.pointee = 4
        return 0
    }
    if level == CWin32.SOL_SOCKET, let number = ownOption(socket, name) { return give(number) }
    if level == CWin32.IPPROTO_IP && name == CWin32.IP_MULTICAST_IF {
        var address = in_addr()
        var size = socklen_t(MemoryLayout<in_addr>.size)
        guard Glibc.getsockopt(socket.descriptor, level, Glibc.IP_MULTICAST_IF, &address, &size) == 0 else {
            return optionFailure()
        }
        return give(Int32(bitPattern: address.s_addr))
    }
    guard let option = linuxOption(level, name) else { return socketFailure(WSAENOPROTOOPT) }
    var number: Int32 = 0
    var size: socklen_t = 4
    guard Glibc.getsockopt(socket.descriptor, option.level, option.name, &number, &size) == 0 else {
        return optionFailure()
    }
    // "The kernel doubles this value", and gives the doubled one (socket(7)).
    if level == CWin32.SOL_SOCKET && (name == CWin32.SO_SNDBUF || name == CWin32.SO_RCVBUF) { number /= 2 }
    return give(number)
}

private func ownOption(_ socket: any DriverSocket, _ name: Int32) -> Int32? {
    let settings = socket.settings
    switch name {
    case CWin32.SO_RCVTIMEO: return Int32(bitPattern: settings.receiveTimeout.load(ordering: .relaxed))
    case CWin32.SO_SNDTIMEO: return Int32(bitPattern: settings.sendTimeout.load(ordering: .relaxed))
    case CWin32.SO_EXCLUSIVEADDRUSE: return 0
    case CWin32.SO_ERROR:
        // A connect that fails is noticed by whoever looks first, and this is the one to tell.
        if settings.phase == .connecting { _ = socket.readiness() }
        if case .failed(let code) = settings.phase { return winsockCode(IOStatus(errno: code)) }
        var (code, size): (Int32, socklen_t) = (0, 4)
        Glibc.getsockopt(socket.descriptor, Glibc.SOL_SOCKET, Glibc.SO_ERROR, &code, &size)
        return code == 0 ? 0 : winsockCode(IOStatus(errno: code))
    case SO_CONNECT_TIME:
        // "If the socket is not connected, … 0xFFFFFFFF."
        guard settings.phase == .connected else { return -1 }
        return Int32(clamping: (signalbox_now() - settings.connectedAt.load(ordering: .relaxed)) / 1_000_000_000)
    case SO_MAX_MSG_SIZE:
        guard settings.type == CWin32.SOCK_DGRAM else { return nil }
        return settings.family == Glibc.AF_INET6 ? 65527 : 65507
    default: return nil
    }
}
