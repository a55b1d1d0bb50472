import CLinux
public import CWin32
import Dispatcher
import Signalbox

// The thread pool: pools, work, timers, waits, cleanup groups, and what a callback does with its instance.

/// Keeps a module loaded.
final class ModuleReference: Sendable {
    private let module: UInt

    /// nil: there is no module at that address.
    init?(_ address: PVOID) {
        var module: HMODULE?
        let flags = DWORD(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)
        guard __GetModuleHandleExA(flags, LPCSTR(OpaquePointer(address)), &module) != 0 else { return nil }
        self.module = UInt(bitPattern: module)
    }
    deinit { _ = __FreeLibrary(HMODULE(bitPattern: module)) }
}

/// What an environment says about an object.
struct Environment {
    var pool = ThreadPool.shared
    var traits = PoolObject.Traits()
    var group: CleanupGroup?
    var cancelled: CleanupGroup.Cancelled?
    /// What stays loaded while the object is there.
    var library: ModuleReference?

    init?(_ environment: PTP_CALLBACK_ENVIRON?) {
        guard let environment else { return }
        // Field by field: version 1 is shorter.
        guard environment.pointee.Version == 1 || environment.pointee.Version == 3 else { return nil }
        if let module = environment.pointee.RaceDll {
            library = ModuleReference(module)
            if library == nil { return nil }
        }
        if let pool = environment.pointee.Pool { self.pool = ThreadPool.of(UnsafeRawPointer(pool)) }
        traits.runsLong = environment.pointee.u.Flags & 1 != 0
        traits.isPersistent = environment.pointee.u.Flags & 2 != 0
        if environment.pointee.Version == 3 {
            let given = Int(environment.pointee.CallbackPriority.rawValue)
            guard let priority = ThreadPool.Priority(rawValue: given) else { return nil }
            traits.priority = priority
        }
        if let group = environment.pointee.CleanupGroup {
            self.group = Unmanaged<CleanupGroup>.fromOpaque(UnsafeRawPointer(group)).takeUnretainedValue()
            if let routine = environment.pointee.CleanupGroupCancelCallback {
                let address = unsafeBitCast(routine, to: UInt.self)
                cancelled = { context, cleanupContext in
                    let routine = unsafeBitCast(address, to: PTP_CLEANUP_GROUP_CANCEL_CALLBACK.self)
                    outside { routine(PVOID(bitPattern: context), PVOID(bitPattern: cleanupContext)) }
                }
            }
        }
    }

    func make(_ role: PoolObject.Role, _ context: PVOID?, _ body: @escaping PoolObject.Body) -> PoolObject {
        let library = library
        return PoolObject(
            role, in: pool, traits, group: group, cancelled: cancelled, context: UInt(bitPattern: context)
        ) { object, instance, result in
            body(object, instance, result)
            _ = library
        }
    }
}

func pointer(_ object: PoolObject) -> OpaquePointer {
    OpaquePointer(Unmanaged.passUnretained(object).toOpaque())
}
func pointer(_ instance: CallbackInstance) -> OpaquePointer {
    OpaquePointer(Unmanaged.passUnretained(instance).toOpaque())
}
func object(_ pointer: OpaquePointer) -> PoolObject { PoolObject.of(UnsafeRawPointer(pointer)) }
private func pool(_ pointer: OpaquePointer) -> ThreadPool { ThreadPool.of(UnsafeRawPointer(pointer)) }

func noObject(_ code: Int32) -> OpaquePointer? {
    _ = failure(code)
    return nil
}

// ---- pools

@c(CreateThreadpool) @implementation public func __CreateThreadpool(_ reserved: PVOID?) -> PTP_POOL? {
    enter()
    defer { leave() }
    guard reserved == nil else { return noObject(ERROR_INVALID_PARAMETER) }
    do throws(DispatcherError) {
        return OpaquePointer(try ThreadPool().pointer())
    } catch {
        return noObject(code(error))
    }
}

@c(SetThreadpoolThreadMaximum) @implementation
public func __SetThreadpoolThreadMaximum(_ pointer: PTP_POOL?, _ most: DWORD) {
    enter()
    defer { leave() }
    if let pointer { pool(pointer).setMaximum(Int(min(most, 0x7FFF_FFFF))) }
}

@c(SetThreadpoolThreadMinimum) @implementation
public func __SetThreadpoolThreadMinimum(_ pointer: PTP_POOL?, _ least: DWORD) -> BOOL {
    enter()
    defer { leave() }
    guard let pointer, least <= 0x7FFF_FFFF else { return failure(ERROR_INVALID_PARAMETER) }
    return pool(pointer).setMinimum(Int(least)) ? 1 : failure(ERROR_NOT_ENOUGH_MEMORY)
}

