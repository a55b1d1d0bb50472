import CLinux
import Dispatcher
import Glibc
import Logging
import OverlappedIO
import ServiceLifecycle
import Signalbox
import SignalboxTesting
import Synchronization
import Systemd
import TestSupport
import Testing

/// A socket that listens on a free port of this machine.
private func listener() throws -> Int32 {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    try #require(bound == 0 && listen(made, 16) == 0)
    return made
}

private func datagrams() -> Int32 { socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }

@Suite("What is passed to a service, and stored for it", .serialized, .alone, .timeLimit(.minutes(1)))
struct StoreTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    nonisolated(nonsending) private func run(_ body: (Host) async throws -> Void) async throws {
        let host = try Host(plugins: [OverlappedIO(), Systemd()], logger: StoreTests.quiet)
        let group = ServiceGroup(services: [host], logger: StoreTests.quiet)
        let running = Task { try await group.run() }
        try await host.waitUntilStarted()
        do {
            try await body(host)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    private func descriptions(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test("a listener is taken by its name, serves those who came before, and can be taken again once it is closed")
    func taking() async throws {
        let manager = try FakeServiceManager()
        let socket = try listener()
        manager.pass(socket, as: "http")
        close(socket)
        manager.superviseThisProcess()
        try await run { _ in
            #expect(getenv("NOTIFY_SOCKET") == nil)
            let passed = try #require(ServiceEnvironment.current.descriptors.first)
            #expect(passed.kind == .listener && passed.name == "http" && passed.address.hasPrefix("127.0.0.1:"))
            let port = try #require(UInt16(passed.address.dropFirst(10)))
            let early = try await SocketObject.connect(host: "127.0.0.1", port: port)
            let listener = try ListenerObject(passedAs: "http")
            #expect(listener.localPort == port)
            let accepted = try await listener.accept()
            var buffer = PinnedBuffer(capacity: 8)
            buffer.replace(with: "hello".utf8)
            try await early.send(buffer)
            let count1 = try await accepted.receive(into: &buffer)
            #expect(count1 == 5)
            #expect(throws: ActivationError.inUse("http")) { try ListenerObject(passedAs: "http") }
            listener.close()
            // The manager holds it still: nobody is refused.
            let late = try await SocketObject.connect(host: "127.0.0.1", port: port)
            let again = try ListenerObject(passedAs: "http")
            _ = try await again.accept()
            late.close()
        }
    }

    @Test("a listener that is closed while a thread sleeps on it wakes that one, and listens on for the manager")
    func closingWhileHeld() async throws {
        let manager = try FakeServiceManager()
        let socket = try listener()
        defer { close(socket) }
        manager.pass(socket, as: "http")
        manager.superviseThisProcess()
        let port = PassedPort.of(socket)
        try await run { _ in
            let claim = try PassedDescriptors.shared.claim(named: "http", [.listener])
            let taken = try PassedDescriptors.shared.makeSocket(claim)
            PassedDescriptors.shared.settle(claim, user: taken)
            let early = try await SocketObject.connect(host: "127.0.0.1", port: port)
            let held = taken.hold()
            let closing = taken.settings.closing.load(ordering: .acquiring)
            var entry = pollfd(fd: closing, events: Int16(POLLIN), revents: 0)
            #expect(closing >= 0 && poll(&entry, 1, 0) == 0)
            taken.close()
            #expect(poll(&entry, 1, 0) == 1)
            #expect(taken.descriptor == -1 && fcntl(held, F_GETFD) >= 0)
            taken.letGo()
            let late = try await SocketObject.connect(host: "127.0.0.1", port: port)
            let again = try ListenerObject(passedAs: "http")
            for client in [early, late] {
                let accepted = try await again.accept()
                var buffer = PinnedBuffer(capacity: 2)
                buffer.replace(with: "hi".utf8)
                try await accepted.send(buffer)
                let count = try await client.receive(into: &buffer)
                #expect(count == 2)
            }
        }
    }

    @Test("a descriptor whose place is taken stays open while somebody holds it")
    func takingPlace() async throws {
        try await run { _ in
            let socket = try DriverRegistry.shared.sockets().makeSocket(
                family: AF_INET, type: Int32(SOCK_STREAM.rawValue), protocol: 0)
            let held = socket.hold()
            let next = try listener()
            let isTaken = socket.adopt(next, as: .idle)
            #expect(isTaken && socket.descriptor == next)
            #expect(fcntl(held, F_GETFD) >= 0)
            var entry = pollfd(fd: held, events: Int16(POLLIN), revents: 0)
            #expect(poll(&entry, 1, 0) == 1)  // who sleeps on it wakes up
            socket.letGo()
            #expect(fcntl(held, F_GETFD) < 0)
            socket.close()
            let other = datagrams()
            let isTakenAgain = socket.adopt(other, as: .idle)
            #expect(!isTakenAgain && fcntl(other, F_GETFD) < 0)
        }
    }

    @Test("what nothing was made of can be taken again; what was handed over is gone")
    func givingBack() throws {
        let manager = try FakeServiceManager()
        var ends: (Int32, Int32) = (-1, -1)
        try #require(signalbox_pipe(&ends.0, &ends.1, true) == 0)
        manager.pass(ends.0, as: "fifo")
        close(ends.0)
        close(ends.1)
        manager.superviseThisProcess()
        let passed = try #require(ServiceEnvironment.current.descriptors.first)
        let first = try PassedDescriptors.shared.claim(named: "fifo", [.pipe])
        #expect(throws: ActivationError.inUse("fifo")) { try PassedDescriptors.shared.claim(named: "fifo", [.pipe]) }
        PassedDescriptors.shared.giveBack(first)
        #expect(fcntl(first.number, F_GETFD) < 0 && fcntl(passed.number, F_GETFD) >= 0)
        let taken = try ServiceEnvironment.takeDescriptor(passedAs: "fifo")
        #expect(fcntl(taken, F_GETFD) >= 0 && fcntl(passed.number, F_GETFD) < 0)
        #expect(throws: ActivationError.inUse("fifo")) { try ServiceEnvironment.takeDescriptor(passedAs: "fifo") }
        close(taken)
    }

    @Test("an error says what was passed instead")
    func errors() throws {
        let manager = try FakeServiceManager()
        manager.superviseThisProcess()
        #expect(
            descriptions { _ = try ListenerObject(passedAs: "http") }
                .hasPrefix("\"http\" was not passed to this process, nor anything else"))
        let socket = try listener()
        let other = datagrams()
        manager.pass(socket, as: "web")
        manager.pass(other, as: "dns")
        close(socket)
        close(other)
        manager.superviseThisProcess()
        let text = descriptions { _ = try ListenerObject(passedAs: "http") }
        #expect(text.contains("\"web\" (listener 127.0.0.1:") && text.contains("\"dns\" (datagrams"))
        #expect(
            descriptions { _ = try ListenerObject(passedAs: "dns") }.contains("is not what is wanted: a listener"))
        #expect(ServiceEnvironment.current.isPassed("dns") && !ServiceEnvironment.current.isPassed("http"))
        let taken = try ServiceEnvironment.takeDescriptor(passedAs: "dns")
        #expect(fcntl(taken, F_GETFD) == FD_CLOEXEC)
        #expect(throws: ActivationError.inUse("dns")) { try ServiceEnvironment.takeDescriptor(passedAs: "dns") }
        close(taken)
    }

