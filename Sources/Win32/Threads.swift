import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox
import Synchronization

// Threads.

/// Starts a thread that calls the routine, and makes a handle to it; or sets the last error.
func startThread(
    _ start: LPTHREAD_START_ROUTINE, _ parameter: LPVOID?, stackSize: SIZE_T, isReservation: Bool = false,
    isSuspended: Bool, inherits: Bool = false, _ id: LPDWORD?
) -> HANDLE? {
    enter()
    defer { leave() }
    do {
        // The executable's default is 1 MiB. Without the flag the size is what is committed at first, and that much is
        // reserved at least.
        let size = isReservation && stackSize != 0 ? Int(clamping: stackSize) : max(1 << 20, Int(clamping: stackSize))
        let object = try ThreadObject.start(
            name: nil, stackSize: size, isSuspended: isSuspended,
            { routine, parameter in unsafeBitCast(routine, to: LPTHREAD_START_ROUTINE.self)(parameter) },
            unsafeBitCast(start, to: UnsafeMutableRawPointer.self), parameter)
        _ = Arena.local.retain(object)  // for the look at its id, which may come after its end
        defer { Arena.local.release(object) }
        guard let made = newHandle(object, inherits: inherits) else { return nil }
        id?.pointee = threadID(object)
        return made
    } catch {
        // EAGAIN is a limit on threads, or a stack that found no address space: Windows says this of both.
        return noHandle(ERROR_NOT_ENOUGH_MEMORY)
    }
}

@c(CreateThread) @implementation public func __CreateThread(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ stackSize: SIZE_T, _ start: LPTHREAD_START_ROUTINE?, _ parameter: LPVOID?,
    _ flags: DWORD, _ id: LPDWORD?
) -> HANDLE? {
    guard let start, flags & ~DWORD(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION) == 0 else {
        return noHandle(ERROR_INVALID_PARAMETER)
    }
    return startThread(
        start, parameter, stackSize: stackSize,
        isReservation: flags & DWORD(STACK_SIZE_PARAM_IS_A_RESERVATION) != 0,
        isSuspended: flags & DWORD(CREATE_SUSPENDED) != 0, inherits: inherits(attributes), id)
}

@c(CreateRemoteThread) @implementation public func __CreateRemoteThread(
    _ process: HANDLE?, _ attributes: LPSECURITY_ATTRIBUTES?, _ stackSize: SIZE_T, _ start: LPTHREAD_START_ROUTINE?,
    _ parameter: LPVOID?, _ flags: DWORD, _ id: LPDWORD?
) -> HANDLE? {
    guard isOwnProcess(process) else {
        let isProcess = Arena.prepared().kind(of: HandleTable.find(value(process), [])) == .process
        return noHandle(isProcess ? ERROR_NOT_SUPPORTED : ERROR_INVALID_HANDLE)
    }
    return __CreateThread(attributes, stackSize, start, parameter, flags, id)
}

@c(OpenThread) @implementation
public func __OpenThread(_ access: DWORD, _ inherit: BOOL, _ id: DWORD) -> HANDLE? {
    enter()
    defer { leave() }
    do throws(DispatcherError) {
        let object = id == 0 ? .none : try Dispatcher.Threads.open(id: id)
        guard object != .none else { return noHandle(ERROR_INVALID_PARAMETER) }
        return newHandle(object, access: access, inherits: inherit != 0)
    } catch {
        return noHandle(code(error))
    }
}

/// The thread's id: it has one as soon as it runs, which it is about to. 0: its handles were closed meanwhile.
private func threadID(_ object: ObjectName) -> DWORD {
    while true {
        if let id = Dispatcher.Threads.id(object) { return id }
        guard Arena.local.kind(of: object) == .thread else { return 0 }
        sched_yield()
    }
}

/// From here on the end of the last thread ends the process.
private let endsWithLastThread: Void = {
    let end: @convention(c) (UInt32) -> Void = { __ExitProcess($0) }
    Dispatcher.Threads.endProcess.store(unsafeBitCast(end, to: UInt.self), ordering: .releasing)
}()

@c(ExitThread) @implementation public func __ExitThread(_ code: DWORD) -> Never {
    enter()
    endsWithLastThread
    _ = try? Dispatcher.Threads.ownOrNew()  // for its exit code
    leave()
    if Dispatcher.Threads.own != .none { Dispatcher.Threads.setExitCode(Dispatcher.Threads.own, code) }
    Dispatcher.Threads.willExit()
    pthread_exit(nil)
}

