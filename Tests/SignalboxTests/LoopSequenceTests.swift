import CLinux
import CTestSupport
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher
@testable import Signalbox

@Suite("Sequences of an event loop's events", .serialized, .alone, .timeLimit(.minutes(2)))
struct LoopSequenceTests {
    @Test("ticks come in their order, and those that were missed are counted")
    func ticks() async throws {
        let loop = try EventLoop()
        var last = 0
        for await tick in try await loop.ticks(every: .microseconds(200), accuracy: .zero) {
            #expect(tick.number > last)
            last = tick.number
            if last >= 20 { break }
        }
        while await loop.run({ loop.executor.sourceCount }) > 0 { await Task.yield() }
        loop.stop()
    }

    @Test("ticks that the task does not take are one")
    func missedTicks() async throws {
        let loop = try EventLoop()
        let ticks = try await loop.ticks(every: .microseconds(200), accuracy: .zero)
        let others = Counter()
        let timer = try await loop.addTimer(after: .zero, every: .microseconds(200), accuracy: .zero) { _, _ in
            others.add()
        }
        #expect(await eventually { others.value > 20 })
        var iterator = ticks.makeAsyncIterator()
        let first = await iterator.next()
        #expect(first != nil)
        timer.cancel()
        loop.stop()
        // What had been told is still there; then it is over.
        while await iterator.next() != nil {}
    }

    @Test("a task that is cancelled ends its sequence, and the end of the loop ends all")
    func ends() async throws {
        let loop = try EventLoop()
        let ticks = try await loop.ticks(every: .seconds(1_000))
        let task = Task { for await _ in ticks {} }
        task.cancel()
        await task.value
        let others = try await loop.changes(of: "/tmp", .selfDeleted)
        let waiting = Task { for await _ in others {} }
        loop.stop()
        await waiting.value
    }

    @Test("signals come in their order with what was sent; the kernel keeps what the task does not take")
    func signals() async throws {
        let loop = try EventLoop()
        let number = SIGUSR2
        let realTime = Int32(50)
        let signals = try await loop.signals(realTime, number)
        // To the loop's own thread: the others of this process do not block them.
        let send = { @Sendable (signal: Int32, value: Int32) in
            await loop.run { _ = signal_this_thread(signal, value) }
        }
        for value in 0..<200 { await send(realTime, Int32(value)) }
        await loop.run {}
        var iterator = signals.makeAsyncIterator()
        for value in 0..<200 {
            let signal = await iterator.next()
            #expect(signal?.value == Int32(value) && signal?.number == realTime)
        }
        await send(number, 7)
        #expect(await iterator.next()?.value == 7)
        loop.stop()
        #expect(await iterator.next() == nil)
    }

    @Test("changes come in their order; when too many wait, one says that some are lost")
    func changes() async throws {
        var template = Array("/tmp/loop-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template)).withMemoryRebound(to: CChar.self, capacity: 1) {
            String(cString: $0)
        }
        defer { rmdir(folder) }
        let loop = try EventLoop()
        let changes = try await loop.changes(of: folder, .entries)
        var iterator = changes.makeAsyncIterator()
        close(open(folder + "/a", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        #expect(await iterator.next() == FileChange(kinds: .created, name: "a"))
        unlink(folder + "/a")
        #expect(await iterator.next() == FileChange(kinds: .deleted, name: "a"))
        // More than are kept; each is another event, as the kernel joins equals that follow each other.
        for _ in 0..<600 {
            close(open(folder + "/b", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
            unlink(folder + "/b")
        }
        // The source sees this last.
        let seen = EventObject(.manual)
        let last = try await loop.addInotify(folder, .created) { _, change in if change.name == "last" { seen.set() } }
        close(open(folder + "/last", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        try await seen.wait()
        unlink(folder + "/last")
        #expect(await iterator.next()?.kinds == .overflow)
        for number in 0..<1024 {
            var change = await iterator.next()
            // What comes while all places are taken is lost, too, and told anew.
            while change?.kinds == .overflow { change = await iterator.next() }
            #expect(change?.kinds == (number % 2 == 0 ? .created : .deleted))
        }
        last.cancel()
        loop.stop()
    }
}
