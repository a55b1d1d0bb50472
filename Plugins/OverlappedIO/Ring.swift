import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// The io_uring instance. Any thread submits; one at a time takes completions.
///
/// What is "on the loop" elsewhere in this module is here *in the turn*: whoever has it takes completions, and no other
/// thread does meanwhile. Threads that wait for completions take them themselves (`CompletionQueue`), one of them asleep in
/// the ring; the loop's thread does when none of them is there. Docs/Architecture.md has the protocol and why nothing is
/// lost by it; what concerns the threads that wait is in RingReaping.swift.
///
/// Lock order: `turn`, then `submissions`, `gate` or `mailbox`, of which none is held with another.
///
/// `@unchecked Sendable`: `ring` is freed when nobody uses it any more; its submission queue is changed under `submissions`,
/// its completion queue in the turn. What is set on the loop by `init`, before others know the ring, does not change; what
/// changes besides has its lock, is atomic, or is touched on the loop alone (`isSignedOff`, `lastActivity`).
final class Ring: Engine, @unchecked Sendable {
    private static let entries: UInt32 = 1024

    let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
    private let told: Int32
    private var watch: LoopDescriptor?
    private(set) var notifier: LoopNotifier?
    private(set) var alarm: LoopAlarm?

    /// Requests that the kernel has; the ring is closed when there are none.
    let inFlight = Atomic(0)
    /// Those among them that are not told by a completion port alone.
    let othersInFlight = Atomic(0)
    let isClosing = Atomic(false)

    private struct Submissions {
        /// The kernel has refused some for lack of room: the loop tries again.
        var isStuck = false
        /// What came while the queue was full, too.
        var backlog: [EngineOrder] = []
        /// Somebody is to wake up when there is room.
        var owesWake = false
        /// No more requests; and no more of anything.
        var isEnding = false
        var isClosed = false
    }
    private let submissions = Guarded(Submissions())

    /// What is left for the loop.
    private enum Letter {
        case submit(EngineRequest)
        case cancel(EngineRequest)
        case end(EngineRequest, Int32)
    }
    private struct Mailbox {
        var letters: [Letter] = []
        var isClosed = false
    }
    private let mailbox = Guarded(Mailbox())

    private let turn = Guarded<Void>(())
    let gate = Guarded(Gate())
    /// Counts what threads that wait have taken.
    let activity = Atomic(0)
    /// What the loop has seen of it.
    var lastActivity = 0

    /// Set when the ring is closed, and every request has ended.
    let isClosed = EventObject(.manual)
    /// What tells sockets, which threads that sleep here see to as well; nil in tests without sockets.
    let poller: SocketPoller?

    let kernel: Kernel

    init(onLoop executor: LoopExecutor, _ kernel: Kernel, _ poller: SocketPoller? = nil) throws {
        self.kernel = kernel
        self.poller = poller
        ring.initialize(to: io_uring())
        told = kernel.eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard told >= 0 else { throw IOError(code: errno, "making an eventfd") }
        let made = kernel.io_uring_queue_init(Ring.entries, ring, 0)
        guard made >= 0 else {
            throw IOError(
                code: -made,
                "setting up io_uring (forbidden here? look at sysctl kernel.io_uring_disabled and seccomp filters)")
        }
        do {
            let registered = kernel.io_uring_register_eventfd(ring, told)
            guard registered >= 0 else { throw IOError(code: -registered, "having io_uring tell an eventfd") }
            watch = try LoopDescriptor(onLoop: executor, descriptor: told) { [unowned self] in completionsOnLoop() }
            notifier = try LoopNotifier(onLoop: executor) { [unowned self] in mailOnLoop() }
            alarm = try LoopAlarm(onLoop: executor) { [unowned self] in patrolOnLoop() }
        } catch {
            watch?.cancelOnLoop()
            notifier?.cancelOnLoop()
            io_uring_queue_exit(ring)
            throw error
        }
        poller?.setRingOnLoop(self)
        publish()
    }

