import CLinux
package import Dispatcher
import Glibc

/// Who may do what with an object: the security descriptor of Win32, as far as it matters here.
///
/// A named object keeps what a descriptor comes to on Linux (`ObjectSecurity`): owner, group, mode, and what the user of
/// this process may open it for. SIDs are mapped as Samba does it: S-1-22-1-UID is a user and S-1-22-2-GID a group;
/// the system and the administrators are root.
package struct SecurityDescriptor: Equatable, Sendable {
    /// A security identifier: of a user, a group, or a class of users.
    package struct SID: Hashable, Sendable {
        package let authority: UInt64
        package let parts: [UInt32]

        package init(_ authority: UInt64, _ parts: UInt32...) { self.init(authority: authority, parts: parts) }
        package init(authority: UInt64, parts: [UInt32]) {
            self.authority = authority
            self.parts = parts
        }

        static let everyone = SID(1, 0)
        static let creatorOwner = SID(3, 0)
        static let creatorGroup = SID(3, 1)
        static let ownerRights = SID(3, 4)
        static let authenticatedUsers = SID(5, 11)
        static let system = SID(5, 18)
        static let administrators = SID(5, 32, 544)
        static let users = SID(5, 32, 545)
        static func user(_ id: UInt32) -> SID { SID(22, 1, id) }
        static func group(_ id: UInt32) -> SID { SID(22, 2, id) }
    }

    /// An entry of an access control list.
    package struct Entry: Equatable, Sendable {
        package static var allowed: UInt8 { 0 }
        package static var denied: UInt8 { 1 }
        package var kind: UInt8
        package var flags: UInt8
        package var mask: UInt32
        package var sid: SID

        package init(kind: UInt8, flags: UInt8, mask: UInt32, sid: SID) {
            self.kind = kind
            self.flags = flags
            self.mask = mask
            self.sid = sid
        }

        /// INHERIT_ONLY_ACE: it says nothing of the object itself.
        var isForChildrenOnly: Bool { flags & 8 != 0 }
    }

    package enum Control {
        package static var hasDACL: UInt16 { 4 }
        package static var hasSACL: UInt16 { 0x10 }
        package static var selfRelative: UInt16 { 0x8000 }
    }

    package static var revision: UInt8 { 1 }

    package var control: UInt16 = 0
    package var owner: SID?
    package var group: SID?
    /// nil: everyone may do everything, if `control` says that there is a list, or that nothing is said.
    package var dacl: [Entry]?
    package var sacl: [Entry]?

    package init() {}
}

/// Why a security descriptor, or its text, is not taken.
package enum SecurityError: Error, Equatable {
    /// The revision is another than 1.
    case unknownRevision
    case invalidACL
    case invalidSID
    /// The owner is another user, and the caller is not root.
    case invalidOwner
    /// The name stands for an account that this machine does not have.
    case notMapped
    /// The text has a part that is none.
    case invalidText
}

// ---- in memory

extension SecurityDescriptor {
    /// Reads a descriptor in the caller's memory: SECURITY_DESCRIPTOR, or its self-relative form.
    package init(at memory: UnsafeRawPointer) throws(SecurityError) {
        guard memory.load(as: UInt8.self) == SecurityDescriptor.revision else { throw .unknownRevision }
        control = memory.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
        let isRelative = control & Control.selfRelative != 0
        func part(_ number: Int) -> UnsafeRawPointer? {
            guard isRelative else {
                return UnsafeRawPointer(bitPattern: memory.loadUnaligned(fromByteOffset: 8 + 8 * number, as: UInt.self))
            }
            let offset = memory.loadUnaligned(fromByteOffset: 4 + 4 * number, as: UInt32.self)
            return offset == 0 ? nil : memory + Int(offset)
        }
        if let place = part(0) { owner = try SID(at: place, limit: 68) }
        if let place = part(1) { group = try SID(at: place, limit: 68) }
        if control & Control.hasSACL != 0, let place = part(2) { sacl = try SecurityDescriptor.entries(at: place) }
        if control & Control.hasDACL != 0, let place = part(3) { dacl = try SecurityDescriptor.entries(at: place) }
    }

