import CLinux
public import CWin32
import Dispatcher
import Glibc

// LocalAlloc and GlobalAlloc, which have been one since Windows had 32 bits. Fixed memory is a plain block of malloc's,
// which LocalFree frees wherever it came from. Moveable memory has a handle, which is no multiple of 16: malloc's
// blocks are. The program locks it to learn its address; it moves only when it is resized.

private struct Moveable {
    var memory: UInt
    var size: UInt
    var locks: UInt8 = 0
}

private enum Moveables {
    static let all = Guarded<[UInt: Moveable]>([:])

    static func isHandle(_ handle: HLOCAL?) -> Bool { UInt(bitPattern: handle) & 15 == 8 }

    static func with<R: Sendable>(_ handle: HLOCAL?, _ body: (inout Moveable) -> R) -> R? {
        let key = UInt(bitPattern: handle)
        return all.withLock { list in
            guard var found = list[key] else { return nil }
            let result = body(&found)
            list[key] = found
            return result
        }
    }
}

/// Memory that is zero where the caller asked for it, and behind what the caller asked for: who makes it longer may ask
/// that the rest be zero, and malloc keeps no exact size.
private func block(_ size: UInt, isZero: Bool) -> UnsafeMutableRawPointer? {
    guard size < 1 << 47, let memory = isZero ? calloc(1, Int(max(size, 1))) : malloc(Int(max(size, 1))) else {
        return nil
    }
    if !isZero { memset(memory + Int(size), 0, signalbox_usable_size(memory) - Int(size)) }
    return memory
}

private func allocate(_ flags: UINT, _ size: SIZE_T) -> HLOCAL? {
    enter()
    defer { leave() }
    let isZero = flags & UINT(LMEM_ZEROINIT) != 0
    if flags & UINT(LMEM_MOVEABLE) == 0 {
        return block(UInt(size), isZero: isZero) ?? noHandle(ERROR_NOT_ENOUGH_MEMORY)
    }
    // Moveable memory of no size is made discarded. (GlobalAlloc)
    let memory = size == 0 ? nil : block(UInt(size), isZero: isZero)
    guard size == 0 || memory != nil, let name = malloc(16) else {
        free(memory)
        return noHandle(ERROR_NOT_ENOUGH_MEMORY)
    }
    let address = UInt(bitPattern: memory)
    Moveables.all.withLock { $0[UInt(bitPattern: name) + 8] = Moveable(memory: address, size: UInt(size)) }
    return name + 8
}

private func reallocate(_ handle: HLOCAL?, _ size: SIZE_T, _ flags: UINT) -> HLOCAL? {
    enter()
    defer { leave() }
    let isZero = flags & UINT(LMEM_ZEROINIT) != 0
    guard let handle else { return noHandle(ERROR_INVALID_HANDLE) }
    /// The memory with that size, all that is new of it zero where asked.
    func resized(_ memory: UnsafeMutableRawPointer?, _ old: UInt) -> UnsafeMutableRawPointer? {
        guard size < 1 << 47, let moved = realloc(memory, Int(max(size, 1))) else { return nil }
        let usable = UInt(signalbox_usable_size(moved))
        let start = isZero ? min(old, UInt(size)) : UInt(size)
        if start < usable { memset(moved + Int(start), 0, Int(usable - start)) }
        return moved
    }
    if Moveables.isHandle(handle) {
        let code = Moveables.with(handle) { moveable -> Int32 in
            if flags & UINT(LMEM_MODIFY) != 0 { return 0 }
            if size == 0 {
                guard moveable.locks == 0 else { return ERROR_INVALID_HANDLE }
                free(UnsafeMutableRawPointer(bitPattern: moveable.memory))
                moveable = Moveable(memory: 0, size: 0)
                return 0
            }
            let memory = UnsafeMutableRawPointer(bitPattern: moveable.memory)
            guard let moved = resized(memory, moveable.size) else { return ERROR_NOT_ENOUGH_MEMORY }
            moveable.memory = UInt(bitPattern: moved)
            moveable.size = UInt(size)
            return 0
        }
        return code == 0 ? handle : noHandle(code ?? ERROR_INVALID_HANDLE)
    }
    if flags & UINT(LMEM_MODIFY) != 0 { return handle }
    let old = UInt(signalbox_usable_size(handle))
    // Fixed memory moves only where the caller says that it may. (GlobalReAlloc)
    if flags & UINT(LMEM_MOVEABLE) == 0 { return size <= old ? handle : noHandle(ERROR_NOT_ENOUGH_MEMORY) }
    return resized(handle, old) ?? noHandle(ERROR_NOT_ENOUGH_MEMORY)
}

private func release(_ handle: HLOCAL?) -> HLOCAL? {
    enter()
    defer { leave() }
    guard Moveables.isHandle(handle) else {
        free(handle)
        return nil
    }
    let key = UInt(bitPattern: handle)
    guard let memory = Moveables.all.withLock({ $0.removeValue(forKey: key)?.memory }) else {
        _ = failure(ERROR_INVALID_HANDLE)
        return handle
    }
    free(UnsafeMutableRawPointer(bitPattern: memory))
    free(UnsafeMutableRawPointer(bitPattern: key - 8))
    return nil
}

