import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// CreateProcess.

/// What the two forms have in common, in bytes.
private struct StartRequest {
    var application: [UInt8]?
    var line: [UInt8]?
    var inherits: Bool
    /// Whether the handles that are made can be inherited.
    var processInherits: Bool
    var threadInherits: Bool
    var flags: DWORD
    var environment: [[UInt8]]?
    var directory: [UInt8]?
    var startup = STARTUPINFOA()  // without its strings
    var title: [UInt8]?
    var desktop: [UInt8]?
}

/// The flags that are known; those of debuggers are not. What has no meaning on Linux is taken and does nothing:
/// CREATE_SEPARATE_WOW_VDM, CREATE_SHARED_WOW_VDM, CREATE_DEFAULT_ERROR_MODE, CREATE_PRESERVE_CODE_AUTHZ_LEVEL.
private let knownFlags =
    DWORD(CREATE_SUSPENDED | DETACHED_PROCESS | CREATE_NEW_CONSOLE | CREATE_NEW_PROCESS_GROUP)
    | DWORD(CREATE_UNICODE_ENVIRONMENT | CREATE_BREAKAWAY_FROM_JOB | CREATE_NO_WINDOW | CREATE_DEFAULT_ERROR_MODE)
    | DWORD(NORMAL_PRIORITY_CLASS | IDLE_PRIORITY_CLASS | HIGH_PRIORITY_CLASS | REALTIME_PRIORITY_CLASS)
    | DWORD(BELOW_NORMAL_PRIORITY_CLASS | ABOVE_NORMAL_PRIORITY_CLASS) | 0x0200_1800

private enum StartError: Error {
    case code(Int32)
}

// ---- which program

/// What a path leads to.
private enum Found {
    case file([UInt8])
    case folder
    case nothing(Int32)
}

private func look(_ path: [UInt8]) -> Found {
    guard !path.isEmpty else { return .nothing(ERROR_PATH_NOT_FOUND) }
    var (path, status) = (Folder.path(path), stat())
    if path.first != 0x2F {
        // The process may begin in another folder.
        guard let current = Folder.current else { return .nothing(ERROR_PATH_NOT_FOUND) }
        path = current + [0x2F] + path
    }
    guard stat(Text.terminated(path), &status) == 0 else {
        switch errno {
        case EACCES: return .nothing(ERROR_ACCESS_DENIED)
        case ENAMETOOLONG: return .nothing(ERROR_FILENAME_EXCED_RANGE)
        case ENOTDIR: return .nothing(ERROR_PATH_NOT_FOUND)
        default: return .nothing(Folder.codeForMissing(path))
        }
    }
    return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file(path)
}

/// A name without a folder is looked for where the program lies, in the current folder, and in those of PATH.
private func search(_ name: [UInt8]) -> Found {
    if name.contains(0x2F) || name.contains(0x5C) { return look(name) }
    var folders: [[UInt8]] = []
    var own = [CChar](repeating: 0, count: 4097)
    if readlink("/proc/self/exe", &own, 4096) > 0 {
        let path = own.withUnsafeBufferPointer { Text.bytes($0.baseAddress!) }
        if let slash = path.lastIndex(of: 0x2F) { folders.append(Array(path[..<slash])) }
    }
    folders.append([0x2E])
    let path = Variables.value(Array("PATH".utf8)) ?? Array("/usr/local/bin:/usr/bin:/bin".utf8)
    folders += path.split(separator: 0x3A).map { Array($0) }
    for folder in folders {
        if case .file(let path) = look(folder + [0x2F] + name), access(Text.terminated(path), X_OK) == 0 {
            return .file(path)
        }
    }
    return .nothing(ERROR_FILE_NOT_FOUND)
}

