import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// The environment, which is libc's: what getenv(3) sees too. Names differ by case on Linux; on Windows they do not: a name
// that nothing has exactly is that of what differs from it by case only.

enum Variables {
    /// Held while the environment is read or changed by us. (The program's own calls of setenv(3) are its own affair, as
    /// everywhere.)
    private static let lock = Guarded(())

    /// Each entry that is a variable, in bytes.
    static var entries: [[UInt8]] {
        lock.withLock { _ in
            var (entries, place): ([[UInt8]], Int) = ([], 0)
            let list = signalbox_environment()
            while let entry = list[place] {
                entries.append(Text.bytes(entry))
                place += 1
            }
            return entries
        }
    }

    /// Whether the entry is one of ours, which programs are not shown.
    static func isOurs(_ entry: [UInt8]) -> Bool {
        entry.starts(with: Array("\(SIGNALBOX_PAGE_VARIABLE)=".utf8))
            || entry.starts(with: Array("\(SIGNALBOX_LINEAGE_VARIABLE)=".utf8))
    }

    private static func upper(_ byte: UInt8) -> UInt8 { byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte }

    /// The name of the variable that the name means, as it is written, and its value.
    private static func find(_ name: [UInt8]) -> (name: [UInt8], value: [UInt8])? {
        var (found, place): ((name: [UInt8], value: [UInt8])?, Int) = (nil, 0)
        let list = signalbox_environment()
        while let entry = list[place] {
            place += 1
            let bytes = UnsafeRawPointer(entry).assumingMemoryBound(to: UInt8.self)
            var count = 0
            while count < name.count, bytes[count] != 0, upper(bytes[count]) == upper(name[count]) { count += 1 }
            guard count == name.count, bytes[count] == 0x3D else { continue }
            let written = Array(UnsafeBufferPointer(start: bytes, count: count))
            if written == name || found == nil { found = (written, Text.bytes(entry + count + 1)) }
            if written == name { break }
        }
        return found
    }

    static func value(_ name: [UInt8]) -> [UInt8]? { lock.withLock { _ in find(name)?.value } }

    /// Returns 0 or an error code.
    static func set(_ name: [UInt8], _ value: [UInt8]?) -> Int32 {
        // The drives' folders, "=C:", are variables on Windows; setenv(3) refuses such names.
        guard !name.isEmpty, !name.contains(0x3D) else { return ERROR_INVALID_PARAMETER }
        return lock.withLock { _ in
            let known = find(name)?.name
            guard let value else {
                guard let known else { return ERROR_ENVVAR_NOT_FOUND }
                return unsetenv(Text.terminated(known)) == 0 ? 0 : ERROR_NOT_ENOUGH_MEMORY
            }
            return setenv(Text.terminated(known ?? name), Text.terminated(value), 1) == 0 ? 0 : ERROR_NOT_ENOUGH_MEMORY
        }
    }

    /// Copies a block of strings that ends with an empty one; the caller gives it to FreeEnvironmentStrings.
    static func block<Unit: FixedWidthInteger>(_ convert: ([UInt8]) -> [Unit]) -> UnsafeMutablePointer<Unit>? {
        var units: [Unit] = []
        for entry in entries where !isOurs(entry) { units += convert(entry) + [0] }
        if units.isEmpty { units.append(0) }
        units.append(0)
        guard let memory = malloc(units.count * MemoryLayout<Unit>.size) else { return nil }
        let block = memory.bindMemory(to: Unit.self, capacity: units.count)
        block.initialize(from: units, count: units.count)
        return block
    }
}

@c(GetEnvironmentVariableA) @implementation
public func __GetEnvironmentVariableA(_ name: LPCSTR?, _ buffer: LPSTR?, _ size: DWORD) -> DWORD {
    enter()
    defer { leave() }
    guard let value = name.flatMap({ Variables.value(Text.bytes($0)) }) else {
        return DWORD(failure(ERROR_ENVVAR_NOT_FOUND))
    }
    return give(value.map { CChar(bitPattern: $0) }, buffer, size)
}

@c(GetEnvironmentVariableW) @implementation
public func __GetEnvironmentVariableW(_ name: LPCWSTR?, _ buffer: LPWSTR?, _ size: DWORD) -> DWORD {
    enter()
    defer { leave() }
    guard let value = name.flatMap({ Variables.value(Text.bytes($0)) }) else {
        return DWORD(failure(ERROR_ENVVAR_NOT_FOUND))
    }
    return give(Text.units(value), buffer, size)
}

private func setVariable(_ name: [UInt8]?, _ value: [UInt8]?) -> BOOL {
    guard let name else { return failure(ERROR_INVALID_PARAMETER) }
    let error = Variables.set(name, value)
    return error == 0 ? 1 : failure(error)
}

