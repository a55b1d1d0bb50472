import CLinux
import Glibc
import Synchronization
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// `make linearize WINDOWS=n` runs n windows: SIGNALBOX_WINDOWS=n.
    @Suite("Histories of threads", .leavesNoRecord)
    struct HistoryTests {
        static let windows = getenv("SIGNALBOX_WINDOWS").flatMap { Int(String(cString: $0)) } ?? Scale.rounds(200)

        @Test(
            "eight threads at four objects see what one after another could see",
            arguments: [
                [.event(manualReset: false), .event(manualReset: true), .mutex, .semaphore(maximum: 2)],
                [.event(manualReset: false), .event(manualReset: true), .event(manualReset: false), .mutex],
            ] as [[Model.Kind]])
        func linearizable(kinds: [Model.Kind]) async {
            let history = History(kinds)
            await history.run(windows: Self.windows)
            print(
                "linearizability: \(Self.windows) windows, \(history.calls) calls, \(history.waits) waits that blocked,",
                "\(history.timeOuts) of them to their deadline; \(history.undecided) windows undecided")
            #expect(history.complaints.all == [])
            #expect(history.undecided * 100 <= Self.windows)
        }
    }
}

/// Windows of random calls of eight threads, each of which is then searched for an order.
final class History: Sendable {
    static let threads = 8
    static let callsOfThread = 4  // with the looks at the objects after, 36 in a window

    let complaints = Complaints()
    private let stage: Stage
    private let clock = Atomic<Int>(0)
    private let arrived = Atomic<Int>(0)
    private let seed: UInt64
    private let records = (0..<threads).map { _ in Box<[Record]>([]) }
    private let owners = (0..<threads).map { _ in Box(Owner.none) }
    private let model: Box<Model>
    private let counts = Box<Counts>(Counts())

    private struct Counts { var (calls, waits, timeOuts, undecided) = (0, 0, 0, 0) }
    var calls: Int { counts.value.withLock { $0.calls } }
    var waits: Int { counts.value.withLock { $0.waits } }
    var timeOuts: Int { counts.value.withLock { $0.timeOuts } }
    var undecided: Int { counts.value.withLock { $0.undecided } }

    private struct Record: Sendable {
        var call: Call
        var deadline: UInt64
        /// CLOCK_MONOTONIC just after each stamp.
        var (invokedAt, returnedAt): (UInt64, UInt64)
    }

    init(_ kinds: [Model.Kind]) {
        stage = Stage(kinds)
        model = Box(Model(kinds.map { Model.Object(kind: $0) }, waiters: History.threads))
        var random = SeededRandom("Histories of threads")
        seed = random.next()
    }

    func run(windows: Int) async {
        // One round more, in which nothing is done: until then the first thread judges the last window, and the others
        // must not end, or they would leave their mutexes behind.
        await race(
            "Histories of threads", rounds: windows + 1,
            (0..<History.threads).map { thread in { [self] in if $0 < windows { play(thread, window: $0) } } },
            judge: { [self] in if $0 < windows { judge($0) } })
        stage.strike()
    }

    // ---- a thread's part

    private func play(_ thread: Int, window: Int) {
        var random = SeededRandom(seed: seed &+ UInt64(window) &* 0x1_0001 &+ UInt64(thread))
        records[thread].value.withLock { $0 = [] }
        owners[thread].value.withLock { $0 = try! Threads.owner() }
        // They are woken one after another: nobody begins before all run.
        arrived.wrappingAdd(1, ordering: .relaxed)
        while arrived.load(ordering: .relaxed) < (window + 1) * History.threads { sched_yield() }
        for _ in 0..<History.callsOfThread {
            switch random.next() % 4 {
            case 0: sched_yield()
            case 1: spin(nanoseconds: random.next() % 3_000)
            default: break
            }
            let record = perform(operation(thread, &random), timeOut: 10_000 + random.next() % 200_000)
            records[thread].value.withLock { $0.append(record) }
        }
    }

    private func perform(_ operation: Operation, timeOut: UInt64) -> Record {
        let deadline = operation.mayBlock ? Deadline.after(nanoseconds: timeOut) : Deadline.now
        let invoked = clock.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        let invokedAt = signalbox_now()
        let outcome: Call.Outcome =
            if case .look(let object) = operation {
                .answer(.seen(stage.look(object, owners: owners.map { $0.value.withLock { $0 } })))
            } else {
                stage.perform(operation, until: deadline)
            }
        let returned = clock.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        let call = Call(operation: operation, outcome: outcome, invoked: invoked, returned: returned)
        return Record(call: call, deadline: deadline, invokedAt: invokedAt, returnedAt: signalbox_now())
    }