/// The program of a command line: its first part in quotation marks; or, without them, what ends at a blank, the first
/// such that there is ("c:\program files\sub dir\program name" is tried four times, see CreateProcess).
private func program(of line: [UInt8]) throws(StartError) -> [UInt8] {
    if line.first == 0x22 {
        let name = Array(line.dropFirst().prefix { $0 != 0x22 })
        guard !name.isEmpty else { throw .code(ERROR_INVALID_PARAMETER) }
        return try file(search(name))
    }
    var firstError: Int32?
    var end = 0
    while true {
        while end < line.count, line[end] != 0x20, line[end] != 0x09 { end += 1 }
        let name = Array(line[..<end])
        switch name.isEmpty ? .nothing(ERROR_FILE_NOT_FOUND) : search(name) {
        case .file(let path): return path
        case .folder: firstError = firstError ?? ERROR_ACCESS_DENIED
        case .nothing(let code): firstError = firstError ?? code
        }
        while end < line.count, line[end] == 0x20 || line[end] == 0x09 { end += 1 }
        if end >= line.count { throw .code(firstError ?? ERROR_FILE_NOT_FOUND) }
    }
}

private func file(_ found: Found) throws(StartError) -> [UInt8] {
    switch found {
    case .file(let path): return path
    case .folder: throw .code(ERROR_ACCESS_DENIED)
    case .nothing(let code): throw .code(code)
    }
}

/// The error code for an errno of execve(2) and its like, for a file that is there.
private func code(_ error: Int32, _ path: [UInt8]) -> Int32 {
    switch error {
    case ENOEXEC, ELIBBAD: return ERROR_BAD_EXE_FORMAT
    case EACCES, EPERM: return isProgram(path) ? ERROR_ACCESS_DENIED : ERROR_BAD_EXE_FORMAT
    case ENOENT: return ERROR_FILE_NOT_FOUND  // the script's interpreter, or the loader
    case ENOTDIR: return ERROR_PATH_NOT_FOUND
    case ENAMETOOLONG, E2BIG: return ERROR_FILENAME_EXCED_RANGE
    case ETXTBSY: return ERROR_SHARING_VIOLATION
    case EMFILE, ENFILE: return ERROR_TOO_MANY_OPEN_FILES
    case ENOSYS: return ERROR_NOT_SUPPORTED  // it cannot be started suspended: ptrace(2) is forbidden here
    default: return ERROR_NOT_ENOUGH_MEMORY
    }
}

/// Whether it is what could be run but for a missing permission; true if that cannot be read.
private func isProgram(_ path: [UInt8]) -> Bool {
    let file = open(Text.terminated(path), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return true }
    defer { close(file) }
    var head = [UInt8](repeating: 0, count: 4)
    let count = read(file, &head, 4)
    return count >= 2 && head[0...1] == [0x23, 0x21] || count == 4 && head == [0x7F, 0x45, 0x4C, 0x46]
}

// ---- what it is given

/// The descriptor of a handle that a new process is to have as 0, 1 or 2; -1: it gets /dev/null.
private func descriptor(_ handle: HANDLE?, _ inherited: [InheritedHandles.Entry]) -> Int32 {
    inherited.first { $0.handle == value(handle) & ~3 }?.descriptor ?? -1  // the low two bits are ignored
}

/// The nice value of the new process; nil: what the calling thread has. "If none of the priority class flags is specified,
/// the priority class defaults to NORMAL_PRIORITY_CLASS unless the priority class of the creating process is
/// IDLE_PRIORITY_CLASS or BELOW_NORMAL_PRIORITY_CLASS" (Process Creation Flags); and its thread has the normal level.
private func nice(_ flags: DWORD) -> Int32? {
    let values: [(flag: Int32, processClass: Priorities.Class, nice: Int32)] = [
        (IDLE_PRIORITY_CLASS, .idle, 19), (BELOW_NORMAL_PRIORITY_CLASS, .belowNormal, 10),
        (NORMAL_PRIORITY_CLASS, .normal, 0), (ABOVE_NORMAL_PRIORITY_CLASS, .aboveNormal, -5),
        (HIGH_PRIORITY_CLASS, .high, -10), (REALTIME_PRIORITY_CLASS, .realtime, -20),
    ]
    if let asked = values.first(where: { flags & DWORD($0.flag) != 0 }) { return asked.nice }
    let own = Priorities.processClass
    let wanted = own == .idle || own == .belowNormal ? own : .normal
    let level = Dispatcher.Threads.own == .none ? 0 : (try? Priorities.level(Dispatcher.Threads.own)) ?? 0
    guard wanted != own || level != 0 else { return nil }
    return values.first { $0.processClass == wanted }?.nice
}

