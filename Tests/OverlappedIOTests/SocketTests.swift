import Glibc
import Signalbox
import Synchronization
import TestSupport
import Testing

@Suite("Sockets", .serialized, .alone, .timeLimit(.minutes(3)))
struct SocketTests {
    // ---- transfers

    @Test("what is sent comes back")
    func echo() async throws {
        try await withConnection { connection, peer in
            for text in ["a", "hello", String(repeating: "x", count: 1_000)] {
                #expect(peer.send(Array(text.utf8)))
                try await connection.send(try await connection.receive())
                #expect(peer.receiveAll(text.utf8.count) == Array(text.utf8))
            }
        }
    }

    @Test("bytes arrive in order, however large the transfers are that bring them")
    func incomingOrder() async throws {
        try await withConnection { connection, peer in
            let generator = SeededGenerator()
            let total = 8 << 20
            let sender = try ThreadObject {
                var generator = generator
                var place = 0
                while place < total {
                    let size = Bool.random(using: &generator) ? Int.random(in: 1...64, using: &generator) : 1 << 20
                    let end = min(total, place + size)
                    guard peer.send(pattern(place..<end)) else { return }
                    place = end
                }
                peer.finishSending()
            }
            var (place, isWrong) = (0, false)
            var buffer = PinnedBuffer(capacity: 100_000)
            while try await connection.receive(into: &buffer) > 0 {
                buffer.withBytes {
                    for (offset, byte) in $0.enumerated() where byte != pattern(place + offset) { isWrong = true }
                }
                place += buffer.count
            }
            #expect(place == total && !isWrong, "seed \(generator.seed)")
            try await sender.wait()
        }
    }

    @Test("a slow reader gets every byte in order, of many small sends and of sends of 1 MiB")
    func outgoingOrder() async throws {
        try await withDriver {
            let (connection, peer) = try await makeConnection(receiveBuffer: 4096)
            let generator = SeededGenerator()
            let isWrong = Atomic(false)
            let received = Atomic(0)
            let reader = try ThreadObject {
                var place = 0
                while let bytes = peer.receive(20_000), !bytes.isEmpty {
                    for (offset, byte) in bytes.enumerated() where byte != pattern(place + offset) {
                        isWrong.store(true, ordering: .relaxed)
                    }
                    place += bytes.count
                }
                received.store(place, ordering: .relaxed)
            }
            var sizes = generator
            var place = 0
            for _ in 0..<60 {
                let size = Int.random(in: 0..<10, using: &sizes) == 0 ? 1 << 20 : Int.random(in: 1...100, using: &sizes)
                try await connection.send(pattern(place..<place + size))
                place += size
            }
            connection.close()
            try await reader.wait()
            #expect(received.load(ordering: .relaxed) == place, "seed \(generator.seed)")
            #expect(isWrong.load(ordering: .relaxed) == false, "seed \(generator.seed)")
        }
    }

    @Test("a send to a full connection is pending until the peer has room for all of it, and receives go on meanwhile")
    func pendingSend() async throws {
        try await withConnection { connection, peer in
            let size = 16 << 20
            let hasEnded = Atomic(false)
            let sending = Task {
                try await connection.send(pattern(0..<size))
                hasEnded.store(true, ordering: .releasing)
            }
            #expect(peer.receiveAll(1) == [pattern(0)])
            for number in UInt8(0)..<50 {
                peer.send([number])
                #expect(try await connection.receive() == [number])
            }
            #expect(hasEnded.load(ordering: .acquiring) == false)
            let reader = try ThreadObject(returning: { peer.receiveAll(size - 1) == pattern(1..<size) ? 1 : 0 })
            try await sending.value
            try await reader.wait()
            #expect(reader.exitCode == 1)
        }
    }

    @Test("a receive brings at most what the buffer holds, and the rest stays")
    func smallBuffer() async throws {
        try await withConnection { connection, peer async throws in
            peer.send([1, 2, 3, 4, 5])
            #expect(try await connection.receive(atMost: 2) == [1, 2])
            #expect(try await connection.receive(atMost: 2) == [3, 4])
            #expect(try await connection.receive(atMost: 2) == [5])
        }
    }

    @Test("sending nothing does nothing")
    func emptySend() async throws {
        try await withConnection { connection, peer in
            try await connection.send([])
            try await connection.send([7])
            #expect(peer.receiveAll(1) == [7])
        }
    }

    @Test("two receives that are pending complete in the order in which they were made")
    func twoReceives() async throws {
        try await withConnection { connection, peer in
            for round in UInt8(0)..<100 {
                let isFirstIn = EventObject()
                let first = Task {
                    isFirstIn.set()
                    return try await connection.receive(atMost: 1)
                }
                try await isFirstIn.wait()
                // The task has set the event in the job in which it starts the receive.
                await Task.yield()
                let second = Task { try await connection.receive(atMost: 1) }
                peer.send([round, 100 + round])
                let both = [try await first.value, try await second.value]
                #expect(both == [[round], [100 + round]] || both == [[100 + round], [round]])
            }
        }
    }

    // ---- ends

    @Test("the end of the peer's stream is 0, again and again; sending goes on")
    func endOfStream() async throws {
        try await withConnection { connection, peer in
            peer.send([1])
            peer.finishSending()
            #expect(try await connection.receive() == [1])
            #expect(try await connection.receive() == [])
            #expect(try await connection.receive() == [])
            try await connection.send([2])
            connection.finishSending()
            #expect(peer.receive(10) == [2])
            #expect(peer.receive(10) == [])
        }
    }

