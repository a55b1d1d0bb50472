public import CWin32
import Dispatcher
import Glibc
import Signalbox

// WSARecvMsg and WSASendMsg: messages with ancillary data. Its headers are Linux's, but for the numbers of levels and
// types; IP_PKTINFO and IPV6_PKTINFO are what there is of both.

/// Ancillary data, header by header.
private struct Ancillary: Sequence {
    let bytes: UnsafeRawBufferPointer
    static let headerSize = 16

    func makeIterator() -> AnyIterator<(level: Int32, type: Int32, data: UnsafeRawBufferPointer)> {
        var place = 0
        return AnyIterator {
            guard place + Ancillary.headerSize <= bytes.count else { return nil }
            let length = bytes.loadUnaligned(fromByteOffset: place, as: Int.self)
            guard length >= Ancillary.headerSize, length <= bytes.count - place else { return nil }
            let level = bytes.loadUnaligned(fromByteOffset: place + 8, as: Int32.self)
            let type = bytes.loadUnaligned(fromByteOffset: place + 12, as: Int32.self)
            let data = UnsafeRawBufferPointer(rebasing: bytes[place + Ancillary.headerSize..<place + length])
            place += (length + 7) & ~7
            return (level, type, data)
        }
    }

    /// Appends one to `target`.
    static func append(_ level: Int32, _ type: Int32, _ data: [UInt8], to target: inout [UInt8]) {
        withUnsafeBytes(of: headerSize + data.count) { target += $0 }
        withUnsafeBytes(of: level) { target += $0 }
        withUnsafeBytes(of: type) { target += $0 }
        target += data
        while target.count % 8 != 0 { target.append(0) }
    }
}

/// As Winsock has it: IN_PKTINFO is an address and an interface's number, which Linux has the other way round.
private func winsockControl(_ message: IOMessage) -> [UInt8] {
    guard let control = message.control else { return [] }
    var result: [UInt8] = []
    for (level, type, data) in Ancillary(bytes: UnsafeRawBufferPointer(rebasing: control[..<message.controlLength])) {
        switch (level, type) {
        case (CWin32.IPPROTO_IP, Glibc.IP_PKTINFO) where data.count >= 12:
            Ancillary.append(level, CWin32.IP_PKTINFO, Array(data[8..<12]) + Array(data[0..<4]), to: &result)
        case (CWin32.IPPROTO_IPV6, Glibc.IPV6_PKTINFO) where data.count >= 20:
            Ancillary.append(level, CWin32.IPV6_PKTINFO, Array(data[0..<20]), to: &result)
        default: break
        }
    }
    return result
}

/// As Linux has it; nil if there is something that it has not.
private func linuxControl(_ buffer: WSABUF) -> [UInt8]? {
    guard let base = buffer.buf, buffer.len > 0 else { return [] }
    var result: [UInt8] = []
    for (level, type, data) in Ancillary(bytes: UnsafeRawBufferPointer(start: base, count: Int(buffer.len))) {
        switch (level, type) {
        case (CWin32.IPPROTO_IP, CWin32.IP_PKTINFO) where data.count >= 8:
            // ipi_spec_dst is where it is sent from.
            let (address, index) = (Array(data[0..<4]), Array(data[4..<8]))
            Ancillary.append(level, Glibc.IP_PKTINFO, index + address + address, to: &result)
        case (CWin32.IPPROTO_IPV6, CWin32.IPV6_PKTINFO) where data.count >= 20:
            Ancillary.append(level, Glibc.IPV6_PKTINFO, Array(data[0..<20]), to: &result)
        default: return nil
        }
    }
    return result
}