/// The cookies of the processes that the new one comes of, with its own: those whose jobs it belongs to.
private func lineage(_ cookie: UInt64, breaksAway: Bool) -> String {
    var cookies: [String] = []
    if !breaksAway {
        if let inherited = Variables.value(Array(SIGNALBOX_LINEAGE_VARIABLE.utf8)) {
            cookies = String(decoding: inherited, as: UTF8.self).split(separator: ".").map { String($0) }
        }
        let own = String(signalbox_own_cookie(), radix: 16)
        if cookies.last != own { cookies.append(own) }
    }
    cookies.append(String(cookie, radix: 16))
    return "\(SIGNALBOX_LINEAGE_VARIABLE)=" + cookies.suffix(256).joined(separator: ".")
}

/// A page that tells the process what execve(2) does not.
private func makePage(
    _ request: StartRequest, _ line: [UInt8], _ inherited: [InheritedHandles.Entry], jobBits: UInt32
) throws(StartError) -> ProcessPage {
    let texts = [line, request.title ?? [], request.desktop ?? []]
    let head = MemoryLayout<signalbox_page>.size
    let handles = MemoryLayout<signalbox_inherited>.stride * inherited.count
    guard let page = ProcessPage(size: head + handles + texts.reduce(0) { $0 + $1.count + 1 }) else {
        throw .code(ERROR_NOT_ENOUGH_MEMORY)
    }
    let memory = page.memory
    var offset = UInt32(head)
    memory.pointee.inherited = offset
    memory.pointee.inherited_count = UInt32(inherited.count)
    for entry in inherited {
        let copy = signalbox_inherited(
            handle: UInt32(entry.handle), descriptor: entry.descriptor, access: entry.access, kind: entry.kind)
        (UnsafeMutableRawPointer(memory) + Int(offset)).storeBytes(of: copy, as: signalbox_inherited.self)
        offset += UInt32(MemoryLayout<signalbox_inherited>.stride)
    }
    func put(_ text: [UInt8]?) -> UInt32 {
        guard let text else { return 0 }
        let place = UnsafeMutableRawPointer(memory) + Int(offset)
        place.copyMemory(from: text, byteCount: text.count)  // a NUL is there
        defer { offset += UInt32(text.count + 1) }
        return offset
    }
    memory.pointee.command = put(line)
    memory.pointee.command_length = UInt32(line.count)
    memory.pointee.title = put(request.title)
    memory.pointee.desktop = put(request.desktop)
    let startup = request.startup
    if request.inherits, startup.dwFlags & DWORD(STARTF_USESTDHANDLES) != 0 {
        memory.pointee.handles = (
            UInt32(truncatingIfNeeded: value(startup.hStdInput)), UInt32(truncatingIfNeeded: value(startup.hStdOutput)),
            UInt32(truncatingIfNeeded: value(startup.hStdError))
        )
    }
    memory.pointee.flags = startup.dwFlags
    memory.pointee.show = UInt32(startup.wShowWindow)
    (memory.pointee.x, memory.pointee.y) = (startup.dwX, startup.dwY)
    (memory.pointee.width, memory.pointee.height) = (startup.dwXSize, startup.dwYSize)
    (memory.pointee.columns, memory.pointee.rows) = (startup.dwXCountChars, startup.dwYCountChars)
    memory.pointee.fill = startup.dwFillAttribute
    signalbox_set_page_job(memory, jobBits)
    return page
}

