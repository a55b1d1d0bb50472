import CLinux
import Dispatcher
import Glibc
public import Signalbox

/// The driver of overlapped sockets, over io_uring.
///
/// A request is first tried by a system call that does not block, on the thread that makes it: a send mostly, and a
/// receive often, is done then. What would block goes to the ring, which belongs to the event loop's thread alone. So
/// no request dies with the thread that made it (io_uring cancels what an ending thread has submitted), and the ring
/// needs no lock.
public final class OverlappedIO: Plugin, SocketDriver {
    public let name = "overlapped-io"
    private let state = Guarded<(ring: Ring, loop: EventLoop)?>(nil)

    /// Makes the driver, which does nothing before it is started.
    public init() {}

    public func start(in context: PluginContext) async throws {
        let executor = context.loop.executor
        let ring = try await context.loop.run { try Ring(onLoop: executor) }
        state.withLock { $0 = (ring, context.loop) }
        DriverRegistry.shared.register(self)
    }

    public func stop() async {
        DriverRegistry.shared.unregister(self)
        guard let (ring, loop) = state.withLock({ $0.take() }) else { return }
        await loop.run { ring.closeOnLoop() }
        // The loop must go on until the kernel has given back what it had; in a task of its own, so that a host which
        // is cancelled waits for it, too.
        await Task { try? await ring.isClosed.wait() }.value
    }

    public func makeSocket(family: Int32, type: Int32, protocol: Int32) throws(IOError) -> any DriverSocket {
        let ring = try ring()
        let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), `protocol`)
        guard descriptor >= 0 else { throw IOError(code: errno, "making a socket") }
        return RingSocket(descriptor, ring)
    }

    public func makeEmptySocket() throws(IOError) -> any DriverSocket { RingSocket(-1, try ring()) }

    private func ring() throws(IOError) -> Ring {
        guard let ring = state.withLock({ $0?.ring }) else {
            throw IOError(.notSupported, "making a socket while the overlapped I/O plugin is stopped")
        }
        return ring
    }
}
