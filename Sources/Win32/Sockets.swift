import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// Winsock: making, naming and ending sockets. Requests are in SocketIO.swift, options in SocketOptions.swift.

/// Calls of WSAStartup that WSACleanup has not undone.
private let startups = Atomic(0)

/// Whether WSAStartup was called, and not undone.
var isStarted: Bool { startups.load(ordering: .relaxed) > 0 }

/// Sets the last error and returns SOCKET_ERROR.
func socketFailure(_ code: Int32) -> Int32 {
    _ = failure(code)
    return -1
}

/// The socket of a handle, with its object; nil, with the last error set, if it is none.
func socketOf(_ s: SOCKET) -> (socket: any DriverSocket, object: ObjectName)? {
    guard startups.load(ordering: .relaxed) > 0 else {
        _ = failure(WSANOTINITIALISED)
        return nil
    }
    let object = s == ~SOCKET(0) ? .none : HandleTable.find(UInt(s), [])
    guard object != .none, let socket = SourceObject.driver(of: object) else {
        _ = failure(WSAENOTSOCK)
        return nil
    }
    return (socket, object)
}

/// Runs a system call on the socket's descriptor, and makes its errno the last error.
func systemCall(_ s: SOCKET, _ body: (Int32) -> Int32) -> Int32 {
    guard let socket = socketOf(s)?.socket else { return -1 }
    return body(socket.descriptor) == 0 ? 0 : socketFailure(winsockCode(IOStatus(errno: errno)))
}

@c(WSAStartup) @implementation public func __WSAStartup(_ version: WORD, _ data: LPWSADATA?) -> Int32 {
    // Results come back directly here: the last error cannot be relied on before the start.
    guard let data else { return WSAEFAULT }
    guard version & 0xFF >= 1 else { return WSAVERNOTSUPPORTED }
    var filled = WSADATA()
    filled.wHighVersion = 0x0202
    // The caller's version, or the highest that there is.
    filled.wVersion = (version & 0xFF, version >> 8) > (2, 2) ? 0x0202 : version
    data.pointee = filled
    startups.add(1, ordering: .relaxed)
    return 0
}

@c(WSACleanup) @implementation public func __WSACleanup() -> Int32 {
    var count = startups.load(ordering: .relaxed)
    while count > 0 {
        let (done, now) = startups.compareExchange(expected: count, desired: count - 1, ordering: .relaxed)
        if done { return 0 }
        count = now
    }
    return socketFailure(WSANOTINITIALISED)
}

@c(WSAGetLastError) @implementation public func __WSAGetLastError() -> Int32 { Int32(bitPattern: __GetLastError()) }
@c(WSASetLastError) @implementation public func __WSASetLastError(_ code: Int32) {
    __SetLastError(DWORD(bitPattern: code))
}

/// "A socket handle created by the WSASocket or the socket function is inheritable by default." (WSASocket)
private func makeSocket(
    _ family: Int32, _ type: Int32, _ proto: Int32, isOverlapped: Bool, inherits: Bool = true
) -> SOCKET {
    enter()
    defer { leave() }
    let none = ~SOCKET(0)
    guard startups.load(ordering: .relaxed) > 0 else {
        _ = failure(WSANOTINITIALISED)
        return none
    }
    let linuxFamily = family == CWin32.AF_INET6 ? Glibc.AF_INET6 : family
    guard [Glibc.AF_UNIX, Glibc.AF_INET, Glibc.AF_INET6].contains(linuxFamily) else {
        _ = failure(WSAEAFNOSUPPORT)
        return none
    }
    guard type == CWin32.SOCK_STREAM || type == CWin32.SOCK_DGRAM else {
        _ = failure(WSAESOCKTNOSUPPORT)
        return none
    }
    do throws(IOError) {
        let socket = try DriverRegistry.shared.sockets().makeSocket(family: linuxFamily, type: type, protocol: proto)
        if type == CWin32.SOCK_DGRAM { setReportsUnreachable(socket.descriptor, linuxFamily, true) }
        if linuxFamily == Glibc.AF_INET6 {
            // Of Windows: an IPv6 socket takes no IPv4 connections unless it is told to.
            var one: Int32 = 1
            Glibc.setsockopt(socket.descriptor, CWin32.IPPROTO_IPV6, Glibc.IPV6_V6ONLY, &one, 4)
        }
        do throws(DispatcherError) {
            let object = try SourceObject.make(socket, isOverlapped: isOverlapped)
            guard let made = newHandle(object, inherits: inherits) else { return none }
            return SOCKET(value(made))
        } catch {
            socket.close()
            throw IOError(.insufficientResources, "making a socket")
        }
    } catch {
        // Family and type are good, so these are the protocol's: EINVAL is "Unknown protocol" (socket(2)), and EACCES
        // what icmp(7) says to users.
        let isProtocol = [EPROTONOSUPPORT, EINVAL, EACCES, EPERM].contains(error.code)
        let code = isProtocol ? WSAEPROTONOSUPPORT : winsockCode(error.status)
        _ = failure(code == WSAEOPNOTSUPP && error.code == 0 ? WSASYSNOTREADY : code)
        return none
    }
}

