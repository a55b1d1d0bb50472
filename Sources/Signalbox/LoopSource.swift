import CLinux
import CSystemd
import Dispatcher
import Glibc
import Synchronization

/// A descriptor that the loop watches; `body` runs on the loop whenever it is readable, or, `forWriting`, writable.
package final class LoopDescriptor: @unchecked Sendable {
    // Sendable: `source` is set once in `init`'s job on the loop, and read on the loop alone.
    private var source: OpaquePointer?
    private let body: @Sendable () -> Void
    private let descriptor: Int32

    /// Must be called on the loop.
    package init(
        onLoop executor: LoopExecutor, descriptor: Int32, edgeTriggered: Bool = false, forWriting: Bool = false,
        _ body: @escaping @Sendable () -> Void
    ) throws {
        executor.checkIsolated()
        self.descriptor = descriptor
        self.body = body
        let events = (forWriting ? EPOLLOUT : EPOLLIN).rawValue | (edgeTriggered ? UInt32(EPOLLET.rawValue) : 0)
        let added = sd_event_add_io(
            executor.event, &source, descriptor, events,
            { _, _, _, argument in
                Unmanaged<LoopDescriptor>.fromOpaque(argument!).takeUnretainedValue().body()
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        guard added >= 0 else { throw IOError(code: -added, "watching descriptor \(descriptor)") }
    }

    /// Stops watching; must be called on the loop.
    package func cancelOnLoop() {
        sd_event_source_disable_unref(source)
        source = nil
    }
}

/// A timer of the loop, on the monotonic clock.
package final class LoopTimer: @unchecked Sendable {
    // Sendable: as LoopDescriptor.
    private var source: OpaquePointer?
    private let interval: UInt64
    private let body: @Sendable () -> Void

    /// Calls `body` on the loop every `interval` microseconds, first at once. Must be called on the loop.
    package init(onLoop executor: LoopExecutor, every interval: UInt64, _ body: @escaping @Sendable () -> Void) throws {
        executor.checkIsolated()
        self.interval = interval
        self.body = body
        let added = sd_event_add_time_relative(
            executor.event, &source, CLOCK_MONOTONIC, 0, 1,
            { _, _, argument in
                let timer = Unmanaged<LoopTimer>.fromOpaque(argument!).takeUnretainedValue()
                sd_event_source_set_time_relative(timer.source, timer.interval)
                sd_event_source_set_enabled(timer.source, Int32(SD_EVENT_ONESHOT))
                // It may be cancelled, and let go, in there.
                withExtendedLifetime(timer) { timer.body() }
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        guard added >= 0 else { throw IOError(code: -added, "arming a timer") }
    }

    /// Must be called on the loop.
    package func cancelOnLoop() {
        sd_event_source_disable_unref(source)
        source = nil
    }
}

/// A moment of the loop's, on the monotonic clock, to be set again each time.
package final class LoopAlarm: @unchecked Sendable {
    // Sendable: as LoopDescriptor.
    private var source: OpaquePointer?
    private let body: @Sendable () -> Void

    /// Must be called on the loop.
    package init(onLoop executor: LoopExecutor, _ body: @escaping @Sendable () -> Void) throws {
        executor.checkIsolated()
        self.body = body
        let added = sd_event_add_time_relative(
            executor.event, &source, CLOCK_MONOTONIC, 0, 1,
            { _, _, argument in
                Unmanaged<LoopAlarm>.fromOpaque(argument!).takeUnretainedValue().body()
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        guard added >= 0 else { throw IOError(code: -added, "arming a timer") }
        sd_event_source_set_enabled(source, Int32(SD_EVENT_OFF))
    }

    /// Calls `body` on the loop in so many microseconds. Must be called on the loop.
    package func setOnLoop(in microseconds: UInt64) {
        sd_event_source_set_time_relative(source, microseconds)
        sd_event_source_set_enabled(source, Int32(SD_EVENT_ONESHOT))
    }

    /// Must be called on the loop.
    package func cancelOnLoop() {
        sd_event_source_disable_unref(source)
        source = nil
    }
}

/// Tells the loop that something was left for it: any number of signals before it comes round are one.
package final class LoopNotifier: Sendable {
    private let descriptor: Int32
    private let isPending = Atomic(false)
    private let watch = Guarded<LoopDescriptor?>(nil)

    /// Must be called on the loop.
    package init(onLoop executor: LoopExecutor, _ body: @escaping @Sendable () -> Void) throws {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw IOError(code: errno, "making an eventfd") }
        let made = try LoopDescriptor(onLoop: executor, descriptor: descriptor) { [unowned self] in
            var count: UInt64 = 0
            _ = read(descriptor, &count, 8)
            isPending.store(false, ordering: .sequentiallyConsistent)
            body()
        }
        watch.withLock { $0 = made }
    }

    deinit { close(descriptor) }

    package func signal() {
        if isPending.exchange(true, ordering: .acquiringAndReleasing) { return }
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Must be called on the loop.
    package func cancelOnLoop() { watch.withLock { $0.take()?.cancelOnLoop() } }
}
