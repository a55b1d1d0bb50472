import Dispatcher
import Synchronization

/// What the Win32 functions do when a thread begins or ends: nothing, before a program uses what needs it.
enum ThreadEnds {
    /// Has threads' ends told of from here on.
    static let isUsed: Void = {
        let call: @convention(c) () -> Void = {
            // As on Windows: callbacks of slots before the modules are told.
            ThreadEnds.endStorage()
            Modules.threadEnds()
            PendingRequests.threadEnds()
        }
        Dispatcher.Threads.endCall.store(unsafeBitCast(call, to: UInt.self), ordering: .releasing)
    }()

    /// Has threads' begins told of, too.
    static let areBeginsUsed: Void = {
        isUsed
        let call: @convention(c) () -> Void = { Modules.threadBegins() }
        Dispatcher.Threads.beginCall.store(unsafeBitCast(call, to: UInt.self), ordering: .releasing)
    }()
}
