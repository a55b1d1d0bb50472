import CLinux
public import CWin32
import Dispatcher
import Glibc

// The C run-time library's threads: as CreateThread, with errno.

/// errno for the last error of a thread that could not be made.
private func setErrno() {
    errno = __GetLastError() == DWORD(ERROR_INVALID_PARAMETER) ? EINVAL : EAGAIN
}

@c(_beginthreadex) @implementation public func ___beginthreadex(
    _ security: UnsafeMutableRawPointer?, _ stackSize: UInt32, _ start: _beginthreadex_proc_type?,
    _ argument: UnsafeMutableRawPointer?, _ flags: UInt32, _ id: UnsafeMutablePointer<UInt32>?
) -> UINT_PTR {
    let attributes = security?.assumingMemoryBound(to: SECURITY_ATTRIBUTES.self)
    let thread = __CreateThread(attributes, SIZE_T(stackSize), start, argument, flags, id)
    if thread == nil { setErrno() }
    return UINT_PTR(value(thread))
}

@c(_endthreadex) @implementation public func ___endthreadex(_ code: UInt32) -> Never { __ExitThread(code) }

private struct Start: BitwiseCopyable {
    var routine: _beginthread_proc_type
    var argument: UnsafeMutableRawPointer?
    var handle: UInt
}

@c(_beginthread) @implementation public func ___beginthread(
    _ routine: _beginthread_proc_type?, _ stackSize: UInt32, _ argument: UnsafeMutableRawPointer?
) -> UINT_PTR {
    guard let routine else {
        errno = EINVAL
        return UINT_PTR.max
    }
    enter()
    defer { leave() }
    let start = UnsafeMutablePointer<Start>.allocate(capacity: 1)
    start.initialize(to: Start(routine: routine, argument: argument, handle: 0))
    // Suspended, because the thread is to know its handle.
    let thread = startThread(
        { argument in
            let pointer = argument!.assumingMemoryBound(to: Start.self)
            enter()
            let start = pointer.move()
            pointer.deallocate()
            signalbox_thread().pointee.ownHandle = UInt64(start.handle)
            leave()
            start.routine(start.argument)
            ___endthread()
        }, start, stackSize: SIZE_T(stackSize), isSuspended: true, nil)
    guard let thread else {
        start.deallocate()
        setErrno()
        return UINT_PTR.max
    }
    start.pointee.handle = value(thread)
    _ = __ResumeThread(thread)
    return UINT_PTR(value(thread))
}

@c(_endthread) @implementation public func ___endthread() -> Never {
    let handle = signalbox_thread().pointee.ownHandle
    signalbox_thread().pointee.ownHandle = 0
    if handle != 0 { _ = __CloseHandle(HANDLE(bitPattern: UInt(handle))) }
    __ExitThread(0)
}
