import CLinux
package import Dispatcher

/// What a callback is told.
package struct CallbackResult: Sendable {
    /// Of a wait: 0, or 258 if it has timed out; of a request: its status.
    package var code: UInt32
    /// Of a request.
    package var bytes: UInt
    /// Of a request: the address of its `OVERLAPPED`.
    package var address: UInt

    package init(code: UInt32 = 0, bytes: UInt = 0, address: UInt = 0) {
        (self.code, self.bytes, self.address) = (code, bytes, address)
    }
}

/// Something whose callbacks run in a pool: work that is submitted, a timer, a wait, the requests of a file.
///
/// Who keeps it: the program, by a pointer that is a reference (`releaseReference`), or a name in a table; its cleanup
/// group; the wait that is registered for it; the pool's queue; the worker that runs its callback. It keeps its pool.
///
/// Its lock comes before those of the dispatcher, and is never held together with the pool's: what is to be queued, and
/// who is to be woken, is done after it was dropped.
package final class PoolObject: Sendable {
    /// Calls the program.
    package typealias Body =
        @Sendable (_ object: PoolObject, _ instance: CallbackInstance, _ result: CallbackResult) -> Void

    package enum Role: Sendable {
        /// One callback, which belongs to no object of the program's.
        case once
        case work, timer, wait
        /// A callback for each request of a file that has ended.
        case io
        /// A wait that begins again with each callback.
        case repeatedWait
    }

    package struct Traits: Sendable {
        package var priority = ThreadPool.Priority.normal
        /// Its callbacks do not count as those of which only so many run at a time.
        package var runsLong = false
        /// They run on threads that never end.
        package var isPersistent = false
        package init() {}
    }

    package let role: Role
    package let context: UInt
    let traits: Traits
    private let pool: ThreadPool
    private let group: CleanupGroup?
    private let body: Body

    /// A thread that waits for callbacks to return; or what is done when they have.
    private struct Waiter {
        /// How many of the callbacks are its own.
        let own: Int
        let countsAll: Bool
        let tell: @Sendable () -> Void
    }
    private struct State {
        var counts = CallbackCounts()
        /// The wait that is registered.
        var wait: RegisteredWait?
        /// Waits that ended while they were being cancelled, and the callbacks that they lead to.
        var ending: [(wait: RegisteredWait, number: UInt64)] = []
        /// Whether the timer or wait was set last, not unset.
        var isSet = false
        /// When a timer expires next, by CLOCK_MONOTONIC.
        var due: UInt64 = 0
        /// Nanoseconds; 0: a timer expires once.
        var period: UInt64 = 0
        /// What a repeated wait waits for, with a reference, and nanoseconds until it times out.
        var object = ObjectName.none
        var timeout: UInt64?
        var waiters: [Waiter] = []
        /// Callbacks of requests that are announced and not made yet, with the thread that has announced them.
        var announced: [(thread: UInt32, number: UInt64)] = []
        /// Whether the program can have more callbacks made; one that repeats goes on for as long as it is set.
        var isKept: Bool
        /// Whether it counts as a user of its pool.
        var isUser = true

        mutating func takeDone() -> [Waiter] {
            let counts = counts
            let done = waiters.filter { counts.isDone(own: $0.own, countsAll: $0.countsAll) }
            if !done.isEmpty { waiters.removeAll { counts.isDone(own: $0.own, countsAll: $0.countsAll) } }
            return done
        }

        /// Whether the last callback there can be has returned; once.
        mutating func takeLast() -> Bool {
            let isLast = isUser && !isKept && wait == nil && ending.isEmpty && counts.isDone(own: 0, countsAll: true)
            if isLast { isUser = false }
            return isLast
        }
    }
    private let state: Guarded<State>

    /// - Parameters:
    ///   - cancelled: told if the group is closed and the callbacks are cancelled with it.
    ///   - context: what `cancelled` is told.
    package init(
        _ role: Role, in pool: ThreadPool, _ traits: Traits = Traits(), group: CleanupGroup? = nil,
        cancelled: CleanupGroup.Cancelled? = nil, context: UInt = 0, _ body: @escaping Body
    ) {
        (self.role, self.traits, self.pool, self.group) = (role, traits, pool, group)
        (self.context, self.body) = (context, body)
        state = Guarded(State(isKept: role != .once))
        pool.addUser()
        group?.add(self, cancelled)
    }

    deinit {
        let isUser = state.withLock { state in
            if state.object != .none { Arena.local.release(state.object) }
            return state.isUser
        }
        if isUser { pool.removeUser() }
    }

    /// A thread that ends in a callback leaves references behind, for which nobody else can make up. The pool's threads
    /// shall end all the same.
    private func leavePool(_ isLast: Bool) { if isLast { pool.removeUser() } }

    // ---- the program's reference

    /// What the program calls it by: a reference.
    package func pointer() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }
    package static func of(_ pointer: UnsafeRawPointer) -> PoolObject {
        Unmanaged<PoolObject>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Gives up the program's reference. Callbacks that are queued run still; the object goes after the last.
    package func close() {
        group?.remove(self)
        stop()
        releaseReference()
    }

    func releaseReference() {
        guard role != .once && role != .repeatedWait else { return }
        let isLast = state.withLock { state in
            state.isKept = false
            return state.takeLast()
        }
        leavePool(isLast)
        Unmanaged.passUnretained(self).release()
    }

    // ---- callbacks

    package func submit() { queue(state.withLock { $0.counts.submit() }) }

    private func queue(_ number: UInt64, _ result: CallbackResult = CallbackResult()) {
        pool.queue(ThreadPool.Entry(object: self, number: number, result: result))
    }

    /// False: the callback was cancelled.
    func begin(_ number: UInt64) -> Bool {
        let (begins, isLast) = state.withLock { state in
            let begins = state.counts.begin(number)
            return (begins, !begins && state.takeLast())
        }
        leavePool(isLast)
        return begins
    }

    func call(_ instance: CallbackInstance, _ result: CallbackResult) { body(self, instance, result) }

    func end(isAssociated: Bool) {
        let (done, isLast) = state.withLock { state in
            state.counts.end(isAssociated: isAssociated)
            return (state.takeDone(), state.takeLast())
        }
        if role == .once { group?.remove(self) }
        for waiter in done { waiter.tell() }
        leavePool(isLast)
    }

    func disassociate() {
        let done = state.withLock { state in
            state.counts.disassociate()
            return state.takeDone()
        }
        for waiter in done { waiter.tell() }
    }

    /// Cancels callbacks that have not begun; returns how many.
    @discardableResult
    package func cancelCallbacks() -> Int {
        let (cancelled, done) = state.withLock { state in (state.counts.cancel(), state.takeDone()) }
        for waiter in done { waiter.tell() }
        return cancelled
    }

    /// How many of the object's callbacks the calling thread runs: one or none.
    private func own(countsAll: Bool) -> Int {
        guard let instance = CallbackInstance.current, instance.object === self else { return 0 }
        return instance.isAssociated || countsAll ? 1 : 0
    }

    /// Whether callbacks are queued or running; the calling thread's own is not counted, unless `countsOwn`.
    package func hasCallbacks(countsOwn: Bool) -> Bool {
        let own = countsOwn ? 0 : own(countsAll: false)
        return state.withLock { !$0.counts.isDone(own: own, countsAll: false) }
    }

    /// Calls `body` when no callback is queued or running: at once, perhaps.
    package func whenDone(_ body: @escaping @Sendable () -> Void) {
        let isDone = state.withLock { state in
            if state.counts.isDone(own: 0, countsAll: false) { return true }
            state.waiters.append(Waiter(own: 0, countsAll: false, tell: body))
            return false
        }
        if isDone { body() }
    }

    /// Blocks until no callback is queued or running. A thread that runs one itself does not wait for that one, which on
    /// Windows is a deadlock.
    package func waitForCallbacks(countsAll: Bool = false) {
        let own = own(countsAll: countsAll)
        func isDone() -> Bool { state.withLock { $0.counts.isDone(own: own, countsAll: countsAll) } }
        if isDone() { return }
        guard let event = try? Arena.prepared().makeObject(.event, manualReset: true) else {
            preconditionFailure("Signalbox has no record left for this thread's wait")
        }
        let isWaiting = state.withLock { state in
            if state.counts.isDone(own: own, countsAll: countsAll) { return false }
            state.waiters.append(Waiter(own: own, countsAll: countsAll) { try? Arena.local.setEvent(event) })
            return true
        }
        if isWaiting {
            let inside = signalbox_open()
            _ = try? Arena.local.block(on: event, until: Deadline.never)
            signalbox_close(inside)
        }
        Arena.local.release(event)
    }

    // ---- requests

    /// A request will be made: its callback counts from here on, as one that is queued.
    package func announceRequest() {
        state.withLock { state in
            let number = state.counts.submit()
            state.announced.append((signalbox_thread_id(), number))
        }
    }

    /// The callback of a request that is made now: one that this thread has announced, or else any; nil: there is none.
    package func takeAnnounced() -> UInt64? { state.withLock { PoolObject.takeAnnounced(&$0) } }

    private static func takeAnnounced(_ state: inout State) -> UInt64? {
        guard !state.announced.isEmpty else { return nil }
        let thread = signalbox_thread_id()
        let place = state.announced.firstIndex { $0.thread == thread } ?? 0
        return state.announced.remove(at: place).number
    }

    /// The request was refused, or its end is not told: its callback is for the next, or for `withdrawRequest`.
    package func giveBack(_ number: UInt64?) {
        guard let number else { return }
        state.withLock { $0.announced.append((signalbox_thread_id(), number)) }
    }

    /// A request that was announced has no callback.
    package func withdrawRequest() {
        let (done, isLast) = state.withLock { state -> ([Waiter], Bool) in
            guard let number = PoolObject.takeAnnounced(&state), state.counts.withdraw(number) else { return ([], false) }
            return (state.takeDone(), state.takeLast())
        }
        for waiter in done { waiter.tell() }
        leavePool(isLast)
    }

    /// A request has ended. Without a number, its callback was not announced.
    package func requestEnded(_ number: UInt64?, _ result: CallbackResult) {
        // The pool may be gone if the callback was cancelled.
        let valid = state.withLock { state -> UInt64? in
            guard let number else { return state.counts.submit() }
            return state.counts.isVoid(number) ? nil : number
        }
        if let valid { queue(valid, result) }
    }

    // ---- timers and waits

    /// Whether it was set, and not unset since.
    package var isSet: Bool { state.withLock { $0.isSet } }

    /// Unsets the timer or the wait, for good if it is one that repeats.
    package func stop() {
        let isLast = state.withLock { state in
            _ = unsetLocked(&state)
            if role == .repeatedWait { state.isKept = false }
            return state.takeLast()
        }
        leavePool(isLast)
    }

    /// Returns whether a wait was cancelled. One that has just ended leads to a callback, which counts as queued from
    /// here on.
    private func unsetLocked(_ state: inout State) -> Bool {
        state.isSet = false
        guard let wait = state.wait else { return false }
        state.wait = nil
        if WaitCall.cancel(wait) { return true }
        state.ending.append((wait, state.counts.submit()))
        return false
    }

    /// Sets the timer anew; nil unsets it. Returns whether it had been set, and will not expire for that any more.
    @discardableResult
    package func setTimer(_ due: TimerDue?, period: UInt64) -> Bool { setTimer(due, period, unlessExpired: false) }

    /// As `setTimer`; does nothing if the timer has expired for the last time.
    package func changeTimer(_ due: TimerDue?, period: UInt64) { setTimer(due, period, unlessExpired: true) }

    @discardableResult
    private func setTimer(_ due: TimerDue?, _ period: UInt64, unlessExpired: Bool) -> Bool {
        let (wasCancelled, expired) = state.withLock { state in
            if unlessExpired && state.isSet && state.wait == nil { return (false, [UInt64]()) }
            let wasCancelled = unsetLocked(&state)
            guard let due else { return (wasCancelled, [UInt64]()) }
            state.isSet = true
            state.period = period
            let now = signalbox_now()
            switch due {
            case .relative(let nanoseconds): state.due = Deadline.after(nanoseconds: nanoseconds)
            case .absolute(let realtime) where realtime <= signalbox_realtime(): state.due = now
            case .absolute(let realtime):
                state.due = 0
                return (wasCancelled, armLocked(&state, .realtime(realtime)))
            }
            let isDue = state.due <= now
            return (wasCancelled, isDue ? expireLocked(&state, now) : armLocked(&state, .monotonic(state.due)))
        }
        for number in expired { queue(number) }
        return wasCancelled
    }

    /// Arms the timer; returns the callbacks that are due already.
    private func armLocked(_ state: inout State, _ limit: WaitLimit) -> [UInt64] {
        do throws(DispatcherError) {
            switch try register(.none, limit) {
            case .waiting(let wait): state.wait = wait
            case .ended: return expireLocked(&state, signalbox_now())
            }
        } catch {
            state.isSet = false  // there is no record left
        }
        return []
    }

    /// The timer's time has come. Periods that have passed meanwhile are made up for, up to a second of them.
    private func expireLocked(_ state: inout State, _ now: UInt64) -> [UInt64] {
        state.wait = nil
        var numbers = [state.counts.submit()]
        guard state.period != 0 else { return numbers }
        if state.due == 0 || now &- state.due > 1_000_000_000 { state.due = now }
        state.due &+= state.period
        while state.due <= now {
            numbers.append(state.counts.submit())
            state.due &+= state.period
        }
        return numbers + armLocked(&state, .monotonic(state.due))
    }

    /// Waits for the object once; what it waited for before is given up. Returns whether that was.
    @discardableResult
    package func setWait(_ object: ObjectName?, until limit: WaitLimit) throws(DispatcherError) -> Bool {
        var failure: DispatcherError?
        let (wasCancelled, ended) = state.withLock { state -> (Bool, (UInt64, UInt32)?) in
            let wasCancelled = unsetLocked(&state)
            guard let object else { return (wasCancelled, nil) }
            do throws(DispatcherError) {
                return (wasCancelled, try waitLocked(&state, object, limit))
            } catch {
                failure = error
                return (wasCancelled, nil)
            }
        }
        if let failure { throw failure }
        if let (number, result) = ended { queue(number, CallbackResult(code: result)) }
        return wasCancelled
    }

    private func waitLocked(
        _ state: inout State, _ object: ObjectName, _ limit: WaitLimit
    ) throws(DispatcherError) -> (UInt64, UInt32)? {
        switch try register(object, limit) {
        case .waiting(let wait):
            (state.wait, state.isSet) = (wait, true)
            return nil
        case .ended(let timedOut):
            state.isSet = true
            return (state.counts.submit(), PoolObject.result(timedOut))
        }
    }

    private static func result(_ timedOut: Bool) -> UInt32 { timedOut ? 258 : 0 }

    /// Begins to wait again and again; the object gets a reference. `timeout`: in nanoseconds, nil for none.
    package func repeatWait(for object: ObjectName, timeout: UInt64?) throws(DispatcherError) {
        guard Arena.local.retain(object) else { throw .noSuchObject(0) }
        state.withLock { ($0.object, $0.timeout) = (object, timeout) }
        _ = try setWait(object, until: PoolObject.limit(timeout))
    }

    package static func limit(_ timeout: UInt64?) -> WaitLimit {
        timeout.map { .monotonic(Deadline.after(nanoseconds: $0)) } ?? .never
    }

    /// Waits again, if it has not been stopped: when its callback begins, so that at most one is queued at a time,
    /// however often the object is signaled.
    func waitAgain() {
        guard role == .repeatedWait else { return }
        let ended = state.withLock { state -> (UInt64, UInt32)? in
            guard state.isSet, state.wait == nil else { return nil }
            // Without a record the wait ends here.
            return (try? waitLocked(&state, state.object, PoolObject.limit(state.timeout))) ?? nil
        }
        if let (number, result) = ended { queue(number, CallbackResult(code: result)) }
    }

    private func register(_ object: ObjectName, _ limit: WaitLimit) throws(DispatcherError) -> Arena.Registration {
        try WaitCall.register(on: object, until: limit) { wait, timedOut in self.ended(wait, timedOut) }
    }

    /// The wait has ended, on some thread.
    private func ended(_ wait: RegisteredWait, _ timedOut: Bool) {
        let numbers = state.withLock { state -> [UInt64] in
            if state.wait == wait {
                if role == .timer { return expireLocked(&state, signalbox_now()) }
                state.wait = nil
                return [state.counts.submit()]
            }
            guard let place = state.ending.firstIndex(where: { $0.wait == wait }) else { return [] }
            return [state.ending.remove(at: place).number]
        }
        for number in numbers { queue(number, CallbackResult(code: role == .timer ? 0 : PoolObject.result(timedOut))) }
    }
}
