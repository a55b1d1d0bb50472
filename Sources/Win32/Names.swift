import CLinux
import CWin32
import Dispatcher
import Signalbox

// Names of objects in the facade. Events, mutexes, semaphores, timers and jobs share one name space.

/// A name as the program gave it. To convert it takes memory: within `enter()` and `leave()`.
enum GivenName {
    case none
    case narrow(LPCSTR)
    case wide(LPCWSTR)

    @inline(__always) init(_ name: LPCSTR?) { self = name.map { .narrow($0) } ?? .none }
    @inline(__always) init(_ name: LPCWSTR?) { self = name.map { .wide($0) } ?? .none }

    /// Whether a new object has no name: "" is none either.
    @inline(__always) var isNone: Bool {
        switch self {
        case .none: true
        case .narrow(let name): name.pointee == 0
        case .wide(let name): name.pointee == 0
        }
    }

    /// Of what is too long only as much as shows that.
    var units: ObjectNames.Units {
        switch self {
        case .none: return []
        case .narrow(let name): return String(cString: name).utf16.prefix(ObjectNames.limit + 1).map { $0 }
        case .wide(let name):
            var length = 0
            while length <= ObjectNames.limit && name[length] != 0 { length += 1 }
            return (0..<length).map { UInt16(name[$0]) }
        }
    }
}

/// Makes an object, which counts its first handle already, or opens the one of that name; or sets the last error, which
/// after success is 0 or ERROR_ALREADY_EXISTS. `access`: nil for all.
@inline(__always)
func createObject(
    _ kind: ObjectKind, _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, _ access: DWORD? = nil,
    _ make: () throws(DispatcherError) -> ObjectName
) -> HANDLE? {
    if name.isNone && attributes == nil { return newHandle(kind, access, make) }
    return createNamed(kind, name, attributes, access, make)
}

@inline(never)
private func createNamed(
    _ kind: ObjectKind, _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, _ access: DWORD?,
    _ make: () throws(DispatcherError) -> ObjectName
) -> HANDLE? {
    enter()
    defer { leave() }
    let given: ObjectSecurity?
    do throws(SecurityError) { given = try security(attributes, kind) } catch { return noHandle(code(error)) }
    if name.isNone { return newHandle(kind, access, inherits: inherits(attributes), make) }
    do throws(NameFault) {
        // For an existing name "this function requests the EVENT_ALL_ACCESS access right" (CreateEvent; others alike).
        let asked = access.map { Access(rawValue: $0) } ?? Access.all(of: kind)
        let (object, granted, existed) = try ObjectNames.openOrMake(name.units, kind, asked, given, make)
        return insert(object, granted, inherits: inherits(attributes), existed ? ERROR_ALREADY_EXISTS : 0)
    } catch {
        return noHandle(code(error))
    }
}

/// Opens the object of that name, or sets the last error; success leaves it alone.
func openObject(_ kind: ObjectKind, _ name: GivenName, _ access: DWORD, inherits: BOOL) -> HANDLE? {
    enter()
    defer { leave() }
    if case .none = name { return noHandle(ERROR_INVALID_PARAMETER) }
    do throws(NameFault) {
        let (object, granted) = try ObjectNames.open(name.units, kind, Access(rawValue: access))
        return insert(object, granted, inherits: inherits != 0, nil)
    } catch {
        return noHandle(code(error))
    }
}

/// A handle for the reference that the caller gives up, which counts as one.
private func insert(_ object: ObjectName, _ access: Access, inherits: Bool, _ lastError: Int32?) -> HANDLE? {
    guard let made = HandleTable.insert(object, access, inherits: inherits, isCounted: true) else {
        HandleTable.releaseHandle(object)
        return noHandle(ERROR_NO_SYSTEM_RESOURCES)
    }
    if let lastError { signalbox_thread().pointee.lastError = DWORD(bitPattern: lastError) }
    return handle(made)
}

private func code(_ fault: NameFault) -> Int32 {
    switch fault {
    case .notFound: ERROR_FILE_NOT_FOUND
    case .otherKind: ERROR_INVALID_HANDLE
    case .accessDenied: ERROR_ACCESS_DENIED
    case .tooLong: ERROR_FILENAME_EXCED_RANGE
    case .outOfRecords: ERROR_NOT_ENOUGH_MEMORY
    case .emptyName: ERROR_INVALID_NAME
    case .noSuchPath: ERROR_PATH_NOT_FOUND
    case .badPath: ERROR_BAD_PATHNAME
    }
}
