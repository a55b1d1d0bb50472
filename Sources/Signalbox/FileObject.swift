import Glibc
import Synchronization

/// A file whose reads and writes suspend the task, never its thread.
///
/// ```swift
/// let file = try FileObject.open("/etc/services")
/// for try await line in file.lines { print(line) }
/// ```
///
/// Reads and writes name their offset; any number of them may be under way at once, in no order. What the page cache can
/// serve is done at once, without a suspension. A plugin must provide files: start a ``Host`` with `OverlappedIO()` first.
///
/// Share modes and locks hold toward Win32 handles and other processes that use Signalbox, not toward other programs.
public actor FileObject {
    nonisolated let file: any DriverFile

    package init(_ file: any DriverFile) { self.file = file }

    deinit { file.close() }

    /// Opens a file; by default an existing one, for reading.
    ///
    /// - Throws: `IOError`: there is no such file (`.objectNameNotFound`) or folder (`.objectPathNotFound`); another handle
    ///   does not share it (`.sharingViolation`); `.accessDenied`; `.objectNameCollision`, if it was to be made and exists.
    public static func open(_ path: String, _ options: FileOptions = FileOptions()) throws(IOError) -> FileObject {
        var options = options
        options.isOverlapped = true
        return FileObject(try DriverRegistry.shared.files().openFile(path, options).file)
    }

    /// Bytes of the file, as they are at this moment.
    ///
    /// - Throws: `IOError`, when it is closed.
    public nonisolated var size: Int64 {
        get throws(IOError) {
            var found = stat()
            guard fstat(file.descriptor, &found) == 0 else { throw IOError(code: errno, "asking for a file's size") }
            return Int64(found.st_size)
        }
    }

    /// Cuts the file off, or extends it by zeros.
    ///
    /// - Throws: `IOError`; `.accessDenied` if the file was not opened for writing.
    public nonisolated func setSize(_ size: Int64) throws(IOError) {
        guard file.access.contains(.write) else { throw IOError(.accessDenied, "setting a file's size") }
        guard ftruncate(file.descriptor, Int(size)) == 0 else {
            let code = errno
            throw IOError(IOStatus(fileErrno: code), "setting a file's size", code: code)
        }
    }

    /// Reads from an offset on, into the buffer from its start, until the buffer is full or the file ends.
    ///
    /// - Returns: the bytes read; 0 at the end of the file.
    /// - Throws: `CancellationError` if the task was cancelled first; `IOError`: `.accessDenied`, `.fileLockConflict`.
    public nonisolated(nonsending) func read(into buffer: inout PinnedBuffer, at offset: Int64) async throws -> Int {
        guard file.access.contains(.read) else { throw IOError(.accessDenied, "reading a file") }
        buffer.setCount(0)
        let (status, bytes) = try await perform(.receive, .read(at: offset), [buffer.memory], "reading a file")
        if status == .endOfFile || status == .pipeBroken { return 0 }
        buffer.setCount(bytes)
        return bytes
    }

    /// Writes all that the buffer holds, from an offset on.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first: part of it may have been written; `IOError`:
    ///   `.accessDenied`, `.diskFull`, `.fileLockConflict`.
    public nonisolated(nonsending) func write(_ buffer: borrowing PinnedBuffer, at offset: Int64) async throws {
        guard file.access.contains(.write) else { throw IOError(.accessDenied, "writing a file") }
        _ = try await perform(.send, .write(at: offset), [buffer.filledMemory()], "writing a file")
    }

    /// Writes all that the buffer holds at the end of the file, wherever that is by then.
    ///
    /// - Throws: as ``write(_:at:)``.
    public nonisolated(nonsending) func append(_ buffer: borrowing PinnedBuffer) async throws {
        guard !file.access.isDisjoint(with: [.write, .append]) else { throw IOError(.accessDenied, "writing a file") }
        _ = try await perform(.send, .append, [buffer.filledMemory()], "writing a file")
    }

    /// Returns when what was written before is on the disk.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first; `IOError`.
    public nonisolated(nonsending) func flush() async throws {
        _ = try await perform(.send, .flush, [], "flushing a file")
    }

    /// Runs `body` while a range of the file is locked: others may not write there, nor read if it is `exclusive`. Waits
    /// for those who have locked some of it.
    ///
    /// - Throws: `CancellationError` if the task was cancelled first; `IOError`; what `body` throws.
    public nonisolated(nonsending) func withLock<R>(
        _ range: FileRange, exclusive: Bool = true, _ body: nonisolated(nonsending) () async throws -> R
    ) async throws -> R {
        _ = try await perform(.receive, .lock(range, exclusive: exclusive, waits: true), [], "locking a file")
        defer { _ = file.unlock(range) }
        return try await body()
    }

    /// Closes the file: pending requests end with `CancellationError`. Idempotent; done anyway with the last reference.
    public nonisolated func close() { file.close() }

    // ---- sequences

    /// The file's bytes from the beginning to the end that it has when that is reached. Each iteration reads anew.
    public nonisolated var bytes: Bytes { Bytes(file: self) }

    /// The file's lines, in UTF-8, without the newlines that end them; a carriage return before one is dropped. What is no
    /// UTF-8 is replaced (U+FFFD).
    public nonisolated var lines: Lines { Lines(file: self) }

    /// See ``FileObject/bytes``.
    public struct Bytes: AsyncSequence, Sendable {
        public typealias Element = UInt8
        fileprivate let file: FileObject

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: Reader(file)) }

        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let reader: Reader

            /// The next byte; nil at the end.
            ///
            /// - Throws: as ``FileObject/read(into:at:)``.
            public mutating func next() async throws -> UInt8? { try await reader.next() }
        }
    }

    /// See ``FileObject/lines``.
    public struct Lines: AsyncSequence, Sendable {
        public typealias Element = String
        fileprivate let file: FileObject

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: Reader(file)) }

        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let reader: Reader

            /// The next line; nil at the end.
            ///
            /// - Throws: as ``FileObject/read(into:at:)``.
            public mutating func next() async throws -> String? {
                var line: [UInt8] = []
                while true {
                    guard let piece = try await reader.piece(endingAt: 0x0A) else {
                        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
                    }
                    line += piece
                    guard line.last == 0x0A else { continue }
                    line.removeLast()
                    if line.last == 0x0D { line.removeLast() }
                    return String(decoding: line, as: UTF8.self)
                }
            }
        }
    }

    /// Reads ahead; of one iterator, and so of one task at a time.
    fileprivate final class Reader {
        private let file: FileObject
        private var buffer = PinnedBuffer(capacity: 65536)
        private var used = 0
        private var offset: Int64 = 0

        init(_ file: FileObject) { self.file = file }

        /// False: the file is at its end.
        private nonisolated(nonsending) func fill() async throws -> Bool {
            if used < buffer.count { return true }
            let count = try await file.read(into: &buffer, at: offset)
            (used, offset) = (0, offset + Int64(count))
            return count > 0
        }

        nonisolated(nonsending) func next() async throws -> UInt8? {
            guard try await fill() else { return nil }
            defer { used += 1 }
            return buffer.withBytes { $0[used] }
        }

        /// Bytes up to one that ends a piece, or as many as there are; nil at the end.
        nonisolated(nonsending) func piece(endingAt end: UInt8) async throws -> [UInt8]? {
            guard try await fill() else { return nil }
            let piece = buffer.withBytes { bytes -> [UInt8] in
                let rest = bytes[used...]
                return Array(rest.firstIndex(of: end).map { rest[...$0] } ?? rest)
            }
            used += piece.count
            return piece
        }
    }

    // ---- requests

    private nonisolated(nonsending) func perform(
        _ operation: IORequest.Operation, _ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer],
        _ what: String
    ) async throws -> (status: IOStatus, bytes: Int) {
        var done = 0
        switch file.attempt(transfer, buffers, mayWait: false) {
        case .done(let bytes, _): return (.success, bytes)
        case .failed(let status): return try outcome(status, 0, what)
        case .wouldBlock(let bytes): done = bytes
        case .isBehindOthers: break
        }
        let request = AwaitedRequest(operation, buffers)
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                request.begin(continuation)
                if let (status, bytes) = file.start(request, transfer, done: done) {
                    return request.complete(status, bytes: bytes)
                }
                // Cancelled before it had started: the handler found nothing to cancel.
                if Task.isCancelled { _ = file.cancel { $0 === request } }
            }
        } onCancel: {
            _ = file.cancel { $0 === request }
        }
        let (status, bytes) = request.result
        return try outcome(status, bytes, what)
    }

    private nonisolated func outcome(
        _ status: IOStatus, _ bytes: Int, _ what: String
    ) throws -> (status: IOStatus, bytes: Int) {
        switch status {
        case .success, .endOfFile, .pipeBroken: return (status, bytes)
        case .cancelled: throw CancellationError()
        default: throw IOError(status, what)
        }
    }

    /// `@unchecked Sendable`: `continuation` is written before the request is started, and read when it completes; the
    /// results are written before it is resumed, and read after.
    private final class AwaitedRequest: IORequest, @unchecked Sendable {
        private var continuation: UnsafeContinuation<Void, Never>?
        private(set) var result: (status: IOStatus, bytes: Int) = (.pending, 0)

        func begin(_ continuation: UnsafeContinuation<Void, Never>) { self.continuation = continuation }

        override func complete(_ status: IOStatus, bytes: Int) {
            result = (status, bytes)
            continuation!.resume()
        }
    }
}
