import CLinux
import Glibc
import OverlappedIO
import Signalbox
import Testing

private let stream = Int32(SOCK_STREAM.rawValue)
private let datagrams = Int32(SOCK_DGRAM.rawValue)

/// More than a connection holds that nobody reads from.
private let much = pattern(0..<6_000_000)

/// An address as the system has it.
private struct Address {
    var bytes: [UInt8]

    /// Of a socket.
    init(of descriptor: Int32) {
        var (name, size) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
        withUnsafeMutablePointer(to: &name) { name in
            _ = name.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        bytes = withUnsafeBytes(of: name) { Array($0.prefix(Int(size))) }
    }

    /// A port of this machine's; 0: any.
    init(port: UInt16) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        bytes = withUnsafeBytes(of: name) { Array($0) }
    }

    init(path: String) {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        bytes = withUnsafeBytes(of: name) { Array($0) }
    }

    func bind(_ descriptor: Int32) {
        let result = bytes.withUnsafeBytes {
            Glibc.bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        #expect(result == 0)
    }

    var message: IOMessage { bytes.withUnsafeBytes { IOMessage(address: $0) } }
}

extension FaultRun {
    func makeSocket(_ type: Int32 = stream, _ family: Int32 = AF_INET) throws -> any DriverSocket {
        try driver.makeSocket(family: family, type: type, protocol: 0)
    }

    /// A listening socket of the driver's, without a fault.
    fileprivate func makeListener(_ family: Int32 = AF_INET) throws -> (socket: any DriverSocket, address: Address) {
        let listener = try makeSocket(stream, family)
        if family == AF_UNIX { unlink(path) }
        (family == AF_UNIX ? Address(path: path) : Address(port: 0)).bind(listener.descriptor)
        #expect(listen(listener.descriptor, 16) == 0)
        listener.settings.setPhase(.listening)
        return (listener, Address(of: listener.descriptor))
    }

