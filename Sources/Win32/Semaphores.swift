import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Semaphores.

private func createSemaphore(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ access: DWORD? = nil
) -> HANDLE? {
    guard maximum > 0, (0...maximum).contains(count) else { return noHandle(ERROR_INVALID_PARAMETER) }
    return createObject(.semaphore, name, attributes, access) { () throws(DispatcherError) in
        try Arena.prepared().makeSemaphore(count: UInt32(count), maximum: UInt32(maximum), handles: 1)
    }
}

private func createSemaphoreEx(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ flags: DWORD,
    _ access: DWORD
) -> HANDLE? {
    // "Reserved and must be 0" (CreateSemaphoreExW).
    guard flags == 0 else { return noHandle(ERROR_INVALID_PARAMETER) }
    return createSemaphore(name, attributes, count, maximum, access)
}

@c(CreateSemaphoreA) @implementation public func __CreateSemaphoreA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: LPCSTR?
) -> HANDLE? { createSemaphore(GivenName(name), attributes, count, maximum) }

@c(CreateSemaphoreW) @implementation public func __CreateSemaphoreW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: LPCWSTR?
) -> HANDLE? { createSemaphore(GivenName(name), attributes, count, maximum) }

@c(CreateSemaphoreExA) @implementation public func __CreateSemaphoreExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: LPCSTR?, _ flags: DWORD,
    _ access: DWORD
) -> HANDLE? { createSemaphoreEx(GivenName(name), attributes, count, maximum, flags, access) }

@c(CreateSemaphoreExW) @implementation public func __CreateSemaphoreExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ count: LONG, _ maximum: LONG, _ name: LPCWSTR?, _ flags: DWORD,
    _ access: DWORD
) -> HANDLE? { createSemaphoreEx(GivenName(name), attributes, count, maximum, flags, access) }

@c(OpenSemaphoreA) @implementation
public func __OpenSemaphoreA(_ access: DWORD, _ inherit: BOOL, _ name: LPCSTR?) -> HANDLE? {
    openObject(.semaphore, GivenName(name), access, inherits: inherit)
}

@c(OpenSemaphoreW) @implementation
public func __OpenSemaphoreW(_ access: DWORD, _ inherit: BOOL, _ name: LPCWSTR?) -> HANDLE? {
    openObject(.semaphore, GivenName(name), access, inherits: inherit)
}

@c(ReleaseSemaphore) @implementation public func __ReleaseSemaphore(
    _ semaphore: HANDLE?, _ count: LONG, _ previous: LPLONG?
) -> BOOL {
    let object = HandleTable.find(value(semaphore), .modify)
    guard count > 0 && object != .none, let before = Arena.local.tryReleaseSemaphore(object, UInt32(count)) else {
        return releaseSlowly(semaphore, count, previous)
    }
    if let previous { previous.pointee = LONG(truncatingIfNeeded: before) }
    return 1
}

@inline(never)
private func releaseSlowly(_ semaphore: HANDLE?, _ count: LONG, _ previous: LPLONG?) -> BOOL {
    guard count > 0 else { return failure(ERROR_INVALID_PARAMETER) }
    return change(semaphore, .semaphore) { object throws(DispatcherError) in
        let before = try Arena.local.releaseSemaphore(object, count: UInt32(count))
        if let previous { previous.pointee = LONG(before) }
    }
}
