public import CWin32
import Glibc

// GetTempPath. Windows looks at TMP and TEMP, and ends with a folder of its own; on Linux that is TMPDIR or /tmp.

private func temporaryFolder() -> [CChar] {
    for name in ["TMP", "TEMP", "TMPDIR"] {
        guard let value = getenv(name), value.pointee != 0 else { continue }
        let path = Array(UnsafeBufferPointer(start: value, count: strlen(value)))
        return path.last == 0x2F ? path : path + [0x2F]
    }
    return [0x2F, 0x74, 0x6D, 0x70, 0x2F]  // "/tmp/"
}

/// Copies the text and a NUL, and returns its length; or, where it does not fit, the size that it needs.
func give<Unit: FixedWidthInteger>(_ text: [Unit], _ buffer: UnsafeMutablePointer<Unit>?, _ size: DWORD) -> DWORD {
    guard let buffer, Int(size) > text.count else { return DWORD(text.count + 1) }
    for (i, unit) in text.enumerated() { buffer[i] = unit }
    buffer[text.count] = 0
    return DWORD(text.count)
}

@c(GetTempPathA) @implementation public func __GetTempPathA(_ size: DWORD, _ buffer: LPSTR?) -> DWORD {
    enter()
    defer { leave() }
    return give(temporaryFolder(), buffer, size)
}

@c(GetTempPathW) @implementation public func __GetTempPathW(_ size: DWORD, _ buffer: LPWSTR?) -> DWORD {
    enter()
    defer { leave() }
    return give(UTF.wide(temporaryFolder() + [0]), buffer, size)
}
