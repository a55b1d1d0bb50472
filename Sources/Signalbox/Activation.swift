// Objects of what the service manager has passed.

extension ListenerObject {
    /// The socket of that name that the service manager listens on for this service, or has kept for it.
    ///
    /// ```swift
    /// let listener = try ListenerObject(passedAs: "http")
    /// ```
    ///
    /// The name is the socket unit's `FileDescriptorName=`. Clients that connect while the service starts, or starts again,
    /// wait in the socket's queue. Where several sockets have the name, each call takes the next one. A listener that was
    /// closed can be taken again.
    ///
    /// - Throws: `ActivationError`, whose description says what was passed instead; `IOError` if no plugin provides
    ///   sockets.
    public init(passedAs name: String) throws {
        let claim = try PassedDescriptors.shared.claim(named: name, [.listener])
        let socket = try PassedDescriptors.shared.makeSocket(claim)
        PassedDescriptors.shared.settle(claim, user: socket)
        self.init(SocketObject(socket))
    }

    /// All sockets of that name that nobody has taken yet: a unit with several `ListenStream=` has one name for all.
    ///
    /// - Throws: as ``init(passedAs:)``.
    public static func all(passedAs name: String) throws -> [ListenerObject] {
        try takeAll { try ListenerObject(passedAs: name) }
    }
}

extension SocketObject {
    /// The connection of that name: "connection" for one that the service manager has accepted (`Accept=yes`), or the name
    /// that it was stored under. Where several have the name, each call takes the next one.
    ///
    /// - Throws: `ActivationError`, whose description says what was passed instead; `IOError` if no plugin provides
    ///   sockets.
    public init(passedAs name: String) throws {
        let claim = try PassedDescriptors.shared.claim(named: name, [.connection])
        let socket = try PassedDescriptors.shared.makeSocket(claim)
        PassedDescriptors.shared.settle(claim, user: socket)
        self.init(socket)
    }

    /// All connections of that name that nobody has taken yet.
    ///
    /// - Throws: as ``init(passedAs:)``.
    public static func all(passedAs name: String) throws -> [SocketObject] {
        try takeAll { try SocketObject(passedAs: name) }
    }
}

extension FileObject {
    /// The pipe or file of that name: of a unit with `ListenFIFO=` or `ListenSpecial=`, or one that was stored. Where
    /// several have the name, each call takes the next one. A pipe has no offsets: those of reads and writes are ignored.
    ///
    /// - Throws: `ActivationError`, whose description says what was passed instead.
    public init(passedAs name: String) throws(ActivationError) {
        let claim = try PassedDescriptors.shared.claim(named: name, [.pipe, .file])
        let file = PassedDescriptors.shared.makeFile(claim, isOverlapped: true)
        PassedDescriptors.shared.settle(claim, user: nil)
        self.init(file)
    }
}

/// At least one, or the error that there is none.
private func takeAll<Object>(_ next: () throws -> Object) throws -> [Object] {
    var taken = [try next()]
    while true {
        do {
            taken.append(try next())
        } catch ActivationError.inUse {
            return taken
        }
    }
}
