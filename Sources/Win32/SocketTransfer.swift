import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// Receives and sends. With an `OVERLAPPED`, a request of the driver's; without one, the calling thread's own work: it
// does what can be done, and sleeps in poll(2) for the rest. So a thread that is ended leaves no request that would write
// into its memory.

// ---- on the calling thread

/// What became of a request that the calling thread has served.
enum Served {
    case done(Int, IOStatus)
    case failed(Int32)
}

/// Has reports of these kinds made again, and made now if there is something to report.
func enable(_ kinds: SocketReadiness, of socket: any DriverSocket) {
    guard socket.settings.isWatched.load(ordering: .acquiring) else { return }
    socket.settings.events.withLock { $0.enable(kinds) }
    socket.settings.readinessMayHaveChanged(of: socket)
}

private enum Readied {
    case ready
    case timedOut
    case closed
}

/// Sleeps until the descriptor may be ready.
private func sleep(on socket: any DriverSocket, for events: Int16, until deadline: UInt64) -> Readied {
    let descriptor = socket.hold()
    guard descriptor >= 0 else { return .closed }
    defer { socket.letGo() }
    while true {
        var milliseconds: Int32 = -1
        if deadline != Deadline.never {
            let now = signalbox_now()
            if now >= deadline { return .timedOut }
            milliseconds = Int32(clamping: (deadline - now + 999_999) / 1_000_000)
        }
        let closing = socket.settings.closing.load(ordering: .acquiring)
        let found = Arena.sleeping { () -> Int32 in
            var entry = (
                pollfd(fd: descriptor, events: events, revents: 0),
                pollfd(fd: closing, events: Int16(Glibc.POLLIN), revents: 0)
            )
            return withUnsafeMutablePointer(to: &entry) { entry in
                entry.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, closing < 0 ? 1 : 2, milliseconds) }
            }
        }
        if socket.descriptor != descriptor { return .closed }
        if found > 0 { return .ready }
    }
}

/// Does a receive, send, accept or connect to its end on the calling thread; or as far as it goes, if the socket does
/// not wait.
func serve(_ socket: any DriverSocket, _ request: IORequest) -> Served {
    let settings = socket.settings
    var (kind, events, timeout) = (
        SocketReadiness.receive, Int16(Glibc.POLLIN), settings.receiveTimeout.load(ordering: .relaxed)
    )
    switch request.operation {
    case .receive: break
    case .send: (kind, events, timeout) = (.send, Int16(Glibc.POLLOUT), settings.sendTimeout.load(ordering: .relaxed))
    case .accept: (kind, timeout) = (.accept, 0)
    case .connect: (kind, events, timeout) = (.connect, Int16(Glibc.POLLOUT), 0)
    }
    if case .receive = request.operation, request.isUrgent { events = Int16(Glibc.POLLPRI) }
    let isNonBlocking = settings.isNonBlocking.load(ordering: .relaxed)
    let until = timeout == 0 ? Deadline.never : deadline(timeout)
    var done = 0
    defer { if kind != .send && kind != .connect { enable(request.isUrgent ? .urgent : kind, of: socket) } }
    while true {
        switch socket.attempt(request, from: done) {
        case .done(let bytes, let status): return .done(bytes, status)
        case .failed(.invalidHandle) where socket.descriptor < 0: return .failed(WSAEINTR)
        case .failed(let status): return done > 0 ? .done(done, .success) : .failed(winsockCode(status))
        case .wouldBlock(let bytes):
            done = bytes
            if isNonBlocking {
                if kind == .send { enable(.send, of: socket) }
                return done > 0 ? .done(done, .success) : .failed(WSAEWOULDBLOCK)
            }
        case .isBehindOthers:
            if isNonBlocking { return .failed(WSAEWOULDBLOCK) }
            let rest = BlockingRequest(request.operation, request.buffers(after: done), message: request.message)
            let (status, bytes) = rest.perform(on: socket, until: until)
            if !status.isError { return .done(done + bytes, status) }
            // Only a close of the socket's ends it so.
            return .failed(status == .connectionAborted || status == .cancelled ? WSAEINTR : winsockCode(status))
        }
        switch sleep(on: socket, for: events, until: until) {
        case .ready: break
        case .timedOut: return done > 0 ? .done(done, .success) : .failed(WSAETIMEDOUT)
        case .closed: return .failed(WSAEINTR)
        }
    }
}

