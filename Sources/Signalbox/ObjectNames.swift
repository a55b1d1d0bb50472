package import Dispatcher

/// The names of this process's objects: events, mutexes, semaphores, timers and jobs share one name space.
///
/// The table keeps no object, and a name goes with the last actor and handle, as on Windows: waits keep the object alone.
/// An entry whose object has no handle is replaced by the next of that name, or swept.
///
/// Names are compared unit by unit, so that those are different which only look the same (é as one character or two),
/// and an unpaired surrogate is a character as any.
package enum ObjectNames {
    /// A name's UTF-16 units.
    package typealias Units = [UInt16]

    private struct Entry {
        let key: Units
        /// nil: the object was made without a descriptor, and everyone here may open it for everything.
        let security: ObjectSecurity?
    }

    private struct Table {
        var objects: [Units: ObjectName] = [:]
        var entries: [ObjectName: Entry] = [:]
        var sweepAt = 64

        mutating func insert(_ entry: Entry, _ object: ObjectName) {
            if entries.count >= sweepAt {
                for (object, entry) in entries where !Arena.local.exists(object) { remove(entry.key, object) }
                sweepAt = max(64, 2 * entries.count)
            }
            objects[entry.key] = object
            entries[object] = entry
        }

        mutating func remove(_ key: Units, _ object: ObjectName) {
            entries[object] = nil
            if objects[key] == object { objects[key] = nil }
        }
    }
    private static let table = Guarded(Table())

    /// The longest name, in UTF-16 units (MAX_PATH).
    package static var limit: Int { 260 }

    /// The object of that name, with a reference for the caller that counts as a handle's, and what a handle is granted
    /// that is asked for `access`.
    package static func open(
        _ name: Units, _ kind: ObjectKind, _ access: Access
    ) throws(NameFault) -> (object: ObjectName, granted: Access) {
        let key = try key(name)
        return try table.withLock { table throws(NameFault) in
            guard let found = try find(key, kind, access, &table) else { throw .notFound }
            return found
        }
    }

    /// The object of that name, or the one that `make` makes, with a handle counted already, and that has the name from
    /// now on; with a reference for the caller that counts as a handle's. `make` runs under the table's lock.
    package static func openOrMake(
        _ name: Units, _ kind: ObjectKind, _ access: Access, _ security: ObjectSecurity? = nil,
        _ make: () throws(DispatcherError) -> ObjectName
    ) throws(NameFault) -> (object: ObjectName, granted: Access, existed: Bool) {
        let key = try key(name)
        return try table.withLock { table throws(NameFault) in
            if let found = try find(key, kind, access, &table) { return (found.object, found.granted, true) }
            let object: ObjectName
            do throws(DispatcherError) { object = try make() } catch { throw .outOfRecords }
            table.insert(Entry(key: key, security: security), object)
            return (object, access.mapped(for: kind), false)  // its maker gets what he asks for
        }
    }

    package static func name(of object: ObjectName) -> String? {
        table.withLock { $0.entries[object].map { String(decoding: $0.key, as: UTF16.self) } }
    }

    /// What the descriptor that a named object was made with comes to; nil if there was none.
    package static func security(of object: ObjectName) -> ObjectSecurity? {
        table.withLock { $0.entries[object]?.security }
    }

    private static func find(
        _ key: Units, _ kind: ObjectKind, _ access: Access, _ table: inout Table
    ) throws(NameFault) -> (object: ObjectName, granted: Access)? {
        guard let object = table.objects[key] else { return nil }
        if let found = Arena.local.kind(of: object) {
            guard found == kind else { throw .otherKind }
            guard let granted = access.granted(for: kind, table.entries[object]?.security) else { throw .accessDenied }
            if Arena.local.retainAsHandle(object) { return (object, granted) }
        }
        table.remove(key, object)
        return nil
    }

    /// `Local\` is where a name is without a prefix; `Global\` is a place of its own. Names differ by case.
    private static func key(_ name: Units) throws(NameFault) -> Units {
        guard !name.isEmpty else { throw .otherKind }  // the place itself
        guard name.count <= limit else { throw .tooLong }
        guard name.first != backslash else { throw .badPath }
        var own = name[...]
        var isGlobal = false
        while true {
            if own.starts(with: "Local\\".utf16) {
                own.removeFirst(6)
            } else if own.starts(with: "Global\\".utf16) {
                own.removeFirst(7)
                isGlobal = true
            } else {
                break
            }
        }
        guard !own.isEmpty else { throw .emptyName }
        guard !own.contains(backslash) else { throw .noSuchPath }
        // The names of the places are taken.
        guard !["Local", "Global", "Session"].contains(where: { own.elementsEqual($0.utf16) }) else { throw .otherKind }
        return isGlobal ? Array("Global\\".utf16) + own : Array(own)
    }

    private static var backslash: UInt16 { 0x5C }
}

extension Access {
    /// What is granted of an existing object with that descriptor; nil if not all of it is allowed.
    package func granted(for kind: ObjectKind, _ security: ObjectSecurity?) -> Access? {
        let wanted = mapped(for: kind)
        guard !wanted.isEmpty else { return nil }  // who asks for nothing gets nothing (SeAccessCheck)
        guard let security else { return wanted }
        if contains(.maximumAllowed) {
            let named = subtracting(.maximumAllowed).mapped(for: kind)
            return named.isSubset(of: security.allowed) && !security.allowed.isEmpty ? security.allowed : nil
        }
        return wanted.isSubset(of: security.allowed) ? wanted : nil
    }
}

/// Why there is no object of a name, as the facade tells them apart.
package enum NameFault: Error {
    case notFound, otherKind, accessDenied, tooLong, outOfRecords
    /// There is nothing behind a prefix.
    case emptyName
    /// A backslash that is not part of a prefix: there are no folders.
    case noSuchPath
    /// The name begins with a backslash.
    case badPath
}

/// Why there is no object of a name.
public enum ObjectNameError: Error, Equatable, CustomStringConvertible {
    /// No object has the name.
    case notFound(String)
    /// An object of another kind has the name.
    case otherKind(String)
    /// The name is empty, or has a backslash that is not part of `Local\` or `Global\`.
    case invalid(String)
    /// The name has more than 260 UTF-16 units.
    case tooLong(String)
    /// The descriptor that the object was made with does not allow this user to open it.
    case accessDenied(String)
    /// 16 million objects and waits are alive.
    case outOfRecords

    public var description: String {
        switch self {
        case .notFound(let name): "no object of this process is named \(name)"
        case .otherKind(let name): "\(name) is the name of an object of another kind"
        case .invalid(let name): "\"\(name)\" is no name of an object: it is empty, or has a backslash"
        case .tooLong(let name): "the name has \(name.utf16.count) characters; 260 are allowed"
        case .accessDenied(let name): "this user may not open the object that is named \(name)"
        case .outOfRecords: WaitError.outOfRecords.description
        }
    }
}

extension ObjectNameError {
    init(_ fault: NameFault, _ name: String) {
        self =
            switch fault {
            case .notFound: .notFound(name)
            case .otherKind: name.isEmpty ? .invalid(name) : .otherKind(name)
            case .accessDenied: .accessDenied(name)
            case .tooLong: .tooLong(name)
            case .outOfRecords: .outOfRecords
            case .emptyName, .noSuchPath, .badPath: .invalid(name)
            }
    }
}
