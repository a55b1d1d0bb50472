import Dispatcher
import Glibc
import Signalbox
import SignalboxTesting
import Synchronization
import Testing

@Suite("The leak check", .serialized, .leavesNothing, .timeLimit(.minutes(1)))
struct LeakCheckTests {
    private let quick = LeakCheck(patience: .milliseconds(100))

    @Test("what leaves nothing passes")
    func nothing() async throws {
        let left = try await LeakCheck().leftovers {
            let event = EventObject()
            let task = Task { try await event.wait(timeout: .milliseconds(1)) }
            _ = try await task.value
            let thread = try ThreadObject {}
            try await thread.wait()
            close(dup(0))
        }
        #expect(left == [])
    }

    @Test("a descriptor that is left is named")
    func descriptor() async throws {
        let descriptor = Atomic<Int32>(-1)
        let left = await quick.leftovers { descriptor.store(open("/dev/null", O_RDONLY), ordering: .relaxed) }
        let number = descriptor.load(ordering: .relaxed)
        close(number)
        #expect(left.count == 1)
        #expect(left.first?.contains("\(number) → /dev/null") == true)
    }

    @Test("a thread that is left is counted, and all threads are named")
    func thread() async throws {
        let gate = Gate()
        let before = Census()
        var thread: ThreadObject?
        let left = try await quick.leftovers {
            thread = try ThreadObject(name: "left-behind") { gate.block() }
        }
        gate.open()
        try await thread?.wait()
        thread = nil
        // A thread gives its object up after it was signaled, a moment too late for the next test's count.
        #expect(await eventually { Census().exceeding(before).isEmpty })
        #expect(left.contains { $0.hasPrefix("1 threads") && $0.contains("left-behind") })
    }

    @Test("a thread that ends in time is not left")
    func lateThread() async throws {
        let gate = Gate()
        let left = try await LeakCheck().leftovers {
            _ = try ThreadObject { gate.block() }
            gate.open()
        }
        #expect(left == [])
    }

    #if DEBUG
        @Test("kernel objects that are left are counted")
        func objects() async throws {
            var kept: [EventObject] = []
            let left = await quick.leftovers { kept = [EventObject(), EventObject()] }
            #expect(left == ["2 objects"])
            withExtendedLifetime(kept) {}
        }

        @Test("waits that are left are counted, but for those that the task pool may keep")
        func waits() async throws {
            let event = EventObject(.manual)
            let before = Arena.local.liveRecords.waiters
            var tasks: [Task<Void, any Error>] = []
            let left = await quick.leftovers {
                tasks = (0..<100).map { _ in Task { try await event.wait() } }
                #expect(await eventually { Arena.local.liveRecords.waiters >= before + 100 })
            }
            event.set()
            for task in tasks { try await task.value }
            #expect(left.contains { $0.hasSuffix(" waiters") })
        }
    #endif

    @Test("what the body throws is thrown, and nothing is counted")
    func throwing() async {
        struct Failure: Error {}
        await #expect(throws: Failure.self) {
            try await LeakCheck().leftovers { throw Failure() }
        }
    }

    @Test("a check within a check takes no second turn", .leavesNothing)
    func nested() async throws {
        let left = await LeakCheck().leftovers { _ = EventObject() }
        #expect(left == [])
    }

    @Test("the trait records an issue that names what is left")
    func trait() async throws {
        let descriptor = Atomic<Int32>(-1)
        try await withKnownIssue {
            try await quick.provideScope(for: Test.current!, testCase: nil) {
                descriptor.store(open("/dev/null", O_RDONLY), ordering: .relaxed)
            }
        } matching: { issue in
            issue.comments.contains { $0.rawValue.contains("left behind: descriptors") }
        }
        close(descriptor.load(ordering: .relaxed))
    }
}
