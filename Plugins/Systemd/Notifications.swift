import CLinux
import Dispatcher
import Glibc
import Signalbox
import Synchronization

/// What the service manager is told, for who has a reason of his own to tell it: a program that is a service by another
/// interface. Without a manager these do nothing, and are true. While the watchdog tells of a stall, its line is the status:
/// another is kept, and shown when the stall is over.
extension Systemd {
    /// Whether there is a manager that listens.
    public var isManaged: Bool { channel.withLock { $0 != nil } }

    @discardableResult public func ready(_ status: String?) -> Bool { send("READY=1", status) }

    @discardableResult public func status(_ status: String) -> Bool { send(nil, status) }

    /// To systemd 253 and later (`Type=notify-reload`) the time says which reload this is the begin of; those before
    /// ignore it.
    @discardableResult public func reloading(_ status: String?) -> Bool {
        send(reloadingNow, status)
    }

    var reloadingNow: String { "RELOADING=1\nMONOTONIC_USEC=\(signalbox_now() / 1000)" }

    @discardableResult public func stopping(_ status: String?) -> Bool { send("STOPPING=1", status) }

    @discardableResult public func extendTimeout(by duration: Duration) -> Bool {
        send("EXTEND_TIMEOUT_USEC=\(microseconds(duration))")
    }

    @discardableResult public func failed(_ code: Int32, _ status: String?) -> Bool { send("ERRNO=\(code)", status) }

    @discardableResult public func mainProcess(_ process: Int32) -> Bool { send("MAINPID=\(process)") }

    public func flush(within duration: Duration) -> Bool {
        guard let channel = channel.withLock({ $0 }) else { return true }
        let end = deadline(in: duration)
        let group = NotifyMessage.Group()
        guard let descriptor = channel.sendWithBarrier([], group) else { return false }
        defer { close(descriptor) }
        return channel.drain(until: end) && NotifySocket.wait(descriptor, Int16(POLLIN), until: end)
            && !group.isLost.load(ordering: .acquiring)
    }

    // ---- what was told

    /// What the manager was told, or is to be told later.
    struct Told {
        /// STOPPING: neither READY nor RELOADING comes after it.
        var isStopping = false
        /// The last status.
        var status: String?
        /// What stalls: the status as long as it does.
        var stall: String?
        /// What the program's own closure has said last.
        var answer: String?
    }

    /// - Parameter text: variables; nil: the status alone.
    func send(_ text: String?, _ status: String? = nil) -> Bool { told.withLock { sendLocked(text, status, &$0) } }

    /// READY, or RELOADING; not to be told by who has begun to stop.
    func sendUnlessStopping(_ text: String, _ status: String?) {
        told.withLock { if !$0.isStopping { _ = sendLocked(text, status, &$0) } }
    }

    /// Under the lock of what was told, so that the manager hears all in the order in which it came to be. Sending waits for
    /// nothing.
    func sendLocked(_ text: String?, _ status: String?, _ told: inout Told) -> Bool {
        if let status { told.status = status }
        return tellLocked(text, told.stall == nil ? status : nil)
    }

    /// The stall's line; nil: it is over.
    func tell(stall: String?) {
        told.withLock { told in
            told.stall = stall
            _ = tellLocked(nil, stall ?? told.status ?? "")
        }
    }

    private func tellLocked(_ text: String?, _ status: String?) -> Bool {
        let lines = [text, status.map { "STATUS=" + line($0) }].compactMap { $0 }
        guard !lines.isEmpty, let channel = channel.withLock({ $0 }) else { return true }
        return channel.send([NotifyMessage(lines.joined(separator: "\n"))])
    }
}

/// What the manager takes as a status. It ignores a message of more than 4096 bytes, or with a NUL, and all that comes with
/// it; a newline would begin another variable; and a status with a code point that is no character is none to it.
func line(_ text: String) -> String {
    var (line, size) = (String.UnicodeScalarView(), 0)
    for scalar in text.unicodeScalars {
        // The rest is for the variables that go with it.
        size += UTF8.width(scalar)
        if size > 3500 { break }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: line.append(" ")
        default: line.append(properties.isNoncharacterCodePoint ? " " : scalar)
        }
    }
    return String(line)
}

/// In microseconds, not below 0.
func microseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
    let (sum, carry) = product.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000_000))
    return overflow || carry ? .max : sum
}

/// An instant of CLOCK_MONOTONIC, in ns; the last there is, if it is later than that.
func deadline(in duration: Duration) -> UInt64 {
    let (product, overflow) = microseconds(duration).multipliedReportingOverflow(by: 1000)
    let (sum, carry) = signalbox_now().addingReportingOverflow(product)
    return overflow || carry ? .max : sum
}
