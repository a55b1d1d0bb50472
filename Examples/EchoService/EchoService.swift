import Glibc
import Logging
import OverlappedIO
import ServiceLifecycle
import Signalbox
import Synchronization
import Systemd
import UnixSignals

/// `EchoService [--host A] [--port N] [--allow-spin]`: sends back what it receives, until SIGTERM.
@main
struct EchoService {
    static func main() async throws {
        let options = try Options(CommandLine.arguments.dropFirst())
        LoggingSystem.bootstrap(JournalLogHandler.init)
        let logger = Logger(label: "echo")
        let figures = Figures()
        let host = try Host(plugins: [OverlappedIO(), Systemd(status: { figures.statusLine() })], logger: logger)
        let echo = Echo(host: host, options: options, figures: figures, logger: logger)
        if options.allowSpin { Spin.onSignal() }
        try await ServiceGroup(services: [host, echo], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            .run()
        logger.notice("\(figures.lastLine())")
    }
}

/// Accepts connections until the stop event is set, and sees each to its end.
struct Echo: Service {
    static let gate = "the listening socket"
    let host: Host
    let options: Options
    let figures: Figures
    let logger: Logger
    let stop = StopEvent()

    init(host: Host, options: Options, figures: Figures, logger: Logger) {
        (self.host, self.options, self.figures, self.logger) = (host, options, figures, logger)
        host.readiness.addGate(Echo.gate)
    }

    func run() async throws {
        try await stop.whileRunning {
            try await host.waitUntilStarted()
            let listener = try listen()
            host.readiness.open(Echo.gate)
            try await withThrowingDiscardingTaskGroup { group in
                await stop.withHandler {
                    while !stop.isSet, let connection = await next(listener) {
                        group.addTask { await serve(connection) }
                    }
                } onStop: {
                    listener.stop()
                }
                listener.close()
            }
        }
    }

    /// The socket that systemd holds for the service, if it does; else one of its own.
    func listen() throws -> ListenerObject {
        if let passed = ServiceEnvironment.current.descriptors.first(where: { $0.name == "echo" }) {
            logger.notice("listening on \(passed.address), as the socket unit says")
            return try ListenerObject(passedAs: "echo")
        }
        let listener = try ListenerObject(host: options.host, port: options.port)
        logger.notice("listening on \(options.host):\(listener.localPort ?? options.port)")
        return listener
    }

    /// The next connection; nil when the service is to stop.
    func next(_ listener: ListenerObject) async -> SocketObject? {
        while !stop.isSet {
            do {
                return try await listener.accept()
            } catch let error as IOError {
                logger.error("\(error)")
                // Out of descriptors, say: some are free again when a connection has ended.
                _ = try? await stop.wait(timeout: .milliseconds(100))
            } catch { break }
        }
        return nil
    }

    /// Echoes until the peer has sent its last, or the stop event: what was read by then is sent still.
    func serve(_ connection: SocketObject) async {
        figures.opened()
        defer { figures.closed() }
        connection.setNoDelay()
        let ended = EventObject(.manual)
        do {
            try await stop.withHandler {
                defer { ended.set() }
                var buffer = PinnedBuffer(capacity: 65536)
                while let count = try? await connection.receive(into: &buffer), count > 0 {
                    figures.received(count)
                    try await connection.send(buffer)
                }
                connection.finishSending()
                if stop.isSet { try await connection.discardInput() }
            } onStop: {
                connection.stopReceiving()
                Task {
                    // A client that does not read, or never ends, is cut off.
                    if try await !ended.wait(timeout: .seconds(3)) { connection.close() }
                }
            }
        } catch let error as IOError where error.status == .connectionAborted {
            figures.cutOff()
        } catch {
            logger.debug("\(error)")
        }
        connection.close()
    }
}
