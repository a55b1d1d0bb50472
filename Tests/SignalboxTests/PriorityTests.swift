import Signalbox
import Testing

@Suite("Priorities")
struct PriorityTests {
    /// The table "Base priority" of "Scheduling Priorities": by class, for the levels -15, -2 to 2, and 15.
    @Test(
        "a class and a level make the base priority that Windows documents",
        arguments: [
            (.idle, [1, 2, 3, 4, 5, 6, 15]),
            (.belowNormal, [1, 4, 5, 6, 7, 8, 15]),
            (.normal, [1, 6, 7, 8, 9, 10, 15]),
            (.aboveNormal, [1, 8, 9, 10, 11, 12, 15]),
            (.high, [1, 11, 12, 13, 14, 15, 15]),
            (.realtime, [16, 22, 23, 24, 25, 26, 31]),
        ] as [(Priorities.Class, [Int])])
    func table(_ processClass: Priorities.Class, _ expected: [Int]) {
        #expect([-15, -2, -1, 0, 1, 2, 15].map { Priorities.base(processClass, $0) } == expected)
    }

    @Test("levels of the real-time class keep their distance in others' range")
    func furtherLevels() {
        #expect((-7 ... -3).map { Priorities.base(.realtime, $0) } == [17, 18, 19, 20, 21])
        #expect((3...6).map { Priorities.base(.realtime, $0) } == [27, 28, 29, 30])
        #expect(Priorities.base(.idle, -7) == 1)
        #expect(Priorities.base(.high, 6) == 15)
    }
}
