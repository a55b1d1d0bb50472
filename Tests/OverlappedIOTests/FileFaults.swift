import CLinux
import Glibc
import OverlappedIO
import Signalbox
import Testing

extension FileOptions {
    fileprivate init(
        _ disposition: Disposition, _ access: FileRights = [.read, .write, .append],
        sharing: FileRights = [.read, .write, .delete], isUnbuffered: Bool = false, isWrittenThrough: Bool = false
    ) {
        self.init()
        self.disposition = disposition
        self.access = access
        self.sharing = sharing
        self.isUnbuffered = isUnbuffered
        self.isWrittenThrough = isWrittenThrough
        isOverlapped = true
    }
}

extension FaultRun {
    /// By plain system calls.
    fileprivate func put(_ bytes: [UInt8]) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    fileprivate func get() -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(count))
    }

    fileprivate func open(_ options: FileOptions) throws -> any DriverFile { try driver.openFile(path, options).file }

    /// Opens the file with the fault, closes it, and looks for what must be there then.
    fileprivate func opening(
        _ options: FileOptions, at start: [UInt8]?, succeeds end: [UInt8], fails left: [[UInt8]?]
    ) async throws -> IOStatus {
        if let start { put(start) }
        arm()
        let status = try await status { try open(options).close() }
        disarm()
        #expect(status == .success ? get() == end : left.contains(get()), "\(status)")
        return status
    }

    /// A transfer of a file of `count` bytes, past the page cache or by it.
    fileprivate func transfer(
        isWrite: Bool, sizes: [Int], isUnbuffered: Bool, isWrittenThrough: Bool = false, isAppend: Bool = false
    ) async throws -> IOStatus {
        let total = sizes.reduce(0, +)
        put(isWrite ? [UInt8](repeating: 9, count: isAppend ? 4096 : total) : pattern(0..<total))
        let options = FileOptions(
            .openExisting, sharing: [.read], isUnbuffered: isUnbuffered, isWrittenThrough: isWrittenThrough)
        let file = try open(options)
        defer { file.close() }
        let request = KeptRequest(isWrite ? .send : .receive, sizes, alignment: 4096)
        if isWrite { request.memory.copyBytes(from: pattern(0..<total)) }
        arm()
        let transfer: FileTransfer = isAppend ? .append : isWrite ? .write(at: 0) : .read(at: 0)
        let (status, bytes) = try await end(request, transfer, on: file)
        disarm()
        if status == .success {
            #expect(bytes == total)
            if isWrite {
                #expect(get()?.suffix(total) == pattern(0..<total)[...])
            } else {
                #expect(Array(request.memory.prefix(total)) == pattern(0..<total))
            }
        }
        return status
    }

    /// As calls that wait do it, on the calling thread.
    fileprivate func transferNow(isWrite: Bool, isUnbuffered: Bool) async throws -> IOStatus {
        let total = 16384
        put(isWrite ? [] : pattern(0..<total))
        let file = try open(FileOptions(.openExisting, isUnbuffered: isUnbuffered))
        defer { file.close() }
        let request = KeptRequest(.send, [total], alignment: 4096)
        if isWrite { request.memory.copyBytes(from: pattern(0..<total)) }
        arm()
        let (status, bytes) = file.transfer(request.buffers, isWrite: isWrite, at: nil)
        disarm()
        #expect(file.position == (status == .success ? Int64(total) : 0))
        if status == .success {
            #expect(bytes == total)
            #expect(isWrite ? get() == pattern(0..<total) : Array(request.memory) == pattern(0..<total))
        }
        return status
    }

    /// An open file description of somebody else's, which has locked the file's first bytes.
    fileprivate func lockedByOthers() -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        var lock = flock(l_type: Int16(F_WRLCK), l_whence: 0, l_start: 0, l_len: 10, l_pid: 0)
        #expect(fcntl(descriptor, 37, &lock) == 0)  // F_OFD_SETLK
        return descriptor
    }
}

