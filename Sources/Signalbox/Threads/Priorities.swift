package import CLinux
package import Dispatcher
import Glibc
import Synchronization

/// Priorities of threads, as NT has them: a process's class and a thread's level make a base priority of 1 to 31. Linux
/// gets it in the same order: 1 is SCHED_IDLE; 2 to 14 are nice values, three apart; 15 is SCHED_RR, or the lowest nice
/// value if that is not allowed; 16 to 31 are SCHED_RR. What the process had when it was started belongs to the class
/// that this is nearest to.
///
/// Who has no privilege and lowers himself cannot, on Linux, come back (RLIMIT_NICE, sched(7)). So where coming back is
/// not allowed, lower priorities are all SCHED_BATCH, which may be left again; and higher ones are refused.
package enum Priorities {
    package enum Class: Int, Sendable, Comparable {
        case idle = 4
        case belowNormal = 6
        case normal = 8
        case aboveNormal = 10
        case high = 13
        case realtime = 24

        package static func < (a: Class, b: Class) -> Bool { a.rawValue < b.rawValue }
    }

    package enum Failure: Error { case notALevel, notAllowed, noSuchThread, hasEnded }

    private struct State {
        var processClass = Class.normal
        /// What the first thread had before anything was changed, and the base priority that it stands for.
        var initial = signalbox_scheduling()
        var initialBase = 0
        var disablesBoost = false
        /// 0: not asked for yet.
        var systemMask: UInt64 = 0
        var processMask: UInt64 = 0
    }

    /// Taken before the registry's lock; its holder is inside.
    private static let state = Guarded(State())
    /// Whether a new thread may inherit what it should not have.
    private static var isChanged: Bool { Threads.begins.load(ordering: .acquiring) != 0 }
    private static func willChange() {
        let begin: @convention(c) (UInt64) -> Void = { Priorities.begin(ObjectName(bits: $0)) }
        Threads.begins.store(unsafeBitCast(begin, to: UInt.self), ordering: .releasing)
    }

    private static func withState<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        signalbox_enter()
        defer { signalbox_leave() }
        let result: Result<R, E> = state.withLock { state in
            if state.initialBase == 0 { prepare(&state) }
            do throws(E) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func prepare(_ state: inout State) {
        let first = UInt32(getpid())
        if signalbox_get_scheduling(first, &state.initial) != 0 { state.initial = signalbox_scheduling() }
        state.processClass = nearest(state.initial)
        state.initialBase = state.processClass.rawValue
        state.systemMask = signalbox_system_affinity()
        state.processMask = signalbox_affinity(first)
    }

    /// The class that a process most likely has whose threads are scheduled so.
    private static func nearest(_ scheduling: signalbox_scheduling) -> Class {
        switch (scheduling.policy, scheduling.nice) {
        case (SCHED_RR, _), (SCHED_FIFO, _): .realtime
        case (idlePolicy, _), (_, 11...): .idle
        case (_, 4...): .belowNormal
        case (_, (-3)...): .normal
        case (_, (-8)...): .aboveNormal
        default: .high
        }
    }

    // SCHED_BATCH and SCHED_IDLE, which Glibc's module has not.
    private static var batchPolicy: Int32 { 3 }
    private static var idlePolicy: Int32 { 5 }

    // ---- what a thread's object keeps: in the upper half of its word of suspensions, whose lower half is others'

    private static var levelShift: UInt32 { 16 }
    private static var boostBit: UInt32 { 1 << 24 }
    private static var idealShift: UInt32 { 25 }

    /// Under the object's lock: without it the record may be another object's by now.
    private static func word(_ object: ObjectName) -> UInt32 {
        let word = Arena.local.object(object.index).suspensions
        return Threads.withFields(object) { _, _ in word.pointee.load(ordering: .relaxed) } ?? 0
    }

    private static func replace(_ object: ObjectName, _ mask: UInt32, with bits: UInt32) {
        let word = Arena.local.object(object.index).suspensions
        _ = Threads.withFields(object) { _, _ in
            // Its other bits are changed without the lock.
            var seen = word.pointee.load(ordering: .relaxed)
            while true {
                let (done, now) = word.pointee.weakCompareExchange(
                    expected: seen, desired: seen & ~mask | bits, ordering: .acquiringAndReleasing)
                if done { return }
                seen = now
            }
        }
    }

    private static func storedLevel(_ object: ObjectName) -> Int {
        Int(Int8(truncatingIfNeeded: word(object) >> levelShift))
    }
    private static func store(level: Int, in object: ObjectName) {
        replace(object, 0xFF << levelShift, with: UInt32(UInt8(bitPattern: Int8(level))) << levelShift)
    }

    private static func expectThread(_ object: ObjectName) throws(Failure) {
        guard Arena.local.kind(of: object) == .thread else { throw .noSuchThread }
    }

    private enum Life { case notBegun, ended, runs(UInt32) }

    /// Calls `body` with the kernel's id of the thread, which does not end meanwhile.
    private static func whileAlive<R>(_ object: ObjectName, _ body: (Life) -> R) -> R {
        let hasEnded = Threads.withFields(object) { fields, word in
            word.isSignaled || fields.pointee.waiter == ThreadFields.ended
        }
        signalbox_registry_lock()
        defer { signalbox_registry_unlock() }
        if let thread = signalbox_thread_with_object(object.bits) { return body(.runs(thread.pointee.id)) }
        // Of another process, or about to end.
        if hasEnded == false { return body(Threads.id(object).map { .runs($0) } ?? .notBegun) }
        return body(.ended)
    }

    // ---- the mapping

    /// The base priority of a level in a class.
    package static func base(_ processClass: Class, _ level: Int) -> Int {
        let range = processClass == .realtime ? 16...31 : 1...15
        if level <= -15 { return range.lowerBound }
        if level >= 15 { return range.upperBound }
        return min(max(processClass.rawValue + level, range.lowerBound), range.upperBound)
    }

    private static func isLevel(_ level: Int, _ processClass: Class) -> Bool {
        switch level {
        case -15, -2...2, 15: true
        // "-7, -6, -5, -4, -3, 3, 4, 5, or 6" (SetThreadPriority)
        case -7...6: processClass == .realtime
        default: false
        }
    }

    private static func nice(_ base: Int, _ state: State) -> Int32 {
        Int32(min(max(Int(state.initial.nice) + 3 * (state.initialBase - base), -20), 19))
    }

    private static func apply(_ base: Int, to id: UInt32, _ state: State) throws(Failure) {
        let initial = state.initial
        var wanted = initial
        if base == state.initialBase {
            // as it was
        } else if base >= 15 {
            wanted.policy = SCHED_RR
            wanted.priority = base == 15 ? 1 : UInt32(base - 14)
        } else if base < state.initialBase && !mayComeBack(id, initial.nice) {
            wanted.policy = batchPolicy
            wanted.priority = 0
        } else {
            // The idle policy leaves the nice value as it is.
            wanted.policy = base == 1 ? idlePolicy : SCHED_OTHER
            wanted.priority = 0
            wanted.nice = nice(base, state)
        }
        var error = signalbox_set_scheduling(id, wanted)
        if base == 15 && error == EPERM {
            // Whoever may not have the real-time policy may have this.
            error = signalbox_set_scheduling(id, signalbox_scheduling(policy: SCHED_OTHER, nice: -20, priority: 0))
        }
        switch error {
        case 0, ESRCH: return  // it has ended
        default: throw .notAllowed
        }
    }

    /// Whether a thread that is lowered can get the nice value again: the limit says so, or an attempt at more does.
    private static func mayComeBack(_ id: UInt32, _ nice: Int32) -> Bool {
        if signalbox_nice_limit() <= nice { return true }
        var now = signalbox_scheduling()
        guard signalbox_get_scheduling(id, &now) == 0 else { return true }
        if now.policy == SCHED_RR || now.policy == SCHED_FIFO {
            now = signalbox_scheduling(policy: SCHED_OTHER, nice: nice, priority: 0)
        }
        if now.nice > nice && now.policy != batchPolicy { return true }  // it was lowered already, as that was allowed
        guard now.nice > -20 else { return true }
        now.nice -= 1
        return signalbox_set_scheduling(id, now) == 0
    }

    // ---- levels

    package static func level(_ object: ObjectName) throws(Failure) -> Int {
        try expectThread(object)
        return storedLevel(object)
    }

    package static func setLevel(_ object: ObjectName, _ level: Int) throws(Failure) {
        try expectThread(object)
        try withState { state throws(Failure) in
            guard isLevel(level, state.processClass) else { throw .notALevel }
            willChange()
            let base = base(state.processClass, level)
            let copy = state
            let result: Result<Void, Failure> = whileAlive(object) { life in
                guard case .runs(let id) = life else { return .success(()) }
                do throws(Failure) { return .success(try apply(base, to: id, copy)) } catch { return .failure(error) }
            }
            try result.get()
            store(level: level, in: object)
        }
    }

    /// A thread of ours begins: it has its own level and all processors, not those of the thread that has made it.
    /// `.none`: it has no object, and serves the others.
    private static func begin(_ object: ObjectName) {
        withState { state in
            let level = object == .none ? 0 : storedLevel(object)
            try? apply(base(state.processClass, level), to: UInt32(signalbox_gettid()), state)
            if state.processMask != 0 { _ = signalbox_set_affinity(0, state.processMask) }
            if state.disablesBoost && object != .none { replace(object, boostBit, with: boostBit) }
        }
    }

    // ---- the process

    package static var processClass: Class { withState { $0.processClass } }

    /// Changes all threads, or none.
    package static func setProcessClass(_ wanted: Class) throws(Failure) {
        try withState { state throws(Failure) in
            willChange()
            var done: [UInt32] = []
            do throws(Failure) {
                for id in threadIDs(of: UInt32(getpid())) {
                    done.append(id)
                    try apply(base(wanted, level(ofThread: id)), to: id, state)
                }
            } catch {
                for id in done { try? apply(base(state.processClass, level(ofThread: id)), to: id, state) }
                throw error
            }
            state.processClass = wanted
        }
    }

    private static func threadIDs(of process: UInt32) -> [UInt32] {
        // A new one that was missed inherits from one that was not, or is about to look for itself.
        var limit = 256
        while true {
            let ids = [UInt32](unsafeUninitializedCapacity: limit) { buffer, count in
                count = signalbox_thread_ids(process, buffer.baseAddress!, limit)
            }
            if ids.count < limit { return ids }
            limit *= 2
        }
    }

    /// What a new process begins with; nil: what the calling thread has. Its class is normal, "unless the priority class
    /// of the creating process is IDLE_PRIORITY_CLASS or BELOW_NORMAL_PRIORITY_CLASS" (CreateProcess).
    package static var ofChild: (scheduling: signalbox_scheduling, mask: UInt64)? {
        guard isChanged else { return nil }
        return withState { state in
            let base = min(state.processClass, .normal).rawValue
            var wanted = state.initial
            if base != state.initialBase {
                wanted.policy = SCHED_OTHER
                wanted.priority = 0
                wanted.nice = nice(base, state)
            }
            return (wanted, state.processMask)
        }
    }

    // ---- other processes, which know nothing of levels

    /// nil: it has ended.
    package static func processClass(of process: UInt32) -> Class? {
        var scheduling = signalbox_scheduling()
        return signalbox_get_scheduling(process, &scheduling) == 0 ? nearest(scheduling) : nil
    }

    package static func setProcessClass(_ wanted: Class, of process: UInt32) throws(Failure) {
        var state = State()
        state.initialBase = Class.normal.rawValue
        var done: [(UInt32, signalbox_scheduling)] = []
        for id in threadIDs(of: process) {
            var before = signalbox_scheduling()
            guard signalbox_get_scheduling(id, &before) == 0 else { continue }
            do throws(Failure) {
                try apply(wanted.rawValue, to: id, state)
                done.append((id, before))
            } catch {
                for (id, before) in done { _ = signalbox_set_scheduling(id, before) }
                throw error
            }
        }
    }

    package static func setMask(_ mask: UInt64, of process: UInt32) throws(Failure) -> Bool {
        guard mask != 0, mask & ~masks.system == 0 else { return false }
        for id in threadIDs(of: process) where signalbox_set_affinity(id, mask) == EPERM { throw .notAllowed }
        return true
    }

    private static func level(ofThread id: UInt32) -> Int {
        signalbox_registry_lock()
        defer { signalbox_registry_unlock() }
        guard let thread = signalbox_thread_with_id(id), thread.pointee.object != 0 else { return 0 }
        return storedLevel(ObjectName(bits: thread.pointee.object))
    }

    // ---- boosts: Linux has none to disable; what was set is kept

    package static func disablesBoost(_ object: ObjectName) throws(Failure) -> Bool {
        try expectThread(object)
        return word(object) & boostBit != 0
    }

    package static func setDisablesBoost(_ object: ObjectName, _ disables: Bool) throws(Failure) {
        try expectThread(object)
        replace(object, boostBit, with: disables ? boostBit : 0)
    }

    package static var processDisablesBoost: Bool { withState { $0.disablesBoost } }

    /// For the process, its threads, and those that it will have (SetProcessPriorityBoost).
    package static func setProcessDisablesBoost(_ disables: Bool) {
        withState { state in
            state.disablesBoost = disables
            if disables { willChange() }
            signalbox_registry_lock()
            var thread = signalbox_first_thread()
            while let found = thread {
                if found.pointee.object != 0 {
                    replace(ObjectName(bits: found.pointee.object), boostBit, with: disables ? boostBit : 0)
                }
                thread = found.pointee.next
            }
            signalbox_registry_unlock()
        }
    }

    // ---- processors

    /// Those of the process, and those that it may have.
    package static var masks: (process: UInt64, system: UInt64) { withState { ($0.processMask, $0.systemMask) } }

    /// Moves all threads. False: there is none, or one that is not the system's.
    package static func setProcessMask(_ mask: UInt64) -> Bool {
        withState { state in
            guard mask != 0, mask & ~state.systemMask == 0 else { return false }
            willChange()
            for id in threadIDs(of: UInt32(getpid())) { _ = signalbox_set_affinity(id, mask) }
            state.processMask = mask
            return true
        }
    }

    /// Returns the processors that the thread could run on before; nil: these are none, or not all the process's.
    package static func setMask(_ object: ObjectName, _ mask: UInt64) throws(Failure) -> UInt64? {
        try expectThread(object)
        while Threads.id(object) == nil, Threads.exitCode(object) == .some(nil) { sched_yield() }  // it is about to run
        let result: Result<UInt64?, Failure> = withState { state in
            guard mask != 0, mask & ~state.processMask == 0 else { return .success(nil) }
            willChange()
            return whileAlive(object) { life in
                guard case .runs(let id) = life else { return .failure(.hasEnded) }
                let before = signalbox_affinity(id)
                guard signalbox_set_affinity(id, mask) == 0 else { return .failure(.notAllowed) }
                return .success(before)
            }
        }
        return try result.get()
    }

    /// Processors that there are, 64 of them at most.
    private static var processors: Int { min(64, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_CONF))))) }

    /// The processor that a thread would best run on: Linux has no use for it. Sets it, but for nil; returns the one
    /// before. nil: there is no such processor.
    package static func ideal(_ object: ObjectName, _ processor: UInt32?) throws(Failure) -> UInt32? {
        try expectThread(object)
        let before = word(object) >> idealShift
        guard let processor else { return before }
        guard processor < UInt32(processors) else { return nil }
        replace(object, 0x7F << idealShift, with: processor << idealShift)
        return before
    }
}