@c(SetThreadpoolStackInformation) @implementation
public func __SetThreadpoolStackInformation(_ pointer: PTP_POOL?, _ information: PTP_POOL_STACK_INFORMATION?) -> BOOL {
    enter()
    defer { leave() }
    guard let pointer, let information else { return failure(ERROR_INVALID_PARAMETER) }
    let (reserve, commit) = (information.pointee.StackReserve, information.pointee.StackCommit)
    guard max(reserve, commit) <= 1 << 40 else { return failure(ERROR_INVALID_PARAMETER) }
    // 0 means the default (SetThreadpoolStackInformation). What is committed is touched by whoever needs it.
    pool(pointer).stack = (reserve: Int(reserve), commit: Int(commit))
    return 1
}

@c(QueryThreadpoolStackInformation) @implementation
public func __QueryThreadpoolStackInformation(
    _ pointer: PTP_POOL?, _ information: PTP_POOL_STACK_INFORMATION?
) -> BOOL {
    enter()
    defer { leave() }
    guard let pointer, let information else { return failure(ERROR_INVALID_PARAMETER) }
    let stack = pool(pointer).stack
    information.pointee = TP_POOL_STACK_INFORMATION(
        StackReserve: SIZE_T(stack.reserve), StackCommit: SIZE_T(stack.commit))
    return 1
}

@c(CloseThreadpool) @implementation public func __CloseThreadpool(_ pointer: PTP_POOL?) {
    enter()
    defer { leave() }
    if let pointer { pool(pointer).close() }
}

// ---- cleanup groups

@c(CreateThreadpoolCleanupGroup) @implementation
public func __CreateThreadpoolCleanupGroup() -> PTP_CLEANUP_GROUP? {
    enter()
    defer { leave() }
    return OpaquePointer(Unmanaged.passRetained(CleanupGroup()).toOpaque())
}

@c(CloseThreadpoolCleanupGroupMembers) @implementation
public func __CloseThreadpoolCleanupGroupMembers(_ group: PTP_CLEANUP_GROUP?, _ cancel: BOOL, _ context: PVOID?) {
    enter()
    defer { leave() }
    guard let group else { return }
    Unmanaged<CleanupGroup>.fromOpaque(UnsafeRawPointer(group)).takeUnretainedValue()
        .closeMembers(cancel: cancel != 0, UInt(bitPattern: context))
}

@c(CloseThreadpoolCleanupGroup) @implementation public func __CloseThreadpoolCleanupGroup(_ group: PTP_CLEANUP_GROUP?) {
    enter()
    defer { leave() }
    if let group { Unmanaged<CleanupGroup>.fromOpaque(UnsafeRawPointer(group)).release() }
}

// ---- a callback's instance

/// The instance, if the calling thread runs its callback: another's is not looked at.
private func instance(_ given: PTP_CALLBACK_INSTANCE?) -> CallbackInstance? {
    guard let current = CallbackInstance.current, pointer(current) == given else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    return current
}

@c(SetEventWhenCallbackReturns) @implementation
public func __SetEventWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE?, _ event: HANDLE?) {
    enter()
    defer { leave() }
    instance(pci)?.whenReturned { _ = __SetEvent(event) }
}

@c(ReleaseSemaphoreWhenCallbackReturns) @implementation
public func __ReleaseSemaphoreWhenCallbackReturns(
    _ pci: PTP_CALLBACK_INSTANCE?, _ semaphore: HANDLE?, _ count: DWORD
) {
    enter()
    defer { leave() }
    instance(pci)?.whenReturned { _ = __ReleaseSemaphore(semaphore, LONG(bitPattern: count), nil) }
}

@c(ReleaseMutexWhenCallbackReturns) @implementation
public func __ReleaseMutexWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE?, _ mutex: HANDLE?) {
    enter()
    defer { leave() }
    instance(pci)?.whenReturned { _ = __ReleaseMutex(mutex) }
}

@c(LeaveCriticalSectionWhenCallbackReturns) @implementation
public func __LeaveCriticalSectionWhenCallbackReturns(
    _ pci: PTP_CALLBACK_INSTANCE?, _ section: PCRITICAL_SECTION?
) {
    enter()
    defer { leave() }
    guard let section else { return }
    instance(pci)?.whenReturned { __LeaveCriticalSection(section) }
}

@c(FreeLibraryWhenCallbackReturns) @implementation
public func __FreeLibraryWhenCallbackReturns(_ pci: PTP_CALLBACK_INSTANCE?, _ module: HMODULE?) {
    enter()
    defer { leave() }
    let address = UInt(bitPattern: module)
    instance(pci)?.whenReturned { _ = __FreeLibrary(HMODULE(bitPattern: address)) }
}

