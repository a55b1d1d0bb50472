public import CWin32

// GetTempPath. Windows looks at TMP and TEMP, and ends with a folder of its own; on Linux that is TMPDIR or /tmp.

private func temporaryFolder() -> [UInt8] {
    for name in ["TMP", "TEMP", "TMPDIR"] {
        guard let path = Variables.value(Array(name.utf8)), let last = path.last else { continue }
        return last == UInt8(ascii: "/") ? path : path + [UInt8(ascii: "/")]
    }
    return Array("/tmp/".utf8)
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
    return give(temporaryFolder().map(CChar.init(bitPattern:)), buffer, size)
}

@c(GetTempPathW) @implementation public func __GetTempPathW(_ size: DWORD, _ buffer: LPWSTR?) -> DWORD {
    enter()
    defer { leave() }
    return give(UTF.wide(temporaryFolder().map(CChar.init(bitPattern:)) + [0]), buffer, size)
}
