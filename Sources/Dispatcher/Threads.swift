public import CLinux
package import Synchronization

/// What the dispatcher knows of a thread: a waiter for its blocking waits, which also lists the mutexes that it owns; the
/// port that counts it; and, if anyone asked for it, an object that is signaled when it ends, to which calls are queued.
@usableFromInline package enum Threads {
    /// Gives the calling thread its waiter, whoever made the thread; taken back when it ends.
    static func attach() throws(DispatcherError) -> UInt32 {
        signalbox_enter()
        defer { signalbox_leave() }
        let waiter = try Arena.prepared().allocateWaiter()
        withRegistry {  // another thread may be making the object
            signalbox_thread().pointee.waiter = waiter
            // An owner of mutexes from here on.
            if own != .none { _ = Arena.local.withLock(own) { record, _ in record.thread.pointee.waiter = waiter } }
        }
        atEnd()
        return waiter
    }

    /// The calling thread as an owner of mutexes.
    package static func owner() throws(DispatcherError) -> Owner {
        let own = signalbox_thread().pointee.waiter
        return Owner(index: own != 0 ? own : try attach())
    }

    /// Makes `object`, of kind thread, the calling thread's own: it is signaled when the thread ends, and the reference
    /// that the caller holds is dropped then. Sleeps while the thread is suspended, and runs the calls that were queued
    /// before it began.
    package static func adopt(_ object: ObjectName) {
        signalbox_enter()
        defer { signalbox_leave() }
        atEnd()
        withRegistry { give(object, to: signalbox_thread()) }
        tellBegin(object)
        sleepWhileSuspended()
        runAPCs()  // those too that were queued while it slept
    }

    /// The address of a C function that each thread calls when it begins, with its object, or with 0 for one that serves
    /// the others; or 0.
    package static let begins = Atomic<UInt>(0)

    package static func tellBegin(_ object: ObjectName) {
        let function = begins.load(ordering: .acquiring)
        if function != 0 { unsafeBitCast(function, to: (@convention(c) (UInt64) -> Void).self)(object.bits) }
    }

    /// Runs `body` under the registry's lock. A test's scheduler knows nothing of that lock, and nobody opens its threads.
    private static func withRegistry<R>(_ body: () -> R) -> R {
        let isLocked = !signalbox_thread().pointee.isScheduled
        if isLocked { signalbox_registry_lock() }
        defer { if isLocked { signalbox_registry_unlock() } }
        return body()
    }

    /// Makes `object` the object of a thread, which has none; under the registry's lock.
    static func give(_ object: ObjectName, to thread: UnsafeMutablePointer<signalbox_thread>) {
        _ = Arena.local.withLock(object) { record, word in
            record.thread.pointee.id = thread.pointee.id
            record.thread.pointee.waiter = thread.pointee.waiter
        }
        thread.pointee.object = object.bits
        thread.pointee.suspensions = UnsafeMutableRawPointer(Arena.local.object(object.index).suspensions)
            .assumingMemoryBound(to: UInt32.self)
    }

    /// The calling thread's object, without a reference of the caller's; `.none` if nobody asked for one.
    @inlinable package static var own: ObjectName { ObjectName(bits: signalbox_thread().pointee.object) }

    /// As `own`; made now, if the thread has none.
    package static func ownOrNew() throws(DispatcherError) -> ObjectName {
        if own != .none { return own }
        signalbox_enter()
        defer { signalbox_leave() }
        let object = try Arena.prepared().makeObject(.thread, manualReset: true)
        atEnd()
        let isNeeded = withRegistry {
            let isNeeded = own == .none  // another thread may have asked for it meanwhile
            if isNeeded { give(object, to: signalbox_thread()) }
            return isNeeded
        }
        if !isNeeded { Arena.local.release(object) }
        return own
    }

    /// The object of the thread of this process that has that id, with a reference for the caller; made now, if the
    /// thread has none. `.none`: there is no such thread, or none that has ever asked for its id or waited.
    package static func open(id: UInt32) throws(DispatcherError) -> ObjectName {
        signalbox_enter()
        defer { signalbox_leave() }
        let spare = try Arena.prepared().makeObject(.thread, manualReset: true)
        signalbox_registry_lock()
        var object = ObjectName.none
        var isSpare = true
        if let thread = signalbox_thread_with_id(id) {
            object = ObjectName(bits: thread.pointee.object)
            if object == .none {
                (object, isSpare) = (spare, false)
                give(spare, to: thread)
            }
            _ = Arena.local.retain(object)  // the thread has a reference itself until it leaves the registry
        }
        signalbox_registry_unlock()
        if isSpare { Arena.local.release(spare) }
        return object
    }

    package static func withFields<R>(
        _ object: ObjectName, _ body: (UnsafeMutablePointer<ThreadFields>, inout Word) -> R
    ) -> R? {
        let result: R?? = Arena.local.withLock(object) { record, word in
            word.kind == .thread ? body(record.thread, &word) : nil
        }
        return result ?? nil
    }

    /// The kernel's id of the thread; nil until it has begun to run.
    package static func id(_ object: ObjectName) -> UInt32? {
        let id = withFields(object) { fields, _ in fields.pointee.id }
        return id == 0 ? nil : id
    }

    /// Exit code of a thread that has ended; the inner nil while it runs, the outer if there is no such thread.
    package static func exitCode(_ object: ObjectName) -> UInt32?? {
        withFields(object) { fields, word in word.isSignaled ? .some(fields.pointee.exitCode) : .none }
    }

    package static func setExitCode(_ object: ObjectName, _ code: UInt32) {
        _ = withFields(object) { fields, _ in fields.pointee.exitCode = code }
    }

    // ---- suspension

    /// The most suspensions that are counted (MAXIMUM_SUSPEND_COUNT).
    private static var suspensionLimit: UInt32 { 127 }
    static var suspensionMask: UInt32 { UInt32(SIGNALBOX_SUSPENSIONS) }
    /// What has a thread stop: a suspension, or its termination.
    static var stopMask: UInt32 { UInt32(SIGNALBOX_SUSPENSIONS | SIGNALBOX_TERMINATED) }

    /// From here on the thread's waits acquire nothing, until as many calls of `resume`: signals pass to the next
    /// waiter. Returns how often it was suspended before.
    package static func suspend(_ object: ObjectName) throws(DispatcherError) -> UInt32 {
        signalbox_enter()
        defer { signalbox_leave() }
        var isToWake = false
        let (before, waiter) = try changeCount(object) { count, waiter throws(DispatcherError) in
            guard count < suspensionLimit else { throw .limitExceeded }
            // Under the lock, so that the waiter is the thread's still.
            isToWake = waiter != 0 && Arena.local.claim(waiter, .suspended) == .wonWhileWaiting
            return count + 1
        }
        if isToWake { Arena.local.wake(waiter) }
        return before
    }

    /// Takes one suspension back; with the last one the thread queues again at what it waits for. Returns how often it
    /// was suspended before.
    package static func resume(_ object: ObjectName) throws(DispatcherError) -> UInt32 {
        let (before, _) = try changeCount(object) { count, _ in count == 0 ? 0 : count - 1 }
        if before == 1 {
            // The thread may have ended by now, and its record be another's: a stray wake does no harm.
            signalbox_futex_wake(Arena.local.object(object.index).resumptions, .max, false)
            tellStop(object)  // who waits for it to stop need not
        }
        return before
    }

    /// Has a thread that has stopped look again whether it is to go on. The caller has a reference.
    static func wakeStopped(_ object: ObjectName) {
        let resumptions = Arena.local.object(object.index).resumptions
        resumptions.pointee.wrappingAdd(1, ordering: .releasing)
        signalbox_futex_wake(resumptions, .max, false)
    }

    private static func changeCount(
        _ object: ObjectName, _ change: (_ count: UInt32, _ waiter: UInt32) throws(DispatcherError) -> UInt32
    ) throws(DispatcherError) -> (before: UInt32, waiter: UInt32) {
        let record = Arena.prepared().object(object.index)
        let suspensions = record.suspensions
        let result: Result<(UInt32, UInt32), DispatcherError>? = withFields(object) { fields, _ in
            let before = suspensions.pointee.load(ordering: .relaxed) & suspensionMask
            let waiter = fields.pointee.waiter
            if waiter == ThreadFields.ended { return .failure(.hasEnded) }
            do throws(DispatcherError) {
                // The other bits are changed without the lock.
                let after = try change(before, waiter)
                suspensions.pointee.wrappingAdd(after &- before, ordering: .acquiringAndReleasing)
                // Now, while the record is the thread's: once it goes on it may end.
                if after < before { record.resumptions.pointee.wrappingAdd(1, ordering: .releasing) }
            } catch {
                return .failure(error)
            }
            return .success((before, waiter))
        }
        guard let result else { throw Arena.local.exists(object) ? .wrongKind : .noSuchObject(0) }
        return try result.get()
    }

    /// A suspended thread that comes to wait goes no further.
    @inline(__always) static func sleepWhileSuspended() {
        guard own != .none else { return }
        let record = Arena.local.object(own.index)
        if record.suspensions.pointee.load(ordering: .acquiring) & stopMask != 0 { sleepUntilResumed(record) }
    }

    @inline(never) private static func sleepUntilResumed(_ record: UnsafeMutablePointer<ObjectRecord>) {
        let (suspensions, resumptions) = (record.suspensions, record.resumptions)
        let place = Arena.local.leavePort()
        while true {
            let seen = resumptions.pointee.load(ordering: .acquiring)
            if suspensions.pointee.load(ordering: .acquiring) & stopMask == 0 { break }
            // As elsewhere when it is stopped, unless a test's scheduler decides when it goes on.
            if Seam.sleep({ resumptions.pointee.load(ordering: .acquiring) != seen }) == nil { signalbox_stop_here() }
        }
        Arena.local.comeBack(to: place)
    }

    /// Whether the wait that has just begun is to end at once, because the thread was suspended, or (`alertable`) calls
    /// were queued to it, before it could be seen to wait. The lock orders it with those who do so later: they see the
    /// wait.
    static func endBeforeSleep(_ wait: UInt32, _ alertable: Bool) -> Claim.State? {
        guard own != .none else { return nil }
        let suspensions = Arena.local.object(own.index).suspensions
        let state: Claim.State?? = withFields(own) { fields, _ in
            if suspensions.pointee.load(ordering: .relaxed) & stopMask != 0 { return .suspended }
            guard alertable else { return nil }
            if Arena.local.object(own.index).firstCall.pointee.load(ordering: .relaxed) != 0 { return .alerted }
            fields.pointee.alertableWait = wait
            return nil
        }
        return state ?? nil
    }

    // ---- the end

    /// Has `end` run when the calling thread ends, whoever made it.
    package static func atEnd() {
        guard signalbox_thread().pointee.hasEndHook == 0 else { return }
        signalbox_enter()
        _ = signalbox_thread_id()  // it is registered
        signalbox_at_thread_end { Threads.end() }
        signalbox_set_terminated_body { Threads.cleanUp(signalbox_thread()) }
        signalbox_thread().pointee.hasEndHook = 1
        signalbox_leave()
    }

    /// Gives back the handle slots that a thread has at hand. Set by the floor above, before it first gives a thread
    /// some.
    package nonisolated(unsafe) static var giveBackSlots:
        (@convention(c) (UnsafeMutablePointer<signalbox_thread>) -> Void)?

    /// Whether `reportBlockedTask` is set.
    package static let reportsBlockedTasks = Atomic(false)
    /// Called on a thread that is about to sleep in a blocking wait, though it is at work for a task, whose pool has few.
    /// Set once, by the floor above, before it says so.
    package nonisolated(unsafe) static var reportBlockedTask: (@convention(c) () -> Void)?

    /// Tells who was told of the calling thread's begin that it ends. Set by the floor above, before it first marks a
    /// thread as observed; always to the same.
    package nonisolated(unsafe) static var detach: (@convention(c) () -> Void)?

    /// Tells the pool of a worker that ends in a callback, or was ended. Set by the floor above, before it makes one.
    package nonisolated(unsafe) static var workerEnds: (@convention(c) (_ worker: UnsafeMutableRawPointer) -> Void)?

    /// What the floors above do first when a thread ends, whether they were told of its begin or not; the address of a
    /// C function without arguments, or 0.
    package static let endCall = Atomic<UInt>(0)
    /// Cancels what the thread of that id has pending, and returns when nothing will be written to its stack any more; the
    /// address of a C function, or 0. Of a thread that was terminated this alone is called.
    package static let requestsEndCall = Atomic<UInt>(0)
    /// What they do when a thread of ours begins, before its body.
    package static let beginCall = Atomic<UInt>(0)

    @inline(__always) package static func perform(_ call: UInt) {
        guard call != 0 else { return }
        unsafeBitCast(call, to: (@convention(c) () -> Void).self)()
    }

    /// Runs on every attached thread when it ends, after its own code and its C++ destructors.
    private static func end() {
        let thread = signalbox_thread()
        // Code of the program's: outside.
        if !thread.pointee.isInternal { perform(endCall.load(ordering: .acquiring)) }
        // Only who is marked reads the hook, and so after it was set.
        if thread.pointee.isObserved {
            thread.pointee.isObserved = false
            detach?()
        }
        signalbox_enter()
        thread.pointee.kept = nil  // an APC may have left its wait for good
        thread.pointee.hasEndHook = 2  // keeps no more records
        let code = own == .none ? nil : withFields(own) { fields, _ in fields.pointee.exitCode }
        cleanUp(thread)
        thread.pointee.hasEndHook = 0  // a later destructor may wait again, and is told of a second end
        signalbox_leave()
        endProcessIfLast(code ?? 0)
    }

    /// Gives back what a thread has, abandons its mutexes, and signals its object: at its end, or after it has stopped for
    /// good.
    static func cleanUp(_ thread: UnsafeMutablePointer<signalbox_thread>) {
        let arena = Arena.local
        if let worker = thread.pointee.worker {
            thread.pointee.worker = nil
            workerEnds?(worker)
        }
        _ = arena.leavePort(thread)
        signalbox_forget_sleep(thread)
        let object = ObjectName(bits: thread.pointee.object)
        let id = thread.pointee.id
        if thread.pointee.waiter != 0 {
            let waiter = thread.pointee.waiter
            if object != .none { _ = withFields(object) { fields, _ in fields.pointee.waiter = 0 } }
            arena.abandonAll(of: Owner(index: waiter))
            thread.pointee.waiter = 0
            arena.deallocateWaiter(waiter)
        }
        let times = object != .none ? endTimes(of: thread) : 0
        // From here on nobody finds it by its id.
        signalbox_unregister(thread)
        thread.pointee.object = 0
        thread.pointee.suspensions = nil
        if object != .none {
            dropAPCs(object)
            keepTimes(times, of: object)
            if arena.object(object.index).suspensions.pointee.load(ordering: .relaxed) & stopMask != 0 {
                tellStop(object)
            }
            try? arena.signalSlowly(object, .thread)  // it holds a reference, so it is there
            arena.release(object)
        }
        // What takes locks under which others allocate comes last: a thread that was terminated in malloc(3) holds
        // what they wait for, and then nobody who allocates goes on, but the thread has ended.
        let requestsEnd = requestsEndCall.load(ordering: .acquiring)
        if requestsEnd != 0 { unsafeBitCast(requestsEnd, to: (@convention(c) (UInt32) -> Void).self)(id) }
        if thread.pointee.slots != nil { giveBackSlots?(thread) }  // only who has some reads the hook
        releaseKept(of: thread)
        Arena.flushCaches(of: thread)
        signalbox_free_values(thread)
    }
}