    deinit {
        if told >= 0 { close(told) }
        ring.deallocate()
    }

    // ---- submitting, from any thread

    /// The kernel does part of a request's work on the thread that has submitted it, and for that interrupts what the thread
    /// sleeps in, which it may tell (EINTR, as of a signal). So a thread submits what ends soon, and a worker of a port
    /// what it transfers, for it sleeps at the port; what else may be pending for long is the loop's.
    func order(_ order: EngineOrder) {
        switch order {
        case .submit(let request):
            switch request.submitter {
            case .anyThread: break
            case .worker where signalbox_thread().pointee.port != 0: break
            case .worker, .loop: return leave(.submit(request))
            }
            if let code = submit(request, flushes: true) { leave(.end(request, -code)) }
        case .again(let request): leave(.submit(request))
        case .cancel(let request): leave(.cancel(request))
        }
    }

    private func leave(_ letter: Letter) {
        let isTaken = mailbox.withLock { mailbox in
            if !mailbox.isClosed { mailbox.letters.append(letter) }
            return !mailbox.isClosed
        }
        if isTaken { return notifier!.signal() }
        switch letter {
        case .submit(let request): request.completedOnLoop(-ECANCELED, self)
        case .cancel: break
        case .end(let request, let result): request.completedOnLoop(result, self)
        }
    }

    /// Gives a request to the kernel. The errno, if it is not to be.
    private func submit(_ request: EngineRequest, flushes: Bool) -> Int32? {
        let isToldByPort = request.isToldByPort
        let code: Int32? = submissions.withLock { state in
            // To end: the order to cancel it may have come before this one, and found nothing in the ring.
            guard !state.isEnding, !request.isToEnd else { return ECANCELED }
            guard let entry = entryLocked(&state) else {
                state.backlog.append(.submit(request))
                return nil
            }
            prepare(entry, request.operation())
            // The kernel's reference; taken back with its completion.
            entry.pointee.user_data = UInt64(UInt(bitPattern: Unmanaged.passRetained(request).toOpaque()))
            // Whoever takes the completion reads this before he looks at the request.
            inFlight.add(1, ordering: .acquiringAndReleasing)
            if !isToldByPort { othersInFlight.add(1, ordering: .sequentiallyConsistent) }
            if flushes { flushLocked(&state) }
            return nil
        }
        if code == nil && !isToldByPort { othersHaveCome() }
        return code
    }

