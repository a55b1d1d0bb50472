import CLinux
import CTestSupport
import Synchronization

@testable import Dispatcher

/// A scheduler that runs threads of its own one at a time, and decides by a seed after which step which of them goes on:
/// the same seed brings the same schedule. Time stands still, until a thread that sleeps is to see its deadline.
///
/// Whoever has the *baton* runs, and alone touches the state; he hands it on, and sleeps until he gets it back.
final class Simulator: Seam.Scheduler, @unchecked Sendable {
    // Sendable: `members`, `random`, `now` and the rest belong to whoever has the baton, which is passed with release and
    // acquire; the batons are atomics that live as long as the simulator.

    private struct Member {
        var isDone = true
        /// It sleeps, until this.
        var isReady: (() -> Bool)?
        var deadline = UInt64.max
        var hasTimedOut = false
    }
    private var members: [Member]
    private let batons: [UnsafeMutablePointer<Atomic<UInt32>>]
    private var body: @Sendable (Int) -> Void = { _ in }
    private var isOver = false
    private var threads: [TestThread] = []
    private var current: Int
    private var random = SeededRandom(seed: 0)
    /// One step in so many is followed by another thread's.
    private var patience: UInt64 = 1
    private(set) var now: UInt64 = 1
    private(set) var seed: UInt64 = 0
    /// What to print when nobody can go on.
    var describe: () -> String = { "" }

    init(threads count: Int) {
        members = Array(repeating: Member(), count: count)
        current = count
        batons = (0...count).map { _ in
            let baton = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
            baton.initialize(to: Atomic(0))
            return baton
        }
        Seam.scheduler = self
        threads = (0..<count).map { number in
            TestThread { [self] in
                test_pin_to_one_processor()  // nobody need be woken on another
                while true {
                    receive(number)
                    if isOver { return }
                    signalbox_thread().pointee.isScheduled = true
                    body(number)
                    signalbox_thread().pointee.isScheduled = false
                    members[number].isDone = true
                    hand(to: pick())
                }
            }
        }
    }

    /// Runs `body` on each thread, in the order that the seed decides, until all have returned.
    func run(seed: UInt64, _ body: @escaping @Sendable (Int) -> Void) {
        self.seed = seed
        self.body = body
        random = SeededRandom(seed: seed)
        patience = [1, 2, 4, 8, 16].randomElement(using: &random)!
        now = 1
        for number in members.indices { members[number] = Member(isDone: false) }
        hand(to: pick())
        receive(batons.count - 1)
    }

    func end() async {
        isOver = true
        for number in members.indices { pass(batons[number]) }
        for thread in threads { await thread.joined() }
        Seam.scheduler = nil
        (threads, body, describe) = ([], { _ in }, { "" })  // they refer to the simulator, or to who has it
        batons.forEach { $0.deallocate() }
    }

    // ---- for who runs

    func step() {
        guard random.next() % patience == 0 else { return }
        goOn(as: current)
    }

    func sleep(until deadline: UInt64, _ isReady: () -> Bool) -> Bool {
        let me = current
        // It is called while this thread sleeps in here, and never after.
        return withoutActuallyEscaping(isReady) { isReady in
            members[me].isReady = isReady
            members[me].deadline = deadline
            members[me].hasTimedOut = false
            goOn(as: me)
            members[me].isReady = nil
            return !members[me].hasTimedOut
        }
    }

    /// Lets the seed choose who is next, and returns when it is the caller's turn.
    private func goOn(as me: Int) {
        let next = pick()
        guard next != me else { return }
        hand(to: next)
        receive(me)
    }

    private func pick() -> Int {
        if members.allSatisfy(\.isDone) { return members.count }
        let ready = members.indices.filter { !members[$0].isDone && members[$0].isReady?() ?? true }
        let sleepers = members.indices.filter { number in
            !members[number].isDone && members[number].isReady != nil && members[number].deadline != .max
                && !ready.contains(number)
        }
        // Time may pass while somebody could go on.
        if !sleepers.isEmpty && (ready.isEmpty || random.next() % 16 == 0) {
            let first = sleepers.min { members[$0].deadline < members[$1].deadline }!
            now = max(now, members[first].deadline)
            members[first].hasTimedOut = true
            return first
        }
        guard let next = ready.randomElement(using: &random) else {
            fatalError("nobody can go on, and no time-out will help: SIGNALBOX_SEED=\(seed)\n\(describe())")
        }
        return next
    }

    private func hand(to next: Int) {
        current = next
        pass(batons[next])
    }
    private func pass(_ baton: UnsafeMutablePointer<Atomic<UInt32>>) {
        baton.pointee.store(1, ordering: .releasing)
        signalbox_futex_wake(baton, 1, false)
    }
    private func receive(_ number: Int) {
        while batons[number].pointee.exchange(0, ordering: .acquiring) == 0 {
            _ = signalbox_futex_wait(batons[number], 0, .max, false)
        }
    }
}
