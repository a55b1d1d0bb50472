import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Sockets and pipes that the service manager holds for the program: `bind` takes them over, and signalbox.h has functions
// that ask for them by name, or have them stored.

// ---- bind

private func sockets(like socket: any DriverSocket) -> [PassedDescriptor] {
    let passed = ServiceEnvironment.current.descriptors.filter { $0.kind == .listener || $0.kind == .datagrams }
    guard !passed.isEmpty else { return [] }
    let descriptor = socket.descriptor
    let options = [Glibc.SO_TYPE, Glibc.SO_PROTOCOL]
    let wanted = options.map { option(descriptor, $0) }
    return passed.filter { passed in
        options.map { option(passed.number, $0) } == wanted
            && SocketAddress { Glibc.getpeername(passed.number, $0, $1) } == nil
    }
}

/// If the service manager holds a socket at that address for this program, the SOCKET becomes it, as it stands: its queue,
/// its backlog and its options are those of the unit.
///
/// - Returns: 0: it was taken over; nil: there is none; else why it failed.
func bindToPassed(_ socket: any DriverSocket, _ address: SocketAddress) -> Int32? {
    let candidates = sockets(like: socket)
    guard !candidates.isEmpty, SocketAddress({ Glibc.getsockname(socket.descriptor, $0, $1) })?.isBound == false else {
        return nil
    }
    do throws(ActivationError) {
        let claim = try PassedDescriptors.shared.claim { passed in
            candidates.contains(passed)
                && SocketAddress { Glibc.getsockname(passed.number, $0, $1) }?.isSame(address) == true
        }
        guard let claim else { return nil }
        let isTold = reportsUnreachable(socket.descriptor, socket.settings.family)
        guard (try? socket.settings.share()) != nil else {
            PassedDescriptors.shared.giveBack(claim)
            return WSAEMFILE
        }
        guard socket.adopt(claim.number, as: .idle) else {
            PassedDescriptors.shared.giveBack(claim, isClosed: true)
            return WSAENOTSOCK  // closed meanwhile
        }
        if isTold { setReportsUnreachable(socket.descriptor, socket.settings.family, true) }
        PassedDescriptors.shared.settle(claim, user: socket)
        return 0
    } catch {
        return WSAEMFILE
    }
}

/// The address is taken: if it is by a socket that is held for this program, but at another address, the operator is
/// told so.
func explainPassed(_ socket: any DriverSocket, _ address: SocketAddress) {
    guard address.isInternet else { return }
    for passed in sockets(like: socket) {
        guard let held = SocketAddress({ Glibc.getsockname(passed.number, $0, $1) }), held.isInternet,
            held.port == address.port, !held.isSame(address)
        else { continue }
        let what = passed.kind == .listener ? "ListenStream" : "ListenDatagram"
        say(
            "bind to \(address.text) failed: the service manager holds \(passed) for this program, which is another "
                + "address; \(what)=\(address.text) in the socket unit is what bind takes over")
    }
}

private func say(_ text: String) {
    let line = "signalbox: \(text)\n"
    // It may wait for whoever reads it.
    outside { line.withCString { signalbox_write_error($0, strlen($0)) } }
}

