import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// The receive that ends an accept.
///
/// `@unchecked Sendable`: constants and an atomic.
final class FirstBytes: IORequest, @unchecked Sendable {
    let accept: IORequest
    /// Asked to end, maybe before it was started.
    let isToEnd = Atomic(false)
    private let accepted: any DriverSocket
    private let listener: PolledSocket

    init(of accept: IORequest, on accepted: any DriverSocket, for listener: PolledSocket) {
        self.accept = accept
        self.accepted = accepted
        self.listener = listener
        super.init(.receive, accept.buffers)
    }

    func end() {
        isToEnd.store(true, ordering: .sequentiallyConsistent)
        accepted.cancel(self)
    }

    override func complete(_ status: IOStatus, bytes: Int) {
        listener.remove(self)
        accept.complete(status, bytes: bytes)
    }
}

/// Of a send: it neither waits, nor is answered by SIGPIPE.
var transferFlags: Int32 { Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL) }

extension IORequest {
    /// Whether a receive ends only when its buffers are full, see MSG_WAITALL in recv(2).
    var waitsForAll: Bool { (message?.flags ?? 0) & Int32(MSG_WAITALL) != 0 }

    /// Whether recv(2) or send(2) does it.
    func isTriedPlainly(_ isStream: Bool) -> Bool {
        return isPlain && isStream && first.count > 0
    }

    /// Whether it is tried when it is made, and not only when the poller tells. An accept that also receives is not: it would
    /// have two parts to tell the end of.
    var isTriedAtOnce: Bool { kind != .accept || length == 0 }

    /// Vectors that one call takes at most: UIO_MAXIOV. What is beyond is for the next.
    var vectorCapacity: Int { min(max(1, bufferCount), 1024) }

    /// Describes the buffers, without their first `skipped` bytes; returns how many vectors that takes.
    func fill(_ vectors: UnsafeMutableBufferPointer<iovec>, from skipped: Int) -> Int {
        var (skipped, count) = (skipped, 0)
        for buffer in buffers {
            let gone = min(skipped, buffer.count)
            skipped -= gone
            guard gone < buffer.count, let base = buffer.baseAddress else { continue }
            guard count < vectors.count else { break }
            vectors[count] = iovec(iov_base: base + gone, iov_len: buffer.count - gone)
            count += 1
        }
        return count
    }

    enum Attempt {
        /// That many bytes are done; the flags are those that recvmsg(2) has given.
        case done(Int, Int32)
        case failed(Int32)
        /// That many bytes are done.
        case wouldBlock(Int)
    }

    /// Does what can be done without waiting, after the first `start` bytes; not for accepts and connects.
    func attempt(_ kernel: Kernel, _ descriptor: Int32, from start: Int = 0, isStream: Bool) -> Attempt {
        if isTriedPlainly(isStream) { return attemptPlain(kernel, descriptor, from: start) }
        if isIncoming && isStream && length == 0 { return attemptNothing(kernel, descriptor) }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: vectorCapacity) { vectors in
            var done = start
            while true {
                var header = msghdr()
                header.msg_iov = vectors.baseAddress
                header.msg_iovlen = fill(vectors, from: done)
                message?.fill(&header)
                let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL) | (message?.flags ?? 0)
                let result =
                    isIncoming
                    ? kernel.recvmsg(descriptor, &header, flags) : kernel.sendmsg(descriptor, &header, flags)
                if result < 0 {
                    if errno == EINTR { continue }
                    return errno == EAGAIN ? .wouldBlock(done) : .failed(errno)
                }
                done += result
                if isIncoming {
                    message?.take(header)
                    if waitsForAll && isStream && result > 0 && done < length { continue }
                    return .done(done, header.msg_flags)
                }
                if done == length { return .done(done, 0) }
            }
        }
    }

    /// As above, of one buffer and a stream.
    private func attemptPlain(_ kernel: Kernel, _ descriptor: Int32, from start: Int) -> Attempt {
        var done = start
        while true {
            let (memory, count) = (first.baseAddress! + done, first.count - done)
            if isIncoming {
                let result = kernel.recv(descriptor, memory, count, Int32(MSG_DONTWAIT))
                if result >= 0 { return .done(done + result, 0) }
            } else {
                let result = kernel.send(descriptor, memory, count, transferFlags)
                if result >= 0 {
                    done += result
                    if done == first.count { return .done(done, 0) }
                    continue
                }
            }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock(done) : .failed(errno)
        }
    }

    /// A receive of no bytes is done when there are some, or none will come.
    private func attemptNothing(_ kernel: Kernel, _ descriptor: Int32) -> Attempt {
        var byte: UInt8 = 0
        while true {
            if kernel.recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) >= 0 {
                return .done(0, 0)
            }
            if errno != EINTR { return errno == EAGAIN ? .wouldBlock(0) : .failed(errno) }
        }
    }
}
