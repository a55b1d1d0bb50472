import Dispatcher
import Signalbox
import TestSupport
import Testing

@Suite("Mutexes", .serialized, .alone, .timeLimit(.minutes(2)))
struct MutexObjectTests {
    @Test("one task at a time has the lock, across suspensions too")
    func exclusion() async throws {
        let (mutex, pause) = (MutexObject(), EventObject())
        let inside = Shared((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await mutex.withLock { wasAbandoned in
                        #expect(!wasAbandoned)
                        inside.withLock { inside in
                            inside.now += 1
                            inside.most = max(inside.most, inside.now)
                        }
                        _ = try await pause.wait(timeout: .microseconds(10))
                        inside.withLock { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most == 1 && $0.now == 0 } && !mutex.isOwned)
    }

    @Test("the task that has the lock gets it again; its child task does not")
    func recursion() async throws {
        let mutex = MutexObject()
        try await mutex.withLock { _ in
            let depth = try await mutex.withLock { _ in try await mutex.withLock { _ in 3 } }
            #expect(depth == 3 && mutex.isOwned)
            await #expect(throws: WaitError.timedOut) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await mutex.withLock(timeout: .milliseconds(5)) { _ in } }
                    try await group.waitForAll()
                }
            }
            #expect(mutex.isOwned)
        }
        #expect(!mutex.isOwned)
    }

    @Test("the lock is released when the body throws, and when it is cancelled")
    func releases() async throws {
        struct Failure: Error {}
        let (mutex, never) = (MutexObject(), EventObject())
        await #expect(throws: Failure.self) { try await mutex.withLock { _ in throw Failure() } }
        #expect(!mutex.isOwned)
        let task = Task { try await mutex.withLock { _ in try await never.wait() } }
        #expect(await eventually { isAwaited(never.object) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!mutex.isOwned)
    }

    @Test("who is cancelled in line runs no body, and leaves the line")
    func cancelledInLine() async throws {
        let mutex = MutexObject()
        let owner = MutexOwner()
        #expect(try await mutex.acquire(by: owner) == .satisfied(0))
        let task = Task { try await mutex.withLock { _ in Issue.record("the body has run") } }
        #expect(await eventually { isAwaited(mutex.object) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!isAwaited(mutex.object) && mutex.isOwned)
        try mutex.release(by: owner)
        #expect(!mutex.isOwned)
    }

    @Test("a token that is dropped abandons its mutex: the next is told, and nobody after")
    func abandonment() async throws {
        let mutex = MutexObject()
        do {
            let owner = MutexOwner()
            _ = try await mutex.acquire(by: owner)
        }
        #expect(!mutex.isOwned)
        #expect(try await mutex.withLock { $0 })
        #expect(try await mutex.withLock { !$0 })
    }

    /// Why the mutex is not released; a closure cannot borrow the owner.
    func refusal(of mutex: MutexObject, by owner: borrowing MutexOwner) -> MutexError? {
        do throws(MutexError) {
            try mutex.release(by: owner)
            return nil
        } catch {
            return error
        }
    }

    @Test("what is acquired twice is released twice, by its owner alone")
    func owners() async throws {
        let mutex = MutexObject()
        let owner = MutexOwner()
        let other = MutexOwner()
        for _ in 0..<2 { #expect(try await mutex.acquire(by: owner) == .satisfied(0)) }
        #expect(try await mutex.acquire(by: other, timeout: .zero) == .timedOut)
        #expect(refusal(of: mutex, by: other) == .notOwner)
        try mutex.release(by: owner)
        #expect(mutex.isOwned)
        try mutex.release(by: owner)
        #expect(!mutex.isOwned)
        #expect(refusal(of: mutex, by: owner) == .notOwner)
    }

    @Test("waits for any and for all take mutexes for an owner, and without one are refused")
    func several() async throws {
        let (first, second) = (MutexObject(), MutexObject())
        let owner = MutexOwner()
        await #expect(throws: WaitError.needsOwner) { try await waitAny(first, second) }
        await #expect(throws: WaitError.needsOwner) { try await first.wait() }
        #expect(try await waitAll([first, second], for: owner) == .satisfied(0))
        #expect(first.isOwned && second.isOwned)
        try first.release(by: owner)
        #expect(try await waitAny([first, second], for: owner) == .satisfied(0))
        try first.release(by: owner)
        try second.release(by: owner)
        let third = MutexObject()
        do {
            let leaving = MutexOwner()
            _ = try await third.acquire(by: leaving)
        }
        #expect(try await waitAny([second, third], for: owner) == .satisfied(0))
        #expect(try await waitAll([third, first], for: owner) == .abandoned(0))
        for mutex in [first, second, third] { try mutex.release(by: owner) }
    }
}
