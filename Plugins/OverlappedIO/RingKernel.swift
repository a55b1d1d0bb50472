import CLinux
import CUring
import Glibc
import Signalbox

/// What the ring asks of the kernel.
///
/// A fault of a request is a completion that the kernel makes at once, with nothing done; so it comes back as any other.
extension Kernel {
    @inline(__always) func io_uring_queue_init(
        _ entries: UInt32, _ ring: UnsafeMutablePointer<io_uring>, _ flags: UInt32
    ) -> Int32 {
        if let code = faults.take(not: EINTR, EAGAIN) { return -code }
        return CUring.io_uring_queue_init(entries, ring, flags)
    }

    @inline(__always) func io_uring_register_eventfd(
        _ ring: UnsafeMutablePointer<io_uring>, _ descriptor: Int32
    ) -> Int32 {
        if let code = faults.take(not: EINTR, EAGAIN) { return -code }
        return CUring.io_uring_register_eventfd(ring, descriptor)
    }

    /// Of io_uring_enter(2)'s errors, those that a correct program may meet.
    @inline(__always) func io_uring_submit(_ ring: UnsafeMutablePointer<io_uring>) -> Int32 {
        if let code = faults.take(not: EIO, ENOSPC), code != EMFILE { return -code }
        return CUring.io_uring_submit(ring)
    }

    /// Has the kernel complete the request with a fault. False: there is none.
    @inline(__always) private func isFaulted(
        _ entry: UnsafeMutablePointer<io_uring_sqe>, not impossible: Int32 = 0
    ) -> Bool {
        #if DEBUG
            guard let code = faults.take(not: impossible) else { return false }
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
        _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ vectors: UnsafePointer<iovec>,
        _ count: UInt32, _ offset: UInt64, _ flags: Int32
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
        _ entry: UnsafeMutablePointer<io_uring_sqe>, _ descriptor: Int32, _ vectors: UnsafePointer<iovec>,
        _ count: UInt32, _ offset: UInt64, _ flags: Int32
    ) {
        if isFaulted(entry) { return }
        let count = UInt32(shortened(descriptor, vectors, Int32(count)))
        CUring.io_uring_prep_writev2(entry, descriptor, vectors, count, offset, flags)
    }
}
