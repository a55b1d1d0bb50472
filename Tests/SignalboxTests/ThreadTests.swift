import Dispatcher
import Glibc
import Signalbox
import TestSupport
import Testing

@Suite("Threads", .serialized, .alone, .timeLimit(.minutes(2)))
struct ThreadTests {
    private static func count(named name: String) -> Int { Census.threadNames().filter { $0 == name }.count }

    @Test("a thread is signaled when it has ended, and tells its exit code then and not before")
    func exitCode() async throws {
        let mayEnd = EventObject()
        let thread = try ThreadObject(
            returning: {
                _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
                return 0xFFFF_FFF7
            })
        #expect(thread.exitCode == nil)
        #expect(try await !thread.wait(timeout: .zero))
        mayEnd.set()
        try await thread.wait()
        #expect(thread.exitCode == 0xFFFF_FFF7)
        try await thread.wait()
    }

    @Test("a thread whose body returns nothing has exit code 0")
    func noExitCode() async throws {
        let thread = try ThreadObject {}
        try await thread.wait()
        #expect(thread.exitCode == 0)
    }

    @Test("a thread's name is its first 15 bytes")
    func name() async throws {
        let (isRunning, mayEnd) = (EventObject(), EventObject())
        let thread = try ThreadObject(name: "signalbox-name-too-long") {
            isRunning.set()
            _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
        }
        try await isRunning.wait()
        #expect(ThreadTests.count(named: "signalbox-name-") == 1)
        mayEnd.set()
        try await thread.wait()
    }

    @Test("two hundred threads run, end, and are gone")
    func many() async throws {
        let mayEnd = EventObject(.manual)
        let threads = try (0..<200).map { number in
            try ThreadObject(
                name: "many-threads", stackSize: 1,
                returning: {
                    _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
                    return UInt32(number)
                })
        }
        #expect(await eventually { ThreadTests.count(named: "many-threads") == 200 })
        mayEnd.set()
        #expect(try await waitAll(threads) == .satisfied(0))
        for (number, thread) in threads.enumerated() { #expect(thread.exitCode == UInt32(number)) }
        // A thread is signaled a moment before the kernel has taken it off its list.
        #expect(await eventually { ThreadTests.count(named: "many-threads") == 0 })
    }

    @Test("a thread goes on when nobody holds its object any more")
    func forgotten() async throws {
        let (mayEnd, hasEnded) = (EventObject(), EventObject())
        _ = try ThreadObject(name: "forgotten") {
            _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
            hasEnded.set()
        }
        mayEnd.set()
        try await hasEnded.wait()
        #expect(await eventually { ThreadTests.count(named: "forgotten") == 0 })
    }

    @Test("a thread that the kernel refuses is an error that says where the limits are, and leaves no record")
    func refused() async throws {
        let before = Arena.prepared().liveRecords.objects
        let error = try #require(throws: ThreadError.self) { try ThreadObject(stackSize: 1 << 47) {} }
        #expect(error.code == EAGAIN || error.code == ENOMEM)
        #expect(error.description.contains("errno \(error.code)"))
        #expect(error.description.contains("TasksMax=") && error.description.contains("ulimit -u"))
        #expect(await eventually { Arena.prepared().liveRecords.objects <= before })
    }

    @Test("cancelling a task that waits for a thread leaves the thread alone")
    func cancellation() async throws {
        let mayEnd = EventObject()
        let thread = try ThreadObject { _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never) }
        let task = Task { try await thread.wait() }
        #expect(await eventually { isAwaited(thread.object) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(thread.exitCode == nil)
        mayEnd.set()
        try await thread.wait()
    }
}
