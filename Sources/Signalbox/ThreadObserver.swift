import CLinux
import Dispatcher
import Synchronization

/// A plugin that is told of threads, as a DLL is.
///
/// A host calls a plugin that conforms between the end of its `start` and its `stop`, for each thread that Signalbox
/// starts meanwhile (``ThreadObject``, `CreateThread`). Not told are threads that others make,
/// those of Swift's task pool, event loops, and threads that were running before.
///
/// Both calls are made on the thread itself, in the order in which plugins were started at attach, and in reverse at
/// detach. They may block, which holds up that thread; a plugin's stop does not wait for a call that has begun.
public protocol ThreadObserver: Sendable {
    /// The calling thread has begun; its body follows.
    func threadDidAttach()
    /// The calling thread's body has returned, or left by pthread_exit(3). The thread still owns its mutexes, and its
    /// object is not signaled yet. Called only on threads on which `threadDidAttach` was called.
    func threadWillDetach()
}

/// Who is told of threads.
///
/// While nobody is, the start of a thread costs one atomic load and its end the look at a byte of its own.
enum ThreadObservers {
    private struct State {
        var observers: [(key: UInt64, observer: any ThreadObserver)] = []
        var nextKey: UInt64 = 1
        /// Who was told of the thread's attachment, by the name of the thread's object.
        var told: [UInt64: [UInt64]] = [:]
    }
    private static let state = Guarded(State())
    private static let isAny = Atomic(false)

    /// Set once, before any thread is marked as observed, and so before any reads it.
    private static let hook: Void = {
        Threads.detach = { ThreadObservers.detach() }
        // A terminated thread does not say that it ends.
        Threads.wasTerminated = { object in state.withLock { $0.told[object] = nil } }
    }()

    /// Returns the key for `remove`.
    static func add(_ observer: any ThreadObserver) -> UInt64 {
        _ = hook
        return state.withLock { state in
            let key = state.nextKey
            state.nextKey += 1
            state.observers.append((key, observer))
            isAny.store(true, ordering: .releasing)
            return key
        }
    }

    static func remove(_ key: UInt64) {
        state.withLock { state in
            state.observers.removeAll { $0.key == key }
            isAny.store(!state.observers.isEmpty, ordering: .releasing)
        }
    }

    /// Called by a thread of ours, which has its object, before its body.
    @inline(__always) static func attach() {
        if isAny.load(ordering: .acquiring) { attachSlowly() }
    }

    @inline(never) private static func attachSlowly() {
        let observers = state.withLock { state in
            state.told[Threads.own.bits] = state.observers.map(\.key)
            return state.observers.map(\.observer)
        }
        signalbox_thread().pointee.isObserved = true
        for observer in observers { observer.threadDidAttach() }
    }

    /// Called by a thread that is marked as observed, at its end.
    private static func detach() {
        let observers = state.withLock { state -> [any ThreadObserver] in
            let told = Set(state.told.removeValue(forKey: Threads.own.bits) ?? [])
            return state.observers.filter { told.contains($0.key) }.map(\.observer)
        }
        for observer in observers.reversed() { observer.threadWillDetach() }
    }
}
