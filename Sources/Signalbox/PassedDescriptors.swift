import CLinux
import Dispatcher
import Glibc

/// Who has taken which of the descriptors that were passed to this process.
///
/// A listener, or a socket for datagrams, is copied (dup(2)) for each who takes it, one at a time: the manager has it open
/// as well, so clients could not be refused by closing it, and a service that pauses wants to listen again. Everything
/// else is handed over: to close a connection is to end it.
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
            case .beingTaken, .gone: false
            }
        }
    }
    private enum Use { case free, beingTaken, used, gone }
    private let entries = Guarded<[Entry]>([])

    /// The name of what `DescriptorStore` stores to see whether there is room.
    package static let probe = "signalbox-probe"

    /// Takes over the descriptors of this process, which no child gets; those that are open are returned.
    func begin(with passed: [PassedDescriptor]) -> [PassedDescriptor] {
        let open = passed.filter { fcntl($0.number, F_SETFD, FD_CLOEXEC) == 0 }
        let ours = open.filter { !$0.name.hasPrefix(PassedDescriptors.probe) }
        // Left over by a run that was killed at that moment.
        for passed in open where passed.name.hasPrefix(PassedDescriptors.probe) { close(passed.number) }
        entries.withLock { $0 = ours.map { Entry(passed: $0) } }
        return ours
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
            var number = passed.number
            if passed.isCopied {
                number = fcntl(number, F_DUPFD_CLOEXEC, 3)
                if number < 0 { return .failure(.failed(passed.name, code: errno)) }
            }
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

    /// Something was made of it. `user`: what closes the copy; when it has, the original can be taken again.
    package func settle(_ claim: Claim, user: (any DriverSocket)?) {
        set(claim, claim.passed.isCopied ? .used : .gone, user)
    }

    /// Nothing was made of it.
    package func giveBack(_ claim: Claim) {
        if claim.passed.isCopied { close(claim.number) }
        set(claim, .free, nil)
    }

    private func set(_ claim: Claim, _ use: Use, _ user: (any DriverSocket)?) {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.passed.number == claim.passed.number }) else { return }
            entries[index].use = use
            entries[index].user = user
        }
    }

    /// Makes a socket of the descriptor.
    package func makeSocket(_ claim: Claim) throws(IOError) -> any DriverSocket {
        do throws(IOError) {
            let settings = SocketSettings(of: claim.number)
            let made = try DriverRegistry.shared.sockets().makeEmptySocket(like: settings)
            _ = made.adopt(claim.number, as: settings.phase)  // it is open
            settle(claim, user: made)
            return made
        } catch {
            giveBack(claim)
            throw error
        }
    }

    /// Makes a file, or the end of a pipe, of the descriptor.
    package func makeFile(_ claim: Claim, isOverlapped: Bool) -> any DriverFile {
        defer { settle(claim, user: nil) }
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
