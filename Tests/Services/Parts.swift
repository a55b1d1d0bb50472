import Dispatcher
import Glibc
import Logging
import Signalbox

/// A component that is ready as soon as it has started.
struct Quick: Plugin {
    let name: String
    func start(in context: PluginContext) async throws {}
}

/// One whose start, and stop, takes so many steps, each of which it tells.
final class Slow: Plugin {
    let name = "slow"
    private let starts, stops: Int
    private let step: Duration
    private let context = Guarded<PluginContext?>(nil)

    init(starts: Int, stops: Int, step: Duration) { (self.starts, self.stops, self.step) = (starts, stops, step) }

    func start(in context: PluginContext) async throws {
        self.context.withLock { $0 = context }
        for number in 0..<starts {
            try await Task.sleep(for: step)
            context.progress("read \(number + 1) of \(starts) logs")
        }
    }

    func stop() async {
        guard let context = context.withLock({ $0 }) else { return }
        for number in 0..<stops {
            try? await Task.sleep(for: step)
            context.progress("wrote \(number + 1) of \(stops) logs")
        }
    }
}

/// One that never opens its gate.
struct Gated: Plugin {
    let name = "thermometer"
    func start(in context: PluginContext) async throws { context.addGate("first reading") }
}

/// One whose start never returns.
struct Stuck: Plugin {
    let name = "stuck"
    func start(in context: PluginContext) async throws { try await EventObject(.manual).wait() }
}

/// One that does not start.
struct Failing: Plugin {
    let name = "failing"
    func start(in context: PluginContext) async throws {
        guard open("/nowhere/at/all", O_RDONLY) >= 0 else { throw IOError(code: errno, "opening its file") }
    }
}

/// One whose reload takes four steps, and fails while there is a file `/run/no-reload`.
final class Reloading: Plugin {
    let name = "slow"
    private let context = Guarded<PluginContext?>(nil)

    func start(in context: PluginContext) async throws { self.context.withLock { $0 = context } }

    func reload() async throws {
        guard let context = context.withLock({ $0 }) else { return }
        for number in 1...4 {
            try await Task.sleep(for: .milliseconds(600))
            context.progress("read \(number) of 4 rules")
        }
        guard access("/run/no-reload", F_OK) != 0 else { throw IOError(code: EINVAL, "reading the rules") }
    }
}

/// One that logs what there is to log.
struct Journaling: Plugin {
    let name = "journal"
    func start(in context: PluginContext) async throws {
        context.logger.notice(
            "one\ntwo", metadata: ["request-id": "17", "peer": ["port": "80"], "tags": ["a", "b"], "priority": "high"])
        context.logger.error("large", metadata: ["blob": "\(String(repeating: "0123456789", count: 100_000))"])
    }
}

/// One that says what its unit gives it.
struct Given: Plugin {
    let name = "given"
    func start(in context: PluginContext) async throws {
        let environment = ServiceEnvironment.current
        var fields: Logger.Metadata = [:]
        for kind in ServiceFolder.allCases {
            do { fields["\(kind)"] = "\(try environment.folder(kind))" } catch { fields["\(kind)"] = "\(error)" }
        }
        for name in ["password", "key", "missing"] {
            do { fields[name] = "\(try environment.credentialText(name))" } catch { fields[name] = "\(error)" }
        }
        fields["index"] = "\(try environment.folder(.state, named: "given/index"))"
        context.logger.notice("given", metadata: fields)
    }
}

/// What goes wrong once the service is ready.
enum Trouble: String {
    case none, loop, pool, heartbeat, busy
}

/// One that is well until it is ready, and then makes trouble.
final class Troublesome: Plugin {
    let name = "troublesome"
    private let trouble: Trouble
    private let context = Guarded<PluginContext?>(nil)

    init(_ trouble: Trouble) { self.trouble = trouble }

    func start(in context: PluginContext) async throws { self.context.withLock { $0 = context } }

    func run() async throws {
        let context = context.withLock { $0! }
        try await context.readiness.isReady.wait()
        try await Task.sleep(for: .milliseconds(500))
        switch trouble {
        case .none: break
        case .loop: Task { await context.loop.run { blockTheLoop() } }
        case .pool: for _ in 0..<64 { Task { blockThePool() } }
        case .heartbeat:
            let heartbeat = context.heartbeat("pump", within: .milliseconds(500))
            for _ in 0..<10 {
                heartbeat.beat()
                try await Task.sleep(for: .milliseconds(100))
            }
        case .busy: try await keepBusy(context)
        }
        try await StopEvent().whileRunning { try await EventObject(.manual).wait() }
    }

    /// As many tasks as processors, twice, at all priorities, that compute for milliseconds before they yield; and
    /// threads that compute without end.
    private func keepBusy(_ context: PluginContext) async throws {
        for _ in 0..<2 {
            Task.detached {
                while true {
                    spin(.milliseconds(1))
                    await Task.yield()
                }
            }
        }
        for priority in [TaskPriority.high, .medium, .low] {
            Task.detached(priority: priority) {
                let heartbeat = context.heartbeat("worker \(priority)")
                while true {
                    heartbeat.beat()
                    spin(.milliseconds(2))
                    await Task.yield()
                }
            }
        }
        for _ in 0..<2 { _ = try ThreadObject(name: "spinner") { while true { spin(.seconds(1)) } } }
    }
}

@inline(never) func blockTheLoop() { while true { pause() } }

/// What a program should not do: it blocks a thread that runs tasks.
@inline(never) func blockThePool() {
    let never = EventObject(.manual)
    block(never)
}

private func block(_ object: EventObject) { _ = try? Arena.local.block(on: object.object, until: Deadline.never) }

private func spin(_ duration: Duration) {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end {}
}
