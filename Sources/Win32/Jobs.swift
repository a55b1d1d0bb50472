import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Jobs.

/// The job of a handle with the right; nil, with the last error set, if it is none.
private func job(_ handle: HANDLE?, needing access: Int32) -> Job? {
    let object = HandleTable.find(value(handle), [])
    guard object != .none, let job = Job.of(object) else {
        _ = failure(ERROR_INVALID_HANDLE)
        return nil
    }
    guard isGranted(handle, oneOf: access) else {
        _ = failure(ERROR_ACCESS_DENIED)
        return nil
    }
    return job
}

private func createJob(_ name: GivenName, _ attributes: LPSECURITY_ATTRIBUTES?) -> HANDLE? {
    createObject(.job, name, attributes) { () throws(DispatcherError) in try Job.make(handles: 1) }
}

@c(CreateJobObjectA) @implementation
public func __CreateJobObjectA(_ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCSTR?) -> HANDLE? {
    createJob(GivenName(name), attributes)
}

@c(CreateJobObjectW) @implementation
public func __CreateJobObjectW(_ attributes: LPSECURITY_ATTRIBUTES?, _ name: LPCWSTR?) -> HANDLE? {
    createJob(GivenName(name), attributes)
}

@c(OpenJobObjectA) @implementation
public func __OpenJobObjectA(_ access: DWORD, _ inherit: BOOL, _ name: LPCSTR?) -> HANDLE? {
    openObject(.job, GivenName(name), access, inherits: inherit)
}

@c(OpenJobObjectW) @implementation
public func __OpenJobObjectW(_ access: DWORD, _ inherit: BOOL, _ name: LPCWSTR?) -> HANDLE? {
    openObject(.job, GivenName(name), access, inherits: inherit)
}

@c(AssignProcessToJobObject) @implementation
public func __AssignProcessToJobObject(_ jobHandle: HANDLE?, _ processHandle: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    guard let job = job(jobHandle, needing: JOB_OBJECT_ASSIGN_PROCESS),
        // "The handle must have the PROCESS_SET_QUOTA and PROCESS_TERMINATE access rights."
        process(processHandle, needingOneOf: PROCESS_SET_QUOTA) != nil,
        let process = process(processHandle, needingOneOf: PROCESS_TERMINATE)
    else { return 0 }
    switch job.assign(process) {
    case 0: return 1
    case EACCES: return failure(ERROR_ACCESS_DENIED)
    default: return failure(ERROR_NO_SYSTEM_RESOURCES)
    }
}

@c(TerminateJobObject) @implementation public func __TerminateJobObject(_ handle: HANDLE?, _ code: UINT) -> BOOL {
    enter()
    defer { leave() }
    guard let job = job(handle, needing: JOB_OBJECT_TERMINATE) else { return 0 }
    job.terminate(code)
    return 1
}

@c(IsProcessInJob) @implementation
public func __IsProcessInJob(_ processHandle: HANDLE?, _ jobHandle: HANDLE?, _ result: PBOOL?) -> BOOL {
    enter()
    defer { leave() }
    let rights = PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION
    guard let process = process(processHandle, needingOneOf: rights) else { return 0 }
    // "If this parameter is NULL, the function tests if the process is running under any job."
    guard jobHandle != nil else {
        guard let result else { return failure(ERROR_NOACCESS) }
        result.pointee = Job.isInSome(process) ? 1 : 0
        return 1
    }
    guard let job = job(jobHandle, needing: JOB_OBJECT_QUERY) else { return 0 }
    guard let result else { return failure(ERROR_NOACCESS) }
    result.pointee = job.contains(process) ? 1 : 0
    return 1
}

// ---- limits and accounts

private let allLimits = DWORD(0x7FFF)  // those that Windows knows in JOBOBJECT_EXTENDED_LIMIT_INFORMATION
private let basicLimits = DWORD(0xFF)  // and in JOBOBJECT_BASIC_LIMIT_INFORMATION
private let ourLimits =
    DWORD(JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | JOB_OBJECT_LIMIT_BREAKAWAY_OK)
    | DWORD(JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)

private func setLimits(_ job: Job, _ flags: DWORD, known: DWORD) -> BOOL {
    guard flags & ~known == 0 else { return failure(ERROR_INVALID_PARAMETER) }
    // Limits on time, memory, number, priority: not without a control group.
    guard flags & ~ourLimits == 0 else { return failure(ERROR_NOT_SUPPORTED) }
    return job.setLimits(Job.Limits(rawValue: flags)) == 0 ? 1 : failure(ERROR_NO_SYSTEM_RESOURCES)
}

