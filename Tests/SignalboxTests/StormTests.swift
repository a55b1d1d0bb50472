import CLinux
import Dispatcher
import Glibc
import Signalbox
import Synchronization
import TestSupport
import Testing

/// `make storm` runs a minute of it, SIGNALBOX_STORM=n so many; the suite runs six seconds. SIGNALBOX_SEED=<seed> brings
/// back what the tasks and threads choose, though not which of them comes first.
@Suite("A storm of cancellations", .serialized, .alone, .timeLimit(.minutes(20)))
struct StormTests {
    static let seconds =
        getenv("SIGNALBOX_STORM").flatMap { Double(String(cString: $0)) }.map { 60 * $0 } ?? 6

    @Test("10,000 tasks wait for any and for all, are signaled and cancelled: each ends once, and every permit is kept")
    func storm() async throws {
        let seed = getenv("SIGNALBOX_SEED").flatMap { UInt64(String(cString: $0)) } ?? SeededGenerator().seed
        print("a storm of \(StormTests.seconds) s: SIGNALBOX_SEED=\(seed)")
        let before = Arena.prepared().liveRecords
        do {
            let storm = Storm(seed: seed)
            await storm.run(for: .seconds(StormTests.seconds))
            print(storm.summary)
            #expect(storm.verdict == [])
            #expect(storm.isVaried, "\(storm.summary)")
        }
        // Held to the record: the threads of the pool have no waiter here, for nothing of this blocks one.
        let isClean = await eventually {
            let now = Arena.local.liveRecords
            return now.objects <= before.objects && now.waiters <= before.waiters && now.blocks <= before.blocks
                && now.packets <= before.packets
        }
        #expect(isClean, "left \(Arena.local.liveRecords) after \(before)")
    }
}

/// 10,000 places, in each of which one task after the other waits once, for one to four of 100 objects.
private final class Storm: Sendable {
    static let places = 10_000

    /// One object, and what went into it and came out.
    private final class Thing: Sendable {
        enum Kind {
            case event(EventObject)
            case semaphore(SemaphoreObject)
            case mutex(MutexObject)
        }
        let kind: Kind
        let put: Counter
        let taken = Counter()
        /// The task that has the mutex; 0: none.
        let holder = Atomic(0)
        /// Whether the last holder has abandoned the mutex.
        let isLeft = Atomic(false)
        /// The places that wait for it, first come first: kept for those objects only for which few wait, so that who is
        /// first here is mostly first in line too.
        let line = Guarded<[Int]>([])

        init(_ number: Int) {
            put = Counter()
            switch number % 10 {
            case 0: kind = .mutex(MutexObject())
            case 1...3:
                kind = .semaphore(SemaphoreObject(count: 2, maximum: 5))
                put.add(2)
            default: kind = .event(EventObject())
            }
        }

        var object: any KernelObject {
            switch kind {
            case .event(let event): event
            case .semaphore(let semaphore): semaphore
            case .mutex(let mutex): mutex
            }
        }

        /// Signals that are there to be taken.
        var left: Int {
            switch kind {
            case .event(let event): isSignaled(event.object) ? 1 : 0
            case .semaphore(let semaphore): semaphore.count
            case .mutex: 0
            }
        }
    }

    private struct Place {
        var task: Task<Void, Never>?
        var isBusy = false
    }

    private let things = (0..<100).map(Thing.init)
    private let places: [Shared<Place>] = (0..<Storm.places).map { _ in Shared(Place()) }
    private let isOver = Atomic(false)
    /// The place whose task is to be cancelled while an object is signaled for which it waits; -1: none.
    private let victim = Atomic(-1)
    private let seed: UInt64
    private let complaints = Complaints()
    private let started = Counter()
    private let waiting = Counter()
    private let ended = Counter()
    private let satisfiedByAny = Counter()
    private let satisfiedByAll = Counter()
    private let satisfiedThoughCancelled = Counter()
    private let abandoned = Counter()
    private let cancelled = Counter()
    private let timedOut = Counter()

    init(seed: UInt64) { self.seed = seed }

    var summary: String {
        """
        storm: \(started.value) waits, \(satisfiedByAny.value) satisfied by one object, \(satisfiedByAll.value) by \
        several at once, \(satisfiedThoughCancelled.value) of them in a task cancelled too late, \
        \(abandoned.value) by an abandoned mutex, \(cancelled.value) cancelled, \(timedOut.value) timed out
        """
    }

