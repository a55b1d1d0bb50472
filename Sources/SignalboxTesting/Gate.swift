import Dispatcher
import Signalbox

/// A gate that tasks and threads wait at until a test opens it, and that knows how many they are.
///
/// ```swift
/// let gate = Gate()
/// let server = Server(beforeReply: { try await gate.wait() })
/// let replies = Task { try await client.ask(server, times: 3) }
/// try await gate.waitUntilWaiting(count: 3)   // all three are with the server
/// gate.open()
/// ```
///
/// Opening lets through whoever was counted, even if the gate is closed again at once.
public final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var waiting = 0
        /// Set when the gate opens; a gate that closes again takes another one, so that nobody misses his opening.
        var opening = EventObject(.manual)
        var observers = Waitlist()
    }
    private let state: Guarded<State>

    /// A gate that is closed, or open.
    public init(isOpen: Bool = false) { state = Guarded(State(isOpen: isOpen)) }

    /// Whether the gate is open. Never blocks.
    public var isOpen: Bool { state.withLock { $0.isOpen } }

    /// How many tasks and threads wait at this moment; none while the gate is open. Never blocks.
    public var waiting: Int { state.withLock { $0.waiting } }

    /// Lets everybody through who waits, and who comes until the gate is closed. What the caller did before is seen by
    /// whoever passes. Never blocks.
    public func open() {
        let opening = state.withLock { state in
            (state.isOpen, state.waiting) = (true, 0)
            return state.opening
        }
        opening.set()
    }

    /// Stops whoever comes from now on. Never blocks.
    public func close() {
        state.withLock { state in
            guard state.isOpen else { return }
            (state.isOpen, state.opening) = (false, EventObject(.manual))
        }
    }

    /// Waits until the gate is open; at once if it is.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first. An open gate lets cancelled tasks through.
    public nonisolated(nonsending) func wait() async throws {
        guard let opening = come() else { return }
        do {
            try await opening.wait()
        } catch {
            leave(opening)
            throw error
        }
    }

    /// Blocks the calling thread until the gate is open, for at most `timeout`; for ever if it is nil.
    ///
    /// On a thread of Swift's task pool this keeps other tasks from running: that may be what a test wants. On an event
    /// loop's thread it traps.
    ///
    /// - Returns: whether the gate was open in time.
    @available(*, noasync, message: "await wait() instead")
    @discardableResult
    public func block(timeout: Duration? = nil) -> Bool {
        guard let opening = come() else { return true }
        defer { withExtendedLifetime(opening) {} }
        let deadline = timeout.map { Deadline.after($0) } ?? Deadline.never
        // The gate's event is there, and a thread without APCs cannot be alerted.
        if try! Arena.local.block(on: opening.object, until: deadline) != .timedOut { return true }
        return !leave(opening)
    }

    /// Returns when at least `count` tasks and threads wait at once. They are counted a moment before they sleep; an
    /// ``open()`` that follows reaches them all the same.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first.
    public nonisolated(nonsending) func waitUntilWaiting(count: Int) async throws {
        let reached = state.withLock { $0.waiting >= count ? nil : $0.observers.add(until: count) }
        try await Waitlist.wait(for: reached) { event in state.withLock { $0.observers.remove(event) } }
    }

    /// Counts the caller in, and returns what he waits for; nil: the gate is open.
    private func come() -> EventObject? {
        let (opening, seen) = state.withLock { state -> (EventObject?, [EventObject]) in
            if state.isOpen { return (nil, []) }
            state.waiting += 1
            return (state.opening, state.observers.reached(state.waiting))
        }
        for observer in seen { observer.set() }
        return opening
    }

    /// Counts the caller out, who waits no more. False: the gate has been opened for him meanwhile.
    @discardableResult private func leave(_ opening: EventObject) -> Bool {
        state.withLock { state in
            guard !state.isOpen && state.opening === opening else { return false }
            state.waiting -= 1
            return true
        }
    }
}
