import Glibc
import Logging
import OverlappedIO
import Signalbox
import Synchronization
import TestSupport
import Testing

@Suite("Requests that are ended early", .serialized, .alone, .timeLimit(.minutes(3)))
struct CancellationTests {
    /// Fills the connection's buffers, until a send is pending.
    private func fill(_ connection: SocketObject) -> Task<Void, any Error> {
        Task { try await connection.send([UInt8](repeating: 1, count: 32 << 20)) }
    }

    // ---- cancellation

    @Test("cancelling a pending receive takes no byte: what is sent afterwards is received by the next")
    func receive() async throws {
        try await withConnection { connection, peer async throws in
            for round in UInt8(0)..<100 {
                let receiving = Task { try await connection.receive() }
                if round % 2 == 0 { await Task.yield() }
                receiving.cancel()
                await #expect(throws: CancellationError.self) { try await receiving.value }
                peer.send([round])
                #expect(try await connection.receive() == [round])
            }
        }
    }

    @Test("cancelling a pending accept takes no connection: the next accept gets it")
    func accept() async throws {
        try await withDriver {
            let listener = try SocketObject.listen(port: 0)
            for round in UInt8(0)..<50 {
                let accepting = Task { try await listener.accept() }
                if round % 2 == 0 { await Task.yield() }
                accepting.cancel()
                await #expect(throws: CancellationError.self) { try await accepting.value }
                let peer = Peer(port: listener.localPort!)
                peer.send([round])
                let connection = try await listener.accept()
                #expect(try await connection.receive() == [round])
            }
        }
    }

    @Test("cancelling a pending send ends it; what was sent of it is its beginning")
    func send() async throws {
        try await withConnection { connection, peer in
            let size = 16 << 20
            let bytes = pattern(0..<size)  // takes its time under a sanitizer, and the peer's patience ends
            let sending = Task { try await connection.send(bytes) }
            #expect(peer.receiveAll(1) == [pattern(0)])
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
            connection.finishSending()
            let reader = try ThreadObject(
                returning: {
                    var place = 1
                    while let bytes = peer.receive(1 << 20), !bytes.isEmpty {
                        for (offset, byte) in bytes.enumerated() where byte != pattern(place + offset) { return 0 }
                        place += bytes.count
                    }
                    return place < size ? 1 : 2
                })
            try await reader.wait()
            #expect(reader.exitCode == 1)
        }
    }

    @Test("ten thousand bytes that race with the cancellation of their receive are received exactly once, in order")
    func dataAgainstCancellation() async throws {
        try await withConnection { connection, peer in
            var generator = SeededGenerator()
            var received: [UInt8] = []
            var cancelled = 0
            let rounds = 10_000
            for round in 0..<rounds {
                let receiving = Task { try await connection.receive(atMost: 16) }
                for _ in 0..<Int.random(in: 0..<200, using: &generator) { _ = getppid() }
                async let sending = peer.send([pattern(round)])
                for _ in 0..<Int.random(in: 0..<100, using: &generator) { _ = getppid() }
                receiving.cancel()
                #expect(await sending)
                switch await receiving.result {
                case .success(let bytes): received += bytes
                case .failure(let error):
                    #expect(error is CancellationError)
                    cancelled += 1
                }
            }
            peer.finishSending()
            while case let bytes = try await connection.receive(), !bytes.isEmpty { received += bytes }
            #expect(received == pattern(0..<rounds), "seed \(generator.seed), \(cancelled) of \(rounds) were cancelled")
        }
    }

    // ---- stopReceiving

