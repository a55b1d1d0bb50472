import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// One end of a pipe. The client's has the connection from the beginning to the end; the server's has none until a client
/// comes, and may have another later.
///
/// Lock order: the names', then `phase`, then the connection's.
final class PipeEnd: DriverPipe {
    private enum Phase {
        /// Clients may come; these wait for one.
        case listening([IORequest])
        case connected(PipeChannel)
        /// Of the server: no client may come before the next listening.
        case disconnected
        case closed
    }
    private let phase: Guarded<Phase>
    private let side: PipeChannel.Side
    let mode: PipeMode
    /// As this end has it.
    let options: PipeOptions
    /// The name, as it is looked up.
    let key: String
    private let names: PipeNames
    let path: String
    let access: FileRights
    var isOverlapped: Bool { options.isOverlapped }

    /// The server's end.
    init(_ key: String, _ name: String, _ options: PipeOptions, _ names: PipeNames) {
        phase = Guarded(.listening([]))
        side = .server
        mode = PipeMode(readsMessages: options.readsMessages, waits: options.waits)
        (self.key, self.options, self.names) = (key, options, names)
        path = #"\\.\pipe\"# + name
        access = options.access
    }

    /// A client's end.
    init(of server: PipeEnd, _ channel: PipeChannel, _ mode: PipeMode, _ access: FileRights, isOverlapped: Bool) {
        phase = Guarded(.connected(channel))
        side = .client
        self.mode = mode
        var options = server.options
        options.isOverlapped = isOverlapped
        options.access = access
        (key, self.options, names, path) = (server.key, options, server.names, server.path)
        self.access = access
    }

    deinit { close() }

    private enum Found {
        case channel(PipeChannel)
        case none(IOStatus)
    }

    private func find() -> Found {
        phase.withLock { phase -> Found in
            switch phase {
            case .listening: .none(.pipeListening)
            case .connected(let channel): .channel(channel)
            case .disconnected: .none(.pipeDisconnected)
            case .closed: .none(.invalidHandle)
            }
        }
    }

    // ---- clients

    /// Under the names' lock: has a client come, if one may. Those who wait for it are to be told, under no lock.
    func connect(
        _ access: FileRights, isOverlapped: Bool
    ) -> (client: PipeEnd, listeners: [IORequest])? {
        phase.withLock { phase -> (client: PipeEnd, listeners: [IORequest])? in
            guard case .listening(let listeners) = phase else { return nil }
            // "…a client process … opened in byte-read mode, and blocking" (SetNamedPipeHandleState)
            let mode = PipeMode(readsMessages: false, waits: true)
            let channel = PipeChannel(
                keepsMessages: options.keepsMessages, quotas: [quota(options.inSize), quota(options.outSize)],
                modes: [self.mode, mode])
            phase = .connected(channel)
            return (PipeEnd(of: self, channel, mode, access, isOverlapped: isOverlapped), listeners)
        }
    }

    var isListening: Bool { phase.withLock { if case .listening = $0 { true } else { false } } }

    /// "…rounded up to the next allocation boundary" (CreateNamedPipe)
    private func quota(_ size: UInt32) -> Int { max(4096, (Int(size) + 4095) & ~4095) }

    private func listen(_ request: IORequest) -> PipeChannel.Outcome? {
        guard side == .server else { return (.illegalFunction, 0) }
        let waits = mode.waits.load(ordering: .relaxed)
        let (outcome, isNew) = phase.withLock { phase -> (PipeChannel.Outcome?, Bool) in
            switch phase {
            case .listening(let listeners):
                guard waits else { return ((.pipeListening, 0), false) }
                phase = .listening(listeners + [request])
                return (nil, false)
            case .connected(let channel):
                return ((channel.isClosedByClient ? .pipeClosing : .pipeConnected, 0), false)
            case .disconnected:
                phase = .listening(waits ? [request] : [])
                // "…returns a nonzero value the first time it is called for a pipe instance that is disconnected"
                // (ConnectNamedPipe, of ends that do not wait)
                return (waits ? nil : (.success, 0), true)
            case .closed: return ((.invalidHandle, 0), false)
            }
        }
        if isNew { names.changed(key) }
        return outcome
    }

    func disconnect() -> IOStatus {
        guard side == .server else { return .illegalFunction }
        let found = phase.withLock { phase -> Found in
            switch phase {
            case .listening: return .none(.pipeListening)
            case .disconnected: return .none(.pipeDisconnected)
            case .closed: return .none(.invalidHandle)
            case .connected(let channel):
                phase = .disconnected
                return .channel(channel)
            }
        }
        switch found {
        case .none(let status): return status
        case .channel(let channel):
            channel.disconnect()
            return .success
        }
    }

