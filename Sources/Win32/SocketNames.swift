public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Addresses of hosts by name, and as text. Names are looked up by libc, which takes its own locks: a thread is not
// stopped meanwhile.

// ---- addresses as text

@c(inet_addr) @implementation public func __inet_addr(_ text: UnsafePointer<CChar>?) -> ULONG {
    guard let text else { return CWin32.INADDR_NONE }
    // Of Windows: a single blank is any address.
    if text[0] == 0x20 && text[1] == 0 { return CWin32.INADDR_ANY }
    return Glibc.inet_addr(text)
}

@c(inet_ntoa) @implementation public func __inet_ntoa(_ address: IN_ADDR) -> UnsafeMutablePointer<CChar>? {
    enter()
    defer { leave() }
    // The buffer is the calling thread's, as Winsock has it.
    return Glibc.inet_ntoa(in_addr(s_addr: address.S_un.S_addr))
}

/// The system's number of an address family that has addresses as text.
private func linuxFamily(_ family: INT) -> Int32? {
    family == CWin32.AF_INET ? Glibc.AF_INET : family == CWin32.AF_INET6 ? Glibc.AF_INET6 : nil
}

@c(inet_pton) @implementation
public func __inet_pton(_ family: INT, _ text: PCSTR?, _ address: PVOID?) -> INT {
    guard let linux = linuxFamily(family) else { return socketFailure(WSAEAFNOSUPPORT) }
    guard let text, let address else { return socketFailure(WSAEFAULT) }
    return Glibc.inet_pton(linux, text, address)
}

@c(InetPtonW) @implementation
public func __InetPtonW(_ family: INT, _ text: PCWSTR?, _ address: PVOID?) -> INT {
    guard linuxFamily(family) != nil else { return socketFailure(WSAEAFNOSUPPORT) }
    guard let text, address != nil else { return socketFailure(WSAEFAULT) }
    enter()
    defer { leave() }
    return narrow(text).withCString { __inet_pton(family, $0, address) }
}

/// The text of an address; nil, with the last error set, if there is none.
private func text(_ family: INT, _ address: UnsafeRawPointer?) -> [CChar]? {
    guard let linux = linuxFamily(family) else {
        _ = failure(WSAEAFNOSUPPORT)
        return nil
    }
    guard let address else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    var buffer = [CChar](repeating: 0, count: 65)
    _ = Glibc.inet_ntop(linux, address, &buffer, 65)
    return buffer
}

@c(inet_ntop) @implementation
public func __inet_ntop(_ family: INT, _ address: UnsafeRawPointer?, _ target: PSTR?, _ size: SIZE_T) -> PCSTR? {
    enter()
    defer { leave() }
    guard let text = text(family, address) else { return nil }
    let needed = text.firstIndex(of: 0)! + 1
    guard let target, size >= needed else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    for index in 0..<needed { target[index] = text[index] }
    return PCSTR(target)
}

@c(InetNtopW) @implementation
public func __InetNtopW(_ family: INT, _ address: UnsafeRawPointer?, _ target: PWSTR?, _ size: SIZE_T) -> PCWSTR? {
    enter()
    defer { leave() }
    guard let text = text(family, address) else { return nil }
    let needed = text.firstIndex(of: 0)! + 1
    guard let target, size >= needed else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    for index in 0..<needed { target[index] = WCHAR(UInt8(bitPattern: text[index])) }
    return PCWSTR(target)
}

// ---- strings

/// A string of 16-bit characters; what is no character becomes U+FFFD.
private func narrow(_ text: PCWSTR) -> String {
    var length = 0
    while text[length] != 0 { length += 1 }
    return String(decoding: UnsafeBufferPointer(start: text, count: length), as: UTF16.self)
}

/// Writes text with its end, in 16-bit characters. False: it does not fit.
private func widen(_ text: String, to target: PWCHAR?, _ size: DWORD) -> Bool {
    let units = Array(text.utf16)
    guard let target, units.count < Int(size) else { return false }
    for (index, unit) in units.enumerated() { target[index] = unit }
    target[units.count] = 0
    return true
}

