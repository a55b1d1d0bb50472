import CLinux
import CSystemd
import Dispatcher
import Glibc
import Logging

/// A signal that came; see signalfd(2).
public struct SignalInfo: Hashable, Sendable {
    /// Its number.
    public let number: Int32
    /// Why it was sent: SI_USER of kill(2), SI_QUEUE of sigqueue(3), SI_KERNEL, …
    public let code: Int32
    /// The number of the process that sent it; 0: the kernel.
    public let sender: UInt32
    /// The user of that process.
    public let user: UInt32
    /// What sigqueue(3) has sent with it; else 0.
    public let value: Int32

    fileprivate init(_ info: signalfd_siginfo) {
        number = Int32(bitPattern: info.ssi_signo)
        code = info.ssi_code
        sender = info.ssi_pid
        user = info.ssi_uid
        value = info.ssi_int
    }
}

extension EventLoop {
    /// Blocks signals in the calling thread, and so in those that it starts from here on: to be called at the beginning of
    /// `main`, for the signals that a loop is to take.
    ///
    /// The kernel gives a signal that is sent to the process to any thread that does not block it, where it does what it
    /// does without a loop: SIGTERM ends the process.
    ///
    /// In a program whose `main` is asynchronous this does not help: libdispatch parks the main thread in sigsuspend(2) with
    /// no signal blocked. Give such a program a synchronous `main`, which runs a loop by ``runOnCurrentThread()``, or leave
    /// its signals to `UnixSignals` of swift-service-lifecycle.
    public static func blockSignals(_ signals: Int32...) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Calls `handler`, isolated to the loop, for each signal of that number that comes.
    ///
    /// That the signal is blocked in all threads is the program's part: see ``blockSignals(_:)``; a warning names a thread
    /// that has it not. Where it was not, this blocks it in the calling thread, and the removal of the source unblocks it
    /// in the thread that removes it: let both be the one that drives the loop. The kernel keeps one of each standard signal, and a queue of real-time signals, until the loop takes them.
    ///
    /// - Throws: `IOError` with EBUSY if the loop has a source for the signal, EINVAL if there is none such.
    public func addSignal(
        _ signal: Int32, name: String? = nil, priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop, SignalInfo) throws -> Void
    ) throws(IOError) -> EventSource {
        try addSignal(signal, name: name, priority: priority, on: self, handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addSignal<Owner: Actor>(
        _ signal: Int32, name: String? = nil, priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner, SignalInfo) throws -> Void
    ) throws(IOError) -> EventSource {
        let core = OwnedCore(name ?? "signal \(signal)", executor, owner, handler)
        try core.install(priority, "watching for \(core.name)") { source in
            sd_event_add_signal(
                executor.event, &source, signal | SD_EVENT_SIGNAL_PROCMASK,
                { _, info, core in EventCore<SignalInfo>.at(core).fire(SignalInfo(info!.pointee)) }, core.address)
        }
        if let thread = SignalMask.threadWithout(signal) {
            executor.logger.warning(
                """
                signal \(signal) may not reach the event loop: thread \(thread) does not block it; call \
                EventLoop.blockSignals(\(signal)) at the beginning of main
                """)
        }
        return EventSource(core)
    }
}

/// The signals that threads block, as proc(5) tells: /proc/self/task/*/status.
private enum SignalMask {
    /// Number and name of a thread that does not block the signal; nil: all do.
    static func threadWithout(_ signal: Int32) -> String? {
        var ids = [UInt32](repeating: 0, count: 4096)
        let count = signalbox_thread_ids(UInt32(getpid()), &ids, ids.count)
        for id in ids.prefix(count) {
            guard let (name, mask) = status(of: id) else { continue }
            if mask & (1 << UInt64(signal - 1)) == 0 { return "\(id) \"\(name)\"" }
        }
        return nil
    }

    /// nil: the thread has ended.
    private static func status(of thread: UInt32) -> (name: String, mask: UInt64)? {
        guard let file = fopen("/proc/self/task/\(thread)/status", "re") else { return nil }
        defer { fclose(file) }
        var name = ""
        var buffer = [CChar](repeating: 0, count: 256)
        while fgets(&buffer, 256, file) != nil {
            let line = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            let value = line.split(separator: "\t", maxSplits: 1).last?.filter { !$0.isNewline } ?? ""
            if line.hasPrefix("Name:") { name = value }
            if line.hasPrefix("SigBlk:") { return UInt64(value, radix: 16).map { (name, $0) } }
        }
        return nil
    }
}