    // ---- transfers

    func attempt(_ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer], mayWait: Bool) -> IOAttempt {
        let outcome: PipeChannel.Outcome?
        switch (transfer, find()) {
        case (.control, _), (.flush, _), (.lock, _): return .wouldBlock(0)
        case (_, .none(let status)): return .failed(status)
        case (.read, .channel(let channel)): outcome = channel.read(side, buffers, nil)
        case (.write, .channel(let channel)), (.append, .channel(let channel)):
            outcome = channel.write(side, buffers, nil)
        }
        guard let outcome else { return .wouldBlock(0) }
        return outcome.status.isError ? .failed(outcome.status) : .done(outcome.bytes, outcome.status)
    }

    func start(_ request: IORequest, _ transfer: FileTransfer, done: Int) -> (status: IOStatus, bytes: Int)? {
        if case .control(.listen) = transfer { return listen(request) }
        switch (transfer, find()) {
        case (.control(.transact), .none(let status)):
            return (status == .pipeListening ? .invalidPipeState : status, 0)
        case (_, .none(let status)): return (status, 0)
        case (.read, .channel(let channel)): return channel.read(side, request.buffers, request)
        case (.write, .channel(let channel)), (.append, .channel(let channel)):
            return channel.write(side, request.buffers, request)
        case (.flush, .channel(let channel)): return channel.flush(side, request)
        case (.control(.transact(let message)), .channel(let channel)):
            return channel.transact(side, message, request)
        case (.control(.listen), _), (.lock, _): return (.invalidDeviceRequest, 0)
        }
    }

    func cancel(where isMeant: (IORequest) -> Bool) -> Int {
        let (channel, listeners) = phase.withLock { phase -> (PipeChannel?, [IORequest]) in
            switch phase {
            case .connected(let channel): return (channel, [])
            case .listening(let listeners):
                phase = .listening(listeners.filter { !isMeant($0) })
                return (nil, listeners.filter(isMeant))
            case .disconnected, .closed: return (nil, [])
            }
        }
        for request in listeners { request.complete(.cancelled, bytes: 0) }
        return (channel?.cancel(side, where: isMeant) ?? 0) + listeners.count
    }

    func peek(into buffer: UnsafeMutableRawBufferPointer) -> (status: IOStatus, found: PipePeek) {
        switch find() {
        case .none(let status): (status == .pipeListening ? .invalidPipeState : status, PipePeek())
        case .channel(let channel): channel.peek(side, buffer)
        }
    }

    func setMode(readsMessages: Bool, waits: Bool) -> IOStatus {
        if readsMessages && !options.keepsMessages { return .invalidParameter }
        if case .none(let status) = find(), side == .client || status == .invalidHandle { return status }
        mode.readsMessages.store(readsMessages, ordering: .relaxed)
        mode.waits.store(waits, ordering: .relaxed)
        return .success
    }

    var facts: PipeFacts {
        var options = options
        options.readsMessages = mode.readsMessages.load(ordering: .relaxed)
        options.waits = mode.waits.load(ordering: .relaxed)
        let isConnected = if case .channel = find() { true } else { false }
        let own = UInt32(getpid())
        return PipeFacts(
            options: options, isServer: side == .server, instances: names.instances(key), serverProcess: own,
            clientProcess: isConnected ? own : 0)
    }

    func close() {
        let before = phase.withLock { phase in
            defer { phase = .closed }
            return phase
        }
        switch before {
        case .closed: return
        case .connected(let channel): channel.close(side)
        case .listening(let listeners): for request in listeners { request.complete(.cancelled, bytes: 0) }
        case .disconnected: break
        }
        if side == .server { names.remove(self) }
    }

    // ---- what a pipe has none of

    var descriptor: Int32 { -1 }
    var isSeekable: Bool { false }
    var isFolder: Bool { false }
    var alignment: Int { 1 }
    var position: Int64 { 0 }
    func seek(_ distance: Int64, from origin: FileOrigin) -> (status: IOStatus, position: Int64) {
        (.invalidDeviceRequest, 0)
    }
    func transfer(
        _ buffers: [UnsafeMutableRawBufferPointer], isWrite: Bool, at offset: Int64?
    ) -> (status: IOStatus, bytes: Int) { (.invalidDeviceRequest, 0) }
    func unlock(_ range: FileRange) -> Bool { false }
    func setDeletedOnClose(_ isDeleted: Bool) -> IOStatus { .invalidDeviceRequest }
    var isDeletedOnClose: Bool { false }
    func rename(to path: String, replaces: Bool) -> IOStatus { .invalidDeviceRequest }
}
