import Glibc
import Signalbox
import Synchronization

/// A million tasks that wait at once: what they take of memory, and of time until all have been cancelled.
struct Crowd {
    static let size = 1_000_000

    enum Wait: Sendable {
        /// On a bare continuation: what the tasks themselves take.
        case bare
        case event
        /// With a time-out that does not come to pass.
        case timed
    }

    private let wait: Wait
    private let event = EventObject(.manual)
    private let continuations: Continuations
    private let arrived = Arrivals()

    init(_ wait: Wait) {
        self.wait = wait
        continuations = Continuations(wait == .bare ? Crowd.size : 0)
    }

    /// Bytes a task, and processor time a task, in nanoseconds, for beginning the wait, being cancelled and ending.
    func run() async -> (bytes: Double, nanoseconds: Double) {
        var tasks: [Task<Void, Never>] = []
        tasks.reserveCapacity(Crowd.size)
        let (before, start) = (residentBytes(), now(CLOCK_PROCESS_CPUTIME_ID))
        for index in 0..<Crowd.size { tasks.append(Task.detached { await park(index) }) }
        while arrived.count.load(ordering: .acquiring) < Crowd.size { await Task.yield() }
        // The last to arrive may not be parked yet; on one processor it is, for this task runs.
        let bytes = residentBytes() - before
        for (index, task) in tasks.enumerated() {
            task.cancel()
            if wait == .bare { continuations.resume(index) }
        }
        for task in tasks { await task.value }
        return (Double(bytes) / Double(Crowd.size), Double(now(CLOCK_PROCESS_CPUTIME_ID) - start) / Double(Crowd.size))
    }

    private func park(_ index: Int) async {
        arrived.count.add(1, ordering: .releasing)
        switch wait {
        case .bare: await continuations.park(index)
        case .event: try? await event.wait()
        case .timed: _ = try? await event.wait(timeout: .seconds(3600 + index % 1000))
        }
    }
}

/// How many have come.
private final class Arrivals: Sendable {
    let count = Atomic<Int>(0)
}

/// Where the bare tasks leave their continuations; touched beforehand, so as not to count as theirs.
///
/// Sendable: each element is one task's, which writes it before it parks; it is read when all have parked.
private final class Continuations: @unchecked Sendable {
    private let base: UnsafeMutablePointer<UnsafeContinuation<Void, Never>?>

    init(_ count: Int) {
        base = .allocate(capacity: count)
        base.initialize(repeating: nil, count: count)
    }

    deinit { base.deallocate() }

    func park(_ index: Int) async { await withUnsafeContinuation { base[index] = $0 } }
    func resume(_ index: Int) { base[index]!.resume() }
}

private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var (total, resident) = (0, 0)
    withUnsafeMutablePointer(to: &total) { total in
        withUnsafeMutablePointer(to: &resident) { resident in
            _ = withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
        }
    }
    return resident * sysconf(Int32(_SC_PAGESIZE))
}
