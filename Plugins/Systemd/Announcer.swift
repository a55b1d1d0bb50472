import Dispatcher
import Logging
import Signalbox

/// Says what a start or a stop waits for, once a second while it lasts, and has the manager be patient as long as it gets
/// on; pure but for its two outlets.
///
/// The first word comes with the second tick: a service that starts at once tells READY, and no more.
struct Announcer {
    /// What is to be done after a look.
    struct Action: Equatable {
        /// A new status line.
        var status: String?
        /// Progress was made: the manager may be asked for more time.
        var extends = false
        /// What nothing has come of for long, for the journal.
        var complaint: String?
    }

    private var lastStatus: String?
    private var lastSteps: UInt64 = 0
    private var ticks = 0
    private var quietTicks = 0
    private var complainAt = 10

    /// A second has passed.
    mutating func tick(_ progress: Progress.Snapshot, closed: [String]) -> Action {
        ticks += 1
        var action = Action()
        defer { lastSteps = progress.steps }
        guard ticks > 1 else { return action }
        let status = Announcer.text(progress, closed: closed)
        if status != lastStatus { action.status = status }
        lastStatus = status
        action.extends = progress.steps != lastSteps
        quietTicks = action.extends ? 0 : quietTicks + 1
        // Twice as patient each time.
        if quietTicks >= complainAt {
            action.complaint = "\(status), without progress for \(quietTicks) s"
            complainAt *= 2
        }
        return action
    }

    /// What the host waits for, in a line.
    static func text(_ progress: Progress.Snapshot, closed: [String]) -> String {
        if let failure = progress.failure { return "failed: \(failure)" }
        let verb =
            switch progress.phase {
            case .ending: "stopping"
            case .reloading: "reloading"
            case .starting, .running: "starting"
            }
        if let plugin = progress.plugin {
            return "\(verb): plugin \(plugin)" + (progress.texts[plugin].map { ": \($0)" } ?? "")
        }
        if progress.phase == .ending || progress.phase == .reloading { return verb }
        let gates = closed.map { gate in
            // A gate is named after its plugin, which may have said where it is.
            let plugin = gate.split(separator: ":").first.map(String.init) ?? ""
            return gate + (progress.texts[plugin].map { " (\($0))" } ?? "")
        }
        return gates.isEmpty ? verb : "\(verb): waiting for \(gates.joined(separator: ", "))"
    }
}
