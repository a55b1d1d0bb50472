import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// The locks of one file, of all openings in this process: one object for all of them.
///
/// What is granted is decided here, with Windows' rules; and then asked of the kernel too, where locks of the open file
/// description stand for it toward other processes.
///
/// Lock order: `FileLocks.registry`, then `state`.
final class FileLocks: Sendable {
    struct Identity: Hashable {
        let device: UInt
        let inode: UInt
    }
    private struct Lock {
        let range: FileRange
        let isExclusive: Bool
        let owner: ObjectIdentifier
    }
    private struct Waiting {
        let lock: Lock
        let file: OpenFileDescription
        let request: IORequest
        /// A thread sleeps until another process has undone its lock.
        var isHelped = false
    }
    private struct State {
        var locks: [Lock] = []
        /// First come, first served, where they exclude each other.
        var waiting: [Waiting] = []
    }
    private let state = Guarded(State())
    /// How many locks there are: transfers look at that first.
    private let count = Atomic(0)

    /// Whether nobody has locked anything; one that is made at this moment may be missed.
    var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    // ---- which file

    private struct Entry {
        let locks: FileLocks
        var openings: Int
    }
    private static let registry = Guarded<[Identity: Entry]>([:])

    static func open(_ identity: Identity) -> FileLocks {
        registry.withLock { registry in
            let locks = registry[identity]?.locks ?? FileLocks()
            registry[identity, default: Entry(locks: locks, openings: 0)].openings += 1
            return locks
        }
    }

    static func close(_ identity: Identity) {
        registry.withLock { registry in
            guard let entry = registry[identity] else { return }
            registry[identity] = entry.openings == 1 ? nil : Entry(locks: entry.locks, openings: entry.openings - 1)
        }
    }

    // ---- locking

    enum Outcome {
        case granted
        case refused
        case waiting
        /// The kernel has failed.
        case failed(Int32)
    }

    /// Locks the range for an opening; if that cannot be now, and there is a request, it completes when it has been.
    func lock(
        _ range: FileRange, isExclusive: Bool, owner: AnyObject, _ file: OpenFileDescription,
        waitingAs request: IORequest?
    ) -> Outcome {
        let lock = Lock(range: range, isExclusive: isExclusive, owner: ObjectIdentifier(owner))
        return state.withLock { state in
            let isOthers = !conflicts(lock, state.locks)
            if isOthers {
                let code = take(lock, &state, file)
                if code == 0 { return .granted }
                if OpenFileDescription.isResourceFailure(code) { return .failed(code) }
            }
            guard let request else { return .refused }
            var waiting = Waiting(lock: lock, file: file, request: request)
            if isOthers {
                let code = help(lock, file)
                guard code == 0 else { return .failed(code) }
                waiting.isHelped = true
            }
            state.waiting.append(waiting)
            return .waiting
        }
    }

    /// An exclusive lock excludes all that overlap it, a shared one the exclusive ones of other handles.
    private func conflicts(_ lock: Lock, _ others: [Lock]) -> Bool {
        others.contains { other in
            guard other.range.overlaps(lock.range) else { return false }
            return lock.isExclusive || other.isExclusive && other.owner != lock.owner
        }
    }

    /// Returns 0; EAGAIN, if another process has a lock in the way; or another errno.
    private func take(_ lock: Lock, _ state: inout State, _ file: OpenFileDescription) -> Int32 {
        let code = lockInKernel(lock, state, file)
        guard code == 0 else { return code }
        state.locks.append(lock)
        count.store(state.locks.count, ordering: .releasing)
        return 0
    }

