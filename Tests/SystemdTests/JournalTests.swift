import CLinux
import Dispatcher
import Glibc
import Logging
import SignalboxTesting
import TestSupport
import Testing

@testable import Systemd

@Suite("The journal", .serialized, .alone, .timeLimit(.minutes(2)))
struct JournalTests {
    private func handler(_ journal: FakeJournal, provider: Logger.MetadataProvider? = nil, stream: Bool = false)
        -> JournalLogHandler
    {
        JournalLogHandler(
            label: "tests.journal", metadataProvider: provider,
            output: JournalOutput(kind: .journal(orStream: stream), socket: journal.path))
    }

    private func logger(_ handler: JournalLogHandler) -> Logger { Logger(label: "tests.journal") { _ in handler } }

    @Test("a message has its fields: text, priority, program, place, logger, thread")
    func fields() throws {
        let journal = try FakeJournal()
        let line = #line + 1
        logger(handler(journal)).warning("it is warm")
        let entry = try #require(journal.receive())
        #expect(entry["MESSAGE"] == ["it is warm"] && entry["PRIORITY"] == ["4"])
        #expect(entry["SYSLOG_IDENTIFIER"] == [String(cString: signalbox_program_name())])
        #expect(entry["CODE_FILE"]?.first?.hasSuffix("JournalTests.swift") == true)
        #expect(entry["CODE_LINE"] == ["\(line)"] && entry["CODE_FUNC"] == ["fields()"])
        #expect(entry["LOGGER"] == ["tests.journal"] && entry["LOGGER_SOURCE"] == ["SystemdTests"])
        #expect(entry["TID"] == ["\(signalbox_thread_id())"])
        #expect(entry.count == 9)
    }

    @Test(
        "each level has its priority",
        arguments: zip(
            [Logger.Level.trace, .debug, .info, .notice, .warning, .error, .critical], [7, 7, 6, 5, 4, 3, 2]))
    func priorities(level: Logger.Level, priority: Int) throws {
        let journal = try FakeJournal()
        var handler = handler(journal)
        handler.logLevel = .trace
        logger(handler).log(level: level, "x")
        #expect(journal.receive()?["PRIORITY"] == ["\(priority)"])
    }

    @Test("what is below the level is not logged")
    func level() throws {
        let journal = try FakeJournal()
        logger(handler(journal)).debug("x")
        #expect(journal.receive() == nil)
    }

    @Test("a message of several lines, or of none, is one entry, whole")
    func lines() throws {
        let journal = try FakeJournal()
        for text in ["one\ntwo\n\nPRIORITY=0\n", "\n", "", "ä=\u{1F600}"] {
            logger(handler(journal)).info("\(text)", metadata: ["text": "\(text)"])
            let entry = try #require(journal.receive())
            #expect(entry["MESSAGE"] == [text] && entry["TEXT"] == [text] && entry["PRIORITY"] == ["6"])
        }
    }

    @Test("metadata become fields: the event's before the provider's before the handler's")
    func metadata() throws {
        let journal = try FakeJournal()
        let provider = Logger.MetadataProvider { ["who": "provider", "request-id": "17"] }
        var logger = logger(handler(journal, provider: provider))
        logger[metadataKey: "who"] = "handler"
        logger[metadataKey: "where"] = "handler"
        logger.info("x", metadata: ["where": "event", "count": .stringConvertible(3)])
        let entry = try #require(journal.receive())
        #expect(entry["WHO"] == ["provider"] && entry["WHERE"] == ["event"])
        #expect(entry["REQUEST_ID"] == ["17"] && entry["COUNT"] == ["3"])
    }

    @Test("dictionaries are flattened, arrays are several values, and empty ones nothing")
    func nested() throws {
        let journal = try FakeJournal()
        logger(handler(journal)).info(
            "x",
            metadata: [
                "peer": ["name": "a", "address": ["port": "80"]], "tags": ["one", ["two", "three"]],
                "list": [["a": "1"], ["a": "2"]], "nothing": [], "none": [:],
            ])
        let entry = try #require(journal.receive())
        #expect(entry["PEER_NAME"] == ["a"] && entry["PEER_ADDRESS_PORT"] == ["80"])
        #expect(entry["TAGS"] == ["one", "two", "three"] && entry["LIST_A"] == ["1", "2"])
        #expect(entry["NOTHING"] == nil && entry["NONE"] == nil)
    }

