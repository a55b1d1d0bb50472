import CLinux
package import Dispatcher
import Glibc
import Synchronization

/// The processes that this one knows, each by one object, whoever asks for it; and the objects of their main threads.
package enum ProcessTable {
    private struct State {
        var objects: [Int32: ObjectName] = [:]
        var threads: [ObjectName: NativeProcess] = [:]
    }
    // Under this lock nothing of the dispatcher's is called, see `NativeProcess`.
    private static let state = Guarded(State())
    /// Entries of `threads`, so that those who have none need not look.
    private static let threadCount = Atomic(0)

    /// The object of the process of that number, with a reference for the caller.
    ///
    /// - Throws: `ProcessError` with ESRCH if there is none.
    package static func open(_ pid: Int32) throws(ProcessError) -> ObjectName {
        while true {
            if let known = state.withLock({ $0.objects[pid] }), Arena.local.retain(known) {
                // One that has ended keeps its number for who knows it, unless there is another of that number.
                if let process = NativeProcess.of(known), process.status == .running || !isThere(pid) { return known }
                Arena.local.release(known)
            }
            let process = try look(pid)
            let object: ObjectName
            do throws(DispatcherError) { object = try process.makeObject() } catch {
                throw ProcessError(code: ENOMEM, "")
            }
            guard insert(pid, object) else {
                Arena.local.release(object)
                continue  // another thread was faster
            }
            if process.role == .other {
                do throws(IOError) { try ChildWatch.add(process, object) } catch {
                    Arena.local.release(object)
                    throw ProcessError(code: error.code, "")
                }
            }
            return object
        }
    }

    /// This process's object, with a reference for the caller.
    package static func own() throws(ProcessError) -> ObjectName { try open(getpid()) }

    /// Whether the object is this process's.
    package static func isOwn(_ object: ObjectName) -> Bool { NativeProcess.of(object)?.role == .own }

    private static func look(_ pid: Int32) throws(ProcessError) -> NativeProcess {
        if pid == getpid() { return NativeProcess(.own, pid: pid, pidfd: -1, path: "", page: signalbox_own_page()) }
        guard pid > 0 else { throw ProcessError(code: ESRCH, "") }
        let pidfd = signalbox_open_process(pid)
        // EINVAL, ENOENT: a thread's number, not a process's.
        guard pidfd >= 0 else { throw ProcessError(code: pidfd == -EMFILE || pidfd == -ENFILE ? -pidfd : ESRCH, "") }
        if signalbox_has_ended(pidfd) {
            close(pidfd)
            throw ProcessError(code: ESRCH, "")
        }
        return NativeProcess(.other, pid: pid, pidfd: pidfd, path: "", page: signalbox_find_page(pid))
    }

    private static func isThere(_ pid: Int32) -> Bool {
        let pidfd = signalbox_open_process(pid)
        guard pidfd >= 0 else { return false }
        defer { close(pidfd) }
        return !signalbox_has_ended(pidfd)
    }

    /// A child that was just started has the number, whoever has opened it meanwhile.
    static func insertChild(_ pid: Int32, _ object: ObjectName) { state.withLock { $0.objects[pid] = object } }

    /// False: another object has the number, and its process runs.
    private static func insert(_ pid: Int32, _ object: ObjectName) -> Bool {
        while true {
            let known = state.withLock { state in
                let known = state.objects[pid]
                if known == nil { state.objects[pid] = object }
                return known
            }
            guard let known else { return true }
            if let process = NativeProcess.of(known), process.status == .running { return false }
            state.withLock { state in if state.objects[pid] == known { state.objects[pid] = nil } }  // gone, or ended
        }
    }

    static func remove(_ pid: Int32, _ object: ObjectName) {
        state.withLock { state in if state.objects[pid] == object { state.objects[pid] = nil } }
    }

    // ---- main threads

    static func addThread(_ thread: ObjectName, _ process: NativeProcess) {
        state.withLock { $0.threads[thread] = process }
        threadCount.add(1, ordering: .releasing)
    }

    @discardableResult
    static func removeThread(_ thread: ObjectName) -> Bool {
        let process = state.withLock { $0.threads.removeValue(forKey: thread) }  // let go outside of the lock
        guard process != nil else { return false }
        threadCount.subtract(1, ordering: .releasing)
        return true
    }

    /// The process whose main thread the object stands for, while it runs; nil: the thread is one of this process.
    package static func process(ofThread thread: ObjectName) -> NativeProcess? {
        guard threadCount.load(ordering: .acquiring) > 0 else { return nil }
        return state.withLock { $0.threads[thread] }
    }
}
