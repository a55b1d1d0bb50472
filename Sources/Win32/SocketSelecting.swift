import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// select and WSAPoll: poll(2), with what Windows means by it. A stream that has no peer and listens to nothing is ready
// for nothing, where poll(2) says that it hung up.

/// One socket that is looked at.
private final class Looked {
    let socket: any DriverSocket
    /// Held until this goes.
    let descriptor: Int32
    let isStream: Bool
    /// POLLRDHUP of poll(2), which Swift's module has not.
    private static var peerHasFinished: Int16 { 0x2000 }
    /// POLLIN, POLLOUT and POLLPRI of poll(2).
    let events: Int16

    /// nil: it is closed.
    init?(_ socket: any DriverSocket, _ events: Int16) {
        let held = socket.hold()
        guard held >= 0 else { return nil }
        self.socket = socket
        descriptor = held
        isStream = socket.settings.type == CWin32.SOCK_STREAM
        self.events = events
    }

    deinit { socket.letGo() }

    var isClosed: Bool { socket.descriptor != descriptor }

    /// What to sleep for; nil if nothing will happen by itself.
    var entry: pollfd? {
        guard isStream else { return pollfd(fd: descriptor, events: events, revents: 0) }
        switch socket.settings.phase {
        case .idle, .failed: return nil
        case .connecting: return pollfd(fd: descriptor, events: Int16(Glibc.POLLOUT), revents: 0)
        case .connected: return pollfd(fd: descriptor, events: events | Looked.peerHasFinished, revents: 0)
        case .listening: return pollfd(fd: descriptor, events: events & Int16(Glibc.POLLIN), revents: 0)
        }
    }
}

/// Sleeps until `look` finds something, which is told what each socket is ready for; returns its count, 0 at the
/// deadline, or -1 with the last error set.
private func wait(
    for sockets: [Looked?], until deadline: UInt64, _ look: ([SocketReadiness]) -> Int32
) -> Int32 {
    // Sockets of which poll(2) tells what nobody asked for: they would end each sleep at once.
    var isMute = [Bool](repeating: false, count: sockets.count)
    while true {
        let ready = sockets.map { $0?.socket.readiness() ?? [] }
        if sockets.contains(where: { $0?.isClosed ?? false }) { return socketFailure(WSAENOTSOCK) }
        let count = look(ready)
        if count != 0 { return count }
        let now = signalbox_now()
        if deadline <= now { return 0 }
        var entries = sockets.indices.map { index in
            isMute[index]
                ? pollfd(fd: -1, events: 0, revents: 0) : sockets[index]?.entry ?? pollfd(fd: -1, events: 0, revents: 0)
        }
        // Of sockets that are not shut down when they are closed.
        for looked in sockets {
            guard let closing = looked?.socket.settings.closing.load(ordering: .acquiring), closing >= 0 else {
                continue
            }
            entries.append(pollfd(fd: closing, events: Int16(Glibc.POLLIN), revents: 0))
        }
        let milliseconds =
            deadline == Deadline.never ? -1 : Int32(clamping: (deadline - now + 999_999) / 1_000_000)
        let found = entries.withUnsafeMutableBufferPointer { entries in
            Arena.sleeping { poll(entries.baseAddress, nfds_t(entries.count), milliseconds) }
        }
        guard found > 0 else { continue }
        // What ends a sleep twice, and is of no interest, is left out of the next.
        for index in sockets.indices where entries[index].revents != 0 {
            guard let looked = sockets[index] else { continue }
            if looked.socket.settings.phase == .connecting { continue }
            let again = looked.socket.readiness()
            if look(sockets.indices.map { $0 == index ? again : [] }) == 0 { isMute[index] = true }
        }
    }
}

// ---- select

private func sockets(in set: LPFD_SET?, _ events: Int32, _ into: inout [Looked?], _ handles: inout [SOCKET]) -> Bool {
    guard let set else { return true }
    return withUnsafeMutablePointer(to: &set.pointee.fd_array) { array in
        // A program may have defined a larger FD_SETSIZE.
        let first = UnsafeRawPointer(array).assumingMemoryBound(to: SOCKET.self)
        for index in 0..<Int(set.pointee.fd_count) {
            guard let socket = socketOf(first[index])?.socket, let looked = Looked(socket, Int16(events)) else {
                _ = failure(WSAENOTSOCK)
                return false
            }
            into.append(looked)
            handles.append(first[index])
        }
        return true
    }
}

private func replace(_ set: LPFD_SET?, _ ready: [SOCKET]) {
    guard let set else { return }
    withUnsafeMutablePointer(to: &set.pointee.fd_array) { array in
        let first = UnsafeMutableRawPointer(array).assumingMemoryBound(to: SOCKET.self)
        for (index, socket) in ready.enumerated() { first[index] = socket }
    }
    set.pointee.fd_count = UINT(ready.count)
}

