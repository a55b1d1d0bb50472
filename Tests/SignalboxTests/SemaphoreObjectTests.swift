import Dispatcher
import Signalbox
import TestSupport
import Testing

@Suite("Semaphores", .serialized, .alone, .timeLimit(.minutes(2)))
struct SemaphoreObjectTests {
    @Test("no more bodies run at a time than there are permits, and all permits come back")
    func bounds() async throws {
        let (semaphore, pause) = (SemaphoreObject(count: 3, maximum: 3), EventObject())
        let inside = Shared((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    try await semaphore.withPermits {
                        inside.withLock { inside in
                            inside.now += 1
                            inside.most = max(inside.most, inside.now)
                        }
                        _ = try await pause.wait(timeout: .microseconds(50))
                        inside.withLock { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { 1...3 ~= $0.most && $0.now == 0 } && semaphore.count == 3)
    }

    @Test("a release adds, tells what there was, and is refused beyond the maximum")
    func release() async throws {
        let semaphore = SemaphoreObject(count: 1, maximum: 3)
        #expect(try semaphore.release(2) == 1 && semaphore.count == 3)
        #expect(throws: SemaphoreError.limitExceeded) { try semaphore.release() }
        #expect(throws: SemaphoreError.limitExceeded) { try semaphore.release(Int.max) }
        #expect(semaphore.count == 3)
        for left in [2, 1, 0] {
            try await semaphore.wait()
            #expect(semaphore.count == left)
        }
        #expect(try await !semaphore.wait(timeout: .zero))
    }

    @Test("two that each need all the permits do not starve each other")
    func several() async throws {
        let semaphore = SemaphoreObject(count: 4, maximum: 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await semaphore.withPermits(4) { #expect(semaphore.count == 0) } } }
            try await group.waitForAll()
        }
        #expect(semaphore.count == 4)
    }

    @Test("who is out of time or cancelled while he collects gives back what he has, and lets the next collect")
    func givesBack() async throws {
        struct Failure: Error {}
        let semaphore = SemaphoreObject(count: 2)
        await #expect(throws: WaitError.timedOut) { try await semaphore.withPermits(3, timeout: .milliseconds(2)) {} }
        #expect(semaphore.count == 2)
        let task = Task { try await semaphore.withPermits(3) { Issue.record("the body has run") } }
        #expect(await eventually { isAwaited(semaphore.object) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(semaphore.count == 2)
        await #expect(throws: Failure.self) { try await semaphore.withPermits(2) { throw Failure() } }
        #expect(semaphore.count == 2)
    }
}
