import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// What a socket is ready for, and who is told when that changes.
extension PolledSocket {
    func readiness() -> SocketReadiness {
        state.withLock { state in
            guard !state.isClosed, state.descriptor >= 0 else { return [] }
            if isStream { return streamReadinessLocked(&state) }
            let found = poll(state.descriptor, Int16(POLLIN | POLLOUT))
            var ready: SocketReadiness = []
            if found & Int16(POLLIN | POLLERR) != 0 || state.wasUnreachable { ready.insert(.receive) }
            if found & Int16(POLLOUT) != 0 { ready.insert(.send) }
            return ready
        }
    }

    func streamReadinessLocked(_ state: inout State) -> SocketReadiness {
        switch finishConnectLocked(state) {
        case .idle, .connecting: return []
        case .failed: return .connect
        case .listening:
            if !settings.deferred.withLock({ $0.isEmpty }) { return .accept }
            return poll(state.descriptor, Int16(POLLIN)) & Int16(POLLIN) != 0 ? .accept : []
        case .connected: break
        }
        var ready: SocketReadiness = .connect
        if state.failure != 0 { return ready.union(.close) }
        let found = poll(state.descriptor, Int16(POLLIN | POLLOUT | POLLPRI))
        if found & Int16(POLLPRI) != 0 { ready.insert(.urgent) }
        if found & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            var byte: UInt8 = 0
            var there = -1
            repeat {
                there = kernel.recv(state.descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
            } while there < 0 && errno == EINTR
            let code = there < 0 ? errno : 0
            // Where the look fails for lack of memory, a receive is the one to tell.
            if there > 0 || code == ENOMEM || code == ENOBUFS { ready.insert(.receive) }
            if there == 0 { ready.insert(.close) }
            if there < 0 && ![EAGAIN, ENOMEM, ENOBUFS].contains(code) {
                noteFailureLocked(code, &state)
                return ready.union(.close)
            }
        }
        if found & Int16(POLLOUT) != 0 && found & Int16(POLLHUP | POLLERR) == 0 { ready.insert(.send) }
        return ready
    }

    func watch() throws(IOError) {
        let result: Result<Void, IOError> = state.withLock { state in
            guard !state.isClosed, state.watched == nil, state.descriptor >= 0 else { return .success(()) }
            return Result { () throws(IOError) in state.watched = try watcher.add(state.descriptor, of: self) }
        }
        try result.get()
    }

    func poll(_ descriptor: Int32, _ events: Int16) -> Int16 {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let found = kernel.poll(&entry, 0)
            if found >= 0 || errno != EINTR { return found > 0 ? entry.revents : 0 }
        }
    }
}
