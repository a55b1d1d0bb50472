import CLinux
public import CWin32
import Dispatcher

// Slots in which each thread has a value of its own. A thread's values are an array that grows as far as it needs; a
// value beyond it is NULL. Which slots are taken the process knows; as on Windows, only TlsFree and FlsFree ask for it.

private struct Slots {
    var taken: [Bool]
    /// FLS: what is called with a thread's value.
    var callbacks: [PFLS_CALLBACK_FUNCTION?] = []
    private var firstFree: Int

    /// Slots below `first` are never given out.
    init(count: Int, first: Int) {
        taken = Array(repeating: false, count: count)
        for slot in 0..<first { taken[slot] = true }
        firstFree = first
    }

    mutating func take() -> DWORD? {
        guard let slot = taken[firstFree...].firstIndex(of: false) else { return nil }
        taken[slot] = true
        firstFree = slot
        return DWORD(slot)
    }

    /// False: it was free.
    mutating func free(_ slot: Int) -> Bool {
        guard taken[slot] else { return false }
        taken[slot] = false
        firstFree = min(firstFree, slot)
        return true
    }
}

/// TLS_MINIMUM_AVAILABLE and 1024 more.
private let tlsSlots = 1088
private let tls = Guarded(Slots(count: tlsSlots, first: 0))
private let flsSlots = Int(FLS_MAXIMUM_AVAILABLE)
private let fls = Guarded(Slots(count: flsSlots, first: 1))  // 0 is never a slot

// ---- TLS

@c(TlsAlloc) @implementation public func __TlsAlloc() -> DWORD {
    enter()
    defer { leave() }
    if let slot = tls.withLock({ $0.take() }) { return slot }
    _ = failure(ERROR_NO_MORE_ITEMS)
    return DWORD(TLS_OUT_OF_INDEXES)
}

@c(TlsGetValue) @implementation public func __TlsGetValue(_ slot: DWORD) -> LPVOID? {
    let thread = signalbox_thread()
    if _fastPath(slot < thread.pointee.tlsCount) {
        // NULL may be a value: success is told by the last error.
        thread.pointee.lastError = 0
        return thread.pointee.tls.unsafelyUnwrapped[Int(truncatingIfNeeded: slot)]
    }
    thread.pointee.lastError = slot < tlsSlots ? 0 : DWORD(ERROR_INVALID_PARAMETER)
    return nil
}

@c(TlsSetValue) @implementation public func __TlsSetValue(_ slot: DWORD, _ value: LPVOID?) -> BOOL {
    let thread = signalbox_thread()
    if slot >= thread.pointee.tlsCount {
        guard slot < tlsSlots else { return failure(ERROR_INVALID_PARAMETER) }
        guard signalbox_reserve_tls(slot + 1, UInt32(tlsSlots)) else { return failure(ERROR_NOT_ENOUGH_MEMORY) }
    }
    thread.pointee.tls.unsafelyUnwrapped[Int(truncatingIfNeeded: slot)] = value
    return 1
}

@c(TlsFree) @implementation public func __TlsFree(_ slot: DWORD) -> BOOL {
    enter()
    defer { leave() }
    guard slot < tlsSlots else { return failure(ERROR_INVALID_PARAMETER) }
    let isFreed = tls.withLock { slots in
        guard slots.taken[Int(slot)] else { return false }
        signalbox_clear_tls(slot)  // before another can be given it
        return slots.free(Int(slot))
    }
    return isFreed ? 1 : failure(ERROR_INVALID_PARAMETER)
}

// ---- FLS

@c(FlsAlloc) @implementation public func __FlsAlloc(_ callback: PFLS_CALLBACK_FUNCTION?) -> DWORD {
    enter()
    defer { leave() }
    ThreadEnds.isUsed
    let slot = fls.withLock { slots in
        let slot = slots.take()
        if slots.callbacks.isEmpty { slots.callbacks = Array(repeating: nil, count: flsSlots) }
        if let slot { slots.callbacks[Int(slot)] = callback }
        return slot
    }
    if let slot { return slot }
    _ = failure(ERROR_NO_MORE_ITEMS)
    return DWORD(FLS_OUT_OF_INDEXES)
}

@c(FlsGetValue) @implementation public func __FlsGetValue(_ slot: DWORD) -> PVOID? {
    let thread = signalbox_thread()
    guard slot != 0 && slot < flsSlots else {
        thread.pointee.lastError = DWORD(ERROR_INVALID_PARAMETER)
        return nil
    }
    thread.pointee.lastError = 0
    return slot < thread.pointee.flsCount ? thread.pointee.fls.unsafelyUnwrapped[Int(slot)] : nil
}

@c(FlsSetValue) @implementation public func __FlsSetValue(_ slot: DWORD, _ value: PVOID?) -> BOOL {
    let thread = signalbox_thread()
    guard slot != 0 && slot < flsSlots else { return failure(ERROR_INVALID_PARAMETER) }
    if slot >= thread.pointee.flsCount {
        guard signalbox_reserve_fls(slot + 1, UInt32(flsSlots)) else { return failure(ERROR_NOT_ENOUGH_MEMORY) }
        enter()
        Dispatcher.Threads.atEnd()  // whoever made the thread
        leave()
    }
    thread.pointee.fls.unsafelyUnwrapped[Int(slot)] = value
    return 1
}

@c(FlsFree) @implementation public func __FlsFree(_ slot: DWORD) -> BOOL {
    enter()
    defer { leave() }
    guard slot < flsSlots else { return failure(ERROR_INVALID_PARAMETER) }
    let freed: PFLS_CALLBACK_FUNCTION?? = fls.withLock { slots in
        guard slot != 0 && slots.taken[Int(slot)] else { return nil }
        return slots.callbacks[Int(slot)]
    }
    guard let freed else { return failure(ERROR_INVALID_PARAMETER) }
    // Every thread's value is handed to the callback, on this thread; nobody can be given the slot before.
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 64) { values in
        while case let count = signalbox_take_fls(slot, values.baseAddress!, values.count), count > 0 {
            guard let callback = freed else { continue }
            for place in 0..<count {
                let value = values[place]
                outside { callback(value) }
            }
        }
    }
    let isFreed = fls.withLock { slots in
        slots.callbacks[Int(slot)] = nil
        return slots.free(Int(slot))
    }
    return isFreed ? 1 : failure(ERROR_INVALID_PARAMETER)  // another has freed it meanwhile
}

extension ThreadEnds {
    /// Hands the calling thread's values to their callbacks.
    static func endStorage() {
        let thread = signalbox_thread()
        enter()
        defer { leave() }
        var slot: UInt32 = 1
        while slot < thread.pointee.flsCount {
            let place = thread.pointee.fls! + Int(slot)
            if let value = place.pointee {
                place.pointee = nil
                let callback = fls.withLock { $0.taken[Int(slot)] ? $0.callbacks[Int(slot)] : nil }
                if let callback { outside { callback(value) } }
            }
            slot += 1
        }
    }
}
