/// Memory that stays where it is, so that a request may read or write it while the task is suspended.
public struct PinnedBuffer: ~Copyable, @unchecked Sendable {
    // Sendable: it owns its memory, and has one owner itself.
    let memory: UnsafeMutableRawBufferPointer
    /// Bytes that hold something: what the last receive brought, or what `append` added.
    public private(set) var count = 0

    /// Makes a buffer that holds nothing.
    ///
    /// - Parameter capacity: in bytes, at least 1.
    public init(capacity: Int) {
        memory = .allocate(byteCount: max(1, capacity), alignment: 64)
    }

    deinit { memory.deallocate() }

    /// In bytes.
    public var capacity: Int { memory.count }
    /// Calls `body` with the bytes that it holds.
    public borrowing func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { try body(filled) }

    /// Calls `body` with the bytes that it holds, as a span, whose bounds are checked.
    public borrowing func withSpan<R>(_ body: (RawSpan) throws -> R) rethrows -> R { try body(filled.bytes) }

    /// Replaces what it holds by what `body` writes from the beginning on; it may write up to ``capacity`` bytes.
    public mutating func fill(_ body: (inout OutputRawSpan) throws -> Void) rethrows {
        var span = OutputRawSpan(buffer: memory, initializedCount: 0)
        try body(&span)
        count = span.finalize(for: memory)
    }

    /// Replaces what it holds.
    ///
    /// - Precondition: the bytes fit.
    public mutating func replace(with bytes: some Collection<UInt8>) {
        precondition(bytes.count <= capacity, "\(bytes.count) bytes do not fit into \(capacity)")
        memory.copyBytes(from: bytes)
        count = bytes.count
    }

    /// The bytes that it holds from `start` on, as memory that a request reads.
    func filledMemory(from start: Int = 0) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[min(start, count)..<count])
    }
    var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }
    mutating func setCount(_ count: Int) { self.count = count }
}
