import CLinux
public import CWin32
import Dispatcher
import Signalbox

// Priorities, and the processors that threads run on: see Priorities in Sources/Dispatcher.

private func code(_ failure: Priorities.Failure) -> Int32 {
    switch failure {
    case .notALevel: ERROR_INVALID_PARAMETER
    case .notAllowed: ERROR_PRIVILEGE_NOT_HELD
    case .noSuchThread: ERROR_INVALID_HANDLE
    case .hasEnded: ERROR_ACCESS_DENIED
    }
}

private typealias Class = Priorities.Class

private let classes: [(DWORD, Class)] = [
    (DWORD(IDLE_PRIORITY_CLASS), .idle), (DWORD(BELOW_NORMAL_PRIORITY_CLASS), .belowNormal),
    (DWORD(NORMAL_PRIORITY_CLASS), .normal), (DWORD(ABOVE_NORMAL_PRIORITY_CLASS), .aboveNormal),
    (DWORD(HIGH_PRIORITY_CLASS), .high), (DWORD(REALTIME_PRIORITY_CLASS), .realtime),
]

/// The thread object of a handle with one of these rights; `.none`, with the last error set, if it is none.
private func threadObject(_ thread: HANDLE?, needingOneOf access: Int32) -> ObjectName {
    let object = threadObject(thread)
    if object == .none || value(thread) == Pseudo.thread || isGranted(thread, oneOf: access) { return object }
    _ = failure(ERROR_ACCESS_DENIED)
    return .none
}

private let setting = THREAD_SET_INFORMATION | THREAD_SET_LIMITED_INFORMATION
private let querying = THREAD_QUERY_INFORMATION | THREAD_QUERY_LIMITED_INFORMATION
private let queryingProcess = PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION

// ---- threads

