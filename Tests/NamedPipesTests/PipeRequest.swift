import Dispatcher
import Glibc
import Signalbox

/// A request that keeps what it was told, over memory of its own.
final class PipeRequest: IORequest, @unchecked Sendable {
    // Sendable: as IORequest; what is added has its own lock, or is constant.
    private let ends = Guarded<[(status: IOStatus, bytes: Int)]>([])
    private let hasEnded = EventObject(.manual)
    let memory: UnsafeMutableRawBufferPointer

    /// Reads that many bytes, or does what needs none.
    init(reading count: Int = 0) {
        memory = .allocate(byteCount: max(1, count), alignment: 1)
        memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
        super.init(.receive, count == 0 ? [] : [UnsafeMutableRawBufferPointer(rebasing: memory[..<count])])
    }

    init(writing bytes: [UInt8]) {
        memory = .allocate(byteCount: max(1, bytes.count), alignment: 1)
        memory.copyBytes(from: bytes)
        super.init(.send, [UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes.count])])
    }

    deinit { memory.deallocate() }

    override func complete(_ status: IOStatus, bytes: Int) {
        ends.withLock { $0.append((status, bytes)) }
        hasEnded.set()
    }

    var endCount: Int { ends.withLock { $0.count } }
    var status: IOStatus? { ends.withLock { $0.first?.status } }
    /// What it has read.
    var bytes: [UInt8] { Array(memory.prefix(ends.withLock { $0.first?.bytes ?? 0 })) }
    var count: Int? { ends.withLock { $0.first?.bytes } }

    nonisolated(nonsending) func wait() async throws { try await hasEnded.wait() }
}

/// Starts the request; one that ends at once is told as the others are.
func start(_ request: PipeRequest, _ transfer: FileTransfer, on pipe: any DriverPipe) {
    if let (status, bytes) = pipe.start(request, transfer, done: 0) { request.complete(status, bytes: bytes) }
}

func read(_ count: Int, _ pipe: any DriverPipe) -> PipeRequest {
    let request = PipeRequest(reading: count)
    start(request, .read(at: 0), on: pipe)
    return request
}

func write(_ bytes: [UInt8], _ pipe: any DriverPipe) -> PipeRequest {
    let request = PipeRequest(writing: bytes)
    start(request, .write(at: 0), on: pipe)
    return request
}
