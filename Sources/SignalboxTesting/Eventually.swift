import Signalbox

/// Never set; one for all, so that waiting changes no count of records.
private let never = EventObject()
/// Makes what `eventually` needs, before anything is counted.
func prepareEventually() { never.reset() }

/// Looks at the condition again and again, for at most so long; returns whether it came to hold. For what the kernel
/// does, of which nobody is told, as the end of a thread.
package func eventually(within patience: Duration = .seconds(20), _ condition: @Sendable () -> Bool) async -> Bool {
    let end = ContinuousClock.now + patience
    var rounds = 0
    while !condition() {
        if ContinuousClock.now > end { return false }
        rounds += 1
        if rounds < 100 { await Task.yield() } else { _ = try? await never.wait(timeout: .milliseconds(1)) }
    }
    return true
}
