import CLinux
import Glibc
import Synchronization
import Testing

@testable import Dispatcher

/// A thread that runs `body`, and can be joined.
final class TestThread: Sendable {
    private let done: ObjectName
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
        done = try! Arena.prepared().makeObject(.event, manualReset: true)
        let argument = Unmanaged.passRetained(self).toOpaque()
        let error = signalbox_start_thread(
            0,
            { argument in
                let thread = Unmanaged<TestThread>.fromOpaque(argument!).takeRetainedValue()
                thread.body()
                try! Arena.local.setEvent(thread.done)
            }, argument, "test")
        precondition(error == 0)
    }

    /// Waits for the body's end; false after 20 s.
    func join() -> Bool {
        let verdict = try! Arena.local.block(
            on: done, until: Deadline.after(nanoseconds: 20_000_000_000))
        if verdict == .satisfied(0) { Arena.local.release(done) }
        return verdict == .satisfied(0)
    }
}

/// Lets the processor go until `condition` holds; false after 20 s.
func until(_ condition: () -> Bool) -> Bool {
    let end = signalbox_now() + 20_000_000_000
    while !condition() {
        if signalbox_now() > end { return false }
        sched_yield()
    }
    return true
}

extension Arena {
    func makeEvent(signaled: Bool = false, manualReset: Bool = false) -> ObjectName {
        try! makeObject(.event, signaled: signaled, manualReset: manualReset)
    }
    /// Links in the object's queue, those of claimed waiters included.
    func queueLength(_ name: ObjectName) -> Int {
        withLock(name) { record, _ in
            var (count, index) = (0, record.pointee.head)
            while index != 0 { (count, index) = (count + 1, link(index).pointee.next) }
            return count
        } ?? 0
    }
}

/// Milliseconds from now, as a deadline.
func milliseconds(_ count: UInt64) -> UInt64 { Deadline.after(nanoseconds: count * 1_000_000) }

extension Arena {
    func block(on names: [ObjectName], all: Bool = false, until deadline: UInt64) throws -> Verdict {
        try names.withUnsafeBufferPointer { try block(on: $0, all: all, until: deadline) }
    }
}
