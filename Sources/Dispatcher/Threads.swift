import CLinux
import Synchronization

/// What the dispatcher knows of a thread: a waiter for its blocking waits, the port that counts it, and, if anyone
/// asked for it, an object that is signaled when it ends.
package enum Threads {
    /// Gives the calling thread its waiter, whoever made the thread; taken back when it ends.
    static func attach() throws(DispatcherError) -> UInt32 {
        let waiter = try Arena.prepared().allocateWaiter()
        signalbox_thread().pointee.waiter = waiter
        signalbox_at_thread_end { Threads.end() }
        return waiter
    }

    /// Makes `object`, of kind thread, the calling thread's own: it is signaled when the thread ends, and the reference
    /// that the caller holds is dropped then.
    package static func adopt(_ object: ObjectName) {
        signalbox_thread().pointee.object = object.bits
        let id = UInt64(UInt32(bitPattern: signalbox_gettid()))
        _ = Arena.local.withLock(object) { record, _ in record.b = id }
        signalbox_at_thread_end { Threads.end() }
    }

    /// The calling thread's object, without a reference of the caller's; `.none` if nobody asked for one.
    package static var own: ObjectName { ObjectName(bits: signalbox_thread().pointee.object) }

    /// As `own`; made now, if the thread has none.
    package static func ownOrNew() throws(DispatcherError) -> ObjectName {
        if own == .none { adopt(try Arena.prepared().makeObject(.thread, manualReset: true)) }
        return own
    }

    /// The kernel's id of the thread; nil until it has begun to run.
    package static func id(_ object: ObjectName) -> UInt32? {
        let id: UInt64? = Arena.local.withLock(object) { record, word in
            word.kind == ObjectKind.thread.rawValue ? record.b : 0
        }
        return id == nil || id == 0 ? nil : UInt32(truncatingIfNeeded: id!)
    }

    /// Exit code of a thread that has ended; nil while it runs.
    package static func exitCode(_ object: ObjectName) -> UInt32?? {
        Arena.local.withLock(object) { record, word in
            word.kind == ObjectKind.thread.rawValue && word.isSignaled
                ? .some(UInt32(truncatingIfNeeded: record.a)) : .none
        }
    }

    package static func setExitCode(_ object: ObjectName, _ code: UInt32) {
        _ = Arena.local.withLock(object) { record, _ in record.a = UInt64(code) }
    }

    /// Runs on every attached thread when it ends, after its own code and its C++ destructors.
    private static func end() {
        let thread = signalbox_thread()
        let arena = Arena.local
        _ = arena.leavePort()
        if thread.pointee.waiter != 0 {
            arena.deallocateWaiter(thread.pointee.waiter)
            thread.pointee.waiter = 0
        }
        let object = own
        thread.pointee.object = 0
        if object != .none {
            try? arena.signalSlowly(object, .thread)  // it holds a reference, so it is there
            arena.release(object)
        }
    }
}
