@preconcurrency import Glibc  // stdout
import Hummingbird
import Logging
import OverlappedIO
import ServiceLifecycle
import Signalbox
import Systemd
import UnixSignals

/// A web server that tells how the plugins are, beside them in one service group; all stop in order at SIGTERM.
@main
struct HummingbirdBeside {
    static func main() async throws {
        setlinebuf(stdout)
        var logger = Logger(label: "beside")
        logger.logLevel = .warning
        let host = try Host(plugins: [OverlappedIO(), Store(), Cache(), Systemd()], logger: logger)
        let gate = "the web server"
        host.readiness.addGate(gate)

        let router = Router()
        router.get("health") { _, _ in
            let lines = await host.checkHealth().map { "\($0.name): \($0.state), \($0.health)\n" }
            return lines.joined()
        }
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
        let server = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                print("listening on port \(channel.localAddress?.port ?? port)")
                host.readiness.open(gate)
            }, logger: logger)

        // Stopped from the last to the first: the web server has answered its last request before the plugins go.
        let services: [any Service] = [Told(name: "plugins", service: host), Told(name: "web server", service: server)]
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
        print("all ended")
    }
}

/// A service that tells when it has ended.
struct Told<Inner: Service>: Service {
    let name: String
    let service: Inner

    func run() async throws {
        try await service.run()
        print("\(name) ended")
    }
}

/// A plugin that tells of its start and stop, as one would that opens a database.
struct Store: Plugin {
    let name = "store"
    func start(in context: PluginContext) async throws { print("store started") }
    func stop() async { print("store stopped") }
}

/// Started after the store, and stopped before it.
struct Cache: Plugin {
    let name = "cache"
    let dependencies = ["store"]
    func start(in context: PluginContext) async throws { print("cache started") }
    func stop() async { print("cache stopped") }
}
