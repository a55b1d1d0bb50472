package import Dispatcher

/// The names of this process's objects.
///
/// The table keeps no object: a named object lives as long as its actors, its handles and the waits for it. An entry
/// whose object is gone is replaced by the next of that name, or swept.
package enum ObjectNames {
    private struct Table {
        var objects: [String: ObjectName] = [:]
        var names: [ObjectName: String] = [:]
        var sweepAt = 64

        mutating func insert(_ name: String, _ object: ObjectName) {
            if names.count >= sweepAt {
                for (object, name) in names where !Arena.local.exists(object) { remove(name, object) }
                sweepAt = max(64, 2 * names.count)
            }
            objects[name] = object
            names[object] = name
        }

        mutating func remove(_ name: String, _ object: ObjectName) {
            names[object] = nil
            if objects[name] == object { objects[name] = nil }
        }
    }
    private static let table = Guarded(Table())

    /// The longest name, in UTF-16 units (MAX_PATH).
    package static var limit: Int { 260 }

    /// The object of that name, with a reference for the caller.
    package static func open(_ name: String, _ kind: ObjectKind) throws(ObjectNameError) -> ObjectName {
        let key = try key(name)
        return try table.withLock { table throws(ObjectNameError) in
            guard let object = try find(key, kind, &table) else { throw .notFound(name) }
            return object
        }
    }

    /// The object of that name, or the one that `make` makes and that has the name from now on; with a reference for
    /// the caller. `make` runs under the table's lock.
    package static func openOrMake(
        _ name: String, _ kind: ObjectKind, _ make: () throws(DispatcherError) -> ObjectName
    ) throws(ObjectNameError) -> (object: ObjectName, existed: Bool) {
        let key = try key(name)
        return try table.withLock { table throws(ObjectNameError) in
            if let object = try find(key, kind, &table) { return (object, true) }
            let object: ObjectName
            do throws(DispatcherError) { object = try make() } catch { throw .outOfRecords }
            table.insert(key, object)
            return (object, false)
        }
    }

    package static func name(of object: ObjectName) -> String? { table.withLock { $0.names[object] } }

    private static func find(
        _ key: String, _ kind: ObjectKind, _ table: inout Table
    ) throws(ObjectNameError) -> ObjectName? {
        guard let object = table.objects[key] else { return nil }
        guard Arena.local.retain(object) else {
            table.remove(key, object)
            return nil
        }
        guard Arena.local.kind(of: object) == kind else {
            Arena.local.release(object)
            throw .otherKind(key)
        }
        return object
    }

    /// `Local\` is where a name is without a prefix; `Global\` is a place of its own. Names differ by case.
    private static func key(_ name: String) throws(ObjectNameError) -> String {
        guard !name.isEmpty else { throw .invalid(name) }
        guard name.utf16.count <= limit else { throw .tooLong(name) }
        let local = name.hasPrefix("Local\\") ? String(name.dropFirst(6)) : name
        let own = local.hasPrefix("Global\\") ? local.dropFirst(7) : local[...]
        guard !own.isEmpty, !own.contains("\\") else { throw .invalid(name) }
        return local
    }
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
    /// 16 million objects and waits are alive.
    case outOfRecords

    public var description: String {
        switch self {
        case .notFound(let name): "no object of this process is named \(name)"
        case .otherKind(let name): "\(name) is the name of an object of another kind"
        case .invalid(let name): "\"\(name)\" is no name of an object: it is empty, or has a backslash"
        case .tooLong(let name): "the name has \(name.utf16.count) characters; 260 are allowed"
        case .outOfRecords: WaitError.outOfRecords.description
        }
    }
}
