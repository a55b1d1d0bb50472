import CBareEvent
import Glibc
import Signalbox

/// A descriptor that is always readable, by the loop's callbacks: of bare sd-event, of a source of the loop, and of one that
/// an actor owns.
enum LoopEvents {
    /// Sendable: one thread has it.
    private final class Count: @unchecked Sendable {
        var left: Int
        init(_ left: Int) { self.left = left }
    }

    static func bare(_ count: Int) {
        let counter = Count(count)
        let descriptor = eventfd(1, Int32(EFD_CLOEXEC))
        defer { close(descriptor) }
        var event: OpaquePointer?
        guard sd_event_new(&event) >= 0 else { fatalError("no event loop") }
        defer { sd_event_unref(event) }
        sd_event_add_io(
            event, nil, descriptor, EPOLLIN.rawValue,
            { source, _, _, argument in
                let counter = Unmanaged<Count>.fromOpaque(argument!).takeUnretainedValue()
                counter.left -= 1
                if counter.left == 0 { sd_event_exit(sd_event_source_get_event(source), 0) }
                return 0
            }, Unmanaged.passUnretained(counter).toOpaque())
        sd_event_loop(event)
    }

    static func ours(_ count: Int) {
        let counter = Count(count)
        run { loop, descriptor in
            let source = try loop.addIO(descriptor, events: .readable) { loop, _ in
                counter.left -= 1
                if counter.left == 0 { loop.exit() }
            }
            return (source, nil)
        }
    }

    private actor Owner {
        private let loop: EventLoop
        private var left: Int
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }

        init(_ loop: EventLoop, _ left: Int) {
            self.loop = loop
            self.left = left
        }

        func take() {
            left -= 1
            if left == 0 { loop.assumeIsolated { $0.exit() } }
        }
    }

    static func owned(_ count: Int) {
        run { loop, descriptor in
            let owner = Owner(loop, count)
            return (try loop.addIO(descriptor, events: .readable, on: owner) { owner, _ in owner.take() }, owner)
        }
    }

    /// - Parameter add: returns the source, and the actor that owns it, if one does.
    private static func run(_ add: @Sendable (isolated EventLoop, Int32) throws -> (IOSource, Owner?)) {
        let descriptor = eventfd(1, Int32(EFD_CLOEXEC))
        defer { close(descriptor) }
        do {
            let loop = try EventLoop(driver: .caller)
            let (source, owner) = try loop.withIsolation { loop in try add(loop, descriptor) }
            _ = withExtendedLifetime(owner) { loop.runOnCurrentThread() }
            source.cancel()
        } catch {
            fatalError("\(error)")
        }
    }
}
