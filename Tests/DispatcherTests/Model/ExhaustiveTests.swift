import Glibc
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// A shallow walk in the suite; `make exhaustive` goes to depth 8 in a release build: SIGNALBOX_DEPTH=8.
    @Suite("Every state of three waiters and three objects", .leavesNoRecord)
    struct ExhaustiveTests {
        static let mixes: [[Model.Kind]] = [
            [.event(manualReset: false), .event(manualReset: true), .event(manualReset: false)],
            [.mutex, .semaphore(maximum: 2), .event(manualReset: false)],
            [.mutex, .event(manualReset: true), .mutex],
            [.semaphore(maximum: 2), .thread, .event(manualReset: false)],
        ]
        static let depth = getenv("SIGNALBOX_DEPTH").flatMap { Int(String(cString: $0)) }

        @Test("the dispatcher does in each what the model does", arguments: mixes, Subject.Way.allCases)
        func agree(kinds: [Model.Kind], way: Subject.Way) async {
            await check(Exhaustive(kinds, way: way))
        }

        @Test("and so while waiters whose wait has ended are still in line", arguments: mixes)
        func agreeWhileLeaving(kinds: [Model.Kind]) async {
            await check(Exhaustive(kinds, leavesLate: true))
        }

        /// On a thread of its own: a thread of the pool that is kept so long has another made in its place.
        private func check(_ walk: Exhaustive) async {
            let result = Box(walk)
            let depth = Self.depth ?? (walk.way == .task || walk.leavesLate ? 2 : 3)
            await TestThread {
                result.value.withLock { walk in walk.run(depth: depth) }
            }.joined()
            let walk = result.value.withLock { $0 }
            let way = walk.leavesLate ? "leaving late" : "as a \(walk.way)"
            print("exhaustive: \(walk.names), \(way), depth \(depth): \(walk.states) states, \(walk.transitions) steps")
            #expect(walk.complaint == nil)
        }
    }
}
