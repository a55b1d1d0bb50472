import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// SetConsoleCtrlHandler: how a program is told to end. Signals become control events: SIGINT Ctrl-C, SIGQUIT
// Ctrl-Break, SIGHUP close, SIGTERM shutdown. The first handler that is added claims these signals.

private enum Control {
    struct State {
        var handlers: [PHANDLER_ROUTINE] = []
        /// "If this parameter is NULL, a TRUE value causes the calling process to ignore CTRL+C input … This attribute …
        /// is inherited by child processes": as an ignored SIGINT is (CREATE_NEW_PROCESS_GROUP sets it too).
        var ignoresCtrlC = Control.isInterruptIgnored
        var isRouted = false
    }
    static let state = Guarded(State())

    static var isInterruptIgnored: Bool {
        var action = sigaction()
        sigaction(SIGINT, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN, a cast in C
    }

    /// Each signal with its event and its share of the eventfd's count.
    static let signals: [(signal: Int32, event: DWORD, amount: UInt64)] = [
        (SIGINT, DWORD(CTRL_C_EVENT), 1), (SIGQUIT, DWORD(CTRL_BREAK_EVENT), 1 << 16),
        (SIGHUP, DWORD(CTRL_CLOSE_EVENT), 1 << 32), (SIGTERM, DWORD(CTRL_SHUTDOWN_EVENT), 1 << 48),
    ]

    /// Starts the thread that turns signals into calls of handlers. Returns 0 or an error code.
    static func route() -> Int32 {
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { return ERROR_NO_SYSTEM_RESOURCES }
        let started = signalbox_start_thread(
            256 << 10,
            { argument in
                Threads.tellBegin(.none)  // it has inherited from whoever was the first to need it
                let descriptor = Int32(Int(bitPattern: argument))
                var count: UInt64 = 0
                while true {
                    guard read(descriptor, &count, 8) == 8 else { continue }
                    for entry in Control.signals where count / entry.amount & 0xFFFF != 0 {
                        Control.deliver(entry.event, entry.signal)
                    }
                }
            }, UnsafeMutableRawPointer(bitPattern: Int(descriptor)), "signalbox-ctrl")
        guard started == 0 else {
            close(descriptor)
            return ERROR_NO_SYSTEM_RESOURCES
        }
        // In a service these two are the dispatcher's.
        let taken: Set<Int32> = Services.started == nil ? [] : [SIGTERM, SIGHUP]
        for entry in signals where !taken.contains(entry.signal) {
            _ = signalbox_route_signal(entry.signal, descriptor, entry.amount)
        }
        return 0
    }

    /// Calls the handlers on a thread of their own, last added first, until one says that it has dealt with the event.
    static func deliver(_ event: DWORD, _ signal: Int32) {
        if event == DWORD(CTRL_SHUTDOWN_EVENT) { DriverRegistry.shared.runningServiceManager()?.stopping() }
        let number = UnsafeMutableRawPointer(bitPattern: UInt(event) << 8 | UInt(signal))
        _ = signalbox_start_thread(
            0,
            { argument in
                let (event, signal) = (DWORD(UInt(bitPattern: argument) >> 8), Int32(UInt(bitPattern: argument) & 0xFF))
                let (handlers, isIgnored) = Control.state.withLock {
                    ($0.handlers, $0.ignoresCtrlC && event == DWORD(CTRL_C_EVENT))
                }
                if isIgnored { return }
                let isHandled = handlers.reversed().contains { $0(event) != 0 }
                // After close and shutdown the process ends, whatever the handler says.
                if isHandled && (event == DWORD(CTRL_C_EVENT) || event == DWORD(CTRL_BREAK_EVENT)) { return }
                if isHandled { _exit(0) }
                Glibc.signal(signal, SIG_DFL)
                kill(getpid(), signal)
            }, number, "signalbox-ctrl")
    }
}

@c(SetConsoleCtrlHandler) @implementation
public func __SetConsoleCtrlHandler(_ handler: PHANDLER_ROUTINE?, _ add: BOOL) -> BOOL {
    Control.state.withLock { state in
        guard let handler else {
            state.ignoresCtrlC = add != 0
            if add == 0 && !state.isRouted && Control.isInterruptIgnored { Glibc.signal(SIGINT, SIG_DFL) }
            if add == 0 || state.isRouted { return 1 }
            let error = Control.route()
            state.isRouted = error == 0
            return error == 0 ? 1 : failure(error)
        }
        if add == 0 {
            let address = unsafeBitCast(handler, to: UInt.self)  // C functions are compared by address
            guard let index = state.handlers.lastIndex(where: { unsafeBitCast($0, to: UInt.self) == address }) else {
                return failure(ERROR_INVALID_PARAMETER)
            }
            state.handlers.remove(at: index)
            return 1
        }
        if !state.isRouted {
            let error = Control.route()
            guard error == 0 else { return failure(error) }
            state.isRouted = true
        }
        state.handlers.append(handler)
        return 1
    }
}
