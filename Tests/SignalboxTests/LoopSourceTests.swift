import CLinux
import CSystemd
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher
@testable import Signalbox

@Suite("Sources of the event loop: descriptors, priorities, modes, ends", .serialized, .alone, .timeLimit(.minutes(2)))
struct LoopSourceTests {
    private let stepper: Stepper
    private let log = Log<String>()
    private var loop: EventLoop { stepper.loop }

    init() throws { stepper = try Stepper() }

    // ---- descriptors

    @Test("a readable descriptor calls the handler, isolated to the loop, until it was read")
    func readable() throws {
        let (pipe, log) = (Pipe(), log)
        let source = try loop.withIsolation { loop in
            try loop.addIO(pipe.reading, events: .readable) { loop, events in
                loop.executor.checkIsolated()
                log.add("\(events == .readable)")
                if log.count == 2 { log.add(pipe.receive()) }
            }
        }
        stepper.settle()
        #expect(log.entries == [])
        pipe.send("x")
        stepper.settle()
        #expect(log.entries == ["true", "true", "x"])
        #expect(source.name == "descriptor \(pipe.reading)")
        stepper.settle()
        #expect(log.count == 3)
        pipe.endWriting()
        _ = loop.prepare()
        loop.dispatch()
        #expect(log.entries.last == "false")
        loop.withIsolation { _ in #expect(source.events == .readable) }
    }

    @Test("an edge is told once, and other events when they are asked for")
    func edges() throws {
        let (pipe, log) = (Pipe(), log)
        let source = try loop.withIsolation { loop in
            try loop.addIO(pipe.reading, events: [.readable, .edgeTriggered]) { _, _ in log.add("edge") }
        }
        pipe.send("x")
        stepper.settle()
        #expect(log.entries == ["edge"])
        pipe.send("y")
        stepper.settle()
        #expect(log.entries == ["edge", "edge"])
        let other = try loop.withIsolation { loop in
            try loop.addIO(pipe.writing, events: []) { _, events in log.add("writable \(events == .writable)") }
        }
        stepper.settle()
        #expect(log.count == 2)
        try loop.withIsolation { _ in
            try other.watch(for: .writable)
            other.mode = .once
        }
        stepper.settle()
        #expect(log.entries.last == "writable true" && log.count == 3)
        #expect(throws: IOError(code: EINVAL, "watching \(other.name)")) {
            try loop.withIsolation { _ in try other.watch(for: IOEvents(rawValue: 1 << 20)) }
        }
        withExtendedLifetime(source) {}
    }

