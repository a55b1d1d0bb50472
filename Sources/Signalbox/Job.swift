import CLinux
package import Dispatcher
import Glibc
import Synchronization

/// A job: processes that are ended together. Its object's record keeps it.
///
/// Linux has no such thing for an ordinary user, so membership is found when it is asked for: a process belongs to the
/// job if it was assigned, if the environment that it was started with names a process that was, or, if that says
/// nothing, if its parent belongs (Sources/CLinux/jobs.c). When the owner of a job that kills its members at the end dies
/// itself, a process that was forked for that does it.
package final class Job: Sendable {
    /// The limits that there are, by their bits in JOBOBJECT_BASIC_LIMIT_INFORMATION.
    package struct Limits: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let dieOnUnhandledException = Limits(rawValue: 0x400)
        package static let breakawayOK = Limits(rawValue: 0x800)
        package static let silentBreakawayOK = Limits(rawValue: 0x1000)
        package static let killOnClose = Limits(rawValue: 0x2000)
    }

    private struct State {
        var limits: Limits = []
        var members: [NativeProcess] = []
        var assigned: UInt32 = 0
        var watcher: (descriptor: Int32, pidfd: Int32)?
    }
    private let state = Guarded(State())
    /// Memory that is shared with the watcher: written under the lock of `state`, but for what is atomic.
    private let address: UInt

    private var memory: OpaquePointer { OpaquePointer(bitPattern: address)! }

    private init?() {
        guard let memory = signalbox_make_job() else { return nil }
        address = UInt(bitPattern: memory)
    }

    deinit {
        if let watcher = state.withLock({ $0.watcher }) {
            signalbox_end_watch(memory, watcher.descriptor, watcher.pidfd)
        }
        signalbox_drop_job(memory)
    }

    /// Makes a job's object, with one reference, which counts as a handle if `handles` is 1.
    package static func make(handles: UInt32 = 0) throws(DispatcherError) -> ObjectName {
        guard let job = Job() else { throw .outOfRecords }
        return try ObjectBox.make(.job, handles: handles, job)
    }

    package static func of(_ object: ObjectName) -> Job? { ObjectBox.find(object, .job, Job.self) }

    // ---- limits

    package var limits: Limits { state.withLock { $0.limits } }

    /// Returns 0 or an errno.
    package func setLimits(_ limits: Limits) -> Int32 {
        state.withLock { state in
            if limits.contains(.killOnClose), state.watcher == nil, !state.members.isEmpty {
                let error = watch(&state)
                if error != 0 { return error }
            }
            state.limits = limits
            signalbox_set_job_kills(memory, limits.contains(.killOnClose))
            for process in state.members { mark(process, limits) }
            return 0
        }
    }

    private func watch(_ state: inout State) -> Int32 {
        var (descriptor, pidfd): (Int32, Int32) = (-1, -1)
        let error = signalbox_watch_job(memory, &descriptor, &pidfd)
        if error == 0 { state.watcher = (descriptor, pidfd) }
        return error
    }

    // ---- members

    /// What this process's job says of those that it starts, if no page does: a `signalbox_job_bits`.
    private static let ownBits = Atomic<UInt32>(0)
    package static var bitsOfThisProcess: UInt32 {
        signalbox_own_page().map { signalbox_page_job($0) } ?? ownBits.load(ordering: .acquiring)
    }

    private func mark(_ process: NativeProcess, _ limits: Limits) {
        var bits = SIGNALBOX_IN_JOB.rawValue
        if limits.contains(.breakawayOK) { bits |= SIGNALBOX_MAY_BREAK_AWAY.rawValue }
        if limits.contains(.silentBreakawayOK) { bits |= SIGNALBOX_BREAKS_AWAY.rawValue }
        if let page = process.page {
            signalbox_set_page_job(page, bits)
        } else if process.role == .own {
            Job.ownBits.store(bits, ordering: .releasing)
        }
    }

    /// Whether the process is in some job, as far as it is known here.
    package static func isInSome(_ process: NativeProcess) -> Bool {
        if process.role == .own { return bitsOfThisProcess & SIGNALBOX_IN_JOB.rawValue != 0 }
        return process.page.map { signalbox_page_job($0) & SIGNALBOX_IN_JOB.rawValue != 0 } ?? false
    }

    /// Returns 0 or an errno: EACCES if the process has ended.
    package func assign(_ process: NativeProcess) -> Int32 {
        guard process.status == .running, process.role == .own || !signalbox_has_ended(process.pidfd) else {
            return EACCES
        }
        return state.withLock { state in
            if state.members.contains(where: { $0 === process }) { return 0 }
            if state.limits.contains(.killOnClose), state.watcher == nil {
                let error = watch(&state)
                if error != 0 { return error }
            }
            let cookie = process.page?.pointee.cookie ?? (process.role == .own ? signalbox_own_cookie() : 0)
            guard signalbox_add_member(memory, process.pid, process.startTime, cookie) else { return ENOMEM }
            state.members.append(process)
            state.assigned += 1
            mark(process, state.limits)
            return 0
        }
    }

    /// The processes of the job that run.
    package var processes: [Int32] {
        var pids = [Int32](repeating: 0, count: 256)
        while true {
            let count = Int(signalbox_list_job(memory, &pids, Int32(pids.count)))
            if count <= pids.count { return Array(pids.prefix(count)) }
            pids = [Int32](repeating: 0, count: 2 * count)
        }
    }

    package func contains(_ process: NativeProcess) -> Bool {
        if state.withLock({ state in state.members.contains { $0 === process } }) { return true }
        return process.status == .running && processes.contains(process.pid)
    }

    /// How many processes were assigned, and the processor time of those.
    package var account: (assigned: UInt32, kernel: UInt64, user: UInt64) {
        let (members, assigned) = state.withLock { ($0.members, $0.assigned) }
        let times = members.map(\.times)
        return (assigned, times.reduce(0) { $0 + $1.kernel }, times.reduce(0) { $0 + $1.user })
    }

    // ---- the end

    /// Ends all processes of the job with that exit code; this one last, if it belongs.
    package func terminate(_ code: UInt32) {
        let members = state.withLock { $0.members }
        for process in members where process.role != .own && process.status == .running { process.announce(code) }
        if signalbox_kill_job(memory, getpid()) { signalbox_end_process(code) }
    }

    /// The last handle is closed.
    func close() {
        if limits.contains(.killOnClose) { terminate(0) }
        let watcher = state.withLock { state in
            state.members = []
            defer { state.watcher = nil }
            return state.watcher
        }
        if let watcher { signalbox_end_watch(memory, watcher.descriptor, watcher.pidfd) }
    }
}
