import CLinux

/// One run of a callback, as its thread sees it. Each worker has one, which serves one callback after the other; no other
/// thread touches it.
package final class CallbackInstance {
    /// Whose callback it is; nil between callbacks.
    var object: PoolObject?
    /// Whether the thread still counts as running it.
    var isAssociated = false
    /// What is done when the callback has returned, in this order.
    private var afterwards: [() -> Void] = []

    let pool: ThreadPool
    init(pool: ThreadPool) { self.pool = pool }

    /// The calling thread's, while it runs a callback.
    package static var current: CallbackInstance? {
        guard let worker = signalbox_thread().pointee.worker else { return nil }
        let instance = Unmanaged<CallbackInstance>.fromOpaque(worker).takeUnretainedValue()
        return instance.object == nil ? nil : instance
    }

    /// The kernel's id of the thread.
    private let thread = signalbox_thread_id()

    func begin(_ object: PoolObject) { (self.object, isAssociated) = (object, true) }

    func end() {
        // What belongs to a thread that was ended nobody else can give back.
        if thread == signalbox_thread_id() { for action in afterwards { action() } }
        afterwards = []
        object?.end(isAssociated: isAssociated)
        object = nil
    }

    package func whenReturned(_ action: @escaping () -> Void) { afterwards.append(action) }

    /// From here on nobody who waits for the object's callbacks waits for this one, but for its cleanup group.
    package func disassociate() {
        guard isAssociated else { return }
        isAssociated = false
        object?.disassociate()
    }

    /// The callback counts no longer as one of those of which only so many run at a time. False: the pool has no other
    /// thread for the others.
    package func mayRunLong() -> Bool {
        _ = pool.runsLong()
        return pool.canSpareThread
    }
}
