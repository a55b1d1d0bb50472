import Testing

/// The checker itself, on histories whose answer is known.
@Suite("The linearizability checker")
struct LinearizeTests {
    static let auto = Model.Object(kind: .event(manualReset: false))
    static let manual = Model.Object(kind: .event(manualReset: true))
    static let mutex = Model.Object(kind: .mutex)
    static let semaphore = Model.Object(kind: .semaphore(maximum: 2))

    func wait(
        _ waiter: Int, _ objects: [Int], all: Bool = false, mayBlock: Bool = true, _ verdict: Model.Verdict,
        _ stamps: ClosedRange<Int>, deadlineAfter: Int = 0
    ) -> Call {
        Call(
            operation: .begin(waiter, Model.Wait(objects: objects, all: all), mayBlock: mayBlock),
            outcome: .verdict(verdict), invoked: stamps.lowerBound, returned: stamps.upperBound,
            deadlineAfter: deadlineAfter)
    }
    func call(_ operation: Operation, _ stamps: ClosedRange<Int>, _ answer: Answer = .done) -> Call {
        Call(
            operation: operation, outcome: .answer(answer), invoked: stamps.lowerBound, returned: stamps.upperBound)
    }
    func isLinearizable(_ objects: [Model.Object], _ history: [Call]) -> Bool {
        let result = linearize(history, from: Model(objects, waiters: 4))
        #expect(result != .undecided)
        return result != .impossible
    }

