import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Security descriptors.

/// What the descriptor of these attributes comes to for a new object; nil if there is none.
func security(_ attributes: LPSECURITY_ATTRIBUTES?, _ kind: ObjectKind) throws(SecurityError) -> ObjectSecurity? {
    guard let descriptor = attributes?.pointee.lpSecurityDescriptor else { return nil }
    return try ObjectSecurity(SecurityDescriptor(at: descriptor), kind)
}

func code(_ error: SecurityError) -> Int32 {
    switch error {
    case .unknownRevision: ERROR_UNKNOWN_REVISION
    case .invalidACL: ERROR_INVALID_ACL
    case .invalidSID: ERROR_INVALID_SID
    case .invalidOwner: ERROR_INVALID_OWNER
    case .notMapped: ERROR_NONE_MAPPED
    case .invalidText: ERROR_INVALID_PARAMETER
    }
}

@c(InitializeSecurityDescriptor) @implementation
public func __InitializeSecurityDescriptor(_ descriptor: PSECURITY_DESCRIPTOR?, _ revision: DWORD) -> BOOL {
    guard revision == DWORD(SECURITY_DESCRIPTOR_REVISION) else { return failure(ERROR_UNKNOWN_REVISION) }
    guard let descriptor else { return failure(ERROR_NOACCESS) }
    var fresh = SECURITY_DESCRIPTOR()
    fresh.Revision = BYTE(revision)
    descriptor.storeBytes(of: fresh, as: SECURITY_DESCRIPTOR.self)
    return 1
}

@c(SetSecurityDescriptorDacl) @implementation public func __SetSecurityDescriptorDacl(
    _ descriptor: PSECURITY_DESCRIPTOR?, _ isPresent: BOOL, _ dacl: PACL?, _ isDefaulted: BOOL
) -> BOOL {
    guard let descriptor else { return failure(ERROR_NOACCESS) }
    var changed = descriptor.loadUnaligned(as: SECURITY_DESCRIPTOR.self)
    guard changed.Revision == BYTE(SECURITY_DESCRIPTOR_REVISION) else { return failure(ERROR_UNKNOWN_REVISION) }
    // It is one block, in which there is no place for a list.
    guard changed.Control & WORD(SE_SELF_RELATIVE) == 0 else { return failure(ERROR_INVALID_SECURITY_DESCR) }
    changed.Control &= ~WORD(SE_DACL_PRESENT | SE_DACL_DEFAULTED)
    changed.Dacl = nil
    if isPresent != 0 {
        changed.Control |= WORD(SE_DACL_PRESENT) | (isDefaulted != 0 ? WORD(SE_DACL_DEFAULTED) : 0)
        changed.Dacl = dacl
    }
    descriptor.storeBytes(of: changed, as: SECURITY_DESCRIPTOR.self)
    return 1
}

@c(ConvertStringSecurityDescriptorToSecurityDescriptorA) @implementation
public func __ConvertStringSecurityDescriptorToSecurityDescriptorA(
    _ text: LPCSTR?, _ revision: DWORD, _ descriptor: UnsafeMutablePointer<PSECURITY_DESCRIPTOR?>?, _ size: PULONG?
) -> BOOL {
    enter()
    defer { leave() }
    return convert(text.map { Array(String(cString: $0).utf16) }, revision, descriptor, size)
}

@c(ConvertStringSecurityDescriptorToSecurityDescriptorW) @implementation
public func __ConvertStringSecurityDescriptorToSecurityDescriptorW(
    _ text: LPCWSTR?, _ revision: DWORD, _ descriptor: UnsafeMutablePointer<PSECURITY_DESCRIPTOR?>?, _ size: PULONG?
) -> BOOL {
    enter()
    defer { leave() }
    var units: [UInt16]?
    if let text {
        var length = 0
        while text[length] != 0 { length += 1 }
        units = (0..<length).map { UInt16(text[$0]) }
    }
    return convert(units, revision, descriptor, size)
}

private func convert(
    _ text: [UInt16]?, _ revision: DWORD, _ descriptor: UnsafeMutablePointer<PSECURITY_DESCRIPTOR?>?, _ size: PULONG?
) -> BOOL {
    guard let text, let descriptor else { return failure(ERROR_INVALID_PARAMETER) }
    guard revision == DWORD(SDDL_REVISION_1) else { return failure(ERROR_UNKNOWN_REVISION) }
    do throws(SecurityError) {
        let bytes = try SecurityDescriptor(text: text).bytes
        // LocalFree takes blocks of malloc(3).
        guard let block = malloc(bytes.count) else { return failure(ERROR_NOT_ENOUGH_MEMORY) }
        block.copyMemory(from: bytes, byteCount: bytes.count)
        descriptor.pointee = block
        size?.pointee = ULONG(bytes.count)
        return 1
    } catch {
        return failure(code(error))
    }
}
