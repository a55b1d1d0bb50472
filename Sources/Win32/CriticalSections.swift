import CLinux
public import CWin32
import Dispatcher
import Signalbox
import Synchronization

// Critical sections: a lock of one process, recursive, without a handle. LockCount is a futex word of three values.
// As on Windows there is no queue: whoever comes while the lock is free has it, which is what makes it fast. Leaving a
// section that the calling thread does not own does nothing, where Windows corrupts it.
//
// LockCount and RecursionCount share eight aligned bytes, so that one operation takes the lock and counts the first
// entry and saves two stores. Who waits touches the half that is LockCount; the other
// half is the owner's. (Processors give operations of two sizes one order, as Linux's own spin locks rely on.)

/// LockCount's values.
private enum Lock {
    static var free: UInt32 { UInt32(bitPattern: -1) }
    static var held: UInt32 { UInt32(bitPattern: -2) }
    /// Held, and somebody may sleep on it: what Windows has for one waiter.
    static var awaited: UInt32 { UInt32(bitPattern: -6) }
}

/// LockCount, and above it RecursionCount.
private enum Pair {
    static var free: UInt64 { UInt64(Lock.free) }
    static var heldOnce: UInt64 { UInt64(Lock.held) | 1 << 32 }
}

/// Looks at a held section before sleeping, at most. Programs ask for thousands, from a time when sleeping was dear; a
/// few hundred nanoseconds outlast a short section and cost nobody else anything.
private let longestSpin: UInt64 = 16

/// A section, whose every field but the lock belongs to its owner. A null pointer faults, as on Windows.
private struct Section {
    let record: UnsafeMutablePointer<CRITICAL_SECTION>

    @inline(__always) init(_ record: LPCRITICAL_SECTION?) { self.record = record.unsafelyUnwrapped }

    // The offsets are those that layout.c asserts.
    @inline(__always) var word: UnsafeMutableRawPointer { UnsafeMutableRawPointer(record) + 8 }
    @inline(__always) var lock: UnsafeMutablePointer<Atomic<UInt32>> {
        word.assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    @inline(__always) var pair: UnsafeMutablePointer<Atomic<UInt64>> {
        word.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    /// How often the owner has entered; its own business, but other threads claim it with the lock in one word.
    @inline(__always) var recursion: UnsafeMutablePointer<Atomic<UInt32>> {
        (word + 4).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    @inline(__always) func recurse(by difference: Int32) {
        let count = recursion.pointee.load(ordering: .relaxed)
        recursion.pointee.store(count &+ UInt32(bitPattern: difference), ordering: .relaxed)
    }
    /// The owner's thread id. Read by anyone, but it is the reader's own id only if the reader wrote it.
    @inline(__always) var owner: UnsafeMutablePointer<Atomic<UInt>> {
        (UnsafeMutableRawPointer(record) + 16).assumingMemoryBound(to: Atomic<UInt>.self)
    }

    func initialize(spinCount: DWORD) {
        record.initialize(to: CRITICAL_SECTION())
        record.pointee.DebugInfo = PRTL_CRITICAL_SECTION_DEBUG(bitPattern: -1)
        record.pointee.LockCount = LONG(bitPattern: Lock.free)
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

    /// Takes a free section.
    @inline(__always) func take(_ thread: UInt) -> Bool {
        guard
            _fastPath(
                pair.pointee.compareExchange(
                    expected: Pair.free, desired: Pair.heldOnce, successOrdering: .acquiring, failureOrdering: .relaxed
                ).exchanged)
        else { return false }
        owner.pointee.store(thread, ordering: .relaxed)
        return true
    }

    @inline(__always) func isOwned(by thread: UInt) -> Bool { owner.pointee.load(ordering: .relaxed) == thread }

    @inline(never) func tryEnter() -> Bool {
        let thread = UInt(signalbox_thread_id())
        guard isOwned(by: thread) else { return take(thread) }
        recurse(by: 1)
        return true
    }

    @inline(never) func enter() {
        if tryEnter() { return }
        let thread = UInt(signalbox_thread_id())
        // spin
        for _ in 0..<min(record.pointee.SpinCount, longestSpin) {
            signalbox_pause()
            if lock.pointee.load(ordering: .relaxed) == Lock.free && take(thread) { return }
        }
        // sleep: inside, so that who was woken is not stopped before it has the section, or sleeps again
        signalbox_enter()
        while lock.pointee.exchange(Lock.awaited, ordering: .acquiring) != Lock.free {
            AddressWait.sleep(word, while: Lock.awaited, for: .criticalSection)
        }
        owner.pointee.store(thread, ordering: .relaxed)
        recursion.pointee.store(1, ordering: .relaxed)
        signalbox_leave()
    }

    /// What leaving is when it isn't the usual: from within, or by a thread that owns nothing.
    @inline(never) func leaveOne(_ thread: UInt) {
        // The id is 0 in a thread that has entered no section yet, and so is the owner of a free one.
        if thread != 0 && isOwned(by: thread) { recurse(by: -1) }
    }

    @inline(never) func freeAndWake() {
        signalbox_enter()
        pair.pointee.store(Pair.free, ordering: .releasing)
        AddressWait.wakeOne(word)
        signalbox_leave()
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

// The usual case is one straight line in each of these, which is worth another tenth of the time.

@c(EnterCriticalSection) @implementation public func __EnterCriticalSection(_ section: LPCRITICAL_SECTION?) {
    let (section, thread) = (Section(section), UInt(signalbox_thread().pointee.id))
    guard _fastPath(thread != 0), section.take(thread) else { return section.enter() }
}

@c(TryEnterCriticalSection) @implementation
public func __TryEnterCriticalSection(_ section: LPCRITICAL_SECTION?) -> BOOL { Section(section).tryEnter() ? 1 : 0 }

@c(LeaveCriticalSection) @implementation public func __LeaveCriticalSection(_ section: LPCRITICAL_SECTION?) {
    let (section, thread) = (Section(section), UInt(signalbox_thread().pointee.id))
    guard _fastPath(section.isOwned(by: thread)), _fastPath(section.recursion.pointee.load(ordering: .relaxed) == 1)
    else { return section.leaveOne(thread) }
    section.owner.pointee.store(0, ordering: .relaxed)
    let isFree = section.pair.pointee.compareExchange(
        expected: Pair.heldOnce, desired: Pair.free, successOrdering: .releasing, failureOrdering: .relaxed
    ).exchanged
    if !_fastPath(isFree) { section.freeAndWake() }
}

/// What is left is a free section, so that a destructor which comes too late hangs nobody.
@c(DeleteCriticalSection) @implementation public func __DeleteCriticalSection(_ section: LPCRITICAL_SECTION?) {
    Section(section).initialize(spinCount: 0)
}
