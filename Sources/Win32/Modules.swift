import CLinux
public import CWin32
import Glibc
import Signalbox
import Synchronization

// Modules: ELF shared objects. A module is named by the address at which it lies, as on Windows. Those that the program
// has loaded by LoadLibrary, or has referred to by GetModuleHandleEx, are in a list, with a count; the others are the
// system's, which knows them. The list is touched under the loader's lock, which may be entered again and is held during
// calls of DllMain, as on Windows.

private typealias DllMain = @convention(c) (HMODULE?, DWORD, LPVOID?) -> BOOL

private struct Module {
    let base: UnsafeMutableRawPointer
    /// What dlopen(3) has given.
    let handle: UnsafeMutableRawPointer
    var count = 1
    var isPinned = false
    /// nil: it has none, or was not loaded by LoadLibrary.
    var main: DllMain?
    var callsThreads = true

    func call(_ reason: Int32, _ reserved: LPVOID? = nil) -> Bool {
        guard let main else { return true }
        return outside { main(HMODULE(base), DWORD(reason), reserved) } != 0
    }
}

/// A lock that its holder may take again. He is not inside meanwhile: he may be stopped while he has it, in DllMain.
private final class LoaderLock: Sendable {
    // Sendable: atomics that are never freed.
    nonisolated(unsafe) private let word = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
    private let owner = Atomic<UInt32>(0)
    private let depth = Atomic<Int>(0)  // the owner's

    init() { word.initialize(to: Atomic(0)) }

    func withLock<R>(_ body: () -> R) -> R {
        let own = signalbox_thread_id()
        if owner.load(ordering: .relaxed) != own {
            if !word.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged {
                while word.pointee.exchange(2, ordering: .acquiring) != 0 { AddressWait.sleep(word, while: 2) }
            }
            owner.store(own, ordering: .relaxed)
        }
        depth.wrappingAdd(1, ordering: .relaxed)
        defer {
            if depth.wrappingSubtract(1, ordering: .relaxed).newValue == 0 {
                owner.store(0, ordering: .relaxed)
                if word.pointee.exchange(0, ordering: .releasing) == 2 { AddressWait.wakeOne(word) }
            }
        }
        return body()
    }
}

enum Modules {
    private static let lock = LoaderLock()
    /// Sendable: under the lock.
    private nonisolated(unsafe) static var list: [Module] = []

    private static func index(of module: UnsafeMutableRawPointer) -> Int? { list.firstIndex { $0.base == module } }

    // ---- loading

    /// Why a module was not loaded.
    private static func code(ofLoaderError text: String) -> Int32 {
        if text.contains("undefined symbol") { return ERROR_PROC_NOT_FOUND }
        let isNoModule = ["ELF", "file too short", "cannot read file data"].contains { text.contains($0) }
        return isNoModule ? ERROR_BAD_EXE_FORMAT : ERROR_MOD_NOT_FOUND
    }

    /// As dlopen(3) is given it: the module's path is what it was loaded by, and is to mean the same in another folder.
    private static func absolute(_ name: String) -> String {
        guard name.contains("/"), !name.hasPrefix("/"), let folder = getcwd(nil, 0) else { return name }
        defer { Glibc.free(folder) }
        return String(cString: folder) + "/" + (name.hasPrefix("./") ? String(name.dropFirst(2)) : name)
    }

    /// What a name may mean, first things first. One without a folder is looked for beside the program, where dlopen(3)
    /// looks, and in the current folder.
    private static func candidates(_ name: String) -> [String] {
        let path = String(name.map { $0 == "\\" ? "/" : $0 })
        let last = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        var names = [path]
        if last.hasSuffix(".") {
            names = [String(path.dropLast())]  // "no extension"
        } else if last.lowercased().hasSuffix(".dll") {
            names.append(path.dropLast(4) + ".so")
        } else if !last.contains(".") {
            names.append(path + ".so")
        }
        guard !path.contains("/") else { return names }
        let program = signalbox_program_module().map { Modules.path($0) } ?? ""
        let folder = program.prefix(through: program.lastIndex(of: "/") ?? program.startIndex)
        return names.map { folder + $0 } + names + names.map { "./" + $0 }
    }

