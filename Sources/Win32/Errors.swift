import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// The last error of the calling thread, and how the errors of the floors below map to it.

@c(GetLastError) @implementation public func __GetLastError() -> DWORD { signalbox_thread().pointee.lastError }
@c(SetLastError) @implementation public func __SetLastError(_ code: DWORD) {
    signalbox_thread().pointee.lastError = code
}

/// Sets the last error and returns FALSE.
func failure(_ code: Int32) -> BOOL {
    signalbox_thread().pointee.lastError = DWORD(bitPattern: code)
    return 0
}

/// Makes a system call again while a signal interrupts it; 0, or its errno.
func untilDone(_ call: () -> Int32) -> Int32 {
    while call() != 0 {
        if errno != EINTR { return errno }
    }
    return 0
}

/// Sets the last error and returns NULL.
func noHandle(_ code: Int32) -> HANDLE? {
    signalbox_thread().pointee.lastError = DWORD(bitPattern: code)
    return nil
}

/// Why the handle was not found with these rights. An object of another kind than `kind` comes before a missing right.
func code(forHandle handle: HANDLE?, _ rights: HandleTable.Rights, _ kind: ObjectKind? = nil) -> Int32 {
    do {
        let object = try HandleTable.name(value(handle), [])
        if kind == nil || kind == Arena.local.kind(of: object) { _ = try HandleTable.name(value(handle), rights) }
        return ERROR_INVALID_HANDLE
    } catch {
        return code(error)
    }
}

func code(_ error: HandleError) -> Int32 {
    switch error {
    case .invalid, .wrongKind: ERROR_INVALID_HANDLE
    case .accessDenied: ERROR_ACCESS_DENIED
    case .tooMany: ERROR_NO_SYSTEM_RESOURCES
    }
}

/// Why a wait could not begin. The only limit that a wait meets is a mutex's (STATUS_MUTANT_LIMIT_EXCEEDED).
func waitCode(_ error: DispatcherError) -> Int32 {
    error == .limitExceeded ? ERROR_MUTANT_LIMIT_EXCEEDED : code(error)
}

func code(_ error: DispatcherError) -> Int32 {
    switch error {
    case .noSuchObject, .wrongKind: ERROR_INVALID_HANDLE
    case .notOwner: ERROR_NOT_OWNER
    case .limitExceeded: ERROR_TOO_MANY_POSTS
    case .hasEnded, .needsOwner: ERROR_GEN_FAILURE
    case .notStoppable: ERROR_ACCESS_DENIED
    case .duplicateObject: ERROR_INVALID_PARAMETER
    case .outOfRecords: ERROR_NOT_ENOUGH_MEMORY
    }
}

/// The Win32 error that an NT status becomes, as RtlNtStatusToDosError has it.
func code(_ status: IOStatus) -> Int32 {
    switch status {
    case .success: ERROR_SUCCESS
    case .bufferOverflow: ERROR_MORE_DATA
    case .connectionActive: WSAEISCONN
    case .portUnreachable: ERROR_PORT_UNREACHABLE
    case .invalidBufferSize: WSAEMSGSIZE
    case .pending: ERROR_IO_PENDING
    case .accessViolation: ERROR_NOACCESS
    case .invalidHandle: ERROR_INVALID_HANDLE
    case .invalidParameter: ERROR_INVALID_PARAMETER
    case .accessDenied: ERROR_ACCESS_DENIED
    case .insufficientResources: ERROR_NO_SYSTEM_RESOURCES
    case .notSupported: ERROR_NOT_SUPPORTED
    case .tooManyOpenFiles: ERROR_TOO_MANY_OPEN_FILES
    case .cancelled: ERROR_OPERATION_ABORTED
    case .invalidConnection: WSAENOTCONN
    case .connectionReset: ERROR_NETNAME_DELETED
    case .connectionAborted: ERROR_CONNECTION_ABORTED
    case .addressAlreadyExists: WSAEADDRINUSE
    case .invalidAddressComponent: WSAEADDRNOTAVAIL
    case .connectionRefused: ERROR_CONNECTION_REFUSED
    case .gracefulDisconnect: ERROR_GRACEFUL_DISCONNECT
    case .networkUnreachable: ERROR_NETWORK_UNREACHABLE
    case .hostUnreachable: ERROR_HOST_UNREACHABLE
    case .timedOut: ERROR_SEM_TIMEOUT
    default: fileCode(status)
    }
}

