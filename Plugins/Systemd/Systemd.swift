import CLinux
import Dispatcher
import Glibc
import Logging
import ServiceLifecycle
public import Signalbox

/// Tells the service manager how the service is: READY, STATUS, RELOADING, STOPPING, and WATCHDOG.
///
/// - READY=1 is sent when every gate of the host's ``Readiness`` is open. Before that STATUS= says what the start waits
///   for; when a plugin tells of progress (``PluginContext/progress(_:)``) the manager is asked for more time
///   (EXTEND_TIMEOUT_USEC=). So the unit's `TimeoutStartSec=` is the longest time without progress.
/// - STATUS= is then what the `status` closure says, asked once a second, sent when it has changed. READY=1 does not wait
///   for it.
/// - WATCHDOG=1 is sent (if the unit has `WatchdogSec=`) only while the service proves that it lives, see ``Heartbeat``:
///   the event loop comes round; a *canary* task of each priority band in use has run; and each heartbeat was heard.
///   Otherwise status and journal say what stalled and where, and the manager ends and restarts the service.
/// - RELOADING=1 is sent when SIGHUP comes, as `systemctl reload` sends it; then each plugin's `reload()` is called, and
///   READY=1 is sent again. If one fails the service goes on, and the status says so until a reload succeeds. Any number of
///   SIGHUPs that come meanwhile are one more reload.
/// - STOPPING=1 is sent when the graceful shutdown begins; a stop that gets on has its time extended as the start has.
///   Before the plugin ends it waits until the manager has read everything.
///
/// Without a service manager (`NOTIFY_SOCKET` is not set) that is logged once; nothing is sent, and nothing wakes up.
public final class Systemd: Plugin, ServiceManager {
    public let name = "systemd"

    let status: (@Sendable () async -> String)?
    private let bands: [TaskPriority]
    private let patience: Duration
    private let keepsEnvironment: Bool
    private let takesHangUp: Bool
    let onReload: @Sendable () async throws -> Void
    let parts = Guarded<Parts?>(nil)
    /// nil: there is no manager.
    let channel = Guarded<Outbox?>(nil)
    /// How often something was stored.
    let stores = Guarded(0)
    /// What was told. Held while it is sent: before the locks of `reloads`, `channel` and what it has.
    let told = Guarded(Told())
    let reloads = Guarded(ReloadRequests())
    let reloadFailure = Guarded<String?>(nil)
    /// Begins to watch. Tests have it fail.
    let startThread = Guarded<@Sendable (Watchdog, Duration) throws -> WatchdogThread>({
        try WatchdogThread($0, period: $1)
    })

    struct Parts {
        let context: PluginContext
        var announcing: LoopTimer?
        var watchdog: WatchdogThread?
        var hangUp: HangUpWatch?
    }

    /// - Parameters:
    ///   - bands: the priorities at which the service runs tasks, beside the default. A canary proves its own band
    ///     only.
    ///   - patience: how long the manager is asked to wait at each progress of a slow start or stop: the longest time
    ///     between two steps, once the unit's own time-out is over.
    ///   - keepsEnvironment: whether the manager's variables (`NOTIFY_SOCKET`, `LISTEN_FDS`, …) stay in the environment
    ///     of the process when they have been read: for a program that talks to the manager by other means as well.
    ///   - reloadsOnHangUp: whether SIGHUP is this plugin's, and reloads the service, if there is a manager; otherwise it is
    ///     the program's.
    ///   - status: one line for `systemctl status`.
    ///   - reload: what is to be read again beside the plugins' configuration, after it. Throwing says why it cannot be;
    ///     the service goes on.
    public init(
        bands: [TaskPriority] = [], patience: Duration = .seconds(30), keepsEnvironment: Bool = false,
        reloadsOnHangUp: Bool = true, status: (@Sendable () async -> String)? = nil,
        reload: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.bands = bands
        self.patience = patience
        self.keepsEnvironment = keepsEnvironment
        self.status = status
        takesHangUp = reloadsOnHangUp
        onReload = reload
    }

    // ---- its life

