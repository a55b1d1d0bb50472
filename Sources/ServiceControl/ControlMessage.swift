// What `signalbox control` and a service say to each other: one packet each way, a line of words, over a Unix socket of
// type SOCK_SEQPACKET. The first word is the form's version.

/// "1 CONTROL [SERVICE]"
package struct ControlRequest: Equatable, Sendable {
    package var control: UInt32
    /// One of the table's services; empty: all of them.
    package var service: String

    package init(control: UInt32, service: String = "") {
        self.control = control
        self.service = service
    }

    package var text: String { "1 \(control)" + (service.isEmpty ? "" : " \(service)") }

    /// nil: it is of another form.
    package init?(text: String) {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0] == "1", let control = UInt32(words[1]) else { return nil }
        self.init(control: control, service: words.count == 3 ? String(words[2]) : "")
    }
}

/// "1 ERROR", and then for each service that was meant a line "RESULT TYPE STATE ACCEPTED EXIT SPECIFIC CHECKPOINT HINT
/// NAME", where the result is why the control was not delivered, or what the handler returned.
package struct ControlAnswer: Equatable, Sendable {
    package struct Service: Equatable, Sendable {
        package var name: String
        package var result: UInt32
        package var status: ServiceStatus

        package init(name: String, result: UInt32, status: ServiceStatus) {
            self.name = name
            self.result = result
            self.status = status
        }
    }
    /// Why nobody was meant; 0: somebody was.
    package var error: UInt32
    package var services: [Service]

    package init(error: UInt32, services: [Service] = []) {
        self.error = error
        self.services = services
    }

    package var text: String {
        var lines = ["1 \(error)"]
        for service in services {
            let status = service.status
            let numbers = [
                service.result, status.type, status.state.rawValue, status.accepted, status.exitCode,
                status.specificExitCode, status.checkPoint, status.waitHint,
            ]
            lines.append(numbers.map { String($0) }.joined(separator: " ") + " " + service.name)
        }
        return lines.joined(separator: "\n")
    }

    /// nil: it is of another form.
    package init?(text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let head = lines.removeFirst().split(separator: " ")
        guard head.count == 2, head[0] == "1", let error = UInt32(head[1]) else { return nil }
        self.init(error: error)
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: false)
            let numbers = words.dropLast().compactMap { UInt32($0) }
            guard words.count == 9, numbers.count == 8, let state = ServiceState(rawValue: numbers[2]) else {
                return nil
            }
            var status = ServiceStatus()
            status.type = numbers[1]
            status.state = state
            (status.accepted, status.exitCode, status.specificExitCode) = (numbers[3], numbers[4], numbers[5])
            (status.checkPoint, status.waitHint) = (numbers[6], numbers[7])
            services.append(Service(name: String(words[8]), result: numbers[0], status: status))
        }
    }
}
