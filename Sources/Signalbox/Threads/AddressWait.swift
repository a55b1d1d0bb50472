import CLinux
package import Dispatcher

/// Sleeping on memory of a caller's own: what locks that are no kernel objects are made of. The thread's place at its
/// port is free meanwhile.
///
/// The caller is inside from before it sleeps until it has made use of having been woken, so that it is not stopped in
/// between, with a wake-up that others need.
package enum AddressWait {
    /// Every sleeper on a word, see `sleep`.
    package static var everyone: UInt32 { .max }

    /// Sleeps while the word holds `value`, until one of `bits` or `deadline`, or for no reason at all: the caller looks
    /// again. Returns 0 if it was woken, or an errno.
    ///
    /// - Parameter purpose: what the word is, for `Threads.addressWait`.
    @available(*, noasync, message: "blocks the thread")
    @discardableResult
    package static func sleep(
        _ word: UnsafeMutableRawPointer, while value: UInt32, until deadline: UInt64 = Deadline.never,
        bits: UInt32 = everyone, for purpose: AddressWaitReport.Purpose = .address
    ) -> Int32 {
        signalbox_enter()
        defer { signalbox_leave() }
        return withoutPlace {
            // Here it may be stopped. Then it passes on the wake-up that may have come for it.
            signalbox_thread().pointee.waitingFor = purpose.rawValue
            signalbox_thread().pointee.waitingOn = word
            let inside = signalbox_open()
            let error = signalbox_futex_wait_bits(word, value, deadline, bits)
            signalbox_close(inside)
            signalbox_thread().pointee.waitingOn = nil
            return error
        }
    }

    /// Wakes one sleeper, if there is any. The word may be gone by now: a stray wake does no harm.
    package static func wakeOne(_ word: UnsafeMutableRawPointer) { signalbox_futex_wake(word, 1, false) }

    /// Sleeps in the line of an address, in which `signalbox_line_up` has put the thread. False: it was not woken in time.
    @available(*, noasync, message: "blocks the thread")
    package static func sleepInLine(until deadline: UInt64, for purpose: AddressWaitReport.Purpose = .address) -> Bool {
        signalbox_thread().pointee.waitingFor = purpose.rawValue
        return withoutPlace { signalbox_sleep_in_line(deadline) }
    }

    @inline(__always) private static func withoutPlace<R>(_ body: () -> R) -> R {
        // A thread that has a place has used the arena; another has no need of it.
        let hasPlace = signalbox_thread().pointee.port != 0
        let place = hasPlace ? Arena.local.leavePort() : .none
        defer { if hasPlace { Arena.local.comeBack(to: place) } }
        return body()
    }
}