    static func load(_ name: String) -> HMODULE? {
        if let own = ownLibrary(name) { return refer(own) }
        return lock.withLock { loadLocked(name) }
    }

    private static func loadLocked(_ name: String) -> HMODULE? {
        var failed = ERROR_MOD_NOT_FOUND
        for candidate in candidates(name) {
            guard let handle = dlopen(absolute(candidate), RTLD_NOW | RTLD_LOCAL) else {
                let code = code(ofLoaderError: dlerror().map { String(cString: $0) } ?? "")
                if code != ERROR_MOD_NOT_FOUND { failed = code }
                if failed != ERROR_MOD_NOT_FOUND { break }
                continue
            }
            guard let base = signalbox_module_of_handle(handle) else { continue }
            if let index = index(of: base) {
                list[index].count += 1
                dlclose(handle)  // one reference is enough
                return HMODULE(base)
            }
            var module = Module(base: base, handle: handle)
            module.main = symbol("DllMain", in: base, handle).map { unsafeBitCast($0, to: DllMain.self) }
            list.append(module)
            guard module.main != nil else { return HMODULE(base) }
            ThreadEnds.areBeginsUsed
            atExit
            if module.call(DLL_PROCESS_ATTACH) { return HMODULE(base) }
            // "The system immediately calls your entry-point function with DLL_PROCESS_DETACH and unloads the DLL."
            _ = module.call(DLL_PROCESS_DETACH)
            list.removeAll { $0.base == base }
            dlclose(handle)
            _ = failure(ERROR_DLL_INIT_FAILED)
            return nil
        }
        _ = failure(failed)
        return nil
    }

    static func free(_ module: UnsafeMutableRawPointer) -> BOOL {
        lock.withLock {
            guard let index = index(of: module) else {
                // One that the program is linked with stays, whoever gives it back.
                return signalbox_module_at(module) == module ? 1 : failure(ERROR_MOD_NOT_FOUND)
            }
            guard !list[index].isPinned else { return 1 }
            list[index].count -= 1
            guard list[index].count == 0 else { return 1 }
            let gone = list[index]
            list[index].callsThreads = false
            _ = gone.call(DLL_PROCESS_DETACH)
            list.removeAll { $0.base == module }
            dlclose(gone.handle)
            return 1
        }
    }

    /// Modules that are loaded when the process exits are told.
    private static let atExit: Void = {
        atexit {
            enter()
            defer { leave() }
            Modules.lock.withLock {
                // Not NULL: the process ends.
                for module in list.reversed() { _ = module.call(DLL_PROCESS_DETACH, LPVOID(bitPattern: 1)) }
                list = []
            }
        }
    }()

    // ---- threads

    static func threadBegins() { tell(DLL_THREAD_ATTACH, list: { $0 }) }
    static func threadEnds() { tell(DLL_THREAD_DETACH, list: { $0.reversed() }) }

    private static func tell(_ reason: Int32, list order: ([Module]) -> [Module]) {
        enter()
        defer { leave() }
        lock.withLock {
            for module in order(list) where module.main != nil && module.callsThreads {
                // One that was freed by a call before this one is not called any more.
                guard index(of: module.base) != nil else { continue }
                _ = module.call(reason)
            }
        }
    }

    static func disableThreadCalls(_ module: UnsafeMutableRawPointer) -> BOOL {
        lock.withLock {
            if let index = index(of: module) {
                list[index].callsThreads = false
                return 1
            }
            return signalbox_module_at(module) == module ? 1 : failure(ERROR_MOD_NOT_FOUND)
        }
    }

    // ---- finding