@c(WSARecvMsg) @implementation public func __WSARecvMsg(
    _ s: SOCKET, _ message: LPWSAMSG?, _ received: LPDWORD?, _ overlapped: LPWSAOVERLAPPED?,
    _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    enter()
    defer { leave() }
    guard let (socket, object) = socketOf(s) else { return -1 }
    guard let message else { return socketFailure(WSAEFAULT) }
    // "The socket must be a datagram or raw socket."
    guard socket.settings.type != CWin32.SOCK_STREAM else { return socketFailure(WSAEOPNOTSUPP) }
    guard let linux = linuxFlags(Int32(bitPattern: message.pointee.dwFlags), isSend: false, socket) else {
        return socketFailure(WSAEOPNOTSUPP)
    }
    guard let buffers = message.pointee.lpBuffers, message.pointee.dwBufferCount > 0 else {
        return socketFailure(WSAEINVAL)
    }
    guard let memory = memory(buffers, message.pointee.dwBufferCount) else { return socketFailure(WSAEFAULT) }
    if let name = message.pointee.name, !hasRoom(name, message.pointee.namelen, socket) {
        return socketFailure(WSAEFAULT)
    }
    let room = message.pointee.Control.buf == nil ? 0 : Int(message.pointee.Control.len)
    // Linux's IN_PKTINFO has four bytes more.
    let parts = IOMessage(flags: linux, receivesAddress: true, controlCapacity: room == 0 ? 0 : room + 64)
    // Sendable: the caller's memory is the request's until its end is told, and this is called just before.
    nonisolated(unsafe) let target = message
    let deliver: @Sendable (IOMessage) -> Void = { parts in
        if let name = target.pointee.name, parts.nameLength > 0 {
            let address = SocketAddress(linux: parts.name, parts.nameLength)
            _ = address.write(to: name, capacity: Int(target.pointee.namelen), truncating: true)
            target.pointee.namelen = INT(address.length)
        }
        let control = winsockControl(parts)
        var flags: ULONG = 0
        if control.count <= room {
            control.withUnsafeBytes { bytes in
                if bytes.count > 0 {
                    UnsafeMutableRawPointer(target.pointee.Control.buf!).copyMemory(
                        from: bytes.baseAddress!, byteCount: bytes.count)
                }
            }
            target.pointee.Control.len = ULONG(control.count)
        } else {
            target.pointee.Control.len = 0
            flags |= ULONG(CWin32.MSG_CTRUNC)
        }
        if parts.receivedFlags & Int32(Glibc.MSG_CTRUNC) != 0 { flags |= ULONG(CWin32.MSG_CTRUNC) }
        if parts.receivedFlags & Int32(Glibc.MSG_TRUNC) != 0 { flags |= ULONG(CWin32.MSG_TRUNC) }
        target.pointee.dwFlags = flags
    }
    return Transfer(
        buffers: memory, message: parts, transferred: received, overlapped: overlapped, routine: routine,
        deliver: deliver
    ).perform(socket, object)
}

@c(WSASendMsg) @implementation public func __WSASendMsg(
    _ s: SOCKET, _ message: LPWSAMSG?, _ flags: DWORD, _ sent: LPDWORD?, _ overlapped: LPWSAOVERLAPPED?,
    _ routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE?
) -> Int32 {
    enter()
    defer { leave() }
    guard let (socket, object) = socketOf(s) else { return -1 }
    guard let message else { return socketFailure(WSAEFAULT) }
    guard socket.settings.type != CWin32.SOCK_STREAM else { return socketFailure(WSAEINVAL) }
    guard let linux = linuxFlags(Int32(bitPattern: flags), isSend: true, socket) else {
        return socketFailure(WSAEOPNOTSUPP)
    }
    guard let buffers = message.pointee.lpBuffers, message.pointee.dwBufferCount > 0 else {
        return socketFailure(WSAEINVAL)
    }
    guard let memory = memory(buffers, message.pointee.dwBufferCount) else { return socketFailure(WSAEFAULT) }
    guard let control = linuxControl(message.pointee.Control) else { return socketFailure(WSAEINVAL) }
    let (address, code) = destination(message.pointee.name, message.pointee.namelen, socket)
    guard code == 0 else { return socketFailure(code) }
    func make(_ name: UnsafeRawBufferPointer?) -> IOMessage {
        control.withUnsafeBytes { IOMessage(flags: linux, address: name, control: $0.count == 0 ? nil : $0) }
    }
    let parts =
        address.map { $0.withLinux { make(UnsafeRawBufferPointer(start: $0, count: Int($1))) } } ?? make(nil)
    return Transfer(
        isSend: true, buffers: memory, message: parts, transferred: sent, overlapped: overlapped, routine: routine
    ).perform(socket, object)
}
