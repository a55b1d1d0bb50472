import CLinux
import Synchronization

extension Arena {
    /// Signals one object and waits for another as one step: nobody sees the first signaled before the caller stands in
    /// line at the second, or has taken it. What signaling the first can be refused for is thrown, and then nothing is
    /// waited for; `noSuchObject(0)` is the first object, `noSuchObject(1)` the second.
    @available(*, noasync, message: "blocks the thread")
    package func signalAndWait(
        _ signal: ObjectName, _ object: ObjectName, until deadline: UInt64, alertable: Bool = false,
        owner: Owner? = nil
    ) throws(DispatcherError) -> Verdict {
        signalbox_enter()
        defer { signalbox_leave() }
        if isLocal { Threads.sleepWhileSuspended() }
        let kind = self.kind(of: signal)
        if kind == nil { throw .noSuchObject(0) }
        guard kind == .event || kind == .mutex || kind == .semaphore else { throw .wrongKind }
        guard let waitKind = self.kind(of: object) else { throw .noSuchObject(1) }
        guard waitKind != .port else { throw .wrongKind }
        let waiter = try ownWaiter()
        defer { releaseOwnWaiter(waiter) }
        let taker = owner ?? threadOwner
        if waitKind == .mutex && taker == .none { throw .needsOwner }
        return try withUnsafePointer(to: object) { name throws(DispatcherError) in
            var kept = signalbox_kept(outer: nil, names: name, count: 1)
            return try withUnsafeMutablePointer(to: &kept) { kept throws(DispatcherError) in
                var isKept = false
                defer { if isKept { dropKept(kept) } }
                let verdict = try wait(for: owner, until: deadline, alertable: alertable, kept, isKept: &isKept) {
                    waiter throws(DispatcherError) in
                    let entered = try enterSignaling(signal, object, waiter, mayStand: deadline != Deadline.now)
                    return entered == .ended(.timedOut) && alertable && Threads.runAPCs() ? .ended(.alerted) : entered
                }
                if let verdict { return verdict }
                do throws(DispatcherError) {
                    return try block(on: object, until: deadline, alertable: alertable, owner: owner)
                } catch {
                    throw error == .noSuchObject(0) ? .noSuchObject(1) : error
                }
            }
        }
    }

    /// As `enterOne`, in one step with the signal.
    func enterSignaling(
        _ signal: ObjectName, _ object: ObjectName, _ waiter: UInt32, mayStand: Bool
    ) throws(DispatcherError) -> Entered {
        var wake = WakeList()
        defer { wake.perform(in: self) }
        let (first, second) = (self.object(signal.index), self.object(object.index))
        let owner = self.waiter(waiter).owner
        lockAll()
        defer { unlockAll() }
        newStamp()
        guard hold(object) else { throw .noSuchObject(1) }
        defer { drop(second, heldWord(second)) }
        let isOther = first != second
        guard hold(signal) else { throw .noSuchObject(0) }
        defer { if isOther { drop(first, heldWord(first)) } }
        var word = heldWord(second)
        // A mutex that is both is given back first, which makes room.
        if isOther && word.isOwned && word.owner == owner && second.recursion == Arena.recursionLimit {
            throw .limitExceeded
        }
        word = heldWord(first)
        switch word.kind {
        case .event:
            count(.signals, signal.index)
            word.signal()
        case .semaphore: try addLocked(1, first, &word)
        default: if try disownOnce(signal, owner) { word.disown() }
        }
        satisfyLocked(first, &word, &wake)
        keep(first, word)
        word = heldWord(second)
        defer { keep(second, word) }
        if word.isSignaled(for: owner) {
            return .ended(takeLocked(second, &word, owner) ? .abandoned(0) : .satisfied(0))
        }
        return mayStand ? .inLine(standLocked(waiter, second, &word)) : .ended(.timedOut)
    }
}
