import CLinux
import Dispatcher
import Glibc
import Logging
import Signalbox

/// Decides, at each look, whether the service makes progress: the event loop has turned, a canary of each band has come
/// back, and each heartbeat has advanced since the service manager was last told, or was heard in its time.
///
/// Canaries fly when the manager has been told; as long as one is missing it is not told again, and the watchdog looks more
/// often, to tell it as soon as all is there. What is missing for half of the watchdog's time is named, once for each
/// stall, in the status and in the journal. What was not let run meanwhile, on a machine that has too much to do, is
/// called that, and no stall; the status says so when three quarters of the time have gone.
///
/// Time counts while the watchdog itself runs: not that in which the process was stopped, or had no processor for it.
final class Watchdog: Sendable {
    /// What must come back, or be heard.
    enum Part: Hashable {
        case band(TaskPriority.RawValue)
        case loop
        /// By its number: the next one may lie where one lay that has ended.
        case heartbeat(UInt64)
    }
    /// A part, as the look before has left it.
    private struct Watch {
        /// When it was last heard, or flew.
        var heard: Duration
        /// A heartbeat's count.
        var count: UInt64 = 0
        /// It has advanced since the manager was last told.
        var hasAdvanced = true
        /// What its threads had run when it was first found missing, and when that was.
        var sample: (at: Duration, time: ProcessorTime)?
    }
    private struct State {
        var watches: [Part: Watch] = [:]
        var told: Set<String> = []
        var hasStatus = false
        /// The watchdog's own time, see above.
        var clock = Duration.zero
        var lastLook: ContinuousClock.Instant?
    }
    /// What is missing, whether for so long that it is to be named, and whether the status is to tell of it in any case.
    private typealias Verdict = (stall: Stall, isLate: Bool, isVeryLate: Bool)
    /// What a look has found.
    private struct Finding {
        var isAlive = true
        /// To be named now.
        var late: [Stall] = []
        /// What stalls is to be told in the status now.
        var status: String?
        /// All that was named goes on again, and whether the status told of it.
        var isOver = false
        var hadStatus = false
    }
    /// What the looks remember. Held while /proc is read: by a look alone, of which there is one at a time.
    private let state = Guarded(State())
    /// Canaries that are out. Not under the lock of a look: the loop and the tasks that return must not wait for one.
    private let missing = Guarded<Set<Part>>([])
    private let bands: [TaskPriority]
    private let logger: Logger
    private let loop: LoopExecutor?
    private let heartbeats: Heartbeats
    private let period: Duration
    private let processorTime: @Sendable ([UInt32]) -> ProcessorTime
    private let tell: @Sendable (String?) -> Void
    private let send: @Sendable () -> Void

    /// - Parameters:
    ///   - processorTime: what threads have had.
    ///   - tell: is given a line about what stalls; nil: nothing does any more.
    ///   - send: tells the service manager that all is well.
    init(
        bands: [TaskPriority], logger: Logger, loop: LoopExecutor? = nil, heartbeats: Heartbeats = Heartbeats(),
        period: Duration = .seconds(2),
        processorTime: @escaping @Sendable ([UInt32]) -> ProcessorTime = { ProcessorTime(of: $0) },
        tell: @escaping @Sendable (String?) -> Void = { _ in }, send: @escaping @Sendable () -> Void
    ) {
        self.bands = bands
        self.logger = logger
        self.loop = loop
        self.heartbeats = heartbeats
        self.period = period
        self.processorTime = processorTime
        self.tell = tell
        self.send = send
    }

    /// Looks at everything. To be called on a thread that nothing else holds up.
    ///
    /// - Returns: when to look again: in a quarter of the period, but sooner while something is missing.
    @discardableResult func tick(now: ContinuousClock.Instant = .now) -> Duration {
        let finding = look(now)
        // The line first: it needs nothing of what may hang.
        if let status = finding.status { tell(status) }
        for stall in finding.late { report(stall) }
        guard finding.isAlive else { return period / 16 }
        send()
        if finding.isOver {
            logger.notice("watchdog: all goes on again")
            if finding.hadStatus { tell(nil) }
        }
        fly()
        return period / 4
    }

    private func report(_ stall: Stall) {
        if stall.isStarved {
            logger.warning("watchdog: \(stall.line)", metadata: stall.metadata)
        } else {
            logger.error("watchdog: \(stall.line)\(stall.details())", metadata: stall.metadata)
        }
    }

