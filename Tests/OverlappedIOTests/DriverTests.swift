import Glibc
import Signalbox
import TestSupport
import Testing

@Suite("The driver's sockets and requests", .serialized, .alone, .timeLimit(.minutes(3)))
struct DriverTests {
    private let tcp = Int32(SOCK_STREAM.rawValue)

    /// A listening socket of the driver, and its port.
    private func makeListener() throws -> (any DriverSocket, UInt16) {
        let listener = try DriverRegistry.shared.sockets().makeSocket(family: AF_INET, type: tcp, protocol: 0)
        #expect(listen(listener.descriptor, 100) == 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener.descriptor, $0, &length) }
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// The two ends of a connection; that of the driver was accepted by it.
    nonisolated(nonsending) private func makeConnection() async throws -> (any DriverSocket, Peer) {
        let (listener, port) = try makeListener()
        let connection = try DriverRegistry.shared.sockets().makeEmptySocket()
        #expect(connection.descriptor == -1)
        let accept = KeptRequest(.accept(connection), [])
        #expect(listener.start(accept) == nil)
        let peer = Peer(port: port)
        try await accept.hasEnded.wait()
        #expect(accept.status == .success && accept.bytes == 0)
        #expect(connection.descriptor >= 0)
        listener.close()
        return (connection, peer)
    }

    nonisolated(nonsending) private func within(_ body: (any DriverSocket, Peer) async throws -> Void) async throws {
        try await withDriver {
            let (connection, peer) = try await makeConnection()
            defer { connection.close() }
            try await body(connection, peer)
        }
    }

    /// Waits until bytes lie in the socket.
    private func waitForInput(_ socket: any DriverSocket) {
        var event = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&event, 1, 20_000) == 1)
    }

    @Test("what can be done at once is returned, and not completed as well")
    func atOnce() async throws {
        try await within { socket, peer in
            let send = KeptRequest(.send, [3])
            send.memory.copyBytes(from: [1, 2, 3])
            let sent = socket.start(send)
            #expect(sent?.status == .success && sent?.bytes == 3)
            #expect(peer.receiveAll(3) == [1, 2, 3])
            peer.send([4, 5])
            waitForInput(socket)
            let receive = KeptRequest(.receive, [8])
            let received = socket.start(receive)
            #expect(received?.status == .success && received?.bytes == 2)
            #expect(Array(receive.memory) == [4, 5] + [UInt8](repeating: 0xEE, count: 6))
            // The next comes and goes: nothing was left for the first two.
            let next = KeptRequest(.receive, [8])
            #expect(socket.start(next) == nil)
            peer.send([6])
            try await next.hasEnded.wait()
            #expect(send.endCount == 0 && receive.endCount == 0 && next.endCount == 1)
        }
    }

    @Test("what must wait is completed once, when it is done")
    func pending() async throws {
        try await within { socket, peer in
            let receive = KeptRequest(.receive, [8])
            #expect(socket.start(receive) == nil)
            #expect(receive.isPending)
            peer.send([1, 2])
            try await receive.hasEnded.wait()
            #expect(receive.status == .success && receive.bytes == 2 && receive.endCount == 1)
            #expect(Array(receive.memory) == [1, 2] + [UInt8](repeating: 0xEE, count: 6))
        }
    }

    @Test("a request fills its buffers one after the other, empty ones among them", arguments: [false, true])
    func scatter(isPending: Bool) async throws {
        try await within { socket, peer in
            if !isPending {
                peer.send(Array(1...7))
                waitForInput(socket)
            }
            let receive = KeptRequest(.receive, [1, 0, 3, 10])
            let result = socket.start(receive)
            if isPending {
                #expect(result == nil)
                peer.send(Array(1...7))
                try await receive.hasEnded.wait()
                #expect(receive.status == .success && receive.bytes == 7)
            } else {
                #expect(result?.bytes == 7)
            }
            #expect(Array(receive.memory) == Array(1...7) + [UInt8](repeating: 0xEE, count: 7))
        }
    }

    @Test("a send of several buffers completes only when all of it is sent, in order")
    func gather() async throws {
        try await within { socket, peer in
            let sizes = [5 << 20, 0, 1, 6 << 20]
            let total = sizes.reduce(0, +)
            let send = KeptRequest(.send, sizes)
            send.memory.copyBytes(from: pattern(0..<total))
            #expect(socket.start(send) == nil)
            let behind = KeptRequest(.send, [1])
            behind.memory[0] = 7
            #expect(socket.start(behind) == nil)
            #expect(send.isPending && behind.isPending)
            let reader = try ThreadObject(
                returning: { peer.receiveAll(total) == pattern(0..<total) && peer.receiveAll(1) == [7] ? 1 : 0 })
            try await send.hasEnded.wait()
            try await behind.hasEnded.wait()
            try await reader.wait()
            #expect(reader.exitCode == 1)
            #expect(send.status == .success && send.bytes == total && behind.bytes == 1)
        }
    }

    @Test("receives that are pending complete in the order in which they were started")
    func order() async throws {
        try await within { socket, peer in
            let log = Order()
            let requests = (0..<20).map { number in KeptRequest(.receive, [1]) { log.add(number) } }
            for request in requests { #expect(socket.start(request) == nil) }
            for place in 0..<20 { peer.send([pattern(place)]) }
            for request in requests { try await request.hasEnded.wait() }
            #expect(log.entries == Array(0..<20))
            #expect(requests.map { $0.memory[0] } == pattern(0..<20))
        }
    }

    @Test("a cancelled request that only waits in line ends at once, and the others are served")
    func cancelInLine() async throws {
        try await within { socket, peer in
            let requests = (0..<3).map { _ in KeptRequest(.receive, [1]) }
            for request in requests { #expect(socket.start(request) == nil) }
            socket.cancel(requests[1])
            #expect(requests[1].status == .cancelled && requests[1].bytes == 0)
            #expect(requests[0].isPending && requests[2].isPending)
            peer.send([1, 2])
            for request in [requests[0], requests[2]] {
                try await request.hasEnded.wait()
                #expect(request.status == .success)
            }
            #expect(requests[0].memory[0] == 1 && requests[1].memory[0] == 0xEE && requests[2].memory[0] == 2)
        }
    }

    @Test("cancelling what has ended, or never was started, does nothing")
    func cancelNothing() async throws {
        try await within { socket, peer in
            let ended = KeptRequest(.receive, [1])
            #expect(socket.start(ended) == nil)
            peer.send([1])
            try await ended.hasEnded.wait()
            socket.cancel(ended)
            socket.cancel(KeptRequest(.receive, [1]))
            peer.send([2])
            let next = KeptRequest(.receive, [1])
            if socket.start(next) == nil { try await next.hasEnded.wait() }
            #expect(ended.endCount == 1 && next.memory[0] == 2)
        }
    }

    @Test("cancelReceives ends every receive and no send")
    func cancelReceives() async throws {
        try await within { socket, peer in
            let send = KeptRequest(.send, [16 << 20])
            #expect(socket.start(send) == nil)
            let receives = (0..<3).map { _ in KeptRequest(.receive, [1]) }
            for receive in receives { #expect(socket.start(receive) == nil) }
            socket.cancelReceives()
            for receive in receives {
                try await receive.hasEnded.wait()
                #expect(receive.status == .cancelled && receive.endCount == 1)
            }
            #expect(send.isPending)
            let reader = try ThreadObject(returning: { peer.receiveAll(16 << 20) != nil ? 1 : 0 })
            try await send.hasEnded.wait()
            try await reader.wait()
            #expect(send.status == .success && reader.exitCode == 1)
        }
    }

    @Test("closing ends accepts with cancelled, and what they would have filled stays empty")
    func closeWithAccepts() async throws {
        try await withDriver {
            let (listener, _) = try makeListener()
            let empty = try (0..<2).map { _ in try DriverRegistry.shared.sockets().makeEmptySocket() }
            let accepts = empty.map { KeptRequest(.accept($0), []) }
            for accept in accepts { #expect(listener.start(accept) == nil) }
            listener.close()
            for accept in accepts {
                try await accept.hasEnded.wait()
                #expect(accept.status == .cancelled && accept.endCount == 1)
            }
            #expect(empty.allSatisfy { $0.descriptor == -1 } && listener.descriptor == -1)
        }
    }

    @Test("an accept with buffers completes with the first bytes, and others are accepted meanwhile")
    func acceptWithBytes() async throws {
        try await withDriver {
            let (listener, port) = try makeListener()
            defer { listener.close() }
            let sockets = try (0..<2).map { _ in try DriverRegistry.shared.sockets().makeEmptySocket() }
            let accepts = sockets.map { KeptRequest(.accept($0), [4]) }
            for accept in accepts { #expect(listener.start(accept) == nil) }
            let (silent, speaking) = (Peer(port: port), Peer(port: port))
            speaking.send([7])
            try await accepts[1].hasEnded.wait()
            #expect(accepts[1].status == .success && accepts[1].bytes == 1 && accepts[1].memory[0] == 7)
            #expect(accepts[0].isPending)
            silent.send([8, 9])
            try await accepts[0].hasEnded.wait()
            #expect(accepts[0].status == .success && accepts[0].memory[0] == 8)
            sockets.forEach { $0.close() }
        }
    }

    @Test("an accept that waits for the first bytes can be cancelled")
    func cancelAcceptWithBytes() async throws {
        try await withDriver {
            let (listener, port) = try makeListener()
            defer { listener.close() }
            let socket = try DriverRegistry.shared.sockets().makeEmptySocket()
            let accept = KeptRequest(.accept(socket), [4])
            #expect(listener.start(accept) == nil)
            let peer = Peer(port: port)
            #expect(await eventually { socket.descriptor >= 0 })
            listener.cancel(accept)
            #expect(try await accept.hasEnded.wait(timeout: .seconds(5)))
            #expect(accept.status == .cancelled && accept.endCount <= 1)
            socket.close()
            withExtendedLifetime(peer) {}
        }
    }

    @Test("a socket that is connected, or that another accept is to connect, is refused by an accept")
    func acceptTwice() async throws {
        try await withDriver {
            let (listener, port) = try makeListener()
            defer { listener.close() }
            let socket = try DriverRegistry.shared.sockets().makeEmptySocket()
            let first = KeptRequest(.accept(socket), [])
            #expect(listener.start(first) == nil)
            #expect(listener.start(KeptRequest(.accept(socket), []))?.status == .invalidParameter)
            let peer = Peer(port: port)
            try await first.hasEnded.wait()
            #expect(first.status == .success)
            #expect(listener.start(KeptRequest(.accept(socket), []))?.status == .invalidParameter)
            socket.close()
            withExtendedLifetime(peer) {}
        }
    }

    @Test("closing the socket that an accept is to connect ends the accept, and the next one gets the connection")
    func acceptIntoClosed() async throws {
        try await withDriver {
            let (listener, port) = try makeListener()
            defer { listener.close() }
            let socket = try DriverRegistry.shared.sockets().makeEmptySocket()
            let accept = KeptRequest(.accept(socket), [])
            #expect(listener.start(accept) == nil)
            socket.close()
            let peer = Peer(port: port)
            try await accept.hasEnded.wait()
            #expect(accept.status == .cancelled)
            let next = try DriverRegistry.shared.sockets().makeEmptySocket()
            let second = KeptRequest(.accept(next), [])
            let atOnce = listener.start(second)
            if atOnce == nil { try await second.hasEnded.wait() }
            #expect(atOnce?.status ?? second.status == .success)
            next.close()
            withExtendedLifetime(peer) {}
        }
    }

    @Test("a request on a socket without a descriptor is refused with invalidHandle, at once")
    func noDescriptor() async throws {
        try await withDriver {
            let empty = try DriverRegistry.shared.sockets().makeEmptySocket()
            for operation in [IORequest.Operation.receive, .send, .accept(empty)] {
                let request = KeptRequest(operation, [1])
                #expect(empty.start(request)?.status == .invalidHandle)
                #expect(request.endCount == 0)
            }
        }
    }

    @Test("a receive on a socket that is not connected fails with invalidConnection")
    func notConnected() async throws {
        try await withDriver {
            let socket = try DriverRegistry.shared.sockets().makeSocket(family: AF_INET, type: tcp, protocol: 0)
            #expect(socket.start(KeptRequest(.receive, [1]))?.status == .invalidConnection)
            socket.close()
        }
    }

    @Test("a socket of a family that the kernel does not have is an error")
    func badFamily() async throws {
        try await withDriver {
            let error = #expect(throws: IOError.self) {
                try DriverRegistry.shared.sockets().makeSocket(family: 9999, type: tcp, protocol: 0)
            }
            #expect(error?.code == EAFNOSUPPORT && error?.status == .notSupported)
        }
    }

    @Test("a receive that is started while another thread closes the socket ends, once, and the descriptor is closed")
    func startAgainstClose() async throws {
        try await withDriver {
            for round in 0..<3_000 {
                let (left, right) = try makePair()
                let request = KeptRequest(.receive, [1])
                async let closing: Void = left.close()
                let result = left.start(request)
                await closing
                if result == nil {
                    let hasEnded = try await request.hasEnded.wait(timeout: .seconds(10))
                    #expect(hasEnded, "round \(round): a request on a closed socket never ends")
                    guard hasEnded else { return }
                    #expect(request.status == .connectionAborted && request.endCount == 1)
                } else {
                    #expect(result?.status == .invalidHandle && request.endCount == 0)
                }
                var byte: UInt8 = 0
                #expect(recv(right, &byte, 1, 0) == 0)
                Glibc.close(right)
            }
        }
    }

    @Test("a receive that is cancelled by another thread as it starts ends, once")
    func startAgainstCancel() async throws {
        try await withDriver {
            let (left, right) = try makePair()
            for round in 0..<5_000 {
                let request = KeptRequest(.receive, [1])
                async let cancelling: Void = left.cancel(request)
                let result = left.start(request)
                await cancelling
                left.cancel(request)
                #expect(result == nil)
                let hasEnded = try await request.hasEnded.wait(timeout: .seconds(10))
                #expect(hasEnded && request.endCount == 1, "round \(round)")
                guard hasEnded else { break }
            }
            left.close()
            Glibc.close(right)
        }
    }

    /// A pair of sockets, the left one the driver's.
    private func makePair() throws -> (any DriverSocket, Int32) {
        var pair: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, tcp | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0)
        let left = try DriverRegistry.shared.sockets().makeEmptySocket()
        #expect(left.adopt(pair[0]))
        return (left, pair[1])
    }
}
