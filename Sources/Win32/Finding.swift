import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// FindFirstFile and its like. A search is a list of names that was made at its beginning; what is known of each file is
// looked up when its turn comes, and a file that has gone meanwhile is passed over. Names come sorted, after "." and "..".

private struct Search {
    let folder: String
    var names: ArraySlice<String>
    let onlyFolders: Bool

    /// The next file that is there; nil: there is none.
    mutating func next() throws(IOError) -> (name: String, facts: FileFacts)? {
        while let name = names.first {
            guard let facts = FileFacts(folder == "/" ? "/" + name : folder + "/" + name) else {
                let code = errno
                // One that cannot be looked at for want of memory or descriptors is the next still; one that has gone is
                // passed over; one that cannot be read is told once.
                if [ENOMEM, EMFILE].contains(code) { throw IOError(code: code, "looking at \(name)") }
                names.removeFirst()
                if code == EIO { throw IOError(code: code, "looking at \(name)") }
                continue
            }
            names.removeFirst()
            if onlyFolders && !facts.isFolder { continue }
            return (name, facts)
        }
        return nil
    }
}

/// Searches that are open, by handles which are none of the handle table's: above all of those.
private enum Searches {
    private struct State {
        var searches: [UInt: Search] = [:]
        var last: UInt = 0
    }
    private static let state = Guarded(State())

    static func add(_ search: Search) -> HANDLE? {
        state.withLock { state in
            state.last = state.last % 0x1FFF_FFF0 + 1
            let handle = 0x8000_0000 + state.last * 4
            state.searches[handle] = search
            return HANDLE(bitPattern: handle)
        }
    }

    /// nil: no such search; the inner one: nothing is left.
    static func next(_ handle: HANDLE?) throws(IOError) -> (name: String, facts: FileFacts)?? {
        try state.withLock { state throws(IOError) in
            guard var search = state.searches[value(handle)] else { return nil }
            defer { state.searches[value(handle)] = search }
            return .some(try search.next())
        }
    }

    static func remove(_ handle: HANDLE?) -> Bool {
        state.withLock { $0.searches.removeValue(forKey: value(handle)) != nil }
    }
}

/// A name with `*` and `?`, as Windows matches it: "*.*" is everything, and a dot at the end stands for no extension.
struct NamePattern {
    private let units: [UInt32]
    private let matchesAll: Bool
    private let ignoresCase: Bool

    init(_ pattern: String, ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
        matchesAll = pattern == "*" || pattern == "*.*"
        units = NamePattern.units(pattern, ignoresCase)
    }

    private static func units(_ text: String, _ ignoresCase: Bool) -> [UInt32] {
        text.unicodeScalars.map { scalar in
            guard ignoresCase else { return scalar.value }
            let upper = scalar.properties.uppercaseMapping.unicodeScalars
            return upper.count == 1 ? upper.first!.value : scalar.value
        }
    }

    func matches(_ name: String) -> Bool {
        if matchesAll { return true }
        let text = NamePattern.units(name, ignoresCase)
        if matches(units[...], text[...]) { return true }
        // "*." : names without an extension; "a.*" : "a" too.
        if units.suffix(2) == [0x2E, 0x2A] && !text.contains(0x2E) { return matches(units.dropLast(2), text[...]) }
        if units.last == 0x2E && !text.contains(0x2E) { return matches(units.dropLast(), text[...]) }
        return false
    }

    private func matches(_ pattern: ArraySlice<UInt32>, _ text: ArraySlice<UInt32>) -> Bool {
        var (p, t) = (pattern.startIndex, text.startIndex)
        var star: (p: Int, t: Int)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p] == 0x2A {
                star = (p, t)
                p += 1
            } else if p < pattern.endIndex, pattern[p] == 0x3F || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                star = (last.p, last.t + 1)
                (p, t) = (last.p + 1, last.t + 1)
            } else {
                return false
            }
        }
        // A `?` at the end stands for no character, too.
        while p < pattern.endIndex, pattern[p] == 0x2A || pattern[p] == 0x3F { p += 1 }
        return p == pattern.endIndex
    }
}

