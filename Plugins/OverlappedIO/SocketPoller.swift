import CLinux
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
/// A socket's address is the kernel's mark for it. It stays valid: members are kept, and those that were removed are let go
/// by who takes events, or keeps others from it, so while no batch is outstanding.
///
/// `@unchecked Sendable`: `source` is touched on the loop alone; what else there is does not change, or has its own lock.
final class SocketPoller: @unchecked Sendable {
    private struct State {
        var members: [UInt: PolledSocket] = [:]
        var removed: [PolledSocket] = []
        var isClosed = false
    }
    private let state = Guarded(State())
    private let hasRemoved = Atomic(false)
    private let isTaking = Atomic(false)
    private let epoll: Int32
    private var source: LoopDescriptor?
    let faults: FaultSeam

    init(onLoop executor: LoopExecutor, _ faults: FaultSeam) throws {
        self.faults = faults
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw IOError(code: errno, "making an epoll descriptor") }
        source = try LoopDescriptor(onLoop: executor, descriptor: epoll) { [unowned self] in take() }
    }

    deinit { if epoll >= 0 { close(epoll) } }

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
        var event = epoll_event()
        event.events =
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLPRI.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = UInt64(mark)
        if epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 { return 0 }
        let code = errno
        // No event of it can be outstanding.
        state.withLock { _ = $0.members.removeValue(forKey: mark) }
        return code
    }

    /// Called under the socket's lock.
    func remove(_ descriptor: Int32, of socket: PolledSocket) {
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
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

    /// Goes on with the requests that can go on.
    @discardableResult func take() -> Bool {
        if isTaking.exchange(true, ordering: .acquiring) { return false }
        defer { isTaking.store(false, ordering: .releasing) }
        return withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 256) { events in
            // What does not fit is still there, and whoever takes comes back.
            let count = Int(epoll_wait(epoll, events.baseAddress, 256, 0))
            for index in 0..<max(0, count) {
                let socket = UnsafeRawPointer(bitPattern: UInt(events[index].data.u64))!
                Unmanaged<PolledSocket>.fromOpaque(socket)._withUnsafeGuaranteedRef { $0.isReady(events[index].events) }
            }
            dropRemoved()
            return count > 0
        }
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
        letRemovedGo()
    }
}
