import CLinux
import Synchronization

// Completion ports. Packets are taken first in first out; waiting threads are served last in, first out, so that the
// warmest works. `limit` threads may run at a time: a thread runs for the port from the moment it is given a packet
// until it comes back for another, moves to another port or ends; while it blocks in a wait of ours its place is free.
// Tasks that wait for packets are not counted: the pool they run on has a width of its own.

extension Arena {
    package func makePort(limit: UInt32) throws(DispatcherError) -> ObjectName {
        try makeObject(.port) { $0.port.pointee.limit = limit }
    }

    /// Queues a packet, or hands it to a waiter.
    package func post(_ name: ObjectName, _ packet: Packet) throws(DispatcherError) {
        signalbox_enter()
        defer { signalbox_leave() }
        let index = try allocate(.packet)
        self.packet(index).packet = packet
        self.packet(index).queueNext = 0
        let record = object(name.index)
        let port = record.port
        let word = lock(record)
        guard word.isNamed(name, .port) && !port.pointee.isClosed else {
            unlock(record, word)
            deallocate(.packet, index)
            throw word.belongs(to: name) && word.kind != .port ? .wrongKind : .noSuchObject(0)
        }
        if port.pointee.head == 0 {
            port.pointee.head = index
        } else {
            self.packet(port.pointee.tail).queueNext = index
        }
        port.pointee.tail = index
        port.pointee.queued &+= 1
        count(.signals, name.index)
        if record.head == 0 { unlock(record, word) } else { serveAndUnlock(record, word) }
    }

    /// (No wait for all stands in line at a port.)
    @inline(never) private func serveAndUnlock(_ record: UnsafeMutablePointer<ObjectRecord>, _ word: Word) {
        var (word, wake) = (word, WakeList())
        serveLocked(record, &word, &wake)
        unlockAndRetire(record, word)
        wake.perform(in: self)
    }

    /// Packets queued and not yet handed over.
    package func queuedPackets(_ name: ObjectName) -> Int? {
        withLock(name) { record, _ in Int(record.port.pointee.queued) }
    }

    /// Blocks the thread until it is given a packet; nil on time-out. Throws `noSuchObject` when the port is closed.
    @available(*, noasync, message: "blocks the thread: await next() instead")
    package func get(_ name: ObjectName, until deadline: UInt64) throws(DispatcherError) -> Packet? {
        var wasAlerted = false
        return try get(name, until: deadline, alertable: false, wasAlerted: &wasAlerted)
    }

    /// As above; if it is `alertable`, calls that were queued to the thread end the wait, too, once they have run.
    @available(*, noasync, message: "blocks the thread: await next() instead")
    package func get(
        _ name: ObjectName, until deadline: UInt64, alertable: Bool, wasAlerted: inout Bool
    ) throws(DispatcherError) -> Packet? {
        precondition(isLocal, "a thread runs for ports of its own process")
        let thread = signalbox_thread()
        signalbox_enter()
        defer { signalbox_leave() }
        Threads.sleepWhileSuspended()
        while thread.pointee.port == name.bits {
            // It runs for this port: if there is a packet, it keeps its place. Who only looks leaves it to those who wait.
            let record = object(name.index)
            let word = lock(record)
            let port = record.port
            if word.isNamed(name, .port) && port.pointee.head != 0 && port.pointee.running <= port.pointee.limit
                && (deadline != Deadline.now || record.head == 0)
            {
                let index = popLocked(record)
                unlock(record, word)
                // A thread that always finds packets never sleeps at the queue of completions, and others must come, too.
                thread.pointee.packets &+= 1
                if thread.pointee.packets & 63 == 0 { _ = CompletionQueue.take() }
                return consumePacket(index)
            }
            let isEmpty = word.isNamed(name, .port) && port.pointee.head == 0
            unlock(record, word)
            // Packets that have come meanwhile, and that it takes as above.
            guard isEmpty, CompletionQueue.take(isLast: deadline == Deadline.now) else {
                return try getSlowly(name, until: deadline, alertable: alertable, wasAlerted: &wasAlerted)
            }
        }
        _ = CompletionQueue.take(isLast: deadline == Deadline.now)
        return try getSlowly(name, until: deadline, alertable: alertable, wasAlerted: &wasAlerted)
    }

