/// How many callbacks of one object of a pool are queued and running. Pure; under the object's lock.
///
/// Callbacks are numbered. To cancel those that are queued is to make their numbers void: the pool's queue is left alone,
/// and what it holds of them is dropped when its turn comes.
struct CallbackCounts {
    /// Queued, not begun and not cancelled.
    private(set) var queued = 0
    /// Begun and not returned.
    private(set) var running = 0
    /// Those of them whose thread has not been disassociated.
    private(set) var associated = 0
    private var next: UInt64 = 0
    private var firstValid: UInt64 = 0

    /// Queues a callback, and returns its number.
    mutating func submit() -> UInt64 {
        defer { next += 1 }
        queued += 1
        return next
    }

    /// The callback's turn has come. False: it was cancelled.
    mutating func begin(_ number: UInt64) -> Bool {
        guard number >= firstValid else { return false }
        queued -= 1
        running += 1
        associated += 1
        return true
    }

    /// Makes void what is queued; returns how many that were.
    mutating func cancel() -> Int {
        defer { queued = 0 }
        firstValid = next
        return queued
    }

    /// The callback will not be queued. False: it was cancelled before.
    mutating func withdraw(_ number: UInt64) -> Bool {
        guard number >= firstValid else { return false }
        queued -= 1
        return true
    }

    /// Whether the callback was cancelled.
    func isVoid(_ number: UInt64) -> Bool { number < firstValid }

    mutating func disassociate() { associated -= 1 }

    mutating func end(isAssociated: Bool) {
        running -= 1
        if isAssociated { associated -= 1 }
    }

    /// Whether none is left, but for `own` of whoever asks. `countsAll`: those too that were disassociated.
    func isDone(own: Int, countsAll: Bool) -> Bool {
        queued == 0 && (countsAll ? running : associated) <= own
    }
}
