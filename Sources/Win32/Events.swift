import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Events.

private func createEvent(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, manualReset: Bool, set: Bool, _ access: DWORD? = nil
) -> HANDLE? {
    createObject(.event, name, attributes, access) { () throws(DispatcherError) in
        try Arena.prepared().makeObject(.event, signaled: set, manualReset: manualReset, handles: 1)
    }
}

private func createEventEx(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? {
    guard flags & ~DWORD(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET) == 0 else {
        return noHandle(ERROR_INVALID_PARAMETER)
    }
    return createEvent(
        name, attributes, manualReset: flags & DWORD(CREATE_EVENT_MANUAL_RESET) != 0,
        set: flags & DWORD(CREATE_EVENT_INITIAL_SET) != 0, access)
}

@c(CreateEventA) @implementation public func __CreateEventA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: BOOL, _ initialState: BOOL, _ name: LPCSTR?
) -> HANDLE? { createEvent(GivenName(name), attributes, manualReset: manualReset != 0, set: initialState != 0) }

@c(CreateEventW) @implementation public func __CreateEventW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ manualReset: BOOL, _ initialState: BOOL, _ name: LPCWSTR?
) -> HANDLE? { createEvent(GivenName(name), attributes, manualReset: manualReset != 0, set: initialState != 0) }

@c(CreateEventExA) @implementation public func __CreateEventExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createEventEx(GivenName(name), attributes, flags, access) }

@c(CreateEventExW) @implementation public func __CreateEventExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCWSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createEventEx(GivenName(name), attributes, flags, access) }

@c(OpenEventA) @implementation
public func __OpenEventA(_ access: DWORD, _ inherit: BOOL, _ name: LPCSTR?) -> HANDLE? {
    openObject(.event, GivenName(name), access, inherits: inherit)
}

@c(OpenEventW) @implementation
public func __OpenEventW(_ access: DWORD, _ inherit: BOOL, _ name: LPCWSTR?) -> HANDLE? {
    openObject(.event, GivenName(name), access, inherits: inherit)
}

@c(SetEvent) @implementation public func __SetEvent(_ event: HANDLE?) -> BOOL {
    change(event, .event) { object throws(DispatcherError) in try Arena.local.setEvent(object) }
}

@c(ResetEvent) @implementation public func __ResetEvent(_ event: HANDLE?) -> BOOL {
    change(event, .event) { object throws(DispatcherError) in try Arena.local.resetEvent(object) }
}

@c(PulseEvent) @implementation public func __PulseEvent(_ event: HANDLE?) -> BOOL {
    change(event, .event) { object throws(DispatcherError) in try Arena.local.pulseEvent(object) }
}
