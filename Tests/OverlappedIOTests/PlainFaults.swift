import Glibc
import Logging
import OverlappedIO
import Signalbox
import Testing

extension FaultRun {
    /// What is done at once, without a request; and if it is not, by one.
    fileprivate func transferNow(isSend: Bool) async throws -> IOStatus {
        let (socket, peer) = try makeConnection()
        defer { socket.close() }
        let total = 100
        let request = KeptRequest(isSend ? .send : .receive, [total])
        if isSend {
            request.memory.copyBytes(from: pattern(0..<total))
        } else {
            #expect(peer.send(pattern(0..<total)))
            waitForInput(socket.descriptor)
        }
        arm()
        var place = 0
        var status = IOStatus.success
        while place < total {
            let rest = UnsafeMutableRawBufferPointer(rebasing: request.memory[place..<total])
            var count = socket.transferNow(isSend: isSend, rest)
            if count < 0 {
                let part = KeptRequest(isSend ? .send : .receive, memory: rest)
                (status, count) = try await end(part) { socket.start(part) }
                guard status == .success else { break }
            }
            #expect(count > 0)
            if count <= 0 { break }
            place += count
        }
        disarm()
        guard status == .success else { return status }
        if isSend {
            var received: [UInt8] = []
            while received.count < total, let bytes = peer.receive(total), !bytes.isEmpty { received += bytes }
            #expect(received == pattern(0..<total))
        } else {
            #expect(Array(request.memory) == pattern(0..<total))
        }
        return status
    }

    /// Receives of which each waits, alone, for what the poller tells.
    fileprivate func receiveOneByOne() async throws -> IOStatus {
        let (socket, peer) = try makeConnection()
        defer { socket.close() }
        // From here on the poller knows it.
        let first = KeptRequest(.receive, [10])
        #expect(socket.start(first) == nil)
        #expect(peer.send([1]))
        try await wait(for: first)
        arm()
        var status = IOStatus.success
        for round in 0..<3 {
            let request = KeptRequest(.receive, [10])
            var count = 0
            (status, count) = try await end(request) {
                let started = socket.start(request)
                #expect(peer.send([UInt8(round), 7]))
                return started
            }
            guard status == .success else { break }
            #expect(count > 0 && request.memory[0] == UInt8(round))
            // Cut short: the rest is there.
            if count == 1 {
                let rest = KeptRequest(.receive, [10])
                (status, count) = try await end(rest) { socket.start(rest) }
                #expect(status != .success || count == 1 && rest.memory[0] == 7)
                guard status == .success else { break }
            }
        }
        disarm()
        return status
    }
}

let plainFaults: [FaultScenario] = [
    FaultScenario("receiving into one buffer what is there") { run in
        try await run.receive([30], bytesComeFirst: true, sent: 30)
    },
    FaultScenario("receiving into one buffer what comes", recovers: true) { run in
        try await run.receive([30], bytesComeFirst: false, sent: 30)
    },
    FaultScenario("receiving one by one", recovers: true) { run in try await run.receiveOneByOne() },
    FaultScenario("receiving at once", recovers: true) { run in try await run.transferNow(isSend: false) },
    FaultScenario("sending at once", recovers: true) { run in try await run.transferNow(isSend: true) },
    FaultScenario("a receive that is cancelled", also: [.cancelled], recovers: true) { run in
        let (socket, peer) = try run.makeConnection()
        defer { socket.close() }
        let request = KeptRequest(.receive, [30])
        run.arm()
        let (status, _) = try await run.end(request) {
            let started = socket.start(request)
            if started == nil { socket.cancel(request) }
            return started
        }
        run.disarm()
        withExtendedLifetime(peer) {}
        return status == .cancelled ? .success : status
    },
    FaultScenario("starting the driver") { run in
        let driver = OverlappedIO(engine: run.engine)
        let host = try Host(plugins: [driver], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        run.arm(driver.faults)
        var status = IOStatus.success
        do {
            try await host.start()
        } catch HostError.startFailed(_, let error) {
            status = (error as? IOError)?.status ?? .unexpected
        }
        run.disarm(driver.faults)
        await host.stop()
        return status
    },
]
