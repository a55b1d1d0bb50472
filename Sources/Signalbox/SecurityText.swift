// Security descriptors as text: the Security Descriptor Definition Language.
//
//     O:BAG:SYD:P(A;;GA;;;BA)(A;OICI;GR;;;WD)S:(AU;SA;GW;;;WD)
//
// Entries that name object types (OA, OD, …) or have conditions (XA, …) are for directories of Windows: they are refused.

extension SecurityDescriptor {
    /// Reads the text of a descriptor.
    package init(text: [UInt16]) throws(SecurityError) {
        var rest = text[...]
        while true {
            rest.skipBlanks()
            guard let part = rest.popFirst() else { break }
            guard rest.popFirst() == UInt16(ascii: ":") else { throw .invalidText }
            // Each part once.
            switch part {
            case UInt16(ascii: "O") where owner == nil: owner = try SID(takenFrom: &rest)
            case UInt16(ascii: "G") where group == nil: group = try SID(takenFrom: &rest)
            case UInt16(ascii: "D") where control & Control.hasDACL == 0:
                dacl = try takeEntries(&rest, shift: 0)
                control |= Control.hasDACL
            case UInt16(ascii: "S") where control & Control.hasSACL == 0:
                sacl = try takeEntries(&rest, shift: 1)
                control |= Control.hasSACL
            default: throw .invalidText
            }
        }
    }

    /// A list with its flags. `shift`: how far a system list's bits of `control` are from those of the other list. nil:
    /// the text says that there is no control.
    private mutating func takeEntries(_ rest: inout ArraySlice<UInt16>, shift: UInt16) throws(SecurityError) -> [Entry]?
    {
        var isControlled = true
        rest.skipBlanks()
        while let first = rest.first, first != UInt16(ascii: "("), !rest.isAtPart {
            if rest.take("NO_ACCESS_CONTROL") {
                isControlled = false
            } else if rest.take("P") {
                control |= 0x1000 << shift
            } else if rest.take("AI") {
                control |= 0x400 << shift
            } else if rest.take("AR") {
                control |= 0x100 << shift
            } else {
                throw .invalidACL
            }
            rest.skipBlanks()
        }
        var entries: [Entry] = []
        var size = 8
        while rest.first == UInt16(ascii: "(") {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: UInt16(ascii: ")")) else { throw .invalidACL }
            let entry = try Entry(rest[..<end])
            entries.append(entry)
            size += 16 + 4 * entry.sid.parts.count
            guard size <= 0xFFFF else { throw .invalidACL }
            rest = rest[(end + 1)...]
            rest.skipBlanks()
        }
        guard rest.isEmpty || rest.isAtPart else { throw .invalidACL }
        guard isControlled || entries.isEmpty else { throw .invalidACL }
        return isControlled ? entries : nil
    }
}

extension SecurityDescriptor.Entry {
    /// Reads what stands between the brackets: `type;flags;rights;object;inherited object;SID`.
    fileprivate init(_ text: ArraySlice<UInt16>) throws(SecurityError) {
        let fields = text.split(separator: UInt16(ascii: ";"), omittingEmptySubsequences: false).map(\.withoutBlanks)
        guard fields.count == 6, fields[3].isEmpty, fields[4].isEmpty else { throw .invalidACL }
        guard let kind = Self.kinds[String(decoding: fields[0], as: UTF16.self)] else { throw .invalidACL }
        var flags: UInt8 = 0
        var rest = fields[1]
        while !rest.isEmpty {
            guard let flag = Self.flagNames[rest.takeTwo()] else { throw .invalidACL }
            flags |= flag
        }
        var mask: UInt32 = 0
        rest = fields[2]
        if let first = rest.first, Self.isDigit(first) {
            guard let number = UInt32(number: rest) else { throw .invalidACL }
            mask = number
        } else {
            while !rest.isEmpty {
                guard let right = Self.rights[rest.takeTwo()] else { throw .invalidACL }
                mask |= right
            }
        }
        let sid: SecurityDescriptor.SID
        rest = fields[5]
        do throws(SecurityError) {
            sid = try SecurityDescriptor.SID(takenFrom: &rest)
        } catch {
            throw error == .notMapped ? error : .invalidACL
        }
        guard rest.isEmpty else { throw .invalidACL }
        self.init(kind: kind, flags: flags, mask: mask, sid: sid)
    }

    static func isDigit(_ unit: UInt16) -> Bool { UInt16(ascii: "0")...UInt16(ascii: "9") ~= unit }

    private static let kinds: [String: UInt8] = ["A": allowed, "D": denied, "AU": 2, "AL": 3, "ML": 0x11]
    private static let flagNames: [String: UInt8] = [
        "OI": 1, "CI": 2, "NP": 4, "IO": 8, "ID": 0x10, "SA": 0x40, "FA": 0x80,
    ]
    private static let rights: [String: UInt32] = [
        "GA": 0x1000_0000, "GX": 0x2000_0000, "GW": 0x4000_0000, "GR": 0x8000_0000,
        "SD": 0x1_0000, "RC": 0x2_0000, "WD": 0x4_0000, "WO": 0x8_0000,
        "CC": 1, "DC": 2, "LC": 4, "SW": 8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
        "FA": 0x1F_01FF, "FR": 0x12_0089, "FW": 0x12_0116, "FX": 0x12_00A0,
        "KA": 0xF_003F, "KR": 0x2_0019, "KW": 0x2_0006, "KX": 0x2_0019,
        "NW": 1, "NR": 2, "NX": 4,
    ]
}

