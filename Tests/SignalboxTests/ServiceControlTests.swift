import ServiceControl
import Signalbox
import Testing

@Suite("What services and `signalbox control` say to each other")
struct ControlMessageTests {
    @Test(
        "a request comes back from its text",
        arguments: [ControlRequest(control: 4), ControlRequest(control: 255, service: "two words")])
    func request(_ request: ControlRequest) { #expect(ControlRequest(text: request.text) == request) }

    @Test(
        "what is no request is none",
        arguments: ["", "1", "2 4", "1 x", "1 -1", "1 4294967296", " 1 4", "one two three"])
    func noRequest(_ text: String) { #expect(ControlRequest(text: text) == nil) }

    @Test("an answer comes back from its text, with every number")
    func answer() {
        var status = ServiceStatus()
        (status.type, status.state, status.accepted, status.exitCode) = (0x20, .stopPending, 0x7FF, 1066)
        (status.specificExitCode, status.checkPoint, status.waitHint) = (.max, 5, 6)
        let answer = ControlAnswer(
            error: 0,
            services: [
                .init(name: "one", result: 120, status: status), .init(name: "a b", result: 0, status: ServiceStatus()),
            ])
        #expect(ControlAnswer(text: answer.text) == answer)
        #expect(ControlAnswer(text: "1 1060") == ControlAnswer(error: 1060))
    }

    @Test(
        "what is no answer is none",
        arguments: ["", "1", "2 0", "1 x", "1 0\n", "1 0\n0 16 4 0 0 0 0 one", "1 0\n0 16 9 0 0 0 0 0 one"])
    func noAnswer(_ text: String) { #expect(ControlAnswer(text: text) == nil) }

    @Test("words and numbers of the command line")
    func words() {
        #expect(Control.words.map { Control.parse($0.word) } == Control.words.map(\.control))
        #expect(["128", "200", "255"].map(Control.parse) == [128, 200, 255])
        // What others send, and what nobody does.
        #expect(["", "1", "5", "127", "256", "shutdown", "Pause", "x"].compactMap(Control.parse).isEmpty)
    }
}

@Suite("The record of a service")
struct ServiceRecordTests {
    private func status(
        _ state: ServiceState, accepts: UInt32 = 0, checkPoint: UInt32 = 0, waitHint: UInt32 = 0
    ) -> ServiceStatus {
        var status = ServiceStatus()
        (status.state, status.accepted) = (state, accepts)
        (status.checkPoint, status.waitHint) = (checkPoint, waitHint)
        return status
    }

    @Test("a check point that moves on extends the time by its hint, and one that stands still does not")
    func progress() {
        var record = ServiceRecord()
        #expect(record.report(status(.startPending, checkPoint: 0, waitHint: 10)) == 10)
        #expect(record.report(status(.startPending, checkPoint: 0, waitHint: 20)) == 0)
        #expect(record.report(status(.startPending, checkPoint: 1, waitHint: 30)) == 30)
        #expect(record.report(status(.running, waitHint: 40)) == 0)
        #expect(record.report(status(.pausePending, checkPoint: 1, waitHint: 50)) == 0)
        #expect(record.report(status(.stopPending, checkPoint: 1, waitHint: .max)) == Int(UInt32.max))
        #expect(record.report(status(.stopped, checkPoint: 2, waitHint: 60)) == 0)
    }

    @Test("it has started when it runs or is paused, and stays so")
    func start() {
        for state in [ServiceState.running, .paused] {
            var record = ServiceRecord()
            _ = record.report(status(.startPending))
            #expect(!record.hasStarted)
            _ = record.report(status(state))
            #expect(record.hasStarted)
            _ = record.report(status(.stopped))
            #expect(record.hasStarted && record.hasStopped)
        }
    }

    @Test("a wanted stop waits until it is accepted, and is told once for each time that it is wanted")
    func keptStop() {
        var record = ServiceRecord()
        #expect(record.takeStop() == nil && !record.isStopKept)
        record.wantStop()
        #expect(record.takeStop() == nil && record.isStopKept)
        _ = record.report(status(.running, accepts: 0x002))
        #expect(record.takeStop() == nil && record.isStopKept)
        _ = record.report(status(.running, accepts: 0x101))
        #expect(record.takeStop() == Control.stop)
        #expect(record.takeStop() == nil && !record.isStopKept)
        record.wantStop()
        #expect(record.takeStop() == Control.stop)
    }

    @Test("who accepts no stop but a shutdown is told of that", arguments: [(0x004, 5), (0x104, 5), (0x100, 15)])
    func shutdown(_ accepts: Int, _ control: Int) {
        var record = ServiceRecord()
        record.wantStop()
        _ = record.report(status(.running, accepts: UInt32(accepts)))
        #expect(record.takeStop() == UInt32(control))
    }

    @Test("who stops already is not told to", arguments: [ServiceState.stopPending, .stopped])
    func stopsAlready(_ state: ServiceState) {
        var record = ServiceRecord()
        record.wantStop()
        _ = record.report(status(state, accepts: 0x001))
        #expect(record.takeStop() == nil && !record.isStopKept)
    }

    @Test("what is refused, in each state, by what is accepted")
    func refusals() {
        for value in UInt32(1)...7 {
            let state = ServiceState(rawValue: value)!
            for accepts in [UInt32(0), 0x7FF] {
                var record = ServiceRecord()
                _ = record.report(status(state, accepts: accepts))
                for control in UInt32(0)...256 {
                    let isKnown = [1, 2, 3, 4, 5, 6, 15].contains(control) || (128...255).contains(control)
                    let isAlways = control == Control.interrogate || Control.own.contains(control)
                    let wanted =
                        switch state {
                        case _ where !isKnown: ControlError.invalidControl
                        case .stopped: ControlError.notActive
                        case .startPending, .stopPending: ControlError.cannotAcceptNow
                        default: accepts == 0 && !isAlways ? ControlError.invalidControl : 0
                        }
                    #expect(record.refusal(of: control) == wanted, "control \(control) in state \(state)")
                }
            }
        }
    }
}
