import Dispatcher
import Glibc
import TestSupport
import Testing

@testable import Signalbox

@Suite("Sources of the event loop that are removed, or never were whole", .serialized, .alone, .timeLimit(.minutes(2)))
struct LoopRemovalTests {
    @Test("a source that was removed off the loop is gone: its descriptor's number may be another's at once")
    func descriptorReused() async throws {
        let (loop, heard) = (try EventLoop(), Counter())
        for round in 1...500 {
            let (old, new) = (Pipe(), Pipe())
            let source = try await loop.addIO(old.reading, events: .readable) { _, _ in }
            if round % 2 == 0 { source.cancel() }
            await source.remove()
            #expect(source.isCancelled)
            #expect(dup2(new.reading, old.reading) == old.reading)
            // One that epoll still has is refused, with EEXIST.
            let other = try await loop.addIO(old.reading, events: .readable) { _, _ in
                heard.add()
                _ = new.receive()
            }
            new.send("x")
            #expect(await eventually { heard.value == round })
            await other.remove()
        }
        loop.stop()
    }

    @Test("who waits for a removal goes on when the loop is driven, has ended, or is gone")
    func waiting() async throws {
        var stepper: Stepper? = try Stepper()
        let sources = try stepper!.loop.withIsolation { loop in
            try (0..<4).map { _ in try loop.addTimer(after: .seconds(1_000)) { _, _ in } }
        }
        let removed = Counter()
        func remove(_ index: Int) -> Task<Void, Never> {
            Task {
                await sources[index].remove()
                removed.add()
            }
        }
        let first = remove(0)
        #expect(stepper!.turn { stepper!.loop.withIsolation { $0.executor.sourceCount } == 3 })
        await first.value
        #expect(removed.value == 1)

        let onLoop = stepper!.loop.withIsolation { _ in sources[1] }
        Task(executorPreference: stepper!.loop.taskExecutor) {
            await onLoop.remove()
            removed.add()
        }
        #expect(stepper!.turn { removed.value == 2 })

        let third = remove(2)
        #expect(await eventually { sources[2].isCancelled })
        stepper = nil
        await third.value

        let other = try Stepper()
        let source = try other.loop.withIsolation { loop in try loop.addDefer { _ in } }
        other.loop.stop()
        other.settle()
        #expect(other.loop.hasEnded)
        await source.remove()
        #expect(removed.value == 3)
    }

    @Test("an embedded loop for which there is no timer is an error, and leaves nothing that is watched")
    func embeddedByHalf() throws {
        let (stepper, pipe, calls) = (try Stepper(), Pipe(), Counter())
        let before = Census().descriptors.count
        // The first timer of a loop needs a timerfd: none but the descriptors that there are.
        let probe = dup(0)
        close(probe)
        var old = rlimit()
        getrlimit(__rlimit_resource_t(7), &old)  // RLIMIT_NOFILE
        var tight = rlimit(rlim_cur: rlim_t(probe), rlim_max: old.rlim_max)
        setrlimit(__rlimit_resource_t(7), &tight)
        let made = Result {
            try stepper.loop.withIsolation { loop in
                try loop.embed(
                    descriptor: pipe.reading, prepare: { _ in .untilReady }, dispatch: { _ in calls.add() })
            }
        }
        setrlimit(__rlimit_resource_t(7), &old)
        let error = #expect(throws: IOError.self) { try made.get() }
        #expect(error?.code == EMFILE)
        pipe.send("x")
        stepper.settle()
        #expect(calls.value == 0 && Census().descriptors.count == before)
        // It can be watched: nobody does.
        let source = try stepper.loop.withIsolation { loop in
            try loop.embed(
                descriptor: pipe.reading, prepare: { _ in .untilReady },
                dispatch: { _ in
                    calls.add()
                    _ = pipe.receive()
                })
        }
        stepper.settle()
        #expect(calls.value == 1)
        source.cancel()
    }
}
