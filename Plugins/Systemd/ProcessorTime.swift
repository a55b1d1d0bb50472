import CLinux
import Glibc

/// What processor time threads have had, and whether any of them would have more: what tells a part that is stuck from one
/// that was not let run.
struct ProcessorTime: Equatable {
    /// Nanoseconds that they have run, together: proc(5), schedstat.
    var ran: UInt64 = 0
    /// One is ready to run now, or runs.
    var isReady = false

    /// Of threads of this process; those that have ended count for nothing.
    init(of threads: [UInt32]) {
        for thread in threads {
            ran +=
                ThreadFiles.file("schedstat", of: thread).flatMap {
                    $0.split(separator: " ").first.flatMap { UInt64($0) }
                } ?? 0
            // "pid (comm) state …": a name may have brackets, and blanks.
            let state = ThreadFiles.file("stat", of: thread).flatMap {
                $0.split(separator: ")").last?.split(separator: " ").first
            }
            if state == "R" { isReady = true }
        }
    }

    init(ran: UInt64, isReady: Bool) { (self.ran, self.isReady) = (ran, isReady) }

    /// Whether the threads were not let run since `before`: they would, and had less than an eighth of that time. One that
    /// computes and never comes to an end has more, unless there is hardly a processor left for anybody.
    func starved(since before: ProcessorTime, over time: Duration) -> Bool {
        isReady && ran >= before.ran && (ran - before.ran) / 1000 < microseconds(time) / 8
    }

    /// Those whose time counts for a part that the thread runs, or ran last: a task goes on on any thread of its priority.
    static func threads(like thread: UInt32) -> [UInt32] {
        guard let name = ThreadFiles.name(of: thread) else { return [] }
        guard ThreadFiles.isPools(name) else { return [thread] }
        return ThreadFiles.all.filter { ThreadFiles.name(of: $0) == name }
    }

    /// Those that run tasks of a priority.
    static func threads(of band: TaskPriority) -> [UInt32] {
        let service =
            switch band.rawValue {
            case 0x21...: "interactive-qos"
            case TaskPriority.high.rawValue...: "initiated-qos"
            case TaskPriority.medium.rawValue...: "default-qos"
            case TaskPriority.low.rawValue...: "utility-qos"
            default: "background-qos"
            }
        return ThreadFiles.all.filter { ThreadFiles.name(of: $0)?.hasSuffix(service) == true }
    }
}

/// Threads of this process, as /proc has them.
enum ThreadFiles {
    static var all: [UInt32] {
        var ids = [UInt32](repeating: 0, count: 512)
        let count = signalbox_thread_ids(UInt32(getpid()), &ids, ids.count)
        return Array(ids.prefix(count))
    }

    /// nil: it has ended.
    static func name(of thread: UInt32) -> String? { file("comm", of: thread)?.filter { !$0.isNewline } }

    /// The threads that run tasks are libdispatch's workers, which are named after their quality of service.
    static func isPools(_ name: String) -> Bool { name.contains("qos") }

    static func file(_ file: String, of thread: UInt32) -> String? {
        let descriptor = open("/proc/self/task/\(thread)/\(file)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }
}
