import CLinux
import CUring
import Dispatcher
import Glibc
public import Signalbox

/// The driver of overlapped sockets and files, over io_uring.
///
/// A request is first tried by a system call that does not block, on the thread that makes it: a send mostly, and a
/// receive often, is done then. What would block goes to the ring, which belongs to the event loop's thread alone. So
/// no request dies with the thread that made it (io_uring cancels what an ending thread has submitted), and the ring
/// needs no lock.
public final class OverlappedIO: Plugin, SocketDriver {
    public let name = "overlapped-io"
    private struct Parts {
        let ring: any Engine
        let poller: SocketPoller
        let watch: SocketWatch
        let loop: EventLoop
    }
    private let state = Guarded<Parts?>(nil)

    private let choice: EngineChoice
    let kernel = Kernel()
    /// Of the calls that this driver makes.
    package var faults: FaultSeam { kernel.faults }

    /// What carries out requests that would block.
    public enum EngineChoice: Sendable {
        /// What the environment variable `SIGNALBOX_IO_ENGINE` says, `ring` or `threads`; if it says neither, the ring, or
        /// threads where the kernel has none or forbids it.
        case automatic
        /// io_uring. Where there is none, the driver does not start.
        case ring
        /// A few threads for files, and epoll(7) for what can be waited for.
        case threads
    }

    /// Makes the driver, which does nothing before it is started.
    public init(engine: EngineChoice = .automatic) { choice = engine }

    private func makeEngine(onLoop executor: LoopExecutor, _ poller: SocketPoller) throws -> any Engine {
        var choice = choice
        if choice == .automatic, let value = getenv("SIGNALBOX_IO_ENGINE") {
            if strcmp(value, "ring") == 0 { choice = .ring }
            if strcmp(value, "threads") == 0 { choice = .threads }
        }
        if choice == .threads { return try ThreadEngine(onLoop: executor, kernel) }
        do {
            return try Ring(onLoop: executor, kernel, poller)
        } catch let error as IOError where choice == .automatic && [ENOSYS, EPERM, EACCES].contains(error.code) {
            return try ThreadEngine(onLoop: executor, kernel)
        }
    }

    public func start(in context: PluginContext) async throws {
        let executor = context.loop.executor
        let (ring, poller, watch) = try await context.loop.run {
            let watch = try SocketWatch(onLoop: executor, kernel)
            var poller: SocketPoller?
            do {
                poller = try SocketPoller(onLoop: executor, kernel)
                return (try makeEngine(onLoop: executor, poller!), poller!, watch)
            } catch {
                poller?.closeOnLoop()
                watch.closeOnLoop()
                throw error
            }
        }
        state.withLock { $0 = Parts(ring: ring, poller: poller, watch: watch, loop: context.loop) }
        DriverRegistry.shared.register(self)
        DriverRegistry.shared.register(files: self)
    }

    public func stop() async {
        DriverRegistry.shared.unregister(self)
        DriverRegistry.shared.unregister(files: self)
        guard let parts = state.withLock({ $0.take() }) else { return }
        let ring = parts.ring
        await parts.loop.run {
            parts.watch.closeOnLoop()
            parts.poller.closeOnLoop()
            ring.closeOnLoop()
        }
        // The loop must go on until the kernel has given back what it had; in a task of its own, so that a host which
        // is cancelled waits for it, too.
        await Task { try? await ring.isClosed.wait() }.value
    }

    public func makeSocket(family: Int32, type: Int32, protocol: Int32) throws(IOError) -> any DriverSocket {
        let parts = try parts()
        let descriptor = kernel.socket(family, type | Int32(SOCK_CLOEXEC.rawValue), `protocol`)
        guard descriptor >= 0 else { throw IOError(code: errno, "making a socket") }
        let settings = SocketSettings(family: family, type: type, proto: `protocol`)
        return PolledSocket(descriptor, parts.poller, parts.watch, settings)
    }

    public func makeEmptySocket() throws(IOError) -> any DriverSocket {
        try makeEmptySocket(like: SocketSettings(family: AF_UNSPEC, type: Int32(SOCK_STREAM.rawValue), proto: 0))
    }

    public func makeEmptySocket(like listener: SocketSettings) throws(IOError) -> any DriverSocket {
        let parts = try parts()
        let settings = SocketSettings(family: listener.family, type: listener.type, proto: listener.proto)
        return PolledSocket(-1, parts.poller, parts.watch, settings)
    }

    func engine() throws(IOError) -> any Engine { try parts().ring }

    private func parts() throws(IOError) -> Parts {
        guard let parts = state.withLock({ $0 }) else {
            throw IOError(.notSupported, "opening something while the overlapped I/O plugin is stopped")
        }
        return parts
    }
}
