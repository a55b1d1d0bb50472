import Testing

@testable import Signalbox

@Suite("Restart policies, alone")
struct RestartPolicyTests {
    private func policy(_ restarts: Int, beyond: RestartPolicy.Beyond = .escalate) -> RestartPolicy {
        .restart(
            backoff: .exponential(initial: .seconds(1), factor: 2, maximum: .seconds(5)),
            intensity: .init(restarts, within: .seconds(60)), beyond: beyond)
    }

    @Test("to stop and to escalate are decided at each failure")
    func simple() {
        var stop = RestartPolicy.State(.stop)
        var escalate = RestartPolicy.State(.escalate)
        for time in 0..<3 {
            #expect(stop.failed(at: .seconds(time)) == .stop)
            #expect(escalate.failed(at: .seconds(time)) == .escalate)
        }
    }

    @Test("each restart of a period waits longer, up to the maximum")
    func backoff() {
        var state = RestartPolicy.State(policy(6))
        let delays = (0..<6).map { state.failed(at: .seconds($0)) }
        #expect(delays == [1, 2, 4, 5, 5, 5].map { .restart(after: .seconds($0)) })
    }

    @Test("the failure beyond the intensity does as the policy says", arguments: 0...3)
    func intensity(restarts: Int) {
        for (beyond, action) in [(RestartPolicy.Beyond.stop, RestartPolicy.Action.stop), (.escalate, .escalate)] {
            var state = RestartPolicy.State(policy(restarts, beyond: beyond))
            for time in 0..<restarts { #expect(state.failed(at: .seconds(time)) != action) }
            #expect(state.failed(at: .seconds(restarts)) == action)
        }
    }

    @Test("a restart counts for one period, and not a moment longer")
    func period() {
        var state = RestartPolicy.State(policy(1))
        #expect(state.failed(at: .zero) == .restart(after: .seconds(1)))
        var early = state
        #expect(early.failed(at: .seconds(60) - .nanoseconds(1)) == .escalate)
        // Forgotten, so that the backoff begins anew.
        #expect(state.failed(at: .seconds(60)) == .restart(after: .seconds(1)))
    }

    @Test("a failure beyond the intensity does not count as a restart")
    func beyondDoesNotCount() {
        var state = RestartPolicy.State(policy(1, beyond: .stop))
        _ = state.failed(at: .zero)
        #expect(state.failed(at: .seconds(59)) == .stop)
        #expect(state.failed(at: .seconds(61)) == .restart(after: .seconds(1)))
    }

    @Test("no number of restarts overflows a delay")
    func overflow() {
        let backoff = RestartPolicy.Backoff.exponential(initial: .seconds(1), factor: .max, maximum: .seconds(9))
        #expect(backoff.delay(before: 1) == .seconds(1))
        #expect(backoff.delay(before: .max) == .seconds(9))
        #expect(RestartPolicy.Backoff.none.delay(before: .max) == .zero)
        #expect(RestartPolicy.Backoff.constant(.seconds(3)).delay(before: 1_000_000) == .seconds(3))
    }
}
