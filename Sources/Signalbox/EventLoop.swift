import CLinux
import CSystemd
import Dispatcher
import Glibc
import Synchronization

/// An actor whose executor is an sd-event loop on a thread of its own.
///
/// Actors whose work is I/O can share it: give them `loop.unownedExecutor`, and an sd-event callback is already
/// isolated to them. What runs here must not block: a blocking wait on the loop's thread is a programming error, and
/// traps.
public actor EventLoop {
    /// What runs the jobs of the loop's actors.
    public nonisolated let executor: LoopExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Runs tasks on the loop's thread, see ``LoopTaskExecutor``.
    public nonisolated var taskExecutor: LoopTaskExecutor { executor.tasks }

    /// Starts the loop's thread.
    ///
    /// - Throws: `IOError` if the kernel gives no epoll, eventfd or thread.
    public init(name: String = "signalbox-loop") throws {
        executor = try LoopExecutor(name: name)
    }

    deinit { executor.stop() }

    /// Runs `body` on the loop's thread, where it must not block.
    public func run<R: Sendable>(_ body: @Sendable () throws -> R) rethrows -> R { try body() }

    /// Ends the loop's thread after the jobs that it has. Actors of the loop never run again.
    public nonisolated func stop() { executor.stop() }
}

/// Runs jobs on an sd-event loop's thread, in the order they came; those that come from the loop itself need neither a
/// lock nor a wake-up, and may so pass others.
public final class LoopExecutor: SerialExecutor {
    /// A job, and whether it runs as a task's, on no actor: else each call of a function that is no actor's would come back
    /// by way of the queue.
    private typealias Job = (job: UnownedJob, isTasks: Bool)
    private struct State {
        var jobs: [Job] = []
        var calls: [@Sendable () -> Void] = []
        var isStopped = false
    }
    private let state = Guarded(State())
    /// Jobs that came from the loop. Sendable: they are touched on the loop's thread alone.
    @exclusivity(unchecked) private nonisolated(unsafe) var ownJobs: [Job] = []
    /// Memory for `ownJobs`, likewise.
    @exclusivity(unchecked) private nonisolated(unsafe) var spareJobs: [Job] = []
    /// The sd_event. Sendable: it is touched on the loop's thread alone, and before that thread starts.
    package nonisolated(unsafe) let event: OpaquePointer
    /// Runs tasks on the loop's thread. Sendable: set once, in `init`, before the thread starts.
    package nonisolated(unsafe) private(set) var tasks: LoopTaskExecutor!
    private let wakeUp: Int32
    private let isPoked = Atomic(false)
    private let threadNumber = Atomic<UInt32>(0)
    /// The loop's thread: signaled when it has ended.
    private let thread = Guarded<ObjectName?>(nil)
    #if DEBUG || SCHEDULED
        /// Jobs that have come so far, for tests that nothing hops.
        package var enqueued: Int { enqueuedCount.load(ordering: .relaxed) }
        private let enqueuedCount = Atomic(0)
    #endif

