import CLinux
import CUring
import Glibc
import Signalbox

// The system calls that the driver makes, as functions of the same names that this module sees instead of libc's and
// liburing's: here tests have them fail (`FaultSeam`). In a release build each is the call itself.
//
// Left out is what can fail by a mistake of the caller's alone (close(2), shutdown(2), fcntl(2) for flags), and what a
// driver may ignore.

@inline(__always) private func guarded<R: SignedInteger>(
    not impossible: Int32 = 0, _ other: Int32 = 0, _ call: () -> R
) -> R {
    if let code = FaultSeam.take(not: impossible, other) {
        errno = code
        return -1
    }
    return call()
}

// ---- descriptors

/// What methods of the same names hide.
enum Kernel {
    @inline(__always) static func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
        while true {
            let made = guarded(not: EAGAIN) { Glibc.open(path, flags, mode) }
            if made >= 0 || errno != EINTR { return made }
        }
    }
    @inline(__always) static func poll(_ entry: inout pollfd, _ milliseconds: Int32) -> Int32 {
        guarded(not: EIO, ENOSPC) { Glibc.poll(&entry, 1, milliseconds) }
    }
    @inline(__always) static func stat(_ path: String, _ found: inout Glibc.stat, ofLink: Bool) -> Int32 {
        guarded(not: EINTR, EAGAIN) { fstatat(AT_FDCWD, path, &found, ofLink ? AT_SYMLINK_NOFOLLOW : 0) }
    }
    /// Locks of open file descriptions. A lock in the way is EAGAIN: that is no failure.
    @inline(__always) static func lock(_ descriptor: Int32, _ command: Int32, _ lock: inout flock) -> Int32 {
        // To unlock takes memory only where it splits what was locked.
        if lock.l_type == Int16(F_UNLCK) { return fcntl(descriptor, command, &lock) }
        return guarded(not: EAGAIN) { fcntl(descriptor, command, &lock) }
    }
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
    _ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?, _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    if let code = FaultSeam.take(not: EINTR) { return code }
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

