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

@c(SignalboxHeartbeat) @implementation public func __SignalboxHeartbeat(_ component: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    guard let component, component.pointee != 0 else { return failure(ERROR_INVALID_PARAMETER) }
    Heartbeats.shared.named(String(cString: component)).beat()
    return DriverRegistry.shared.serviceManager() == nil ? failure(ERROR_NOT_READY) : 1
}

@c(SignalboxHeartbeatEnd) @implementation public func __SignalboxHeartbeatEnd(_ component: LPCSTR?) -> BOOL {
    enter()
    defer { leave() }
    guard let component, component.pointee != 0 else { return failure(ERROR_INVALID_PARAMETER) }
    return Heartbeats.shared.end(String(cString: component)) ? 1 : failure(ERROR_NOT_FOUND)
}
