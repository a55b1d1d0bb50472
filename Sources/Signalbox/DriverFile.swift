import Glibc

/// What a handle to a file may do, and what it lets other handles do meanwhile.
public struct FileRights: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    /// Makes a set of rights from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Read what is in the file, or list a folder.
    public static let read = FileRights(rawValue: 1)
    /// Write anywhere, and set the end of the file.
    public static let write = FileRights(rawValue: 2)
    /// Delete or rename the file.
    public static let delete = FileRights(rawValue: 4)
    /// Write at the end of the file. Sharing counts that as writing.
    public static let append = FileRights(rawValue: 8)
    /// Change times and attributes. Sharing does not look at that.
    public static let writeAttributes = FileRights(rawValue: 16)
}

/// How a file is opened.
public struct FileOptions: Sendable {
    /// What is done if the file exists, and if it does not.
    public enum Disposition: Sendable {
        /// Make it; fail if it exists.
        case createNew
        /// Make it, or empty it.
        case createAlways
        /// Fail if it does not exist.
        case openExisting
        /// Make it if it does not exist.
        case openAlways
        /// Empty it; fail if it does not exist.
        case truncateExisting
    }

    /// What is done if the file exists, and if it does not.
    public var disposition = Disposition.openExisting
    /// What the handle is for.
    public var access: FileRights = .read
    /// What others may do meanwhile, and may have opened the file for already.
    public var sharing: FileRights = [.read, .write, .delete]
    /// Requests may be pending when the call that made them returns.
    public var isOverlapped = false
    /// Transfers go past the page cache: buffers, offsets and lengths are multiples of the sector size.
    public var isUnbuffered = false
    /// A write is complete when it is on the disk.
    public var isWrittenThrough = false
    /// The file is deleted when its last handle is closed.
    public var isDeletedOnClose = false
    /// A folder may be opened.
    public var allowsFolders = false
    /// A symbolic link is opened itself, not what it leads to.
    public var opensLinks = false
    /// How the file will be read: posix_fadvise(2) is told.
    public var advice = Advice.none
    /// A file that is made can only be read later (FILE_ATTRIBUTE_READONLY).
    public var isReadOnly = false
    /// Of a file that is made: what owner, group and others may do; nil: what the process's umask leaves of 0666.
    public var mode: UInt16?
    /// Of a file that is made: the user and the group that have it; nil: those of the process.
    public var owner: (user: UInt32, group: UInt32)?
    /// Attributes of Windows that are kept with a file that is made.
    public var attributes: UInt32 = 0

    /// How a file will be read.
    public enum Advice: Sendable {
        /// Nothing is known.
        case none
        /// From its begin to its end.
        case sequential
        /// Here and there.
        case random
    }

    /// Opens an existing file for reading, and lets others do what they want.
    public init() {}
}

/// A transfer, or what else a request may ask of a file.
public enum FileTransfer: Sendable {
    /// Read from that offset on. What has no offsets, as a pipe, ignores it.
    case read(at: Int64)
    /// Write from that offset on.
    case write(at: Int64)
    /// Write at the end.
    case append
    /// What is for the ends of named pipes alone.
    case control(PipeControl)
    /// Have what was written brought to the disk.
    case flush
    /// Lock a range; if it `waits`, when others have unlocked it, else at once or not at all.
    case lock(FileRange, exclusive: Bool, waits: Bool)
}

/// A range of bytes of a file, as locks have it; it may lie beyond the end.
public struct FileRange: Sendable, Hashable {
    /// First byte.
    public let start: UInt64
    /// Bytes; may be 0.
    public let length: UInt64
    /// Makes a range.
    public init(start: UInt64, length: UInt64) { (self.start, self.length) = (start, length) }

    /// Whether they have a byte in common; an empty range lies between bytes, and overlaps what has bytes on both sides.
    public func overlaps(_ other: FileRange) -> Bool {
        if length == 0 && other.length == 0 { return false }
        if length == 0 { return other.start < start && start - other.start < other.length }
        if other.length == 0 { return start < other.start && other.start - start < length }
        return start &- other.start < other.length || other.start &- start < length
    }
}

/// What the distance of a seek is counted from.
public enum FileOrigin: Sendable {
    /// The beginning of the file.
    case beginning
    /// The file pointer.
    case current
    /// The end of the file.
    case end
}

/// What an end of a named pipe may be asked for, besides transfers.
public enum PipeControl: @unchecked Sendable {
    // Sendable: the buffers are read before the call that starts the request returns.
    /// Of the server's end: wait for a client.
    case listen
    /// Write a message, and read one that answers it.
    case transact(UnsafeMutableRawBufferPointer)
}

