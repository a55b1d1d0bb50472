import CLinux
import CSystemd
import Dispatcher
import Glibc
import Logging
import Synchronization

/// Runs jobs on an sd-event loop, in the order they came; those that come from the loop itself need neither a lock nor a
/// wake-up, and may so pass others.
///
/// What is marked "on the loop" is touched by the thread that drives it alone: there is one at a time, see `enter()`.
public final class LoopExecutor: SerialExecutor {
    /// A job, and whether it runs as a task's, on no actor: else each call of a function that is no actor's would come back
    /// by way of the queue.
    private typealias Job = (job: UnownedJob, isTasks: Bool)
    private struct State {
        var jobs: [Job] = []
        var calls: [@Sendable () -> Void] = []
        /// What comes is not run any more.
        var hasEnded = false
    }
    /// Jobs that run one after the other, some each turn. On the loop.
    private struct Batch {
        var jobs: [Job] = []
        var next = 0
        /// How many more are run before the loop ends, once it is to.
        var left = Int.max
        var count: Int { jobs.count - next }
        var isEmpty: Bool { next == jobs.count }
    }
    /// Jobs of one kind that run in a turn: enough that a turn is cheap beside them, few enough that sources do not wait.
    private static let jobsInTurn = 256
    /// Batches of either kind that are run once the loop is to end. Two are what was there by then; the others are for what
    /// these enqueue, which might never stop.
    private static let batchesBeforeEnd = 100
    /// Sources of higher priorities that are dispatched before jobs of other threads.
    private static let sourcesBeforeJobs = 32

    private let state = Guarded(State())
    // Sendable: on the loop, this and what follows.
    /// Jobs that came from the loop.
    @exclusivity(unchecked) private nonisolated(unsafe) var ownJobs: [Job] = []
    @exclusivity(unchecked) private nonisolated(unsafe) var ownBatch = Batch()
    /// Jobs that came from elsewhere, and the calls that come after them.
    @exclusivity(unchecked) private nonisolated(unsafe) var batch = Batch()
    @exclusivity(unchecked) private nonisolated(unsafe) var calls: [@Sendable () -> Void] = []
    /// Whether there may be more jobs and calls under the lock.
    @exclusivity(unchecked) private nonisolated(unsafe) var hasMore = false
    @exclusivity(unchecked) private nonisolated(unsafe) var turnsSincePoke = 0
    /// The sources, which it so keeps.
    @exclusivity(unchecked) nonisolated(unsafe) var sources: [ObjectIdentifier: SourceCore] = [:]
    /// The loop within whose handler this one is driven; 0: none.
    @exclusivity(unchecked) nonisolated(unsafe) var outer: UInt64 = 0

    /// Whether sd-event has been told to exit, or will be.
    @exclusivity(unchecked) nonisolated(unsafe) var isExiting = false
    /// The loop's actor while that exits: exit sources are to find it.
    @exclusivity(unchecked) private nonisolated(unsafe) var kept: EventLoop?

    /// The sd_event. Sendable: on the loop, once it begins.
    package nonisolated(unsafe) let event: OpaquePointer
    /// Runs tasks on the loop's thread. Sendable: set once, in `init`, before the loop begins.
    package nonisolated(unsafe) private(set) var tasks: LoopTaskExecutor!
    /// Sendable: set once, when the loop's actor is made, and read by handlers, which come later.
    nonisolated(unsafe) weak var loop: EventLoop?
    let hasOwnThread: Bool
    let logger: Logger
    let ended = EventObject(.manual)
    private let wakeUp: Int32
    private let isPoked = Atomic(false)
    private let isStopping = Atomic(false)
    /// The exit code, above it whether there is one.
    private let exit = Atomic<UInt64>(0)
    /// The kernel's id of the thread that drives the loop, or did last.
    let threadNumber = Atomic<UInt32>(0)
    /// The thread that drives the loop at this moment; 0: none.
    let driver = Atomic<UInt32>(0)
    /// The loop's thread: signaled when it has ended.
    private let thread = Guarded<ObjectName?>(nil)
    #if DEBUG || SCHEDULED
        /// Jobs that have come so far, for tests that nothing hops.
        package var enqueued: Int { enqueuedCount.load(ordering: .relaxed) }
        private let enqueuedCount = Atomic(0)
        /// Sources that were added; on the loop's thread, or while nobody drives it.
        package var sourceCount: Int { sources.count }
    #endif

