import Dispatcher
import Glibc
import Logging
import OverlappedIO
import Signalbox
import Synchronization

/// Runs the body with the driver started, and stops it then.
nonisolated(nonsending) func withDriver(_ body: () async throws -> Void) async throws {
    try await withHost { _ in try await body() }
}

nonisolated(nonsending) func withHost(_ body: (Host) async throws -> Void) async throws {
    let host = try Host(plugins: [OverlappedIO()], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await host.start()
    do {
        try await body(host)
    } catch {
        await host.stop()
        throw error
    }
    await host.stop()
}

/// Runs the body with the two ends of a connection.
nonisolated(nonsending) func withConnection(_ body: (SocketObject, Peer) async throws -> Void) async throws {
    try await withDriver {
        let (connection, peer) = try await makeConnection()
        defer { connection.close() }
        try await body(connection, peer)
    }
}

nonisolated(nonsending) func makeConnection(receiveBuffer: Int32? = nil) async throws -> (SocketObject, Peer) {
    let listener = try SocketObject.listen(port: 0)
    let peer = Peer(port: listener.localPort!, receiveBuffer: receiveBuffer)
    return (try await listener.accept(), peer)
}

extension SocketObject {
    /// What one receive brings.
    nonisolated(nonsending) func receive(atMost count: Int = 65536) async throws -> [UInt8] {
        var buffer = PinnedBuffer(capacity: count)
        _ = try await receive(into: &buffer)
        return buffer.withBytes { Array($0) }
    }

    nonisolated(nonsending) func send(_ bytes: some Collection<UInt8>) async throws {
        var buffer = PinnedBuffer(capacity: bytes.count)
        buffer.replace(with: bytes)
        try await send(buffer)
    }
}

/// A request that keeps what it was told.
final class KeptRequest: IORequest, @unchecked Sendable {
    // Sendable: as IORequest; what is added has its own lock.
    private let ends = Guarded<[(status: IOStatus, bytes: Int)]>([])
    let hasEnded = EventObject(.manual)
    let memory: UnsafeMutableRawBufferPointer
    private let onEnd: (@Sendable () -> Void)?
    private var ownsMemory = true

    /// Buffers of these sizes, one after the other in `memory`, which is filled with the sentinel 0xEE.
    init(
        _ operation: IORequest.Operation, _ sizes: [Int], alignment: Int = 1, message: IOMessage? = nil,
        onEnd: (@Sendable () -> Void)? = nil
    ) {
        self.onEnd = onEnd
        KeptRequest.count.add(1, ordering: .relaxed)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, sizes.reduce(0, +)), alignment: alignment)
        memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
        self.memory = memory
        var place = 0
        var buffers: [UnsafeMutableRawBufferPointer] = []
        for size in sizes {
            buffers.append(UnsafeMutableRawBufferPointer(rebasing: memory[place..<place + size]))
            place += size
        }
        super.init(operation, buffers, message: message)
    }

    /// Over memory that is the caller's.
    init(_ operation: IORequest.Operation, memory: UnsafeMutableRawBufferPointer) {
        onEnd = nil
        KeptRequest.count.add(1, ordering: .relaxed)
        ownsMemory = false
        self.memory = memory
        super.init(operation, [memory])
    }

    deinit {
        if ownsMemory { memory.deallocate() }
        KeptRequest.count.subtract(1, ordering: .relaxed)
    }

    private static let count = Atomic(0)
    /// How many there are.
    static var alive: Int { count.load(ordering: .relaxed) }

    override func complete(_ status: IOStatus, bytes: Int) {
        ends.withLock { $0.append((status, bytes)) }
        onEnd?()
        hasEnded.set()
    }

    /// How often it was completed.
    var endCount: Int { ends.withLock { $0.count } }
    var status: IOStatus? { ends.withLock { $0.first?.status } }
    var bytes: Int? { ends.withLock { $0.first?.bytes } }
    var isPending: Bool { endCount == 0 }
}
