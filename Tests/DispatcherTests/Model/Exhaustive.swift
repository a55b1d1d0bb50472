/// Walks breadth-first over every state of a few waiters and objects that some steps lead to, each state once whatever
/// its waiters are called, and takes every step from it in the model and in the dispatcher: they must answer alike, end
/// the same waits in the same way, and be in the same state after.
struct Exhaustive: Sendable {
    /// The objects, all in their first state.
    let kinds: [Model.Kind]
    let waiters = 3
    let way: Subject.Way
    /// Whether waiters whose wait has ended stay in their queues for a while, until a step of their own.
    let leavesLate: Bool

    var names: String { kinds.map { "\($0)" }.joined(separator: " + ") }

    private let operations: [Step]
    private let shapes: [Model.Wait: Int]

    private(set) var states = 0
    private(set) var transitions = 0
    /// What went wrong, with the steps that led there.
    private(set) var complaint: String?

    enum Step: Hashable {
        case operation(Operation)
        /// A waiter whose wait has ended takes itself out of the queues.
        case leave(Int)
    }

    init(_ kinds: [Model.Kind], way: Subject.Way = .thread, leavesLate: Bool = false) {
        self.kinds = kinds
        self.way = way
        self.leavesLate = leavesLate
        let shapes = Exhaustive.shapes(of: Array(kinds.indices))
        self.shapes = Dictionary(uniqueKeysWithValues: shapes.enumerated().map { ($1, $0) })
        operations = Exhaustive.operations(kinds, shapes, waiters: waiters, leavesLate: leavesLate)
        precondition(operations.count < 256, "a path keeps a step in a byte")
    }

    /// Waits for one object, for any of two or three in every order, for all of two or three, and for one that is named
    /// twice.
    private static func shapes(of objects: [Int]) -> [Model.Wait] {
        var shapes: [Model.Wait] = []
        for a in objects {
            shapes.append(Model.Wait(objects: [a]))
            shapes += [false, true].map { Model.Wait(objects: [a, a], all: $0) }
            for b in objects where b != a {
                shapes.append(Model.Wait(objects: [a, b]))
                if a < b { shapes.append(Model.Wait(objects: [a, b], all: true)) }
                for c in objects where c != a && c != b {
                    shapes.append(Model.Wait(objects: [a, b, c]))
                    if a < b && b < c { shapes.append(Model.Wait(objects: [a, b, c], all: true)) }
                }
            }
        }
        return shapes
    }

    private static func operations(
        _ kinds: [Model.Kind], _ shapes: [Model.Wait], waiters: Int, leavesLate: Bool
    ) -> [Step] {
        var all: [Operation] = []
        for (object, kind) in kinds.enumerated() {
            switch kind {
            case .event: all += [.set(object), .reset(object), .pulse(object)]
            case .thread: all.append(.endThread(object))
            case .mutex: all += (0..<waiters).map { .releaseMutex(object, by: $0) }
            case .semaphore: all += [.releaseSemaphore(object, count: 1), .releaseSemaphore(object, count: 2)]
            }
            if !leavesLate { all.append(.close(object)) }
        }
        for waiter in 0..<waiters {
            for mayBlock in [true, false] {
                all += shapes.map { .begin(waiter, $0, mayBlock: mayBlock) }
            }
            for signal in kinds.indices {
                all += kinds.indices.map { .signalAndWait(signal, waiter: waiter, $0, mayBlock: true) }
            }
            all += [.timeOut(waiter), .cancel(waiter), .suspend(waiter), .resume(waiter), .abandon(waiter)]
        }
        let steps = all.map(Step.operation)
        return leavesLate ? steps + (0..<waiters).map(Step.leave) : steps
    }