@inline(__always) func signalbox_accept(_ descriptor: Int32) -> Int32 {
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

@inline(__always) func recv(
    _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer!, _ count: Int, _ flags: Int32
) -> Int {
    guarded { CLinux.signalbox_recv(descriptor, bytes, count, flags) }
}

@inline(__always) func send(
    _ descriptor: Int32, _ bytes: UnsafeRawPointer!, _ count: Int, _ flags: Int32
) -> Int {
    guarded { CLinux.signalbox_send(descriptor, bytes, count, flags) }
}

// ---- files

@inline(__always) func signalbox_preadv2(
    _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32, _ offset: Int64, _ flags: Int32
) -> Int {
    let count = shortened(descriptor, vectors, count)
    return guarded { CLinux.signalbox_preadv2(descriptor, vectors, count, offset, flags) }
}

@inline(__always) func signalbox_pwritev2(
    _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32, _ offset: Int64, _ flags: Int32
) -> Int {
    let count = shortened(descriptor, vectors, count)
    return guarded { CLinux.signalbox_pwritev2(descriptor, vectors, count, offset, flags) }
}

@inline(__always) func signalbox_pwritev2_quietly(
    _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32, _ offset: Int64, _ flags: Int32
) -> Int {
    let count = shortened(descriptor, vectors, count)
    return guarded { CLinux.signalbox_pwritev2_quietly(descriptor, vectors, count, offset, flags) }
}

// ---- the ring

// A fault of a request is a completion that the kernel makes at once, with nothing done; so it comes back as any other.

@inline(__always) func io_uring_queue_init(
    _ entries: UInt32, _ ring: UnsafeMutablePointer<io_uring>, _ flags: UInt32
) -> Int32 {
    if let code = FaultSeam.take(not: EINTR, EAGAIN) { return -code }
    return CUring.io_uring_queue_init(entries, ring, flags)
}

/// Of io_uring_enter(2)'s errors, those that a correct program may meet.
@inline(__always) func io_uring_submit(_ ring: UnsafeMutablePointer<io_uring>) -> Int32 {
    if let code = FaultSeam.take(not: EIO, ENOSPC), code != EMFILE { return -code }
    return CUring.io_uring_submit(ring)
}

/// Has the kernel complete the request with a fault. False: there is none.
@inline(__always) private func isFaulted(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, not impossible: Int32 = 0
) -> Bool {
    #if DEBUG
        guard let code = FaultSeam.take(not: impossible) else { return false }
        CUring.io_uring_prep_nop(entry)
        entry.pointee.len = UInt32(bitPattern: -code)
        entry.pointee.rw_flags = 1  // nop_flags: IORING_NOP_INJECT_RESULT
        return true
    #else
        return false
    #endif
}

@inline(__always) func io_uring_prep_recvmsg(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ message: UnsafeMutablePointer<msghdr>,
    _ flags: UInt32
) {
    if isFaulted(entry) { return }
    shortenMessage(descriptor, message)
    CUring.io_uring_prep_recvmsg(entry, descriptor, message, flags)
}

@inline(__always) func io_uring_prep_sendmsg(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ message: UnsafeMutablePointer<msghdr>,
    _ flags: UInt32
) {
    if isFaulted(entry) { return }
    shortenMessage(descriptor, message)
    CUring.io_uring_prep_sendmsg(entry, descriptor, message, flags)
}

@inline(__always) func io_uring_prep_accept(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ name: UnsafeMutablePointer<sockaddr>?,
    _ length: UnsafeMutablePointer<socklen_t>?, _ flags: Int32
) {
    if !isFaulted(entry) { CUring.io_uring_prep_accept(entry, descriptor, name, length, flags) }
}

@inline(__always) func io_uring_prep_fsync(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ flags: UInt32
) {
    if !isFaulted(entry) { CUring.io_uring_prep_fsync(entry, descriptor, flags) }
}

@inline(__always) func io_uring_prep_poll_add(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ events: UInt32
) {
    if !isFaulted(entry) { CUring.io_uring_prep_poll_add(entry, descriptor, events) }
}

@inline(__always) func io_uring_prep_readv2(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: UInt32,
    _ offset: UInt64, _ flags: Int32
) {
    if isFaulted(entry) { return }
    let count = UInt32(shortened(descriptor, vectors, Int32(count)))
    CUring.io_uring_prep_readv2(entry, descriptor, vectors, count, offset, flags)
}

@inline(__always) func io_uring_prep_read(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?,
    _ length: UInt32, _ offset: UInt64
) {
    if isFaulted(entry) { return }
    var vector = iovec(iov_base: buffer, iov_len: Int(length))
    _ = shortened(descriptor, &vector, 1)
    CUring.io_uring_prep_read(entry, descriptor, buffer, UInt32(vector.iov_len), offset)
}

@inline(__always) func io_uring_prep_writev2(
    _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: UInt32,
    _ offset: UInt64, _ flags: Int32
) {
    if isFaulted(entry) { return }
    let count = UInt32(shortened(descriptor, vectors, Int32(count)))
    CUring.io_uring_prep_writev2(entry, descriptor, vectors, count, offset, flags)
}

// ---- short transfers

/// The number of vectors, of which the last may have been cut, so that the call transfers about half of what it could.
@inline(__always) private func shortened(
    _ descriptor: Int32, _ vectors: UnsafePointer<iovec>, _ count: Int32
) -> Int32 {
    #if DEBUG
        if FaultSeam.isArmed { return shortenedSlowly(descriptor, UnsafeMutablePointer(mutating: vectors), count) }
    #endif
    return count
}

/// A datagram is never cut by the kernel, unless there is no room.
@inline(__always) private func shortenMessage(_ descriptor: Int32, _ message: UnsafeMutablePointer<msghdr>) {
    #if DEBUG
        guard FaultSeam.isArmed, let vectors = message.pointee.msg_iov else { return }
        var (type, size): (Int32, socklen_t) = (0, 4)
        getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size)
        guard type == Int32(SOCK_STREAM.rawValue) else { return }
        message.pointee.msg_iovlen = Int(shortenedSlowly(descriptor, vectors, Int32(message.pointee.msg_iovlen)))
    #endif
}

#if DEBUG
    private func shortenedSlowly(_ descriptor: Int32, _ vectors: UnsafeMutablePointer<iovec>, _ count: Int32) -> Int32 {
        let total = (0..<Int(count)).reduce(0) { $0 + vectors[$1].iov_len }
        // Past the page cache the kernel stops between sectors.
        let unit = fcntl(descriptor, F_GETFL) & 0o40000 != 0 ? 512 : 1  // O_DIRECT
        var rest = total / 2 / unit * unit
        guard rest > 0, FaultSeam.takeShort() else { return count }
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
