public import CLinux
public import Synchronization

/// State that one caller at a time may touch.
///
/// What `Synchronization.Mutex` is for; but the thread sanitizer cannot see that one, whose slow path lives in a
/// library that is not instrumented, and reports races that are none. This is compiled with what it guards.
@usableFromInline
package struct Guarded<State>: ~Copyable, @unchecked Sendable {
    // Sendable: `state` is reached under the lock alone. Both live as long as this, which has one owner.
    @usableFromInline let word: UnsafeMutablePointer<Atomic<UInt32>>
    @usableFromInline let state: UnsafeMutablePointer<State>

    package init(_ initial: sending State) {
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(0))
        state = .allocate(capacity: 1)
        state.initialize(to: initial)
    }

    deinit {
        state.deinitialize(count: 1).deallocate()
        word.deinitialize(count: 1).deallocate()
    }

    /// Runs `body` under the lock, in which it must not wait.
    @inlinable @inline(__always) package borrowing func withLock<R, E: Error>(_ body: (inout sending State) throws(E) -> sending R) throws(E)
        -> sending R
    {
        let lock = FutexLock(state: word, isShared: false)
        signalbox_enter()
        defer { signalbox_leave() }
        lock.lock()
        defer { lock.unlock() }
        return try body(&state.pointee)
    }

    /// As `withLock`, if nobody holds the lock; else nil, at once.
    @inlinable package borrowing func withLockIfFree<R>(_ body: (inout sending State) -> sending R) -> sending R? {
        let lock = FutexLock(state: word, isShared: false)
        signalbox_enter()
        defer { signalbox_leave() }
        guard lock.lockIfFree() else { return nil }
        defer { lock.unlock() }
        return body(&state.pointee)
    }
}
