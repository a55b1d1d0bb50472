public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// Events of Winsock, and what sockets report by them. The states are in Sources/Signalbox/NetworkEvents.swift.

@c(WSACreateEvent) @implementation public func __WSACreateEvent() -> WSAEVENT? { __CreateEventW(nil, 1, 0, nil) }

@c(WSACloseEvent) @implementation public func __WSACloseEvent(_ event: WSAEVENT?) -> BOOL { __CloseHandle(event) }

@c(WSASetEvent) @implementation public func __WSASetEvent(_ event: WSAEVENT?) -> BOOL { __SetEvent(event) }

@c(WSAResetEvent) @implementation public func __WSAResetEvent(_ event: WSAEVENT?) -> BOOL { __ResetEvent(event) }

@c(WSAWaitForMultipleEvents) @implementation public func __WSAWaitForMultipleEvents(
    _ count: DWORD, _ events: UnsafePointer<WSAEVENT?>?, _ waitAll: BOOL, _ milliseconds: DWORD, _ alertable: BOOL
) -> DWORD { __WaitForMultipleObjectsEx(count, events, waitAll, milliseconds, alertable) }

/// FD_ bits and what they stand for. (FD_QOS and those after it never happen.)
private let kinds: [(bit: Int32, place: Int, kind: SocketReadiness)] = [
    (FD_READ, 0, .receive), (FD_WRITE, 1, .send), (FD_OOB, 2, .urgent), (FD_ACCEPT, 3, .accept),
    (FD_CONNECT, 4, .connect), (FD_CLOSE, 5, .close),
]
private let FD_READ: Int32 = 1 << 0
private let FD_WRITE: Int32 = 1 << 1
private let FD_OOB: Int32 = 1 << 2
private let FD_ACCEPT: Int32 = 1 << 3
private let FD_CONNECT: Int32 = 1 << 4
private let FD_CLOSE: Int32 = 1 << 5

/// Has the socket report these by the event, to which the caller has no reference to give. False: it cannot be watched.
func select(_ socket: any DriverSocket, _ event: ObjectName, _ wanted: SocketReadiness) -> Bool {
    guard event == .none || Arena.local.retain(event) else { return false }
    let settings = socket.settings
    let old = settings.events.withLock { events in
        defer {
            events.event = event
            events.select(wanted, isConnecting: settings.phase == .connecting)
        }
        return events.event
    }
    if old != .none { Arena.local.release(old) }
    settings.isWatched.store(!wanted.isEmpty, ordering: .releasing)
    guard !wanted.isEmpty else { return true }
    settings.isNonBlocking.store(true, ordering: .relaxed)
    do throws(IOError) { try socket.watch() } catch { return false }
    settings.readinessMayHaveChanged(of: socket)
    return true
}

@c(WSAEventSelect) @implementation
public func __WSAEventSelect(_ s: SOCKET, _ event: WSAEVENT?, _ wanted: LONG) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    var chosen: SocketReadiness = []
    for (bit, _, kind) in kinds where wanted & bit != 0 { chosen.insert(kind) }
    guard wanted != 0 else {
        // The socket stays as it is: it does not wait.
        _ = select(socket, .none, [])
        socket.settings.isNonBlocking.store(true, ordering: .relaxed)
        return 0
    }
    let object = HandleTable.find(value(event), .modify)
    guard object != .none, Arena.local.kind(of: object) == .event else { return socketFailure(WSAEINVAL) }
    return select(socket, object, chosen) ? 0 : socketFailure(WSAENOBUFS)
}

@c(WSAEnumNetworkEvents) @implementation
public func __WSAEnumNetworkEvents(_ s: SOCKET, _ event: WSAEVENT?, _ result: LPWSANETWORKEVENTS?) -> Int32 {
    enter()
    defer { leave() }
    guard let socket = socketOf(s)?.socket else { return -1 }
    guard let result else { return socketFailure(WSAEFAULT) }
    var object = ObjectName.none
    if event != nil {
        object = HandleTable.find(value(event), .modify)
        guard object != .none, Arena.local.kind(of: object) == .event else { return socketFailure(WSAEINVAL) }
    }
    let found = socket.settings.events.withLock { events in
        // Under the lock, so that what is recorded next sets it again.
        if object != .none { try? Arena.local.resetEvent(object) }
        return events.take()
    }
    var told = WSANETWORKEVENTS()
    withUnsafeMutableBytes(of: &told.iErrorCode) { errors in
        for (bit, place, kind) in kinds where found.recorded.contains(kind) {
            told.lNetworkEvents |= bit
            let code = kind == .connect ? found.connectError : kind == .close ? found.closeError : 0
            let error = code == 0 ? 0 : winsockCode(IOStatus(errno: code))
            errors.storeBytes(of: error, toByteOffset: place * 4, as: Int32.self)
        }
    }
    result.pointee = told
    return 0
}
