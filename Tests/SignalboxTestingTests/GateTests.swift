import Signalbox
import SignalboxTesting
import Synchronization
import Testing

@Suite("The gate", .serialized, .leavesNothing, .timeLimit(.minutes(1)))
struct GateTests {
    @Test("an open gate stops nobody")
    func open() async throws {
        let gate = Gate(isOpen: true)
        try await gate.wait()
        #expect(gate.isOpen && gate.waiting == 0)
        gate.close()
        #expect(!gate.isOpen)
        gate.open()
        try await gate.wait()
    }

    @Test("tasks and threads wait until the gate is opened, and are counted")
    func waiting() async throws {
        let gate = Gate()
        let passed = Tally()
        let tasks = (0..<3).map { _ in
            Task {
                try await gate.wait()
                passed.add()
            }
        }
        let threads = try (0..<2).map { _ in
            try ThreadObject {
                if gate.block() { passed.add() }
            }
        }
        try await gate.waitUntilWaiting(count: 5)
        #expect(gate.waiting == 5)
        #expect(passed.value == 0)
        gate.open()
        #expect(gate.waiting == 0)
        for task in tasks { try await task.value }
        for thread in threads { try await thread.wait() }
        #expect(passed.value == 5)
    }

    @Test("whoever was counted passes, though the gate is closed again at once")
    func openAndClose() async throws {
        for _ in 0..<1_000 {
            let gate = Gate()
            let tasks = (0..<3).map { _ in Task { try await gate.wait() } }
            try await gate.waitUntilWaiting(count: 3)
            gate.open()
            gate.close()
            for task in tasks { try await task.value }
            let late = Task { try await gate.wait() }
            try await gate.waitUntilWaiting(count: 1)
            gate.open()
            try await late.value
        }
    }

    @Test("cancelling a task ends its wait with CancellationError, and it is counted no more")
    func cancellation() async throws {
        let gate = Gate()
        let (one, other) = (Task { try await gate.wait() }, Task { try await gate.wait() })
        try await gate.waitUntilWaiting(count: 2)
        one.cancel()
        await #expect(throws: CancellationError.self) { try await one.value }
        #expect(gate.waiting == 1)
        gate.open()
        try await other.value
    }

    @Test("an open gate lets a cancelled task through")
    func cancelledAtOpenGate() async throws {
        let (gate, never) = (Gate(isOpen: true), Gate())
        let task = Task {
            try? await never.wait()
            try await gate.wait()
        }
        task.cancel()
        try await task.value
    }

    @Test("a thread that has waited too long goes on, and is counted no more")
    func timeOut() async throws {
        let gate = Gate()
        let passed = Atomic(true)
        let thread = try ThreadObject { passed.store(gate.block(timeout: .milliseconds(1)), ordering: .relaxed) }
        try await thread.wait()
        #expect(passed.load(ordering: .relaxed) == false)
        #expect(gate.waiting == 0)
    }

    @Test("waiting for those who wait can be cancelled, and returns at once if they are there")
    func watching() async throws {
        let gate = Gate()
        try await gate.waitUntilWaiting(count: 0)
        let hopeless = Task { try await gate.waitUntilWaiting(count: 1) }
        hopeless.cancel()
        await #expect(throws: CancellationError.self) { try await hopeless.value }
    }

    @Test("a wait that is cancelled while the gate opens ends one way or the other, and nobody is counted twice")
    func race() async throws {
        for _ in 0..<2_000 {
            let gate = Gate()
            let task = Task { try await gate.wait() }
            try await gate.waitUntilWaiting(count: 1)
            async let opening: Void = gate.open()
            task.cancel()
            await opening
            _ = await task.result
            #expect(gate.waiting == 0)
        }
    }
}
