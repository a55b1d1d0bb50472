/// How a named pipe is made. What does not say otherwise is of the pipe, and as its first instance has it.
public struct PipeOptions: Sendable {
    /// What the server's end may do; the client's may do the opposite.
    public var access: FileRights = [.read, .write, .append]
    /// Writes are messages, whose bounds are kept.
    public var keepsMessages = false
    /// Of this end: a read is of one message.
    public var readsMessages = false
    /// Of this end: what cannot be done at once is waited for.
    public var waits = true
    /// How many instances there may be; 255: any number.
    public var mostInstances: UInt32 = 255
    /// Bytes that may be under way to the client, unread: 0 stands for a page.
    public var outSize: UInt32 = 0
    /// Bytes that may be under way to the server, unread: 0 stands for a page.
    public var inSize: UInt32 = 0
    /// How long a client waits for an instance that is free, if it does not say.
    public var milliseconds: UInt32 = 50
    /// Of this end: requests may be pending when the call that made them returns.
    public var isOverlapped = false
    /// Fail if there is the pipe already.
    public var mustBeFirst = false

    /// A pipe of bytes, both ways.
    public init() {}
}

/// What is known of a pipe, at one of its ends.
public struct PipeFacts: Sendable {
    /// As the pipe was made.
    public var options: PipeOptions
    /// Whether the end is the server's.
    public var isServer: Bool
    /// How many instances there are now.
    public var instances: UInt32
    /// The process that has the server's end; 0: none has.
    public var serverProcess: UInt32
    /// The process that has the client's end; 0: none has.
    public var clientProcess: UInt32

    /// The members, as they are described.
    public init(
        options: PipeOptions, isServer: Bool, instances: UInt32, serverProcess: UInt32, clientProcess: UInt32
    ) {
        (self.options, self.isServer, self.instances) = (options, isServer, instances)
        (self.serverProcess, self.clientProcess) = (serverProcess, clientProcess)
    }
}

/// What a look into a pipe has found.
public struct PipePeek: Sendable {
    /// Bytes that were copied.
    public var copied = 0
    /// Bytes that can be read.
    public var available = 0
    /// Bytes of the first message that were not copied.
    public var left = 0

    /// The members, as they are described.
    public init(copied: Int = 0, available: Int = 0, left: Int = 0) {
        (self.copied, self.available, self.left) = (copied, available, left)
    }
}

/// One end of a named pipe.
public protocol DriverPipe: DriverFile {
    /// What is known of it.
    var facts: PipeFacts { get }
    /// Copies what would be read, and leaves it.
    func peek(into buffer: UnsafeMutableRawBufferPointer) -> (status: IOStatus, found: PipePeek)
    /// Says how this end reads and waits from here on.
    func setMode(readsMessages: Bool, waits: Bool) -> IOStatus
    /// Of the server's end: parts with the client; what was not read is lost.
    func disconnect() -> IOStatus
}

/// Whether a client would find a free instance.
public enum PipeAvailability: Sendable {
    /// It would.
    case free
    /// There is no such pipe.
    case missing
    /// There are only such as have a client; the pipe's own limit for waits, in milliseconds.
    case busy(UInt32)
}

/// Makes named pipes.
public protocol PipeDriver: AnyObject, Sendable {
    /// Makes an instance, the server's end, for which clients can come from then on. Names are what follows
    /// `\\.\pipe\`, in any case.
    ///
    /// - Throws: `IOError`: `.instanceNotAvailable` if there are as many as there may be; `.accessDenied` if the pipe is
    ///   there and not such as this, or is there and must not be.
    func makePipe(_ name: String, _ options: PipeOptions) throws(IOError) -> any DriverPipe
    /// Connects with the oldest free instance, as its client.
    ///
    /// - Throws: `IOError`: `.objectNameNotFound`; `.pipeNotAvailable` if no instance is free; `.accessDenied`.
    func openPipe(_ name: String, _ access: FileRights, isOverlapped: Bool) throws(IOError) -> any DriverPipe
    /// Whether an instance is free. If none is, but there are some, `waiter` is told when that may have changed, once.
    func availability(_ name: String, _ waiter: PipeWaiter) -> PipeAvailability
    /// Tells it no more.
    func forget(_ waiter: PipeWaiter, of name: String)
}

/// Who waits for a free instance of a pipe.
public final class PipeWaiter: Sendable {
    /// Called on any thread.
    public let tell: @Sendable () -> Void
    /// `tell` is called on any thread.
    public init(_ tell: @escaping @Sendable () -> Void) { self.tell = tell }
}
