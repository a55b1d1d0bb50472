/// Where a service stands; the numbers are those of winsvc.h, as all in this target.
package enum ServiceState: UInt32, Sendable {
    case stopped = 1
    case startPending, stopPending, running, continuePending, pausePending, paused

    /// In words, for the status line.
    package var words: String {
        switch self {
        case .stopped: "stopped"
        case .startPending: "starting"
        case .stopPending: "stopping"
        case .running: "running"
        case .continuePending: "continuing"
        case .pausePending: "pausing"
        case .paused: "paused"
        }
    }
}

/// What a service has last said of itself: SERVICE_STATUS.
package struct ServiceStatus: Equatable, Sendable {
    package var type: UInt32 = 0x10
    package var state: ServiceState = .startPending
    package var accepted: UInt32 = 0
    package var exitCode: UInt32 = 0
    package var specificExitCode: UInt32 = 0
    package var checkPoint: UInt32 = 0
    package var waitHint: UInt32 = 0

    package init() {}

    /// How the process ends, if the service has: its own code behind ERROR_SERVICE_SPECIFIC_ERROR.
    package var finalCode: UInt32 { exitCode == 1066 ? specificExitCode : exitCode }
}

/// The controls that come from outside.
package enum Control {
    package static let stop: UInt32 = 1
    package static let pause: UInt32 = 2
    package static let proceed: UInt32 = 3
    package static let interrogate: UInt32 = 4
    package static let shutdown: UInt32 = 5
    package static let parametersChanged: UInt32 = 6
    package static let preshutdown: UInt32 = 15
    /// What each service defines for itself.
    package static let own: ClosedRange<UInt32> = 128...255

    /// The words of the command line.
    package static let words: [(word: String, control: UInt32)] = [
        ("stop", stop), ("pause", pause), ("continue", proceed), ("interrogate", interrogate),
        ("paramchange", parametersChanged),
    ]

    /// A word, or the number of a control that services define.
    package static func parse(_ text: String) -> UInt32? {
        if let known = words.first(where: { $0.word == text }) { return known.control }
        return UInt32(text).flatMap { own.contains($0) ? $0 : nil }
    }

    /// The word of a control, or its number.
    package static func word(_ control: UInt32) -> String {
        if control == shutdown { return "shutdown" }
        return words.first { $0.control == control }?.word ?? String(control)
    }

    /// The bit that a service sets in what it accepts; 0: there is none, and it is always accepted; nil: nobody may
    /// send it.
    package static func acceptBit(_ control: UInt32) -> UInt32? {
        switch control {
        case stop: 0x001
        case pause, proceed: 0x002
        case shutdown: 0x004
        case parametersChanged: 0x008
        case preshutdown: 0x100
        case interrogate, own: 0
        default: nil
        }
    }
}

/// Errors of controls.
package enum ControlError {
    package static let accessDenied: UInt32 = 5
    package static let invalidControl: UInt32 = 1052
    package static let timedOut: UInt32 = 1053
    package static let noSuchService: UInt32 = 1060
    package static let cannotAcceptNow: UInt32 = 1061
    package static let notActive: UInt32 = 1062
}
