import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// Tells sockets when the kernel has something for requests that are pending, by an epoll(7) of its own.
///
/// Not by the ring, although the driver has one: a receive that the ring completes takes an entry, a poll and a completion,
/// where this takes one wake-up for a batch of sockets and the recv(2) that must be made anyway; and no buffer is the
/// kernel's while nothing has come.
///
/// Each socket is added once, edge-triggered, when it has its first request that must wait. So a request costs no
/// epoll_ctl(2); the socket keeps in mind what the last call and the last edge have said.
///
/// Who takes events: threads that wait at the ring, which sleep here instead if there are sockets, and else the loop's, as
/// RingReaping.swift has it. The loop watches the poller through `door`, which holds nothing else, so that anyone can open
/// and close it.
///
/// A socket's address is the kernel's mark for it. It stays valid: members are kept, and those that were removed are let go
/// by who takes events, or keeps others from it, so while no batch is outstanding.
///
/// `@unchecked Sendable`: `source` is touched on the loop alone, `isDoorOpen` under the ring's gate, what `batch` points to by
/// who has set `isTaking`; what else there is does not change, or has its own lock.
final class SocketPoller: @unchecked Sendable {
    private struct State {
        var members: [UInt: PolledSocket] = [:]
        var removed: [PolledSocket] = []
        var isClosed = false
    }
    private let state = Guarded(State())
    private let hasRemoved = Atomic(false)
    private let isTaking = Atomic(false)
    /// What is taken at once; only who has set `isTaking` touches it.
    private let batch = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 1024)
    let kernel: Kernel
    private let epoll: Int32
    private let door: Int32
    private var isDoorOpen = true
    private var source: LoopDescriptor?
    /// nil: the engine has none, or the driver stops. (A cycle until then.)
    private let ring = Guarded<Ring?>(nil)
    /// Whether there is a socket that events may come for.
    private let hasMembers = Atomic(false)
    /// Requests that are pending and not told by a completion port alone.
    let others = Atomic(0)

    init(onLoop executor: LoopExecutor, _ kernel: Kernel) throws {
        self.kernel = kernel
        epoll = kernel.epoll_create1(Int32(EPOLL_CLOEXEC))
        door = kernel.epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0, door >= 0 else { throw IOError(code: errno, "making an epoll descriptor") }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        guard kernel.epoll_ctl(door, EPOLL_CTL_ADD, epoll, &event) == 0 else {
            throw IOError(code: errno, "watching sockets")
        }
        source = try LoopDescriptor(onLoop: executor, descriptor: door) { [unowned self] in toldOnLoop() }
    }

    deinit {
        batch.deallocate()
        if epoll >= 0 { close(epoll) }
        if door >= 0 { close(door) }
    }

    /// Whoever sleeps here sees the ring's completions, too.
    func setRingOnLoop(_ ring: Ring) { self.ring.withLock { $0 = ring } }

    /// Whether something may come.
    var isAwaited: Bool { hasMembers.load(ordering: .relaxed) }

    /// Whether the loop is told of events; under the ring's gate.
    func setTold(_ isTold: Bool) {
        guard isDoorOpen != isTold else { return }
        isDoorOpen = isTold
        var event = epoll_event()
        event.events = isTold ? EPOLLIN.rawValue : 0
        kernel.epoll_ctl(door, EPOLL_CTL_MOD, epoll, &event)
    }

    private func toldOnLoop() {
        if let ring = ring.withLock({ $0 }), ring.leavesToOthers() { return }
        take()
    }

    /// A request is pending of which others are told than a port.
    func othersHaveCome() {
        let now = others.add(1, ordering: .sequentiallyConsistent).newValue
        // While there are some, no thread keeps events to itself.
        if now == 1 { ring.withLock({ $0 })?.othersHaveCome() }
    }

    private func mark(_ socket: PolledSocket) -> UInt { UInt(bitPattern: Unmanaged.passUnretained(socket).toOpaque()) }

    /// Has the socket told of what comes to its descriptor, until `remove`. Returns errno, or 0. Called under the socket's
    /// lock, so it takes no other socket's.
    func add(_ descriptor: Int32, of socket: PolledSocket) -> Int32 {
        let mark = mark(socket)
        let isOpen = state.withLock { state in
            if !state.isClosed { state.members[mark] = socket }
            return !state.isClosed
        }
        guard isOpen else { return ECANCELED }
        var code = hasMembers.load(ordering: .relaxed) ? 0 : beginAwaiting()
        if code == 0 {
            var event = epoll_event()
            event.events =
                EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLPRI.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
            event.data.u64 = UInt64(mark)
            if kernel.epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 { return 0 }
            code = errno
        }
        // No event of it can be outstanding.
        state.withLock { _ = $0.members.removeValue(forKey: mark) }
        return code
    }

    #if DEBUG
        /// Has the poller tell once more, now, if the descriptor is ready: who changes what is watched is told (epoll(7)).
        func tellAgain(_ descriptor: Int32, of socket: PolledSocket) {
            var event = epoll_event()
            event.events =
                EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLPRI.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
            event.data.u64 = UInt64(mark(socket))
            CLinux.epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
        }
    #endif

    /// Nobody sleeps at the poller before it tells of the ring, too. Returns errno, or 0.
    private func beginAwaiting() -> Int32 {
        let ring = ring.withLock { $0 }
        let code: Int32 = state.withLock { _ in
            if hasMembers.load(ordering: .relaxed) { return 0 }
            if let ring {
                // Marked by no address. Not edge-triggered: another thread that asks for events must not take what wakes the
                // sleeper.
                var event = epoll_event()
                event.events = EPOLLIN.rawValue
                let descriptor = ring.ring.pointee.ring_fd
                guard kernel.epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return errno }
            }
            hasMembers.store(true, ordering: .sequentiallyConsistent)
            return 0
        }
        if code == 0 { ring?.havePollerSeenTo() }
        return code
    }

    /// Called under the socket's lock.
    func remove(_ descriptor: Int32, of socket: PolledSocket) {
        var event = epoll_event()
        kernel.epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
        state.withLock { state in
            guard let removed = state.members.removeValue(forKey: mark(socket)) else { return }
            state.removed.append(removed)
        }
        hasRemoved.store(true, ordering: .releasing)
    }

    /// Lets go what was removed while nobody takes events; under no lock.
    func letRemovedGo() {
        guard hasRemoved.load(ordering: .acquiring), !isTaking.exchange(true, ordering: .acquiring) else { return }
        dropRemoved()
        isTaking.store(false, ordering: .releasing)
    }

    private func dropRemoved() {
        guard hasRemoved.load(ordering: .acquiring) else { return }
        hasRemoved.store(false, ordering: .relaxed)
        let gone = state.withLock { state in
            defer { state.removed = [] }
            return state.removed
        }
        withExtendedLifetime(gone) {}
    }

    /// Goes on with the requests that can go on; whether there were events.
    @discardableResult func take() -> Bool { take(waiting: 0) }

    /// Sleeps until there are events, or the ring has completions, or the nanoseconds are over, and goes on with the
    /// requests; whether there were events. May return earlier.
    func sleep(for nanoseconds: UInt64) -> Bool {
        let milliseconds = nanoseconds == .max ? -1 : Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
        return take(waiting: milliseconds)
    }

    private func take(waiting milliseconds: Int32) -> Bool {
        if isTaking.exchange(true, ordering: .acquiring) {
            // Not for long, if somebody would sleep here: there is one place only.
            sched_yield()
            return false
        }
        defer { isTaking.store(false, ordering: .releasing) }
        dropRemoved()
        // What does not fit is still there, and whoever takes comes back.
        let count = Int(kernel.epoll_wait(epoll, batch.baseAddress, Int32(batch.count), milliseconds))
        var found = false
        for index in 0..<max(0, count) {
            let (mark, events) = (batch[index].data.u64, batch[index].events)
            guard let socket = UnsafeRawPointer(bitPattern: UInt(mark)) else { continue }
            found = true
            Unmanaged<PolledSocket>.fromOpaque(socket)._withUnsafeGuaranteedRef { $0.isReady(events) }
        }
        dropRemoved()
        return found
    }

    /// Ends all requests that are pending, and takes no socket any more.
    func closeOnLoop() {
        source?.cancelOnLoop()
        source = nil
        let members = state.withLock { state in
            state.isClosed = true
            return Array(state.members.values)
        }
        for socket in members { socket.pollingHasEnded() }
        ring.withLock { $0 = nil }
        letRemovedGo()
    }
}
