package import CLinux
import Glibc
package import Synchronization

// Threads that others suspend or terminate, wherever they are. How a thread stops is told in Sources/CLinux/stopping.c;
// here is what the thread does that has it stop.
//
// One thread at a time stops another, and is not stopped meanwhile: of two that stop each other one goes on. It waits
// until the other has stopped, which takes as long as that one is inside; there is a bound, because a thread may have
// blocked the signal, or be starved. One that is parked in a wait leaves its lines first, as any suspended one does
// (`Threads.suspend`), and stops then.

extension Threads {
    /// The longest that a caller waits for another to stop, in nanoseconds.
    private static var patience: UInt64 { 1_000_000_000 }

    private static func word(_ object: ObjectName) -> UnsafeMutablePointer<Atomic<UInt32>> {
        Arena.local.object(object.index).suspensions
    }
    private static func address(_ object: ObjectName) -> UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(word(object)).assumingMemoryBound(to: UInt32.self)
    }

    /// After a change of the thread's word for which another may wait.
    static func tellStop(_ object: ObjectName) { signalbox_tell_stop(address(object)) }

    /// Waits until the word is as `isDone` says. False: the bound was reached.
    private static func awaitStop(_ object: ObjectName, _ isDone: (UInt32) -> Bool) -> Bool {
        let deadline = signalbox_now() + patience
        while true {
            let seen = word(object).pointee.load(ordering: .acquiring)
            if isDone(seen) { return true }
            if !signalbox_await_stop(address(object), seen, deadline) {
                return isDone(word(object).pointee.load(ordering: .acquiring))
            }
        }
    }

    /// Throws if the thread cannot be stopped by the signal.
    private static func expectStoppable(_ object: ObjectName) throws(DispatcherError) {
        signalbox_registry_lock()
        let thread = signalbox_thread_with_object(object.bits)
        let isStoppable = thread?.pointee.isStoppable ?? true  // one that has not begun will be
        signalbox_registry_unlock()
        if !isStoppable { throw .notStoppable }
    }

    // ---- suspending

    /// Suspends the thread, which has stopped when this returns, or is about to. Returns how often it was suspended
    /// before. The caller itself stops at once.
    package static func suspendAndStop(_ object: ObjectName) throws(DispatcherError) -> UInt32 {
        if object == own {
            let before = try suspend(object)
            signalbox_stop_here()
            return before
        }
        signalbox_stopping_lock()
        defer { signalbox_stopping_unlock() }
        guard Arena.local.retain(object) else { throw .noSuchObject(0) }
        defer { Arena.local.release(object) }
        try expectStoppable(object)
        let before = try suspend(object)
        if before == 0 { stop(object) }
        return before
    }

    /// Has a thread that was suspended just now stop.
    private static func stop(_ object: ObjectName) {
        if let id = id(object) { signalbox_send_stop(id) }  // else it has not begun, and will not
        let bits = UInt32(SIGNALBOX_STOPPED | SIGNALBOX_ENDED)
        _ = awaitStop(object) { $0 & bits != 0 || $0 & suspensionMask == 0 }
    }

    // ---- terminating

    /// Ends the thread where it is, with that exit code. Its mutexes are abandoned, its calls dropped, and its object is
    /// signaled; nothing of its own runs any more. Does not return if the thread is the caller.
    package static func terminate(_ object: ObjectName, _ code: UInt32) throws(DispatcherError) {
        if object == own {
            signalbox_enter()  // for good
            setExitCode(object, code)
            cleanUp(signalbox_thread())
            endProcessIfLast(code)
            signalbox_exit_thread()
        }
        signalbox_stopping_lock()
        defer { signalbox_stopping_unlock() }
        signalbox_join_terminated()
        guard Arena.local.retain(object) else { throw .noSuchObject(0) }
        defer { Arena.local.release(object) }
        try expectStoppable(object)
        // mark it
        let marks = UInt32(SIGNALBOX_TERMINATED | SIGNALBOX_AWAITED)
        var waiter: UInt32 = 0
        let id: UInt32?? = withFields(object) { fields, _ in
            guard fields.pointee.waiter != ThreadFields.ended else { return nil }
            fields.pointee.exitCode = code
            word(object).pointee.bitwiseOr(marks, ordering: .acquiringAndReleasing)
            // Under the lock, so that the waiter is the thread's still.
            let own = fields.pointee.waiter
            if own != 0 && Arena.local.claim(own, .suspended) == .wonWhileWaiting { waiter = own }
            return fields.pointee.id
        }
        guard let id else { throw .wrongKind }
        guard let id else { throw .hasEnded }
        if waiter != 0 { Arena.local.wake(waiter) }
        wakeStopped(object)
        if id != 0 { signalbox_send_stop(id) }
        // wait
        let bits = UInt32(SIGNALBOX_HANDED_OVER | SIGNALBOX_ENDED)
        if !awaitStop(object, { $0 & bits != 0 }) {
            word(object).pointee.bitwiseAnd(~UInt32(SIGNALBOX_AWAITED), ordering: .acquiringAndReleasing)
        }
        // bury it
        guard word(object).pointee.load(ordering: .acquiring) & UInt32(SIGNALBOX_HANDED_OVER) != 0 else { return }
        signalbox_registry_lock()
        let thread = signalbox_thread_with_object(object.bits)
        signalbox_registry_unlock()
        guard let thread else { return }  // another has buried it
        wasTerminated?(object.bits)
        cleanUp(thread)
        signalbox_let_go(thread)
    }

    /// Has the floor above forget that a thread was told of its begin, or the like. Set before any thread is terminated
    /// of which that is true.
    package nonisolated(unsafe) static var wasTerminated: (@convention(c) (UInt64) -> Void)?

    /// Releases what the waits of a thread keep that will not come back to it.
    static func releaseKept(of thread: UnsafeMutablePointer<signalbox_thread>) {
        while let kept = thread.pointee.kept {
            thread.pointee.kept = kept.pointee.outer
            Arena.releaseKept(kept, in: Arena.local)
        }
    }

    /// The calling thread leaves by pthread_exit(3), from whatever waits it is in.
    package static func willExit() {
        signalbox_enter()
        defer { signalbox_leave() }
        releaseKept(of: signalbox_thread())
    }

    /// Ends the process with that exit code; the address of a C function, set before the first thread of the process can
    /// end and the process go on; or 0.
    package static let endProcess = Atomic<UInt>(0)

    /// Ends the process if no thread of the program's is left.
    static func endProcessIfLast(_ code: UInt32) {
        let end = endProcess.load(ordering: .acquiring)
        guard end != 0, signalbox_is_last_thread() else { return }
        unsafeBitCast(end, to: (@convention(c) (UInt32) -> Void).self)(code)
    }

    // ---- looking at a stopped thread

    /// The registers of a thread: as they are where it is suspended; or as they were a moment ago.
    package static func registers(of object: ObjectName) throws(DispatcherError) -> signalbox_registers {
        var registers = signalbox_registers()
        if object == own {
            signalbox_own_registers(&registers)
            return registers
        }
        signalbox_stopping_lock()
        defer { signalbox_stopping_unlock() }
        guard Arena.local.retain(object) else { throw .noSuchObject(0) }
        defer { Arena.local.release(object) }
        try expectStoppable(object)
        var before: UInt32?
        do throws(DispatcherError) {
            before = try suspend(object)
        } catch {
            guard error == .limitExceeded else { throw error }  // it is suspended often enough
        }
        defer { if before != nil { _ = try? resume(object) } }  // it cannot have ended while it was suspended
        if before == 0 {
            stop(object)
        } else {
            let bits = UInt32(SIGNALBOX_STOPPED | SIGNALBOX_ENDED)
            _ = awaitStop(object) { $0 & bits != 0 }
        }
        signalbox_registry_lock()
        defer { signalbox_registry_unlock() }
        guard let thread = signalbox_thread_with_object(object.bits),
            signalbox_stopped_registers(thread, &registers)
        else { throw .hasEnded }
        return registers
    }
}
