import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Threads.

private struct ThreadStart: BitwiseCopyable {
    let routine: LPTHREAD_START_ROUTINE
    let parameter: LPVOID?
}

@c(CreateThread) @implementation public func __CreateThread(
    _ attributes: LPSECURITY_ATTRIBUTES?, _ stackSize: SIZE_T, _ start: LPTHREAD_START_ROUTINE?, _ parameter: LPVOID?,
    _ flags: DWORD, _ id: LPDWORD?
) -> HANDLE? {
    guard let start, flags & ~DWORD(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION) == 0 else {
        return noHandle(ERROR_INVALID_PARAMETER)
    }
    let copy = UnsafeMutablePointer<ThreadStart>.allocate(capacity: 1)
    copy.initialize(to: ThreadStart(routine: start, parameter: parameter))
    do {
        // 0 means the executable's default, which is 1 MiB.
        let size = stackSize == 0 ? 1 << 20 : Int(clamping: stackSize)
        let object = try ThreadObject.start(
            name: nil, stackSize: size, isSuspended: flags & DWORD(CREATE_SUSPENDED) != 0,
            { argument in
                let pointer = argument!.assumingMemoryBound(to: ThreadStart.self)
                let start = pointer.move()
                pointer.deallocate()
                return start.routine(start.parameter)
            }, copy)
        guard let made = newHandle(object) else { return nil }
        id?.pointee = threadID(object)
        return made
    } catch {
        copy.deallocate()
        // EAGAIN is a limit on threads, or a stack that found no address space: Windows says this of both.
        return noHandle(ERROR_NOT_ENOUGH_MEMORY)
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

@c(ExitThread) @implementation public func __ExitThread(_ code: DWORD) -> Never {
    if Dispatcher.Threads.own != .none { Dispatcher.Threads.setExitCode(Dispatcher.Threads.own, code) }
    pthread_exit(nil)
}

/// The thread object of a handle with those rights; `.none`, with the last error set, if it is none.
private func threadObject(_ thread: HANDLE?, needing rights: HandleTable.Rights = []) -> ObjectName {
    if value(thread) == Pseudo.thread {
        if Dispatcher.Threads.own != .none { return Dispatcher.Threads.own }
        if let own = try? Dispatcher.Threads.ownOrNew() { return own }
        _ = failure(ERROR_NOT_ENOUGH_MEMORY)
        return .none
    }
    let object = HandleTable.find(value(thread), rights)
    if object != .none, Arena.local.kind(of: object) == .thread { return object }
    _ = failure(code(forHandle: thread, rights, .thread))
    return .none
}

@c(ResumeThread) @implementation public func __ResumeThread(_ thread: HANDLE?) -> DWORD {
    let object = threadObject(thread, needing: .modify)
    guard object != .none else { return DWORD.max }
    do throws(DispatcherError) {
        return try Dispatcher.Threads.resume(object)
    } catch {
        if error == .hasEnded { return 0 }
        _ = failure(code(error))
        return DWORD.max
    }
}

@c(QueueUserAPC) @implementation
public func __QueueUserAPC(_ routine: PAPCFUNC?, _ thread: HANDLE?, _ data: ULONG_PTR) -> DWORD {
    guard let routine else { return DWORD(failure(ERROR_INVALID_PARAMETER)) }
    let object = threadObject(thread, needing: .setContext)
    guard object != .none else { return 0 }
    do throws(DispatcherError) {
        // Called with three words in registers, it reads the first: x86-64 and aarch64 allow that.
        try Dispatcher.Threads.queueAPC(to: object, unsafeBitCast(routine, to: APCRoutine.self), UInt64(data), 0, 0)
        return 1
    } catch {
        return DWORD(failure(code(error)))
    }
}

@c(GetExitCodeThread) @implementation public func __GetExitCodeThread(_ thread: HANDLE?, _ code: LPDWORD?) -> BOOL {
    let object = threadObject(thread)
    guard object != .none else { return 0 }
    guard let code else { return failure(ERROR_NOACCESS) }
    guard let exitCode = Dispatcher.Threads.exitCode(object) else { return failure(ERROR_INVALID_HANDLE) }
    code.pointee = exitCode ?? DWORD(STILL_ACTIVE)
    return 1
}

@c(GetThreadId) @implementation public func __GetThreadId(_ thread: HANDLE?) -> DWORD {
    let object = threadObject(thread)
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

@c(ExitProcess) @implementation public func __ExitProcess(_ code: UINT) -> Never {
    // A Unix parent sees 8 bits; what is not 0 must not look like 0.
    exit(code != 0 && code & 0xFF == 0 ? 255 : Int32(code & 0xFF))
}
