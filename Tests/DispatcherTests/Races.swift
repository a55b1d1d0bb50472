import CLinux
import Glibc
import Synchronization

@testable import Dispatcher

/// How many rounds a race runs.
enum Scale {
    /// Thread sanitizer makes everything ten times slower; SIGNALBOX_QUICK=1 asks for a short run.
    static let hasThreadSanitizer = dlsym(nil, "__tsan_init") != nil
    private static let isQuick = hasThreadSanitizer || getenv("SIGNALBOX_QUICK") != nil
    static func rounds(_ count: Int) -> Int { isQuick ? count / 10 : count }

    /// As `rounds`, for races that sleep in most rounds: a tenth, unless SIGNALBOX_RACES=1 asks for all (`make races`).
    static func slowRounds(_ count: Int) -> Int { rounds(getenv("SIGNALBOX_RACES") != nil ? count : count / 10) }

    /// Whether each contender of a race has won at times: a race that one side always wins proves little. A sanitizer slows
    /// the sides unequally, so a short run does not ask.
    static func areBalanced(_ wins: Int...) -> Bool { isQuick || wins.allSatisfy { $0 > 0 } }
}

/// Ends the process, with a message, when a number that should rise has stood still for 20 s.
final class Watchdog: Sendable {
    private let bell = Bell()
    private let isOver = Atomic<Bool>(false)
    private let thread: Box<TestThread?> = Box(nil)

    init(_ name: String, progress: @escaping @Sendable () -> Int) {
        thread.value.withLock {
            $0 = TestThread { [self] in
                var (last, since) = (-1, signalbox_now())
                while !isOver.load(ordering: .acquiring) {
                    let heard = bell.heard
                    let now = progress()
                    if now != last { (last, since) = (now, signalbox_now()) }
                    if signalbox_now() > since + 20_000_000_000 {
                        fatalError("\(name): no progress for 20 s in round \(now)")
                    }
                    if !isOver.load(ordering: .acquiring) { bell.wait(after: heard, until: milliseconds(500)) }
                }
            }
        }
    }

    func end() async {
        isOver.store(true, ordering: .releasing)
        bell.ring()
        // The thread's body refers to the watchdog, which lets go of the thread.
        let ended = thread.value.withLock { thread in
            defer { thread = nil }
            return thread
        }
        await ended?.joined()
    }
}

/// Where threads meet: nobody goes on before all have come.
final class Meeting: Sendable {
    private let parties: Int
    private let come = Atomic<Int>(0)
    private let bell = Bell()

    init(_ parties: Int) { self.parties = parties }

    func meet() {
        let heard = bell.heard
        if come.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == parties {
            come.store(0, ordering: .relaxed)
            bell.ring()
        } else {
            while bell.heard == heard { bell.wait(after: heard) }
        }
    }
}

/// A delay that is tuned until a contender wins as often as each other one, so that they really meet.
struct Aim {
    private var nanoseconds = 3_000
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Tells whether the delayed contender, of so many, has won, and so should come later.
    mutating func learn(hasWon: Bool, of contenders: Int = 2) {
        let step = max(nanoseconds / 64, 20)
        nanoseconds = min(max(nanoseconds + (hasWon ? step * (contenders - 1) : -step), 0), limit)
    }
    /// The delay, give or take a half.
    func delay(_ random: inout SeededRandom) -> UInt64 {
        UInt64(Int.random(in: nanoseconds / 2...nanoseconds * 3 / 2, using: &random))
    }
}

/// Keeps the processor for so long.
func spin(nanoseconds: UInt64) {
    let end = signalbox_now() + nanoseconds
    while signalbox_now() < end { signalbox_pause() }
}

/// Complaints of threads, which are no part of the test and so cannot fail it themselves.
final class Complaints: Sendable {
    private let list = Box<[String]>([])
    func expect(_ holds: Bool, _ complaint: @autoclosure () -> String) {
        if holds { return }
        let complaint = complaint()
        list.value.withLock { if $0.count < 10 { $0.append(complaint) } }
    }
    var all: [String] { list.value.withLock { $0 } }
}

/// Runs `rounds` rounds, in each of which all contenders start together, each on its own thread; when all are done,
/// `judge` looks at what has come of it.
func race(
    _ name: String, rounds: Int, _ contenders: [@Sendable (Int) -> Void],
    judge: @escaping @Sendable (Int) -> Void
) async {
    let meeting = Meeting(contenders.count)
    let progress = Box(0)
    let watchdog = Watchdog(name) { progress.value.withLock { $0 } }
    let threads = contenders.enumerated().map { number, contender in
        TestThread {
            for round in 0..<rounds {
                meeting.meet()
                contender(round)
                meeting.meet()
                guard number == 0 else { continue }
                judge(round)
                progress.value.withLock { $0 = round + 1 }
            }
        }
    }
    for thread in threads { await thread.joined() }
    await watchdog.end()
}