    @Test("the end of the peer's stream ends a pending receive with 0")
    func endOfStreamWhilePending() async throws {
        try await withConnection { connection, peer async throws in
            let receiving = Task { try await connection.receive() }
            await Task.yield()
            peer.finishSending()
            #expect(try await receiving.value == [])
        }
    }

    @Test("a connection that the peer resets ends a receive with connectionReset", arguments: [false, true])
    func reset(isPending: Bool) async throws {
        try await withDriver {
            let listener = try SocketObject.listen(port: 0)
            var peer: Peer? = Peer(port: listener.localPort!)
            let connection = try await listener.accept()
            peer!.resetOnClose()
            if !isPending { peer = nil }
            let receiving = Task { try await connection.receive() }
            if isPending { await Task.yield() }
            peer = nil
            let error = await #expect(throws: IOError.self) { try await receiving.value }
            #expect(error?.status == .connectionReset)
            #expect(error?.operation == "receiving")
        }
    }

    @Test("sending on a connection that was reset is an error, not a signal")
    func sendAfterReset() async throws {
        try await withDriver {
            let listener = try SocketObject.listen(port: 0)
            var peer: Peer? = Peer(port: listener.localPort!)
            let connection = try await listener.accept()
            peer!.resetOnClose()
            peer = nil
            await #expect(throws: IOError.self) { try await connection.receive() }
            let error = await #expect(throws: IOError.self) { try await connection.send([1]) }
            #expect(error?.status == .connectionReset)
        }
    }

    // ---- listening

    @Test("an address that is in use is an error that names it")
    func addressInUse() async throws {
        try await withDriver {
            let listener = try SocketObject.listen(port: 0)
            let port = try #require(listener.localPort)
            let error = try #require(throws: IOError.self) { try SocketObject.listen(port: port) }
            #expect(error.status == .addressAlreadyExists && error.code == EADDRINUSE)
            #expect(error.description == "listening on 127.0.0.1:\(port) failed: Address already in use")
        }
    }

    @Test("an address of another machine is an error that names it")
    func foreignAddress() async throws {
        try await withDriver {
            let error = try #require(throws: IOError.self) { try SocketObject.listen(host: "192.0.2.1", port: 0) }
            #expect(error.code == EADDRNOTAVAIL)
            #expect(error.description.contains("192.0.2.1:0"))
        }
    }

    @Test(
        "a host that is no address in numbers is an error that says so",
        arguments: ["", "localhost", ":::1", "1.2.3", "1.2.3.256"])
    func badHost(host: String) async throws {
        try await withDriver {
            let error = try #require(throws: IOError.self) { try SocketObject.listen(host: host, port: 0) }
            #expect(error.status == .invalidParameter)
            #expect(error.description.contains("\"\(host)\" is no IPv4 or IPv6 address"))
        }
    }

    @Test("an accept without a free descriptor is an error, and the connection waits for the next")
    func noDescriptorForAccept() async throws {
        try await withDriver {
            let listener = try SocketObject.listen(port: 0)
            let peer = Peer(port: listener.localPort!)
            let free = dup(0)
            close(free)
            var old = rlimit()
            getrlimit(__rlimit_resource_t(7), &old)  // RLIMIT_NOFILE
            var tight = rlimit(rlim_cur: rlim_t(free), rlim_max: old.rlim_max)
            setrlimit(__rlimit_resource_t(7), &tight)
            let result: Result<SocketObject, any Error>
            do { result = .success(try await listener.accept()) } catch { result = .failure(error) }
            setrlimit(__rlimit_resource_t(7), &old)
            let error = #expect(throws: IOError.self) { try result.get() }
            #expect(error?.status == .tooManyOpenFiles)
            let connection = try await listener.accept()
            peer.send([7])
            #expect(try await connection.receive() == [7])
        }
    }

    @Test("two hosts in one process: when one stops, the other still provides sockets")
    func twoHosts() async throws {
        try await withDriver {
            try await withDriver { try SocketObject.listen(port: 0).close() }
            try SocketObject.listen(port: 0).close()
        }
    }

    @Test("a closed socket has no port")
    func closedHasNoPort() async throws {
        try await withDriver {
            let listener = try SocketObject.listen(port: 0)
            #expect(listener.localPort != nil)
            listener.close()
            #expect(listener.localPort == nil)
        }
    }

    // ---- descriptors

    @Test("two hundred connections leave no descriptor, closed or forgotten", arguments: [false, true])
    func descriptors(closes: Bool) async throws {
        try await withDriver {
            let before = Census().descriptors.count
            do {
                let listener = try SocketObject.listen(port: 0)
                for _ in 0..<10 {
                    var pairs: [(SocketObject, Peer)] = []
                    for _ in 0..<20 {
                        let peer = Peer(port: listener.localPort!)
                        pairs.append((try await listener.accept(), peer))
                    }
                    for (connection, peer) in pairs {
                        peer.send([1])
                        #expect(try await connection.receive() == [1])
                        if closes { connection.close() }
                    }
                }
                if closes { listener.close() }
            }
            #expect(await eventually { Census().descriptors.count <= before })
        }
    }
}
