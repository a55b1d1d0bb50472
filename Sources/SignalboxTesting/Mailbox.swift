import CLinux
import Dispatcher
import Glibc
import Signalbox

/// The socket of a service manager, and what came to it.
///
/// A thread sleeps until something has come; but who looks reads what is there himself, so that a message counts from the
/// moment that it was sent. Both read under one lock, which keeps the order.
final class Mailbox: Sendable {
    struct Received {
        var messages: [String] = []
        var barriers = 0
        var stored: [(name: String, number: Int32)] = []
    }
    private struct State {
        var received = Received()
        var observers = Waitlist()
    }
    private let state = Guarded(State())
    private let socket: Int32
    /// Written to when the thread is to end.
    private let end: Int32

    /// systemd's own limit.
    private static let longest = 4096

    private let storeLimit: Int

    init(path: String, storeLimit: Int) throws(IOError) {
        self.storeLimit = storeLimit
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw IOError(code: ENAMETOOLONG, "binding a socket to \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        end = eventfd(0, Int32(EFD_CLOEXEC))
        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        socket = Glibc.socket(AF_UNIX, flags, 0)
        // Every field is set: if this throws, the deinitialiser runs.
        guard end >= 0, socket >= 0 else { throw IOError(code: errno, "making a socket") }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw IOError(code: errno, "binding a socket to \(path)") }
    }

    deinit {
        if socket >= 0 { Glibc.close(socket) }
        if end >= 0 { Glibc.close(end) }
        for (_, number) in state.withLock({ $0.received.stored }) { Glibc.close(number) }
    }

    /// Ends the thread.
    func close() {
        var one: UInt64 = 1
        _ = write(end, &one, 8)
    }

    /// The body of the thread.
    func receiveUntilClosed() {
        var events = [socket, end].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while events[1].revents == 0 {
            _ = look()
            _ = poll(&events, 2, -1)
        }
    }

    /// Everything that has come.
    func look() -> Received {
        let (received, seen) = state.withLock { state in
            while let (message, descriptors) = receive() {
                if message == "BARRIER=1" && descriptors.count == 1 {
                    state.received.barriers += 1
                } else if let message {
                    state.received.messages.append(message)
                }
                let kept = message.map { store($0, descriptors, &state.received) } ?? 0
                // The closing is the answer to a barrier, and to what is not kept.
                for descriptor in descriptors.dropFirst(kept) { Glibc.close(descriptor) }
            }
            return (state.received, state.observers.reached(state.received.messages.count))
        }
        for observer in seen { observer.set() }
        return received
    }

    /// Keeps, or drops, what the message says; returns how many of the descriptors are kept.
    private func store(_ message: String, _ descriptors: [Int32], _ received: inout Received) -> Int {
        let lines = message.split(separator: "\n")
        let name = lines.first { $0.hasPrefix("FDNAME=") }.map { String($0.dropFirst(7)) } ?? "stored"
        if lines.contains("FDSTOREREMOVE=1") {
            for (_, number) in received.stored.filter({ $0.name == name }) { Glibc.close(number) }
            received.stored.removeAll { $0.name == name }
        } else if lines.contains("FDSTORE=1") {
            let kept = descriptors.prefix(max(0, storeLimit - received.stored.count))
            // The latest first, as systemd passes them.
            received.stored = kept.reversed().map { (name, $0) } + received.stored
            return kept.count
        }
        return 0
    }

    nonisolated(nonsending) func waitUntilReceived(count: Int) async throws {
        let reached = state.withLock { $0.received.messages.count >= count ? nil : $0.observers.add(until: count) }
        try await Waitlist.wait(for: reached) { event in state.withLock { $0.observers.remove(event) } }
    }

    /// The next datagram, whose text is nil if it was too long, and what descriptors came with it. nil: none is there.
    private func receive() -> (message: String?, descriptors: [Int32])? {
        withUnsafeTemporaryAllocation(byteCount: Mailbox.longest, alignment: 1) { bytes in
            // Room for more descriptors than the kernel lets anybody send (SCM_MAX_FD, 253).
            withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 8) { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                var header = msghdr()
                let count = withUnsafeMutablePointer(to: &part) { part in
                    header.msg_iov = part
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = control.count
                    return recvmsg(socket, &header, Int32(MSG_CMSG_CLOEXEC))
                }
                guard count >= 0 else { return nil }
                let isWhole = header.msg_flags & Int32(MSG_TRUNC) == 0
                let text = isWhole ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
                return (text, descriptors(in: UnsafeRawBufferPointer(rebasing: control.prefix(header.msg_controllen))))
            }
        }
    }

    /// What CMSG_FIRSTHDR(3) and its like do, which are macros: each block is its length, level and type, and data, and
    /// the next one begins at a multiple of 8.
    private func descriptors(in control: UnsafeRawBufferPointer) -> [Int32] {
        var found: [Int32] = []
        var place = 0
        while place + MemoryLayout<cmsghdr>.size <= control.count {
            let block = control.loadUnaligned(fromByteOffset: place, as: cmsghdr.self)
            guard block.cmsg_len >= MemoryLayout<cmsghdr>.size, place + block.cmsg_len <= control.count else { break }
            if block.cmsg_level == SOL_SOCKET && block.cmsg_type == Int32(SCM_RIGHTS) {
                let data = place + MemoryLayout<cmsghdr>.size..<place + block.cmsg_len
                for offset in stride(from: data.lowerBound, to: data.upperBound - 3, by: 4) {
                    found.append(control.loadUnaligned(fromByteOffset: offset, as: Int32.self))
                }
            }
            place += (block.cmsg_len + 7) & ~7
        }
        return found
    }
}
