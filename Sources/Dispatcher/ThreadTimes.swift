import CLinux
import Synchronization

/// When a thread began and ended, and the processor time that it has had.
package struct ThreadTimes: BitwiseCopyable, Sendable {
    /// In 100 ns since 1601.
    package var creation: UInt64 = 0
    /// 0 while it runs.
    package var exit: UInt64 = 0
    /// In 100 ns.
    package var kernel: UInt64 = 0
    package var user: UInt64 = 0
}

// While a thread runs, the system knows its times. At its end they are put into a packet of its object's own, at which
// its object's `lastCall` then points: nobody queues calls to it any more.

extension Threads {
    private static func ticks(since1970 nanoseconds: UInt64) -> UInt64 {
        nanoseconds / 100 + 116_444_736_000_000_000
    }

    private static func place(_ packet: UInt32) -> UnsafeMutablePointer<ThreadTimes> {
        (UnsafeMutableRawPointer(Arena.local.packet(packet)) + 16).assumingMemoryBound(to: ThreadTimes.self)
    }

    /// The times of a thread; nil: there is no such thread, or its times were not kept.
    package static func times(of object: ObjectName) -> ThreadTimes? {
        signalbox_enter()
        defer { signalbox_leave() }
        // its end's?
        let kept: ThreadTimes?? = withFields(object) { fields, _ -> ThreadTimes? in
            guard fields.pointee.waiter == ThreadFields.ended else { return nil }
            guard fields.pointee.lastCall != 0 else { return ThreadTimes() }
            return place(fields.pointee.lastCall).pointee
        }
        guard let kept else { return nil }
        if let kept { return kept }
        // the system's
        var times = ThreadTimes()
        signalbox_registry_lock()
        let thread = signalbox_thread_with_object(object.bits)
        let id = thread?.pointee.id ?? 0
        if let thread { times.creation = ticks(since1970: thread.pointee.created) }
        signalbox_registry_unlock()
        let isOwn = id == signalbox_thread().pointee.id
        if id != 0 { signalbox_thread_times(isOwn ? 0 : id, &times.user, &times.kernel) }
        return times
    }

    /// The times of a thread that ends, in a packet; 0 if there is none.
    static func endTimes(of thread: UnsafeMutablePointer<signalbox_thread>) -> UInt32 {
        guard let packet = try? Arena.local.allocate(.packet) else { return 0 }
        var times = ThreadTimes(creation: ticks(since1970: thread.pointee.created))
        times.exit = ticks(since1970: signalbox_realtime())
        let isOwn = thread == signalbox_thread()
        signalbox_thread_times(isOwn ? 0 : thread.pointee.id, &times.user, &times.kernel)
        Arena.local.packet(packet).timer = 0
        place(packet).initialize(to: times)
        return packet
    }

    static func keepTimes(_ packet: UInt32, of object: ObjectName) {
        _ = withFields(object) { fields, _ in fields.pointee.lastCall = packet }
    }
}
