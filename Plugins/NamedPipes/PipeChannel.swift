import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// How an end reads and waits.
final class PipeMode: Sendable {
    let readsMessages: Atomic<Bool>
    let waits: Atomic<Bool>
    init(readsMessages: Bool, waits: Bool) {
        self.readsMessages = Atomic(readsMessages)
        self.waits = Atomic(waits)
    }
}

/// A client's connection with an instance: what was written at one end and is not yet read at the other, and the requests
/// that wait for more, or for room.
///
/// Everything is under one lock. Requests that have ended are told so after it is dropped: `Ended` collects them.
/// A write is told to have ended when what is unread, with it, is no more than the size that the pipe was given; until then
/// it is readable all the same, as Windows has it.
final class PipeChannel: Sendable {
    enum Side: Int, Sendable {
        case server = 0
        case client = 1
        var other: Side { self == .server ? .client : .server }
    }

    typealias Outcome = (status: IOStatus, bytes: Int)

    /// Requests that have ended, with how.
    struct Ended: Sendable {
        private var requests: [(request: IORequest, status: IOStatus, bytes: Int)] = []
        mutating func append(_ request: IORequest, _ status: IOStatus, _ bytes: Int) {
            requests.append((request, status, bytes))
        }
        /// Under no lock.
        func tell() { for ended in requests { ended.request.complete(ended.status, bytes: ended.bytes) } }
    }

    private struct Entry: Sendable {
        let bytes: PipeBytes
        /// How much of it was read.
        var read = 0
        /// The write that has not ended yet.
        var request: IORequest?
        var left: Int { bytes.count - read }
    }

    /// What goes one way.
    private struct Flow: Sendable {
        let quota: Int
        var entries = Fifo<Entry>()
        var unread = 0
        var reads = Fifo<IORequest>()
        var flushes: [IORequest] = []

        init(quota: Int) { self.quota = quota }
    }

    private struct State: Sendable {
        /// Towards each side.
        var flows: [Flow]
        var isClosed = [false, false]
        var isDisconnected = false
    }

    private let state: Guarded<State>
    let keepsMessages: Bool
    private let modes: [PipeMode]

    /// - Parameters:
    ///   - quotas: how much may be unread, by the side that it is for.
    init(keepsMessages: Bool, quotas: [Int], modes: [PipeMode]) {
        self.keepsMessages = keepsMessages
        self.modes = modes
        state = Guarded(State(flows: quotas.map { Flow(quota: $0) }))
    }

    private func mode(_ side: Side) -> PipeMode { modes[side.rawValue] }

    // ---- reading

    /// Reads what is there; nil: nothing is.
    private func take(
        _ flow: inout Flow, _ buffers: [UnsafeMutableRawBufferPointer], _ side: Side, _ ended: inout Ended
    ) -> Outcome? {
        let room = buffers.reduce(0) { $0 + $1.count }
        let readsMessages = keepsMessages && mode(side).readsMessages.load(ordering: .relaxed)
        if !readsMessages {
            // Bytes have no bounds, and so no empty messages between them.
            while let first = flow.entries.first, first.left == 0 { drop(&flow, &ended) }
        }
        guard let first = flow.entries.first else { return nil }
        let count = readsMessages ? min(room, first.left) : min(room, flow.unread)
        let copied = copy(flow, count, to: buffers)
        guard copied == .success else { return (copied, 0) }
        advance(&flow, count, &ended)
        if readsMessages {
            if first.left > count { return (.bufferOverflow, count) }
            if first.left == 0 { drop(&flow, &ended) }
        }
        settle(&flow, &ended)
        return (.success, count)
    }

    /// Copies the first bytes, and leaves them.
    private func copy(_ flow: Flow, _ count: Int, to buffers: [UnsafeMutableRawBufferPointer]) -> IOStatus {
        var (left, target, filled, status) = (count, 0, 0, IOStatus.success)
        flow.entries.forEach { entry in
            var offset = entry.read
            while left > 0 && offset < entry.bytes.count {
                while filled == buffers[target].count { (target, filled) = (target + 1, 0) }
                let piece = min(left, entry.bytes.count - offset, buffers[target].count - filled)
                status = entry.bytes.copy(from: offset, piece, to: buffers[target].baseAddress! + filled)
                guard status == .success else { return false }
                (offset, filled, left) = (offset + piece, filled + piece, left - piece)
            }
            return left > 0
        }
        return status
    }

    /// The first bytes were read.
    private func advance(_ flow: inout Flow, _ count: Int, _ ended: inout Ended) {
        var left = count
        while left > 0, var first = flow.entries.first {
            let piece = min(left, first.left)
            first.read += piece
            flow.unread -= piece
            left -= piece
            flow.entries.replaceFirst(first)
            if first.left == 0 { drop(&flow, &ended) }
        }
    }

    /// The first entry was read to its end.
    private func drop(_ flow: inout Flow, _ ended: inout Ended) {
        if let first = flow.entries.first, let request = first.request {
            ended.append(request, .success, first.bytes.count)
        }
        flow.entries.removeFirst()
    }

