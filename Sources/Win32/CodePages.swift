public import CWin32
import Glibc

// MultiByteToWideChar and WideCharToMultiByte. The system's code page is UTF-8, and there is no other.

/// UTF-8 and UTF-16, with what is malformed replaced by U+FFFD: as the Unicode standard advises, one for each longest
/// piece that could begin a character.
enum UTF {
    static var replacement: UInt32 { 0xFFFD }

    /// The character at `place`, which moves past it; nil if there is a malformed piece.
    @inline(__always)
    static func next(_ text: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> UInt32? {
        let first = text[place]
        place += 1
        if first < 0x80 { return UInt32(first) }
        guard first >= 0xC2, first <= 0xF4 else { return nil }
        let following = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3
        var scalar = UInt32(first) & (0x3F >> UInt32(following))
        // Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte.
        var (low, high): (UInt8, UInt8) = (0x80, 0xBF)
        switch first {
        case 0xE0: low = 0xA0
        case 0xED: high = 0x9F
        case 0xF0: low = 0x90
        case 0xF4: high = 0x8F
        default: break
        }
        for _ in 0..<following {
            guard place < text.count, text[place] >= low, text[place] <= high else { return nil }
            scalar = scalar << 6 | UInt32(text[place] & 0x3F)
            place += 1
            (low, high) = (0x80, 0xBF)
        }
        return scalar
    }

    @inline(__always)
    static func next(_ text: UnsafeBufferPointer<UInt16>, _ place: inout Int) -> UInt32? {
        let unit = UInt32(text[place])
        place += 1
        guard unit & 0xF800 == 0xD800 else { return unit }
        guard unit < 0xDC00, place < text.count, text[place] & 0xFC00 == 0xDC00 else { return nil }
        let scalar = 0x10000 + (unit & 0x3FF) << 10 + UInt32(text[place] & 0x3FF)
        place += 1
        return scalar
    }

    /// Writes the character if there is room; returns how many units it has.
    @inline(__always)
    static func put(_ scalar: UInt32, _ target: UnsafeMutableBufferPointer<UInt16>, _ place: Int) -> Int {
        if scalar < 0x10000 {
            if place < target.count { target[place] = UInt16(scalar) }
            return 1
        }
        if place + 1 < target.count {
            target[place] = UInt16(0xD800 + (scalar - 0x10000) >> 10)
            target[place + 1] = UInt16(0xDC00 + (scalar - 0x10000) & 0x3FF)
        }
        return 2
    }

    @inline(__always)
    static func put(_ scalar: UInt32, _ target: UnsafeMutableBufferPointer<UInt8>, _ place: Int) -> Int {
        let count = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
        guard place + count <= target.count else { return count }
        if count == 1 {
            target[place] = UInt8(scalar)
            return 1
        }
        for i in 0..<count {
            let bits = UInt8(scalar >> UInt32(6 * (count - 1 - i)) & 0x3F)
            target[place + i] = i > 0 ? 0x80 | bits : bits | UInt8(truncatingIfNeeded: 0xF00 >> UInt32(count))
        }
        return count
    }

    /// The UTF-16 of a text of ours.
    static func wide(_ text: UnsafePointer<CChar>) -> [UInt16] {
        text.withMemoryRebound(to: UInt8.self, capacity: 1) { bytes in
            let source = UnsafeBufferPointer(start: bytes, count: strlen(text))
            var (place, units): (Int, [UInt16]) = (0, [])
            units.reserveCapacity(source.count)
            while place < source.count {
                let scalar = next(source, &place) ?? replacement
                if scalar < 0x10000 {
                    units.append(UInt16(scalar))
                } else {
                    units.append(UInt16(0xD800 + (scalar - 0x10000) >> 10))
                    units.append(UInt16(0xDC00 + (scalar - 0x10000) & 0x3FF))
                }
            }
            return units
        }
    }
}

func length(_ text: UnsafePointer<UInt16>) -> Int {
    var count = 0
    while text[count] != 0 { count += 1 }
    return count
}

private func isSystemCodePage(_ codePage: UINT) -> Bool {
    codePage == UINT(CP_ACP) || codePage == UINT(CP_OEMCP) || codePage == UINT(CP_THREAD_ACP)
}

@c(GetACP) @implementation public func __GetACP() -> UINT { UINT(CP_UTF8) }
@c(GetOEMCP) @implementation public func __GetOEMCP() -> UINT { UINT(CP_UTF8) }
@c(IsValidCodePage) @implementation public func __IsValidCodePage(_ codePage: UINT) -> BOOL {
    codePage == UINT(CP_UTF8) ? 1 : 0
}

@c(MultiByteToWideChar) @implementation public func __MultiByteToWideChar(
    _ codePage: UINT, _ flags: DWORD, _ source: LPCCH?, _ sourceCount: Int32, _ target: LPWSTR?, _ targetCount: Int32
) -> Int32 {
    guard isSystemCodePage(codePage) || codePage == UINT(CP_UTF8), let source, sourceCount != 0, targetCount >= 0,
        targetCount == 0 || target != nil, targetCount == 0 || UnsafeRawPointer(source) != UnsafeRawPointer(target)
    else { return failure(ERROR_INVALID_PARAMETER) }
    // For UTF-8 no other flag is allowed; but programs that say CP_ACP have one of other code pages in mind.
    let both = DWORD(MB_PRECOMPOSED | MB_COMPOSITE)
    let allowed = DWORD(MB_ERR_INVALID_CHARS) | (isSystemCodePage(codePage) ? both | DWORD(MB_USEGLYPHCHARS) : 0)
    guard flags & ~allowed == 0, flags & both != both else { return failure(ERROR_INVALID_FLAGS) }

    let bytes = UnsafeRawPointer(source).assumingMemoryBound(to: UInt8.self)
    let from = UnsafeBufferPointer(start: bytes, count: sourceCount < 0 ? strlen(source) + 1 : Int(sourceCount))
    let to = UnsafeMutableBufferPointer(start: target, count: Int(targetCount))
    var (read, written) = (0, 0)
    while read < from.count {
        let scalar = UTF.next(from, &read)
        if scalar == nil, flags & DWORD(MB_ERR_INVALID_CHARS) != 0 { return failure(ERROR_NO_UNICODE_TRANSLATION) }
        written += UTF.put(scalar ?? UTF.replacement, to, written)
        if targetCount > 0, written > Int(targetCount) { return failure(ERROR_INSUFFICIENT_BUFFER) }
    }
    return Int32(clamping: written)
}

@c(WideCharToMultiByte) @implementation public func __WideCharToMultiByte(
    _ codePage: UINT, _ flags: DWORD, _ source: LPCWCH?, _ sourceCount: Int32, _ target: LPSTR?, _ targetCount: Int32,
    _ defaultCharacter: LPCCH?, _ usedDefault: LPBOOL?
) -> Int32 {
    guard isSystemCodePage(codePage) || codePage == UINT(CP_UTF8), let source, sourceCount != 0, targetCount >= 0,
        targetCount == 0 || target != nil, targetCount == 0 || UnsafeRawPointer(source) != UnsafeRawPointer(target)
    else { return failure(ERROR_INVALID_PARAMETER) }
    // "For the CP_UTF7 and CP_UTF8 settings … this parameter must be set to NULL" (WideCharToMultiByte). Programs that
    // say CP_ACP pass them, and are told what they want to know.
    if codePage == UINT(CP_UTF8), defaultCharacter != nil || usedDefault != nil {
        return failure(ERROR_INVALID_PARAMETER)
    }
    let others = DWORD(WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR | WC_NO_BEST_FIT_CHARS)
    let allowed = DWORD(WC_ERR_INVALID_CHARS) | (isSystemCodePage(codePage) ? others : 0)
    guard flags & ~allowed == 0 else { return failure(ERROR_INVALID_FLAGS) }

    let from = UnsafeBufferPointer(start: source, count: sourceCount < 0 ? length(source) + 1 : Int(sourceCount))
    let bytes = UnsafeMutableRawPointer(target)?.assumingMemoryBound(to: UInt8.self)
    let to = UnsafeMutableBufferPointer(start: bytes, count: Int(targetCount))
    var (read, written, hasReplaced) = (0, 0, false)
    while read < from.count {
        let scalar = UTF.next(from, &read)
        if scalar == nil {
            if flags & DWORD(WC_ERR_INVALID_CHARS) != 0 { return failure(ERROR_NO_UNICODE_TRANSLATION) }
            hasReplaced = true
            if let defaultCharacter {
                if written < to.count { to[written] = UInt8(bitPattern: defaultCharacter.pointee) }
                written += 1
            }
        }
        if scalar != nil || defaultCharacter == nil { written += UTF.put(scalar ?? UTF.replacement, to, written) }
        if targetCount > 0, written > Int(targetCount) { return failure(ERROR_INSUFFICIENT_BUFFER) }
    }
    usedDefault?.pointee = hasReplaced ? 1 : 0
    return Int32(clamping: written)
}