    @Test("nothing is linearizable")
    func empty() { #expect(linearize([], from: Model([], waiters: 0)) == .order([])) }

    @Test("an order that the stamps dictate is kept")
    func sequential() {
        let set = call(.set(0), 1...2)
        #expect(isLinearizable([Self.auto], [set, wait(0, [0], mayBlock: false, .satisfied(0), 3...4)]))
        #expect(!isLinearizable([Self.auto], [set, wait(0, [0], mayBlock: false, .timedOut, 3...4)]))
        let late = call(.set(0), 5...6)
        #expect(!isLinearizable([Self.auto], [wait(0, [0], .satisfied(0), 3...4), late]))
    }

    @Test("calls that overlap may come in either order")
    func overlapping() {
        let set = call(.set(0), 1...4)
        for verdict in [Model.Verdict.satisfied(0), .timedOut] {
            #expect(isLinearizable([Self.auto], [set, wait(0, [0], mayBlock: false, verdict, 2...3)]))
        }
    }

    @Test("one signal of an automatic-reset event satisfies one wait")
    func doubled() {
        let waits = [wait(0, [0], .satisfied(0), 1...8), wait(1, [0], .satisfied(0), 2...7)]
        #expect(!isLinearizable([Self.auto], waits + [call(.set(0), 3...4)]))
        #expect(isLinearizable([Self.manual], waits + [call(.set(0), 3...4)]))
        #expect(isLinearizable([Self.auto], waits + [call(.set(0), 3...4), call(.set(0), 5...6)]))
    }

    @Test("a signal that nobody took is still there")
    func lost() {
        let set = call(.set(0), 1...2)
        let look = call(.look(0), 9...10, .seen(.signaled(false)))
        #expect(!isLinearizable([Self.auto], [set, look]))
        #expect(isLinearizable([Self.auto], [set, wait(0, [0], .satisfied(0), 3...4), look]))
    }

    @Test("a wait does not time out beside a signal that came before its deadline")
    func slept() {
        let set = call(.set(0), 3...4)
        let look = call(.look(0), 9...10, .seen(.signaled(true)))
        #expect(isLinearizable([Self.auto], [wait(0, [0], .timedOut, 1...8), set, look]))
        #expect(!isLinearizable([Self.auto], [wait(0, [0], .timedOut, 1...8, deadlineAfter: 5), set, look]))
    }

    @Test("a wait ends by the step of another, and not before it")
    func blocked() {
        let wait = wait(0, [0, 1], .satisfied(1), 1...6)
        #expect(isLinearizable([Self.auto, Self.auto], [wait, call(.set(1), 3...4)]))
        #expect(!isLinearizable([Self.auto, Self.auto], [wait, call(.set(0), 3...4)]))
        #expect(!isLinearizable([Self.auto, Self.auto], [wait, call(.set(1), 7...8)]))
    }

    @Test("of several that are ready, a wait takes the lowest")
    func lowest() {
        let sets = [call(.set(0), 1...2), call(.set(1), 3...4)]
        #expect(!isLinearizable([Self.auto, Self.auto], sets + [wait(0, [0, 1], .satisfied(1), 5...6)]))
        #expect(isLinearizable([Self.auto, Self.auto], sets + [wait(0, [1, 0], .satisfied(0), 5...6)]))
    }

    @Test("a wait for all takes nothing until it takes everything")
    func atomic() {
        let events = [Self.auto, Self.auto]
        let sets = [call(.set(0), 3...4), call(.set(1), 7...8)]
        let thief = wait(1, [0], mayBlock: false, .satisfied(0), 5...6)
        let all = wait(0, [0, 1], all: true, .satisfied(0), 1...10)
        #expect(isLinearizable(events, sets + [all]))
        #expect(!isLinearizable(events, sets + [all, thief]))
        let timedOut = wait(0, [0, 1], all: true, .timedOut, 1...10)
        #expect(isLinearizable(events, sets + [timedOut, thief]))
        // What the wait for all that timed out should not have taken:
        let robbed = wait(1, [0], mayBlock: false, .timedOut, 5...6)
        #expect(!isLinearizable(events, sets + [timedOut, robbed]))
    }

    @Test("a pulse is seen by who waits, and leaves nothing")
    func pulse() {
        let pulse = call(.pulse(0), 3...4)
        #expect(isLinearizable([Self.manual], [pulse, wait(0, [0], .satisfied(0), 1...6)]))
        #expect(isLinearizable([Self.manual], [pulse, wait(0, [0], .timedOut, 1...6, deadlineAfter: 5)]))
        #expect(!isLinearizable([Self.manual], [pulse, wait(0, [0], .satisfied(0), 5...6)]))
    }

    @Test("a mutex has one owner, and an owner that ends is noticed once")
    func mutex() {
        let taken = wait(0, [0], .satisfied(0), 1...2)
        #expect(!isLinearizable([Self.mutex], [taken, wait(1, [0], .satisfied(0), 3...4)]))
        #expect(isLinearizable([Self.mutex], [taken, wait(0, [0], .satisfied(0), 3...4)]))
        let ends = call(.abandon(0), 5...6)
        #expect(isLinearizable([Self.mutex], [taken, wait(1, [0], .abandoned(0), 3...8), ends]))
        #expect(!isLinearizable([Self.mutex], [taken, wait(1, [0], .satisfied(0), 3...8), ends]))
        let refused = call(.releaseMutex(0, by: 1), 3...4, .refused(.notOwner))
        #expect(isLinearizable([Self.mutex], [taken, refused]))
        #expect(!isLinearizable([Self.mutex], [taken, call(.releaseMutex(0, by: 1), 3...4)]))
    }

    @Test("an owner that ends leaves its mutexes one by one, the last one first")
    func mutexes() {
        let taken = wait(0, [0, 1], all: true, .satisfied(0), 1...2)
        let ends = call(.abandon(0), 3...8)
        let first = wait(1, [0, 1], mayBlock: false, .abandoned(1), 4...5)
        let second = wait(2, [0, 1], mayBlock: false, .abandoned(0), 4...5)
        #expect(isLinearizable([Self.mutex, Self.mutex], [taken, ends, first]))
        #expect(!isLinearizable([Self.mutex, Self.mutex], [taken, wait(1, [0], .abandoned(0), 4...5)]))
        let held = wait(2, [0], mayBlock: false, .timedOut, 6...7)
        #expect(isLinearizable([Self.mutex, Self.mutex], [taken, ends, first, held]))
        #expect(!isLinearizable([Self.mutex, Self.mutex], [taken, ends, second, wait(2, [1], .timedOut, 6...7)]))
    }

    @Test("a semaphore gives as often as it was released")
    func semaphore() {
        let release = call(.releaseSemaphore(0, count: 2), 3...4, .previousCount(0))
        let waits = (0..<2).map { wait($0, [0], .satisfied(0), 1 + $0...10 - $0) }
        #expect(isLinearizable([Self.semaphore], waits + [release]))
        #expect(!isLinearizable([Self.semaphore], waits + [release, wait(2, [0], .satisfied(0), 5...6)]))
        let tooMuch = call(.releaseSemaphore(0, count: 1), 6...7, .refused(.limitExceeded))
        #expect(!isLinearizable([Self.semaphore], [wait(0, [0], .satisfied(0), 1...5), release, tooMuch]))
        #expect(isLinearizable([Self.semaphore], [release, tooMuch]))
    }

    @Test("nothing comes between a signal and the wait of the same call")
    func signalAndWait() {
        let events = [Self.auto, Self.auto]
        func both(_ verdict: Model.Verdict) -> Call {
            Call(
                operation: .signalAndWait(0, waiter: 0, 1, mayBlock: true), outcome: .verdict(verdict), invoked: 1,
                returned: 10)
        }
        // Waiter 1 answers the signal by a pulse, which finds waiter 0 in line.
        let answer = [wait(1, [0], .satisfied(0), 2...3), call(.pulse(1), 4...5)]
        #expect(isLinearizable(events, answer + [both(.satisfied(0))]))
        var late = both(.timedOut)
        late.deadlineAfter = 6
        #expect(!isLinearizable(events, answer + [late]))
        #expect(!isLinearizable(events, [both(.satisfied(0))]))
    }
}
