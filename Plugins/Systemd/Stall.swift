import CLinux
import Dispatcher
import Glibc
import Logging
import Signalbox

/// What does not go on, and where it may be seen.
enum Stall {
    /// No task of that priority runs.
    case band(TaskPriority)
    /// The event loop does not come round; the id of its thread.
    case loop(UInt32)
    /// A heartbeat was not heard; the id of the thread that beat last.
    case heartbeat(String, UInt32)
    /// It was not let run: what of it was late, and what processor time its threads had.
    indirect case starved(Stall, ran: Duration, of: Duration)

    /// Whether it lacks a processor, and nothing else is known to be wrong with it.
    var isStarved: Bool { if case .starved = self { true } else { false } }

    /// Tells it from others.
    var key: String {
        switch self {
        case .band(let band): "band \(band.rawValue)"
        case .loop: "loop"
        case .heartbeat(let name, let thread): "heartbeat \(name) \(thread)"
        case .starved(let stall, _, _): "starved \(stall.part)"
        }
    }

    /// What is late, in a few words.
    var part: String {
        switch self {
        case .band(let band): "tasks of priority \(band)"
        case .loop: "event loop"
        case .heartbeat(let name, _): name
        case .starved(let stall, _, _): stall.part
        }
    }

    /// For the journal's fields.
    var metadata: Logger.Metadata {
        var fields: Logger.Metadata = ["component": "\(part)"]
        switch self {
        case .loop(let thread), .heartbeat(_, let thread):
            fields["stalled_thread"] = "\(thread)"
            if let wait = Stall.wait(of: thread) { fields["waits_for"] = "\(wait)" }
        default: break
        }
        return fields
    }

    /// For the status: what, and what it waits for.
    var line: String {
        switch self {
        case .band(let band):
            "no task of priority \(band) has run for half of the watchdog's time: do tasks spin or block on all threads?"
        case .loop(let thread): "the event loop has not turned (\(Stall.place(thread)))"
        case .heartbeat(let name, let thread): "no heartbeat of \(name) (\(Stall.place(thread)))"
        case .starved(let stall, let ran, let time):
            "late for want of a processor: \(stall.part) (ready to run, but had \(milliseconds(ran)) of "
                + "\(milliseconds(time)); does something else load the machine?)"
        }
    }

    /// For the journal: the stacks of those that may be stuck.
    func details() -> String {
        switch self {
        case .band: Stall.poolThreads().prefix(4).map { "\n\(Stall.place($0))\(Stall.stack($0))" }.joined()
        case .loop(let thread), .heartbeat(_, let thread): Stall.stack(thread)
        case .starved: ""
        }
    }

    // ---- threads

    /// The thread, and what it waits for.
    static func place(_ thread: UInt32) -> String {
        guard thread != 0, let name = ThreadFiles.name(of: thread) else { return "its thread \(thread) has ended" }
        return "thread \(thread) \"\(name)\"" + (wait(of: thread).map { " waits for \($0)" } ?? "")
    }

    /// What the thread waits for; nil: it does not, or nothing is known of it.
    static func wait(of thread: UInt32) -> String? {
        if let report = Threads.waits(ofThread: thread) {
            return report.objects.prefix(4).map(describe).joined(separator: report.waitsForAll ? " and " : " or ")
        }
        return Threads.addressWait(ofThread: thread).map(describe)
    }

    private static func describe(_ wait: AddressWaitReport) -> String {
        let address = "0x" + String(wait.address, radix: 16)
        switch wait.purpose {
        case .criticalSection:
            return "critical section \(address)" + (wait.owner.map { ", owned by \(owner($0))" } ?? "")
        case .exclusiveLock, .sharedLock:
            let use = wait.purpose == .exclusiveLock ? "exclusive" : "shared"
            guard let holders = wait.holders else { return "SRW lock \(address), \(use)" }
            // The lock is one word, which does not know by whom.
            let state =
                holders.isExclusive ? "held exclusively" : holders.shares == 0 ? "free" : "shared by \(holders.shares)"
            return "SRW lock \(address), \(use), which is \(state)"
        case .conditionVariable: return "condition variable \(address)"
        case .barrier: return "synchronization barrier \(address)"
        case .oneTimeInitialization: return "one-time initialization \(address)"
        case .address: return "address \(address)"
        }
    }

    private static func owner(_ thread: UInt32) -> String {
        "thread \(thread)" + (ThreadFiles.name(of: thread).map { " \"\($0)\"" } ?? ", which has ended")
    }

    private static func describe(_ object: WaitReport.Object) -> String {
        var text = kind(object.kind)
        if let name = ObjectNames.name(of: object.name) {
            text += " \"\(name)\""
        } else if let handle = HandleTable.handle(of: object.name) {
            text += " 0x" + String(handle, radix: 16)
        }
        if let owner = object.owner {
            text += ", owned by \(Stall.owner(owner))"
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

    private static func poolThreads() -> [UInt32] {
        ThreadFiles.all.filter { ThreadFiles.name(of: $0).map(ThreadFiles.isPools) == true }
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

/// For people.
func milliseconds(_ duration: Duration) -> String { "\(microseconds(duration) / 1000) ms" }
