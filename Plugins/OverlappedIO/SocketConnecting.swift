import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox

/// How a connection is made: by a connect, or by an accept of the listener's.
extension PolledSocket {
    func acceptLocked(into accepted: any DriverSocket, _ state: inout State) -> IOAttempt {
        if !state.acceptsNow {
            // accept(2) has no flag for not waiting.
            _ = fcntl(state.descriptor, F_SETFL, fcntl(state.descriptor, F_GETFL) | O_NONBLOCK)
            state.acceptsNow = true
        }
        while true {
            let made = kernel.accept(state.descriptor)
            if made >= 0 { return accepted.adopt(made) ? .done(0) : .failed(.cancelled) }
            if errno == EAGAIN { return .wouldBlock(0) }
            if errno != EINTR && errno != ECONNABORTED { return .failed(IOStatus(errno: errno)) }
        }
    }

    func connectLocked(_ request: IORequest, from start: Int, _ state: inout State) -> IOAttempt {
        switch settings.phase {
        case .connecting: _ = finishConnectLocked(state)
        case .connected where start > 0: break
        default: beginConnectLocked(request, state)
        }
        switch settings.phase {
        case .connected:
            guard request.length > 0 else { return .done(0) }
            switch request.attempt(kernel, state.descriptor, from: start, isStream: isStream) {
            case .done(let bytes, _): return .done(bytes)
            case .wouldBlock(let bytes): return .wouldBlock(bytes)
            case .failed(let code): return .failed(IOStatus(errno: code))
            }
        case .failed(let code): return .failed(IOStatus(errno: code))
        default: return .wouldBlock(0)
        }
    }

    func beginConnectLocked(_ request: IORequest, _ state: State) {
        guard let message = request.message else { return settings.setPhase(.failed(EDESTADDRREQ)) }
        let flags = fcntl(state.descriptor, F_GETFL)
        _ = fcntl(state.descriptor, F_SETFL, flags | O_NONBLOCK)
        func attempt() -> Int32 {
            message.name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                kernel.connect(state.descriptor, $0, message.nameLength) == 0 ? 0 : errno
            }
        }
        var code = attempt()
        // What Linux says once more of an attempt that has failed before.
        if code == ECONNABORTED { code = attempt() }
        _ = fcntl(state.descriptor, F_SETFL, flags)
        switch code {
        case 0: settings.setPhase(.connected)
        case EINPROGRESS, EINTR: settings.setPhase(.connecting)
        // What a Unix socket says whose listener has no room: nothing tells when it has.
        case EAGAIN where settings.family == AF_UNIX: settings.setPhase(.failed(ECONNREFUSED))
        // And at whose path nobody listens any more, or yet.
        case ENOENT: settings.setPhase(.failed(ECONNREFUSED))
        default: settings.setPhase(.failed(code))
        }
    }

    /// Looks whether the connection that is being made is there, or never will be.
    func finishConnectLocked(_ state: State) -> SocketSettings.Phase {
        guard settings.phase == .connecting else { return settings.phase }
        guard poll(state.descriptor, Int16(POLLOUT)) != 0 else { return .connecting }
        var (code, size): (Int32, socklen_t) = (0, 4)
        getsockopt(state.descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        if code == 0 && !hasPeer(state.descriptor) { code = ECONNREFUSED }  // somebody else was told of the error
        settings.setPhase(code == 0 ? .connected : .failed(code))
        return settings.phase
    }

    func hasPeer(_ descriptor: Int32) -> Bool {
        var (name, size) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
        return withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) == 0 }
        }
    }

    /// Whether it is a transfer over a connection that is being made, or could not be. The kernel would let a send wait,
    /// or give it the connect's error, which is to be told otherwise.
    func isTooEarlyLocked(_ request: IORequest, _ state: State) -> Bool {
        guard isStream else { return false }
        if request.kind == .accept || request.kind == .connect { return false }
        switch finishConnectLocked(state) {
        case .connecting, .failed: return true
        case .idle, .connected, .listening: return false
        }
    }
}
