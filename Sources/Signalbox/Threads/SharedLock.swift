import CLinux
import Dispatcher
import Glibc
public import Synchronization

/// A lock that one thread holds exclusively, or many share: one word of a caller's own, 0 while it is free. It knows no
/// owner, and is not recursive.
///
/// Those who cannot have it say so in the word and sleep on it, readers and writers apart. While a writer waits, readers
/// who come wait too; those who have slept already do not, so that neither kind starves. Who comes while the lock is free
/// has it: nothing is handed over, except that the last reader calls a writer before it lets go, and then the lock is
/// kept from readers for a moment until the writer is there.
///
/// Who sleeps may be terminated, or suspended, at any time. So what the word says of sleepers is a hint: a release looks
/// how many it has woken, and a reader does not wait for ever for a writer that was called.
@frozen @usableFromInline package struct SharedLock {
    @usableFromInline let word: UnsafeMutablePointer<Atomic<UInt32>>

    @inlinable @inline(__always) package init(_ word: UnsafeMutableRawPointer) {
        self.word = word.assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// Held exclusively.
    @usableFromInline static var held: UInt32 { 1 }
    /// A writer may sleep.
    @usableFromInline static var writer: UInt32 { 2 }
    /// A reader may sleep.
    @usableFromInline static var reader: UInt32 { 4 }
    /// A writer was woken, and is about to come.
    @usableFromInline static var called: UInt32 { 8 }
    /// From here on the word counts those who share it.
    @usableFromInline static var one: UInt32 { 16 }

    /// Looks at a lock before sleeping, at most: a few hundred nanoseconds.
    static var longestSpin: Int { 16 }
    /// How long a reader waits for a writer that was called, in nanoseconds.
    static var patience: UInt64 { 2_000_000 }

    /// For who gets the lock, or only says something in the word.
    @inlinable @inline(__always) func acquire(_ seen: UInt32, _ wanted: UInt32) -> Bool {
        word.pointee.compareExchange(
            expected: seen, desired: wanted, successOrdering: .acquiring, failureOrdering: .relaxed
        ).exchanged
    }
    @inlinable @inline(__always) func letGo(_ seen: UInt32, _ wanted: UInt32) -> Bool {
        word.pointee.compareExchange(
            expected: seen, desired: wanted, successOrdering: .releasing, failureOrdering: .relaxed
        ).exchanged
    }

    // ---- without waiting

    /// Takes the lock if nobody has it.
    @inlinable @inline(__always) package func tryAcquireExclusive() -> Bool {
        if _fastPath(acquire(0, Self.held)) { return true }
        return tryExclusiveSlowly()
    }

    @usableFromInline func tryExclusiveSlowly() -> Bool {
        var seen = word.pointee.load(ordering: .relaxed)
        while seen & Self.held == 0 && seen < Self.one {
            if acquire(seen, seen & ~Self.called | Self.held) { return true }
            seen = word.pointee.load(ordering: .relaxed)
        }
        return false
    }

    /// Shares the lock if no writer has it, or waits for it.
    @inlinable @inline(__always) package func tryAcquireShared() -> Bool {
        var seen = word.pointee.load(ordering: .relaxed)
        while seen & (Self.held | Self.writer | Self.called) == 0 {
            if acquire(seen, seen &+ Self.one) { return true }
            seen = word.pointee.load(ordering: .relaxed)
        }
        return false
    }

    // ---- acquiring

    @available(*, noasync, message: "blocks the thread")
    @inlinable @inline(__always) package func acquireExclusive() {
        if !_fastPath(acquire(0, Self.held)) { waitExclusive() }
    }

    @available(*, noasync, message: "blocks the thread")
    @inlinable @inline(__always) package func acquireShared() {
        if !_fastPath(tryAcquireShared()) { waitShared() }
    }

    @available(*, noasync, message: "blocks the thread")
    @usableFromInline @inline(never) func waitExclusive() {
        signalbox_enter()
        defer { signalbox_leave() }
        var spins = 0
        // Others may sleep still, of whom only the word knew.
        var mark: UInt32 = 0
        while true {
            var seen = word.pointee.load(ordering: .relaxed)
            if seen & Self.held == 0 && seen < Self.one {
                if acquire(seen, seen & ~Self.called | Self.held | mark) { return }
                continue
            }
            if spins < Self.longestSpin {
                spins += 1
                signalbox_pause()
                continue
            }
            let wanted = seen & ~Self.called | Self.writer
            if wanted != seen {
                guard acquire(seen, wanted) else { continue }
                seen = wanted
            }
            if AddressWait.sleep(word, while: seen, bits: Self.writer, for: .exclusiveLock) == 0 { mark = Self.writer }
        }
    }

    @available(*, noasync, message: "blocks the thread")
    @usableFromInline @inline(never) func waitShared() {
        signalbox_enter()
        defer { signalbox_leave() }
        var spins = 0
        var hasSlept = false
        var isPatient = true
        while true {
            var seen = word.pointee.load(ordering: .relaxed)
            let obstacles = hasSlept ? Self.held : Self.held | Self.writer | Self.called
            if seen & obstacles == 0 {
                // Who has waited in vain waits for no other.
                let kept = isPatient ? seen : seen & ~Self.called
                if acquire(seen, kept &+ Self.one) { return }
                continue
            }
            if spins < Self.longestSpin {
                spins += 1
                signalbox_pause()
                continue
            }
            if seen & Self.reader == 0 {
                guard acquire(seen, seen | Self.reader) else { continue }
                seen |= Self.reader
            }
            // Nobody has it, and nobody may come.
            let isFree = seen & Self.held == 0 && seen < Self.one
            let deadline = isFree ? signalbox_now() &+ Self.patience : Deadline.never
            let error = AddressWait.sleep(word, while: seen, until: deadline, bits: Self.reader, for: .sharedLock)
            switch error {
            case 0: hasSlept = true
            case ETIMEDOUT: (hasSlept, isPatient) = (true, false)
            default: break
            }
        }
    }

    // ---- releasing

    @inlinable @inline(__always) package func releaseExclusive() {
        if !_fastPath(letGo(Self.held, 0)) { release(isShared: false) }
    }

    @inlinable @inline(__always) package func releaseShared() {
        if !_fastPath(letGo(Self.one, 0)) { release(isShared: true) }
    }

    /// Others share the lock, or sleep. It is not touched any more once it is free: its memory may be gone.
    @usableFromInline @inline(never) func release(isShared: Bool) {
        signalbox_enter()
        defer { signalbox_leave() }
        let share = isShared ? Self.one : Self.held
        var isCalled = false
        while true {
            let seen = word.pointee.load(ordering: .relaxed)
            if isShared && seen >= 2 * Self.one {
                if letGo(seen, seen &- share) { return }
                continue
            }
            // Released by who does not have it: as it was, where Windows raises an exception.
            if isShared ? seen < Self.one : seen & Self.held == 0 { return }
            if seen & Self.writer != 0 {
                // Call one while the lock is held still, so that readers stand back only if there is one.
                guard acquire(seen, seen & ~Self.writer) else { continue }
                if wake(1, Self.writer) > 0 { isCalled = true }
                continue
            }
            // After a writer it is the readers' turn as well, and the writer's who comes first.
            let isReadersTurn = !isShared || !isCalled
            let readers = seen & Self.reader
            let free = (isReadersTurn ? 0 : readers) | (isCalled ? Self.called : 0)
            guard letGo(seen, free) else { continue }
            if isReadersTurn && readers != 0 { _ = wake(.max, Self.reader) }
            return
        }
    }

    private func wake(_ count: Int32, _ bits: UInt32) -> Int32 {
        signalbox_futex_wake_bits(UnsafeMutableRawPointer(word), count, bits)
    }
}