    /// Undoes the lock of exactly that range: the exclusive one first, if there are both. False: there is none.
    func unlock(_ range: FileRange, owner: AnyObject, _ file: OpenFileDescription) -> Bool {
        let owner = ObjectIdentifier(owner)
        let (isFound, ended) = state.withLock { state -> (Bool, [Ended]) in
            let mine = state.locks.indices.filter { state.locks[$0].owner == owner && state.locks[$0].range == range }
            guard let index = mine.first(where: { state.locks[$0].isExclusive }) ?? mine.first else {
                return (false, [])
            }
            state.locks.remove(at: index)
            relockInKernel(range, owner, state, file)
            return (true, grantLocked(&state))
        }
        for (request, status) in ended { request.complete(status, bytes: 0) }
        return isFound
    }

    /// Ends the waits of an opening that are meant; returns how many.
    func cancel(owner: AnyObject, where isMeant: (IORequest) -> Bool) -> Int {
        let owner = ObjectIdentifier(owner)
        let (cancelled, granted) = state.withLock { state -> ([IORequest], [Ended]) in
            let ended = state.waiting.filter { $0.lock.owner == owner && isMeant($0.request) }
            state.waiting.removeAll { waiting in ended.contains { $0.request === waiting.request } }
            return (ended.map(\.request), ended.isEmpty ? [] : grantLocked(&state))
        }
        for request in cancelled { request.complete(.cancelled, bytes: 0) }
        for (request, status) in granted { request.complete(status, bytes: 0) }
        return cancelled.count
    }

