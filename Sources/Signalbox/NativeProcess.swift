package import CLinux
package import Dispatcher
import Glibc
import Synchronization

/// A process as an object of kind process has it: this one, one that it has started, or another that was opened.
///
/// Who keeps what. The object's record keeps this; actors and handles keep the object. While a child runs, `ChildWatch`
/// keeps both, so that it is reaped in any case; a process that was opened is watched only as long as somebody has it.
/// No lock of ours is held while the dispatcher is called: the last release of an object may end in `deinit`, under the
/// dispatcher's locks.
package final class NativeProcess: Sendable {
    package enum Role: Sendable { case own, child, other }

    package let role: Role
    package let pid: Int32
    /// -1: it is this process.
    let pidfd: Int32
    /// What was run, for messages.
    let path: String
    /// When it was started, in 100 ns since 1601.
    package let created: UInt64
    /// As in `signalbox_process_stat`.
    package let startTime: UInt64
    /// Shared with the process; 0: nothing is. What changes in it is atomic.
    private let pageAddress: UInt

    struct State {
        var object = ObjectName.none
        /// The object of its main thread, or `.none`.
        var thread = ObjectName.none
        var exit: ProcessObject.Exit?
        /// The exit code of one that has ended; nil: nobody knows it.
        var code: UInt32?
        /// The code of the last `terminate`.
        var requested: UInt32?
        var ended: UInt64 = 0
        /// Nanoseconds.
        var user: UInt64 = 0
        var kernel: UInt64 = 0
    }
    let state = Guarded(State())
    /// Held while its main thread is suspended or resumed, so that counts and signals go in one order.
    private let suspending = Guarded(())

    package var page: UnsafeMutablePointer<signalbox_page>? { UnsafeMutablePointer(bitPattern: pageAddress) }

    init(_ role: Role, pid: Int32, pidfd: Int32, path: String, page: UnsafeMutablePointer<signalbox_page>?) {
        (self.role, self.pid, self.pidfd, self.path) = (role, pid, pidfd, path)
        pageAddress = UInt(bitPattern: page)
        var stat = signalbox_process_stat()
        let isThere = signalbox_read_stat(pid, &stat)
        startTime = isThere ? stat.start : 0
        created = isThere ? NativeProcess.fileTime(sinceBoot: stat.start) : NativeProcess.now
    }

    deinit {
        let object = state.withLock { $0.object }
        if role == .other { ChildWatch.remove(object) }
        ProcessTable.remove(pid, object)
        if pidfd >= 0 { close(pidfd) }
        if let page, role != .own { signalbox_drop_page(page) }
    }

    /// The process of an object; nil if it is of another kind.
    package static func of(_ object: ObjectName) -> NativeProcess? {
        ObjectBox.find(object, .process, NativeProcess.self)
    }

    /// Makes the object that keeps this, with one reference for the caller.
    func makeObject() throws(DispatcherError) -> ObjectName {
        let object = try ObjectBox.make(.process, manualReset: true, self)
        state.withLock { $0.object = object }
        return object
    }

    // ---- how it ends

    package enum Status: Equatable, Sendable {
        case running
        case ended(UInt32)
        /// It was opened, and the kernel does not tell how it has ended.
        case endedUnknown
    }

    package var status: Status {
        state.withLock { state in
            if state.exit == nil { return .running }
            return state.code.map { .ended($0) } ?? .endedUnknown
        }
    }

    /// Called when the pidfd says that the process has ended. False: it has not.
    func reap() -> Bool {
        var (kind, code, user, kernel): (CChar, Int32, UInt64, UInt64) = (0, 0, 0, 0)
        if role == .child {
            guard signalbox_reap(pidfd, &kind, &code, &user, &kernel) == 0 else { return false }
        } else {
            guard signalbox_has_ended(pidfd) else { return false }
            signalbox_foreign_exit(pid, pidfd, &kind, &code)
            (user, kernel) = processorTimes()
        }
        let exit: ProcessObject.Exit =
            switch UInt8(bitPattern: kind) {
            case UInt8(ascii: "e"): .exited(code)
            case UInt8(ascii: "s"): .signaled(code)
            default: .reapedElsewhere
            }
        let now = NativeProcess.now
        let (object, thread, exitCode) = state.withLock { state in
            state.code = NativeProcess.code(exit, told: page.map { signalbox_page_end($0) }, state.requested)
            (state.exit, state.ended) = (exit, now)
            (state.user, state.kernel) = (max(user, state.user), max(kernel, state.kernel))
            return (state.object, state.thread, state.code)
        }
        if thread != .none {
            ProcessTable.removeThread(thread)
            Threads.endForeign(thread, code: exitCode ?? 0)
        }
        try? Arena.local.signalSlowly(object, .process)  // who called keeps it
        return true
    }

    /// The exit code: what the process, or who terminated it, has told, if wait(2) bears it out.
    private static func code(_ exit: ProcessObject.Exit, told: UInt64?, _ requested: UInt32?) -> UInt32? {
        let how = told.map { $0 >> 32 } ?? 0
        let code = UInt32(truncatingIfNeeded: told ?? 0)
        switch exit {
        case .exited(let status):
            let isTold = how == SIGNALBOX_END_EXIT.rawValue && signalbox_exit_status(code) == status
            return isTold ? code : UInt32(bitPattern: status)
        case .signaled(SIGKILL):
            return how == SIGNALBOX_END_KILL.rawValue ? code : requested ?? codes[SIGKILL]
        case .signaled(let signal):
            return codes[signal] ?? 128 + UInt32(bitPattern: signal)
        case .reapedElsewhere:
            return how != SIGNALBOX_END_NOT.rawValue ? code : requested
        }
    }

    /// What Windows says of a process with that fate: the status of the exception; of Ctrl-C and what else a console
    /// does to its programs; 3 of abort(); 1 of the task manager.
    private static let codes: [Int32: UInt32] = [
        SIGSEGV: 0xC000_0005, SIGBUS: 0xC000_0006, SIGILL: 0xC000_001D, SIGFPE: 0xC000_0094, SIGTRAP: 0x8000_0003,
        SIGINT: 0xC000_013A, SIGQUIT: 0xC000_013A, SIGHUP: 0xC000_013A, SIGTERM: 0xC000_013A, SIGABRT: 3, SIGKILL: 1,
    ]

    /// Ends the process with that exit code. Returns 0 or an errno: EACCES if it has ended, or is about to.
    package func terminate(_ code: UInt32) -> Int32 {
        if role == .own { signalbox_end_process(code) }
        guard status == .running, !signalbox_has_ended(pidfd) else { return EACCES }
        guard let before = announce(code) else { return EACCES }
        let error = signalbox_signal_process(pidfd, SIGKILL)
        if error != 0, let page {
            signalbox_set_end(
                page, signalbox_page_end(page), signalbox_end(UInt32(before >> 32)), UInt32(before & 0xFFFF_FFFF))
        }
        return error == ESRCH ? EACCES : error
    }

    /// Says with which code a kill that follows ends the process. Returns what was said before; nil: it is being killed.
    @discardableResult
    func announce(_ code: UInt32) -> UInt64? {
        guard let page else {
            return state.withLock { state in
                if state.requested != nil { return nil }
                state.requested = code
                return 0
            }
        }
        while true {
            let before = signalbox_page_end(page)
            if before >> 32 == SIGNALBOX_END_KILL.rawValue { return nil }
            if signalbox_set_end(page, before, SIGNALBOX_END_KILL, code) { return before }
        }
    }

    /// Sends a signal. Returns 0 or an errno.
    package func send(_ signal: Int32) -> Int32 {
        pidfd >= 0 ? signalbox_signal_process(pidfd, signal) : kill(pid, signal) == 0 ? 0 : errno
    }

    // ---- its main thread

    /// The object of the process's main thread, with a reference for the caller. Called once, for a child.
    package func makeThread(isSuspended: Bool) throws(DispatcherError) -> ObjectName {
        let thread = try Threads.makeForeign(id: UInt32(bitPattern: pid), isSuspended: isSuspended)
        ProcessTable.addThread(thread, self)
        let hasEnded = state.withLock { state in
            state.thread = thread
            return state.exit != nil
        }
        // Who has reaped it before has not seen the thread; afterwards there is nobody else to end it.
        if hasEnded, ProcessTable.removeThread(thread) {
            Threads.endForeign(thread, code: state.withLock { $0.code } ?? 0)
        }
        return thread
    }

    /// Suspends the process, by the object of its main thread. Returns how often it was suspended before.
    package func suspend(_ thread: ObjectName) throws(DispatcherError) -> UInt32 {
        try suspending.withLock { _ throws(DispatcherError) in
            let before = try Threads.suspend(thread)
            if before == 0 { _ = send(SIGSTOP) }
            return before
        }
    }

    /// Takes one suspension back. Returns how often it was suspended before.
    package func resume(_ thread: ObjectName) throws(DispatcherError) -> UInt32 {
        try suspending.withLock { _ throws(DispatcherError) in
            let before = try Threads.resume(thread)
            if before == 1 { _ = send(SIGCONT) }
            return before
        }
    }

    // ---- times

    /// Start, end (0: it runs), and processor time in the kernel and outside, all in 100 ns.
    package var times: (created: UInt64, ended: UInt64, kernel: UInt64, user: UInt64) {
        let (ended, user, kernel) = state.withLock { state in
            if state.exit == nil {
                let (user, kernel) = processorTimes()
                (state.user, state.kernel) = (max(user, state.user), max(kernel, state.kernel))
            }
            return (state.ended, state.user, state.kernel)
        }
        return (created, ended, kernel / 100, user / 100)
    }

    private func processorTimes() -> (user: UInt64, kernel: UInt64) {
        if role == .own {
            var (user, kernel): (UInt64, UInt64) = (0, 0)
            signalbox_own_times(&user, &kernel)
            return (user, kernel)
        }
        var stat = signalbox_process_stat()
        guard signalbox_read_stat(pid, &stat), stat.start == startTime else { return (0, 0) }
        return (stat.user, stat.kernel)
    }

    /// 100 ns since 1601.
    private static var now: UInt64 { signalbox_realtime() / 100 + 116_444_736_000_000_000 }

    private static func fileTime(sinceBoot start: UInt64) -> UInt64 {
        let age = signalbox_clock(CLOCK_BOOTTIME) &- start
        return now &- age / 100
    }
}