    init(hasOwnThread: Bool, logger: Logger) throws {
        var event: OpaquePointer?
        let made = sd_event_new(&event)
        guard made >= 0, let event else { throw IOError(code: -made, "making an event loop") }
        self.event = event
        self.hasOwnThread = hasOwnThread
        self.logger = logger
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else {
            // Every field is set: the deinitialiser runs, and gives up the event.
            throw IOError(code: errno, "making an eventfd")
        }
        tasks = LoopTaskExecutor(self)
        let added = sd_event_add_io(
            event, nil, wakeUp, UInt32(EPOLLIN.rawValue),
            { _, _, _, argument in
                Unmanaged<LoopExecutor>.fromOpaque(argument!).takeUnretainedValue().takePoke()
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        precondition(added >= 0, "sd_event_add_io(3) refused an eventfd")
    }

    func startThread(_ name: String) throws(IOError) {
        do {
            // The thread keeps the executor until it ends.
            let started = try ThreadObject.start(name: name, stackSize: 1 << 20, isOurs: true) {
                self.runUntilEnded()
                return 0
            }
            thread.withLock { $0 = started }
        } catch {
            throw IOError(code: error.code, "starting the event loop's thread")
        }
    }

    deinit {
        // Nobody drives it: who does keeps it.
        for core in sources.values { core.detach() }
        sd_event_unref(event)
        if wakeUp >= 0 { close(wakeUp) }
    }

    /// Takes a job of an actor of the loop; the runtime's to call. Never blocks.
    public func enqueue(_ job: consuming ExecutorJob) { enqueue(UnownedJob(job), isTasks: false) }

    fileprivate func enqueue(_ job: UnownedJob, isTasks: Bool) {
        #if DEBUG || SCHEDULED
            enqueuedCount.wrappingAdd(1, ordering: .relaxed)
        #endif
        if isOnLoop { return ownJobs.append((job, isTasks)) }
        state.withLock { $0.jobs.append((job, isTasks)) }
        poke()
    }

    /// Has `body` called on the loop, after the jobs that it was given before; needs no task, and never blocks. A loop that
    /// has ended calls it never.
    public func post(_ body: @escaping @Sendable () -> Void) {
        // What is refused is let go outside the lock.
        let isTaken = state.withLock { state in
            if !state.hasEnded { state.calls.append(body) }
            return !state.hasEnded
        }
        if isTaken { poke() }
    }

    /// The kernel's id of the thread that drives the loop, or did last; 0: none has.
    package var threadID: UInt32 { threadNumber.load(ordering: .relaxed) }

    /// Traps if the caller is not on the loop.
    public func checkIsolated() {
        precondition(isOnLoop, "this must run on the event loop's thread")
    }

    /// Whether the caller runs on the loop: on a thread that drives it at this moment.
    public var isOnLoop: Bool {
        let current = signalbox_thread().pointee.loop
        return current == identity || current != 0 && isAround(current)
    }

    /// Whether this loop's handler drives the loop `inner`, or one in whose handler that is.
    private func isAround(_ inner: UInt64) -> Bool {
        var current = inner
        while current != 0 && current != identity {
            // The calling thread drives it, and so keeps it.
            let executor = Unmanaged<LoopExecutor>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(current))!)
            current = executor._withUnsafeGuaranteedRef { $0.outer }
        }
        return current != 0
    }

