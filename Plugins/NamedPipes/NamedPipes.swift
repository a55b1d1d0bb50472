import Dispatcher
public import Signalbox

/// The driver of named pipes, as Windows has them: of bytes or of messages, with instances that clients come to.
///
/// A pipe lives in this process's memory, and its name is known in this process alone. Who writes copies into the memory
/// of who reads, so that no request waits for a system call, whatever carries out the requests of files.
public final class NamedPipes: Plugin, PipeDriver {
    public let name = "named-pipes"
    private let names = PipeNames()

    /// Makes the driver, which does nothing before it is started.
    public init() {}

    public func start(in context: PluginContext) async throws { DriverRegistry.shared.register(pipes: self) }

    public func stop() async { DriverRegistry.shared.unregister(pipes: self) }

    public func makePipe(_ name: String, _ options: PipeOptions) throws(IOError) -> any DriverPipe {
        try names.make(name, options)
    }

    public func openPipe(_ name: String, _ access: FileRights, isOverlapped: Bool) throws(IOError) -> any DriverPipe {
        try names.open(name, access, isOverlapped: isOverlapped)
    }

    public func availability(_ name: String, _ waiter: PipeWaiter) -> PipeAvailability {
        names.availability(name, waiter)
    }

    public func forget(_ waiter: PipeWaiter, of name: String) { names.forget(waiter, of: name) }
}
