import CLinux
public import CWin32
import Dispatcher
import Glibc
import ServiceControl
import Signalbox

// Services: StartServiceCtrlDispatcher, RegisterServiceCtrlHandler, SetServiceStatus.

/// The services of this process, once its dispatcher has begun. Made once, and kept for good: handles name them, and
/// signals come to their dispatcher as long as the process lives.
final class Services: ControlledServices {
    private struct Service {
        var name: String
        var main: Main
        var record = ServiceRecord()
        var handler: Handler?
    }
    enum Main: Sendable {
        case narrow(LPSERVICE_MAIN_FUNCTIONA)
        case wide(LPSERVICE_MAIN_FUNCTIONW)
    }
    /// `@unchecked Sendable`: the context is the program's, and is only passed on.
    enum Handler: @unchecked Sendable {
        case plain(LPHANDLER_FUNCTION)
        case extended(LPHANDLER_FUNCTION_EX, LPVOID?)
    }
    private struct State {
        var services: [Service]
        /// What the manager is to know,
        var isReady = false
        var isStopping = false
        var status = ""
        /// and what it has been told. Its queue may be full: while it boots, say.
        var hasToldReady = false
        var hasToldStopping = false
        var toldStatus = ""
        /// How often it is told again: for ten seconds.
        var patience = 200
        /// The service whose handler runs, and by what the watchdog knows that it does.
        var handling: (service: Int, heartbeat: Heartbeat)?

        var isAhead: Bool { isReady != hasToldReady || isStopping != hasToldStopping || status != toldStatus }
        var owesNews: Bool { patience > 0 && isAhead }
    }

    static let current = Guarded<(hasBegun: Bool, services: Services?)>((false, nil))
    static var started: Services? { current.withLock { $0.services } }

    private let state: Guarded<State>
    let dispatcher: ControlDispatcher
    private let manager: any ServiceManager

    init(_ table: [(name: String, main: Main)], _ manager: any ServiceManager) throws(IOError) {
        dispatcher = try ControlDispatcher()
        state = Guarded(State(services: table.map { Service(name: $0.name, main: $0.main) }))
        self.manager = manager
    }

    // ---- the main functions

    /// Starts each service on a thread of its own.
    func start() {
        for index in state.withLock({ $0.services.indices }) {
            let thread = startThread(
                { argument in
                    Services.started?.main(Int(bitPattern: argument))
                    return 0
                }, LPVOID(bitPattern: index), stackSize: 0, isSuspended: false, nil)
            if let thread { _ = __CloseHandle(thread) } else { end(index, ERROR_SERVICE_NO_THREAD) }
        }
    }

    /// On the service's thread. A main function has one argument here, the service's name: systemctl gives none.
    private func main(_ index: Int) {
        enter()
        let (name, main) = state.withLock { ($0.services[index].name, $0.services[index].main) }
        // The program's, for good.
        switch main {
        case .narrow(let main):
            let arguments = UnsafeMutablePointer<LPSTR?>.allocate(capacity: 2)
            arguments[0] = strdup(name)
            arguments[1] = nil
            outside { main(1, arguments) }
        case .wide(let main):
            let arguments = UnsafeMutablePointer<LPWSTR?>.allocate(capacity: 2)
            let units = Text.units(Array(name.utf8)) + [0]
            let copy = UnsafeMutablePointer<WCHAR>.allocate(capacity: units.count)
            copy.initialize(from: units, count: units.count)
            arguments[0] = copy
            arguments[1] = nil
            outside { main(1, arguments) }
        }
        let isOrphan = state.withLock { $0.services[index].handler == nil }
        // Without a handler it can be told nothing, and tell nothing.
        if isOrphan { end(index, ERROR_PROCESS_ABORTED) }
        leave()
    }

    private func end(_ index: Int, _ code: Int32) {
        var status = ServiceStatus()
        status.state = .stopped
        status.exitCode = UInt32(code)
        report(status, of: index)
    }

    // ---- what services say

    /// A table with one service is that of SERVICE_WIN32_OWN_PROCESS, whose name is not looked at.
    func register(_ name: String, _ handler: Handler) -> SERVICE_STATUS_HANDLE? {
        let index = state.withLock { state -> Int? in
            let index = state.services.count == 1 ? 0 : state.services.firstIndex { isSame($0.name, name) }
            if let index { state.services[index].handler = handler }
            return index
        }
        guard let index else {
            _ = failure(ERROR_SERVICE_NOT_IN_EXE)
            return nil
        }
        return Services.handle(index)
    }

