public import CWin32
import Glibc
import Signalbox

// Socket options, whose numbers and some of whose shapes differ from Linux's.

/// A Winsock option that is a number of the same meaning on Linux.
private func linuxOption(_ level: Int32, _ name: Int32) -> (level: Int32, name: Int32)? {
    switch (level, name) {
    case (CWin32.SOL_SOCKET, CWin32.SO_REUSEADDR): (Glibc.SOL_SOCKET, Glibc.SO_REUSEADDR)
    case (CWin32.SOL_SOCKET, CWin32.SO_KEEPALIVE): (Glibc.SOL_SOCKET, Glibc.SO_KEEPALIVE)
    case (CWin32.SOL_SOCKET, CWin32.SO_BROADCAST): (Glibc.SOL_SOCKET, Glibc.SO_BROADCAST)
    case (CWin32.SOL_SOCKET, CWin32.SO_SNDBUF): (Glibc.SOL_SOCKET, Glibc.SO_SNDBUF)
    case (CWin32.SOL_SOCKET, CWin32.SO_RCVBUF): (Glibc.SOL_SOCKET, Glibc.SO_RCVBUF)
    case (CWin32.SOL_SOCKET, CWin32.SO_ERROR): (Glibc.SOL_SOCKET, Glibc.SO_ERROR)
    case (CWin32.SOL_SOCKET, CWin32.SO_TYPE): (Glibc.SOL_SOCKET, Glibc.SO_TYPE)
    case (CWin32.SOL_SOCKET, CWin32.SO_ACCEPTCONN): (Glibc.SOL_SOCKET, Glibc.SO_ACCEPTCONN)
    case (CWin32.IPPROTO_TCP, CWin32.TCP_NODELAY): (CWin32.IPPROTO_TCP, Glibc.TCP_NODELAY)
    default: nil
    }
}

@c(setsockopt) @implementation public func __setsockopt(
    _ s: SOCKET, _ level: Int32, _ name: Int32, _ value: UnsafePointer<CChar>?, _ length: Int32
) -> Int32 {
    guard let socket = socketOf(s)?.socket else { return -1 }
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
    // An address of one's own, shared with nobody: Linux's default.
    if level == CWin32.SOL_SOCKET && name == CWin32.SO_EXCLUSIVEADDRUSE { return 0 }
    guard let option = linuxOption(level, name) else { return socketFailure(WSAENOPROTOOPT) }
    // A flag may be given as one byte.
    guard length == 1 || length >= 4 else { return socketFailure(WSAEFAULT) }
    var number =
        length == 1 ? Int32(UInt8(bitPattern: value.pointee)) : UnsafeRawPointer(value).loadUnaligned(as: Int32.self)
    guard Glibc.setsockopt(socket.descriptor, option.level, option.name, &number, 4) == 0 else {
        return socketFailure(errno == ENOPROTOOPT ? WSAENOPROTOOPT : winsockCode(IOStatus(errno: errno)))
    }
    return 0
}

@c(getsockopt) @implementation public func __getsockopt(
    _ s: SOCKET, _ level: Int32, _ name: Int32, _ value: UnsafeMutablePointer<CChar>?,
    _ length: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let socket = socketOf(s)?.socket else { return -1 }
    guard let value, let length, length.pointee >= 4 else { return socketFailure(WSAEFAULT) }
    if level == CWin32.SOL_SOCKET && name == CWin32.SO_LINGER {
        var ours = linger()
        var size = socklen_t(MemoryLayout<linger>.size)
        guard Glibc.getsockopt(socket.descriptor, Glibc.SOL_SOCKET, Glibc.SO_LINGER, &ours, &size) == 0 else {
            return socketFailure(winsockCode(IOStatus(errno: errno)))
        }
        let given = LINGER(l_onoff: USHORT(clamping: ours.l_onoff), l_linger: USHORT(clamping: ours.l_linger))
        UnsafeMutableRawPointer(value).storeBytes(of: given, as: LINGER.self)
        length.pointee = 4
        return 0
    }
    guard let option = linuxOption(level, name) else { return socketFailure(WSAENOPROTOOPT) }
    var number: Int32 = 0
    var size: socklen_t = 4
    guard Glibc.getsockopt(socket.descriptor, option.level, option.name, &number, &size) == 0 else {
        return socketFailure(errno == ENOPROTOOPT ? WSAENOPROTOOPT : winsockCode(IOStatus(errno: errno)))
    }
    // "The kernel doubles this value", and gives the doubled one (socket(7)).
    if level == CWin32.SOL_SOCKET && (name == CWin32.SO_SNDBUF || name == CWin32.SO_RCVBUF) { number /= 2 }
    if name == CWin32.SO_ERROR && number != 0 { number = winsockCode(IOStatus(errno: number)) }
    UnsafeMutableRawPointer(value).storeBytes(of: number, as: Int32.self)
    length.pointee = 4
    return 0
}