    @Test("stopReceiving ends the pending receive, and those that follow, although there are bytes; sends go on")
    func stopReceiving() async throws {
        try await withConnection { connection, peer in
            let receiving = Task { try await connection.receive() }
            await Task.yield()
            connection.stopReceiving()
            await #expect(throws: CancellationError.self) { try await receiving.value }
            peer.send([1])
            var event = pollfd(fd: peer.descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&event, 1, 0)
            for _ in 0..<3 { await #expect(throws: CancellationError.self) { try await connection.receive() } }
            try await connection.send([2])
            #expect(peer.receiveAll(1) == [2])
        }
    }

    @Test(
        "after stopReceiving, discardInput takes what comes until the peer's end, and no reset cuts off what was sent")
    func discardInput() async throws {
        try await withConnection { connection, peer in
            connection.stopReceiving()
            peer.send([UInt8](repeating: 1, count: 100_000))
            try await connection.send([2])
            connection.finishSending()
            let discarding = Task { try await connection.discardInput() }
            peer.send([UInt8](repeating: 1, count: 100_000))
            peer.finishSending()
            try await discarding.value
            connection.close()
            #expect(peer.receiveAll(1) == [2])
            #expect(peer.receive(1) == [])
        }
    }

    @Test("stopReceiving ends a pending accept, and those that follow")
    func stopAccepting() async throws {
        try await withDriver {
            let listener = try SocketObject.listen(port: 0)
            let accepting = Task { try await listener.accept() }
            await Task.yield()
            listener.stopReceiving()
            await #expect(throws: CancellationError.self) { try await accepting.value }
            await #expect(throws: CancellationError.self) { try await listener.accept() }
        }
    }

    // ---- close

    @Test("closing a socket ends its pending receives with connectionAborted, and its descriptor is closed")
    func closeWithReceives() async throws {
        try await withConnection { connection, peer in
            let receiving = (0..<3).map { _ in Task { try await connection.receive() } }
            await Task.yield()
            connection.close()
            connection.close()
            for task in receiving {
                let error = await #expect(throws: IOError.self) { try await task.value }
                // A receive that came after the close found no socket.
                #expect(error?.status == .connectionAborted || error?.status == .invalidHandle)
            }
            #expect(peer.receive(1) == [])
        }
    }

    @Test("closing a socket ends its pending send with connectionAborted")
    func closeWithSend() async throws {
        try await withConnection { connection, peer in
            let sending = fill(connection)
            #expect(peer.receiveAll(1) == [1])
            connection.close()
            let error = await #expect(throws: IOError.self) { try await sending.value }
            #expect(error?.status == .connectionAborted)
        }
    }

    @Test("requests on a closed socket are refused with invalidHandle")
    func closed() async throws {
        try await withConnection { connection, _ in
            connection.close()
            let received = await #expect(throws: IOError.self) { try await connection.receive() }
            #expect(received?.status == .invalidHandle)
            let sent = await #expect(throws: IOError.self) { try await connection.send([1]) }
            #expect(sent?.status == .invalidHandle)
        }
    }

    // ---- the driver's stop

    @Test("stopping the driver ends pending receives, accepts and sends with CancellationError, and the loop's thread")
    func stopWithPending() async throws {
        @Sendable func loops() -> Int { Census.threadNames().count { $0 == "signalbox-loop" } }
        let before = loops()
        for _ in 0..<20 {
            try await withHost { host in
                let listener = try SocketObject.listen(port: 0)
                let (receiver, _peer) = try await makeConnection()
                let (sender, reader) = try await makeConnection()
                let receiving = Task { try await receiver.receive() }
                let accepting = Task { _ = try await listener.accept() }
                let sending = fill(sender)
                #expect(reader.receiveAll(1) == [1])
                await host.stop()
                await #expect(throws: CancellationError.self) { try await receiving.value }
                await #expect(throws: CancellationError.self) { try await accepting.value }
                await #expect(throws: CancellationError.self) { try await sending.value }
                withExtendedLifetime(_peer) {}
            }
        }
        #expect(await eventually { loops() <= before })
    }

    @Test("requests on a socket that has outlived its driver end with CancellationError when they would have to wait")
    func requestAfterStop() async throws {
        try await withHost { host in
            let (connection, peer) = try await makeConnection()
            await host.stop()
            await #expect(throws: CancellationError.self) { try await connection.receive() }
            connection.close()
            #expect(peer.receive(1) == [])
        }
    }

    @Test("a hundred starts and stops of the driver leave nothing behind")
    func manyDrivers() async throws {
        for number in 0..<100 {
            try await withConnection { connection, peer async throws in
                peer.send([UInt8(number)])
                #expect(try await connection.receive() == [UInt8(number)])
            }
        }
    }
}
