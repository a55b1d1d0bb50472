public import Dispatcher

// Actors and Win32 handles name the same objects: each keeps the object alive by a reference of its own.

/// A kernel object that an actor can be made for: by a handle, or by name.
public protocol NamedKernelObject: KernelObject {
    /// What the dispatcher calls objects of this kind.
    nonisolated static var kind: ObjectKind { get }
    /// Takes over the caller's reference, which counts as a handle's.
    init(adopting object: ObjectName)
}

extension KernelObject {
    /// The name that the object was made with, or nil. Names are those of this process.
    public nonisolated var name: String? { ObjectNames.name(of: object) }

    /// Makes a Win32 `HANDLE` to the object, with all rights; whoever gets it closes it (`CloseHandle`). It keeps the
    /// object, as the actor does.
    ///
    /// - Throws: `HandleError.tooMany` when a million handles are open.
    public nonisolated func makeHandle() throws(HandleError) -> UnsafeMutableRawPointer {
        try Arena.makeHandle(object)
    }
}

extension NamedKernelObject {
    /// An actor for the object that a Win32 `HANDLE` names. The handle stays the caller's, and may be closed at once.
    ///
    /// - Throws: `HandleError.invalid` if it names nothing, `.wrongKind` if it names an object of another kind.
    public static func open(handle: UnsafeMutableRawPointer) throws(HandleError) -> Self {
        Self(adopting: try Arena.retained(handle, Self.kind))
    }

    /// An actor for the object of that name, which must exist.
    ///
    /// - Throws: `ObjectNameError.notFound`; `.otherKind` if an object of another kind has the name.
    public static func open(_ name: String) throws(ObjectNameError) -> Self {
        do throws(NameFault) {
            return Self(adopting: try ObjectNames.open(Array(name.utf16), kind, .genericAll).object)
        } catch {
            throw ObjectNameError(error, name)
        }
    }
}

extension Arena {
    /// Gives up the reference that an actor has had.
    static func endActor(_ object: ObjectName) { HandleTable.releaseHandle(object) }

    /// A new handle to the object, which the caller keeps meanwhile.
    static func makeHandle(_ object: ObjectName) throws(HandleError) -> UnsafeMutableRawPointer {
        guard Arena.local.retain(object) else { throw .invalid }
        guard let made = HandleTable.insert(object) else {
            Arena.local.release(object)
            throw .tooMany
        }
        return UnsafeMutableRawPointer(bitPattern: made)!  // no handle is 0
    }

    /// The object of the handle, with a reference that counts as a handle's.
    static func retained(_ handle: UnsafeMutableRawPointer, _ kind: ObjectKind) throws(HandleError) -> ObjectName {
        let object = try HandleTable.name(UInt(bitPattern: handle), [])
        guard Arena.local.kind(of: object) == kind else { throw .wrongKind }
        guard Arena.local.retain(object, asHandle: true) else { throw .invalid }  // closed meanwhile
        return object
    }

    /// An object for an actor of that name: the one that there is, or a new one.
    static func openOrMake(
        _ name: String, _ kind: ObjectKind, _ make: () throws(DispatcherError) -> ObjectName
    ) throws(ObjectNameError) -> ObjectName {
        do throws(NameFault) {
            return try ObjectNames.openOrMake(Array(name.utf16), kind, .genericAll, nil, make).object
        } catch {
            throw ObjectNameError(error, name)
        }
    }
}
