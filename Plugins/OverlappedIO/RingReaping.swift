import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// How threads that wait for completions take them from the ring themselves, and when the loop's thread does. The protocol
// and its argument are in Docs/Architecture.md.

/// Who takes completions.
struct Gate {
    /// A thread sleeps in the ring, and takes what comes: nobody is told.
    var isHeld = false
    /// The loop looks from time to time, and is not told: threads come back to the ring often enough.
    var isPatrolled = false
    /// Nobody is let in any more.
    var isClosed = false
}

extension Ring {
    /// How long completions may lie, at most, when a thread has left the ring that is the only one to wait for them: it will
    /// be back mostly, and take them itself. In microseconds.
    private static let patience: UInt64 = 1000

    /// The ring that threads sleep in, unretained; 0: none.
    private static let current = Atomic<UInt>(0)
    /// Threads that would sleep in a ring, and sleep elsewhere, because another does or there was nothing to come. Added to
    /// under the gate, so that who leaves the ring sees those who were not let in.
    private static let waiting = Atomic(0)
    /// What `enter` returns to those: no ring.
    private static let elsewhere: UInt = 1
    /// Threads that are about to use it.
    private static let users = Atomic(0)

    private static let hasCalls: Void = CompletionQueue.set(
        CompletionQueue.Calls(
            take: { isLast in Ring.withCurrent { $0.take(isLast: isLast) } ?? false },
            enter: { Ring.withCurrent { $0.enter() } ?? 0 },
            sleep: { place, deadline in Ring.at(place).sleep(until: deadline) },
            leave: { place in
                Ring.users.add(1, ordering: .sequentiallyConsistent)
                Ring.at(place).leave()
                Ring.users.subtract(1, ordering: .sequentiallyConsistent)
            },
            hasWoken: { Ring.waiting.subtract(1, ordering: .sequentiallyConsistent) },
            wake: { Ring.withCurrent { $0.submitNothing() } }))

    private var place: UInt { UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }

    private static func at(_ place: UInt) -> Ring {
        Unmanaged<Ring>.fromOpaque(UnsafeRawPointer(bitPattern: place)!).takeUnretainedValue()
    }

    /// Inside, so that the caller is not stopped while the ring cannot be closed.
    private static func withCurrent<R>(_ body: (Ring) -> R) -> R? {
        signalbox_enter()
        defer { signalbox_leave() }
        guard current.load(ordering: .relaxed) != 0 else { return nil }
        users.add(1, ordering: .sequentiallyConsistent)
        defer { users.subtract(1, ordering: .sequentiallyConsistent) }
        let place = current.load(ordering: .sequentiallyConsistent)
        return place == 0 ? nil : body(at(place))
    }

    /// From now on threads sleep in this ring.
    func publish() {
        _ = Ring.hasCalls
        Ring.current.store(place, ordering: .sequentiallyConsistent)
    }

    /// From now on none does but who is there already.
    func withdraw() {
        _ = Ring.current.compareExchange(
            expected: place, desired: 0, ordering: .sequentiallyConsistent)
        gate.withLock { gate in
            gate.isClosed = true
            gate.isPatrolled = false
            if !gate.isHeld { setTold(true) }
        }
    }

    /// Whether no thread is in the ring, or about to be; after `withdraw`.
    func isLeft() -> Bool {
        gate.withLock { !$0.isHeld } && Ring.users.load(ordering: .sequentiallyConsistent) == 0
    }

    /// Whether the loop is told; under the gate.
    private func setTold(_ isTold: Bool) {
        signalbox_ring_set_told(ring, isTold)
        poller?.setTold(isTold)
    }

    /// There are sockets from now on: who sleeps in the ring is to sleep at the poller. (Who has not looked yet whether there
    /// are sees that there are.) Nothing is submitted without need: a thread that has used a ring is interrupted at its end.
    func havePollerSeenTo() {
        if gate.withLock({ $0.isHeld }) { submitNothing() }
    }

    // ---- threads that wait

