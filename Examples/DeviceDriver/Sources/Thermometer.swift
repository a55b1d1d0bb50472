import Configuration
import Glibc
import ServiceLifecycle
import Signalbox
import SignalboxConfiguration

/// The driver of a thermometer: a file of one line, thousandths of a degree, as `/sys/class/thermal/thermal_zone0/temp`.
///
/// It answers for the name `THERM1`. Settings: THERMOMETER_DEVICE, the file; THERMOMETER_PERIOD, milliseconds between
/// readings (1000).
struct ThermometerDriver: Plugin {
    let name = "thermometer"
    /// A device that is gone may come back: five times within a minute, then the service can do without.
    let restartPolicy = RestartPolicy.restart(intensity: .init(5, within: .seconds(60)), beyond: .stop)
    let isOptional = true
    private let thermometer = Thermometer()

    func start(in context: PluginContext) async throws {
        let settings = context.configuration
        let period = Duration.milliseconds(settings.int(forKey: "period", default: 1000))
        try await thermometer.open(try settings.requiredString(forKey: "device"), period: period)
        try context.registerName("THERM1") { _, access in
            guard !access.contains(.write) else { throw IOError(.accessDenied, "opening THERM1 to write") }
            return thermometer
        }
    }

    func run() async throws {
        let stop = StopEvent()
        try await stop.whileRunning {
            while try await !stop.wait(timeout: await thermometer.period) { try await thermometer.read() }
        }
    }

    func stop() async { await thermometer.close() }

    func health() async -> Health { await thermometer.health }
}

/// The thermometer: signaled once for each reading that differs from the last.
actor Thermometer: KernelObject {
    private let changed = EventObject()
    nonisolated var object: Name { changed.object }

    /// The last reading; nil before the first.
    private(set) var celsius: Double?
    private(set) var period = Duration.seconds(1)
    private var descriptor: Int32 = -1
    private var failures = 0

    var health: Health {
        failures == 0 ? .healthy : .degraded("\(failures) readings in a row made no sense")
    }

    func open(_ path: String, period: Duration) throws {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw IOError(code: errno, "opening \(path)") }
        (self.period, failures) = (period, 0)
        try read()
    }

    /// Takes a reading.
    ///
    /// - Throws: `IOError` if the device is gone. A reading that makes no sense is one that is missed.
    func read() throws {
        var line = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &line, line.count, 0)
        guard count >= 0 else { throw IOError(code: errno, "reading the thermometer") }
        let text = String(decoding: line[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let thousandths = Int(text) else {
            failures += 1
            return
        }
        failures = 0
        let reading = Double(thousandths) / 1000
        if reading != celsius { changed.set() }
        celsius = reading
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
