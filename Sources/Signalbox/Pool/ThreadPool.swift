import CLinux
package import Dispatcher

/// Threads that run callbacks, which may block.
///
/// Callbacks wait in the pool's queue; for each there is a packet in the pool's port, at which workers wait. So as many
/// callbacks run at a time as there are processors: one that blocks in a wait of ours gives up its place, and one that
/// runs long has none. Whoever finds a packet that no worker will take, and a place for one more, starts a worker. A
/// callback that blocks elsewhere, or computes, is not seen to: while callbacks wait and none begins for a while, a worker
/// is added. Workers that have nothing to do end.
///
/// The pool's lock comes before those of the dispatcher.
package final class ThreadPool: Sendable {
    package enum Priority: Int, Sendable { case high, normal, low }

    struct Entry: Sendable {
        let object: PoolObject
        let number: UInt64
        let result: CallbackResult
    }

    private struct State {
        var queue = PoolQueue<Entry>(priorities: 3, patience: 1_000_000_000)
        /// Threads, and those of them that have not come to wait yet.
        var workers = 0
        var coming = 0
        var minimum: Int
        var maximum: Int
        var stack = (reserve: 0, commit: 0)
        /// The program, and objects.
        var users = 1
        /// Places beyond the usual number, given because no callback began.
        var extraPlaces = 0
        /// Callbacks begun.
        var begun: UInt64 = 0
        /// Whether it is looked after whether callbacks begin.
        var isWatched = false
    }
    private let state: Guarded<State>
    private let port: ObjectName
    private let places: Int
    /// Whether the wait of an object that repeats begins again when its callback has returned: its thread does one thing
    /// at a time.
    private let isSerial: Bool
    private let name: String

    /// A process ends with its last thread but those named signalbox-something, which are the library's own. A worker
    /// keeps it, as on Windows, for as long as it stays.
    package static let workerName = "pool-worker"

    /// What a program gets that makes none.
    package static let shared = ThreadPool.orFail()
    /// One thread, which runs what is asked for on the thread that timers, or waits, have.
    package static let timers = ThreadPool.orFail(name: "signalbox-tick", isSerial: true)
    package static let waits = ThreadPool.orFail(name: "signalbox-wait", isSerial: true)

    private static func orFail(name: String = workerName, isSerial: Bool = false) -> ThreadPool {
        guard let pool = try? ThreadPool(name: name, isSerial: isSerial) else {
            preconditionFailure("Signalbox has no record left for its thread pool")
        }
        return pool
    }

    private static let installed: Void = {
        // Who leaves its port is a worker, and keeps the pool.
        Arena.threadIsShort = { pool in
            signalbox_enter()
            defer { signalbox_leave() }
            Unmanaged<ThreadPool>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(pool))!).takeUnretainedValue().grow()
        }
        Threads.workerEnds = { ThreadPool.workerEnds(Unmanaged<CallbackInstance>.fromOpaque($0)) }
    }()

    /// How long an idle worker stays, if it is one of several, and if it is the last one.
    private static var patience: UInt64 { 1_000_000_000 }
    private static var lastPatience: UInt64 { 20_000_000_000 }
    /// The shortest and the longest time for which no callback begins before a worker is added.
    private static var firstStall: UInt64 { 10_000_000 }
    private static var longestStall: UInt64 { 100_000_000 }

    package init(name: String = workerName, isSerial: Bool = false) throws(DispatcherError) {
        ThreadPool.installed
        places = isSerial ? 1 : max(Int(signalbox_processor_count()), 1)
        state = Guarded(State(minimum: isSerial ? 1 : 0, maximum: isSerial ? 1 : 500))
        (self.isSerial, self.name) = (isSerial, name)
        port = try Arena.prepared().makePort(limit: UInt32(places))
        Arena.local.setPortPool(port, UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())))
    }

    deinit { Arena.local.release(port) }

    // ---- the program's pool

    package func pointer() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }
    package static func of(_ pointer: UnsafeRawPointer) -> ThreadPool {
        Unmanaged<ThreadPool>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Gives up the program's reference; the threads end when the last object is gone.
    package func close() {
        removeUser()
        Unmanaged.passUnretained(self).release()
    }

    func addUser() { state.withLock { $0.users += 1 } }
    func removeUser() {
        let isLast = state.withLock { state in
            state.users -= 1
            return state.users == 0
        }
        if isLast { Arena.local.closePort(port) }
    }

    package func setMaximum(_ count: Int) {
        state.withLock { state in
            state.maximum = max(count, 1)
            state.minimum = min(state.minimum, state.maximum)
        }
        grow()
    }

    /// As many threads are there from now on, and may run at a time. False: the kernel gives no more.
    package func setMinimum(_ count: Int) -> Bool {
        guard count <= 0xFFFF else { return false }  // no kernel has as many for one process
        let (missing, before) = state.withLock { state in
            let before = state.minimum
            state.minimum = count
            state.maximum = max(state.maximum, count)
            setLimitLocked(state)
            let missing = max(count - state.workers, 0)
            state.workers += missing
            state.coming += missing
            return (missing, before)
        }
        for started in 0..<missing where !start() {
            forget(missing - started - 1)
            // Those that were started end when they have nothing to do.
            state.withLock { state in
                state.minimum = min(before, state.maximum)
                setLimitLocked(state)
            }
            return false
        }
        return true
    }

    /// Bytes; 0: the default. Of threads that start from now on.
    package var stack: (reserve: Int, commit: Int) {
        get { state.withLock { $0.stack } }
        set { state.withLock { $0.stack = newValue } }
    }

    // ---- queueing

    func queue(_ entry: Entry) {
        state.withLock {
            $0.queue.append(entry, priority: entry.object.traits.priority.rawValue, at: signalbox_now())
        }
        // Without a record for the packet the callback stays in the queue until the next one is there.
        try? Arena.local.post(port, Packet(key: 0, overlapped: 0, bytes: 0))
        grow()
    }

    /// Starts workers for packets that nobody else will take.
    private func grow() {
        while true {
            let (need, isToStart) = state.withLock { state in
                let need = Arena.local.need(of: port, coming: state.coming)
                guard need == .thread, state.workers < state.maximum else {
                    return (need == .nothing || state.workers >= state.maximum ? .nothing : need, false)
                }
                state.workers += 1
                state.coming += 1
                return (need, true)
            }
            if !isToStart {
                if need == .place { watch() }
                return
            }
            if !start() { return watch() }
        }
    }

    /// Starts a thread that has been counted. False: there is none, and it is counted no more.
    private func start() -> Bool {
        let argument = Unmanaged.passRetained(self)
        let main: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> UInt32 = { argument, _ in
            Unmanaged<ThreadPool>.fromOpaque(argument!).takeUnretainedValue().work()
            Unmanaged<ThreadPool>.fromOpaque(argument!).release()
            return 0
        }
        let stack = stack
        let size = stack.reserve == 0 ? 1 << 20 : max(stack.reserve, stack.commit, 1 << 16)
        do {
            Arena.local.release(try ThreadObject.start(name: name, stackSize: size, main, argument.toOpaque(), nil))
            return true
        } catch {
            argument.release()
            forget(1)
            return false
        }
    }

    /// Takes back what was counted for threads that were not started.
    private func forget(_ count: Int) {
        state.withLock { state in
            state.workers -= count
            state.coming -= count
        }
    }

    // ---- callbacks that are not seen to block

    /// Looks again after a while whether a callback has begun.
    private func watch() {
        let watched: (begun: UInt64, stall: UInt64)? = state.withLock { state in
            if state.isWatched { return nil }
            state.isWatched = true
            return (state.begun, min(ThreadPool.firstStall * UInt64(state.extraPlaces + 1), ThreadPool.longestStall))
        }
        guard let (begun, stall) = watched else { return }
        let registered = try? WaitCall.register(
            on: .none, until: .monotonic(Deadline.after(nanoseconds: stall))
        ) { _, _ in self.look(begun) }
        switch registered {
        case .waiting: break
        case .ended: look(begun)
        case nil: state.withLock { $0.isWatched = false }
        }
    }

    private func look(_ begun: UInt64) {
        state.withLock { state in
            state.isWatched = false
            guard state.begun == begun, !state.queue.isEmpty, state.workers < state.maximum else { return }
            if Arena.local.need(of: port, coming: state.coming) == .place {
                state.extraPlaces += 1
                setLimitLocked(state)
            }
        }
        grow()
    }

    private func setLimitLocked(_ state: State) {
        Arena.local.setPortLimit(port, UInt32(max(places, state.minimum) + state.extraPlaces))
    }

    /// Takes the calling worker's place away, for good; returns whether it had one.
    func runsLong() -> Bool { Arena.local.leavePort() != .none }

    /// Whether there is, or can be, another worker.
    var canSpareThread: Bool {
        state.withLock { $0.workers < $0.maximum || Arena.local.hasWaiter(port) }
    }

    // ---- a worker

    private func work() {
        signalbox_enter()
        defer { signalbox_leave() }
        let worker = Unmanaged.passRetained(CallbackInstance(pool: self))
        signalbox_thread().pointee.worker = worker.toOpaque()
        state.withLock { $0.coming -= 1 }
        var isPersistent = false
        var isLast = false
        while true {
            let patience = isLast ? ThreadPool.lastPatience : ThreadPool.patience
            let deadline = isPersistent || isSerial ? Deadline.never : Deadline.after(nanoseconds: patience)
            let packet: Packet?
            do { packet = try Arena.local.get(port, until: deadline) } catch { break }  // the pool is closed
            if isSurplus() {
                // The packet is for one of those that stay.
                if let packet { try? Arena.local.post(port, packet) }
                break
            }
            let entry = next()
            if let entry {
                isLast = false
                isPersistent = isPersistent || entry.object.traits.isPersistent
                run(entry, worker.takeUnretainedValue())
            }
            if !isPersistent && packet == nil && isToEnd(&isLast) { break }
        }
        Arena.local.leavePort()
        signalbox_thread().pointee.worker = nil
        worker.release()
    }

    /// Whether there are too many workers, of which the calling one is counted no more then.
    private func isSurplus() -> Bool {
        state.withLock { state in
            guard state.workers > state.maximum else { return false }
            state.workers -= 1
            return true
        }
    }

    /// The callback whose turn it is. Who was given no packet looks all the same: the packet may have come too late.
    private func next() -> Entry? {
        state.withLock { state in
            let entry = state.queue.pop(at: signalbox_now())
            if entry != nil { state.begun += 1 }
            if state.extraPlaces > 0 && state.queue.isEmpty {
                state.extraPlaces = 0
                setLimitLocked(state)
            }
            return entry
        }
    }

    /// Whether the calling worker, which has had nothing to do, ends; it is counted no more then. `isLast`: it stays
    /// longer.
    private func isToEnd(_ isLast: inout Bool) -> Bool {
        state.withLock { state in
            guard state.queue.isEmpty, state.workers > state.minimum else { return false }
            if state.workers == 1 && !isLast {
                isLast = true
                return false
            }
            state.workers -= 1
            return true
        }
    }

    private func run(_ entry: Entry, _ instance: CallbackInstance) {
        let object = entry.object
        guard object.begin(entry.number) else { return }
        if object.traits.runsLong { _ = runsLong() }
        if !isSerial { object.waitAgain() }
        instance.begin(object)
        let inside = signalbox_open()
        object.call(instance, entry.result)
        signalbox_close(inside)
        instance.end()
        if isSerial { object.waitAgain() }
    }

    /// A worker ends in a callback, which counts as returned: it is the calling thread, or one that was ended.
    private static func workerEnds(_ worker: Unmanaged<CallbackInstance>) {
        let instance = worker.takeUnretainedValue()
        instance.end()
        let pool = instance.pool
        pool.state.withLock { $0.workers -= 1 }
        pool.grow()  // and again when the thread leaves the pool's port, if it has a place there still
        worker.release()
    }
}
