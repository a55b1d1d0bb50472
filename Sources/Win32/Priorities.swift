import CLinux
public import CWin32
import Dispatcher

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

/// Whether the handle is this process's; if not, the last error is set.
private func isThisProcess(_ process: HANDLE?) -> Bool {
    if value(process) == Pseudo.process { return true }
    _ = failure(ERROR_INVALID_HANDLE)
    return false
}

// ---- threads

@c(SetThreadPriority) @implementation public func __SetThreadPriority(_ thread: HANDLE?, _ level: Int32) -> BOOL {
    let object = threadObject(thread)
    guard object != .none else { return 0 }
    do throws(Priorities.Failure) {
        try Priorities.setLevel(object, Int(level))
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(GetThreadPriority) @implementation public func __GetThreadPriority(_ thread: HANDLE?) -> Int32 {
    let object = threadObject(thread)
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
    let object = threadObject(thread)
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
    let object = threadObject(thread)
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
    let object = threadObject(thread)
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
    let object = threadObject(thread)
    guard object != .none else { return 0 }
    do throws(Priorities.Failure) {
        if let before = try Priorities.setMask(object, UInt64(mask)) { return DWORD_PTR(before) }
        _ = failure(ERROR_INVALID_PARAMETER)
    } catch {
        _ = failure(code(error))
    }
    return 0
}

// ---- the process

@c(SetPriorityClass) @implementation public func __SetPriorityClass(_ process: HANDLE?, _ wanted: DWORD) -> BOOL {
    guard let found = classes.first(where: { $0.0 == wanted }) else { return failure(ERROR_INVALID_PARAMETER) }
    guard isThisProcess(process) else { return 0 }
    do throws(Priorities.Failure) {
        try Priorities.setProcessClass(found.1)
        return 1
    } catch {
        return failure(code(error))
    }
}

@c(GetPriorityClass) @implementation public func __GetPriorityClass(_ process: HANDLE?) -> DWORD {
    guard isThisProcess(process) else { return 0 }
    let found = Priorities.processClass
    return classes.first { $0.1 == found }?.0 ?? 0
}

@c(SetProcessPriorityBoost) @implementation
public func __SetProcessPriorityBoost(_ process: HANDLE?, _ disable: BOOL) -> BOOL {
    guard isThisProcess(process) else { return 0 }
    Priorities.setProcessDisablesBoost(disable != 0)
    return 1
}

@c(GetProcessPriorityBoost) @implementation
public func __GetProcessPriorityBoost(_ process: HANDLE?, _ disable: PBOOL?) -> BOOL {
    guard isThisProcess(process) else { return 0 }
    guard let disable else { return failure(ERROR_NOACCESS) }
    disable.pointee = Priorities.processDisablesBoost ? 1 : 0
    return 1
}

@c(GetProcessAffinityMask) @implementation public func __GetProcessAffinityMask(
    _ process: HANDLE?, _ processMask: PDWORD_PTR?, _ systemMask: PDWORD_PTR?
) -> BOOL {
    guard isThisProcess(process) else { return 0 }
    guard let processMask, let systemMask else { return failure(ERROR_NOACCESS) }
    let masks = Priorities.masks
    processMask.pointee = DWORD_PTR(masks.process)
    systemMask.pointee = DWORD_PTR(masks.system)
    return 1
}

@c(SetProcessAffinityMask) @implementation
public func __SetProcessAffinityMask(_ process: HANDLE?, _ mask: DWORD_PTR) -> BOOL {
    guard isThisProcess(process) else { return 0 }
    return Priorities.setProcessMask(UInt64(mask)) ? 1 : failure(ERROR_INVALID_PARAMETER)
}