@c(CallbackMayRunLong) @implementation public func __CallbackMayRunLong(_ pci: PTP_CALLBACK_INSTANCE?) -> BOOL {
    enter()
    defer { leave() }
    return instance(pci)?.mayRunLong() == true ? 1 : 0
}

@c(DisassociateCurrentThreadFromCallback) @implementation
public func __DisassociateCurrentThreadFromCallback(_ pci: PTP_CALLBACK_INSTANCE?) {
    enter()
    defer { leave() }
    instance(pci)?.disassociate()
}

// ---- callbacks without an object

@c(TrySubmitThreadpoolCallback) @implementation
public func __TrySubmitThreadpoolCallback(
    _ routine: PTP_SIMPLE_CALLBACK?, _ context: PVOID?, _ environment: PTP_CALLBACK_ENVIRON?
) -> BOOL {
    enter()
    defer { leave() }
    guard let routine, let environment = Environment(environment) else { return failure(ERROR_INVALID_PARAMETER) }
    let (address, argument) = (unsafeBitCast(routine, to: UInt.self), UInt(bitPattern: context))
    environment.make(.once, context) { _, instance, _ in
        unsafeBitCast(address, to: PTP_SIMPLE_CALLBACK.self)(pointer(instance), PVOID(bitPattern: argument))
    }.submit()
    return 1
}

// ---- work

@c(CreateThreadpoolWork) @implementation
public func __CreateThreadpoolWork(
    _ routine: PTP_WORK_CALLBACK?, _ context: PVOID?, _ environment: PTP_CALLBACK_ENVIRON?
) -> PTP_WORK? {
    enter()
    defer { leave() }
    guard let routine, let environment = Environment(environment) else { return noObject(ERROR_INVALID_PARAMETER) }
    let (address, argument) = (unsafeBitCast(routine, to: UInt.self), UInt(bitPattern: context))
    return OpaquePointer(
        environment.make(.work, context) { object, instance, _ in
            unsafeBitCast(address, to: PTP_WORK_CALLBACK.self)(
                pointer(instance), PVOID(bitPattern: argument), pointer(object))
        }.pointer())
}

@c(SubmitThreadpoolWork) @implementation public func __SubmitThreadpoolWork(_ work: PTP_WORK?) {
    enter()
    defer { leave() }
    if let work { object(work).submit() }
}

func waitForCallbacks(_ pointer: OpaquePointer?, _ cancel: BOOL) {
    guard let pointer else { return }
    let object = object(pointer)
    if cancel != 0 { object.cancelCallbacks() }
    object.waitForCallbacks()
}

func closeObject(_ pointer: OpaquePointer?) {
    if let pointer { object(pointer).close() }
}

@c(WaitForThreadpoolWorkCallbacks) @implementation
public func __WaitForThreadpoolWorkCallbacks(_ work: PTP_WORK?, _ cancel: BOOL) {
    enter()
    defer { leave() }
    waitForCallbacks(work, cancel)
}

@c(CloseThreadpoolWork) @implementation public func __CloseThreadpoolWork(_ work: PTP_WORK?) {
    enter()
    defer { leave() }
    closeObject(work)
}

// ---- timers

@c(CreateThreadpoolTimer) @implementation
public func __CreateThreadpoolTimer(
    _ routine: PTP_TIMER_CALLBACK?, _ context: PVOID?, _ environment: PTP_CALLBACK_ENVIRON?
) -> PTP_TIMER? {
    enter()
    defer { leave() }
    guard let routine, let environment = Environment(environment) else { return noObject(ERROR_INVALID_PARAMETER) }
    let (address, argument) = (unsafeBitCast(routine, to: UInt.self), UInt(bitPattern: context))
    return OpaquePointer(
        environment.make(.timer, context) { object, instance, _ in
            unsafeBitCast(address, to: PTP_TIMER_CALLBACK.self)(
                pointer(instance), PVOID(bitPattern: argument), pointer(object))
        }.pointer())
}

/// The time that a FILETIME names; nil if there is none. 0 is now (SetThreadpoolTimer).
private func due(_ time: PFILETIME?) -> TimerDue? {
    time.map {
        let ticks = UInt64($0.pointee.dwHighDateTime) << 32 | UInt64($0.pointee.dwLowDateTime)
        return ticks == 0 ? .relative(nanoseconds: 0) : due(LONGLONG(bitPattern: ticks))
    }
}

private func set(_ timer: PTP_TIMER?, _ time: PFILETIME?, _ period: DWORD) -> BOOL {
    guard let timer else { return 0 }
    return object(timer).setTimer(due(time), period: UInt64(period) * 1_000_000) ? 1 : 0
}

