import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Mutexes. A thread that ends while it owns one abandons it.

private func createMutex(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, isOwned: Bool, _ access: DWORD? = nil
) -> HANDLE? {
    createObject(.mutex, name, attributes, access) { () throws(DispatcherError) in
        let arena = Arena.prepared()
        return try arena.makeMutex(owner: isOwned ? Threads.owner() : .none, handles: 1)
    }
}

private func createMutexEx(
    _ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? {
    guard flags & ~DWORD(CREATE_MUTEX_INITIAL_OWNER) == 0 else { return noHandle(ERROR_INVALID_PARAMETER) }
    return createMutex(name, attributes, isOwned: flags != 0, access)
}

@c(CreateMutexA) @implementation public func __CreateMutexA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ initialOwner: BOOL, _ name: LPCSTR?
) -> HANDLE? { createMutex(GivenName(name), attributes, isOwned: initialOwner != 0) }

@c(CreateMutexW) @implementation public func __CreateMutexW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ initialOwner: BOOL, _ name: LPCWSTR?
) -> HANDLE? { createMutex(GivenName(name), attributes, isOwned: initialOwner != 0) }

@c(CreateMutexExA) @implementation public func __CreateMutexExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createMutexEx(GivenName(name), attributes, flags, access) }

@c(CreateMutexExW) @implementation public func __CreateMutexExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCWSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createMutexEx(GivenName(name), attributes, flags, access) }

@c(OpenMutexA) @implementation
public func __OpenMutexA(_ access: DWORD, _ inherit: BOOL, _ name: LPCSTR?) -> HANDLE? {
    openObject(.mutex, GivenName(name), access, inherits: inherit)
}

@c(OpenMutexW) @implementation
public func __OpenMutexW(_ access: DWORD, _ inherit: BOOL, _ name: LPCWSTR?) -> HANDLE? {
    openObject(.mutex, GivenName(name), access, inherits: inherit)
}

@c(ReleaseMutex) @implementation public func __ReleaseMutex(_ mutex: HANDLE?) -> BOOL {
    // It takes no right: who owns the mutex may release it through any handle.
    let object = HandleTable.find(value(mutex), [])
    // A thread that has never waited owns nothing.
    if object != .none && Arena.local.tryReleaseMutex(object, Arena.local.threadOwner) { return 1 }
    return releaseSlowly(mutex)
}

@inline(never)
private func releaseSlowly(_ mutex: HANDLE?) -> BOOL {
    change(mutex, .mutex, needing: []) { object throws(DispatcherError) in
        try Arena.local.releaseMutex(object, owner: Arena.local.threadOwner)
    }
}
