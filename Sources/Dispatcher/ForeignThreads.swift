// The main thread of another process, as an object of this one. It has an id and a count of suspensions as any thread;
// what stops, continues and ends it is the floor above.

extension Threads {
    /// An object for the main thread of another process, with two references: the caller's, and one that `endForeign`
    /// drops.
    package static func makeForeign(id: UInt32, isSuspended: Bool) throws(DispatcherError) -> ObjectName {
        let object = try Arena.prepared().makeObject(.thread, manualReset: true)
        _ = Arena.local.retain(object)
        _ = withFields(object) { fields, _ in fields.pointee.id = id }
        if isSuspended { _ = try suspend(object) }
        return object
    }

    /// The process has ended: so has its thread.
    package static func endForeign(_ object: ObjectName, code: UInt32) {
        setExitCode(object, code)
        dropAPCs(object)
        try? Arena.local.signalSlowly(object, .thread)  // there is a reference
        Arena.local.release(object)
    }
}
