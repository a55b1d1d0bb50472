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

    @Test("descriptors count if they are meant for this process, with their names")
    func descriptors() {
        func names(_ variables: [String: String]) -> [String] { read(variables).descriptors.map(\.name) }
        let all = ["LISTEN_FDS": "3", "LISTEN_PID": "7", "LISTEN_FDNAMES": "http::http", "LISTEN_PIDFDID": "4711"]
        #expect(names(all) == ["http", "", "http"])
        #expect(read(all).descriptors.map(\.number) == [3, 4, 5])
        #expect(read(all).isPassed("http") && !read(all).isPassed("https"))
        #expect(names(all.filter { $0.key != "LISTEN_FDNAMES" }) == ["unknown", "unknown", "unknown"])
        #expect(names(all.merging(["LISTEN_FDNAMES": "too:few"]) { $1 }) == ["unknown", "unknown", "unknown"])
        for wrong in ["8", "", "x"] { #expect(names(all.merging(["LISTEN_PID": wrong]) { $1 }) == []) }
        #expect(names(all.filter { $0.key != "LISTEN_PID" }) == [])
        for wrong in ["0", "-1", "", "x", "99999999999"] {
            #expect(names(all.merging(["LISTEN_FDS": wrong]) { $1 }) == [])
        }
    }

    @Test("a manager that stores says how much, if it is new enough")
    func storeLimit() {
        #expect(read(["FDSTORE": "16"]).storeLimit == 16)
        for none in [[:], ["FDSTORE": "0"], ["FDSTORE": "x"]] { #expect(read(none).storeLimit == nil) }
    }
}
