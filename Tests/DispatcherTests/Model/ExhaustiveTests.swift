import Glibc
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// `make exhaustive` runs it to depth 8 in a release build: SIGNALBOX_DEPTH=8.
    @Suite("Every state of three waiters and three objects")
    struct ExhaustiveTests {
        static let mixes: [[Model.Kind]] = [
            [.event(manualReset: false), .event(manualReset: true), .event(manualReset: false)],
            [.mutex, .semaphore(maximum: 2), .event(manualReset: false)],
            [.mutex, .event(manualReset: true), .mutex],
            [.semaphore(maximum: 2), .thread, .event(manualReset: false)],
        ]

        static let depth = getenv("SIGNALBOX_DEPTH").flatMap { Int(String(cString: $0)) } ?? 3

        @Test("the dispatcher does in each what the model does", arguments: mixes, Subject.Way.allCases)
        func agree(kinds: [Model.Kind], way: Subject.Way) throws {
            try check(Exhaustive(kinds, way: way))
        }

        @Test("and so while waiters whose wait has ended are still in line", arguments: mixes)
        func agreeWhileLeaving(kinds: [Model.Kind]) throws {
            try check(Exhaustive(kinds, leavesLate: true))
        }

        func check(_ exhaustive: Exhaustive) throws {
            var exhaustive = exhaustive
            try exhaustive.run(depth: Self.depth)
            print(
                "exhaustive: \(exhaustive.kinds), as a \(exhaustive.way)\(exhaustive.leavesLate ? ", leaving late" : ""),",
                "depth \(Self.depth): \(exhaustive.states) states, \(exhaustive.transitions) transitions")
            #expect(exhaustive.complaint == nil)
        }
    }
}
