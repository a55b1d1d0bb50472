import CLinux
import CWin32
import Dispatcher
import Glibc
import Signalbox

// Paths as programs for Windows write them: `\` is `/`, and there are no drive letters.

/// What a name given to CreateFile and its like stands for.
enum FileName {
    /// A path of the file system.
    case path(String)
    /// What follows `\\.\`, or a name like NUL: a device, whose name a driver may answer for.
    case device(String)
    /// No name of anything: the error.
    case invalid(Int32)

    init(_ name: LPCSTR?) {
        guard let name else {
            self = .invalid(ERROR_PATH_NOT_FOUND)
            return
        }
        self.init(
            UnsafeBufferPointer(start: UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self), count: strlen(name)))
    }

    init(_ name: LPCWSTR?) {
        guard let name else {
            self = .invalid(ERROR_PATH_NOT_FOUND)
            return
        }
        let text = String(decoding: UnsafeBufferPointer(start: name, count: length(name)), as: UTF16.self)
        self.init(Array(text.utf8))
    }

    private init(_ name: some Collection<UInt8>) {
        if name.isEmpty {
            self = .invalid(ERROR_PATH_NOT_FOUND)
            return
        }
        var bytes = name.map { $0 == 0x5C ? 0x2F : $0 }
        var isDevice = false
        if bytes.starts(with: Array("//?/".utf8)) {
            bytes.removeFirst(4)
        } else if bytes.starts(with: Array("//./".utf8)) {
            bytes.removeFirst(4)
            // `\\.\` before a path: "\\.\/tmp/x".
            isDevice = bytes.first != 0x2F
        }
        // "Reserved characters" (Naming Files, Paths, and Namespaces); a colon is none here, where there are no drives
        // and no streams.
        let reserved: [UInt8] = [0x22, 0x2A, 0x3C, 0x3E, 0x3F, 0x7C]
        if bytes.isEmpty || !isDevice && bytes.contains(where: { $0 < 0x20 || reserved.contains($0) }) {
            self = .invalid(ERROR_INVALID_NAME)
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if isDevice || FileName.isDevice(bytes) {
            self = .device(text)
        } else {
            self = .path(text)
        }
    }

    /// NUL, CON, CONIN$, CONOUT$, COM1 to LPT9, whatever their case.
    private static func isDevice(_ bytes: [UInt8]) -> Bool {
        guard (3...7).contains(bytes.count), !bytes.contains(0x2F) else { return false }
        let upper = String(decoding: bytes.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
        if ["NUL", "CON", "CONIN$", "CONOUT$"].contains(upper) { return true }
        return upper.count == 4 && ["COM", "LPT"].contains(String(upper.prefix(3))) && ("1"..."9").contains(upper.last!)
    }

    /// The path, for calls that devices are none of the business of; or nil with the last error set. NUL is none: what
    /// deletes, replaces or changes a file must not reach /dev/null, which root could do that to.
    var path: String? {
        switch self {
        case .path(let path): return path
        case .device: _ = failure(ERROR_INVALID_NAME)
        case .invalid(let code): _ = failure(code)
        }
        return nil
    }
}

/// Sets the last error to what the status says, and returns FALSE.
func failure(_ status: IOStatus) -> BOOL { failure(code(status)) }

/// TRUE for success, else FALSE with the last error set.
func result(_ status: IOStatus) -> BOOL { status == .success ? 1 : failure(status) }

// ---- times

/// Times of files: 100 ns since 1601, and nanoseconds since 1970.
enum FileTimes {
    private static var epoch: Int64 { 116_444_736_000_000_000 }

    static func of(_ time: timespec) -> FILETIME { of(hundreds: UInt64(bitPattern: hundreds(time))) }
    static func hundreds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 10_000_000 &+ Int64(time.tv_nsec) / 100 &+ epoch
    }
    static func of(nanoseconds: Int64) -> FILETIME { of(hundreds: UInt64(bitPattern: nanoseconds / 100 + epoch)) }
    static func of(hundreds: UInt64) -> FILETIME {
        FILETIME(dwLowDateTime: DWORD(truncatingIfNeeded: hundreds), dwHighDateTime: DWORD(hundreds >> 32))
    }
    static func hundreds(_ time: FILETIME) -> UInt64 { UInt64(time.dwHighDateTime) << 32 | UInt64(time.dwLowDateTime) }
    static func system(_ hundreds: UInt64) -> timespec {
        let since = Int64(bitPattern: hundreds) &- epoch
        let seconds = since >= 0 ? since / 10_000_000 : (since - 9_999_999) / 10_000_000
        return timespec(tv_sec: Int(seconds), tv_nsec: Int(since - seconds * 10_000_000) * 100)
    }
}
