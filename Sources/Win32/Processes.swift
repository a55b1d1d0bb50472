import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Processes: handles to them, and their ends. CreateProcess is in ProcessStarts.swift.

/// Whether the handle names this process.
func isOwnProcess(_ handle: HANDLE?) -> Bool {
    if value(handle) == Pseudo.process { return true }
    let object = HandleTable.find(value(handle), [])
    return object != .none && ProcessTable.isOwn(object)
}

/// The process of a handle with one of these rights; nil, with the last error set, if it is none.
func process(_ handle: HANDLE?, needingOneOf access: Int32) -> NativeProcess? {
    do {
        if value(handle) == Pseudo.process {
            let own = try ProcessTable.own()
            defer { Arena.local.release(own) }
            return NativeProcess.of(own)
        }
        let object = HandleTable.find(value(handle), [])
        guard object != .none, let process = NativeProcess.of(object) else {
            _ = failure(ERROR_INVALID_HANDLE)
            return nil
        }
        guard isGranted(handle, oneOf: access) else {
            _ = failure(ERROR_ACCESS_DENIED)
            return nil
        }
        return process
    } catch {
        _ = failure(ERROR_NOT_ENOUGH_MEMORY)
        return nil
    }
}

/// Whether the handle was granted one of the rights.
func isGranted(_ handle: HANDLE?, oneOf access: Int32) -> Bool {
    (HandleTable.access(value(handle)) ?? 0) & UInt32(bitPattern: access) != 0
}

@c(OpenProcess) @implementation
public func __OpenProcess(_ access: DWORD, _ inherit: BOOL, _ id: DWORD) -> HANDLE? {
    enter()
    defer { leave() }
    do throws(ProcessError) {
        guard id > 0, id <= DWORD(Int32.max) else { return noHandle(ERROR_INVALID_PARAMETER) }
        let object = try ProcessTable.open(Int32(id))
        // Everybody may know of a process, and wait for its end; what else there is takes what a signal takes.
        let open = DWORD(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION)
        if access & ~open != 0, kill(Int32(id), 0) != 0, errno == EPERM {
            Arena.local.release(object)
            return noHandle(ERROR_ACCESS_DENIED)
        }
        return newHandle(object, access: access, inherits: inherit != 0)
    } catch {
        return noHandle(error.code == ESRCH ? ERROR_INVALID_PARAMETER : ERROR_NO_SYSTEM_RESOURCES)
    }
}

@c(TerminateProcess) @implementation public func __TerminateProcess(_ handle: HANDLE?, _ code: UINT) -> BOOL {
    enter()
    defer { leave() }
    guard let process = process(handle, needingOneOf: PROCESS_TERMINATE) else { return 0 }
    return process.terminate(code) == 0 ? 1 : failure(ERROR_ACCESS_DENIED)
}

@c(ExitProcess) @implementation public func __ExitProcess(_ code: UINT) -> Never { signalbox_exit_process(code) }

@c(GetExitCodeProcess) @implementation public func __GetExitCodeProcess(_ handle: HANDLE?, _ code: LPDWORD?) -> BOOL {
    enter()
    defer { leave() }
    let rights = PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION
    guard let process = process(handle, needingOneOf: rights) else { return 0 }
    guard let code else { return failure(ERROR_NOACCESS) }
    switch process.status {
    case .running: code.pointee = DWORD(STILL_ACTIVE)
    case .ended(let exitCode): code.pointee = exitCode
    case .endedUnknown: return failure(ERROR_NOT_SUPPORTED)
    }
    return 1
}

@c(GetProcessId) @implementation public func __GetProcessId(_ handle: HANDLE?) -> DWORD {
    if value(handle) == Pseudo.process { return __GetCurrentProcessId() }
    enter()
    defer { leave() }
    let rights = PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION
    guard let process = process(handle, needingOneOf: rights) else { return 0 }
    return DWORD(bitPattern: process.pid)
}

func fileTime(_ ticks: UInt64) -> FILETIME {
    FILETIME(dwLowDateTime: DWORD(truncatingIfNeeded: ticks), dwHighDateTime: DWORD(truncatingIfNeeded: ticks >> 32))
}

