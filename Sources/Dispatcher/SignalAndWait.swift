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
        // Not by the time-out of `wait`, so that what is signaled already counts.
        var isKept = false
        defer { if isKept { release(object) } }
        let verdict = try wait(for: owner, until: deadline, alertable: alertable, isKept: &isKept) {
            waiter, wait throws(DispatcherError) in
            let verdict = try enterSignaling(signal, object, waiter, wait: wait, until: deadline)
            return verdict == .timedOut && alertable && Threads.runAPCs() ? .alerted : verdict
        }
        if let verdict { return verdict }
        do throws(DispatcherError) {
            return try block(on: object, until: deadline, alertable: alertable, owner: owner)
        } catch {
            throw error == .noSuchObject(0) ? .noSuchObject(1) : error
        }
    }

    /// As `enter`, in one step with the signal.
    func enterSignaling(
        _ signal: ObjectName, _ object: ObjectName, _ waiter: UInt32, wait: UInt32, until deadline: UInt64
    ) throws(DispatcherError) -> Verdict? {
        try ensureLinks(waiter, 1)
        self.waiter(waiter).shape = 1
        var wake = WakeList()
        let verdict = try signalAndEnter(signal, object, waiter, mayEnter: deadline != Deadline.now, &wake)
        wake.perform(in: self)
        if let verdict { return verdict }
        if deadline == Deadline.now { return .timedOut }
        if publish(waiter, wait: wait) { return nil }
        unlinkAll(waiter, upTo: 1)
        return self.verdict(waiter)
    }

    private func signalAndEnter(
        _ signal: ObjectName, _ object: ObjectName, _ waiter: UInt32, mayEnter: Bool, _ wake: inout WakeList
    ) throws(DispatcherError) -> Verdict? {
        let (first, second) = (self.object(signal.index), self.object(object.index))
        let owner = self.waiter(waiter).owner
        lockAll()
        defer { unlockAll() }
        newStamp()
        _ = hold(second)
        guard heldWord(second).belongs(to: object) else {
            drop(second, heldWord(second))
            throw .noSuchObject(1)
        }
        let isOther = hold(first)
        do throws(DispatcherError) {
            var word = heldWord(first)
            guard word.belongs(to: signal) else { throw .noSuchObject(0) }
            switch word.kind {
            case .event: word.signal()
            case .semaphore: try addLocked(1, first, &word)
            default: if try disownOnce(signal, owner) { word.disown() }
            }
            satisfyLocked(first, &word, &wake)
            keep(first, word)
        } catch {
            if isOther { drop(first, heldWord(first)) }
            drop(second, heldWord(second))
            throw error
        }
        var word = heldWord(second)
        var verdict: Verdict?
        if word.isSignaled(for: owner) {
            if claim(waiter, word.endOfWait) != .lost {
                verdict = takeLocked(second, &word, owner) ? .abandoned(0) : .satisfied(0)
            }
        } else if mayEnter {
            link(waiter * 4 + 2).pointee.object = object.index
            appendLocked(waiter * 4 + 2, to: second, &word)
        }
        if isOther { drop(first, heldWord(first)) }
        drop(second, word)
        return verdict
    }
}
