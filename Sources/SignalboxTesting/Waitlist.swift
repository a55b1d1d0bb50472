import Signalbox

/// Who waits until a number is reached: a value, kept under the lock of what is counted. Events are set when that lock
/// has been dropped.
struct Waitlist {
    private var members: [(count: Int, event: EventObject)] = []

    /// What to wait for until the number is `count`.
    mutating func add(until count: Int) -> EventObject {
        let event = EventObject(.manual)
        members.append((count, event))
        return event
    }

    /// The number has become `count`: what is to be set.
    mutating func reached(_ count: Int) -> [EventObject] {
        if members.isEmpty { return [] }
        let done = members.filter { $0.count <= count }.map(\.event)
        members.removeAll { $0.count <= count }
        return done
    }

    /// Waits for what `add` has given, if it has; whoever is cancelled first has it taken back by `remove`.
    nonisolated(nonsending) static func wait(
        for reached: EventObject?, remove: (EventObject) -> Void
    ) async throws {
        guard let reached else { return }
        do {
            try await reached.wait()
        } catch {
            remove(reached)
            throw error
        }
    }

    mutating func remove(_ event: EventObject) { members.removeAll { $0.event === event } }
}