extension IORequest {
    /// Whether it is for urgent data.
    var isUrgent: Bool { (message?.flags ?? 0) & Int32(Glibc.MSG_OOB) != 0 }

    /// The buffers without their first bytes.
    fileprivate func buffers(after count: Int) -> [UnsafeMutableRawBufferPointer] {
        var rest = count
        return buffers.map { buffer in
            let gone = min(rest, buffer.count)
            rest -= gone
            return UnsafeMutableRawBufferPointer(rebasing: buffer[gone...])
        }
    }
}

// ---- either way

/// A receive or a send, as the functions of Winsock describe it.
struct Transfer {
    var isSend = false
    var buffers: [UnsafeMutableRawBufferPointer] = []
    var message: IOMessage?
    var transferred: LPDWORD?
    /// Where flags of a receive go.
    var flags: LPDWORD?
    var overlapped: LPWSAOVERLAPPED?
    var routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
    /// Puts what a message has brought where the caller wants it.
    var deliver: (@Sendable (IOMessage) -> Void)?

    /// Starts it, as an overlapped request, or, without an `OVERLAPPED`, does it to its end.
    func perform(_ socket: any DriverSocket, _ object: ObjectName) -> Int32 {
        if !isSend {
            if SourceObject.hasEndedReceiving(object) { return socketFailure(WSAESHUTDOWN) }
            if !isBound(socket) { return socketFailure(WSAEINVAL) }
        }
        // "Ignored for nonoverlapped sockets." (WSARecv)
        guard let overlapped, SourceObject.isOverlapped(object) else { return performNow(socket) }
        if routine != nil && SourceObject.binding(of: object) != nil { return socketFailure(WSAEINVAL) }
        let deliver = deliver
        do {
            let request = try OverlappedRequest(
                isSend ? .send : .receive, buffers, message: message, overlapped, source: object, routine: routine,
                beforeEnd: { request, status in
                    if let message = request.message, !status.isError { deliver?(message) }
                })
            defer { enable(isSend ? [] : request.isUrgent ? .urgent : .receive, of: socket) }
            guard let (status, bytes) = socket.start(request) else {
                PendingRequests.add(request, of: object)
                return socketFailure(WSA_IO_PENDING)
            }
            guard status == .success else {
                request.refuse(status)
                return socketFailure(winsockCode(status))
            }
            transferred?.pointee = DWORD(bytes)
            flags?.pointee = 0
            request.complete(status, bytes: bytes, atOnce: true)
            return 0
        } catch {
            return socketFailure(error == .tooMany ? WSAENOBUFS : WSA_INVALID_HANDLE)
        }
    }

    private func performNow(_ socket: any DriverSocket) -> Int32 {
        switch serve(socket, IORequest(isSend ? .send : .receive, buffers, message: message)) {
        case .failed(let code): return socketFailure(code)
        case .done(let bytes, let status):
            if let message { deliver?(message) }
            transferred?.pointee = DWORD(bytes)
            flags?.pointee = status == .success ? 0 : DWORD(MSG_PARTIAL)
            return status == .success ? 0 : socketFailure(winsockCode(status))
        }
    }
}

/// A transfer over one buffer, of a stream that is bound to a port, with an `OVERLAPPED` without an event: done without a
/// request, if it can be done at once. nil: it is another, and nothing has been done.
@inline(__always) private func transferToPort(
    isSend: Bool, _ s: SOCKET, _ buffers: LPWSABUF?, _ count: DWORD, _ transferred: LPDWORD?, _ flags: LPDWORD?,
    _ overlapped: LPWSAOVERLAPPED?
) -> Int32? {
    guard count == 1, let overlapped, overlapped.pointee.hEvent == nil, isStarted,
        let memory = buffers?.pointee.buf, let length = buffers?.pointee.len, length > 0
    else { return nil }
    let object = HandleTable.find(UInt(s), [])
    guard object != .none, let kept = SourceObject.keptBox(of: object) else { return nil }
    defer { kept.release() }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: Int(length))
    return kept._withUnsafeGuaranteedRef { source in
        guard let socket = source.socket, source.isOverlapped, source.binding != nil,
            isSend || !source.hasEndedReceiving.load(ordering: .relaxed)
        else { return nil }
        let done = socket.transferNow(isSend: isSend, buffer)
        if done < -1 { return nil }
        if done >= 0 && (!isSend || done == buffer.count) {
            transferred?.pointee = DWORD(done)
            flags?.pointee = 0
            PortTransfer.tell(source, object, overlapped, .success, done, atOnce: true)
            return 0
        }
        let request = PortTransfer.make(isSend: isSend, over: buffer, overlapped, source, object)
        guard let (status, bytes) = socket.start(request, from: max(0, done)) else {
            return socketFailure(WSA_IO_PENDING)
        }
        request.refuse(status)
        guard status == .success else { return socketFailure(winsockCode(status)) }
        transferred?.pointee = DWORD(bytes)
        flags?.pointee = 0
        PortTransfer.tell(source, object, overlapped, status, bytes, atOnce: true)
        return 0
    }
}

