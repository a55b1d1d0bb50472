import CLinux
import Dispatcher
import Glibc
public import Signalbox
import Synchronization

// The descriptor store: sd_pid_notify_with_fds(3).

extension Systemd {
    public func store(_ descriptor: Int32, as name: String, isWatched: Bool) async throws(DescriptorStoreError) {
        guard let channel = channel.withLock({ $0 }), let loop = parts.withLock({ $0?.context.loop }) else {
            throw .notHeard(name)
        }
        let deadline = ContinuousClock.now + .seconds(10)
        /// Sends, and waits until that was read.
        func tell(_ messages: [NotifyMessage]) async throws(DescriptorStoreError) {
            try await self.tell(messages, of: name, channel, loop, within: max(.zero, deadline - .now))
        }
        // A manager that keeps no more closes what it was sent, and says nothing of it. So the place is taken first by the
        // end of a pipe, whose other end tells. Nobody's message comes between its going and the descriptor's coming.
        let number = stores.withLock { stores in
            stores += 1
            return stores
        }
        let probe = "\(PassedDescriptors.probe)-\(number)"
        var ends: (Int32, Int32) = (-1, -1)
        guard signalbox_pipe(&ends.0, &ends.1, true) == 0 else { throw .failed(name, code: errno) }
        defer { close(ends.0) }
        func takePlace() async throws(DescriptorStoreError) {
            defer { close(ends.1) }
            try await tell([NotifyMessage("FDSTORE=1\nFDNAME=\(probe)", descriptors: [ends.1])])
        }
        try await takePlace()
        var state = pollfd(fd: ends.0, events: 0, revents: 0)
        guard poll(&state, 1, 0) == 0 else {  // it has hung up
            // A full store keeps still what it has.
            if PassedDescriptors.shared.isStored(descriptor, as: name) { return }
            throw .refused(name, limit: ServiceEnvironment.current.storeLimit)
        }
        try await tell([
            NotifyMessage("FDSTOREREMOVE=1\nFDNAME=\(probe)"),
            NotifyMessage("FDSTORE=1\nFDNAME=\(name)\(isWatched ? "" : "\nFDPOLL=0")", descriptors: [descriptor]),
        ])
        PassedDescriptors.shared.noteStored(descriptor, as: name)
    }

    public func removeStored(_ name: String) async throws(DescriptorStoreError) {
        guard let channel = channel.withLock({ $0 }), let loop = parts.withLock({ $0?.context.loop }) else {
            throw .notHeard(name)
        }
        PassedDescriptors.shared.forgetStored(name)
        let message = NotifyMessage("FDSTOREREMOVE=1\nFDNAME=\(name)")
        try await tell([message], of: name, channel, loop, within: .seconds(10))
    }

    private func tell(
        _ messages: [NotifyMessage], of name: String, _ channel: Outbox, _ loop: EventLoop, within time: Duration
    ) async throws(DescriptorStoreError) {
        let group = NotifyMessage.Group()
        guard let barrier = channel.sendWithBarrier(messages, group) else { throw .notHeard(name) }
        defer { close(barrier) }
        guard await isRead(barrier, loop, within: time), !group.isLost.load(ordering: .acquiring) else {
            throw .notHeard(name)
        }
    }
}
