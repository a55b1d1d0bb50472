import CLinux
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// A request that could not be served at once, and waits for its turn or is with the ring.
///
/// `@unchecked Sendable`: `transferred`, `message` and `vectors` are written before the request is given to the ring,
/// and then on the loop alone.
final class RingRequest: EngineRequest, @unchecked Sendable {
    let request: IORequest
    /// How it ends if the kernel gives it back cancelled; nil: nobody has asked for that.
    let endsWith = Guarded<IOStatus?>(nil)
    private let socket: RingSocket
    private let descriptor: Int32
    private var transferred: Int
    /// A connect that is made, and goes on to send.
    private var isConnected = false
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

    override func operation() -> EngineOperation {
        message.pointee.msg_iov = vectors.baseAddress
        message.pointee.msg_iovlen = request.fill(vectors, from: transferred)
        if !isConnected { request.message?.fill(&message.pointee) }
        let flags = UInt32(bitPattern: request.message?.flags ?? 0)
        switch request.operation {
        // A receive of no bytes waits for some all the same, which recvmsg(2) would not.
        case .receive where request.length == 0 && socket.isStream:
            return .poll(descriptor, UInt32(POLLIN))
        case .receive: return .receive(descriptor, message, flags)
        case .connect where !isConnected: return .poll(descriptor, UInt32(POLLOUT))
        case .send, .connect: return .send(descriptor, message, flags | UInt32(MSG_NOSIGNAL))
        case .accept: return .accept(descriptor)
        }
    }

    /// A poll says only that it can go on now: by how much, or with which error; nil: it cannot yet.
    private func resultOfPollOnLoop() -> Int32? {
        if case .connect = request.operation {
            switch socket.finishConnect() {
            case .connecting: return nil
            case .failed(let code): return -code
            default: return 0
            }
        }
        switch request.attempt(descriptor, isStream: true) {
        case .done: return 0
        case .failed(let code): return -code
        case .wouldBlock: return nil
        }
    }

    override var isToldByPort: Bool { request.isToldByPort }

    override var submitter: Submitter {
        switch request.operation {
        case .receive, .send: request.mayInterrupt ? .worker : .loop
        case .accept, .connect: .loop
        }
    }

    /// Whether somebody has asked for its end.
    override var isToEnd: Bool { endsWith.withLock { $0 != nil } }

    /// The kernel has given the request back.
    override func completedOnLoop(_ result: Int32, _ ring: any Engine) {
        let asked = endsWith.withLock { $0 }
        var result = result
        var isPoll = false
        switch request.operation {
        case .connect where !isConnected: isPoll = true
        case .receive where request.length == 0 && socket.isStream: isPoll = true
        default: break
        }
        if isPoll && result >= 0 {
            guard let known = resultOfPollOnLoop() else {
                if asked == nil { return ring.submitOnLoop(self) }
                return finish(asked!, transferred, ring)
            }
            result = known
            if case .connect = request.operation, result == 0, request.length > 0 {
                isConnected = true
                if asked == nil { return ring.submitOnLoop(self) }
            }
        }
        if asked == nil, result == -EINTR || result == -EAGAIN { return ring.submitOnLoop(self) }
        if !request.isIncoming, !isPoll, result > 0 {
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
        if result < 0 {
            let status = socket.status(of: -result, for: request)
            return finish(status, transferred, ring, failure: -result)
        }
        guard case .accept(let accepted) = request.operation else {
            guard case .receive = request.operation, !isPoll else { return finish(.success, Int(result), ring) }
            request.message?.take(message.pointee)
            transferred += Int(result)
            if request.waitsForAll && socket.isStream && result > 0 && transferred < request.length && asked == nil {
                return ring.submitOnLoop(self)
            }
            return finish(socket.status(ofReceived: message.pointee.msg_flags), transferred, ring)
        }
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

    private func finish(_ status: IOStatus, _ bytes: Int, _ ring: any Engine, failure: Int32 = 0) {
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
    var isIncoming: Bool {
        switch operation {
        case .receive, .accept: true
        case .send, .connect: false
        }
    }
    /// Whether a receive ends only when its buffers are full, see MSG_WAITALL in recv(2).
    var waitsForAll: Bool { (message?.flags ?? 0) & Int32(MSG_WAITALL) != 0 }
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
        /// That many bytes are done; the flags are those that recvmsg(2) has given.
        case done(Int, Int32)
        case failed(Int32)
        /// That many bytes are done.
        case wouldBlock(Int)
    }

    /// Does what can be done without waiting, after the first `start` bytes; not for accepts and connects.
    func attempt(_ descriptor: Int32, from start: Int = 0, isStream: Bool) -> Attempt {
        if isIncoming && isStream && length == 0 { return attemptNothing(descriptor) }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: vectorCapacity) { vectors in
            var done = start
            while true {
                var header = msghdr()
                header.msg_iov = vectors.baseAddress
                header.msg_iovlen = fill(vectors, from: done)
                message?.fill(&header)
                let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL) | (message?.flags ?? 0)
                let result = isIncoming ? recvmsg(descriptor, &header, flags) : sendmsg(descriptor, &header, flags)
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

    /// A receive of no bytes is done when there are some, or none will come.
    private func attemptNothing(_ descriptor: Int32) -> Attempt {
        var byte: UInt8 = 0
        while true {
            if recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) >= 0 {
                return .done(0, 0)
            }
            if errno != EINTR { return errno == EAGAIN ? .wouldBlock(0) : .failed(errno) }
        }
    }
}
