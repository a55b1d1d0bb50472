import CLinux
import Dispatcher
import Glibc

/// Watches for the end of processes: one thread, asleep in epoll_wait(2), which is there only while there is a process to
/// watch. (A process may be started where there is no event loop: by a C program, or before the host.)
enum ChildWatch {
    private struct State {
        /// nil: no thread runs.
        var epoll: Int32?
        var children: [UInt64: Child] = [:]
        var lastKey: UInt64 = 0
    }
    private static let state = Guarded(State())

    static func add(_ child: Child) throws(IOError) {
        try state.withLock { state throws(IOError) in
            let epoll = state.epoll ?? epoll_create1(Int32(EPOLL_CLOEXEC))
            guard epoll >= 0 else { throw IOError(code: errno, "making an epoll") }
            do throws(IOError) {
                state.lastKey += 1
                var event = epoll_event()
                event.events = EPOLLIN.rawValue
                event.data.u64 = state.lastKey
                guard epoll_ctl(epoll, EPOLL_CTL_ADD, child.pidfd, &event) == 0 else {
                    throw IOError(code: errno, "watching a process")
                }
                // A thread that runs looks under this lock whether it may end, and sees this child.
                if state.epoll == nil { try start(epoll) }
            } catch {
                if state.epoll == nil { close(epoll) }
                throw error
            }
            state.epoll = epoll
            state.children[state.lastKey] = child
        }
    }

    private static func start(_ epoll: Int32) throws(IOError) {
        do throws(ThreadError) {
            let thread = try ThreadObject.start(name: "signalbox-child", stackSize: 1 << 18, isOurs: true) {
                watch(epoll)
                return 0
            }
            Arena.local.release(thread)
        } catch {
            throw IOError(code: error.code, "starting the thread that watches processes")
        }
    }

    private static func watch(_ epoll: Int32) {
        while true {
            var event = epoll_event()
            let count = epoll_wait(epoll, &event, 1, -1)
            if count == 1, let child = state.withLock({ $0.children[event.data.u64] }) {
                child.reap()
                if child.exit.withLock({ $0 != nil }) {
                    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, child.pidfd, nil)
                    state.withLock { state in _ = state.children.removeValue(forKey: event.data.u64) }
                }
            }
            let isOver = state.withLock { state in
                guard state.children.isEmpty else { return false }
                state.epoll = nil
                return true
            }
            if isOver { break }
        }
        close(epoll)
    }
}
