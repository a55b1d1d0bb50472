import CLinux
import Dispatcher
import Glibc

/// Handles that a process has from its parent (`CreateProcess` with `bInheritHandles`): those to what a descriptor stands
/// for. They have the same values here as there. What lives in the parent's memory is not among them.
package enum InheritedHandles {
    /// A handle for a new process, with a descriptor that is its own copy.
    package struct Entry: Sendable {
        package let handle: UInt
        package let descriptor: Int32
        package let access: UInt32
        package let kind: UInt32
    }

    /// The handles of this process that a new one gets. The descriptors are copies, above 2, which the caller closes.
    package static func copies() -> [Entry] {
        var inheritable: [(handle: UInt, object: ObjectName)] = []
        HandleTable.forEachInheritable { inheritable.append(($0, $1)) }
        return inheritable.compactMap { handle, object in
            guard let socket = SourceObject.driver(of: object), let access = HandleTable.access(handle) else {
                return nil
            }
            let copy = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { return nil }  // it was closed just now
            let kinds = (SIGNALBOX_INHERITS_SOCKET, SIGNALBOX_INHERITS_OVERLAPPED_SOCKET)
            let kind = SourceObject.isOverlapped(object) ? kinds.1 : kinds.0
            return Entry(handle: handle, descriptor: copy, access: access, kind: UInt32(kind))
        }
    }

    /// Makes handles of what the parent has handed over: before any other handle is made.
    package static func adopt() {
        guard let page = signalbox_own_page(), page.pointee.inherited_count > 0 else { return }
        let place = UnsafeRawPointer(page) + Int(page.pointee.inherited)
        let entries = UnsafeRawBufferPointer(
            start: place, count: Int(page.pointee.inherited_count) * MemoryLayout<signalbox_inherited>.stride
        ).bindMemory(to: signalbox_inherited.self)
        guard HandleTable.reserve(entries.map { UInt($0.handle) }) else { return }
        for entry in entries {
            guard fcntl(entry.descriptor, F_SETFD, FD_CLOEXEC) == 0 else { continue }
            let isOverlapped = entry.kind == UInt32(SIGNALBOX_INHERITS_OVERLAPPED_SOCKET)
            let socket = InheritedSocket(entry.descriptor)
            guard let object = try? SourceObject.make(socket, isOverlapped: isOverlapped) else { continue }
            HandleTable.fillReserved(UInt(entry.handle), object, Access(rawValue: entry.access))
        }
    }
}

/// A socket that this process was given: it needs a driver, and so a host, when a request is made, not before.
private final class InheritedSocket: DriverSocket {
    private enum State {
        case untouched(Int32)
        case driven(any DriverSocket)
        case closed
    }
    private let state: Guarded<State>

    init(_ descriptor: Int32) { state = Guarded(.untouched(descriptor)) }

    private var driven: (any DriverSocket)? {
        // A driver may be started now, which takes its time: not under the lock.
        let isUntouched = state.withLock { if case .untouched = $0 { true } else { false } }
        let spare = isUntouched ? try? DriverRegistry.shared.sockets().makeEmptySocket() : nil
        return state.withLock { state in
            if case .untouched(let descriptor) = state, let spare, spare.adopt(descriptor) { state = .driven(spare) }
            if case .driven(let socket) = state { return socket }
            return nil
        }
    }

    var descriptor: Int32 {
        state.withLock { state in
            switch state {
            case .untouched(let descriptor): descriptor
            case .driven(let socket): socket.descriptor
            case .closed: -1
            }
        }
    }

    func start(_ request: IORequest) -> (status: IOStatus, bytes: Int)? {
        guard let driven else { return (.invalidHandle, 0) }
        return driven.start(request)
    }
    func cancel(_ request: IORequest) { driven?.cancel(request) }
    func cancelReceives() { driven?.cancelReceives() }
    func adopt(_ descriptor: Int32) -> Bool { driven?.adopt(descriptor) ?? false }

    func close() {
        let before = state.withLock { state in
            defer { state = .closed }
            return state
        }
        switch before {
        case .untouched(let descriptor): Glibc.close(descriptor)
        case .driven(let socket): socket.close()
        case .closed: break
        }
    }
}
