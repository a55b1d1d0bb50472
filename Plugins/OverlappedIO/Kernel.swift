import CLinux
import CUring
import Glibc
import Signalbox

/// The system calls that a driver makes: here tests have them fail (`FaultSeam`). In a release build each is the call
/// itself, and this is nothing.
///
/// Left out is what can fail by a mistake of the caller's alone (close(2), shutdown(2), fcntl(2) for flags), and what a
/// driver may ignore. What concerns the ring is in RingKernel.swift.
struct Kernel: Sendable {
    let faults = FaultSeam()

    @inline(__always) private func guarded<R: SignedInteger>(
        not impossible: Int32 = 0, _ other: Int32 = 0, _ call: () -> R
    ) -> R {
        if let code = faults.take(not: impossible, other) {
            errno = code
            return -1
        }
        return call()
    }

    // ---- descriptors

    @inline(__always) func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
        while true {
            let made = guarded(not: EAGAIN) { Glibc.open(path, flags, mode) }
            if made >= 0 || errno != EINTR { return made }
        }
    }

    @inline(__always) func poll(_ entry: inout pollfd, _ milliseconds: Int32) -> Int32 {
        guarded(not: EIO, ENOSPC) { Glibc.poll(&entry, 1, milliseconds) }
    }

    @inline(__always) func stat(_ path: String, _ found: inout Glibc.stat, ofLink: Bool) -> Int32 {
        guarded(not: EINTR, EAGAIN) { fstatat(AT_FDCWD, path, &found, ofLink ? AT_SYMLINK_NOFOLLOW : 0) }
    }

    /// Locks of open file descriptions. A lock in the way is EAGAIN: that is no failure.
    @inline(__always) func lock(_ descriptor: Int32, _ command: Int32, _ lock: inout flock) -> Int32 {
        // To unlock takes memory only where it splits what was locked.
        if lock.l_type == Int16(F_UNLCK) { return fcntl(descriptor, command, &lock) }
        return guarded(not: EAGAIN) { fcntl(descriptor, command, &lock) }
    }

    @inline(__always) func fstat(_ descriptor: Int32, _ found: UnsafeMutablePointer<stat>) -> Int32 {
        guarded(not: EINTR, EAGAIN) { Glibc.fstat(descriptor, found) }
    }

    @inline(__always) func ftruncate(_ descriptor: Int32, _ length: off_t) -> Int32 {
        while true {
            let result = guarded(not: EAGAIN) { Glibc.ftruncate(descriptor, length) }
            if result == 0 || errno != EINTR { return result }
        }
    }

    @inline(__always) func fsync(_ descriptor: Int32) -> Int32 { guarded { Glibc.fsync(descriptor) } }

    @inline(__always) func eventfd(_ value: UInt32, _ flags: Int32) -> Int32 {
        guarded(not: EINTR, EAGAIN) { CLinux.eventfd(value, flags) }
    }

    @inline(__always) func epoll_create1(_ flags: Int32) -> Int32 {
        guarded(not: EINTR, EAGAIN) { CLinux.epoll_create1(flags) }
    }

    @discardableResult @inline(__always) func epoll_ctl(
        _ epoll: Int32, _ operation: Int32, _ descriptor: Int32, _ event: UnsafeMutablePointer<epoll_event>!
    ) -> Int32 {
        if operation == EPOLL_CTL_DEL { return CLinux.epoll_ctl(epoll, operation, descriptor, event) }
        return guarded(not: EINTR, EAGAIN) { CLinux.epoll_ctl(epoll, operation, descriptor, event) }
    }

    @inline(__always) func epoll_wait(
        _ epoll: Int32, _ events: UnsafeMutablePointer<epoll_event>!, _ count: Int32, _ milliseconds: Int32
    ) -> Int32 { guarded { CLinux.epoll_wait(epoll, events, count, milliseconds) } }

    @inline(__always) func pthread_create(
        _ thread: UnsafeMutablePointer<pthread_t>, _ attributes: UnsafePointer<pthread_attr_t>?,
        _ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?,
        _ argument: UnsafeMutableRawPointer?
    ) -> Int32 {
        if let code = faults.take(not: EINTR) { return code }
        return Glibc.pthread_create(thread, attributes, body, argument)
    }

    // ---- sockets

    @inline(__always) func socket(_ family: Int32, _ type: Int32, _ protocol: Int32) -> Int32 {
        guarded(not: EINTR, EAGAIN) { Glibc.socket(family, type, `protocol`) }
    }

    @inline(__always) func connect(
        _ descriptor: Int32, _ name: UnsafePointer<sockaddr>!, _ length: socklen_t
    ) -> Int32 {
        // EINTR: the connection is being made, as after EINPROGRESS; of a call that does not wait there is none.
        guarded(not: EINTR) { Glibc.connect(descriptor, name, length) }
    }

    @inline(__always) func accept(_ descriptor: Int32) -> Int32 {
        guarded { CLinux.signalbox_accept(descriptor) }
    }

    @inline(__always) func recvmsg(
        _ descriptor: Int32, _ message: UnsafeMutablePointer<msghdr>!, _ flags: Int32
    ) -> Int {
        shortenMessage(descriptor, message)
        return guarded { Glibc.recvmsg(descriptor, message, flags) }
    }

    @inline(__always) func sendmsg(
        _ descriptor: Int32, _ message: UnsafePointer<msghdr>!, _ flags: Int32
    ) -> Int {
        shortenMessage(descriptor, UnsafeMutablePointer(mutating: message))
        return guarded { Glibc.sendmsg(descriptor, message, flags) }
    }

    /// Of a stream.
    @inline(__always) func recv(
        _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer!, _ count: Int, _ flags: Int32
    ) -> Int {
        let count = shortenedCount(count)
        return guarded { CLinux.signalbox_recv(descriptor, bytes, count, flags) }
    }

    /// Of a stream.
    @inline(__always) func send(
        _ descriptor: Int32, _ bytes: UnsafeRawPointer!, _ count: Int, _ flags: Int32
    ) -> Int {
        let count = shortenedCount(count)
        return guarded { CLinux.signalbox_send(descriptor, bytes, count, flags) }
    }

    // ---- files

    @inline(__always) func preadv2(
        _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32, _ offset: Int64, _ flags: Int32
    ) -> Int {
        let count = shortened(descriptor, vectors, count)
        return guarded { CLinux.signalbox_preadv2(descriptor, vectors, count, offset, flags) }
    }

    @inline(__always) func pwritev2(
        _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32, _ offset: Int64, _ flags: Int32
    ) -> Int {
        let count = shortened(descriptor, vectors, count)
        return guarded { CLinux.signalbox_pwritev2(descriptor, vectors, count, offset, flags) }
    }

    /// Without SIGPIPE.
    @inline(__always) func pwritev2Quietly(
        _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32, _ offset: Int64, _ flags: Int32
    ) -> Int {
        let count = shortened(descriptor, vectors, count)
        return guarded { CLinux.signalbox_pwritev2_quietly(descriptor, vectors, count, offset, flags) }
    }

    // ---- short transfers

    /// The number of vectors, of which the last may have been cut, so that the call transfers about half of what it could.
    @inline(__always) func shortened(
        _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32
    ) -> Int32 {
        #if DEBUG
            if faults.isArmed { return shortenedSlowly(descriptor, UnsafeMutablePointer(mutating: vectors), count) }
        #endif
        return count
    }

    /// About half of what was asked for, if that is this call's fault.
    @inline(__always) private func shortenedCount(_ count: Int) -> Int {
        count > 1 && faults.takeShort() ? count / 2 : count
    }

    /// A datagram is never cut by the kernel, unless there is no room.
    @inline(__always) func shortenMessage(_ descriptor: Int32, _ message: UnsafeMutablePointer<msghdr>) {
        #if DEBUG
            guard faults.isArmed, let vectors = message.pointee.msg_iov else { return }
            var (type, size): (Int32, socklen_t) = (0, 4)
            getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size)
            guard type == Int32(SOCK_STREAM.rawValue) else { return }
            message.pointee.msg_iovlen = Int(shortenedSlowly(descriptor, vectors, Int32(message.pointee.msg_iovlen)))
        #endif
    }

    #if DEBUG
        private func shortenedSlowly(
            _ descriptor: Int32, _ vectors: UnsafeMutablePointer<iovec>, _ count: Int32
        ) -> Int32 {
            let total = (0..<Int(count)).reduce(0) { $0 + vectors[$1].iov_len }
            // Past the page cache the kernel stops between sectors.
            let unit = fcntl(descriptor, F_GETFL) & 0o40000 != 0 ? 512 : 1  // O_DIRECT
            var rest = total / 2 / unit * unit
            guard rest > 0, faults.takeShort() else { return count }
            for index in 0..<Int(count) {
                if rest <= vectors[index].iov_len {
                    vectors[index].iov_len = rest
                    return Int32(index) + 1
                }
                rest -= vectors[index].iov_len
            }
            return count
        }
    #endif
}