    /// `isHolder`: the caller has the ring to sleep in.
    private func take(isLast: Bool, isHolder: Bool = false) -> Bool {
        // Who is about to sleep asks the poller by that.
        let hasTaken = isLast && poller?.isAwaited ?? false && poller!.take()
        guard takeCompletions(isHolder: isHolder) > 0 || hasTaken else { return false }
        activity.add(1, ordering: .relaxed)
        return true
    }

    private func enter() -> UInt {
        let isLetIn = gate.withLock { gate in
            let isAwaited = inFlight.load(ordering: .relaxed) > 0 || poller?.isAwaited ?? false
            guard !gate.isClosed, !gate.isHeld, isAwaited else {
                Ring.waiting.add(1, ordering: .sequentiallyConsistent)
                return false
            }
            gate.isHeld = true
            signalbox_ring_set_told(ring, false)
            return true
        }
        return isLetIn ? place : Ring.elsewhere
    }

    private func sleep(until deadline: UInt64) -> Int32 {
        if take(isLast: false, isHolder: true) { return 0 }
        if isClosing.load(ordering: .acquiring) { return ECANCELED }
        var left = UInt64.max
        if deadline != .max {
            let now = signalbox_now()
            if now >= deadline { return ETIMEDOUT }
            left = deadline - now
        }
        if let poller, poller.isAwaited {
            if poller.sleep(for: left) { activity.add(1, ordering: .relaxed) }
            _ = take(isLast: false, isHolder: true)
            return 0
        }
        let error = signalbox_ring_wait(ring, left)
        _ = take(isLast: false, isHolder: true)
        return error == -ETIME ? ETIMEDOUT : 0
    }

    private func leave() {
        let isTold = gate.withLock { gate in
            gate.isHeld = false
            if gate.isPatrolled && isForOneThread(gate) { return false }
            gate.isPatrolled = false
            setTold(true)
            return true
        }
        // What came before the loop is told again is ours still.
        if isTold { takeCompletions() }
        if isClosing.load(ordering: .acquiring) { notifier!.signal() }
    }

    /// Whether completions are nobody's business but of the thread that is at the ring, or will be back there.
    private func isForOneThread(_ gate: Gate) -> Bool {
        !gate.isClosed && Ring.waiting.load(ordering: .sequentiallyConsistent) == 0
            && othersInFlight.load(ordering: .sequentiallyConsistent) == 0
            && poller?.others.load(ordering: .sequentiallyConsistent) ?? 0 == 0
    }

    // ---- the loop

    /// Whether the loop, which was told of completions, is to leave them where they are, because a thread is at the ring, or
    /// will soon be.
    func leavesToOthers() -> Bool {
        let seen = activity.load(ordering: .relaxed)
        defer { lastActivity = seen }
        let isPatrolled = gate.withLock { gate in
            if gate.isHeld {
                poller?.setTold(false)
                return true
            }
            guard seen != lastActivity, isForOneThread(gate) else { return false }
            gate.isPatrolled = true
            setTold(false)
            return true
        }
        if isPatrolled { alarm!.setOnLoop(in: Ring.patience) }
        return isPatrolled
    }

    /// Nobody is told of completions; are they taken?
    func patrolOnLoop() {
        let seen = activity.load(ordering: .relaxed)
        let isActive = seen != lastActivity
        lastActivity = seen
        let goesOn = gate.withLock { gate in
            guard gate.isPatrolled else { return false }
            if isActive && isForOneThread(gate) { return true }
            gate.isPatrolled = false
            if !gate.isHeld { setTold(true) }
            return false
        }
        if goesOn { return alarm!.setOnLoop(in: Ring.patience) }
        takeIfNobodyDoes()
    }

    /// Has the loop be told again, and take what has come.
    func stopPatrol() {
        gate.withLock { gate in
            guard gate.isPatrolled else { return }
            gate.isPatrolled = false
            if !gate.isHeld { setTold(true) }
        }
    }

    private func takeIfNobodyDoes() {
        if !gate.withLock({ $0.isHeld }) { takeCompletions() }
    }

    /// A request was submitted of which others are told than the one thread.
    func othersHaveCome() {
        if gate.withLock({ $0.isPatrolled }) { notifier!.signal() }
    }
}