private func start(_ request: StartRequest, _ information: LPPROCESS_INFORMATION) throws(StartError) {
    let flags = request.flags
    guard flags & ~knownFlags == 0,
        flags & DWORD(CREATE_NEW_CONSOLE | DETACHED_PROCESS) != DWORD(CREATE_NEW_CONSOLE | DETACHED_PROCESS)
    else { throw .code(ERROR_INVALID_PARAMETER) }
    guard let line = request.line ?? request.application else { throw .code(ERROR_INVALID_PARAMETER) }
    // "The maximum length of this string is 32,767 characters, including the Unicode terminating null character."
    guard line.count < 32767 || Text.units(line).count < 32767 else { throw .code(ERROR_FILENAME_EXCED_RANGE) }

    // the job
    let bits = Job.bitsOfThisProcess
    let wantsBreakaway = flags & DWORD(CREATE_BREAKAWAY_FROM_JOB) != 0
    if wantsBreakaway, bits & SIGNALBOX_IN_JOB.rawValue != 0, bits & SIGNALBOX_MAY_BREAK_AWAY.rawValue == 0 {
        throw .code(ERROR_ACCESS_DENIED)
    }
    let isInJob = bits & SIGNALBOX_IN_JOB.rawValue != 0
    let breaksAway = isInJob && (wantsBreakaway || bits & SIGNALBOX_BREAKS_AWAY.rawValue != 0)

    // the program
    let path: [UInt8]
    if let application = request.application {
        path = try file(look(application))
    } else {
        path = try program(of: line)
    }
    var directory: [UInt8]?
    if let wanted = request.directory {
        directory = Folder.path(wanted)
        guard Folder.isFolder(directory!) else { throw .code(ERROR_DIRECTORY) }
    }

    // what it gets
    var start = ProcessStart(path: Text.terminated(path))
    start.arguments = CommandLine.arguments(line).map { Text.terminated($0) }
    start.directory = directory.map { Text.terminated($0) }
    start.hasOwnSession = flags & DWORD(CREATE_NEW_CONSOLE | DETACHED_PROCESS | CREATE_NO_WINDOW) != 0
    start.hasOwnGroup = flags & DWORD(CREATE_NEW_PROCESS_GROUP) != 0
    // "the CTRL+C signal is disabled for all processes within the new process group" (CREATE_NEW_PROCESS_GROUP), which
    // "is ignored if specified with CREATE_NEW_CONSOLE".
    start.ignoresInterrupts = start.hasOwnGroup && flags & DWORD(CREATE_NEW_CONSOLE) == 0
    start.isSuspended = flags & DWORD(CREATE_SUSPENDED) != 0
    start.priority = nice(flags)
    let inherited = request.inherits ? InheritedHandles.copies() : []
    defer { for entry in inherited { close(entry.descriptor) } }
    let kept = inherited.filter { $0.kind != 0 }
    start.kept = kept.map(\.descriptor)
    if request.startup.dwFlags & DWORD(STARTF_USESTDHANDLES) != 0 {
        // What is not inherited is no handle of the new process's.
        let startup = request.startup
        start.standard = (
            descriptor(startup.hStdInput, inherited), descriptor(startup.hStdOutput, inherited),
            descriptor(startup.hStdError, inherited)
        )
    } else {
        func open(_ descriptor: Int32) -> Int32 { fcntl(descriptor, F_GETFD) >= 0 ? descriptor : -1 }
        start.standard = (open(0), open(1), open(2))
    }
    let page = try makePage(request, line, kept, jobBits: breaksAway ? 0 : bits)
    let environment = request.environment ?? Variables.entries.filter { !ServiceEnvironment.isManagers($0) }
    start.environment =
        [page.variable, lineage(page.memory.pointee.cookie, breaksAway: breaksAway)].map { Array($0.utf8CString) }
        + environment.filter { !Variables.isOurs($0) }.map { Text.terminated($0) }

    // off it goes
    let object: ObjectName
    do throws(ProcessError) { object = try NativeProcess.start(start, page) } catch {
        throw .code(code(error.code, path))
    }
    let process = NativeProcess.of(object)!  // there is a reference
    let thread: ObjectName
    do throws(DispatcherError) { thread = try process.makeThread(isSuspended: start.isSuspended) } catch {
        _ = process.terminate(1)
        Arena.local.release(object)
        throw .code(ERROR_NOT_ENOUGH_MEMORY)
    }
    guard let processHandle = newHandle(object, inherits: request.processInherits) else {
        _ = process.terminate(1)
        Arena.local.release(thread)
        throw .code(ERROR_NO_SYSTEM_RESOURCES)
    }
    guard let threadHandle = newHandle(thread, inherits: request.threadInherits) else {
        _ = process.terminate(1)
        _ = __CloseHandle(processHandle)
        throw .code(ERROR_NO_SYSTEM_RESOURCES)
    }
    information.pointee = PROCESS_INFORMATION(
        hProcess: processHandle, hThread: threadHandle, dwProcessId: DWORD(bitPattern: process.pid),
        dwThreadId: DWORD(bitPattern: process.pid))
}

// ---- the two forms

