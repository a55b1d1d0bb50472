/// How a request ended, as an NT status: what `OVERLAPPED.Internal` holds and completion packets carry.
///
/// The two top bits tell success (0), information (1), warning (2) and error (3).
/// Source: [MS-ERREF] 2.3.1, NTSTATUS values.
public struct IOStatus: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The request has done what it was to do.
    public static let success = IOStatus(rawValue: 0)
    /// The request has not ended yet.
    public static let pending = IOStatus(rawValue: 0x103)
    /// A message was longer than the buffer: what did not fit is lost.
    public static let bufferOverflow = IOStatus(rawValue: 0x8000_0005)
    /// A buffer is not memory of this process.
    public static let accessViolation = IOStatus(rawValue: 0xC000_0005)
    /// The descriptor or handle is not open.
    public static let invalidHandle = IOStatus(rawValue: 0xC000_0008)
    /// An argument is wrong (EINVAL).
    public static let invalidParameter = IOStatus(rawValue: 0xC000_000D)
    /// The process may not do that (EACCES, EPERM).
    public static let accessDenied = IOStatus(rawValue: 0xC000_0022)
    /// The kernel lacks memory or buffers (ENOMEM, ENOBUFS).
    public static let insufficientResources = IOStatus(rawValue: 0xC000_009A)
    /// The kernel or the socket knows no such request (EOPNOTSUPP).
    public static let notSupported = IOStatus(rawValue: 0xC000_00BB)
    /// A limit on descriptors was reached (EMFILE, ENFILE).
    public static let tooManyOpenFiles = IOStatus(rawValue: 0xC000_011F)
    /// Cancelled before it was served.
    public static let cancelled = IOStatus(rawValue: 0xC000_0120)
    /// The socket is not connected (ENOTCONN).
    public static let invalidConnection = IOStatus(rawValue: 0xC000_0140)
    /// The peer reset the connection.
    public static let connectionReset = IOStatus(rawValue: 0xC000_020D)
    /// The socket was closed here with the request pending.
    public static let connectionAborted = IOStatus(rawValue: 0xC000_0241)
    /// Another socket has the address (EADDRINUSE).
    public static let addressAlreadyExists = IOStatus(rawValue: 0xC000_020A)
    /// An address that none of this machine's interfaces has.
    public static let invalidAddressComponent = IOStatus(rawValue: 0xC000_0207)
    /// The socket is connected already (EISCONN).
    public static let connectionActive = IOStatus(rawValue: 0xC000_023B)
    /// Nobody has the port that a datagram was sent to.
    public static let portUnreachable = IOStatus(rawValue: 0xC000_023F)
    /// A message is longer than the protocol allows (EMSGSIZE).
    public static let invalidBufferSize = IOStatus(rawValue: 0xC000_0206)
    /// Nobody listens there (ECONNREFUSED).
    public static let connectionRefused = IOStatus(rawValue: 0xC000_0236)
    /// The connection was shut down for this direction.
    public static let gracefulDisconnect = IOStatus(rawValue: 0xC000_0237)
    /// No route leads to the network (ENETUNREACH).
    public static let networkUnreachable = IOStatus(rawValue: 0xC000_023C)
    /// No route leads to the host (EHOSTUNREACH).
    public static let hostUnreachable = IOStatus(rawValue: 0xC000_023D)
    /// The peer did not answer in time (ETIMEDOUT).
    public static let timedOut = IOStatus(rawValue: 0xC000_00B5)
    /// There is no more in the file.
    public static let endOfFile = IOStatus(rawValue: 0xC000_0011)
    /// The object cannot do that (EISDIR, ESPIPE, ENODEV).
    public static let invalidDeviceRequest = IOStatus(rawValue: 0xC000_0010)
    /// A name that no file can have.
    public static let objectNameInvalid = IOStatus(rawValue: 0xC000_0033)
    /// There is no such file.
    public static let objectNameNotFound = IOStatus(rawValue: 0xC000_0034)
    /// There is a file of that name already (EEXIST).
    public static let objectNameCollision = IOStatus(rawValue: 0xC000_0035)
    /// The folder that the file would be in does not exist.
    public static let objectPathNotFound = IOStatus(rawValue: 0xC000_003A)
    /// Another handle does not share the file, or uses it as this one would not share it.
    public static let sharingViolation = IOStatus(rawValue: 0xC000_0043)
    /// Another handle has locked some of those bytes.
    public static let fileLockConflict = IOStatus(rawValue: 0xC000_0054)
    /// The range cannot be locked: another handle has some of it.
    public static let lockNotGranted = IOStatus(rawValue: 0xC000_0055)
    /// No lock of exactly that range is held.
    public static let rangeNotLocked = IOStatus(rawValue: 0xC000_007E)
    /// A range goes past what 64 bits can tell.
    public static let invalidLockRange = IOStatus(rawValue: 0xC000_01A1)
    /// There is no room (ENOSPC, EDQUOT).
    public static let diskFull = IOStatus(rawValue: 0xC000_007F)
    /// The volume can only be read (EROFS).
    public static let mediaWriteProtected = IOStatus(rawValue: 0xC000_00A2)
    /// A folder is where a file is needed.
    public static let fileIsADirectory = IOStatus(rawValue: 0xC000_00BA)
    /// A file is where a folder is needed (ENOTDIR).
    public static let notADirectory = IOStatus(rawValue: 0xC000_0103)
    /// The folder is not empty.
    public static let directoryNotEmpty = IOStatus(rawValue: 0xC000_0101)
    /// The two names are on different volumes (EXDEV).
    public static let notSameDevice = IOStatus(rawValue: 0xC000_00D4)
    /// The file may not be deleted.
    public static let cannotDelete = IOStatus(rawValue: 0xC000_0121)
    /// A path is longer than the system takes.
    public static let nameTooLong = IOStatus(rawValue: 0xC000_0106)
    /// The file would be longer than the system allows (EFBIG).
    public static let fileTooLarge = IOStatus(rawValue: 0xC000_0904)
    /// Nobody reads from the pipe any more (EPIPE).
    public static let pipeClosing = IOStatus(rawValue: 0xC000_00B1)
    /// Nobody writes to the pipe any more.
    public static let pipeBroken = IOStatus(rawValue: 0xC000_014B)
    /// Who was at the other end has parted, or has not come.
    public static let pipeDisconnected = IOStatus(rawValue: 0xC000_00B0)
    /// A client has come already.
    public static let pipeConnected = IOStatus(rawValue: 0xC000_00B2)
    /// No client has come yet.
    public static let pipeListening = IOStatus(rawValue: 0xC000_00B3)
    /// All instances of the pipe have clients.
    public static let pipeNotAvailable = IOStatus(rawValue: 0xC000_00AC)
    /// There are as many instances of the pipe as there may be.
    public static let instanceNotAvailable = IOStatus(rawValue: 0xC000_00AB)
    /// The pipe, or how this end reads, is not such as that takes.
    public static let invalidPipeState = IOStatus(rawValue: 0xC000_00AD)
    /// There are bytes that were not read.
    public static let pipeBusy = IOStatus(rawValue: 0xC000_00AE)
    /// The other end may do that, not this one.
    public static let illegalFunction = IOStatus(rawValue: 0xC000_00AF)
    /// There is nothing in the pipe, and this end does not wait.
    public static let pipeEmpty = IOStatus(rawValue: 0xC000_00D9)
    /// The device has failed (EIO).
    public static let ioDeviceError = IOStatus(rawValue: 0xC000_0185)
    /// The file is in use by the system itself (EBUSY, ETXTBSY).
    public static let deviceBusy = IOStatus(rawValue: 0x8000_0011)
    /// An errno for which there is no other status.
    public static let unexpected = IOStatus(rawValue: 0xC000_00E9)

    /// Whether the two top bits say error.
    public var isError: Bool { rawValue >> 30 == 3 }

    /// Whether they say success or information, by which Win32's functions decide between TRUE and FALSE.
    public var isSuccess: Bool { rawValue >> 31 == 0 }
}

/// A request or a socket call that failed.
public struct IOError: Error, Hashable, CustomStringConvertible {
    /// As an NT status.
    public let status: IOStatus
    /// What was tried: "bind to 127.0.0.1:80".
    public let operation: String
    /// The system's errno, where there was one; else 0.
    public let code: Int32

    /// A failure that no system call has told.
    public init(_ status: IOStatus, _ operation: String, code: Int32 = 0) {
        self.status = status
        self.operation = operation
        self.code = code
    }

    /// A system call's failure.
    public init(code: Int32, _ operation: String) { self.init(IOStatus(errno: code), operation, code: code) }

    public var description: String {
        let status = "0x" + String(status.rawValue, radix: 16, uppercase: true)
        return code == 0 ? "\(operation) failed (status \(status))" : "\(operation) failed: \(errorText(code))"
    }
}