    private static func entries(at memory: UnsafeRawPointer) throws(SecurityError) -> [Entry] {
        let size = Int(memory.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        guard (2...4).contains(memory.load(as: UInt8.self)), size >= 8 else { throw .invalidACL }
        var entries: [Entry] = []
        var offset = 8
        for _ in 0..<memory.loadUnaligned(fromByteOffset: 4, as: UInt16.self) {
            guard offset + 4 <= size else { throw .invalidACL }
            let length = Int(memory.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self))
            guard length >= 4, offset + length <= size else { throw .invalidACL }
            let kind = memory.load(fromByteOffset: offset, as: UInt8.self)
            if kind <= 2 {  // others are for what has children, or for audits
                guard length >= 16 else { throw .invalidACL }
                let sid: SID
                do throws(SecurityError) {
                    sid = try SID(at: memory + offset + 8, limit: length - 8)
                } catch {
                    throw .invalidACL
                }
                entries.append(
                    Entry(
                        kind: kind, flags: memory.load(fromByteOffset: offset + 1, as: UInt8.self),
                        mask: memory.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self), sid: sid))
            }
            offset += length
        }
        return entries
    }

    /// The self-relative form.
    package var bytes: [UInt8] {
        var result = [UInt8](repeating: 0, count: 20)
        func put(_ value: UInt32, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { result.replaceSubrange(offset..<offset + 4, with: $0) }
        }
        result[0] = SecurityDescriptor.revision
        let control = control | Control.selfRelative
        (result[2], result[3]) = (UInt8(control & 0xFF), UInt8(control >> 8))
        let parts = [
            owner?.bytes, group?.bytes, sacl.map(SecurityDescriptor.bytes), dacl.map(SecurityDescriptor.bytes),
        ]
        for (number, part) in parts.enumerated() {
            guard let part else { continue }
            put(UInt32(result.count), at: 4 + 4 * number)
            result += part
        }
        return result
    }

    /// An ACL of these entries.
    private static func bytes(_ entries: [Entry]) -> [UInt8] {
        var body: [UInt8] = []
        for entry in entries {
            let sid = entry.sid.bytes
            let length = 8 + sid.count
            body += [entry.kind, entry.flags, UInt8(length & 0xFF), UInt8(length >> 8)]
            body += withUnsafeBytes(of: entry.mask.littleEndian, Array.init) + sid
        }
        let size = 8 + body.count
        let count = entries.count
        return [2, 0, UInt8(size & 0xFF), UInt8(size >> 8), UInt8(count & 0xFF), UInt8(count >> 8), 0, 0] + body
    }
}

extension SecurityDescriptor.SID {
    /// The most parts after the authority (SID_MAX_SUB_AUTHORITIES).
    static var limit: Int { 15 }

    fileprivate init(at memory: UnsafeRawPointer, limit: Int) throws(SecurityError) {
        let count = Int(memory.load(fromByteOffset: 1, as: UInt8.self))
        guard memory.load(as: UInt8.self) == 1, count <= Self.limit, 8 + 4 * count <= limit else { throw .invalidSID }
        authority = (2..<8).reduce(0) { $0 << 8 | UInt64(memory.load(fromByteOffset: $1, as: UInt8.self)) }
        parts = (0..<count).map { memory.loadUnaligned(fromByteOffset: 8 + 4 * $0, as: UInt32.self) }
    }

    fileprivate var bytes: [UInt8] {
        var result = [1, UInt8(parts.count)] + (0..<6).map { UInt8(authority >> (40 - 8 * $0) & 0xFF) }
        for part in parts { result += withUnsafeBytes(of: part.littleEndian, Array.init) }
        return result
    }
}

// ---- what it comes to

