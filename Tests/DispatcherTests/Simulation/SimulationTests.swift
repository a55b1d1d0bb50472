import CLinux
import Glibc
import SignalboxTesting
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// `make simulate SEEDS=n` runs n schedules: SIGNALBOX_SCHEDULES=n. A schedule that fails says its own seed;
    /// SIGNALBOX_SEED=<seed> SIGNALBOX_SCHEDULES=1 brings it back.
    @Suite("Simulated schedules", .leavesNoRecord)
    struct SimulationTests {
        static let schedules =
            getenv("SIGNALBOX_SCHEDULES").flatMap { Int(String(cString: $0)) } ?? Scale.rounds(5_000)

        @Test("whatever the schedule, threads see what one after another could see, and none sleeps for ever")
        func schedules() async {
            let simulation = Simulation()
            var random = SeededRandom("Simulated schedules")
            // The first is the seed itself, so that it can be brought back.
            let first = getenv("SIGNALBOX_SEED").flatMap { UInt64(String(cString: $0)) } ?? random.next()
            for number in 0..<Self.schedules {
                simulation.run(seed: first &+ UInt64(number))
                if !simulation.complaints.all.isEmpty { break }
            }
            await simulation.end()
            print(
                "simulation: \(Self.schedules) schedules from SIGNALBOX_SEED=\(first), \(simulation.calls) calls,",
                "\(simulation.timeOuts) time-outs, \(simulation.suspensions) suspensions,",
                "\(simulation.undecided) undecided")
            #expect(simulation.complaints.all == [])
            #expect(simulation.undecided * 100 <= Self.schedules)
        }
    }
}

/// Random calls of three threads at three objects, one schedule after the other.
final class Simulation: @unchecked Sendable {
    // Sendable: the state belongs to whoever of the threads has the baton.

    static let threads = 3
    static let callsOfThread = 3

    let complaints = Complaints()
    private(set) var calls = 0
    private(set) var timeOuts = 0
    private(set) var suspensions = 0
    private(set) var undecided = 0
    private let scheduled = try! ScheduledThreads(count: threads, timePassesEarly: true)
    private var stage = Stage([])
    private var owners = [Owner](repeating: .none, count: threads)
    private var objects = [ObjectName](repeating: .none, count: threads)
    private var scripts: [[Operation]] = []
    private var history: [Call] = []
    private var deadlines: [UInt64] = []
    /// The virtual time at each stamp.
    private var times: [UInt64] = []

    private static let kinds: [Model.Kind] = [
        .event(manualReset: false), .event(manualReset: true), .mutex, .semaphore(maximum: 2),
    ]

    init() {
        scheduled.run(seed: 0) { [self] thread in
            owners[thread] = try! Threads.owner()
            objects[thread] = try! Threads.ownOrNew()
        }
    }

    func run(seed: UInt64) {
        var random = SeededRandom(seed: ~seed)
        stage = Stage((0..<3).map { _ in Self.kinds.randomElement(using: &random)! })
        scripts = (0..<Self.threads).map { thread in
            (0..<Self.callsOfThread).flatMap { _ in operations(thread, &random) }
        }
        let timeOuts = scripts.map { $0.map { _ in random.next() % 40 + 1 } }
        (history, deadlines, times) = ([], [], [])
        scheduled.run(seed: seed) { [self] thread in
            for (operation, timeOut) in zip(scripts[thread], timeOuts[thread]) {
                note(operation, until: operation.mayBlock ? Deadline.after(nanoseconds: timeOut) : Deadline.now)
            }
        }
        if let sleepers = scheduled.deadlocked {
            complaints.expect(false, "SIGNALBOX_SEED=\(seed): threads \(sleepers) sleep for ever\n\(text())")
        } else {
            for object in stage.kinds.indices { note(.look(object), until: Deadline.now) }
            judge(seed)
        }
        // The threads go on, and must not come to the next schedule with a mutex.
        for owner in owners { Arena.local.abandonAll(of: owner) }
        stage.strike()
    }

