import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox

/// The io_uring instance, which belongs to the loop's thread: everything "OnLoop" runs there.
///
/// `@unchecked Sendable`: `ring`, `watch`, `inFlight` and `isClosing` are touched on the loop alone, `init` included;
/// `notifier` is set once there, before the ring is known to others; `mailbox` has its own lock. What comes after the
/// ring was closed is given back on the caller's thread, when nothing of the ring is in use any more.
final class Ring: Engine, @unchecked Sendable {
    private static let entries: UInt32 = 1024

    private var ring = io_uring()
    private var watch: LoopDescriptor?
    private var notifier: LoopNotifier?
    /// Requests that the kernel has; the ring is closed when there are none.
    private var inFlight = 0
    private var isClosing = false
    private struct Mailbox {
        var orders: [EngineOrder] = []
        var isClosed = false
    }
    private let mailbox = Guarded(Mailbox())
    /// Set when the ring is closed, and every request has ended.
    let isClosed = EventObject(.manual)

    init(onLoop executor: LoopExecutor) throws {
        let made = io_uring_queue_init(Ring.entries, &ring, 0)
        guard made >= 0 else {
            throw IOError(
                code: -made,
                "setting up io_uring (forbidden here? look at sysctl kernel.io_uring_disabled and seccomp filters)")
        }
        do {
            watch = try LoopDescriptor(onLoop: executor, descriptor: ring.ring_fd) { [unowned self] in
                completionsOnLoop()
            }
            notifier = try LoopNotifier(onLoop: executor) { [unowned self] in ordersOnLoop() }
        } catch {
            watch?.cancelOnLoop()
            io_uring_queue_exit(&ring)
            throw error
        }
    }

    func order(_ order: EngineOrder) {
        let isTaken = mailbox.withLock { mailbox in
            if !mailbox.isClosed { mailbox.orders.append(order) }
            return !mailbox.isClosed
        }
        if isTaken { return notifier!.signal() }
        if case .submit(let request) = order { request.completedOnLoop(-ECANCELED, self) }
    }

    // ---- on the loop

    private func ordersOnLoop() {
        let orders = mailbox.withLock { mailbox in
            defer { mailbox.orders.removeAll(keepingCapacity: true) }
            return mailbox.orders
        }
        for order in orders {
            switch order {
            case .submit(let request): submitOnLoop(request)
            case .cancel(let request): cancelOnLoop(request)
            }
        }
        flushOnLoop()
    }

    private func completionsOnLoop() {
        if reapOnLoop() > 0 { flushOnLoop() }
        if isClosing { closeIfIdleOnLoop() }
    }

    /// Hands a request to the kernel with the next `flushOnLoop`.
    func submitOnLoop(_ request: EngineRequest) {
        // To end: the order to cancel it may have come before this one, and found nothing in the ring.
        guard !isClosing, !request.isToEnd else { return request.completedOnLoop(-ECANCELED, self) }
        let entry = entryOnLoop()
        Ring.prepare(entry, request.operation())
        // The kernel's reference; taken back with its completion.
        entry.pointee.user_data = UInt64(UInt(bitPattern: Unmanaged.passRetained(request).toOpaque()))
        inFlight += 1
    }

    private static func prepare(_ entry: UnsafeMutablePointer<io_uring_sqe>, _ operation: EngineOperation) {
        switch operation {
        case .receive(let descriptor, let message, let flags):
            io_uring_prep_recvmsg(entry, descriptor, message, flags)
        case .send(let descriptor, let message, let flags): io_uring_prep_sendmsg(entry, descriptor, message, flags)
        case .accept(let descriptor):
            io_uring_prep_accept(entry, descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        case .sync(let descriptor): io_uring_prep_fsync(entry, descriptor, 0)
        case .poll(let descriptor, let events): io_uring_prep_poll_add(entry, descriptor, events)
        case .read(let descriptor, let vectors, let count, let offset):
            io_uring_prep_readv2(entry, descriptor, vectors, UInt32(count), UInt64(bitPattern: offset), 0)
        case .write(let descriptor, let vectors, let count, let offset, let flags):
            io_uring_prep_writev2(entry, descriptor, vectors, UInt32(count), UInt64(bitPattern: offset), flags)
        }
    }

    private func cancelOnLoop(_ request: EngineRequest) {
        let entry = entryOnLoop()
        io_uring_prep_cancel(entry, Unmanaged.passUnretained(request).toOpaque(), 0)
        entry.pointee.user_data = 0
    }

    private func entryOnLoop() -> UnsafeMutablePointer<io_uring_sqe> {
        if let entry = io_uring_get_sqe(&ring) { return entry }
        flushOnLoop()
        guard let entry = io_uring_get_sqe(&ring) else { preconditionFailure("io_uring is full after a submit") }
        return entry
    }

    private func flushOnLoop() {
        while true {
            let done = io_uring_submit(&ring)
            if done >= 0 { return }
            // The completion queue is full (EBUSY), or memory is short (EAGAIN): taking what is done makes room.
            precondition(
                [-EBUSY, -EAGAIN, -EINTR, -ENOMEM].contains(done), "io_uring_enter(2) failed (errno \(-done))")
            if reapOnLoop() == 0 { sched_yield() }
        }
    }

    private func reapOnLoop() -> Int {
        var count = 0
        while true {
            var completion: UnsafeMutablePointer<io_uring_cqe>?
            guard io_uring_peek_cqe(&ring, &completion) == 0, let completion else { return count }
            let (result, data) = (completion.pointee.res, completion.pointee.user_data)
            io_uring_cqe_seen(&ring, completion)
            count += 1
            guard let pointer = UnsafeRawPointer(bitPattern: UInt(data)) else { continue }  // a cancel's own
            inFlight -= 1
            Unmanaged<EngineRequest>.fromOpaque(pointer).takeRetainedValue().completedOnLoop(result, self)
        }
    }

    /// Cancels what is pending, and closes the ring when all of it has come back.
    func closeOnLoop() {
        ordersOnLoop()
        isClosing = true
        let late = mailbox.withLock { mailbox in
            mailbox.isClosed = true
            defer { mailbox.orders = [] }
            return mailbox.orders
        }
        for case .submit(let request) in late { request.completedOnLoop(-ECANCELED, self) }
        let entry = entryOnLoop()
        io_uring_prep_cancel(entry, nil, 1 << 2 | 1 << 0)  // IORING_ASYNC_CANCEL_ANY | _ALL
        entry.pointee.user_data = 0
        flushOnLoop()
        closeIfIdleOnLoop()
    }

    private func closeIfIdleOnLoop() {
        guard inFlight == 0, let watch else { return }
        self.watch = nil
        watch.cancelOnLoop()
        notifier?.cancelOnLoop()
        io_uring_queue_exit(&ring)
        isClosed.set()
    }
}
