import CLinux
public import Synchronization

/// A lock of one word in an arena: 0 free, 1 held, 2 held and someone may sleep on it.
@usableFromInline
struct FutexLock {
    @usableFromInline let state: UnsafeMutablePointer<Atomic<UInt32>>
    @usableFromInline let isShared: Bool

    @inlinable init(state: UnsafeMutablePointer<Atomic<UInt32>>, isShared: Bool) {
        self.state = state
        self.isShared = isShared
    }

    @inlinable @inline(__always) func lock() {
        if state.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged { return }
        lockSlowly()
    }

    @usableFromInline @inline(never) func lockSlowly() {
        if Seam.sleep({ state.pointee.load(ordering: .relaxed) == 0 }) == true { return lock() }
        for _ in 0..<Spin.rounds where state.pointee.load(ordering: .relaxed) == 1 { signalbox_pause() }
        while state.pointee.exchange(2, ordering: .acquiring) != 0 {
            _ = signalbox_futex_wait(state, 2, .max, isShared)
        }
    }

    @inlinable func lockIfFree() -> Bool {
        state.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
    }

    @inlinable @inline(__always) func unlock() {
        if state.pointee.exchange(0, ordering: .releasing) == 2 { wakeSleeper() }
    }

    @usableFromInline @inline(never) func wakeSleeper() { signalbox_futex_wake(state, 1, isShared) }
}

enum Spin {
    /// A few hundred nanoseconds at most; then the kernel.
    static var rounds: Int { 64 }
    /// At a record's lock: as long, in fewer looks.
    static var looks: Int { 8 }
}

// ---- record locks. Who takes one is inside, so that he is not stopped while he holds it; checked in debug builds.

extension Arena {
    /// Takes the record's lock and returns its word as it stands, locked bits cleared.
    @inlinable package func lock(_ record: UnsafeMutablePointer<ObjectRecord>) -> Word {
        #if DEBUG
            debugWillLock()
        #endif
        Seam.step()
        let seen = record.pointee.word.load(ordering: .relaxed)
        if seen & Word.locked == 0,
            record.pointee.word.compareExchange(expected: seen, desired: seen | Word.locked, ordering: .acquiring)
                .exchanged
        {
            return Word(bits: seen & ~Word.contended)
        }
        return lockSlowly(record)
    }

    /// Takes the lock if the record's word is `word`, which must be unlocked; never waits.
    @inlinable package func tryLock(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) -> Bool {
        Seam.step()
        let done = record.pointee.word.compareExchange(
            expected: word.bits, desired: word.bits | Word.locked, successOrdering: .acquiring,
            failureOrdering: .relaxed)
        #if DEBUG
            if done.exchanged { debugHasLocked() }
        #endif
        return done.exchanged
    }

    @inline(never) @usableFromInline package func lockSlowly(_ record: UnsafeMutablePointer<ObjectRecord>) -> Word {
        var spins = 0
        var slept: UInt64 = 0  // who has slept does not know whether others do, and so passes the mark on
        while true {
            var seen = record.pointee.word.load(ordering: .relaxed)
            if seen & Word.locked == 0 {
                let wanted = seen | Word.locked | slept
                if record.pointee.word.compareExchange(expected: seen, desired: wanted, ordering: .acquiring).exchanged
                {
                    return Word(bits: seen & ~Word.contended)
                }
                continue
            }
            let isFree = { record.pointee.word.load(ordering: .relaxed) & Word.locked == 0 }
            if Seam.sleep(isFree) == true { continue }
            if spins < Spin.looks {
                // Looks less and less often, so that who holds it keeps the record's cache line.
                spins += 1
                for _ in 0..<min(1 << spins, 32) { signalbox_pause() }
                continue
            }
            if seen & Word.contended == 0 {
                let marked = seen | Word.contended
                guard record.pointee.word.compareExchange(expected: seen, desired: marked, ordering: .relaxed).exchanged
                else { continue }
                seen = marked
            }
            // The lower half of the word is the futex: whatever changes in the upper half, the lock is dropped with it.
            _ = signalbox_futex_wait(record, UInt32(truncatingIfNeeded: seen), .max, isShared)
            slept = Word.contended
        }
    }

    /// Drops the record's lock, and makes `word` the record's word.
    @inlinable package func unlock(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        #if DEBUG
            debugDidUnlock()
        #endif
        Seam.step()
        let clean = word.bits & ~(Word.locked | Word.contended)
        if record.pointee.word.exchange(clean, ordering: .releasing) & Word.contended != 0 { wakeLocker(record) }
    }

    @inline(never) @usableFromInline package func wakeLocker(_ record: UnsafeMutablePointer<ObjectRecord>) {
        signalbox_futex_wake(record, 1, isShared)
    }

    /// The wait-all lock: the second word of the arena.
    private var allLock: FutexLock {
        FutexLock(state: (base + 8).assumingMemoryBound(to: Atomic<UInt32>.self), isShared: isShared)
    }

    package func lockAll() {
        #if DEBUG
            precondition(
                signalbox_thread().pointee.locks == 0, "lock order: the wait-all lock comes before record locks")
            precondition(signalbox_thread().pointee.holdsAllLock == 0, "lock order: the wait-all lock is held already")
            expectInside()
            signalbox_thread().pointee.holdsAllLock = 1
        #endif
        Seam.step()
        allLock.lock()
    }

    package func unlockAll() {
        #if DEBUG
            signalbox_thread().pointee.holdsAllLock = 0
        #endif
        allLock.unlock()
    }

    /// What calls others out (a thread that is woken, a task that is resumed) comes after every lock; checked in debug
    /// builds.
    package func expectNoLock() {
        #if DEBUG
            precondition(
                signalbox_thread().pointee.locks == 0 && signalbox_thread().pointee.holdsAllLock == 0,
                "lock order: a waiter is woken under a lock")
        #endif
    }

    #if DEBUG
        @usableFromInline func debugWillLock() {
            let thread = signalbox_thread()
            precondition(
                thread.pointee.locks == 0 || thread.pointee.holdsAllLock != 0,
                "lock order: a second record lock is taken without the wait-all lock")
            thread.pointee.locks += 1
            expectInside()
        }

        @usableFromInline func debugHasLocked() {
            signalbox_thread().pointee.locks += 1
            expectInside()
        }
        /// What a thread that is terminated must not leave half done is done inside.
        @usableFromInline func expectInside() {
            precondition(signalbox_thread().pointee.inside != 0, "a thread could be stopped while it holds a lock")
        }
        @usableFromInline func debugDidUnlock() { signalbox_thread().pointee.locks -= 1 }
    #endif
}
