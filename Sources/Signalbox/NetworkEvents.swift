package import Dispatcher

/// What a socket was asked to report by an event, and has to report: the state behind WSAEventSelect.
///
/// A report is made once, and again only after a call that enables it: a receive for `receive`, a send that would have
/// had to wait for `send`, an accept for `accept`. `connect` and `close` are reported once a connection.
package struct NetworkEvents {
    /// Where it is reported; a reference of ours.
    package var event: ObjectName = .none
    /// What is to be reported.
    package private(set) var wanted: SocketReadiness = []
    private var enabled: SocketReadiness = []
    private var recorded: SocketReadiness = []
    private var connectError: Int32 = 0
    private var closeError: Int32 = 0

    package init() {}

    /// Begins anew: nothing is recorded.
    package mutating func select(_ wanted: SocketReadiness, isConnecting: Bool) {
        self.wanted = wanted
        recorded = []
        enabled = SocketReadiness(rawValue: ~0)
        if !isConnecting { enabled.remove(.connect) }
    }

    /// A call was made after which these may be reported again.
    package mutating func enable(_ kinds: SocketReadiness) { enabled.formUnion(kinds) }

    /// Takes in what the socket is ready for. Whether there is something new to report.
    package mutating func note(_ ready: SocketReadiness, connectError: Int32, closeError: Int32) -> Bool {
        let new = ready.intersection(wanted).intersection(enabled)
        guard !new.isEmpty else { return false }
        enabled.subtract(new)
        recorded.formUnion(new)
        if new.contains(.connect) { self.connectError = connectError }
        if new.contains(.close) { self.closeError = closeError }
        return true
    }

    /// What is recorded, with the errno of a failed connect and of a connection that ended; it is forgotten.
    package mutating func take() -> (recorded: SocketReadiness, connectError: Int32, closeError: Int32) {
        defer { recorded = [] }
        return (recorded, connectError, closeError)
    }
}