/// The thread object of a handle that was granted one of the rights; `.none`, with the last error set, if it is none.
func threadObject(_ thread: HANDLE?, oneOf access: Int32 = ~0) -> ObjectName {
    if value(thread) == Pseudo.thread {
        if Dispatcher.Threads.own != .none { return Dispatcher.Threads.own }
        if let own = try? Dispatcher.Threads.ownOrNew() { return own }
        _ = failure(ERROR_NOT_ENOUGH_MEMORY)
        return .none
    }
    let object = HandleTable.find(value(thread), [])
    guard object != .none, Arena.local.kind(of: object) == .thread else {
        _ = failure(ERROR_INVALID_HANDLE)
        return .none
    }
    if isGranted(thread, oneOf: access) { return object }
    _ = failure(ERROR_ACCESS_DENIED)
    return .none
}

/// Who may look at everything may look at a little.
let threadQuery = THREAD_QUERY_INFORMATION | THREAD_QUERY_LIMITED_INFORMATION

@c(TerminateThread) @implementation public func __TerminateThread(_ thread: HANDLE?, _ exitCode: DWORD) -> BOOL {
    let object = threadObject(thread, oneOf: THREAD_TERMINATE)
    guard object != .none else { return 0 }
    enter()
    endsWithLastThread
    leave()
    do throws(DispatcherError) {
        // Of another process no single thread can be ended; the others of it would go on on Windows.
        if ProcessTable.process(ofThread: object) != nil { return failure(ERROR_NOT_SUPPORTED) }
        try Dispatcher.Threads.terminate(object, exitCode)
        return 1
    } catch {
        // The thread keeps the exit code that it has.
        return error == .hasEnded ? 1 : failure(code(error))
    }
}

@c(SuspendThread) @implementation public func __SuspendThread(_ thread: HANDLE?) -> DWORD {
    let object = threadObject(thread, oneOf: THREAD_SUSPEND_RESUME)
    guard object != .none else { return DWORD.max }
    do throws(DispatcherError) {
        // The main thread of another process stops and goes on with it.
        if let process = ProcessTable.process(ofThread: object) { return try process.suspend(object) }
        return try Dispatcher.Threads.suspendAndStop(object)
    } catch {
        switch error {
        case .limitExceeded: _ = failure(ERROR_SIGNAL_REFUSED)
        case .hasEnded: _ = failure(ERROR_ACCESS_DENIED)
        default: _ = failure(code(error))
        }
        return DWORD.max
    }
}

@c(ResumeThread) @implementation public func __ResumeThread(_ thread: HANDLE?) -> DWORD {
    let object = threadObject(thread, oneOf: THREAD_SUSPEND_RESUME)
    guard object != .none else { return DWORD.max }
    do throws(DispatcherError) {
        if let process = ProcessTable.process(ofThread: object) { return try process.resume(object) }
        return try Dispatcher.Threads.resume(object)
    } catch {
        if error == .hasEnded { return 0 }
        _ = failure(code(error))
        return DWORD.max
    }
}

#if arch(x86_64)
    @c(GetThreadContext) @implementation
    public func __GetThreadContext(_ thread: HANDLE?, _ context: LPCONTEXT?) -> BOOL {
        let object = threadObject(thread, oneOf: THREAD_GET_CONTEXT)
        guard object != .none else { return 0 }
        guard let context else { return failure(ERROR_NOACCESS) }
        let flags = context.pointee.ContextFlags
        // What no AMD64 context has is refused.
        guard flags & DWORD(CONTEXT_AMD64) != 0 else { return failure(ERROR_INVALID_PARAMETER) }
        do throws(DispatcherError) {
            if ProcessTable.process(ofThread: object) != nil { return failure(ERROR_NOT_SUPPORTED) }
            let registers = try Dispatcher.Threads.registers(of: object)
            fill(context, registers, flags & ~DWORD(CONTEXT_AMD64))
            return 1
        } catch {
            return failure(error == .hasEnded ? ERROR_GEN_FAILURE : code(error))
        }
    }

    private func fill(_ context: LPCONTEXT, _ from: signalbox_registers, _ parts: DWORD) {
        if parts & 1 != 0 {  // CONTEXT_CONTROL
            context.pointee.Rip = from.rip
            context.pointee.Rsp = from.rsp
            context.pointee.EFlags = from.flags
            context.pointee.SegCs = from.cs
            context.pointee.SegSs = from.ss
        }
        if parts & 2 != 0 {  // CONTEXT_INTEGER
            context.pointee.Rax = from.rax
            context.pointee.Rcx = from.rcx
            context.pointee.Rdx = from.rdx
            context.pointee.Rbx = from.rbx
            context.pointee.Rbp = from.rbp
            context.pointee.Rsi = from.rsi
            context.pointee.Rdi = from.rdi
            context.pointee.R8 = from.r8
            context.pointee.R9 = from.r9
            context.pointee.R10 = from.r10
            context.pointee.R11 = from.r11
            context.pointee.R12 = from.r12
            context.pointee.R13 = from.r13
            context.pointee.R14 = from.r14
            context.pointee.R15 = from.r15
        }
        if parts & 4 != 0 {  // CONTEXT_SEGMENTS
            context.pointee.SegDs = from.ds
            context.pointee.SegEs = from.es
            context.pointee.SegFs = from.fs
            context.pointee.SegGs = from.gs
        }
        if parts & 8 != 0 {  // CONTEXT_FLOATING_POINT: what fxsave writes
            context.pointee.MxCsr = from.mxcsr
            let target = UnsafeMutableRawPointer(context) + 256  // FltSave, which layout.c asserts
            withUnsafeBytes(of: from.fxsave) { target.copyMemory(from: $0.baseAddress!, byteCount: 512) }
        }
        if parts & 16 != 0 {  // CONTEXT_DEBUG_REGISTERS: a thread has no breakpoints of its own
            context.pointee.Dr0 = 0
            context.pointee.Dr1 = 0
            context.pointee.Dr2 = 0
            context.pointee.Dr3 = 0
            context.pointee.Dr6 = 0
            context.pointee.Dr7 = 0
        }
    }
