import SignalboxTesting
import Testing

@Suite("The scripted loop", .serialized, .leavesNothing, .timeLimit(.minutes(1)))
struct ScriptedLoopTests {
    /// Writes down who called, in two steps.
    private actor Notebook {
        let loop: ScriptedLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private(set) var notes: [String] = []

        init(_ loop: ScriptedLoop) { self.loop = loop }

        func note(_ text: String) {
            loop.checkIsolated()
            notes.append(text)
        }

        func noteTwice(_ text: String) async {
            notes.append("\(text) begins")
            await Task.yield()
            notes.append("\(text) ends")
        }

        nonisolated var read: [String] { assumeIsolated { $0.notes } }
    }

    private func calls(_ texts: [String], of notebook: Notebook, _ loop: ScriptedLoop) async throws -> [Task<
        Void, Never
    >] {
        var tasks: [Task<Void, Never>] = []
        for text in texts {
            tasks.append(Task { await notebook.note(text) })
            try await loop.waitUntilPending(count: tasks.count)
        }
        return tasks
    }

    @Test("a call is held until the test lets it run")
    func held() async throws {
        let loop = ScriptedLoop()
        let notebook = Notebook(loop)
        #expect(!loop.runNext() && loop.pending == 0)
        let tasks = try await calls(["a", "b"], of: notebook, loop)
        #expect(loop.pending == 2)
        #expect(loop.runNext())
        await tasks[0].value
        #expect(loop.pending == 1)
        #expect(loop.runNext() && !loop.runNext())
        await tasks[1].value
        let reading = Task { await notebook.notes }
        try await loop.waitUntilPending(count: 1)
        #expect(loop.runAll() == 1)
        #expect(await reading.value == ["a", "b"])
    }

    @Test(
        "the test decides the order, whatever that of the calls was",
        arguments: [[0, 0, 0], [2, 1, 0], [1, 0, 0], [1, 1, 0]])
    func order(script: [Int]) async throws {
        let loop = ScriptedLoop()
        let notebook = Notebook(loop)
        let tasks = try await calls(["a", "b", "c"], of: notebook, loop)
        var (names, expected) = (["a", "b", "c"], [String]())
        for index in script {
            loop.run(at: index)
            expected.append(names.remove(at: index))
        }
        for task in tasks { await task.value }
        let reading = Task { await notebook.notes }
        try await loop.waitUntilPending(count: 1)
        loop.runNext()
        #expect(await reading.value == expected)
    }

    @Test("a call that suspends is a second job, and others can be let in between")
    func interleaving() async throws {
        let loop = ScriptedLoop()
        let notebook = Notebook(loop)
        let long = Task { await notebook.noteTwice("a") }
        try await loop.waitUntilPending(count: 1)
        loop.runNext()
        try await loop.waitUntilPending(count: 1)
        let short = Task { await notebook.note("b") }
        try await loop.waitUntilPending(count: 2)
        loop.run(at: 1)
        await short.value
        loop.runAll()
        await long.value
        let reading = Task { await notebook.notes }
        try await loop.waitUntilPending(count: 1)
        loop.runNext()
        #expect(await reading.value == ["a begins", "b", "a ends"])
    }

    @Test("jobs that come while all are run are run too")
    func runAll() async throws {
        let loop = ScriptedLoop()
        let notebook = Notebook(loop)
        let task = Task { await notebook.noteTwice("a") }
        try await loop.waitUntilPending(count: 1)
        var count = loop.runAll()
        // The second half may have come a moment later.
        if count == 1 {
            try await loop.waitUntilPending(count: 1)
            count += loop.runAll()
        }
        await task.value
        #expect(count == 2)
    }

    @Test("waiting for jobs can be cancelled")
    func cancellation() async throws {
        let loop = ScriptedLoop()
        let hopeless = Task { try await loop.waitUntilPending(count: 1) }
        hopeless.cancel()
        await #expect(throws: CancellationError.self) { try await hopeless.value }
    }

    @Test("outside of its jobs nobody is isolated to it, and who says so traps")
    func isolation() async {
        #expect(!ScriptedLoop().isRunningHere)
        await #expect(processExitsWith: .failure) { ScriptedLoop().checkIsolated() }
    }

    @Test("a job that is not held cannot be run")
    func noSuchJob() async {
        await #expect(processExitsWith: .failure) { ScriptedLoop().run(at: 0) }
    }
}
