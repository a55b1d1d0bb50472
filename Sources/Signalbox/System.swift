import CLinux
import Glibc

/// Processors that this process may use: what 0 means as a port's limit.
package func processorCount() -> Int { max(1, Int(signalbox_processor_count())) }

/// strerror(3), by a call that is safe beside other threads.
package func errorText(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
        guard strerror_r(code, buffer.baseAddress!, buffer.count) == 0 else { return "errno \(code)" }
        return String(cString: buffer.baseAddress!.assumingMemoryBound(to: CChar.self))
    }
}

extension IOStatus {
    /// The status that Windows gives for what this errno says.
    package init(errno code: Int32) {
        self =
            switch code {
            case 0: .success
            case ECANCELED: .cancelled
            case EBADF: .invalidHandle
            case EINVAL: .invalidParameter
            case EACCES, EPERM: .accessDenied
            // EAGAIN: of calls that make something, or wait.
            case ENOMEM, ENOBUFS, ENOLCK, EAGAIN: .insufficientResources
            case EIO: .ioDeviceError
            case ENOSPC: .diskFull
            case EMFILE, ENFILE: .tooManyOpenFiles
            case EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT: .notSupported
            case ENOTCONN, EDESTADDRREQ: .invalidConnection
            case ECONNRESET: .connectionReset
            case ECONNABORTED: .connectionAborted
            case EPIPE: .gracefulDisconnect
            case EISCONN: .connectionActive
            case EMSGSIZE: .invalidBufferSize
            case ECONNREFUSED: .connectionRefused
            case EADDRINUSE: .addressAlreadyExists
            case EADDRNOTAVAIL: .invalidAddressComponent
            case EFAULT: .accessViolation
            case ENETUNREACH: .networkUnreachable
            case EHOSTUNREACH: .hostUnreachable
            case ETIMEDOUT: .timedOut
            default: .unexpected
            }
    }
}

extension IOStatus {
    /// As `init(errno:)`, for what a file's call says. ENOENT means the file here: see `FilePath` for its folder.
    package init(fileErrno code: Int32) {
        self =
            switch code {
            case ENOENT: .objectNameNotFound
            case EEXIST: .objectNameCollision
            case ENOTDIR: .objectPathNotFound
            case EISDIR: .fileIsADirectory
            case ENOTEMPTY: .directoryNotEmpty
            case EXDEV: .notSameDevice
            case ENAMETOOLONG: .objectNameInvalid
            case ELOOP: .objectNameInvalid
            case ENOSPC, EDQUOT: .diskFull
            case EROFS: .mediaWriteProtected
            case EFBIG, EOVERFLOW: .fileTooLarge
            case EPIPE: .pipeClosing
            case EIO: .ioDeviceError
            case EBUSY, ETXTBSY: .sharingViolation
            case ESPIPE, ENODEV, ENXIO: .invalidDeviceRequest
            default: .init(errno: code)
            }
    }
}
