import CLinux
public import CWin32
import Dispatcher
import Signalbox
import Synchronization

// One-time initialisation. The structure is one word: what is kept, and below it in two bits how far it is. Who has to
// wait for another's initialisation waits for the word to change.

private struct Once {
    let word: UnsafeMutablePointer<Atomic<UInt>>

    static var mask: UInt { 3 }
    static var untouched: UInt { 0 }
    /// One thread initialises; others wait for it.
    static var isPending: UInt { 1 }
    static var isDone: UInt { 2 }
    /// Any number of threads initialise, and the first to complete wins.
    static var isPendingAsynchronously: UInt { 3 }

    /// A null pointer faults, as on Windows.
    init(_ once: PINIT_ONCE?) {
        word = UnsafeMutableRawPointer(once.unsafelyUnwrapped).assumingMemoryBound(to: Atomic<UInt>.self)
    }

    enum Begin {
        case done(UInt)
        /// The caller is to initialise, and to complete.
        case pending
        case invalid
    }

    func begin(isAsynchronous: Bool) -> Begin {
        while true {
            let seen = word.pointee.load(ordering: .acquiring)
            switch seen & Once.mask {
            case Once.untouched:
                let pending = isAsynchronous ? Once.isPendingAsynchronously : Once.isPending
                if change(seen, pending) { return .pending }
            case Once.isPending:
                if isAsynchronous { return .invalid }
                sleep(while: seen)
            case Once.isDone: return .done(seen & ~Once.mask)
            default: return isAsynchronous ? .pending : .invalid
            }
        }
    }

    private func change(_ seen: UInt, _ wanted: UInt) -> Bool {
        word.pointee.compareExchange(expected: seen, desired: wanted, ordering: .acquiringAndReleasing).exchanged
    }

    private func sleep(while seen: UInt) {
        enter()
        defer { leave() }
        let isToSleep = withUnsafePointer(to: seen) { signalbox_line_up(word, $0, MemoryLayout<UInt>.size) }
        if isToSleep { _ = AddressWait.sleepInLine(until: Deadline.never, for: .oneTimeInitialization) }
    }

    /// `context`: nil if it failed, and another is to try. Returns an error code.
    func complete(_ context: UInt?, isAsynchronous: Bool) -> Int32 {
        while true {
            let seen = word.pointee.load(ordering: .relaxed)
            switch seen & Once.mask {
            case Once.isPending where isAsynchronous, Once.isPendingAsynchronously where !isAsynchronous:
                return ERROR_INVALID_PARAMETER
            case Once.isPending, Once.isPendingAsynchronously:
                guard change(seen, context.map { $0 | Once.isDone } ?? Once.untouched) else { continue }
                if !isAsynchronous { signalbox_wake_address(word, true) }
                return ERROR_SUCCESS
            default: return ERROR_GEN_FAILURE
            }
        }
    }
}

@c(InitOnceInitialize) @implementation public func __InitOnceInitialize(_ once: PINIT_ONCE?) {
    once.unsafelyUnwrapped.initialize(to: INIT_ONCE())
}

@c(InitOnceBeginInitialize) @implementation public func __InitOnceBeginInitialize(
    _ once: LPINIT_ONCE?, _ flags: DWORD, _ pending: PBOOL?, _ context: UnsafeMutablePointer<LPVOID?>?
) -> BOOL {
    let (checkOnly, asynchronous) = (DWORD(INIT_ONCE_CHECK_ONLY), DWORD(INIT_ONCE_ASYNC))
    guard flags == 0 || flags == checkOnly || flags == asynchronous else { return failure(ERROR_INVALID_PARAMETER) }
    let once = Once(once)
    let begin: Once.Begin
    if flags == checkOnly {
        let seen = once.word.pointee.load(ordering: .acquiring)
        guard seen & Once.mask == Once.isDone else { return failure(ERROR_GEN_FAILURE) }
        begin = .done(seen & ~Once.mask)
    } else {
        begin = once.begin(isAsynchronous: flags == asynchronous)
    }
    switch begin {
    case .done(let kept):
        pending?.pointee = 0
        context?.pointee = LPVOID(bitPattern: kept)
    case .pending: pending?.pointee = 1
    case .invalid: return failure(ERROR_INVALID_PARAMETER)
    }
    return 1
}

@c(InitOnceComplete) @implementation
public func __InitOnceComplete(_ once: LPINIT_ONCE?, _ flags: DWORD, _ context: LPVOID?) -> BOOL {
    let (asynchronous, failed) = (DWORD(INIT_ONCE_ASYNC), DWORD(INIT_ONCE_INIT_FAILED))
    let kept = UInt(bitPattern: context)
    guard flags == 0 || flags == asynchronous || flags == failed && kept == 0, kept & Once.mask == 0 else {
        return failure(ERROR_INVALID_PARAMETER)
    }
    let code = Once(once).complete(flags == failed ? nil : kept, isAsynchronous: flags == asynchronous)
    return code == ERROR_SUCCESS ? 1 : failure(code)
}

@c(InitOnceExecuteOnce) @implementation public func __InitOnceExecuteOnce(
    _ once: PINIT_ONCE?, _ initialize: PINIT_ONCE_FN?, _ parameter: PVOID?,
    _ context: UnsafeMutablePointer<LPVOID?>?
) -> BOOL {
    let state = Once(once)
    switch state.begin(isAsynchronous: false) {
    case .done(let kept):
        context?.pointee = LPVOID(bitPattern: kept)
        return 1
    case .invalid: return failure(ERROR_INVALID_PARAMETER)
    case .pending: break
    }
    guard initialize.unsafelyUnwrapped(once, parameter, context) != 0 else {
        // The last error is the callback's.
        _ = state.complete(nil, isAsynchronous: false)
        return 0
    }
    let kept = UInt(bitPattern: context?.pointee)
    guard kept & Once.mask == 0 else {
        // Its low bits are not the callback's (InitOnceExecuteOnce). Another may try.
        _ = state.complete(nil, isAsynchronous: false)
        return failure(ERROR_INVALID_PARAMETER)
    }
    _ = state.complete(kept, isAsynchronous: false)
    return 1
}