    /// Handles are no objects; these values are none of the table's.
    private static let firstHandle = 0x7FF0_0000
    private static func handle(_ index: Int) -> SERVICE_STATUS_HANDLE? {
        SERVICE_STATUS_HANDLE(bitPattern: firstHandle + 4 * index)
    }

    func index(of handle: SERVICE_STATUS_HANDLE?) -> Int? {
        let offset = Int(bitPattern: handle) - Services.firstHandle
        return state.withLock { state in
            guard offset >= 0, offset % 4 == 0, offset / 4 < state.services.count else { return nil }
            let service = state.services[offset / 4]
            return service.handler != nil && !service.record.hasStopped ? offset / 4 : nil
        }
    }

    func report(_ status: ServiceStatus, of index: Int) {
        // Told under the lock, so that the manager hears of states in their order: a datagram, which does not block.
        state.withLock { state in
            let milliseconds = state.services[index].record.report(status)
            if milliseconds > 0 {
                _ = manager.extendTimeout(by: .milliseconds(milliseconds))
                // A handler that does all the work itself, and says that it gets on.
                if let handling = state.handling, handling.service == index {
                    handling.heartbeat.beat(next: .milliseconds(milliseconds))
                }
            }
            // Ready when every service has been started, but for those that have ended before.
            let records = state.services.map(\.record)
            if records.contains(where: \.hasStarted), records.allSatisfy({ $0.hasStarted || $0.hasStopped }) {
                state.isReady = true
            }
            if records.allSatisfy({ $0.hasStopped || $0.status.state == .stopPending }) { state.isStopping = true }
            // The code of the first that has failed is the process's, which may end at any time from now on.
            if records.allSatisfy(\.hasStopped) {
                signalbox_set_service_end(records.map(\.status.finalCode).first { $0 != 0 } ?? 0)
            }
            state.status = Services.describe(state.services)
            tellLocked(&state)
        }
        dispatcher.poke()
    }

    /// Tells what has not been told: what it cannot tell now stays to be told.
    private func tellLocked(_ state: inout State) {
        let status = state.status
        if state.isReady && !state.hasToldReady && manager.ready(status) {
            (state.hasToldReady, state.toldStatus) = (true, status)
        }
        if state.isStopping && !state.hasToldStopping && manager.stopping(status) {
            (state.hasToldStopping, state.toldStatus) = (true, status)
        }
        if state.toldStatus != status && manager.status(status) { state.toldStatus = status }
        state.patience = state.isAhead ? max(0, state.patience - 1) : 200
    }

    private static func describe(_ services: [Service]) -> String {
        let isSingle = services.count == 1
        return services.map { (isSingle ? "" : $0.name + ": ") + words($0.record) }.joined(separator: "; ")
    }

    private static func words(_ record: ServiceRecord) -> String {
        let status = record.status
        var text = status.state.words
        switch status.state {
        case .running, .paused: break
        case .stopped:
            if status.exitCode == UInt32(ERROR_SERVICE_SPECIFIC_ERROR) {
                text += ", with its own code \(status.specificExitCode)"
            } else if status.exitCode != 0 {
                text += ", with error \(status.exitCode)"
            }
        default: if status.checkPoint != 0 { text += ", check point \(status.checkPoint)" }
        }
        return text + (record.isStopKept ? " (will be told to stop when it accepts that)" : "")
    }

    // ---- on the dispatcher's thread

    var haveEnded: Bool { state.withLock { $0.services.allSatisfy(\.record.hasStopped) } }

    var owesNews: Bool { state.withLock { $0.owesNews } }
    func tellAgain() { state.withLock { tellLocked(&$0) } }

    func stopRequested() {
        state.withLock { state in
            for index in state.services.indices { state.services[index].record.wantStop() }
        }
    }

    func deliverKeptStops() {
        for index in state.withLock({ $0.services.indices }) {
            let next = state.withLock { state -> (UInt32, Handler)? in
                guard let handler = state.services[index].handler,
                    let control = state.services[index].record.takeStop()
                else { return nil }
                return (control, handler)
            }
            if let (control, handler) = next { _ = call(handler, control, of: index) }
        }
        // Of a stop that is kept the status tells.
        state.withLock { state in
            guard state.services.contains(where: \.record.isStopKept) else { return }
            state.status = Services.describe(state.services)
            tellLocked(&state)
        }
    }

