import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// ConnectEx, DisconnectEx and TransmitFile. (AcceptEx is in SocketIO.swift.)

/// Starts an overlapped request whose function returns TRUE, or FALSE with ERROR_IO_PENDING or an error.
private func begin(
    _ request: OverlappedRequest, on socket: any DriverSocket, _ object: ObjectName, _ transferred: LPDWORD?
) -> BOOL {
    guard let (status, bytes) = socket.start(request) else {
        PendingRequests.add(request, of: object)
        return failure(ERROR_IO_PENDING)
    }
    guard status.isSuccess else {
        request.refuse(status)
        return failure(winsockCode(status))
    }
    transferred?.pointee = DWORD(bytes)
    request.complete(status, bytes: bytes, atOnce: true)
    return 1
}

@c(ConnectEx) @implementation public func __ConnectEx(
    _ s: SOCKET, _ name: UnsafePointer<SOCKADDR>?, _ length: Int32, _ buffer: PVOID?, _ bufferLength: DWORD,
    _ sent: LPDWORD?, _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (socket, object) = socketOf(s) else { return 0 }
    guard let overlapped else { return failure(ERROR_INVALID_PARAMETER) }
    guard let name, let address = SocketAddress(winsock: name, length) else { return failure(WSAEFAULT) }
    let settings = socket.settings
    // An attempt that was given up may have come to its end.
    if settings.phase == .connecting { _ = socket.readiness() }
    guard settings.type == CWin32.SOCK_STREAM else { return failure(WSAEINVAL) }
    guard address.family == settings.family else { return failure(WSAEAFNOSUPPORT) }
    guard address.isWhole else { return failure(WSAEFAULT) }
    if bufferLength > 0 && buffer == nil { return failure(WSAEFAULT) }
    switch settings.phase {
    case .connected: return failure(WSAEISCONN)
    case .listening: return failure(WSAEINVAL)
    case .connecting: return failure(WSAEALREADY)
    case .idle, .failed: break
    }
    // "A previously bound, unconnected socket"; one that DisconnectEx made ready for reuse counts as bound.
    let descriptor = socket.descriptor
    let isBound = SocketAddress({ Glibc.getsockname(descriptor, $0, $1) })?.isBound ?? false
    guard isBound || settings.wasRenewed.load(ordering: .relaxed) else { return failure(WSAEINVAL) }
    if address.isInternet && (address.isAny || !address.isBound) { return failure(WSAEADDRNOTAVAIL) }
    settings.events.withLock { $0.enable(.connect) }
    let message = address.withLinux { IOMessage(address: UnsafeRawBufferPointer(start: $0, count: Int($1))) }
    let buffers =
        bufferLength == 0 ? [] : [UnsafeMutableRawBufferPointer(start: buffer, count: Int(bufferLength))]
    do {
        let request = try OverlappedRequest(.connect, buffers, message: message, overlapped, source: object)
        return begin(request, on: socket, object, sent)
    } catch {
        return failure(ERROR_INVALID_HANDLE)
    }
}

@c(DisconnectEx) @implementation public func __DisconnectEx(
    _ s: SOCKET, _ overlapped: LPOVERLAPPED?, _ flags: DWORD, _ reserved: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let (socket, object) = socketOf(s) else { return 0 }
    guard reserved == 0, flags & ~DWORD(TF_REUSE_SOCKET) == 0 else { return failure(WSAEINVAL) }
    guard socket.settings.type == CWin32.SOCK_STREAM, socket.settings.phase == .connected else {
        return failure(WSAENOTCONN)
    }
    func disconnect() -> IOStatus {
        // A peer that is gone makes it no less disconnected.
        Glibc.shutdown(socket.descriptor, SD_SEND)
        guard flags & DWORD(TF_REUSE_SOCKET) != 0 else { return .success }
        do throws(IOError) {
            try socket.renew()
            return .success
        } catch {
            return error.status
        }
    }
    guard let overlapped else {
        let status = disconnect()
        return status.isSuccess ? 1 : failure(winsockCode(status))
    }
    do {
        let request = try OverlappedRequest(.send, [], overlapped, source: object)
        let status = disconnect()
        guard status.isSuccess else {
            request.refuse(status)
            return failure(winsockCode(status))
        }
        request.complete(.success, bytes: 0, atOnce: true)
        return 1
    } catch {
        return failure(ERROR_INVALID_HANDLE)
    }
}

// ---- TransmitFile