    /// A connection of the driver's, and its other end.
    func makeConnection() throws -> (any DriverSocket, Peer) {
        let (listener, address) = try makeListener()
        defer { listener.close() }
        let peer = Peer(port: UInt16(address.bytes[2]) << 8 | UInt16(address.bytes[3]))
        var event = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&event, 1, 20_000) == 1)
        let connection = try driver.makeEmptySocket(like: listener.settings)
        let made = Glibc.accept(listener.descriptor, nil, nil)
        #expect(made >= 0 && connection.adopt(made))
        return (connection, peer)
    }

    func waitForInput(_ descriptor: Int32) {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&event, 1, 20_000) == 1)
    }

    /// A receive of a stream; the bytes are there before it, or come when it has begun.
    func receive(
        _ sizes: [Int], bytesComeFirst: Bool, sent: Int, message: IOMessage? = nil
    ) async throws -> IOStatus {
        let (socket, peer) = try makeConnection()
        defer { socket.close() }
        if bytesComeFirst {
            #expect(peer.send(pattern(0..<sent)))
            waitForInput(socket.descriptor)
        }
        let request = KeptRequest(.receive, sizes, message: message)
        arm()
        let (status, bytes) = try await end(request) {
            let started = socket.start(request)
            if !bytesComeFirst && started == nil { #expect(peer.send(pattern(0..<sent))) }
            return started
        }
        disarm()
        let length = sizes.reduce(0, +)
        guard status == .success else { return status }
        #expect(bytes <= min(length, sent) && (bytes > 0 || length == 0))
        if message != nil { #expect(bytes == length) }
        #expect(Array(request.memory.prefix(bytes)) == pattern(0..<bytes))
        #expect(request.memory.dropFirst(bytes).prefix(length - bytes).allSatisfy { $0 == 0xEE })
        // What it has not brought the next one does.
        var rest = bytes
        while rest < min(sent, 100_000) {
            let next = KeptRequest(.receive, [sent])
            let (status, more) = try await end(next) { socket.start(next) }
            guard status == .success, more > 0 else { return .unexpected }
            #expect(Array(next.memory.prefix(more)) == pattern(rest..<rest + more))
            rest += more
        }
        return status
    }

    fileprivate func send(_ total: Int) async throws -> IOStatus {
        let (socket, peer) = try makeConnection()
        let request = KeptRequest(.send, [total / 2, total - total / 2])
        request.memory.copyBytes(from: much.prefix(total))
        let reader = try ThreadObject(
            returning: {
                var place = 0
                while let bytes = peer.receive(1 << 20), !bytes.isEmpty {
                    let isWrong = much.withUnsafeBytes { memcmp($0.baseAddress! + place, bytes, bytes.count) != 0 }
                    if isWrong { return UInt32.max }
                    place += bytes.count
                }
                return UInt32(place)
            })
        arm()
        let (status, bytes) = try await end(request) { socket.start(request) }
        disarm()
        socket.close()
        try await reader.wait()
        // What was sent is the beginning of it, whatever happened.
        #expect(reader.exitCode! <= UInt32(total))
        if status == .success { #expect(bytes == total && reader.exitCode! == UInt32(total)) }
        return status
    }

    /// An accept by the driver, of a connection that comes before it or after.
    fileprivate func accept(_ sizes: [Int], family: Int32 = AF_INET, comesFirst: Bool) async throws -> IOStatus {
        let (listener, address) = try makeListener(family)
        defer { listener.close() }
        let accepted = try driver.makeEmptySocket(like: listener.settings)
        let client = socket(family, stream | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(client) }
        func come() {
            let result = address.bytes.withUnsafeBytes {
                Glibc.connect(client, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
            #expect(result == 0)
            if !sizes.isEmpty { #expect(Glibc.send(client, [7] as [UInt8], 1, Int32(MSG_NOSIGNAL)) == 1) }
        }
        if comesFirst { come() }
        let request = KeptRequest(.accept(accepted), sizes)
        arm()
        let (status, bytes) = try await end(request) {
            let started = listener.start(request)
            if !comesFirst { come() }
            return started
        }
        disarm()
        if status == .success {
            #expect(accepted.descriptor >= 0 && bytes == (sizes.isEmpty ? 0 : 1))
            if !sizes.isEmpty { #expect(request.memory[0] == 7) }
        }
        accepted.close()
        // The listener is none the worse for it.
        if status != .success && sizes.isEmpty {
            let again = try driver.makeEmptySocket(like: listener.settings)
            let request = KeptRequest(.accept(again), [])
            #expect(try await end(request) { listener.start(request) }.status == .success)
            again.close()
        }
        return status
    }

    fileprivate func connect(_ bytes: Int, family: Int32 = AF_INET, isRefused: Bool = false) async throws -> IOStatus {
        let (listener, address) = try makeListener(family)
        if isRefused { listener.close() }
        defer { listener.close() }
        let socket = try makeSocket(stream, family)
        defer { socket.close() }
        let request = KeptRequest(.connect, bytes == 0 ? [] : [bytes], message: address.message)
        request.memory.copyBytes(from: pattern(0..<bytes))
        arm()
        let (status, sent) = try await end(request) { socket.start(request) }
        disarm()
        guard status == .success else { return status }
        #expect(!isRefused && sent == bytes && socket.settings.phase == .connected)
        let made = Glibc.accept(listener.descriptor, nil, nil)
        #expect(made >= 0)
        if bytes > 0 {
            var received = [UInt8](repeating: 0, count: bytes)
            #expect(recv(made, &received, bytes, Int32(MSG_WAITALL)) == bytes && received == pattern(0..<bytes))
        }
        Glibc.close(made)
        return status
    }

    fileprivate func datagram(_ comesFirst: Bool, addressed: Bool) async throws -> IOStatus {
        let (from, to) = (try makeSocket(datagrams), try makeSocket(datagrams))
        defer {
            from.close()
            to.close()
        }
        for socket in [from, to] { Address(port: 0).bind(socket.descriptor) }
        let send = KeptRequest(.send, [100], message: Address(of: to.descriptor).message)
        send.memory.copyBytes(from: pattern(0..<100))
        let receive = KeptRequest(.receive, [200], message: addressed ? IOMessage(receivesAddress: true) : nil)
        arm()
        var status = IOStatus.success
        if !comesFirst {
            if let ended = to.start(receive) { return disarmed(ended.status) }
        }
        status = try await end(send) { from.start(send) }.status
        guard status == .success else {
            disarm()
            if !comesFirst {
                to.cancel(receive)
                try await wait(for: receive)
            }
            return status
        }
        if comesFirst {
            waitForInput(to.descriptor)
            let (ended, bytes) = try await end(receive) { to.start(receive) }
            disarm()
            if ended == .success { #expect(bytes == 100) }
            status = ended
        } else {
            try await wait(for: receive)
            disarm()
            status = receive.status!
            if status == .success { #expect(receive.bytes == 100) }
        }
        if status == .success {
            #expect(Array(receive.memory.prefix(100)) == pattern(0..<100))
            if let message = receive.message { #expect(message.nameLength == 16) }
        }
        return status
    }

    private func disarmed(_ status: IOStatus) -> IOStatus {
        disarm()
        return status
    }
}

let socketFaults: [FaultScenario] = [
    FaultScenario("making a socket") { run in
        run.arm()
        let status = try await run.status { try run.makeSocket().close() }
        run.disarm()
        return status
    },
    FaultScenario("receiving what is there") { run in
        try await run.receive([10, 20], bytesComeFirst: true, sent: 30)
    },
    FaultScenario("receiving what comes") { run in try await run.receive([10, 20], bytesComeFirst: false, sent: 30) },
    FaultScenario("receiving all") { run in
        try await run.receive(
            [1000], bytesComeFirst: true, sent: 1000, message: IOMessage(flags: Int32(MSG_WAITALL)))
    },
    FaultScenario("receiving all that comes") { run in
        try await run.receive(
            [1000], bytesComeFirst: false, sent: 1000, message: IOMessage(flags: Int32(MSG_WAITALL)))
    },
    FaultScenario("receiving nothing") { run in try await run.receive([], bytesComeFirst: false, sent: 30) },
    FaultScenario("sending") { run in try await run.send(1000) },
    FaultScenario("sending much") { run in try await run.send(much.count) },
    FaultScenario("accepting what is there") { run in try await run.accept([], comesFirst: true) },
    FaultScenario("accepting what comes") { run in try await run.accept([], comesFirst: false) },
    FaultScenario("accepting with the first bytes") { run in try await run.accept([10], comesFirst: false) },
    FaultScenario("accepting by a path") { run in try await run.accept([], family: AF_UNIX, comesFirst: false) },
    FaultScenario("connecting", mayGiveUp: true) { run in try await run.connect(0) },
    FaultScenario("connecting and sending", mayGiveUp: true) { run in try await run.connect(1000) },
    // What a Unix socket says whose listener has no room.
    FaultScenario("connecting to a path", also: [.connectionRefused]) { run in
        try await run.connect(0, family: AF_UNIX)
    },
    FaultScenario("connecting where nobody listens", also: [.connectionRefused], mayGiveUp: true) { run in
        let status = try await run.connect(0, isRefused: true)
        #expect(status != .success)
        return status
    },
    FaultScenario("receiving a datagram that is there") { run in try await run.datagram(true, addressed: true) },
    FaultScenario("receiving a datagram that comes") { run in try await run.datagram(false, addressed: false) },
    FaultScenario("using a socket again") { run in
        let (socket, peer) = try run.makeConnection()
        defer { socket.close() }
        run.arm()
        let status = try await run.status { try socket.renew() }
        run.disarm()
        #expect((socket.settings.phase == .connected) == (status != .success))
        withExtendedLifetime(peer) {}
        return status
    },
    FaultScenario("being told what a socket is ready for") { run in
        let (socket, peer) = try run.makeConnection()
        defer { socket.close() }
        run.arm()
        let status = try await run.status { try socket.watch() }
        peer.send([1])
        // A look that fails sees nothing, and does no harm.
        _ = socket.readiness()
        run.disarm()
        run.waitForInput(socket.descriptor)
        #expect(socket.readiness().contains([.receive, .send, .connect]))
        return status
    },
    FaultScenario("tasks that connect, accept, send and receive", mayGiveUp: true) { run in
        let listener = try ListenerObject(port: 0)
        defer { listener.close() }
        run.arm()
        async let accepting = listener.accept()
        var status = IOStatus.success
        var buffer = PinnedBuffer(capacity: 1000)
        do {
            let client = try await SocketObject.connect(host: "127.0.0.1", port: listener.localPort!)
            defer { client.close() }
            let server = try await accepting
            defer { server.close() }
            buffer.replace(with: pattern(0..<1000))
            try await client.send(buffer)
            var place = 0
            while place < 1000 {
                let count = try await server.receive(into: &buffer)
                guard count > 0 else { break }
                #expect(buffer.withBytes { Array($0) } == pattern(place..<place + count))
                place += count
            }
            #expect(place == 1000)
        } catch let error as IOError {
            status = error.status
        }
        run.disarm()
        listener.stop()
        return status
    },
]
