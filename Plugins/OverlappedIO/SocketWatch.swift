import CLinux
import Dispatcher
import Glibc
import Signalbox

/// Watches sockets that report what they are ready for, by an epoll(7) of its own, on the loop.
///
/// Edge-triggered: each arrival is told, whether what came before was read or not. Whoever makes a call that enables a
/// report looks himself what the socket is ready for.
///
/// `@unchecked Sendable`: `source` is touched on the loop alone; what else there is does not change, or has its own lock.
final class SocketWatch: @unchecked Sendable {
    private struct Watched {
        weak var socket: PolledSocket?
    }
    private struct State {
        var sockets: [UInt64: Watched] = [:]
        var last: UInt64 = 0
        var isClosed = false
    }
    private let state = Guarded(State())
    let kernel: Kernel
    private let epoll: Int32
    private var source: LoopDescriptor?

    init(onLoop executor: LoopExecutor, _ kernel: Kernel) throws {
        self.kernel = kernel
        epoll = kernel.epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw IOError(code: errno, "making an epoll descriptor") }
        source = try LoopDescriptor(onLoop: executor, descriptor: epoll) { [unowned self] in tellOnLoop() }
    }

    deinit { if epoll >= 0 { close(epoll) } }

    /// Watches the descriptor until it is closed; what it returns is for `remove`.
    func add(_ descriptor: Int32, of socket: PolledSocket) throws(IOError) -> UInt64 {
        let number: UInt64 = state.withLock { state in
            state.last += 1
            state.sockets[state.last] = Watched(socket: socket)
            return state.last
        }
        var event = epoll_event()
        event.events =
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLPRI.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = number
        guard kernel.epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            let code = errno
            state.withLock { _ = $0.sockets.removeValue(forKey: number) }
            throw IOError(code: code, "watching a socket")
        }
        return number
    }

    func remove(_ number: UInt64, _ descriptor: Int32) {
        var event = epoll_event()
        kernel.epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
        state.withLock { _ = $0.sockets.removeValue(forKey: number) }
    }

    private func tellOnLoop() {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            let count = Int(kernel.epoll_wait(epoll, events.baseAddress, 64, 0))
            // What does not fit is still there, and the loop comes back.
            for index in 0..<max(0, count) {
                let number = events[index].data.u64
                guard let socket = state.withLock({ $0.sockets[number]?.socket }) else { continue }
                socket.settings.readinessMayHaveChanged(of: socket)
            }
        }
    }

    func closeOnLoop() {
        source?.cancelOnLoop()
        source = nil
    }
}
