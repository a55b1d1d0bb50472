import Glibc
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    @Suite("Records and names", .leavesNoRecord)
    struct RecordTests {
        /// A small arena of its own; `body` must give back every record.
        func withArena(records: Int, _ body: (Arena) throws -> Void) rethrows {
            let size = (records + 4) * 64  // the header takes four
            let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            defer { memory.deallocate() }
            let arena = Arena(formatting: memory, size: size, shared: false)
            try body(arena)
            #expect(arena.liveRecords == (0, 0, 0, 0))
        }

        @Test("an arena that is full makes no object, and makes one again when one was given up")
        func fullOfObjects() throws {
            try withArena(records: 3) { arena in
                var events = (0..<3).map { _ in arena.makeEvent() }
                for _ in 0..<3 {
                    #expect(throws: DispatcherError.outOfRecords) { try arena.makeObject(.event) }
                }
                arena.release(events.removeLast())
                events.append(try arena.makeObject(.event))
                #expect(Set(events.map(\.index)).count == 3)
                events.forEach { arena.release($0) }
            }
        }

        @Test("records that one thread makes and another gives up serve both, and none is two objects' at once")
        func betweenThreads() async {
            let arena = Arena.prepared()
            let (live, handed, doubled) = (Box(Set<UInt32>()), Box([[ObjectName]]()), Counter())
            let (waves, wave) = (200, 100)
            let makers = (0..<2).map { _ in
                TestThread {
                    _ = try! Threads.owner()  // only a thread that is known keeps free records
                    for _ in 0..<waves {
                        let events = (0..<wave).map { _ in arena.makeEvent() }
                        live.value.withLock { live in
                            for event in events where !live.insert(event.index).inserted { doubled.add() }
                        }
                        handed.value.withLock { $0.append(events) }
                    }
                }
            }
            let takers = (0..<2).map { _ in
                TestThread {
                    _ = try! Threads.owner()
                    for _ in 0..<waves {
                        var events: [ObjectName]?
                        while events == nil {
                            events = handed.value.withLock { $0.popLast() }
                            if events == nil { sched_yield() }
                        }
                        for event in events! {
                            live.value.withLock { _ = $0.remove(event.index) }
                            arena.release(event)
                        }
                    }
                }
            }
            for thread in makers + takers { await thread.joined() }
            #expect(doubled.value == 0)
            #expect(live.value.withLock { $0.isEmpty })
        }

        @Test(
            "a wait for which there is no record takes nothing, and leaves every queue", arguments: 0..<3,
            [false, true])
        func fullForWait(free: Int, all: Bool) {
            // One record is the waiter's own, and each further one is for three more objects.
            withArena(records: 8 + free) { arena in
                let events = (0..<8).map { arena.makeEvent(signaled: all && $0 != 7) }
                #expect(throws: DispatcherError.outOfRecords) {
                    try arena.block(on: events, all: all, until: milliseconds(20_000))
                }
                for event in events.dropLast() { #expect(arena.isSignaled(event) == all) }
                for event in events { #expect(arena.queueLength(event) == 0) }
                events.forEach { arena.release($0) }
            }
        }

        @Test("a packet for which there is no record is not posted")
        func fullForPacket() throws {
            try withArena(records: 2) { arena in
                let port = try arena.makePort(limit: 1)
                try arena.post(port, Packet(key: 1, overlapped: 0, bytes: 0))
                #expect(throws: DispatcherError.outOfRecords) {
                    try arena.post(port, Packet(key: 2, overlapped: 0, bytes: 0))
                }
                #expect(arena.queuedPackets(port) == 1)
                arena.release(port)
            }
        }

        @Test("a record that is used again has another name")
        func reuse() {
            withArena(records: 1) { arena in
                var names: Set<ObjectName> = []
                for _ in 0..<1_000 {
                    let event = arena.makeEvent(signaled: true)
                    #expect(names.insert(event).inserted)
                    arena.release(event)
                    #expect(!arena.exists(event) && !arena.tryWait(event) && arena.kind(of: event) == nil)
                }
            }
        }

        @Test("an object lives until its last reference is given up, and the last handle is told")
        func references() {
            withArena(records: 1) { arena in
                let event = arena.makeEvent()
                arena.becomeHandle(event)
                #expect(arena.retain(event, asHandle: true) && arena.retain(event))
                #expect(!arena.release(event, asHandle: true) && arena.exists(event))
                #expect(arena.release(event, asHandle: true) && arena.exists(event))
                #expect(arena.kind(of: event) == .event)
                #expect(!arena.release(event) && !arena.exists(event))
                #expect(!arena.retain(event) && !arena.release(event))
                #expect(throws: DispatcherError.noSuchObject(0)) { try arena.signalSlowly(event, .event) }
            }
        }

        @Test("the name of nothing finds nothing")
        func none() throws {
            // On a thread of its own: a test that fails here would stand still.
            let found = onThread {
                let arena = Arena.local
                let isFound =
                    arena.exists(.none) || arena.kind(of: .none) != nil || arena.tryWait(.none) || arena.retain(.none)
                    || arena.release(.none) || (try? arena.setEvent(.none)) != nil
                    || (try? arena.resetEvent(.none)) != nil || (try? arena.block(on: [.none], until: 1)) != nil
                    || arena.withLock(.none, { _, _ in }) != nil
                return isFound
            }
            #expect(found == false)
            #expect(throws: DispatcherError.noSuchObject(1)) {
                let event = Arena.local.makeEvent()
                defer { Arena.local.release(event) }
                _ = try Arena.local.block(on: [event, .none], all: true, until: 1)
            }
        }
    }
}
