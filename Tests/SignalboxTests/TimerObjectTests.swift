import CLinux
import Dispatcher
import Signalbox
import TestSupport
import Testing

@Suite("Timers", .serialized, .alone, .timeLimit(.minutes(2)))
struct TimerObjectTests {
    @Test("a timer expires when its time has come, not before, and an automatic-reset one is taken")
    func once() async throws {
        let timer = TimerObject()
        #expect(try await !timer.wait(timeout: .zero))
        let start = signalbox_now()
        timer.set(after: .milliseconds(5))
        try await timer.wait()
        #expect(signalbox_now() - start >= 5_000_000)
        #expect(!isSignaled(timer.object))
        timer.set(after: .zero)
        try await timer.wait()
    }

    @Test("a manual-reset timer stays signaled until it is set again; a cancelled one does not expire")
    func manual() async throws {
        let timer = TimerObject(.manual)
        timer.set(after: .zero)
        for _ in 0..<2 { try await timer.wait() }
        timer.cancel()
        #expect(isSignaled(timer.object))
        timer.set(after: .seconds(3600))
        #expect(!isSignaled(timer.object))
        timer.cancel()
        #expect(try await !timer.wait(timeout: .milliseconds(1)))
    }

    @Test("an absolute time that is over expires at once; one that is far away does not")
    func absolute() async throws {
        let timer = TimerObject()
        timer.set(at: .seconds(1))
        try await timer.wait()
        timer.set(at: .nanoseconds(Int64(signalbox_realtime())) + .seconds(3600))
        #expect(try await !timer.wait(timeout: .milliseconds(1)))
        timer.cancel()
    }

    @Test("ticks come one period after another, and end when the task is cancelled")
    func ticks() async throws {
        let (timer, start) = (TimerObject(), signalbox_now())
        timer.set(after: .milliseconds(2), every: .milliseconds(2))
        let count = Shared(0)
        let task = Task {
            for await _ in timer.ticks { count.withLock { $0 += 1 } }
            return true
        }
        #expect(await eventually { count.withLock { $0 >= 3 } })
        #expect(signalbox_now() - start >= 6_000_000)
        task.cancel()
        #expect(await task.value)
        timer.cancel()
    }
}
