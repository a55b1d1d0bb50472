public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// Connecting and accepting.

// ---- connect

private func connect(_ s: SOCKET, _ name: UnsafePointer<SOCKADDR>?, _ length: Int32) -> Int32 {
    guard let socket = socketOf(s)?.socket else { return -1 }
    guard let name, let address = SocketAddress(winsock: name, length) else { return socketFailure(WSAEFAULT) }
    let settings = socket.settings
    if settings.type != CWin32.SOCK_STREAM { return connectDatagrams(s, socket, address) }
    guard address.family == settings.family else { return socketFailure(WSAEAFNOSUPPORT) }
    guard address.isWhole else { return socketFailure(WSAEFAULT) }
    // Linux takes it for this machine.
    if address.isInternet && (address.isAny || !address.isBound) { return socketFailure(WSAEADDRNOTAVAIL) }
    if settings.phase == .connecting { _ = socket.readiness() }
    switch settings.phase {
    case .connected: return socketFailure(WSAEISCONN)
    case .listening: return socketFailure(WSAEINVAL)
    case .connecting: return socketFailure(WSAEALREADY)
    case .idle, .failed: break
    }
    settings.events.withLock { $0.enable(.connect) }
    let isNonBlocking = settings.isNonBlocking.load(ordering: .relaxed)
    if settings.family == Glibc.AF_UNIX && !isNonBlocking { return connectByPath(socket, address) }
    let message = address.withLinux { IOMessage(address: UnsafeRawBufferPointer(start: $0, count: Int($1))) }
    let request = IORequest(.connect, [], message: message)
    guard isNonBlocking else {
        switch serve(socket, request) {
        case .done: return 0
        case .failed(let code): return socketFailure(code)
        }
    }
    let attempt = socket.attempt(request, from: 0)
    socket.settings.readinessMayHaveChanged(of: socket)
    switch attempt {
    case .done: return 0
    // What the network says comes later on Windows, by FD_CONNECT or the exceptions of select.
    case .failed(.connectionRefused), .failed(.timedOut), .failed(.hostUnreachable), .failed(.networkUnreachable),
        .wouldBlock, .isBehindOthers:
        return socketFailure(WSAEWOULDBLOCK)
    case .failed(let status): return socketFailure(winsockCode(status))
    }
}

/// A Unix socket's connect waits for room at the listener, of which no poll(2) tells.
private func connectByPath(_ socket: any DriverSocket, _ address: SocketAddress) -> Int32 {
    let descriptor = socket.hold()
    guard descriptor >= 0 else { return socketFailure(WSAENOTSOCK) }
    defer { socket.letGo() }
    let code = Arena.sleeping { address.withLinux { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno } }
    guard code == 0 else { return socketFailure(code == ENOENT ? WSAECONNREFUSED : winsockCode(IOStatus(errno: code))) }
    socket.settings.setPhase(.connected)
    socket.settings.readinessMayHaveChanged(of: socket)
    return 0
}

/// Names the peer of a datagram socket, or, with an address that is none, gives it up.
private func connectDatagrams(_ s: SOCKET, _ socket: any DriverSocket, _ address: SocketAddress) -> Int32 {
    if address.family == Glibc.AF_UNSPEC || address.isInternet && address.isAny {
        let none = [UInt64](repeating: 0, count: 2)  // AF_UNSPEC is 0
        return systemCall(s) { descriptor in
            none.withUnsafeBytes { bytes in
                let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
                return Glibc.connect(descriptor, address, socklen_t(bytes.count))
            }
        }
    }
    guard address.family == socket.settings.family else { return socketFailure(WSAEAFNOSUPPORT) }
    guard address.isWhole else { return socketFailure(WSAEFAULT) }
    if address.isInternet && !address.isBound { return socketFailure(WSAEADDRNOTAVAIL) }
    return systemCall(s) { descriptor in address.withLinux { Glibc.connect(descriptor, $0, $1) } }
}

@c(connect) @implementation
public func __connect(_ s: SOCKET, _ name: UnsafePointer<SOCKADDR>?, _ length: Int32) -> Int32 {
    enter()
    defer { leave() }
    return connect(s, name, length)
}

@c(WSAConnect) @implementation public func __WSAConnect(
    _ s: SOCKET, _ name: UnsafePointer<SOCKADDR>?, _ length: Int32, _ callerData: LPWSABUF?, _ calleeData: LPWSABUF?,
    _ sending: LPQOS?, _ group: LPQOS?
) -> Int32 {
    enter()
    defer { leave() }
    let result = connect(s, name, length)
    // No protocol here has data of its own for a connect.
    if result == 0 { calleeData?.pointee.len = 0 }
    return result
}

// ---- accept

/// What WSAAccept's condition function decides by.
private struct Condition {
    let function: LPCONDITIONPROC
    let data: DWORD_PTR

