import Logging

/// An entry of the journal in its native protocol: fields, each a name and a value.
struct JournalEntry {
    private(set) var bytes: [UInt8] = []
    private var count = 0
    private var omitted = 0
    /// journald takes 1024 fields, some of which are its own.
    private static let limit = 900
    /// Fields that are the entry's own; metadata of such a name gets another.
    private static let own: Set<String> = [
        "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "CODE_FILE", "CODE_LINE", "CODE_FUNC", "LOGGER", "LOGGER_SOURCE",
        "TID", "ERROR", "ERROR_TYPE", "METADATA_OMITTED",
    ]

    /// A field of the entry's own, whose name is valid.
    mutating func add(_ name: String, _ value: String) {
        count += 1
        bytes += name.utf8
        var value = value
        value.withUTF8 { value in
            if value.contains(UInt8(ascii: "\n")) {
                // "the field name, a newline, the size as 64-bit little endian, the data"
                bytes.append(UInt8(ascii: "\n"))
                withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += value
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Fields for metadata, in the order of their keys.
    mutating func add(_ metadata: Logger.Metadata) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { add(key, value) }
        if omitted > 0 { add("METADATA_OMITTED", String(omitted)) }
    }

    private mutating func add(_ path: String, _ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): addField(path, text)
        case .stringConvertible(let value): addField(path, value.description)
        // A field may have several values.
        case .array(let values): for value in values { add(path, value) }
        case .dictionary(let values):
            for (key, value) in values.sorted(by: { $0.key < $1.key }) { add("\(path)_\(key)", value) }
        }
    }

    private mutating func addField(_ path: String, _ value: String) {
        if count < JournalEntry.limit { add(JournalEntry.fieldName(path), value) } else { omitted += 1 }
    }

    /// A valid name: of capital letters, digits and underscores, of which none comes first; 64 at most.
    static func fieldName(_ key: String) -> String {
        var name = String(
            decoding: key.utf8.drop { $0 == UInt8(ascii: "_") }.map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
        // What begins with an underscore is journald's own.
        while name.first == "_" { name.removeFirst() }
        if name.isEmpty || name.first!.isNumber || own.contains(name) { name = "METADATA_\(name)" }
        return String(name.prefix(64))
    }
}
