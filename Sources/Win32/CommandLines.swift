import CLinux
public import CWin32
import Glibc
import Signalbox

// Command lines: one string, from which a program makes its arguments by the rules of Microsoft's C library.

/// Text in bytes, as Linux has it, and in 16-bit units. What is no Unicode survives the way there and back: a lone
/// surrogate has a form in bytes (that of "WTF-8").
enum Text {
    static func bytes(_ units: UnsafeBufferPointer<UInt16>) -> [UInt8] {
        var (place, bytes): (Int, [UInt8]) = (0, [])
        bytes.reserveCapacity(units.count + 1)
        while place < units.count {
            let first = UInt32(units[place])
            let scalar = UTF.next(units, &place) ?? first
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { buffer in
                let count = UTF.put(scalar, buffer, 0)
                bytes.append(contentsOf: buffer[0..<count])
            }
        }
        return bytes
    }

    static func bytes(_ text: LPCWSTR) -> [UInt8] { bytes(UnsafeBufferPointer(start: text, count: length(text))) }

    static func bytes(_ text: LPCSTR) -> [UInt8] {
        text.withMemoryRebound(to: UInt8.self, capacity: 1) {
            Array(UnsafeBufferPointer(start: $0, count: strlen(text)))
        }
    }

    static func units(_ bytes: [UInt8]) -> [UInt16] {
        bytes.withUnsafeBufferPointer { bytes in
            var (place, units): (Int, [UInt16]) = (0, [])
            units.reserveCapacity(bytes.count)
            while place < bytes.count {
                let before = place
                if let scalar = UTF.next(bytes, &place) {
                    if scalar < 0x10000 {
                        units.append(UInt16(scalar))
                    } else {
                        units.append(UInt16(0xD800 + (scalar - 0x10000) >> 10))
                        units.append(UInt16(0xDC00 + (scalar - 0x10000) & 0x3FF))
                    }
                } else if before + 2 < bytes.count, bytes[before] == 0xED, bytes[before + 1] & 0xE0 == 0xA0,
                    bytes[before + 2] & 0xC0 == 0x80
                {
                    units.append(0xD000 | UInt16(bytes[before + 1] & 0x3F) << 6 | UInt16(bytes[before + 2] & 0x3F))
                    place = before + 3
                } else {
                    units.append(UInt16(UTF.replacement))
                }
            }
            return units
        }
    }

    /// A C string of it.
    static func terminated(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}

private let (quote, backslash, space, tab): (UInt8, UInt8, UInt8, UInt8) = (0x22, 0x5C, 0x20, 0x09)

enum CommandLine {
    /// The arguments of a command line, as Microsoft's C library finds them ("Parsing C command-line arguments"): in the
    /// first, the program's name, quotation marks only enclose; in the others 2n backslashes before a quotation mark are n,
    /// one more makes the mark a part of the argument, and two marks within quotation are one.
    static func arguments(_ line: [UInt8]) -> [[UInt8]] {
        var arguments: [[UInt8]] = []
        var (place, isQuoted, argument): (Int, Bool, [UInt8]) = (0, false, [])
        while place < line.count, isQuoted || (line[place] != space && line[place] != tab) {
            if line[place] == quote { isQuoted.toggle() } else { argument.append(line[place]) }
            place += 1
        }
        arguments.append(argument)
        isQuoted = false
        while true {
            while place < line.count, line[place] == space || line[place] == tab { place += 1 }
            if place == line.count { return arguments }
            argument = []
            while place < line.count, isQuoted || (line[place] != space && line[place] != tab) {
                var backslashes = 0
                while place < line.count, line[place] == backslash {
                    backslashes += 1
                    place += 1
                }
                guard place < line.count, line[place] == quote else {
                    argument.append(contentsOf: repeatElement(backslash, count: backslashes))
                    if place < line.count, isQuoted || (line[place] != space && line[place] != tab) {
                        argument.append(line[place])
                        place += 1
                    }
                    continue
                }
                argument.append(contentsOf: repeatElement(backslash, count: backslashes / 2))
                if backslashes % 2 != 0 {
                    argument.append(quote)
                } else if isQuoted, place + 1 < line.count, line[place + 1] == quote {
                    argument.append(quote)
                    place += 1
                } else {
                    isQuoted.toggle()
                }
                place += 1
            }
            isQuoted = false
            arguments.append(argument)
        }
    }

    /// A command line from which `arguments` finds these again. (A quotation mark in the first is lost.)
    static func line(_ arguments: [[UInt8]]) -> [UInt8] {
        var line: [UInt8] = []
        for (index, argument) in arguments.enumerated() {
            if index > 0 { line.append(space) }
            let isPlain = !argument.isEmpty && !argument.contains { $0 == space || $0 == tab || $0 == quote }
            if isPlain {
                line += argument
                continue
            }
            line.append(quote)
            var backslashes = 0
            for byte in argument where index > 0 || byte != quote {
                if byte == backslash {
                    backslashes += 1
                } else if byte == quote {
                    line.append(contentsOf: repeatElement(backslash, count: backslashes + 1))
                    backslashes = 0
                } else {
                    backslashes = 0
                }
                line.append(byte)
            }
            if index > 0 { line.append(contentsOf: repeatElement(backslash, count: backslashes)) }
            line.append(quote)
        }
        return line
    }

    /// The command line of this process: the one that CreateProcess was given, or one made of the arguments.
    static let own: [UInt8] = {
        if let page = signalbox_own_page(), page.pointee.command != 0 {
            let text = UnsafeRawPointer(page) + Int(page.pointee.command)
            return Array(UnsafeRawBufferPointer(start: text, count: Int(page.pointee.command_length)))
        }
        var bytes: [UInt8] = []
        let file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[0..<count]
        }
        // Each argument ends with a NUL.
        return line(bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false).map { Array($0) })
    }()

    /// The program's own copies, which it may write to, as on Windows. Never freed.
    nonisolated(unsafe) static let narrow: LPSTR = {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: own.count + 1)
        for (index, byte) in own.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[own.count] = 0
        return copy
    }()
    nonisolated(unsafe) static let wide: LPWSTR = {
        let units = Text.units(own)
        let copy = UnsafeMutablePointer<UInt16>.allocate(capacity: units.count + 1)
        for (index, unit) in units.enumerated() { copy[index] = unit }
        copy[units.count] = 0
        return copy
    }()
}

@c(GetCommandLineA) @implementation public func __GetCommandLineA() -> LPSTR? {
    enter()
    defer { leave() }
    return CommandLine.narrow
}

@c(GetCommandLineW) @implementation public func __GetCommandLineW() -> LPWSTR? {
    enter()
    defer { leave() }
    return CommandLine.wide
}