    /// CF_ACCEPT, CF_REJECT or CF_DEFER.
    func ask(_ connection: any DriverSocket) -> Int32 {
        var peer = SOCKADDR_STORAGE()
        var own = SOCKADDR_STORAGE()
        let descriptor = connection.descriptor
        let size = MemoryLayout<SOCKADDR_STORAGE>.size
        func buffer(_ address: SocketAddress?, _ memory: UnsafeMutableRawPointer) -> WSABUF {
            _ = address?.write(to: memory, capacity: size)
            return WSABUF(len: ULONG(address?.length ?? 0), buf: memory.assumingMemoryBound(to: CHAR.self))
        }
        return withUnsafeMutablePointer(to: &peer) { peer in
            withUnsafeMutablePointer(to: &own) { own in
                var caller = buffer(SocketAddress { Glibc.getpeername(descriptor, $0, $1) }, peer)
                var callee = buffer(SocketAddress { Glibc.getsockname(descriptor, $0, $1) }, own)
                var (callerData, calleeData, group) = (WSABUF(), WSABUF(), GROUP(0))
                return outside { function(&caller, &callerData, nil, nil, &callee, &calleeData, &group, data) }
            }
        }
    }
}

private func accept(
    _ s: SOCKET, _ name: LPSOCKADDR?, _ length: UnsafeMutablePointer<Int32>?, _ condition: Condition?
) -> SOCKET {
    func failed(_ code: Int32) -> SOCKET {
        _ = failure(code)
        return ~SOCKET(0)
    }
    guard let (socket, object) = socketOf(s) else { return ~SOCKET(0) }
    if let name, length == nil || !hasRoom(name, length!.pointee, socket) { return failed(WSAEFAULT) }
    guard socket.settings.type == CWin32.SOCK_STREAM else { return failed(WSAEOPNOTSUPP) }
    guard socket.settings.phase == .listening else { return failed(WSAEINVAL) }
    let connection: any DriverSocket
    if let left = socket.settings.deferred.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        connection = left
    } else {
        do throws(IOError) {
            connection = try DriverRegistry.shared.sockets().makeEmptySocket(like: socket.settings)
        } catch {
            return failed(winsockCode(error.status))
        }
        if case .failed(let code) = serve(socket, IORequest(.accept(connection), [])) { return failed(code) }
    }
    switch condition?.ask(connection) ?? CF_ACCEPT {
    case CF_ACCEPT: break
    case CF_DEFER:
        socket.settings.deferred.withLock { $0.insert(connection, at: 0) }
        return failed(WSATRY_AGAIN)
    default:
        var now = linger(l_onoff: 1, l_linger: 0)
        Glibc.setsockopt(
            connection.descriptor, Glibc.SOL_SOCKET, Glibc.SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        connection.close()
        return failed(WSAECONNREFUSED)
    }
    let descriptor = connection.descriptor
    if let name, let length, let peer = SocketAddress({ Glibc.getpeername(descriptor, $0, $1) }) {
        _ = peer.write(to: name, capacity: Int(length.pointee), truncating: true)
        length.pointee = Int32(peer.length)
    }
    inherit(socket.settings, connection)
    do throws(DispatcherError) {
        let made = try SourceObject.make(connection, isOverlapped: SourceObject.isOverlapped(object))
        let inherits = (try? HandleTable.rights(of: UInt(s)).contains(.inherit)) ?? false
        guard let handle = newHandle(made, inherits: inherits) else { return failed(WSAENOBUFS) }
        return SOCKET(value(handle))
    } catch {
        connection.close()
        return failed(WSAENOBUFS)
    }
}

/// "It has the same properties as socket s, including the asynchronous events registered" (accept).
private func inherit(_ listener: SocketSettings, _ connection: any DriverSocket) {
    let settings = connection.settings
    settings.isNonBlocking.store(listener.isNonBlocking.load(ordering: .relaxed), ordering: .relaxed)
    settings.receiveTimeout.store(listener.receiveTimeout.load(ordering: .relaxed), ordering: .relaxed)
    settings.sendTimeout.store(listener.sendTimeout.load(ordering: .relaxed), ordering: .relaxed)
    guard listener.isWatched.load(ordering: .relaxed) else { return }
    let (event, wanted) = listener.events.withLock { ($0.event, $0.wanted) }
    _ = select(connection, event, wanted)
}

@c(accept) @implementation
public func __accept(_ s: SOCKET, _ name: LPSOCKADDR?, _ length: UnsafeMutablePointer<Int32>?) -> SOCKET {
    enter()
    defer { leave() }
    return accept(s, name, length, nil)
}

@c(WSAAccept) @implementation public func __WSAAccept(
    _ s: SOCKET, _ name: LPSOCKADDR?, _ length: LPINT?, _ function: LPCONDITIONPROC?, _ data: DWORD_PTR
) -> SOCKET {
    enter()
    defer { leave() }
    return accept(s, name, length, function.map { Condition(function: $0, data: data) })
}
