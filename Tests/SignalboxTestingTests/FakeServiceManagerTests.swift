import CSystemd
import Glibc
import Signalbox
import SignalboxTesting
import Testing

@Suite("The fake service manager", .serialized, .leavesNothing, .timeLimit(.minutes(1)))
struct FakeServiceManagerTests {
    private func supervisor(watchdog: Duration? = nil) throws -> FakeServiceManager {
        let manager = try FakeServiceManager(watchdog: watchdog)
        manager.superviseThisProcess()
        return manager
    }

    private func value(of name: String) -> String? { getenv(name).map { String(cString: $0) } }

    @Test("messages are kept in order, from the moment they were sent")
    func messages() throws {
        let manager = try supervisor()
        #expect(manager.messages == [])
        #expect(sd_notify(0, "READY=1\nSTATUS=fine") > 0)
        #expect(manager.messages == ["READY=1\nSTATUS=fine"])
        #expect(sd_notify(0, "STOPPING=1") > 0)
        #expect(manager.messages == ["READY=1\nSTATUS=fine", "STOPPING=1"])
        #expect(manager.lines == ["READY=1", "STATUS=fine", "STOPPING=1"])
    }

    @Test("a message is awaited by one of its lines, and returned whole, be it there already or not")
    func awaiting() async throws {
        let manager = try supervisor()
        sd_notify(0, "STATUS=starting")
        #expect(try await manager.message("STATUS=starting") == "STATUS=starting")
        let waiting = Task { try await manager.message("READY=1") }
        sd_notify(0, "STATUS=READY=1")
        sd_notify(0, "READY=1\nSTATUS=fine")
        #expect(try await waiting.value == "READY=1\nSTATUS=fine")
        #expect(try await manager.message { $0.hasPrefix("STATUS=R") } == "STATUS=READY=1")
    }

    @Test("a message that nobody asks about is received by the manager's own thread, and ends a wait")
    func ownThread() async throws {
        let manager = try supervisor()
        for number in 0..<200 {
            let waiting = Task { try await manager.message("X_NUMBER=\(number)") }
            let thread = try ThreadObject { sd_notify(0, "X_NUMBER=\(number)") }
            #expect(try await waiting.value == "X_NUMBER=\(number)")
            try await thread.wait()
        }
        #expect(manager.messages == (0..<200).map { "X_NUMBER=\($0)" })
    }

    @Test("a message can be awaited so many times")
    func times() async throws {
        let manager = try supervisor()
        let waiting = Task { try await manager.message("WATCHDOG=1", times: 3) }
        for number in 0..<3 { sd_notify(0, "WATCHDOG=1\nX_NUMBER=\(number)") }
        #expect(try await waiting.value == "WATCHDOG=1\nX_NUMBER=2")
        #expect(try await manager.message("WATCHDOG=1") == "WATCHDOG=1\nX_NUMBER=0")
    }

    @Test("waiting for a message that never comes ends with CancellationError when the task is cancelled")
    func cancellation() async throws {
        let manager = try supervisor()
        let hopeless = Task { try await manager.message("READY=1") }
        hopeless.cancel()
        await #expect(throws: CancellationError.self) { try await hopeless.value }
    }