// ---- this host

@c(gethostname) @implementation
public func __gethostname(_ name: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int32 {
    guard isStarted else { return socketFailure(WSANOTINITIALISED) }
    guard let name, Int32(truncatingIfNeeded: size) > 0 else { return socketFailure(WSAEFAULT) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 257) { own in
        guard Glibc.gethostname(own.baseAddress!, 256) == 0 else { return socketFailure(WSAENETDOWN) }
        own[256] = 0
        let length = strlen(own.baseAddress!)
        guard length < size else { return socketFailure(WSAEFAULT) }
        for index in 0...length { name[index] = own[index] }
        return 0
    }
}

// ---- names of hosts

private func code(ofLookup result: Int32) -> Int32 {
    switch result {
    case 0: 0
    case Glibc.EAI_AGAIN: WSATRY_AGAIN
    case Glibc.EAI_BADFLAGS: WSAEINVAL
    case Glibc.EAI_FAIL: WSANO_RECOVERY
    case Glibc.EAI_FAMILY: WSAEAFNOSUPPORT
    case Glibc.EAI_MEMORY: WSA_NOT_ENOUGH_MEMORY
    case Glibc.EAI_NONAME: WSAHOST_NOT_FOUND
    case Glibc.EAI_SERVICE: WSATYPE_NOT_FOUND
    case Glibc.EAI_SOCKTYPE: WSAESOCKTNOSUPPORT
    case EAI_OVERFLOW: ERROR_INSUFFICIENT_BUFFER
    case -5, -9: WSAHOST_NOT_FOUND  // EAI_NODATA, EAI_ADDRFAMILY
    default: WSANO_RECOVERY
    }
}

/// What is asked for, whichever the form of the strings.
private struct Hints {
    var flags: Int32 = 0
    var family: Int32 = 0
    var type: Int32 = 0
    var proto: Int32 = 0
    var hasMore = false
}

/// One address that was found.
private struct Found {
    let family: Int32
    let type: Int32
    let proto: Int32
    let address: SocketAddress
    let name: String?
}

private func lookUp(
    _ node: UnsafePointer<CChar>?, _ service: UnsafePointer<CChar>?, _ given: Hints?
) -> (code: Int32, found: [Found]) {
    let hints = given ?? Hints()
    if node == nil && service == nil { return (WSAHOST_NOT_FOUND, []) }
    // "All other members … must be set to either 0 or NULL." (getaddrinfo)
    if hints.hasMore { return (WSANO_RECOVERY, []) }
    let known =
        CWin32.AI_PASSIVE | CWin32.AI_CANONNAME | CWin32.AI_NUMERICHOST | CWin32.AI_NUMERICSERV | CWin32.AI_ALL
        | CWin32.AI_ADDRCONFIG | CWin32.AI_V4MAPPED
    if hints.flags & ~known != 0 { return (WSAEINVAL, []) }
    if hints.flags & CWin32.AI_CANONNAME != 0 && node == nil { return (WSAEINVAL, []) }
    guard (0...5).contains(hints.type) else { return (WSAESOCKTNOSUPPORT, []) }
    guard hints.family == CWin32.AF_UNSPEC || linuxFamily(hints.family) != nil else { return (WSAEAFNOSUPPORT, []) }
    var asked = addrinfo()
    for (ours, linux) in [
        (CWin32.AI_PASSIVE, Glibc.AI_PASSIVE), (CWin32.AI_CANONNAME, Glibc.AI_CANONNAME),
        (CWin32.AI_NUMERICHOST, Glibc.AI_NUMERICHOST), (CWin32.AI_NUMERICSERV, Glibc.AI_NUMERICSERV),
        (CWin32.AI_ALL, Glibc.AI_ALL), (CWin32.AI_ADDRCONFIG, Glibc.AI_ADDRCONFIG),
        (CWin32.AI_V4MAPPED, Glibc.AI_V4MAPPED),
    ] where hints.flags & ours != 0 { asked.ai_flags |= linux }
    asked.ai_family = linuxFamily(hints.family) ?? Glibc.AF_UNSPEC
    asked.ai_protocol = hints.proto
    // Windows gives an address once, where Linux gives it for each type of socket; of a service's name it knows the type.
    let isAnyType = hints.type == 0 && hints.proto == 0
    asked.ai_socktype = isAnyType ? CWin32.SOCK_STREAM : hints.type
    let isNumber = service.map { strtoul($0, nil, 10) > 0 || strcmp($0, "0") == 0 || $0[0] == 0 } ?? true
    var list: UnsafeMutablePointer<addrinfo>?
    func ask() -> Int32 {
        Arena.sleeping(isOpen: false) {
            guard let node, node[0] == 0 else { return Glibc.getaddrinfo(node, service, &asked, &list) }
            // "" is this host.
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 257) { own in
                own[0] = 0
                own[256] = 0
                Glibc.gethostname(own.baseAddress!, 256)
                return Glibc.getaddrinfo(own.baseAddress!, service, &asked, &list)
            }
        }
    }
    var result = ask()
    if result == Glibc.EAI_SERVICE && isAnyType {
        asked.ai_socktype = CWin32.SOCK_DGRAM
        result = ask()
    }
    defer { if let list { Glibc.freeaddrinfo(list) } }
    guard result == 0 else { return (code(ofLookup: result), []) }
    var found: [Found] = []
    var next = list
    while let entry = next?.pointee {
        next = entry.ai_next
        guard let address = entry.ai_addr else { continue }
        let stored = address.withMemoryRebound(to: UInt8.self, capacity: Int(entry.ai_addrlen)) { bytes in
            var storage = sockaddr_storage()
            memcpy(&storage, bytes, Int(entry.ai_addrlen))
            return SocketAddress(linux: &storage, entry.ai_addrlen)
        }
        let hidesType = isAnyType && isNumber
        found.append(
            Found(
                family: entry.ai_family == Glibc.AF_INET6 ? CWin32.AF_INET6 : entry.ai_family,
                type: hidesType ? 0 : entry.ai_socktype,
                proto: isAnyType ? 0 : hints.proto, address: stored,
                name: entry.ai_canonname.map { String(cString: $0) }))
    }
    return (0, found)
}

