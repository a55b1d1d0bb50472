import Glibc

/// The address of a host that is given in numbers, and a port.
struct HostAddress {
    private var storage = sockaddr_storage()
    private let length: socklen_t
    let family: Int32

    /// nil: the text is no address.
    init?(_ host: String, _ port: UInt16) {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            (family, length) = (AF_INET, socklen_t(MemoryLayout<sockaddr_in>.size))
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: four, as: sockaddr_in.self) }
        } else if inet_pton(AF_INET6, host, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            (family, length) = (AF_INET6, socklen_t(MemoryLayout<sockaddr_in6>.size))
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: six, as: sockaddr_in6.self) }
        } else {
            return nil
        }
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeBytes(of: storage) { body(UnsafeRawBufferPointer(rebasing: $0[..<Int(length)])) }
    }

    func withAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// An address of any family, as getsockname(2) has it, in words; empty: it is none.
    static func text(_ address: UnsafeRawBufferPointer) -> String {
        guard address.count > 2 else { return "" }
        let family = Int32(address.loadUnaligned(as: sa_family_t.self))
        var name = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        func host(_ offset: Int) -> String {
            inet_ntop(family, address.baseAddress! + offset, &name, socklen_t(name.count)).map { String(cString: $0) }
                ?? ""
        }
        var port: UInt16 { UInt16(bigEndian: address.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
        switch family {
        case AF_INET where address.count >= 16: return "\(host(4)):\(port)"
        case AF_INET6 where address.count >= 28: return "[\(host(8))]:\(port)"
        case AF_UNIX:
            let isAbstract = address[2] == 0  // unix(7)
            let bytes = isAbstract ? address.dropFirst(3) : address.dropFirst(2).prefix { $0 != 0 }
            return (isAbstract ? "@" : "") + String(decoding: bytes, as: UTF8.self)
        default: return ""
        }
    }

    /// The port of a socket's own address; nil if it is closed, or has none.
    static func port(of descriptor: Int32) -> UInt16? {
        var (name, size) = (sockaddr_in6(), socklen_t(MemoryLayout<sockaddr_in6>.size))
        let found = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        // Both families have it at the same place.
        let isInternet = name.sin6_family == sa_family_t(AF_INET) || name.sin6_family == sa_family_t(AF_INET6)
        return found == 0 && isInternet ? UInt16(bigEndian: name.sin6_port) : nil
    }
}
