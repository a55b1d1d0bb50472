import CSystemd
import Dispatcher

// Moments of the loop's own: sd_event_add_defer(3).

extension EventLoop {
    /// Calls `handler`, isolated to the loop, once, in the next turn in which nothing of a higher priority is ready. Setting
    /// its ``EventSource/mode`` to `.once` has it called again; `.on`, in each turn: then the loop does not sleep, and sources
    /// of no higher priority wait for ever, as this one has been ready longest. ``LoopPriority/idle`` is for such work.
    ///
    /// - Throws: `IOError` with ENOMEM.
    public func addDefer(
        name: String = "deferred", priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop) throws -> Void
    ) throws(IOError) -> EventSource {
        try addDefer(name: name, priority: priority, on: self, handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addDefer<Owner: Actor>(
        name: String = "deferred", priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner) throws -> Void
    ) throws(IOError) -> EventSource {
        try addTurn(name, priority, owner, handler, sd_event_add_defer)
    }

    /// Calls `handler`, isolated to the loop, after each turn that has dispatched a source of another kind: of jobs those
    /// count that came from other threads.
    ///
    /// - Throws: `IOError` with ENOMEM.
    public func addPost(
        name: String = "after each turn", priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop) throws -> Void
    ) throws(IOError) -> EventSource {
        try addPost(name: name, priority: priority, on: self, handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addPost<Owner: Actor>(
        name: String = "after each turn", priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner) throws -> Void
    ) throws(IOError) -> EventSource {
        try addTurn(name, priority, owner, handler, sd_event_add_post)
    }

    /// Calls `handler`, isolated to the loop, when the loop ends by ``exit(code:)``. Lower numbers come first; the order of
    /// those of one priority is not promised. Nothing else is dispatched by then.
    ///
    /// - Throws: `IOError` with ENOMEM.
    public func addExit(
        name: String = "exit", priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop) throws -> Void
    ) throws(IOError) -> EventSource {
        try addExit(name: name, priority: priority, on: self, handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addExit<Owner: Actor>(
        name: String = "exit", priority: LoopPriority = .normal, on owner: Owner,
        handler: @escaping @Sendable (isolated Owner) throws -> Void
    ) throws(IOError) -> EventSource {
        try addTurn(name, priority, owner, handler, sd_event_add_exit)
    }

    private func addTurn<Owner: Actor>(
        _ name: String, _ priority: LoopPriority, _ owner: Owner,
        _ handler: @escaping @Sendable (isolated Owner) throws -> Void,
        _ add: (
            OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, sd_event_handler_t?, UnsafeMutableRawPointer?
        ) -> Int32
    ) throws(IOError) -> EventSource {
        let core = OwnedCore<Owner, Void>(name, executor, owner) { owner, _ in try handler(owner) }
        try core.install(priority, "adding \(name)") { source in
            add(executor.event, &source, { _, core in EventCore<Void>.at(core).fire(()) }, core.address)
        }
        return EventSource(core)
    }
}
