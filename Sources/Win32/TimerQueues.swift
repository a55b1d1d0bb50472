import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Registered waits, timer queues and work items, which came before the thread pool and run on it.

private enum Flags {
    static var known: ULONG { 0x1FF }
    static var waitThread: ULONG { ULONG(WT_EXECUTEINWAITTHREAD) }
    static var timerThread: ULONG { ULONG(WT_EXECUTEINTIMERTHREAD) }
    static var once: ULONG { ULONG(WT_EXECUTEONLYONCE) }

    static func traits(_ flags: ULONG) -> PoolObject.Traits {
        var traits = PoolObject.Traits()
        traits.runsLong = flags & ULONG(WT_EXECUTELONGFUNCTION) != 0
        let lasting = WT_EXECUTEINPERSISTENTTHREAD | WT_EXECUTEINPERSISTENTIOTHREAD
        traits.isPersistent = flags & ULONG(lasting) != 0
        return traits
    }
}

/// What the functions of this page return. The names are no handles of the table, whose values fit 31 bits, are never
/// used again, and a stale or random one names nothing.
private enum Names {
    enum Target: Sendable {
        case wait(PoolObject)
        case queue(TimerQueue)
        case timer(PoolObject, TimerQueue)
    }
    private struct State {
        var next: UInt = 1 << 46
        var targets: [UInt: Target] = [:]
    }
    private static let state = Guarded(State())

    static func add(_ target: Target) -> UInt {
        state.withLock { state in
            state.next += 16
            state.targets[state.next] = target
            return state.next
        }
    }

    static func find(_ name: UInt) -> Target? { state.withLock { $0.targets[name] } }
    @discardableResult
    static func remove(_ name: UInt) -> Target? { state.withLock { $0.targets.removeValue(forKey: name) } }
}

/// Timers that are deleted together.
private final class TimerQueue: Sendable {
    /// The one that a program means by NULL.
    static let shared = TimerQueue()

    /// nil: the queue is deleted.
    private let timers = Guarded<[UInt: PoolObject]?>([:])

    /// False: the queue is deleted.
    func add(_ name: UInt, _ timer: PoolObject) -> Bool {
        timers.withLock { timers in
            timers?[name] = timer
            return timers != nil
        }
    }
    func remove(_ name: UInt) { timers.withLock { _ = $0?.removeValue(forKey: name) } }
    func takeAll() -> [UInt: PoolObject] {
        timers.withLock { timers in
            defer { timers = nil }
            return timers ?? [:]
        }
    }
}

/// Calls the program for a wait or a timer.
private func body(_ routine: @escaping WAITORTIMERCALLBACK, _ context: PVOID?, isTimer: Bool) -> PoolObject.Body {
    let (address, argument) = (unsafeBitCast(routine, to: UInt.self), UInt(bitPattern: context))
    return { _, _, result in
        // "For timers TRUE always; for waits, whether the time-out was over" (WaitOrTimerCallback).
        unsafeBitCast(address, to: WAITORTIMERCALLBACK.self)(
            PVOID(bitPattern: argument), isTimer || result.code != 0 ? 1 : 0)
    }
}

// ---- the end of several objects

/// Who is told that objects' callbacks have returned.
private enum Completion {
    case nobody
    /// The caller, who waits.
    case caller
    case event(ObjectName)

    /// nil, with the last error set: the handle is not that of an event that may be set.
    init?(_ handle: HANDLE?) {
        if handle == nil {
            self = .nobody
        } else if value(handle) == UInt(bitPattern: -1) {  // INVALID_HANDLE_VALUE
            self = .caller
        } else {
            let event = HandleTable.find(value(handle), .modify)
            guard event != .none, Arena.local.kind(of: event) == .event, Arena.local.retain(event) else {
                _ = failure(code(forHandle: handle, .modify, .event))
                return nil
            }
            self = .event(event)
        }
    }

    /// Of objects that were stopped. False: callbacks are queued or running still.
    func finish(_ objects: [PoolObject]) -> Bool {
        switch self {
        case .nobody: break
        case .caller: for object in objects { object.waitForCallbacks() }
        case .event(let event):
            let wasDone = !objects.contains { $0.hasCallbacks(countsOwn: true) }
            tell(event, objects[...])
            return wasDone
        }
        return !objects.contains { $0.hasCallbacks(countsOwn: true) }
    }

