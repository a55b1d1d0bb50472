public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Sockets and pipes that the service manager holds for the program: `bind` takes them over, and signalbox.h has functions
// that ask for them by name, or have them stored.

// ---- bind

private func sockets(like socket: any DriverSocket) -> [PassedDescriptor] {
    let type = socket.settings.type
    return ServiceEnvironment.current.descriptors.filter { passed in
        switch passed.kind {
        case .listener: type == CWin32.SOCK_STREAM
        case .datagrams: type == CWin32.SOCK_DGRAM
        default: false
        }
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
        guard socket.adopt(claim.number, as: .idle) else {
            PassedDescriptors.shared.giveBack(claim)
            return WSAENOTSOCK  // closed meanwhile
        }
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
    "signalbox: \(text)\n".withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
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
        // Without an IPv6 flow; a path's length may count its end.
        family == other.family && isWhole && other.isWhole && text == other.text && scope == other.scope
    }

    private var scope: UInt32 {
        guard family == Glibc.AF_INET6 else { return 0 }
        return withLinux { name, _ in UnsafeRawPointer(name).loadUnaligned(fromByteOffset: 24, as: UInt32.self) }
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
        guard let object = try? SourceObject.make(socket, isOverlapped: true) else {
            socket.close()
            return failed(WSAENOBUFS)
        }
        guard let made = newHandle(object) else { return ~UINT_PTR(0) }
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
        guard let object = try? SourceObject.make(file) else {
            file.close()
            return noHandle(ERROR_NO_SYSTEM_RESOURCES)
        }
        var access = DWORD(SYNCHRONIZE | FILE_READ_ATTRIBUTES)
        if file.access.contains(.read) { access |= DWORD(GENERIC_READ) }
        if file.access.contains(.write) { access |= DWORD(GENERIC_WRITE) }
        return newHandle(object, access: access)
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
    case .refused: ERROR_TOO_MANY_OPEN_FILES
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
    let copy = fcntl(SourceObject.descriptor(of: found), F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { return failure(ERROR_INVALID_HANDLE) }
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
