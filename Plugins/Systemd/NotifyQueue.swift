import Synchronization

/// What is to be told to the service manager: lines, and descriptors with them.
struct NotifyMessage: Equatable {
    /// Messages that are of use together only: when one is lost, those after it are not sent.
    final class Group: Equatable, Sendable {
        let isLost = Atomic(false)
        static func == (left: Group, right: Group) -> Bool { left === right }
    }
    enum Importance {
        /// It must arrive, in its place.
        case news
        /// The latest of its kind says all.
        case status, watchdog, patience
    }
    let text: String
    /// Of the one who sends it; of a message that waits: its own.
    var descriptors: [Int32] = []
    var group: Group?

    init(_ text: String, descriptors: [Int32] = []) { (self.text, self.descriptors) = (text, descriptors) }

    var importance: Importance {
        if !descriptors.isEmpty { return .news }
        if text == "WATCHDOG=1" { return .watchdog }
        let isOneLine = !text.contains("\n")
        if isOneLine && text.hasPrefix("STATUS=") { return .status }
        if isOneLine && text.hasPrefix("EXTEND_TIMEOUT_USEC=") { return .patience }
        return .news
    }
}

/// Messages that wait because the manager's socket is full, in order.
///
/// Of messages that each replace the one before them the latest waits, at its own place: nobody could see those before it
/// any more. All others wait.
struct NotifyQueue {
    private(set) var messages: [NotifyMessage] = []
    /// A program that tells without end is refused at last.
    static let limit = 1000

    var isEmpty: Bool { messages.isEmpty }
    var first: NotifyMessage? { messages.first }

    /// False: it is full.
    mutating func add(_ message: NotifyMessage) -> Bool {
        if message.importance != .news {
            messages.removeAll { $0.importance == message.importance }
        } else if message.descriptors.isEmpty && messages.last == message {
            return true
        }
        guard messages.count < NotifyQueue.limit else { return false }
        messages.append(message)
        return true
    }

    mutating func removeFirst() { messages.removeFirst() }
}
