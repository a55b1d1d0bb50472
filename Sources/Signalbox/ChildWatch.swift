import CLinux
import Dispatcher
import Glibc

/// Watches for the end of processes: one thread, asleep in epoll_wait(2), which is there only while there is a process to
/// watch. (A process may be started where there is no event loop: by a C program, or before the host.)
///
/// A child is kept, with its object, until it was reaped; of a process that was opened only the object's name is.
enum ChildWatch {
    private struct Entry {
        let object: ObjectName
        let child: NativeProcess?
        let pidfd: Int32
    }
    private struct State {
        /// nil: no thread runs.
        var epoll: Int32?
        /// Wakes the thread when a process is watched no longer.
        var nudge: Int32 = -1
        var entries: [UInt64: Entry] = [:]
        /// Those of processes that were opened.
        var keys: [ObjectName: UInt64] = [:]
        var lastKey: UInt64 = 0
    }
    // Under this lock nothing is released that may be the last reference, see `NativeProcess`.
    private static let state = Guarded(State())

    static func add(_ process: NativeProcess, _ object: ObjectName) throws(IOError) {
        let isChild = process.role == .child
        if isChild { _ = Arena.local.retain(object) }
        do throws(IOError) {
            try state.withLock { state throws(IOError) in
                let isNew = state.epoll == nil
                let epoll = if let running = state.epoll { running } else { try make(&state) }
                do throws(IOError) {
                    state.lastKey += 1
                    try watch(process.pidfd, state.lastKey, by: epoll)
                    // A thread that runs looks under this lock whether it may end, and sees this process.
                    if isNew { try start(epoll) }
                } catch {
                    if isNew {
                        close(epoll)
                        close(state.nudge)
                    }
                    throw error
                }
                state.epoll = epoll
                state.entries[state.lastKey] = Entry(
                    object: object, child: isChild ? process : nil, pidfd: process.pidfd)
                if !isChild { state.keys[object] = state.lastKey }
            }
        } catch {
            if isChild { Arena.local.release(object) }
            throw error
        }
    }

    /// Watches a process that was opened no longer.
    static func remove(_ object: ObjectName) {
        state.withLock { state in
            guard let key = state.keys.removeValue(forKey: object) else { return }
            state.entries[key] = nil
            // The descriptor, which is about to be closed, leaves the epoll then.
            if state.entries.isEmpty, state.epoll != nil { eventfd_write(state.nudge, 1) }
        }
    }

    private static func make(_ state: inout State) throws(IOError) -> Int32 {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw IOError(code: errno, "making an epoll") }
        state.nudge = eventfd(0, Int32(EFD_CLOEXEC))
        guard state.nudge >= 0 else {
            close(epoll)
            throw IOError(code: errno, "making an eventfd")
        }
        do throws(IOError) { try watch(state.nudge, 0, by: epoll) } catch {
            close(epoll)
            close(state.nudge)
            throw error
        }
        return epoll
    }

    private static func watch(_ descriptor: Int32, _ key: UInt64, by epoll: Int32) throws(IOError) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = key
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw IOError(code: errno, "watching a process")
        }
    }

    private static func start(_ epoll: Int32) throws(IOError) {
        do throws(ThreadError) {
            let thread = try ThreadObject.start(name: "signalbox-child", stackSize: 1 << 18, isOurs: true) {
                run(epoll)
                return 0
            }
            Arena.local.release(thread)
        } catch {
            throw IOError(code: error.code, "starting the thread that watches processes")
        }
    }

    private static func run(_ epoll: Int32) {
        while true {
            var event = epoll_event()
            let count = epoll_wait(epoll, &event, 1, -1)
            let key = event.data.u64
            if count == 1, let entry = state.withLock({ $0.entries[key] }) { end(entry, key, epoll) }
            let nudge: Int32? = state.withLock { state in
                guard state.entries.isEmpty else { return nil }
                state.epoll = nil
                return state.nudge
            }
            if let nudge {
                close(nudge)
                break
            }
            if count == 1 && key == 0 {
                var amount: eventfd_t = 0
                eventfd_read(state.withLock { $0.nudge }, &amount)
            }
        }
        close(epoll)
    }

    private static func end(_ entry: Entry, _ key: UInt64, _ epoll: Int32) {
        // A process that was opened may have been let go by everybody just now.
        let isKept = entry.child != nil || Arena.local.retain(entry.object)
        let process = isKept ? entry.child ?? NativeProcess.of(entry.object) : nil
        let isOver = process?.reap() ?? true
        if isOver {
            state.withLock { state in
                // Its descriptor is open as long as it is here.
                guard state.entries.removeValue(forKey: key) != nil else { return }
                _ = epoll_ctl(epoll, EPOLL_CTL_DEL, entry.pidfd, nil)
                state.keys[entry.object] = nil
            }
        }
        // What was just taken; or what was taken for a child, until it was reaped.
        if isKept && (isOver || entry.child == nil) { Arena.local.release(entry.object) }
    }
}