/// Memory for one address that was found: the structure, the address, and the name, in one block that free(3) frees.
private func block(_ size: Int, _ found: Found, nameBytes: Int) -> (UnsafeMutableRawPointer, LPSOCKADDR, Int)? {
    let address = (size + 15) & ~15
    let name = (address + Int(found.address.length) + 15) & ~15
    guard let memory = calloc(1, name + nameBytes) else { return nil }
    _ = found.address.write(to: memory + address, capacity: Int(found.address.length))
    return (memory, (memory + address).assumingMemoryBound(to: SOCKADDR.self), name)
}

@c(getaddrinfo) @implementation public func __getaddrinfo(
    _ node: PCSTR?, _ service: PCSTR?, _ hints: UnsafePointer<ADDRINFOA>?, _ result: UnsafeMutablePointer<PADDRINFOA?>?
) -> INT {
    func ended(_ code: Int32) -> INT {
        if code != 0 { _ = failure(code) }
        return code
    }
    guard isStarted else { return ended(WSANOTINITIALISED) }
    guard let result else { return ended(WSAEINVAL) }
    enter()
    defer { leave() }
    let given = hints.map { hints in
        Hints(
            flags: hints.pointee.ai_flags, family: hints.pointee.ai_family, type: hints.pointee.ai_socktype,
            proto: hints.pointee.ai_protocol,
            hasMore: hints.pointee.ai_addrlen != 0 || hints.pointee.ai_canonname != nil
                || hints.pointee.ai_addr != nil || hints.pointee.ai_next != nil)
    }
    let (code, found) = lookUp(node, service, given)
    guard code == 0 else {
        result.pointee = nil
        return ended(code)
    }
    var first: PADDRINFOA?
    for one in found.reversed() {
        let name = one.name.map { Array($0.utf8CString) }
        let size = MemoryLayout<ADDRINFOA>.size
        guard let (memory, address, place) = block(size, one, nameBytes: name?.count ?? 0) else {
            __freeaddrinfo(first)
            return ended(WSA_NOT_ENOUGH_MEMORY)
        }
        let entry = memory.assumingMemoryBound(to: ADDRINFOA.self)
        if let name {
            (memory + place).copyMemory(from: name, byteCount: name.count)
            entry.pointee.ai_canonname = (memory + place).assumingMemoryBound(to: CChar.self)
        }
        entry.pointee.ai_flags = hints?.pointee.ai_flags ?? 0
        entry.pointee.ai_family = one.family
        entry.pointee.ai_socktype = one.type
        entry.pointee.ai_protocol = one.proto
        entry.pointee.ai_addrlen = SIZE_T(one.address.length)
        entry.pointee.ai_addr = address
        entry.pointee.ai_next = first
        first = entry
    }
    result.pointee = first
    return 0
}

