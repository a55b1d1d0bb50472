import Glibc
import Logging
import ServiceLifecycle
import Signalbox
import Systemd
import UnixSignals

/// A service of three components for Tests/Deployment/service-test: what the first argument says is the third. Or, for
/// Tests/Deployment/sockets-test, `restarts PORT` or `activated`, see there.
@main struct ServiceUnderTest {
    static func main() async throws {
        LoggingSystem.bootstrap(JournalLogHandler.init)
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "restarts" { return try await Restarts.main(port: UInt16(arguments.last!)!) }
        if arguments.first == "activated" { return try await Activated.main() }
        let third: any Plugin =
            switch arguments.first {
            case "slow": Slow(starts: 8, stops: 0, step: .milliseconds(600))
            case "slow-stop": Slow(starts: 0, stops: 8, step: .milliseconds(600))
            case "gated": Gated()
            case "stuck": Stuck()
            case "failing": Failing()
            case "reloading": Reloading()
            case "journal": Journaling()
            case "given": Given()
            case let word: Troublesome(word.flatMap(Trouble.init) ?? .none)
            }
        let systemd = Systemd(bands: [.high, .low], patience: .seconds(2), status: { "all is well" })
        let host = try Host(plugins: [Quick(name: "first"), Quick(name: "second"), third, systemd])
        let group = ServiceGroup(
            services: [host], gracefulShutdownSignals: [.sigterm], logger: Logger(label: "service-under-test"))
        do {
            try await group.run()
        } catch {
            print("ended by an error: \(error)")
            exit(1)
        }
    }
}
