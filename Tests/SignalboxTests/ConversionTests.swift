import Dispatcher
import Signalbox
import TestSupport
import Testing

@Suite("Names, handles and sequences", .serialized, .alone, .timeLimit(.minutes(2)))
struct ConversionTests {
    func close(_ handle: UnsafeMutableRawPointer) throws { try HandleTable.close(UInt(bitPattern: handle)) }

    @Test("an actor and a handle keep the object, each by itself")
    func handles() async throws {
        var event: EventObject? = EventObject(.manual)
        let object = event!.object
        let handle = try event!.makeHandle()
        event!.set()
        event = nil
        #expect(Arena.local.exists(object))
        event = try EventObject.open(handle: handle)
        try close(handle)
        #expect(throws: HandleError.invalid) { try EventObject.open(handle: handle) }
        #expect(event!.object == object)
        try await event!.wait()
        event = nil
        #expect(!Arena.local.exists(object))
    }

    @Test("each kind of actor is made for handles of its kind alone")
    func kinds() throws {
        let (mutex, semaphore, timer) = (MutexObject(), SemaphoreObject(count: 1), TimerObject())
        let handles = [try mutex.makeHandle(), try semaphore.makeHandle(), try timer.makeHandle()]
        #expect(try MutexObject.open(handle: handles[0]).object == mutex.object)
        #expect(try SemaphoreObject.open(handle: handles[1]).object == semaphore.object)
        #expect(try TimerObject.open(handle: handles[2]).object == timer.object)
        #expect(throws: HandleError.wrongKind) { try TimerObject.open(handle: handles[0]) }
        #expect(throws: HandleError.wrongKind) { try MutexObject.open(handle: handles[1]) }
        #expect(throws: HandleError.wrongKind) { try PortObject.open(handle: handles[2]) }
        for handle in handles { try close(handle) }
    }

    @Test("a port is closed with its last handle or actor, and not before")
    func port() async throws {
        var port: PortObject? = PortObject()
        let handle = try port!.makeHandle()
        let other = try PortObject.open(handle: handle)
        port = nil
        try other.post(PortObject.Packet(key: 1))
        #expect(try await other.next()?.key == 1)
        try close(handle)
        try other.post(PortObject.Packet(key: 2))
        #expect(try await other.next()?.key == 2)
    }

    @Test("objects of one name are one object, of one kind, for as long as anyone keeps it")
    func names() async throws {
        var first: EventObject? = try EventObject(named: "ready", .manual)
        let second = try EventObject(named: "Local\\ready")
        #expect(first!.object == second.object && second.name == "ready")
        first!.set()
        first = nil
        try await second.wait()
        #expect(try EventObject.open("ready").object == second.object)
        #expect(throws: ObjectNameError.otherKind("ready")) { try MutexObject(named: "ready") }
        #expect(throws: ObjectNameError.notFound("Ready")) { try EventObject.open("Ready") }
        let global = try MutexObject(named: "Global\\ready")
        #expect(global.name == "Global\\ready" && EventObject().name == nil)
        let semaphore = try SemaphoreObject(named: "places", count: 2)
        #expect(try SemaphoreObject(named: "places", count: 7).count == 2)
        #expect(try TimerObject(named: "tick").name == "tick" && semaphore.name == "places")
    }

    @Test("a name whose object is gone is free again", arguments: [1, 200])
    func freed(count: Int) throws {
        for number in 0..<count { _ = try EventObject(named: "once \(number)") }
        #expect(throws: ObjectNameError.notFound("once 0")) { try EventObject.open("once 0") }
        let mutex = try MutexObject(named: "once 0")
        #expect(mutex.name == "once 0")
    }

    @Test("names that are none are refused", arguments: ["", "a\\b", "Local\\", "Global\\a\\b"])
    func invalid(name: String) {
        #expect(throws: ObjectNameError.invalid(name)) { try EventObject(named: name) }
    }

    @Test("a name has at most 260 characters")
    func long() throws {
        _ = try EventObject(named: String(repeating: "x", count: 260))
        let name = String(repeating: "x", count: 261)
        #expect(throws: ObjectNameError.tooLong(name)) { try EventObject(named: name) }
    }

    @Test("the signals of an event and the packets of a port come as sequences, which end when they must")
    func sequences() async throws {
        let (event, port) = (EventObject(), PortObject())
        let signals = Task {
            var count = 0
            for await _ in event.signals {
                count += 1
                if count == 3 { break }
            }
            return count
        }
        let left = Shared(3)
        while left.withLock({ $0 }) > 0 {
            #expect(await eventually { isAwaited(event.object) })
            event.set()
            left.withLock { $0 -= 1 }
        }
        #expect(await signals.value == 3)
        for key in 1...3 as ClosedRange<UInt> { try port.post(PortObject.Packet(key: key)) }
        let packets = Task {
            var keys: [UInt] = []
            for await packet in port.packets { keys.append(packet.key) }
            return keys
        }
        #expect(await eventually { isAwaited(port.object) })
        port.close()
        #expect(await packets.value == [1, 2, 3])
        let cancelled = Task { for await _ in event.signals {} }
        #expect(await eventually { isAwaited(event.object) })
        cancelled.cancel()
        await cancelled.value
        #expect(!isAwaited(event.object))
    }

    @Test("a wait ends at a deadline of either clock")
    func deadlines() async throws {
        let event = EventObject()
        #expect(try await !event.wait(until: SuspendingClock.now + .milliseconds(1)))
        #expect(try await !event.wait(until: ContinuousClock.now + .milliseconds(1)))
        #expect(try await !event.wait(until: ContinuousClock.now - .seconds(1)))
        event.set()
        #expect(try await event.wait(until: ContinuousClock.now - .seconds(1)))
    }

    @Test("a pulse releases who stands in line, and leaves the event reset")
    func pulse() async throws {
        let event = EventObject(.manual)
        let task = Task { try await event.wait() }
        #expect(await eventually { isAwaited(event.object) })
        event.pulse()
        try await task.value
        #expect(!isSignaled(event.object))
    }
}