private func select(
    _ read: LPFD_SET?, _ write: LPFD_SET?, _ except: LPFD_SET?, _ timeout: UnsafePointer<TIMEVAL>?
) -> Int32 {
    guard isStarted else { return socketFailure(WSANOTINITIALISED) }
    var looked: [Looked?] = []
    var handles: [SOCKET] = []
    guard sockets(in: read, Glibc.POLLIN, &looked, &handles) else { return -1 }
    let reads = looked.count
    guard sockets(in: write, Glibc.POLLOUT, &looked, &handles) else { return -1 }
    let writes = looked.count
    guard sockets(in: except, Glibc.POLLPRI, &looked, &handles) else { return -1 }
    if looked.isEmpty { return socketFailure(WSAEINVAL) }
    var until = Deadline.never
    if let timeout {
        let (seconds, microseconds) = (timeout.pointee.tv_sec, timeout.pointee.tv_usec)
        guard seconds >= 0, microseconds >= 0 else { return socketFailure(WSAEINVAL) }
        let total = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let wait = total.partialValue.addingReportingOverflow(UInt64(clamping: microseconds) &* 1000)
        if total.overflow || wait.overflow {
            until = Deadline.never
        } else {
            until = wait.partialValue == 0 ? Deadline.now : Deadline.after(nanoseconds: wait.partialValue)
        }
    }
    func isReady(_ index: Int, _ ready: SocketReadiness) -> Bool {
        if index < reads { return !ready.isDisjoint(with: [.receive, .accept, .close]) }
        if index < writes { return ready.contains(.send) }
        // It was tried, and failed; or there is urgent data.
        if case .failed = looked[index]!.socket.settings.phase { return true }
        return ready.contains(.urgent)
    }
    var found: [Int] = []
    let count = wait(for: looked, until: until) { ready in
        found = ready.indices.filter { isReady($0, ready[$0]) }
        return Int32(found.count)
    }
    if count < 0 { return -1 }
    if count == 0 { found = [] }
    replace(read, found.filter { $0 < reads }.map { handles[$0] })
    replace(write, found.filter { (reads..<writes).contains($0) }.map { handles[$0] })
    replace(except, found.filter { $0 >= writes }.map { handles[$0] })
    return count
}

@c(select) @implementation public func __select(
    _ unused: Int32, _ read: LPFD_SET?, _ write: LPFD_SET?, _ except: LPFD_SET?, _ timeout: UnsafePointer<TIMEVAL>?
) -> Int32 {
    enter()
    defer { leave() }
    return select(read, write, except, timeout)
}

// ---- WSAPoll

/// What Windows calls the readiness of a socket, of what was asked for and of what is always told.
private func events(_ socket: any DriverSocket, _ ready: SocketReadiness, _ wanted: Int32) -> Int32 {
    if case .failed = socket.settings.phase {
        // "When a TCP socket fails to connect, (POLLHUP | POLLERR | POLLWRNORM) is indicated." (WSAPoll)
        return CWin32.POLLHUP | CWin32.POLLERR | wanted & CWin32.POLLWRNORM
    }
    var result: Int32 = 0
    if !ready.isDisjoint(with: [.receive, .accept]) { result |= wanted & CWin32.POLLRDNORM }
    if ready.contains(.urgent) { result |= wanted & CWin32.POLLRDBAND }
    if ready.contains(.send) { result |= wanted & CWin32.POLLWRNORM }
    if ready.contains(.close) {
        result |= CWin32.POLLHUP
        if socket.settings.closeError.load(ordering: .relaxed) != 0 { result |= CWin32.POLLERR }
    }
    return result
}

@c(WSAPoll) @implementation
public func __WSAPoll(_ array: LPWSAPOLLFD?, _ count: ULONG, _ milliseconds: INT) -> Int32 {
    enter()
    defer { leave() }
    guard isStarted else { return socketFailure(WSANOTINITIALISED) }
    guard count > 0 else { return socketFailure(WSAEINVAL) }
    guard let array else { return socketFailure(WSAEFAULT) }
    let known = CWin32.POLLIN | CWin32.POLLWRNORM
    for index in 0..<Int(count) where Int32(array[index].events) & ~known != 0 { return socketFailure(WSAEINVAL) }
    var looked: [Looked?] = []
    for index in 0..<Int(count) {
        var wanted: Int32 = 0
        let events = Int32(array[index].events)
        if events & CWin32.POLLRDNORM != 0 { wanted |= Glibc.POLLIN }
        if events & CWin32.POLLRDBAND != 0 { wanted |= Glibc.POLLPRI }
        if events & CWin32.POLLWRNORM != 0 { wanted |= Glibc.POLLOUT }
        let isNone = Int64(bitPattern: UInt64(array[index].fd)) < 0
        let kept = __GetLastError()
        let socket = isNone ? nil : socketOf(array[index].fd)?.socket
        __SetLastError(kept)
        looked.append(socket.flatMap { Looked($0, Int16(wanted)) })
    }
    let until = milliseconds < 0 ? Deadline.never : deadline(DWORD(milliseconds))
    let invalid = (0..<Int(count)).filter { looked[$0] == nil && Int64(bitPattern: UInt64(array[$0].fd)) >= 0 }
    // If there is no socket at all, nothing would ever happen.
    if !looked.contains(where: { $0 != nil }) {
        for index in 0..<Int(count) { array[index].revents = Int16(CWin32.POLLNVAL) }
        return socketFailure(WSAENOTSOCK)
    }
    var found = [Int32](repeating: 0, count: Int(count))
    let result = wait(for: looked, until: invalid.isEmpty ? until : Deadline.now) { ready in
        for index in looked.indices {
            guard let looked = looked[index] else { continue }
            found[index] = events(looked.socket, ready[index], Int32(array[index].events))
        }
        return Int32(found.count { $0 != 0 })
    }
    if result < 0 { return -1 }
    for index in invalid { found[index] = CWin32.POLLNVAL }
    for index in 0..<Int(count) { array[index].revents = Int16(found[index]) }
    return Int32(found.count { $0 != 0 })
}
