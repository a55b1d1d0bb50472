import CLinux
import Dispatcher
import Glibc

/// Who has taken which of the descriptors that were passed to this process.
///
/// Who takes one gets a copy (dup(2)). Of a listener, or a socket for datagrams, the original stays, for the next who takes
/// it once the copy is closed: the manager has it open as well, so clients could not be refused by closing it, and a
/// service that pauses wants to listen again. Everything else is handed over: to close a connection is to end it.
package final class PassedDescriptors: Sendable {
    package static let shared = PassedDescriptors()

    /// What was taken, until ``PassedDescriptors/settle(_:user:)`` or ``PassedDescriptors/giveBack(_:)``.
    package struct Claim: Sendable {
        package let passed: PassedDescriptor
        /// Whoever has the claim owns it.
        package let number: Int32
    }
    private struct Entry {
        let passed: PassedDescriptor
        var use = Use.free
        /// Of `Use.used`.
        weak var user: (any DriverSocket)?

        var isFree: Bool {
            switch use {
            case .free: true
            case .used: (user?.descriptor ?? -1) < 0
            case .beingTaken, .kept, .gone: false
            }
        }
    }
    private enum Use {
        case free, beingTaken, used
        /// Whoever has the copy does not say when it is closed.
        case kept
        case gone
    }
    private let entries = Guarded<[Entry]>([])
    /// What the manager has under which name, as far as this process knows.
    private let stored = Guarded<[String: Set<Identity>]>([:])

    /// What tells a socket, or the end of a pipe, from all others that are open somewhere.
    private struct Identity: Hashable {
        let device, inode: UInt
        let mode: Int32

        /// nil: it is of another kind. A file may be open many times.
        init?(_ descriptor: Int32) {
            var found = stat()
            guard fstat(descriptor, &found) == 0, [S_IFSOCK, S_IFIFO].contains(found.st_mode & S_IFMT) else {
                return nil
            }
            (device, inode, mode) = (found.st_dev, found.st_ino, fcntl(descriptor, F_GETFL) & O_ACCMODE)
        }
    }

    /// The name of what `DescriptorStore` stores to see whether there is room.
    package static let probe = "signalbox-probe"

    /// Takes over the descriptors of this process, which no child gets; those that are open are returned.
    func begin(with passed: [PassedDescriptor]) -> [PassedDescriptor] {
        let open = passed.filter { fcntl($0.number, F_SETFD, FD_CLOEXEC) == 0 }
        let ours = open.filter { !$0.name.hasPrefix(PassedDescriptors.probe) }
        // Left over by a run that was killed at that moment.
        for passed in open where passed.name.hasPrefix(PassedDescriptors.probe) { close(passed.number) }
        entries.withLock { $0 = ours.map { Entry(passed: $0) } }
        stored.withLock { $0 = [:] }
        for passed in ours { noteStored(passed.number, as: passed.name) }
        return ours
    }

    /// The manager has it.
    package func noteStored(_ descriptor: Int32, as name: String) {
        guard let identity = Identity(descriptor) else { return }
        stored.withLock { _ = $0[name, default: []].insert(identity) }
    }

    /// The manager drops all of that name.
    package func forgetStored(_ name: String) { stored.withLock { $0[name] = nil } }

    /// Whether the manager has it under that name: passed it to this process, or was given it.
    package func isStored(_ descriptor: Int32, as name: String) -> Bool {
        guard let identity = Identity(descriptor) else { return false }
        return stored.withLock { $0[name]?.contains(identity) ?? false }
    }

    /// Closes what is still ours; for tests.
    func end() {
        let old = entries.withLock { entries in
            defer { entries = [] }
            return entries.filter { $0.use != .gone }.map(\.passed.number)
        }
        for number in old { close(number) }
    }

    /// The first that is free and wanted; nil: there is none.
    ///
    /// - Throws: `ActivationError.failed`: it cannot be copied.
    package func claim(_ isWanted: (PassedDescriptor) -> Bool) throws(ActivationError) -> Claim? {
        guard !ServiceEnvironment.current.descriptors.isEmpty else { return nil }
        let claimed: Result<Claim, ActivationError>? = entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.isFree && isWanted($0.passed) }) else { return nil }
            let passed = entries[index].passed
            let number = fcntl(passed.number, F_DUPFD_CLOEXEC, 3)
            if number < 0 { return .failure(.failed(passed.name, code: errno)) }
            entries[index].use = .beingTaken
            return .success(Claim(passed: passed, number: number))
        }
        return try claimed?.get()
    }

    /// The first of that name that is free, and one of the kinds.
    package func claim(named name: String, _ kinds: Set<PassedDescriptor.Kind>) throws(ActivationError) -> Claim {
        if let claim = try claim({ $0.name == name && kinds.contains($0.kind) }) { return claim }
        let environment = ServiceEnvironment.current
        let named = environment.descriptors.filter { $0.name == name }
        guard let first = named.first else {
            throw .notPassed(name, passed: environment.descriptors, isAnothers: environment.isPassedToAnother)
        }
        if named.contains(where: { kinds.contains($0.kind) }) { throw .inUse(name) }
        throw .wrongKind(first, wanted: PassedDescriptor.Kind.allCases.filter(kinds.contains))
    }

    /// Something was made of it. `user`: what closes the copy; when it has, the original can be taken again, if it stays.
    package func settle(_ claim: Claim, user: (any DriverSocket)?) {
        guard claim.passed.isCopied else {
            set(claim, .gone, nil)
            close(claim.passed.number)
            return
        }
        set(claim, user == nil ? .kept : .used, user)
    }

    /// Nothing was made of it. `isClosed`: the copy is closed already.
    package func giveBack(_ claim: Claim, isClosed: Bool = false) {
        if !isClosed { close(claim.number) }
        set(claim, .free, nil)
    }

    private func set(_ claim: Claim, _ use: Use, _ user: (any DriverSocket)?) {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.passed.number == claim.passed.number }) else { return }
            entries[index].use = use
            entries[index].user = user
        }
    }

    /// Makes a socket of the descriptor, which closes it. What has come of that is for the caller to say.
    package func makeSocket(_ claim: Claim) throws(IOError) -> any DriverSocket {
        do throws(IOError) {
            let settings = SocketSettings(of: claim.number)
            let made = try DriverRegistry.shared.sockets().makeEmptySocket(like: settings)
            try made.settings.share()
            _ = made.adopt(claim.number, as: settings.phase)  // it is open
            return made
        } catch {
            giveBack(claim)
            throw error
        }
    }

    /// Makes a file, or the end of a pipe, of the descriptor. What has come of that is for the caller to say.
    package func makeFile(_ claim: Claim, isOverlapped: Bool) -> any DriverFile {
        let rights: FileRights =
            switch fcntl(claim.number, F_GETFL) & O_ACCMODE {
            case O_RDONLY: .read
            case O_WRONLY: [.write, .append]
            default: [.read, .write, .append]
            }
        return claim.passed.kind == .pipe
            ? AnonymousPipe(claim.number, rights, isOverlapped: isOverlapped)
            : InheritedFile(claim.number, rights, isOverlapped: isOverlapped)
    }
}

extension PassedDescriptor {
    fileprivate var isCopied: Bool { kind == .listener || kind == .datagrams }
}