    var identity: UInt64 { UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())) }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        poke()
        guard let thread = thread.withLock({ $0.take() }) else { return }
        // From the loop itself, or from a task, nobody waits: the thread ends by itself.
        Arena.local.release(thread)
    }

    var hasEnded: Bool { state.withLock { $0.hasEnded } }
    var exitCode: Int32? {
        let word = exit.load(ordering: .acquiring)
        return word >> 32 == 0 ? nil : Int32(truncatingIfNeeded: word)
    }

    func poke() {
        if isPoked.exchange(true, ordering: .acquiringAndReleasing) { return }
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    // ---- on the loop

    /// Whether the loop must not sleep. `hasMore` stays true when a poke was taken while jobs were left of the one before.
    var hasWork: Bool {
        !ownJobs.isEmpty || !ownBatch.isEmpty || !batch.isEmpty || hasMore || isStopping.load(ordering: .relaxed)
    }

    func exitOnLoop(_ code: Int32) {
        checkIsolated()
        isExiting = true
        kept = loop
        sd_event_exit(event, code)
    }

    /// What comes after a source was dispatched, or none was ready. False: the loop has ended.
    func endTurn(_ result: Int32) -> Bool {
        precondition(result >= 0 || result == -EINTR, "the event loop failed (errno \(-result))")
        runOwnJobs()
        if isPoked.load(ordering: .relaxed) {
            turnsSincePoke += 1
            if turnsSincePoke >= LoopExecutor.sourcesBeforeJobs { takePoke() }
        }
        if hasMore || !batch.isEmpty { runJobs() }
        if isExiting, sd_event_get_state(event) == Int32(SD_EVENT_FINISHED) { return !finish(mustEnd: true) }
        return !(isStopping.load(ordering: .acquiring) && finish(mustEnd: false))
    }

    private func takePoke() {
        var count: UInt64 = 0
        _ = read(wakeUp, &count, 8)
        isPoked.store(false, ordering: .sequentiallyConsistent)
        turnsSincePoke = 0
        hasMore = true
        runJobs()
    }

    /// What these jobs enqueue comes after what else the loop has to do.
    private func runJobs() {
        if batch.isEmpty && calls.isEmpty {
            hasMore = false
            state.withLock { state in
                swap(&batch.jobs, &state.jobs)
                swap(&calls, &state.calls)
            }
            if !batch.isEmpty || !calls.isEmpty { batch.left -= 1 }
        }
        run(&batch)
        guard batch.isEmpty, !calls.isEmpty else { return }
        for call in calls.take() { call() }
    }

    private func runOwnJobs() {
        if ownBatch.isEmpty {
            if ownJobs.isEmpty { return }
            swap(&ownBatch.jobs, &ownJobs)
            // What other threads' jobs enqueue is no round without end.
            if batch.isEmpty || batch.left <= 0 { ownBatch.left -= 1 }
        }
        run(&ownBatch)
    }

    private func run(_ batch: inout Batch) {
        let end = min(batch.jobs.count, batch.next + LoopExecutor.jobsInTurn)
        while batch.next < end {
            let job = batch.jobs[batch.next]
            batch.next += 1
            if job.isTasks {
                job.job.runSynchronously(on: tasks.asUnownedTaskExecutor())
            } else {
                job.job.runSynchronously(on: asUnownedSerialExecutor())
            }
        }
        guard batch.isEmpty else { return }
        batch.jobs.removeAll(keepingCapacity: true)
        batch.next = 0
    }

    /// Ends the loop if nothing is left to run, or runs what is left. False: it goes on for its jobs' sake.
    private func finish(mustEnd: Bool) -> Bool {
        ownBatch.left = min(ownBatch.left, LoopExecutor.batchesBeforeEnd)
        batch.left = min(batch.left, LoopExecutor.batchesBeforeEnd)
        while !refuseMore() {
            guard mustEnd else { return false }
            runOwnJobs()
            takePoke()
        }
        var code: Int32 = 0
        if sd_event_get_exit_code(event, &code) >= 0 {
            exit.store(1 << 32 | UInt64(UInt32(bitPattern: code)), ordering: .releasing)
        }
        let sources = sources
        self.sources = [:]
        for core in sources.values { core.detach() }
        kept = nil
        ended.set()
        return true
    }

    /// Takes no more jobs and calls, if all have run, or enough of those that keep coming. False: there are more to run.
    private func refuseMore() -> Bool {
        guard ownBatch.left <= 0 || ownBatch.isEmpty && ownJobs.isEmpty else { return false }
        var dropped: [@Sendable () -> Void] = []
        let jobs: Int? = state.withLock { state in
            let isIdle = batch.isEmpty && calls.isEmpty && state.jobs.isEmpty && state.calls.isEmpty
            guard isIdle || batch.left <= 0 else { return nil }
            state.hasEnded = true
            // They are let go outside the lock.
            swap(&dropped, &state.calls)
            return state.jobs.count
        }
        guard let jobs else { return false }
        dropped += calls.take()
        let left = jobs + ownJobs.count + ownBatch.count + batch.count + dropped.count
        if left > 0 {
            logger.warning(
                """
                the event loop ends with jobs left that never run (\(left)): its actors and their callers kept enqueuing \
                more after it was told to end; have them look whether they are to end
                """)
        }
        return true
    }
}

extension Array {
    /// The elements, of which it is left none.
    fileprivate mutating func take() -> Self {
        defer { self = [] }
        return self
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

    /// Takes a job of a task; the runtime's to call. Never blocks.
    public func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job), isTasks: true) }
}