@c(WSASocketA) @implementation public func __WSASocketA(
    _ family: Int32, _ type: Int32, _ proto: Int32, _ info: LPWSAPROTOCOL_INFOA?, _ group: GROUP, _ flags: DWORD
) -> SOCKET {
    makeSocket(
        family, type, proto, isOverlapped: flags & DWORD(WSA_FLAG_OVERLAPPED) != 0,
        inherits: flags & DWORD(WSA_FLAG_NO_HANDLE_INHERIT) == 0)
}

@c(WSASocketW) @implementation public func __WSASocketW(
    _ family: Int32, _ type: Int32, _ proto: Int32, _ info: LPWSAPROTOCOL_INFOW?, _ group: GROUP, _ flags: DWORD
) -> SOCKET {
    makeSocket(
        family, type, proto, isOverlapped: flags & DWORD(WSA_FLAG_OVERLAPPED) != 0,
        inherits: flags & DWORD(WSA_FLAG_NO_HANDLE_INHERIT) == 0)
}

@c(socket) @implementation public func __socket(_ family: Int32, _ type: Int32, _ proto: Int32) -> SOCKET {
    makeSocket(family, type, proto, isOverlapped: true)
}

/// Of Windows: a datagram that found nobody at its port fails a later receive (SIO_UDP_CONNRESET).
func setReportsUnreachable(_ descriptor: Int32, _ family: Int32, _ isOn: Bool) {
    var value: Int32 = isOn ? 1 : 0
    if family == Glibc.AF_INET6 {
        Glibc.setsockopt(descriptor, CWin32.IPPROTO_IPV6, IPV6_RECVERR, &value, 4)
    } else if family == Glibc.AF_INET {
        Glibc.setsockopt(descriptor, CWin32.IPPROTO_IP, IP_RECVERR, &value, 4)
    }
}

/// Whether that is so.
func reportsUnreachable(_ descriptor: Int32, _ family: Int32) -> Bool {
    var (value, size): (Int32, socklen_t) = (0, 4)
    let isIPv6 = family == Glibc.AF_INET6
    let (level, name) = isIPv6 ? (CWin32.IPPROTO_IPV6, IPV6_RECVERR) : (CWin32.IPPROTO_IP, IP_RECVERR)
    return Glibc.getsockopt(descriptor, level, name, &value, &size) == 0 && value != 0
}

@c(closesocket) @implementation public func __closesocket(_ s: SOCKET) -> Int32 {
    enter()
    defer { leave() }
    guard socketOf(s) != nil else { return -1 }
    do {
        try HandleTable.close(UInt(s))
        return 0
    } catch {
        return socketFailure(WSAENOTSOCK)
    }
}

func option(_ descriptor: Int32, _ name: Int32) -> Int32 {
    var (answer, size): (Int32, socklen_t) = (0, 4)
    return Glibc.getsockopt(descriptor, Glibc.SOL_SOCKET, name, &answer, &size) == 0 ? answer : 0
}

private func setReuse(_ descriptor: Int32, _ value: Int32) {
    var value = value
    Glibc.setsockopt(descriptor, Glibc.SOL_SOCKET, Glibc.SO_REUSEADDR, &value, 4)
}

