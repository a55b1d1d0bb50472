public import CWin32
import Signalbox

// What Signalbox adds for services: signalbox.h.

@c(SignalboxServiceReady) @implementation public func __SignalboxServiceReady(_ status: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    guard let manager = DriverRegistry.shared.serviceManager() else { return failure(ERROR_NOT_READY) }
    return manager.ready(status.map { String(cString: $0) }) ? 1 : failure(ERROR_GEN_FAILURE)
}

@c(SignalboxServiceStatus) @implementation public func __SignalboxServiceStatus(_ status: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    guard let status else { return failure(ERROR_INVALID_PARAMETER) }
    guard let manager = DriverRegistry.shared.serviceManager() else { return failure(ERROR_NOT_READY) }
    return manager.status(String(cString: status)) ? 1 : failure(ERROR_GEN_FAILURE)
}