    /// Whether the step can be taken: what one waiter does needs it idle, and what ends a wait needs one.
    private func isPossible(_ step: Step, in model: Model) -> Bool {
        guard case .operation(let operation) = step else {
            if case .leave(let waiter) = step, case .ended = model.waiters[waiter] { return true }
            return false
        }
        switch operation {
        case .begin(let waiter, let wait, _):
            return model.waiters[waiter] == .idle && wait.objects.allSatisfy { !isDeep($0, model) }
        case .signalAndWait(let signal, let waiter, let object, _):
            // By name, an object without handles is found or not; a caller who has one handle to each has both.
            return model.waiters[waiter] == .idle && model.objects[signal].isOpen && model.objects[object].isOpen
                && !isDeep(object, model)
        case .releaseMutex(_, let owner): return model.waiters[owner] == .idle
        case .abandon(let owner): return model.waiters[owner] == .idle
        case .timeOut(let waiter), .cancel(let waiter):
            // Nobody gives up on a suspended thread's behalf.
            if case .suspended = model.waiters[waiter] { return false }
            return model.waiters[waiter] != .idle
        case .suspend(let waiter):
            if case .waiting = model.waiters[waiter] { return true }
            return false
        case .resume(let waiter):
            if case .suspended = model.waiters[waiter] { return true }
            return false
        case .close(let object): return model.objects[object].isOpen
        case .set, .reset, .pulse, .releaseSemaphore, .endThread, .look: return true
        }
    }

    /// A mutex that is taken twice is not taken again: recursion would go on for ever.
    private func isDeep(_ object: Int, _ model: Model) -> Bool { model.objects[object].recursion == 2 }

    // ---- the walk

    /// The steps to a state, a byte each, last first; a state is found again by taking them, which needs less memory
    /// than to keep it.
    private typealias Path = UInt64

    mutating func run(depth: Int) {
        precondition(depth <= 8, "a path keeps eight steps")
        let subject = Subject(kinds, waiters: waiters, way: way)
        let start = subject.snapshot()
        let model = Model(kinds.map { Model.Object(kind: $0) }, waiters: waiters)
        var seen: Set<UInt128> = [model.canonical(shapes: shapes)]
        var frontier: [Path] = [0]
        for level in 1...depth {
            var next: [Path] = []
            for path in frontier {
                subject.restore(start)
                var here = model
                for number in steps(of: path, count: level - 1) { _ = take(number, &here, subject) }
                let snapshot = subject.snapshot()
                for number in operations.indices where isPossible(operations[number], in: here) {
                    subject.restore(snapshot)
                    var there = here
                    transitions += 1
                    if let difference = take(number, &there, subject) ?? subject.difference(from: there) {
                        let way = steps(of: path, count: level - 1) + [number]
                        complaint = "\(way.map { "\(operations[$0])" }.joined(separator: ", ")): \(difference)"
                        return
                    }
                    if seen.insert(there.canonical(shapes: shapes)).inserted {
                        next.append(path << 8 | Path(number))
                    }
                }
            }
            frontier = next
        }
        states = seen.count
    }

    private func steps(of path: Path, count: Int) -> [Int] {
        (0..<count).reversed().map { Int(path >> (8 * UInt64($0)) & 0xFF) }
    }

    /// Takes the step on both sides; says how their answers differ, or the waits that ended.
    private func take(_ number: Int, _ model: inout Model, _ subject: Subject) -> String? {
        let before = model.waiters
        switch operations[number] {
        case .leave(let waiter):
            let (expected, verdict) = (model.collect(waiter), subject.leave(waiter))
            return verdict == expected ? nil : "waiter \(waiter) leaves with \(verdict as Any)"
        case .operation(let operation):
            let expected = model.perform(operation)
            let (answer, verdict) = subject.perform(operation)
            if answer != expected { return "answers \(answer), not \(expected)" }
            for waiter in before.indices {
                let isActor = operation.waiter == waiter
                var ended = isActor ? verdict : nil
                // Whoever was blocked leaves the queues; who came to an end at once stands in none.
                if ended == nil && (before[waiter].wait != nil || isActor && answer == .done) {
                    ended = subject.ended(waiter)
                    if ended != nil && !leavesLate { ended = subject.leave(waiter) }
                }
                if case .ended(let verdict) = before[waiter] { ended = verdict }
                var wanted: Model.Verdict?
                if case .ended(let verdict) = model.waiters[waiter] { wanted = verdict }
                if ended != wanted { return "waiter \(waiter) has \(ended as Any), not \(wanted as Any)" }
                let isAtOnce = isActor && verdict != nil
                if wanted != nil && (!leavesLate || isAtOnce) { _ = model.collect(waiter) }
            }
            return nil
        }
    }
}

extension Operation {
    /// The waiter that begins or goes on with a wait by it.
    fileprivate var waiter: Int? {
        switch self {
        case .begin(let waiter, _, _), .signalAndWait(_, let waiter, _, _), .resume(let waiter): waiter
        default: nil
        }
    }
}