    @Test("a pipe, a connection and a listener are stored, and come back by name with what is in them")
    func storing() async throws {
        let manager = try FakeServiceManager(storeLimit: 8)
        manager.superviseThisProcess()
        var ends: (Int32, Int32) = (-1, -1)
        try #require(signalbox_pipe(&ends.0, &ends.1, true) == 0)
        let socket = try listener()
        let port = PassedPort.of(socket)
        var client: SocketObject?
        try await run { _ in
            try await DescriptorStore.store(descriptor: ends.0, as: "journal")
            try await DescriptorStore.store(descriptor: ends.1, as: "journal-end", isWatched: false)
            #expect(write(ends.1, "kept", 4) == 4)
            client = try await SocketObject.connect(host: "127.0.0.1", port: port)
            manager.pass(socket, as: "own")
            manager.superviseThisProcess()
            let listener = try ListenerObject(passedAs: "own")
            let connection = try await listener.accept()
            let isStored = try await connection.store(as: "player")
            #expect(isStored)
            try await listener.store(as: "listener")
            #expect(manager.stored == ["listener", "player", "journal-end", "journal"])
            #expect(manager.lines.contains("FDPOLL=0"))
        }
        close(ends.0)
        close(ends.1)
        close(socket)
        // and in the next run
        manager.superviseThisProcess()
        try await run { _ in
            let reading = try FileObject(passedAs: "journal")
            let writing = try FileObject(passedAs: "journal-end")
            var buffer = PinnedBuffer(capacity: 4)
            let count2 = try await reading.read(into: &buffer, at: 0)
            #expect(count2 == 4)
            #expect(buffer.withSpan { $0.byteCount } == 4)
            buffer.withBytes { #expect(Array($0) == Array("kept".utf8)) }
            try await writing.write(buffer, at: 0)
            let connection = try SocketObject(passedAs: "player")
            try await connection.send(buffer)
            let count3 = try await client!.receive(into: &buffer)
            #expect(count3 == 4)
            #expect(try ListenerObject.all(passedAs: "listener").count == 1)
            try await DescriptorStore.remove("player")
            #expect(manager.stored == ["listener", "journal-end", "journal"])
        }
    }

    @Test("what the manager does not keep is refused, with the reason")
    func refused() async throws {
        let manager = try FakeServiceManager(storeLimit: 1)
        manager.superviseThisProcess()
        let socket = datagrams()
        defer { close(socket) }
        try await run { _ in
            try await DescriptorStore.store(descriptor: socket, as: "first")
            await #expect(throws: DescriptorStoreError.refused("second", limit: nil)) {
                try await DescriptorStore.store(descriptor: socket, as: "second")
            }
            #expect(manager.stored == ["first"])
            // What it has is not refused.
            try await DescriptorStore.store(descriptor: socket, as: "first")
            let another = datagrams()
            defer { close(another) }
            await #expect(throws: DescriptorStoreError.refused("first", limit: nil)) {
                try await DescriptorStore.store(descriptor: another, as: "first")
            }
            #expect(manager.stored == ["first"])
            for name in ["", "a:b", "ä", String(repeating: "x", count: 256), "signalbox-probe-1"] {
                await #expect(throws: DescriptorStoreError.invalidName(name)) {
                    try await DescriptorStore.store(descriptor: socket, as: name)
                }
            }
            await #expect(throws: DescriptorStoreError.notOpen("gone")) {
                try await DescriptorStore.store(descriptor: -1, as: "gone")
            }
        }
    }

    @Test("without a manager nothing is stored, and that is no error")
    func unmanaged() async throws {
        let socket = datagrams()
        defer { close(socket) }
        try await run { _ in
            let isStored = try await DescriptorStore.store(descriptor: socket, as: "anything")
            let isRemoved = try await DescriptorStore.remove("anything")
            #expect(!isStored && !isRemoved)
        }
    }

    @Test("a child is not given what the manager has set for this process")
    func children() async throws {
        let manager = try FakeServiceManager(watchdog: .seconds(60))
        manager.superviseThisProcess()
        #expect(getenv("NOTIFY_SOCKET") != nil)
        let child = try ProcessObject(
            "/bin/sh", arguments: ["-c", "test -z \"$NOTIFY_SOCKET$WATCHDOG_USEC$WATCHDOG_PID\" && test -n \"$PATH\""])
        _ = try await child.exit()
        #expect(child.exitCode == 0)
    }
}

private enum PassedPort {
    static func of(_ socket: Int32) -> UInt16 {
        var (name, size) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        _ = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return UInt16(bigEndian: name.sin_port)
    }
}
