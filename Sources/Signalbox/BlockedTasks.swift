import CLinux
import Dispatcher
import Glibc
import Synchronization

/// Reports blocking waits that park a thread of the task pool, which has few: once for each place that does so.
///
/// The report goes to standard error, and to nobody's logger: whoever would log it may be waiting for that thread.
public enum BlockedTasks {
    /// Where they happened: the return addresses of the first frames above the wait.
    private static let seen = Guarded<Set<[UInt]>>([])
    private static let frames = 24
    /// More places than that are not told apart.
    private static let limit = 256

    /// Places reported so far.
    public static var reported: Int { seen.withLock { $0.count } }

    /// Has such waits reported from here on; idempotent. A `Host` does so when it starts.
    public static func report() { installed }

    private static let installed: Void = {
        Threads.reportBlockedTask = { BlockedTasks.tell() }
        Threads.reportsBlockedTasks.store(true, ordering: .releasing)
    }()

    private static func tell() {
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: frames) { buffer in
            let count = Int(backtrace(buffer.baseAddress!, Int32(frames)))
            let place = buffer.prefix(count).map { UInt(bitPattern: $0) }
            guard seen.withLock({ $0.count < limit && $0.insert(place).inserted }) else { return }
            let text =
                "signalbox: a blocking wait parks a thread that runs tasks; await wait() instead, or move the wait to "
                + "a ThreadObject. It was called from:\n"
            let told = text.withCString { start in
                var bytes = iovec(iov_base: UnsafeMutableRawPointer(mutating: start), iov_len: strlen(start))
                return signalbox_pwritev2_quietly(STDERR_FILENO, &bytes, 1, -1, 0)
            }
            // Where nobody reads, the frames would be answered by SIGPIPE.
            guard told >= 0 else { return }
            backtrace_symbols_fd(buffer.baseAddress!, Int32(count), STDERR_FILENO)
        }
    }
}
