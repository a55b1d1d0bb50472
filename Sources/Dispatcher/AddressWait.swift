import CLinux

/// Sleeping on a word of a caller's own: what locks that are no kernel objects are made of.
package enum AddressWait {
    /// Sleeps while the word holds `value`, or for no reason at all: the caller looks again. The thread's place at its
    /// port is free meanwhile.
    @available(*, noasync, message: "blocks the thread")
    package static func sleep(_ word: UnsafeMutableRawPointer, while value: UInt32) {
        signalbox_enter()
        defer { signalbox_leave() }
        // A thread that has a place has used the arena; another has no need of it.
        let hasPlace = signalbox_thread().pointee.port != 0
        let place = hasPlace ? Arena.local.leavePort() : .none
        // Here it may be stopped. Then it passes on the wake-up that may have come for it.
        signalbox_thread().pointee.waitingOn = word
        let inside = signalbox_open()
        _ = signalbox_futex_wait(word, value, Deadline.never, false)
        signalbox_close(inside)
        signalbox_thread().pointee.waitingOn = nil
        if hasPlace { Arena.local.comeBack(to: place) }
    }

    /// Wakes one sleeper, if there is any. The word may be gone by now: a stray wake does no harm.
    package static func wakeOne(_ word: UnsafeMutableRawPointer) { signalbox_futex_wake(word, 1, false) }
}