/// Whether a socket has an address, by which something can be received.
private func isBound(_ socket: any DriverSocket) -> Bool {
    guard socket.settings.type == CWin32.SOCK_DGRAM, socket.settings.family != CWin32.AF_UNIX else { return true }
    if socket.settings.isBound.load(ordering: .relaxed) { return true }
    let descriptor = socket.descriptor
    let isBound = SocketAddress({ Glibc.getsockname(descriptor, $0, $1) })?.isBound ?? false
    if isBound { socket.settings.isBound.store(true, ordering: .relaxed) }
    return isBound
}

/// The system's flags for Winsock's; nil if there is one that this kind of socket does not take.
func linuxFlags(_ flags: Int32, isSend: Bool, _ socket: any DriverSocket) -> Int32? {
    let known =
        isSend
        ? CWin32.MSG_OOB | CWin32.MSG_DONTROUTE | MSG_PARTIAL
        : CWin32.MSG_OOB | CWin32.MSG_PEEK | CWin32.MSG_WAITALL | MSG_PARTIAL | MSG_PUSH_IMMEDIATE
    guard flags & ~known == 0 else { return nil }
    let isStream = socket.settings.type == CWin32.SOCK_STREAM
    if !isStream && flags & (CWin32.MSG_OOB | CWin32.MSG_WAITALL) != 0 { return nil }
    var result: Int32 = 0
    if flags & CWin32.MSG_OOB != 0 { result |= Int32(Glibc.MSG_OOB) }
    if flags & CWin32.MSG_PEEK != 0 { result |= Int32(Glibc.MSG_PEEK) }
    if flags & CWin32.MSG_DONTROUTE != 0 { result |= Int32(Glibc.MSG_DONTROUTE) }
    if flags & CWin32.MSG_WAITALL != 0 { result |= Int32(Glibc.MSG_WAITALL) }
    return result
}

/// A message of flags and an address; nil if there is nothing of either. `address`: where a send goes.
private func message(_ flags: Int32, to address: SocketAddress? = nil, from: Bool = false) -> IOMessage? {
    if let address {
        return address.withLinux { IOMessage(flags: flags, address: UnsafeRawBufferPointer(start: $0, count: Int($1))) }
    }
    return flags == 0 && !from ? nil : IOMessage(flags: flags, receivesAddress: from)
}

/// Where a receive puts the address that it came from.
private func deliverAddress(_ name: LPSOCKADDR?, _ length: LPINT?) -> (@Sendable (IOMessage) -> Void)? {
    guard let name, let length else { return nil }
    // Sendable: the caller's memory is the request's until its end is told, and this is called just before.
    nonisolated(unsafe) let (place, room) = (name, length)
    return { message in
        guard message.nameLength > 0 else { return }
        let address = SocketAddress(linux: message.name, message.nameLength)
        _ = address.write(to: place, capacity: min(Int(room.pointee), Int(address.length)), truncating: true)
        room.pointee = INT(address.length)
    }
}

/// Where a send goes: nothing for streams, which know. nil: it is no address.
func destination(
    _ to: UnsafePointer<SOCKADDR>?, _ length: Int32, _ socket: any DriverSocket
) -> (address: SocketAddress?, code: Int32) {
    guard let to, socket.settings.type != CWin32.SOCK_STREAM else { return (nil, 0) }
    guard let address = SocketAddress(winsock: to, length), address.isWhole else { return (nil, WSAEFAULT) }
    guard address.family == socket.settings.family else { return (nil, WSAEAFNOSUPPORT) }
    if address.isInternet && !address.isBound { return (nil, WSAEADDRNOTAVAIL) }
    return (address, 0)
}

