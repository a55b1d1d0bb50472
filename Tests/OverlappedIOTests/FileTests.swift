import Dispatcher
import Glibc
import Logging
import OverlappedIO
import Signalbox
import Synchronization
import TestSupport
import Testing

/// Runs the body with the driver started, over either engine, and a folder of its own.
private nonisolated(nonsending) func withFolder(
    _ engine: OverlappedIO.EngineChoice = .ring, _ body: (String) async throws -> Void
) async throws {
    try await withFolder(OverlappedIO(engine: engine), body)
}

private nonisolated(nonsending) func withFolder(
    _ driver: OverlappedIO, _ body: (String) async throws -> Void
) async throws {
    var template = Array("/tmp/signalbox-files-XXXXXX".utf8CString)
    let folder = String(cString: mkdtemp(&template))
    defer { rmdir(folder) }
    let host = try Host(plugins: [driver], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await host.start()
    do {
        try await body(folder)
    } catch {
        await host.stop()
        throw error
    }
    await host.stop()
}

private let engines: [OverlappedIO.EngineChoice] = [.ring, .threads]

extension FileOptions {
    fileprivate static var new: FileOptions {
        var options = FileOptions()
        options.disposition = .createNew
        options.access = [.read, .write, .append]
        options.isDeletedOnClose = true
        return options
    }
}

extension PinnedBuffer {
    fileprivate init(_ bytes: [UInt8]) {
        self.init(capacity: bytes.count)
        replace(with: bytes)
    }
}

private func isStatus(_ status: IOStatus, _ body: () async throws -> Void) async -> Bool {
    do {
        try await body()
        return false
    } catch {
        return (error as? IOError)?.status == status
    }
}

@Suite("Files", .serialized, .alone, .timeLimit(.minutes(3))) struct FileTests {
    @Test("what is written is read back, at its offset", arguments: engines)
    func readsAndWrites(engine: OverlappedIO.EngineChoice) async throws {
        try await withFolder(engine) { folder in
            let file = try FileObject.open(folder + "/file", .new)
            defer { file.close() }
            try await file.write(PinnedBuffer([1, 2, 3]), at: 2)
            try await file.append(PinnedBuffer([4]))
            #expect(try file.size == 6)
            var buffer = PinnedBuffer(capacity: 16)
            #expect(try await file.read(into: &buffer, at: 1) == 5)
            #expect(buffer.withBytes { Array($0) } == [0, 1, 2, 3, 4])
            #expect(try await file.read(into: &buffer, at: 6) == 0)
            #expect(buffer.count == 0)
            try await file.flush()
            try file.setSize(3)
            #expect(try file.size == 3)
        }
    }

    @Test("past the page cache, requests are pending, and end", arguments: engines)
    func unbuffered(engine: OverlappedIO.EngineChoice) async throws {
        try await withFolder(engine) { folder in
            var options = FileOptions.new
            options.isUnbuffered = true
            let file = try FileObject.open(folder + "/file", options)
            defer { file.close() }
            let size = 1 << 20
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * size, alignment: 4096)
            defer { memory.deallocate() }
            for index in 0..<size { memory[index] = UInt8(truncatingIfNeeded: index &* 7 &+ index >> 12) }
            let driver = try DriverRegistry.shared.files().openFile(folder + "/file", .reading).file
            defer { driver.close() }
            let write = KeptRequest(.send, memory: UnsafeMutableRawBufferPointer(rebasing: memory[..<size]))
            #expect(driver.start(write, .write(at: 0), done: 0) == nil)
            try await write.hasEnded.wait()
            #expect(write.status == .success)
            #expect(write.bytes == size)
            let read = KeptRequest(.receive, memory: UnsafeMutableRawBufferPointer(rebasing: memory[size...]))
            #expect(driver.start(read, .read(at: 0), done: 0) == nil)
            try await read.hasEnded.wait()
            #expect(read.bytes == size)
            #expect(memcmp(memory.baseAddress!, memory.baseAddress! + size, size) == 0)
        }
    }

    @Test("lines end with newlines, and bytes with the file", arguments: engines)
    func sequences(engine: OverlappedIO.EngineChoice) async throws {
        try await withFolder(engine) { folder in
            let file = try FileObject.open(folder + "/file", .new)
            defer { file.close() }
            let long = String(repeating: "long ", count: 40000)
            let text = "first\r\n\nthird ü\n" + long + "\nlast"
            try await file.write(PinnedBuffer(Array(text.utf8)), at: 0)
            var lines: [String] = []
            for try await line in file.lines { lines.append(line) }
            #expect(lines == ["first", "", "third ü", long, "last"])
            var count = 0
            for try await _ in file.bytes { count += 1 }
            #expect(count == text.utf8.count)
        }
    }

    @Test("a file that does not exist, exists, or is not shared")
    func openingFails() async throws {
        try await withFolder { folder in
            #expect(await isStatus(.objectNameNotFound) { _ = try FileObject.open(folder + "/missing") })
            #expect(await isStatus(.objectPathNotFound) { _ = try FileObject.open(folder + "/no/where") })
            var options = FileOptions.new
            options.sharing = .read
            let file = try FileObject.open(folder + "/file", options)
            #expect(await isStatus(.objectNameCollision) { _ = try FileObject.open(folder + "/file", options) })
            var second = FileOptions()
            second.access = .write
            #expect(await isStatus(.sharingViolation) { _ = try FileObject.open(folder + "/file", second) })
            file.close()
            #expect(await isStatus(.objectNameNotFound) { _ = try FileObject.open(folder + "/file", second) })
        }
    }

    @Test("a file does what it was opened for")
    func access() async throws {
        try await withFolder { folder in
            let file = try FileObject.open(folder + "/file", .new)
            defer { file.close() }
            let reader = try FileObject.open(folder + "/file")
            defer { reader.close() }
            #expect(await isStatus(.accessDenied) { try await reader.write(PinnedBuffer([1]), at: 0) })
            #expect(await isStatus(.accessDenied) { try await reader.append(PinnedBuffer([1])) })
            #expect(await isStatus(.accessDenied) { try reader.setSize(1) })
            #expect(try file.size == 0)
        }
    }

    @Test("a lock is waited for, and a cancelled task stops waiting", .timeLimit(.minutes(1)))
    func locks() async throws {
        try await withFolder { folder in
            let one = try FileObject.open(folder + "/file", .new)
            defer { one.close() }
            let two = try FileObject.open(folder + "/file")
            defer { two.close() }
            let range = FileRange(start: 0, length: 10)
            try await one.withLock(range) {
                let task = Task { try await two.withLock(range) { true } }
                task.cancel()
                await #expect(throws: CancellationError.self) { _ = try await task.value }
                var buffer = PinnedBuffer(capacity: 4)
                try await one.write(PinnedBuffer([1]), at: 0)
                #expect(try await one.read(into: &buffer, at: 0) == 1)
            }
            #expect(try await two.withLock(range) { true })
        }
    }

    @Test("a transfer meets a lock of another")
    func lockedOut() async throws {
        try await withFolder { folder in
            let one = try FileObject.open(folder + "/file", .new)
            defer { one.close() }
            try await one.write(PinnedBuffer([1, 2, 3]), at: 0)
            let two = try FileObject.open(folder + "/file")
            defer { two.close() }
            try await one.withLock(FileRange(start: 1, length: 1)) {
                #expect(
                    await isStatus(.fileLockConflict) {
                        var buffer = PinnedBuffer(capacity: 3)
                        _ = try await two.read(into: &buffer, at: 0)
                    })
            }
        }
    }

    @Test("a call that the disk fails is told as its error", arguments: engines)
    func faults(engine: OverlappedIO.EngineChoice) async throws {
        let driver = OverlappedIO(engine: engine)
        try await withFolder(driver) { folder in
            // Not shared with writers, whose locks would be asked for first.
            var options = FileOptions.overlapped
            options.sharing = []
            let file = FileObject(try driver.openFile(folder + "/file", options).file)
            defer { file.close() }
            for (code, status) in [(EIO, IOStatus.ioDeviceError), (ENOSPC, .diskFull), (EFBIG, .fileTooLarge)] {
                driver.faults.arm(call: 1, .errno(code))
                #expect(await isStatus(status) { try await file.write(PinnedBuffer([1]), at: 0) })
                #expect(driver.faults.disarm() == 1)
                #expect(try file.size == 0)
            }
        }
    }

    @Test("a request on a pipe waits, and is cancelled by its task", .timeLimit(.minutes(1)), arguments: engines)
    func pipes(engine: OverlappedIO.EngineChoice) async throws {
        try await withFolder(engine) { folder in
            let path = folder + "/fifo"
            mkfifo(path, 0o600)
            defer { unlink(path) }
            var options = FileOptions()
            options.access = [.read, .write, .append]
            let fifo = try FileObject.open(path, options)
            defer { fifo.close() }
            let task = Task { () -> Int in
                var buffer = PinnedBuffer(capacity: 4)
                return try await fifo.read(into: &buffer, at: 0)
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            async let count = { () -> Int in
                var buffer = PinnedBuffer(capacity: 4)
                return try await fifo.read(into: &buffer, at: 0)
            }()
            try await fifo.append(PinnedBuffer([1, 2]))
            #expect(try await count == 2)
        }
    }

    @Test("ranges overlap where they have a byte in common")
    func ranges() {
        func range(_ start: UInt64, _ length: UInt64) -> FileRange { FileRange(start: start, length: length) }
        #expect(range(0, 10).overlaps(range(9, 1)))
        #expect(!range(0, 10).overlaps(range(10, 1)))
        #expect(range(5, 1).overlaps(range(0, 10)))
        #expect(range(~0, 1).overlaps(range(~0 - 5, 6)))
        #expect(!range(~0, 1).overlaps(range(0, 5)))
        #expect(!range(5, 0).overlaps(range(5, 10)))
        #expect(range(6, 0).overlaps(range(5, 10)))
        #expect(!range(5, 0).overlaps(range(5, 0)))
    }
}

extension FileOptions {
    fileprivate static var overlapped: FileOptions {
        var options = FileOptions.new
        options.isOverlapped = true
        return options
    }
    fileprivate static var reading: FileOptions {
        var options = FileOptions()
        options.access = [.read, .write]
        options.isUnbuffered = true
        return options
    }
}