    @inline(never) private func getSlowly(
        _ name: ObjectName, until deadline: UInt64, alertable: Bool, wasAlerted: inout Bool
    ) throws(DispatcherError) -> Packet? {
        let thread = signalbox_thread()
        if thread.pointee.port != 0 && thread.pointee.port != name.bits { _ = leavePort() }
        while true {
            let wasOurs = thread.pointee.port == name.bits
            thread.pointee.port = 0
            Threads.sleepWhileSuspended()
            let waiter = try ownWaiter()
            let wait = begin(waiter)
            let isPoll = deadline == Deadline.now
            switch try enterPort(name, waiter, wait, wasRunning: wasOurs, counted: true, poll: isPoll) {
            case .packet(let packet):
                thread.pointee.port = name.bits
                return packet
            case .empty:
                if wasSuspended(waiter) { continue }
                if alertable && Threads.runAPCs() { wasAlerted = true }
                return nil
            case .published: break
            }
            let end = Threads.endBeforeSleep(wait, alertable)
            if end == nil || claim(waiter, end!) == .lost { parkAtQueue(waiter, until: deadline) }
            guard let verdict = leave(waiter) else { continue }
            if verdict == .alerted {
                guard Threads.runAPCs() else { continue }  // they were withdrawn before they ran
                wasAlerted = true
                return nil
            }
            let packet = try receive(waiter, verdict)
            if packet != nil { thread.pointee.port = name.bits }
            return packet
        }
    }

    /// Suspends the task until it is given a packet; nil on time-out or cancellation (`wasCancelled`).
    nonisolated(nonsending) package func next(
        _ name: ObjectName, until deadline: UInt64
    ) async throws(DispatcherError) -> (packet: Packet?, wasCancelled: Bool) {
        let waiter = try makeOwner().index
        defer { giveBack(waiter) }
        let wait = begin(waiter)
        if deadline == Deadline.now {
            let entered = try enterPort(name, waiter, wait, wasRunning: false, counted: false, poll: true)
            guard case .packet(let packet) = entered else { return (nil, false) }
            return (packet, false)
        }
        var direct: Packet?
        let verdict = try await suspended(TaskWait(waiter: waiter, number: wait), until: deadline) {
            Result { () throws(DispatcherError) in
                switch try enterPort(name, waiter, wait, wasRunning: false, counted: false, poll: false) {
                case .packet(let packet):
                    direct = packet
                    return .satisfied(0)
                case .empty(let verdict): return verdict
                case .published: return nil
                }
            }
        }.get()
        if let direct { return (direct, false) }
        return (try receive(waiter, verdict), verdict == .cancelled)
    }

    /// A task may be another thread's after each await: so it is inside for a part at a time.
    private func giveBack(_ waiter: UInt32) {
        signalbox_enter()
        defer { signalbox_leave() }
        deallocateWaiter(waiter)
    }

    private enum PortEntry {
        case packet(Packet)
        case published
        /// Nothing to take, and the caller only looks; or the wait has ended otherwise before it was published.
        case empty(Verdict)
    }

    private func enterPort(
        _ name: ObjectName, _ waiter: UInt32, _ wait: UInt32, wasRunning: Bool, counted: Bool, poll: Bool
    ) throws(DispatcherError) -> PortEntry {
        signalbox_enter()
        defer { signalbox_leave() }
        try ensureLinks(waiter, 1)
        self.waiter(waiter).shape = 1 | (counted ? WaiterRecord.counted : 0)
        self.waiter(waiter).packet = 0
        var taken: UInt32 = 0
        var isEmpty = false
        try change(name) { record, word, wake throws(DispatcherError) in
            guard word.kind == .port else { throw .wrongKind }
            let port = record.port
            if wasRunning { port.pointee.running -= 1 }
            if wasRunning && poll { serveLocked(record, &word, &wake) }  // who only looks comes after those who wait
            if port.pointee.isClosed { throw .noSuchObject(0) }
            if port.pointee.head != 0 && (!counted || port.pointee.running < port.pointee.limit) {
                taken = popLocked(record)
                if counted { port.pointee.running += 1 }
            } else if poll {
                isEmpty = true
            } else {
                let index = waiter * 4 + 2
                link(index).pointee.object = name.index
                prependLocked(index, to: record, &word)
            }
            // The place that the thread gave up may be another's now.
            if wasRunning { serveLocked(record, &word, &wake) }
        }
        if taken != 0 { return .packet(consumePacket(taken)) }
        if isEmpty { return .empty(.timedOut) }
        if publish(waiter, wait: wait) { return .published }
        let ended = verdict(waiter)
        unlinkAll(waiter, upTo: 1)
        guard let packet = try receive(waiter, ended) else { return .empty(ended) }
        return .packet(packet)
    }

    /// Hands queued packets to waiters, last in first, as far as the limit allows.
    private func serveLocked(
        _ record: UnsafeMutablePointer<ObjectRecord>, _ word: inout Word, _ wake: inout WakeList
    ) {
        let port = record.port
        var index = record.head
        while index != 0 && port.pointee.head != 0 {
            let link = self.link(index)
            let (next, waiter) = (link.pointee.next, link.pointee.owner)
            let isCounted = self.waiter(waiter).shape & WaiterRecord.counted != 0
            if !isCounted || port.pointee.running < port.pointee.limit {
                let outcome = claim(waiter, .satisfied)
                if outcome != .lost {
                    self.waiter(waiter).packet = popLocked(record)
                    if isCounted { port.pointee.running += 1 }
                    unlinkLocked(index, from: record, &word)
                    if outcome == .wonWhileWaiting { wake.append(waiter, in: self) }
                }
            }
            index = next
        }
    }

