import CLinux
import Synchronization

@testable import Dispatcher

/// The real dispatcher, driven one step at a time by one thread: a small arena of its own, with the objects of a model
/// and a waiter record for each waiter, whose whole state can be saved and brought back.
///
/// This is the one place that knows how a wait is entered and left, so that the check stands above it.
final class Subject {
    /// How waits come in: as a thread's (looks first, and enters one object by the short way), or as a task's that went
    /// straight to the queues.
    enum Way: CaseIterable, Sendable { case thread, task }

    let arena: Arena
    private let memory: UnsafeMutableRawPointer
    private let size: Int
    private let way: Way
    private let names: [ObjectName]
    private let waiters: [UInt32]
    /// What each waits for, or waited for last; a thread that was suspended begins anew.
    private var waits: [Model.Wait]
    /// Whether it was suspended, and so refers to the objects of its wait.
    private var isKept: [Bool]

    /// An object keeps what it is made with, and starts unsignaled, unowned and without a count.
    init(_ kinds: [Model.Kind], waiters count: Int, way: Way) {
        size = (4 + kinds.count + count * 2) * 64  // the header, and for each waiter a block of links
        memory = .allocate(byteCount: size, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        let arena = Arena(formatting: memory, size: size, shared: false)
        self.arena = arena
        self.way = way
        names = kinds.map { try! Subject.make($0, in: arena) }
        waiters = (0..<count).map { _ in try! arena.makeOwner().index }
        waits = Array(repeating: Model.Wait(objects: []), count: count)
        isKept = Array(repeating: false, count: count)
    }

    deinit { memory.deallocate() }

    private static func make(_ kind: Model.Kind, in arena: Arena) throws -> ObjectName {
        switch kind {
        case .event(let manualReset): try arena.makeObject(.event, manualReset: manualReset)
        case .thread: try arena.makeObject(.thread, manualReset: true)
        case .mutex: try arena.makeMutex()
        case .semaphore(let maximum): try arena.makeSemaphore(count: 0, maximum: UInt32(maximum))
        }
    }

    // ---- its state

    struct Snapshot {
        fileprivate var bytes: [UInt8]
        fileprivate var waits: [Model.Wait]
        fileprivate var isKept: [Bool]
    }

    func snapshot() -> Snapshot {
        Snapshot(bytes: Array(UnsafeRawBufferPointer(start: memory, count: size)), waits: waits, isKept: isKept)
    }
    func restore(_ snapshot: Snapshot) {
        waits = snapshot.waits
        isKept = snapshot.isKept
        snapshot.bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: size) }
    }

    // ---- what it does

    /// What an operation returned, and how the wait ended that it began, if it ended at once. Waits that were blocked are
    /// found by `ended`.
    func perform(_ operation: Operation) -> (answer: Answer, verdict: Model.Verdict?) {
        signalbox_enter()
        defer { signalbox_leave() }
        do throws(DispatcherError) {
            switch operation {
            case .set(let event): try arena.setEvent(names[event])
            case .reset(let event): try arena.resetEvent(names[event])
            case .pulse(let event): try arena.pulseEvent(names[event])
            case .releaseMutex(let mutex, let by): try arena.releaseMutex(names[mutex], owner: owner(by))
            case .releaseSemaphore(let semaphore, let count):
                let previous = try arena.releaseSemaphore(names[semaphore], count: UInt32(count))
                return (.previousCount(Int(previous)), nil)
            case .endThread(let thread): try arena.signalSlowly(names[thread], .thread)
            case .abandon(let number): arena.abandonAll(of: owner(number))
            case .close(let object): arena.release(names[object])
            case .begin(let waiter, let wait, let mayBlock):
                waits[waiter] = wait
                return (.done, try begin(waiter, mayBlock: mayBlock)?.modelled)
            case .signalAndWait(let signal, let waiter, let object, let mayBlock):
                waits[waiter] = Model.Wait(objects: [object])
                return (.done, try signalAndWait(signal, waiter, object, mayBlock: mayBlock)?.modelled)
            case .timeOut(let waiter): return (interrupt(waiter, .timedOut), nil)
            case .cancel(let waiter): return (interrupt(waiter, .cancelled), nil)
            case .suspend(let waiter):
                // As a thread does: it is woken, leaves, and sleeps until it is resumed.
                guard interrupt(waiter, .suspended) == .done else { return (.tooLate, nil) }
                if !isKept[waiter] { arena.keepObjects(of: waiters[waiter]) }
                isKept[waiter] = true
                precondition(arena.leave(waiters[waiter]) == nil, "a suspended thread's wait goes on")
            case .resume(let waiter):
                let verdict = try begin(waiter, mayBlock: true)?.modelled
                if verdict != nil { letGo(waiter) }
                return (.done, verdict)
            case .look(let object): return (.seen(look(object)), nil)
            }
        } catch {
            return (.refused(error.modelled), nil)
        }
        return (.done, nil)
    }

    private func owner(_ waiter: Int) -> Owner { Owner(index: waiters[waiter]) }

    private func begin(_ waiter: Int, mayBlock: Bool) throws(DispatcherError) -> Verdict? {
        let wait = waits[waiter]
        return try wait.objects.map { names[$0] }.withUnsafeBufferPointer { names in
            // withUnsafeBufferPointer carries no typed error.
            Result { () throws(DispatcherError) in
                try begin(waiters[waiter], owner(waiter), names, all: wait.all, mayBlock: mayBlock)
            }
        }.get()
    }

    private func begin(
        _ waiter: UInt32, _ owner: Owner, _ names: Names, all: Bool, mayBlock: Bool
    ) throws(DispatcherError) -> Verdict? {
        // What a wait may not begin with is refused by looking.
        if way == .thread || !mayBlock || !names.allSatisfy(arena.exists) {
            if let verdict = try arena.poll(names, all: all, owner: owner, isLast: !mayBlock) { return verdict }
        }
        if !mayBlock { return .timedOut }
        arena.waiter(waiter).owner = owner
        if way == .thread && names.count == 1 {
            return try arena.enterOne(waiter, names[0]).verdict
        }
        return try arena.enter(waiter, wait: arena.begin(waiter), all: all, names)
    }

    private func signalAndWait(
        _ signal: Int, _ waiter: Int, _ object: Int, mayBlock: Bool
    ) throws(DispatcherError) -> Verdict? {
        let record = waiters[waiter]
        arena.waiter(record).owner = owner(waiter)
        return try arena.enterSignaling(names[signal], names[object], record, mayStand: mayBlock).verdict
    }

    private func interrupt(_ waiter: Int, _ state: Claim.State) -> Answer {
        arena.claim(waiters[waiter], state) == .lost ? .tooLate : .done
    }

    /// How the waiter's wait has ended, if somebody ended it; it stands in queues until `leave`.
    func ended(_ waiter: Int) -> Model.Verdict? {
        let claim = claim(waiter)
        return claim.isOpen || claim.state == .suspended ? nil : claim.verdict?.modelled
    }

    /// The waiter wakes up, and takes itself out of the queues.
    func leave(_ waiter: Int) -> Model.Verdict? {
        signalbox_enter()
        defer { signalbox_leave() }
        defer { letGo(waiter) }
        return arena.leave(waiters[waiter])?.modelled
    }

    private func letGo(_ waiter: Int) {
        if isKept[waiter] { waits[waiter].objects.forEach { arena.release(names[$0]) } }
        isKept[waiter] = false
    }

    private func claim(_ waiter: Int) -> Claim {
        Claim(bits: arena.waiter(waiters[waiter]).pointee.claim.load(ordering: .relaxed))
    }

    // ---- what it is

    func look(_ object: Int) -> Look {
        if let count = arena.semaphoreCount(names[object]) { return .semaphore(count: Int(count)) }
        guard let mutex = arena.mutexState(names[object]) else { return .signaled(arena.isSignaled(names[object])) }
        return .mutex(
            owner: waiters.firstIndex(of: mutex.owner.index), recursion: Int(mutex.recursion),
            isAbandoned: mutex.isAbandoned)
    }

    /// How it differs from the model, if it does.
    func difference(from model: Model) -> String? {
        for (number, object) in model.objects.enumerated() {
            if let difference = difference(number, object, in: model) { return "object \(number) \(difference)" }
        }
        for (number, waiter) in model.waiters.enumerated() {
            switch waiter {
            case .waiting: if claim(number).state != .waiting { return "waiter \(number) does not wait" }
            // One whose call was refused never came to wait.
            case .idle: if claim(number).state == .waiting { return "waiter \(number) waits" }
            case .suspended, .ended: if claim(number).isOpen { return "waiter \(number) waits" }
            }
            if owned(number) != model.owned[number] {
                return "owner \(number) has \(owned(number)), not \(model.owned[number])"
            }
        }
        return nil
    }

    /// The mutexes on the owner's list, the last one first there.
    private func owned(_ owner: Int) -> [Int] {
        var owned: [Int] = []
        var (index, previous) = (arena.waiter(waiters[owner]).pointee.next.load(ordering: .relaxed), UInt32(0))
        while index != 0 {
            let record = arena.object(index)
            guard let number = names.firstIndex(where: { $0.index == index }), !owned.contains(number),
                previous == 0 || record.previousOwned == previous
            else { return [-1] }
            owned.append(number)
            (previous, index) = (index, record.nextOwned)
        }
        return owned.reversed()
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
        // A change of an object that must go, too, takes the lock.
        if word.isFree != (record.head == 0 && record.refs > 0) { return "has a wrong mark of its queue" }
        if object.kind == .mutex && word.isSignaled != (object.owner == nil) { return "has a wrong signal" }
        // the queue, without waiters whose wait has ended and that have not left it
        var (queue, alls, last, index) = ([Int](), 0, UInt32(0), record.head)
        while index != 0 {
            let link = arena.link(index)
            if link.pointee.previous != last { return "has a broken queue" }
            if arena.object(link.pointee.object) != record { return "has a link of another object" }
            guard let waiter = waiters.firstIndex(of: link.pointee.owner) else { return "has a strange link" }
            if arena.waiter(waiters[waiter]).waitsForAll { alls += 1 }
            if model.waiters[waiter] == .idle { return "has a link of waiter \(waiter), which does not wait" }
            if claim(waiter).isOpen && !queue.contains(waiter) { queue.append(waiter) }
            (last, index) = (index, link.pointee.next)
        }
        if record.tail != last { return "has a broken tail" }
        if queue != object.queue { return "has the queue \(queue), not \(object.queue)" }
        if record.allWaiters != alls { return "counts \(record.allWaiters) wait-alls of \(alls)" }
        let keepers = waiters.indices.reduce(0) { count, waiter in
            count + (isKept[waiter] ? waits[waiter].objects.count { $0 == number } : 0)
        }
        if record.refs != (object.isOpen ? 1 : 0) + keepers { return "has \(record.refs) references" }
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
        case .alerted: preconditionFailure("nobody queues a call")
        }
    }
}

extension DispatcherError {
    var modelled: Model.Refusal {
        switch self {
        case .noSuchObject(let position): .noSuchObject(position)
        case .duplicateObject(let position): .duplicateObject(position)
        case .wrongKind: .wrongKind
        case .notOwner: .notOwner
        case .limitExceeded: .limitExceeded
        case .outOfRecords, .hasEnded, .needsOwner, .notStoppable:
            preconditionFailure("the check does nothing of the kind: \(self)")
        }
    }
}

extension Arena.Entered {
    /// The verdict of a wait that has ended at once.
    fileprivate var verdict: Verdict? { if case .ended(let verdict) = self { verdict } else { nil } }
}
