import Dispatcher
import Glibc
import Logging
import ServiceLifecycle
public import Signalbox

/// Tells the service manager how the service is: READY, STATUS, STOPPING, and WATCHDOG.
///
/// - READY=1 is sent when every gate of the host's ``Readiness`` is open.
/// - STATUS= is what the `status` closure says, asked once a second, sent when it has changed.
/// - WATCHDOG=1 is sent (if the unit has `WatchdogSec=`) only while the event loop comes round and the task pool runs
///   tasks: a *canary* task of each priority band in use must have run since the last time. A service that spins on all
///   threads of the pool, or blocks the loop, or is stopped, is restarted.
/// - STOPPING=1 is sent when the graceful shutdown begins.
///
/// Without a service manager (`NOTIFY_SOCKET` is not set) nothing is sent, and nothing wakes up.
public final class Systemd: Plugin, ServiceManager {
    public let name = "systemd"

    private let status: (@Sendable () async -> String)?
    private let bands: [TaskPriority]
    private let running = Guarded<Running?>(nil)
    /// nil: there is no manager.
    let channel = Guarded<NotifySocket?>(nil)

    private struct Running {
        var loop: EventLoop
        var timers: [LoopTimer]
        var watchdog: Watchdog?
    }

    /// - Parameters:
    ///   - bands: the priorities at which the service runs tasks, beside the default. A canary proves its own band
    ///     only.
    ///   - status: one line for `systemctl status`.
    public init(bands: [TaskPriority] = [], status: (@Sendable () async -> String)? = nil) {
        self.bands = bands
        self.status = status
    }

    public func start(in context: PluginContext) async throws {
        DriverRegistry.shared.register(self)
        let environment = ServiceEnvironment.readAgain()
        channel.withLock { $0 = environment.notifySocket.flatMap(NotifySocket.init) }
        guard environment.isManaged else { return }
        let executor = context.loop.executor
        let period = environment.watchdog.map(microseconds)
        // The manager ends a service that hangs by SIGABRT to every process of it. Swift's crash handler would start a
        // process to print a backtrace, which is aborted too, and wait for it until the manager's patience ends as
        // well.
        if period != nil { signal(SIGABRT, SIG_DFL) }
        let bands = Set((bands + [.medium, Task.currentPriority]).map(\.rawValue)).map(TaskPriority.init(rawValue:))
        let logger = context.logger
        let made = try await context.loop.run { () -> Running in
            guard let period else { return Running(loop: context.loop, timers: [], watchdog: nil) }
            let watchdog = Watchdog(bands: bands, logger: logger) { _ = self.send("WATCHDOG=1") }
            // Four times a period: a canary that was late once is looked at again before the time is over.
            let timer = try LoopTimer(onLoop: executor, every: period / 4) { watchdog.tick() }
            return Running(loop: context.loop, timers: [timer], watchdog: watchdog)
        }
        running.withLock { $0 = made }
        readiness.withLock { $0 = context.readiness }
    }

    private let readiness = Guarded<Readiness?>(nil)

    public func run() async throws {
        guard isManaged else { return try await gracefulShutdown() }
        try await withGracefulShutdownHandler {
            try await tellUntilShutdown()
        } onGracefulShutdown: {
            self.stopping()
        }
    }

    private func tellUntilShutdown() async throws {
        let readiness = readiness.withLock { $0 }
        let shutdown = StopEvent()
        await shutdown.whileRunning { [status] in
            do {
                // The shutdown first: a service that has begun to stop is not ready any more.
                guard let readiness, try await waitAny(shutdown, readiness.isReady) == .satisfied(1) else { return }
                var last = await status?()
                _ = ready(last)
                guard let status else { return try await shutdown.wait() }
                while try await !shutdown.wait(timeout: .seconds(1)) {
                    let now = await status()
                    if shutdown.isSet { return }
                    if now != last { _ = self.status(now) }
                    last = now
                }
            } catch {
                // Cancelled: the service ends without a graceful shutdown, and so does this.
            }
        }
    }

    public func stop() async {
        DriverRegistry.shared.unregister(self)
        guard let running = running.withLock({ $0.take() }) else { return }
        await running.loop.run { for timer in running.timers { timer.cancelOnLoop() } }
    }
}
