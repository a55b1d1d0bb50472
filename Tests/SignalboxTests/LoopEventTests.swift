import CLinux
import CSystemd
import CTestSupport
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher
@testable import Signalbox

@Suite("Signals, children, files and the end of the event loop", .serialized, .alone, .timeLimit(.minutes(2)))
struct LoopEventTests {
    private let stepper: Stepper
    private let log = Log<String>()
    private var loop: EventLoop { stepper.loop }

    init() throws { stepper = try Stepper() }

    // ---- signals

    @Test("a signal calls the handler with what was sent; a thread that does not block it is named in the log")
    func signals() throws {
        let log = log
        var (before, after) = (sigset_t(), sigset_t())
        pthread_sigmask(SIG_BLOCK, nil, &before)
        let source = try loop.withIsolation { loop in
            try loop.addSignal(SIGUSR2) { _, signal in
                log.add(
                    "\(signal.number) \(signal.value) \(signal.code == SI_QUEUE) \(signal.sender == UInt32(getpid()))")
            }
        }
        #expect(stepper.lines.all.count == 1)
        #expect(stepper.lines.all.first?.contains("EventLoop.blockSignals(\(SIGUSR2))") == true)
        let error = #expect(throws: IOError.self) {
            try loop.withIsolation { loop in try loop.addSignal(SIGUSR2) { _, _ in } }
        }
        #expect(error?.code == EBUSY)
        // To this thread, which drives the loop: others do not block it.
        #expect(signal_this_thread(SIGUSR2, 42) == 0)
        #expect(stepper.turn { log.count == 1 })
        #expect(log.entries == ["\(SIGUSR2) 42 true true"])
        loop.withIsolation { _ in source.cancel() }
        pthread_sigmask(SIG_BLOCK, nil, &after)
        #expect(sigismember(&before, SIGUSR2) == sigismember(&after, SIGUSR2))
        #expect(throws: IOError.self) { try loop.withIsolation { loop in try loop.addSignal(99) { _, _ in } } }
    }

    @Test("a loop on a thread of its own takes what would end the process")
    func blockedSignals() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let loop = try EventLoop()
            // Threads of this process do not block it: the loop's own is sent it.
            let source = try await loop.addSignal(SIGTERM) { loop, _ in loop.exit(code: 7) }
            let thread = await loop.run { signalbox_thread_id() }
            _ = signal_thread(Int32(bitPattern: thread), SIGTERM)
            try await loop.ended.wait()
            withExtendedLifetime(source) {}
            exit(loop.exitCode ?? 1)
        }
    }

    // ---- children

    private func spawn(_ script: String) throws -> Int32 {
        var child: pid_t = 0
        let arguments: [UnsafeMutablePointer<CChar>?] =
            ["sh", "-c", script].map { (word: String) in strdup(word) } + [nil]
        defer { for argument in arguments { free(argument) } }
        try #require(posix_spawn(&child, "/bin/sh", nil, nil, arguments, signalbox_environment()) == 0)
        return child
    }

    @Test("a child's end calls the handler with how it ended, once, and the child is reaped")
    func children() throws {
        let log = Log<ProcessObject.Exit>()
        // No signal but this one: threads that run tasks block the others, and children inherit that.
        let children = try ["exit 0", "exit 3", "kill -KILL $$", "exec sleep 1000"].map(spawn)
        let sources = try loop.withIsolation { loop in
            try children.map { child in try loop.addChild(child) { _, exit in log.add(exit) } }
        }
        #expect(sources[0].name == "process \(children[0])")
        #expect(stepper.turn { log.count >= 3 })
        try loop.withIsolation { _ in try sources[3].send(signal: SIGKILL) }
        #expect(stepper.turn { log.count >= 4 })
        stepper.settle()
        let ends = log.entries
        #expect(ends.count == 4 && ends.contains(.exited(0)) && ends.contains(.exited(3)))
        #expect(ends.count { $0 == .signaled(SIGKILL) } == 2 && ends.last == .signaled(SIGKILL))
        for child in children { #expect(waitpid(child, nil, WNOHANG) == -1 && errno == ECHILD) }
        try loop.withIsolation { _ in try sources[0].send(signal: SIGKILL) }
    }

    @Test("a child that other code has reaped is told as such, and the loop goes on")
    func reapedElsewhere() throws {
        let log = Log<ProcessObject.Exit>()
        let child = try spawn("exit 5")
        let source = try loop.withIsolation { loop in try loop.addChild(child) { _, exit in log.add(exit) } }
        var status: Int32 = 0
        #expect(waitpid(child, &status, 0) == child)
        #expect(stepper.turn { log.count >= 1 })
        #expect(log.entries == [.reapedElsewhere])
        withExtendedLifetime(source) {}
    }

    @Test("a child whose source is cancelled is left to the program, and no descriptor stays")
    func unwatchedChild() throws {
        let before = Census().descriptors.count
        let child = try spawn("exit 5")
        try loop.withIsolation { loop in
            let source = try loop.addChild(child) { _, _ in Issue.record("cancelled") }
            #expect(Census().descriptors.count == before + 1)
            source.cancel()
        }
        #expect(Census().descriptors.count == before)
        stepper.settle()
        var status: Int32 = 0
        #expect(waitpid(child, &status, 0) == child && status == 5 << 8)
        let error = #expect(throws: IOError.self) {
            try loop.withIsolation { loop in try loop.addChild(child) { _, _ in } }
        }
        #expect(error?.code == ESRCH && error?.operation == "watching process \(child)")
    }

    // ---- files

    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/loop-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&template)).withMemoryRebound(to: CChar.self, capacity: 1) {
            String(cString: $0)
        }
        defer { rmdir(path) }
        try body(path)
    }

    @Test("changes in a folder call the handler with their names, and its end as its own")
    func inotify() throws {
        try withFolder { folder in
            let log = log
            let byName = try loop.withIsolation { loop in
                try loop.addInotify(folder, [.entries, .selfDeleted, .onlyFolder]) { _, change in
                    log.add("\(change.kinds.rawValue) \(change.name ?? "-") \(change.cookie != 0)")
                }
            }
            let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            let second = Counter()
            let byDescriptor = try loop.withIsolation { loop in
                try loop.addInotify(descriptor: descriptor, .created, on: loop) { _, change in
                    if change.kinds == .created { second.add() }
                }
            }
            close(descriptor)
            close(open(folder + "/one", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
            rename(folder + "/one", folder + "/two")
            mkdir(folder + "/three", 0o700)
            unlink(folder + "/two")
            rmdir(folder + "/three")
            rmdir(folder)
            stepper.settle()
            let folderBit = FileChange.Kinds.isFolder.rawValue
            #expect(
                log.entries == [
                    "\(IN_CREATE) one false", "\(IN_MOVED_FROM) one true", "\(IN_MOVED_TO) two true",
                    "\(UInt32(IN_CREATE) | folderBit) three false", "\(IN_DELETE) two false",
                    "\(UInt32(IN_DELETE) | folderBit) three false", "\(IN_DELETE_SELF) - false",
                    "\(IN_IGNORED) - false",
                ])
            #expect(second.value == 1)
            #expect(byName.name == folder && !byDescriptor.isCancelled)
            let error = #expect(throws: IOError.self) {
                try loop.withIsolation { loop in try loop.addInotify(folder, .entries) { _, _ in } }
            }
            #expect(error?.code == ENOENT && error?.operation == "watching \(folder)")
        }
    }

    // ---- moments of the loop

    @Test("a post source is called after each turn that dispatched another, and not after its own")
    func post() throws {
        let log = log
        let sources = try loop.withIsolation { loop in
            [
                try loop.addPost { _ in log.add("post") }, try loop.addDefer { _ in log.add("one") },
                try loop.addDefer(priority: .idle) { _ in log.add("two") },
            ]
        }
        stepper.settle()
        // The job that wakes the loop is a source, too.
        #expect(log.entries.filter { $0 != "post" } == ["one", "two"])
        #expect(log.entries.last == "post" && (2...3).contains(log.entries.count { $0 == "post" }))
        withExtendedLifetime(sources) {}
    }

    @Test("exit calls the exit sources by priority, and nothing else; then the loop has ended, with its code")
    func exits() throws {
        let log = log
        let sources = try loop.withIsolation { loop in
            let sources = [
                try loop.addExit(priority: .idle) { _ in log.add("last") },
                try loop.addExit(priority: .important) { _ in log.add("first") },
                try loop.addExit { _ in
                    log.add("second, which throws")
                    throw Refusal()
                },
                try loop.addDefer(priority: .important) { _ in Issue.record("not any more") },
            ]
            loop.exit(code: 5)
            return sources
        }
        #expect(loop.exitCode == nil && !loop.hasEnded && !isSignaled(loop.ended.object))
        stepper.settle()
        #expect(log.entries == ["first", "second, which throws", "last"])
        #expect(stepper.lines.all == ["error: event source exit is disabled: its handler threw Refusal()"])
        #expect(loop.exitCode == 5 && loop.hasEnded && isSignaled(loop.ended.object))
        #expect(sources.allSatisfy { $0.isCancelled })
        #expect(!loop.prepare())
        loop.dispatch()
        let error = #expect(throws: IOError.self) {
            try loop.withIsolation { loop in try loop.addDefer { _ in } }
        }
        #expect(error?.operation == "adding deferred by an event loop that has ended")
        for source in sources { source.cancel() }
    }

    @Test("exit ends a loop's thread after its jobs, though nobody holds the loop any more")
    func exitOfThread() async throws {
        let log = log
        let ended: EventObject
        do {
            let loop = try EventLoop(name: "loop-to-exit")
            ended = loop.ended
            try await loop.addExit { _ in log.add("exit") }.keep()
            // At once, so that the job is there before the exit: what comes after the end waits for ever.
            Task.immediate { await loop.run { log.add("job") } }
            await loop.exit(code: 1)
        }
        try await ended.wait()
        #expect(log.entries == ["job", "exit"])
        #expect(await eventually { !Census.threadNames().contains("loop-to-exit") })
    }

    @Test("a loop that is stopped calls no exit sources, and has no code")
    func stop() async throws {
        let loop = try EventLoop()
        let deaths = Counter()
        do {
            let canary = Canary(deaths)
            try await loop.addExit { _ in
                canary.sing()
                Issue.record("stopped, not exited")
            }.keep()
            try await loop.addDefer { _ in canary.sing() }.keep()
        }
        loop.stop()
        try await loop.ended.wait()
        #expect(loop.exitCode == nil && loop.hasEnded)
        #expect(await eventually { deaths.value == 1 })
    }

    // ---- nobody starves

    @Test("sources of high priority that are always ready let jobs run")
    func jobsBesideSources() async throws {
        let loop = try EventLoop()
        let calls = Counter()
        let source = try await loop.addDefer(priority: .important) { _ in calls.add() }
        await loop.run { source.mode = .on }
        for _ in 0..<100 { await loop.run {} }
        #expect(calls.value > 0)
        source.cancel()
        loop.stop()
    }

    @Test("jobs that always make more let sources of the lowest priority be dispatched")
    func sourcesBesideJobs() async throws {
        actor Treadmill {
            private let loop: EventLoop
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }
            init(_ loop: EventLoop) { self.loop = loop }
            func turn(until done: EventObject) async {
                while !isSignaled(done.object) { await Task.yield() }
            }
        }
        let loop = try EventLoop()
        let done = EventObject(.manual)
        let source = try await loop.addDefer(priority: .idle) { _ in done.set() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await Treadmill(loop).turn(until: done) } }
        }
        source.cancel()
        loop.stop()
    }
}