@c(GetAddrInfoW) @implementation public func __GetAddrInfoW(
    _ node: PCWSTR?, _ service: PCWSTR?, _ hints: UnsafePointer<ADDRINFOW>?,
    _ result: UnsafeMutablePointer<PADDRINFOW?>?
) -> INT {
    func ended(_ code: Int32) -> INT {
        if code != 0 { _ = failure(code) }
        return code
    }
    guard isStarted else { return ended(WSANOTINITIALISED) }
    guard let result else { return ended(WSAEINVAL) }
    enter()
    defer { leave() }
    let given = hints.map { hints in
        Hints(
            flags: hints.pointee.ai_flags, family: hints.pointee.ai_family, type: hints.pointee.ai_socktype,
            proto: hints.pointee.ai_protocol,
            hasMore: hints.pointee.ai_addrlen != 0 || hints.pointee.ai_canonname != nil
                || hints.pointee.ai_addr != nil || hints.pointee.ai_next != nil)
    }
    let names = (node.map { Array(narrow($0).utf8CString) }, service.map { Array(narrow($0).utf8CString) })
    func with<R>(_ text: [CChar]?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
        text.map { $0.withUnsafeBufferPointer { body($0.baseAddress) } } ?? body(nil)
    }
    let (code, found) = with(names.0) { node in with(names.1) { lookUp(node, $0, given) } }
    guard code == 0 else {
        result.pointee = nil
        return ended(code)
    }
    var first: PADDRINFOW?
    for one in found.reversed() {
        let name = one.name.map { Array($0.utf16) + [0] }
        let size = MemoryLayout<ADDRINFOW>.size
        guard let (memory, address, place) = block(size, one, nameBytes: (name?.count ?? 0) * 2) else {
            __FreeAddrInfoW(first)
            return ended(WSA_NOT_ENOUGH_MEMORY)
        }
        let entry = memory.assumingMemoryBound(to: ADDRINFOW.self)
        if let name {
            (memory + place).copyMemory(from: name, byteCount: name.count * 2)
            entry.pointee.ai_canonname = (memory + place).assumingMemoryBound(to: WCHAR.self)
        }
        entry.pointee.ai_flags = hints?.pointee.ai_flags ?? 0
        entry.pointee.ai_family = one.family
        entry.pointee.ai_socktype = one.type
        entry.pointee.ai_protocol = one.proto
        entry.pointee.ai_addrlen = SIZE_T(one.address.length)
        entry.pointee.ai_addr = address
        entry.pointee.ai_next = first
        first = entry
    }
    result.pointee = first
    return 0
}

@c(freeaddrinfo) @implementation public func __freeaddrinfo(_ list: PADDRINFOA?) {
    enter()
    defer { leave() }
    var next = list
    while let entry = next {
        next = entry.pointee.ai_next
        free(entry)
    }
}

@c(FreeAddrInfoW) @implementation public func __FreeAddrInfoW(_ list: PADDRINFOW?) {
    enter()
    defer { leave() }
    var next = list
    while let entry = next {
        next = entry.pointee.ai_next
        free(entry)
    }
}

