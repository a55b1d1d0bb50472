import CLinux
public import CWin32
import Glibc
import Signalbox

// Clocks, and what the machine is.

@c(GetTickCount64) @implementation public func __GetTickCount64() -> ULONGLONG { signalbox_now() / 1_000_000 }
@c(GetTickCount) @implementation public func __GetTickCount() -> DWORD { DWORD(truncatingIfNeeded: __GetTickCount64()) }

enum FileTime {
    /// 1970 as a FILETIME, which counts 100 ns since 1601.
    static var epoch: LONGLONG { 116_444_736_000_000_000 }
}

@c(GetSystemTimeAsFileTime) @implementation public func __GetSystemTimeAsFileTime(_ time: LPFILETIME?) {
    let ticks = UInt64(FileTime.epoch) + signalbox_realtime() / 100
    time?.pointee = FILETIME(
        dwLowDateTime: DWORD(truncatingIfNeeded: ticks), dwHighDateTime: DWORD(truncatingIfNeeded: ticks >> 32))
}

@c(QueryPerformanceCounter) @implementation
public func __QueryPerformanceCounter(_ count: UnsafeMutablePointer<LARGE_INTEGER>?) -> BOOL {
    guard let count else { return failure(ERROR_NOACCESS) }
    count.pointee.QuadPart = LONGLONG(signalbox_now())
    return 1
}

@c(QueryPerformanceFrequency) @implementation
public func __QueryPerformanceFrequency(_ frequency: UnsafeMutablePointer<LARGE_INTEGER>?) -> BOOL {
    guard let frequency else { return failure(ERROR_NOACCESS) }
    frequency.pointee.QuadPart = 1_000_000_000
    return 1
}

@c(GetSystemInfo) @implementation public func __GetSystemInfo(_ info: LPSYSTEM_INFO?) {
    guard let info else { return }
    var filled = SYSTEM_INFO()
    let processors = processorCount()
    #if arch(arm64)
        filled.wProcessorArchitecture = 12  // PROCESSOR_ARCHITECTURE_ARM64
    #else
        filled.wProcessorArchitecture = 9  // PROCESSOR_ARCHITECTURE_AMD64
        filled.dwProcessorType = 8664
    #endif
    filled.dwPageSize = DWORD(sysconf(Int32(_SC_PAGESIZE)))
    filled.lpMinimumApplicationAddress = LPVOID(bitPattern: 0x10000)
    filled.lpMaximumApplicationAddress = LPVOID(bitPattern: 0x7FFF_FFFE_FFFF)
    filled.dwActiveProcessorMask = processors >= 64 ? .max : (1 << ULONG_PTR(processors)) - 1
    filled.dwNumberOfProcessors = DWORD(processors)
    filled.dwAllocationGranularity = 65536
    info.pointee = filled
}