@c(SetThreadPriority) @implementation public func __SetThreadPriority(_ thread: HANDLE?, _ level: Int32) -> BOOL {
    let object = threadObject(thread, needingOneOf: setting)
    guard object != .none else { return 0 }
    do throws(Priorities.Failure) {
        try Priorities.setLevel(object, Int(level))
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(GetThreadPriority) @implementation public func __GetThreadPriority(_ thread: HANDLE?) -> Int32 {
    let object = threadObject(thread, needingOneOf: querying)
    guard object != .none else { return THREAD_PRIORITY_ERROR_RETURN }
    do throws(Priorities.Failure) {
        return Int32(try Priorities.level(object))
    } catch {
        _ = failure(code(error))
        return THREAD_PRIORITY_ERROR_RETURN
    }
}

@c(SetThreadPriorityBoost) @implementation
public func __SetThreadPriorityBoost(_ thread: HANDLE?, _ disable: BOOL) -> BOOL {
    let object = threadObject(thread, needingOneOf: setting)
    guard object != .none else { return 0 }
    do throws(Priorities.Failure) {
        try Priorities.setDisablesBoost(object, disable != 0)
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(GetThreadPriorityBoost) @implementation
public func __GetThreadPriorityBoost(_ thread: HANDLE?, _ disable: PBOOL?) -> BOOL {
    let object = threadObject(thread, needingOneOf: querying)
    guard object != .none else { return 0 }
    guard let disable else { return failure(ERROR_NOACCESS) }
    do throws(Priorities.Failure) {
        disable.pointee = try Priorities.disablesBoost(object) ? 1 : 0
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(SetThreadIdealProcessor) @implementation
public func __SetThreadIdealProcessor(_ thread: HANDLE?, _ processor: DWORD) -> DWORD {
    let object = threadObject(thread, needingOneOf: setting)
    guard object != .none else { return DWORD.max }
    do throws(Priorities.Failure) {
        let isQuery = processor == DWORD(MAXIMUM_PROCESSORS)
        if let before = try Priorities.ideal(object, isQuery ? nil : processor) { return before }
        _ = failure(ERROR_INVALID_PARAMETER)
    } catch {
        _ = failure(code(error))
    }
    return DWORD.max
}

@c(SetThreadAffinityMask) @implementation
public func __SetThreadAffinityMask(_ thread: HANDLE?, _ mask: DWORD_PTR) -> DWORD_PTR {
    let object = threadObject(thread, needingOneOf: setting)
    guard object != .none else { return 0 }
    do throws(Priorities.Failure) {
        if let before = try Priorities.setMask(object, UInt64(mask)) { return DWORD_PTR(before) }
        _ = failure(ERROR_INVALID_PARAMETER)
    } catch {
        _ = failure(code(error))
    }
    return 0
}

// ---- processes

/// The process of a handle with one of these rights, which runs; nil, with the last error set, if it is none. (The id of
/// one that has ended may be another's.)
private func runningProcess(_ handle: HANDLE?, needingOneOf access: Int32) -> NativeProcess? {
    guard let process = process(handle, needingOneOf: access) else { return nil }
    if isOwnProcess(handle) { return process }
    if case .running = process.status { return process }
    _ = failure(ERROR_ACCESS_DENIED)
    return nil
}

@c(SetPriorityClass) @implementation public func __SetPriorityClass(_ handle: HANDLE?, _ wanted: DWORD) -> BOOL {
    guard let found = classes.first(where: { $0.0 == wanted }) else { return failure(ERROR_INVALID_PARAMETER) }
    enter()
    defer { leave() }
    guard let process = runningProcess(handle, needingOneOf: PROCESS_SET_INFORMATION) else { return 0 }
    do throws(Priorities.Failure) {
        if isOwnProcess(handle) {
            try Priorities.setProcessClass(found.1)
        } else {
            try Priorities.setProcessClass(found.1, of: UInt32(process.pid))
        }
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(GetPriorityClass) @implementation public func __GetPriorityClass(_ handle: HANDLE?) -> DWORD {
    enter()
    defer { leave() }
    guard let process = runningProcess(handle, needingOneOf: queryingProcess) else { return 0 }
    let found = isOwnProcess(handle) ? Priorities.processClass : Priorities.processClass(of: UInt32(process.pid))
    guard let found else { return DWORD(failure(ERROR_GEN_FAILURE)) }
    return classes.first { $0.1 == found }?.0 ?? 0
}

/// Whether the handle has the right, and is this process's; another's boosts nobody keeps. If not, the last error is set.
private func isThisProcess(_ handle: HANDLE?, needingOneOf access: Int32) -> Bool {
    guard runningProcess(handle, needingOneOf: access) != nil else { return false }
    if isOwnProcess(handle) { return true }
    _ = failure(ERROR_NOT_SUPPORTED)
    return false
}

@c(SetProcessPriorityBoost) @implementation
public func __SetProcessPriorityBoost(_ handle: HANDLE?, _ disable: BOOL) -> BOOL {
    enter()
    defer { leave() }
    guard isThisProcess(handle, needingOneOf: PROCESS_SET_INFORMATION) else { return 0 }
    Priorities.setProcessDisablesBoost(disable != 0)
    return 1
}

@c(GetProcessPriorityBoost) @implementation
public func __GetProcessPriorityBoost(_ handle: HANDLE?, _ disable: PBOOL?) -> BOOL {
    enter()
    defer { leave() }
    guard isThisProcess(handle, needingOneOf: queryingProcess) else { return 0 }
    guard let disable else { return failure(ERROR_NOACCESS) }
    disable.pointee = Priorities.processDisablesBoost ? 1 : 0
    return 1
}

@c(GetProcessAffinityMask) @implementation public func __GetProcessAffinityMask(
    _ handle: HANDLE?, _ processMask: PDWORD_PTR?, _ systemMask: PDWORD_PTR?
) -> BOOL {
    enter()
    defer { leave() }
    guard let process = runningProcess(handle, needingOneOf: queryingProcess) else { return 0 }
    guard let processMask, let systemMask else { return failure(ERROR_NOACCESS) }
    let masks = Priorities.masks
    processMask.pointee = DWORD_PTR(isOwnProcess(handle) ? masks.process : signalbox_affinity(UInt32(process.pid)))
    systemMask.pointee = DWORD_PTR(masks.system)
    return 1
}

@c(SetProcessAffinityMask) @implementation
public func __SetProcessAffinityMask(_ handle: HANDLE?, _ mask: DWORD_PTR) -> BOOL {
    enter()
    defer { leave() }
    guard let process = runningProcess(handle, needingOneOf: PROCESS_SET_INFORMATION) else { return 0 }
    do throws(Priorities.Failure) {
        let isDone =
            isOwnProcess(handle)
            ? Priorities.setProcessMask(UInt64(mask))
            : try Priorities.setMask(UInt64(mask), of: UInt32(process.pid))
        return isDone ? 1 : failure(ERROR_INVALID_PARAMETER)
    } catch {
        return failure(code(error))
    }
}
