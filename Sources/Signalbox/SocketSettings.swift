import CLinux
package import Dispatcher
import Glibc
package import Synchronization

/// What a socket is ready for.
public struct SocketReadiness: OptionSet, Sendable {
    public let rawValue: UInt32
    /// Makes a set of these bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Bytes or a datagram can be received.
    public static let receive = SocketReadiness(rawValue: 1 << 0)
    /// Something can be sent.
    public static let send = SocketReadiness(rawValue: 1 << 1)
    /// Urgent data is there.
    public static let urgent = SocketReadiness(rawValue: 1 << 2)
    /// A connection can be accepted.
    public static let accept = SocketReadiness(rawValue: 1 << 3)
    /// It is connected, or the attempt has failed.
    public static let connect = SocketReadiness(rawValue: 1 << 4)
    /// The peer has sent its last and all of it was received; or the connection was reset.
    public static let close = SocketReadiness(rawValue: 1 << 5)
}

/// What belongs to a socket rather than to its descriptor: whether calls may wait and for how long, and who is told of
/// what it is ready for.
public final class SocketSettings: Sendable {
    /// How far a stream has come.
    public enum Phase: Equatable, Sendable {
        /// Nothing was asked of it.
        case idle
        /// A connection is being made.
        case connecting
        /// It has a peer, or had one.
        case connected
        /// No connection could be made, for that errno.
        case failed(Int32)
        /// It accepts connections.
        case listening
    }

    /// The system's number of the address family.
    public let family: Int32
    /// SOCK_STREAM or SOCK_DGRAM.
    public let type: Int32
    /// The protocol that it was made with.
    public let proto: Int32
    /// The phase's number in the low byte, and the errno of a failure.
    private let phaseState = Atomic<UInt64>(0)
    /// Whether calls fail instead of waiting.
    package let isNonBlocking = Atomic(false)
    /// In milliseconds; 0: for ever.
    package let receiveTimeout = Atomic<UInt32>(0)
    package let sendTimeout = Atomic<UInt32>(0)
    /// Whether a datagram socket is known to have an address.
    package let isBound = Atomic(false)
    /// A connection of this socket was ended in such a way that it can be made anew.
    package let wasRenewed = Atomic(false)
    /// CLOCK_MONOTONIC when it was connected; 0: it is not.
    package let connectedAt = Atomic<UInt64>(0)
    /// Errno with which the connection ended; for ``SocketReadiness/close``.
    package let closeError = Atomic<Int32>(0)
    /// A listener's connections that were looked at, and left for a later accept.
    package let deferred = Guarded<[any DriverSocket]>([])
    package let events = Guarded(NetworkEvents())
    /// An eventfd(2) that is readable once the socket is closed, for who sleeps in poll(2); -1: shutdown(2) ends that sleep.
    package let closing = Atomic<Int32>(-1)
    /// Whether `events` wants to be told of anything.
    package let isWatched = Atomic(false)

    package init(family: Int32, type: Int32, proto: Int32) {
        self.family = family
        self.type = type
        self.proto = proto
    }

    deinit {
        let event = events.withLock { $0.event }
        if event != .none { Arena.local.release(event) }
        let closing = closing.load(ordering: .relaxed)
        if closing >= 0 { close(closing) }
    }

    /// The descriptor that the socket is to adopt is another process's as well: to shut it down would end it for that one,
    /// too.
    package func share() throws(IOError) {
        guard closing.load(ordering: .relaxed) < 0 else { return }
        let made = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard made >= 0 else { throw IOError(code: errno, "making an eventfd") }
        let (isFirst, _) = closing.compareExchange(expected: -1, desired: made, ordering: .acquiringAndReleasing)
        if !isFirst { close(made) }
    }

    /// How far a stream has come.
    public var phase: Phase {
        let state = phaseState.load(ordering: .acquiring)
        switch state & 0xFF {
        case 0: return .idle
        case 1: return .connecting
        case 2: return .connected
        case 3: return .listening
        default: return .failed(Int32(truncatingIfNeeded: state >> 8))
        }
    }

    /// Set by the driver, or by who has called listen(2).
    package func setPhase(_ phase: Phase) {
        let state: UInt64 =
            switch phase {
            case .idle: 0
            case .connecting: 1
            case .connected: 2
            case .listening: 3
            case .failed(let code): 4 | UInt64(UInt32(bitPattern: code)) << 8
            }
        if phase == .connected { connectedAt.store(signalbox_now(), ordering: .relaxed) }
        phaseState.store(state, ordering: .releasing)
    }

    /// Looks what the socket is ready for, and tells who has asked to be told.
    public func readinessMayHaveChanged(of socket: any DriverSocket) {
        guard isWatched.load(ordering: .acquiring) else { return }
        // Under the lock, so that nobody takes the records between their being made and the event's being set.
        events.withLock { events in
            let ready = socket.readiness()  // which learns the errors that follow
            let error: Int32 = if case .failed(let code) = phase { code } else { 0 }
            let isNew = events.note(ready, connectError: error, closeError: closeError.load(ordering: .relaxed))
            if isNew { try? Arena.local.setEvent(events.event) }
        }
    }
}
