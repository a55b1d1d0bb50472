import OverlappedIO
import Signalbox

/// An echo server of tasks, one for each connection, all on the event loop that tells of their bytes.
///
/// usage: echo_async PORT [pool]     pool: on the threads of Swift's own pool instead
@main
struct EchoServer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let host = try Host(plugins: [OverlappedIO()])
        try await host.start()
        let listener = try ListenerObject(port: UInt16(arguments.count > 1 ? arguments[1] : "0")!, backlog: 4096)
        if arguments.contains("pool") {
            try await serve(listener)
        } else {
            try await withTaskExecutorPreference(host.loop.executor) { try await serve(listener) }
        }
    }

    static func serve(_ listener: ListenerObject) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await connection in listener.connections {
                group.addTask { await echo(connection) }
            }
        }
    }

    static func echo(_ connection: SocketObject) async {
        connection.setNoDelay()
        var buffer = PinnedBuffer(capacity: 2048)
        do {
            while try await connection.receive(into: &buffer) > 0 { try await connection.send(buffer) }
        } catch {
            // The peer is gone, as it may be.
        }
        connection.close()
    }
}
