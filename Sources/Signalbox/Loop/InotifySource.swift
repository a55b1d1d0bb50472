import CSystemd
import Dispatcher
import Glibc

/// A change of a file or folder; see inotify(7).
public struct FileChange: Hashable, Sendable {
    /// What may happen, and how to watch for it.
    public struct Kinds: OptionSet, Hashable, Sendable {
        /// IN bits.
        public let rawValue: UInt32
        /// IN bits, of which all may be given.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// It was read.
        public static let accessed = Kinds(rawValue: UInt32(IN_ACCESS))
        /// It was written to, or cut.
        public static let modified = Kinds(rawValue: UInt32(IN_MODIFY))
        /// Its owner, mode, times, links or extended attributes were changed.
        public static let attributes = Kinds(rawValue: UInt32(IN_ATTRIB))
        /// Who had it open for writing has closed it.
        public static let closedAfterWriting = Kinds(rawValue: UInt32(IN_CLOSE_WRITE))
        /// Who had it open for reading has closed it.
        public static let closedAfterReading = Kinds(rawValue: UInt32(IN_CLOSE_NOWRITE))
        /// It was opened.
        public static let opened = Kinds(rawValue: UInt32(IN_OPEN))
        /// Something was moved out of the folder.
        public static let movedFrom = Kinds(rawValue: UInt32(IN_MOVED_FROM))
        /// Something was moved into the folder.
        public static let movedTo = Kinds(rawValue: UInt32(IN_MOVED_TO))
        /// Something was made in the folder.
        public static let created = Kinds(rawValue: UInt32(IN_CREATE))
        /// Something was deleted from the folder.
        public static let deleted = Kinds(rawValue: UInt32(IN_DELETE))
        /// It itself was deleted.
        public static let selfDeleted = Kinds(rawValue: UInt32(IN_DELETE_SELF))
        /// It itself was moved.
        public static let selfMoved = Kinds(rawValue: UInt32(IN_MOVE_SELF))
        /// To watch: a folder, or nothing.
        public static let onlyFolder = Kinds(rawValue: UInt32(IN_ONLYDIR))
        /// To watch: a symbolic link itself.
        public static let withoutFollowing = Kinds(rawValue: UInt32(IN_DONT_FOLLOW))

        /// Told: it happened to a folder.
        public static let isFolder = Kinds(rawValue: UInt32(IN_ISDIR))
        /// Told: it is watched no longer, as it is gone.
        public static let ignored = Kinds(rawValue: UInt32(IN_IGNORED))
        /// Told: its file system is gone.
        public static let unmounted = Kinds(rawValue: UInt32(IN_UNMOUNT))
        /// Told: there were more changes than could be kept. Look at everything again.
        public static let overflow = Kinds(rawValue: UInt32(IN_Q_OVERFLOW))

        /// What changes the contents of a folder.
        public static let entries: Kinds = [.created, .deleted, .movedFrom, .movedTo]
    }

    /// What has happened.
    public let kinds: Kinds
    /// The name in the folder to which it happened; nil: to what is watched itself.
    public let name: String?
    /// The same number for the two ends of a move; else 0.
    public let cookie: UInt32

    init(kinds: Kinds, name: String? = nil, cookie: UInt32 = 0) {
        self.kinds = kinds
        self.name = name
        self.cookie = cookie
    }

    fileprivate init(_ event: UnsafePointer<inotify_event>) {
        kinds = Kinds(rawValue: event.pointee.mask)
        cookie = event.pointee.cookie
        // The name follows the structure, and ends with a zero.
        let text = UnsafeRawPointer(event).advanced(by: MemoryLayout<inotify_event>.size)
        name = event.pointee.len == 0 ? nil : String(cString: text.assumingMemoryBound(to: CChar.self))
    }
}

extension EventLoop {
    /// Calls `handler`, isolated to the loop, for each change of a file or folder.
    ///
    /// The kernel keeps a number of changes until the loop takes them; those beyond are lost, and one that is an
    /// `.overflow` says so. While the source is off changes are lost without a word.
    ///
    /// - Throws: `IOError` with ENOENT, EACCES, ENOTDIR, or ENOSPC (the user may watch no more), as inotify_add_watch(2)
    ///   tells.
    public func addInotify(
        _ path: String, _ kinds: FileChange.Kinds, name: String? = nil, priority: LoopPriority = .normal,
        handler: @escaping @Sendable (isolated EventLoop, FileChange) throws -> Void
    ) throws(IOError) -> EventSource {
        try addInotify(path, kinds, name: name, priority: priority, on: self, handler: handler)
    }

    /// As above, isolated to an actor of the loop.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addInotify<Owner: Actor>(
        _ path: String, _ kinds: FileChange.Kinds, name: String? = nil, priority: LoopPriority = .normal,
        on owner: Owner,
        handler: @escaping @Sendable (isolated Owner, FileChange) throws -> Void
    ) throws(IOError) -> EventSource {
        let core = OwnedCore(name ?? path, executor, owner, handler)
        try core.install(priority, "watching \(path)") { source in
            sd_event_add_inotify(
                executor.event, &source, path, kinds.rawValue,
                { _, event, core in EventCore<FileChange>.at(core).fire(FileChange(event!)) }, core.address)
        }
        return EventSource(core)
    }

    /// As above, for what a descriptor refers to, which stays the caller's and may be closed.
    ///
    /// - Precondition: the actor's executor is the loop's.
    public func addInotify<Owner: Actor>(
        descriptor: Int32, _ kinds: FileChange.Kinds, name: String? = nil, priority: LoopPriority = .normal,
        on owner: Owner, handler: @escaping @Sendable (isolated Owner, FileChange) throws -> Void
    ) throws(IOError) -> EventSource {
        let core = OwnedCore(name ?? "changes of descriptor \(descriptor)", executor, owner, handler)
        try core.install(priority, "watching \(core.name)") { source in
            sd_event_add_inotify_fd(
                executor.event, &source, descriptor, kinds.rawValue,
                { _, event, core in EventCore<FileChange>.at(core).fire(FileChange(event!)) }, core.address)
        }
        return EventSource(core)
    }
}
