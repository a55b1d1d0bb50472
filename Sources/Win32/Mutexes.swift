import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Mutexes. A thread that ends while it owns one abandons it.

private func createMutex(_ isNamed: Bool, isOwned: Bool, _ access: DWORD? = nil) -> HANDLE? {
    if isNamed { return noHandle(ERROR_NOT_SUPPORTED) }
    return newHandle(.mutex, access) { () throws(DispatcherError) in
        let arena = Arena.prepared()
        return try arena.makeMutex(owner: isOwned ? Threads.owner() : .none, handles: 1)
    }
}

private func createMutexEx(_ isNamed: Bool, _ flags: DWORD, _ access: DWORD) -> HANDLE? {
    guard flags & ~DWORD(CREATE_MUTEX_INITIAL_OWNER) == 0 else { return noHandle(ERROR_INVALID_PARAMETER) }
    return createMutex(isNamed, isOwned: flags != 0, access)
}

@c(CreateMutexA) @implementation public func __CreateMutexA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ initialOwner: BOOL, _ name: LPCSTR?
) -> HANDLE? { createMutex(name != nil, isOwned: initialOwner != 0) }

@c(CreateMutexW) @implementation public func __CreateMutexW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ initialOwner: BOOL, _ name: LPCWSTR?
) -> HANDLE? { createMutex(name != nil, isOwned: initialOwner != 0) }

@c(CreateMutexExA) @implementation public func __CreateMutexExA(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createMutexEx(name != nil, flags, access) }

@c(CreateMutexExW) @implementation public func __CreateMutexExW(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCWSTR?, _ flags: DWORD, _ access: DWORD
) -> HANDLE? { createMutexEx(name != nil, flags, access) }

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
