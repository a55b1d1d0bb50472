import CLinux
import Glibc
public import Logging

/// Logs to the journal, with fields that can be searched for; where there is none, to the standard error.
///
/// ```swift
/// LoggingSystem.bootstrap(JournalLogHandler.init)
/// ```
///
/// It may be set up everywhere. In a service of systemd entries go to journald itself, by the native protocol of its
/// socket; if nobody listens there, as in a container that has only the stream, as lines with priorities (`<3>…`) to the
/// standard error. Elsewhere, as on a terminal, lines are written as `StreamLogHandler` has them. It is a service if its
/// standard error is the journal's stream (`JOURNAL_STREAM`), or if the service manager has started this very process
/// (`SYSTEMD_EXEC_PID`).
///
/// | field | |
/// | --- | --- |
/// | `MESSAGE` | the message alone |
/// | `PRIORITY` | 7 for trace and debug, 6 info, 5 notice, 4 warning, 3 error, 2 critical |
/// | `SYSLOG_IDENTIFIER` | the program's name |
/// | `CODE_FILE`, `CODE_LINE`, `CODE_FUNC` | where it is logged |
/// | `LOGGER`, `LOGGER_SOURCE` | the logger's label, and its source: the module |
/// | `TID` | the kernel's id of the thread |
/// | `ERROR`, `ERROR_TYPE` | the event's error, if it has one |
/// | others | the metadata |
///
/// Metadata is the handler's, then its provider's, then the event's; of one key the last counts. A key becomes a field by
/// capital letters, and underscores for what is neither letter nor digit: `request-id` is `REQUEST_ID`. Where that is no
/// valid name (empty, or with a digit first), or one of the table, `METADATA_` stands before it. A dictionary is
/// flattened: `["peer": ["port": 80]]` is `PEER_PORT=80`. An array is one field with several values, as the journal allows;
/// `journalctl -o json` shows them as an array. Empty ones have no field. Beyond 900 fields the rest is left out, and
/// `METADATA_OMITTED` tells how many.
///
/// ```sh
/// journalctl -u tidy REQUEST_ID=17 -o json-pretty
/// ```
///
/// Logging never waits long: an entry for which journald has no room in 100 ms is given up, those after it at once, and the
/// first that is taken again is preceded by one that tells how many are missing. Large entries are handed over as files.
public struct JournalLogHandler: LogHandler {
    /// Messages below it are not logged; by default those below info.
    public var logLevel: Logger.Level {
        get { plain.logLevel }
        set { plain.logLevel = newValue }
    }
    /// What each message of the logger has.
    public var metadata: Logger.Metadata {
        get { plain.metadata }
        set { plain.metadata = newValue }
    }
    /// What each message has beside that, asked when it is logged.
    public var metadataProvider: Logger.MetadataProvider? {
        get { plain.metadataProvider }
        set { plain.metadataProvider = newValue }
    }
    /// `SYSLOG_IDENTIFIER`, by which `journalctl -t` finds messages: by default the program's name.
    public var identifier = String(cString: signalbox_program_name())

    private let label: String
    private let output: JournalOutput
    /// Where there is no journal. It keeps what is the handler's, too.
    private var plain: StreamLogHandler

    /// A handler with the metadata provider of the logging system: what `LoggingSystem.bootstrap` takes.
    public init(label: String) { self.init(label: label, metadataProvider: LoggingSystem.metadataProvider) }

    /// A handler with a metadata provider of its own; nil: none.
    public init(label: String, metadataProvider: Logger.MetadataProvider?) {
        self.init(label: label, metadataProvider: metadataProvider, output: .current)
    }

    init(label: String, metadataProvider: Logger.MetadataProvider?, output: JournalOutput) {
        self.label = label
        self.output = output
        plain = StreamLogHandler.standardError(label: label, metadataProvider: metadataProvider)
    }

    /// One key of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { plain[metadataKey: key] }
        set { plain[metadataKey: key] = newValue }
    }

    /// Logs one event; see the type. Waits 100 ms at most.
    public func log(event: LogEvent) {
        guard case .journal(let hasStream) = output.kind else { return plain.log(event: event) }
        let metadata = merged(event)
        if output.send(entry(event, metadata).bytes) { return }
        guard hasStream else { return plain.log(event: event) }
        // sd-daemon(3) knows no fields.
        let fields = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let error = event.error.map { " error=\($0)" } ?? ""
        JournalOutput.writeLines("\(label): \(event.message)\(fields)\(error)", priority: event.level.priority)
    }

    private func merged(_ event: LogEvent) -> Logger.Metadata {
        var all = metadata
        if let provided = metadataProvider?.get(), !provided.isEmpty { all.merge(provided) { $1 } }
        if let given = event.metadata, !given.isEmpty { all.merge(given) { $1 } }
        return all
    }

    private func entry(_ event: LogEvent, _ metadata: Logger.Metadata) -> JournalEntry {
        var entry = JournalEntry()
        entry.add("MESSAGE", "\(event.message)")
        entry.add("PRIORITY", String(event.level.priority))
        entry.add("SYSLOG_IDENTIFIER", identifier)
        entry.add("LOGGER", label)
        entry.add("LOGGER_SOURCE", event.source)
        entry.add("CODE_FILE", event.file)
        entry.add("CODE_LINE", String(event.line))
        entry.add("CODE_FUNC", event.function)
        entry.add("TID", String(signalbox_thread_id()))
        if let error = event.error {
            entry.add("ERROR", "\(error)")
            entry.add("ERROR_TYPE", String(reflecting: type(of: error)))
        }
        entry.add(metadata)
        return entry
    }
}

extension Logger.Level {
    /// syslog(3)'s.
    fileprivate var priority: Int32 {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
