import CLinux
import CSystemd
import Dispatcher
import Glibc
package import ServiceControl
import Synchronization

/// Who has the services that a ``ControlDispatcher`` serves. All of it is called on the dispatcher's thread.
package protocol ControlledServices: AnyObject, Sendable {
    /// SIGTERM has come: the services are to stop, once they accept it.
    func stopRequested()
    /// SIGHUP has come.
    func reloadRequested()
    /// Delivers stops that have become acceptable.
    func deliverKeptStops()
    /// Delivers a control, and says how that went.
    func deliver(_ request: ControlRequest) -> ControlAnswer
    /// The manager could not be told, and is to be told again soon.
    var owesNews: Bool { get }
    func tellAgain()
    /// Nothing is left to be served.
    var haveEnded: Bool { get }
}

/// What one thread of a service does: it turns signals and the packets of `signalbox control` into calls, one at a time,
/// until the services have ended.
///
/// Two descriptors stay open for good: the signals are routed to the one, and any thread may write to the other.
package final class ControlDispatcher: Sendable {
    private let signals: Int32
    private let pokes: Int32
    private let listener: Int32
    private let path: String?

    /// Routes SIGTERM and SIGHUP here, and listens.
    ///
    /// - Throws: `IOError` if the kernel gives no eventfd. Without a name to listen at it does without.
    package init() throws(IOError) {
        signals = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard signals >= 0 else { throw IOError(code: errno, "making an eventfd") }
        pokes = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard pokes >= 0 else {
            let code = errno
            close(signals)
            throw IOError(code: code, "making an eventfd")
        }
        (listener, path) = ControlDispatcher.listen()
        _ = signalbox_route_signal(SIGTERM, signals, 1)
        _ = signalbox_route_signal(SIGHUP, signals, 1 << 32)
    }

    /// The unit that this process belongs to; nil: systemd has none of it.
    package static var unit: String? {
        var name: UnsafeMutablePointer<CChar>?
        // To the system's manager the services of a user's are one unit.
        guard sd_pid_get_user_unit(0, &name) >= 0 || sd_pid_get_unit(0, &name) >= 0, let name else { return nil }
        defer { free(name) }
        return String(cString: name)
    }

    deinit {
        close(signals)
        close(pokes)
        if listener >= 0 { close(listener) }
    }

    private static func listen() -> (Int32, String?) {
        let folder = ServiceEnvironment.current.folders(.runtime).first
        if let path = folder.map({ ControlSocket.path(in: $0) }) {
            unlink(path)  // of a run before, where the folder is preserved
            let socket = listen(at: path)
            if socket >= 0 { return (socket, path) }
        }
        guard let invocation = getenv("INVOCATION_ID").map({ String(cString: $0) }) else { return (-1, nil) }
        return (listen(at: ControlSocket.abstractName(invocation: invocation)), nil)
    }

    private static func listen(at name: String) -> Int32 {
        let socket = ControlSocket.make(nonblocking: true)
        guard socket >= 0 else { return -1 }
        // The mode of a socket is that of its descriptor (unix(7)): nobody else may even connect.
        fchmod(socket, 0o600)
        guard ControlSocket.withAddress(name, { bind(socket, $0, $1) }) == 0, Glibc.listen(socket, 16) == 0 else {
            close(socket)
            return -1
        }
        return socket
    }

    /// Has the dispatcher look at its services again. Any thread may call it.
    package func poke() {
        var one: UInt64 = 1
        _ = write(pokes, &one, 8)
    }

    /// Serves until the services have ended.
    package func run(_ services: any ControlledServices) {
        /// Connections whose request has not come yet.
        var clients: [Int32] = []
        while true {
            services.deliverKeptStops()
            if services.haveEnded { break }
            var watched = ([signals, pokes] + clients).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            // Who is full looks away.
            if listener >= 0 && clients.count < 16 {
                watched.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
            }
            let patience: Int32 = services.owesNews ? 50 : -1
            let inside = signalbox_open()
            let count = poll(&watched, nfds_t(watched.count), patience)
            signalbox_close(inside)
            if patience > 0 { services.tellAgain() }
            guard count > 0 else { continue }
            _ = ControlDispatcher.take(pokes)
            let arrived = ControlDispatcher.take(signals)
            if arrived & 0xFFFF_FFFF != 0 { services.stopRequested() }
            if arrived >> 32 != 0 { services.reloadRequested() }
            for entry in watched.dropFirst(2) where entry.revents != 0 {
                if entry.fd == listener {
                    let client = signalbox_accept(listener)
                    if client >= 0 && admits(client) { clients.append(client) }
                } else {
                    serve(entry.fd, services)
                    clients.removeAll { $0 == entry.fd }
                }
            }
        }
        for client in clients { close(client) }
        if let path { unlink(path) }
    }

    /// Who may signal this process may control it. Others are refused at once: an abstract name is for everybody, and they
    /// are not to take the places of those who may.
    private func admits(_ client: Int32) -> Bool {
        let user = ControlSocket.peer(of: client)?.user
        if user == 0 || user == geteuid() { return true }
        _ = ControlSocket.send(
            ControlAnswer(error: ControlError.accessDenied).text, to: client, flags: Int32(MSG_DONTWAIT))
        close(client)
        return false
    }

    private func serve(_ client: Int32, _ services: any ControlledServices) {
        defer { close(client) }
        let flags = Int32(MSG_DONTWAIT)
        guard let request = ControlSocket.receive(from: client, flags: flags).flatMap(ControlRequest.init(text:)) else {
            return
        }
        _ = ControlSocket.send(services.deliver(request).text, to: client, flags: flags)
    }

    private static func take(_ counter: Int32) -> UInt64 {
        var count: UInt64 = 0
        return read(counter, &count, 8) == 8 ? count : 0
    }
}