    /// Sets the event when the last object is done, and gives it up.
    private func tell(_ event: ObjectName, _ objects: ArraySlice<PoolObject>) {
        guard let first = objects.first else {
            try? Arena.local.setEvent(event)
            Arena.local.release(event)
            return
        }
        first.whenDone { tell(event, objects.dropFirst()) }
    }
}

// ---- work items

@c(QueueUserWorkItem) @implementation
public func __QueueUserWorkItem(_ routine: LPTHREAD_START_ROUTINE?, _ context: PVOID?, _ flags: ULONG) -> BOOL {
    enter()
    defer { leave() }
    // The upper half is the most threads that the pool may have (WT_SET_MAX_THREADPOOL_THREADS).
    guard let routine, flags & 0xFFFF & ~Flags.known == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let (address, argument) = (unsafeBitCast(routine, to: UInt.self), UInt(bitPattern: context))
    if flags >> 16 != 0 { ThreadPool.shared.setMaximum(Int(flags >> 16)) }
    PoolObject(.once, in: .shared, Flags.traits(flags)) { _, _, _ in
        _ = unsafeBitCast(address, to: LPTHREAD_START_ROUTINE.self)(PVOID(bitPattern: argument))
    }.submit()
    return 1
}

// ---- registered waits

@c(RegisterWaitForSingleObject) @implementation
public func __RegisterWaitForSingleObject(
    _ wait: PHANDLE?, _ handle: HANDLE?, _ routine: WAITORTIMERCALLBACK?, _ context: PVOID?, _ milliseconds: ULONG,
    _ flags: ULONG
) -> BOOL {
    enter()
    defer { leave() }
    guard let wait, let routine, flags & 0xFFFF & ~Flags.known == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let awaited = HandleTable.find(value(handle), .synchronize)
    guard awaited != .none else { return failure(code(forHandle: handle, .synchronize)) }
    let isOnce = flags & Flags.once != 0
    let pool = flags & (Flags.waitThread | Flags.timerThread) != 0 ? ThreadPool.waits : .shared
    let object = PoolObject(
        isOnce ? .wait : .repeatedWait, in: pool, Flags.traits(flags), body(routine, context, isTimer: false))
    let timeout = milliseconds == DWORD(INFINITE) ? nil : UInt64(milliseconds) * 1_000_000
    // A callback may look for the name at once.
    let name = Names.add(.wait(object))
    let before = wait.pointee
    wait.pointee = HANDLE(bitPattern: name)
    do throws(DispatcherError) {
        if isOnce {
            try object.setWait(awaited, until: PoolObject.limit(timeout))
        } else {
            try object.repeatWait(for: awaited, timeout: timeout)
        }
        return 1
    } catch {
        Names.remove(name)
        wait.pointee = before
        return failure(codeOfWait(error))
    }
}

private func unregister(_ wait: HANDLE?, _ completion: Completion) -> BOOL {
    // Of two who unregister the same wait, one finds it.
    guard case .wait(let object)? = Names.find(value(wait)), Names.remove(value(wait)) != nil else {
        return failure(ERROR_INVALID_HANDLE)
    }
    object.stop()
    return completion.finish([object]) ? 1 : failure(ERROR_IO_PENDING)
}

@c(UnregisterWait) @implementation public func __UnregisterWait(_ wait: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    return unregister(wait, .nobody)
}

@c(UnregisterWaitEx) @implementation public func __UnregisterWaitEx(_ wait: HANDLE?, _ event: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    guard case .wait? = Names.find(value(wait)) else { return failure(ERROR_INVALID_HANDLE) }
    guard let completion = Completion(event) else { return 0 }
    return unregister(wait, completion)
}

// ---- timer queues

@c(CreateTimerQueue) @implementation public func __CreateTimerQueue() -> HANDLE? {
    enter()
    defer { leave() }
    return HANDLE(bitPattern: Names.add(.queue(TimerQueue())))
}

/// The queue of that name, NULL being the process's own.
private func queue(_ name: HANDLE?) -> TimerQueue? {
    guard let name else { return .shared }
    guard case .queue(let queue)? = Names.find(value(name)) else { return nil }
    return queue
}

/// Milliseconds from now; INFINITE is never.
private func due(_ milliseconds: DWORD) -> TimerDue? {
    milliseconds == DWORD(INFINITE) ? nil : .relative(nanoseconds: UInt64(milliseconds) * 1_000_000)
}

