import CLinux
import Dispatcher
import Glibc
import Logging
import Signalbox

/// Decides, at each tick, whether the service makes progress: the event loop has turned, a canary of each band has come
/// back, and each heartbeat was heard in its time.
///
/// Canaries fly when the last ones are back; as long as one is missing, nothing is told to the service manager. What is
/// missing for half of the watchdog's time is named, once for each stall, in the status and in the journal.
final class Watchdog: Sendable {
    private struct Beat {
        var count: UInt64
        var heard: ContinuousClock.Instant
    }
    private struct State {
        /// How many ticks ago the canary flew that is missing.
        var missing: [TaskPriority.RawValue: Int] = [:]
        /// As above, for the job that is to run on the loop; nil: it has.
        var loop: Int?
        var beats: [ObjectIdentifier: Beat] = [:]
        var told: Set<String> = []
    }
    private let state = Guarded(State())
    private let bands: [TaskPriority]
    private let logger: Logger
    private let loop: LoopExecutor?
    private let heartbeats: Heartbeats
    private let period: Duration
    private let tell: @Sendable (String?) -> Void
    private let send: @Sendable () -> Void

    /// - Parameters:
    ///   - tell: is given a line about what stalls; nil: nothing does any more.
    ///   - send: tells the service manager that all is well.
    init(
        bands: [TaskPriority], logger: Logger, loop: LoopExecutor? = nil, heartbeats: Heartbeats = Heartbeats(),
        period: Duration = .seconds(2), tell: @escaping @Sendable (String?) -> Void = { _ in },
        send: @escaping @Sendable () -> Void
    ) {
        self.bands = bands
        self.logger = logger
        self.loop = loop
        self.heartbeats = heartbeats
        self.period = period
        self.tell = tell
        self.send = send
    }

    /// Looks at everything; to be called four times in the watchdog's period, on a thread that nothing else holds up.
    func tick(now: ContinuousClock.Instant = .now) {
        let (isAlive, late, isOver) = look(now)
        if !late.isEmpty {
            // The line first: it needs nothing of what may hang.
            tell("stalled: " + late.map(\.line).joined(separator: "; "))
            for stall in late { logger.error("watchdog: \(stall.line)\(stall.details())") }
        }
        guard isAlive else { return }
        send()
        if isOver {
            logger.notice("watchdog: all goes on again")
            tell(nil)
        }
        fly()
    }

    /// Whether nothing is missing; what is to be named now; and whether a stall that was named is over.
    private func look(_ now: ContinuousClock.Instant) -> (isAlive: Bool, late: [Stall], isOver: Bool) {
        let heartbeats = heartbeats.all
        return state.withLock { state in
            var late: [Stall] = []
            for band in state.missing.keys {
                state.missing[band]! += 1
                if state.missing[band]! >= 2 { late.append(.band(TaskPriority(rawValue: band))) }
            }
            if let ticks = state.loop {
                state.loop = ticks + 1
                if ticks + 1 >= 2 { late.append(.loop(loop?.threadID ?? 0)) }
            }
            let silent = silent(heartbeats, now, &state)
            late += silent
            let isAlive = state.missing.isEmpty && state.loop == nil && silent.isEmpty
            let isOver = isAlive && !state.told.isEmpty
            if isAlive { state.told = [] }
            return (isAlive, late.filter { state.told.insert($0.key).inserted }, isOver)
        }
    }

    private func silent(_ heartbeats: [Heartbeat], _ now: ContinuousClock.Instant, _ state: inout State) -> [Stall] {
        var beats: [ObjectIdentifier: Beat] = [:]
        var silent: [Stall] = []
        for heartbeat in heartbeats {
            let (key, count) = (ObjectIdentifier(heartbeat), heartbeat.beats)
            var beat = state.beats[key] ?? Beat(count: count, heard: now)
            if beat.count != count { beat = Beat(count: count, heard: now) }
            beats[key] = beat
            if now - beat.heard > heartbeat.limit ?? period / 2 {
                silent.append(.heartbeat(heartbeat.name, heartbeat.lastThread))
            }
        }
        state.beats = beats
        return silent
    }

    private func fly() {
        state.withLock { state in
            for band in bands { state.missing[band.rawValue] = 0 }
            if loop != nil { state.loop = 0 }
        }
        for band in bands {
            Task.detached(priority: band) { self.returned(band) }
        }
        loop?.post { self.state.withLock { $0.loop = nil } }
    }

    private func returned(_ band: TaskPriority) { state.withLock { _ = $0.missing.removeValue(forKey: band.rawValue) } }
}

/// Ticks on a thread of its own: the task pool and the loop are what it is to judge.
final class WatchdogThread: Sendable {
    private let isOver = StopEvent()
    private let thread: ThreadObject

    init(_ watchdog: Watchdog, period: Duration) throws {
        let tick = microseconds(period) * 1000 / 4
        let isOver = isOver
        let started = try ThreadObject.start(name: "signalbox-watch", stackSize: 1 << 19, isOurs: true) {
            while true {
                watchdog.tick()
                let verdict = try? Arena.local.block(on: isOver.object, until: signalbox_now() + tick)
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
