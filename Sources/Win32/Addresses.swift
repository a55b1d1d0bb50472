import CWin32
import Glibc

// Socket addresses: as Linux has them, but for the number of the IPv6 family.

/// A sockaddr of either world.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private(set) var length: socklen_t = 0

    /// Reads an address as Winsock has it; nil: there is none, or it is no address.
    init?(winsock name: UnsafeRawPointer?, _ length: Int32) {
        guard let name, length >= 2, length <= MemoryLayout<sockaddr_storage>.size else { return nil }
        self.length = socklen_t(length)
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: name, count: Int(length)))
        }
        if Int32(storage.ss_family) == CWin32.AF_INET6 { storage.ss_family = sa_family_t(Glibc.AF_INET6) }
    }

    /// An address as the system has it.
    init(linux name: UnsafePointer<sockaddr_storage>, _ length: socklen_t) {
        (storage, self.length) = (name.pointee, length)
    }

    /// The system's number of the family.
    var family: Int32 { Int32(storage.ss_family) }
    var isInternet: Bool { family == Glibc.AF_INET || family == Glibc.AF_INET6 }
    /// Whether it is as long as its family asks for.
    var isWhole: Bool {
        switch family {
        case Glibc.AF_INET: length >= 16
        case Glibc.AF_INET6: length >= 28
        case Glibc.AF_UNIX: length >= 3
        default: length >= 2
        }
    }
    /// Whether it is 0.0.0.0 or ::, which names no host.
    var isAny: Bool {
        withUnsafeBytes(of: storage) { bytes in
            switch family {
            case Glibc.AF_INET: bytes[4..<8].allSatisfy { $0 == 0 }
            case Glibc.AF_INET6: bytes[8..<24].allSatisfy { $0 == 0 }
            default: false
            }
        }
    }

    /// Asks the system for one: getsockname(2), getpeername(2).
    init?(_ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
        var (found, size) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
        let result = withUnsafeMutablePointer(to: &found) { found in
            found.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &size) }
        }
        guard result == 0 else { return nil }
        (storage, length) = (found, size)
    }

    /// Whether the socket with this name has one: a port, or a path.
    var isBound: Bool {
        switch Int32(storage.ss_family) {
        case Glibc.AF_INET, Glibc.AF_INET6:
            withUnsafeBytes(of: storage) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) != 0 }
        default: length > 2
        }
    }

    func withLinux<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Writes the address as Winsock has it, or, `truncating`, what of it fits. False: it does not fit.
    func write(to target: UnsafeMutableRawPointer, capacity: Int, truncating: Bool = false) -> Bool {
        guard truncating || capacity >= Int(length) else { return false }
        var copy = storage
        if Int32(copy.ss_family) == Glibc.AF_INET6 { copy.ss_family = sa_family_t(CWin32.AF_INET6) }
        withUnsafeBytes(of: copy) {
            target.copyMemory(from: $0.baseAddress!, byteCount: min(max(0, capacity), Int(length)))
        }
        return true
    }
}
