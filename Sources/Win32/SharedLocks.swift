public import CWin32
import Signalbox

// SRW locks: see SharedLock in Sources/Dispatcher. A null pointer faults, as on Windows.

extension SharedLock {
    @inline(__always) init(_ lock: PSRWLOCK?) { self.init(UnsafeMutableRawPointer(lock.unsafelyUnwrapped)) }
}

@c(InitializeSRWLock) @implementation public func __InitializeSRWLock(_ lock: PSRWLOCK?) {
    lock.unsafelyUnwrapped.initialize(to: SRWLOCK())
}

@c(AcquireSRWLockExclusive) @implementation public func __AcquireSRWLockExclusive(_ lock: PSRWLOCK?) {
    SharedLock(lock).acquireExclusive()
}

@c(AcquireSRWLockShared) @implementation public func __AcquireSRWLockShared(_ lock: PSRWLOCK?) {
    SharedLock(lock).acquireShared()
}

@c(TryAcquireSRWLockExclusive) @implementation
public func __TryAcquireSRWLockExclusive(_ lock: PSRWLOCK?) -> BOOLEAN {
    SharedLock(lock).tryAcquireExclusive() ? 1 : 0
}

@c(TryAcquireSRWLockShared) @implementation public func __TryAcquireSRWLockShared(_ lock: PSRWLOCK?) -> BOOLEAN {
    SharedLock(lock).tryAcquireShared() ? 1 : 0
}

@c(ReleaseSRWLockExclusive) @implementation public func __ReleaseSRWLockExclusive(_ lock: PSRWLOCK?) {
    SharedLock(lock).releaseExclusive()
}

@c(ReleaseSRWLockShared) @implementation public func __ReleaseSRWLockShared(_ lock: PSRWLOCK?) {
    SharedLock(lock).releaseShared()
}