    @Test("a barrier returns when what was sent before has been received, and is no message")
    func barrier() throws {
        let manager = try supervisor()
        sd_notify(0, "READY=1")
        #expect(sd_notify_barrier(0, 20_000_000) > 0)
        #expect(manager.barriers == 1)
        #expect(manager.messages == ["READY=1"])
        for _ in 0..<100 { #expect(sd_notify_barrier(0, 20_000_000) > 0) }
        #expect(manager.barriers == 101)
    }

    @Test("descriptors that come with a message are closed")
    func descriptors() throws {
        let manager = try supervisor()
        let sent = (0..<3).map { _ in dup(0) }
        #expect(sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=test", sent, 3) > 0)
        sent.forEach { close($0) }
        #expect(manager.lines == ["FDSTORE=1", "FDNAME=test"])
        #expect(manager.barriers == 0)
    }

    @Test("a message of 4096 bytes is received, and a longer one ignored")
    func length() throws {
        let manager = try supervisor()
        let (whole, long) = (String(repeating: "X", count: 4096), String(repeating: "Y", count: 4097))
        #expect(sd_notify(0, long) > 0 && sd_notify(0, whole) > 0 && sd_notify(0, "READY=1") > 0)
        #expect(manager.messages == [whole, "READY=1"])
    }

    @Test("the environment names the socket, and the watchdog if there is one")
    func environment() throws {
        let plain = try FakeServiceManager().environment
        #expect(Set(plain.keys) == ["NOTIFY_SOCKET"])
        let watched = try FakeServiceManager(watchdog: .milliseconds(1_500)).environment
        #expect(watched["WATCHDOG_USEC"] == "1500000" && Set(watched.keys) == ["NOTIFY_SOCKET", "WATCHDOG_USEC"])
        #expect(watched["NOTIFY_SOCKET"] != plain["NOTIFY_SOCKET"])
    }

    @Test("the process has the manager's environment until it lets go, and then its own again")
    func process() throws {
        setenv("WATCHDOG_USEC", "7", 1)
        defer { unsetenv("WATCHDOG_USEC") }
        #expect(value(of: "NOTIFY_SOCKET") == nil)
        var period: UInt64 = 0
        do {
            let manager = try supervisor(watchdog: .seconds(2))
            #expect(value(of: "NOTIFY_SOCKET") == manager.environment["NOTIFY_SOCKET"])
            #expect(sd_watchdog_enabled(0, &period) > 0 && period == 2_000_000)
            manager.letGoOfThisProcess()
            manager.letGoOfThisProcess()
            #expect(value(of: "NOTIFY_SOCKET") == nil && value(of: "WATCHDOG_USEC") == "7")
            manager.superviseThisProcess()
            manager.superviseThisProcess()
        }
        #expect(value(of: "NOTIFY_SOCKET") == nil && value(of: "WATCHDOG_USEC") == "7")
        #expect(value(of: "WATCHDOG_PID") == nil)
        let manager = try supervisor()
        #expect(value(of: "WATCHDOG_USEC") == nil && sd_watchdog_enabled(0, &period) == 0)
        manager.letGoOfThisProcess()
    }

    @Test("the socket and its folder are gone with the manager")
    func end() throws {
        var path = ""
        do {
            let manager = try FakeServiceManager()
            path = manager.environment["NOTIFY_SOCKET"]!
            #expect(access(path, F_OK) == 0)
        }
        #expect(access(path, F_OK) != 0)
        #expect(access(String(path.dropLast("/notify".count)), F_OK) != 0)
    }

    @Test("without a folder for temporary files there is no manager, but an error that says so")
    func noFolder() throws {
        let before = value(of: "TMPDIR")
        setenv("TMPDIR", "/nowhere", 1)
        defer { if let before { setenv("TMPDIR", before, 1) } else { unsetenv("TMPDIR") } }
        let error = #expect(throws: IOError.self) { try FakeServiceManager() }
        #expect(error?.code == ENOENT && error?.description.contains("/nowhere") == true)
    }

    @Test("a folder whose name is too long for a socket is refused with an error, and nothing is left in it")
    func longFolder() throws {
        var template = Array("/tmp/signalbox-\(String(repeating: "x", count: 90))-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let before = value(of: "TMPDIR")
        setenv("TMPDIR", folder, 1)
        defer { if let before { setenv("TMPDIR", before, 1) } else { unsetenv("TMPDIR") } }
        let error = #expect(throws: IOError.self) { try FakeServiceManager() }
        #expect(error?.code == ENAMETOOLONG)
        #expect(rmdir(folder) == 0)
    }
}
