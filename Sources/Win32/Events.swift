import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Events. The names of objects come with the object namespace; until then a name is refused, not ignored.

private func createEvent(_ isNamed: Bool, manualReset: Bool, set: Bool, _ rights: HandleTable.Rights) -> HANDLE? {
    if isNamed { return noHandle(ERROR_NOT_SUPPORTED) }
    do {
        let event = try Arena.prepared().makeObject(.event, signaled: set, manualReset: manualReset)
        signalbox_thread().pointee.lastError = 0  // success sets it, so that callers can look for ERROR_ALREADY_EXISTS
        return newHandle(event, rights)
    } catch {
        return noHandle(code(error))
    }
}

private func createEventEx(_ isNamed: Bool, _ flags: DWORD, _ access: DWORD) -> HANDLE? {
    guard flags & ~DWORD(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET) == 0 else {
        return noHandle(ERROR_INVALID_PARAMETER)
    }
    return createEvent(
        isNamed, manualReset: flags & DWORD(CREATE_EVENT_MANUAL_RESET) != 0,
        set: flags & DWORD(CREATE_EVENT_INITIAL_SET) != 0, HandleTable.Rights(access: access))
}

@c(CreateEventA) @implementation public func __CreateEventA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: BOOL, _ initialState: BOOL, _ name: LPCSTR?
) -> HANDLE? { createEvent(name != nil, manualReset: manualReset != 0, set: initialState != 0, .all) }

@c(CreateEventW) @implementation public func __CreateEventW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: BOOL, _ initialState: BOOL, _ name: LPCWSTR?
) -> HANDLE? { createEvent(name != nil, manualReset: manualReset != 0, set: initialState != 0, .all) }

@c(CreateEventExA) @implementation public func __CreateEventExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createEventEx(name != nil, flags, access) }

@c(CreateEventExW) @implementation public func __CreateEventExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCWSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createEventEx(name != nil, flags, access) }

@c(SetEvent) @implementation public func __SetEvent(_ event: HANDLE?) -> BOOL {
    let object = HandleTable.find(value(event), .modify)
    guard object != .none else { return failure(code(forHandle: event, .modify)) }
    do {
        try Arena.local.setEvent(object)
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(ResetEvent) @implementation public func __ResetEvent(_ event: HANDLE?) -> BOOL {
    let object = HandleTable.find(value(event), .modify)
    guard object != .none else { return failure(code(forHandle: event, .modify)) }
    do {
        try Arena.local.resetEvent(object)
        return 1
    } catch {
        return failure(code(error))
    }
}
