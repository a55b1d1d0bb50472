import CLinux
import Synchronization
import Testing

@testable import Dispatcher

/// How often a victim has come by. A routine is a C function, and can carry no context but its words.
private let rounds = Atomic<Int>(0)

private func spin() { while true { rounds.add(1, ordering: .relaxed) } }

/// Waits alertably for the object of that name, for ever.
private let waitForIt: @Sendable (ObjectName) -> Void = { name in
    while true { _ = try? Arena.local.block(on: name, until: Deadline.never, alertable: true) }
}

extension DispatcherSuites {
    @Suite("Threads that are stopped where they are", .leavesNoRecord)
    struct StoppingTests {
        let arena = Arena.prepared()

        private struct Start: Sendable {
            let object: ObjectName
            let body: @Sendable (ObjectName) -> Void
            let argument: ObjectName
        }

        /// Starts a thread that can be terminated, and returns its object.
        func start(_ argument: ObjectName, _ body: @escaping @Sendable (ObjectName) -> Void) throws -> ObjectName {
            let object = try arena.makeObject(.thread, manualReset: true)
            #expect(arena.retain(object))
            let start = Unmanaged.passRetained(Box(Start(object: object, body: body, argument: argument))).toOpaque()
            let error = signalbox_start_stoppable_thread(
                0,
                { argument in
                    let start = Unmanaged<Box<Start>>.fromOpaque(argument!).takeRetainedValue().value.withLock { $0 }
                    Threads.adopt(start.object)
                    start.body(start.argument)
                }, start, "victim")
            try #require(error == 0)
            return object
        }

        private func untilItSpins() {
            let seen = rounds.load(ordering: .relaxed)
            #expect(until { rounds.load(ordering: .relaxed) > seen + 1000 })
        }

        private func end(_ thread: ObjectName, _ code: UInt32) throws {
            try Threads.terminate(thread, code)
            #expect(arena.isSignaled(thread))
            #expect(Threads.exitCode(thread) == code)
            #expect(throws: DispatcherError.hasEnded) { try Threads.terminate(thread, 99) }
            #expect(throws: DispatcherError.hasEnded) { try Threads.suspendAndStop(thread) }
            #expect(Threads.exitCode(thread) == code)
            arena.release(thread)
        }

        @Test("one that spins ends with its mutexes abandoned, and leaves no record")
        func spinning() throws {
            let mutex = try arena.makeMutex()
            let thread = try start(mutex) { mutex in
                _ = try? Arena.local.block(on: mutex, until: Deadline.never)
                spin()
            }
            untilItSpins()
            #expect(arena.mutexState(mutex)?.recursion == 1)
            try end(thread, 7)
            #expect(arena.mutexState(mutex)?.owner == Owner.none)
            #expect(arena.mutexState(mutex)?.isAbandoned == true)
            arena.release(mutex)
        }

        @Test("one that waits leaves its line, and the object goes with its last reference")
        func waiting() throws {
            let event = arena.makeEvent()
            let thread = try start(event, waitForIt)
            #expect(until { arena.object(event.index).head != 0 })
            try end(thread, 8)
            #expect(arena.object(event.index).head == 0)
            arena.release(event)
            #expect(!arena.exists(event))
        }

        @Test("one in a call that has ended its wait lets go what the wait keeps")
        func keeping() throws {
            let event = arena.makeEvent()
            let thread = try start(event, waitForIt)
            #expect(until { arena.object(event.index).head != 0 })
            try Threads.queueAPC(to: thread, { _, _, _ in spin() }, 0)
            untilItSpins()
            arena.release(event)
            #expect(arena.exists(event))  // the wait is not over
            try end(thread, 9)
            #expect(!arena.exists(event))
        }

        @Test("one that is suspended while it waits lets go what the wait keeps, too")
        func suspended() throws {
            let event = arena.makeEvent()
            let thread = try start(event, waitForIt)
            #expect(until { arena.object(event.index).head != 0 })
            #expect(try Threads.suspendAndStop(thread) == 0)
            #expect(arena.object(event.index).head == 0)
            arena.release(event)
            #expect(arena.exists(event))
            try end(thread, 10)
            #expect(!arena.exists(event))
        }

        @Test("one that runs for a port gives up its place")
        func running() throws {
            let port = try arena.makePort(limit: 1)
            let thread = try start(port) { port in
                _ = try? Arena.local.get(port, until: Deadline.never)
                spin()
            }
            try arena.post(port, Packet(key: 1, overlapped: 0, bytes: 0))
            untilItSpins()
            #expect(arena.object(port.index).port.pointee.running == 1)
            try end(thread, 11)
            #expect(arena.object(port.index).port.pointee.running == 0)
            arena.release(port)
        }

        @Test("calls that were queued to it are dropped, and none can be queued any more")
        func calls() throws {
            let thread = try start(.none) { _ in spin() }
            untilItSpins()
            for _ in 0..<3 { try Threads.queueAPC(to: thread, { _, _, _ in }, 0) }
            #expect(arena.retain(thread))
            try end(thread, 12)
            #expect(throws: DispatcherError.hasEnded) { try Threads.queueAPC(to: thread, { _, _, _ in }, 0) }
            arena.release(thread)
        }

        @Test("a suspended thread stands still, and its registers are those of where it is")
        func registers() throws {
            let thread = try start(.none) { _ in spin() }
            untilItSpins()
            #expect(try Threads.suspendAndStop(thread) == 0)
            let seen = rounds.load(ordering: .relaxed)
            let first = try Threads.registers(of: thread)
            #expect(first.rip != 0 && first.rsp != 0)
            let second = try Threads.registers(of: thread)
            #expect(first.rip == second.rip && first.rsp == second.rsp && first.rax == second.rax)
            #expect(rounds.load(ordering: .relaxed) == seen)
            #expect(try Threads.resume(thread) == 1)
            untilItSpins()
            try end(thread, 13)
        }
    }
}
