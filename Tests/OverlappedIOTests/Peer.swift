import CLinux
import Glibc

/// The other end of a connection, by plain system calls: a blocking socket that gives up after 20 s.
final class Peer: Sendable {
    let descriptor: Int32

    /// Connects to a port of this machine.
    init(port: UInt16, receiveBuffer: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(result == 0, "the test could not connect (errno \(errno))")
    }

    deinit { close(descriptor) }

    /// Sends all of it; false on an error.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Receives up to `count` bytes; empty at the end of the stream; nil on an error or when nothing comes.
    func receive(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = recv(descriptor, &bytes, count, 0)
        return received < 0 ? nil : Array(bytes.prefix(received))
    }

    /// Receives exactly `count` bytes; nil if the stream ends before.
    func receiveAll(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = receive(count - bytes.count), !more.isEmpty else { return nil }
            bytes += more
        }
        return bytes
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the close of the descriptor a reset.
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}

/// The byte at a place in a test's stream: no two neighbourhoods are alike for a long while.
func pattern(_ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: place &* 2_654_435_761 >> 13) }
func pattern(_ places: Range<Int>) -> [UInt8] { places.map(pattern) }
