import Dispatcher

/// What is called when a registered wait has ended: on whatever thread ended it, with no lock held. It must neither block
/// nor call the program's code.
final class WaitCall: Sendable {
    private let body: @Sendable (_ wait: RegisteredWait, _ timedOut: Bool) -> Void

    private init(_ body: @escaping @Sendable (RegisteredWait, Bool) -> Void) { self.body = body }

    private static let installed: Void = {
        Arena.waitEnded = { context, waiter, number, timedOut in
            let call = Unmanaged<WaitCall>.fromOpaque(UnsafeRawPointer(bitPattern: context)!).takeRetainedValue()
            call.body(RegisteredWait(waiter: waiter, number: number), timedOut)
        }
    }()

    /// Waits for the object, or for the time alone; `body` is called if the wait does not end here, and is not cancelled.
    static func register(
        on object: ObjectName, until limit: WaitLimit, _ body: @escaping @Sendable (RegisteredWait, Bool) -> Void
    ) throws(DispatcherError) -> Arena.Registration {
        installed
        let call = Unmanaged.passRetained(WaitCall(body))
        do throws(DispatcherError) {
            let made = try Arena.prepared().register(
                on: object, until: limit, context: UInt(bitPattern: call.toOpaque()))
            if case .ended = made { call.release() }
            return made
        } catch {
            call.release()
            throw error
        }
    }

    /// False: the wait has ended, and the call comes.
    static func cancel(_ wait: RegisteredWait) -> Bool {
        guard let context = Arena.local.cancel(wait) else { return false }
        Unmanaged<WaitCall>.fromOpaque(UnsafeRawPointer(bitPattern: context)!).release()
        return true
    }
}
