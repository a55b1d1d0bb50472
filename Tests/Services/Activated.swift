import Dispatcher
import Glibc
import Logging
import OverlappedIO
import ServiceLifecycle
import Signalbox
import Systemd
import UnixSignals

/// A service that serves what its socket units pass: each connection to a listener, or the one that is passed
/// (`Accept=yes`), is told the name of its socket, and what was passed. A line from the pipe "fifo" goes to the status.
struct Activated: Service {
    let host: Host
    let logger: Logger

    static func main() async throws {
        let logger = Logger(label: "activated")
        let line = Line()
        let host = try Host(
            plugins: [OverlappedIO(), Systemd(status: { line.text.withLock { $0 } })], logger: logger)
        let service = ServiceGroupConfiguration.ServiceConfiguration(
            service: Activated(host: host, logger: logger), successTerminationBehavior: .gracefullyShutdownGroup)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: host), service], gracefulShutdownSignals: [.sigterm], logger: logger))
        let reading = Task {
            try await host.waitUntilStarted()
            guard ServiceEnvironment.current.isPassed("fifo") else { return }
            let pipe = try FileObject(passedAs: "fifo")
            var buffer = PinnedBuffer(capacity: 256)
            while try await pipe.read(into: &buffer, at: 0) > 0 {
                let text = buffer.withBytes { String(decoding: $0, as: UTF8.self) }
                line.text.withLock { $0 = text }
            }
        }
        try await group.run()
        reading.cancel()
    }

    func run() async throws {
        let stop = StopEvent()
        try await stop.whileRunning {
            try await host.waitUntilStarted()
            let passed = ServiceEnvironment.current.descriptors
            let names: [String] = ["NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"]
            let left = names.filter { getenv($0) != nil }
            let all = passed.map(\.description).sorted().joined(separator: ", ") + left.joined()
            if ServiceEnvironment.current.isPassed("connection") {
                // One connection, one process.
                try await tell(SocketObject(passedAs: "connection"), "connection", all)
                return
            }
            try await withThrowingDiscardingTaskGroup { group in
                var listeners: [ListenerObject] = []
                for name in Set(passed.filter { $0.kind == .listener }.map(\.name)) {
                    for listener in try ListenerObject.all(passedAs: name) {
                        listeners.append(listener)
                        group.addTask {
                            for try await connection in listener.connections { try? await tell(connection, name, all) }
                        }
                    }
                }
                try await stop.wait()
                for listener in listeners { listener.stop() }
            }
        }
    }

    private func tell(_ connection: SocketObject, _ name: String, _ all: String) async throws {
        var buffer = PinnedBuffer(capacity: 4096)
        buffer.replace(with: "\(name) of \(all)\n".utf8)
        try await connection.send(buffer)
        connection.finishSending()
        try await connection.discardInput()
        connection.close()
    }
}

private final class Line: Sendable { let text = Guarded("serving") }
