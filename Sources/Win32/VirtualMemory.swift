public import CWin32
import Glibc
import Signalbox

// VirtualAlloc, VirtualFree, VirtualProtect, VirtualQuery.

private func code(_ failure: AddressSpace.Failure) -> Int32 {
    switch failure {
    case .outOfMemory: ERROR_NOT_ENOUGH_MEMORY
    case .invalidAddress: ERROR_INVALID_ADDRESS
    case .outside: ERROR_INVALID_PARAMETER
    case .accessDenied: ERROR_ACCESS_DENIED
    }
}

/// What a protection constant allows, or nil for one that does not exist for private memory.
private func protection(_ word: DWORD) -> AddressSpace.Protection? {
    let modifiers = DWORD(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)
    // "The PAGE_GUARD value … cannot be used with PAGE_NOACCESS"; the other two exclude each other and both of these.
    // (Memory Protection Constants)
    switch word & modifiers {
    case 0: break
    case DWORD(PAGE_GUARD), DWORD(PAGE_NOCACHE), DWORD(PAGE_WRITECOMBINE):
        if word & ~modifiers == DWORD(PAGE_NOACCESS) { return nil }
    default: return nil
    }
    let flags: Int32
    switch Int32(bitPattern: word & ~modifiers) {
    case PAGE_NOACCESS: flags = PROT_NONE
    case PAGE_READONLY: flags = PROT_READ
    case PAGE_READWRITE: flags = PROT_READ | PROT_WRITE
    case PAGE_EXECUTE, PAGE_EXECUTE_READ: flags = PROT_READ | PROT_EXEC
    case PAGE_EXECUTE_READWRITE: flags = PROT_READ | PROT_WRITE | PROT_EXEC
    default: return nil
    }
    return AddressSpace.Protection(word: word, flags: word & DWORD(PAGE_GUARD) != 0 ? PROT_NONE : flags)
}

/// The constant for pages that the kernel describes.
private func word(_ flags: Int32) -> DWORD {
    let word: Int32
    switch (flags & PROT_EXEC != 0, flags & PROT_WRITE != 0, flags & PROT_READ != 0) {
    case (false, false, false): word = PAGE_NOACCESS
    case (false, false, true): word = PAGE_READONLY
    case (false, true, _): word = PAGE_READWRITE
    case (true, false, false): word = PAGE_EXECUTE
    case (true, false, true): word = PAGE_EXECUTE_READ
    case (true, true, _): word = PAGE_EXECUTE_READWRITE
    }
    return DWORD(word)
}

@c(VirtualAlloc) @implementation public func __VirtualAlloc(
    _ address: LPVOID?, _ size: SIZE_T, _ type: DWORD, _ protect: DWORD
) -> LPVOID? {
    enter()
    defer { leave() }
    let kind = Int32(bitPattern: type) & ~MEM_TOP_DOWN  // a wish about the place, which nothing depends on
    guard size > 0, let protection = protection(protect) else { return noHandle(ERROR_INVALID_PARAMETER) }
    let place = UInt(bitPattern: address)
    do throws(AddressSpace.Failure) {
        switch kind {
        case MEM_RESERVE, MEM_RESERVE | MEM_COMMIT:
            let base = try AddressSpace.reserve(
                at: place, size: UInt(size), protection, isCommitted: kind & MEM_COMMIT != 0)
            return LPVOID(bitPattern: base)
        case MEM_COMMIT where place == 0:
            return LPVOID(
                bitPattern: try AddressSpace.reserve(at: 0, size: UInt(size), protection, isCommitted: true))
        case MEM_COMMIT:
            try AddressSpace.commit(place, size: UInt(size), protection)
        case MEM_RESET, MEM_RESET_UNDO:
            // The contents may be dropped, and need not be.
            guard AddressSpace.isCommitted(place, size: UInt(size)) else { throw .invalidAddress }
        default:
            return noHandle(ERROR_INVALID_PARAMETER)
        }
        return LPVOID(bitPattern: place & ~(AddressSpace.page - 1))
    } catch {
        return noHandle(code(error))
    }
}

@c(VirtualFree) @implementation public func __VirtualFree(_ address: LPVOID?, _ size: SIZE_T, _ type: DWORD) -> BOOL {
    enter()
    defer { leave() }
    do throws(AddressSpace.Failure) {
        switch Int32(bitPattern: type) {
        case MEM_RELEASE where size == 0: try AddressSpace.release(UInt(bitPattern: address))
        case MEM_DECOMMIT: try AddressSpace.decommit(UInt(bitPattern: address), size: UInt(size))
        default: return failure(ERROR_INVALID_PARAMETER)
        }
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(VirtualProtect) @implementation public func __VirtualProtect(
    _ address: LPVOID?, _ size: SIZE_T, _ protect: DWORD, _ old: PDWORD?
) -> BOOL {
    enter()
    defer { leave() }
    // "If this parameter is NULL or does not point to a valid variable, the function fails" (VirtualProtect)
    guard let old else { return failure(ERROR_NOACCESS) }
    guard size > 0, let protection = protection(protect) else { return failure(ERROR_INVALID_PARAMETER) }
    do throws(AddressSpace.Failure) {
        let before = try AddressSpace.protect(UInt(bitPattern: address), size: UInt(size), protection)
        // After the call, as the variable may be on the pages.
        old.pointee = before.ours ?? word(before.flags)
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(VirtualQuery) @implementation public func __VirtualQuery(
    _ address: LPCVOID?, _ buffer: PMEMORY_BASIC_INFORMATION?, _ length: SIZE_T
) -> SIZE_T {
    enter()
    defer { leave() }
    let size = MemoryLayout<MEMORY_BASIC_INFORMATION>.size
    guard length >= SIZE_T(size) else { return SIZE_T(failure(ERROR_BAD_LENGTH)) }
    guard let buffer else { return SIZE_T(failure(ERROR_NOACCESS)) }
    guard let region = AddressSpace.region(at: UInt(bitPattern: address)) else {
        return SIZE_T(failure(ERROR_INVALID_PARAMETER))
    }
    var filled = MEMORY_BASIC_INFORMATION()
    filled.BaseAddress = PVOID(bitPattern: region.range.lowerBound)
    filled.RegionSize = SIZE_T(region.range.count)
    if let allocation = region.allocation { filled.AllocationBase = PVOID(bitPattern: allocation.base) }
    switch region.state {
    case .free:
        filled.State = DWORD(MEM_FREE)
        filled.Protect = DWORD(PAGE_NOACCESS)
    case .reserved: filled.State = DWORD(MEM_RESERVE)
    case .committed:
        filled.State = DWORD(MEM_COMMIT)
        filled.Protect = region.origin == .ours ? region.protection : word(region.flags)
    }
    switch region.origin {
    case .none: break
    case .ours:
        filled.Type = DWORD(MEM_PRIVATE)
        filled.AllocationProtect = region.allocation?.protection ?? 0
    case .file, .code, .other:
        filled.Type = DWORD(
            region.origin == .code ? MEM_IMAGE : region.origin == .file ? MEM_MAPPED : MEM_PRIVATE)
        filled.AllocationProtect = filled.Protect
    }
    buffer.pointee = filled
    return SIZE_T(size)
}