    /// What was wrong, each with how often; nothing, if all was well.
    var verdict: [String] { complaints.entries }

    /// Whether a wait has ended in each way.
    var isVaried: Bool {
        [satisfiedByAny, satisfiedByAll, satisfiedThoughCancelled, abandoned, cancelled, timedOut]
            .allSatisfy { $0.value > 0 }
    }

    func run(for duration: Duration) async {
        for place in 0..<Storm.places { start(place) }
        let end = ContinuousClock.now + duration
        let threads = (0..<2).map { number in
            try! ThreadObject(name: "storm") { self.blow(number, until: end) }
        }
        for thread in threads { try? await thread.wait() }
        // Whoever starts a task looks under the place's lock: after this there are no new ones.
        isOver.store(true, ordering: .sequentiallyConsistent)
        for place in places { place.withLock { $0.task }?.cancel() }
        guard await eventually({ self.started.value == self.ended.value }) else {
            let lost = places.indices.filter { places[$0].withLock { $0.isBusy } }
            return complaints.add("\(lost.count) tasks never end, at places \(lost.prefix(10))")
        }
        for place in places { await place.withLock { $0.task.take() }?.value }
        balance()
    }

    private func balance() {
        for (number, thing) in things.enumerated() {
            let (put, taken, left) = (thing.put.value, thing.taken.value, thing.left)
            switch thing.kind {
            case .mutex(let mutex):
                if mutex.isOwned { complaints.add("mutex \(number) is owned by nobody's task") }
            case .event, .semaphore:
                if put != taken + left {
                    complaints.add("object \(number): \(put) signals put in, \(taken) taken and \(left) left")
                }
            }
            if isAwaited(thing.object.object) { complaints.add("somebody stands in line at object \(number)") }
        }
    }

    // ---- the wind

    /// Signals and cancels. Each event is signaled by one thread alone, which therefore knows when a set is one more.
    private func blow(_ number: Int, until end: ContinuousClock.Instant) {
        var random = SeededGenerator(seed: seed &+ UInt64(number))
        let own = things.filter { if case .mutex = $0.kind { false } else { true } }
            .enumerated().filter { $0.offset % 2 == number }.map(\.element)
        let lonely = own.suffix(Storm.lonely.count * own.count / things.count)
        while ContinuousClock.now < end {
            let place = victim.exchange(-1, ordering: .acquiring)
            if place >= 0 { cancel(place) }
            // Most are to be waiting.
            while waiting.value < Storm.places / 2 && ContinuousClock.now < end { sched_yield() }
            switch random.next() % 8 {
            case 0..<3: signal(own.randomElement(using: &random)!, &random)
            case 3: cancel(Int.random(in: 0..<Storm.places, using: &random))
            default:
                // Whoever is first in line is signaled and cancelled in one breath.
                let thing = lonely.randomElement(using: &random)!
                let first = thing.line.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                switch random.next() % 4 {
                case 0:
                    signal(thing, &random)
                    if let first { cancel(first) }
                case 1:
                    if let first { cancel(first) }
                    signal(thing, &random)
                default:
                    // By the other thread, meanwhile.
                    victim.store(first ?? -1, ordering: .releasing)
                    signal(thing, &random)
                }
            }
        }
    }

    private func cancel(_ place: Int) { places[place].withLock { $0.task }?.cancel() }

    private func signal(_ thing: Thing, _ random: inout SeededGenerator) {
        switch thing.kind {
        case .mutex: break  // released by who has it
        case .event(let event):
            if isSignaled(event.object) { return }
            thing.put.add()
            event.set()
        case .semaphore(let semaphore):
            let permits = Int.random(in: 1...3, using: &random)
            if (try? semaphore.release(permits)) != nil { thing.put.add(permits) }
        }
    }

    // ---- the tasks

    /// Few wait for these, and most waits for all are for those.
    private static let lonely = 90..<100
    private static let quiet = 60..<90

    private func start(_ number: Int) {
        places[number].withLock { place in
            if isOver.load(ordering: .sequentiallyConsistent) { return }
            if place.isBusy { complaints.add("a task has ended twice, at place \(number)") }
            place.isBusy = true
            started.add()
            let seed = seed &+ UInt64(started.value) << 8
            place.task = Task {
                var random = SeededGenerator(seed: seed)
                await self.waitOnce(number, &random)
                self.end(number)
                self.start(number)
            }
        }
    }

