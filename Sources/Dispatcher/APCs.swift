import CLinux
import Synchronization

// Asynchronous procedure calls: a queue of packets in each thread's object, first in, first out. They run on the thread
// itself, outside all locks, when it waits alertably and no object satisfies the wait; and those that they queue run in
// the same go.

extension Threads {
    /// Queues a call to the thread. `hasEnded`: it will never run.
    package static func queueAPC(
        to object: ObjectName, _ function: @escaping APCRoutine, _ a: UInt64, _ b: UInt64 = 0, _ c: UInt64 = 0
    ) throws(DispatcherError) {
        signalbox_enter()
        defer { signalbox_leave() }
        let arena = Arena.local
        let packet = try arena.allocate(.packet)
        arena.packet(packet).timer = 0
        arena.packet(packet).call = APC(function: function, arguments: (a, b, c))
        do throws(DispatcherError) {
            try queue(packet, to: object)
        } catch {
            arena.deallocate(.packet, packet)
            throw error
        }
    }

    @inline(__always) static func queue(_ packet: UInt32, to object: ObjectName) throws(DispatcherError) {
        let arena = Arena.local
        arena.packet(packet).queueNext = 0
        let first = arena.object(object.index).firstCall
        let target: (hasEnded: Bool, waiter: UInt32, wait: UInt32)? = withFields(object) { fields, _ in
            if fields.pointee.waiter == ThreadFields.ended { return (true, 0, 0) }
            if first.pointee.load(ordering: .relaxed) == 0 {
                first.pointee.store(packet, ordering: .releasing)
            } else {
                arena.packet(fields.pointee.lastCall).queueNext = packet
            }
            fields.pointee.lastCall = packet
            return (false, fields.pointee.waiter, fields.pointee.alertableWait)
        }
        guard let target else { throw arena.exists(object) ? .wrongKind : .noSuchObject(0) }
        if target.hasEnded { throw .hasEnded }
        // An earlier wait's number is nobody's any more.
        if target.wait != 0, arena.claim(target.waiter, wait: target.wait, .alerted) == .wonWhileWaiting {
            arena.wake(target.waiter)
        }
    }

    /// Runs the calling thread's calls until none is left; returns whether any ran.
    @discardableResult
    package static func runAPCs() -> Bool {
        guard own != .none else { return false }
        signalbox_enter()
        defer { signalbox_leave() }
        let arena = Arena.local
        var haveRun = false
        let first = arena.object(own.index).firstCall
        while first.pointee.load(ordering: .acquiring) != 0 {
            let next = withFields(own) { _, _ in
                let next = first.pointee.load(ordering: .relaxed)
                if next != 0 { first.pointee.store(arena.packet(next).queueNext, ordering: .relaxed) }
                return next
            }
            guard let next, next != 0 else { return haveRun }
            // A timer's call may have been withdrawn, and a one-shot call is done with its packet.
            guard let call = arena.takeAPC(next) else { continue }
            let inside = signalbox_open()
            call.function(call.arguments.0, call.arguments.1, call.arguments.2)
            signalbox_close(inside)
            haveRun = true
        }
        return haveRun
    }

    /// Gives up the calls of a thread that ends; none comes after.
    static func dropAPCs(_ object: ObjectName) {
        let first = Arena.local.object(object.index).firstCall
        var next = withFields(object) { fields, _ in
            fields.pointee.waiter = ThreadFields.ended
            Arena.local.object(object.index).suspensions.pointee.bitwiseOr(
                UInt32(SIGNALBOX_ENDED), ordering: .releasing)
            return first.pointee.exchange(0, ordering: .relaxed)
        }
        while let packet = next, packet != 0 {
            next = Arena.local.packet(packet).queueNext
            _ = Arena.local.takeAPC(packet)
        }
    }
}