    func reloadRequested() {
        guard state.withLock({ $0.isReady && !$0.isStopping }) else { return }
        _ = manager.reloading(nil)
        let answer = deliver(ControlRequest(control: Control.parametersChanged))
        // There is no word for a reload that was refused.
        let isRefused = answer.services.allSatisfy { $0.result != 0 }
        state.withLock { state in
            guard !state.isStopping else { return }
            if isRefused { state.status = Services.describe(state.services) + ", did not reload" }
            state.hasToldReady = false
            tellLocked(&state)
        }
    }

    func deliver(_ request: ControlRequest) -> ControlAnswer {
        let meant = state.withLock { state in
            state.services.indices.filter {
                request.service.isEmpty || isSame(state.services[$0].name, request.service)
            }
        }
        if meant.isEmpty { return ControlAnswer(error: ControlError.noSuchService) }
        return ControlAnswer(error: 0, services: meant.map { deliver(request.control, to: $0) })
    }

    private func deliver(_ control: UInt32, to index: Int) -> ControlAnswer.Service {
        let (refusal, handler) = state.withLock { state -> (UInt32, Handler?) in
            let service = state.services[index]
            let refusal = service.record.refusal(of: control)
            return (refusal != 0 || service.handler != nil ? refusal : ControlError.cannotAcceptNow, service.handler)
        }
        let result = refusal != 0 ? refusal : handler.map { call($0, control, of: index) } ?? refusal
        return state.withLock {
            ControlAnswer.Service(
                name: $0.services[index].name, result: result, status: $0.services[index].record.status)
        }
    }

    /// A plain handler returns nothing: it has done what it was told. "The control handler must return within 30 seconds":
    /// one that does not is missed by the watchdog, which names it.
    private func call(_ handler: Handler, _ control: UInt32, of index: Int) -> UInt32 {
        let name = state.withLock { $0.services[index].name }
        let heartbeat = Heartbeats.shared.add(
            "the control handler of service \(name) (\(Control.word(control)))",
            within: .seconds(ControlSocket.patience))
        state.withLock { $0.handling = (index, heartbeat) }
        defer {
            state.withLock { $0.handling = nil }
            heartbeat.end()
        }
        return outside {
            switch handler {
            case .plain(let function):
                function(control)
                return 0
            case .extended(let function, let context): return function(control, 0, nil, context)
            }
        }
    }

    /// What a process says that is gone may be ignored.
    func finish() { outside { _ = manager.flush(within: .seconds(1)) } }
}

/// "Service name comparisons are always case insensitive" (CreateService).
private func isSame(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }

/// A process that the service starts has its environment, and is no service: this says whose it is.
private let ownerVariable = "SIGNALBOX_SERVICE"

private var isOwnersChild: Bool {
    guard let owner = getenv(ownerVariable) else { return false }
    return String(cString: owner) != String(getpid())
}

/// The name that a table leaves to the service manager: the unit's.
private var unitName: String {
    let unit = ControlDispatcher.unit ?? "service"
    return unit.hasSuffix(".service") ? String(unit.dropLast(8)) : unit
}

/// - Parameter table: nil if an entry has no function, or there is none.
private func dispatch(_ table: [(name: String, main: Services.Main)]?) -> BOOL {
    guard let table else { return failure(ERROR_INVALID_DATA) }
    // "Each process can call StartServiceCtrlDispatcher only one time", whatever becomes of it.
    let isFirst = Services.current.withLock { current in
        defer { current.hasBegun = true }
        return !current.hasBegun
    }
    guard isFirst else { return failure(ERROR_SERVICE_ALREADY_RUNNING) }
    // Asked for in the environment first: a program on a console needs no host.
    guard ServiceEnvironment.current.isManaged, !isOwnersChild,
        let manager = DriverRegistry.shared.serviceManager(), manager.isManaged
    else { return failure(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) }
    setenv(ownerVariable, String(getpid()), 1)
    let named = table.map { (name: $0.name.isEmpty ? unitName : $0.name, main: $0.main) }
    guard let services = try? Services(named, manager) else { return failure(ERROR_NO_SYSTEM_RESOURCES) }
    Services.current.withLock { $0.services = services }
    services.start()
    services.dispatcher.run(services)
    services.finish()
    return 1
}

@c(StartServiceCtrlDispatcherA) @implementation
public func __StartServiceCtrlDispatcherA(_ table: UnsafePointer<SERVICE_TABLE_ENTRYA>?) -> BOOL {
    enter()
    defer { leave() }
    guard var entry = table, entry.pointee.lpServiceName != nil else { return dispatch(nil) }
    var entries: [(name: String, main: Services.Main)] = []
    while let name = entry.pointee.lpServiceName {
        guard let main = entry.pointee.lpServiceProc else { return dispatch(nil) }
        entries.append((String(cString: name), .narrow(main)))
        entry += 1
    }
    return dispatch(entries)
}

