import Glibc
import Signalbox

/// What carries out requests that would block: the kernel's ring, or a pool of threads where there is none.
///
/// A request is the engine's from its order to `completedOnLoop`, which is called once. "On the loop" is the loop's thread,
/// or, in the ring's case, whichever has the turn to take completions: one thread at a time. Requests of one queue are given
/// to it one at a time, so it need not keep them in order.
protocol Engine: AnyObject, Sendable {
    /// How it calls the kernel.
    var kernel: Kernel { get }
    /// From any thread.
    func order(_ order: EngineOrder)
    /// On the loop: takes a request, to go on with at the end of the turn.
    func submitOnLoop(_ request: EngineRequest)
    /// Cancels what is pending, and sets `isClosed` when all of it has come back.
    func closeOnLoop()
    /// Set when the engine is closed, and every request has ended.
    var isClosed: EventObject { get }
}

/// What an engine is asked to do.
enum EngineOrder: Sendable {
    case submit(EngineRequest)
    /// As `submit`, by a thread that does not end before the request.
    case again(EngineRequest)
    /// The request comes back with -ECANCELED, or as it would have.
    case cancel(EngineRequest)
}

/// One system call that may wait. What it points to is the engine's until the request comes back.
enum EngineOperation {
    case receive(Int32, UnsafeMutablePointer<msghdr>, UInt32)
    case send(Int32, UnsafeMutablePointer<msghdr>, UInt32)
    case accept(Int32)
    case poll(Int32, UInt32)
    /// At an offset; -1: of what has none.
    case read(Int32, UnsafePointer<iovec>, Int, Int64)
    /// At an offset, with flags of pwritev2(2); -1: of what has none.
    case write(Int32, UnsafePointer<iovec>, Int, Int64, Int32)
    /// fsync(2)
    case sync(Int32)
}

/// A request as an engine sees it.
///
/// `@unchecked Sendable`: subclasses keep to it that what they hold changes before the request is given to the engine,
/// or on the loop alone.
class EngineRequest: @unchecked Sendable {
    /// The call to make; on the loop.
    func operation() -> EngineOperation { preconditionFailure("a request must say what it asks for") }
    /// Whether somebody has asked for its end.
    var isToEnd: Bool { false }
    /// Whether its end is told by a packet to a completion port, and by nothing else; it does not change.
    var isToldByPort: Bool { false }
    /// Who gives it to the kernel; it does not change.
    var submitter: Submitter { .loop }
    enum Submitter {
        /// Whoever makes the request: it waits for nothing but a disk.
        case anyThread
        /// Whoever makes it, if that is a thread that runs for a completion port; else the loop's thread.
        case worker
        /// The loop's thread.
        case loop
    }
    /// What the call gave: bytes or a descriptor, or a negated errno.
    func completedOnLoop(_ result: Int32, _ engine: any Engine) {
        preconditionFailure("a request must take its result")
    }
}
