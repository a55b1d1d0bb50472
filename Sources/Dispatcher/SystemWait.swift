import CLinux
import Synchronization

extension Arena {
    /// Runs a system call that may sleep, as a wait of ours: the thread gives up its place at its port meanwhile, and may
    /// be suspended or ended in it, if `isOpen`: then `body` does nothing that must not be interrupted, and takes nothing.
    @available(*, noasync, message: "blocks the thread")
    package static func sleeping<R>(isOpen: Bool = true, _ body: () -> R) -> R {
        precondition(
            signalbox_thread().pointee.loop == 0,
            "a blocking call on the event loop's thread would stall every actor of the loop: await instead")
        if Threads.reportsBlockedTasks.load(ordering: .acquiring) && signalbox_is_in_task() {
            Threads.reportBlockedTask?()
        }
        Threads.sleepWhileSuspended()
        let place = local.leavePort()
        let inside = isOpen ? signalbox_open() : 0
        let result = body()
        if isOpen { signalbox_close(inside) }
        local.comeBack(to: place)
        Threads.sleepWhileSuspended()
        return result
    }
}
