import CLinux
import CSystemd
import Dispatcher
import Glibc
import Synchronization

/// What a descriptor is ready for; see epoll_ctl(2).
public struct IOEvents: OptionSet, Hashable, Sendable {
    /// EPOLL bits.
    public let rawValue: UInt32
    /// EPOLL bits, of which a loop takes those below.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// There is something to read, or the end of it.
    public static let readable = IOEvents(rawValue: EPOLLIN.rawValue)
    /// A write would not block.
    public static let writable = IOEvents(rawValue: EPOLLOUT.rawValue)
    /// An exceptional condition: urgent bytes of a socket, a change of a pseudo-file.
    public static let urgent = IOEvents(rawValue: EPOLLPRI.rawValue)
    /// The peer of a stream socket sends no more.
    public static let peerShutdown = IOEvents(rawValue: EPOLLRDHUP.rawValue)
    /// An error; told whether asked for or not.
    public static let error = IOEvents(rawValue: EPOLLERR.rawValue)
    /// The peer is gone; told whether asked for or not.
    public static let hangUp = IOEvents(rawValue: EPOLLHUP.rawValue)
    /// A change is told once, and not until all was read or written: to be asked for, never told.
    public static let edgeTriggered = IOEvents(rawValue: EPOLLET.rawValue)
}

/// A descriptor that an ``EventLoop`` watches.
public final class IOSource: EventSource, @unchecked Sendable {  // Sendable: as EventSource
    /// What is watched for. On the loop.
    public var events: IOEvents {
        var events: UInt32 = 0
        if let source = sourceOnLoop { sd_event_source_get_io_events(source, &events) }
        return IOEvents(rawValue: events)
    }

    /// Watches for other events. On the loop.
    ///
    /// - Throws: `IOError` with EINVAL for bits that are none of `IOEvents`, or EBADF if the descriptor was closed.
    public func watch(for events: IOEvents) throws(IOError) {
        guard let source = sourceOnLoop else { return }
        try check(sd_event_source_set_io_events(source, events.rawValue), "watching \(name)")
    }
}

extension EventLoop {
    /// Calls `handler`, isolated to the loop, whenever the descriptor is ready.
    ///
    /// The descriptor stays the caller's, who closes it only when the source is gone: on the loop after
    /// ``EventSource/cancel()``, elsewhere after `await` ``EventSource/remove()``. Else the loop would silence, with the old
    /// source, a new one whose descriptor has got the same number. It must be one that epoll(7) takes: no ordinary file.
    ///
    /// - Throws: `IOError` with EPERM (epoll takes no such file), EBADF, EEXIST (the loop watches it already: use a copy,
    /// of dup(2)), EINVAL or ENOSPC, as epoll_ctl(2) tells.
    public func addIO(
        _ descriptor: Int32, events: IOEvents, name: String? = nil, priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop, IOEvents) throws -> Void
    ) throws(IOError) -> IOSource {
        try addIO(descriptor, events: events, name: name, priority: priority, on: self, handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addIO<Owner: Actor>(
        _ descriptor: Int32, events: IOEvents, name: String? = nil, priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner, IOEvents) throws -> Void
    ) throws(IOError) -> IOSource {
        let core = OwnedCore(name ?? "descriptor \(descriptor)", executor, owner, handler)
        try core.install(priority, "watching \(core.name)") { source in
            sd_event_add_io(
                executor.event, &source, descriptor, events.rawValue,
                { _, _, events, core in EventCore<IOEvents>.at(core).fire(IOEvents(rawValue: events)) }, core.address)
        }
        return IOSource(core)
    }

    /// Calls `handler`, isolated to the loop, once, when the process has ended; without SIGCHLD, which stays others'.
    ///
    /// The process has been reaped by then, and its number may be another's. One that `ProcessObject` has started is that
    /// object's to reap: await its `exit()`.
    ///
    /// `process` is a child of this process that was not reaped yet. (The end of another's is told, too: as
    /// `.reapedElsewhere`.)
    ///
    /// - Throws: `IOError` with ESRCH if there is no such process, or as pidfd_open(2) tells.
    public func addChild(
        _ process: Int32, name: String? = nil, priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop, ProcessObject.Exit) throws -> Void
    ) throws(IOError) -> ChildSource {
        try addChild(process, name: name, priority: priority, on: self, handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addChild<Owner: Actor>(
        _ process: Int32, name: String? = nil, priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner, ProcessObject.Exit) throws -> Void
    ) throws(IOError) -> ChildSource {
        let pidfd = signalbox_open_process(process)
        guard pidfd >= 0 else { throw IOError(code: -pidfd, "watching process \(process)") }
        return try addChild(
            owning: pidfd, name: name ?? "process \(process)", priority: priority, on: owner, handler: handler)
    }

    /// As above, for a process that is known by its pidfd, which is the source's from here on, even if this throws.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addChild<Owner: Actor>(
        owning pidfd: Int32, name: String? = nil, priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner, ProcessObject.Exit) throws -> Void
    ) throws(IOError) -> ChildSource {
        // Not sd_event_add_child_pidfd(3): that wants SIGCHLD blocked, and its waitid(2) fails the whole loop if other
        // code has reaped the child.
        let core = OwnedCore(name ?? "process of descriptor \(pidfd)", executor, owner, handler)
        core.context = Pidfd(pidfd)
        try core.install(priority, "watching \(core.name)") { source in
            let added = sd_event_add_io(
                executor.event, &source, pidfd, EPOLLIN.rawValue,
                { _, pidfd, _, core in EventCore<ProcessObject.Exit>.at(core).reap(pidfd) }, core.address)
            if added >= 0 { sd_event_source_set_enabled(source, Int32(SD_EVENT_ONESHOT)) }
            return added
        }
        return ChildSource(core)
    }
}

/// A process whose end an ``EventLoop`` waits for. Cancelling it leaves the process to the program to reap.
public final class ChildSource: EventSource, @unchecked Sendable {  // Sendable: as EventSource
    /// Sends a signal to the process; does nothing if it has ended. On the loop.
    ///
    /// - Throws: `IOError` with EPERM or EINVAL, as pidfd_send_signal(2) tells.
    public func send(signal: Int32) throws(IOError) {
        guard sourceOnLoop != nil, let pidfd = core.context as? Pidfd else { return }
        let error = signalbox_signal_process(pidfd.descriptor, signal)
        if error != 0 && error != ESRCH { throw IOError(code: error, "sending signal \(signal) to \(name)") }
    }
}

private final class Pidfd: Sendable {
    let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
}

extension EventCore<ProcessObject.Exit> {
    fileprivate func reap(_ pidfd: Int32) -> Int32 {
        // A handler that is not to be called leaves the process to others.
        if isCancelled.load(ordering: .relaxed) { return 0 }
        var (kind, code, user, kernel): (CChar, Int32, UInt64, UInt64) = (0, 0, 0, 0)
        guard signalbox_reap(pidfd, &kind, &code, &user, &kernel) == 0 else {
            sd_event_source_set_enabled(source, Int32(SD_EVENT_ONESHOT))
            return 0
        }
        let exit: ProcessObject.Exit =
            switch UInt8(bitPattern: kind) {
            case UInt8(ascii: "e"): .exited(code)
            case UInt8(ascii: "s"): .signaled(code)
            default: .reapedElsewhere
            }
        return fire(exit)
    }
}
