import CLinux
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// What the service manager is told, for who has a reason of his own to tell it: a program that is a service by another
/// interface. Without a manager these do nothing, and are true.
extension Systemd {
    /// Whether there is a manager that listens.
    public var isManaged: Bool { channel.withLock { $0 != nil } }

    @discardableResult public func ready(_ status: String?) -> Bool { send("READY=1", status) }

    @discardableResult public func status(_ status: String) -> Bool { send("STATUS=" + line(status)) }

    /// To systemd 253 and later (`Type=notify-reload`) the time says which reload this is the begin of; those before
    /// ignore it.
    @discardableResult public func reloading(_ status: String?) -> Bool {
        send("RELOADING=1\nMONOTONIC_USEC=\(signalbox_now() / 1000)", status)
    }

    @discardableResult public func stopping(_ status: String?) -> Bool { send("STOPPING=1", status) }

    @discardableResult public func extendTimeout(by duration: Duration) -> Bool {
        send("EXTEND_TIMEOUT_USEC=\(microseconds(duration))")
    }

    @discardableResult public func failed(_ code: Int32, _ status: String?) -> Bool { send("ERRNO=\(code)", status) }

    @discardableResult public func mainProcess(_ process: Int32) -> Bool { send("MAINPID=\(process)") }

    public func flush(within duration: Duration) -> Bool {
        guard let channel = channel.withLock({ $0 }) else { return true }
        let (deadline, isLate) = signalbox_now().addingReportingOverflow(microseconds(duration) * 1000)
        let group = NotifyMessage.Group()
        guard !isLate, let descriptor = channel.sendWithBarrier([], group) else { return false }
        defer { close(descriptor) }
        return channel.drain(until: deadline) && NotifySocket.wait(descriptor, Int16(POLLIN), until: deadline)
            && !group.isLost.load(ordering: .acquiring)
    }

    func send(_ text: String, _ status: String? = nil) -> Bool {
        guard let channel = channel.withLock({ $0 }) else { return true }
        return channel.send([NotifyMessage(status.map { "\(text)\nSTATUS=\(line($0))" } ?? text)])
    }
}

/// A newline would begin another variable, and a message of more than 4096 bytes is ignored.
func line(_ text: String) -> String { String(text.prefix(800).map { $0.isNewline ? " " : $0 }) }

/// In microseconds, not below 0.
func microseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
    return overflow ? .max : product + UInt64(attoseconds / 1_000_000_000_000)
}