// ---- hosts of addresses

/// The names of an address; buffers of no bytes are not asked for.
private func names(
    _ name: UnsafePointer<SOCKADDR>?, _ length: INT, _ nodeSize: Int, _ serviceSize: Int, _ flags: INT
) -> (code: Int32, node: [CChar], service: [CChar]) {
    guard isStarted else { return (WSANOTINITIALISED, [], []) }
    guard let name, let address = SocketAddress(winsock: name, length) else { return (WSAEFAULT, [], []) }
    guard address.isInternet else { return (WSAEAFNOSUPPORT, [], []) }
    guard address.isWhole else { return (WSAEFAULT, [], []) }
    if nodeSize == 0 && serviceSize == 0 { return (WSAHOST_NOT_FOUND, [], []) }
    guard flags & ~0x1F == 0 else { return (WSAEINVAL, [], []) }
    var linux: Int32 = 0
    for (ours, theirs) in [
        (CWin32.NI_NOFQDN, Glibc.NI_NOFQDN), (CWin32.NI_NUMERICHOST, Glibc.NI_NUMERICHOST),
        (CWin32.NI_NAMEREQD, Glibc.NI_NAMEREQD), (CWin32.NI_NUMERICSERV, Glibc.NI_NUMERICSERV),
        (CWin32.NI_DGRAM, Glibc.NI_DGRAM),
    ] where flags & ours != 0 { linux |= theirs }
    var node = [CChar](repeating: 0, count: 1025)
    var service = [CChar](repeating: 0, count: 256)
    let result = Arena.sleeping(isOpen: false) {
        address.withLinux {
            Glibc.getnameinfo(
                $0, $1, &node, nodeSize == 0 ? 0 : 1025, &service, serviceSize == 0 ? 0 : 256, linux)
        }
    }
    guard result == 0 else { return (code(ofLookup: result), [], []) }
    return (0, Array(node.prefix { $0 != 0 }) + [0], Array(service.prefix { $0 != 0 }) + [0])
}

@c(getnameinfo) @implementation public func __getnameinfo(
    _ name: UnsafePointer<SOCKADDR>?, _ length: INT, _ node: PCHAR?, _ nodeSize: DWORD, _ service: PCHAR?,
    _ serviceSize: DWORD, _ flags: INT
) -> INT {
    enter()
    defer { leave() }
    let sizes = (node == nil ? 0 : Int(nodeSize), service == nil ? 0 : Int(serviceSize))
    var (code, host, port) = names(name, length, sizes.0, sizes.1, flags)
    if code == 0, sizes.0 > 0 && host.count > sizes.0 || sizes.1 > 0 && port.count > sizes.1 {
        code = ERROR_INSUFFICIENT_BUFFER
    }
    guard code == 0 else {
        _ = failure(code)
        return code
    }
    if let node, sizes.0 > 0 { for (index, unit) in host.enumerated() { node[index] = unit } }
    if let service, sizes.1 > 0 { for (index, unit) in port.enumerated() { service[index] = unit } }
    return 0
}

@c(GetNameInfoW) @implementation public func __GetNameInfoW(
    _ name: UnsafePointer<SOCKADDR>?, _ length: INT, _ node: PWCHAR?, _ nodeSize: DWORD, _ service: PWCHAR?,
    _ serviceSize: DWORD, _ flags: INT
) -> INT {
    enter()
    defer { leave() }
    let sizes = (node == nil ? 0 : nodeSize, service == nil ? 0 : serviceSize)
    var (code, host, port) = names(name, length, Int(sizes.0), Int(sizes.1), flags)
    func text(_ units: [CChar]) -> String {
        String(decoding: units.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    if code == 0 {
        if sizes.0 > 0 && !widen(text(host), to: node, sizes.0) { code = ERROR_INSUFFICIENT_BUFFER }
        if sizes.1 > 0 && !widen(text(port), to: service, sizes.1) { code = ERROR_INSUFFICIENT_BUFFER }
    }
    if code != 0 { _ = failure(code) }
    return code
}