private func names(in folder: String) throws(IOError) -> [String] {
    var opened = opendir(folder)
    while opened == nil && errno == EINTR { opened = opendir(folder) }
    guard let directory = opened else {
        throw IOError(FilePath.status(errno, folder), "reading \(folder)", code: errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
        // "To distinguish end of stream from an error, set errno to zero" (readdir(3)).
        errno = 0
        guard let entry = readdir(directory) else {
            let code = errno
            if code != 0 { throw IOError(IOStatus(fileErrno: code), "reading \(folder)", code: code) }
            break
        }
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        // The root has neither "." nor "..".
        if name == "." || name == ".." { if folder == "/" { continue } }
        names.append(name)
    }
    return names.sorted { ($0 == "." ? 0 : $0 == ".." ? 1 : 2, $0) < ($1 == "." ? 0 : $1 == ".." ? 1 : 2, $1) }
}

/// The text of a search: its folder, and the name or pattern after the last separator.
private func parts(_ text: [UInt8]) -> (folder: String, pattern: String)? {
    var bytes = text.map { $0 == 0x5C ? 0x2F : $0 }
    for prefix in ["//?/", "//./"] where bytes.starts(with: Array(prefix.utf8)) { bytes.removeFirst(4) }
    guard !bytes.isEmpty else { return nil }
    let slash = bytes.lastIndex(of: 0x2F)
    let pattern = String(decoding: bytes[(slash.map { $0 + 1 } ?? 0)...], as: UTF8.self)
    let folder = slash.map { $0 == 0 ? "/" : String(decoding: bytes[..<$0], as: UTF8.self) } ?? "."
    return (folder, pattern)
}

private func noSearch(_ code: Int32) -> HANDLE? {
    _ = failure(code)
    return HANDLE(bitPattern: -1)
}

private func begin(
    _ text: [UInt8]?, onlyFolders: Bool = false, ignoresCase: Bool = true, _ give: (String, FileFacts) -> Void
) -> HANDLE? {
    guard let text, let (folder, pattern) = parts(text) else { return noSearch(ERROR_PATH_NOT_FOUND) }
    var status = stat()
    guard stat(folder, &status) == 0 else {
        return noSearch(errno == ENOMEM ? code(IOStatus(fileErrno: ENOMEM)) : ERROR_PATH_NOT_FOUND)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return noSearch(ERROR_PATH_NOT_FOUND) }
    // "A trailing backslash is not allowed" (FindFirstFile).
    guard !pattern.isEmpty else { return noSearch(ERROR_FILE_NOT_FOUND) }
    do throws(IOError) {
        var found = [pattern]
        if pattern.contains("*") || pattern.contains("?") {
            let matcher = NamePattern(pattern, ignoresCase: ignoresCase)
            found = try names(in: folder).filter { matcher.matches($0) }
        }
        var search = Search(folder: folder, names: found[...], onlyFolders: onlyFolders)
        guard let (name, facts) = try search.next() else { return noSearch(ERROR_FILE_NOT_FOUND) }
        give(name, facts)
        return Searches.add(search)
    } catch {
        return noSearch(code(error.status))
    }
}

private func next(_ handle: HANDLE?, _ give: (String, FileFacts) -> Void) -> BOOL {
    do throws(IOError) {
        guard let found = try Searches.next(handle) else { return failure(ERROR_INVALID_HANDLE) }
        guard let (name, facts) = found else { return failure(ERROR_NO_MORE_FILES) }
        give(name, facts)
        return 1
    } catch {
        return failure(error.status)
    }
}

private func give(_ name: String, _ facts: FileFacts, _ data: LPWIN32_FIND_DATAA) {
    data.pointee = WIN32_FIND_DATAA()
    data.pointee.dwFileAttributes = facts.attributes
    data.pointee.ftCreationTime = facts.created
    data.pointee.ftLastAccessTime = facts.accessed
    data.pointee.ftLastWriteTime = facts.written
    data.pointee.nFileSizeHigh = DWORD(facts.size >> 32)
    data.pointee.nFileSizeLow = DWORD(truncatingIfNeeded: facts.size)
    if facts.isLink { data.pointee.dwReserved0 = DWORD(IO_REPARSE_TAG_SYMLINK) }
    withUnsafeMutableBytes(of: &data.pointee.cFileName) { $0.copyBytes(from: name.utf8.prefix(Int(MAX_PATH) - 1)) }
}

private func give(_ name: String, _ facts: FileFacts, _ data: LPWIN32_FIND_DATAW) {
    data.pointee = WIN32_FIND_DATAW()
    data.pointee.dwFileAttributes = facts.attributes
    data.pointee.ftCreationTime = facts.created
    data.pointee.ftLastAccessTime = facts.accessed
    data.pointee.ftLastWriteTime = facts.written
    data.pointee.nFileSizeHigh = DWORD(facts.size >> 32)
    data.pointee.nFileSizeLow = DWORD(truncatingIfNeeded: facts.size)
    if facts.isLink { data.pointee.dwReserved0 = DWORD(IO_REPARSE_TAG_SYMLINK) }
    withUnsafeMutableBytes(of: &data.pointee.cFileName) { memory in
        for (index, unit) in name.utf16.prefix(Int(MAX_PATH) - 1).enumerated() {
            memory.storeBytes(of: unit, toByteOffset: index * 2, as: UInt16.self)
        }
    }
}

private func bytes(_ name: LPCSTR?) -> [UInt8]? {
    name.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
}
private func bytes(_ name: LPCWSTR?) -> [UInt8]? {
    name.map { Array(String(decoding: UnsafeBufferPointer(start: $0, count: length($0)), as: UTF16.self).utf8) }
}

@c(FindFirstFileA) @implementation
public func __FindFirstFileA(_ name: LPCSTR?, _ data: LPWIN32_FIND_DATAA?) -> HANDLE? {
    enter()
    defer { leave() }
    guard let data else { return noSearch(ERROR_INVALID_PARAMETER) }
    return begin(bytes(name)) { give($0, $1, data) }
}

@c(FindFirstFileW) @implementation
public func __FindFirstFileW(_ name: LPCWSTR?, _ data: LPWIN32_FIND_DATAW?) -> HANDLE? {
    enter()
    defer { leave() }
    guard let data else { return noSearch(ERROR_INVALID_PARAMETER) }
    return begin(bytes(name)) { give($0, $1, data) }
}

/// Whether FindFirstFileEx can search so.
private func canSearch(
    _ level: FINDEX_INFO_LEVELS, _ data: LPVOID?, _ operation: FINDEX_SEARCH_OPS, _ filter: LPVOID?, _ flags: DWORD
) -> Bool {
    (level == FindExInfoStandard || level == FindExInfoBasic) && data != nil && filter == nil && flags & ~3 == 0
        && (operation == FindExSearchNameMatch || operation == FindExSearchLimitToDirectories)
}

@c(FindFirstFileExA) @implementation public func __FindFirstFileExA(
    _ name: LPCSTR?, _ level: FINDEX_INFO_LEVELS, _ data: LPVOID?, _ operation: FINDEX_SEARCH_OPS, _ filter: LPVOID?,
    _ flags: DWORD
) -> HANDLE? {
    enter()
    defer { leave() }
    guard canSearch(level, data, operation, filter, flags), let data else { return noSearch(ERROR_INVALID_PARAMETER) }
    let ignoresCase = flags & DWORD(FIND_FIRST_EX_CASE_SENSITIVE) == 0
    return begin(bytes(name), onlyFolders: operation == FindExSearchLimitToDirectories, ignoresCase: ignoresCase) {
        give($0, $1, data.assumingMemoryBound(to: WIN32_FIND_DATAA.self))
    }
}

@c(FindFirstFileExW) @implementation public func __FindFirstFileExW(
    _ name: LPCWSTR?, _ level: FINDEX_INFO_LEVELS, _ data: LPVOID?, _ operation: FINDEX_SEARCH_OPS, _ filter: LPVOID?,
    _ flags: DWORD
) -> HANDLE? {
    enter()
    defer { leave() }
    guard canSearch(level, data, operation, filter, flags), let data else { return noSearch(ERROR_INVALID_PARAMETER) }
    let ignoresCase = flags & DWORD(FIND_FIRST_EX_CASE_SENSITIVE) == 0
    return begin(bytes(name), onlyFolders: operation == FindExSearchLimitToDirectories, ignoresCase: ignoresCase) {
        give($0, $1, data.assumingMemoryBound(to: WIN32_FIND_DATAW.self))
    }
}

@c(FindNextFileA) @implementation
public func __FindNextFileA(_ handle: HANDLE?, _ data: LPWIN32_FIND_DATAA?) -> BOOL {
    enter()
    defer { leave() }
    guard let data else { return failure(ERROR_INVALID_PARAMETER) }
    return next(handle) { give($0, $1, data) }
}

@c(FindNextFileW) @implementation
public func __FindNextFileW(_ handle: HANDLE?, _ data: LPWIN32_FIND_DATAW?) -> BOOL {
    enter()
    defer { leave() }
    guard let data else { return failure(ERROR_INVALID_PARAMETER) }
    return next(handle) { give($0, $1, data) }
}

@c(FindClose) @implementation public func __FindClose(_ handle: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    return Searches.remove(handle) ? 1 : failure(ERROR_INVALID_HANDLE)
}