    /// Undoes all locks of an opening, whose descriptor is about to be closed.
    func release(owner: AnyObject, _ file: OpenFileDescription) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let owner = ObjectIdentifier(owner)
        let ended = state.withLock { state -> [Ended] in
            guard state.locks.contains(where: { $0.owner == owner }) else { return [] }
            state.locks.removeAll { $0.owner == owner }
            _ = file.setLock(Int16(F_UNLCK), 0, FileSharing.firstByte)
            return grantLocked(&state)
        }
        for (request, status) in ended { request.complete(status, bytes: 0) }
    }

    private typealias Ended = (request: IORequest, status: IOStatus)

    /// The waits that end now: with their locks, or because the kernel fails.
    private func grantLocked(_ state: inout State) -> [Ended] {
        var ended: [Ended] = []
        var still: [Waiting] = []
        for var waiting in state.waiting {
            let isBehind = still.contains { $0.lock.range.overlaps(waiting.lock.range) }
            if !isBehind, !conflicts(waiting.lock, state.locks) {
                var code = take(waiting.lock, &state, waiting.file)
                if code == 0 {
                    ended.append((waiting.request, .success))
                    continue
                }
                // It is another process that is in the way.
                if !OpenFileDescription.isResourceFailure(code) {
                    code = waiting.isHelped ? 0 : help(waiting.lock, waiting.file)
                }
                if code != 0 {
                    ended.append((waiting.request, IOStatus(fileErrno: code)))
                    continue
                }
                waiting.isHelped = true
            }
            still.append(waiting)
        }
        state.waiting = still
        count.store(state.locks.count, ordering: .releasing)
        return ended
    }

    /// Whether a transfer of an opening meets a lock that excludes it: another's exclusive one, or, for a write, any
    /// shared one.
    ///
    /// Source: LockFileEx: "Locking a portion of a file for shared access denies all processes write access to the
    /// specified region of the file, including the process that first locks the region."
    func excludes(_ range: FileRange, isWrite: Bool, owner: AnyObject) -> Bool {
        guard count.load(ordering: .acquiring) > 0, range.length > 0 else { return false }
        let owner = ObjectIdentifier(owner)
        return state.withLock { state in
            state.locks.contains { lock in
                guard lock.range.overlaps(range) else { return false }
                return lock.isExclusive ? lock.owner != owner : isWrite
            }
        }
    }

    // ---- toward other processes

    /// Starts a thread that sleeps until no other process has a lock in the way, and then has us try again. It locks by an
    /// open file description of its own, for what it waits with must not keep ours from being closed; should the request
    /// be cancelled, it sleeps on until the other process unlocks, and does nothing then. Returns 0 or an errno.
    private func help(_ lock: Lock, _ file: OpenFileDescription) -> Int32 {
        guard let range = inKernel(lock.range) else { return EINVAL }
        let mode = lock.isExclusive ? O_RDWR : O_RDONLY
        let own = file.kernel.open("/proc/self/fd/\(file.descriptor)", mode | O_CLOEXEC)
        guard own >= 0 else { return errno }
        let type = Int16(lock.isExclusive ? F_WRLCK : F_RDLCK)
        let description = OpenFileDescription(own, file.kernel)
        let code = Helper.start(file.kernel) {
            description.waitForLock(type, range.start, range.length)
            Glibc.close(own)
            self.tryAgain(lock)
        }
        if code != 0 { Glibc.close(own) }
        return code
    }

    private func tryAgain(_ lock: Lock) {
        let ended = state.withLock { state in
            for index in state.waiting.indices
            where state.waiting[index].lock.owner == lock.owner && state.waiting[index].lock.range == lock.range {
                state.waiting[index].isHelped = false
            }
            return grantLocked(&state)
        }
        for (request, status) in ended { request.complete(status, bytes: 0) }
    }

    /// The part of a range that the kernel's locks can tell: its offsets have 63 bits, and the topmost are taken.
    private func inKernel(_ range: FileRange) -> (start: Int64, length: Int64)? {
        let limit = UInt64(FileSharing.firstByte)
        guard range.length > 0, range.start < limit else { return nil }
        return (Int64(range.start), Int64(min(range.length, limit - range.start)))
    }

    /// Returns as `take`. A file system that has no locks is no failure.
    private func lockInKernel(_ lock: Lock, _ state: State, _ file: OpenFileDescription) -> Int32 {
        guard let range = inKernel(lock.range) else { return 0 }
        let code = file.setLock(Int16(lock.isExclusive ? F_WRLCK : F_RDLCK), range.start, range.length)
        // A shared lock needs a descriptor that reads, an exclusive one that writes: an exclusive lock excludes too much.
        if code == EBADF {
            let other = file.setLock(
                Int16(lock.isExclusive ? F_RDLCK : F_WRLCK), range.start, range.length)
            return isFailure(other) ? other : 0
        }
        // What the handle has locked exclusively beneath stays so.
        if code == 0 && !lock.isExclusive { relockInKernel(lock.range, lock.owner, state, file, lock) }
        return isFailure(code) ? code : 0
    }

    private func isFailure(_ code: Int32) -> Bool {
        code == EAGAIN || code == EACCES || OpenFileDescription.isResourceFailure(code)
    }

    /// After a change: has the kernel lock what the handle's locks still cover of the range.
    private func relockInKernel(
        _ range: FileRange, _ owner: ObjectIdentifier, _ state: State, _ file: OpenFileDescription, _ added: Lock? = nil
    ) {
        guard let whole = inKernel(range) else { return }
        let mine = (state.locks + (added.map { [$0] } ?? [])).filter { $0.owner == owner }
        if added == nil { _ = file.setLock(Int16(F_UNLCK), whole.start, whole.length) }
        for lock in mine.filter({ !$0.isExclusive }) + mine.filter(\.isExclusive) where lock.range.overlaps(range) {
            guard let part = inKernel(lock.range) else { continue }
            let type = Int16(lock.isExclusive ? F_WRLCK : F_RDLCK)
            _ = file.setLock(type, part.start, part.length)
        }
    }
}

/// A thread for one call that may sleep for long.
private enum Helper {
    private final class Body: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Returns 0 or an errno.
    static func start(_ kernel: Kernel, _ body: @escaping @Sendable () -> Void) -> Int32 {
        let context = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        // No signal handler of the program's runs on it.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = kernel.pthread_create(
            &thread, nil,
            { context in
                Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        if code == 0 { pthread_detach(thread) } else { context.release() }
        return code
    }
}
