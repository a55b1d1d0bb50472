package import Dispatcher
import Signalbox

/// Never set; one for all, so that waiting changes no count of records.
private let never = EventObject()
/// Makes what waiting needs, before anything is counted.
func prepareWaiting() { never.reset() }

/// Looks at the condition again and again, at most 20 s long; returns whether it came to hold.
package func eventually(_ condition: @Sendable () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(20)
    var rounds = 0
    while !condition() {
        if ContinuousClock.now > end { return false }
        rounds += 1
        if rounds < 100 { await Task.yield() } else { _ = try? await never.wait(timeout: .milliseconds(1)) }
    }
    return true
}

/// Whether somebody stands in line at the object.
package func isAwaited(_ object: ObjectName) -> Bool {
    Arena.local.withLock(object) { _, word in word.bits & Word.queued != 0 } ?? false
}

/// Whether a wait for the object would be satisfied now; takes nothing.
package func isSignaled(_ object: ObjectName) -> Bool {
    Arena.local.withLock(object) { _, word in word.isSignaled } ?? false
}

/// Seeded pseudo-random numbers (SplitMix64): print `seed` with what failed, and pass it again to see it again.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    package let seed: UInt64
    private var state: UInt64

    package init(seed: UInt64 = UInt64.random(in: 1..<1 << 32)) {
        (self.seed, state) = (seed, seed)
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