    private func prepare(_ entry: UnsafeMutablePointer<io_uring_sqe>, _ operation: EngineOperation) {
        switch operation {
        case .receive(let descriptor, let message, let flags):
            kernel.io_uring_prep_recvmsg(entry, descriptor, message, flags)
        case .send(let descriptor, let message, let flags):
            kernel.io_uring_prep_sendmsg(entry, descriptor, message, flags)
        case .accept(let descriptor):
            kernel.io_uring_prep_accept(entry, descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        case .sync(let descriptor): kernel.io_uring_prep_fsync(entry, descriptor, 0)
        case .poll(let descriptor, let events): kernel.io_uring_prep_poll_add(entry, descriptor, events)
        case .read(let descriptor, let vectors, let count, let offset):
            if count == 1, let length = UInt32(exactly: vectors.pointee.iov_len) {
                kernel.io_uring_prep_read(
                    entry, descriptor, vectors.pointee.iov_base, length, UInt64(bitPattern: offset))
            } else {
                kernel.io_uring_prep_readv2(entry, descriptor, vectors, UInt32(count), UInt64(bitPattern: offset), 0)
            }
        case .write(let descriptor, let vectors, let count, let offset, let flags):
            kernel.io_uring_prep_writev2(entry, descriptor, vectors, UInt32(count), UInt64(bitPattern: offset), flags)
        }
    }

    private func cancelLocked(_ order: EngineOrder, _ state: inout Submissions) {
        guard case .cancel(let request) = order, !state.isClosed else { return }
        guard let entry = entryLocked(&state) else { return state.backlog.append(order) }
        io_uring_prep_cancel(entry, Unmanaged.passUnretained(request).toOpaque(), 0)
        entry.pointee.user_data = 0
    }

    /// nil: there is no room.
    private func entryLocked(_ state: inout Submissions) -> UnsafeMutablePointer<io_uring_sqe>? {
        if state.isStuck { return nil }
        if let entry = io_uring_get_sqe(ring) { return entry }
        flushLocked(&state)
        return state.isStuck ? nil : io_uring_get_sqe(ring)
    }

    private func flushLocked(_ state: inout Submissions) {
        state.isStuck = false
        while io_uring_sq_ready(ring) > 0 {
            let done = kernel.io_uring_submit(ring)
            if done >= 0 || done == -EINTR { continue }
            // The completion queue is full (EBUSY), or memory is short (EAGAIN, ENOMEM): taking what is done makes room.
            precondition([-EBUSY, -EAGAIN, -ENOMEM].contains(done), "io_uring_enter(2) failed (errno \(-done))")
            state.isStuck = true
            return notifier!.signal()
        }
    }

    /// What the completion says by which somebody wakes who sleeps in the ring.
    private static let wakeUp: UInt64 = 1

    /// Has whoever sleeps in the ring wake up.
    func submitNothing() {
        submissions.withLock { state in
            guard !state.isClosed else { return }
            guard let entry = entryLocked(&state) else {
                state.owesWake = true
                return notifier!.signal()
            }
            io_uring_prep_nop(entry)
            entry.pointee.user_data = Ring.wakeUp
            flushLocked(&state)
        }
    }

    // ---- in the turn

    /// Gives a request to the kernel at the end of the turn.
    func submitOnLoop(_ request: EngineRequest) {
        if let code = submit(request, flushes: false) { request.completedOnLoop(-code, self) }
    }

    /// Takes what has completed; unless another thread does, which then looks again. Returns how many it took. `isHolder`:
    /// the caller has the ring to sleep in.
    @discardableResult func takeCompletions(isHolder: Bool = false) -> Int {
        var (count, rounds) = (0, 0)
        while signalbox_ring_has_completions(ring) {
            rounds += 1
            if rounds > 4 {  // who waits has his own business
                notifier!.signal()
                break
            }
            guard let taken = turn.withLockIfFree({ _ in takeInTurn(isHolder: isHolder) }) else { break }
            count += taken.count
            // Who found the turn taken before it was given back leaves what he saw to us; he may have been the holder.
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            if taken.isLeftToHolder && gate.withLock({ $0.isHeld }) { break }
        }
        return count
    }

    private func takeInTurn(isHolder: Bool = false) -> (count: Int, isLeftToHolder: Bool) {
        var (count, isLeftToHolder) = (0, false)
        while count < Ring.entries {
            var completion: UnsafeMutablePointer<io_uring_cqe>?
            guard io_uring_peek_cqe(ring, &completion) == 0, let completion else { break }
            // What is to wake a thread that may only be about to sleep stays until it has seen it, with what is behind it.
            if completion.pointee.user_data == Ring.wakeUp && !isHolder && gate.withLock({ $0.isHeld }) {
                isLeftToHolder = true
                break
            }
            let (result, data) = (completion.pointee.res, completion.pointee.user_data)
            io_uring_cqe_seen(ring, completion)
            count += 1
            guard data > Ring.wakeUp, let pointer = UnsafeRawPointer(bitPattern: UInt(data)) else { continue }
            let request = Unmanaged<EngineRequest>.fromOpaque(pointer).takeRetainedValue()
            inFlight.subtract(1, ordering: .acquiringAndReleasing)
            if !request.isToldByPort { othersInFlight.subtract(1, ordering: .sequentiallyConsistent) }
            // The kernel cancels what a thread has submitted that ends. Nobody has asked for that, so the loop does it again.
            if result == -ECANCELED && !request.isToEnd && !isClosing.load(ordering: .acquiring) {
                leave(.submit(request))
            } else {
                request.completedOnLoop(result, self)
            }
        }
        submissions.withLock { state in
            if !state.isStuck { flushLocked(&state) }
        }
        return (count, isLeftToHolder)
    }

    // ---- on the loop

    private func mailOnLoop() {
        let letters = mailbox.withLock { mailbox in
            defer { mailbox.letters.removeAll(keepingCapacity: true) }
            return mailbox.letters
        }
        turn.withLock { _ in
            for letter in letters {
                switch letter {
                case .submit(let request): submitOnLoop(request)
                case .cancel(let request): submissions.withLock { cancelLocked(.cancel(request), &$0) }
                case .end(let request, let result): request.completedOnLoop(result, self)
                }
            }
            _ = takeInTurn()
        }
        stopPatrol()
        takeCompletions()
        unstick()
        if isClosing.load(ordering: .acquiring) { closeIfIdleOnLoop() }
    }

    /// Tries again what the kernel had no room for.
    private func unstick() {
        var owesWake = false
        let backlog = submissions.withLock { state -> [EngineOrder] in
            guard state.isStuck || !state.backlog.isEmpty || state.owesWake else { return [] }
            flushLocked(&state)
            guard !state.isStuck else {
                sched_yield()
                return []
            }
            owesWake = state.owesWake
            state.owesWake = false
            defer { state.backlog = [] }
            return state.backlog
        }
        if owesWake { submitNothing() }
        for order in backlog {
            switch order {
            case .submit(let request), .again(let request): leave(.submit(request))
            case .cancel(let request): leave(.cancel(request))
            }
        }
    }

    private func completionsOnLoop() {
        var count: UInt64 = 0
        _ = read(told, &count, 8)
        if !leavesToOthers() { takeCompletions() }
        if isClosing.load(ordering: .acquiring) { closeIfIdleOnLoop() }
    }

    /// Cancels what is pending, and closes the ring when all of it has come back.
    func closeOnLoop() {
        mailOnLoop()
        isClosing.store(true, ordering: .sequentiallyConsistent)
        withdraw()
        let late = mailbox.withLock { mailbox in
            mailbox.isClosed = true
            defer { mailbox.letters = [] }
            return mailbox.letters
        }
        let backlog = submissions.withLock { state in
            state.isEnding = true
            defer { state.backlog = [] }
            return state.backlog
        }
        turn.withLock { _ in
            for letter in late {
                switch letter {
                case .submit(let request): request.completedOnLoop(-ECANCELED, self)
                case .cancel: break
                case .end(let request, let result): request.completedOnLoop(result, self)
                }
            }
            for case .submit(let request) in backlog { request.completedOnLoop(-ECANCELED, self) }
            _ = takeInTurn()
        }
        submissions.withLock { state in
            while true {
                if let entry = entryLocked(&state) {
                    io_uring_prep_cancel(entry, nil, 1 << 2 | 1 << 0)  // IORING_ASYNC_CANCEL_ANY | _ALL
                    entry.pointee.user_data = 0
                    return flushLocked(&state)
                }
                flushLocked(&state)
            }
        }
        submitNothing()
        closeIfIdleOnLoop()
    }

    private func closeIfIdleOnLoop() {
        takeCompletions()
        guard inFlight.load(ordering: .acquiring) == 0, let watch else { return }
        // Who is about to leave the ring says so when he has.
        guard isLeft() else { return notifier!.signal() }
        submissions.withLock { $0.isClosed = true }
        self.watch = nil
        watch.cancelOnLoop()
        notifier?.cancelOnLoop()
        alarm?.cancelOnLoop()
        io_uring_queue_exit(ring)
        isClosed.set()
    }
}