    public func start(in context: PluginContext) async throws {
        let environment = ServiceEnvironment.current
        if !keepsEnvironment { ServiceEnvironment.removeFromProcess() }
        channel.withLock { channel in
            channel = environment.notifySocket.map { address in
                Outbox(NotifySocket(address: address), loop: context.loop.executor, logger: context.logger)
            }
        }
        told.withLock { $0 = Told() }
        DriverRegistry.shared.register(self)
        guard environment.isManaged else {
            context.logger.info("no service manager listens (NOTIFY_SOCKET is not set): nothing is told to one")
            return
        }
        parts.withLock { $0 = Parts(context: context) }
        reloads.withLock { $0 = ReloadRequests() }
        reloadFailure.withLock { $0 = nil }
        do {
            if takesHangUp { try await watchForHangUp(context) }
            if let period = environment.watchdog { try startWatchdog(period, context) }
        } catch {
            // Nobody stops a plugin that has not started.
            _ = await release()
            if let channel = channel.withLock({ $0.take() }) {
                await context.loop.run { channel.leaveLoop() }
                channel.discard()
            }
            throw error
        }
        context.hostProgress.onEnd { [self] in beginStopping() }
        await announce(context)
    }

    private func startWatchdog(_ period: Duration, _ context: PluginContext) throws {
        // The manager ends a service that hangs by SIGABRT to every process of it. Swift's crash handler would start a
        // process to print a backtrace, which is aborted too, and wait for it until the manager's patience ends as
        // well.
        signal(SIGABRT, SIG_DFL)
        let bands = Set((bands + [.medium, Task.currentPriority]).map(\.rawValue)).map(TaskPriority.init(rawValue:))
        let watchdog = Watchdog(
            bands: bands, logger: context.logger, loop: context.loop.executor, heartbeats: .shared, period: period,
            tell: { [self] stall in tell(stall: stall) },
            send: { [self] in _ = send("WATCHDOG=1") })
        let thread = try startThread.withLock({ $0 })(watchdog, period)
        parts.withLock { $0?.watchdog = thread }
    }

    public func run() async throws {
        guard isManaged else { return try await gracefulShutdown() }
        try await withGracefulShutdownHandler {
            try await tellUntilShutdown()
        } onGracefulShutdown: {
            self.beginStopping()
        }
    }

    private func tellUntilShutdown() async throws {
        let readiness = parts.withLock { $0?.context.readiness }
        let shutdown = StopEvent()
        await shutdown.whileRunning { [self] in
            do {
                // The shutdown first: a service that has begun to stop is not ready any more.
                guard let readiness, try await waitAny(shutdown, readiness.isReady) == .satisfied(1) else { return }
                // The status follows: the closure is the program's, and may take its time.
                sendUnlessStopping("READY=1", hasAnnounced.withLock { $0 } ? "" : nil)
                if reloads.withLock({ $0.isReady() }) { startReload() }
                guard status != nil else { return try await shutdown.wait() }
                repeat { await tellStatus() } while try await !shutdown.wait(timeout: .seconds(1))
            } catch {
                // Cancelled: the service ends without a graceful shutdown, and so does this.
            }
        }
    }

    public func stop() async {
        guard let parts = await release() else { return }
        told.withLock { $0.stall = nil }
        if let failure = parts.context.hostProgress.snapshot.failure {
            let error = failure.underlying as? IOError
            let line = "failed: \(failure)"
            _ = error.map { failed($0.code, line) } ?? status(line)
        }
        await barrier(parts.context.loop)
    }

    /// Ends what works for the plugin; nil: it was not there.
    private func release() async -> Parts? {
        DriverRegistry.shared.unregister(self)
        guard let parts = parts.withLock({ $0.take() }) else { return nil }
        await parts.context.loop.run { parts.announcing?.cancelOnLoop() }
        await parts.hangUp?.stop(parts.context.loop)
        await parts.watchdog?.stop()
        return parts
    }

    // ---- a start or stop that lasts

    let hasAnnounced = Guarded(false)
    private let announcer = Guarded(Announcer())

