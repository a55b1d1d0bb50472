import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// ioctlsocket and WSAIoctl.

/// Whether calls of the socket wait. A socket that reports events does not.
private func setNonBlocking(_ socket: any DriverSocket, _ isNonBlocking: Bool) -> Int32 {
    if !isNonBlocking && socket.settings.isWatched.load(ordering: .acquiring) { return WSAEINVAL }
    socket.settings.isNonBlocking.store(isNonBlocking, ordering: .relaxed)
    return 0
}

/// Serves the commands that ioctlsocket has; nil: it is another. Otherwise an error.
private func control(_ socket: any DriverSocket, _ command: DWORD, _ argument: UnsafeMutablePointer<ULONG>) -> Int32? {
    var number: Int32 = 0
    switch Int32(bitPattern: command) {
    case CWin32.FIONBIO: return setNonBlocking(socket, argument.pointee != 0)
    case CWin32.FIONREAD:
        guard signalbox_readable_bytes(socket.descriptor, &number) == 0 else {
            return winsockCode(IOStatus(errno: errno))
        }
        argument.pointee = ULONG(bitPattern: number)
        return 0
    case CWin32.SIOCATMARK:
        guard socket.settings.type == CWin32.SOCK_STREAM else { return WSAEINVAL }
        number = sockatmark(socket.descriptor)
        guard number >= 0 else { return winsockCode(IOStatus(errno: errno)) }
        // TRUE as well where no urgent data is to come.
        var entry = pollfd(fd: socket.descriptor, events: Int16(Glibc.POLLPRI), revents: 0)
        let isUrgent = poll(&entry, 1, 0) > 0 && entry.revents & Int16(Glibc.POLLPRI) != 0
        argument.pointee = number == 1 || !isUrgent ? 1 : 0
        return 0
    default: return nil
    }
}

@c(ioctlsocket) @implementation
public func __ioctlsocket(_ s: SOCKET, _ command: LONG, _ argument: UnsafeMutablePointer<ULONG>?) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    guard let argument else { return socketFailure(WSAEFAULT) }
    let code = control(socket, DWORD(bitPattern: command), argument) ?? WSAEOPNOTSUPP
    return code == 0 ? 0 : socketFailure(code)
}

/// The extension functions by their GUIDs. Concurrency-safe: constants.
private nonisolated(unsafe) let extensions: [(id: GUID, function: UnsafeRawPointer)] = {
    typealias Tail = (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8)
    func id(_ first: UInt32, _ second: UInt16, _ third: UInt16, _ tail: Tail) -> GUID {
        GUID(Data1: first, Data2: second, Data3: third, Data4: tail)
    }
    func address(_ function: some Any) -> UnsafeRawPointer { unsafeBitCast(function, to: UnsafeRawPointer.self) }
    let tail: Tail = (0x95, 0xCA, 0x00, 0x80, 0x5F, 0x48, 0xA1, 0x92)
    return [
        (id(0xB536_7DF0, 0xCBAC, 0x11CF, tail), address(__TransmitFile as LPFN_TRANSMITFILE)),
        (id(0xB536_7DF1, 0xCBAC, 0x11CF, tail), address(__AcceptEx as LPFN_ACCEPTEX)),
        (id(0xB536_7DF2, 0xCBAC, 0x11CF, tail), address(__GetAcceptExSockaddrs as LPFN_GETACCEPTEXSOCKADDRS)),
        (
            id(0x25A2_07B9, 0xDDF3, 0x4660, (0x8E, 0xE9, 0x76, 0xE5, 0x8C, 0x74, 0x06, 0x3E)),
            address(__ConnectEx as LPFN_CONNECTEX)
        ),
        (
            id(0x7FDA_2E11, 0x8630, 0x436F, (0xA0, 0x31, 0xF5, 0x36, 0xA6, 0xEE, 0xC1, 0x57)),
            address(__DisconnectEx as LPFN_DISCONNECTEX)
        ),
        (
            id(0xF689_D7C8, 0x6F1F, 0x436B, (0x8A, 0x53, 0xE5, 0x4F, 0xE3, 0x51, 0xC3, 0x22)),
            address(__WSARecvMsg as LPFN_WSARECVMSG)
        ),
        (
            id(0xA441_E712, 0x754F, 0x43CA, (0x84, 0xA7, 0x0D, 0xEE, 0x44, 0xCF, 0x60, 0x6D)),
            address(__WSASendMsg as LPFN_WSASENDMSG)
        ),
    ]
}()