@c(SetEnvironmentVariableA) @implementation
public func __SetEnvironmentVariableA(_ name: LPCSTR?, _ value: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    return setVariable(name.map { Text.bytes($0) }, value.map { Text.bytes($0) })
}

@c(SetEnvironmentVariableW) @implementation
public func __SetEnvironmentVariableW(_ name: LPCWSTR?, _ value: LPCWSTR?) -> BOOL {
    enter()
    defer { leave() }
    return setVariable(name.map { Text.bytes($0) }, value.map { Text.bytes($0) })
}

@c(GetEnvironmentStringsA) @implementation public func __GetEnvironmentStringsA() -> LPCH? {
    enter()
    defer { leave() }
    return Variables.block { $0.map { CChar(bitPattern: $0) } }
}

@c(GetEnvironmentStringsW) @implementation public func __GetEnvironmentStringsW() -> LPWCH? {
    enter()
    defer { leave() }
    return Variables.block { Text.units($0) }
}

@c(FreeEnvironmentStringsA) @implementation public func __FreeEnvironmentStringsA(_ block: LPCH?) -> BOOL {
    enter()
    defer { leave() }
    free(block)
    return 1
}

@c(FreeEnvironmentStringsW) @implementation public func __FreeEnvironmentStringsW(_ block: LPWCH?) -> BOOL {
    enter()
    defer { leave() }
    free(block)
    return 1
}

// ---- the current directory

enum Folder {
    /// The current folder; nil: it has no path (any more).
    static var current: [UInt8]? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return path.pointee == 0x2F ? Text.bytes(path) : nil  // "(unreachable)…", getcwd(3)
    }

    /// The path as it is, if there is something, or with `/` for `\`.
    static func path(_ path: [UInt8]) -> [UInt8] {
        guard path.contains(0x5C), access(Text.terminated(path), F_OK) != 0 else { return path }
        return path.map { $0 == 0x5C ? 0x2F : $0 }
    }

    /// Why there is no such file: ERROR_PATH_NOT_FOUND if its folder is missing.
    static func codeForMissing(_ path: [UInt8]) -> Int32 {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.last == 0x2F { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: 0x2F), slash > trimmed.startIndex else { return ERROR_FILE_NOT_FOUND }
        return isFolder(Array(trimmed[..<slash])) ? ERROR_FILE_NOT_FOUND : ERROR_PATH_NOT_FOUND
    }

    static func isFolder(_ path: [UInt8]) -> Bool {
        var status = stat()
        return stat(Text.terminated(path), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes it the current one. Returns 0 or an error code.
    static func enter(_ path: [UInt8]?) -> Int32 {
        guard let path else { return ERROR_INVALID_PARAMETER }
        guard !path.isEmpty else { return ERROR_INVALID_NAME }
        let found = Folder.path(path)
        if chdir(Text.terminated(found)) == 0 { return 0 }
        switch errno {
        case EACCES: return ERROR_ACCESS_DENIED
        case ENAMETOOLONG: return ERROR_FILENAME_EXCED_RANGE
        case ENOMEM: return ERROR_NOT_ENOUGH_MEMORY
        case ENOTDIR: return access(Text.terminated(found), F_OK) == 0 ? ERROR_DIRECTORY : ERROR_PATH_NOT_FOUND
        default: return codeForMissing(found)
        }
    }
}

@c(GetCurrentDirectoryA) @implementation
public func __GetCurrentDirectoryA(_ size: DWORD, _ buffer: LPSTR?) -> DWORD {
    enter()
    defer { leave() }
    guard let path = Folder.current else { return DWORD(failure(ERROR_PATH_NOT_FOUND)) }
    return give(path.map { CChar(bitPattern: $0) }, buffer, size)
}

@c(GetCurrentDirectoryW) @implementation
public func __GetCurrentDirectoryW(_ size: DWORD, _ buffer: LPWSTR?) -> DWORD {
    enter()
    defer { leave() }
    guard let path = Folder.current else { return DWORD(failure(ERROR_PATH_NOT_FOUND)) }
    return give(Text.units(path), buffer, size)
}

@c(SetCurrentDirectoryA) @implementation public func __SetCurrentDirectoryA(_ path: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    let error = Folder.enter(path.map { Text.bytes($0) })
    return error == 0 ? 1 : failure(error)
}

@c(SetCurrentDirectoryW) @implementation public func __SetCurrentDirectoryW(_ path: LPCWSTR?) -> BOOL {
    enter()
    defer { leave() }
    let error = Folder.enter(path.map { Text.bytes($0) })
    return error == 0 ? 1 : failure(error)
}
