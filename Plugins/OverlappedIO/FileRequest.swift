import CLinux
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// A transfer that could not be done at once, with the engine.
///
/// Of a file, the engine reads or writes. Of what has no places (a pipe, a terminal) it waits for readiness, and the
/// transfer is done on the loop, by calls that do not wait.
///
/// `@unchecked Sendable`: `transferred` is written before the request is given to the engine, and then on the loop alone.
final class FileRequest: EngineRequest, @unchecked Sendable {
    let request: IORequest
    /// Somebody has asked for its end.
    let isToEndNow = Atomic(false)
    private let file: RingFile
    private let transfer: FileTransfer
    private let descriptor: Int32
    private let length: Int
    private var transferred: Int
    private var wasRefused = false
    private let vectors: UnsafeMutableBufferPointer<iovec>

    init(_ request: IORequest, _ transfer: FileTransfer, _ file: RingFile, _ descriptor: Int32, transferred: Int) {
        self.request = request
        self.transfer = transfer
        self.file = file
        self.descriptor = descriptor
        self.transferred = transferred
        length = request.length
        vectors = .allocate(capacity: request.vectorCapacity)
    }

    deinit { vectors.deallocate() }

    override var isToldByPort: Bool { request.isToldByPort }

    override var submitter: Submitter { file.isSeekable && request.mayInterrupt ? .anyThread : .loop }

    override var isToEnd: Bool { isToEndNow.load(ordering: .sequentiallyConsistent) }

    private var isRead: Bool { if case .read = transfer { true } else { false } }

    override func operation() -> EngineOperation {
        if case .flush = transfer { return .sync(descriptor) }
        guard file.isSeekable else { return .poll(descriptor, UInt32(isRead ? POLLIN : POLLOUT)) }
        let count = request.fill(vectors, from: transferred)
        let base = UnsafePointer(vectors.baseAddress!)
        switch transfer {
        case .read(let offset): return .read(descriptor, base, count, offset + Int64(transferred))
        case .write(let offset): return .write(descriptor, base, count, offset + Int64(transferred), 0)
        case .append: return .write(descriptor, base, count, 0, 16)  // RWF_APPEND
        case .lock, .flush, .control: preconditionFailure("locks wait elsewhere, and a flush transfers nothing")
        }
    }

    override func completedOnLoop(_ result: Int32, _ engine: any Engine) {
        if result == -ECANCELED { return finish(.cancelled, 0) }
        if result == -EINTR || result == -EAGAIN {
            return isToEnd ? finish(.cancelled, 0) : engine.submitOnLoop(self)
        }
        // So the kernel also says that the thread which has submitted the request was gone when it should have gone on.
        if result == -EFAULT && !wasRefused {
            wasRefused = true
            return engine.order(.again(self))
        }
        if result < 0 { return finish(file.status(-result), transferred) }
        if case .flush = transfer { return finish(.success, 0) }
        guard file.isSeekable else { return readyOnLoop(engine) }
        if result == 0 {
            if isRead { return finish(transferred > 0 ? .success : .endOfFile, transferred) }
            return finish(.diskFull, transferred)
        }
        transferred += Int(result)
        if transferred >= length || isRead && file.endsWithinSector(transferred) {
            return finish(.success, transferred)
        }
        if isToEnd { return finish(.cancelled, 0) }
        engine.submitOnLoop(self)
    }

    /// The descriptor may be ready.
    private func readyOnLoop(_ engine: any Engine) {
        let outcome = file.attempt(
            transfer, request.buffers, length, from: transferred, descriptor, mayWait: false)
        switch outcome {
        case .done(let bytes, let status): finish(status, bytes)
        case .failed(let status): finish(status, transferred)
        case .wouldBlock(let bytes):
            transferred = bytes
            if isToEnd { finish(.cancelled, 0) } else { engine.submitOnLoop(self) }
        case .isBehindOthers: engine.submitOnLoop(self)
        }
    }

    private func finish(_ status: IOStatus, _ bytes: Int) {
        file.finished(self)
        request.complete(status, bytes: bytes)
    }
}
