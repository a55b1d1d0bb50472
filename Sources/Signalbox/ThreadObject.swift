import CLinux
public import Dispatcher
import Synchronization

/// A thread, signaled for good when it has ended.
///
/// ```swift
/// let thread = try ThreadObject(name: "crunch") { crunch() }
/// try await thread.wait()
/// ```
public actor ThreadObject: NamedKernelObject {
    public static var kind: ObjectKind { .thread }

    public nonisolated let object: ObjectName

    /// Starts a thread that runs `body`, which may block: the thread is no part of Swift's cooperative pool.
    ///
    /// - Parameters:
    ///   - name: shown by `ps -L` and debuggers; Linux keeps the first 15 bytes.
    ///   - stackSize: in bytes; rounded up to 64 KiB.
    ///   - body: its result becomes the thread's exit code.
    /// - Throws: `ThreadError` if the kernel gives no more threads.
    // Disfavored: a trailing closure hides the label, and both would match.
    @_disfavoredOverload
    public init(
        name: String? = nil, stackSize: Int = 1 << 20, returning body: @escaping @Sendable () -> UInt32
    ) throws(ThreadError) {
        object = try ThreadObject.start(name: name, stackSize: stackSize, body)
    }

    /// Starts a thread that runs `body`; its exit code is 0.
    public init(name: String? = nil, stackSize: Int = 1 << 20, _ body: @escaping @Sendable () -> Void)
        throws(ThreadError)
    {
        object = try ThreadObject.start(name: name, stackSize: stackSize) {
            body()
            return 0
        }
    }

    public init(adopting object: ObjectName) { self.object = object }

    deinit { Arena.local.release(object) }

    /// What the thread returned; nil while it runs.
    public nonisolated var exitCode: UInt32? { Threads.exitCode(object) ?? nil }

    /// Starts a thread and returns its object, with one reference for the caller. `isOurs`: it runs no code of the
    /// program's, and plugins are not told of it.
    package static func start(
        name: String?, stackSize: Int, isOurs: Bool = false, _ body: @escaping @Sendable () -> UInt32
    ) throws(ThreadError) -> ObjectName {
        let body = Unmanaged.passRetained(Body(run: body))
        do {
            return try start(
                name: name, stackSize: stackSize, isOurs: isOurs,
                { body, _ in Unmanaged<Body>.fromOpaque(body!).takeRetainedValue().run() }, body.toOpaque(), nil)
        } catch {
            body.release()
            throw error
        }
    }

    /// Starts a thread that calls a C function with two words, under which nothing of ours needs cleaning up: it may
    /// leave by pthread_exit(3), or be terminated. `isSuspended`: not before `Threads.resume`.
    package static func start(
        name: String?, stackSize: Int, isSuspended: Bool = false, isOurs: Bool = false,
        _ function: @escaping @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> UInt32,
        _ first: UnsafeMutableRawPointer?, _ second: UnsafeMutableRawPointer?
    ) throws(ThreadError) -> ObjectName {
        signalbox_enter()
        defer { signalbox_leave() }
        signalbox_join_terminated()
        let object: ObjectName
        do {
            object = try Arena.prepared().makeObject(.thread, manualReset: true)
        } catch {
            throw ThreadError(code: ENOMEM)
        }
        _ = Arena.local.retain(object)  // the thread's own, dropped when it has ended
        if isSuspended { _ = try? Threads.suspend(object) }  // a new thread can be suspended
        let start = UnsafeMutablePointer<Start>.allocate(capacity: 1)
        start.initialize(
            to: Start(object: object, isOurs: isOurs, function: function, first: first, second: second))
        let error = signalbox_start_stoppable_thread(stackSize, ThreadObject.run, start, name)
        guard error == 0 else {
            start.deallocate()
            Arena.local.release(object)
            Arena.local.release(object)
            throw ThreadError(code: error)
        }
        return object
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { argument in
        let pointer = argument!.assumingMemoryBound(to: Start.self)
        let start = pointer.move()
        pointer.deallocate()
        Threads.adopt(start.object)
        if start.isOurs {
            signalbox_thread().pointee.isInternal = true
        } else {
            ThreadObservers.attach()
            Threads.perform(Threads.beginCall.load(ordering: .acquiring))
        }
        Threads.setExitCode(start.object, start.function(start.first, start.second))
    }

    private struct Start: BitwiseCopyable {
        let object: ObjectName
        let isOurs: Bool
        let function: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> UInt32
        let first: UnsafeMutableRawPointer?
        let second: UnsafeMutableRawPointer?
    }

    private final class Body: Sendable {
        let run: @Sendable () -> UInt32
        init(run: @escaping @Sendable () -> UInt32) { self.run = run }
    }
}

/// The kernel refused to start a thread.
public struct ThreadError: Error, CustomStringConvertible {
    /// The errno of pthread_create(3): EAGAIN (a limit on threads was reached) or ENOMEM.
    public let code: Int32
    public var description: String {
        "the kernel starts no more threads (errno \(code)); see pids.max of the cgroup (systemd: TasksMax=) and ulimit -u"
    }
}
