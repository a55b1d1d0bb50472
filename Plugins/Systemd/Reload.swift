import CLinux
import Dispatcher
import Glibc
import Logging
import Signalbox

/// Which reload is due: any number of requests that come while one goes on are one more, which begins when that has ended.
///
/// A request that comes before the service is ready is kept until then: it may have read its configuration already. One
/// that comes when it has begun to stop is nobody's.
struct ReloadRequests {
    private enum State { case starting, idle, running, over }
    private var state = State.starting
    private var isWanted = false

    var isRunning: Bool { state == .running }

    /// True: begin a reload.
    mutating func request() -> Bool {
        switch state {
        case .idle:
            state = .running
            return true
        case .starting, .running: isWanted = true
        case .over: break
        }
        return false
    }

    /// The service is ready. True: begin a reload.
    mutating func isReady() -> Bool {
        guard state == .starting else { return false }
        state = .idle
        return isWanted ? begin() : false
    }

    /// A reload has ended. True: begin another.
    mutating func hasEnded() -> Bool {
        guard state == .running else { return false }
        state = .idle
        return isWanted ? begin() : false
    }

    /// The service stops.
    mutating func isOver() { state = .over }

    private mutating func begin() -> Bool {
        (state, isWanted) = (.running, false)
        return true
    }
}

/// Takes SIGHUP as long as it lives.
final class HangUpWatch: Sendable {
    private let descriptor: Int32
    private let watch = Guarded<LoopDescriptor?>(nil)

    init(_ loop: EventLoop, _ body: @escaping @Sendable () -> Void) async throws {
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw IOError(code: errno, "making an eventfd") }
        self.descriptor = descriptor
        let executor = loop.executor
        do {
            let made = try await loop.run {
                try LoopDescriptor(onLoop: executor, descriptor: descriptor) {
                    var count: UInt64 = 0
                    if read(descriptor, &count, 8) == 8 { body() }
                }
            }
            watch.withLock { $0 = made }
        } catch {
            close(descriptor)
            throw error
        }
        _ = signalbox_route_signal(SIGHUP, descriptor, 1)
    }

    /// From here on SIGHUP does nothing; not what it does by default, which would end a service that is stopping.
    func stop(_ loop: EventLoop) async {
        signalbox_unroute_signal(SIGHUP, descriptor)
        let watch = watch.withLock { $0.take() }
        await loop.run { watch?.cancelOnLoop() }
        close(descriptor)
    }
}

extension Systemd {
    func watchForHangUp(_ context: PluginContext) async throws {
        let watch = try await HangUpWatch(context.loop) { [weak self] in
            guard let self, reloads.withLock({ $0.request() }) else { return }
            startReload()
        }
        parts.withLock { $0?.hangUp = watch }
    }

    /// Begins a reload. RELOADING is told at once, in the words of `Type=notify-reload`: READY counts if it comes after a
    /// RELOADING whose time is not before the manager's signal (systemd.service(5)).
    func startReload() {
        guard let context = parts.withLock({ $0?.context }) else { return }
        context.hostProgress.isReloading(true)
        sendUnlessStopping(reloadingNow, "reloading")
        Task { await reload(context) }
    }

    private func reload(_ context: PluginContext) async {
        let began = ContinuousClock.now
        await announce(context)
        var failures: [any Error] = []
        do { try await context.reloadHost() } catch { failures.append(error) }
        context.hostProgress.isReloading(true)
        do { try await onReload() } catch { failures.append(error) }
        context.hostProgress.isReloading(false)
        if let failure = failures.first {
            context.logger.error("the service goes on as it was: \(failure)", metadata: ["reload": "failed"])
        } else {
            context.logger.notice(
                "reloaded in \(milliseconds(ContinuousClock.now - began))", metadata: ["reload": "done"])
        }
        reloadFailure.withLock { $0 = failures.isEmpty ? nil : failures.map { "\($0)" }.joined(separator: "; ") }
        // With what the closure has said before; what it says now follows.
        sendUnlessStopping("READY=1", told.withLock { currentStatus($0.answer) } ?? "")
        if reloads.withLock({ $0.hasEnded() }) { return startReload() }
        await tellStatus()
    }

    /// Asks for the service's line, and tells it if it is new; not to who is told something else meanwhile: that the service
    /// reloads, or stops.
    func tellStatus() async {
        guard let answer = await status?() else { return }
        told.withLock { told in
            told.answer = answer
            guard !told.isStopping, !reloads.withLock({ $0.isRunning }) else { return }
            let now = currentStatus(answer)
            if now != told.status { _ = sendLocked(nil, now, &told) }
        }
    }

    /// The service's line, and what its last reload failed of; nil: there is nothing to say.
    private func currentStatus(_ text: String?) -> String? {
        guard let failure = reloadFailure.withLock({ $0 }) else { return text }
        return (text.map { "\($0); " } ?? "") + "the last reload failed: \(failure)"
    }
}
