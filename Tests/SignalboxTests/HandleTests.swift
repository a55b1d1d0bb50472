import Dispatcher
import Synchronization
import TestSupport
import Testing

@testable import Signalbox

@Suite("Handles", .serialized, .alone, .timeLimit(.minutes(3)))
struct HandleTests {
    private func makeEvent(_ access: Access? = nil) throws -> UInt {
        try #require(HandleTable.insert(Arena.prepared().makeObject(.event), access))
    }

    /// All rights of an event's handle that its slot has.
    private let all: HandleTable.Rights = [.synchronize, .modify]

    private func expectInvalid(_ handle: UInt, _ comment: Comment? = nil, _ place: SourceLocation = #_sourceLocation) {
        #expect(throws: HandleError.invalid, comment, sourceLocation: place) { try HandleTable.name(handle, []) }
    }

    @Test("a handle is a multiple of 4, fits 31 bits, and is not 0")
    func shape() throws {
        for _ in 0..<5_000 {
            let handle = try makeEvent()
            #expect(handle % 4 == 0 && handle != 0 && handle < 1 << 31)
            try HandleTable.close(handle)
        }
    }

    @Test("the low two bits are ignored")
    func lowBits() throws {
        let handle = try makeEvent()
        let name = try HandleTable.name(handle, all)
        for bits: UInt in 1...3 { #expect(try HandleTable.name(handle | bits, all) == name) }
        try HandleTable.close(handle | 3)
        expectInvalid(handle)
    }

    @Test(
        "what is no handle is refused", arguments: [0, 1, 3, 0x7FFF_FFFC, 0x8000_0000, UInt.max, UInt.max - 1, 1 << 40])
    func noHandle(value: UInt) throws {
        expectInvalid(value)
        #expect(throws: HandleError.invalid) { try HandleTable.close(value) }
        #expect(throws: HandleError.invalid) { try HandleTable.duplicate(value) }
        #expect(throws: HandleError.invalid) { try HandleTable.rights(of: value) }
    }

    @Test("a valid handle with higher bits set is another value, and refused")
    func highBits() throws {
        let handle = try makeEvent()
        for bit in 31..<64 { expectInvalid(handle | 1 << bit, "bit \(bit)") }
        try HandleTable.close(handle)
    }

    @Test("a closed handle is refused everywhere")
    func closed() throws {
        let handle = try makeEvent()
        try HandleTable.close(handle)
        expectInvalid(handle)
        #expect(throws: HandleError.invalid) { try HandleTable.close(handle) }
        #expect(throws: HandleError.invalid) { try HandleTable.duplicate(handle) }
        #expect(throws: HandleError.invalid) { try HandleTable.rights(of: handle) }
    }

    @Test("a thousand handles made and closed one after the other have different values")
    func notReusedSoon() throws {
        var values: Set<UInt> = []
        for _ in 0..<1_000 {
            let handle = try makeEvent()
            try HandleTable.close(handle)
            values.insert(handle)
        }
        #expect(values.count == 1_000)
    }

    @Test("a value comes back only after half a million others")
    func reuse() throws {
        let object = try Arena.prepared().makeObject(.event)
        let first = try #require(HandleTable.insert(object))
        let other = try HandleTable.duplicate(first)
        try HandleTable.close(first)
        var rounds = 0
        while rounds < 500_000 {
            let handle = try HandleTable.duplicate(other)
            try HandleTable.close(handle)
            rounds += 1
            if handle == first { break }
        }
        #expect(rounds == 500_000, "the value of a closed handle was given out again after \(rounds) others")
        try HandleTable.close(other)
    }

    @Test("the object lives as long as one handle to it, and no longer")
    func lifetime() throws {
        let handle = try makeEvent()
        let name = try HandleTable.name(handle, [])
        let other = try HandleTable.duplicate(handle)
        #expect(other != handle)
        #expect(try HandleTable.name(other, []) == name)
        try HandleTable.close(handle)
        #expect(Arena.local.exists(name))
        try HandleTable.close(other)
        #expect(!Arena.local.exists(name))
    }

    @Test("a mutex whose owner closes its last handle is gone, and the owner has its others still")
    func ownedMutex() throws {
        let owner = try Threads.owner()
        let handles = try (0..<3).map { _ in
            try #require(HandleTable.insert(Arena.prepared().makeMutex(owner: owner, handles: 1), isCounted: true))
        }
        let names = try handles.map { try HandleTable.name($0, []) }
        try HandleTable.close(handles[1])
        #expect(!Arena.local.exists(names[1]))
        for name in [names[2], names[0]] {
            #expect(Arena.local.mutexState(name)?.owner == owner)
            try Arena.local.releaseMutex(name, owner: owner)
            #expect(Arena.local.mutexState(name)?.owner == Owner.none)
        }
        try HandleTable.close(handles[0])
        try HandleTable.close(handles[2])
    }

    @Test("closing the last handle during a wait does not end the wait")
    func closeDuringWait() async throws {
        let event = EventObject()
        #expect(Arena.local.retain(event.object))
        let handle = try #require(HandleTable.insert(event.object))
        let task = Task { try await event.wait() }
        #expect(await eventually { isAwaited(event.object) })
        try HandleTable.close(handle)
        #expect(isAwaited(event.object))
        event.set()
        try await task.value
    }

    @Test("a handle without a right is refused for what takes it, with accessDenied")
    func rights() throws {
        let handle = try makeEvent(.synchronize)
        _ = try HandleTable.name(handle, [])
        _ = try HandleTable.name(handle, .synchronize)
        #expect(throws: HandleError.accessDenied) { try HandleTable.name(handle, .modify) }
        #expect(throws: HandleError.accessDenied) { try HandleTable.name(handle, all) }
        #expect(try HandleTable.rights(of: handle) == .synchronize)
        #expect(HandleTable.access(handle) == 0x10_0000)
        try HandleTable.close(handle)
    }

    @Test("a duplicate has the rights of its source, or those that were asked for")
    func duplicateRights() throws {
        let handle = try makeEvent(.modifyState)
        let same = try HandleTable.duplicate(handle)
        #expect(try HandleTable.rights(of: same) == .modify)
        let other = try HandleTable.duplicate(handle, .synchronize)
        #expect(try HandleTable.rights(of: other) == .synchronize)
        for handle in [handle, same, other] { try HandleTable.close(handle) }
    }

    @Test("the last close of a port's handles releases whoever waits for a packet; the close before does not")
    func lastCloseOfAPort() async throws {
        let handle = try #require(HandleTable.insert(Arena.prepared().makePort(limit: 1)))
        let other = try HandleTable.duplicate(handle)
        let name = try HandleTable.name(handle, [])
        let task = Task { try await Arena.local.next(name, until: Deadline.never) }
        #expect(await eventually { isAwaited(name) })
        try HandleTable.close(handle)
        #expect(isAwaited(name))
        try HandleTable.close(other)
        await #expect(throws: DispatcherError.noSuchObject(0)) { try await task.value }
        #expect(!Arena.local.exists(name))
    }

    @Test("the count is that of the handles that are open")
    func count() throws {
        let before = HandleTable.count
        let handles = try (0..<100).map { _ in try makeEvent() }
        #expect(HandleTable.count == before + 100)
        for handle in handles { try HandleTable.close(handle) }
        #expect(HandleTable.count == before)
    }

    @Test("a thread that ends gives back the slots that it had at hand")
    func threadEnd() async throws {
        let before = HandleTable.count
        let shared = try makeEvent()
        for _ in 0..<200 {
            let thread = try ThreadObject {
                for _ in 0..<100 {
                    if let handle = try? HandleTable.duplicate(shared) { try? HandleTable.close(handle) }
                }
            }
            try await thread.wait()
        }
        #expect(HandleTable.count == before + 1)
        try HandleTable.close(shared)
        let fresh = try (0..<2_000).map { _ in try makeEvent() }
        // Were the slots of the ended threads lost, only slots that were never used could be left.
        #expect(fresh.contains { $0 >> 22 != 0 })
        for handle in fresh { try HandleTable.close(handle) }
        #expect(HandleTable.count == before)
    }

    @Test("the count is right while slots lie at hand of several threads")
    func countAcrossThreads() async throws {
        let before = HandleTable.count
        let made = Guarded<[UInt]>([])
        let makers = try (0..<4).map { _ in
            try ThreadObject {
                for _ in 0..<300 {
                    guard let name = try? Arena.local.makeObject(.event), let handle = HandleTable.insert(name) else {
                        return
                    }
                    made.withLock { $0.append(handle) }
                }
            }
        }
        #expect(try await waitAll(makers) == .satisfied(0))
        #expect(HandleTable.count == before + 1_200)
        // Closed by others than who made them.
        let closers = try (0..<3).map { _ in
            try ThreadObject {
                while let handle = made.withLock({ $0.popLast() }) { try? HandleTable.close(handle) }
            }
        }
        #expect(try await waitAll(closers) == .satisfied(0))
        #expect(HandleTable.count == before)
    }

    @Test("a million handles are the limit; the next is refused, and nothing is lost")
    func tooMany() throws {
        let first = try makeEvent()
        let name = try HandleTable.name(first, [])
        var handles = [first]
        handles.reserveCapacity(1 << 20)
        #expect(throws: HandleError.tooMany) {
            while true { handles.append(try HandleTable.duplicate(first)) }
        }
        // Other threads have some slots at hand.
        let atHand = Census.threadNames().count * 128
        #expect(HandleTable.count < 1 << 20 && HandleTable.count > (1 << 20) - 1 - atHand)
        try HandleTable.close(handles.removeLast())
        handles.append(try HandleTable.duplicate(first))
        for handle in handles { try HandleTable.close(handle) }
        #expect(!Arena.local.exists(name))
    }

