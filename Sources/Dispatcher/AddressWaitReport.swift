import CLinux

/// What a thread waits for that sleeps on memory of the program's: in a lock that is no kernel object.
package struct AddressWaitReport: Sendable, Equatable {
    package enum Purpose: UInt32, Sendable {
        case address, criticalSection, exclusiveLock, sharedLock, conditionVariable, barrier, oneTimeInitialization
    }
    package let purpose: Purpose
    /// Where the lock is, as the program knows it.
    package let address: UInt
    /// The kernel's id of the thread that has the critical section; nil: nobody, or it is another kind, which knows none.
    package let owner: UInt32?
    /// Of a slim lock: whether somebody has it alone, and how many share it. nil: of other kinds, and if it is gone.
    package let holders: (isExclusive: Bool, shares: UInt32)?

    package static func == (a: AddressWaitReport, b: AddressWaitReport) -> Bool {
        a.purpose == b.purpose && a.address == b.address && a.owner == b.owner
            && a.holders?.isExclusive == b.holders?.isExclusive && a.holders?.shares == b.holders?.shares
    }
}

extension Threads {
    /// What a thread of this process sleeps on that is no kernel object; nil: it does not, or nothing is known of it.
    ///
    /// A look at a thread that runs, as `waits(ofThread:)`. The lock is the program's memory, and may be given back
    /// meanwhile: it is read through the kernel, which says so.
    package static func addressWait(ofThread id: UInt32) -> AddressWaitReport? {
        signalbox_enter()
        defer { signalbox_leave() }
        signalbox_registry_lock()
        defer { signalbox_registry_unlock() }
        guard let thread = signalbox_thread_with_id(id) else { return nil }
        guard let purpose = AddressWaitReport.Purpose(rawValue: thread.pointee.waitingFor) else { return nil }
        if let word = thread.pointee.waitingOn { return look(purpose, at: word) }
        guard let address = thread.pointee.sleeper.address else { return nil }
        return AddressWaitReport(purpose: purpose, address: UInt(bitPattern: address), owner: nil, holders: nil)
    }

    private static func look(_ purpose: AddressWaitReport.Purpose, at word: UnsafeMutableRawPointer)
        -> AddressWaitReport
    {
        var address = UInt(bitPattern: word)
        var owner: UInt32?
        var holders: (Bool, UInt32)?
        switch purpose {
        case .criticalSection:
            // RTL_CRITICAL_SECTION: a pointer, LockCount (the word), RecursionCount, OwningThread.
            address -= 8
            var thread: UInt = 0
            if signalbox_peek(word + 8, &thread, 8), thread != 0 { owner = UInt32(truncatingIfNeeded: thread) }
        case .exclusiveLock, .sharedLock:
            // As SharedLock has it: the lowest bit, and a count from the fifth on.
            var value: UInt32 = 0
            if signalbox_peek(word, &value, 4) { holders = (value & 1 != 0, value >> 4) }
        default: break
        }
        return AddressWaitReport(purpose: purpose, address: address, owner: owner, holders: holders)
    }
}
