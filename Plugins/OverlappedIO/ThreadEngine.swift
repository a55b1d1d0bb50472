import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox

/// The engine where the kernel has no io_uring, or forbids it: sockets and pipes are waited for by an epoll(7) on the loop,
/// which then makes the call that does not wait any more; files are read and written by a few threads with one queue.
///
/// Lock order: none; `mailbox` and the workers' queue are never held together.
///
/// `@unchecked Sendable`: `waiting`, `watch`, `inFlight` and `isClosing` are touched on the loop alone, `init` included;
/// `notifier` is set once there, before the engine is known to others; `mailbox` has its own lock.
final class ThreadEngine: Engine, @unchecked Sendable {
    private struct Mailbox {
        var orders: [EngineOrder] = []
        var ended: [(request: EngineRequest, result: Int32)] = []
        var isClosed = false
    }
    private let mailbox = Guarded(Mailbox())
    private let epoll: Int32
    private var watch: LoopDescriptor?
    private var notifier: LoopNotifier?
    /// Who waits for each descriptor, in the order they came.
    private var waiting: [Int32: [(request: EngineRequest, events: UInt32)]] = [:]
    /// Requests that were taken and have not come back.
    private var inFlight = 0
    private var isClosing = false
    private let workers: WorkerQueue
    let isClosed = EventObject(.manual)

    let kernel: Kernel

