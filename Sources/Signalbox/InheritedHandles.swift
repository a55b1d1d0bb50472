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
            guard let access = HandleTable.access(handle) else { return nil }
            // The process goes on where the handle stands, which the kernel knows nothing of.
            if let file = SourceObject.file(of: object), file.isSeekable {
                lseek(file.descriptor, Int(file.position), SEEK_SET)
            }
            let copy = signalbox_copy_of_descriptor(SourceObject.descriptor(of: object))
            guard copy >= 0 else { return nil }  // it has none, or was closed just now
            return Entry(handle: handle, descriptor: copy, access: access, kind: UInt32(kind(of: object)))
        }
    }

    /// What the new process makes of it; 0: nothing, it is good for 0, 1 or 2 only.
    private static func kind(of object: ObjectName) -> Int {
        let isOverlapped = SourceObject.isOverlapped(object)
        if SourceObject.file(of: object) != nil {
            return isOverlapped ? SIGNALBOX_INHERITS_OVERLAPPED_FILE : SIGNALBOX_INHERITS_FILE
        }
        guard SourceObject.driver(of: object) != nil else { return 0 }
        return isOverlapped ? SIGNALBOX_INHERITS_OVERLAPPED_SOCKET : SIGNALBOX_INHERITS_SOCKET
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
            if entry.kind >= UInt32(SIGNALBOX_INHERITS_FILE) {
                let isOverlapped = entry.kind == UInt32(SIGNALBOX_INHERITS_OVERLAPPED_FILE)
                let file: any DriverFile
                if AnonymousPipe.isPipe(entry.descriptor) {
                    file = AnonymousPipe(
                        entry.descriptor, InheritedFile.rights(of: entry.access), isOverlapped: isOverlapped)
                } else {
                    file = InheritedFile(
                        entry.descriptor, InheritedFile.rights(of: entry.access), isOverlapped: isOverlapped)
                }
                guard let object = try? SourceObject.make(file) else { continue }
                HandleTable.fillReserved(UInt(entry.handle), object, Access(rawValue: entry.access))
                continue
            }
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
        /// Who holds the descriptor lets it go still.
        case closed((any DriverSocket)?)
    }
    private let state: Guarded<State>

    init(_ descriptor: Int32) { state = Guarded(.untouched(descriptor)) }

    private var driven: (any DriverSocket)? {
        // A driver may be started now, which takes its time: not under the lock.
        let isUntouched = state.withLock { if case .untouched = $0 { true } else { false } }
        let kind = SocketSettings(of: descriptor)
        let spare = isUntouched ? try? DriverRegistry.shared.sockets().makeEmptySocket(like: kind) : nil
        return state.withLock { state in
            if case .untouched(let descriptor) = state, let spare, spare.adopt(descriptor, as: kind.phase) {
                state = .driven(spare)
            }
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

    func start(_ request: IORequest, from done: Int) -> (status: IOStatus, bytes: Int)? {
        guard let driven else { return (.invalidHandle, 0) }
        return driven.start(request, from: done)
    }
    func cancel(_ request: IORequest) { driven?.cancel(request) }
    func cancelReceives() { driven?.cancelReceives() }
    func adopt(_ descriptor: Int32, as phase: SocketSettings.Phase) -> Bool {
        if let driven { return driven.adopt(descriptor, as: phase) }
        Glibc.close(descriptor)
        return false
    }
    func cancel(where isMeant: (IORequest) -> Bool) -> Int {
        // What nobody has touched has no requests.
        if case .driven(let socket) = state.withLock({ $0 }) { socket.cancel(where: isMeant) } else { 0 }
    }
    func attempt(_ request: IORequest, from start: Int) -> IOAttempt {
        driven?.attempt(request, from: start) ?? .failed(.invalidHandle)
    }
    func transferNow(isSend: Bool, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        driven?.transferNow(isSend: isSend, buffer) ?? -2
    }
    /// Without a driver, settings that nothing heeds.
    var settings: SocketSettings { driven?.settings ?? SocketSettings(of: descriptor) }
    func hold() -> Int32 { driven?.hold() ?? -1 }
    func letGo() {
        switch state.withLock({ $0 }) {
        case .driven(let socket), .closed(.some(let socket)): socket.letGo()
        case .untouched, .closed(nil): break
        }
    }
    func readiness() -> SocketReadiness { driven?.readiness() ?? [] }
    func watch() throws(IOError) { try driven?.watch() }
    func renew() throws(IOError) { try driven?.renew() }

    func close() {
        let before = state.withLock { state in
            defer { state = if case .driven(let socket) = state { .closed(socket) } else { .closed(nil) } }
            return state
        }
        switch before {
        case .untouched(let descriptor): Glibc.close(descriptor)
        case .driven(let socket): socket.close()
        case .closed: break
        }
    }
}

extension SocketSettings {
    /// Settings of a socket that another process has made.
    package convenience init(of descriptor: Int32) {
        func option(_ name: Int32) -> Int32 {
            var (value, size): (Int32, socklen_t) = (0, 4)
            return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : 0
        }
        self.init(family: option(SO_DOMAIN), type: option(SO_TYPE), proto: option(SO_PROTOCOL))
        var (peer, size) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
        let hasPeer = withUnsafeMutablePointer(to: &peer) { peer in
            peer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) == 0 }
        }
        setPhase(option(SO_ACCEPTCONN) != 0 ? .listening : hasPeer ? .connected : .idle)
    }
}
