import CLinux
import Glibc

/// Where the entries of a process go.
struct JournalOutput: Sendable {
    enum Kind: Sendable {
        /// To journald's socket; where nobody listens there, as lines to the journal's stream.
        case journal(orStream: Bool)
        /// There is no journal: to the standard error, for people to read.
        case plain
    }
    var kind: Kind
    var socket = SIGNALBOX_JOURNAL

    /// What this process has: the journal, if the standard error is its stream, or the process a service.
    static var current: JournalOutput {
        let isStream = signalbox_stderr_is_journal()
        return JournalOutput(kind: isStream || signalbox_is_service() ? .journal(orStream: isStream) : .plain)
    }

    /// False: nobody listens. What found no room counts as sent: the journal itself tells of it, when it has room again.
    func send(_ entry: [UInt8]) -> Bool {
        entry.withUnsafeBytes { bytes in
            var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            let error = signalbox_journal_send(socket, &part, 1, Int32(SIGNALBOX_JOURNAL_PATIENCE))
            return error == 0 || error == EAGAIN
        }
    }

    /// As sd-daemon(3) has it, each line with its priority.
    static func writeLines(_ text: String, priority: Int32) {
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                if let base = $0.baseAddress { signalbox_write_error_lines(priority, base, $0.count) }
            }
        }
    }
}
