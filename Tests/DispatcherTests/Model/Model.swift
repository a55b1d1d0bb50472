// What the dispatcher should do, as a machine that takes one step at a time: the measure that the real one is held to.
//
// It shares no code with the dispatcher, knows no thread, lock, link or claim, and is written to be read. An object is
// what it is plus a queue of the waiters that stand in line at it, first come first; a waiter waits, is suspended, has
// ended, or is idle. Objects and waiters are numbered; waiter n is also owner n, as a thread is both. Every rule below
// is one of Win32's, or one that the dispatcher adds: first in first out at each object, lowest position first.

struct Model: Hashable {
    enum Kind: Hashable, CustomStringConvertible {
        case event(manualReset: Bool)
        case mutex
        case semaphore(maximum: Int)
        /// Signaled once, for ever, when it ends: a thread or a process.
        case thread

        var description: String {
            switch self {
            case .event(let manualReset): manualReset ? "manual event" : "auto event"
            case .mutex: "mutex"
            case .semaphore(let maximum): "semaphore of \(maximum)"
            case .thread: "thread"
            }
        }
    }

    struct Object: Hashable {
        let kind: Kind
        /// Whether a handle is left. An object lives on while a waiter waits for it or an owner has it.
        var isOpen = true
        /// Of an event or a thread.
        var isSignaled = false
        /// Of a semaphore.
        var count = 0
        /// Of a mutex: `recursion` is how often the owner has taken it.
        var owner: Int?
        var recursion = 0
        var isAbandoned = false
        /// The waiters that stand in line.
        var queue: [Int] = []
    }

    struct Wait: Hashable {
        /// In the caller's order.
        var objects: [Int]
        var all = false
    }

    enum Verdict: Hashable {
        case satisfied(Int)
        case abandoned(Int)
        case timedOut
        case cancelled
    }

    enum Waiter: Hashable {
        case idle
        case waiting(Wait)
        /// Its thread is suspended during the wait.
        case suspended(Wait)
        /// And has not yet seen how.
        case ended(Verdict)

        var wait: Wait? {
            switch self {
            case .waiting(let wait), .suspended(let wait): wait
            case .idle, .ended: nil
            }
        }
    }

    /// Why nothing was done.
    enum Refusal: Error, Hashable {
        case noSuchObject(Int)
        case duplicateObject(Int)
        case wrongKind
        case notOwner
        case limitExceeded
    }

    var objects: [Object]
    var waiters: [Waiter]
    /// The mutexes of each owner, in the order in which it got them.
    var owned: [[Int]]

    init(_ objects: [Object], waiters: Int) {
        self.objects = objects
        self.waiters = Array(repeating: .idle, count: waiters)
        owned = Array(repeating: [], count: waiters)
    }

    // ---- what an object is to one who waits

    func exists(_ object: Int) -> Bool {
        objects[object].isOpen || objects[object].owner != nil
            || waiters.contains { $0.wait?.objects.contains(object) == true }
    }

    /// Whether the object would satisfy the waiter now.
    func isReady(_ object: Int, for waiter: Int) -> Bool {
        let object = objects[object]
        switch object.kind {
        case .event, .thread: return object.isSignaled
        case .semaphore: return object.count > 0
        case .mutex: return object.owner == nil || object.owner == waiter
        }
    }

    /// Takes what a satisfied wait takes; true if it was left behind by an owner that ended.
    private mutating func take(_ object: Int, for waiter: Int) -> Bool {
        switch objects[object].kind {
        case .event(manualReset: true), .thread: return false
        case .event(manualReset: false): objects[object].isSignaled = false
        case .semaphore: objects[object].count -= 1
        case .mutex:
            let wasAbandoned = objects[object].isAbandoned
            objects[object].isAbandoned = false
            if objects[object].owner == nil { owned[waiter].append(object) }
            objects[object].owner = waiter
            objects[object].recursion += 1
            return wasAbandoned
        }
        return false
    }

    // ---- waits

    /// Ends the wait if its objects allow it: with the lowest position that is ready, or with all if all are.
    private mutating func satisfy(_ waiter: Int, _ wait: Wait) -> Bool {
        if wait.all {
            guard wait.objects.allSatisfy({ isReady($0, for: waiter) }) else { return false }
            let abandoned = wait.objects.map { take($0, for: waiter) }
            end(waiter, abandoned.contains(true) ? .abandoned(0) : .satisfied(0))
        } else {
            guard let position = wait.objects.firstIndex(where: { isReady($0, for: waiter) }) else { return false }
            let wasAbandoned = take(wait.objects[position], for: waiter)
            end(waiter, wasAbandoned ? .abandoned(position) : .satisfied(position))
        }
        return true
    }

    private mutating func end(_ waiter: Int, _ verdict: Verdict) {
        leaveQueues(waiter)
        waiters[waiter] = .ended(verdict)
    }

    private mutating func leaveQueues(_ waiter: Int) {
        for object in objects.indices { objects[object].queue.removeAll { $0 == waiter } }
    }

    private mutating func joinQueues(_ waiter: Int, _ wait: Wait) {
        for object in wait.objects where !objects[object].queue.contains(waiter) {
            objects[object].queue.append(waiter)
        }
        waiters[waiter] = .waiting(wait)
    }

