import CLinux
import CUring
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// Transfers that are no request, for they are done at once or not at all.
extension PolledSocket {
    func transferNow(isSend: Bool, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard isStream, buffer.count > 0, settings.phase == .connected, !settings.isWatched.load(ordering: .relaxed)
        else { return -2 }
        return state.withLock { state in
            guard state.descriptor >= 0, !state.isClosed, state.failure == 0 else { return -1 }
            return isSend ? sendNowLocked(buffer, &state) : receiveNowLocked(buffer, &state)
        }
    }

    private func sendNowLocked(_ buffer: UnsafeMutableRawBufferPointer, _ state: inout State) -> Int {
        guard state.outgoing.requests.isEmpty, !state.outgoing.isTelling, state.outgoing.mayGoOn else { return -1 }
        while true {
            let sent = kernel.send(state.descriptor, buffer.baseAddress, buffer.count, transferFlags)
            if sent >= 0 { return sent }
            let code = errno
            if code == EINTR { continue }
            // Of a connection that is gone send(2) says so again, but once it may say why.
            if code == EAGAIN { awaitEdgeLocked(.outgoing, &state) } else { noteFailureLocked(code, &state) }
            return -1
        }
    }

    private func receiveNowLocked(_ buffer: UnsafeMutableRawBufferPointer, _ state: inout State) -> Int {
        guard state.incoming.mayGoOn, state.lone == nil, state.incoming.requests.isEmpty, !state.incoming.isTelling
        else { return -1 }
        while true {
            let count = kernel.recv(state.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count >= 0 {
                noteReceivedLocked(count, of: buffer.count, &state)
                return count
            }
            let code = errno
            if code == EINTR { continue }
            if code == EAGAIN { awaitEdgeLocked(.incoming, &state) } else { noteFailureLocked(code, &state) }
            return -1
        }
    }

    func noteReceivedLocked(_ count: Int, of room: Int, _ state: inout State) {
        if count < room && isDrainedByShortReceive && !state.hasEnd && count > 0 { awaitEdgeLocked(.incoming, &state) }
    }

    /// The kernel has said that there is no more to do: if the poller will tell when there is, nothing is tried until then.
    @inline(__always) func awaitEdgeLocked(_ way: Way, _ state: inout State) {
        guard state.isPolled else { return }
        state[way].mayGoOn = false
        #if DEBUG
            // No edge follows what only tests have brought about.
            if kernel.faults.wasArmed { poller.tellAgain(state.descriptor, of: self) }
        #endif
    }
}
