import CLinux
import CSystemd
import Dispatcher
import Glibc
import Synchronization

// Who drives a loop calls its turns, one thread at a time. Only while a thread is in here is it "on the loop": the word
// in its thread-local state says so, on which `isOnLoop`, the check of isolation and the trap of blocking waits rely.
// sd-event calls handlers in sd_event_dispatch(3) and sd_event_prepare(3) alone, and nobody else calls these: so no
// handler can run off the loop.

extension LoopExecutor {
    /// Makes the calling thread the one that drives the loop.
    func enter() {
        let me = signalbox_thread_id()
        let (isFree, other) = driver.compareExchange(expected: 0, desired: me, ordering: .acquiring)
        precondition(
            isFree,
            other == me
                ? "an event loop must not be driven by its own handlers and jobs"
                : "an event loop must be driven by one thread at a time, and thread \(other) does")
        let thread = signalbox_thread()
        outer = thread.pointee.loop
        thread.pointee.loop = identity
        threadNumber.store(me, ordering: .relaxed)
    }

    /// The opposite.
    func leave() {
        signalbox_thread().pointee.loop = outer
        outer = 0
        driver.store(0, ordering: .releasing)
    }

    func runUntilEnded() {
        enter()
        defer { leave() }
        while endTurn(sd_event_run(event, hasWork ? 0 : .max)) {}
    }

    /// See `EventLoop.prepare()`.
    func prepare() -> Bool {
        if hasEnded { return false }
        enter()
        defer { leave() }
        return prepareOnLoop() || hasWork
    }

    private func prepareOnLoop() -> Bool {
        if sd_event_get_state(event) == Int32(SD_EVENT_INITIAL) {
            let prepared = sd_event_prepare(event)
            precondition(prepared >= 0, "sd_event_prepare(3) failed (errno \(-prepared))")
        }
        return sd_event_get_state(event) == Int32(SD_EVENT_PENDING)
    }

    /// See `EventLoop.dispatch()`.
    func dispatch() {
        if hasEnded { return }
        enter()
        defer { leave() }
        var result: Int32 = 1
        if !prepareOnLoop() { result = sd_event_wait(event, 0) }
        if result > 0 { result = sd_event_dispatch(event) }
        _ = endTurn(result)
    }

    func withIsolation<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        enter()
        defer {
            // Timers that were set are armed by the next turn.
            poke()
            leave()
        }
        return try body()
    }

    fileprivate func checkCallers() {
        precondition(
            !hasOwnThread, "an event loop on a thread of its own is driven by that: make it with driver: .caller")
    }
}

extension EventLoop {
    /// Runs the loop on the calling thread, the main thread for example, until it has ended.
    ///
    /// ```swift
    /// let loop = try EventLoop(driver: .caller)
    /// let source = try loop.withIsolation { loop in
    ///     try loop.addSignal(SIGTERM) { loop, _ in loop.exit() }
    /// }
    /// exit(loop.runOnCurrentThread())
    /// ```
    ///
    /// On the main thread it leaves none to the main actor, whose jobs wait until this returns.
    ///
    /// - Returns: the code of ``exit(code:)``; 0 if the loop was stopped.
    /// - Precondition: the loop was made with `driver: .caller`, and nobody else drives it.
    @available(*, noasync, message: "keeps the thread: start a ThreadObject, or give the loop a thread of its own")
    public nonisolated func runOnCurrentThread() -> Int32 {
        executor.checkCallers()
        if !executor.hasEnded { executor.runUntilEnded() }
        return exitCode ?? 0
    }

    /// Calls `body` isolated to the loop, on the calling thread, while nobody drives it: to add sources before it runs.
    ///
    /// - Precondition: the loop was made with `driver: .caller`, and nobody drives it at this moment.
    public nonisolated func withIsolation<R: Sendable, E: Error>(_ body: (isolated EventLoop) throws(E) -> R) throws(E)
        -> R
    {
        executor.checkCallers()
        return try withoutActuallyEscaping(body) {
            (body: @escaping (isolated EventLoop) throws(E) -> R) throws(E) -> R in
            // The same function but for its isolation, which `withIsolation` provides: as `assumeIsolated` has it.
            let bare = unsafeBitCast(body, to: ((EventLoop) throws(E) -> R).self)
            return try executor.withIsolation { () throws(E) -> R in try bare(self) }
        }
    }

    /// A descriptor that is readable when the loop has something to do, for a poll(2), epoll(7) or other loop that drives
    /// this one. It is the loop's: to be polled level-triggered, and not to be read or closed.
    ///
    /// ```swift
    /// while !loop.hasEnded {
    ///     let mayNotSleep = loop.prepare()
    ///     var ready = pollfd(fd: loop.descriptor, events: Int16(POLLIN), revents: 0)
    ///     if poll(&ready, 1, mayNotSleep ? 0 : -1) > 0 || mayNotSleep { loop.dispatch() }
    /// }
    /// ```
    ///
    /// In GLib's words: `prepare` of a `GSource` is ``prepare()``, its `check` tells whether this descriptor is readable,
    /// and its `dispatch` is ``dispatch()``. A loop that calls nothing before it sleeps calls ``dispatch()`` when the
    /// descriptor is readable, and then as long as ``prepare()`` returns true; and ``prepare()`` once at the beginning.
    public nonisolated var descriptor: Int32 { sd_event_get_fd(executor.event) }

    /// Arms timers before the driver sleeps; to be called before each sleep, by one thread at a time. Calls no handlers but
    /// those that prepare embedded loops.
    ///
    /// - Returns: true: there is something to do already; ``dispatch()`` is to be called instead.
    /// - Precondition: the loop was made with `driver: .caller`; no other thread, and none of its handlers, calls this.
    public nonisolated func prepare() -> Bool {
        executor.checkCallers()
        return executor.prepare()
    }

    /// One turn, which does not sleep: calls the handler of at most one source, and runs jobs. Meanwhile the calling thread
    /// is on the loop, so blocking waits trap.
    ///
    /// - Precondition: as of ``prepare()``.
    public nonisolated func dispatch() {
        executor.checkCallers()
        executor.dispatch()
    }

    /// Whether the loop has ended: then it need not be driven any more.
    public nonisolated var hasEnded: Bool { executor.hasEnded }
}
