import Synchronization

/// The claim word of a waiter: which wait it is (a count of its waits), how far it has come, and how it ended.
///
/// `idle → linking → waiting → an end`, or `linking → an end` when a claim comes before the waiter is published.
/// Whoever moves it to an end has won the wait. If it was `waiting`, the winner must wake the waiter; if it was
/// `linking`, the waiter finds out itself, when it fails to move on to `waiting`, and must not be woken.
struct Claim: Equatable {
    var bits: UInt64

    enum State: UInt64 { case idle, linking, waiting, satisfied, abandoned, timedOut, cancelled, alerted, suspended }

    init(bits: UInt64) { self.bits = bits }
    init(wait: UInt32, _ state: State, position: Int = 0) {
        bits = UInt64(wait) << 32 | UInt64(position) << 8 | state.rawValue
    }

    var wait: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) }
    var position: Int { Int(bits >> 8 & 0xFF_FFFF) }
    var state: State { State(rawValue: bits & 0xFF)! }
    var isOpen: Bool { state == .linking || state == .waiting }

    var verdict: Verdict? {
        switch state {
        case .idle, .linking, .waiting: nil
        case .satisfied: .satisfied(position)
        case .abandoned: .abandoned(position)
        case .timedOut: .timedOut
        case .cancelled, .suspended: .cancelled
        case .alerted: .alerted
        }
    }

    enum Outcome: Equatable { case lost, wonWhileLinking, wonWhileWaiting }
}

extension Arena {
    /// Starts a new wait on the record; returns its number, by which late cancellations are told from right ones.
    @discardableResult
    func begin(_ waiter: UInt32, _ state: Claim.State = .linking) -> UInt32 {
        let record = self.waiter(waiter)
        let last = Claim(bits: record.pointee.claim.load(ordering: .relaxed)).wait
        let wait = last == .max ? 1 : last + 1  // 0 is no wait
        record.pointee.park.store(Parking.awake, ordering: .relaxed)
        // Published to others by the record lock of the first object that it is linked to.
        record.pointee.claim.store(Claim(wait: wait, state).bits, ordering: .releasing)
        return wait
    }

    /// Tries to end the wait. `wait`: only if it is that wait still (who holds the lock of an object in whose queue the
    /// waiter stands need not ask).
    func claim(_ waiter: UInt32, wait: UInt32? = nil, _ state: Claim.State, position: Int = 0) -> Claim.Outcome {
        let word = self.waiter(waiter)
        var seen = Claim(bits: word.pointee.claim.load(ordering: .acquiring))
        while seen.isOpen && (wait == nil || wait == seen.wait) {
            let wanted = Claim(wait: seen.wait, state, position: position)
            Seam.step()
            let (done, now) = word.pointee.claim.compareExchange(
                expected: seen.bits, desired: wanted.bits, ordering: .acquiringAndReleasing)
            if done { return seen.state == .linking ? .wonWhileLinking : .wonWhileWaiting }
            seen = Claim(bits: now)
        }
        return .lost
    }

    /// The waiter is in all its queues: from here on, who claims it wakes it. False if it was claimed before.
    func publish(_ waiter: UInt32, wait: UInt32) -> Bool {
        Seam.step()
        return self.waiter(waiter).pointee.claim.compareExchange(
            expected: Claim(wait: wait, .linking).bits, desired: Claim(wait: wait, .waiting).bits,
            ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// How the wait ended; it must have.
    func verdict(_ waiter: UInt32) -> Verdict {
        guard let verdict = Claim(bits: self.waiter(waiter).pointee.claim.load(ordering: .acquiring)).verdict else {
            preconditionFailure("a waiter was resumed before it was claimed")
        }
        return verdict
    }

    private func state(_ waiter: UInt32) -> Claim.State {
        Claim(bits: self.waiter(waiter).pointee.claim.load(ordering: .acquiring)).state
    }
    /// Whether the wait ended because its thread was suspended.
    func wasSuspended(_ waiter: UInt32) -> Bool { state(waiter) == .suspended }
    /// Whether the wait ended for a reason that does not end the call.
    func mayBeginAgain(_ waiter: UInt32) -> Bool { state(waiter) == .suspended || state(waiter) == .alerted }

    /// Notes at the object that satisfied the wait, or the first of a wait for all, that it has slept.
    @inline(__always) func noteSleep(of waiter: UInt32, since begin: UInt64) {
        #if Statistics
            guard case .satisfied(let end) = verdict(waiter) else { return }
            forEachLink(of: waiter, upTo: end + 1) { position, index in
                if position == end { noteSleep(since: begin, link(index).pointee.object) }
                return true
            }
        #endif
    }
}