    /// Ends writes for which there is room, and flushes if nothing is unread.
    private func settle(_ flow: inout Flow, _ ended: inout Ended) {
        if flow.entries.isEmpty {
            for flush in flow.flushes { ended.append(flush, .success, 0) }
            flow.flushes = []
            return
        }
        var sum = 0
        let quota = flow.quota
        flow.entries.updateEach { entry in
            sum += entry.left
            guard sum <= quota, let request = entry.request else { return }
            entry.request = nil
            ended.append(request, .success, entry.bytes.count)
        }
    }

    /// Reads that wait get what has come.
    private func serve(_ flow: inout Flow, _ side: Side, _ ended: inout Ended) {
        while let read = flow.reads.first, let outcome = take(&flow, read.buffers, side, &ended) {
            flow.reads.removeFirst()
            ended.append(read, outcome.status, outcome.bytes)
        }
    }

    /// Reads, or has the request wait; without one: nil, if it would have to.
    func read(_ side: Side, _ buffers: [UnsafeMutableRawBufferPointer], _ request: IORequest?) -> Outcome? {
        var ended = Ended()
        defer { ended.tell() }
        return state.withLock { state -> Outcome? in
            readLocked(&state, side, buffers, request, &ended)
        }
    }

    private func readLocked(
        _ state: inout State, _ side: Side, _ buffers: [UnsafeMutableRawBufferPointer], _ request: IORequest?,
        _ ended: inout Ended
    ) -> Outcome? {
        if state.isDisconnected { return (.pipeDisconnected, 0) }
        if state.isClosed[side.rawValue] { return (.invalidHandle, 0) }
        if state.flows[side.rawValue].reads.isEmpty {
            if let outcome = take(&state.flows[side.rawValue], buffers, side, &ended) { return outcome }
            if state.isClosed[side.other.rawValue] { return (.pipeBroken, 0) }
        }
        if !mode(side).waits.load(ordering: .relaxed) { return (.pipeEmpty, 0) }
        if let request { state.flows[side.rawValue].reads.append(request) }
        return nil
    }

    // ---- writing

    /// Writes, or has the request wait; without one: nil, if it would have to.
    func write(_ side: Side, _ buffers: [UnsafeMutableRawBufferPointer], _ request: IORequest?) -> Outcome? {
        let length = buffers.reduce(0) { $0 + $1.count }
        let waits = mode(side).waits.load(ordering: .relaxed)
        // copied only if it is not in vain
        let early = state.withLock { state -> (isOver: Bool, Outcome?) in
            if let status = whyNotWritable(state, side) { return (true, (status, 0)) }
            if length == 0 && !keepsMessages { return (true, (.success, 0)) }
            let flow = state.flows[side.other.rawValue]
            return (request == nil && waits && flow.unread + length > flow.quota, nil)
        }
        if early.isOver { return early.1 }
        let bytes: PipeBytes
        switch PipeBytes.copying(buffers) {
        case .success(let copied): bytes = copied
        case .failure(let failure): return (failure.status, 0)
        }
        var ended = Ended()
        defer { ended.tell() }
        return state.withLock { state -> Outcome? in
            if let status = whyNotWritable(state, side) { return (status, 0) }
            let to = side.other
            let quota = state.flows[to.rawValue].quota
            if state.flows[to.rawValue].unread + length > quota && request == nil && waits { return nil }
            if !waits && state.flows[to.rawValue].unread + length > quota {
                // "…a nonblocking write … of a message … zero bytes; … of bytes, as many as there is room for"
                // (Named Pipe Type, Read, and Wait Modes)
                let room = quota - state.flows[to.rawValue].unread
                guard !keepsMessages, room > 0, let part = bytes.prefix(room) else { return (.success, 0) }
                push(&state.flows[to.rawValue], part, to, &ended)
                return (.success, room)
            }
            push(&state.flows[to.rawValue], bytes, to, &ended)
            guard let request, state.flows[to.rawValue].unread > quota else { return (.success, length) }
            state.flows[to.rawValue].entries.updateLast { $0.request = request }
            return nil
        }
    }

    private func push(_ flow: inout Flow, _ bytes: PipeBytes, _ side: Side, _ ended: inout Ended) {
        flow.entries.append(Entry(bytes: bytes))
        flow.unread += bytes.count
        serve(&flow, side, &ended)
        settle(&flow, &ended)
    }

    private func whyNotWritable(_ state: borrowing State, _ side: Side) -> IOStatus? {
        if state.isDisconnected { return .pipeDisconnected }
        if state.isClosed[side.rawValue] { return .invalidHandle }
        return state.isClosed[side.other.rawValue] ? .pipeClosing : nil
    }

    /// Ends when all that was written is read.
    func flush(_ side: Side, _ request: IORequest) -> Outcome? {
        state.withLock { state -> Outcome? in
            if state.isDisconnected { return (.pipeDisconnected, 0) }
            let to = side.other.rawValue
            if state.flows[to].entries.isEmpty { return (.success, 0) }
            if state.isClosed[to] { return (.pipeBroken, 0) }
            state.flows[to].flushes.append(request)
            return nil
        }
    }

