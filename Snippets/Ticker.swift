import Logging
import ServiceLifecycle
import Signalbox
import Systemd
import UnixSignals

struct Ticker: Service {
    func run() async throws {
        let stop = StopEvent()
        try await stop.whileRunning { while try await !stop.wait(timeout: .seconds(1)) { print("tick") } }
    }
}

let host = try Host(plugins: [Systemd()])  // READY, WATCHDOG and STOPPING, when systemd asks for them
let group = ServiceGroup(
    services: [host, Ticker()], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "ticker"))
try await group.run()
