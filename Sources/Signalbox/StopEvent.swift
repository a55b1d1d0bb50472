public import Dispatcher
import ServiceLifecycle

/// The manual-reset event that ends a service: blocking threads wait for it by handle, tasks await it, and whoever
/// wants the end sets it: a task, a signal handler's thread, or the graceful shutdown of a `ServiceGroup`.
public actor StopEvent: NamedKernelObject {
    public static var kind: ObjectKind { .event }

    public nonisolated let object: ObjectName

    /// Makes an event that is not set.
    public init() { object = Arena.makeObject(.event, manualReset: true) }

    /// Takes over the caller's reference. An event that is to stop something must be of manual reset.
    public init(adopting object: ObjectName) { self.object = object }

    deinit { Arena.endActor(object) }

    /// Asks for the end. It cannot be taken back. Never blocks.
    public nonisolated func set() { try! Arena.local.setEvent(object) }  // the actor keeps the object

    /// Whether the end was asked for.
    public nonisolated var isSet: Bool {
        Arena.local.isSignaled(object)
    }

    /// Runs `body`, and sets the event when the service group around it begins its graceful shutdown (SIGTERM, by
    /// default) or the task is cancelled.
    public nonisolated(nonsending) func whileRunning<R>(_ body: () async throws -> R) async rethrows -> R {
        try await withTaskCancellationOrGracefulShutdownHandler(
            operation: body, onCancelOrGracefulShutdown: { self.set() })
    }

    /// Runs `body`, and calls `onStop` once if the event is set before `body` has returned. `body` itself is not
    /// cancelled.
    public nonisolated(nonsending) func withHandler<R>(
        _ body: () async throws -> R, onStop: @escaping @Sendable () -> Void
    ) async rethrows -> R {
        let hasReturned = EventObject(.manual)
        // No child task: who is cancelled is to hear of the stop, too. It ends with the body at the latest.
        let teller = Task {
            if try await waitAny(self, hasReturned) == .satisfied(0) { onStop() }
        }
        do {
            let result = try await body()
            hasReturned.set()
            _ = await teller.result
            return result
        } catch {
            hasReturned.set()
            _ = await teller.result
            throw error
        }
    }
}