@c(SetInformationJobObject) @implementation public func __SetInformationJobObject(
    _ handle: HANDLE?, _ which: JOBOBJECTINFOCLASS, _ information: LPVOID?, _ size: DWORD
) -> BOOL {
    enter()
    defer { leave() }
    guard let job = job(handle, needing: JOB_OBJECT_SET_ATTRIBUTES) else { return 0 }
    switch which {
    case JobObjectBasicLimitInformation:
        guard Int(size) == MemoryLayout<JOBOBJECT_BASIC_LIMIT_INFORMATION>.size else {
            return failure(ERROR_BAD_LENGTH)
        }
        guard let information else { return failure(ERROR_NOACCESS) }
        let limits = information.loadUnaligned(as: JOBOBJECT_BASIC_LIMIT_INFORMATION.self)
        return setLimits(job, limits.LimitFlags, known: basicLimits)
    case JobObjectExtendedLimitInformation:
        guard Int(size) == MemoryLayout<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>.size else {
            return failure(ERROR_BAD_LENGTH)
        }
        guard let information else { return failure(ERROR_NOACCESS) }
        let limits = information.loadUnaligned(as: JOBOBJECT_EXTENDED_LIMIT_INFORMATION.self)
        return setLimits(job, limits.BasicLimitInformation.LimitFlags, known: allLimits)
    default:
        return failure(ERROR_INVALID_PARAMETER)
    }
}

@c(QueryInformationJobObject) @implementation public func __QueryInformationJobObject(
    _ handle: HANDLE?, _ which: JOBOBJECTINFOCLASS, _ information: LPVOID?, _ size: DWORD, _ needed: LPDWORD?
) -> BOOL {
    enter()
    defer { leave() }
    // The job of the calling process, which a process does not know here: its owner does.
    guard handle != nil else { return failure(ERROR_ACCESS_DENIED) }
    guard let job = job(handle, needing: JOB_OBJECT_QUERY) else { return 0 }
    func put<T>(_ value: T) -> BOOL {
        guard Int(size) == MemoryLayout<T>.size else {
            needed?.pointee = DWORD(MemoryLayout<T>.size)
            return failure(ERROR_BAD_LENGTH)
        }
        guard let information else { return failure(ERROR_NOACCESS) }
        withUnsafeBytes(of: value) { information.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        needed?.pointee = DWORD(MemoryLayout<T>.size)
        return 1
    }
    switch which {
    case JobObjectBasicAccountingInformation:
        let (assigned, kernel, user) = job.account
        let active = DWORD(job.processes.count)
        var account = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION()
        account.TotalUserTime.QuadPart = LONGLONG(user)
        account.TotalKernelTime.QuadPart = LONGLONG(kernel)
        account.ThisPeriodTotalUserTime = account.TotalUserTime
        account.ThisPeriodTotalKernelTime = account.TotalKernelTime
        account.TotalProcesses = max(assigned, active)
        account.ActiveProcesses = active
        return put(account)
    case JobObjectBasicLimitInformation:
        var limits = JOBOBJECT_BASIC_LIMIT_INFORMATION()
        limits.LimitFlags = job.limits.rawValue & basicLimits
        return put(limits)
    case JobObjectExtendedLimitInformation:
        var limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION()
        limits.BasicLimitInformation.LimitFlags = job.limits.rawValue
        return put(limits)
    case JobObjectBasicProcessIdList:
        let head = 8
        guard Int(size) >= MemoryLayout<JOBOBJECT_BASIC_PROCESS_ID_LIST>.size else {
            needed?.pointee = DWORD(MemoryLayout<JOBOBJECT_BASIC_PROCESS_ID_LIST>.size)
            return failure(ERROR_BAD_LENGTH)
        }
        guard let information else { return failure(ERROR_NOACCESS) }
        let pids = job.processes
        let fitting = pids.prefix((Int(size) - head) / MemoryLayout<ULONG_PTR>.size)
        information.storeBytes(of: DWORD(pids.count), as: DWORD.self)
        information.storeBytes(of: DWORD(fitting.count), toByteOffset: 4, as: DWORD.self)
        for (index, pid) in fitting.enumerated() {
            information.storeBytes(of: ULONG_PTR(pid), toByteOffset: head + 8 * index, as: ULONG_PTR.self)
        }
        needed?.pointee = DWORD(head + 8 * fitting.count)
        return fitting.count == pids.count ? 1 : failure(ERROR_MORE_DATA)
    default:
        return failure(ERROR_INVALID_PARAMETER)
    }
}