    fileprivate init(name: String) throws {
        var event: OpaquePointer?
        let made = sd_event_new(&event)
        guard made >= 0, let event else { throw IOError(code: -made, "making an event loop") }
        self.event = event
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else {
            // Every field is set: the deinitialiser runs, and gives up the event.
            throw IOError(code: errno, "making an eventfd")
        }
        tasks = LoopTaskExecutor(self)
        let added = sd_event_add_io(
            event, nil, wakeUp, UInt32(EPOLLIN.rawValue),
            { _, _, _, argument in
                Unmanaged<LoopExecutor>.fromOpaque(argument!).takeUnretainedValue().runJobs()
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        precondition(added >= 0, "sd_event_add_io(3) refused an eventfd")
        do {
            // The thread keeps the executor until it ends.
            let started = try ThreadObject.start(name: name, stackSize: 1 << 20, isOurs: true) { self.run() }
            thread.withLock { $0 = started }
        } catch {
            throw IOError(code: error.code, "starting the event loop's thread")
        }
    }

    deinit {
        sd_event_unref(event)
        if wakeUp >= 0 { close(wakeUp) }
    }

    public func enqueue(_ job: consuming ExecutorJob) { enqueue(UnownedJob(job), isTasks: false) }

    fileprivate func enqueue(_ job: UnownedJob, isTasks: Bool) {
        #if DEBUG || SCHEDULED
            enqueuedCount.wrappingAdd(1, ordering: .relaxed)
        #endif
        if isOnLoop { return ownJobs.append((job, isTasks)) }
        state.withLock { $0.jobs.append((job, isTasks)) }
        poke()
    }

    /// Has `body` called on the loop's thread, after the jobs that it was given before; needs no task, and never blocks.
    public func post(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.calls.append(body) }
        poke()
    }

    /// The kernel's id of the loop's thread; 0: it has not begun.
    package var threadID: UInt32 { threadNumber.load(ordering: .relaxed) }

    public func checkIsolated() {
        precondition(isOnLoop, "this must run on the event loop's thread")
    }

    /// Whether the caller runs on the loop's thread.
    public var isOnLoop: Bool {
        signalbox_thread().pointee.loop == UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
    }

    fileprivate func stop() {
        state.withLock { $0.isStopped = true }
        poke()
        guard let thread = thread.withLock({ $0.take() }) else { return }
        // From the loop itself, or from a task, nobody waits: the thread ends by itself.
        Arena.local.release(thread)
    }

    private func poke() {
        if isPoked.exchange(true, ordering: .acquiringAndReleasing) { return }
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    // ---- on the loop

    private func run() -> UInt32 {
        signalbox_thread().pointee.loop = UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
        threadNumber.store(signalbox_thread_id(), ordering: .relaxed)
        while !state.withLock({ $0.isStopped && $0.jobs.isEmpty && $0.calls.isEmpty }) || !ownJobs.isEmpty {
            let done = sd_event_run(event, ownJobs.isEmpty ? .max : 0)
            precondition(done >= 0 || done == -EINTR, "sd_event_run(3) failed (errno \(-done))")
            runOwnJobs()
        }
        signalbox_thread().pointee.loop = 0
        return 0
    }

    private func runJobs() {
        var count: UInt64 = 0
        _ = read(wakeUp, &count, 8)
        isPoked.store(false, ordering: .sequentiallyConsistent)
        // What these jobs enqueue comes after what else the loop has to do.
        let (jobs, calls) = state.withLock { state in
            defer {
                state.jobs.removeAll(keepingCapacity: true)
                state.calls.removeAll(keepingCapacity: true)
            }
            return (state.jobs, state.calls)
        }
        for job in jobs { run(job) }
        for call in calls { call() }
    }

    /// What these jobs enqueue comes after what else the loop has to do.
    private func runOwnJobs() {
        guard !ownJobs.isEmpty else { return }
        var jobs = spareJobs
        spareJobs = []
        swap(&jobs, &ownJobs)
        for job in jobs { run(job) }
        jobs.removeAll(keepingCapacity: true)
        spareJobs = jobs
    }

    private func run(_ job: Job) {
        if job.isTasks {
            job.job.runSynchronously(on: tasks.asUnownedTaskExecutor())
        } else {
            job.job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }
}

/// Runs tasks on the thread of an event loop, which must last as long as they do.
///
/// A task that serves a connection is so resumed by the thread that has learnt of its bytes, and by no other:
///
/// ```swift
/// try await withTaskExecutorPreference(host.loop.taskExecutor) {
///     try await withThrowingDiscardingTaskGroup { group in
///         for try await connection in listener.connections { group.addTask { await serve(connection) } }
///     }
/// }
/// ```
///
/// A task must not block there, nor compute for long: all others wait meanwhile.
public final class LoopTaskExecutor: TaskExecutor {
    private unowned let loop: LoopExecutor

    fileprivate init(_ loop: LoopExecutor) { self.loop = loop }

    public func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job), isTasks: true) }
}