    private func look(_ now: ContinuousClock.Instant) -> Finding {
        let (heartbeats, missing) = (heartbeats.all, missing.withLock { $0 })
        return state.withLock { state in
            let gap = now - (state.lastLook ?? now)
            if gap <= period / 2 { state.clock += gap }
            state.lastLook = now
            var finding = Finding()
            var stalls: [Verdict] = []
            for band in bands where missing.contains(.band(band.rawValue)) {
                stalls.append(
                    judge(
                        .band(band.rawValue), .band(band), ProcessorTime.threads(of: band), limit: period / 2, &state))
            }
            if missing.contains(.loop) {
                let thread = loop?.threadID ?? 0
                stalls.append(judge(.loop, .loop(thread), [thread], limit: period / 2, &state))
            }
            var known: Set<Part> = [.loop]
            known.formUnion(bands.map { .band($0.rawValue) })
            for heartbeat in heartbeats {
                known.insert(.heartbeat(heartbeat.number))
                if let verdict = silent(heartbeat, &state) { stalls.append(verdict) }
            }
            state.watches = state.watches.filter { known.contains($0.key) }

            finding.isAlive = stalls.isEmpty
            finding.late = stalls.filter { $0.isLate && state.told.insert($0.stall.key).inserted }.map(\.stall)
            let tellable = stalls.filter { $0.isVeryLate || ($0.isLate && !$0.stall.isStarved) }
            if tellable.contains(where: { state.told.insert("status: \($0.stall.key)").inserted }) {
                let isKnown = tellable.contains { !$0.stall.isStarved }
                finding.status = (isKnown ? "stalled: " : "") + tellable.map(\.stall.line).joined(separator: "; ")
                state.hasStatus = true
            }
            if finding.isAlive {
                (finding.isOver, finding.hadStatus) = (!state.told.isEmpty, state.hasStatus)
                (state.told, state.hasStatus) = ([], false)
                for key in state.watches.keys { state.watches[key]!.hasAdvanced = false }
            }
            return finding
        }
    }

    private func silent(_ heartbeat: Heartbeat, _ state: inout State) -> Verdict? {
        let (part, count) = (Part.heartbeat(heartbeat.number), heartbeat.beats)
        var watch = state.watches[part] ?? Watch(heard: state.clock, count: count)
        if watch.count != count { watch = Watch(heard: state.clock, count: count) }
        state.watches[part] = watch
        let limit = heartbeat.limit ?? period / 2
        if heartbeat.isPardoned { return nil }
        // One without a limit of its own need not have been heard but since the manager was last told.
        if state.clock - watch.heard <= limit || (heartbeat.limit == nil && watch.hasAdvanced) {
            if state.clock > watch.heard, watch.sample == nil {
                let threads = ProcessorTime.threads(like: heartbeat.lastThread)
                state.watches[part]!.sample = (state.clock, processorTime(threads))
            }
            return nil
        }
        let thread = heartbeat.lastThread
        return judge(
            part, .heartbeat(heartbeat.name, thread), ProcessorTime.threads(like: thread), limit: limit, &state)
    }

    private func judge(_ part: Part, _ stall: Stall, _ threads: [UInt32], limit: Duration, _ state: inout State)
        -> Verdict
    {
        guard let watch = state.watches[part] else { return (stall, false, false) }
        let age = state.clock - watch.heard
        guard let sample = watch.sample else {
            // Nothing is said before it is known what its threads had.
            state.watches[part]!.sample = (state.clock, processorTime(threads))
            return (stall, false, false)
        }
        guard age >= limit else { return (stall, false, false) }
        let (time, window) = (processorTime(threads), state.clock - sample.at)
        guard time.starved(since: sample.time, over: window) else { return (stall, true, true) }
        let ran = Duration.nanoseconds(Int64(time.ran - sample.time.ran))
        return (.starved(stall, ran: ran, of: window), true, age >= limit + period / 4)
    }

    private func fly() {
        var canaries = Set(bands.map { Part.band($0.rawValue) })
        if loop != nil { canaries.insert(.loop) }
        state.withLock { state in
            for part in canaries { state.watches[part] = Watch(heard: state.clock) }
        }
        missing.withLock { $0 = canaries }
        for band in bands {
            Task.detached(priority: band) { self.returned(.band(band.rawValue)) }
        }
        loop?.post { self.returned(.loop) }
    }

    private func returned(_ part: Part) { missing.withLock { _ = $0.remove(part) } }
}

/// Looks on a thread of its own: the task pool and the loop are what it is to judge.
final class WatchdogThread: Sendable {
    private let isOver = StopEvent()
    private let thread: ThreadObject

    init(_ watchdog: Watchdog, period: Duration) throws {
        let isOver = isOver
        let started = try ThreadObject.start(name: "signalbox-watch", stackSize: 1 << 19, isOurs: true) {
            while true {
                let verdict = try? Arena.local.block(on: isOver.object, until: deadline(in: watchdog.tick()))
                if verdict != .timedOut { return 0 }
            }
        }
        thread = ThreadObject(adopting: started)
    }

    func stop() async {
        isOver.set()
        let thread = thread
        // In a task of its own: who is cancelled waits for it, too.
        await Task { try? await thread.wait() }.value
    }
}
