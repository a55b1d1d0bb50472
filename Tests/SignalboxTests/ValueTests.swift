import Glibc
import TestSupport
import Testing

@testable import Signalbox

@Suite("Buffers, statuses and errors", .serialized, .alone, .timeLimit(.minutes(2)))
struct ValueTests {
    // ---- PinnedBuffer

    @Test("a buffer holds what was put into it, and nothing at first")
    func buffer() {
        var buffer = PinnedBuffer(capacity: 8)
        #expect(buffer.capacity == 8 && buffer.count == 0)
        buffer.replace(with: [1, 2, 3])
        #expect(buffer.withBytes { Array($0) } == [1, 2, 3])
        buffer.replace(with: 10..<18)
        #expect(buffer.count == 8)
        #expect(buffer.withBytes { Array($0) } == Array(10..<18))
        buffer.replace(with: [])
        #expect(buffer.count == 0)
    }

    @Test("a buffer has room for one byte at least, and stays where it is", arguments: [-1, 0, 1])
    func smallBuffer(capacity: Int) {
        var buffer = PinnedBuffer(capacity: capacity)
        #expect(buffer.capacity == 1)
        let place = buffer.memory.baseAddress
        buffer.replace(with: [7])
        #expect(buffer.memory.baseAddress == place && UInt(bitPattern: place) % 64 == 0)
    }

    @Test("bytes that do not fit trap")
    func overflow() async {
        await #expect(processExitsWith: .failure) {
            var buffer = PinnedBuffer(capacity: 2)
            buffer.replace(with: [1, 2, 3])
        }
    }

    // ---- IOStatus

    @Test(
        "an errno becomes the status that Windows gives",
        arguments: [
            (0, 0), (ECANCELED, 0xC000_0120), (EBADF, 0xC000_0008), (EINVAL, 0xC000_000D), (EACCES, 0xC000_0022),
            (EPERM, 0xC000_0022), (ENOMEM, 0xC000_009A), (ENOBUFS, 0xC000_009A), (EMFILE, 0xC000_011F),
            (ENFILE, 0xC000_011F),
            (EOPNOTSUPP, 0xC000_00BB), (EAFNOSUPPORT, 0xC000_00BB), (ENOTCONN, 0xC000_0140), (ECONNRESET, 0xC000_020D),
            (ECONNABORTED, 0xC000_0241), (EPIPE, 0xC000_0237), (ECONNREFUSED, 0xC000_0236), (EADDRINUSE, 0xC000_020A),
            (ENETUNREACH, 0xC000_023C), (EHOSTUNREACH, 0xC000_023D), (ETIMEDOUT, 0xC000_00B5), (9999, 0xC000_00E9),
        ] as [(Int32, UInt32)])
    func statusOfErrno(code: Int32, status: UInt32) {
        #expect(IOStatus(errno: code).rawValue == status)
        #expect(IOStatus(errno: code).isError == (code != 0))
    }

    @Test("success and pending are no errors")
    func noErrors() {
        #expect(!IOStatus.success.isError && !IOStatus.pending.isError && IOStatus.cancelled.isError)
        #expect(!IOStatus(rawValue: 0x8000_0005).isError)
    }

    // ---- IOError

    @Test("the text of a system call's error says what was tried and what the system says")
    func errnoText() {
        let error = IOError(code: EADDRINUSE, "listening on 127.0.0.1:80")
        #expect(error.status == .addressAlreadyExists && error.code == EADDRINUSE)
        #expect(error.description == "listening on 127.0.0.1:80 failed: Address already in use")
    }

    @Test("the text of an error without errno says what was tried and the status")
    func statusText() {
        let error = IOError(.connectionReset, "receiving")
        #expect(error.code == 0)
        #expect(error.description == "receiving failed (status 0xC000020D)")
    }

    @Test("without a driver the error says which plugin is to be started")
    func noDriver() throws {
        let error = try #require(throws: IOError.self) { try DriverRegistry().sockets() }
        #expect(error.status == .notSupported)
        #expect(error.description.contains("no plugin provides sockets"))
        #expect(error.description.contains("start a Host with OverlappedIO() first"))
    }

    @Test("a driver that is asked for can be started on demand")
    func onDemand() throws {
        let calls = Log<Void>()
        let registry = DriverRegistry()
        registry.setOnDemand { calls.add(()) }
        #expect(throws: IOError.self) { try registry.sockets() }
        #expect(calls.count == 1)
    }
}
