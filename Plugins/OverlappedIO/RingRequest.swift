import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// A request that could not be served at once, and waits for its turn or is with the ring.
///
/// `@unchecked Sendable`: `transferred`, `message` and `vectors` are written before the request is given to the ring,
/// and then on the loop alone.
final class RingRequest: @unchecked Sendable {
    let request: IORequest
    /// How it ends if the kernel gives it back cancelled; nil: nobody has asked for that.
    let endsWith = Guarded<IOStatus?>(nil)
    private let socket: RingSocket
    private let descriptor: Int32
    private var transferred: Int
    private var message = UnsafeMutablePointer<msghdr>.allocate(capacity: 1)
    private let vectors: UnsafeMutableBufferPointer<iovec>

    init(_ request: IORequest, _ socket: RingSocket, _ descriptor: Int32, transferred: Int) {
        self.request = request
        self.socket = socket
        self.descriptor = descriptor
        self.transferred = transferred
        vectors = .allocate(capacity: request.vectorCapacity)
        message.initialize(to: msghdr())
    }

    deinit {
        message.deallocate()
        vectors.deallocate()
    }

    func prepare(_ entry: UnsafeMutablePointer<io_uring_sqe>) {
        message.pointee.msg_iov = vectors.baseAddress
        message.pointee.msg_iovlen = request.fill(vectors, from: transferred)
        switch request.operation {
        case .receive: io_uring_prep_recvmsg(entry, descriptor, message, 0)
        case .send: io_uring_prep_sendmsg(entry, descriptor, message, UInt32(MSG_NOSIGNAL))
        case .accept: io_uring_prep_accept(entry, descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        }
    }

    /// Whether somebody has asked for its end.
    var isToEnd: Bool { endsWith.withLock { $0 != nil } }

    /// The kernel has given the request back.
    func completedOnLoop(_ result: Int32, _ ring: Ring) {
        let asked = endsWith.withLock { $0 }
        if asked == nil, result == -EINTR || result == -EAGAIN { return ring.submitOnLoop(self) }
        if case .send = request.operation, result > 0 {
            transferred += Int(result)
            if transferred < request.length {
                if asked == nil { return ring.submitOnLoop(self) }
                return finish(asked!, transferred, ring)
            }
            return finish(.success, transferred, ring)
        }
        // A request that a worker of the kernel was at comes back as interrupted.
        if result == -ECANCELED || asked != nil && (result == -EINTR || result == -EAGAIN) {
            return finish(asked ?? .cancelled, transferred, ring)
        }
        if result < 0 { return finish(IOStatus(errno: -result), transferred, ring, failure: -result) }
        guard case .accept(let accepted) = request.operation else { return finish(.success, Int(result), ring) }
        guard accepted.adopt(result) else { return finish(.cancelled, 0, ring) }
        if request.length == 0 { return finish(.success, 0, ring) }
        // The accept is complete only with the first bytes; the listener goes on meanwhile.
        let first = FirstBytes(of: request, on: accepted, for: socket)
        socket.add(first)
        (accepted as? RingSocket)?.endAccept()
        socket.finishedOnLoop(self, ring)
        if let (status, bytes) = accepted.start(first) { return first.complete(status, bytes: bytes) }
        // Asked to end before it had started: nothing was found to cancel.
        if isToEnd || first.isToEnd.load(ordering: .sequentiallyConsistent) { accepted.cancel(first) }
    }

    private func finish(_ status: IOStatus, _ bytes: Int, _ ring: Ring, failure: Int32 = 0) {
        if case .accept(let accepted) = request.operation { (accepted as? RingSocket)?.endAccept() }
        if failure != 0 {
            // In this order: a failure of the connection ends those behind this one, too.
            socket.noteFailure(failure)
            request.complete(status, bytes: bytes)
            socket.finishedOnLoop(self, ring)
        } else {
            socket.finishedOnLoop(self, ring)
            request.complete(status, bytes: bytes)
        }
    }
}

/// The receive that ends an accept.
///
/// `@unchecked Sendable`: constants and an atomic.
final class FirstBytes: IORequest, @unchecked Sendable {
    let accept: IORequest
    /// Asked to end, maybe before it was started.
    let isToEnd = Atomic(false)
    private let accepted: any DriverSocket
    private let listener: RingSocket

    init(of accept: IORequest, on accepted: any DriverSocket, for listener: RingSocket) {
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

extension IORequest {
    var isIncoming: Bool { if case .send = operation { false } else { true } }
    /// Bytes in all buffers.
    var length: Int { buffers.reduce(0) { $0 + $1.count } }

    /// Vectors that one call takes at most: UIO_MAXIOV. What is beyond is for the next.
    var vectorCapacity: Int { min(max(1, buffers.count), 1024) }

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
        case done(Int)
        case failed(Int32)
        /// That many bytes are done.
        case wouldBlock(Int)
    }

    /// Does what can be done without waiting.
    func attempt(_ descriptor: Int32) -> Attempt {
        if case .accept = operation { return .wouldBlock(0) }  // accept(2) has no flag for it
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: vectorCapacity) { vectors in
            var done = 0
            while true {
                var message = msghdr()
                message.msg_iov = vectors.baseAddress
                message.msg_iovlen = fill(vectors, from: done)
                let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                let result = isIncoming ? recvmsg(descriptor, &message, flags) : sendmsg(descriptor, &message, flags)
                if result < 0 {
                    if errno == EINTR { continue }
                    return errno == EAGAIN ? .wouldBlock(done) : .failed(errno)
                }
                done += result
                if isIncoming || done == length { return .done(done) }
            }
        }
    }
}