let fileFaults: [FaultScenario] = [
    FaultScenario("opening a file") { run in
        try await run.opening(.init(.openExisting), at: [1, 2], succeeds: [1, 2], fails: [[1, 2]])
    },
    FaultScenario("opening a file that others may not") { run in
        try await run.opening(.init(.openExisting, sharing: []), at: [1, 2], succeeds: [1, 2], fails: [[1, 2]])
    },
    FaultScenario("opening a file for writing alone") { run in
        try await run.opening(.init(.openExisting, .write, sharing: []), at: [1], succeeds: [1], fails: [[1]])
    },
    FaultScenario("making a file") { run in
        try await run.opening(.init(.createNew), at: nil, succeeds: [], fails: [nil])
    },
    FaultScenario("making a file that is there") { run in
        // Emptied, and then it could not be told.
        try await run.opening(.init(.createAlways), at: [1, 2], succeeds: [], fails: [[1, 2], []])
    },
    FaultScenario("emptying a file") { run in
        try await run.opening(.init(.truncateExisting), at: [1, 2], succeeds: [], fails: [[1, 2], []])
    },
    FaultScenario("opening a file that is not shared", also: [.sharingViolation]) { run in
        run.put([1])
        let file = try run.open(.init(.openExisting, sharing: []))
        defer { file.close() }
        run.arm()
        let status = try await run.status { try run.open(.init(.openExisting)).close() }
        run.disarm()
        // Nothing opens it, whatever fails.
        #expect(status != .success)
        return status
    },
    FaultScenario("asking whether a file is shared", also: [.sharingViolation]) { run in
        run.put([1])
        let file = try run.open(.init(.openExisting, sharing: [.read, .write]))
        defer { file.close() }
        run.arm()
        let status = try await run.status { try run.driver.checkSharing(of: run.path, for: .delete) }
        run.disarm()
        #expect(status != .success)
        return status
    },
    FaultScenario("taking over a descriptor") { run in
        run.put([1])
        let descriptor = Glibc.open(run.path, O_RDWR | O_CLOEXEC)
        run.arm()
        let status = try await run.status { try run.driver.adoptFile(descriptor, [.read], isOverlapped: true).close() }
        run.disarm()
        if status != .success { close(descriptor) }
        return status
    },
    FaultScenario("reading") { run in try await run.transfer(isWrite: false, sizes: [10_000], isUnbuffered: false) },
    FaultScenario("reading past the page cache", mayGiveUp: true) { run in
        try await run.transfer(isWrite: false, sizes: [16384], isUnbuffered: true)
    },
    FaultScenario("reading into pages", mayGiveUp: true) { run in
        try await run.transfer(isWrite: false, sizes: [4096, 4096, 4096], isUnbuffered: true)
    },
    FaultScenario("writing") { run in try await run.transfer(isWrite: true, sizes: [10_000], isUnbuffered: false) },
    FaultScenario("writing through", mayGiveUp: true) { run in
        try await run.transfer(isWrite: true, sizes: [10_000], isUnbuffered: false, isWrittenThrough: true)
    },
    FaultScenario("writing past the page cache", mayGiveUp: true) { run in
        try await run.transfer(isWrite: true, sizes: [16384], isUnbuffered: true)
    },
    FaultScenario("writing from pages", mayGiveUp: true) { run in
        try await run.transfer(isWrite: true, sizes: [4096, 4096, 4096], isUnbuffered: true)
    },
    FaultScenario("writing at the end") { run in
        try await run.transfer(isWrite: true, sizes: [100, 50], isUnbuffered: false, isAppend: true)
    },
    FaultScenario("reading, and waiting for it", mayGiveUp: true) { run in
        try await run.transferNow(isWrite: false, isUnbuffered: false)
    },
    FaultScenario("reading past the page cache, and waiting for it", mayGiveUp: true) { run in
        try await run.transferNow(isWrite: false, isUnbuffered: true)
    },
    FaultScenario("writing, and waiting for it", mayGiveUp: true) { run in
        try await run.transferNow(isWrite: true, isUnbuffered: false)
    },
    FaultScenario("flushing", mayGiveUp: true) { run in
        run.put([1])
        let file = try run.open(.init(.openExisting))
        defer { file.close() }
        run.arm()
        let request = KeptRequest(.send, [])
        let (status, _) = try await run.end(request, .flush, on: file)
        run.disarm()
        return status
    },
    FaultScenario("a task that writes, flushes and reads", mayGiveUp: true) { run in
        let file = try FileObject.open(run.path, .init(.createNew))
        defer { file.close() }
        var buffer = PinnedBuffer(capacity: 5000)
        buffer.replace(with: pattern(0..<5000))
        run.arm()
        let status = try await run.status {
            try await file.write(buffer, at: 10)
            try await file.flush()
            let count = try await file.read(into: &buffer, at: 10)
            #expect(count == 5000 && buffer.withBytes { Array($0) } == pattern(0..<5000))
        }
        run.disarm()
        return status
    },
    FaultScenario("locking") { run in
        run.put([1])
        let file = try run.open(.init(.openExisting))
        defer { file.close() }
        let range = FileRange(start: 0, length: 10)
        run.arm()
        let request = KeptRequest(.receive, [])
        let (status, _) = try await run.end(request, .lock(range, exclusive: true, waits: false), on: file)
        run.disarm()
        #expect(file.unlock(range) == (status == .success))
        return status
    },
    FaultScenario("waiting for a lock of this process") { run in
        run.put([1])
        let (file, other) = (try run.open(.init(.openExisting)), try run.open(.init(.openExisting)))
        defer { file.close() }
        let range = FileRange(start: 0, length: 10)
        let lock = FileTransfer.lock(range, exclusive: true, waits: true)
        #expect(other.start(KeptRequest(.receive, []), lock, done: 0)?.status == .success)
        let request = KeptRequest(.receive, [])
        run.arm()
        let (status, _) = try await run.end(request) {
            let started = file.start(request, lock, done: 0)
            other.close()
            return started
        }
        run.disarm()
        #expect(file.unlock(range) == (status == .success))
        return status
    },
    FaultScenario("waiting for a lock of another process", mayGiveUp: true) { run in
        run.put([1])
        let file = try run.open(.init(.openExisting))
        defer { file.close() }
        let range = FileRange(start: 0, length: 10)
        let other = run.lockedByOthers()
        let request = KeptRequest(.receive, [])
        run.arm()
        let (status, _) = try await run.end(request) {
            let started = file.start(request, .lock(range, exclusive: true, waits: true), done: 0)
            close(other)
            return started
        }
        run.disarm()
        #expect(file.unlock(range) == (status == .success))
        return status
    },
    FaultScenario("reading from a pipe") { run in
        mkfifo(run.path, 0o600)
        let file = try run.open(.init(.openExisting))
        defer { file.close() }
        let other = Glibc.open(run.path, O_RDWR | O_CLOEXEC)
        defer { close(other) }
        let request = KeptRequest(.receive, [4])
        run.arm()
        let (status, bytes) = try await run.end(request) {
            guard case .wouldBlock(let done) = file.attempt(.read(at: 0), request.buffers, mayWait: false) else {
                return (.ioDeviceError, 0)
            }
            let started = file.start(request, .read(at: 0), done: done)
            #expect(write(other, [1, 2, 3, 4] as [UInt8], 4) == 4)
            return started
        }
        run.disarm()
        if request.endCount == 0, case .errno(let code) = run.fault { return IOStatus(fileErrno: code) }
        if status == .success { #expect(bytes > 0 && Array(request.memory.prefix(bytes)) == Array(1...UInt8(bytes))) }
        return status
    },
    FaultScenario("writing more into a pipe than it holds") { run in
        mkfifo(run.path, 0o600)
        let file = try run.open(.init(.openExisting))
        let other = Glibc.open(run.path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        defer { close(other) }
        let total = 200_000
        let request = KeptRequest(.send, [total])
        request.memory.copyBytes(from: pattern(0..<total))
        run.arm()
        let reader = try ThreadObject {
            var bytes = [UInt8](repeating: 0, count: 65536)
            var place = 0
            while request.isPending || place < request.bytes! {
                let count = read(other, &bytes, bytes.count)
                guard count > 0 else {
                    sched_yield()
                    continue
                }
                for offset in 0..<count where bytes[offset] != pattern(place + offset) { return }
                place += count
            }
        }
        let (status, bytes) = try await run.end(request) {
            var done = 0
            switch file.attempt(.write(at: 0), request.buffers, mayWait: false) {
            case .wouldBlock(let bytes): done = bytes
            case .done(let bytes, let status): request.complete(status, bytes: bytes)
            case .failed(let status): request.complete(status, bytes: 0)
            case .isBehindOthers: break
            }
            if !request.isPending { return nil }
            if let (status, bytes) = file.start(request, .write(at: 0), done: done) {
                request.complete(status, bytes: bytes)
            }
            return nil
        }
        run.disarm()
        file.close()
        try await reader.wait()
        if status == .success { #expect(bytes == total) }
        return status
    },
]
