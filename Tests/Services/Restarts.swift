import Dispatcher
import Glibc
import Logging
import OverlappedIO
import ServiceLifecycle
import Signalbox
import Systemd
import UnixSignals

/// The service that Tests/Restarts/restart_load kills: it serves the socket of its unit, one of its own that it has stored,
/// and connections that it has stored; and counts its runs in a stored pipe, a byte each.
struct Restarts: Service {
    static let gate = "the sockets"
    let host: Host
    /// Of the socket of its own.
    let port: UInt16
    let logger: Logger

    static func main(port: UInt16) async throws {
        let logger = Logger(label: "restarts")
        let host = try Host(plugins: [OverlappedIO(), Systemd()], logger: logger)
        host.readiness.addGate(gate)
        let group = ServiceGroup(
            services: [host, Restarts(host: host, port: port, logger: logger)], gracefulShutdownSignals: [.sigterm],
            logger: logger)
        do {
            try await group.run()
        } catch {
            logger.error("\(error)")
            exit(1)
        }
    }

    func run() async throws {
        let stop = StopEvent()
        try await stop.whileRunning {
            try await host.waitUntilStarted()
            let run = try await countRun()
            let listeners = [try ListenerObject(passedAs: "unit"), try await ownListener()]
            let kept = ServiceEnvironment.current.isPassed("kept") ? try SocketObject.all(passedAs: "kept") : []
            host.readiness.open(Restarts.gate)
            await withDiscardingTaskGroup { group in
                for connection in kept { group.addTask { await answer(connection, Reader(connection)) } }
                for listener in listeners { group.addTask { await serve(listener, run) } }
                try? await stop.wait()
                for listener in listeners { listener.stop() }
                for connection in kept { connection.stopReceiving() }
                group.cancelAll()
            }
        }
    }

    /// How often the service was started, this time included.
    private func countRun() async throws -> Int {
        var ends = (read: Int32(-1), write: Int32(-1))
        if ServiceEnvironment.current.isPassed("runs") {
            ends.read = try ServiceEnvironment.takeDescriptor(passedAs: "runs")
            ends.write = try ServiceEnvironment.takeDescriptor(passedAs: "count")
        } else {
            var made: [Int32] = [-1, -1]
            guard pipe(&made) == 0, made.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
                throw IOError(code: errno, "making a pipe")
            }
            ends = (made[0], made[1])
            // In this order: who finds the second finds the first.
            try await DescriptorStore.store(descriptor: ends.write, as: "count")
            try await DescriptorStore.store(descriptor: ends.read, as: "runs")
        }
        var byte: UInt8 = 1
        guard write(ends.write, &byte, 1) == 1 else { throw IOError(code: errno, "counting a run") }
        var count: Int32 = 0
        guard ioctl(ends.read, UInt(FIONREAD), &count) == 0 else { throw IOError(code: errno, "counting runs") }
        return Int(count)
    }

    private func ownListener() async throws -> ListenerObject {
        if ServiceEnvironment.current.isPassed("own") { return try ListenerObject(passedAs: "own") }
        let listener = try ListenerObject(port: port)
        try await listener.store(as: "own")
        return listener
    }

    private func serve(_ listener: ListenerObject, _ run: Int) async {
        await withDiscardingTaskGroup { group in
            do {
                for try await connection in listener.connections {
                    group.addTask { await greet(connection, run) }
                }
            } catch { logger.error("\(error)") }
        }
    }

    private func greet(_ connection: SocketObject, _ run: Int) async {
        let reader = Reader(connection)
        do {
            try await connection.say("hello \(getpid()) \(run)")
            switch try await reader.line() {
            case "get": try await connection.say("bye \(getpid())")
            case "keep":
                try await connection.store(as: "kept")
                try await connection.say("kept \(getpid())")
                return await answer(connection, reader)
            default: break
            }
        } catch { logger.debug("\(error)") }
        connection.close()
    }

    private func answer(_ connection: SocketObject, _ reader: Reader) async {
        do {
            while let line = try await reader.line(), line.hasPrefix("ping ") {
                try await connection.say("pong \(line.dropFirst(5)) \(getpid())")
            }
        } catch { logger.debug("\(error)") }
        connection.close()
    }
}

/// Reads a connection by lines.
private final class Reader: Sendable {
    private let connection: SocketObject
    private let rest = Guarded<[UInt8]>([])

    init(_ connection: SocketObject) { self.connection = connection }

    /// The next line, without its end; nil at the end.
    func line() async throws -> String? {
        var buffer = PinnedBuffer(capacity: 256)
        while true {
            let line = rest.withLock { rest -> [UInt8]? in
                guard let end = rest.firstIndex(of: 0x0A) else { return nil }
                defer { rest.removeFirst(end + 1) }
                return Array(rest[..<end])
            }
            if let line { return String(decoding: line, as: UTF8.self) }
            guard try await connection.receive(into: &buffer) > 0 else { return nil }
            let bytes = buffer.withBytes { Array($0) }
            rest.withLock { $0 += bytes }
        }
    }
}

extension SocketObject {
    fileprivate nonisolated func say(_ line: String) async throws {
        var buffer = PinnedBuffer(capacity: 256)
        buffer.replace(with: "\(line)\n".utf8)
        try await send(buffer)
    }
}
