@preconcurrency import Glibc  // stdout
import Logging
import ServiceLifecycle
import Signalbox
import UnixSignals

/// Shows what the thermometer says, and how its driver is, until SIGTERM.
@main
struct Display: Service {
    let host: Host

    static func main() async throws {
        setlinebuf(stdout)
        let logger = Logger(label: "display")
        let host = try Host(plugins: [ThermometerDriver()], logger: logger)
        try await ServiceGroup(
            services: [host, Display(host: host)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
        print("the thermometer is \(host.health[0].state)")
    }

    func run() async throws {
        let stop = StopEvent()
        try await stop.whileRunning {
            try await host.waitUntilStarted()
            // It knows the driver's name for the object, and not the driver.
            guard let thermometer = try await host.open("therm1", access: .read) as? Thermometer else { return }
            var health = Health.healthy
            while true {
                let result = try await waitAny(stop, thermometer, timeout: .milliseconds(500))
                if result == .satisfied(0) { return }
                if result == .satisfied(1), let celsius = await thermometer.celsius { print("\(celsius) °C") }
                let now = await host.checkHealth()[0].health
                if now != health { print("the driver is \(now)") }
                health = now
            }
        }
    }
}