private func fileCode(_ status: IOStatus) -> Int32 {
    switch status {
    case .endOfFile: ERROR_HANDLE_EOF
    case .invalidDeviceRequest: ERROR_INVALID_FUNCTION
    case .objectNameInvalid: ERROR_INVALID_NAME
    case .objectNameNotFound: ERROR_FILE_NOT_FOUND
    case .objectNameCollision: ERROR_ALREADY_EXISTS
    case .objectPathNotFound: ERROR_PATH_NOT_FOUND
    case .sharingViolation: ERROR_SHARING_VIOLATION
    case .fileLockConflict, .lockNotGranted: ERROR_LOCK_VIOLATION
    case .rangeNotLocked: ERROR_NOT_LOCKED
    case .invalidLockRange: ERROR_INVALID_LOCK_RANGE
    case .diskFull: ERROR_DISK_FULL
    case .mediaWriteProtected: ERROR_WRITE_PROTECT
    case .fileIsADirectory, .cannotDelete: ERROR_ACCESS_DENIED
    case .notADirectory: ERROR_DIRECTORY
    case .directoryNotEmpty: ERROR_DIR_NOT_EMPTY
    case .notSameDevice: ERROR_NOT_SAME_DEVICE
    case .nameTooLong: ERROR_FILENAME_EXCED_RANGE
    case .fileTooLarge: ERROR_FILE_TOO_LARGE
    case .pipeClosing, .pipeEmpty: ERROR_NO_DATA
    case .pipeDisconnected: ERROR_PIPE_NOT_CONNECTED
    case .pipeConnected: ERROR_PIPE_CONNECTED
    case .pipeListening: ERROR_PIPE_LISTENING
    case .pipeNotAvailable, .instanceNotAvailable, .pipeBusy: ERROR_PIPE_BUSY
    case .invalidPipeState: ERROR_BAD_PIPE
    case .illegalFunction: ERROR_INVALID_FUNCTION
    case .pipeBroken: ERROR_BROKEN_PIPE
    case .ioDeviceError: ERROR_IO_DEVICE
    case .deviceBusy: ERROR_BUSY
    default: ERROR_GEN_FAILURE
    }
}

/// The Winsock error of a call that fails at once.
func winsockCode(_ status: IOStatus) -> Int32 {
    switch status {
    case .bufferOverflow, .invalidBufferSize: WSAEMSGSIZE
    case .portUnreachable: WSAECONNRESET
    case .accessViolation: WSAEFAULT
    case .invalidHandle: WSAENOTSOCK
    case .invalidParameter: WSAEINVAL
    case .accessDenied: WSAEACCES
    case .insufficientResources: WSAENOBUFS
    case .notSupported: WSAEOPNOTSUPP
    case .tooManyOpenFiles: WSAEMFILE
    case .cancelled: WSA_OPERATION_ABORTED
    case .invalidConnection: WSAENOTCONN
    case .connectionReset: WSAECONNRESET
    case .connectionAborted: WSAECONNABORTED
    case .addressAlreadyExists: WSAEADDRINUSE
    case .invalidAddressComponent: WSAEADDRNOTAVAIL
    case .connectionRefused: WSAECONNREFUSED
    case .gracefulDisconnect: WSAESHUTDOWN
    case .networkUnreachable: WSAENETUNREACH
    case .hostUnreachable: WSAEHOSTUNREACH
    case .timedOut: WSAETIMEDOUT
    default: code(status)
    }
}