@c(bind) @implementation
public func __bind(_ s: SOCKET, _ name: UnsafePointer<SOCKADDR>?, _ length: Int32) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    let descriptor = socket.descriptor
    guard let name, length >= 2 else { return socketFailure(WSAEFAULT) }
    let needed: Int32
    switch Int32(name.pointee.sa_family) {
    case CWin32.AF_INET: needed = 16
    case CWin32.AF_INET6: needed = 28
    case CWin32.AF_UNIX: needed = 3
    default: return socketFailure(WSAEAFNOSUPPORT)
    }
    guard length >= needed, let address = SocketAddress(winsock: name, length) else { return socketFailure(WSAEFAULT) }
    if let error = bindToPassed(socket, address) { return error == 0 ? 0 : socketFailure(error) }
    func attempt() -> Int32 { address.withLinux { Glibc.bind(descriptor, $0, $1) == 0 ? 0 : errno } }
    var error = attempt()
    // Windows binds to a port whose last connections linger in TIME_WAIT; Linux does so if asked. But if asked from the
    // beginning, it also lets two sockets share an address while neither listens.
    if error == EADDRINUSE, option(descriptor, Glibc.SO_TYPE) == CWin32.SOCK_STREAM {
        let before = option(descriptor, Glibc.SO_REUSEADDR)
        setReuse(descriptor, 1)
        error = attempt()
        setReuse(descriptor, before)
    }
    if error == EADDRINUSE { explainPassed(socket, address) }
    if error == EAFNOSUPPORT { return socketFailure(WSAEAFNOSUPPORT) }
    return error == 0 ? 0 : socketFailure(winsockCode(IOStatus(errno: error)))
}

@c(listen) @implementation public func __listen(_ s: SOCKET, _ backlog: Int32) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    let (settings, descriptor) = (socket.settings, socket.descriptor)
    if settings.type != CWin32.SOCK_STREAM { return socketFailure(WSAEOPNOTSUPP) }
    if SocketAddress({ Glibc.getpeername(descriptor, $0, $1) }) != nil { return socketFailure(WSAEISCONN) }
    guard let own = SocketAddress({ Glibc.getsockname(descriptor, $0, $1) }), own.isBound else {
        return socketFailure(WSAEINVAL)  // Linux would bind it
    }
    let result: Int32
    if option(descriptor, Glibc.SO_ACCEPTCONN) != 0 {
        // "If listen is called on an already listening socket, it will return success without changing the value for the
        // backlog parameter" (listen). One of the service manager's has the backlog of its unit.
        result = 0
    } else {
        // Its connections inherit this, and may linger in TIME_WAIT when the next server binds, see `bind`.
        setReuse(descriptor, 1)
        result = systemCall(s) { Glibc.listen($0, min(max(backlog, 1), 4096)) }
    }
    if result == 0 {
        settings.setPhase(.listening)
        enable(.accept, of: socket)
    }
    return result
}

@c(shutdown) @implementation public func __shutdown(_ s: SOCKET, _ how: Int32) -> Int32 {
    enter()
    defer { leave() }
    guard let (socket, object) = socketOf(s) else { return -1 }
    // SD_RECEIVE, SD_SEND and SD_BOTH are SHUT_RD, SHUT_WR and SHUT_RDWR.
    guard (0...2).contains(how) else { return socketFailure(WSAEINVAL) }
    if option(socket.descriptor, Glibc.SO_ACCEPTCONN) != 0 { return socketFailure(WSAENOTCONN) }
    let result = systemCall(s) { Glibc.shutdown($0, how) }
    if result == 0 && how != SD_SEND { SourceObject.endReceiving(object) }
    return result
}

private func address(
    _ s: SOCKET, _ name: LPSOCKADDR?, _ length: UnsafeMutablePointer<Int32>?,
    _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
) -> Int32 {
    guard let socket = socketOf(s)?.socket else { return -1 }
    guard let name, let length else { return socketFailure(WSAEFAULT) }
    guard let address = SocketAddress({ call(socket.descriptor, $0, $1) }) else {
        return socketFailure(winsockCode(IOStatus(errno: errno)))
    }
    guard address.isBound else { return socketFailure(WSAEINVAL) }
    guard address.write(to: name, capacity: Int(length.pointee)) else { return socketFailure(WSAEFAULT) }
    length.pointee = Int32(address.length)
    return 0
}

@c(getsockname) @implementation
public func __getsockname(_ s: SOCKET, _ name: LPSOCKADDR?, _ length: UnsafeMutablePointer<Int32>?) -> Int32 {
    enter()
    defer { leave() }
    return address(s, name, length) { Glibc.getsockname($0, $1, $2) }
}

@c(getpeername) @implementation
public func __getpeername(_ s: SOCKET, _ name: LPSOCKADDR?, _ length: UnsafeMutablePointer<Int32>?) -> Int32 {
    enter()
    defer { leave() }
    return address(s, name, length) { Glibc.getpeername($0, $1, $2) }
}
