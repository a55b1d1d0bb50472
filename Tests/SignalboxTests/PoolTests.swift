import Testing

@testable import Signalbox

@Suite("Thread pool: what is pure")
struct PoolTests {
    @Test("callbacks are queued, run and end; whoever waits waits for all of them")
    func counts() {
        var counts = CallbackCounts()
        #expect(counts.isDone(own: 0, countsAll: true))
        let first = counts.submit()
        let second = counts.submit()
        #expect(counts.queued == 2 && !counts.isDone(own: 0, countsAll: false))
        let hasFirstBegun = counts.begin(first)
        #expect(hasFirstBegun)
        #expect(counts.queued == 1 && counts.running == 1)
        #expect(!counts.isDone(own: 1, countsAll: false))  // one is queued
        let hasSecondBegun = counts.begin(second)
        #expect(hasSecondBegun)
        counts.end(isAssociated: true)
        #expect(!counts.isDone(own: 0, countsAll: false) && counts.isDone(own: 1, countsAll: false))
        counts.end(isAssociated: true)
        #expect(counts.isDone(own: 0, countsAll: true))
    }

    @Test("cancelled callbacks do not begin, and those that come later do")
    func cancel() {
        var counts = CallbackCounts()
        let numbers = [counts.submit(), counts.submit(), counts.submit()]
        let begun = counts.begin(numbers[0])
        let cancelled = counts.cancel()
        #expect(begun && cancelled == 2)
        #expect(counts.queued == 0 && counts.running == 1)
        let later = counts.submit()
        let others = [counts.begin(numbers[1]), counts.begin(numbers[2])]
        #expect(others == [false, false] && counts.queued == 1)
        let hasLaterBegun = counts.begin(later)
        let cancelledLater = counts.cancel()
        #expect(hasLaterBegun && cancelledLater == 0)
        #expect(counts.running == 2)
    }

    @Test("a disassociated callback is the group's alone")
    func disassociate() {
        var counts = CallbackCounts()
        let number = counts.submit()
        let begun = counts.begin(number)
        #expect(begun)
        counts.disassociate()
        #expect(counts.isDone(own: 0, countsAll: false) && !counts.isDone(own: 0, countsAll: true))
        counts.end(isAssociated: false)
        #expect(counts.isDone(own: 0, countsAll: true) && counts.associated == 0)
    }

    @Test("the queue is first in, first out within a priority, however long it grows")
    func queue() {
        var queue = PoolQueue<Int>(priorities: 3, patience: 10)
        let nothing = queue.pop(at: 0)
        #expect(queue.isEmpty && nothing == nil)
        for number in 0..<5000 { queue.append(number, priority: 2 - number % 3, at: 0) }
        var taken: [Int] = []
        for _ in 0..<2500 { taken.append(queue.pop(at: 0)!) }
        for number in 5000..<6000 { queue.append(number, priority: 2 - number % 3, at: 0) }
        while let number = queue.pop(at: 0) { taken.append(number) }
        #expect(queue.isEmpty && taken.count == 6000)
        for remainder in 0..<3 {
            let line = taken.filter { $0 % 3 == remainder }
            #expect(line == line.sorted())
        }
        // The first 2500 were taken before the others came.
        #expect(taken[2500...].prefix { $0 % 3 == 2 }.count == 334)
    }

    @Test("who has waited long comes first, whatever its priority")
    func patience() {
        var queue = PoolQueue<String>(priorities: 3, patience: 10)
        queue.append("low", priority: 2, at: 0)
        queue.append("normal", priority: 1, at: 1)
        for time in 2..<12 { queue.append("high", priority: 0, at: UInt64(time)) }
        let order = [9, 10, 10, 11, 11].map { queue.pop(at: $0)! }
        #expect(order == ["high", "low", "high", "normal", "high"])
        while queue.pop(at: 12) != nil {}
        #expect(queue.isEmpty)
    }
}
