import CLinux
import Dispatcher
import Glibc
import Signalbox

/// What does not go on, and where it may be seen.
enum Stall {
    /// No task of that priority runs.
    case band(TaskPriority)
    /// The event loop does not come round; the id of its thread.
    case loop(UInt32)
    /// A heartbeat was not heard; the id of the thread that beat last.
    case heartbeat(String, UInt32)

    /// Tells it from others.
    var key: String {
        switch self {
        case .band(let band): "band \(band.rawValue)"
        case .loop: "loop"
        case .heartbeat(let name, let thread): "heartbeat \(name) \(thread)"
        }
    }

    /// For the status: what, and what it waits for.
    var line: String {
        switch self {
        case .band(let band):
            "no task of priority \(band) has run for half of the watchdog's time: do tasks spin or block on all threads?"
        case .loop(let thread): "the event loop has not turned (\(Stall.place(thread)))"
        case .heartbeat(let name, let thread): "no heartbeat of \(name) (\(Stall.place(thread)))"
        }
    }

    /// For the journal: the stacks of those that may be stuck.
    func details() -> String {
        switch self {
        case .band: Stall.poolThreads().prefix(4).map { "\n\(Stall.place($0))\(Stall.stack($0))" }.joined()
        case .loop(let thread), .heartbeat(_, let thread): Stall.stack(thread)
        }
    }

    // ---- threads

    /// The thread, and what it waits for.
    static func place(_ thread: UInt32) -> String {
        guard thread != 0, let name = name(of: thread) else { return "its thread \(thread) has ended" }
        let text = "thread \(thread) \"\(name)\""
        guard let report = Threads.waits(ofThread: thread) else { return text }
        let objects = report.objects.prefix(4).map(describe).joined(separator: report.waitsForAll ? " and " : " or ")
        return "\(text) waits for \(objects)"
    }

    private static func describe(_ object: WaitReport.Object) -> String {
        var text = kind(object.kind)
        if let name = ObjectNames.name(of: object.name) {
            text += " \"\(name)\""
        } else if let handle = HandleTable.handle(of: object.name) {
            text += " 0x" + String(handle, radix: 16)
        }
        if let owner = object.owner {
            text += ", owned by thread \(owner)" + (name(of: owner).map { " \"\($0)\"" } ?? "")
        } else if object.isOwned {
            text += ", owned by a task"
        }
        return text
    }

    private static func kind(_ kind: ObjectKind) -> String {
        switch kind {
        case .event: "event"
        case .thread: "thread"
        case .port: "completion port"
        case .mutex: "mutex"
        case .semaphore: "semaphore"
        case .timer: "timer"
        case .process: "process"
        case .source: "file or socket"
        default: "object"
        }
    }

    private static func name(of thread: UInt32) -> String? {
        guard let file = fopen("/proc/self/task/\(thread)/comm", "re") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 64)
        guard fgets(&buffer, 64, file) != nil else { return nil }
        return buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.filter { !$0.isNewline }
    }

    /// The threads that run tasks are libdispatch's workers, which are named after their quality of service.
    private static func poolThreads() -> [UInt32] {
        var ids = [UInt32](repeating: 0, count: 512)
        let count = signalbox_thread_ids(UInt32(getpid()), &ids, ids.count)
        return ids.prefix(count).filter { name(of: $0)?.contains("qos") == true }
    }

    /// Where the thread is; empty if it does not say.
    private static func stack(_ thread: UInt32) -> String {
        guard thread != 0 else { return "" }
        var frames = [UnsafeMutableRawPointer?](repeating: nil, count: Int(SIGNALBOX_FRAMES))
        let count = signalbox_stack_of(thread, 200_000_000, &frames)
        guard count > 0, let symbols = backtrace_symbols(&frames, count) else { return "" }
        defer { free(symbols) }
        // The first two are the handler's own.
        return (min(2, count)..<count).map { "\n  " + String(cString: symbols[Int($0)]!) }.joined()
    }
}