    private func end(_ number: Int) {
        places[number].withLock { place in
            if !place.isBusy { complaints.add("a task has ended twice, at place \(number)") }
            place.isBusy = false
        }
        ended.add()
    }

    private func choose(_ number: Int, all: Bool, _ random: inout SeededGenerator) -> [Thing] {
        let count = Int.random(in: 1...4, using: &random)
        let range =
            if random.next() % 32 == 0 { Storm.lonely } else if random.next() % 16 == 0 { 0..<100 } else if all {
                Storm.quiet
            } else { 0..<60 }
        var chosen: [Int] = []
        while chosen.count < count {
            let next = Int.random(in: range, using: &random)
            if !chosen.contains(next) { chosen.append(next) }
        }
        if range == Storm.lonely { for index in chosen { things[index].line.withLock { $0.append(number) } } }
        return chosen.map { things[$0] }
    }

    private func waitOnce(_ number: Int, _ random: inout SeededGenerator) async {
        let all = random.next() % 4 == 0
        let chosen = choose(number, all: all, &random)
        let timeout: Duration? = random.next() % 32 == 0 ? .microseconds(Int(random.next() % 20_000)) : nil
        let abandons = random.next() % 16 == 0
        let owner = MutexOwner()  // what it still has at the end of this function, it abandons
        waiting.add()
        defer { waiting.add(-1) }
        do {
            let objects = chosen.map(\.object)
            let result =
                all
                ? try await waitAll(objects, for: owner, timeout: timeout)
                : try await waitAny(objects, for: owner, timeout: timeout)
            switch result {
            case .timedOut:
                if timeout == nil { complaints.add("a wait without a timeout timed out") }
                return timedOut.add()
            case .satisfied(let index), .abandoned(let index):
                if all && index != 0 { complaints.add("a wait for all was satisfied by the object at \(index)") }
                let taken = all ? chosen : [chosen[index]]
                (taken.count > 1 ? satisfiedByAll : satisfiedByAny).add()
                if Task.isCancelled { satisfiedThoughCancelled.add() }
                take(taken, wasAbandoned: result == .abandoned(index))
                // Others get to see that it is taken.
                if random.next() % 2 == 0 { await Task.yield() }
                giveBack(taken, owner, abandons: abandons)
            }
        } catch is CancellationError {
            cancelled.add()
            if !Task.isCancelled { complaints.add("a wait of a task that nobody had cancelled was cancelled") }
        } catch {
            complaints.add("a wait failed: \(error)")
        }
    }

    private func take(_ taken: [Thing], wasAbandoned: Bool) {
        var isLeft = false
        for thing in taken {
            thing.taken.add()
            guard case .mutex = thing.kind else { continue }
            if thing.holder.exchange(1, ordering: .acquiringAndReleasing) != 0 {
                complaints.add("two tasks have a mutex at once")
            }
            if thing.isLeft.exchange(false, ordering: .acquiringAndReleasing) { isLeft = true }
        }
        if isLeft { abandoned.add() }
        if isLeft != wasAbandoned {
            complaints.add("a mutex was\(isLeft ? "" : " not") abandoned, and its next owner is told otherwise")
        }
    }

    private func giveBack(_ taken: [Thing], _ owner: borrowing MutexOwner, abandons: Bool) {
        for thing in taken {
            guard case .mutex(let mutex) = thing.kind else { continue }
            if abandons { thing.isLeft.store(true, ordering: .releasing) }
            if thing.holder.exchange(0, ordering: .acquiringAndReleasing) != 1 {
                complaints.add("a mutex that a task has is nobody's")
            }
            if abandons { continue }
            do { try mutex.release(by: owner) } catch { complaints.add("a mutex is not released: \(error)") }
        }
    }
}

/// A value under a lock, for arrays, which cannot hold the lock itself.
private final class Shared<Value>: Sendable {
    private let state: Guarded<Value>
    init(_ value: sending Value) { state = Guarded(value) }
    func withLock<R: Sendable>(_ body: (inout Value) -> R) -> R { state.withLock { body(&$0) } }
}

/// What was wrong, and how often.
private final class Complaints: Sendable {
    private let state = Guarded<[String: Int]>([:])
    func add(_ complaint: String) { state.withLock { $0[complaint, default: 0] += 1 } }
    var entries: [String] { state.withLock { $0.map { "\($0.value) times: \($0.key)" }.sorted() } }
}
