import Synchronization
import Testing

@testable import Signalbox

/// What C programs cannot bring about: words that tell of sleepers who are none.
@Suite("Shared locks")
struct SharedLockTests {
    /// Runs `body` with a lock whose word is `word`, and returns what the word is then.
    private func after<R>(_ word: UInt32, _ body: (SharedLock) -> R) -> UInt32 {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
        defer { memory.deallocate() }
        memory.storeBytes(of: word, as: UInt32.self)
        memory.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        _ = body(SharedLock(memory))
        return memory.load(as: UInt32.self)
    }

    /// What `body` returns with such a lock.
    private func result(_ word: UInt32, _ body: (SharedLock) -> Bool) -> Bool {
        var result = false
        _ = after(word) { result = body($0) }
        return result
    }

    @Test("a reader waits no longer than a moment for a writer that was called and never comes")
    func patience() {
        #expect(after(SharedLock.called) { $0.waitShared() } & ~SharedLock.reader == SharedLock.one)
    }

    @Test("a writer takes a lock that is kept for a writer")
    func called() {
        #expect(after(SharedLock.called) { $0.waitExclusive() } == SharedLock.held)
        #expect(after(SharedLock.called) { $0.tryAcquireExclusive() } == SharedLock.held)
    }

    @Test("one who only tries does not pass those who wait")
    func tries() {
        let awaited = SharedLock.one | SharedLock.writer
        for word in [SharedLock.called, awaited] {
            #expect(!result(word) { $0.tryAcquireShared() })
            #expect(after(word) { $0.tryAcquireShared() } == word)
        }
        #expect(!result(awaited) { $0.tryAcquireExclusive() })
        #expect(after(awaited) { $0.tryAcquireExclusive() } == awaited)
    }

    @Test("a release that finds no sleeper leaves the lock free, whatever its word said", arguments: [2, 4, 6, 8, 14])
    func hints(_ hints: UInt32) {
        #expect(after(SharedLock.held | hints) { $0.releaseExclusive() } == 0)
        #expect(after(SharedLock.one | hints) { $0.releaseShared() } == 0)
        #expect(after(2 * SharedLock.one | hints) { $0.releaseShared() } == SharedLock.one | hints)
    }

    @Test("a lock that is not held stays as it is when it is released")
    func released() {
        #expect(after(0) { $0.releaseExclusive() } == 0)
        #expect(after(0) { $0.releaseShared() } == 0)
        #expect(after(SharedLock.held) { $0.releaseShared() } == SharedLock.held)
        #expect(after(SharedLock.one) { $0.releaseExclusive() } == SharedLock.one)
    }
}