    /// An idle waiter begins a wait, which may end at once; if it may not block, it does.
    mutating func begin(_ waiter: Int, _ wait: Wait, mayBlock: Bool) throws(Refusal) {
        for (position, object) in wait.objects.enumerated() where !exists(object) { throw .noSuchObject(position) }
        if wait.all {
            for (position, object) in wait.objects.enumerated() where wait.objects[..<position].contains(object) {
                throw .duplicateObject(position)
            }
        }
        if satisfy(waiter, wait) { return }
        if mayBlock { joinQueues(waiter, wait) } else { end(waiter, .timedOut) }
    }

    /// Ends a wait for a reason that is no object. False: it had ended. (A suspended thread sees its time-out when it
    /// goes on.)
    mutating func interrupt(_ waiter: Int, _ verdict: Verdict) -> Bool {
        guard case .waiting = waiters[waiter] else { return false }
        end(waiter, verdict)
        return true
    }

    /// The waiter's thread is suspended: it stands in no line, so it acquires nothing.
    mutating func suspend(_ waiter: Int) {
        guard case .waiting(let wait) = waiters[waiter] else { return }
        leaveQueues(waiter)
        waiters[waiter] = .suspended(wait)
    }

    /// It looks again, as at the beginning, and otherwise stands at the end of each line.
    mutating func resume(_ waiter: Int) {
        guard case .suspended(let wait) = waiters[waiter] else { return }
        if !satisfy(waiter, wait) { joinQueues(waiter, wait) }
    }

    /// The waiter reads how its wait has ended, and is idle.
    mutating func collect(_ waiter: Int) -> Verdict? {
        guard case .ended(let verdict) = waiters[waiter] else { return nil }
        waiters[waiter] = .idle
        return verdict
    }

    // ---- signals

    /// Serves the line, first come first, as far as the object goes. A wait for all that lacks something is passed by.
    private mutating func serve(_ object: Int) {
        for waiter in objects[object].queue {
            guard isReady(object, for: waiter), case .waiting(let wait) = waiters[waiter] else { continue }
            if wait.all {
                _ = satisfy(waiter, wait)
            } else {
                let position = wait.objects.firstIndex(of: object)!
                let wasAbandoned = take(object, for: waiter)
                end(waiter, wasAbandoned ? .abandoned(position) : .satisfied(position))
            }
        }
    }

    private func expectEvent(_ object: Int) throws(Refusal) {
        guard exists(object) else { throw .noSuchObject(0) }
        guard case .event = objects[object].kind else { throw .wrongKind }
    }

    mutating func set(_ event: Int) throws(Refusal) {
        try expectEvent(event)
        objects[event].isSignaled = true
        serve(event)
    }

    mutating func reset(_ event: Int) throws(Refusal) {
        try expectEvent(event)
        objects[event].isSignaled = false
    }

    /// Serves those who stand in line at this moment: all of them, or one if the event resets by itself.
    mutating func pulse(_ event: Int) throws(Refusal) {
        try set(event)
        objects[event].isSignaled = false
    }

    mutating func release(mutex: Int, by owner: Int) throws(Refusal) {
        guard exists(mutex) else { throw .noSuchObject(0) }
        guard objects[mutex].kind == .mutex else { throw .wrongKind }
        guard objects[mutex].owner == owner else { throw .notOwner }
        objects[mutex].recursion -= 1
        if objects[mutex].recursion == 0 {
            objects[mutex].owner = nil
            owned[owner].removeAll { $0 == mutex }
            serve(mutex)
        }
    }

    /// Returns the count before.
    mutating func release(semaphore: Int, count: Int) throws(Refusal) -> Int {
        guard exists(semaphore) else { throw .noSuchObject(0) }
        guard case .semaphore(let maximum) = objects[semaphore].kind else { throw .wrongKind }
        let previous = objects[semaphore].count
        guard previous + count <= maximum else { throw .limitExceeded }
        objects[semaphore].count += count
        serve(semaphore)
        return previous
    }

    /// The thread or process that the object stands for has ended.
    mutating func endThread(_ thread: Int) throws(Refusal) {
        guard exists(thread) else { throw .noSuchObject(0) }
        guard objects[thread].kind == .thread else { throw .wrongKind }
        objects[thread].isSignaled = true
        serve(thread)
    }

    /// The owner ends, and leaves behind each mutex that it owns, the last one first: the next owner is told.
    mutating func abandon(_ owner: Int) {
        while !owned[owner].isEmpty { abandonLast(of: owner) }
    }

    mutating func abandonLast(of owner: Int) {
        guard let mutex = owned[owner].popLast() else { return }
        objects[mutex].owner = nil
        objects[mutex].recursion = 0
        objects[mutex].isAbandoned = true
        serve(mutex)
    }

    /// Signals one object and begins to wait for another in the same step. If either is refused, neither is done.
    mutating func signalAndWait(_ signal: Int, _ waiter: Int, _ object: Int, mayBlock: Bool) throws(Refusal) {
        guard exists(signal) else { throw .noSuchObject(0) }
        if objects[signal].kind == .thread { throw .wrongKind }
        guard exists(object) else { throw .noSuchObject(1) }
        switch objects[signal].kind {
        case .event: try set(signal)
        case .mutex: try release(mutex: signal, by: waiter)
        case .semaphore: _ = try release(semaphore: signal, count: 1)
        case .thread: break
        }
        try begin(waiter, Wait(objects: [object]), mayBlock: mayBlock)
    }

    /// The last handle is closed. Waits go on.
    mutating func close(_ object: Int) { objects[object].isOpen = false }
}
