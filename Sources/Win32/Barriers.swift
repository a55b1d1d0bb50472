import CLinux
public import CWin32
import Dispatcher
import Signalbox
import Synchronization

// Synchronisation barriers. Who comes last begins the next phase, and is the one that gets TRUE. Who leaves says so, and
// deletion waits for all to have done it.

/// A barrier's fields: where Windows has reserved ones. A null pointer faults, as on Windows.
private struct Barrier {
    let base: UnsafeMutableRawPointer

    init(_ barrier: LPSYNCHRONIZATION_BARRIER?) { base = UnsafeMutableRawPointer(barrier.unsafelyUnwrapped) }

    private func field(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (base + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    /// Who has not come yet.
    var missing: UnsafeMutablePointer<Atomic<UInt32>> { field(0) }
    var total: UnsafeMutablePointer<Atomic<UInt32>> { field(4) }
    var phase: UnsafeMutablePointer<Atomic<UInt32>> { field(8) }
    /// Who has come, and has not left.
    var inside: UnsafeMutablePointer<Atomic<UInt32>> { field(12) }
    var spinCount: UnsafeMutablePointer<Atomic<UInt32>> { field(16) }

    /// Looks before sleeping, at most: a few hundred nanoseconds.
    static var longestSpin: UInt32 { 16 }

    /// Sleeps until the word is not `seen`.
    func sleep(_ word: UnsafeMutablePointer<Atomic<UInt32>>, while seen: UInt32) {
        enter()
        defer { leave() }
        let isToSleep = withUnsafePointer(to: seen) { signalbox_line_up(word, $0, MemoryLayout<UInt32>.size) }
        if isToSleep { _ = AddressWait.sleepInLine(until: Deadline.never, for: .barrier) }
    }

    /// Not touched any more after this: it may be deleted.
    func leaveIt() {
        if inside.pointee.wrappingSubtract(1, ordering: .releasing).newValue == 0 {
            signalbox_wake_address(inside, true)
        }
    }
}

@c(InitializeSynchronizationBarrier) @implementation public func __InitializeSynchronizationBarrier(
    _ barrier: LPSYNCHRONIZATION_BARRIER?, _ totalThreads: LONG, _ spinCount: LONG
) -> BOOL {
    guard let barrier, totalThreads > 0, spinCount >= -1 else { return failure(ERROR_INVALID_PARAMETER) }
    barrier.initialize(to: SYNCHRONIZATION_BARRIER())
    let fields = Barrier(barrier)
    fields.missing.pointee.store(UInt32(totalThreads), ordering: .relaxed)
    fields.total.pointee.store(UInt32(totalThreads), ordering: .relaxed)
    fields.spinCount.pointee.store(
        spinCount < 0 ? Barrier.longestSpin : min(UInt32(spinCount), Barrier.longestSpin), ordering: .relaxed)
    return 1
}

@c(EnterSynchronizationBarrier) @implementation
public func __EnterSynchronizationBarrier(_ barrier: LPSYNCHRONIZATION_BARRIER?, _ flags: DWORD) -> BOOL {
    let barrier = Barrier(barrier)
    // Inside, so that a thread which has come is not stopped before the others are told; it may be while it sleeps.
    enter()
    defer { leave() }
    barrier.inside.pointee.wrappingAdd(1, ordering: .relaxed)
    let phase = barrier.phase.pointee.load(ordering: .relaxed)
    if barrier.missing.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        barrier.missing.pointee.store(barrier.total.pointee.load(ordering: .relaxed), ordering: .relaxed)
        barrier.phase.pointee.store(phase &+ 1, ordering: .releasing)
        signalbox_wake_address(barrier.phase, true)
        barrier.leaveIt()
        return 1
    }
    if flags & DWORD(SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY) == 0 {
        for _ in 0..<barrier.spinCount.pointee.load(ordering: .relaxed) {
            if barrier.phase.pointee.load(ordering: .acquiring) != phase { break }
            signalbox_pause()
        }
    }
    while barrier.phase.pointee.load(ordering: .acquiring) == phase { barrier.sleep(barrier.phase, while: phase) }
    barrier.leaveIt()
    return 0
}

/// Waits until all have left it.
@c(DeleteSynchronizationBarrier) @implementation
public func __DeleteSynchronizationBarrier(_ barrier: LPSYNCHRONIZATION_BARRIER?) -> BOOL {
    let barrier = Barrier(barrier)
    while true {
        let inside = barrier.inside.pointee.load(ordering: .acquiring)
        if inside == 0 { return 1 }
        barrier.sleep(barrier.inside, while: inside)
    }
}
