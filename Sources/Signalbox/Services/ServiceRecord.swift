package import ServiceControl

/// A service as the dispatcher of controls has it: what it last said, and the stop that it has not accepted yet.
///
/// A value: whoever keeps it calls it under its lock, and performs outside what it returns.
package struct ServiceRecord: Sendable {
    package private(set) var status = ServiceStatus()
    /// It has been running, or paused: the manager counts it as started.
    package private(set) var hasStarted = false
    /// Somebody wants it to stop.
    private var isStopWanted = false
    /// It was told of that.
    private var wasToldToStop = false
    private var hasReported = false

    package init() {}

    package var hasStopped: Bool { status.state == .stopped }

    /// Takes what the service says.
    ///
    /// - Returns: the milliseconds within which it wants to have news again, if it makes progress on its way to being
    ///   started or stopped; 0: nothing that would extend a time-out.
    package mutating func report(_ new: ServiceStatus) -> Int {
        // A check point that stands still is no progress ("dwCheckPoint: … to report its progress").
        let makesProgress = new.state != status.state || new.checkPoint != status.checkPoint || !hasReported
        hasReported = true
        status = new
        if new.state == .running || new.state == .paused { hasStarted = true }
        guard makesProgress, new.state == .startPending || new.state == .stopPending else { return 0 }
        return Int(new.waitHint)
    }

    /// Somebody wants the service to stop, whether it accepts that now or later.
    package mutating func wantStop() {
        isStopWanted = true
        wasToldToStop = false
    }

    /// A stop is wanted and not delivered.
    package var isStopKept: Bool { isStopWanted && !wasToldToStop && !isEnding }

    private var isEnding: Bool { status.state == .stopPending || status.state == .stopped }

    /// The control by which the service is to be told of the wanted stop, if it accepts one now; it is told once.
    ///
    /// Who accepts the system's shutdown alone is told of that: it will not be asked again before it is killed.
    package mutating func takeStop() -> UInt32? {
        guard isStopKept else { return nil }
        let known = [Control.stop, Control.shutdown, Control.preshutdown]
        guard let control = known.first(where: { status.accepted & Control.acceptBit($0)! != 0 }) else { return nil }
        wasToldToStop = true
        return control
    }

    /// Why a control cannot be delivered now, as ControlService has it; 0: it can.
    package func refusal(of control: UInt32) -> UInt32 {
        guard let bit = Control.acceptBit(control) else { return ControlError.invalidControl }
        switch status.state {
        case .stopped: return ControlError.notActive
        case .startPending, .stopPending: return ControlError.cannotAcceptNow
        default: return bit != 0 && status.accepted & bit == 0 ? ControlError.invalidControl : 0
        }
    }
}
