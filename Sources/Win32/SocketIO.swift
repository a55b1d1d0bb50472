public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Winsock's requests that only end later: their results, AcceptEx, and what WSAIoctl gives. The others are in
// SocketTransfer.swift and SocketExtensions.swift.

@c(WSAGetOverlappedResult) @implementation public func __WSAGetOverlappedResult(
    _ s: SOCKET, _ overlapped: LPWSAOVERLAPPED?, _ bytes: LPDWORD?, _ wait: BOOL, _ flags: LPDWORD?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (_, object) = socketOf(s) else { return 0 }
    guard let overlapped, let bytes, let flags else { return failure(WSAEFAULT) }
    var status = OverlappedStatus(overlapped).load()
    if status == .pending {
        guard wait != 0 else { return failure(WSA_IO_INCOMPLETE) }
        let event = HandleTable.find(value(overlapped.pointee.hEvent), .synchronize)
        // The socket is signaled by whichever request ends; this one tells those who ask for it by its OVERLAPPED.
        let own = event == .none ? (try? Arena.prepared().makeObject(.event, manualReset: true)) ?? .none : .none
        let address = UInt(bitPattern: overlapped)
        if own != .none { SourceObject.addWaiter(own, for: address, of: object) }
        defer {
            if own != .none {
                SourceObject.removeWaiter(own, of: object)
                Arena.local.release(own)
            }
        }
        let waited = event == .none ? own : event
        // It may have ended before the waiter was known.
        if own != .none && OverlappedStatus(overlapped).load() != .pending { try? Arena.local.setEvent(own) }
        guard outside({ try? Arena.local.block(on: waited, until: Deadline.never) }) != nil else {
            return failure(WSA_INVALID_HANDLE)
        }
        status = OverlappedStatus(overlapped).load()
        // The event was set by somebody else.
        if status == .pending { return failure(WSA_IO_INCOMPLETE) }
    }
    bytes.pointee = DWORD(truncatingIfNeeded: overlapped.pointee.InternalHigh)
    flags.pointee = 0
    return status.isSuccess ? 1 : failure(winsockCode(status))
}

// ---- AcceptEx

/// The block at the end of AcceptEx's buffer that holds an address: its length, then the address.
private struct AddressBlock {
    static let overhead = 16
    let start: UnsafeMutableRawPointer
    let capacity: Int

    func write(_ address: SocketAddress?) {
        guard let address, address.write(to: start + 8, capacity: capacity - AddressBlock.overhead) else {
            return start.storeBytes(of: 0, as: Int32.self)
        }
        start.storeBytes(of: Int32(address.length), as: Int32.self)
    }
    var length: Int32 { start.loadUnaligned(as: Int32.self) }
    var address: LPSOCKADDR { (start + 8).assumingMemoryBound(to: SOCKADDR.self) }
}

@c(AcceptEx) @implementation public func __AcceptEx(
    _ listener: SOCKET, _ accepted: SOCKET, _ output: PVOID?, _ receiveLength: DWORD, _ localLength: DWORD,
    _ remoteLength: DWORD, _ received: LPDWORD?, _ overlapped: LPOVERLAPPED?
) -> BOOL {
    enter()
    defer { leave() }
    guard let (socket, object) = socketOf(listener), let (target, _) = socketOf(accepted) else { return 0 }
    guard let overlapped else { return failure(ERROR_INVALID_PARAMETER) }
    guard let output, Int(localLength) > AddressBlock.overhead, Int(remoteLength) > AddressBlock.overhead else {
        return failure(WSAEFAULT)
    }
    guard isListening(socket) else { return failure(WSAEINVAL) }
    // "This socket must not be bound or connected."
    if SocketAddress({ Glibc.getsockname(target.descriptor, $0, $1) })?.isBound ?? false { return failure(WSAEINVAL) }
    let local = AddressBlock(start: output + Int(receiveLength), capacity: Int(localLength))
    let remote = AddressBlock(start: local.start + local.capacity, capacity: Int(remoteLength))
    let buffers = receiveLength == 0 ? [] : [UnsafeMutableRawBufferPointer(start: output, count: Int(receiveLength))]
    do {
        // Sendable: the buffer is the request's until its end is told, and this is called just before.
        nonisolated(unsafe) let (local, remote) = (local, remote)
        let request = try OverlappedRequest(
            .accept(target), buffers, overlapped, source: object,
            beforeEnd: { _, status in
                guard status.isSuccess else { return }
                local.write(SocketAddress { Glibc.getsockname(target.descriptor, $0, $1) })
                remote.write(SocketAddress { Glibc.getpeername(target.descriptor, $0, $1) })
            })
        guard let (status, bytes) = socket.start(request) else {
            PendingRequests.add(request, of: object)
            return failure(ERROR_IO_PENDING)
        }
        enable(.accept, of: socket)
        guard status == .success else {
            request.refuse(status)
            return failure(winsockCode(status))
        }
        received?.pointee = DWORD(bytes)
        request.complete(status, bytes: bytes, atOnce: true)
        return 1
    } catch {
        return failure(ERROR_INVALID_HANDLE)
    }
}

private func isListening(_ socket: any DriverSocket) -> Bool {
    var (answer, size): (Int32, socklen_t) = (0, 4)
    return Glibc.getsockopt(socket.descriptor, Glibc.SOL_SOCKET, Glibc.SO_ACCEPTCONN, &answer, &size) == 0
        && answer != 0
}

@c(GetAcceptExSockaddrs) @implementation public func __GetAcceptExSockaddrs(
    _ output: PVOID?, _ receiveLength: DWORD, _ localLength: DWORD, _ remoteLength: DWORD,
    _ local: UnsafeMutablePointer<UnsafeMutablePointer<SOCKADDR>?>?, _ localAddressLength: LPINT?,
    _ remote: UnsafeMutablePointer<UnsafeMutablePointer<SOCKADDR>?>?, _ remoteAddressLength: LPINT?
) {
    guard let output else { return }
    let first = AddressBlock(start: output + Int(receiveLength), capacity: Int(localLength))
    let second = AddressBlock(start: first.start + first.capacity, capacity: Int(remoteLength))
    local?.pointee = first.address
    localAddressLength?.pointee = first.length
    remote?.pointee = second.address
    remoteAddressLength?.pointee = second.length
}