private func memory(_ buffer: UnsafePointer<CChar>?, _ length: Int32) -> [UnsafeMutableRawBufferPointer]? {
    guard length >= 0, buffer != nil || length == 0 else { return nil }
    return [UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(mutating: buffer), count: Int(length))]
}

func memory(_ buffers: LPWSABUF, _ count: DWORD) -> [UnsafeMutableRawBufferPointer]? {
    for index in 0..<Int(count) where buffers[index].buf == nil && buffers[index].len > 0 { return nil }
    return (0..<Int(count)).map { index in
        let buffer = buffers[index]
        return UnsafeMutableRawBufferPointer(start: buffer.buf, count: buffer.buf == nil ? 0 : Int(buffer.len))
    }
}

// ---- recv, send

private func receive(
    _ s: SOCKET, _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int32, _ flags: Int32, _ from: LPSOCKADDR?,
    _ fromLength: LPINT?
) -> Int32 {
    guard let (socket, object) = socketOf(s) else { return -1 }
    guard let buffers = memory(buffer, length) else { return socketFailure(WSAEFAULT) }
    guard let linux = linuxFlags(flags, isSend: false, socket) else { return socketFailure(WSAEOPNOTSUPP) }
    if let from, fromLength == nil || !hasRoom(from, fromLength!.pointee, socket) { return socketFailure(WSAEFAULT) }
    var received: DWORD = 0
    // A stream's address is its peer's, which the caller knows.
    let wantsAddress = from != nil && socket.settings.type != CWin32.SOCK_STREAM
    var transfer = Transfer(buffers: buffers, message: message(linux, from: wantsAddress))
    transfer.deliver = deliverAddress(from, fromLength)
    return withUnsafeMutablePointer(to: &received) { received in
        transfer.transferred = received
        return transfer.perform(socket, object) == 0 ? Int32(clamping: received.pointee) : -1
    }
}

/// Whether there is room for an address of the socket's family.
func hasRoom(_ name: LPSOCKADDR, _ length: Int32, _ socket: any DriverSocket) -> Bool {
    switch socket.settings.family {
    case Glibc.AF_INET: length >= 16
    case Glibc.AF_INET6: length >= 28
    default: length >= 2
    }
}

private func send(
    _ s: SOCKET, _ buffer: UnsafePointer<CChar>?, _ length: Int32, _ flags: Int32, _ to: UnsafePointer<SOCKADDR>?,
    _ toLength: Int32
) -> Int32 {
    guard let (socket, object) = socketOf(s) else { return -1 }
    guard let buffers = memory(buffer, length) else { return socketFailure(WSAEFAULT) }
    guard let linux = linuxFlags(flags, isSend: true, socket) else { return socketFailure(WSAEOPNOTSUPP) }
    let (address, code) = destination(to, toLength, socket)
    guard code == 0 else { return socketFailure(code) }
    var sent: DWORD = 0
    var transfer = Transfer(isSend: true, buffers: buffers, message: message(linux, to: address))
    return withUnsafeMutablePointer(to: &sent) { sent in
        transfer.transferred = sent
        return transfer.perform(socket, object) == 0 ? Int32(clamping: sent.pointee) : -1
    }
}

@c(recv) @implementation public func __recv(
    _ s: SOCKET, _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int32, _ flags: Int32
) -> Int32 {
    enter()
    defer { leave() }
    return receive(s, buffer, length, flags, nil, nil)
}

@c(recvfrom) @implementation public func __recvfrom(
    _ s: SOCKET, _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int32, _ flags: Int32, _ from: LPSOCKADDR?,
    _ fromLength: UnsafeMutablePointer<Int32>?
) -> Int32 {
    enter()
    defer { leave() }
    return receive(s, buffer, length, flags, from, fromLength)
}

@c(send) @implementation
public func __send(_ s: SOCKET, _ buffer: UnsafePointer<CChar>?, _ length: Int32, _ flags: Int32) -> Int32 {
    enter()
    defer { leave() }
    return send(s, buffer, length, flags, nil, 0)
}

@c(sendto) @implementation public func __sendto(
    _ s: SOCKET, _ buffer: UnsafePointer<CChar>?, _ length: Int32, _ flags: Int32, _ to: UnsafePointer<SOCKADDR>?,
    _ toLength: Int32
) -> Int32 {
    enter()
    defer { leave() }
    return send(s, buffer, length, flags, to, toLength)
}

