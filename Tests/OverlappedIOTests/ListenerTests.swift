import Glibc
import Signalbox
import TestSupport
import Testing

@Suite("Listeners and clients", .serialized, .alone, .timeLimit(.minutes(2)))
struct ListenerTests {
    @Test("connections come one after the other, and end when the listener stops")
    func connections() async throws {
        try await withDriver {
            let listener = try ListenerObject(port: 0)
            let port = listener.localPort!
            let peers = (0..<3).map { _ in Peer(port: port) }
            var accepted: [SocketObject] = []
            for try await connection in listener.connections {
                accepted.append(connection)
                if accepted.count == 3 { listener.stop() }
            }
            #expect(accepted.count == 3)
            for (connection, peer) in zip(accepted, peers) {
                #expect(peer.send([7]))
                #expect(try await connection.receive() == [7])
            }
            await #expect(throws: CancellationError.self) { try await listener.accept() }
            listener.close()
            #expect(listener.localPort == nil)
        }
    }

    @Test("a connection that nobody asks for is not accepted")
    func backPressure() async throws {
        try await withDriver {
            let listener = try ListenerObject(port: 0)
            let first = Peer(port: listener.localPort!)
            let second = Peer(port: listener.localPort!)
            var iterator = listener.connections.makeAsyncIterator()
            let connection = try #require(try await iterator.next())
            #expect(first.send([1]))
            #expect(try await connection.receive() == [1])
            #expect(second.send([2]))
            let next = try #require(try await iterator.next())
            #expect(try await next.receive() == [2])
        }
    }

    @Test("closing a listener ends its sequence")
    func closing() async throws {
        try await withDriver {
            let listener = try ListenerObject(port: 0)
            let task = Task {
                var count = 0
                for try await _ in listener.connections { count += 1 }
                return count
            }
            listener.close()
            #expect(try await task.value == 0)
        }
    }

    @Test("cancelling the task that iterates ends its sequence")
    func cancelling() async throws {
        try await withDriver {
            let listener = try ListenerObject(port: 0)
            let task = Task {
                for try await _ in listener.connections {}
                return true
            }
            task.cancel()
            #expect(try await task.value)
        }
    }

    @Test("a client connects, over both versions", arguments: ["127.0.0.1", "::1"])
    func connect(host: String) async throws {
        try await withDriver {
            let listener = try ListenerObject(host: host, port: 0)
            async let accepted = listener.accept()
            let client = try await SocketObject.connect(host: host, port: listener.localPort!)
            let server = try await accepted
            try await client.send([1, 2, 3])
            #expect(try await server.receive() == [1, 2, 3])
            client.finishSending()
            #expect(try await server.receive() == [])
        }
    }

    @Test("nobody listens there")
    func refused() async throws {
        try await withDriver {
            let listener = try ListenerObject(port: 0)
            let port = listener.localPort!
            listener.close()
            let error = await #expect(throws: IOError.self) {
                try await SocketObject.connect(host: "127.0.0.1", port: port)
            }
            #expect(error?.status == .connectionRefused)
        }
    }

    @Test("what is no address in numbers is refused with a sentence")
    func noAddress() async throws {
        try await withDriver {
            let error = await #expect(throws: IOError.self) {
                try await SocketObject.connect(host: "localhost", port: 1)
            }
            #expect(error?.status == .invalidParameter)
            #expect("\(error!)".contains("no IPv4 or IPv6 address"))
            #expect(throws: IOError.self) { try ListenerObject(host: "1.2.3", port: 0) }
        }
    }

    @Test("buffers are written and read by spans")
    func spans() async throws {
        try await withConnection { connection, peer in
            var buffer = PinnedBuffer(capacity: 8)
            buffer.fill { span in
                for byte in 1...5 as ClosedRange<UInt8> { span.append(byte) }
            }
            #expect(buffer.count == 5)
            try await connection.send(buffer)
            #expect(peer.receiveAll(5) == [1, 2, 3, 4, 5])
            #expect(peer.send([9, 8]))
            #expect(try await connection.receive(into: &buffer) == 2)
            let sum = buffer.withSpan { span in
                (0..<span.byteCount).reduce(0) { $0 + Int(span.unsafeLoad(fromByteOffset: $1, as: UInt8.self)) }
            }
            #expect(sum == 17)
        }
    }
}
