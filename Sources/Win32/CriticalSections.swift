import CLinux
public import CWin32
import Dispatcher
import Signalbox
import Synchronization

// Critical sections: a lock of one process, recursive, without a handle. LockCount is a futex word of three values.
// As on Windows there is no queue: whoever comes while the lock is free has it, which is what makes it fast. Leaving a
// section that the calling thread does not own does nothing, where Windows corrupts it.

private enum LockCount {
    static var free: Int32 { -1 }
    static var held: Int32 { -2 }
    /// Held, and somebody may sleep on it: what Windows has for one waiter.
    static var awaited: Int32 { -6 }
}

/// Looks at a held section before sleeping, at most. Programs ask for thousands, from a time when sleeping was dear; a
/// few hundred nanoseconds outlast a short section and cost nobody else anything.
private let longestSpin: UInt64 = 16

/// A section, whose every field but the lock belongs to its owner. A null pointer faults, as on Windows.
private struct Section {
    let record: UnsafeMutablePointer<CRITICAL_SECTION>

    @inline(__always) init(_ record: LPCRITICAL_SECTION?) { self.record = record.unsafelyUnwrapped }

    @inline(__always) var word: UnsafeMutableRawPointer { UnsafeMutableRawPointer(record) + 8 }  // see layout.c
    @inline(__always) var lock: UnsafeMutablePointer<Atomic<Int32>> {
        word.assumingMemoryBound(to: Atomic<Int32>.self)
    }
    /// The owner's thread id. Read by anyone, but it is the reader's own id only if the reader wrote it.
    @inline(__always) var owner: UnsafeMutablePointer<Atomic<UInt>> {
        (UnsafeMutableRawPointer(record) + 16).assumingMemoryBound(to: Atomic<UInt>.self)
    }

    func initialize(spinCount: DWORD) {
        record.initialize(to: CRITICAL_SECTION())
        record.pointee.DebugInfo = PRTL_CRITICAL_SECTION_DEBUG(bitPattern: -1)
        record.pointee.LockCount = LockCount.free
        self.spinCount = spinCount
    }

    /// Without flags; on one processor always 0.
    var spinCount: DWORD {
        get { DWORD(truncatingIfNeeded: record.pointee.SpinCount) }
        nonmutating set {
            let count = newValue & ~DWORD(RTL_CRITICAL_SECTION_ALL_FLAG_BITS)
            record.pointee.SpinCount = processorCount() == 1 ? 0 : ULONG_PTR(count)
        }
    }

    @inline(__always) func tryEnter(_ thread: UInt) -> Bool {
        if lock.pointee.compareExchange(
            expected: LockCount.free, desired: LockCount.held, successOrdering: .acquiring, failureOrdering: .relaxed
        ).exchanged {
            own(thread)
            return true
        }
        guard owner.pointee.load(ordering: .relaxed) == thread else { return false }
        record.pointee.RecursionCount &+= 1
        return true
    }

    @inline(__always) func own(_ thread: UInt) {
        owner.pointee.store(thread, ordering: .relaxed)
        record.pointee.RecursionCount = 1
    }

    @inline(never) func waitAndEnter() {
        let thread = UInt(signalbox_thread_id())
        if tryEnter(thread) { return }
        // spin
        for _ in 0..<min(record.pointee.SpinCount, longestSpin) {
            signalbox_pause()
            if lock.pointee.load(ordering: .relaxed) == LockCount.free && tryEnter(thread) { return }
        }
        // sleep
        while lock.pointee.exchange(LockCount.awaited, ordering: .acquiring) != LockCount.free {
            AddressWait.sleep(word, while: UInt32(bitPattern: LockCount.awaited))
        }
        own(thread)
    }
}

@c(InitializeCriticalSection) @implementation
public func __InitializeCriticalSection(_ section: LPCRITICAL_SECTION?) { Section(section).initialize(spinCount: 0) }

@c(InitializeCriticalSectionAndSpinCount) @implementation
public func __InitializeCriticalSectionAndSpinCount(_ section: LPCRITICAL_SECTION?, _ spinCount: DWORD) -> BOOL {
    Section(section).initialize(spinCount: spinCount)
    return 1
}

@c(InitializeCriticalSectionEx) @implementation
public func __InitializeCriticalSectionEx(
    _ section: LPCRITICAL_SECTION?, _ spinCount: DWORD, _ flags: DWORD
) -> BOOL {
    guard flags & DWORD(RTL_CRITICAL_SECTION_FLAG_RESERVED) == 0,
        spinCount & DWORD(RTL_CRITICAL_SECTION_ALL_FLAG_BITS) == 0
    else { return failure(ERROR_INVALID_PARAMETER) }
    Section(section).initialize(spinCount: spinCount)
    return 1
}

@c(SetCriticalSectionSpinCount) @implementation
public func __SetCriticalSectionSpinCount(_ section: LPCRITICAL_SECTION?, _ spinCount: DWORD) -> DWORD {
    let section = Section(section)
    defer { section.spinCount = spinCount }
    return section.spinCount
}

@c(EnterCriticalSection) @implementation public func __EnterCriticalSection(_ section: LPCRITICAL_SECTION?) {
    let (section, thread) = (Section(section), UInt(signalbox_thread().pointee.id))
    if thread == 0 || !section.tryEnter(thread) { section.waitAndEnter() }
}

@c(TryEnterCriticalSection) @implementation
public func __TryEnterCriticalSection(_ section: LPCRITICAL_SECTION?) -> BOOL {
    Section(section).tryEnter(UInt(signalbox_thread_id())) ? 1 : 0
}

@c(LeaveCriticalSection) @implementation public func __LeaveCriticalSection(_ section: LPCRITICAL_SECTION?) {
    // The id is 0 in a thread that has entered no section yet, and so is the owner of a free section: with depth -1.
    let (section, thread) = (Section(section), UInt(signalbox_thread().pointee.id))
    guard section.owner.pointee.load(ordering: .relaxed) == thread else { return }
    let depth = section.record.pointee.RecursionCount &- 1
    guard depth == 0 else {
        if depth > 0 { section.record.pointee.RecursionCount = depth }
        return
    }
    section.record.pointee.RecursionCount = 0
    section.owner.pointee.store(0, ordering: .relaxed)
    if section.lock.pointee.exchange(LockCount.free, ordering: .releasing) == LockCount.awaited {
        AddressWait.wakeOne(section.word)
    }
}

/// What is left is a free section, so that a destructor which comes too late hangs nobody.
@c(DeleteCriticalSection) @implementation public func __DeleteCriticalSection(_ section: LPCRITICAL_SECTION?) {
    Section(section).initialize(spinCount: 0)
}