// ---- WSARecv, WSASend

private func receive(
    _ s: SOCKET, _ buffers: LPWSABUF?, _ count: DWORD, _ received: LPDWORD?, _ flags: LPDWORD?, _ from: LPSOCKADDR?,
    _ fromLength: LPINT?, _ overlapped: LPWSAOVERLAPPED?, _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    guard let (socket, object) = socketOf(s) else { return -1 }
    guard let flags else { return socketFailure(WSAEFAULT) }
    guard let linux = linuxFlags(Int32(bitPattern: flags.pointee), isSend: false, socket) else {
        return socketFailure(WSAEOPNOTSUPP)
    }
    guard let buffers, count > 0 else { return socketFailure(WSAEINVAL) }
    guard let memory = memory(buffers, count) else { return socketFailure(WSAEFAULT) }
    if let from, fromLength == nil || !hasRoom(from, fromLength!.pointee, socket) { return socketFailure(WSAEFAULT) }
    let wantsAddress = from != nil && socket.settings.type != CWin32.SOCK_STREAM
    return Transfer(
        buffers: memory, message: message(linux, from: wantsAddress), transferred: received, flags: flags,
        overlapped: overlapped, routine: routine, deliver: deliverAddress(from, fromLength)
    ).perform(socket, object)
}

private func send(
    _ s: SOCKET, _ buffers: LPWSABUF?, _ count: DWORD, _ sent: LPDWORD?, _ flags: DWORD,
    _ to: UnsafePointer<SOCKADDR>?, _ toLength: Int32, _ overlapped: LPWSAOVERLAPPED?,
    _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    guard let (socket, object) = socketOf(s) else { return -1 }
    guard let linux = linuxFlags(Int32(bitPattern: flags), isSend: true, socket) else {
        return socketFailure(WSAEOPNOTSUPP)
    }
    guard let buffers, count > 0 else { return socketFailure(WSAEINVAL) }
    guard let memory = memory(buffers, count) else { return socketFailure(WSAEFAULT) }
    let (address, code) = destination(to, toLength, socket)
    guard code == 0 else { return socketFailure(code) }
    return Transfer(
        isSend: true, buffers: memory, message: message(linux, to: address), transferred: sent,
        overlapped: overlapped, routine: routine
    ).perform(socket, object)
}

@c(WSARecv) @implementation public func __WSARecv(
    _ s: SOCKET, _ buffers: LPWSABUF?, _ count: DWORD, _ received: LPDWORD?, _ flags: LPDWORD?,
    _ overlapped: LPWSAOVERLAPPED?, _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    enter()
    defer { leave() }
    if routine == nil, flags?.pointee == 0,
        let result = transferToPort(isSend: false, s, buffers, count, received, flags, overlapped)
    {
        return result
    }
    return receive(s, buffers, count, received, flags, nil, nil, overlapped, routine)
}

@c(WSARecvFrom) @implementation public func __WSARecvFrom(
    _ s: SOCKET, _ buffers: LPWSABUF?, _ count: DWORD, _ received: LPDWORD?, _ flags: LPDWORD?, _ from: LPSOCKADDR?,
    _ fromLength: LPINT?, _ overlapped: LPWSAOVERLAPPED?, _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    enter()
    defer { leave() }
    return receive(s, buffers, count, received, flags, from, fromLength, overlapped, routine)
}

@c(WSASend) @implementation public func __WSASend(
    _ s: SOCKET, _ buffers: LPWSABUF?, _ count: DWORD, _ sent: LPDWORD?, _ flags: DWORD,
    _ overlapped: LPWSAOVERLAPPED?, _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    enter()
    defer { leave() }
    if routine == nil, flags == 0,
        let result = transferToPort(isSend: true, s, buffers, count, sent, nil, overlapped)
    {
        return result
    }
    return send(s, buffers, count, sent, flags, nil, 0, overlapped, routine)
}

@c(WSASendTo) @implementation public func __WSASendTo(
    _ s: SOCKET, _ buffers: LPWSABUF?, _ count: DWORD, _ sent: LPDWORD?, _ flags: DWORD,
    _ to: UnsafePointer<SOCKADDR>?, _ toLength: Int32, _ overlapped: LPWSAOVERLAPPED?,
    _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    enter()
    defer { leave() }
    return send(s, buffers, count, sent, flags, to, toLength, overlapped, routine)
}
