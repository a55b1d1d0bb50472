import Glibc
import ServiceControl

/// The command `signalbox`.
@main struct SignalboxTool {
    static func main() {
        let arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
        guard let unit = Unit(arguments.unit, isUserManager: arguments.isUserManager) else { exit(3) }
        guard unit.mainPID > 0 else { unreachable("\(arguments.unit) does not run: it is \(unit.activeState)") }
        let request = ControlRequest(control: arguments.control, service: arguments.service)
        let answer = ask(unit, arguments.unit, request.text)
        guard let answer = ControlAnswer(text: answer) else { unreachable("\(arguments.unit) answers in another form") }
        if answer.error != 0 {
            say("signalbox: \(sentence(answer.error))\n")
            exit(1)
        }
        for service in answer.services {
            print("\(service.name): \(words(service.status))")
            if service.result != 0 { say("signalbox: \(service.name): \(sentence(service.result))\n") }
        }
        exit(answer.services.contains { $0.result != 0 } ? 1 : 0)
    }

    static func unreachable(_ problem: String) -> Never {
        say("signalbox: \(problem)\n")
        exit(3)
    }

    static func ask(_ unit: Unit, _ name: String, _ text: String) -> String {
        var problem = "\(name) listens for no controls: does its program call StartServiceCtrlDispatcher?"
        for socketName in unit.socketNames {
            let socket = ControlSocket.make()
            guard socket >= 0 else { unreachable("there is no socket to be had: \(String(cString: strerror(errno)))") }
            // The answer comes when the handler has returned; and while one hangs, those who wait may be too many.
            var patience = timeval(tv_sec: ControlSocket.patience, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            guard ControlSocket.withAddress(socketName, { connect(socket, $0, $1) }) == 0 else {
                if errno == EAGAIN { timedOut() }
                if errno == EACCES || errno == EPERM { problem = sentence(ControlError.accessDenied) }
                close(socket)
                continue
            }
            guard ControlSocket.peer(of: socket)?.pid == unit.mainPID else {
                close(socket)
                problem = "who listens in the name of \(name) is not its main process"
                continue
            }
            // Who is refused is answered unasked; that the question was not read comes before the answer then.
            let isSent = ControlSocket.send(text, to: socket)
            errno = 0
            if let answer = ControlSocket.receive(from: socket) { return answer }
            if errno == ECONNRESET, let answer = ControlSocket.receive(from: socket) { return answer }
            if errno == EAGAIN { timedOut() }
            if !isSent { unreachable("\(name) has not taken the control") }
            unreachable("\(name) has ended without an answer")
        }
        unreachable(problem)
    }

    static func timedOut() -> Never {
        say("signalbox: \(sentence(ControlError.timedOut))\n")
        exit(1)
    }

    static func words(_ status: ServiceStatus) -> String {
        var text = status.state.words
        let accepted = [(0x001, "stop"), (0x002, "pause and continue"), (0x004, "shutdown"), (0x008, "paramchange")]
            .filter { status.accepted & UInt32($0.0) != 0 }.map(\.1)
        text += accepted.isEmpty ? ", accepts nothing" : ", accepts \(accepted.joined(separator: ", "))"
        if status.checkPoint != 0 { text += ", check point \(status.checkPoint)" }
        if status.waitHint != 0 { text += ", wait hint \(status.waitHint) ms" }
        if status.exitCode != 0 { text += ", exit code \(status.exitCode)" }
        if status.exitCode == 1066 { text += " (its own \(status.specificExitCode))" }
        return text
    }

    static func sentence(_ error: UInt32) -> String {
        switch error {
        case ControlError.accessDenied: "only root and the user whom the service runs as may control it (error 5)"
        case ControlError.invalidControl: "the service does not accept this control (error 1052)"
        case ControlError.timedOut: "the service has not answered for \(ControlSocket.patience) s (error 1053)"
        case ControlError.noSuchService: "there is no service of that name in the unit (error 1060)"
        case ControlError.cannotAcceptNow: "the service cannot take a control while it starts or stops (error 1061)"
        case ControlError.notActive: "the service has stopped (error 1062)"
        default: "the service's handler has returned \(error)"
        }
    }
}
