import CLinux
import Dispatcher
import Glibc
import Logging
import Signalbox
import Synchronization
import TestSupport
import Testing

@testable import Systemd

/// A manager's socket that is read when the test says so.
private final class Inbox: Sendable {
    let path: String
    let socket: Int32
    private let seen = Guarded<[String]>([])

    init() throws {
        path = "/tmp/signalbox-inbox-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        socket = Glibc.socket(AF_UNIX, flags, 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(socket >= 0 && bound == 0)
    }

    deinit {
        close(socket)
        unlink(path)
    }

    /// Leaves no room; returns how many messages that took.
    func fill() throws -> Int {
        let sender = NotifySocket(address: path)
        for count in 0..<100_000 {
            if case .full = sender.send(NotifyMessage("X_FILL=\(count)")) { return count }
        }
        throw IOError(.unexpected, "filling a socket's queue")
    }

    func read() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &bytes, bytes.count, 0)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// All that it has read by this.
    func collect() -> [String] {
        let all = readAll()
        return seen.withLock { seen in
            seen += all
            return seen
        }
    }

    func readAll() -> [String] {
        var all: [String] = []
        while let message = read() { all.append(message) }
        return all
    }
}

@Suite("Messages for a manager that does not read", .serialized, .alone, .timeLimit(.minutes(1)))
struct OutboxTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func outbox(_ inbox: Inbox, _ loop: EventLoop? = nil) -> Outbox {
        Outbox(NotifySocket(address: inbox.path), loop: loop?.executor, logger: OutboxTests.quiet)
    }

    @Test("what waits is sent by the loop when there is room, in order; the latest status says all")
    func waiting() async throws {
        let inbox = try Inbox()
        let loop = try EventLoop()
        let outbox = outbox(inbox, loop)
        let count = try inbox.fill()
        for text in ["READY=1", "STATUS=one", "WATCHDOG=1", "STATUS=two", "WATCHDOG=1", "STOPPING=1\nSTATUS=three"] {
            #expect(outbox.send([NotifyMessage(text)]))
        }
        for number in 0..<count { #expect(inbox.read() == "X_FILL=\(number)") }
        let wanted = ["READY=1", "STATUS=two", "WATCHDOG=1", "STOPPING=1\nSTATUS=three"]
        #expect(await eventually { inbox.collect().count >= wanted.count })
        #expect(inbox.collect() == wanted)
        #expect(outbox.send([NotifyMessage("STATUS=last")]))
        #expect(inbox.readAll() == ["STATUS=last"])
        await loop.run { outbox.leaveLoop() }
        loop.stop()
    }

    @Test("a descriptor that waits is the queue's own: its sender may close it")
    func descriptors() async throws {
        let inbox = try Inbox()
        let loop = try EventLoop()
        let outbox = outbox(inbox, loop)
        _ = try inbox.fill()
        let barrier = try #require(outbox.sendWithBarrier([NotifyMessage("READY=1")]))
        defer { close(barrier) }
        var entry = pollfd(fd: barrier, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 0) == 0)
        #expect(await eventually { inbox.collect().suffix(2) == ["READY=1", "BARRIER=1"] })
        // Nobody took the descriptor out of the message, so it was closed.
        #expect(poll(&entry, 1, 1000) == 1)
        await loop.run { outbox.leaveLoop() }
        loop.stop()
    }

    @Test("without a loop the next message sends what waits, and so does a drain, which blocks no longer than it may")
    func withoutLoop() throws {
        let inbox = try Inbox()
        let outbox = outbox(inbox)
        _ = try inbox.fill()
        #expect(outbox.send([NotifyMessage("READY=1")]))
        #expect(!outbox.drain(until: signalbox_now() + 20_000_000))
        _ = inbox.readAll()
        #expect(outbox.send([NotifyMessage("STATUS=now")]))
        #expect(inbox.readAll() == ["READY=1", "STATUS=now"])
        _ = try inbox.fill()
        #expect(outbox.send([NotifyMessage("STOPPING=1")]))
        #expect(inbox.read() == "X_FILL=0")
        #expect(outbox.drain(until: signalbox_now() + 10_000_000_000))
        #expect(inbox.readAll().last == "STOPPING=1")
    }

    @Test("when a message is lost, those that were sent with it are, too, and who waits for their barrier is told")
    func losing() throws {
        let inbox = try Inbox()
        let outbox = outbox(inbox)
        _ = try inbox.fill()
        #expect(outbox.send([NotifyMessage("READY=1")]))
        let group = NotifyMessage.Group()
        // It waits behind that one; then sendmsg(2) finds that it is too long for a datagram.
        let long = NotifyMessage("X=" + String(repeating: "x", count: 1 << 23))
        let barrier = try #require(outbox.sendWithBarrier([long, NotifyMessage("FDSTORE=1", descriptors: [1])], group))
        defer { close(barrier) }
        #expect(outbox.send([NotifyMessage("STATUS=behind")]))
        let isLostEarly = group.isLost.load(ordering: .acquiring)
        #expect(!isLostEarly)
        _ = inbox.readAll()
        #expect(outbox.drain(until: signalbox_now() + 10_000_000_000))
        #expect(inbox.readAll() == ["READY=1", "STATUS=behind"])
        let isLost = group.isLost.load(ordering: .acquiring)
        #expect(isLost)
        var entry = pollfd(fd: barrier, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 0) == 1)
    }

    @Test("a manager that is not there is told nothing, and that is said")
    func nobody() {
        let outbox = Outbox(NotifySocket(address: "/nowhere/notify"), loop: nil, logger: OutboxTests.quiet)
        #expect(!outbox.send([NotifyMessage("READY=1")]))
        #expect(outbox.sendWithBarrier([]) == nil)
    }

    @Test("a queue keeps the latest of its kind at its place, all news, and a thousand messages at most")
    func queue() {
        var queue = NotifyQueue()
        for text in [
            "EXTEND_TIMEOUT_USEC=1", "STATUS=a", "STATUS=b\nX=1", "READY=1", "READY=1", "EXTEND_TIMEOUT_USEC=2",
        ] {
            let isAdded = queue.add(NotifyMessage(text))
            #expect(isAdded)
        }
        #expect(queue.messages.map(\.text) == ["STATUS=a", "STATUS=b\nX=1", "READY=1", "EXTEND_TIMEOUT_USEC=2"])
        #expect(NotifyMessage("WATCHDOG=1", descriptors: [1]).importance == .news)
        for number in 4..<NotifyQueue.limit { _ = queue.add(NotifyMessage("X=\(number)")) }
        let isAdded = queue.add(NotifyMessage("X=one too many"))
        #expect(!isAdded)
        #expect(queue.messages.count == NotifyQueue.limit)
    }
}