    @Test(
        "every key becomes a valid name, which is none of the entry's own",
        arguments: [
            ("a", "A"), ("request-id", "REQUEST_ID"), ("a.b c", "A_B_C"), ("_pid", "PID"), ("1st", "METADATA_1ST"),
            ("", "METADATA_"), ("___", "METADATA_"), ("message", "METADATA_MESSAGE"), ("TID", "METADATA_TID"),
            ("ä", "METADATA_"), ("message_id", "MESSAGE_ID"),
            (String(repeating: "x", count: 100), String(repeating: "X", count: 64)),
        ])
    func names(key: String, name: String) { #expect(JournalEntry.fieldName(key) == name) }

    @Test("too many fields are left out, and counted")
    func many() throws {
        let journal = try FakeJournal()
        let values = (0..<2000).map { Logger.MetadataValue.string("\($0)") }
        logger(handler(journal)).info("x", metadata: ["values": .array(values)])
        let entry = try #require(journal.receive())
        #expect(entry["VALUES"]!.count + Int(entry["METADATA_OMITTED"]![0])! == 2000)
        #expect(entry.values.reduce(0) { $0 + $1.count } < 1000)
    }

    @Test("an error of the event is told")
    func error() throws {
        struct Broken: Error, CustomStringConvertible { let description = "it broke" }
        let journal = try FakeJournal()
        logger(handler(journal)).error("x", error: Broken())
        let entry = try #require(journal.receive())
        #expect(entry["ERROR"] == ["it broke"] && entry["ERROR_TYPE"]?.first?.contains("Broken") == true)
    }

    @Test("an entry that no datagram holds is a sealed file")
    func large() throws {
        let journal = try FakeJournal()
        let text = String(repeating: "0123456789", count: 300_000)
        logger(handler(journal)).info("\(text)")
        let entry = try #require(journal.receive())
        #expect(entry["MESSAGE"] == [text] && journal.files == 1)
    }

    @Test("a journal that does not read holds nobody up for long, and is told later how many are missing")
    func full() throws {
        let journal = try FakeJournal()
        let logger = logger(handler(journal))
        let began = ContinuousClock.now
        // unix(7): net.unix.max_dgram_qlen, 10 or 512
        for number in 0..<1000 { logger.info("\(number)") }
        #expect(.now - began < .seconds(10))
        var got = 0
        while journal.receive() != nil { got += 1 }
        logger.info("again")
        #expect(journal.receive()?["MESSAGE"] == ["again"])
        let notice = try #require(journal.receive())
        #expect(
            notice["MESSAGE"] == ["\(1000 - got) messages are missing before the last: the journal took none in time"])
        #expect(notice["PRIORITY"] == ["4"])
    }

    @Test("room for one is the entry's, not the notice's; each that is missing is counted once")
    func oneByOne() throws {
        let journal = try FakeJournal()
        let logger = logger(handler(journal))
        for number in 0..<1000 { logger.info("\(number)") }
        var got: [String] = []
        func receive() -> Bool {
            guard let entry = journal.receive() else { return false }
            got += entry["MESSAGE"] ?? []
            return true
        }
        for number in 1000..<1010 {
            #expect(receive())
            logger.info("\(number)")
            logger.info("lost")
        }
        while receive() {}
        #expect(got.suffix(10) == (1000..<1010).map { "\($0)" }[...])
        logger.info("again")
        #expect(journal.receive()?["MESSAGE"] == ["again"])
        let missing = 1000 + 20 - got.count
        #expect(
            journal.receive()?["MESSAGE"]
                == ["\(missing) messages are missing before the last: the journal took none in time"])
        #expect(journal.receive() == nil)
    }

    @Test("where nobody listens, lines with priorities go to the journal's stream")
    func stream() throws {
        let journal = try FakeJournal()
        unlink(journal.path)
        var handler = handler(journal, stream: true)
        handler[metadataKey: "a"] = "1"
        let logger = logger(handler)
        let text = try standardError { logger.error("one\ntwo", metadata: ["b": "2"]) }
        #expect(text == "<3>tests.journal: one\n<3>two a=1 b=2\n")
    }

    @Test("where nobody listens and the standard error is another's, lines are for people")
    func noStream() throws {
        let journal = try FakeJournal()
        unlink(journal.path)
        let logger = logger(handler(journal))
        let text = try standardError { logger.error("one", metadata: ["b": "2"]) }
        #expect(text.hasSuffix("b=2 [SystemdTests] one\n") && text.contains("error tests.journal:"))
    }

    @Test("without systemd lines are for people, and nothing else is written")
    func plain() throws {
        setJournal(stream: nil, process: nil)
        // What the logging system is given.
        let make: @Sendable (String) -> any LogHandler = JournalLogHandler.init
        let logger = Logger(label: "tests.journal") { make($0) }
        let text = try standardError { logger.notice("one") }
        #expect(text.hasSuffix("notice tests.journal: [SystemdTests] one\n") && text.split(separator: "\n").count == 1)
    }

    @Test("the journal is what JOURNAL_STREAM says of the standard error, or SYSTEMD_EXEC_PID of the process")
    func detection() throws {
        defer { setJournal(stream: nil, process: nil) }
        func kind() -> String {
            switch JournalOutput.current.kind {
            case .plain: "plain"
            case .journal(let hasStream): hasStream ? "stream" : "socket"
            }
        }
        var found = stat()
        fstat(STDERR_FILENO, &found)
        for (stream, process, wanted) in [
            (nil, nil, "plain"), ("\(found.st_dev):\(found.st_ino)", nil, "stream"), ("1:1", nil, "plain"),
            ("x", nil, "plain"),
            (nil, "\(getpid())", "socket"), (nil, "\(getppid())", "plain"), (nil, "", "plain"),
        ] as [(String?, String?, String)] {
            setJournal(stream: stream, process: process)
            #expect(kind() == wanted)
        }
    }

    private func setJournal(stream: String?, process: String?) {
        for (name, value) in [("JOURNAL_STREAM", stream), ("SYSTEMD_EXEC_PID", process)] {
            if let value { setenv(name, value, 1) } else { unsetenv(name) }
        }
        signalbox_read_journal_environment()
    }
}
