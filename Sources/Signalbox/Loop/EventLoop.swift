public import Logging

/// An actor whose executor is an sd-event loop: on a thread of its own, on the caller's, or driven by another loop.
///
/// What the loop waits for are typed sources: descriptors, timers on all clocks, signals, child processes, changes of
/// files, and moments of the loop's own. A handler is called isolated to the loop, or to any actor that runs on it, by
/// the turn that found the source ready: without a job, a task or a hop.
///
/// ```swift
/// let loop = try EventLoop()
/// let source = try await loop.addIO(descriptor, events: .readable) { loop, ready in … }
///
/// actor Meter {                                            // an actor of the loop owns its sources
///     let loop: EventLoop
///     nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }
///     var timer: TimerSource?
///     func start() async throws {
///         timer = try await loop.addTimer(every: .seconds(1), on: self) { meter, tick in meter.read() }
///     }
/// }
/// ```
///
/// What runs here must not block: a blocking wait on a thread that drives the loop is a programming error, and traps.
///
/// **Turns.** A turn dispatches one source, that of the highest priority of those that are ready, among equals the one
/// that has been ready longest; then it runs at most 256 jobs of actors that the loop's own jobs have enqueued, and as
/// many that came from other threads. Those from other threads are announced by a source of ``LoopPriority/normal``,
/// and wait for at most 32 sources of a higher one. So neither can sources starve jobs, nor jobs sources.
public actor EventLoop {
    /// What runs the jobs of the loop's actors.
    public nonisolated let executor: LoopExecutor
    /// For actors that are to run on the loop.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Runs tasks on the loop's thread, see ``LoopTaskExecutor``.
    public nonisolated var taskExecutor: LoopTaskExecutor { executor.tasks }

    /// Who calls the loop's turns.
    public enum Driver: Sendable {
        /// A thread of the loop's own, which ends with it.
        case ownThread
        /// The caller: by ``EventLoop/runOnCurrentThread()``; or another loop, by ``EventLoop/prepare()`` and
        /// ``EventLoop/dispatch()``.
        case caller
    }

    /// Makes a loop, and starts its thread if it is to have one.
    ///
    /// `name` is that of the loop's thread; `logger` is told of handlers that throw.
    ///
    /// - Throws: `IOError` if the kernel gives no epoll, eventfd or thread.
    public init(
        name: String = "signalbox-loop", driver: Driver = .ownThread, logger: Logger = Logger(label: "signalbox.loop")
    ) throws {
        executor = try LoopExecutor(hasOwnThread: driver == .ownThread, logger: logger)
        executor.loop = self
        if driver == .ownThread { try executor.startThread(name) }
    }

    deinit { executor.stop() }

    /// Runs `body` on the loop, where it must not block.
    public func run<R: Sendable>(_ body: @Sendable () throws -> R) rethrows -> R { try body() }

    // ---- the end

    /// Ends the loop after the jobs that it has, without a call of its exit sources. Its sources are removed, and actors
    /// of the loop never run again. Never blocks.
    ///
    /// Jobs that those enqueue are run, too, and theirs; but after a hundred rounds of that the loop ends without what is
    /// left, and logs a warning: a task that calls `Task.yield()` in a loop on an actor of this loop is not resumed then, and keeps
    /// what it holds.
    public nonisolated func stop() { executor.stop() }

    /// Has the loop call its exit sources, by priority, and nothing else any more, run the jobs that it has, as ``stop()``
    /// does, and end.
    ///
    /// - Parameter code: what ``exitCode`` tells then, and ``runOnCurrentThread()`` returns.
    public func exit(code: Int32 = 0) { executor.exitOnLoop(code) }

    /// Signaled when the loop has ended, whoever ended it: then none of its handlers and jobs runs, nor ever will.
    public nonisolated var ended: EventObject { executor.ended }

    /// The code of ``exit(code:)``; nil while the loop goes on, and if it was stopped without one.
    public nonisolated var exitCode: Int32? { executor.exitCode }
}
