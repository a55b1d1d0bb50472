import Signalbox
import Testing

@Suite("What a service manager puts into the environment")
struct EnvironmentTests {
    private func read(_ variables: [String: String]) -> ServiceEnvironment {
        ServiceEnvironment(process: 7) { variables[$0] }
    }

    @Test("without its variables there is no manager, and no watchdog")
    func nothing() {
        #expect(!read([:]).isManaged && read([:]).watchdog == nil)
        #expect(!read(["NOTIFY_SOCKET": ""]).isManaged)
    }

    @Test("a watchdog counts if it is meant for this process, or for whoever has it")
    func watchdog() {
        #expect(read(["WATCHDOG_USEC": "2000000"]).watchdog == .seconds(2))
        #expect(read(["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"]).watchdog == .seconds(2))
        #expect(read(["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"]).watchdog == nil)
        for wrong in ["", "0", "-1", "x", "99999999999999999999"] {
            #expect(read(["WATCHDOG_USEC": wrong]).watchdog == nil)
        }
    }
}
