import CLinux
import Synchronization
import Testing

@testable import Dispatcher

/// What was told of one wait.
private final class Told: Sendable {
    let ends = Atomic(0)
    let timeouts = Atomic(0)
    let last = Box<RegisteredWait?>(nil)

    private static let installed: Void = {
        Arena.waitEnded = { context, waiter, number, timedOut in
            let told = Unmanaged<Told>.fromOpaque(UnsafeRawPointer(bitPattern: context)!).takeUnretainedValue()
            told.last.value.withLock { $0 = RegisteredWait(waiter: waiter, number: number) }
            if timedOut { told.timeouts.wrappingAdd(1, ordering: .relaxed) }
            told.ends.wrappingAdd(1, ordering: .releasing)
        }
    }()

    init() { Told.installed }

    var context: UInt { UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }
    var count: Int { ends.load(ordering: .acquiring) }
    var timedOut: Int { timeouts.load(ordering: .relaxed) }

    func register(_ object: ObjectName, _ limit: WaitLimit = .never) throws -> Arena.Registration {
        try Arena.local.register(on: object, until: limit, context: context)
    }
    func waiting(_ object: ObjectName, _ limit: WaitLimit = .never) throws -> RegisteredWait {
        guard case .waiting(let wait) = try register(object, limit) else {
            Issue.record("the wait has ended at once")
            throw DispatcherError.wrongKind
        }
        return wait
    }
}

extension DispatcherSuites {
    @Suite("Registered waits", .leavesNoRecord)
    struct RegisteredWaitTests {
        let arena = Arena.prepared()

        @Test("who signals the object tells the wait's end, once; it takes what waits take", arguments: [false, true])
        func signal(manualReset: Bool) throws {
            let event = try arena.makeObject(.event, manualReset: manualReset)
            let told = Told()
            let wait = try told.waiting(event)
            #expect(told.count == 0)
            try arena.setEvent(event)
            #expect(told.count == 1 && told.timedOut == 0)
            #expect(told.last.value.withLock { $0 } == wait)
            #expect(arena.isSignaled(event) == manualReset)
            #expect(arena.cancel(wait) == nil)
            try arena.setEvent(event)
            #expect(told.count == 1)
            arena.release(event)
        }

        @Test("an object that is signaled already ends the wait at once, and nobody is told")
        func atOnce() throws {
            let event = try arena.makeObject(.event, signaled: true)
            let told = Told()
            #expect(try told.register(event, .monotonic(0)) == .ended(timedOut: false))
            #expect(!arena.isSignaled(event) && told.count == 0)
            arena.release(event)
        }

        @Test("a wait that is cancelled takes nothing, and nobody is told")
        func cancel() throws {
            let event = try arena.makeObject(.event)
            let told = Told()
            let wait = try told.waiting(event, .monotonic(Deadline.after(nanoseconds: 3_600_000_000_000)))
            #expect(Deadlines.monotonic.count == 1)
            #expect(arena.cancel(wait) == told.context)
            #expect(Deadlines.monotonic.count == 0)
            #expect(arena.cancel(wait) == nil)
            try arena.setEvent(event)
            #expect(arena.isSignaled(event) && told.count == 0)
            arena.release(event)
        }

        @Test("a wait times out by either clock, for an object or for none", arguments: [false, true], [false, true])
        func timeout(isRealtime: Bool, hasObject: Bool) throws {
            let event = try arena.makeObject(.event)
            let told = Told()
            let limit: WaitLimit =
                isRealtime
                ? .realtime(signalbox_realtime() + 5_000_000) : .monotonic(Deadline.after(nanoseconds: 5_000_000))
            let wait = try told.waiting(hasObject ? event : .none, limit)
            #expect(until { told.count == 1 })
            #expect(told.timedOut == 1)
            #expect(told.last.value.withLock { $0 } == wait)
            try arena.setEvent(event)
            #expect(arena.isSignaled(event) && told.count == 1)
            arena.release(event)
        }

        @Test("waits of threads and registered waits stand in one line")
        func line() throws {
            let semaphore = try arena.makeSemaphore(count: 0, maximum: 10)
            let (first, second) = (Told(), Told())
            _ = try first.waiting(semaphore)
            _ = try second.waiting(semaphore)
            _ = try arena.releaseSemaphore(semaphore)
            #expect(first.count == 1 && second.count == 0)
            _ = try arena.releaseSemaphore(semaphore, count: 2)
            #expect(second.count == 1 && arena.isSignaled(semaphore))
            arena.release(semaphore)
        }

        @Test("an object lives while a wait is registered for it")
        func lives() throws {
            let event = try arena.makeObject(.event)
            let told = Told()
            let wait = try told.waiting(event)
            arena.release(event)
            #expect(arena.exists(event))
            try arena.setEvent(event)
            #expect(told.count == 1 && !arena.exists(event) && arena.cancel(wait) == nil)
        }

        @Test("mutexes, ports and what is gone are refused")
        func refused() throws {
            let told = Told()
            let (mutex, port) = (try arena.makeMutex(), try arena.makePort(limit: 1))
            let gone = try arena.makeObject(.event)
            arena.release(gone)
            #expect(throws: DispatcherError.needsOwner) { try told.register(mutex) }
            #expect(throws: DispatcherError.wrongKind) { try told.register(port) }
            #expect(throws: DispatcherError.noSuchObject(0)) { try told.register(gone) }
            #expect(told.count == 0)
            arena.release(mutex)
            arena.release(port)
        }

        @Test("of a signal, a time-out and a cancellation one ends the wait")
        func race() throws {
            let arena = self.arena
            let rounds = 10_000
            let event = try arena.makeObject(.event)
            let told = Told()
            let go = Box(0)
            var timeoutsSeen = 0
            let signaller = TestThread { [event] in
                for round in 1...rounds {
                    while go.value.withLock({ $0 }) < round { signalbox_pause() }
                    try? arena.setEvent(event)
                }
            }
            for round in 1...rounds {
                let before = told.count
                let limit: WaitLimit = round % 4 == 0 ? .monotonic(Deadline.after(nanoseconds: 20_000)) : .never
                let made = try told.register(event, limit)
                go.value.withLock { $0 = round }
                for _ in 0..<(round % 64) { signalbox_pause() }
                var isLeft = true  // a signal that did not end the wait
                switch made {
                case .ended(let timedOut): #expect(timedOut)  // before it stood in line: nobody had signaled the event
                case .waiting(let wait):
                    let wasCancelled = arena.cancel(wait) != nil
                    let isTold = wasCancelled || until { told.count == before + 1 }
                    #expect(isTold && told.count == before + (wasCancelled ? 0 : 1))
                    isLeft = wasCancelled || told.timedOut > timeoutsSeen
                    timeoutsSeen = told.timedOut
                }
                if isLeft {
                    #expect(until { arena.tryWait(event, .none) })
                }
                #expect(!arena.isSignaled(event))
            }
            #expect(signaller.join())
            arena.release(event)
        }
    }
}