    @Test("a duplicate that was made while its source was being closed is a whole handle, or was refused")
    func duplicateAgainstClose() async throws {
        for round in 0..<5_000 {
            let handle = try #require(HandleTable.insert(Arena.prepared().makePort(limit: 1)))
            let name = try HandleTable.name(handle, [])
            let start = Atomic(0)
            async let duplicated = together(start) { try? HandleTable.duplicate(handle) }
            together(start) { try? HandleTable.close(handle) }
            guard let made = await duplicated else {
                #expect(!Arena.local.exists(name), "round \(round): nobody has a handle, and yet there is the port")
                continue
            }
            #expect(throws: Never.self, "round \(round): the port was closed under an open handle") {
                try Arena.local.post(name, Packet(key: 1, overlapped: 0, bytes: 0))
            }
            try HandleTable.close(made)
            #expect(!Arena.local.exists(name))
        }
    }

    @Test("eight threads make, duplicate, look up and close handles, and none is lost or found twice")
    func hammer() async throws {
        let before = HandleTable.count
        let wrong = Log<String>()
        let shared = try makeEvent()
        let sharedName = try HandleTable.name(shared, [])
        let seed = SeededGenerator().seed
        let threads = try (0..<8).map { number in
            try ThreadObject {
                var generator = SeededGenerator(seed: seed + UInt64(number))
                var mine: [(handle: UInt, name: ObjectName)] = []
                for _ in 0..<10_000 {
                    switch UInt8.random(in: 0..<5, using: &generator) {
                    case 0:
                        guard let name = try? Arena.local.makeObject(.event), let handle = HandleTable.insert(name)
                        else {
                            wrong.add("no handle")
                            continue
                        }
                        mine.append((handle, name))
                    case 1:
                        guard let (source, name) = mine.randomElement(using: &generator) else { continue }
                        guard let handle = try? HandleTable.duplicate(source) else {
                            wrong.add("an own handle could not be duplicated")
                            continue
                        }
                        mine.append((handle, name))
                    case 2:
                        guard !mine.isEmpty else { continue }
                        let (handle, _) = mine.remove(at: Int.random(in: mine.indices, using: &generator))
                        if (try? HandleTable.close(handle)) == nil { wrong.add("an own handle could not be closed") }
                        if (try? HandleTable.name(handle, [])) != nil { wrong.add("a closed handle was found") }
                    case 3:
                        if (try? HandleTable.name(shared, all)) != sharedName {
                            wrong.add("the shared handle was not found")
                        }
                        if let handle = try? HandleTable.duplicate(shared) { try? HandleTable.close(handle) }
                    default:
                        guard let (handle, name) = mine.randomElement(using: &generator) else { continue }
                        if (try? HandleTable.name(handle, all)) != name { wrong.add("a handle named another object") }
                    }
                }
                for (handle, _) in mine { try? HandleTable.close(handle) }
            }
        }
        #expect(try await waitAll(threads) == .satisfied(0))
        #expect(wrong.entries.isEmpty, "seed \(seed)")
        try HandleTable.close(shared)
        #expect(HandleTable.count == before)
    }
}

/// Runs the body when two callers are here.
private func together<R>(_ start: borrowing Atomic<Int>, _ body: () -> R) -> R {
    start.wrappingAdd(1, ordering: .acquiringAndReleasing)
    // The other may not have a thread yet: after a while, go alone.
    var rounds = 0
    while start.load(ordering: .acquiring) < 2 && rounds < 100_000 { rounds += 1 }
    return body()
}