    func end() async { await scheduled.end() }

    private func operations(_ thread: Int, _ random: inout SeededRandom) -> [Operation] {
        let object = Int.random(in: stage.kinds.indices, using: &random)
        switch random.next() % 10 {
        case 0..<3: return [signal(object, by: thread, &random)]
        case 3: return stage.isEvent(object) ? [.reset(object)] : [.abandon(thread)]
        case 4:
            let other = Int.random(in: stage.kinds.indices, using: &random)
            return [.signalAndWait(object, waiter: thread, other, mayBlock: true)]
        case 5:
            let victim = (thread + Int.random(in: 1..<Self.threads, using: &random)) % Self.threads
            return [.suspend(victim), .resume(victim)]
        default:
            var wait = Model.Wait(objects: Array(stage.kinds.indices.shuffled(using: &random)))
            wait.objects.removeLast(Int.random(in: 0..<stage.kinds.count, using: &random))
            wait.all = Bool.random(using: &random)
            return [.begin(thread, wait, mayBlock: random.next() % 4 != 0)]
        }
    }

    private func signal(_ object: Int, by thread: Int, _ random: inout SeededRandom) -> Operation {
        switch stage.kinds[object] {
        case .event, .thread: random.next() % 4 == 0 ? .pulse(object) : .set(object)
        case .semaphore: .releaseSemaphore(object, count: Int.random(in: 1...2, using: &random))
        case .mutex: .releaseMutex(object, by: thread)
        }
    }

    /// Performs the operation on the calling thread, and writes down what it returned.
    private func note(_ operation: Operation, until deadline: UInt64) {
        let place = history.count
        let invoked = stamp()
        // An answer that no call gives: it has not returned.
        history.append(Call(operation: operation, outcome: .answer(.tooLate), invoked: invoked, returned: .max))
        deadlines.append(deadline)
        Seam.step()
        let outcome: Call.Outcome
        switch operation {
        case .look(let object): outcome = .answer(.seen(stage.look(object, owners: owners)))
        case .abandon(let owner):
            Arena.local.abandonAll(of: owners[owner])
            outcome = .answer(.done)
        case .suspend(let thread):
            _ = try! Threads.suspend(objects[thread])
            outcome = .answer(.done)
        case .resume(let thread):
            _ = try! Threads.resume(objects[thread])
            outcome = .answer(.done)
        default: outcome = stage.perform(operation, until: deadline)
        }
        Seam.step()
        history[place].outcome = outcome
        history[place].returned = stamp()
    }

    private func stamp() -> Int {
        times.append(scheduled.now)
        return times.count
    }

    private func judge(_ seed: UInt64) {
        for place in history.indices {
            let last = times.lastIndex { $0 < deadlines[place] }
            history[place].deadlineAfter = last.map { $0 + 1 } ?? 0
            // A thread that is resumed during its wait stands in line again when it has come to run, which may be later.
            guard case .resume(let thread) = history[place].operation else { continue }
            let wait = history.first {
                $0.waiter == thread && $0.invoked < history[place].returned && $0.returned > history[place].returned
            }
            if let wait { history[place].returned = wait.returned }
        }
        let model = Model(stage.kinds.map { Model.Object(kind: $0) }, waiters: Self.threads)
        let result = linearize(history, from: model, limit: 100_000)
        complaints.expect(result != .impossible, "SIGNALBOX_SEED=\(seed): no order of\n\(text())")
        calls += history.count
        timeOuts += history.count { $0.outcome == .verdict(.timedOut) }
        suspensions += history.count { if case .suspend = $0.operation { true } else { false } }
        undecided += result == .undecided ? 1 : 0
    }

    private func text() -> String {
        let lines = history.map {
            let returned = $0.returned == .max ? "" : "\($0.returned)"
            return "  \($0.invoked)...\(returned) \($0.operation) -> \($0.outcome), deadline after \($0.deadlineAfter)"
        }
        return "  \(stage.kinds)\n" + lines.joined(separator: "\n")
    }
}
