import CSignalboxLibrary
import Dispatcher
import Logging
import NamedPipes
import OverlappedIO
import Signalbox
import Systemd
// For its symbols: the functions of windows.h.
import Win32

/// The composition root of libsignalbox.so: one host with the stock plugins, started when a program first needs it, and
/// running until the process ends.
enum Library {
    private static let host = Guarded<Host?>(nil)

    static func start() {
        host.withLock { host in
            guard host == nil else { return }
            do {
                // The program says itself when it is ready, by SignalboxServiceReady.
                let made = try Host(
                    plugins: [
                        OverlappedIO(), NamedPipes(), Systemd(keepsEnvironment: true, reloadsOnHangUp: false),
                    ], logger: logger)
                let done = try Arena.prepared().makeObject(.event, manualReset: true)
                Task.detached {
                    do { try await made.start() } catch { logger.error("the host did not start: \(error)") }
                    try? Arena.local.setEvent(done)
                }
                _ = try Arena.local.block(on: done, until: Deadline.never)
                Arena.local.release(done)
                host = made
            } catch {
                logger.error("the host cannot be made: \(error)")
            }
        }
    }

    private static let logger = Logger(label: "signalbox") { label in
        var handler = JournalLogHandler(label: label)
        handler.logLevel = .warning
        return handler
    }
}

@c(signalbox_library_loaded) @implementation
public func signalbox_library_loaded() {
    DriverRegistry.shared.setOnDemand { Library.start() }
    InheritedHandles.adopt()
}
