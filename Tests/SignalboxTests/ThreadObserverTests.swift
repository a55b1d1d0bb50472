import CLinux
import Dispatcher
import Glibc
import TestSupport
import Testing

@testable import Signalbox

@Suite("Plugins that are told of threads", .serialized, .alone, .timeLimit(.minutes(2)))
struct ThreadObserverTests {
    /// Logs the calls, with the thread that they are made on.
    private struct Observer: Plugin, ThreadObserver {
        var name: String
        let log: Log<String>
        var owned = Log<Bool>()

        func start(in context: PluginContext) async throws {}
        func threadDidAttach() { log.add("\(name) attach \(signalbox_thread_id())") }
        func threadWillDetach() {
            owned.add(isSignaled(Threads.own))
            log.add("\(name) detach \(signalbox_thread_id())")
        }
    }

    private let log = Log<String>()

    @Test("each thread attaches before its body and detaches after it, on itself, before it is signaled")
    func attachAndDetach() async throws {
        let observer = Observer(name: "a", log: log)
        let host = try Host(plugins: [observer, Observer(name: "b", log: log)], logger: quietLogger)
        try await host.start()
        let thread = try ThreadObject { log.add("body \(signalbox_thread_id())") }
        try await thread.wait()
        let id = try #require(log.entries.first?.split(separator: " ").last)
        #expect(log.entries == ["a attach", "b attach", "body", "b detach", "a detach"].map { "\($0) \(id)" })
        #expect(observer.owned.entries == [false])
        await host.stop()
    }

    @Test("a thread that leaves by pthread_exit detaches, too")
    func exit() async throws {
        let host = try Host(plugins: [Observer(name: "a", log: log)], logger: quietLogger)
        try await host.start()
        // As the facade starts threads: under the function nothing needs cleaning up.
        let object = try ThreadObject.start(name: nil, stackSize: 1 << 20, { _, _ in pthread_exit(nil) }, nil, nil)
        _ = try await Arena.local.suspend(on: object, until: Deadline.never)
        Arena.local.release(object)
        #expect(log.entries.map { $0.split(separator: " ")[1] } == ["attach", "detach"])
        await host.stop()
    }

    @Test("threads from before a plugin's start and after its stop are not told; nor are those that others make")
    func otherThreads() async throws {
        let (isRunning, mayEnd) = (EventObject(), EventObject())
        let early = try ThreadObject {
            isRunning.set()
            _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
        }
        try await isRunning.wait()
        let host = try Host(plugins: [Observer(name: "a", log: log)], logger: quietLogger)
        try await host.start()
        mayEnd.set()
        try await early.wait()

        var foreign = pthread_t()
        #expect(
            pthread_create(
                &foreign, nil,
                { _ in
                    _ = try? Threads.ownOrNew()
                    return nil
                }, nil) == 0)
        pthread_join(foreign, nil)
        #expect(log.count == 0)

        await host.stop()
        try await ThreadObject {}.wait()
        #expect(log.count == 0)
    }

    @Test("a thread that outlives the plugin's stop does not detach from it")
    func outlives() async throws {
        let host = try Host(plugins: [Observer(name: "a", log: log)], logger: quietLogger)
        try await host.start()
        let (isRunning, mayEnd) = (EventObject(), EventObject())
        let thread = try ThreadObject {
            isRunning.set()
            _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
        }
        try await isRunning.wait()
        await host.stop()
        mayEnd.set()
        try await thread.wait()
        #expect(log.count == 1)
    }

    @Test("a plugin that starts during a thread's life is not told of its end")
    func startsDuring() async throws {
        let first = try Host(plugins: [Observer(name: "a", log: log)], logger: quietLogger)
        try await first.start()
        let (isRunning, mayEnd) = (EventObject(), EventObject())
        let thread = try ThreadObject {
            isRunning.set()
            _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
        }
        try await isRunning.wait()
        let second = try Host(plugins: [Observer(name: "b", log: log)], logger: quietLogger)
        try await second.start()
        mayEnd.set()
        try await thread.wait()
        #expect(log.entries.map { $0.split(separator: " ").prefix(2) } == [["a", "attach"], ["a", "detach"]])
        await second.stop()
        await first.stop()
    }

    @Test("two hundred threads at once attach and detach once each")
    func many() async throws {
        let host = try Host(plugins: [Observer(name: "a", log: log)], logger: quietLogger)
        try await host.start()
        let threads = try (0..<200).map { _ in try ThreadObject(stackSize: 1) {} }
        _ = try await waitAll(threads)
        #expect(log.entries.filter { $0.contains("attach") }.count == 200)
        #expect(log.entries.filter { $0.contains("detach") }.count == 200)
        await host.stop()
    }
}