#endif

@c(GetThreadTimes) @implementation public func __GetThreadTimes(
    _ thread: HANDLE?, _ creation: LPFILETIME?, _ exit: LPFILETIME?, _ kernel: LPFILETIME?, _ user: LPFILETIME?
) -> BOOL {
    let object = threadObject(thread, oneOf: threadQuery)
    guard object != .none else { return 0 }
    guard let creation, let exit, let kernel, let user else { return failure(ERROR_NOACCESS) }
    // Of another process's main thread: those of the process.
    if let times = ProcessTable.process(ofThread: object)?.times {
        creation.pointee = fileTime(times.created)
        exit.pointee = fileTime(times.ended)
        kernel.pointee = fileTime(times.kernel)
        user.pointee = fileTime(times.user)
        return 1
    }
    guard let times = Dispatcher.Threads.times(of: object) else { return failure(ERROR_INVALID_HANDLE) }
    creation.pointee = fileTime(times.creation)
    exit.pointee = fileTime(times.exit)
    kernel.pointee = fileTime(times.kernel)
    user.pointee = fileTime(times.user)
    return 1
}

@c(QueueUserAPC) @implementation
public func __QueueUserAPC(_ routine: PAPCFUNC?, _ thread: HANDLE?, _ data: ULONG_PTR) -> DWORD {
    guard let routine else { return DWORD(failure(ERROR_INVALID_PARAMETER)) }
    let object = threadObject(thread, oneOf: THREAD_SET_CONTEXT)
    guard object != .none else { return 0 }
    do throws(DispatcherError) {
        // A call cannot cross to another process.
        if ProcessTable.process(ofThread: object) != nil { return DWORD(failure(ERROR_NOT_SUPPORTED)) }
        // Called with three words in registers, it reads the first: x86-64 and aarch64 allow that.
        try Dispatcher.Threads.queueAPC(to: object, unsafeBitCast(routine, to: APCRoutine.self), UInt64(data), 0, 0)
        return 1
    } catch {
        return DWORD(failure(code(error)))
    }
}

@c(GetExitCodeThread) @implementation public func __GetExitCodeThread(_ thread: HANDLE?, _ code: LPDWORD?) -> BOOL {
    let object = threadObject(thread, oneOf: threadQuery)
    guard object != .none else { return 0 }
    guard let code else { return failure(ERROR_NOACCESS) }
    guard let exitCode = Dispatcher.Threads.exitCode(object) else { return failure(ERROR_INVALID_HANDLE) }
    code.pointee = exitCode ?? DWORD(STILL_ACTIVE)
    return 1
}

@c(GetThreadId) @implementation public func __GetThreadId(_ thread: HANDLE?) -> DWORD {
    let object = threadObject(thread, oneOf: threadQuery)
    guard object != .none else { return 0 }
    let id = threadID(object)
    return id != 0 ? id : DWORD(failure(ERROR_INVALID_HANDLE))
}

@c(GetCurrentThread) @implementation public func __GetCurrentThread() -> HANDLE? { HANDLE(bitPattern: Pseudo.thread) }
@c(GetCurrentThreadId) @implementation public func __GetCurrentThreadId() -> DWORD {
    signalbox_thread_id()
}
@c(GetCurrentProcess) @implementation public func __GetCurrentProcess() -> HANDLE? {
    HANDLE(bitPattern: Pseudo.process)
}
@c(GetCurrentProcessId) @implementation public func __GetCurrentProcessId() -> DWORD { DWORD(bitPattern: getpid()) }