    @Test("what epoll does not take is an error that names the descriptor")
    func refused() throws {
        let file = open("/etc/passwd", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        for (descriptor, code) in [(file, EPERM), (Int32(100_000), EBADF)] {
            let error = #expect(throws: IOError.self) {
                try loop.withIsolation { loop in try loop.addIO(descriptor, events: .readable) { _, _ in } }
            }
            #expect(error?.code == code && error?.operation == "watching descriptor \(descriptor)")
        }
        let pipe = Pipe()
        let first = try loop.withIsolation { loop in try loop.addIO(pipe.reading, events: .readable) { _, _ in } }
        let error = #expect(throws: IOError.self) {
            try loop.withIsolation { loop in try loop.addIO(pipe.reading, events: .readable) { _, _ in } }
        }
        #expect(error?.code == EEXIST)
        first.cancel()
    }

    @Test("an actor of the loop owns a source, whose handler is isolated to it; the source goes with the actor")
    func owned() async throws {
        let loop = try EventLoop()
        let pipe = Pipe()
        var listener: Listener? = Listener(loop)
        try await listener?.hear(pipe)
        pipe.send("hello")
        while await listener?.heard.isEmpty == true { await Task.yield() }
        #expect(await listener?.heard == ["hello"])
        listener = nil
        while await loop.run({ loop.executor.sourceCount }) > 0 { await Task.yield() }
        loop.stop()
    }

    @Test("an actor that runs elsewhere cannot own a source")
    func foreignActor() async {
        await #expect(processExitsWith: .failure) {
            actor Stranger {}
            let loop = try EventLoop()
            _ = try await loop.addIO(0, events: .readable, on: Stranger()) { _, _ in }
        }
    }

    @Test("what says on the loop traps elsewhere")
    func offLoop() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop()
            let source = try await loop.addDefer { _ in }
            source.mode = .off
        }
    }

    // ---- priorities and modes

    @Test("sources that are ready are dispatched by priority, which can be changed")
    func priorities() throws {
        let log = log
        let sources = try loop.withIsolation { loop in
            try [
                (LoopPriority.idle, "idle"), (.normal, "normal"), (.important, "important"),
                (.init(rawValue: -5), "-5"),
            ]
            .map { priority, name in
                try loop.addDefer(name: name, priority: priority) { _ in log.add(name) }
            }
        }
        loop.withIsolation { _ in #expect(sources.map(\.priority.rawValue) == [100, 0, -100, -5]) }
        stepper.settle()
        #expect(log.entries == ["important", "-5", "normal", "idle"])
        try loop.withIsolation { _ in
            for source in sources { source.mode = .once }
            try sources[0].setPriority(.important)
            try sources[2].setPriority(.idle)
        }
        stepper.settle()
        #expect(log.entries.dropFirst(4) == ["idle", "-5", "normal", "important"])
    }

    @Test("sources of one priority that are always ready take turns")
    func equals() throws {
        let log = log
        let pipes = (0..<4).map { _ in Pipe() }
        for pipe in pipes { pipe.send("never read") }
        let sources = try loop.withIsolation { loop in
            try pipes.map { pipe in
                try loop.addIO(pipe.reading, events: .readable) { _, _ in log.add("\(pipe.reading)") }
            }
        }
        #expect(stepper.turn { log.count == 40 })
        for pipe in pipes { #expect((9...11).contains(log.entries.count { $0 == "\(pipe.reading)" })) }
        withExtendedLifetime(sources) {}
    }

    @Test("once is once, off is never, and on again is again")
    func modes() throws {
        let (pipe, log) = (Pipe(), log)
        pipe.send("never read")
        let source = try loop.withIsolation { loop in
            let source = try loop.addIO(pipe.reading, events: .readable) { _, _ in log.add("ready") }
            #expect(source.mode == .on)
            source.mode = .once
            return source
        }
        stepper.settle()
        #expect(log.count == 1)
        loop.withIsolation { _ in
            #expect(source.mode == .off && !source.isPending)
            source.mode = .once
        }
        stepper.settle()
        #expect(log.count == 2)
        loop.withIsolation { _ in source.mode = .on }
        #expect(stepper.turn { log.count == 10 })
        loop.withIsolation { _ in source.mode = .off }
        stepper.settle()
        #expect(log.count == 10)
    }

    // ---- errors

    @Test("a handler that throws is logged by its source's name, and its source is off; the others go on")
    func throwing() throws {
        let log = log
        let (bad, good) = try loop.withIsolation { loop in
            (
                try loop.addDefer(name: "the bad one") { _ in throw Refusal() },
                try loop.addDefer(priority: .idle) { _ in log.add("good") }
            )
        }
        loop.withIsolation { _ in bad.mode = .on }
        stepper.settle()
        #expect(log.entries == ["good"])
        #expect(stepper.lines.all == ["error: event source the bad one is disabled: its handler threw Refusal()"])
        loop.withIsolation { _ in
            #expect(bad.mode == .off && !bad.isCancelled)
            bad.mode = .once
        }
        stepper.settle()
        #expect(stepper.lines.all.count == 2)
        withExtendedLifetime(good) {}
    }

    @Test("a handler that throws CancellationError has its source removed, without a word")
    func throwingCancellation() throws {
        let source = try loop.withIsolation { loop in try loop.addPost { _ in throw CancellationError() } }
        loop.withIsolation { _ in #expect(source.mode == .on) }
        stepper.settle()
        #expect(source.isCancelled && stepper.lines.all == [])
        loop.withIsolation { _ in #expect(source.mode == .off) }
    }

    @Test("a source that says so ends the loop when its handler throws, with the errno as the code")
    func exitOnFailure() throws {
        let log = log
        let sources = try loop.withIsolation { loop in
            let source = try loop.addDefer { _ in throw IOError(code: ENOSPC, "writing") }
            source.exitsLoopOnFailure = true
            #expect(source.exitsLoopOnFailure)
            return [source, try loop.addExit { _ in log.add("exit") }]
        }
        stepper.settle()
        #expect(loop.hasEnded && loop.exitCode == -ENOSPC && log.entries == ["exit"])
        withExtendedLifetime(sources) {}
    }

    // ---- the end of a source

    @Test("a source that its own handler cancels is not called again, and lets go what the handler held")
    func cancelInside() throws {
        let (log, deaths, slot) = (log, Counter(), Slot())
        let pipe = Pipe()
        pipe.send("never read")
        try loop.withIsolation { loop in
            let canary = Canary(deaths)
            // The handler holds its own source: cancelling breaks that.
            slot.value = try loop.addIO(pipe.reading, events: .readable) { _, _ in
                canary.sing()
                log.add("called")
                slot.value?.cancel()
                #expect(slot.value?.isCancelled == true)
                log.add("goes on")
            }
        }
        stepper.settle()
        #expect(log.entries == ["called", "goes on"] && deaths.value == 1)
        slot.value = nil
    }

    @Test("a source that another's handler cancels in the turn in which both are ready is not called")
    func cancelOther() throws {
        let (log, slot) = (log, Slot())
        let pipes = [Pipe(), Pipe()]
        let first = try loop.withIsolation { loop in
            slot.value = try loop.addIO(pipes[0].reading, events: .readable, name: "victim") { _, _ in log.add("victim")
            }
            return try loop.addIO(pipes[1].reading, events: .readable, priority: .important) { _, _ in
                log.add("victim is pending: \(slot.value!.isPending)")
                slot.value?.cancel()
                _ = pipes[1].receive()
            }
        }
        for pipe in pipes { pipe.send("x") }
        stepper.settle()
        #expect(log.entries == ["victim is pending: true"])
        withExtendedLifetime(first) {}
    }

    @Test("a source that another thread cancels begins no call any more")
    func cancelElsewhere() async throws {
        let loop = try EventLoop()
        let calls = Counter()
        for _ in 0..<100 {
            let before = calls.value
            let source = try await loop.addDefer { _ in calls.add() }
            await loop.run { source.mode = .on }
            #expect(await eventually { calls.value > before })
            source.cancel()
            source.cancel()
            await loop.run {}
            let last = calls.value
            for _ in 0..<5 { await loop.run {} }
            #expect(calls.value == last)
        }
        #expect(await loop.run { loop.executor.sourceCount } == 0)
        loop.stop()
    }

    @Test("dropping a source removes it, unless it is kept; then it can still be cancelled, and ends with the loop")
    func dropping() throws {
        let (log, deaths) = (log, Counter())
        try loop.withIsolation { loop in
            let canary = Canary(deaths)
            _ = try loop.addDefer { _ in canary.sing() }
        }
        #expect(deaths.value == 1)
        try loop.withIsolation { loop in
            let canary = Canary(deaths)
            let source = try loop.addDefer { _ in
                log.add("kept"); canary.sing()
            }
            source.keep()
            let other = try loop.addDefer { _ in
                log.add("kept and cancelled"); canary.sing()
            }
            other.keep()
            other.cancel()
        }
        stepper.settle()
        #expect(log.entries == ["kept"] && deaths.value == 1)
        loop.stop()
        stepper.settle()
        #expect(loop.hasEnded && deaths.value == 2)
    }

    @Test("a source whose actor is gone is removed when it would be called")
    func ownerGone() throws {
        let source = try loop.withIsolation { loop in
            try loop.addDefer(on: Listener(loop)) { _ in Issue.record("there is nobody to be called") }
        }
        stepper.settle()
        #expect(source.isCancelled)
    }

    @Test("a loop that nobody drives leaves nothing behind when it is dropped")
    func undriven() throws {
        let (before, deaths) = (Census().descriptors.count, Counter())
        do {
            let other = try Stepper()
            let pipe = Pipe()
            let canary = Canary(deaths)
            try other.loop.withIsolation { loop in
                try loop.addIO(pipe.reading, events: .readable) { _, _ in canary.sing() }.keep()
                try loop.addTimer(after: .seconds(100)) { _, _ in canary.sing() }.keep()
            }
        }
        #expect(deaths.value == 1 && Census().descriptors.count == before)
    }
}