@c(CreateTimerQueueTimer) @implementation
public func __CreateTimerQueueTimer(
    _ timer: PHANDLE?, _ queueName: HANDLE?, _ routine: WAITORTIMERCALLBACK?, _ context: PVOID?, _ dueTime: DWORD,
    _ period: DWORD, _ flags: ULONG
) -> BOOL {
    enter()
    defer { leave() }
    guard let timer, let routine, flags & 0xFFFF & ~Flags.known == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    guard let queue = queue(queueName) else { return failure(ERROR_INVALID_HANDLE) }
    // "The Period parameter must be zero" (CreateTimerQueueTimer, WT_EXECUTEONLYONCE).
    guard flags & Flags.once == 0 || period == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let pool = flags & (Flags.timerThread | Flags.waitThread) != 0 ? ThreadPool.timers : .shared
    let object = PoolObject(.timer, in: pool, Flags.traits(flags), body(routine, context, isTimer: true))
    let name = Names.add(.timer(object, queue))
    guard queue.add(name, object) else {
        Names.remove(name)
        return failure(ERROR_INVALID_HANDLE)
    }
    timer.pointee = HANDLE(bitPattern: name)
    object.setTimer(due(dueTime), period: UInt64(period) * 1_000_000)
    return 1
}

/// The timer, if it is the queue's; or the last error is set.
private func timer(_ timer: HANDLE?, of queueName: HANDLE?) -> (PoolObject, TimerQueue)? {
    guard let owner = queue(queueName) else {
        _ = failure(ERROR_INVALID_HANDLE)
        return nil
    }
    guard let timer else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    guard case .timer(let object, let queue)? = Names.find(value(timer)), queue === owner else {
        _ = failure(ERROR_INVALID_HANDLE)
        return nil
    }
    return (object, queue)
}

@c(ChangeTimerQueueTimer) @implementation
public func __ChangeTimerQueueTimer(
    _ queueName: HANDLE?, _ timerName: HANDLE?, _ dueTime: ULONG, _ period: ULONG
) -> BOOL {
    enter()
    defer { leave() }
    guard let (object, _) = timer(timerName, of: queueName) else { return 0 }
    // "If you call ChangeTimerQueueTimer on a one-shot timer that has already expired, the timer is not updated."
    object.changeTimer(due(dueTime), period: UInt64(period) * 1_000_000)
    return 1
}

@c(DeleteTimerQueueTimer) @implementation
public func __DeleteTimerQueueTimer(_ queueName: HANDLE?, _ timerName: HANDLE?, _ event: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    guard let (object, queue) = timer(timerName, of: queueName) else { return 0 }
    guard let completion = Completion(event) else { return 0 }
    guard Names.remove(value(timerName)) != nil else { return failure(ERROR_INVALID_HANDLE) }
    queue.remove(value(timerName))
    object.stop()
    // "If there are outstanding callback functions and CompletionEvent is NULL, the function will fail and set the error
    // code to ERROR_IO_PENDING" (DeleteTimerQueueTimer); so it does for a callback that waits for itself.
    if completion.finish([object]) { return 1 }
    if case .event = completion { return 1 }
    return failure(ERROR_IO_PENDING)
}

private func deleteQueue(_ name: HANDLE?, _ completion: Completion) -> BOOL {
    guard case .queue(let queue)? = Names.find(value(name)), Names.remove(value(name)) != nil else {
        return failure(ERROR_INVALID_HANDLE)
    }
    let timers = queue.takeAll()
    for (name, timer) in timers {
        Names.remove(name)
        timer.stop()
    }
    if completion.finish(Array(timers.values)) { return 1 }
    if case .event = completion { return 1 }
    return failure(ERROR_IO_PENDING)
}

@c(DeleteTimerQueue) @implementation public func __DeleteTimerQueue(_ name: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    return deleteQueue(name, .nobody)
}

@c(DeleteTimerQueueEx) @implementation public func __DeleteTimerQueueEx(_ name: HANDLE?, _ event: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    guard case .queue? = Names.find(value(name)) else { return failure(ERROR_INVALID_HANDLE) }
    guard let completion = Completion(event) else { return 0 }
    return deleteQueue(name, completion)
}