    private func operation(_ thread: Int, _ random: inout SeededRandom) -> Operation {
        while true {
            let object = Int.random(in: stage.kinds.indices, using: &random)
            let operation: Operation
            switch random.next() % 8 {
            case 0..<3: operation = signal(object, by: thread, &random)
            case 3: operation = .reset(object)
            case 4:
                let other = Int.random(in: stage.kinds.indices, using: &random)
                operation = .signalAndWait(object, waiter: thread, other, mayBlock: true)
            default:
                var wait = Model.Wait(objects: Array(stage.kinds.indices.shuffled(using: &random)))
                wait.objects.removeLast(Int.random(in: 0..<stage.kinds.count, using: &random))
                wait.all = Bool.random(using: &random)
                operation = .begin(thread, wait, mayBlock: random.next() % 4 != 0)
            }
            switch operation {
            case .reset(let object) where !stage.isEvent(object): continue
            // a mutex comes round only if who has it gives it back more often than not
            case .releaseMutex(let mutex, _) where !stage.owns(mutex) && random.next() % 4 != 0: continue
            case .begin where random.next() % 2 == 0 && stage.kinds.indices.contains(where: ownsMutex): continue
            default: return operation
            }
        }
    }

    private func ownsMutex(_ object: Int) -> Bool { stage.kinds[object] == .mutex && stage.owns(object) }

    private func signal(_ object: Int, by thread: Int, _ random: inout SeededRandom) -> Operation {
        switch stage.kinds[object] {
        case .event, .thread: random.next() % 4 == 0 ? .pulse(object) : .set(object)
        case .semaphore: .releaseSemaphore(object, count: Int.random(in: 1...2, using: &random))
        case .mutex: random.next() % 4 == 0 ? .abandon(thread) : .releaseMutex(object, by: thread)
        }
    }

    // ---- the judge's

    private func judge(_ window: Int) {
        let looks = stage.kinds.indices.map { perform(.look($0), timeOut: 0) }
        let records = records.flatMap { $0.value.withLock { $0 } } + looks
        let history = dated(records)
        let start = model.value.withLock { $0 }
        let result = linearize(history, from: start, limit: 300_000)
        complaints.expect(result != .impossible, "window \(window): no order of\n\(describe(history, from: start))")
        let waits = records.filter { $0.call.operation.mayBlock && $0.returnedAt - $0.invokedAt > 5_000 }
        counts.value.withLock {
            $0.calls += history.count
            $0.waits += waits.count
            $0.timeOuts += waits.count { $0.call.outcome == .verdict(.timedOut) }
            $0.undecided += result == .undecided ? 1 : 0
        }
        // the next window starts from what was seen
        model.value.withLock { model in
            for look in looks { model.adopt(look.call) }
        }
    }

    /// Gives each wait the last moment at which its deadline was not over.
    private func dated(_ records: [Record]) -> [Call] {
        let moments = records.flatMap { [($0.call.invoked, $0.invokedAt), ($0.call.returned, $0.returnedAt)] }
        return records.map { record in
            var call = record.call
            call.deadlineAfter = moments.lazy.filter { $0.1 < record.deadline }.map(\.0).max() ?? 0
            return call
        }
    }

    private func describe(_ history: [Call], from start: Model) -> String {
        let lines = history.sorted { $0.invoked < $1.invoked }.map {
            "  \($0.invoked)...\($0.returned) \($0.operation) -> \($0.outcome), deadline after \($0.deadlineAfter)"
        }
        return "  \(start.objects)\n" + lines.joined(separator: "\n")
    }
}

extension Stage {
    func isEvent(_ object: Int) -> Bool {
        if case .event = kinds[object] { return true }
        return false
    }
}

extension Operation {
    var mayBlock: Bool {
        switch self {
        case .begin(_, _, let mayBlock), .signalAndWait(_, _, _, let mayBlock): mayBlock
        default: false
        }
    }
}

extension Model {
    /// Makes the object what was seen of it.
    fileprivate mutating func adopt(_ look: Call) {
        guard case .look(let object) = look.operation, case .answer(.seen(let seen)) = look.outcome else { return }
        switch seen {
        case .signaled(let isSignaled): objects[object].isSignaled = isSignaled
        case .semaphore(let count): objects[object].count = count
        case .mutex(let owner, let recursion, let isAbandoned):
            for waiter in owned.indices { owned[waiter].removeAll { $0 == object } }
            if let owner { owned[owner].append(object) }
            objects[object].owner = owner
            objects[object].recursion = recursion
            objects[object].isAbandoned = isAbandoned
        }
    }
}