private func lock(_ handle: HLOCAL?) -> LPVOID? {
    guard Moveables.isHandle(handle) else { return handle ?? noHandle(ERROR_INVALID_HANDLE) }
    enter()
    defer { leave() }
    let memory = Moveables.with(handle) { moveable -> UInt in
        if moveable.memory != 0, moveable.locks < 255 { moveable.locks += 1 }
        return moveable.memory
    }
    guard let memory else { return noHandle(ERROR_INVALID_HANDLE) }
    return LPVOID(bitPattern: memory) ?? noHandle(ERROR_DISCARDED)
}

/// `fixed`: what it returns for fixed memory, which has no locks.
private func unlock(_ handle: HLOCAL?, fixed: BOOL) -> BOOL {
    guard Moveables.isHandle(handle) else { return fixed == 0 ? failure(ERROR_NOT_LOCKED) : fixed }
    enter()
    defer { leave() }
    let locks = Moveables.with(handle) { moveable -> Int in
        let locks = Int(moveable.locks) - 1
        if locks >= 0 { moveable.locks = UInt8(locks) }
        return locks
    }
    guard let locks else { return failure(ERROR_INVALID_HANDLE) }
    return locks > 0 ? 1 : failure(locks == 0 ? NO_ERROR : ERROR_NOT_LOCKED)
}

private func size(_ handle: HLOCAL?) -> SIZE_T {
    enter()
    defer { leave() }
    guard let handle else { return SIZE_T(failure(ERROR_INVALID_HANDLE)) }
    guard Moveables.isHandle(handle) else { return SIZE_T(signalbox_usable_size(handle)) }
    return Moveables.with(handle) { SIZE_T($0.size) } ?? SIZE_T(failure(ERROR_INVALID_HANDLE))
}

private func flags(_ handle: HLOCAL?) -> UINT {
    enter()
    defer { leave() }
    if handle != nil, !Moveables.isHandle(handle) { return 0 }
    let found = Moveables.with(handle) { UINT($0.locks) | ($0.memory == 0 ? UINT(LMEM_DISCARDED) : 0) }
    return found ?? UINT(failure(ERROR_INVALID_HANDLE)) | UINT(LMEM_INVALID_HANDLE)
}

private func handle(of memory: LPCVOID?) -> HLOCAL? {
    guard let memory else { return noHandle(ERROR_INVALID_HANDLE) }
    enter()
    defer { leave() }
    let address = UInt(bitPattern: memory)
    let found = Moveables.all.withLock { list in list.first { $0.value.memory == address }?.key }
    return HLOCAL(bitPattern: found ?? address)
}

@c(LocalAlloc) @implementation public func __LocalAlloc(_ flags: UINT, _ bytes: SIZE_T) -> HLOCAL? {
    allocate(flags, bytes)
}
@c(LocalReAlloc) @implementation
public func __LocalReAlloc(_ memory: HLOCAL?, _ bytes: SIZE_T, _ flags: UINT) -> HLOCAL? {
    reallocate(memory, bytes, flags)
}
@c(LocalFree) @implementation public func __LocalFree(_ memory: HLOCAL?) -> HLOCAL? { release(memory) }
@c(LocalLock) @implementation public func __LocalLock(_ memory: HLOCAL?) -> LPVOID? { lock(memory) }
@c(LocalUnlock) @implementation public func __LocalUnlock(_ memory: HLOCAL?) -> BOOL { unlock(memory, fixed: 0) }
@c(LocalSize) @implementation public func __LocalSize(_ memory: HLOCAL?) -> SIZE_T { size(memory) }
@c(LocalFlags) @implementation public func __LocalFlags(_ memory: HLOCAL?) -> UINT { flags(memory) }
@c(LocalHandle) @implementation public func __LocalHandle(_ memory: LPCVOID?) -> HLOCAL? { handle(of: memory) }

@c(GlobalAlloc) @implementation public func __GlobalAlloc(_ flags: UINT, _ bytes: SIZE_T) -> HGLOBAL? {
    allocate(flags, bytes)
}
@c(GlobalReAlloc) @implementation
public func __GlobalReAlloc(_ memory: HGLOBAL?, _ bytes: SIZE_T, _ flags: UINT) -> HGLOBAL? {
    reallocate(memory, bytes, flags)
}
@c(GlobalFree) @implementation public func __GlobalFree(_ memory: HGLOBAL?) -> HGLOBAL? { release(memory) }
@c(GlobalLock) @implementation public func __GlobalLock(_ memory: HGLOBAL?) -> LPVOID? { lock(memory) }
@c(GlobalUnlock) @implementation public func __GlobalUnlock(_ memory: HGLOBAL?) -> BOOL { unlock(memory, fixed: 1) }
@c(GlobalSize) @implementation public func __GlobalSize(_ memory: HGLOBAL?) -> SIZE_T { size(memory) }
@c(GlobalFlags) @implementation public func __GlobalFlags(_ memory: HGLOBAL?) -> UINT { flags(memory) }
@c(GlobalHandle) @implementation public func __GlobalHandle(_ memory: LPCVOID?) -> HGLOBAL? { handle(of: memory) }
