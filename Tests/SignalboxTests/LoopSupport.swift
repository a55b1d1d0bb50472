import CLinux
import CSystemd
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher
@testable import Signalbox

/// A loop that a test drives, turn by turn, on its own thread.
struct Stepper {
    let loop: EventLoop
    let lines = Lines()

    /// What the loop has logged.
    final class Lines: LogHandler {
        private let state = Guarded<[String]>([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) { state.withLock { $0.append("\(event.level): \(event.message)") } }
        var all: [String] { state.withLock { $0 } }
    }

    init() throws {
        let lines = lines
        loop = try EventLoop(driver: .caller, logger: Logger(label: "test") { _ in lines })
    }

    /// Runs turns as long as there is something to do at this moment.
    func settle() {
        while !loop.hasEnded && (loop.prepare() || Stepper.isReadable(loop.descriptor, 0)) { loop.dispatch() }
    }

    /// Runs turns until the condition holds; waits for what makes the loop ready. False: it never was.
    func turn(until condition: () -> Bool) -> Bool {
        while !condition() {
            guard loop.prepare() || Stepper.isReadable(loop.descriptor, 20_000) else { return false }
            loop.dispatch()
        }
        return true
    }

    static func isReadable(_ descriptor: Int32, _ milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, milliseconds) == 1
    }
}

/// A pipe, closed with the last reference.
final class Pipe: Sendable {
    let reading: Int32
    let writing: Int32
    private let isWritingOpen = Atomic(true)

    init() {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        precondition(signalbox_pipe(&reading, &writing, false) == 0)
        (self.reading, self.writing) = (reading, writing)
    }

    deinit {
        close(reading)
        endWriting()
    }

    func send(_ text: String) { _ = text.withCString { write(writing, $0, strlen($0)) } }
    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(reading, &bytes, 100)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
    func endWriting() { if isWritingOpen.exchange(false, ordering: .relaxed) { close(writing) } }
}

/// Tells when it goes.
final class Canary: Sendable {
    private let deaths: Counter
    init(_ deaths: Counter) { self.deaths = deaths }
    deinit { deaths.add() }
    func sing() {}
}

/// Holds a source for handlers that come later.
final class Slot: Sendable {
    private let source = Guarded<EventSource?>(nil)
    var value: EventSource? {
        get { source.withLock { $0 } }
        set {
            let old = source.withLock { source in
                defer { source = newValue }
                return source
            }
            _ = old  // goes outside the lock
        }
    }
}

/// An actor of a loop that owns a source.
actor Listener {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }
    private(set) var heard: [String] = []
    private var source: IOSource?

    init(_ loop: EventLoop) { self.loop = loop }

    func hear(_ pipe: Pipe) throws {
        source = try loop.assumeIsolated { loop in
            try loop.addIO(pipe.reading, events: .readable, on: self) { me, _ in me.heard.append(pipe.receive()) }
        }
    }
}

/// An error of a handler.
struct Refusal: Error {}