@c(StartServiceCtrlDispatcherW) @implementation
public func __StartServiceCtrlDispatcherW(_ table: UnsafePointer<SERVICE_TABLE_ENTRYW>?) -> BOOL {
    enter()
    defer { leave() }
    guard var entry = table, entry.pointee.lpServiceName != nil else { return dispatch(nil) }
    var entries: [(name: String, main: Services.Main)] = []
    while let name = entry.pointee.lpServiceName {
        guard let main = entry.pointee.lpServiceProc else { return dispatch(nil) }
        entries.append((wideName(name), .wide(main)))
        entry += 1
    }
    return dispatch(entries)
}

private func wideName(_ text: LPCWSTR) -> String { String(decoding: Text.bytes(text), as: UTF8.self) }

private func register(_ name: String?, _ handler: Services.Handler?) -> SERVICE_STATUS_HANDLE? {
    guard let services = Services.started else {
        _ = failure(ERROR_SERVICE_NOT_IN_EXE)
        return nil
    }
    guard let name else {
        _ = failure(ERROR_INVALID_NAME)
        return nil
    }
    guard let handler else {
        _ = failure(ERROR_INVALID_PARAMETER)
        return nil
    }
    return services.register(name, handler)
}

@c(RegisterServiceCtrlHandlerA) @implementation public func __RegisterServiceCtrlHandlerA(
    _ name: LPCSTR?, _ handler: LPHANDLER_FUNCTION?
) -> SERVICE_STATUS_HANDLE? {
    enter()
    defer { leave() }
    return register(name.map { String(cString: $0) }, handler.map { .plain($0) })
}

@c(RegisterServiceCtrlHandlerW) @implementation public func __RegisterServiceCtrlHandlerW(
    _ name: LPCWSTR?, _ handler: LPHANDLER_FUNCTION?
) -> SERVICE_STATUS_HANDLE? {
    enter()
    defer { leave() }
    return register(name.map(wideName), handler.map { .plain($0) })
}

@c(RegisterServiceCtrlHandlerExA) @implementation public func __RegisterServiceCtrlHandlerExA(
    _ name: LPCSTR?, _ handler: LPHANDLER_FUNCTION_EX?, _ context: LPVOID?
) -> SERVICE_STATUS_HANDLE? {
    enter()
    defer { leave() }
    return register(name.map { String(cString: $0) }, handler.map { .extended($0, context) })
}

@c(RegisterServiceCtrlHandlerExW) @implementation public func __RegisterServiceCtrlHandlerExW(
    _ name: LPCWSTR?, _ handler: LPHANDLER_FUNCTION_EX?, _ context: LPVOID?
) -> SERVICE_STATUS_HANDLE? {
    enter()
    defer { leave() }
    return register(name.map(wideName), handler.map { .extended($0, context) })
}

/// The bits that exist; drivers are not for this function.
private let serviceTypes =
    DWORD(SERVICE_WIN32 | SERVICE_USER_SERVICE | SERVICE_USERSERVICE_INSTANCE)
    | DWORD(SERVICE_INTERACTIVE_PROCESS | SERVICE_PKG_SERVICE)
private let acceptBits: DWORD = 0x7FF

@c(SetServiceStatus) @implementation
public func __SetServiceStatus(_ handle: SERVICE_STATUS_HANDLE?, _ status: LPSERVICE_STATUS?) -> BOOL {
    enter()
    defer { leave() }
    guard let services = Services.started, let index = services.index(of: handle) else {
        return failure(ERROR_INVALID_HANDLE)
    }
    guard let given = status?.pointee, let state = ServiceState(rawValue: given.dwCurrentState),
        given.dwServiceType & DWORD(SERVICE_WIN32) != 0, given.dwServiceType & ~serviceTypes == 0,
        given.dwControlsAccepted & ~acceptBits == 0
    else { return failure(ERROR_INVALID_DATA) }
    var said = ServiceStatus()
    said.type = given.dwServiceType
    said.state = state
    said.accepted = given.dwControlsAccepted
    (said.exitCode, said.specificExitCode) = (given.dwWin32ExitCode, given.dwServiceSpecificExitCode)
    (said.checkPoint, said.waitHint) = (given.dwCheckPoint, given.dwWaitHint)
    services.report(said, of: index)
    return 1
}