extension SecurityDescriptor.SID {
    /// Reads `S-1-5-32-544`, or two letters that stand for one.
    fileprivate init(takenFrom rest: inout ArraySlice<UInt16>) throws(SecurityError) {
        rest.skipBlanks()
        guard rest.take("S-") else {
            let name = rest.takeTwo()
            if let sid = Self.names[name] {
                self = sid
            } else {
                throw Self.ofDomains.contains(name) ? .notMapped : .invalidSID
            }
            return
        }
        var numbers: [UInt64] = []
        repeat {
            let digits = rest.prefix {
                SecurityDescriptor.Entry.isDigit($0) || $0 == UInt16(ascii: "x") || Self.isHex($0)
            }
            // The text of the next part of the descriptor begins with a letter that may be a hexadecimal digit.
            let own = rest.dropFirst(digits.count).first == UInt16(ascii: ":") ? digits.dropLast() : digits
            guard let number = UInt64(number: own) else { throw .invalidSID }
            numbers.append(number)
            rest = rest.dropFirst(own.count)
        } while rest.take("-")
        let parts = numbers.dropFirst(2)
        guard numbers.first == 1, numbers.count > 2, parts.count <= Self.limit, numbers[1] < 1 << 48,
            parts.allSatisfy({ $0 <= UInt32.max })
        else { throw .invalidSID }
        self.init(authority: numbers[1], parts: parts.map { UInt32($0) })
    }

    private static func isHex(_ unit: UInt16) -> Bool {
        UInt16(ascii: "a")...UInt16(ascii: "f") ~= unit || UInt16(ascii: "A")...UInt16(ascii: "F") ~= unit
    }

    private static let names: [String: SecurityDescriptor.SID] = {
        typealias SID = SecurityDescriptor.SID
        var names: [String: SID] = [
            "WD": .everyone, "CO": .creatorOwner, "CG": .creatorGroup, "OW": .ownerRights, "NU": SID(5, 2),
            "IU": SID(5, 4), "SU": SID(5, 6), "AN": SID(5, 7), "ED": SID(5, 9), "PS": SID(5, 10),
            "AU": .authenticatedUsers, "RC": SID(5, 12), "SY": .system, "LS": SID(5, 19), "NS": SID(5, 20),
            "WR": SID(5, 33), "AC": SID(15, 2, 1), "LW": SID(16, 4096), "ME": SID(16, 8192), "MP": SID(16, 8448),
            "HI": SID(16, 12288), "SI": SID(16, 16384),
        ]
        let builtin: [String: UInt32] = [
            "BA": 544, "BU": 545, "BG": 546, "PU": 547, "AO": 548, "SO": 549, "PO": 550, "BO": 551, "RE": 552,
            "RU": 554, "RD": 555, "NO": 556, "MU": 558, "LU": 559, "IS": 568, "CY": 569, "ER": 573, "CD": 574,
        ]
        for (name, part) in builtin { names[name] = SID(5, 32, part) }
        return names
    }()
    /// Accounts of a machine's or a domain's own, of which Linux has none.
    private static let ofDomains: Set<String> = [
        "LA", "LG", "DA", "DG", "DU", "DC", "DD", "CA", "SA", "EA", "PA", "RS", "RO", "CN", "AP",
    ]
}

// ---- characters

extension UInt16 {
    fileprivate init(ascii character: Unicode.Scalar) { self = UInt16(UInt8(ascii: character)) }
}

extension FixedWidthInteger {
    /// Decimal, hexadecimal after 0x, octal after 0; nil if it is no number, or too large.
    fileprivate init?(number text: ArraySlice<UInt16>) {
        let text = String(decoding: text, as: UTF16.self)
        // Swift would take a sign.
        guard let first = text.first, first.isNumber else { return nil }
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            let digits = text.dropFirst(2)
            guard let first = digits.first, first.isHexDigit else { return nil }
            self.init(digits, radix: 16)
        } else {
            self.init(text, radix: text.hasPrefix("0") ? 8 : 10)
        }
    }
}

extension ArraySlice where Element == UInt16 {
    /// Whether a part of a descriptor begins here.
    fileprivate var isAtPart: Bool {
        guard let first, dropFirst().first == UInt16(ascii: ":") else { return false }
        return "OGDS".unicodeScalars.contains { UInt16(ascii: $0) == first }
    }

    fileprivate mutating func skipBlanks() { self = drop { $0 == 0x20 || 9...13 ~= $0 } }

    fileprivate var withoutBlanks: Self {
        var text = self
        text.skipBlanks()
        while let last = text.last, last == 0x20 || 9...13 ~= last { text.removeLast() }
        return text
    }

    fileprivate mutating func take(_ text: String) -> Bool {
        guard starts(with: text.utf16) else { return false }
        removeFirst(text.utf16.count)
        return true
    }

    fileprivate mutating func takeTwo() -> String {
        let two = prefix(2)
        removeFirst(two.count)
        return String(decoding: two, as: UTF16.self)
    }
}
