import Glibc
import OverlappedIO
import Signalbox
import TestSupport
import Testing

/// Each system call of the drivers, and each completion of the ring's, fails in turn: a request completes once, with the
/// right result or the right error, and nothing is left. `make faults` runs all; the suite some of it.
@Suite("Faults", .serialized, .alone, .timeLimit(.minutes(10))) struct FaultTests {
    static let engines: [OverlappedIO.EngineChoice] = [.ring, .threads]

    @Test("of files", arguments: engines)
    func files(engine: OverlappedIO.EngineChoice) async throws { try await runFaults(fileFaults, engine) }

    @Test("of sockets", arguments: engines)
    func sockets(engine: OverlappedIO.EngineChoice) async throws { try await runFaults(socketFaults, engine) }

    @Test("of sockets' plain transfers, and of the driver's start", arguments: engines)
    func plain(engine: OverlappedIO.EngineChoice) async throws { try await runFaults(plainFaults, engine) }

    @Test("strike the driver alone whose they are")
    func scope() async throws {
        let (one, other) = (OverlappedIO(engine: .threads), OverlappedIO(engine: .threads))
        one.faults.arm(call: 1, .errno(EIO))
        #expect(other.faults.take() == nil)
        #expect(one.faults.isArmed && !other.faults.wasArmed)
        #expect(one.faults.take() == EIO)
        #expect(one.faults.disarm() == 1)
    }
}
