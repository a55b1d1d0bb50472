import CLinux
import CSystemd
import Dispatcher
import Glibc
import Logging
import Synchronization

// What keeps what alive. sd-event keeps a bare pointer to a `SourceCore`; the executor's table keeps the core as long as
// sd-event may use that pointer. An `EventSource` is what the program holds: it keeps the core, and
// removes the source when it is dropped. A core keeps what its handler has captured, but neither the loop nor the actor for whom
// that is: so an actor may keep its sources, and no cycle arises.

/// A source as the loop has it.
///
/// Sendable: on the loop alone, but for what is atomic or constant.
class SourceCore: @unchecked Sendable {
    let name: String
    /// The executor keeps this; who calls this keeps the executor.
    unowned let executor: LoopExecutor
    /// No call of the handler begins any more.
    let isCancelled = Atomic(false)
    /// nil: it was removed.
    private(set) var source: OpaquePointer?
    /// What belongs to it and is used by its callbacks; goes with it.
    var context: AnyObject?
    var onRemoval: (@Sendable () -> Void)?
    var onRateLimitEnd: (@Sendable (isolated EventLoop) throws -> Void)?

    init(_ name: String, _ executor: LoopExecutor) {
        self.name = name
        self.executor = executor
    }

    var address: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// Adds the source by `add`, which calls sd-event.
    final func install(
        _ priority: LoopPriority, _ operation: @autoclosure () -> String, _ add: (inout OpaquePointer?) -> Int32
    ) throws(IOError) {
        executor.checkIsolated()
        var made: OpaquePointer?
        var result = add(&made)
        // What was made before `add` failed is taken back, too.
        source = made
        if result >= 0, let made {
            result = sd_event_source_set_description(made, name)
            if result >= 0 && priority != .normal { result = sd_event_source_set_priority(made, priority.rawValue) }
        }
        guard result >= 0 else {
            detach()
            throw IOError(
                code: -result, result == -ESTALE ? "\(operation()) by an event loop that has ended" : operation())
        }
        executor.sources[ObjectIdentifier(self)] = self
    }

    /// Takes the source from sd-event: its callbacks are not called any more, though one may be running.
    final func detach() {
        isCancelled.store(true, ordering: .relaxed)
        guard let source else { return }
        self.source = nil
        sd_event_source_disable_unref(source)
        forget()
        onRemoval?()
        onRemoval = nil
        onRateLimitEnd = nil
        context = nil
    }

    /// Lets go the handler, which may hold its own source.
    func forget() {}

    /// Must be called on the loop.
    final func removeOnLoop() {
        detach()
        executor.sources[ObjectIdentifier(self)] = nil
    }

    /// Runs what a callback of sd-event is to do, and answers for it.
    @inline(__always) final func answer(_ body: () throws -> Void) -> Int32 {
        // The handler may remove the source.
        withExtendedLifetime(self) {
            if isCancelled.load(ordering: .relaxed) { return 0 }
            do {
                try body()
                return 0
            } catch {
                return failed(error)
            }
        }
    }

    /// sd-event disables a source whose callback returns a negative number.
    private func failed(_ error: any Error) -> Int32 {
        if error is CancellationError {
            removeOnLoop()
            return 0
        }
        executor.logger.error("event source \(name) is disabled: its handler threw \(error)")
        if let source, sd_event_source_get_exit_on_failure(source) > 0 { executor.isExiting = true }
        let code = (error as? IOError)?.code ?? 0
        return code > 0 ? -code : -EIO
    }

    /// Calls the handler of the end of a rate limit.
    final func rateLimitEnded() -> Int32 {
        answer {
            guard let handler = onRateLimitEnd, let loop = executor.loop else { return }
            try loop.assumeIsolated { try handler($0) }
        }
    }
}

/// A source whose callback brings an `Event`.
class EventCore<Event>: SourceCore, @unchecked Sendable {  // Sendable: as SourceCore
    /// Calls the handler; false: there is nobody any more to handle it.
    func handle(_ event: Event) throws -> Bool { fatalError("handled by a subclass") }

    @inline(__always) final func fire(_ event: Event) -> Int32 {
        answer { if try !handle(event) { removeOnLoop() } }
    }

    static func at(_ address: UnsafeMutableRawPointer?) -> EventCore<Event> {
        Unmanaged<EventCore<Event>>.fromOpaque(address!).takeUnretainedValue()
    }
}

/// A source whose handler is isolated to an actor of the loop.
final class OwnedCore<Owner: Actor, Event>: EventCore<Event>, @unchecked Sendable {  // Sendable: as SourceCore
    private weak var owner: Owner?
    /// nil: the source was removed.
    private var handler: ((Owner, Event) throws -> Void)?

    init(
        _ name: String, _ executor: LoopExecutor, _ owner: Owner,
        _ handler: @escaping @Sendable (isolated Owner, Event) throws -> Void
    ) {
        precondition(
            executor.runs(owner),
            "an event source is to call an actor that does not run on its loop: the actor's unownedExecutor must be the loop's"
        )
        self.owner = owner
        // The same function but for its isolation, which callbacks have: they come on the loop alone, see
        // LoopDriving.swift, and the actor is the loop's. `assumeIsolated` would find that out anew at each event.
        self.handler = unsafeBitCast(handler, to: ((Owner, Event) throws -> Void).self)
        super.init(name, executor)
    }

    override func handle(_ event: Event) throws -> Bool {
        guard let owner, let handler else { return false }
        try handler(owner, event)
        return true
    }

    override func forget() { handler = nil }
}

extension LoopExecutor {
    /// Whether this is the actor's executor. `UnownedSerialExecutor` cannot be compared, but its first word is the
    /// executor's identity (SE-0392).
    fileprivate func runs(_ actor: some Actor) -> Bool {
        unsafeBitCast(actor.unownedExecutor, to: (UInt, UInt).self).0 == UInt(identity)
    }
}