/// What a security descriptor comes to on Linux, for one object.
package struct ObjectSecurity: Equatable, Sendable {
    package let owner: UInt32
    package let group: UInt32
    /// Of owner, group and others: 4 to wait for the object, 2 to change it; of files 4 to read, 2 to write, 1 to execute.
    package let mode: UInt16
    /// What the user of this process may open the object for.
    package let allowed: Access

    /// For an object that the calling process makes.
    package init(_ descriptor: SecurityDescriptor, _ kind: ObjectKind) throws(SecurityError) {
        let me = geteuid()
        owner = descriptor.owner.map { ObjectSecurity.user($0) ?? .max } ?? me
        guard owner == me || me == 0 && owner != .max else { throw .invalidOwner }
        group = descriptor.group.flatMap(ObjectSecurity.group) ?? getegid()
        guard let entries = descriptor.dacl else {
            (mode, allowed) = (0o666, Access.all(of: kind))
            return
        }
        let everyone: Set<SecurityDescriptor.SID> = [.everyone, .authenticatedUsers, .users]
        let owners: Set<SecurityDescriptor.SID> = [.user(owner), .creatorOwner, .ownerRights]
        let groups: Set<SecurityDescriptor.SID> = [.group(group), .creatorGroup]
        let root: Set<SecurityDescriptor.SID> = [.system, .administrators]
        func granted(_ sids: Set<SecurityDescriptor.SID>) -> Access {
            ObjectSecurity.evaluate(entries, for: sids.union(everyone), kind)
        }
        func digit(_ access: Access) -> UInt16 {
            // FILE_READ_DATA, FILE_WRITE_DATA, FILE_EXECUTE
            if kind == .source {
                return UInt16((access.rawValue & 1) << 2 | access.rawValue & 2 | access.rawValue >> 5 & 1)
            }
            return (access.contains(.synchronize) ? 4 : 0) | (access.contains(.modification(of: kind)) ? 2 : 0)
        }
        let ofOwner = granted(owner == 0 ? owners.union(root) : owners)
        mode = digit(ofOwner) << 6 | digit(granted(groups)) << 3 | digit(granted([]))
        var mine = Set(ObjectSecurity.groups().map { SecurityDescriptor.SID.group($0) })
        if ObjectSecurity.groups().contains(group) { mine.insert(.creatorGroup) }
        mine.formUnion(owner == me ? owners : [.user(me)])
        if me == 0 { mine.formUnion(root) }
        // The owner may always read and replace the list.
        allowed = owner == me ? granted(mine).union([.readControl, .writeDAC]) : granted(mine)
    }

    /// Of entries that speak of a right, the first decides.
    private static func evaluate(
        _ entries: [SecurityDescriptor.Entry], for sids: Set<SecurityDescriptor.SID>, _ kind: ObjectKind
    ) -> Access {
        var allowed: Access = []
        var denied: Access = []
        for entry in entries where !entry.isForChildrenOnly && sids.contains(entry.sid) {
            let mask = Access(rawValue: entry.mask).mapped(for: kind)
            if entry.kind == SecurityDescriptor.Entry.allowed { allowed.formUnion(mask.subtracting(denied)) }
            if entry.kind == SecurityDescriptor.Entry.denied { denied.formUnion(mask.subtracting(allowed)) }
        }
        return allowed
    }

    private static func user(_ sid: SecurityDescriptor.SID) -> UInt32? {
        if sid == .system || sid == .administrators { return 0 }
        return sid.authority == 22 && sid.parts.count == 2 && sid.parts[0] == 1 ? sid.parts[1] : nil
    }

    private static func group(_ sid: SecurityDescriptor.SID) -> UInt32? {
        if sid == .system || sid == .administrators { return 0 }
        return sid.authority == 22 && sid.parts.count == 2 && sid.parts[0] == 2 ? sid.parts[1] : nil
    }

    private static func groups() -> [UInt32] {
        let count = getgroups(0, nil)
        var groups = [gid_t](repeating: 0, count: Int(max(count, 0)))
        let found = getgroups(count, &groups)
        return [getegid()] + groups.prefix(Int(max(found, 0)))
    }
}