    private func popLocked(_ record: UnsafeMutablePointer<ObjectRecord>) -> UInt32 {
        let port = record.port
        let index = port.pointee.head
        port.pointee.head = packet(index).queueNext
        if port.pointee.head == 0 { port.pointee.tail = 0 }
        port.pointee.queued -= 1
        count(.waits, self.index(of: record))
        return index
    }

    /// Empties the queue; returns its first packet.
    func takePacketsLocked(_ record: UnsafeMutablePointer<ObjectRecord>) -> UInt32 {
        let port = record.port
        defer { (port.pointee.head, port.pointee.tail, port.pointee.queued) = (0, 0, 0) }
        return port.pointee.head
    }

    @inline(__always) private func consumePacket(_ index: UInt32) -> Packet {
        let packet = packet(index).packet
        deallocate(.packet, index)
        return packet
    }

    private func receive(_ waiter: UInt32, _ verdict: Verdict) throws(DispatcherError) -> Packet? {
        signalbox_enter()
        defer { signalbox_leave() }
        switch verdict {
        case .satisfied: return consumePacket(self.waiter(waiter).packet)
        case .abandoned: throw .noSuchObject(0)
        case .timedOut, .cancelled, .alerted: return nil
        }
    }

    /// The last handle is closed: whoever waits for a packet gets none, and queued packets are dropped.
    package func closePort(_ name: ObjectName) {
        signalbox_enter()
        defer { signalbox_leave() }
        var dropped: UInt32 = 0
        try? change(name) { record, word, wake throws(DispatcherError) in
            guard word.kind == .port else { throw .wrongKind }
            let port = record.port
            port.pointee.isClosed = true
            dropped = takePacketsLocked(record)
            var index = record.head
            while index != 0 {
                let (next, waiter) = (link(index).pointee.next, link(index).pointee.owner)
                let outcome = claim(waiter, .abandoned)
                if outcome != .lost {
                    unlinkLocked(index, from: record, &word)
                    if outcome == .wonWhileWaiting { wake.append(waiter, in: self) }
                }
                index = next
            }
        }
        while dropped != 0 {
            let next = packet(dropped).queueNext
            deallocate(.packet, dropped)
            dropped = next
        }
    }

    // ---- ports of pools

    /// Has `threadIsShort` told `pool` when the port could do with one more thread.
    package func setPortPool(_ name: ObjectName, _ pool: UInt64) {
        _ = withLock(name) { record, _ in record.port.pointee.pool = pool }
    }

    package func setPortLimit(_ name: ObjectName, _ limit: UInt32) {
        try? change(name) { record, word, wake throws(DispatcherError) in
            record.port.pointee.limit = limit
            serveLocked(record, &word, &wake)
        }
    }

    /// What the packets in a port's queue wait for.
    package enum PortNeed: Sendable { case nothing, thread, place }

    /// `coming`: threads that are about to wait for packets.
    package func need(of name: ObjectName, coming: Int) -> PortNeed {
        let need: PortNeed? = withLock(name) { record, _ in
            let port = record.port
            if Int(port.pointee.queued) <= coming { return .nothing }
            return Int(port.pointee.running) + coming < Int(port.pointee.limit) ? .thread : .place
        }
        return need ?? .nothing
    }

    /// Whether a thread waits for packets.
    package func hasWaiter(_ name: ObjectName) -> Bool { withLock(name) { record, _ in record.head != 0 } ?? false }

    /// Called, with no lock held, by a thread that has left a pool's port at which packets wait for a thread. Set by the
    /// floor above, before it makes the first such port.
    package nonisolated(unsafe) static var threadIsShort: (@convention(c) (_ pool: UInt64) -> Void)?

    // ---- threads that block

    /// Gives up the calling thread's place at its port, if it has one; returns the port, for `comeBack`.
    @discardableResult
    package func leavePort() -> ObjectName { leavePort(signalbox_thread()) }

    /// Gives up the place of a thread that has been stopped for good, or of the caller.
    func leavePort(_ thread: UnsafeMutablePointer<signalbox_thread>) -> ObjectName {
        let name = ObjectName(bits: thread.pointee.port)
        guard name != .none else { return .none }
        thread.pointee.port = 0
        var pool: UInt64 = 0
        try? Arena.local.change(name) { record, word, wake throws(DispatcherError) in
            let port = record.port
            port.pointee.running -= 1
            Arena.local.serveLocked(record, &word, &wake)
            if port.pointee.head != 0 && port.pointee.running < port.pointee.limit { pool = port.pointee.pool }
        }
        if pool != 0 { Arena.threadIsShort?(pool) }
        return name
    }

    /// Takes the place back, at once: the number of running threads may exceed the limit for a while.
    package func comeBack(to name: ObjectName) {
        guard name != .none else { return }
        let isThere: Void? = Arena.local.withLock(name) { record, _ in record.port.pointee.running += 1 }
        if isThere != nil { signalbox_thread().pointee.port = name.bits }
    }
}
