import Glibc
import ServiceControl

/// signalbox control [--user] [--service NAME] UNIT CONTROL
struct Arguments {
    var unit = ""
    var control: UInt32 = 0
    var service = ""
    var isUserManager = false

    static let usage = """
        usage: signalbox control [--user] [--service NAME] UNIT CONTROL

        Sends a control to a running service whose program calls StartServiceCtrlDispatcher, and shows
        how it stands then.

          CONTROL   interrogate, pause, continue, paramchange or stop, or a number from 128 to 255,
                    whose meaning is the service's own
          --service one of the services of the unit's process; without it all of them are meant
          --user    the unit is one of the user's own manager

        The exit status is 0 if every service that was meant has taken the control, 1 if one has not,
        2 if the arguments make no sense, 3 if the unit cannot be reached.

        """

    static func refuse(_ problem: String) -> Never {
        say("signalbox: \(problem)\n\(usage)")
        exit(2)
    }

    init(_ given: [String]) {
        var words: [String] = []
        var rest = given[...]
        while let word = rest.popFirst() {
            switch word {
            case "--help", "-h":
                print(Arguments.usage, terminator: "")
                exit(0)
            case "--user": isUserManager = true
            case "--service":
                guard let name = rest.popFirst() else { Arguments.refuse("--service wants a name") }
                service = name
            case _ where word.hasPrefix("-"): Arguments.refuse("\(word) is no option")
            default: words.append(word)
            }
        }
        guard words.first == "control" else {
            Arguments.refuse(words.first.map { "\($0) is no command" } ?? "no command")
        }
        guard words.count == 3 else { Arguments.refuse("control wants a unit and a control") }
        guard let control = Control.parse(words[2]) else { Arguments.refuse("\(words[2]) is no control") }
        (unit, self.control) = (words[1], control)
    }
}

/// To the standard error.
func say(_ text: String) { text.withCString { _ = write(STDERR_FILENO, $0, strlen($0)) } }