private func extensionFunction(_ id: GUID) -> UnsafeRawPointer? {
    withUnsafeBytes(of: id) { wanted in
        extensions.first { known in withUnsafeBytes(of: known.id) { $0.elementsEqual(wanted) } }?.function
    }
}

/// What SIO_KEEPALIVE_VALS takes: whether to ask whether the peer is there, after how long, and how often; in ms.
private func setKeepAlive(_ descriptor: Int32, _ isOn: UInt32, _ time: UInt32, _ interval: UInt32) {
    func set(_ level: Int32, _ name: Int32, _ value: UInt32) {
        var value = Int32(clamping: value)
        Glibc.setsockopt(descriptor, level, name, &value, 4)
    }
    set(Glibc.SOL_SOCKET, Glibc.SO_KEEPALIVE, isOn == 0 ? 0 : 1)
    guard isOn != 0 else { return }
    set(CWin32.IPPROTO_TCP, Glibc.TCP_KEEPIDLE, max(1, time / 1000))
    set(CWin32.IPPROTO_TCP, Glibc.TCP_KEEPINTVL, max(1, interval / 1000))
}

@c(WSAIoctl) @implementation public func __WSAIoctl(
    _ s: SOCKET, _ code: DWORD, _ input: LPVOID?, _ inputLength: DWORD, _ output: LPVOID?, _ outputLength: DWORD,
    _ returned: LPDWORD?, _ overlapped: LPWSAOVERLAPPED?, _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    switch Int32(bitPattern: code) {
    case Int32(bitPattern: DWORD(SIO_GET_EXTENSION_FUNCTION_POINTER)):
        guard let input, inputLength >= 16, let output, outputLength >= 8, let returned else {
            return socketFailure(WSAEFAULT)
        }
        guard let function = extensionFunction(input.loadUnaligned(as: GUID.self)) else {
            return socketFailure(WSAEOPNOTSUPP)
        }
        output.storeBytes(of: function, as: UnsafeRawPointer.self)
        returned.pointee = 8
        return 0
    case CWin32.FIONBIO:
        guard let input, inputLength >= 4 else { return socketFailure(WSAEFAULT) }
        let failed = setNonBlocking(socket, input.loadUnaligned(as: ULONG.self) != 0)
        returned?.pointee = 0
        return failed == 0 ? 0 : socketFailure(failed)
    case CWin32.FIONREAD, CWin32.SIOCATMARK:
        guard let output, outputLength >= 4, let returned else { return socketFailure(WSAEFAULT) }
        var answer: ULONG = 0
        let failed = control(socket, code, &answer) ?? WSAEOPNOTSUPP
        guard failed == 0 else { return socketFailure(failed) }
        output.storeBytes(of: answer, as: ULONG.self)
        returned.pointee = 4
        return 0
    case Int32(bitPattern: DWORD(SIO_UDP_CONNRESET)):
        guard let input, inputLength >= 1 else { return socketFailure(WSAEFAULT) }
        guard socket.settings.type == CWin32.SOCK_DGRAM else { return socketFailure(WSAEOPNOTSUPP) }
        setReportsUnreachable(socket.descriptor, socket.settings.family, input.load(as: UInt8.self) != 0)
        returned?.pointee = 0
        return 0
    case Int32(bitPattern: DWORD(SIO_KEEPALIVE_VALS)):
        guard let input, inputLength >= 12 else { return socketFailure(WSAEFAULT) }
        guard socket.settings.type == CWin32.SOCK_STREAM else { return socketFailure(WSAEOPNOTSUPP) }
        let values = (0..<3).map { input.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
        setKeepAlive(socket.descriptor, values[0], values[1], values[2])
        returned?.pointee = 0
        return 0
    default: return socketFailure(WSAEOPNOTSUPP)
    }
}