    init(onLoop executor: LoopExecutor, _ kernel: Kernel) throws {
        self.kernel = kernel
        workers = WorkerQueue(kernel)
        epoll = kernel.epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw IOError(code: errno, "making an epoll descriptor") }
        do {
            watch = try LoopDescriptor(onLoop: executor, descriptor: epoll) { [unowned self] in readyOnLoop() }
            notifier = try LoopNotifier(onLoop: executor) { [unowned self] in mailOnLoop() }
        } catch {
            watch?.cancelOnLoop()
            throw error
        }
    }

    deinit { if epoll >= 0 { close(epoll) } }

    func order(_ order: EngineOrder) {
        let isTaken = mailbox.withLock { mailbox in
            if !mailbox.isClosed { mailbox.orders.append(order) }
            return !mailbox.isClosed
        }
        if isTaken { return notifier!.signal() }
        switch order {
        case .submit(let request), .again(let request): request.completedOnLoop(-ECANCELED, self)
        case .cancel: break
        }
    }

    // ---- on the loop

    private func mailOnLoop() {
        let (orders, ended) = mailbox.withLock { mailbox in
            defer { (mailbox.orders, mailbox.ended) = ([], []) }
            return (mailbox.orders, mailbox.ended)
        }
        for order in orders {
            switch order {
            case .submit(let request), .again(let request): submitOnLoop(request)
            case .cancel(let request): cancelOnLoop(request)
            }
        }
        for (request, result) in ended { endOnLoop(request, result) }
        if isClosing { closeIfIdleOnLoop() }
    }

    private func endOnLoop(_ request: EngineRequest, _ result: Int32) {
        inFlight -= 1
        request.completedOnLoop(result, self)
    }

    func submitOnLoop(_ request: EngineRequest) {
        guard !isClosing, !request.isToEnd else { return request.completedOnLoop(-ECANCELED, self) }
        inFlight += 1
        let operation = request.operation()
        switch operation {
        case .receive(let descriptor, _, _), .accept(let descriptor):
            waitOnLoop(request, descriptor, EPOLLIN.rawValue)
        case .send(let descriptor, _, _): waitOnLoop(request, descriptor, EPOLLOUT.rawValue)
        case .poll(let descriptor, let events): waitOnLoop(request, descriptor, events)
        case .read, .write, .sync:
            let end: @Sendable (Int32) -> Void = { [self] result in
                mailbox.withLock { $0.ended.append((request, result)) }
                notifier!.signal()
            }
            // In the next turn, as all that ends.
            if !workers.add(request, operation, end) { end(-ENOMEM) }
        }
    }

    private func waitOnLoop(_ request: EngineRequest, _ descriptor: Int32, _ events: UInt32) {
        let isNew = waiting[descriptor] == nil
        waiting[descriptor, default: []].append((request, events))
        updateOnLoop(descriptor, isNew: isNew)
    }

    /// Tells epoll what the descriptor is waited for now.
    private func updateOnLoop(_ descriptor: Int32, isNew: Bool = false) {
        var event = epoll_event()
        event.data.fd = descriptor
        guard let requests = waiting[descriptor], !requests.isEmpty else {
            waiting[descriptor] = nil
            kernel.epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
            return
        }
        event.events = requests.reduce(0) { $0 | $1.events }
        if kernel.epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event) == 0 { return }
        // EPERM: what cannot be waited for is always ready, see epoll_ctl(2); so it is asked in the next turn.
        let code = errno
        waiting[descriptor] = nil
        mailbox.withLock { mailbox in
            for (request, events) in requests {
                let isPoll = if case .poll = request.operation() { true } else { false }
                mailbox.ended.append((request, code == EPERM && isPoll ? Int32(events) : -code))
            }
        }
        notifier!.signal()
    }

    private func readyOnLoop() {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            let count = Int(kernel.epoll_wait(epoll, events.baseAddress, 64, 0))
            // What does not fit is still there, and the loop comes back.
            for index in 0..<max(0, count) { performOnLoop(events[index].data.fd, events[index].events) }
        }
        if isClosing { closeIfIdleOnLoop() }
    }

    /// Makes the calls that the descriptor is ready for.
    private func performOnLoop(_ descriptor: Int32, _ found: UInt32) {
        let always = EPOLLERR.rawValue | EPOLLHUP.rawValue
        var ended: [(EngineRequest, Int32)] = []
        var left: [(request: EngineRequest, events: UInt32)] = []
        for (request, events) in waiting[descriptor] ?? [] {
            guard found & (events | always) != 0 else {
                left.append((request, events))
                continue
            }
            let result = perform(request.operation(), found)
            if result == -EAGAIN { left.append((request, events)) } else { ended.append((request, result)) }
        }
        waiting[descriptor] = left
        updateOnLoop(descriptor)
        for (request, result) in ended { endOnLoop(request, result) }
    }

    private func perform(_ operation: EngineOperation, _ found: UInt32) -> Int32 {
        func result(_ value: Int) -> Int32 { value < 0 ? -errno : Int32(clamping: value) }
        let noWait = Int32(MSG_DONTWAIT)
        switch operation {
        case .receive(let descriptor, let message, let flags):
            return result(kernel.recvmsg(descriptor, message, Int32(bitPattern: flags) | noWait))
        case .send(let descriptor, let message, let flags):
            return result(kernel.sendmsg(descriptor, message, Int32(bitPattern: flags) | noWait))
        case .accept(let descriptor):
            // A client that gives up at this moment must not leave us waiting for the next.
            let flags = fcntl(descriptor, F_GETFL)
            _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
            let made = kernel.accept(descriptor)
            let code = errno
            _ = fcntl(descriptor, F_SETFL, flags)
            return made >= 0 ? made : -code
        case .poll: return Int32(bitPattern: found)
        case .read, .write, .sync: return -EINVAL
        }
    }

    private func cancelOnLoop(_ request: EngineRequest) {
        if workers.remove(request) { return endOnLoop(request, -ECANCELED) }
        for (descriptor, requests) in waiting where requests.contains(where: { $0.request === request }) {
            waiting[descriptor] = requests.filter { $0.request !== request }
            updateOnLoop(descriptor)
            return endOnLoop(request, -ECANCELED)
        }
        // A worker is at it, and it comes back by itself; or it has come back.
    }

    func closeOnLoop() {
        mailOnLoop()
        isClosing = true
        let (late, ended) = mailbox.withLock { mailbox in
            mailbox.isClosed = true
            defer { (mailbox.orders, mailbox.ended) = ([], []) }
            return (mailbox.orders, mailbox.ended)
        }
        for (request, result) in ended { endOnLoop(request, result) }
        for order in late {
            switch order {
            case .submit(let request), .again(let request): request.completedOnLoop(-ECANCELED, self)
            case .cancel: break
            }
        }
        let requests = waiting.values.flatMap { $0.map(\.request) } + workers.all
        for request in requests { cancelOnLoop(request) }
        closeIfIdleOnLoop()
    }

    private func closeIfIdleOnLoop() {
        guard inFlight == 0, let watch else { return }
        self.watch = nil
        watch.cancelOnLoop()
        notifier?.cancelOnLoop()
        workers.stop()
        isClosed.set()
    }
}