extension SocketAddress {
    var port: UInt16 {
        withLinux { name, _ in
            UInt16(bigEndian: UnsafeRawPointer(name).loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    var text: String {
        withLinux { name, length in
            PassedDescriptor.text(of: UnsafeRawBufferPointer(start: name, count: Int(length)))
        }
    }

    /// Whether a socket that is bound to the one is bound to the other.
    func isSame(_ other: SocketAddress) -> Bool {
        family == other.family && isWhole && other.isWhole && identity == other.identity
    }

    /// The bytes that say where it is.
    private var identity: [UInt8] {
        withLinux { name, length in
            let bytes = UnsafeRawBufferPointer(start: name, count: Int(length))
            switch family {
            case Glibc.AF_INET: return Array(bytes[2..<8])
            case Glibc.AF_INET6: return Array(bytes[2..<4]) + Array(bytes[8..<28])  // without the flow
            default:
                // A path's length may count its end; that of a name in the abstract namespace says all (unix(7)).
                let path = bytes[2...]
                return Array(path.first == 0 ? path : path.prefix { $0 != 0 })
            }
        }
    }
}

// ---- by name

private func code(_ error: ActivationError, busy: Int32, other: Int32) -> Int32 {
    switch error {
    case .notPassed: ERROR_NOT_FOUND
    case .inUse: busy
    case .wrongKind: other
    case .failed: ERROR_TOO_MANY_OPEN_FILES
    }
}

@c(SignalboxServiceSocket) @implementation public func __SignalboxServiceSocket(_ name: LPCSTR?) -> UINT_PTR {
    enter()
    defer { leave() }
    func failed(_ code: Int32) -> UINT_PTR {
        _ = failure(code)
        return ~UINT_PTR(0)
    }
    guard isStarted else { return failed(WSANOTINITIALISED) }
    guard let name else { return failed(WSAEFAULT) }
    do throws(ActivationError) {
        let claim = try PassedDescriptors.shared.claim(
            named: String(cString: name), [.listener, .connection, .datagrams])
        guard let socket = try? PassedDescriptors.shared.makeSocket(claim) else { return failed(WSASYSNOTREADY) }
        if claim.passed.kind == .datagrams { setReportsUnreachable(claim.number, socket.settings.family, true) }
        guard let object = try? SourceObject.make(socket, isOverlapped: true), let made = newHandle(object) else {
            socket.close()
            PassedDescriptors.shared.giveBack(claim, isClosed: true)
            return failed(WSAENOBUFS)
        }
        PassedDescriptors.shared.settle(claim, user: socket)
        return UINT_PTR(value(made))
    } catch {
        say("SignalboxServiceSocket failed: \(error)")
        return failed(code(error, busy: WSAEADDRINUSE, other: WSAENOTSOCK))
    }
}

@c(SignalboxServiceHandle) @implementation public func __SignalboxServiceHandle(_ name: LPCSTR?) -> HANDLE? {
    enter()
    defer { leave() }
    guard let name else { return noHandle(ERROR_INVALID_PARAMETER) }
    do throws(ActivationError) {
        let claim = try PassedDescriptors.shared.claim(named: String(cString: name), [.pipe, .file])
        let file = PassedDescriptors.shared.makeFile(claim, isOverlapped: false)
        var access = DWORD(SYNCHRONIZE | FILE_READ_ATTRIBUTES)
        if file.access.contains(.read) { access |= DWORD(GENERIC_READ) }
        if file.access.contains(.write) { access |= DWORD(GENERIC_WRITE) }
        guard let object = try? SourceObject.make(file), let made = newHandle(object, access: access) else {
            file.close()
            PassedDescriptors.shared.giveBack(claim, isClosed: true)
            return noHandle(ERROR_NO_SYSTEM_RESOURCES)
        }
        PassedDescriptors.shared.settle(claim, user: nil)
        return made
    } catch {
        say("SignalboxServiceHandle failed: \(error)")
        return noHandle(code(error, busy: ERROR_BUSY, other: ERROR_INVALID_HANDLE))
    }
}

// ---- the store

private func code(_ error: DescriptorStoreError) -> Int32 {
    switch error {
    case .invalidName: ERROR_INVALID_PARAMETER
    case .notOpen: ERROR_INVALID_HANDLE
    case .refused, .failed: ERROR_TOO_MANY_OPEN_FILES
    case .notHeard: ERROR_TIMEOUT
    }
}

/// Sleeps until the task has ended that asks the manager.
private func ask(_ body: @escaping @Sendable () async throws(DescriptorStoreError) -> Void) -> BOOL {
    let error: (any Error)? = outside {
        do {
            try ThreadObject.block(alertable: false) { try await body() }
            return nil
        } catch {
            return error
        }
    }
    guard let error else { return 1 }
    guard let error = error as? DescriptorStoreError else { return failure(ERROR_NOT_ENOUGH_MEMORY) }
    if case .refused = error { say("SignalboxServiceStore failed: \(error)") }
    return failure(code(error))
}

@c(SignalboxServiceStore) @implementation
public func __SignalboxServiceStore(_ object: HANDLE?, _ name: LPCSTR?, _ flags: DWORD) -> BOOL {
    enter()
    defer { leave() }
    guard let name, flags & ~DWORD(SIGNALBOX_STORE_UNWATCHED) == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    let found = HandleTable.find(value(object), [])
    guard found != .none else { return failure(ERROR_INVALID_HANDLE) }
    let copy = SourceObject.copyDescriptor(of: found)
    guard copy >= 0 else { return failure(errno == EBADF ? ERROR_INVALID_HANDLE : ERROR_TOO_MANY_OPEN_FILES) }
    defer { close(copy) }
    let text = String(cString: name)
    return ask { () async throws(DescriptorStoreError) in
        try await DescriptorStore.store(
            descriptor: copy, as: text, isWatched: flags & DWORD(SIGNALBOX_STORE_UNWATCHED) == 0)
    }
}

@c(SignalboxServiceRemove) @implementation public func __SignalboxServiceRemove(_ name: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    guard let name else { return failure(ERROR_INVALID_PARAMETER) }
    let text = String(cString: name)
    return ask { () async throws(DescriptorStoreError) in try await DescriptorStore.remove(text) }
}