private func environment<Unit: FixedWidthInteger>(
    _ block: UnsafePointer<Unit>, _ convert: (UnsafeBufferPointer<Unit>) -> [UInt8]
) -> [[UInt8]] {
    var (entries, place): ([[UInt8]], Int) = ([], 0)
    while block[place] != 0 {
        let begin = place
        while block[place] != 0 { place += 1 }
        entries.append(convert(UnsafeBufferPointer(start: block + begin, count: place - begin)))
        place += 1
    }
    return entries
}

private func environment(_ block: LPVOID?, _ flags: DWORD) -> [[UInt8]]? {
    guard let block else { return nil }
    if flags & DWORD(CREATE_UNICODE_ENVIRONMENT) != 0 {
        return environment(UnsafePointer(block.assumingMemoryBound(to: UInt16.self))) { Text.bytes($0) }
    }
    return environment(UnsafePointer(block.assumingMemoryBound(to: UInt8.self))) { Array($0) }
}

private func run(_ request: StartRequest, _ information: LPPROCESS_INFORMATION?) -> BOOL {
    guard let information else { return failure(ERROR_INVALID_PARAMETER) }
    do throws(StartError) {
        try start(request, information)
        return 1
    } catch {
        switch error {
        case .code(let code): return failure(code)
        }
    }
}

@c(CreateProcessA) @implementation public func __CreateProcessA(
    _ application: LPCSTR?, _ line: LPSTR?, _ processAttributes: LPSECURITY_ATTRIBUTES?,
    _ threadAttributes: LPSECURITY_ATTRIBUTES?, _ inherit: BOOL, _ flags: DWORD, _ environmentBlock: LPVOID?,
    _ directory: LPCSTR?, _ startup: LPSTARTUPINFOA?, _ information: LPPROCESS_INFORMATION?
) -> BOOL {
    enter()
    defer { leave() }
    guard let startup else { return failure(ERROR_INVALID_PARAMETER) }
    let request = StartRequest(
        application: application.map { Text.bytes($0) }, line: line.map { Text.bytes(UnsafePointer($0)) },
        inherits: inherit != 0, processInherits: inherits(processAttributes),
        threadInherits: inherits(threadAttributes), flags: flags, environment: environment(environmentBlock, flags),
        directory: directory.map { Text.bytes($0) }, startup: startup.pointee,
        title: startup.pointee.lpTitle.map { Text.bytes(UnsafePointer($0)) },
        desktop: startup.pointee.lpDesktop.map { Text.bytes(UnsafePointer($0)) })
    return run(request, information)
}

@c(CreateProcessW) @implementation public func __CreateProcessW(
    _ application: LPCWSTR?, _ line: LPWSTR?, _ processAttributes: LPSECURITY_ATTRIBUTES?,
    _ threadAttributes: LPSECURITY_ATTRIBUTES?, _ inherit: BOOL, _ flags: DWORD, _ environmentBlock: LPVOID?,
    _ directory: LPCWSTR?, _ startup: LPSTARTUPINFOW?, _ information: LPPROCESS_INFORMATION?
) -> BOOL {
    enter()
    defer { leave() }
    guard let startup else { return failure(ERROR_INVALID_PARAMETER) }
    let given = startup.pointee
    let request = StartRequest(
        application: application.map { Text.bytes($0) }, line: line.map { Text.bytes(UnsafePointer($0)) },
        inherits: inherit != 0, processInherits: inherits(processAttributes),
        threadInherits: inherits(threadAttributes), flags: flags, environment: environment(environmentBlock, flags),
        directory: directory.map { Text.bytes($0) },
        startup: STARTUPINFOA(
            cb: given.cb, lpReserved: nil, lpDesktop: nil, lpTitle: nil, dwX: given.dwX, dwY: given.dwY,
            dwXSize: given.dwXSize, dwYSize: given.dwYSize, dwXCountChars: given.dwXCountChars,
            dwYCountChars: given.dwYCountChars, dwFillAttribute: given.dwFillAttribute, dwFlags: given.dwFlags,
            wShowWindow: given.wShowWindow, cbReserved2: 0, lpReserved2: nil, hStdInput: given.hStdInput,
            hStdOutput: given.hStdOutput, hStdError: given.hStdError),
        title: given.lpTitle.map { Text.bytes(UnsafePointer($0)) },
        desktop: given.lpDesktop.map { Text.bytes(UnsafePointer($0)) })
    return run(request, information)
}