/// A few threads with one queue, made when there is something to do.
///
/// `@unchecked Sendable`: what changes is under the lock.
private final class WorkerQueue: @unchecked Sendable {
    private static let threadLimit = 4

    private struct Job {
        let request: EngineRequest
        let operation: EngineOperation
        let end: @Sendable (Int32) -> Void
    }
    private var jobs: [Job] = []
    private var threads: [pthread_t] = []
    private var idle = 0
    private var isStopping = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasJobs = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    private let kernel: Kernel

    init(_ kernel: Kernel) {
        self.kernel = kernel
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(hasJobs, nil)
    }

    deinit {
        pthread_cond_destroy(hasJobs)
        pthread_mutex_destroy(mutex)
        hasJobs.deallocate()
        mutex.deallocate()
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// False: there is no thread, and none can be made.
    func add(
        _ request: EngineRequest, _ operation: EngineOperation, _ end: @escaping @Sendable (Int32) -> Void
    ) -> Bool {
        locked {
            if idle <= jobs.count && threads.count < WorkerQueue.threadLimit { startThread() }
            guard !threads.isEmpty else { return false }
            jobs.append(Job(request: request, operation: operation, end: end))
            pthread_cond_signal(hasJobs)
            return true
        }
    }

    /// Takes a request back that no thread has begun. False: there is none.
    func remove(_ request: EngineRequest) -> Bool {
        locked {
            guard let index = jobs.firstIndex(where: { $0.request === request }) else { return false }
            jobs.remove(at: index)
            return true
        }
    }

    var all: [EngineRequest] { locked { jobs.map(\.request) } }

    /// Ends the threads; there is nothing to do any more.
    func stop() {
        let ended = locked {
            isStopping = true
            pthread_cond_broadcast(hasJobs)
            return threads
        }
        for thread in ended { pthread_join(thread, nil) }
    }

    private func startThread() {
        var thread = pthread_t()
        // No signal handler of the program's runs on it.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = kernel.pthread_create(
            &thread, nil,
            { context in
                Unmanaged<WorkerQueue>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        // Fewer are enough.
        if code == 0 { threads.append(thread) } else { Unmanaged.passUnretained(self).release() }
    }

    private func run() {
        while let job = next() { job.end(perform(job.operation)) }
    }

    private func next() -> Job? {
        locked {
            idle += 1
            defer { idle -= 1 }
            while jobs.isEmpty && !isStopping { pthread_cond_wait(hasJobs, mutex) }
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }
    }

    private func perform(_ operation: EngineOperation) -> Int32 {
        let result: Int
        switch operation {
        case .read(let descriptor, let vectors, let count, let offset):
            result = kernel.preadv2(descriptor, vectors, Int32(count), offset, 0)
        case .write(let descriptor, let vectors, let count, let offset, let flags):
            result = kernel.pwritev2(descriptor, vectors, Int32(count), offset, flags)
        case .sync(let descriptor): result = Int(kernel.fsync(descriptor))
        case .receive, .send, .accept, .poll: return -EINVAL
        }
        return result < 0 ? -errno : Int32(clamping: result)
    }
}