// A window is what may be, not what must: the timer expires when it is due.

@c(SetThreadpoolTimer) @implementation
public func __SetThreadpoolTimer(_ timer: PTP_TIMER?, _ due: PFILETIME?, _ period: DWORD, _ window: DWORD) {
    enter()
    defer { leave() }
    _ = set(timer, due, period)
}

@c(SetThreadpoolTimerEx) @implementation
public func __SetThreadpoolTimerEx(_ timer: PTP_TIMER?, _ due: PFILETIME?, _ period: DWORD, _ window: DWORD) -> BOOL {
    enter()
    defer { leave() }
    return set(timer, due, period)
}

@c(IsThreadpoolTimerSet) @implementation public func __IsThreadpoolTimerSet(_ timer: PTP_TIMER?) -> BOOL {
    enter()
    defer { leave() }
    guard let timer else { return 0 }
    return object(timer).isSet ? 1 : 0
}

@c(WaitForThreadpoolTimerCallbacks) @implementation
public func __WaitForThreadpoolTimerCallbacks(_ timer: PTP_TIMER?, _ cancel: BOOL) {
    enter()
    defer { leave() }
    waitForCallbacks(timer, cancel)
}

@c(CloseThreadpoolTimer) @implementation public func __CloseThreadpoolTimer(_ timer: PTP_TIMER?) {
    enter()
    defer { leave() }
    closeObject(timer)
}

// ---- waits

@c(CreateThreadpoolWait) @implementation
public func __CreateThreadpoolWait(
    _ routine: PTP_WAIT_CALLBACK?, _ context: PVOID?, _ environment: PTP_CALLBACK_ENVIRON?
) -> PTP_WAIT? {
    enter()
    defer { leave() }
    guard let routine, let environment = Environment(environment) else { return noObject(ERROR_INVALID_PARAMETER) }
    let (address, argument) = (unsafeBitCast(routine, to: UInt.self), UInt(bitPattern: context))
    return OpaquePointer(
        environment.make(.wait, context) { object, instance, result in
            unsafeBitCast(address, to: PTP_WAIT_CALLBACK.self)(
                pointer(instance), PVOID(bitPattern: argument), pointer(object), result.code)
        }.pointer())
}

/// Windows raises an exception for a handle that cannot be waited for; here the wait is unset, and the last error says
/// why.
private func set(_ wait: PTP_WAIT?, _ handle: HANDLE?, _ timeout: PFILETIME?) -> BOOL {
    guard let wait else { return 0 }
    guard handle != nil else {
        return (try? object(wait).setWait(nil, until: .never)) == true ? 1 : 0
    }
    let limit: WaitLimit =
        switch due(timeout) {
        case nil: .never
        case .relative(let nanoseconds): .monotonic(Deadline.after(nanoseconds: nanoseconds))
        case .absolute(let realtime) where realtime <= signalbox_realtime(): .monotonic(Deadline.now)
        case .absolute(let realtime): .realtime(realtime)
        }
    let awaited = HandleTable.find(value(handle), .synchronize)
    guard awaited != .none else {
        object(wait).stop()
        return failure(code(forHandle: handle, .synchronize))
    }
    do throws(DispatcherError) {
        return try object(wait).setWait(awaited, until: limit) ? 1 : 0
    } catch {
        return failure(codeOfWait(error))
    }
}

/// A mutex would be nobody's, and is no object for these waits (SetThreadpoolWait).
func codeOfWait(_ error: DispatcherError) -> Int32 { error == .needsOwner ? ERROR_INVALID_HANDLE : code(error) }

@c(SetThreadpoolWait) @implementation
public func __SetThreadpoolWait(_ wait: PTP_WAIT?, _ handle: HANDLE?, _ timeout: PFILETIME?) {
    enter()
    defer { leave() }
    _ = set(wait, handle, timeout)
}

@c(SetThreadpoolWaitEx) @implementation
public func __SetThreadpoolWaitEx(
    _ wait: PTP_WAIT?, _ handle: HANDLE?, _ timeout: PFILETIME?, _ reserved: PVOID?
) -> BOOL {
    enter()
    defer { leave() }
    guard reserved == nil else { return failure(ERROR_INVALID_PARAMETER) }
    return set(wait, handle, timeout)
}

@c(WaitForThreadpoolWaitCallbacks) @implementation
public func __WaitForThreadpoolWaitCallbacks(_ wait: PTP_WAIT?, _ cancel: BOOL) {
    enter()
    defer { leave() }
    waitForCallbacks(wait, cancel)
}

@c(CloseThreadpoolWait) @implementation public func __CloseThreadpoolWait(_ wait: PTP_WAIT?) {
    enter()
    defer { leave() }
    closeObject(wait)
}