/// What handles of one opening have in common, as ReadFile and WriteFile see it.
public protocol DriverFile: AnyObject, Sendable {
    /// The descriptor, for what needs no driver: fstat(2) and its like.
    var descriptor: Int32 { get }
    /// A copy of the descriptor, which the caller closes; -1, with errno set: it is closed, or cannot be copied.
    func copyDescriptor() -> Int32
    /// Where it was found.
    var path: String { get }
    /// What it was opened for.
    var access: FileRights { get }
    /// Whether requests may be pending when the call that made them returns.
    var isOverlapped: Bool { get }
    /// Whether it has places: a file. A pipe, a terminal or a device has none.
    var isSeekable: Bool { get }
    /// Whether it is a folder, which is neither read nor written.
    var isFolder: Bool { get }
    /// 1, or what offsets, lengths and addresses must be multiples of.
    var alignment: Int { get }
    /// The file pointer.
    var position: Int64 { get }
    /// Moves the file pointer, to `distance` from a place; returns where it is then, or `.invalidParameter` if that is
    /// before the beginning: nothing is moved then.
    func seek(_ distance: Int64, from origin: FileOrigin) -> (status: IOStatus, position: Int64)
    /// A transfer on the calling thread, to its end; at the file pointer, or at an offset. The file pointer is then behind
    /// what was transferred. Such transfers are made one after the other.
    func transfer(
        _ buffers: [UnsafeMutableRawBufferPointer], isWrite: Bool, at offset: Int64?
    ) -> (status: IOStatus, bytes: Int)
    /// Does a transfer if that is simple and can be done at once, and all of it.
    func transferNow(_ buffer: UnsafeMutableRawPointer, _ count: Int, isWrite: Bool, at offset: Int64) -> NowResult
    /// Does as much of a transfer as can be done at once, or, if `mayWait`, all of it, sleeping as long as a disk takes.
    func attempt(_ transfer: FileTransfer, _ buffers: [UnsafeMutableRawBufferPointer], mayWait: Bool) -> IOAttempt
    /// Starts a request, of which `done` bytes are transferred already.
    ///
    /// - Returns: how it ended, if it did at once; nil if it is pending, and will end through
    ///   ``IORequest/complete(_:bytes:)`` (maybe before this has returned).
    func start(_ request: IORequest, _ transfer: FileTransfer, done: Int) -> (status: IOStatus, bytes: Int)?
    /// Asks all requests that are meant to end early; returns how many there are.
    func cancel(where isMeant: (IORequest) -> Bool) -> Int
    /// Undoes a lock of exactly that range. False: there is none.
    func unlock(_ range: FileRange) -> Bool
    /// Whether the file goes when the last handle is closed.
    func setDeletedOnClose(_ isDeleted: Bool) -> IOStatus
    /// Whether it will.
    var isDeletedOnClose: Bool { get }
    /// Renames the file.
    func rename(to path: String, replaces: Bool) -> IOStatus
    /// Ends all requests and closes the descriptor. Idempotent.
    func close()
}

/// What became of a transfer that was to be done at once.
public enum NowResult: Sendable {
    /// All of it is done.
    case done
    /// Nothing is done, and it would have to wait.
    case wouldBlock
    /// It is not as simple as that: try ``DriverFile/attempt(_:_:mayWait:)``, from the beginning.
    case other
}

extension DriverFile {
    public func copyDescriptor() -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 3) }
    public func transferNow(_: UnsafeMutableRawPointer, _: Int, isWrite: Bool, at: Int64) -> NowResult { .other }
}

/// Opens files.
public protocol FileDriver: AnyObject, Sendable {
    /// Opens a file; `existed`: it was there before.
    ///
    /// - Throws: `IOError`.
    func openFile(_ path: String, _ options: FileOptions) throws(IOError) -> (file: any DriverFile, existed: Bool)
    /// Takes over a descriptor that another process has opened for that.
    ///
    /// - Throws: `IOError`: `.invalidHandle` if it is none; the descriptor stays the caller's.
    func adoptFile(_ descriptor: Int32, _ access: FileRights, isOverlapped: Bool) throws(IOError) -> any DriverFile
    /// Whether a handle to the file keeps it from being used so.
    ///
    /// - Throws: `IOError` if it does (`.sharingViolation`), or there is no such file.
    func checkSharing(of path: String, for access: FileRights) throws(IOError)
}
