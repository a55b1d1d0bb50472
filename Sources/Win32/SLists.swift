import CLinux
public import CWin32

// Lists without a lock: see Sources/CLinux/addresses.c. A null pointer faults, as on Windows.

@inline(__always) private func entry(_ found: UnsafeMutableRawPointer?) -> PSLIST_ENTRY? {
    found?.assumingMemoryBound(to: SLIST_ENTRY.self)
}

@c(InitializeSListHead) @implementation public func __InitializeSListHead(_ list: PSLIST_HEADER?) {
    list.unsafelyUnwrapped.initialize(to: SLIST_HEADER())
}

@c(InterlockedPushEntrySList) @implementation
public func __InterlockedPushEntrySList(_ list: PSLIST_HEADER?, _ pushed: PSLIST_ENTRY?) -> PSLIST_ENTRY? {
    entry(signalbox_list_push(list.unsafelyUnwrapped, pushed.unsafelyUnwrapped))
}

@c(InterlockedPopEntrySList) @implementation
public func __InterlockedPopEntrySList(_ list: PSLIST_HEADER?) -> PSLIST_ENTRY? {
    entry(signalbox_list_pop(list.unsafelyUnwrapped))
}

@c(InterlockedFlushSList) @implementation
public func __InterlockedFlushSList(_ list: PSLIST_HEADER?) -> PSLIST_ENTRY? {
    entry(signalbox_list_flush(list.unsafelyUnwrapped))
}

@c(QueryDepthSList) @implementation public func __QueryDepthSList(_ list: PSLIST_HEADER?) -> USHORT {
    UnsafeRawPointer(list.unsafelyUnwrapped).load(as: USHORT.self)
}