/// A part of a file in memory: the system reads it only as it sends it.
///
/// `@unchecked Sendable`: constants; nobody touches the memory but the system.
private final class FileView: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
    private let base: UnsafeMutableRawPointer?
    private let length: Int

    init(_ descriptor: Int32, from offset: Int, count: Int) throws(IOError) {
        guard count > 0 else {
            (bytes, base, length) = (UnsafeMutableRawBufferPointer(start: nil, count: 0), nil, 0)
            return
        }
        // mmap(2) wants whole pages from the offset on.
        let before = offset % Int(getpagesize())
        length = count + before
        guard let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, off_t(offset - before)),
            base != MAP_FAILED
        else { throw IOError(code: errno, "reading a file to send") }
        self.base = base
        bytes = UnsafeMutableRawBufferPointer(start: base + before, count: count)
    }

    deinit { if let base { munmap(base, length) } }
}

/// What of a file is to be sent, by the OVERLAPPED's offset or the file pointer, which moves behind it then.
private func view(
    _ file: any DriverFile, _ count: DWORD, _ overlapped: LPOVERLAPPED?
) throws(IOError) -> FileView {
    let descriptor = file.descriptor
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw IOError(code: errno, "looking at a file to send") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw IOError(.invalidParameter, "sending what is no file") }
    guard file.access.contains(.read) else { throw IOError(.accessDenied, "reading a file to send") }
    let start = Int(overlapped?.offset ?? file.position)
    guard start >= 0 else { throw IOError(.invalidParameter, "sending a file from before its beginning") }
    let rest = max(0, Int(status.st_size) - start)
    let length = count == 0 ? rest : min(rest, Int(count))
    let view = try FileView(descriptor, from: start, count: length)
    if overlapped == nil { _ = file.seek(Int64(start + length), from: .beginning) }
    return view
}

@c(TransmitFile) @implementation public func __TransmitFile(
    _ s: SOCKET, _ file: HANDLE?, _ count: DWORD, _ perSend: DWORD, _ overlapped: LPOVERLAPPED?,
    _ around: LPTRANSMIT_FILE_BUFFERS?, _ flags: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let (socket, object) = socketOf(s) else { return 0 }
    let known = TF_DISCONNECT | TF_REUSE_SOCKET | TF_WRITE_BEHIND | TF_USE_SYSTEM_THREAD | TF_USE_KERNEL_APC
    guard flags & ~DWORD(known) == 0 else { return failure(WSAEINVAL) }
    guard socket.settings.type == CWin32.SOCK_STREAM, socket.settings.phase == .connected else {
        return failure(WSAENOTCONN)
    }
    var buffers: [UnsafeMutableRawBufferPointer] = []
    func add(_ memory: LPVOID?, _ length: DWORD) {
        if length > 0 { buffers.append(UnsafeMutableRawBufferPointer(start: memory, count: Int(length))) }
    }
    if let around {
        if around.pointee.HeadLength > 0 && around.pointee.Head == nil { return failure(WSAEFAULT) }
        if around.pointee.TailLength > 0 && around.pointee.Tail == nil { return failure(WSAEFAULT) }
        add(around.pointee.Head, around.pointee.HeadLength)
    }
    var contents: FileView?
    if value(file) != 0 {
        guard let file = fileOf(file)?.file else { return 0 }
        do throws(IOError) {
            let view = try view(file, count, overlapped)
            contents = view
            if view.bytes.count > 0 { buffers.append(view.bytes) }
        } catch {
            return failure(winsockCode(error.status))
        }
    }
    if let around { add(around.pointee.Tail, around.pointee.TailLength) }
    let isLast = flags & DWORD(TF_DISCONNECT) != 0
    let isReused = flags & DWORD(TF_REUSE_SOCKET) != 0
    @Sendable func end() {
        if isLast { Glibc.shutdown(socket.descriptor, SD_SEND) }
        if isReused { try? socket.renew() }
    }
    guard let overlapped else {
        let result = serve(socket, IORequest(.send, buffers))
        withExtendedLifetime(contents) {}
        guard case .done = result else {
            if case .failed(let code) = result { return failure(code) }
            return 0
        }
        end()
        return 1
    }
    do {
        let kept = contents
        let request = try OverlappedRequest(
            .send, buffers, overlapped, source: object,
            beforeEnd: { _, status in
                withExtendedLifetime(kept) {}
                if status.isSuccess { end() }
            })
        return begin(request, on: socket, object, nil)
    } catch {
        return failure(ERROR_INVALID_HANDLE)
    }
}
