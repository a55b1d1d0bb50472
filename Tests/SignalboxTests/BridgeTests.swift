import CLinux
import Dispatcher
import Glibc
import Signalbox
import TestSupport
import Testing

@Suite("Between tasks and threads", .serialized, .alone, .timeLimit(.minutes(2)))
struct BridgeTests {
    @Test("a blocking function runs on a thread of its own, and is awaited")
    func run() async throws {
        struct Failure: Error {}
        let caller = signalbox_gettid()
        let (name, id) = try await ThreadObject.run(name: "decode") { _ in
            let file = fopen("/proc/thread-self/comm", "r")!
            defer { fclose(file) }
            var name = [CChar](repeating: 0, count: 32)
            fgets(&name, 32, file)
            return (String(decoding: name.prefix { $0 > 10 }.map(UInt8.init), as: UTF8.self), signalbox_gettid())
        }
        #expect(name == "decode" && id != caller)
        await #expect(throws: Failure.self) { try await ThreadObject.run { _ in throw Failure() } }
    }

    @Test("cancelling the task sets the function's stop event; its end is waited for")
    func cancelledRun() async throws {
        let started = EventObject(.manual)
        let task = Task {
            try await ThreadObject.run { stop in
                started.set()
                return try Arena.local.block(on: stop.object, until: Deadline.never)
            }
        }
        try await started.wait()
        task.cancel()
        #expect(try await task.value == .satisfied(0))
    }

    @Test("a thread blocks on async code, takes its result or error, and runs the calls queued to it meanwhile")
    func block() async throws {
        struct Failure: Error {}
        let (gate, called) = (EventObject(), EventObject(.manual))
        let (own, result) = (Shared(ObjectName.none), Shared<Result<Int, any Error>?>(nil))
        let thread = try ThreadObject {
            own.withLock { $0 = Threads.own }
            let got = Result {
                try ThreadObject.block {
                    try await gate.wait()
                    return 7
                }
            }
            result.withLock { $0 = got }
        }
        #expect(await eventually { own.withLock { $0 != .none } && isAwaited(gate.object) })
        let address = UInt64(UInt(bitPattern: Unmanaged.passUnretained(called).toOpaque()))
        try Threads.queueAPC(
            to: own.withLock { $0 },
            { address, _, _ in
                Unmanaged<EventObject>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(address))!)
                    .takeUnretainedValue().set()
            }, address)
        try await called.wait()
        #expect(!isSignaled(thread.object))
        gate.set()
        try await thread.wait()
        #expect(try result.withLock { $0 }?.get() == 7)
        let failing = try await ThreadObject.run { _ in
            do {
                try ThreadObject.block { throw Failure() }
                return false
            } catch { return error is Failure }
        }
        #expect(failing)
    }

    @Test("a stop event cancels the async code that a thread blocks on")
    func stopped() async throws {
        let (never, stop) = (EventObject(), StopEvent())
        let task = Task {
            try await ThreadObject.run { _ in
                do {
                    try ThreadObject.block(stop: stop) { try await never.wait() }
                    return false
                } catch { return error is CancellationError }
            }
        }
        #expect(await eventually { isAwaited(never.object) })
        stop.set()
        #expect(try await task.value)
        withExtendedLifetime(stop) {}
    }

    @Test("a blocking wait on a pool thread is reported, once for each place")
    func reported() async throws {
        let event = EventObject()
        BlockedTasks.report()
        let before = BlockedTasks.reported
        for _ in 0..<3 { await Task.detached { blockBriefly(event) }.value }
        #expect(BlockedTasks.reported == before + 1)
        _ = try await ThreadObject.run { _ in blockBriefly(event) }
        #expect(BlockedTasks.reported == before + 1)
    }
}

/// As a C function would that a task calls.
private func blockBriefly(_ event: EventObject) {
    _ = try? Arena.local.block(on: event.object, until: Deadline.after(nanoseconds: 1_000_000))
}
