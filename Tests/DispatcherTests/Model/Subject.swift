import Synchronization

@testable import Dispatcher

/// The real dispatcher, driven one step at a time by one thread: a small arena of its own, with the objects of a model
/// and a waiter record for each waiter, whose whole state can be saved and brought back.
///
/// This is the one place that knows how a wait is entered and left, so that the check stands above it.
final class Subject {
    /// How waits come in: as a thread's (looks first, and enters one object by the short way), or as a task's that went
    /// straight to the queues.
    enum Way: CaseIterable { case thread, task }

    let arena: Arena
    private let memory: UnsafeMutableRawPointer
    private let size: Int
    private let way: Way
    private let names: [ObjectName]
    private let waiters: [UInt32]

    /// An object keeps what it is made with, and starts unsignaled, unowned and without a count.
    init(_ kinds: [Model.Kind], waiters count: Int, way: Way) throws {
        size = (4 + kinds.count + count * 2) * 64  // the header, and for each waiter a block of links
        memory = .allocate(byteCount: size, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        let arena = Arena(formatting: memory, size: size, shared: false)
        self.arena = arena
        self.way = way
        names = try kinds.map { try Subject.make($0, in: arena) }
        waiters = try (0..<count).map { _ in try arena.allocateWaiter() }
    }

    deinit { memory.deallocate() }

    /// Whether the dispatcher has such objects.
    static func supports(_ kind: Model.Kind) -> Bool {
        switch kind {
        case .event, .thread: true
        case .mutex, .semaphore: false
        }
    }

    /// Whether the dispatcher can do this.
    static func supports(_ operation: Operation) -> Bool {
        switch operation {
        case .set, .reset, .endThread, .close, .begin, .timeOut, .cancel, .look: true
        case .pulse, .releaseMutex, .releaseSemaphore, .abandon, .signalAndWait, .suspend, .resume: false
        }
    }

    private static func make(_ kind: Model.Kind, in arena: Arena) throws -> ObjectName {
        switch kind {
        case .event(let manualReset): try arena.makeObject(.event, manualReset: manualReset)
        case .thread: try arena.makeObject(.thread, manualReset: true)
        case .mutex, .semaphore: throw DispatcherError.wrongKind
        }
    }

    // ---- its state

    struct Snapshot {
        fileprivate var bytes: [UInt8]
    }

    func snapshot() -> Snapshot { Snapshot(bytes: Array(UnsafeRawBufferPointer(start: memory, count: size))) }
    func restore(_ snapshot: Snapshot) {
        snapshot.bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: size) }
    }

    // ---- what it does

    /// What an operation returned, and whose waits it ended at once; those that were blocked are found by `ended`.
    func perform(_ operation: Operation) -> (answer: Answer, verdict: Verdict?) {
        do throws(DispatcherError) {
            switch operation {
            case .set(let event): try arena.setEvent(names[event])
            case .reset(let event): try arena.resetEvent(names[event])
            case .endThread(let thread): try arena.signalSlowly(names[thread], .thread)
            case .close(let object): arena.release(names[object])
            case .begin(let waiter, let wait, let mayBlock):
                return (.done, try begin(waiters[waiter], wait, mayBlock: mayBlock))
            case .timeOut(let waiter): return (interrupt(waiters[waiter], .timedOut), nil)
            case .cancel(let waiter): return (interrupt(waiters[waiter], .cancelled), nil)
            case .look(let object): return (.seen(look(object)), nil)
            case .pulse, .releaseMutex, .releaseSemaphore, .abandon, .signalAndWait, .suspend, .resume:
                preconditionFailure("the dispatcher has no \(operation)")
            }
        } catch {
            return (.refused(error.modelled), nil)
        }
        return (.done, nil)
    }

    private func begin(_ waiter: UInt32, _ wait: Model.Wait, mayBlock: Bool) throws(DispatcherError) -> Verdict? {
        try wait.objects.map { names[$0] }.withUnsafeBufferPointer { names in
            // withUnsafeBufferPointer carries no typed error.
            Result { () throws(DispatcherError) in try begin(waiter, names, all: wait.all, mayBlock: mayBlock) }
        }.get()
    }

    private func begin(
        _ waiter: UInt32, _ names: Names, all: Bool, mayBlock: Bool
    ) throws(DispatcherError) -> Verdict? {
        // What a wait may not begin with is refused by looking.
        if way == .thread || !mayBlock || !names.allSatisfy(arena.exists) {
            if let verdict = try arena.poll(names, all: all) { return verdict }
        }
        if !mayBlock { return .timedOut }
        if way == .thread && names.count == 1 {
            return try arena.enterOne(waiter, names[0]) ? .satisfied(0) : nil
        }
        return try arena.enter(waiter, wait: arena.begin(waiter), all: all, names)
    }

    private func interrupt(_ waiter: UInt32, _ state: Claim.State) -> Answer {
        arena.claim(waiter, state) == .lost ? .tooLate : .done
    }

    /// How the waiter's wait has ended, if somebody ended it; it stands in queues until `leave`.
    func ended(_ waiter: Int) -> Model.Verdict? {
        let claim = Claim(bits: arena.waiter(waiters[waiter]).pointee.claim.load(ordering: .relaxed))
        return claim.isOpen ? nil : claim.verdict?.modelled
    }

    /// The waiter wakes up, and takes itself out of the queues.
    func leave(_ waiter: Int) -> Model.Verdict { arena.leave(waiters[waiter]).modelled }

    // ---- what it is

    func look(_ object: Int) -> Look { .signaled(arena.isSignaled(names[object])) }

    /// How it differs from the model, if it does.
    func difference(from model: Model) -> String? {
        for (number, object) in model.objects.enumerated() {
            if let difference = difference(number, object, in: model) { return "object \(number) \(difference)" }
        }
        for (number, waiter) in model.waiters.enumerated() {
            let claim = Claim(bits: arena.waiter(waiters[number]).pointee.claim.load(ordering: .relaxed))
            switch waiter {
            case .waiting: if claim.state != .waiting { return "waiter \(number) does not wait: \(claim.state)" }
            case .suspended: break
            case .idle, .ended: if claim.isOpen { return "waiter \(number) waits: \(claim.state)" }
            }
        }
        return nil
    }

    private func difference(_ number: Int, _ object: Model.Object, in model: Model) -> String? {
        let record = arena.object(names[number].index)
        let word = Word(bits: record.pointee.word.load(ordering: .relaxed))
        if word.bits & (Word.locked | Word.contended) != 0 { return "is locked" }
        let exists = word.belongs(to: names[number])
        if exists != model.exists(number) { return exists ? "exists" : "is gone" }
        if !exists { return nil }
        let (look, expected) = (look(number), model.look(number))
        if look != expected { return "is \(look), not \(expected)" }
        if (word.bits & Word.queued != 0) != (record.head != 0) { return "has a wrong mark of its queue" }
        // the queue, without waiters whose wait has ended and that have not left it
        var (queue, alls, last, index) = ([Int](), 0, UInt32(0), record.head)
        while index != 0 {
            let link = arena.link(index)
            if link.pointee.previous != last { return "has a broken queue" }
            if arena.object(link.pointee.object) != record { return "has a link of another object" }
            guard let waiter = waiters.firstIndex(of: link.pointee.owner) else { return "has a strange link" }
            if arena.waiter(waiters[waiter]).waitsForAll { alls += 1 }
            if model.waiters[waiter] == .idle { return "has a link of waiter \(waiter), which does not wait" }
            if ended(waiter) == nil && !queue.contains(waiter) { queue.append(waiter) }
            (last, index) = (index, link.pointee.next)
        }
        if record.tail != last { return "has a broken tail" }
        if queue != object.queue { return "has the queue \(queue), not \(object.queue)" }
        if record.allWaiters != alls { return "counts \(record.allWaiters) wait-alls of \(alls)" }
        if record.refs != (object.isOpen ? 1 : 0) { return "has \(record.refs) references" }
        return nil
    }
}

extension Verdict {
    var modelled: Model.Verdict {
        switch self {
        case .satisfied(let position): .satisfied(position)
        case .abandoned(let position): .abandoned(position)
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        }
    }
}

extension DispatcherError {
    var modelled: Model.Refusal {
        switch self {
        case .noSuchObject(let position): .noSuchObject(position)
        case .duplicateObject(let position): .duplicateObject(position)
        case .wrongKind: .wrongKind
        case .outOfRecords: preconditionFailure("the arena is too small for the check")
        }
    }
}
