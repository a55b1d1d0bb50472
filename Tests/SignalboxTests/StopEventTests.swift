import Dispatcher
import Logging
import ServiceLifecycle
import Signalbox
import Synchronization
import TestSupport
import Testing

@Suite("The stop event", .serialized, .alone, .timeLimit(.minutes(2)))
struct StopEventTests {
    private struct Failure: Error {}

    @Test("it stays set, and looking at it takes nothing")
    func staysSet() async throws {
        let stop = StopEvent()
        #expect(!stop.isSet)
        #expect(try await !stop.wait(timeout: .zero))
        stop.set()
        stop.set()
        for _ in 0..<3 { #expect(stop.isSet) }
        try await stop.wait()
        #expect(stop.isSet)
    }

    @Test("cancelling the task sets it")
    func cancellation() async throws {
        let stop = StopEvent()
        let isRunning = EventObject()
        let task = Task {
            await stop.whileRunning {
                isRunning.set()
                _ = try? await EventObject().wait()
            }
        }
        try await isRunning.wait()
        #expect(!stop.isSet)
        task.cancel()
        await task.value
        #expect(stop.isSet)
    }

    @Test("in a task that was cancelled before, the body begins with the event set")
    func cancelledBefore() async throws {
        let (stop, gate) = (StopEvent(), EventObject())
        let task = Task {
            try? await gate.wait()
            return await stop.whileRunning { stop.isSet }
        }
        task.cancel()
        #expect(await task.value)
    }

    private struct Stopped: Service {
        let stop: StopEvent
        let isRunning: EventObject
        func run() async throws {
            try await stop.whileRunning {
                isRunning.set()
                try await stop.wait()
            }
        }
    }

    @Test("the graceful shutdown of a service group sets it")
    func gracefulShutdown() async throws {
        let (stop, isRunning) = (StopEvent(), EventObject())
        let group = ServiceGroup(services: [Stopped(stop: stop, isRunning: isRunning)], logger: Logger(label: "test"))
        async let running: Void = group.run()
        try await isRunning.wait()
        #expect(!stop.isSet)
        await group.triggerGracefulShutdown()
        try await running
        #expect(stop.isSet)
    }

    @Test("a thread that waits by name is released by it")
    func thread() async throws {
        let stop = StopEvent()
        let thread = try ThreadObject {
            _ = try? Arena.local.block(on: stop.object, until: Deadline.never)
        }
        #expect(await eventually { isAwaited(stop.object) })
        stop.set()
        try await thread.wait()
    }

    @Test("whileRunning returns what its body returns, throws what it throws, and sets nothing")
    func result() async throws {
        let stop = StopEvent()
        #expect(await stop.whileRunning { 7 } == 7)
        await #expect(throws: Failure.self) { try await stop.whileRunning { throw Failure() } }
        #expect(!stop.isSet)
    }

    // ---- withHandler

    @Test("the handler is called once when the event is set while the body runs")
    func handlerDuring() async throws {
        let (stop, wasTold, calls) = (StopEvent(), EventObject(), Log<Void>())
        try await stop.withHandler {
            stop.set()
            try await wasTold.wait()
            stop.set()
        } onStop: {
            calls.add(())
            wasTold.set()
        }
        #expect(calls.count == 1)
    }

    @Test("the handler is called once when the event was set before")
    func handlerBefore() async throws {
        let (stop, wasTold, calls) = (StopEvent(), EventObject(), Log<Void>())
        stop.set()
        try await stop.withHandler {
            try await wasTold.wait()
        } onStop: {
            calls.add(())
            wasTold.set()
        }
        #expect(calls.count == 1)
    }

    @Test("the handler is not called when nobody sets the event, nor when it is set after the body")
    func handlerNotCalled() async throws {
        let (stop, calls) = (StopEvent(), Log<Void>())
        #expect(
            await stop.withHandler {
                7
            } onStop: {
                calls.add(())
            } == 7)
        #expect(!isAwaited(stop.object))
        stop.set()
        #expect(calls.count == 0)
    }

    @Test("what the body throws comes out, and the handler is not called")
    func handlerThrows() async throws {
        let (stop, calls) = (StopEvent(), Log<Void>())
        await #expect(throws: Failure.self) {
            try await stop.withHandler {
                throw Failure()
            } onStop: {
                calls.add(())
            }
        }
        #expect(calls.count == 0 && !isAwaited(stop.object))
    }

    @Test("the body of a stop is not cancelled")
    func bodyIsNotCancelled() async throws {
        let (stop, wasTold) = (StopEvent(), EventObject())
        let wasCancelled = try await stop.withHandler {
            stop.set()
            try await wasTold.wait()
            return Task.isCancelled
        } onStop: {
            wasTold.set()
        }
        #expect(!wasCancelled)
    }

    @Test("the handler is called although the task was cancelled before the event was set")
    func handlerInCancelledTask() async throws {
        let (stop, calls) = (StopEvent(), Log<Void>())
        let (isRunning, wasCancelled) = (EventObject(), EventObject())
        let task = Task {
            await stop.withHandler {
                isRunning.set()
                // Goes on although it was cancelled, as a body does that still has something to bring to its end.
                _ = await Task.detached { try await wasCancelled.wait() }.result
                stop.set()
                _ = await Task.detached { await eventually { calls.count == 1 } }.value
            } onStop: {
                calls.add(())
            }
        }
        try await isRunning.wait()
        task.cancel()
        wasCancelled.set()
        await task.value
        #expect(calls.count == 1)
    }
}