@c(GetProcessTimes) @implementation public func __GetProcessTimes(
    _ handle: HANDLE?, _ creation: LPFILETIME?, _ exit: LPFILETIME?, _ kernel: LPFILETIME?, _ user: LPFILETIME?
) -> BOOL {
    enter()
    defer { leave() }
    let rights = PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION
    guard let process = process(handle, needingOneOf: rights) else { return 0 }
    guard let creation, let exit, let kernel, let user else { return failure(ERROR_NOACCESS) }
    let times = process.times
    creation.pointee = fileTime(times.created)
    exit.pointee = fileTime(times.ended)
    kernel.pointee = fileTime(times.kernel)
    user.pointee = fileTime(times.user)
    return 1
}

// ---- what this process was given

/// STARTUPINFO as the parent has given it, with strings that are never freed.
private struct Startup: Sendable {
    var flags: DWORD = 0
    var show: WORD = 0
    var (x, y, width, height, columns, rows, fill): (DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD) =
        (0, 0, 0, 0, 0, 0, 0)
    var handles: (DWORD, DWORD, DWORD) = (0, 0, 0)
    var title: [UInt8] = []
    var desktop: [UInt8] = []

    static let own: Startup = {
        var own = Startup()
        guard let page = signalbox_own_page() else {
            own.title = CommandLine.arguments(CommandLine.own).first ?? []
            return own
        }
        func text(_ offset: UInt32) -> [UInt8] {
            offset == 0 ? [] : Text.bytes((UnsafeRawPointer(page) + Int(offset)).assumingMemoryBound(to: CChar.self))
        }
        let given = page.pointee
        (own.flags, own.show) = (given.flags, WORD(truncatingIfNeeded: given.show))
        (own.x, own.y, own.width, own.height) = (given.x, given.y, given.width, given.height)
        (own.columns, own.rows, own.fill, own.handles) = (given.columns, given.rows, given.fill, given.handles)
        own.title = given.title != 0 ? text(given.title) : CommandLine.arguments(CommandLine.own).first ?? []
        own.desktop = text(given.desktop)
        return own
    }()

    private static func copy<Unit: FixedWidthInteger>(_ text: [Unit]) -> UnsafeMutablePointer<Unit> {
        let copy = UnsafeMutablePointer<Unit>.allocate(capacity: text.count + 1)
        copy.initialize(from: text + [0], count: text.count + 1)
        return copy
    }
    // The program's, which may write to them.
    nonisolated(unsafe) static let narrow = (
        title: copy(own.title.map { CChar(bitPattern: $0) }), desktop: copy(own.desktop.map { CChar(bitPattern: $0) })
    )
    nonisolated(unsafe) static let wide = (title: copy(Text.units(own.title)), desktop: copy(Text.units(own.desktop)))
}

@c(GetStartupInfoA) @implementation public func __GetStartupInfoA(_ info: LPSTARTUPINFOA?) {
    enter()
    defer { leave() }
    guard let info else { return }
    let own = Startup.own
    info.pointee = STARTUPINFOA(
        cb: DWORD(MemoryLayout<STARTUPINFOA>.size), lpReserved: nil, lpDesktop: Startup.narrow.desktop,
        lpTitle: Startup.narrow.title, dwX: own.x, dwY: own.y, dwXSize: own.width, dwYSize: own.height,
        dwXCountChars: own.columns, dwYCountChars: own.rows, dwFillAttribute: own.fill, dwFlags: own.flags,
        wShowWindow: own.show, cbReserved2: 0, lpReserved2: nil, hStdInput: handle(UInt(own.handles.0)),
        hStdOutput: handle(UInt(own.handles.1)), hStdError: handle(UInt(own.handles.2)))
}

@c(GetStartupInfoW) @implementation public func __GetStartupInfoW(_ info: LPSTARTUPINFOW?) {
    enter()
    defer { leave() }
    guard let info else { return }
    let own = Startup.own
    info.pointee = STARTUPINFOW(
        cb: DWORD(MemoryLayout<STARTUPINFOW>.size), lpReserved: nil, lpDesktop: Startup.wide.desktop,
        lpTitle: Startup.wide.title, dwX: own.x, dwY: own.y, dwXSize: own.width, dwYSize: own.height,
        dwXCountChars: own.columns, dwYCountChars: own.rows, dwFillAttribute: own.fill, dwFlags: own.flags,
        wShowWindow: own.show, cbReserved2: 0, lpReserved2: nil, hStdInput: handle(UInt(own.handles.0)),
        hStdOutput: handle(UInt(own.handles.1)), hStdError: handle(UInt(own.handles.2)))
}
