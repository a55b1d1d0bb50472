import Dispatcher
import Glibc
import Logging
import OverlappedIO
import Signalbox
import Synchronization
import TestSupport
import Testing

/// One way to use the drivers, of which each system call, and each completion, is made to fail in turn.
struct FaultScenario: Sendable {
    let name: String
    /// How it may end besides: as it does without a fault, or by the fault's own error.
    let also: [IOStatus]
    /// Whether a call that asks to be made again may end it all the same (a lock that could not be asked for is one that
    /// is held, and for a thread that could not be made there is no other).
    let mayGiveUp: Bool
    /// Whether a call that fails once is made again, by another way, whatever it says.
    let recovers: Bool
    /// Sets up, arms the fault, does what is meant, and looks at what came of it; how it ended.
    let body: @Sendable (FaultRun) async throws -> IOStatus

    init(
        _ name: String, also: [IOStatus] = [], mayGiveUp: Bool = false, recovers: Bool = false,
        _ body: @escaping @Sendable (FaultRun) async throws -> IOStatus
    ) {
        (self.name, self.also, self.mayGiveUp, self.recovers, self.body) = (name, also, mayGiveUp, recovers, body)
    }
}

/// One round of a scenario.
struct FaultRun {
    let driver: OverlappedIO
    let engine: OverlappedIO.EngineChoice
    /// A folder of its own, which is empty.
    let folder: String
    let number: Int
    let fault: FaultSeam.Fault
    let count: Int

    private let struck = Struck()

    init(
        _ driver: OverlappedIO, _ engine: OverlappedIO.EngineChoice, _ folder: String, _ fault: FaultSeam.Fault,
        call number: Int, count: Int
    ) {
        (self.driver, self.engine, self.folder) = (driver, engine, folder)
        (self.fault, self.number, self.count) = (fault, number, count)
    }

    func arm() { arm(driver.faults) }
    func arm(_ seam: FaultSeam) { seam.arm(call: number, fault, count: count) }
    /// What follows is not struck any more.
    func disarm() { disarm(driver.faults) }
    func disarm(_ seam: FaultSeam) { struck.count.add(seam.disarm(), ordering: .relaxed) }

    private final class Struck: Sendable { let count = Atomic(0) }
    /// How many calls were struck.
    var struckCount: Int { struck.count.load(ordering: .relaxed) }

    var path: String { folder + "/file" }

    /// The status that a body throws; success if it throws nothing.
    nonisolated(nonsending) func status(_ body: () async throws -> Void) async throws -> IOStatus {
        do {
            try await body()
            return .success
        } catch let error as IOError {
            return error.status
        }
    }

    /// Waits for a request that is pending; one that does not end is the end of all tests.
    nonisolated(nonsending) func wait(for request: KeptRequest) async throws {
        guard try await request.hasEnded.wait(timeout: .seconds(20)) else {
            fatalError("a request hangs after call \(number) was \(fault)")
        }
    }

    /// Starts a request, and waits for it.
    nonisolated(nonsending) func end(
        _ request: KeptRequest, _ start: () -> (status: IOStatus, bytes: Int)?
    ) async throws -> (status: IOStatus, bytes: Int) {
        if let ended = start() {
            #expect(request.endCount == 0, "a request that ended at once was completed as well")
            return ended
        }
        try await wait(for: request)
        #expect(request.endCount == 1)
        return (request.status!, request.bytes!)
    }

    /// As the functions for files do it.
    nonisolated(nonsending) func end(
        _ request: KeptRequest, _ transfer: FileTransfer, on file: any DriverFile
    ) async throws -> (status: IOStatus, bytes: Int) {
        try await end(request) {
            var done = 0
            switch file.attempt(transfer, request.buffers, mayWait: false) {
            case .done(let bytes, let status): return (status, bytes)
            case .failed(let status): return (status, 0)
            case .wouldBlock(let bytes): done = bytes
            case .isBehindOthers: break
            }
            return file.start(request, transfer, done: done)
        }
    }
}

private enum FaultHost {
    nonisolated(nonsending) static func with(
        _ engine: OverlappedIO.EngineChoice, _ body: (OverlappedIO, String) async throws -> Void
    ) async throws {
        var template = Array("/tmp/signalbox-faults-XXXXXX".utf8CString)
        let folder = String(cString: mkdtemp(&template))
        defer { rmdir(folder) }
        let driver = OverlappedIO(engine: engine)
        let host = try Host(plugins: [driver], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await host.start()
        do {
            try await body(driver, folder)
        } catch {
            await host.stop()
            throw error
        }
        await host.stop()
    }
}

/// What is failed with in every run, and what besides in the whole ones (`SIGNALBOX_FAULTS`).
private let fewFaults: [FaultSeam.Fault] = [.errno(EINTR), .errno(EIO), .short]
private let allFaults: [FaultSeam.Fault] =
    [EINTR, EAGAIN, ENOMEM, EMFILE, ENOSPC, EIO].map { .errno($0) } + [.short]

/// Runs each scenario over the engine, with each fault at each call that it makes; and, in a whole run, at two and three
/// calls that follow each other.
nonisolated(nonsending) func runFaults(
    _ scenarios: [FaultScenario], _ engine: OverlappedIO.EngineChoice
) async throws {
    let isWhole = getenv("SIGNALBOX_FAULTS") != nil
    try await FaultHost.with(engine) { driver, folder in
        for scenario in scenarios {
            var rounds = 0
            let start = ContinuousClock.now
            for fault in isWhole ? allFaults : fewFaults {
                for count in isWhole ? 1...3 : 1...1 {
                    rounds += try await runFault(scenario, driver, engine, folder, fault, count)
                }
            }
            let time = ContinuousClock.now - start
            if isWhole || time > .seconds(2) { print("\(engine), \(scenario.name): \(rounds) rounds, \(time)") }
        }
    }
}

/// Returns the number of rounds.
private nonisolated(nonsending) func runFault(
    _ scenario: FaultScenario, _ driver: OverlappedIO, _ engine: OverlappedIO.EngineChoice, _ folder: String,
    _ fault: FaultSeam.Fault, _ count: Int
) async throws -> Int {
    let before = KeptRequest.alive
    let census = Census()
    var (number, failures) = (1, 0)
    var expected: [IOStatus] = [.success]
    if case .errno(let code) = fault, code != EINTR, code != EAGAIN {
        expected += [IOStatus(errno: code), IOStatus(fileErrno: code)]
    }
    let isHard = expected.count > 1
    expected += scenario.also
    if scenario.mayGiveUp { expected += [.insufficientResources, .sharingViolation, .lockNotGranted] }
    while true {
        let run = FaultRun(driver, engine, folder, fault, call: number, count: count)
        let status = try await scenario.body(run)
        #expect(
            expected.contains(status),
            "\(scenario.name): call \(number), \(count) times \(fault): \(String(status.rawValue, radix: 16))")
        unlink(run.path)
        if run.struckCount == 0 { break }
        if status != .success { failures += 1 }
        number += 1
        #expect(number < 1000, "\(scenario.name) makes no end of calls")
        if number >= 1000 { break }
    }
    if isHard && !scenario.recovers { #expect(failures > 0, "\(scenario.name): nothing failed by \(fault)") }
    // Threads of the engine's stay; the suite looks for them at its end.
    @Sendable func left() -> [String] { Census().exceeding(census).filter { !$0.contains("threads") } }
    #expect(
        await eventually { KeptRequest.alive == before && left().isEmpty },
        "\(scenario.name) left \(KeptRequest.alive - before) requests, \(left())")
    return number
}