    static func path(_ module: UnsafeMutableRawPointer) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { path in
            let length = signalbox_module_path(module, path.baseAddress!, path.count)
            return length == 0 ? "" : String(cString: path.baseAddress!)
        }
    }

    /// The module that has the Win32 functions, if that is what the name stands for on Windows.
    private static func ownLibrary(_ name: String) -> UnsafeMutableRawPointer? {
        var name = name.lowercased()
        if name.hasSuffix(".dll") { name.removeLast(4) }
        guard ["kernel32", "kernelbase", "user32", "advapi32", "ws2_32", "mswsock"].contains(name) else { return nil }
        let function: @convention(c) () -> DWORD = __GetLastError
        return signalbox_module_at(unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }

    static func find(_ name: String) -> UnsafeMutableRawPointer? {
        if let own = ownLibrary(name) { return own }
        let path = String(name.map { $0 == "\\" ? "/" : $0 })
        if let found = signalbox_module_named(path) { return found }
        if path.lowercased().hasSuffix(".dll") { return signalbox_module_named(path.dropLast(4) + ".so") }
        return signalbox_module_named(path + ".so")
    }

    /// Adds a reference to a module that is loaded.
    static func refer(_ module: UnsafeMutableRawPointer, isPinned: Bool = false) -> HMODULE {
        lock.withLock {
            if let index = index(of: module) {
                list[index].count += 1
                list[index].isPinned = list[index].isPinned || isPinned
            } else if let handle = openLoaded(module) {
                list.append(Module(base: module, handle: handle, isPinned: isPinned))
            }
            return HMODULE(module)
        }
    }

    /// A handle of dlopen(3) for a module that is loaded.
    private static func openLoaded(_ module: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        if module == signalbox_program_module() { return dlopen(nil, RTLD_LAZY) }
        return dlopen(path(module), RTLD_LAZY | RTLD_NOLOAD)
    }

    /// dlsym(3) looks in what a module depends on, too; a module exports what is its own.
    private static func symbol(
        _ name: String, in module: UnsafeMutableRawPointer, _ handle: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer? {
        guard let found = dlsym(handle, name), signalbox_module_at(found) == module else { return nil }
        return found
    }

    static func function(_ name: String, in module: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        lock.withLock {
            guard signalbox_module_at(module) == module else {
                _ = failure(ERROR_MOD_NOT_FOUND)
                return nil
            }
            let known = index(of: module).map { list[$0].handle }
            guard let handle = known ?? openLoaded(module) else {
                _ = failure(ERROR_MOD_NOT_FOUND)
                return nil
            }
            defer { if known == nil { dlclose(handle) } }
            if let found = symbol(name, in: module, handle) { return found }
            // Functions that libc has too bear another name in the library.
            if module == ownLibrary("kernel32"), let found = symbol("signalbox_" + name, in: module, handle) {
                return found
            }
            _ = failure(ERROR_PROC_NOT_FOUND)
            return nil
        }
    }
}

// ---- the functions

private func text(_ name: LPCWSTR) -> String { String(decodingCString: name, as: UTF16.self) }

private func load(_ name: String?) -> HMODULE? {
    guard let name, !name.isEmpty else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    return Modules.load(name)
}

@c(LoadLibraryA) @implementation public func __LoadLibraryA(_ name: LPCSTR?) -> HMODULE? {
    enter()
    defer { leave() }
    return load(name.map { String(cString: $0) })
}

@c(LoadLibraryW) @implementation public func __LoadLibraryW(_ name: LPCWSTR?) -> HMODULE? {
    enter()
    defer { leave() }
    return load(name.map { text($0) })
}

@c(FreeLibrary) @implementation public func __FreeLibrary(_ module: HMODULE?) -> BOOL {
    enter()
    defer { leave() }
    guard let module else { return failure(ERROR_INVALID_HANDLE) }
    return Modules.free(UnsafeMutableRawPointer(module))
}

@c(DisableThreadLibraryCalls) @implementation public func __DisableThreadLibraryCalls(_ module: HMODULE?) -> BOOL {
    enter()
    defer { leave() }
    guard let module else { return failure(ERROR_MOD_NOT_FOUND) }
    return Modules.disableThreadCalls(UnsafeMutableRawPointer(module))
}

@c(GetProcAddress) @implementation public func __GetProcAddress(_ module: HMODULE?, _ name: LPCSTR?) -> FARPROC? {
    enter()
    defer { leave() }
    guard let name, UInt(bitPattern: name) >= 0x10000 else {
        _ = failure(ERROR_INVALID_ORDINAL)  // an ordinal, which ELF has not
        return nil
    }
    guard let module = module.map({ UnsafeMutableRawPointer($0) }) ?? signalbox_program_module() else { return nil }
    return Modules.function(String(cString: name), in: module).map { unsafeBitCast($0, to: FARPROC.self) }
}

/// nil: the program.
private func find(_ name: String?) -> UnsafeMutableRawPointer? {
    let found = if let name { Modules.find(name) } else { signalbox_program_module() }
    if found == nil { _ = failure(ERROR_MOD_NOT_FOUND) }
    return found
}

@c(GetModuleHandleA) @implementation public func __GetModuleHandleA(_ name: LPCSTR?) -> HMODULE? {
    enter()
    defer { leave() }
    return find(name.map { String(cString: $0) }).map { HMODULE($0) }
}

@c(GetModuleHandleW) @implementation public func __GetModuleHandleW(_ name: LPCWSTR?) -> HMODULE? {
    enter()
    defer { leave() }
    return find(name.map { text($0) }).map { HMODULE($0) }
}

private func handle(
    _ flags: DWORD, _ name: UnsafeRawPointer?, _ result: UnsafeMutablePointer<HMODULE?>?, _ text: () -> String?
) -> BOOL {
    let pin = DWORD(GET_MODULE_HANDLE_EX_FLAG_PIN)
    let unchanged = DWORD(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)
    let address = DWORD(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)
    guard let result else { return failure(ERROR_INVALID_PARAMETER) }
    result.pointee = nil
    guard flags & ~(pin | unchanged | address) == 0, flags & (pin | unchanged) != pin | unchanged,
        flags & address == 0 || name != nil
    else { return failure(ERROR_INVALID_PARAMETER) }
    let found = flags & address != 0 ? signalbox_module_at(name) : find(text())
    guard let found else { return failure(ERROR_MOD_NOT_FOUND) }
    if flags & unchanged != 0 {
        result.pointee = HMODULE(found)
    } else {
        result.pointee = Modules.refer(found, isPinned: flags & pin != 0)
    }
    return 1
}

@c(GetModuleHandleExA) @implementation public func __GetModuleHandleExA(
    _ flags: DWORD, _ name: LPCSTR?, _ module: UnsafeMutablePointer<HMODULE?>?
) -> BOOL {
    enter()
    defer { leave() }
    return handle(flags, name, module) { name.map { String(cString: $0) } }
}

@c(GetModuleHandleExW) @implementation public func __GetModuleHandleExW(
    _ flags: DWORD, _ name: LPCWSTR?, _ module: UnsafeMutablePointer<HMODULE?>?
) -> BOOL {
    enter()
    defer { leave() }
    return handle(flags, name, module) { name.map { text($0) } }
}

/// Copies the path of the module, of which `units` are the code units, with a 0 at its end.
private func copyPath<Unit: FixedWidthInteger>(
    _ module: HMODULE?, _ target: UnsafeMutablePointer<Unit>?, _ size: DWORD, _ units: (String) -> [Unit]
) -> DWORD {
    let base = module.map { UnsafeMutableRawPointer($0) } ?? signalbox_program_module()
    let path = base.map { Modules.path($0) } ?? ""
    guard !path.isEmpty else { return DWORD(failure(ERROR_MOD_NOT_FOUND)) }
    let units = units(path)
    guard let target, size > 0 else { return DWORD(failure(ERROR_INSUFFICIENT_BUFFER)) }
    let copied = min(units.count, Int(size) - 1)
    for place in 0..<copied { target[place] = units[place] }
    target[copied] = 0
    guard copied == units.count else {
        _ = failure(ERROR_INSUFFICIENT_BUFFER)
        return size
    }
    signalbox_thread().pointee.lastError = 0
    return DWORD(copied)
}

@c(GetModuleFileNameA) @implementation
public func __GetModuleFileNameA(_ module: HMODULE?, _ target: LPSTR?, _ size: DWORD) -> DWORD {
    enter()
    defer { leave() }
    return copyPath(module, target, size) { $0.utf8.map { CChar(bitPattern: $0) } }
}

@c(GetModuleFileNameW) @implementation
public func __GetModuleFileNameW(_ module: HMODULE?, _ target: LPWSTR?, _ size: DWORD) -> DWORD {
    enter()
    defer { leave() }
    return copyPath(module, target, size) { Array($0.utf16) }
}