    /// Writes a message, and reads the next that comes.
    func transact(_ side: Side, _ message: UnsafeMutableRawBufferPointer, _ request: IORequest) -> Outcome? {
        let bytes: PipeBytes
        switch PipeBytes.copying([message]) {
        case .success(let copied): bytes = copied
        case .failure(let failure): return (failure.status, 0)
        }
        var ended = Ended()
        defer { ended.tell() }
        return state.withLock { state -> Outcome? in
            guard keepsMessages, mode(side).readsMessages.load(ordering: .relaxed), !state.isDisconnected,
                !state.isClosed[side.other.rawValue], !state.isClosed[side.rawValue]
            else { return (.invalidPipeState, 0) }
            // "…fails if … there is any unread data in the pipe" (TransactNamedPipe)
            guard state.flows[side.rawValue].entries.isEmpty else { return (.pipeBusy, 0) }
            push(&state.flows[side.other.rawValue], bytes, side.other, &ended)
            return readLocked(&state, side, request.buffers, request, &ended)
        }
    }

    func peek(_ side: Side, _ buffer: UnsafeMutableRawBufferPointer) -> (status: IOStatus, found: PipePeek) {
        state.withLock { state -> (status: IOStatus, found: PipePeek) in
            if state.isDisconnected { return (.pipeDisconnected, PipePeek()) }
            let flow = state.flows[side.rawValue]
            guard let first = flow.entries.first else {
                return (state.isClosed[side.other.rawValue] ? .pipeBroken : .success, PipePeek())
            }
            let readsMessages = keepsMessages && mode(side).readsMessages.load(ordering: .relaxed)
            let count = min(buffer.count, readsMessages ? first.left : flow.unread)
            let copied = count == 0 ? .success : copy(flow, count, to: [buffer])
            guard copied == .success else { return (copied, PipePeek()) }
            let left = keepsMessages ? max(0, first.left - count) : 0
            return (.success, PipePeek(copied: count, available: flow.unread, left: left))
        }
    }

    // ---- the end

    /// Whether the client has closed its end.
    var isClosedByClient: Bool { state.withLock { $0.isClosed[Side.client.rawValue] } }

    /// Asks requests of that side to end early; returns how many there are.
    func cancel(_ side: Side, where isMeant: (IORequest) -> Bool) -> Int {
        var ended = Ended()
        defer { ended.tell() }
        return state.withLock { state -> Int in cancelLocked(&state, side, where: isMeant, &ended) }
    }

    private func cancelLocked(
        _ state: inout State, _ side: Side, where isMeant: (IORequest) -> Bool, _ ended: inout Ended
    ) -> Int {
        var count = 0
        for read in state.flows[side.rawValue].reads.removeAll(where: isMeant) {
            ended.append(read, .cancelled, 0)
            count += 1
        }
        let to = side.other.rawValue
        for entry in state.flows[to].entries.removeAll(where: { $0.request.map(isMeant) ?? false }) {
            // What was not read of it is not written.
            state.flows[to].unread -= entry.left
            ended.append(entry.request!, .cancelled, entry.read)
            count += 1
        }
        for flush in state.flows[to].flushes where isMeant(flush) {
            ended.append(flush, .cancelled, 0)
            count += 1
        }
        state.flows[to].flushes.removeAll(where: isMeant)
        settle(&state.flows[to], &ended)
        return count
    }

    /// An end is closed: what it has written can still be read.
    func close(_ side: Side) {
        var ended = Ended()
        defer { ended.tell() }
        state.withLock { state in
            guard !state.isClosed[side.rawValue] else { return }
            _ = cancelLocked(&state, side, where: { _ in true }, &ended)
            state.isClosed[side.rawValue] = true
            // Nobody will read what is for it.
            endAll(&state.flows[side.rawValue], .pipeBroken, &ended)
            // Reads that wait at the other end have had everything.
            for read in state.flows[side.other.rawValue].reads.removeAll(where: { _ in true }) {
                ended.append(read, .pipeBroken, 0)
            }
        }
    }

    /// The server parts with its client: nothing is read any more, at either end.
    func disconnect() {
        var ended = Ended()
        defer { ended.tell() }
        state.withLock { state in
            state.isDisconnected = true
            for side in 0...1 {
                for read in state.flows[side].reads.removeAll(where: { _ in true }) {
                    ended.append(read, .pipeDisconnected, 0)
                }
                endAll(&state.flows[side], .pipeDisconnected, &ended)
            }
        }
    }

    /// Drops all that is unread, with the writes and flushes that wait.
    private func endAll(_ flow: inout Flow, _ status: IOStatus, _ ended: inout Ended) {
        for entry in flow.entries.removeAll(where: { _ in true }) {
            if let request = entry.request { ended.append(request, status, 0) }
        }
        for flush in flow.flushes { ended.append(flush, status, 0) }
        flow.flushes = []
        flow.unread = 0
    }
}
