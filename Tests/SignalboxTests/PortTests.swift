import Dispatcher
import Signalbox
import TestSupport
import Testing

@Suite("Completion ports", .serialized, .alone, .timeLimit(.minutes(2)))
struct PortTests {
    @Test("packets come out in the order they went in, as they were")
    func order() async throws {
        let port = PortObject()
        let packets = (0..<100).map {
            PortObject.Packet(key: UInt($0), bytes: $0 * 2, overlapped: .max, status: .connectionReset)
        }
        for packet in packets { try port.post(packet) }
        for packet in packets { #expect(try await port.next() == packet) }
        #expect(try await port.next(timeout: .zero) == nil)
    }

    @Test("a task that waits is given the packet that is posted")
    func wake() async throws {
        let port = PortObject()
        let task = Task { try await port.next() }
        #expect(await eventually { isAwaited(port.object) })
        try port.post(PortObject.Packet(key: 7))
        #expect(try await task.value == PortObject.Packet(key: 7))
        #expect(!isAwaited(port.object))
    }

    @Test("a wait that times out returns nil, and takes no packet that comes later")
    func timeOut() async throws {
        let port = PortObject()
        #expect(try await port.next(timeout: .milliseconds(2)) == nil)
        #expect(!isAwaited(port.object))
        try port.post(PortObject.Packet(key: 1))
        #expect(try await port.next(timeout: .zero) == PortObject.Packet(key: 1))
    }

    @Test("a time-out that comes before the task is in line is a time-out, not a cancellation")
    func earlyTimeOut() async throws {
        let port = PortObject()
        for _ in 0..<20_000 { #expect(try await port.next(timeout: .nanoseconds(1)) == nil) }
    }

    @Test("cancelling a task that waits ends the wait with CancellationError, and takes no packet")
    func cancellation() async throws {
        let port = PortObject()
        let task = Task { try await port.next() }
        #expect(await eventually { isAwaited(port.object) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!isAwaited(port.object))
        try port.post(PortObject.Packet(key: 1))
        #expect(try await port.next() == PortObject.Packet(key: 1))
    }

    @Test("a packet that races with a cancellation is taken, or left: never both, never neither")
    func packetAgainstCancellation() async throws {
        let port = PortObject()
        for round in 0..<10_000 {
            let task = Task { try await port.next() }
            if round % 2 == 0 { _ = await eventually { isAwaited(port.object) } }
            async let posting: Void = port.post(PortObject.Packet(key: UInt(round)))
            task.cancel()
            try await posting
            let packet = await (try? task.value)
            let rest = try await port.next(timeout: .zero)
            #expect((packet ?? rest)?.key == UInt(round))
            #expect((packet == nil) != (rest == nil), "round \(round)")
        }
    }

    @Test("closing a port releases whoever waits with PortError.closed")
    func closeReleases() async throws {
        let port = PortObject()
        let tasks = (0..<4).map { _ in Task { try await port.next() } }
        #expect(await eventually { queueLength(port.object) == 4 })
        port.close()
        for task in tasks { await #expect(throws: PortError.closed) { try await task.value } }
    }

    @Test("a closed port takes no packet and gives none, not even those that were queued")
    func closed() async throws {
        let port = PortObject()
        let before = Arena.prepared().liveRecords.packets
        for _ in 0..<100 { try port.post(PortObject.Packet(key: 1)) }
        port.close()
        port.close()
        #expect(throws: PortError.closed) { try port.post(PortObject.Packet(key: 1)) }
        await #expect(throws: PortError.closed) { try await port.next() }
        await #expect(throws: PortError.closed) { try await port.next(timeout: .zero) }
        #expect(await eventually { Arena.prepared().liveRecords.packets <= before })
    }

    @Test("packets that are left in a port go with it")
    func dropped() async throws {
        let before = Arena.prepared().liveRecords.packets
        do {
            let port = PortObject()
            for _ in 0..<100 { try port.post(PortObject.Packet(key: 1)) }
        }
        #expect(await eventually { Arena.prepared().liveRecords.packets <= before })
    }

    @Test("tasks do not count against the limit of running threads")
    func tasksAreNotCounted() async throws {
        let port = PortObject(concurrency: 1)
        for key in 0..<4 { try port.post(PortObject.Packet(key: UInt(key))) }
        for key in 0..<4 { #expect(try await port.next()?.key == UInt(key)) }
    }

    @Test("as many threads as the limit says run at a time, and one that blocks frees its place")
    func limit() async throws {
        let port = PortObject(concurrency: 1)
        let (taken, mayEnd) = (Log<Int>(), EventObject(.manual))
        let threads = try (0..<2).map { number in
            try ThreadObject {
                guard (try? Arena.local.get(port.object, until: Deadline.never)) != nil else { return }
                taken.add(number)
                _ = try? Arena.local.block(on: mayEnd.object, until: Deadline.never)
            }
        }
        #expect(await eventually { queueLength(port.object) == 2 })
        try port.post(PortObject.Packet(key: 1))
        try port.post(PortObject.Packet(key: 2))
        // The second is served once the first blocks.
        #expect(await eventually { taken.count == 2 })
        mayEnd.set()
        #expect(try await waitAll(threads) == .satisfied(0))
    }

    @Test("packets from several posters reach several takers, each once")
    func manyToMany() async throws {
        let port = PortObject()
        let sum = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for poster in 0..<4 {
                group.addTask {
                    for number in 0..<5_000 { try port.post(PortObject.Packet(key: UInt(poster * 5_000 + number))) }
                }
            }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5_000 {
                        guard let packet = try await port.next() else { return }
                        sum.add(Int(packet.key))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(sum.value == 20_000 * 19_999 / 2)
        #expect(try await port.next(timeout: .zero) == nil)
    }
}
