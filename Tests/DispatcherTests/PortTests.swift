import CLinux
import Synchronization
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    @Suite("Completion ports", .leavesNoRecord)
    struct PortTests {
        let arena = Arena.prepared()

        func packet(_ key: Int) -> Packet { Packet(key: UInt64(key), overlapped: 2, bytes: 3, status: 4) }
        func running(_ port: ObjectName) -> UInt32? {
            arena.withLock(port) { record, _ in record.port.pointee.running }
        }

        /// Has a worker ask for a packet, and log its key; -1 for none, -2 for an error.
        func get(_ port: ObjectName, _ log: Log, until deadline: UInt64 = Deadline.never) -> @Sendable () -> Void {
            { [arena] in
                do { log.add(try arena.get(port, until: deadline).map { Int($0.key) } ?? -1) } catch { log.add(-2) }
            }
        }

        // ---- order

        @Test("packets are taken first in, first out, and as they were posted")
        func packetsInOrder() throws {
            let port = try arena.makePort(limit: 1)
            for key in 0..<5 {
                try arena.post(port, packet(key))
                #expect(arena.queuedPackets(port) == key + 1)
            }
            let taken = onThread { [arena] in
                (0..<6).map { _ in (try? arena.get(port, until: Deadline.now))?.key }
            }
            let posted: [UInt64?] = [0, 1, 2, 3, 4, nil]
            #expect(taken == posted)
            #expect(arena.queuedPackets(port) == 0)
            arena.release(port)
        }

        @Test("waiting threads are served last in, first out")
        func threadsInReverseOrder() throws {
            let port = try arena.makePort(limit: 4)
            let workers = (0..<4).map { _ in Worker() }
            let logs = (0..<4).map { _ in Log() }
            for number in 0..<4 {
                workers[number].start(get(port, logs[number]))
                #expect(until { arena.queueLength(port) == number + 1 })
            }
            for number in (0..<4).reversed() {
                try arena.post(port, packet(number))
                #expect(until { logs[number].entries == [number] })
                #expect(arena.queueLength(port) == number && arena.queuedPackets(port) == 0)
            }
            for worker in workers { #expect(worker.end()) }
            #expect(running(port) == 0)
            arena.release(port)
        }

        // ---- the limit

        /// Of two threads at a port of limit 1, the first has packet 1, packet 2 is queued, and the second waits.
        func withHeldPacket(_ body: (_ port: ObjectName, _ first: Worker, _ second: Worker, _ log: Log) throws -> Void)
            throws
        {
            let port = try arena.makePort(limit: 1)
            let (first, second) = (Worker(), Worker())
            let (firstLog, log) = (Log(), Log())
            try arena.post(port, packet(1))
            #expect(first.run(get(port, firstLog)) && firstLog.entries == [1])
            second.start(get(port, log))
            #expect(until { arena.queueLength(port) == 1 })
            try arena.post(port, packet(2))
            #expect(arena.queuedPackets(port) == 1 && running(port) == 1)
            #expect(!second.isDone && arena.queueLength(port) == 1)
            try body(port, first, second, log)
            #expect(second.end())
            arena.release(port)
        }

        @Test("a thread that comes back over the limit takes the held packet itself")
        func comesBack() throws {
            try withHeldPacket { port, first, second, log in
                let back = Log()
                #expect(first.run(get(port, back)) && back.entries == [2])
                #expect(!second.isDone && running(port) == 1 && arena.queuedPackets(port) == 0)
                #expect(first.end())
                try arena.post(port, packet(3))
                #expect(until { log.entries == [3] })
            }
        }

        @Test("a thread that blocks in a wait gives up its place, and takes it back over the limit")
        func blocks() throws {
            try withHeldPacket { port, first, second, log in
                let gate = arena.makeEvent()
                first.start { [arena] in _ = try? arena.block(on: [gate], until: milliseconds(20_000)) }
                #expect(until { log.entries == [2] && second.isDone })
                #expect(running(port) == 1)
                try arena.setEvent(gate)
                #expect(until { first.isDone })
                #expect(running(port) == 2)
                // Over the limit, a thread that comes back for more must wait.
                try arena.post(port, packet(3))
                #expect(first.run(get(port, log, until: milliseconds(1))))
                #expect(log.entries == [2, -1] && running(port) == 1 && arena.queuedPackets(port) == 1)
                #expect(second.run(get(port, log)))
                #expect(log.entries == [2, -1, 3] && running(port) == 1)
                #expect(first.end())
                arena.release(gate)
            }
        }

        @Test("a wait that is satisfied at once, or only looks, gives up no place")
        func looks() throws {
            try withHeldPacket { port, first, second, log in
                let gate = arena.makeEvent(signaled: true)
                func wait(until deadline: UInt64) -> @Sendable () -> Void {
                    { [arena] in _ = try? arena.block(on: [gate], until: deadline) }
                }
                #expect(first.run(wait(until: Deadline.never)))
                #expect(!arena.isSignaled(gate))
                #expect(first.run(wait(until: Deadline.now)))
                #expect(!second.isDone && running(port) == 1 && arena.queuedPackets(port) == 1)
                #expect(first.end())
                #expect(until { log.entries == [2] })
                arena.release(gate)
            }
        }

        @Test("a thread that ends gives up its place")
        func ends() throws {
            try withHeldPacket { port, first, _, log in
                #expect(first.end())
                #expect(until { log.entries == [2] })
                #expect(running(port) == 1)
            }
        }

        @Test("a thread that moves to another port gives up its place")
        func moves() throws {
            try withHeldPacket { port, first, _, log in
                let other = try arena.makePort(limit: 1)
                try arena.post(other, packet(9))
                let moved = Log()
                #expect(first.run(get(other, moved)) && moved.entries == [9])
                #expect(until { log.entries == [2] })
                #expect(running(port) == 1 && running(other) == 1)
                #expect(first.end())
                #expect(running(other) == 0)
                arena.release(other)
            }
        }

        @Test("a thread that comes back in vain gives up its place")
        func comesBackInVain() throws {
            let port = try arena.makePort(limit: 1)
            let (worker, log) = (Worker(), Log())
            try arena.post(port, packet(1))
            #expect(worker.run(get(port, log)) && running(port) == 1)
            #expect(worker.run(get(port, log, until: Deadline.now)) && running(port) == 0)
            #expect(log.entries == [1, -1])
            #expect(worker.end() && running(port) == 0)
            arena.release(port)
        }

        @Test("as many threads run as the limit says", arguments: 1...3)
        func limit(limit: Int) throws {
            let port = try arena.makePort(limit: UInt32(limit))
            let workers = (0..<4).map { _ in Worker() }
            let log = Log()
            for number in 0..<4 {
                workers[number].start(get(port, log))
                #expect(until { arena.queueLength(port) == number + 1 })
            }
            for key in 0..<4 { try arena.post(port, packet(key)) }
            for released in limit...4 {
                #expect(until { log.entries.count == released })
                #expect(arena.queuedPackets(port) == 4 - released && running(port) == UInt32(limit))
                // Whoever is done lets the next one run.
                if released < 4 { #expect(workers.reversed()[released - limit].end()) }
            }
            #expect(log.entries.sorted() == [0, 1, 2, 3])
            for worker in workers.reversed()[(4 - limit)...] { #expect(worker.end()) }
            #expect(running(port) == 0)
            arena.release(port)
        }

        // ---- nothing to take

        @Test("a thread that waits in vain gets nothing, and leaves the queue")
        func timeOut() throws {
            let port = try arena.makePort(limit: 1)
            let start = signalbox_now()
            let taken = onThread { [arena] in try? arena.get(port, until: milliseconds(5)) }
            #expect(taken == .some(nil) && signalbox_now() - start >= 5_000_000)
            #expect(arena.queueLength(port) == 0 && running(port) == 0)
            try arena.post(port, packet(1))
            #expect(arena.queuedPackets(port) == 1)
            arena.release(port)
        }

        @Test("who only looks takes a packet if there is one, and stands in no line")
        func poll() async throws {
            let port = try arena.makePort(limit: 1)
            let none = onThread { [arena] in try? arena.get(port, until: Deadline.now) }
            #expect(none == .some(nil))
            #expect(try await arena.next(port, until: Deadline.now).packet == nil)
            #expect(arena.queueLength(port) == 0)
            try arena.post(port, packet(1))
            try arena.post(port, packet(2))
            let first = onThread { [arena] in try? arena.get(port, until: Deadline.now) }
            #expect(first == .some(packet(1)))
            #expect(try await arena.next(port, until: Deadline.now).packet == packet(2))
            #expect(arena.queuedPackets(port) == 0)
            arena.release(port)
        }

        // ---- tasks

        @Test("a task takes a queued packet at once")
        func taskAtOnce() async throws {
            let port = try arena.makePort(limit: 1)
            try arena.post(port, packet(1))
            let taken = try await arena.next(port, until: Deadline.never)
            #expect(taken.packet == packet(1) && !taken.wasCancelled)
            #expect(arena.queuedPackets(port) == 0)
            arena.release(port)
        }

        @Test("a suspended task is handed a packet")
        func taskSuspended() async throws {
            let port = try arena.makePort(limit: 1)
            let task = Task.detached { [arena] in try await arena.next(port, until: milliseconds(20_000)) }
            #expect(await eventually { arena.queueLength(port) == 1 })
            try arena.post(port, packet(1))
            let taken = try await task.value
            #expect(taken.packet == packet(1) && !taken.wasCancelled)
            #expect(arena.queuedPackets(port) == 0 && Deadlines.monotonic.count == 0)
            arena.release(port)
        }

        @Test("tasks are not counted: one is handed the packet that a thread must wait for")
        func taskBeyondLimit() async throws {
            let port = try arena.makePort(limit: 1)
            let (first, second, log) = (Worker(), Worker(), Log())
            try arena.post(port, packet(1))
            first.start(get(port, log))
            #expect(await eventually { log.entries == [1] })
            let task = Task.detached { [arena] in try await arena.next(port, until: Deadline.never) }
            #expect(await eventually { arena.queueLength(port) == 1 })
            second.start(get(port, log))
            #expect(await eventually { arena.queueLength(port) == 2 })
            try arena.post(port, packet(2))
            #expect(try await task.value.packet == packet(2))
            #expect(running(port) == 1 && arena.queueLength(port) == 1)
            #expect(first.end())
            try arena.post(port, packet(3))
            #expect(second.end() && log.entries == [1, 3])
            arena.release(port)
        }

        @Test("a task's time-out gives nothing, and is no cancellation")
        func taskTimeOut() async throws {
            let port = try arena.makePort(limit: 1)
            let taken = try await arena.next(port, until: milliseconds(5))
            #expect(taken.packet == nil && !taken.wasCancelled)
            #expect(arena.queueLength(port) == 0 && Deadlines.monotonic.count == 0)
            arena.release(port)
        }

        @Test("a time-out that comes while the task gets in line is no cancellation either")
        func taskTimeOutWhileLinking() async throws {
            let port = try arena.makePort(limit: 1)
            // A point that is over: the timer's thread claims the wait before or after it is published.
            for _ in 0..<5_000 {
                let taken = try await arena.next(port, until: 1)
                #expect(taken.packet == nil && !taken.wasCancelled)
                if taken.wasCancelled { break }
            }
            arena.release(port)
        }

        @Test("cancellation ends a task's wait, and no packet is lost")
        func taskCancelled() async throws {
            let port = try arena.makePort(limit: 1)
            let task = Task.detached { [arena] in try await arena.next(port, until: milliseconds(20_000)) }
            #expect(await eventually { arena.queueLength(port) == 1 })
            task.cancel()
            let taken = try await task.value
            #expect(taken.packet == nil && taken.wasCancelled)
            #expect(arena.queueLength(port) == 0 && Deadlines.monotonic.count == 0)
            try arena.post(port, packet(1))
            #expect(arena.queuedPackets(port) == 1)
            arena.release(port)
        }

        @Test("a cancelled task does not suspend, but takes a packet that is there")
        func taskCancelledBefore() async throws {
            let port = try arena.makePort(limit: 1)
            let task = Task.detached { [arena, packet] in
                withUnsafeCurrentTask { $0?.cancel() }
                let none = try await arena.next(port, until: Deadline.never)
                try arena.post(port, packet(1))
                return (none, try await arena.next(port, until: Deadline.never))
            }
            let (none, one) = try await task.value
            #expect(none.packet == nil && none.wasCancelled)
            #expect(one.packet == packet(1) && !one.wasCancelled)
            #expect(arena.queueLength(port) == 0 && arena.queuedPackets(port) == 0)
            arena.release(port)
        }

        // ---- closing

        @Test("closing releases threads and tasks that wait")
        func closeReleases() async throws {
            let port = try arena.makePort(limit: 1)
            let workers = (0..<3).map { _ in Worker() }
            let log = Log()
            for worker in workers { worker.start(get(port, log)) }
            let tasks = (0..<3).map { _ in
                Task.detached { [arena] in
                    do throws(DispatcherError) {
                        _ = try await arena.next(port, until: milliseconds(20_000))
                        return nil as DispatcherError?
                    } catch {
                        return error
                    }
                }
            }
            #expect(await eventually { arena.queueLength(port) == 6 })
            arena.closePort(port)
            for task in tasks { #expect(await task.value == .noSuchObject(0)) }
            for worker in workers { #expect(worker.end()) }
            #expect(log.entries == [-2, -2, -2])
            #expect(arena.queueLength(port) == 0 && Deadlines.monotonic.count == 0)
            arena.release(port)
        }

        @Test("closing drops the packets that are queued")
        func closeDrops() throws {
            let port = try arena.makePort(limit: 1)
            let before = arena.liveRecords.packets
            for key in 0..<10 { try arena.post(port, packet(key)) }
            #if DEBUG
                #expect(arena.liveRecords.packets == before + 10)
            #endif
            arena.closePort(port)
            #expect(arena.liveRecords.packets == before)
            #expect(arena.queuedPackets(port) == 0)
            arena.release(port)
        }

        @Test("the last reference drops the packets that are queued")
        func releaseDrops() throws {
            let port = try arena.makePort(limit: 1)
            let before = arena.liveRecords.packets
            for key in 0..<10 { try arena.post(port, packet(key)) }
            arena.release(port)
            #expect(!arena.exists(port) && arena.queuedPackets(port) == nil)
            #expect(arena.liveRecords.packets == before)
        }

        @Test("a closed port takes no packet and gives none")
        func closed() async throws {
            let port = try arena.makePort(limit: 1)
            arena.closePort(port)
            try await refuses(port, .noSuchObject(0))
            arena.release(port)
            try await refuses(port, .noSuchObject(0))
        }

        @Test("an object that is no port takes no packet and gives none")
        func wrongKind() async throws {
            let event = arena.makeEvent()
            try await refuses(event, .wrongKind)
            #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0)
            arena.release(event)
        }

        func refuses(_ name: ObjectName, _ error: DispatcherError) async throws {
            #expect(throws: error) { try arena.post(name, packet(1)) }
            for deadline in [Deadline.now, Deadline.never] {
                let refused = onThread { [arena] in
                    do throws(DispatcherError) {
                        _ = try arena.get(name, until: deadline)
                        return nil as DispatcherError?
                    } catch {
                        return error
                    }
                }
                #expect(refused == error)
                await #expect(throws: error) { _ = try await arena.next(name, until: deadline) }
            }
        }

        // ---- many

        @Test("four that post and four that take lose and double nothing", arguments: [0, 2, 4])
        func stress(tasks: Int) async throws {
            let (producers, each) = (4, Scale.rounds(20_000) / 4)
            let port = try arena.makePort(limit: 2)
            let total = Counter()
            let watchdog = Watchdog("port stress") { total.value }
            let takes = (0..<4).map { _ in Box<[UInt64]>([]) }
            let takingThreads = (tasks..<4).map { number in
                TestThread { [arena] in
                    while let packet = try? arena.get(port, until: Deadline.never) {
                        takes[number].value.withLock { $0.append(packet.key) }
                        total.add()
                    }
                }
            }
            let takingTasks = (0..<tasks).map { number in
                Task.detached { [arena] in
                    while let packet = try? await arena.next(port, until: Deadline.never).packet {
                        takes[number].value.withLock { $0.append(packet.key) }
                        total.add()
                    }
                }
            }
            let posting = (0..<producers).map { producer in
                TestThread { [arena, packet] in
                    for number in 0..<each { try! arena.post(port, packet(producer * each + number)) }
                }
            }
            for thread in posting { await thread.joined() }
            while total.value < producers * each { try await Task.sleep(nanoseconds: 1_000_000) }
            arena.closePort(port)
            for thread in takingThreads { await thread.joined() }
            for task in takingTasks { await task.value }
            await watchdog.end()
            let taken: [[UInt64]] = takes.map { take in take.value.withLock { $0 } }
            let posted = Array(0..<UInt64(producers * each))
            #expect(taken.flatMap { $0 }.sorted() == posted)
            // Each thread saw the packets of one producer in the order in which they were posted.
            for keys in taken {
                for producer in 0..<producers {
                    let own = keys.filter { Int($0) / each == producer }
                    #expect(own == own.sorted())
                }
            }
            #expect(running(port) == 0 && arena.queuedPackets(port) == 0)
            arena.release(port)
        }
    }
}
