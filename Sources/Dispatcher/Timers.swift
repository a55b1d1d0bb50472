import CLinux
import Synchronization

// Waitable timers. A relative one runs by CLOCK_MONOTONIC; an absolute one by CLOCK_REALTIME, so that it follows when
// that clock is set, and its period, if it has one, by CLOCK_MONOTONIC. Periods that were missed are not made up for.
//
// A timer's call is one packet of the timer's own, which is in the thread's queue at most once. To set or cancel the
// timer disowns the packet; one that is queued then finds, when its turn comes, that the timer does not know it.

/// When a timer is to expire first.
package enum TimerDue: Sendable {
    case relative(nanoseconds: UInt64)
    /// Nanoseconds since 1970.
    case absolute(realtimeNanoseconds: UInt64)
}

/// What a timer has the thread that set it run, when that waits alertably after the timer has expired: the function,
/// called with the argument and the lower and upper half of the due time, in 100 ns since 1601.
package struct TimerRoutine: Sendable {
    package var function: APCRoutine
    package var argument: UInt64
    package init(function: @escaping APCRoutine, argument: UInt64) {
        (self.function, self.argument) = (function, argument)
    }
}

/// Under the lock.
extension UnsafeMutablePointer where Pointee == ObjectRecord {
    static var absolute: UInt64 { 1 << 48 }
    static var queued: UInt64 { 1 << 49 }
    var clock: Deadlines { target & Self.absolute != 0 ? .realtime : .monotonic }
    /// Whether the call is in its thread's queue.
    var isCallQueued: Bool { target & Self.queued != 0 }
}

extension Arena {
    package func makeTimer(manualReset: Bool, handles: UInt32 = 0) throws(DispatcherError) -> ObjectName {
        try makeObject(.timer, manualReset: manualReset, handles: handles)
    }

    /// Unsignals the timer and arms it anew. `period`: nanoseconds from one expiry to the next; 0: it expires once.
    package func setTimer(
        _ name: ObjectName, due: TimerDue, period: UInt64 = 0, routine: TimerRoutine? = nil
    ) throws(DispatcherError) {
        precondition(isLocal, "the deadlines are those of this process's own arena")
        signalbox_enter()
        defer { signalbox_leave() }
        let target = routine == nil ? ObjectName.none : try Threads.ownOrNew()
        var call: UInt32 = 0
        if let routine {
            call = try allocate(.packet)
            packet(call).timer = name.index
            packet(call).call = APC(function: routine.function, arguments: (routine.argument, 0, 0))
        }
        var old = call
        let found: Bool? = withLock(name) { record, word in
            guard word.kind == .timer else { return false }
            old = disarmLocked(record)
            word.reset()
            record.timer.pointee.call = call
            record.timer.pointee.period = period
            switch due {
            case .relative(let nanoseconds):
                record.target = target.bits
                record.timer.pointee.due = max(Deadline.after(nanoseconds: nanoseconds), 1)
            case .absolute(let nanoseconds):
                record.target = target.bits | UnsafeMutablePointer.absolute
                record.timer.pointee.due = max(nanoseconds, 1)
            }
            record.clock.arm(timer: name.index, at: record.timer.pointee.due)
            return true
        }
        if old != 0 { deallocate(.packet, old) }
        guard let found else { throw .noSuchObject(0) }
        if !found { throw .wrongKind }
    }

    /// Disarms the timer, and withdraws its call; leaves its signal as it is.
    package func cancelTimer(_ name: ObjectName) throws(DispatcherError) {
        signalbox_enter()
        defer { signalbox_leave() }
        var old: UInt32 = 0
        let found: Bool? = withLock(name) { record, word in
            guard word.kind == .timer else { return false }
            old = disarmLocked(record)
            return true
        }
        if old != 0 { deallocate(.packet, old) }
        guard let found else { throw .noSuchObject(0) }
        if !found { throw .wrongKind }
    }

    /// Stops the timer. Returns the packet of its call, to be given up, if it has one that is in no queue.
    func disarmLocked(_ record: UnsafeMutablePointer<ObjectRecord>) -> UInt32 {
        if record.timer.pointee.due != 0 { record.clock.disarm(index(of: record)) }
        record.timer.pointee.due = 0
        defer { record.timer.pointee.call = 0 }
        return record.isCallQueued ? 0 : record.timer.pointee.call
    }

    /// The timer's time has come: called by the thread that sleeps for `clock`.
    func expire(_ index: UInt32, of clock: Deadlines) {
        signalbox_enter()
        defer { signalbox_leave() }
        let record = object(index)
        let seen = Word(bits: record.pointee.word.load(ordering: .acquiring))
        guard seen.kind == .timer else { return }
        var call: UInt32 = 0
        var thread = ObjectName.none
        // A timer that was set again, or is another's, is not due.
        try? change(ObjectName(index: index, generation: seen.generation)) { record, word, wake in
            let due = record.timer.pointee.due
            guard word.kind == .timer, record.clock === clock, due != 0, due <= clock.now else { return }
            clock.disarm(index)  // if it was set again, and is due again already
            count(.signals, index)
            word.signal()
            satisfyLocked(record, &word, &wake)
            if record.timer.pointee.call != 0 && !record.isCallQueued {
                (call, thread) = (record.timer.pointee.call, ObjectName(bits: record.target & 0xFFFF_FFFF_FFFF))
                let dueTime = clock.fileTime(due)
                packet(call).call.arguments.1 = dueTime & 0xFFFF_FFFF
                packet(call).call.arguments.2 = dueTime >> 32
                record.target |= UnsafeMutablePointer.queued
            }
            let period = record.timer.pointee.period
            record.timer.pointee.due = 0
            if period != 0 {
                let now = Deadlines.monotonic.now
                let last = clock === Deadlines.monotonic ? due : now
                record.target &= ~UnsafeMutablePointer.absolute
                record.timer.pointee.due = last + ((now - last) / period + 1) * period
                Deadlines.monotonic.arm(timer: index, at: record.timer.pointee.due)
            }
        }
        guard call != 0 else { return }
        // A thread that has ended runs nothing; then the packet goes now if the timer was set again meanwhile.
        do throws(DispatcherError) { try Threads.queue(call, to: thread) } catch { _ = takeAPC(call) }
    }

    /// What a packet taken from a thread's queue is to call; the packet goes, unless it is its timer's still. nil: the
    /// call was withdrawn.
    @inline(__always) func takeAPC(_ index: UInt32) -> APC? {
        if packet(index).timer != 0 { return takeTimerAPC(index) }
        let call = packet(index).call
        deallocate(.packet, index)
        return call
    }

    @inline(never) private func takeTimerAPC(_ index: UInt32) -> APC? {
        let call = packet(index).call
        let record = object(packet(index).timer)
        let word = lock(record)
        let isCurrent = word.kind == .timer && record.timer.pointee.call == index
        if isCurrent { record.target &= ~UnsafeMutablePointer.queued }
        unlock(record, word)
        if isCurrent { return call }
        deallocate(.packet, index)
        return nil
    }
}