    /// Begins to say what the start, or stop, waits for.
    func announce(_ context: PluginContext) async {
        let executor = context.loop.executor
        try? await context.loop.run { [self] in
            announcer.withLock { $0 = Announcer() }
            // The start's may be there still, if it was short; or the plugin has been stopped meanwhile.
            guard parts.withLock({ $0 != nil && $0!.announcing == nil }) else { return }
            let timer = try LoopTimer(onLoop: executor, every: 1_000_000) { [self] in announceOnLoop(context) }
            let isKept = parts.withLock { parts in
                parts?.announcing = timer
                return parts != nil
            }
            if !isKept { timer.cancelOnLoop() }
        }
    }

    private func announceOnLoop(_ context: PluginContext) {
        let progress = context.hostProgress.snapshot
        // Ready: nothing wakes up on this account any more, until the end.
        if progress.phase != .ending, progress.phase != .reloading,
            Arena.local.isSignaled(context.readiness.isReady.object)
        {
            parts.withLock({ $0?.announcing.take() })?.cancelOnLoop()
            return
        }
        let action = announcer.withLock { $0.tick(progress, closed: waitedFor(context)) }
        if action.extends { _ = extendTimeout(by: patience) }
        // Of a start that was given up the last word is what it waited for, not that it stops.
        let isGivenUp = progress.phase == .ending && !Arena.local.isSignaled(context.readiness.isReady.object)
        if let line = action.status, !isGivenUp {
            hasAnnounced.withLock { $0 = true }
            _ = status(line)
        }
        if let complaint = action.complaint {
            context.logger.warning("\(complaint)", metadata: fields(progress, context))
        }
    }

    /// Gates but the host's own, which waits for a plugin that is told already.
    private func waitedFor(_ context: PluginContext) -> [String] {
        context.readiness.closed.filter { $0 != "the host's start" }
    }

    /// For the journal: the plugin that the host waits for, or the gates.
    private func fields(_ progress: Progress.Snapshot, _ context: PluginContext) -> Logger.Metadata {
        if let plugin = progress.plugin { return ["component": "\(plugin)"] }
        return ["waits_for": .array(waitedFor(context).map { "\($0)" })]
    }

    private func beginStopping() {
        reloads.withLock { $0.isOver() }
        guard let context = parts.withLock({ $0?.context }) else { return }
        guard !Arena.local.isSignaled(context.readiness.isReady.object) else {
            if tellStopping("stopping") { Task { await announce(context) } }
            return
        }
        var progress = context.hostProgress.snapshot
        progress.phase = .starting
        let culprit = Announcer.text(progress, closed: waitedFor(context))
        guard tellStopping("stopped before it was ready; it was \(culprit)") else { return }
        context.logger.error(
            "asked to stop before it was ready; it was \(culprit)", metadata: fields(progress, context))
    }

    /// False: it was told before.
    private func tellStopping(_ status: String) -> Bool {
        told.withLock { told in
            if told.isStopping { return false }
            told.isStopping = true
            _ = sendLocked("STOPPING=1", status, &told)
            return true
        }
    }

    // ---- the last word

    /// Waits until the manager has read what it was told: what was said by a process that has ended may be ignored. In a
    /// task of its own, so that a host which is cancelled waits for it, too.
    private func barrier(_ loop: EventLoop) async {
        guard let channel = channel.withLock({ $0 }) else { return }
        if let descriptor = channel.sendWithBarrier([]) {
            _ = await isRead(descriptor, loop, within: .seconds(5))
            close(descriptor)
        }
        await loop.run { channel.leaveLoop() }
        channel.discard()
    }

    /// Whether a barrier's descriptor has hung up. In a task of its own: who is cancelled waits for it, too.
    func isRead(_ descriptor: Int32, _ loop: EventLoop, within time: Duration) async -> Bool {
        let isRead = EventObject(.manual)
        let executor = loop.executor
        let watch = try? await loop.run {
            // Edge-triggered: what has hung up stays so, and the loop would turn for it until it is removed.
            try LoopDescriptor(onLoop: executor, descriptor: descriptor, edgeTriggered: true) { isRead.set() }
        }
        let done = await Task { (try? await isRead.wait(timeout: time)) ?? false }.value
        await loop.run { watch?.cancelOnLoop() }
        return done
    }
}
