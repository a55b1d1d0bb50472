import Glibc
import NamedPipes
import Signalbox
import Synchronization
import TestSupport
import Testing

private func overlapped(_ change: (inout PipeOptions) -> Void = { _ in }) -> PipeOptions {
    var options = PipeOptions()
    options.isOverlapped = true
    change(&options)
    return options
}

private func messages(_ options: inout PipeOptions) { (options.keepsMessages, options.readsMessages) = (true, true) }

/// The two ends of a pipe.
private func connected(
    _ options: PipeOptions = overlapped(), _ driver: NamedPipes = NamedPipes()
) throws -> (server: any DriverPipe, client: any DriverPipe) {
    let server = try driver.makePipe("test", options)
    return (server, try driver.openPipe("test", [.read, .write], isOverlapped: true))
}

private func status(_ body: () throws(IOError) -> Void) -> IOStatus {
    do throws(IOError) {
        try body()
        return .success
    } catch {
        return error.status
    }
}

@Suite("Named pipes", .serialized, .alone, .timeLimit(.minutes(2))) struct PipeTests {
    // ---- names

    @Test("names differ by more than their case, and a pipe goes with its last instance")
    func names() throws {
        let driver = NamedPipes()
        let server = try driver.makePipe("Name", overlapped())
        let client = try driver.openPipe("nAME", .read, isOverlapped: true)
        #expect(
            status { () throws(IOError) in _ = try driver.openPipe("name", .read, isOverlapped: true) }
                == .pipeNotAvailable)
        server.close()
        #expect(
            status { () throws(IOError) in _ = try driver.openPipe("name", .read, isOverlapped: true) }
                == .objectNameNotFound)
        client.close()
    }

    @Test("an instance that is one too many, or not such as the first, is refused")
    func instances() throws {
        let driver = NamedPipes()
        let first = try driver.makePipe("a", overlapped { $0.mostInstances = 2 })
        let second = try driver.makePipe("a", overlapped { $0.mostInstances = 2 })
        #expect(first.facts.instances == 2)
        #expect(status { () throws(IOError) in _ = try driver.makePipe("a", overlapped()) } == .instanceNotAvailable)
        second.close()
        #expect(status { () throws(IOError) in _ = try driver.makePipe("a", overlapped(messages)) } == .accessDenied)
        #expect(
            status { () throws(IOError) in _ = try driver.makePipe("a", overlapped { $0.access = .read }) }
                == .accessDenied)
        #expect(
            status { () throws(IOError) in _ = try driver.makePipe("a", overlapped { $0.mustBeFirst = true }) }
                == .accessDenied)
        #expect(first.facts.instances == 1)
        first.close()
    }

    @Test("a client may do what the server's end lets it")
    func access() throws {
        let driver = NamedPipes()
        let server = try driver.makePipe("in", overlapped { $0.access = .read })
        #expect(
            status { () throws(IOError) in _ = try driver.openPipe("in", .read, isOverlapped: true) } == .accessDenied)
        try driver.openPipe("in", .write, isOverlapped: true).close()
        server.close()
    }

    @Test("who waits for a free instance is told once")
    func availability() throws {
        let driver = NamedPipes()
        let told = Atomic(0)
        let waiter = PipeWaiter { told.add(1, ordering: .relaxed) }
        guard case .missing = driver.availability("a", waiter) else { return #expect(Bool(false), "there is none") }
        let server = try driver.makePipe("a", overlapped { $0.milliseconds = 77 })
        guard case .free = driver.availability("a", waiter) else { return #expect(Bool(false), "it is free") }
        let client = try driver.openPipe("a", .read, isOverlapped: true)
        guard case .busy(77) = driver.availability("a", waiter) else { return #expect(Bool(false), "it is busy") }
        let other = try driver.makePipe("a", overlapped())
        #expect(told.load(ordering: .relaxed) == 1)
        other.close()
        #expect(told.load(ordering: .relaxed) == 1)
        for end in [server, client] { end.close() }
    }

    // ---- clients

    @Test("a listen ends when a client comes; disconnected ends lose what was unread")
    func listening() async throws {
        let driver = NamedPipes()
        let server = try driver.makePipe("a", overlapped())
        let listen = PipeRequest()
        start(listen, .control(.listen), on: server)
        #expect(listen.endCount == 0)
        #expect(read(1, server).status == .pipeListening)
        let client = try driver.openPipe("a", [.read, .write], isOverlapped: true)
        try await listen.wait()
        #expect(listen.status == .success && listen.endCount == 1)
        let again = PipeRequest()
        start(again, .control(.listen), on: server)
        #expect(again.status == .pipeConnected)
        #expect(write([1, 2], server).status == .success)
        #expect(server.disconnect() == .success)
        #expect(server.disconnect() == .pipeDisconnected)
        #expect(read(2, client).status == .pipeDisconnected)
        #expect(write([1], client).status == .pipeDisconnected)
        #expect(client.disconnect() == .illegalFunction)
        client.close()
        server.close()
    }

    // ---- transfers

    @Test("bytes have no bounds, messages have")
    func bounds() throws {
        let (server, client) = try connected()
        _ = write([1, 2, 3], client)
        _ = write([4], client)
        #expect(read(2, server).bytes == [1, 2])
        #expect(read(9, server).bytes == [3, 4])
        for end in [server, client] { end.close() }

        let (one, other) = try connected(overlapped(messages))
        _ = write([1, 2, 3], other)
        _ = write([], other)
        _ = write([4], other)
        let part = read(2, one)
        #expect(part.status == .bufferOverflow && part.bytes == [1, 2])
        #expect(read(9, one).bytes == [3])
        let empty = read(9, one)
        #expect(empty.status == .success && empty.count == 0)
        #expect(read(9, one).bytes == [4])
        for end in [one, other] { end.close() }
    }

    @Test("reads that wait are served in their order")
    func order() async throws {
        let (server, client) = try connected(overlapped(messages))
        let reads = (0..<3).map { _ in read(4, server) }
        for number in 0..<3 { #expect(write([UInt8(number)], client).status == .success) }
        for (number, request) in reads.enumerated() {
            try await request.wait()
            #expect(request.bytes == [UInt8(number)] && request.endCount == 1)
        }
        for end in [server, client] { end.close() }
    }

    @Test("a write beyond the pipe's size ends when enough is read, a flush when all is")
    func quota() async throws {
        let (server, client) = try connected()
        let much = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        let request = write(much, client)
        #expect(request.endCount == 0)
        let flush = PipeRequest()
        start(flush, .flush, on: client)
        #expect(read(5000, server).bytes == Array(much[..<5000]))
        #expect(request.endCount == 0)
        #expect(read(1000, server).count == 1000)
        try await request.wait()
        #expect(request.status == .success && request.count == 10_000 && flush.endCount == 0)
        #expect(read(9000, server).bytes == Array(much[6000...]))
        try await flush.wait()
        #expect(flush.status == .success && flush.endCount == 1)
        for end in [server, client] { end.close() }
    }

    @Test("an end that does not wait reads nothing, and writes what there is room for")
    func notWaiting() throws {
        let (server, client) = try connected()
        #expect(client.setMode(readsMessages: false, waits: false) == .success)
        #expect(client.setMode(readsMessages: true, waits: false) == .invalidParameter)
        #expect(read(1, client).status == .pipeEmpty)
        let request = write([UInt8](repeating: 1, count: 5000), client)
        #expect(request.status == .success && request.count == 4096)
        #expect(write([1], client).count == 0)
        #expect(read(9000, server).count == 4096)
        for end in [server, client] { end.close() }
    }

    @Test("a look leaves what it sees")
    func peek() throws {
        let (server, client) = try connected(overlapped(messages))
        _ = write([1, 2, 3], client)
        _ = write([4], client)
        var room = [UInt8](repeating: 0, count: 2)
        let (status, found) = room.withUnsafeMutableBytes { server.peek(into: $0) }
        #expect(status == .success && room == [1, 2])
        #expect(found.copied == 2 && found.available == 4 && found.left == 1)
        #expect(read(9, server).bytes == [1, 2, 3])
        client.close()
        #expect(read(9, server).bytes == [4])
        #expect(server.peek(into: UnsafeMutableRawBufferPointer(start: nil, count: 0)).status == .pipeBroken)
        server.close()
    }

    @Test("a question gets its answer, and is refused while something is unread")
    func transact() async throws {
        let (server, client) = try connected(overlapped(messages))
        var question: [UInt8] = [1, 2]
        let request = PipeRequest(reading: 8)
        question.withUnsafeMutableBytes { start(request, .control(.transact($0)), on: server) }
        #expect(request.endCount == 0)
        #expect(read(8, client).bytes == [1, 2])
        _ = write([3], client)
        try await request.wait()
        #expect(request.bytes == [3] && request.endCount == 1)
        _ = write([4], client)
        let second = PipeRequest(reading: 8)
        question.withUnsafeMutableBytes { start(second, .control(.transact($0)), on: server) }
        #expect(second.status == .pipeBusy)
        for end in [server, client] { end.close() }
    }

    @Test("memory that is none of this process's is told, and nothing is lost")
    func badAddresses() throws {
        let (server, client) = try connected()
        let page = mmap(nil, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        defer { munmap(page, 4096) }
        let nowhere = UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: 4096), count: 10)
        let constant = UnsafeMutableRawBufferPointer(start: page, count: 10)
        func refused(_ outcome: IOAttempt) -> Bool {
            if case .failed(.accessViolation) = outcome { true } else { false }
        }
        #expect(refused(client.attempt(.write(at: 0), [nowhere], mayWait: false)))
        _ = write([1, 2, 3], client)
        #expect(refused(server.attempt(.read(at: 0), [nowhere], mayWait: false)))
        #expect(refused(server.attempt(.read(at: 0), [constant], mayWait: false)))
        #expect(read(9, server).bytes == [1, 2, 3])
        for end in [server, client] { end.close() }
    }

    // ---- ends

    @Test("requests end with their pipe, once")
    func closing() async throws {
        let (server, client) = try connected()
        let reading = read(1, client)
        let writing = write([UInt8](repeating: 1, count: 5000), client)
        server.close()
        try await reading.wait()
        try await writing.wait()
        #expect(reading.status == .pipeBroken && reading.endCount == 1)
        #expect(writing.status == .pipeBroken && writing.endCount == 1)
        #expect(write([1], client).status == .pipeClosing)
        client.close()
        #expect(read(1, client).status == .invalidHandle)

        let (other, own) = try connected()
        let pending = read(1, own)
        own.close()
        try await pending.wait()
        #expect(pending.status == .cancelled)
        other.close()
    }

    @Test("a cancelled write takes back what was not read of it")
    func cancelling() async throws {
        let (server, client) = try connected()
        _ = write([9], client)
        let request = write([UInt8](repeating: 1, count: 5000), client)
        #expect(client.cancel { $0 === request } == 1)
        #expect(client.cancel { $0 === request } == 0)
        try await request.wait()
        #expect(request.status == .cancelled && request.count == 0 && request.endCount == 1)
        #expect(read(100, server).bytes == [9])
        let reading = read(1, server)
        #expect(server.cancel { _ in true } == 1)
        #expect(reading.status == .cancelled && reading.endCount == 1)
        for end in [server, client] { end.close() }
    }

    @Test("a read that is cancelled while it is served ends once, with the byte or without")
    func race() async throws {
        let (server, client) = try connected()
        var (served, cancelled) = (0, 0)
        for round in 0..<5000 {
            let request = read(1, server)
            let writer = Task { write([UInt8(truncatingIfNeeded: round)], client).status }
            _ = server.cancel { $0 === request }
            #expect(await writer.value == .success)
            try await request.wait()
            #expect(request.endCount == 1)
            if request.status == .success {
                served += 1
                #expect(request.bytes == [UInt8(truncatingIfNeeded: round)])
            } else {
                cancelled += 1
                #expect(request.status == .cancelled && request.count == 0)
                #expect(read(1, server).bytes == [UInt8(truncatingIfNeeded: round)])
            }
        }
        #expect(served + cancelled == 5000)
        for end in [server, client] { end.close() }
    }
}
